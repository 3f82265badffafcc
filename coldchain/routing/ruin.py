"""Ruin and recreate: the routing engine's face. Arrays in, routes out; the loops are in `kernel`.

An `Instance` may have several depots with capacities and opening costs, several vehicle types with limits on their
number, asymmetric legs, and a value per stop below which it is worth serving. The plain cumulative problem is the one
with weight 1 and no costs, plain vehicle routing the one with weight 0 and 1 CNY per km.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from coldchain.routing import kernel as k
from coldchain.routing.problem import Floats

NEIGHBOURS = 100  # stops known to each stop; memory grows with it
WIDE = 250  # up to this many stops every position is tried at every insertion
NO_WAY = 1e7  # km or h that stand for infinity; above any shift
RICH, WARMER = 4000, 1.8  # iterations per stop from which a warmer search does better, and by how much
CHUNK = 0.05  # s between two looks at the clock
ODDS = (4.0, 4.0, 2.0, 1.0, 2.0)  # of the orders of insertion: chance, load, far, close, weight
UNSERVED = 1e9  # CNY of leaving out a stop of mean load that must be served


@dataclass(frozen=True)
class Instance:
    """A routing problem in arrays; nodes 0..m-1 are depots, m..m+n-1 stops.

    Attributes
    ----------
    legs : (N, N, 2) km and hours from node to node, or (N, 2) coordinates of the nodes (memory linear in stops)
    load, volume, weight, halt_h : (n,) kg, m³, CNY/h aboard, h of halt
    depots : (m, 2) kg a depot takes in all, CNY for using it
    types : (k, 8) payload kg, m³, CNY per route, per km, per h, hours per hour at reference speed, longest h of a
        route without unloading, most vehicles
    value : (n,) CNY that leaving the stop out costs; inf when it must be served
    unload_h, max_aboard_h : h paid at the end of each route; most that any lot may be aboard
    metric : km and hours per unit of coordinates; third figure 1 when distances are rounded to whole units
    """

    legs: Floats
    load: Floats
    volume: Floats
    weight: Floats
    halt_h: Floats
    depots: Floats
    types: Floats
    value: Floats
    unload_h: float = 0.0
    max_aboard_h: float = math.inf
    metric: tuple[float, float, float] = (1.0, 1.0, 0.0)

    @property
    def n(self) -> int:
        """Number of stops."""
        return len(self.load)


@dataclass(frozen=True)
class Tuning:
    """Figures of the search, all measured (benchmarks/routing.py)."""

    removed: float = 10.0
    longest: float = 10.0
    split: float = 0.5
    skip: float = 0.01
    blink: float = 0.01
    whole: float = 0.0
    leaving: float = 0.0
    hot: float = 0.5
    cold: float = 0.02
    cycle: float = 6000.0


@dataclass(frozen=True)
class Effort:
    """When to stop: iterations, seconds, iterations without improvement, or when asked; at least one is finite."""

    iterations: float = math.inf
    seconds: float = math.inf
    patience: float = math.inf
    stop: Callable[[], bool] | None = None
    report: Callable[[float, int, float], None] | None = None


@dataclass(frozen=True)
class Found:
    """Routes as (depot, vehicle type, stops from 0), stops left out, cost with their values, and how it went."""

    routes: tuple[tuple[int, int, tuple[int, ...]], ...]
    absent: tuple[int, ...]
    cost: float
    iterations: int
    seconds: float
    cut: bool


Start = Sequence[tuple[int, int, Sequence[int]]]


def ruin_recreate(
    instance: Instance, effort: Effort, *, seed: int = 0, start: Start = (), tuning: Tuning | None = None
) -> Found:
    """Search from the routes given, or from greedy insertion; never ends worse than it started.

    Equal instance, seed and iterations give equal routes as long as no clock is set.

    Parameters
    ----------
    instance : the problem
    effort : when to stop
    seed : of the engine's own random numbers
    start : feasible routes to start from as (depot, vehicle type, stops from 0)
    tuning : figures of the search
    """
    began = time.monotonic()
    tuning = tuning or Tuning()
    data = _data(instance, tuning)
    state = _state(instance, seed)
    _load(data, state, start)
    k.recreate(data, state, True)
    state.sums[k.BEST] = state.sums[k.TOTAL] + k.behind(data, state)[0]
    state.sums[k.SOFT] = 10.0 * _level(data, state)
    state.sums[k.SOFT_LEAST] = (0.1 if tuning.leaving > 0 else 1e9) * _level(data, state)
    k.keep_best(state, 0)
    done, cut = _anneal(instance, effort, tuning, (data, state), began)
    routes, absent = _read(instance, state)
    return Found(routes, absent, float(state.sums[k.BEST]), done, time.monotonic() - began, cut)


def multi_start(
    instance: Instance, effort: Effort, threads: int, *, seed: int = 0, start: Start = (), tuning: Tuning | None = None
) -> Found:
    """Search with seeds ``seed``, ``seed + 1``, … side by side, one thread each, and return the best."""

    def search(number: int) -> Found:
        return ruin_recreate(instance, effort, seed=number, start=start, tuning=tuning)

    if threads == 1:
        return search(seed)
    with ThreadPoolExecutor(threads) as pool:
        return min(pool.map(search, range(seed, seed + threads)), key=lambda found: found.cost)


def _anneal(
    instance: Instance, effort: Effort, tuning: Tuning, kernel: tuple[k.Data, k.State], began: float
) -> tuple[int, bool]:
    data, state = kernel
    wide = instance.n <= WIDE
    level = _level(data, state)
    fall = math.log(tuning.cold / tuning.hot)
    done, chunk, best = 0, 200, math.inf
    clock = time.monotonic()
    while done < effort.iterations and instance.n > 0:
        gone = clock - began
        if gone >= effort.seconds or (effort.stop is not None and effort.stop()):
            return done, True
        if done - int(state.marks[k.BEST_AT]) > effort.patience:
            return done, False
        at, pace, room = _progress(effort, done, gone, tuning.cycle * max(instance.n, 10))
        steps = int(min(chunk, room))
        expected = effort.iterations if math.isfinite(effort.iterations) else done / max(gone, 1e-6) * effort.seconds
        hot = tuning.hot * level * (WARMER if expected > RICH * instance.n else 1.0)
        k.run(data, state, steps, done, (hot, fall, at, pace), wide)
        done += steps
        before, clock = clock, time.monotonic()
        chunk = int(max(20, min(4.0 * chunk, chunk * CHUNK / max(clock - before, 1e-6))))
        if effort.report is not None and state.sums[k.BEST] < best:
            best = float(state.sums[k.BEST])
            effort.report(clock - began, done, best)
    return done, False


def _progress(effort: Effort, done: int, gone: float, cycle: float) -> tuple[float, float, float]:
    """How far the present cooling has come (0..1), by how much an iteration moves it, iterations left in it.

    The whole run is cut into coolings of about ``cycle`` iterations each, the last ending with the run.
    """
    if math.isfinite(effort.iterations):
        length = math.ceil(effort.iterations / max(1, round(effort.iterations / cycle)))
        at = done % length
        return at / length, 1.0 / length, min(length - at, effort.iterations - done)
    if not math.isfinite(effort.seconds):
        return (done % cycle) / cycle, 1.0 / cycle, cycle - done % cycle
    rounds = max(1, round(done / gone * effort.seconds / cycle)) if gone > 0 else 1
    return min(gone / effort.seconds, 1.0) * rounds % 1.0, 0.0, math.inf


def _level(data: k.Data, state: k.State) -> float:
    """Money that one stop's place decides: cost of the routes without their day rates, per stop served."""
    served = max(1, data.stop.shape[0] - data.depots.shape[0] - int(state.marks[k.POOL]))
    days = float((state.used * data.types[:, k.DAY]).sum())
    opened = float(data.depots[state.depot_routes > 0, 1].sum())
    return float(max(1e-9, (float(state.sums[k.TOTAL]) - days - opened) / served))


