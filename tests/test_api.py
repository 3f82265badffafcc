"""The planner from Python, as README shows it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import coldchain as cc
from coldchain.api import Result
from coldchain.errors import BadInputError

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Plan a small example."""
    return cc.plan(cc.example(tmp_path_factory.mktemp("api") / "county", villages=8, seed=3), time_limit_s=10)


def test_plan_is_a_function_and_a_subpackage(result: Result) -> None:
    """``cc.plan(...)`` plans; ``coldchain.plan`` is still the room with its names."""
    import coldchain.plan

    assert isinstance(result, cc.Result)
    assert coldchain.plan.Options is not None  # type: ignore[attr-defined]
    assert result.summary["loss"]["plan_rate"] == result.loss_rate
    assert 0 <= result.gap < 1


def test_results_are_layers_on_the_map(result: Result) -> None:
    """Depots, villages and routes are GeoDataFrames in WGS-84 with the columns of the tables."""
    assert len(result.villages) == 8
    assert set(result.tables["depots"].columns) < set(result.depots.columns)
    assert len(result.routes) == len(result.tables["routes"])
    assert {layer.crs.to_epsg() for layer in result.layers.values()} == {4326}


def test_a_smaller_budget_is_obeyed(tmp_path: Path) -> None:
    """With a budget of nothing nothing is awarded."""
    found = cc.plan(cc.example(tmp_path / "county", villages=4, seed=3), budget_cny=0.0, time_limit_s=5)
    assert found.summary["investment"]["subsidy_cny"] == 0


def test_picture_map_and_folder(result: Result, tmp_path: Path) -> None:
    """The picture has the map and figures, the map is one file, and the folder is that of a run."""
    pytest.importorskip("matplotlib")
    result.plot().savefig(tmp_path / "plan.png")
    assert (tmp_path / "plan.png").stat().st_size > 20_000
    assert result.explore(tmp_path / "map.html").stat().st_size > 500_000
    assert (result.save(tmp_path / "run") / "summary.json").is_file()


def test_a_sweep_from_python(tmp_path: Path) -> None:
    """One row for each budget asked for."""
    county = cc.example(tmp_path / "county", villages=4, seed=3)
    found = cc.sweep(county, [0.0, 1e6], tmp_path / "sweep", time_limit_s=3)
    assert {0.0, 1e6} <= set(found.table()["budget_cny"])


def test_faults_are_raised_and_listed(tmp_path: Path) -> None:
    """A folder without a scenario is refused with its name, and checked without being raised."""
    with pytest.raises(BadInputError, match="no such scenario folder"):
        cc.load(tmp_path / "none")
    assert [fault.code for fault in cc.check(tmp_path / "none")] == ["missing-file"]
    with pytest.raises(AttributeError, match="has no attribute fly"):
        cc.fly  # type: ignore[attr-defined] # noqa: B018


def test_the_example_of_the_readme_runs(tmp_path: Path) -> None:
    """The Python block of the README, on the smallest county."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    assert 'cc.load("scenarios/upland")' in block[1]
    small = block[1].replace('cc.load("scenarios/upland")', 'cc.example("county", villages=4, seed=3)')
    subprocess.run([sys.executable, "-c", small], cwd=tmp_path, check=True, capture_output=True)
