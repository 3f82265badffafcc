"""What would be decided with a figure elsewhere in its band."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from planned import saved

from coldchain import api
from coldchain.cli import run
from coldchain.planning import Plan
from coldchain.sweeps import Flip, decisions, table_of
from coldchain.sweeps.decisions import _figures


def test_figures_are_taken_in_order_and_bruising_by_packaging_is_left_out(small_plan: Plan) -> None:
    ranked = ["packaging.crate", "chain.today_wait_h", "nothing.known", "economics.electricity_cny_kwh"]
    found = list(_figures(small_plan.planned, ranked, 1))
    assert [case.figure.key for case in found] == ["chain.today_wait_h"]
    stated = small_plan.planned.chain.today_wait_h
    assert found[0].low.chain.today_wait_h < stated < found[0].high.chain.today_wait_h


def test_the_table_has_a_row_each_end() -> None:
    flip = Flip("chain.wait_h", "waiting", "low", "x 0.8", ("T1", "T2"), (), 100.0, 80.0)
    worse = Flip("chain.wait_h", "waiting", "high", "x 1.2", (), (), 80.0, 80.5)
    table = table_of([flip, worse])
    assert table["opens"].tolist() == ["T1;T2", ""]
    assert table["worth_cny"].tolist() == [20.0, 0.0]


def test_no_decision_is_dearer_than_the_plan_kept(small_plan: Plan) -> None:
    """Waiting longer for today's truck makes depots worth more; the plan's decision is always to be had."""
    found = decisions(small_plan, ["chain.today_wait_h"], 1)
    assert [one.end for one in found] == ["low", "high"]
    assert all(one.cost_cny <= one.kept_cny * (1 + 1e-12) for one in found)
    assert found[0].kept_cny != found[1].kept_cny


@pytest.mark.slow
def test_from_the_command_line(small_plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = saved(small_plan, tmp_path / "run", {"scenario": str(small_plan.scenario.folder)})
    assert run(["sensitivity", str(folder), "--decide", "2", "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)["decisions"]
    assert [one["end"] for one in told] == ["low", "high"] * 2
    assert (folder / "tables" / "decisions.csv").is_file()
    assert run(["verify", str(folder)]) == 0
    assert api.sensitivity(folder).flips == ()
