"""What if it fails: a depot out in its peak week, a road cut, an owner who withdraws."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from planned import decided, saved
from tiny_cases import tiny_county

import coldchain as cc
from coldchain.cli import run
from coldchain.economy import ModuleCosts
from coldchain.errors import UsageError
from coldchain.planning import Plan
from coldchain.scenario import load
from coldchain.sweeps import ExplainedRun, Failure, PointEffort, failures, open_case, parse_place

EFFORT = PointEffort(quick=True)
STRAWBERRIES = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"
WEEK_D = 7.0


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan one village that is worth a depot."""
    return decided(load(tiny_county(tmp_path_factory.mktemp("fails") / "one", harvest=STRAWBERRIES))[0])


@pytest.fixture(scope="module")
def tiny_case(tiny: Plan) -> ExplainedRun:
    """Open that plan."""
    return open_case(tiny, EFFORT)


@pytest.fixture(scope="module")
def of_tiny(tiny_case: ExplainedRun) -> dict[str, Failure]:
    """Let everything fail there."""
    return {one.kind: one for one in failures(tiny_case, EFFORT).found}


def test_a_depot_out_leaves_its_week_to_the_traders(tiny: Plan, of_tiny: dict[str, Failure]) -> None:
    """One depot, one season: seven days of the harvest go today's way; staff and capital are paid all the same."""
    share, found = WEEK_D / tiny.scenario.periods[0].days, of_tiny["depot"]
    loss, today, after = tiny.summary["loss"], tiny.ground.today, tiny.course
    assert (found.what, found.period, found.days, found.villages) == ("S1", "p", WEEK_D, 1)
    assert found.lost_t == pytest.approx(share * (loss["baseline_t"] - loss["plan_t"]), rel=1e-9)
    assert found.lost_cny == pytest.approx(share * (loss["baseline_cny"] - loss["plan_cny"]), rel=1e-9)
    standby = float((after.decision.count * ModuleCosts.of(tiny.scenario).standby_cny).sum())
    paid = after.yearly.capital + after.yearly.operation + standby
    assert found.cost_cny == pytest.approx(share * (today.yearly.total - after.yearly.total + paid), rel=1e-5)


def test_an_owner_who_withdraws_leaves_today_s_chain(tiny: Plan, of_tiny: dict[str, Failure]) -> None:
    """The only owner gone, the year is that without the plan, his modules not paid for."""
    found = of_tiny["owner"]
    assert found.cost_cny == pytest.approx(tiny.ground.today.yearly.total - tiny.course.yearly.total, rel=1e-5)
    assert (found.period, found.villages) == ("", 1)


def test_a_road_cut_strands_what_has_no_other(tiny: Plan, tiny_case: ExplainedRun) -> None:
    """The village's way to its hub cut, the harvest of the week is lost whole, not only what the plan loses of it."""
    found = next(one for one in failures(tiny_case, EFFORT, (109.05, 28.0)).found if one.kind == "road")
    share, harvest_t = WEEK_D / tiny.scenario.periods[0].days, float(tiny.scenario.harvest_t.sum())
    assert found.cut_off == 1
    assert found.lost_t == pytest.approx(share * (harvest_t - tiny.summary["loss"]["plan_t"]), rel=1e-9)


def test_nothing_gained_by_failing(small_plan: Plan) -> None:
    """No failure saves tonnes; the dearest of its kind comes first; each depot that works and each owner once."""
    found = failures(open_case(small_plan, EFFORT), EFFORT)
    lots = small_plan.tables["lots"]
    assert {one.what for one in found.found if one.kind == "depot"} == set(lots["depot"][lots["depot"] != ""])
    table = found.table()
    assert (table["lost_t"] >= -1e-6).all()
    for _kind, rows in table.groupby("kind"):
        assert rows["cost_cny"].is_monotonic_decreasing
    assert len(found.lines()) == table["kind"].nunique()
    explained = cc.explain_failures(cc.Result(small_plan))
    assert explained.table["cost_cny"].tolist() == pytest.approx(table["cost_cny"].tolist())


def test_the_command_prints_them(tiny: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = saved(tiny, tmp_path / "run", {})
    asked = ["explain", str(folder), "--scenario", str(tiny.scenario.folder), "--fails"]
    assert run([*asked, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["schema"] == "coldchain.failures/1"
    assert {one["kind"] for one in facts["failures"]} >= {"depot", "owner"}
    assert len(facts["says"]) >= 2
    assert run(asked) == 0
    assert "owner withdraws" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["here", "109.7", "1,2,3", "200,10", "10,99", "nan,1"])
def test_a_place_must_be_two_degrees(text: str) -> None:
    with pytest.raises(UsageError, match="give longitude and latitude in degrees"):
        parse_place(text)
