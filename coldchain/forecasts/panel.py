"""Series side by side on one calendar, those that can be modelled, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import Fault
from coldchain.forecasts.dates import Step, label_of
from coldchain.forecasts.reading import DatedSeries
from coldchain.language import _, plural

SEASONS_NEEDED = 2
"""Whole seasons a series needs in a row: one to compare with, one to learn from."""
LONGEST_FILLED = 2
"""Missing steps in a row that are filled in between their neighbours; what is longer parts a series."""


@dataclass(frozen=True)
class Unmodelled:
    """A series with too little data for a model."""

    series: str
    reason: str


@dataclass(frozen=True, eq=False)
class Panel:
    """Series that can be modelled.

    Attributes
    ----------
    values : float64[steps, series]; NaN before a series begins, never after
    first : number of the first step
    unmodelled : the series left out
    faults : what was filled in, as warnings
    """

    step: Step
    first: int
    names: tuple[str, ...]
    values: Floats
    unmodelled: tuple[Unmodelled, ...] = ()
    faults: tuple[Fault, ...] = ()

    def label(self, at: int) -> str:
        """Return the date of a step counted from the first."""
        return label_of(self.first + at, self.step)


def panel_of(series: DatedSeries) -> Panel:
    """Put series on one calendar; of each the part after its last long gap counts, if it reaches the end."""
    numbers = [number for _name, number in series.values]
    first, last = min(numbers), max(numbers)
    kept: list[str] = []
    columns: list[Floats] = []
    unmodelled: list[Unmodelled] = []
    faults: list[Fault] = []
    grid = _grid(series, first, last)
    for column, name in zip(grid.T, series.names, strict=True):
        filled, gaps = _filled(column)
        reason = _too_little(filled, series.step, first)
        if reason:
            unmodelled.append(Unmodelled(name, reason))
            continue
        kept.append(name)
        columns.append(filled)
        faults += [_gap(series, name, first + gap) for gap in gaps]
    values = np.column_stack(columns) if columns else np.empty((last - first + 1, 0))
    return Panel(series.step, first, tuple(kept), values, tuple(unmodelled), tuple(faults))


def _grid(series: DatedSeries, first: int, last: int) -> Floats:
    place = {name: at for at, name in enumerate(series.names)}
    grid = np.full((last - first + 1, len(place)), np.nan)
    for (name, number), value in series.values.items():
        grid[number - first, place[name]] = value
    return grid


def _filled(column: Floats) -> tuple[Floats, list[int]]:
    """Fill short gaps in logarithms, cut what lies before a long one; return also the steps filled."""
    known = np.flatnonzero(np.isfinite(column))
    filled = column.copy()
    gaps: list[int] = []
    for left, right in pairwise(known):
        missing = np.arange(left + 1, right)
        if len(missing) > LONGEST_FILLED:
            filled[:right] = np.nan
            gaps = []
        elif len(missing):
            filled[missing] = np.exp(np.interp(missing, (left, right), np.log(column[[left, right]])))
            gaps += missing.tolist()
    return filled, gaps


def _too_little(column: Floats, step: Step, first: int) -> str:
    """Say why a series cannot be modelled; empty when it can."""
    known = np.flatnonzero(np.isfinite(column))
    needed = SEASONS_NEEDED * step.season
    if known[-1] < len(column) - 1:
        return _("ends at {date}, before the others").format(date=label_of(first + int(known[-1]), step))
    if len(known) < needed:
        message = plural("has {n} value in a row up to its end; {needed} are needed",
                         "has {n} values in a row up to its end; {needed} are needed", len(known))  # fmt: skip
        return message.format(n=len(known), needed=needed)
    if np.ptp(column[known]) == 0.0:
        return _("never changes")
    return ""


def _gap(series: DatedSeries, name: str, number: int) -> Fault:
    message = _("the date is missing; a value between its neighbours stands in")
    shown = f"{name}, {label_of(number, series.step)}"
    return Fault(series.file, None, "date", shown, message, "missing-date", warning=True)
