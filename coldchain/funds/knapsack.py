"""Divide one fund: choose one point of each county's curve (multiple-choice knapsack), with a proven bound.

    minimise    Σ_c Σ_k loss[c,k]·x[c,k]
    subject to  Σ_k x[c,k] = 1                     one point of each county
                Σ_c Σ_k money[c,k]·x[c,k] ≤ fund
                Σ_{c in g} Σ_k award[c,k]·x ≥ share_g · Σ_c Σ_k award[c,k]·x      for each favoured group g

First the price of money that closes the relaxation over the fund alone (a line search over the counties' curves) gives
a bound and, greedily, a division. Points whose price alone lifts the bound above that division are in no better one and
are left out; what remains, usually a few dozen points, goes to an integer model.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from coldchain.arrays import Floats, Indices
from coldchain.errors import InfeasibleError, LimitError
from coldchain.language import _
from coldchain.progress import relative_gap
from coldchain.solvers import data_alone_on_stdout

EXACT = 1e-9
ROUNDS = 200
NEAR, WIDER, START_GAP = 0.12, 4, 1e-6


@dataclass(frozen=True)
class Favour:
    """A group of counties that must be awarded at least a share of all awards."""

    name: str
    counties: Indices
    share: float


@dataclass(frozen=True)
class ChosenPoints:
    """The points chosen.

    Attributes
    ----------
    choice : int[points], the rows chosen, one a county, in the order of the counties
    value, bound : of what is minimised; the bound is proved
    price : what the last unit of money is worth, in units of the objective, by the relaxation
    left : points that had to go to the integer model
    """

    choice: Indices
    value: float
    bound: float
    price: float
    left: int

    @property
    def gap(self) -> float:
        """|value - bound| / |value|."""
        return relative_gap(self.value, self.bound)


@dataclass(frozen=True)
class FundProblem:
    """Points of all counties, one after the other.

    Attributes
    ----------
    county : int[points], rising from 0 without a gap
    money, award : float[points], what the fund pays, and the award it is part of; CNY
    loss : float[points], what is minimised
    """

    county: Indices
    money: Floats
    award: Floats
    loss: Floats
    fund: float
    favours: tuple[Favour, ...] = field(default=())

    @property
    def counties(self) -> int:
        """Number of counties."""
        return int(self.county.max(initial=-1)) + 1

    @property
    def first(self) -> Indices:
        """First point of each county."""
        return np.searchsorted(self.county, np.arange(self.counties))


def divide(problem: FundProblem, *, time_limit_s: float = 60.0, gap: float = 0.0) -> ChosenPoints:
    """Divide a fund.

    Parameters
    ----------
    gap : wanted relative gap; 0 asks for the optimum, to nine digits

    Raises
    ------
    InfeasibleError
        When even the cheapest points cost more than the fund, or no choice favours the groups enough.
    LimitError
        When the time passed before a division was found.

    Examples
    --------
    Two counties; a million saves 5 t in the first and 4 t in the second, two save 6 t and 8 t. Of two million each
    gets one (9 t), which is better than both to the second (8 t).

    >>> million = np.array([0.0, 1e6, 2e6])
    >>> loss = np.array([10.0, 5.0, 4.0, 20.0, 16.0, 12.0])
    >>> county = np.array([0, 0, 0, 1, 1, 1])
    >>> found = divide(FundProblem(county, np.tile(million, 2), np.tile(million, 2), loss, 2e6))
    >>> found.choice.tolist(), found.value, found.gap < 1e-9
    ([1, 4], 21.0, True)
    """
    least = np.minimum.reduceat(problem.money, problem.first)
    if least.sum() > problem.fund * (1 + EXACT):
        message = _(
            "the least that every county must get comes to {least:,.0f} CNY; the fund is {fund:,.0f} CNY: "
            "lower the floors or raise the fund"
        )
        raise InfeasibleError(message.format(least=least.sum(), fund=problem.fund))
    model = _Integer(problem, time_limit_s)
    if problem.favours:
        prices = model.prices()
        start = _near_start(problem, model, prices)
    else:
        prices = _line_search(problem)
        start = _greedy(problem, prices.money)
    kept = np.arange(len(problem.county))
    if start is not None:
        value = float(problem.loss[start].sum())
        if value - prices.bound <= max(gap, EXACT) * max(abs(value), EXACT):
            return ChosenPoints(start, value, min(prices.bound, value), prices.money, 0)
        slack = (value - prices.bound) * (1 + EXACT) + EXACT * max(abs(value), 1.0)
        kept = np.flatnonzero((prices.excess <= slack) | np.isin(kept, start))
    best, bound = model.solve(kept, gap)
    best = best if best is not None else start
    if best is None:
        message = _("no division of the fund was found within {seconds:g} s; allow more with --time-limit")
        raise LimitError(message.format(seconds=time_limit_s))
    value = float(problem.loss[best].sum())
    return ChosenPoints(best, value, min(max(bound, prices.bound), value), prices.money, len(kept))


@dataclass(frozen=True)
class _DualPrices:
    """A dual solution: what money is worth, the bound, and how much each point, once forced, lifts the bound."""

    money: float
    bound: float
    excess: Floats


def _near_start(problem: FundProblem, model: _Integer, prices: _DualPrices) -> Indices | None:
    """Solve among the points that lift the bound least, ever more of them until a division exists."""
    order = np.argsort(prices.excess, kind="stable")
    more = math.ceil(NEAR * problem.counties)
    while problem.counties + more < len(order):
        start = model.solve(np.sort(order[: problem.counties + more]), START_GAP)[0]
        if start is not None:
            return start
        more *= WIDER
    return None


def _line_search(problem: FundProblem) -> _DualPrices:
    price = price_of_money(problem)
    return _prices(problem, problem.loss + price * problem.money, price, -price * problem.fund)


def _prices(problem: FundProblem, priced: Floats, price: float, constant: float) -> _DualPrices:
    best = np.minimum.reduceat(priced, problem.first)
    return _DualPrices(price, float(best.sum()) + constant, priced - best[problem.county])


def price_of_money(problem: FundProblem) -> float:
    """Return the price at which the counties, each for itself, spend the fund: where the relaxation is tightest."""
    low, high = 0.0, _steepest(problem)
    if problem.money[_cheapest_at(problem, 0.0)].sum() <= problem.fund:
        return 0.0
    for _round in range(ROUNDS):
        middle = (low + high) / 2
        if problem.money[_cheapest_at(problem, middle)].sum() > problem.fund:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 * high:
            break
    return high


def _steepest(problem: FundProblem) -> float:
    """Return a price at which every county takes its cheapest point."""
    span = float(np.ptp(problem.loss)) + 1.0
    steps = np.diff(np.unique(problem.money))
    return span / float(steps[steps > 0].min(initial=1.0)) * 2 if len(steps) else 1.0


def _cheapest_at(problem: FundProblem, price: float) -> Indices:
    """Return the point each county takes at a price; of equals the cheapest."""
    priced = problem.loss + price * problem.money
    order = np.lexsort((problem.money, priced, problem.county))
    return np.asarray(order[problem.first])


def _greedy(problem: FundProblem, price: float) -> Indices:
    """Start from what the counties take at the price, then spend what is left on the best steps that fit."""
    choice = _cheapest_at(problem, price)
    while True:
        left = problem.fund - problem.money[choice].sum()
        now = choice[problem.county]
        more, less = problem.money - problem.money[now], problem.loss[now] - problem.loss
        fits = (more <= left) & (less > 0)
        if not fits.any():
            return choice
        worth = np.where(fits, less / np.maximum(more, 1e-9 * max(problem.fund, 1.0)), -math.inf)
        step = int(np.argmax(worth))
        choice = choice.copy()
        choice[problem.county[step]] = step


class _Integer:
    """The model of OR-Tools over some of the points, solved by HiGHS."""

    def __init__(self, problem: FundProblem, time_limit_s: float) -> None:
        self.problem = problem
        self.end = time.monotonic() + time_limit_s
        self.unit = max(problem.fund, 1.0) / 1e3
        self.scale = max(float(np.ptp(problem.loss)), 1e-6) / 1e2
        self.base = np.minimum.reduceat(problem.loss, problem.first)

    def prices(self) -> _DualPrices:
        """Solve the relaxation over all points; its duals give a bound by themselves, however rounded they are."""
        problem = self.problem
        model, fund, favoured = self._model(np.arange(len(problem.county)), whole=False)[1:]
        result = self._run(model, 0.0)
        if result is None:
            return _line_search(problem)
        duals = result.dual_values()
        price = max(-duals[fund], 0.0) * self.scale / self.unit
        priced = problem.loss + price * problem.money
        for row, weight in zip(favoured, self._weights(), strict=True):
            priced = priced - max(duals[row], 0.0) * self.scale / self.unit * weight
        return _prices(problem, priced, price, -price * problem.fund)

    def solve(self, kept: Indices, gap: float) -> tuple[Indices | None, float]:
        """Return the best choice among the points kept, and a bound on all of them; none when there is none."""
        x, model = self._model(kept, whole=True)[:2]
        try:
            result = self._run(model, gap)
        except InfeasibleError:
            if len(kept) == len(self.problem.county):
                raise
            result = None
        if result is None:
            return None, -math.inf
        values = result.variable_values()
        bound = float(result.termination.objective_bounds.dual_bound) * self.scale + float(self.base.sum())
        return kept[np.array([values[v] > 0.5 for v in x])], bound

    def _weights(self) -> list[Floats]:
        """Return for each favour the award of every point, less the share of it that the group must have."""
        problem = self.problem
        return [(np.isin(problem.county, f.counties) - f.share) * problem.award for f in problem.favours]

    def _model(self, kept: Indices, *, whole: bool) -> tuple[list[Any], Any, Any, list[Any]]:
        from ortools.math_opt.python import mathopt

        problem = self.problem
        model = mathopt.Model()
        x = [model.add_variable(lb=0.0, ub=1.0, is_integer=whole) for _point in kept]
        first = np.searchsorted(problem.county[kept], np.arange(problem.counties + 1))
        for begin, end in itertools.pairwise(first):
            model.add_linear_constraint(mathopt.fast_sum(x[begin:end]) == 1.0)
        fund = model.add_linear_constraint(_sum(x, problem.money[kept] / self.unit) <= problem.fund / self.unit)
        favoured = [model.add_linear_constraint(_sum(x, w[kept] / self.unit) >= 0.0) for w in self._weights()]
        model.minimize(_sum(x, (problem.loss - self.base[problem.county])[kept] / self.scale))
        return x, model, fund, favoured

    def _run(self, model: Any, gap: float) -> Any:
        """Solve; None when the time passed without a solution."""
        from ortools.math_opt.python import mathopt

        parameters = mathopt.SolveParameters(
            time_limit=timedelta(seconds=max(self.end - time.monotonic(), 0.1)),
            relative_gap_tolerance=gap,
            absolute_gap_tolerance=EXACT,
        )
        with data_alone_on_stdout():
            result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
        if result.termination.reason == mathopt.TerminationReason.INFEASIBLE:
            raise InfeasibleError(_("no division of the fund gives the favoured groups their share of the awards"))
        return result if result.has_primal_feasible_solution() else None


def _sum(x: Sequence[Any], weights: Floats) -> Any:
    from ortools.math_opt.python import mathopt

    return mathopt.fast_sum(float(w) * v for w, v in zip(weights, x, strict=True) if w)
