"""From a siting decision to the typical day of each depot in each period: collection routes and line haul."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, LOAD_TOLERANCE_KG, Floats, Indices
from coldchain.economy import CarbonPrice, Heading
from coldchain.model import Scenario
from coldchain.network import travel
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.decision import CollectionDay, Decision, PricedDay, site_lots
from coldchain.planning.duties import Running, run
from coldchain.planning.fleet_limits import within_limits
from coldchain.planning.former import FormerDays, FormerRoute, drive_again
from coldchain.planning.haul_duties import work_out_hauls
from coldchain.planning.hauls import HaulDay, LongRide, Memo, TourDay
from coldchain.planning.near_days import NearDays, assigned_to
from coldchain.planning.overflow import OverflowDay, overflow_days, spread_of
from coldchain.planning.owned_days import FEW_STOPS, at_own_prices, cheapest_with_fleet
from coldchain.routing import (
    CollectionProblem,
    CollectionResult,
    Fetch,
    least_aboard_h,
    solve_collection,
    solve_near,
)
from coldchain.threads import mapped
from coldchain.work import UNLIMITED, Meter

NEAR = 200  # iterations of a quick day that begins with the routes of one much like it
QUICK = 300  # iterations of a quick day: some milliseconds, within 0.4 % of a full search
NEAR_WORK, QUICK_WORK, FULL_WORK, HAUL_WORK = 0.004, 0.01, 0.005, 0.1
"""Units of work: a quick day that begins with routes, one from nothing, a full one by village, all line haul."""

__all__ = ["CollectionDay", "Days", "Decision", "Effort", "HaulDay", "LongRide", "Memo", "TourDay", "work_out_days"]


class Legs(NamedTuple):
    """Hours and kilometres between the depot, in row 0, and the stops of a day."""

    time_h: Floats
    km: Floats


@dataclass(frozen=True)
class Effort:
    """How hard to try: quick searches each day for ``QUICK`` iterations; once ``stop`` is True the rest is quick too.

    ``memo`` keeps the days of each depot for the next decision that assigns it the same, and the line haul of each hub;
    of one basis and seed. ``meter`` is charged with every depot, remembered or not, so that no answer depends on what
    was routed before. ``threads`` route depots side by side while ``room`` says that units are left before ``stop``.
    ``former`` are the routes of an earlier run: days that fetch the same drive them again. ``near`` are the days of a
    course close by: depots that are assigned the same have the same days, quick ones of others begin with its routes.
    """

    quick: bool = False
    seed: int = 0
    stop: Callable[[], bool] = field(default=lambda: False)
    memo: Memo | None = None
    meter: Meter = field(default_factory=Meter)
    threads: int = 1
    room: Callable[[], float] = field(default=lambda: UNLIMITED)
    former: FormerDays = field(default_factory=FormerDays)
    near: NearDays = field(default_factory=NearDays)

    def charge(self, day: CollectionDay) -> None:
        """Count the work of a depot's day."""
        self.meter.add(self.quick_work if self.quick else FULL_WORK * len(day.villages))

    @property
    def quick_work(self) -> float:
        """Units of work of a quick day."""
        return NEAR_WORK if self.near.days else QUICK_WORK

    def side_by_side(self, decision: Decision) -> int:
        """Return the threads that may route: one where work might run out on the way, for then the order decides."""
        sites, periods = np.unique(decision.site), decision.share.shape[1]
        served = np.unique(np.stack([decision.village, decision.site]), axis=1).shape[1]
        most = self.quick_work * len(sites) if self.quick else FULL_WORK * served
        return self.threads if self.room() > most * periods else 1


