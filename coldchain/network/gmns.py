"""Roads as GMNS tables: a folder with ``node.csv``, ``link.csv`` and, optionally, ``config.csv``.

GMNS (General Modeling Network Specification, Zephyr Foundation) leaves units to ``config.csv``: ``long_length`` for
``length``, ``speed`` for ``free_speed``, ``crs`` for coordinates. Without it speeds are km/h, coordinates WGS-84, and
``length`` is taken as km or m, whichever fits the drawn lines better in the median. Our own column ``length_m`` goes
before ``length``; without either, the drawn line is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.network.geometry import Floats, Ints, polyline_lengths
from coldchain.network.graph import Kind, LinkTable, RoadNetwork, build_network
from coldchain.network.speeds import CLASS_KMH, FACTOR

_METRES: Mapping[str, float] = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0, "km": 1000.0, "kilometer": 1000.0,
    "kilometers": 1000.0, "mi": 1609.344, "mile": 1609.344, "miles": 1609.344, "ft": 0.3048, "feet": 0.3048,
}  # fmt: skip
_KMH: Mapping[str, float] = {"kmh": 1.0, "km/h": 1.0, "kph": 1.0, "mph": 1.609344, "mi/h": 1.609344}
_TRUTH: Mapping[str, bool] = {"true": True, "1": True, "t": True, "yes": True, "false": False, "0": False, "f": False,
                              "no": False}  # fmt: skip


class _Table:
    """A csv as text, with the faults found in it."""

    def __init__(self, path: Path, needed: tuple[str, ...]):
        self.path = path
        self.faults: list[Fault] = []
        try:
            self.frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        except FileNotFoundError:
            raise BadInputError([Fault(str(path), None, "", "", _("file not found"), "missing-file")]) from None
        except (ValueError, UnicodeDecodeError) as error:
            raise BadInputError(
                [Fault(str(path), None, "", "", _("must be a csv table; {error}").format(error=error), "not-csv")]
            ) from error
        missing = [name for name in needed if name not in self.frame]
        if missing:
            raise BadInputError(
                [Fault(str(path), 1, name, "", _("column is missing"), "missing-column") for name in missing]
            )

    def text(self, name: str) -> npt.NDArray[np.str_]:
        """Column as stripped text; empty when the file lacks it."""
        column = self.frame[name].str.strip() if name in self.frame else [""] * len(self.frame)
        return np.asarray(column, dtype=np.str_)

    def number(self, name: str, low: float, high: float) -> Floats:
        """Column as float64, NaN for empty cells; text and values outside low..high become faults."""
        text = self.text(name)
        value = pd.to_numeric(pd.Series(text), errors="coerce").to_numpy(dtype=np.float64)
        wrong = (text != "") & ~((value >= low) & (value <= high))
        self.reject(wrong, name, _("must be a number in {low:g}..{high:g}").format(low=low, high=high), "bad-number")
        return value

    def reject(self, wrong: npt.NDArray[np.bool_], column: str, message: str, code: str) -> None:
        """Add a fault for each row marked."""
        text = self.text(column)
        self.faults += [
            Fault(str(self.path), int(row) + 2, column, str(text[row]), message, code) for row in np.flatnonzero(wrong)
        ]


def read_gmns(folder: str | Path) -> RoadNetwork:
    """Read ``node.csv`` and ``link.csv``.

    Columns used: node_id, x_coord, y_coord; link_id, from_node_id, to_node_id, directed, length_m, length, free_speed,
    facility_type, dir_flag, geometry (WKT line; a straight line when absent). A link without free_speed drives at the
    truck speed of its facility_type where that is an OpenStreetMap class, else at 22.5 km/h.

    Raises
    ------
    BadInputError
        Lists every fault of both files with row, column and value.
    """
    folder = Path(folder)
    unit_m, unit_kmh, crs = _config(folder / "config.csv")
    nodes = _Table(folder / "node.csv", ("node_id", "x_coord", "y_coord"))
    table = _Table(folder / "link.csv", ("link_id", "from_node_id", "to_node_id", "directed"))
    ids, lon, lat = _nodes(nodes, crs)
    ends = np.stack([_look_up(table, name, ids) for name in ("from_node_id", "to_node_id")])
    directed = _directed(table)
    kmh = _free_speed(table, unit_kmh)
    given_m, given = table.number("length_m", 0.0, 1e7), table.number("length", 0.0, 1e7)
    lines = _geometry(table, crs)
    faults = nodes.faults + table.faults
    if faults or not len(table.frame):
        raise BadInputError(
            faults or [Fault(str(table.path), None, "", "", _("must hold links; none found"), "no-roads")]
        )
    xy, xy_start = _lines(lines, table.text("dir_flag") == "-1", ends, np.column_stack([lon, lat]))
    drawn = polyline_lengths(xy, xy_start)
    metres = np.where(np.isnan(given_m), given * (unit_m or _fitting_unit(given, drawn)), given_m)
    known = np.isfinite(metres) & (drawn > 0)
    classes = np.where(table.text("facility_type") == "", "unclassified", table.text("facility_type"))
    detour = np.divide(metres, drawn, out=np.ones(len(drawn)), where=known)
    links = LinkTable(ends[0], ends[1], xy, xy_start, kmh, np.where(directed, np.nan, kmh), classes, detour)
    kind: Kind = "proximity" if set(links.road_class) - {"access"} == {"proximity"} else "roads"
    return build_network(lon, lat, links, kind, folder.name)


def _config(path: Path) -> tuple[float | None, float, str]:
    """Metres in a unit of length (None: to be judged), km/h in a unit of speed, coordinate system."""
    if not path.exists():
        return None, 1.0, "EPSG:4326"
    table = _Table(path, ())
    rows = {name: str(table.text(name)[0]) if len(table.frame) else "" for name in ("long_length", "speed", "crs")}
    length, speed = rows["long_length"].lower(), rows["speed"].lower()
    for name, text, units in (("long_length", length, _METRES), ("speed", speed, _KMH)):
        if text and text not in units:
            table.reject(
                np.ones(1, np.bool_), name, _("must be one of {names}").format(names=", ".join(units)), "unknown-unit"
            )
    if table.faults:
        raise BadInputError(table.faults)
    return (_METRES[length] if length else None), _KMH.get(speed, 1.0), rows["crs"] or "EPSG:4326"


def _nodes(table: _Table, crs: str) -> tuple[pd.Index[str], Floats, Floats]:
    degrees = _in_degrees(crs)
    x = table.number("x_coord", *((-180.0, 180.0) if degrees else (-1e9, 1e9)))
    y = table.number("y_coord", *((-90.0, 90.0) if degrees else (-1e9, 1e9)))
    for name, value in (("x_coord", x), ("y_coord", y)):
        table.reject(np.isnan(value) & (table.text(name) == ""), name, _("must be given"), "missing-value")
    ids = pd.Index(table.text("node_id"))
    table.reject(ids.duplicated(), "node_id", _("must be unique"), "duplicate-id")
    if not degrees and not table.faults:
        x, y = shapely.get_coordinates(_to_wgs84(shapely.points(x, y), crs)).T
    return ids, x, y


def _in_degrees(crs: str) -> bool:
    return crs.upper().replace("EPSG:", "").strip() in {"4326", "4490", "WGS84", "WGS 84"}


def _to_wgs84(shapes: npt.NDArray[np.object_], crs: str) -> npt.NDArray[np.object_]:
    import geopandas as gpd

    return np.asarray(gpd.GeoSeries(shapes, crs=crs).to_crs(4326).to_numpy())


def _look_up(table: _Table, name: str, ids: pd.Index[str]) -> Ints:
    known = ids.unique()
    found = np.asarray(known.get_indexer(pd.Index(table.text(name))), dtype=np.int64)
    table.reject(found < 0, name, _("must be a node_id of node.csv"), "unknown-node")
    return found


def _directed(table: _Table) -> npt.NDArray[np.bool_]:
    text = np.char.lower(table.text("directed"))
    table.reject(~np.isin(text, list(_TRUTH)), "directed", _("must be true or false"), "bad-truth")
    return np.array([_TRUTH.get(str(word), False) for word in text], dtype=np.bool_)


def _free_speed(table: _Table, unit_kmh: float) -> Floats:
    kmh = table.number("free_speed", 0.001, 200.0) * unit_kmh
    by_class = [
        CLASS_KMH.get(name, CLASS_KMH["unclassified"]) * FACTOR["truck"] for name in table.text("facility_type")
    ]
    return np.where(np.isnan(kmh), by_class, kmh)


def _geometry(table: _Table, crs: str) -> npt.NDArray[np.object_]:
    """Lines of the links in WGS-84; None where the cell is empty."""
    text = table.text("geometry").astype(object)
    text[text == ""] = None
    shapes = np.asarray(shapely.from_wkt(text, on_invalid="ignore"), dtype=object)
    wrong = (table.text("geometry") != "") & (shapely.get_type_id(shapes) != shapely.GeometryType.LINESTRING)
    table.reject(wrong, "geometry", _("must be a WKT LINESTRING"), "bad-geometry")
    return shapes if _in_degrees(crs) or wrong.any() else _to_wgs84(shapes, crs)


def _lines(
    shapes: npt.NDArray[np.object_], reverse: npt.NDArray[np.bool_], ends: Ints, where: Floats
) -> tuple[Floats, Ints]:
    """Vertices from first to last node, straight where no line was drawn."""
    bare = np.flatnonzero([shape is None for shape in shapes])
    shapes = np.where(reverse, shapely.reverse(shapes), shapes)
    if len(bare):
        shapes[bare] = shapely.linestrings(where[ends[:, bare].T])
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    return xy, np.searchsorted(row, np.arange(len(shapes) + 1)).astype(np.int64)


def _fitting_unit(given: Floats, drawn: Floats) -> float:
    """Metres in the unit, km or m, that brings given lengths nearer to the drawn ones."""
    known = (given > 0) & (drawn > 0)
    if not known.any():
        return 1.0
    return 1000.0 if np.median(drawn[known] / given[known]) > np.sqrt(1000.0) else 1.0


def write_gmns(network: RoadNetwork, folder: str | Path) -> None:
    """Write ``node.csv``, ``link.csv`` and ``config.csv`` (km, km/h), which `read_gmns` reads back to the same times.

    A two-way link with equal times is one undirected row; other arcs are directed rows of their own. Each file
    appears under its name only when complete.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    nodes = pd.DataFrame({"node_id": np.arange(network.nodes), "x_coord": network.lon, "y_coord": network.lat})
    config = pd.DataFrame({
        "dataset_name": [network.source], "long_length": ["km"], "speed": ["km/h"], "crs": ["EPSG:4326"],
        "geometry_field_format": ["WKT"],
    })  # fmt: skip
    for name, table in (("node", nodes), ("link", _link_rows(network)), ("config", config)):
        draft = folder / f".{name}.draft"
        table.to_csv(draft, index=False, lineterminator="\n")
        draft.replace(folder / f"{name}.csv")


