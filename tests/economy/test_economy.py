"""The price of a tonne by hand, term by term, and the same terms in the bill and in siting."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from tiny_cases import tiny_county

from coldchain.economy import (
    CHILLED,
    HEADINGS,
    TODAYS,
    Bill,
    ChilledLots,
    Handling,
    LotPrices,
    ModuleCosts,
    Term,
    Timing,
    TodaysLots,
    annuity,
    money_cny_t,
)
from coldchain.economy import prices as prices_module
from coldchain.planning.arcs import build_arcs
from coldchain.planning.basis import Basis, prepare
from coldchain.runs import place_on_roads
from coldchain.scenario import load

TIMING = Timing(
    docked_h=np.array([3.0, 4.0]),
    batch_h=0.5,
    precool_h=np.array([2.0]),
    fresh=np.array([1.0]),
    dwell_h=5.0,
    haul_h=np.array([1.0, 6.0]),
    onward_h=np.array([[24.0, 0.0], [24.0, 0.0]]),
    target_h=40.0,
    deadline_h=np.array([6.0, 5.0]),
)
PRICES = LotPrices(
    value_cny_t=np.array([4000.0, 9000.0]),
    onward_cny_t=np.array([[30.0, 0.0], [30.0, 0.0]]),
    late_cny_t=100.0,
    trader_cny_t=np.array([50.0]),
    handling=Handling(np.array([30.0, 0.0]), np.array([20.0, 0.0]), 25.0, 24.0),
    today_handling=Handling(np.array([10.0, 0.0]), np.array([0.0, 0.0]), 15.0, 36.0),
    energy_kwh_t=np.array([[[20.0], [25.0]], [[40.0], [45.0]]]),
    power_cny_kwh=0.5,
    carbon_cny_kwh=0.04,
    trader_carbon_cny_t=np.array([3.0]),
    timing=TIMING,
    traced_premium_cny_t=np.zeros(2),
    traced_cny_t=np.zeros(2),
    fresh=TIMING.fresh,
    product_cny_t=np.zeros(1),
    process_cny_t=np.zeros(1),
)


def test_a_lot_by_hand() -> None:
    """4,000 × 5 % lost, 30 onward, 100 for 42 h, crates, sorting, loading, 25 kWh at 0.54, 7 gained by keeping."""
    lot = ChilledLots(0, 1, 0, 1, np.array(0.05), np.array(42.0), -7.0)
    found = {heading: float(cny) for heading, cny in PRICES.chilled(lot).items()}
    assert found == {"loss": 200.0, "line_haul": 130.0, "handling": 99.0, "energy": 12.5, "storage": -7.0,
                     "tracing": 0.0, "products": 0.0, "carbon": 1.0}  # fmt: skip
    assert float(money_cny_t(PRICES.chilled(lot))) == 235.5
    today = {
        heading: float(cny) for heading, cny in PRICES.todays(TodaysLots(0, 1, np.array(0.1), np.array(9.0))).items()
    }
    assert today == {"loss": 900.0, "line_haul": 50.0, "handling": 51.0, "carbon": 3.0}
    assert PRICES.today_handling.total_cny_t.tolist() == [61.0, 51.0]


def test_arrays_are_priced_as_single_lots() -> None:
    """Indices and figures broadcast: a table of lots costs what its lots cost one by one."""
    site, batch = np.array([[0], [1]]), np.arange(30)
    hours = TIMING.delivery_h(0, 0, site, TIMING.cooled_h(1, 0, batch))
    table = PRICES.chilled(ChilledLots(0, 1, 0, site, np.array(0.1), hours))["line_haul"]
    assert np.shape(table) == (2, 30)
    alone = [[PRICES.chilled(ChilledLots(0, 1, 0, j, np.array(0.1), hours[j, b]))["line_haul"] for b in range(30)]
             for j in range(2)]  # fmt: skip
    np.testing.assert_array_equal(table, alone)
    assert set(np.unique(table)) == {30.0, 130.0}


@pytest.mark.parametrize(("hours", "kept"), [(39.0, True), (40.0, True), (40.0 + 5e-7, True), (40.0 + 2e-6, False)])
def test_one_meaning_of_on_time(hours: float, kept: bool) -> None:
    """What is on time is not late, at the edge too."""
    lot = TodaysLots(0, 0, np.array(0.0), np.array(hours))
    assert bool(TIMING.is_on_time(np.array(hours))) is kept
    assert float(PRICES.todays(lot)["line_haul"]) == (50.0 if kept else 150.0)


def test_hours_by_hand() -> None:
    """Docked after 4 h and three batches, cooled 2 h later, 5 h at the depot, 6 h of line haul, 24 h onward."""
    cooled = TIMING.cooled_h(1, 0, np.array(3))
    assert float(cooled) == 7.5
    assert float(TIMING.delivery_h(0, 0, 1, cooled)) == 42.5
    assert float(TIMING.delivery_h(1, 0, 1, cooled)) == 18.5
    assert float(TIMING.delivery_h(1, 0, 1, cooled, np.array(8.0))) == 20.5
    assert not TIMING.is_in_time(np.array([0, 1]), cooled).any()


@pytest.fixture(scope="module")
def basis(tmp_path_factory: pytest.TempPathFactory) -> Basis:
    """Derive what planning does from a county of one village."""
    scenario = load(tiny_county(tmp_path_factory.mktemp("economy") / "tiny"))[0]
    return prepare(scenario, place_on_roads(scenario)[0])


def test_every_term_has_a_heading_of_the_bill() -> None:
    """Headings of terms, words and fields of the bill are the same list; no two terms share a name."""
    assert tuple(HEADINGS) == tuple(one.name for one in fields(Bill))
    for terms in (CHILLED, TODAYS):
        assert {term.heading for term in terms} <= set(HEADINGS)
        assert len({term.name for term in terms}) == len(terms)


def test_one_entry_adds_a_cost_to_siting_and_bill(basis: Basis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A term of 11 CNY a tonne makes every arc dearer by 11 times its tonnes, and every bill."""
    before = build_arcs(basis)
    more = Term[ChilledLots]("levy", "line_haul", lambda _prices, _lots: 11.0)
    monkeypatch.setattr(prices_module, "CHILLED", (*CHILLED, more))
    after = build_arcs(basis)
    dearer = after.inside.money_cny - before.inside.money_cny
    np.testing.assert_allclose(dearer, 11.0 * before.yearly_t[before.demand], rtol=1e-9)
    np.testing.assert_array_equal(after.outside.money_cny, before.outside.money_cny)
    np.testing.assert_array_equal(after.inside.loss_cny, before.inside.loss_cny)


