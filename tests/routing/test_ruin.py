"""Ruin and recreate: hand-checked instances, a brute-force referee, properties, limits of effort."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import LARGE, SMALL, brute_force, check, day, days, random_day

from coldchain.routing import collection, solve_collection
from coldchain.routing.bridge import instance_of
from coldchain.routing.instance import Instance
from coldchain.routing.ruin import RuinEffort, ruin_recreate

few = settings(derandomize=True, deadline=None, max_examples=40)
LINE = np.abs(np.subtract.outer([0, 10, 20, 30], [0, 10, 20, 30]))


def plane(xy, load, capacity, *, weight=0.0, per_km=1.0, vehicles=1e18, depots=((1e18, 0.0),), value=math.inf):
    """Return an instance in the plane with one type: 1 CNY per unit of distance unless said otherwise."""
    n = len(load)
    far = np.hypot(*(np.subtract.outer(xy[:, k], xy[:, k]) for k in range(2)))
    types = np.array([[capacity, 1e18, 0.0, per_km, 0.0, 1.0, 1e18, vehicles]])
    return Instance(
        np.stack([far, far], axis=2), np.array(load, float), np.zeros(n), np.full(n, weight), np.zeros(n),
        np.array(depots, float), types, np.full(n, value),
    )  # fmt: skip


def random_plane(n, seed, m=1, **figures):
    """Return n stops and m depots by chance in a square of 100, loads of 1 to 30, capacity 60."""
    random = np.random.default_rng(seed)
    return plane(random.uniform(0, 100, (n + m, 2)), random.integers(1, 30, n), 60.0, **figures)


def cost_of(instance, found):
    """Cost recomputed leg by leg, values of what is left out included; checks that each stop is served once at most."""
    m, total = len(instance.depots), 0.0
    taken = [i for duty in found.routes for i in duty.stops]
    assert sorted([*taken, *found.absent]) == list(range(instance.n))
    for depot, kind, trips in found.routes:
        stops = trips[0]
        nodes = [depot, *(m + i for i in stops), depot]
        hours = [instance.legs[a, b, 1] for a, b in itertools.pairwise(nodes)]
        km = sum(instance.legs[a, b, 0] for a, b in itertools.pairwise(nodes))
        aboard = [sum(hours[k + 1 :]) for k in range(len(stops))]
        assert instance.load[list(stops)].sum() <= instance.types[kind, 0] + 1e-6
        total += instance.types[kind, 2] + instance.types[kind, 3] * km + instance.types[kind, 4] * sum(hours)
        total += sum(instance.weight[i] * h for i, h in zip(stops, aboard, strict=True))
    for depot in {duty.depot for duty in found.routes}:
        load = sum(instance.load[list(duty.stops)].sum() for duty in found.routes if duty.depot == depot)
        assert load <= instance.depots[depot, 0] + 1e-6
        total += instance.depots[depot, 1]
    return total + sum(instance.value[i] for i in found.absent)


@pytest.mark.parametrize("vehicles", [(SMALL,), (SMALL, LARGE)])
@pytest.mark.parametrize("n", [5, 7])
def test_equals_brute_force(n, vehicles):
    """Ten days of five and seven stops: the optimum over all partitions, orders and vehicle types, every time."""
    for seed in range(10 if n == 5 else 3):
        problem = random_day(n, seed, vehicles)
        found = ruin_recreate(instance_of(problem), RuinEffort(iterations=3000), seed=seed)
        assert not found.absent
        assert found.cost == pytest.approx(brute_force(problem, range(n)), abs=1e-6)


@few
@given(days(6), st.integers(0, 5))
def test_asymmetric_days_without_triangle_inequality(problem, seed):
    """Removing a stop may make such a route too long; every answer stays sound and never beats the enumeration."""
    with pytest.MonkeyPatch.context() as patch:
        exact = solve_collection(problem)
        patch.setattr(collection, "ENUMERATED", 0)
        found = solve_collection(problem, solution_limit=500, seed=seed)
    check(problem, found)
    assert found.total_cny >= exact.total_cny - 1e-6
    assert {u.stop for u in found.unserved} == {u.stop for u in exact.unserved}


@few
@given(st.integers(0, 1000), st.integers(1, 25), st.integers(1, 3), st.sampled_from([0.0, 1.0]))
def test_cost_is_the_cost_of_the_routes(seed, n, m, weight):
    """With one to three depots, costly to open and limited, the cost told is the cost recomputed."""
    depots = [(200.0 + 400.0 * (d == 0), 50.0 * d) for d in range(m)]
    instance = random_plane(n, seed, m, weight=weight, depots=depots, value=1e5)
    found = ruin_recreate(instance, RuinEffort(iterations=300), seed=seed)
    assert found.cost == pytest.approx(cost_of(instance, found), rel=1e-9, abs=1e-6)


def test_coordinates_and_matrix_agree():
    """The same points by matrix and by coordinates give the same routes."""
    random = np.random.default_rng(3)
    xy = random.uniform(0, 100, (41, 2))
    by_matrix = plane(xy, [10] * 40, 60.0)
    first = ruin_recreate(by_matrix, RuinEffort(iterations=2000))
    second = ruin_recreate(replace(by_matrix, legs=xy), RuinEffort(iterations=2000))
    assert first.cost == pytest.approx(second.cost, rel=1e-9)
    assert first.routes == second.routes


def test_depot_is_opened_only_when_it_pays():
    """A second depot 10 units from two stops saves 160 units of driving: opened for 100, not for 200."""
    xy = np.array([[0.0, 0], [100, 0], [90, 0], [100, 10]])
    for price, used in ((50.0, {1}), (1000.0, {0})):
        instance = plane(xy, [1, 1], 60.0, depots=[(1e18, 0.0), (1e18, price)])
        found = ruin_recreate(instance, RuinEffort(iterations=300))
        assert {duty.depot for duty in found.routes} == used


def test_full_depot_sends_the_rest_elsewhere():
    """A depot that takes one load of two leaves the other to the far depot."""
    xy = np.array([[0.0, 0], [100, 0], [1, 0], [2, 0]])
    found = ruin_recreate(plane(xy, [5, 5], 60.0, depots=[(5.0, 0.0), (1e18, 0.0)]), RuinEffort(iterations=300))
    assert sorted(duty.depot for duty in found.routes) == [0, 1]
    assert not found.absent


def test_stop_not_worth_the_way_is_left():
    """A stop 10 units away costs 20 to fetch: worth it at 21, not at 19."""
    xy = np.array([[0.0, 0], [10, 0]])
    for value, absent in ((19.0, (0,)), (21.0, ())):
        assert ruin_recreate(plane(xy, [1], 5.0, value=value), RuinEffort(iterations=50)).absent == absent


def test_fleet_limit_holds():
    """With three vehicles of 60 for 200 of load, something stays behind and no fourth vehicle goes."""
    instance = plane(np.random.default_rng(1).uniform(0, 9, (21, 2)), [10] * 20, 60.0, vehicles=3)
    found = ruin_recreate(instance, RuinEffort(iterations=2000))
    assert len(found.routes) == 3
    assert len(found.absent) == 2


def test_never_worse_than_the_start():
    """From given routes, whatever the effort; from very good ones too."""
    instance = random_plane(30, 5)
    good = ruin_recreate(instance, RuinEffort(iterations=20_000))
    for iterations in (0, 1, 50):
        again = ruin_recreate(instance, RuinEffort(iterations=iterations), start=good.routes)
        assert again.cost <= good.cost + 1e-9


def test_same_seed_same_routes_other_seed_other_search():
    """Equal seeds give equal routes, and the report of the incumbent falls."""
    instance = random_plane(40, 6)
    seen = []
    effort = RuinEffort(iterations=3000, report=lambda _seconds, _iterations, cost: seen.append(cost))
    first = ruin_recreate(instance, effort, seed=4)
    assert first.routes == ruin_recreate(instance, RuinEffort(iterations=3000), seed=4).routes
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == pytest.approx(first.cost)


def test_efforts_end():
    """By clock, by asking, and by patience."""
    instance = random_plane(30, 7)
    assert ruin_recreate(instance, RuinEffort(seconds=0.05)).cut
    stopped = ruin_recreate(instance, RuinEffort(stop=lambda: True))
    assert (stopped.iterations, stopped.cut) == (0, True)
    assert not ruin_recreate(instance, RuinEffort(patience=500)).cut


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_stops(n):
    """Nothing, one and two stops."""
    instance = plane(np.zeros((n + 1, 2)), [1] * n, 5.0)
    found = ruin_recreate(instance, RuinEffort(iterations=20))
    assert found.cost == 0
    assert sum(len(duty.stops) for duty in found.routes) == n


def test_engine_is_behind_the_common_face():
    """The default engine is never worse than savings on a day with two vehicle types."""
    problem = random_day(25, 3, (SMALL, LARGE))
    result = solve_collection(problem, solution_limit=2000)
    check(problem, result)
    assert result.total_cny <= solve_collection(problem, solution_limit=0).total_cny
    assert solve_collection(day(LINE, [1, 1, 1])).status == "optimal"
