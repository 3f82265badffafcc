"""Refrigeration of depots recomputed: who is put into the pre-cooler when, and the heat that is taken hour by hour.

A tonne that is put in gives off ``cp·(T - Tz)·ln 2/half`` and its warm breath at first, half of that after each half
time, on top of walls, doors and the breath of what lies in store. At each multiple of ``chain.dock_batch_h`` as much of
what came first goes in as the power left over allows, and the tunnels, which hold ``batch_t`` for ``cycle_h``; what
comes at one moment goes in by equal shares, and in rooms all that waits.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import Commodity, DepotType, MobileUnit, Period
from coldchain.verify.ageing import Floats, air_at, air_c, middle_h, respiration_w_t
from coldchain.verify.depots import Built
from coldchain.verify.queues import Line
from coldchain.verify.record import TOLERANCE, Record, rows

Cell = tuple[str, str, str, str, str]  # depot, zone, method, unit, period
LONGEST_WAIT_H = 48.0


@dataclass
class CheckedCooling:
    """Refrigeration of one cooling class of a depot in a period.

    Attributes
    ----------
    kw, m3 : of its modules; stated : whether all state their refrigeration
    batch_t : most that cools at once; cycle_h : for how long each does, the longest of the modules'
    came : slot -> commodity -> t/day that comes in it; a slot is a multiple of ``chain.dock_batch_h`` on the clock
    """

    kind: DepotType
    period: Period
    kw: float = 0.0
    m3: float = 0.0
    batch_t: float = 0.0
    cycle_h: float = 0.0
    stated: bool = True
    came: dict[int, dict[str, float]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))


class Plants:
    """All refrigeration of a plan."""

    def __init__(self, record: Record, built: Built) -> None:
        self.record, self.chain = record, record.scenario.chain
        self.slot_h = self.chain.dock_batch_h
        self.day_slots = max(round(24.0 / self.slot_h), 1)
        self.plants: dict[Cell, CheckedCooling] = {}
        self._starts: dict[Cell, dict[int, list[tuple[float, float]]]] = {}
        self.built = built
        for depot in record.sites:
            for name, number in (*built.get(depot, {}).items(), *record.standing[depot].items()):
                if not isinstance(record.kinds[name], MobileUnit):
                    for period in record.scenario.periods:
                        self._add(depot, record.kinds[name], "", period, number)
        for row in rows(record.tables["units"]):
            kind = record.kinds.get(row.unit)
            if kind is not None:
                self._add(row.depot, kind, kind.id, record.periods[row.period][1], float(row.standing))

    def _add(self, depot: str, kind: DepotType, unit: str, period: Period, number: float) -> None:
        if number <= 0:
            return
        plant = self.plants.setdefault((depot, kind.zone, kind.method, unit, period.id), CheckedCooling(kind, period))
        plant.stated &= kind.cooling_kw is not None
        plant.kw += number * (kind.cooling_kw or 0.0)
        plant.m3 += number * kind.net_m3
        plant.batch_t += number * (math.inf if kind.batch_t is None else kind.batch_t)
        plant.cycle_h = max(plant.cycle_h, kind.cycle_h or 0.0)

    def bring(self, cell: Cell, crop: str, t_day: float, ready_h: float) -> None:
        """Let tonnes of a typical day be there at a clock time."""
        plant = self.plants.get(cell)
        if plant is not None:
            plant.came[round(ready_h / self.slot_h)][crop] += t_day

    def starts(self, cell: Cell, ready_h: float) -> list[tuple[float, float]]:
        """Return the clock times at which what came at one is put in, with the share of each."""
        plant = self.plants.get(cell)
        if plant is None or not plant.stated:
            return [(ready_h, 1.0)]
        if cell not in self._starts:
            self._starts[cell] = self._queue(plant)
        return self._starts[cell].get(round(ready_h / self.slot_h), [(ready_h, 1.0)])

    def _queue(self, plant: CheckedCooling) -> dict[int, list[tuple[float, float]]]:
        """Return when what came in each slot is put in, with the share of each part."""
        line = Line(
            came_t={came: sum(crops.values()) for came, crops in plant.came.items()},
            peak_kw=lambda came, slot: self._peak_kw(plant, came, slot),
            power_kw=max(plant.kw - self.base_kw(plant), 0.0),
            batch_t=plant.batch_t,
            cycle=max(math.ceil(plant.cycle_h / self.slot_h - 1e-9), 1),
            decay=0.5 ** (self.slot_h / plant.kind.half_cooling_h),
            last=max(plant.came) + math.ceil(LONGEST_WAIT_H / self.slot_h),
            day=self.day_slots,
            together=plant.kind.method == "room",
        )
        starts = line.starts()
        return {came: [(slot * self.slot_h, share) for slot, share in parts] for came, parts in starts.items()}

    def _peak_kw(self, plant: CheckedCooling, came: int, slot: int) -> float:
        air = float(air_at(air_c(plant.period), slot * self.slot_h))
        crops = self.record.crops
        return sum(t * peak_kw_t(crops[crop][1], plant.kind, air) for crop, t in plant.came[came].items())

    def base_kw(self, plant: CheckedCooling) -> float:
        """Walls and doors at the warmest hour, and the breath of what lies in store."""
        kind, stay_d = plant.kind, (3.0 * plant.kind.half_cooling_h + self.chain.depot_dwell_h) / 24.0
        walls = self.chain.walls_w_m3_k * plant.m3 * max(max(air_c(plant.period)) - kind.temp_c, 0.0)
        breath = sum(
            t * respiration_w_t(self.record.crops[crop][1], kind.temp_c) * stay_d
            for crops in plant.came.values()
            for crop, t in crops.items()
        )
        return (walls + breath) / 1000.0

    def check(self, lots: pd.DataFrame) -> dict[str, float]:
        """Integrate the heat that every class takes; note those that take more than they can.

        Returns
        -------
        ``peak_kw`` of all depots at once, ``installed_kw``
        """
        put_in: dict[Cell, list[tuple[float, float]]] = defaultdict(list)
        for row in rows(lots[lots["depot"] != ""]):
            cell = (row.depot, row.zone, row.method, row.unit, row.period)
            plant = self.plants.get(cell)
            if plant is not None and plant.stated:
                start = middle_h(plant.period) + row.cooled_h - 3.0 * plant.kind.half_cooling_h
                air = float(air_at(air_c(plant.period), start))
                kw_t = peak_kw_t(self.record.crops[row.commodity][1], plant.kind, air)
                put_in[cell].append((start, row.tonnes / plant.period.days * kw_t))
        together: dict[str, Floats] = defaultdict(lambda: np.zeros(self.day_slots))
        for cell, parts in put_in.items():
            taken = self._taken_kw(self.plants[cell], parts)
            most = float(taken.max())
            if most > self.plants[cell].kw * (1 + TOLERANCE):
                text = _(
                    "cooling: {depot} takes {taken:,.1f} kW of heat {kind} in {period}; its modules take {most:,.1f}"
                )
                self.record.wrong(
                    text.format(depot=cell[0], taken=most, kind=cell[3] or f"{cell[1]} {cell[2]}", period=cell[4],
                                most=self.plants[cell].kw)
                )  # fmt: skip
            together[cell[4]] = together[cell[4]] + taken
        peak = max((float(flows.max()) for flows in together.values()), default=0.0)
        return {"peak_kw": peak, "installed_kw": self._installed_kw()}

    def _taken_kw(self, plant: CheckedCooling, parts: Iterable[tuple[float, float]]) -> Floats:
        """Heat at each slot of the day, of today and of all days before, summed lot by lot."""
        pace = self.slot_h / plant.kind.half_cooling_h
        fading = 0.5 ** (np.arange(self.day_slots) * pace) / (1.0 - 0.5 ** (self.day_slots * pace))
        taken = np.full(self.day_slots, self.base_kw(plant))
        for start_h, kw in parts:
            taken += kw * np.roll(fading, round(start_h / self.slot_h) % self.day_slots)
        return taken

    def _installed_kw(self) -> float:
        sites = self.record.sites
        counted = [
            pair for site in sites for pair in (*self.built.get(site, {}).items(), *self.record.standing[site].items())
        ]
        return float(sum(number * (self.record.kinds[key].cooling_kw or 0.0) for key, number in counted))


def peak_kw_t(crop: Commodity, kind: DepotType, temp_c: float) -> float:
    """Heat that a tonne of this temperature gives off when it is put in, kW."""
    if temp_c <= kind.temp_c:
        return 0.0
    field_kwh = crop.heat_kj_kg_k * (temp_c - kind.temp_c) / 3.6
    return field_kwh * math.log(2.0) / kind.half_cooling_h + respiration_w_t(crop, temp_c) / 1000.0
