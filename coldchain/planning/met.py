"""What a search has met on its way: choices of modules whose year was worked out with routes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from coldchain.arrays import Ints


@dataclass
class Met:
    """The cheapest year met for each choice of modules: value of the first aim by the bytes of the counts."""

    shape: tuple[int, ...] = ()
    value: dict[bytes, float] = field(default_factory=dict)

    def add(self, count: Ints, value: float) -> None:
        """Remember the modules of a year that keeps every limit."""
        key = np.ascontiguousarray(count, dtype=np.int64).tobytes()
        self.shape = count.shape
        self.value[key] = min(value, self.value.get(key, value))

    def choices(self) -> list[tuple[float, Ints]]:
        """Return value and new modules of each choice, best first."""
        found = [(value, np.frombuffer(key, dtype=np.int64).reshape(self.shape)) for key, value in self.value.items()]
        return sorted(found, key=lambda one: (one[0], one[1].tobytes()))
