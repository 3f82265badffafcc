"""What loads pay for the routes of a large day at least: shares by column generation over relaxed routes.

Shares ``c`` (CNY/t) are valid when no route of any type costs less than the shares of what it fetches; then any routes
that fetch ``L_i`` tonnes in all of load i, split in any way, cost at least ``Σ c_i·L_i`` (see
:mod:`coldchain.routing.shares`). Those worth most on a day are the duals of covering it with routes. Routes that break
them are found by labels, from the depot backwards, over load, hours aboard and what is fetched already: a relaxation,
since a route may fetch again what none of its last stops has among its nearest (ng-routes: Baldacci, Mingozzi & Roberti
2011, doi 10.1287/opre.1110.0975). A route fetches loads whole, and of one load a part, which takes no time; nor does
the largest of the whole ones. Several loads may lie at one place, which is called at once.

That is enough: what a route may fetch of the loads it calls for is bound by the vehicle and the shift, all loads
together, and by the hours aboard of its first place, all loads but those of that place. Worth most of all that is where
one load is cut short by the former and one by the latter. Where the first place's is, and gains less than the other,
the other fetched whole and the first place's as far as there is room gain no less, once the loading of one load is
free; where it gains more, itself whole and a part of the other; where these do not fit, one of the two alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from coldchain.arrays import HOURS_TOLERANCE, Bools, Floats, Indices, Ints
from coldchain.routing.kernel.data import compiled, hot
from coldchain.routing.shares import Trucks

MEMORY = 5  # nearest loads that a route remembers
LABELS = 60_000  # relaxed routes looked at, at most
FEW, CLOSEST = 6, 16  # of the best from each load that are gone on with, to its closest, while that finds any to add
ROUNDS, SCALINGS = 100, 8
CLOSE = 0.01  # share of its cost by which a route may break the shares that are then made smaller for all
PAID = 0.1  # share of its cost that a route may lack of what its shares pay to be of use for the next day
LEAST = 1e-3  # share of the cheapest route that counts as breaking them
SPREAD = 0.01  # weight of loads that are not there, so that shares are of use elsewhere, too
BEST = 20  # routes of each type that one search adds at most
TINY = 1e-9
STEP_H, COARSE_H = 0.05, 0.25  # of the table of what a route may still gain, for all and for few
STEPS = 400  # of that table at most


@dataclass(frozen=True)
class DayLoads:
    """Loads of one depot on the day, sorted by place.

    Attributes
    ----------
    place : stop of :class:`~coldchain.routing.shares.Trucks` at which each lies, shape (n,)
    most_t : the most of each, shape (n,)
    """

    place: Indices
    most_t: Floats

    def radial_cny_t(self, trucks: Trucks) -> Floats:
        """Return the shares of the radial bound: each tonne its part of a full vehicle's straight trip, shape (n,)."""
        way = trucks.legs_cny[:, 0, 1:] + trucks.legs_cny[:, 1:, 0]
        full = trucks.payload_t[:, None]
        there = np.bincount(self.place, self.most_t, way.shape[1])
        halt = trucks.halt_cny[:, None] / np.minimum(np.maximum(there, TINY), full)
        each = (trucks.fixed_cny[:, None] + way) / full + halt + trucks.load_cny_t[:, None]
        return np.asarray(each.min(axis=0)[self.place])


class RelaxedRoutes(NamedTuple):
    """Routes: tonnes of each load, shape (routes, n), and CNY."""

    load_t: Floats
    cost_cny: Floats


LABEL = np.dtype(
    [
        ("worth_cny", np.float64), ("gain_cny", np.float64), ("load_t", np.float64), ("since_h", np.float64),
        ("part_cny_t", np.float64), ("part_t", np.float64), ("largest_t", np.float64), ("first", np.int16),
        ("seen", np.int16), ("after", np.int32), ("worse", np.int32),
    ]
)  # fmt: skip
"""A relaxed route from a load to the depot.

``gain_cny``: shares less costs; ``load_t``: whole loads aboard; ``since_h``: hours from arrival at the first stop to
the depot; ``part_cny_t, part_t``: gain per tonne of the load of which a part is fetched, and the most of it, 0 without
one; ``largest_t``: whole load, whose loading is free; ``worth_cny``: gain with as much of the part as there is room
for; ``first``: load; ``seen``: memory, a bit a near load; ``after``: label of the rest; ``worse``: next label of the
load, by worth.
"""


