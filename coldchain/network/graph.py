"""The road network: nodes, directed arcs with whole-millisecond times, and the links that carry their geometry."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from coldchain.arrays import Bools, Floats, Indices, Ints
from coldchain.errors import Fault
from coldchain.network.geometry import Nodes, Texts, morton, polyline_lengths, take_polylines, whole
from coldchain.network.used import RoadsUsed

Kind = Literal["roads", "proximity"]

MS_PER_H = 3_600_000.0
TIE_MS_PER_CM = 2.0**-25
"""Weight of a centimetre in ms: orders equally fast routes by length, and stays exact up to 74 h and 335 km."""


class Adjacency(NamedTuple):
    """Compressed rows for scipy: self-loops left out, the fastest (then shortest) of parallel arcs kept.

    Attributes
    ----------
    weights : csr_array float64[n, n], time in ms plus the length in cm times ``TIE_MS_PER_CM``; all above 0
    arc : int32[nnz], row of the arc table of each stored entry
    """

    weights: csr_array
    arc: Nodes


@dataclass(frozen=True, eq=False)
class GivenRoads:
    """The roads as a reader gave them, before they were measured, parted, cut or joined to places.

    Attributes
    ----------
    lon, lat : float64[n], nodes in degrees, WGS-84
    start, end, xy, xy_start, forward_kmh, backward_kmh, road_class, detour : of the links, as in `LinkTable`
    """

    lon: Floats
    lat: Floats
    start: Nodes
    end: Nodes
    xy: Floats
    xy_start: Ints
    forward_kmh: Floats
    backward_kmh: Floats
    road_class: Texts
    detour: Floats


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """A directed road network; a two-way road is one link with two arcs, parallel links may exist.

    Attributes
    ----------
    lon, lat : float64[n], nodes in degrees, WGS-84
    tail, head : int32[m], first and last node of each arc
    time_ms : int64[m], drive time in whole ms, at least 1
    length_m : float64[m], road length in m
    link : int32[m], row of the link table the arc runs on
    forward : bool[m], True when the arc runs along the link's geometry
    xy : float64[k, 2], longitude and latitude of all links' vertices, one link after the other
    xy_start : int64[l + 1], first vertex of each link, and k
    road_class : str[l], class of each link, for example ``tertiary`` or ``access``
    kind : ``roads``, or ``proximity`` when no road data stood behind it
    source : where the network came from
    level : bool[l], links that leave the ground (bridges, tunnels): no slope between their ends but that of the ends
    used : roads given and in use, once the largest component was taken; None before
    warnings : what the reader of a file found odd or left out
    given : the links as the reader gave them; None where there was none

    Raises
    ------
    ValueError
        When shapes do not fit, an index is out of range, or a time is below 1 ms.

    Examples
    --------
    >>> one_km = 1000 / 111_195.08
    >>> links = LinkTable(np.array([0]), np.array([1]), np.array([[0, 0], [0, one_km]]), np.array([0, 2]),
    ...                   np.array([60.0]), np.array([np.nan]), np.array(["primary"]))
    >>> road = build_network(np.array([0, 0.0]), np.array([0, one_km]), links)
    >>> road.time_ms, road.length_m.round(1)
    (array([60000]), array([1000.]))
    """

    lon: Floats
    lat: Floats
    tail: Nodes
    head: Nodes
    time_ms: Ints
    length_m: Floats
    link: Nodes
    forward: Bools
    xy: Floats
    xy_start: Ints
    road_class: Texts
    kind: Kind = "roads"
    source: str = ""
    level: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    used: RoadsUsed | None = None
    warnings: tuple[Fault, ...] = ()
    given: GivenRoads | None = None

    def __post_init__(self) -> None:
        for name, kind in _DTYPES.items():
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), dtype=kind))
        object.__setattr__(self, "road_class", np.asarray(self.road_class, dtype=np.str_))
        level = np.asarray(self.level, dtype=np.bool_)
        object.__setattr__(self, "level", level if len(level) else np.zeros(self.links, dtype=np.bool_))
        _check_shapes(self)
        _check_ranges(self)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.lon)

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.tail)

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.xy_start) - 1

    @cached_property
    def link_ends(self) -> Nodes:
        """Node at the first and at the last vertex of each link, int32[l, 2]."""
        ends = np.full((self.links, 2), -1, dtype=np.int32)
        ends[self.link, 0] = np.where(self.forward, self.tail, self.head)
        ends[self.link, 1] = np.where(self.forward, self.head, self.tail)
        return ends

    @cached_property
    def outward(self) -> Adjacency:
        """Rows are tails: for searches from sources."""
        return _adjacency(self, self.tail, self.head)

    @cached_property
    def inward(self) -> Adjacency:
        """Rows are heads: for searches back from targets."""
        return _adjacency(self, self.head, self.tail)

    def polyline(self, link: int) -> Floats:
        """Vertices of one link, float64[k, 2]."""
        return self.xy[self.xy_start[link] : self.xy_start[link + 1]]


_DTYPES: dict[str, Any] = {
    "lon": np.float64, "lat": np.float64, "tail": np.int32, "head": np.int32, "time_ms": np.int64,
    "length_m": np.float64, "link": np.int32, "forward": np.bool_, "xy": np.float64, "xy_start": np.int64,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class LinkTable:
    """Undirected links before they become arcs.

    Attributes
    ----------
    start, end : int[l], node at the first and last vertex
    xy : float64[k, 2] and xy_start : int64[l + 1], vertices (degrees, WGS-84) as in `RoadNetwork`
    forward_kmh, backward_kmh : float64[l], speed along and against the geometry; NaN where driving is not allowed
    road_class : str[l]
    detour : float64[l] or None, road length against length of the drawn line; None means 1
    level : bool[l] or None, links that leave the ground; None means none
    """

    start: npt.NDArray[np.integer[Any]]
    end: npt.NDArray[np.integer[Any]]
    xy: Floats
    xy_start: Ints
    forward_kmh: Floats
    backward_kmh: Floats
    road_class: Texts
    detour: Floats | None = None
    level: Bools | None = None


def build_network(
    lon: Floats, lat: Floats, links: LinkTable, kind: Kind = "roads", source: str = "", *, keep_all: bool = False
) -> RoadNetwork:
    """Make arcs from links; number the nodes in Morton order, which keeps neighbours together in memory.

    Parameters
    ----------
    lon, lat : float64[n], nodes in degrees, WGS-84
    links : rows with no allowed direction are left out
    keep_all : keep nodes that no link touches

    Returns
    -------
    RoadNetwork
        Time is length over speed, rounded to whole ms, at least 1 ms.
    """
    ways = np.isfinite(np.column_stack([links.forward_kmh, links.backward_kmh]))
    kept = np.flatnonzero(ways.any(axis=1))
    xy, xy_start = take_polylines(links.xy, links.xy_start, kept)
    detour = np.ones(len(kept)) if links.detour is None else links.detour[kept]
    metres = polyline_lengths(xy, xy_start) * detour
    number, order = _numbering(lon, lat, np.concatenate([links.start[kept], links.end[kept]]), keep_all=keep_all)
    start, end = number[links.start[kept]], number[links.end[kept]]
    row, back = np.nonzero(ways[kept])
    along, against = links.forward_kmh[kept], links.backward_kmh[kept]
    kmh = np.where(back == 0, along[row], against[row])
    return RoadNetwork(
        lon=lon[order],
        lat=lat[order],
        tail=np.where(back == 0, start[row], end[row]),
        head=np.where(back == 0, end[row], start[row]),
        time_ms=drive_ms(metres[row], kmh),
        length_m=metres[row],
        link=row.astype(np.int32),
        forward=back == 0,
        xy=xy,
        xy_start=xy_start,
        road_class=links.road_class[kept],
        kind=kind,
        source=source,
        level=np.zeros(len(kept), dtype=np.bool_) if links.level is None else links.level[kept],
        given=GivenRoads(
            lon[order], lat[order], start, end, xy, xy_start, along, against, links.road_class[kept], detour
        ),
    )


def drive_ms(metres: Floats, kmh: Floats | float) -> Ints:
    """Whole milliseconds to drive ``metres`` at ``kmh``, at least 1."""
    return np.maximum(1, whole(metres / kmh * 3600.0))


def _adjacency(network: RoadNetwork, row: Nodes, column: Nodes) -> Adjacency:
    """Reduce parallel arcs by minimum before scipy sees them: it would add their weights."""
    weight = network.time_ms + whole(network.length_m * 100.0) * TIE_MS_PER_CM
    arc = np.flatnonzero(row != column)
    arc = arc[np.lexsort((weight[arc], column[arc], row[arc]))]
    first = np.ones(len(arc), dtype=np.bool_)
    first[1:] = (row[arc[1:]] != row[arc[:-1]]) | (column[arc[1:]] != column[arc[:-1]])
    arc = arc[first]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row[arc], minlength=network.nodes))]).astype(np.int32)
    shape = (network.nodes, network.nodes)
    return Adjacency(csr_array((weight[arc], column[arc], indptr), shape=shape), arc.astype(np.int32))


def _numbering(
    lon: Floats, lat: Floats, used: npt.NDArray[np.integer[Any]], *, keep_all: bool
) -> tuple[Nodes, Indices]:
    """Give the new number of each node (-1 when unused), and the old nodes in their new order."""
    touched = np.full(len(lon), keep_all)
    touched[used] = True
    order = np.flatnonzero(touched)
    order = order[np.argsort(morton(lon[order], lat[order]), kind="stable")]
    number = np.full(len(lon), -1, dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    return number, order


_PER_ARC = ("head", "time_ms", "length_m", "link", "forward")


def _check_shapes(network: RoadNetwork) -> None:
    sizes = {
        "lat": (network.lat.shape, network.lon.shape),
        **{name: (getattr(network, name).shape, network.tail.shape) for name in _PER_ARC},
        "xy": (network.xy.shape, (len(network.xy), 2)),
        "road_class": (network.road_class.shape, (len(network.xy_start) - 1,)),
        "level": (network.level.shape, (len(network.xy_start) - 1,)),
    }  # fmt: skip
    for name, (got, want) in sizes.items():
        if got != want or network.lon.ndim != 1 or network.tail.ndim != 1:
            raise ValueError(f"{name} must have shape {want}; got {got}")


def _check_ranges(network: RoadNetwork) -> None:
    for name, top in (("tail", network.nodes), ("head", network.nodes), ("link", network.links)):
        rows = getattr(network, name)
        if len(rows) and (rows.min() < 0 or rows.max() >= top):
            raise ValueError(f"{name} must lie in 0..{top - 1}; got {rows.min()}..{rows.max()}")
    if network.arcs and network.time_ms.min() < 1:
        raise ValueError(f"time_ms must be at least 1; got {network.time_ms.min()}")
    if not (np.isfinite(network.length_m) & (network.length_m >= 0)).all():
        raise ValueError("length_m must be finite and not negative")
    starts = network.xy_start
    if starts[0] != 0 or starts[-1] != len(network.xy) or (np.diff(starts) < 2).any():
        raise ValueError(
            f"xy_start must rise from 0 to {len(network.xy)} by 2 or more; got {starts[:3]}...{starts[-1]}"
        )
