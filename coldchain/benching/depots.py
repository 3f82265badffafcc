"""Location-routing on published files, at one level and at two; every cost is recomputed from the routes alone."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from coldchain.arrays import Floats
from coldchain.benching.places import read_words
from coldchain.benching.readers import best_known
from coldchain.benching.run import ANY, TOLERANCE, BenchRow, ended_by, gap_of
from coldchain.errors import BadInputError, ColdchainError, Fault
from coldchain.language import _
from coldchain.routing.instance import Instance
from coldchain.routing.location import UNTIMED, locate
from coldchain.routing.trunk import Trunk
from coldchain.solvers import data_alone_on_stdout

DepotKind = Literal["clrp", "2elrp"]
Tour = tuple[int, tuple[int, ...]]  # depot and stops, both from 0
Supply = list[tuple[int, float]]  # depots in order of call, and kg
BEST = {"clrp": ("best_known_cost", "best_known.csv"), "2elrp": ("best_found", "best_found.csv")}
PER_STOP = 20_000  # iterations per stop
FINE, COARSE = 100.0, 200.0  # units a coordinate of whole-number costs, on the lower and the upper level


@dataclass(frozen=True)
class DepotSettings:
    """Effort and seed of a run; ``iterations`` over all depot sets, 20,000 a stop when there is no time limit either.

    ``split`` lets several trips of the upper level supply a depot.
    """

    iterations: int | None = None
    seed: int = 0
    threads: int = 1
    time_limit_s: float = math.inf
    split: bool = True


@dataclass(frozen=True)
class DepotFile:
    """A published instance.

    Attributes
    ----------
    main : (2,) the main depot, or None at one level
    depots, stops : (m, 2), (n, 2) coordinates
    vehicle, truck : payload on the lower and the upper level
    takes, opening : (m,) capacity and opening cost of the depots
    demand : (n,)
    per_route, per_trip : cost of a route and of a trip on the upper level
    whole : arcs are rounded up to whole units, `FINE` or `COARSE` of them a unit of length; else real
    """

    name: str
    main: Floats | None
    depots: Floats
    stops: Floats
    vehicle: float
    truck: float
    takes: Floats
    opening: Floats
    demand: Floats
    per_route: float
    per_trip: float
    whole: bool

    def lower(self) -> Floats:
        """(m + n, m + n) costs of the arcs between depots and stops."""
        return _arcs(np.vstack([self.depots, self.stops]), FINE, self.whole)

    def upper(self) -> Floats:
        """(m + 1, m + 1) costs of the arcs between main depot and depots."""
        assert self.main is not None
        return _arcs(np.vstack([self.main[None], self.depots]), COARSE, self.whole)

    def trunk(self, *, split: bool = True) -> Trunk:
        """Return the problem of the upper level."""
        return Trunk(self.upper(), self.truck, self.per_trip, split)

    def instance(self) -> Instance:
        """Return the problem of the lower level."""
        n, far = len(self.demand), self.lower()
        depots = np.column_stack([self.takes, self.opening])
        kind = np.array([[self.vehicle, ANY, self.per_route, 1.0, 0.0, 1.0, ANY, ANY]])
        nothing = np.zeros(n)
        legs = np.stack([far, far], axis=2)
        return Instance(legs, self.demand, nothing, nothing, nothing, depots, kind, np.full(n, np.inf))


def read_depots(kind: DepotKind, path: Path) -> DepotFile:
    """Read ``n m``, coordinates, payloads, capacities, demands, opening costs, costs per route, rounding code.

    Raises
    ------
    BadInputError
        When a word is no number, a figure is missing or too many, or negative where it must not be.
    """
    words = read_words(path)
    figures, faults = [], []
    for place, text in enumerate(words.word):
        try:
            figures.append(float(text))
        except ValueError:
            figures.append(math.nan)
        if not math.isfinite(figures[-1]):
            faults.append(words.fault(place, "", _("must be a finite number"), "number"))
    if not faults and not (len(figures) > 2 and figures[0] >= 1 and figures[1] >= 1):
        faults.append(Fault(words.file, 1, "", "", _("must begin with the numbers of customers and depots"), "size"))
    if faults:
        raise BadInputError(faults[:20])
    two = kind == "2elrp"
    n, m = int(figures[0]), int(figures[1])
    sizes = [2] * two + [2 * m, 2 * n, 1] + [1] * two + [m, n, m, 1] + [1] * two + [1]
    spare = len(figures) - 2 - sum(sizes)
    if spare not in ({0, -1} if two else {0}):
        message = _("{n} customers and {m} depots need {value} figures; got {count}").format(
            n=n, m=m, value=2 + sum(sizes), count=len(figures)
        )
        raise BadInputError([Fault(words.file, words.line[-1], "", "", message, "length")])
    parts = iter(np.split(np.array(figures[2:]), np.cumsum(sizes)[:-1]))
    main = next(parts) if two else None
    depots, stops = next(parts).reshape(m, 2), next(parts).reshape(n, 2)
    vehicle = float(next(parts)[0])
    truck = float(next(parts)[0]) if two else math.inf
    takes, demand, opening, per_route = next(parts), next(parts), next(parts), float(next(parts)[0])
    per_trip = float(next(parts)[0]) if two else 0.0
    whole = two or bool(next(parts)[0] == 0)
    file = DepotFile(path.name, main, depots, stops, vehicle, truck, takes, opening, demand, per_route, per_trip, whole)
    _check(file, words.file)
    return file


def run_depots(kind: DepotKind, path: Path, settings: DepotSettings) -> tuple[BenchRow, str]:
    """Read, solve and recompute one file; return its row and the plan as text.

    Raises
    ------
    BadInputError
        When the file is wrong.
    """
    file = read_depots(kind, path)
    instance, trunk = file.instance(), file.trunk(split=settings.split) if kind == "2elrp" else None
    iterations = settings.iterations or (PER_STOP * instance.n if math.isinf(settings.time_limit_s) else UNTIMED)
    with data_alone_on_stdout():
        found = locate(
            instance, iterations, seed=settings.seed, threads=settings.threads, upper=trunk,
            seconds=settings.time_limit_s,
        )  # fmt: skip
    seconds = round(found.seconds, 3)
    split = settings.split if kind == "2elrp" else None
    ended = ended_by("feasible", found.seconds, settings.time_limit_s)
    if found.over > TOLERANCE or found.absent or math.isinf(found.cost):
        return BenchRow(path.name, None, None, None, "limit", seconds, split, ended), ""
    routes: list[Tour] = [(duty.depot, duty.stops) for duty in found.routes]
    with data_alone_on_stdout():
        trips = [] if trunk is None else trunk.solve(_loads(file, routes))[0]
    cost = recompute_depots(file, routes, trips, split=settings.split)
    if abs(cost - found.cost) > TOLERANCE * cost:
        raise ColdchainError(
            _("{name}: the routes cost {cost}, not {value}").format(name=path.name, cost=cost, value=found.cost)
        )
    column, table = BEST[kind]
    best = best_known(path, column, table)[1]
    return BenchRow(path.name, cost, None, gap_of(cost, best), "feasible", seconds, split, ended), depots_text(
        routes, trips
    )


def recompute_depots(
    file: DepotFile, routes: Sequence[Tour], trips: Sequence[Supply] = (), *, split: bool = True
) -> float:
    """Cost of depots opened, routes and trips, from the instance alone; ``split`` supply by several trips or not.

    Raises
    ------
    ValueError
        When a customer is missing or served twice, or a limit is broken.
    """
    m, far = len(file.depots), file.lower()
    if sorted(itertools.chain(*(stops for _rest, stops in routes))) != list(range(len(file.demand))):
        raise ValueError("every customer must be served exactly once")
    total = float(sum(file.opening[d] for d in {depot for depot, _rest in routes}))
    for depot, stops in routes:
        if file.demand[list(stops)].sum() > file.vehicle + TOLERANCE:
            raise ValueError("a route carries more than its vehicle")
        nodes = [depot, *(m + i for i in stops), depot]
        total += file.per_route + sum(float(far[a, b]) for a, b in itertools.pairwise(nodes))
    loads = _loads(file, routes)
    if (loads > file.takes + TOLERANCE).any():
        raise ValueError("a depot holds more than it takes")
    called = [d for trip in trips for d, _kg in trip]
    if not split and len(called) != len(set(called)):
        raise ValueError("a depot is supplied by more than one trip")
    return total if file.main is None else total + _supply_cost(file, loads, trips)


def depots_text(routes: Sequence[Tour], trips: Sequence[Supply]) -> str:
    """One route per line, ``3: 5 12 4``; trips of the upper level first, ``main: 3=140 5=300``; all count from 1."""
    supply = [f"main: {' '.join(f'{d + 1}={kg:g}' for d, kg in trip)}\n" for trip in trips]
    return "".join([*supply, *(f"{d + 1}: {' '.join(str(i + 1) for i in stops)}\n" for d, stops in sorted(routes))])


def _supply_cost(file: DepotFile, loads: Floats, trips: Sequence[Supply]) -> float:
    far, brought, total = file.upper(), defaultdict[int, float](float), 0.0
    for trip in trips:
        if sum(kg for _rest, kg in trip) > file.truck + TOLERANCE:
            raise ValueError("a trip carries more than its truck")
        for d, kg in trip:
            brought[d] += kg
        nodes = [0, *(d + 1 for d, _rest in trip), 0]
        total += file.per_trip + sum(float(far[a, b]) for a, b in itertools.pairwise(nodes))
    if any(abs(brought[d] - load) > TOLERANCE for d, load in enumerate(loads)):
        raise ValueError("the trips do not bring what the depots hand out")
    return total


def _loads(file: DepotFile, routes: Sequence[Tour]) -> Floats:
    loads = np.zeros(len(file.depots))
    for depot, stops in routes:
        loads[depot] += file.demand[list(stops)].sum()
    return loads


def _arcs(places: Floats, unit: float, whole: bool) -> Floats:
    far: Floats = np.hypot(*(np.subtract.outer(places[:, k], places[:, k]) for k in range(2)))
    return np.ceil(unit * far - 1e-9) if whole else far


def _check(file: DepotFile, name: str) -> None:
    faults = []
    for column, values in (("capacity", file.takes), ("demand", file.demand), ("opening", file.opening)):
        wrong = np.flatnonzero(values < 0)
        faults += [
            Fault(name, None, column, f"{values[k]:g}", _("no. {k} is negative").format(k=k + 1), "negative")
            for k in wrong
        ]
    if (file.demand > file.vehicle).any() or file.demand.sum() > file.takes.sum():
        faults.append(Fault(name, None, "demand", "", _("is more than a vehicle, or all depots, can take"), "capacity"))
    if faults:
        raise BadInputError(faults[:20])
