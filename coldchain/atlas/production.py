"""Tonnes of crops by grid cell: the table of MapSPAM (CSV), or a GeoTIFF for each crop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.atlas.raster import Box, read_raster
from coldchain.errors import BadInputError, Fault, demand_right
from coldchain.inputs import plain_file, reading
from coldchain.language import N_, _

CELL_DEG = 1.0 / 12.0
"""Size of MapSPAM's cells: 5 arc minutes."""
ROWS_AT_ONCE = 100_000
HEAD = {"lon": ("x", "lon", "longitude"), "lat": ("y", "lat", "latitude")}
CROP_COLUMN = re.compile(r"([a-z]{4})_a")
"""``pota_a``: potatoes, all technologies together; ``_i`` and ``_r`` are parts of it."""
NOT_CROPS = frozenset({"prod", "area", "rain", "data", "year", "iso3"})
CROP_FILE = re.compile(r"(?:^|_)([a-z]{4})_a$")
MEASURES = {"ha": N_("harvested area (H or A)"), "kg/ha": N_("yield (Y)")}


@dataclass(frozen=True, eq=False)
class ProductionGrid:
    """Cells of one file.

    Attributes
    ----------
    file : name of the file
    lon, lat : float64[cells], centres in degrees
    dx, dy : size of a cell in degrees
    codes : crops, as the file names them
    tonnes : float64[cells, codes], a year
    """

    file: str
    lon: Floats
    lat: Floats
    dx: float
    dy: float
    codes: tuple[str, ...]
    tonnes: Floats
    faults: tuple[Fault, ...] = ()


def read_production(paths: Sequence[Path], box: Box, known: Iterable[str]) -> list[ProductionGrid]:
    """Read the cells around a box.

    Parameters
    ----------
    known : codes that are planned with; columns of others are not read

    Raises
    ------
    BadInputError
        Naming every file that is no table of production or no raster of this place.
    """
    codes = frozenset(known)
    grids: list[ProductionGrid] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            tiff = path.suffix.lower() in (".tif", ".tiff")
            grids.append(_of_raster(path, box, codes) if tiff else _of_table(path, box, codes))
        except BadInputError as error:
            faults += error.faults
    seen: dict[str, str] = {}
    for grid in grids:
        for code in grid.codes:
            if code in seen:
                message = _("{code} is in {file} already; give each crop once").format(code=code, file=seen[code])
                faults.append(Fault(grid.file, None, code, "", message, "doubled-crop"))
            seen.setdefault(code, grid.file)
    if faults:
        raise BadInputError(faults)
    return grids


def _of_raster(path: Path, box: Box, known: frozenset[str]) -> ProductionGrid:
    """Read a raster whose name tells the crop: ``spam2020_…_POTA_A.tif``, or a crop of the catalogue."""
    stem = path.stem.lower()
    found = CROP_FILE.search(stem)
    code = found[1].upper() if found else stem
    if code not in known:
        message = _("is named after no crop that is planned with; name it as MapSPAM does (…_POTA_A.tif) or after a "
                    "crop of the catalogue (kiwifruit.tif); these are: {names}")  # fmt: skip
        fault = Fault(path.name, None, "", code, message.format(names=", ".join(sorted(known))), "unknown-commodity")
        raise BadInputError([fault])
    raster = read_raster(path, box)
    lon, lat = raster.centres()
    tonnes = np.nan_to_num(raster.values.ravel())
    some = tonnes > 0.0
    return ProductionGrid(
        path.name, lon[some], lat[some], raster.dx, raster.dy, (code,), tonnes[some, None], raster.faults
    )


def _of_table(path: Path, box: Box, known: frozenset[str]) -> ProductionGrid:
    """Read the rows of MapSPAM's table inside the box, and the columns of the crops that are planned with."""
    fault = plain_file(path)
    if fault is not None:
        raise BadInputError([fault])
    with reading(path.name):
        options: dict[str, Any] = {"encoding": "utf-8-sig", "encoding_errors": "replace", "dtype": str}
        header = list(pd.read_csv(path, nrows=0, **options).columns)
    columns = _columns(path.name, header, known)
    crops = {name: code for name, code in columns.items() if code not in ("lon", "lat", "unit")}
    parts: list[pd.DataFrame] = []
    faults: list[Fault] = []
    covers = _Cover()
    with reading(path.name):
        for chunk in pd.read_csv(path, usecols=list(columns), chunksize=ROWS_AT_ONCE, **options):
            part = chunk.rename(columns=columns)
            faults += _figures(path.name, part, columns)
            covers.add(part)
            inside = part["lon"].between(box.west, box.east) & part["lat"].between(box.south, box.north)
            parts.append(part[inside])
    demand_right(faults)
    table = pd.concat(parts) if parts else pd.DataFrame(columns=list(columns.values()))
    if table.empty:
        message = _("is a table of another place: it covers {covers}, the places lie in {box}")
        fault = Fault(path.name, None, "", "", message.format(covers=covers, box=box), "no-overlap")
        raise BadInputError([fault])
    again = table[table.duplicated(["lon", "lat"])]
    if not again.empty:
        message = _("the cell has a second row; one table of all technologies (TA) is needed")
        shown = f"{again['lon'].iloc[0]:g}, {again['lat'].iloc[0]:g}"
        raise BadInputError([Fault(path.name, int(again.index[0]) + 2, "x, y", shown, message, "doubled-row")])
    codes = tuple(crops.values())
    tonnes = table[list(codes)].to_numpy(dtype=np.float64)
    lon, lat = table["lon"].to_numpy(dtype=np.float64), table["lat"].to_numpy(dtype=np.float64)
    return ProductionGrid(path.name, lon, lat, CELL_DEG, CELL_DEG, codes, np.nan_to_num(tonnes), tuple(faults))


