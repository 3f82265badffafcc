"""Roads that bear small trucks only, and a price on late goods: coefficients, bill, verification."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from perishable import as_of_2026
from planned import decided
from scenario_cases import change_all, faults_of, set_in_toml, small_county

from coldchain.model import Scenario
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, plan_on
from coldchain.scenario import load
from coldchain.verify import verify_tables


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Twelve villages."""
    return as_of_2026(load(small_county(tmp_path_factory.mktemp("access") / "county", 8))[0])


@pytest.fixture(scope="module")
def ground(county: Scenario) -> Ground:
    """Their roads, lanes and arcs."""
    return lay_ground(county)


@pytest.fixture(scope="module")
def free(ground: Ground) -> Plan:
    """Plan them without any of this."""
    return plan_on(ground, Options.quickly(tries=5), Near(further=False, doubt=False))


def with_sites(county: Scenario, payload_kg: float) -> Scenario:
    """Let every road bear so much only."""
    sites = tuple(site.model_copy(update={"haul_payload_kg": payload_kg}) for site in county.sites)
    return replace(county, sites=sites)


def test_a_weak_road_keeps_large_trucks_away(county: Scenario, free: Plan) -> None:
    """Where roads bear two tonnes only the small reefer drives; no bound falls, and verify names a truck too large."""
    assert "reefer_9m6" in set(free.tables["line_haul"]["vehicle"])
    weak = with_sites(county, 2000.0)
    made = decided(weak, Options.quickly(tries=5))
    assert made.report.problems == ()
    assert set(made.tables["line_haul"]["vehicle"]) == {"reefer_4m2"}
    assert made.summary["objective"]["bound"] >= free.summary["objective"]["bound"] * (1 - 0.01)
    placed = free.basis.placed
    problems = verify_tables(weak, placed.network.given, free.tables, free.summary).problems
    assert any("bears 2000 kg; reefer_9m6 carries up to" in problem for problem in problems)


def test_a_road_that_bears_no_truck_is_refused(tmp_path: Path) -> None:
    """The fault names the smallest truck on offer."""
    folder = small_county(tmp_path / "county", 8)
    change_all(folder, "sites", lambda row: row | {"haul_payload_kg": "500"})
    found = [fault for fault in faults_of(folder) if fault.code == "no-truck"]
    assert found[0].value == "500"
    assert "the smallest, reefer_4m2, carries" in found[0].message


def priced(county: Scenario, cny_t: float, target_h: float) -> Scenario:
    """Put a price on what arrives after so many hours."""
    return replace(
        county,
        economics=county.economics.model_copy(update={"late_cny_t": cny_t}),
        chain=county.chain.model_copy(update={"delivery_target_h": target_h}),
    )


@pytest.mark.slow
def test_late_goods_are_paid_for(county: Scenario) -> None:
    """Nothing is late after a year; where all is late, the bill grows by tonnes times price, and is verified."""
    nothing = decided(priced(county, 100.0, 999.0), Options.quickly())
    assert nothing.report.problems == ()
    everything = decided(priced(county, 100.0, 0.1), Options.quickly())
    assert everything.report.problems == ()
    tonnes = float(county.harvest_t.sum())
    bill, bare = everything.summary["annual_cny"]["total"], nothing.summary["annual_cny"]["total"]
    assert bill - bare == pytest.approx(100.0 * tonnes, rel=0.02)
    assert everything.summary["objective"]["bound"] <= everything.summary["objective"]["value"]


@pytest.mark.slow
def test_a_price_on_lateness_never_undercuts_the_bound(county: Scenario, free: Plan) -> None:
    """At a target that some lots miss, the plan priced by its own hours lies above the bound, and no more is late."""
    target = float(np.median(free.tables["lots"]["delivery_h"]))
    made = decided(priced(county, 2000.0, target), Options.quickly(tries=5))
    assert made.report.problems == ()
    assert made.summary["objective"]["bound"] <= made.summary["objective"]["value"]

    def late(of: Plan) -> float:
        lots = of.tables["lots"]
        return float(lots["tonnes"][lots["delivery_h"] > target + 1e-6].sum())

    assert late(made) <= late(free) * (1 + 1e-9)


def test_the_rate_is_set_in_the_scenario(tmp_path: Path) -> None:
    """`economics.late_cny_t` is read."""
    folder = small_county(tmp_path / "county", 8)
    set_in_toml(folder, "late_cny_t", "35.0")
    assert load(folder)[0].economics.late_cny_t == 35.0
