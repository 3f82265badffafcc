"""One job from start to end, wherever it runs: what every executor calls, on this machine or on a cluster.

Workers share a file system with the batch, or they are handed the scenario as a parcel and give the run back as one.
"""

from __future__ import annotations

import io
import queue
import shutil
import threading
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from coldchain.batch.jobs import files_of
from coldchain.batch.minder import Minder
from coldchain.batch.orders import SUMMARIES, JobLimits, JobOrder, JobOutcome
from coldchain.inputs import read_json
from coldchain.language import speaking
from coldchain.leftovers import temporary_folder
from coldchain.scenario import is_book

SCENARIO, ORDERS, RUN = "scenario", "orders", "run"
HALT = threading.Event()
"""Set to end the jobs that run in this process."""
_IDLE: queue.LifoQueue[Minder] = queue.LifoQueue()


@dataclass(frozen=True)
class Reply:
    """How a job went, and its run as a parcel when the scenario came as one."""

    outcome: JobOutcome
    parcel: bytes | None = None


def errand(order: JobOrder, limits: JobLimits, parcel: bytes | None = None) -> Reply:
    """Do one job in a worker process of this process; an earlier finished run is left as it is.

    Parameters
    ----------
    parcel : the scenario, from :func:`pack_inputs`; None when its paths can be reached from here
    """
    if parcel is not None:
        return _by_value(order, limits, parcel)
    if finished(Path(order.out), order.command):
        return Reply(JobOutcome(order.key, None))
    return Reply(_minded(order, limits))


def finished(folder: Path, command: str) -> bool:
    """Tell whether a run is whole; of a week, whether the county still has it as it was planned."""
    mark = folder / SUMMARIES[command]
    if command != "roll" or not mark.is_file():
        return mark.is_file()
    noted = read_json(mark)
    week = folder / noted["folder"] / mark.name
    return week.is_file() and bool(read_json(week)["rests_on"] == noted["rests_on"])


def end_idle() -> None:
    """End the worker processes that wait for a job."""
    while True:
        try:
            _IDLE.get_nowait().end()
        except queue.Empty:
            return


def pack_inputs(order: JobOrder) -> bytes:
    """Put the scenario of a job, and its orders, into a parcel."""
    folder, packed = Path(order.scenario), io.BytesIO()
    root = folder if folder.is_dir() else folder.parent
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parcel:
        for path in files_of(folder):
            parcel.write(path, f"{SCENARIO}/{path.relative_to(root).as_posix()}")
        if order.orders and Path(order.orders).is_file():
            parcel.write(order.orders, f"{ORDERS}/{Path(order.orders).name}")
    return packed.getvalue()


def unpack_run(parcel: bytes, target: Path) -> None:
    """Put a run in its place whole; what an earlier arrival left half-way goes first."""
    partial = target.with_name(f".{target.name}.arriving")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(parcel)) as packed:
        packed.extractall(partial)
    if not target.exists():
        (partial / RUN).rename(target)
    shutil.rmtree(partial, ignore_errors=True)


def _by_value(order: JobOrder, limits: JobLimits, parcel: bytes) -> Reply:
    with temporary_folder("job") as place:
        root = Path(place)
        with zipfile.ZipFile(io.BytesIO(parcel)) as packed:
            packed.extractall(root)
        orders = str(root / ORDERS / Path(order.orders).name) if order.orders else ""
        book = Path(order.scenario).name if is_book(Path(order.scenario)) else ""
        here = replace(order, scenario=str(root / SCENARIO / book), orders=orders, out=str(root / RUN))
        outcome = _minded(here, limits)
        return Reply(outcome, None if outcome.failure is not None else _packed_run(root / RUN))


def _packed_run(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parcel:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                parcel.write(path, f"{RUN}/{path.relative_to(folder).as_posix()}")
    return packed.getvalue()


def _minded(order: JobOrder, limits: JobLimits) -> JobOutcome:
    try:
        minder = _IDLE.get_nowait()
    except queue.Empty:
        minder = Minder()
    try:
        with speaking(order.language):
            return minder.run(order, limits, HALT.is_set)
    finally:
        _IDLE.put(minder)
