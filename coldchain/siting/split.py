"""A bound that knows whole modules: the Lagrangian relaxation that splits the problem into its owners.

With prices ``u`` on the assignment rows every cell keeps the arcs it gains by, as far as its capacity goes: a
continuous knapsack, whose value at each choice of modules is known exactly. With prices on budget, pots and floor, an
award of an owner costs ``price · min(sum of awards, cap)``. For a price of at least 0 that is the lesser of
``price · sum`` and ``price · cap``, and both split into the owner's sites; for a price under 0 either one is a lower
bound and the greater is taken. What remains is to pick the best choice of every site, twice: one whose awards count,
one of an owner at its cap. The value is a lower bound of the full problem for any prices. Its maximum is the linear
bound over the convex hull of every owner's choices, above that of the model with strong links.

In several periods the knapsack has one row a period. Their mean with weights that add up to one stands for them,
which is a relaxation again.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from coldchain.arrays import ROUNDING, Bools, Floats, Ints
from coldchain.compiled import njit
from coldchain.siting.frame import owner_most
from coldchain.siting.problem import bincount
from coldchain.siting.relax import Relaxed
from coldchain.siting.space import Space
from coldchain.siting.units import Units, list_units
from coldchain.work import Allowance

compiled = njit(cache=True, nogil=True)
STEPS = 25  # steps between two looks at the work left
STEP_ARC, STEP_CHOICE = 5e-8, 5e-8  # units of work of a step, by arc and by choice
AGAIN = 2.0  # step factor to go on with after a division
PACE = 0.02  # weight of the newest choice in the mean
STALL, CUT, TIRED = 15, 0.7, 2e-3
Arcs = tuple[Ints, Ints, Floats, Floats]  # begin of each cell, demand, cost, load; sorted by cell
Choices = tuple[Ints, Ints, Floats, Floats, Floats]  # begin of each unit, option, cost, award, capex
Options = tuple[Ints, Floats]  # cell and capacity
Curves = tuple[Ints, Ints, Floats, Floats]  # number, order within the cell, summed loads, summed gains


@compiled
def _curves(arcs: Arcs, u: Floats, most: Floats, edge: Floats) -> Curves:
    """Arcs of each cell by gain per load: their number, order, summed loads and summed gains.

    Only those that gain more per load than ``edge`` are sorted, unless they do not fill ``most``, the largest
    capacity of the cell; ``edge`` is set anew, in place, a little under what filled it.
    """
    begin, demand, cost, load = arcs
    number = np.zeros(len(most), np.int64)
    order = np.empty(len(cost), np.int64)
    loads, gains, ratio = np.empty(len(cost)), np.empty(len(cost)), np.empty(len(cost))
    for place in range(len(cost)):
        ratio[place] = (cost[place] - u[demand[place]]) / max(load[place], 1e-12)
    for z in range(len(most)):
        a, b = begin[z], begin[z + 1]
        number[z] = _sorted_arcs(ratio[a:b], load[a:b], (edge[z], most[z]), (order[a:b], loads[a:b], gains[a:b]))
        if edge[z] < 0.0 and (number[z] == 0 or loads[a + number[z] - 1] < most[z]):
            number[z] = _sorted_arcs(ratio[a:b], load[a:b], (0.0, most[z]), (order[a:b], loads[a:b], gains[a:b]))
        last = a + number[z] - 1
        edge[z] = 0.8 * ratio[a + order[last]] if number[z] and loads[last] >= most[z] else 0.0
    return number, order, loads, gains


@compiled
def _sorted_arcs(ratio: Floats, load: Floats, ends: tuple[float, float], out: tuple[Ints, Floats, Floats]) -> int:
    """Fill ``out`` up to the largest capacity; returns how many arcs that takes."""
    edge, most = ends
    order, loads, gains = out
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
def _values(begin: Ints, curves: Curves, options: Options) -> Floats:
    number, _, loads, gains = curves
    value = np.empty(len(options[0]))
    for k in range(len(value)):
        z = options[0][k]
        a = begin[z]
        value[k] = _gain(number[z], loads[a : begin[z + 1]], gains[a : begin[z + 1]], options[1][k])
    return value


@compiled
def _best(choices: Choices, owner: Ints, values: Floats, price: Floats, floor: float) -> tuple[Floats, Floats]:
    """Value of every choice with its awards counted, and without."""
    begin, option, cost, award, capex = choices
    counted, free = np.empty(len(cost)), np.empty(len(cost))
    for unit in range(len(begin) - 1):
        for h in range(begin[unit], begin[unit + 1]):
            value = cost[h] + floor * capex[h]
            for k in option[h]:
                if k >= 0:
                    value += values[k]
            free[h] = value
            counted[h] = value + price[owner[unit]] * award[h]
    return counted, free


@compiled
def _pick(
    choices: Choices, owner: Ints, both: tuple[Floats, Floats], money: tuple[Floats, Floats, Ints]
) -> tuple[float, Ints, Ints, Floats]:
    """Least value over all owners, the state of each (1 at its cap), the choice of each unit, awards."""
    begin, award = choices[0], choices[3]
    price, cap, fixed = money
    units, owners = len(begin) - 1, len(cap)
    first, second = np.empty(units, np.int64), np.empty(units, np.int64)
    sums, tops = np.zeros(owners), price * cap
    for unit in range(units):
        a = begin[unit]
        first[unit] = a + np.argmin(both[0][a : begin[unit + 1]])
        second[unit] = a + np.argmin(both[1][a : begin[unit + 1]])
        sums[owner[unit]] += both[0][first[unit]]
        tops[owner[unit]] += both[1][second[unit]]
    state = np.where(fixed >= 0, fixed, np.where(price >= 0.0, tops < sums, tops > sums))
    drawn = np.where(state == 1, cap, 0.0)
    for unit in range(units):
        if state[owner[unit]] == 1:
            first[unit] = second[unit]
        else:
            drawn[owner[unit]] += award[first[unit]]
    return np.where(state == 1, tops, sums).sum(), state, first, drawn


@compiled
def _unserved(arcs: Arcs, curves: Curves, options: Options, option: Ints, picked: Ints, demands: int) -> Floats:
    """Share of each demand that the picked choices leave, float[D]."""
    left = np.ones(demands)
    begin, demand = arcs[0], arcs[1]
    number, order, loads, _ = curves
    for h in picked:
        for k in option[h]:
            if k < 0:
                continue
            z, before = options[0][k], 0.0
            for place in range(begin[z], begin[z] + number[z]):
                size = loads[place] - before
                share = 1.0 if loads[place] <= options[1][k] else (options[1][k] - before) / max(size, 1e-12)
                if share <= 0.0:
                    break
                left[demand[begin[z] + order[place]]] -= share
                before = loads[place]
    return left


@dataclass(frozen=True, eq=False)
class Value:
    """What one evaluation gives: the bound, the picked choices, and what the prices see."""

    bound: float
    picked: Ints
    state: Ints
    gradient: Floats
    both: tuple[Floats, Floats]


class Split:
    """The relaxation of one problem and its ascent, goal by goal.

    Parameters
    ----------
    space : the prepared problem, without a second objective
    relaxed : its linear relaxation, whose prices are the start
    allowance : charged with every step
    """

    def __init__(self, space: Space, units: Units, relaxed: Relaxed, allowance: Allowance):
        self.space, self.units, self.allowance = space, units, allowance
        self.step_units = STEP_ARC * len(space.arc) + STEP_CHOICE * len(units.cost)
        problem, frame = space.problem, space.frame
        weight = relaxed.prices.mu / np.maximum(relaxed.prices.mu.sum(axis=1, keepdims=True), 1e-12)
        weight[relaxed.prices.mu.sum(axis=1) <= 0] = 1.0 / max(space.periods, 1)
        order = np.argsort(space.cell, kind="stable")
        load = (space.load[space.demand] * weight[space.cell]).sum(axis=1)
        begin = np.searchsorted(space.cell[order], np.arange(space.cells + 1))
        self.arcs: Arcs = (begin, space.demand[order], space.cost[order], load[order])
        self.options: Options = (units.option_cell, units.option_cap)
        self.most_cap, self.edge = np.zeros(space.cells), np.zeros(space.cells)
        np.maximum.at(self.most_cap, units.option_cell, units.option_cap)
        money = frame.money
        self.choices: Choices = (units.begin, units.option, units.cost, units.award / money, units.capex / money)
        most = owner_most(problem, frame.site, frame.module, frame.upper[: frame.pairs])
        self.cap = np.minimum(problem.owner_cap, most) / money
        self.limits, self.pots = _limits(space)
        self.prices = np.concatenate([relaxed.prices.demand_price, _starts(space, relaxed)])
        self.best, self.bound = self.prices.copy(), -np.inf
        self.mean, self.mean_state = np.zeros(frame.pairs), np.zeros(len(self.cap))
        reach = np.minimum(np.minimum(problem.budget, problem.pot[problem.owner_county]), most)
        self.fixed = np.where(problem.owner_cap > reach * (1 + 1e-9), 0, -1)  # 0: no plan takes it to its cap
        scale = max(float(self.prices[problem.sizes["D"] :].max(initial=0.0)), 1.0)
        self.weight = 0.1 * scale / max(float(np.abs(self.prices[: problem.sizes["D"]]).mean()), 1e-9)
        self.factor, self.stalled = 4.0, 0
        self.direction = np.zeros(len(self.prices))

    @property
    def tired(self) -> bool:
        """Whether further steps would gain next to nothing."""
        return self.factor < TIRED

    def climb(self, goal: float) -> None:
        """Do some deflected subgradient steps towards ``goal``, the cost of a known plan."""
        self.allowance.add(STEPS * self.step_units)
        for _ in range(STEPS):
            now = self.evaluate(self.prices)
            self.mean += PACE * (self._split(now.picked) - self.mean)
            self.mean_state += PACE * (now.state - self.mean_state)
            self.stalled = 0 if now.bound > self.bound + 1e-6 * abs(self.bound) else self.stalled + 1
            if now.bound > self.bound:
                self.bound, self.best = now.bound, self.prices.copy()
            if self.stalled >= STALL:
                self.factor, self.stalled = self.factor * CUT, 0
                self.prices, self.direction = self.best.copy(), np.zeros(len(self.prices))
                continue
            self._step(now, goal)

    def evaluate(self, prices: Floats) -> Value:
        """Bound and gradient at any prices of the right sign."""
        problem = self.space.problem
        demands = problem.sizes["D"]
        u, limit = np.minimum(prices[:demands], problem.outside_cost), prices[demands:]
        owner_price, floor = self._award_price(limit)
        curves = _curves(self.arcs, u, self.most_cap, self.edge)
        values = _values(self.arcs[0], curves, self.options)
        both = _best(self.choices, self.units.owner, values, owner_price, floor)
        total, state, picked, drawn = _pick(self.choices, self.units.owner, both, (owner_price, self.cap, self.fixed))
        left = _unserved(self.arcs, curves, self.options, self.units.option, picked, demands)
        bound = float(u.sum() + total - limit[: len(self.limits)] @ self.limits)
        used = np.concatenate([[drawn.sum()], bincount(problem.owner_county, drawn, len(problem.pot))[self.pots]])
        excess = used - self.limits
        lack = problem.floor_share * self.choices[4][picked].sum() - drawn.sum()
        return Value(bound, picked, state, np.concatenate([left, excess, [lack]]), both)

    def _award_price(self, limit: Floats) -> tuple[Floats, float]:
        """Price of an award of each owner, and of the capex."""
        problem = self.space.problem
        pot = np.zeros(len(problem.pot))
        pot[self.pots] = limit[1:-1]
        floor = float(limit[-1])
        return limit[0] + pot[problem.owner_county] - floor, floor * problem.floor_share

    def _step(self, now: Value, goal: float) -> None:
        demands = self.space.problem.sizes["D"]
        gradient = now.gradient.copy()
        gradient[demands:] *= np.sqrt(self.weight)
        gradient[:demands][(self.prices[:demands] >= self.space.problem.outside_cost) & (gradient[:demands] > 0)] = 0.0
        direction = 0.7 * self.direction + gradient
        self.direction = direction = gradient if self.direction @ gradient < 0 else direction
        length = float(direction @ direction)
        if length < 1e-12:
            self.factor = 0.0
            return
        step = self.factor * max(goal - now.bound, 1e-6 * abs(goal)) / length * direction
        step[demands:] *= np.sqrt(self.weight)
        self.prices = self.prices + step
        self.prices[:demands] = np.minimum(self.prices[:demands], self.space.problem.outside_cost)
        self.prices[demands:] = np.maximum(self.prices[demands:], 0.0)

    def _split(self, picked: Ints) -> Floats:
        """Modules of the picked choices per pair of the frame."""
        count = np.zeros_like(self.space.problem.max_count)
        np.add.at(count, self.units.site[picked], self.units.count[picked])
        return self.space.frame.split(count)

    def mean_count(self) -> Floats:
        """Mean modules of each site and type over the last choices, float[J, K]."""
        frame = self.space.frame
        count = np.zeros(self.space.problem.max_count.shape)
        np.add.at(count, (frame.site, frame.module), self.mean)
        return count

    def most(self, cost: float) -> Ints:
        """Most modules of each site and type in any plan that costs at most ``cost``, int[J, K]."""
        kept = self.under(cost)
        most = np.zeros_like(self.space.problem.max_count)
        np.maximum.at(most, self.units.site[kept], self.units.count[kept])
        return np.asarray(most)

    def under(self, cost: float) -> Bools:
        """Choices that a plan of at most ``cost`` may hold, bool[H]; right at any prices, before any step, too."""
        now = self.evaluate(self.best)
        price = self._award_price(self.best[self.space.problem.sizes["D"] :])[0]
        rise = _rises(self.choices[0], self.units.owner, now.both, (price, self.cap, self.fixed))
        return np.asarray(np.isfinite(self.choices[2]) & ~(now.bound + rise > cost + ROUNDING * (1.0 + abs(cost))))

    def limited(self, alive: Bools, fixed: Ints) -> Split:
        """Return a copy, at the best prices, whose units hold only ``alive`` choices and owners a fixed state."""
        node = copy(self)
        begin, option, cost, award, capex = self.choices
        node.choices = (begin, option, np.where(alive, cost, np.inf), award, capex)
        node.fixed, node.prices, node.edge = fixed, self.best.copy(), self.edge.copy()
        node.best, node.bound = self.best.copy(), -np.inf
        node.mean, node.mean_state = self.mean.copy(), self.mean_state.copy()
        node.factor, node.stalled, node.direction = AGAIN, 0, np.zeros(len(self.prices))
        return node


def _rises(begin: Ints, owner: Ints, both: tuple[Floats, Floats], money: tuple[Floats, Floats, Ints]) -> Floats:
    """By how much the bound rises at least when a unit must take a choice, float[H]."""
    price, cap, fixed = money
    unit = np.repeat(np.arange(len(begin) - 1), np.diff(begin))
    least = [np.minimum.reduceat(values, begin[:-1]) for values in both]
    sums = bincount(owner, least[0], len(cap))
    tops = bincount(owner, least[1], len(cap)) + price * cap
    who = owner[unit]
    forced = sums[who] + both[0] - least[0][unit], tops[who] + both[1] - least[1][unit]
    return np.asarray(_owner_value(forced, price[who], fixed[who]) - _owner_value((sums, tops), price, fixed)[who])


def _owner_value(both: tuple[Floats, Floats], price: Floats, fixed: Ints) -> Floats:
    sums, tops = both
    either = np.where(price >= 0, np.minimum(sums, tops), np.maximum(sums, tops))
    return np.where(fixed < 0, either, np.where(fixed == 1, tops, sums))


def _limits(space: Space) -> tuple[Floats, Ints]:
    """Budget and finite pots in units of money (an endless budget as more than anyone can draw), and these pots."""
    problem, frame = space.problem, space.frame
    pots = np.flatnonzero(np.isfinite(problem.pot))
    most = float((problem.award[frame.site, frame.module] * frame.upper[: frame.pairs]).sum())
    return np.concatenate([[min(problem.budget, most)], problem.pot[pots]]) / frame.money, pots


def _starts(space: Space, relaxed: Relaxed) -> Floats:
    """Prices of budget, pots and floor in the linear relaxation, none below 0."""
    frame, rows = space.frame, relaxed.prices.rows
    pots = np.flatnonzero(np.isfinite(space.problem.pot))
    place = {("pot", int(c)): 1 + k for k, c in enumerate(pots)}
    prices = np.zeros(len(pots) + 2)
    for kind, row, index in frame.groups:
        if kind in {"budget", "pot"}:
            prices[place.get((kind, index), 0)] = max(-rows[row], 0.0)
        elif kind == "floor":
            prices[-1] = max(rows[row], 0.0)
    return prices


def prepare() -> None:
    """Compile the loops, or load them as compiled before, so that no search pays for it with its own time."""
    ints, one, none = np.zeros(1, np.int64), np.ones(1), np.zeros(1)
    arcs, options = (np.array([0, 1]), ints, -one, one), (ints, one)
    choices = (np.array([0, 1]), np.zeros((1, 1), np.int64), none, none, none)
    curves = _curves(arcs, none, one, none.copy())
    both = _best(choices, ints, _values(arcs[0], curves, options), none, 0.0)
    picked = _pick(choices, ints, both, (none, one, ints - 1))[2]
    _unserved(arcs, curves, options, choices[1], picked, 1)


def split(space: Space, relaxed: Relaxed, allowance: Allowance) -> Split | None:
    """Prepare the relaxation; None with a second objective, without sites or arcs, or with too many choices."""
    if space.problem.has_limit or not len(space.arc) or not space.problem.sizes["J"]:
        return None
    units = list_units(space)
    return None if units is None else Split(space, units, relaxed, allowance)
