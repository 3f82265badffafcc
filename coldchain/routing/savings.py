"""Routes by savings: start from one direct route per stop, join while joining pays (Clarke & Wright 1964).

Doi 10.1287/opre.12.4.568. A join is judged by the exact cost of the joined route, spoilage and the best vehicle type
included, so the result always respects every limit and never costs more than direct routes.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coldchain.routing.segment import INF, Kernel, Segment

NEIGHBOURS = 40  # successors tried after each stop


class RouteDraft(NamedTuple):
    """Routes as (vehicle type number, stops in order), and the stops left out."""

    routes: list[tuple[int, tuple[int, ...]]]
    dropped: list[int]


def savings(kernel: Kernel) -> RouteDraft:
    """Build routes with every stop served, or, when vehicles are counted, with what they can take.

    Every stop must be feasible on its own.
    """
    segments = _merge_all(kernel)
    left = list(kernel.problem.available)
    if all(k is None for k in left):
        return RouteDraft([(kernel.cheapest(s)[1], s.stops) for s in segments], [])
    return _assign(kernel, segments, left)


def _merge_all(kernel: Kernel) -> list[Segment]:
    n = kernel.problem.n
    heads = {i: kernel.single(i) for i in range(n)}  # by first stop
    head_of = list(range(n))  # of the route that ends with this stop; -1 inside a route
    cost = {i: kernel.cheapest(heads[i])[0] for i in range(n)}

    def gain(i: int, j: int) -> float:
        a = head_of[i]
        if a < 0 or j not in heads or a == j:
            return -INF
        return cost[a] + cost[j] - kernel.cheapest(kernel.join(heads[a], heads[j]))[0]

    heap = [(-g, i, j) for i, j in _pairs(kernel) if (g := gain(i, j)) > 0]
    heapq.heapify(heap)
    while heap:
        old, i, j = heapq.heappop(heap)
        now = gain(i, j)
        if now <= 0:
            continue
        if now < -old - 1e-9:
            heapq.heappush(heap, (-now, i, j))
            continue
        a = head_of[i]
        joined = kernel.join(heads[a], heads.pop(j))
        heads[a], cost[a] = joined, kernel.cheapest(joined)[0]
        head_of[i] = -1
        head_of[joined.stops[-1]] = a
    return list(heads.values())


def _pairs(kernel: Kernel) -> list[tuple[int, int]]:
    n = kernel.problem.n
    time = kernel.problem.time_h[1:, 1:].copy()
    np.fill_diagonal(time, INF)
    near = np.argsort(time, axis=1, kind="stable")[:, : min(NEIGHBOURS, n - 1)]
    return [(i, int(j)) for i in range(n) for j in near[i] if time[i, j] < INF]


def _assign(kernel: Kernel, segments: Sequence[Segment], left: list[int | None]) -> RouteDraft:
    """Hand counted vehicles to the fullest routes first; the stops of the others are inserted where they fit."""
    placed: list[tuple[int, Segment]] = []
    pool: list[int] = []
    for s in sorted(segments, key=lambda s: (-s.kg, s.stops)):
        if not _open(kernel, s, left, placed):
            pool.extend(s.stops)
    heavy_first = sorted(pool, key=lambda i: (-kernel.problem.load_kg[i], i))
    dropped = [
        i for i in heavy_first if not (_open(kernel, kernel.single(i), left, placed) or _insert(kernel, i, placed))
    ]
    return RouteDraft([(kind, s.stops) for kind, s in placed], dropped)


def _open(kernel: Kernel, s: Segment, left: list[int | None], placed: list[tuple[int, Segment]]) -> bool:
    kind = kernel.cheapest(s, left)[1]
    if kind < 0:
        return False
    count = left[kind]
    left[kind] = None if count is None else count - 1
    placed.append((kind, s))
    return True


def _insert(kernel: Kernel, stop: int, placed: list[tuple[int, Segment]]) -> bool:
    best, at, chosen = INF, -1, None
    for r, (kind, s) in enumerate(placed):
        before = kernel.price(s, kind)
        for k in range(len(s.stops) + 1):
            longer = kernel.chain((*s.stops[:k], stop, *s.stops[k:]))
            more = kernel.price(longer, kind) - before
            if more < best:
                best, at, chosen = more, r, longer
    if chosen is None:
        return False
    placed[at] = (placed[at][0], chosen)
    return True
