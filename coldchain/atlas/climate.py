"""Temperatures of the seasons from monthly normals: a table, or a GeoTIFF for each month as WorldClim has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.atlas.raster import Box, read_raster
from coldchain.errors import BadInputError, Fault
from coldchain.importing.rules import SEASON_DAYS, SEASONS
from coldchain.language import _
from coldchain.scenario.tables import read_raw

NORTH = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "winter": (12, 1, 2)}
TURNED = {"spring": "autumn", "summer": "winter", "autumn": "spring", "winter": "summer"}
MONTHS = tuple(range(1, 13))
LOW, HIGH = "temp_min_c", "temp_max_c"
RASTER_NAME = re.compile(r"(tmin|tmax).*?(\d{1,2})$")
RASTER_FIELD = {"tmin": LOW, "tmax": HIGH}
HEADINGS = {
    "month": ("month", "月", "月份"),
    LOW: (LOW, "tmin", "min", "最低气温", "平均最低气温"),
    HIGH: (HIGH, "tmax", "max", "最高气温", "平均最高气温"),
}
COLDEST_C, WARMEST_C = -50.0, 55.0


@dataclass(frozen=True, eq=False)
class Climate:
    """Temperatures of the four seasons.

    Attributes
    ----------
    periods : the table of periods
    spread_c : how far the mean of the villages' year ranges, 10th to 90th percentile; None from a table
    source : names of the files
    """

    periods: pd.DataFrame
    spread_c: tuple[float, float] | None
    source: str
    faults: tuple[Fault, ...] = ()


def read_climate(paths: Sequence[Path], lon: Floats, lat: Floats, weight: Floats) -> Climate:
    """Read the normals of twelve months and take the mean of each season, of villages by their tonnes.

    Raises
    ------
    BadInputError
        Naming months that are missing or doubled, rasters of another place, figures that are no temperatures.
    """
    files = [file for path in paths for file in (_of_months(path) if path.is_dir() else [path])]
    rasters = [file for file in files if file.suffix.lower() in (".tif", ".tiff")]
    if rasters:
        return _of_rasters(rasters, lon, lat, weight)
    if len(files) != 1:
        name = files[0].name if files else str(paths[0])
        message = _("give one table of monthly normals, or GeoTIFFs of tmin and tmax for each month")
        raise BadInputError([Fault(name, None, "", "", message, "no-climate")])
    months = _table(files[0])
    return Climate(_periods(months, float(np.median(lat))), None, files[0].name)


def _of_months(folder: Path) -> list[Path]:
    """Return the rasters of a folder whose names tell a month; other layers may lie beside them."""
    return [file for file in sorted(folder.glob("*.tif*")) if RASTER_NAME.search(file.stem.lower())]


def _periods(months: pd.DataFrame, lat: float) -> pd.DataFrame:
    """Return the four seasons from a frame by month with lowest and highest temperature."""
    rows = []
    for season in SEASONS:
        at = list(NORTH[season if lat >= 0 else TURNED[season]])
        low, high = (round(float(months.loc[at, name].mean()), 1) for name in (LOW, HIGH))
        rows.append((season, season, SEASON_DAYS, low, high))
    return pd.DataFrame(rows, columns=["id", "name", "days", LOW, HIGH])


def _table(path: Path) -> pd.DataFrame:
    """Read month, lowest and highest temperature."""
    names = {name for alternatives in HEADINGS.values() for name in alternatives}
    raw = read_raw(path, lambda cells: sum(cell.lower() in names for cell in cells))
    if not raw.header:
        raise BadInputError(raw.faults)
    found: dict[str, str] = {}
    faults = [fault for fault in raw.faults if not fault.warning]
    for field, alternatives in HEADINGS.items():
        head = next((one for name in alternatives for one in raw.header if one.lower() == name), None)
        if head is None:
            message = _("there is no such column; it may be called {names}").format(names=_(", ").join(alternatives))
            faults.append(Fault(path.name, raw.header_line, field, "", message, "missing-column"))
        else:
            found[field] = head
    if faults:
        raise BadInputError(faults)
    rows: dict[int, dict[str, float]] = {}
    for line, cells in raw.rows:
        faults += _month(path.name, line, {field: cells.get(head, "") for field, head in found.items()}, rows)
    faults += _incomplete(path.name, rows)
    if faults:
        raise BadInputError(faults)
    return pd.DataFrame.from_dict(rows, orient="index")


def _month(file: str, line: int, cells: dict[str, str], rows: dict[int, dict[str, float]]) -> Iterator[Fault]:
    figures = {name: _number(text.removesuffix("月")) for name, text in cells.items()}
    month = figures["month"]
    if month not in MONTHS:
        yield Fault(file, line, "month", cells["month"], _("must be a month, 1 to 12"), "not-a-month")
        return
    wrong = [name for name in (LOW, HIGH) if not COLDEST_C <= figures[name] <= WARMEST_C]
    for name in wrong:
        message = _("must be a temperature between {low:g} and {high:g} °C").format(low=COLDEST_C, high=WARMEST_C)
        yield Fault(file, line, name, cells[name], message, "not-a-temperature")
    if not wrong and figures[LOW] > figures[HIGH]:
        yield Fault(file, line, LOW, cells[LOW], _("is above the highest temperature of the month"), "swapped")
    if int(month) in rows:
        yield Fault(file, line, "month", cells["month"], _("the month is given twice"), "doubled-row")
    rows.setdefault(int(month), {name: figures[name] for name in (LOW, HIGH)})


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _incomplete(file: str, months: dict[int, dict[str, float]]) -> Iterator[Fault]:
    if missing := [str(month) for month in MONTHS if month not in months]:
        message = _("these months are missing: {months}").format(months=_(", ").join(missing))
        yield Fault(file, None, "month", "", message, "missing-month")


def _of_rasters(files: Sequence[Path], lon: Floats, lat: Floats, weight: Floats) -> Climate:
    """Read tmin and tmax of each month at the villages."""
    box = Box.around(lon, lat, 1.0)
    months: dict[int, dict[str, float]] = {}
    middles: list[Floats] = []
    faults: list[Fault] = []
    for file in files:
        found = RASTER_NAME.search(file.stem.lower())
        if found is None or int(found[2]) not in MONTHS:
            message = _("its name tells no month; WorldClim's end in tmin_01 … tmax_12")
            faults.append(Fault(file.name, None, "", "", message, "no-month"))
            continue
        try:
            values = read_raster(file, box, negative=True).at(lon, lat)
        except BadInputError as error:
            faults += error.faults
            continue
        known = np.isfinite(values)
        if not known.any() or not (COLDEST_C <= np.nanmin(values) <= np.nanmax(values) <= WARMEST_C):
            message = _("must be temperatures between {low:g} and {high:g} °C").format(low=COLDEST_C, high=WARMEST_C)
            faults.append(Fault(file.name, None, "", "", message, "not-a-temperature"))
            continue
        heavy = np.where(known, np.maximum(weight, 1e-9), 0.0)
        months.setdefault(int(found[2]), {})[RASTER_FIELD[found[1]]] = float(np.average(
            np.where(known, values, 0.0), weights=heavy))  # fmt: skip
        middles.append(values)
    whole = {month: figures for month, figures in months.items() if len(figures) == 2}
    faults += [] if faults else list(_incomplete(files[0].name, whole))
    if faults:
        raise BadInputError(faults)
    year = np.mean(middles, axis=0)
    low, high = np.nanpercentile(year, (10, 90))
    periods = _periods(pd.DataFrame.from_dict(whole, orient="index"), float(np.median(lat)))
    return Climate(periods, (round(float(low), 1), round(float(high), 1)), files[0].parent.name or files[0].name)
