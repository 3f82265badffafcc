"""A worker that answers at once, and misbehaves when the name of its job says so."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from coldchain.batch import BatchJob, BatchSettings, read_jobs
from coldchain.batch.minder import Minder

FAKE = r"""
import json, os, signal, sys, threading, time
def watch(): pass
for line in sys.stdin:
    order = json.loads(line)
    name, told = order["name"], None
    if "crash" in name: print("out of luck", file=sys.stderr, flush=True); os._exit(3)
    if "killed" in name: os.kill(os.getpid(), signal.SIGKILL)
    if "slow" in name: time.sleep(60)
    if "greedy" in name: hoard = bytearray(300 * 2**20); hoard[::4096] = b"x" * len(hoard[::4096]); time.sleep(60)
    if "wrong" in name: told = ["bad-input", "villages.csv row 2: no"]
    if "pause" in name: time.sleep(0.15)
    if told is None and "lost" not in name:
        at = order["out"] + ".partial"
        os.makedirs(at)
        size = sum(len(open(os.path.join(order["scenario"], f)).read()) for f in os.listdir(order["scenario"]))
        figures = {"status": "feasible", "villages": {"total": size, "served": 1}, "objective": {"name": "loss_t",
          "value": size / 3, "bound": 1.5, "gap": 0.1}, "loss": {k: 0.25 for k in ("baseline_rate", "plan_rate",
          "baseline_t", "plan_t", "baseline_cny", "plan_cny")}, "coverage": {"baseline": 0, "plan": 1},
          "investment": {"budget_cny": 1e6, "total_cny": 2.0, "subsidy_cny": 1.0}, "annual_cny": {"total": 7.0},
          "depots": {"existing": 0, "built": 2}, "routes": {"vehicles": 1, "km": 2.5},
          "delivery_h": {"p95": 30.0, "share_within_target": 1.0}, "seconds": {"total": time.time()}}
        json.dump(figures, open(os.path.join(at, "summary.json"), "w"))
        os.rename(at, order["out"])
    print(json.dumps({"failure": told, "processor_s": 0.01}), flush=True)
"""


def fake_minder() -> Minder:
    """Mind a worker of the kind above."""
    return Minder((sys.executable, "-c", FAKE))


def listed(folder: Path, names: list[str]) -> tuple[BatchJob, ...]:
    """Write a folder of scenarios that only the fake worker can read, and the list of them; return the jobs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "scenario.toml").write_text(name * (len(name) + 1), encoding="utf-8")
    pd.DataFrame({"name": names, "scenario": names, "people": range(len(names))}).to_csv(
        folder / "counties.csv", index=False
    )
    return read_jobs(folder)


def settings() -> BatchSettings:
    """Return the default."""
    return BatchSettings()


def tables_of(folder: Path) -> dict[str, bytes]:
    """Return the tables that must not depend on how a batch went."""
    return {name: (folder / name).read_bytes() for name in ("results.csv", "failed.csv")}


def objects(text: str) -> dict[str, object]:
    """Read the last line as one object."""
    return dict(json.loads(text.splitlines()[-1]))
