"""Whether the tables of a plan are all there, with columns, numbers and names that mean something."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import MobileUnit
from coldchain.verify.columns import COLUMNS, DECIDED_NUMBERS, DECIDED_PLACES, OPTIONAL, TODAY
from coldchain.verify.record import Record


def check_form(record: Record) -> bool:
    """Check that tables and columns are those of a plan, and that what decides it has a meaning; False stops the rest.

    What follows from the decisions is compared later, row by row.
    """
    before = len(record.found)
    written = [name for name in COLUMNS if name in record.tables or name not in OPTIONAL]
    _check_columns(record, written)
    if len(record.found) > before:
        return False
    for name in written:
        _check_places(record, name, DECIDED_PLACES.get(name.removeprefix(TODAY), ()))
        for column in DECIDED_NUMBERS.get(name.removeprefix(TODAY), ()):
            _check_numbers(record, name, column)
    for prefix in ("", TODAY):
        if f"{prefix}routes" in record.tables:
            _check_joined(record, prefix)
    return len(record.found) == before


def _check_columns(record: Record, written: Sequence[str]) -> None:
    for name in sorted(set(record.tables) - set(COLUMNS)):
        record.wrong(_("table {name} is not one of a plan").format(name=name))
    for name in written:
        if name not in record.tables:
            record.wrong(_("table {name} is missing").format(name=name))
            continue
        frame = record.tables[name]
        for column in COLUMNS[name]:
            if column not in frame.columns:
                record.wrong(_("{name}: column {column} is missing").format(name=name, column=column))
        for column in frame.columns[~frame.columns.isin(COLUMNS[name])]:
            record.wrong(_("{name}: column {column} is not one of this table").format(name=name, column=column))


def _check_joined(record: Record, prefix: str) -> None:
    """Check that every route has one row and every depot in use one row."""
    table = {name: record.tables[prefix + name] for name in ("routes", "stops", "depots")}
    heads, listed = table["routes"]["route"], table["depots"]["depot"]
    for route in sorted(set(heads[heads.duplicated()])):
        record.wrong(_("{table}: {id} is listed twice").format(table=f"{prefix}routes", id=route))
    for route in sorted(set(table["stops"]["route"]) - set(heads)):
        record.wrong(
            _("stops: {route} is not a route; take its stops out too, or put the route back").format(route=route)
        )
    for depot in sorted(set(listed[listed.duplicated()])):
        record.wrong(_("{table}: {id} is listed twice").format(table=f"{prefix}depots", id=depot))
    for name in ("assignment", "units", "routes", "line_haul", "storage"):
        used = record.tables[prefix + name]["depot"] if prefix + name in record.tables else ()
        for depot in sorted(set(used) - set(listed)):
            record.wrong(_("{name}: {depot} is in use but not in the table of depots").format(name=name, depot=depot))


def _check_places(record: Record, name: str, columns: Sequence[str]) -> None:
    """Check that ids are those of the scenario, and ways of cooling are on offer."""
    known: dict[str, Collection[str]] = {
        "village": record.villages,
        "commodity": record.crops,
        "depot": record.sites,
        "period": record.periods,
        "until": record.periods,
        "vehicle": record.vehicles,
        "hub": record.hubs,
        "owner": {site.owner or site.id for site in record.scenario.sites},
    }
    frame = record.tables[name]
    for column in columns:
        everywhen = {""} if (name.removeprefix(TODAY), column) == ("assignment", "period") else set()
        for value in sorted(set(map(str, frame[column])) - set(known[column]) - everywhen):
            record.wrong(_('{name}: "{value}" is not a known {column}').format(name=name, value=value, column=column))
    if {"zone", "method"} <= set(columns_of := COLUMNS[name]) and "share" in columns_of:
        units = frame["unit"] if "unit" in columns_of else pd.Series("", index=frame.index)
        offered = {(kind.zone, kind.method, "") for kind in record.kinds.values() if not isinstance(kind, MobileUnit)}
        offered |= {(u.zone, u.method, u.id) for u in record.kinds.values() if isinstance(u, MobileUnit)}
        for zone, method, unit in sorted(set(zip(frame["zone"], frame["method"], units, strict=True)) - offered):
            text = _("{name}: no depot type on offer cools {zone} by {method} {unit}")
            record.wrong(text.format(name=name, zone=zone, method=method, unit=unit).rstrip())


def _check_numbers(record: Record, name: str, column: str) -> None:
    values = record.tables[name][column]
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    for row in np.flatnonzero(~np.isfinite(numbers) | (numbers < 0)):
        record.wrong(
            _('{name} row {row}: {column} must be a number of at least 0; got "{value}"').format(
                name=name, row=row + 2, column=column, value=values.iloc[row]
            )
        )
