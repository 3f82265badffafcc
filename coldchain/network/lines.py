"""Roads as lines in a GeoPackage, shapefile, or any other file GDAL reads, as agencies publish them.

Lines need not be cut at junctions: they meet where they share a vertex, and where an end lies on another line. Columns
are all optional, and named as in OpenStreetMap extracts or in Chinese (`coldchain.network.road_words`). Our own are
``speed_kmh`` (both directions), ``speed_fwd_kmh`` and ``speed_bwd_kmh`` (along and against the line; null: not allowed)
and ``detour`` (road length against drawn length).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyogrio
import shapely

from coldchain.arrays import M_PER_KM, Bools, Floats, Ints
from coldchain.errors import BadInputError, Fault, bad_file, demand_right
from coldchain.language import _, plural
from coldchain.network.access import Profile, directions
from coldchain.network.geometry import polyline_lengths
from coldchain.network.gmns_table import listed
from coldchain.network.graph import Kind, LinkTable, RoadNetwork, build_network
from coldchain.network.junctions import SNAP_M, CutLines, Gap, cut_lines
from coldchain.network.lengths import HIDDEN_M, LONGEST
from coldchain.network.line_columns import LineColumns, read_columns
from coldchain.network.lines_writing import LAYER
from coldchain.network.road_words import TEXTS
from coldchain.network.speeds import CLASS_KMH, leaves_ground, speeds

NAMED_GAPS = 3
"""Gaps that a message names with their place."""
_TAGS = tuple(TEXTS)


def read_lines(
    path: str | Path, layer: str | None = None, profile: Profile = "truck", *, snap_m: float = SNAP_M
) -> RoadNetwork:
    """Read a road network from line features in any coordinate system.

    Lines meet at vertices they share; where they cross without one, a bridge leads over. A line without a class counts
    as ``unclassified``; ``speed_kmh`` overrides what class, surface and limit say, and the two directed speeds override
    that. The network's warnings name columns not used, lines not open, ends joined, and gaps that look unintended.

    Parameters
    ----------
    layer : layer name; by default ``roads``, or else the first layer of lines
    profile : vehicle whose class speeds hold where the file gives no speed
    snap_m : ends of lines this near to another line, in m, are joined to it

    Raises
    ------
    BadInputError
        Lists every fault: file missing or unreadable, no lines, no coordinate system, unknown classes, speeds that
        are no positive numbers. Rows are counted from 1 in the order of the file.
    """
    path = Path(path)
    frame = _load(path, layer)
    columns = read_columns(path, frame.drop(columns=frame.geometry.name))
    kmh = _row_speeds(columns, profile)
    faults = _bad_shapes(path, frame) + columns.faults
    demand_right(faults)
    network = _network(path, frame, columns, kmh, snap_m)
    return replace(network, warnings=(*faults, *network.warnings))


def _network(path: Path, frame: gpd.GeoDataFrame, columns: LineColumns, kmh: Floats, snap_m: float) -> RoadNetwork:
    parts, row = shapely.get_parts(shapely.force_2d(frame.geometry.to_numpy()), return_index=True)
    drawn = shapely.get_num_coordinates(parts) > 1
    is_open = np.isfinite(kmh[row]).any(axis=1)
    left_out = _closed_fault(path, parts[drawn], ~is_open[drawn], columns.tags["highway"].to_numpy()[row[drawn]])
    parts, row = parts[drawn & is_open], row[drawn & is_open]
    if not len(parts):
        raise bad_file(path, _("must hold roads that may be driven; none found"), "no-roads")
    xy, line = shapely.get_coordinates(parts, return_index=True)
    cut = cut_lines(xy, np.searchsorted(line, np.arange(len(parts) + 1)).astype(np.int64), snap_m)
    row = row[cut.line]
    classes = columns.tags["highway"].to_numpy(dtype=np.str_)[row]
    detour = columns.figures["detour"].fillna(1.0).to_numpy(dtype=np.float64)[row]
    links = LinkTable(
        start=cut.ends[0], end=cut.ends[1], xy=cut.xy, xy_start=cut.xy_start, forward_kmh=kmh[row, 0],
        backward_kmh=kmh[row, 1], road_class=classes, detour=detour, level=_level(columns)[row],
    )  # fmt: skip
    wrong = _bad_detours(path, detour, polyline_lengths(cut.xy, cut.xy_start), row)
    if wrong:
        raise BadInputError(wrong)
    kind: Kind = "proximity" if "proximity" in classes and set(classes) <= {"proximity", "access"} else "roads"
    network = build_network(cut.where[:, 0], cut.where[:, 1], links, kind, path.name)
    return replace(network, warnings=(*left_out, *_junction_faults(path, cut, snap_m)))


def _closed_fault(
    path: Path, parts: npt.NDArray[np.object_], closed: Bools, classes: npt.NDArray[np.object_]
) -> list[Fault]:
    """Count the lines that no lorry may use, with their classes."""
    if not closed.any():
        return []
    xy, line = shapely.get_coordinates(parts[closed], return_index=True)
    km = float(polyline_lengths(xy, np.searchsorted(line, np.arange(closed.sum() + 1))).sum()) / M_PER_KM
    message = plural(
        "{n} of {all} lines ({km:,.2f} km) is not open to lorries and not used: {words}",
        "{n} of {all} lines ({km:,.2f} km) are not open to lorries and not used: {words}",
        int(closed.sum()),
    ).format(n=int(closed.sum()), all=len(closed), km=km, words=listed(sorted({str(name) for name in classes[closed]})))
    return [Fault(str(path), None, "class", "", message, "links-closed", warning=True)]


def _bad_detours(path: Path, detour: Floats, drawn: Floats, row: Ints) -> list[Fault]:
    wrong = detour * drawn > LONGEST * drawn + HIDDEN_M
    message = _("makes a road more than {most:g} times as long as it is drawn").format(most=LONGEST)
    return [
        Fault(str(path), int(row[at]) + 1, "detour", f"{detour[at]:g}", message, "bad-length")
        for at in np.flatnonzero(wrong)
    ]


def _junction_faults(path: Path, cut: CutLines, snap_m: float) -> list[Fault]:
    """Name the ends that were joined to a line near by, and those that seem to miss one."""
    faults = []
    if len(cut.joined.metres):
        message = plural(
            "{n} end of a line lay on another line or within {snap:g} m of one (roads.snap_m) and was joined: {where}",
            "{n} ends of lines lay on another line or within {snap:g} m of one (roads.snap_m) and were joined: {where}",
            len(cut.joined.metres),
        ).format(n=len(cut.joined.metres), snap=snap_m, where=_places(cut.joined, widest=True))
        faults.append(Fault(str(path), None, "geometry", "", message, "ends-joined", warning=True))
    if len(cut.open.metres):
        message = plural(
            "{n} end of a line stops short of another line: {where}; where they should meet, set roads.snap_m",
            "{n} ends of lines stop short of another line: {where}; where they should meet, set roads.snap_m",
            len(cut.open.metres),
        ).format(n=len(cut.open.metres), where=_places(cut.open))
        faults.append(Fault(str(path), None, "geometry", "", message, "road-gaps", warning=True))
    return faults


def _places(gap: Gap, *, widest: bool = False) -> str:
    order = np.arange(len(gap.metres))[:: -1 if widest else 1][:NAMED_GAPS]
    named = [
        _("{metres:,.1f} m at {lon:.5f}, {lat:.5f}").format(metres=gap.metres[at], lon=lon, lat=lat)
        for at, (lon, lat) in zip(order, gap.where[order], strict=True)
    ]
    more = len(gap.metres) - len(named)
    return _("; ").join([*named, *([_("{n} more").format(n=more)] if more else [])])


def _load(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    """Read the layer's line features in WGS-84."""
    if not path.exists():
        raise bad_file(path, _("file not found"), "missing-file")
    try:
        layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path)}
        name = layer or _choose(layers)
        frame = pyogrio.read_dataframe(path, layer=name) if name in layers else None
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise bad_file(
            path, _("must be a GeoPackage or another file of lines; {error}").format(error=error), "not-lines"
        ) from error
    if frame is None:
        raise bad_file(
            path,
            _("has no such layer; it has {names}").format(names=", ".join(sorted(layers))),
            "missing-layer",
            str(layer),
        )
    kinds = sorted({str(kind) for kind in frame.geometry.geom_type.dropna()}) if "geometry" in frame else []
    if not kinds or not set(kinds) <= {"LineString", "MultiLineString"}:
        raise bad_file(
            path,
            _("layer {name} must hold lines; got {value}").format(
                name=name, value=", ".join(kinds) or _("no geometry")
            ),
            "not-lines",
        )
    if frame.crs is None:
        raise bad_file(path, _("layer {name} must state its coordinate system").format(name=name), "no-crs")
    return frame.to_crs(4326)


