"""Location-routing: brute force, set partitioning, the upper level, published optima, bad files."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from test_ruin import plane

from coldchain.benching import DepotSettings, read_depots, recompute_depots, run_depots
from coldchain.errors import BadInputError
from coldchain.routing.location import UNTIMED, LocationSearch, Trial, locate
from coldchain.routing.master import RoutePool, choose
from coldchain.routing.openings import starting_sets
from coldchain.routing.ruin import RuinEffort, Tuning, VehicleTrips, costs_of, ruin_recreate
from coldchain.routing.trunk import Trunk


def partitions(items):
    """Yield all ways of putting items into groups."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for size in range(len(rest) + 1):
        for others in itertools.combinations(rest, size):
            left = [i for i in rest if i not in others]
            for more in partitions(left):
                yield [(first, *others), *more]


def tour_km(instance, depot, group):
    """Length of the shortest round trip from a depot."""
    ways = ([depot, *(instance.m + i for i in way), depot] for way in itertools.permutations(group))
    return min(sum(instance.legs[a, b, 0] for a, b in itertools.pairwise(way)) for way in ways)


def cheapest(instance, upper=None):
    """Least cost of all depots, groups and orders of visit."""
    best, capacity, room = math.inf, instance.types[0, 0], instance.depots[:, 0]
    for groups in partitions(tuple(range(instance.n))):
        heavy = [float(instance.load[list(group)].sum()) for group in groups]
        if max(heavy) > capacity:
            continue
        km = [[tour_km(instance, d, group) for d in range(instance.m)] for group in groups]
        for depots in itertools.product(range(instance.m), repeat=len(groups)):
            loads = np.zeros(instance.m)
            np.add.at(loads, list(depots), heavy)
            if (loads > room).any():
                continue
            cost = sum(instance.depots[d, 1] for d in set(depots)) + (upper(loads) if upper else 0.0)
            best = min(best, cost + sum(km[g][d] for g, d in enumerate(depots)))
    return best


def small(seed, n=5, m=3):
    """Return a few stops and depots, capacities that bind."""
    random = np.random.default_rng(seed)
    load = random.integers(5, 30, n)
    depots = np.column_stack([random.integers(45, 90, m), random.integers(10, 80, m)])
    return plane(random.uniform(0, 100, (n + m, 2)), load, 55.0, depots=np.maximum(depots, [[load.sum() / m + 30, 0]]))


@pytest.mark.parametrize("seed", range(8))
def test_equals_brute_force(seed):
    instance = small(seed)
    found = locate(instance, 40_000, seed=seed)
    assert found.over == 0.0
    assert found.cost == pytest.approx(cheapest(instance))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("payload", [400.0, 40.0])
def test_both_levels_against_brute_force(seed, payload):
    """Equal when the upper level depends on the set alone; the loads it prefers are not searched for."""
    instance = small(seed, n=4)
    places = np.random.default_rng(seed).uniform(0, 100, (4, 2))
    far = np.hypot(*(np.subtract.outer(places[:, k], places[:, k]) for k in range(2)))
    trunk = Trunk(far, payload, 25.0)
    found, least = locate(instance, 30_000, upper=trunk).cost, cheapest(instance, trunk.cost)
    assert least * (1 - 1e-9) <= found <= least * (1.0 + 1e-9 if payload == 400.0 else 1.1)


def test_threads_change_nothing():
    one, two = (locate(small(3), 20_000, seed=1, threads=threads) for threads in (1, 2))
    assert (one.depots, one.routes, one.cost) == (two.depots, two.routes, two.cost)


def test_starting_sets_take_all_and_are_of_every_size():
    instance = small(0)
    sets = starting_sets(instance)
    assert [len(chosen) for chosen in sets] == sorted({len(chosen) for chosen in sets})
    assert len(sets[-1]) == instance.m
    assert all(instance.depots[list(chosen), 0].sum() >= instance.load.sum() for chosen in sets)


