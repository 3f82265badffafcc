"""``summary.json``: the figures other programs and people rely on, in the order the design fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coldchain.economy import Heading, TypeFleet, emissions_today, is_on_time
from coldchain.economy.carbon import LEGS
from coldchain.model.ending import Ending, ending_of
from coldchain.planning.arcs import Arcs
from coldchain.planning.assumptions import assumptions_of
from coldchain.planning.basis import Basis
from coldchain.planning.cooling import heat_taken
from coldchain.planning.doubt import draw
from coldchain.planning.duty_tables import vehicles
from coldchain.planning.fixed import FixedPlan
from coldchain.planning.lots import TODAY
from coldchain.planning.money import activity
from coldchain.planning.net import Net
from coldchain.planning.waterfall import attributed
from coldchain.planning.wholechain import by_stage
from coldchain.progress import relative_gap

if TYPE_CHECKING:
    from coldchain.planning.course import Course

SCHEMA = "coldchain.summary/1"
PROVED = 1e-6


def summarise(
    basis: Basis, arcs: Arcs, course: Course, today: Course, tables: dict[str, pd.DataFrame], facts: dict[str, Any]
) -> dict[str, Any]:
    """Build the summary; ``seconds`` and ``version`` are filled in by the caller when all is done.

    Parameters
    ----------
    facts : seed, cuts, bound, warnings, the number of draws that the doubt is taken from, and whether the saving is
        attributed to what changes
    """
    scenario = basis.scenario
    aim = scenario.siting.objective[0]
    value = course.value(aim)
    cuts: set[Ending] = facts["cuts"]
    bound = min(facts["bound"], value) if facts["bound"] <= value + abs(value) * PROVED else facts["bound"]
    gap = relative_gap(value, bound)
    harvest = course.outcome.harvest_t
    head = {
        "schema": SCHEMA,
        "scenario": {"name": scenario.name, "variant": scenario.variant, "sha256": scenario.sha256},
        "version": "",
        "seed": facts["seed"],
        "status": "optimal" if gap <= PROVED else "feasible",
        "interrupted": Ending.INTERRUPTED in cuts,
        "ended": str(ending_of(cuts, closed=gap <= scenario.siting.gap)),
        "seconds": {},
        "objective": {"name": aim, "value": value, "bound": bound, "gap": gap},
        "loss": {
            "baseline_rate": today.outcome.loss_rate,
            "plan_rate": course.outcome.loss_rate,
            "baseline_t": today.outcome.loss_t,
            "plan_t": course.outcome.loss_t,
            "baseline_cny": today.outcome.loss_cny,
            "plan_cny": course.outcome.loss_cny,
            "baseline_water_t": today.outcome.water_t,
            "plan_water_t": course.outcome.water_t,
            "baseline_discount_cny": today.outcome.discount_cny,
            "plan_discount_cny": course.outcome.discount_cny,
        },
        "coverage": {"baseline": today.outcome.coverage, "plan": course.outcome.coverage},
        "investment": _investment(basis, tables["depots"]),
        "annual_cny": course.yearly.written(_subjects(basis)),
        **({"products": _products(tables["products"])} if basis.has_plants else {}),
        "net": _net(Net.of(today.yearly, course.yearly, float(tables["depots"]["capex_cny"].sum()), _cooled_t(course))),
        "emissions": _emissions(basis, course, today, tables),
        **(attributed(basis, course, today) if facts["attributing"] else {}),
        "stages": by_stage(basis.scenario, arcs, today.outcome.loss_rate, course.outcome.loss_rate),
    }
    return {
        **head,
        **({"doubt": draw(FixedPlan(basis, tables, head), facts["draws"]).summary()} if facts["draws"] else {}),
        "cooling": heat_taken(basis, course.decision, course.lots),
        "depots": _depot_counts(tables["depots"]),
        "routes": _route_totals(tables["routes"], vehicles(course.days)),
        "fleet": _fleet(course.days.running.fleet),
        "delivery_h": delivery(course.lots, scenario.chain.delivery_target_h, harvest),
        "villages": _villages(tables["villages"]),
        "assumptions": [
            one.model_dump() for one in assumptions_of(scenario, basis.placed.network, draft=facts["draft"])
        ],
        "firmness": {},
        "work": {},
        "warnings": facts["warnings"],
    }


def _subjects(basis: Basis) -> frozenset[Heading]:
    """Return the occasional headings of the bill that the scenario has a subject for."""
    traced = bool(basis.prices.traced_premium_cny_t.any())
    subjects: dict[Heading, bool] = {
        "storage": bool(basis.keeps), "tracing": traced, "products": basis.has_plants,
        "carbon": basis.carbon.cny_t > 0,
    }  # fmt: skip
    return frozenset(name for name, there in subjects.items() if there)


def _net(net: Net) -> dict[str, float | None]:
    return {
        "today_cny": net.today_cny,
        "plan_cny": net.plan_cny,
        "benefit_cny": net.benefit_cny,
        "payback_years": net.payback_years,
        "depot_cny_t": net.depot_cny_t,
    }


def _emissions(basis: Basis, course: Course, today: Course, tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Return kg CO2e a year today and with the plan, of which by leg, and what is not in tables of trips."""
    plan, before = (activity(basis, one.decision, one.lots) for one in (course, today))
    by_leg = tables["emissions"].groupby("leg")["co2e_kg"].sum()
    return {
        "today_kg": float(emissions_today(basis.scenario, tables, before)["co2e_kg"].sum()),
        "plan_kg": float(by_leg.sum()),
        **{f"{leg}_kg": float(by_leg.get(leg, 0.0)) for leg in LEGS},
        "power_kwh": plan.power_kwh,
        "trader_tkm": plan.trader_tkm,
    }


