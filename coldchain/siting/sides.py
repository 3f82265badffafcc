"""Limits that join assignment, modules and awards, and single sourcing: their rows, their prices, their violations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.engine import Rows
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


@dataclass(frozen=True, eq=False)
class Sides:
    """The sides of a problem over the columns of its models: S sides, F columns of the frame, D demands, N arcs.

    Attributes
    ----------
    frame : float[S, F]; outside : float[S, D]; arc : float[S, N]
    least, size : float[S], right sides, and the typical coefficients that rows are divided by
    """

    frame: Floats
    outside: Floats
    arc: Floats
    least: Floats
    size: Floats

    @classmethod
    def of(cls, problem: SitingProblem, frame: Frame, arc: Ints) -> Sides:
        """Lay the sides out over the frame and some arcs of the problem."""
        rows = problem.sides
        value = np.zeros((len(rows), len(problem.arc_cost)))
        for line, row in zip(value, rows, strict=True):
            np.add.at(line, row.index, row.value)
        on_frame = np.array([_on_frame(problem, frame, row) for row in rows]).reshape(len(rows), len(frame.cost))
        outside = np.array([row.outside for row in rows]).reshape(len(rows), problem.sizes["D"])
        least, size = np.array([row.least for row in rows]), np.array([row.size for row in rows])
        return cls(on_frame, outside, value[:, arc], least, size)

    def put(self, rows: Rows, arcs: Ints) -> Ints:
        """Add the rows over columns ``[frame | outside | arcs]``, each divided by its size; returns them, int[S]."""
        index = rows.new(self.least / self.size, np.inf, len(self.least))
        value = np.hstack([self.frame, self.outside, self.arc[:, arcs]]) / self.size[:, None]
        rows.put(index[:, None], np.arange(value.shape[1])[None, :], value)
        return index


def _on_frame(problem: SitingProblem, frame: Frame, side: SideRow) -> Floats:
    """Coefficients of a side on the columns of the frame; the award of a capped owner is a column of its own."""
    result = np.zeros(len(frame.cost))
    owner = problem.owner[frame.site]
    through = np.where(np.isin(owner, frame.capped), 0.0, side.award[owner] * problem.award[frame.site, frame.module])
    result[: frame.pairs] = side.module[frame.site, frame.module] + through
    result[frame.pairs : frame.pairs + len(frame.capped)] = side.award[frame.capped] * frame.money
    return result
