"""Bad sensors told from bad chains: readings that no chain can make, and sensors that disagree with their neighbours.

- A *spike* is up to three readings far from those before and after while these agree; they are left out.
- *Jumping*: from one reading to the next by more than 6 K, three times up and three times down, in a tenth of the
  readings since the first. *Stuck*: the same figure two dozen times and two hours long. *Offset*: of three or more
  sensors in one place, one that differs from the median of all by more than 2 K in the median, or in most of the later
  half of its readings. Of two that differ neither can be told to be wrong.

A sensor that is offset is left out whole, of one that jumps or is stuck what came since; what only it measured is
missing then, and bracketed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from coldchain.arrays import Bools, Floats

SPIKE_C, AGREE_C, SPIKE_READINGS = 6.0, 2.0, 3
JUMPING_SHARE, JUMPS = 0.1, 3
STUCK_READINGS, STUCK_H = 24, 2.0
OFFSET_C = 2.0
MISSED = 3.0
"""Readings that must be missed in a row before a sensor counts as silent."""
LEAST_INTERVAL_H = 1.0 / 120.0


@dataclass(frozen=True)
class Sensor:
    """What one device measured of the temperature at its place.

    Attributes
    ----------
    hour, temp_c : every reading in order of time, clock hours of the day watched
    good : which of them count
    state : ``good``, ``stuck``, ``jumping``, ``offset``
    since_h : clock hour from which the state holds; NaN of a good one
    """

    device: str
    place: str
    hour: Floats
    temp_c: Floats
    good: Bools
    state: str = "good"
    since_h: float = float("nan")

    @cached_property
    def interval_h(self) -> float:
        """Usual step between readings: the median, an hour where there is only one."""
        return max(float(np.median(np.diff(self.hour))), LEAST_INTERVAL_H) if self.hour.size > 1 else 1.0

    @property
    def gap_h(self) -> float:
        """Step beyond which readings were missed and the sensor was silent."""
        return (MISSED + 0.5) * self.interval_h


def judged(device: str, place: str, hour: Floats, temp_c: Floats) -> Sensor:
    """Judge a sensor by itself."""
    first = _jumping_from(temp_c)
    if first is not None:
        good = (np.arange(hour.size) < first) & ~_spikes(temp_c)
        return Sensor(device, place, hour, temp_c, good, "jumping", float(hour[first]))
    spikes, stuck = _spikes(temp_c), _stuck(hour, temp_c)
    state = "stuck" if stuck.any() else "good"
    since = float(hour[np.argmax(stuck)]) if stuck.any() else float("nan")
    return Sensor(device, place, hour, temp_c, ~(spikes | stuck), state, since)


def _jumping_from(temp_c: Floats) -> int | None:
    """Return the first reading from which a sensor jumps; None where it does not."""
    steps = np.diff(temp_c)
    up, down = np.flatnonzero(steps > SPIKE_C), np.flatnonzero(steps < -SPIKE_C)
    if min(up.size, down.size) < JUMPS:
        return None
    first = int(min(up[0], down[0])) + 1
    return first if up.size + down.size > JUMPING_SHARE * (temp_c.size - first) else None


def _spikes(temp_c: Floats) -> Bools:
    found = np.zeros(temp_c.size, dtype=bool)
    for wide in range(1, SPIKE_READINGS + 1):
        count = temp_c.size - wide - 1
        if count < 1:
            break
        before, after = temp_c[:count], temp_c[wide + 1 :]
        far = np.abs(before - after) <= AGREE_C
        for shift in range(1, wide + 1):
            now = temp_c[shift : shift + count]
            far &= (np.abs(now - before) > SPIKE_C) & (np.abs(now - after) > SPIKE_C)
        for shift in range(1, wide + 1):
            found[shift : shift + count] |= far
    return found


def _stuck(hour: Floats, temp_c: Floats) -> Bools:
    """Mark stretches of one figure; a sensor that never showed another is stuck only where it has many readings."""
    found = np.zeros(temp_c.size, dtype=bool)
    if temp_c.size < STUCK_READINGS:
        return found
    ends = np.flatnonzero(np.diff(temp_c)) + 1
    firsts, lasts = np.append(0, ends), np.append(ends, temp_c.size)
    for n in np.flatnonzero(lasts - firsts >= STUCK_READINGS):
        if hour[lasts[n] - 1] - hour[firsts[n]] >= STUCK_H:
            found[firsts[n] : lasts[n]] = True
    return found


def compared(sensors: list[Sensor]) -> list[Sensor]:
    """Judge the sensors of one place by their median; those that are bad already are left out."""
    fit = [sensor for sensor in sensors if sensor.good.any()]
    if len(fit) < 3:
        return sensors
    made = []
    for sensor in sensors:
        if not sensor.good.any():
            made.append(sensor)
            continue
        hours = sensor.hour[sensor.good]
        beside = [_at(one, hours) for one in fit]
        differ = sensor.temp_c[sensor.good] - np.nanmedian(beside, axis=0)
        far = np.abs(differ) > OFFSET_C
        if abs(float(np.median(differ))) > OFFSET_C or far[len(far) // 2 :].mean() > 0.5:
            none = np.zeros(sensor.hour.size, dtype=bool)
            since = float(hours[np.argmax(far)])
            made.append(replace(sensor, good=none, state="offset", since_h=since))
        else:
            made.append(sensor)
    return made


def differences(sensors: list[Sensor]) -> dict[str, float]:
    """Return by how many kelvin each sensor of a place differs from the others' median, over all it measured.

    A sensor without another that counts at its moments is left out.
    """
    found = {}
    for sensor in sensors:
        beside = [_at(one, sensor.hour) for one in sensors if one is not sensor and one.good.any()]
        known = ~np.all(np.isnan(beside), axis=0) if beside else np.zeros(0, dtype=bool)
        if known.any():
            others = np.nanmedian(np.array(beside)[:, known], axis=0)
            found[sensor.device] = float(np.median(sensor.temp_c[known] - others))
    return found


def _at(sensor: Sensor, hours: Floats) -> Floats:
    """Return what a sensor showed at other moments; NaN before its first and after its last reading that counts."""
    return np.interp(hours, sensor.hour[sensor.good], sensor.temp_c[sensor.good], left=np.nan, right=np.nan)
