"""What depots may keep for another period: how it ages until then, and what a tonne costs and fetches."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, KG_PER_T, W_PER_KW, Bools, Floats, Indices
from coldchain.economy import value_cny_t
from coldchain.model import Commodity, CoolingClass, Keeping, Scenario
from coldchain.spoilage import Fate, depot_lanes, respiration_w_t


@dataclass(frozen=True)
class Keep:
    """One row of the storage table, worked out.

    Attributes
    ----------
    commodity, period, until : indices
    spans : periods in which it lies in its room, those of harvest and sale included, bool[periods]
    price_now, price_then : CNY/t
    fate : shares lost until the buyer, float[classes, sites, batches]
    kwh_t, power_cny_t : electricity for the days in store, float[classes]
    """

    commodity: int
    period: int
    until: int
    spans: Bools
    price_now: float
    price_then: float
    fate: Fate
    kwh_t: Floats
    power_cny_t: Floats

    def cost_cny_t(self, value: Floats, cooling: int | Indices) -> Floats:
        """Return value lost (at today's price) and electricity, less what is earned more, by share of value lost."""
        fetched = self.price_then * (1.0 - value)
        return np.asarray(self.price_now - fetched + self.power_cny_t[cooling], dtype=np.float64)


def keeps_of(
    scenario: Scenario, classes: tuple[CoolingClass, ...], site_hub: Indices, haul_h: Floats
) -> tuple[Keep, ...]:
    """Work out every row of the storage table; the arguments are those of :func:`coldchain.spoilage.depot_lanes`."""
    return tuple(_keep(scenario, classes, site_hub, haul_h, row) for row in scenario.storage)


def _keep(
    scenario: Scenario, classes: tuple[CoolingClass, ...], site_hub: Indices, haul_h: Floats, row: Keeping
) -> Keep:
    periods = [period.id for period in scenario.periods]
    c = next(n for n, crop in enumerate(scenario.commodities) if crop.id == row.commodity)
    crop, p, u = scenario.commodities[c], periods.index(row.period), periods.index(row.until)
    dwell_h = scenario.chain.depot_dwell_h + HOURS_PER_DAY * row.days
    alone = replace(
        scenario,
        commodities=(crop,),
        periods=(scenario.periods[p],),
        chain=scenario.chain.model_copy(update={"depot_dwell_h": dwell_h}),
    )
    lanes = depot_lanes(alone, classes, site_hub, haul_h, scenario.siting.max_first_mile_h)
    spans = np.zeros(len(periods), dtype=np.bool_)
    spans[(p + np.arange((u - p) % len(periods) + 1)) % len(periods)] = True
    kwh = np.array([keep_kwh_t_day(crop, kind) * row.days for kind in classes], dtype=np.float64)
    prices = float(value_cny_t(scenario)[c]), row.price_cny_kg * KG_PER_T
    return Keep(c, p, u, spans, *prices, lanes.fate[0, 0], kwh, kwh * scenario.economics.power_cny_kwh)


def keep_kwh_t_day(crop: Commodity, cooling: CoolingClass) -> float:
    """Electricity for keeping cold: the type's figure, or the heat of the commodity's own respiration where more."""
    breath = respiration_w_t(crop, cooling.temp_c) * HOURS_PER_DAY / W_PER_KW / cooling.energy_ratio
    return max(cooling.store_kwh_t_day, breath)
