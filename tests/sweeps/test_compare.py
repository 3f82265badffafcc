"""What differs between two plans: nothing between equals, the opposite the other way round, and hand-checked moves."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from planned import saved
from rich.console import Console

from coldchain.cli import run
from coldchain.planning import Plan
from coldchain.reports.comparing import moved_line, print_comparison
from coldchain.runs import Run
from coldchain.sweeps import Comparison, compare
from coldchain.sweeps.compare import numbers

LOTS = ["village", "depot", "tonnes", "loss_t", "loss_cny", "delivery_h"]


def made(name: str, lots: list[tuple[Any, ...]], modules: dict[str, str], **summary: Any) -> Run:
    """Make up a run of villages A and B."""
    depots = pd.DataFrame(
        [(key, key, text, "", 100.0, 40.0, 5.0) for key, text in modules.items()],
        columns=["depot", "name", "new_modules", "standing_modules", "capex_cny", "subsidy_cny", "tonnes_year"],
    )
    villages = pd.DataFrame({"village": ["A", "B"], "name": ["Apple", "B"]})
    facts: dict[str, Any] = {
        "scenario": {"name": "x", "variant": "base", "sha256": "1"},
        "objective": {"name": "loss_t", "value": 3.0},
        "interrupted": False,
    }
    tables = {"depots": depots, "villages": villages, "lots": pd.DataFrame(lots, columns=LOTS)}
    return Run(facts | summary, tables, name=name)


def placed(run: Run, lon: list[float]) -> Run:
    """Say where the villages of a run lie."""
    villages = run.tables["villages"].assign(lon=lon, lat=28.0)
    return replace(run, tables={**run.tables, "villages": villages})


def test_runs_of_different_counties_say_so_and_compare_no_place() -> None:
    """Ids recur from county to county: villages of one id 100 km apart are not the same village."""
    lots = [("A", "D", 10.0, 1.0, 100.0, 30.0), ("B", "", 8.0, 2.0, 50.0, 20.0)]
    one = placed(made("one", lots, {"D": "big:1"}), [110.0, 110.1])
    name = {"name": "y", "variant": "base", "sha256": "2"}
    other = placed(made("other", [("A", "E", 9.0, 1.0, 90.0, 9.0)], {"E": "big:1"}, scenario=name), [111.0, 111.1])
    found = compare(one, other)
    assert found.notes == ("x/base and y/base are different counties: only the figures are compared, not the places",)
    assert (len(found.villages), len(found.depots), found.apart) == (0, 0, True)
    out = StringIO()
    print_comparison(found, ("one", "other"), Console(file=out, width=120))
    assert "nan" not in out.getvalue()
    assert "moves" not in out.getvalue()


def test_a_village_of_one_run_only_is_counted_and_does_not_move() -> None:
    """B is new in the second run: nothing of it moved, and no difference is a nan."""
    one = placed(made("one", [("A", "D", 10.0, 1.0, 100.0, 30.0)], {"D": "big:1"}), [110.0, 110.1])
    one = replace(one, tables={**one.tables, "villages": one.tables["villages"].head(1)})
    lots = [("A", "", 10.0, 1.0, 100.0, 30.0), ("B", "D", 8.0, 2.0, 50.0, 20.0)]
    found = compare(one, placed(made("other", lots, {"D": "big:1"}), [110.0, 110.1]))
    assert found.notes == ("villages in the second run only: 1",)
    assert found.villages["village"].tolist() == ["A"]


@pytest.fixture
def pair() -> Comparison:
    """Return what differs when village A moves from depot D to E, half of B is cooled anew, and D gives way to E."""
    one = made("one", [("A", "D", 10.0, 1.0, 100.0, 30.0), ("B", "", 8.0, 2.0, 50.0, 20.0)], {"D": "big:1", "F": "s:1"})
    lots = [("A", "E", 10.0, 1.5, 150.0, 32.0), ("B", "E", 4.0, 0.5, 10.0, 30.0), ("B", "", 4.0, 1.0, 25.0, 20.0)]
    other = made("other", lots, {"E": "big:1", "F": "s:2"}, objective={"name": "loss_t", "value": 3.0})
    return compare(one, other)


def test_moves_are_counted_in_tonnes_with_what_they_do(pair: Comparison) -> None:
    """A: 10 t from D to E, half a tonne more lost; B: 4 t to E, half a tonne less lost, 25 h in the mean."""
    a, b = pair.villages.to_dict("records")
    assert (a["village"], a["name"], a["moved_t"], a["from_depots"], a["to_depots"]) == ("A", "Apple", 10.0, "D", "E")
    assert (a["cooled_t"], a["loss_t"], a["loss_cny"], a["delivery_h"]) == (0.0, 0.5, 50.0, 2.0)
    assert (b["village"], b["moved_t"], b["from_depots"], b["to_depots"]) == ("B", 4.0, "today", "today;E")
    assert (b["cooled_t"], b["loss_t"], b["loss_cny"], b["delivery_h"]) == (4.0, -0.5, -15.0, 5.0)
    assert moved_line(pair.villages).startswith(
        "2 villages move, 14 t a year; 1 lose 0.5 t and 15 CNY less; 1 lose 0.5 t"
    )


def test_depots_only_in_one_and_changed_ones(pair: Comparison) -> None:
    """D is only in the first, E only in the second, F has one module more."""
    rows = {row["depot"]: row for row in pair.depots.to_dict("records")}
    assert {key: row["what"] for key, row in rows.items()} == {"D": "only in a", "E": "only in b", "F": "changed"}
    assert (rows["D"]["capex_cny"], rows["E"]["subsidy_cny"]) == (-100.0, 40.0)
    assert (rows["F"]["in_a"], rows["F"]["in_b"]) == ("s:1", "s:2")


def test_every_number_of_a_real_summary_has_a_unit(small_plan: Plan) -> None:
    """No figure is left out but seconds and seed, and none is without its unit."""
    found = {path: unit for path, unit, _ in numbers(small_plan.summary)}
    assert [path for path, unit in found.items() if unit == "-"] == []
    assert found["delivery_h.p50"] == "h"
    assert found["delivery_h.share_within_target"] == "share"
    assert found["objective.value"] == "CNY"
    assert found["objective.gap"] == found["coverage.plan"] == found["loss.plan_rate"] == "share"
    assert found["annual_cny.energy"] == found["investment.budget_cny"] == "CNY"
    assert found["loss.plan_t"] == "t"
    assert found["depots.built"] == "depots"
    assert not any(path.startswith("seconds") for path in found)


def test_nothing_differs_between_a_plan_and_itself(small_plan: Plan) -> None:
    """All differences are nought, no depot and no village is listed, no note is made."""
    same = Run(small_plan.summary, small_plan.tables, name="a")
    found = compare(same, same)
    assert found.figures["difference"].abs().max() == 0
    assert found.depots.empty
    assert found.villages.empty
    assert found.notes == ()
    assert moved_line(found.villages) == "no village moves"


def test_the_other_way_round_every_difference_turns(pair: Comparison) -> None:
    """Swapping the plans turns every sign."""
    one = made("one", [("A", "D", 10.0, 1.0, 100.0, 30.0)], {"D": "big:1"}, loss={"plan_t": 1.0})
    other = made("other", [("A", "", 10.0, 3.0, 300.0, 40.0)], {}, loss={"plan_t": 3.0}, interrupted=True)
    there, back = compare(one, other), compare(other, one)
    assert there.figure("loss.plan_t") == 2.0 == -back.figure("loss.plan_t")
    assert there.villages["loss_cny"].tolist() == [200.0] == (-back.villages["loss_cny"]).tolist()
    assert there.notes == ("the second run was interrupted",)
    assert back.notes == ("the first run was interrupted",)
    assert pair.notes == ()


def test_county_without_investment_counts_as_nought() -> None:
    """A county in which only one plan invests is nought in the other, not unknown."""
    one = made("one", [], {}, investment={"by_county": {"north": 5.0}})
    other = made("other", [], {}, investment={"by_county": {"south": 7.0}})
    found = compare(one, other)
    assert found.figure("investment.by_county.north") == -5.0
    assert found.figure("investment.by_county.south") == 7.0


def test_other_inputs_and_aims_are_noted() -> None:
    """Plans of different inputs or aims are compared, with a note on each."""
    scenario = {"name": "y", "variant": "half", "sha256": "2"}
    other = made("other", [], {}, scenario=scenario, objective={"name": "loss_cny", "value": 1.0})
    notes = compare(made("one", [], {}), other).notes
    assert notes == (
        "the inputs differ (x/base and y/half): places are matched by id",
        "the aims differ: loss_t and loss_cny",
    )


def test_compare_from_the_command_line(small_plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two folders in, one object or a few tables out; a folder that is no run is refused."""
    folder = saved(small_plan, tmp_path / "run", {})
    assert run(["compare", str(folder), str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "coldchain.comparison/1"
    assert found["depots"] == found["villages"] == []
    assert run(["compare", str(folder), str(folder)]) == 0
    assert "no village moves" in capsys.readouterr().out
    assert run(["compare", str(folder), str(tmp_path)]) == 3


def test_the_terminal_shows_what_differs(pair: Comparison) -> None:
    """Names of the plans in the heads, signs on the differences; what is alike is left out."""
    out = StringIO()
    console = Console(file=out, width=160)
    print_comparison(pair, ("one", "other"), console)
    text = out.getvalue()
    assert "only in one" in text
    assert "Apple (A)" in text
    assert "+50" in text
    assert "value of the aim" not in text
    assert "objective" not in text


def test_a_run_that_builds_nothing_read_back() -> None:
    """The empty table of depots holds text when it is read back; the other run's depot is new, with all it costs."""
    lots = [("A", "", 5.0, 1.0, 10.0, 30.0), ("B", "", 5.0, 1.0, 10.0, 30.0)]
    none = made("none", lots, {})
    none = replace(none, tables={**none.tables, "depots": none.tables["depots"].astype(str)})
    found = compare(none, made("one", lots, {"S": "room:1"}))
    assert found.depots[["depot", "what", "capex_cny"]].to_numpy().tolist() == [["S", "only in b", 100.0]]
