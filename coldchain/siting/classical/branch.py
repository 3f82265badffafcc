"""Branch and bound over the sites, each node bounded by a short ascent from its parent's prices.

Without capacities a step of the ascent over the sites still live takes microseconds, so that thousands of nodes are
bounded in the time of one linear program (Beltran, Tadonki & Vial 2006, doi 10.1007/s10589-006-6512-6, bound the
p-median so at the root).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Protocol

import numpy as np

from coldchain.arrays import Bools
from coldchain.siting.classical.lagrange import Ascent

CLIMBS = 8  # pieces of ascent a node gets at most


class Incumbent(Protocol):
    """What the branching needs to know of the best plan."""

    @property
    def cutoff(self) -> float:
        """Every plan better than the best costs at most this."""

    def attempt(self, opened: Bools) -> bool:
        """Try a set of sites."""


def branch(
    root: Ascent, incumbent: Incumbent, more: Callable[[], bool], heard: Callable[[float], None]
) -> tuple[float, int]:
    """Split until no node is left under the cutoff or ``more`` says no; the bound of what is left, and the nodes.

    The bound is that of every plan at most at the cutoff: inf once none is left.
    """
    order = itertools.count()
    heap = [(root.bound, next(order), root)]
    nodes = 0
    while heap and heap[0][0] <= incumbent.cutoff:
        bound, _, node = heap[0]
        heard(bound)
        if not more():
            return bound, nodes
        heapq.heappop(heap)
        for child in _children(node):
            nodes += 1
            if _bounded(child, incumbent):
                heapq.heappush(heap, (max(child.bound, bound), next(order), child))
    return float("inf"), nodes


def _children(node: Ascent) -> list[Ascent]:
    """Open and close the free site the choices were least sure about."""
    free = ~node.opened[node.live]
    doubt = np.where(free, np.minimum(node.mean, 1.0 - node.mean), -1.0)
    place = int(doubt.argmax())
    return [node.fixed(place, opened=True), node.fixed(place, opened=False)]


def _bounded(node: Ascent, incumbent: Incumbent) -> bool:
    """Climb until the node passes the cutoff or gains no more; False when it is settled."""
    for _ in range(CLIMBS):
        before = node.bound
        incumbent.attempt(node.climb(incumbent.cutoff))
        if node.bound > incumbent.cutoff:
            return False
        if node.tired or node.bound - before < 0.02 * (incumbent.cutoff - node.bound):
            break
    dual = node.dual()
    if dual.bound > incumbent.cutoff:
        return False
    node.shrink(dual, incumbent.cutoff)
    if node.opened[node.live].all() or node.settled:
        incumbent.attempt(node.opened)
        return False
    return True
