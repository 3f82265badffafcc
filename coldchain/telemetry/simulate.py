"""A day's messages made from a plan: doors, failures of cooling, gaps, late batches, copies, and sensors that go wrong.

A truck without a signal stores its readings and sends them on in batches once it has one again.

Beside the messages stands the truth: every temperature without noise, what was broken when, and the life each lot
really used. Equal seeds make equal messages.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.telemetry.dayplan import ROOM, TRUCK, DayPlan, SensorPlace
from coldchain.telemetry.health import Sensor
from coldchain.telemetry.lotclock import Clocks, LotState
from coldchain.telemetry.readings import CHINA_H
from coldchain.telemetry.watch import EPOCH_DAY, MS_PER_H, written_moment

MINUTE_H = 1.0 / 60.0
SENSORS = {TRUCK: 1, ROOM: 3}
NOISE_C, DEFROST_C, DOOR_C = 0.15, 0.6, 5.0
WEATHER_C, MOST_WEATHER_C = 1.5, 5.0
ROOM_WARMING_HALF_H, DOOR_HALF_H = 2.5, 0.1
BATCH = 25


@dataclass(frozen=True)
class MishapRates:
    """Share of places or sensors to which each thing happens once in the day.

    Attributes
    ----------
    failure : cooling of a room, or a truck's body in the sun
    left_open : door that is left open
    late, lost : hours without signal, whose readings come later in batches, or never
    dead, stuck, offset, jumping : sensors that go wrong
    doubled, delayed : share of messages that come twice, or up to ten minutes late
    least_h, most_h : hours for which the cooling of a room fails
    """

    failure: float = 0.12
    left_open: float = 0.08
    late: float = 0.15
    lost: float = 0.08
    dead: float = 0.04
    stuck: float = 0.04
    offset: float = 0.04
    jumping: float = 0.04
    doubled: float = 0.02
    delayed: float = 0.05
    least_h: float = 2.0
    most_h: float = 8.0


@dataclass(frozen=True)
class Mishap:
    """Something that went wrong: what, where, and between which clock hours."""

    kind: str
    place: str
    device: str
    start_h: float
    end_h: float


@dataclass(frozen=True)
class TrueTemperature:
    """True temperature of a place on every minute, and whether its door stood open."""

    place: SensorPlace
    hour: Floats
    temp_c: Floats
    door: Bools


@dataclass(frozen=True)
class Simulated:
    """Lines of messages in the order they arrive, and the truth behind them."""

    lines: tuple[str, ...]
    events: tuple[Mishap, ...]
    day: DayPlan
    courses: dict[str, TrueTemperature]

    def sensors(self) -> dict[str, list[Sensor]]:
        """Return the true temperature of each place as a sensor without fault would show it."""
        return {
            key: [Sensor(key, key, one.hour, one.temp_c, np.ones(one.hour.size, dtype=bool))]
            for key, one in self.courses.items()
        }

    def lots(self) -> tuple[LotState, ...]:
        """Return every lot at the end of its day as it truly was."""
        clocks = Clocks(self.day, self.sensors())
        return tuple(clocks.lot(plan, plan.depart_h) for plan in self.day.lots)

    def truth(self) -> dict[str, Any]:
        """Return the truth as plain values."""
        lots = [
            {"lot": lot.plan.key, "life_used": lot.used, "loss": lot.loss, "loss_planned": lot.plan.loss}
            for lot in self.lots()
        ]
        return {"events": [asdict(event) for event in self.events], "lots": lots}


class SensorWorld:
    """One day of weather, rooms and trucks.

    Parameters
    ----------
    every_s : seconds between the readings of a sensor
    signal : of longitudes and latitudes, shape (n, 2), tells where there is a signal; None: everywhere
    """

    def __init__(
        self, day: DayPlan, named: str, *, every_s: float = 120.0, seed: int = 0, offset_h: float = CHINA_H,
        rates: MishapRates | None = None, signal: Callable[[Floats], Bools] | None = None,
    ) -> None:  # fmt: skip
        self.draw = np.random.default_rng(seed)
        warmer = float(np.clip(self.draw.normal(0.0, WEATHER_C), -MOST_WEATHER_C, MOST_WEATHER_C))
        self.day = replace(day, air_c=day.air_c + warmer)
        self.rates, self.signal = rates or MishapRates(), signal
        self.every_h, self.offset_h = every_s / 3600.0, offset_h
        self.midnight_ms = (date.fromisoformat(named) - EPOCH_DAY).days * 86_400_000 - round(offset_h * MS_PER_H)
        self.events: list[Mishap] = []

    def simulated(self) -> Simulated:
        """Make the day."""
        courses = {key: self._course(place) for key, place in sorted(self.day.places.items())}
        posted: list[tuple[float, int, str]] = []
        for course in courses.values():
            for number in range(SENSORS[course.place.kind]):
                device = course.place.id if not number else f"{course.place.id}#{number + 1}"
                for arrives, line in self._messages(device, course):
                    posted.append((arrives, len(posted), line))
        posted.sort()
        return Simulated(tuple(line for _h, _n, line in posted), tuple(self.events), self.day, courses)

    def _happens(self, share: float) -> bool:
        return bool(self.draw.random() < share)

    def _span(self, place: SensorPlace, least_h: float, most_h: float) -> tuple[float, float]:
        """Draw a stretch of time that begins while the place is on duty."""
        start = float(self.draw.uniform(place.duty[0], place.duty[1]))
        return start, start + float(self.draw.uniform(least_h, most_h))

    def _outside(self, hour: Floats) -> Floats:
        air = np.append(self.day.air_c, self.day.air_c[0])
        return np.asarray(np.interp(hour % 24.0, np.arange(25.0), air), dtype=np.float64)

    def _course(self, place: SensorPlace) -> TrueTemperature:
        first, last = place.duty[0] - 0.5, place.duty[1] + 0.5
        hour: Floats = first + MINUTE_H * np.arange(int(np.ceil((last - first) / MINUTE_H)) + 1, dtype=np.float64)
        outside = self._outside(hour)
        door = self._doors(place, hour)
        if place.kind == ROOM:
            return TrueTemperature(place, hour, self._room(place, hour, outside, door), door)
        return TrueTemperature(place, hour, self._body(place, hour, outside), door)

    def _doors(self, place: SensorPlace, hour: Floats) -> Bools:
        """Open the door at every arrival or stop for ten minutes, and perhaps leave it open once."""
        calls = [at for at, _lon, _lat in place.track[1:-1]] if place.kind == TRUCK else self._arrivals(place)
        door = np.zeros(hour.size, dtype=bool)
        for at in calls:
            door |= (hour >= at) & (hour < at + 1.0 / 6.0)
        if self._happens(self.rates.left_open):
            start, end = self._span(place, 0.75, 1.5)
            door |= (hour >= start) & (hour < end)
            self.events.append(Mishap("door", place.id, "", start, end))
        return door

    def _arrivals(self, place: SensorPlace) -> list[float]:
        return sorted({lot.docked_h for lot in self.day.lots if lot.room == place.id})

    def _room(self, place: SensorPlace, hour: Floats, outside: Floats, door: Bools) -> Floats:
        """Let a room keep its temperature, defrost, and warm where its door is open or its cooling fails."""
        set_c = float(place.set_c or 0.0)
        failed = np.zeros(hour.size, dtype=bool)
        if self._happens(self.rates.failure):
            start, end = self._span(place, self.rates.least_h, self.rates.most_h)
            failed = (hour >= start) & (hour < end)
            self.events.append(Mishap("failure", place.id, "", start, end))
        temp, made = set_c, np.empty(hour.size)
        for n in range(hour.size):
            target, half_h = (outside[n], ROOM_WARMING_HALF_H) if failed[n] else (set_c, 0.3)
            if door[n] and not failed[n]:
                target, half_h = set_c + DOOR_C, DOOR_HALF_H
            made[n] = temp
            temp = target + (temp - target) * 0.5 ** (MINUTE_H / half_h)
        return made + DEFROST_C * np.maximum(np.sin(hour / 6.0 * 2.0 * np.pi), 0.0) ** 8

    def _body(self, place: SensorPlace, hour: Floats, outside: Floats) -> Floats:
        """Follow the load of a truck: the air in an open body, slowly in an insulated one, steady in a reefer."""
        plans = [lot for lot in self.day.lots if lot.truck == place.id]
        cargo = plans[0].cargo if plans else "ambient"
        failed = np.zeros(hour.size, dtype=bool)
        if self._happens(self.rates.failure):
            start, end = self._span(place, 1.0, 4.0)
            failed = (hour >= start) & (hour < end)
            self.events.append(Mishap("failure", place.id, "", start, end))
        if cargo == "ambient":
            return outside + _smoothed(np.where(failed, 7.0, 0.0))
        half_h = plans[0].half_warming_h if cargo == "insulated" else 200.0
        temp, made = float(outside[0]), np.empty(hour.size)
        for n in range(hour.size):
            made[n] = temp
            share = 0.5 ** (MINUTE_H / (1.0 if failed[n] else half_h))
            temp = outside[n] + (temp - outside[n]) * share
        return made

    def _messages(self, device: str, course: TrueTemperature) -> Iterator[tuple[float, str]]:
        """Yield arrival and text of the messages of one sensor."""
        place, rates = course.place, self.rates
        shift = float(self.draw.uniform(0.0, self.every_h))
        hour = np.arange(course.hour[0] + shift, course.hour[-1], self.every_h)
        temp = np.interp(hour, course.hour, course.temp_c) + self.draw.normal(0.0, NOISE_C, hour.size)
        temp, kept = self._gone_wrong(device, place, hour, temp)
        door = course.door[np.clip(np.round((hour - course.hour[0]) / MINUTE_H).astype(int), 0, course.door.size - 1)]
        arrives = hour + self.draw.uniform(0.0, 5.0, hour.size) / 3600.0
        late = np.zeros(hour.size, dtype=bool)
        if self._happens(rates.late):
            start, end = self._span(place, 0.5, 3.0)
            late = (hour >= start) & (hour < end)
            self.events.append(Mishap("late", place.id, device, start, end))
        track = np.array(place.track)
        where = np.column_stack([np.interp(hour, track[:, 0], track[:, n]) for n in (1, 2)]) if len(track) else None
        late |= self._blind(where, place, device, hour)
        delayed = self.draw.random(hour.size) < rates.delayed
        arrives += np.where(delayed, self.draw.uniform(0.0, 1.0 / 6.0, hour.size), 0.0)
        doubled = self.draw.random(hour.size) < rates.doubled
        stored: dict[int, list[dict[str, Any]]] = defaultdict(list)
        sent = _next_sent(late)
        for n in np.flatnonzero(kept):
            item: dict[str, Any] = {"time": self._moment(hour[n]), "temp_c": round(float(temp[n]), 1)}
            item["door"] = "open" if door[n] else "closed"
            if where is not None and place.kind == TRUCK:
                item |= {"lon": round(float(where[n, 0]), 5), "lat": round(float(where[n, 1]), 5)}
            if late[n]:
                stored[int(sent[n])].append(item)
                continue
            line = json.dumps({"device": device, **item}, ensure_ascii=False)
            yield float(arrives[n]), line
            if doubled[n]:
                yield float(arrives[n]) + 0.1, line
        for place_in_day, items in stored.items():
            back = float(hour[place_in_day - 1]) + self.every_h
            for first in range(0, len(items), BATCH):
                batch = {"device": device, "readings": items[first : first + BATCH]}
                yield back + first * 1e-5, json.dumps(batch, ensure_ascii=False)

    def _blind(self, where: Floats | None, place: SensorPlace, device: str, hour: Floats) -> Bools:
        """Tell at which readings a truck has no signal; each stretch is an event."""
        if self.signal is None or where is None or place.kind != TRUCK:
            return np.zeros(hour.size, dtype=bool)
        blind = ~self.signal(where)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], blind, [False]])))
        for first, end in edges.reshape(-1, 2).tolist():
            last_h = float(hour[end - 1]) + self.every_h
            self.events.append(Mishap("no-signal", place.id, device, float(hour[first]), last_h))
        return blind

    def _moment(self, hour: float) -> str:
        return written_moment(self.midnight_ms + round(float(hour) * MS_PER_H), self.offset_h)

    def _gone_wrong(self, device: str, place: SensorPlace, hour: Floats, temp: Floats) -> tuple[Floats, Bools]:
        """Let a sensor lose readings, die, stick, drift away or jump."""
        kept, rates = np.ones(hour.size, dtype=bool), self.rates
        if self._happens(rates.lost):
            start, end = self._span(place, 0.4, 1.5)
            kept &= (hour < start) | (hour >= end)
            self.events.append(Mishap("lost", place.id, device, start, end))
        kinds = ("dead", "stuck", "offset", "jumping")
        drawn = self.draw.random()
        edges = np.cumsum([getattr(rates, kind) for kind in kinds])
        index = int(np.searchsorted(edges, drawn, side="right"))
        if index == len(kinds):
            return temp, kept
        start, _end = self._span(place, 0.0, 0.0)
        after = hour >= start
        self.events.append(Mishap(kinds[index], place.id, device, start, float(hour[-1])))
        if kinds[index] == "dead":
            kept &= ~after
        elif kinds[index] == "stuck" and after.any():
            temp = np.where(after, temp[np.argmax(after)], temp)
        elif kinds[index] == "offset":
            temp = temp + 4.0
        else:
            temp = temp + np.where(after & (self.draw.random(hour.size) < 0.3), 15.0, 0.0)
        return temp, kept


def _next_sent(late: Bools) -> Ints:
    """Return at which reading what is stored is sent on: the next one that is not late, or after the last.

    Examples
    --------
    >>> _next_sent(np.array([False, True, True, False, True])).tolist()
    [0, 3, 3, 3, 5]
    """
    places = np.where(late, late.size, np.arange(late.size))
    return np.asarray(np.minimum.accumulate(places[::-1])[::-1], dtype=np.int64)


def _smoothed(values: Floats) -> Floats:
    """Let a step come and go over a quarter of an hour."""
    return np.convolve(np.pad(values, (7, 7), mode="edge"), np.ones(15) / 15.0, mode="valid")
