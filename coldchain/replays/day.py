"""One day of a plan as events: vehicles, unloading places and pre-coolers with their queues, in simpy.

A tour sets out so that its first stop is loaded when the first produce is ready, or when its vehicle is back from an
earlier tour. It waits where produce is not yet ready, never leaves a stop early, and takes what its vehicle holds. What
it leaves behind is fetched by the next vehicle of that kind that is back and can be in before its shift ends; otherwise
it keeps today's chain. At the depot a vehicle queues for an unloading place. A pre-cooler takes what it can take in a
day, first come, first cooled; the rest goes on warm to the hub.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from coldchain.arrays import ROUNDING
from coldchain.model import Chain, Routing
from coldchain.replays.chances import DayDraw
from coldchain.replays.layout import Season, Tour

Events = Generator[Any, Any, None]
VehicleKey = tuple[str, str]


@dataclass
class Parcels:
    """What became of the lots, one row a parcel: lot, tonnes, hours from harvest to the end of unloading."""

    lot: list[int] = field(default_factory=list)
    tonnes: list[float] = field(default_factory=list)
    warm_h: list[float] = field(default_factory=list)

    def add(self, lot: int, tonnes: float, warm_h: float) -> None:
        """Add one, unless it is nothing."""
        if tonnes > 0.0:
            self.lot.append(lot)
            self.tonnes.append(tonnes)
            self.warm_h.append(warm_h)


@dataclass
class Outcome:
    """A day: parcels cooled, passed through a full depot warm, left to the trader; and how vehicles fared.

    Attributes
    ----------
    tours, second_trips : vehicles sent as planned, and trips for what they had to leave behind
    waited_h : hours that vehicles waited for an unloading place, in all
    late : planned tours that took longer than the shift
    driven : vehicle type, km and paid hours of every trip
    """

    cooled: Parcels = field(default_factory=Parcels)
    warm: Parcels = field(default_factory=Parcels)
    left: Parcels = field(default_factory=Parcels)
    tours: int = 0
    second_trips: int = 0
    waited_h: float = 0.0
    late: int = 0
    driven: list[tuple[str, float, float]] = field(default_factory=list)


def docks(season: Season, chain: Chain) -> dict[str, int]:
    """Return how many vehicles unload at once at each depot when all goes as planned; one at least."""
    ends: dict[str, list[float]] = defaultdict(list)
    for tour in season.tours:
        ends[tour.depot].append(tour.wait_h + _first_aboard_h(season, tour))
    return {depot: _at_once(sorted(times), chain.unload_h) for depot, times in ends.items()}


def _at_once(times: list[float], hours: float) -> int:
    """Most intervals of so many hours, beginning at sorted times, that overlap.

    Examples
    --------
    >>> _at_once([0.0, 0.1, 0.25, 1.0], 0.25)
    2
    """
    first = most = 0
    for n, time in enumerate(times):
        while times[first] + hours <= time + ROUNDING:
            first += 1
        most = max(most, n - first + 1)
    return max(most, 1)


def _first_aboard_h(season: Season, tour: Tour) -> float:
    """Hours of a tour, as planned, from the end of its first loading to the depot."""
    return season.planned_h[tour.stops[-1]] + tour.legs_h[-1]


class Day:
    """The events of one day."""

    def __init__(self, season: Season, chain: Chain, routing: Routing, places: dict[str, int], draw: DayDraw) -> None:
        self.season, self.chain, self.routing, self.draw = season, chain, routing, draw
        load = season.lots.tonnes * draw.harvest[season.lots.village, season.lots.crop]
        self.load: list[float] = load.tolist()
        self.stop_t: list[float] = np.add.reduceat(load, season.first_lot[:-1]).tolist() if len(load) else []
        self.first: list[int] = season.first_lot.tolist()
        self.cooler: list[int] = season.lots.cooler.tolist()
        starts = [
            season.ready_h + tour.wait_h - self._halt_h(season.planned_t[tour.stops[0]]) - tour.legs_h[0]
            for tour in season.tours
        ]
        self.env = simpy.Environment(initial_time=min(starts, default=0.0))
        self.docks = {depot: simpy.Resource(self.env, count) for depot, count in places.items()}
        self.coolers = [simpy.Container(self.env, max(room, ROUNDING), room) for room in season.room_t.tolist()]
        self.trucks, self.shift_end_h = self._vehicles(starts)
        self.out = Outcome(tours=len(season.tours))
        for start, tour in sorted(zip(starts, season.tours, strict=True), key=lambda pair: (pair[1].again, pair[0])):
            self.env.process(self._tour(tour, start))

    def run(self) -> Outcome:
        """Let the day pass."""
        self.env.run()
        return self.out

    def _vehicles(self, starts: list[float]) -> tuple[dict[VehicleKey, simpy.Resource], dict[VehicleKey, float]]:
        """Count the vehicles of each kind at each depot; and the clock when the shift of the first to leave ends."""
        count: dict[VehicleKey, int] = defaultdict(int)
        ends: dict[VehicleKey, float] = {}
        for tour, start in zip(self.season.tours, starts, strict=True):
            key = tour.depot, tour.vehicle
            if tour.again:
                continue
            count[key] += 1
            ends[key] = min(ends.get(key, np.inf), start + tour.shift_h)
        return {key: simpy.Resource(self.env, n) for key, n in count.items()}, ends

    def _halt_h(self, tonnes: float) -> float:
        return self.routing.stop_h + self.routing.load_h_t * tonnes

    def _tour(self, tour: Tour, start: float) -> Events:
        """Drive a tour as planned, as far as the day lets it."""
        with self.trucks[tour.depot, tour.vehicle].request() as truck:
            yield truck
            yield self.env.timeout(max(start - self.env.now, 0.0))
            left = self.env.now
            roads, room, aboard = self.draw.roads(len(tour.legs_h)).tolist(), tour.room_t, []
            for leg, road, stop in zip(tour.legs_h, roads, tour.stops, strict=False):
                planned_h = self.season.planned_h[stop] + tour.wait_h
                opens = self.season.ready_h + planned_h - self._halt_h(self.season.planned_t[stop])
                yield self.env.timeout(max(leg * road, opens - self.env.now))
                share = self._take(tour, stop, 1.0, room)
                taken = share * self.stop_t[stop]
                room -= taken
                yield self.env.timeout(self._halt_h(taken))
                aboard.append((stop, share))
            yield self.env.timeout(tour.legs_h[-1] * roads[-1])
            yield from self._unload(tour.depot, aboard)
            self.out.late += self.env.now - start > tour.shift_h * (1 + ROUNDING) + ROUNDING
            self.out.driven.append((tour.vehicle, tour.km, self.env.now - left))

    def _take(self, tour: Tour, stop: int, share: float, room: float) -> float:
        """Return which share of a stop's load of the day a vehicle takes; the rest of ``share`` is fetched later."""
        wanted = share * self.stop_t[stop]
        if wanted <= room + ROUNDING * tour.room_t:
            return share
        taken = share * max(room, 0.0) / wanted
        self.env.process(self._fetch(tour, stop, share - taken))
        return taken

    def _fetch(self, tour: Tour, stop: int, share: float) -> Events:
        """Fetch what was left at a stop with the next vehicle of the kind that is back in time."""
        key = tour.depot, tour.vehicle
        out_h, back_h = (self.season.direct_h[stop] * self.draw.roads(2)).tolist()
        with self.trucks[key].request() as truck:
            yield truck
            halt = self._halt_h(min(share * self.stop_t[stop], tour.room_t))
            if self.env.now + out_h + halt + back_h + self.chain.unload_h > self.shift_end_h[key]:
                for lot in range(self.first[stop], self.first[stop + 1]):
                    self.out.left.add(lot, share * self.load[lot], 0.0)
                return
            self.out.second_trips += 1
            left, km = self.env.now, 2.0 * self.season.direct_h[stop] * tour.km / max(sum(tour.legs_h), ROUNDING)
            yield self.env.timeout(out_h)
            taken = self._take(tour, stop, share, tour.room_t)
            yield self.env.timeout(halt + back_h)
            yield from self._unload(tour.depot, [(stop, taken)])
            self.out.driven.append((tour.vehicle, km, self.env.now - left))

    def _unload(self, depot: str, aboard: list[tuple[int, float]]) -> Events:
        """Queue for a place, unload, and hand over to the pre-coolers."""
        came = self.env.now
        with self.docks[depot].request() as place:
            yield place
            self.out.waited_h += self.env.now - came
            yield self.env.timeout(self.chain.unload_h)
        wanted: dict[int, float] = defaultdict(float)
        for stop, share in aboard:
            for lot in range(self.first[stop], self.first[stop + 1]):
                wanted[self.cooler[lot]] += share * self.load[lot]
        takes: dict[int, float] = {}
        for cooler, tonnes in wanted.items():
            room = self.coolers[cooler]
            given = min(float(room.level), tonnes)
            if given > 0.0:
                yield room.get(given)
            takes[cooler] = given / tonnes if tonnes > 0.0 else 1.0
        self._hand_over(aboard, takes)

    def _hand_over(self, aboard: list[tuple[int, float]], takes: dict[int, float]) -> None:
        """Share out lots between a pre-cooler and what goes on warm; hours count from each lot's harvest."""
        for stop, share in aboard:
            ripe = self.season.ready_h - self.chain.planned_wait_h + self.season.planned_h[stop]
            hours = self.env.now - ripe
            for lot in range(self.first[stop], self.first[stop + 1]):
                tonnes, cooled = share * self.load[lot], takes[self.cooler[lot]]
                self.out.cooled.add(lot, tonnes * cooled, hours)
                self.out.warm.add(lot, tonnes * (1.0 - cooled), hours)
