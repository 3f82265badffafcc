"""The bill of a year recomputed: what fetching, hauling, depots and losses cost, with the plan or without it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from coldchain.verify.depots import Built, repayment
from coldchain.verify.haul import Hauled
from coldchain.verify.losses import Losses
from coldchain.verify.record import ON_THE_DOT_H, Record
from coldchain.verify.storage import Stores
from coldchain.verify.transport import Fetched


@dataclass(frozen=True)
class Year:
    """A year followed to its last lot: routes, line haul, stores and losses; ``moves_cny`` of mobile units."""

    fetched: Fetched
    hauled: Hauled
    stores: Stores
    losses: Losses
    built: Built
    moves_cny: float = 0.0

    @property
    def lots(self) -> pd.DataFrame:
        """All lots, as :data:`coldchain.verify.losses.LOT_COLUMNS`."""
        return self.losses.lots


def bill_of(record: Record, year: Year) -> dict[str, float]:
    """Return CNY a year by part, and ``total``."""
    operation, capital = _depots_cny(record, year.built)
    losses = year.losses
    bill = {
        "collection": year.fetched.cost_cny,
        "line_haul": year.hauled.cost_cny + losses.premium_cny + losses.today_haul_cny + _late_cny(record, year.lots),
        "operation": operation + year.moves_cny,
        "energy": losses.energy_cny,
        "capital": capital,
        "loss": losses.loss_cny,
    }
    if record.scenario.storage:
        bill["storage"] = year.stores.net_cny()
    return {**bill, "total": sum(bill.values())}


def net_of(today: Mapping[str, float], plan: Mapping[str, float], invested_cny: float) -> dict[str, float]:
    """Return both totals, what the plan brings net, and the years in which it is earned back; NaN where it never is."""
    benefit = today["total"] - plan["total"]
    before_capital = benefit + plan["capital"]
    back = invested_cny / before_capital if invested_cny > 0 and before_capital > 0 else math.nan
    return {
        "today_cny": today["total"],
        "plan_cny": plan["total"],
        "benefit_cny": benefit,
        "payback_years": back,
    }


def _late_cny(record: Record, lots: pd.DataFrame) -> float:
    """Deductions a year for tonnes that reach their buyer after the target."""
    late = lots["delivery_h"] > record.scenario.chain.delivery_target_h + ON_THE_DOT_H
    return record.scenario.economics.late_cny_t * float(lots["tonnes"][late].sum())


def _depots_cny(record: Record, built: Built) -> tuple[float, float]:
    """Yearly staff and upkeep of all modules, and the annuity of the new ones."""
    rate = record.scenario.economics.interest_rate
    operation = capital = 0.0
    for site in record.scenario.sites:
        for key, count in record.standing[site.id].items():
            operation += count * record.kinds[key].opex_cny_year
        for key, count in built.get(site.id, {}).items():
            kind = record.kinds[key]
            operation += count * kind.opex_cny_year
            capital += count * kind.capex_cny * repayment(rate, kind.life_years)
    return operation, capital
