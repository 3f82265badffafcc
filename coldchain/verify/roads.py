"""Roads measured anew: lengths from the lines drawn, times from the speeds, places put on them, fastest ways.

What a road file says is taken as its reader gives it: the line of each link, its ends, the speed along and against it
and by how much it is longer than drawn. From there on everything is recomputed. A county without roads gets its Gabriel
graph. Whole milliseconds and centimetres of each stretch add up; of equally fast ways the shortest counts.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import networkx as nx
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import Delaunay, QhullError, cKDTree

from coldchain.model import Scenario

Floats = NDArray[np.float64]
EARTH_M = 6_371_008.8
MEETS_M = 0.01
CM_BITS = 32
MS_PER_H, CM_PER_KM = 3_600_000.0, 100_000.0
Stretch = tuple[int, int, int]  # node, node, milliseconds << CM_BITS | centimetres
Neighbours = dict[int, list[tuple[int, int]]]


class StatedRoads(Protocol):
    """Roads as a reader gives them.

    ``lon, lat`` [nodes]; ``start, end`` [links], their nodes; ``xy`` [vertices, 2], where the line of link n begins at
    ``xy_start[n]``; ``forward_kmh, backward_kmh`` [links], NaN where driving is not allowed; ``road_class`` [links];
    ``detour`` [links], road length against drawn length.
    """

    @property
    def lon(self) -> Floats: ...  # noqa: D102
    @property
    def lat(self) -> Floats: ...  # noqa: D102
    @property
    def start(self) -> NDArray[np.int32]: ...  # noqa: D102
    @property
    def end(self) -> NDArray[np.int32]: ...  # noqa: D102
    @property
    def xy(self) -> Floats: ...  # noqa: D102
    @property
    def xy_start(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def forward_kmh(self) -> Floats: ...  # noqa: D102
    @property
    def backward_kmh(self) -> Floats: ...  # noqa: D102
    @property
    def road_class(self) -> NDArray[np.str_]: ...  # noqa: D102
    @property
    def detour(self) -> Floats: ...  # noqa: D102


@dataclass(frozen=True)
class Link:
    """A road between two nodes: its line, its length and the milliseconds along and against it (0: not allowed)."""

    ends: tuple[int, int]
    line: Floats
    metres: float
    along_ms: int
    against_ms: int


def whole(value: float) -> int:
    """Round to a whole number; halves, and what rounding errors leave of them, go up."""
    return math.floor(value + 0.5 + 1e-6)


def apart_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Distance of points on the sphere, m (haversine)."""
    a, b = np.radians(lat1), np.radians(lat2)
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(np.subtract(lon2, lon1)) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.minimum(1.0, np.sqrt(h))), dtype=np.float64)


def drawn_m(given: StatedRoads) -> Floats:
    """Length of the line of each link, m."""
    if len(given.xy_start) < 2:
        return np.zeros(0)
    steps = np.append(apart_m(*given.xy[:-1].T, *given.xy[1:].T), 0.0)
    steps[given.xy_start[1:] - 1] = 0.0
    return np.asarray(np.add.reduceat(steps, given.xy_start[:-1]), dtype=np.float64)


def drive_ms(metres: float, kmh: float) -> int:
    """Whole milliseconds of a drive, at least 1."""
    return max(1, whole(metres / kmh * 3600.0))


class CheckedWays:
    """The fastest ways between places: villages, then sites, then hubs, each with a node of its own number."""

    def __init__(self, scenario: Scenario, given: StatedRoads | None, whole: Scenario | None = None) -> None:
        county = whole or scenario
        places = [*county.villages, *county.sites, *county.hubs]
        points = np.array([(place.lon, place.lat) for place in places], dtype=np.float64).reshape(-1, 2)
        if scenario.roads.file:
            if given is None:
                raise ValueError("roads.file names roads; got none")
            where, links = _given_links(given)
        else:
            where, links = _gabriel_links(points, scenario.roads.proximity_kmh, scenario.roads.circuity)
        self.stretches, self.node = _joined(where, links, points, scenario.roads.access_kmh)
        self._out, self._in = _neighbours(self.stretches)
        if whole is not None:
            self.node = [self.node[place] for place in _kept(whole, scenario)]
        self._searches: dict[tuple[int, bool], _Dijkstra] = {}

    def leg(self, start: int, end: int) -> tuple[float, float]:
        """Hours and kilometres of the fastest way between two nodes, searched from its start."""
        return self._search(start, backward=False).to(end)

    def way_to(self, start: int, end: int) -> tuple[float, float]:
        """Do as `leg`, searched from the end: for many starts and one end."""
        return self._search(end, backward=True).to(start)

    def _search(self, root: int, *, backward: bool) -> _Dijkstra:
        key = (root, backward)
        if key not in self._searches:
            self._searches[key] = _Dijkstra(self._in if backward else self._out, root)
        return self._searches[key]


