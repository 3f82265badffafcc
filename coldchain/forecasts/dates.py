"""Dates as people write them, and the step of a series: days, weeks or months."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np

FULL = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\d{2}:?\d{2}.*)?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
WEEK = re.compile(r"(\d{4})[-年 ]?第?[Ww]?(\d{1,2})周|(\d{4})-?[Ww](\d{1,2})")
MONDAY = 1
"""Ordinal of the first Monday: weeks are counted from it."""


class Step(StrEnum):
    """The step of a series, and of how many steps its season consists."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def season(self) -> int:
        """Steps after which the season comes again: 12 months, 52 weeks; of days the 7 of a week."""
        return {Step.DAY: 7, Step.WEEK: 52, Step.MONTH: 12}[self]


SPACING = ((1, 3, Step.DAY), (5, 10, Step.WEEK), (26, 32, Step.MONTH))
"""Days between neighbouring dates, from and to, by which a step is known."""


@dataclass(frozen=True)
class WrittenDate:
    """A date as written: a day in it, and the step where the writing itself tells it."""

    day: date
    step: Step | None = None


def read_date(text: str) -> WrittenDate | None:
    """Read a day, a month or a week of the ISO calendar; None when it is none of them.

    Examples
    --------
    >>> [str(read_date(text).day) for text in ("2026-03-14", "2026/3", "2026年3月14日", "2026-W11", "20260314")]
    ['2026-03-14', '2026-03-01', '2026-03-14', '2026-03-09', '2026-03-14']
    >>> read_date("2026-13-01")
    """
    try:
        if found := FULL.fullmatch(text) or COMPACT.fullmatch(text):
            return WrittenDate(date(int(found[1]), int(found[2]), int(found[3])))
        if found := WEEK.fullmatch(text):
            return WrittenDate(date.fromisocalendar(int(found[1] or found[3]), int(found[2] or found[4]), 1), Step.WEEK)
        if found := MONTH.fullmatch(text):
            return WrittenDate(date(int(found[1]), int(found[2]), 1), Step.MONTH)
    except ValueError:
        return None
    return None


def spacing_days(days_of_series: Iterable[Iterable[date]]) -> float:
    """Return the commonest distance between neighbouring dates of one series; NaN when no series has two.

    Examples
    --------
    >>> spacing_days([[date(2026, 1, 1), date(2026, 1, 8), date(2026, 1, 15)]])
    7.0
    """
    gaps: list[int] = []
    for days in days_of_series:
        ordered = sorted({day.toordinal() for day in days})
        gaps += np.diff(ordered).tolist()
    return float(np.median(gaps)) if gaps else float("nan")


def step_of(spacing: float) -> Step | None:
    """Return the step that fits a distance in days; None when none does."""
    return next((step for least, most, step in SPACING if least <= spacing <= most), None)


def number_of(day: date, step: Step) -> int:
    """Return the number of the day, week or month a day lies in.

    Examples
    --------
    >>> number_of(date(2026, 1, 31), Step.MONTH) - number_of(date(2025, 12, 1), Step.MONTH)
    1
    """
    if step is Step.MONTH:
        return day.year * 12 + day.month - 1
    ordinal = day.toordinal()
    return (ordinal - MONDAY) // 7 if step is Step.WEEK else ordinal


def label_of(number: int, step: Step) -> str:
    """Return the date of a step as files have it: a month, the Monday of a week, a day.

    Examples
    --------
    >>> label_of(number_of(date(2026, 3, 14), Step.WEEK), Step.WEEK), label_of(2026 * 12 + 2, Step.MONTH)
    ('2026-03-09', '2026-03')
    """
    if step is Step.MONTH:
        return f"{number // 12:04d}-{number % 12 + 1:02d}"
    day = date.fromordinal(number * 7 + MONDAY) if step is Step.WEEK else date.fromordinal(number)
    return str(day)


def monday_of(day: date) -> date:
    """Return the Monday of the week of a day."""
    return day - timedelta(days=day.weekday())
