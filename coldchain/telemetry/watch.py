"""A day watched: from stored readings to lots with life used, and alarms; the same in whatever order they came.

Everything is computed anew from the store, which is the only state there is: nothing is lost when the program ends, and
a reading that comes late takes its place as if it had come in time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.telemetry.alarms import (
    QUALITY,
    Alarm,
    Stretch,
    battery_alarm,
    door_alarms,
    range_alarms,
    sensor_alarms,
    silences,
    stretches,
)
from coldchain.telemetry.dayplan import DayPlan
from coldchain.telemetry.health import Sensor, compared, judged
from coldchain.telemetry.lotclock import Clocks, LotState
from coldchain.telemetry.lotplan import LotPlan
from coldchain.telemetry.readings import CHINA_H
from coldchain.telemetry.rules import AlarmRules
from coldchain.telemetry.store import Acknowledged, ReadingStore, Series

MS_PER_H = 3_600_000.0
BEFORE_H, AFTER_H = 6.0, 24.0
"""Hours before the first harvest and after the last departure whose readings belong to the day."""
CHECKED_H = 0.25
EPOCH_DAY = date(1970, 1, 1)
AT_DEPOT_KM, KM_PER_DEGREE = 0.5, 111.2
OFF_DUTY_H = 1.0
"""Hours after its planned return in which a truck may still be under way."""


@dataclass(frozen=True)
class Setup:
    """How a day is watched.

    Attributes
    ----------
    sensors : device -> place, for devices that are not named after their place
    date : ISO date of the day; empty: the day's own, else the one with most readings
    offset_h : hours by which the county's clock is ahead of UTC
    """

    sensors: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    offset_h: float = CHINA_H
    rules: AlarmRules = field(default_factory=AlarmRules)


@dataclass(frozen=True)
class Watched:
    """A day as the readings show it at a moment.

    Attributes
    ----------
    date : ISO date of the day
    now_h : clock hour of the newest reading
    alarms : in order of start; ``notes`` beside them, None where nobody acknowledged
    away : clock hours at which each truck left its depot and was back, by its positions
    unknown : devices that belong to no place
    """

    day: DayPlan
    date: str
    midnight_ms: int
    now_h: float
    lots: tuple[LotState, ...]
    alarms: tuple[Alarm, ...]
    notes: tuple[Acknowledged | None, ...]
    sensors: dict[str, list[Sensor]]
    positions: dict[str, tuple[float, float, float]]
    away: dict[str, tuple[float, float]]
    unknown: tuple[str, ...]
    setup: Setup

    def moment(self, hour: float) -> str:
        """Write a clock hour as ISO 8601 with the county's offset."""
        return written_moment(self.midnight_ms + round(hour * MS_PER_H), self.setup.offset_h)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints: nothing in it depends on the order or number of messages."""
        return {
            "date": self.date,
            "now": self.moment(self.now_h) if self.lots or self.alarms else None,
            "lots": [self._lot(lot) for lot in self.lots],
            "alarms": [self.alarm(alarm, note) for alarm, note in zip(self.alarms, self.notes, strict=True)],
            "unknown_devices": list(self.unknown),
        }

    def noted(self, ack: str, reason: str, who: str) -> Acknowledged:
        """Return the note of an alarm, by its id, that is to be kept.

        Raises
        ------
        UsageError
            When no alarm of the day has that id.
        """
        alarm = next((one for one in self.alarms if alarm_id(one) == ack), None)
        if alarm is None:
            known = _(", ").join(alarm_id(one) for one in self.alarms) or _("none")
            raise UsageError(_("--ack {ack} is no alarm of this day; there are: {known}").format(ack=ack, known=known))
        at_ms = self.midnight_ms + round(alarm.start_h * MS_PER_H)
        return Acknowledged(alarm.device or alarm.place, alarm.cause, at_ms, reason, who)

    def _lot(self, lot: LotState) -> dict[str, Any]:
        plan = lot.plan
        return {
            "lot": plan.key, "order": plan.order, "village": plan.village, "commodity": plan.crop.id, "kg": plan.kg,
            "place": lot.place, "temp_c": lot.temp_c[0], "life_used": lot.used, "low": lot.low, "high": lot.high,
            "quality": lot.quality, "loss_planned": plan.loss, "loss_expected": lot.loss,
            "loss_low": lot.loss_low, "loss_high": lot.loss_high,
        }  # fmt: skip

    def alarm(self, alarm: Alarm, note: Acknowledged | None) -> dict[str, Any]:
        """Return an alarm as plain values."""
        late = 60.0 * (self.now_h - alarm.told_h) >= self.setup.rules.escalate_min
        return {
            "id": alarm_id(alarm), "place": alarm.place, "device": alarm.device, "cause": alarm.cause,
            "level": alarm.level, "start": self.moment(alarm.start_h),
            "end": None if alarm.is_open else self.moment(alarm.end_h), "told": self.moment(alarm.told_h),
            "minutes": round(alarm.minutes, 1), "peak": None if np.isnan(alarm.peak) else round(alarm.peak, 2),
            "lots": list(alarm.lots), "at_risk": list(alarm.at_risk),
            "escalated": note is None and alarm.is_open and late,
            "acknowledged": note and {"reason": note.reason, "who": note.who},
        }  # fmt: skip


def written_moment(time_ms: int, offset_h: float) -> str:
    """Write milliseconds since 1970 as ISO 8601 at an offset from UTC.

    Examples
    --------
    >>> written_moment(1_784_073_600_000, 8.0)
    '2026-07-15T08:00:00+08:00'
    """
    shifted = round(time_ms / 1000.0) + round(offset_h * 3600.0)
    days, seconds = divmod(shifted, 86_400)
    day = EPOCH_DAY + timedelta(days=days)
    sign, minutes = "-" if offset_h < 0 else "+", round(abs(offset_h) * 60.0)
    clock = f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
    return f"{day.isoformat()}T{clock}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def alarm_id(alarm: Alarm) -> str:
    """Return the short name by which an alarm is acknowledged."""
    text = f"{alarm.place}|{alarm.device}|{alarm.cause}|{alarm.start_h:.6f}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def day_of(store: ReadingStore, day: DayPlan, setup: Setup) -> str:
    """Return the date that is watched: given, the day's own, or the one on which most readings fall."""
    if setup.date or day.date:
        return setup.date or day.date
    counts = store.days(setup.offset_h)
    if not counts:
        return EPOCH_DAY.isoformat()
    most = max(counts.values())
    return (EPOCH_DAY + timedelta(days=min(key for key, count in counts.items() if count == most))).isoformat()


