"""Scenarios in memory: from tables and settings, changed by name, back to tables, or written to a folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from coldchain import model
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import Assumption, dictionary
from coldchain.network import read_graph, read_roads, write_gmns
from coldchain.scenario import changed, frames_of, from_frames, placed_settings, settings_tree, write_memory

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

    RoadsGiven: TypeAlias = nx.Graph[Any] | gpd.GeoDataFrame | Path | str | None

ROADS = "roads"
TABLES = frozenset(dictionary.TABLES)


@dataclass(frozen=True)
class Scenario(model.Scenario):
    """One county or region, ready to plan: read by :func:`coldchain.load`, or made of tables in memory.

    Its tables are nouns with units in their names (``scenario.villages[0].lon``); docs/dictionary.md has them all.
    """

    @classmethod
    def of(cls, scenario: model.Scenario) -> Scenario:
        """Return a scenario as one with the methods below."""
        return cls(**{one.name: getattr(scenario, one.name) for one in fields(model.Scenario)})

    @classmethod
    def from_frames(
        cls,
        *,
        villages: pd.DataFrame,
        sites: pd.DataFrame,
        hubs: pd.DataFrame,
        harvest: pd.DataFrame,
        periods: pd.DataFrame,
        storage: pd.DataFrame | None = None,
        people: pd.DataFrame | None = None,
        commodities: pd.DataFrame | None = None,
        depot_types: pd.DataFrame | None = None,
        mobile_units: pd.DataFrame | None = None,
        plants: pd.DataFrame | None = None,
        vehicles: pd.DataFrame | None = None,
        roads: RoadsGiven = None,
        name: str = "",
        datum: str = "wgs84",
        notes: Iterable[str] = (),
        assumptions: Iterable[Assumption] = (),
        **settings: Any,
    ) -> Scenario:
        """Make a scenario of tables in memory; headings, units and names are understood as in files.

        Parameters
        ----------
        villages, sites, hubs : GeoDataFrames in any coordinate system, or frames with lon and lat
        harvest : village, commodity, period, tonnes; or area_ha and yield_t_ha
        periods : id, days, temp_min_c and temp_max_c or the hours t00_c … t23_c
        storage, people : what depots may keep, and who is there; optional
        commodities, depot_types, mobile_units, plants, vehicles : laid over the shipped catalogue by id
        roads : a graph as osmnx makes it, lines in a GeoDataFrame, or a path; left out: straight lines stand in
        datum : of lon and lat: wgs84, cgcs2000, gcj02 or bd09
        settings : by name (``budget_cny=3e6``), by section (``chain={"unload_h": 0.5}``) or, of a mapping,
            ``**{"vehicle.light_truck.payload_kg": 1200}``; docs/dictionary.md lists them

        Raises
        ------
        BadInputError
            With every fault of all frames, roads and settings: frame, row, column, value. A row is named by its label
            in the index where these are whole numbers, else by its place from 0.

        Examples
        --------
        >>> import pandas as pd
        >>> place = {"lon": [109.7], "lat": [28.3]}
        >>> county = Scenario.from_frames(
        ...     villages=pd.DataFrame({"id": ["V1"], **place}), sites=pd.DataFrame({"id": ["S1"], **place}),
        ...     hubs=pd.DataFrame({"id": ["H1"], "lon": [109.9], "lat": [28.3]}),
        ...     periods=pd.DataFrame({"id": ["summer"], "days": [60], "temp_min_c": [20], "temp_max_c": [30]}),
        ...     harvest=pd.DataFrame({"village": ["V1"], "commodity": ["tomato"], "period": ["summer"],
        ...                           "tonnes": [300]}), budget_cny=1e6)
        >>> county.siting.budget_cny, county.with_(budget_cny=2e6).siting.budget_cny
        (1000000.0, 2000000.0)
        """
        given = {
            "villages": villages, "sites": sites, "hubs": hubs, "harvest": harvest, "periods": periods,
            "storage": storage, "commodities": commodities, "depot_types": depot_types, "mobile_units": mobile_units,
            "plants": plants, "vehicles": vehicles, "people": people,
        }  # fmt: skip
        tree, faults = placed_settings(settings)
        faults += _laid_roads(roads, tree)
        stated = [one.model_dump() for one in assumptions]
        head = {"name": name, "datum": datum, "notes": list(notes), "assumptions": stated}
        frames = {stem: frame for stem, frame in given.items() if frame is not None}
        return cls.of(from_frames(frames, {**head, **tree}, faults=faults)[0])

    def with_(self, *, name: str | None = None, roads: RoadsGiven = None, **changes: Any) -> Scenario:
        """Return a scenario that differs in settings or tables, checked as one that is read.

        Parameters
        ----------
        changes : settings and tables as in :meth:`from_frames`; a table replaces the former one whole, None as a
            setting takes its default

        Raises
        ------
        BadInputError
            With every fault.
        """
        frames = {stem: changes.pop(stem) for stem in TABLES & changes.keys()}
        tree, faults = placed_settings(changes)
        faults += _laid_roads(roads, tree)
        head = {} if name is None else {"name": name}
        return type(self).of(changed(self, frames, {**head, **tree}, faults)[0])

    def to_frames(self) -> dict[str, Any]:
        """Return every table and setting by the name :meth:`from_frames` takes it: ``from_frames(**to_frames())``.

        Villages, sites and hubs are points in WGS-84; roads, where there are any, are a path; settings stand by
        section.
        """
        tree = settings_tree(self)
        roads = tree["roads"].pop("file", None)
        tree.pop("variants", None)
        return {
            **frames_of(self), **tree, "assumptions": self.assumptions,
            **({} if roads is None else {ROADS: roads, **{f"{ROADS}.{k}": v for k, v in tree.pop(ROADS).items()}}),
        }  # fmt: skip

    def _repr_html_(self) -> str:
        """Show in a notebook how much there is of everything."""
        from coldchain.reports.notebook import scenario_html

        return scenario_html(self)

    def save(self, folder: Path | str) -> Path:
        """Write it to a new folder, from which :func:`coldchain.load` reads the same scenario; return the folder.

        Raises
        ------
        UsageError
            When the folder holds something already.
        """
        write_memory(self, Path(folder))
        return Path(folder)


def _laid_roads(roads: RoadsGiven, tree: dict[str, Any]) -> list[Fault]:
    """Put roads where the planner reads them, name the file in the settings, and return what is wrong with them."""
    if roads is None:
        return []
    section = tree.setdefault(ROADS, {})
    try:
        path = Path(roads) if isinstance(roads, (str, Path)) else _written(roads)
        section["file"] = str(path.resolve())
        if not isinstance(roads, (str, Path)):
            read_roads(path)
    except BadInputError as error:
        section.pop("file", None)
        return [replace(fault, file=ROADS) for fault in error.faults]
    return []


def _written(roads: Any) -> Path:
    """Write roads that were handed over where they last as long as this process, and return the path."""
    folder = Path(tempfile.mkdtemp(dir=_room()))
    if hasattr(roads, "nodes") and hasattr(roads, "edges"):
        write_gmns(read_graph(roads), folder / ROADS)
        return folder / ROADS
    if hasattr(roads, "to_crs"):
        path = folder / f"{ROADS}.geojson"
        path.write_text(_lines(roads), encoding="utf-8")
        return path
    message = _("must be a graph of networkx, lines in a GeoDataFrame, or a path")
    raise BadInputError([Fault(ROADS, None, "", type(roads).__name__, message, "not-roads")])


@cache
def _room() -> Path:
    """Return a folder for the roads of scenarios in memory; it goes when this process ends."""
    room = Path(tempfile.mkdtemp(prefix="coldchain-roads-"))
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(room, ignore_errors=True) if os.getpid() == owner else None)
    return room


def _lines(frame: gpd.GeoDataFrame) -> str:
    """Return lines as GeoJSON in WGS-84; cells that hold lists, as joined streets do, as text."""
    if frame.crs is None:
        message = _("the lines have no coordinate system; state it with set_crs")
        raise BadInputError([Fault(ROADS, None, "geometry", "", message, "no-crs")])
    plain = frame.to_crs(4326).reset_index(drop=True)
    for column in plain.columns.drop(plain.geometry.name):
        if not pd.api.types.is_numeric_dtype(plain[column]):
            plain[column] = plain[column].map(_text)
    return str(plain.to_json(drop_id=True))


def _text(value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        return ";".join(map(str, value))
    return None if value is None or pd.isna(value) else str(value)
