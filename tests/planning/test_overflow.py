"""What days beyond the usual one cost: closed forms against simulation, the choice of fill, bill and verification."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from perishable import write_perishable
from planned import decided

from coldchain.model import VehicleType
from coldchain.planning import Plan
from coldchain.planning.overflow import hire_steps
from coldchain.replays import Chances, ReplayEffort, Replayer, replay
from coldchain.replays.chances import factors
from coldchain.routing import CollectionProblem, Route, evaluate_route, solve_collection
from coldchain.routing.kernel import shared
from coldchain.routing.overflow import NO_SPREAD, LoadSpread, load_variance, waiting_h
from coldchain.routing.problem import overflow_of
from coldchain.routing.split_pickup import day_of
from coldchain.scenario import load
from coldchain.verify import verify_tables

SPREAD = LoadSpread(crop_cv=0.15, own_cv=0.25, road_cv=0.1, leg_cv=0.2)
TRUCK = VehicleType(
    id="t", payload_kg=1500, volume_m3=9, cargo="ambient", cost_cny_day=80, cost_cny_km=2, cost_cny_h=10, shift_h=9.0
)


def day(loads: list[float], spread: LoadSpread = SPREAD, way_h: float = 1.0) -> CollectionProblem:
    """Villages in a row a tenth of an hour from each other, so many hours from the depot."""
    place = np.concatenate([[0.0], way_h + 0.1 * np.arange(len(loads))])
    hours = np.abs(place[:, None] - place[None, :])
    kg, light = np.array(loads), np.ones(len(loads))
    return CollectionProblem(
        hours, 40.0 * hours, kg, light, light, (TRUCK,), stop_h=0.1, load_h_t=0.1, unload_h=0.25, spread=spread,
        split_pickups=True,
    )  # fmt: skip


def route_of(problem: CollectionProblem) -> Route:
    return evaluate_route(problem, TRUCK, tuple(range(problem.n)), problem.load_kg)


def drawn_loads(loads: list[float], crops: list[int], days: int) -> np.ndarray:
    """Return loads of random days, shape (days, stops)."""
    random = np.random.default_rng(1)
    crop = factors(random, SPREAD.crop_cv, (days, max(crops) + 1))
    return np.array(loads) * crop[:, crops] * factors(random, SPREAD.own_cv, (days, len(loads)))


@pytest.mark.parametrize("crops", [[0, 0, 0], [0, 1, 0], [0, 1, 2]], ids=["one crop", "two", "three"])
def test_the_variance_is_that_of_drawn_loads(crops: list[int]) -> None:
    loads = [300.0, 500.0, 200.0]
    by_crop = np.zeros((3, 3))
    by_crop[range(3), crops] = loads
    drawn = np.cumsum(drawn_loads(loads, crops, 200_000), axis=1)
    assert load_variance(by_crop, SPREAD) == pytest.approx(drawn.var(axis=0), rel=0.03)


@pytest.mark.parametrize("loads", [[1500.0], [900.0, 500.0], [500.0, 500.0, 500.0], [700.0, 300.0, 250.0, 150.0]])
def test_returns_are_those_of_a_driver_who_unloads_and_comes_back(loads: list[float]) -> None:
    problem = day(loads)
    found = overflow_of(problem, route_of(problem), duty_h=5.0)
    total = np.cumsum(drawn_loads(loads, [0] * len(loads), 200_000), axis=1)
    full = np.floor(total / TRUCK.payload_kg)
    returns = np.diff(full, axis=1, prepend=0.0).mean(axis=0)
    assert found.returns == pytest.approx(float(returns.sum()), rel=0.03)
    assert found.over_share == pytest.approx(float((total[:, -1] > TRUCK.payload_kg).mean()), rel=0.03)
    hours = 2.0 * problem.time_h[0, 1:] + 0.25 + 0.1
    driven = float(returns @ (2.0 * 2.0 * problem.km[0, 1:] + 10.0 * hours))
    assert found.cost_cny - 10.0 * found.wait_h == pytest.approx(driven, rel=0.03)


def test_a_lorry_is_hired_where_the_shift_leaves_no_time() -> None:
    problem = day([1500.0])
    route = route_of(problem)
    early, late = (overflow_of(problem, route, duty_h) for duty_h in (6.6, 6.7))  # 2.35 h more within 9 h
    assert (early.hires, early.returns) == (pytest.approx(0.0054, rel=0.05), late.returns)  # those of the second time
    assert late.hires > early.hires
    assert late.cost_cny - early.cost_cny == pytest.approx(80.0 * (late.hires - early.hires))
    assert late.hires == pytest.approx(late.returns)


@pytest.mark.parametrize(("legs", "within"), [([1.0], 0.02), ([0.5] * 4, 0.05), ([1.0, 0.1, 0.1, 0.1, 0.1], 0.25)])
def test_waiting_is_that_of_vehicles_that_never_load_early(legs: list[float], within: float) -> None:
    random, days = np.random.default_rng(2), 100_000
    common = factors(random, SPREAD.road_cv, days)
    late = np.zeros(days)
    for leg in legs:
        late = np.maximum(late + leg * (common * factors(random, SPREAD.leg_cv, days) - 1.0), 0.0)
    assert waiting_h(np.array(legs), SPREAD) == pytest.approx(float(late.mean()), rel=within)


def test_the_search_prices_returns_as_they_are_billed() -> None:
    """One crop: the loop's price less its price without spread is the overflow, waiting left out."""
    for loads in ([1400.0], [700.0, 700.0], [500.0, 450.0, 400.0]):
        problem = day(loads)
        route, stops, kg = route_of(problem), np.arange(len(loads)), np.array(loads)
        dear, plain = (
            shared.price(day_of(one), stops, kg, len(loads), 0, np.inf)
            for one in (problem, day(loads, spread=NO_SPREAD))
        )
        billed = overflow_of(problem, route, route.hours)
        assert dear - plain == pytest.approx(billed.cost_cny - 10.0 * billed.wait_h, rel=1e-3)
        assert plain == pytest.approx(route.total_cny)