@dataclass(frozen=True)
class Days:
    """All typical days of a plan: routes, line-haul trips and tours, who rides on them, vehicles, expected overflow."""

    collection: tuple[CollectionDay, ...]
    hauls: tuple[HaulDay, ...]
    tours: tuple[TourDay, ...]
    rides: tuple[LongRide, ...]
    running: Running
    overflow: tuple[OverflowDay, ...] = ()

    def overflow_shares(self) -> Iterator[tuple[int, int, float]]:
        """Yield site, period and CNY/day of what days beyond the usual one cost."""
        for day in self.overflow:
            yield day.site, day.period, day.overflow.cost_cny

    def collection_shares(self) -> Iterator[tuple[int, int, float]]:
        """Yield site, period and CNY/day of all collection."""
        for day, costs in zip(self.collection, self.running.route_cny, strict=True):
            yield day.site, day.period, sum(costs)

    def haul_shares(self) -> Iterator[tuple[int, int, float, float]]:
        """Yield site, period, t/day and CNY/day of all line haul; a tour's cost is shared by tonnes."""
        for day, costs in zip(self.hauls, self.running.haul_cny, strict=True):
            yield day.site, day.period, day.haul.load_t_day, sum(costs)
        for shared, cost in zip(self.tours, self.running.tour_cny, strict=True):
            per_t = cost / sum(shared.tour.load_t)
            for site, load in zip(shared.sites, shared.tour.load_t, strict=True):
                yield site, shared.period, load, per_t * load

    def carbon_shares(self, scenario: Scenario) -> Iterator[tuple[Heading, int, int, float]]:
        """Yield heading, site, period and CNY/day of what trips emit, which is in what they cost."""
        price, kinds = CarbonPrice.of(scenario), {kind.id: kind for kind in scenario.vehicles}
        if not price.cny_t:
            return
        for day in self.collection:
            cny = (price.trip_cny(kinds[one.vehicle_id], one.km, one.hours) for one in day.result.routes)
            yield "collection", day.site, day.period, sum(cny)
        for hauled in self.hauls:
            cny = (n * price.trip_cny(kinds[one.vehicle_id], one.km, one.hours) for one, n in hauled.haul.trips)
            yield "line_haul", hauled.site, hauled.period, sum(cny)
        for shared in self.tours:
            trip, whole_t = shared.tour.trip, sum(shared.tour.load_t)
            whole = price.trip_cny(kinds[trip.vehicle_id], trip.km, trip.hours)
            for site, load in zip(shared.sites, shared.tour.load_t, strict=True):
                yield "line_haul", site, shared.period, whole * load / whole_t

    def all_shares(self) -> Iterator[tuple[int, int, float]]:
        """Yield site, period and CNY/day of all driving: collection, overflow, line haul."""
        yield from self.collection_shares()
        yield from self.overflow_shares()
        for site, period, _load, cost in self.haul_shares():
            yield site, period, cost


def work_out_days(
    basis: Basis,
    arcs: Arcs,
    decision: Decision,
    effort: Effort,
    progress: Callable[[int, int], None] | None = None,
) -> Days:
    """Route every depot's typical days and decide the line haul.

    Parameters
    ----------
    effort : how hard to try
    progress : called with depots done and depots in all
    """
    collection: list[CollectionDay] = []
    sites = np.unique(decision.site)
    routed = mapped(partial(_remembered, basis, arcs, decision, effort), sites.tolist(), effort.side_by_side(decision))
    for done, days in enumerate(routed):
        collection += days
        for day in days:
            effort.charge(day)
        if progress is not None:
            progress(done + 1, len(sites))
    collection = cheapest_with_fleet(basis.scenario, collection)
    collection = within_limits(basis, collection, partial(_without, basis, arcs, decision, effort))
    effort.meter.add(HAUL_WORK)
    hauled = work_out_hauls(basis, arcs, decision, collection, effort.memo)
    running = run(basis.scenario, collection, hauled)
    overflow = overflow_days(basis, arcs, decision, collection, hauled)
    return Days(tuple(collection), hauled.hauls, hauled.tours, hauled.rides, running, overflow)


def _remembered(basis: Basis, arcs: Arcs, decision: Decision, effort: Effort, site: int) -> tuple[CollectionDay, ...]:
    """Route a depot, or take the days from the memo; days cut short by a stop are not kept."""
    assigned = assigned_to(decision, site)
    same = effort.near.same(site, assigned)
    if same is not None:
        return same
    key = (site, effort.quick, effort.former.digest, effort.near.digest, assigned)
    if effort.memo is not None and key in effort.memo:
        days = effort.memo[key]
    else:
        days = tuple(_collect(basis, arcs, decision, site, effort))
        if effort.memo is not None and not effort.stop():
            effort.memo[key] = days
    return days


def _without(
    basis: Basis, arcs: Arcs, decision: Decision, effort: Effort, day: CollectionDay, types: frozenset[str]
) -> CollectionDay | None:
    """Route a depot's day without some vehicle types; None where a load stays behind for it."""
    scenario = basis.scenario
    offered = tuple(kind.id for kind in basis.collection if kind.id not in types)
    if not offered:
        return None
    routing = scenario.routing.model_copy(update={"collection_vehicles": offered})
    fewer = replace(basis, scenario=replace(scenario, routing=routing))
    anew = replace(effort, former=FormerDays())
    (found,) = _collect(fewer, arcs, decision, day.site, anew, [day.period])
    effort.charge(found)
    left, before = (sum(one.load_kg for one in each.result.unserved) for each in (found, day))
    return found if left <= before + LOAD_TOLERANCE_KG else None


