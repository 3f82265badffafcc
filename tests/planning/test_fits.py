"""One meaning of "fits" and of "builds": what check lets pass is planned, and the plan verifies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from perishable import as_of_2026
from planned import decided
from tiny_cases import site_rows, tiny_county

from coldchain.planning.awards import grant
from coldchain.scenario import inspect, load

FREE = "[siting]\nbudget_cny = 1000000\n[depot_type.cool_forced_air_200]\ncapex_cny = 0\n"


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("S1,A,109.01,28.0,existing,cool_room_500:1,20,,4", id="existing-power"),
        pytest.param("S1,A,109.01,28.0,existing,cool_room_500:2,,1,4", id="existing-staff"),
        pytest.param("S1,A,109.01,28.0,candidate,cool_room_500:1,20,,4", id="candidate-power"),
        pytest.param("S1,A,109.01,28.0,forced,cool_room_500:1,20,0.5,4", id="forced-both"),
        pytest.param("S1,A,109.01,28.0,existing,cool_room_500:1,0,0,0", id="nothing-left"),
    ],
)
def test_standing_modules_beyond_the_power_at_hand_are_planned(tmp_path: Path, row: str) -> None:
    """Power and people limit new modules only: what stands, stands; check names it and the plan verifies."""
    scenario, faults = load(tiny_county(tmp_path / "county", sites=site_rows(row)))
    assert {fault.code for fault in faults} == {"standing-needs-more"}
    made = decided(scenario)
    assert made.report.ok, made.report.problems
    assert made.course.decision.count.sum() == 0


def test_new_modules_take_only_the_power_that_standing_ones_leave(tmp_path: Path) -> None:
    """30 kW stand and 50 kW are there: a new module of 15 kW fits, one of 24 kW does not."""
    row = "S1,A,109.01,28.0,candidate,cool_room_500:1,50,,4"
    scenario, faults = load(tiny_county(tmp_path / "county", sites=site_rows(row)))
    assert not faults
    made = decided(scenario)
    power = np.array([kind.power_kw for kind in scenario.depot_types])
    assert made.report.ok, made.report.problems
    assert (made.course.decision.count @ power <= 20).all()


def test_an_owner_builds_when_it_has_a_new_module_though_it_costs_nothing(tmp_path: Path) -> None:
    """A donated room stands in every table of the plan, and the plan verifies."""
    scenario, faults = load(tiny_county(tmp_path / "county", FREE))
    assert not faults
    made = decided(as_of_2026(scenario))
    assert made.report.ok, made.report.problems
    assert list(made.tables["operators"]["owner"]) == list(made.tables["subsidies"]["owner"]) == ["S1"]
    granted = grant(scenario, made.course.decision.count)
    assert (granted.builders.tolist(), granted.capex.tolist(), granted.award.tolist()) == ([0], [0.0], [0.0])


@pytest.mark.parametrize("number", ["10001", "9" * 29, "9" * 5000, "6000;cool_room_500:6000"])
def test_more_modules_than_can_stand_anywhere_are_refused(tmp_path: Path, number: str) -> None:
    """The file, the row and the value are named; nothing overflows later."""
    row = f"S1,A,109.01,28.0,existing,cool_room_500:{number},,,4"
    faults = inspect(tiny_county(tmp_path / "county", sites=site_rows(row)))[1]
    errors = [fault for fault in faults if not fault.warning]
    assert {(fault.file, fault.row, fault.column) for fault in errors} == {("sites.csv", 2, "existing")}
    assert any("at most 10,000 modules of one type" in fault.message for fault in errors)
