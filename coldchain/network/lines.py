"""Roads as lines in a GeoPackage, or any other file GDAL reads.

Lines must be cut at junctions. Columns, all optional, in any case: ``highway``, ``class`` or ``fclass`` (road class),
``oneway``, ``maxspeed``, ``surface``, ``tracktype``, ``access``, ``speed_kmh`` (both directions), ``speed_fwd_kmh`` and
``speed_bwd_kmh`` (along and against the line; null: not allowed), ``detour`` (road length against drawn length).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coldchain.errors import BadInputError, Fault
from coldchain.language import N_, _
from coldchain.network.access import Profile, directions
from coldchain.network.geometry import Floats, polyline_lengths, to_metres
from coldchain.network.graph import Kind, LinkTable, RoadNetwork, build_network
from coldchain.network.speeds import CLASS_KMH, NOT_ROADS, speeds

LAYER = "roads"
WELD_M = 1.0
"""A loose end this near to another line's end is joined to it."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "highway": ("highway", "class", "fclass"),
    "maxspeed": ("maxspeed", "max_speed"),
}
_TEXTS = ("highway", "oneway", "junction", "maxspeed", "surface", "tracktype", "access")
_FIGURES = ("speed_kmh", "speed_fwd_kmh", "speed_bwd_kmh", "detour")
_UNKNOWN = N_("must be an OpenStreetMap highway class, or the line must have speed_kmh")
_ONEWAY = {"f": "yes", "t": "-1", "b": "no", "true": "yes", "1": "yes", "1.0": "yes", "false": "no", "0": "no"}
"""Geofabrik's F, T, B and truth values, as OpenStreetMap writes them."""


def read_lines(path: str | Path, layer: str | None = None, profile: Profile = "truck") -> RoadNetwork:
    """Read a road network from line features in any coordinate system.

    Ends at the same point meet; a loose end within 1 m of another end is joined to it. A line without a class
    counts as ``unclassified``; ``speed_kmh`` overrides what class, surface and limit say, and the two directed
    speeds override that.

    Parameters
    ----------
    layer : layer name; by default ``roads``, or else the first layer of lines
    profile : vehicle whose class speeds hold where the file gives no speed

    Raises
    ------
    BadInputError
        Lists every fault: file missing or unreadable, no lines, no coordinate system, unknown classes, speeds that
        are no positive numbers. Rows are counted from 1 in the order of the file.
    """
    path = Path(path)
    frame = _load(path, layer)
    table, faults = _columns(path, frame)
    kmh, more = _row_speeds(path, table, profile)
    faults += more
    if faults:
        raise BadInputError(faults)
    return _network(path, frame, table, kmh)


def _network(path: Path, frame: gpd.GeoDataFrame, table: pd.DataFrame, kmh: Floats) -> RoadNetwork:
    parts, row = shapely.get_parts(shapely.force_2d(frame.geometry.to_numpy()), return_index=True)
    sound = np.isfinite(kmh[row]).any(axis=1) & (shapely.get_num_coordinates(parts) > 1)
    parts, row = parts[sound], row[sound]
    if not len(parts):
        raise _bad(path, _("must hold roads that may be driven; none found"), "no-roads")
    xy, line = shapely.get_coordinates(parts, return_index=True)
    xy_start = np.searchsorted(line, np.arange(len(parts) + 1)).astype(np.int64)
    node, where = _weld(xy[xy_start[:-1]], xy[xy_start[1:] - 1])
    classes = table["highway"].to_numpy(dtype=np.str_)[row]
    links = LinkTable(
        start=node[0], end=node[1], xy=xy, xy_start=xy_start, forward_kmh=kmh[row, 0], backward_kmh=kmh[row, 1],
        road_class=classes, detour=table["detour"].fillna(1.0).to_numpy(dtype=np.float64)[row],
    )  # fmt: skip
    kind: Kind = "proximity" if "proximity" in classes and set(classes) <= {"proximity", "access"} else "roads"
    return build_network(where[:, 0], where[:, 1], links, kind, path.name)


