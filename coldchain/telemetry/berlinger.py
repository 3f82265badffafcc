"""The text files of Berlinger's Q-tag and Fridge-tag loggers: a tree by indents, then readings where there are any.

A Q-tag states each alarm with its start and accumulated minutes. A Fridge-tag states, for each day, the minutes beyond
each limit and the time at which they became an alarm. A Fridge-tag 2 holds figures of days alone, no readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.telemetry.record import LoggerAlarm, LoggerDay, LoggerFigures, LoggerRecord, seconds_of

DAY_S = 86_400.0
FIRST_LINE = re.compile(r"Device: *(Q-tag.*)")
PAIR = re.compile(r"([^:]+):\s*(.*)")
COMMA = re.compile(r",\s*(?=[A-Za-z][A-Za-z ]*:)")
SINGLE_LOW, SINGLE_HIGH, SUM_LOW, SUM_HIGH = "1", "2", "3", "4"
HIGH_KINDS = (SINGLE_HIGH, SUM_HIGH)


def is_berlinger(text: str) -> bool:
    """Tell whether a text begins as these files do."""
    return FIRST_LINE.match(text.lstrip()) is not None


@dataclass
class TreeLine:
    """A line of the tree: its number, the pairs on it, and the lines indented below it."""

    line: int
    pairs: dict[str, str]
    below: list[TreeLine]

    def child(self, name: str) -> TreeLine:
        """Return the part that begins with a name; an empty one where there is none."""
        return next((node for node in self.below if name in node.pairs), TreeLine(self.line, {}, []))

    def value(self, name: str) -> str:
        """Return a value that stands directly below; empty where there is none."""
        return next((node.pairs[name] for node in self.below if name in node.pairs), "")


def read_berlinger(file: str, text: str) -> LoggerRecord:
    """Read a file of a Q-tag or Fridge-tag.

    Raises
    ------
    BadInputError
        Naming each line with a figure or time that is none, or that readings and days are both missing.
    """
    return _TreeReader(file).record(text)


class _TreeReader:
    """Turns the tree into a record and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def record(self, text: str) -> LoggerRecord:
        lines = text.splitlines()
        root = _tree(lines)
        configuration, results, history = root.child("Conf"), root.child("Res"), root.child("Hist")
        if configuration.value("Temp unit") not in ("", "C"):
            told = _("must be in °C; set the logger, or its program, to degrees Celsius")
            self._wrong(configuration.line, "Temp unit", configuration.value("Temp unit"), told)
        time_s, temp_c = self._readings(lines)
        days = self._days(history)
        if not time_s.size and not days and not self.faults:
            self._wrong(None, "Data", "", _("holds neither readings nor figures of days"))
        alarms = [*self._tag_alarms(configuration, results), *self._day_alarms(configuration, history)]
        stated = self._stated(results)
        if self.faults:
            raise BadInputError(self.faults)
        start_s, end_s = (time_s[0], time_s[-1]) if time_s.size else (days[0].start_s, days[-1].end_s)
        serial = configuration.value("Serial")
        ordered = tuple(sorted(alarms, key=lambda alarm: (alarm.start_s, alarm.high, alarm.minutes)))
        return LoggerRecord(
            root.value("Device"), serial, float(start_s), float(end_s), time_s, temp_c, days, ordered, stated
        )

    def _wrong(self, line: int | None, name: str, value: str, message: str) -> None:
        self.faults.append(Fault(self.file, line, name, value, message, "bad-logger"))

    def _number(self, line: int, name: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not np.isfinite(value) or abs(value) > 1e6:
            self._wrong(line, name, text, _("must be a number"))
            return 0.0
        return value

    def _moment(self, line: int, name: str, text: str) -> float:
        try:
            return seconds_of(datetime.strptime(text, "%Y-%m-%d %H:%M"))  # noqa: DTZ007
        except ValueError:
            self._wrong(line, name, text, _("must be a time such as 2022-06-08 10:14"))
            return 0.0

    def _readings(self, lines: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return times and temperatures; a reading that is no number (a sensor's error) is none."""
        found: dict[float, float] = {}
        begins = next((n for n, line in enumerate(lines) if line.strip() == "Data:"), len(lines))
        for number, line in enumerate(lines[begins + 1 :], start=begins + 2):
            if not line.startswith("\t"):
                break
            cells = line.strip("\t").split("\t")
            if len(cells) < 2 or not cells[0][:1].isdigit() or not re.fullmatch(r"[+-]?\d+(\.\d+)?", cells[1].strip()):
                continue
            time_s = self._moment(number, "Data", cells[0].strip())
            found[time_s] = self._number(number, "Data", cells[1].strip())
        times = np.array(sorted(found), dtype=np.float64)
        return times, np.array([found[time] for time in times], dtype=np.float64)

    def _days(self, history: TreeLine) -> tuple[LoggerDay, ...]:
        activated = self._optional(history, "TS Actv", -np.inf)
        reported = self._optional(history, "TS Report Creation", np.inf)
        days = []
        for node in _numbered(history):
            start = self._day(node)
            first, last = max(start, activated), min(start + DAY_S, reported)
            figures = [self._figure(node, name) for name in ("Min T", "Max T", "Avrg T")]
            silent = sum(
                self._number(one.line, "t AccST", one.value("t AccST") or "0") * 60.0
                for one in node.below
                if any(name.endswith("Sensor timeout") for name in one.pairs)
            )
            if last > first and None not in figures:
                low, high, mean = (float(figure) for figure in figures if figure is not None)
                days.append(LoggerDay(first, last, low, high, mean, min(silent, last - first), first == start))
        return tuple(sorted(days, key=lambda day: day.start_s))

    def _optional(self, node: TreeLine, name: str, otherwise: float) -> float:
        text = node.value(name)
        return self._moment(node.line, name, text) if text else otherwise

    def _day(self, node: TreeLine) -> float:
        return self._moment(node.line, "Date", f"{node.value('Date')} 00:00")

    def _figure(self, node: TreeLine, name: str) -> float | None:
        """Return a figure of a day; None where the logger had no reading that day."""
        text = node.value(name)
        return self._number(node.line, name, text) if re.search(r"\d", text) else None

    def _tag_alarms(self, configuration: TreeLine, results: TreeLine) -> Iterator[LoggerAlarm]:
        """Yield the alarms of a Q-tag: each with its own start and minutes, several of one limit below one another."""
        limits = {next(iter(node.pairs)): node for node in configuration.child("Alarm").below}
        for node in results.child("Alarm").below:
            key = next(iter(node.pairs))
            setting = limits.get(key, node)
            for event in node.below:
                if not event.pairs.get("TS S"):
                    continue
                kind = _any(setting, "Type")
                limit = self._number(setting.line, "T AL", _any(setting, "T AL") or "0")
                start = self._moment(event.line, "TS S", event.pairs["TS S"])
                minutes = int(self._number(event.line, "t A", event.pairs.get("t A", "0")))
                yield LoggerAlarm(start, minutes, limit, kind in HIGH_KINDS)

    def _day_alarms(self, configuration: TreeLine, history: TreeLine) -> Iterator[LoggerAlarm]:
        """Yield the alarms of a Fridge-tag: of each day the minutes beyond a limit once they were raised."""
        limits = {next(iter(node.pairs)): node for node in configuration.child("Alarm").below}
        for node in _numbered(history):
            start = self._day(node)
            for side in node.child("Alarm").below:
                key = next(iter(side.pairs))
                event = next((one.pairs for one in side.below if one.pairs.get("TS A")), None)
                if event is None:
                    continue
                hour, _colon, minute = event["TS A"].partition(":")
                raised = start + 3600.0 * self._number(side.line, "TS A", hour)
                raised += 60.0 * self._number(side.line, "TS A", minute)
                minutes = int(self._number(side.line, "t Acc", event.get("t Acc", "0")))
                limit = self._number(side.line, "T AL", _any(limits.get(key, side), "T AL") or "0")
                yield LoggerAlarm(raised, minutes, limit, key == "1")

    def _stated(self, results: TreeLine) -> LoggerFigures:
        names = ("Avrg T", "MKT", "Min T", "Max T")
        found = [self._figure(results, name) if results.value(name) else None for name in names]
        return LoggerFigures(*found)


def _any(node: TreeLine, name: str) -> str:
    """Return a value that stands on a line of the node or directly below it."""
    return node.pairs.get(name) or node.value(name)


def _numbered(history: TreeLine) -> list[TreeLine]:
    """Return the days: the parts named by a number."""
    return [node for node in history.below if next(iter(node.pairs), "").isdigit() and node.value("Date")]


def _tree(lines: Sequence[str]) -> TreeLine:
    """Build the tree of the lines before the readings, and after them; the depth of a line is its leading blanks."""
    root = TreeLine(0, {}, [])
    path: list[tuple[int, TreeLine]] = [(-1, root)]
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("\t"):
            continue
        depth = len(line) - len(line.lstrip(" "))
        while path[-1][0] >= depth:
            path.pop()
        node = TreeLine(number, _pairs(line), [])
        path[-1][1].below.append(node)
        path.append((depth, node))
    return root


def _pairs(line: str) -> dict[str, str]:
    """Part a line such as ``Min T: 0.9, TS Min T: 2022-11-08 12:49``.

    Examples
    --------
    >>> _pairs(" TS S: 2022-11-08 21:50, t A: 219, TS E:")
    {'TS S': '2022-11-08 21:50', 't A': '219', 'TS E': ''}
    """
    found = {}
    for part in COMMA.split(line.strip()):
        matched = PAIR.fullmatch(part.strip())
        if matched:
            found[matched[1].strip()] = matched[2].strip().rstrip(",")
    return found or {line.strip(): ""}