def _columns(file: str, header: Sequence[str], known: frozenset[str]) -> dict[str, str]:
    """Return heading -> meaning: lon, lat, unit, or the code of a crop."""
    columns: dict[str, str] = {}
    for field, names in HEAD.items():
        found = next((head for head in header if head.lower() in names), None)
        if found is None:
            message = _("there is no such column; it may be called {names}").format(names=", ".join(names))
            raise BadInputError([Fault(file, 1, field, "", message, "missing-column")])
        columns[found] = field
    for head in header:
        plain = head.strip().lower()
        found_crop = CROP_COLUMN.fullmatch(plain)
        if plain == "unit":
            columns[head] = "unit"
        elif found_crop and found_crop[1].upper() in known:
            columns[head] = found_crop[1].upper()
        elif plain in known:
            columns[head] = plain
    if not set(columns.values()) - {"lon", "lat", "unit"}:
        message = _("has no column of a crop that is planned with; as in MapSPAM columns are called pota_a, vege_a …, "
                    "or after a crop of the catalogue")  # fmt: skip
        raise BadInputError([Fault(file, 1, "", "", message, "no-crops")])
    return columns


def unused_crops(paths: Sequence[Path], known: Iterable[str]) -> tuple[str, ...]:
    """Return the crops of tables that no cold chain is planned for: grain, fibre, oil."""
    codes = frozenset(known)
    left: dict[str, None] = {}
    for path in paths:
        if path.suffix.lower() in (".tif", ".tiff"):
            continue
        for head in pd.read_csv(path, nrows=0, encoding="utf-8-sig", encoding_errors="replace").columns:
            found = CROP_COLUMN.fullmatch(str(head).strip().lower())
            if found and found[1] not in NOT_CROPS and found[1].upper() not in codes:
                left[str(head)] = None
    return tuple(left)


def _figures(file: str, part: pd.DataFrame, columns: Mapping[str, str]) -> list[Fault]:
    """Turn cells into numbers in place; return what is none, negative, or of another measure than tonnes."""
    faults: list[Fault] = []
    headings = {meaning: heading for heading, meaning in columns.items()}
    if "unit" in part:
        for unit in set(part["unit"].dropna().str.strip().str.lower()) & MEASURES.keys():
            message = _("the table is of {measure}; production (P) in tonnes is needed")
            told = message.format(measure=_(MEASURES[unit]))
            faults.append(Fault(file, None, headings["unit"], unit, told, "not-production"))
    for name in part.columns.drop("unit", errors="ignore"):
        given = part[name]
        number = pd.to_numeric(given, errors="coerce")
        for row in np.flatnonzero(number.isna() & given.notna())[:3]:
            text = str(given.iloc[row])
            line = int(part.index[row]) + 2
            faults.append(Fault(file, line, headings[name], text, _("must be a number"), "not-a-number"))
        if name not in ("lon", "lat"):
            for row in np.flatnonzero(number < 0.0)[:3]:
                line = int(part.index[row]) + 2
                message = _("must not be negative")
                faults.append(Fault(file, line, headings[name], str(given.iloc[row]), message, "out-of-range"))
        part[name] = number
    return faults


class _Cover:
    """The box of all points seen."""

    def __init__(self) -> None:
        self.box: Box | None = None

    def add(self, part: pd.DataFrame) -> None:
        """Widen it by more points."""
        if part["lon"].notna().any():
            old = self.box or Box(np.inf, np.inf, -np.inf, -np.inf)
            self.box = Box(
                min(old.west, part["lon"].min()), min(old.south, part["lat"].min()),
                max(old.east, part["lon"].max()), max(old.north, part["lat"].max()),
            )  # fmt: skip

    def __str__(self) -> str:
        return str(self.box or "-")
