"""What a depot type can take in a day: by its room, by its batches, by its refrigeration."""

from __future__ import annotations

import math

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, Floats, Indices
from coldchain.model import Chain, Commodity, CoolingClass, Period, Scenario
from coldchain.spoilage import base_kw, heat_kwh_t, hourly_air_c, respiration_w_t, stored_kw_t


def capacity_t_day(scenario: Scenario, classes: tuple[CoolingClass, ...], class_of_type: Indices) -> Floats:
    """Return t/day of each depot type: the least of its throughput, its storage over the stay, and its refrigeration.

    Tunnels take as many batches as fit in ``chain.cooling_h_day``. Refrigeration takes, in the warmest hour of each
    season, its kW less walls and doors for as many hours; the heat of a tonne is that of the worst commodity of its
    zone harvested then. So the queue of a typical day is empty before the next.
    """
    chain, kinds, cooling = scenario.chain, scenario.depot_types, [classes[o] for o in class_of_type]
    stay_d = [(one.precool_h + chain.depot_dwell_h) / 24.0 for one in cooling]
    by_room = [min(k.throughput_t_day, k.storage_t / d) for k, d in zip(kinds, stay_d, strict=True)]
    by_batch = [chain.cooling_h_day / (k.cycle_h or 1.0) * (np.inf if k.batch_t is None else k.batch_t) for k in kinds]
    return np.minimum(np.minimum(by_room, by_batch), _power_t_day(scenario, cooling))


def _power_t_day(scenario: Scenario, cooling: list[CoolingClass]) -> Floats:
    """T/day that each type's refrigeration takes on the hardest day, shape (types,); infinite where none is stated."""
    chain, grown = scenario.chain, scenario.harvest_t.sum(axis=0) > 0
    most = np.full(len(cooling), np.inf)
    for k, (kind, own) in enumerate(zip(scenario.depot_types, cooling, strict=True)):
        for p, period in enumerate(scenario.periods if kind.cooling_kw is not None else ()):
            crops = [scenario.commodities[c] for c in np.flatnonzero(grown[:, p])]
            fit = [crop for crop in crops if crop.zone == kind.zone and kind.method in crop.methods]
            heat = max((_day_kwh_t(chain, crop, own, period) for crop in fit), default=0.0)
            spare_kw = (kind.cooling_kw or 0.0) - base_kw(chain, own, period, kind.net_m3, 0.0)
            if heat > 0:
                most[k] = min(most[k], max(spare_kw, 0.0) * chain.cooling_h_day / heat)
    return most


def _day_kwh_t(chain: Chain, crop: Commodity, cooling: CoolingClass, period: Period) -> float:
    """Heat that a tonne a day brings in the warmest hour: of the field, its breath until it is cold, and in store."""
    warm = float(hourly_air_c(period).max())
    breath_h = cooling.half_cooling_h / math.log(2.0)
    breath = respiration_w_t(crop, warm) / 1000.0 * breath_h
    return heat_kwh_t(crop, warm, cooling.temp_c) + breath + stored_kw_t(chain, crop, cooling) * HOURS_PER_DAY
