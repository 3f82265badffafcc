"""A run as a folder: written complete under another name first, then renamed; and read back, text as text."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from coldchain.cells import csv_text, unguarded
from coldchain.errors import BadInputError, Fault, UsageError, system_reason
from coldchain.inputs import read_json, reading
from coldchain.language import _
from coldchain.leftovers import clear_half_written
from coldchain.runs.record import SCHEMA, plain_values
from coldchain.runs.schema import Kind
from coldchain.runs.shape import PLAN_SHAPE, ROUTES_SHAPE, RUN_SHAPE, SETTINGS_SHAPE, misshapen
from coldchain.scenario import decode, is_scenario
from coldchain.schemas import schema_number

SUMMARY, RUN, TABLES = "summary.json", "run.json", "tables"
SCENARIO = "scenario"
"""Folder of a run that holds its scenario, when that has no folder of its own."""
SUMMARY_SCHEMA = "coldchain.summary/"
COLUMNS = "columns"


def check_target(folder: Path, summary: str = SUMMARY, schema: str = SUMMARY_SCHEMA) -> None:
    """Refuse, before any work is done, a folder that a run may not be written to.

    Parameters
    ----------
    summary, schema : name of the file and beginning of its schema by which an earlier run is known

    Raises
    ------
    UsageError
        When it holds something other than an earlier run, or it cannot be written.
    """
    target = Path(folder).resolve()
    if target.exists() and not _may_replace(target, summary, schema):
        raise UsageError(
            _("{folder} exists and is no earlier run; choose another folder, nothing was written").format(folder=folder)
        )
    above = next(parent for parent in target.parents if parent.exists())
    trial = above / f".{target.name}.trial-{os.getpid()}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise UsageError(
            _("{folder} cannot be written: {strerror} in {above}").format(
                folder=folder, strerror=system_reason(error), above=above
            )
        ) from None


def write_folder(
    folder: Path, fill: Callable[[Path], None], summary: str = SUMMARY, schema: str = SUMMARY_SCHEMA
) -> Path:
    """Let ``fill`` write a folder under another name, then put it in place whole; parameters as `check_target`."""
    clear_half_written(folder.resolve())
    check_target(folder, summary, schema)
    target = folder.resolve()
    partial = target.parent / f".{target.name}.partial-{os.getpid()}"
    try:
        partial.mkdir(parents=True)
        fill(partial)
        _put_in_place(partial, target)
    except OSError as error:
        raise UsageError(
            _("{folder} cannot be written: {value}").format(folder=folder, value=system_reason(error))
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def scenario_folder(folder: Path, arguments: Mapping[str, Any]) -> Path:
    """Find the scenario of a run where it lies from the run folder, or from here.

    Raises
    ------
    BadInputError
        When it is in neither place.
    """
    named = [folder / arguments.get("scenario_from_run", "."), Path(arguments.get("scenario", "."))]
    found: Path | None = next((path for path in named if is_scenario(path)), None)
    if found is None:
        message = _("the scenario of this run is not there any more; say where it is with --scenario")
        raise BadInputError([Fault("run.json", None, "scenario", str(named[1]), message, "missing-file")])
    return found


def read_run(
    folder: Path | str, summary_name: str = SUMMARY
) -> tuple[dict[str, Any], dict[str, Any], dict[str, pd.DataFrame]]:
    """Read a run back.

    Returns
    -------
    (run_info, summary, tables)
        Text columns hold text, so that an id like 001 stays; numbers are exact to the last digit.

    Raises
    ------
    BadInputError
        Naming every part that is missing or garbled.
    """
    root = Path(folder)
    faults: list[Fault] = []
    run_info, summary = _object(root, RUN, faults), _object(root, summary_name, faults)
    if not faults:
        of_plan = summary_name == SUMMARY
        faults += misshapen(run_info, RUN_SHAPE | SETTINGS_SHAPE if of_plan else RUN_SHAPE, str(root / RUN))
        number = 0 if faults else schema_number(run_info["schema"], SCHEMA) or 0
        shape = PLAN_SHAPE if of_plan else ROUTES_SHAPE
        faults += misshapen(summary, shape, str(root / summary_name), number=number)
    kinds = {} if faults else run_info[COLUMNS]
    tables = {stem: _table(root, stem, columns, faults) for stem, columns in kinds.items()}
    if faults:
        raise BadInputError(faults)
    return run_info, summary, tables


def read_tables(root: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of a folder that :func:`write_tables` wrote.

    Raises
    ------
    BadInputError
        Naming every part that is missing or garbled.
    """
    faults: list[Fault] = []
    kinds = _object(root, RUN, faults).get(COLUMNS, {})
    tables = {stem: _table(root, stem, columns, faults) for stem, columns in kinds.items()}
    if faults:
        raise BadInputError(faults)
    return tables


def _may_replace(target: Path, name: str, schema: str) -> bool:
    """Tell whether a folder is empty or an earlier run."""
    if not target.is_dir():
        return False
    if not any(target.iterdir()):
        return True
    faults: list[Fault] = []
    summary = _object(target, name, faults)
    return not faults and str(summary.get("schema", "")).startswith(schema)


