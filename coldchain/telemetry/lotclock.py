"""The quality clock of a lot: life used from harvest to any moment, by what its places measured, in any order.

A lot waits in the open air, rides as warm as its truck's sensors show, stands on the dock, and in its room follows the
measured air by Newton's law with the half-time of its way of cooling. A sensor of its own (``crate/LOT``) is the lot's
temperature wherever it is. Everything is computed from the stored readings in order of time, so that neither the order
in which they came nor copies of them change a bit of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.spoilage import quality, worn_loss
from coldchain.spoilage.kernels import WEAR, run_stage
from coldchain.spoilage.kinetics import pack
from coldchain.spoilage.measured import follow_measured
from coldchain.spoilage.rides import DOCK_HALF_H
from coldchain.spoilage.stages import stage_array
from coldchain.telemetry.dayplan import CRATE, DayPlan
from coldchain.telemetry.health import Sensor
from coldchain.telemetry.lotplan import LotPlan
from coldchain.telemetry.profile import (
    SUN_C,
    UNKNOWN_C,
    AirReach,
    air_profile,
    merged,
    profile_of,
    steady_profile,
)

CURRENT, LOW, LIKELY, HIGH = 0, 1, 2, 3
ROOM_SLACK_C = 3.0
"""Kelvin below its set temperature that a room may come to."""


@dataclass(frozen=True)
class LotState:
    """A lot at a moment.

    Attributes
    ----------
    place : where it is: the village, a truck, the dock, a room; ``gone`` once it left the depot
    used, low, high : share of its life used, likely, at least and at most
    temp_c : likely temperature; low and high beside it
    loss : share lost, harvest to buyer, if the rest goes as planned; low and high by the life used
    """

    plan: LotPlan
    place: str
    clock_h: float
    used: float
    low: float
    high: float
    temp_c: tuple[float, float, float]
    loss: float
    loss_low: float
    loss_high: float

    @property
    def quality(self) -> float:
        """Remaining quality of 100; 20 at the end of life."""
        return float(quality(self.used))


@dataclass(frozen=True)
class Condition:
    """A lot as it likely is at a clock hour: its place, temperature, and wear (life used, chilling dose, dryness)."""

    place: str
    clock_h: float
    temp_c: float
    wear: tuple[float, float, float]


@dataclass(frozen=True)
class LotLeg:
    """A stretch of a lot's way: where, until when, the air there, the half-time by which it follows (0: at once)."""

    place: str
    end_h: float
    profile: Floats
    half_h: float
    humidity: float


