"""The batch: which jobs are left, through an executor, and what became of each.

Every run stands in a folder named after its job and the hash of all that decides it, so that nothing is computed twice
and a batch that was killed goes on. Tables are made from these folders, in the order of the list.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coldchain.batch import errand as errands
from coldchain.batch.driven import RUNS, after_its_week, found_again
from coldchain.batch.errand import Reply, errand, finished, pack_inputs, unpack_run
from coldchain.batch.jobs import EARLIER, BatchJob, BatchSettings
from coldchain.batch.minder import BatchStoppedError
from coldchain.batch.orders import LASTING, JobFailure, JobLimits, JobOrder, JobOutcome
from coldchain.batch.tables import TIMINGS, write_tables
from coldchain.errors import UsageError, system_reason
from coldchain.inputs import way_to
from coldchain.language import _, language

SCHEMA, OBJECT, FAILURES = "coldchain.batch/1", "batch.json", "failures"
RUN_OF = re.compile(r".*-[0-9a-f]+")
WAIT_S = 0.2
AHEAD = 2
"""Jobs handed over for each slot: one that runs, one that waits."""
Doing = dict["Future[Reply]", "tuple[BatchJob, JobOrder]"]


@dataclass(frozen=True)
class Means:
    """Where jobs run: an executor with so many slots, limits a job, and whether scenarios travel by value."""

    executor: Executor
    slots: int
    limits: JobLimits = field(default_factory=JobLimits)
    by_value: bool = False


@dataclass(frozen=True)
class Progress:
    """How far a batch is; ``kept`` were finished before, ``seconds`` run since the batch was started.

    Of the jobs ``failed``, ``known`` are those that failed before and were not tried again.
    """

    total: int
    kept: int
    done: int
    failed: int
    seconds: float
    known: int = 0

    @property
    def left(self) -> int:
        """Jobs not finished."""
        return self.total - self.kept - self.done - self.failed

    @property
    def per_hour(self) -> float:
        """Jobs tried an hour, those that failed included; 0 before the first."""
        tried = self.done + self.failed - self.known
        return tried / self.seconds * 3600.0 if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Batch:
    """What came of a batch."""

    progress: Progress
    failures: tuple[tuple[BatchJob, JobFailure], ...]
    interrupted: bool
    files: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every job has its run."""
        return not self.failures and not self.interrupted


@contextmanager
def this_machine(slots: int, limits: JobLimits) -> Iterator[Means]:
    """Open so many worker processes on this machine, each minded by a thread."""
    with ThreadPoolExecutor(slots, thread_name_prefix="coldchain-batch") as executor:
        try:
            yield Means(executor, slots, limits)
        finally:
            errands.HALT.set()
    errands.end_idle()


