"""Earlier days of the week of a county, as the batch of routes left them: what its drivers have behind them."""

from __future__ import annotations

import glob
import json
from dataclasses import replace
from pathlib import Path

from coldchain.batch.jobs import EARLIER, BatchJob

RUNS = "runs"


def after_its_week(job: BatchJob, folder: Path) -> BatchJob:
    """Return the job with the days of its week before it, each as it was routed last; none where it has no date."""
    from coldchain.dispatch.drivers import ROUTES, date_of, is_earlier_in_week, iso_date

    today = iso_date(job.day)
    if today is None:
        return job
    last: dict[str, tuple[str, Path]] = {}
    for place in (RUNS, EARLIER):
        for path in (folder / place).glob(f"{glob.escape(job.name)}-*/{ROUTES}"):
            when, known = date_of(path.parent), path.parent.name.rpartition("-")[0] == job.name
            if known and when is not None and is_earlier_in_week(when, today):
                routed = (_stopped(path.parent), path.parent)
                last[str(when)] = max(last.get(str(when), routed), routed)
    return replace(job, driven=tuple(path for _day, (_at, path) in sorted(last.items())))


def found_again(job: BatchJob, folder: Path) -> tuple[str, ...]:
    """Return where the earlier days of a job lie once its run was put aside."""
    places = (path if path.is_dir() else folder / EARLIER / path.name for path in job.driven)
    return tuple(str(path.resolve()) for path in places)


def _stopped(folder: Path) -> str:
    try:
        return str(json.loads((folder / "run.json").read_text(encoding="utf-8"))["stopped_utc"])
    except (OSError, ValueError, KeyError):
        return ""
