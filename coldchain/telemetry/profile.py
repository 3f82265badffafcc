"""Temperature of a place over a day: measured where sensors were, bracketed where they were not.

A reading is as exact as its sensor. In a gap the air can at most run towards the hottest and the coldest it may meet,
each with a half-time, from the reading before and back from the reading after; in between lies the straight line. A
place that was never measured is as planned, within the same ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.telemetry.health import Sensor

CHANGE_HALF_H = 0.2
"""Time in which the air of a body or a room can take on half the difference, its door open or its cooling gone."""
GRID_H = 1.0 / 12.0
ACCURACY_C = 0.5
"""Kelvin by which a sensor may be off and still be in order (EN 12830, class 1)."""
UNKNOWN_C = 6.0
"""Kelvin by which the air outside may differ from the period's hourly mean on one day, either way."""
SUN_C = 8.0
"""Kelvin by which a closed body may stand above the air outside."""


@dataclass(frozen=True)
class AirReach:
    """Coldest and hottest that the air of a place may come to."""

    coldest_c: float
    hottest_c: float


def merged(sensors: Sequence[Sensor]) -> tuple[Floats, Floats, float]:
    """Return hours and mean temperature of the sensors of a place, and the step beyond which readings are missing.

    At each moment at which any of them measured, those count that measured just before and after.
    """
    fit = [one for one in sensors if one.good.any()]
    if not fit:
        return np.empty(0), np.empty(0), 0.0
    grid = np.unique(np.concatenate([one.hour[one.good] for one in fit]))
    total, count = np.zeros(grid.size), np.zeros(grid.size)
    for one in fit:
        hours, temps = one.hour[one.good], one.temp_c[one.good]
        after = np.clip(np.searchsorted(hours, grid), 0, hours.size - 1)
        exact = hours[after] == grid
        before = np.maximum(after - 1, 0)
        inside = (hours[before] < grid) & (grid < hours[after]) & (hours[after] - hours[before] <= one.gap_h)
        use = exact | inside
        total[use] += np.interp(grid[use], hours, temps)
        count[use] += 1.0
    return grid, total / count, max(one.gap_h for one in fit)


def profile_of(hour: Floats, temp_c: Floats, gap_h: float, reach: AirReach, first_h: float, last_h: float) -> Floats:
    """Return the profile of a place over a stretch of time, shape (points, 4): hour, least, likely, greatest.

    Parameters
    ----------
    hour, temp_c : readings in order of time, at least one
    """
    coldest = min(reach.coldest_c, float(temp_c.min()))
    hottest = max(reach.hottest_c, float(temp_c.max()))
    pieces = [np.column_stack([hour, temp_c - ACCURACY_C, temp_c, temp_c + ACCURACY_C])]
    gaps = [(n, n + 1) for n in np.flatnonzero(np.diff(hour) > gap_h)]
    ends = [(float(hour[a]), float(temp_c[a]), float(hour[b]), float(temp_c[b])) for a, b in gaps]
    if first_h < hour[0] - 1e-9:
        ends.append((first_h, np.nan, float(hour[0]), float(temp_c[0])))
    if last_h > hour[-1] + 1e-9:
        ends.append((float(hour[-1]), float(temp_c[-1]), last_h, np.nan))
    pieces += [_bracket(*end, coldest, hottest) for end in ends]
    rows = np.concatenate(pieces)
    return np.asarray(rows[np.lexsort((rows[:, 3] - rows[:, 1], rows[:, 0]))])


def _bracket(start_h: float, start_c: float, end_h: float, end_c: float, coldest_c: float, hottest_c: float) -> Floats:
    """Return the inner points of a gap; an end without reading is NaN, and counts as the other one's likely course."""
    count = max(int(np.ceil((end_h - start_h) / GRID_H)), 2)
    hours = np.linspace(start_h, end_h, count + 1)
    inner = slice(0 if np.isnan(start_c) else 1, count + 1 if np.isnan(end_c) else count)
    hours = hours[inner]
    low, high = np.full(hours.size, coldest_c), np.full(hours.size, hottest_c)
    for known_c, passed in ((start_c, hours - start_h), (end_c, end_h - hours)):
        if not np.isnan(known_c):
            near = 0.5 ** (passed / CHANGE_HALF_H)
            high = np.minimum(high, hottest_c + (known_c - hottest_c) * near)
            low = np.maximum(low, coldest_c + (known_c - coldest_c) * near)
    first_c = end_c if np.isnan(start_c) else start_c
    last_c = start_c if np.isnan(end_c) else end_c
    share = (hours - start_h) / (end_h - start_h)
    likely = first_c * (1.0 - share) + last_c * share
    low, high = np.minimum(low, likely) - ACCURACY_C, np.maximum(high, likely) + ACCURACY_C
    return np.column_stack([hours, low, likely, high])


def air_profile(air_c: Floats, first_h: float, last_h: float) -> Floats:
    """Return the profile of the open air of a period, from one clock hour to another."""
    inner = np.arange(np.ceil(first_h), np.floor(last_h) + 1.0)
    hours = np.unique(np.concatenate([[first_h], inner, [last_h]]))
    whole = np.floor(hours).astype(np.int64)
    share = hours - whole
    likely = air_c[whole % 24] * (1.0 - share) + air_c[(whole + 1) % 24] * share
    return np.column_stack([hours, likely - UNKNOWN_C, likely, likely + UNKNOWN_C])


def steady_profile(likely_c: float, reach: AirReach, first_h: float, last_h: float) -> Floats:
    """Return the profile of a place that was never measured and should have kept one temperature."""
    low, high = min(reach.coldest_c, likely_c), max(reach.hottest_c, likely_c)
    return np.array([[first_h, low, likely_c, high], [last_h, low, likely_c, high]])
