"""What buyers pay more for traced lots, less what these cost: by hand, in the bill, for owners, and by the referee."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planned import decided
from pydantic import ValidationError
from tiny_cases import tiny_county

from coldchain.model import Scenario
from coldchain.planning import Plan
from coldchain.scenario import load
from coldchain.verify import verify_tables

SETTINGS = """[siting]
budget_cny = 1000000.0
depot_types = ["cold_forced_air_200"]

[economics]
traced_lot_cny = 30.0
traced_lot_t = 2.0
"""
PREMIUM_CNY_KG = 0.4


def with_premium(scenario: Scenario, premium_cny_kg: float) -> Scenario:
    """Return the scenario with a premium on every crop."""
    update = {"traced_premium_cny_kg": premium_cny_kg}
    return replace(scenario, commodities=tuple(crop.model_copy(update=update) for crop in scenario.commodities))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan a county of one village without a premium."""
    sites = "id,name,county,lon,lat,max_modules\nS1,Hall,A,109.01,28.0,2\n"
    harvest = "village,commodity,period,tonnes\nV1,strawberry,p,600\n"
    folder = tmp_path_factory.mktemp("traced")
    return decided(load(tiny_county(folder / "county", SETTINGS, harvest=harvest, sites=sites))[0])


@pytest.fixture(scope="module")
def traced(plain: Plan) -> Plan:
    """Plan the same with 0.4 CNY/kg more for what is sold traced."""
    return decided(with_premium(plain.scenario, PREMIUM_CNY_KG))


def test_the_gain_by_hand(plain: Plan, traced: Plan) -> None:
    """400 CNY on each tonne that keeps its value, less 15 CNY for half a lot of two tonnes."""
    lots = traced.tables["lots"]
    cold = lots[lots["depot"] != ""]
    crop = next(crop for crop in traced.scenario.commodities if crop.id == "strawberry")
    price = 1000.0 * crop.price_cny_kg
    kept = cold["tonnes"] - cold["loss_cny"] / price
    gain = float((400.0 * kept - 15.0 * cold["tonnes"]).sum())
    assert cold["tonnes"].sum() > 0
    assert traced.summary["annual_cny"]["tracing"] == pytest.approx(-gain)
    assert "tracing" not in plain.summary["annual_cny"]
    assert traced.summary["net"]["today_cny"] == pytest.approx(plain.summary["net"]["today_cny"])
    assert traced.summary["net"]["benefit_cny"] >= plain.summary["net"]["benefit_cny"] + gain - 1.0
    more = (one.tables["operators"]["most_fee_cny_t"].iloc[0] for one in (traced, plain))
    assert next(more) - next(more) == pytest.approx(gain / cold["tonnes"].sum(), rel=1e-6)


def test_the_referee_states_it_anew(traced: Plan) -> None:
    """The plan verifies; under another premium or another cost of a lot it does not."""
    assert traced.report.problems == ()
    given = traced.basis.placed.network.given
    dearer = traced.scenario.economics.model_copy(update={"traced_lot_cny": 60.0})
    for other in (with_premium(traced.scenario, 0.5), replace(traced.scenario, economics=dearer)):
        problems = verify_tables(other, given, traced.tables, traced.summary).problems
        assert any("annual_cny.tracing" in text for text in problems)


def test_a_premium_needs_a_price(traced: Plan) -> None:
    """A share of nothing says nothing."""
    crop = traced.scenario.commodities[0].model_dump()
    with pytest.raises(ValidationError, match="needs a price_cny_kg above 0"):
        type(traced.scenario.commodities[0])(**{**crop, "traced_premium_cny_kg": 1.0, "price_cny_kg": 0.0})
