"""The loops of split pick-ups: routes with a quantity at every visit, torn apart and put together anew."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coldchain.arrays import Bools, Floats, Ints
from coldchain.compiled import njit
from coldchain.routing.kernel.data import DAY, DRIVE, PACE, PAYLOAD, PER_H, PER_KM, SHIFT, SPACE, compiled, drawn
from coldchain.routing.overflow import above

STOP_H, LOAD_H_KG, UNLOAD_H, ABOARD_H = range(4)  # of Day.rules
FULL = 2  # times that a vehicle may be full on one route
FAR = 6.0  # spreads above the mean where a chance is nought
FILLED, LEAST_FILL = 0.5, 0.6  # chance to fill a vehicle as far as it holds; least that it is filled otherwise
FEW = 6  # villages torn out at once, at most
WHOLE_ROUTE, BLINK = 0.35, 0.02  # chances: to tear out a route instead of a neighbourhood; to overlook a route
CRUMB = 1e-7  # kg, less than which is rounding


class Day(NamedTuple):
    """What does not change: matrices of all places, rows of the depot and of the first stop, figures of stops by kg.

    ``near``: (n, k) nearest stops, each first of its own row; ``close``: (n, n) the same as a table. ``types`` as in
    :class:`coldchain.routing.kernel.Data`, ``rules`` by the columns above. ``rates``: (q, 2) what a halt, and each kg,
    adds of further quantities; ``most``: (k, q) most of them on a route. ``stray``: (n, 2) spread of a stop's load by
    itself and with those of the same crop, each relative; no rows where no load strays.
    """

    hours: Floats
    km: Floats
    m3_kg: Floats
    cny_h_kg: Floats
    types: Floats
    rates: Floats
    most: Floats
    rules: Floats
    near: Ints
    close: Bools
    stray: Floats
    depot: int
    first: int


class RouteRows(NamedTuple):
    """Routes in rows: stops, kg taken at each, number of visits, vehicle type and cost (0 where empty)."""

    stops: Ints
    kg: Floats
    size: Ints
    kind: Ints
    cost: Floats


class Workspace(NamedTuple):
    """Room to work in: stops and kg of one route; kg, CNY of that, CNY of the next kg less by route; places; keys."""

    stops: Ints
    kg: Floats
    table: Floats
    places: Ints
    keys: Floats


@compiled
def nearly_above(mean: float, variance: float, level: float) -> float:
    """Chance that a load is above a level, taken for none far above the mean."""
    over = level - mean
    return 0.0 if over > 0.0 and over * over > FAR * FAR * variance else above(mean, variance, level)


@compiled
def overflow(day: Day, stops: Ints, kg: Floats, size: int, kind: int, room: float, hours: float) -> float:
    """CNY of going back for what is above the room, as `coldchain.routing.overflow`, all of a load of one mixture."""
    t, pace = day.types[kind], day.types[kind, PACE]
    mean = own = crop = cost = once = twice = 0.0
    for place in range(size):
        i, load = stops[place], kg[place]
        mean += load
        own += (day.stray[i, 0] * load) ** 2
        crop += day.stray[i, 1] * load
        at, depot = day.first + i, day.depot
        longer = (day.hours[depot, at] + day.hours[at, depot]) * pace + day.rules[UNLOAD_H] + day.rules[STOP_H]
        way = t[PER_KM] * (day.km[depot, at] + day.km[at, depot]) + t[PER_H] * longer
        chance = max(nearly_above(mean, own + crop * crop, room), once)
        cost += (chance - once) * (way + (t[DAY] if longer > t[SHIFT] - hours else 0.0))
        once = chance
        if once > 0.0:
            chance = max(nearly_above(mean, own + crop * crop, FULL * room), twice)
            cost += (chance - twice) * (way + (t[DAY] if FULL * longer > t[SHIFT] - hours else 0.0))
            twice = chance
    return float(cost)


@compiled
def price(day: Day, stops: Ints, kg: Floats, size: int, kind: int, most: float) -> float:
    """CNY of a route, spoilage included; inf when it breaks a limit, or comes to ``most`` without its overflow."""
    t, hours, ways_km, m3_kg, cny_h_kg, rules = day.types[kind], day.hours, day.km, day.m3_kg, day.cny_h_kg, day.rules
    pace, stop_h, load_h_kg = t[PACE], rules[STOP_H], rules[LOAD_H_KG]
    load = space = drive = km = clock = aboard = spoilage = 0.0
    after = day.depot
    for place in range(size - 1, -1, -1):
        i, taken = stops[place], kg[place]
        at = day.first + i
        leg = hours[at, after] * pace
        drive += leg
        clock += leg
        km += ways_km[at, after]
        aboard = clock
        spoilage += cny_h_kg[i] * taken * aboard
        clock += stop_h + load_h_kg * taken
        load += taken
        space += m3_kg[i] * taken
        after = at
    out = hours[day.depot, after] * pace
    drive += out
    clock += out
    km += ways_km[day.depot, after]
    if load > t[PAYLOAD] or space > t[SPACE] or drive > t[DRIVE] or clock > t[SHIFT] or aboard > rules[ABOARD_H]:
        return math.inf
    for q in range(day.rates.shape[0]):
        if day.rates[q, 0] * size + day.rates[q, 1] * load > day.most[kind, q]:
            return math.inf
    money = t[DAY] + t[PER_KM] * km + t[PER_H] * (clock + rules[UNLOAD_H]) + spoilage
    if money >= most:
        return math.inf
    if day.stray.shape[0] == 0:
        return float(money)
    room = t[PAYLOAD] if space <= 0.0 else min(t[PAYLOAD], t[SPACE] * load / space)
    return float(money + overflow(day, stops, kg, size, kind, room, clock))


@compiled
def cheapest(day: Day, stops: Ints, kg: Floats, size: int, most: float = math.inf) -> tuple[float, int]:
    """Least price over the vehicle types, and that type; inf where none comes to less than ``most``."""
    best, chosen = most, 0
    for kind in range(day.types.shape[0]):
        cost = price(day, stops, kg, size, kind, best)
        if cost < best:
            best, chosen = cost, kind
    return (best if best < most else math.inf), chosen


@compiled
def room_kg(day: Day, plan: RouteRows, r: int, i: int, fill: float) -> float:
    """Kg of stop i that the roomiest vehicle type still takes on route r, filled to a share."""
    load = space = 0.0
    for place in range(plan.size[r]):
        load += plan.kg[r, place]
        space += day.m3_kg[plan.stops[r, place]] * plan.kg[r, place]
    most = 0.0
    for kind in range(day.types.shape[0]):
        room = fill * day.types[kind, PAYLOAD] - load
        if day.m3_kg[i] > 0.0:
            room = min(room, (fill * day.types[kind, SPACE] - space) / day.m3_kg[i])
        most = max(most, room)
    return most


@compiled
def passes(day: Day, plan: RouteRows, r: int, i: int) -> bool:
    """Whether route r calls at a stop near to stop i."""
    for place in range(plan.size[r]):  # noqa: SIM110 - numba compiles no generator
        if day.close[i, plan.stops[r, place]]:
            return True
    return False


@compiled
def with_visit(plan: RouteRows, r: int, place: int, i: int, kg: float, stops: Ints, loads: Floats) -> int:
    """Write route r with stop i before ``place``, or with more of the visit that is there; returns the visits."""
    size = plan.size[r]
    for k in range(size):
        stops[k], loads[k] = plan.stops[r, k], plan.kg[r, k]
    for k in range(size):
        if stops[k] == i:
            loads[k] += kg
            return int(size)
    for k in range(size, place, -1):
        stops[k], loads[k] = stops[k - 1], loads[k - 1]
    stops[place], loads[place] = i, kg
    return int(size + 1)


@compiled
def best_place(day: Day, plan: RouteRows, r: int, i: int, kg: float, stops: Ints, loads: Floats) -> tuple[float, int]:
    """Least extra CNY of fetching so many kg of stop i with route r, and where in it."""
    best, chosen = math.inf, 0
    for place in range(plan.size[r] + 1):
        before = plan.size[r]
        size = with_visit(plan, r, place, i, kg, stops, loads)
        cost = cheapest(day, stops, loads, size, best + plan.cost[r])[0] - plan.cost[r]
        if cost < best:
            best, chosen = cost, place
        if size == before:
            break
    return best, chosen


@compiled
def offers(day: Day, plan: RouteRows, i: int, kg: float, random: NDArray[np.uint64], work: Workspace) -> None:
    """Ask every route that passes by, and one empty row, what it costs to take stop i.

    Fills ``work.table`` and ``work.places``.
    """
    stops, loads, table, places = work.stops, work.kg, work.table, work.places
    empty, fill = -1, 1.0
    if day.stray.shape[0] > 0 and drawn(random) > FILLED:
        fill = LEAST_FILL + (1.0 - LEAST_FILL) * drawn(random)
    width = plan.stops.shape[1]
    for r in range(plan.size.size):
        table[r, 0] = 0.0
        if plan.size[r] == 0:
            if empty >= 0:
                continue
            empty = r
        elif plan.size[r] >= width or not passes(day, plan, r, i) or drawn(random) < BLINK:
            continue
        most = min(kg, room_kg(day, plan, r, i, fill))
        if most <= CRUMB:
            continue
        cost, place = best_place(day, plan, r, i, most, stops, loads)
        if cost == math.inf:
            continue
        size = with_visit(plan, r, place, i, 0.5 * most, stops, loads)
        half = cheapest(day, stops, loads, size)[0] - plan.cost[r]
        table[r, 0], table[r, 1], table[r, 2] = most, cost, 2.0 * (cost - half) / most
        places[r] = place


@compiled
def alone(table: Floats, kg: float) -> tuple[float, int, int]:
    """Least CNY of a route that takes all, that route, and the one that takes a part for the least money a kg."""
    best, row, ratio, filler = math.inf, -1, math.inf, -1
    for r in range(table.shape[0]):
        most = table[r, 0]
        if most >= kg - CRUMB:
            if table[r, 1] < best:
                best, row = table[r, 1], r
        elif most > 0.0 and table[r, 1] / most < ratio:
            ratio, filler = table[r, 1] / most, r
    return best, row, filler


@compiled
def choose(table: Floats, kg: float) -> tuple[int, float]:
    """Choose who takes how much first: one route all, the first of two routes that share, or the most for its money."""
    best, row, filler = alone(table, kg)
    if row < 0 and filler < 0:
        return -1, 0.0
    part = kg
    for a in range(table.shape[0]):
        most = table[a, 0]
        if most <= 0.0 or most >= kg - CRUMB or table[a, 1] >= best:
            continue
        rest = kg - most
        for b in range(table.shape[0]):
            if b != a and table[b, 0] >= rest - CRUMB:
                cost = table[a, 1] + table[b, 1] - table[b, 2] * (table[b, 0] - rest)
                if cost < best:
                    best, row, part = cost, a, most
    return (row, part) if row >= 0 else (filler, float(table[filler, 0]))


@compiled
def keep(plan: RouteRows, kept: RouteRows, touched: Ints, r: int) -> None:
    """Set a route aside before its first change in this iteration; ``touched``: its number of rows, then the rows."""
    for k in range(touched[0]):
        if touched[1 + k] == r:
            return
    touched[1 + touched[0]] = r
    touched[0] += 1
    copy(plan, kept, r)


@compiled
def copy(source: RouteRows, target: RouteRows, r: int) -> None:
    """Copy one route."""
    for k in range(source.size[r]):
        target.stops[r, k], target.kg[r, k] = source.stops[r, k], source.kg[r, k]
    target.size[r], target.kind[r], target.cost[r] = source.size[r], source.kind[r], source.cost[r]


@compiled
def tear(day: Day, plan: RouteRows, r: int, out: Bools, waiting: Floats) -> None:
    """Take the visits of marked stops out of route r."""
    left = 0
    for k in range(plan.size[r]):
        i = plan.stops[r, k]
        if out[i]:
            waiting[i] += plan.kg[r, k]
        else:
            plan.stops[r, left], plan.kg[r, left] = i, plan.kg[r, k]
            left += 1
    plan.size[r] = left
    if left == 0:
        plan.cost[r] = 0.0
    else:
        plan.cost[r], plan.kind[r] = cheapest(day, plan.stops[r], plan.kg[r], left)


@compiled
def ruin(
    day: Day, state: tuple[RouteRows, RouteRows, Ints], random: NDArray[np.uint64], out: Bools, waiting: Floats
) -> None:
    """Tear out one route, or all visits of some neighbouring stops."""
    plan, kept, touched = state
    out[:] = False
    if drawn(random) < WHOLE_ROUTE:
        r = int(drawn(random) * plan.size.size)
        while plan.size[r] == 0:
            r = (r + 1) % plan.size.size
        keep(plan, kept, touched, r)
        for k in range(plan.size[r]):
            out[plan.stops[r, k]] = True
        tear(day, plan, r, out, waiting)
        return
    centre = int(drawn(random) * out.size)
    some = 1 + int(drawn(random) * FEW)
    for k in range(day.near.shape[1]):
        if some > 0 and (k == 0 or drawn(random) < 0.7):
            out[day.near[centre, k]] = True
            some -= 1
    for r in range(plan.size.size):
        for k in range(plan.size[r]):
            if out[plan.stops[r, k]]:
                keep(plan, kept, touched, r)
                tear(day, plan, r, out, waiting)
                break


@compiled
def put_back(
    day: Day,
    state: tuple[RouteRows, RouteRows, Ints],
    random: NDArray[np.uint64],
    waiting: Floats,
    work: Workspace,
) -> bool:
    """Put everything that waits back, split where that is cheaper; False where something finds no route."""
    plan, kept, touched = state
    order = int(drawn(random) * 3.0)
    keys = work.keys
    for i in range(waiting.size):
        keys[i] = drawn(random) if order == 0 else waiting[i] if order == 1 else day.hours[day.first + i, day.depot]
    while True:
        i = -1
        for k in range(waiting.size):
            if waiting[k] > CRUMB and (i < 0 or keys[k] > keys[i]):
                i = k
        if i < 0:
            return True
        offers(day, plan, i, waiting[i], random, work)
        r, part = choose(work.table, waiting[i])
        if r < 0:
            return False
        keep(plan, kept, touched, r)
        size = with_visit(plan, r, work.places[r], i, part, work.stops, work.kg)
        for k in range(size):
            plan.stops[r, k], plan.kg[r, k] = work.stops[k], work.kg[k]
        plan.size[r] = size
        plan.cost[r], plan.kind[r] = cheapest(day, plan.stops[r], plan.kg[r], size)
        waiting[i] -= part


@njit(cache=True, nogil=True)
def anneal(
    day: Day,
    plans: tuple[RouteRows, RouteRows, RouteRows],
    steps: int,
    heat: tuple[float, float],
    random: NDArray[np.uint64],
) -> None:
    """Do so many iterations from the first plan; the second is room for undoing, the third becomes the best.

    ``heat``: temperature at the start, and factor from one iteration to the next.
    """
    plan, kept, best = plans
    rows, width = plan.stops.shape
    n = day.m3_kg.size
    stops, loads, places = np.empty(width + 1, np.int64), np.empty(width + 1), np.empty(rows, np.int64)
    work = Workspace(stops, loads, np.empty((rows, 3)), places, np.empty(n))
    touched, waiting, out = np.zeros(rows + 1, np.int64), np.zeros(n), np.zeros(n, np.bool_)
    now = least = plan.cost.sum()
    for r in range(rows):
        copy(plan, best, r)
    warmth = heat[0]
    for _step in range(steps):
        touched[0] = 0
        waiting[:] = 0.0
        ruin(day, (plan, kept, touched), random, out, waiting)
        done = put_back(day, (plan, kept, touched), random, waiting, work)
        value = plan.cost.sum()
        if done and value < now - warmth * math.log(1.0 - drawn(random)):
            now = value
            if value < least - 1e-9 * abs(least):
                least = value
                for r in range(rows):
                    copy(plan, best, r)
        else:
            for k in range(touched[0]):
                copy(kept, plan, touched[1 + k])
        warmth *= heat[1]
