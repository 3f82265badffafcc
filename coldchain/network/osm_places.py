"""Named places of an OpenStreetMap file: nodes, outlines and relations, each place once.

Distance and kind decide whether two elements are one place, never the name alone: 新民 and 城关 stand tens of times
in a province.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.network.geometry import great_circle_m
from coldchain.network.osm_elements import PLACES, Member, NewestElements, Relation, TaggedNode

PLACE_COLUMNS = ("id", "name", "name_zh", "kind", "lon", "lat", "population")
NEAR_OUTLINE_M = 500.0
"""A node this near to an outline of its name and kind of settlement is the same place."""

_KINDS: tuple[frozenset[str], ...] = (
    frozenset({"city", "town"}),
    frozenset({"village", "hamlet", "isolated_dwelling", "farm"}),
    frozenset({"suburb", "neighbourhood", "quarter"}),
)
_CENTRES = ("admin_centre", "label")


class MergedPlace(NamedTuple):
    """Two elements of the file that are one place, by their ids."""

    name: str
    kept: str
    dropped: str


class PlaceTable(NamedTuple):
    """Places, and what became of the others.

    Attributes
    ----------
    frame : DataFrame with columns ``PLACE_COLUMNS``, sorted by id
    merged : elements that are a place already
    unplaced : name and id of places whose outline is not in the file
    """

    frame: pd.DataFrame
    merged: tuple[MergedPlace, ...]
    unplaced: tuple[str, ...]


class _PlaceLevel(NamedTuple):
    row: dict[str, Any]
    reach_m: float
    centre: str


def place_table(elements: NewestElements) -> PlaceTable:
    """Gather the places; an outline stands at the mean of its nodes, a relation at its centre where one is named."""
    nodes = [_place_of_node(node) for node in elements.nodes if node.tags.get("place") in PLACES]
    outlines = [_outline(f"w{way.id}", way.tags, elements.corners(way.row)) for way in elements.areas]
    outlines += list(_relations(elements))
    unplaced = [place for place in (*nodes, *outlines) if np.isnan(place.row["lon"])]
    kept = _Kept()
    for place in (*nodes, *outlines):
        if np.isfinite(place.row["lon"]):
            kept.add(place)
    frame = pd.DataFrame([place.row for place in kept.by_id.values()], columns=list(PLACE_COLUMNS))
    named = tuple(f"{place.row['name']} ({place.row['id']})".strip() for place in unplaced)
    return PlaceTable(frame.sort_values("id", ignore_index=True), tuple(kept.merged), named)


class _Kept:
    """Places so far; outlines of one that stands already are merged into it."""

    def __init__(self) -> None:
        self.by_id: dict[str, _PlaceLevel] = {}
        self.by_name: dict[tuple[str, int], list[_PlaceLevel]] = {}
        self.merged: list[MergedPlace] = []

    def add(self, place: _PlaceLevel) -> None:
        """Keep a place unless it is one already: its own centre, or one of its name and kind inside it."""
        alike = self.by_name.setdefault((place.row["name"], _group(place.row["kind"])), [])
        twin = self.by_id.get(place.centre) or next((other for other in alike if _same(place, other)), None)
        if twin is not None:
            self.merged.append(MergedPlace(place.row["name"] or twin.row["name"], twin.row["id"], place.row["id"]))
            return
        self.by_id[place.row["id"]] = place
        alike.append(place)


def _same(one: _PlaceLevel, other: _PlaceLevel) -> bool:
    """Whether two places of one name and kind are one: an outline, and what lies in it or close to it."""
    reach_m = max(one.reach_m, other.reach_m)
    return bool(one.row["name"] and reach_m and _apart_m(one.row, other.row) <= reach_m + NEAR_OUTLINE_M)


def _group(kind: str) -> int:
    return next(at for at, kinds in enumerate(_KINDS) if kind in kinds)


def _apart_m(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    ends = (np.array([place[key]]) for place in (one, other) for key in ("lon", "lat"))
    return float(great_circle_m(*ends)[0])


def _place_of_node(node: TaggedNode) -> _PlaceLevel:
    return _PlaceLevel(_row(f"n{node.id}", node.tags, node.lon, node.lat), 0.0, "")


def _outline(name: str, tags: Mapping[str, str], corners: Floats) -> _PlaceLevel:
    """Stand an outline at the mean of its corners; it reaches to the farthest of them."""
    if not len(corners):
        return _PlaceLevel(_row(name, tags, np.nan, np.nan), 0.0, "")
    lon, lat = corners.mean(axis=0)
    reach = great_circle_m(corners[:, 0], corners[:, 1], np.full(len(corners), lon), np.full(len(corners), lat))
    return _PlaceLevel(_row(name, tags, float(lon), float(lat)), float(reach.max()), "")


def _relations(elements: NewestElements) -> Iterator[_PlaceLevel]:
    node_at = {node.id: node for node in elements.nodes}
    wanted = {m.ref for relation in elements.relations if relation.is_place for m in relation.members if m.kind == "w"}
    row_of = elements.rows_of(wanted)
    for relation in elements.relations:
        if relation.is_place:
            corners = [elements.corners(row_of[m.ref]) for m in _rings(relation) if m.ref in row_of]
            place = _outline(f"r{relation.stamp.id}", relation.tags, np.concatenate([*corners, np.zeros((0, 2))]))
            yield _centred(place, relation, node_at)


def _rings(relation: Relation) -> list[Member]:
    return [member for member in relation.members if member.kind == "w" and member.role != "inner"]


def _centred(place: _PlaceLevel, relation: Relation, node_at: Mapping[int, TaggedNode]) -> _PlaceLevel:
    """Move a relation's place to the node that the relation calls its centre."""
    for role in _CENTRES:
        for member in relation.members:
            if member.kind == "n" and member.role == role and member.ref in node_at:
                node = node_at[member.ref]
                return _PlaceLevel({**place.row, "lon": node.lon, "lat": node.lat}, place.reach_m, f"n{node.id}")
    return place


def _row(name: str, tags: Mapping[str, str], lon: float, lat: float) -> dict[str, Any]:
    digits = tags.get("population", "").replace(",", "").replace(" ", "")
    return {
        "id": name,
        "name": tags.get("name", ""),
        "name_zh": tags.get("name:zh", ""),
        "kind": tags["place"],
        "lon": lon,
        "lat": lat,
        "population": float(digits) if digits.isdecimal() else np.nan,
    }
