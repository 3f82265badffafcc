"""Import and plan real input, Andorra's roads and Xiangxi's villages: ``python benchmarks/real.py``.

The data are read from ``$COLDCHAIN_SHARED`` (default ``../shared``); the runs are left in ``runs/``.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from runs import HEADER, command, line, planned

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("COLDCHAIN_SHARED", ROOT.parent / "shared")) / "data"
RUNS = ROOT / "runs"


def main() -> None:
    """Import, check and plan both; print one row each."""
    sources = {
        "andorra": ("osm", DATA / "roads" / "andorra-2023-05.osm.pbf"),
        "xiangxi": ("points", DATA / "villages" / "xiangxi_prefecture_points.csv"),
    }
    options = {
        "andorra": (),
        "xiangxi": ("--datum", "gcj02", "--rules", str(ROOT / "scenarios" / "rules" / "xiangxi.toml")),
    }
    rows = []
    for name, (kind, file) in sources.items():
        scenario = RUNS / f"{name}-scenario"
        shutil.rmtree(scenario, ignore_errors=True)
        _, seconds, _ = command("import", kind, str(file), "--out", str(scenario), *options[name])
        report, _, _ = command("check", str(scenario))
        print(f"{name}: imported in {seconds:.1f} s; {report.strip().splitlines()[0]}", flush=True)
        rows.append(line(name, planned(scenario, RUNS / name, "--seed", "0")))
        print(f"{name}: map {RUNS / name / 'map.html'}", flush=True)
    print(HEADER, *rows, sep="\n")


if __name__ == "__main__":
    main()
