"""Line haul: straight trips and tours over several depots driven again, with their loads, hours, rides and costs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from coldchain.language import _
from coldchain.model import VehicleType
from coldchain.verify.carbon import Driven
from coldchain.verify.fleet import CheckedFleet
from coldchain.verify.record import KG_PER_T, TOLERANCE, Call, Record, calls_of, rows
from coldchain.verify.restated import check_row

Key = tuple[str, str, str]
Calls = Sequence[Call]


@dataclass
class Hauled:
    """What the trips carry.

    Attributes
    ----------
    rides : (depot, period, zone) -> [(t/day, hours from leaving the depot to the hub)]
    room_t : (depot, period, zone) -> t/day that the straight trips hold; straight_t : that they are stated to carry
    cost_by_depot : a year; what a tour costs is shared by tonnes
    """

    rides: dict[Key, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    room_t: dict[Key, float] = field(default_factory=lambda: defaultdict(float))
    straight_t: dict[Key, float] = field(default_factory=dict)
    cost_by_depot: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    driven: Driven = field(default_factory=Driven)

    @property
    def cost_cny(self) -> float:
        """CNY a year in all."""
        return sum(self.cost_by_depot.values())


def check_line_haul(record: Record, vehicles: CheckedFleet) -> Hauled:
    """Drive every trip again; return what is carried, how long it rides and what it costs."""
    hauled, ways = Hauled(), _Ways(record, vehicles)
    for row in rows(record.tables["line_haul"]):
        calls = _calls(record, row)
        if not calls:
            continue
        vehicle = record.vehicles[str(row.vehicle)]
        _check_truck(record, vehicle, [depot for depot, _rest, _rest in calls])
        check = _check_tour if row.tour else _check_straight
        cost = check(record, ways, row, calls, hauled)
        whole_t, days = sum(t for _depot, t, _hours in calls) or 1.0, record.periods[str(row.period)][1].days
        parts = {depot: t / whole_t if row.tour else 1.0 for depot, t, _hours in calls}
        hauled.driven.add(vehicle, days * row.km_day, days * row.hours_day, parts)
        for depot, part in parts.items():
            hauled.cost_by_depot[depot] += part * cost * days
    for (depot, period, zone), load in hauled.straight_t.items():
        _ride(record, hauled, (depot, period, zone), load, vehicles.haul_wait_h.get((depot, period, zone), []))
    return hauled


def _ride(record: Record, hauled: Hauled, key: Key, load: float, trips: Sequence[tuple[str, float]]) -> None:
    """Share what goes straight between the trips by what they hold: some leave later."""
    holds: dict[float, float] = defaultdict(float)
    for vehicle, wait in trips:
        holds[round(wait, 9)] += holds_t(record, record.vehicles[vehicle])
    for wait, held in holds.items():
        hauled.rides[key].append((load * held / sum(holds.values()), record.haul_h(key[0]) + wait))


def check_carried(record: Record, hauled: Hauled, arriving_t: Mapping[Key, float]) -> None:
    """Check that the trips of each depot take what arrives there.

    Parameters
    ----------
    arriving_t : (depot, period, zone) -> t/day
    """
    for key in sorted({*arriving_t, *hauled.rides}):
        depot, period, zone = key
        arriving, carried = arriving_t.get(key, 0.0), sum(t for t, _rest in hauled.rides.get(key, ()))
        straight, room = hauled.straight_t.get(key, 0.0), hauled.room_t.get(key, 0.0)
        if arriving > (carried - straight + room) * (1 + TOLERANCE) + 1e-6:
            record.wrong(
                _(
                    "line_haul: {depot} must send {arriving:,.3f} t/day {zone} in {period}; its trips take {taken:,.3f}"
                ).format(depot=depot, arriving=arriving, zone=zone, period=period, taken=carried - straight + room)
            )
        else:
            record.differs(
                _("line_haul: load_t_day of {depot} in {period}, {zone}").format(depot=depot, period=period, zone=zone),
                carried,
                arriving,
            )
        if straight > room * (1 + TOLERANCE) + 1e-6:
            record.wrong(
                _(
                    "line_haul: straight trips of {depot} carry {straight:,.3f} t/day {zone} in {period}; "
                    "they hold {room:,.3f}"
                ).format(depot=depot, straight=straight, zone=zone, period=period, room=room)
            )


class _Ways:
    """Hours and kilometres from depots to their hubs and to each other."""

    def __init__(self, record: Record, vehicles: CheckedFleet):
        self.record, self.vehicles = record, vehicles

    def day_cny(self, row: Any) -> float:
        """Return what all trips of a row bear of their vehicles' days."""
        return self.vehicles.trip_cny[str(row.depot), str(row.period), str(row.zone), str(row.vehicle), str(row.tour)]

    def depots(self, first: str, second: str) -> tuple[float, float]:
        """From depot to depot."""
        return self.record.roads.leg(self.record.site_node(first), self.record.site_node(second))

    def hub(self, depot: str, hub: str) -> tuple[float, float]:
        """From depot to hub."""
        return self.record.to_hub(self.record.site_node(depot), hub)


