"""The year after a run: what was built stands, awards count against cap, pots and years, what changed is listed."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from planned import decided
from scenario_cases import replace_in_toml
from tiny_cases import site_rows, tiny_county

from coldchain.cli import run as command
from coldchain.errors import BadInputError, UsageError
from coldchain.planning import Plan
from coldchain.runs import Run, run_information, write_tables
from coldchain.runs.carry import carry_over, since, standing_after
from coldchain.runs.folder import SUMMARY
from coldchain.scenario import Amendment, inspect, load, settings_of, write_amended
from coldchain.scenario.amend import whole_toml
from coldchain.scenario.template import write_template
from coldchain.scenario.upland import upland
from coldchain.sweeps import compare
from coldchain.verify import verify_tables

Capture = pytest.CaptureFixture[str]
HARVEST = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"
ONE_TYPE = 'depot_types = ["cold_forced_air_200"]\n'
SETTINGS = f"""# money of the county, as decided in March
[siting]
budget_cny = 1000000.0  # of this year
{ONE_TYPE}
[subsidy]
rate = 0.4
cap_per_owner_cny = 500000
pot_by_county_cny = {{ A = 800000.0 }}

[variants.double.siting]
budget_cny = 2000000.0
"""


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a county of one village with a crop that no plan leaves uncooled."""
    return tiny_county(tmp_path_factory.mktemp("years") / "tiny 2026", SETTINGS, harvest=HARVEST)


def written(county: Path, target: Path) -> Path:
    """Plan a county and write the run, without its pictures."""
    made = decided(load(county)[0])
    target.mkdir()
    write_tables(made.tables, target, SUMMARY, made.summary, run_information(made, {"scenario": str(county)}))
    return target


