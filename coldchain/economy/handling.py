"""What packing, sorting and loading a tonne cost in a chain, by commodity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.model import Economics, Scenario


@dataclass(frozen=True)
class Handling:
    """CNY per tonne of one chain, today's or the planned one.

    Attributes
    ----------
    packing_cny_t, crates_cny_t : packaging of one trip, and its return where it is crates, shape (commodities,); a
        commodity that names no packaging has neither
    sorting_cny_t, loading_cny_t : alike for all; loading counts every time a lot is handled
    """

    packing_cny_t: Floats
    crates_cny_t: Floats
    sorting_cny_t: float
    loading_cny_t: float

    @classmethod
    def of(cls, scenario: Scenario, *, planned: bool) -> Handling:
        """Read the prices of a scenario."""
        prices, chain = scenario.economics, scenario.chain
        boxes = [crop.packaging if planned else crop.today_packaging for crop in scenario.commodities]
        return cls(
            packing_cny_t=np.array([packing_cny_t(prices, box) for box in boxes], dtype=np.float64),
            crates_cny_t=np.array([prices.crate_return_cny_t * (box == "crate") for box in boxes], dtype=np.float64),
            sorting_cny_t=prices.sorting_cny_t if planned else prices.today_sorting_cny_t,
            loading_cny_t=prices.loading_cny_t * (chain.planned_transfers if planned else chain.today_transfers),
        )

    @property
    def total_cny_t(self) -> Floats:
        """All of it, shape (commodities,)."""
        return self.packing_cny_t + self.crates_cny_t + self.sorting_cny_t + self.loading_cny_t


def packing_cny_t(prices: Economics, packaging: str | None) -> float:
    """Return what a packaging costs for one trip.

    Examples
    --------
    >>> packing_cny_t(Economics(), "crate"), packing_cny_t(Economics(), None)
    (30.0, 0.0)
    """
    by_packaging = {
        "bulk": prices.bulk_cny_t,
        "basket": prices.basket_cny_t,
        "crate": prices.crate_cny_t,
        "foam_ice": prices.foam_ice_cny_t,
    }
    return by_packaging[packaging] if packaging else 0.0
