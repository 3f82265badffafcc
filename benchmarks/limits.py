"""Siting with limits beside siting without: ``python benchmarks/limits.py [--work 20]``.

The county of `scenarios/upland`, siting alone, so many units of work each, seed 0. Printed: status, value and bound in
million CNY a year, the gap, the units used.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace

from real import ROOT

from coldchain.planning import Options, lay_ground
from coldchain.planning.limits import stated
from coldchain.scenario import load
from coldchain.siting import solve_siting

LIMITS: Mapping[str, Mapping[str, object]] = {
    "none": {},
    "coverage 0.75": {"coverage": 0.75},
    "coverage 0.8, county 0.7, on time 0.9": {"coverage": 0.8, "county_coverage": 0.7, "on_time": 0.9},
    "coverage 0.75, no village split": {"coverage": 0.75, "single_source": True},
}


def main() -> None:
    """Print a line for each set of limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=float, default=20.0, help="units for each")
    work = parser.parse_args().work
    given, _faults = load(ROOT / "scenarios" / "upland")
    ground = lay_ground(given, Options.quickly())
    print(f"{'limits':40}{'status':10}{'value':>9}{'bound':>9}{'gap %':>7}{'units':>7}")
    for name, limits in LIMITS.items():
        scenario = replace(given, siting=given.siting.model_copy(update=dict(limits)))
        here = ground.under(scenario, Options.quickly())
        found = solve_siting(stated(here.basis, here.arcs, "total_cost_cny"), work=work)
        figures = f"{found.value / 1e6:9.3f}{found.bound / 1e6:9.3f}{100 * found.gap:7.2f}{found.work:7.1f}"
        print(f"{name:40}{found.status:10}{figures}", flush=True)


if __name__ == "__main__":
    main()
