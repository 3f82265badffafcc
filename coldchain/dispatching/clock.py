"""Clock times for people and hours for machines; which period a day falls in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Period

MINUTES_A_DAY = 1440
LATEST_H = 48.0
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SEASONS: dict[str, tuple[int, ...]] = {
    "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "fall": (9, 10, 11), "winter": (12, 1, 2),
    "春": (3, 4, 5), "夏": (6, 7, 8), "秋": (9, 10, 11), "冬": (12, 1, 2),
}  # fmt: skip
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*\+(\d))?")
_MONTH_SPAN = re.compile(r"(\d{1,2})月?\s*[-–~至到]\s*(\d{1,2})\s*月")


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
    opens, closes = parse_clock(first), parse_clock(last)
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
    named = [n for n, period in enumerate(periods) if wanted in (period.id.lower(), period.name.lower())]
    if named:
        return named[0]
    season = SEASONS.get(wanted.removesuffix("季"))
    of_season = [n for n, period in enumerate(periods) if season and months_of(period) == season]
    if len(of_season) == 1:
        return of_season[0]
    if wanted.isdigit():
        return _by_number(periods, int(wanted))
    try:
        month = date.fromisoformat(wanted).month
    except ValueError:
        known = ", ".join(period.id for period in periods)
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


def months_of(period: Period) -> tuple[int, ...]:
    """Return the months a period's name or id tells of; none when they tell of none.

    Examples
    --------
    >>> months_of(Period(id="s", name="summer (Jun-Aug)", days=85, temp_min_c=20, temp_max_c=30))
    (6, 7, 8)
    >>> months_of(Period(id="冬", days=85, temp_min_c=2, temp_max_c=9))
    (12, 1, 2)
    """
    text = f"{period.name} {period.id}".lower()
    spoken = "|".join(MONTHS)
    pair = re.search(rf"\b({spoken})[a-z]*\s*[-–]\s*({spoken})", text)
    if pair:
        return _through(MONTHS.index(pair[1]) + 1, MONTHS.index(pair[2]) + 1)
    if (numbers := _MONTH_SPAN.search(text)) and all(1 <= int(numbers[n]) <= 12 for n in (1, 2)):
        return _through(int(numbers[1]), int(numbers[2]))
    if single := re.search(rf"\b({spoken})", text):
        return (MONTHS.index(single[1]) + 1,)
    return next((months for word, months in SEASONS.items() if word in text), ())


def _through(first: int, last: int) -> tuple[int, ...]:
    return tuple((first - 1 + n) % 12 + 1 for n in range((last - first) % 12 + 1))
