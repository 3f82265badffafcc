"""A county at a glance: who goes where and all routes searched together, in compiled loops, near a course.

What a way costs from the depot on is what siting knows of it; collection costs what the routes of all periods cost, as
:mod:`coldchain.routing.kernel.county` drives them, an hour aboard what it loses on the mean of the next few; the line
haul of a depot costs whole trucks, as far beyond full ones as that of the course does. So moves of depots are judged by
routes of their own in a tenth of the time that working them out takes, for the search, never for a bound.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, Bools, Floats, Indices, Ints
from coldchain.network import travel
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis, haul_bound_cny_t
from coldchain.planning.course import Course
from coldchain.planning.decision import SHARE_KEPT
from coldchain.planning.near_days import NearDays, NearRoute
from coldchain.planning.overflow import spread_of
from coldchain.routing import least_aboard_h, solve_line_haul
from coldchain.routing.bridge import types_of
from coldchain.routing.kernel import county as k
from coldchain.routing.kernel.shared import Workspace
from coldchain.routing.quantities import most_of, rates_of
from coldchain.routing.split_pickup import neighbours_of
from coldchain.siting import SitingProblem, cell_modules

SLOPE_H = 2.0  # hours aboard over which a further hour is priced
HAUL_STEPS, HAUL_STEP = 200, 0.2  # steps of the table of the line haul, each of the smallest truck at least
SMOOTHED = 5  # steps over which it is the mean: tours join part loads
HAUL_LEAST, HAUL_MOST = 0.1, 2.0  # times what trucks cost beyond full ones
ALIKE = 0.5  # logarithm of how many times larger a load may be to tell by the factor e less what this one costs
SPARE_ROUTES, SPARE_VISITS = 8, 5
MOST_ROUTES = 240  # of one depot on a day that there is room for, unless the course drives more
LOG = 16_384  # entries of what one step may undo
HOT, COLD = 3e-5, 1e-6  # temperatures, in shares of the value of the course


class DrivenRoutes(NamedTuple):
    """Routes one after the other: depot, period, number of visits of each; village and kg of all visits."""

    site: Indices
    period: Indices
    visits: Indices
    village: Indices
    kg: Floats

    @classmethod
    def of(cls, course: Course) -> DrivenRoutes:
        """List the routes of a course."""
        days = [(day, route) for day in course.days.collection for route in day.result.routes]
        villages = [day.villages[list(route.stops)] for day, route in days]
        return cls(
            np.array([day.site for day, _route in days], dtype=np.intp),
            np.array([day.period for day, _route in days], dtype=np.intp),
            np.array([len(route.stops) for _day, route in days], dtype=np.intp),
            np.concatenate([np.zeros(0, dtype=np.intp), *villages]),
            np.concatenate([np.zeros(0), *(route.load_kg for _day, route in days)]),
        )


class Loads(NamedTuple):
    """Demands or parts of them, each with its share and its way: the number of an arc, -1 in today's chain."""

    demand: Indices
    share: Floats
    arc: Indices

    def arc_share(self, arcs: int) -> Floats:
        """Return the share of its demand that each arc takes, shape (arcs,)."""
        found, served = np.zeros(arcs), self.arc >= 0
        np.add.at(found, self.arc[served], self.share[served])
        return np.minimum(found, 1.0)


@dataclass(frozen=True)
class CountyPlan:
    """Who goes where with some modules, by which routes, and CNY a year by the glance."""

    value: float
    count: Ints
    loads: Loads
    driven: DrivenRoutes


def suits(basis: Basis) -> bool:
    """Tell whether a county can be seen at a glance: total cost first, no mobile units, villages that may be split."""
    scenario = basis.scenario
    fixed = scenario.fixed_types == len(scenario.depot_types)
    return fixed and scenario.siting.objective[0] == "total_cost_cny" and not scenario.siting.single_source


