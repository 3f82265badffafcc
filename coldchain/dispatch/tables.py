"""The day as tables: tours, trips, halts, lots, what stays behind, and the inputs as they were understood."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coldchain.dispatch.clock import clock
from coldchain.dispatch.dispatch import Dispatch
from coldchain.dispatch.drivers import driven_by
from coldchain.dispatch.lots import Kept
from coldchain.model import VEHICLE_FIGURES, VehicleType
from coldchain.routing.day import Round, Tour, Visit
from coldchain.spoilage import Ride

NONE = float("nan")
TOURS = [
    "tour", "vehicle", "name", "depot", "depot_name", "trips", "stops", "load_kg", "leave", "back", "leave_h", "back_h",
    "km", "drive_h", "hours", "shift_h", "aboard_max_h", "loss_kg", "loss_cny", "cost_cny", "locked", "driver",
]  # fmt: skip
TRIPS = ["tour", "trip", "stops", "load_kg", "load_m3", "leave", "back", "leave_h", "back_h", "km", "drive_h"]
STOPS = [
    "tour", "vehicle", "depot", "trip", "order", "village", "name", "lon", "lat", "kg", "arrive", "start", "leave",
    "arrive_h", "start_h", "leave_h", "aboard_h", "lots", "locked", "note",
]  # fmt: skip
LOTS = [
    "order", "village", "commodity", "kg", "tour", "trip", "depot", "zone", "method", "harvest_h", "leave_h", "back_h",
    "aboard_h", "loss_share", "loss_kg", "loss_cny",
]  # fmt: skip
UNSERVED = ["order", "village", "name", "commodity", "kg", "cause", "detail"]
ORDERS = [
    "order", "village", "commodity", "kg", "ready_h", "until_h", "depot", "zone", "method", "regime", "value_cny",
    "note", "harvest_h",
]  # fmt: skip
DEPOTS = ["depot", "name", "lon", "lat", "modules", "hub", "open_h", "close_h", "received_kg", "tours"]
LIMITS = VEHICLE_FIGURES
DRIVERS = ["driver", "vehicle", "base", "depot", "before_h", "today_h", "left_h", "tour"]
FLEET = ["vehicle", "name", "base", "depot", "count", *LIMITS]
WORDS = {
    "tour", "vehicle", "name", "depot", "depot_name", "leave", "back", "arrive", "start", "village", "commodity",
    "lots", "locked", "note", "zone", "method", "cause", "detail", "regime", "modules", "hub", "base", "cargo",
    "driver",
}  # fmt: skip
Tables = dict[str, pd.DataFrame]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table by the names of its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


@dataclass(frozen=True)
class TourRows:
    """Rows of one tour: of the tour itself, its depot, trips, halts and lots, in order."""

    tour: dict[str, Any]
    depot: dict[str, Any]
    trips: list[dict[str, Any]]
    stops: list[dict[str, Any]]
    lots: list[dict[str, Any]]


def by_tour(tables: Tables) -> list[TourRows]:
    """Return the rows of every tour together."""
    depots = {row["depot"]: row for row in records(tables["depots"])}
    own: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name in ("trips", "stops", "lots"):
        own[name] = defaultdict(list)
        for row in records(tables[name]):
            own[name][row["tour"]].append(row)
    return [
        TourRows(row, depots[row["depot"]], *(own[name][row["tour"]] for name in ("trips", "stops", "lots")))
        for row in records(tables["tours"])
    ]


def _frame(rows: list[Any], columns: list[str]) -> pd.DataFrame:
    """Return a table whose columns know what they hold even when there is no row."""
    frame = pd.DataFrame(rows, columns=columns)
    return frame if rows else frame.astype({name: "object" if name in WORDS else "float64" for name in columns})


@dataclass(frozen=True)
class NamedInputs:
    """A tour and the name it goes by: the depot and its number there."""

    key: str
    tour: Tour


def named_tours(made: Dispatch) -> list[NamedInputs]:
    """Name the tours; those of a day under way keep the names they have."""
    names = made.wish.rest.names if made.wish.rest is not None else {}
    count: dict[int, int] = defaultdict(int)
    taken, named = set(names.values()), []
    for tour in made.result.tours:
        first = made.day.lots[made.day.stops[tour.rounds[0].visits[0].stop].lots[0]].order.id
        key = names.get(first, "")
        while not key or (first not in names and key in taken):
            count[tour.depot] += 1
            key = f"{made.day.source.depots[tour.depot].id}-{count[tour.depot]}"
        named.append(NamedInputs(key, tour))
    return named


def tables_of(made: Dispatch) -> Tables:
    """Return every table of a routed day."""
    lots = lots_table(made)
    tours = _tours(made, lots)
    return {
        "tours": tours,
        "trips": _trips(made),
        "stops": _stops(made),
        "lots": lots,
        "unserved": _unserved(made),
        "orders": _orders(made),
        "depots": _depots(made),
        "fleet": _fleet(made),
        "drivers": _drivers(made, tours),
    }


def kind_of(made: Dispatch, tour: Tour) -> VehicleType:
    """Return the vehicle of a tour."""
    return next(vehicles.kind for vehicles in made.day.fleet if vehicles.kind.id == tour.vehicle_id)


def _tours(made: Dispatch, lots: pd.DataFrame) -> pd.DataFrame:
    lost = lots.groupby("tour")[["loss_kg", "loss_cny"]].sum()
    depots = [depot.id for depot in made.day.source.depots]
    before = {one.name: one.before_h for one in made.drivers}
    rows = []
    for named, driver in zip(
        named_tours(made), driven_by(made.result.tours, made.day.fleet, depots, before), strict=True
    ):
        tour, place = named.tour, made.day.source.depots[named.tour.depot].place
        first, last = tour.rounds[0].leave_h, tour.rounds[-1].back_h
        visits = [visit for trip in tour.rounds for visit in trip.visits]
        rows.append(
            (
                named.key, tour.vehicle_id, kind_of(made, tour).name, place.id, place.name, len(tour.rounds),
                len(visits), sum(visit.load_kg for visit in visits), clock(first), clock(last), first, last,
                tour.km, tour.drive_h, tour.hours, tour.shift_h, max(visit.aboard_h for visit in visits),
                float(lost["loss_kg"].get(named.key, 0.0)), float(lost["loss_cny"].get(named.key, 0.0)), tour.cost_cny,
                tour.locked, driver,
            )
        )  # fmt: skip
    return _frame(rows, TOURS)


def _trips(made: Dispatch) -> pd.DataFrame:
    rows = []
    for named in named_tours(made):
        for number, trip in enumerate(named.tour.rounds, start=1):
            m3 = sum(_m3(made, visit) for visit in trip.visits)
            figures = (clock(trip.leave_h), clock(trip.back_h), trip.leave_h, trip.back_h, trip.km, trip.drive_h)
            rows.append((named.key, number, len(trip.visits), trip.load_kg, m3, *figures))
    return _frame(rows, TRIPS)


def _m3(made: Dispatch, visit: Visit) -> float:
    return float(made.day.problem.volume_m3[visit.stop]) * visit.load_kg / made.day.stops[visit.stop].kg


def _stops(made: Dispatch) -> pd.DataFrame:
    day, scenario = made.day, made.day.source.scenario
    chain = {stop: name for name, stops in zip(made.given.names, made.given.sequences, strict=True) for stop in stops}
    rows = []
    for named in named_tours(made):
        head = (named.key, named.tour.vehicle_id, day.source.depots[named.tour.depot].id)
        for number, trip in enumerate(named.tour.rounds, start=1):
            for place, visit in enumerate(trip.visits, start=1):
                village = scenario.villages[day.stops[visit.stop].village]
                orders = [day.lots[n].order for n in day.stops[visit.stop].lots]
                hours = (visit.arrive_h, visit.start_h, visit.leave_h)
                notes = "; ".join(dict.fromkeys(order.note for order in orders if order.note))
                where = (village.id, village.name, village.lon, village.lat, visit.load_kg)
                ids = ";".join(order.id for order in orders)
                more = (visit.aboard_h, ids, chain.get(visit.stop, ""), notes)
                rows.append((*head, number, place, *where, *map(clock, hours), *hours, *more))
    return _frame(rows, STOPS)


def lots_table(made: Dispatch) -> pd.DataFrame:
    """Work out what each lot loses on the ride it really takes, harvest to buyer."""
    rows = []
    for named in named_tours(made):
        for number, trip in enumerate(named.tour.rounds, start=1):
            for visit in trip.visits:
                rows += _visit_lots(made, named, number, trip, visit)
    return _frame(rows, LOTS)


def _visit_lots(made: Dispatch, named: NamedInputs, number: int, trip: Round, visit: Visit) -> list[tuple[object, ...]]:
    day, depot, vehicle = made.day, named.tour.depot, kind_of(made, named.tour)
    scenario = day.source.scenario
    share = visit.load_kg / day.stops[visit.stop].kg
    rows: list[tuple[object, ...]] = []
    for n in day.stops[visit.stop].lots:
        order, cooling = day.lots[n].order, day.lots[n].ways[depot]
        crop, kg = scenario.commodities[order.commodity], day.lots[n].order.kg * share
        ride = Ride.of(vehicle, day.clock.harvest_h(order, visit.leave_h), visit.leave_h, trip.back_h)
        loss = day.lanes.loss(order.commodity, depot, cooling, ride)
        rows.append(
            (
                order.id, scenario.villages[order.village].id, crop.id, kg, named.key, number,
                day.source.depots[depot].id, cooling.zone, cooling.method, ride.harvest_h, ride.leave_h, ride.back_h,
                ride.back_h - ride.leave_h, loss, kg * loss, kg * loss * crop.price_cny_kg,
            )
        )  # fmt: skip
    return rows


def _unserved(made: Dispatch) -> pd.DataFrame:
    day = made.day
    behind = list(made.kept)
    for left in made.result.left:
        stop = day.stops[left.stop]
        for n in stop.lots:
            order = day.lots[n].order
            behind.append(Kept(order, order.kg * left.load_kg / stop.kg, left.cause, left.detail))
    scenario = day.source.scenario
    rows = []
    for kept in behind:
        village, crop = scenario.villages[kept.order.village], scenario.commodities[kept.order.commodity]
        rows.append((kept.order.id, village.id, village.name, crop.id, kept.kg, kept.cause, kept.detail))
    return _frame(rows, UNSERVED)


def _orders(made: Dispatch) -> pd.DataFrame:
    scenario = made.day.source.scenario
    rows = [
        (
            order.id, scenario.villages[order.village].id, scenario.commodities[order.commodity].id, order.kg,
            NONE if order.ready_h is None else order.ready_h, order.until_h if math.isfinite(order.until_h) else NONE,
            order.depot, order.zone, order.method, ";".join(order.regimes),
            order.value_cny if math.isfinite(order.value_cny) else NONE, order.note,
            NONE if order.harvest_h is None else order.harvest_h,
        )
        for order in made.orders
    ]  # fmt: skip
    return _frame(rows, ORDERS)


def _depots(made: Dispatch) -> pd.DataFrame:
    source = made.day.source
    opens, closes = made.wish.opening or (NONE, NONE)
    rows = []
    for number, depot in enumerate(source.depots):
        tours = [tour for tour in made.result.tours if tour.depot == number]
        kg = sum(trip.load_kg for tour in tours for trip in tour.rounds)
        place = (depot.id, depot.place.name, depot.place.lon, depot.place.lat)
        hub = source.scenario.hubs[depot.hub].id
        rows.append((*place, depot.modules, hub, opens, closes, kg, len(tours)))
    return _frame(rows, DEPOTS)


def _drivers(made: Dispatch, tours: pd.DataFrame) -> pd.DataFrame:
    most_h = made.day.source.scenario.routing.driver_h_week
    out = {row["driver"]: (row["tour"], row["shift_h"]) for row in records(tours) if row["driver"]}
    rows = []
    for one in made.drivers:
        tour, today_h = out.get(one.name, ("", 0.0))
        rows.append(
            (one.name, one.vehicle, one.base, one.depot, one.before_h, today_h, most_h - one.before_h - today_h, tour)
        )
    return _frame(rows, DRIVERS)


def _fleet(made: Dispatch) -> pd.DataFrame:
    rows = []
    for vehicles in made.day.fleet:
        limits = [getattr(vehicles.kind, name) for name in LIMITS]
        count = NONE if vehicles.count is None else float(vehicles.count)
        known = [NONE if value is None else value for value in limits]
        rows.append((vehicles.kind.id, vehicles.kind.name, vehicles.base, vehicles.depot, count, *known))
    return _frame(rows, FLEET)
