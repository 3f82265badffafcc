"""A stand-in where no road data exists: neighbouring places joined by straight lines of a stated circuity."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError

from coldchain.arrays import M_PER_KM, Floats
from coldchain.network.geometry import to_metres
from coldchain.network.graph import LinkTable, RoadNetwork, build_network

Edges = npt.NDArray[np.integer[Any]]


def proximity_network(lon: Floats, lat: Floats, speed_kmh: float = 30.0, circuity: float = 1.4) -> RoadNetwork:
    """Join points by their Gabriel graph: two are neighbours when no third lies inside the circle they span.

    The graph is connected and planar (Gabriel & Sokal 1969, doi 10.2307/2412323). It is a guess at roads and is
    labelled so: ``kind`` is ``proximity``.

    Parameters
    ----------
    lon, lat : float64[p], degrees, WGS-84; points at the same place share a node
    speed_kmh : speed on every link
    circuity : road length against straight line, at least 1

    Raises
    ------
    ValueError
        When there is no point, a coordinate is not finite, the speed is not positive or circuity is below 1.

    Examples
    --------
    >>> chain = proximity_network(np.array([0.0, 0.0, 0.0]), np.array([0.0, 0.1, 0.2]), speed_kmh=30, circuity=1.5)
    >>> chain.nodes, chain.links, (chain.length_m / 1000).round(2)
    (3, 2, array([16.68, 16.68, 16.68, 16.68]))
    """
    points = np.unique(np.column_stack([lon, lat]).astype(np.float64), axis=0)
    if not len(points) or not np.isfinite(points).all():
        raise ValueError(f"a proximity network needs finite points, at least one; got {len(points)}")
    if not (speed_kmh > 0 and circuity >= 1):
        raise ValueError(f"speed must be above 0 and circuity at least 1; got {speed_kmh} km/h and {circuity}")
    flat = to_metres(points[:, 0], points[:, 1], float(points[:, 1].mean())) / M_PER_KM
    edges = _connected(gabriel_edges(flat - flat.mean(axis=0)), flat)
    kmh = np.full(len(edges), float(speed_kmh))
    links = LinkTable(
        start=edges[:, 0],
        end=edges[:, 1],
        xy=points[edges.ravel()],
        xy_start=2 * np.arange(len(edges) + 1),
        forward_kmh=kmh,
        backward_kmh=kmh,
        road_class=np.full(len(edges), "proximity"),
        detour=np.full(len(edges), float(circuity)),
    )
    return build_network(points[:, 0], points[:, 1], links, "proximity", "Gabriel graph", keep_all=True)


def gabriel_edges(flat: Floats) -> Edges:
    """Edges of the Gabriel graph of distinct points in the plane, int[e, 2]: Delaunay edges facing no obtuse angle.

    Examples
    --------
    >>> gabriel_edges(np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 1.0]])).tolist()
    [[0, 2], [1, 2]]
    """
    if len(flat) < 3:
        return np.arange(len(flat)).reshape(1, -1) if len(flat) == 2 else np.empty((0, 2), dtype=np.int64)
    try:
        triangles = Delaunay(flat)
    except QhullError:
        return _chain(flat)
    sides, obtuse = [], []
    for apex in range(3):
        a, b, c = (triangles.simplices[:, (apex + k) % 3] for k in (1, 2, 0))
        sides.append(np.sort(np.column_stack([a, b]), axis=1))
        obtuse.append(((flat[a] - flat[c]) * (flat[b] - flat[c])).sum(axis=1) < -1e-12)
    edges, side = np.unique(np.concatenate(sides), axis=0, return_inverse=True)
    blocked = np.zeros(len(edges), dtype=np.bool_)
    blocked[side.reshape(-1)[np.concatenate(obtuse)]] = True
    left_out = np.sort(triangles.coplanar[:, [0, 2]], axis=1)
    return np.concatenate([edges[~blocked], left_out]).astype(np.int64)


def _chain(flat: Floats) -> Edges:
    """Join points on one line in their order along it."""
    centred = flat - flat.mean(axis=0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    order = np.argsort(centred @ axis, kind="stable")
    return np.column_stack([order[:-1], order[1:]])


def _connected(edges: Edges, flat: Floats) -> Edges:
    """Join parts, if rounding parted nearly coincident points, to the nearest point outside them."""
    while True:
        graph = csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(flat), len(flat)))
        parts, label = connected_components(graph, directed=False)
        if parts == 1:
            return edges
        inside, outside = np.flatnonzero(label == label[-1]), np.flatnonzero(label != label[-1])
        gap = np.hypot(*(flat[inside, None] - flat[None, outside]).transpose(2, 0, 1))
        a, b = np.unravel_index(np.argmin(gap), gap.shape)
        edges = np.concatenate([edges, [[inside[a], outside[b]]]])
