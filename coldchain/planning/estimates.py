"""What arcs and modules are likely to cost, by the real routes of a course: for the search, never for a bound.

Siting knows underestimates: straight trips in full trucks. Real tours make detours, are not full, and a depot sends
whole trucks to its hub. A course shows by how much; siting with these corrections finds decisions that cost less on
the road (Perl & Daskin 1985, doi 10.1016/0191-2615(85)90052-9, alternate location and routes in this way).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, Floats
from coldchain.planning.arcs import Arcs, existing_modules
from coldchain.planning.basis import Basis, haul_bound_cny_t
from coldchain.planning.course import Course
from coldchain.planning.days import CollectionDay
from coldchain.planning.search import daily_trips_cny
from coldchain.routing import solve_line_haul

LEAST, MOST = 1.0, 4.0  # times the underestimate that collection from a village may be put at
FURTHER = 0.75  # times the factor of all together, of villages not collected from: one more stop of a tour is cheaper
HAUL_LEAST, HAUL_MOST = 0.1, 2.0  # the same of what trucks cost beyond full ones


class Estimates:
    """Corrections of the arcs of one basis; what the inputs alone decide is computed once."""

    def __init__(self, basis: Basis, arcs: Arcs) -> None:
        self.basis, self.arcs = basis, arcs
        self._excess_cny, self._stays_cny = _truck_excess_cny(basis), daily_trips_cny(basis)[1]

    def corrected(self, course: Course) -> Arcs:
        """Return the arcs with what a course shows.

        Collection from a village costs its underestimate times the village's own factor in the course; a module costs,
        beside its own cost, what whole trucks from it cost more than full ones, times the factor by which the course
        does better or worse than that. Its rooms earn the share of their rent that those of the course earn by storage.
        """
        arcs, excess = self.arcs, self._excess_cny
        factor = collection_factors(self.basis, arcs, course)[arcs.village[arcs.demand]]
        money = arcs.inside.money_cny + arcs.collection_cny * (factor - 1.0)
        standing = existing_modules(self.basis) + course.decision.count
        expected = max(float((standing * excess).sum()), 1e-9)
        scale = np.clip(_excess_seen_cny(self.basis, course) / expected, HAUL_LEAST, HAUL_MOST)
        return replace(
            arcs,
            inside=replace(arcs.inside, money_cny=money),
            module=replace(arcs.module, money_cny=arcs.module.money_cny + scale * excess),
            stay_cny=arcs.stay_cny + self._stays_cny,
            room_cny=arcs.room_cny * _rent_earned(float((standing @ arcs.room_cny).sum()), course),
        )


def queue_cny(basis: Basis, course: Course) -> Floats:
    """Return what is lost a year because lots wait for the power of the coolers, CNY, shape (sites, classes).

    The most that more of a class at a site can save beside what siting knows of it.
    """
    lost = np.zeros((len(basis.scenario.sites), len(basis.classes)))
    lots = course.lots[course.lots["site"] >= 0]
    names = ("commodity", "period", "cooling", "site")
    c, p, o, j = (lots[name].to_numpy(dtype=np.intp) for name in names)
    ready = basis.lanes.batch((lots["aboard_h"] + lots["wait_h"]).to_numpy(dtype=np.float64))[p, np.arange(len(lots))]
    queued = lots["cooled_h"].to_numpy() > basis.timing.cooled_h(p, o, ready) + HOURS_TOLERANCE
    more = lots["value_share"].to_numpy() - basis.lanes.fate.value[c, p, o, j, ready]
    value = lots["tonnes"].to_numpy() * basis.prices.value_cny_t[c]
    np.add.at(lost, (j, o), np.where(queued, np.maximum(more, 0.0) * value, 0.0))
    return lost


def _rent_earned(rent_cny: float, course: Course) -> float:
    """Return the share of the rent of its rooms that a course earns by storage; all of it where it has no rooms."""
    return float(np.clip(-course.yearly.storage / rent_cny, 0.0, 1.0)) if rent_cny > 0 else 1.0


def collection_factors(basis: Basis, arcs: Arcs, course: Course) -> Floats:
    """Return what collection from each village costs in a course, in underestimates, shape (villages,).

    A tour's cost is shared by its stops in proportion to their underestimates. Villages not collected from get three
    quarters of the factor of all together: they would be further stops.
    """
    scenario = basis.scenario
    per_t = np.zeros((len(scenario.villages), len(scenario.sites)))
    per_t[arcs.village[arcs.demand], arcs.site] = arcs.collection_cny / arcs.yearly_t[arcs.demand]
    seen, least = np.zeros((2, len(scenario.villages)))
    for day, costs in zip(course.days.collection, course.days.running.route_cny, strict=True):
        _share_out(day, costs, per_t[:, day.site], scenario.periods[day.period].days, seen=seen, least=least)
    whole = seen.sum() / least.sum() if least.sum() > 0 else LEAST
    return np.asarray(
        np.clip(np.where(least > 0, seen / np.where(least > 0, least, 1.0), FURTHER * whole), LEAST, MOST)
    )


def _share_out(
    day: CollectionDay, costs: Sequence[float], per_t: Floats, days: float, *, seen: Floats, least: Floats
) -> None:
    """Add what a day's tours cost, and their underestimates, to the villages they call at."""
    for route, cost in zip(day.result.routes, costs, strict=True):
        villages = day.villages[list(route.stops)]
        weight = per_t[villages] * np.array(route.load_kg) / KG_PER_T
        if weight.sum() > 0:
            np.add.at(seen, villages, days * cost * weight / weight.sum())
            np.add.at(least, villages, days * weight)


def _truck_excess_cny(basis: Basis) -> Floats:
    """Yearly cost of whole trucks beyond full ones for a module used as its zone's harvest allows, (sites, types)."""
    scenario, kinds = basis.scenario, basis.scenario.depot_types
    capacity, full = basis.capacity_t_day, haul_bound_cny_t(basis)
    excess = np.zeros((len(scenario.sites), len(kinds)))
    for k in range(scenario.fixed_types):
        in_zone = [c for c, crop in enumerate(scenario.commodities) if crop.zone == kinds[k].zone]
        daily = scenario.daily_t[:, in_zone].sum(axis=(0, 1))
        load = capacity[k] * daily / max(float(daily.max()) * scenario.siting.peak_factor, 1e-9)
        for j in np.flatnonzero(np.isfinite(full)):
            for p, period in enumerate(scenario.periods):
                haul = solve_line_haul(
                    load[p], basis.haul_h[j], basis.haul_km[j], basis.line_haul_of(int(j)), basis.haul_rule
                )
                excess[j, k] += period.days * max(haul.cost_cny_day - full[j] * load[p], 0.0)
    return excess


def _excess_seen_cny(basis: Basis, course: Course) -> float:
    """Yearly cost of a course's line haul beyond full trucks."""
    full, periods = haul_bound_cny_t(basis), basis.scenario.periods
    return float(
        sum(periods[period].days * (cost - full[site] * load) for site, period, load, cost in course.days.haul_shares())
    )