def _products(products: pd.DataFrame) -> dict[str, float]:
    """Return tonnes processed, tonnes made of them, and CNY that these fetch and that processing costs."""
    sums = products[["raw_t", "product_t", "revenue_cny", "process_cny"]].sum()
    return {"processed_t": float(sums["raw_t"]), **{str(name): float(sums[name]) for name in sums.index[1:]}}


def _cooled_t(course: Course) -> float:
    """Tonnes that pass through depots in a year."""
    lots = course.lots
    return float(lots["tonnes"][lots["site"] != TODAY].sum())


def _investment(basis: Basis, depots: pd.DataFrame) -> dict[str, Any]:
    total, subsidy = float(depots["capex_cny"].sum()), float(depots["subsidy_cny"].sum())
    by_county = depots.groupby("county")["capex_cny"].sum()
    return {
        "total_cny": total,
        "subsidy_cny": subsidy,
        "subsidy_share": subsidy / total if total else 0.0,
        "budget_cny": basis.scenario.siting.budget_cny,
        "by_county": {str(name): float(cny) for name, cny in by_county.items() if cny > 0},
    }


def _depot_counts(depots: pd.DataFrame) -> dict[str, int]:
    standing = depots["standing_modules"] != ""
    built = ~standing & (depots["new_modules"] != "")
    bought = [int(part.partition(":")[2]) for text in depots["units_bought"] for part in text.split(";") if part]
    return {"existing": int(standing.sum()), "built": int(built.sum()), "mobile": sum(bought)}


def _route_totals(routes: pd.DataFrame, vehicles: int) -> dict[str, Any]:
    return {
        "count": round(float(routes["days"].sum())),
        "vehicles": vehicles,
        "km": float((routes["km"] * routes["days"]).sum()),
        "hours": float((routes["hours"] * routes["days"]).sum()),
    }


def _fleet(fleet: Sequence[TypeFleet]) -> list[dict[str, Any]]:
    return [
        {"type": one.vehicle_id, "owned": one.owned, "hired_days": one.hired_days, "trips_day": one.trips_day}
        for one in fleet
    ]


def delivery(lots: pd.DataFrame, target_h: float, harvest_t: float) -> dict[str, float]:
    """Hours from harvest to market, weighted by tonnes."""
    ranked = lots.sort_values("delivery_h", kind="stable")
    hours, weight = ranked["delivery_h"].to_numpy(), ranked["tonnes"].cumsum().to_numpy()

    def quantile(share: float) -> float:
        return float(hours[min(int(np.searchsorted(weight, share * weight[-1])), len(hours) - 1)])

    within = float(lots["tonnes"].to_numpy() @ is_on_time(lots["delivery_h"].to_numpy(), target_h))
    return {
        "p50": quantile(0.5),
        "p95": quantile(0.95),
        "max": float(hours[-1]),
        "share_within_target": min(within / harvest_t, 1.0) if harvest_t else 0.0,
        "target": target_h,
    }


def _villages(villages: pd.DataFrame) -> dict[str, Any]:
    unserved = villages[villages["reason"] != ""]
    return {
        "total": len(villages),
        "served": len(villages) - len(unserved),
        "unserved": [{"id": row.village, "reason": row.reason} for row in unserved.itertuples()],
    }
