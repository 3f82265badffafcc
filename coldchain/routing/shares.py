"""What stops pay for the routes of a day at least: fair shares that no set of routes undercuts.

A route of type t that calls at the stops S and takes ``y_i ≤ q_i`` tonnes at each, ``Σ y ≤ Q_t``, costs

    cost_t(S, y) = fixed_t + tour_t(S) + halt_t·|S| + load_t·Σ y,

``tour_t(S)`` being the cheapest way from the depot through S and back. Shares ``(c, g, f)`` are *valid* when

    Σ_{i in S} (c_i·y_i + g_i) + f_t ≤ cost_t(S, y)        for every type, every S and every y.

Then any routes, ``N_t`` of each type, that fetch ``L_i`` tonnes in all at stop i cost at least ``Σ c_i·L_i + Σ g_i + Σ
f_t·N_t``, with the g_i of the stops they call at: sum the condition over the routes; a stop is called at once or more,
and g ≥ 0. Loads may be split between routes, and between depots, in any way.

Valid shares are the duals of the set covering problem over all routes. `ShareFinder` finds those that are worth most
on a given day: a linear programme over the violated conditions only. For one S the worst y fills the truck from the
stop with the greatest c, so all of them are checked by one pass over the subsets of at most `CORE` stops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from coldchain.arrays import HOURS_TOLERANCE, Floats, Ints
from coldchain.compiled import njit

CORE = 14  # stops whose subsets are listed; further ones pay their halts and loading only
ROUNDS = 40
CLOSE = 1e-3  # of a lone trip's cost: violation that is made good by lowering f instead of another round
SPREAD = 1e-4  # weight of loads that are not there, so that shares are of use elsewhere, too


@dataclass(frozen=True)
class Trucks:
    """Collection vehicles from one depot, by type; T types, n stops.

    Attributes
    ----------
    legs_cny, legs_h : (T, n + 1, n + 1) least cost and least hours from place to place, row 0 the depot; each obeys
        the triangle inequality
    payload_t, fixed_cny, halt_cny, load_cny_t : (T,)
    shift_h, drive_h : (T,) most hours of driving and halts on a route, and of driving alone
    halt_h, load_h_t : hours of a halt besides loading; hours of loading a tonne
    aboard_h : most hours from the end of loading at a stop to the depot
    """

    legs_cny: Floats
    legs_h: Floats
    payload_t: Floats
    fixed_cny: Floats
    halt_cny: Floats
    load_cny_t: Floats
    shift_h: Floats
    drive_h: Floats
    halt_h: float
    load_h_t: float = 0.0
    aboard_h: float = float("inf")


@dataclass(frozen=True)
class RouteShares:
    """Valid shares: CNY per tonne of each stop, CNY of each stop called at, CNY of each route by type."""

    load_cny_t: Floats
    stop_cny: Floats
    route_cny: Floats


@dataclass(frozen=True)
class FetchedDay:
    """What to find shares for: tonnes (n,) and calls (n,) of the stops, routes (T,) of the types; may be fractions."""

    load_t: Floats
    called: Floats
    routes: Floats


def radial_shares(trucks: Trucks, all_t: Floats) -> RouteShares:
    """Return the shares of the radial bound: each tonne its part of a full truck's straight trip."""
    way = trucks.legs_cny[:, 0, 1:] + trucks.legs_cny[:, 1:, 0]
    full = trucks.payload_t[:, None]
    each = way / full + trucks.halt_cny[:, None] / np.minimum(all_t, full) + trucks.load_cny_t[:, None]
    return RouteShares(each.min(axis=0), np.zeros(len(all_t)), trucks.fixed_cny.copy())


def least_shares(trucks: Trucks, all_t: Floats) -> Floats:
    """Return CNY/t of halts and loading alone, what a stop pays that other stops' shares leave out."""
    full = trucks.payload_t[:, None]
    return np.asarray((trucks.halt_cny[:, None] / np.minimum(all_t, full) + trucks.load_cny_t[:, None]).min(axis=0))


