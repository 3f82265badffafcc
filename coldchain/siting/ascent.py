"""Compiled loops of the split by owners: what a cell gains, the best choice of every unit, subgradient steps.

Where one row joins the numbers of modules of all sites, such as "exactly so many" or "capacity for the whole harvest",
its best price is found anew for every price of the demands: choices of a unit that are worth taking at some price lie
on a convex curve, and steps along these curves are taken in the order of their cost until the row is met, the last one
in part (a knapsack of choices; Sinha & Zoltners 1979, doi 10.1287/opre.27.3.503).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.compiled import njit

compiled = njit(cache=True, nogil=True)
FREE, LEAST, EXACT = 0, 1, 2  # what the joining row asks for: nothing, at least, exactly
FACTOR, STALLED, BOUND = 0, 1, 2  # places in the memory of an ascent
STALL, CUT, TIRED = 15.0, 0.7, 1e-3
GAIN = 1e-6  # relative gain of the bound that counts
PACE = 0.02  # weight of the newest choice in the mean


class CellArcs(NamedTuple):
    """Arcs by cell and cost: where each cell begins int[Z + 1]; demand, cost, load of the arcs; load of each cell."""

    begin: Ints
    demand: Ints
    cost: Floats
    load: Floats
    total: Floats


class CellOptions(NamedTuple):
    """Cell and capacity of each option, and the least and the most capacity of a cell, below 0 where none is left."""

    cell: Ints
    capacity: Floats
    least: Floats
    most: Floats


class Choices(NamedTuple):
    """Choices of the units, by unit and weight.

    Where each unit begins int[U + 1] and its owner int[U]; by choice the option of each class, cost (inf: not to be
    had), award and capex in units of money, and weight in the joining row.
    """

    begin: Ints
    owner: Ints
    option: Ints
    cost: Floats
    award: Floats
    capex: Floats
    weight: Floats


class Terms(NamedTuple):
    """What joins the units.

    Cost outside float[D]; caps of owners, their states (-1 free, 1 at the cap), place of their pot among the limits (0
    none); limits (budget, then pots), share of the floor; kind and right side of the joining row.
    """

    outside: Floats
    cap: Floats
    fixed: Ints
    pot: Ints
    limits: Floats
    floor: float
    join: int
    least: float


class GainCurves(NamedTuple):
    """Arcs of each cell by gain per load: number, order, summed loads, summed gains.

    Cells that take all they want are ``whole`` and have their ``gain`` alone. From ``end`` on no arc gains anything.
    """

    number: Ints
    order: Ints
    loads: Floats
    gains: Floats
    whole: Bools
    gain: Floats
    end: Ints


class Pick(NamedTuple):
    """Choice of every unit and state of every owner; one unit may go a ``share`` of the way to a choice ``other``.

    ``low`` and ``high`` are the least and the greatest price of the joining row at which this is best.
    """

    value: float
    choice: Ints
    state: Ints
    unit: int
    other: int
    share: float
    low: float
    high: float


class Value(NamedTuple):
    """The bound at some prices, the pick, what the prices see, and the values of all choices, counted and free."""

    bound: float
    pick: Pick
    gradient: Floats
    counted: Floats
    free: Floats


@compiled
def _curves(arcs: CellArcs, options: CellOptions, u: Floats, edge: Floats) -> GainCurves:
    """Sort the arcs of each cell whose capacities can bind.

    Only those that gain more per load than ``edge`` are sorted, unless they do not fill the largest capacity of the
    cell; ``edge`` is set anew, in place, a little under what filled it.
    """
    cells = len(options.most)
    number, whole, gain = np.zeros(cells, np.int64), np.zeros(cells, np.bool_), np.zeros(cells)
    order = np.empty(len(arcs.cost), np.int64)
    loads, gains = np.empty(len(arcs.cost)), np.empty(len(arcs.cost))
    end, highest = arcs.begin[:-1].copy(), u.max() if len(u) else 0.0
    for z in range(cells):
        if options.most[z] < 0.0:
            continue
        a, b = arcs.begin[z], arcs.begin[z + 1]
        end[z] = b = a + np.searchsorted(arcs.cost[a:b], highest)
        if arcs.total[z] <= options.least[z]:
            whole[z], gain[z] = True, _sum_of_gains(arcs.cost[a:b], arcs.demand[a:b], u)
            continue
        total, used = 0.0, 0.0
        for place in range(a, b):
            reduced = arcs.cost[place] - u[arcs.demand[place]]
            if reduced < 0.0:
                total += reduced
                used += arcs.load[place]
        if used <= options.least[z]:
            whole[z], gain[z] = True, total
            continue
        ratio = np.empty(b - a)
        for place in range(a, b):
            ratio[place - a] = (arcs.cost[place] - u[arcs.demand[place]]) / max(arcs.load[place], 1e-12)
        load, most = arcs.load[a:b], options.most[z]
        number[z] = _sorted_arcs(ratio, load, edge[z], most, order[a:b], loads[a:b], gains[a:b])
        if edge[z] < 0.0 and (number[z] == 0 or loads[a + number[z] - 1] < most):
            number[z] = _sorted_arcs(ratio, load, 0.0, most, order[a:b], loads[a:b], gains[a:b])
        last = a + number[z] - 1
        edge[z] = 0.8 * ratio[order[last]] if number[z] and loads[last] >= most else 0.0
    return GainCurves(number, order, loads, gains, whole, gain, end)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _sum_of_gains(cost: Floats, demand: Ints, u: Floats) -> float:
    total = 0.0
    for place in range(len(cost)):
        total += min(cost[place] - u[demand[place]], 0.0)
    return total


@compiled
def _sorted_arcs(
    ratio: Floats, load: Floats, edge: float, most: float, order: Ints, loads: Floats, gains: Floats
) -> int:
    """Fill ``order``, ``loads`` and ``gains`` up to the largest capacity; returns how many arcs that takes."""
    worth = np.flatnonzero(ratio < edge)
    room, gain, k = 0.0, 0.0, 0
    for rank in np.argsort(ratio[worth]):
        place = worth[rank]
        room += load[place]
        gain += ratio[place] * max(load[place], 1e-12)
        order[k], loads[k], gains[k] = place, room, gain
        k += 1
        if room >= most:
            break
    return k


@compiled
def _gain(number: int, loads: Floats, gains: Floats, capacity: float) -> Any:
    """Least sum of reduced costs within a capacity."""
    if number == 0:
        return 0.0
    k = np.searchsorted(loads[:number], capacity)
    if k == number:
        return float(gains[number - 1])
    before, base = (loads[k - 1], gains[k - 1]) if k > 0 else (0.0, 0.0)
    return float(base) + (gains[k] - base) * (capacity - before) / max(loads[k] - before, 1e-12)


@compiled
def _values(begin: Ints, curves: GainCurves, options: CellOptions) -> Floats:
    """Find what each option gains."""
    value = np.empty(len(options.cell))
    for k in range(len(value)):
        z = options.cell[k]
        a, b = begin[z], begin[z + 1]
        if curves.whole[z]:
            value[k] = curves.gain[z]
        else:
            value[k] = _gain(curves.number[z], curves.loads[a:b], curves.gains[a:b], options.capacity[k])
    return value


@compiled
def _best(choices: Choices, values: Floats, price: Floats, floor: float) -> tuple[Floats, Floats]:
    """Value of every choice with its awards counted, and without."""
    counted, free = np.empty(len(choices.cost)), np.empty(len(choices.cost))
    for unit in range(len(choices.begin) - 1):
        for h in range(choices.begin[unit], choices.begin[unit + 1]):
            value = choices.cost[h] + floor * choices.capex[h]
            for k in choices.option[h]:
                if k >= 0:
                    value += values[k]
            free[h] = value
            counted[h] = value + price[choices.owner[unit]] * choices.award[h]
    return counted, free


@compiled
def _pick(choices: Choices, terms: Terms, price: Floats, counted: Floats, free: Floats) -> Pick:
    """Best choice of each unit, and state of each owner (1 at its cap)."""
    units, owners = len(choices.begin) - 1, len(terms.cap)
    first, second = np.empty(units, np.int64), np.empty(units, np.int64)
    sums, tops = np.zeros(owners), price * terms.cap
    for unit in range(units):
        a, b = choices.begin[unit], choices.begin[unit + 1]
        first[unit] = a + np.argmin(counted[a:b])
        second[unit] = a + np.argmin(free[a:b])
        sums[choices.owner[unit]] += counted[first[unit]]
        tops[choices.owner[unit]] += free[second[unit]]
    capped = np.where(price >= 0.0, tops < sums, tops > sums)
    state = np.where(terms.fixed >= 0, terms.fixed, capped.astype(np.int64))
    for unit in range(units):
        if state[choices.owner[unit]] == 1:
            first[unit] = second[unit]
    return Pick(np.where(state == 1, tops, sums).sum(), first, state, 0, 0, 0.0, 0.0, 0.0)


@compiled
def _joined_pick(choices: Choices, terms: Terms, value: Floats) -> Pick:
    """Best choice of each unit that meets the joining row together; no owner is at its cap."""
    units = len(choices.begin) - 1
    pick, size = np.empty(units, np.int64), len(choices.cost)
    slope, unit_of, target = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64)
    curve, steps, total, room = np.empty(size, np.int64), 0, 0.0, 0.0
    for unit in range(units):
        top = 0
        for h in range(choices.begin[unit], choices.begin[unit + 1]):
            if value[h] == np.inf:
                continue
            while top > 0 and (
                (choices.weight[curve[top - 1]] == choices.weight[h] and value[curve[top - 1]] >= value[h])
                or (top > 1 and _bulges(choices.weight, value, curve[top - 2], curve[top - 1], h))
            ):
                top -= 1
            if top == 0 or choices.weight[h] > choices.weight[curve[top - 1]]:
                curve[top] = h
                top += 1
        if top == 0:
            return Pick(np.inf, pick, np.zeros(len(terms.cap), np.int64), 0, 0, 0.0, 0.0, 0.0)
        pick[unit] = curve[0]
        total += value[curve[0]]
        room += choices.weight[curve[0]]
        for k in range(1, top):
            here, before = curve[k], curve[k - 1]
            slope[steps] = (value[here] - value[before]) / (choices.weight[here] - choices.weight[before])
            unit_of[steps], target[steps] = unit, here
            steps += 1
    picked: Pick = _taken(choices, terms, value, pick, slope[:steps], unit_of, target, total, room)
    return picked


@compiled
def _bulges(weight: Floats, value: Floats, left: int, middle: int, right: int) -> Any:
    """Whether the middle choice lies on or above the line between the others."""
    rise = (value[middle] - value[left]) * (weight[right] - weight[left])
    return rise >= (value[right] - value[left]) * (weight[middle] - weight[left])


@compiled
def _taken(
    choices: Choices,
    terms: Terms,
    value: Floats,
    pick: Ints,
    slope: Floats,
    unit_of: Ints,
    target: Ints,
    total: float,
    room: float,
) -> Pick:
    """Take steps along the curves in the order of their slopes until the row is met.

    Parameters
    ----------
    slope, unit_of, target : CNY by weight of each step, its unit and the choice it leads to
    total, room : value and weight of ``pick``, the choices before any step
    """
    none = np.zeros(len(terms.cap), np.int64)
    slack = 1e-9 * (1.0 + abs(terms.least))
    low, high, part = -np.inf, -np.inf, (0, 0, 0.0)
    met = False
    for rank in np.argsort(slope):
        if room >= terms.least - slack:
            met = True
            if terms.join == EXACT or slope[rank] >= 0.0:
                high = slope[rank]
                break
        unit, other = unit_of[rank], target[rank]
        weight = choices.weight[other] - choices.weight[pick[unit]]
        share = 1.0
        if not (terms.join == LEAST and slope[rank] < 0.0):
            share = min(1.0, (terms.least - room) / weight)
            low = high = slope[rank]
        total += share * (value[other] - value[pick[unit]])
        room += share * weight
        if share < 1.0 - 1e-9:
            part = (unit, other, share)
            met = True
            break
        pick[unit] = other
    met = met or room >= terms.least - slack
    if not met or (terms.join == EXACT and room > terms.least + slack):
        return Pick(np.inf, pick, none, 0, 0, 0.0, 0.0, 0.0)
    if terms.join == LEAST:
        low = high = max(low, 0.0)
    elif low == -np.inf:
        low = high if high > -np.inf else 0.0
    return Pick(total, pick, none, part[0], part[1], part[2], low, max(low, high))


@compiled
def _serve(
    left: Floats, arcs: CellArcs, curves: GainCurves, options: CellOptions, u: Floats, option: Ints, share: float
) -> None:
    """Take from ``left``, in place, what a choice serves of each demand, times ``share``."""
    for k in option:
        if k < 0:
            continue
        z, before = options.cell[k], 0.0
        a = arcs.begin[z]
        if curves.whole[z]:
            for place in range(a, curves.end[z]):
                if arcs.cost[place] < u[arcs.demand[place]]:
                    left[arcs.demand[place]] -= share
            continue
        for place in range(a, a + curves.number[z]):
            size = curves.loads[place] - before
            part = 1.0
            if curves.loads[place] > options.capacity[k]:
                part = (options.capacity[k] - before) / max(size, 1e-12)
            if part <= 0.0:
                break
            left[arcs.demand[a + curves.order[place]]] -= share * part
            before = curves.loads[place]


@compiled
def evaluate(
    arcs: CellArcs, options: CellOptions, choices: Choices, terms: Terms, edge: Floats, prices: Floats
) -> Value:
    """Bound and gradient at any prices of the right sign: of demands, budget, pots and floor."""
    demands, owners, limits = len(terms.outside), len(terms.cap), len(terms.limits)
    u, limit = np.minimum(prices[:demands], terms.outside), prices[demands:]
    price = np.empty(owners)
    for w in range(owners):
        price[w] = limit[0] - limit[limits] + (limit[terms.pot[w]] if terms.pot[w] > 0 else 0.0)
    curves = _curves(arcs, options, u, edge)
    values = _values(arcs.begin, curves, options)
    counted, free = _best(choices, values, price, limit[limits] * terms.floor)
    joined = terms.join != FREE
    pick = _joined_pick(choices, terms, counted) if joined else _pick(choices, terms, price, counted, free)
    gradient = np.zeros(len(prices))
    gradient[:demands] = 1.0
    if pick.value == np.inf:
        return Value(np.inf, pick, gradient, counted, free)
    drawn, capex = np.where(pick.state == 1, terms.cap, 0.0), 0.0
    for unit in range(len(pick.choice)):
        h = pick.choice[unit]
        share = 1.0 - pick.share if unit == pick.unit else 1.0
        _serve(gradient, arcs, curves, options, u, choices.option[h], share)
        capex += choices.capex[h]
        if pick.state[choices.owner[unit]] == 0:
            drawn[choices.owner[unit]] += choices.award[h]
    if pick.share > 0.0:
        _serve(gradient, arcs, curves, options, u, choices.option[pick.other], pick.share)
        change = pick.share * (choices.award[pick.other] - choices.award[pick.choice[pick.unit]])
        drawn[choices.owner[pick.unit]] += change
        capex += pick.share * (choices.capex[pick.other] - choices.capex[pick.choice[pick.unit]])
    for w in range(owners):
        gradient[demands] += drawn[w]
        if terms.pot[w] > 0:
            gradient[demands + terms.pot[w]] += drawn[w]
    gradient[demands + limits] = terms.floor * capex - drawn.sum()
    bound = u.sum() + pick.value
    for k in range(limits):
        gradient[demands + k] -= terms.limits[k]
        bound -= limit[k] * terms.limits[k]
    return Value(bound, pick, gradient, counted, free)


class Ascent(NamedTuple):
    """Where an ascent stands, all changed in place.

    Prices, the best ones, direction, means of the choices and of the owners' states, memory [step factor, steps without
    gain, best bound], edges of the cells.
    """

    prices: Floats
    best: Floats
    direction: Floats
    mean: Floats
    mean_state: Floats
    memory: Floats
    edge: Floats


@compiled
def ascend(
    arcs: CellArcs,
    options: CellOptions,
    choices: Choices,
    terms: Terms,
    at: Ascent,
    goal: float,
    weight: float,
    steps: int,
) -> Ints:
    """Do deflected subgradient steps towards ``goal``; the choices of the best bound among them, int[U]."""
    demands = len(terms.outside)
    chosen, reached = np.full(len(choices.begin) - 1, -1, np.int64), -np.inf
    for _ in range(steps):
        now = evaluate(arcs, options, choices, terms, at.edge, at.prices)
        if now.bound == np.inf:
            at.memory[FACTOR], at.memory[BOUND] = 0.0, np.inf
            break
        _remember(at, now.pick)
        gains = now.bound > at.memory[BOUND] + GAIN * abs(at.memory[BOUND])
        at.memory[STALLED] = 0.0 if gains else at.memory[STALLED] + 1.0
        if now.bound > reached:
            reached = now.bound
            chosen[:] = now.pick.choice
            if now.pick.share > 0.0:
                chosen[now.pick.unit] = now.pick.other
        if now.bound > at.memory[BOUND]:
            at.memory[BOUND] = now.bound
            at.best[:] = at.prices
        if at.memory[STALLED] >= STALL:
            at.memory[FACTOR], at.memory[STALLED] = at.memory[FACTOR] * CUT, 0.0
            at.prices[:], at.direction[:] = at.best, 0.0
            continue
        if not _step(terms, at, now, goal, weight, demands) or at.memory[FACTOR] < TIRED:
            at.memory[FACTOR] = 0.0
            break
    return chosen


@compiled
def _remember(at: Ascent, pick: Pick) -> None:
    at.mean[:] *= 1.0 - PACE
    for unit in range(len(pick.choice)):
        at.mean[pick.choice[unit]] += PACE
    at.mean[pick.choice[pick.unit]] -= PACE * pick.share
    at.mean[pick.other] += PACE * pick.share
    at.mean_state[:] += PACE * (pick.state - at.mean_state)


@compiled
def _step(terms: Terms, at: Ascent, now: Value, goal: float, weight: float, demands: int) -> bool:
    """Go one step; False when there is no way to go."""
    gradient, scale = now.gradient, np.sqrt(weight)
    gradient[demands:] *= scale
    for d in range(demands):
        if at.prices[d] >= terms.outside[d] and gradient[d] > 0.0:
            gradient[d] = 0.0
    at.direction[:] = gradient + (0.7 * at.direction if at.direction @ gradient >= 0.0 else 0.0 * at.direction)
    length = at.direction @ at.direction
    if length < 1e-12:
        return False
    step = at.memory[FACTOR] * max(goal - now.bound, GAIN * abs(goal)) / length
    at.prices[:demands] = np.minimum(at.prices[:demands] + step * at.direction[:demands], terms.outside)
    at.prices[demands:] = np.maximum(at.prices[demands:] + scale * step * at.direction[demands:], 0.0)
    return True


@compiled
def rents(arcs: CellArcs, options: CellOptions, u: Floats, room: Floats) -> Floats:
    """Price of a capacity ``room`` of each cell, float[Z]: what the arc that fills it gains per load."""
    edge = np.zeros(len(room))
    curves = _curves(arcs, options, u, edge)
    rent = np.zeros(len(room))
    for z in range(len(room)):
        a, b = arcs.begin[z], arcs.begin[z] + curves.number[z]
        k = np.searchsorted(curves.loads[a:b], room[z])
        if a + k < b:
            place = a + curves.order[a + k]
            rent[z] = max((u[arcs.demand[place]] - arcs.cost[place]) / max(arcs.load[place], 1e-12), 0.0)
    return rent
