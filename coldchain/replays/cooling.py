"""Pre-coolers of a replayed day whose power is limited: what was to be cooled goes in as the plan's lots do."""

from __future__ import annotations

import math

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, Floats, Indices
from coldchain.model import Scenario
from coldchain.replays.day import Parcels
from coldchain.replays.layout import CoolerPlant, TypicalDay
from coldchain.spoilage import (
    LONGEST_WAIT_H,
    Starts,
    base_kw,
    first_come,
    harvest_clock_h,
    hourly_air_c,
    loading_slot,
    peak_kw_t,
    stored_kw_t,
)


class Queues:
    """The queues of a season's coolers; a cooler without a plant cools all that comes at once."""

    def __init__(self, scenario: Scenario, season: TypicalDay) -> None:
        self.scenario, self.season, self.plants = scenario, season, season.plants
        self.slot_h = scenario.chain.dock_batch_h
        self.start_h = harvest_clock_h(scenario.periods[season.period])

    def put_in(self, came: Parcels, air_c: float) -> Parcels:
        """Return what came with the hours from harvest until it goes into its cooler; parted where it goes in parts.

        Parameters
        ----------
        air_c : by how much the day is warmer than its season
        """
        lot, tonnes, hours = np.array(came.lot, dtype=np.intp), np.array(came.tonnes), np.array(came.warm_h)
        cooler = self.season.lots.cooler[lot] if len(lot) else lot
        slot = loading_slot(self.start_h + hours, self.slot_h).astype(np.intp)
        found = Parcels()
        for place in np.unique(cooler).tolist():
            mine, plant = np.flatnonzero(cooler == place), self.plants[place]
            if plant is None:
                for n in mine.tolist():
                    found.add(came.lot[n], came.tonnes[n], came.warm_h[n])
                continue
            ready, cohort = np.unique(slot[mine], return_inverse=True)
            crop = self.season.lots.crop[lot[mine]]
            starts = self._starts(plant, ready, _by_cohort(cohort, crop, tonnes[mine]), air_c)
            for c, k, share in zip(starts.cohort.tolist(), starts.slot.tolist(), starts.share.tolist(), strict=True):
                in_h = (ready[0] + k) * self.slot_h - self.start_h
                for n in mine[cohort == c].tolist():
                    found.add(came.lot[n], came.tonnes[n] * share, in_h)
        return found

    def _starts(self, plant: CoolerPlant, ready: Indices, tonnes: dict[int, Floats], air_c: float) -> Starts:
        period, chain = self.scenario.periods[self.season.period], self.scenario.chain
        day = period.model_copy(update={"hourly_c": tuple((hourly_air_c(period) + air_c).tolist())})
        slots = math.ceil(LONGEST_WAIT_H / self.slot_h) + int(ready[-1] - ready[0]) + 1
        clocks = (ready[0] + np.arange(slots)) * self.slot_h
        peak, stored = np.zeros((len(ready), slots)), 0.0
        for c, mine in tonnes.items():
            crop = self.scenario.commodities[c]
            peak += mine[:, None] * peak_kw_t(crop, plant.kind, day, clocks)
            stored += float(mine.sum()) * stored_kw_t(chain, crop, plant.kind)
        power = plant.cooling_kw - base_kw(chain, plant.kind, day, plant.net_m3, stored)
        half, day_slots = plant.kind.half_cooling_h / self.slot_h, max(round(HOURS_PER_DAY / self.slot_h), 1)
        came_t = np.sum(list(tonnes.values()), axis=0)
        return first_come(
            peak, came_t, ready - ready[0], max(power, 0.0), half_slots=half, day_slots=day_slots, places=plant.places
        )


def _by_cohort(cohort: Indices, crop: Indices, tonnes: Floats) -> dict[int, Floats]:
    """Tonnes of each commodity in each cohort."""
    count = int(cohort.max()) + 1
    return {
        int(c): np.asarray(np.bincount(cohort[crop == c], tonnes[crop == c], minlength=count), dtype=np.float64)
        for c in np.unique(crop)
    }
