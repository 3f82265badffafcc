"""Scenarios from tables in memory, and back: the same headings, units, names and faults as from files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coldchain.cells import guarded
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import HOURS, Noun, Scenario, dictionary
from coldchain.model.naming import of_ids
from coldchain.scenario.delimited import Grid
from coldchain.scenario.load import CATALOGUE, OPTIONAL, PLACES, hash_of, inspect_source, named_files
from coldchain.scenario.placefiles import cell_of, with_places
from coldchain.scenario.programmes import programme_keys
from coldchain.scenario.sections import BASE, OVERRIDES, SCHEMA, SECTIONS
from coldchain.scenario.source import FILE, Source
from coldchain.scenario.tables import RawTable, table_of_grid
from coldchain.scenario.write import Draft, scenario_files, write_scenario

if TYPE_CHECKING:
    import geopandas as gpd

SETTINGS = "settings"
"""How faults name the settings of a scenario in memory."""
NEEDED = ("villages", "sites", "hubs", "harvest", "periods")
HEADER = -1
"""Line of the header of a frame: no row has it."""
Frame = pd.DataFrame


@dataclass
class FrameSource(Source):
    """Tables in memory: a row is named by its label in the index where these are whole numbers, else from 0."""

    path: Path = field(default_factory=Path)
    frames: Mapping[str, Frame] = field(default_factory=dict)
    tree: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the scenario when it gives none."""
        return _("county")

    @property
    def usable(self) -> bool:
        """Frames can always be read."""
        return True

    @property
    def folder(self) -> None:
        """Nowhere on disk."""
        return

    def settings(self) -> tuple[dict[str, Any], tuple[Fault, ...]]:
        """Return the tree of settings."""
        return dict(self.tree), ()

    def raw(self, stem: str) -> RawTable | None:
        """Return a frame as text, None when there is none."""
        frame = self.frames.get(stem)
        return None if frame is None else frame_table(stem, frame)

    def label(self, stem: str) -> str:
        """Return how faults name a frame."""
        return stem

    def missing(self, stem: str) -> Fault:
        """Return the fault that a frame is missing."""
        return Fault(stem, None, "", "", _("the frame is missing; it is needed"), "missing-frame")

    def located(self, faults: Iterable[Fault]) -> tuple[Fault, ...]:
        """Name frames and settings instead of files; faults of a whole column have no row."""
        seen = (replace(one, row=None) if one.row == HEADER else one for one in super().located(faults))
        return tuple(replace(one, file=SETTINGS) if one.file == FILE else one for one in seen)


def from_frames(
    frames: Mapping[str, Frame],
    tree: Mapping[str, Any],
    variant: str = BASE,
    faults: Iterable[Fault] = (),
) -> tuple[Scenario, tuple[Fault, ...]]:
    """Make and check a scenario from tables in memory.

    Parameters
    ----------
    frames : table -> frame; those of :data:`NEEDED` must be there
    tree : settings as ``scenario.toml`` has them; a road file by its full path
    faults : found before, to be listed with the others

    Returns
    -------
    (Scenario, warnings)
        Its hash is that of the files :func:`write_memory` writes.

    Raises
    ------
    BadInputError
        With every fault of all frames and settings.
    """
    scenario, found = inspect_source(FrameSource(frames=frames, tree={"schema": SCHEMA, **tree}), variant)
    found = (*faults, *found)
    if scenario is None or any(not fault.warning for fault in found):
        raise BadInputError(found)
    return replace(scenario, sha256=hash_of(memory_files(scenario), scenario.variant)), found


def changed(
    scenario: Scenario, frames: Mapping[str, Frame], settings: Mapping[str, Any], faults: Iterable[Fault] = ()
) -> tuple[Scenario, tuple[Fault, ...]]:
    """Return a scenario with other tables and settings, checked as a whole; raises as :func:`from_frames`."""
    tree = settings_tree(scenario)
    for key, value in settings.items():
        tree[key] = {**tree[key], **value} if isinstance(value, Mapping) and isinstance(tree.get(key), dict) else value
    for key in SECTIONS:
        if isinstance(tree.get(key), dict):
            tree[key] = {name: value for name, value in tree[key].items() if value is not None}
    return from_frames({**frames_of(scenario), **frames}, tree, scenario.variant, faults)


