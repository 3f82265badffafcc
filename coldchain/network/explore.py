"""To networkx and back, for exploring and exchanging a network."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from coldchain.network.graph import MS_PER_H, Kind, RoadNetwork


def to_networkx(network: RoadNetwork) -> nx.DiGraph:
    """Copy a network into a ``networkx.DiGraph``.

    Returns
    -------
    networkx.DiGraph
        Nodes 0..n-1 with ``x`` and ``y`` in degrees; edges with ``time_h``, ``length_m``, ``road_class`` and ``xy``,
        the float64[k, 2] line in driving order. Of parallel arcs the fastest is kept; arcs from a node to itself
        are left out. Graph attributes ``kind`` and ``source``.
    """
    graph = nx.DiGraph(kind=network.kind, source=network.source)
    graph.add_nodes_from((i, {"x": x, "y": y}) for i, (x, y) in enumerate(zip(network.lon, network.lat, strict=True)))
    for arc in network.outward.arc.tolist():
        link = int(network.link[arc])
        graph.add_edge(
            int(network.tail[arc]),
            int(network.head[arc]),
            time_h=float(network.time_ms[arc] / MS_PER_H),
            length_m=float(network.length_m[arc]),
            road_class=str(network.road_class[link]),
            xy=network.polyline(link)[:: 1 if network.forward[arc] else -1],
        )
    return graph


def from_networkx(graph: nx.DiGraph) -> RoadNetwork:
    """Read a graph as `to_networkx` writes it; the attributes ``road_class`` and ``xy`` of edges may be missing.

    Node names may be any hashable; nodes are numbered in the order of the graph. Opposite edges with the same line
    and class become one two-way link.

    Raises
    ------
    ValueError
        When a node lacks ``x`` or ``y``, or an edge lacks ``time_h`` or ``length_m``.
    """
    number = {name: i for i, name in enumerate(graph.nodes)}
    lon = np.array([_figure(data, "x", name) for name, data in graph.nodes(data=True)], dtype=np.float64)
    lat = np.array([_figure(data, "y", name) for name, data in graph.nodes(data=True)], dtype=np.float64)
    rows = [(number[u], number[v], data) for u, v, data in graph.edges(data=True)]
    hours = np.array([_figure(data, "time_h", (u, v)) for u, v, data in graph.edges(data=True)], dtype=np.float64)
    metres = np.array([_figure(data, "length_m", (u, v)) for u, v, data in graph.edges(data=True)], dtype=np.float64)
    lines: list[np.ndarray[Any, Any]] = []
    classes: list[str] = []
    known: dict[tuple[Any, ...], int] = {}
    link, forward = np.zeros(len(rows), dtype=np.int32), np.ones(len(rows), dtype=np.bool_)
    for arc, (u, v, data) in enumerate(rows):
        line = np.asarray(data.get("xy", [[lon[u], lat[u]], [lon[v], lat[v]]]), dtype=np.float64)
        road_class = str(data.get("road_class", "unclassified"))
        twin = known.get((v, u, road_class, line[::-1].tobytes()))
        if twin is None:
            twin = known[u, v, road_class, line.tobytes()] = len(lines)
            lines.append(line)
            classes.append(road_class)
        else:
            forward[arc] = False
        link[arc] = twin
    kind: Kind = "proximity" if graph.graph.get("kind") == "proximity" else "roads"
    return RoadNetwork(
        lon=lon,
        lat=lat,
        tail=np.array([u for u, _, _ in rows], dtype=np.int32),
        head=np.array([v for _, v, _ in rows], dtype=np.int32),
        time_ms=np.maximum(1, np.rint(hours * MS_PER_H)).astype(np.int64),
        length_m=metres,
        link=link,
        forward=forward,
        xy=np.concatenate([*lines, np.empty((0, 2))]),
        xy_start=np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        road_class=np.array(classes, dtype=np.str_),
        kind=kind,
        source=str(graph.graph.get("source", "")),
    )


def _figure(data: dict[str, Any], key: str, where: object) -> float:
    if not np.isfinite(value := float(data.get(key, np.nan))):
        raise ValueError(f"{where} must carry a finite {key}; got {data.get(key)}")
    return value
