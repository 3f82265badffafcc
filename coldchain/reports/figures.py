"""The figures of a plan as people read them: one wording for the terminal, the map and the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from coldchain.economy import HEADINGS
from coldchain.language import N_, _, plural
from coldchain.language.amounts import with_unit, write_cny
from coldchain.model import Assumption
from coldchain.model.ending import ending_text
from coldchain.model.naming import labelled
from coldchain.reports import emitted
from coldchain.reports.columns import Form

AIMS = {"total_cost_cny": N_("Yearly cost"), "loss_cny": N_("Value lost"), "loss_t": N_("Tonnes lost")}
CHANGES = {
    "collection": N_("Earlier collection"),
    "packaging": N_("Packaging and fewer transfers"),
    "precooling": N_("Pre-cooling in depots"),
    "line_haul": N_("Line haul"),
    "onward": N_("Reefer onward"),
    "hall": N_("Chilled market hall"),
}
WITHOUT = {
    "precooling": N_("Same collection and reefers, no depots"),
    "onward": N_("Depots, but uncooled trucks onward"),
}
MILLION = 1e6
UNKNOWN = "–"


class Shown(str):
    """A figure as people read it, that still knows its number: a workbook writes the number.

    Examples
    --------
    >>> percent(0.2463).number, percent(0.2463).form
    (0.2463, 'share')
    """

    __slots__ = ("form", "number")

    def __new__(cls, text: str, number: float, form: Form) -> Self:
        """Make a text that remembers its number and how a workbook writes it."""
        made = super().__new__(cls, text)
        made.number, made.form = number, form
        return made

    number: float
    form: Form


def money(cny: float) -> Shown:
    """Write an amount in millions (in Chinese in 万元), small ones in full.

    Examples
    --------
    >>> money(10_436_100), money(-8_120), money(0)
    ('CNY 10.44 M', 'CNY -8,120', 'CNY 0')
    """
    return Shown(write_cny(cny), cny, "cny")


def percent(share: float) -> Shown:
    """Write a share with one decimal.

    Examples
    --------
    >>> percent(0.2463)
    '24.6%'
    """
    return Shown(f"{100 * share:.1f}%", share, "share")


def tonnes(t: float) -> Shown:
    """Write tonnes, whole from ten up.

    Examples
    --------
    >>> tonnes(16475.3), tonnes(3.14)
    ('16,475 t', '3.1 t')
    """
    return Shown(with_unit(f"{t:,.0f}" if abs(t) >= 10 or t == 0 else f"{t:.1f}", _("t")), t, "tonnes")


def count(number: float) -> Shown:
    """Write a whole number."""
    return Shown(f"{number:,.0f}", number, "count")


def hours(h: float) -> Shown:
    """Write hours with one decimal."""
    return Shown(with_unit(f"{h:.1f}", _("h")), h, "hours")


def key_figures(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is built, what it brings and how well villages are served, one number a row."""
    depots, invested, net = summary["depots"], summary["investment"], summary.get("net")
    villages, delivery, routes = summary["villages"], summary["delivery_h"], summary["routes"]
    rows: list[tuple[str, str]] = [
        (_("Depots built"), count(depots["built"])),
        (_("Depots that stood"), count(depots["existing"])),
        (_("Mobile units"), count(depots["mobile"])),
        (_("Investment"), money(invested["total_cny"])),
        (_("Subsidy"), money(invested["subsidy_cny"])),
        (_("Subsidy budget"), money(invested["budget_cny"])),
        (_("Subsidy, of the investment"), percent(invested["subsidy_share"])),
    ]
    if net:
        rows.append((_("Net benefit a year"), money(net["benefit_cny"])))
    return [
        *rows,
        net_facts(summary)[-1],
        (_("Villages served"), count(villages["served"])),
        (_("Villages in all"), count(villages["total"])),
        (_("Harvest to market, median"), hours(delivery["p50"])),
        (_("Harvest to market, 95 % within"), hours(delivery["p95"])),
        (_("On time"), percent(delivery["share_within_target"])),
        (_("Time limit of delivery"), hours(delivery["target"])),
        (_("Routes a year"), count(routes["count"])),
        (_("Way of a year"), Shown(with_unit(f"{routes['km']:,.0f}", _("km")), routes["km"], "km")),
        (_("Vehicles"), count(routes["vehicles"])),
    ]


