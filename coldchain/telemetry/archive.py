"""Readings of whole days as Parquet, a file for each day of the county's clock, beside the store that stays complete.

A day is written from the store under another name, made durable and put in place; only then is it marked as written,
in the transaction in which it was read. Readings that come later take the mark away. What a file holds already is
joined with the store's by the store's own rule, so a new store beside old files loses nothing, and a call that was
broken off is taken up by the next one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.errors import BadInputError, Fault, MissingExtraError
from coldchain.inputs import reason
from coldchain.language import _
from coldchain.runs.folder import write_in_place
from coldchain.telemetry.readings import EARLIEST_MS, FIELDS, LATEST_MS, Row
from coldchain.telemetry.store import ReadingStore, Series
from coldchain.telemetry.watch import EPOCH_DAY, MS_PER_H

MS_PER_DAY = 86_400_000
COLUMNS = ("device", "time", *FIELDS)


def parquet() -> Any:
    """Return the library that writes Parquet.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        told = _("pyarrow is not installed, no Parquet file can be written: pip install 'coldchain[parquet]'")
        raise MissingExtraError(told) from None
    return pyarrow


def write_days(store: ReadingStore, folder: Path, offset_h: float, before: int | None = None) -> list[Path]:
    """Write every day of the store that changed since it was written here, oldest first; return the files.

    Parameters
    ----------
    offset_h : hours by which the county's clock is ahead of UTC
    before : days since 1970 of the first day that is not closed yet; None writes all

    Raises
    ------
    MissingExtraError
        When pyarrow is not installed.
    BadInputError
        When a file that stands there holds no readings; it is left as it is.
    UsageError
        When a file cannot be written.
    """
    arrow, made, name = parquet(), [], str(folder.resolve())
    for day in sorted(store.days(offset_h)):
        path = folder / f"{(EPOCH_DAY + timedelta(days=day)).isoformat()}.parquet"
        first_ms = day * MS_PER_DAY - round(offset_h * MS_PER_H)
        span = (first_ms, first_ms + MS_PER_DAY - 1)
        if (before is not None and day >= before) or (path.exists() and store.is_written(name, *span)):
            continue
        with store.writing(name, *span):
            _write(arrow, path, _joined(arrow, path, store.series(*span)))
        made.append(path)
    return made


def read_rows(path: Path) -> list[Row]:
    """Read the readings of a file.

    Raises
    ------
    BadInputError
        When it is no Parquet file, or holds anything that is not a reading.
    """
    return _rows(parquet(), path)


def _rows(arrow: Any, path: Path) -> list[Row]:
    try:
        table = arrow.parquet.read_table(path, columns=list(COLUMNS))
        held = table.set_column(1, "time", table["time"].cast(arrow.timestamp("ms", tz="UTC")).cast(arrow.int64()))
        columns = [held[name].to_pylist() for name in COLUMNS]
        if any(None in column for column in columns[:2]) or not _in_time(columns[1]):
            raise ValueError(_("a reading has no device or time"))  # noqa: TRY301 - said as what the library says
        doors = [None if door is None else float(door) for door in columns[4]]
        return list(zip(*columns[:4], doors, *columns[5:], strict=True))
    except (OSError, ValueError, KeyError, arrow.ArrowException) as error:
        told = _("is no file of readings: {error}; put it elsewhere, it is not overwritten")
        fault = Fault(str(path), None, "", "", told.format(error=reason(error)), "bad-parquet")
        raise BadInputError([fault]) from error


def _in_time(times: Iterable[int]) -> bool:
    return all(EARLIEST_MS <= one < LATEST_MS for one in times)


def _joined(arrow: Any, path: Path, found: list[Series]) -> list[Series]:
    """Return the series with what the file holds of them already."""
    if not path.exists():
        return found
    with ReadingStore() as both:
        both.add(_rows(arrow, path))
        for one in found:
            values = [[None if np.isnan(value) else value for value in column] for column in one.values.T.tolist()]
            both.add(zip([one.device] * one.time_ms.size, one.time_ms.tolist(), *values, strict=True))
        return both.series(EARLIEST_MS, LATEST_MS)


def _write(arrow: Any, path: Path, found: list[Series]) -> None:
    """Write series, by device and time; equal readings make equal tables."""
    counts = [one.time_ms.size for one in found]
    codes = np.repeat(np.arange(len(found), dtype=np.int32), counts)
    devices = arrow.DictionaryArray.from_arrays(codes, [one.device for one in found])
    times = arrow.array(np.concatenate([one.time_ms for one in found]), arrow.timestamp("ms", tz="UTC"))
    values = np.concatenate([one.values for one in found])
    columns = [arrow.array(column, from_pandas=True) for column in values.T]  # NaN is stored as null
    columns[FIELDS.index("door")] = columns[FIELDS.index("door")].cast(arrow.bool_())
    table = arrow.table([devices, times, *columns], names=list(COLUMNS))

    def write(partial: Path) -> None:
        with partial.open("wb") as file:
            arrow.parquet.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())

    write_in_place(path, write)
    with contextlib.suppress(OSError):  # Windows opens no folders, and needs none opened
        number = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
