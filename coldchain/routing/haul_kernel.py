"""The compiled loops of joint line haul: the best tour of every set of depots, and the best choice among tours."""

from __future__ import annotations

import math

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, LOAD_TOLERANCE_T, Bools, Floats, Ints
from coldchain.compiled import njit

Ways = tuple[Floats, Floats, Floats, Floats]
Options = tuple[Floats, Floats, Ints, Floats]
Fleet = tuple[Floats, Bools]
Rides = tuple[Floats, Floats, Floats]
Drawn = tuple[Ints, Floats, Floats]
LEAST_CNY = 1e-6
CAPACITY, SPEED, DAY, KM, HOUR, SHIFT, DRIVE = range(7)


@njit(cache=True)
def trip_cny(truck: Floats, drive_h: float, rest_h: float, km: float) -> float:
    """Cost of one trip; ``truck`` is a row of figures, ``rest_h`` the hours at docks and of loading."""
    hours = drive_h + rest_h
    shifts = max((hours - HOURS_TOLERANCE) / truck[SHIFT], (drive_h - HOURS_TOLERANCE) / truck[DRIVE])
    crews = max(1.0, math.ceil(shifts))
    return float(crews * truck[DAY] + truck[KM] * km + truck[HOUR] * hours)


@njit(cache=True)
def ride_cny(table: Floats, steps: Floats, step_h: float, hours: float) -> float:
    """CNY/t of a ride ``hours`` longer than the direct one: ``table`` between its nodes, ``steps`` at the next node."""
    at = max(hours, 0.0) / step_h
    low = int(at)
    if at > table.size - 1:
        return math.inf
    high = min(low + 1, table.size - 1)
    nearest = round(at)
    following = nearest if abs(at - nearest) < 1e-9 else high
    return float(table[low] + (at - low) * (table[high] - table[low]) + steps[following])


@njit(cache=True)
def _lengths(calls: Ints, orders: Ints, between: Floats, to_hub: Floats) -> Floats:
    """Length of the tour in each order: to the first as far as back from it, along, and back from the last."""
    lengths = np.empty(len(orders))
    for n in range(len(orders)):
        length = to_hub[calls[orders[n, 0]]] + to_hub[calls[orders[n, calls.size - 1]]]
        for k in range(calls.size - 1):
            length += between[calls[orders[n, k]], calls[orders[n, k + 1]]]
        lengths[n] = length
    return lengths


@njit(cache=True)
def _rides_cny(calls: Ints, order: Ints, loads: Floats, ways: Ways, rides: Rides) -> float:
    """Value lost by riding longer than directly, for the depots of ``order``."""
    between_h, hub_h = ways[0], ways[2]
    rule, table, steps = rides
    dock_h, load_h_t, speed, step_h = rule
    size = order.size
    way, halts, total = hub_h[calls[order[size - 1]]], 0.0, 0.0
    for k in range(size - 2, -1, -1):
        here, following = order[k], order[k + 1]
        halts += dock_h + load_h_t * loads[following]
        way += between_h[calls[here], calls[following]]
        further = (way - hub_h[calls[here]]) / speed + halts
        total += loads[here] * ride_cny(table[calls[here]], steps[calls[here]], step_h, further)
    return total


@njit(cache=True)
def _next(option: Ints, counts: Ints, calls: Ints) -> bool:
    """Turn to the next combination of options; False after the last."""
    for k in range(calls.size):
        option[k] += 1
        if option[k] < counts[calls[k]]:
            return True
        option[k] = 0
    return False


@njit(cache=True)
def _best_order(
    calls: Ints, loads: Floats, truck: Floats, ways: Ways, rides: Rides, drawn: Drawn, below: float
) -> tuple[float, int]:
    """Find the order in which a truck fetches these loads for less than ``below``; cost and place, or -1."""
    orders, hours, kms = drawn
    rule = rides[0]
    halts_h = rule[0] * (1.0 + calls.size) + rule[1] * loads[: calls.size].sum()
    best, place = below, -1
    if trip_cny(truck, hours.min() / truck[SPEED], halts_h, kms.min()) >= below:
        return best, place
    for n in range(len(orders)):
        if not math.isfinite(hours[n]):
            continue
        total = trip_cny(truck, hours[n] / truck[SPEED], halts_h, kms[n])
        if total < best:
            total += _rides_cny(calls, orders[n, : calls.size], loads, ways, rides)
        if total < best - LEAST_CNY:
            best, place = total, n
    return best, place


