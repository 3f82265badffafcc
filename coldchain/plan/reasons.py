"""Why a village is not served: too far, nothing suitable offered, not worth it, no room or no money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.plan.arcs import Arcs
from coldchain.plan.basis import Basis
from coldchain.plan.days import Days, Decision
from coldchain.plan.lots import TODAY
from coldchain.routing import least_aboard_h


def unserved_reasons(basis: Basis, arcs: Arcs, decision: Decision, days: Days, lots: pd.DataFrame) -> dict[int, str]:
    """Return a sentence with figures for every village with harvest of which nothing is cooled."""
    served = set(lots["village"][lots["site"] != TODAY])
    left = _left_by_routes(days)
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
            reasons[v] = _why_not_sited(basis, arcs, decision, v)
    return reasons


def _left_by_routes(days: Days) -> dict[int, str]:
    return {
        int(day.villages[unserved.stop]): unserved.detail for day in days.collection for unserved in day.result.unserved
    }


def _why_not_sited(basis: Basis, arcs: Arcs, decision: Decision, v: int) -> str:
    scenario = basis.scenario
    limit = scenario.siting.max_first_mile_h
    direct = least_aboard_h(basis.reach.back_h[v], basis.collection)
    nearest = int(np.argmin(direct)) if len(direct) else -1
    mine = np.flatnonzero(arcs.village[arcs.demand] == v)
    if not len(mine):
        if nearest < 0 or direct[nearest] > limit:
            away = (
                _(": {id} is {value:.1f} h away").format(id=scenario.sites[nearest].id, value=direct[nearest])
                if nearest >= 0
                else ""
            )
            return _("no site within {limit:g} h{away}").format(limit=limit, away=away)
        return _("no depot type on offer suits its crops")
    gain = arcs.outside.of("total_cost_cny")[arcs.demand[mine]] - arcs.inside.of("total_cost_cny")[mine]
    tonnes = scenario.harvest_t[v].sum()
    if gain.max() <= 0:
        return _("cooling would cost {amount:,.0f} CNY/t more than it saves, even with a depot standing").format(
            amount=-gain.max() / tonnes
        )
    opened = np.isin(arcs.site[mine], np.unique(decision.site))
    if not opened.any():
        near = _("the nearest site, {id}, {value:.1f} h away").format(
            id=scenario.sites[nearest].id, value=direct[nearest]
        )
        saving = _("would save {amount:,.0f} CNY/t before the cost of building").format(amount=gain.max() / tonnes)
        return _("no depot is open within {limit:g} h; {near}, {saving}").format(limit=limit, near=near, saving=saving)
    if gain[opened].max() <= 0:
        return _("the open depots are too far to be worth it")
    return _("the open depots in reach are full on the peak day of a period")
