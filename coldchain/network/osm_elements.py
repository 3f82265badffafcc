"""Nodes, ways and relations of an OpenStreetMap file, gathered in whatever order and version they come.

Arrays, for a province has millions of ways. Of several versions of one element the newest counts; what the editor
(``action="delete"``) or the server (``visible="false"``) marks as deleted is not there.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coldchain.arrays import Bools, Floats, Ints
from coldchain.network.access import Profile, open_to
from coldchain.network.lorries import LorryRange, fits, unread_limits
from coldchain.network.speeds import CLASS_KMH, leaves_ground, speeds

CLASSES = tuple(CLASS_KMH)
CLASS_AT = {name: at for at, name in enumerate(CLASSES)}
NO_ROAD = -1
NODE_KEYS = ("place", "barrier", "maxheight", "maxwidth", "maxweight", "maxaxleload", "maxlength")
"""Tags of nodes that are looked at."""

PLACES = ("city", "town", "village", "hamlet", "isolated_dwelling", "suburb", "neighbourhood", "quarter", "farm")
"""Values of the ``place`` tag that are read."""

CLOSED_BY_LIMIT, CLOSED_TO_HEAVIEST = 1, 2


class Stamp(NamedTuple):
    """Which state of an element this is."""

    id: int
    version: int = 0
    gone: bool = False


class TaggedNode(NamedTuple):
    """A node with tags: its row among all nodes, or -1 where rows are not kept, and its place in degrees."""

    row: int
    id: int
    tags: Mapping[str, str]
    lon: float
    lat: float


class TaggedWay(NamedTuple):
    """A way with tags, and its row among all ways."""

    row: int
    id: int
    tags: Mapping[str, str]


class Member(NamedTuple):
    """Member of a relation; ``kind`` is n, w or r."""

    kind: str
    ref: int
    role: str


class Relation(NamedTuple):
    """A relation, of a place or of a turn restriction where it matters."""

    stamp: Stamp
    members: tuple[Member, ...]
    tags: Mapping[str, str]

    @property
    def is_place(self) -> bool:
        """Whether it outlines a place."""
        return self.tags.get("place") in PLACES

    @property
    def is_turn_restriction(self) -> bool:
        """Whether it forbids or demands a turn."""
        return any(key.partition(":")[0] == "restriction" for key in self.tags)


@dataclass
class Elements:
    """Elements as they are met.

    Attributes
    ----------
    profile, lorries : whose roads are read
    node_id, node_version, node_gone, node_at : all nodes with their degrees; left empty by a source that puts the
        places of nodes on the ways itself
    way_id, way_version, way_gone, start : ways, and the first node of each
    refs, degrees : ids and places of the nodes, way after way; NaN while unknown
    kmh, road_class, limit : speeds there and back, place in ``CLASSES`` or -1, whether a posted limit closes the way
    level : whether the way leaves the ground, as bridges and tunnels do
    nodes, areas, ferries, relations : elements whose tags matter
    unread, conditional : limits whose values cannot be read; roads with rules for certain hours
    """

    profile: Profile
    lorries: LorryRange
    node_id: array[int] = field(default_factory=lambda: array("q"))
    node_version: array[int] = field(default_factory=lambda: array("q"))
    node_gone: array[int] = field(default_factory=lambda: array("b"))
    node_at: array[float] = field(default_factory=lambda: array("d"))
    way_id: array[int] = field(default_factory=lambda: array("q"))
    way_version: array[int] = field(default_factory=lambda: array("q"))
    way_gone: array[int] = field(default_factory=lambda: array("b"))
    start: array[int] = field(default_factory=lambda: array("q", [0]))
    refs: array[int] = field(default_factory=lambda: array("q"))
    degrees: array[float] = field(default_factory=lambda: array("d"))
    kmh: array[float] = field(default_factory=lambda: array("d"))
    road_class: array[int] = field(default_factory=lambda: array("b"))
    limit: array[int] = field(default_factory=lambda: array("b"))
    level: array[int] = field(default_factory=lambda: array("b"))
    nodes: list[TaggedNode] = field(default_factory=list)
    areas: list[TaggedWay] = field(default_factory=list)
    ferries: list[TaggedWay] = field(default_factory=list)
    relations: dict[int, Relation] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    conditional: int = 0

    def add_node(self, stamp: Stamp, lon: float, lat: float) -> int:
        """Keep a node's place; return its row."""
        self.node_id.append(stamp.id)
        self.node_version.append(stamp.version)
        self.node_gone.append(stamp.gone)
        self.node_at.extend((lon, lat))
        return len(self.node_id) - 1

    def add_tagged_node(self, node: TaggedNode) -> None:
        """Keep a node whose tags matter."""
        if any(key in node.tags for key in NODE_KEYS):
            self.nodes.append(node)

    def add_way(self, stamp: Stamp, refs: Sequence[int], degrees: Sequence[float], tags: Mapping[str, str]) -> None:
        """Keep a way; ``degrees`` are longitude and latitude in turn, one pair for each of ``refs``."""
        row = len(self.way_id)
        self.way_id.append(stamp.id)
        self.way_version.append(stamp.version)
        self.way_gone.append(stamp.gone)
        self.refs.extend(refs)
        self.degrees.extend(degrees)
        self.start.append(len(self.refs))
        road = tags.get("highway") in CLASS_AT and len(refs) > 1
        self.kmh.extend(speeds(tags, self.profile, self.lorries.lightest) if road else (math.nan, math.nan))
        self.road_class.append(CLASS_AT[tags["highway"]] if road else NO_ROAD)
        self.limit.append(self._limit(tags) if road else 0)
        self.level.append(leaves_ground(tags))
        if tags.get("place") in PLACES:
            self.areas.append(TaggedWay(row, stamp.id, tags))
        if tags.get("route") == "ferry":
            self.ferries.append(TaggedWay(row, stamp.id, tags))

    def _limit(self, tags: Mapping[str, str]) -> int:
        """Whether a posted limit closes a road to all lorries or to the heaviest; count what cannot be read."""
        self.conditional += any(key.endswith(":conditional") for key in tags)
        self.unread.update(unread_limits(tags))
        if not open_to(tags, self.profile):
            return 0
        if not fits(tags, self.lorries.lightest):
            return CLOSED_BY_LIMIT
        return 0 if fits(tags, self.lorries.heaviest) else CLOSED_TO_HEAVIEST

    def add_relation(self, relation: Relation) -> None:
        """Keep a place or a turn restriction; of versions the newest, without the tags that matter too."""
        known = self.relations.get(relation.stamp.id)
        if known is None and not (relation.is_place or relation.is_turn_restriction):
            return
        if known is None or known.stamp.version <= relation.stamp.version:
            self.relations[relation.stamp.id] = relation

    @property
    def living_relations(self) -> list[Relation]:
        """Relations that are not deleted, in the order of their ids."""
        return [relation for _id, relation in sorted(self.relations.items()) if not relation.stamp.gone]


