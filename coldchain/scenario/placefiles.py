"""Places in the files of maps: GeoPackage, GeoJSON, KML, KMZ and shapefile become rows with lon and lat."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.scenario.decoding import MOST_BYTES
from coldchain.scenario.delimited import MOST_COLUMNS, MOST_ROWS, Grid
from coldchain.scenario.parsing import clean

SUFFIXES = (".gpkg", ".geojson", ".json", ".kml", ".kmz", ".shp")
EMPTY_KML = frozenset({
    "timestamp", "begin", "end", "altitudemode", "tessellate", "extrude", "visibility", "draworder", "icon",
})  # fmt: skip
UNREAD = frozenset({"fid", "geometry"})


def is_place_file(path: Path) -> bool:
    """Tell whether a path is named like a file of a map."""
    return path.suffix.lower() in SUFFIXES


def read_places(path: Path) -> Grid:
    """Return the features of all layers of a file as a grid: the header, then a row for each feature.

    A feature stands on line 1 + its number. Lines and areas are represented by a point inside.
    """
    faults = tuple(_unreadable(path))
    if faults:
        return Grid(path.name, (), faults)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = _frame(path)
    except Exception as error:  # noqa: BLE001 - pyogrio and GDAL raise many kinds for unreadable files
        first = next(iter(str(error).splitlines()), type(error).__name__)
        fault = Fault(path.name, None, "", "", _("cannot be read: {first}").format(first=first), "unreadable")
        return Grid(path.name, (), (fault,))
    if len(frame) > MOST_ROWS or len(frame.columns) > MOST_COLUMNS:
        return Grid(path.name, (), (_too_large(path),))
    header = tuple(clean(str(name)) for name in frame.columns)
    rows = [
        (number, tuple(cell_of(value) for value in record))
        for number, record in enumerate(frame.itertuples(index=False), start=2)
    ]
    return Grid(path.name, ((1, header), *rows))


def _unreadable(path: Path) -> Iterator[Fault]:
    if not path.is_file():
        yield Fault(path.name, None, "", "", _("is not an ordinary file"), "unreadable")
    elif path.stat().st_size > MOST_BYTES:
        yield _too_large(path)
    elif path.suffix.lower() == ".shp":
        gone = [ending for ending in (".shx", ".dbf") if not _beside(path, ending)]
        message = _("a shapefile is several files: {gone} must lie beside it").format(gone=", ".join(gone))
        if gone:
            yield Fault(path.name, None, "", "", message, "missing-file")


def _too_large(path: Path) -> Fault:
    message = _("is larger than any file of places that is read: {most:,.0f} MB, {rows:,} places, {columns:,} columns")
    told = message.format(most=MOST_BYTES / 2**20, rows=MOST_ROWS, columns=MOST_COLUMNS)
    return Fault(path.name, None, "", "", told, "too-large")


def _beside(path: Path, ending: str) -> Path | None:
    found = (path.with_suffix(one) for one in (ending, ending.upper()))
    return next((other for other in found if other.is_file()), None)


def _frame(path: Path) -> Any:
    """Read all layers as one table, their places as columns lon and lat."""
    import pandas as pd
    import pyogrio

    layers = [str(name) for name, _kind in pyogrio.list_layers(path)]
    frames = [with_places(pyogrio.read_dataframe(path, layer=layer, **_encoding(path))) for layer in layers]
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    kml = path.suffix.lower() in (".kml", ".kmz")
    left = [name for name in frame.columns if name in UNREAD or (kml and str(name).lower() in EMPTY_KML)]
    blank = [name for name in frame.columns if kml and frame[name].isna().all()]
    return frame.drop(columns=list(dict.fromkeys([*left, *blank])))


def with_places(frame: Any) -> Any:
    """Return a table whose shapes are columns lon and lat; shapes of no known system are left out."""
    import geopandas
    import pandas as pd

    if not isinstance(frame, geopandas.GeoDataFrame):
        return frame
    shapes = frame.geometry
    if shapes.crs is None:
        degrees = bool((np.abs(shapes.total_bounds) <= [180.0, 90.0, 180.0, 90.0]).all())
        if not degrees:
            return pd.DataFrame(frame.drop(columns=shapes.name))
    else:
        shapes = shapes.to_crs(4326)
    point = shapes.representative_point()
    taken = frame.columns.intersection(["lon", "lat"])
    rest = frame.drop(columns=[shapes.name, *taken])
    return pd.DataFrame(rest).assign(lon=point.x, lat=point.y)


def _encoding(path: Path) -> dict[str, str]:
    """Return the encoding of a shapefile that does not state it: UTF-8 where its table is that, else GB18030."""
    table = _beside(path, ".dbf") if path.suffix.lower() == ".shp" else None
    if table is None or _beside(path, ".cpg") is not None:
        return {}
    data = table.read_bytes()
    start = int.from_bytes(data[8:10], "little")
    for encoding in ("utf-8", "gb18030"):
        try:
            data[start:].rstrip(b"\x1a").decode(encoding)
        except UnicodeDecodeError:
            continue
        return {"encoding": encoding}
    return {}


def cell_of(value: Any) -> str:
    """Return a cell as text, empty when nothing is given; figures exact to the last digit."""
    import pandas as pd

    if isinstance(value, (list, dict, np.ndarray)):  # of a GeoJSON property
        return clean(str(value))
    if value is None or pd.isna(value):
        return ""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return f"{value:.0f}" if whole else clean(str(value))
