"""The command ``coldchain batch``: many scenarios, one run each."""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import interruptible
from coldchain.cli.manners import duration, json_option, next_step, path_argument, quiet_option, quoted
from coldchain.cli.sizing import dry_run_option, show_batch_size
from coldchain.errors import UsageError
from coldchain.language import N_, _

if TYPE_CHECKING:
    from coldchain.batch import Batch, BatchJob, BatchSettings, JobLimits, Means, Progress

EXIT_PARTLY, EXIT_INTERRUPTED = 7, 130
SAID_EVERY_S = 10.0
SHOWN_FAILURES = 10
UNITS_MIB = {"": 1.0, "K": 2.0**-10, "M": 1.0, "G": 2.0**10, "T": 2.0**20}
KINDS = {
    "bad-input": N_("bad input"), "infeasible": N_("no plan possible"), "limit": N_("no plan in the time given"),
    "time": N_("out of time"), "memory": N_("out of memory"), "crash": N_("ended"), "bug": N_("bug"),
    "failed": N_("not done"),
}  # fmt: skip


@click.command(epilog="Example: coldchain batch country/counties.csv --jobs 2 --out runs/night --resume")
@click.argument("source", metavar="LIST_OR_FOLDER", type=path_argument)
@click.option("--command", type=click.Choice(["plan", "routes", "sweep", "roll"]), default="plan", show_default=True,
              help="What to run for each scenario.")  # fmt: skip
@click.option("--out", "folder", type=path_argument, required=True, help="Folder of runs and of the result table.")
@click.option("--resume", is_flag=True, help="Go on with an earlier batch: finished runs are never repeated.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Worker processes here.")
@click.option("--scheduler", help="A Dask scheduler instead, for example tcp://10.0.0.5:8786; see docs/cluster.md.")
@click.option("--data", type=click.Choice(["path", "value"]), default="path", show_default=True,
              help="With --scheduler: workers read a shared folder, or are sent each scenario.")  # fmt: skip
@click.option("--per-job-limit", type=click.FloatRange(0, min_open=True), help="Seconds after which a job fails.")
@click.option("--memory-limit", help="Memory above which a job fails, for example 2G or 500M.")
@click.option("--effort", type=click.Choice(["quick", "normal"]), default="quick", show_default=True,
              help="quick: least work; normal: about --time-limit seconds each, the same on any machine.")  # fmt: skip
@click.option("--time-limit", type=click.FloatRange(1), default=120.0, show_default=True, help="With --effort normal.")
@click.option("--iterations", type=click.IntRange(0),
              help="Of --command routes; by the number of stops when left out.")  # fmt: skip
@click.option("--day", help="Of --command routes: period or date (2026-07-15) where the list names none.")
@click.option("--budget", "budgets", help="Of --command sweep: FROM:TO:STEP in CNY, or single budgets with commas.")
@click.option("--week", help="Of --command roll: week to plan, like 2026-W31, or a day in it.")
@click.option("--changes", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="Of --command roll: share of the villages that may change their depot.")  # fmt: skip
@click.option("--maps", is_flag=True, help="Write map and layers of each run too (3 MB a county).")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result.")
@dry_run_option
@json_option
@quiet_option
def batch(source: Path, folder: Path, as_json: bool, quiet: bool, **given: Any) -> int:
    """Run one command for each scenario of a table or folder. A county that fails, fails alone.

    DIR gets runs/, results.csv (and results.parquet where pyarrow is installed), failed.csv and timings.csv.
    Ctrl-C keeps what is finished. Exit code 7: some county failed or was not reached.
    """
    from coldchain.batch import check_batch_folder, read_jobs, run_batch

    settings = _settings(given)
    limits = _limits(given)
    if settings.command == "roll" and (given["data"] == "value" or given["dry_run"]):
        raise UsageError(_("--command roll writes into the folders of the counties: no --data value, no --dry-run"))
    jobs = _on_day(read_jobs(source, settings.command), given["day"], settings.command)
    if given["data"] == "value" and any((job.folder / "summary.json").is_file() for job in jobs):
        raise UsageError(_("routes of finished plans need a shared folder: --data path"))
    if given["dry_run"]:
        show_batch_size(jobs, settings, given["jobs"], as_json=as_json)
        return 0
    check_batch_folder(folder, resume=given["resume"])
    line = _Line(quiet=quiet)
    with interruptible() as stopped, _means(given, limits) as means:
        result = run_batch(jobs, settings, folder, means, line.tell, stopped)
    line.finish(result.progress)
    _show(result, folder, settings.command, as_json=as_json)
    if result.interrupted and not result.progress.done + result.progress.kept:
        return EXIT_INTERRUPTED
    return 0 if result.ok else EXIT_PARTLY


def _on_day(jobs: tuple[BatchJob, ...], day: str | None, command: str) -> tuple[BatchJob, ...]:
    """Give the day of routes to the counties for which the list names none."""
    from dataclasses import replace

    if day is not None and command != "routes":
        raise UsageError(_("--day goes with --command routes"))
    return tuple(replace(job, day=job.day or day or "") for job in jobs)


