"""Hours that people work in a week, by depot and skill: drivers on duties of vehicles, operators at the rooms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import pandas as pd

from coldchain.language import N_
from coldchain.model import Scenario

PEOPLE = ("depot", "skill", "people_day", "hours")
SHIFT_H = 8.0
"""Hours an operator works on a day on which depots run: the Labour Law's day."""
SKILLS = {"driver": N_("Drivers"), "operator": N_("Operators")}


def people_of(scenario: Scenario, plan: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return people on a day and their hours in the week.

    A vehicle has one driver for all of its duty, at the depot of its first trip; modules and mobile units need what
    their type states as staff, on every day of gathering; a depot that takes nothing in needs nobody.
    """
    days = scenario.periods[0].days
    drivers: dict[str, float] = defaultdict(float)
    vehicles: Counter[str] = Counter()
    for _duty, trips in plan["duties"].groupby("duty", sort=True):
        depot = str(trips.sort_values("order")["depot"].iloc[0])
        vehicles[depot] += 1
        drivers[depot] += float((trips["hours"] + trips["wait_h"]).sum()) * days
    rows: list[tuple[str, str, float, float]] = [
        (one, "driver", float(vehicles[one]), drivers[one]) for one in vehicles
    ]
    operators = _operators(scenario, plan)
    rows += [(depot, "operator", people, people * SHIFT_H * days) for depot, people in operators.items() if people]
    return pd.DataFrame(rows, columns=list(PEOPLE)).sort_values(["depot", "skill"], ignore_index=True)


def _operators(scenario: Scenario, plan: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Return the people that modules and units need, by depot that takes something in."""
    staff, used = {kind.id: kind.staff for kind in scenario.depot_types}, set(plan["assignment"]["depot"])
    stands = [(site.id, kind, n) for site in scenario.sites for kind, n in site.modules().items()]
    units = plan["units"]
    stands += zip(units["depot"], units["unit"], units["standing"], strict=True)
    needed: dict[str, float] = defaultdict(float)
    for depot, kind, n in stands:
        needed[str(depot)] += staff[kind] * int(n) if depot in used else 0.0
    return dict(needed)
