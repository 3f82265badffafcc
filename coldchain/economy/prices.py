"""Prices per tonne of the lots of a scenario, and the terms applied to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import KG_PER_T, Floats, Indices
from coldchain.economy.bill import Heading
from coldchain.economy.carbon import CarbonPrice
from coldchain.economy.handling import Handling
from coldchain.economy.terms import CHILLED, TODAYS, ChilledLots, Lots, Term, TodaysLots
from coldchain.economy.timing import Timing, sold_at_market
from coldchain.model import CoolingClass, Scenario


def value_cny_t(scenario: Scenario) -> Floats:
    """Farm-gate value of a tonne, shape (commodities,)."""
    return np.array([crop.price_cny_kg for crop in scenario.commodities], dtype=np.float64) * KG_PER_T


def onward_cny_t(scenario: Scenario) -> Floats:
    """Premium of a chilled onward leg beyond a hub, shape (hubs, commodities); 0 for what is sold at the hub."""
    premium = np.array([hub.chilled_onward_cny_t for hub in scenario.hubs])
    return np.asarray(premium[:, None] * sold_at_market(scenario), dtype=np.float64)


@dataclass(frozen=True)
class LotPrices:
    """What the terms of lots read.

    Attributes
    ----------
    value_cny_t : farm-gate value, shape (commodities,)
    onward_cny_t : premium beyond the hub, shape (sites, commodities)
    late_cny_t : deducted from a tonne that is late
    trader_cny_t : haulage of today's chain, shape (villages,)
    traced_premium_cny_t, traced_cny_t : what buyers pay more for traced lots, and what these cost, shape (commodities,)
    handling, today_handling : packing, sorting and loading in the planned chain, and today
    fresh : 1 where lots are sold as they are, 0 in plants, shape (classes,)
    product_cny_t, process_cny_t : what products of a tonne fetch in plants and what it costs there, shape (classes,)
    energy_kwh_t : pre-cooling and keeping cold, or processing, shape (commodities, periods, classes)
    power_cny_kwh : price of electricity
    carbon_cny_kwh, trader_carbon_cny_t : price of what electricity and the trader's truck emit, shape (villages,)
    """

    value_cny_t: Floats
    onward_cny_t: Floats
    late_cny_t: float
    trader_cny_t: Floats
    traced_premium_cny_t: Floats
    traced_cny_t: Floats
    fresh: Floats
    product_cny_t: Floats
    process_cny_t: Floats
    handling: Handling
    today_handling: Handling
    energy_kwh_t: Floats
    power_cny_kwh: float
    carbon_cny_kwh: float
    trader_carbon_cny_t: Floats
    timing: Timing

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        timing: Timing,
        *,
        classes: Sequence[CoolingClass],
        site_hub: Indices,
        today_km: Floats,
        energy_kwh_t: Floats,
    ) -> LotPrices:
        """Read the prices of a scenario; ``today_km`` from each village to the trader's hub, shape (villages,)."""
        premium = np.array([crop.traced_premium_cny_kg for crop in scenario.commodities], dtype=np.float64) * KG_PER_T
        carbon = CarbonPrice.of(scenario)
        traced_lot_cny_t = scenario.economics.traced_lot_cny / scenario.economics.traced_lot_t
        return cls(
            traced_premium_cny_t=premium,
            traced_cny_t=np.where(premium > 0, traced_lot_cny_t, 0.0),
            fresh=timing.fresh,
            product_cny_t=np.array([kind.yield_t_t * kind.product_cny_t for kind in classes], dtype=np.float64),
            process_cny_t=np.array([kind.process_cny_t for kind in classes], dtype=np.float64),
            value_cny_t=value_cny_t(scenario),
            onward_cny_t=onward_cny_t(scenario)[site_hub],
            late_cny_t=scenario.economics.late_cny_t,
            trader_cny_t=scenario.economics.today_haul_cny_t_km * today_km,
            handling=Handling.of(scenario, planned=True),
            today_handling=Handling.of(scenario, planned=False),
            energy_kwh_t=energy_kwh_t,
            power_cny_kwh=scenario.economics.power_cny_kwh,
            carbon_cny_kwh=carbon.kwh_cny,
            trader_carbon_cny_t=carbon.cny(carbon.factors.trader_kg_tkm) * today_km,
            timing=timing,
        )

    def chilled(self, lots: ChilledLots) -> dict[Heading, Floats | float]:
        """Return CNY per tonne of lots through depots, by heading of the bill."""
        return _by_heading(CHILLED, self, lots)

    def todays(self, lots: TodaysLots) -> dict[Heading, Floats | float]:
        """Return CNY per tonne of lots in today's chain, by heading of the bill."""
        return _by_heading(TODAYS, self, lots)


def money_cny_t(by_heading: Mapping[Heading, Floats | float]) -> Floats:
    """Return CNY per tonne under all headings but the value lost, which some aims count alone."""
    return np.asarray(sum(cny for heading, cny in by_heading.items() if heading != "loss"), dtype=np.float64)


def _by_heading(terms: Sequence[Term[Lots]], prices: LotPrices, lots: Lots) -> dict[Heading, Floats | float]:
    found: dict[Heading, Floats | float] = {}
    for term in terms:
        found[term.heading] = found.get(term.heading, 0.0) + term.cny_t(prices, lots)
    return found
