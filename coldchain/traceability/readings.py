"""Readings of a day's sensors, and the reports made of them for a time and a place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.errors import BadInputError
from coldchain.telemetry.dayplan import DayPlan
from coldchain.telemetry.readings import MessageReader
from coldchain.telemetry.replay import read_sensors, replay
from coldchain.telemetry.store import ReadingStore, Series
from coldchain.telemetry.watch import Setup, day_of, place_of

EVER_MS = (0, 1 << 52)


@dataclass(frozen=True)
class Summary:
    """The readings of one device over a time.

    Attributes
    ----------
    temps_c : least, mean, greatest
    humidity : mean, %; None when it was not read
    """

    device: str
    start: datetime
    end: datetime
    temps_c: tuple[float, float, float]
    humidity: float | None = None


@dataclass(frozen=True)
class Readings:
    """All readings, by the place of their sensor: a truck, a room, a crate.

    Attributes
    ----------
    date : of the day, as far as the readings or the routes tell it
    """

    by_place: Mapping[str, Sequence[Series]] = field(default_factory=dict)
    date: str = ""

    def between(self, places: Iterable[str], start: datetime, end: datetime) -> list[Summary]:
        """Return a summary for each device that was in one of some places in a time."""
        found = []
        for series in (one for place in places for one in self.by_place.get(place, ())):
            times, temps = _within(*series.of("temp_c"), start, end)
            if not len(times):
                continue
            humid = _within(*series.of("humidity"), start, end)[1]
            moments = [datetime.fromtimestamp(int(at) / 1000.0, tz=start.tzinfo or UTC) for at in (times[0], times[-1])]
            spread = (float(temps.min()), float(temps.mean()), float(temps.max()))
            wet = float(humid.mean()) if len(humid) else None
            found.append(Summary(series.device, moments[0], moments[1], spread, wet))
        return found


def _within(times: Ints, values: Floats, start: datetime, end: datetime) -> tuple[Ints, Floats]:
    kept = (times >= start.timestamp() * 1000.0) & (times <= end.timestamp() * 1000.0)
    return times[kept], np.asarray(values[kept], dtype=np.float64)


NOTHING = Readings()


def read_readings(path: Path, day: DayPlan, offset_h: float, sensors: Path | None = None) -> Readings:
    """Read a file of messages, a line each, as ``coldchain watch --replay`` does; doubled lines count once.

    Parameters
    ----------
    sensors : table of devices and the places they are in; others are named after their place

    Raises
    ------
    BadInputError
        With every line that is no reading.
    """
    places = {} if sensors is None else read_sensors(sensors, day)
    with ReadingStore() as store:
        refused = replay(path, MessageReader(offset_h=offset_h), store)
        if refused:
            raise BadInputError(refused)
        by_place: dict[str, list[Series]] = defaultdict(list)
        for series in store.series(*EVER_MS):
            place = place_of(series.device, day, places)
            if place is not None:
                by_place[place].append(series)
        date = day_of(store, day, Setup(places, "", offset_h)) if store.count() else ""
    return Readings(dict(by_place), date)
