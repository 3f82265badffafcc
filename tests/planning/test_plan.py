"""The whole way from a scenario to a plan, on counties small enough to reason about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from perishable import as_of_2026
from planned import decided

from coldchain.errors import InfeasibleError
from coldchain.model import Scenario
from coldchain.planning import Options, Plan, lay_ground, plan
from coldchain.scenario import load, upland, write_scenario

COUNTED = Options.quickly(tries=4)

SHIPPED = Path(__file__).parents[2] / "scenarios" / "upland"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Eight villages and their sites, one hub."""
    folder = tmp_path_factory.mktemp("plan") / "county"
    write_scenario(upland(8, 5), folder)
    return as_of_2026(load(folder)[0])


@pytest.fixture(scope="module")
def base(county: Scenario) -> Plan:
    """Plan that county."""
    return decided(county, COUNTED)


def changed(scenario: Scenario, **sections: dict[str, Any]) -> Scenario:
    """Return the scenario with some settings of its sections replaced."""
    updates = {name: getattr(scenario, name).model_copy(update=values) for name, values in sections.items()}
    return replace(scenario, **updates)


def test_plan_verifies_and_its_bound_holds(base: Plan) -> None:
    """A plan passes the independent check, and its bound lies at or below its value."""
    assert base.report.problems == ()
    assert base.summary["objective"]["bound"] <= base.summary["objective"]["value"]
    assert base.report.total_cny == pytest.approx(base.summary["annual_cny"]["total"], rel=1e-6)


def test_plan_loses_far_less_than_today_within_the_budget(base: Plan) -> None:
    """The plan at least halves the loss, pays no more than the budget and keeps the two-way capped award."""
    loss, money = base.summary["loss"], base.summary["investment"]
    assert loss["plan_rate"] < loss["baseline_rate"] / 2
    assert 0 < money["subsidy_cny"] <= money["budget_cny"]
    assert money["subsidy_cny"] <= 0.4 * money["total_cny"] + 1


@pytest.fixture(scope="module")
def without(county: Scenario) -> Plan:
    """Plan it without a budget."""
    return decided(changed(county, siting={"budget_cny": 0.0}), COUNTED)


def test_without_budget_the_plan_is_todays_chain(without: Plan) -> None:
    """No subsidy, no depot: losses, costs and bound are those of today."""
    summary = without.summary
    assert summary["loss"]["plan_t"] == summary["loss"]["baseline_t"]
    assert summary["depots"]["built"] == 0
    assert summary["routes"]["count"] == 0


def test_every_tonne_is_in_exactly_one_lot(base: Plan) -> None:
    """The lots of each village, commodity and period add up to its harvest."""
    scenario = base.scenario
    lots = base.tables["lots"].groupby(["village", "commodity", "period"])["tonnes"].sum()
    for v, c, p in zip(*np.nonzero(scenario.harvest_t), strict=True):
        key = (scenario.villages[v].id, scenario.commodities[c].id, scenario.periods[p].id)
        assert lots[key] == pytest.approx(scenario.harvest_t[v, c, p], rel=1e-9)


def test_each_day_is_fetched_what_is_assigned(base: Plan) -> None:
    """Stops of a depot and period carry the assigned daily tonnes of their villages, no more and no less."""
    stops = base.tables["stops"].merge(base.tables["routes"][["route", "depot", "period"]], on="route")
    fetched = stops.groupby(["village", "depot", "period"])["load_kg"].sum()
    days = {period.id: period.days for period in base.scenario.periods}
    lots = base.tables["lots"]
    cold = lots[lots["depot"] != ""].groupby(["village", "depot", "period"])["tonnes"].sum()
    assert len(fetched) == len(cold) > 0
    for key, tonnes in cold.items():
        assert fetched[key] == pytest.approx(tonnes * 1000 / days[key[2]], rel=1e-6)


@pytest.mark.slow
def test_bigger_budget_never_costs_more(county: Scenario, base: Plan) -> None:
    """With twice the budget the yearly bill is no higher, beyond the gap that siting was allowed."""
    double = decided(changed(county, siting={"budget_cny": 2 * county.siting.budget_cny}), COUNTED).summary
    before = base.summary["annual_cny"]["total"]
    assert double["annual_cny"]["total"] <= before * 1.01


@pytest.mark.slow
def test_same_seed_same_plan(county: Scenario) -> None:
    """Two runs without a clock give the same tables."""
    first, again = plan(county, Options.quickly()), plan(county, Options.quickly())
    for name, frame in first.tables.items():
        assert frame.equals(again.tables[name]), name


def test_forbidden_and_forced_sites_are_obeyed(county: Scenario) -> None:
    """A forbidden site gets nothing, a forced one gets a module."""
    first, second, *rest = county.sites
    sites = (first.model_copy(update={"status": "forbidden"}), second.model_copy(update={"status": "forced"}), *rest)
    result = decided(replace(county, sites=sites), COUNTED)
    built = set(result.tables["depots"]["depot"])
    assert first.id not in built
    assert second.id in built
    assert result.report.ok


