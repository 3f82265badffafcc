"""The loops of a whole county: which depot each load goes to, and the routes of all depots and periods, together.

A load is what one village harvests for one cooling class all year, or a part of it. Torn out are all loads of some
neighbouring villages, or of those that one route calls at; each goes back to where it costs least: the way from the
depot on, what the routes of every period must drive further, what the line haul costs more, or today's chain. Routes
are those of :mod:`coldchain.routing.kernel.shared`, a day of them for every depot and period.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coldchain.arrays import Bools, Floats, Ints
from coldchain.routing.kernel.data import compiled, drawn, hot
from coldchain.routing.kernel.shared import CRUMB, Day, RouteRows, Workspace, cheapest, choose, offers, with_visit

BY_ROUTE, OVERLOOKED, SPARED = 0.3, 0.04, 0.3  # chances: ruin by a route; to overlook a cell, a village close by
FEW_VILLAGES, FEW_CELLS = 5, 4  # villages torn out at once, cells that a load asks, at most
FOCUSED = 0.7  # chance that a village of the focus is the centre
IN_KG = 1000.0
TINY_T, ROUNDING = 1e-9, 1e-7  # t a day less than which is rounding; share of a capacity that is
TOTAL = 0  # of CountyState.sums
TOP, FULL = range(2)  # of CountyState.marks: entries of the log; 1 once it had no room
ROUTE, LOAD = range(2)  # kinds of entries of the log
HEAD = 6  # numbers of an entry before its stops


class CountyData(NamedTuple):
    """What does not change.

    Attributes
    ----------
    hours, km : (N, N), depots first, then villages
    types, rates, most, rules, near, close : as in :class:`coldchain.routing.kernel.shared.Day`, stops are villages
    spread : (2,) of a crop's loads in common, and of a load by itself; relative
    days : (P,) of each period
    demand, share : (n,) of each load
    kg, m3, cny_h, square_kg, room_t : (D, P) of each whole demand: kg, m³, CNY an hour aboard, sum of the squares of
        the kg of its crops, t as it counts for the capacity of depots; a day
    village, outside_cny : (D,) of each demand; the latter a year, in today's chain
    begin : (D + 1,) first way of each demand, those that cost least first
    cell, way_cny, sent : of each way: its cell, CNY a year but for routes and line haul, share that goes on to the hub
    cell_site, cell_zone, capacity : (Z,) depot and zone of each cell, t a day
    first_load, loads : (V + 1,), (n,) loads of each village
    haul_t : step of the next
    haul_cny : (J, H) CNY a day for hauling 0, 1, 2, ... steps from a depot
    """

    hours: Floats
    km: Floats
    types: Floats
    rates: Floats
    most: Floats
    rules: Floats
    near: Ints
    close: Bools
    spread: Floats
    days: Floats
    demand: Ints
    share: Floats
    kg: Floats
    m3: Floats
    cny_h: Floats
    square_kg: Floats
    room_t: Floats
    village: Ints
    outside_cny: Floats
    begin: Ints
    cell: Ints
    way_cny: Floats
    sent: Floats
    cell_site: Ints
    cell_zone: Ints
    capacity: Floats
    first_load: Ints
    loads: Ints
    haul_t: float
    haul_cny: Floats


class CountyState(NamedTuple):
    """Who goes where, and all routes.

    Attributes
    ----------
    way : (n,) way of each load, -1 in today's chain
    used_t : (Z, P) of the capacity of each cell; hauled_t : (J, zones, P)
    kg, m3_kg, cny_h_kg, stray : (J, P, V[, 2]) what a depot fetches at each village, as in a day
    stops, taken, size, kind, cost : (J, P, R[, W]) routes, as in a plan of a day
    rows : (J, P) rows in use, at most
    log, log_kg, marks : what to undo
    waiting, order : (n,) loads torn out, room for sorting them
    """

    way: Ints
    used_t: Floats
    hauled_t: Floats
    kg: Floats
    m3_kg: Floats
    cny_h_kg: Floats
    stray: Floats
    stops: Ints
    taken: Floats
    size: Ints
    kind: Ints
    cost: Floats
    rows: Ints
    log: Ints
    log_kg: Floats
    marks: Ints
    waiting: Ints
    order: Floats
    sums: Floats
    random: NDArray[np.uint64]
    work: Workspace


class CountyBest(NamedTuple):
    """The best so far: as in the state."""

    way: Ints
    stops: Ints
    taken: Floats
    size: Ints
    kind: Ints
    cost: Floats
    rows: Ints


@hot
def day_at(c: CountyData, s: CountyState, j: int, p: int) -> Day:
    """Return the day of a depot and period."""
    return Day(
        c.hours, c.km, s.m3_kg[j, p], s.cny_h_kg[j, p], c.types, c.rates, c.most, c.rules, c.near, c.close,
        s.stray[j, p], j, c.haul_cny.shape[0],
    )  # fmt: skip


@hot
def routes_at(s: CountyState, j: int, p: int, rows: int) -> RouteRows:
    """Return the first rows of the routes of a depot and period."""
    return RouteRows(
        s.stops[j, p, :rows], s.taken[j, p, :rows], s.size[j, p, :rows], s.kind[j, p, :rows], s.cost[j, p, :rows]
    )


@compiled
def hauling(c: CountyData, j: int, t: float) -> float:
    """CNY a day for hauling so much from a depot."""
    if t <= TINY_T:
        return 0.0
    at, last = t / c.haul_t, c.haul_cny.shape[1] - 1
    k = min(int(at), last - 1)
    return float(c.haul_cny[j, k] + (at - k) * (c.haul_cny[j, k + 1] - c.haul_cny[j, k]))


@compiled
def mix(c: CountyData, s: CountyState, j: int, v: int) -> None:
    """Work out what a depot fetches at a village."""
    for p in range(c.days.size):
        kg = m3 = cny_h = square = 0.0
        for k in range(c.first_load[v], c.first_load[v + 1]):
            i = c.loads[k]
            if s.way[i] >= 0 and c.cell_site[c.cell[s.way[i]]] == j:
                d, share = c.demand[i], c.share[i]
                kg += share * c.kg[d, p]
                m3 += share * c.m3[d, p]
                cny_h += share * c.cny_h[d, p]
                square += share * share * c.square_kg[d, p]
        s.kg[j, p, v] = kg
        if kg > 0.0:
            s.m3_kg[j, p, v], s.cny_h_kg[j, p, v] = m3 / kg, cny_h / kg
            if s.stray.shape[2] > 0:
                common = c.spread[0] * math.sqrt(square) / kg
                s.stray[j, p, v, 0], s.stray[j, p, v, 1] = c.spread[1] * math.sqrt(1.0 + common * common), common


@compiled
def send(c: CountyData, s: CountyState, i: int, sign: float) -> None:
    """Count a load in where it goes, or out of it."""
    a, d, share = s.way[i], c.demand[i], c.share[i]
    if a < 0:
        s.sums[TOTAL] += sign * share * c.outside_cny[d]
        return
    z = c.cell[a]
    j, zone = c.cell_site[z], c.cell_zone[z]
    s.sums[TOTAL] += sign * share * c.way_cny[a]
    for p in range(c.days.size):
        s.used_t[z, p] += sign * share * c.room_t[d, p]
        before = s.hauled_t[j, zone, p]
        after = before + sign * share * c.kg[d, p] * c.sent[a] / IN_KG
        s.hauled_t[j, zone, p] = after
        s.sums[TOTAL] += c.days[p] * (hauling(c, j, after) - hauling(c, j, before))


@compiled
def assign(c: CountyData, s: CountyState, i: int, way: int) -> None:
    """Let a load go another way; routes are left as they are."""
    before, v = s.way[i], c.village[c.demand[i]]
    send(c, s, i, -1.0)
    s.way[i] = way
    send(c, s, i, 1.0)
    if before >= 0:
        mix(c, s, c.cell_site[c.cell[before]], v)
    if way >= 0:
        mix(c, s, c.cell_site[c.cell[way]], v)


@compiled
def note_load(s: CountyState, i: int) -> None:
    """Remember where a load goes."""
    at = s.marks[TOP]
    if at >= s.log.shape[0]:
        s.marks[FULL] = 1
        return
    s.log[at, 0], s.log[at, 1], s.log[at, 2] = LOAD, i, s.way[i]
    s.marks[TOP] = at + 1


@compiled
def note_route(s: CountyState, j: int, p: int, r: int) -> None:
    """Remember a route."""
    at = s.marks[TOP]
    if at >= s.log.shape[0]:
        s.marks[FULL] = 1
        return
    s.log[at, 0], s.log[at, 1], s.log[at, 2], s.log[at, 3] = ROUTE, j, p, r
    s.log[at, 4], s.log[at, 5] = s.size[j, p, r], s.kind[j, p, r]
    s.log_kg[at, 0] = s.cost[j, p, r]
    for k in range(s.size[j, p, r]):
        s.log[at, HEAD + k], s.log_kg[at, 1 + k] = s.stops[j, p, r, k], s.taken[j, p, r, k]
    s.marks[TOP] = at + 1


@compiled
def undo(c: CountyData, s: CountyState, mark: int) -> None:
    """Undo everything noted after a mark, the last first."""
    while s.marks[TOP] > mark:
        at = s.marks[TOP] - 1
        s.marks[TOP] = at
        if s.log[at, 0] == LOAD:
            assign(c, s, s.log[at, 1], s.log[at, 2])
            continue
        j, p, r = s.log[at, 1], s.log[at, 2], s.log[at, 3]
        s.sums[TOTAL] += c.days[p] * (s.log_kg[at, 0] - s.cost[j, p, r])
        s.size[j, p, r], s.kind[j, p, r], s.cost[j, p, r] = s.log[at, 4], s.log[at, 5], s.log_kg[at, 0]
        for k in range(s.size[j, p, r]):
            s.stops[j, p, r, k], s.taken[j, p, r, k] = s.log[at, HEAD + k], s.log_kg[at, 1 + k]


@compiled
def reprice(c: CountyData, s: CountyState, j: int, p: int, r: int) -> None:
    """Bring the cost of a route up to date."""
    cost, kind = 0.0, s.kind[j, p, r]
    if s.size[j, p, r] > 0:
        cost, kind = cheapest(day_at(c, s, j, p), s.stops[j, p, r], s.taken[j, p, r], s.size[j, p, r], math.inf)
    s.sums[TOTAL] += c.days[p] * (cost - s.cost[j, p, r])
    s.cost[j, p, r], s.kind[j, p, r] = cost, kind


@compiled
def drop(c: CountyData, s: CountyState, j: int, p: int, v: int) -> None:
    """Take all visits of a village out of the routes of a depot and period."""
    for r in range(s.rows[j, p]):
        for k in range(s.size[j, p, r]):
            if s.stops[j, p, r, k] == v:
                note_route(s, j, p, r)
                size = s.size[j, p, r] - 1
                for after in range(k, size):
                    s.stops[j, p, r, after] = s.stops[j, p, r, after + 1]
                    s.taken[j, p, r, after] = s.taken[j, p, r, after + 1]
                s.size[j, p, r] = size
                reprice(c, s, j, p, r)
                break


@compiled
def fetch(c: CountyData, s: CountyState, j: int, p: int, v: int) -> bool:
    """Let routes of a depot and period fetch what a village sends there; False where none can."""
    kg, day = s.kg[j, p, v], day_at(c, s, j, p)
    while kg > CRUMB:
        rows = min(s.rows[j, p] + 1, s.size.shape[2])
        work = Workspace(s.work.stops, s.work.kg, s.work.table[:rows], s.work.places, s.work.keys)
        offers(day, routes_at(s, j, p, rows), v, kg, s.random, work)
        r, part = choose(work.table, kg)
        if r < 0:
            return False
        note_route(s, j, p, r)
        plan = routes_at(s, j, p, rows)
        size = with_visit(plan, r, work.places[r], v, part, work.stops, work.kg)
        for k in range(size):
            s.stops[j, p, r, k], s.taken[j, p, r, k] = work.stops[k], work.kg[k]
        s.size[j, p, r] = size
        reprice(c, s, j, p, r)
        s.rows[j, p] = max(s.rows[j, p], r + 1)
        kg -= part
    return True


@compiled
def put(c: CountyData, s: CountyState, i: int, way: int, most: float) -> bool:
    """Let a load in today's chain go a way, and routes fetch it; False where they cannot, or all comes to ``most``."""
    note_load(s, i)
    assign(c, s, i, way)
    d, j = c.demand[i], c.cell_site[c.cell[way]]
    v = c.village[d]
    for p in range(c.days.size):
        if s.sums[TOTAL] >= most:
            return False
        if c.kg[d, p] > 0.0:
            drop(c, s, j, p, v)
            if not fetch(c, s, j, p, v):
                return False
    return bool(s.sums[TOTAL] < most)