def write_tables(
    tables: Mapping[str, pd.DataFrame], folder: Path, name: str, summary: Mapping[str, Any], run_info: Mapping[str, Any]
) -> None:
    """Write tables, the summary under its name, and how it came about with the kinds of the columns."""
    (folder / TABLES).mkdir()
    for stem, frame in tables.items():
        (folder / TABLES / f"{stem}.csv").write_bytes(csv_bytes(frame))
    columns = {stem: {column: _kind(frame[column]) for column in frame.columns} for stem, frame in tables.items()}
    write_json(folder / name, summary)
    write_json(folder / RUN, {**run_info, COLUMNS: columns})


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as its file holds it: UTF-8 with a mark, so that Excel reads it, and no text a formula."""
    return csv_text(frame).encode("utf-8-sig")


def write_in_place(target: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` write a file under another name, in a folder made where there is none, then put it in place.

    Raises
    ------
    UsageError
        When it cannot be written; what stood there stays.
    """
    clear_half_written(target)
    partial = target.with_name(f".{target.stem}.partial-{os.getpid()}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.replace(target)
    except OSError as error:
        told = _("{path} cannot be written: {why}; close it if it is open in Excel")
        raise UsageError(told.format(path=target, why=system_reason(error))) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return target


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write one object as JSON; what is not finite becomes null."""
    text = json.dumps(plain_values(value), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _put_in_place(partial: Path, target: Path) -> None:
    """Rename; an earlier run steps aside first and comes back should the rename fail."""
    if not target.exists():
        partial.rename(target)
        return
    aside = target.parent / f".{target.name}.old-{os.getpid()}"
    target.rename(aside)
    try:
        partial.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _kind(column: pd.Series) -> Kind:
    if types.is_bool_dtype(column):
        return "flag"
    if types.is_integer_dtype(column):
        return "whole"
    return "number" if types.is_numeric_dtype(column) else "text"


def _object(root: Path, name: str, faults: list[Fault]) -> dict[str, Any]:
    path = root / name
    if not path.exists():
        faults.append(Fault(str(path), None, "", "", _("is missing; a run folder holds it"), "missing-file"))
        return {}
    try:
        value = read_json(path)
    except BadInputError as error:
        faults += [replace(fault, file=str(path), code="garbled") for fault in error.faults]
    else:
        if isinstance(value, dict):
            return value
        faults.append(Fault(str(path), None, "", "", _("must hold one JSON object"), "garbled"))
    return {}


def _table(root: Path, stem: str, columns: Mapping[str, str], faults: list[Fault]) -> pd.DataFrame:
    path = root / TABLES / f"{stem}.csv"
    text, fault = decode(path)
    if fault is not None:
        faults.append(replace(fault, file=str(path)))
        return pd.DataFrame()
    try:
        with reading(str(path), code="garbled"):
            raw = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except BadInputError as error:
        faults += error.faults
        return pd.DataFrame()
    lacking = [name for name in columns if name not in raw.columns]
    faults += [Fault(str(path), 1, name, "", _("the column is missing"), "missing-column") for name in lacking]
    read = {str(name): _column(cells, columns.get(str(name), "text"), path, faults) for name, cells in raw.items()}
    return pd.DataFrame(read, index=raw.index)


def _numbers(cells: list[str]) -> list[float] | None:
    """Return the numbers of a column, NaN where a cell is empty; None where one cannot be read as it is."""
    try:
        return None if any("_" in cell for cell in cells) else [float(cell or "nan") for cell in cells]
    except ValueError:
        return None


def _column(raw: pd.Series, kind: str, path: Path, faults: list[Fault]) -> Any:
    """Turn text into what the column held; the first cell that does not fit is named."""
    cells = raw.tolist()
    if kind == "text":
        held = pd.array(list(map(unguarded, cells)), dtype="str") if any(one.startswith("'") for one in cells) else raw
        return held.array if isinstance(held, pd.Series) else held
    if kind == "flag":
        wrong = [one not in ("True", "False") for one in cells]
        values = np.array([one == "True" for one in cells], dtype=bool)
    else:
        numbers = _numbers(cells)
        if numbers is None:
            numbers = pd.to_numeric(raw.where(raw != "", "nan"), errors="coerce").tolist()
        values = np.array(numbers, dtype=np.float64)
        if kind == "whole":
            wrong = (~(values % 1 == 0)).tolist()
        else:
            wrong = [
                math.isnan(one) and cell.lower() not in ("", "nan") for one, cell in zip(numbers, cells, strict=True)
            ]
    if True in wrong:
        row = wrong.index(True)
        message = {"flag": _("must be True or False"), "whole": _("must be a whole number")}.get(
            kind, _("must be a number")
        )
        faults.append(Fault(str(path), row + 2, str(raw.name), cells[row], message, "garbled"))
        return raw.array
    return values.astype(np.int64) if kind == "whole" else values
