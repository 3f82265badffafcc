"""Start-up, map, replay, report and PDF of 200 and 1,400 villages: ``python benchmarks/reporting.py``.

Processor seconds of each command in a process of its own, children included: they say the same on a busy machine.
*alone* is a report that must replay its 40 years first; the others have a replay of 10. A run that lies in ``runs/``
already is used as it is. The villages of Xiangxi are read from ``$COLDCHAIN_SHARED`` (default ``../shared``); the runs
are left in ``runs/``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from real import DATA, ROOT, RUNS

YEARS = 10
STEPS = ("alone", "replay", "report", "with PDF", "map")


def main() -> None:
    """Plan both with quick effort where that was not done yet, then time each step."""
    starts = [seconds("--help") for _n in range(5)]
    print(f"start-up (--help): {statistics.median(starts):.2f} s, median of five", flush=True)
    xiangxi, rules = RUNS / "xiangxi-scenario", str(ROOT / "scenarios" / "rules" / "xiangxi.toml")
    if not xiangxi.exists():
        villages = str(DATA / "villages" / "xiangxi_prefecture_points.csv")
        seconds("import", "points", villages, "--out", str(xiangxi), "--datum", "gcj02", "--rules", rules)
    print(f"{'':10}{'villages':>9}" + "".join(f"{step + ' s':>12}" for step in STEPS) + f"{'HTML, PDF, Excel kB':>22}")
    for name, scenario in (("upland", ROOT / "scenarios" / "upland"), ("xiangxi", xiangxi)):
        run = RUNS / f"{name}-report"
        if not (run / "summary.json").is_file():
            seconds("plan", str(scenario), "--out", str(run), "--effort", "quick")
        (run / "replay.json").unlink(missing_ok=True)
        times = [
            seconds("report", str(run)),
            seconds("replay", str(run), "--years", str(YEARS)),
            seconds("report", str(run)),
            seconds("report", str(run), "--pdf"),
            seconds("map", str(run)),
        ]
        count = (run / "tables" / "villages.csv").read_text(encoding="utf-8").count("\n") - 1
        sizes = [f"{(run / f'report.{kind}').stat().st_size / 1000.0:.0f}" for kind in ("html", "pdf", "xlsx")]
        print(
            f"{name:10}{count:>9}" + "".join(f"{time:>12.1f}" for time in times) + f"{', '.join(sizes):>22}",
            flush=True,
        )


def seconds(*arguments: str) -> float:
    """Run the command line quietly; return its processor seconds, those of its children included."""
    asked = [sys.executable, "-m", "coldchain", *arguments, *([] if "--help" in arguments else ["--quiet"])]
    child = subprocess.Popen(asked, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"coldchain {' '.join(arguments)} left with code {os.waitstatus_to_exitcode(status)}")
    print(f"  {usage.ru_utime + usage.ru_stime:8.2f} s  coldchain {arguments[0]}", file=sys.stderr, flush=True)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
