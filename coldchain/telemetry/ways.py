"""Ways that lots were diverted to: another depot, another market, sold where they are; kept as a table of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import pandas as pd

from coldchain.model import CoolingClass, Scenario
from coldchain.spoilage import LaneStage, cold_stages, dock_clock_h, line_haul_half_h
from coldchain.spoilage.rides import DOCK_HALF_H
from coldchain.telemetry.lotplan import LotPlan

DIVERSIONS = "diversions"
MARKET, DEPOT, SELL = "market", "depot", "sell"


@dataclass(frozen=True)
class DivertedLot:
    """Where a lot goes instead; hours are clock hours of the day.

    Attributes
    ----------
    proposal : id of what was accepted
    action : to a ``market``, to the rooms of another ``depot``, or to ``sell`` it where it is
    to : id of the hub or the depot
    hub : id of the hub at which it arrives at last
    leave_h, arrive_h : from the depot it is at, and at the place it goes to
    cargo, half_warming_h : body of the truck that takes it there
    temp_c, half_cooling_h, stay_h : of the rooms of the other depot, and how long it stays there
    haul_h : line haul from the other depot
    loss : share expected to be lost, harvest to buyer
    """

    proposal: str
    lot: str
    action: str
    to: str
    hub: str
    leave_h: float
    arrive_h: float
    cargo: str
    half_warming_h: float
    temp_c: float
    half_cooling_h: float
    stay_h: float
    haul_h: float
    loss: float


TEXTS = ("proposal", "lot", "action", "to", "hub", "cargo")


def table_of(ways: list[DivertedLot]) -> pd.DataFrame:
    """Return ways as a table."""
    names = [one.name for one in fields(DivertedLot)]
    frame = pd.DataFrame([[getattr(way, name) for name in names] for way in ways], columns=names)
    return frame.astype({name: "object" if name in TEXTS else "float64" for name in names})


def ways_of(table: pd.DataFrame | None) -> dict[str, DivertedLot]:
    """Return the way of each lot that was diverted, the last where it was more than once."""
    if table is None:
        return {}
    return {str(row["lot"]): DivertedLot(**{str(k): v for k, v in row.items()}) for row in table.to_dict("records")}


def diverted(plan: LotPlan, way: DivertedLot | None, scenario: Scenario) -> LotPlan:
    """Return a lot as it goes when it was diverted; what happens after it leaves its depot counts as planned."""
    if way is None:
        return plan
    handled = plan.transfers + (1 if way.action == DEPOT else 0)
    onward = _onward(plan, way, scenario)
    legs = {MARKET: 1, DEPOT: 4}.get(way.action, 0)
    return replace(
        plan,
        back_h=min(plan.back_h, way.leave_h),
        docked_h=min(plan.docked_h, way.leave_h),
        depart_h=way.leave_h,
        onward=onward,
        loss=way.loss,
        transfers=handled,
        hub=way.hub,
        haul_h=sum(stage.hours for stage in onward[:legs]) if legs else float("nan"),
    )


def _onward(plan: LotPlan, way: DivertedLot, scenario: Scenario) -> tuple[LaneStage, ...]:
    hubs: Mapping[str, int] = {hub.id: n for n, hub in enumerate(scenario.hubs)}
    half_h, chain = line_haul_half_h(scenario), scenario.chain
    if way.action == SELL:
        return ()
    hub = scenario.hubs[hubs[way.hub]]
    if way.action == MARKET:
        return cold_stages(chain, plan.cooling, hub, (way.arrive_h - way.leave_h, half_h), plan.crop)[1:]
    docked = dock_clock_h(chain, way.arrive_h)
    body = {"ambient": LaneStage("ambient", 0.0), "reefer": LaneStage("hold", 0.0)}.get(
        way.cargo, LaneStage("drift", 0.0, half_h=way.half_warming_h)
    )
    dock = LaneStage("ambient", 0.0) if way.cargo == "ambient" else LaneStage("drift", 0.0, half_h=DOCK_HALF_H)
    rooms = CoolingClass(
        plan.cooling.zone, plan.cooling.method, way.temp_c, way.half_cooling_h, plan.cooling.energy_ratio,
        plan.cooling.store_kwh_t_day,
    )  # fmt: skip
    cool, *rest = cold_stages(chain, rooms, hub, (way.haul_h, half_h), plan.crop)
    return (
        replace(body, hours=way.arrive_h - way.leave_h),
        replace(dock, hours=docked - way.arrive_h),
        replace(cool, hours=way.stay_h),
        *rest,
    )
