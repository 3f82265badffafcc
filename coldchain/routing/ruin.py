"""Ruin and recreate: the routing engine's face. Arrays in, routes out; the loops are in `kernel`.

An `Instance` may have several depots with capacities and opening costs, several vehicle types with limits on their
number, asymmetric legs, time windows, several trips a vehicle, and a value per stop below which it is worth serving.
The plain cumulative problem is the one with weight 1 and no costs, plain vehicle routing the one with weight 0 and
1 CNY per km.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from coldchain.routing import kernel as k
from coldchain.routing.instance import Instance, Tuning, data_of, state_of
from coldchain.routing.kernel import data as c

WIDE = 250  # up to this many stops every position is tried at every insertion
RICH, WARMER = 4000, 1.8  # iterations per stop from which a warmer search does better, and by how much
CHUNK = 0.05  # s between two looks at the clock
FIRM = 3.0  # how much dearer overfull depots are where the best is judged
FIRST_SLICE_S = 0.2  # s after which the pace of the search is known


class VehicleTrips(NamedTuple):
    """What one vehicle does: its depot, its type, and the stops from 0 of each of its trips."""

    depot: int
    kind: int
    trips: tuple[tuple[int, ...], ...]

    @property
    def stops(self) -> tuple[int, ...]:
        """Stops of all trips in order."""
        return tuple(stop for trip in self.trips for stop in trip)


@dataclass(frozen=True)
class RuinEffort:
    """When to stop: iterations, seconds, iterations without improvement, or when asked; at least one is finite."""

    iterations: float = math.inf
    seconds: float = math.inf
    patience: float = math.inf
    stop: Callable[[], bool] | None = None
    report: Callable[[float, int, float], None] | None = None


@dataclass(frozen=True)
class Found:
    """Duties of vehicles, stops left out, cost with their values, and how it went."""

    routes: tuple[VehicleTrips, ...]
    absent: tuple[int, ...]
    cost: float
    iterations: int
    seconds: float
    cut: bool
    over: float = 0.0


def ruin_recreate(
    instance: Instance,
    effort: RuinEffort,
    *,
    seed: int = 0,
    start: Sequence[VehicleTrips] = (),
    tuning: Tuning | None = None,
) -> Found:
    """Search from the routes given, or from greedy insertion; never ends worse than it started.

    Equal instance, seed and iterations give equal routes as long as no clock is set.

    Parameters
    ----------
    instance : the problem
    effort : when to stop
    seed : of the engine's own random numbers
    start : feasible duties to start from
    tuning : figures of the search
    """
    ready()
    began = time.monotonic()
    tuning = tuning or Tuning()
    data, state = data_of(instance, tuning), state_of(instance, seed)
    state.sums[c.TOLL] = tuning.toll
    _load(data, state, start, tuning)
    k.recreate(data, state, True)
    _set_best(instance, tuning, data, state)
    done, cut = _anneal(instance, effort, tuning, (data, state), began)
    routes, absent = _read(instance, state)
    return Found(
        routes, absent, float(state.sums[c.BEST]), done, time.monotonic() - began, cut, float(state.sums[c.OVER])
    )


def costs_of(instance: Instance, routes: Sequence[VehicleTrips]) -> list[float]:
    """Return what each of some routes costs, its depot's opening left out; no two may share a stop."""
    data, state = data_of(instance, Tuning()), state_of(instance, 0)
    state.sums[c.TOLL] = 1.0
    _load(data, state, routes, Tuning(toll=1.0))
    return [float(cost) for cost in state.sums_of[: len(routes), c.R_COST]]


def _set_best(instance: Instance, tuning: Tuning, data: k.Data, state: k.State) -> None:
    """Take the routes in place for the best so far, and fix what an overfull depot costs from here on."""
    price = _level(data, state) / max(float(instance.load.mean()), 1e-12) if instance.n else 0.0
    state.sums[[c.TOLL, c.FIRM]] = tuning.toll * price, tuning.toll * FIRM * price
    over = k.overfull(data, state)
    state.sums[c.OVER] = over
    state.sums[c.BEST] = state.sums[c.TOTAL] + k.left_behind(data, state)[0] + state.sums[c.FIRM] * over
    k.keep_best(state, 0)


@functools.cache
def ready() -> None:
    """Compile the loops, or load them as compiled before, so that no search pays for it with its own time."""
    nothing = np.zeros(1)
    instance = Instance(
        np.zeros((2, 2, 2)), nothing, nothing, nothing, nothing, np.zeros((1, 2)), np.ones((1, 8)), nothing
    )
    kernel = data_of(instance, Tuning()), state_of(instance, 0)
    k.recreate(*kernel, True)
    k.keep_best(kernel[1], 0)
    k.run(*kernel, 0, 0, (0.0, 0.0, 0.0, 0.0), True)


def multi_start(
    instance: Instance,
    effort: RuinEffort,
    threads: int,
    *,
    seed: int = 0,
    start: Sequence[VehicleTrips] = (),
    tuning: Tuning | None = None,
) -> Found:
    """Search with seeds ``seed``, ``seed + 1``, … side by side, one thread each, and return the best."""

    def search(number: int) -> Found:
        return ruin_recreate(instance, effort, seed=number, start=start, tuning=tuning)

    if threads == 1:
        return search(seed)
    with ThreadPoolExecutor(threads) as pool:
        return min(pool.map(search, range(seed, seed + threads)), key=lambda found: found.cost)


