"""Progress on stderr: the one place where an event becomes a sentence, in the language spoken."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import click

from coldchain.cli.manners import hushed
from coldchain.language import N_, _, plural
from coldchain.progress import Event, Say, Stage, silent

EVERY_S = 2.0
"""Of one stage and label a line at most this often; the first of each is always shown."""

AIMS: Mapping[str, str] = {
    "total_cost_cny": N_("least yearly cost"),
    "loss_cny": N_("least value lost"),
    "loss_t": N_("least tonnes lost"),
    "daily_trips": N_("cost with daily trips"),
    "daily_trips_known": N_("cost with daily trips, known modules"),
}


GROUND: Mapping[str, str] = {"roads": N_("roads"), "proximity": N_("proximity")}


def progress(*, quiet: bool = False) -> Say:
    """Return what prints events with the seconds since now; silent where nothing is to be said."""
    if quiet or hushed():
        return silent
    began = time.monotonic()
    shown: dict[tuple[Stage, str], float] = {}

    def say(event: Event) -> None:
        now, key = time.monotonic(), (event.stage, event.label)
        if now - shown.get(key, -EVERY_S) < EVERY_S:
            return
        if text := sentence(event):
            shown[key] = now
            click.echo(f"[{now - began:6.1f} s] {text}", err=True)

    return say


def sentence(event: Event) -> str:
    """Say an event in the language spoken; "" where there is nothing to say yet.

    Examples
    --------
    >>> sentence(Event(Stage.SITING, "loss_t", value=110.0, bound=100.0))
    'siting for least tonnes lost: 110 t a year, bound 100, gap 9.09%'
    """
    return SENTENCES[event.stage](event)


def _county(event: Event) -> str:
    if "depots" in event.facts:
        text = plural("{name}: {depots} depot open, {kind}", "{name}: {depots} depots open, {kind}",
                      event.facts["depots"])  # fmt: skip
        return text.format(name=event.label, depots=event.facts["depots"], kind=_(GROUND[event.facts["roads"]]))
    villages, sites = event.facts["villages"], event.facts["sites"]
    text = plural("{name}: {count} villages, {count_2} site", "{name}: {count} villages, {count_2} sites", sites)
    return text.format(name=event.label, count=villages, count_2=sites)


def _roads(event: Event) -> str:
    text = _("roads: {count:,} nodes, {count_2:,} arcs ({kind})")
    return text.format(count=event.facts["nodes"], count_2=event.facts["arcs"], kind=_(GROUND[event.label]))


def _today(event: Event) -> str:
    return _("today's chain loses {loss_rate:.1%} of {harvest_t:,.0f} t").format(**event.facts)


def _known(event: Event) -> str:
    """Value, and bound and gap where they are known."""
    unit = _("t a year") if event.label == "loss_t" else _("CNY a year")
    value = f"{event.value or 0.0:,.0f} {unit}"
    if event.bound is None:
        return value
    return value + _(", bound {bound:,.0f}, gap {gap:.2%}").format(bound=event.bound, gap=event.gap)


def _siting(event: Event) -> str:
    return _("siting for {aim}: {known}").format(aim=_(AIMS[event.label]), known=_known(event))


def _joint(event: Event) -> str:
    return _("depots and routes together, {aim}: {known}").format(aim=_(AIMS[event.label]), known=_known(event))


def _decision(event: Event) -> str:
    text = _("decision {n} with quick routes: {cny:,.0f} CNY a year, loss {loss:.2%}")
    return text.format(n=event.done, cny=event.value, loss=event.facts["loss_rate"])


def _whole_bound(event: Event) -> str:
    return _("bound with whole vehicles and trucks: {found:,.0f} CNY a year").format(found=event.bound)


def _whole_plan(event: Event) -> str:
    return _("the model of the whole decides better: {cny:,.0f} CNY a year").format(cny=event.value)


def _with_depots(event: Event) -> str:
    if event.bound is None:
        return _("what any plan with these depots costs at least: seeking routes")
    return _("no plan with these depots costs less than {found:,.0f} CNY a year").format(found=event.bound)


def _former(event: Event) -> str:
    text = _("{run} repaired: {value:,.0f} CNY a year; searching on from there")
    return text.format(run=event.label, value=event.value)


def _repair(event: Event) -> str:
    each = _("{name} by {amount:,.4g}")
    missed = _(", ").join(each.format(name=name, amount=amount) for name, amount in event.facts["missing"].items())
    return _("after routing the plan misses {missed}: siting again with that much more").format(missed=missed)


def _routing(event: Event) -> str:
    return _("routing: {done} of {of} depots").format(done=event.done, of=event.of)


def _budget(event: Event) -> str:
    from coldchain.sweeps.words import point_line

    return point_line(event.facts["point"])


def _closing(event: Event) -> str:
    best = event.facts["best"]
    if not best or event.value is None:
        return ""
    text = _("without {sites}: {value:,.0f}, {more:+.2%} against the best")
    return text.format(sites=_(" and ").join(event.facts["sites"]), value=event.value, more=event.value / best - 1)


def _what_if(event: Event) -> str:
    rest = _("the other modules as they are") if event.facts["fixed"] else _("everything decided anew")
    text = _("planning with {depot} {action}, {rest}")
    return text.format(depot=event.label, action=_(event.facts["action"]), rest=rest)


def _renewal(_event: Event) -> str:
    return _("that is better than the run: planning the run's own question again from there")


def _figure(event: Event) -> str:
    return _("{done} of {of} uncertain figures: {figure}").format(done=event.done, of=event.of, **event.facts)


def _orders(event: Event) -> str:
    text = _("orders: {orders:,}, stops: {stops:,}, {value:,.0f} kg; searching")
    return text.format(orders=event.facts["orders"], stops=event.facts["stops"], value=event.facts["kg"])


def _search(event: Event) -> str:
    known = event.value is not None
    best = _("best {cost:,.0f} CNY").format(cost=event.value) if known else _("some lots have no tour yet")
    text = _("{iterations:,} iterations in {seconds:.1f} s: {best}")
    return text.format(iterations=event.done, seconds=event.facts["seconds"], best=best)


def _tours(event: Event) -> str:
    tours = event.facts["tours"]
    text = plural("{tours:,} tour after {iterations:,} iterations: {total_cny:,.0f} CNY",
                  "{tours:,} tours after {iterations:,} iterations: {total_cny:,.0f} CNY", tours)  # fmt: skip
    return text.format(tours=tours, iterations=event.done, total_cny=event.value)


def _crowded(event: Event) -> str:
    text = _("{over} cooling classes are given more than they take: searching again with less")
    return text.format(over=event.facts["classes"])


def _groups(event: Event) -> str:
    members = event.facts["members"]
    if event.done is None:
        return _("{n} members, {groups} groups to plan").format(n=members, groups=event.of)
    text = _("{n} members: at most {most} of {groups:,} groups are planned")
    return text.format(n=members, most=event.done, groups=event.of)


def _groups_known(event: Event) -> str:
    text = _("{known} of {groups} group plans are at hand from an earlier run")
    return text.format(known=event.done, groups=event.of)


def _groups_planned(event: Event) -> str:
    text = _("groups of {size}: {done} of {count} planned")
    return text.format(size=event.facts["size"], done=event.done, count=event.of)


def _core(event: Event) -> str:
    if event.facts["empty"]:
        text = _("the core of the {planned} groups planned is empty below {epsilon:,.0f} CNY")
    else:
        text = _("{planned} groups planned; no group whatever gains more than {epsilon:,.0f} CNY")
    return text.format(planned=event.done, epsilon=event.value)


def _compiling(_event: Event) -> str:
    return _("compiling the searches for this machine, once: about a minute")


SENTENCES: Mapping[Stage, Callable[[Event], str]] = {
    Stage.COMPILING: _compiling,
    Stage.COUNTY: _county,
    Stage.ROADS: _roads,
    Stage.TODAY: _today,
    Stage.SITING: _siting,
    Stage.DECISION: _decision,
    Stage.FORMER: _former,
    Stage.JOINT: _joint,
    Stage.WHOLE_BOUND: _whole_bound,
    Stage.WHOLE_PLAN: _whole_plan,
    Stage.WITH_DEPOTS: _with_depots,
    Stage.REPAIR: _repair,
    Stage.ROUTING: _routing,
    Stage.BUDGET: _budget,
    Stage.CLOSING: _closing,
    Stage.WHAT_IF: _what_if,
    Stage.RENEWAL: _renewal,
    Stage.FIGURE: _figure,
    Stage.ORDERS: _orders,
    Stage.SEARCH: _search,
    Stage.TOURS: _tours,
    Stage.CROWDED: _crowded,
    Stage.GROUPS: _groups,
    Stage.GROUPS_KNOWN: _groups_known,
    Stage.GROUPS_PLANNED: _groups_planned,
    Stage.CORE: _core,
}
