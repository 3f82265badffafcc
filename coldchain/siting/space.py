"""The arc side, prepared once: useful arcs, cells in use, periods that can bind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.engine import Rows
from coldchain.siting.frame import Frame, build_frame
from coldchain.siting.problem import SitingProblem, bincount
from coldchain.siting.sides import Sides


@dataclass(frozen=True, eq=False)
class Space:
    """A problem with its provably useless arcs, cells and periods left out.

    Attributes
    ----------
    problem, frame : as given, and its module side
    arc : int[N], index of each useful arc in the problem, sorted by demand
    demand, cell : int[N], its demand and its cell (numbered 0..Z-1)
    cost : float[N]; load : float[D, Q] of the Q periods that no other period dominates
    begin : int[G], where each demand with arcs begins in ``arc``; ``group`` : int[G], that demand
    pair_cell : int[Y], cell of a pair, -1 when no arc can use it
    stood, stood_cap : float[Z], modules standing and their t/day
    sides : the sides of the problem over frame, demands and these arcs
    """

    problem: SitingProblem
    frame: Frame
    arc: Ints
    demand: Ints
    cell: Ints
    cost: Floats
    load: Floats
    begin: Ints
    group: Ints
    pair_cell: Ints
    stood: Floats
    stood_cap: Floats
    sides: Sides

    @property
    def cells(self) -> int:
        """Number of cells Z."""
        return len(self.stood)

    @property
    def periods(self) -> int:
        """Number of binding periods Q."""
        return int(self.load.shape[1])

    @cached_property
    def by_cell(self) -> tuple[Ints, Ints, Ints, Floats]:
        """Order of the arcs by cell and cost int[N], where each cell begins int[Z + 1], their demands and costs."""
        order = np.lexsort((self.cost, self.cell))
        begin = np.searchsorted(self.cell[order], np.arange(self.cells + 1))
        return order, begin, self.demand[order], self.cost[order]

    @cached_property
    def cell_place(self) -> Ints:
        """Each cell in the numbering of the problem, int[Z]."""
        order, begin, *_rest = self.by_cell
        return self.problem.arc_cell[self.arc[order[begin[:-1]]]]

    def add_cells(self, rows: Rows, arcs: Ints, first: int, *, modules: bool = True) -> Ints:
        """Add capacity rows ``sum load x - sum capacity y <= standing`` for arcs in columns from ``first``.

        Returns the rows, int[Z, Q].
        """
        index = rows.new(-np.inf, np.repeat(self.stood_cap, self.periods), self.cells * self.periods)
        index = index.reshape(self.cells, self.periods)
        column = first + np.arange(len(arcs))
        rows.put(index[self.cell[arcs]], column[:, None], self.load[self.demand[arcs]])
        if modules:
            live = np.flatnonzero(self.pair_cell >= 0)
            capacity = self.problem.capacity[self.frame.module[live]]
            rows.put(index[self.pair_cell[live]], live[:, None], -capacity[:, None])
        return index

    def add_links(self, rows: Rows, arcs: Ints, columns: Ints) -> Ints:
        """Add strong links ``x - sum of first modules <= standing`` for arcs in the given columns."""
        index = rows.new(-np.inf, self.stood[self.cell[arcs]], len(arcs))
        rows.put(index, columns, 1.0)
        live = np.flatnonzero((self.pair_cell >= 0) & self.frame.first)
        order = live[np.argsort(self.pair_cell[live], kind="stable")]
        number = np.bincount(self.pair_cell[live], minlength=self.cells)
        begin = np.cumsum(number) - number
        repeat = number[self.cell[arcs]]
        inside = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        pair = order[np.repeat(begin[self.cell[arcs]], repeat) + inside]
        rows.put(np.repeat(index, repeat), pair, -1.0)
        return index


def build_space(problem: SitingProblem, *, dear: bool = False) -> Space:
    """Leave out arcs to cells that can never hold a module, and, where no limit asks for them, arcs that only cost.

    Parameters
    ----------
    dear : keep arcs that only cost, too
    """
    frame = build_frame(problem)
    size = problem.sizes["J"] * problem.classes
    pair = frame.site * problem.classes + problem.module_class[frame.module]
    everything = (np.arange(problem.sizes["J"])[:, None] * problem.classes + problem.module_class).ravel()
    stood = bincount(everything, problem.existing.ravel(), size)
    stood_cap = bincount(everything, (problem.existing * problem.capacity).ravel(), size)
    possible = stood > 0
    possible[pair] = True
    useful = possible[problem.arc_cell] if size else np.zeros(len(problem.arc_cost), bool)
    if not (dear or problem.sides):
        useful = useful & (problem.arc_cost < problem.outside_cost[problem.arc_demand])
    arc = np.flatnonzero(useful)
    arc = arc[np.argsort(problem.arc_demand[arc], kind="stable")]
    demand = problem.arc_demand[arc]
    kept, cell = np.unique(problem.arc_cell[arc], return_inverse=True)
    number = np.full(size + 1, -1)
    number[kept] = np.arange(len(kept))
    group, begin = np.unique(demand, return_index=True)
    load = problem.load[:, _binding(problem.load)]
    cost = problem.arc_cost[arc]
    held = number[pair], stood[kept], stood_cap[kept]
    return Space(problem, frame, arc, demand, cell, cost, load, begin, group, *held, Sides.of(problem, frame, arc))


def _binding(load: Floats) -> Ints:
    """Periods whose loads no other period reaches for every demand at once."""
    keep: list[int] = []
    for p in np.argsort(-load.sum(axis=0), kind="stable"):
        if not any((load[:, q] >= load[:, p]).all() for q in keep):
            keep.append(int(p))
    return np.array(sorted(keep), dtype=np.int64)
