"""Values by marginal contributions: Shapley, exact and sampled, and Owen's two-level value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from coldchain.arrays import Floats
from coldchain.compiled import njit
from coldchain.sharing.game import mask_of, sums


def shapley(values: Floats) -> Floats:
    """Return each member's mean marginal value over all orders of joining, shape (n,).

    ``φ_i = Σ_{S∌i} s!(n-s-1)!/n! · (v(S+i) - v(S))``, by folding the table once for each member (Shapley 1953).

    Examples
    --------
    >>> shapley(np.array([0.0, 2, 4, 18, 5, 14, 9, 24])).tolist()
    [9.5, 8.0, 6.5]
    """
    n = len(values).bit_length() - 1
    joins = np.array([1.0 / (n * comb(n - 1, s)) for s in range(n)] + [0.0])
    stays = np.array([0.0] + [1.0 / (n * comb(n - 1, s - 1)) for s in range(1, n + 1)])
    share: Floats = _folded(np.ascontiguousarray(values, dtype=np.float64), joins, joins + stays, n)
    return share


@njit(cache=True)
def _folded(values: Floats, joins: Floats, weight: Floats, n: int) -> Floats:  # pragma: no cover - compiled
    size = np.zeros(len(values), dtype=np.uint8)
    folded = np.empty(len(values))
    outside = 0.0
    for s in range(len(values)):
        size[s] = size[s >> 1] + (s & 1)
        outside += joins[size[s]] * values[s]
        folded[s] = weight[size[s]] * values[s]
    share = np.empty(n)
    for i in range(n - 1, -1, -1):
        half = 1 << i
        with_it = 0.0
        for s in range(half):
            with_it += folded[half + s]
            folded[s] += folded[half + s]
        share[i] = with_it - outside
    return share


@dataclass(frozen=True)
class Sampled:
    """An estimate that adds up exactly: value and standard error of each member, shape (n,); orders drawn."""

    value: Floats
    standard_error: Floats
    orders: int


def shapley_sampled(
    worth: Callable[[int], float], n: int, orders: int, seed: int = 0, unions: Sequence[Sequence[int]] = ()
) -> Sampled:
    """Estimate the Shapley value from random orders of joining, each followed by its reverse.

    Parameters
    ----------
    worth : of a group given as a mask; asked once for each group that occurs
    orders : orders in all, rounded up to pairs
    unions : members that join one after another; then Owen's value is estimated
    """
    rng = np.random.default_rng(seed)
    known: dict[int, float] = {0: 0.0}
    pairs = np.empty((max(2, -(-orders // 2)), n))
    for row in pairs:
        order = _random_order(rng, n, unions)
        row[:] = (_marginals(worth, order, known) + _marginals(worth, order[::-1], known)) / 2.0
    error = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    return Sampled(pairs.mean(axis=0), error, 2 * len(pairs))


def _random_order(rng: np.random.Generator, n: int, unions: Sequence[Sequence[int]]) -> list[int]:
    blocks = [list(union) for union in unions] or [[i] for i in range(n)]
    return [int(i) for b in rng.permutation(len(blocks)) for i in rng.permutation(blocks[b])]


def _marginals(worth: Callable[[int], float], order: Sequence[int], known: dict[int, float]) -> Floats:
    share, mask = np.zeros(len(order)), 0
    for i in order:
        before = known[mask]
        mask |= 1 << i
        if mask not in known:
            known[mask] = worth(mask)
        share[i] = known[mask] - before
    return share


def owen(values: Floats, unions: Sequence[Sequence[int]]) -> Floats:
    """Return Owen's value: unions bargain first, then the members inside each, shape (n,).

    A part T of a union is worth what a union of T alone would get between the others by Shapley; the union's share is
    then split by Shapley of that (Owen 1977).

    Parameters
    ----------
    unions : a partition of the members
    """
    n = len(values).bit_length() - 1
    share = np.zeros(n)
    whole = [mask_of(union) for union in unions]
    for u, union in enumerate(unions):
        inner = np.zeros(1 << len(union))
        for part in range(1, len(inner)):
            blocks = np.array(whole, dtype=np.int64)
            blocks[u] = mask_of([union[i] for i in range(len(union)) if part >> i & 1])
            inner[part] = shapley(values[sums(blocks)])[u]
        share[list(union)] = shapley(inner)
    return share
