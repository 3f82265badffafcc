"""Collection routes: kilometres, hours, loads and costs recomputed leg by leg."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import VehicleType
from coldchain.verify.carbon import Driven
from coldchain.verify.fleet import CheckedFleet
from coldchain.verify.record import KG_PER_T, ON_THE_DOT_H, TOLERANCE, Record, rows
from coldchain.verify.restated import check_row
from coldchain.verify.trips import excesses


@dataclass(frozen=True)
class CheckedFetching:
    """Loads that routes bring in: (village, depot, period) -> [(kg a day, hours aboard, waited)]; CNY, CO2e a year."""

    loads: dict[tuple[str, str, str], list[tuple[float, float, float]]]
    cost_by_depot: dict[str, float]
    driven: Driven = field(default_factory=Driven)

    @property
    def cost_cny(self) -> float:
        """CNY a year in all."""
        return sum(self.cost_by_depot.values())


def check_routes(record: Record, vehicles: CheckedFleet) -> CheckedFetching:
    """Drive every route again: order, loads, hours aboard, limits and cost."""
    loads: dict[tuple[str, str, str], list[tuple[float, float, float]]] = defaultdict(list)
    stops = record.tables["stops"].sort_values(["route", "order"], kind="stable").groupby("route")
    cost: dict[str, float] = defaultdict(float)
    driven = Driven()
    space = _space_m3_kg(record)
    for depot, heads in record.tables["routes"].groupby("depot"):
        for head in rows(heads):
            if head.route not in stops.groups:
                record.wrong(_("routes: {route} has no stops").format(route=head.route))
                continue
            halts = stops.get_group(head.route)
            drive_h, km = record.round_of(str(depot), halts["village"])
            cost[str(depot)] += _check_route(record, head, halts, drive_h, float(km.sum()), loads, space, vehicles)
            days = record.periods[str(head.period)][1].days
            driven.add(record.vehicles[str(head.vehicle)], days * head.km, days * head.hours, {str(depot): 1.0})
    if not record.scenario.routing.split_pickups:
        _check_whole(record, stops, space)
    return CheckedFetching(loads, cost, driven)


def _check_whole(record: Record, stops: Any, space: dict[tuple[str, str, str], float]) -> None:
    """Where loads may not be shared, one vehicle takes a village's rest; all others come for it alone, and full."""
    parts: dict[tuple[str, str, str], int] = defaultdict(int)
    for head in rows(record.tables["routes"]):
        if head.route not in stops.groups:
            continue
        called = stops.get_group(head.route)
        if not (len(called) == 1 and _full(record, head, called, space)):
            for village in called["village"]:
                parts[str(village), str(head.depot), str(head.period)] += 1
    for (village, depot, period), number in parts.items():
        if number > 1:
            told = _(
                "routes: {number} rounds of {depot} in {period} share the load of {village}; "
                "routing.split_pickups is false"
            )
            record.wrong(told.format(number=number, depot=depot, period=period, village=village))


def _full(record: Record, head: Any, called: pd.DataFrame, space: dict[tuple[str, str, str], float]) -> bool:
    """Whether a round for one village takes what its vehicle can: by weight, by volume or until its shift ends."""
    vehicle = record.vehicles[str(head.vehicle)]
    village, kg = called.iloc[0]["village"], float(called.iloc[0]["load_kg"])
    m3 = kg * space[str(village), str(head.depot), str(head.period)]
    nearly = 1 - TOLERANCE
    return bool(
        kg >= vehicle.payload_kg * nearly or m3 >= vehicle.volume_m3 * nearly or head.hours >= vehicle.shift_h - 1e-3
    )


def _space_m3_kg(record: Record) -> dict[tuple[str, str, str], float]:
    """Space of a kilogram of what each village is assigned to send to each depot in each period, m³/kg."""
    kg: dict[tuple[str, str, str], float] = defaultdict(float)
    m3: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in rows(record.tables["assignment"]):
        v, (c, crop) = record.villages[row.village][0], record.crops[row.commodity]
        for p, period in record.periods_of(row):
            load = float(record.scenario.harvest_t[v, c, p]) * row.share
            kg[row.village, row.depot, period.id] += load
            m3[row.village, row.depot, period.id] += load / crop.density_kg_m3
    return defaultdict(float, {key: m3[key] / load for key, load in kg.items() if load > 0})


