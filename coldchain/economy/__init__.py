"""What a tonne, a lot and a module cost, stated once for bill, siting, routing weights, routes of the day and sharing.

A cost of lots is a :class:`Term` in :mod:`coldchain.economy.terms`: its heading in the bill and its CNY per tonne.
The hours that decide whether a lot is in time and on time stand in :mod:`coldchain.economy.timing`, what modules cost
a year in :mod:`coldchain.economy.modules`. Verification states all of it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coldchain.economy.bill import HEADINGS, REGULAR, Bill, Heading, folded
from coldchain.later import later

if TYPE_CHECKING:
    from coldchain.economy.carbon import (
        Activity,
        CarbonFactors,
        CarbonPrice,
        emissions,
        emissions_of_lots,
        emissions_today,
    )
    from coldchain.economy.fleet import TypeFleet, Work, choose_fleet, least_day_cny
    from coldchain.economy.handling import Handling, packing_cny_t
    from coldchain.economy.modules import ModuleCosts, annuity, award_a_year, own_rate, standby_kwh, standing_cny
    from coldchain.economy.prices import LotPrices, money_cny_t, onward_cny_t, value_cny_t
    from coldchain.economy.terms import CHILLED, TODAYS, ChilledLots, Term, TodaysLots
    from coldchain.economy.timing import Timing, is_on_time, nearest_hub, onward_h, sold_at_market

__all__ = [
    "CHILLED", "HEADINGS", "REGULAR", "TODAYS", "Activity", "Bill", "CarbonFactors", "CarbonPrice", "ChilledLots",
    "Handling", "Heading", "LotPrices", "ModuleCosts", "Term", "Timing", "TodaysLots", "TypeFleet", "Work", "annuity",
    "award_a_year", "choose_fleet", "emissions", "emissions_of_lots", "emissions_today", "folded", "is_on_time",
    "least_day_cny", "money_cny_t", "nearest_hub", "onward_cny_t", "onward_h", "own_rate", "packing_cny_t",
    "sold_at_market", "standby_kwh", "standing_cny", "value_cny_t",
]  # fmt: skip
LATER = {
    "Activity": "carbon", "CarbonFactors": "carbon", "CarbonPrice": "carbon", "emissions_today": "carbon",
    "emissions": "carbon", "emissions_of_lots": "carbon", "TypeFleet": "fleet", "Work": "fleet",
    "choose_fleet": "fleet", "least_day_cny": "fleet", "Handling": "handling", "packing_cny_t": "handling",
    "ModuleCosts": "modules", "annuity": "modules", "award_a_year": "modules", "own_rate": "modules",
    "standby_kwh": "modules", "standing_cny": "modules", "LotPrices": "prices", "money_cny_t": "prices",
    "onward_cny_t": "prices", "value_cny_t": "prices", "CHILLED": "terms", "TODAYS": "terms", "ChilledLots": "terms",
    "Term": "terms", "TodaysLots": "terms", "Timing": "timing", "is_on_time": "timing", "nearest_hub": "timing",
    "onward_h": "timing", "sold_at_market": "timing",
}  # fmt: skip
"""Names whose modules bring in the kernels of spoilage, loaded when they are asked for."""
__getattr__ = later(__name__, LATER)
