"""Clock times for people and hours for machines; which period a day falls in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Period
from coldchain.model.naming import labelled, of_periods
from coldchain.model.seasons import months_of
from coldchain.scenario.units import clock_hours

MINUTES_A_DAY = 1440
LATEST_H = 48.0
_DATED = re.compile(r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[T ]+")
_DECIMAL = re.compile(r"(\d{1,2})\.(\d+)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*\+(\d))?")


def clock(hours: float) -> str:
    """Write an hour of the day as a clock time.

    Examples
    --------
    >>> clock(8.5), clock(25.25), clock(7.9999)
    ('08:30', '01:15 +1', '08:00')
    """
    day, minutes = divmod(round(hours * 60.0), MINUTES_A_DAY)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f" +{day}" if day else "")


def span(hours: float) -> str:
    """Write a length of time.

    Examples
    --------
    >>> span(1.26), span(0.05)
    ('1 h 16 min', '3 min')
    """
    whole, minutes = divmod(round(hours * 60.0), 60)
    return (
        _("{whole} h {minutes:02d} min").format(whole=whole, minutes=minutes)
        if whole
        else _("{minutes} min").format(minutes=minutes)
    )


def parse_clock(text: str) -> float:
    """Read ``08:30``, ``8:30:00``, ``01:15 +1`` or hours such as ``8.5``.

    Raises
    ------
    ValueError
        When it is no time of the day or the next.

    Examples
    --------
    >>> parse_clock("08:30"), parse_clock("8.25"), parse_clock("01:15 +1")
    (8.5, 8.25, 25.25)
    """
    matched = _CLOCK.fullmatch(text.strip())
    wrong = _('must be a clock time such as 08:30, or hours up to {LATEST_H:g}; got "{text}"').format(
        LATEST_H=LATEST_H, text=text
    )
    if matched and int(matched[2]) >= 60:
        raise ValueError(wrong)
    try:
        hours = int(matched[1]) + int(matched[2]) / 60.0 + 24.0 * int(matched[3] or 0) if matched else float(text)
    except ValueError:
        raise ValueError(wrong) from None
    if not 0.0 <= hours <= LATEST_H:
        raise ValueError(wrong)
    return hours


def read_clock(text: str) -> float:
    """Read a clock time as people and spreadsheets write it: 8:30, 8点半, 8.30, or 0.3541667 of a day.

    Two figures behind the point are minutes where they cannot be a share of the hour; what may be either is asked.

    Raises
    ------
    ValueError
        When it is no time of the day or the next, or may be two.

    Examples
    --------
    >>> read_clock("8点半"), read_clock("8.30"), read_clock("0.3333333"), read_clock("2026-07-15 08:30")
    (8.5, 8.5, 8.0, 8.5)
    """
    plain = _DATED.sub("", text.strip())
    if (spoken := clock_hours(plain)) is not None:
        return float(spoken)
    decimal = _DECIMAL.fullmatch(plain)
    if decimal is None:
        return parse_clock(plain)
    hour, behind = int(decimal[1]), decimal[2]
    if (len(behind) > 2 and hour < 2) or hour == 0:
        return round(float(plain) * MINUTES_A_DAY) / 60.0
    if (behind.strip("0") in ("", "5") and len(behind) == 1) or behind in ("00", "75") or len(behind) > 2:
        return parse_clock(plain)
    minutes = int(behind) if len(behind) == 2 else 10 * int(behind)
    if len(behind) == 2 and minutes < 60 and behind not in ("25", "50"):
        return hour + minutes / 60.0
    raise ValueError(
        _('may be {one} or {other}; write it with a colon; got "{text}"').format(
            one=clock(float(plain)), other=clock(hour + minutes / 60.0), text=text
        )
    )


def parse_span(text: str) -> tuple[float, float]:
    """Read opening hours such as ``06:00-22:00``.

    Raises
    ------
    ValueError
        When they are no two times in order.

    Examples
    --------
    >>> parse_span("06:00-22:30")
    (6.0, 22.5)
    """
    first, _dash, last = text.replace("–", "-").partition("-")
    opens, closes = read_clock(first), read_clock(last)
    if closes <= opens:
        raise ValueError(_('must end after it begins; got "{text}"').format(text=text))
    return opens, closes


def period_of(periods: Sequence[Period], day: str) -> int:
    """Return the index of the period a day falls in.

    Parameters
    ----------
    day : id or name of a period, or its season in English or Chinese; the number of a gathering day, counted from 1
        through the periods in their order; or a date such as 2026-07-15, placed by the months or the season that the
        periods' ids and names tell of

    Raises
    ------
    UsageError
        When the day is none of these, or no period, or more than one, tells of the date's month.
    """
    wanted = day.strip().lower()
    match = of_periods((one.id, one.name) for one in periods).find(day.strip())
    if match.found:
        return next(n for n, period in enumerate(periods) if period.id == match.id)
    if wanted.isdigit():
        return _by_number(periods, int(wanted))
    try:
        month = date.fromisoformat(wanted).month
    except ValueError:
        known = _(", ").join(labelled(period.id, period.name) for period in periods)
        message = _('--day must be a period ({known}), a day number or a date such as 2026-07-15; got "{day}"').format(
            known=known, day=day
        )
        raise UsageError(message) from None
    found = [n for n, period in enumerate(periods) if month in months_of(period)]
    if len(found) != 1:
        known = ", ".join(period.id for period in periods)
        raise UsageError(
            _("--day {day}: the periods do not tell which of them has month {month}; name one of {known}").format(
                day=day, month=month, known=known
            )
        )
    return found[0]


def _by_number(periods: Sequence[Period], number: int) -> int:
    ends = 0.0
    for n, period in enumerate(periods):
        ends += period.days
        if 1 <= number <= ends:
            return n
    raise UsageError(
        _("--day must be a gathering day from 1 to {ends:g}; got {number}").format(ends=ends, number=number)
    )
