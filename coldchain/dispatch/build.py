"""From lots to the routing problem of the day: lots that travel alike are one stop; weights and limits in arrays."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import KG_PER_T, Floats, Ints
from coldchain.dispatch.fleet import VehiclesAtHand
from coldchain.dispatch.lots import HourCount, Lanes, Lot, direct_h
from coldchain.dispatch.source import DispatchSource
from coldchain.model import CoolingClass
from coldchain.network import travel
from coldchain.routing.day import CARGOES, DayProblem

ANY_REGIME = -1


@dataclass(frozen=True)
class Stop:
    """Lots of one village that travel alike: same hours, depots and temperature regimes; optional ones stand alone."""

    village: int
    lots: tuple[int, ...]
    kg: float


@dataclass(frozen=True)
class PreparedDay:
    """A day ready to be routed.

    Attributes
    ----------
    lots : what is to be fetched
    stops : in the order of the problem
    """

    source: DispatchSource
    period: int
    clock: HourCount
    lanes: Lanes
    lots: tuple[Lot, ...]
    stops: tuple[Stop, ...]
    fleet: tuple[VehiclesAtHand, ...]
    problem: DayProblem


def stops_of(lots: Sequence[Lot]) -> tuple[Stop, ...]:
    """Join lots into stops, in the order of villages."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for n, lot in enumerate(lots):
        order = lot.order
        alone = order.id if math.isfinite(order.value_cny) else order.halt
        ready = math.inf if order.ready_h is None else order.ready_h
        key = (order.village, ready, order.until_h, tuple(sorted(lot.ways)), order.regimes, alone)
        groups[key].append(n)
    stops = [
        Stop(lots[members[0]].order.village, tuple(members), sum(lots[n].order.kg for n in members))
        for _, members in sorted(groups.items(), key=lambda item: item[0])
    ]
    return tuple(stops)


def build_day(
    source: DispatchSource,
    lanes: Lanes,
    clock: HourCount,
    lots: Sequence[Lot],
    fleet: Sequence[VehiclesAtHand],
    opening: tuple[float, float] | None,
) -> PreparedDay:
    """State the routing problem of the day.

    Parameters
    ----------
    opening : hours between which vehicles leave and come back, None for any
    """
    stops = stops_of(lots)
    scenario = source.scenario
    nodes = [source.depot_node(n) for n in range(len(source.depots))]
    nodes += [int(source.placed.village_node[stop.village]) for stop in stops]
    legs = travel(source.placed.network, np.array(nodes), np.array(nodes))
    crops = scenario.commodities
    volume = [sum(lots[n].order.kg / crops[lots[n].order.commodity].density_kg_m3 for n in stop.lots) for stop in stops]
    problem = DayProblem(
        time_h=legs.time_h,
        km=legs.km,
        load_kg=np.array([stop.kg for stop in stops]),
        volume_m3=np.array(volume),
        weight_cny_h=_weights(source, lanes, clock, lots, stops, fleet),
        vehicles=tuple(made.kind for made in fleet),
        available=tuple(made.count for made in fleet),
        value_cny=np.array([sum(lots[n].order.value_cny for n in stop.lots) for stop in stops]),
        window_h=_windows(clock, lots, stops),
        depot_window_h=np.tile(opening or (0.0, math.inf), (len(source.depots), 1)),
        depot_kg=_room_kg(source, lots),
        access_cny=_access(lanes, clock, lots, stops),
        regimes=_regimes(lots, stops),
        max_aboard_h=np.full(len(stops), scenario.siting.max_first_mile_h),
        stop_h=scenario.routing.stop_h,
        load_h_t=scenario.routing.load_h_t,
        unload_h=scenario.chain.unload_h,
        since_ready=clock.since_ready,
    )
    return PreparedDay(source, lanes.period, clock, lanes, tuple(lots), stops, tuple(fleet), problem)


def _windows(clock: HourCount, lots: Sequence[Lot], stops: Sequence[Stop]) -> Floats:
    """Earliest and latest start of each halt; none at all where lots are harvested for the truck."""
    if not clock.since_ready:
        return np.tile((0.0, math.inf), (len(stops), 1))
    firsts = [lots[stop.lots[0]].order for stop in stops]
    return np.array([(clock.ready(order), order.until_h) for order in firsts]).reshape(len(stops), 2)


def _weights(
    source: DispatchSource,
    lanes: Lanes,
    clock: HourCount,
    lots: Sequence[Lot],
    stops: Sequence[Stop],
    fleet: Sequence[VehiclesAtHand],
) -> Floats:
    """CNY each stop loses per hour aboard, by cargo, at the planned hours aboard or those of the direct ride."""
    limit = source.scenario.siting.max_first_mile_h
    direct = direct_h(source, lots, [made.kind for made in fleet])
    weights = np.zeros((len(stops), len(CARGOES)))
    for row, stop in enumerate(stops):
        for n in stop.lots:
            order, ways = lots[n].order, lots[n].ways
            depot = min(ways, key=lambda way: (direct[n][way], way))
            planned = source.aboard_h.get((order.village, order.commodity, lanes.period))
            aboard = min(direct[n][depot], limit) if planned is None else planned
            aboard = round(aboard / source.scenario.chain.dock_batch_h) * source.scenario.chain.dock_batch_h
            per_kg = lanes.per_hour(order.commodity, depot, ways[depot], clock.ready(order), aboard)
            weights[row] += order.kg * np.array(per_kg)
    return weights


def _access(lanes: Lanes, clock: HourCount, lots: Sequence[Lot], stops: Sequence[Stop]) -> Floats:
    """CNY by which a depot is dearer for a stop than its best one, the ride apart; inf where it may not go."""
    access = np.full((len(lanes.source.depots), len(stops)), math.inf)
    for column, stop in enumerate(stops):
        ways = lots[stop.lots[0]].ways
        money = {
            depot: sum(
                lots[n].order.kg
                * lanes.reference_cny_kg(
                    lots[n].order.commodity, depot, lots[n].ways[depot], clock.ready(lots[n].order)
                )
                for n in stop.lots
            )
            for depot in ways
        }
        best = min(money.values())
        for depot, cny in money.items():
            access[depot, column] = cny - best if math.isfinite(cny) else math.inf
        if not math.isfinite(best):
            access[list(ways), column] = 0.0
    return access


def _regimes(lots: Sequence[Lot], stops: Sequence[Stop]) -> Ints:
    names = sorted({name for lot in lots for name in lot.order.regimes})
    bit = {name: 1 << n for n, name in enumerate(names)}
    rows = [sum(bit[name] for name in lots[stop.lots[0]].order.regimes) or ANY_REGIME for stop in stops]
    return np.array(rows, dtype=np.int64)


def _room_kg(source: DispatchSource, lots: Sequence[Lot]) -> Floats:
    """Most kg each depot takes: over its classes, its room or all that may come; inf where all of it fits."""
    may_come: dict[tuple[int, CoolingClass], float] = defaultdict(float)
    for lot in lots:
        for way in lot.ways.items():
            may_come[way] += lot.order.kg
    room = np.full(len(source.depots), math.inf)
    for n, depot in enumerate(source.depots):
        coming = {cooling: kg for (where, cooling), kg in may_come.items() if where == n}
        if any(kg > depot.t_day[cooling] * KG_PER_T for cooling, kg in coming.items()):
            room[n] = sum(min(kg, depot.t_day[cooling] * KG_PER_T) for cooling, kg in coming.items())
    return room
