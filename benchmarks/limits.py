"""Siting with limits beside siting without: ``python benchmarks/limits.py [--work 20]``.

The county of `benchmarks/upland-2026` and two that `coldchain init` makes; siting alone, so many units of work each,
seed 0. Every limit binds: it asks for a quarter of the way from what the plan without limits reaches to the most that
could be. Printed: status, value and bound in million CNY a year, the gap, the units used, and how many points the gap
is above that without limits.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from runs import command
from upland import SCENARIO

from coldchain.arrays import Floats
from coldchain.model import Scenario
from coldchain.planning import Ground, Options, lay_ground
from coldchain.planning.awards import owners_of
from coldchain.planning.limits import service, stated
from coldchain.scenario import load
from coldchain.siting import SitingResult, solve_siting

MADE = {"made-1": ("80", "1"), "made-2": ("150", "2")}  # villages and seed of the counties made for this
TARGET_H = 40.0  # harvest to market: within it today's chain is, and all but a few of the lots of depots
PART = 0.25  # of the way to the most that could be


def asked(ground: Ground, found: SitingResult) -> dict[str, dict[str, Any]]:
    """State settings of siting by name, from none to all, that the plan without limits just misses."""
    scenario, arcs = ground.scenario, ground.arcs
    done = service(ground.basis, arcs)
    county = np.array([village.county for village in scenario.villages])
    harvest = scenario.harvest_t.sum(axis=(1, 2))

    def between(has: float, most: float, whole: float) -> float:
        return round((has + PART * (most - has)) / whole, 4)

    def covered(inside: Floats) -> float:
        rows = inside[arcs.village[arcs.demand]]
        has, most = float(done.in_time_t * rows @ found.arc_share), np.zeros(len(arcs.village))
        np.maximum.at(most, arcs.demand, done.in_time_t * rows)
        return between(has, float(most.sum()), float(harvest @ inside))

    punctual = done.today_on_time_t.copy()
    np.maximum.at(punctual, arcs.demand, done.on_time_t)
    on_time = float(done.on_time_t @ found.arc_share + done.today_on_time_t @ found.outside_share)
    by_county = {name: covered((county == name).astype(float)) for name in sorted(set(county))}
    coverage = {"coverage": covered(np.ones(len(county)))}
    late = {"on_time": between(on_time, float(punctual.sum()), float(harvest.sum()))}
    equity = {"county_coverage": min(by_county.values()), "award_share_by_county": _least_awarded(scenario, found)}
    return {
        "none": {},
        "coverage": coverage,
        "on time": late,
        "equity": equity,
        "all": coverage | late | equity,
        "all, no village split": coverage | late | equity | {"single_source": True},
    }


def _least_awarded(scenario: Scenario, found: SitingResult) -> dict[str, float]:
    """Name the county with the least share of the awards, and a quarter of the way from there to an equal share."""
    owner = owners_of(scenario)[1]
    of = {site.county: 0.0 for site in scenario.sites}
    place = {int(e): site.county for e, site in zip(owner[::-1], scenario.sites[::-1], strict=True)}
    for e, award in enumerate(found.owner_award):
        of[place[e]] += float(award)
    name, whole = min(of, key=lambda county: of[county]), max(sum(of.values()), 1e-9)
    return {name: round(of[name] / whole + PART * (1 / len(of) - of[name] / whole), 4)} if len(of) > 1 else {}


def measure(name: str, folder: Path, work: float) -> None:
    """Print a line for each set of limits of one county."""
    given, _faults = load(folder)
    given = replace(given, chain=given.chain.model_copy(update={"delivery_target_h": TARGET_H}))
    ground = lay_ground(given, Options.quickly())
    wanted: dict[str, dict[str, Any]] = {"none": {}}
    free: SitingResult | None = None
    for limit in ("none", "coverage", "on time", "equity", "all", "all, no village split"):
        scenario = replace(given, siting=given.siting.model_copy(update=wanted[limit]))
        here = ground.under(scenario, Options.quickly())
        found = solve_siting(stated(here.basis, here.arcs, "total_cost_cny"), work=work)
        if free is None:
            free, wanted = found, asked(ground, found)
        figures = f"{found.value / 1e6:9.3f}{found.bound / 1e6:9.3f}{100 * found.gap:7.2f}{found.work:7.1f}"
        more = 100 * (found.gap - free.gap)
        print(f"{name:13}{limit:24}{found.status:10}{figures}{more:8.2f}  {wanted[limit]}", flush=True)


def main() -> None:
    """Measure each county."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=float, default=20.0, help="units for each")
    work = parser.parse_args().work
    print(
        f"{'county':13}{'limits':24}{'status':10}{'value':>9}{'bound':>9}{'gap %':>7}{'units':>7}{'points':>8}  asked"
    )
    measure("upland-2026", SCENARIO, work)
    with tempfile.TemporaryDirectory() as folder:
        for name, (villages, seed) in MADE.items():
            made = Path(folder) / name
            command("init", str(made), "--villages", villages, "--seed", seed, "-q")
            measure(name, made, work)


if __name__ == "__main__":
    main()
