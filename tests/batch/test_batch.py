"""Batches: a failing county fails alone, nothing is computed twice, and the table never depends on how it went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from batch_cases import fake_minder, listed, objects, tables_of

from coldchain.batch import (
    Batch,
    BatchJob,
    BatchSettings,
    JobLimits,
    Progress,
    check_batch_folder,
    read_jobs,
    run_batch,
    this_machine,
)
from coldchain.batch import errand as errands
from coldchain.batch.errand import errand, pack_inputs
from coldchain.batch.minder import Minder, how_it_ended
from coldchain.batch.orders import JobOrder
from coldchain.batch.processes import descendants, end_tree, resident_mib
from coldchain.batch.work import perform
from coldchain.cli import run
from coldchain.cli.batching import memory_mib, told
from coldchain.errors import BadInputError, UsageError
from coldchain.scenario import write_nation


@pytest.fixture(autouse=True)
def _fake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers be fake ones, but for tests of the real ones."""
    if "real" not in request.node.name:
        monkeypatch.setattr(errands, "Minder", fake_minder)


def batch(jobs: tuple[BatchJob, ...], folder: Path, slots: int = 2, limits: JobLimits | None = None) -> Batch:
    """Run a batch of plans here."""
    check_batch_folder(folder, resume=True)
    with this_machine(slots, limits or JobLimits()) as means:
        return run_batch(jobs, BatchSettings(), folder, means)