def _collect(
    basis: Basis, arcs: Arcs, decision: Decision, site: int, effort: Effort, periods: Sequence[int] | None = None
) -> Iterator[CollectionDay]:
    rows = np.flatnonzero(decision.site == site)
    villages = np.unique(decision.village[rows])
    placed = basis.placed
    nodes = np.concatenate([[placed.site_node[site]], placed.village_node[villages]])
    legs = travel(placed.network, nodes, nodes)
    lots = site_lots(basis, arcs, decision, rows)
    for period in range(len(basis.scenario.periods)) if periods is None else periods:
        daily = np.zeros((len(villages), len(basis.scenario.commodities), len(basis.classes)))
        np.add.at(daily, (np.searchsorted(villages, lots.village), lots.commodity, lots.cooling), lots.t_day[:, period])
        present = np.flatnonzero(daily.sum(axis=(1, 2)) > 0)
        if len(present):
            pick = np.concatenate([[0], present + 1])
            square = np.ix_(pick, pick)
            part, way = daily[present], Legs(legs.time_h[square], legs.km[square])
            known = effort.former.of_day(site, period, villages[present], part.sum(axis=(1, 2)) * KG_PER_T)
            result = _drive_again(basis, site, period, part, way, known, villages[present]) if known else None
            answers: tuple[PricedDay, ...] = ()
            if result is None:
                nearby = effort.near.routes(site, period, villages[present]) if effort.quick else []
                result = _route_day(basis, site, period, part, way, effort, nearby)
                answers = _at_own_prices(basis, site, period, part, way, result, effort)
            yield CollectionDay(site, period, villages[present], result, answers)


def _at_own_prices(
    basis: Basis, site: int, period: int, daily: Floats, legs: Legs, hired: CollectionResult,
    effort: Effort,
) -> tuple[PricedDay, ...]:  # fmt: skip
    """Return the answers to a day that is routed in earnest, that of hired vehicles first; none where it is alone."""
    if effort.quick or effort.stop() or len(daily) > FEW_STOPS:
        return ()
    aboard = _hours_aboard(hired, _least_aboard_h(basis, legs.time_h))
    problem = _problem(basis, site, period, daily, legs, aboard)
    solve = partial(solve_collection, engine=basis.scenario.routing.engine, seed=effort.seed, stop=effort.stop)
    others = at_own_prices(basis.scenario, problem, hired, solve)
    every = (hired, *others) if others else ()
    return tuple(PricedDay(one, _true_cost(basis, site, period, daily, one)) for one in every)


def _least_aboard_h(basis: Basis, legs_h: Floats) -> Floats:
    """Hours aboard on direct rides, from the matrix with the depot in row 0."""
    return np.minimum(least_aboard_h(legs_h[1:, 0], basis.collection), basis.scenario.siting.max_first_mile_h)


def _drive_again(
    basis: Basis,
    site: int,
    period: int,
    daily: Floats,
    legs: Legs,
    known: Sequence[FormerRoute],
    villages: Indices,
) -> CollectionResult | None:
    """Drive the routes of an earlier run, with the spoilage weights at their own hours aboard, if limits allow it."""
    aboard = _least_aboard_h(basis, legs.time_h)
    first = drive_again(_problem(basis, site, period, daily, legs, aboard), villages, known)
    if first is None:
        return None
    return drive_again(_problem(basis, site, period, daily, legs, _hours_aboard(first, aboard)), villages, known)


def _route_day(
    basis: Basis, site: int, period: int, daily: Floats, legs: Legs, effort: Effort,
    nearby: Sequence[Fetch],
) -> CollectionResult:  # fmt: skip
    """Route one day: quickly first, then in earnest with the spoilage weights at the hours aboard of those routes."""
    aboard = _least_aboard_h(basis, legs.time_h)
    problem = _problem(basis, site, period, daily, legs, aboard)
    near = solve_near(problem, nearby, iterations=NEAR, seed=effort.seed) if nearby else None
    if near is not None:
        return near
    first = solve_collection(problem, solution_limit=QUICK, start="direct", seed=effort.seed)
    if effort.quick or effort.stop():
        return first
    problem = _problem(basis, site, period, daily, legs, _hours_aboard(first, aboard))
    engine = basis.scenario.routing.engine
    second = solve_collection(problem, engine=engine, seed=effort.seed, stop=effort.stop)
    return min(first, second, key=lambda result: _true_cost(basis, site, period, daily, result))


