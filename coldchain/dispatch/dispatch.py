"""From orders to tours: everything read and checked, the day routed, and what comes of each lot worked out exactly."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from coldchain.arrays import KG_PER_T, LOAD_TOLERANCE_KG
from coldchain.dispatch.build import PreparedDay, build_day
from coldchain.dispatch.clock import period_of
from coldchain.dispatch.crowding import bound, crowded, relieve, trim
from coldchain.dispatch.drivers import Driver, drivers_of, hours_before, within_week
from coldchain.dispatch.fleet import VehiclesAtHand, default_fleet, read_fleet
from coldchain.dispatch.former import GivenTours, locked_of, read_tours, start_of
from coldchain.dispatch.lots import HourCount, Kept, Lanes, Lot, clock_of, lots_of
from coldchain.dispatch.orders import Order, read_orders, with_free_ids
from coldchain.dispatch.solve import DaySearch, Engine, solve
from coldchain.dispatch.source import DispatchSource, read_source
from coldchain.errors import Fault, UsageError, demand_right, shortened
from coldchain.language import _
from coldchain.model.ending import Ending
from coldchain.model.naming import labelled
from coldchain.progress import Event, Say, Stage, silent
from coldchain.routing.day import DayResult, Locked
from coldchain.routing.kernel import is_compiled
from coldchain.routing.ruin import RuinEffort
from coldchain.routing.timetable import violations

CROWDED_ROUNDS = 6
SHOWN = 8
SAID_EVERY_S = 1.0
LEFT_OUT_CNY = 1e8  # the search prices a lot that must be fetched, and is not, above any money


Calls = list[tuple[str, int, list[list[str]]]]
"""Tours by vehicle, depot and an order of each halt of each trip: they outlive the numbers of stops."""


@dataclass(frozen=True)
class Rest:
    """The rest of a day under way: orders in place of a table, and the tours that stay as they are.

    Attributes
    ----------
    names : order -> name of the tour that fetches it, as drivers and sensors know it
    before_h : hours of drivers on earlier days of the week
    """

    orders: tuple[Order, ...]
    tours: Calls
    names: Mapping[str, str]
    before_h: Mapping[str, float]


@dataclass(frozen=True)
class DispatchRequest:
    """What is asked for; paths of files as given by the user.

    Attributes
    ----------
    anywhere : any open depot that can take a lot, rather than the planned one; None: planned where there is a plan
    opening : hours of the depots
    driven : folders of routes of earlier days of the week, whose hours drivers have behind them
    time_limit_s, iterations, patience : when to stop; None for the default; inf for no clock
    rest : of a day under way, in place of orders
    """

    source: Path
    orders: Path | None = None
    rest: Rest | None = None
    day: str | None = None
    start_from: Path | None = None
    fleet: Path | None = None
    locked: Path | None = None
    driven: tuple[Path, ...] = ()
    variant: str = "base"
    moved: Path | None = None
    anywhere: bool | None = None
    opening: tuple[float, float] | None = None
    engine: Engine = "ruin-recreate"
    time_limit_s: float | None = None
    iterations: int | None = None
    patience: int | None = None
    seed: int = 0
    threads: int = 1
    say: Say = silent
    stop: Callable[[], bool] = field(default=lambda: False)


@dataclass(frozen=True)
class Dispatch:
    """A day that was routed.

    Attributes
    ----------
    orders : as read, or those of the typical day
    kept : what a full depot leaves behind before any tour is looked for
    given : locked tours and sequences
    drivers : of all counted vehicles, those whose week is used up too
    notes : cautions for the reader
    """

    wish: DispatchRequest
    day: PreparedDay
    orders: tuple[Order, ...]
    result: DayResult
    kept: tuple[Kept, ...]
    given: GivenTours
    drivers: tuple[Driver, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    seconds: dict[str, float]
    interrupted: bool

    @property
    def ending(self) -> Ending:
        """Why the search stopped; of several searches what cut any of them short."""
        if self.interrupted:
            return Ending.INTERRUPTED
        if self.result.status == "limit":
            return Ending.TIME
        patient = self.wish.patience is not None and self.result.iterations < iterations_of(self.wish, self.day)
        return Ending.SETTLED if patient else Ending.WORK


def dispatch(wish: DispatchRequest, read: DispatchSource | None = None) -> Dispatch:
    """Route a day.

    Parameters
    ----------
    read : the source, when it was read already

    Raises
    ------
    BadInputError
        With every fault of orders, fleet and locked tours.
    UsageError
        When options do not fit together, or the engine cannot express the day.
    """
    began = time.monotonic()
    source = read or read_source(wish.source, wish.variant, wish.moved)
    opened = {"depots": len(source.depots), "roads": source.placed.network.kind}
    wish.say(Event(Stage.COUNTY, source.scenario.name, facts=opened))
    period, note = choose_period(source, wish.day)
    orders, whole, faults = _read(wish, source, period)
    before, wrong = (wish.rest.before_h, []) if wish.rest else hours_before(wish.driven, source.scenario.name)
    drivers, fleet = drivers_of(whole, before), within_week(whole, before, source.scenario.routing.driver_h_week)
    faults += [*wrong, *(_all_rest(drivers) if whole and not fleet else ())]
    lots, kept, wrong = lots_of(source, orders, period, anywhere=_anywhere(wish, source))
    faults += wrong
    demand_right(dict.fromkeys(faults))
    notes = [note] if note and (wish.orders is not None or wish.day is None) else []
    clock = clock_of(source, period, since_ready=knows_hours(orders, fleet, wish))
    lots, spilled = trim(source, lots, [made.kind for made in fleet])
    day, given, wrong = _built(wish, Lanes(source, period), clock, lots, fleet)
    faults += wrong
    demand_right(dict.fromkeys(faults))
    faults += _unreachable(day)
    start, lost = start_of(day, wish.start_from) if wish.start_from is not None else ((), [])
    network_s = time.monotonic() - began
    asked = {"orders": len(orders), "stops": len(day.stops), "kg": sum(s.kg for s in day.stops)}
    wish.say(Event(Stage.ORDERS, facts=asked))
    if not is_compiled():
        wish.say(Event(Stage.COMPILING))
    result = solve(day, _search(wish, day, start))
    day, result, more = _relieved(wish, day, result)
    wish.say(Event(Stage.TOURS, value=result.total_cny, done=result.iterations, facts={"tours": len(result.tours)}))
    seconds = {"total": time.monotonic() - began, "network": network_s, "search": time.monotonic() - began - network_s}
    notes += [*lost, *_cautions(day, result)]
    behind = (*kept, *spilled, *more)
    known = {lot.order.id for lot in lots} | {item.order.id for item in behind}
    orders = [order for order in orders if order.id in known]
    return Dispatch(
        wish, day, tuple(orders), result, behind, given, drivers, tuple(faults), tuple(notes), seconds, wish.stop()
    )


def _all_rest(drivers: Sequence[Driver]) -> list[Fault]:
    text = _("the drivers of all vehicles have used up the hours of their week: {names}; add vehicles for hire")
    names = shortened(tuple(one.name for one in drivers), SHOWN)
    return [Fault("fleet", None, "", "", text.format(names=names), "no-vehicle")]


def _built(
    wish: DispatchRequest, lanes: Lanes, clock: HourCount, lots: Sequence[Lot], fleet: Sequence[VehiclesAtHand]
) -> tuple[PreparedDay, GivenTours, list[Fault]]:
    """State the day, with its locked tours and sequences."""
    day = build_day(lanes.source, lanes, clock, lots, fleet, wish.opening)
    if wish.rest is not None:
        problem = replace(day.problem, locked=_moved(day, wish.rest.tours))
        return replace(day, problem=problem), GivenTours(), []
    if wish.locked is None:
        return day, GivenTours(), []
    given, faults = locked_of(day, wish.locked)
    problem = replace(day.problem, locked=given.tours, sequences=given.sequences)
    return replace(day, problem=problem), given, faults


def _relieved(wish: DispatchRequest, day: PreparedDay, result: DayResult) -> tuple[PreparedDay, DayResult, list[Kept]]:
    """Search again as long as a cooling class is given more than it takes."""
    spilled: list[Kept] = []
    for left in reversed(range(CROWDED_ROUNDS)):
        over = crowded(day, result)
        if not over:
            break
        wish.say(Event(Stage.CROWDED, facts={"classes": len(over)}))
        fewer = relieve(day, over) if left else bound(day, result)
        lots, more = trim(day.source, fewer, day.problem.vehicles)
        spilled += more
        start = _again(day, result)
        day, _lots, _odd = _built(wish, day.lanes, day.clock, lots, day.fleet)
        result = solve(day, _search(wish, day, _moved(day, start)))
    return day, result, spilled


def choose_period(source: DispatchSource, day: str | None) -> tuple[int, str]:
    """Return the period of the day, and a note where it had to be guessed: the one with the largest daily harvest."""
    periods = source.scenario.periods
    if day is not None:
        return period_of(periods, day), ""
    busiest = int(source.scenario.daily_t.sum(axis=(0, 1)).argmax())
    if len(periods) == 1:
        return busiest, ""
    return busiest, _("no --day was given: temperatures are those of {id}, the busiest period").format(
        id=periods[busiest].id
    )


def typical_orders(source: DispatchSource, period: int, *, anywhere: bool) -> list[Order]:
    """Return the mean harvest of a day: what the plan sends to depots, or all of it without a plan."""
    daily = source.scenario.daily_t[:, :, period] * KG_PER_T
    orders = []
    for village, commodity in zip(*np.nonzero(daily), strict=True):
        v, c = int(village), int(commodity)
        kg = float(daily[v, c])
        key = f"{source.scenario.villages[v].id}-{source.scenario.commodities[c].id}"
        ways = source.planned.get((v, c, period), ())
        if not source.planned:
            orders.append(Order(key, v, c, kg))
        elif anywhere and ways:
            orders.append(Order(key, v, c, kg * min(sum(way[3] for way in ways), 1.0)))
        else:
            orders.extend(
                Order(key, v, c, kg * share, depot=depot, zone=zone, method=method)
                for depot, zone, method, share in ways
            )
    return with_free_ids([order for order in orders if order.kg > LOAD_TOLERANCE_KG])


def knows_hours(orders: Sequence[Order], fleet: Sequence[VehiclesAtHand], wish: DispatchRequest) -> bool:
    """Tell whether the day runs by the clock: hours are given, or a vehicle may come a second time."""
    given = any(order.ready_h is not None or math.isfinite(order.until_h) for order in orders)
    return given or wish.opening is not None or any(made.kind.trips_day > 1 for made in fleet)


def _anywhere(wish: DispatchRequest, source: DispatchSource) -> bool:
    if wish.anywhere is False and not source.planned:
        raise UsageError(_("--depots planned needs a plan; {source} is a scenario").format(source=wish.source))
    return bool(wish.anywhere) or not source.planned


def _read(
    wish: DispatchRequest, source: DispatchSource, period: int
) -> tuple[list[Order], list[VehiclesAtHand], list[Fault]]:
    """Read orders, fleet and the form of the other tables; every fault together."""
    faults = list(source.faults)
    ids = [depot.id for depot in source.depots]
    owned = source.owned if wish.engine == "ruin-recreate" else {}  # OR-Tools counts vehicles of one depot alone
    fleet = default_fleet(source.scenario, owned)
    if wish.fleet is not None:
        fleet, wrong = read_fleet(wish.fleet, source.scenario, ids)
        faults += wrong
    if wish.rest is not None:
        orders = list(wish.rest.orders)
    elif wish.orders is None:
        orders = typical_orders(source, period, anywhere=_anywhere(wish, source))
    else:
        orders, wrong = read_orders(wish.orders, source.scenario, ids)
        orders = with_free_ids(orders)
        faults += wrong
    for path in (wish.locked, wish.start_from):
        if path is not None:
            faults += read_tours(path)[2]
    return orders, fleet, faults


def _unreachable(day: PreparedDay) -> list[Fault]:
    """Warn of villages that no road joins to any of their depots and back."""
    problem, m = day.problem, day.problem.m
    there = problem.time_h[:m, m:] + problem.time_h[m:, :m].T
    allowed = np.isfinite(problem.access_cny)
    lost = np.flatnonzero(~(np.isfinite(there) & allowed).any(axis=0))
    faults = []
    for stop in lost:
        order = day.lots[day.stops[stop].lots[0]].order
        place = day.source.scenario.villages[day.stops[stop].village]
        village = labelled(place.id, place.name)
        message = _("no road leads from any of its depots there and back; its lots stay")
        faults.append(Fault("orders", order.row, "village", village, message, "unreachable", warning=True))
    return faults


def _search(wish: DispatchRequest, day: PreparedDay, start: tuple[Locked, ...]) -> DaySearch:
    effort = RuinEffort(
        iterations=iterations_of(wish, day),
        seconds=math.inf if wish.time_limit_s is None else wish.time_limit_s,
        patience=math.inf if wish.patience is None else wish.patience,
        stop=wish.stop,
        report=_reporter(wish),
    )
    if wish.iterations is None and wish.time_limit_s is None:
        effort = replace(effort, seconds=DEFAULT_SECONDS)
    return DaySearch(wish.engine, effort, wish.seed, wish.threads, start)


def iterations_of(wish: DispatchRequest, day: PreparedDay) -> float:
    """Return the iterations asked for; without any limit those that pay."""
    if wish.iterations is None and wish.time_limit_s in {None, math.inf}:
        return default_iterations(len(day.stops))
    return math.inf if wish.iterations is None else wish.iterations


DEFAULT_SECONDS = 60.0


def default_iterations(stops: int) -> int:
    """Return the iterations after which more seldom pays: measured, see docs/routes.md."""
    return max(20_000, 400 * stops)


def _reporter(wish: DispatchRequest) -> Callable[[float, int, float], None]:
    said = [-math.inf]

    def report(seconds: float, iterations: int, cost: float) -> None:
        if time.monotonic() - said[0] >= SAID_EVERY_S:
            said[0] = time.monotonic()
            value = cost if cost < LEFT_OUT_CNY else None
            wish.say(Event(Stage.SEARCH, value=value, done=iterations, facts={"seconds": seconds}))

    return report


def _again(day: PreparedDay, result: DayResult) -> Calls:
    """Write tours down by vehicle, depot and an order of each halt, so that they outlive the numbers of stops."""
    first = [day.lots[stop.lots[0]].order.id for stop in day.stops]
    return [
        (tour.vehicle_id, tour.depot, [[first[visit.stop] for visit in trip.visits] for trip in tour.rounds])
        for tour in result.tours
        if not tour.locked
    ]


def _moved(day: PreparedDay, calls: Calls) -> tuple[Locked, ...]:
    """Return tours in terms of a day's stops, without halts that may no longer go to their depot."""
    at = {day.lots[n].order.id: number for number, stop in enumerate(day.stops) for n in stop.lots}
    allowed = np.isfinite(day.problem.access_cny)
    tours = []
    for vehicle, depot, trips in calls:
        found = [dict.fromkeys(at[key] for key in trip if key in at and allowed[depot, at[key]]) for trip in trips]
        rounds = [tuple((stop, float(day.problem.load_kg[stop])) for stop in halts) for halts in found]
        kept = tuple(trip for trip in rounds if trip)
        tours += [Locked(vehicle, depot, kept)] if kept else []
    return tuple(tours)


def _cautions(day: PreparedDay, result: DayResult) -> list[str]:
    """Say which locked tours break a limit: they are driven as they stand."""
    notes = []
    if day.source.placed.network.kind == "proximity":
        notes.append(_("no road data: times and kilometres are those of a proximity network between the places"))
    places = [day.source.scenario.villages[stop.village] for stop in day.stops]
    villages = [labelled(place.id, place.name) for place in places]

    def named(text: str) -> str:
        return re.sub(_("stop {number}").format(number=r"(\d+)"), lambda found: villages[int(found[1])], text)

    broken = [(tour, violations(day.problem, tour)) for tour in result.tours if tour.locked]
    notes.extend(
        _("the locked tour of {vehicle_id} {number} breaks a limit: {map}").format(
            vehicle_id=tour.vehicle_id, number=tour.number, map="; ".join(map(named, texts))
        )
        for tour, texts in broken
        if texts
    )
    return notes