@dataclass
class Cooling:
    """One annealing from hot to cold; a run is as many of them, one after the other, as its effort has room for.

    Attributes
    ----------
    iterations, seconds : when it began, and how long it lasts; the other one of the two lengths is infinite
    warm : whether there are iterations enough to start warmer
    """

    iterations: int
    seconds: float
    for_iterations: float
    for_seconds: float
    warm: bool

    @classmethod
    def begin(cls, effort: RuinEffort, n: int, cycle: float, done: int, gone: float) -> Cooling:
        """Cut what is left of the effort into equal coolings of about ``cycle`` iterations; return the first."""
        if math.isfinite(effort.iterations):
            left, whole = effort.iterations - done, effort.iterations
            return cls(done, gone, math.ceil(left / max(1, round(left / cycle))), math.inf, whole > RICH * n)
        if not math.isfinite(effort.seconds):
            return cls(done, gone, cycle, math.inf, True)
        left_s = effort.seconds - gone
        if done == 0:  # no measure of the pace yet: a first slice, hot, decides
            return cls(done, gone, math.inf, min(FIRST_SLICE_S, left_s), False)
        pace = done / max(gone, 1e-6)
        length = left_s / max(1, round(pace * left_s / cycle))
        return cls(done, gone, math.inf, length, pace * effort.seconds > RICH * n)

    def at(self, done: int, gone: float) -> float:
        """How far it has come, 0 to 1."""
        return max((done - self.iterations) / self.for_iterations, (gone - self.seconds) / self.for_seconds)


def _anneal(
    instance: Instance, effort: RuinEffort, tuning: Tuning, kernel: tuple[k.Data, k.State], began: float
) -> tuple[int, bool]:
    data, state = kernel
    wide = instance.n <= WIDE
    level = _level(data, state)
    fall = math.log(tuning.cold / tuning.hot)
    cycle = tuning.cycle * max(instance.n, 10)
    done, chunk, best = 0, 200, math.inf
    clock = time.monotonic()
    cooling = Cooling.begin(effort, instance.n, cycle, done, clock - began)
    while done < effort.iterations and instance.n > 0:
        gone = clock - began
        if gone >= effort.seconds or (effort.stop is not None and effort.stop()):
            return done, True
        if done - int(state.marks[c.BEST_AT]) > effort.patience:
            return done, False
        if cooling.at(done, gone) >= 1.0:
            cooling = Cooling.begin(effort, instance.n, cycle, done, gone)
        room = cooling.for_iterations - (done - cooling.iterations)
        steps = int(min(chunk, room, effort.iterations - done))
        hot = tuning.hot * level * (WARMER if cooling.warm else 1.0)
        k.run(data, state, steps, done, (hot, fall, cooling.at(done, gone), 1.0 / cooling.for_iterations), wide)
        done += steps
        before, clock = clock, time.monotonic()
        chunk = int(max(20, min(4.0 * chunk, chunk * CHUNK / max(clock - before, 1e-6))))
        if effort.report is not None and state.sums[c.BEST] < best:
            best = float(state.sums[c.BEST])
            effort.report(clock - began, done, best)
    return done, False


def _level(data: k.Data, state: k.State) -> float:
    """Money that one stop's place decides: cost of the routes without their day rates, per stop served."""
    served = max(1, data.stop.shape[0] - data.depots.shape[0] - int(state.marks[c.POOL]))
    days = float((state.used * data.types[:, c.DAY]).sum())
    opened = float(data.depots[state.depot_routes > 0, 1].sum())
    return float(max(1e-9, (float(state.sums[c.TOTAL]) - days - opened) / served))


def _load(data: k.Data, state: k.State, start: Sequence[VehicleTrips], tuning: Tuning) -> None:
    """Put the duties of the start in place, each with its vehicle held; the pool keeps the rest.

    A duty that breaks a limit, or for which no vehicle or room in the depot is left, is taken apart.
    """
    m = len(data.depots)
    placed: set[int] = set()
    state.marks[c.HELD] = 1
    for duty in start:
        r = int(state.marks[c.TOP])
        marked = [2 * (m + i) + int(place == 0) for trip in duty.trips for place, i in enumerate(trip)]
        marked[0] -= 1
        k.relink(state, r, duty.depot, np.array(marked, dtype=np.int64))
        k.hold(data, state, r, duty.kind)
        state.marks[c.TOP] = r + 1
        driven = k.refresh(data, state, r) and state.used[duty.kind] <= data.types[duty.kind, c.COUNT]
        roomy = tuning.toll > 0 or state.depot_load[duty.depot] <= data.depots[duty.depot, 0]
        if driven and roomy:
            placed.update(duty.stops)
            continue
        state.ints_of[r, c.SIZE] = 0
        k.refresh(data, state, r)
        state.link[[m + i for i in duty.stops], c.ROUTE] = -1
        state.link[[m + i for i in duty.stops], c.FLAG] = 0
    state.marks[c.HELD] = 0
    rest = [m + i for i in range(data.stop.shape[0] - m) if i not in placed]
    state.pool[: len(rest)] = rest
    state.marks[c.POOL] = len(rest)


def _read(instance: Instance, state: k.State) -> tuple[tuple[VehicleTrips, ...], tuple[int, ...]]:
    m = instance.m
    duties = []
    for first, depot, kind in state.best_route[: state.marks[c.BEST_TOP]].tolist():
        trips: list[list[int]] = []
        i = first
        while i >= 0:
            following, begins = divmod(int(state.best_next[i]), 2)
            if begins or not trips:
                trips.append([])
            trips[-1].append(i - m)
            i = following
        if trips:
            duties.append(VehicleTrips(depot, kind, tuple(tuple(trip) for trip in trips)))
    served = {i for duty in duties for i in duty.stops}
    return tuple(duties), tuple(i for i in range(instance.n) if i not in served)
