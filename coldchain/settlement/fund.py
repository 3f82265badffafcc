"""A fund between regions: a share of platform sales goes back to the counties that produce."""

from __future__ import annotations

from typing import Literal

from coldchain.economy import value_cny_t
from coldchain.model import Scenario
from coldchain.sharing import levy_fund

Measure = Literal["tonnes", "value"]


def county_fund(scenario: Scenario, sales_cny: float, rate: float, by: Measure = "value") -> dict[str, int]:
    """Return what each producing county gets, in fen that add up to the levy.

    Parameters
    ----------
    sales_cny : of the platform, a year
    rate : share of the sales that is returned, for example 0.01
    by : in proportion to the tonnes harvested, or to their value at the farm gate
    """
    tonnes = scenario.harvest_t.sum(axis=2)
    amount = tonnes @ value_cny_t(scenario) if by == "value" else tonnes.sum(axis=1)
    weight = dict.fromkeys((village.county for village in scenario.villages), 0.0)
    for village, figure in zip(scenario.villages, amount, strict=True):
        weight[village.county] += float(figure)
    return levy_fund({"platform": sales_cny}, rate, weight)
