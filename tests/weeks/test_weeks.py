"""Weeks of a county planned anew: what may change, what stays, what is written, and every fault of the tables."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mobile_cases import UNIT
from perishable import write_perishable
from planned import with_modules
from scenario_cases import append, replace_in_toml, set_in_toml

from coldchain.batch.errand import Reply
from coldchain.batch.jobs import read_jobs
from coldchain.batch.orders import JobLimits, JobOrder, JobOutcome
from coldchain.batch.work import perform
from coldchain.cli import run
from coldchain.dispatch.orders import read_orders
from coldchain.errors import BadInputError, UsageError
from coldchain.planning import Options, lay_ground, lay_part
from coldchain.runs import Run, run_information, write_folder, write_tables
from coldchain.runs.folder import SUMMARY, read_tables
from coldchain.scenario import load
from coldchain.weeks import Asked, roll_week
from coldchain.weeks.assign import assign
from coldchain.weeks.calendar import days_of, iso_week, span_of, week_number
from coldchain.weeks.county import week_of
from coldchain.weeks.deliveries import Hold, Past, read_past
from coldchain.weeks.expected import expected, planned_t
from coldchain.weeks.folder import weeks_in
from coldchain.weeks.recheck import verify_week
from coldchain.weeks.roll import Before, before_of, former_of, held_apart, weighed
from coldchain.weeks.tables import LEFT

WEEK, NEXT = "2026-W31", "2026-W32"
STANDS = "cold_forced_air_200:1;cool_forced_air_200:1"
DEPOTS = 3


@dataclass(frozen=True)
class County:
    """A folder with a plan, and what its weeks bring when the season is as planned times a factor."""

    folder: Path
    run: Run

    def deliver(self, factor: float, weeks: tuple[str, ...] = ("2026-W29", "2026-W30")) -> None:
        """Write deliveries on two days of each week."""
        scenario, lines = self.run.scenario, ["village,commodity,date,t"]
        for week in map(week_number, weeks):
            tonnes = planned_t(scenario, week) * factor
            for v, c in zip(*np.nonzero(tonnes), strict=True):
                lines += [
                    f"{scenario.villages[v].id},{scenario.commodities[c].id},{days_of(week)[day]},{tonnes[v, c] / 2}"
                    for day in (0, 3)
                ]
        (self.folder / "deliveries.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan a county of eight villages with three small depots, once."""
    folder = tmp_path_factory.mktemp("weeks")
    write_perishable(8, 3, folder / "scenario")
    sites = pd.read_csv(folder / "scenario" / "sites.csv", dtype=str, encoding="utf-8-sig").fillna("")
    sites["existing"] = [STANDS if n < DEPOTS else "" for n in range(len(sites))]
    sites.to_csv(folder / "scenario" / "sites.csv", index=False)
    scenario, faults = load(folder / "scenario")
    ground = lay_ground(scenario, Options.quickly(), faults)
    none = np.zeros((len(scenario.sites), len(scenario.depot_types)), dtype=np.int64)
    made = with_modules(ground, none)
    about = run_information(made, {"scenario": str(folder / "scenario"), "scenario_from_run": "../scenario"})
    write_folder(folder / "plan", lambda at: write_tables(made.tables, at, SUMMARY, made.summary, about))
    return folder


@pytest.fixture
def county(planned: Path, tmp_path: Path) -> County:
    """Return a county of its own, with nothing rolled yet."""
    folder = tmp_path / "county"
    shutil.copytree(planned, folder)
    return County(folder, Run.open(folder / "plan"))


@pytest.mark.parametrize(("text", "week"), [("2026-W31", "2026-W31"), ("2027-01-02", "2026-W53"), ("2026年31周", WEEK)])
def test_weeks_are_read(text: str, week: str) -> None:
    assert iso_week(week_number(text)) == week


