"""Months and seasons that the names of periods tell of."""

from __future__ import annotations

import re

from coldchain.model.goods import Period

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SEASONS: dict[str, tuple[int, ...]] = {
    "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "fall": (9, 10, 11), "winter": (12, 1, 2),
    "春": (3, 4, 5), "夏": (6, 7, 8), "秋": (9, 10, 11), "冬": (12, 1, 2),
}  # fmt: skip
PAIR = re.compile(r"(\d{1,2})\s*月?\s*(?:份|[上中下]旬|初|中|底)*\s*[-–—~～至到]\s*(\d{1,2})\s*月")
LISTED = re.compile(r"(\d{1,2})(?=(?:[、,，/]\s*\d{1,2})*\s*月)")


def months_of(period: Period) -> tuple[int, ...]:
    """Return the months a period's name or id tells of; none when they tell of none.

    Examples
    --------
    >>> months_of(Period(id="s", name="summer (Jun-Aug)", days=85, temp_min_c=20, temp_max_c=30))
    (6, 7, 8)
    >>> months_of(Period(id="冬", days=85, temp_min_c=2, temp_max_c=9))
    (12, 1, 2)
    """
    return months_in(f"{period.name} {period.id}")


def months_in(text: str) -> tuple[int, ...]:
    """Return the months that a text tells of, by number, by name or by season.

    Examples
    --------
    >>> months_in("7月下旬至8月"), months_in("11-12月"), months_in("6、7月"), months_in("夏天"), months_in("Q1")
    ((7, 8), (11, 12), (6, 7), (6, 7, 8), ())
    """
    plain = text.lower()
    spoken = "|".join(MONTHS)
    if pair := re.search(rf"\b({spoken})[a-z]*\s*[-–]\s*({spoken})", plain):
        return _through(MONTHS.index(pair[1]) + 1, MONTHS.index(pair[2]) + 1)
    if (numbers := PAIR.search(plain)) and all(1 <= int(numbers[n]) <= 12 for n in (1, 2)):
        return _through(int(numbers[1]), int(numbers[2]))
    if listed := [int(one) for one in LISTED.findall(plain) if 1 <= int(one) <= 12]:
        return tuple(dict.fromkeys(listed))
    if single := re.search(rf"\b({spoken})", plain):
        return (MONTHS.index(single[1]) + 1,)
    return next((months for word, months in SEASONS.items() if word in plain), ())


def _through(first: int, last: int) -> tuple[int, ...]:
    return tuple((first - 1 + n) % 12 + 1 for n in range((last - first) % 12 + 1))