def _kept(whole: Scenario, part: Scenario) -> list[int]:
    """Return where the places of a part of a county stand among all of its places."""
    found, first = [], 0
    for kind in ("villages", "sites", "hubs"):
        ids = [place.id for place in getattr(whole, kind)]
        found += [first + ids.index(place.id) for place in getattr(part, kind)]
        first += len(ids)
    return found


@dataclass
class _Dijkstra:
    """Dijkstra's search from one node, which goes on where it stopped."""

    neighbours: Neighbours
    root: int
    cost: dict[int, int] = field(default_factory=dict)
    heap: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.heap.append((0, self.root))

    def to(self, node: int) -> tuple[float, float]:
        """Hours and kilometres; infinite where there is no way."""
        while node not in self.cost and self.heap:
            cost, here = heapq.heappop(self.heap)
            if here in self.cost:
                continue
            self.cost[here] = cost
            for there, step in self.neighbours.get(here, ()):
                if there not in self.cost:
                    heapq.heappush(self.heap, (cost + step, there))
        if node not in self.cost:
            return math.inf, math.inf
        ms, cm = divmod(self.cost[node], 1 << CM_BITS)
        return ms / MS_PER_H, cm / CM_PER_KM


def _neighbours(stretches: list[Stretch]) -> tuple[Neighbours, Neighbours]:
    out: Neighbours = defaultdict(list)
    back: Neighbours = defaultdict(list)
    for start, end, cost in stretches:
        out[start].append((end, cost))
        back[end].append((start, cost))
    return out, back


def _given_links(given: StatedRoads) -> tuple[Floats, list[Link]]:
    """Return the nodes' coordinates and the links, measured along their lines and timed by their speeds."""
    metres = drawn_m(given) * given.detour
    links = []
    for n in range(len(metres)):
        length = float(metres[n])
        times = [
            drive_ms(length, float(kmh[n])) if kmh[n] > 0 else 0 for kmh in (given.forward_kmh, given.backward_kmh)
        ]
        line = given.xy[given.xy_start[n] : given.xy_start[n + 1]]
        links.append(Link((int(given.start[n]), int(given.end[n])), line, length, times[0], times[1]))
    return np.column_stack([given.lon, given.lat]), links


def _gabriel_links(points: Floats, kmh: float, circuity: float) -> tuple[Floats, list[Link]]:
    """Join places that have no third within the circle on their straight line."""
    where = np.unique(points, axis=0)
    flat = _plane(where, float(where[:, 1].mean())) / 1000.0
    flat = flat - flat.mean(axis=0)
    links = []
    for a, b in _connected(_gabriel_pairs(flat), flat):
        metres = float(apart_m(*where[a], *where[b])) * circuity
        links.append(Link((a, b), where[[a, b]], metres, drive_ms(metres, kmh), drive_ms(metres, kmh)))
    return where, links


def _gabriel_pairs(flat: Floats) -> list[tuple[int, int]]:
    """Sides of Delaunay's triangles whose circle holds no third point."""
    if len(flat) < 3:
        return [(0, 1)] if len(flat) == 2 else []
    try:
        mesh = Delaunay(flat)
    except QhullError:  # all on one line
        axis = np.linalg.svd(flat, full_matrices=False)[2][0]
        order = [int(n) for n in np.argsort(flat @ axis, kind="stable")]
        return list(pairwise(order))
    sides = {tuple(sorted((int(t[a]), int(t[b])))) for t in mesh.simplices for a, b in ((0, 1), (1, 2), (0, 2))}
    pairs = np.array(sorted(sides))
    middle, radius = flat[pairs].mean(axis=1), np.hypot(*(flat[pairs[:, 0]] - flat[pairs[:, 1]]).T) / 2.0
    nearest = np.asarray(cKDTree(flat).query(middle)[0], dtype=np.float64)
    inside = nearest**2 < radius**2 - 1e-12
    kept = [(int(a), int(b)) for a, b in pairs[~inside]]
    return kept + [tuple(sorted((int(a), int(b)))) for a, _t, b in mesh.coplanar]  # type: ignore[misc]


def _connected(pairs: list[tuple[int, int]], flat: Floats) -> list[tuple[int, int]]:
    """Join parts, if any, to the nearest point outside them."""
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(len(flat)))
    while not nx.is_connected(graph):
        inside = nx.node_connected_component(graph, len(flat) - 1)
        within, without = sorted(inside), sorted(set(graph) - inside)
        apart = np.hypot(*(flat[within][:, None] - flat[without][None]).transpose(2, 0, 1))
        a, b = np.unravel_index(np.argmin(apart), apart.shape)
        graph.add_edge(within[int(a)], without[int(b)])
    return [(int(a), int(b)) for a, b in graph.edges]


