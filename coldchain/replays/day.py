"""One day of a plan as events: vehicles, unloading places and pre-coolers with their queues, in simpy.

A tour sets out so that its first stop is loaded when the first produce is ready, or when its vehicle is back from an
earlier tour. It waits where produce is not yet ready, never leaves a stop early, and takes what its vehicle holds. When
it is full before its last stop is loaded it drives to the depot, unloads, comes back and goes on, if its shift leaves
the hours for that; otherwise a lorry of the kind is hired for the day and goes on from there. At the depot a vehicle
queues for an unloading place. A pre-cooler takes what it can take in a day, first come, first cooled; the rest goes on
warm to the hub.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from coldchain.arrays import ROUNDING
from coldchain.model import Chain, Routing
from coldchain.replays.chances import DayDraw
from coldchain.replays.layout import DailyRound, TypicalDay

Events = Generator[Any, Any, None]
VehicleKey = tuple[str, str]


@dataclass
class _Drive:
    """A tour under way: its own vehicle (None once a hired one drives), room left, hours to spare, what is aboard."""

    tour: DailyRound
    own: Any
    left_h: float
    room_t: float = 0.0
    spare_h: float = 0.0
    aboard: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin empty."""
        self.room_t, self.spare_h = self.tour.room_t, self.tour.spare_h


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
class DayOutcome:
    """A day: parcels cooled, passed through a full depot warm, left to the trader; and how vehicles fared.

    Attributes
    ----------
    tours : vehicles sent as planned
    second_trips, hired : returns to a stop after unloading, and how many of them a hired lorry made
    waited_h : hours that vehicles waited for an unloading place, in all
    late : planned tours that took longer than the shift
    more_h : vehicle type, and paid hours beyond those planned, of every tour
    returned : vehicle type and stop of each return; hires : vehicle type of each lorry hired
    """

    cooled: Parcels = field(default_factory=Parcels)
    warm: Parcels = field(default_factory=Parcels)
    left: Parcels = field(default_factory=Parcels)
    tours: int = 0
    second_trips: int = 0
    waited_h: float = 0.0
    late: int = 0
    more_h: list[tuple[str, float]] = field(default_factory=list)
    returned: list[tuple[str, int]] = field(default_factory=list)
    hires: list[str] = field(default_factory=list)


def docks(season: TypicalDay, chain: Chain) -> dict[str, int]:
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


def _first_aboard_h(season: TypicalDay, tour: DailyRound) -> float:
    """Hours of a tour, as planned, from the end of its first loading to the depot."""
    return season.planned_h[tour.stops[-1]] + tour.legs_h[-1]


class ReplayedDay:
    """The events of one day."""

    def __init__(
        self, season: TypicalDay, chain: Chain, routing: Routing, places: dict[str, int], draw: DayDraw
    ) -> None:
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
        self.trucks = self._vehicles()
        self.out = DayOutcome(tours=len(season.tours))
        for start, tour in sorted(zip(starts, season.tours, strict=True), key=lambda pair: (pair[1].again, pair[0])):
            self.env.process(self._tour(tour, start))

    def run(self) -> DayOutcome:
        """Let the day pass."""
        self.env.run()
        return self.out

    def _vehicles(self) -> dict[VehicleKey, simpy.Resource]:
        """Count the vehicles of each kind at each depot."""
        count = Counter((tour.depot, tour.vehicle) for tour in self.season.tours if not tour.again)
        return {key: simpy.Resource(self.env, n) for key, n in count.items()}

    def _halt_h(self, tonnes: float) -> float:
        return self.routing.stop_h + self.routing.load_h_t * tonnes

    def _tour(self, tour: DailyRound, start: float) -> Events:
        """Drive a tour as planned, as far as the day lets it."""
        own = self.trucks[tour.depot, tour.vehicle].request()
        yield own
        yield self.env.timeout(max(start - self.env.now, 0.0))
        drive = _Drive(tour, own, self.env.now)
        roads = self.draw.roads(len(tour.legs_h)).tolist()
        for leg, road, stop in zip(tour.legs_h, roads, tour.stops, strict=False):
            planned_h = self.season.planned_h[stop] + tour.wait_h
            opens = self.season.ready_h + planned_h - self._halt_h(self.season.planned_t[stop])
            yield self.env.timeout(max(leg * road, opens - self.env.now))
            yield from self._load(drive, stop)
        yield self.env.timeout(tour.legs_h[-1] * roads[-1])
        yield from self._unload(tour.depot, drive.aboard)
        if drive.own:
            drive.own.resource.release(drive.own)
            self.out.late += self.env.now - start > tour.shift_h * (1 + ROUNDING) + ROUNDING
        self.out.more_h.append((tour.vehicle, self.env.now - drive.left_h - tour.hours))

    def _load(self, drive: _Drive, stop: int) -> Events:
        """Take the load of a stop, going back for what is more than the vehicle holds."""
        rest = 1.0
        while True:
            wanted = rest * self.stop_t[stop]
            fits = wanted <= drive.room_t + ROUNDING * drive.tour.room_t
            share = rest if fits else rest * max(drive.room_t, 0.0) / wanted
            drive.room_t -= share * self.stop_t[stop]
            drive.aboard.append((stop, share))
            yield self.env.timeout(self._halt_h(share * self.stop_t[stop]))
            if fits:
                return
            rest -= share
            yield from self._go_back(drive, stop)

    def _go_back(self, drive: _Drive, stop: int) -> Events:
        """Bring home what is aboard and return empty: with the same vehicle, or with a hired one that sets out now."""
        tour, way_h = drive.tour, self.season.direct_h[stop] / drive.tour.speed
        out_h, back_h = (way_h * self.draw.roads(2)).tolist()
        longer_h = 2.0 * way_h + self.chain.unload_h + self.routing.stop_h
        self.out.returned.append((tour.vehicle, stop))
        self.out.second_trips += 1
        if longer_h <= drive.spare_h + ROUNDING:
            drive.spare_h -= longer_h
            yield self.env.timeout(back_h)
            yield from self._unload(tour.depot, drive.aboard)
        else:
            self.out.hires.append(tour.vehicle)
            self.env.process(self._home(tour, drive.aboard, back_h, drive.own))
            drive.spare_h, drive.own = tour.shift_h - tour.hours, None
        drive.aboard, drive.room_t = [], tour.room_t
        yield self.env.timeout(out_h)

    def _home(self, tour: DailyRound, aboard: list[tuple[int, float]], back_h: float, own: Any) -> Events:
        """Bring a full vehicle home while a hired one goes on."""
        left = self.env.now
        yield self.env.timeout(back_h)
        yield from self._unload(tour.depot, aboard)
        if own:
            own.resource.release(own)
        self.out.more_h.append((tour.vehicle, self.env.now - left))

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
