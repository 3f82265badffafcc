"""Loss from field to shop by stage: until the market as planned, before and after it as published."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from coldchain.model import Scenario
from coldchain.model.goods import Group
from coldchain.model.wholechain import FIELD_LOSS, RETAIL_LOSS, outside, whole
from coldchain.planning.arcs import Arcs


def by_stage(scenario: Scenario, arcs: Arcs, today_rate: float, plan_rate: float) -> dict[str, Any]:
    """Return shares lost in the field and in shops, the least until the market, and of the whole chain, with bands.

    Parameters
    ----------
    today_rate, plan_rate : lost until the market
    """
    tonnes: dict[Group, float] = defaultdict(float)
    for crop, harvest_t in zip(scenario.commodities, scenario.harvest_t.sum(axis=(0, 2)), strict=True):
        tonnes[crop.group] += float(harvest_t)
    field, retail = outside(FIELD_LOSS, tonnes), outside(RETAIL_LOSS, tonnes)
    least_rate = min(least_loss_t(arcs) / (sum(tonnes.values()) or 1.0), plan_rate)
    rates = {"today": today_rate, "plan": plan_rate, "least": least_rate}
    chains = {f"whole_{name}": whole(field, rate, retail) for name, rate in rates.items()}
    return {"field": field, "retail": retail, "least_market": least_rate, **chains}


def least_loss_t(arcs: Arcs) -> float:
    """Return what is lost until the market in a year with each load on its best way: no plan at any price loses less.

    Rooms, power, money and vehicles are without limit, and loads cooled on arrival.
    """
    least = arcs.outside.loss_t.copy()
    np.minimum.at(least, arcs.demand, arcs.inside.loss_t)
    return float(least.sum())