@compiled
def has_room(c: CountyData, s: CountyState, i: int, z: int) -> bool:
    """Whether a cell takes one more load."""
    d, share = c.demand[i], c.share[i]
    for p in range(c.days.size):  # noqa: SIM110 - numba compiles no generator
        if s.used_t[z, p] + share * c.room_t[d, p] > c.capacity[z] * (1.0 + ROUNDING):
            return False
    return True


@compiled
def place(c: CountyData, s: CountyState, i: int) -> None:
    """Let a load that is in today's chain go where it costs least."""
    d, best, chosen, asked = c.demand[i], s.sums[TOTAL], -1, 0
    for a in range(c.begin[d], c.begin[d + 1]):
        if asked >= FEW_CELLS:
            break
        z = c.cell[a]
        if c.capacity[z] <= 0.0 or not has_room(c, s, i, z):
            continue
        asked += 1
        if drawn(s.random) < OVERLOOKED:
            continue
        mark = s.marks[TOP]
        if put(c, s, i, a, best):
            best, chosen = s.sums[TOTAL], a
        undo(c, s, mark)
    if chosen >= 0:
        mark = s.marks[TOP]
        if not put(c, s, i, chosen, math.inf):
            undo(c, s, mark)


@compiled
def tear_village(c: CountyData, s: CountyState, v: int, count: int) -> int:
    """Take all loads of a village to today's chain; returns how many loads wait then."""
    first, end = c.first_load[v], c.first_load[v + 1]
    for m in range(count):
        if first < end and s.waiting[m] == c.loads[first]:
            return count
    for k in range(first, end):
        i = c.loads[k]
        s.waiting[count] = i
        count += 1
        if s.way[i] >= 0:
            j = c.cell_site[c.cell[s.way[i]]]
            note_load(s, i)
            assign(c, s, i, -1)
            for p in range(c.days.size):
                drop(c, s, j, p, v)
    return count


