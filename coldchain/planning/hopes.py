"""Moves to try, the most promising first, by what moves of their kind have shown so far."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from coldchain.arrays import Ints
from coldchain.planning.county import CountyPlan
from coldchain.siting import Assigned

PRIOR, KEPT = 2.0, 0.9  # weight of nought in what is learned of moves; share kept of earlier figures at each new one


class Kind(NamedTuple):
    """What a move does: whether it opens rooms of a kind where there were none, whether it closes the last of some."""

    opens: bool
    closes: bool


class Look(IntEnum):
    """How closely a move has been looked at: its floor, its assignment, its routes at a glance, those searched on."""

    FLOOR = 0
    ASSIGNED = 1
    GLANCED = 2
    SEARCHED = 3


class Mean:
    """Mean of some figures in CNY, of which the last count most; as long as there are few, one of nought counts too.

    Attributes
    ----------
    mean : of the figures
    low : what one in six of them is below
    """

    def __init__(self) -> None:
        self._weight, self._total, self._squares = PRIOR, 0.0, 0.0
        self.mean = self.low = 0.0

    def add(self, cny: float) -> None:
        """Take in one more figure."""
        self._weight, self._total = KEPT * self._weight + 1.0, KEPT * self._total + cny
        self._squares = KEPT * self._squares + cny * cny
        self.mean = self._total / self._weight
        self.low = self.mean - math.sqrt(max(self._squares / self._weight - self.mean**2, 0.0))


@dataclass(eq=False)
class Hope:
    """A move to try.

    Attributes
    ----------
    origin, way : modules before and after the move, when moves were listed
    kind : what it does to depots
    more_cny : what it costs a year beyond the best course, by the closest look so far
    look : that look; ``plan`` and ``glance`` are what it found
    known : whether the same move has been glanced at from another course, and ``more_cny`` is what it cost there
    """

    origin: Ints
    way: Ints
    kind: Kind
    more_cny: float
    look: Look = Look.FLOOR
    plan: Assigned | None = None
    glance: CountyPlan | None = None
    known: bool = False

    def start_anew(self) -> None:
        """Forget what it leads to, from here on to be made from another course; not what it cost."""
        self.known = self.known or self.look >= Look.GLANCED
        self.look, self.plan, self.glance = Look.FLOOR, None, None


@dataclass
class Learned:
    """By how much moves of each kind cost more at each look than at the one before, and on the road than at the last.

    Attributes
    ----------
    last : the closest look before the road
    """

    last: Look
    rise: Mapping[tuple[Kind, Look], Mean] = field(default_factory=lambda: defaultdict(Mean))
    surprise: Mapping[Kind, Mean] = field(default_factory=lambda: defaultdict(Mean))

    def likely_cny(self, hope: Hope) -> float:
        """Return what a move is likely to cost beyond the best course: hopefully, while it can be looked at closer."""
        if hope.look is self.last or hope.known:
            return hope.more_cny + self.surprise[hope.kind].mean
        likely = hope.more_cny + self.surprise[hope.kind].low
        if hope.look is Look.FLOOR:
            likely += max(self.rise[hope.kind, Look.ASSIGNED].low, 0.0)
        if self.last is Look.SEARCHED:
            for look in (Look.GLANCED, Look.SEARCHED):
                likely += self.rise[hope.kind, look].low if look > hope.look else 0.0
        return likely
