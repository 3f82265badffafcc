"""Limits on vehicles owned and hired: kept in plans against brute force, in the day's routes and by verification."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dispatching_cases import line_county
from perishable import write_perishable
from planned import decided
from test_trips import TRUCK
from test_whole_bound import decisions, tiny

from coldchain.cli import run
from coldchain.economy import Work, choose_fleet
from coldchain.economy.fleet import fleet_of
from coldchain.model import Scenario
from coldchain.planning import Options, Plan
from coldchain.planning.course import work_out
from coldchain.planning.days import Effort
from coldchain.planning.decision import Decision
from coldchain.planning.pipeline import site
from coldchain.scenario import load
from coldchain.verify import verify_tables


def limited(scenario: Scenario, limits: Mapping[str, Mapping[str, Any]]) -> Scenario:
    """Return a scenario with other figures of some vehicle types, those on offer for collection in order."""
    kinds = tuple(kind.model_copy(update=dict(limits.get(kind.id, {}))) for kind in scenario.vehicles)
    offered = tuple(key for key in limits if scenario.vehicle(key).cargo == "ambient")
    routing = scenario.routing.model_copy(update={"collection_vehicles": offered})
    return replace(scenario, vehicles=kinds, routing=routing)


def test_hours_of_a_week_by_hand() -> None:
    """One owned truck, 8 h a day for 70 days of season: 48 h a week are 480 h, 60 of the days; the rest is hired."""
    kind = TRUCK.model_copy(update={"own_h_year": None})
    found = fleet_of(kind, [Work(70.0, (8.0, 8.0), 2), Work(30.0, (4.0,), 1)], 1, 48.0)
    assert (found.owned_days, found.hired_days) == (pytest.approx(90.0), pytest.approx(80.0))


@pytest.mark.parametrize("hire", [0, 1, 2, 3])
@pytest.mark.parametrize("own", [0, 1, 2, 3])
def test_limits_on_a_fleet_by_every_number(own: int, hire: int) -> None:
    """Three duties a day: so many are lacking as stated, and of the numbers that lack least the cheapest is owned."""
    kind = TRUCK.model_copy(update={"own_most": own, "hire_most": hire, "own_cny_year": 9000.0, "own_h_year": None})
    work = [Work(100.0, (5.0, 6.0, 7.0), 3), Work(100.0, (5.0,), 1)]
    every = [fleet_of(kind, work, n) for n in range(own + 1)]
    chosen = choose_fleet(kind, work)
    assert [one.lacking for one in every] == [
        (max(3.0 - n - hire, 0.0), max(1.0 - n - hire, 0.0)) for n in range(own + 1)
    ]
    least = min(sum(one.lacking) for one in every)
    assert sum(chosen.lacking) == least == max(3 - own - hire, 0) + max(1 - own - hire, 0)
    fit = [one.own_cny + one.hire_cny for one in every if sum(one.lacking) == least]
    assert chosen.own_cny + chosen.hire_cny == min(fit)


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan six villages with as many small trucks and tricycles as are asked for."""
    folder = tmp_path_factory.mktemp("fleet") / "county"
    write_perishable(6, 5, folder)
    return decided(limited(load(folder)[0], {"light_truck": {}, "farm_tricycle": {}}))


@pytest.mark.parametrize("most", [pytest.param(0, marks=pytest.mark.slow), 1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_plan_keeps_to_the_vehicles_there_are(most: int, free: Plan) -> None:
    """Where few small trucks can be hired, tricycles drive besides; verify agrees, and names what is beyond."""
    out = free.tables["fleet"].set_index("vehicle")["most_day"]
    assert out["light_truck"] > 2
    made = decided(limited(free.scenario, {"light_truck": {"hire_most": most}, "farm_tricycle": {}}))
    fleet = made.tables["fleet"].set_index("vehicle")["most_day"]
    assert fleet.get("light_truck", 0) <= most
    assert made.report.problems == ()
    assert made.summary["objective"]["bound"] <= made.summary["objective"]["value"]
    assert made.summary["objective"]["value"] >= free.summary["objective"]["bound"]
    report = verify_tables(made.scenario, free.basis.placed.network.given, free.tables, free.summary)
    assert any("light_truck a day are hired in" in text for text in report.problems)


def test_no_decision_within_the_limits_undercuts_the_bound(tmp_path: Path) -> None:
    """Every decision of a tiny county with real routes and few vehicles costs at least the bound without limits."""
    most = 1
    ground = tiny(tmp_path / "county", [0, 1, 2], ("cool_room_200",))
    few = {"hire_most": most, "own_most": 0, "trips_day": 1}
    scenario = limited(ground.scenario, dict.fromkeys(("light_truck", "farm_tricycle"), few))
    ground = ground.under(scenario, Options.quickly())
    bound = site(ground.basis, ground.arcs, Options.quickly(tries=5)).bound
    courses = [
        work_out(ground.basis, ground.arcs, Decision.of(ground.arcs, count, share), Effort(quick=True, memo={}))
        for count, share in itertools.islice(decisions(ground), 400)
    ]
    kept = [course for course in courses if not course.missing]
    assert kept
    assert any(course.missing for course in courses)
    assert min(course.yearly.total for course in kept) >= bound * (1 - 1e-9)
    for course in kept:
        used = {one.vehicle_id: one.most_day for one in course.days.running.fleet}
        assert all(count <= most for key, count in used.items() if key in {"light_truck", "farm_tricycle"})


def test_routes_hire_no_more_than_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A day of two trucks with one for hire: what is left is named with its cause, and the day verifies."""
    county = line_county(tmp_path / "county")
    (county / "vehicles.csv").write_text("id,hire_most,payload_kg\nlight_truck,1,500\n", encoding="utf-8")
    out = tmp_path / "day"
    assert run(["routes", str(county), "--day", "warm", "--iterations", "50", "--out", str(out), "-q"]) == 0
    told = capsys.readouterr()
    assert "1 of 2 lots that must be fetched stays behind" in told.out + told.err
    assert ",fleet," in (out / "tables" / "unserved.csv").read_text(encoding="utf-8-sig")
    assert run(["verify", str(out)]) == 0
    tours = (out / "tables" / "fleet.csv").read_text(encoding="utf-8-sig")
    (out / "tables" / "fleet.csv").write_text(tours.replace(",1.0,500", ",2.0,500"), encoding="utf-8-sig")
    capsys.readouterr()
    assert run(["verify", str(out)]) == 3
    assert "2 light_truck are stated for hire; the scenario says 1" in capsys.readouterr().out