@compiled
def tear_route(c: CountyData, s: CountyState) -> int:
    """Take the loads of all villages that one route calls at to today's chain; returns how many wait then."""
    sites, periods = s.rows.shape
    begin, j, p = int(drawn(s.random) * sites * periods), 0, 0
    for step in range(sites * periods):
        j, p = divmod((begin + step) % (sites * periods), periods)
        if s.rows[j, p] > 0:
            break
    rows, count = s.rows[j, p], 0
    if rows == 0:
        return 0
    first = int(drawn(s.random) * rows)
    for step in range(rows):
        r = (first + step) % rows
        size = s.size[j, p, r]
        if size > 0:
            for k in range(size):
                s.order[k] = s.stops[j, p, r, k]
            for k in range(size):
                count = tear_village(c, s, int(s.order[k]), count)
            return count
    return 0


@compiled
def tear_villages(c: CountyData, s: CountyState, centre: int) -> int:
    """Take the loads of some villages near to one to today's chain; returns how many wait then."""
    some, count = 1 + int(drawn(s.random) * FEW_VILLAGES), 0
    for k in range(c.near.shape[1]):
        if some > 0 and (k == 0 or drawn(s.random) > SPARED):
            count = tear_village(c, s, c.near[centre, k], count)
            some -= 1
    return count