def test_modules_by_hand(basis: Basis) -> None:
    """Capital is the annuity of the price, at the scenario's rate or the operators' own; kW cost while they idle."""
    scenario = basis.scenario
    more = {"interest_rate": 0.06, "own_rate": 0.1, "standby_share": 0.03, "demand_cny_kw_year": 300.0}
    economics = scenario.economics.model_copy(update=more)
    scenario = replace(scenario, economics=economics)
    kind, public, own = scenario.depot_types[0], ModuleCosts.of(scenario), ModuleCosts.to_operator(scenario)
    assert public.capital_cny[0] == pytest.approx(kind.capex_cny * annuity(kind.life_years, 0.06))
    assert own.capital_cny[0] == pytest.approx(kind.capex_cny * annuity(kind.life_years, 0.1))
    days = sum(period.days for period in scenario.periods)
    assert public.operation_cny[0] == kind.opex_cny_year + 300.0 * kind.power_kw
    assert public.standby_cny[0] == pytest.approx(0.03 * kind.power_kw * 24.0 * days * economics.power_cny_kwh)
    assert public.running_cny[0] == own.running_cny[0] == public.operation_cny[0] + public.standby_cny[0]
    assert own.total_cny[0] == own.capital_cny[0] + own.running_cny[0]


@pytest.mark.parametrize(
    ("box", "planned", "cny_t"),
    [("crate", True, 30 + 20 + 30 + 2 * 12), ("bulk", False, 10 + 15 + 3 * 12), ("basket", False, 60 + 15 + 3 * 12),
     ("foam_ice", True, 400 + 30 + 2 * 12), (None, True, 30 + 2 * 12), (None, False, 15 + 3 * 12)],
)  # fmt: skip
def test_handling_by_hand(basis: Basis, box: str | None, planned: bool, cny_t: float) -> None:
    """Packaging of one trip, crates sent back, sorting, and hands each time a lot is handled, two or three times."""
    crops = tuple(crop.model_copy(update={"packaging": box, "today_packaging": box})
                  for crop in basis.scenario.commodities)  # fmt: skip
    found = Handling.of(replace(basis.scenario, commodities=crops), planned=planned)
    assert set(found.total_cny_t) == {cny_t}


def test_handling_costs_nothing_where_the_scenario_says_so(basis: Basis) -> None:
    """With all its prices 0 the heading is 0, in both chains."""
    names = ("bulk_cny_t", "basket_cny_t", "crate_cny_t", "foam_ice_cny_t", "crate_return_cny_t", "sorting_cny_t",
             "today_sorting_cny_t", "loading_cny_t")  # fmt: skip
    free = basis.scenario.economics.model_copy(update=dict.fromkeys(names, 0.0))
    scenario = replace(basis.scenario, economics=free)
    for planned in (True, False):
        assert not Handling.of(scenario, planned=planned).total_cny_t.any()
