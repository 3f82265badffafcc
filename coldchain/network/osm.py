"""Roads and places out of OpenStreetMap files (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``).

Elements may come in any order and version. Ways are split where two of them, or one with itself, share a node, and
cut where a barrier stops the vehicle. Turn restrictions are counted, not kept to; ferries are counted and left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.arrays import M_PER_KM, Bools, Floats, Indices, Ints
from coldchain.errors import BadInputError, bad_file
from coldchain.language import _
from coldchain.network.access import TYPICAL, Profile, passable
from coldchain.network.geometry import great_circle_m, polyline_lengths
from coldchain.network.graph import LinkTable, RoadNetwork, build_network
from coldchain.network.lorries import HEAVY, LorryRange
from coldchain.network.osm_elements import (
    CLASSES,
    CLOSED_BY_LIMIT,
    CLOSED_TO_HEAVIEST,
    NO_ROAD,
    Elements,
    NewestElements,
    settle,
)
from coldchain.network.osm_pbf import is_pbf, needs_each, read_pbf
from coldchain.network.osm_places import MergedPlace, place_table
from coldchain.network.osm_record import Ferry, OsmRecord
from coldchain.network.osm_xml import read_xml

SET_BACK_M, MOST_SET_BACK = 10.0, 0.25
"""Roads end this far before a barrier that stops lorries, but at most this share of the last stretch."""

_TYPICAL_RANGE = {"truck": LorryRange(TYPICAL["truck"], HEAVY), "car": LorryRange(TYPICAL["car"], TYPICAL["car"])}


@dataclass(frozen=True, eq=False)
class OsmExtract:
    """What an OpenStreetMap file holds.

    Attributes
    ----------
    network : all roads, islands of roads included; its ``warnings`` are what ``record`` says
    places : DataFrame with columns id (``n123``, ``w123`` or ``r123``), name, name_zh, kind, lon, lat (degrees,
        WGS-84) and population (float64, NaN when not given), each place once
    merged : elements of the file that are one place
    record : what was left out
    """

    network: RoadNetwork
    places: pd.DataFrame
    merged: tuple[MergedPlace, ...]
    record: OsmRecord


def read_osm(path: str | Path, profile: Profile = "truck", lorries: LorryRange | None = None) -> OsmExtract:
    """Read the roads a vehicle may use, and the named places.

    Parameters
    ----------
    path : ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``
    profile : ``truck`` or ``car``; see `coldchain.network.speeds`
    lorries : what posted limits of weight and measures are held against; by default from the light truck of 1.5 t to
        the heaviest

    Raises
    ------
    BadInputError
        When the file is missing, empty, cut off, not OpenStreetMap data, or holds no road.
    """
    path = Path(path)
    if not path.is_file():
        raise bad_file(path, _("file not found"), "missing-file")
    if not path.stat().st_size:
        raise bad_file(path, _("the file is empty"), "empty-file")
    fleet = lorries or _TYPICAL_RANGE[profile]
    elements = _read(path, profile, fleet)
    settled = settle(elements)
    closed = _closed_nodes(settled, profile, fleet)
    lon, lat, links = _links(settled, closed)
    found = place_table(settled)
    record = _record(elements, settled, closed, found.unplaced)
    del elements, settled  # the network is built from its own copies; a province's arrays are large
    if not len(links.start):
        raise _no_roads(path, profile, record)
    network = build_network(lon, lat, links, source=path.name)
    network = replace(network, warnings=tuple(record.faults(path.name)))
    return OsmExtract(network, found.frame, found.merged, record)


def _no_roads(path: Path, profile: Profile, record: OsmRecord) -> BadInputError:
    if record.missing_nodes:
        message = _(
            "holds roads but not the nodes they run through ({n:,} are missing): fetch ways with their nodes, in "
            "Overpass by (._;>;); before out"
        )
        return bad_file(path, message.format(n=record.missing_nodes), "no-nodes")
    return bad_file(path, _("must hold roads open to a {profile}; none found").format(profile=profile), "no-roads")


def _read(path: Path, profile: Profile, lorries: LorryRange) -> Elements:
    elements = Elements(profile, lorries)
    if not is_pbf(path) and not path.name.lower().endswith(".pbf"):
        read_xml(path, elements)
        return elements
    read_pbf(path, elements)
    if needs_each(elements):
        elements = Elements(profile, lorries)
        read_pbf(path, elements, each=True)
    return elements


def _closed_nodes(settled: NewestElements, profile: Profile, lorries: LorryRange) -> Bools:
    """Mark the nodes of ways at which a barrier or a posted limit stops the lightest lorry, bool[k]."""
    stopping = [node.id for node in settled.nodes if not passable(node.tags, profile, lorries.lightest)]
    return np.isin(settled.refs, np.array(sorted(stopping), dtype=np.int64))


def _links(settled: NewestElements, closed: Bools) -> tuple[Floats, Floats, LinkTable]:
    """Split roads at junctions, at closed nodes and at nodes the file lacks; nodes and links between them."""
    where, at = settled.where, _number(settled.refs)
    count = np.diff(settled.start)
    road = settled.kept & np.isfinite(settled.kmh).any(axis=1)
    way = np.repeat(np.arange(len(count)), count)
    on_road = np.repeat(road, count)
    junction = (np.bincount(at[on_road], minlength=at.max(initial=-1) + 1) > 1)[at] | closed
    known = np.isfinite(where[:, 0]) & on_road
    pair = np.flatnonzero((way[:-1] == way[1:]) & known[:-1] & known[1:])
    opens = np.ones(len(pair), dtype=np.bool_)
    opens[1:] = junction[pair[1:]] | (pair[1:] != pair[:-1] + 1)
    first, number = np.flatnonzero(opens), np.cumsum(opens) - 1
    xy_start = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=len(first)) + 1)]).astype(np.int64)
    opening, closing = pair[first], np.concatenate([pair[first[1:] - 1], pair[-1:]]) + 1
    vertex = np.empty(xy_start[-1], dtype=np.intp)
    vertex[np.arange(len(pair)) + number] = pair
    vertex[xy_start[1:] - 1] = closing
    kmh = settled.kmh[way[opening]]
    classes = np.array(CLASSES)[settled.road_class[way[opening]]]
    ends = np.stack([opening, closing])
    node, met = _end_nodes(ends, at, closed)
    xy = _set_back(where[vertex], xy_start, closed[vertex])
    end_xy = np.concatenate([xy[xy_start[:-1]], xy[xy_start[1:] - 1]])[met]
    level = settled.level[way[opening]] > 0
    links = LinkTable(node[0], node[1], xy, xy_start, kmh[:, 0], kmh[:, 1], classes, level=level)
    return end_xy[:, 0], end_xy[:, 1], links


def _number(refs: Ints) -> Indices:
    """Give each node of the ways a number from 0."""
    return np.unique(refs, return_inverse=True)[1].reshape(-1)


def _end_nodes(ends: Indices, at: Indices, closed: Bools) -> tuple[Indices, Indices]:
    """Give the node of each link's ends, and an end that each node is; at a closed node every link ends for itself."""
    name = at[ends].ravel()
    dead = np.flatnonzero(closed[ends].ravel())
    name[dead] = at.max(initial=0) + 1 + np.arange(len(dead))
    _names, met, node = np.unique(name, return_index=True, return_inverse=True)
    return node.reshape(2, -1), met


