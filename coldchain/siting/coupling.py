"""Rows that join counts of modules, such as those of units bought once that stand elsewhere in each season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coldchain.arrays import Bools, Floats, Ints

if TYPE_CHECKING:
    from coldchain.siting.engine import Rows


@dataclass(frozen=True, eq=False)
class Coupling:
    """Rows ``Σ value·y[site, module] >= least`` over new modules.

    Attributes
    ----------
    row, site, module : int[N], the places of the coefficients; value : float[N]
    least : float[R]

    Examples
    --------
    Two sites, modules 0 and 1: of module 1 stand at most as many as there are of module 0 anywhere.

    >>> fleet = Coupling([0] * 4, [0, 1, 0, 1], [0, 0, 1, 1], [1.0, 1.0, -1.0, -1.0], [0.0])
    >>> fleet.totals(np.array([[1, 0], [0, 2]])).tolist()
    [-1.0]
    """

    row: Ints
    site: Ints
    module: Ints
    value: Floats
    least: Floats

    def __post_init__(self) -> None:
        """Convert every array and make it read-only."""
        for name in ("row", "site", "module", "value", "least"):
            kind = np.float64 if name in ("value", "least") else np.int64
            array = np.array(getattr(self, name), dtype=kind)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def totals(self, count: Ints) -> Floats:
        """Left sides of all rows, float[R]."""
        weight = self.value * count[self.site, self.module]
        return np.asarray(np.bincount(self.row, weight, minlength=len(self.least)), dtype=np.float64)

    def put(self, rows: Rows, site: Ints, module: Ints, first: Bools, shape: tuple[int, ...]) -> Ints:
        """Add the rows over columns of counts: those of first modules and of the rest of a type at a site; the rows."""
        index = rows.new(self.least, np.inf, len(self.least))
        for chosen in (first, ~first):
            place = np.full(shape, -1, dtype=np.int64)
            place[site[chosen], module[chosen]] = np.flatnonzero(chosen)
            column = place[self.site, self.module]
            some = column >= 0
            rows.put(index[self.row[some]], column[some], self.value[some])
        return index
