"""People as a limit of a plan: operators and drivers by place and shift, their hours, what one more is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from perishable import as_of_2026
from scenario_cases import faults_of, small_county

from coldchain.language import speaking
from coldchain.model import Crew, Scenario, modules_of
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, plan_on
from coldchain.planning.people import SHIFT_H
from coldchain.reports.document import Told, sections
from coldchain.scenario import load
from coldchain.verify import verify_tables

ALONE = Near(further=False, doubt=False)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Eight villages, two sites, money enough: roads and lanes once for all tests."""
    folder = small_county(tmp_path_factory.mktemp("people") / "county", 8, 3)
    return lay_ground(as_of_2026(load(folder)[0]), Options.quickly())


def staffed(scenario: Scenario, *people: Crew) -> Scenario:
    """Return the scenario with these people."""
    return replace(scenario, people=people)


def planned(ground: Ground, *people: Crew, near: Near = ALONE, tries: int = 5) -> Plan:
    """Plan under these people; the plan must verify."""
    made = plan_on(ground.under(staffed(ground.scenario, *people)), Options.quickly(tries=tries), near)
    assert made.report.problems == ()
    return made


@pytest.fixture(scope="module")
def free(ground: Ground) -> Plan:
    """Return the plan without any limit on people."""
    return planned(ground)


def operators(made: Plan) -> float:
    """Return the people that run all that is built."""
    staff = {kind.id: kind.staff for kind in made.scenario.depot_types}
    built = [modules_of(text) for text in made.tables["depots"]["new_modules"]]
    return float(sum(staff[kind] * n for one in built for kind, n in one.items()))


def driven_h(made: Plan) -> float:
    """Return the drivers' hours of the busiest day."""
    duties = made.tables["duties"]
    return float((duties["hours"] + duties["wait_h"]).groupby(duties["period"]).sum().max())


def test_people_of_a_plan_by_hand(free: Plan) -> None:
    """One driver a duty for all its hours; operators by module, for eight hours, where something comes in."""
    table, tables = free.tables["people"], free.tables
    days = {period.id: period.days for period in free.scenario.periods}
    drivers = table[table["skill"] == "driver"]
    assert drivers["people_day"].sum() == tables["duties"]["duty"].nunique()
    hours = (tables["duties"]["hours"] + tables["duties"]["wait_h"]) * tables["duties"]["period"].map(days)
    assert drivers["hours"].sum() == pytest.approx(hours.sum())
    rooms = table[table["skill"] == "operator"]
    assert len(rooms) == tables["lots"][tables["lots"]["depot"] != ""].groupby(["depot", "period"]).ngroups
    assert rooms["hours"].tolist() == pytest.approx(
        (rooms["people_day"] * SHIFT_H * rooms["period"].map(days)).tolist()
    )
    assert rooms.groupby("period")["people_day"].sum().max() == pytest.approx(operators(free))
    assert "crews" not in tables


@pytest.fixture(scope="module")
def enough(ground: Ground) -> Plan:
    """Return a plan under limits that do not bind, priced."""
    people = Crew(skill="operator", persons=99), Crew(skill="driver", persons=99, hours_day=10)
    return planned(ground, *people, near=Near(doubt=False))


