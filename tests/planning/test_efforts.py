"""More work never makes a plan worse; a quick plan saves routing, not siting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scenario_cases import small_county

from coldchain.planning import Options, plan, plan_quickly
from coldchain.scenario import load


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [Options(1e-3), Options.quickly(tries=30)],
    ids=["no work", "thirty tries"],
)
def test_a_normal_plan_is_no_worse_than_a_quick_one(tmp_path: Path, options: Options) -> None:
    """Even work that is over at once leaves what a quick plan finds."""
    scenario, _faults = load(small_county(tmp_path / "county", 9, 5))
    quick, normal = plan_quickly(scenario), plan(scenario, options)
    values = [made.summary["objective"]["value"] for made in (quick, normal)]
    assert values[1] <= values[0] * (1 + 1e-9)
    assert normal.report.ok, normal.report.problems


@pytest.mark.parametrize(
    ("options", "gap", "ended"),
    [
        (Options(time_limit_s=0.0), 1e-9, "time-limit"),
        (Options(1e-3), 1e-9, "work-done"),
        (Options.quickly(), 1e-9, "nothing-improves"),
        pytest.param(Options.quickly(tries=1), 1e-9, "work-done", marks=pytest.mark.slow),
        (Options.quickly(), 0.9, "gap-closed"),
        (Options.quickly(stop=lambda: True), 1e-9, "interrupted"),
    ],
)
def test_a_run_says_why_it_stopped(tmp_path: Path, options: Options, gap: float, ended: str) -> None:
    """Each reason in turn, by the limit that is met first."""
    scenario, _faults = load(small_county(tmp_path / "county", 5, 5))
    wanted = replace(scenario, siting=scenario.siting.model_copy(update={"gap": gap}))
    assert plan(wanted, replace(options, cuts=set())).summary["ended"] == ended


@pytest.mark.slow
@pytest.mark.parametrize("case", ["workbook/mayang.xlsx", "effort/three-seasons"])
def test_a_quick_plan_of_a_real_list_sites_well(shared: Path, case: str) -> None:
    """62 villages, and three seasons: more effort is never dearer, less at most 1 %."""
    scenario, _faults = load(shared / "faults" / case)
    quick = plan_quickly(scenario).summary["objective"]["value"]
    normal = plan(scenario).summary["objective"]["value"]
    assert normal * (1 - 1e-9) <= quick <= normal * 1.01
