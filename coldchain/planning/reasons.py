"""Why a village is not served, or nothing is built at a site: too far, not worth it, no room or no money.

The figures are those that stand beside the reason in ``explain --unserved``: what a site saves by the direct ride.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from coldchain.arrays import Indices
from coldchain.language import N_, _
from coldchain.language.ids import word
from coldchain.model import Site
from coldchain.model.naming import labelled
from coldchain.model.rooms import modules_in_words
from coldchain.planning.arcs import Arcs, existing_modules
from coldchain.planning.basis import Basis
from coldchain.planning.days import Days, Decision
from coldchain.planning.lots import TODAY
from coldchain.planning.onemore import Beside, OneMore
from coldchain.routing import least_aboard_h
from coldchain.runs import schema

PART = 0.01  # room for less than this share of a lot is no room


def unserved_reasons(basis: Basis, arcs: Arcs, decision: Decision, days: Days, lots: pd.DataFrame) -> dict[int, str]:
    """Return a sentence with figures for every village with harvest of which nothing is cooled."""
    served = set(lots["village"][lots["site"] != TODAY])
    left = _left_by_routes(days)
    beside = Beside(basis, arcs, decision)
    harvest = basis.scenario.harvest_t.sum(axis=(1, 2))
    reasons = {}
    for v in range(len(harvest)):
        if v in served:
            continue
        if harvest[v] <= 0:
            reasons[v] = _("nothing is harvested")
        elif v in left:
            reasons[v] = left[v]
        else:
            reasons[v] = _why_not_sited(beside, v)
    return reasons


def _left_by_routes(days: Days) -> dict[int, str]:
    return {
        int(day.villages[unserved.stop]): unserved.detail for day in days.collection for unserved in day.result.unserved
    }


def _why_not_sited(beside: Beside, v: int) -> str:
    arcs, saves = beside.arcs, beside.saves_cny_t
    mine = np.flatnonzero(arcs.village[arcs.demand] == v)
    if not len(mine):
        return _nothing_in_reach(beside.basis, v)
    best = int(mine[np.argmax(saves[mine])])
    aim = beside.basis.scenario.siting.objective[0]
    gain = arcs.outside.of(aim)[arcs.demand[mine]] - arcs.arc_cost(aim)[mine]
    if gain.max() <= 0:
        if saves[best] > 0:
            return _("cooling would not lower what the plan is to lower")
        text = _("cooling would cost {amount:,.0f} CNY/t more than it saves, even with a depot standing at {site}")
        return text.format(amount=-saves[best], site=_named(_site(beside, best)))
    worth = mine[gain > 0]
    best = int(worth[np.argmax(saves[worth])])
    open_depots, has_room = _open_depots(beside, mine, worth)
    if has_room:
        return open_depots
    facts = {"open": open_depots, "site": _named(_site(beside, best)), "saving": _saving(saves[best])}
    return _("{open}; at the best site, {site}, {saving}: {why}").format(**facts, why=_why_not_built(beside, best))


def _nothing_in_reach(basis: Basis, v: int) -> str:
    scenario, limit = basis.scenario, basis.scenario.siting.max_first_mile_h
    direct = least_aboard_h(basis.reach.back_h[v], basis.collection)
    nearest = int(np.argmin(direct)) if len(direct) else -1
    if nearest >= 0 and direct[nearest] <= limit:
        return _("no depot type on offer suits its crops")
    away = (
        _(": {id} is {value:.1f} h away").format(id=_named(scenario.sites[nearest]), value=direct[nearest])
        if nearest >= 0
        else ""
    )
    return _("no site within {limit:g} h{away}").format(limit=limit, away=away)


def _open_depots(beside: Beside, mine: Indices, worth: Indices) -> tuple[str, bool]:
    """Say what the open depots in reach lack, and tell whether one has room."""
    arcs, saves = beside.arcs, beside.saves_cny_t
    stands = beside.room_t_day[arcs.site, arcs.cooling].max(axis=1) > 0
    if not stands[mine].any():
        limit = beside.basis.scenario.siting.max_first_mile_h
        return _("no suitable depot is open within {limit:g} h").format(limit=limit), False
    best = int(max(mine[stands[mine]], key=lambda arc: saves[arc]))
    chosen = worth[stands[worth]]
    if not len(chosen):
        text = _("the open depots are too far to be worth it: at {site} {saving}")
        return text.format(site=_named(_site(beside, best)), saving=_saving(saves[best])), False
    roomy = max(chosen, key=lambda arc: _fits(beside, int(arc))[0])
    part, period = _fits(beside, int(roomy))
    site = _named(_site(beside, int(roomy)))
    if part >= (1.0 if beside.basis.scenario.siting.single_source else PART):
        text = _("{site} has room, where by the direct ride {saving}; the routes and lorries of its days cost more")
        return text.format(site=site, saving=_saving(saves[roomy])), True
    text = _("{site} is full on the peak day of {period}")
    return text.format(site=site, period=word(beside.basis.scenario.periods[period].id)), False


def _fits(beside: Beside, arc: int) -> tuple[float, int]:
    """Return the share of a lot for which an open depot has room on every peak day, and its fullest period."""
    arcs = beside.arcs
    load = arcs.load_t_day[arcs.demand[arc]]
    spare = beside.spare_t_day[arcs.site[arc], arcs.cooling[arc]]
    parts = np.where(load > 0, spare / np.where(load > 0, load, 1.0), np.inf)
    period = int(np.argmin(parts))
    return float(parts[period]), period


def _why_not_built(beside: Beside, arc: int) -> str:
    """Name what forbids one more depot at the site and of the class of an arc, money included."""
    site, cooling = int(beside.arcs.site[arc]), int(beside.arcs.cooling[arc])
    return _what_decides(beside, site, beside.at(site, cooling))


def _what_decides(beside: Beside, site: int, ways: Sequence[OneMore]) -> str:
    """Say why no more is built at a site, with the one number that decides.

    Parameters
    ----------
    ways : what could be added there, cheapest first
    """
    if not ways:
        return _("nothing more may be built there")
    scenario = beside.basis.scenario
    best = ways[0]
    if scenario.siting.objective[0] == "total_cost_cny" and best.net_cny > 0:
        text = _("by direct rides one more depot there ({kind}) would cost {cny:,.0f} CNY a year more than it saves")
        return text.format(kind=_kind(beside, best), cny=best.net_cny)
    free = [way for way in ways if not way.short and (way.net_cny <= 0 or best.net_cny > 0)]
    if free:
        text = _(
            "no single limit forbids one more depot there ({kind}); by direct rides it would save {cny:,.0f} CNY a "
            "year, but no plan found with it is better"
        )
        if free[0].net_cny > 0:
            text = _(
                "no single limit forbids one more depot there ({kind}); by direct rides it would cost {cny:,.0f} CNY a "
                "year more than it saves, and no plan found with it is better"
            )
        return text.format(kind=_kind(beside, free[0]), cny=abs(free[0].net_cny))
    short = best.short[0]
    facts = {"kind": _kind(beside, best), "need": short.need, "left": max(short.left, 0.0)}
    return _(SHORT[short.limit]).format(county=scenario.sites[site].county, **facts)


def sites_left_out(basis: Basis, arcs: Arcs, decision: Decision) -> pd.DataFrame:
    """One row for each site that stays without a depot, with the number that decides; those nearest to a depot first.

    The figures are those of the reasons of villages: what one more depot would cost beyond what it saves, by direct
    rides, of the type for which that is least.
    """
    beside, rows = Beside(basis, arcs, decision), []
    empty = np.flatnonzero((existing_modules(basis) + decision.count).sum(axis=1) == 0)
    for j in empty.tolist():
        site = basis.scenario.sites[j]
        ways = [way for cooling in range(len(basis.classes)) for way in beside.at(j, cooling)]
        ways = [] if site.status == "forbidden" else sorted(ways, key=lambda way: way.net_cny)
        reason = _("forbidden by the scenario") if site.status == "forbidden" else _what_decides(beside, j, ways)
        beyond = ways[0].net_cny if ways else np.inf
        rows.append((beyond, (site.id, site.name, site.county, len(ways) > 0, beyond if ways else 0.0, reason)))
    return schema.frame("sites_left_out", [row for _beyond, row in sorted(rows, key=lambda pair: pair[0])])


SHORT = {
    "budget": N_("the award for one more depot there ({kind}), {need:,.0f} CNY, is above the {left:,.0f} CNY left of "
                 "the budget"),
    "pot": N_("the award for one more depot there ({kind}), {need:,.0f} CNY, is above the {left:,.0f} CNY left of "
              "the pot of {county}"),
    "power": N_("one more depot there ({kind}) needs {need:,.4g} kW; {left:,.4g} kW are left"),
    "staff": N_("one more depot there ({kind}) needs staff of {need:,.4g}; {left:,.4g} are left"),
}  # fmt: skip


def _saving(amount: float) -> str:
    text = (
        _("it would save {amount:,.0f} CNY/t")
        if amount >= 0
        else _("it would cost {amount:,.0f} CNY/t more than it saves")
    )
    return text.format(amount=abs(amount))


def _site(beside: Beside, arc: int) -> Site:
    return beside.basis.scenario.sites[int(beside.arcs.site[arc])]


def _kind(beside: Beside, way: OneMore) -> str:
    return modules_in_words(beside.basis.scenario.depot_types[way.kind], 1)


def _named(site: Site) -> str:
    return labelled(site.id, site.name)
