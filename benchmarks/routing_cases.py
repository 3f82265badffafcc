"""Generated routing problems in whole numbers, stated for our engine and for PyVRP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coldchain.routing.instance import Instance

Ints = NDArray[np.int64]
ANY = 1e18
SIDE = 10_000  # units of length and of time along an edge of the square
DAY = 6 * SIDE


@dataclass(frozen=True)
class Kind:
    """A vehicle type; lengths, times and money in whole units."""

    capacity: int
    count: int
    fixed: int = 0
    per_km: int = 1
    per_h: int = 0
    shift: int | None = None
    trips: int = 1


@dataclass(frozen=True)
class Case:
    """Nodes 0..n, 0 the depot; demand, service and windows of the n customers, None where windows do not bind."""

    name: str
    xy: Ints
    demand: Ints
    kinds: tuple[Kind, ...]
    service: int = 0
    reload: int = 0
    window: Ints | None = None

    @property
    def n(self) -> int:
        """Number of customers."""
        return len(self.demand)

    @property
    def far(self) -> Ints:
        """(n+1, n+1) whole distances, and times."""
        x, y = (np.subtract.outer(self.xy[:, k], self.xy[:, k]) for k in range(2))
        return np.rint(np.hypot(x, y)).astype(np.int64)


def spread(n: int, random: np.random.Generator, *, clustered: bool) -> Ints:
    """Return the depot in the midst and n places in the square, by chance or around n/12 of them."""
    xy = random.integers(0, SIDE, (n + 1, 2))
    if clustered:
        centres = random.integers(SIDE // 10, SIDE * 9 // 10, (n // 12, 2))
        xy = centres[random.integers(0, len(centres), n + 1)] + random.normal(0, SIDE / 30, (n + 1, 2)).astype(np.int64)
    xy[0] = SIDE // 2
    return np.asarray(xy)


def plane(n: int, seed: int) -> Case:
    """Plain vehicle routing: demands of 1 to 20, capacity 100."""
    random = np.random.default_rng(seed)
    xy = spread(n, random, clustered=False)
    return Case(f"plane-{n}-{seed}", xy, random.integers(1, 21, n), (Kind(100, n),))


def windows(n: int, seed: int, *, clustered: bool, wide: bool, priced: bool = False) -> Case:
    """Time windows about a tenth or a third of the day, at three customers in four; ``priced``: vehicles, hours."""
    random = np.random.default_rng(seed)
    xy = spread(n, random, clustered=clustered)
    case = Case("", xy, random.integers(1, 41, n), (Kind(200, n),), service=SIDE // 10)
    first, last = case.far[0, 1:], DAY - case.far[0, 1:] - case.service
    width = (random.uniform(0.5, 1.5, n) * DAY / (3 if wide else 10)).astype(np.int64)
    middle = (first + random.random(n) * (last - first)).astype(np.int64)
    opens = np.where(random.random(n) < 0.75, np.maximum(middle - width // 2, 0), 0)
    closes = np.where(opens > 0, np.minimum(np.maximum(middle + width // 2, first), last), last)
    window = np.vstack([[0, DAY], np.column_stack([np.minimum(opens, closes), closes])])
    kinds = (replace(case.kinds[0], fixed=SIDE, per_h=1),) if priced else case.kinds
    marks = ("c" if clustered else "r") + ("w" if wide else "n") + ("p" if priced else "")
    return replace(case, name=f"windows-{n}{marks}-{seed}", window=window, kinds=kinds)


def fleet(n: int, seed: int) -> Case:
    """Three vehicle types, the two larger ones limited in number."""
    random = np.random.default_rng(seed)
    xy = spread(n, random, clustered=seed % 2 == 1)
    kinds = (Kind(50, n, 4000, 8), Kind(100, n // 12, 9000, 10), Kind(200, n // 25, 20000, 13))
    return Case(f"fleet-{n}-{seed}", xy, random.integers(1, 21, n), kinds)


def trips(n: int, seed: int) -> Case:
    """Few vehicles that go up to four times within a shift, with a reload between; a vehicle costs money."""
    random = np.random.default_rng(seed)
    xy = spread(n, random, clustered=seed % 2 == 1)
    kind = Kind(60, n // 8, fixed=SIDE // 2, shift=6 * SIDE, trips=4)
    return Case(f"trips-{n}-{seed}", xy, random.integers(1, 21, n), (kind,), service=SIDE // 25, reload=SIDE // 10)


def ours(case: Case) -> Instance:
    """State the case for our engine, by coordinates past 3,000 customers; a shift ends before the last unloading."""
    n = case.n
    rows = [
        [
            k.capacity,
            ANY,
            k.fixed,
            k.per_km,
            k.per_h,
            1.0,
            ANY if k.shift is None else k.shift,
            k.count,
            ANY,
            k.trips,
            0,
            -1,
        ]
        for k in case.kinds
    ]
    return Instance(
        legs=np.repeat(case.far[:, :, None], 2, axis=2).astype(np.float64) if n <= 3000 else case.xy.astype(np.float64),
        load=case.demand.astype(np.float64),
        volume=np.zeros(n),
        weight=np.zeros(n),
        halt_h=np.full(n, float(case.service)),
        depots=np.array([[ANY, 0.0]]),
        types=np.array(rows, dtype=np.float64),
        value=np.full(n, np.inf),
        unload_h=float(case.reload),
        metric=(1.0, 1.0, 1.0),
        window_h=None if case.window is None else case.window[1:].astype(np.float64),
        depot_window_h=None if case.window is None else case.window[:1].astype(np.float64),
    )


def theirs(case: Case) -> Any:
    """State the case for PyVRP; a shift begins with the first loading."""
    import pyvrp

    last = np.iinfo(np.int64).max
    window = case.window if case.window is not None else np.tile([0, last], (case.n + 1, 1))
    depot = pyvrp.Depot(0, tw_early=int(window[0, 0]), tw_late=int(window[0, 1]), service_duration=case.reload)
    clients = [
        pyvrp.Client(i + 1, [int(kg)], service_duration=case.service, tw_early=int(opens), tw_late=int(closes))
        for i, (kg, (opens, closes)) in enumerate(zip(case.demand, window[1:], strict=True))
    ]
    kinds = [
        pyvrp.VehicleType(
            kind.count,
            [kind.capacity],
            fixed_cost=kind.fixed,
            unit_distance_cost=kind.per_km,
            unit_duration_cost=kind.per_h,
            shift_duration=last if kind.shift is None else kind.shift + case.reload,
            reload_depots=[0] if kind.trips > 1 else [],
            max_reloads=kind.trips - 1,
        )
        for kind in case.kinds
    ]
    places = [pyvrp.Location(int(x), int(y)) for x, y in case.xy]
    return pyvrp.ProblemData(places, clients, [depot], kinds, [case.far], [case.far])
