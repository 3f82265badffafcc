"""Limits that join assignment, modules and awards, and single sourcing: their rows, their prices, their violations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.model import Limit
from coldchain.siting.engine import Model, Rows
from coldchain.siting.side import SideRow

if TYPE_CHECKING:
    from coldchain.siting.frame import Frame
    from coldchain.siting.problem import SitingProblem


def side_violations(
    problem: SitingProblem, count: Ints, shares: tuple[Floats, Floats], award: Floats, tol: float = 1e-6
) -> list[str]:
    """Names of the limits a decision breaks, and shares that are split under single sourcing."""
    broken = [str(row.limit) for row in problem.sides if row.total(count, *shares, award) < row.least - tol * row.size]
    split = (np.minimum(shares[0], 1.0 - shares[0]) > tol).any() if problem.single_source else False
    return [*broken, "a demand is split"] if split else broken


def limit_as_side(problem: SitingProblem) -> SitingProblem:
    """Return the problem with its second objective among the sides, negated."""
    if problem.limit_outside is None or problem.limit_arc is None or problem.limit_module is None:
        return problem
    none = np.zeros(len(problem.owner_cap))
    row = SideRow(
        Limit("aims_before"), np.arange(len(problem.arc_cost)), -problem.limit_arc, -problem.limit_outside,
        -problem.limit_module, none, -float(problem.limit_rhs or 0.0),
    )  # fmt: skip
    bare = replace(problem, limit_outside=None, limit_arc=None, limit_module=None, limit_rhs=None)
    return replace(bare, sides=(*problem.sides, row))


def priced(problem: SitingProblem, nu: Floats) -> tuple[SitingProblem, float]:
    """Return the problem without sides whose cost charges each side ``nu``, and the constant to add to its bound.

    The award of an owner is at most the sum over its modules and at least zero, so that what it contributes is never
    understated; any ``nu >= 0`` gives a lower bound of the problem with sides.
    """
    arc, outside, module = problem.arc_cost.copy(), problem.outside_cost.copy(), problem.module_cost.copy()
    constant = 0.0
    for row, charge in zip(problem.sides, nu, strict=True):
        np.add.at(arc, row.index, -charge * row.value)
        outside -= charge * row.outside
        module -= charge * (row.module + np.maximum(row.award, 0.0)[problem.owner][:, None] * problem.award)
        constant += charge * row.least
    bare = replace(problem, arc_cost=arc, outside_cost=outside, module_cost=module, sides=(), single_source=False)
    return bare, constant


@dataclass(frozen=True)
class Layout:
    """Rows of the direct model, as indices: assignment [D], cells [cells, P], links [arcs], sides [S]."""

    rows: Rows
    assign: Ints
    cells: Ints
    links: Ints
    sides: Ints
    pair_cell: Ints
    stood: Floats
    stood_cap: Floats
    scale: Floats


def lay_out(
    problem: SitingProblem, frame: Frame, arcs: Ints, stood: tuple[Floats, Floats], *, tight: bool = True
) -> Layout:
    """Write the rows over columns ``[frame | outside | arcs]``; without ``tight`` links only where no load binds."""
    size, demands, periods = len(frame.cost), problem.sizes["D"], problem.sizes["P"]
    rows = frame.rows.copy()
    column = size + demands + np.arange(len(arcs))
    assign = rows.new(1.0, 1.0, demands)
    rows.put(assign, size + np.arange(demands), 1.0)
    rows.put(assign[problem.arc_demand[arcs]], column, 1.0)
    number = len(stood[0])
    cells = rows.new(-np.inf, np.repeat(stood[1], periods), number * periods).reshape(number, periods)
    rows.put(cells[problem.arc_cell[arcs]], column[:, None], problem.load[problem.arc_demand[arcs]])
    pair_cell = frame.site * problem.classes + problem.module_class[frame.module]
    pairs = np.arange(frame.pairs)
    rows.put(cells[pair_cell], pairs[:, None], -problem.capacity[frame.module][:, None])
    chosen = np.ones(len(arcs), bool) if tight else problem.load[problem.arc_demand[arcs]].max(axis=1, initial=0.0) <= 0
    cell = problem.arc_cell[arcs[chosen]]
    links = rows.new(-np.inf, stood[0][cell], len(cell))
    rows.put(links, column[chosen], 1.0)
    _put_links(rows, links, cell, pair_cell, pairs[frame.first])
    scale = np.array([row.size for row in problem.sides])
    sides = rows.new(np.array([row.least for row in problem.sides]) / scale if len(scale) else 0.0, np.inf, len(scale))
    for n, row in enumerate(problem.sides):
        put_side(rows, int(sides[n]), problem, frame, (row, arcs, float(scale[n])))
    return Layout(rows, assign, cells, links, sides, pair_cell, *stood, scale)


def _put_links(rows: Rows, links: Ints, cell: Ints, pair_cell: Ints, first: Ints) -> None:
    order = first[np.argsort(pair_cell[first], kind="stable")]
    begin = np.searchsorted(pair_cell[order], cell, side="left")
    number = np.searchsorted(pair_cell[order], cell, side="right") - begin
    inside = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    rows.put(np.repeat(links, number), order[np.repeat(begin, number) + inside], -1.0)


def put_side(rows: Rows, row: int, problem: SitingProblem, frame: Frame, part: tuple[SideRow, Ints, float]) -> None:
    """Put one side over the columns of the frame, outside and the given arcs, divided by its scale."""
    side, arcs, scale = part
    size = len(frame.cost)
    rows.put(row, np.arange(size), side_on_frame(problem, frame, side) / scale)
    rows.put(row, size + np.arange(problem.sizes["D"]), side.outside / scale)
    value = np.zeros(len(problem.arc_cost))
    np.add.at(value, side.index, side.value)
    rows.put(row, size + problem.sizes["D"] + np.arange(len(arcs)), value[arcs] / scale)


def side_on_frame(problem: SitingProblem, frame: Frame, side: SideRow) -> Floats:
    """Coefficients of a side on the columns of the frame; the award of a capped owner is a column of its own."""
    result = np.zeros(len(frame.cost))
    owner = problem.owner[frame.site]
    through = np.where(np.isin(owner, frame.capped), 0.0, side.award[owner] * problem.award[frame.site, frame.module])
    result[: frame.pairs] = side.module[frame.site, frame.module] + through
    result[frame.pairs : frame.pairs + len(frame.capped)] = side.award[frame.capped] * frame.money
    return result


def lagrangian(problem: SitingProblem, frame: Frame, layout: Layout, arcs: Ints, dual: Floats) -> tuple[float, Floats]:
    """Evaluate the Lagrangian function over *all* arcs for the duals of the direct model.

    Returns
    -------
    (bound of the full problem, price of each arc without its link float[A])
    """
    lower, upper = frame.rows.limits()
    g = dual[: frame.rows.size]
    g = np.where(((g > 0) & ~np.isfinite(lower)) | ((g < 0) & ~np.isfinite(upper)), 0.0, g)
    mu, lam = np.maximum(-dual[layout.cells], 0.0), np.maximum(-dual[layout.links], 0.0)
    nu = np.maximum(dual[layout.sides], 0.0) / layout.scale if len(layout.scale) else np.zeros(0)
    constant = float(g[g != 0] @ np.where(g > 0, lower, upper)[g != 0])
    arc, outside, reduced = problem.arc_cost.copy(), problem.outside_cost.copy(), frame.cost.copy()
    for side, charge in zip(problem.sides, nu, strict=True):
        np.add.at(arc, side.index, -charge * side.value)
        outside -= charge * side.outside
        reduced -= charge * side_on_frame(problem, frame, side)
        constant += charge * side.least
    arc += (problem.load[problem.arc_demand] * mu[problem.arc_cell]).sum(axis=1)
    linked = arc.copy()
    linked[arcs] += lam
    inner = outside.copy()
    np.minimum.at(inner, problem.arc_demand, linked)
    row, col, val = frame.rows.entries(len(frame.cost))
    reduced -= np.bincount(col, g[row] * val, minlength=len(reduced))
    cell_lam = np.bincount(problem.arc_cell[arcs], lam, minlength=len(layout.stood))
    pairs = np.arange(frame.pairs)
    reduced[pairs] -= problem.capacity[frame.module] * mu.sum(axis=1)[layout.pair_cell]
    reduced[pairs] -= cell_lam[layout.pair_cell] * frame.first
    constant -= float(mu.sum(axis=1) @ layout.stood_cap + cell_lam @ layout.stood)
    boxes = np.minimum(reduced * frame.lower, reduced * frame.upper).sum()
    return float(inner.sum() + boxes + constant), arc


def direct_model(problem: SitingProblem, frame: Frame, layout: Layout, arcs: Ints, whole: tuple[bool, bool]) -> Model:
    """Build the model of the layout; ``whole`` says whether modules, and shares, are whole numbers."""
    demands = problem.sizes["D"]
    served = demands + len(arcs)
    single = np.zeros(served, bool)
    single[demands:] = whole[1]
    return Model(
        cost=np.concatenate([frame.cost, problem.outside_cost, problem.arc_cost[arcs]]),
        lower=np.concatenate([frame.lower, np.zeros(served)]),
        upper=np.concatenate([frame.upper, np.ones(served)]),
        integer=np.concatenate([frame.integer & whole[0], single]),
        rows=layout.rows,
    )
