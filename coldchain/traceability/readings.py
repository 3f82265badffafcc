"""Readings of sensors from a file, and the reports made of them for a time and a place."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import read_bytes
from coldchain.language import _
from coldchain.scenario.tables import read_raw
from coldchain.traceability.form import moment_of

COLUMNS = ("time", "device", "at", "temp_c", "humidity")
COLDEST_C, WARMEST_C = -60.0, 80.0
MOST_SHOWN = 40


@dataclass(frozen=True)
class Reading:
    """What a sensor read at a time.

    Attributes
    ----------
    at : the tour, depot or order (crate) it was with
    humidity : relative, share; NaN when it was not read
    """

    time: datetime
    device: str
    at: str
    temp_c: float
    humidity: float = math.nan


@dataclass(frozen=True)
class Summary:
    """The readings of one device over a time."""

    device: str
    start: datetime
    end: datetime
    temps_c: tuple[float, float, float]
    humidity: float
    count: int


@dataclass(frozen=True)
class Readings:
    """All readings, by what they were with, in order of time."""

    by_place: Mapping[str, Sequence[Reading]]

    def between(self, places: Iterable[str], start: datetime, end: datetime) -> list[Summary]:
        """Return a summary for each device that was with one of some places in a time: least, mean and greatest."""
        found: dict[str, list[Reading]] = defaultdict(list)
        for place in places:
            for reading in self.by_place.get(place, ()):
                if start <= reading.time <= end:
                    found[reading.device].append(reading)
        return [_summary(device, readings) for device, readings in sorted(found.items())]


def _summary(device: str, readings: Sequence[Reading]) -> Summary:
    temps = [one.temp_c for one in readings]
    humid = [one.humidity for one in readings if math.isfinite(one.humidity)]
    return Summary(
        device=device,
        start=min(one.time for one in readings),
        end=max(one.time for one in readings),
        temps_c=(min(temps), math.fsum(temps) / len(temps), max(temps)),
        humidity=math.fsum(humid) / len(humid) if humid else math.nan,
        count=len(readings),
    )


NOTHING = Readings({})


def read_readings(path: Path) -> Readings:
    """Read a file of readings: a table, or a JSON object a line, with time, device, at, temp_c and perhaps humidity.

    Equal readings that stand twice count once.

    Raises
    ------
    BadInputError
        With every line that is no reading.
    """
    rows = _lines(path) if path.suffix.lower() in (".jsonl", ".ndjson") else _table(path)
    faults: list[Fault] = []
    by_place: dict[str, set[Reading]] = defaultdict(set)
    for line, cells in rows:
        if isinstance(cells, Fault):
            faults.append(cells)
            continue
        reading = _reading(path.name, line, cells, faults)
        if reading is not None:
            by_place[reading.at].add(reading)
    if faults:
        raise BadInputError(faults)
    ordered = {at: sorted(found, key=lambda one: (one.time, one.device, one.temp_c)) for at, found in by_place.items()}
    return Readings(ordered)


def _table(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Fault]]:
    raw = read_raw(path)
    yield from ((fault.row or 0, fault) for fault in raw.faults)
    yield from raw.rows


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | Fault]]:
    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    for line, part in enumerate(text.splitlines(), start=1):
        if not part.strip():
            continue
        try:
            cells = json.loads(part)
        except (ValueError, RecursionError):
            cells = None
        if isinstance(cells, dict):
            yield line, cells
        else:
            told = _("must be one JSON object a line; the file may be cut here")
            yield line, Fault(path.name, line, "", part[:MOST_SHOWN], told, "not-json")


def _reading(file: str, line: int, cells: Mapping[str, Any], faults: list[Fault]) -> Reading | None:
    before = len(faults)
    texts = {name: str(cells.get(name, "")).strip() for name in COLUMNS}
    time = moment_of(texts["time"])
    if time is None:
        told = _("must be a time with seconds and offset, as 2026-07-01T06:30:00+08:00")
        faults.append(Fault(file, line, "time", texts["time"], told, "bad-time"))
    lacking = [name for name in ("device", "at") if not texts[name]]
    faults += [Fault(file, line, name, "", _("must be given"), "missing") for name in lacking]
    temp_c = _number(texts["temp_c"])
    if not COLDEST_C <= temp_c <= WARMEST_C:
        told = _("must be a temperature from {least:g} to {most:g} °C").format(least=COLDEST_C, most=WARMEST_C)
        faults.append(Fault(file, line, "temp_c", texts["temp_c"], told, "out-of-range"))
    humidity = _number(texts["humidity"]) if texts["humidity"] else math.nan
    if texts["humidity"] and not 0 <= humidity <= 1:
        told = _("must be a share from 0 to 1")
        faults.append(Fault(file, line, "humidity", texts["humidity"], told, "out-of-range"))
    if time is None or len(faults) > before:
        return None
    return Reading(time, texts["device"], texts["at"], temp_c, humidity)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
