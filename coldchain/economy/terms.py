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


def _packing(prices: LotPrices, lots: ChilledLots) -> Floats:
    return np.asarray(prices.handling.packing_cny_t[lots.commodity])


def _crates(prices: LotPrices, lots: ChilledLots) -> Floats:
    return np.asarray(prices.handling.crates_cny_t[lots.commodity])


def _sorting(prices: LotPrices, _lots: ChilledLots) -> float:
    return prices.handling.sorting_cny_t


def _loading(prices: LotPrices, _lots: ChilledLots) -> float:
    return prices.handling.loading_cny_t


def _today_packing(prices: LotPrices, lots: TodaysLots) -> Floats:
    return np.asarray(prices.today_handling.packing_cny_t[lots.commodity])


def _today_crates(prices: LotPrices, lots: TodaysLots) -> Floats:
    return np.asarray(prices.today_handling.crates_cny_t[lots.commodity])


def _today_sorting(prices: LotPrices, _lots: TodaysLots) -> float:
    return prices.today_handling.sorting_cny_t


def _today_loading(prices: LotPrices, _lots: TodaysLots) -> float:
    return prices.today_handling.loading_cny_t


CHILLED: tuple[Term[ChilledLots], ...] = (
    Term(N_("value lost"), "loss", _value_lost),
    Term(N_("onward premium"), "line_haul", _onward),
    Term(N_("deducted for lateness"), "line_haul", _late),
    Term(N_("packaging"), "handling", _packing),
    Term(N_("crates returned"), "handling", _crates),
    Term(N_("sorting"), "handling", _sorting),
    Term(N_("loading"), "handling", _loading),
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
    Term(N_("packaging"), "handling", _today_packing),
    Term(N_("crates returned"), "handling", _today_crates),
    Term(N_("sorting"), "handling", _today_sorting),
    Term(N_("loading"), "handling", _today_loading),
    Term(N_("greenhouse gases of the trader's truck"), "carbon", _trader_carbon),
)
"""Costs of lots in today's chain."""