def _choose(layers: Mapping[str, str]) -> str:
    lines = [name for name, kind in layers.items() if "Line" in kind or kind in {"Unknown", "None"}]
    return LAYER if LAYER in layers else next(iter(lines or layers), LAYER)


def _bad_shapes(path: Path, frame: gpd.GeoDataFrame) -> list[Fault]:
    """Name the rows without a line, and those whose line leaves the Earth."""
    shapes = frame.geometry.to_numpy()
    none = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    faults = [
        Fault(str(path), row + 1, "geometry", "", _("must be a line; got none"), "no-geometry")
        for row in np.flatnonzero(none).tolist()
    ]
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    outside = ~(np.abs(xy) <= (180.0, 90.0)).all(axis=1)
    rows, first = np.unique(row[outside], return_index=True)
    message = _("leaves the Earth: coordinates must be finite, and fit the coordinate system of the layer")
    return faults + [
        Fault(str(path), int(at) + 1, "geometry", f"{x:g} {y:g}", message, "bad-geometry")
        for at, (x, y) in zip(rows, xy[outside][first], strict=True)
    ]


def _row_speeds(columns: LineColumns, profile: Profile) -> Floats:
    """Speeds along and against each line, float64[r, 2], NaN where it may not be driven."""
    by_class, figures = _speed_of(profile), columns.figures
    rows = list(columns.tags[list(_TAGS)].itertuples(index=False, name=None))
    kmh = np.array([by_class(*texts) for texts in rows]).reshape(-1, 2)
    both = figures["speed_kmh"].to_numpy()
    ways = np.array([_both_ways(profile, *texts) for texts in rows], dtype=np.bool_).reshape(-1, 2)
    kmh = np.where(np.isnan(both)[:, None], kmh, np.where(ways, both[:, None], np.nan))
    directed = figures[["speed_fwd_kmh", "speed_bwd_kmh"]].to_numpy(dtype=np.float64)
    return np.where(np.isfinite(directed).any(axis=1)[:, None], directed, kmh)


def _level(columns: LineColumns) -> Bools:
    """Whether each line leaves the ground, bool[r]."""
    rows = columns.tags[list(_TAGS)].itertuples(index=False, name=None)
    return np.array([_leaves_ground(*texts) for texts in rows], dtype=np.bool_)


@cache
def _leaves_ground(*texts: str) -> bool:
    return leaves_ground(_tags(texts))


def _speed_of(profile: Profile) -> Callable[..., tuple[float, float]]:
    @cache
    def by_class(*texts: str) -> tuple[float, float]:
        tags = _tags(texts)
        return speeds(tags, profile) if tags["highway"] in CLASS_KMH else (math.nan, math.nan)

    return by_class


@cache
def _both_ways(profile: Profile, *texts: str) -> tuple[bool, bool]:
    return directions(_tags(texts), profile)


def _tags(texts: tuple[str, ...]) -> dict[str, str]:
    return {key: text for key, text in zip(_TAGS, texts, strict=True) if text}