def _settings(given: dict[str, Any]) -> BatchSettings:
    from coldchain.batch import BatchSettings

    if (given["command"] == "sweep") != (given["budgets"] is not None):
        raise UsageError(_("--budget FROM:TO:STEP goes with --command sweep, and that needs it"))
    budgets: tuple[float, ...] = ()
    if given["budgets"] is not None:
        from coldchain.sweeps import parse_budgets

        budgets = parse_budgets(given["budgets"])
    week = ""
    if (given["command"] == "roll") != (given["week"] is not None):
        raise UsageError(_("--week goes with --command roll, and that needs it"))
    if given["week"] is not None:
        from coldchain.weeks.calendar import iso_week, week_number

        week = iso_week(week_number(given["week"]))
    names = ("command", "time_limit_s", "seed", "iterations", "maps")
    values = {name: given["time_limit" if name == "time_limit_s" else name] for name in names}
    return BatchSettings(**values, quick=given["effort"] == "quick", budgets=budgets, week=week,
                    most_changed=given["changes"])  # fmt: skip


def _limits(given: dict[str, Any]) -> JobLimits:
    from coldchain.batch import JobLimits
    from coldchain.batch.processes import can_watch
    from coldchain.errors import MissingExtraError

    memory = None if given["memory_limit"] is None else memory_mib(given["memory_limit"])
    if memory is not None and not can_watch():
        raise MissingExtraError(_("--memory-limit needs the package psutil on this system: pip install psutil"))
    return JobLimits(given["per_job_limit"], memory)


def memory_mib(text: str) -> float:
    """Read an amount of memory.

    Examples
    --------
    >>> memory_mib("2G"), memory_mib("500 MiB"), memory_mib("1.5g")
    (2048.0, 500.0, 1536.0)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    if found is None or float(found[1]) <= 0:
        raise UsageError(_("--memory-limit must read like 2G or 500M; got {text}").format(text=text))
    return float(found[1]) * UNITS_MIB[found[2].upper()]


def _means(given: dict[str, Any], limits: JobLimits) -> AbstractContextManager[Means]:
    if given["scheduler"] is None:
        from coldchain.batch import this_machine

        if given["data"] == "value":
            raise UsageError(_("--data value goes with --scheduler"))
        return this_machine(given["jobs"], limits)
    from coldchain.batch.cluster import on_cluster

    return on_cluster(given["scheduler"], limits, by_value=given["data"] == "value")


class _Line:
    """Live progress on stderr: one line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet, self.live = quiet, sys.stderr.isatty()
        self.said = -SAID_EVERY_S
        self.last = ""

    def tell(self, progress: Progress, trouble: str) -> None:
        """Show how far it is."""
        if self.quiet:
            return
        if trouble:
            click.echo(("\r\033[K" if self.live else "") + _("failed: {trouble}").format(trouble=trouble), err=True)
        now = time.monotonic()
        text = told(progress)
        if text == self.last or (not self.live and now - self.said < SAID_EVERY_S):
            return
        self.said, self.last = now, text
        click.echo(f"\r\033[K{text}" if self.live else text, err=True, nl=not self.live)

    def finish(self, progress: Progress) -> None:
        """Show the last state and end the line."""
        if not self.quiet:
            click.echo(("\r\033[K" if self.live else "") + told(progress), err=True)


def told(progress: Progress) -> str:
    """Say how far a batch is.

    Examples
    --------
    >>> from coldchain.batch import Progress
    >>> told(Progress(total=832, kept=4, done=30, failed=2, seconds=480.0))
    '30 done, 2 failed, 4 kept of 832; 240 an hour, 3 h 19 min left'
    """
    text = _("{done:,} done, {failed:,} failed, {kept:,} kept of {total:,}").format(
        done=progress.done, failed=progress.failed, kept=progress.kept, total=progress.total
    )
    if not progress.per_hour:
        return text
    left = duration(progress.left / progress.per_hour * 3600.0)
    text += _("; {count:,.0f} an hour").format(count=progress.per_hour)
    return text + (_(", {time} left").format(time=left) if progress.left else "")


def _show(result: Batch, folder: Path, command: str, *, as_json: bool) -> None:
    progress = result.progress
    if as_json:
        counts = {name: getattr(progress, name) for name in ("total", "kept", "done", "failed", "left")}
        failures = [{"name": job.name, "kind": f.kind, "message": f.message} for job, f in result.failures]
        told_all = {"schema": "coldchain.batch/1", **counts, "interrupted": result.interrupted, "failures": failures}
        click.echo(json.dumps({**told_all, "files": list(result.files), "out": str(folder)}, ensure_ascii=False))
        return
    for job, failure in result.failures[:SHOWN_FAILURES]:
        click.echo(
            _("failed: {name}: {kind}: {message}").format(
                name=job.name, kind=_(KINDS.get(failure.kind, failure.kind)), message=failure.message
            )
        )
    if len(result.failures) > SHOWN_FAILURES:
        click.echo(
            _("… and {count} more in {file}").format(
                count=len(result.failures) - SHOWN_FAILURES, file=folder / "failed.csv"
            )
        )
    click.echo(
        _("{done:,} of {total:,} runs in {folder}, table in results.csv").format(
            done=progress.done + progress.kept, total=progress.total, folder=folder
        )
    )
    if result.interrupted or result.failures:
        next_step(_("the same command with --resume does only what is missing"))
    elif command == "roll":
        next_step("coldchain verify COUNTY/rolls/WEEK")
    elif command == "sweep":
        next_step(f"coldchain allocate {quoted(folder)} --fund CNY")
    else:
        next_step(f"coldchain verify {quoted(folder / 'runs')}/NAME")