@pytest.mark.parametrize("text", ["2026-W60", "2026-07", "soon"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="written like 2026-W31"):
        week_number(text)


def test_the_weeks_of_a_season_bring_its_harvest(county: County) -> None:
    """So many weeks as a season has days of the calendar bring what the plan expects of it."""
    scenario = county.run.scenario
    span = span_of(scenario.periods, week_number(WEEK))
    assert scenario.periods[span.period].id == "summer"
    assert span.calendar_d == 30 + 31 + 31
    whole = planned_t(scenario, week_number(WEEK)) * span.calendar_d / 7
    assert whole == pytest.approx(scenario.harvest_t[:, :, span.period])


def test_without_deliveries_the_plan_is_expected(county: County) -> None:
    scenario, week = county.run.scenario, week_number(WEEK)
    assert np.array_equal(expected(scenario, Past(), week).tonnes, planned_t(scenario, week))


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_what_came_moves_what_is_expected(county: County, factor: float) -> None:
    """Two weeks at a factor: crop and village follow it part of the way, by hand."""
    scenario, week = county.run.scenario, week_number(WEEK)
    weeks = (week - 2, week - 1)
    past = Past(weeks, np.array([planned_t(scenario, one) * factor for one in weeks]))
    found, plan = expected(scenario, past, week), planned_t(scenario, week)
    seen = 1.0 + 0.7
    level = (1.0 + seen * factor) / (1.0 + seen)
    own = (3.0 * level + seen * factor) / (3.0 * level + seen * level)
    assert found.tonnes == pytest.approx(plan * level * own)


@pytest.fixture(scope="module")
def rolled(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> County:
    """Return a county in which far more came than planned, with a week planned, in which two villages may change."""
    folder = tmp_path_factory.mktemp("rolled") / "county"
    shutil.copytree(planned, folder)
    county = County(folder, Run.open(folder / "plan"))
    county.deliver(2.5)
    roll_week(Asked(folder, WEEK, {}, most_changed=0.25))
    return county


def test_a_week_is_planned_written_and_verified(rolled: County) -> None:
    """Villages change within the limit, what is written verifies, orders are read as they are."""
    folder = rolled.folder / "rolls" / WEEK
    found = json.loads((folder / "roll.json").read_text(encoding="utf-8"))
    assert found["verified"] == {"ok": True, "problems": []}
    assert found["villages"]["limit"] == 2
    assert 0 < found["villages"]["changed"] <= 2
    assert found["cny"]["gain"] > 0.0
    assert verify_week(folder).problems == ()
    depots = set(rolled.run.tables["depots"]["depot"])
    orders, faults = read_orders(folder / "orders" / "2026-07-27.csv", rolled.run.scenario, depots)
    assert faults == []
    assert {one.depot for one in orders} <= depots
    assert {"2026-07-27", "2026-07-30"} < {path.stem for path in (folder / "orders").iterdir()}, "full days spill over"
    page = (folder / "notice.html").read_text(encoding="utf-8")
    for text in (found["changes"][0]["village"], "Notice of change, week 2026-W31", "去向变更通知（2026-W31）"):
        assert text in page
    assert {path.stem for path in (folder / "sheets").iterdir()} <= depots


def test_people_of_a_week_by_hand(rolled: County, tmp_path: Path) -> None:
    """Drivers by duty, operators by module and day of eight hours; on the sheet, and held against the plan."""
    folder = rolled.folder / "rolls" / WEEK
    tables, plan = read_tables(folder), read_tables(folder / "week")
    people = tables["people"].set_index(["skill", "depot"])
    days = 85 * 7 / 92
    assert people.loc["driver"]["people_day"].sum() == plan["duties"]["duty"].nunique()
    hours = (plan["duties"]["hours"] + plan["duties"]["wait_h"]).sum()
    assert people.loc["driver"]["hours"].sum() == pytest.approx(hours * days)
    staff = {kind.id: kind.staff for kind in rolled.run.scenario.depot_types}
    each = sum(staff[part.partition(":")[0]] for part in STANDS.split(";"))
    used = plan["assignment"]["depot"].nunique()
    assert people.loc["operator"]["people_day"].tolist() == [each] * used
    assert people.loc["operator"]["hours"].tolist() == pytest.approx([each * 8.0 * days] * used)
    sheet = next((folder / "sheets").iterdir()).read_text(encoding="utf-8")
    assert "Hours this week" in sheet
    assert "本周工时" in sheet
    shutil.copytree(rolled.folder, tmp_path / "county")
    path = tmp_path / "county" / "rolls" / WEEK / "tables" / "people.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert any("people.csv" in text for text in verify_week(path.parents[1]).problems)


def test_the_check_finds_what_moved_against_its_hold(rolled: County, tmp_path: Path) -> None:
    """A frozen village that was moved, and a change that is not listed."""
    shutil.copytree(rolled.folder, tmp_path / "county")
    folder = tmp_path / "county" / "rolls" / WEEK
    village = read_tables(folder)["changes"]["village"][0]
    (folder / "tables" / "held.csv").write_text(
        f"village,commodity,depot,reason\n{village},,,frozen\n", encoding="utf-8"
    )
    changes = folder / "tables" / "changes.csv"
    changes.write_text(changes.read_text(encoding="utf-8-sig").splitlines()[0] + "\n", encoding="utf-8")
    problems = " ".join(verify_week(folder).problems)
    assert f"{village} is held, but goes to" in problems
    assert "is listed or goes elsewhere, but not both" in problems


def test_who_is_left_out_is_told(rolled: County, tmp_path: Path) -> None:
    """Far more comes than fits: what stays behind has a row with its tonnes, a state, and a sentence in the notice."""
    shutil.copytree(rolled.folder, tmp_path / "county")
    folder = tmp_path / "county" / "rolls" / WEEK
    tables, found = read_tables(folder), json.loads((folder / "roll.json").read_text(encoding="utf-8"))
    left = tables["changes"][tables["changes"]["why"].isin(LEFT)]
    assert found["villages"]["left_out"] == left["village"].nunique() > 0
    assert found["villages"]["changed"] == len(tables["changes"]) - len(left)
    came, goes = tables["expected"]["tonnes"].sum(), read_tables(folder / "week")["assignment"]["tonnes_year"].sum()
    assert 0.0 < left["left_out_t"].sum() < came - goes + 0.01
    state = tables["ways"].set_index(["village", "commodity"])["state"]
    whole = left[left["to"] == ""]
    crops = [(row.village, crop) for row in whole.itertuples() for crop in row.commodities.split(";")]
    assert crops
    assert set(state.loc[[key for key in crops if key in state.index]]) == {"left"}
    page = (folder / "notice.html").read_text(encoding="utf-8")
    assert f"<td>{left['left_out_t'].iloc[0]:,.1f}</td><td>room or people do not suffice</td>" in page
    assert "<h2>本周不集货</h2>" in page
    path = folder / "tables" / "changes.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join(line for line in lines if ",full," not in line) + "\n", encoding="utf-8")
    assert any("0 kg are said to be left out" in text for text in verify_week(folder).problems)


def test_a_crop_is_held_alone(county: County) -> None:
    """Of a village with two crops of one zone one is held: the other may go elsewhere, and without a name both stay."""
    run, week = county.run, week_number(WEEK)
    scenario = run.scenario
    kind = [(crop.zone, crop.methods) for crop in scenario.commodities]
    first, other = next((a, b) for a in range(len(kind)) for b in range(a) if kind[a] == kind[b])
    tonnes = planned_t(scenario, week)
    tonnes[0, [first, other]] = 5.0
    for crop, members in ((first, 1), (-1, 2)):
        hold = Hold(0, crop, "", "contracted")
        span = span_of(scenario.periods, week)
        alone = week_of(scenario, run, span, tonnes, held_apart(scenario, [hold]))
        ground = lay_part(run, alone, Options.quickly())
        group = next(one for one in ground.arcs.members if first in one)
        assert len(set(group.tolist()) & {first, other}) == members
        former = former_of(ground, run, before_of(run, week), [hold])
        held = former.held & (ground.arcs.village == 0)
        others = [n for n, g in enumerate(ground.arcs.group) if first not in ground.arcs.members[g]]
        assert crop < 0 or not held[others].any()


def test_who_went_nowhere_and_is_held_stays(county: County) -> None:
    """A frozen village that no depot served is given none, whatever that would save; left free it goes as planned."""
    run, week = county.run, week_number(WEEK)
    scenario = run.scenario
    served = run.tables["assignment"]["village"].iloc[0]
    v = next(n for n, one in enumerate(scenario.villages) if one.id == served)
    before = before_of(run, week)
    before = replace(before, ways=before.ways[before.ways["village"] != served])
    span = span_of(scenario.periods, week)
    ground = lay_part(run, week_of(scenario, run, span, planned_t(scenario, week)), Options.quickly())
    mine = ground.arcs.village[ground.arcs.demand] == v
    for holds, goes in (([], True), ([Hold(v, -1, "", "frozen")], False)):
        choice = assign(ground, former_of(ground, run, before, holds), len(scenario.villages))
        assert bool(choice.share[mine].any()) == goes
        assert (v in choice.changed) == goes


@pytest.mark.slow
def test_a_lost_week_comes_back_with_the_same_bytes(rolled: County, tmp_path: Path) -> None:
    """The second week starts where the first ended; a week in between is not replaced; what is there is left."""
    shutil.copytree(rolled.folder, tmp_path / "county")
    second = Asked(tmp_path / "county", NEXT, {}, most_changed=0.25)
    roll_week(second)
    before = {path: path.read_bytes() for path in sorted(second.target.rglob("*")) if path.is_file()}
    with pytest.raises(UsageError, match="2026-W32, which rests on it"):
        roll_week(Asked(tmp_path / "county", WEEK, {}, most_changed=0.1))
    shutil.rmtree(second.target)
    assert roll_week(second)["before"] == WEEK
    assert {path: path.read_bytes() for path in sorted(second.target.rglob("*")) if path.is_file()} == before
    stamp = (second.target / "roll.json").stat().st_mtime_ns
    roll_week(second)
    assert (second.target / "roll.json").stat().st_mtime_ns == stamp


def test_what_no_longer_pays_goes_back_to_the_plan(county: County) -> None:
    """A village left its depot: going as planned is among the ways weighed, unless too many would change."""
    run, week = county.run, week_number(WEEK)
    scenario = week_of(run.scenario, run, span_of(run.scenario.periods, week), planned_t(run.scenario, week))
    ground, home = lay_part(run, scenario, Options.quickly()), before_of(run, week)
    first = home.ways["village"] == home.ways["village"].iloc[0]
    astray = replace(home, ways=home.ways[~first])
    former, plan = (former_of(ground, run, way, []) for way in (astray, home))
    as_planned = assign(ground, plan, 0).share
    for limit, there in ((0, False), (1, True)):
        tried = weighed(ground, former, limit, Options.quickly(), plan)
        assert any(np.array_equal(one.choice.share, as_planned) for one in tried) is there
        assert max(len(one.choice.changed) for one in tried) <= limit


def test_what_is_held_stays(rolled: County, county: County, capsys: pytest.CaptureFixture[str]) -> None:
    """The villages that changed are frozen and one is contracted: they stay; the command prints what it wrote."""
    frozen = list(read_tables(rolled.folder / "rolls" / WEEK)["changes"]["village"])
    county.deliver(2.5)
    lines = ["village,reason", *(f"{village},frozen" for village in frozen)]
    (county.folder / "held.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run(["roll", str(county.folder), "--week", WEEK, "--changes", "0.25", "--json", "--quiet"]) == 0
    printed = json.loads(capsys.readouterr().out)
    folder = county.folder / "rolls" / WEEK
    assert printed == json.loads((folder / "roll.json").read_text(encoding="utf-8"))
    assert not {row["village"] for row in printed["changes"] if row["why"] not in LEFT} & set(frozen)
    assert run(["verify", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


BAD = """village,commodity,date,t,lot,depot
{village},{crop},2026-07-20,1.5,L1,
{village},{crop},2026-07-20,1.5,L1,
{village},{crop},2026-07-20,2.5,L1,
nowhere,{crop},2026-07-20,1,,
{village},dragon fruit,2026-07-20,1,,
{village},{crop},2026-13-20,1,,
{village},{crop},2026-07-21,-3,,
{village},{crop},2026-09-20,1,,
{village},{crop},2026-07-22,1,,Atlantis
"""


def test_every_fault_of_the_tables_at_once(county: County) -> None:
    """Each with file, row, column and value; nothing is written."""
    scenario = county.run.scenario
    summer = int(np.flatnonzero(scenario.harvest_t[0].sum(axis=1))[0])
    names = {"village": scenario.villages[0].id, "crop": scenario.commodities[summer].id}
    (county.folder / "deliveries.csv").write_text(BAD.format(**names), encoding="utf-8")
    (county.folder / "held.csv").write_text("village,until\nelsewhere,2026-W40\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="nowhere") as caught:
        roll_week(Asked(county.folder, WEEK, {}))
    found = {(one.file, one.row, one.column, one.value) for one in caught.value.faults if not one.warning}
    assert found == {
        ("deliveries.csv", 4, "lot", "L1"), ("deliveries.csv", 5, "village", "nowhere"),
        ("deliveries.csv", 6, "commodity", "dragon fruit"), ("deliveries.csv", 7, "date", "2026-13-20"),
        ("deliveries.csv", 8, "t", "-3"), ("deliveries.csv", 9, "date", "2026-09-20"),
        ("deliveries.csv", 10, "depot", "Atlantis"), ("held.csv", 2, "village", "elsewhere"),
    }  # fmt: skip
    assert [one.row for one in caught.value.faults if one.code == "doubled-row"] == [3]
    assert not (county.folder / "rolls").exists()


def test_missing_weeks_are_named_and_not_counted_as_zero(county: County) -> None:
    county.deliver(1.0, ("2026-W27", "2026-W30"))
    scenario, week = county.run.scenario, week_number(WEEK)
    past, faults = read_past(county.folder / "deliveries.csv", scenario, week)
    assert expected(scenario, past, week).tonnes == pytest.approx(planned_t(scenario, week))
    assert [(one.value, one.warning) for one in faults] == [("2026-W28", True), ("2026-W29", True)]


def test_what_is_not_recorded_is_not_counted_as_zero(county: County) -> None:
    """One village hands in one crop of its plan and one that is not: all others keep the plan's figure, by name."""
    scenario, week = county.run.scenario, week_number(WEEK)
    plan = planned_t(scenario, week)
    v, c = (int(one[0]) for one in np.nonzero(plan))
    stray = int(np.flatnonzero(scenario.harvest_t[v].sum(axis=1) == 0.0)[0])
    village, crops = scenario.villages[v].id, [scenario.commodities[n].id for n in (c, stray)]
    lines = [f"{village},{crop},2026-07-20,{plan[v, c] * 2}" for crop in crops]
    (county.folder / "deliveries.csv").write_text("\n".join(["village,commodity,date,t", *lines]), encoding="utf-8")
    past, faults = read_past(county.folder / "deliveries.csv", scenario, week)
    found = expected(scenario, past, week).tonnes
    others = np.arange(len(scenario.villages)) != v
    same = [n for n in range(plan.shape[1]) if n not in (c, stray)]
    assert found[others][:, same] == pytest.approx(plan[others][:, same])
    assert found[v, c] > plan[v, c]
    assert found[v, stray] > 0.0 == plan[v, stray]
    assert all(one.warning for one in faults)
    named = {(one.row, one.column, one.value) for one in faults}
    assert (3, "commodity", crops[1]) in named
    missing = {scenario.villages[n].id for n in np.flatnonzero(plan.any(axis=1)) if n != v}
    assert missing <= {value for _row, column, value in named if column == "village"}


def test_nothing_is_held_where_nothing_stands(county: County) -> None:
    """A contract with a depot that was not built, and a lot on its way to one."""
    scenario, depots = county.run.scenario, county.folder / "plan" / "tables" / "depots.csv"
    sites = county.folder / "scenario" / "sites.csv"
    closed = scenario.sites[-1].id
    for path in (depots, sites):
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").fillna("")
        table.loc[table[table.columns[0]] == closed, ["existing" if path is sites else "new_modules"]] = ""
        table.to_csv(path, index=False)
    village, crop = scenario.villages[0].id, scenario.commodities[0].id
    row = f"{village},{crop},{closed}"
    (county.folder / "held.csv").write_text(f"village,commodity,depot\n{row}\n", encoding="utf-8")
    text = f"village,commodity,depot,date,t\n{row},2026-07-28,1\n"
    (county.folder / "deliveries.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match="nothing stands there") as caught:
        roll_week(Asked(county.folder, WEEK, {}))
    wrong = [one for one in caught.value.faults if not one.warning]
    assert [(one.file, one.row, one.column, one.value) for one in wrong] == [
        ("deliveries.csv", 2, "depot", closed), ("held.csv", 2, "depot", closed),
    ]  # fmt: skip
    assert not (county.folder / "rolls").exists()


def test_a_plan_without_depots_has_no_weeks(county: County) -> None:
    sites = county.folder / "scenario" / "sites.csv"
    sites.write_text(sites.read_text(encoding="utf-8-sig").replace(STANDS, ""), encoding="utf-8")
    with pytest.raises(BadInputError, match="no depot stands"):
        roll_week(Asked(county.folder, WEEK, {}))


def test_weeks_outside_the_season_bring_nothing(county: County) -> None:
    """A delivery before the season is kept, the season's weeks are told by month, a week outside is refused by name."""
    scenario = county.run.scenario
    summer = [one for one in scenario.periods if one.id == "summer"]
    short = replace(scenario, periods=tuple(summer), harvest_t=scenario.harvest_t[:, :, [1]])
    assert planned_t(short, week_number("2026-W10")).sum() == 0.0
    with pytest.raises(UsageError, match=r"2026-W10 lies outside the season: no period names month 3 \(summer"):
        span_of(short.periods, week_number("2026-W10"))
    with pytest.raises(UsageError, match="several periods name month 7"):
        span_of((*summer, *summer), week_number(WEEK))


def test_a_list_of_weeks_takes_no_variant_and_no_budget(tmp_path: Path) -> None:
    """What a week cannot follow is named by row and column, and nothing is planned."""
    table = tmp_path / "counties.csv"
    table.write_text("scenario,variant,budget_cny,orders,day\na,base,,,\nb,half,36,o.csv,2026-07-27\n", "utf-8")
    with pytest.raises(BadInputError, match="a week follows the plan as it was made") as caught:
        read_jobs(table, "roll")
    found = [(one.row, one.column, one.value) for one in caught.value.faults]
    assert found == [(3, "variant", "half"), (3, "budget_cny", "36"), (3, "orders", "o.csv"), (3, "day", "2026-07-27")]


def test_a_mobile_unit_is_sent_where_it_pays(tmp_path: Path) -> None:
    """A unit that stood nowhere drives to a site once, for its move; the next week it stands there for nothing."""
    scenario = tmp_path / "scenario"
    write_perishable(12, 3, scenario)
    set_in_toml(scenario, "mobile_units", '["light"]')
    append(scenario, UNIT)
    replace_in_toml(scenario, "[subsidy]\n", "[subsidy]\nown_money = true\n")
    ground = lay_ground(load(scenario)[0], Options.quickly())
    bought = np.zeros((len(ground.scenario.sites), len(ground.scenario.depot_types)), dtype=np.int64)
    bought[0, -1] = 1
    made = with_modules(ground, bought)
    about = run_information(made, {"scenario": str(scenario), "scenario_from_run": "../scenario"})
    write_folder(tmp_path / "plan", lambda at: write_tables(made.tables, at, SUMMARY, made.summary, about))
    first, second = (roll_week(Asked(tmp_path, week, {}, most_changed=1.0)) for week in (WEEK, NEXT))
    assert [(row["unit"], row["count"], row["before"]) for row in first["units"]] == [("light", 1, 0)]
    assert (first["cny"]["moves"], second["cny"]["moves"]) == (500.0, 0.0)
    assert first["cny"]["gain"] == pytest.approx(first["cny"]["stay"] - first["cny"]["week"])
    assert first["cny"]["gain"] > 0.0
    assert [(row["count"], row["before"]) for row in second["units"]] == [(1, 1)]
    week = tmp_path / "rolls" / WEEK
    assert verify_week(week).problems == ()
    text = (week / "roll.json").read_text(encoding="utf-8")
    told = json.loads(text)
    assert (
        told["delivery_h"]["today"]["share_within_target"] <= told["delivery_h"]["week"]["share_within_target"] <= 1.0
    )
    told["cny"]["moves"] = 0.0
    told["delivery_h"]["today"]["share_within_target"] += 0.01
    (week / "roll.json").write_text(json.dumps(told), encoding="utf-8")
    problems = " ".join(verify_week(week).problems)
    assert "cny.moves: 0.00 stated, 500.00 found" in problems
    assert "delivery_h.today.share_within_target" in problems


def test_a_folder_without_a_plan_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is no county to roll"):
        roll_week(Asked(tmp_path, WEEK, {}))


def _here(order: JobOrder, _limits: JobLimits, _parcel: None) -> Reply:
    return Reply(JobOutcome(order.key, perform(order)))


def _stood(asked: Asked) -> Before:
    former = [week.name for week in weeks_in(asked.county) if week.name < asked.target.name]
    return Before(pd.DataFrame(), pd.DataFrame(), former[-1] if former else "plan")


def _noted(before: Before, asked: Asked, marks: dict[str, str]) -> dict[str, Any]:
    """Write a week of figures that stand for planned ones."""
    figures = {
        "schema": "coldchain.roll/1", "week": asked.target.name, "period": "summer", "before": before.source,
        "villages": {"total": 8, "changed": 1, "limit": 2}, "expected": {"t": 2.5, "planned_t": 2.0},
        "t": {"cooled": 1.5}, "loss": {"plan_rate": 0.1}, "cny": {"week": 20.25, "stay": 21.0, "gain": 0.75},
        "verified": {"ok": True, "problems": []}, "rests_on": marks,
    }  # fmt: skip
    asked.target.mkdir(parents=True)
    (asked.target / "roll.json").write_text(json.dumps(figures), encoding="utf-8")
    return figures


@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_week_of_all_counties_is_planned_once(
    real: bool, planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One county fails alone; what stands is kept, what is lost comes back the same, the next week goes on from it."""
    monkeypatch.setattr("coldchain.batch.run.errand", _here)
    if not real:
        monkeypatch.setattr("coldchain.weeks.folder.roll", lambda _run, before, _given: before)
        monkeypatch.setattr("coldchain.weeks.folder.write_week", _noted)
        monkeypatch.setattr("coldchain.weeks.folder.before_in", lambda asked, _run, _week: _stood(asked))
    north, south = tmp_path / "in" / "north", tmp_path / "in" / "south"
    for county in (north, south):
        shutil.copytree(planned, county)
    (south / "deliveries.csv").write_text("village,commodity,date,t\nnowhere,kale,2026-07-20,1\n", encoding="utf-8")
    command = ["batch", str(tmp_path / "in"), "--command", "roll", "--out", str(tmp_path / "out"), "--json", "-q"]

    def counts(week: str, *more: str) -> tuple[int, int, int, int]:
        code = run([*command, "--week", week, *more])
        told = json.loads(capsys.readouterr().out)
        return code, told["done"], told["kept"], told["failed"]

    assert counts("2026-07-28") == (7, 1, 0, 1)
    failed = pd.read_csv(tmp_path / "out" / "failed.csv", encoding="utf-8-sig")
    assert (failed["name"][0], failed["kind"][0]) == ("south", "bad-input")
    assert "nowhere" in failed["message"][0]
    week = json.loads((north / "rolls" / WEEK / "roll.json").read_text(encoding="utf-8"))
    table = pd.read_csv(tmp_path / "out" / "results.csv", encoding="utf-8-sig")
    assert list(table["name"]) == ["north"]
    assert (table["week"][0], table["week_cny"][0]) == (WEEK, week["cny"]["week"])
    before = {path: path.read_bytes() for path in sorted((north / "rolls").rglob("*")) if path.is_file()}
    (south / "deliveries.csv").unlink()
    assert counts(WEEK, "--resume") == (0, 1, 1, 0)
    shutil.rmtree(north / "rolls")
    assert counts(WEEK, "--resume") == (0, 1, 1, 0)
    assert {path: path.read_bytes() for path in sorted((north / "rolls").rglob("*")) if path.is_file()} == before
    assert counts(NEXT, "--resume") == (0, 2, 0, 0)
    assert set(pd.read_csv(tmp_path / "out" / "results.csv", encoding="utf-8-sig")["before"]) == {WEEK}
    assert counts(WEEK, "--resume") == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("more", "code", "match"),
    [
        (["--command", "roll"], 2, "--week goes with --command roll"),
        (["--week", WEEK], 2, "--week goes with --command roll"),
        (["--command", "roll", "--week", "soon"], 2, "written like 2026-W31"),
        (["--command", "roll", "--week", WEEK, "--dry-run"], 2, "no --data value, no --dry-run"),
        (["--command", "roll", "--week", WEEK], 3, "no county with a plan"),
        (["--command", "roll", "--week", WEEK, "--twice"], 3, "a week of a county is planned once"),
    ],
)
def test_a_batch_of_weeks_that_cannot_be(
    more: list[str], code: int, match: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--twice" in more:
        (tmp_path / "counties.csv").write_text("name,scenario\na,x\nb,./x\n", encoding="utf-8")
        more.remove("--twice")
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "summary.json").write_text("{}", encoding="utf-8")
    assert run(["batch", str(tmp_path), "--out", str(tmp_path / "out"), *more]) == code
    assert match in capsys.readouterr().err