def _bad(path: Path, message: str, code: str, value: str = "") -> BadInputError:
    return BadInputError([Fault(str(path), None, "", value, message, code)])


def _load(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    """Read the layer's line features in WGS-84."""
    if not path.exists():
        raise _bad(path, _("file not found"), "missing-file")
    try:
        layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path)}
        name = layer or _choose(layers)
        frame = pyogrio.read_dataframe(path, layer=name) if name in layers else None
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _bad(
            path, _("must be a GeoPackage or another file of lines; {error}").format(error=error), "not-lines"
        ) from error
    if frame is None:
        raise _bad(
            path,
            _("has no such layer; it has {names}").format(names=", ".join(sorted(layers))),
            "missing-layer",
            str(layer),
        )
    kinds = sorted({str(kind) for kind in frame.geometry.geom_type.dropna()}) if "geometry" in frame else []
    if not kinds or not set(kinds) <= {"LineString", "MultiLineString"}:
        raise _bad(
            path,
            _("layer {name} must hold lines; got {value}").format(
                name=name, value=", ".join(kinds) or _("no geometry")
            ),
            "not-lines",
        )
    if frame.crs is None:
        raise _bad(path, _("layer {name} must state its coordinate system").format(name=name), "no-crs")
    return frame.to_crs(4326)


def _choose(layers: Mapping[str, str]) -> str:
    lines = [name for name, kind in layers.items() if "Line" in kind or kind in {"Unknown", "None"}]
    return LAYER if LAYER in layers else next(iter(lines or layers), LAYER)


