"""Batches: two workers against one, overhead of Dask, kills and resumes, nights of routes and weeks, a fund of 832.

Run ``python benchmarks/batch.py`` or one part: ``workers``, ``dask``, ``kills``, ``night``, ``weeks``, ``fund``; or
``country DIR`` for the throughput of a finished or unfinished batch.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coldchain.batch import BatchSettings, JobLimits, check_batch_folder, read_jobs, run_batch, this_machine
from coldchain.batch import errand as errands
from coldchain.batch.cluster import on_cluster
from coldchain.batch.minder import Minder
from coldchain.batch.processes import end_tree
from coldchain.funds import Favour, FundProblem, divide
from coldchain.runs import Run
from coldchain.scenario import write_nation
from coldchain.weeks.calendar import week_number
from coldchain.weeks.world import World, weeks_in_season

Floats = NDArray[np.float64]
COUNTIES, VILLAGES, KILLS = 16, 60, 5
WEEKS = tuple(f"2026-W{week}" for week in range(30, 34))
PLANNED, COPIES, NIGHT = 3, 8, 200
EMPTY_JOBS = 400
EMPTY = """
import json, os, sys
for line in sys.stdin:
    order = json.loads(line)
    os.makedirs(order["out"])
    open(os.path.join(order["out"], "summary.json"), "w").write("{}")
    print(json.dumps({"failure": None, "processor_s": 0}), flush=True)
