"""Compiled local search without capacities: open, close or swap sites while it pays.

Gains of all swaps at once, as in Whitaker 1983 (doi 10.1080/03155986.1983.11731889) and Resende & Werneck 2007
(doi 10.1016/j.ejor.2005.10.067).
"""

from __future__ import annotations

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.classical.kernel import compiled

LEAST = 1e-7  # gain under which a move is not worth it
Near = tuple[Ints, Floats, Floats]  # nearest open site, its cost, cost of the second nearest, per customer


@compiled
def interchange(cost: Floats, fixed: Floats, opened: Ints, keep_number: bool, rounds: int) -> int:
    """Improve ``opened`` in place, each customer whole at its cheapest open site; returns the moves made."""
    moves = 0
    while moves < rounds:
        close, enter = _best_move(cost, fixed, opened, keep_number)
        if close < 0 and enter < 0:
            break
        if close >= 0:
            opened[close] = 0
        if enter >= 0:
            opened[enter] = 1
        moves += 1
    return moves


@compiled
def _best_move(cost: Floats, fixed: Floats, opened: Ints, keep_number: bool) -> tuple[np.int64, np.int64]:
    """Site to close and site to open, -1 for none."""
    near = _nearest(cost, opened)
    sites = np.flatnonzero(opened)
    loss = _losses(near, fixed)
    best = LEAST
    close = enter = np.int64(-1)
    if not keep_number and len(sites) > 1:
        place = sites[np.argmin(loss[sites])]
        if -loss[place] > best:
            best, close = -loss[place], place
    extra = np.zeros(len(fixed))
    for i in np.flatnonzero(opened == 0):
        extra[sites] = 0.0
        gain = _gain(cost[i], near, extra) - fixed[i]
        swap = gain - loss[sites] + extra[sites]
        place = np.argmax(swap)
        if len(sites) > 1 and swap[place] > best:
            best, close, enter = swap[place], sites[place], i
        if not keep_number and gain > best:
            best, close, enter = gain, np.int64(-1), i
    return close, enter


@compiled
def _nearest(cost: Floats, opened: Ints) -> Near:
    n = cost.shape[1]
    site, first, second = np.full(n, -1), np.full(n, np.inf), np.full(n, np.inf)
    for i in np.flatnonzero(opened):
        for j in range(n):
            if cost[i, j] < first[j]:
                site[j], first[j], second[j] = i, cost[i, j], first[j]
            elif cost[i, j] < second[j]:
                second[j] = cost[i, j]
    return site, first, second


@compiled
def _losses(near: Near, fixed: Floats) -> Floats:
    """Cost of closing each open site, inf where it is the only one."""
    site, first, second = near
    loss = -fixed
    for j in range(len(site)):
        loss[site[j]] += second[j] - first[j]
    return loss


@compiled
def _gain(cost: Floats, near: Near, extra: Floats) -> float:
    """Return what opening a site saves its customers; ``extra[k]`` receives what it saves beside that when k closes."""
    site, first, second = near
    gain = 0.0
    for j in range(len(cost)):
        if cost[j] < first[j]:
            gain += first[j] - cost[j]
            extra[site[j]] += second[j] - first[j]
        elif cost[j] < second[j]:
            extra[site[j]] += second[j] - cost[j]
    return gain
