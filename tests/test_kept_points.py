"""A point of a sweep is used again only when everything that decides it is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_cases import TABLES, tiny_county

from coldchain.model import Scenario
from coldchain.scenario import input_hash, load
from coldchain.sweeps.points import point_key

SETTINGS = {"quick": 1.0, "seed": 0}


def key_of(scenario: Scenario, budget_cny: float = 1e5) -> str:
    """Return the key of a point of the scenario."""
    return point_key(scenario, budget_cny, SETTINGS)


def test_a_scenario_changed_in_memory_has_other_points(tmp_path: Path) -> None:
    """The harvest tripled, a village moved: the files, and so their hash, are those of before."""
    scenario, _faults = load(tiny_county(tmp_path / "county"))
    village = scenario.villages[0].model_copy(update={"lon": 109.05})
    changed = [replace(scenario, harvest_t=scenario.harvest_t * 3), replace(scenario, villages=(village,))]
    assert len({key_of(each) for each in (scenario, *changed)}) == 3
    assert key_of(scenario) == key_of(load(tmp_path / "county")[0]) != key_of(scenario, 2e5)


@pytest.mark.parametrize(
    ("table", "old", "new"), [("harvest", "300", "900"), ("villages", "109.0,", "109.05,"), ("hubs", "109.1", "109.2")]
)
def test_a_scenario_changed_on_disk_has_other_points(tmp_path: Path, table: str, old: str, new: str) -> None:
    """Any table counts."""
    first, _faults = load(tiny_county(tmp_path / "county"))
    changed = {table: TABLES[table].replace(old, new)}
    second, _faults = load(tiny_county(tmp_path / "county", **changed))
    assert key_of(first) != key_of(second)


@pytest.mark.parametrize("name", ["roads.osm", "roads.shp", "deep/roads.osm.pbf"])
def test_roads_of_any_kind_count_as_input(tmp_path: Path, name: str) -> None:
    """The file that the settings name is part of the inputs, whatever it ends in."""
    folder = tiny_county(tmp_path / "county", f'[siting]\nbudget_cny = 100000\n[roads]\nfile = "{name}"\n')
    (folder / name).parent.mkdir(exist_ok=True)
    hashes = set()
    for content in (b"one", b"other"):
        (folder / name).write_bytes(content)
        hashes.add(input_hash(folder, "base"))
    assert len(hashes) == 2
