"""Awards after acceptance, reckoned by hand: each limit in turn, rounding, caps, pots, the notice, the next year."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny_cases import tiny_county

from coldchain.cli import run as command
from coldchain.errors import BadInputError
from coldchain.language import speaking
from coldchain.papers.awards import awards_paper, write_acceptance
from coldchain.papers.page import page_text
from coldchain.planning import plan_quickly
from coldchain.planning.acceptance import Acceptance, accept, planned_modules
from coldchain.planning.measured import read_measured
from coldchain.runs import Run, run_information, write_tables
from coldchain.runs.carry import carry_over
from coldchain.runs.folder import SUMMARY
from coldchain.runs.run import Inputs
from coldchain.scenario import load
from coldchain.verify.acceptance import check_acceptance
from coldchain.verify.record import Record
from coldchain.verify.roads import CheckedWays

Capture = pytest.CaptureFixture[str]
TYPE = "cold_forced_air_200"
SETTINGS = f"""[siting]
budget_cny = 1000000.0
depot_types = ["{TYPE}"]

[subsidy]
rate = 0.3
unit_price_cny_m3 = 700.0
owner_kinds = ["cooperative"]

[papers]
issuer = "County Bureau"
basis = ["Plan No. 39"]
objections_from = "2026-03-08"
objections_until = "2026-03-14"
objections_days = 5
contact = "A. Li"
date = "2026-03-07"
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Plan a county whose one village fills modules at two sites, of a co-operative and of a person."""
    sites = "id,name,county,lon,lat,max_modules,owner,owner_kind\n"
    sites += "S1,North hall,A,109.01,28.0,1,North Co-op,cooperative\nS2,South hall,A,109.02,28.0,1,,cooperative\n"
    harvest = "village,commodity,period,tonnes\nV1,strawberry,p,900\n"
    root = tmp_path_factory.mktemp("accept")
    county = tiny_county(root / "county", SETTINGS, harvest=harvest, sites=sites)
    made = plan_quickly(load(county)[0])
    (root / "run").mkdir()
    write_tables(made.tables, root / "run", SUMMARY, made.summary, run_information(made, {"scenario": str(county)}))
    opened = Run.open(root / "run")
    assert planned_modules(opened) == {"S1": {TYPE: 1}, "S2": {TYPE: 1}}
    return opened


def ruled(run: Run, **keys: Any) -> Run:
    """Return the run under a rule that differs."""
    rule = run.scenario.subsidy.model_copy(update=keys)
    return replace(run, inputs=Inputs(held=replace(run.scenario, subsidy=rule), laid=run.placed))


def accepted(run: Run, tmp_path: Path, *rows: str, head: str = "site,module,count,net_m3,cost_cny") -> Acceptance:
    """Accept a list of rows."""
    path = tmp_path / "measured.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return accept(run, read_measured(path, run.scenario, planned_modules(run)))


CASES: dict[str, tuple[dict[str, Any], float, tuple[str, ...]]] = {
    # 190 m³ measured for 150,000 CNY: 30 % of the cost is 45,000, of 190 m³ × 700 it is 39,900
    "volume_cost": ({}, 39_900.0, ("volume_cost",)),
    "cost": ({"unit_price_cny_m3": 1000.0}, 45_000.0, ("cost",)),
    # 190 m³ × 130 CNY/m³ = 24,700
    "volume": ({"award_by_type_cny_m3": {"mechanical": 130.0}}, 24_700.0, ("volume",)),
    "cap": ({"cap_per_owner_cny": 30_050.0}, 30_000.0, ("cap",)),
    "earlier": ({"cap_per_owner_cny": 100_000.0, "awarded_by_owner_cny": {"North Co-op": 95_000.0}}, 5_000.0, ("cap",)),
    "not_eligible": ({"owner_kinds": ("company",)}, 0.0, ("not_eligible",)),
    "construction": ({"constructions": ("ventilated",)}, 0.0, ("not_eligible",)),
    "least_size": ({"least_m3": 191.0}, 0.0, ("least_size",)),
    "reached": ({"least_m3": 190.0}, 39_900.0, ("volume_cost",)),
    # a third of 150,000 is 50,000 exactly, though not in binary
    "third": ({"unit_price_cny_m3": None, "rate": 1 / 3}, 50_000.0, ("cost",)),
    # 31.37 % of 150,000 is 47,055: rounded down to whole hundreds, never above the rule
    "rounded": ({"unit_price_cny_m3": None, "rate": 0.3137}, 47_000.0, ("cost",)),
}


@pytest.mark.parametrize("kind", CASES)
def test_each_limit_by_hand(kind: str, run: Run, tmp_path: Path) -> None:
    """The award is what the rule gives for what was measured, and the limit that bound is named."""
    keys, award, bound = CASES[kind]
    found = accepted(ruled(run, **keys), tmp_path, f"S1,{TYPE},1,190,150000").awards[0]
    assert (found.award_cny, found.bound, found.owner) == (award, bound, "North Co-op")
    assert (found.net_m3, found.cost_cny) == (190.0, 150_000.0)


def test_what_is_planned_and_not_measured_is_named(run: Run, tmp_path: Path) -> None:
    """It is awarded nothing; the plan's amount stands beside the awarded one."""
    found = accepted(run, tmp_path, f"S1,{TYPE},1,200,189300")
    assert found.missing == (f"S2: {TYPE}",)
    planned = run.tables["subsidies"].set_index("owner")["award_cny"]
    assert found.awards[0].planned_cny == pytest.approx(planned["North Co-op"])
    assert found.awards[0].award_cny == 42_000.0  # 200 m³ × 700 × 30 %, as planned
    assert found.total_cny == 42_000.0


