"""A worker process: one job after the other, one line of JSON each way; it ends with the process that started it.

What the job prints goes to stderr. When the input closes in the middle of a job, whoever asked for it is gone: the
process ends at once, with its own children.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from coldchain.batch.orders import JobFailure, JobOrder
from coldchain.batch.processes import end_tree
from coldchain.batch.work import perform
from coldchain.language import _, use


def processor_seconds() -> float:
    """Seconds of this process and of its children that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _read(lines: Iterable[str], orders: queue.Queue[str]) -> None:
    for line in lines:
        orders.put(line)
    end_tree(os.getpid(), itself=False)
    os._exit(0)


def answer(line: str) -> str:
    """Do one job and return the line to send back."""
    began = processor_seconds()
    try:
        order = JobOrder.from_json(line)
        use(order.language)
        failure = perform(order)
    except Exception as error:  # noqa: BLE001 - a bug in one county must not stop the others
        traceback.print_exc()
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = _("{file}, line {line}").format(file=Path(last.filename).name, line=last.lineno)
        failure = JobFailure("bug", f"{type(error).__name__}: {error} ({where})")
    told = None if failure is None else [failure.kind, failure.message]
    return json.dumps({"failure": told, "processor_s": round(processor_seconds() - began, 3)})


def serve(source: TextIO, sink: TextIO) -> None:
    """Answer every line of the source, until it closes."""
    orders: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(source, orders), daemon=True).start()
    while True:
        sink.write(answer(orders.get()) + "\n")
        sink.flush()


if __name__ == "__main__":
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, replies)