@njit(cache=True)
def _best_tour(
    calls: Ints, ways: Ways, options: Options, fleet: Fleet, rides: Rides, orders: Ints
) -> tuple[float, int, int, Ints]:
    """Find the cheapest tour of one set of depots, with the full trucks before it; inf when nothing is gained."""
    rest_t, direct_cny, counts, apart_cny = options
    trucks, allowed = fleet
    drawn = (orders, _lengths(calls, orders, ways[0], ways[2]), _lengths(calls, orders, ways[1], ways[3]))
    best, cost, truck, place = apart_cny[calls].sum(), math.inf, 0, 0
    chosen, loads = np.zeros(calls.size, dtype=np.int64), np.zeros(calls.size)
    for v in range(len(trucks)):
        option = np.zeros(calls.size, dtype=np.int64)
        going = allowed[:, v][calls].all() and math.isfinite(drawn[1].min())
        while going:
            base = 0.0
            for k in range(calls.size):
                loads[k] = rest_t[calls[k], option[k]]
                base += direct_cny[calls[k], option[k]]
            if loads.sum() <= trucks[v, CAPACITY] + LOAD_TOLERANCE_T:
                found, order = _best_order(calls, loads, trucks[v], ways, rides, drawn, best - base)
                if order >= 0:
                    best = cost = base + found
                    truck, place = v, order
                    chosen[:] = option
            going = _next(option, counts, calls)
    return cost, truck, place, chosen


@njit(cache=True)
def best_tours(
    sets: Ints, orders: Ints, ways: Ways, options: Options, fleet: Fleet, rides: Rides
) -> tuple[Floats, Ints, Ints, Ints]:
    """Find for each set of depots the tour that undercuts their separate trips by most.

    Parameters
    ----------
    sets : depots of each set, shape (sets, most), padded with -1
    orders : permutations of 2, 3, ... depots, shape (most - 1, most!, most), padded with 0
    ways : h and km between depots, h and km to the hub
    options : t left for a tour by depot and option, cost of the full trucks before, number of options by depot, cost of
        each depot's separate trips
    fleet : figures of each truck, shape (trucks, 7); which may come to which depot, shape (depots, trucks)
    rides : (h at one dock, loading h/t, speed factor of rides, h between nodes), CNY/t by node, CNY/t in steps

    Returns
    -------
    cost (inf where nothing is gained), truck, position in the permutations, options: per set
    """
    count, most = sets.shape
    cost, truck = np.full(count, math.inf), np.zeros(count, dtype=np.int64)
    place, option = np.zeros(count, dtype=np.int64), np.zeros((count, most), dtype=np.int64)
    for s in range(count):
        size, ordered = 0, 1
        while size < most and sets[s, size] >= 0:
            size += 1
            ordered *= size
        mine = orders[size - 2, :ordered]
        cost[s], truck[s], place[s], option[s, :size] = _best_tour(sets[s, :size], ways, options, fleet, rides, mine)
    return cost, truck, place, option


@njit(cache=True)
def best_choice(n: int, members: Ints, gains: Floats, first: Ints) -> Ints:
    """Choose disjoint sets of most gain by dynamic programming over all subsets of the depots.

    Parameters
    ----------
    members : bit mask of each set, sorted by its lowest bit; first : where the sets of each lowest bit begin, (n + 1,)

    Returns
    -------
    positions of the sets chosen
    """
    value, taken = np.zeros(1 << n), np.full(1 << n, -1, dtype=np.int64)
    for mask in range(1, 1 << n):
        low = 0
        while not mask >> low & 1:
            low += 1
        value[mask] = value[mask & (mask - 1)]
        for c in range(first[low], first[low + 1]):
            if members[c] & mask == members[c]:
                worth = gains[c] + value[mask ^ members[c]]
                if worth > value[mask] + 1e-9:
                    value[mask], taken[mask] = worth, c
    chosen = []
    mask = (1 << n) - 1
    while mask:
        if taken[mask] >= 0:
            chosen.append(taken[mask])
            mask ^= members[taken[mask]]
        else:
            mask &= mask - 1
    return np.array(chosen, dtype=np.int64)
