"""A county in a week: what stands, what is expected, and the ground on which a week is planned."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from coldchain.arrays import Floats
from coldchain.model import Scenario, Site, Subsidy, modules_of
from coldchain.planning import Ground
from coldchain.runs import Run
from coldchain.weeks.calendar import PeriodDays

NO_AIMS = {
    "objective": ("total_cost_cny",), "budget_cny": 0.0, "coverage": 0.0, "county_coverage": 0.0,
    "coverage_by_class": {}, "coverage_by_county": {}, "coverage_by_year": {}, "award_share_by_county": {},
    "on_time": 0.0,
}  # fmt: skip
"""Settings that speak of building or of a year: a week builds nothing and keeps the depots there are."""


def standing(run: Run) -> dict[str, str]:
    """Return the modules of each depot once the plan is built, those it does not use included, as scenarios do."""
    count = {site.id: Counter(site.modules()) for site in run.scenario.sites}
    for depot, modules in zip(run.tables["depots"]["depot"], run.tables["depots"]["new_modules"], strict=True):
        count[depot].update(modules_of(str(modules)))
    return {depot: ";".join(f"{kind}:{n}" for kind, n in one.items() if n) for depot, one in count.items()}


def owned_vehicles(run: Run) -> dict[str, int]:
    """Return how many vehicles of each type a plan owns."""
    return {str(row["vehicle"]): int(row["owned"]) for row in run.tables["fleet"].to_dict("records")}


def owned_units(run: Run) -> dict[str, int]:
    """Return how many mobile units of each type a plan owns."""
    found: Counter[str] = Counter()
    for text in run.tables["depots"]["units_bought"]:
        found.update(modules_of(str(text)))
    return dict(found)


def open_depots(run: Run) -> frozenset[str]:
    """Return the sites that can take something in: something stands there, or a unit of the plan may come."""
    roaming, modules = any(owned_units(run).values()), standing(run)
    return frozenset(
        site.id for site in run.scenario.sites if modules.get(site.id) or (roaming and site.status != "forbidden")
    )


def week_of(
    scenario: Scenario, run: Run, span: PeriodDays, harvest_t: Floats, apart: frozenset[str] = frozenset()
) -> Scenario:
    """Return the county as it is in one week: one period, this harvest, the depots built, nothing more to build.

    Sites where nothing stands are left out, unless mobile units may go there. People are a limit of the week itself
    (:mod:`coldchain.weeks.hands`): who is at hand mans what is used, not all that stands.

    The gathering days of the week are as many of its seven as the period has of its days; vehicles the plan owns cost
    what a week is of a year, others are hired.

    Parameters
    ----------
    harvest_t : float64[villages, commodities], of the week
    apart : commodities held by name, which go on ways of their own
    """
    period, modules, owned = scenario.periods[span.period], standing(run), owned_vehicles(run)
    there = open_depots(run)
    days = period.days * span.share()
    year = sum(one.days for one in scenario.periods)
    vehicles = tuple(
        kind.model_copy(
            update={
                "own_cny_year": kind.own_cny_year * days / year if owned.get(kind.id) and kind.own_cny_year else None,
                "own_h_year": kind.own_h_year * days / year if kind.own_h_year else None,
                "own_most": owned.get(kind.id, 0),
            }
        )
        for kind in scenario.vehicles
    )
    return replace(
        scenario,
        periods=(period.model_copy(update={"days": days}),),
        harvest_t=harvest_t[:, :, None],
        sites=tuple(_built(site, modules.get(site.id, "")) for site in scenario.sites if site.id in there),
        siting=scenario.siting.model_copy(update=NO_AIMS),
        subsidy=Subsidy(rate=0.0, own_money=True),
        economics=scenario.economics.model_copy(update={"must_return": False}),
        vehicles=vehicles,
        storage=(),
        people=(),
        apart=apart,
    )


def kept_cny(run: Run, ground: Ground) -> Floats:
    """Return what keeping is worth of what each arc of a week brings, CNY in the week, float64[arcs].

    The plan's store says which share of a crop each depot keeps in a season and what a tonne of it earns more than sold
    at once, power paid: a week that left that out would not fetch what the plan cools in order to keep it.
    """
    scenario, arcs = ground.scenario, ground.arcs
    sites = {site.id: j for j, site in enumerate(scenario.sites)}
    crops = {crop.id: c for c, crop in enumerate(scenario.commodities)}
    classes = {(kind.zone, kind.method): k for k, kind in enumerate(ground.basis.classes) if not kind.unit}
    worth = np.zeros((len(sites), len(ground.basis.classes), len(crops)))
    for row in run.tables["storage"].to_dict("records"):
        if row["period"] == scenario.periods[0].id and row["tonnes"] > 0.0:
            at = sites[row["depot"]], classes[row["zone"], row["method"]], crops[row["commodity"]]
            worth[at] += row["share"] * (row["earned_cny"] - row["power_cny"]) / row["tonnes"]
    tonnes = np.zeros((len(arcs.village), len(crops)))
    for d, (village, group) in enumerate(zip(arcs.village, arcs.group, strict=True)):
        members = arcs.members[group]
        tonnes[d, members] = scenario.harvest_t[village, members, 0]
    return np.asarray((tonnes[arcs.demand] * worth[arcs.site, arcs.cooling]).sum(axis=1), dtype=np.float64)


def _built(site: Site, modules: str) -> Site:
    if modules:
        return site.model_copy(update={"existing": modules, "status": "existing", "max_modules": 0})
    closed = site.status == "forbidden"
    return site.model_copy(update={"existing": "", "max_modules": 0, "status": "forbidden" if closed else "candidate"})
