"""A table of series, dates and values, read from a file; every row that does not fit is named."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from coldchain.errors import BadInputError, Fault
from coldchain.forecasts.dates import Step, WrittenDate, label_of, number_of, read_date, spacing_days, step_of
from coldchain.language import _
from coldchain.scenario.frames import frame_table
from coldchain.scenario.tables import RawTable, read_raw

HEADINGS = {
    "series": (
        "series",
        "product",
        "product_zh",
        "crop",
        "commodity",
        "market",
        "序列",
        "品名",
        "品种",
        "产品",
        "市场",
    ),
    "date": ("date", "month", "week", "day", "日期", "月份", "周", "时间"),
    "value": ("value", "price", "tonnes", "数值", "价格", "均价", "吨"),
}
"""What the columns may be called, in any case."""
MISSING = ("", "-", "—", "/", "na", "n/a", "nan", "null", "无")
CLOSED = ("closed", "休市", "停市", "闭市", "关闭")
"""How a market that was closed is written in place of a value."""
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
Key = tuple[str, int]


@dataclass(frozen=True)
class Entry:
    """One row that could be read."""

    line: int
    series: str
    spot: WrittenDate
    value: float


@dataclass(frozen=True)
class DatedSeries:
    """What a file holds.

    Attributes
    ----------
    values : (series, number of the day, week or month) -> value
    names : the series in the order in which they appear
    faults : warnings; errors are raised
    """

    file: str
    step: Step
    names: tuple[str, ...]
    values: dict[Key, float]
    faults: tuple[Fault, ...] = ()


Table = Path | str | pd.DataFrame
"""A file, or a frame whose rows are named by their label or place."""


def read_series(table: Table) -> DatedSeries:
    """Read the columns series, date and value.

    Raises
    ------
    BadInputError
        Listing every row with a date or value that is none, a negative value, or a second value for one date.
    """
    return _series_of(raw_of(table, HEADINGS))


def raw_of(table: Table, headings: Mapping[str, tuple[str, ...]]) -> RawTable:
    """Return a table as text; its header is the row with most of the headings.

    Raises
    ------
    BadInputError
        When it cannot be read at all.
    """
    known = {name for names in headings.values() for name in names}
    if isinstance(table, pd.DataFrame):
        raw = frame_table(_("table"), table)
    else:
        raw = read_raw(Path(table), lambda cells: sum(cell.lower() in known for cell in cells))
    if not raw.header:
        raise BadInputError(raw.faults)
    return raw


def _series_of(raw: RawTable) -> DatedSeries:
    columns, faults = columns_of(raw, HEADINGS)
    faults = [*raw.faults, *faults]
    if len(columns) < len(HEADINGS):
        raise BadInputError(faults)
    entries: list[Entry] = []
    for line, cells in raw.rows:
        faults += _read(raw.file, line, {key: cells.get(name, "") for key, name in columns.items()}, columns, entries)
    if not entries and not any(not fault.warning for fault in faults):
        faults.append(Fault(raw.file, None, "", "", _("holds no values"), "no-rows"))
    step, wrong = _step(raw.file, entries, columns["date"]) if entries else (None, [])
    values: dict[Key, float] = {}
    if step is not None:
        values, doubled = _placed(raw.file, entries, step, columns["date"])
        wrong += [*doubled, *_unsorted(raw.file, entries, columns["date"])]
    if step is None or any(not fault.warning for fault in (*faults, *wrong)):
        raise BadInputError([*faults, *wrong])
    return DatedSeries(raw.file, step, tuple(dict.fromkeys(one.series for one in entries)), values, (*faults, *wrong))


def columns_of(raw: RawTable, headings: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, str], list[Fault]]:
    """Return field -> heading; a field without a column is an error, a column without a field a warning."""
    columns: dict[str, str] = {}
    for field, names in headings.items():
        found = next((head for name in names for head in raw.header if head.lower() == name), None)
        if found is not None:
            columns[field] = found
    faults = []
    for field in headings.keys() - columns.keys():
        message = _("there is no such column; it may be called {names}").format(names=_(", ").join(headings[field]))
        faults.append(Fault(raw.file, raw.header_line, field, "", message, "missing-column"))
    unused = [name for name in raw.header if name and name not in columns.values()]
    if unused:
        message = _("these columns are not used: {names}").format(names=_(", ").join(unused))
        faults.append(Fault(raw.file, raw.header_line, "", "", message, "unused-columns", warning=True))
    return columns, sorted(faults)


def _read(
    file: str, line: int, cells: dict[str, str], columns: dict[str, str], entries: list[Entry]
) -> Iterator[Fault]:
    """Add the entry of a row, or yield what is wrong with it."""
    spot, value, text = read_date(cells["date"]), math.nan, cells["value"]
    if not cells["series"]:
        yield Fault(file, line, columns["series"], "", _("the name of the series is missing"), "missing")
    if spot is None:
        message = _("must be a date such as 2026-03-14, 2026-03 or 2026-W11")
        yield Fault(file, line, columns["date"], cells["date"], message, "not-a-date")
    if text.lower() in MISSING:
        message = _("has no value; the date counts as missing")
        yield Fault(file, line, columns["value"], text, message, "missing-value", warning=True)
        return
    if text.lower() in CLOSED:
        message = _("the market was closed; the date counts as missing")
        yield Fault(file, line, columns["value"], text, message, "missing-value", warning=True)
        return
    value, fault = number_in(file, line, columns["value"], text)
    if fault is not None:
        yield fault
    elif value < 0.0:
        yield Fault(file, line, columns["value"], text, _("must not be negative"), "out-of-range")
    elif value == 0.0:
        message = _("is no price and no demand to learn from; the date counts as missing")
        yield Fault(file, line, columns["value"], text, message, "zero-value", warning=True)
    elif spot is not None and cells["series"]:
        entries.append(Entry(line, cells["series"], spot, value))


def number_in(file: str, line: int, column: str, text: str) -> tuple[float, Fault | None]:
    """Read a number; commas stand between thousands only: 1,5 is none."""
    try:
        value = float(text.replace(",", "") if THOUSANDS.fullmatch(text) else text)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value, None
    return math.nan, Fault(file, line, column, text, _("must be a number"), "not-a-number")


def _step(file: str, entries: Sequence[Entry], column: str) -> tuple[Step | None, list[Fault]]:
    """Return the step of all series: the one written, else the one the distances between dates tell."""
    stated = {one.spot.step for one in entries}
    if len(stated) > 1:
        first = next(one for one in entries if one.spot.step is entries[0].spot.step)
        other = next(one for one in entries if one.spot.step is not first.spot.step)
        message = _("days, weeks and months are mixed in one column; row {row} is written in another way").format(
            row=first.line
        )
        return None, [Fault(file, other.line, column, "", message, "mixed-dates")]
    if (step := entries[0].spot.step) is not None:
        return step, []
    by_series: dict[str, list[date]] = {}
    for one in entries:
        by_series.setdefault(one.series, []).append(one.spot.day)
    spacing = spacing_days(by_series.values())
    found = step_of(spacing)
    if found is not None:
        return found, []
    message = _("dates must follow each other by days, weeks or months; got mostly {days:g} days between them")
    if math.isnan(spacing):
        message = _("every series has one date only; at least two seasons are needed")
    return None, [Fault(file, None, column, "", message.format(days=spacing), "no-step")]


def _placed(file: str, entries: Sequence[Entry], step: Step, column: str) -> tuple[dict[Key, float], list[Fault]]:
    """Return the value of each series and step; rows that give one a second time are named."""
    first: dict[Key, Entry] = {}
    faults: list[Fault] = []
    for one in entries:
        key = one.series, number_of(one.spot.day, step)
        known = first.setdefault(key, one)
        if known is one:
            continue
        shown = f"{one.series}, {label_of(key[1], step)}"
        if known.value == one.value:
            message = _("the row is doubled; it counts once")
            faults.append(Fault(file, one.line, column, shown, message, "doubled-row", warning=True))
        else:
            message = _("has a second value, {value:g}; row {row} gives {first:g}").format(
                value=one.value, row=known.line, first=known.value
            )
            faults.append(Fault(file, one.line, column, shown, message, "second-value"))
    return {key: one.value for key, one in first.items()}, faults


def _unsorted(file: str, entries: Sequence[Entry], column: str) -> Iterator[Fault]:
    """Warn once of series whose dates do not ascend."""
    last: dict[str, Entry] = {}
    for one in entries:
        before = last.get(one.series)
        if before is not None and one.spot.day < before.spot.day:
            message = _("the dates are not in order; they are sorted")
            yield Fault(file, one.line, column, one.series, message, "unsorted", warning=True)
            return
        last[one.series] = one
