"""Lots: orders with the depots that can take them, what each loses on its way, and what an hour aboard costs it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from coldchain.arrays import KG_PER_T
from coldchain.dispatch.orders import Order
from coldchain.dispatch.source import Depot, DispatchSource
from coldchain.economy import onward_cny_t
from coldchain.errors import Fault, shortened
from coldchain.language import _
from coldchain.language.ids import word
from coldchain.model import Commodity, CoolingClass, VehicleType
from coldchain.model.naming import labelled
from coldchain.network import travel
from coldchain.routing import HaulRule, lower_bound_cny_t
from coldchain.spoilage import (
    LaneStage,
    Ride,
    cold_stages,
    harvest_clock_h,
    line_haul_half_h,
    ride_loss,
    ride_loss_per_hour,
)

REFERENCE_ABOARD_H = 1.0
SHOWN = 8


@dataclass(frozen=True)
class Lot:
    """An order with where it may go.

    Attributes
    ----------
    ways : index of each depot that may take it -> the cooling class it goes into there
    """

    order: Order
    ways: dict[int, CoolingClass]


@dataclass(frozen=True)
class Kept:
    """Kilograms of an order that stay behind before any tour is looked for, with cause and words."""

    order: Order
    kg: float
    cause: str
    detail: str


@dataclass(frozen=True)
class HourCount:
    """How the hours of lots are counted.

    Attributes
    ----------
    since_ready : lots are harvested ``planned_wait_h`` before they are ready, and wait; otherwise, as plans count, they
        are harvested for the truck, ``planned_wait_h`` before they are loaded
    ready_h : where an order names no hour: the middle of the harvest window and the planned wait
    """

    since_ready: bool
    ready_h: float
    wait_h: float

    def ready(self, order: Order) -> float:
        """Hour from which an order can be loaded."""
        return self.ready_h if order.ready_h is None else order.ready_h

    def harvest_h(self, order: Order, leave_h: float) -> float:
        """Hour at which the life of a lot begins that leaves its village at ``leave_h``."""
        if order.harvest_h is not None:
            return order.harvest_h
        return (self.ready(order) if self.since_ready else leave_h) - self.wait_h


def clock_of(source: DispatchSource, period: int, *, since_ready: bool) -> HourCount:
    """Return how hours are counted in a period."""
    wait = source.scenario.chain.planned_wait_h
    return HourCount(since_ready, harvest_clock_h(source.scenario.periods[period]) + wait, wait)


@dataclass
class Lanes:
    """What lots lose in one period, by commodity, depot and class; each lane is put together once."""

    source: DispatchSource
    period: int
    haul_h: np.ndarray = field(init=False)
    haul_cny_t: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Measure the line haul of every open depot."""
        scenario, placed, depots = self.source.scenario, self.source.placed, self.source.depots
        nodes = np.array([self.source.depot_node(n) for n in range(len(depots))], dtype=np.int64)
        way = travel(placed.network, nodes, placed.hub_node)
        rows, hubs = np.arange(len(depots)), np.array([depot.hub for depot in depots], dtype=np.intp)
        trucks = scenario.line_haul
        rule = HaulRule(scenario.routing.dock_h, scenario.routing.load_h_t, scenario.routing.haul_m3_t)
        hours, km = way.time_h[rows, hubs], way.km[rows, hubs]
        self.haul_h = hours / min(truck.speed_factor for truck in trucks)
        self.haul_cny_t = np.array(
            [
                lower_bound_cny_t(h, k, trucks, rule) if np.isfinite(h) else math.inf
                for h, k in zip(hours, km, strict=True)
            ]
        )
        self.cold = lru_cache(maxsize=None)(self._cold)
        self.reference_cny_kg = lru_cache(maxsize=None)(self._reference_cny_kg)
        self.per_hour = lru_cache(maxsize=None)(self._per_hour)

    def _cold(self, commodity: int, depot: int, cooling: CoolingClass) -> tuple[LaneStage, ...]:
        scenario = self.source.scenario
        haul = (float(self.haul_h[depot]), line_haul_half_h(scenario))
        hub = scenario.hubs[self.source.depots[depot].hub]
        return cold_stages(scenario.chain, cooling, hub, haul, scenario.commodities[commodity])

    def loss(self, commodity: int, depot: int, cooling: CoolingClass, ride: Ride) -> float:
        """Share lost from harvest to the buyer."""
        if not (cooling.is_plant or math.isfinite(self.haul_h[depot])):
            return 1.0
        scenario = self.source.scenario
        crop, period = scenario.commodities[commodity], scenario.periods[self.period]
        return ride_loss(scenario.chain, crop, period, ride, self.cold(commodity, depot, cooling))

    def _reference_cny_kg(self, commodity: int, depot: int, cooling: CoolingClass, ready_h: float) -> float:
        """CNY a kg of a commodity costs through a depot, ride apart: what is lost after one hour aboard, line haul."""
        scenario = self.source.scenario
        crop = scenario.commodities[commodity]
        ride = Ride(ready_h - scenario.chain.planned_wait_h, ready_h, ready_h + REFERENCE_ABOARD_H)
        lost = self.loss(commodity, depot, cooling, ride)
        if cooling.is_plant:  # sold at its gate: the fresh sale is given up for what the product fetches
            made_cny_t = (1.0 - lost) * cooling.yield_t_t * cooling.product_cny_t
            power_cny_t = cooling.process_kwh_t * scenario.economics.power_cny_kwh
            return crop.price_cny_kg + (cooling.process_cny_t + power_cny_t - made_cny_t) / KG_PER_T
        premium = onward_cny_t(scenario)[self.source.depots[depot].hub, commodity]
        return crop.price_cny_kg * lost + float(self.haul_cny_t[depot] + premium) / KG_PER_T

    def _per_hour(
        self, commodity: int, depot: int, cooling: CoolingClass, ready_h: float, aboard_h: float
    ) -> tuple[float, float, float]:
        """CNY a kg loses for each further hour aboard, by cargo."""
        scenario = self.source.scenario
        crop, period = scenario.commodities[commodity], scenario.periods[self.period]
        halves = [v.half_warming_h for v in scenario.vehicles if v.cargo == "insulated" and v.half_warming_h]
        start = ready_h - scenario.chain.planned_wait_h
        ride = Ride(start, ready_h, ready_h + aboard_h, "insulated", min(halves, default=None))
        cold = self.cold(commodity, depot, cooling)
        shares = ride_loss_per_hour(scenario.chain, crop, period, ride, cold)
        return (shares[0] * crop.price_cny_kg, shares[1] * crop.price_cny_kg, shares[2] * crop.price_cny_kg)


