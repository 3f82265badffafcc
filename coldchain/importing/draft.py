"""Put an import together: places and roads to a scenario that can be planned at once."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault
from coldchain.importing.account import Account
from coldchain.importing.rules import Rules, harvest, periods
from coldchain.language import N_, _
from coldchain.model import Assumption
from coldchain.network import RoadNetwork, write_lines
from coldchain.scenario import Draft, write_scenario

ROADS = "roads.gpkg"
KM_PER_DEG = 111.195
RULE_SOURCE = N_("a rule; the source does not know the harvest")
CLIMATE_NOTE = N_(
    "Temperatures follow from the latitude (mean 30 - 0.5·lat, swing 0.4·lat up to 11 K, ±5 K in a day): "
    "replace them with measured ones in periods.csv."
)
PLACE_COLUMNS = ("id", "name", "county", "lon", "lat")


@dataclass(frozen=True)
class Import:
    """A drafted import: the scenario, its roads if any, what was odd about the source, and what was made of it."""

    draft: Draft
    roads: RoadNetwork | None
    faults: tuple[Fault, ...]
    account: Account


def account_of(draft: Draft, **given: Any) -> Account:
    """Count what a draft holds; ``given`` are the other fields of `Account`."""
    tables = draft.tables
    return Account(len(tables["villages"]), float(tables["harvest"]["tonnes"].sum()), **given)


@dataclass(frozen=True)
class Places:
    """Producing places, candidate sites and hubs, with columns id, name, county, lon, lat; villages also kind."""

    villages: pd.DataFrame
    sites: pd.DataFrame
    hubs: pd.DataFrame


def assemble(
    name: str,
    places: Places,
    rules: Rules,
    roads: RoadNetwork | None,
    datum: str,
    *,
    assumptions: tuple[Assumption, ...] = (),
    notes: tuple[str, ...] = (),
) -> Draft:
    """Write the tables and settings of an import; what the source does not say is among the assumptions.

    Raises
    ------
    BadInputError
        When villages, sites or hubs are missing altogether.
    """
    for what, frame in (("villages", places.villages), ("sites", places.sites), ("hubs", places.hubs)):
        if frame.empty:
            message = _("no {what} were found in the source").format(what=what)
            raise BadInputError([Fault(name, None, "", "", message, "no-rows")])
    everything = pd.concat([places.villages, places.sites, places.hubs])
    lat = float(everything["lat"].median())
    sections: dict[str, dict[str, Any]] = {key: dict(values) for key, values in rules.sections.items()}
    sections["roads"] = {"file": ROADS if roads is not None else "", **sections.get("roads", {})}
    budget = round(rules.budget_cny_per_village * len(places.villages), -4)
    sections["siting"] = {"budget_cny": float(budget), **sections.get("siting", {})}
    each = _(", ").join(_("{kind} {t:g} t/year").format(kind=kind, t=t) for kind, t in rules.tonnes.items())
    assumed = (
        Assumption(what="harvest", figure=_(rules.title) + _("; ") + each, source=_(RULE_SOURCE)),
        Assumption(what="temperatures", figure=_(CLIMATE_NOTE)),
    )
    columns = list(PLACE_COLUMNS)
    tables = {
        "periods": periods(lat),
        "villages": places.villages[[*columns, *places.villages.columns.intersection(["cooperative", "town"])]],
        "sites": places.sites[columns],
        "hubs": places.hubs[columns],
        "harvest": harvest(rules, places.villages),
    }
    return Draft(name, sections, tables, datum, notes, (*assumptions, *assumed))


def write_import(drafted: Import, folder: Path) -> tuple[Fault, ...]:
    """Write the scenario folder, roads included, under a temporary name first; return what was odd."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        write_scenario(drafted.draft, folder)
    staging = folder.parent / f".{folder.name}.import-{os.getpid()}"
    try:
        write_scenario(drafted.draft, staging)
        if drafted.roads is not None:
            write_lines(drafted.roads, staging / ROADS)
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return drafted.faults


def nearest_km(points: pd.DataFrame, to: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return straight km and row of the nearest of ``to`` for each of ``points``."""
    from scipy.spatial import cKDTree

    shrink = np.cos(np.radians(float(points["lat"].median())))

    def flat(frame: pd.DataFrame) -> np.ndarray:
        return np.asarray(frame[["lon", "lat"]].to_numpy() * np.array([shrink, 1.0]) * KM_PER_DEG)

    distance, row = cKDTree(flat(to)).query(flat(points))
    return np.asarray(distance), np.asarray(row)
