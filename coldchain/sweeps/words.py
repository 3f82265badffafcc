"""What exploring says, in one place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from coldchain.language import N_, _, plural
from coldchain.language.ids import word
from coldchain.model.ending import ending_text
from coldchain.model.naming import labelled

if TYPE_CHECKING:
    import pandas as pd

    from coldchain.model import Limit
    from coldchain.sweeps.alternatives import Alternatives
    from coldchain.sweeps.compare import Comparison
    from coldchain.sweeps.explain import WhatIf
    from coldchain.sweeps.failures import Failure
    from coldchain.sweeps.points import Point
    from coldchain.sweeps.relax import Loosening, Loosenings
    from coldchain.sweeps.sweep import NextMillion, Sweep, Threshold
    from coldchain.sweeps.villages import VillageReasons

AIM_UNITS = {"loss_t": N_("t"), "loss_cny": N_("CNY"), "total_cost_cny": N_("CNY")}
AIMS = {"loss_t": N_("tonnes lost"), "loss_cny": N_("value lost"), "total_cost_cny": N_("yearly cost")}
FIGURES = {"loss_rate": N_("loss of at most {share:.0%}"), "coverage": N_("coverage of at least {share:.0%}")}


def point_line(point: Point) -> str:
    """One budget of a sweep, as progress tells it."""
    head = _("budget {cny:,.0f} CNY: ").format(cny=point.budget_cny)
    if not point.planned:
        infeasible = point.status == "infeasible"
        return head + (_("no plan keeps every limit") if infeasible else _("no plan found in the time given"))
    figures = _("loss {loss:.2%}, coverage {coverage:.1%}, {cny:,.0f} CNY a year").format(
        loss=point.loss_rate, coverage=point.coverage, cny=point.annual_cny
    )
    spent = plural("{count} site for {cny:,.0f} CNY", "{count} sites for {cny:,.0f} CNY", len(point.depots)).format(
        count=len(point.depots), cny=point.subsidy_cny
    )
    return head + _("{figures}, {spent}, gap {gap:.1%} ({seconds:.1f} s)").format(
        figures=figures, spent=spent, gap=point.gap, seconds=point.seconds
    )


def threshold_line(found: Threshold) -> str:
    """State the least budget of a target, with its bracket."""
    what = _(FIGURES[found.target.figure]).format(share=found.target.share)
    if found.reached_cny is None:
        return _("{what}: reached by no budget of the sweep; the best is {best:.2%}").format(what=what, best=found.best)
    line = _("{what}: {cny:,.0f} CNY is enough").format(what=what, cny=found.reached_cny)
    if found.missed_cny is None:
        return line
    return line + _("; the best plan found for {cny:,.0f} CNY misses it").format(cny=found.missed_cny)


def next_million_line(found: NextMillion) -> str:
    """Say what the next million buys at the scenario's own budget."""
    head = _("the next million on top of {cny:,.0f} CNY buys").format(cny=found.budget_cny)
    if found.saved_cny <= 0 and found.saved_t <= 0:
        return _("{head} nothing: no better plan was found").format(head=head)
    tonnes = _change(found.saved_t, _("{t:,.0f} t less lost"), _("{t:,.0f} t more lost"))
    money = _change(found.saved_cny, _("{cny:,.0f} CNY saved"), _("{cny:,.0f} CNY more spent"))
    text = _("{head} {tonnes} and {money} a year, coverage {points:+.1f} points")
    return text.format(head=head, tonnes=tonnes, money=money, points=100 * found.coverage)


def _change(amount: float, good: str, bad: str) -> str:
    return (good if amount >= 0 else bad).format(t=abs(amount), cny=abs(amount))


def bad_range(text: str, why: str) -> str:
    """Refuse a range of budgets."""
    return _('--budget "{text}" cannot be read: {why}; for example 0:4e7:2e6').format(text=text, why=why)


def work_line(found: Sweep) -> str:
    """Say how many of the budgets were solved, and how many followed from others."""
    rest = len(found.points) - found.solved - found.kept
    told = _("budgets solved: {solved}, kept from before: {kept}, from a larger budget's plan: {rest}")
    text = told.format(solved=found.solved, kept=found.kept, rest=rest)
    if carried := sum(point.how == "carried" for point in found.points):
        text += _("; for {count} the better plan of a smaller budget was carried over").format(count=carried)
    ends = Counter(point.ended for point in found.points if point.ended and point.how == "solved")
    each = _("{count}: {ending}")
    told = _(", ").join(each.format(count=count, ending=ending_text(ending)) for ending, count in ends.most_common())
    text += _("; searches ended: {told}").format(told=told) if told else ""
    return text + (_("; interrupted: the same command goes on") if found.interrupted else "")


