"""Verify a day's routes from their tables and the inputs alone, sharing no code with what found them.

Every tour is driven again by the clock; windows, loads, limits, fleets, costs, losses of every lot and all totals are
recomputed, and what differs by more than a millionth is named.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coldchain.language import _
from coldchain.model import VEHICLE_FIGURES, Scenario, VehicleType
from coldchain.verify.daydrive import DayRows, Drive
from coldchain.verify.daydrivers import check_drivers
from coldchain.verify.dayform import check_day_form
from coldchain.verify.daylots import LotCheck, check_lots, check_orders
from coldchain.verify.record import ON_THE_DOT_H, TOLERANCE, Record, Report, rows
from coldchain.verify.roads import CheckedWays, StatedRoads

OWNED = "-own"  # ends the name of a vehicle that is paid by the year


@dataclass(frozen=True)
class Permits:
    """What the inputs of the day allow: vehicles with limits of their own, locked tours that break limits.

    Attributes
    ----------
    before_h : hours of drivers on earlier days of the week; None where these cannot be read any more
    """

    own_fleet: bool = False
    locked: bool = False
    before_h: Mapping[str, float] | None = None


def verify_day(
    scenario: Scenario,
    given: StatedRoads | None,
    tables: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
    permits: Permits = Permits(),
) -> Report:
    """Recompute a day.

    Parameters
    ----------
    given : the roads as their reader gives them; None without a road file
    tables, summary : as written to ``tables/`` and ``routes.json``
    """
    record = Record(scenario, CheckedWays(scenario, given), tables)
    if not check_day_form(record, summary):
        return Report(tuple(record.problems), float("nan"), float("nan"), float("nan"))
    fleet = _fleet(record, permits)
    if not {*tables["tours"]["vehicle"]} <= fleet.keys():
        return Report(tuple(record.problems), float("nan"), float("nan"), float("nan"))
    since_ready = summary["day"]["counted_from"] == "ready"
    period = record.periods[summary["day"]["period"]][1]
    usual_h = (period.harvest_start_h + period.harvest_end_h) / 2.0 + scenario.chain.planned_wait_h
    check_orders(record, summary)
    cost = _check_tours(record, fleet, permits, usual_h if since_ready else -math.inf)
    found = check_lots(record, fleet, summary, since_ready=since_ready)
    _check_fleet(record)
    hired = for_hire(record, permits)
    _check_hire(record, summary, hired)
    check_drivers(record, summary, permits.before_h, hired, locked=permits.locked)
    _check_depots(record)
    _check_summary(record, summary, found, cost)
    rate = found.loss_kg / found.kg if found.kg else 0.0
    return Report(tuple(record.problems), rate, cost + found.loss_cny, 0.0)


def _fleet(record: Record, permits: Permits) -> dict[str, VehicleType]:
    """Return the vehicles by id, after holding them against the scenario's."""
    fleet: dict[str, VehicleType] = {}
    for row in rows(record.tables["fleet"]):
        known = record.vehicles.get(row.base)
        if known is None:
            record.wrong(_('fleet: "{vehicle}" is not a vehicle type of the scenario').format(vehicle=row.base))
            continue
        given = {name: getattr(row, name, math.nan) for name in VEHICLE_FIGURES}
        given = {name: None if value != value else value for name, value in given.items()}  # noqa: PLR0124 - NaN
        if not permits.own_fleet:
            whole, short, _hours = str(row.vehicle).partition("@")
            owned = whole == f"{row.base}{OWNED}" and math.isfinite(row.count)
            right: dict[str, Any] = {"cost_cny_day": 0.0} if owned else {}
            if owned and short and 0.0 < row.shift_h < known.shift_h:
                right["shift_h"] = row.shift_h
            for name, value in given.items():
                if value != right.get(name, getattr(known, name)):
                    record.wrong(
                        _("fleet: {name} of {vehicle} is stated as {value}; the scenario says {known}").format(
                            name=name, vehicle=row.vehicle, value=value, known=getattr(known, name)
                        )
                    )
            most = math.inf if known.hire_most is None else float(known.hire_most)
            if row.vehicle == row.base and (row.count if math.isfinite(row.count) else math.inf) != most:
                text = _("fleet: {count:g} {vehicle} are stated for hire; the scenario says {most:g}")
                record.wrong(text.format(count=row.count, vehicle=row.vehicle, most=most))
            if row.base not in record.scenario.routing.collection_vehicles:
                record.wrong(_("fleet: {vehicle} is not a collection vehicle of the scenario").format(vehicle=row.base))
        fleet[row.vehicle] = VehicleType(id=row.vehicle, **{k: v for k, v in given.items() if v is not None})
    for row in rows(record.tables["tours"]):
        if row.vehicle not in fleet:
            record.wrong(
                _('tours: "{vehicle}" of {tour} is not in the fleet').format(vehicle=row.vehicle, tour=row.tour)
            )
    return fleet


def _check_tours(record: Record, fleet: Mapping[str, VehicleType], permits: Permits, usual_h: float) -> float:
    """Drive every tour again; return what all of them cost.

    Parameters
    ----------
    usual_h : hour at which lots are ready that name none
    """
    total = 0.0
    parts = DayRows.of(record)
    for depot, heads in record.tables["tours"].groupby("depot"):
        for head in rows(heads):
            strict = not (permits.locked and head.locked)
            drive = Drive(record, head, fleet[head.vehicle], parts, usual_h=usual_h, strict=strict)
            for trip in sorted(parts.trips[head.tour], key=lambda trip: trip.trip):
                halts = sorted(parts.stops[head.tour, trip.trip], key=lambda halt: halt.order)
                drive.trip(trip, halts, *record.round_of(str(depot), [halt.village for halt in halts]))
            total += drive.finish()
    return total