@dataclass(frozen=True, eq=False)
class NewestElements:
    """Elements in their newest state, with every node where it lies.

    Attributes
    ----------
    refs, where : int64[k] and float64[k, 2], nodes of the ways and their degrees; NaN when not in the file
    way_id, start : int64[w] and int64[w + 1]; kept : bool[w], ways that are there; kmh : float64[w, 2]
    road_class, limit, level : int8[w]
    nodes, areas, ferries, relations : those that are there
    """

    refs: Ints
    where: Floats
    way_id: Ints
    start: Ints
    kept: Bools
    kmh: Floats
    road_class: npt.NDArray[np.int8]
    limit: npt.NDArray[np.int8]
    level: npt.NDArray[np.int8]
    nodes: list[TaggedNode]
    areas: list[TaggedWay]
    ferries: list[TaggedWay]
    relations: list[Relation]

    def rows_of(self, ways: set[int]) -> dict[int, int]:
        """Return the row of each of some ways that is there."""
        rows = np.flatnonzero(self.kept & np.isin(self.way_id, np.fromiter(ways, dtype=np.int64, count=len(ways))))
        return dict(zip(self.way_id[rows].tolist(), rows.tolist(), strict=True))

    def middle(self, row: int) -> tuple[float, float]:
        """Mean longitude and latitude of a way's nodes; NaN when none is in the file."""
        corners = self.corners(row)
        lon, lat = corners.mean(axis=0) if len(corners) else (math.nan, math.nan)
        return float(lon), float(lat)

    def corners(self, row: int) -> Floats:
        """Degrees of the nodes of one way, each node once, float64[k, 2]; those not in the file are left out."""
        part = slice(self.start[row], self.start[row + 1])
        _ids, first = np.unique(self.refs[part], return_index=True)
        where = self.where[part][np.sort(first)]
        return np.asarray(where[np.isfinite(where[:, 0])])


def settle(elements: Elements) -> NewestElements:
    """Keep the newest state of each element, and put every node of a way where the file has it."""
    node_id = np.frombuffer(elements.node_id, dtype=np.int64)
    node_kept = newest(node_id, elements.node_version, elements.node_gone)
    refs = np.frombuffer(elements.refs, dtype=np.int64)
    where = np.frombuffer(elements.degrees, dtype=np.float64).reshape(-1, 2)
    if len(node_id):
        at = np.frombuffer(elements.node_at, dtype=np.float64).reshape(-1, 2)
        where = _placed(refs, where, node_id[node_kept], at[node_kept])
    way_id = np.frombuffer(elements.way_id, dtype=np.int64)
    way_kept = newest(way_id, elements.way_version, elements.way_gone)
    return NewestElements(
        refs=refs,
        where=where,
        way_id=way_id,
        start=np.frombuffer(elements.start, dtype=np.int64),
        kept=way_kept,
        kmh=np.frombuffer(elements.kmh, dtype=np.float64).reshape(-1, 2),
        road_class=np.frombuffer(elements.road_class, dtype=np.int8),
        limit=np.frombuffer(elements.limit, dtype=np.int8),
        level=np.frombuffer(elements.level, dtype=np.int8),
        nodes=[node for node in elements.nodes if node.row < 0 or node_kept[node.row]],
        areas=[way for way in elements.areas if way_kept[way.row]],
        ferries=[way for way in elements.ferries if way_kept[way.row]],
        relations=elements.living_relations,
    )


def newest(ids: Ints, version: array[int], gone: array[int]) -> Bools:
    """Mark the newest version of each id, the last of equal ones, unless it is deleted; bool[n]."""
    order = np.lexsort((np.frombuffer(version, dtype=np.int64), ids))
    last = np.ones(len(ids), dtype=np.bool_)
    last[:-1] = np.diff(ids[order]) != 0
    kept = np.zeros(len(ids), dtype=np.bool_)
    kept[order[last]] = True
    kept &= np.frombuffer(gone, dtype=np.int8) == 0
    return kept


def _placed(refs: Ints, where: Floats, node_id: Ints, at: Floats) -> Floats:
    """Fill the places that are NaN from the nodes."""
    if not len(node_id):
        return where
    order = np.argsort(node_id)
    row = order[np.minimum(np.searchsorted(node_id, refs, sorter=order), len(order) - 1)]
    found = (node_id[row] == refs) & ~np.isfinite(where[:, 0])
    return np.where(found[:, None], at[row], where)
