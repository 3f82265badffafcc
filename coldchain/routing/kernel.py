"""The compiled loops of ruin and recreate, in one file: numba's cache on disk looks at the file of a function alone.

Slack induction by string removals (Christiaens & Vanden Berghe 2020, doi 10.1287/trsc.2019.0914): strings of
neighbouring stops are torn out of routes near to each other and put back greedily, blinking at one position in a
hundred; simulated annealing decides. Every insertion is judged in constant time. With ``W`` the weight aboard when the
vehicle leaves the stop before, a detour of ``Δ`` hours costs ``W·Δ``, and the new lot ``w·(hours from there to the
depot)``. Driving and halts are summed apart, since only driving depends on the speed of the vehicle, so that a route
can be priced for every vehicle type without another look at its stops.

Nodes 0..m-1 are depots, m..m+n-1 stops. Nothing here allocates while it runs, and nothing grows faster than the number
of stops, the matrices apart.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
INF = np.inf
Sums = tuple[float, float, float, float, float, float, float, float, float]
# Without reference counts on every array handed on, which would cost thirty times the arithmetic.
compiled = njit(cache=True, nogil=True, _nrt=False)

LOAD, VOLUME, WEIGHT, HALT, VALUE, BULK = range(6)  # columns of Data.stop; BULK = 0 for optional stops
PAYLOAD, SPACE, DAY, PER_KM, PER_H, PACE, SHIFT, COUNT = range(8)  # of Data.types; PACE = hours per reference hour
WPRE, TAIL, TAIL_HALT, KM_IN, H_IN = range(5)  # of State.node
NEXT, BEFORE, ROUTE = range(3)  # of State.link
R_KM, R_DRIVE, R_HALT, R_SPOIL, R_SPOIL_HALT, R_LOAD, R_VOLUME, R_COST, R_HOURS, R_ABOARD, R_KM_BACK, R_H_BACK = range(
    12
)
FIRST, LAST, SIZE, KIND, DEPOT = range(5)  # of State.ints_of
TOTAL, BEST, SOFT, SOFT_LEAST = range(4)  # of State.sums; SOFT = CNY of leaving out a stop of bulk 1, while searching
TOP, LOW, POOL, STAMP, SAVED, BLINK, BEST_AT, BEST_TOP, LACKING = range(9)  # of State.marks
UNLOAD_H, ABOARD_H, REMOVED, LONGEST, SPLIT, SKIP, BLINKS, WHOLE, LEAVING = range(9)  # of Data.rules
TRIED = 40  # nearest stops beside which an insertion is tried in large problems
PERIOD = 100  # iterations between two looks at how often stops are left out


class Data(NamedTuple):
    """What does not change: legs (from, to, (km, h)) and their transpose, or coordinates; stops, depots, types."""

    out: Floats
    into: Floats
    xy: Floats
    metric: Floats
    stop: Floats
    depots: Floats
    types: Floats
    rules: Floats
    near: Ints
    keys: Floats
    odds: Floats


class State(NamedTuple):
    """Routes as linked lists with their sums, what is left out, and the memory for undoing and for the best."""

    node: Floats
    link: Ints
    sums_of: Floats
    ints_of: Ints
    used: Ints
    depot_load: Floats
    depot_routes: Ints
    sums: Floats
    marks: Ints
    pool: Ints
    rank: Floats
    touched: Ints
    undo: Ints
    best_next: Ints
    best_route: Ints
    random: NDArray[np.uint64]


@compiled
def uniform(s: State) -> float:
    """Next number in [0, 1): xorshift64* (Marsaglia 2003, Vigna 2016)."""
    x = s.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    s.random[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) * 1.1102230246251565e-16


@compiled
def leg(p: Data, i: int, j: int) -> tuple[float, float]:
    """Kilometres and reference hours from node i to node j."""
    if p.xy.shape[0] == 0:
        return float(p.out[i, j, 0]), float(p.out[i, j, 1])
    x, y = p.xy[i, 0] - p.xy[j, 0], p.xy[i, 1] - p.xy[j, 1]
    far = math.sqrt(x * x + y * y)
    if p.metric[2] > 0.0:
        far = math.floor(far + 0.5)
    return float(far * p.metric[0]), float(far * p.metric[1])


@compiled
def leg_into(p: Data, j: int, i: int) -> tuple[float, float]:
    """Like `leg` from i to j, read from the row of j."""
    km, hours = leg(p, i, j) if p.xy.shape[0] > 0 else (p.into[j, i, 0], p.into[j, i, 1])
    return float(km), float(hours)


@compiled
def price(p: Data, kind: int, total: Sums) -> float:
    """CNY of a route with these sums driven by vehicle type ``kind``; inf when it breaks a limit.

    Sums: km, driving h, halts h, spoilage by driving, by halts, kg, m³, then driving and halts after the first stop.
    """
    km, drive, halt, spoil, spoil_halt, load, volume, tail, tail_halt = total
    if load > p.types[kind, PAYLOAD] or volume > p.types[kind, SPACE]:
        return INF
    pace = p.types[kind, PACE]
    hours = drive * pace + halt
    if hours > p.types[kind, SHIFT] or tail * pace + tail_halt > p.rules[ABOARD_H]:
        return INF
    money = p.types[kind, DAY] + p.types[kind, PER_KM] * km + p.types[kind, PER_H] * (hours + p.rules[UNLOAD_H])
    return float(money + spoil * pace + spoil_halt)


@compiled
def cheapest(p: Data, s: State, kept: int, total: Sums) -> tuple[float, int]:
    """Least price over the types of which a vehicle is free, ``kept`` being held already; ``(inf, -1)`` for none."""
    best, chosen = INF, -1
    for kind in range(p.types.shape[0]):
        if kind == kept or s.used[kind] < p.types[kind, COUNT]:
            cost = price(p, kind, total)
            if cost < best:
                best, chosen = cost, kind
    return best, chosen


@compiled
def walk_back(p: Data, s: State, last: int, back_h: float) -> tuple[float, float]:
    """Note the hours to the depot after each stop, from the last; spoilage by driving and by halts."""
    node = s.node
    tail, tail_halt, spoil, spoil_halt, i = back_h, 0.0, 0.0, 0.0, last
    while i >= 0:
        node[i, TAIL], node[i, TAIL_HALT] = tail, tail_halt
        spoil += p.stop[i, WEIGHT] * tail
        spoil_halt += p.stop[i, WEIGHT] * tail_halt
        tail += node[i, H_IN]
        tail_halt += p.stop[i, HALT]
        i = s.link[i, BEFORE]
    return spoil, spoil_halt


@compiled
def refresh(p: Data, s: State, r: int, choose: bool) -> bool:
    """Bring every sum of route r up to date, and the totals of the plan with it; perhaps choose its vehicle type anew.

    Returns False, with the route out of all totals, when no vehicle can drive it: without the triangle inequality
    leaving a stop out may do that.
    """
    route, sums, node, link = s.ints_of[r], s.sums_of[r], s.node, s.link
    depot, kept = route[DEPOT], route[KIND]
    if kept >= 0:
        s.used[kept] -= 1
        s.depot_load[depot] -= sums[R_LOAD]
        s.depot_routes[depot] -= 1
        s.sums[TOTAL] -= sums[R_COST]
        if s.depot_routes[depot] == 0:
            s.sums[TOTAL] -= p.depots[depot, 1]
    sums[:] = 0.0
    if route[SIZE] == 0:
        route[KIND] = -1
        s.marks[LOW] = min(s.marks[LOW], r)
        while s.marks[TOP] > 0 and s.ints_of[s.marks[TOP] - 1, SIZE] == 0:
            s.marks[TOP] -= 1
        return True
    weight = load = volume = km = drive = halt = 0.0
    i, before = route[FIRST], depot
    while i >= 0:
        way_km, way_h = leg(p, before, i)
        weight += p.stop[i, WEIGHT]
        node[i, WPRE], node[i, KM_IN], node[i, H_IN] = weight, way_km, way_h
        km += way_km
        drive += way_h
        load += p.stop[i, LOAD]
        volume += p.stop[i, VOLUME]
        halt += p.stop[i, HALT]
        before, i = i, link[i, NEXT]
    back_km, back_h = leg(p, before, depot)
    spoil, spoil_halt = walk_back(p, s, before, back_h)
    first = route[FIRST]
    km, drive = km + back_km, drive + back_h
    rest, rest_halt = node[first, TAIL], node[first, TAIL_HALT]
    total = (km, drive, halt, spoil, spoil_halt, load, volume, rest, rest_halt)
    cost, kind = cheapest(p, s, kept, total) if choose else (price(p, kept, total), kept)
    route[KIND] = kind
    if kind < 0:
        return False
    pace = p.types[kind, PACE]
    sums[R_KM], sums[R_DRIVE], sums[R_HALT], sums[R_SPOIL], sums[R_SPOIL_HALT] = km, drive, halt, spoil, spoil_halt
    sums[R_LOAD], sums[R_VOLUME], sums[R_COST], sums[R_HOURS] = load, volume, cost, drive * pace + halt
    sums[R_ABOARD], sums[R_KM_BACK], sums[R_H_BACK] = rest * pace + rest_halt, back_km, back_h
    s.used[kind] += 1
    s.depot_load[depot] += load
    s.sums[TOTAL] += cost
    if s.depot_routes[depot] == 0:
        s.sums[TOTAL] += p.depots[depot, 1]
    s.depot_routes[depot] += 1
    return True


@compiled
def hold(p: Data, s: State, r: int, kind: int) -> None:
    """Give route r a vehicle before its sums are known."""
    depot = s.ints_of[r, DEPOT]
    s.ints_of[r, KIND] = kind
    s.used[kind] += 1
    if s.depot_routes[depot] == 0:
        s.sums[TOTAL] += p.depots[depot, 1]
    s.depot_routes[depot] += 1


@compiled
def gain_at(p: Data, s: State, i: int, r: int, a: int, b: int) -> float:
    """CNY added by putting stop i between nodes a and b of route r; inf when a limit breaks."""
    m = p.depots.shape[0]
    in_km, in_h = leg_into(p, i, a)
    out_km, out_h = leg(p, i, b)
    if b >= m:
        more_km, more_h = in_km + out_km - s.node[b, KM_IN], in_h + out_h - s.node[b, H_IN]
    else:
        more_km, more_h = in_km + out_km - s.sums_of[r, R_KM_BACK], in_h + out_h - s.sums_of[r, R_H_BACK]
    tail, tail_halt = out_h + s.node[b, TAIL], p.stop[b, HALT] + s.node[b, TAIL_HALT]
    before, weight, halt = s.node[a, WPRE], p.stop[i, WEIGHT], p.stop[i, HALT]
    if p.types.shape[0] == 1:
        pace = p.types[0, PACE]
        hours, own = more_h * pace + halt, tail * pace + tail_halt
        aboard = own if a < m else s.sums_of[r, R_ABOARD] + hours
        if s.sums_of[r, R_HOURS] + hours > p.types[0, SHIFT] or aboard > p.rules[ABOARD_H]:
            return INF
        return float(p.types[0, PER_KM] * more_km + (p.types[0, PER_H] + before) * hours + weight * own)
    sums = s.sums_of[r]
    first = s.ints_of[r, FIRST]
    total = (
        sums[R_KM] + more_km, sums[R_DRIVE] + more_h, sums[R_HALT] + halt,
        sums[R_SPOIL] + before * more_h + weight * tail, sums[R_SPOIL_HALT] + before * halt + weight * tail_halt,
        sums[R_LOAD] + p.stop[i, LOAD], sums[R_VOLUME] + p.stop[i, VOLUME],
        tail if a < m else s.node[first, TAIL] + more_h, tail_halt if a < m else s.node[first, TAIL_HALT] + halt,
    )  # fmt: skip
    return float(cheapest(p, s, s.ints_of[r, KIND], total)[0] - sums[R_COST])


@compiled
def fits(p: Data, s: State, i: int, r: int) -> bool:
    """Whether any vehicle and the depot could take stop i's load into route r."""
    load, volume = s.sums_of[r, R_LOAD] + p.stop[i, LOAD], s.sums_of[r, R_VOLUME] + p.stop[i, VOLUME]
    depot = s.ints_of[r, DEPOT]
    if s.depot_load[depot] + p.stop[i, LOAD] > p.depots[depot, 0]:
        return False
    for kind in range(p.types.shape[0]):  # noqa: SIM110 - any() compiles to a slow generator
        if load <= p.types[kind, PAYLOAD] and volume <= p.types[kind, SPACE]:
            return True
    return False


