"""Loads shared between collection vehicles against whole ones, on the same assignment: ``pickups.py [SCENARIO ...]``.

Each scenario is planned quickly; its villages are then collected from anew with ``routing.split_pickups`` on and off.
Seconds are of the processor; nothing here depends on the clock.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace
from pathlib import Path

from real import ROOT

from coldchain.planning import Course, Ground, Options, lay_ground, plan_on
from coldchain.planning.course import work_out
from coldchain.planning.days import Effort
from coldchain.scenario import load

HEADER = (
    f"{'scenario':16}{'loads':>8}{'vehicle days':>14}{'least by weight':>17}{'collection M':>14}{'loss M':>9}"
    f"{'total M':>10}{'cpu s':>8}"
)


def main() -> None:
    """Print two rows for each scenario."""
    print(HEADER)
    for folder in map(Path, sys.argv[1:] or [str(ROOT / "scenarios" / "upland")]):
        scenario, _faults = load(folder)
        ground = lay_ground(scenario, Options())
        course = plan_on(ground, Options.quickly()).course
        for how, split in (("whole", False), ("shared", True)):
            routing = scenario.routing.model_copy(update={"split_pickups": split})
            row(scenario.name, how, ground.under(replace(scenario, routing=routing)), course)


def row(name: str, how: str, ground: Ground, course: Course) -> None:
    """Collect under the settings of a ground and print what the year costs."""
    began = time.process_time()
    made = work_out(ground.basis, ground.arcs, course.decision, Effort())
    took = time.process_time() - began
    length = [period.days for period in ground.scenario.periods]
    payload = max(vehicle.payload_kg for vehicle in ground.basis.collection)
    vehicles = least = 0.0
    for day in made.days.collection:
        vehicles += length[day.period] * len(day.result.routes)
        least += length[day.period] * math.ceil(sum(sum(r.load_kg) for r in day.result.routes) / payload - 1e-9)
    print(
        f"{name:16}{how:>8}{vehicles:>14,.0f}{least:>17,.0f}{made.yearly.collection / 1e6:>14.3f}"
        f"{made.yearly.loss / 1e6:>9.3f}{made.yearly.total / 1e6:>10.3f}{took:>8.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
