"""Deliveries of crops by week, and the seasons they fall into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.errors import BadInputError, Fault, demand_right
from coldchain.forecasts.dates import Step, number_of, read_date
from coldchain.forecasts.reading import HEADINGS, Table, columns_of, number_in, raw_of
from coldchain.forecasts.weather import DAYS, WEEKS, week_of_year
from coldchain.language import _

BARE = 0.01
"""Share of a year's harvest in a week below which the week counts as bare when the turn of the season is sought."""
FEWEST_BARE = 4
"""Weeks in a row that must be bare for a crop to have a season at all."""


@dataclass(frozen=True, eq=False)
class Deliveries:
    """Tonnes by week.

    Attributes
    ----------
    first : number of the first week
    tonnes : float64[weeks, crops]; a week without a row is one without a harvest
    """

    file: str
    first: int
    names: tuple[str, ...]
    tonnes: Floats
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class HarvestSeason:
    """Weeks of one harvest year, from ``start`` to before ``end``, counted from the first week of the deliveries.

    Attributes
    ----------
    late : weeks from the day of the year on which a harvest year turns to the Monday of ``start``
    """

    start: int
    end: int
    late: float = 0.0


def read_deliveries(table: Table) -> Deliveries:
    """Read a file with the columns series, date and value in tonnes; several deliveries of one day are added.

    Raises
    ------
    BadInputError
        Listing every row with a date or value that is none, or a negative value.
    """
    raw = raw_of(table, HEADINGS)
    columns, faults = columns_of(raw, HEADINGS)
    faults = [*raw.faults, *faults]
    lots: list[tuple[str, int, float]] = []
    seen: set[tuple[str, str, str]] = set()
    for line, cells in raw.rows if len(columns) == len(HEADINGS) else ():
        row = {field: cells.get(head, "") for field, head in columns.items()}
        key = row["series"], row["date"], row["value"]
        if key in seen:
            shown = _(", ").join(key)
            message = _("the row is doubled; it counts once")
            faults.append(Fault(raw.file, line, columns["date"], shown, message, "doubled-row", warning=True))
            continue
        seen.add(key)
        faults += _lot(raw.file, line, row, lots)
    demand_right(faults)
    if not any(tonnes > 0.0 for _crop, _week, tonnes in lots):
        raise BadInputError([Fault(raw.file, None, "", "", _("holds no values"), "no-rows")])
    return _by_week(raw.file, lots, faults)


def _lot(file: str, line: int, row: dict[str, str], lots: list[tuple[str, int, float]]) -> Iterator[Fault]:
    spot = read_date(row["date"])
    value, fault = number_in(file, line, "value", row["value"])
    if not row["series"]:
        yield Fault(file, line, "series", "", _("the name of the series is missing"), "missing")
    if spot is None or spot.step is Step.MONTH:
        message = _("must be a day or a week, such as 2026-03-14 or 2026-W11")
        yield Fault(file, line, "date", row["date"], message, "not-a-date")
    if fault is not None:
        yield fault
    elif value < 0.0:
        yield Fault(file, line, "value", row["value"], _("must not be negative"), "out-of-range")
    elif spot is not None and row["series"]:
        lots.append((row["series"], number_of(spot.day, Step.WEEK), value))


def _by_week(file: str, lots: Sequence[tuple[str, int, float]], faults: Sequence[Fault]) -> Deliveries:
    names = tuple(dict.fromkeys(crop for crop, _week, _tonnes in lots))
    place = {name: at for at, name in enumerate(names)}
    weeks = [week for _crop, week, _tonnes in lots]
    tonnes = np.zeros((max(weeks) - min(weeks) + 1, len(names)))
    for crop, week, amount in lots:
        tonnes[week - min(weeks), place[crop]] += amount
    return Deliveries(file, min(weeks), names, tonnes, tuple(faults))


def seasons_of(tonnes: Floats, first: int, beyond: int) -> list[HarvestSeason]:
    """Return the harvest years of a crop, up to the one that holds week ``beyond``; empty when it has no bare time.

    A year turns in the middle of the longest time without harvest.
    """
    place = week_of_year(np.arange(first, first + len(tonnes)))
    profile = np.bincount(place, tonnes, minlength=WEEKS)
    bare = profile < BARE * profile.sum()
    turn = _middle_of_longest(bare)
    if turn is None:
        return []
    span = np.arange(-WEEKS - 1, beyond + WEEKS + 2)
    starts = span[week_of_year(first + span) == turn]
    starts = starts[np.insert(np.diff(starts) > 1, 0, True)]
    return [
        HarvestSeason(int(a), int(b), _late(first + int(a), turn)) for a, b in pairwise(starts) if a <= beyond and b > 0
    ]


def _late(week: int, turn: int) -> float:
    monday = date.fromordinal(week * DAYS + 1)
    day = date(monday.isocalendar().year, 1, 1).toordinal() + turn * DAYS
    return (monday.toordinal() - day) / DAYS


def _middle_of_longest(bare: Bools) -> int | None:
    """Return the middle of the longest run around the year; None when it is too short."""
    best, at, run = 0, 0, 0
    for week in range(2 * WEEKS):
        run = run + 1 if bare[week % WEEKS] else 0
        if run > best:
            best, at = run, week - run // 2
    return at % WEEKS if FEWEST_BARE <= best <= WEEKS else None