@compiled
def new_route(p: Data, s: State, i: int) -> tuple[float, int]:
    """CNY of fetching stop i with a vehicle of its own, and the depot it starts from."""
    best, chosen = INF, -1
    for d in range(p.depots.shape[0]):
        load = p.stop[i, LOAD]
        if s.depot_load[d] + load > p.depots[d, 0]:
            continue
        out_km, out_h = leg_into(p, i, d)
        km, h = leg(p, i, d)
        weight = p.stop[i, WEIGHT]
        total = (km + out_km, h + out_h, p.stop[i, HALT], weight * h, 0.0, load, p.stop[i, VOLUME], h, 0.0)
        cost = cheapest(p, s, -1, total)[0]
        if s.depot_routes[d] == 0:
            cost += p.depots[d, 1]
        if cost < best:
            best, chosen = cost, d
    return best, chosen


@compiled
def best_everywhere(p: Data, s: State, i: int, best: float) -> tuple[float, int, int]:
    """Least CNY for stop i over all positions of all routes, the route and the node it goes after."""
    at, after, blink = -1, -1, s.marks[BLINK]
    for r in range(s.marks[TOP]):
        if s.ints_of[r, SIZE] == 0 or not fits(p, s, i, r):
            continue
        depot = s.ints_of[r, DEPOT]
        a, b = depot, s.ints_of[r, FIRST]
        while a >= 0:
            blink -= 1
            if blink < 0:
                blink = int(math.log(1.0 - uniform(s)) * p.rules[BLINKS])
            else:
                more = gain_at(p, s, i, r, a, b if b >= 0 else depot)
                if more < best:
                    best, at, after = more, r, a
            a = b
            if b >= 0:
                b = s.link[b, NEXT]
    s.marks[BLINK] = blink
    return best, at, after


