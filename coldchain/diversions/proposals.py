"""Proposals for lots in danger: what each would save in kilograms and CNY, and what it costs in CNY and kilometres.

Lots are taken together by the room they are in or bound for. Those that are there, or aboard, may go on to a nearer
market, to the rooms of another depot, or be sold on the spot; those that are not loaded may be fetched by another
truck, or to another depot, the tours under way kept as they stand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from coldchain.arrays import KG_PER_T, Floats
from coldchain.dispatch.dispatch import Dispatch
from coldchain.dispatch.fleet import VehiclesAtHand
from coldchain.dispatch.lots import class_at
from coldchain.dispatch.tables import tables_of
from coldchain.diversions.desk import DayDispatcher
from coldchain.diversions.fetching import Docks, FetchLoad, FetchTours, fetched
from coldchain.diversions.outlook import Lost, LotOutlook
from coldchain.economy import onward_cny_t
from coldchain.language import N_
from coldchain.model import CoolingClass
from coldchain.network import travel
from coldchain.spoilage import dock_clock_h
from coldchain.spoilage.lanes import HALF_WARMING_H
from coldchain.telemetry.dayplan import DayPlan, day_of_run
from coldchain.telemetry.lotplan import LotPlan
from coldchain.telemetry.watch import Watched
from coldchain.telemetry.ways import DEPOT, MARKET, SELL, DivertedLot, diverted

REROUTE, TRUCK = "reroute", "truck"
ACTIONS = {
    MARKET: N_("to market at once"), DEPOT: N_("to another depot"), SELL: N_("sell on the spot at a discount"),
    REROUTE: N_("fetch to another depot"), TRUCK: N_("fetch by another truck"),
}  # fmt: skip
NEAREST = 3
"""Depots and markets that are tried, nearest first."""
LEAST_CNY = 1.0
COOLED_HALVES = 3.0
"""Half-cooling times after which seven eighths of the heat are gone."""


@dataclass(frozen=True)
class ProposalTerms:
    """What proposals assume.

    Attributes
    ----------
    repair_h : hours for which a room that is too warm stays so
    notice_h : hours until a truck can leave
    discount : of the price, of what is sold on the spot; None: what the scenario takes off at the end of life
    """

    repair_h: float = 4.0
    notice_h: float = 0.5
    discount: float | None = None


@dataclass(frozen=True)
class Helped:
    """A lot of a proposal: what it loses if nothing is done, and if this is."""

    plan: LotPlan
    left: Lost
    then: Lost
    way: DivertedLot | None = None

    @property
    def saved_cny(self) -> float:
        """Value saved."""
        return self.plan.kg * self.plan.crop.price_cny_kg * (self.left.value - self.then.value)

    @property
    def saved_kg(self) -> float:
        """Kilograms saved."""
        return self.plan.kg * (self.left.loss - self.then.loss)


@dataclass(frozen=True)
class Proposal:
    """Something that can be done for lots of one room.

    Attributes
    ----------
    to : id of the depot or the hub
    lots : those that are better off
    leave_h, arrive_h : clock hours
    km, cost_cny : what it costs more than the day as it stands
    trucks : type of each truck
    fetch : its tours, where lots leave their depot
    made : the rest of the day routed anew, where lots are fetched otherwise
    """

    action: str
    room: str
    to: str
    lots: tuple[Helped, ...]
    leave_h: float
    arrive_h: float
    km: float = 0.0
    cost_cny: float = 0.0
    trucks: tuple[str, ...] = ()
    fetch: FetchTours | None = None
    made: Dispatch | None = None

    @property
    def id(self) -> str:
        """Short name by which it is accepted; the same as long as it is the same proposal for the same lots."""
        text = "|".join((self.action, self.room, self.to, *(one.plan.key for one in self.lots)))
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def saved_kg(self) -> float:
        """Kilograms saved."""
        return sum(one.saved_kg for one in self.lots)

    @property
    def net_cny(self) -> float:
        """Value saved, less what it costs."""
        return sum(one.saved_cny for one in self.lots) - self.cost_cny

    def as_dict(self, found: Watched) -> dict[str, Any]:
        """Return plain values."""
        kg = sum(one.plan.kg for one in self.lots)
        losses = {
            name: sum(one.plan.kg * getattr(one, name).loss for one in self.lots) / kg for name in ("left", "then")
        }
        return {
            "id": self.id, "action": self.action, "place": self.room, "to": self.to,
            "lots": [one.plan.key for one in self.lots], "t": kg / KG_PER_T, "leave": found.moment(self.leave_h),
            "arrive": found.moment(self.arrive_h), "trucks": list(self.trucks), "km": self.km,
            "cost_cny": self.cost_cny, "loss_if_left": losses["left"], "loss_then": losses["then"],
            "saved_t": self.saved_kg / KG_PER_T, "saved_cny": sum(one.saved_cny for one in self.lots),
            "net_cny": self.net_cny,
        }  # fmt: skip


def proposals(desk: DayDispatcher, found: Watched, terms: ProposalTerms) -> list[Proposal]:
    """Return what can be done for the lots in danger and pays, the best first."""
    at_life = found.day.scenario.economics.discount_at_life
    outlook = LotOutlook(found, terms.repair_h, at_life if terms.discount is None else terms.discount)
    rooms: dict[str, list[Helped]] = {}
    for plan in found.day.lots:
        left = outlook.lost(plan, outlook.condition(plan)) if plan.depart_h > found.now_h else None
        if left is not None and left.loss > plan.loss + found.setup.rules.worse:
            rooms.setdefault(plan.room, []).append(Helped(plan, left, left))
    tried = [one for room, lots in sorted(rooms.items()) for one in _Room(desk, outlook, terms, room, lots).tried()]
    pays = [one for one in tried if one.lots and one.net_cny >= LEAST_CNY]
    return sorted(pays, key=lambda one: (-one.net_cny, one.id))


class _Room:
    """The lots in danger that are in a room or bound for it."""

    def __init__(
        self, desk: DayDispatcher, outlook: LotOutlook, terms: ProposalTerms, room: str, lots: Sequence[Helped]
    ) -> None:
        self.desk, self.outlook, self.terms, self.room = desk, outlook, terms, room
        self.scenario, self.now_h = desk.source.scenario, outlook.now_h
        self.depot = room.split("/")[1]
        self.cooling = lots[0].plan.cooling
        self.start_h = self.now_h + terms.notice_h
        free = desk.free({one.plan.key for one in lots if one.plan.leave_h > self.now_h}, self.now_h)
        self.waiting = [one for one in lots if one.plan.key in free]
        aboard = [one for one in lots if one.plan.leave_h <= self.now_h < one.plan.back_h]
        self.parts = [part for part in (aboard, [one for one in lots if one.plan.back_h <= self.now_h]) if part]

    def tried(self) -> Iterator[Proposal]:
        """Yield what can be tried: for lots at the depot, for those aboard, and for those that wait."""
        for lots in self.parts:
            yield from (one for hub in self._hubs() if (one := self._market(lots, hub)) is not None)
            yield from (one for n in self._depots() if (one := self._other(lots, n)) is not None)
            yield self._sold(lots)
        if self.waiting:
            depots = self._depots()
            if self.room not in self.outlook.failing:
                depots = [self.desk.number[self.depot], *depots]
            yield from (one for n in depots if (one := self._rerouted(n)) is not None)

    def _depots(self) -> list[int]:
        """Return the nearest other depots with rooms of the same class."""
        source, own = self.desk.source, self.desk.number[self.depot]
        able = [
            n for n, depot in enumerate(source.depots)
            if n != own and class_at(depot, self.cooling.zone, (self.cooling.method,)) is not None
            and not any(place.split("/")[1:3] == [depot.id, self.cooling.zone] for place in self.outlook.failing)
        ]  # fmt: skip
        return _nearest(able, self._hours([source.depot_node(n) for n in able]))

    def _hubs(self) -> list[int]:
        """Return the nearest hubs by the hours to their markets."""
        hubs = list(range(len(self.scenario.hubs)))
        hours = self._hours([int(node) for node in self.desk.source.placed.hub_node])
        onward = np.array([hub.dwell_h + hub.onward_h for hub in self.scenario.hubs])
        return _nearest(hubs, hours + onward)

    def _node(self) -> int:
        return self.desk.source.depot_node(self.desk.number[self.depot])

    def _hours(self, nodes: Sequence[int]) -> Floats:
        if not nodes:
            return np.empty(0)
        way = travel(self.desk.source.placed.network, np.array([self._node()]), np.array(nodes))
        return np.asarray(way.time_h[0])

    def _load(self, lots: Sequence[Helped]) -> FetchLoad:
        """All lots together, once the last of them has come in."""
        unloaded = max(one.plan.back_h for one in lots) + self.scenario.chain.unload_h
        kg, m3 = (sum(values) for values in zip(*((x.plan.kg, x.plan.kg / x.plan.crop.density_kg_m3) for x in lots),
                                                strict=True))  # fmt: skip
        return FetchLoad(kg, m3, self._node(), max(self.start_h, unloaded))

    def _fetched(
        self, lots: Sequence[Helped], home: int, vehicles: Sequence[VehiclesAtHand], stop_h: float
    ) -> FetchTours | None:
        rules = self.scenario.routing
        docks = Docks(stop_h, rules.load_h_t, self.scenario.chain.unload_h)
        return fetched(self.desk.source.placed.network, self._load(lots), home, vehicles, docks, self.start_h)

    def _market(self, lots: Sequence[Helped], hub: int) -> Proposal | None:
        rules = self.scenario.routing
        trucks = [VehiclesAtHand(kind, None, "", kind.id) for kind in self.scenario.line_haul]
        fetch = self._fetched(lots, int(self.desk.source.placed.hub_node[hub]), trucks, rules.dock_h / 2.0)
        if fetch is None:
            return None
        premium = onward_cny_t(self.scenario)
        own = self.desk.source.depots[self.desk.number[self.depot]].hub
        crops = [crop.id for crop in self.scenario.commodities]
        more = sum(
            one.plan.kg / KG_PER_T * float(premium[hub, n] - premium[own, n])
            for one in lots for n in (crops.index(one.plan.crop.id),)
        )  # fmt: skip
        way = _way(MARKET, self.scenario.hubs[hub].id, self.scenario.hubs[hub].id, fetch)
        return self._led(lots, way, fetch, more)

    def _other(self, lots: Sequence[Helped], depot: int) -> Proposal | None:
        source = self.desk.source
        place = source.depots[depot]
        rooms = class_at(place, self.cooling.zone, (self.cooling.method,))
        kg = sum(one.plan.kg for one in lots)
        if rooms is None or kg > self.desk.room_kg(place.id, rooms):
            return None
        at_hand = self.desk.at_hand(place.id, self.now_h)
        fetch = self._fetched(lots, source.depot_node(depot), at_hand, source.scenario.routing.stop_h)
        if fetch is None:
            return None
        own = self.desk.number[self.depot]
        more = kg / KG_PER_T * float(self.desk.lanes.haul_cny_t[depot] - self.desk.lanes.haul_cny_t[own])
        way = _way(DEPOT, place.id, self.scenario.hubs[place.hub].id, fetch)
        return self._led(lots, self._into(way, fetch, rooms, depot), fetch, more)

    def _into(self, way: DivertedLot, fetch: FetchTours, rooms: CoolingClass, depot: int) -> DivertedLot:
        kind = self.scenario.vehicle(self._base(fetch.tours[0].vehicle_id))
        return replace(
            way, cargo=kind.cargo, half_warming_h=kind.half_warming_h or HALF_WARMING_H[kind.cargo] or float("nan"),
            temp_c=rooms.temp_c, half_cooling_h=rooms.half_cooling_h, haul_h=float(self.desk.lanes.haul_h[depot]),
        )  # fmt: skip

    def _base(self, vehicle: str) -> str:
        return next((made.base for made in self.desk.fleet() if made.kind.id == vehicle), vehicle)

    def _sold(self, lots: Sequence[Helped]) -> Proposal:
        way = replace(_way(SELL, self.depot, "", None), leave_h=self._load(lots).ready_h)
        sold = []
        for one in lots:
            then = self.outlook.sold(one.plan, self.outlook.condition(one.plan), way.leave_h)
            sold.append(replace(one, then=then, way=replace(way, lot=one.plan.key, loss=then.loss)))
        return _kept(Proposal(SELL, self.room, self.depot, tuple(sold), way.leave_h, way.leave_h))

    def _led(self, lots: Sequence[Helped], way: DivertedLot, fetch: FetchTours, more_cny: float) -> Proposal:
        """Follow each lot along a way, and keep those that are better off."""
        led = []
        for one in lots:
            left_h = one.plan.depart_h - dock_clock_h(self.scenario.chain, way.arrive_h)
            stay_h = max(left_h, COOLED_HALVES * way.half_cooling_h) if way.action == DEPOT else 0.0
            own = replace(way, lot=one.plan.key, stay_h=stay_h)
            plan = diverted(one.plan, own, self.scenario)
            then = self.outlook.lost(plan, self.outlook.condition(one.plan))
            led.append(replace(one, then=then, way=replace(own, loss=then.loss)))
        trucks = tuple(tour.vehicle_id for tour in fetch.tours)
        return _kept(Proposal(way.action, self.room, way.to, tuple(led), fetch.leave_h, fetch.arrive_h, fetch.km,
                              fetch.cost_cny + more_cny, trucks, fetch))  # fmt: skip

    def _rerouted(self, depot: int) -> Proposal | None:
        keys, place = {one.plan.key for one in self.waiting}, self.desk.source.depots[depot]
        made = self.desk.rerouted(keys, place.id, self.start_h)
        tables = tables_of(made)
        if len(tables["unserved"]):
            return None
        run, old = self.desk.run, self.desk.run.tables["tours"]
        day: DayPlan = day_of_run(replace(run, tables={**run.tables, **tables}))
        plans = {plan.key: plan for plan in day.lots}
        lots = tuple(self._fetched_anew(one, plans[one.plan.key]) for one in self.waiting)
        new = tables["tours"][~tables["tours"]["tour"].isin(set(old["tour"]))]
        cost, km = (float(tables["tours"][name].sum() - old[name].sum()) for name in ("cost_cny", "km"))
        own = self.desk.number[self.depot]
        kg = sum(one.plan.kg for one in lots)
        cost += kg / KG_PER_T * float(self.desk.lanes.haul_cny_t[depot] - self.desk.lanes.haul_cny_t[own])
        action = TRUCK if depot == own else REROUTE
        leaves, backs = new["leave_h"].min(), new["back_h"].max()
        return Proposal(action, self.room, place.id, lots, float(leaves), float(backs), km, cost,
                        tuple(new["vehicle"]), made=made)  # fmt: skip

    def _fetched_anew(self, one: Helped, plan: LotPlan) -> Helped:
        return replace(one, plan=plan, then=self.outlook.lost(plan, self.outlook.condition(one.plan)))


def _kept(given: Proposal) -> Proposal:
    """Leave out lots that are no better off."""
    return replace(given, lots=tuple(one for one in given.lots if one.saved_cny > 0.0))


def _nearest(indices: Sequence[int], hours: Floats) -> list[int]:
    ranked = sorted(zip(hours.tolist(), indices, strict=True))
    return [n for h, n in ranked if np.isfinite(h)][:NEAREST]


def _way(action: str, to: str, hub: str, fetch: FetchTours | None) -> DivertedLot:
    nan = float("nan")
    leave_h, arrive_h = (nan, nan) if fetch is None else (fetch.leave_h, fetch.arrive_h)
    return DivertedLot("", "", action, to, hub, leave_h, arrive_h, "", nan, nan, nan, nan, nan, nan)