NAMES = ["a", "b-crash", "c-killed", "d-wrong", "e-slow", "f-greedy", "g-lost", "h", "i"]


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Batch]:
    """Run nine counties of which six fail, each in its own way."""
    root = tmp_path_factory.mktemp("troubled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(errands, "Minder", fake_minder)
        return root, batch(listed(root / "in", NAMES), root / "out", 2, JobLimits(3.0, 200.0))


def test_each_county_fails_alone(troubled: tuple[Path, Batch]) -> None:
    """A crash, a kill, broken data, too much time and too much memory: every other county has its run."""
    root, result = troubled
    assert (result.progress.done, result.progress.failed, result.ok) == (3, 6, False)
    failed = pd.read_csv(root / "out" / "failed.csv", encoding="utf-8-sig").set_index("name")
    assert failed["kind"].to_dict() == {
        "b-crash": "crash", "c-killed": "crash", "d-wrong": "bad-input", "e-slow": "time", "f-greedy": "memory",
        "g-lost": "crash",
    }  # fmt: skip
    assert failed["message"]["b-crash"] == "the worker ended with code 3; its last line: out of luck"
    assert failed["message"]["c-killed"] == "the worker was ended by SIGKILL"
    assert failed["message"]["e-slow"] == "took longer than the limit of 3 s a job"
    assert failed["message"]["f-greedy"] == "took more than the limit of 200 MiB a job"
    table = pd.read_csv(root / "out" / "results.csv", encoding="utf-8-sig")
    assert table["name"].tolist() == ["a", "h", "i"]
    assert table["people"].tolist() == [0, 7, 8]


def test_failures_that_inputs_decide_are_remembered_and_others_tried_again(
    troubled: tuple[Path, Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken data fail again without work; a crash is tried again, and is gone when it does not come back."""
    root, _ = troubled
    asked: list[str] = []

    def recorded(order: JobOrder, *_: object) -> errands.Reply:
        asked.append(order.name)
        Path(order.out).mkdir()
        (Path(order.out) / "summary.json").write_text(
            (next((root / "out/runs").glob("a-*")) / "summary.json").read_text()
        )
        return errands.Reply(errands.JobOutcome(order.key, None))

    monkeypatch.setattr("coldchain.batch.run.errand", recorded)
    again = batch(read_jobs(root / "in"), root / "out")
    assert sorted(asked) == ["b-crash", "c-killed", "e-slow", "f-greedy", "g-lost"]
    assert [job.name for job, _ in again.failures] == ["d-wrong"]
    assert (again.progress.kept, again.progress.done, again.progress.failed) == (3, 5, 1)


@pytest.mark.parametrize("column", ["people", "villages"])
def test_tables_of_a_batch_in_which_all_fails(column: str, tmp_path: Path) -> None:
    """Without any run the result table has its headings, whatever the list's own columns are called."""
    jobs = tuple(replace(job, more={column: "3"}) for job in listed(tmp_path / "in", ["b-wrong"]))
    result = batch(jobs, tmp_path / "out")
    assert (result.progress.done, result.progress.failed) == (0, 1)
    table = pd.read_csv(tmp_path / "out" / "results.csv", encoding="utf-8-sig")
    assert len(table) == 0
    assert {"name", "villages", column} <= set(table)


@pytest.mark.parametrize("slots", [1, 3])
def test_the_table_is_the_same_from_one_worker_and_from_three(slots: int, tmp_path: Path) -> None:
    """Byte for byte, failures included, and in the order of the list, not of finishing."""
    names = ["c-pause", "b-wrong", "a", "d-pause", "e", "f-crash", "g"]
    jobs = listed(tmp_path / "in", names)
    batch(jobs, tmp_path / "out", slots)
    batch(tuple(reversed(jobs)), tmp_path / "back", 2)
    found = pd.read_csv(tmp_path / "out/results.csv", encoding="utf-8-sig")
    assert found["name"].tolist() == ["c-pause", "a", "d-pause", "e", "g"]
    back = pd.read_csv(tmp_path / "back/results.csv", encoding="utf-8-sig")
    assert back.iloc[::-1].reset_index(drop=True).equals(found)


KILLED = """
import os, signal, sys; sys.path.insert(0, {tests!r})
from pathlib import Path
from batch_cases import fake_minder
from coldchain.batch import *
from coldchain.batch import errand
errand.Minder = fake_minder
with this_machine(2, JobLimits()) as means:
    check_batch_folder(Path({out!r}), resume=True)
    def tell(progress, _wrong):
        if progress.kept + progress.done >= {wanted}:
            os.kill(os.getpid(), signal.SIGSTOP)
    run_batch(read_jobs(Path({source!r})), BatchSettings(), Path({out!r}), means, tell)
"""
"""It stands still once so many counties are finished."""


def test_a_killed_batch_goes_on_and_gives_the_same_table(tmp_path: Path) -> None:
    """Killed twice on its way, then finished: no run twice, the table as if nothing had happened."""
    jobs = listed(tmp_path / "in", [f"{n:02d}-pause" for n in range(14)] + ["x-wrong"])
    batch(jobs, tmp_path / "whole")
    places = {"tests": str(Path(__file__).parents[1]), "out": str(tmp_path / "out"), "source": str(tmp_path / "in")}
    before: set[tuple[str, int]] = set()
    for wanted in (3, 8):
        child = subprocess.Popen([sys.executable, "-c", KILLED.format(wanted=wanted, **places)])
        os.waitpid(child.pid, os.WUNTRACED)
        workers = descendants(child.pid)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        for worker in workers:
            end_tree(worker)
        runs = {(path.parent.name, path.stat().st_mtime_ns) for path in (tmp_path / "out").glob("runs/*/summary.json")}
        assert before <= runs
        assert wanted <= len(runs) < len(jobs)
        before = runs
    result = batch(jobs, tmp_path / "out")
    assert result.progress.kept >= 8
    assert tables_of(tmp_path / "out") == tables_of(tmp_path / "whole")


def test_a_stop_keeps_what_is_finished_and_ends_the_workers(tmp_path: Path) -> None:
    """After the first finished county the caller stops: the slow one is ended, the table holds the first."""
    jobs = listed(tmp_path / "in", ["a", "b-slow", "c-slow"])
    check_batch_folder(tmp_path / "out", resume=False)
    seen: list[Progress] = []
    with this_machine(1, JobLimits()) as means:
        result = run_batch(
            jobs, BatchSettings(), tmp_path / "out", means, lambda p, _: seen.append(p), lambda: seen[-1].done > 0
        )
    assert (result.interrupted, result.progress.done, result.progress.left) == (True, 1, 2)
    assert pd.read_csv(tmp_path / "out/results.csv", encoding="utf-8-sig")["name"].tolist() == ["a"]
    assert not [pid for pid in descendants(os.getpid()) if b"order" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_changed_input_is_another_run(tmp_path: Path) -> None:
    """Other data, another seed, budget or variant change the key; the name of the job and the limits do not."""
    job = listed(tmp_path, ["a"])[0]
    keys = {
        job.key(BatchSettings()),
        job.key(BatchSettings(seed=1)),
        job.key(BatchSettings(quick=False)),
        job.key(BatchSettings(maps=True)),
    }
    keys |= {
        BatchJob("a", "a", job.folder, "half").key(BatchSettings()),
        BatchJob("a", "a", job.folder, "base", 5.0).key(BatchSettings()),
    }
    assert len(keys) == 6
    assert BatchJob("b", "b", job.folder).key(BatchSettings()) == job.key(BatchSettings())
    assert job.key(BatchSettings(time_limit_s=9.0)) == job.key(BatchSettings())
    assert job.key(BatchSettings(quick=False, time_limit_s=9.0)) != job.key(BatchSettings(quick=False))
    (job.folder / "roads.osm.pbf").write_bytes(b"new roads")
    assert job.key(BatchSettings()) not in keys


def test_there_is_one_run_for_each_name_and_what_was_before_is_kept(tmp_path: Path) -> None:
    """A changed input puts the old run aside; the input changed back brings it back, computed once."""
    jobs = listed(tmp_path / "in", ["a", "a-b"])
    batch(jobs, tmp_path / "out")
    runs, earlier = tmp_path / "out/runs", tmp_path / "out/earlier"
    first = {path.name for path in runs.iterdir()}
    road = jobs[0].folder / "roads.osm.pbf"
    road.write_bytes(b"new roads")
    batch(jobs, tmp_path / "out")
    second = {path.name for path in runs.iterdir()}
    assert (len(second), len(first & second)) == (2, 1)
    assert {path.name for path in earlier.iterdir()} == first - second
    road.unlink()
    result = batch(jobs, tmp_path / "out")
    assert {path.name for path in runs.iterdir()} == first
    assert (result.progress.kept, result.progress.done) == (2, 0)


def test_no_pace_is_told_where_nothing_was_tried() -> None:
    """Failures known from before say nothing about an hour."""
    assert told(Progress(total=3, kept=1, done=0, failed=2, seconds=0.01, known=2)) == "0 done, 2 failed, 1 kept of 3"
    assert "an hour" in told(Progress(total=3, kept=0, done=1, failed=2, seconds=0.01, known=2))


def test_by_value_the_run_comes_back_as_a_parcel(tmp_path: Path) -> None:
    """A worker without the folder is sent the scenario, and its run is put in place by who asked."""
    job = listed(tmp_path / "in", ["a", "b-wrong"])
    check_batch_folder(tmp_path / "out", resume=False)
    with this_machine(1, JobLimits()) as means:
        run_batch(job, BatchSettings(), tmp_path / "out", type(means)(means.executor, 1, JobLimits(), by_value=True))
    batch(job, tmp_path / "here")
    assert tables_of(tmp_path / "out") == tables_of(tmp_path / "here")
    rest = ("", "", "base", None, "", "", True, 1.0, 0, 1, (), False)
    order = JobOrder("a", "k", "plan", str(job[0].folder), str(tmp_path / "gone" / "a"), *rest)
    errands.HALT.clear()
    reply = errand(order, JobLimits(), pack_inputs(order))
    assert reply.parcel is not None
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("name\na\n", "scenario: there is no such column"),
        ("scenario,name\na,x\nb,x\n", 'row 3, name = "x": stands on line 2 already'),
        ("scenario,name\na,x/y\n", "it holds /"),
        ("scenario,budget_cny\na,ten\nb,-1\n", "(?s)must be a number of CNY.*must be 0 or more"),
        ("scenario,name\n,x\n", "must name a scenario folder"),
        ("scenario\n", "holds no scenario"),
    ],
)
def test_faults_of_a_list_are_named_together(text: str, match: str, tmp_path: Path) -> None:
    """Each fault of a list stops the batch before it begins, with its row and value."""
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=match):
        read_jobs(tmp_path / "list.csv")


def test_folders_are_found_where_no_list_is(tmp_path: Path) -> None:
    """Every folder with a scenario is a job named by its place; a folder without any is refused."""
    for place in ("north/a", "north/b", ".hidden/c"):
        (tmp_path / "in" / place).mkdir(parents=True)
        (tmp_path / "in" / place / "scenario.toml").touch()
    assert [job.name for job in read_jobs(tmp_path / "in")] == ["north-a", "north-b"]
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInputError, match=r"holds no workbook and no folder with a scenario\.toml"):
        read_jobs(tmp_path / "none")
    with pytest.raises(UsageError, match="neither a table nor a folder"):
        read_jobs(tmp_path / "nowhere.csv")