def _problem(basis: Basis, site: int, period: int, daily: Floats, legs: Legs, aboard: Floats) -> CollectionProblem:
    routing = basis.scenario.routing
    density = np.array([crop.density_kg_m3 for crop in basis.scenario.commodities])
    return CollectionProblem(
        time_h=legs.time_h,
        km=legs.km,
        load_kg=daily.sum(axis=(1, 2)) * KG_PER_T,
        volume_m3=(daily.sum(axis=2) * KG_PER_T / density).sum(axis=1),
        weight_cny_h=_weights(basis, site, period, daily, aboard),
        vehicles=basis.collection,
        stop_h=routing.stop_h,
        load_h_t=routing.load_h_t,
        unload_h=basis.scenario.chain.unload_h,
        max_aboard_h=basis.scenario.siting.max_first_mile_h,
        max_wait_h=_most_wait_h(basis, site, period, daily, aboard),
        split_pickups=routing.split_pickups,
        by_crop_kg=daily.sum(axis=2) * KG_PER_T,
        spread=spread_of(basis.scenario),
    )


def _weights(basis: Basis, site: int, period: int, daily: Floats, aboard: Floats) -> Floats:
    """CNY that each village's load loses per further hour aboard, discounts included, at its own used-up life."""
    batch = basis.lanes.batch(aboard)[period]
    weights = np.zeros(len(daily))
    for v, c, o in zip(*np.nonzero(daily), strict=True):
        hourly = basis.lanes.value_per_hour(c, period, o, site, batch[v])
        weights[v] += daily[v, c, o] * basis.prices.value_cny_t[c] * hourly
    return weights


def _most_wait_h(basis: Basis, site: int, period: int, daily: Floats, aboard: Floats) -> Floats:
    """Hours that each village's load may wait for a later trip.

    None is cooled or delivered late only for that, and none waits where the first aim is a loss.
    """
    batch, timing = basis.lanes.batch(aboard)[period], basis.timing
    if basis.scenario.siting.objective[0] != "total_cost_cny":
        return np.zeros(len(daily))
    most, strict = np.full(len(daily), basis.lanes.longest_wait_h), basis.scenario.siting.on_time > 0
    for v, c, o in zip(*np.nonzero(daily), strict=True):
        cooled = timing.cooled_h(period, o, batch[v])
        left = [float(timing.deadline_h[c] - cooled)]
        left += [timing.target_h - float(timing.delivery_h(c, o, site, cooled))] if strict else []
        most[v] = min([most[v], *(hours for hours in left if hours >= -HOURS_TOLERANCE)])
    return np.asarray(np.maximum(most, 0.0), dtype=np.float64)


def _hours_aboard(result: CollectionResult, before: Floats) -> Floats:
    """Hours aboard of each stop, the longest when it is split; stops not served keep their old hours."""
    hours = np.full(len(before), -1.0)
    for route in result.routes:
        for stop, aboard_h in zip(route.stops, route.aboard_h, strict=True):
            hours[stop] = max(hours[stop], aboard_h)
    return np.where(hours >= 0, hours, before)


def _true_cost(basis: Basis, site: int, period: int, daily: Floats, result: CollectionResult) -> float:
    """Vehicle money, that of overflow too, and the exact value lost on one day; load left behind counts as lost."""
    load = daily.sum(axis=(1, 2)) * KG_PER_T
    value = daily * basis.prices.value_cny_t[:, None]
    cost = float(result.cost_cny) + sum(one.cost_cny for one in result.overflow)
    for route, wait_h in zip(result.routes, result.wait_h, strict=True):
        batch = basis.lanes.batch(np.array(route.aboard_h) + wait_h)[period]
        for stop, kg, b in zip(route.stops, route.load_kg, batch, strict=True):
            loss = basis.lanes.fate.value[:, period, :, site, b]
            cost += kg / load[stop] * float((value[stop] * loss).sum())
    return cost + float(sum(value[u.stop].sum() * u.load_kg / load[u.stop] for u in result.unserved))