def _plane(points: Floats, lat0: float) -> Floats:
    """Metres east and north, true to scale at a latitude."""
    return np.column_stack([
        EARTH_M * np.cos(np.radians(lat0)) * np.radians(points[:, 0]), EARTH_M * np.radians(points[:, 1])
    ])  # fmt: skip


def _main_part(links: list[Link]) -> list[Link]:
    """Links with a stretch inside the largest part in which every node reaches every other."""
    graph = nx.DiGraph()
    for link in links:
        graph.add_nodes_from(link.ends)
        graph.add_edges_from(way for way, ms in ((link.ends, link.along_ms), (link.ends[::-1], link.against_ms)) if ms)
    parts = list(nx.strongly_connected_components(graph))
    if len(parts) <= 1:
        return links
    main = max(parts, key=lambda part: (len(part), -min(part)))
    return [link for link in links if main.issuperset(link.ends)]


def _joined(where: Floats, links: list[Link], points: Floats, access_kmh: float) -> tuple[list[Stretch], list[int]]:
    """Cut the links where places meet them and add the ways from there to the places; the node of each place."""
    distinct, row = np.unique(points, axis=0, return_inverse=True)
    links = _main_part(links)
    if not links:
        return [], [0] * len(points) if len(distinct) == 1 else [int(n) for n in row.reshape(-1)]
    cuts, meets = _meetings(links, distinct, first=len(where))
    stretches: list[Stretch] = []
    for n, link in enumerate(links):
        stretches += _pieces(link, sorted(cuts[n].items()))
    fresh = len(where) + sum(map(len, cuts.values()))
    node = []
    for place, (at, met) in zip(distinct, meets, strict=True):
        offset = float(apart_m(*place, *(where[at] if at < len(where) else met)))
        if offset <= MEETS_M:
            node.append(at)
            continue
        cost = drive_ms(offset, access_kmh) << CM_BITS | whole(offset * 100.0)
        stretches += [(fresh, at, cost), (at, fresh, cost)]
        node.append(fresh)
        fresh += 1
    return stretches, [node[n] for n in row.reshape(-1).tolist()]


Cuts = dict[int, dict[float, int]]  # link -> share of the link -> node


def _meetings(links: list[Link], points: Floats, first: int) -> tuple[Cuts, list[tuple[int, tuple[float, float]]]]:
    """Find the nearest link of each point; of equally near ones the first.

    Returns
    -------
    (where links are cut: link -> share of its length -> node, node and coordinates at which each point meets the roads)
    """
    lat0 = float(points[:, 1].mean())
    scale = _plane(np.ones((1, 2)), lat0)[0]
    lines = np.array([shapely.linestrings(_plane(link.line, lat0)) for link in links], dtype=object)
    tree = shapely.STRtree(lines)
    cuts: Cuts = defaultdict(dict)
    known: dict[tuple[int, int], tuple[int, tuple[float, float]]] = {}
    meets = []
    for spot in shapely.points(_plane(points, lat0)):
        n = int(min(tree.query_nearest(spot, all_matches=True)))
        along, total = float(shapely.line_locate_point(lines[n], spot)), float(shapely.length(lines[n]))
        if min(along, total - along) <= MEETS_M:
            meets.append((links[n].ends[1 if total - along <= MEETS_M else 0], (0.0, 0.0)))
            continue
        key = (n, round(along / MEETS_M))
        if key not in known:
            x, y = shapely.get_coordinates(shapely.line_interpolate_point(lines[n], along))[0] / scale
            known[key] = first + len(known), (float(x), float(y))
            cuts[n][along / total] = known[key][0]
        meets.append(known[key])
    return cuts, meets


def _pieces(link: Link, cuts: list[tuple[float, int]]) -> list[Stretch]:
    """Stretches of a link between its ends and its cuts, each way that is allowed."""
    shares = [0.0, *(share for share, _node in cuts), 1.0]
    nodes = [link.ends[0], *(node for _share, node in cuts), link.ends[1]]
    found = []
    for (a, b), (from_share, to_share) in zip(pairwise(nodes), pairwise(shares), strict=True):
        cm = whole(link.metres * (to_share - from_share) * 100.0)
        for start, end, ms in ((a, b, link.along_ms), (b, a, link.against_ms)):
            if ms:
                share_ms = max(1, whole(ms * to_share) - whole(ms * from_share))
                found.append((start, end, share_ms << CM_BITS | cm))
    return found
