"""Routing engines: published instances, generated ones against PyVRP, county days against OR-Tools, speed by size."""

from __future__ import annotations

import argparse
import time
import tracemalloc
from pathlib import Path

import numpy as np

from coldchain.benching import Published, Settings, read_instance, run_file
from coldchain.model import VehicleType
from coldchain.routing import CollectionProblem, solve_collection
from coldchain.routing.instance import Instance
from coldchain.routing.ruin import Effort, ruin_recreate

ANY = 1e18
SIZES = (50, 100, 200, 500, 1000, 2000, 5000)


def plane(n: int, seed: int, capacity: float = 100.0) -> Published:
    """Return n customers in a square of 1,000 with demands of 1 to 20, the depot in the midst."""
    random = np.random.default_rng(seed)
    xy = random.integers(0, 1000, (n + 1, 2)).astype(np.float64)
    xy[0] = 500.0
    return Published(f"plane-{n}-{seed}", xy, None, random.integers(1, 21, n).astype(np.float64), capacity)


def arrays(instance: Published, weight: float = 0.0) -> Instance:
    """Return plain distance, or spoilage by ``weight`` for each unit of distance aboard; coordinates past 3,000."""
    n = instance.n
    assert instance.xy is not None
    far = instance.distances() if n <= 3000 else np.empty((0, 0))
    return Instance(
        legs=np.stack([far, far], axis=2) if n <= 3000 else instance.xy,
        load=instance.demand,
        volume=np.zeros(n),
        weight=np.full(n, weight),
        halt_h=np.zeros(n),
        depots=np.array([[ANY, 0.0]]),
        types=np.array([[instance.capacity, ANY, 0.0, 1.0, 0.0, 1.0, ANY, ANY]]),
        value=np.full(n, np.inf),
    )


def published(folder: Path, seeds: int, seconds: float, engine: str) -> None:
    """Print gaps to the best known on ccvrp/cmt."""
    print(f"\nccvrp/cmt, {engine}, {seconds:g} s, seeds 1..{seeds}: gap in % mean / worst / best")
    every = []
    for path in sorted((folder / "ccvrp" / "cmt").glob("vrpnc*.txt")):
        gaps = []
        for seed in range(1, seeds + 1):
            chosen: dict[str, object] = {"engine": engine, "seed": seed, "time_limit_s": seconds}
            row, _ = run_file("ccvrp", path, Settings(**chosen))  # type: ignore[arg-type]
            gaps.append(np.inf if row.gap is None else 100 * row.gap)
        every += gaps
        print(f"{path.name}  {np.mean(gaps):6.3f} {max(gaps):6.3f} {min(gaps):6.3f}", flush=True)
    print(f"all          {np.mean(every):6.3f} {max(every):6.3f}")


def against_pyvrp(instances: list[Published], seconds: float, seeds: int) -> None:
    """Print our distance over PyVRP's at equal time; PyVRP counts in thousandths."""
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    print(f"\ncvrp, {seconds:g} s, {seeds} seeds: customers, ours, PyVRP, ours over PyVRP in %")
    for instance in instances:
        assert instance.xy is not None
        model = Model()
        depot = model.add_depot(model.add_location(*(1000 * instance.xy[0])))
        model.add_vehicle_type(instance.n, capacity=int(instance.capacity), start_depot=depot, end_depot=depot)
        for (x, y), kg in zip(1000 * instance.xy[1:], instance.demand, strict=True):
            model.add_client(model.add_location(x, y), delivery=int(kg))
        far = instance.distances()
        for i, a in enumerate(model.locations):
            for j, b in enumerate(model.locations):
                model.add_edge(a, b, distance=round(1000 * far[i, j]))
        theirs = [model.solve(MaxRuntime(seconds), seed=s, display=False).cost() / 1000 for s in range(seeds)]
        ours = [ruin_recreate(arrays(instance), Effort(seconds=seconds), seed=s).cost for s in range(seeds)]
        mean = np.mean(ours), np.mean(theirs)
        print(f"{instance.name:14} {instance.n:5} {mean[0]:10.2f} {mean[1]:10.2f} {100 * (mean[0] / mean[1] - 1):7.3f}")


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


def speed(seconds: float) -> None:
    """Print iterations per second and the memory of the arrays by number of stops."""
    print("\nspeed: stops, iterations/s plain, iterations/s spoilage, MB at peak")
    for n in SIZES:
        rates = []
        for weight in (0.0, 0.5):
            found = ruin_recreate(arrays(plane(n, 1), weight), Effort(seconds=seconds))
            rates.append(found.iterations / found.seconds)
        tracemalloc.start()
        ruin_recreate(arrays(plane(n, 1)), Effort(iterations=1))
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"{n:5} {rates[0]:9.0f} {rates[1]:9.0f} {peak:7.1f}", flush=True)


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="+", choices=["ccvrp", "ortools", "cvrp", "plane", "county", "speed"])
    parser.add_argument("--shared", type=Path, default=Path("../shared/bench"), help="folder of published instances")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    ruin_recreate(arrays(plane(10, 0)), Effort(iterations=10))  # compile
    if "ccvrp" in given.tables:
        published(given.shared, given.seeds, given.seconds, "ruin-recreate")
    if "ortools" in given.tables:
        published(given.shared, 1, given.seconds, "ortools")
    if "cvrp" in given.tables:
        files = sorted((given.shared / "ccvrp" / "cmt").glob("vrpnc*.txt"))
        against_pyvrp([read_instance(path) for path in files], given.seconds, given.seeds)
    if "plane" in given.tables:
        against_pyvrp([plane(200, seed) for seed in range(3)], given.seconds, given.seeds)
    if "county" in given.tables:
        counties(15)
    if "speed" in given.tables:
        speed(min(given.seconds, 3.0))


if __name__ == "__main__":
    main()
