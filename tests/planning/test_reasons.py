"""A reason is computed from the figures beside it, and names the limit that binds, money included."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from perishable import as_of_2026
from planned import decided
from tiny_cases import site_rows, tiny_county

from coldchain.planning import lay_ground
from coldchain.planning.decision import Decision
from coldchain.planning.onemore import Beside
from coldchain.scenario import load
from coldchain.siting import solve_siting

BUDGET = "[siting]\nbudget_cny = 1000000\n"
TWO = "villages", "id,county,lon,lat\nV1,A,109.0,28.0\nV2,A,109.02,28.0\n"


def _beside(folder: Path, *built: tuple[str, int], **tables: str) -> Beside:
    """Return a plan that builds some modules at S1 and fills them as siting would."""
    scenario = as_of_2026(load(tiny_county(folder, tables.pop("settings", BUDGET), **tables))[0])
    ground = lay_ground(scenario)
    count = np.zeros((len(scenario.sites), len(scenario.depot_types)), dtype=np.int64)
    for kind, number in built:
        count[0, [one.id for one in scenario.depot_types].index(kind)] = number
    bare = Beside(ground.basis, ground.arcs, Decision.of(ground.arcs, count, np.zeros(len(ground.arcs.demand))))
    found = solve_siting(replace(bare.problem, max_count=np.zeros_like(count), existing=count), work=9, gap=0)
    return Beside(ground.basis, ground.arcs, Decision.of(ground.arcs, count, found.arc_share))


@pytest.mark.parametrize("tonnes", [3, 30, 300])
def test_one_more_depot_costs_and_saves_what_siting_says(tmp_path: Path, tonnes: int) -> None:
    """For one village: the best assignment with the module standing, plus the module, against today's chain."""
    harvest = f"village,commodity,period,tonnes\nV1,tomato,p,{tonnes}\n"
    beside = _beside(tmp_path / "county", harvest=harvest)
    problem = beside.problem
    for cooling in range(len(beside.basis.classes)):
        for way in beside.at(0, cooling):
            one = np.zeros_like(problem.existing)
            one[0, way.kind] = 1
            none = np.zeros_like(problem.max_count)
            own = solve_siting(replace(problem, existing=one, max_count=none), work=9, gap=0)
            net = problem.module_cost[0, way.kind] + own.value - problem.outside_cost.sum()
            assert way.net_cny == pytest.approx(net, abs=0.01)


def test_the_plan_fills_what_it_builds(tmp_path: Path) -> None:
    """Room less load: nothing is left on the fullest day of a depot that cannot take all."""
    harvest = "village,commodity,period,tonnes\nV1,tomato,p,3000\n"
    beside = _beside(tmp_path / "county", ("cool_forced_air_200", 1), harvest=harvest)
    kind = next(k for k, one in enumerate(beside.basis.scenario.depot_types) if one.id == "cool_forced_air_200")
    cell = 0, int(beside.basis.class_of_type[kind])
    assert beside.room_t_day[cell] == pytest.approx(beside.problem.capacity[kind])
    assert beside.spare_t_day[cell] == pytest.approx(0, abs=1e-6)
    assert 0 < beside.share.sum() < 1


@pytest.mark.parametrize(
    ("row", "settings", "limit"),
    [
        pytest.param("S1,A,109.01,28.0,candidate,,,,4", "[siting]\nbudget_cny = 0\n", "budget", id="budget"),
        pytest.param("S1,A,109.01,28.0,candidate,,,,4", BUDGET + "[subsidy.pot_by_county_cny]\nA = 10\n", "pot",
                     id="pot"),
        pytest.param("S1,A,109.01,28.0,candidate,,1,,4", BUDGET, "power", id="power"),
        pytest.param("S1,A,109.01,28.0,candidate,,,0,4", BUDGET, "staff", id="staff"),
    ],
)  # fmt: skip
def test_the_limit_that_binds_is_found(tmp_path: Path, row: str, settings: str, limit: str) -> None:
    """Each limit alone is short for any module; without it nothing is."""
    types = "[depot_type.cool_forced_air_200]\nstaff = 1\npower_kw = 20\n"
    beside = _beside(tmp_path / "county", sites=site_rows(row), settings=settings + types)
    kind = next(k for k, one in enumerate(beside.basis.scenario.depot_types) if one.id == "cool_forced_air_200")
    way = next(way for way in beside.at(0, int(beside.basis.class_of_type[kind])) if way.kind == kind)
    assert [one.limit for one in way.short] == [limit]
    assert way.short[0].need > way.short[0].left


@pytest.mark.parametrize(
    ("tonnes", "row", "budget", "said"),
    [
        (
            300,
            "S1,A,109.01,28.0,candidate,,,,4",
            0,
            r"award for one more depot there .* above the 0 CNY left of the bud",
        ),
        (300, "S1,A,109.01,28.0,candidate,,1,,4", 1e6, r"needs [\d.]+ kW; 1 kW are left"),
        (300, "S1,A,109.01,28.0,forbidden,,,,4", 1e6, r"it would save [\d,]+ CNY/t: nothing more may be built there"),
        (
            1,
            "S1,A,109.01,28.0,candidate,,,,4",
            1e6,
            r"one more depot there \(.*\) would cost [\d,]+ CNY a year more than",
        ),
        (300, "S1,A,111.5,28.0,candidate,,,,4", 1e6, r"no site within [\d.]+ h: S1 is [\d.]+ h away"),
    ],
    ids=["budget", "power", "forbidden", "not-worth-building", "far"],
)
def test_a_reason_names_what_binds(tmp_path: Path, tonnes: int, row: str, budget: float, said: str) -> None:
    """No depot is open in any of these: the sentence says why none is built."""
    harvest = f"village,commodity,period,tonnes\nV1,tomato,p,{tonnes}\n"
    settings = f"[siting]\nbudget_cny = {budget:.0f}\n"
    scenario = as_of_2026(load(tiny_county(tmp_path / "county", settings, sites=site_rows(row), harvest=harvest))[0])
    reason = decided(scenario).tables["villages"]["reason"][0]
    assert re.search(said, reason), reason


def test_a_full_depot_and_the_money_that_another_lacks(tmp_path: Path) -> None:
    """Where a depot is full and the budget is spent, both are said; the budget is not blamed while it lasts."""
    row = "S1,A,109.01,28.0,existing,cool_forced_air_200:1,,,4"
    many = "".join(f"V{n},tomato,p,2000\n" for n in (1, 2))
    tables = {"villages": TWO[1], "sites": site_rows(row), "harvest": "village,commodity,period,tonnes\n" + many}
    settings = "[siting]\nbudget_cny = 0\nsingle_source = false\n"
    scenario = as_of_2026(load(tiny_county(tmp_path / "county", settings, **tables))[0])
    reasons = decided(scenario).tables["villages"]["reason"]
    left = [reason for reason in reasons if reason]
    assert left
    assert all(re.search(r"S1 is full on the peak day of p; .*nothing more may be built there", one) for one in left)
