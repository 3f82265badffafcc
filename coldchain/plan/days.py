"""From a siting decision to the typical day of each depot in each period: collection routes and line haul."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coldchain.network import travel
from coldchain.plan.arcs import KG_PER_T, Arcs
from coldchain.plan.basis import Basis
from coldchain.routing import (
    CollectionProblem,
    CollectionResult,
    LineHaul,
    least_aboard_h,
    solve_collection,
    solve_line_haul,
)
from coldchain.siting import split_units
from coldchain.spoilage import loss_per_hour

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
SHARE_KEPT = 1e-6
QUICK = 300  # iterations of a quick day: some milliseconds, within 0.4 % of a full search
Memo = dict[tuple[object, ...], tuple["CollectionDay", ...]]


@dataclass(frozen=True)
class Effort:
    """How hard to try: quick searches each day for ``QUICK`` iterations; once ``stop`` is True the rest is quick too.

    ``memo`` keeps the days of each depot for the next decision that assigns it the same; of one basis and seed.
    """

    quick: bool = False
    seed: int = 0
    stop: Callable[[], bool] = field(default=lambda: False)
    memo: Memo | None = None


@dataclass(frozen=True)
class Decision:
    """What siting decided: new modules, mobile units and the assignment.

    Attributes
    ----------
    count : new modules, and units bought by the owner of a site, shape (sites, depot types)
    standing : mobile units, shape (sites, units, periods)
    village, group, site, cooling : one entry for each village, group, site and class in use
    share : of the harvest of each period, shape (entries, periods)
    """

    count: NDArray[np.int64]
    standing: NDArray[np.int64]
    village: Indices
    group: Indices
    site: Indices
    cooling: Indices
    share: Floats

    @classmethod
    def of(cls, arcs: Arcs, count: NDArray[np.int64], arc_share: Floats) -> Decision:
        """Keep the arcs in use; crumbs below a millionth stay in today's chain."""
        sites, units, periods = arcs.stay_cny.shape
        types = arcs.module.money_cny.shape[1]
        standing = np.zeros((sites, units, periods), dtype=np.int64)
        if units and count.shape[1] > types:
            bought, standing = split_units(count, types - units, periods)
            standing = staying(standing, bought.sum(axis=0), arcs.open_ground)
        used = np.flatnonzero(arc_share > SHARE_KEPT)
        demand = arcs.demand[used]
        ends = np.stack([arcs.village[demand], arcs.group[demand], arcs.site[used], arcs.cooling[used]])
        entries, place = np.unique(ends, axis=1, return_inverse=True)
        share = np.zeros((entries.shape[1], periods))
        for p in range(periods):
            mine = arcs.counts_in(p)[demand]
            np.add.at(share[:, p], place[mine], arc_share[used][mine])
        village, group, site, cooling = entries
        return cls(count[:, :types], standing, village, group, site, cooling, share)

    def arriving(self) -> NDArray[np.int64]:
        """Units that come from elsewhere, shape (sites, units, periods); the last period comes before the first."""
        arriving: NDArray[np.int64] = np.maximum(self.standing - np.roll(self.standing, 1, axis=2), 0)
        return arriving


