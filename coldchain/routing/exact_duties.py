"""Routes and duties at once for a handful of stops: every order, every set of trips a vehicle can make in a shift."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from coldchain.arrays import HOURS_TOLERANCE
from coldchain.routing.problem import CollectionProblem, drive_limit_h
from coldchain.routing.savings import RouteDraft
from coldchain.routing.segment import Kernel, Segment


@dataclass(frozen=True)
class _Way:
    """A trip over a set of stops (bit mask), or several one after the other; ``cost_cny`` without the vehicle's day.

    ``late_h``: hours until a next trip leaves, less the lead of the first one; ``weight`` and ``lead_h`` as of a trip.
    """

    mask: int
    routes: tuple[tuple[int, ...], ...]
    cost_cny: float
    hours: float
    drive_h: float
    late_h: float
    lead_h: float
    weight: float
    most_wait_h: float

    def no_better(self, other: _Way) -> bool:
        """Tell whether another way over the same stops is as good in everything that counts later on."""
        return (
            other.cost_cny <= self.cost_cny
            and other.hours <= self.hours
            and other.drive_h <= self.drive_h
            and other.late_h <= self.late_h
            and other.lead_h <= self.lead_h
            and other.most_wait_h >= self.most_wait_h
            and len(other.routes) <= len(self.routes)
        )


def enumerate_duties(problem: CollectionProblem) -> RouteDraft:
    """Return the routes of least cost when vehicles go several times; every stop must be feasible on its own.

    All orders of all subsets are trips; trips of one type are put one after the other as far as the shift, driving
    hours and ``trips_day`` go, those that another way beats in cost and all hours being dropped; then sets of stops are
    put together. Vehicles are not counted.
    """
    kernel = Kernel(problem)
    best: dict[int, tuple[float, int, _Way]] = {}
    for kind, vehicle in enumerate(problem.vehicles):
        trips = _kept(_trips(kernel, kind))
        ways = trips
        for _further in range(vehicle.trips_day):
            for way in (one for some in ways.values() for one in some):
                cost = way.cost_cny + vehicle.cost_cny_day
                if way.mask not in best or cost < best[way.mask][0]:
                    best[way.mask] = cost, kind, way
            ways = _kept(_longer(problem, kind, ways, trips))

    @cache
    def parted(mask: int) -> tuple[float, tuple[int, ...]]:
        low, part = mask & -mask, mask
        least: tuple[float, tuple[int, ...]] = (math.inf, ())
        while part:
            if part & low and part in best:
                rest, sets = parted(mask ^ part) if mask ^ part else (0.0, ())
                least = min(least, (best[part][0] + rest, (part, *sets)))
            part = (part - 1) & mask
        return least

    chosen = parted((1 << problem.n) - 1)[1] if problem.n else ()
    return RouteDraft([(best[part][1], route) for part in chosen for route in best[part][2].routes], [])


def _trips(kernel: Kernel, kind: int) -> Iterator[_Way]:
    """Yield every order of every subset that the vehicle type can drive."""
    problem, truck, most_kg = kernel.problem, kernel.trucks[kind], kernel.trucks[kind].kg
    singles = [kernel.single(i) for i in range(problem.n)]
    growing = [(1 << i, single) for i, single in enumerate(singles)]
    while growing:
        mask, segment = growing.pop()
        if segment.kg > most_kg:
            continue
        price = kernel.price(segment, kind)
        if price < math.inf:
            yield _trip(kernel, kind, mask, segment, price - truck.day)
        growing += [(mask | 1 << i, kernel.join(segment, one)) for i, one in enumerate(singles) if not mask >> i & 1]


def _trip(kernel: Kernel, kind: int, mask: int, segment: Segment, cost_cny: float) -> _Way:
    problem, speed = kernel.problem, kernel.trucks[kind].speed
    out = kernel.time[0][segment.stops[0] + 1]
    drive = (out + segment.tail_h) / speed
    hours, lead = drive + segment.halt + problem.unload_h, out / speed + segment.first_halt
    most = min(float(problem.max_wait_h[stop]) for stop in segment.stops)
    return _Way(mask, (segment.stops,), cost_cny, hours, drive, hours - lead, lead, segment.weight, most)


def _longer(
    problem: CollectionProblem, kind: int, ways: dict[int, list[_Way]], trips: dict[int, list[_Way]]
) -> Iterator[_Way]:
    """Yield every way with one further trip of the same vehicle."""
    vehicle = problem.vehicles[kind]
    if vehicle.trips_day == 1:
        return
    longest, most = vehicle.shift_h + HOURS_TOLERANCE, drive_limit_h(vehicle) + HOURS_TOLERANCE
    for way in (one for some in ways.values() for one in some):
        for trip in (one for mask, some in trips.items() if not mask & way.mask for one in some):
            hours, drive = way.hours + trip.hours, way.drive_h + trip.drive_h
            wait = max(way.late_h + trip.lead_h, 0.0)
            if hours > longest or drive > most or wait > trip.most_wait_h + HOURS_TOLERANCE:
                continue
            cost = way.cost_cny + trip.cost_cny + trip.weight * wait
            routes = way.routes + trip.routes
            yield _Way(way.mask | trip.mask, routes, cost, hours, drive, way.late_h + trip.hours, 0.0, 0.0, math.inf)


def _kept(ways: Iterator[_Way]) -> dict[int, list[_Way]]:
    """Keep of the ways over each set of stops those that none beats in cost and hours."""
    kept: dict[int, list[_Way]] = {}
    for way in ways:
        known = kept.setdefault(way.mask, [])
        if not any(way.no_better(other) for other in known):
            known[:] = [other for other in known if not other.no_better(way)]
            known.append(way)
    return kept