def test_budget_and_pots_that_are_passed_are_problems(run: Run, tmp_path: Path) -> None:
    """Measured volume above the plan may pass them; who gives way no rule says, so both are named."""
    poor = ruled(run, pot_by_county_cny={"A": 70_000.0})
    poor = replace(poor, summary={**run.summary, "investment": {**run.summary["investment"], "budget_cny": 75_000.0}})
    found = accepted(poor, tmp_path, f"S1,{TYPE},1,200,189300", f"S2,{TYPE},1,200,189300")
    assert found.problems == (
        "awards of 84,000 CNY exceed the budget of 75,000 CNY",
        "awards in A of 84,000 CNY exceed its pot of 70,000 CNY",
    )
    assert accepted(run, tmp_path, f"S1,{TYPE},1,200,189300").problems == ()


def test_chinese_headings_units_and_names(run: Run, tmp_path: Path) -> None:
    """Amounts in 万元, sites by name, no column of counts."""
    head = "建设地点,库型,实测容积(立方米),审定造价(万元),备注"
    found = accepted(run, tmp_path, f"North hall,{TYPE},190,15,已验收", head=head).awards[0]
    assert (found.award_cny, found.cost_cny) == (39_900.0, 150_000.0)
    assert found.rows[0].measured.remark == "已验收"


BAD = {
    "unknown site": (f"S9,{TYPE},1,190,1", r'row 2, site = "S9"'),
    "unknown module": ("S1,hall,1,190,1", r'row 2, module = "hall"'),
    "not planned": ("S1,cold_room_200,1,190,1", r"module = .*cold_room_200"),
    "above plan": (f"S1,{TYPE},2,400,1", r"count = .2.: is more than the plan builds: 1"),
    "half": (f"S1,{TYPE},0.5,190,1", r"count = .0\.5.: must be a whole number, at least 1"),
    "negative": (f"S1,{TYPE},1,-190,1", r"net_m3 = .-190.: must be a number, at least 0"),
    "empty": (f"S1,{TYPE},1,190,", r"cost_cny: must be a number, at least 0"),
    "word": (f"S1,{TYPE},1,many,5", r"net_m3 = .many.: must be a number, at least 0"),
    "infinite": (f"S1,{TYPE},1,inf,5", r"net_m3 = .inf.: must be a number, at least 0"),
    "twice": (f"S1,{TYPE},1,190,5\nS1,{TYPE},1,190,5", r"row 3, module = .*: is listed already on row 2"),
}


@pytest.mark.parametrize("kind", BAD)
def test_faults_of_the_list_are_named(kind: str, run: Run, tmp_path: Path) -> None:
    """By row and column; nothing is awarded."""
    row, message = BAD[kind]
    with pytest.raises(BadInputError, match=message):
        accepted(run, tmp_path, row)


def test_missing_columns_and_all_faults_at_once(run: Run, tmp_path: Path) -> None:
    """Every column that is needed, every row that is wrong."""
    with pytest.raises(BadInputError) as caught:
        accepted(run, tmp_path, "S1,5", head="site,count")
    assert {fault.column for fault in caught.value.faults} == {"module", "net_m3", "cost_cny"}
    with pytest.raises(BadInputError) as caught:
        accepted(run, tmp_path, f"S9,{TYPE},1,1,1", f"S1,{TYPE},1,x,y")
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(2, "site"), (3, "net_m3"), (3, "cost_cny")]


