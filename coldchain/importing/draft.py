"""Put an import together: places and roads to a scenario that can be planned at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault, demand_right
from coldchain.importing.account import Account
from coldchain.importing.rules import ImportRules, Known, harvest, periods
from coldchain.language import N_, _
from coldchain.language.ids import word
from coldchain.leftovers import clear_half_written
from coldchain.model import Assumption
from coldchain.network import RoadNetwork, write_lines
from coldchain.runs import place_on_roads
from coldchain.runs.folder import csv_bytes
from coldchain.scenario import Draft, inspect, with_fleet, write_scenario

ROADS = "roads.gpkg"
BESIDE = "atlas"
KM_PER_DEG = 111.195
RULE_SOURCE = N_("a rule; the source does not know the harvest")
KNOWN_NOTE = N_(
    "Harvests are those of the source; where it names no crop the mix follows the rule, and so do the seasons, "
    "which for other crops are the usual ones of southern China."
)
CLIMATE_NOTE = N_(
    "by the latitude (mean 30 - 0.5·lat, swing 0.4·lat up to 11 K, ±5 K in a day); "
    "measured ones should take their place."
)
TOLD_BY_SOURCE = {"duplicate-point"}
"""Warnings of the check that a list of places gives itself, with its own rows."""
PLACE_COLUMNS = ("id", "name", "county", "lon", "lat")


@dataclass(frozen=True)
class RowOrigins:
    """Where the rows of the tables come from: the file of the source, and its line for each row by table."""

    file: str
    lines: Mapping[str, tuple[int, ...]]

    def named(self, fault: Fault, tables: Mapping[str, pd.DataFrame]) -> Fault:
        """Name the row of the source instead of that of a table written; a harvest is its village's."""
        stem = fault.file.removesuffix(".csv")
        ids = list(tables[stem]["id"]) if stem in self.lines else []
        if fault.row is None and fault.column in ids:
            return replace(fault, file=self.file, row=self.lines[stem][ids.index(fault.column)], column="lon, lat")
        if fault.row is None or stem not in tables or fault.row - 2 not in range(len(tables[stem])):
            return fault
        at = fault.row - 2
        if stem == "harvest":
            village = tables["harvest"]["village"].iloc[at]
            stem, at = "villages", list(tables["villages"]["id"]).index(village)
        if stem not in self.lines:
            return fault
        return replace(fault, file=self.file, row=self.lines[stem][at])


@dataclass(frozen=True)
class Import:
    """A drafted import.

    Attributes
    ----------
    roads : None when no roads were given
    faults : what was odd about the source
    account : what was made of the source
    rows : where the rows of the tables come from; None when the source has no rows
    beside : tables for a person, written to the folder ``atlas`` of the scenario: sources and spreads
    """

    draft: Draft
    roads: RoadNetwork | None
    faults: tuple[Fault, ...]
    account: Account
    rows: RowOrigins | None = None
    beside: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def account_of(draft: Draft, **given: Any) -> Account:
    """Count what a draft holds; ``given`` are the other fields of `Account`."""
    tables = draft.tables
    return Account(len(tables["villages"]), round(float(tables["harvest"]["tonnes"].sum()), 6), **given)


@dataclass(frozen=True)
class Places:
    """Producing places, candidate sites and hubs, with columns id, name, county, lon, lat; villages also kind.

    Attributes
    ----------
    known : village -> crop -> tonnes of the source; an empty crop follows the mix of the rule. None: the rule in all
    """

    villages: pd.DataFrame
    sites: pd.DataFrame
    hubs: pd.DataFrame
    known: Known | None = None


