"""A fund between regions: a share of sales, or of the taxes on them, goes back to the counties that produce."""

from __future__ import annotations

from typing import Literal

from coldchain.economy import value_cny_t
from coldchain.model import Scenario
from coldchain.sharing import levy_fund

Measure = Literal["tonnes", "value"]


def county_fund(
    scenario: Scenario,
    sales_cny: float,
    rate: float,
    by: Measure = "value",
    *,
    taxes_cny: float = 0.0,
    tax_share: float = 0.0,
) -> dict[str, int]:
    """Return what each producing county gets, in fen that add up to what is returned.

    Parameters
    ----------
    sales_cny : of the platform, a year
    rate : share of the sales that is returned, for example 0.01
    taxes_cny : that the province of sale collects on the trade, a year; tax_share : share of them that it passes on
    by : in proportion to the tonnes harvested, or to their value at the farm gate
    """
    tonnes = scenario.harvest_t.sum(axis=2)
    amount = tonnes @ value_cny_t(scenario) if by == "value" else tonnes.sum(axis=1)
    weight = dict.fromkeys((village.county for village in scenario.villages), 0.0)
    for village, figure in zip(scenario.villages, amount, strict=True):
        weight[village.county] += float(figure)
    return levy_fund({"sales": rate * sales_cny, "taxes": tax_share * taxes_cny}, 1.0, weight)
