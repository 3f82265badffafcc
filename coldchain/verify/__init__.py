"""Verify a written plan from its tables and the inputs alone, sharing no code with the solvers.

Feasibility (capacities, limits, routes, subsidy rule), cost, loss and subsidy are recomputed; every violation and
every stated figure that differs by more than a millionth is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coldchain.language import _
from coldchain.model import Scenario
from coldchain.verify.depots import check_assignment, new_modules
from coldchain.verify.figures import check_summary, check_tables
from coldchain.verify.haul import check_carried, check_line_haul
from coldchain.verify.limits import check_limits
from coldchain.verify.losses import check_losses
from coldchain.verify.mobile import check_units
from coldchain.verify.operators import check_operators
from coldchain.verify.record import NEEDED, ON_THE_DOT_H, Record, Report, check_form
from coldchain.verify.roads import GivenRoads, Roads
from coldchain.verify.storage import check_storage, read_storage
from coldchain.verify.subsidy import check_subsidy
from coldchain.verify.transport import check_routes

__all__ = ["NEEDED", "Report", "verify_tables"]


def verify_tables(
    scenario: Scenario,
    given: GivenRoads | None,
    tables: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
) -> Report:
    """Recompute a plan.

    Parameters
    ----------
    given : the roads as their reader gives them; None without a road file
    tables : as written to ``tables/``
    summary : as written to ``summary.json``
    """
    record = Record(scenario, Roads(scenario, given), tables)
    if not check_form(record):
        return Report(tuple(record.problems), float("nan"), float("nan"), float("nan"))
    built = new_modules(record)
    check_assignment(record, built)
    built, moves = check_units(record, built)
    subsidy, capex = check_subsidy(record, built)
    fetched = check_routes(record)
    hauled = check_line_haul(record)
    stores = read_storage(record)
    losses = check_losses(record, fetched, hauled.rides, stores)
    check_storage(record, stores, built)
    check_carried(record, hauled, losses.arriving_t)
    operation, capital = _standing_cost(record, built)
    bill = {
        "collection": fetched.cost_cny,
        "line_haul": hauled.cost_cny + losses.premium_cny + losses.today_haul_cny + _late_cny(record, losses.lots),
        "operation": operation + moves,
        "energy": losses.energy_cny,
        "capital": capital,
        "loss": losses.loss_cny,
    }
    if scenario.storage:
        bill["storage"] = stores.net_cny()
    bill["total"] = sum(bill.values())
    harvest = float(scenario.harvest_t.sum())
    rate = losses.loss_t / harvest if harvest else 0.0
    check_tables(record, losses.lots)
    check_summary(record, summary, losses.lots)
    check_limits(record, losses.lots, losses.arriving_t)
    check_operators(record, built, losses.lots)
    _compare(record, summary, bill, {"rate": rate, "t": losses.loss_t, "subsidy": subsidy, "capex": capex})
    return Report(tuple(record.problems), rate, bill["total"], subsidy)


def _late_cny(record: Record, lots: pd.DataFrame) -> float:
    """Deductions a year for tonnes that reach their buyer after the target."""
    late = lots["delivery_h"] > record.scenario.chain.delivery_target_h + ON_THE_DOT_H
    return record.scenario.economics.late_cny_t * float(lots["tonnes"][late].sum())


def _standing_cost(record: Record, built: Mapping[str, Mapping[str, int]]) -> tuple[float, float]:
    """Yearly staff and upkeep of all modules, and the annuity of the new ones."""
    rate = record.scenario.economics.interest_rate
    operation = capital = 0.0
    for site in record.scenario.sites:
        for key, count in site.modules().items():
            operation += count * record.kinds[key].opex_cny_year
        for key, count in built.get(site.id, {}).items():
            kind = record.kinds[key]
            operation += count * kind.opex_cny_year
            growth = (1.0 + rate) ** kind.life_years
            share = rate * growth / (growth - 1.0) if rate else 1.0 / kind.life_years
            capital += count * kind.capex_cny * share
    return operation, capital


def _compare(record: Record, summary: Mapping[str, Any], bill: Mapping[str, float], found: Mapping[str, float]) -> None:
    """Hold the summary against what was recomputed."""
    for name, amount in bill.items():
        record.differs(f"summary: annual_cny.{name}", float(summary["annual_cny"][name]), amount, 1.0)
    record.differs("summary: loss.plan_rate", float(summary["loss"]["plan_rate"]), found["rate"])
    record.differs("summary: loss.plan_t", float(summary["loss"]["plan_t"]), found["t"])
    record.differs("summary: loss.plan_cny", float(summary["loss"]["plan_cny"]), bill["loss"], 1.0)
    record.differs("summary: investment.total_cny", float(summary["investment"]["total_cny"]), found["capex"], 1.0)
    record.differs(
        "summary: investment.subsidy_cny", float(summary["investment"]["subsidy_cny"]), found["subsidy"], 1.0
    )
    value = {"loss_t": found["t"], "loss_cny": bill["loss"], "total_cost_cny": bill["total"]}
    aim = summary["objective"]["name"]
    record.differs("summary: objective.value", float(summary["objective"]["value"]), value[aim], 1.0)
    if summary["objective"]["bound"] > value[aim] * (1 + TOLERANCE_OF_BOUND) + 1e-6:
        record.wrong(
            _("summary: the bound {bound:,.6g} lies above the value {value:,.6g}").format(
                bound=summary["objective"]["bound"], value=value[aim]
            )
        )


TOLERANCE_OF_BOUND = 1e-6