class ShareFinder:
    """Finds shares for days of one depot and period; conditions once met are kept for the next day.

    Parameters
    ----------
    trucks : types on offer
    all_t : (n,) most each stop can load on the day
    """

    def __init__(self, trucks: Trucks, all_t: Floats) -> None:
        self.trucks, self.all_t = trucks, all_t
        self._programmes: dict[bytes, _Programme] = {}

    def best(self, day: FetchedDay) -> RouteShares:
        """Return valid shares of greatest worth ``c·load_t + g·called + f·routes`` on a day.

        Stops beyond the `CORE` with the greatest loads get :func:`least_shares`: leaving them out of a route saves its
        halts and loading there, and the way gets no longer.
        """
        core = np.sort(np.argsort(-day.load_t, kind="stable")[:CORE])
        key = core.tobytes()
        if key not in self._programmes:
            self._programmes[key] = _Programme(self.trucks, self.all_t, core)
        part = self._programmes[key].maximise(day)
        load, stop = least_shares(self.trucks, self.all_t), np.zeros(len(self.all_t))
        load[core], stop[core] = part.load_cny_t, part.stop_cny
        return RouteShares(load, stop, part.route_cny)


def _tables(trucks: Trucks, t: int, core: Ints) -> Floats:
    """Cost of the cheapest tour of each subset (bit mask), inf where no driver has the hours for it."""
    places = np.concatenate([[0], core + 1])
    square = np.ix_(places, places)
    cost = _tours(trucks.legs_cny[t][square])
    hours = _tours(trucks.legs_h[t][square])
    late = hours + trucks.halt_h * _sizes(len(core)) > trucks.shift_h[t] + HOURS_TOLERANCE
    late |= hours > trucks.drive_h[t] + HOURS_TOLERANCE
    return np.where(late, np.inf, cost)


def _sizes(n: int) -> Floats:
    size = np.zeros(1)
    for _ in range(n):
        size = np.concatenate([size, size + 1.0])
    return size


@njit(cache=True, nogil=True)
def _tours(legs: Floats) -> Floats:
    """Held & Karp 1962, doi 10.1137/0110015: shortest round trip from place 0 through each subset of the others."""
    n = len(legs) - 1
    ends = np.full((1 << n, max(n, 1)), np.inf)
    tour = np.zeros(1 << n)
    for i in range(n):
        ends[1 << i, i] = legs[0, i + 1]
    for mask in range(1, 1 << n):
        best = np.inf
        for i in range(n):
            here = ends[mask, i]
            if not np.isfinite(here):
                continue
            best = min(best, here + legs[i + 1, 0])
            for k in range(n):
                if not mask >> k & 1:
                    grown = mask | 1 << k
                    ends[grown, k] = min(ends[grown, k], here + legs[i + 1, k + 1])
        tour[mask] = best
    return tour


@njit(cache=True, nogil=True)
def _worst(
    tour: Floats, order: Ints, gain: Floats, most: Floats, stop: Floats, figures: tuple[float, float, float]
) -> tuple[Floats, Ints]:
    """Return for each stop the greatest violation of a subset that holds it, and that subset; -inf where none.

    ``gain``: CNY/t above loading; ``stop``: g less the halt; ``figures``: payload, fixed cost less f, least to tell.
    """
    payload, fixed, least = figures
    n = len(order)
    worst, sets = np.full(n, -np.inf), np.zeros(n, np.int64)
    for mask in range(1, 1 << n):
        if not np.isfinite(tour[mask]):
            continue
        value, room = -fixed - tour[mask], payload
        for i in order:
            if mask >> i & 1:
                value += stop[i]
                if gain[i] > 0.0 and room > 0.0:
                    taken = min(most[i], room)
                    value += gain[i] * taken
                    room -= taken
        if value > least:
            for i in range(n):
                if mask >> i & 1 and value > worst[i]:
                    worst[i], sets[i] = value, mask
    return worst, sets