def _columns(path: Path, frame: gpd.GeoDataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Known columns as lower-case text and float64, missing ones empty or NaN, and their faults."""
    given = {str(column).lower(): frame[column] for column in frame.columns if column != "geometry"}
    faults = [
        Fault(str(path), row + 1, "geometry", "", _("must be a line; got none"), "no-geometry")
        for row in np.flatnonzero((frame.geometry.isna() | frame.geometry.is_empty).to_numpy()).tolist()
    ]
    table = pd.DataFrame(index=range(len(frame)))
    for name in _TEXTS:
        column = next((given[n] for n in _NAMES.get(name, (name,)) if n in given), None)
        table[name] = "" if column is None else [_text(value) for value in column]
    for name in _FIGURES:
        raw = given.get(name, pd.Series(np.nan, index=frame.index))
        table[name] = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=np.float64)
        top = 1000.0 if name == "detour" else 200.0
        wrong = raw.notna().to_numpy() & ~((table[name] > 0) & (table[name] <= top)).to_numpy()
        faults += [
            Fault(
                str(path),
                row + 1,
                name,
                str(raw.iloc[row]),
                _("must be above 0, at most {top:g}").format(top=top),
                "bad-number",
            )
            for row in np.flatnonzero(wrong).tolist()
        ]
    grade = table["highway"].str.extract(r"^track_(grade[1-5])$")[0]
    table["tracktype"] = table["tracktype"].where(grade.isna(), grade)
    table["highway"] = table["highway"].where(grade.isna(), "track").replace("", "unclassified")
    table["oneway"] = table["oneway"].replace(_ONEWAY)
    return table, faults


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip().lower()  # noqa: PLR0124


def _row_speeds(path: Path, table: pd.DataFrame, profile: Profile) -> tuple[Floats, list[Fault]]:
    """Speeds along and against each line, float64[r, 2], NaN where not allowed, and unknown classes."""
    by_class = _speed_of(profile)
    kmh = np.array([by_class(*texts) for texts in table[list(_TEXTS)].itertuples(index=False)]).reshape(-1, 2)
    both = table["speed_kmh"].to_numpy()
    ways = np.array([_both_ways(*texts) for texts in table[["highway", "oneway", "junction"]].itertuples(index=False)])
    kmh = np.where(np.isnan(both)[:, None], kmh, np.where(ways.reshape(-1, 2), both[:, None], np.nan))
    directed = table[["speed_fwd_kmh", "speed_bwd_kmh"]].to_numpy(dtype=np.float64)
    given = np.isfinite(directed).any(axis=1)
    kmh = np.where(given[:, None], directed, kmh)
    unknown = ~table["highway"].isin([*CLASS_KMH, *NOT_ROADS]).to_numpy() & ~given & np.isnan(both)
    faults = [
        Fault(str(path), row + 1, "class", table["highway"].iloc[row], _(_UNKNOWN), "unknown-class")
        for row in np.flatnonzero(unknown).tolist()
    ]
    return kmh, faults


def _speed_of(profile: Profile) -> Callable[..., tuple[float, float]]:
    @cache
    def by_class(*texts: str) -> tuple[float, float]:
        tags = {key: text for key, text in zip(_TEXTS, texts, strict=True) if text}
        return speeds(tags, profile) if tags["highway"] in CLASS_KMH else (math.nan, math.nan)

    return by_class


def _both_ways(highway: str, oneway: str, junction: str) -> tuple[bool, bool]:
    return directions({"highway": highway, "oneway": oneway, "junction": junction})


def _weld(first: Floats, last: Floats) -> tuple[npt.NDArray[np.integer[Any]], Floats]:
    """Give the nodes of the lines' ends, int[2, l], and their coordinates, float64[n, 2]."""
    points, at = np.unique(np.concatenate([first, last]), axis=0, return_inverse=True)
    at = at.reshape(2, -1)
    uses = np.bincount(at.ravel(), minlength=len(points))
    other_end = np.full(len(points), -1)
    other_end[at[0]], other_end[at[1]] = at[1], at[0]
    flat = to_metres(points[:, 0], points[:, 1], float(points[:, 1].mean()))
    loose = np.flatnonzero(uses == 1)
    near = cKDTree(flat).query(flat[loose], k=3, distance_upper_bound=WELD_M)[1].reshape(-1, 3)
    near = np.where((near == loose[:, None]) | (near == other_end[loose, None]), len(points), near).min(axis=1)
    joined = near < len(points)
    edges = (loose[joined], near[joined])
    graph = csr_array((np.ones(len(edges[0])), edges), shape=(len(points), len(points)))
    count, label = connected_components(graph, directed=False)
    order = np.argsort(uses, kind="stable")
    chosen = np.empty(count, dtype=np.intp)
    chosen[label[order]] = order  # of the points joined, the one most used stands
    return label[at], points[chosen]


def write_lines(network: RoadNetwork, path: str | Path) -> None:
    """Write a GeoPackage, layer ``roads``, one row a link, that `read_lines` reads back to the same times.

    Columns: class, speed_fwd_kmh, speed_bwd_kmh (null: not allowed), length_m (for people; not read back), detour.
    The file appears under its name only when complete.
    """
    path = Path(path)
    kmh = np.full((network.links, 2), np.nan)
    metres = np.zeros(network.links)
    side = np.where(network.forward, 0, 1)
    kmh[network.link, side] = network.length_m / network.time_ms * 3600.0
    metres[network.link] = network.length_m
    drawn = polyline_lengths(network.xy, network.xy_start)
    columns = {
        "class": network.road_class.astype(object),
        "speed_fwd_kmh": kmh[:, 0],
        "speed_bwd_kmh": kmh[:, 1],
        "length_m": metres,
        "detour": np.divide(metres, drawn, out=np.ones(network.links), where=drawn > 0),
    }
    row = np.repeat(np.arange(network.links), np.diff(network.xy_start))
    frame = gpd.GeoDataFrame(columns, geometry=shapely.linestrings(network.xy, indices=row), crs=4326)
    draft = path.with_name(f".{path.stem}.draft.gpkg")
    try:
        pyogrio.write_dataframe(frame, draft, layer=LAYER, driver="GPKG", geometry_type="LineString")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
