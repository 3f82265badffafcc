"""Promised and kept: what the plan of a day says of each lane, village to room, beside what its sensors measured."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.cells import csv_text
from coldchain.telemetry.lotclock import LotState
from coldchain.telemetry.watch import Watched

COLUMNS = [
    "date", "village", "room", "commodity", "vehicle", "drive_h", "drive_h_measured",
    "lots", "kg", "measured_share", "room_set_c", "room_mean_c", "life_used",
    "life_low", "life_high", "loss_planned", "loss_measured", "kg_lost_planned", "kg_lost_measured",
]  # fmt: skip


def lanes_of(found: Watched) -> pd.DataFrame:
    """Return a row for each village, room, commodity and type of vehicle; means are weighted by the kilograms.

    ``measured_share`` is the part of the hours in truck and room from which there are readings that count: a row with
    little of it says nothing about the plan. Losses are those to the buyer if the way after the depot goes as planned.
    """
    groups: dict[tuple[str, str, str, str], list[LotState]] = defaultdict(list)
    for lot in found.lots:
        truck = found.day.places.get(lot.plan.truck)
        groups[lot.plan.village, lot.plan.room, lot.plan.crop.id, truck.vehicle if truck else ""].append(lot)
    rows = [(found.date, *key, *_driven(found, lots), *_figures(found, lots)) for key, lots in sorted(groups.items())]
    return pd.DataFrame(rows, columns=COLUMNS)


def _driven(found: Watched, lots: list[LotState]) -> tuple[float, float]:
    """Return the hours that the trucks of lots were to drive, and drove: away less the halts as planned."""
    trucks = [found.day.places[key] for key in sorted({lot.plan.truck for lot in lots}) if key in found.day.places]
    known = [truck for truck in trucks if truck.id in found.away]
    if not known or len(known) < len(trucks):
        return sum(truck.drive_h for truck in trucks), float("nan")
    away = sum(found.away[truck.id][1] - found.away[truck.id][0] for truck in known)
    planned = sum(truck.duty[1] - truck.duty[0] for truck in known)
    drive_h = sum(truck.drive_h for truck in known)
    return drive_h, drive_h + away - planned


def _figures(found: Watched, lots: list[LotState]) -> tuple[float, ...]:
    kg = np.array([lot.plan.kg for lot in lots])

    def mean(values: list[float]) -> float:
        return float(np.average(values, weights=kg))

    planned, lost = mean([lot.plan.loss for lot in lots]), mean([lot.loss for lot in lots])
    plan = lots[0].plan
    temps = [one.temp_c[one.good] for one in found.sensors.get(plan.room, ()) if one.good.any()]
    room_c = float(np.mean(np.concatenate(temps))) if temps else float("nan")
    return (
        len(lots), float(kg.sum()), mean([_measured(found, lot) for lot in lots]), plan.cooling.temp_c, room_c,
        mean([lot.used for lot in lots]), mean([lot.low for lot in lots]), mean([lot.high for lot in lots]),
        planned, lost, float(kg.sum()) * planned, float(kg.sum()) * lost,
    )  # fmt: skip


def _measured(found: Watched, lot: LotState) -> float:
    """Return the share of a lot's hours in truck and room, so far, that lie between readings without a gap."""
    plan, now = lot.plan, found.now_h
    stays = [(plan.truck, plan.leave_h, min(plan.back_h, now)), (plan.room, plan.docked_h, min(plan.depart_h, now))]
    hours = sum(max(last - first, 0.0) for _place, first, last in stays)
    known = sum(_covered(found, place, first, last) for place, first, last in stays)
    return known / hours if hours > 0.0 else 0.0


def _covered(found: Watched, place: str, first_h: float, last_h: float) -> float:
    """Return the hours of a stretch for which the best sensor of a place has readings."""
    best = 0.0
    for one in found.sensors.get(place, ()):
        hours = one.hour[one.good]
        starts, ends = np.maximum(hours[:-1], first_h), np.minimum(hours[1:], last_h)
        spans = np.where(np.diff(hours) <= one.gap_h, np.maximum(ends - starts, 0.0), 0.0)
        best = max(best, float(spans.sum()))
    return best


def write_lanes(found: Watched, path: Path) -> None:
    """Write the table as CSV for a spreadsheet."""
    path.write_text(csv_text(lanes_of(found), float_format="%.6g"), encoding="utf-8-sig")
