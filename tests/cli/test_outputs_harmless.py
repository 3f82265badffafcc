"""Outputs do no harm: no formulas in tables, no odd ids, nothing left of killed runs, and a request to end saves."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import zipfile

import openpyxl
import pandas as pd
import pytest

from coldchain.batch.errand import RUN, unpack_run
from coldchain.cells import csv_text, guarded, unguarded
from coldchain.cli import run
from coldchain.cli.commands import interruptible
from coldchain.errors import BadInputError
from coldchain.leftovers import clear_half_written, is_running, temporary_folder
from coldchain.reports.book import write_book
from coldchain.reports.document import Section
from coldchain.runs.folder import write_folder, write_in_place
from coldchain.scenario import load, upland, write_scenario
from coldchain.scenario.parsing import clean
from coldchain.scenario.tables import read_raw

SIGNS = [
    "=1+1",
    "+cmd",
    "-village",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=x",
    "''@x",
    "=",
    "-",
    "V1",
    "'s",
    "",
    "1-2",
    "-1.5",
    "+3",
]


@pytest.mark.parametrize("text", SIGNS)
def test_a_cell_begins_no_formula_and_comes_back(text):
    """Written with an apostrophe where a spreadsheet would compute, read back as it was; figures stay as they are."""
    written = guarded(text)
    assert not written.startswith(("=", "@", "\t", "\r"))
    assert not written.startswith(("+", "-")) or float(written) in (-1.5, 3.0)
    assert unguarded(written) == text


def test_tables_and_books_begin_no_formula(tmp_path):
    """In CSV and in a workbook; numbers stay numbers."""
    frame = pd.DataFrame({"=head": SIGNS, "t": [float(n) for n in range(len(SIGNS))]})
    (tmp_path / "t.csv").write_text(csv_text(frame), encoding="utf-8")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        cells = [row[0] for row in csv.reader(file)]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and cell not in ("-1.5", "+3")]
    assert read_raw(tmp_path / "t.csv").rows[0][1]["=head"] == "=1+1"
    part = Section("part", (("=head", "head", "text"), ("t", "t", "tonnes")), frame, sheet="Summary", page=None)
    write_book(tmp_path / "t.xlsx", "county", [part])
    values = [cell.value for sheet in openpyxl.load_workbook(tmp_path / "t.xlsx") for row in sheet for cell in row]
    assert not [value for value in values if isinstance(value, str) and value[:1] in ("=", "@", "\t")]


def test_scenarios_with_odd_names_survive_their_own_tables(tmp_path):
    """Names that begin a formula are written guarded and read back as they are."""
    tables = upland(12, 1)
    tables.tables["villages"].loc[0, "name"] = "=HYPERLINK(A1)"
    write_scenario(tables, tmp_path / "county")
    assert "'=HYPERLINK" in (tmp_path / "county" / "villages.csv").read_text(encoding="utf-8-sig")
    assert "=HYPERLINK(A1)" in [village.name for village in load(tmp_path / "county")[0].villages]
    assert clean("'+86 村") == "+86 村"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("=V1", "begin with"), ("+1", "begin with"), ("-1", "begin with"), ("@v", "begin with"),
        ("V\u202e1", "writing direction"), ("V\x071", "control characters"), ("V\n1", r"V\\n1.*line breaks"),
        ("../V1", "path"), ("a/../../b", "path"), ("..", "path"), ("C:\\x", "path"), ("/etc", "path"),
    ],
)  # fmt: skip
def test_ids_that_do_harm_are_refused(tmp_path, key, message):
    """In every table; ids of many kinds with points, slashes and dashes inside pass."""
    tables = upland(12, 1)
    tables.tables["hubs"].loc[0, "id"] = key
    write_scenario(tables, tmp_path / "county")
    with pytest.raises(BadInputError, match=rf"hubs\.csv.*{message}"):
        load(tmp_path / "county")


@pytest.mark.parametrize("key", ["V.1", "a/b", "2026-01", "n-5", "村1", "a..b"])
def test_plain_ids_pass(tmp_path, key):
    """What only looks a little odd is no fault."""
    tables = upland(12, 1)
    tables.tables["hubs"].loc[0, "id"] = key
    write_scenario(tables, tmp_path / "county")
    assert load(tmp_path / "county")[0].hubs[0].id == key


@pytest.fixture
def gone():
    """Return the number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_what_killed_runs_left_is_cleared(tmp_path, gone, monkeypatch):
    """Of processes that are gone, beside the same target; other targets and living processes keep theirs."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    left = [tmp_path / f".run.partial-{gone}", tmp_path / "temporary" / f"coldchain-job-{gone}-abc"]
    kept = [
        tmp_path / f".run.partial-{os.getppid()}", tmp_path / f".other.partial-{gone}",
        tmp_path / "temporary" / f"coldchain-job-{os.getppid()}-abc", tmp_path / "temporary" / "coldchain-notes",
    ]  # fmt: skip
    for folder in (*left, *kept):
        folder.mkdir()
        (folder / "x").write_text("x")
    write_folder(tmp_path / "run", lambda partial: (partial / "a").write_text("a"))
    with temporary_folder("job"):
        pass
    assert not [path.name for path in left if path.exists()]
    assert [path.name for path in kept if not path.exists()] == []
    assert is_running(os.getpid())
    assert not is_running(gone)


def test_a_half_written_file_is_cleared(tmp_path, gone):
    """As the folder."""
    (tmp_path / f".report.partial-{gone}.xlsx").write_text("half")
    write_in_place(tmp_path / "report.xlsx", lambda path: path.write_text("whole"))
    assert [path.name for path in tmp_path.iterdir()] == ["report.xlsx"]


def test_a_run_that_stepped_aside_returns(tmp_path, gone):
    """Killed between two renames, the earlier run is put back; beside a whole one it is removed."""
    (tmp_path / f".run.old-{gone}").mkdir()
    (tmp_path / f".run.old-{gone}" / "summary.json").write_text("{}")
    clear_half_written(tmp_path / "run")
    assert (tmp_path / "run" / "summary.json").is_file()
    (tmp_path / f".run.old-{gone}").mkdir()
    clear_half_written(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_parcel_arrives_whole_after_one_that_was_cut(tmp_path):
    """What an earlier arrival left does not mix with the new one, and nothing stays beside it."""
    (tmp_path / ".run.arriving" / RUN).mkdir(parents=True)
    (tmp_path / ".run.arriving" / RUN / "stale.txt").write_text("stale")
    with zipfile.ZipFile(tmp_path / "parcel", "w") as parcel:
        parcel.writestr(f"{RUN}/summary.json", "{}")
    content = (tmp_path / "parcel").read_bytes()
    (tmp_path / "parcel").unlink()
    for _again in range(2):
        unpack_run(content, tmp_path / "run")
        assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
            "run", "run/summary.json",
        ]  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_is_a_wish_to_stop(number, capsys):
    """The first is noted and the best plan kept, the second breaks off; afterwards all is as before."""
    before = signal.getsignal(number)
    with interruptible() as stopped:
        assert not stopped()
        signal.raise_signal(number)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before
    assert "the best plan so far is kept" in capsys.readouterr().err


def test_a_command_that_cannot_save_ends_as_interrupted():
    """A request to end outside a search: 130 and a sentence, not the shell's 143."""
    code = (
        "import os, signal\nimport coldchain.cli as c\n"
        "c.command_line = lambda _arguments: os.kill(os.getpid(), signal.SIGTERM)\nc.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, "interrupted" in done.stderr) == (130, True)


def test_checking_a_folder_leaves_it_as_it_was(tmp_path):
    """No hidden files beside the inputs."""
    write_scenario(upland(12, 1), tmp_path / "county")
    before = sorted(tmp_path.rglob("*"))
    assert run(["check", str(tmp_path / "county")]) == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_hints_are_commands_a_shell_takes(tmp_path, capsys):
    """A path with blanks stands in quotes."""
    folder = tmp_path / "my county 2026"
    write_scenario(upland(12, 1), folder)
    assert run(["check", str(folder)]) == 0
    assert f"coldchain plan '{folder}'" in capsys.readouterr().err
