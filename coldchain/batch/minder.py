"""Minds one worker process: hands it jobs, ends it at a limit of time or memory, starts another after a crash."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import IO, Any

from coldchain.batch.orders import JobFailure, JobLimits, JobOrder, JobOutcome
from coldchain.batch.processes import descendants, end_tree, resident_mib
from coldchain.language import _
from coldchain.leftovers import NEW_GROUP

LOOK_S, FIRST_LOOK_S = 0.25, 0.01
TOLD = 400
MOST_JOBS = 50
"""Jobs after which a worker is replaced, so that what leaks does not add up."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class BatchStoppedError(Exception):
    """The caller wants to stop; never leaves this package."""


class Minder:
    """One worker process at a time, started when the first job comes.

    Parameters
    ----------
    command : of the worker; another one in tests
    """

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "coldchain.batch.child")) -> None:
        self._command = command
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._said: IO[bytes] | None = None
        self._jobs = 0

    def run(self, order: JobOrder, limits: JobLimits, stop: Callable[[], bool] = lambda: False) -> JobOutcome:
        """Have one job done.

        Raises
        ------
        BatchStoppedError
            When ``stop`` turned true; the worker is ended.
        """
        began = time.monotonic()
        child = self._ready()
        peak = 0.0
        look = FIRST_LOOK_S
        if not self._send(child, order):
            return self._crashed(order, time.monotonic() - began, peak)
        while True:
            try:
                line = self._lines.get(timeout=look)
            except queue.Empty:
                look = min(2 * look, LOOK_S)
                peak = max(peak, resident_mib([child.pid, *descendants(child.pid)]))
                seconds = time.monotonic() - began
                if stop():
                    self.end()
                    raise BatchStoppedError from None
                if failure := exceeded(limits, seconds, peak):
                    self.end()
                    return JobOutcome(order.key, failure, seconds, 0.0, peak)
                continue
            if line is None:
                return self._crashed(order, time.monotonic() - began, peak)
            self._jobs += 1
            return _outcome(order, line, time.monotonic() - began, peak)

    def end(self) -> None:
        """End the worker with all its children."""
        if self._child is None:
            return
        end_tree(self._child.pid)
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout, self._said):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._child, self._said, self._jobs = None, None, 0

    def _ready(self) -> subprocess.Popen[str]:
        if self._jobs >= MOST_JOBS or (self._child is not None and self._child.poll() is not None):
            self.end()
        if self._child is None:
            self._child = self._start()
        return self._child

    def _start(self) -> subprocess.Popen[str]:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            encoding="utf-8",
            env={**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONUTF8": "1"},
            start_new_session=True,
            creationflags=NEW_GROUP,
        )
        self._lines = queue.Queue()
        threading.Thread(target=_listen, args=(child.stdout, self._lines), daemon=True).start()
        return child

    def _send(self, child: subprocess.Popen[str], order: JobOrder) -> bool:
        try:
            if child.stdin is not None:
                child.stdin.write(order.to_json() + "\n")
                child.stdin.flush()
        except OSError:
            return False
        return True

    def _crashed(self, order: JobOrder, seconds: float, peak: float) -> JobOutcome:
        code = self._child.wait() if self._child is not None else 0
        told = self._last_words()
        self.end()
        return JobOutcome(order.key, JobFailure("crash", how_it_ended(code) + told), seconds, 0.0, peak)

    def _last_words(self) -> str:
        if self._said is None:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return _("; its last line: {text}").format(text=lines[-1][-TOLD:]) if lines else ""


def how_it_ended(code: int) -> str:
    """Say how a process ended.

    Examples
    --------
    >>> how_it_ended(-9), how_it_ended(3)
    ('the worker was ended by SIGKILL', 'the worker ended with code 3')
    """
    if code >= 0:
        return _("the worker ended with code {code}").format(code=code)
    try:
        return _("the worker was ended by {signal}").format(signal=signal.Signals(-code).name)
    except ValueError:
        return _("the worker was ended by {signal}").format(signal=_("signal {code}").format(code=-code))


def exceeded(limits: JobLimits, seconds: float, peak_mib: float) -> JobFailure | None:
    """Return the failure of a job past a limit."""
    if limits.seconds is not None and seconds > limits.seconds:
        return JobFailure("time", _("took longer than the limit of {seconds:g} s a job").format(seconds=limits.seconds))
    if limits.memory_mib is not None and peak_mib > limits.memory_mib:
        told = _("took more than the limit of {mib:,.0f} MiB a job")
        return JobFailure("memory", told.format(mib=limits.memory_mib))
    return None


def _outcome(order: JobOrder, line: str, seconds: float, peak: float) -> JobOutcome:
    told: dict[str, Any] = json.loads(line)
    failure = None if told["failure"] is None else JobFailure(*told["failure"])
    return JobOutcome(order.key, failure, seconds, float(told["processor_s"]), peak)


def _listen(source: IO[str], lines: queue.Queue[str | None]) -> None:
    """Pass on the worker's lines; None once there are no more."""
    with contextlib.suppress(ValueError, OSError):
        for line in source:
            lines.put(line)
    lines.put(None)
