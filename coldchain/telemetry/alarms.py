"""Alarms: one for each cause, by the time of the devices, with duration and hysteresis.

They are computed from the stored readings alone, so that a restart, late batches and copies lose and double none. An
excursion ends when the temperature is back by ``hysteresis_c``; when its sensor falls silent it ends there,
and the silence is an alarm of its own, which ends with the next reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats
from coldchain.language import N_
from coldchain.telemetry.dayplan import SensorPlace
from coldchain.telemetry.health import Sensor
from coldchain.telemetry.rules import AlarmRules

WARM, COLD, DOOR, SILENCE, SENSOR, BATTERY, QUALITY = "warm", "cold", "door", "silence", "sensor", "battery", "quality"
CAUSES = {
    WARM: N_("too warm"), COLD: N_("too cold"), DOOR: N_("door open"), SILENCE: N_("silent"),
    SENSOR: N_("sensor is wrong"), BATTERY: N_("battery is low"), QUALITY: N_("quality falls below plan"),
}  # fmt: skip
EXCURSION, BREACH = "excursion", "breach"
LEVELS = {EXCURSION: N_("excursion"), BREACH: N_("breach")}
JOINED_H = 0.25
"""Hours between two excursions of one place that are one: a fan's cycle, not a new cause."""


@dataclass(frozen=True)
class Alarm:
    """One alarm.

    Attributes
    ----------
    place, device, cause : where and what; the device only where the alarm is about it
    start_h, end_h : clock hours; the end is NaN while it lasts
    told_h : clock hour of the reading, or the missing one, by which it is known
    minutes : its length, up to now while it lasts
    peak : the extreme temperature or battery; NaN where none is meant
    level : ``excursion`` or ``breach``
    lots : keys of the lots that were there
    at_risk : those of them that will lose more than planned
    """

    place: str
    device: str
    cause: str
    start_h: float
    end_h: float
    told_h: float
    minutes: float
    peak: float = float("nan")
    level: str = BREACH
    lots: tuple[str, ...] = ()
    at_risk: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it lasts still."""
        return bool(np.isnan(self.end_h))


@dataclass(frozen=True)
class Stretch:
    """A stretch of time out of range, with the extreme; the end is NaN while it lasts."""

    start_h: float
    end_h: float
    peak: float


def stretches(hour: Floats, over: Floats, hysteresis: float, gap_h: float) -> Iterator[Stretch]:
    """Yield stretches in which ``over`` (kelvin beyond the limit) is above zero, ended by ``-hysteresis``.

    A gap ends a stretch at the last reading before it, unless the next reading is out of range again.

    Examples
    --------
    >>> hours = np.arange(6) / 10.0
    >>> [(round(one.start_h, 3), round(one.end_h, 3)) for one in
    ...  stretches(hours, np.array([-1.0, 1.0, -0.2, 1.0, -1.0, -1.0]), 0.5, 1.0)]
    [(0.05, 0.375)]
    """
    gaps = np.concatenate([[False], np.diff(hour) > gap_h])[: hour.size]
    rises = np.flatnonzero(over > 0.0)
    falls = np.flatnonzero((over <= -hysteresis) | (gaps & (over <= 0.0)))
    last = 0
    while (nth := int(np.searchsorted(rises, last))) < rises.size:
        first = int(rises[nth])
        start = _crossing(hour, over, first, 0.0) if first and not gaps[first] else float(hour[first])
        after = falls[np.searchsorted(falls, first) :]
        if not after.size:
            yield Stretch(start, float("nan"), float(over[first:].max()))
            return
        last = int(after[0])
        end = float(hour[last - 1]) if gaps[last] else _crossing(hour, over, last, -hysteresis)
        yield Stretch(start, end, float(over[first:last].max()))


def _crossing(hour: Floats, over: Floats, n: int, level: float) -> float:
    """Return the hour between readings ``n - 1`` and ``n`` at which a level is crossed."""
    before, after = float(over[n - 1]) - level, float(over[n]) - level
    share = min(max(before / (before - after), 0.0), 1.0) if before != after else 1.0
    return float(hour[n - 1] + share * (hour[n] - hour[n - 1]))


def range_alarms(
    place: SensorPlace,
    hour: Floats,
    temp_c: Floats,
    gap_h: float,
    doors: Sequence[Stretch],
    rules: AlarmRules,
    now_h: float,
) -> Iterator[Alarm]:
    """Yield the excursions of a place; one whose door stood open for half of it has the door for its cause."""
    if place.set_c is None or not hour.size:
        return
    sides = ((WARM, place.set_c + rules.above_c, 1.0), (COLD, place.set_c - rules.below_c, -1.0))
    for cause, limit_c, sign in sides:
        found = list(_joined(stretches(hour, sign * (temp_c - limit_c), rules.hysteresis_c, gap_h)))
        for one in found:
            end_h = one.end_h
            if np.isnan(end_h) and now_h - hour[-1] > gap_h:
                end_h = float(hour[-1])  # silence goes on from here
            until = now_h if np.isnan(end_h) else end_h
            minutes = 60.0 * (until - one.start_h)
            if minutes < rules.excursion_min:
                continue
            opened = sum(_overlap(one.start_h, until, door, now_h) for door in doors)
            named = DOOR if cause == WARM and opened >= 0.5 * (until - one.start_h) else cause
            level = BREACH if minutes >= rules.breach_min else EXCURSION
            told_h = one.start_h + rules.excursion_min / 60.0
            peak = limit_c + sign * one.peak
            yield Alarm(place.id, "", named, one.start_h, end_h, told_h, minutes, peak, level)


def _joined(found: Iterator[Stretch]) -> Iterator[Stretch]:
    """Join stretches that lie close together."""
    kept: Stretch | None = None
    for one in found:
        if kept is not None and one.start_h - kept.end_h <= JOINED_H:
            kept = replace(kept, end_h=one.end_h, peak=max(kept.peak, one.peak))
            continue
        if kept is not None:
            yield kept
        kept = one
    if kept is not None:
        yield kept


def _overlap(start_h: float, end_h: float, other: Stretch, now_h: float) -> float:
    until = now_h if np.isnan(other.end_h) else other.end_h
    return max(min(end_h, until) - max(start_h, other.start_h), 0.0)


def door_alarms(
    place: SensorPlace, doors: Sequence[Stretch], excursions: Sequence[Alarm], rules: AlarmRules, now_h: float
) -> Iterator[Alarm]:
    """Yield doors that stood open too long and made no excursion that tells of it already."""
    for door in doors:
        until = now_h if np.isnan(door.end_h) else door.end_h
        minutes = 60.0 * (until - door.start_h)
        told = any(
            one.cause == DOOR and _overlap(door.start_h, until, Stretch(one.start_h, one.end_h, 0.0), now_h) > 0.0
            for one in excursions
        )
        if minutes >= rules.door_min and not told:
            yield Alarm(place.id, "", DOOR, door.start_h, door.end_h, door.start_h + rules.door_min / 60.0, minutes)


def silences(place: SensorPlace, sensors: Sequence[Sensor], rules: AlarmRules, now_h: float) -> Iterator[Alarm]:
    """Yield the silences of a place while it is on duty: of a sensor, or of the place where all were silent.

    A sensor is silent from the third reading (``missed``) on; where none was ever heard, from the beginning of duty.
    """
    until = min(now_h, place.duty[1])
    if until <= place.duty[0]:
        return
    if not sensors:
        yield _silence(place, "", place.duty[0], float("nan"), place.duty[0], now_h)
        return
    own = [list(_silent(sensor, rules.missed, (place.duty[0], until), now_h)) for sensor in sensors]
    everywhere = own[0]
    for other in own[1:]:
        everywhere = [(max(a[0], b[0]), _earlier(a[1], b[1])) for a in everywhere for b in other if _meet(a, b)]
    for start_h, end_h in everywhere:
        yield _silence(place, "", start_h, end_h, start_h, now_h)
    if len(sensors) == 1:
        return
    for sensor, gaps in zip(sensors, own, strict=True):
        for gap in gaps:
            if not any(_meet(gap, one) for one in everywhere):
                yield _silence(place, sensor.device, gap[0], gap[1], gap[0], now_h)


def _silence(place: SensorPlace, device: str, start_h: float, end_h: float, told_h: float, now_h: float) -> Alarm:
    until = now_h if np.isnan(end_h) else end_h
    return Alarm(place.id, device, SILENCE, start_h, end_h, told_h, 60.0 * (until - start_h))


def _silent(sensor: Sensor, missed: float, duty: tuple[float, float], now_h: float) -> Iterator[tuple[float, float]]:
    """Yield from the last of the missed readings to the next one, within a stretch of duty; NaN while it lasts."""
    (first_h, last_h), patience = duty, missed * sensor.interval_h
    heard = np.concatenate([[min(first_h, float(sensor.hour[0]))], sensor.hour, [now_h]])
    for n in np.flatnonzero(np.diff(heard) > (missed + 0.5) * sensor.interval_h):
        before, until = float(heard[n]), float(heard[n + 1])
        start_h = max(before + patience, first_h)
        if start_h < min(until, last_h):
            yield start_h, until if n + 2 < heard.size else float("nan")


def _earlier(a: float, b: float) -> float:
    return float(np.fmin(a, b))


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    first, last = max(a[0], b[0]), _earlier(a[1], b[1])
    return bool(np.isnan(last) or first < last)


def sensor_alarms(sensors: Sequence[Sensor], now_h: float) -> Iterator[Alarm]:
    """Yield the sensors that are wrong."""
    for sensor in sensors:
        if sensor.state != "good":
            told_h = float(sensor.hour[-1])
            minutes = 60.0 * (now_h - sensor.since_h)
            yield Alarm(
                sensor.place, sensor.device, SENSOR, sensor.since_h, float("nan"), told_h, minutes, level=sensor.state
            )


def battery_alarm(
    place: str, device: str, hour: Floats, percent: Floats, rules: AlarmRules, now_h: float
) -> Iterator[Alarm]:
    """Yield a battery that is low now, from the first reading since which it has been."""
    low = percent < rules.battery
    if low.size and low[-1]:
        since = int(np.flatnonzero(~low)[-1]) + 1 if (~low).any() else 0
        start = float(hour[since])
        least = float(percent[since:].min())
        yield Alarm(place, device, BATTERY, start, float("nan"), start, 60.0 * (now_h - start), least, EXCURSION)
