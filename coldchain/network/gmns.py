"""Roads as GMNS tables: a folder with ``node.csv`` and ``link.csv``; ``config.csv`` and ``geometry.csv`` may follow.

GMNS (General Modeling Network Specification, Zephyr Foundation) leaves units to ``config.csv``: ``long_length`` for
``length``, ``speed`` for ``free_speed``, ``crs`` for coordinates. Without it speeds are km/h, coordinates WGS-84, and
the unit of ``length`` (m, km, mile or ft) is told from the drawn lines. Our own column ``length_m`` goes before
``length``; without either, the drawn line is measured. A length that the drawn line contradicts is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coldchain.arrays import Bools, Floats, Ints
from coldchain.errors import BadInputError, Fault, demand_right
from coldchain.language import _
from coldchain.network.geometry import great_circle_m, polyline_lengths
from coldchain.network.gmns_lengths import given_lengths, road_detour
from coldchain.network.gmns_table import Table, listed
from coldchain.network.gmns_uses import class_kmh, open_links
from coldchain.network.graph import Kind, LinkTable, RoadNetwork, build_network

_UNITS: Mapping[str, str] = {
    "m": "m", "meter": "m", "meters": "m", "metre": "m", "metres": "m", "km": "km", "kilometer": "km",
    "kilometers": "km", "kilometre": "km", "kilometres": "km", "mi": "mile", "mile": "mile", "miles": "mile",
    "ft": "ft", "foot": "ft", "feet": "ft",
}  # fmt: skip
_KMH: Mapping[str, float] = {
    "kmh": 1.0, "km/h": 1.0, "kph": 1.0, "kmph": 1.0, "km/hr": 1.0, "mph": 1.609344, "mi/h": 1.609344, "m/s": 3.6,
    "kilometers per hour": 1.0, "miles per hour": 1.609344,
}  # fmt: skip
_USED = frozenset({
    "link_id", "from_node_id", "to_node_id", "directed", "length_m", "length", "free_speed", "facility_type",
    "dir_flag", "geometry", "geometry_id", "allowed_uses", "lanes", "name", "parent_link_id",
})  # fmt: skip
MOST_OFF_M = 500.0
"""A drawn line that begins farther than this from its node belongs elsewhere, or is in another system."""


@dataclass(frozen=True)
class _Config:
    """What config.csv says.

    Attributes
    ----------
    unit : unit of length, a key of ``coldchain.network.lengths.METRES``; "" when not said
    speed : unit of speed as written; "" when not said
    crs : coordinate system as written
    degrees : whether coordinates are WGS-84 degrees already
    """

    unit: str = ""
    speed: str = ""
    crs: str = "EPSG:4326"
    degrees: bool = True

    def to_wgs84(self, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Bring shapes to WGS-84 degrees."""
        if self.degrees or not len(shapes):
            return shapes
        import geopandas as gpd

        return np.asarray(gpd.GeoSeries(shapes, crs=self.crs).to_crs(4326).to_numpy())


def read_gmns(folder: str | Path) -> RoadNetwork:
    """Read ``node.csv`` and ``link.csv``.

    Columns used: node_id, x_coord, y_coord; link_id, from_node_id, to_node_id, directed, length_m, length, free_speed,
    facility_type, allowed_uses, lanes, dir_flag, geometry (WKT line) or geometry_id (row of ``geometry.csv``; a
    straight line when absent). A link without ``directed`` runs one way, both ways when its dir_flag is 0. A link
    without free_speed drives at the truck speed of its facility_type, else at 22.5 km/h. Links closed to lorries are
    left out; the network's warnings count them, and name columns not used and what was assumed.

    Raises
    ------
    BadInputError
        Lists every fault of the files with row, column and value.
    """
    folder = Path(folder)
    config = _config(folder / "config.csv")
    nodes = Table(folder / "node.csv", ("node_id", "x_coord", "y_coord"))
    table = Table(folder / "link.csv", ("link_id", "from_node_id", "to_node_id"))
    ids, where = _nodes(nodes, config)
    ends = np.stack([_look_up(table, name, ids) for name in ("from_node_id", "to_node_id")])
    is_open, one_way = open_links(folder, table), _one_way(table)
    kmh = _free_speed(table, config, is_open)
    given = given_lengths(table, is_open & (ends[0] != ends[1]))
    shapes = _drawn(folder, table, config)
    _refuse(nodes, table)
    xy, xy_start = _lines(table, shapes, ends, where)
    detour = road_detour(table, given, config.unit, polyline_lengths(xy, xy_start))
    _name_unused(table)
    _refuse(nodes, table)
    if not is_open.any():
        raise BadInputError([Fault(str(table.path), None, "", "", _("must hold roads open to lorries; none found"),
                                   "no-roads")])  # fmt: skip
    forward = np.where(is_open, kmh, np.nan)
    classes = np.where(table.text("facility_type") == "", "unclassified", table.text("facility_type"))
    links = LinkTable(ends[0], ends[1], xy, xy_start, forward, np.where(one_way, np.nan, forward), classes, detour)
    kind: Kind = "proximity" if set(links.road_class) - {"access"} == {"proximity"} else "roads"
    network = build_network(where[:, 0], where[:, 1], links, kind, folder.name)
    return replace(network, warnings=tuple(nodes.faults + table.faults))