def test_people_enough_change_nothing(enough: Plan, free: Plan) -> None:
    """A limit that does not bind costs nothing, but for the way of the search; one more is worth nothing."""
    assert enough.summary["annual_cny"]["total"] == pytest.approx(free.summary["annual_cny"]["total"], rel=0.01)
    crews = enough.tables["crews"].set_index("skill")
    assert crews.loc["operator", "hours_day"] == 99 * 8.0
    assert crews.loc["driver", "needed_h_day"] == pytest.approx(driven_h(enough))
    assert crews["worth_cny_person"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("place", [pytest.param("county", marks=pytest.mark.slow), "site"])
def test_operators_limit_what_is_built(ground: Ground, free: Plan, place: str) -> None:
    """Half the people at hand: at most so much stands, the total cost is no lower; shifts add up."""
    depots = free.tables["depots"]
    where = {"": "", "county": depots["county"].iloc[0], "site": depots["depot"].iloc[0]}[place]
    staff = {kind.id: kind.staff for kind in free.scenario.depot_types}

    def needed(made: Plan) -> float:
        rows = made.tables["depots"]
        mine = rows[(rows["county"] == where) | (rows["depot"] == where) | (where == "")]
        return sum(staff[kind] * n for text in mine["new_modules"] for kind, n in modules_of(str(text)).items())

    half = needed(free) / 2
    made = planned(ground, *(Crew(skill="operator", place=where, shift=one, persons=half / 2) for one in ("am", "pm")))
    assert needed(made) <= half + 1e-9 < needed(free)
    assert made.summary["annual_cny"]["total"] >= free.summary["annual_cny"]["total"] - 1.0
    problems = verify_tables(
        staffed(free.scenario, Crew(skill="operator", place=where, persons=half)),
        free.basis.placed.network.given, {**free.tables, "crews": made.tables["crews"]}, free.summary,
    ).problems  # fmt: skip
    assert any("h a day are needed" in text for text in problems)


def test_drivers_limit_the_hours_of_routes(ground: Ground, free: Plan) -> None:
    """Half of the drivers' hours: routes keep to it in each period."""
    most = driven_h(free) / 2
    made = planned(ground, Crew(skill="driver", persons=1, hours_day=most), tries=20)
    assert np.isnan(made.tables["crews"]["worth_cny_person"]).all()
    assert 0.0 < driven_h(made) <= most + 2e-3
    assert made.tables["lots"]["depot"].ne("").any()


def test_nobody_at_hand_builds_nothing(ground: Ground) -> None:
    """No operators in any county."""
    counties = {site.county for site in ground.scenario.sites}
    made = planned(ground, *(Crew(skill="operator", place=county, persons=0) for county in counties))
    assert made.summary["depots"]["built"] == 0


def test_one_more_is_worth_what_it_saves(ground: Ground, free: Plan) -> None:
    """Where people are short one more has a price, of the size of what the limit costs."""
    few = operators(free) / 2
    short = planned(ground, Crew(skill="operator", persons=few), near=Near(doubt=False))
    worth = short.tables["crews"].set_index("skill")["worth_cny_person"]
    lost = short.summary["annual_cny"]["total"] - free.summary["annual_cny"]["total"]
    assert 0.0 < worth["operator"] < 3 * lost / few


@pytest.mark.parametrize(("table", "column"), [("people", "hours"), ("people", "people_day"), ("crews", "needed_h_day"),
                                               ("crews", "persons")])  # fmt: skip
def test_the_check_finds_other_hours(enough: Plan, table: str, column: str) -> None:
    changed = enough.tables[table].copy()
    changed.loc[0, column] += 1.0
    given, tables = enough.basis.placed.network.given, {**enough.tables, table: changed}
    assert any(table in text for text in verify_tables(enough.scenario, given, tables, enough.summary).problems)


def test_reports_show_people_in_both_languages(enough: Plan) -> None:
    """Hours by depot, by season too, and who is at hand, as sections of one sheet."""
    for name, titles in (("en", ["Who works where in a year", "People at hand"]), ("zh", ["全年各库人员", "现有人员"])):
        with speaking(name):
            found = {one.title: one for one in sections(Told(enough.summary, enough.tables))}
        assert set(titles) <= set(found)
        assert found[titles[0]].rows["hours"].sum() == pytest.approx(enough.tables["people"]["hours"].sum())
        assert "operator" not in found[titles[1]].rows["skill"].tolist()


CHINESE = "工种,工作地点,班次,人数,每班工时\n操作员,,白班,6,8\n操作员,,夜班,2,8\n司机,{site},,4,10\n"


def test_people_are_read_in_chinese_and_by_name(tmp_path: Path) -> None:
    """Skills and headings in Chinese, sites by their names, counties as they are."""
    folder = small_county(tmp_path / "county", 6, 2)
    site = load(folder)[0].sites[0]
    (folder / "people.csv").write_text(CHINESE.format(site=site.name or site.id), encoding="utf-8")
    scenario, faults = load(folder)
    assert faults == load(small_county(tmp_path / "other", 6, 2))[1]
    assert {(one.skill, one.place, one.persons, one.hours_day) for one in scenario.people} == {
        ("operator", "", 6.0, 8.0), ("operator", "", 2.0, 8.0), ("driver", site.id, 4.0, 10.0),
    }  # fmt: skip
    assert scenario.sha256 != load(tmp_path / "other")[0].sha256


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [("cook,,,3,8", "skill", "bad-choice"), ("driver,nowhere,,3,8", "place", "unknown-workplace"),
     ("driver,,,-1,8", "persons", "out-of-range"), ("driver,,,3,25", "hours_day", "out-of-range"),
     ("operator,,,2,8", "skill, place, shift", "duplicate-row"), ("driver,,,,8", "persons", "missing")],
)  # fmt: skip
def test_faults_of_people_are_named(tmp_path: Path, row: str, column: str, code: str) -> None:
    folder = small_county(tmp_path / "county", 6, 2)
    (folder / "people.csv").write_text(
        f"skill,place,shift,persons,hours_day\noperator,,,3,8\n{row}\n", encoding="utf-8"
    )
    found = [(one.file, one.row, one.column, one.code) for one in faults_of(folder) if one.file == "people.csv"]
    assert found == [("people.csv", 3, column, code)]