def test_full_vehicles_of_loads_that_never_stray_do_not_go_back() -> None:
    """Hours stray, loads do not: a sum that rounding puts above the payload is no overflow."""
    problem = day([0.1 * 1500] * 7 + [0.3 * 1500], LoadSpread(leg_cv=0.2))
    found = overflow_of(problem, route_of(problem), duty_h=5.0)
    assert (found.returns, found.over_share) == (0.0, 0.0)
    assert found.cost_cny == pytest.approx(10.0 * found.wait_h) != 0.0


def test_vehicles_are_filled_less_where_going_back_is_dear() -> None:
    """Five villages of 500 kg: one full vehicle and one two thirds full, or both alike where loads stray."""
    calm, stray = (solve_collection(day([500.0] * 5, spread, 2.5)) for spread in (NO_SPREAD, SPREAD))
    assert max(sum(route.load_kg) for route in calm.routes) == 1500.0
    assert max(sum(route.load_kg) for route in stray.routes) < 1400.0
    problem = day([500.0] * 5, SPREAD, 2.5)
    full = sum(r.total_cny + overflow_of(problem, r, r.hours).cost_cny for r in calm.routes)
    assert stray.total_cny < full
    assert calm.overflow == ()


def test_trucks_hired_for_what_is_over_are_the_cheapest() -> None:
    trips, most = [(2.0, 100.0), (5.0, 160.0), (9.0, 300.0)], 40.0
    steps = hire_steps(trips, most)
    for over in np.linspace(0.05, most - 0.05, 300):
        cheapest = min(math.ceil(over / t) * cny for t, cny in trips)
        assert [cny for start, cny in steps if start < over][-1] == pytest.approx(cheapest)
    assert hire_steps(trips, -1.0) == []


CALM = dict.fromkeys(("harvest_crop_cv", "harvest_village_cv", "harvest_day_cv", "travel_day_cv", "travel_leg_cv"), 0.0)


@cache
def planned(*, calm: bool = False) -> Plan:
    with TemporaryDirectory() as folder:
        write_perishable(10, 5, Path(folder) / "county")
        scenario = load(Path(folder) / "county")[0]
        routing = scenario.routing.model_copy(update=CALM if calm else {})
        return decided(replace(scenario, routing=routing))


def checked(change: Callable[[pd.DataFrame], object]) -> list[str]:
    made = planned()
    table = made.tables["overflow"].copy()
    change(table)
    tables = {**made.tables, "overflow": table}
    report = verify_tables(made.scenario, made.basis.placed.network.given, tables, made.summary)
    return [*report.problems, *report.consequences]


def test_overflow_is_a_term_of_the_bill_and_borne_out() -> None:
    made = planned()
    days = made.tables["overflow"]["period"].map({period.id: period.days for period in made.scenario.periods})
    billed = float((made.tables["overflow"]["overflow_cny_day"] * days).sum())
    assert made.summary["annual_cny"]["overflow"] == pytest.approx(billed) != 0.0
    assert checked(lambda _table: None) == []
    assert made.summary["objective"]["bound"] <= made.summary["objective"]["value"]


@pytest.mark.parametrize("column", ["over_share", "returns_day", "hires_day", "paid_wait_h", "overflow_cny_day"])
def test_every_cell_is_recomputed(column: str) -> None:
    def change(table: pd.DataFrame) -> None:
        table.loc[0, column] += 0.5

    assert any(text.startswith(f"overflow: {column} of") for text in checked(change))


def test_without_spread_nothing_overflows() -> None:
    made, other = planned(), planned(calm=True)
    assert other.summary["annual_cny"]["overflow"] == 0.0
    assert not len(other.tables["overflow"])
    assert other.summary["annual_cny"]["total"] < made.summary["annual_cny"]["total"]


def test_the_stated_bill_is_that_of_replayed_years() -> None:
    made = planned()
    replayer = Replayer(made.scenario, made.basis.placed, made.tables)
    found = replay(replayer, Chances(), ReplayEffort(years=16, days=2, seed=3, draws=0), made.summary)["bill"]
    assert found["mean_cny"] == pytest.approx(found["stated_cny"], rel=0.03)
    assert found["by_term"]["overflow"]["mean_cny"] == pytest.approx(made.summary["annual_cny"]["overflow"], rel=0.3)
