"""Vehicles that go again: routes of a day put together into duties, against brute force."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from routing_cases import day, partitions, plain_duty, random_day, vehicle

from coldchain.routing import solve_collection
from coldchain.routing.duties import DutyTrip, fits, put_together, waiting_cny, waits_h

TWICE = vehicle("twice", trips_day=2)
THRICE = vehicle("thrice", payload_kg=700.0, trips_day=3, cost_cny_day=90.0, cost_cny_km=0.8, max_drive_h=7.0)


def brute_force_duties(problem):
    """Least cost over all ways to part stops into trips, to order these, and to give them to vehicles."""
    stops = tuple(range(problem.n))
    best = {}
    for size in range(1, problem.n + 1):
        for group in itertools.combinations(stops, size):
            least = math.inf
            for trips in partitions(group):
                for ways in itertools.product(*(itertools.permutations(trip) for trip in trips)):
                    for order in itertools.permutations(ways):
                        costs = (plain_duty(problem, truck, order) for truck in problem.vehicles)
                        least = min([least, *(cost for cost in costs if cost is not None)])
            best[group] = least
    return min(sum(best[tuple(sorted(group))] for group in parts) for parts in partitions(stops))


@pytest.mark.parametrize("kinds", [(TWICE,), (THRICE,), (TWICE, THRICE)], ids=["twice", "thrice", "both"])
@pytest.mark.parametrize("seed", range(4))
def test_the_day_of_few_stops_is_the_best_of_all(kinds, seed):
    problem = random_day(5 if seed else 4, seed, vehicles=kinds, load=(200, 690), weight=12.0, radius=25.0)
    if seed == 3:
        problem = replace(problem, max_wait_h=np.array([1.0, 9.0, 2.5, 0.0, 9.0]))
    found = solve_collection(problem)
    assert found.total_cny == pytest.approx(brute_force_duties(problem), rel=1e-9)
    orders = [[found.routes[n].stops for n in duty] for duty in found.duties]
    kind = {truck.id: truck for truck in kinds}
    costs = [
        plain_duty(problem, kind[found.routes[d[0]].vehicle_id], o) for d, o in zip(found.duties, orders, strict=True)
    ]
    assert sum(costs) == pytest.approx(found.total_cny, rel=1e-9)


def test_going_again_saves_days_and_never_costs_more():
    for seed in range(3):
        once = random_day(14, seed, weight=2.0, radius=15.0)
        often = replace(once, vehicles=(once.vehicles[0].model_copy(update={"trips_day": 4}),))
        apart, again = solve_collection(once), solve_collection(often)
        assert again.total_cny < apart.total_cny - 60.0
        assert len(again.duties) < len(apart.duties) == len(apart.routes)
        assert sorted(n for duty in again.duties for n in duty) == list(range(len(again.routes)))


def test_one_trip_a_day_changes_nothing():
    found = solve_collection(random_day(9, 1))
    assert found.duties == tuple((n,) for n in range(len(found.routes)))
    assert found.wait_h == (0.0,) * len(found.routes)


def test_a_load_that_may_not_wait_gets_a_vehicle_of_its_own():
    line = [[0, 15, 15], [15, 0, 30], [15, 30, 0]]
    problem = day(line, [900, 900], vehicles=(TWICE,))
    assert solve_collection(problem).duties == ((0, 1),)
    assert len(solve_collection(replace(problem, max_wait_h=np.zeros(2))).duties) == 2


@pytest.mark.parametrize("count", [4, 9])
def test_duties_hold_every_trip_once_and_fit_a_shift(count):
    random = np.random.default_rng(count)
    trips = [
        DutyTrip(hours, hours * 0.7, hours * 0.3, wait, most)
        for hours, wait, most in zip(random.uniform(0.5, 6, count), random.uniform(0, 30, count),
                                     random.choice([1.0, 4.0, math.inf], count), strict=True)
    ]  # fmt: skip
    truck = vehicle(trips_day=3, max_drive_h=6.0)
    duties = put_together(truck, trips)
    assert sorted(n for duty in duties for n in duty) == list(range(count))
    assert all(fits(truck, [trips[n] for n in duty]) for duty in duties if len(duty) > 1)
    cost = sum(truck.cost_cny_day + waiting_cny([trips[n] for n in duty]) for duty in duties)
    assert cost <= count * truck.cost_cny_day


def test_a_later_load_waits_until_the_vehicle_is_back_and_there():
    trips = [DutyTrip(3.0, 2.0, 1.0), DutyTrip(2.0, 1.5, 0.5), DutyTrip(2.0, 1.5, 1.5)]
    assert waits_h(trips) == (0.0, 2.5, 5.5)