def test_workbooks_are_found_too(tmp_path: Path) -> None:
    """Workbooks count where they are scenarios: no marked copies, no report of a run, no table of a folder, no lock."""
    for place in ("north/north.xlsx", "east.xlsx", "east.checked.xlsx", "east.检查.xlsx", "~$east.xlsx",
                  "run/report.xlsx", "county/villages.xlsx"):  # fmt: skip
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    (tmp_path / "run" / "summary.json").touch()
    (tmp_path / "county" / "scenario.toml").touch()
    assert [job.name for job in read_jobs(tmp_path)] == ["county", "east", "north"]


def test_foreign_folders_and_batches_not_to_be_resumed_are_refused(tmp_path: Path) -> None:
    """Nothing is written into a folder that is not a batch, nor into one without --resume."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError, match="no earlier batch"):
        check_batch_folder(tmp_path / "letters", resume=True)
    batch(listed(tmp_path / "in", ["a"]), tmp_path / "out")
    with pytest.raises(UsageError, match="add --resume"):
        check_batch_folder(tmp_path / "out", resume=False)
    assert sorted(path.name for path in (tmp_path / "letters").iterdir()) == ["a.txt"]


def test_how_far_it_is() -> None:
    """Thirty of a hundred in an hour, ten kept: sixty left at thirty an hour."""
    progress = Progress(total=100, kept=10, done=28, failed=2, seconds=3600.0)
    assert (progress.left, progress.per_hour) == (60, 30.0)


def test_memory_and_descendants_are_seen_and_ended() -> None:
    """A process with a child that holds 100 MiB: both are found, the memory is counted, the tree is ended."""
    inner = "import signal; a = bytearray(b'x' * 100 * 2**20); signal.pause()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    parent = subprocess.Popen([sys.executable, "-c", outer])
    while resident_mib(descendants(parent.pid)) <= 100 and parent.poll() is None:
        time.sleep(0.05)
    family = descendants(parent.pid)
    assert len(family) == 1
    assert 100 < resident_mib(family) < 300
    end_tree(parent.pid)
    assert parent.wait() == -signal.SIGKILL
    assert not descendants(parent.pid)


def test_a_worker_that_ends_between_two_jobs_is_replaced(tmp_path: Path) -> None:
    """The minder notices, and the next job has a new worker."""
    minder = fake_minder()
    job = listed(tmp_path / "in", ["a"])[0]

    def order(out: str) -> JobOrder:
        given = (str(job.folder), str(tmp_path / out), "", "", "base", None, "", "", True, 1.0, 0, 1, (), False)
        return JobOrder("a", "k", "plan", *given)

    assert minder.run(order("1"), JobLimits()).failure is None
    first = minder._ready()
    first.kill()
    first.wait()
    assert minder.run(order("2"), JobLimits()).failure is None
    minder.end()
    assert how_it_ended(-99) == "the worker was ended by signal 99"


@pytest.mark.parametrize(("text", "mib"), [("2G", 2048.0), ("500 MB", 500.0), ("0.5g", 512.0), ("2048k", 2.0)])
def test_amounts_of_memory(text: str, mib: float) -> None:
    """Units are powers of 1,024."""
    assert memory_mib(text) == mib


@pytest.mark.parametrize("text", ["lots", "-1G", "0", "3P"])
def test_no_amounts_of_memory(text: str) -> None:
    """What cannot be read is refused with the text."""
    with pytest.raises(UsageError, match=f"must read like 2G or 500M; got {text}"):
        memory_mib(text)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write three small counties, the second without its hubs."""
    folder = tmp_path_factory.mktemp("country") / "in"
    write_nation(3, 2, folder, villages=10)
    (folder / "county-0002" / "hubs.csv").unlink()
    return folder


