"""Places meet the road network at the nearest point of the nearest link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from coldchain.arrays import Floats, Ints
from coldchain.network.connectivity import Components, components
from coldchain.network.geometry import Nodes, great_circle_m, take_polylines, to_degrees, to_metres, whole
from coldchain.network.graph import RoadNetwork, drive_ms

ON_ROAD_M = 0.01
"""Places nearer than this to a road, and meeting points nearer than this to a node, are taken to lie on it."""
CLEARLY_M = 30.0
"""A road nearer by this much is another road: a yard, or the error of a place's position, is less."""


@dataclass(frozen=True, eq=False)
class Snap:
    """A network with places on it.

    Attributes
    ----------
    network : the largest strongly connected component, its links split where places meet them
    node : int32[p], node of each place in ``network``; places at one point share their node
    offset_m : float64[p], distance in m from the place to the road
    part : int64[p], part of ``network.used.cut_off`` that a place lies on: one nearer than the roads in use by more
        than ``CLEARLY_M``; -1 for none
    """

    network: RoadNetwork
    node: Nodes
    offset_m: Floats
    part: Ints


class _Meeting(NamedTuple):
    """Where points meet links: metres along the link and its whole length, on the plane of latitude ``lat0``."""

    link: Ints
    along: Floats
    total: Floats
    xy: Floats
    lat0: float


class _Cut(NamedTuple):
    """Distinct meeting points inside links, sorted by link and distance along it."""

    link: Ints
    along: Floats
    total: Floats
    xy: Floats
    node: Ints
    lat0: float


