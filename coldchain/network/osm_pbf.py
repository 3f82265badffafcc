"""Elements out of OpenStreetMap's PBF.

Nodes are read first behind a filter of keys, ways after them, in whatever order the file has them; memory holds 16
bytes for each node. Archives with several versions of an element, and files with ids below zero, are read element
by element.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.network.osm_elements import NODE_KEYS, Elements, Member, Relation, Stamp, TaggedNode
from coldchain.network.osm_xml import cut_off, not_osm

_TURNS = ("restriction", "restriction:hgv", "restriction:conditional")
_ENDS = ("eof", "truncated")


def is_pbf(path: Path) -> bool:
    """Whether the file begins as PBF does."""
    with path.open("rb") as file:
        return b"OSMHeader" in file.read(64)


def read_pbf(path: Path, elements: Elements, *, each: bool = False) -> None:
    """Gather tagged nodes, roads, places and ferries, and the relations that matter.

    Parameters
    ----------
    each : read element by element, not behind filters; archives always are

    Raises
    ------
    BadInputError
        When the file is no PBF or ends too soon.
    """
    import osmium

    try:
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
        if each or header.has_multiple_object_versions:
            _read_each(path, elements)
        else:
            _read_filtered(path, elements, placed="LocationsOnWays" in _features(header))
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        cut = any(word in str(error).lower() for word in _ENDS)
        raise cut_off(path) if cut else not_osm(path, str(error)) from error


def needs_each(elements: Elements) -> bool:
    """Whether what was read behind filters has ids below zero or several versions of a way."""
    refs, ways = (np.frombuffer(part, dtype=np.int64) for part in (elements.refs, elements.way_id))
    return bool((refs < 0).any()) or len(np.unique(ways)) < len(ways)


def _features(header: Any) -> list[str]:
    return [header.get(f"pbf_optional_feature_{n}", "") for n in range(8)]


def _read_filtered(path: Path, elements: Elements, *, placed: bool) -> None:
    """Read behind filters; ``placed``: ways carry the places of their nodes."""
    import osmium

    store = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    store.ignore_errors()
    with osmium.io.Reader(str(path), osmium.osm.NODE | osmium.osm.RELATION) as reader:
        keys = osmium.filter.KeyFilter(*NODE_KEYS, *_TURNS)
        for item in osmium.OsmFileIterator(reader, *([] if placed else [store]), keys):
            _add(elements, item)
    outlines = _outlines(elements)
    with osmium.io.Reader(str(path), osmium.osm.WAY) as reader:
        keys = osmium.filter.KeyFilter("highway", "place", "route")
        for item in osmium.OsmFileIterator(reader, *([] if placed else [store]), keys):
            _add(elements, item)
            outlines.discard(item.id)
    if outlines:
        with osmium.io.Reader(str(path), osmium.osm.WAY) as reader:
            wanted = osmium.filter.IdFilter(outlines)
            for item in osmium.OsmFileIterator(reader, *([] if placed else [store]), wanted):
                _add(elements, item)


def _outlines(elements: Elements) -> set[int]:
    """Ways that are the outlines of places."""
    members = (member for relation in elements.relations.values() if relation.is_place for member in relation.members)
    return {member.ref for member in members if member.kind == "w" and member.ref > 0}


def _read_each(path: Path, elements: Elements) -> None:
    """Read all versions of all elements."""
    import osmium

    for item in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION):
        if item.is_node():
            at = item.location
            row = elements.add_node(_stamp(item), *((at.lon, at.lat) if at.valid() else (math.nan, math.nan)))
            _add_tagged(elements, item, row)
        else:
            _add(elements, item)


def _add(elements: Elements, item: Any) -> None:
    if item.is_node():
        _add_tagged(elements, item, -1)
    elif item.is_way():
        refs: list[int] = []
        degrees: list[float] = []
        for node in item.nodes:
            refs.append(node.ref)
            at = node.location
            degrees += (at.lon, at.lat) if at.valid() else (math.nan, math.nan)
        elements.add_way(_stamp(item), refs, degrees, _tags(item.tags))
    else:
        members = tuple(Member(member.type, member.ref, member.role) for member in item.members)
        elements.add_relation(Relation(_stamp(item), members, _tags(item.tags)))


def _add_tagged(elements: Elements, item: Any, row: int) -> None:
    tags, at = _tags(item.tags), item.location
    if tags and (row >= 0 or not item.deleted):
        where = (at.lon, at.lat) if at.valid() else (math.nan, math.nan)
        elements.add_tagged_node(TaggedNode(row, item.id, tags, *where))


def _stamp(item: Any) -> Stamp:
    return Stamp(item.id, item.version, item.deleted)


def _tags(tags: Iterable[Any]) -> dict[str, str]:
    return {tag.k: tag.v for tag in tags}
