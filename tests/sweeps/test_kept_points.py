"""A point of a sweep is used again only when everything that decides it is the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_cases import TABLES, tiny_county

from coldchain.model import Scenario
from coldchain.scenario import input_hash, load
from coldchain.sweeps.points import EARLIER, Point, keep_point, kept_point, point_file, point_key

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


def test_a_point_of_before_there_were_draws_is_read(tmp_path: Path) -> None:
    """Its benefit and the ends of every figure are unknown; a point of an unknown form is planned anew."""
    keep_point(tmp_path, Point(1e6, "feasible", loss_rate=0.1), "key")
    path = point_file(tmp_path, 1e6, "key")
    held = json.loads(path.read_text(encoding="utf-8"))
    for name in ("draws", "net_cny"):
        del held["point"][name]
    (earlier,) = EARLIER
    path.write_text(json.dumps({**held, "schema": earlier}), encoding="utf-8")
    point = kept_point(tmp_path, 1e6, "key")
    assert point is not None
    assert (point.loss_rate, point.draws) == (0.1, {})
    assert str((point.benefit_cny, *point.ends("loss_rate"))) == "(nan, nan, nan)"
    path.write_text(json.dumps({**held, "schema": "coldchain.sweep-point/0"}), encoding="utf-8")
    assert kept_point(tmp_path, 1e6, "key") is None


def test_a_payback_that_never_ends_has_no_upper_end(tmp_path: Path) -> None:
    """Of four draws one never pays back: the lower end is the least, the upper one is not known."""
    keep_point(tmp_path, Point(1e6, "feasible", draws={"payback_years": [3.0, None, 1.0, 2.0]}), "key")
    point = kept_point(tmp_path, 1e6, "key")
    assert point is not None
    assert str(point.ends("payback_years")) == "(1.0, nan)"