def _set_back(xy: Floats, xy_start: Ints, closed: Bools) -> Floats:
    """End roads before a barrier, not at it: written as lines and read again they must not join there."""
    xy = xy.copy()
    for end, inward in ((xy_start[:-1], 1), (xy_start[1:] - 1, -1)):
        chosen = end[closed[end]]
        at, to = xy[chosen], xy[chosen + inward]
        metres = great_circle_m(at[:, 0], at[:, 1], to[:, 0], to[:, 1])
        share = np.minimum(SET_BACK_M / np.maximum(metres, SET_BACK_M), MOST_SET_BACK)
        xy[chosen] += (to - at) * share[:, None]
    return xy


def _record(elements: Elements, settled: NewestElements, closed: Bools, unplaced: tuple[str, ...]) -> OsmRecord:
    """Count what of the file is not in the network."""
    count = np.diff(settled.start)
    road = settled.kept & (settled.road_class != NO_ROAD)
    driven = road & np.isfinite(settled.kmh).any(axis=1)
    missing = np.isnan(settled.where[:, 0]) & np.repeat(driven, count)
    way = np.repeat(np.arange(len(count)), count)
    km = {
        code: _km(settled, kept & (settled.limit == code))
        for code, kept in ((CLOSED_BY_LIMIT, road), (CLOSED_TO_HEAVIEST, driven))
    }
    return OsmRecord(
        missing_nodes=len(np.unique(settled.refs[missing])),
        ways_with_gaps=len(np.unique(way[missing])),
        turn_restrictions=sum(relation.is_turn_restriction for relation in settled.relations),
        ferries=tuple(
            Ferry(f"w{ferry.id}", ferry.tags.get("name", ""), *settled.middle(ferry.row)) for ferry in settled.ferries
        ),
        barriers=len(np.unique(settled.refs[closed & np.repeat(driven, count)])),
        km_closed_by_limit=km[CLOSED_BY_LIMIT],
        km_closed_to_heaviest=km[CLOSED_TO_HEAVIEST],
        lorries=elements.lorries,
        conditional=elements.conditional,
        unread=tuple(sorted(elements.unread.items())),
        unplaced=unplaced,
    )


def _km(settled: NewestElements, chosen: Bools) -> float:
    """Length of some ways between the nodes that are in the file."""
    total = 0.0
    for row in np.flatnonzero(chosen).tolist():
        where = settled.where[settled.start[row] : settled.start[row + 1]]
        where = where[np.isfinite(where[:, 0])]
        if len(where) > 1:
            total += float(polyline_lengths(where, np.array([0, len(where)]))[0]) / M_PER_KM
    return total