@compiled
def put_all(c: CountyData, s: CountyState, count: int) -> None:
    """Place the loads that wait, at random or the largest first."""
    by_chance = drawn(s.random) < 0.5
    for m in range(count):
        i = s.waiting[m]
        s.order[m] = drawn(s.random) if by_chance else c.share[i] * c.kg[c.demand[i]].sum()
    for _turn in range(count):
        best = -1
        for m in range(count):
            if s.order[m] >= 0.0 and (best < 0 or s.order[m] > s.order[best]):
                best = m
        s.order[best] = -1.0
        place(c, s, s.waiting[best])


@compiled
def keep_county(s: CountyState, best: CountyBest) -> None:
    """Copy the present state aside."""
    for i in range(s.way.size):
        best.way[i] = s.way[i]
    sites, periods = s.rows.shape
    for j in range(sites):
        for p in range(periods):
            for r in range(max(s.rows[j, p], best.rows[j, p])):
                size = s.size[j, p, r]
                best.size[j, p, r], best.kind[j, p, r], best.cost[j, p, r] = size, s.kind[j, p, r], s.cost[j, p, r]
                for k in range(size):
                    best.stops[j, p, r, k], best.taken[j, p, r, k] = s.stops[j, p, r, k], s.taken[j, p, r, k]
            best.rows[j, p] = s.rows[j, p]


