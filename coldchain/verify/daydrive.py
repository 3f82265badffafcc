"""One tour of a day driven again by the clock of its tables: hours, loads, windows, limits and totals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coldchain.language import _
from coldchain.model import VehicleType
from coldchain.verify.record import KG_PER_T, ON_THE_DOT_H, TOLERANCE, Record, rows
from coldchain.verify.trips import excesses


@dataclass(frozen=True)
class DayRows:
    """Rows of the tables by what they belong to."""

    trips: dict[str, list[Any]]
    stops: dict[tuple[str, int], list[Any]]
    lots: dict[tuple[str, int], list[Any]]
    orders: dict[str, Any]
    depots: dict[str, Any]

    @classmethod
    def of(cls, record: Record) -> DayRows:
        """Group the rows of a day's tables."""
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


class Drive:
    """Drives one tour, trip after trip, and notes what is wrong with it."""

    def __init__(
        self, record: Record, head: Any, vehicle: VehicleType, parts: DayRows, *, usual_h: float, strict: bool
    ) -> None:
        self.record, self.head, self.vehicle, self.strict = record, head, vehicle, strict
        self.parts, self.usual_h = parts, usual_h
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
        if self.strict:
            for text in excesses(self.vehicle, [float(halt.kg) for halt in halts]):
                record.wrong(f"tours: {self.head.tour} {text}")
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