def check_batch_folder(folder: Path, *, resume: bool) -> None:
    """Refuse a folder that holds something else, or an earlier batch that was not asked to go on.

    Raises
    ------
    UsageError
        Naming the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(_("{folder} exists and is no folder; nothing was written").format(folder=folder))
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if held and OBJECT not in held:
        raise UsageError(
            _("{folder} exists and is no earlier batch; choose another folder, nothing was written").format(
                folder=folder
            )
        )
    if held and not resume:
        raise UsageError(
            _("{folder} holds an earlier batch; add --resume to go on with it, or choose another folder").format(
                folder=folder
            )
        )
    try:
        (folder / RUNS).mkdir(parents=True, exist_ok=True)
        (folder / FAILURES).mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            _("{folder} cannot be written: {strerror}").format(folder=folder, strerror=system_reason(error))
        ) from None


def run_batch(
    jobs: Sequence[BatchJob],
    settings: BatchSettings,
    folder: Path,
    means: Means,
    tell: Callable[[Progress, str], None] = lambda *_told: None,
    stop: Callable[[], bool] = lambda: False,
) -> Batch:
    """Do all jobs that are not finished, then write the tables.

    Parameters
    ----------
    folder : from :func:`check_batch_folder`
    tell : hears how far the batch is, and what just went wrong ("" when nothing did)
    stop : asked again and again; jobs that run are ended then, finished ones kept
    """
    errands.HALT.clear()
    work = _Work(jobs, settings, folder, means, tell)
    _write(folder / OBJECT, {"schema": SCHEMA, "settings": settings.deciding(), "jobs": len(jobs)})
    try:
        work.go(stop)
    finally:
        files = write_tables(work.named, settings.command, folder / RUNS, work.failures, folder)
    progress = work.progress()
    return Batch(progress, tuple((job, work.failures[job.name]) for job in jobs if job.name in work.failures),
                 progress.left > 0, files)  # fmt: skip


class _Work:
    def __init__(
        self,
        jobs: Sequence[BatchJob],
        settings: BatchSettings,
        folder: Path,
        means: Means,
        tell: Callable[[Progress, str], None],
    ) -> None:
        self.settings, self.folder, self.means, self.tell = settings, folder, means, tell
        if settings.command == "routes":
            jobs = [after_its_week(job, folder) for job in jobs]
        self.named = [(job, f"{job.name}-{job.key(settings)}") for job in jobs]
        self.failures: dict[str, JobFailure] = {}
        self.kept = self.done = self.known = 0
        self.began = time.monotonic()

    def progress(self) -> Progress:
        """Count."""
        seconds = time.monotonic() - self.began
        return Progress(len(self.named), self.kept, self.done, len(self.failures), seconds, self.known)

    def go(self, stop: Callable[[], bool]) -> None:
        """Hand the jobs over, a few at a time, and take what comes back."""
        todo, doing = iter(self._todo()), dict[Future[Reply], tuple[BatchJob, JobOrder]]()
        self.tell(self.progress(), "")
        try:
            while self._fill(todo, doing) and not stop():
                ready, _rest = wait(doing, timeout=WAIT_S, return_when=FIRST_COMPLETED)
                for future in ready:
                    self._take(future, *doing.pop(future))
                self.tell(self.progress(), "")
        finally:
            errands.HALT.set()
            for future in doing:
                future.cancel()

    def _todo(self) -> list[tuple[BatchJob, JobOrder]]:
        """Leave out what is finished, and what is known to fail again."""
        left = []
        for job, stem in self.named:
            _set_aside(self.folder, job.name, stem)
            known = self._known_failure(stem)
            if finished(self.folder / RUNS / stem, self.settings.command):
                self.kept += 1
            elif known is not None:
                self.failures[job.name] = known
                self.known += 1
            else:
                left.append((job, self._order(job, stem)))
        return left

    def _known_failure(self, stem: str) -> JobFailure | None:
        """Return a failure that would come again; a week also rests on a scenario that its key does not hold."""
        if self.settings.command == "roll":
            return None
        try:
            told = json.loads((self.folder / FAILURES / f"{stem}.json").read_text(encoding="utf-8"))
            failure = JobFailure(told["kind"], told["message"])
        except (OSError, ValueError, KeyError):
            return None
        return failure if failure.kind in LASTING else None

    def _order(self, job: BatchJob, stem: str) -> JobOrder:
        out = (self.folder / RUNS / stem).resolve()
        scenario = job.folder.resolve()
        asked = self.settings
        return JobOrder(
            name=job.name, key=stem.rpartition("-")[2], command=asked.command, scenario=str(scenario), out=str(out),
            origin=str(job.folder), beside=way_to(scenario, out), variant=job.variant, budget_cny=job.budget_cny,
            orders=str(job.orders.resolve()) if job.orders is not None else "", day=job.day, quick=asked.quick,
            time_limit_s=asked.time_limit_s, seed=asked.seed, iterations=asked.iterations, budgets=asked.budgets,
            maps=asked.maps, language=language(), week=asked.week, most_changed=asked.most_changed,
            driven=found_again(job, self.folder),
        )  # fmt: skip

    def _fill(self, todo: Iterator[tuple[BatchJob, JobOrder]], doing: Doing) -> bool:
        """Keep every slot busy; False when nothing is left."""
        while len(doing) < AHEAD * self.means.slots:
            job, order = next(todo, (None, None))
            if job is None or order is None:
                break
            parcel = pack_inputs(order) if self.means.by_value else None
            doing[self.means.executor.submit(errand, order, self.means.limits, parcel)] = (job, order)
        return bool(doing)

    def _take(self, future: Future[Reply], job: BatchJob, order: JobOrder) -> None:
        try:
            reply = future.result()
        except (BatchStoppedError, CancelledError):
            return
        except Exception as error:  # noqa: BLE001 - a cluster loses workers in ways of its own
            reply = Reply(JobOutcome(order.key, JobFailure("crash", f"{type(error).__name__}: {error}")))
        out = Path(order.out)
        if reply.parcel is not None:
            unpack_run(reply.parcel, out)
        failure = reply.outcome.failure
        if failure is None and not finished(out, order.command):
            told = _("the worker reported success, but {folder} is not there: no shared folder?")
            failure = JobFailure("crash", told.format(folder=out.name))
        self._record(job, out.name, reply.outcome, failure)

    def _record(self, job: BatchJob, stem: str, outcome: JobOutcome, failure: JobFailure | None) -> None:
        note = self.folder / FAILURES / f"{stem}.json"
        if failure is None:
            self.done += 1
            note.unlink(missing_ok=True)
        else:
            self.failures[job.name] = failure
            _write(note, {"kind": failure.kind, "message": failure.message})
            self.tell(self.progress(), f"{job.name}: {failure.kind}: {failure.message}")
        _append_timing(self.folder / TIMINGS, job.name, outcome, "done" if failure is None else failure.kind)


def _set_aside(folder: Path, name: str, stem: str) -> None:
    """Leave one run of a job in ``runs``: those of other inputs or settings go to ``earlier``, its own comes back."""
    others = [path for path in (folder / RUNS).glob(f"{glob.escape(name)}-*") if RUN_OF.fullmatch(path.name)]
    for path in others:
        if path.name != stem and path.name.rpartition("-")[0] == name:
            (folder / EARLIER).mkdir(exist_ok=True)
            shutil.rmtree(folder / EARLIER / path.name, ignore_errors=True)
            path.rename(folder / EARLIER / path.name)
    if not (folder / RUNS / stem).exists() and (folder / EARLIER / stem).is_dir():
        (folder / EARLIER / stem).rename(folder / RUNS / stem)


def _append_timing(path: Path, name: str, outcome: JobOutcome, status: str) -> None:
    fresh = not path.exists()
    with path.open("a", encoding="utf-8") as file:
        if fresh:
            file.write("name,key,status,seconds,processor_s,peak_mib\n")
        figures = f"{outcome.seconds:.2f},{outcome.processor_s:.2f},{outcome.peak_mib:.0f}"
        file.write(f"{name},{outcome.key},{status},{figures}\n")


def _write(path: Path, value: dict[str, Any]) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)