def _link_rows(network: RoadNetwork) -> pd.DataFrame:
    side = np.where(network.forward, 0, 1)
    arc = np.full((network.links, 2), -1)
    arc[network.link, side] = np.arange(network.arcs)
    two_way = (arc >= 0).all(axis=1)
    same = two_way & (network.time_ms[arc[:, 0]] == network.time_ms[arc[:, 1]])
    chosen = np.flatnonzero(~(same[network.link] & (side == 1)))
    vertex = np.repeat(np.arange(network.links), np.diff(network.xy_start))
    wkt = shapely.to_wkt(shapely.linestrings(network.xy, indices=vertex), rounding_precision=-1)
    link = network.link[chosen]
    undirected = same[link]
    return pd.DataFrame({
        "link_id": np.arange(len(chosen)),
        "from_node_id": network.tail[chosen],
        "to_node_id": network.head[chosen],
        "directed": np.where(undirected, "false", "true"),
        "dir_flag": np.where(network.forward[chosen], 1, -1),
        "length": network.length_m[chosen] / 1000.0,
        "length_m": network.length_m[chosen],
        "free_speed": network.length_m[chosen] / network.time_ms[chosen] * 3600.0,
        "facility_type": network.road_class[link],
        "geometry": np.asarray(wkt, dtype=object)[link] if network.links else [],
    })  # fmt: skip
