"""A mapping file: which columns of a logger's table hold what, and the limits its alarms are counted by."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import read_toml
from coldchain.language import _
from coldchain.model.base import Noun, figure
from coldchain.scenario.parsing import parse

TIMES = (
    "time",
    "datetime",
    "date time",
    "date/time",
    "timestamp",
    "date & time",
    "时间",
    "日期时间",
    "记录时间",
    "采集时间",
)
DATES = ("date", "日期")
CLOCKS = ("time", "clock", "时间", "时刻")
TEMPERATURES = ("temperature", "temp", "t", "temp_c", "celsius", "温度", "温度值", "探头温度", "t1", "ch1")


class Mapping(Noun):
    """Columns of a table of readings by their headings; what is empty is told from the file."""

    device: str = figure("-", "name of the logger; the name of the file when left out", "")
    time: str = figure("-", "heading of the column of times, or of clock times beside a column of dates", "")
    date: str = figure("-", "heading of the column of dates, where times stand apart", "")
    temperature: str = figure("-", "heading of the column of temperatures", "")
    time_format: str = figure("-", "form of the times, such as %d/%m/%Y %H:%M", "")
    unit: Literal["", "C", "F"] = figure("-", "unit of the temperatures", "")
    low_c: float | None = figure("°C", "temperature below which minutes count", None)
    low_minutes: float = figure("min", "minutes below it that make an alarm", 60.0, ge=0)
    high_c: float | None = figure("°C", "temperature above which minutes count", None)
    high_minutes: float = figure("min", "minutes above it that make an alarm", 60.0, ge=0)


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    BadInputError
        With every key that is unknown or out of range.
    """
    mapping, faults = parse(Mapping, read_toml(path), path.name, None)
    if mapping is None or faults:
        raise BadInputError(faults)
    if mapping.low_c is not None and mapping.high_c is not None and mapping.low_c >= mapping.high_c:
        told = _("must be below high_c ({high_c:g} °C)").format(high_c=mapping.high_c)
        raise BadInputError([Fault(path.name, None, "low_c", f"{mapping.low_c:g}", told, "bad-limits")])
    return mapping
