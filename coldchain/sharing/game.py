"""The coalition game: what every group costs, or earns, together.

A group is a bit mask: member ``i`` belongs to mask ``m`` when ``m >> i & 1``. Tables have shape (2^n,), the empty group
first. Rules work on the *worth* of a group, so that more is better for its members: profit itself, or minus the cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from coldchain.arrays import Floats, Ints

Number = TypeVar("Number", np.float64, np.int64)
Kind = Literal["cost", "profit"]
LARGEST_TABLE = 25


class Sharers(Protocol):
    """Members and what each is worth alone: all that is needed to show a division, whatever is known of groups."""

    @property
    def players(self) -> tuple[str, ...]:
        """Names."""

    @property
    def kind(self) -> Kind:
        """Cost or profit."""

    @property
    def name(self) -> str:
        """Name of the game."""

    @property
    def n(self) -> int:
        """Number of members."""

    @property
    def alone(self) -> Floats:
        """Value of every member alone, shape (n,)."""

    def saving(self, amounts: Floats) -> Floats:
        """Return what each member gains against standing alone, shape (n,)."""


@dataclass(frozen=True)
class Game:
    """A cost or profit table over all groups of its members.

    Attributes
    ----------
    players : names, member i is bit i
    kind : cost or profit
    values : what each group costs or earns, shape (2^n,), 0 for the empty group
    volume : what each member brings, shape (n,), in any one unit; none when not known
    unions : members grouped for the two-level rule, indices; empty when not given
    """

    players: tuple[str, ...]
    kind: Kind
    values: Floats
    volume: Floats | None = None
    unions: tuple[tuple[int, ...], ...] = ()
    name: str = field(default="", compare=False)

    @property
    def n(self) -> int:
        """Number of members."""
        return len(self.players)

    @property
    def everyone(self) -> int:
        """Mask of the group of all."""
        return (1 << self.n) - 1

    @property
    def sign(self) -> float:
        """Return what turns a value into a worth: -1 for costs, 1 for profits."""
        return -1.0 if self.kind == "cost" else 1.0

    @property
    def worth(self) -> Floats:
        """Worth of every group, shape (2^n,)."""
        return self.sign * self.values + 0.0

    @property
    def alone(self) -> Floats:
        """Value of every member alone, shape (n,)."""
        return np.asarray(self.values[1 << np.arange(self.n)], dtype=np.float64)

    def saving(self, amounts: Floats) -> Floats:
        """Return what each member gains against standing alone, shape (n,)."""
        return np.asarray(self.sign * (amounts - self.alone), dtype=np.float64)

    def group(self, mask: int) -> tuple[str, ...]:
        """Return the names in a group."""
        return tuple(self.players[i] for i in members(mask))


def members(mask: int) -> list[int]:
    """Return the members of a group.

    >>> members(0b1011)
    [0, 1, 3]
    """
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def mask_of(group: Sequence[int]) -> int:
    """Return the mask of a group of indices.

    >>> mask_of([0, 1, 3])
    11
    """
    return sum(1 << i for i in set(group))


def sums(shares: NDArray[Number]) -> NDArray[Number]:
    """Add up the shares of every group by n doublings, shape (2^n,).

    >>> sums(np.array([1.0, 10.0])).tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    total = np.zeros(1 << len(shares), dtype=shares.dtype)
    for i, share in enumerate(shares):
        np.add(total[: 1 << i], share, out=total[1 << i : 2 << i])
    return total


def sizes(n: int) -> Ints:
    """Return how many members each group has, shape (2^n,)."""
    return sums(np.ones(n, dtype=np.int64))


def indicator(mask: int, n: int) -> Ints:
    """Return 1 for each member of the group, shape (n,)."""
    return np.asarray((mask >> np.arange(n)) & 1, dtype=np.int64)


def tolerance(worth: Floats) -> float:
    """Return the difference below which two amounts of a game are equal: a billionth of its largest figure."""
    return 1e-9 * max(float(np.abs(worth).max()), 1e-300)
