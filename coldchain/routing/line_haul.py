"""Line haul from one depot to its hub: the cheapest mix of trucks for a typical day.

A trip of type v takes ``2·one_way_h/speed + dock_h + load_h_t·min(capacity, load of the day)`` hours: docks are booked
for a full truck, or for all there is. When these exceed the shift, or the driving among them the most of a driver,
every further driver is priced as one more vehicle day: ``crews = ceil(max(hours / shift_h, drive_h / max_drive_h))``.
Trips are whole, and produce does not wait: a load under half the smallest truck still goes every day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, LOAD_TOLERANCE_T
from coldchain.model import VehicleType
from coldchain.routing.problem import drive_limit_h

WAY_BACK = 2.0


@dataclass(frozen=True)
class HaulRule:
    """Hours and space of a trip: dock_h h at both docks together, load_h_t h per t, m3_t m³ that one t takes."""

    dock_h: float = 1.0
    load_h_t: float = 0.0
    m3_t: float = 0.0


@dataclass(frozen=True)
class Trip:
    """One trip of one vehicle type: capacity t, km and hours there and back, crews, CNY."""

    vehicle_id: str
    capacity_t: float
    km: float
    hours: float
    crews: int
    cost_cny: float


@dataclass(frozen=True)
class LineHaul:
    """The trips of a typical day.

    Attributes
    ----------
    trips : (trip, number a day), cheapest per tonne first
    km, hours : of all trips of the day
    cost_cny_day : CNY/day; inf when there is load and no vehicle can go
    """

    load_t_day: float
    trips: tuple[tuple[Trip, int], ...]
    km: float
    hours: float
    cost_cny_day: float

    @property
    def trips_day(self) -> int:
        """Number of trips in all."""
        return sum(n for _, n in self.trips)


def price_trip(
    vehicle: VehicleType, load_t_day: float, one_way_h: float, one_way_km: float, rule: HaulRule = HaulRule()
) -> Trip:
    """Price one trip to the hub and back on a day with `load_t_day` to haul."""
    capacity = capacity_t(vehicle, rule)
    drive_h = WAY_BACK * one_way_h / vehicle.speed_factor
    hours = drive_h + rule.dock_h + rule.load_h_t * min(capacity, load_t_day)
    km = WAY_BACK * one_way_km
    crews = crews_of(hours, drive_h, vehicle)
    cost = crews * vehicle.cost_cny_day + vehicle.cost_cny_km * km + vehicle.cost_cny_h * hours
    return Trip(vehicle.id, capacity, km, hours, crews, cost)


def solve_line_haul(
    load_t_day: float,
    one_way_h: float,
    one_way_km: float,
    vehicles: Sequence[VehicleType],
    rule: HaulRule = HaulRule(),
) -> LineHaul:
    """Choose whole numbers of trips n_v with Σ n_v·capacity_v ≥ load at least cost; exact by branch and bound.

    Parameters
    ----------
    load_t_day : t/day of one temperature zone
    one_way_h, one_way_km : depot to hub at reference speed; the way back is taken as long
    vehicles : types on offer, any number of each
    rule : hours and space of a trip

    Examples
    --------
    5 t with trucks of 2 t (100 CNY) and 4 t (150 CNY) a trip: one of each, 250 CNY, beats two large ones, 300 CNY.

    >>> small, large = (VehicleType(id=f"r{q}", payload_kg=q * 1000, volume_m3=99, cargo="reefer", cost_cny_day=cost,
    ...                             cost_cny_km=0, cost_cny_h=0) for q, cost in ((2, 100), (4, 150)))
    >>> day = solve_line_haul(5.0, 1.0, 40.0, (small, large))
    >>> day.cost_cny_day, [(trip.vehicle_id, n) for trip, n in day.trips]
    (250.0, [('r4', 1), ('r2', 1)])
    """
    if load_t_day <= 0:
        return LineHaul(load_t_day, (), 0.0, 0.0, 0.0)
    priced = [price_trip(v, load_t_day, one_way_h, one_way_km, rule) for v in vehicles]
    usable = [t for t in priced if math.isfinite(t.cost_cny)]
    usable.sort(key=lambda t: (t.cost_cny / t.capacity_t, -t.capacity_t, t.vehicle_id))
    if not usable:
        return LineHaul(load_t_day, (), 0.0, 0.0, math.inf)
    counts = _cheapest_cover(load_t_day, [t.capacity_t for t in usable], [t.cost_cny for t in usable])
    trips = tuple((t, n) for t, n in zip(usable, counts, strict=True) if n)
    return LineHaul(
        load_t_day,
        trips,
        sum(n * t.km for t, n in trips),
        sum(n * t.hours for t, n in trips),
        sum(n * t.cost_cny for t, n in trips),
    )


def _cheapest_cover(load: float, capacity: list[float], cost: list[float]) -> list[int]:
    """Cover `load` at least cost; types sorted by cost per capacity, so the next ratio bounds what is to come."""
    best = [math.inf]
    chosen: list[int] = []

    def grow(k: int, rest: float, spent: float, counts: list[int]) -> None:
        if rest <= LOAD_TOLERANCE_T:
            if spent < best[0]:
                best[0] = spent
                chosen[:] = counts + [0] * (len(cost) - k)
            return
        if k == len(cost) or spent + rest * cost[k] / capacity[k] >= best[0]:
            return
        for n in range(math.ceil((rest - LOAD_TOLERANCE_T) / capacity[k]), -1, -1):
            if n and spent + n * cost[k] >= best[0]:
                continue
            following = min((c / q for c, q in zip(cost[k + 1 :], capacity[k + 1 :], strict=True)), default=math.inf)
            left = rest - n * capacity[k]
            if left > LOAD_TOLERANCE_T and spent + n * cost[k] + left * following >= best[0]:
                break
            grow(k + 1, left, spent + n * cost[k], [*counts, n])

    grow(0, load, 0.0, [])
    return chosen


def lower_bound_cny_t(
    one_way_h: float, one_way_km: float, vehicles: Sequence[VehicleType], rule: HaulRule = HaulRule()
) -> float:
    """Underestimate the line haul of each tonne, whatever the load of the day; inf when no vehicle can go.

    The least over types of ``(fixed + cost_h·load_h_t·Q) / Q`` with Q the capacity and ``fixed`` the trip without
    loading. A trip on a day with load L costs at least ``fixed + a·min(Q, L) ≥ (fixed + a·Q)·min(Q, L)/Q``, and the
    trips of the day satisfy Σ n·Q ≥ L, hence Σ n·min(Q, L) ≥ L.
    """
    best = math.inf
    for v in vehicles:
        empty = price_trip(v, 0.0, one_way_h, one_way_km, rule)
        best = min(best, empty.cost_cny / empty.capacity_t + v.cost_cny_h * rule.load_h_t)
    return best


def capacity_t(vehicle: VehicleType, rule: HaulRule) -> float:
    """Return what a truck holds by weight and by space, t."""
    by_weight = vehicle.payload_kg / KG_PER_T
    return min(by_weight, vehicle.volume_m3 / rule.m3_t) if rule.m3_t > 0 else by_weight


def crews_of(hours: float, drive_h: float, vehicle: VehicleType) -> int:
    """Return how many crews a trip takes by its hours and the driving among them; 0 when it cannot be driven."""
    if not np.isfinite(hours):
        return 0
    shifts = max((hours - HOURS_TOLERANCE) / vehicle.shift_h, (drive_h - HOURS_TOLERANCE) / drive_limit_h(vehicle))
    return max(1, math.ceil(shifts))
