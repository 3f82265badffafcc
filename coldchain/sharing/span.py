"""Exact span of groups as 0/1 vectors: which groups have their sum settled once others have.

Rows are kept in reduced echelon form as fractions. Membership of all 2^n groups at once is one sum over a random
integer vector orthogonal to the span: a group inside it adds up to exactly 0, one outside does so
with a chance below 2^-40.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from math import lcm

import numpy as np

from coldchain.arrays import Ints

WORD = 1 << 64
LARGEST_RANDOM = 1 << 42


class Span:
    """Growing span of integer vectors of length n."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._rows: dict[int, list[Fraction]] = {}
        self._random = random.Random(n)  # noqa: S311 - not for secrets; the same run gives the same numbers

    @property
    def rank(self) -> int:
        """Dimension so far."""
        return len(self._rows)

    def add(self, vector: Sequence[int]) -> bool:
        """Add a vector; tell whether the span grew."""
        rest = self._reduce(vector)
        pivot = next((i for i, value in enumerate(rest) if value), None)
        if pivot is None:
            return False
        rest = [value / rest[pivot] if value else value for value in rest]
        for at, row in self._rows.items():
            if factor := row[pivot]:
                self._rows[at] = [a - factor * b if b else a for a, b in zip(row, rest, strict=True)]
        self._rows[pivot] = rest
        return True

    def __contains__(self, vector: Sequence[int]) -> bool:
        """Tell whether a vector lies in the span."""
        return not any(self._reduce(vector))

    def basis(self) -> list[list[Fraction]]:
        """Return the rows."""
        return list(self._rows.values())

    def normal(self) -> Ints:
        """Return a random integer vector orthogonal to the span, modulo 2^64, shape (n,)."""
        scale = lcm(*(value.denominator for row in self._rows.values() for value in row))
        free = {i: self._random.randrange(1, LARGEST_RANDOM) for i in range(self.n) if i not in self._rows}
        entries = [0] * self.n
        for i, value in free.items():
            entries[i] = value * scale
        for at, row in self._rows.items():
            entries[at] = -sum(int(row[i] * scale) * value for i, value in free.items())
        wrapped = np.array([entry % WORD for entry in entries], dtype=np.uint64)
        return wrapped.view(np.int64)

    def _reduce(self, vector: Sequence[int]) -> list[Fraction]:
        rest = [Fraction(value) for value in vector]
        for at, row in self._rows.items():
            if factor := rest[at]:
                rest = [a - factor * b if b else a for a, b in zip(rest, row, strict=True)]
        return rest
