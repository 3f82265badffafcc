"""Routing engines: published instances, generated ones against PyVRP, county days against OR-Tools, speed by size."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from routing_cases import Case, Kind, fleet, ours, plane, theirs, trips, windows

from coldchain.benching import BenchSettings, PublishedDay, read_instance, run_file
from coldchain.model import VehicleType
from coldchain.routing import CollectionProblem, solve_collection
from coldchain.routing.instance import Instance
from coldchain.routing.ruin import RuinEffort, VehicleTrips, ready, ruin_recreate

SIZES = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)


def published(folder: Path, seeds: range, seconds: float, engine: str) -> None:
    """Print gaps to the best known on ccvrp/cmt."""
    print(f"\nccvrp/cmt, {engine}, {seconds:g} s, seeds {seeds[0]}..{seeds[-1]}: gap in % mean / worst / best")
    every = []
    for path in sorted((folder / "ccvrp" / "cmt").glob("vrpnc*.txt")):
        gaps = []
        for seed in seeds:
            chosen: dict[str, object] = {"engine": engine, "seed": seed, "time_limit_s": seconds}
            row, _ = run_file("ccvrp", path, BenchSettings(**chosen))  # type: ignore[arg-type]
            gaps.append(np.inf if row.gap is None else 100 * row.gap)
        every += gaps
        print(f"{path.name}  {np.mean(gaps):6.3f} {max(gaps):6.3f} {min(gaps):6.3f}", flush=True)
    print(f"all          {np.mean(every):6.3f} {max(every):6.3f}")


def plain(instance: PublishedDay) -> Case:
    """State a published instance in whole thousandths."""
    assert instance.xy is not None
    whole = np.rint(1000 * instance.xy).astype(np.int64)
    return Case(instance.name, whole, instance.demand.astype(np.int64), (Kind(int(instance.capacity), instance.n),))


def their_cost(data: Any, routes: tuple[VehicleTrips, ...]) -> float:
    """Cost of our routes by PyVRP's own account, inf when it holds them infeasible."""
    import pyvrp

    visited = []
    for duty in routes:
        visits: list[Any] = []
        for trip in duty.trips:
            visits += [pyvrp.Activity(pyvrp.ActivityType.DEPOT, 0)] * bool(visits)
            visits += [pyvrp.Activity(pyvrp.ActivityType.CLIENT, i) for i in trip]
        visited.append(pyvrp.Route(data, visits, duty.kind))
    return float(pyvrp.CostEvaluator([0], 0, 0).cost(pyvrp.Solution(data, visited)))


def against_pyvrp(name: str, cases: list[Case], seconds: float, seeds: range) -> None:
    """Print our cost over PyVRP's at equal time, the engines taking turns; both costs by PyVRP's account."""
    import pyvrp

    print(f"\n{name}, {seconds:g} s, {len(seeds)} seeds: customers, ours, PyVRP, ours over PyVRP in %")
    gaps = []
    for case in cases:
        instance, data, costs = ours(case), theirs(case), []
        for seed in seeds:
            routes = ruin_recreate(instance, RuinEffort(seconds=seconds), seed=seed).routes
            found = pyvrp.solve(data, pyvrp.stop.MaxRuntime(seconds), seed=seed, display=False)
            costs.append((their_cost(data, routes), found.cost()))
        mean = np.mean(costs, axis=0)
        gaps.append(100 * (mean[0] / mean[1] - 1))
        print(f"{case.name:16} {case.n:5} {mean[0]:12.0f} {mean[1]:12.0f} {gaps[-1]:7.3f}", flush=True)
    print(f"{'all':16} {'':31} {np.mean(gaps):7.3f}")


def county(n: int, seed: int) -> CollectionProblem:
    """Return a county day: villages within 40 km, two trucks, lots that lose up to 20 CNY an hour."""
    random = np.random.default_rng(seed)
    xy = np.vstack([np.zeros((1, 2)), random.uniform(-40, 40, (n, 2))])
    km = 1.3 * np.hypot(*(np.subtract.outer(xy[:, k], xy[:, k]) for k in range(2)))
    kg = random.uniform(30, 400, n)
    small = VehicleType(
        id="small", payload_kg=1000, volume_m3=10, cargo="ambient", cost_cny_day=60, cost_cny_km=1.3, cost_cny_h=30
    )
    large = small.model_copy(update={"id": "large", "payload_kg": 2500, "volume_m3": 20, "cost_cny_day": 110})
    return CollectionProblem(
        km / 30, km, kg, kg / 250, random.uniform(0, 20, n), (small, large), 0.1, 0.15, 0.25, max_aboard_h=4.0
    )


