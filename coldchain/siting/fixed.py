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
from coldchain.siting.assign import Plan, assign_priced
from coldchain.siting.engine import Engine, StoppedError
from coldchain.siting.problem import SitingProblem
from coldchain.siting.result import cell_modules
from coldchain.siting.space import build_space
from coldchain.work import Allowance, Meter


@dataclass(frozen=True, eq=False)
class _Prices:
    """Prices of one assignment: demands float[D], periods of cells float[Z, Q], gain of each open cell float[Z]."""

    demand: Floats
    rent: Floats
    gain: Floats
    count: Ints
    total: float


class FixedModules:
    """Assign demands at least cost with the modules given; limits on modules, money and sides are not asked for.

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

    def assign(self, count: Ints, *, more: Floats | None = None, keep: bool = False) -> Plan | None:
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
        plan, demand, rent = found
        if keep:
            room = self._room(count)
            gain = np.array([self._gain(z, room[z], demand, rent) for z in range(self.space.cells)])
            total = float(np.minimum(demand, self.problem.outside_cost).sum() + gain.sum())
            self._prices = _Prices(demand, rent, gain, count, total + self._module_cost(count))
        return plan

    def floor(self, count: Ints) -> float:
        """Return what this choice costs at least, by the prices kept."""
        kept = self._prices
        if kept is None:
            raise ValueError("no prices kept: assign with keep=True first")
        room, before = self._room(count), self._room(kept.count)
        changed = np.flatnonzero(np.abs(room - before) > 0)
        more = sum(self._gain(int(z), room[z], kept.demand, kept.rent) - kept.gain[z] for z in changed)
        return float(kept.total + more + self._module_cost(count) - self._module_cost(kept.count))

    def _module_cost(self, count: Ints) -> float:
        return float((self.problem.module_cost * count).sum())

    def _room(self, count: Ints) -> Floats:
        """t/day of each cell of the space."""
        capacity = cell_modules(self.problem, count)[1]
        room = np.zeros(self.space.cells)
        room[self.space.cell] = capacity[self.problem.arc_cell[self.space.arc]]
        return room

    def _gain(self, z: int, room: float, demand: Floats, rent: Floats) -> float:
        """Least reduced cost a cell can have: a knapsack over the periods weighed by their rents, or the fullest."""
        space = self.space
        arcs = self._order[self._begin[z] : self._begin[z + 1]]
        reduced = space.cost[arcs] - demand[space.demand[arcs]]
        arcs, reduced = arcs[reduced < 0], reduced[reduced < 0]
        if room <= 0 or not len(arcs):
            return 0.0
        loads = space.load[space.demand[arcs]]
        weight = rent[z] / rent[z].sum() if rent[z].sum() > 0 else (loads.sum(axis=0) == loads.sum(axis=0).max()) * 1.0
        load = loads @ (weight / weight.sum())
        order = np.argsort(reduced / np.maximum(load, 1e-12))
        before = np.concatenate([[0.0], np.cumsum(load[order])[:-1]])
        part = np.clip((room - before) / np.maximum(load[order], 1e-12), 0.0, 1.0)
        return float(reduced[order] @ part)
