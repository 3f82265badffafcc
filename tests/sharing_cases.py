"""Games that several tests use."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from coldchain.sharing import Game

Floats = NDArray[np.float64]


def routing_costs(n: int, seed: int) -> Floats:
    """Cost of the shortest round trip of every group of n farms in a unit square, by dynamic programming."""
    xy = np.random.default_rng(seed).random((n + 1, 2))
    far = np.hypot(*(xy[:, None] - xy[None]).T)
    path = np.full((1 << n, n), np.inf)
    path[1 << np.arange(n), np.arange(n)] = far[n, :n]
    for mask in range(1, 1 << n):
        for j in range(n):
            if not mask >> j & 1:
                step = path[mask] + far[:n, j]
                path[mask | 1 << j, j] = min(path[mask | 1 << j, j], step.min())
    costs = (path + far[:n, n]).min(axis=1)
    costs[0] = 0.0
    return costs


def cost_game(costs: Floats) -> Game:
    """Name the members m0, m1 and so on."""
    n = len(costs).bit_length() - 1
    return Game(tuple(f"m{i}" for i in range(n)), "cost", costs)


def degenerate(seed: int) -> Floats:
    """Small whole numbers, so that many groups tie; half of the games have members worth nothing alone."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 8))
    worth = rng.integers(0, int(rng.choice([2, 3, 5, 20])), 1 << n).astype(np.float64)
    alone = 1 << np.arange(n)
    if rng.random() < 0.5:
        worth[alone] = 0.0
    worth[0] = 0.0
    worth[-1] = max(worth[-1], worth[alone].sum())
    return worth


def shapley_by_orders(values: Floats, blocks: list[list[int]] | None = None) -> Floats:
    """Mean marginal value over all orders, or over those in which blocks stay together."""
    n = len(values).bit_length() - 1
    blocks = blocks or [[i] for i in range(n)]
    share, count = np.zeros(n), 0
    for outer in itertools.permutations(blocks):
        for inner in itertools.product(*(itertools.permutations(block) for block in outer)):
            mask, count = 0, count + 1
            for i in itertools.chain(*inner):
                share[i] += values[mask | 1 << i] - values[mask]
                mask |= 1 << i
    return share / count
