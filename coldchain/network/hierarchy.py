"""A customisable contraction hierarchy: many-to-many travel on very large networks.

RoutingKit finds the order in which nodes are contracted (nested dissection by inertial flow, extra ``hierarchy``). The
rest is here, because kilometres are wanted along with times: every weight is a whole number that holds milliseconds
and, below them, centimetres, so that of equally fast routes the shortest counts, exactly as in
:mod:`coldchain.network.matrix`.

1. Contraction (once for a network): lower neighbours make cliques of their higher ones; the parent of a node in the
   elimination tree is the lowest of these.
2. Customisation (once for its times): lower triangles are relaxed in the order of contraction.
3. Query: upward search from a node visits its ancestors only; a route's top lies among those that both ends share, so
   a pair costs one pass over two short arrays.

Dibbelt, Strasser & Wagner, Customizable Contraction Hierarchies, JEA 2016, doi 10.1145/2886843.
"""

from __future__ import annotations

from importlib import import_module, util
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coldchain.arrays import Ints
from coldchain.compiled import njit
from coldchain.errors import MissingExtraError
from coldchain.language import _
from coldchain.network.geometry import Nodes, whole
from coldchain.network.graph import RoadNetwork

SHIFT = 28
"""Bits of the centimetres: 2,684 km; the milliseconds above them reach 99 days."""
FAR = np.int64(1 << 61)
LABEL_BYTES = 256 * 2**20
"""Memory for the labels of one batch of sources."""


class Hierarchy(NamedTuple):
    """A contracted network; nodes by rank.

    Attributes
    ----------
    rank : int32[n], rank of each node
    parent : int32[n], lowest higher neighbour of each rank, -1 at the top of a component
    depth : int32[n], number of ancestors
    start : int64[n + 1] and head : int32[k], upward edges of each rank, sorted
    forward, backward : int64[k], cost up the edge and down it; ``FAR`` where there is none
    """

    rank: Nodes
    parent: Nodes
    depth: Nodes
    start: Ints
    head: Nodes
    forward: Ints
    backward: Ints


class Labels(NamedTuple):
    """What upward searches found: their starts, int64[p + 1]; costs and ranks, each from the top down to its node."""

    start: Ints
    cost: Ints
    node: Nodes


def can_contract() -> bool:
    """Tell whether the extra that finds the order is installed."""
    return util.find_spec("routingkit_cch") is not None


def contract(network: RoadNetwork) -> Hierarchy:
    """Contract a network and customise it with its times and lengths.

    Raises
    ------
    MissingExtraError
        When the extra is not installed.
    """
    if not can_contract():
        raise MissingExtraError(_("this engine needs routingkit-cch: pip install 'coldchain[hierarchy]'"))
    table = network.outward
    tail = np.repeat(np.arange(network.nodes, dtype=np.int32), np.diff(table.weights.indptr))
    head = table.weights.indices.astype(np.int32)
    rank = _order(network, tail, head)
    low, high = np.minimum(rank[tail], rank[head]), np.maximum(rank[tail], rank[head])
    start, up = _chordal(*_compressed(low, high, network.nodes))
    parent = np.full(network.nodes, -1, dtype=np.int32)
    has_higher = np.diff(start) > 0
    parent[has_higher] = up[start[:-1][has_higher]]
    metres = whole(network.length_m[table.arc] * 100.0)
    weight = (network.time_ms[table.arc] << SHIFT) + metres
    forward, backward = np.full(len(up), FAR), np.full(len(up), FAR)
    _place(rank[tail], rank[head], weight, start, up, forward, backward)
    _customise(start, up, *_downward(start, up, network.nodes), forward, backward)
    return Hierarchy(rank, parent, _depths(parent), start, up, forward, backward)


def measure(hierarchy: Hierarchy, sources: npt.NDArray[Any], targets: npt.NDArray[Any], limit_ms: float) -> Ints:
    """Milliseconds and centimetres of the fastest routes, int64[s, t, 2]; -1 where there is none within the limit.

    Memory beyond the answer stays below about ``LABEL_BYTES`` and the labels of the targets.
    """
    start, end = hierarchy.rank[sources], hierarchy.rank[targets]
    limit = np.int64(min(limit_ms + 1.0, float(1 << 32))) << SHIFT
    found = np.full((len(start), len(end), 2), -1, dtype=np.int64)
    down = _labels(hierarchy, end, hierarchy.backward, limit)
    step = max(1, LABEL_BYTES // (12 * (int(hierarchy.depth.max(initial=0)) + 1)))
    for first in range(0, len(start), step):
        part = slice(first, first + step)
        _meet(_labels(hierarchy, start[part], hierarchy.forward, limit), down, limit, found[part])
    return found


def _order(network: RoadNetwork, tail: Nodes, head: Nodes) -> Nodes:
    """Return the rank of each node: separators last."""
    kit: Any = import_module("routingkit_cch")
    order = kit.compute_order_inertial(
        network.nodes,
        tail.astype(np.uint32).tolist(),
        head.astype(np.uint32).tolist(),
        network.lat.tolist(),
        network.lon.tolist(),
    )
    rank = np.empty(network.nodes, dtype=np.int32)
    rank[np.asarray(order, dtype=np.int64)] = np.arange(network.nodes, dtype=np.int32)
    return rank


def _compressed(low: Nodes, high: Nodes, nodes: int) -> tuple[Ints, Nodes]:
    order = np.lexsort((high, low))
    return np.searchsorted(low[order], np.arange(nodes + 1)).astype(np.int64), high[order]


def _downward(start: Ints, head: Nodes, nodes: int) -> tuple[Ints, Nodes, Ints]:
    """Return for each rank the edges that come up to it: starts, lower ends, and where the edges are stored."""
    edge = np.argsort(head, kind="stable")
    low = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(start))
    return np.searchsorted(head[edge], np.arange(nodes + 1)).astype(np.int64), low[edge], edge.astype(np.int64)