def counties(count: int) -> None:
    """Print cost and time of both engines with their own default effort."""
    print(f"\ncounty days, {count} of each size, default effort: stops, s ruin, s OR-Tools, cost over its in %, worse")
    solve_collection(county(8, 0))
    for n in (7, 10, 15, 20, 30, 45, 60):
        problems = [county(n, seed) for seed in range(count)]
        spent, costs = [], []
        for engine in ("ruin-recreate", "ortools"):
            began = time.process_time()
            costs.append(np.array([solve_collection(p, engine=engine).total_cny for p in problems]))
            spent.append((time.process_time() - began) / count)
        gap = 100 * (costs[0] / costs[1] - 1)
        print(f"{n:4} {spent[0]:8.3f} {spent[1]:8.3f} {gap.mean():8.3f} {int((gap > 1e-6).sum()):4}", flush=True)


def rate(instance: Instance, seconds: float) -> float:
    """Return iterations per second."""
    found = ruin_recreate(instance, RuinEffort(seconds=seconds))
    return found.iterations / found.seconds


def speed(seconds: float) -> None:
    """Print iterations per second and the memory of the arrays by number of stops."""
    print("\nspeed: stops, iterations/s plain, spoilage, windows, spoilage and windows; MB at peak")
    for n in SIZES:
        square, timed = ours(plane(n, 1)), ours(windows(n, 1, clustered=False, wide=True)) if n <= 3000 else None
        kinds = [square, replace(square, weight=np.full(n, 0.5))]
        if timed is not None:
            kinds += [timed, replace(timed, weight=np.full(n, 0.5))]
        rates = " ".join(f"{rate(kind, seconds):9.0f}" for kind in kinds)
        tracemalloc.start()
        ruin_recreate(square, RuinEffort(iterations=1))
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"{n:5} {rates:39} {peak:7.1f}", flush=True)


def starts() -> None:
    """Print the seconds until a new process has compiled the loops, and until the next one has loaded them."""
    line = (
        "import time; t = time.time(); from coldchain.routing.ruin import ready; ready(); print(f'{time.time()-t:.1f}')"
    )
    print("\nstart: first with an empty cache, then again, s")
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            subprocess.run([sys.executable, "-c", line], check=True, env={**os.environ, "NUMBA_CACHE_DIR": cache})


def generated(table: str) -> list[Case]:
    """Return the cases of a table against PyVRP."""
    if table == "windows":
        kinds = [(c, w, p) for p in (False, True) for c in (False, True) for w in (False, True)]
        sizes = (100, 200)
        return [windows(n, n + k, clustered=c, wide=w, priced=p) for n in sizes for k, (c, w, p) in enumerate(kinds)]
    if table == "fleet":
        return [fleet(100, seed) for seed in range(4)]
    if table == "trips":
        return [trips(n, seed) for n in (50, 100) for seed in range(3)]
    return [plane(int(table.removeprefix("plane")), seed) for seed in range(3)]


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    rivals = ["windows", "fleet", "trips", "plane200", "plane500", "plane1000"]
    tables = ["ccvrp", "ortools", "cvrp", *rivals, "county", "speed", "start"]
    parser.add_argument("tables", nargs="+", choices=tables)
    parser.add_argument("--shared", type=Path, default=Path("../shared/bench"), help="folder of published instances")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="first seed")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    if "start" in given.tables:
        starts()
    ready()
    for engine in [e for table, e in (("ccvrp", "ruin-recreate"), ("ortools", "ortools")) if table in given.tables]:
        published(given.shared, seeds if engine == "ruin-recreate" else seeds[:1], given.seconds, engine)
    if "cvrp" in given.tables:
        files = sorted((given.shared / "ccvrp" / "cmt").glob("vrpnc*.txt"))
        against_pyvrp("cvrp", [plain(read_instance(path)) for path in files], given.seconds, seeds)
    for table in [table for table in rivals if table in given.tables]:
        against_pyvrp(table, generated(table), given.seconds, seeds)
    if "county" in given.tables:
        counties(15)
    if "speed" in given.tables:
        speed(min(given.seconds, 3.0))


if __name__ == "__main__":
    main()