"""


def say(name: str, figure: str) -> None:
    """Print one row."""
    print(f"{name:<72}{figure:>18}", flush=True)


def command(country: Path, out: Path, jobs: int) -> list[str]:
    """Return the command of a batch."""
    return [sys.executable, "-m", "coldchain", "batch", str(country), "--out", str(out), "--jobs", str(jobs), "-q",
            "--resume"]  # fmt: skip


def wall_s(call: Callable[[], object]) -> float:
    """Time a call."""
    began = time.monotonic()
    call()
    return time.monotonic() - began


def workers(folder: Path) -> None:
    """Compare one worker and two, each batch with its start."""
    country = folder / "country"
    write_nation(COUNTIES, 5, country, VILLAGES)
    seconds = {}
    for jobs in (1, 2):
        began = time.monotonic()
        subprocess.run(command(country, folder / f"out{jobs}", jobs), check=True)
        seconds[jobs] = time.monotonic() - began
        say(f"{COUNTIES} counties of about {VILLAGES} villages, workers: {jobs}", f"{seconds[jobs]:.1f} s")
    say("two workers against one", f"{seconds[1] / seconds[2]:.2f} x")
    same = (folder / "out1/results.csv").read_bytes() == (folder / "out2/results.csv").read_bytes()
    say("tables the same byte for byte", f"{same}")


def kills(folder: Path) -> None:
    """Kill a batch at random moments with SIGKILL, resume it, and compare with one that was left alone."""
    country = folder / "country"
    write_nation(COUNTIES, 5, country, VILLAGES)
    whole = wall_s(lambda: subprocess.run(command(country, folder / "whole", 2), check=True))
    rng, done = np.random.default_rng(1), []
    for _ in range(KILLS):
        child = subprocess.Popen(command(country, folder / "out", 2))
        time.sleep(rng.uniform(0.2, 0.6) * whole)
        child.send_signal(signal.SIGKILL)
        child.wait()
        end_tree(child.pid)
        done.append(len(list((folder / "out").glob("runs/*/summary.json"))))
    subprocess.run(command(country, folder / "out", 2), check=True)
    same = (folder / "whole/results.csv").read_bytes() == (folder / "out/results.csv").read_bytes()
    say(f"killed {KILLS} times; counties finished at each kill", f"{done}")
    say("table the same byte for byte", f"{same}")


def night(folder: Path) -> None:
    """Route a summer day of copies of a few planned counties, with one worker and two, and carry it to a night."""
    write_nation(PLANNED, 5, folder / "country", VILLAGES)
    subprocess.run(command(folder / "country", folder / "plans", 2), check=True)
    plans = sorted((folder / "plans" / "runs").iterdir())
    rows = [(f"{plan.name}-{n}", str(plan), "summer") for plan in plans for n in range(COPIES)]
    listed = folder / "night.csv"
    pd.DataFrame(rows, columns=["name", "scenario", "day"]).to_csv(listed, index=False)
    for jobs in (1, 2):
        out = folder / f"night{jobs}"
        began = time.monotonic()
        subprocess.run([*command(listed, out, jobs), "--command", "routes"], check=True)
        seconds = time.monotonic() - began
        timings, table = pd.read_csv(out / "timings.csv"), pd.read_csv(out / "results.csv", encoding="utf-8-sig")
        per = timings["processor_s"]
        say(f"{len(rows)} counties, {table['orders'].mean():.0f} orders each, workers: {jobs}", f"{seconds:.1f} s")
        say("processor seconds a county: mean, median, most", f"{per.mean():.2f} {per.median():.2f} {per.max():.2f}")
        say(f"{NIGHT} counties at this rate", f"{seconds / len(rows) * NIGHT / 60:.1f} min")
    same = (folder / "night1/results.csv").read_bytes() == (folder / "night2/results.csv").read_bytes()
    say("tables the same byte for byte", f"{same}")


def weeks(folder: Path) -> None:
    """Roll weeks of some counties, then again killed at random moments with SIGKILL and resumed; compare every file."""
    write_nation(PLANNED, 5, folder / "country", VILLAGES)
    subprocess.run(command(folder / "country", folder / "plans", 2), check=True)
    for name in ("whole", "killed"):
        for plan in sorted((folder / "plans" / "runs").iterdir()):
            shutil.copytree(plan, folder / name / plan.name / "plan")
    rng, killed = np.random.default_rng(1), 0
    for week in WEEKS:
        for name in ("whole", "killed"):
            for county in sorted((folder / name).iterdir()):
                run = Run.open(county / "plan")
                World(run, 1, weeks_in_season(run, WEEKS[0], WEEKS[-1])).hand_in(county, week_number(week))
        rolls = {name: [*command(folder / name, folder / f"{name} night", 2), "--command", "roll", "--week", week]
                 for name in ("whole", "killed")}  # fmt: skip
        seconds = wall_s(lambda one=rolls["whole"]: subprocess.run(one, check=True))  # type: ignore[misc]
        for _ in range(2):
            child = subprocess.Popen(rolls["killed"])
            try:
                child.wait(rng.uniform(0.1, 0.9) * seconds)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
                killed += 1
            end_tree(child.pid)
        subprocess.run(rolls["killed"], check=True)
    files = {name: {str(path.relative_to(folder / name)): path.read_bytes() for path in (folder / name).rglob("*")
                    if path.is_file() and "plan" not in path.relative_to(folder / name).parts}
             for name in ("whole", "killed")}  # fmt: skip
    both = files["whole"].keys() | files["killed"].keys()
    other = [name for name in both if files["whole"].get(name) != files["killed"].get(name)]
    tables = [(folder / f"{name} night" / "results.csv").read_bytes() for name in ("whole", "killed")]
    say(
        f"{len(WEEKS)} weeks of {PLANNED} counties, killed {killed} times: files, those that differ",
        f"{len(both)}, {len(other)}",
    )
    say("table of the last night the same byte for byte", f"{tables[0] == tables[1]}")


def dask(folder: Path) -> None:
    """Time jobs that do nothing: on this machine, and on a cluster of two workers on it."""
    from distributed import LocalCluster

    jobs = folder / "empty"
    for n in range(EMPTY_JOBS):
        (jobs / f"{n:04d}").mkdir(parents=True)
        (jobs / f"{n:04d}" / "scenario.toml").write_text(str(n), encoding="utf-8")
    listed = read_jobs(jobs)

    def run(means: object, out: str) -> float:
        check_batch_folder(folder / out, resume=False)
        try:
            return wall_s(lambda: run_batch(listed, BatchSettings(), folder / out, means))  # type: ignore[arg-type]
        except KeyError:  # the empty runs have no figures for the table, which comes last
            return time.monotonic() - began

    vars(errands)["Minder"] = empty_minder
    with this_machine(2, JobLimits()) as means:
        began = time.monotonic()
        here = run(means, "here")
    start: Any = LocalCluster
    with start(n_workers=2, threads_per_worker=1, dashboard_address=None, preload=[__file__]) as cluster:
        seconds = {}
        for by_value in (False, True):
            with on_cluster(cluster.scheduler_address, JobLimits(), by_value=by_value) as means:
                began = time.monotonic()
                seconds[by_value] = run(means, f"dask{by_value}")
    say(f"{EMPTY_JOBS} jobs that do nothing, two processes here, a job", f"{1000 * here / EMPTY_JOBS:.1f} ms")
    for by_value, name in ((False, "by path"), (True, "by value")):
        overhead = 1000 * (seconds[by_value] - here) / EMPTY_JOBS
        say(f"the same on Dask, {name}; overhead a job", f"{overhead:.1f} ms")


def empty_minder() -> Minder:
    """Mind a worker that does nothing."""
    return Minder((sys.executable, "-c", EMPTY))


def dask_setup(_: object) -> None:
    """Prepare the Dask workers that load this file."""
    vars(errands)["Minder"] = empty_minder


def fund(_: Path) -> None:
    """Divide a fund among 832 synthetic curves of 20 points, with and without a favoured group."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        award: Floats = np.sort(rng.uniform(0, 6e6, (832, 20)), axis=1)
        award[:, 0] = 0.0
        harvest, half = rng.lognormal(9, 0.5, (832, 1)), rng.lognormal(13.5, 0.5, (832, 1))
        loss = harvest * (0.08 + 0.17 * np.exp(-award / half)) - 0.02 * harvest * np.floor(award / 1.5e6) * (seed % 2)
        county = np.repeat(np.arange(832), 20)
        for favours in ((), (Favour("first hundred", np.arange(100), 0.3),)):
            asked = FundProblem(county, award.ravel(), award.ravel(), loss.ravel(), 1e9, favours)
            began, wall = time.process_time(), time.monotonic()
            found = divide(asked)
            seconds = f"{time.process_time() - began:.1f} ({time.monotonic() - wall:.1f}) s"
            name = f"832 x 20, 1,000 M CNY, seed {seed}{', a favoured group' if favours else ''}"
            say(f"{name}: gap {found.gap:.0e}, {found.left:,} points left", seconds)


