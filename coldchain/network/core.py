"""The part of a network that searches between given nodes need: dead ends dropped, chains of nodes made one arc.

No fastest route between terminals passes a dead end without a terminal in it, and a node with two neighbours is only
ever passed through; leaving both out changes no travel time and no length (exactness is tested against networkx).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from coldchain.arrays import Bools, Ints
from coldchain.compiled import njit
from coldchain.network.geometry import Nodes, whole
from coldchain.network.graph import TIE_MS_PER_CM, RoadNetwork


class Core(NamedTuple):
    """Compressed rows for scipy over the nodes kept.

    Attributes
    ----------
    weights : csr_array float64[c, c], ms plus the tie-breaking length, as in `coldchain.network.graph.Adjacency`
    steps : int64[nnz, 2], whole ms and whole cm of each stored entry
    number : int32[n], row of each node of the network; -1 when left out
    """

    weights: csr_array
    steps: Ints
    number: Nodes


def core(network: RoadNetwork, terminals: Ints, *, backward: bool) -> Core:
    """Contract a network to its terminals and true junctions; ``backward`` makes rows of heads."""
    table = network.outward
    out, step = table.weights, _steps(network)[table.arc]
    both = csr_array((out + out.T).tocsr())
    keep = np.zeros(network.nodes, dtype=np.bool_)
    keep[terminals] = True
    degree = np.diff(both.indptr).astype(np.int64)
    _peel(both.indptr, both.indices, keep, degree)
    keep |= degree > 2
    tail, head, total = _chains(out.indptr, out.indices, step, keep, degree)
    number = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
    row, column = (head, tail) if backward else (tail, head)
    return _compressed(number[row], number[column], total, number)


def _steps(network: RoadNetwork) -> Ints:
    return np.column_stack([network.time_ms, whole(network.length_m * 100.0)])


def _compressed(row: Nodes, column: Nodes, steps: Ints, number: Nodes) -> Core:
    """Keep the fastest, then shortest, of parallel arcs."""
    weight = steps[:, 0] + steps[:, 1] * TIE_MS_PER_CM
    order = np.lexsort((weight, column, row))
    order = order[row[order] != column[order]]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(row[order]) != 0) | (np.diff(column[order]) != 0)
    order = order[first]
    nodes = int(number.max(initial=-1)) + 1
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row[order], minlength=nodes))]).astype(np.int32)
    return Core(csr_array((weight[order], column[order], indptr), shape=(nodes, nodes)), steps[order], number)


@njit(cache=True, nogil=True)
def _peel(indptr: Nodes, indices: Nodes, keep: Bools, degree: Ints) -> None:  # pragma: no cover - compiled
    """Take away nodes with one neighbour, again and again; their degree becomes 0."""
    for first in range(len(keep)):
        v = first
        while v >= 0 and degree[v] == 1 and not keep[v]:
            degree[v] = 0
            onward = -1
            for entry in range(indptr[v], indptr[v + 1]):
                if degree[indices[entry]] > 0:
                    onward = indices[entry]
            if onward >= 0:
                degree[onward] -= 1
            v = onward


@njit(cache=True, nogil=True)
def _chains(
    indptr: Nodes, indices: Nodes, step: Ints, keep: Bools, degree: Ints
) -> tuple[Nodes, Nodes, Ints]:  # pragma: no cover - compiled
    """Follow each arc out of a kept node to the next kept node: tails, heads, and ms and cm in between."""
    tail, head = np.empty(len(indices), dtype=np.int32), np.empty(len(indices), dtype=np.int32)
    total = np.zeros((len(indices), 2), dtype=np.int64)
    count = 0
    for u in range(len(keep)):
        if not keep[u]:
            continue
        for out in range(indptr[u], indptr[u + 1]):
            before, entry = u, out
            total[count] = 0
            while entry >= 0:
                v = indices[entry]
                total[count] += step[entry]
                if keep[v]:
                    tail[count], head[count] = u, v
                    count += 1
                    break
                entry = -1
                if degree[v] > 0:
                    for onward in range(indptr[v], indptr[v + 1]):
                        if indices[onward] != before and degree[indices[onward]] > 0:
                            entry = onward
                before = v
    return tail[:count].copy(), head[:count].copy(), total[:count].copy()
