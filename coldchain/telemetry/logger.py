"""A file of a logger and what it says: means, extremes, alarms, and the life a crop used up beside it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import Commodity
from coldchain.scenario import decode
from coldchain.spoilage import rate_per_h
from coldchain.telemetry.berlinger import is_berlinger, read_berlinger
from coldchain.telemetry.columns import Mapping, read_mapping
from coldchain.telemetry.loggertable import read_logger_table
from coldchain.telemetry.means import Interval, kinetic_c, kinetic_rate, mean_kinetic_c, whole_integral
from coldchain.telemetry.record import LoggerRecord, moment_of


def read_logger(path: Path, mapping: Path | None = None) -> LoggerRecord:
    """Read a file of any logger: Berlinger's text, or a table of readings with or without a mapping file.

    Raises
    ------
    BadInputError
        When it is neither, or with every fault of its rows.
    """
    columns = Mapping() if mapping is None else read_mapping(mapping)
    text, fault = decode(path)
    if fault is not None:
        raise BadInputError([fault])
    if is_berlinger(text):
        if mapping is not None:
            told = _("is a file of a Q-tag or Fridge-tag, which is read without --map; leave the option out")
            raise BadInputError([Fault(path.name, None, "", "", told, "no-mapping-needed")])
        return read_berlinger(path.name, text)
    return read_logger_table(path.name, text, columns)


def figures_of(record: LoggerRecord, crop: Commodity | None = None) -> dict[str, Any]:
    """Return what is printed of a record, plain values.

    Where there are no readings the mean kinetic temperature is an interval: ``mkt_c`` is None and ``mkt_band`` holds
    its ends. ``life_used`` is None without a crop.
    """
    low_c, high_c = record.extremes_c
    band = None if record.time_s.size else _kinetic_band(record)
    alarms = [
        {
            "start": moment_of(alarm.start_s),
            "minutes": alarm.minutes,
            "limit_c": alarm.limit_c,
            "side": "high" if alarm.high else "low",
        }
        for alarm in record.alarms
    ]
    return {
        "device": record.device,
        "serial": record.serial,
        "readings": len(record.time_s),
        "start": moment_of(record.start_s),
        "end": moment_of(record.end_s),
        "mean_c": mean_c(record),
        "mkt_c": mean_kinetic_c(record.temp_c) if record.time_s.size else None,
        "mkt_band": band and {"low": kinetic_c(band.low), "high": kinetic_c(band.high)},
        "min_c": low_c,
        "max_c": high_c,
        "stated": asdict(record.stated),
        "alarms": alarms,
        "life_used": None if crop is None else asdict(life_used(record, crop)),
    }


def mean_c(record: LoggerRecord) -> float:
    """Mean temperature of the readings; without readings that of the days, by their hours."""
    if record.time_s.size:
        return float(record.temp_c.mean())
    hours = [day.end_s - day.start_s for day in record.days]
    return float(np.average([day.mean_c for day in record.days], weights=hours))


def life_used(record: LoggerRecord, crop: Commodity) -> Interval:
    """Share of a crop's life used between the first and the last moment of a record."""
    return whole_integral(record, lambda temp_c: rate_per_h(crop, temp_c))


def _kinetic_band(record: LoggerRecord) -> Interval:
    """Mean kinetic rate over the days of a record without readings."""
    hours = sum(day.end_s - day.start_s for day in record.days) / 3600.0
    return whole_integral(record, kinetic_rate).scaled(1.0 / hours)
