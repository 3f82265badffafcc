"""Means and integrals of what a logger recorded: exact from readings, bounded where it kept only figures of days.

Between readings the rate goes straight: ``∫ f(T) dt = Σ (f(T_a) + f(T_b))/2 · Δt``. Of a day with least, greatest and
mean temperature alone, the mean of ``f`` lies between the lower and the upper convex envelope of ``f`` over that range,
read at the mean: no course of temperatures with these three figures leads further, and some reach both ends. The
likely value is that of a day spent at the two extremes: over 32 crops and the 37 days of a Fridge-tag 2 L that kept
both figures and readings, the truth lay 0.65 to 1.2 of the way from steady at the mean to there, 1.0 in the middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.telemetry.record import LoggerDay, LoggerRecord

KELVIN = 273.15
KINETIC_K = 83.144 / 0.0083144
"""Heat of activation over the gas constant, as pharmacopoeias count the mean kinetic temperature."""
RESOLUTION_C = 0.1
"""Loggers keep a tenth of a degree, cut or rounded."""
GRID = 161
Rate = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Interval:
    """A figure with the least and greatest it can be."""

    low: float
    likely: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        """Add two intervals end by end."""
        return Interval(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def scaled(self, factor: float) -> Interval:
        """Return the interval times a number that is not negative."""
        return Interval(self.low * factor, self.likely * factor, self.high * factor)


def mean_kinetic_c(temp_c: Floats) -> float:
    """Mean kinetic temperature of readings taken at even steps, with 83.144 kJ/mol.

    Examples
    --------
    >>> round(mean_kinetic_c(np.array([5.0, 5.0])), 9), mean_kinetic_c(np.array([0.0, 20.0])) > 10.0
    (5.0, True)
    """
    return kinetic_c(float(np.exp(-KINETIC_K / (temp_c + KELVIN)).mean()))


def kinetic_c(mean_rate: float) -> float:
    """Return the steady temperature whose kinetic rate is ``mean_rate``."""
    return KINETIC_K / -math.log(mean_rate) - KELVIN


def kinetic_rate(temp_c: Floats) -> Floats:
    """Return the rate of the mean kinetic temperature, without its constant factor."""
    return np.asarray(np.exp(-KINETIC_K / (temp_c + KELVIN)))


def bounds_of_mean(rate: Rate, min_c: float, max_c: float, mean_c: float) -> tuple[float, float]:
    """Return the least and greatest mean of a rate over all courses of temperature with these figures.

    The figures are taken to be exact to :data:`RESOLUTION_C` either way.

    Examples
    --------
    >>> low, high = bounds_of_mean(lambda temp: temp, 0.0, 10.0, 4.0)
    >>> round(low, 9), round(high, 9)
    (3.9, 4.1)
    """
    low_c, high_c = min_c - RESOLUTION_C, max_c + RESOLUTION_C
    mean_c = min(max(mean_c, min_c), max_c)
    grid = np.unique(np.concatenate([np.linspace(low_c, high_c, GRID), [mean_c - RESOLUTION_C, mean_c + RESOLUTION_C]]))
    values = rate(grid)
    ends = [_envelopes(grid, values, mean_c + shift) for shift in (-RESOLUTION_C, RESOLUTION_C)]
    return min(low for low, _high in ends), max(high for _low, high in ends)


def _envelopes(grid: Floats, values: Floats, at: float) -> tuple[float, float]:
    """Return the lower and upper convex envelope of points at one place: the extreme chords that pass over it."""
    left, right = grid <= at + 1e-12, grid >= at - 1e-12
    width = grid[right][None, :] - grid[left][:, None]
    share = np.divide(at - grid[left][:, None], width, out=np.zeros_like(width), where=width > 1e-12)
    chords = values[left][:, None] * (1.0 - share) + values[right][None, :] * share
    return float(chords.min()), float(chords.max())


def whole_integral(record: LoggerRecord, rate: Rate) -> Interval:
    """Integrate a rate per hour over a record, readings first, days where there are gaps or no readings.

    Returns
    -------
    Interval; its ends meet where readings leave no gap
    """
    if not record.time_s.size:
        total = Interval(0.0, 0.0, 0.0)
        for day in record.days:
            total += _of_day(record, day, rate)
        return total
    return _of_readings(record, rate)


def _of_day(record: LoggerRecord, day: LoggerDay, rate: Rate) -> Interval:
    """Integrate over one day; hours without a sensor may have had any temperature of the record."""
    hours, silent = (day.end_s - day.start_s) / 3600.0, day.silent_s / 3600.0
    mean = day.mean_c if day.entire else None
    known = _mean_rate(rate, day.min_c, day.max_c, mean, day.mean_c).scaled(hours - silent)
    if not silent:
        return known
    return known + _mean_rate(rate, *record.extremes_c, None, day.mean_c).scaled(silent)


def _mean_rate(rate: Rate, min_c: float, max_c: float, mean_c: float | None, likely_c: float) -> Interval:
    """Return the mean of a rate: bounded by the mean temperature where it is that of the time asked about."""
    grid = np.linspace(min_c - RESOLUTION_C, max_c + RESOLUTION_C, GRID)
    if mean_c is None:
        low, high = float(rate(grid).min()), float(rate(grid).max())
    else:
        low, high = bounds_of_mean(rate, min_c, max_c, mean_c)
    share = (likely_c - min_c) / (max_c - min_c) if max_c > min_c else 0.0
    coldest, warmest = rate(np.array([min_c, max_c]))
    likely = float(coldest) * (1.0 - share) + float(warmest) * share
    return Interval(low, min(max(likely, low), high), high)


def _of_readings(record: LoggerRecord, rate: Rate) -> Interval:
    rates, hours = rate(record.temp_c), np.diff(record.time_s) / 3600.0
    pieces = 0.5 * (rates[:-1] + rates[1:]) * hours
    gaps = np.flatnonzero(np.diff(record.time_s) > record.gap_s)
    known = float(np.delete(pieces, gaps).sum())
    total = Interval(known, known, known)
    for gap in gaps:
        total += _of_gap(record, int(gap), rate)
    return total


def _of_gap(record: LoggerRecord, gap: int, rate: Rate) -> Interval:
    """Integrate over a gap between two readings: within the figures of each day it reaches into."""
    first, last = float(record.time_s[gap]), float(record.time_s[gap + 1])
    total, done = Interval(0.0, 0.0, 0.0), first
    for day in record.days:
        begin, end = max(first, day.start_s), min(last, day.end_s)
        if end > begin:
            entire = day.entire and begin == day.start_s and end == day.end_s and not day.silent_s
            mean = day.mean_c if entire else None
            total += _mean_rate(rate, day.min_c, day.max_c, mean, day.mean_c).scaled((end - begin) / 3600.0)
            done += end - begin
    middle = 0.5 * float(record.temp_c[gap] + record.temp_c[gap + 1])
    rest = _mean_rate(rate, *record.extremes_c, None, middle)
    return total + rest.scaled((last - done) / 3600.0)
