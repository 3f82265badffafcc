"""Spoilage-aware routes against others' routes re-priced: ``python benchmarks/day.py [--seconds 10] [--seeds 3]``.

A county's day by chance: one depot, villages within 40 km, trucks of 1.5 t at 60 CNY a day, 1.3 CNY/km, 30 CNY/h. PyVRP
minimises the vehicle money, which it can express; OR-Tools minimises the same, and, as our engine ``ortools``, vehicle
money and spoilage. All routes are then priced by `evaluate_route`, each in the better of its two directions.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from coldchain.model import VehicleType
from coldchain.routing import CollectionProblem, evaluate_route, solve_collection, violations
from coldchain.routing.bridge import instance_of
from coldchain.routing.ruin import RuinEffort, ruin_recreate

TRUCK = VehicleType(
    id="truck", payload_kg=1500.0, volume_m3=15.0, cargo="ambient", cost_cny_day=60.0, cost_cny_km=1.3, cost_cny_h=30.0,
)  # fmt: skip
SCALE = 1000  # PyVRP counts in whole units
MANY = 10**9


def county(n: int, seed: int, weight: float) -> CollectionProblem:
    """Return a day of n villages; ``weight`` is the mean spoilage in CNY per hour aboard."""
    random = np.random.default_rng(seed)
    angle, radius = random.uniform(0, 2 * np.pi, n), 40.0 * np.sqrt(random.uniform(0.01, 1, n))
    xy = np.vstack([[0.0, 0.0], np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])])
    km = 1.4 * np.hypot(*(np.subtract.outer(xy[:, k], xy[:, k]) for k in range(2)))
    load = random.uniform(50, 400, n)
    rules: dict[str, Any] = {"stop_h": 0.1, "load_h_t": 0.15, "unload_h": 0.25, "max_aboard_h": 6.0}
    return CollectionProblem(km / 30, km, load, load / 250, random.uniform(0, 2 * weight, n), (TRUCK,), **rules)


def priced(day: CollectionProblem, routes: Sequence[Sequence[int]]) -> float:
    """CNY of routes, each in its better direction, vehicle money and spoilage together."""
    total = 0.0
    for stops in routes:
        ways = [evaluate_route(day, TRUCK, tuple(way), day.load_kg[list(way)]) for way in (stops, stops[::-1])]
        total += min(route.total_cny for route in ways if not violations(day, route))
    return total


def pyvrp_routes(day: CollectionProblem, seconds: float, seed: int) -> list[list[int]]:
    """Return PyVRP's routes of least vehicle money."""
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    model = Model()
    places = [model.add_location(0, 0) for _ in range(day.n + 1)]
    depot = model.add_depot(places[0])
    model.add_vehicle_type(
        day.n, capacity=int(TRUCK.payload_kg * SCALE), start_depot=depot, end_depot=depot,
        fixed_cost=int((TRUCK.cost_cny_day + TRUCK.cost_cny_h * day.unload_h) * SCALE),
        shift_duration=int((TRUCK.shift_h - day.unload_h) * SCALE), unit_duration_cost=int(TRUCK.cost_cny_h),
        unit_distance_cost=1,
    )  # fmt: skip
    for i in range(day.n):
        model.add_client(
            places[i + 1], delivery=int(np.ceil(day.load_kg[i] * SCALE)),
            service_duration=int(day.halt_h(float(day.load_kg[i])) * SCALE),
        )  # fmt: skip
    for i, a in enumerate(places):
        for j, b in enumerate(places):
            way = round(day.km[i, j] * TRUCK.cost_cny_km * SCALE), int(np.ceil(day.time_h[i, j] * SCALE))
            model.add_edge(a, b, distance=way[0], duration=way[1])
    best = model.solve(MaxRuntime(seconds), seed=seed, display=False).best
    return [[visit.idx for visit in route if visit.is_client()] for route in best.routes()]


def library_routes(day: CollectionProblem, seconds: float, seed: int) -> list[tuple[int, ...]]:
    """Return OR-Tools' routes of least vehicle money."""
    result = solve_collection(day, engine="ortools", solution_limit=MANY, seed=seed, time_limit_s=seconds)
    return [route.stops for route in result.routes]


def compare(n: int, weight: float, seconds: float, seeds: int) -> None:
    """Print one row: our cost, and by how much the others' are above it."""
    rows = []
    for seed in range(seeds):
        day = county(n, seed, weight)
        blind = replace(day, weight_cny_h=np.zeros(n))
        ours = ruin_recreate(instance_of(day), RuinEffort(seconds=seconds), seed=seed).cost
        theirs = priced(day, pyvrp_routes(day, seconds, seed))
        without = priced(day, library_routes(blind, seconds, seed))
        aware = priced(day, library_routes(day, seconds, seed))
        rows.append([ours, theirs, without, aware])
    mean = np.mean(rows, axis=0)
    above = 100 * (mean[1:] / mean[0] - 1)
    print(f"{n:5}{weight:8.0f}{mean[0]:12.1f}" + "".join(f"{x:12.2f}" for x in above), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    print(f"{given.seconds:g} s each, seeds 0..{given.seeds - 1}; above ours in %")
    print(f"{'n':>5}{'CNY/h':>8}{'ours CNY':>12}{'PyVRP':>12}{'OR-T money':>12}{'OR-T spoil':>12}")
    for n in (50, 100, 200):
        for weight in (5.0, 20.0):
            compare(n, weight, given.seconds, given.seeds)


if __name__ == "__main__":
    main()
