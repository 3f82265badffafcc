"""Travel times and kilometres between places, and the lines of routes for maps.

The engine is scipy's Dijkstra on the network's core (`coldchain.network.core`), run from the smaller side: from the
sources, or back from the targets on the reversed graph. Among equally fast routes the shortest counts, so that the
answer is the same whichever side it ran from. Large matrices of large networks come from a contraction hierarchy
(`coldchain.network.hierarchy`) where its extra is installed; the answer is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from coldchain.arrays import Floats, Ints
from coldchain.compiled import njit
from coldchain.network.core import core
from coldchain.network.geometry import Nodes
from coldchain.network.graph import MS_PER_H, Adjacency, RoadNetwork
from coldchain.network.hierarchy import can_contract, measure
from coldchain.network.keeping import hierarchy_of

CHUNK_BYTES = 96 * 2**20
"""Memory for the distances and predecessors of one batch of searches."""

Engine = Literal["auto", "scipy", "hierarchy"]
VISITED_BY_HIERARCHY, NEAR_SHARE = 2e8, 0.1
"""Nodes that all searches visit together from which a hierarchy is quicker; share of them within a usual cut-off."""

_WIDENING_H = (0.25, 1.0, 4.0, np.inf)
"""Route legs are mostly short: search near first, and farther only for the legs not found."""

NodeList = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Travel:
    """Travel from each source to each target along the fastest route.

    Attributes
    ----------
    time_h : float64[s, t], hours; ``inf`` where the target cannot be reached, or not within the cut-off
    km : float64[s, t], kilometres along that route, summed in whole centimetres; ``inf`` likewise
    """

    time_h: Floats
    km: Floats


def travel(
    network: RoadNetwork,
    sources: NodeList,
    targets: NodeList,
    cutoff_h: float | None = None,
    engine: Engine = "auto",
) -> Travel:
    """Drive times and kilometres of the fastest routes from every source to every target.

    Parameters
    ----------
    sources, targets : int[s] and int[t], nodes of the network; repeats are allowed
    cutoff_h : longest time searched, in h; farther pairs come back as ``inf``
    engine : ``scipy``, ``hierarchy`` (extra of that name), or ``auto``: the hierarchy where its preparation pays

    Raises
    ------
    ValueError
        When a node is not in the network or the cut-off is not positive.
    MissingExtraError
        When the hierarchy is asked for and its extra is not installed.

    Notes
    -----
    Memory beyond the answer stays below about ``CHUNK_BYTES`` or one search, whichever is more.
    Compared with Dijkstra's algorithm in networkx the times are equal to the millisecond.
    """
    start, start_row = np.unique(_checked(network, sources), return_inverse=True)
    end, end_row = np.unique(_checked(network, targets), return_inverse=True)
    if cutoff_h is not None and not cutoff_h > 0:
        raise ValueError(f"cutoff_h must be above 0; got {cutoff_h}")
    limit_ms = np.inf if cutoff_h is None else np.floor(cutoff_h * MS_PER_H + 1e-6)
    if engine == "hierarchy" or (engine == "auto" and _large(network, min(len(start), len(end)), cutoff_h)):
        return _by_hierarchy(network, (start, end), (start_row, end_row), limit_ms)
    backward = len(end) < len(start)
    roots, others = (end, start) if backward else (start, end)
    table = core(network, np.concatenate([start, end]), backward=backward)
    total = np.full((len(roots), len(others), 2), -1, dtype=np.int64)
    root, other = table.number[roots], table.number[others]
    for rows, before in _searches(table.weights, root, limit_ms + 1.0):
        _measure(before, root[rows], other, table.weights.indptr, table.weights.indices, table.steps, total[rows])
    lost = (total[:, :, 0] < 0) | (total[:, :, 0] > limit_ms)
    hours = np.where(lost, np.inf, total[:, :, 0] / MS_PER_H)
    km = np.where(lost, np.inf, total[:, :, 1] / 1e5)
    if backward:
        hours, km = hours.T, km.T
    pick = np.ix_(start_row, end_row)
    return Travel(hours[pick], km[pick])


def _large(network: RoadNetwork, searches: int, cutoff_h: float | None) -> bool:
    """Tell whether a hierarchy that has to be prepared first is quicker than so many searches."""
    visited = network.nodes * (1.0 if cutoff_h is None else NEAR_SHARE)
    return searches * visited > VISITED_BY_HIERARCHY and can_contract()


def _by_hierarchy(
    network: RoadNetwork, nodes: tuple[Ints, Ints], rows: tuple[NodeList, NodeList], limit_ms: float
) -> Travel:
    found = measure(hierarchy_of(network), *nodes, limit_ms)
    lost = (found[:, :, 0] < 0) | (found[:, :, 0] > limit_ms)
    hours = np.where(lost, np.inf, found[:, :, 0] / MS_PER_H)
    km = np.where(lost, np.inf, found[:, :, 1] / 1e5)
    if all(np.array_equal(row, np.arange(len(row))) for row in rows):
        return Travel(hours, km)
    pick = np.ix_(*rows)
    return Travel(hours[pick], km[pick])


def paths(network: RoadNetwork, pairs: NodeList) -> list[Floats]:
    """Lines of the fastest routes, for maps.

    Parameters
    ----------
    pairs : int[p, 2], source and target node of each leg

    Returns
    -------
    list of float64[k, 2]
        Longitude and latitude, from source to target; one vertex when both are the same node, none (k = 0) when the
        target cannot be reached.
    """
    legs = np.asarray(pairs).reshape(-1, 2)
    ways = _ways(network, pairs)
    return [
        np.empty((0, 2)) if arcs is None else _line(network, arcs, int(start))
        for arcs, start in zip(ways, legs[:, 0], strict=True)
    ]


def arcs_between(network: RoadNetwork, pairs: NodeList) -> list[Nodes]:
    """Arcs of the fastest routes in driving order; none where source and target are one node, or there is no route.

    Parameters
    ----------
    pairs : int[p, 2], source and target node of each leg
    """
    return [np.empty(0, dtype=np.int32) if arcs is None else arcs for arcs in _ways(network, pairs)]


def _ways(network: RoadNetwork, pairs: NodeList) -> list[Nodes | None]:
    """Find the arcs of the fastest routes; None where there is none."""
    legs = _checked(network, np.asarray(pairs).reshape(-1, 2))
    backward = len(np.unique(legs[:, 1])) < len(np.unique(legs[:, 0]))
    table = network.inward if backward else network.outward
    near, far = (legs[:, 1], legs[:, 0]) if backward else (legs[:, 0], legs[:, 1])
    ways: list[Nodes | None] = [None] * len(legs)
    todo = np.arange(len(legs))
    for limit_h in _WIDENING_H:
        roots, root = np.unique(near[todo], return_inverse=True)
        found = np.zeros(len(todo), dtype=np.bool_)
        for rows, before in _searches(table.weights, roots, limit_h * MS_PER_H):
            for k in np.flatnonzero((root >= rows.start) & (root < rows.stop)):
                leg = todo[k]
                arcs = _trace(before[root[k] - rows.start], near[leg], far[leg], table)
                if arcs is not None:
                    ways[leg], found[k] = arcs if backward else arcs[::-1], True
        todo = todo[~found]
    return ways


def _checked(network: RoadNetwork, nodes: NodeList) -> Ints:
    checked = np.asarray(nodes).astype(np.int64)
    wrong = checked[(checked < 0) | (checked >= network.nodes)]
    if wrong.size:
        raise ValueError(f"nodes must lie in 0..{network.nodes - 1}; got {wrong[0]}")
    return checked


def _searches(weights: csr_array, roots: NodeList, limit: float) -> Iterator[tuple[slice, Nodes]]:
    """Search from a batch of roots at a time: the rows, and each node's predecessor, int32[rows, n]."""
    batch = max(1, CHUNK_BYTES // (12 * max(1, weights.shape[0])))
    for first in range(0, len(roots), batch):
        rows = slice(first, min(first + batch, len(roots)))
        _, before = dijkstra(weights, indices=roots[rows], return_predecessors=True, limit=limit)
        yield rows, before


@njit(cache=True, nogil=True)
def _arc_between(indptr: Nodes, indices: Nodes, row: int, column: int) -> int:  # pragma: no cover - compiled
    for entry in range(indptr[row], indptr[row + 1]):
        if indices[entry] == column:
            return entry
    return -1


@njit(cache=True, nogil=True)
def _measure(
    before: Nodes, roots: Nodes, others: Nodes, indptr: Nodes, indices: Nodes, steps: Ints, total: Ints
) -> None:  # pragma: no cover - compiled
    """Add up ``steps`` (ms, cm) along the predecessors, into ``total`` int64[roots, others, 2]."""
    nodes = before.shape[1]
    seen = np.full(nodes, -1, dtype=np.int32)
    run = np.zeros((nodes, 2), dtype=np.int64)
    stack = np.empty(nodes, dtype=np.int32)
    for r in range(len(roots)):
        seen[roots[r]] = r
        run[roots[r]] = 0
        for k in range(len(others)):
            v, depth = others[k], 0
            while v >= 0 and seen[v] != r:
                stack[depth] = v
                depth += 1
                v = before[r, v]
            if v < 0:
                continue
            for d in range(depth - 1, -1, -1):
                u = stack[d]
                entry = _arc_between(indptr, indices, v, u)
                run[u] = run[v] + steps[entry]
                seen[u] = r
                v = u
            total[r, k] = run[others[k]]


@njit(cache=True, nogil=True)
def _entries(before: Nodes, root: int, node: int, indptr: Nodes, indices: Nodes) -> Nodes:  # pragma: no cover
    """List the stored entries from ``node`` to the root; a single -1 when there is no route."""
    count, v = 0, node
    while v != root and v >= 0:
        v = before[v]
        count += 1
    if v < 0:
        return np.full(1, -1, dtype=np.int32)
    found = np.empty(count, dtype=np.int32)
    v = node
    for k in range(count):
        found[k] = _arc_between(indptr, indices, before[v], v)
        v = before[v]
    return found


def _trace(before: Nodes, root: int, node: int, table: Adjacency) -> Nodes | None:
    """Arcs from ``node`` to the root of a search, or None when there is no route."""
    entries = _entries(before, root, node, table.weights.indptr, table.weights.indices)
    return None if len(entries) and entries[0] < 0 else np.asarray(table.arc[entries])


def _line(network: RoadNetwork, arcs: Nodes, only: int) -> Floats:
    """Join the arcs' geometry in driving order; the node itself when there is no arc."""
    if not len(arcs):
        return np.array([[network.lon[only], network.lat[only]]])
    link, along = network.link[arcs], network.forward[arcs]
    first, last = network.xy_start[link], network.xy_start[link + 1] - 1
    count = last - first + 1
    local = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    line = network.xy[np.repeat(np.where(along, first, last), count) + np.repeat(np.where(along, 1, -1), count) * local]
    fresh = np.ones(len(line), dtype=np.bool_)
    fresh[1:] = (line[1:] != line[:-1]).any(axis=1)
    return np.asarray(line[fresh])
