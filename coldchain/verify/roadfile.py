"""The roads as they were read, held against their file: lengths it gives or draws, speeds of signs or classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
from numpy.typing import NDArray

from coldchain.language import _
from coldchain.verify.record import TOLERANCE, Record
from coldchain.verify.roads import StatedRoads, drawn_m

Floats = NDArray[np.float64]
LORRY = 0.9
CLASS_KMH = {
    "motorway": 90.0, "trunk": 70.0, "primary": 65.0, "secondary": 55.0, "tertiary": 40.0, "unclassified": 25.0,
    "residential": 25.0, "living_street": 10.0, "service": 15.0, "track": 20.0, "road": 20.0, "motorway_link": 45.0,
    "trunk_link": 40.0, "primary_link": 30.0, "secondary_link": 25.0, "tertiary_link": 20.0,
}  # fmt: skip
MILE_KM = 1.609344
UNITS_M = (1.0, 1000.0, 1000.0 * MILE_KM, 0.3048)
OSM = (".pbf", ".osm", ".osm.gz", ".osm.bz2")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class RoadFileNumbers:
    """Numbers of a road file that may be lengths (m), road against drawn length, and speeds (km/h); each sorted."""

    metres: Floats
    detour: Floats
    kmh: Floats


def check_road_file(record: Record, given: StatedRoads | None) -> None:
    """Name roads that are longer, shorter or faster than the file and their class say.

    A file that cannot be read here in a plain way is left to its reader.
    """
    file = record.scenario.roads.file
    stated = _stated(record.scenario.home / file) if file and given is not None else None
    if given is None or stated is None:
        return
    metres = drawn_m(given) * given.detour
    odd = ~(_among(given.detour, np.ones(1)) | _among(given.detour, stated.detour) | _among(metres, stated.metres))
    _name(record, given, np.flatnonzero(odd), _(
        "roads: {count} links have a length that {file} neither gives nor draws; the first lies at {lon:.5f}, {lat:.5f}"
    ))  # fmt: skip
    most = np.array([CLASS_KMH.get(str(name), np.inf) for name in given.road_class]) * LORRY
    fast = np.zeros(len(metres), dtype=np.bool_)
    for kmh in (given.forward_kmh, given.backward_kmh):
        fast |= np.isfinite(kmh) & (kmh > most * (1 + TOLERANCE)) & ~_among(kmh, stated.kmh)
    _name(record, given, np.flatnonzero(fast), _(
        "roads: {count} links are driven faster than {file} states or their class allows; the first lies at "
        "{lon:.5f}, {lat:.5f}"
    ))  # fmt: skip


def _name(record: Record, given: StatedRoads, links: NDArray[np.intp], message: str) -> None:
    if len(links):
        lon, lat = given.xy[given.xy_start[links[0]]]
        record.wrong(message.format(count=len(links), file=record.scenario.roads.file, lon=lon, lat=lat))


def _among(values: Floats, known: Floats) -> NDArray[np.bool_]:
    """Tell which values are, to a millionth, among sorted known ones."""
    if not len(known):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.searchsorted(known, values)
    near = np.stack([known[np.clip(at - 1, 0, len(known) - 1)], known[np.clip(at, 0, len(known) - 1)]])
    return np.asarray((np.abs(near - values) <= TOLERANCE * np.abs(values)).any(axis=0), dtype=np.bool_)


def _stated(path: Path) -> RoadFileNumbers | None:
    """Collect the numbers of a road file; None where it is not of a plain form."""
    none = np.zeros(0)
    try:
        if path.name.lower().endswith(OSM):
            return RoadFileNumbers(none, none, none)
        if path.is_dir():
            table = pd.read_csv(path / "link.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
            table.columns = table.columns.str.strip().str.lower()
            if "from_node_id" not in table:
                return None
            length, own_m, speed = (_numbers(table, name) for name in ("length", "length_m", "free_speed"))
            return RoadFileNumbers(
                _sorted(own_m, *(length * unit for unit in UNITS_M)), none, _sorted(speed, speed * MILE_KM)
            )
        layers = [str(name) for name, _kind in pyogrio.list_layers(path)]
        frames = [pyogrio.read_dataframe(path, layer=name, read_geometry=False) for name in layers]
    except (ValueError, OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
        return None
    found = _sorted(*(_all_numbers(frame[name]) for frame in frames for name in frame.columns))
    return RoadFileNumbers(_sorted(*(found * unit for unit in UNITS_M)), found, _sorted(
        *(found * unit for unit in (1.0, LORRY, MILE_KM, LORRY * MILE_KM))
    ))  # fmt: skip


def _sorted(*parts: Floats) -> Floats:
    return np.unique(np.concatenate([np.zeros(0), *parts]))


def _numbers(table: pd.DataFrame, column: str) -> Floats:
    """Return the numbers of a column; a cell that is none raises ValueError."""
    if column not in table:
        return np.zeros(0)
    cells = table[column].str.strip()
    return np.asarray(pd.to_numeric(cells[cells != ""]), dtype=np.float64)


def _all_numbers(column: pd.Series) -> Floats:
    """Return the numbers of a column, and those within its texts."""
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.dropna().unique(), dtype=np.float64)
    texts = {str(text) for text in column.dropna().unique()}
    return np.array([float(number) for text in texts for number in NUMBER.findall(text)], dtype=np.float64)