def country(out: Path) -> None:
    """Tell the throughput of a batch from its timings."""
    timings = pd.read_csv(out / "timings.csv")
    done = timings[timings["status"] == "done"]
    villages = pd.read_csv(out / "results.csv", encoding="utf-8-sig").set_index("key")["villages"]
    per = done["processor_s"]
    say("counties done", f"{len(done):,}")
    say("villages planned", f"{int(villages.reindex(done['key']).sum()):,}")
    say("processor seconds a county: mean, median, 95 %, most",
        f"{per.mean():.1f} {per.median():.1f} {per.quantile(0.95):.1f} {per.max():.1f}")  # fmt: skip
    say("counties per core-hour", f"{3600 / per.mean():,.0f}")
    say("villages per core-hour", f"{3600 * villages.reindex(done['key']).sum() / per.sum():,.0f}")
    peak = done["peak_mib"]
    say("peak memory of a worker with its solver: median, most", f"{peak.median():,.0f} {peak.max():,.0f} MiB")


def main() -> None:
    """Run the parts asked for."""
    parts: dict[str, Callable[[Path], None]] = {one.__name__: one for one in (fund, dask, workers, kills, night, weeks)}
    asked = sys.argv[1:]
    if asked[:1] == ["country"]:
        country(Path(asked[1]))
        return
    for name in asked or parts:
        with tempfile.TemporaryDirectory() as folder:
            parts[name](Path(folder))


if __name__ == "__main__":
    main()
