"""The small plan with two co-operatives that book."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from coldchain.model import BookingRules
from coldchain.planning import Plan
from coldchain.runs import Run

TODAY, DAY = date(2026, 7, 10), date(2026, 7, 15)


NORTH, SOUTH = "North <b>&", "South"


HOSTILE = ("=cmd|' /C calc'!A0", "<script>alert(1)</script>", "../../etc/passwd", "South\x00\u202e", "")


def county(plan: Plan, rules: BookingRules | None = None, fleet: int = 0) -> Run:
    """Return the small plan with two co-operatives, the depot owned by South, and so many light trucks owned."""
    own = plan.scenario
    half = len(own.villages) // 2
    villages = tuple(
        v.model_copy(update={"cooperative": NORTH if n < half else SOUTH}) for n, v in enumerate(own.villages)
    )
    sites = tuple(site.model_copy(update={"owner": SOUTH}) for site in own.sites)
    given = rules or BookingRules(guests=("Trader",), sight="pooled")
    scenario = replace(own, villages=villages, sites=sites, bookings=given)
    table = plan.tables["fleet"]
    owned = table.assign(owned=table["owned"].where(table["vehicle"] != "light_truck", fleet))
    return replace(plan, inputs=replace(plan.inputs, held=scenario), tables={**plan.tables, "fleet": owned})
