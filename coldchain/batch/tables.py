"""The tables of a batch: one row a run (or a budget of a sweep), from the run folders alone; and what failed.

No column depends on the clock or on who computed a run, so that the table is the same byte for byte however often the
batch was killed, and from one worker or from many. What each job took stands in ``timings.csv``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import util
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.batch.jobs import BatchJob
from coldchain.batch.orders import SUMMARIES, JobFailure
from coldchain.cells import csv_text

RESULTS, PARQUET, FAILED, TIMINGS = "results.csv", "results.parquet", "failed.csv", "timings.csv"
Row = dict[str, Any]
HEAD = ("name", "scenario", "variant", "key")
FIGURES: dict[str, dict[str, tuple[str, ...]]] = {
    "plan": {
        "status": ("status",),
        "villages": ("villages", "total"),
        "villages_served": ("villages", "served"),
        "objective": ("objective", "name"),
        "value": ("objective", "value"),
        "bound": ("objective", "bound"),
        "gap": ("objective", "gap"),
        "baseline_loss_rate": ("loss", "baseline_rate"),
        "loss_rate": ("loss", "plan_rate"),
        "baseline_loss_t": ("loss", "baseline_t"),
        "loss_t": ("loss", "plan_t"),
        "baseline_loss_cny": ("loss", "baseline_cny"),
        "loss_cny": ("loss", "plan_cny"),
        "baseline_coverage": ("coverage", "baseline"),
        "coverage": ("coverage", "plan"),
        "budget_cny": ("investment", "budget_cny"),
        "investment_cny": ("investment", "total_cny"),
        "subsidy_cny": ("investment", "subsidy_cny"),
        "annual_cny": ("annual_cny", "total"),
        "depots_existing": ("depots", "existing"),
        "depots_built": ("depots", "built"),
        "vehicles": ("routes", "vehicles"),
        "route_km": ("routes", "km"),
        "delivery_p95_h": ("delivery_h", "p95"),
        "on_time_share": ("delivery_h", "share_within_target"),
    },
    "routes": {
        "status": ("status",),
        "period": ("day", "period"),
        "orders": ("orders", "count"),
        "kg": ("orders", "kg"),
        "served_kg": ("orders", "served_kg"),
        "vehicles": ("vehicles",),
        "trips": ("trips",),
        "stops": ("stops",),
        "km": ("km",),
        "hours": ("hours",),
        "aboard_p50_h": ("aboard_h", "p50"),
        "aboard_max_h": ("aboard_h", "max"),
        "loss_kg": ("loss", "kg"),
        "loss_cny": ("loss", "cny"),
        "vehicles_cny": ("cost_cny", "vehicles"),
        "total_cny": ("cost_cny", "total"),
    },
    "roll": {
        "week": ("week",),
        "period": ("period",),
        "before": ("before",),
        "villages": ("villages", "total"),
        "villages_changed": ("villages", "changed"),
        "villages_limit": ("villages", "limit"),
        "expected_t": ("expected", "t"),
        "planned_t": ("expected", "planned_t"),
        "cooled_t": ("t", "cooled"),
        "loss_rate": ("loss", "plan_rate"),
        "week_cny": ("cny", "week"),
        "stay_cny": ("cny", "stay"),
        "gain_cny": ("cny", "gain"),
    },
}
OF_COMPUTING = ("seconds", "how", "of_budget_cny")


def write_tables(
    named: Sequence[tuple[BatchJob, str]], command: str, runs: Path, failures: Mapping[str, JobFailure], folder: Path
) -> tuple[str, ...]:
    """Write the result table (CSV, and Parquet where pyarrow is installed) and the table of failures.

    Parameters
    ----------
    named : jobs in the order of the list, each with the name of its run folder
    failures : by name of the job

    Returns
    -------
    tuple
        Names of the files.
    """
    rows = [row for job, stem in named if job.name not in failures for row in _rows(job, command, runs / stem)]
    extra = list(dict.fromkeys(key for job, _ in named for key in job.more))
    heads = list(dict.fromkeys((*HEAD, *FIGURES[command], *extra))) if command in FIGURES and not rows else None
    frame = _typed(pd.DataFrame([{**row, **{k: row.get(k, "") for k in extra}} for row in rows], columns=heads), extra)
    failed = [
        {"name": job.name, "scenario": job.given, "variant": job.variant, "key": stem.rpartition("-")[2],
         "kind": failures[job.name].kind, "message": failures[job.name].message}
        for job, stem in named if job.name in failures
    ]  # fmt: skip
    columns = [*HEAD, "kind", "message"]
    _whole(folder / RESULTS, lambda path: _csv(frame, path))
    _whole(folder / FAILED, lambda path: _csv(pd.DataFrame(failed, columns=columns), path))
    files = [RESULTS, FAILED]
    if util.find_spec("pyarrow") is not None:
        _whole(folder / PARQUET, lambda path: frame.to_parquet(path, index=False, engine="pyarrow"))
        files.append(PARQUET)
    return tuple(files)


def _rows(job: BatchJob, command: str, run: Path) -> Iterator[Row]:
    try:
        summary = json.loads((run / SUMMARIES[command]).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    head = dict(zip(HEAD, (job.name, job.given, job.variant, run.name.rpartition("-")[2]), strict=True))
    if command == "sweep":
        about = {"aim": summary["aim"], **{name: summary["scenario"][name] for name in ("harvest_t", "lon", "lat")}}
        for point in summary["points"]:
            kept = {name: value for name, value in point.items() if name not in OF_COMPUTING}
            yield {**head, **about, **kept, **job.more}
        return
    yield {**head, **{name: _at(summary, path) for name, path in FIGURES[command].items()}, **job.more}


def _at(summary: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        summary = summary[part]
    return summary


def _typed(frame: pd.DataFrame, extra: Sequence[str]) -> pd.DataFrame:
    """Make numbers of the list's own columns where every cell is one, but for those that look like codes."""
    for name in extra:
        if name in frame:
            text = frame[name].astype(str)
            number = pd.to_numeric(text, errors="coerce")
            if len(text) and number.notna().all() and not text.str.match(r"0\d").any():
                frame[name] = number
    return frame


def _csv(frame: pd.DataFrame, path: Path) -> None:
    path.write_text(csv_text(frame), encoding="utf-8-sig")


def _whole(target: Path, write: Callable[[Path], object]) -> None:
    partial = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        write(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
