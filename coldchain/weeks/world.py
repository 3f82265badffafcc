"""A made-up year of a county, to try weeks on: harvests drawn, deliveries as a county hands them in.

What the plan expects of a week, times a factor of the crop's and of the village's season (spreads of the scenario), of
the crop's week (``WEEK_CV``, of which ``LASTS`` goes on into the next) and of the village's week. A twentieth of the
villages is frozen at a time. Equal seeds give equal years.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from coldchain.arrays import KG_PER_T, Floats
from coldchain.errors import UsageError
from coldchain.replays.chances import factors
from coldchain.runs import Run
from coldchain.weeks.calendar import days_of, iso_week, span_of, week_number
from coldchain.weeks.expected import planned_t

WEEK_CV, LASTS = 0.3, 0.7
"""Spread of a crop's week against its season, and the share of a gap that lasts into the next: assumptions."""
FROZEN, FROZEN_WEEKS = 0.05, 3
"""Share of the villages that is frozen at a time, and for how long."""
PICKING_DAYS = (0, 2, 4)


@dataclass(eq=False)
class World:
    """A county's true year: weeks in season, and t of each village and crop."""

    run: Run
    seed: int
    weeks: Sequence[int]
    harvest: dict[int, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the year."""
        scenario, routing = self.run.scenario, self.run.scenario.routing
        villages, crops = len(scenario.villages), len(scenario.commodities)
        rng = np.random.default_rng([self.seed, 1])
        crop_season = factors(rng, routing.harvest_crop_cv, (len(scenario.periods), crops))
        village_season = factors(rng, routing.harvest_village_cv, (len(scenario.periods), villages))
        gap = np.zeros(crops)
        spread = math.sqrt(math.log1p(WEEK_CV**2))
        for week in self.weeks:
            rng = np.random.default_rng([self.seed, 2, week])
            gap = LASTS * gap + math.sqrt(1.0 - LASTS**2) * rng.standard_normal(crops)
            own = factors(rng, routing.harvest_day_cv / math.sqrt(len(PICKING_DAYS)), (villages, crops))
            p = span_of(scenario.periods, week).period
            level = crop_season[p] * np.exp(spread * gap - spread**2 / 2.0)
            self.harvest[week] = planned_t(scenario, week) * level * village_season[p][:, None] * own

    def deliveries(self, before: int) -> str:
        """Write what came before a week, as a county would."""
        scenario, lines = self.run.scenario, ["village,commodity,date,kg"]
        for week in (one for one in self.weeks if one < before):
            for v, c in zip(*np.nonzero(self.harvest[week]), strict=True):
                names = f"{scenario.villages[v].id},{scenario.commodities[c].id}"
                kg = self.harvest[week][v, c] * KG_PER_T / len(PICKING_DAYS)
                lines += [f"{names},{days_of(week)[day]},{kg:.3f}" for day in PICKING_DAYS]
        return "\n".join(lines) + "\n"

    def held(self, week: int) -> str:
        """Write who is frozen in a week."""
        villages = self.run.scenario.villages
        lines = ["village,through,reason"]
        for start in range(week - FROZEN_WEEKS + 1, week + 1):
            drawn = np.random.default_rng([self.seed, 3, start]).random(len(villages)) < FROZEN / FROZEN_WEEKS
            lines += [f"{villages[v].id},{iso_week(start + FROZEN_WEEKS - 1)},frozen" for v in np.flatnonzero(drawn)]
        return "\n".join(dict.fromkeys(lines)) + "\n"

    def hand_in(self, folder: Path, week: int) -> None:
        """Write the tables of a week into a county's folder."""
        (folder / "deliveries.csv").unlink(missing_ok=True)
        if week > self.weeks[0]:
            (folder / "deliveries.csv").write_text(self.deliveries(week), encoding="utf-8")
        (folder / "held.csv").write_text(self.held(week), encoding="utf-8")


def weeks_in_season(run: Run, first: str, last: str) -> list[int]:
    """Return the weeks in which something is harvested."""
    found = []
    for week in range(week_number(first), week_number(last) + 1):
        with contextlib.suppress(UsageError):
            if planned_t(run.scenario, week).sum() > 0.0:
                found.append(week)
    return found
