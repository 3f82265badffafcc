"""The night's routes of many counties: what a single command gives, killed and gone on with, on the day asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from dispatching_cases import line_county

from coldchain.batch import BatchJob, BatchSettings
from coldchain.batch.driven import after_its_week, found_again
from coldchain.batch.processes import descendants, end_tree
from coldchain.cli import run

COUNTIES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write four counties whose depots stand, and a list of them that names a day for the third."""
    folder = tmp_path_factory.mktemp("country")
    for name in COUNTIES:
        line_county(folder / name)
    days = {"c": "dead"}
    rows = pd.DataFrame({"scenario": COUNTIES, "day": [days.get(name, "") for name in COUNTIES]})
    rows.to_csv(folder / "counties.csv", index=False)
    return folder


def command(country: Path, out: Path, *more: str) -> list[str]:
    """Return the command of the night, for two kinds of days."""
    return ["batch", str(country), "--command", "routes", "--day", "warm", "--out", str(out), "-q", *more]


STOPPED = """
import os, signal, sys
import coldchain.batch
from coldchain.cli import run

own = coldchain.batch.run_batch
def run_batch(jobs, settings, folder, means, tell, stop):
    def heard(progress, wrong):
        tell(progress, wrong)
        if progress.done:
            os.kill(os.getpid(), signal.SIGSTOP)
    return own(jobs, settings, folder, means, heard, stop)

coldchain.batch.run_batch = run_batch
sys.exit(run(sys.argv[1:]))
"""
"""The command, which stands still once a county is finished."""


def test_a_killed_night_goes_on(country: Path, tmp_path: Path) -> None:
    """Killed after its first county, then finished: no county twice, each on its day, with sheets and no map."""
    out = tmp_path / "out"
    child = subprocess.Popen([sys.executable, "-c", STOPPED, *command(country, out)])
    os.waitpid(child.pid, os.WUNTRACED)
    workers = descendants(child.pid)
    child.send_signal(signal.SIGKILL)
    child.wait()
    for worker in workers:
        end_tree(worker)
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/[!.]*/routes.json")}
    assert 0 < len(before) < len(COUNTIES)
    assert run(command(country, out, "--resume")) == 0
    assert all(path.stat().st_mtime_ns == written for path, written in before.items())
    table = pd.read_csv(out / "results.csv", encoding="utf-8-sig")
    assert table["name"].tolist() == list(COUNTIES)
    assert table["period"].tolist() == ["warm", "warm", "dead", "warm"]
    (folder,) = out.glob("runs/a-*")
    assert list(folder.glob("sheets/*.html"))
    assert not (folder / "map.html").exists()
    assert run(["verify", str(folder)]) == 0


def test_a_day_is_for_routes_only(country: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Plans, sweeps and weeks know no day."""
    assert run(["batch", str(country), "--day", "warm", "--out", str(tmp_path / "out")]) == 2
    assert "--day goes with --command routes" in capsys.readouterr().err


def test_nights_of_a_week_add_up(tmp_path: Path) -> None:
    """Wednesday counts Monday and Tuesday of the same batch folder, not Sunday, and the last routing of each."""
    job = BatchJob("a", "a", tmp_path, day="2026-07-15")
    days = {"a-1": "2026-07-12", "a-2": "2026-07-13", "a-3": "2026-07-13", "a-b-1": "2026-07-14", "a-4": "2026-07-14"}
    for n, (name, day) in enumerate(days.items()):
        folder = tmp_path / ("runs" if name == "a-4" else "earlier") / name
        folder.mkdir(parents=True)
        (folder / "routes.json").write_text(json.dumps({"day": {"given": day}}), encoding="utf-8")
        (folder / "run.json").write_text(json.dumps({"stopped_utc": f"2026-07-1{n}"}), encoding="utf-8")
    found = after_its_week(job, tmp_path)
    assert [path.name for path in found.driven] == ["a-3", "a-4"]
    assert found.key(BatchSettings(command="routes")) != job.key(BatchSettings(command="routes"))
    (tmp_path / "runs" / "a-4").rename(tmp_path / "earlier" / "a-4")
    assert [Path(place).parent.name for place in found_again(found, tmp_path)] == ["earlier", "earlier"]
    assert after_its_week(replace(job, day="summer"), tmp_path).driven == ()