def test_standing_depots_serve_today(county: Scenario, without: Plan) -> None:
    """A cold store that stands already lowers today's loss and is used without any budget."""
    sites = (county.sites[0].model_copy(update={"existing": "cold_forced_air_500:1"}), *county.sites[1:])
    with_depot = decided(changed(replace(county, sites=sites), siting={"budget_cny": 0.0}), COUNTED)
    assert with_depot.summary["depots"] == {"existing": 1, "built": 0, "mobile": 0}
    assert with_depot.summary["loss"]["baseline_rate"] < without.summary["loss"]["baseline_rate"]
    assert with_depot.report.ok


@pytest.mark.slow
def test_aims_in_order_of_rank(county: Scenario, base: Plan) -> None:
    """Least loss first: the plan loses no more than the cheapest plan, and its objective is in tonnes."""
    ranked = decided(changed(county, siting={"objective": ("loss_t",), "tolerance": 0.0}), COUNTED)
    assert ranked.summary["objective"]["name"] == "loss_t"
    assert ranked.summary["loss"]["plan_t"] <= base.summary["loss"]["plan_t"] * (1 + 1e-6)
    assert ranked.report.ok


def test_owner_cap_binds(county: Scenario) -> None:
    """One owner of all sites is awarded no more than the cap, however much it builds."""
    sites = tuple(site.model_copy(update={"owner": "one"}) for site in county.sites)
    capped = changed(replace(county, sites=sites), subsidy={"cap_per_owner_cny": 60_000.0}, siting={"budget_cny": 1e6})
    result = decided(capped, COUNTED)
    assert result.summary["investment"]["subsidy_cny"] <= 60_000.0 + 1e-6
    assert result.tables["subsidies"]["capped"].tolist() == [True]
    assert result.report.ok


def test_impossible_limits_are_proved_and_the_remedy_is_named(county: Scenario) -> None:
    """A forced site without budget has no plan; the message says how much budget would do."""
    sites = (county.sites[0].model_copy(update={"status": "forced"}), *county.sites[1:])
    broke = changed(replace(county, sites=sites), siting={"budget_cny": 0.0})
    with pytest.raises(InfeasibleError, match=r"budget: at least [\d,]+ CNY more"):
        plan(broke, COUNTED)


def test_asked_to_stop_at_once_it_still_returns_a_verified_plan(county: Scenario) -> None:
    """Stopping before the search begins gives a plan marked as interrupted, and it verifies."""
    result = plan(county, Options.quickly(stop=lambda: True, tries=10))
    assert result.summary["interrupted"]
    assert result.summary["ended"] == "interrupted"
    assert result.report.ok


def test_villages_out_of_reach_are_named_with_the_hours(county: Scenario) -> None:
    """With a first mile of six minutes nobody far is served, and each reason gives the distance in hours."""
    result = decided(changed(county, siting={"max_first_mile_h": 0.1}), COUNTED)
    unserved = result.summary["villages"]["unserved"]
    assert unserved
    assert all("h" in item["reason"] and any(ch.isdigit() for ch in item["reason"]) for item in unserved)
    assert result.report.ok


def test_shipped_upland_county_loads_without_a_warning() -> None:
    """As whoever plans it first sees it."""
    assert load(SHIPPED, "none")[1] == ()


@pytest.mark.slow
def test_shipped_upland_county_states_its_baseline() -> None:
    """What today's chain of the shipped county loses is what comes out, between 5 and 20 %."""
    scenario, _faults = load(SHIPPED, "none")
    assert 0.05 <= lay_ground(scenario).today.outcome.loss_rate <= 0.20


def test_forced_site_is_built_even_when_it_does_not_pay(county: Scenario) -> None:
    """Where only ponkan grows no depot is worth it, yet a forced site gets its module and the plan verifies."""
    keep = np.array([crop.id == "ponkan" for crop in county.commodities])
    sites = (county.sites[0].model_copy(update={"status": "forced"}), *county.sites[1:])
    ponkan = replace(county, harvest_t=county.harvest_t * keep[None, :, None], sites=sites)
    result = decided(ponkan, COUNTED)
    assert county.sites[0].id in set(result.tables["depots"]["depot"])
    assert result.report.problems == ()


def test_cautions_are_in_the_summary(county: Scenario) -> None:
    """A proximity network and a budget below any award are said in the warnings."""
    poor = changed(county, roads={"file": ""}, siting={"budget_cny": 20_000.0})
    warnings = " ".join(decided(poor, COUNTED).summary["warnings"])
    assert "no road data" in warnings
    assert "below the smallest award" in warnings
