"""How firm depots are: what the search met, other years, and a certified gap with the depots of a plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planned import saved

from coldchain.planning import Options, Plan, course_with
from coldchain.planning.firmness import _gap
from coldchain.planning.met import Met
from coldchain.reports.document import Told, sections
from coldchain.runs import Run


def test_met_keeps_the_cheapest_year_of_each_choice() -> None:
    met = Met()
    one, two = np.array([[1, 0], [0, 0]]), np.array([[1, 0], [0, 2]])
    for count, value in ((one, 7.0), (two, 6.0), (one, 5.0), (two, 9.0)):
        met.add(count, value)
    found = met.choices()
    assert [value for value, _count in found] == [5.0, 6.0]
    assert np.array_equal(found[0][1], one)
    assert np.array_equal(found[1][1], two)


def test_the_plan_is_the_best_of_its_number_of_depots(small_plan: Plan) -> None:
    firm = small_plan.summary["firmness"]
    value = small_plan.summary["objective"]["value"]
    assert firm["best_by_count"][str(small_plan.summary["depots"]["built"])] == pytest.approx(value)
    assert min(firm["best_by_count"].values()) == pytest.approx(value)


def test_depots_of_the_plan_are_listed_with_shares(small_plan: Plan) -> None:
    depots = small_plan.tables["depots"]
    built = set(depots["depot"][depots["new_modules"] != ""])
    listed = {one["id"]: one for one in small_plan.summary["firmness"]["depots"]}
    assert built <= set(listed)
    assert all(0.0 <= one["within_1_percent"] <= 1.0 for one in listed.values())
    assert all(listed[site]["within_1_percent"] > 0.0 for site in built)
    assert all(listed[site]["pays_in"] == small_plan.summary["doubt"]["pays_in"][site] for site in built)


def test_the_runner_up_builds_elsewhere_and_costs_no_less(small_plan: Plan) -> None:
    second = small_plan.summary["firmness"]["runner_up"]
    assert second["closes"] or second["opens"]
    assert second["more"] >= 0.0
    assert second["value"] == pytest.approx(small_plan.summary["objective"]["value"] + second["more"])


def test_the_gap_with_these_depots_holds_for_another_search(small_plan: Plan) -> None:
    """Whoever goes where with the same modules, no year is below the certified figure."""
    gap = small_plan.summary["firmness"]["gap_with_these_depots"]
    value = small_plan.summary["objective"]["value"]
    least = value * (1.0 - gap)
    assert small_plan.summary["objective"]["bound"] <= least * (1 + 1e-6)
    for seed in (1, 2):
        other = course_with(small_plan.ground, small_plan.course.decision.count, Options.quickly(seed))
        assert other.yearly.total >= least * (1 - 1e-9)


def test_routes_prove_more_than_straight_trips_in_full_vehicles(small_plan: Plan) -> None:
    """A draft asks siting alone; any other plan sends routes to the depots, too."""
    given = small_plan.ground.basis, small_plan.ground.arcs, small_plan.course
    draft, whole = (_gap(*given, options) for options in (Options.quickly(), Options()))
    assert 0.0 <= whole < 0.8 * draft


def test_the_table_lists_the_same_depots(small_plan: Plan, tmp_path: Path) -> None:
    """What the summary says of each depot stands in a table too, written and read back; nothing known stays empty."""
    table = small_plan.tables["firmness"]
    listed = small_plan.summary["firmness"]["depots"]
    assert table["depot"].tolist() == [one["id"] for one in listed]
    assert table["planned"].tolist() == [one["planned"] for one in listed]
    for name in ("within_1_percent", "other_years", "pays_in"):
        told = [np.nan if one[name] is None else one[name] for one in listed]
        assert table[name].tolist() == pytest.approx(told, nan_ok=True)
    folder = saved(small_plan, tmp_path / "run", {})
    pd.testing.assert_frame_equal(Run.open(folder).tables["firmness"], table)
    shown = {one.title: one.rows for one in sections(Told(small_plan.summary, small_plan.tables))}
    assert shown["How firm the depots are"]["in_plan"].iloc[0] == "yes"
    assert shown["Best plan for each number of depots"]["more"].min() == pytest.approx(0.0, abs=1e-6)