def _check_route(
    record: Record,
    head: Any,
    halts: pd.DataFrame,
    drive_h: np.ndarray,
    km: float,
    loads: dict[tuple[str, str, str], list[tuple[float, float, float]]],
    space: dict[tuple[str, str, str], float],
    vehicles: CheckedFleet,
) -> float:
    """Check one route; return what it costs in a year."""
    scenario = record.scenario
    route, depot, period = str(head.route), str(head.depot), str(head.period)
    vehicle = record.vehicles[str(head.vehicle)]
    legs = drive_h / vehicle.speed_factor
    kg = halts["load_kg"].to_numpy(dtype=np.float64)
    halt_h = scenario.routing.stop_h + scenario.routing.load_h_t * kg / KG_PER_T
    after = legs[1:] + np.append(halt_h[1:], 0.0)
    aboard = np.cumsum(after[::-1])[::-1]
    hours = float(legs.sum() + halt_h.sum() + scenario.chain.unload_h)
    cost = vehicles.route_cny.get(route, vehicle.cost_cny_day) + vehicle.cost_cny_km * km + vehicle.cost_cny_h * hours
    figures = {"stops": len(kg), "km": km, "hours": hours, "drive_h": float(legs.sum()), "cost_cny_day": cost}
    figures |= {"load_kg": float(kg.sum()), "days": record.periods[period][1].days}
    check_row(record, head._asdict(), figures, {"table": "routes", "key": route})
    for key, stated, found in zip(halts["village"], halts["aboard_h"], aboard, strict=True):
        record.differs(
            _("stops: aboard_h of {key} on {route}").format(key=key, route=route), float(stated), float(found), 1e-3
        )
    _check_limits(
        record, route, vehicle, float(kg.sum()), hours=hours, driving=float(legs.sum()), aboard_h=float(aboard.max())
    )
    for text in excesses(vehicle, kg.tolist()):
        record.wrong(f"routes: {route} {text}")
    m3 = float(sum(load * space[key, depot, period] for key, load in zip(halts["village"], kg, strict=True)))
    if m3 > vehicle.volume_m3 * (1 + TOLERANCE):
        record.wrong(
            _("routes: {route} carries {m3:,.2f} m³; {vehicle} holds {volume_m3:,.2f}").format(
                route=route, m3=m3, vehicle=vehicle.id, volume_m3=vehicle.volume_m3
            )
        )
    if vehicle.id not in scenario.routing.collection_vehicles:
        record.wrong(
            _("routes: {vehicle} of {route} is not a collection vehicle").format(vehicle=vehicle.id, route=route)
        )
    for key, load, ride in zip(halts["village"], kg, aboard, strict=True):
        loads[str(key), depot, period].append((float(load), float(ride), vehicles.wait_h.get(route, 0.0)))
    return cost * record.periods[period][1].days


def _check_limits(
    record: Record, route: str, vehicle: VehicleType, kg: float, *, hours: float, driving: float, aboard_h: float
) -> None:
    """Check load, hours and driving hours, and the longest ride."""
    limit = record.scenario.siting.max_first_mile_h
    if vehicle.max_drive_h is not None and driving > vehicle.max_drive_h + ON_THE_DOT_H:
        record.wrong(
            _("routes: {route} drives {driving:.3f} h; {vehicle} may {max_drive_h:g} h").format(
                route=route, driving=driving, vehicle=vehicle.id, max_drive_h=vehicle.max_drive_h
            )
        )
    if kg > vehicle.payload_kg * (1 + TOLERANCE):
        record.wrong(
            _("routes: {route} carries {kg:,.1f} kg; {vehicle} may carry {payload_kg:,.1f}").format(
                route=route, kg=kg, vehicle=vehicle.id, payload_kg=vehicle.payload_kg
            )
        )
    if hours > vehicle.shift_h + ON_THE_DOT_H:
        record.wrong(
            _("routes: {route} takes {hours:.3f} h; the shift of {vehicle} is {shift_h:g} h").format(
                route=route, hours=hours, vehicle=vehicle.id, shift_h=vehicle.shift_h
            )
        )
    if aboard_h > limit + ON_THE_DOT_H:
        record.wrong(
            _("routes: a lot of {route} is aboard {aboard_h:.3f} h; the limit is {limit:g} h").format(
                route=route, aboard_h=aboard_h, limit=limit
            )
        )
