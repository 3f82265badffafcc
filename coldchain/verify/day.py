"""Verify a day's routes from their tables and the inputs alone, sharing no code with what found them.

Every tour is driven again by the clock; windows, loads, limits, fleets, costs, losses of every lot and all totals are
recomputed, and what differs by more than a millionth is named.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import Scenario, VehicleType
from coldchain.verify.dayform import check_day_form
from coldchain.verify.daylots import LotCheck, check_lots, check_orders
from coldchain.verify.record import KG_PER_T, ON_THE_DOT_H, TOLERANCE, Record, Report, rows
from coldchain.verify.roads import GivenRoads, Roads

LIMITS = (
    "payload_kg", "volume_m3", "cargo", "cost_cny_day", "cost_cny_km", "cost_cny_h", "speed_factor", "shift_h",
    "max_drive_h", "trips_day", "half_warming_h",
)  # fmt: skip


@dataclass(frozen=True)
class Permits:
    """What the inputs of the day allow: vehicles with limits of their own, locked tours that break limits."""

    own_fleet: bool = False
    locked: bool = False


def verify_day(
    scenario: Scenario,
    given: GivenRoads | None,
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
    record = Record(scenario, Roads(scenario, given), tables)
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
        given = {name: getattr(row, name) for name in LIMITS}
        given = {name: None if value != value else value for name, value in given.items()}  # noqa: PLR0124 - NaN
        if not permits.own_fleet:
            for name, value in given.items():
                if value != getattr(known, name):
                    record.wrong(
                        _("fleet: {name} of {vehicle} is stated as {value}; the scenario says {known}").format(
                            name=name, vehicle=row.vehicle, value=value, known=getattr(known, name)
                        )
                    )
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
    parts = _Parts.of(record)
    for depot, heads in record.tables["tours"].groupby("depot"):
        for head in rows(heads):
            strict = not (permits.locked and head.locked)
            drive = _Drive(record, head, fleet[head.vehicle], (parts, usual_h), strict=strict)
            for trip in sorted(parts.trips[head.tour], key=lambda trip: trip.trip):
                halts = sorted(parts.stops[head.tour, trip.trip], key=lambda halt: halt.order)
                drive.trip(trip, halts, *record.round_of(str(depot), [halt.village for halt in halts]))
            total += drive.finish()
    return total


@dataclass(frozen=True)
class _Parts:
    """Rows of the tables by what they belong to."""

    trips: dict[str, list[Any]]
    stops: dict[tuple[str, int], list[Any]]
    lots: dict[tuple[str, int], list[Any]]
    orders: dict[str, Any]
    depots: dict[str, Any]

    @classmethod
    def of(cls, record: Record) -> _Parts:
        trips: dict[str, list[Any]] = defaultdict(list)
        for row in rows(record.tables["trips"]):
            trips[row.tour].append(row)
        grouped: list[dict[tuple[str, int], list[Any]]] = [defaultdict(list), defaultdict(list)]
        for name, part in zip(("stops", "lots"), grouped, strict=True):
            for row in rows(record.tables[name]):
                part[row.tour, row.trip].append(row)
        orders = {row.order: row for row in rows(record.tables["orders"])}
        depots = {row.depot: row for row in rows(record.tables["depots"])}
        return cls(trips, grouped[0], grouped[1], orders, depots)


class _Drive:
    """Drives one tour, trip after trip, and notes what is wrong with it."""

    def __init__(
        self, record: Record, head: Any, vehicle: VehicleType, known: tuple[_Parts, float], *, strict: bool
    ) -> None:
        self.record, self.head, self.vehicle, self.strict = record, head, vehicle, strict
        self.parts, self.usual_h = known
        self.km = self.drive_h = self.hours = self.kg = 0.0
        self.first_h = self.last_h = self.longest_h = 0.0
        self.count = self.stops = 0

    def limit(self, found: float, most: float, text: str) -> None:
        """Note a figure above its limit, unless the tour was locked by its planner."""
        if self.strict and found > most * (1 + TOLERANCE) + ON_THE_DOT_H:
            self.record.wrong(f"tours: {self.head.tour} {text}")

    def trip(self, trip: Any, halts: Sequence[Any], time_h: np.ndarray, km: np.ndarray) -> None:
        """Drive one trip by the clock of the tables."""
        record, where = self.record, _("{tour} trip {trip}").format(tour=self.head.tour, trip=trip.trip)
        if not len(halts):
            record.wrong(_("trips: {where} has no stops").format(where=where))
            return
        legs = time_h / self.vehicle.speed_factor
        now = float(trip.leave_h)
        for halt, leg in zip(halts, legs[:-1], strict=True):
            now = self._halt(halt, now + float(leg), float(trip.back_h))
        found = {
            "back_h": now + float(legs[-1]), "km": float(km.sum()), "drive_h": float(legs.sum()),
            "load_kg": float(sum(halt.kg for halt in halts)), "stops": float(len(halts)),
        }  # fmt: skip
        for name, figure in found.items():
            record.differs(
                _("trips: {name} of {where}").format(name=name, where=where), float(getattr(trip, name)), figure, 1e-3
            )
        _check_clock(record, f"trips: {where}", trip, ("leave", "back"))
        self._between(trip, where)
        self._fits(trip, halts, where)
        self.km += found["km"]
        self.drive_h += found["drive_h"]
        self.kg += found["load_kg"]
        self.hours += float(trip.back_h) - float(trip.leave_h) + record.scenario.chain.unload_h
        self.stops += len(halts)
        self.count += 1

    def _halt(self, halt: Any, arrive_h: float, back_h: float) -> float:
        """Check the hours of one halt; return when it is left."""
        record, where = self.record, _("{village} on {tour}").format(village=halt.village, tour=self.head.tour)
        routing = record.scenario.routing
        record.differs(_("stops: arrive_h at {where}").format(where=where), float(halt.arrive_h), arrive_h, 1.0)
        if halt.start_h < halt.arrive_h - ON_THE_DOT_H:
            record.wrong(_("stops: loading at {where} begins before the vehicle is there").format(where=where))
        leave_h = float(halt.start_h) + routing.stop_h + routing.load_h_t * float(halt.kg) / KG_PER_T
        record.differs(_("stops: leave_h at {where}").format(where=where), float(halt.leave_h), leave_h, 1.0)
        aboard = back_h - leave_h
        record.differs(_("stops: aboard_h at {where}").format(where=where), float(halt.aboard_h), aboard, 1e-3)
        most = record.scenario.siting.max_first_mile_h
        self.limit(
            aboard,
            most,
            _("keeps {village} aboard {aboard:.3f} h; the limit is {most:g} h").format(
                village=halt.village, aboard=aboard, most=most
            ),
        )
        if halt.vehicle != self.head.vehicle or halt.depot != self.head.depot:
            record.wrong(_("stops: {where} names another vehicle or depot than its tour").format(where=where))
        self.longest_h = max(self.longest_h, aboard)
        _check_clock(record, f"stops: {where}", halt, ("arrive", "start", "leave"))
        return leave_h

    def _between(self, trip: Any, where: str) -> None:
        """Check the trip against the one before and the depot's hours."""
        record = self.record
        if self.count == 0:
            self.first_h = float(trip.leave_h)
        elif trip.leave_h < self.last_h + record.scenario.chain.unload_h - ON_THE_DOT_H:
            record.wrong(_("trips: {where} leaves before the one before is back and unloaded").format(where=where))
        self.last_h = float(trip.back_h)
        depot = self.parts.depots[self.head.depot]
        if math.isfinite(depot.open_h):
            self.limit(
                depot.open_h, float(trip.leave_h), _("leaves {depot} before it opens").format(depot=self.head.depot)
            )
            self.limit(
                float(trip.back_h), depot.close_h, _("is back at {depot} after it closes").format(depot=self.head.depot)
            )

    def _fits(self, trip: Any, halts: Sequence[Any], where: str) -> None:
        """Check payload, volume, windows and temperature regimes of what the trip carries."""
        record = self.record
        own, orders = self.parts.lots[self.head.tour, trip.trip], self.parts.orders
        m3 = sum(row.kg / record.crops[row.commodity][1].density_kg_m3 for row in own)
        record.differs(_("trips: load_m3 of {where}").format(where=where), float(trip.load_m3), float(m3), 1e-3)
        kg = float(sum(halt.kg for halt in halts))
        self.limit(
            kg,
            self.vehicle.payload_kg,
            _("carries {kg:,.1f} kg; {id} may carry {payload_kg:,.1f}").format(
                kg=kg, id=self.vehicle.id, payload_kg=self.vehicle.payload_kg
            ),
        )
        self.limit(
            m3,
            self.vehicle.volume_m3,
            _("carries {m3:,.2f} m³; {id} holds {volume_m3:,.2f}").format(
                m3=m3, id=self.vehicle.id, volume_m3=self.vehicle.volume_m3
            ),
        )
        regimes = [set(text.split(";")) for text in (orders[row.order].regime for row in own) if text]
        if self.strict and regimes and not set.intersection(*regimes):
            record.wrong(_("trips: {where} mixes lots that share no temperature regime").format(where=where))
        for halt in halts:
            for key in str(halt.lots).split(";"):
                order = orders[key]
                ready_h = order.ready_h if math.isfinite(order.ready_h) else self.usual_h
                if halt.start_h < ready_h - ON_THE_DOT_H:
                    record.wrong(
                        _("stops: {key} is loaded on {tour} before it is ready").format(key=key, tour=self.head.tour)
                    )
                if math.isfinite(order.until_h):
                    self.limit(
                        halt.start_h, order.until_h, _("loads {key} after its window has closed").format(key=key)
                    )

    def finish(self) -> float:
        """Check the tour's totals and limits; return its cost."""
        record, head, vehicle = self.record, self.head, self.vehicle
        shift_h = self.last_h + record.scenario.chain.unload_h - self.first_h
        cost = vehicle.cost_cny_day + vehicle.cost_cny_km * self.km + vehicle.cost_cny_h * self.hours
        found = {
            "trips": float(self.count), "stops": float(self.stops), "load_kg": self.kg, "leave_h": self.first_h,
            "back_h": self.last_h, "km": self.km, "drive_h": self.drive_h, "hours": self.hours, "shift_h": shift_h,
            "aboard_max_h": self.longest_h, "cost_cny": cost,
        }  # fmt: skip
        for name, figure in found.items():
            record.differs(
                _("tours: {name} of {tour}").format(name=name, tour=head.tour), float(getattr(head, name)), figure, 1e-3
            )
        _check_clock(record, f"tours: {head.tour}", head, ("leave", "back"))
        self.limit(
            shift_h,
            vehicle.shift_h,
            _("takes {shift_h:.3f} h; the shift of {id} is {shift_h_2:g} h").format(
                shift_h=shift_h, id=vehicle.id, shift_h_2=vehicle.shift_h
            ),
        )
        self.limit(
            self.count,
            vehicle.trips_day,
            _("drives {count} trips; {id} may drive {trips_day}").format(
                count=self.count, id=vehicle.id, trips_day=vehicle.trips_day
            ),
        )
        if vehicle.max_drive_h is not None:
            text = _("drives {drive_h:.3f} h; {id} may drive {max_drive_h:g} h").format(
                drive_h=self.drive_h, id=vehicle.id, max_drive_h=vehicle.max_drive_h
            )
            self.limit(self.drive_h, vehicle.max_drive_h, text)
        return cost


def _check_clock(record: Record, where: str, row: Any, names: tuple[str, ...]) -> None:
    """Check that the clock times people read are those of the hours beside them."""
    for name in names:
        minutes = round(float(getattr(row, f"{name}_h")) * 60.0)
        text = f"{minutes // 60 % 24:02d}:{minutes % 60:02d}" + (f" +{minutes // 1440}" if minutes >= 1440 else "")
        if getattr(row, name) != text:
            record.wrong(
                _("{where}: {name} is written as {written}; the hour says {text}").format(
                    where=where, name=name, written=getattr(row, name), text=text
                )
            )


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