class RouteType(NamedTuple):
    """A vehicle type on the day.

    Attributes
    ----------
    legs_cny, legs_h : from load to load, shape (n + 1, n + 1), row 0 the depot; 0 within a place
    halt_cny, halt_h : of fetching a load after another, shape (n, n + 1), the depot first; 0 within a place
    payload_t, fixed_cny, load_h_t, aboard_h, shift_h : what it holds, CNY a route, hours to load a tonne, most hours
        from the end of loading to the depot and of a route
    home_cny : of the shortest leg from the depot
    """

    legs_cny: Floats
    legs_h: Floats
    halt_cny: Floats
    halt_h: Floats
    payload_t: float
    fixed_cny: float
    load_h_t: float
    aboard_h: float
    shift_h: float
    home_cny: float


class Wanted(NamedTuple):
    """Loads that routes are sought for, shape (n,): place, gain per tonne, the most of each; which are near.

    Attributes
    ----------
    greatest_cny_t, largest_t : of these gains, and of the loads
    near : nearest loads of each, itself first, -1 for none, shape (n, MEMORY)
    rank : of a load (second) among those near another (first), -1 for none, shape (n, n)
    closest : all loads by how near they are to each, itself first, shape (n, n)
    """

    place: Ints
    gain_cny_t: Floats
    greatest_cny_t: float
    most_t: Floats
    largest_t: float
    near: Ints
    rank: Ints
    closest: Ints


class Further(NamedTuple):
    """The most that a relaxed route can still gain from a load on, by steps of hours left aboard, shape (2, steps, n).

    The first row without, the second with a part to fetch.

    Attributes
    ----------
    most, other, to : the most; the most by another next load; the next load, -1 for the depot
    step_h : no more than any two places are apart; all there is where the table tells nothing
    """

    most: Floats
    other: Floats
    to: Ints
    step_h: float

    @classmethod
    def empty(cls, loads: int, kind: RouteType, largest_t: float, step_h: float) -> Further:
        """Return a table to fill in; one that tells nothing where places are so near that it would be too long."""
        all_h = kind.aboard_h + kind.load_h_t * largest_t
        known = step_h * STEPS > all_h
        shape = 2, math.ceil(all_h / step_h) + 2 if known else 3, loads
        return cls(np.full(shape, np.inf), np.full(shape, np.inf), np.full(shape, -1), step_h if known else all_h)


@hot
def _worth(labels: NDArray[np.void], one: int, room_t: float) -> float:
    """Gain of a label once so much room is left for the load of which a part is fetched."""
    return float(labels[one].gain_cny + labels[one].part_cny_t * min(labels[one].part_t, max(room_t, 0.0)))


@hot
def _dominates(labels: NDArray[np.void], one: int, other: int, payload_t: float, load_h_t: float) -> bool:
    """Tell whether whatever the other label may become, this one may become and gain as much."""
    if labels[one].since_h > labels[other].since_h or labels[one].load_t > labels[other].load_t:
        return False
    larger_t = max(labels[one].largest_t - labels[other].largest_t, 0.0)
    if labels[one].since_h + load_h_t * larger_t > labels[other].since_h:
        return False
    if labels[one].seen & ~labels[other].seen:
        return False
    if labels[one].part_t > 0.0 and labels[other].part_t <= 0.0:
        return False
    room, theirs = payload_t - labels[one].load_t, payload_t - labels[other].load_t
    for bend in (0.0, theirs, room - labels[one].part_t, theirs - labels[other].part_t):
        more = min(max(bend, 0.0), theirs)
        if _worth(labels, one, room - more) < _worth(labels, other, theirs - more) - TINY:
            return False
    return True