def _check_fleet(record: Record) -> None:
    """Check that no more vehicles are out than there are, at each depot where they are tied to one."""
    tours = record.tables["tours"]
    fleet = record.tables["fleet"]
    for row in rows(fleet):
        own = tours[tours["vehicle"] == row.vehicle]
        out = len(own[own["depot"] == row.depot]) if row.depot else len(own)
        if math.isfinite(row.count) and out > row.count:
            at = _(" at {depot}").format(depot=row.depot) if row.depot else ""
            record.wrong(
                _("fleet: {out} of {vehicle} are out{at}; there are {count:g}").format(
                    out=out, vehicle=row.vehicle, at=at, count=row.count
                )
            )
    for row in rows(tours):
        homes = set(fleet["depot"][fleet["vehicle"] == row.vehicle])
        if "" not in homes and row.depot not in homes:
            record.wrong(
                _("tours: {vehicle} of {tour} does not stand at {depot}").format(
                    vehicle=row.vehicle, tour=row.tour, depot=row.depot
                )
            )


def _check_depots(record: Record) -> None:
    tours = record.tables["tours"]
    for row in rows(record.tables["depots"]):
        own = tours[tours["depot"] == row.depot]
        record.differs(
            _("depots: received_kg of {depot}").format(depot=row.depot),
            float(row.received_kg),
            float(own["load_kg"].sum()),
            1e-3,
        )
        record.differs(_("depots: tours of {depot}").format(depot=row.depot), float(row.tours), float(len(own)))


def _check_summary(record: Record, summary: Mapping[str, Any], found: LotCheck, cost: float) -> None:
    """Hold the totals against what was recomputed."""
    tours, left = record.tables["tours"], float(record.tables["unserved"]["kg"].sum())
    figures = {
        "orders.count": float(len(record.tables["orders"])), "orders.kg": found.kg + left, "orders.served_kg": found.kg,
        "orders.unserved_kg": left, "vehicles": float(len(tours)), "trips": float(len(record.tables["trips"])),
        "stops": float(len(record.tables["stops"])), "depots": float(tours["depot"].nunique()),
        **{name: float(tours[name].sum()) for name in ("km", "hours", "drive_h")},
        "aboard_h.max": found.longest_h, "loss.kg": found.loss_kg, "loss.cny": found.loss_cny,
        "loss.rate": found.loss_kg / found.kg if found.kg else 0.0, "cost_cny.vehicles": cost,
        "cost_cny.loss": found.loss_cny, "cost_cny.total": cost + found.loss_cny,
    }  # fmt: skip
    for name, figure in figures.items():
        section, _rest, key = name.partition(".")
        stated = summary[section][key] if key else summary[section]
        record.differs(f"routes.json: {name}", float(stated), figure, 1e-3)
    _check_median(record, float(summary["aboard_h"]["p50"]))
    listed = sorted((row["order"], row["kg"], row["cause"]) for row in summary["unserved"])
    written = sorted((row.order, row.kg, row.cause) for row in rows(record.tables["unserved"]))
    if listed != written:
        record.wrong(_("routes.json: unserved does not list what the table unserved does"))


def for_hire(record: Record, permits: Permits) -> set[str]:
    """Return the vehicles that are hired by the day: without a fleet of their own those that are not owned."""
    return {
        str(row.vehicle)
        for row in rows(record.tables["fleet"])
        if not math.isfinite(row.count) or (row.vehicle == row.base and not permits.own_fleet)
    }


def _check_hire(record: Record, summary: Mapping[str, Any], hired: Collection[str]) -> None:
    """Check that what is to be hired are the vehicles for hire on the road, at their price."""
    out = record.tables["tours"]["vehicle"].value_counts()
    offered = [row for row in rows(record.tables["fleet"]) if row.vehicle in hired]
    found = [(row.vehicle, int(out[row.vehicle]), row.cost_cny_day) for row in offered if row.vehicle in out]
    stated = sorted((one["type"], one["vehicles"], one["cny"]) for one in summary.get("hire", []))
    if stated != sorted((vehicle, count, count * cny) for vehicle, count, cny in found):
        record.wrong(_("routes.json: hire does not list the vehicles hired for the day and their price"))


def _check_median(record: Record, hours: float) -> None:
    """Check that half of the kilograms are aboard for no longer than stated, and no fewer hours do."""
    lots = record.tables["lots"]
    total = float(lots["kg"].sum()) or 1.0
    within = float(lots["kg"][lots["aboard_h"] <= hours + ON_THE_DOT_H].sum()) / total
    sooner = float(lots["kg"][lots["aboard_h"] < hours - ON_THE_DOT_H].sum()) / total
    if len(lots) and not sooner - TOLERANCE <= 0.5 <= within + TOLERANCE:
        record.wrong(
            _("routes.json: aboard_h.p50 is stated as {hours:.6g}; {within:.2%} are aboard no longer").format(
                hours=hours, within=within
            )
        )