@compiled
def best_nearby(p: Data, s: State, i: int, best: float) -> tuple[float, int, int]:
    """Like `best_everywhere`, only beside the stops near to i."""
    at, after, blink = -1, -1, s.marks[BLINK]
    m = p.depots.shape[0]
    for k in range(min(TRIED, p.near.shape[1])):
        j = p.near[i - m, k]
        r = s.link[j, ROUTE]
        if r < 0 or not fits(p, s, i, r):
            continue
        blink -= 1
        if blink < 0:
            blink = int(math.log(1.0 - uniform(s)) * p.rules[BLINKS])
            continue
        depot, a, b = s.ints_of[r, DEPOT], s.link[j, BEFORE], s.link[j, NEXT]
        more = gain_at(p, s, i, r, a if a >= 0 else depot, j)
        if more < best:
            best, at, after = more, r, a if a >= 0 else depot
        more = gain_at(p, s, i, r, j, b if b >= 0 else depot)
        if more < best:
            best, at, after = more, r, j
    s.marks[BLINK] = blink
    return best, at, after


@compiled
def save(s: State, r: int) -> None:
    """Remember route r as it was before this iteration, once."""
    if s.touched[r] == s.marks[STAMP]:
        return
    s.touched[r] = s.marks[STAMP]
    at = s.marks[SAVED]
    s.undo[at], s.undo[at + 1] = r, s.ints_of[r, SIZE]
    s.undo[at + 2], s.undo[at + 3] = s.ints_of[r, DEPOT], s.ints_of[r, KIND]
    at += 4
    i = s.ints_of[r, FIRST] if s.ints_of[r, SIZE] > 0 else -1
    while i >= 0:
        s.undo[at] = i
        at, i = at + 1, s.link[i, NEXT]
    s.marks[SAVED] = at