def snap_places(network: RoadNetwork, lon: Floats, lat: Floats, access_kmh: float) -> Snap:
    """Join places to the nearest road that belongs to the largest strongly connected component.

    The link is split at the meeting point, its times in proportion to length (whole ms that add up), and a
    two-way access leg of class ``access`` leads from there to the place in a straight line.

    Parameters
    ----------
    lon, lat : float64[p], degrees, WGS-84
    access_kmh : speed on the access leg in km/h

    Raises
    ------
    ValueError
        When the network has no node, a coordinate is not finite, or the speed is not positive.

    Notes
    -----
    Distances are measured on a plane that is true to scale at the places' mean latitude: 1 % off 0.6° north or
    south of it at 45°. Snapping to edges of the main component left no pair of Andorran places apart where
    snapping to nodes parted 5 %.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if not (network.nodes and access_kmh > 0 and np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise ValueError(f"snapping needs nodes, finite coordinates and a speed above 0; got {access_kmh} km/h")
    parted = components(network)
    main = parted.main
    points, row = np.unique(np.column_stack([lon, lat]), axis=0, return_inverse=True)
    row = row.reshape(-1)
    if not len(points):
        return Snap(main, np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(0, dtype=np.int64))
    if main.links:
        meeting = _meet(main.xy, main.xy_start, points)
        main, node, at = _split(main, meeting)
    else:
        node = np.zeros(len(points), dtype=np.int64)
        at = np.column_stack([main.lon[node], main.lat[node]])
    offset = great_circle_m(points[:, 0], points[:, 1], at[:, 0], at[:, 1])
    joined, place = _add_access(main, points, node, offset, access_kmh)
    part = _cut_off_part(network, parted, points, offset)
    return Snap(joined, place[row].astype(np.int32), offset[row], part[row])


def _cut_off_part(network: RoadNetwork, parted: Components, points: Floats, offset: Floats) -> Ints:
    """Part cut off that each point lies on, int64[p]; -1 where the roads in use are as near."""
    part = np.full(len(points), -1, dtype=np.int64)
    if len(parted.cut_links):
        xy, xy_start = take_polylines(network.xy, network.xy_start, parted.cut_links)
        meeting = _meet(xy, xy_start, points)
        nearer = great_circle_m(points[:, 0], points[:, 1], *meeting.xy.T) < offset - CLEARLY_M
        part[nearer] = parted.part[meeting.link[nearer]]
    return part


def _meet(xy: Floats, xy_start: Ints, points: Floats) -> _Meeting:
    """Find the nearest link of each point, and the nearest position on it."""
    lat0 = float(points[:, 1].mean())
    flat = to_metres(xy[:, 0], xy[:, 1], lat0)
    lines = shapely.linestrings(flat, indices=np.repeat(np.arange(len(xy_start) - 1), np.diff(xy_start)))
    spots = shapely.points(to_metres(points[:, 0], points[:, 1], lat0))
    place, link = shapely.STRtree(lines).query_nearest(spots, all_matches=True)
    order = np.lexsort((link, place))  # of equally near links, the lowest
    link = link[order][np.unique(place[order], return_index=True)[1]].astype(np.int64)
    along = shapely.line_locate_point(lines[link], spots)
    on = shapely.get_coordinates(shapely.line_interpolate_point(lines[link], along))
    return _Meeting(link, along, shapely.length(lines[link]), to_degrees(on, lat0), lat0)


def _split(network: RoadNetwork, meeting: _Meeting) -> tuple[RoadNetwork, Ints, Floats]:
    """Split links where points meet them; return the new network, and the node and coordinates of each meeting."""
    at_end = meeting.total - meeting.along <= ON_ROAD_M
    ends = network.link_ends[meeting.link].astype(np.int64)
    node = np.where(at_end, ends[:, 1], ends[:, 0])
    inner = np.flatnonzero((meeting.along > ON_ROAD_M) & ~at_end)
    key = np.column_stack([meeting.link[inner], np.rint(meeting.along[inner] / ON_ROAD_M)])
    _, first, cut_of = np.unique(key, axis=0, return_index=True, return_inverse=True)
    chosen = inner[first]
    cut = _Cut(
        meeting.link[chosen], meeting.along[chosen], meeting.total[chosen], meeting.xy[chosen],
        network.nodes + np.arange(len(chosen)), meeting.lat0,
    )  # fmt: skip
    node[inner] = cut.node[cut_of.reshape(-1)]
    if len(chosen):
        network = _with_cuts(network, cut)
    at = np.column_stack([network.lon[node], network.lat[node]])
    return network, node, at


def _with_cuts(network: RoadNetwork, cut: _Cut) -> RoadNetwork:
    """Replace each cut link by its pieces, and each of its arcs by one arc a piece."""
    pieces = np.bincount(cut.link, minlength=network.links) + 1
    first_piece = np.concatenate([[0], np.cumsum(pieces)])
    last = first_piece[1:] - 1
    cut_piece = first_piece[cut.link] + np.arange(len(cut.link)) - np.searchsorted(cut.link, cut.link)
    ends = np.empty((first_piece[-1], 2), dtype=np.int64)
    share = np.empty((first_piece[-1], 2))
    ends[first_piece[:-1], 0], ends[last, 1] = network.link_ends[:, 0], network.link_ends[:, 1]
    share[first_piece[:-1], 0], share[last, 1] = 0.0, 1.0
    ends[cut_piece, 1] = ends[cut_piece + 1, 0] = cut.node
    share[cut_piece, 1] = share[cut_piece + 1, 0] = cut.along / cut.total
    xy, xy_start = _cut_geometry(network, cut, pieces)

    arc = np.repeat(np.arange(network.arcs), pieces[network.link])
    start_of_arc = np.cumsum(pieces[network.link]) - pieces[network.link]
    piece = first_piece[network.link[arc]] + np.arange(len(arc)) - start_of_arc[arc]
    along = network.forward[arc]
    done = whole(network.time_ms[arc, None] * share[piece])
    return replace(
        network,
        lon=np.concatenate([network.lon, cut.xy[:, 0]]),
        lat=np.concatenate([network.lat, cut.xy[:, 1]]),
        tail=np.where(along, ends[piece, 0], ends[piece, 1]),
        head=np.where(along, ends[piece, 1], ends[piece, 0]),
        time_ms=np.maximum(1, done[:, 1] - done[:, 0]),
        length_m=network.length_m[arc] * (share[piece, 1] - share[piece, 0]),
        link=piece,
        forward=along,
        xy=xy,
        xy_start=xy_start,
        road_class=np.repeat(network.road_class, pieces),
        level=np.repeat(network.level, pieces),
    )


def _cut_geometry(network: RoadNetwork, cut: _Cut, pieces: npt.NDArray[Any]) -> tuple[Floats, Ints]:
    """Insert the cuts as vertices; a cut ends one piece and starts the next."""
    position = _insertion(network, cut)
    xy = np.insert(network.xy, np.repeat(position, 2), np.repeat(cut.xy, 2, axis=0), axis=0)
    count = np.diff(network.xy_start) + 2 * (pieces - 1)
    link_start = np.concatenate([[0], np.cumsum(count)])
    inner = position + 2 * np.arange(len(position)) + 1
    return xy, np.sort(np.concatenate([link_start, inner])).astype(np.int64)


def _insertion(network: RoadNetwork, cut: _Cut) -> Ints:
    """Row of ``network.xy`` before which each cut is inserted: the first vertex farther along its link."""
    links, local = np.unique(cut.link, return_inverse=True)
    xy, starts = take_polylines(network.xy, network.xy_start, links)
    flat = to_metres(xy[:, 0], xy[:, 1], cut.lat0)
    step = np.zeros(len(flat))
    step[1:] = np.hypot(*np.diff(flat, axis=0).T)
    step[starts[:-1]] = 0.0
    ran = np.cumsum(step)
    ran -= np.repeat(ran[starts[:-1]], np.diff(starts))
    scale = np.repeat(ran[starts[1:] - 1], np.diff(starts))
    share = np.divide(ran, scale, out=np.zeros_like(ran), where=scale > 0)
    owner = np.repeat(np.arange(len(links)), np.diff(starts))
    rank = np.searchsorted(owner + np.minimum(share, 1.0) * 0.5, local + cut.along / cut.total * 0.5, side="right")
    rank = np.clip(rank, starts[local] + 1, starts[local + 1] - 1)
    return np.asarray(network.xy_start[links[local]] + rank - starts[local], dtype=np.int64)


def _add_access(
    network: RoadNetwork, points: Floats, node: Ints, offset: Floats, access_kmh: float
) -> tuple[RoadNetwork, Ints]:
    """Append a node and a two-way leg for each point that lies off its road."""
    off = np.flatnonzero(offset > ON_ROAD_M)
    fresh = network.nodes + np.arange(len(off))
    place = node.copy()
    place[off] = fresh
    road = np.column_stack([network.lon[node[off]], network.lat[node[off]]])
    legs = np.stack([points[off], road], axis=1).reshape(-1, 2)
    link = network.links + np.arange(len(off))
    joined = replace(
        network,
        lon=np.concatenate([network.lon, points[off, 0]]),
        lat=np.concatenate([network.lat, points[off, 1]]),
        tail=np.concatenate([network.tail, fresh, node[off]]),
        head=np.concatenate([network.head, node[off], fresh]),
        time_ms=np.concatenate([network.time_ms, np.tile(drive_ms(offset[off], access_kmh), 2)]),
        length_m=np.concatenate([network.length_m, np.tile(offset[off], 2)]),
        link=np.concatenate([network.link, link, link]),
        forward=np.concatenate([network.forward, np.ones(len(off), np.bool_), np.zeros(len(off), np.bool_)]),
        xy=np.concatenate([network.xy, legs]),
        xy_start=np.concatenate([network.xy_start, network.xy_start[-1] + 2 * np.arange(1, len(off) + 1)]),
        road_class=np.concatenate([network.road_class, np.full(len(off), "access")]),
        level=np.concatenate([network.level, np.zeros(len(off), dtype=np.bool_)]),
    )
    return joined, place
