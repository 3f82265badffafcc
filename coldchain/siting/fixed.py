"""Assignments for one choice of modules after another, and a floor under choices not yet assigned.

The prices of demands and capacities of one assignment bound every other choice of modules from below (Lagrangian
duality): each cell keeps what it gains by at those prices, as far as its capacity goes. A choice whose floor lies above
the best known need not be assigned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.assign import Assigned, AssignmentPrices, assign_priced
from coldchain.siting.engine import Engine, StoppedError
from coldchain.siting.problem import SitingProblem
from coldchain.siting.result import cell_modules
from coldchain.siting.sides import priced
from coldchain.siting.space import build_space
from coldchain.work import Allowance, Meter


@dataclass(frozen=True, eq=False)
class _Prices:
    """Prices of one assignment, and the problem that charges its sides.

    ``gain`` is that of each open cell float[Z], ``total`` the floor under ``count``.
    """

    paid: AssignmentPrices
    charged: SitingProblem
    gain: Floats
    count: Ints
    total: float

    def module_cost(self, count: Ints) -> float:
        return float((self.charged.module_cost * count).sum())


class FixedModules:
    """Assign demands at least cost with the modules given; limits on modules and money alone are not asked for.

    Sides are kept: coverage, lateness, hubs, equity.

    Use as a context manager.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> p = SitingProblem(
    ...     outside_cost=[100], arc_demand=[0], arc_site=[0], arc_class=[0], arc_cost=[10], load=2 * one,
    ...     module_class=[0], capacity=[5], module_cost=50 * one, module_capex=400 * one, award=100 * one,
    ...     max_count=one, existing=0 * one, max_modules=[3], power_kw=[9], power_limit=[np.inf], forced=[False],
    ...     owner=[0], owner_cap=[80], county=[0], pot=[np.inf], budget=90)
    >>> with FixedModules(p) as fixed:
    ...     fixed.assign(np.array([[1]])).value, fixed.assign(np.array([[0]])).value
    (60.0, 100.0)
    """

    def __init__(
        self,
        problem: SitingProblem,
        stop: Callable[[], bool] = lambda: False,
        meter: Allowance | None = None,
        seed: int = 0,
    ) -> None:
        self.problem, self.space = problem, build_space(problem)
        self.engine = Engine(meter or Meter(), stop, seed)
        cells = self.space.cells
        self._order = np.argsort(self.space.cell, kind="stable")
        self._begin = np.searchsorted(self.space.cell[self._order], np.arange(cells + 1))
        self._prices: _Prices | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.engine.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the solver."""
        self.engine.__exit__(kind, error, trace)

    def assign(self, count: Ints, *, more: Floats | None = None, keep: bool = False) -> Assigned | None:
        """Return the best assignment, or None when none was found, or the caller wants to stop.

        Parameters
        ----------
        count : new modules, int[J, K]
        more : what arcs shall seem to cost beside their cost, float[A]; the value is reckoned without it
        keep : keep the prices for :meth:`floor`
        """
        space = self.space if more is None else replace(self.space, cost=self.space.cost + more[self.space.arc])
        try:
            found = assign_priced(self.engine, space, count, max(self.engine.left(), 0.1))
        except StoppedError:
            found = None
        if found is None:
            return None
        plan, paid = found
        if keep:
            self._prices = self._priced(count, paid)
        return plan

    def _priced(self, count: Ints, paid: AssignmentPrices) -> _Prices:
        """Evaluate the Lagrangian function for these modules."""
        charged, constant = priced(self.problem, paid.sides)
        room = self._room(count)
        prices = _Prices(paid, charged, np.zeros(0), count, 0.0)
        gain = np.array([self._gain(prices, z, room[z]) for z in range(self.space.cells)])
        total = float(np.minimum(paid.demand, charged.outside_cost).sum() + gain.sum()) + constant
        return replace(prices, gain=gain, total=total + prices.module_cost(count))

    def floor(self, count: Ints) -> float:
        """Return what this choice costs at least, by the prices kept."""
        kept = self._prices
        if kept is None:
            raise ValueError("no prices kept: assign with keep=True first")
        room, before = self._room(count), self._room(kept.count)
        changed = np.flatnonzero(np.abs(room - before) > 0)
        more = sum(self._gain(kept, int(z), room[z]) - kept.gain[z] for z in changed)
        return float(kept.total + more + kept.module_cost(count) - kept.module_cost(kept.count))

    @property
    def charged(self) -> SitingProblem:
        """The problem without its sides, which are charged at the prices kept."""
        if self._prices is None:
            raise ValueError("no prices kept: assign with keep=True first")
        return self._prices.charged

    def demand_prices(self) -> Floats:
        """Return what a little more of each demand costs by the prices kept, in units of the whole demand, float[D]."""
        if self._prices is None:
            raise ValueError("no prices kept: assign with keep=True first")
        return np.minimum(self._prices.paid.demand, self._prices.charged.outside_cost)

    def _room(self, count: Ints) -> Floats:
        """t/day of each cell of the space."""
        capacity = cell_modules(self.problem, count)[1]
        room = np.zeros(self.space.cells)
        room[self.space.cell] = capacity[self.problem.arc_cell[self.space.arc]]
        return room

    def _gain(self, prices: _Prices, z: int, room: float) -> float:
        """Least reduced cost a cell can have: a knapsack over the periods weighed by their rents, or the fullest."""
        space, rent = self.space, prices.paid.rent[z]
        arcs = self._order[self._begin[z] : self._begin[z + 1]]
        reduced = prices.charged.arc_cost[space.arc[arcs]] - prices.paid.demand[space.demand[arcs]]
        arcs, reduced = arcs[reduced < 0], reduced[reduced < 0]
        if room <= 0 or not len(arcs):
            return 0.0
        loads = space.load[space.demand[arcs]]
        weight = rent / rent.sum() if rent.sum() > 0 else (loads.sum(axis=0) == loads.sum(axis=0).max()) * 1.0
        load = loads @ (weight / weight.sum())
        order = np.argsort(reduced / np.maximum(load, 1e-12))
        before = np.concatenate([[0.0], np.cumsum(load[order])[:-1]])
        part = np.clip((room - before) / np.maximum(load[order], 1e-12), 0.0, 1.0)
        return float(reduced[order] @ part)