@compiled
def put(p: Data, s: State, i: int, r: int, after: int) -> None:
    """Link stop i into route r after a node; a depot means at the front."""
    save(s, r)
    link, route = s.link, s.ints_of[r]
    front = after < p.depots.shape[0]
    following = -1 if route[SIZE] == 0 else route[FIRST] if front else link[after, NEXT]
    link[i, BEFORE], link[i, NEXT], link[i, ROUTE] = -1 if front else after, following, r
    if front:
        route[FIRST] = i
    else:
        link[after, NEXT] = i
    if following >= 0:
        link[following, BEFORE] = i
    else:
        route[LAST] = i
    route[SIZE] += 1


@compiled
def take(s: State, i: int) -> None:
    """Unlink stop i from its route into the pool; the route's sums are left for `refresh`."""
    link = s.link
    route = s.ints_of[link[i, ROUTE]]
    a, b = link[i, BEFORE], link[i, NEXT]
    if a >= 0:
        link[a, NEXT] = b
    else:
        route[FIRST] = b
    if b >= 0:
        link[b, BEFORE] = a
    else:
        route[LAST] = a
    route[SIZE] -= 1
    link[i, ROUTE] = -1
    s.pool[s.marks[POOL]] = i
    s.marks[POOL] += 1


@compiled
def tear_route(p: Data, s: State, c: int) -> None:
    """Take the whole route of stop c apart."""
    r = s.link[c, ROUTE]
    save(s, r)
    while s.ints_of[r, SIZE] > 0:
        take(s, s.ints_of[r, FIRST])
    refresh(p, s, r, True)


