"""Orders and lots of a day: every kilogram fetched once or named as left, each lot's loss recomputed stage by stage."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coldchain.language import _, plural
from coldchain.model import DepotType, Period, VehicleType
from coldchain.verify.ageing import DOCK_AND_HALL_HALF_H, HALF_WARMING_H, AgeingLots, batch_h, middle_h
from coldchain.verify.depots import parse_modules, takes, takes_t_day
from coldchain.verify.losses import from_depot, haul_half_h
from coldchain.verify.record import KG_PER_T, TOLERANCE, Record, rows

CRUMB_KG = 1e-3


@dataclass(frozen=True)
class LotCheck:
    """Totals of the lots brought in."""

    kg: float
    loss_kg: float
    loss_cny: float
    longest_h: float


def check_orders(record: Record, summary: Mapping[str, Any]) -> None:
    """Check that every order is fetched or left to the last kilogram, and a typical day is no more than the harvest."""
    done: dict[str, float] = defaultdict(float)
    for name in ("lots", "unserved"):
        for row in rows(record.tables[name]):
            done[row.order] += float(row.kg)
    for row in rows(record.tables["orders"]):
        if abs(done[row.order] - row.kg) > TOLERANCE * row.kg + CRUMB_KG:
            record.wrong(
                _("orders: {kg:,.3f} kg of {order}; {done:,.3f} are fetched or left").format(
                    kg=row.kg, order=row.order, done=done[row.order]
                )
            )
    if summary["day"].get("orders") != "typical day":
        return
    period = record.periods[summary["day"]["period"]][0]
    asked: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows(record.tables["orders"]):
        asked[row.village, row.commodity] += float(row.kg)
    for (village, commodity), kg in asked.items():
        most = float(record.daily_t[record.villages[village][0], record.crops[commodity][0], period]) * KG_PER_T
        if kg > most * (1 + TOLERANCE) + CRUMB_KG:
            record.wrong(
                _("orders: {kg:,.1f} kg of {commodity} at {village}; a typical day has {most:,.1f}").format(
                    kg=kg, commodity=commodity, village=village, most=most
                )
            )


def check_lots(
    record: Record, fleet: Mapping[str, VehicleType], summary: Mapping[str, Any], *, since_ready: bool
) -> LotCheck:
    """Check every lot: its place in the stops, the depot it goes to, what it loses; and what each depot takes."""
    period = record.periods[summary["day"]["period"]][1]
    check = _Lots(record, fleet, period, since_ready=since_ready)
    lost: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows(record.tables["lots"]):
        share = check.lot(row)
        cny = float(row.kg) * share * record.crops[row.commodity][1].price_cny_kg
        lost[row.tour][0] += float(row.kg) * share
        lost[row.tour][1] += cny
    for head in rows(record.tables["tours"]):
        for n, name in enumerate(("loss_kg", "loss_cny")):
            record.differs(
                _("tours: {name} of {tour}").format(name=name, tour=head.tour),
                float(getattr(head, name)),
                lost[head.tour][n],
                1e-3,
            )
    _check_stops(record)
    check.room()
    lots = record.tables["lots"]
    longest = float((lots["back_h"] - lots["leave_h"]).max()) if len(lots) else 0.0
    kg, cny = (sum(pair[n] for pair in lost.values()) for n in range(2))
    return LotCheck(float(lots["kg"].sum()), kg, cny, longest)


class _Lots:
    """Follows lots through their lanes, each lane put together once."""

    def __init__(self, record: Record, fleet: Mapping[str, VehicleType], period: Period, *, since_ready: bool) -> None:
        self.record, self.fleet, self.period, self.since_ready = record, fleet, period, since_ready
        self.orders = {row.order: row for row in rows(record.tables["orders"])}
        self.tours = {row.tour: row for row in rows(record.tables["tours"])}
        self.trips = {(row.tour, row.trip): row for row in rows(record.tables["trips"])}
        self.depots = {row.depot: row for row in rows(record.tables["depots"])}
        self.modules = {key: parse_modules(record, row.modules, f"depots: {key}") for key, row in self.depots.items()}
        self.taken: dict[tuple[str, str, str], float] = defaultdict(float)

    def lot(self, row: Any) -> float:
        """Check one lot; return the share of it that is lost."""
        record, order, tour = self.record, self.orders[row.order], self.tours[row.tour]
        where = _("{order} on {tour}").format(order=row.order, tour=row.tour)
        crop = record.crops[row.commodity][1]
        if (row.village, row.commodity) != (order.village, order.commodity):
            record.wrong(_("lots: {where} is of another village or commodity than its order").format(where=where))
        if row.depot != tour.depot or order.depot not in ("", row.depot):
            record.wrong(
                _("lots: {where} goes to {depot}, not where its tour or order says").format(
                    where=where, depot=row.depot
                )
            )
        bound = (order.zone, order.method) in (("", ""), (row.zone, row.method))
        if not takes(record, row, crop) or not bound:
            record.wrong(
                _("lots: {where} must not go into {zone} {method}").format(
                    where=where, zone=row.zone, method=row.method
                )
            )
        cooling = self._cooler(row.depot, row.zone, row.method)
        if cooling is None:
            record.wrong(
                _("lots: {depot} has no module {zone} {method} for {where}").format(
                    depot=row.depot, zone=row.zone, method=row.method, where=where
                )
            )
            return 0.0
        trip = self.trips[row.tour, row.trip]
        harvest = self._harvest_h(order, float(row.leave_h))
        found = {"back_h": float(trip.back_h), "harvest_h": harvest, "aboard_h": float(row.back_h) - float(row.leave_h)}
        for name, hours in found.items():
            record.differs(
                _("lots: {name} of {where}").format(name=name, where=where), float(getattr(row, name)), hours, 1.0
            )
        share = self._loss_share(row, self.fleet[tour.vehicle], cooling, harvest_h=harvest, back_h=float(trip.back_h))
        record.differs(_("lots: loss_share of {where}").format(where=where), float(row.loss_share), share)
        record.differs(
            _("lots: loss_kg of {where}").format(where=where), float(row.loss_kg), float(row.kg) * share, 1e-3
        )
        cny = float(row.kg) * share * crop.price_cny_kg
        record.differs(_("lots: loss_cny of {where}").format(where=where), float(row.loss_cny), cny, 1e-3)
        self.taken[row.depot, row.zone, row.method] += float(row.kg)
        return share

    def _harvest_h(self, order: Any, leave_h: float) -> float:
        if math.isfinite(getattr(order, "harvest_h", math.nan)):
            return float(order.harvest_h)
        wait = self.record.scenario.chain.planned_wait_h
        if not self.since_ready:
            return leave_h - wait
        if math.isfinite(order.ready_h):
            return float(order.ready_h) - wait
        return middle_h(self.period)

    def _cooler(self, depot: str, zone: str, method: str) -> DepotType | None:
        """Return a depot's module of that zone and method; a bare depot has all that is on offer."""
        names = list(self.modules[depot]) or [kind.id for kind in self.record.scenario.depot_types]
        kinds = [self.record.kinds[name] for name in names if name in self.record.kinds]
        return next((kind for kind in kinds if (kind.zone, kind.method) == (zone, method)), None)

    def _loss_share(
        self, row: Any, vehicle: VehicleType, cooler: DepotType, *, harvest_h: float, back_h: float
    ) -> float:
        """Share lost from harvest to the buyer: in the open, aboard, on the dock, and on through the depot."""
        scenario, crop = self.record.scenario, self.record.crops[row.commodity][1]
        chain, leave_h = scenario.chain, float(row.leave_h)
        docked = batch_h(back_h + chain.unload_h, chain.dock_batch_h)
        lot = AgeingLots.begin(crop, self.period, harvest_h, crop.packaging)
        if vehicle.cargo == "ambient":
            lot.in_air(docked - harvest_h)
        else:
            body = None if vehicle.cargo == "reefer" else vehicle.half_warming_h or HALF_WARMING_H[vehicle.cargo]
            lot.in_air(leave_h - harvest_h).ride(back_h - leave_h, body).ride(docked - back_h, DOCK_AND_HALL_HALF_H)
        hub = self.record.hubs[self.depots[row.depot].hub][1]
        from_depot(lot, chain, cooler, hub, crop, haul_h=self.record.haul_h(row.depot), half_h=haul_half_h(self.record))
        return float(lot.lost(crop, chain.planned_transfers, crop.packaging))

    def room(self) -> None:
        """Check that no cooling class of a depot is given more than it takes in a day."""
        scenario = self.record.scenario
        for (depot, zone, method), kg in self.taken.items():
            most = 0.0
            for name, count in self.modules[depot].items():
                kind = self.record.kinds[name]
                if (kind.zone, kind.method) == (zone, method):
                    most += count * takes_t_day(kind, scenario.chain.depot_dwell_h) * KG_PER_T
            if self.modules[depot] and kg > most * (1 + TOLERANCE) + CRUMB_KG:
                self.record.wrong(
                    _("depots: {depot} is given {kg:,.0f} kg {zone} {method}; it takes {most:,.0f} a day").format(
                        depot=depot, kg=kg, zone=zone, method=method, most=most
                    )
                )