def _refuse(nodes: Table, table: Table) -> None:
    """Raise all errors found so far, with the warnings beside them."""
    faults = nodes.faults + table.faults
    if not len(table.frame):
        faults = [*faults, Fault(str(table.path), None, "", "", _("must hold links; none found"), "no-roads")]
    demand_right(faults)


def _config(path: Path) -> _Config:
    if not path.exists():
        return _Config()
    table = Table(path)
    rows = {name: str(table.text(name)[0]) if len(table.frame) else "" for name in ("long_length", "speed", "crs")}
    length, speed, crs = rows["long_length"].lower(), rows["speed"].lower(), rows["crs"] or "EPSG:4326"
    first = np.arange(len(table.frame)) == 0
    for name, text, units in (("long_length", length, _UNITS), ("speed", speed, _KMH)):
        if text and text not in units:
            table.reject(first, name, _("must be one of {names}").format(names=", ".join(units)), "unknown-unit")
    degrees = _in_degrees(crs)
    if degrees is None:
        message = _("is not a known coordinate system; give an EPSG code, for example EPSG:4326")
        table.reject(first, "crs", message, "unknown-crs")
    if table.faults:
        raise BadInputError(table.faults)
    return _Config(_UNITS.get(length, ""), speed, crs, bool(degrees))


