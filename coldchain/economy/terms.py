"""What lots cost, term by term. A new cost of lots is one entry here, and a heading in the bill if it has its own.

The indices and figures of lots may be single numbers or arrays that broadcast against each other, so that the same
terms price the lots of a plan, all arcs of siting and one lot of a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices
from coldchain.economy.bill import Heading
from coldchain.language import N_

if TYPE_CHECKING:
    from coldchain.economy.handling import Handling
    from coldchain.economy.prices import LotPrices

Index = Indices | int
Lots = TypeVar("Lots")


@dataclass(frozen=True)
class ChilledLots:
    """Lots through depots.

    Attributes
    ----------
    commodity, period, cooling, site : indices
    value_share : share of the value lost until the buyer; delivery_h : hours from harvest to the buyer
    kept_cny_t : electricity of keeping them, less what that earns more
    """

    commodity: Index
    period: Index
    cooling: Index
    site: Index
    value_share: Floats
    delivery_h: Floats
    kept_cny_t: Floats | float = 0.0

    @classmethod
    def of(cls, lots: pd.DataFrame) -> ChilledLots:
        """Take the lots of a plan, columns as in :data:`coldchain.planning.lots.LOT_COLUMNS`."""
        index: Any = (lots[name].to_numpy(dtype=np.intp) for name in ("commodity", "period", "cooling", "site"))
        figures: Any = (lots[name].to_numpy(dtype=np.float64) for name in ("value_share", "delivery_h", "keep_cny_t"))
        return cls(*index, *figures)


@dataclass(frozen=True)
class TodaysLots:
    """Lots in today's chain: indices of village and commodity, share of the value lost, hours from harvest to buyer."""

    village: Index
    commodity: Index
    value_share: Floats
    delivery_h: Floats

    @classmethod
    def of(cls, lots: pd.DataFrame) -> TodaysLots:
        """Take the lots of a plan, columns as in :data:`coldchain.planning.lots.LOT_COLUMNS`."""
        village, commodity = (lots[name].to_numpy(dtype=np.intp) for name in ("village", "commodity"))
        share, hours = (lots[name].to_numpy(dtype=np.float64) for name in ("value_share", "delivery_h"))
        return cls(village, commodity, share, hours)


@dataclass(frozen=True)
class Term(Generic[Lots]):
    """A cost of lots: its name, the heading it stands under in the bill, and its CNY per tonne."""

    name: str
    heading: Heading
    cny_t: Callable[[LotPrices, Lots], Floats | float]


def _value_lost(prices: LotPrices, lots: ChilledLots | TodaysLots) -> Floats:
    return np.asarray(prices.value_cny_t[lots.commodity] * lots.value_share)


def _late(prices: LotPrices, lots: ChilledLots | TodaysLots) -> Floats | float:
    """Return what buyers deduct for what reaches them after the target."""
    return np.asarray(prices.late_cny_t * ~prices.timing.is_on_time(lots.delivery_h)) if prices.late_cny_t else 0.0


def _onward(prices: LotPrices, lots: ChilledLots) -> Floats:
    """Return what the chilled leg beyond the hub costs more than a warm one."""
    return np.asarray(prices.onward_cny_t[lots.site, lots.commodity] * prices.fresh[lots.cooling])


def _electricity(prices: LotPrices, lots: ChilledLots) -> Floats:
    return np.asarray(prices.power_cny_kwh * prices.energy_kwh_t[lots.commodity, lots.period, lots.cooling])


def _kept(_prices: LotPrices, lots: ChilledLots) -> Floats | float:
    return lots.kept_cny_t


def _traced(prices: LotPrices, lots: ChilledLots) -> Floats:
    """Return what labels and records of traced lots cost, less what buyers pay more for what is not lost."""
    premium = prices.traced_premium_cny_t[lots.commodity]
    gain = premium * (1.0 - lots.value_share) - prices.traced_cny_t[lots.commodity]
    return np.asarray(-gain * prices.fresh[lots.cooling])


def _processed(prices: LotPrices, lots: ChilledLots) -> Floats:
    """Return processing, and the fresh sale given up for a product, of what keeps its value until it is worked up."""
    given_up = prices.value_cny_t[lots.commodity] * (1.0 - prices.fresh[lots.cooling])
    product = prices.product_cny_t[lots.cooling]
    return np.asarray((given_up - product) * (1.0 - lots.value_share) + prices.process_cny_t[lots.cooling])


def _carbon(prices: LotPrices, lots: ChilledLots) -> Floats:
    """Return the price of what making their electricity emits."""
    return np.asarray(prices.carbon_cny_kwh * prices.energy_kwh_t[lots.commodity, lots.period, lots.cooling])


def _trader_carbon(prices: LotPrices, lots: TodaysLots) -> Floats:
    """Return the price of what the trader's truck emits."""
    return np.asarray(prices.trader_carbon_cny_t[lots.village])


def _trader(prices: LotPrices, lots: TodaysLots) -> Floats:
    """Return what the trader takes for the drive to the hub."""
    return np.asarray(prices.trader_cny_t[lots.village])


def _handling(of: Callable[[LotPrices], Handling]) -> tuple[Term[Any], ...]:
    """Return what packing, sorting and loading cost in a chain."""
    return (
        Term(N_("packaging"), "handling", lambda cny, lots: np.asarray(of(cny).packing_cny_t[lots.commodity])),
        Term(N_("crates returned"), "handling", lambda cny, lots: np.asarray(of(cny).crates_cny_t[lots.commodity])),
        Term(N_("sorting"), "handling", lambda cny, _lots: of(cny).sorting_cny_t),
        Term(N_("loading"), "handling", lambda cny, _lots: of(cny).loading_cny_t),
    )


CHILLED: tuple[Term[ChilledLots], ...] = (
    Term(N_("value lost"), "loss", _value_lost),
    Term(N_("onward premium"), "line_haul", _onward),
    Term(N_("deducted for lateness"), "line_haul", _late),
    *_handling(lambda prices: prices.handling),
    Term(N_("electricity"), "energy", _electricity),
    Term(N_("kept for later"), "storage", _kept),
    Term(N_("sold traced"), "tracing", _traced),
    Term(N_("processed"), "products", _processed),
    Term(N_("greenhouse gases of electricity"), "carbon", _carbon),
)
"""Costs of lots through depots, beside collection, line haul and modules."""
TODAYS: tuple[Term[TodaysLots], ...] = (
    Term(N_("value lost"), "loss", _value_lost),
    Term(N_("trader's haulage"), "line_haul", _trader),
    Term(N_("deducted for lateness"), "line_haul", _late),
    *_handling(lambda prices: prices.today_handling),
    Term(N_("greenhouse gases of the trader's truck"), "carbon", _trader_carbon),
)
"""Costs of lots in today's chain."""