def test_an_overfull_depot_is_emptied_by_its_price():
    """Two depots at one place: loads 3, 3, 2, 2 fit into 5 and 5 only as 3 + 2 and 3 + 2."""
    instance = plane(
        np.array([[0, 0], [0, 0], [1, 0], [2, 0], [3, 0], [4, 0]]), [3, 3, 2, 2], 5.0, depots=((5, 0), (5, 0))
    )
    found = ruin_recreate(instance, RuinEffort(2000), tuning=Tuning(toll=1.0))
    loads = [sum(instance.load[list(duty.stops)].sum() for duty in found.routes if duty.depot == d) for d in (0, 1)]
    assert found.over == 0.0
    assert loads == [5.0, 5.0]
    assert sum(costs_of(instance, found.routes)) == pytest.approx(found.cost)


def test_a_depot_that_takes_too_little_loses_no_stop():
    """One depot of 4 for loads of 10: whatever the price of the excess grows to, every stop stays on a route."""
    instance = plane(np.array([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [5, 0]]), [2, 2, 2, 2, 2], 5.0, depots=((4, 0),))
    found = ruin_recreate(instance, RuinEffort(60_000), tuning=Tuning(toll=1.0))
    assert found.absent == ()
    assert found.over == pytest.approx(6.0)


def test_sets_of_depots_that_cannot_take_all_are_never_known():
    """Routes may overfill their depots on the way; the depots they use are no set to search when all cannot fit."""
    instance = plane(np.array([[0, 0], [50, 0], [1, 0], [2, 0]]), [3, 3], 3.0, depots=((4, 0), (4, 0)))
    with ThreadPoolExecutor(1) as pool:
        search = LocationSearch(instance, Tuning(toll=1.0), 0, None, pool)
        search.note((0, 1), Trial(math.nan, (VehicleTrips(0, 0, ((0,), (1,))),), 2.0, (4.0,)))
    assert list(search.known) == [(0, 1)]


def test_a_plan_that_serves_all_goes_before_a_cheaper_one_that_does_not():
    """Left-out stops come first, then overfull depots, then money."""
    ranks = [Trial(cost, (), over, (), absent).rank for cost, over, absent in [(9, 0, 0), (5, 2, 0), (1, 0, 3)]]
    assert ranks == sorted(ranks)


def test_the_clock_ends_the_search_with_a_plan():
    """No time at all leaves the greedy routes of the first sets, which serve everything."""
    instance = small(1)
    found = locate(instance, UNTIMED, seconds=0.0)
    assert sorted(i for duty in found.routes for i in duty.stops) == list(range(instance.n))
    assert found.absent == 0


def test_master_joins_routes_of_two_plans():
    """The cheapest route of each pair of stops counts, and (01) and (23) of two plans make one."""
    instance = plane(np.array([[0, 0], [1, 0], [2, 0], [0, 1], [0, 2]]), [1, 1, 1, 1], 2.0, depots=((4, 0),))
    pool = RoutePool()
    pool.add([VehicleTrips(0, 0, ((0, 1),)), VehicleTrips(0, 0, ((2, 3),))], [4.0, 9.0])
    pool.add([VehicleTrips(0, 0, ((0, 2),)), VehicleTrips(0, 0, ((1, 3),))], [5.0, 6.0])
    pool.add([VehicleTrips(0, 0, ((3, 2),)), VehicleTrips(0, 0, ((1, 0),))], [4.0, 7.0])
    routes, cost = choose(instance, pool, (0,), math.inf)
    assert cost == 8.0
    assert sorted(duty.stops for duty in routes) == [(0, 1), (3, 2)]
    assert choose(instance, pool, (0,), 8.0) is None
    assert choose(plane(np.zeros((5, 2)), [1, 1, 1, 1], 2.0, depots=((3, 0),)), pool, (0,), math.inf) is None


def test_a_depot_is_supplied_by_two_trips_when_it_saves_one():
    """Three loads of 6, trucks of 9: two trips with one load split, not three."""
    far = np.ones((4, 4)) - np.eye(4)
    trips, cost = Trunk(far, 9.0, 10.0).solve([6.0, 6.0, 6.0])
    assert cost == 2 * 10.0 + 6.0
    assert sorted(sum(kg for _, kg in trip) for trip in trips) == [9.0, 9.0]
    assert Trunk(far, 9.0, 10.0).cost([0.0, 6.0, 0.0]) == 12.0
    assert Trunk(far, 9.0, 10.0).cost([0.0, 0.0, 0.0]) == 0.0