def class_at(depot: Depot, zone: str, methods: Sequence[str]) -> CoolingClass | None:
    """Return the fastest of a depot's classes that suits; None when there is none."""
    fit = [cooling for cooling in depot.t_day if cooling.zone == zone and cooling.method in methods]
    return min(fit, key=lambda cooling: (cooling.half_cooling_h, cooling), default=None)


def plant_at(depot: Depot, crop: Commodity) -> CoolingClass | None:
    """Return the plant of a depot that takes a crop and makes most of a tonne of it; None when there is none."""
    fit = [kind for kind in depot.t_day if kind.is_plant and kind.fits(crop)]
    return max(fit, key=lambda kind: (kind.yield_t_t * kind.product_cny_t - kind.process_cny_t, kind), default=None)


def lots_of(
    source: DispatchSource, orders: Sequence[Order], period: int, *, anywhere: bool
) -> tuple[list[Lot], list[Kept], list[Fault]]:
    """Find the depots of every order.

    Parameters
    ----------
    anywhere : every open depot whose zones can take the crop; otherwise the planned ones, as far as there are any

    Returns
    -------
    (lots, kept, faults)
        An order that no open depot can take stays behind, unless it names the depot: that is a fault. Of a typical day
        such crops are no lots at all: they keep today's chain.
    """
    lots, kept, faults, unplanned = [], [], [], []
    for order in orders:
        ways = _planned_ways(source, order, period) if not anywhere or order.zone else {}
        if not ways:
            ways = _able_ways(source, order)
            if ways and source.planned and not anywhere and not order.depot:
                village = source.scenario.villages[order.village]
                unplanned.append(labelled(village.id, village.name))
        if ways:
            lots.append(Lot(order, ways))
            continue
        fault = _nowhere(source, order)
        faults.append(fault)
        if order.row is not None:
            kept.append(Kept(order, order.kg, "depot", fault.message))
    if unplanned:
        text = _("not in the plan: taken to whichever open depot suits")
        shown = shortened(tuple(dict.fromkeys(unplanned)), SHOWN)
        faults.append(Fault("orders", None, "", shown, text, "unplanned", warning=True))
    return lots, kept, list(dict.fromkeys(faults))


def _able_ways(source: DispatchSource, order: Order) -> dict[int, CoolingClass]:
    crop = source.scenario.commodities[order.commodity]
    able = {n: class_at(depot, crop.zone, crop.methods) or plant_at(depot, crop) for n, depot in
            enumerate(source.depots)}  # fmt: skip
    allowed = {n for n, depot in enumerate(source.depots) if order.depot in ("", depot.id)}
    return {n: cooling for n, cooling in able.items() if cooling is not None and n in allowed}


def _planned_ways(source: DispatchSource, order: Order, period: int) -> dict[int, CoolingClass]:
    """Return the depots the plan names for the order's village and commodity, as far as the order leaves them open."""
    ways: dict[int, CoolingClass] = {}
    number = {depot.id: n for n, depot in enumerate(source.depots)}
    for depot, zone, method, _share in source.planned.get((order.village, order.commodity, period), ()):
        if order.depot not in ("", depot) or (order.zone and (zone, method) != (order.zone, order.method)):
            continue
        cooling = class_at(source.depots[number[depot]], zone, (method,)) if depot in number else None
        if cooling is not None:
            kept = ways.get(number[depot], cooling)
            ways[number[depot]] = min(kept, cooling, key=lambda c: (c.half_cooling_h, c))
    return ways


def _nowhere(source: DispatchSource, order: Order) -> Fault:
    crop = source.scenario.commodities[order.commodity]
    needs = _("{id} needs zone {zone} by {methods}").format(
        id=crop.id, zone=word(crop.zone), methods=_(" or ").join(map(word, crop.methods))
    )
    if order.depot:
        return Fault(
            "orders",
            order.row,
            "depot",
            order.depot,
            _("{needs}; this depot has no room of the kind").format(needs=needs),
            "no-zone",
        )
    message = _("{needs}; no open depot has a room of the kind").format(needs=needs)
    return Fault("orders", order.row, "commodity", crop.id, message, "no-zone", warning=True)


def direct_h(source: DispatchSource, lots: Sequence[Lot], vehicles: Sequence[VehicleType]) -> list[dict[int, float]]:
    """Return for each lot the hours of the direct ride to each of its depots with the fastest vehicle."""
    if not lots:
        return []
    villages = sorted({lot.order.village for lot in lots})
    nodes = np.array([source.depot_node(n) for n in range(len(source.depots))], dtype=np.int64)
    back = travel(source.placed.network, source.placed.village_node[villages], nodes).time_h
    fastest = max(vehicle.speed_factor for vehicle in vehicles)
    place = {village: n for n, village in enumerate(villages)}
    return [{n: float(back[place[lot.order.village], n]) / fastest for n in lot.ways} for lot in lots]
