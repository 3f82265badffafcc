"""One pass over all groups, compiled: the worst group of every block, and the groups that are settled."""

from __future__ import annotations

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.compiled import njit
from coldchain.sharing.game import sums

BLOCK_BITS = 6
SETTLED = -1e300


@njit(cache=True, fastmath={"reassoc", "nsz", "nnan", "contract"})
def _highest(figures: Floats, low: Floats, high: Floats) -> Floats:  # pragma: no cover - compiled
    width = len(low)
    best = np.empty(len(high))
    for h in range(len(high)):
        top, base, at = -np.inf, high[h], h * width
        for j in range(width):
            top = max(top, figures[at + j] - low[j])
        best[h] = top - base
    return best


@njit(cache=True)
def _first(figures: Floats, low: Floats) -> int:  # pragma: no cover - compiled
    best, where = -np.inf, 0
    for j in range(len(low)):
        if figures[j] - low[j] > best:
            best, where = figures[j] - low[j], j
    return where


@njit(cache=True)
def _close(figures: Floats, low: Ints, high: Ints) -> None:  # pragma: no cover - compiled
    width = len(low)
    for h in range(len(high)):
        base, at = -high[h], h * width
        for j in range(width):
            if low[j] == base:
                figures[at + j] = SETTLED


def worst_of_blocks(figures: Floats, shares: Floats, above: float, most: int) -> list[int]:
    """Return the groups with the largest figure less shares of each block, those above a limit, worst first.

    A block holds the groups that agree in the last members, so that the groups found differ from each other.
    """
    cut = max(len(shares) - BLOCK_BITS, 0)
    low, high = sums(shares[:cut]), sums(shares[cut:])
    best = _highest(figures, low, high)
    blocks = np.argsort(-best)[:most]
    width = len(low)
    chosen = [int(h) for h in blocks if best[h] > above]
    return [h * width + int(_first(figures[h * width : (h + 1) * width], low)) for h in chosen]


def close_settled(figures: Floats, normal: Ints) -> None:
    """Mark every group whose indicator is orthogonal to the vector as settled, in place."""
    cut = max(len(normal) - BLOCK_BITS, 0)
    _close(figures, sums(normal[:cut]), sums(normal[cut:]))
