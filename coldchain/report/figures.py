"""The figures of a plan as people read them: one wording for the terminal, the map and the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AIMS = {"total_cost_cny": "Yearly cost", "loss_cny": "Value lost", "loss_t": "Tonnes lost"}
COSTS = {
    "collection": "Collection from villages",
    "line_haul": "Line haul to hubs",
    "operation": "Operation of depots",
    "energy": "Electricity",
    "capital": "Capital",
    "loss": "Value of the loss",
}
MILLION, SMALL_CNY = 1e6, 1e4


def money(cny: float) -> str:
    """Write an amount in millions, small ones in full.

    Examples
    --------
    >>> money(10_436_100), money(-8_120), money(0)
    ('CNY 10.44 M', 'CNY -8,120', 'CNY 0')
    """
    return f"CNY {cny:,.0f}" if abs(cny) < SMALL_CNY else f"CNY {cny / MILLION:,.2f} M"


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
    return f"{t:,.0f} t" if abs(t) >= 10 or t == 0 else f"{t:.1f} t"


def before_and_after(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the figures that today's chain and the plan both have: label, today, with the plan."""
    loss, coverage = summary["loss"], summary["coverage"]
    return [
        ("Loss rate", percent(loss["baseline_rate"]), percent(loss["plan_rate"])),
        ("Loss a year", tonnes(loss["baseline_t"]), tonnes(loss["plan_t"])),
        ("Value lost a year", money(loss["baseline_cny"]), money(loss["plan_cny"])),
        ("Pre-cooled in time", percent(coverage["baseline"]), percent(coverage["plan"])),
    ]


def investment_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is built and who pays."""
    depots, money_in = summary["depots"], summary["investment"]
    counts = f"{depots['built']:,} built, {depots['existing']:,} existing"
    if depots["mobile"]:
        counts += f", {depots['mobile']:,} mobile"
    return [
        ("Depots", counts),
        ("Investment", money(money_in["total_cny"])),
        ("Subsidy", f"{money(money_in['subsidy_cny'])} of {money(money_in['budget_cny'])} budget"),
        ("Subsidy share", f"{percent(money_in['subsidy_share'])} of the investment"),
    ]


def service_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how well villages and markets are served."""
    villages, hours, routes = summary["villages"], summary["delivery_h"], summary["routes"]
    return [
        ("Villages served", f"{villages['served']:,} of {villages['total']:,}"),
        ("Harvest to market", f"{hours['p50']:.1f} h median, {hours['p95']:.1f} h at 95 %"),
        ("On time", f"{percent(hours['share_within_target'])} within {hours['target']:g} h"),
        ("Routes a year", f"{routes['count']:,}, {routes['km']:,.0f} km"),
        ("Vehicles", f"{routes['vehicles']:,}"),
    ]


def proof(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how far from the best possible the plan can be."""
    aim = summary["objective"]
    write = tonnes if aim["name"].endswith("_t") else money
    return [
        (AIMS.get(aim["name"], aim["name"]), write(aim["value"])),
        ("At best possible", write(aim["bound"])),
        ("Gap", f"at most {percent(aim['gap'])}"),
    ]


def yearly_costs(summary: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the yearly cost by item in CNY, without the total."""
    return [(label, float(summary["annual_cny"][key])) for key, label in COSTS.items()]
