"""Readings of a logger as a table: its columns by a mapping file, or told from headings and values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault, shortened
from coldchain.language import _
from coldchain.scenario.delimited import read_delimited
from coldchain.telemetry.columns import CLOCKS, DATES, TEMPERATURES, TIMES, Mapping
from coldchain.telemetry.record import LoggerAlarm, LoggerRecord, seconds_of

TRIED_ROWS = 60
SHOWN = 8
DATE_FORMS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y年%m月%d日",
    "%d %b %Y",
    "%d-%b-%Y",
)
CLOCK_FORMS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
UNIT = re.compile(r"°\s*([CF])|[(\[_ ]([CF])[)\]]?$|(℃)|(℉)", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
COLDEST_C, WARMEST_C = -90.0, 120.0


@dataclass(frozen=True)
class LoggerColumns:
    """Where things stand: index of the header's row, of the columns (dates apart or None), and the unit."""

    header: int
    time: int
    date: int | None
    temperature: int
    fahrenheit: bool


def read_logger_table(file: str, text: str, mapping: Mapping) -> LoggerRecord:
    """Read a table of readings.

    Rows above the header are passed over; a row whose temperature is no number is no reading, as loggers write of a
    sensor that failed. Two readings of one time are a fault where they differ.

    Raises
    ------
    BadInputError
        When the columns or the order of day and month cannot be told, or with every fault of the rows.
    """
    grid = read_delimited(file, text)
    if grid.faults:
        raise BadInputError(grid.faults)
    rows = [cells for _line, cells in grid.rows]
    columns = _columns(file, rows, mapping)
    lines = [line for line, _cells in grid.rows][columns.header + 1 :]
    body = rows[columns.header + 1 :]
    stamps = [_stamp(cells, columns) for cells in body]
    form = mapping.time_format or _form(file, [stamp for stamp in stamps if stamp])
    readings, faults = _readings(file, list(zip(lines, body, stamps, strict=True)), columns, form)
    if not readings and not faults:
        faults = [Fault(file, None, "", "", _("holds no readings below its header"), "no-readings")]
    if faults:
        raise BadInputError(faults)
    time_s = np.array(sorted(readings), dtype=np.float64)
    temp_c = np.array([readings[time] for time in time_s], dtype=np.float64)
    device = mapping.device or file.rpartition(".")[0] or file
    alarms = tuple(sorted(_alarms(time_s, temp_c, mapping), key=lambda alarm: (alarm.start_s, alarm.high)))
    return LoggerRecord(device, "", float(time_s[0]), float(time_s[-1]), time_s, temp_c, alarms=alarms)


def _columns(file: str, rows: Sequence[Sequence[str]], mapping: Mapping) -> LoggerColumns:
    """Find the header and its columns."""
    for number, cells in enumerate(rows[:TRIED_ROWS]):
        names = [_plain(cell) for cell in cells]
        temperature = _index(names, cells, mapping.temperature, TEMPERATURES)
        date = _index(names, cells, mapping.date, DATES)
        time = _index(names, cells, mapping.time, CLOCKS if date is not None else TIMES)
        if time is None and date is not None and not mapping.time:
            time, date = date, None
        if temperature is None or time is None:
            continue
        unit = mapping.unit or _unit(cells[temperature])
        return LoggerColumns(number, time, date, temperature, unit == "F")
    found = shortened([f'"{cell}"' for cell in (rows[0] if rows else []) if cell], SHOWN)
    told = _(
        "the columns of time and temperature cannot be told from the headings ({found}); name them in a mapping file "
        "and give it with --map"
    )
    raise BadInputError([Fault(file, 1, "", "", told.format(found=found), "unknown-columns")])


def _plain(cell: str) -> str:
    """Return a heading without unit and brackets, in small letters."""
    return re.sub(r"\s*[(（\[].*$|\s*[°℃℉].*$|_c$", "", cell.strip().lower()).strip() or cell.strip().lower()


def _index(names: Sequence[str], cells: Sequence[str], wanted: str, usual: Sequence[str]) -> int | None:
    if wanted:
        return next((n for n, cell in enumerate(cells) if cell.strip().lower() == wanted.strip().lower()), None)
    return next((n for n, name in enumerate(names) if name in usual), None)


def _unit(heading: str) -> str:
    found = UNIT.search(heading)
    return (found[1] or found[2] or ("F" if found[4] else "C")).upper() if found else "C"


def _stamp(cells: Sequence[str], columns: LoggerColumns) -> str:
    parts = [cells[n] for n in (columns.date, columns.time) if n is not None and n < len(cells)]
    return re.sub(r"\s+", " ", " ".join(parts).replace("T", " ")).strip()