def _data(instance: Instance, tuning: Tuning) -> k.Data:
    m, n = len(instance.depots), instance.n
    flat = instance.legs.ndim == 2
    legs = np.empty((0, 0, 2)) if flat else np.ascontiguousarray(np.minimum(instance.legs, NO_WAY))
    swapped = legs.transpose(1, 0, 2)
    stop = np.zeros((m + n, 6))
    must = np.isinf(instance.value)
    share = instance.load / max(float(instance.load.mean()), 1e-12) if n else instance.load
    value = np.where(must, UNSERVED * np.maximum(share, 0.01), instance.value)
    bulk = np.where(must, np.maximum(share, 0.1), 0.0)
    stop[m:] = np.column_stack([instance.load, instance.volume, instance.weight, instance.halt_h, value, bulk])
    near, far = _near(instance)
    keys = np.zeros((5, m + n))
    keys[1, m:], keys[4, m:] = -_size(instance), -instance.weight
    keys[2, m:], keys[3, m:] = -far, far
    rules = np.array(
        [
            instance.unload_h,
            instance.max_aboard_h,
            tuning.removed,
            tuning.longest,
            tuning.split,
            tuning.skip,
            1.0 / math.log(1.0 - tuning.blink) if tuning.blink > 0 else -1e18,
            tuning.whole,
            tuning.leaving,
        ]
    )
    return k.Data(
        out=legs,
        into=legs if np.array_equal(legs, swapped) else np.ascontiguousarray(swapped),
        xy=np.ascontiguousarray(instance.legs) if flat else np.empty((0, 2)),
        metric=np.array(instance.metric),
        stop=stop,
        depots=np.ascontiguousarray(instance.depots, dtype=np.float64),
        types=np.ascontiguousarray(instance.types, dtype=np.float64),
        rules=rules,
        near=near,
        keys=keys,
        odds=np.cumsum(ODDS),
    )