def test_the_notice_says_what_a_county_publishes(run: Run, tmp_path: Path) -> None:
    """Basis, period, contact, each row with its limit, and a total that is the sum of the rows shown, in 万元 too."""
    found = accepted(run, tmp_path, f"S1,{TYPE},1,190,150000", f"S2,{TYPE},1,187.4,150050")
    assert [award.award_cny for award in found.awards] == [39_900.0, 39_300.0]  # 187.4 × 700 × 30 % = 39,354
    text = page_text(awards_paper(run, found))
    for part in ("Plan No. 39", "8 March 2026", "14 March 2026", "A. Li", "County Bureau", "stated cost by volume"):
        assert part in text, part
    assert "79,200" in text
    with speaking("zh"):
        text = page_text(awards_paper(run, found))
    shown = [float(cell) for cell in re.findall(r">(3\.99|3\.93|7\.92)<", text)]
    assert shown == [3.99, 3.93, 7.92]


def test_the_command_writes_and_next_year_counts_it(run: Run, tmp_path: Path, capsys: Capture) -> None:
    """One depot was built and awarded; the next year has that one, with the award as accepted."""
    path = tmp_path / "measured.csv"
    path.write_text(f"site,module,net_m3,cost_cny\nS1,{TYPE},190,150000\n", encoding="utf-8")
    assert run.folder is not None
    assert command(["accept", str(run.folder), str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["total_cny"], told["missing"]) == ("coldchain.acceptance/1", 39_900.0, [f"S2: {TYPE}"])
    folder = run.folder / "acceptance"
    assert {path.name for path in folder.iterdir()} == {"acceptance.json", "awards.csv", "awards.html", "measured.csv"}
    table = pd.read_csv(folder / "awards.csv")
    assert table["award_cny"].sum() == told["total_cny"]
    assert table["bound"].tolist() == ["volume_cost"]
    carry_over(Run.open(run.folder), tmp_path / "2027")
    following = load(tmp_path / "2027")[0]
    assert following.subsidy.awarded_by_owner_cny == {"North Co-op": 39_900.0}
    assert [site.modules() for site in following.sites] == [{TYPE: 1}, {}]
    (folder / "acceptance.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInputError, match="is no acceptance of a run"):
        carry_over(Run.open(run.folder), tmp_path / "2028")


def refereed(run: Run, folder: Path) -> list[str]:
    """Return what the referee finds wrong with the acceptance in a folder."""
    record = Record(run.scenario, CheckedWays(run.scenario, run.placed.network.given), run.tables)
    check_acceptance(record, folder)
    return [problem.text for problem in record.found]


@pytest.mark.parametrize("kind", CASES)
def test_the_referee_comes_to_the_same_awards(kind: str, run: Run, tmp_path: Path) -> None:
    """By its own reading of the rule, from what was measured; another rule gives other awards."""
    made = ruled(run, **CASES[kind][0])
    found = accepted(made, tmp_path, f"S1,{TYPE},1,190,150000", f"S2,{TYPE},1,200,149000")
    write_acceptance(made, found, tmp_path / "acceptance")
    assert refereed(made, tmp_path) == []
    other = ruled(run, rate=0.01, unit_price_cny_m3=None)
    assert any("award_cny" in text for text in refereed(other, tmp_path)) or not found.total_cny


@pytest.mark.parametrize(
    ("name", "column"),
    [("awards.csv", "award_cny"), ("awards.csv", "own_money_cny"), ("awards.csv", "net_m3"), ("awards.csv", "owner"),
     ("measured.csv", "cost_cny"), ("measured.csv", "award_cny"), ("measured.csv", "count"),
     ("acceptance.json", "total_cny"), ("acceptance.json", "cost_cny")],
)  # fmt: skip
def test_the_referee_finds_what_is_changed(name: str, column: str, run: Run, tmp_path: Path) -> None:
    """One cell of one file, changed by hand."""
    found = accepted(run, tmp_path, f"S1,{TYPE},1,190,100000")
    write_acceptance(run, found, tmp_path / "acceptance")
    path = tmp_path / "acceptance" / name
    if name.endswith(".json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(told | {column: told[column] + 500.0}), encoding="utf-8")
    else:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        frame[column] = "somebody" if column == "owner" else str(float(frame[column][0]) + 500.0).removesuffix(".0")
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    assert refereed(run, tmp_path)


def test_an_acceptance_that_cannot_be_read_is_named(run: Run, tmp_path: Path) -> None:
    """A table cut off, or a file that is missing, is a problem and no crash; none at all is none."""
    assert refereed(run, tmp_path) == []
    write_acceptance(run, accepted(run, tmp_path, f"S1,{TYPE},1,190,100000"), tmp_path / "acceptance")
    (tmp_path / "acceptance" / "awards.csv").write_text("owner\n", encoding="utf-8")
    assert refereed(run, tmp_path)
    (tmp_path / "acceptance" / "awards.csv").unlink()
    assert "cannot be read" in refereed(run, tmp_path)[0]