def _labels(hierarchy: Hierarchy, nodes: Nodes, cost: Ints, limit: np.int64) -> Labels:
    start = np.concatenate([[0], np.cumsum(hierarchy.depth[nodes].astype(np.int64) + 1)])
    labels = Labels(start, np.full(start[-1], FAR), np.empty(start[-1], dtype=np.int32))
    _climb(nodes, hierarchy, cost, limit, labels)
    return labels


@njit(cache=True, nogil=True)
def _chordal(start: Ints, head: Nodes) -> tuple[Ints, Nodes]:  # pragma: no cover - compiled
    """Add the edges that contraction makes: a node hands its higher neighbours to its parent."""
    nodes = len(start) - 1
    first_child, next_child = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
    seen = np.full(nodes, -1, np.int32)
    begin = np.zeros(nodes + 1, np.int64)
    up = np.empty(2 * len(head) + 16, np.int32)
    size = 0
    for v in range(nodes):
        most = start[v + 1] - start[v]
        child = first_child[v]
        while child >= 0:
            most += begin[child + 1] - begin[child]
            child = next_child[child]
        while size + most > len(up):
            longer = np.empty(2 * len(up), np.int32)
            longer[:size] = up[:size]
            up = longer
        first = size
        for k in range(start[v], start[v + 1]):
            if seen[head[k]] != v:
                seen[head[k]] = v
                up[size] = head[k]
                size += 1
        child = first_child[v]
        while child >= 0:
            for k in range(begin[child], begin[child + 1]):
                u = up[k]
                if u != v and seen[u] != v:
                    seen[u] = v
                    up[size] = u
                    size += 1
            child = next_child[child]
        begin[v + 1] = size
        if size > first:
            up[first:size] = np.sort(up[first:size])
            next_child[v] = first_child[up[first]]
            first_child[up[first]] = v
    return begin, up[:size].copy()


@njit(cache=True, nogil=True)
def _place(
    tail: Nodes, head: Nodes, weight: Ints, start: Ints, up: Nodes, forward: Ints, backward: Ints
) -> None:  # pragma: no cover - compiled
    """Put the cost of each arc on its edge."""
    for k in range(len(tail)):
        low, high = min(tail[k], head[k]), max(tail[k], head[k])
        at = start[low] + np.searchsorted(up[start[low] : start[low + 1]], high)
        if tail[k] == low:
            forward[at] = min(forward[at], weight[k])
        else:
            backward[at] = min(backward[at], weight[k])


@njit(cache=True, nogil=True)
def _customise(
    start: Ints, up: Nodes, down_start: Ints, down: Nodes, down_edge: Ints, forward: Ints, backward: Ints
) -> None:  # pragma: no cover - compiled
    """Relax every lower triangle: u - v - w with v below both is a way between u and w."""
    place = np.empty(len(start), np.int64)
    for u in range(len(start) - 1):
        for k in range(start[u], start[u + 1]):
            place[up[k]] = k
        for d in range(down_start[u], down_start[u + 1]):
            v, edge = down[d], down_edge[d]
            for k in range(edge + 1, start[v + 1]):
                at = place[up[k]]
                forward[at] = min(forward[at], backward[edge] + forward[k])
                backward[at] = min(backward[at], backward[k] + forward[edge])


@njit(cache=True, nogil=True)
def _depths(parent: Nodes) -> Nodes:  # pragma: no cover - compiled
    depth = np.zeros(len(parent), np.int32)
    for v in range(len(parent) - 1, -1, -1):
        if parent[v] >= 0:
            depth[v] = depth[parent[v]] + 1
    return depth


@njit(cache=True, nogil=True)
def _climb(
    nodes: Nodes, hierarchy: Hierarchy, edge_cost: Ints, limit: int, labels: Labels
) -> None:  # pragma: no cover - compiled
    """Search upwards from each node; an ancestor's label stands at its depth."""
    parent, depth, start, head = hierarchy.parent, hierarchy.depth, hierarchy.start, hierarchy.head
    cost, ancestor = labels.cost, labels.node
    for n in range(len(nodes)):
        at, v = labels.start[n], nodes[n]
        cost[at + depth[v]] = 0
        while v >= 0:
            ancestor[at + depth[v]] = v
            here = cost[at + depth[v]]
            if here < limit:
                for k in range(start[v], start[v + 1]):
                    to = at + depth[head[k]]
                    cost[to] = min(cost[to], here + edge_cost[k])
            v = parent[v]


@njit(cache=True, nogil=True)
def _meet(up: Labels, down: Labels, limit: int, found: Ints) -> None:  # pragma: no cover - compiled
    """Join the labels of each source and target at the best ancestor they share."""
    up_cost, up_node, down_cost, down_node = up.cost, up.node, down.cost, down.node
    for s in range(len(up.start) - 1):
        a = up.start[s]
        for t in range(len(down.start) - 1):
            b = down.start[t]
            low, high = 0, min(up.start[s + 1] - a, down.start[t + 1] - b)
            while low < high:
                middle = (low + high) // 2
                if up_node[a + middle] == down_node[b + middle]:
                    low = middle + 1
                else:
                    high = middle
            best = FAR
            for d in range(low):
                best = min(best, up_cost[a + d] + down_cost[b + d])
            if best < limit:
                found[s, t, 0] = best >> SHIFT
                found[s, t, 1] = best & ((1 << SHIFT) - 1)
