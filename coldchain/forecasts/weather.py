"""Daily temperatures, and the degree-days a week has: as it was, or as it is in a normal year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.errors import BadInputError, Fault, demand_right
from coldchain.forecasts.dates import Step, label_of, number_of, read_date
from coldchain.forecasts.reading import Table, columns_of, number_in, raw_of
from coldchain.language import _

BASE_C = 10.0
"""Mean temperature of a day below which a crop does not develop: usual for warm-season crops."""
HEADINGS = {"date": ("date", "day", "日期"), "temp_c": ("temp_c", "tmean", "temperature", "平均气温", "气温")}
COLDEST_C, WARMEST_C = -60.0, 60.0
DAYS = 7
WEEKS = 52


@dataclass(frozen=True)
class Weather:
    """Mean temperature of days by their ordinal."""

    file: str
    temp_c: dict[int, float]

    @property
    def first(self) -> int:
        """The first week with a day in it."""
        return number_of(date.fromordinal(min(self.temp_c)), Step.WEEK)

    def degree_days(self, first: int, last: int, base_c: float) -> Floats:
        """Return the degree-days above the base of the weeks from ``first`` to before ``last``; NaN without any day.

        Of a week with days missing those there are stand for all.
        """
        found = np.full(last - first, np.nan)
        for week in range(first, last):
            monday = week * DAYS + 1
            days = [self.temp_c[day] for day in range(monday, monday + DAYS) if day in self.temp_c]
            if days:
                found[week - first] = DAYS * float(np.mean(np.maximum(np.array(days) - base_c, 0.0)))
        return found


def week_of_year(weeks: Ints) -> Ints:
    """Return the place of weeks in the year, 0 to 51; of a year with 53 the last two share one."""
    return np.array(
        [min(date.fromordinal(int(week) * DAYS + 1).isocalendar().week, WEEKS) - 1 for week in weeks], dtype=np.int64
    )


def read_weather(table: Table) -> Weather:
    """Read a table with the columns date and temp_c.

    Raises
    ------
    BadInputError
        Listing every row with a date or temperature that is none, and days given twice.
    """
    raw = raw_of(table, HEADINGS)
    columns, faults = columns_of(raw, HEADINGS)
    found: dict[int, float] = {}
    if len(columns) == len(HEADINGS):
        for line, cells in raw.rows:
            faults += _day(raw.file, line, {field: cells.get(head, "") for field, head in columns.items()}, found)
    faults = [*raw.faults, *faults]
    demand_right(faults)
    if not found:
        raise BadInputError([Fault(raw.file, None, "", "", _("holds no values"), "no-rows")])
    return Weather(raw.file, found)


def _day(file: str, line: int, cells: dict[str, str], found: dict[int, float]) -> Iterator[Fault]:
    spot = read_date(cells["date"])
    if spot is None or spot.step is not None:
        message = _("must be a day such as 2026-03-14")
        yield Fault(file, line, "date", cells["date"], message, "not-a-date")
        return
    value, fault = number_in(file, line, "temp_c", cells["temp_c"])
    if fault is not None:
        yield fault
    elif not COLDEST_C <= value <= WARMEST_C:
        message = _("must be a temperature between {low:g} and {high:g} °C").format(low=COLDEST_C, high=WARMEST_C)
        yield Fault(file, line, "temp_c", cells["temp_c"], message, "not-a-temperature")
    elif spot.day.toordinal() in found:
        yield Fault(file, line, "date", cells["date"], _("the day is given twice"), "doubled-row")
    else:
        found[spot.day.toordinal()] = value


def week_label(week: int) -> str:
    """Return the Monday of a week."""
    return label_of(week, Step.WEEK)
