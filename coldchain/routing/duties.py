"""Trips of a day put together into duties: what one vehicle of a type does in its shift, one trip after the other.

A vehicle costs its day once, however many trips it makes within ``shift_h``, ``max_drive_h`` and ``trips_day``. The
first trip of a duty begins as a lone trip would; what is fetched by a later one waits in its village meanwhile, for

    wait_k = Σ_{i<k} hours_i + lead_k - lead_1

hours, ``lead`` being the hours from leaving the depot until the first stop is loaded. Waiting is priced as hours aboard
are, by the weight of the load, and no load waits longer than its stop allows. Up to ``EXACT`` trips of a type all ways
to put them together are looked at; more are joined two duties at a time, the greatest saving first (Clarke & Wright
1964, doi 10.1287/opre.12.4.568).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from coldchain.arrays import HOURS_TOLERANCE
from coldchain.model import VehicleType

EXACT = 6  # trips of a type: 1,956 orders, 729 pairs of a set and its part
Order = tuple[int, ...]


@dataclass(frozen=True)
class DutyTrip:
    """One trip of a vehicle type as far as its place in a duty is concerned.

    Attributes
    ----------
    hours, drive_h : from leaving the depot to the end of unloading, and the driving among them
    lead_h : from leaving the depot until its first stop is loaded
    wait_cny_h : CNY that each hour of waiting costs
    most_wait_h : longest that its load may wait
    """

    hours: float
    drive_h: float
    lead_h: float = 0.0
    wait_cny_h: float = 0.0
    most_wait_h: float = math.inf


def waits_h(trips: Sequence[DutyTrip]) -> tuple[float, ...]:
    """Return the hours that each load of a duty waits, in the order of its trips.

    Examples
    --------
    >>> waits_h([DutyTrip(hours=3.0, drive_h=2.0, lead_h=1.0), DutyTrip(hours=2.0, drive_h=1.0, lead_h=0.5)])
    (0.0, 2.5)
    """
    found, gone = [0.0], 0.0
    for before, trip in itertools.pairwise(trips):
        gone += before.hours
        found.append(max(gone + trip.lead_h - trips[0].lead_h, 0.0))
    return tuple(found[: len(trips)])


def waiting_cny(trips: Sequence[DutyTrip]) -> float:
    """Return what waiting costs on a duty."""
    return sum(trip.wait_cny_h * wait for trip, wait in zip(trips, waits_h(trips), strict=True))


def fits(vehicle: VehicleType, trips: Sequence[DutyTrip]) -> bool:
    """Tell whether one vehicle can make these trips in this order."""
    driving, most = sum(trip.drive_h for trip in trips), vehicle.max_drive_h
    return (
        len(trips) <= vehicle.trips_day
        and sum(trip.hours for trip in trips) <= vehicle.shift_h + HOURS_TOLERANCE
        and (most is None or driving <= most + HOURS_TOLERANCE)
        and all(wait <= trip.most_wait_h + HOURS_TOLERANCE for trip, wait in zip(trips, waits_h(trips), strict=True))
    )


def put_together(vehicle: VehicleType, trips: Sequence[DutyTrip]) -> tuple[Order, ...]:
    """Return duties of least cost for trips of one vehicle type: which trips each makes, in order.

    The cost is ``cost_cny_day`` for each duty and what waiting costs. Trips that no vehicle could make at all are
    duties by themselves.

    Examples
    --------
    Two trips of 4 h share a vehicle of 60 CNY a day while waiting costs less.

    >>> truck = VehicleType(id="t", payload_kg=1000, volume_m3=9, cargo="ambient", trips_day=2,
    ...                     cost_cny_day=60, cost_cny_km=1, cost_cny_h=0)
    >>> put_together(truck, [DutyTrip(4.0, 3.0, wait_cny_h=16.0), DutyTrip(4.0, 3.0, wait_cny_h=14.0)])
    ((0, 1),)
    >>> put_together(truck, [DutyTrip(4.0, 3.0, wait_cny_h=16.0), DutyTrip(4.0, 3.0, wait_cny_h=15.1)])
    ((0,), (1,))
    """
    alone = tuple((n,) for n in range(len(trips)))
    if vehicle.trips_day == 1 or len(trips) < 2:
        return alone
    found = _all_ways(vehicle, trips) if len(trips) <= EXACT else _joined(vehicle, trips)
    return tuple(sorted(found))


def _priced(vehicle: VehicleType, trips: Sequence[DutyTrip], order: Order) -> float:
    """Return what a duty costs beside its trips; inf when no vehicle can do it."""
    chosen = [trips[n] for n in order]
    return vehicle.cost_cny_day + waiting_cny(chosen) if len(order) == 1 or fits(vehicle, chosen) else math.inf


def _all_ways(vehicle: VehicleType, trips: Sequence[DutyTrip]) -> tuple[Order, ...]:
    best: dict[int, tuple[float, Order]] = {}

    def grow(order: Order, mask: int) -> None:
        cost = _priced(vehicle, trips, order)
        if cost == math.inf:
            return
        if cost < best.get(mask, (math.inf,))[0]:
            best[mask] = cost, order
        if len(order) < vehicle.trips_day:
            for n in range(len(trips)):
                if not mask >> n & 1:
                    grow((*order, n), mask | 1 << n)

    for n in range(len(trips)):
        grow((n,), 1 << n)

    @cache
    def parted(mask: int) -> tuple[float, tuple[Order, ...]]:
        if not mask:
            return 0.0, ()
        low, part = mask & -mask, mask
        least: tuple[float, tuple[Order, ...]] = (math.inf, ())
        while part:
            if part & low and part in best:
                cost, duties = parted(mask ^ part)
                least = min(least, (cost + best[part][0], (best[part][1], *duties)))
            part = (part - 1) & mask
        return least

    return parted((1 << len(trips)) - 1)[1]


def _joined(vehicle: VehicleType, trips: Sequence[DutyTrip]) -> tuple[Order, ...]:
    duties: dict[Order, float] = {(n,): _priced(vehicle, trips, (n,)) for n in range(len(trips))}
    gains: dict[tuple[Order, Order], float] = {}

    def look(a: Order, b: Order) -> None:
        saved = duties[a] + duties[b] - _priced(vehicle, trips, a + b)
        if saved > 0.0:
            gains[a, b] = saved

    for a in duties:
        for b in duties:
            if a != b:
                look(a, b)
    while gains:
        a, b = min(gains, key=lambda pair: (-gains[pair], pair))
        duties = {order: cost for order, cost in duties.items() if order not in (a, b)}
        duties[a + b] = _priced(vehicle, trips, a + b)
        gains = {pair: gain for pair, gain in gains.items() if not {a, b} & set(pair)}
        for other in duties:
            if other != a + b:
                look(a + b, other)
                look(other, a + b)
    return tuple(duties)
