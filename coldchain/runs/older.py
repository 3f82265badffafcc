"""Runs that earlier versions wrote: read with stated defaults, or refused with the command that plans them again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.errors import BadInputError, Fault, shortened
from coldchain.language import _
from coldchain.runs import schema
from coldchain.runs.record import SCHEMA
from coldchain.schemas import schema_fault, schema_number

DEFAULTS: Mapping[str, str] = {"units_bought": "", "unit": "", "period": "", "until": "", "tour": "", "name_zh": ""}
"""Column -> cell that earlier runs are read with: no mobile units, one share all year, sold at once, straight trips."""
EMPTY = ("units", "storage")
"""Tables that earlier runs may lack: no mobile units, nothing kept."""
SHOWN = 6


def brought_up(
    folder: Path, information: Mapping[str, Any], tables: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan as this version has them.

    Parameters
    ----------
    information : the object of ``run.json``

    Raises
    ------
    BadInputError
        When a newer version wrote the run, or an earlier one did and it lacks more than has a default.
    """
    stated = str(information["schema"])
    if (message := schema_fault(stated, SCHEMA)) is not None:
        raise BadInputError([Fault(str(folder / "run.json"), None, "schema", stated, message, "bad-schema")])
    if schema_number(stated, SCHEMA) == schema_number(SCHEMA, SCHEMA):
        return tables
    filled = {name: _filled(name, frame) for name, frame in tables.items()}
    filled |= {name: schema.frame(name, []) for name in EMPTY if name not in filled}
    lacking = [
        f"{table}.{column}"
        for table, columns in schema.TABLES.items()
        for column in columns
        if column not in filled.get(table, ()) and (table in filled or table not in schema.OPTIONAL)
    ]
    if lacking:
        message = _("an earlier version wrote this run and it lacks {columns}; plan it again: {command}").format(
            columns=shortened(lacking, SHOWN), command=_command(folder, information)
        )
        raise BadInputError([Fault(str(folder / "run.json"), None, "schema", stated, message, "bad-schema")])
    return filled


def _filled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a table the columns that have a default."""
    missing = [one for one in schema.TABLES.get(name, ()) if one not in frame and one in DEFAULTS]
    return frame.assign(**{one: pd.Series(DEFAULTS[one], frame.index, dtype="str") for one in missing})


def _command(folder: Path, information: Mapping[str, Any]) -> str:
    """Return the command that plans a run again."""
    arguments = information["arguments"]
    named = str(arguments.get("scenario") or "SCENARIO")
    variant = str(arguments.get("variant") or "base")
    more = "" if variant == "base" else f' --variant "{variant}"'
    return f'coldchain plan "{named}"{more} --out "{folder}"'
