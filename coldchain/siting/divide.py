"""Branch and bound on the split by owners: who is at its cap, and how many modules of a type a site holds."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Bools, Ints
from coldchain.siting.split import SplitRelaxation

CLIMBS = 6  # pieces of ascent a node gets at most
GAIN = 0.04  # share of what is missing that a piece must gain for another one to follow


@dataclass(frozen=True, eq=False)
class Node:
    """What is left of the problem in a branch."""

    part: SplitRelaxation
    alive: Bools
    fixed: Ints


def divide(
    root: SplitRelaxation,
    cutoff: Callable[[], float],
    heard: Callable[[SplitRelaxation, float], bool],
    attempt: Callable[[SplitRelaxation], bool] = lambda _part: False,
) -> tuple[float, int]:
    """Divide until every branch passes the cutoff or ``heard`` says stop: a bound of all plans, and the nodes.

    ``heard`` is told a part that was just divided and the bound of all that is open. ``attempt`` tries the choices of a
    part and says whether their cost is that of the part once no other choice is left. Once no branch is left under the
    cutoff, the bound is the cutoff.
    """
    order = itertools.count()
    heap = [(root.bound, next(order), Node(root, np.isfinite(root.choices.cost), root.terms.fixed))]
    closed, nodes = np.inf, 0
    while heap and heap[0][0] < cutoff():
        bound, _, node = heapq.heappop(heap)
        children = _children(node)
        if not children and not attempt(node.part):
            closed = min(closed, bound)
        for child in children:
            nodes += 1
            _climb(child.part, cutoff)
            attempt(child.part)
            if child.part.bound < cutoff():
                alive = child.alive & child.part.under(cutoff())
                heapq.heappush(heap, (max(child.part.bound, bound), next(order), replace(child, alive=alive)))
        lowest = min(closed, cutoff(), heap[0][0] if heap else np.inf)
        if not heard(node.part, lowest):
            return lowest, nodes
    return min(closed, cutoff()), nodes


def _climb(part: SplitRelaxation, cutoff: Callable[[], float]) -> None:
    for _ in range(CLIMBS):
        before = part.bound
        part.climb(cutoff())
        if part.bound >= cutoff() or part.tired or part.bound - before < GAIN * (cutoff() - part.bound):
            break


def _children(node: Node) -> list[Node]:
    """Halve on the owner's state or the number of modules that the mean choice leaves most in doubt."""
    part, units = node.part, node.part.units
    doubt = np.where(node.fixed < 0, np.minimum(part.at.mean_state, 1.0 - part.at.mean_state), -1.0)
    place, middle, least = _number(node)
    owner = int(doubt.argmax()) if len(doubt) else -1
    if owner >= 0 and doubt[owner] > max(least, 0.0):
        states = [np.where(np.arange(len(doubt)) == owner, state, node.fixed) for state in (1, 0)]
        return [Node(part.limited(node.alive, fixed), node.alive, fixed) for fixed in states]
    if least < 0:
        return []
    more = units.count[:, place[1]] > middle
    others = (units.site != place[0]) | ~units.decides[:, place[1]]  # of a divided site, units of other classes
    halves = [node.alive & (others | side) for side in (more, ~more)]
    return [Node(part.limited(alive, node.fixed), alive, node.fixed) for alive in halves]


def _number(node: Node) -> tuple[tuple[int, int], float, float]:
    """Site and type whose number is least certain, the number to part at, and the doubt; -1 when none can be parted."""
    units, mean = node.part.units, node.part.mean_count()
    low, high = np.full(mean.shape, np.inf), np.full(mean.shape, -np.inf)
    decides, count = units.decides[node.alive], units.count[node.alive]
    np.minimum.at(low, units.site[node.alive], np.where(decides, count, np.inf))
    np.maximum.at(high, units.site[node.alive], np.where(decides, count, -np.inf))
    doubt = np.where(high > low, 0.5 - np.abs(mean - np.floor(mean) - 0.5), -1.0)
    if not doubt.size:
        return (0, 0), 0.0, -1.0
    site, kind = np.unravel_index(int(doubt.argmax()), doubt.shape)
    middle = float(np.clip(np.floor(mean[site, kind]), low[site, kind], high[site, kind] - 1.0))
    return (int(site), int(kind)), middle, float(doubt[site, kind])