def changed_inputs(run: str) -> str:
    """Refuse to explain a run whose inputs changed."""
    told = _("the inputs of {run} have changed since it was made (their hash differs); plan again, then ask")
    return told.format(run=run)


def nothing_may_be_built(depot: str) -> str:
    """Refuse to force a site where nothing may stand."""
    told = _("nothing may be built at {depot} in this scenario (it is forbidden, or has room for no module)")
    return told.format(depot=depot)


RENEWED = N_("run planned anew")


def what_if_lines(found: WhatIf) -> list[str]:
    """Say what a depot closed or forced does."""
    facts = {
        "depot": labelled(found.depot, found.name), "action": _(found.action),
        "unit": _(AIM_UNITS[found.aim]), "aim": _(AIMS[found.aim]),
        "bound": found.bound, "value": found.value, "least": found.bound - found.value,
    }  # fmt: skip
    lines = []
    if found.fixed is not None:
        told = _("{depot} {action}, the other modules as they are: {effect}")
        lines.append(told.format(**facts, effect=_effect(found.fixed)))
    if found.free is None:
        told = _("{depot} {action}: proved that no plan keeps every limit; {reason}")
        return [*lines, told.format(**facts, reason=found.reason)]
    lines.append(_("{depot} {action}, everything decided anew: {effect}").format(**facts, effect=_effect(found.free)))
    change = found.free.figure("objective.value")
    if change < 0 and found.against is not None:
        told = _("so the run was not the best plan: this one has {less:,.0f} {unit} less {aim}")
        lines.append(told.format(**facts, less=-change))
        told = _("against the run planned anew from there, {depot} {action}: {effect}")
        lines.append(told.format(**facts, effect=_effect(found.against)))
    return [*lines, _proved(facts)]


def _proved(facts: dict[str, Any]) -> str:
    if facts["least"] > 0:
        told = _("proved: every plan with {depot} {action} has at least {least:,.0f} {unit} more {aim} than in the run")
        return told.format(**facts)
    told = _(
        "proved only: {aim} of a plan with it {action} is at least {bound:,.0f} {unit}, the run's is {value:,.0f}; "
        "the difference above is between plans found"
    )
    return told.format(**facts)


def _effect(found: Comparison) -> str:
    figure = found.figure
    parts = [
        _change(-figure("annual_cny.total"), _("{cny:,.0f} CNY a year saved"), _("{cny:,.0f} CNY a year dearer")),
        _change(-figure("loss.plan_t"), _("{t:,.0f} t a year less lost"), _("{t:,.0f} t a year more lost")),
        _("coverage {points:+.1f} points").format(points=100 * figure("coverage.plan")),
        _change(-figure("investment.subsidy_cny"), _("{cny:,.0f} CNY less subsidy"), _("{cny:,.0f} CNY more subsidy")),
    ]
    moved = plural(
        "; {count} village moves {moved_t:,.0f} t", "; {count} villages move {moved_t:,.0f} t", len(found.villages)
    )
    return _(", ").join(parts) + moved.format(count=len(found.villages), moved_t=found.villages["moved_t"].sum())


def alternative_lines(found: Alternatives) -> list[str]:
    """Say which sites every good plan needs, and what was proved."""
    groups: dict[str, list[str]] = {}
    for need in found.needs:
        groups.setdefault(need.state, []).append(need.site)
    told = plural(
        "{count} choice of sites within {share:.1%} of the best {aim} found, by {tried} plans with sites closed",
        "{count} choices of sites within {share:.1%} of the best {aim} found, by {tried} plans with sites closed",
        len(found.found),
    )
    facts = {"share": found.tolerance, "aim": _(AIMS[found.aim]), "tried": found.tried}
    lines = [told.format(count=len(found.found), **facts)]
    common = set.intersection(*(set(one.sites) for one in found.found))
    if found.own > found.best * (1 + 1e-9):
        told = _("the run itself lies {more:.1%} above the best found: plan again from it")
        lines.append(told.format(more=found.own / found.best - 1))
    said = {"": sorted(common), **groups}
    called = {state: _(", ").join(labelled(site, found.names.get(site, "")) for site in said[state]) for state in said}
    return lines + [_(text).format(sites=called[state]) for state, text in NEEDS.items() if said.get(state)]


