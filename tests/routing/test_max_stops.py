"""Most stops a trip: every search and the referee keep it, and brute force agrees."""

from __future__ import annotations

import math

import pytest
from frame_cases import tables
from planned import decided
from routing_cases import brute_force, check, random_day, vehicle
from test_dispatch import line

import coldchain as cc
from coldchain.routing import CollectionProblem, solve_collection, violations
from coldchain.routing.bridge import explore
from coldchain.routing.collection import Engine
from coldchain.routing.day import Locked
from coldchain.routing.dispatch import solve_day
from coldchain.routing.exact import enumerate_routes
from coldchain.routing.problem import evaluate_route
from coldchain.routing.ruin import RuinEffort
from coldchain.routing.savings import savings
from coldchain.routing.segment import Kernel
from coldchain.routing.timetable import drive
from coldchain.routing.timetable import violations as broken
from coldchain.runs import place_on_roads
from coldchain.verify import verify_tables

TWO, THREE = vehicle("two", max_stops=2), vehicle("three", max_stops=3, cost_cny_day=75.0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kinds", [(TWO,), (TWO, THREE), (TWO, vehicle("any", cost_cny_day=150.0))])
def test_the_best_of_all_orders(seed: int, kinds: tuple[cc.model.VehicleType, ...]) -> None:
    """With five stops the answer is that of all partitions and orders within the limit."""
    problem = random_day(5, seed, kinds, load=(50, 200))
    result = solve_collection(problem)
    check(problem, result)
    assert result.total_cny == pytest.approx(brute_force(problem, range(5)), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_search_equals_enumeration(seed: int) -> None:
    """Ruin and recreate, held to duties by the limit, finds the best of seven stops; each trip keeps it."""
    problem = random_day(7, seed, (TWO, THREE), load=(50, 200))
    kernel = Kernel(problem)
    found, _cut = explore(problem, savings(kernel), 3000, 0, (math.inf, None))
    price = [sum(kernel.price(kernel.chain(stops), kind) for kind, stops in draft.routes)
             for draft in (found, enumerate_routes(kernel))]  # fmt: skip
    assert price[0] == pytest.approx(price[1], rel=1e-9)
    assert max(len(stops) for _kind, stops in found.routes) <= 3


@pytest.mark.parametrize("engine", ["ruin-recreate", "ortools"])
@pytest.mark.parametrize("shared", [False, True])
def test_both_engines_keep_it(engine: Engine, shared: bool) -> None:
    """With split pick-ups, too; a looser limit never costs more from the same routes."""
    problem = random_day(10, 2, (TWO,), load=(100, 450), split_pickups=shared)
    result = solve_collection(problem, engine=engine, solution_limit=400)
    check(problem, result)
    assert max(len(route.stops) for route in result.routes) <= 2
    loose = random_day(10, 2, (vehicle("loose"),), load=(100, 450), split_pickups=shared)
    assert all(violations(loose, evaluate_route(loose, loose.vehicles[0], r.stops, r.load_kg)) == ()
               for r in result.routes)  # fmt: skip


def test_several_trips_of_a_day() -> None:
    """The limit is that of each trip, not of the day; the judge names a trip that breaks it."""
    truck = vehicle("shuttle", max_stops=1, trips_day=3)
    day = line([0.0, 10.0, 12.0, 14.0], vehicles=(truck,), available=(1,))
    result = solve_day(day, effort=RuinEffort(iterations=500))
    assert sorted(len(trip.visits) for tour in result.tours for trip in tour.rounds) == [1, 1, 1]
    tour = drive(day, Locked("shuttle", 0, (((0, 100.0), (1, 100.0)),)))
    assert broken(day, tour) == ("2 stops > 1 stops a trip",)


def test_a_route_that_breaks_it_is_named() -> None:
    """By the judge of collection routes."""
    problem: CollectionProblem = random_day(3, 0, (TWO,), load=(50, 100))
    assert "3 stops > 2 stops a trip" in violations(problem, evaluate_route(problem, TWO, (0, 1, 2), problem.load_kg))


def test_plan_and_referee_keep_it() -> None:
    """A plan calls at one village a trip where one is the most; the referee refuses one without the limit."""
    frames = tables()
    frames["harvest"] = frames["harvest"].assign(tonnes=[300.0, 25.0])
    frames["periods"] = frames["periods"].assign(temp_min_c=28.0, temp_max_c=38.0)
    free = cc.Scenario.from_frames(
        **{**frames, "sites": frames["sites"].assign(status="forced")}, budget_cny=1e6, today_wait_h=40.0
    )
    held = free.with_(**{"vehicle.light_truck.max_stops": 1})
    assert held.vehicle("light_truck").max_stops == 1
    plans = [decided(one) for one in (free, held)]
    assert [int(plan.tables["routes"]["stops"].max()) for plan in plans] == [2, 1]
    assert plans[1].report.problems == ()
    report = verify_tables(held, place_on_roads(held)[0].network.given, plans[0].tables, plans[0].summary)
    assert any("calls at 2 stops on one trip; light_truck may call at 1" in text for text in report.problems)
