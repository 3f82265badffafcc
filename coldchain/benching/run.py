"""Runs of the routing engines on published instances; every cost is recomputed from the routes alone."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from coldchain.benching.readers import PublishedDay, Rounding, best_known, read_instance
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import VehicleType
from coldchain.model.ending import Ending, ending_of
from coldchain.routing import CollectionProblem, solve_collection
from coldchain.routing.instance import Instance
from coldchain.routing.ruin import RuinEffort, multi_start

Kind = Literal["ccvrp", "cvrp"]
Routes = list[tuple[int, ...]]  # customers 1..n; in order of arrival for ccvrp
BEST_COLUMN = {"ccvrp": "best_known_sum_of_arrival_times", "cvrp": "best_known_distance"}
ANY = 1e18
FULL_MATRIX = 3000  # customers up to which distances are kept; above, they are computed from coordinates
MANY = 10**9
PER_STOP = {"ruin-recreate": 2000, "ortools": 20}  # iterations, or solutions, a stop: some ten seconds for 150 stops
TOLERANCE = 1e-6


@dataclass(frozen=True)
class BenchSettings:
    """Effort, seed and engine of a run; ``vehicles`` instead of the published number.

    With neither a time limit nor iterations there are `PER_STOP` iterations a stop, the same on any machine.
    """

    time_limit_s: float = math.inf
    iterations: float = math.inf
    seed: int = 0
    engine: Literal["ruin-recreate", "ortools"] = "ruin-recreate"
    vehicles: int | None = None
    rounding: Rounding | None = None
    threads: int = 1


@dataclass(frozen=True)
class BenchRow:
    """One result.

    Attributes
    ----------
    gap : to ``bound`` where one is proved, else to the best known value (below it: negative), None without either
    split : of two levels, whether several trips may supply a depot; None where it does not arise
    ended : why the search stopped, a :class:`coldchain.model.ending.Ending`
    """

    instance: str
    cost: float | None
    bound: float | None
    gap: float | None
    status: str
    seconds: float
    split: bool | None = None
    ended: str = ""


def gap_of(cost: float | None, other: float | None) -> float | None:
    """Share by which a cost is above a bound or a best known value, of the cost; None without either.

    Examples
    --------
    >>> gap_of(100.0, 98.0), gap_of(100.0, 101.0), gap_of(100.0, None)
    (0.02, -0.01, None)
    """
    return None if cost is None or other is None else (cost - other) / max(abs(cost), 1e-9)


def ended_by(status: str, seconds: float, limit_s: float) -> str:
    """Return why a search stopped: its gap is closed, its time is over, or its work is done.

    Examples
    --------
    >>> ended_by("optimal", 3.0, 60.0), ended_by("feasible", 60.1, 60.0), ended_by("limit", 3.0, math.inf)
    ('gap-closed', 'time-limit', 'work-done')
    """
    cuts = {Ending.TIME} if seconds >= limit_s or (status == "limit" and math.isfinite(limit_s)) else {Ending.WORK}
    return str(ending_of(cuts, closed=status in ("optimal", "infeasible")))


def run_file(kind: Kind, path: Path, settings: BenchSettings) -> tuple[BenchRow, Routes]:
    """Read, solve and judge one file.

    Raises
    ------
    BadInputError
        When the file cannot be read.
    """
    instance = read_instance(path, settings.rounding)
    published, best = best_known(path, BEST_COLUMN[kind])
    if math.isinf(settings.time_limit_s) and math.isinf(settings.iterations):
        settings = replace(settings, iterations=PER_STOP[settings.engine] * instance.n)
    vehicles = settings.vehicles or published or math.ceil(instance.demand.sum() / instance.capacity)
    began = time.monotonic()
    found = _library(kind, instance, vehicles, settings) if settings.engine == "ortools" else None
    routes = _own(kind, instance, vehicles, settings) if found is None else found
    seconds = time.monotonic() - began
    try:
        cost: float | None = recompute(kind, instance, routes, vehicles if kind == "ccvrp" else None)
        status = "feasible"
    except ValueError:
        cost, status = None, "limit"
    ended = ended_by(status, seconds, settings.time_limit_s)
    return BenchRow(path.name, cost, None, gap_of(cost, best), status, round(seconds, 3), ended=ended), routes


def recompute(kind: Kind, instance: PublishedDay, routes: Routes, vehicles: int | None = None) -> float:
    """Cost of routes from the instance alone: sum of arrival times, or distance with the way back.

    Raises
    ------
    ValueError
        When a customer is missing or served twice, or a limit is broken.

    Examples
    --------
    >>> line = PublishedDay("line", np.array([[0.0, 0], [3, 0], [7, 0]]), None, np.array([1.0, 1]), 2.0)
    >>> recompute("cvrp", line, [(1, 2)]), recompute("ccvrp", line, [(1, 2)])
    (14.0, 10.0)
    """
    if sorted(itertools.chain(*routes)) != list(range(1, instance.n + 1)):
        raise ValueError("every customer must be served exactly once")
    if vehicles is not None and len(routes) > vehicles:
        raise ValueError(f"routes must be at most {vehicles}; got {len(routes)}")
    total = 0.0
    for stops in routes:
        load = sum(float(instance.demand[i - 1]) for i in stops)
        legs = [instance.distance(i, j) for i, j in itertools.pairwise((0, *stops, 0))]
        length = sum(legs) + instance.service * len(stops)
        if load > instance.capacity + TOLERANCE or (kind == "cvrp" and length > instance.max_length + TOLERANCE):
            raise ValueError(f"a route of load {load:g} and length {length:g} breaks a limit")
        total += sum(legs) if kind == "cvrp" else sum(itertools.accumulate(legs[:-1]))
    return total


def solution_text(routes: Routes) -> str:
    """One route per line: ``1: 5 12 3``."""
    return "".join(f"1: {' '.join(map(str, stops))}\n" for stops in routes)


def _own(kind: Kind, instance: PublishedDay, vehicles: int, settings: BenchSettings) -> Routes:
    """Solve with ruin and recreate; cumulative routes are collection routes of unit weight ridden backwards."""
    n = instance.n
    cumulative = kind == "ccvrp"
    limit = ANY if cumulative or math.isinf(instance.max_length) else instance.max_length + TOLERANCE / 2
    kinds = [instance.capacity * (1 + 1e-9), ANY, 0.0, 0.0 if cumulative else 1.0, 0.0, 1.0, limit]
    flat = instance.xy is not None and n > FULL_MATRIX and instance.rounding != "up"
    far = np.empty((0, 0)) if flat else instance.distances().T
    problem = Instance(
        legs=instance.xy if flat and instance.xy is not None else np.stack([far, far], axis=2),
        load=instance.demand,
        volume=np.zeros(n),
        weight=np.full(n, 1.0 if cumulative else 0.0),
        halt_h=np.full(n, 0.0 if cumulative else instance.service),
        depots=np.array([[ANY, 0.0]]),
        types=np.array([[*kinds, float(vehicles) if cumulative else ANY]]),
        value=np.full(n, np.inf),
        metric=(1.0, 1.0, float(instance.rounding == "nearest")),
    )
    effort = RuinEffort(iterations=settings.iterations, seconds=settings.time_limit_s)
    found = multi_start(problem, effort, settings.threads, seed=settings.seed)
    return [tuple(i + 1 for i in duty.stops[::-1]) for duty in found.routes]


def _library(kind: Kind, instance: PublishedDay, vehicles: int, settings: BenchSettings) -> Routes:
    """Solve with OR-Tools through the planner's own model: distances become hours small enough for a shift."""
    cumulative = kind == "ccvrp"
    if not cumulative and (instance.service or math.isfinite(instance.max_length)):
        fault = Fault(instance.name, None, "", "", _("length limits need the engine ruin-recreate"), "unsupported")
        raise BadInputError([fault])
    far = instance.distances().T
    truck = VehicleType(
        id="truck", payload_kg=instance.capacity, volume_m3=1.0, cargo="ambient", shift_h=24.0,
        cost_cny_day=0.0, cost_cny_km=0.0 if cumulative else 1.0, cost_cny_h=0.0,
    )  # fmt: skip
    problem = CollectionProblem(
        time_h=far * (12.0 / (far.max() * (instance.n + 1))),
        km=far,
        load_kg=np.maximum(instance.demand, 1e-6),
        volume_m3=np.zeros(instance.n),
        weight_cny_h=np.full(instance.n, 1.0 if cumulative else 0.0),
        vehicles=(truck,),
        available=(vehicles if cumulative else None,),
    )
    solutions = int(min(settings.iterations, MANY))
    result = solve_collection(
        problem, engine="ortools", solution_limit=solutions, seed=settings.seed, time_limit_s=settings.time_limit_s
    )
    return [tuple(i + 1 for i in route.stops[::-1]) for route in result.routes]
