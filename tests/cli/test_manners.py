"""Manners of the command line: help, languages, next steps, settings, completion, amounts, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain import cli as command_line
from coldchain.cli import cli, run
from coldchain.cli.configuring import leaves
from coldchain.cli.manners import COMMON, long_name
from coldchain.errors import (
    BadInputError,
    BrokenOffError,
    ColdchainError,
    Fault,
    InfeasibleError,
    LimitError,
    MissingExtraError,
    UsageError,
)
from coldchain.language.amounts import read_cny

Capture = pytest.CaptureFixture[str]
LEAVES = dict(leaves(cli))
PRINTS_A_LINE = {("completion",), ("serve",)}
ESCAPE = "\x1b"


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_each_command_explains_itself(path: tuple[str, ...], capsys: Capture) -> None:
    """Help gives usage, a sentence, an example that names the command, and a text for every option."""
    assert run([*path, "--help"]) == 0
    told = capsys.readouterr().out
    assert f"Usage: coldchain {' '.join(path)}" in told
    assert f"Example: coldchain {' '.join(path)}" in told
    options = [one for one in LEAVES[path].params if isinstance(one, click.Option)]
    assert [long_name(one) for one in options if not one.help] == []


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_each_command_takes_the_common_options(path: tuple[str, ...]) -> None:
    """``--lang``, ``--quiet`` and ``--debug`` may stand after any command; all that print data have ``--json``."""
    names = {long_name(one) for one in LEAVES[path].params if isinstance(one, click.Option)}
    assert set(COMMON) <= names
    assert "json" in names or path in PRINTS_A_LINE


def test_examples_of_help_are_read_without_complaint() -> None:
    """Every example names options and values that exist."""
    for path, command in LEAVES.items():
        for line in re.findall(r"Example: coldchain (.*)", command.epilog or ""):
            words = re.split(r" > | \|", line)[0].split()
            assert tuple(words[: len(path)]) == path
            command.make_context("x", words[len(path) :], resilient_parsing=False)


def test_help_lists_commands_in_the_order_of_the_work(capsys: Capture) -> None:
    """First the demo, then from a folder to a plan and its questions; nothing is cut off."""
    run(["--help"])
    told = capsys.readouterr().out
    order = [told.index(f"\n  {name} ") for name in ("demo", "init", "check", "plan", "explain", "batch", "doctor")]
    assert order == sorted(order)
    assert "..." not in told.split("Commands:")[1]


def test_importing_the_package_is_quick() -> None:
    """``import coldchain`` brings in none of the heavy libraries."""
    program = "import sys, coldchain; print(sorted({'numpy', 'pandas', 'click', 'ortools'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("a bug"), 1),
        (UsageError("x"), 2),
        (click.UsageError("x"), 2),
        (BadInputError([Fault("a.csv", 2, "lon", "x", "must be a number", "no-number")]), 3),
        (InfeasibleError("x"), 4),
        (LimitError("x"), 5),
        (MissingExtraError("x"), 8),
        (BrokenOffError("x"), 130),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
)
def test_exit_codes_of_failures(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Every kind of failure has its code, one message on stderr, and nothing on stdout; no traceback unasked."""

    def fail(_: list[str]) -> None:
        raise error

    monkeypatch.setattr(command_line, "command_line", fail)
    assert run(["doctor"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err) > 2
    assert "Traceback" not in told.err


def test_every_error_has_a_code_of_the_contract() -> None:
    """The tree of errors uses the published codes and no others."""
    kinds = [ColdchainError, *ColdchainError.__subclasses__()]
    assert {kind.exit_code for kind in kinds} <= {1, 2, 3, 4, 5, 6, 7, 8, 130}


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """``--debug`` after the command, or COLDCHAIN_DEBUG, shows where an error came from."""

    def fail(_: list[str]) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(command_line, "command_line", fail)
    assert run(["doctor", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv("COLDCHAIN_DEBUG", "1")
    assert run(["doctor"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_next_step_goes_to_stderr_and_quiet_hushes_it(tmp_path: Path, capsys: Capture) -> None:
    """A hint is no data; ``--quiet`` and COLDCHAIN_QUIET leave it out."""
    assert run(["init", str(tmp_path / "a"), "--villages", "2"]) == 0
    told = capsys.readouterr()
    assert "next: coldchain check" in told.err
    assert "next:" not in told.out
    assert run(["init", str(tmp_path / "b"), "--villages", "2", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_quiet_by_variable(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLDCHAIN_QUIET does what ``--quiet`` does."""
    monkeypatch.setenv("COLDCHAIN_QUIET", "1")
    assert run(["init", str(tmp_path / "a"), "--villages", "2"]) == 0
    assert capsys.readouterr().err == ""


def test_no_colour_where_there_is_no_terminal(tmp_path: Path, capsys: Capture) -> None:
    """Captured output holds no escape codes."""
    run(["init", str(tmp_path / "a"), "--villages", "2"])
    run(["check", str(tmp_path / "a")])
    run(["doctor"])
    told = capsys.readouterr()
    assert ESCAPE not in told.out + told.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: Capture) -> None:
    """The script names the program and the variable by which it asks it."""
    assert run(["completion", shell]) == 0
    told = capsys.readouterr().out
    assert "_COLDCHAIN_COMPLETE" in told
    assert "coldchain" in told


def test_completion_answers() -> None:
    """What the shell would get for ``coldchain pl``."""
    asked = {**os.environ, "_COLDCHAIN_COMPLETE": "bash_complete", "COMP_WORDS": "coldchain pl", "COMP_CWORD": "1"}
    program = [sys.executable, "-c", "from coldchain.cli import main; main()"]
    done = subprocess.run(program, env=asked, capture_output=True, text=True, check=False)
    assert done.stdout == "plain,plan\n"


@pytest.fixture
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working directory and a home for settings."""
    (tmp_path / "home" / "coldchain").mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def _origins(capsys: Capture) -> dict[str, tuple[object, str]]:
    assert run(["config", "show", "--all", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    return {f"{one['command']} {one['option']}": (one["value"], one["origin"]) for one in told["settings"]}


def test_where_each_setting_comes_from(settings_folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variable before ./coldchain.toml before the user's file before the default; a table before the top of a file."""
    home = settings_folder / "home" / "coldchain" / "config.toml"
    home.write_text("seed = 1\n[plan]\ntime-limit = 30\nvariant = 'half'\n[import.osm]\nout = 'o'\n", encoding="utf-8")
    Path("coldchain.toml").write_text("seed = 2\n[plan]\ntime_limit = 60\n", encoding="utf-8")
    monkeypatch.setenv("COLDCHAIN_SWEEP_SEED", "9")
    told = _origins(capsys)
    assert told["plan time-limit"] == (60, "coldchain.toml")
    assert told["plan variant"] == ("half", str(home))
    assert told["import osm out"] == ("o", str(home))
    assert told["plan seed"] == (2, "coldchain.toml")
    assert told["sweep seed"] == ("9", "COLDCHAIN_SWEEP_SEED")
    assert told["check variant"] == ("base", "default")


def test_settings_are_obeyed_and_a_flag_goes_first(settings_folder: Path, capsys: Capture) -> None:
    """``init`` takes the number of villages from the file, unless it is given."""
    Path("coldchain.toml").write_text("quiet = true\n[init]\nvillages = 3\n", encoding="utf-8")
    assert run(["init", "a"]) == 0
    assert run(["init", "b", "--villages", "4"]) == 0
    told = capsys.readouterr()
    assert re.findall(r": (\d) villages", told.out) == ["3", "4"]
    assert told.err == ""
    assert sorted(path.name for path in settings_folder.iterdir()) == ["here", "home"]


def test_faults_of_the_settings_are_listed_at_once(settings_folder: Path, capsys: Capture) -> None:
    """A key that is no option and a table that is no command, in both files: code 3."""
    home = settings_folder / "home" / "coldchain" / "config.toml"
    home.write_text("colour = 'red'\n", encoding="utf-8")
    Path("coldchain.toml").write_text("[plan]\nvillages = 3\n[fly]\nx = 1\n", encoding="utf-8")
    assert run(["check", "x"]) == 3
    told = capsys.readouterr().err
    for fault in (
        'config.toml, colour = "red": must be',
        'coldchain.toml, plan.villages = "3"',
        "coldchain.toml, fly:",
    ):
        assert fault in told
    Path("coldchain.toml").write_text("a = = 3\n", encoding="utf-8")
    assert run(["check", "x"]) == 3
    assert "coldchain.toml: is not valid TOML" in capsys.readouterr().err


def test_settings_in_words(settings_folder: Path, capsys: Capture) -> None:
    """Without ``--json`` one line for each setting, with ``--origin`` where it comes from; the rest is counted."""
    Path("coldchain.toml").write_text("[plan]\nseed = 4\n", encoding="utf-8")
    assert run(["config", "show", "--origin"]) == 0
    told = capsys.readouterr()
    rows = [line.split() for line in told.out.splitlines()]
    assert rows == [["--lang", '"en"', "COLDCHAIN_LANG"], ["plan", "--seed", "4", "coldchain.toml"]]
    assert "options are at their defaults" in told.err
    assert run(["config", "show", "flying"]) == 2
    assert "there is no command flying" in capsys.readouterr().err
    assert settings_folder.is_dir()


@pytest.mark.parametrize(
    ("text", "cny"),
    [
        ("36万元", 3.6e5),
        ("3.6e5", 3.6e5),
        ("1.2 亿", 1.2e8),
        ("２００万元", 2e6),
        ("¥1,250,000.50", 1250000.5),
        ("0", 0.0),
    ],
)
def test_amounts_as_people_write_them(text: str, cny: float) -> None:
    """万, 亿, full-width digits, thousands and the unit."""
    assert read_cny(text) == pytest.approx(cny, abs=1e-6)


@pytest.mark.parametrize("text", ["", "万元", "1,2", "1.2.3", "36万吨", "1e", ".", "nan", "inf"])
def test_what_is_no_amount(text: str) -> None:
    """Anything else is refused with an example of what is right."""
    with pytest.raises(ValueError, match=r"such as 360000, 3\.6e5 or 36万元"):
        read_cny(text)


@given(st.floats(0, 1e12))
def test_amounts_written_by_python_are_read_back(cny: float) -> None:
    """Any notation of a number that Python writes is read as that number."""
    assert read_cny(repr(cny)) == cny
    assert read_cny(f"{cny:,.2f}") == pytest.approx(cny, abs=0.01)


def test_a_budget_in_wan_is_taken(tmp_path: Path, capsys: Capture) -> None:
    """``--budget 500元`` is read as 500 CNY, and refused as too small rather than as no number."""
    assert run(["init", str(tmp_path / "a"), "--villages", "2", "--quiet"]) == 0
    assert run(["plan", str(tmp_path / "a"), "--out", str(tmp_path / "r"), "--budget", "500元"]) == 2
    assert "too small for any depot" in capsys.readouterr().err


def test_time_is_not_wasted_on_a_wrong_language(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--lang`` takes English and Chinese, by their locales too; another is refused before anything is looked at."""
    monkeypatch.setattr("coldchain.cli.doctoring.examine", lambda: pytest.fail("examined first"))
    assert run(["doctor", "--lang", "fr"]) == 2
    assert "must be one of en, zh; got fr" in capsys.readouterr().err


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a county of six villages."""
    folder = tmp_path_factory.mktemp("sized") / "county"
    assert run(["init", str(folder), "--villages", "6", "--quiet"]) == 0
    return folder


def sized(words: list[str], capsys: Capture) -> dict[str, float]:
    """Run a command with ``--dry-run --json`` and return its object."""
    capsys.readouterr()
    assert run([*words, "--dry-run", "--json"]) == 0
    told: dict[str, float] = json.loads(capsys.readouterr().out)
    assert told["schema"] == "coldchain.size/1"
    return told


def test_dry_runs_count_and_write_nothing(county: Path, tmp_path: Path, capsys: Capture) -> None:
    """Arcs, memory and seconds: a plan by its limit, a sweep by its budgets, a batch by its scenarios."""
    out = ["--out", str(tmp_path / "out")]
    one = sized(["plan", str(county), *out, "--time-limit", "60"], capsys)
    assert (one["villages"], one["plans"], one["seconds"], one["at_most"]) == (6, 1, 60, True)
    assert one["arcs"] > one["demands"] >= 6
    quick = sized(["plan", str(county), *out, "--effort", "quick"], capsys)
    assert not quick["at_most"]
    many = sized(["sweep", str(county), *out, "--budget", "0:4e5:1e5", "--time-limit", "10", "--jobs", "2"], capsys)
    assert (many["plans"], many["seconds"]) == (5 + 2 + 12, 95)
    assert many["memory_mib"] == pytest.approx(2 * one["memory_mib"], abs=2)
    night = sized(["batch", str(county.parent), *out, "--jobs", "2"], capsys)
    assert (night["scenarios"], night["plans"], night["arcs"]) == (1, 1, one["arcs"])
    shares = sized(["share", str(county), *out, "--plan-seconds", "1", "--processes", "1"], capsys)
    assert (shares["plans"], shares["seconds"]) == (1, 40)
    assert not (tmp_path / "out").exists()


def test_a_dry_run_in_words(county: Path, capsys: Capture) -> None:
    """Two lines on stdout, in the language spoken, and what to do next on stderr."""
    assert run(["plan", str(county), "--dry-run", "--lang", "zh"]) == 0
    told = capsys.readouterr()
    assert re.search(r"6 个村、.* 条弧\n1 个方案，内存约 \d+ MiB，约 2 分钟", told.out)
    assert "coldchain plan" in told.err


@pytest.mark.slow
def test_a_batch_with_a_bad_county_leaves_with_seven(county: Path, tmp_path: Path) -> None:
    """One of two counties cannot be read: the other is planned, code 7."""
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "bad").mkdir()
    (tmp_path / "two" / "bad" / "scenario.toml").write_text("schema = 1\n", encoding="utf-8")
    listed = tmp_path / "list.csv"
    listed.write_text(f"name,scenario\ngood,{county}\nbad,{tmp_path / 'two' / 'bad'}\n", encoding="utf-8")
    assert run(["batch", str(listed), "--out", str(tmp_path / "night"), "--quiet"]) == 7
    assert (tmp_path / "night" / "failed.csv").is_file()


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_help_of_every_command_loads_nothing_heavy(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """No command's help needs the solver, tables or maps: importing them now would fail."""
    for heavy in ("ortools", "geopandas", "numba", "bokeh", "matplotlib"):
        monkeypatch.setitem(sys.modules, heavy, None)
    assert run([*path, "--help"]) == 0