class _Programme:
    """The linear programme over the shares of some stops, its conditions generated as they are broken."""

    def __init__(self, trucks: Trucks, all_t: Floats, core: Ints) -> None:
        self.trucks, self.all_t, self.core = trucks, all_t[core], core
        self.tables = [_tables(trucks, t, core) for t in range(len(trucks.payload_t))]
        self.rows: list[Floats] = []
        self.costs: list[float] = []
        lone = trucks.fixed_cny[:, None] + trucks.legs_cny[:, 0, core + 1] + trucks.legs_cny[:, core + 1, 0]
        self.trip = float(lone[np.isfinite(lone)].max(initial=1.0))
        start = radial_shares(trucks, all_t)
        self.start = RouteShares(start.load_cny_t[core], start.stop_cny[core], start.route_cny)
        for t in range(len(self.tables)):
            for i in range(len(core)):
                self._add(t, 1 << i, np.ones(len(core)))

    def maximise(self, day: FetchedDay) -> RouteShares:
        """Solve until no condition is broken by more than a trifle, which f makes good."""
        n, types = len(self.core), len(self.tables)
        spread = self.all_t * SPREAD
        worth = np.concatenate([day.load_t[self.core] + spread, day.called[self.core], day.routes])
        most = 10.0 * self.trip
        bounds = [(0.0, None)] * n + [(0.0, most)] * n + [(-most, most)] * types
        for _ in range(ROUNDS):
            solved = linprog(-worth, A_ub=np.array(self.rows), b_ub=np.array(self.costs), bounds=bounds, method="highs")
            if solved.x is None:
                break
            now = RouteShares(np.maximum(solved.x[:n], 0.0), np.maximum(solved.x[n : 2 * n], 0.0), solved.x[2 * n :])
            broken = np.array([self._broken(t, now) for t in range(types)])
            if broken.max(initial=0.0) <= CLOSE * self.trip:
                return RouteShares(now.load_cny_t, now.stop_cny, now.route_cny - broken)
        return self.start

    def _broken(self, t: int, now: RouteShares) -> float:
        """Add the conditions of a type that shares break most; returns the greatest violation."""
        trucks = self.trucks
        gain = now.load_cny_t - trucks.load_cny_t[t]
        order = np.argsort(-gain, kind="stable")
        figures = (float(trucks.payload_t[t]), float(trucks.fixed_cny[t] - now.route_cny[t]), 0.0)
        worst, sets = _worst(self.tables[t], order, gain, self.all_t, now.stop_cny - trucks.halt_cny[t], figures)
        greatest = max(float(worst.max(initial=0.0)), 0.0)
        if greatest > CLOSE * self.trip:
            for mask in np.unique(sets[worst > 0.5 * CLOSE * self.trip]):
                self._add(t, int(mask), gain)
        return greatest

    def _add(self, t: int, mask: int, gain: Floats) -> None:
        """Add the condition of one type and subset, loaded by greatest gain first: coefficients of (c, g, f)."""
        trucks, n = self.trucks, len(self.core)
        row = np.zeros(2 * n + len(self.tables))
        room = float(trucks.payload_t[t])
        inside = [int(i) for i in np.argsort(-gain, kind="stable") if mask >> int(i) & 1]
        for i in inside:
            row[i] = min(float(self.all_t[i]), room) if gain[i] > 0 else 0.0
            row[n + i] = 1.0
            room -= row[i]
        row[2 * n + t] = 1.0
        cost = trucks.fixed_cny[t] + self.tables[t][mask] + trucks.halt_cny[t] * len(inside)
        cost += trucks.load_cny_t[t] * row[:n].sum()
        if np.isfinite(cost):
            self.rows.append(row)
            self.costs.append(float(cost))