@compiled
def tear_string(p: Data, s: State, c: int, most: float) -> None:
    """Take a string of stops with stop c in it out of c's route, perhaps sparing some in its midst."""
    r = s.link[c, ROUTE]
    save(s, r)
    size = s.ints_of[r, SIZE]
    length = int(uniform(s) * min(float(size), most)) + 1
    spared = 0
    if length > 1 and length < size and uniform(s) < p.rules[SPLIT]:
        spared = 1
        while length + spared < size and uniform(s) < p.rules[SKIP]:
            spared += 1
    window = length + spared
    place, i = 0, s.link[c, BEFORE]
    while i >= 0:
        place, i = place + 1, s.link[i, BEFORE]
    low, high = max(0, place - window + 1), min(place, size - window)
    back = place - (low + int(uniform(s) * (high - low + 1)))
    i = c
    for _ in range(back):
        i = s.link[i, BEFORE]
    gap = 1 + int(uniform(s) * (length - 1)) if spared > 0 else window
    for k in range(window):
        following = s.link[i, NEXT]
        if k < gap or k >= gap + spared:
            take(s, i)
        i = following
    if not refresh(p, s, r, True):
        tear_route(p, s, s.ints_of[r, FIRST])


@compiled
def ruin(p: Data, s: State) -> None:
    """Take strings out of routes near to a stop drawn by chance, now and then one whole route first."""
    m = p.depots.shape[0]
    n = p.stop.shape[0] - m
    routes = max(1, s.depot_routes.sum())
    most = min(p.rules[LONGEST], (n - s.marks[POOL]) / routes)
    strings = int(uniform(s) * (4.0 * p.rules[REMOVED] / (1.0 + most) - 1.0)) + 1
    seed = m + int(uniform(s) * n)
    r = s.link[seed, ROUTE]
    if r >= 0 and uniform(s) < p.rules[WHOLE] and s.ints_of[r, SIZE] <= 2 * p.rules[REMOVED]:
        tear_route(p, s, seed)
        strings -= 1
    for k in range(-1, p.near.shape[1]):
        if strings <= 0:
            break
        c = p.near[seed - m, k] if k >= 0 else seed
        r = s.link[c, ROUTE]
        if r >= 0 and s.touched[r] != s.marks[STAMP]:
            tear_string(p, s, c, most)
            strings -= 1


@compiled
def sort_pool(p: Data, s: State) -> None:
    """Put the pool in order of one key, drawn by the odds; the first key is chance."""
    draw, key = uniform(s) * p.odds[p.odds.shape[0] - 1], 0
    while p.odds[key] <= draw:
        key += 1
    count = s.marks[POOL]
    for k in range(count):
        i = s.pool[k]
        s.rank[k] = uniform(s) if key == 0 else p.keys[key, i]
    for k in range(1, count):
        i, value, at = s.pool[k], s.rank[k], k
        while at > 0 and s.rank[at - 1] > value:
            s.pool[at], s.rank[at] = s.pool[at - 1], s.rank[at - 1]
            at -= 1
        s.pool[at], s.rank[at] = i, value


@compiled
def recreate(p: Data, s: State, wide: bool) -> None:
    """Insert the pool greedily; what finds no place, or costs more than its value, stays."""
    sort_pool(p, s)
    count, s.marks[POOL] = s.marks[POOL], 0
    for k in range(count):
        i = s.pool[k]
        own, depot = new_route(p, s, i)
        worth = min(own, p.stop[i, VALUE])
        _, r, after = best_everywhere(p, s, i, worth) if wide else best_nearby(p, s, i, worth)
        if r < 0 and own <= p.stop[i, VALUE] and depot >= 0:
            while s.ints_of[s.marks[LOW], SIZE] > 0:
                s.marks[LOW] += 1
            r, after = s.marks[LOW], depot
            s.marks[TOP] = max(s.marks[TOP], r + 1)
            save(s, r)
            s.ints_of[r, DEPOT] = depot
        if r >= 0:
            put(p, s, i, r, after)
            refresh(p, s, r, True)
        else:
            s.pool[s.marks[POOL]] = i
            s.marks[POOL] += 1