@dataclass(frozen=True)
class _Places:
    """What the inputs alone decide.

    Attributes
    ----------
    hours, km, near, close : between depots and villages, as in :class:`coldchain.routing.kernel.county.CountyData`
    kg, m3, square_kg, cny_h : of each demand on a typical day, shape (demands, periods), as there
    direct_h : aboard on a direct ride, shape (villages, sites)
    haul_t : step of the next, t
    full_cny_t, trucks_cny : line haul in full trucks, CNY/t, shape (sites,); in whole ones, CNY a day by steps
    """

    hours: Floats
    km: Floats
    near: Ints
    close: Bools
    kg: Floats
    m3: Floats
    square_kg: Floats
    cny_h: Floats
    direct_h: Floats
    haul_t: float
    full_cny_t: Floats
    trucks_cny: Floats

    @classmethod
    def of(cls, basis: Basis, arcs: Arcs) -> _Places:
        """Work all out."""
        placed, scenario = basis.placed, basis.scenario
        nodes = np.concatenate([placed.site_node, placed.village_node])
        legs, sites = travel(placed.network, nodes, nodes), len(scenario.sites)
        near, close = neighbours_of(legs.time_h[sites:, sites:] + legs.time_h[sites:, sites:].T)
        kg, m3, square, cny_h = np.zeros((4, *arcs.load_t_day.shape))
        density = np.array([crop.density_kg_m3 for crop in scenario.commodities])
        direct_h = np.nan_to_num(least_aboard_h(basis.reach.back_h, basis.collection), posinf=0.0)
        hourly = _hourly(basis)
        first = np.unique(arcs.demand, return_index=True)[1]
        served = arcs.demand[first]
        for d, a in zip(served.tolist(), first.tolist(), strict=True):
            for c in arcs.members[arcs.group[d]]:
                daily = scenario.daily_t[arcs.village[d], c] * KG_PER_T * (arcs.load_t_day[d] > 0)
                kg[d] += daily
                m3[d] += daily / density[c]
                square[d] += daily**2
                cny_h[d] += daily / KG_PER_T * basis.prices.value_cny_t[c] * hourly[c, :, arcs.cooling[a]]
        most = float(kg.sum(axis=0).max(initial=0.0)) / KG_PER_T / HAUL_STEPS / 2.0
        step = max(most, HAUL_STEP * min(kind.payload_kg for kind in basis.line_haul) / KG_PER_T)
        full = haul_bound_cny_t(basis)
        trucks = np.zeros((sites, HAUL_STEPS + 1))
        for j in np.flatnonzero(np.isfinite(full)):
            way = float(basis.haul_h[j]), float(basis.haul_km[j])
            loads = np.maximum(np.arange(HAUL_STEPS + 1) * step, 1e-3)
            whole = [solve_line_haul(t, *way, basis.line_haul_of(int(j)), basis.haul_rule).cost_cny_day for t in loads]
            trucks[j] = np.convolve(np.pad(whole, SMOOTHED // 2, "edge"), np.ones(SMOOTHED) / SMOOTHED, "valid")
            trucks[j, 0] = whole[0]
        return cls(
            np.ascontiguousarray(legs.time_h), np.ascontiguousarray(legs.km), near, close, kg, m3, square, cny_h,
            direct_h, step, np.where(np.isfinite(full), full, 0.0), trucks,
        )  # fmt: skip


def _hourly(basis: Basis) -> Floats:
    """Share of the value that one of the first hours aboard loses at the median depot; (crops, periods, classes)."""
    value, steps = basis.lanes.fate.value, max(1, round(SLOPE_H / basis.lanes.batch_h))
    steps = min(steps, value.shape[-1] - 1)
    more = (value[..., steps] - value[..., 0]) / (steps * basis.lanes.batch_h)
    return np.asarray(np.median(np.maximum(more, 0.0), axis=3))


class County:
    """The county near a course."""

    def __init__(self, basis: Basis, arcs: Arcs, seed: int) -> None:
        self.basis, self.arcs, self.ground = basis, arcs, _Places.of(basis, arcs)
        self.seed, self.runs = seed, 0
        self.course: Course | None = None

    def settle(self, course: Course, problem: SitingProblem, shown: Arcs) -> None:
        """Take the costs and the routes of a course.

        Parameters
        ----------
        problem : siting with the costs that the course shows
        shown : the arcs with these costs (:meth:`coldchain.planning.estimates.Estimates.corrected`)
        """
        arcs, ground, basis = self.arcs, self.ground, self.basis
        days = np.array([period.days for period in basis.scenario.periods], dtype=np.float64)
        direct = ground.direct_h[arcs.village[arcs.demand], arcs.site]
        collection = arcs.collection_cny + shown.inside.money_cny - arcs.inside.money_cny
        way = problem.arc_cost - collection - arcs.haul_cny
        way = way - (ground.cny_h @ days)[arcs.demand] * direct
        order = np.lexsort((problem.arc_cost, arcs.demand))
        self.problem, self.course, self.order, self.level = problem, course, order, abs(course.yearly.total)
        self.place = np.argsort(order)
        self.dear_cny = shown.module.money_cny - arcs.module.money_cny
        demands = len(arcs.village)
        zones = sorted({kind.zone for kind in basis.classes})
        zone = np.array([zones.index(kind.zone) for kind in basis.classes], dtype=np.int64)
        classes, sites = problem.classes, len(basis.scenario.sites)
        routing, chain = basis.scenario.routing, basis.scenario.chain
        kinds = [
            kind.model_copy(update={"cost_cny_day": kind.cost_cny_day / kind.trips_day}) for kind in basis.collection
        ]
        spread = spread_of(basis.scenario)
        rules = (routing.stop_h, routing.load_h_t / KG_PER_T, chain.unload_h,
                 basis.scenario.siting.max_first_mile_h + HOURS_TOLERANCE / 2)  # fmt: skip
        none = np.zeros(0, dtype=np.int64)
        self.strays = bool(spread.crop_cv or spread.own_cv)
        self.zones = len(zones)
        self.data = k.CountyData(
            ground.hours, ground.km, types_of(kinds, chain.unload_h, [None] * len(kinds)), rates_of(kinds),
            most_of(kinds), np.array(rules), ground.near, ground.close, np.array([spread.crop_cv, spread.own_cv]), days,
            none, np.zeros(0), ground.kg, ground.m3, ground.cny_h, ground.square_kg, arcs.load_t_day,
            arcs.village.astype(np.int64), np.asarray(problem.outside_cost),
            np.searchsorted(arcs.demand[order], np.arange(demands + 1)).astype(np.int64),
            np.ascontiguousarray(problem.arc_cell[order]), np.ascontiguousarray(way[order]),
            np.ascontiguousarray(basis.timing.fresh[arcs.cooling[order]]),
            np.repeat(np.arange(sites), classes).astype(np.int64), np.tile(np.resize(zone, classes), sites),
            np.zeros(sites * classes), none, none, ground.haul_t, self._hauls(course),
        )  # fmt: skip
        self.near = NearDays.of(course.decision, course.days.collection)
        self.driven = driven = DrivenRoutes.of(course)
        self.width = int(driven.visits.max(initial=1)) + SPARE_VISITS
        self.rows = self._most_routes() + SPARE_ROUTES

    def _most_routes(self) -> int:
        """Routes of one depot on a day: all that the course drives, and what loads may fill where it drives few."""
        driven = int(np.bincount(self.driven.period, minlength=1).max())
        filled = float(self.ground.kg.sum(axis=0).max(initial=0.0)) / min(
            kind.payload_kg for kind in self.basis.collection
        )
        return max(driven, min(math.ceil(filled), MOST_ROUTES))

    def _hauls(self, course: Course) -> Floats:
        """CNY a day by steps of t: full trucks, and of what whole ones cost beyond what the course pays."""
        ground, loads = self.ground, np.arange(HAUL_STEPS + 1) * self.ground.haul_t
        seen, expected = np.zeros((2, len(loads)))
        for site, period, load, cost in course.days.haul_shares():
            days, full = self.basis.scenario.periods[period].days, ground.full_cny_t[site] * load
            like = days * np.exp(-np.abs(np.log(np.maximum(loads, ground.haul_t) / load)) / ALIKE)
            seen += like * (cost - full)
            expected += like * (float(np.interp(load, loads, ground.trucks_cny[site])) - full)
        ratio = np.divide(seen, expected, out=np.ones(len(loads)), where=expected > 0)
        full_cny = ground.full_cny_t[:, None] * loads
        excess = np.maximum(ground.trucks_cny - full_cny, 0.0)
        return np.ascontiguousarray(full_cny + np.clip(ratio, HAUL_LEAST, HAUL_MOST) * excess)

    def _empty(self, loads: int = 0) -> k.CountyBest:
        shape = len(self.basis.scenario.sites), len(self.basis.scenario.periods), self.rows
        return k.CountyBest(
            np.zeros(loads, np.int64), np.zeros((*shape, self.width), np.int64), np.zeros((*shape, self.width)),
            np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape[:2], np.int64),
        )  # fmt: skip

    def laden(self, arc_share: Floats) -> Loads:
        """Return an assignment as loads."""
        arcs = self.arcs
        used = np.flatnonzero(arc_share > SHARE_KEPT)
        left = 1.0 - np.bincount(arcs.demand[used], arc_share[used], len(arcs.village))
        rest = np.flatnonzero(left > SHARE_KEPT)
        ways = np.concatenate([used, np.full(len(rest), -1)])
        return Loads(np.concatenate([arcs.demand[used], rest]), np.concatenate([arc_share[used], left[rest]]), ways)

    def moved(self, arc_share: Floats, plan_share: Floats, changed: Indices) -> Floats:
        """Return an assignment that takes from a plan what goes to some depots, and what must leave them.

        Parameters
        ----------
        arc_share, plan_share : of each arc, now and in the plan
        changed : depots whose modules differ
        """
        arcs, demands = self.arcs, len(self.arcs.village)
        there = np.isin(arcs.site, changed)
        coming = np.bincount(arcs.demand, np.where(there, plan_share, 0.0), demands)
        stays = 1.0 - np.bincount(arcs.demand, np.where(there, arc_share, 0.0), demands)
        scale = np.minimum(1.0, (1.0 - coming) / np.maximum(stays, SHARE_KEPT))
        rest = np.maximum(1.0 - coming - stays * scale, 0.0) / np.maximum(1.0 - coming, SHARE_KEPT)
        return np.where(there, plan_share, arc_share * scale[arcs.demand] + plan_share * rest[arcs.demand])

    def search(
        self, count: Ints, loads: Loads, steps: int, focus: Indices, driven: DrivenRoutes | None = None
    ) -> CountyPlan:
        """Return the best way to use some modules that is found from an assignment.

        Parameters
        ----------
        count : new modules, as in the problem
        steps : of ruin and recreate
        focus : villages around which to search most
        driven : routes to begin with; those of the course if none are given
        """
        arcs, problem = self.arcs, self.problem
        village = arcs.village[loads.demand]
        order = np.argsort(village, kind="stable").astype(np.int64)
        villages = len(self.basis.scenario.villages)
        capacity = cell_modules(problem, count)[1]
        data = self.data._replace(
            demand=loads.demand.astype(np.int64), share=loads.share, loads=order, capacity=capacity,
            first_load=np.searchsorted(village[order], np.arange(villages + 1)).astype(np.int64),
        )  # fmt: skip
        self.runs += 1
        state, best = self._state(len(loads.share)), self._empty(len(loads.share))
        ways, served = np.full(len(loads.arc), -1, dtype=np.int64), loads.arc >= 0
        ways[served] = self.place[loads.arc[served]]
        k.begin_county(data, state, ways, *self._laid(driven or self.driven))
        live = np.unique(arcs.village[arcs.demand[capacity[problem.arc_cell] > 0]]).astype(np.int64)
        some = np.intersect1d(focus, live).astype(np.int64)
        heat = np.array([HOT * self.level, (COLD / HOT) ** (1.0 / max(steps, 1))])
        total = k.improve_county(data, state, best, steps if len(live) else 0, heat, some, live)
        arc, served = np.full(len(best.way), -1, dtype=np.intp), best.way >= 0
        arc[served] = self.order[best.way[served]]
        found = loads._replace(arc=arc)
        value = total + float(((problem.module_cost - self.dear_cny) * count).sum())
        return CountyPlan(value, count, found, _listed(best))

    def _laid(self, driven: DrivenRoutes) -> tuple[k.CountyBest, Floats]:
        """Lay routes out in rows; returns also what they fetch of each village, by depot and period."""
        known, begin = self._empty(), np.concatenate([[0], np.cumsum(driven.visits)])
        kg = np.zeros((*known.rows.shape, len(self.basis.scenario.villages)))
        for n, (j, p) in enumerate(zip(driven.site.tolist(), driven.period.tolist(), strict=True)):
            mine, size, row = slice(begin[n], begin[n + 1]), driven.visits[n], known.rows[j, p]
            known.stops[j, p, row, :size], known.taken[j, p, row, :size] = driven.village[mine], driven.kg[mine]
            known.size[j, p, row], known.rows[j, p] = size, row + 1
        each = np.repeat(driven.site, driven.visits), np.repeat(driven.period, driven.visits), driven.village
        np.add.at(kg, each, driven.kg)
        return known, kg

    def _state(self, loads: int) -> k.CountyState:
        scenario, empty, room = self.basis.scenario, self._empty(loads), max(loads, self.width + 1)
        sites, periods, villages = len(scenario.sites), len(scenario.periods), len(scenario.villages)
        by_village = np.zeros((3, sites, periods, villages))
        work = Workspace(
            np.zeros(self.width + 1, np.int64), np.zeros(self.width + 1), np.zeros((self.rows, 3)),
            np.zeros(self.rows, np.int64), np.zeros(1),
        )  # fmt: skip
        return k.CountyState(
            empty.way - 1, np.zeros((len(self.data.capacity), periods)), np.zeros((sites, self.zones, periods)),
            by_village[0], by_village[1], by_village[2],
            np.zeros((sites, periods, villages if self.strays else 0, 2)),
            empty.stops, empty.taken, empty.size, empty.kind, empty.cost, empty.rows,
            np.zeros((LOG, k.HEAD + self.width), np.int64), np.zeros((LOG, 1 + self.width)), np.zeros(2, np.int64),
            np.zeros(room, np.int64), np.zeros(room), np.zeros(1),
            np.array([2 * (1000 * self.seed + self.runs) + 0x9E3779B97F4A7C15], dtype=np.uint64), work,
        )  # fmt: skip

    def near_days(self, driven: DrivenRoutes) -> NearDays:
        """Return routes as those of days close by."""
        calling: dict[tuple[int, int], list[NearRoute]] = defaultdict(list)
        text, begin = hashlib.sha256(self.near.digest), np.concatenate([[0], np.cumsum(driven.visits)]).tolist()
        for part in driven:
            text.update(part.tobytes())
        villages, kg = driven.village.tolist(), driven.kg.tolist()
        for n, (j, p) in enumerate(zip(driven.site.tolist(), driven.period.tolist(), strict=True)):
            mine = slice(begin[n], begin[n + 1])
            route = NearRoute(j, tuple(villages[mine]), tuple(kg[mine]))
            for village in route.villages:
                calling[p, village].append(route)
        return replace(self.near, calling=calling, digest=text.digest())


def _listed(best: k.CountyBest) -> DrivenRoutes:
    """List the routes in rows."""
    site, period, row = np.nonzero(best.size)
    visits = best.size[site, period, row]
    kept = np.arange(best.stops.shape[3]) < visits[:, None]
    rows = (site, period, row)
    return DrivenRoutes(site, period, visits, best.stops[rows][kept], best.taken[rows][kept])