class Clocks:
    """The clocks of all lots of a day, over the sensors of its places.

    Parameters
    ----------
    sensors : place -> its sensors, judged
    """

    def __init__(self, day: DayPlan, sensors: Mapping[str, list[Sensor]]) -> None:
        self.day, self.sensors = day, sensors
        self.readings = {place: merged(own) for place, own in sensors.items()}
        self.humidity = day.scenario.periods[day.period].humidity

    def lot(self, plan: LotPlan, now_h: float) -> LotState:
        """Return a lot as it is at a moment, and what it will lose if all goes as planned from there."""
        place, state, used = self._until(plan, now_h)
        return self._at(plan, place, pack(plan.crop, self.humidity), state, used)

    def condition(self, plan: LotPlan, now_h: float) -> Condition:
        """Return what a lot is likely to be like at a moment, for going on from there."""
        place, state, used = self._until(plan, now_h)
        return Condition(place, float(state[CURRENT]), float(state[LIKELY]), (used[1], used[3], used[4]))

    def _until(self, plan: LotPlan, now_h: float) -> tuple[str, Floats, Floats]:
        """Follow a lot up to a moment: where it is, its clock and temperatures, its wear."""
        air = self.day.air_c
        params = pack(plan.crop, self.humidity)
        start = float(np.interp(plan.harvest_h % 24.0, np.arange(25), np.append(air, air[0])))
        state = np.array([plan.harvest_h, start - UNKNOWN_C, start, start + UNKNOWN_C])
        used = np.zeros(5)
        until = max(min(now_h, plan.depart_h), plan.harvest_h)
        place = plan.village
        for leg in self._legs(plan):
            if state[CURRENT] >= until - 1e-9:
                break
            place = leg.place
            if leg.profile.size:
                profile = leg.profile
            else:  # a reefer without readings holds what it loaded, or may do anything up to a closed body in the sun
                reach = self._reach(None)
                profile = steady_profile(float(state[LIKELY]), reach, float(state[CURRENT]), leg.end_h)
            follow_measured(params, profile, leg.humidity, leg.half_h, min(leg.end_h, until), state, used)
        return "gone" if now_h > plan.depart_h else place, state, used

    def _at(self, plan: LotPlan, place: str, params: Floats, state: Floats, used: Floats) -> LotState:
        losses = [self._ahead(plan, params, state, used, course) for course in (LIKELY, LOW, HIGH)]
        temps = (float(state[LIKELY]), float(state[LOW]), float(state[HIGH]))
        return LotState(
            plan=plan,
            place=place,
            clock_h=float(state[CURRENT]),
            used=float(used[1]),
            low=float(min(used[0], used[1])),
            high=float(max(used[2], used[1])),
            temp_c=temps,
            loss=losses[0],
            loss_low=min(losses),
            loss_high=max(losses),
        )

    def _ahead(self, plan: LotPlan, params: Floats, state: Floats, used: Floats, course: int) -> float:
        """Share lost to the buyer if the stages that are left go as planned."""
        wear = np.array([used[course - 1], used[3], used[4]])
        clock, temp = float(state[CURRENT]), float(state[course])
        stages = stage_array(plan.onward)
        for kind, half_h, target_c, end_h in self._stages_left(plan, clock):
            row = np.array([kind, end_h - clock, target_c, half_h, self.day.chain.room_humidity, 0.0])
            temp = run_stage(params, self.day.air_c, clock, temp, row, wear)
            clock = end_h
        for row in stages:
            temp = run_stage(params, self.day.air_c, clock, temp, row, wear)
            clock += float(row[1])
        return float(worn_loss(plan.crop, wear[:WEAR], plan.transfers))

    @staticmethod
    def _stages_left(plan: LotPlan, clock: float) -> Iterator[tuple[float, float, float, float]]:
        """Yield the planned stages up to the depot's gate that end after a moment: kind, half-time, target, end."""
        ambient, drift, cool, hold = 0.0, 1.0, 2.0, 3.0
        ride = {"ambient": ambient, "reefer": hold}.get(plan.cargo, drift)
        dock = ambient if plan.cargo == "ambient" else drift
        planned = (
            (ambient, 1.0, 0.0, plan.leave_h),
            (ride, plan.half_warming_h, 0.0, plan.back_h),
            (dock, DOCK_HALF_H, 0.0, plan.docked_h),
            (cool, plan.cooling.half_cooling_h, plan.cooling.temp_c, plan.depart_h),
        )
        for stage in planned:
            if stage[3] > clock + 1e-9:
                yield stage
                clock = stage[3]

    def _legs(self, plan: LotPlan) -> Iterator[LotLeg]:
        """Yield the way of a lot up to the depot's gate."""
        chain, crate = self.day.chain, f"{CRATE}/{plan.key}"
        if self._measured(crate):
            profile = self._profile(crate, None, plan.harvest_h, plan.depart_h)
            for place, end_h in self._places(plan):
                yield LotLeg(place, end_h, profile, 0.0, self.humidity)
            return
        air = air_profile(self.day.air_c, plan.harvest_h, plan.docked_h)
        yield LotLeg(plan.village, plan.leave_h, air, 0.0, self.humidity)
        if self._measured(plan.truck):
            ride, half_h = self._profile(plan.truck, None, plan.leave_h, plan.back_h), 0.0
        elif plan.cargo == "ambient":
            ride, half_h = air, 0.0
        else:
            ride, half_h = (np.empty((0, 4)), 0.0) if plan.cargo == "reefer" else (air, plan.half_warming_h)
        yield LotLeg(plan.truck, plan.back_h, ride, half_h, self.humidity)
        yield LotLeg("dock", plan.docked_h, air, 0.0 if plan.cargo == "ambient" else DOCK_HALF_H, self.humidity)
        set_c = plan.cooling.temp_c
        if self._measured(plan.room):
            room = self._profile(plan.room, set_c, plan.docked_h, plan.depart_h)
        else:
            room = steady_profile(set_c, self._reach(set_c), plan.docked_h, plan.depart_h)
        yield LotLeg(plan.room, plan.depart_h, room, plan.cooling.half_cooling_h, chain.room_humidity)

    @staticmethod
    def _places(plan: LotPlan) -> tuple[tuple[str, float], ...]:
        return (
            (plan.village, plan.leave_h),
            (plan.truck, plan.back_h),
            ("dock", plan.docked_h),
            (plan.room, plan.depart_h),
        )

    def _measured(self, place: str) -> bool:
        return place in self.readings and bool(self.readings[place][0].size)

    def _profile(self, place: str, set_c: float | None, first_h: float, last_h: float) -> Floats:
        """Return what was measured at a place around a stretch of time."""
        hour, temp_c, gap_h = self.readings[place]
        first = max(int(np.searchsorted(hour, first_h, side="right")) - 1, 0)
        last = min(int(np.searchsorted(hour, last_h)) + 1, hour.size)
        part = slice(min(first, hour.size - 1), max(last, first + 1))
        return profile_of(hour[part], temp_c[part], gap_h, self._reach(set_c), first_h, last_h)

    def _reach(self, set_c: float | None) -> AirReach:
        """Return what the air of a place may come to: a room no colder than its cooler makes it."""
        coldest, hottest = float(self.day.air_c.min()), float(self.day.air_c.max())
        low = coldest - UNKNOWN_C - SUN_C if set_c is None else min(set_c - ROOM_SLACK_C, coldest)
        return AirReach(low, hottest + UNKNOWN_C + SUN_C)