NEEDS = {
    "": N_("in all of them: {sites}"),
    "proved": N_("proved that no plan within it spares: {sites}"),
    "not spared": N_("not proved, but no plan found within it spares: {sites}"),
    "spared": N_("can be spared within it: {sites}"),
}


def failure_line(found: Failure) -> str:
    """Say what the worst failure of its kind does."""
    facts = {
        "what": labelled(found.what, found.name) if found.kind == "depot" else found.what,
        "days": found.days, "period": word(found.period), "villages": found.villages, "t": found.lost_t,
        "cny": found.cost_cny,
    }  # fmt: skip
    line = _(FAILURES[found.kind]).format(**facts)
    if not found.cut_off:
        return line
    told = plural("{count} village is cut off", "{count} villages are cut off", found.cut_off)
    return line + _("; ") + told.format(count=found.cut_off)


def bad_place(text: str) -> str:
    """Refuse a place of a cut."""
    return _("--cut {text}: give longitude and latitude in degrees, such as 109.7,28.3").format(text=text)


FAILURES = {
    "depot": N_(
        "dearest depot to lose: {what}, out for {days:.0f} days of {period}: villages that go elsewhere {villages}, "
        "more lost {t:,.1f} t, more spent {cny:,.0f} CNY"
    ),
    "road": N_(
        "road cut at {what} for {days:.0f} days of {period}: villages that go elsewhere {villages}, more lost "
        "{t:,.1f} t, more spent {cny:,.0f} CNY"
    ),
    "owner": N_(
        "dearest owner to lose: {what}, nobody building instead: villages that go elsewhere {villages}, a year "
        "{t:,.1f} t more lost, {cny:,.0f} CNY dearer"
    ),
}


def unserved_line(villages: pd.DataFrame) -> str:
    """Add up what is left in today's chain by cause."""
    none = int((villages["cooled_t"] <= 0).sum())
    parts = [_(text).format(t=villages[name].sum()) for name, text in CAUSES.items() if villages[name].sum() > 0.5]
    told = plural(
        "{none} village is not served, {part} in part; left in today's chain: {causes}",
        "{none} villages are not served, {part} in part; left in today's chain: {causes}",
        none,
    )
    return told.format(none=none, part=len(villages) - none, causes=_("; ").join(parts))


CAUSES = {
    "out_of_reach_t": N_("{t:,.0f} t out of reach"),
    "not_worth_t": N_("{t:,.0f} t not worth cooling anywhere"),
    "not_built_t": N_("{t:,.0f} t worth it only where nothing suitable is built"),
    "no_room_t": N_("{t:,.0f} t without room, or room worth more to others"),
}


def village_lines(found: VillageReasons) -> list[str]:
    """Say why a village goes where it goes."""
    told = _("{village}: {served:,.0f} of {harvest:,.0f} t a year are pre-cooled")
    named = labelled(found.village, found.name)
    facts = {"village": named, "served": found.served_t, "harvest": found.harvest_t}
    lines = [told.format(**facts)]
    for (crops, period), options in found.options.groupby(["commodities", "period"], sort=False):
        told = _("{crops} in {period}") if period else "{crops}"
        called = _(", ").join(found.crops.get(crop, crop) for crop in str(crops).split(";"))
        head = told.format(crops=called, period=word(str(period)))
        ways = [
            {**way, "depot": labelled(way["depot"], found.sites.get(way["depot"], ""))} for way in _records(options)
        ]
        lines += [_("{head}: {text}").format(head=head, text=text) for text in _why_there(ways)]
    if found.served_t <= 0:
        lines.append(_("why not: {reason}").format(reason=found.reason))
    return [*lines, _otherwise(found)]


def _records(options: pd.DataFrame) -> list[dict[Any, Any]]:
    return options.to_dict("records")


def _why_there(ways: list[dict[Any, Any]]) -> list[str]:
    taken = [way for way in ways if way["share"] > 1e-6]
    if taken:
        return [_taken(way, ways) for way in taken]
    worth = [way for way in ways if way["saves_cny_t"] > 0]
    if not worth:
        return [_("no site in reach saves more than it costs") if ways else _("no site is in reach")]
    best = worth[0]
    told = _("stays in today's chain; the best site, {depot}, would save {cny:,.0f} CNY/t: {bar}")
    return [told.format(depot=best["depot"], cny=best["saves_cny_t"], bar=_bar(best))]