@pytest.fixture(scope="module")
def first(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Plan the first year."""
    return Run.open(written(county, tmp_path_factory.mktemp("years") / "2026"))


def test_what_was_built_stands_and_takes_room(first: Run, tmp_path: Path) -> None:
    """Modules of the run are modules that stand; the plot has that many places fewer."""
    count = int(first.tables["depots"]["new_modules"].iloc[0].rpartition(":")[2])
    carry_over(first, tmp_path / "2027")
    site = load(tmp_path / "2027")[0].sites[0]
    assert site.modules() == {"cold_forced_air_200": count}
    assert site.max_modules == 4 - count
    assert site.status == ("candidate" if count < 4 else "existing")


def test_awards_are_taken_from_budget_pot_and_cap(first: Run, tmp_path: Path) -> None:
    """1,000,000 less the award is left, in the variant 2,000,000 less it; the owner's award is kept beside its cap."""
    award = float(first.tables["subsidies"]["award_cny"].sum())
    carry_over(first, tmp_path / "2027")
    base, double = load(tmp_path / "2027")[0], load(tmp_path / "2027", "double")[0]
    assert base.siting.budget_cny == pytest.approx(1e6 - award)
    assert double.siting.budget_cny == pytest.approx(2e6 - award)
    assert base.subsidy.pot_by_county_cny == {"A": pytest.approx(8e5 - award)}
    assert base.subsidy.awarded_by_owner_cny == {"S1": pytest.approx(award)}
    assert base.subsidy.cap_per_owner_cny == 5e5


def test_comments_and_order_of_the_settings_stay(first: Run, tmp_path: Path) -> None:
    """Lines that need not change are the author's own, comments behind changed ones too."""
    carry_over(first, tmp_path / "2027", budget_cny=600_000.0)
    text = (tmp_path / "2027" / "scenario.toml").read_text(encoding="utf-8")
    assert "# money of the county, as decided in March" in text
    assert "budget_cny = 600000.0  # of this year" in text
    assert 'name = "tiny 2027"' in text


def test_the_next_year_plans_verifies_and_compares(first: Run, tmp_path: Path) -> None:
    """The plan of the second year verifies; a comparison says that it follows and adds up the money."""
    carry_over(first, tmp_path / "2027")
    second = Run.open(written(tmp_path / "2027", tmp_path / "run"))
    assert second.summary["depots"]["existing"] == 1
    assert verify_tables(second.planned, None, second.tables, second.summary).problems == ()
    notes = compare(first, second).notes
    assert any("what the first run builds stands in the second" in note for note in notes)
    total = first.summary["investment"]["total_cny"] + second.summary["investment"]["total_cny"]
    assert any(f"{total:,.0f} CNY" in note for note in notes)
    backwards = compare(second, first).notes
    assert not any("stands in the second" in note for note in backwards)


def test_the_cap_counts_earlier_awards(county: Path, tmp_path: Path) -> None:
    """An owner that was awarded 450,000 of its cap of 500,000 is awarded 50,000 more, by planner and referee alike."""
    shutil.copytree(county, tmp_path / "county")
    replace_in_toml(tmp_path / "county", "rate = 0.4", "rate = 0.4\nawarded_by_owner_cny = { S1 = 450000 }")
    made: Plan = decided(load(tmp_path / "county")[0])
    notice = made.tables["subsidies"]
    assert notice["award_cny"].tolist() == [pytest.approx(50_000.0)]
    assert notice["capped"].tolist() == [True]
    assert verify_tables(made.planned, None, made.tables, made.summary).problems == ()
    forgetful = replace(made.planned, subsidy=made.planned.subsidy.model_copy(update={"awarded_by_owner_cny": {}}))
    assert verify_tables(forgetful, None, made.tables, made.summary).problems != ()


def test_an_earlier_award_of_nobody_is_doubted(county: Path, tmp_path: Path) -> None:
    """A name that owns no site is warned of; a negative award is refused."""
    shutil.copytree(county, tmp_path / "county")
    replace_in_toml(tmp_path / "county", "rate = 0.4", "rate = 0.4\nawarded_by_owner_cny = { S9 = 5, S1 = -1 }")
    codes = {(fault.code, fault.warning, fault.value) for fault in inspect(tmp_path / "county")[1]}
    assert {("unknown-owner", True, "S9"), ("out-of-range", False, "-1.0")} <= codes


YEARS = f"""[siting]
budget_cny = 600000.0
{ONE_TYPE}
[subsidy]
rate = 0.4
years = [2026, 2027, 2028]
pot_by_year_cny = {{ 2026 = 100000.0, 2027 = 100000.0, 2028 = 100000.0 }}
"""


def test_programme_years_go_on_with_what_is_left(tmp_path: Path) -> None:
    """After 2026 the pot of 2027 holds its own and what 2026 left; owners that build later have not built yet."""
    sites = site_rows("S1,A,109.01,28.0,candidate,,,,1", "S2,A,109.02,28.0,candidate,,,,1")
    county = tiny_county(tmp_path / "county", YEARS, harvest=HARVEST.replace("300", "900"), sites=sites)
    run = Run.open(written(county, tmp_path / "run"))
    rollout = run.tables["rollout"].set_index("owner")
    first = rollout[rollout["year"] == 2026]
    assert 0 < len(first) < len(rollout)  # the pot of 2026 pays for one of the two
    standing = standing_after(run)
    assert set(standing.award_cny) == set(first.index) == set(standing.modules)
    carry_over(run, tmp_path / "2027")
    rule = load(tmp_path / "2027")[0].subsidy
    spent = float(first["award_cny"].sum())
    assert rule.years == (2027, 2028)
    assert rule.pot_by_year_cny == {"2027": pytest.approx(200_000.0 - spent), "2028": 100_000.0}
    both = standing_after(run, 2028)
    assert set(both.award_cny) == set(rollout.index)
    carry_over(run, tmp_path / "after", through=2028)
    assert load(tmp_path / "after")[0].subsidy.years == ()
    with pytest.raises(UsageError, match=r"--through 2030 is not a programme year.*2026, 2027, 2028"):
        standing_after(run, 2030)


def test_a_year_without_programme_years_is_refused(first: Run) -> None:
    """``--through`` needs programme years."""
    with pytest.raises(UsageError, match=r"not a programme year; subsidy\.years are: none"):
        standing_after(first, 2026)


def test_what_has_changed_since_is_listed(county: Path, tmp_path: Path) -> None:
    """A setting and a table edited after the run are named; of an untouched scenario nothing is."""
    shutil.copytree(county, tmp_path / "county")
    run = Run.open(written(tmp_path / "county", tmp_path / "run"))
    assert list(since(run)) == []
    replace_in_toml(tmp_path / "county", "rate = 0.4", "rate = 0.3")
    with (tmp_path / "county" / "harvest.csv").open("a", encoding="utf-8") as file:
        file.write("V1,tomato,p,5\n")
    assert [str(one) for one in since(Run.open(tmp_path / "run"))] == [
        "subsidy, rate: 0.4 → 0.3", "harvest.csv: changed", "scenario.toml: changed",
    ]  # fmt: skip


def test_a_forced_site_that_was_built_is_no_longer_forced(tmp_path: Path) -> None:
    """It has what was asked for; else the next plan would have to build there again."""
    sites = site_rows("S1,A,109.01,28.0,forced,,,,3")
    county = tiny_county(tmp_path / "county", SETTINGS, harvest=HARVEST, sites=sites)
    carry_over(Run.open(written(county, tmp_path / "run")), tmp_path / "next")
    assert load(tmp_path / "next")[0].sites[0].status in ("candidate", "existing")


@pytest.mark.parametrize("kind", ["chinese", "gpkg"])
def test_sites_of_any_file_are_changed(kind: str, tmp_path: Path) -> None:
    """Chinese headings stay as written; a layer of a map becomes a table with the same rows."""
    county = tiny_county(tmp_path / "county", SETTINGS, harvest=HARVEST)
    if kind == "chinese":
        text = "编号,县,经度,纬度,现有库间,备注\nS1,A,109.01,28.0,,近公路\n"
        (county / "sites.csv").write_text(text, encoding="gb18030")
    else:
        (county / "sites.csv").unlink()
        point = gpd.points_from_xy([109.01], [28.0], crs=4326)
        gpd.GeoDataFrame({"id": ["S1"], "county": ["A"]}, geometry=point).to_file(county / "sites.gpkg")
    carry_over(Run.open(written(county, tmp_path / "run")), tmp_path / "next")
    site = load(tmp_path / "next")[0].sites[0]
    assert sum(site.modules().values()) > 0
    assert (site.lon, site.lat) == (pytest.approx(109.01), pytest.approx(28.0))
    text = (tmp_path / "next" / "sites.csv").read_text(encoding="utf-8-sig")
    assert ("备注" in text and "近公路" in text) == (kind == "chinese")


def test_a_workbook_stays_one(tmp_path: Path) -> None:
    """Sheets keep their layout; existing modules, budget in its unit, earlier awards and a note are filled in."""
    book = write_template(upland(5, 3), tmp_path / "book")
    change = Amendment(
        {"siting.budget_cny": 123_456.0, "subsidy.awarded_by_owner_cny": {"co-op": 5000.0}, "name": "next"},
        ("Follows",), {load(book)[0].sites[0].id: {"existing": "cold_forced_air_200:2", "max_modules": "1"}},
    )  # fmt: skip
    before = load(book)[0]
    write_amended(book, tmp_path / "next", change)
    after = load(tmp_path / "next")[0]
    assert [path.name for path in (tmp_path / "next").iterdir()] == [book.name]
    assert after.name == "next"
    assert after.siting.budget_cny == 123_456.0
    assert after.subsidy.awarded_by_owner_cny == {"co-op": 5000.0}
    assert after.sites[0].modules() == {"cold_forced_air_200": 2}
    assert after.notes == (*before.notes, "Follows")
    assert after.villages == before.villages


TOMLS = {
    "inline": 'schema = "coldchain.scenario/1"\nsiting = { budget_cny = 5.0 }\n',
    "dotted": 'schema = "coldchain.scenario/1"\nsiting.budget_cny = 5.0\n',
    "list": 'schema = "coldchain.scenario/1"\nnotes = [\n  "a # b", # c\n  "d",\n]\n[siting]\nbudget_cny = 5.0 # "x"\n',
    "none": 'schema = "coldchain.scenario/1"\n',
    "long": 'schema = "coldchain.scenario/1"\n[siting]\nbudget_cny = 5.0\nobjective = [\n  "loss_t",\n]\n[roads]\n',
    "variant": '[variants."two words".siting]\nbudget_cny = 7.0\n',
}


@pytest.mark.parametrize("kind", TOMLS)
def test_settings_are_changed_however_they_are_written(kind: str, tmp_path: Path) -> None:
    """Inline tables, dotted keys, lists over lines, no section at all: nothing but the wanted keys differs."""
    county = tiny_county(tmp_path / "county")
    (county / "scenario.toml").write_text(TOMLS[kind], encoding="utf-8")
    before = settings_of(county)
    change = Amendment({"siting.budget_cny": 9.5, "subsidy.awarded_by_owner_cny": {"S 1": 2.0}}, ("new",))
    write_amended(county, tmp_path / "next", change)
    after = tomllib.loads((tmp_path / "next" / "scenario.toml").read_text(encoding="utf-8"))
    wanted = {**before, "siting": {**before.get("siting", {}), "budget_cny": 9.5}}
    wanted |= {"subsidy": {"awarded_by_owner_cny": {"S 1": 2.0}}, "notes": [*before.get("notes", []), "new"]}
    assert after == wanted
    assert tomllib.loads(whole_toml(wanted)) == wanted


def test_a_folder_that_holds_something_is_left_alone(first: Run, tmp_path: Path) -> None:
    """Inputs are never overwritten."""
    (tmp_path / "2027").mkdir()
    (tmp_path / "2027" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="2027 exists already and is not empty"):
        carry_over(first, tmp_path / "2027")
    assert [path.name for path in (tmp_path / "2027").iterdir()] == ["mine.txt"]


def test_the_command_lists_what_it_carries(first: Run, tmp_path: Path, capsys: Capture) -> None:
    """Lines for people, one object for programs; options of another kind of start are refused."""
    assert command(["init", str(tmp_path / "a"), "--after", str(first.folder)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"sites S1, existing: none → \d forced-air rooms? at 1 °C, 200 m³", out)
    assert "siting, budget: 1,000,000 → " in out
    assert command(["init", str(tmp_path / "b"), "--after", str(first.folder), "--json", "--budget", "30万元"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "coldchain.written/1"
    changes = {(one["table"], one["column"]): one["after"] for one in told["changes"]}
    assert changes["siting", "budget_cny"] == "300,000"
    assert command(["init", str(tmp_path / "c"), "--after", str(first.folder), "--villages", "5"]) == 2
    assert "--villages makes a new county; leave it out with --after RUN" in capsys.readouterr().err
    assert command(["init", str(tmp_path / "c"), "--through", "2026"]) == 2
    assert "--through goes with --after RUN" in capsys.readouterr().err


def test_a_run_of_another_county_is_refused(first: Run, tmp_path: Path) -> None:
    """A scenario that lacks the sites of the run cannot follow it."""
    other = tiny_county(tmp_path / "other", SETTINGS, sites=site_rows("X1,A,109.01,28.0,candidate,,,,1"))
    assert first.folder is not None
    with pytest.raises(BadInputError, match=r'depot = "S1": is not one of the scenario'):
        carry_over(Run.open(first.folder, other), tmp_path / "next")


def test_tables_survive_untouched(first: Run, county: Path, tmp_path: Path) -> None:
    """Every table but that of the sites is copied byte for byte."""
    carry_over(first, tmp_path / "2027")
    for stem in ("villages", "hubs", "periods", "harvest"):
        assert (tmp_path / "2027" / f"{stem}.csv").read_bytes() == (county / f"{stem}.csv").read_bytes()
    kept = pd.read_csv(tmp_path / "2027" / "sites.csv")
    assert list(kept.columns) == list(pd.read_csv(county / "sites.csv").columns)