@pytest.mark.slow
def test_real_workers_give_what_a_single_plan_gives(
    country: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two workers by command line, then one in this process: the same table; code 7; runs verify; nothing twice."""
    command = ["batch", str(country), "--out", str(tmp_path / "out"), "--json", "-q"]
    assert run([*command, "--jobs", "2"]) == 7
    told = objects(capsys.readouterr().out)
    assert (told["done"], told["failed"]) == (2, 1)
    assert "hubs.csv: the table is missing" in str(told["failures"])
    runs = sorted((tmp_path / "out/runs").iterdir())
    assert run(["verify", str(runs[0])]) == 0
    capsys.readouterr()
    assert run([*command, "--resume"]) == 7
    told = objects(capsys.readouterr().out)
    assert (told["done"], told["kept"]) == (0, 2)
    alone = tmp_path / "alone"
    check_batch_folder(alone, resume=False)
    for job in read_jobs(country):
        if job.name != "county-0002":
            out = alone / "runs" / f"{job.name}-{job.key(BatchSettings())}"
            given = (str(out), "", "", "base", None, "", "", True, 1.0, 0, 1, (), False)
            assert perform(JobOrder(job.name, job.key(BatchSettings()), "plan", str(job.folder), *given)) is None
    (alone / "batch.json").write_text("{}", encoding="utf-8")
    assert run(["batch", str(country), "--out", str(alone), "--resume", "-q"]) == 7
    assert tables_of(alone) == tables_of(tmp_path / "out")


@pytest.mark.slow
def test_real_quick_plans_are_equal_and_say_so(country: Path, tmp_path: Path) -> None:
    """The single command with quick effort writes the tables of the batch's run, whatever its time limit."""
    found = []
    for limit in ("1", "50"):
        command = ["plan", str(country / "county-0003"), "--effort", "quick", "--time-limit", limit, "-q"]
        assert run([*command, "--out", str(tmp_path / limit)]) == 0
        found.append({path.name: path.read_bytes() for path in (tmp_path / limit / "tables").iterdir()})
    assert found[0] == found[1]
    out = tmp_path / "batch"
    assert run(["batch", str(country), "--out", str(out), "-q"]) == 7
    tables = next(out.glob("runs/county-0003-*")) / "tables"
    assert {path.name: path.read_bytes() for path in tables.iterdir()} == found[0]


@pytest.mark.slow
def test_real_sweeps_and_routes_in_batches(country: Path, tmp_path: Path) -> None:
    """Each budget of each county is a row; routes of a typical day are one row a county."""
    (tmp_path / "list.csv").write_text(f"name,scenario\none,{country / 'county-0001'}\n", encoding="utf-8")
    sweeps, plans, routes = tmp_path / "sweeps", tmp_path / "plans", tmp_path / "routes"
    command = ["batch", str(tmp_path / "list.csv"), "-q", "--command"]
    assert run([*command, "sweep", "--budget", "0:2e5:1e5", "--out", str(sweeps)]) == 0
    table = pd.read_csv(sweeps / "results.csv", encoding="utf-8-sig")
    assert set(table["budget_cny"]) >= {0.0, 1e5, 2e5}
    assert not {"seconds", "how"} & set(table)
    assert table.sort_values("budget_cny")["objective"].is_monotonic_decreasing
    assert run([*command, "plan", "--out", str(plans)]) == 0
    tours = ["batch", str(plans), "--command", "routes", "--iterations", "50", "--out", str(routes), "-q"]
    assert run(tours) == 0
    table = pd.read_csv(routes / "results.csv", encoding="utf-8-sig")
    assert table["kg"][0] == pytest.approx(table["served_kg"][0])
    assert run(["batch", str(country), "--command", "sweep", "--out", str(tmp_path / "x")]) == 2


def test_the_real_worker_ends_with_who_started_it() -> None:
    """The input closes: the worker leaves."""
    minder = Minder()
    child = minder._ready()
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(timeout=3600) == 0
    minder.end()