@hot
def _keep(labels: NDArray[np.void], best: Ints, count: int, payload_t: float, load_h_t: float, few: int) -> int:
    """Put label number ``count`` among those of its load, by greatest worth, unless one of them dominates it.

    Those that it dominates go; none is put behind ``few`` others. Returns how many there are.
    """
    first, before, better = labels[count].first, -1, 0
    worth = _worth(labels, count, payload_t - labels[count].load_t)
    labels[count].worth_cny = worth
    at = best[first]
    while at >= 0 and labels[at].worth_cny >= worth - TINY:
        better += 1
        if better >= few or _dominates(labels, at, count, payload_t, load_h_t):
            return count
        before, at = at, labels[at].worse
    labels[count].worse = at
    if before < 0:
        best[first] = count
    else:
        labels[before].worse = count
    before = count
    while at >= 0 and better < few:
        better, further = better + 1, labels[at].worse
        if _dominates(labels, count, at, payload_t, load_h_t):
            labels[before].worse = further
            labels[at].gain_cny = -np.inf
        else:
            before = at
        at = further
    return count + 1


@hot
def _work_out(kind: RouteType, wanted: Wanted, further: Further) -> None:
    """Fill the table in; loads that the vehicle does not hold are not looked at, nor memory but for the last load."""
    for s in range(further.most.shape[1]):
        for i in range(len(wanted.place) - 1, -1, -1):
            for free in range(2):
                first, second, best_to = -kind.legs_cny[0, i + 1], -kind.legs_cny[0, i + 1], -1
                for k in range(len(wanted.place)):
                    best = _going_on(kind, wanted, further, s, i, k, free)
                    if best > first:
                        first, second, best_to = best, first, k
                    elif best > second:
                        second = best
                further.most[free, s, i], further.other[free, s, i], further.to[free, s, i] = first, second, best_to


@hot
def _going_on(kind: RouteType, wanted: Wanted, further: Further, s: int, i: int, k: int, free: int) -> float:
    """Return the most that a route gains from load i on with so many steps left when it goes to load k next."""
    leg_h, within = kind.legs_h[k + 1, i + 1], wanted.place[k] == wanted.place[i]
    if wanted.gain_cny_t[k] <= 0.0 or (within and k <= i) or leg_h > s * further.step_h:
        return -np.inf
    gain = wanted.gain_cny_t[k] * wanted.most_t[k] - kind.legs_cny[k + 1, i + 1] - kind.halt_cny[k, i + 1]
    then = -np.inf
    for part in range(free + 1):
        left_h = s * further.step_h - leg_h - kind.halt_h[k, i + 1]
        left_h -= 0.0 if part else kind.load_h_t * wanted.most_t[k]
        at = min(max(math.ceil(left_h / further.step_h - TINY), 0), s if within else s - 1)
        then = max(then, _then(wanted, further, at, free - part, k, i))
    return float(gain + then)


@hot
def _then(wanted: Wanted, further: Further, step: int, free: int, k: int, i: int) -> float:
    """Return the most that a route gains from load k on, that load i follows; -1 for the depot.

    The search does not go back to i where that is among the nearest of k; elsewhere it may.
    """
    if i >= 0 and further.to[free, step, k] == i and wanted.rank[k, i] >= 0:
        return float(further.other[free, step, k])
    return float(further.most[free, step, k])


@hot
def _remembered(wanted: Wanted, i: int, k: int, seen: int) -> int:
    """Return what a route knows of what it fetched once load k comes before load i; -1 where k was fetched."""
    if wanted.rank[i, k] >= 0 and seen >> wanted.rank[i, k] & 1:
        return -1
    memory = 1
    for b in range(1, wanted.near.shape[1]):
        v = wanted.near[k, b]
        if v >= 0 and wanted.rank[i, v] >= 0 and seen >> wanted.rank[i, v] & 1:
            memory |= 1 << b
    return memory


