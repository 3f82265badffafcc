"""The bill of a year recomputed: what fetching, hauling, depots and losses cost, with the plan or without it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from coldchain.model import DepotType, Plant
from coldchain.verify.carbon import Carbon
from coldchain.verify.depots import Built, repayment
from coldchain.verify.haul import Hauled
from coldchain.verify.losses import CheckedLosses
from coldchain.verify.products import products_cny
from coldchain.verify.record import KG_PER_T, ON_THE_DOT_H, PROCESS, Record
from coldchain.verify.storage import Stores
from coldchain.verify.transport import CheckedFetching


@dataclass(frozen=True)
class CheckedYear:
    """A year followed to its last lot: routes, line haul, stores and losses; ``moves_cny`` of mobile units.

    ``overflow``: CNY of days beyond the usual one, by depot.
    """

    fetched: CheckedFetching
    hauled: Hauled
    stores: Stores
    losses: CheckedLosses
    built: Built
    moves_cny: float = 0.0
    overflow: Mapping[str, float] = field(default_factory=dict)

    @property
    def lots(self) -> pd.DataFrame:
        """All lots, as :data:`coldchain.verify.losses.LOT_COLUMNS`."""
        return self.losses.lots


def bill_of(record: Record, year: CheckedYear) -> dict[str, float]:
    """Return CNY a year by part, and ``total``."""
    modules = list(modules_of(record, year.built))
    losses = year.losses
    bill = {
        "collection": year.fetched.cost_cny,
        "line_haul": year.hauled.cost_cny + losses.premium_cny + losses.today_haul_cny + _late_cny(record, year.lots),
        "overflow": sum(year.overflow.values()),
        "handling": float((year.lots["tonnes"] * handling_cny_t(record, year.lots)).sum()),
        "operation": sum(one.operation_cny for one in modules) + year.moves_cny,
        "energy": losses.energy_cny + sum(one.standby_cny for one in modules),
        "capital": sum(one.capital_cny for one in modules),
        "loss": losses.loss_cny,
    }
    price = record.scenario.economics.carbon_cny_t
    if price > 0:
        bill["carbon"] = price / KG_PER_T * Carbon.of(record, year, modules).whole_kg
    if record.scenario.storage:
        bill["storage"] = year.stores.net_cny()
    if any(crop.traced_premium_cny_kg > 0 for crop in record.scenario.commodities):
        bill["tracing"] = -float((year.lots["tonnes"] * traced_gain_cny_t(record, year.lots)).sum())
    if any(isinstance(kind, Plant) for kind in record.scenario.depot_types):
        bill["products"] = float(products_cny(record, year.lots).sum())
    return {**bill, "total": sum(bill.values())}


def net_of(
    today: Mapping[str, float], plan: Mapping[str, float], invested_cny: float, lots: pd.DataFrame
) -> dict[str, float]:
    """Return both totals, what the plan brings net, the years in which it is earned back, and what depots cost a tonne.

    NaN where it never is, and where no lot passes through a depot.
    """
    through_t = float(lots["tonnes"][lots["depot"] != ""].sum())
    depots_cny = plan["operation"] + plan["energy"] + plan["capital"]
    benefit = today["total"] - plan["total"]
    before_capital = benefit + plan["capital"]
    back = invested_cny / before_capital if invested_cny > 0 and before_capital > 0 else math.nan
    return {
        "today_cny": today["total"],
        "plan_cny": plan["total"],
        "benefit_cny": benefit,
        "payback_years": back,
        "depot_cny_t": depots_cny / through_t if through_t > 0 else math.nan,
    }


def _late_cny(record: Record, lots: pd.DataFrame) -> float:
    """Deductions a year for tonnes that reach their buyer after the target."""
    late = lots["delivery_h"] > record.scenario.chain.delivery_target_h + ON_THE_DOT_H
    return record.scenario.economics.late_cny_t * float(lots["tonnes"][late].sum())


def handling_cny_t(record: Record, lots: pd.DataFrame) -> pd.Series:
    """Packing, crates sent back, sorting and hands at each loading of lots, through depots or today's way, CNY/t."""
    prices, chain = record.scenario.economics, record.scenario.chain
    box = {"bulk": prices.bulk_cny_t, "basket": prices.basket_cny_t, "foam_ice": prices.foam_ice_cny_t, None: 0.0,
           "crate": prices.crate_cny_t + prices.crate_return_cny_t}  # fmt: skip
    crops = {key: crop for key, (_rest, crop) in record.crops.items()}
    planned = {key: box[crop.packaging] for key, crop in crops.items()}
    today = {key: box[crop.today_packaging] for key, crop in crops.items()}
    through = prices.sorting_cny_t + prices.loading_cny_t * chain.planned_transfers
    past = prices.today_sorting_cny_t + prices.loading_cny_t * chain.today_transfers
    pairs = zip(lots["commodity"].tolist(), lots["depot"].tolist(), strict=True)
    found = [planned[crop] + through if depot != "" else today[crop] + past for crop, depot in pairs]
    return pd.Series(found, lots.index, dtype="float64")


