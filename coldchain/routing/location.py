"""Location-routing: which depots to open and which routes to drive from them, decided together.

A set of depots is worth what its routes are worth, and only real routes tell: sets near to the best ones known (one
depot opened, closed, or swapped for one near to it) are tried with short searches, and the more promising a set, the
more search it gets (as in the tree-based search of Schneider & Löffler 2019, doi 10.1287/trsc.2017.0796). Within a set
its depots stand open at no cost: a search that had to pay for them closes one while it is hot and never returns. After
each round the routes of all searches are put together anew by set partitioning (`master`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from coldchain.arrays import Floats
from coldchain.routing.instance import Instance, Tuning
from coldchain.routing.master import RoutePool, choose
from coldchain.routing.openings import starting_sets
from coldchain.routing.ruin import RuinEffort, VehicleTrips, costs_of, ready, ruin_recreate

Depots = tuple[int, ...]
FIRST_LOOK = 15.0  # iterations per stop that a set gets when it is met first; a start gets twice as many
LEAST_LOOK = 1500  # iterations under which a search tells little, however few the stops
EXPANDED = 6  # sets whose neighbours must all be known before the exploring ends
EXPLORING = 0.35  # share of the iterations spent on it at most
ROUNDS = ((32, 0.12), (16, 0.06), (8, 0.03), (4, 0.015), (4, 0.01), (2, 0.01))  # most sets, and by how much dearer
SEARCHES = 12  # in a round at least, each from greedy routes, shared between its sets
SWAPS = 8  # closed depots near to an open one that may take its place
RECOMBINED = 2  # sets of each round whose routes are put together anew
EVEN = 1e-9  # kg, less than which is rounding
UNTIMED = 10**15  # iterations that no clock allows
TOLL = 1.0  # price of an overfull depot, in shares of what one stop's place decides per stop of mean load


class Upper(Protocol):
    """What it costs to supply the depots, or to take away what they collect, from what each holds in kg, (m,)."""

    def cost(self, loads: Floats) -> float:
        """CNY."""

    def least(self, loads: Floats) -> float:
        """CNY that it costs at least; quickly known."""


@dataclass(frozen=True)
class Located:
    """Open depots, routes, their cost with the depots', and how it went.

    Attributes
    ----------
    over : kg above what the depots take; 0 unless no routes that fit were found
    absent : stops left out; 0 unless no routes that serve all were found
    sets : number of depot sets whose routes were searched
    """

    depots: Depots
    routes: tuple[VehicleTrips, ...]
    cost: float
    over: float
    sets: int
    iterations: int
    seconds: float
    absent: int = 0


@dataclass
class Trial:
    """What is known of one set of depots: its best routes, their costs, the stops they leave out, the cost of all."""

    cost: float
    routes: tuple[VehicleTrips, ...]
    over: float
    costs: tuple[float, ...]
    absent: int = 0

    @property
    def rank(self) -> tuple[int, bool, float]:
        """Order of trials: those that serve every stop first, then those that fit their depots."""
        return self.absent, self.over > EVEN, self.cost


@dataclass
class LocationSearch:
    """All that is known so far."""

    instance: Instance
    tuning: Tuning
    seed: int
    upper: Upper | None
    executor: ThreadPoolExecutor
    known: dict[Depots, Trial] = field(default_factory=dict)
    pool: RoutePool = field(default_factory=RoutePool)
    runs: int = 0
    spent: int = 0
    seconds: float = math.inf
    began: float = field(default_factory=time.monotonic)

    @property
    def gone_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def left_s(self) -> float:
        """Seconds that are left."""
        return max(0.0, self.seconds - self.gone_s)

    def ranked(self) -> list[Depots]:
        """Return the sets by cost, the best first."""
        return sorted(self.known, key=lambda depots: (self.known[depots].rank, depots))

    def best(self, count: int, within: float) -> list[Depots]:
        """Return the best sets, as far as they are not dearer than the best one by more than a share."""
        ranked = self.ranked()[:count]
        limit = self.known[ranked[0]].cost * (1.0 + within)
        return [depots for depots in ranked if self.known[depots].cost <= limit]

    def opening(self, depots: Depots) -> float:
        """CNY for opening these depots."""
        return float(self.instance.depots[list(depots), 1].sum())

    def neighbours(self, depots: Depots) -> list[Depots]:
        """Return sets with one depot more, one less, or one swapped for one near to it, that take all."""
        inside = set(depots)
        outside = [d for d in range(self.instance.m) if d not in inside]
        found = [inside - {d} for d in depots if len(depots) > 1] + [inside | {d} for d in outside]
        for d in depots:
            near = sorted(outside, key=lambda e: self._apart(d, e))[:SWAPS]
            found += [inside - {d} | {e} for e in near]
        return [chosen for chosen in (tuple(sorted(each)) for each in found) if self._enough(chosen)]

    def try_all(self, asked: Sequence[tuple[Depots, Sequence[VehicleTrips]]], iterations: int) -> None:
        """Search the routes of sets side by side, each from its start, and remember what is better than known."""

        def search(place: int) -> Trial:
            effort = RuinEffort(iterations, self.left_s)
            return route_from(self.instance, *asked[place], first + place, effort, self.tuning)

        first = self.seed + self.runs
        self.runs += len(asked)
        self.spent += iterations * len(asked)
        for (depots, _), trial in zip(asked, self.executor.map(search, range(len(asked))), strict=True):
            self.pool.add(trial.routes, trial.costs)
            self.note(depots, trial)

    def recombine(self, sets: Sequence[Depots]) -> None:
        """Put the routes met so far together anew for each of some sets."""

        def solve(depots: Depots) -> tuple[tuple[VehicleTrips, ...], float] | None:
            trial = self.known[depots]
            below = math.inf if trial.over > EVEN or trial.absent else sum(trial.costs)
            return choose(self.instance, self.pool, depots, below)

        for depots, found in zip(sets, self.executor.map(solve, sets), strict=True):
            if found is not None:
                costs = [self.pool.known[duty.depot, frozenset(duty.stops)][0] for duty in found[0]]
                self.note(depots, Trial(math.nan, found[0], 0.0, tuple(costs)))

    def note(self, depots: Depots, trial: Trial) -> None:
        """Remember a trial of a set, and of the set of the depots it uses, when it is the best of its set.

        Depots in use that could never take all are no set: overfull as they are, nothing can be made of them.
        """
        loads = self._loads(trial.routes)
        used = tuple(sorted({duty.depot for duty in trial.routes}))
        for chosen in (depots, used) if self._enough(used) else (depots,):
            alone = sum(trial.costs) + self.opening(chosen)
            least = 0.0 if self.upper is None else self.upper.least(loads)
            if chosen in self.known and replace(trial, cost=alone + least).rank >= self.known[chosen].rank:
                continue
            priced = replace(trial, cost=alone if self.upper is None else alone + self.upper.cost(loads))
            if chosen not in self.known or priced.rank < self.known[chosen].rank:
                self.known[chosen] = priced

    def _loads(self, routes: Iterable[VehicleTrips]) -> Floats:
        loads = np.zeros(self.instance.m)
        for duty in routes:
            loads[duty.depot] += self.instance.load[list(duty.stops)].sum()
        return loads

    def _enough(self, depots: Depots) -> bool:
        return float(self.instance.depots[list(depots), 0].sum()) >= float(self.instance.load.sum()) * (1.0 - 1e-12)

    def _apart(self, a: int, b: int) -> float:
        legs = self.instance.legs
        return float(legs[a, b, 0]) if legs.ndim == 3 else math.dist(legs[a], legs[b])


def locate(
    instance: Instance,
    iterations: int,
    *,
    seed: int = 0,
    threads: int = 1,
    tuning: Tuning | None = None,
    upper: Upper | None = None,
    seconds: float = math.inf,
) -> Located:
    """Choose depots and routes together.

    Equal seed and iterations give equal answers whatever the threads, as long as set partitioning ends within its time
    and no clock is set.

    Parameters
    ----------
    instance : the problem; every depot may be opened at its cost, and every stop must be served
    iterations : of ruin and recreate, over all sets of depots; `UNTIMED` where the clock alone decides
    upper : second level; sets are ranked with it, the routes within a set are searched without
    seconds : after which the best so far is the answer
    """
    ready()
    with ThreadPoolExecutor(threads) as pool:
        tuning = replace(tuning or Tuning(), toll=TOLL)
        search = LocationSearch(instance, tuning, seed, upper, pool, seconds=seconds)
        _explore(search, int(EXPLORING * iterations))
        each = (iterations - search.spent) // len(ROUNDS)
        for done, (count, within) in enumerate(ROUNDS):
            if search.left_s > 0.0:
                timely = _in_time(search, len(ROUNDS) - done)
                _deepen(search, search.best(count, within), int(min(each, timely)))
    best = search.ranked()[0]
    trial = search.known[best]
    sets, spent = len(search.known), search.spent
    return Located(best, trial.routes, trial.cost, trial.over, sets, spent, search.gone_s, trial.absent)


def route_from(
    instance: Instance, depots: Depots, start: Sequence[VehicleTrips], seed: int, effort: RuinEffort, tuning: Tuning
) -> Trial:
    """Search the routes from some depots, all of them paid for."""
    place = {depot: k for k, depot in enumerate(depots)}
    begin = [duty._replace(depot=place[duty.depot]) for duty in start if duty.depot in place]
    part = among(instance, depots)
    found = ruin_recreate(part, effort, seed=seed, start=begin, tuning=tuning)
    routes = tuple(duty._replace(depot=depots[duty.depot]) for duty in found.routes)
    return Trial(math.nan, routes, found.over, tuple(costs_of(part, found.routes)), len(found.absent))


def among(instance: Instance, depots: Depots) -> Instance:
    """Return the problem with these depots only, open at no cost."""
    rows = np.concatenate([np.array(depots, dtype=np.int64), np.arange(instance.m, instance.m + instance.n)])
    free = instance.depots[list(depots)].copy()
    free[:, 1] = 0.0
    legs = instance.legs[rows] if instance.legs.ndim == 2 else instance.legs[np.ix_(rows, rows)]
    window = None if instance.depot_window_h is None else instance.depot_window_h[list(depots)]
    access = None if instance.access_cny is None else instance.access_cny[list(depots)]
    return replace(instance, legs=legs, depots=free, depot_window_h=window, access_cny=access)


def _explore(search: LocationSearch, iterations: int) -> None:
    """Try the neighbours of the best sets known until those of the best few are all known."""
    look = max(LEAST_LOOK, int(FIRST_LOOK * search.instance.n))
    starts = starting_sets(search.instance) or [tuple(range(search.instance.m))]
    search.try_all([(depots, ()) for depots in starts], 2 * look)
    done: set[Depots] = set()
    while search.spent < iterations and search.gone_s < EXPLORING * search.seconds:
        ahead = [depots for depots in search.ranked()[:EXPANDED] if depots not in done]
        if not ahead:
            return
        done.add(ahead[0])
        start = search.known[ahead[0]].routes
        search.try_all([(each, start) for each in search.neighbours(ahead[0]) if each not in search.known], look)


def _in_time(search: LocationSearch, rounds: int) -> float:
    """Return the iterations for which the next of some rounds has time, at the pace so far."""
    return search.spent / max(search.gone_s, 1e-6) * search.left_s / rounds


def _deepen(search: LocationSearch, sets: Sequence[Depots], iterations: int) -> None:
    """Search some sets in equal parts, all but once from greedy routes, then put their routes together anew."""
    each = max(1, min(round(SEARCHES / len(sets)), iterations // (LEAST_LOOK * len(sets))))
    asked: list[tuple[Depots, Sequence[VehicleTrips]]] = []
    for depots in sets:
        asked += [(depots, ())] * (each - 1) + [(depots, search.known[depots].routes)]
    search.try_all(asked, max(1, iterations // len(asked)))
    search.recombine(sets[:RECOMBINED])