@compiled
def begin_county(c: CountyData, s: CountyState, ways: Ints, known: CountyBest, known_kg: Floats) -> None:
    """Send all loads their ways, and fetch them: by known routes where a village sends what it sent, else anew.

    Parameters
    ----------
    ways : (n,) of each load
    known, known_kg : routes, and what they fetch of each village, (J, P, V)
    """
    for i in range(ways.size):
        s.way[i] = ways[i]
        send(c, s, i, 1.0)
    for i in range(ways.size):
        if ways[i] >= 0:
            mix(c, s, c.cell_site[c.cell[ways[i]]], c.village[c.demand[i]])
    sites, periods = s.rows.shape
    for j in range(sites):
        for p in range(periods):
            drive_known(c, s, j, p, known, known_kg[j, p])
    recount(c, s)
    for j in range(sites):
        for p in range(periods):
            for v in range(s.kg.shape[2]):
                if s.kg[j, p, v] - fetched_kg(s, j, p, v) > CRUMB * (1.0 + s.kg[j, p, v]):
                    s.marks[TOP] = 0
                    drop(c, s, j, p, v)
                    if not fetch(c, s, j, p, v):
                        give_up(c, s, j, v)
    relieve(c, s)
    s.marks[TOP] = 0


@compiled
def relieve(c: CountyData, s: CountyState) -> None:
    """Take loads out of cells that hold too much, the last first, and place them anew."""
    count = 0
    for i in range(s.way.size - 1, -1, -1):
        if s.way[i] < 0:
            continue
        z, d = c.cell[s.way[i]], c.demand[i]
        full = False
        for p in range(c.days.size):
            full = full or s.used_t[z, p] > c.capacity[z] * (1.0 + ROUNDING)
        if full:
            s.marks[TOP] = 0
            j, v = c.cell_site[z], c.village[d]
            assign(c, s, i, -1)
            for p in range(c.days.size):
                if c.kg[d, p] > 0.0:
                    drop(c, s, j, p, v)
                    if not fetch(c, s, j, p, v):
                        give_up(c, s, j, v)
            s.waiting[count] = i
            count += 1
    for m in range(count):
        s.marks[TOP] = 0
        if s.way[s.waiting[m]] < 0:
            place(c, s, s.waiting[m])