def traced_gain_cny_t(record: Record, lots: pd.DataFrame) -> pd.Series:
    """Return what buyers pay more for the part of traced lots that keeps its value, less labels and records, CNY/t."""
    prices, crops = record.scenario.economics, {key: crop for key, (_rest, crop) in record.crops.items()}
    if not any(crop.traced_premium_cny_kg > 0 for crop in crops.values()):
        return pd.Series(0.0, lots.index)
    crop_of = lots["commodity"].map  # where no lot is left its result is text, which pyarrow does not multiply
    more = crop_of({key: 1000.0 * crop.traced_premium_cny_kg for key, crop in crops.items()}).astype("float64")
    price = crop_of({key: 1000.0 * crop.price_cny_kg for key, crop in crops.items()}).astype("float64")
    lost = lots["lost_cny"] / (lots["tonnes"] * price).where(lots["tonnes"] * price > 0, 1.0)
    gain = more * (1.0 - lost) - prices.traced_lot_cny / prices.traced_lot_t
    return gain.astype("float64").where((lots["depot"] != "") & (lots["method"] != PROCESS) & (more > 0), 0.0)


def running_of(record: Record, kind: DepotType) -> tuple[float, float]:
    """Return what a module costs a year beside its capital: staff, upkeep and demand charge; electricity while idle."""
    prices = record.scenario.economics
    return kind.opex_cny_year + kind.power_kw * prices.demand_cny_kw_year, idle_kwh(record, kind) * prices.power_cny_kwh


def idle_kwh(record: Record, kind: DepotType) -> float:
    """Return the electricity of a module in a year while nothing is cooled."""
    hours = 24.0 * sum(period.days for period in record.scenario.periods)
    return kind.power_kw * record.scenario.economics.standby_share * hours


@dataclass(frozen=True)
class BilledModules:
    """Modules of one kind at a site, standing or new: CNY a year to run, idle and repay them; what they cost once.

    ``standby_kwh`` a year while nothing is cooled, ``power_kw`` connected.
    """

    site: str
    kind: DepotType
    operation_cny: float
    standby_cny: float
    capital_cny: float = 0.0
    invested_cny: float = 0.0
    standby_kwh: float = 0.0
    power_kw: float = 0.0


def modules_of(record: Record, built: Built, *, standing: bool = True) -> Iterator[BilledModules]:
    """Yield modules with what they cost: those that stand owe no capital."""
    rate = record.scenario.economics.interest_rate
    for site in record.scenario.sites:
        for modules, new in ((record.standing[site.id] if standing else {}, 0), (built.get(site.id, {}), 1)):
            for key, count in modules.items():
                kind = record.kinds[key]
                upkeep, idle = running_of(record, kind)
                invested = count * new * kind.capex_cny
                annuity = invested * repayment(rate, kind.life_years)
                yield BilledModules(site.id, kind, count * upkeep, count * idle, annuity, invested,
                              count * idle_kwh(record, kind), count * kind.power_kw)  # fmt: skip