def _check_stops(record: Record) -> None:
    """Check that each halt loads just the lots it names, at its hour."""
    lots: dict[tuple[str, int, str], list[Any]] = defaultdict(list)
    for row in rows(record.tables["lots"]):
        lots[row.tour, row.trip, row.order].append(row)
    used = 0
    for halt in rows(record.tables["stops"]):
        own = [
            row
            for key in str(halt.lots).split(";")
            for row in lots[halt.tour, halt.trip, key]
            if abs(row.leave_h - halt.leave_h) <= TOLERANCE * max(abs(halt.leave_h), 1.0)
        ]
        used += len(own)
        record.differs(
            _("stops: kg at {village} on {tour}").format(village=halt.village, tour=halt.tour),
            float(halt.kg),
            sum(row.kg for row in own),
            1e-3,
        )
        if any(row.village != halt.village for row in own):
            record.wrong(
                _("stops: a lot of another village is loaded at {village} on {tour}").format(
                    village=halt.village, tour=halt.tour
                )
            )
    if used != len(record.tables["lots"]):
        record.wrong(
            plural(
                "lots: {count} lot is loaded at no stop of its trip",
                "lots: {count} lots are loaded at no stop of their trip",
                len(record.tables["lots"]) - used,
            ).format(count=len(record.tables["lots"]) - used)
        )
