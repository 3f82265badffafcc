"""The figures of a plan as people read them: one wording for the terminal, the map and the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coldchain.language import N_, _
from coldchain.language.amounts import write_cny
from coldchain.model import Assumption

AIMS = {"total_cost_cny": N_("Yearly cost"), "loss_cny": N_("Value lost"), "loss_t": N_("Tonnes lost")}
COSTS = {
    "collection": N_("Collection from villages"),
    "line_haul": N_("Line haul to hubs"),
    "operation": N_("Operation of depots"),
    "energy": N_("Electricity"),
    "capital": N_("Capital"),
    "loss": N_("Value of the loss"),
    "storage": N_("Storage, less what it earns"),
}
MILLION = 1e6


def money(cny: float) -> str:
    """Write an amount in millions (in Chinese in 万元), small ones in full.

    Examples
    --------
    >>> money(10_436_100), money(-8_120), money(0)
    ('CNY 10.44 M', 'CNY -8,120', 'CNY 0')
    """
    return write_cny(cny)


def percent(share: float) -> str:
    """Write a share with one decimal.

    Examples
    --------
    >>> percent(0.2463)
    '24.6 %'
    """
    return f"{100 * share:.1f} %"


def tonnes(t: float) -> str:
    """Write tonnes, whole from ten up.

    Examples
    --------
    >>> tonnes(16475.3), tonnes(3.14)
    ('16,475 t', '3.1 t')
    """
    return f"{t:,.0f} {_('t')}" if abs(t) >= 10 or t == 0 else f"{t:.1f} {_('t')}"


def before_and_after(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the figures that today's chain and the plan both have: label, today, with the plan."""
    loss, coverage = summary["loss"], summary["coverage"]
    return [
        (_("Loss rate"), percent(loss["baseline_rate"]), percent(loss["plan_rate"])),
        (_("Loss a year"), tonnes(loss["baseline_t"]), tonnes(loss["plan_t"])),
        (_("Value lost a year"), money(loss["baseline_cny"]), money(loss["plan_cny"])),
        (_("Pre-cooled in time"), percent(coverage["baseline"]), percent(coverage["plan"])),
    ]


def investment_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is built and who pays."""
    depots, money_in = summary["depots"], summary["investment"]
    counts = _("{built:,} built, {existing:,} existing").format(**depots)
    if depots["mobile"]:
        counts += _(", {mobile:,} mobile").format(**depots)
    subsidy, budget = money(money_in["subsidy_cny"]), money(money_in["budget_cny"])
    return [
        (_("Depots"), counts),
        (_("Investment"), money(money_in["total_cny"])),
        (_("Subsidy"), _("{subsidy} of {budget} budget").format(subsidy=subsidy, budget=budget)),
        (_("Subsidy share"), _("{share} of the investment").format(share=percent(money_in["subsidy_share"]))),
    ]


def service_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how well villages and markets are served."""
    villages, hours, routes = summary["villages"], summary["delivery_h"], summary["routes"]
    on_time = percent(hours["share_within_target"])
    return [
        (_("Villages served"), _("{served:,} of {total:,}").format(served=villages["served"], total=villages["total"])),
        (
            _("Harvest to market"),
            _("{p50:.1f} h median, {p95:.1f} h at 95 %").format(p50=hours["p50"], p95=hours["p95"]),
        ),
        (_("On time"), _("{share} within {target:g} h").format(share=on_time, target=hours["target"])),
        (_("Routes a year"), _("{count:,}, {km:,.0f} km").format(count=routes["count"], km=routes["km"])),
        (_("Vehicles"), f"{routes['vehicles']:,}"),
    ]


def proof(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how far from the best possible the plan can be."""
    aim = summary["objective"]
    write = tonnes if aim["name"].endswith("_t") else money
    return [
        (_(AIMS.get(aim["name"], aim["name"])), write(aim["value"])),
        (_("At best possible"), write(aim["bound"])),
        (_("Gap"), _("at most {gap}").format(gap=percent(aim["gap"]))),
    ]


def assumptions(summary: Mapping[str, Any]) -> list[Assumption]:
    """Return what the plan assumed and whose data it holds; none for a run of an earlier version."""
    return [Assumption(**one) for one in summary.get("assumptions", ())]


def assumed(summary: Mapping[str, Any]) -> list[str]:
    """Return the same as sentences."""
    return [str(one) for one in assumptions(summary)]


def yearly_costs(summary: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the yearly cost by item in CNY, without the total."""
    bill = summary["annual_cny"]
    return [(_(label), float(bill[key])) for key, label in COSTS.items() if key in bill]
