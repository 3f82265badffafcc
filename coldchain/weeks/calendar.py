"""Weeks of the ISO calendar, and the period of a county's year that each falls in."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coldchain.errors import UsageError
from coldchain.forecasts.dates import Step, label_of, number_of, read_date
from coldchain.language import _
from coldchain.model import Period
from coldchain.model.seasons import months_of

DAYS = 7
THURSDAY = 3


@dataclass(frozen=True)
class PeriodDays:
    """A period as the calendar has it: its index, and the days of the calendar it lasts."""

    period: int
    calendar_d: float

    def share(self) -> float:
        """Return the share of the period's harvest that a mean week brings."""
        return DAYS / self.calendar_d


def week_number(text: str) -> int:
    """Return the number of a week written as 2026-W31, or of the week a day lies in.

    Raises
    ------
    UsageError
        When it is neither.

    Examples
    --------
    >>> iso_week(week_number("2026-W31")), iso_week(week_number("2026-07-27")), iso_week(week_number("2027-01-02"))
    ('2026-W31', '2026-W31', '2026-W53')
    """
    spot = read_date(text.strip())
    if spot is None or spot.step is Step.MONTH:
        raise UsageError(_('the week must be written like 2026-W31; got "{text}"').format(text=text))
    return number_of(spot.day, Step.WEEK)


def monday(week: int) -> date:
    """Return the first day of a week."""
    return date.fromisoformat(label_of(week, Step.WEEK))


def days_of(week: int) -> tuple[date, ...]:
    """Return Monday to Sunday."""
    return tuple(monday(week) + timedelta(days=n) for n in range(DAYS))


def iso_week(week: int) -> str:
    """Return the name of a week."""
    year, number, _day = monday(week).isocalendar()
    return f"{year}-W{number:02d}"


def _thursday(week: int) -> date:
    return monday(week) + timedelta(days=THURSDAY)


def periods_in(periods: Sequence[Period], week: int) -> list[int]:
    """Return the periods whose names tell of the month that the Thursday of a week lies in."""
    return [n for n, period in enumerate(periods) if _thursday(week).month in months_of(period)]


def span_of(periods: Sequence[Period], week: int) -> PeriodDays:
    """Return the period that a week falls in, by its Thursday and the months that the names of the periods tell of.

    Raises
    ------
    UsageError
        When no period, or more than one, names that month.
    """
    day, found = _thursday(week), periods_in(periods, week)
    if len(found) != 1:
        known = _(", ").join(period.name or period.id for period in periods)
        none = _("{week} lies outside the season: no period names month {month} ({known})")
        text = (
            none if not found else _("{week}: several periods name month {month}: {known}; give each months of its own")
        )
        raise UsageError(text.format(week=iso_week(week), month=day.month, known=known))
    months = months_of(periods[found[0]])
    return PeriodDays(found[0], float(sum(calendar.monthrange(day.year, month)[1] for month in months)))
