"""What a depot's cooling classes take in a day: loads beyond it go to other depots, or stay."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from coldchain.arrays import KG_PER_T, ROUNDING
from coldchain.dispatch.build import PreparedDay
from coldchain.dispatch.lots import Kept, Lot, direct_h
from coldchain.dispatch.source import DispatchSource
from coldchain.language import _
from coldchain.language.ids import word
from coldchain.model import CoolingClass, VehicleType
from coldchain.routing.day import DayResult

Place = tuple[int, CoolingClass]


def trim(source: DispatchSource, lots: Sequence[Lot], vehicles: Sequence[VehicleType]) -> tuple[list[Lot], list[Kept]]:
    """Leave behind what a depot cannot take of lots that may go nowhere else.

    Those too far to be brought in time go first, then optional ones, then the least valuable.
    """
    rank = _ranks(source, lots, vehicles)
    room: dict[Place, float] = {}
    kept: dict[int, Lot] = {}
    spilled: list[Kept] = []
    for n in sorted(range(len(lots)), key=lambda n: (rank[n], n)):
        lot = lots[n]
        if len(lot.ways) > 1:
            kept[n] = lot
            continue
        place = next(iter(lot.ways.items()))
        depot = source.depots[place[0]]
        left = room.setdefault(place, depot.t_day[place[1]] * KG_PER_T)
        taken = min(lot.order.kg, max(left, 0.0))
        room[place] = left - taken
        if taken < lot.order.kg * (1 - ROUNDING):
            zone = f"{word(place[1].zone)} {word(place[1].method)}"
            text = _("{id} pre-cools {t_day:,.1f} t of {zone} a day, and that is full today").format(
                id=depot.id, t_day=depot.t_day[place[1]], zone=zone
            )
            spilled.append(Kept(lot.order, lot.order.kg - taken, "depot", text))
            share = taken / lot.order.kg
            value = lot.order.value_cny * share if math.isfinite(lot.order.value_cny) else math.inf
            lot = replace(lot, order=replace(lot.order, kg=taken, value_cny=value))
        if taken > 0:
            kept[n] = lot
    return [kept[n] for n in sorted(kept)], spilled


def _ranks(
    source: DispatchSource, lots: Sequence[Lot], vehicles: Sequence[VehicleType]
) -> list[tuple[bool, bool, float]]:
    """Return what to sort lots by, those to keep first."""
    if not lots:
        return []
    limit = source.scenario.siting.max_first_mile_h
    near = [min(hours.values()) <= limit for hours in direct_h(source, lots, vehicles)]
    return [(not ok, *_rank(source, lot)) for ok, lot in zip(near, lots, strict=True)]


def _rank(source: DispatchSource, lot: Lot) -> tuple[bool, float]:
    return math.isfinite(lot.order.value_cny), -source.scenario.commodities[lot.order.commodity].price_cny_kg


def crowded(day: PreparedDay, result: DayResult) -> dict[Place, list[int]]:
    """Return the lots at each depot and class that is given more than it takes."""
    at: dict[Place, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for tour in result.tours:
        for visit in (visit for trip in tour.rounds for visit in trip.visits):
            share = visit.load_kg / day.stops[visit.stop].kg
            for n in day.stops[visit.stop].lots:
                lot = day.lots[n]
                at[tour.depot, lot.ways[tour.depot]][n] += lot.order.kg * share
    over = {}
    for place, loads in at.items():
        most = day.source.depots[place[0]].t_day[place[1]] * KG_PER_T
        if sum(loads.values()) > most * (1 + ROUNDING):
            over[place] = list(loads)
    return over


def relieve(day: PreparedDay, over: dict[Place, list[int]]) -> list[Lot]:
    """Return the lots, those that no longer fit barred from the crowded depots where they have others."""
    lots = list(day.lots)
    for place, members in over.items():
        left = day.source.depots[place[0]].t_day[place[1]] * KG_PER_T
        for n in sorted(members, key=lambda n: (len(lots[n].ways) > 1, _rank(day.source, lots[n]), n)):
            left -= lots[n].order.kg
            if left < -ROUNDING and len(lots[n].ways) > 1:
                ways = {depot: cooling for depot, cooling in lots[n].ways.items() if depot != place[0]}
                lots[n] = replace(lots[n], ways=ways)
    return lots


def bound(day: PreparedDay, result: DayResult) -> list[Lot]:
    """Return the lots, each with the one depot it was brought to, or its first where it stays behind."""
    went = {
        n: tour.depot
        for tour in result.tours
        for trip in tour.rounds
        for visit in trip.visits
        for n in day.stops[visit.stop].lots
    }
    lots = []
    for n, lot in enumerate(day.lots):
        depot = went.get(n, min(lot.ways))
        lots.append(replace(lot, ways={depot: lot.ways[depot]}))
    return lots
