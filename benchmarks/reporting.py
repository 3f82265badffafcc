"""Start-up, map, replay, report and PDF of 200 and 1,400 villages: ``python benchmarks/reporting.py``.

The villages of Xiangxi are read from ``$COLDCHAIN_SHARED`` (default ``../shared``); the runs are left in ``runs/``.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from real import DATA, ROOT, RUNS
from runs import command

YEARS = 40
HEADER = (
    f"{'plan':10}{'villages':>9}{'plan s':>8}{'replay s':>10}{'report s':>10}{'with PDF s':>12}{'map s':>7}"
    f"{'HTML kB':>9}{'PDF kB':>8}{'Excel kB':>10}{'GiB':>6}"
)


def main() -> None:
    """Plan both with quick effort, then time each step in a process of its own."""
    starts = [command("--help")[1] for _n in range(5)]
    print(f"start-up (--help): {statistics.median(starts):.2f} s, median of five", flush=True)
    xiangxi, rules = RUNS / "xiangxi-scenario", str(ROOT / "scenarios" / "rules" / "xiangxi.toml")
    if not xiangxi.exists():
        villages = str(DATA / "villages" / "xiangxi_prefecture_points.csv")
        command("import", "points", villages, "--out", str(xiangxi), "--datum", "gcj02", "--rules", rules)
    print(HEADER)
    for name, scenario in (("upland", ROOT / "scenarios" / "upland"), ("xiangxi", xiangxi)):
        print(row(name, scenario, RUNS / f"{name}-report"), flush=True)


def row(name: str, scenario: Path, run: Path) -> str:
    """Return one row of the table whose header is ``HEADER``."""
    _, plan_s, peak = command("plan", str(scenario), "--out", str(run), "--effort", "quick", "--quiet")
    _, replay_s, _ = command("replay", str(run), "--years", str(YEARS), "--quiet")
    _, report_s, more = command("report", str(run), "--quiet")
    _, pdf_s, _ = command("report", str(run), "--pdf", "--quiet")
    _, map_s, _ = command("map", str(run), "--quiet")
    size = {kind: (run / f"report.{kind}").stat().st_size / 1000.0 for kind in ("html", "pdf", "xlsx")}
    villages = sum(1 for _line in (run / "tables" / "villages.csv").open(encoding="utf-8")) - 1
    return (
        f"{name:10}{villages:>9}{plan_s:>8.0f}{replay_s:>10.1f}{report_s:>10.1f}{pdf_s:>12.1f}{map_s:>7.1f}"
        f"{size['html']:>9.0f}{size['pdf']:>8.0f}{size['xlsx']:>10.0f}{max(peak, more):>6.2f}"
    )


if __name__ == "__main__":
    main()
