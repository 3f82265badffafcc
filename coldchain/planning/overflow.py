"""What days beyond the usual one cost: more than vehicles hold, on routes and on the line haul; waiting for loads."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import ROUNDING, Floats
from coldchain.model import Scenario
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.decision import CollectionDay, Decision, site_lots
from coldchain.planning.hauls import Hauls
from coldchain.routing import price_trip
from coldchain.routing.overflow import NO_SPREAD, LoadSpread, Overflow, above, load_variance

FARTHEST = 8.0  # times its spread that a load is looked at above its mean
Bay = tuple[int, int, str]  # depot, period, zone


@dataclass(frozen=True)
class OverflowDay:
    """Expected overflow of a typical day: of a route (its number among those of the depot and period), or of a zone."""

    site: int
    period: int
    overflow: Overflow
    route: int = -1
    zone: str = ""


def spread_of(scenario: Scenario) -> LoadSpread:
    """Return how far loads and hours stray by a scenario."""
    routing = scenario.routing
    season, day = routing.harvest_village_cv**2, routing.harvest_day_cv**2
    own = math.sqrt((1.0 + season) * (1.0 + day) - 1.0)
    return LoadSpread(routing.harvest_crop_cv, own, routing.travel_day_cv, routing.travel_leg_cv)


def overflow_days(
    basis: Basis, arcs: Arcs, decision: Decision, collection: Sequence[CollectionDay], hauls: Hauls
) -> tuple[OverflowDay, ...]:
    """Return the expected overflow of all routes, and of the line haul of each depot, period and zone."""
    spread = spread_of(basis.scenario)
    if spread == NO_SPREAD:
        return ()
    routes = [
        OverflowDay(day.site, day.period, one, route=n)
        for day in collection
        for n, one in enumerate(day.result.overflow)
    ]
    return (*routes, *_hauled(basis, arcs, decision, hauls, spread))


def _hauled(basis: Basis, arcs: Arcs, decision: Decision, hauls: Hauls, spread: LoadSpread) -> Iterator[OverflowDay]:
    room = rooms_t(hauls)
    zones = np.array([kind.zone for kind in basis.classes], dtype=object)
    for site in sorted({bay[0] for bay in room}):
        lots = site_lots(basis, arcs, decision, np.flatnonzero(decision.site == site))
        for _site, p, zone in sorted(bay for bay in room if bay[0] == site):
            mine = (zones[lots.cooling] == zone) & (lots.t_day[:, p] > 0)
            loads = np.zeros(basis.scenario.harvest_t.shape[:2])
            np.add.at(loads, (lots.village[mine], lots.commodity[mine]), lots.t_day[mine, p])
            yield OverflowDay(site, p, haul_overflow(basis, site, loads, room[site, p, zone], spread), zone=zone)


def rooms_t(hauls: Hauls) -> dict[Bay, float]:
    """Return the t/day that the trips of each depot, period and zone hold; a tour's by what it loads at each depot."""
    room: dict[Bay, float] = defaultdict(float)
    for day in hauls.hauls:
        room[day.site, day.period, day.zone] += sum(trip.capacity_t * count for trip, count in day.haul.trips)
    for shared in hauls.tours:
        filled = shared.tour.trip.capacity_t / sum(shared.tour.load_t)
        for site, load in zip(shared.sites, shared.tour.load_t, strict=True):
            room[site, shared.period, shared.zone] += load * filled
    return room


def haul_overflow(basis: Basis, site: int, loads: Floats, room_t: float, spread: LoadSpread) -> Overflow:
    """Return what trucks hired beside the planned trips cost a depot on the mean day: the cheapest for what is over.

    Parameters
    ----------
    loads : t/day by village and crop
    """
    mean, variance = float(loads.sum()), float(load_variance(loads, spread)[-1])
    hauls = [
        price_trip(kind, math.inf, float(basis.haul_h[site]), float(basis.haul_km[site]), basis.haul_rule)
        for kind in basis.line_haul_of(site)
    ]
    most = mean + FARTHEST * math.sqrt(variance) - room_t
    steps = hire_steps([(trip.capacity_t, trip.cost_cny) for trip in hauls], most)
    chance = np.array([above(mean, variance, room_t + over) for over, _cny in steps])
    cost = np.array([cny for _over, cny in steps])
    hired = float(chance.sum()) if steps else 0.0
    return Overflow(float(chance[0]) if steps else 0.0, hired, hired, 0.0, float(chance @ np.diff(cost, prepend=0.0)))


def hire_steps(trips: Sequence[tuple[float, float]], most: float) -> list[tuple[float, float]]:
    """Return from which tonnes over on how much the cheapest hire costs, up to ``most`` over.

    Trips of one type are hired, as many as it takes.

    Parameters
    ----------
    trips : capacity and CNY of each type

    Examples
    --------
    >>> hire_steps([(2.0, 100.0), (6.0, 150.0)], 7.0)
    [(0.0, 100.0), (2.0, 150.0), (6.0, 300.0)]
    """
    ends = sorted({0.0, *(n * t for t, _cny in trips for n in range(1, math.ceil(max(most, 0.0) / t) + 1))})
    steps: list[tuple[float, float]] = []
    for over in (end for end in ends if end < most):
        cost = min((math.floor(over / t + ROUNDING) + 1) * cny for t, cny in trips)
        if not steps or cost > steps[-1][1]:
            steps.append((over, cost))
    return steps
