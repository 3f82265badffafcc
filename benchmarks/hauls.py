"""Line haul over several depots against separate trips, for the depots of finished plans: ``hauls.py RUN ...``.

The new modules of each run are kept; villages are assigned and routed anew, once; then the line haul is worked out with
``routing.haul_depots`` as it is and with 1. Nothing here depends on the clock.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coldchain.model import Scenario
from coldchain.planning import Course, Ground, Options, course_with, lay_ground
from coldchain.planning.days import Days
from coldchain.planning.duties import run
from coldchain.planning.haul_duties import work_out_hauls
from coldchain.planning.lots import lots_of, outcome
from coldchain.planning.money import yearly
from coldchain.scenario import load

BACKSTOP_S = 1e5
HEADER = (
    f"{'run':16}{'line haul':>10}{'depots':>8}{'trips/yr':>10}{'tours/yr':>10}{'trucks M':>10}{'loss %':>8}"
    f"{'loss M':>9}{'total M':>10}{'ms':>7}"
)


def main() -> None:
    """Print two rows for each run folder on the command line."""
    print(HEADER)
    for folder in map(Path, sys.argv[1:]):
        arguments = json.loads((folder / "run.json").read_text(encoding="utf-8"))["arguments"]
        scenario = load(arguments["scenario"], arguments.get("variant"))[0]
        ground = lay_ground(scenario, Options(time_limit_s=BACKSTOP_S))
        course = course_with(ground, modules(folder, scenario), Options(time_limit_s=BACKSTOP_S))
        for how, most in (("joined", scenario.routing.haul_depots), ("apart", 1)):
            routing = scenario.routing.model_copy(update={"haul_depots": most})
            row(folder.name, how, ground.under(replace(scenario, routing=routing)), course)


def modules(folder: Path, scenario: Scenario) -> NDArray[np.int64]:
    """Read the new modules of a run, shape (sites, types)."""
    table = pd.read_csv(folder / "tables" / "depots.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    kinds = [kind.id for kind in scenario.depot_types]
    count = np.zeros((len(scenario.sites), len(kinds)), dtype=np.int64)
    place = {site.id: j for j, site in enumerate(scenario.sites)}
    for depot, text in zip(table["depot"], table["new_modules"], strict=True):
        for part in filter(None, text.split(";")):
            kind, _colon, number = part.partition(":")
            count[place[depot], kinds.index(kind)] += int(number)
    return count


def row(name: str, how: str, ground: Ground, course: Course) -> None:
    """Work the line haul of a course out under the settings of a ground and print what the year costs."""
    basis, arcs, decision, collection = ground.basis, ground.arcs, course.decision, course.days.collection
    began = time.monotonic()
    found = work_out_hauls(basis, arcs, decision, collection, None)
    took = time.monotonic() - began
    days = Days(collection, found.hauls, found.tours, found.rides, run(basis.scenario, collection, found))
    lots = lots_of(basis, arcs, decision, days)
    bill, lost = yearly(basis, decision, days, lots), outcome(basis, lots)
    length = [period.days for period in basis.scenario.periods]
    trips = sum(day.haul.trips_day * length[day.period] for day in days.hauls)
    tours = sum(length[day.period] for day in days.tours)
    trucks = sum(cost * length[period] for _site, period, _load, cost in days.haul_shares())
    print(
        f"{name:16}{how:>10}{len(np.unique(decision.site)):>8}{trips:>10,.0f}{tours:>10,.0f}{trucks / 1e6:>10.3f}"
        f"{lost.loss_rate:>8.2%}{lost.loss_cny / 1e6:>9.3f}{bill.total / 1e6:>10.3f}{took * 1e3:>7.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