def assemble(
    source: str,
    places: Places,
    rules: ImportRules,
    roads: RoadNetwork | None,
    datum: str,
    *,
    assumptions: tuple[Assumption, ...] = (),
    notes: tuple[str, ...] = (),
) -> Draft:
    """Write the tables and settings of an import; what the source does not say is among the assumptions.

    Parameters
    ----------
    source : name of the file; without its ending it names the scenario of more than one county

    Raises
    ------
    BadInputError
        When villages, sites or hubs are missing altogether.
    """
    missing = {
        _("no villages were found in the source"): places.villages,
        _("no candidate sites were found in the source"): places.sites,
        _("no hubs were found in the source"): places.hubs,
    }
    for message, frame in missing.items():
        if frame.empty:
            raise BadInputError([Fault(source, None, "", "", message, "no-rows")])
    everything = pd.concat([places.villages, places.sites, places.hubs])
    lat = float(everything["lat"].median())
    sections: dict[str, dict[str, Any]] = {key: dict(values) for key, values in rules.sections.items()}
    sections["roads"] = {"file": ROADS if roads is not None else "", **sections.get("roads", {})}
    budget = round(rules.budget_cny_per_village * len(places.villages), -4)
    sections["siting"] = {"budget_cny": float(budget), **sections.get("siting", {})}
    each = _(", ").join(_("{kind} {t:g} t/year").format(kind=word(kind), t=t) for kind, t in rules.tonnes.items())
    ruled = Assumption(what="harvest", figure=_(rules.title) + _("; ") + each, source=_(RULE_SOURCE))
    assumed = (
        ruled if places.known is None else Assumption(what="figures", figure=_(KNOWN_NOTE), source=_(rules.title)),
        Assumption(what="temperatures", figure=_(CLIMATE_NOTE)),
    )
    columns = list(PLACE_COLUMNS)
    tables = {
        "periods": periods(lat),
        "villages": places.villages[[*columns, *places.villages.columns.intersection(["cooperative", "town"])]],
        "sites": places.sites[columns],
        "hubs": places.hubs[columns],
        "harvest": harvest(rules, places.villages, places.known),
    }
    counties = set(places.villages["county"].astype(str)) - {""}
    name = counties.pop() if len(counties) == 1 else source.split(".", maxsplit=1)[0]
    return with_fleet(Draft(name, sections, tables, datum, notes, (*assumptions, *assumed)))


def write_import(drafted: Import, folder: Path) -> tuple[Fault, ...]:
    """Write the scenario folder under a temporary name, check it as ``coldchain check`` does, then rename it.

    Returns
    -------
    tuple of Fault
        What was odd about the source and what the check warns of.

    Raises
    ------
    BadInputError
        When the check finds an error; rows are those of the source, and nothing is left behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        write_scenario(drafted.draft, folder)
    clear_half_written(folder)
    staging = folder.parent / f".{folder.name}.import-{os.getpid()}"
    try:
        write_scenario(drafted.draft, staging)
        if drafted.roads is not None:
            write_lines(drafted.roads, staging / ROADS)
        _write_beside(drafted, staging)
        faults = (*drafted.faults, *_checked(drafted, staging))
        demand_right(faults)
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return faults


def _write_beside(drafted: Import, folder: Path) -> None:
    """Write the tables that are no input of the planner."""
    for name, table in drafted.beside.items():
        path = folder / BESIDE / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(csv_bytes(table))


def _checked(drafted: Import, folder: Path) -> list[Fault]:
    """Return what the check finds that the source did not show before."""
    scenario, found = inspect(folder)
    if scenario is not None:
        try:
            found = (*found, *place_on_roads(scenario)[1])
        except BadInputError as error:
            found = (*found, *error.faults)
    rows = drafted.rows
    if rows is None:
        return list(found)
    told = {fault.code for fault in drafted.faults if fault.warning} | TOLD_BY_SOURCE
    return [rows.named(fault, drafted.draft.tables) for fault in found if not fault.warning or fault.code not in told]


def nearest_km(points: pd.DataFrame, to: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return straight km and row of the nearest of ``to`` for each of ``points``."""
    from scipy.spatial import cKDTree

    shrink = np.cos(np.radians(float(points["lat"].median())))

    def flat(frame: pd.DataFrame) -> np.ndarray:
        return np.asarray(frame[["lon", "lat"]].to_numpy() * np.array([shrink, 1.0]) * KM_PER_DEG)

    distance, row = cKDTree(flat(to)).query(flat(points))
    return np.asarray(distance), np.asarray(row)