def placed_settings(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Put settings named ``section.key`` or by the key alone into a tree as that of ``scenario.toml``.

    Examples
    --------
    >>> placed_settings({"budget_cny": 3e6, "chain.unload_h": 0.5})[0]
    {'siting': {'budget_cny': 3000000.0}, 'chain': {'unload_h': 0.5}}
    """
    tree: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in given.items():
        path, fault = _path_of(name, value)
        if fault is not None:
            faults.append(fault)
            continue
        place = tree
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = {**place.get(path[-1], {}), **value} if isinstance(value, Mapping) else value
    return tree, faults


def _path_of(name: str, value: Any) -> tuple[list[str], Fault | None]:
    """Return where a setting belongs, or the fault that there is no such setting, or several."""
    parts = name.split(".")
    if parts[0] in OVERRIDES or (parts[0] in SECTIONS and (len(parts) > 1 or isinstance(value, Mapping))):
        return parts, None
    homes = [section for section, noun in SECTIONS.items() if name in noun.model_fields]
    if len(homes) == 1:
        return [homes[0], name], None
    shown = "" if isinstance(value, Mapping) else str(value)
    if homes:
        names = _(", ").join(f"{section}.{name}" for section in homes)
        message = _("is a setting of several sections; name one of {names}").format(names=names)
        return [], Fault(SETTINGS, None, name, shown, message, "ambiguous-setting")
    known = [key for noun in SECTIONS.values() for key in noun.model_fields]
    message = _("there is no such setting; docs/dictionary.md lists them")
    return [], Fault(SETTINGS, None, name, shown, message, "unknown-key", guess=of_ids(known).find(name).guess)


def frames_of(scenario: Scenario) -> dict[str, Frame]:
    """Return every table of a scenario; villages, sites and hubs are points in WGS-84."""
    return {stem: _as_points(frame) if stem in PLACES else frame for stem, frame in tables_of(scenario).items()}


def tables_of(scenario: Scenario) -> dict[str, Frame]:
    """Return every table of a scenario as its files have it."""
    tables = {stem: _rows(getattr(scenario, stem), stem) for stem in (*PLACES, "periods", *OPTIONAL)}
    tables = {stem: frame for stem, frame in tables.items() if stem not in OPTIONAL or getattr(scenario, stem)}
    known = {stem: _rows(scenario.catalogue[kind], stem) for kind, (stem, _noun) in CATALOGUE.items()}
    return {**tables, "harvest": _harvest(scenario), **known}


def settings_tree(scenario: Scenario) -> dict[str, Any]:
    """Return the settings of a scenario as those of ``scenario.toml``, its roads by their full path."""
    tree: dict[str, Any] = {"name": scenario.name, "notes": list(scenario.notes)}
    tree["assumptions"] = [one.model_dump() for one in scenario.assumptions]
    for key in SECTIONS:
        tree[key] = getattr(scenario, key).model_dump(exclude_unset=True, exclude_none=True)
    if scenario.roads.file:
        tree["roads"]["file"] = str((scenario.home / scenario.roads.file).resolve())
    ruled = programme_keys().get(scenario.subsidy.programme, {})
    tree["subsidy"] = {key: value for key, value in tree["subsidy"].items() if ruled.get(key, ...) != _listed(value)}
    if scenario.variant != BASE:
        tree["variants"] = {scenario.variant: {"siting": {}}}
    return tree


def draft_of(scenario: Scenario) -> Draft:
    """Return what a scenario is written from; its roads lie beside the tables."""
    tree = settings_tree(scenario)
    if scenario.roads.file:
        tree["roads"]["file"] = Path(scenario.roads.file).name
    sections = {key: tree[key] for key in SECTIONS}
    variants = tree.get("variants", {})
    tables = tables_of(scenario)
    return Draft(scenario.name, sections, tables, "wgs84", scenario.notes, scenario.assumptions, variants)


def road_paths(scenario: Scenario) -> dict[str, Path]:
    """Return the files of the roads of a scenario by their names beside its tables; what is not there is left out."""
    path = scenario.home / scenario.roads.file
    if not scenario.roads.file or not path.exists():
        return {}
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return {one.relative_to(path.parent).as_posix(): one for one in files}


def memory_files(scenario: Scenario) -> dict[str, Path | bytes]:
    """Return name -> content, or where it lies, of the files of a scenario, in the order in which they are hashed."""
    files: dict[str, Path | bytes] = {**scenario_files(draft_of(scenario)), **road_paths(scenario)}
    return {name: files[name] for name in sorted(files, key=lambda name: PurePosixPath(name).parts)}


def hashed_files(scenario: Scenario) -> Mapping[str, Path | bytes]:
    """Return name -> content, or where it lies, of every input file of a scenario, in memory or not."""
    return memory_files(scenario) if scenario.folder is None else named_files(scenario.folder)


def write_memory(scenario: Scenario, folder: Path) -> None:
    """Write a scenario, of files or in memory, to a new folder; it reads back the same, to the hash.

    Raises
    ------
    UsageError
        As :func:`coldchain.scenario.write_scenario`.
    """
    roads = road_paths(scenario)
    parts = {name: path for name, path in roads.items() if path.suffix.lower() == ".shp"}
    beside = {f"{Path(name).stem}{one.suffix}": one for name, path in parts.items() for one in siblings(path)}
    write_scenario(draft_of(scenario), folder, {**roads, **beside})


def siblings(path: Path) -> list[Path]:
    """Return the files that make up one shapefile."""
    return sorted(one for one in path.parent.glob(f"{path.stem}.*") if one.is_file())


def frame_table(stem: str, frame: Frame) -> RawTable:
    """Return a frame as cells of text."""
    unlocated = _unlocated(stem, frame)
    plain = frame if unlocated else with_places(frame)
    plain = plain.drop(columns=[name for name in plain.columns if name == "geometry"])
    header = tuple(str(name).strip() for name in plain.columns)
    labels = _labels(plain.index)
    rows = zip(labels, plain.itertuples(index=False, name=None), strict=True)
    grid = Grid(stem, ((HEADER, header), *((n, tuple(map(_cell, record))) for n, record in rows)))
    table = table_of_grid(grid, lambda _cells: 0)
    return replace(table, faults=(*unlocated, *table.faults))


def _unlocated(stem: str, frame: Frame) -> tuple[Fault, ...]:
    shapes = getattr(frame, "geometry", None) if hasattr(frame, "crs") else None
    if shapes is None or shapes.crs is not None or with_places(frame).columns.isin(["lon"]).any():
        return ()
    message = _("the points have no coordinate system; state it with set_crs")
    return (Fault(stem, None, "geometry", "", message, "no-crs"),)


def _labels(index: pd.Index[Any]) -> list[int]:
    whole = pd.api.types.is_integer_dtype(index.dtype) and index.is_unique and (index >= 0).all()
    return [int(label) for label in index] if whole else list(range(len(index)))


def _cell(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ";".join(map(str, value))
    return cell_of(guarded(value) if isinstance(value, str) else value)


def _rows(nouns: Iterable[Noun], stem: str) -> Frame:
    """Return one row for each noun, all its columns; lists joined by semicolons, hours one by one."""
    fields = [name for name in dictionary.TABLES[stem].model_fields if name != "hourly_c"]
    rows = []
    for noun in nouns:
        row = {name: _joined(getattr(noun, name)) for name in fields}
        hourly = getattr(noun, "hourly_c", None)
        rows.append(row if hourly is None else row | dict(zip(HOURS, hourly, strict=True)))
    frame = pd.DataFrame(rows, columns=None if rows else fields)
    return frame.drop(columns=[name for name in frame.columns if frame[name].isna().all()])


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _joined(value: Any) -> Any:
    return ";".join(map(str, value)) if isinstance(value, tuple) else value


def _as_points(frame: Frame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    shapes = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
    return gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=shapes)


def _harvest(scenario: Scenario) -> Frame:
    """Return village, commodity, period, tonnes of what is harvested, and a row of nothing of a crop without any."""
    axes = {
        "village": [one.id for one in scenario.villages],
        "commodity": [one.id for one in scenario.commodities],
        "period": [one.id for one in scenario.periods],
    }
    some = scenario.harvest_t > 0
    some[0, ~some.any(axis=(0, 2)), 0] = True
    at = np.nonzero(some)
    found = {name: np.array(ids, dtype=object)[rows] for (name, ids), rows in zip(axes.items(), at, strict=True)}
    return pd.DataFrame({**found, "tonnes": scenario.harvest_t[at]})
