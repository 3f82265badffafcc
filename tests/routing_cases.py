"""Vehicles, days and an independent referee for the tests of routing."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import strategies as st

from coldchain.model import VehicleType
from coldchain.routing import CollectionProblem


def vehicle(name="truck", **figures):
    base = {
        "payload_kg": 1000.0, "volume_m3": 10.0, "cargo": "ambient", "cost_cny_day": 60.0, "cost_cny_km": 1.3,
        "cost_cny_h": 30.0, "shift_h": 10.0,
    }  # fmt: skip
    return VehicleType(id=name, **(base | figures))


SMALL = vehicle("small")
LARGE = vehicle("large", payload_kg=2500.0, volume_m3=20.0, cost_cny_day=110.0, cost_cny_km=1.9, speed_factor=0.9)


def day(km, load_kg, weight=None, vehicles=(SMALL,), kmh=30.0, **figures):
    """Return a problem from a km matrix at one speed, 250 kg per m³."""
    km, load_kg = np.array(km, float), np.array(load_kg, float)
    weight = np.zeros(len(load_kg)) if weight is None else weight
    return CollectionProblem(km / kmh, km, load_kg, load_kg / 250, weight, vehicles, **figures)


def random_day(n, seed, vehicles=(SMALL,), load=(50, 500), weight=20.0, radius=40.0, **figures):
    random = np.random.default_rng(seed)
    xy = random.uniform(-radius, radius, (n + 1, 2))
    xy[0] = 0
    km = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) * 1.3 * random.uniform(0.9, 1.1, (n + 1, n + 1))
    np.fill_diagonal(km, 0)
    rules = {"stop_h": 0.1, "load_h_t": 0.15, "unload_h": 0.25, "max_aboard_h": 3.0} | figures
    return day(km, random.uniform(*load, n), random.uniform(0, weight, n), vehicles, **rules)


@st.composite
def days(draw, most=5):
    """Draw asymmetric days without triangle inequality, one or two types, with or without limits that bind."""
    n = draw(st.integers(1, most))
    km = draw(st.lists(st.integers(1, 60), min_size=(n + 1) ** 2, max_size=(n + 1) ** 2))
    km = np.array(km, float).reshape(n + 1, n + 1)
    np.fill_diagonal(km, 0)
    kg = draw(st.lists(st.integers(20, 1000), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(0, 60), min_size=n, max_size=n))
    return CollectionProblem(
        km / draw(st.sampled_from([20.0, 40.0])), km, kg, np.array(kg) / draw(st.sampled_from([80.0, 300.0])), weight,
        draw(st.sampled_from([(SMALL,), (LARGE,), (SMALL, LARGE)])),
        stop_h=draw(st.sampled_from([0.0, 0.2])),
        load_h_t=draw(st.sampled_from([0.0, 0.3])),
        unload_h=draw(st.sampled_from([0.0, 0.5])),
        max_aboard_h=draw(st.sampled_from([2.0, 4.0, math.inf])),
    )  # fmt: skip


def plain_cost(problem, truck, stops, loads):
    """(money, spoilage) of a route driven step by step with a clock; None when it breaks a limit."""
    clock = place = km = kg = m3 = 0.0
    place, loaded_at = 0, []
    for stop, load in zip(stops, loads, strict=True):
        clock += problem.time_h[place, stop + 1] / truck.speed_factor
        km += problem.km[place, stop + 1]
        clock += problem.stop_h + problem.load_h_t * load / 1000
        loaded_at.append(clock)
        place = stop + 1
        kg += load
        m3 += problem.volume_m3[stop] * load / problem.load_kg[stop]
    clock += problem.time_h[place, 0] / truck.speed_factor
    km += problem.km[place, 0]
    aboard = [clock - t for t in loaded_at]
    hours = clock + problem.unload_h
    rides = zip(stops, loads, aboard, strict=True)
    spoilage = sum(problem.weight_cny_h[i] * load / problem.load_kg[i] * h for i, load, h in rides)
    if kg > truck.payload_kg + 1e-3 or m3 > truck.volume_m3 + 1e-5 or not hours <= truck.shift_h + 1e-5:
        return None
    if not max(aboard) <= problem.max_aboard_h + 1e-5 or len(stops) > (truck.max_stops or math.inf):
        return None
    return truck.cost_cny_day + truck.cost_cny_km * km + truck.cost_cny_h * hours, spoilage


def plain_duty(problem, truck, orders):
    """Money and spoilage of trips driven one after the other with a clock; None when a limit is broken."""
    clock = driven = total = 0.0
    first_load = None
    for stops in orders:
        money = plain_cost(problem, truck, stops, [problem.load_kg[i] for i in stops])
        if money is None:
            return None
        legs = list(itertools.pairwise([-1, *stops, -1]))
        drive = sum(problem.time_h[a + 1, b + 1] for a, b in legs) / truck.speed_factor
        halts = [problem.stop_h + problem.load_h_t * problem.load_kg[i] / 1000 for i in stops]
        loaded = clock + problem.time_h[0, stops[0] + 1] / truck.speed_factor + halts[0]
        first_load = loaded if first_load is None else first_load
        wait = loaded - first_load
        if any(wait > problem.max_wait_h[i] + 1e-6 for i in stops):
            return None
        total += sum(money) - truck.cost_cny_day + wait * sum(problem.weight_cny_h[i] for i in stops)
        clock += drive + sum(halts) + problem.unload_h
        driven += drive
    if clock > truck.shift_h + 1e-6 or driven > (truck.max_drive_h or math.inf) + 1e-6 or len(orders) > truck.trips_day:
        return None
    return total + truck.cost_cny_day


def partitions(items):
    if not items:
        yield []
        return
    for k in range(len(items)):
        for others in itertools.combinations(items[1:], k):
            group = (items[0], *others)
            for rest in partitions([i for i in items if i not in group]):
                yield [group, *rest]


def brute_force(problem, stops):
    """Least cost of serving these stops, over all partitions, orders and vehicle types."""
    group_cost = {}
    for size in range(1, len(stops) + 1):
        for group in itertools.combinations(stops, size):
            tried = (
                plain_cost(problem, truck, order, [problem.load_kg[i] for i in order])
                for order in itertools.permutations(group)
                for truck in problem.vehicles
            )
            group_cost[group] = min((sum(c) for c in tried if c is not None), default=math.inf)
    return min((sum(group_cost[g] for g in p) for p in partitions(tuple(stops))), default=math.inf)


def check(problem, result):
    """Every load carried once or unserved, every limit kept, every figure equal to the step-by-step recomputation."""
    carried = np.zeros(problem.n)
    trucks = {v.id: v for v in problem.vehicles}
    for route in result.routes:
        plain = plain_cost(problem, trucks[route.vehicle_id], route.stops, route.load_kg)
        assert plain is not None
        np.testing.assert_allclose((route.cost_cny, route.spoilage_cny), plain, rtol=1e-9, atol=1e-9)
        assert len(set(route.stops)) == len(route.stops)
        for stop, kg in zip(route.stops, route.load_kg, strict=True):
            carried[stop] += kg
    for left in result.unserved:
        carried[left.stop] += left.load_kg
    np.testing.assert_allclose(carried, problem.load_kg, rtol=0, atol=1e-6)
    assert result.cost_cny == sum(r.cost_cny for r in result.routes)
    assert result.spoilage_cny == sum(r.spoilage_cny for r in result.routes)