def _calls(record: Record, row: Any) -> list[Call]:
    """Depots of a trip in order with the t/day and ride of each; empty, and noted, where a tour makes no sense."""
    if not row.tour:
        return [(str(row.depot), float(row.load_t_day), float(row.ride_h))]
    calls: list[Call] = []
    for depot, load, ride_h in calls_of(str(row.tour)):
        if depot not in record.sites or not (math.isfinite(load) and load > 0 and ride_h >= 0):
            record.wrong(
                _('line_haul: tour must read "depot:t:h;depot:t:h" with known depots; got "{tour}"').format(
                    tour=row.tour
                )
            )
            return []
        calls.append((depot, load, ride_h))
    names, most = [depot for depot, _rest, _rest in calls], record.scenario.routing.haul_depots
    where = _("line_haul: the tour {names} in {period}").format(names=" - ".join(names), period=row.period)
    if not 2 <= len(names) <= most or len(set(names)) < len(names):
        record.wrong(_("{where} must call at 2 to {most} different depots").format(where=where, most=most))
    if names[0] != row.depot:
        record.wrong(_("{where} is written down for {depot}").format(where=where, depot=row.depot))
    for depot in names:
        if record.hub_of.get(depot) != row.hub:
            record.wrong(
                _("{where} goes to {hub}; {depot} delivers to {other}").format(
                    where=where, hub=row.hub, depot=depot, other=record.hub_of.get(depot, _("no hub"))
                )
            )
    return calls


def _check_truck(record: Record, vehicle: VehicleType, depots: Sequence[str]) -> None:
    if vehicle.id not in record.scenario.routing.line_haul_vehicles:
        record.wrong(
            _("line_haul: {vehicle} of {depot} is not a line-haul vehicle").format(vehicle=vehicle.id, depot=depots[0])
        )
    for depot in depots:
        bears = record.sites[depot][1].haul_payload_kg
        if bears is not None and vehicle.payload_kg > bears:
            record.wrong(
                _("line_haul: the road to {depot} bears {bears:g} kg; {vehicle} carries up to {payload_kg:g}").format(
                    depot=depot, bears=bears, vehicle=vehicle.id, payload_kg=vehicle.payload_kg
                )
            )


def holds_t(record: Record, vehicle: VehicleType) -> float:
    """Tonnes that a truck of the line haul holds, by weight or by volume."""
    return min(vehicle.payload_kg / KG_PER_T, vehicle.volume_m3 / record.scenario.routing.haul_m3_t)


def _check_straight(record: Record, ways: _Ways, row: Any, calls: Calls, hauled: Hauled) -> float:
    """Check straight trips of one vehicle type; return their cost a day."""
    vehicle, routing, ((depot, load, _rest),) = record.vehicles[str(row.vehicle)], record.scenario.routing, calls
    key = depot, str(row.period), str(row.zone)
    time_h, way_km = ways.hub(depot, str(row.hub))
    driving, km, holds = 2 * time_h / vehicle.speed_factor, 2 * way_km, holds_t(record, vehicle)
    hours = driving + routing.dock_h + routing.load_h_t * min(holds, load)
    cost = vehicle.cost_cny_km * km + vehicle.cost_cny_h * hours
    where = _("{vehicle} from {depot} in {period}, {zone}").format(
        vehicle=vehicle.id, depot=depot, period=row.period, zone=row.zone
    )
    cost = cost * row.trips_day + ways.day_cny(row)
    daily = {"km_day": km, "hours_day": hours}
    figures = {name: figure * row.trips_day for name, figure in daily.items()} | {"cost_cny_day": cost}
    if key not in hauled.straight_t:
        hauled.straight_t[key] = load
    figures |= {"ride_h": time_h / record.slowest, "load_t_day": hauled.straight_t[key]}
    check_row(record, row._asdict(), figures, {"table": "line_haul", "key": where})
    hauled.room_t[key] += row.trips_day * holds
    return float(cost)


def _check_tour(record: Record, ways: _Ways, row: Any, calls: Calls, hauled: Hauled) -> float:
    """Check one truck over several depots; return its cost a day."""
    vehicle, routing = record.vehicles[str(row.vehicle)], record.scenario.routing
    hub, load = str(row.hub), sum(t for _depot, t, _hours in calls)
    legs = [ways.hub(calls[0][0], hub)]  # the way out counts as long as the way back from the first depot
    legs += [ways.depots(a, b) for (a, *_rest), (b, *_rest) in pairwise(calls)]
    legs.append(ways.hub(calls[-1][0], hub))
    driving, km = sum(h for h, _rest in legs) / vehicle.speed_factor, sum(way for _rest, way in legs)
    halt_h = [routing.dock_h / 2 + routing.load_h_t * t for _depot, t, _hours in calls]
    hours = driving + routing.dock_h / 2 + sum(halt_h)
    where = _("{vehicle} by way of {names} in {period}, {zone}").format(
        vehicle=vehicle.id, names=" - ".join((depot for depot, _rest, _rest in calls)), period=row.period, zone=row.zone
    )
    cost = ways.day_cny(row) + vehicle.cost_cny_km * km + vehicle.cost_cny_h * hours
    ride_h = sum(h for h, _rest in legs[1:]) / record.slowest + sum(halt_h[1:])
    figures = {"km_day": km, "hours_day": hours, "cost_cny_day": cost, "load_t_day": load, "trips_day": 1.0}
    check_row(record, row._asdict(), {**figures, "ride_h": ride_h}, {"table": "line_haul", "key": where})
    if load > holds_t(record, vehicle) * (1 + TOLERANCE):
        record.wrong(
            _("line_haul: {load:,.3f} t of {where} are more than its {most:,.3f}").format(
                load=load, where=where, most=holds_t(record, vehicle)
            )
        )
    for n, (depot, t, stated_h) in enumerate(calls):
        ride_h -= halt_h[n] + legs[n][0] / record.slowest if n else 0.0
        record.differs(
            _("line_haul: ride of {depot} on {where}").format(depot=depot, where=where), stated_h, ride_h, 1e-3
        )
        hauled.rides[depot, str(row.period), str(row.zone)].append((t, ride_h))
    return cost