def before_and_after(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the figures that today's chain and the plan both have: label, today, with the plan."""
    loss, coverage = summary["loss"], summary["coverage"]
    return [
        (_("Loss rate"), percent(loss["baseline_rate"]), percent(loss["plan_rate"])),
        (_("Loss a year"), tonnes(loss["baseline_t"]), tonnes(loss["plan_t"])),
        *_of_which(loss, "water_t", _("Of this as water"), tonnes),
        (_("Value lost a year"), money(loss["baseline_cny"]), money(loss["plan_cny"])),
        *_of_which(loss, "discount_cny", _("Of this by discounts"), money),
        *_whole_chain(summary),
        (_("Pre-cooled in time"), percent(coverage["baseline"]), percent(coverage["plan"])),
        *emitted.before_and_after(summary),
        *_totals(summary),
    ]


def _of_which(
    loss: Mapping[str, float], name: str, label: str, shown: Callable[[float], str]
) -> list[tuple[str, str, str]]:
    """Return a part of the loss today and with the plan; nothing for a run of an earlier version."""
    if f"plan_{name}" not in loss:
        return []
    return [(label, shown(loss[f"baseline_{name}"]), shown(loss[f"plan_{name}"]))]


def _whole_chain(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the loss from field to shop; nothing for a run of an earlier version."""
    if "stages" not in summary:
        return []
    today, plan = (percent(summary["stages"][f"whole_{name}"]["rate"]) for name in ("today", "plan"))
    return [(_("Loss rate, field to shop"), today, plan)]


def _totals(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return both yearly totals and what they are per tonne harvested; unknown for a run of an earlier version."""
    net, harvest_t = summary.get("net"), harvest_of(summary)
    both = (net["today_cny"], net["plan_cny"]) if net else ()
    whole: list[str] = [money(cny) for cny in both] or [UNKNOWN] * 2
    per_t: list[str] = [money(cny / harvest_t) for cny in both if harvest_t > 0] or [UNKNOWN] * 2
    return [
        (_("Cost a year, losses included"), whole[0], whole[1]),
        (_("The same per tonne harvested"), per_t[0], per_t[1]),
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


def net_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the plan brings net of all its costs, and when the investment is earned back."""
    net, harvest_t = summary.get("net"), harvest_of(summary)
    if net is None:
        return [(_("Net benefit a year"), UNKNOWN), (_("Payback"), UNKNOWN)]
    benefit: str = money(net["benefit_cny"])
    years = net["payback_years"]
    if harvest_t > 0:
        benefit = _("{cny}, {per_t} a tonne").format(cny=benefit, per_t=money(net["benefit_cny"] / harvest_t))
    if years is not None:
        back = _("{years:.1f} years, from the benefit before capital").format(years=years)
    else:
        back = _("never") if summary["investment"]["total_cny"] > 0 else _("nothing is built")
    return [*_depots_per_tonne(net), (_("Net benefit a year"), benefit), (_("Payback"), back)]


def _depots_per_tonne(net: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what depots cost a tonne beside what is published; nothing where nothing is cooled or known."""
    cny = net.get("depot_cny_t")
    if cny is None:
        return []
    text = _("{cny}, without handling; published: 86-178, crates and hands included")
    return [(_("Depots, a tonne cooled"), text.format(cny=money(cny)))]


def waterfall(summary: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Return each change of the chain with the tonnes and the value a year it saves.

    None where nothing changes, and for a run of an earlier version.
    """
    parts = summary.get("waterfall", ())
    changed = any(one["t"] or one["cny"] for one in parts)
    return [(_(CHANGES[one["part"]]), one["t"], one["cny"]) for one in parts if changed]


def saving_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what each change of the chain saves a year, and what would be lost without two of them."""
    saved = [(label, _("{t}, {cny}").format(t=tonnes(t), cny=money(cny))) for label, t, cny in waterfall(summary)]
    return [*saved, *without_facts(summary)]


def without_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what would be lost without depots, and with uncooled trucks onward."""
    return [
        (_(WITHOUT[one["without"]]), _("{rate} lost").format(rate=percent(one["loss_rate"])))
        for one in summary.get("counterfactuals", ())
        if waterfall(summary)
    ]


def harvest_of(summary: Mapping[str, Any]) -> float:
    """Return the tonnes harvested a year, from what is lost today; 0 where nothing is lost."""
    loss = summary["loss"]
    return float(loss["baseline_t"] / loss["baseline_rate"]) if loss["baseline_rate"] > 0 else 0.0


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
    """Return how far from the best possible the plan can be, and why the search ended."""
    aim = summary["objective"]
    write = tonnes if aim["name"].endswith("_t") else money
    return [
        (_(AIMS.get(aim["name"], aim["name"])), write(aim["value"])),
        (_("At best possible"), write(aim["bound"])),
        (_("Gap"), _("at most {gap}").format(gap=percent(aim["gap"]))),
        *([(_("Search ended"), ending_text(summary["ended"]))] if "ended" in summary else []),
        *firmness(summary),
    ]


def firmness(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how far from the best with these depots, how many of them are sure, and what comes second."""
    firm = summary.get("firmness", {})
    rows = []
    if firm.get("gap_with_these_depots") is not None:
        told = _("at most {gap}").format(gap=percent(firm["gap_with_these_depots"]))
        rows.append((_("Gap with these depots"), told))
    mine = [one for one in firm.get("depots", ()) if one["planned"]]
    if mine:
        sure = sum(one["within_1_percent"] == 1.0 for one in mine)
        told = plural("{sure} of {n} new depot", "{sure} of {n} new depots", len(mine))
        rows.append((_("In every plan within 1 %"), told.format(sure=sure, n=len(mine))))
    second = firm.get("runner_up")
    if second:
        rows.append((_("Runner-up"), runner_up(second, {one["id"]: one["name"] for one in firm["depots"]})))
    return rows


def runner_up(second: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Say what the best plan met that builds elsewhere would change."""

    def listed(sites: Sequence[str]) -> str:
        return _(", ").join(labelled(site, names.get(site, "")) for site in sites)

    parts = [
        _("+{cny} a year").format(cny=money(second["more"])),
        *([_("without {sites}").format(sites=listed(second["closes"]))] if second["closes"] else []),
        *([_("with {sites}").format(sites=listed(second["opens"]))] if second["opens"] else []),
    ]
    return _(", ").join(parts)


def assumptions(summary: Mapping[str, Any]) -> list[Assumption]:
    """Return what the plan assumed and whose data it holds; none for a run of an earlier version."""
    return [Assumption(**one) for one in summary.get("assumptions", ())]


def assumed(summary: Mapping[str, Any]) -> list[str]:
    """Return the same as sentences."""
    return [str(one) for one in assumptions(summary)]


def yearly_costs(summary: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the yearly cost by item in CNY, without the total."""
    bill = summary["annual_cny"]
    return [(_(label), float(bill[key])) for key, label in HEADINGS.items() if key in bill]