@compiled
def _search(
    kind: RouteType, wanted: Wanted, further: Further, labels: NDArray[np.void], best: Ints, least_cny: float, few: int,
    closest: int,
) -> int:  # fmt: skip
    """Label relaxed routes that may gain more than ``least_cny``; returns how many, -1 where there are too many.

    Parameters
    ----------
    few, closest : how many from each load to go on with, and to how many
    """
    n, begin, end = len(wanted.place), 0, 0
    if further.most.shape[1] > 3:
        _work_out(kind, wanted, further)
    for k in range(n):
        best[k] = -1
    for k in range(n):
        if wanted.gain_cny_t[k] > 0.0 and kind.legs_h[k + 1, 0] <= kind.aboard_h:
            end = _put_first(kind, wanted, further, labels, best, -1, end, k, least_cny, few)
    while begin < end:
        count = end
        for one in range(begin, end):
            i = labels[one].first
            for m in range(min(closest, n) if labels[one].gain_cny > -np.inf else 0):
                k = wanted.closest[i, m]
                if wanted.gain_cny_t[k] <= 0.0 or (k <= i and wanted.place[k] == wanted.place[i]):
                    continue
                if kind.legs_h[k + 1, i + 1] + labels[one].since_h <= kind.aboard_h:
                    count = _put_first(kind, wanted, further, labels, best, one, count, k, least_cny, few)
                    if count < 0:
                        return -1
        begin, end = end, count
    return end


@hot
def _put_first(
    kind: RouteType,
    wanted: Wanted,
    further: Further,
    labels: NDArray[np.void],
    best: Ints,
    one: int,
    count: int,
    k: int,
    least_cny: float,
    few: int,
) -> int:
    """Put load k, whole and a part, before the route of a label, -1 for none, where that may gain enough.

    Returns
    -------
    How many labels there are; -1 where there is no room for more.
    """  # fmt: skip
    some, memory = one >= 0, -2
    i, begun, room, since = -1, -kind.fixed_cny, kind.payload_t, 0.0
    part_cny_t, part_t, largest_t = 0.0, 0.0, 0.0
    if some:
        i, begun, since, largest_t = labels[one].first, labels[one].gain_cny, labels[one].since_h, labels[one].largest_t
        room, part_cny_t, part_t = room - labels[one].load_t, labels[one].part_cny_t, labels[one].part_t
    gain_cny_t, most_t, parted = wanted.gain_cny_t[k], wanted.most_t[k], part_t > 0.0
    begun -= kind.legs_cny[k + 1, i + 1] + kind.halt_cny[k, i + 1]
    since += kind.legs_h[k + 1, i + 1] + kind.halt_h[k, i + 1]
    for part in range(1 if parted else 2):
        whole = 0.0 if part else most_t
        gain, left = begun + gain_cny_t * whole, room - whole
        later, larger_t = since + kind.load_h_t * min(whole, largest_t), max(whole, largest_t)
        if left < 0.0 or gain + wanted.greatest_cny_t * left - kind.home_cny <= least_cny:
            continue
        if part:
            part_cny_t, part_t = gain_cny_t, most_t
        spare_h = kind.load_h_t * max(wanted.largest_t - larger_t, 0.0)
        step = max(math.ceil((kind.aboard_h - later + spare_h) / further.step_h), 0)
        then = _then(wanted, further, step, 0 if part_t > 0.0 else 1, k, i)
        if gain + part_cny_t * min(part_t, left) + then <= least_cny:
            continue
        if memory == -2:
            memory = _remembered(wanted, i, k, labels[one].seen) if some else 1
        if memory == -1:
            break
        if count >= len(labels):
            return -1
        labels[count].gain_cny, labels[count].load_t, labels[count].since_h = gain, kind.payload_t - left, later
        labels[count].part_cny_t, labels[count].part_t, labels[count].largest_t = part_cny_t, part_t, larger_t
        labels[count].first, labels[count].after, labels[count].seen = k, one, memory
        count = _keep(labels, best, count, kind.payload_t, kind.load_h_t, few)
    return count


@compiled
def _close(kind: RouteType, labels: NDArray[np.void], closed: Floats) -> None:
    """Work out the gain of each label once the depot is put before it; -inf where the shift is too short."""
    for one in range(len(closed)):
        i = labels[one].first
        closed[one] = -np.inf
        if kind.legs_h[0, i + 1] + labels[one].since_h <= kind.shift_h:
            closed[one] = _worth(labels, one, kind.payload_t - labels[one].load_t) - kind.legs_cny[0, i + 1]


