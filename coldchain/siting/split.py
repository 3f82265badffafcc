"""A bound that knows whole modules: the Lagrangian relaxation that splits the problem into its owners.

With prices ``u`` on the assignment rows every cell keeps the arcs it gains by, as far as its capacity goes: a
continuous knapsack, whose value at each choice of modules is known exactly. With prices on budget, pots and floor, an
award of an owner costs ``price · min(sum of awards, cap)``. For a price of at least 0 that is the lesser of
``price · sum`` and ``price · cap``, and both split into the owner's sites; for a price under 0 either one is a lower
bound and the greater is taken. What remains is to pick the best choice of every site, twice: one whose awards count,
one of an owner at its cap. The value is a lower bound of the full problem for any prices. Its maximum is the linear
bound over the convex hull of every owner's choices, above that of the model with strong links.

In several periods the knapsack has one row a period. Their mean with weights that add up to one stands for them,
which is a relaxation again. One row that joins the numbers of modules is kept exactly (:mod:`coldchain.siting.ascent`).
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldchain.arrays import ROUNDING, Bools, Floats, Ints
from coldchain.siting.ascent import (
    BOUND,
    EXACT,
    FACTOR,
    FREE,
    LEAST,
    Ascent,
    CellArcs,
    CellOptions,
    Choices,
    Terms,
    Value,
    ascend,
    evaluate,
    rents,
)
from coldchain.siting.coupling import Coupling
from coldchain.siting.frame import owner_most
from coldchain.siting.interchange import Sites, interchange
from coldchain.siting.problem import SitingProblem, bincount
from coldchain.siting.relax import Relaxed, first_guess, price
from coldchain.siting.space import Space
from coldchain.siting.units import Units, list_units
from coldchain.work import Allowance

STEPS = 25  # steps between two looks at the work left
STEP_ARC, SORTED_ARC, STEP_CHOICE = 3e-9, 2.5e-8, 2e-8
"""Units of work of a step: by arc of a cell in use, by one whose capacity may bind, by choice."""
FIRST, AGAIN = 4.0, 2.0  # step factor to begin with, and to go on with after a division
MOVES = 400  # of one local search
NEAR = 4  # rank of the arc whose cost is the first price of a demand


@dataclass(frozen=True)
class Joint:
    """One row that joins the numbers of modules: kind, right side, weight float[J, K] of a module, which row it is."""

    kind: int
    least: float
    weight: Floats
    lead: int = 0


def joint_row(problem: SitingProblem) -> Joint | None:
    """Return the couplings as one row; None where they are more than one, or take modules with and without a place."""
    rows: Coupling | None = problem.couplings
    weight = np.zeros(problem.max_count.shape)
    if problem.light is not None and problem.light.any():
        return None
    if rows is None:
        return Joint(FREE, 0.0, weight)
    both = [np.zeros(weight.shape) for _ in rows.least]
    for row, table in enumerate(both):
        mine = rows.row == row
        np.add.at(table, (rows.site[mine], rows.module[mine]), rows.value[mine])
    if len(both) == 2 and rows.least[0] == -rows.least[1] and (both[0] == -both[1]).all():
        lead = 0 if both[0].sum() >= 0 else 1
        return Joint(EXACT, float(rows.least[lead]), both[lead], lead)
    return Joint(LEAST, float(rows.least[0]), both[0]) if len(both) == 1 else None


class SplitRelaxation:
    """The relaxation of one problem and its ascent, goal by goal.

    Parameters
    ----------
    space : the prepared problem, without sides
    units : its choices
    joint : the row that joins them
    allowance : charged with every step
    """

    def __init__(self, space: Space, units: Units, joint: Joint, allowance: Allowance):
        self.space, self.units, self.joint, self.allowance = space, units, joint, allowance
        problem, frame = space.problem, space.frame
        self.period_weight = np.full((space.cells, space.periods), 1.0 / max(space.periods, 1))
        weight = (units.count * joint.weight[units.site]).sum(axis=1)
        most = owner_most(problem, frame.site, frame.module, frame.upper[: frame.pairs])
        reach = np.minimum(np.minimum(problem.budget, problem.pot[problem.owner_county]), most)
        fixed = np.where(problem.owner_cap > reach * (1 + 1e-9), 0, -1)  # 0: no plan takes it to its cap
        if joint.kind != FREE:
            fixed[:] = 0
        limits, self.pots = _limits(space)
        place = np.zeros(len(problem.pot), np.int64)
        place[self.pots] = 1 + np.arange(len(self.pots))
        self.terms = Terms(
            problem.outside_cost.copy(), np.minimum(problem.owner_cap, most) / frame.money, fixed,
            place[problem.owner_county],
            limits, float(problem.floor_share), joint.kind, joint.least,
        )  # fmt: skip
        self.choices = Choices(
            units.begin,
            units.owner,
            units.option,
            units.cost,
            units.award / frame.money,
            units.capex / frame.money,
            weight,
        )
        self.arcs = self._loads()
        self.options = self._options()
        prices = np.concatenate([_near(space), np.zeros(len(limits) + 1)])
        self.at = Ascent(
            prices, prices.copy(), np.zeros(len(prices)), np.zeros(len(units.cost)), np.zeros(len(fixed)),
            np.array([FIRST, 0.0, -np.inf]), np.zeros(space.cells),
        )  # fmt: skip
        self.chosen = np.full(len(units.owner), -1)
        self.weight = 0.0  # of the prices of money, once they are known roughly

    def _loads(self) -> CellArcs:
        """Arcs by cell, with one load in place of that of each period."""
        space = self.space
        order, begin, demand, cost = space.by_cell
        load = (space.load[space.demand] * self.period_weight[space.cell]).sum(axis=1)
        return CellArcs(begin, demand, cost, load[order], bincount(space.cell, load, space.cells))

    def _options(self) -> CellOptions:
        """Options that some choice still has."""
        cell, capacity = self.units.option_cell, self.units.option_cap
        used = self.units.option[np.isfinite(self.choices.cost)]
        used = np.unique(used[used >= 0])
        least, most = np.full(self.space.cells, np.inf), np.full(self.space.cells, -1.0)
        np.minimum.at(least, cell[used], capacity[used])
        np.maximum.at(most, cell[used], capacity[used])
        by_arc = np.where(self.arcs.total > least, SORTED_ARC, STEP_ARC) * (most >= 0)
        self.step_units = float(by_arc @ np.diff(self.arcs.begin)) + STEP_CHOICE * len(self.choices.cost)
        return CellOptions(cell, capacity, least, most)

    @property
    def paid(self) -> bool:
        """Whether budget, pots, floor or caps join the owners."""
        terms = self.terms
        return bool(
            np.isfinite(self.space.problem.budget) or len(self.pots) or terms.floor > 0 or (terms.fixed < 0).any()
        )

    @cached_property
    def loose(self) -> bool:
        """Whether no capacity can bind, so that every demand goes whole to its cheapest cell."""
        return bool((self.options.least >= self.arcs.total).all())

    def learn(self, relaxed: Relaxed) -> None:
        """Take the weights of the periods, and, where they are better, the prices of a linear relaxation."""
        total = relaxed.prices.mu.sum(axis=1, keepdims=True)
        weight = relaxed.prices.mu / np.maximum(total, 1e-12)
        self.period_weight = np.where(total > 0, weight, 1.0 / max(self.space.periods, 1))
        self.arcs = self._loads()
        self.at.edge[:] = 0.0
        linear = np.concatenate([relaxed.prices.demand_price, _starts(self.space, relaxed)])
        better = max((self.at.best, linear), key=lambda prices: self.evaluate(prices).bound)
        demands = len(self.terms.outside)
        scale = max(float(linear[demands:].max(initial=0.0)), 1.0)
        self.weight = 0.1 * scale / max(float(np.abs(linear[:demands]).mean()), 1e-9)
        self.at.best[:] = better
        self.again(FIRST)

    @property
    def bound(self) -> float:
        """Best bound so far."""
        return float(self.at.memory[BOUND])

    @property
    def tired(self) -> bool:
        """Whether further steps would gain next to nothing."""
        return bool(self.at.memory[FACTOR] <= 0.0)

    def climb(self, goal: float) -> None:
        """Do some deflected subgradient steps towards ``goal``, the cost of a known plan."""
        self.allowance.add(STEPS * self.step_units)
        self.chosen = ascend(self.arcs, self.options, self.choices, self.terms, self.at, goal, self.weight, STEPS)

    def evaluate(self, prices: Floats) -> Value:
        """Bound and gradient at any prices of the right sign."""
        return Value(*evaluate(self.arcs, self.options, self.choices, self.terms, self.at.edge, prices))

    def chosen_count(self) -> Ints:
        """Modules of the last chosen choices, int[J, K]."""
        count = np.zeros_like(self.space.problem.max_count)
        picked = self.chosen[self.chosen >= 0]
        np.add.at(count, self.units.site[picked], self.units.count[picked])
        return count

    def improved_count(self) -> Ints:
        """Modules of the last chosen choices, or of what local search makes of them where no capacity binds."""
        sites = self._sites
        if sites is None or not self.loose:
            return self.chosen_count()
        opened = self.units.count[self.chosen].any(axis=1) & (self.chosen >= 0)
        interchange(self.arcs, sites, opened, self.joint.kind == EXACT, MOVES)
        count = np.zeros_like(self.space.problem.max_count)
        last = self.units.begin[1:] - 1
        np.add.at(count, self.units.site[last], self.units.count[last] * opened[:, None])
        return count

    @cached_property
    def _sites(self) -> Sites | None:
        """What local search may open: None where units have more than one choice, or count differently."""
        units = self.units
        last, first = units.begin[1:] - 1, units.begin[:-1]
        weight = self.choices.weight[last]
        alike = (weight == weight[0]).all() if self.joint.kind == EXACT else (weight >= self.joint.least).all()
        if not alike or (last - first > 1).any() or units.count[first].any():
            return None
        option = units.option[last]
        cells = np.where(option >= 0, units.option_cell[option], -1)
        return Sites(cells, units.cost[last], self.terms.outside)

    def mean_count(self) -> Floats:
        """Mean modules of each site and type over the last choices, float[J, K]."""
        mean = self.at.mean / max(float(self.at.mean.sum()) / max(len(self.units.owner), 1), 1e-12)
        count = np.zeros(self.space.problem.max_count.shape)
        np.add.at(count, self.units.site, mean[:, None] * self.units.count)
        return count

    def spans(self, cost: float) -> tuple[Ints, Ints]:
        """Fewest and most modules of each site and type in any plan that costs at most ``cost``, int[J, K] each."""
        kept = self.under(cost)
        units, size = self.units, self.space.problem.max_count.shape
        high = np.iinfo(np.int64).max
        least, most = np.full((len(units.owner), size[1]), high), np.zeros((len(units.owner), size[1]), np.int64)
        unit = np.repeat(np.arange(len(units.owner)), np.diff(units.begin))[kept]
        np.minimum.at(least, unit, units.count[kept])
        np.maximum.at(most, unit, units.count[kept])
        both = np.zeros((2, *size), np.int64)
        site = units.site[units.begin[:-1]]
        np.add.at(both[0], site, np.where(least < high, least, 0))
        np.add.at(both[1], site, most)
        return both[0], both[1]

    def under(self, cost: float) -> Bools:
        """Choices that a plan of at most ``cost`` may hold, bool[H]; right at any prices, before any step, too."""
        now = self.evaluate(self.at.best)
        limit = self.at.best[len(self.terms.outside) :]
        pot = np.where(self.terms.pot > 0, limit[self.terms.pot], 0.0)
        price = limit[0] - limit[-1] + pot
        if now.bound == np.inf:
            return np.zeros(len(self.choices.cost), bool)
        with np.errstate(invalid="ignore"):  # choices not to be had cost infinitely much more than infinitely much
            rise = np.maximum(*(self._rises(now, price, charge) for charge in (now.pick.low, now.pick.high)))
        return np.asarray(np.isfinite(self.choices.cost) & ~(now.bound + rise > cost + ROUNDING * (1.0 + abs(cost))))

    def _rises(self, now: Value, price: Floats, charge: float) -> Floats:
        """By how much the bound rises at least when a unit must take a choice, float[H]; ``charge`` prices the row."""
        owner, begin = self.choices.owner, self.choices.begin
        both = [values - charge * self.choices.weight for values in (now.counted, now.free)]
        unit = np.repeat(np.arange(len(begin) - 1), np.diff(begin))
        least = [np.minimum.reduceat(values, begin[:-1]) for values in both]
        sums = bincount(owner, least[0], len(price))
        tops = bincount(owner, least[1], len(price)) + price * self.terms.cap
        who = owner[unit]
        forced = sums[who] + both[0] - least[0][unit], tops[who] + both[1] - least[1][unit]
        state = self.terms.fixed
        return np.asarray(_owner_value(forced, price[who], state[who]) - _owner_value((sums, tops), price, state)[who])

    def again(self, factor: float) -> None:
        """Start from the best prices with a new step factor."""
        self.at.prices[:], self.at.direction[:] = self.at.best, 0.0
        self.at.memory[:] = factor, 0.0, -np.inf

    def keep(self, alive: Bools) -> None:
        """Go on with these choices alone."""
        self.choices = self.choices._replace(cost=np.where(alive, self.choices.cost, np.inf))
        self.options = self._options()
        self.at.edge[:] = 0.0

    def limited(self, alive: Bools, fixed: Ints) -> SplitRelaxation:
        """Return a copy, at the best prices, whose units hold only ``alive`` choices and owners a fixed state."""
        node = copy(self)
        node.terms = self.terms._replace(fixed=fixed)
        best = self.at.best
        node.at = Ascent(
            best.copy(), best.copy(), np.zeros(len(best)), self.at.mean.copy(), self.at.mean_state.copy(),
            np.array([AGAIN, 0.0, -np.inf]), self.at.edge.copy(),
        )  # fmt: skip
        node.keep(alive)
        return node

    def linear(self) -> Relaxed:
        """Return the best prices as those of a linear relaxation, with the mean choices for its modules."""
        space, frame = self.space, self.space.frame
        now = self.evaluate(self.at.best)
        charge = now.pick.low
        value = np.where(self.units.count.any(axis=1), now.counted - charge * self.choices.weight, np.inf)
        room = np.zeros(space.cells)
        for a, b in zip(self.units.begin[:-1], self.units.begin[1:], strict=True):
            option = self.units.option[a + int(value[a:b].argmin())]
            option = option[option >= 0]
            room[self.units.option_cell[option]] = self.units.option_cap[option]
        u = np.minimum(self.at.best[: len(self.terms.outside)], self.terms.outside)
        rent = rents(self.arcs, self.options, u, room)
        mu = rent[:, None] * self.period_weight
        full = space.cost - u[space.demand] + (space.load[space.demand] * mu[space.cell]).sum(axis=1)
        link = np.flatnonzero(full < 0)
        rows = np.zeros(frame.rows.size)
        if self.joint.kind != FREE:
            rows[frame.coupled[self.joint.lead if charge >= 0 else 1 - self.joint.lead]] = abs(charge)
        prices = price(space, mu=mu, nu=np.zeros(0), link=link, lam=-full[link], g=rows)
        everything = np.arange(len(space.arc))
        return Relaxed(prices, frame.split(self.mean_count()), np.inf, link, everything, 0)


def _owner_value(both: tuple[Floats, Floats], price: Floats, fixed: Ints) -> Floats:
    sums, tops = both
    either = np.where(price >= 0, np.minimum(sums, tops), np.maximum(sums, tops))
    return np.where(fixed < 0, either, np.where(fixed == 1, tops, sums))


def _near(space: Space) -> Floats:
    """First prices of the demands: an arc of the cheaper ones, with a guess of what capacity costs, or outside."""
    key = space.cost + first_guess(space)
    order = np.lexsort((key, space.demand))
    number = np.diff(np.append(space.begin, len(order)))
    prices = space.problem.outside_cost.copy()
    prices[space.group] = np.minimum(prices[space.group], key[order[space.begin + np.minimum(NEAR, number) - 1]])
    return prices


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


def split(space: Space, allowance: Allowance) -> SplitRelaxation | None:
    """Prepare the relaxation; None with sides, without sites or arcs, or with too many choices."""
    joint = joint_row(space.problem)
    if joint is None or space.problem.sides or not len(space.arc) or not space.problem.sizes["J"]:
        return None
    units = list_units(space, joint.weight)
    return None if units is None else SplitRelaxation(space, units, joint, allowance)


def prepare() -> None:
    """Compile the loops, or load them as compiled before, so that no search pays for it with its own time."""
    ints, one, none = np.zeros(1, np.int64), np.ones(1), np.zeros(1)
    arcs = CellArcs(np.array([0, 1]), ints, -one, one, one)
    options = CellOptions(ints, one, one, one)
    choices = Choices(np.array([0, 1]), ints, np.zeros((1, 1), np.int64), none, none, none, one)
    for kind in (FREE, EXACT):
        terms = Terms(one, none, ints, ints, none, 0.0, kind, 1.0)
        prices = np.zeros(3), np.zeros(3), np.zeros(3)
        at = Ascent(*prices, none.copy(), none.copy(), np.array([FIRST, 0.0, -np.inf]), one)
        ascend(arcs, options, choices, terms, at, 1.0, 1.0, 1)
        interchange(arcs, Sites(np.zeros((1, 1), np.int64), none, one), np.ones(1, bool), False, 1)
        rents(arcs, options, one, one)
        evaluate(arcs, options, choices, terms, at.edge, at.prices)
