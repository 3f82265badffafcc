"""Plan a scenario in a process of its own and read its figures back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def command(*arguments: str) -> tuple[str, float, float]:
    """Run the command line; return what it printed, seconds, and the peak memory of the process in GiB."""
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "coldchain", *arguments], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    output = child.stdout.read() if child.stdout else ""
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"coldchain {' '.join(arguments)} left with code {os.waitstatus_to_exitcode(status)}")
    return output, time.monotonic() - began, usage.ru_maxrss / 2**20


def planned(scenario: Path, out: Path, *options: str) -> dict[str, Any]:
    """Plan a scenario; return its summary with the seconds and memory of the whole command."""
    output, seconds, peak_gib = command("plan", str(scenario), "--out", str(out), "--quiet", "--json", *options)
    summary: dict[str, Any] = json.loads(output)
    verdict, _, _ = command("verify", str(out), "--scenario", str(scenario), "--json")
    return {**summary, "command_s": seconds, "peak_gib": peak_gib, "verified": json.loads(verdict)["ok"]}


HEADER = (
    f"{'plan':22}{'villages':>9}{'budget M':>10}{'today %':>9}{'plan %':>8}{'built':>7}{'subsidy M':>11}"
    f"{'cost M/yr':>11}{'gap %':>8}{'seconds':>9}{'GiB':>6}  verified"
)


def line(name: str, run: dict[str, Any]) -> str:
    """Return one row of the table whose header is ``HEADER``."""
    loss, money = run["loss"], run["investment"]
    return (
        f"{name:22}{run['villages']['total']:>9}{money['budget_cny'] / 1e6:>10.2f}{loss['baseline_rate']:>9.1%}"
        f"{loss['plan_rate']:>8.1%}{run['depots']['built']:>7}{money['subsidy_cny'] / 1e6:>11.2f}"
        f"{run['annual_cny']['total'] / 1e6:>11.2f}{run['objective']['gap']:>8.1%}{run['command_s']:>9.0f}"
        f"{run['peak_gib']:>6.2f}  {run['verified']}"
    )