@compiled
def behind(p: Data, s: State) -> tuple[float, float]:
    """CNY for what is left in the pool: in earnest, and as the search sees it."""
    hard = soft = 0.0
    for k in range(s.marks[POOL]):
        i = s.pool[k]
        hard += p.stop[i, VALUE]
        soft += s.sums[SOFT] * p.stop[i, BULK] if p.stop[i, BULK] > 0.0 else p.stop[i, VALUE]
    return hard, soft


@compiled
def restore(p: Data, s: State) -> None:
    """Bring back the saved routes: first free what they hold now, then rebuild them."""
    at = 0
    while at < s.marks[SAVED]:
        s.ints_of[s.undo[at], SIZE] = 0
        refresh(p, s, s.undo[at], True)
        at += 4 + s.undo[at + 1]
    at = 0
    while at < s.marks[SAVED]:
        r, size = s.undo[at], s.undo[at + 1]
        relink(s, r, s.undo[at + 2], s.undo[at + 4 : at + 4 + size])
        if size > 0:
            s.marks[TOP] = max(s.marks[TOP], r + 1)
            hold(p, s, r, s.undo[at + 3])
            refresh(p, s, r, False)
        at += 4 + size


@compiled
def relink(s: State, r: int, depot: int, stops: Ints) -> None:
    """Write the links of route r."""
    route, size = s.ints_of[r], len(stops)
    route[DEPOT], route[SIZE] = depot, size
    for k in range(size):
        i = stops[k]
        s.link[i, BEFORE] = stops[k - 1] if k > 0 else -1
        s.link[i, NEXT] = stops[k + 1] if k + 1 < size else -1
        s.link[i, ROUTE] = r
    if size > 0:
        route[FIRST], route[LAST] = stops[0], stops[size - 1]


@compiled
def keep_best(s: State, at: int) -> None:
    """Copy the present routes aside."""
    top = s.marks[TOP]
    for i in range(s.link.shape[0]):
        s.best_next[i] = s.link[i, NEXT]
    for r in range(top):
        s.best_route[r, 0] = s.ints_of[r, FIRST] if s.ints_of[r, SIZE] > 0 else -1
        s.best_route[r, 1], s.best_route[r, 2] = s.ints_of[r, DEPOT], s.ints_of[r, KIND]
    s.marks[BEST_TOP], s.marks[BEST_AT] = top, at


@compiled
def run(p: Data, s: State, steps: int, first: int, cooling: tuple[float, float, float, float], wide: bool) -> float:
    """Do ``steps`` iterations; returns what the present routes cost, values left behind included.

    Parameters
    ----------
    first : number of the first of them, from 0 over all calls
    cooling : temperature at the start and the logarithm of end over start; progress (0..1) at the first, and per step
    wide : try all positions, or only those beside near stops
    """
    now = s.sums[TOTAL] + behind(p, s)[1]
    for step in range(first, first + steps):
        s.marks[STAMP] += 1
        s.marks[SAVED] = 0
        total, left = s.sums[TOTAL], s.marks[POOL]
        for k in range(left):
            s.undo[s.undo.shape[0] - 1 - k] = s.pool[k]
        ruin(p, s)
        recreate(p, s, wide)
        hard, soft = behind(p, s)
        value = s.sums[TOTAL] + hard
        heat = cooling[0] * math.exp(cooling[1] * (cooling[2] + cooling[3] * (step - first)))
        if value < s.sums[BEST] - 1e-9 * abs(value):
            s.sums[BEST] = value
            keep_best(s, step)
        if s.sums[TOTAL] + soft < now - heat * math.log(1.0 - uniform(s)):
            now = s.sums[TOTAL] + soft
        else:
            restore(p, s)
            for k in range(left):
                s.pool[k] = s.undo[s.undo.shape[0] - 1 - k]
                s.link[s.pool[k], ROUTE] = -1
            s.marks[POOL] = left
            s.sums[TOTAL] = total
        s.marks[LACKING] += 1 if hard > soft and s.marks[POOL] > 0 else 0
        if step % PERIOD == 0:
            # Leaving stops out becomes dearer when the search does so often, cheaper when it hardly does.
            share = s.marks[LACKING] / (PERIOD * max(p.rules[LEAVING], 1e-9))
            s.sums[SOFT] = max(
                s.sums[SOFT] * (1.1 if share > 1.5 else 1 / 1.1 if share < 0.5 else 1.0), s.sums[SOFT_LEAST]
            )
            s.marks[LACKING] = 0
            now = s.sums[TOTAL] + behind(p, s)[1]
    return float(now)
