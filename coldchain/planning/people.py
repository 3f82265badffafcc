"""People of a plan: who works where in each season, and the hours at hand as a limit.

On a day of gathering a module, or a mobile unit that stands somewhere, needs its type's ``staff`` for a shift of
``SHIFT_H``; a vehicle needs its driver for all of its duty. With ``H[skill, place]`` the hours a day that the table of
people states for a place, its shifts added up::

    SHIFT_H·Σ_(j there),k staff_k·y_jk  +  SHIFT_H·Σ_(j there),m staff_m·standing_jmp  <=  H[operator, place] - standing
    Σ_(duties d of p from there) hours_d + wait_d                                      <=  H[driver, place]

What stood before keeps its people (``standing`` is at most ``H``), as with the limits of a site. In siting a tonne
takes at least the drivers' hours of a full vehicle of the best type straight there and back; what routes take beyond
that is a shortfall, and siting is asked for that much less.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from coldchain.arrays import KG_PER_T, Bools, Floats
from coldchain.model import Crew, Limit, LimitKind, Scenario, Skill, modules_of
from coldchain.planning.arcs import Arcs, existing_modules
from coldchain.planning.basis import Basis, least_round
from coldchain.planning.decision import Decision
from coldchain.planning.duties import Running
from coldchain.planning.lots import TODAY
from coldchain.runs import schema
from coldchain.siting import SideRow

SHIFT_H = 8.0
"""Hours a day for which a module or unit needs its people: the Labour Law's day."""
LIMITS: Mapping[Skill, LimitKind] = {"operator": "operators", "driver": "drivers"}


class Post(NamedTuple):
    """A skill and the place it is stated for."""

    skill: Skill
    place: str


def hours_at_hand(scenario: Scenario) -> dict[Post, float]:
    """Return hours a day of each skill and place, shifts added up."""
    return hours_of(scenario.people)


def hours_of(people: Iterable[Crew]) -> dict[Post, float]:
    """Return hours a day of each skill and place that a table of people states."""
    hours: dict[Post, float] = defaultdict(float)
    for crew in people:
        hours[Post(crew.skill, crew.place)] += crew.persons * crew.hours_day
    return dict(hours)


def sites_of(scenario: Scenario, place: str) -> Bools:
    """Tell which sites lie in a place: a site, a county, or everywhere."""
    return np.array([place in ("", site.id, site.county) for site in scenario.sites], dtype=np.bool_)


def people_sides(basis: Basis, arcs: Arcs) -> Iterator[SideRow]:
    """Write the limits as rows of the siting model."""
    for post, hours in hours_at_hand(basis.scenario).items():
        there = sites_of(basis.scenario, post.place)
        if post.skill == "operator":
            yield from _operators(basis, arcs, post, hours, there)
        else:
            yield from _drivers(basis, arcs, post, hours, there)


def _operators(basis: Basis, arcs: Arcs, post: Post, hours: float, there: Bools) -> Iterator[SideRow]:
    """Yield one row; one for each period where mobile units may stand."""
    scenario, fixed = basis.scenario, basis.scenario.fixed_types
    staff_h = SHIFT_H * staff_of(scenario)
    rooms = np.where(there[:, None], -staff_h[None, :fixed], 0.0)
    least = -max(hours - float((there[:, None] * existing_modules(basis) * staff_h).sum()), 0.0)
    sites, units, periods = arcs.stay_cny.shape
    demands, owners = len(arcs.village), len(dict.fromkeys(site.owner or site.id for site in scenario.sites))
    none = np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(demands)
    for p, period in enumerate(scenario.periods):
        if not units:
            yield SideRow(Limit("operators", post.place), *none, rooms, np.zeros(owners), least)
            return
        stands = np.zeros((sites, units, periods))
        stands[:, :, p] = np.where(there[:, None], -staff_h[None, fixed:], 0.0)
        none_of_units = np.zeros((sites, units)), np.zeros((sites, units * periods))
        module = np.hstack([rooms, none_of_units[0], stands.reshape(sites, -1), none_of_units[1]])
        yield SideRow(Limit("operators", post.place, period.id), *none, module, np.zeros(owners), least)


def _drivers(basis: Basis, arcs: Arcs, post: Post, hours: float, there: Bools) -> Iterator[SideRow]:
    scenario = basis.scenario
    rows = np.flatnonzero(there[arcs.site])
    per_t = least_drive_h_t(basis, haul=not post.place)[arcs.village[arcs.demand[rows]], arcs.site[rows]]
    shape, owners = (len(scenario.sites), len(scenario.depot_types)), len({s.owner or s.id for s in scenario.sites})
    for p, period in enumerate(scenario.periods):
        t_day = arcs.load_t_day[arcs.demand[rows], p] / scenario.siting.peak_factor
        limit = Limit("drivers", post.place, period.id)
        nothing = np.zeros(len(arcs.village)), np.zeros(shape), np.zeros(owners)
        yield SideRow(limit, rows, -per_t * t_day, *nothing, -hours)


def least_drive_h_t(basis: Basis, *, haul: bool) -> Floats:
    """Underestimate the drivers' hours of a tonne from a village by way of a site to its hub, (villages, sites).

    A vehicle drives at least to its farthest stop and back, and carries at most its payload: see
    :func:`coldchain.routing.radial_bound_cny_t`, with hours in place of money.

    Parameters
    ----------
    haul : the way to the hub counts, too; not where plants send nothing on, or goods kept ride in another season
    """
    first = basis.reach.out_h + basis.reach.back_h
    hours = np.minimum.reduce([first / (v.speed_factor * v.payload_kg) for v in basis.collection]) * KG_PER_T
    if haul and not basis.has_plants and not basis.keeps:
        on = least_round(basis, basis.haul_h, basis.between_h)
        hours = hours + np.minimum.reduce([on / (v.speed_factor * v.payload_kg) for v in basis.line_haul]) * KG_PER_T
    return np.asarray(np.where(np.isfinite(hours), hours, 0.0), dtype=np.float64)