def watched(store: ReadingStore, day: DayPlan, setup: Setup, now_h: float | None = None) -> Watched:
    """Work out a day from the store.

    Parameters
    ----------
    now_h : clock hour up to which readings count; that of the newest one when left out
    """
    named = day_of(store, day, setup)
    midnight = (date.fromisoformat(named) - EPOCH_DAY).days * 86_400_000 - round(setup.offset_h * MS_PER_H)
    first = midnight + round((day.start_h - BEFORE_H) * MS_PER_H)
    last = midnight + round((day.end_h + AFTER_H) * MS_PER_H)
    if now_h is not None:
        last = min(last, midnight + round(now_h * MS_PER_H))
    found = store.series(first, last)
    newest = max((int(one.time_ms[-1]) for one in found), default=first)
    at_h = (newest - midnight) / MS_PER_H if now_h is None else now_h
    return _SeriesOfDay(day, setup, midnight, at_h).watched(named, found, store.acknowledged())


class _SeriesOfDay:
    """Puts a day's series together."""

    def __init__(self, day: DayPlan, setup: Setup, midnight_ms: int, now_h: float) -> None:
        self.day, self.setup, self.midnight_ms, self.now_h = day, setup, midnight_ms, now_h

    def hours(self, time_ms: Ints) -> Floats:
        return (time_ms - self.midnight_ms) / MS_PER_H

    def watched(self, named: str, found: list[Series], notes: list[Acknowledged]) -> Watched:
        placed: dict[str, list[Series]] = {}
        unknown = []
        for series in found:
            place = place_of(series.device, self.day, self.setup.sensors)
            if place is None:
                unknown.append(series.device)
            else:
                placed.setdefault(place, []).append(series)
        sensors = {key: self._sensors(key, own) for key, own in sorted(placed.items())}
        clocks = Clocks(self.day, sensors)
        lots = tuple(clocks.lot(plan, self.now_h) for plan in self.day.lots)
        raised = [alarm for key in sorted(self.day.places) for alarm in self._alarms(key, clocks, sensors, placed)]
        raised = self._with_lots(raised, clocks, lots)
        raised.sort(key=lambda one: (one.start_h, one.place, one.cause, one.device))
        told = tuple(self._note(alarm, notes) for alarm in raised)
        return Watched(
            self.day, named, self.midnight_ms, self.now_h, lots, tuple(raised), told, sensors,
            self._positions(placed), self._away(placed), tuple(unknown), self.setup,
        )  # fmt: skip

    def _sensors(self, place: str, found: Iterable[Series]) -> list[Sensor]:
        made = []
        for series in found:
            time_ms, temp_c = series.of("temp_c")
            if time_ms.size:
                made.append(judged(series.device, place, self.hours(time_ms), temp_c))
        return compared(made)

    def _alarms(
        self, key: str, clocks: Clocks, sensors: Mapping[str, list[Sensor]], placed: Mapping[str, list[Series]]
    ) -> list[Alarm]:
        place, rules, own = self.day.places[key], self.setup.rules, sensors.get(key, [])
        doors = [door for series in placed.get(key, ()) for door in self._doors(series)]
        hour, temp_c, gap_h = clocks.readings.get(key, (np.empty(0), np.empty(0), 0.0))
        on_duty = (hour >= place.duty[0]) & (hour <= place.duty[1] + OFF_DUTY_H)
        beyond = list(range_alarms(place, hour[on_duty], temp_c[on_duty], gap_h, doors, rules, self.now_h))
        quiet = list(silences(place, own, rules, self.now_h))
        opened = list(door_alarms(place, doors, beyond, rules, self.now_h))
        batteries = [alarm for series in placed.get(key, ()) for alarm in self._battery(key, series)]
        return [*beyond, *quiet, *opened, *sensor_alarms(own, self.now_h), *batteries]

    def _doors(self, series: Series) -> list[Stretch]:
        time_ms, door = series.of("door")
        return list(stretches(self.hours(time_ms), door - 0.5, 0.4, np.inf)) if time_ms.size else []

    def _battery(self, place: str, series: Series) -> list[Alarm]:
        time_ms, percent = series.of("battery")
        return list(battery_alarm(place, series.device, self.hours(time_ms), percent, self.setup.rules, self.now_h))

    def _with_lots(self, raised: list[Alarm], clocks: Clocks, lots: tuple[LotState, ...]) -> list[Alarm]:
        """Name the lots of each alarm, and give an alarm of its own to a lot in danger that no other tells of."""
        worse = self.setup.rules.worse
        risky = {lot.plan.key: lot for lot in lots if lot.loss > lot.plan.loss + worse}
        made: list[Alarm] = []
        told: set[str] = set()
        for alarm in raised:
            until = self.now_h if alarm.is_open else alarm.end_h
            keys = tuple(plan.key for plan in self.day.lots if there(plan, alarm.place, alarm.start_h, until))
            at_risk = tuple(key for key in keys if key in risky) if not alarm.device else ()
            told.update(at_risk)
            made.append(replace(alarm, lots=keys, at_risk=at_risk))
        for key, lot in sorted(risky.items()):
            if key not in told:
                start = self._fell(clocks, lot.plan)
                minutes = 60.0 * (self.now_h - start)
                place = lot.plan.village if lot.place == "dock" else lot.place
                own = Alarm(place, "", QUALITY, start, float("nan"), start, minutes, lots=(key,), at_risk=(key,))
                made.append(own)
        return made

    def _fell(self, clocks: Clocks, plan: LotPlan) -> float:
        """Return the first moment checked at which a lot was bound to lose more than planned."""
        moments = np.arange(np.ceil(plan.harvest_h / CHECKED_H) * CHECKED_H, self.now_h, CHECKED_H)
        for hour in moments:
            if clocks.lot(plan, float(hour)).loss > plan.loss + self.setup.rules.worse:
                return float(hour)
        return self.now_h

    def _note(self, alarm: Alarm, notes: list[Acknowledged]) -> Acknowledged | None:
        """Return the note that was made of an alarm: of its place and cause, while it lasted."""
        start = self.midnight_ms + alarm.start_h * MS_PER_H
        end = np.inf if alarm.is_open else self.midnight_ms + alarm.end_h * MS_PER_H
        slack = CHECKED_H * MS_PER_H
        name = alarm.device or alarm.place
        fit = [n for n in notes if (n.place, n.cause) == (name, alarm.cause) and start - slack <= n.at_ms <= end]
        return fit[-1] if fit else None

    def _positions(self, placed: Mapping[str, list[Series]]) -> dict[str, tuple[float, float, float]]:
        """Return hour, longitude and latitude of the newest position of each place that sent one."""
        found: dict[str, tuple[float, float, float]] = {}
        for key, own in placed.items():
            for series in own:
                (time_ms, lon), (_time, lat) = series.of("lon"), series.of("lat")
                if time_ms.size and lat.size:
                    newest = (float(self.hours(time_ms)[-1]), float(lon[-1]), float(lat[-1]))
                    found[key] = max(found.get(key, newest), newest)
        return found

    def _away(self, placed: Mapping[str, list[Series]]) -> dict[str, tuple[float, float]]:
        """Return when each truck left its depot and was back: the last reading there, and the first again."""
        found = {}
        for key, own in placed.items():
            track = self.day.places[key].track if key in self.day.places else ()
            if len(track) < 2:
                continue
            time_ms, lon = own[0].of("lon")
            _time, lat = own[0].of("lat")
            if time_ms.size != lat.size or not time_ms.size:
                continue
            far = np.flatnonzero(_km(lon, lat, track[0][1:]) > AT_DEPOT_KM)
            if far.size and far[0] > 0 and far[-1] + 1 < time_ms.size:
                hours = self.hours(time_ms)
                found[key] = (float(hours[far[0] - 1]), float(hours[far[-1] + 1]))
        return found


def _km(lon: Floats, lat: Floats, place: tuple[float, float]) -> Floats:
    """Return straight distances from a place, good for some kilometres."""
    squeeze = np.cos(np.radians(place[1]))
    return np.asarray(KM_PER_DEGREE * np.hypot((lon - place[0]) * squeeze, lat - place[1]))


def there(plan: LotPlan, place: str, start_h: float, end_h: float) -> bool:
    """Tell whether a lot was at a place, as planned, in some part of a stretch of time."""
    stays = {plan.truck: (plan.leave_h, plan.back_h), plan.room: (plan.docked_h, plan.depart_h)}
    stay = stays.get(place)
    return stay is not None and start_h < stay[1] and end_h > stay[0]


def place_of(device: str, day: DayPlan, sensors: Mapping[str, str]) -> str | None:
    """Return the place of a device: by the table of sensors, else the one it is named after, as ``truck/D-1#2`` is."""
    name = sensors.get(device) or device.partition("#")[0] or device
    if name in day.places:
        return name
    kind, _sign, key = name.partition("/")
    if kind == "crate" and any(plan.key == key for plan in day.lots):
        return name
    whole, _sign, key = device.partition("/")
    return device if whole == "crate" and any(plan.key == key for plan in day.lots) else None
