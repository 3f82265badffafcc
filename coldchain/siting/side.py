"""The noun of a limit that joins assignment, modules and awards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.model import Limit


@dataclass(frozen=True, eq=False)
class SideRow:
    """One limit ``Σ outside·x0 + Σ value·x[index] + Σ module·y + Σ award·a >= least``.

    Attributes
    ----------
    limit : what it says, for messages
    index, value : arcs and their coefficients; outside : float[D]; module : float[J, K]; award : float[E]
    """

    limit: Limit
    index: Ints
    value: Floats
    outside: Floats
    module: Floats
    award: Floats
    least: float

    def total(self, count: Ints, arc_share: Floats, outside_share: Floats, owner_award: Floats) -> float:
        """Left side for a decision."""
        served = self.value @ arc_share[self.index] + self.outside @ outside_share
        return float(served + (self.module * count).sum() + self.award @ owner_award)

    @property
    def size(self) -> float:
        """Typical coefficient, for tolerances and scaling."""
        parts = [np.abs(part).max(initial=0.0) for part in (self.value, self.outside, self.module, self.award)]
        return float(max(*parts, abs(self.least), 1e-9))
