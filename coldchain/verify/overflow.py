"""What days beyond the usual one cost on the mean, recomputed: vehicles that are full too soon, waiting, trucks hired.

Loads are lognormal with the variance that the scenario's spreads give them; docs/model.md has the formulae.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from coldchain.model import VehicleType
from coldchain.verify.carbon import dear
from coldchain.verify.record import KG_PER_T, ON_THE_DOT_H, Record, calls_of, rows
from coldchain.verify.restated import Restated, check_table

TIMES_FULL = 3
FARTHEST = 8.0  # times its spread that a load is looked at above its mean
STEP = 1e-9
ROUNDED = 1e-7  # of a load, by which sums may differ
Bay = tuple[str, str]  # depot and zone
Piece = tuple[str, float, str]  # village, load, commodity


@dataclass
class StrayingLoad:
    """Sum of loads of villages and crops, each q·C·V with independent factors of crop and village, of mean one."""

    crop_cv: float
    own_square: float
    by_crop: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    by_village: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    squares: float = 0.0

    def add(self, village: str, crop: str, amount: float) -> None:
        """Add what one village has of one crop; once for each."""
        self.by_crop[crop] += amount
        self.by_village[village] += amount
        self.squares += amount * amount

    @property
    def mean(self) -> float:
        """On the usual day."""
        return math.fsum(self.by_crop.values())

    @property
    def variance(self) -> float:
        """Covariances of all pairs: of one crop, of one village, of both."""
        crop, own = self.crop_cv**2, self.own_square
        one_crop = math.fsum(amount * amount for amount in self.by_crop.values()) - self.squares
        one_village = math.fsum(amount * amount for amount in self.by_village.values()) - self.squares
        return crop * one_crop + own * one_village + ((1.0 + crop) * (1.0 + own) - 1.0) * self.squares

    def above(self, level: float) -> float:
        """Chance that a day has more."""
        mean, spread = self.mean, math.log1p(self.variance / self.mean**2) if self.mean > 0 else 0.0
        if spread <= 0.0:
            return float(mean > level * (1.0 + ROUNDED))
        return 0.5 * math.erfc((math.log(level / mean) + spread / 2.0) / math.sqrt(2.0 * spread))


class Overflows:
    """The expected overflow of a plan's routes and line haul."""

    def __init__(self, record: Record) -> None:
        self.record, self.routing = record, record.scenario.routing
        routing = self.routing
        self.own_square = (1.0 + routing.harvest_village_cv**2) * (1.0 + routing.harvest_day_cv**2) - 1.0
        self.strays = (
            self.own_square + sum((routing.harvest_crop_cv, routing.travel_day_cv, routing.travel_leg_cv)) > 0.0
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the table of overflow; empty where nothing strays."""
        return [*self._collected(), *self._hauled()] if self.strays else []

    def load(self) -> StrayingLoad:
        """Return an empty load."""
        return StrayingLoad(self.routing.harvest_crop_cv, self.own_square)

    @cached_property
    def assigned(self) -> dict[tuple[str, str, str], dict[str, dict[str, float]]]:
        """(depot, period, zone) -> village -> crop -> t/day."""
        found: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
        for row in rows(self.record.tables["assignment"]):
            v, (c, _crop) = self.record.villages[row.village][0], self.record.crops[row.commodity]
            for p, period in self.record.periods_of(row):
                t = float(self.record.scenario.harvest_t[v, c, p]) / period.days * row.share
                if t > 0.0:
                    found[row.depot, period.id, row.zone][row.village][row.commodity] += t
        return dict(found)

    def _mix(self, depot: str, period: str) -> dict[str, dict[str, float]]:
        """Village -> crop -> kg a day that it sends to a depot."""
        found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for (where, when, _zone), villages in self.assigned.items():
            if (where, when) == (depot, period):
                for village, crops in villages.items():
                    for crop, t in crops.items():
                        found[village][crop] += t * KG_PER_T
        return found

    def _collected(self) -> Iterator[dict[str, Any]]:
        tables = self.record.tables
        duty_h = tables["duties"].groupby("duty")["hours"].sum()
        on_duty = dict(zip(tables["duties"]["route"], tables["duties"]["duty"].map(duty_h), strict=True))
        halts = {str(key): part.sort_values("order") for key, part in tables["stops"].groupby("route")}
        mixes: dict[tuple[str, str], Any] = {}
        for head in rows(tables["routes"]):
            key = str(head.depot), str(head.period)
            if key not in mixes:
                mixes[key] = self._mix(*key)
            if head.route in halts and head.route in on_duty:
                yield self._route(head, halts[head.route], mixes[key], float(on_duty[head.route]))

    def _route(self, head: Any, calls: pd.DataFrame, mix: dict[str, dict[str, float]], duty_h: float) -> dict[str, Any]:
        vehicle, depot = dear(self.record, self.record.vehicles[str(head.vehicle)]), str(head.depot)
        names, kg = [str(name) for name in calls["village"]], [float(load) for load in calls["load_kg"]]
        room = self._room_kg(vehicle, names, kg, mix)
        load, before = self.load(), [0.0] * TIMES_FULL
        returns = hires = ways_cny = 0.0
        for name, taken in zip(names, kg, strict=True):
            whole = sum(mix.get(name, {}).values())
            for crop, amount in mix.get(name, {}).items():
                load.add(name, crop, amount * taken / whole)
            hours, km = self.record.round_of(depot, [name])
            longer_h = float(hours.sum()) / vehicle.speed_factor + self.record.scenario.chain.unload_h
            longer_h += self.routing.stop_h
            way_cny = vehicle.cost_cny_km * float(km.sum()) + vehicle.cost_cny_h * longer_h
            for times in range(TIMES_FULL):
                chance = max(load.above((times + 1) * room), before[times])
                more, before[times] = chance - before[times], chance
                returns, ways_cny = returns + more, ways_cny + more * way_cny
                if (times + 1) * longer_h > vehicle.shift_h - duty_h + ON_THE_DOT_H:
                    hires += more
        wait_h = self._wait_h(depot, names, vehicle.speed_factor)
        cost = ways_cny + hires * vehicle.cost_cny_day + wait_h * vehicle.cost_cny_h
        return {
            "route": str(head.route), "depot": depot, "period": str(head.period), "zone": "", "over_share": before[0],
            "returns_day": returns, "hires_day": hires, "paid_wait_h": wait_h, "overflow_cny_day": cost,
        }  # fmt: skip

    def _room_kg(
        self, vehicle: VehicleType, names: Sequence[str], kg: Sequence[float], mix: dict[str, dict[str, float]]
    ) -> float:
        """Return what a vehicle holds of the mixture it loads; no less than it is planned to load."""
        m3 = 0.0
        for name, taken in zip(names, kg, strict=True):
            amounts = mix.get(name, {})
            space = sum(amount / self.record.crops[crop][1].density_kg_m3 for crop, amount in amounts.items())
            m3 += taken * space / (sum(amounts.values()) or 1.0)
        by_space = vehicle.volume_m3 * sum(kg) / m3 if m3 > 0 else math.inf
        return max(min(vehicle.payload_kg, by_space), sum(kg))

    def _wait_h(self, depot: str, names: Sequence[str], speed: float) -> float:
        """Mean hours by which legs that stray bring a vehicle home later, by Spitzer's sum over their partial sums."""
        legs = [float(hours) / speed for hours in self.record.round_of(depot, names)[0][:-1]]
        day, leg, count = self.routing.travel_day_cv**2, self.routing.travel_leg_cv**2, len(legs)
        mean, square = sum(legs) / count, sum(hours * hours for hours in legs) / count
        walk = (math.sqrt(day * mean * mean + leg * (1.0 + day) * square / j) for j in range(1, count + 1))
        return sum(walk) / math.sqrt(2.0 * math.pi)

    def _hauled(self) -> Iterator[dict[str, Any]]:
        hauls = self.record.tables["line_haul"]
        for period in self.record.scenario.periods:
            for (depot, zone), room in rooms_t(hauls[hauls["period"] == period.id]).items():
                if depot not in self.record.sites:  # a problem of the line haul
                    continue
                load = self.load()
                for village, crops in self.assigned.get((depot, period.id, zone), {}).items():
                    for crop, t in crops.items():
                        load.add(village, crop, t)
                chance, hired, cost = self._hired(depot, load, room) if load.mean > 0 else (0.0, 0.0, 0.0)
                yield {
                    "route": "", "depot": depot, "period": period.id, "zone": zone, "over_share": chance,
                    "returns_day": hired, "hires_day": hired, "paid_wait_h": 0.0, "overflow_cny_day": cost,
                }  # fmt: skip

    def _hired(self, depot: str, load: StrayingLoad, room: float) -> tuple[float, float, float]:
        """Chance that trucks are hired, how often their number or size grows, and their CNY, on the mean day."""
        offers, most = hires_of(self.record, depot), load.mean + FARTHEST * math.sqrt(load.variance) - room
        ends = {0.0} | {n * t for t, _cny in offers for n in range(1, math.ceil(max(most, 0.0) / t) + 1)}
        first = hired = cost = paid = 0.0
        for over in sorted(end for end in ends if end < most):
            asked = min((math.floor(over / t + STEP) + 1) * cny for t, cny in offers)
            if asked > paid:
                chance = load.above(room + over)
                first = first or chance
                hired, cost, paid = hired + chance, cost + chance * (asked - paid), asked
        return first, hired, cost


def rooms_t(hauls: pd.DataFrame) -> dict[Bay, float]:
    """Return the t/day that the trips of each depot and zone hold; a tour's by what it loads at each depot."""
    room: dict[Bay, float] = defaultdict(float)
    for row in rows(hauls):
        if not row.tour:
            room[str(row.depot), str(row.zone)] += float(row.trips_day) * float(row.capacity_t)
            continue
        calls = calls_of(str(row.tour))
        whole_t = sum(load for _depot, load, _hours in calls)
        for depot, load, _hours in calls:
            if whole_t > 0:  # what makes no sense is a problem of the line haul
                room[depot, str(row.zone)] += float(row.capacity_t) * load / whole_t
    return room


def hires_of(record: Record, depot: str) -> list[tuple[float, float]]:
    """Return what a truck hired for a trip to the hub holds and costs, of each type that the depot's road bears."""
    routing, bears, found = record.scenario.routing, record.sites[depot][1].haul_payload_kg, []
    time_h, km = record.to_hub(record.site_node(depot), record.hub_of[depot])
    for key in routing.line_haul_vehicles:
        kind = dear(record, record.vehicles[key])
        if bears is None or kind.payload_kg <= bears:
            holds = min(kind.payload_kg / KG_PER_T, kind.volume_m3 / routing.haul_m3_t)
            driving = 2.0 * time_h / kind.speed_factor
            hours = driving + routing.dock_h + routing.load_h_t * holds
            shifts = max(hours / kind.shift_h, driving / (kind.max_drive_h or math.inf))
            days = max(1, math.ceil(shifts - ON_THE_DOT_H))
            found.append((holds, days * kind.cost_cny_day + kind.cost_cny_km * 2.0 * km + kind.cost_cny_h * hours))
    return found


def overflow_cny(record: Record, found: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return CNY a year by depot."""
    cost: dict[str, float] = defaultdict(float)
    for row in found:
        cost[row["depot"]] += row["overflow_cny_day"] * record.periods[row["period"]][1].days
    return cost


def check_overflow(record: Record) -> dict[str, float]:
    """Check the table of expected overflow; return CNY a year by depot."""
    found = Overflows(record).rows()
    check_table(record, Restated("overflow", ("route", "depot", "period", "zone"), found))
    return overflow_cny(record, found)
