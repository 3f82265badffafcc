"""What a lot will lose from here on: as it is planned, but that rooms which fail go on failing for some hours.

A room that is too warm stays as warm as it is; one that still warms goes on towards the air outside. Where a door
stands open its cooling works: the room stays as it is until somebody closes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from coldchain.arrays import Floats
from coldchain.spoilage import Fate, LaneStage, air_at
from coldchain.spoilage.kernels import run_stage
from coldchain.spoilage.kinetics import pack
from coldchain.spoilage.rides import DOCK_HALF_H
from coldchain.spoilage.stages import stage_array
from coldchain.telemetry.alarms import DOOR, WARM
from coldchain.telemetry.lotclock import Clocks, Condition
from coldchain.telemetry.lotplan import LotPlan
from coldchain.telemetry.watch import Watched

WARMING_HALF_H = 2.5
"""Half-time in which a room without cooling takes on the air outside: insulated walls, a few tonnes inside."""
DOOR_H = 0.5
"""Hours until somebody closes a door after its alarm."""
WARMS_C, LOOKED_BACK_H, PIECE_H = 0.5, 0.5, 0.5


@dataclass(frozen=True)
class Failing:
    """A room that is too warm: its temperature now, whether it still warms, and the clock hour until which it fails."""

    temp_c: float
    warms: bool
    until_h: float


@dataclass(frozen=True)
class Lost:
    """Shares of a lot that will be lost at the buyer: of its weight, and of its value."""

    loss: float
    value: float


@dataclass(frozen=True)
class LotOutlook:
    """Lots of a day watched, followed on from now.

    Attributes
    ----------
    repair_h : hours for which a room that is too warm now stays so
    discount : least that buyers take off the price of what must be sold on the spot
    failing : rooms that are too warm now
    """

    found: Watched
    repair_h: float
    discount: float
    failing: dict[str, Failing] = field(init=False)
    clocks: Clocks = field(init=False)

    def __post_init__(self) -> None:
        """Find the rooms that are too warm now."""
        clocks = Clocks(self.found.day, self.found.sensors)
        causes = {one.place: one.cause for one in self.found.alarms if one.is_open and one.cause in (WARM, DOOR)}
        failing = {
            place: self._failing(cause, *clocks.readings[place][:2])
            for place, cause in sorted(causes.items())
            if place in clocks.readings and clocks.readings[place][0].size
        }
        object.__setattr__(self, "clocks", clocks)
        object.__setattr__(self, "failing", failing)

    @property
    def now_h(self) -> float:
        """Clock hour of the newest reading."""
        return self.found.now_h

    def condition(self, plan: LotPlan) -> Condition:
        """Return a lot as it likely is now."""
        return self.clocks.condition(plan, self.now_h)

    def lost(self, plan: LotPlan, since: Condition) -> Lost:
        """Return what a lot loses that goes on as planned.

        Parameters
        ----------
        since : the lot as it is, by the plan it has followed until then
        """
        day, wear, clock, temp = self.found.day, np.array(since.wear), since.clock_h, since.temp_c
        params = pack(plan.crop, day.scenario.periods[day.period].humidity)
        for stage in (*self._to_the_gate(plan, clock), *plan.onward):
            temp = run_stage(params, day.air_c, clock, temp, stage_array((stage,))[0], wear)
            clock += stage.hours
        fate = Fate.of(plan.crop, wear, plan.transfers, day.scenario.economics)
        return Lost(float(fate.loss), float(fate.value))

    def sold(self, plan: LotPlan, since: Condition, leave_h: float) -> Lost:
        """Return what a lot loses that is sold where it is, at the discount of a sale on the spot."""
        left = self.lost(replace(plan, depart_h=leave_h, docked_h=min(plan.docked_h, leave_h), onward=()), since)
        kept = 1.0 - left.loss
        off = max(self.discount, (left.value - left.loss) / kept if kept > 0.0 else 0.0)
        return Lost(left.loss, left.loss + kept * off)

    def _to_the_gate(self, plan: LotPlan, clock_h: float) -> Iterator[LaneStage]:
        """Yield the stages that are left until a lot leaves its depot."""
        humidity, cooling = self.found.day.chain.room_humidity, plan.cooling
        ambient = LaneStage("ambient", 0.0)
        rides = {"ambient": ambient, "reefer": LaneStage("hold", 0.0)}
        dock = ambient if plan.cargo == "ambient" else LaneStage("drift", 0.0, half_h=DOCK_HALF_H)
        set_c, half_h = cooling.temp_c, cooling.half_cooling_h
        planned = (
            (ambient, plan.leave_h),
            (rides.get(plan.cargo, LaneStage("drift", 0.0, half_h=plan.half_warming_h)), plan.back_h),
            (dock, plan.docked_h),
            *((LaneStage("hall", 0.0, temp_c, half_h, humidity), end_h) for end_h, temp_c in self._warm(plan)),
            (LaneStage("cool", 0.0, set_c, half_h, humidity), plan.depart_h),
        )
        for stage, end_h in planned:
            if end_h > clock_h + 1e-9:
                yield replace(stage, hours=end_h - clock_h)
                clock_h = end_h

    def _warm(self, plan: LotPlan) -> Iterator[tuple[float, float]]:
        """Yield end and temperature of the pieces of time in which a lot's room is too warm still."""
        failing = self.failing.get(plan.room)
        if failing is None:
            return
        clock_h, until_h = self.now_h, min(failing.until_h, plan.depart_h)
        while clock_h < until_h - 1e-9:
            end_h = min(clock_h + PIECE_H, until_h)
            yield end_h, self._room_c(failing, (clock_h + end_h) / 2.0)
            clock_h = end_h

    def _room_c(self, failing: Failing, hour: float) -> float:
        outside = air_at(self.found.day.air_c, hour)
        if not failing.warms or outside <= failing.temp_c:
            return failing.temp_c
        return float(outside + (failing.temp_c - outside) * 0.5 ** ((hour - self.now_h) / WARMING_HALF_H))

    def _failing(self, cause: str, hour: Floats, temp_c: Floats) -> Failing:
        before = float(np.interp(hour[-1] - LOOKED_BACK_H, hour, temp_c))
        warms = cause == WARM and float(temp_c[-1]) - before > WARMS_C
        lasts_h = self.repair_h if cause == WARM else min(DOOR_H, self.repair_h)
        return Failing(float(temp_c[-1]), warms, self.now_h + lasts_h)