def _forms() -> Iterator[str]:
    for date in DATE_FORMS:
        yield from (f"{date} {clock}" for clock in CLOCK_FORMS)


def _fits(stamp: str, form: str) -> bool:
    try:
        datetime.strptime(stamp, form)  # noqa: DTZ007
    except ValueError:
        return False
    return True


def _form(file: str, stamps: Sequence[str]) -> str:
    """Return the one form that most stamps have; day and month are told apart by a day above 12.

    Raises
    ------
    BadInputError
        When the stamps have no usual form, or two that make different times.
    """
    counts = {form: sum(_fits(stamp, form) for stamp in stamps) for form in _forms()}
    most = max(counts.values(), default=0)
    best = [form for form, count in counts.items() if count == most]
    shown = stamps[0] if stamps else ""
    if not most:
        told = _("is in no usual form of a time; write the form as time_format in a mapping file (--map)")
        raise BadInputError([Fault(file, None, "", shown, told, "bad-time")])
    if len(best) > 1:
        told = _("day and month cannot be told apart; write time_format in a mapping file: {forms}")
        raise BadInputError([Fault(file, None, "", shown, told.format(forms=_(" or ").join(best)), "bad-time")])
    return best[0]


def _readings(
    file: str, rows: Sequence[tuple[int, Sequence[str], str]], columns: LoggerColumns, form: str
) -> tuple[dict[float, float], list[Fault]]:
    """Return temperature by time, and what is wrong with rows that hold a temperature."""
    readings: dict[float, float] = {}
    faults = []
    celsius: Callable[[float], float] = (lambda temp: (temp - 32.0) / 1.8) if columns.fahrenheit else float
    for line, cells, stamp in rows:
        text = cells[columns.temperature].strip(" °CFc℃℉") if len(cells) > columns.temperature else ""
        if not NUMBER.fullmatch(text):
            continue
        temp_c = celsius(float(text.replace(",", ".")))
        if not _fits(stamp, form):
            told = _("must be a time of the form {form}").format(form=form)
            faults.append(Fault(file, line, "", stamp, told, "bad-time"))
            continue
        if not COLDEST_C <= temp_c <= WARMEST_C:
            told = _("must be from {low:g} to {high:g} °C").format(low=COLDEST_C, high=WARMEST_C)
            faults.append(Fault(file, line, "", text, told, "bad-temperature"))
            continue
        time_s = seconds_of(datetime.strptime(stamp, form).replace(tzinfo=None))  # noqa: DTZ007
        if readings.setdefault(time_s, temp_c) != temp_c:
            told = _("has another temperature than an earlier row of the same time")
            faults.append(Fault(file, line, "", stamp, told, "two-readings"))
    return readings, faults


def _alarms(time_s: Floats, temp_c: Floats, mapping: Mapping) -> Iterator[LoggerAlarm]:
    """Yield the excursions that last as long as the mapping file asks; between readings temperature goes straight."""
    if mapping.high_c is not None:
        yield from excursions(time_s, temp_c, mapping.high_c, mapping.high_minutes, high=True)
    if mapping.low_c is not None:
        yield from excursions(time_s, temp_c, mapping.low_c, mapping.low_minutes, high=False)


def excursions(
    time_s: Floats, temp_c: Floats, limit_c: float, least_min: float, *, high: bool
) -> Iterator[LoggerAlarm]:
    """Yield each stretch beyond a limit of at least so many minutes, from crossing to crossing.

    Examples
    --------
    >>> times, temps = np.array([0.0, 600.0, 1200.0, 1800.0]), np.array([7.0, 9.0, 9.0, 7.0])
    >>> [(alarm.start_s, alarm.minutes) for alarm in excursions(times, temps, 8.0, 10.0, high=True)]
    [(300.0, 20)]
    """
    over = temp_c - limit_c if high else limit_c - temp_c
    start: float | None = None
    for n in range(len(over)):
        beyond = over[n] > 0.0
        if beyond and start is None:
            start = _crossing(time_s, over, n) if n and over[n - 1] < 0.0 else float(time_s[n])
        last = n == len(over) - 1
        if start is not None and (not beyond or last):
            end = float(time_s[n]) if beyond else _crossing(time_s, over, n)
            if end - start >= least_min * 60.0:
                yield LoggerAlarm(start, round((end - start) / 60.0), limit_c, high)
            start = None


def _crossing(time_s: Floats, over: Floats, n: int) -> float:
    """Return the time between readings ``n - 1`` and ``n`` at which the limit is crossed."""
    share = over[n - 1] / (over[n - 1] - over[n])
    return float(time_s[n - 1] + share * (time_s[n] - time_s[n - 1]))