@compiled
def drive_known(c: CountyData, s: CountyState, j: int, p: int, known: CountyBest, known_kg: Floats) -> None:
    """Drive the known routes of a depot and period, but for villages that send something else now."""
    row = 0
    for r in range(known.rows[j, p]):
        size = 0
        for k in range(known.size[j, p, r]):
            v = known.stops[j, p, r, k]
            if math.fabs(known_kg[v] - s.kg[j, p, v]) <= CRUMB * (1.0 + s.kg[j, p, v]):
                s.stops[j, p, row, size], s.taken[j, p, row, size] = v, known.taken[j, p, r, k]
                size += 1
        s.size[j, p, row] = size
        reprice(c, s, j, p, row)
        if size > 0 and s.cost[j, p, row] < math.inf:
            row += 1
        else:
            s.size[j, p, row], s.cost[j, p, row] = 0, 0.0
    s.rows[j, p] = row


@compiled
def fetched_kg(s: CountyState, j: int, p: int, v: int) -> float:
    """Kg of a village that the routes of a depot and period fetch."""
    kg = 0.0
    for r in range(s.rows[j, p]):
        for k in range(s.size[j, p, r]):
            if s.stops[j, p, r, k] == v:
                kg += s.taken[j, p, r, k]
    return kg


@compiled
def give_up(c: CountyData, s: CountyState, j: int, v: int) -> None:
    """Leave what a village sends to a depot in today's chain."""
    for k in range(c.first_load[v], c.first_load[v + 1]):
        i = c.loads[k]
        if s.way[i] >= 0 and c.cell_site[c.cell[s.way[i]]] == j:
            assign(c, s, i, -1)
    for p in range(c.days.size):
        drop(c, s, j, p, v)


@compiled
def recount(c: CountyData, s: CountyState) -> None:
    """Add the total up anew."""
    total = 0.0
    for i in range(s.way.size):
        a, d = s.way[i], c.demand[i]
        total += c.share[i] * (c.outside_cny[d] if a < 0 else c.way_cny[a])
    sites, periods = s.rows.shape
    for j in range(sites):
        for p in range(periods):
            for zone in range(s.hauled_t.shape[1]):
                total += c.days[p] * hauling(c, j, s.hauled_t[j, zone, p])
            for r in range(s.rows[j, p]):
                total += c.days[p] * s.cost[j, p, r]
    s.sums[TOTAL] = total


@compiled
def improve_county(
    c: CountyData, s: CountyState, best: CountyBest, steps: int, heat: Floats, focus: Ints, live: Ints
) -> float:
    """Ruin and recreate so many times; the best becomes ``best``, and its total is returned.

    Parameters
    ----------
    heat : (2,) CNY at the start, and the factor from one step to the next
    focus, live : villages that are the centre more often, and all that may be
    """
    now = least = s.sums[TOTAL]
    keep_county(s, best)
    warmth = heat[0]
    for _step in range(steps):
        s.marks[TOP] = s.marks[FULL] = 0
        if drawn(s.random) < BY_ROUTE:
            count = tear_route(c, s)
        else:
            among = focus if focus.size > 0 and drawn(s.random) < FOCUSED else live
            count = tear_villages(c, s, among[int(drawn(s.random) * among.size)])
        put_all(c, s, count)
        value = s.sums[TOTAL]
        if value < now - warmth * math.log(1.0 - drawn(s.random)) and s.marks[FULL] == 0:
            now = value
            if value < least - 1e-9 * math.fabs(least):
                least = value
                keep_county(s, best)
        else:
            undo(c, s, 0)
            s.sums[TOTAL] = now
        warmth *= heat[1]
    return float(least)