def _taken(way: dict[Any, Any], ways: list[dict[Any, Any]]) -> str:
    told = _("{share:.0%} to {way}, {hours:.1f} h away, saves {cny:,.0f} CNY/t")
    head = told.format(share=way["share"], way=_way(way), hours=way["direct_h"], cny=way["saves_cny_t"])
    better = [
        (way["cost_cny_t"] - one["cost_cny_t"], one) for one in ways if one["cost_cny_t"] < way["cost_cny_t"] - 0.5
    ]
    if not better:
        return head + _(": the cheapest of all {count} ways in reach").format(count=len(ways))
    cheaper = _("{way} by {cny:,.0f} CNY/t, {bar}")
    barred = _("; ").join(cheaper.format(way=_way(one), cny=less, bar=_bar(one)) for less, one in better[:3])
    more = _(" and {count} more").format(count=len(better) - 3) if len(better) > 3 else ""
    return head + _("; cheaper would be {ways}").format(ways=barred) + more


def _way(way: dict[Any, Any]) -> str:
    return _("{depot} with {method}").format(method=word(str(way["method"])), depot=way["depot"])


def _bar(way: dict[Any, Any]) -> str:
    if not way["open"]:
        return _("not built")
    return (
        _("full in {period}").format(period=word(way["full_in"]))
        if way["full_in"]
        else _("its room is worth more to others")
    )


def _otherwise(found: VillageReasons) -> str:
    goes = _goes(found)
    others = (
        plural(
            "; {count} other village goes elsewhere", "; {count} other villages go elsewhere", found.displaced
        ).format(count=found.displaced)
        if found.displaced
        else ""
    )
    if found.served_t > 0:
        told = _(
            "refused by its depots it would go to {goes}, which costs everyone {cny:,.0f} CNY a year more by siting's "
            "figures"
        )
        return told.format(goes=goes or _("today’s chain"), cny=found.without or 0.0) + others
    if found.without is None:
        return _("even at any price the open depots cannot take all of it; try `explain --depot` with a site near it")
    told = _("served whole by {goes} it would cost everyone {cny:,.0f} CNY a year more by siting's figures")
    return told.format(goes=goes, cny=found.without) + others


def _goes(found: VillageReasons) -> str:
    """Name the depots it would go to, most first, and what returns to today's chain."""
    order = sorted(found.goes.items(), key=lambda item: -item[1])
    goes = _(", ").join(
        _("{depot}: {t:,.0f} t").format(depot=labelled(depot, found.sites.get(depot, "")), t=t) for depot, t in order
    )
    rest = found.served_t - sum(found.goes.values())
    return goes + (_(", {t:,.0f} t back to today's chain").format(t=rest) if goes and rest > 0.5 else "")


def less_of(limit: Limit) -> str:
    """Name a limit of service that is asked for less."""
    return _("less asked of {limit}").format(limit=limit)


def loosening_lines(found: Loosenings) -> list[str]:
    """Say what to loosen."""
    if found.feasible:
        return [_("siting can keep every limit as it is; nothing has to be loosened")]
    lines = [_("no plan keeps every limit; one is possible with any of these alone:")]
    lines += [f"  {_(' and ').join(map(_loosened, way))}" for way in found.alone]
    lines += [] if found.alone else ["  " + _("(no limit alone suffices)")]
    if len(found.together) > 1 or not found.alone or found.not_alone:
        lines += [_("or with these together:"), *(f"  {_loosened(one)}" for one in found.together)]
    if found.not_alone:
        limits = _(", ").join(map(str, found.not_alone))
        lines.append(_("however much more, not enough alone: {limits}").format(limits=limits))
    return lines


def _loosened(one: Loosening) -> str:
    digits = 2 if one.unit == "h" or one.unit.startswith("share") else 0
    unit = plural(one.unit.removesuffix("s"), one.unit, one.amount)
    amount = f"{one.amount:,.{digits}f} {unit}"
    about = _("about {amount}").format(amount=amount) if one.rounded else amount
    text = _("{what}: {amount}") if one.less else _("{what}: {amount} more")
    return text.format(what=one.what, amount=about)