def _size(instance: Instance) -> Floats:
    """Share of the roomiest vehicle that a stop's load or volume takes, whichever is more."""
    payload, space = instance.types[:, 0].max(initial=1e-9), instance.types[:, 1].max(initial=1e-9)
    size: Floats = np.maximum(instance.load / payload, instance.volume / space)
    return size


def _near(instance: Instance) -> tuple[k.Ints, Floats]:
    """(n, k) nodes of the nearest other stops, nearest first, and (n,) hours or units to the nearest depot."""
    m, n = len(instance.depots), instance.n
    count = min(NEIGHBOURS, n - 1)
    if n == 0:
        return np.zeros((0, 0), dtype=np.int64), np.zeros(0)
    if instance.legs.ndim == 2:
        places = instance.legs
        found = np.asarray(cKDTree(places[m:]).query(places[m:], k=list(range(1, count + 2)))[1])
        others = [row[row != i][:count] for i, row in enumerate(found)]
        depot_away = np.asarray(cKDTree(places[:m]).query(places[m:])[0], dtype=np.float64)
        return np.array(others, dtype=np.int64).reshape(n, count) + m, depot_away
    hours = np.minimum(instance.legs[..., 1], NO_WAY)
    if not hours.any():
        hours = np.minimum(instance.legs[..., 0], NO_WAY)
    between = np.minimum(hours[m:, m:], hours[m:, m:].T)
    np.fill_diagonal(between, -1.0)
    near = np.argsort(between, axis=1, kind="stable")[:, 1 : count + 1]
    return near.astype(np.int64) + m, hours[m:, :m].min(axis=1)


def _state(instance: Instance, seed: int) -> k.State:
    m, n, kinds = len(instance.depots), instance.n, len(instance.types)
    slots = n + 1
    link = np.full((m + n, 3), -1, dtype=np.int64)
    ints_of = np.zeros((slots, 5), dtype=np.int64)
    ints_of[:, k.KIND] = -1
    pool = np.zeros(n + 1, dtype=np.int64)
    pool[:n] = np.arange(m, m + n)
    marks = np.zeros(9, dtype=np.int64)
    marks[k.POOL] = n
    return k.State(
        node=np.zeros((m + n, 5)),
        link=link,
        sums_of=np.zeros((slots, 12)),
        ints_of=ints_of,
        used=np.zeros(kinds, dtype=np.int64),
        depot_load=np.zeros(m),
        depot_routes=np.zeros(m, dtype=np.int64),
        sums=np.zeros(4),
        marks=marks,
        pool=pool,
        rank=np.zeros(n + 1),
        touched=np.full(slots, -1, dtype=np.int64),
        undo=np.zeros(6 * slots + 8, dtype=np.int64),
        best_next=np.zeros(m + n, dtype=np.int64),
        best_route=np.zeros((slots, 3), dtype=np.int64),
        random=np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1),
    )


def _load(data: k.Data, state: k.State, start: Start) -> None:
    """Put the routes of the start in place, each with its vehicle held; the pool keeps the rest."""
    m = len(data.depots)
    for r, (depot, kind, stops) in enumerate(start):
        k.relink(state, r, depot, np.array([m + i for i in stops], dtype=np.int64))
        k.hold(data, state, r, kind)
    state.marks[k.TOP] = len(start)
    for r in range(len(start)):
        k.refresh(data, state, r, False)
    placed = {i for _, _, stops in start for i in stops}
    rest = [m + i for i in range(data.stop.shape[0] - m) if i not in placed]
    state.pool[: len(rest)] = rest
    state.marks[k.POOL] = len(rest)


def _read(instance: Instance, state: k.State) -> tuple[tuple[tuple[int, int, tuple[int, ...]], ...], tuple[int, ...]]:
    m = len(instance.depots)
    routes = []
    for first, depot, kind in state.best_route[: state.marks[k.BEST_TOP]].tolist():
        stops = []
        i = first
        while i >= 0:
            stops.append(i - m)
            i = int(state.best_next[i])
        if stops:
            routes.append((depot, kind, tuple(stops)))
    served = {i for _, _, stops in routes for i in stops}
    return tuple(routes), tuple(i for i in range(instance.n) if i not in served)