def _in_degrees(crs: str) -> bool | None:
    """Whether a system is WGS-84 degrees, or so near to it that nobody could tell; None when it is unknown."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if crs.upper().replace("EPSG:", "").strip() in {"4326", "4490", "WGS84", "WGS 84"}:
        return True
    try:
        CRS.from_user_input(crs)
    except CRSError:
        return None
    return False


def _nodes(table: Table, config: _Config) -> tuple[pd.Index[str], Floats]:
    """Ids and coordinates in degrees, float64[n, 2]."""
    x = table.number("x_coord", *((-180.0, 180.0) if config.degrees else (-1e9, 1e9)))
    y = table.number("y_coord", *((-90.0, 90.0) if config.degrees else (-1e9, 1e9)))
    for name, value in (("x_coord", x), ("y_coord", y)):
        table.reject(np.isnan(value) & (table.text(name) == ""), name, _("must be given"), "missing-value")
    ids = pd.Index(table.text("node_id"))
    table.reject(ids.duplicated(), "node_id", _("must be unique"), "duplicate-id")
    where = np.column_stack([x, y])
    if config.degrees or table.faults:
        return ids, where
    where = shapely.get_coordinates(config.to_wgs84(shapely.points(where))).reshape(-1, 2)
    outside = ~(np.abs(where) <= (180.0, 90.0)).all(axis=1)
    message = _("lies nowhere on Earth in {crs}, the coordinate system of config.csv").format(crs=config.crs)
    table.reject(outside, "x_coord", message, "bad-coordinate")
    return ids, where


def _look_up(table: Table, name: str, ids: pd.Index[str]) -> Ints:
    known = ids.unique()
    found = np.asarray(known.get_indexer(pd.Index(table.text(name))), dtype=np.int64)
    table.reject(found < 0, name, _("must be a node_id of node.csv"), "unknown-node")
    return found


def _one_way(table: Table) -> Bools:
    """Whether each link runs from its first to its last node only."""
    flag = table.text("dir_flag")
    message = _("must be 1 (drawn along the link), -1 (drawn against it) or 0")
    table.reject(~np.isin(flag, ["", "1", "-1", "0", "1.0", "-1.0", "0.0"]), "dir_flag", message, "bad-flag")
    directed = table.truth("directed")
    return np.where(np.isnan(directed), ~np.isin(flag, ["0", "0.0"]), directed == 1.0)


def _free_speed(table: Table, config: _Config, is_open: Bools) -> Floats:
    kmh = table.number("free_speed", 0.001, 200.0, unless=~is_open) * _KMH.get(config.speed, 1.0)
    if config.unit in ("mile", "ft") and not config.speed and np.isfinite(kmh).any():
        table.warn("free_speed", _("config.csv gives no unit (speed); speeds are taken as km/h"), "unit-assumed")
    return np.where(np.isnan(kmh), class_kmh(table, ~is_open | np.isfinite(kmh)), kmh)


def _drawn(folder: Path, table: Table, config: _Config) -> npt.NDArray[np.object_]:
    """Lines of the links in WGS-84, their own or those of geometry.csv; None where there is none."""
    shapes = _shapes(table, config)
    wanted = table.text("geometry_id")
    wanted = np.where([shape is None for shape in shapes], wanted, "")
    if not (wanted != "").any():
        return shapes
    path = folder / "geometry.csv"
    if not path.is_file():
        message = _("{n} links name a geometry_id, but there is no geometry.csv; they are drawn as straight lines")
        table.warn("geometry_id", message.format(n=int((wanted != "").sum())), "missing-file")
        return shapes
    lines = Table(path, ("geometry_id", "geometry"))
    drawn = _shapes(lines, config)
    table.faults += lines.faults
    names = pd.Index(lines.text("geometry_id"))
    at = names.drop_duplicates().get_indexer(pd.Index(wanted))
    table.reject(
        (wanted != "") & (at < 0), "geometry_id", _("must be a geometry_id of geometry.csv"), "unknown-geometry"
    )
    found = np.flatnonzero((wanted != "") & (at >= 0))
    shapes[found] = drawn[~names.duplicated()][at[found]]
    return shapes


def _shapes(table: Table, config: _Config) -> npt.NDArray[np.object_]:
    """Lines of the column ``geometry`` in WGS-84; None where the cell is empty."""
    text = table.text("geometry").astype(object)
    text[text == ""] = None
    shapes = np.asarray(shapely.from_wkt(text, on_invalid="ignore"), dtype=object)
    given = table.text("geometry") != ""
    wrong = given & (shapely.get_type_id(shapes) != shapely.GeometryType.LINESTRING)
    table.reject(wrong, "geometry", _("must be a WKT LINESTRING"), "bad-geometry")
    empty = given & ~wrong & (shapely.get_num_coordinates(shapes) < 2)
    table.reject(empty, "geometry", _("must be a line of at least two points; leave the cell empty for a straight one"),
                 "bad-geometry")  # fmt: skip
    shapes[wrong | empty] = None
    shapes = shapely.force_2d(shapes)
    xy, row = shapely.get_coordinates(config.to_wgs84(shapes), return_index=True)
    outside = np.zeros(len(shapes), dtype=np.bool_)
    outside[row[~(np.abs(xy) <= (180.0, 90.0)).all(axis=1)]] = True
    table.reject(outside, "geometry", _("leaves the Earth: coordinates must be finite, in the system of config.csv"),
                 "bad-geometry")  # fmt: skip
    return config.to_wgs84(shapes)


def _lines(table: Table, shapes: npt.NDArray[np.object_], ends: Ints, where: Floats) -> tuple[Floats, Ints]:
    """Vertices from first to last node, straight where no line was drawn; lines away from their nodes are faults.

    A line is turned so that it begins at its first node; ``dir_flag`` decides where both ways fit alike.
    """
    bare = np.array([shape is None for shape in shapes], dtype=np.bool_)
    shapes = shapes.copy()
    shapes[bare] = shapely.linestrings(where[ends[:, bare].T])
    begins, ends_at = (shapely.get_coordinates(shapely.get_point(shapes, at)) for at in (0, -1))
    off = np.stack([
        np.maximum(great_circle_m(*one.T, *where[ends[0]].T), great_circle_m(*other.T, *where[ends[1]].T))
        for one, other in ((begins, ends_at), (ends_at, begins))
    ])  # fmt: skip
    flagged = np.char.startswith(table.text("dir_flag"), "-1")
    turned = np.where(np.abs(off[0] - off[1]) < 1.0, flagged, off[1] < off[0])
    message = _("begins or ends more than {m:g} m from the node it should meet").format(m=MOST_OFF_M)
    table.reject(off.min(axis=0) > MOST_OFF_M, "geometry", message, "bad-geometry")
    xy, row = shapely.get_coordinates(np.where(turned, shapely.reverse(shapes), shapes), return_index=True)
    return xy, np.searchsorted(row, np.arange(len(shapes) + 1)).astype(np.int64)


def _name_unused(table: Table) -> None:
    """Warn of columns that hold something and are not read."""
    unused = [name for name in table.frame if name not in _USED and (table.frame[name] != "").any()]
    if unused:
        message = _("columns not used: {names}").format(names=listed(unused))
        table.warn("", message, "unused-columns")
