"""Roads and places out of OpenStreetMap files (``.osm.pbf``, ``.osm``, ``.osm.gz``).

One pass behind a key filter; beyond the roads themselves memory holds 16 bytes for each node of the file. Ways are
split where two of them, or one with itself, share a node. Turn restrictions are not read.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.network.geometry import Floats
from coldchain.network.graph import LinkTable, RoadNetwork, build_network
from coldchain.network.speeds import CLASS_KMH, TAGS, Profile, speeds

PLACES = ("city", "town", "village", "hamlet", "isolated_dwelling", "suburb", "neighbourhood", "quarter", "farm")
"""Values of the ``place`` tag that are read."""

CLASSES = tuple(CLASS_KMH)
CLASS_AT = {name: at for at, name in enumerate(CLASSES)}
PLACE_COLUMNS = ("id", "name", "name_zh", "kind", "lon", "lat", "population")


@dataclass(frozen=True, eq=False)
class OsmExtract:
    """What an OpenStreetMap file holds.

    Attributes
    ----------
    network : all roads, islands of roads included
    places : DataFrame with columns id (``n123`` or ``w123``), name, name_zh, kind, lon, lat (degrees, WGS-84) and
        population (float64, NaN when not given). An area stands at the mean of its outline's nodes, and is left out
        when a node has its name
    """

    network: RoadNetwork
    places: pd.DataFrame


@dataclass
class _Ways:
    """Ways as they are met, in arrays, for a province has millions of them.

    Attributes
    ----------
    refs, degrees : ids and places of the nodes, way after way; NaN when not in the file
    start : first node of each way, and their number
    kmh : speeds there and back; road_class : place in ``CLASSES``
    """

    refs: array[int] = field(default_factory=lambda: array("q"))
    degrees: array[float] = field(default_factory=lambda: array("d"))
    start: array[int] = field(default_factory=lambda: array("q", [0]))
    kmh: array[float] = field(default_factory=lambda: array("d"))
    road_class: array[int] = field(default_factory=lambda: array("b"))
    places: list[dict[str, Any]] = field(default_factory=list)


def read_osm(path: str | Path, profile: Profile = "truck") -> OsmExtract:
    """Read the roads a vehicle may use, and the named places.

    Parameters
    ----------
    path : ``.osm.pbf``, ``.osm`` or ``.osm.gz``
    profile : ``truck`` or ``car``; see `coldchain.network.speeds`

    Raises
    ------
    BadInputError
        When the file is missing, empty, not OpenStreetMap data, or holds no road.
    """
    path = Path(path)
    if not path.is_file():
        raise _bad(path, _("file not found"), "missing-file")
    if not path.stat().st_size:
        raise _bad(path, _("the file is empty"), "empty-file")
    try:
        ways = _read(path, profile)
    except (RuntimeError, ValueError) as error:
        raise _bad(
            path, _("must be OpenStreetMap data (.osm.pbf, .osm, .osm.gz); {error}").format(error=error), "not-osm"
        ) from error
    lon, lat, links = _links(ways)
    places = _place_table(ways.places)
    del ways  # the network is built from its own copies; a province's arrays are large
    if not len(links.start):
        raise _bad(path, _("must hold roads open to a {profile}; none found").format(profile=profile), "no-roads")
    return OsmExtract(build_network(lon, lat, links, source=path.name), places)


def _bad(path: Path, message: str, code: str) -> BadInputError:
    return BadInputError([Fault(str(path), None, "", "", message, code)])


def _read(path: Path, profile: Profile) -> _Ways:
    import osmium

    ways = _Ways()
    reader = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for item in reader.with_filter(osmium.filter.KeyFilter("highway", "place")):
        if item.tags.get("place") in PLACES:
            ways.places.append(_place(item))
        if item.is_way() and item.tags.get("highway") in CLASS_KMH:
            _add_way(ways, item, profile)
    return ways


def _add_way(ways: _Ways, way: Any, profile: Profile) -> None:
    kmh = speeds({key: way.tags[key] for key in TAGS if key in way.tags}, profile)
    if len(way.nodes) < 2 or np.isnan(kmh).all():
        return
    for node in way.nodes:
        ways.refs.append(node.ref)
        ways.degrees.extend((node.lon, node.lat) if node.location.valid() else (np.nan, np.nan))
    ways.start.append(len(ways.refs))
    ways.kmh.extend(kmh)
    ways.road_class.append(CLASS_AT[way.tags["highway"]])


def _place(item: Any) -> dict[str, Any]:
    tags = item.tags
    digits = tags.get("population", "").replace(",", "").replace(" ", "")
    nodes = item.nodes if item.is_way() else (item,)
    corners = {node.ref if item.is_way() else 0: node.location for node in nodes}
    degrees = np.array([(at.lon, at.lat) for at in corners.values() if at.valid()]).reshape(-1, 2)
    lon, lat = degrees.mean(axis=0) if len(degrees) else (np.nan, np.nan)
    return {
        "id": f"{'w' if item.is_way() else 'n'}{item.id}",
        "name": tags.get("name", ""),
        "name_zh": tags.get("name:zh", ""),
        "kind": tags["place"],
        "lon": float(lon),
        "lat": float(lat),
        "population": float(digits) if digits.isdecimal() else np.nan,
    }


def _place_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(PLACE_COLUMNS)).dropna(subset=["lon"])
    area = frame["id"].str.startswith("w")
    twice = area & frame["name"].ne("") & frame["name"].isin(frame["name"][~area])
    return frame[~twice].sort_values("id", ignore_index=True)


def _links(ways: _Ways) -> tuple[Floats, Floats, LinkTable]:
    """Split ways at junctions and at nodes the file lacks; nodes and links between them."""
    where = np.frombuffer(ways.degrees, dtype=np.float64).reshape(-1, 2)
    _refs, at = np.unique(np.frombuffer(ways.refs, dtype=np.int64), return_inverse=True)
    start = np.frombuffer(ways.start, dtype=np.int64)
    way = np.repeat(np.arange(len(start) - 1), np.diff(start))
    junction = (np.bincount(at) > 1)[at] if len(at) else np.zeros(0, dtype=np.bool_)
    known = np.isfinite(where[:, 0])
    pair = np.flatnonzero((way[:-1] == way[1:]) & known[:-1] & known[1:])
    opens = np.ones(len(pair), dtype=np.bool_)
    opens[1:] = junction[pair[1:]] | (pair[1:] != pair[:-1] + 1)
    first, number = np.flatnonzero(opens), np.cumsum(opens) - 1
    xy_start = np.concatenate([[0], np.cumsum(np.bincount(number, minlength=len(first)) + 1)]).astype(np.int64)
    opening, closing = pair[first], np.concatenate([pair[first[1:] - 1], pair[-1:]]) + 1
    vertex = np.empty(xy_start[-1], dtype=np.intp)
    vertex[np.arange(len(pair)) + number] = pair
    vertex[xy_start[1:] - 1] = closing
    kmh = np.frombuffer(ways.kmh, dtype=np.float64).reshape(-1, 2)[way[opening]]
    classes = np.array(CLASSES)[np.frombuffer(ways.road_class, dtype=np.int8)[way[opening]]]
    ends = np.stack([opening, closing])
    _ends, met, node = np.unique(at[ends], return_index=True, return_inverse=True)
    node, met = node.reshape(2, -1), ends.ravel()[met]
    links = LinkTable(node[0], node[1], where[vertex], xy_start, kmh[:, 0], kmh[:, 1], classes)
    return where[met, 0], where[met, 1], links
