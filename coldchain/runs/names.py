"""Whether the tables of a run are all there, and name only what its scenario has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.runs.schema import OPTIONAL, PLACES, TABLES

MODULES = ("new_modules", "standing_modules", "units_bought")


def check_names(folder: Path, scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> None:
    """Check tables, columns and names before anything is drawn or reckoned from them.

    Raises
    ------
    BadInputError
        Naming every table and column that is missing, and the first row of each column with an unknown name.
    """
    faults = list(_missing(folder, tables)) or list(_strangers(folder, scenario, tables))
    if faults:
        raise BadInputError(faults)


def _missing(folder: Path, tables: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    for name in (name for name in TABLES if name not in OPTIONAL):
        file = str(folder / "tables" / f"{name}.csv")
        if name not in tables:
            yield Fault(file, None, "", "", _("the table is missing"), "missing-file")
            continue
        for column in TABLES[name]:
            if column not in tables[name].columns:
                yield Fault(file, 1, column, "", _("the column is missing"), "missing-column")


def _strangers(folder: Path, scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    for table, column, known in _named(scenario):
        if table in OPTIONAL and table not in tables:
            continue
        for row, value in enumerate(map(str, tables[table][column])):
            if value not in known:
                file = str(folder / "tables" / f"{table}.csv")
                yield Fault(file, row + 2, column, value, _("is not one of the scenario"), "unknown-id")
                break
    kinds = {kind.id for kind in scenario.depot_types}
    for column in MODULES:
        for row, text in enumerate(map(str, tables["depots"][column])):
            parts = [part.rpartition(":") for part in text.split(";") if part]
            if any(key not in kinds or not number.isdigit() for key, _colon, number in parts):
                file, told = str(folder / "tables" / "depots.csv"), _("must read type:count, of depot types on offer")
                yield Fault(file, row + 2, column, text, told, "unknown-id")
                break


def _named(scenario: Scenario) -> Iterator[tuple[str, str, Collection[str]]]:
    """Yield table, column and what its cells may name."""
    known: dict[str, Collection[str]] = {
        "village": {one.id for one in scenario.villages},
        "commodity": {one.id for one in scenario.commodities},
        "depot": {one.id for one in scenario.sites},
        "period": {one.id for one in scenario.periods},
        "hub": {one.id for one in scenario.hubs},
        "vehicle": {one.id for one in scenario.vehicles},
        "owner": {one.owner or one.id for one in scenario.sites},
        "zone": {one.zone for one in scenario.depot_types},
        "method": {str(one.method) for one in scenario.depot_types},
    }
    known["until"] = known["period"]
    empty = {("assignment", "period"), ("lots", "depot"), ("lots", "zone"), ("lots", "method")}
    for table, columns in PLACES.items():
        for column in columns:
            yield table, column, {*known[column], ""} if (table, column) in empty else known[column]