def test_a_supply_that_must_not_be_split_takes_a_trip_more():
    """The same three loads of 6: three trips of two legs; a load above the truck cannot be brought at all."""
    far = np.ones((4, 4)) - np.eye(4)
    trips, cost = Trunk(far, 9.0, 10.0, split=False).solve([6.0, 6.0, 6.0])
    assert (sorted(trips), cost) == ([[(0, 6.0)], [(1, 6.0)], [(2, 6.0)]], 3 * 12.0)
    assert Trunk(far, 12.0, 10.0, split=False).cost([6.0, 6.0, 6.0]) == (10.0 + 3.0) + (10.0 + 2.0)
    assert Trunk(far, 9.0, 10.0, split=False).cost([10.0, 1.0, 0.0]) == math.inf
    assert Trunk(far, 9.0, 10.0).cost([10.0, 1.0, 0.0]) < math.inf


@pytest.mark.parametrize("seed", range(6))
def test_the_least_of_the_upper_level_is_no_more_than_its_cost(seed):
    random = np.random.default_rng(seed)
    places = random.uniform(0, 100, (5, 2))
    far = np.hypot(*(np.subtract.outer(places[:, k], places[:, k]) for k in range(2)))
    trunk, loads = Trunk(far, 30.0, 5.0), random.integers(0, 50, 4).astype(float)
    assert 0.0 < trunk.least(loads) <= trunk.cost(loads) + 1e-9


def write(path, head="2 1", demand="1 2", tail="0"):
    """Write a file of two customers and one depot."""
    path.write_text(f"{head}\n0 0\n3 4\n6 8\n5\n10\n{demand}\n7\n2\n{tail}\n", encoding="utf-8")
    return path


def test_a_published_layout_is_read_and_priced(tmp_path):
    file = read_depots("clrp", write(tmp_path / "two.dat"))
    assert recompute_depots(file, [(0, (0, 1))]) == 7 + 2 + 2000
    assert recompute_depots(file, [(0, (0,)), (0, (1,))]) == 7 + 4 + 1000 + 2000
    real = read_depots("clrp", write(tmp_path / "real.dat", tail="1"))
    assert recompute_depots(real, [(0, (0, 1))]) == pytest.approx(7 + 2 + 20)
    with pytest.raises(ValueError, match="exactly once"):
        recompute_depots(file, [(0, (0,))])
    heavy = read_depots("clrp", write(tmp_path / "heavy.dat", demand="3 4"))
    with pytest.raises(ValueError, match="more than its vehicle"):
        recompute_depots(heavy, [(0, (0, 1))])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"demand": "1 x"}, "finite number"),
        ({"head": "3 1"}, "need 18 figures"),
        ({"head": "0 1"}, "numbers of customers"),
        ({"demand": "1 -2"}, "negative"),
        ({"demand": "1 6"}, "more than a vehicle"),
    ],
)
def test_a_wrong_file_is_told(tmp_path, changed, message):
    with pytest.raises(BadInputError, match=message):
        read_depots("clrp", write(tmp_path / "bad.dat", **changed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 101])
def test_no_customer_is_lost(shared, seed):
    """Two depots that take 1,200 of 1,584 stood for the best plan; the published best is 255,853."""
    path = shared / "bench/clrp/extra/100-5-4a.dat"
    row, text = run_depots("clrp", path, DepotSettings(seed=seed))
    assert row.cost == pytest.approx(255_853, rel=0.02)
    assert len([word for line in text.splitlines() for word in line.split()[1:]]) == 100


def test_the_two_rules_of_supply(shared):
    """A supply that may be split never costs more, and the row says which rule it followed."""
    path = shared / "bench/2elrp/prins-2e/coord20-5-1-2e.dat"
    rows = [run_depots("2elrp", path, DepotSettings(20_000, seed=1, split=split))[0] for split in (True, False)]
    assert [row.split for row in rows] == [True, False]
    assert rows[0].cost is not None
    assert rows[1].cost is not None
    assert rows[0].cost <= rows[1].cost


def test_published_optima_are_found(shared):
    row, text = run_depots("clrp", shared / "bench/clrp/prins/coord20-5-1.dat", DepotSettings(100_000, seed=1))
    assert (row.cost, row.gap) == (54793.0, 0.0)
    assert text.count("\n") == 5
    two, _ = run_depots("2elrp", shared / "bench/2elrp/prins-2e/coord20-5-1-2e.dat", DepotSettings(100_000, seed=1))
    assert two.gap is not None
    assert two.gap <= 0.005
