"""Import and plan real input, Andorra's roads and Xiangxi's villages: ``python benchmarks/real.py``.

The data are read from ``$COLDCHAIN_SHARED`` (default ``../shared``); the runs are left in ``runs/``.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from runs import HEADER, command, line, planned

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("COLDCHAIN_SHARED", ROOT.parent / "shared")) / "data"
RUNS = ROOT / "runs"


SOURCES = {
    "andorra": ("osm", DATA / "roads" / "andorra-2023-05.osm.pbf"),
    "xiangxi": ("points", DATA / "villages" / "xiangxi_prefecture_points.csv"),
}
OPTIONS = {
    "andorra": (),
    "xiangxi": ("--datum", "gcj02", "--rules", str(ROOT / "scenarios" / "rules" / "xiangxi.toml")),
}


def imported(name: str, folder: Path) -> Path:
    """Import Andorra or Xiangxi into a folder, anew."""
    kind, file = SOURCES[name]
    shutil.rmtree(folder, ignore_errors=True)
    command("import", kind, str(file), "--out", str(folder), *OPTIONS[name])
    return folder


def main() -> None:
    """Import, check and plan both; print one row each."""
    rows = []
    for name in SOURCES:
        began = time.monotonic()
        scenario = imported(name, RUNS / f"{name}-scenario")
        seconds = time.monotonic() - began
        report, _, _ = command("check", str(scenario))
        print(f"{name}: imported in {seconds:.1f} s; {report.strip().splitlines()[0]}", flush=True)
        rows.append(line(name, planned(scenario, RUNS / name, "--seed", "0")))
        print(f"{name}: map {RUNS / name / 'map.html'}", flush=True)
    print(HEADER, *rows, sep="\n")


if __name__ == "__main__":
    main()
