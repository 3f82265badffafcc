"""Proven gaps of small counties, by siting alone and by the model of the whole: ``python benchmarks/gaps.py``.

The counties are those of up to 24 villages among twelve of ``coldchain init --template nation``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from runs import command

from coldchain.planning import Options, lay_ground, plan_on
from coldchain.planning.search import site
from coldchain.planning.whole import VILLAGES
from coldchain.scenario import load

COUNTIES, MEAN, SECONDS = 12, 15, 60.0


def main() -> None:
    """Plan each county; print its figures and the means."""
    print(f"{'county':12}{'villages':>9}{'sites':>7}{'cost M/yr':>11}{'siting gap %':>14}{'gap %':>8}{'seconds':>9}")
    before, after = [], []
    with tempfile.TemporaryDirectory() as folder:
        nation = Path(folder) / "nation"
        command("init", str(nation), "--template", "nation", "--counties", str(COUNTIES), "--villages", str(MEAN), "-q")
        for county in sorted(nation.glob("county-*")):
            scenario, _ = load(county)
            if len(scenario.villages) > VILLAGES:
                continue
            ground = lay_ground(scenario, Options(time_limit_s=SECONDS))
            bound = site(ground.basis, ground.arcs, Options(time_limit_s=SECONDS)).bound
            summary = plan_on(ground, Options(time_limit_s=SECONDS)).summary
            value = summary["objective"]["value"]
            before.append(100 * (1 - bound / value))
            after.append(100 * summary["objective"]["gap"])
            size = f"{len(scenario.villages):9}{len(scenario.sites):7}"
            figures = f"{value / 1e6:11.3f}{before[-1]:14.1f}{after[-1]:8.2f}{summary['seconds']['total']:9.0f}"
            print(f"{county.name:12}{size}{figures}", flush=True)
    print(f"mean{'':35}{sum(before) / len(before):14.1f}{sum(after) / len(after):8.2f}")


if __name__ == "__main__":
    main()