def missing_people(basis: Basis, decision: Decision, running: Running, lots: pd.DataFrame) -> dict[Limit, float]:
    """Return the hours a day by which a plan exceeds what is at hand; of drivers as siting counts hours."""
    scenario, found = basis.scenario, dict[Limit, float]()
    for post, hours in hours_at_hand(scenario).items():
        stood_h, needed = hours_needed(basis, decision, running, post)
        least = least_driven_h(basis, lots, post) if post.skill == "driver" else needed
        for p, period in enumerate(scenario.periods):
            seasonal = post.skill == "driver" or decision.standing.size
            limit = Limit(LIMITS[post.skill], post.place, period.id if seasonal else "")
            over = float(needed[p]) - max(hours, stood_h)
            found[limit] = over * float(least[p] / needed[p]) if over > 0.0 else over
    return found


def least_driven_h(basis: Basis, lots: pd.DataFrame, post: Post) -> Floats:
    """Return the drivers' hours a day of what a plan fetches by full vehicles straight there and back, by period."""
    scenario = basis.scenario
    mine = lots[(lots["site"] != TODAY) & sites_of(scenario, post.place)[lots["site"]]]
    each = least_drive_h_t(basis, haul=not post.place)[mine["village"], mine["site"]] * mine["tonnes"]
    days = np.array([period.days for period in scenario.periods])
    return np.asarray(np.bincount(mine["period"], each, minlength=len(days)) / days, dtype=np.float64)


def hours_needed(basis: Basis, decision: Decision, running: Running, post: Post) -> tuple[float, Floats]:
    """Return hours a day that what stood before takes, and all that a plan takes in each period."""
    there = sites_of(basis.scenario, post.place)
    if post.skill == "operator":
        return _staffed_h(basis, decision, there)
    return 0.0, _driven_h(basis, running, there)


def _staffed_h(basis: Basis, decision: Decision, there: Bools) -> tuple[float, Floats]:
    """Return hours a day of what stood before, and of all that stands in each period."""
    scenario, fixed = basis.scenario, basis.scenario.fixed_types
    staff_h, stood = SHIFT_H * staff_of(scenario), existing_modules(basis)
    before = float((stood @ staff_h)[there].sum())
    new = float((decision.count[:, :fixed] @ staff_h[:fixed])[there].sum())
    units = (decision.standing[there] * staff_h[None, fixed:, None]).sum(axis=(0, 1))
    return before, np.asarray(before + new + units, dtype=np.float64)


def _driven_h(basis: Basis, running: Running, there: Bools) -> Floats:
    """Return the drivers' hours a day of the duties that begin in a place, by period."""
    hours = np.zeros(len(basis.scenario.periods))
    for duty in running.duties:
        if there[duty.jobs[0].site]:
            hours[duty.period] += sum(job.hours + job.wait_h for job in duty.jobs)
    return hours


def staff_of(scenario: Scenario) -> Floats:
    """Return the people that a module of each type needs, shape (types,)."""
    return np.array([kind.staff for kind in scenario.depot_types], dtype=np.float64)


def people_of(scenario: Scenario, plan: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return people on a day and their hours in the season, by depot, period and skill.

    A vehicle has one driver for all of its duty, at the depot of its first trip; modules and mobile units need what
    their type states as staff, on every day of gathering; a depot that takes nothing in in a period needs nobody then.
    """
    days = {period.id: period.days for period in scenario.periods}
    hours: dict[tuple[str, str], float] = defaultdict(float)
    vehicles: Counter[tuple[str, str]] = Counter()
    for _duty, trips in plan["duties"].groupby("duty", sort=True):
        first = trips.sort_values("order").iloc[0]
        key = str(first["depot"]), str(first["period"])
        vehicles[key] += 1
        hours[key] += float((trips["hours"] + trips["wait_h"]).sum()) * days[key[1]]
    rows = [(*key, "driver", float(number), hours[key]) for key, number in vehicles.items()]
    operators = _operators_of(scenario, plan)
    rows += [(*key, "operator", n, n * SHIFT_H * days[key[1]]) for key, n in operators.items() if n > 0.0]
    return schema.frame("people", sorted(rows))


def _operators_of(scenario: Scenario, plan: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], float]:
    """Return the people that modules and units need, by depot and period in which it takes something in."""
    staff = {kind.id: kind.staff for kind in scenario.depot_types}
    lots, depots, units = plan["lots"], plan["depots"], plan["units"]
    used = set(zip(lots["depot"].astype(str), lots["period"].astype(str), strict=True))
    needed: dict[tuple[str, str], float] = defaultdict(float)
    for depot, new, stood in zip(depots["depot"], depots["new_modules"], depots["standing_modules"], strict=True):
        people = sum(staff[kind] * n for text in (new, stood) for kind, n in modules_of(str(text)).items())
        for period in scenario.periods:
            needed[str(depot), period.id] += people
    for depot, unit, period, n in zip(*(units[name] for name in ("depot", "unit", "period", "standing")), strict=True):
        needed[str(depot), str(period)] += staff[unit] * int(n)
    return {key: people for key, people in needed.items() if key in used}
