"""A Dask cluster of two worker processes: the same table, by path and by value, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch_cases import fake_minder, listed, tables_of

from coldchain.batch import (
    Batch,
    BatchJob,
    BatchSettings,
    JobLimits,
    check_batch_folder,
    read_jobs,
    run_batch,
    this_machine,
)
from coldchain.batch import errand as errands
from coldchain.batch.cluster import on_cluster
from coldchain.cli import run
from coldchain.errors import MissingExtraError, UsageError
from coldchain.scenario import write_nation

pytestmark = pytest.mark.filterwarnings("ignore")  # other people's warnings, many of them at the end of a cluster


def start(**options: Any) -> Any:
    """Start a cluster on this machine."""
    from distributed import LocalCluster

    return LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1",
                        **options)  # fmt: skip


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Start two worker processes with the fake worker."""
    with start(preload=[str(Path(__file__).parents[1] / "cluster_preload.py")]) as cluster:
        yield cluster.scheduler_address


def on_dask(jobs: tuple[BatchJob, ...], folder: Path, address: str, *, by_value: bool = False) -> Batch:
    """Run a batch of plans on the cluster."""
    check_batch_folder(folder, resume=True)
    with on_cluster(address, JobLimits(20.0, 500.0), by_value=by_value) as means:
        assert means.slots == 2
        return run_batch(jobs, BatchSettings(), folder, means)


def here(jobs: tuple[BatchJob, ...], folder: Path) -> dict[str, bytes]:
    """Run the same on this machine and return its tables."""
    check_batch_folder(folder, resume=False)
    with pytest.MonkeyPatch.context() as patch, this_machine(1, JobLimits()) as means:
        patch.setattr(errands, "Minder", fake_minder)
        run_batch(jobs, BatchSettings(), folder, means)
    return tables_of(folder)


@pytest.mark.parametrize("by_value", [False, True])
def test_a_cluster_gives_the_same_table(by_value: bool, scheduler: str, tmp_path: Path) -> None:
    """Runs, failures and crashes of single jobs are those of one worker here, whichever way the data travel."""
    jobs = listed(tmp_path / "in", ["a", "b-pause", "c-crash", "d", "e-wrong", "f-killed", "g-pause", "h"])
    result = on_dask(jobs, tmp_path / "dask", scheduler, by_value=by_value)
    assert (result.progress.done, result.progress.failed) == (5, 3)
    assert tables_of(tmp_path / "dask") == here(jobs, tmp_path / "here")
    again = on_dask(jobs, tmp_path / "dask", scheduler, by_value=by_value)
    assert (again.progress.kept, again.progress.done) == (5, 0)


@pytest.mark.parametrize("by_value", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_worker_killed_in_mid_job_changes_nothing(by_value: bool, scheduler: str, tmp_path: Path) -> None:
    """One of the two workers is killed while it works: its job is done by another, the table is the same."""
    from distributed import Client

    jobs = listed(tmp_path / "in", [f"{n:02d}-pause" for n in range(16)])
    out = tmp_path / "dask"
    killed: list[int] = []
    ended = threading.Event()

    def kill_one() -> None:
        while len(list(out.glob("runs/*-pause-*/summary.json"))) < 3:
            if ended.wait(0.02):
                return
        with Client(scheduler, set_as_default=False) as client:
            killed.append(next(iter(client.run(os.getpid).values())))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    result = on_dask(jobs, out, scheduler, by_value=by_value)
    ended.set()
    killer.join()
    assert killed
    assert (result.progress.done, result.failures) == (16, ())
    assert tables_of(out) == here(jobs, tmp_path / "here")
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=3600)


@pytest.mark.slow
def test_real_counties_on_a_cluster(tmp_path: Path) -> None:
    """A small county, planned by a real worker that is sent the data: as on this machine, and it verifies."""
    write_nation(1, 6, tmp_path / "in", villages=6)
    jobs = read_jobs(tmp_path / "in")
    with start() as cluster:
        on_dask(jobs, tmp_path / "dask", cluster.scheduler_address, by_value=True)
    assert run(["batch", str(tmp_path / "in"), "--out", str(tmp_path / "here"), "-q"]) == 0
    assert tables_of(tmp_path / "dask") == tables_of(tmp_path / "here")
    for folder in (tmp_path / "dask/runs").iterdir():
        assert run(["verify", str(folder)]) == 0


def test_no_scheduler_and_no_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where nobody answers leaves with 2, a machine without Dask with 8."""
    monkeypatch.setattr("coldchain.batch.cluster.CONNECT_S", 1)
    with (
        pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        on_cluster("tcp://127.0.0.1:9", JobLimits(), by_value=False),
    ):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'coldchain\[cluster\]'"),
        on_cluster("tcp://127.0.0.1:9", JobLimits(), by_value=False),
    ):
        pass
