"""What quick plans cost more than normal ones: ``python benchmarks/efforts.py [--counties 10] [--villages 15]``.

The counties are those of ``coldchain init --template nation``; tables and checks are left out. Printed: what the quick
plan costs more, the sites at which both build as a share of those of either (Jaccard), and the work of each.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from runs import command
from steadiness import jaccard, planned

from coldchain.scenario import load


def main() -> None:
    """Print a line for each county, the mean and the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counties", type=int, default=10)
    parser.add_argument("--villages", type=int, default=15, help="mean of a county")
    given = parser.parse_args()
    costs = f"{'quick M/yr':>12}{'normal M/yr':>13}{'dearer %':>10}"
    print(f"{'county':12}{'villages':>9}{costs}{'Jaccard':>9}{'work':>8}", flush=True)
    dearer = []
    with tempfile.TemporaryDirectory() as folder:
        nation, size = Path(folder) / "nation", ("--counties", str(given.counties), "--villages", str(given.villages))
        command("init", str(nation), "--template", "nation", *size, "-q")
        for path in sorted(nation.glob("county-*")):
            scenario, _faults = load(path)
            quick, normal = (planned(scenario, 0, effort) for effort in ("quick", "normal"))
            dearer.append(100 * (quick.cost_cny / normal.cost_cny - 1))
            costs = f"{quick.cost_cny / 1e6:12.3f}{normal.cost_cny / 1e6:13.3f}{dearer[-1]:10.2f}"
            alike = f"{jaccard(quick.places, normal.places):9.2f}{quick.work:8.1f}{normal.work:8.1f}"
            print(f"{path.name:12}{len(scenario.villages):9}{costs}{alike}", flush=True)
    print(f"mean {sum(dearer) / len(dearer):.2f} %, worst {max(dearer):.2f} %")


if __name__ == "__main__":
    main()