def staying(standing: NDArray[np.int64], bought: NDArray[np.int64], ground: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Let units that nobody needs in a period wait where they stand in the next one, so that they need not move.

    Parameters
    ----------
    standing : shape (sites, units, periods); bought : shape (units,); ground : sites where they may, shape (sites,)
    """
    kept = standing.copy()
    periods = kept.shape[2]
    for step in range(2 * periods):
        p = (-step) % periods
        before = (p - 1) % periods
        for m, spare in enumerate(bought - kept[:, :, before].sum(axis=0)):
            wanted = np.where(ground, np.maximum(kept[:, m, p] - kept[:, m, before], 0), 0)
            kept[:, m, before] += np.minimum(wanted, np.maximum(spare - (np.cumsum(wanted) - wanted), 0))
    return kept


@dataclass(frozen=True)
class CollectionDay:
    """Routes of one depot on a typical day of one period; stop n of the result is village ``villages[n]``."""

    site: int
    period: int
    villages: Indices
    result: CollectionResult


@dataclass(frozen=True)
class HaulDay:
    """Line haul of one temperature zone of one depot on a typical day of one period."""

    site: int
    period: int
    zone: str
    haul: LineHaul


@dataclass(frozen=True)
class Days:
    """All typical days of a plan."""

    collection: tuple[CollectionDay, ...]
    hauls: tuple[HaulDay, ...]


def work_out_days(
    basis: Basis,
    arcs: Arcs,
    decision: Decision,
    effort: Effort,
    progress: Callable[[int, int], None] | None = None,
) -> Days:
    """Route every depot's typical days and size its line haul.

    Parameters
    ----------
    effort : how hard to try
    progress : called with depots done and depots in all
    """
    collection: list[CollectionDay] = []
    sites = np.unique(decision.site)
    for done, site in enumerate(sites):
        collection += _remembered(basis, arcs, decision, int(site), effort)
        if progress is not None:
            progress(done + 1, len(sites))
    return Days(tuple(collection), tuple(_hauls(basis, arcs, decision, collection)))


def _remembered(basis: Basis, arcs: Arcs, decision: Decision, site: int, effort: Effort) -> tuple[CollectionDay, ...]:
    """Route a depot, or take the days from the memo; days cut short by a stop are not kept."""
    rows = np.flatnonzero(decision.site == site)
    assigned = (getattr(decision, name)[rows].tobytes() for name in ("village", "group", "cooling", "share"))
    key = (site, effort.quick, *assigned)
    if effort.memo is not None and key in effort.memo:
        return effort.memo[key]
    days = tuple(_collect(basis, arcs, decision, site, effort))
    if effort.memo is not None and not effort.stop():
        effort.memo[key] = days
    return days


def _collect(basis: Basis, arcs: Arcs, decision: Decision, site: int, effort: Effort) -> Iterator[CollectionDay]:
    rows = np.flatnonzero(decision.site == site)
    villages = np.unique(decision.village[rows])
    placed = basis.placed
    nodes = np.concatenate([[placed.site_node[site]], placed.village_node[villages]])
    legs = travel(placed.network, nodes, nodes)
    lots = site_lots(basis, arcs, decision, rows)
    for period in range(len(basis.scenario.periods)):
        daily = np.zeros((len(villages), len(basis.scenario.commodities), len(basis.classes)))
        np.add.at(daily, (np.searchsorted(villages, lots.village), lots.commodity, lots.cooling), lots.t_day[:, period])
        present = np.flatnonzero(daily.sum(axis=(1, 2)) > 0)
        if len(present):
            pick = np.concatenate([[0], present + 1])
            square = np.ix_(pick, pick)
            result = _route_day(basis, site, period, daily[present], (legs.time_h[square], legs.km[square]), effort)
            yield CollectionDay(site, period, villages[present], result)


@dataclass(frozen=True)
class SiteLots:
    """Assigned lots: village, commodity, class, site, share of the harvest and t/day in each period."""

    village: Indices
    commodity: Indices
    cooling: Indices
    site: Indices
    share: Floats
    t_day: Floats


def site_lots(basis: Basis, arcs: Arcs, decision: Decision, rows: Indices) -> SiteLots:
    """Spread assignment rows over the commodities of their groups."""
    sizes = np.array([len(arcs.members[g]) for g in decision.group[rows]], dtype=np.intp)
    row = np.repeat(rows, sizes)
    commodity = np.concatenate([np.empty(0, np.intp), *(arcs.members[g] for g in decision.group[rows])])
    village, share = decision.village[row], decision.share[row]
    t_day = basis.scenario.daily_t[village, commodity] * share
    kept = t_day.sum(axis=1) > 0
    lots = SiteLots(village, commodity, decision.cooling[row], decision.site[row], share, t_day)
    return SiteLots(*(getattr(lots, name)[kept] for name in SiteLots.__annotations__))


def _route_day(
    basis: Basis, site: int, period: int, daily: Floats, legs: tuple[Floats, Floats], effort: Effort
) -> CollectionResult:
    """Route one day: quickly first, then in earnest with the spoilage weights at the hours aboard of those routes."""
    aboard = np.minimum(least_aboard_h(legs[0][1:, 0], basis.collection), basis.scenario.siting.max_first_mile_h)
    problem = _problem(basis, site, period, daily, legs, aboard)
    first = solve_collection(problem, solution_limit=QUICK, start="direct", seed=effort.seed)
    if effort.quick or effort.stop():
        return first
    problem = _problem(basis, site, period, daily, legs, _hours_aboard(first, aboard))
    engine = basis.scenario.routing.engine
    second = solve_collection(problem, engine=engine, seed=effort.seed, stop=effort.stop)
    return min(first, second, key=lambda result: _true_cost(basis, site, period, daily, result))


def _problem(
    basis: Basis, site: int, period: int, daily: Floats, legs: tuple[Floats, Floats], aboard: Floats
) -> CollectionProblem:
    routing = basis.scenario.routing
    density = np.array([crop.density_kg_m3 for crop in basis.scenario.commodities])
    return CollectionProblem(
        time_h=legs[0],
        km=legs[1],
        load_kg=daily.sum(axis=(1, 2)) * KG_PER_T,
        volume_m3=(daily.sum(axis=2) * KG_PER_T / density).sum(axis=1),
        weight_cny_h=_weights(basis, site, period, daily, aboard),
        vehicles=basis.collection,
        stop_h=routing.stop_h,
        load_h_t=routing.load_h_t,
        unload_h=basis.scenario.chain.unload_h,
        max_aboard_h=basis.scenario.siting.max_first_mile_h,
    )


def _weights(basis: Basis, site: int, period: int, daily: Floats, aboard: Floats) -> Floats:
    """CNY that each village's load loses per further hour aboard: ``value · dL/du · k(T)`` at its own used-up life."""
    batch = basis.lanes.batch(aboard)[period]
    weights = np.zeros(len(daily))
    for v, c, o in zip(*np.nonzero(daily), strict=True):
        crop = basis.scenario.commodities[c]
        used = float(basis.lanes.used[c, period, o, site, batch[v]])
        rate = float(basis.lanes.dock_rate[c, period, batch[v]])
        hourly = loss_per_hour(crop, used, rate, basis.scenario.chain.planned_transfers)
        weights[v] += daily[v, c, o] * KG_PER_T * crop.price_cny_kg * hourly
    return weights


def _hours_aboard(result: CollectionResult, before: Floats) -> Floats:
    """Hours aboard of each stop, the longest when it is split; stops not served keep their old hours."""
    hours = np.full(len(before), -1.0)
    for route in result.routes:
        for stop, aboard_h in zip(route.stops, route.aboard_h, strict=True):
            hours[stop] = max(hours[stop], aboard_h)
    return np.where(hours >= 0, hours, before)


def _true_cost(basis: Basis, site: int, period: int, daily: Floats, result: CollectionResult) -> float:
    """Vehicle money and the exact value lost on one day; load left behind counts as lost."""
    price = np.array([crop.price_cny_kg for crop in basis.scenario.commodities]) * KG_PER_T
    load = daily.sum(axis=(1, 2)) * KG_PER_T
    value = daily * price[:, None]
    cost = float(result.cost_cny)
    for route in result.routes:
        batch = basis.lanes.batch(np.array(route.aboard_h))[period]
        for stop, kg, b in zip(route.stops, route.load_kg, batch, strict=True):
            loss = basis.lanes.loss[:, period, :, site, b]
            cost += kg / load[stop] * float((value[stop] * loss).sum())
    return cost + float(sum(value[u.stop].sum() * u.load_kg / load[u.stop] for u in result.unserved))


def _hauls(basis: Basis, arcs: Arcs, decision: Decision, collection: list[CollectionDay]) -> Iterator[HaulDay]:
    """Size the line haul of what arrives: each zone of each depot travels apart."""
    arrived = {(d.site, d.period): arrived_share(d) for d in collection}
    zones = sorted({kind.zone for kind in basis.classes})
    for site in np.unique(decision.site):
        lots = site_lots(basis, arcs, decision, np.flatnonzero(decision.site == site))
        for period in range(len(basis.scenario.periods)):
            served = arrived.get((int(site), period), {})
            kept = np.array([served.get(int(v), 0.0) for v in lots.village])
            for zone in zones:
                here = np.array([basis.classes[o].zone == zone for o in lots.cooling], dtype=bool)
                load = float((lots.t_day[:, period] * kept)[here].sum())
                if load > 0:
                    haul = solve_line_haul(
                        load, basis.haul_h[site], basis.haul_km[site], basis.line_haul_of(site), basis.haul_rule
                    )
                    yield HaulDay(int(site), period, zone, haul)


def arrived_share(day: CollectionDay) -> dict[int, float]:
    """Return for each village the share of its load that the routes fetch."""
    fetched: dict[int, float] = {}
    left = {int(day.villages[u.stop]): u.load_kg for u in day.result.unserved}
    for route in day.result.routes:
        for stop, kg in zip(route.stops, route.load_kg, strict=True):
            village = int(day.villages[stop])
            fetched[village] = fetched.get(village, 0.0) + kg
    return {v: kg / (kg + left.get(v, 0.0)) for v, kg in fetched.items()}
