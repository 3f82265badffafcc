"""Road networks: equality with and speed against networkx, and the matrix of a 200,000-node network.

Run ``python benchmarks/roads.py``; the Andorra extract is looked for in ``$COLDCHAIN_SHARED/data/roads``.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from coldchain.network import (
    LinkTable,
    RoadNetwork,
    build_network,
    largest_strong_component,
    paths,
    read_osm,
    snap_places,
    to_networkx,
    travel,
)
from coldchain.network.graph import MS_PER_H

T = TypeVar("T")
SHARED = Path(os.environ.get("COLDCHAIN_SHARED", Path(__file__).parents[2] / "shared"))


def synthetic(nodes: int, seed: int = 7) -> RoadNetwork:
    """Make a road-like network: a spanning tree of random nodes and some more Delaunay edges."""
    rng = np.random.default_rng(seed)
    lon, lat = 109 + 1.9 * rng.random(nodes), 27 + 1.7 * rng.random(nodes)
    triangles = Delaunay(np.column_stack([lon, lat])).simplices
    edges = np.unique(np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    length = np.hypot(lon[edges[:, 0]] - lon[edges[:, 1]], lat[edges[:, 0]] - lat[edges[:, 1]])
    graph = csr_array((length, (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    tree = minimum_spanning_tree(graph).tocoo()
    extra = edges[rng.choice(len(edges), int(0.345 * nodes), replace=False)]
    edges = np.unique(np.vstack([np.sort(np.column_stack([tree.row, tree.col]), axis=1), extra]), axis=0)
    kmh = rng.choice([22.5, 36.0, 58.5], len(edges), p=[0.7, 0.2, 0.1])
    links = LinkTable(
        start=edges[:, 0],
        end=edges[:, 1],
        xy=np.column_stack([lon[edges.ravel()], lat[edges.ravel()]]),
        xy_start=np.arange(len(edges) + 1) * 2,
        forward_kmh=kmh,
        backward_kmh=kmh,
        road_class=np.full(len(edges), "unclassified"),
        detour=np.full(len(edges), 1.2),
    )
    return build_network(lon, lat, links, source="synthetic")


def against_networkx(pairs: int = 200) -> list[tuple[str, str]]:
    """Andorra: a square matrix by `travel` and by networkx, in the same run."""
    network = largest_strong_component(read_osm(SHARED / "data/roads/andorra-2023-05.osm.pbf").network)
    rng = np.random.default_rng(1)
    sources, targets = rng.choice(network.nodes, pairs, replace=False), rng.choice(network.nodes, pairs, replace=False)
    travel(network, sources[:1], targets[:1])  # compiles, or loads what was compiled before
    ours, result = min((_timed(lambda: travel(network, sources, targets)) for _ in range(3)), key=lambda run: run[0])
    graph = to_networkx(network)
    for _, _, data in graph.edges(data=True):
        data["time_ms"] = round(data["time_h"] * MS_PER_H)

    def reference() -> list[dict[int, int]]:
        return [nx.single_source_dijkstra(graph, int(source), weight="time_ms")[0] for source in sources]

    theirs, best = _timed(reference)
    want = np.array([[row[int(target)] for target in targets] for row in best])
    worst = np.abs(np.rint(result.time_h * MS_PER_H) - want).max()
    return [
        (f"Andorra {network.nodes} nodes, {pairs} x {pairs}: travel", f"{ours:.3f} s"),
        ("networkx single_source_dijkstra", f"{theirs:.2f} s"),
        ("ratio", f"{theirs / ours:.0f} x"),
        ("largest difference", f"{worst:.0f} ms"),
    ]


def large(villages: int = 2000, sites: int = 200) -> list[tuple[str, str]]:
    """Snap and measure on a synthetic network of 200,000 nodes."""
    built, network = _timed(lambda: synthetic(200_000))
    rng = np.random.default_rng(3)
    lon = network.lon.min() + np.ptp(network.lon) * rng.random(villages + sites)
    lat = network.lat.min() + np.ptp(network.lat) * rng.random(villages + sites)
    snapped, snap = _timed(lambda: snap_places(network, lon, lat, 10.0))
    ends = snap.node[:villages], snap.node[villages:]
    full, result = _timed(lambda: travel(snap.network, *ends))
    near, _ = _timed(lambda: travel(snap.network, *ends, cutoff_h=3.0))
    nearest = np.column_stack([ends[0], ends[1][np.argmin(result.time_h, axis=1)]])
    drawn, lines = _timed(lambda: paths(snap.network, nearest))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [
        (f"synthetic {network.nodes} nodes, {network.arcs} arcs: build", f"{built:.1f} s"),
        (f"snap {villages + sites} places", f"{snapped:.2f} s"),
        (f"travel {villages} x {sites}", f"{full:.2f} s"),
        ("travel, cut off at 3 h", f"{near:.2f} s"),
        (f"route lines of {len(lines)} nearest pairs", f"{drawn:.2f} s"),
        ("unreachable pairs", f"{int(np.isinf(result.time_h).sum())}"),
        ("peak memory of the run", f"{peak:.2f} GiB"),
    ]


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def main() -> None:
    """Print both tables."""
    for name, figure in [*large(), *against_networkx()]:
        print(f"{name:<60}{figure:>12}")


if __name__ == "__main__":
    main()
