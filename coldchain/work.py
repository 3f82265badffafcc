"""Work: what a search has done, counted so that the same search on any machine ends at the same place.

A unit is about what a core of the middle of the 2020s does in a second. Steps of the simplex method, of compiled loops
and of routing are counted, never seconds: an answer depends on inputs, seed and effort, not on what else the machine
does. A clock may only stop a search, and whoever stops it says so.
"""

from __future__ import annotations

import math
import time
from typing import Protocol

STEP, WHOLE_STEP, SIZE = 1.7e-6, 3e-6, 4e-6
"""Units of a step of the simplex method per root of rows and columns, linear and with whole numbers, and of a model by
row and column: fitted to 106 solves of two to fourteen thousand rows and columns (correlation 0.99, 0.96)."""
UNLIMITED = 1e12  # units: more than anything takes, and still a number to subtract from
NODE_STEPS = 250.0
"""Steps of the simplex method by which nodes of branch and bound are granted; the root, which nothing limits, takes ten
to forty thousand in models of some thousand columns, and is charged afterwards."""


class Meter:
    """Counts the work of a search, and of whatever it is part of.

    Parameters
    ----------
    limit : units after which the search ends
    above : the meter of what this is part of, charged as well

    Examples
    --------
    >>> whole = Meter(10.0)
    >>> part = Meter(3.0, whole)
    >>> part.add(2.0)
    >>> part.left(), whole.left(), Meter().left() == UNLIMITED
    (1.0, 8.0, True)
    """

    def __init__(self, limit: float = UNLIMITED, above: Allowance | None = None) -> None:
        self.limit, self.above, self.spent = limit, above, 0.0

    def add(self, units: float) -> None:
        """Count some work."""
        self.spent += units
        if self.above is not None:
            self.above.add(units)

    def left(self) -> float:
        """Units left before the limit; below 0 once it is passed."""
        return self.limit - self.spent


class Clock:
    """Goes by seconds instead of work, where a user measures by the clock."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def add(self, units: float) -> None:
        """Count nothing: time passes by itself."""

    def left(self) -> float:
        """Seconds left."""
        return self.end - time.monotonic()


class Allowance(Protocol):
    """What a search asks for how much is left: a meter of work, or a clock."""

    def add(self, units: float) -> None:
        """Count some work."""

    def left(self) -> float:
        """Return what is left: units, or seconds."""


def simplex_units(steps: int, size: int, *, whole: bool = False) -> float:
    """Return the units of a solve of so many steps, of a model of ``size`` rows and columns together.

    >>> round(simplex_units(3000, 14000), 2), round(simplex_units(27000, 7400, whole=True), 1)
    (0.66, 7.0)
    """
    return (WHOLE_STEP if whole else STEP) * steps * math.sqrt(size) + SIZE * size


def simplex_steps(units: float, size: int, *, whole: bool = False) -> int:
    """Return the steps of the simplex method that so many units allow, at least 100.

    >>> simplex_steps(0.66, 14000), simplex_steps(0.0, 10)
    (3002, 100)
    """
    most = max(units - SIZE * size, 0.0) / ((WHOLE_STEP if whole else STEP) * math.sqrt(max(size, 1)))
    return int(min(max(most, 100.0), 2e9))


def branch_nodes(units: float, size: int) -> int:
    """Return the nodes of branch and bound that so many units allow; 0 is the root alone.

    >>> branch_nodes(10.0, 10000), branch_nodes(0.0, 10000)
    (132, 0)
    """
    return int(simplex_steps(units, size, whole=True) / NODE_STEPS)
