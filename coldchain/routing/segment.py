"""Pieces of routes that join in constant time, priced for every vehicle type at once.

A segment is an order of visit that ends with the drive to the depot. Joining ``a`` before ``b`` takes ``a``'s drive to
the depot away and puts the link and all of ``b`` in its place, so every lot of ``a`` stays aboard longer by the same
hours: with the weight ``W`` of all of ``a``'s lots the spoilage grows by ``W·Δ``. Driving and halting hours are kept
apart, since only driving scales with the speed of the vehicle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from coldchain.arrays import HOURS_TOLERANCE, LOAD_TOLERANCE
from coldchain.routing.problem import CollectionProblem, drive_limit_h
from coldchain.routing.quantities import most_of, rates_of

INF = float("inf")


class Segment(NamedTuple):
    """An order of visit and its sums, all at reference speed.

    ``kg``, ``m3`` and ``weight`` (CNY/h) of all lots; ``halt`` h of all halts and ``first_halt`` of the first;
    ``tail_h`` and ``tail_km`` from the first stop to the depot; ``drive_cny`` and ``halt_cny`` spoilage from driving
    and from halts.
    """

    stops: tuple[int, ...]
    kg: float
    m3: float
    weight: float
    halt: float
    first_halt: float
    tail_h: float
    tail_km: float
    drive_cny: float
    halt_cny: float


class _Truck(NamedTuple):
    kg: float
    m3: float
    day: float
    per_km: float
    per_h: float
    speed: float
    shift: float
    drive: float


class Kernel:
    """Builds, joins and prices segments of one problem, each stop with its whole load."""

    def __init__(self, problem: CollectionProblem):
        self.problem = problem
        self.time: list[list[float]] = problem.time_h.tolist()
        self.km: list[list[float]] = problem.km.tolist()
        slack = 1 + LOAD_TOLERANCE / 2
        self.trucks = [
            _Truck(
                v.payload_kg * slack,
                v.volume_m3 * slack,
                v.cost_cny_day,
                v.cost_cny_km,
                v.cost_cny_h,
                v.speed_factor,
                v.shift_h - problem.unload_h + HOURS_TOLERANCE / 2,
                drive_limit_h(v) + HOURS_TOLERANCE / 2,
            )
            for v in problem.vehicles
        ]
        self._types = range(len(self.trucks))
        self._rates = rates_of(problem.vehicles).tolist()
        self._most = most_of(problem.vehicles).tolist()
        self._aboard = problem.max_aboard_h + HOURS_TOLERANCE / 2

    def single(self, stop: int) -> Segment:
        """Segment of one stop."""
        p = self.problem
        kg, weight = float(p.load_kg[stop]), float(p.weight_cny_h[stop])
        halt, back = p.halt_h(kg), self.time[stop + 1][0]
        drive_cny = weight * back if weight else 0.0
        return Segment(
            (stop,), kg, float(p.volume_m3[stop]), weight, halt, halt, back, self.km[stop + 1][0], drive_cny, 0.0
        )

    def join(self, a: Segment, b: Segment) -> Segment:
        """Visit ``a``, then ``b``, then drive to the depot."""
        last, first = a.stops[-1] + 1, b.stops[0] + 1
        more_h = self.time[last][first] + b.tail_h - self.time[last][0]
        more_km = self.km[last][first] + b.tail_km - self.km[last][0]
        late = a.weight * more_h if a.weight else 0.0
        return Segment(
            a.stops + b.stops,
            a.kg + b.kg,
            a.m3 + b.m3,
            a.weight + b.weight,
            a.halt + b.halt,
            a.first_halt,
            a.tail_h + more_h,
            a.tail_km + more_km,
            a.drive_cny + b.drive_cny + late,
            a.halt_cny + b.halt_cny + a.weight * b.halt,
        )

    def chain(self, stops: Sequence[int]) -> Segment:
        """Segment of a whole order of visit."""
        whole = self.single(stops[0])
        for stop in stops[1:]:
            whole = self.join(whole, self.single(stop))
        return whole

    def price(self, s: Segment, kind: int) -> float:
        """CNY of driving the segment as a route by this vehicle type, spoilage included; inf when a limit is broken."""
        truck = self.trucks[kind]
        if s.kg > truck.kg or s.m3 > truck.m3:
            return INF
        for (each, per_kg), most in zip(self._rates, self._most[kind], strict=True):
            if each * len(s.stops) + per_kg * s.kg > most:
                return INF
        out = s.stops[0] + 1
        drive = (self.time[0][out] + s.tail_h) / truck.speed
        hours = drive + s.halt
        if not (drive <= truck.drive and hours <= truck.shift):
            return INF
        if not s.tail_h / truck.speed + s.halt - s.first_halt <= self._aboard:
            return INF
        km = self.km[0][out] + s.tail_km
        paid = hours + self.problem.unload_h
        return truck.day + truck.per_km * km + truck.per_h * paid + s.drive_cny / truck.speed + s.halt_cny

    def cheapest(self, s: Segment, left: Sequence[int | None] | None = None) -> tuple[float, int]:
        """Least price over the vehicle types of which one is left, and that type; ``(inf, -1)`` when none can."""
        best, chosen = INF, -1
        for kind in self._types:
            if left is not None and left[kind] == 0:
                continue
            price = self.price(s, kind)
            if price < best:
                best, chosen = price, kind
        return best, chosen