@dataclass(frozen=True)
class _Broken:
    """Routes that break shares: the most by which one does, CNY, and in its cost; whether all were looked at."""

    broken_cny: float
    ratio: float
    whole: bool


class RelaxedFinder:
    """Finds shares for days of one depot and period; routes once found are kept for the next day.

    Parameters
    ----------
    trucks : types on offer
    parcels : all loads
    core : numbers of those that get shares of routes; the others pay for loading only
    known : routes to begin with
    """

    def __init__(self, trucks: Trucks, parcels: DayLoads, core: Indices, known: RelaxedRoutes | None = None) -> None:
        self.trucks, self.parcels, self.core = trucks, parcels, core
        n, place = len(core), parcels.place[core]
        self.most_t = np.ascontiguousarray(parcels.most_t[core])
        within = place[:, None] == np.concatenate([[-1], place])[None, :]
        self.kinds = [self._kind(t, np.concatenate([[0], place + 1]), within) for t in range(len(trucks.payload_t))]
        largest = float(self.most_t.max(initial=0.0))
        apart = [float((kind.legs_h[1:] + kind.halt_h).min(where=~within, initial=STEP_H)) for kind in self.kinds]
        self.all_left = [
            Further.empty(n, kind, largest, step_h) for kind, step_h in zip(self.kinds, apart, strict=True)
        ]
        self.few_left = [Further.empty(n, kind, largest, COARSE_H) for kind in self.kinds]
        way = self.kinds[0].legs_h[1:, 1:]
        closest = np.argsort(way + way.T - np.eye(n), axis=1, kind="stable")
        order = closest[:, :MEMORY]
        near, rank = np.full((n, MEMORY), -1, dtype=np.int64), np.full((n, n), -1, dtype=np.int64)
        near[:, : order.shape[1]] = order
        np.put_along_axis(rank, order, np.arange(order.shape[1]), axis=1)
        self.wanted = Wanted(place.astype(np.int64), np.zeros(n), 0.0, self.most_t, largest, near, rank, closest)
        self.labels, self.first = np.zeros(LABELS, dtype=LABEL), np.zeros(n, dtype=np.int64)
        self.rows: list[Floats] = []
        self.costs: list[float] = []
        self.least_cny, self.searches, self.share = np.inf, 0, np.zeros(n)
        for t, kind in enumerate(self.kinds):
            alone = kind.fixed_cny + kind.legs_cny[0, 1:] + kind.legs_cny[1:, 0] + kind.halt_cny[:, 0]
            self.least_cny = min(self.least_cny, float(alone.min(initial=np.inf)))
            fetched = np.diag(np.minimum(self.most_t, kind.payload_t))
            self._add(fetched, alone + trucks.load_cny_t[t] * fetched.sum(axis=1))
        if known is not None:
            inside = np.isclose(known.load_t[:, core].sum(axis=1), known.load_t.sum(axis=1))
            self._add(known.load_t[inside][:, core], known.cost_cny[inside])

    def routes(self) -> RelaxedRoutes:
        """Return the routes found that the last shares nearly pay, but for those that fetch one load."""
        rows, costs = np.array(self.rows), np.array(self.costs)
        some = ((rows > 0.0).sum(axis=1) > 1) & (rows @ self.share > (1.0 - PAID) * costs)
        load = np.zeros((int(some.sum()), len(self.parcels.place)))
        load[:, self.core] = rows[some]
        return RelaxedRoutes(load, costs[some])

    def _kind(self, t: int, stops: Indices, within: Bools) -> RouteType:
        """Return a type by loads, the depot first."""
        trucks = self.trucks
        legs_cny, legs_h = (
            np.ascontiguousarray(legs[t][np.ix_(stops, stops)]) for legs in (trucks.legs_cny, trucks.legs_h)
        )
        halt_cny, halt_h = (np.where(within, 0.0, halt) for halt in (trucks.halt_cny[t], trucks.halt_h))
        aboard = min(trucks.aboard_h, float(trucks.shift_h[t])) + HOURS_TOLERANCE
        return RouteType(
            legs_cny, legs_h, halt_cny, halt_h, float(trucks.payload_t[t]), float(trucks.fixed_cny[t]),
            trucks.load_h_t, aboard, float(trucks.shift_h[t]) + HOURS_TOLERANCE,
            float(legs_cny[0, 1:].min(initial=np.inf)),
        )  # fmt: skip

    def _add(self, load_t: Floats, cost_cny: Floats) -> None:
        known = np.isfinite(cost_cny)
        self.rows += list(load_t[known])
        self.costs += cost_cny[known].tolist()

    def best(self, load_t: Floats) -> Floats | None:
        """Return valid shares that are worth nearly most on a day, CNY/t; None where too many routes may break them.

        Parameters
        ----------
        load_t : t of each load that is fetched
        """
        weight = load_t[self.core] + SPREAD * self.most_t
        for _ in range(ROUNDS):
            solved = linprog(-weight, A_ub=np.array(self.rows), b_ub=np.array(self.costs), bounds=(0.0, None))
            if solved.x is None:
                return None
            share = self.share = np.maximum(solved.x, 0.0)
            if self._broken(share, FEW).ratio > 1.0 + CLOSE:
                continue
            found = self._broken(share)
            if not found.whole:
                return None
            if found.ratio <= 1.0 + CLOSE:
                return self._valid(share / found.ratio, load_t)
        return None

    def _valid(self, share: Floats, load_t: Floats) -> Floats | None:
        """Return shares made as small as the route that breaks them most asks (Dinkelbach 1967)."""
        for _ in range(SCALINGS):
            found = self._broken(share)
            if not found.whole:
                return None
            if found.broken_cny <= LEAST * self.least_cny:
                cny_t = np.full(len(load_t), self.trucks.load_cny_t.min())
                cny_t[self.core] = share / (1.0 + LEAST)
                return cny_t
            share = share / found.ratio
        return None

    def _broken(self, share: Floats, few: int = LABELS) -> _Broken:
        """Add routes that break shares most; types without end are looked at until one breaks them."""
        self.searches += 1
        found: list[_Broken] = []
        for t in range(len(self.kinds)):
            found.append(self._routes(t, share, few))
            if few == LABELS and found[-1].ratio > 1.0 + CLOSE:
                break
        return _Broken(
            max(one.broken_cny for one in found), max(one.ratio for one in found), all(one.whole for one in found)
        )

    def _routes(self, t: int, share: Floats, few: int) -> _Broken:
        """Add routes of a type that break shares most."""
        kind, least = self.kinds[t], LEAST * self.least_cny
        gain = share - self.trucks.load_cny_t[t]
        wanted = self.wanted._replace(gain_cny_t=gain, greatest_cny_t=max(float(gain.max(initial=0.0)), 0.0))
        left, closest = (self.few_left[t], CLOSEST) if few < LABELS else (self.all_left[t], len(share))
        count = _search(kind, wanted, left, self.labels, self.first, least, few, closest)
        if count < 0:
            return _Broken(0.0, 1.0, whole=False)
        closed = np.zeros(count)
        _close(kind, self.labels, closed)
        some = np.argsort(-closed, kind="stable")
        some = some[closed[some] > least]
        _first, at = np.unique(self.labels["first"][some], return_index=True)
        some = some[np.sort(at)[:BEST]]
        if not len(some):
            return _Broken(0.0, 1.0, whole=True)
        loads = np.array([self._fetched(kind, int(one)) for one in some])
        paid = loads @ share
        self._add(loads, paid - closed[some])
        return _Broken(float(closed[some].max()), float((paid / (paid - closed[some])).max()), whole=True)

    def _fetched(self, kind: RouteType, one: int) -> Floats:
        """Tonnes of each load that the route of a label fetches."""
        labels, found = self.labels, np.zeros(len(self.core))
        room = kind.payload_t - labels["load_t"][one]
        while one >= 0:
            after = int(labels["after"][one])
            whole = labels["load_t"][one] - (labels["load_t"][after] if after >= 0 else 0.0)
            part = labels["part_t"][one] > 0.0 and (after < 0 or labels["part_t"][after] <= 0.0)
            found[labels["first"][one]] += min(labels["part_t"][one], room) if part else whole
            one = after
        return found
