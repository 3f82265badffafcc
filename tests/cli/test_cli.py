"""The commands one after the other, the way the README shows them; exit codes and what is printed where."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from perishable import TABLE

from coldchain.cli import run
from coldchain.routing.kernel import is_compiled

SUMMARY_KEYS = [
    "schema", "scenario", "version", "seed", "status", "interrupted", "ended", "seconds", "objective", "loss",
    "coverage", "investment", "annual_cny", "net", "emissions", "waterfall", "counterfactuals", "stages", "doubt",
    "cooling",
    "depots", "routes", "fleet", "delivery_h", "villages", "assumptions", "firmness", "work", "warnings",
]  # fmt: skip


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a county and plan it from the command line; return the folder that holds `county` and `run`."""
    folder = tmp_path_factory.mktemp("cli")
    assert run(["init", str(folder / "county"), "--villages", "9", "--seed", "2"]) == 0
    shutil.copyfile(TABLE, folder / "county" / TABLE.name)
    assert run(["check", str(folder / "county")]) == 0
    out = ["--out", str(folder / "run"), "--effort", "quick", "--quiet"]
    assert run(["plan", str(folder / "county"), *out, "--require-gap", "1"]) == 0
    return folder


def test_plan_writes_the_folder_the_design_promises(planned: Path) -> None:
    """A run holds summary, run record, tables, map and layers, and nothing unfinished beside it."""
    names = {path.name for path in (planned / "run").iterdir()}
    assert {"summary.json", "run.json", "tables", "map.html", "plan.gpkg"} <= names
    assert {path.name for path in planned.iterdir()} == {"county", "run"}


def test_json_is_one_object_on_stdout(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json stdout is the summary and nothing else, its keys in the order of the contract.

    The plan is written, but a gap of zero was asked for: code 6.
    """
    out = ["--out", str(planned / "run"), "--effort", "quick", "--json"]
    assert run(["plan", str(planned / "county"), *out, "--require-gap", "0"]) == 6
    captured = capsys.readouterr()
    assert list(json.loads(captured.out)) == SUMMARY_KEYS
    assert "siting" in captured.err


def test_verify_accepts_the_run_and_names_a_hand_edit(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An untouched run verifies with code 0; with one award changed by hand verify names the owner, code 3."""
    assert run(["verify", str(planned / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []
    table = planned / "run" / "tables" / "subsidies.csv"
    original = table.read_bytes()
    frame = pd.read_csv(table, encoding="utf-8-sig")
    owner = frame.loc[0, "owner"]
    frame.loc[0, "award_cny"] += 5000
    frame.to_csv(table, index=False, encoding="utf-8-sig")
    try:
        assert run(["verify", str(planned / "run")]) == 3
    finally:
        table.write_bytes(original)
    assert f"subsidies: award_cny of {owner} is stated as" in capsys.readouterr().out


def test_verify_finds_the_scenario_from_where_the_run_lies(
    planned: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A run verifies from any working directory."""
    monkeypatch.chdir(tmp_path)
    assert run(["verify", str(planned / "run")]) == 0


def test_check_as_json(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check --json` gives ok, a list of faults, and the kilometres of roads in use."""
    assert run(["check", str(planned / "county"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["faults"]) == (True, [])
    assert found["roads"]["km_used"] == found["roads"]["km_given"] > 0


def test_doctor_finds_this_machine_fit(capsys: pytest.CaptureFixture[str]) -> None:
    """All that planning needs is there, and the solver solves its test case."""
    assert run(["doctor"]) == 0
    assert "HiGHS in OR-Tools solves the test case: 9 of 9" in capsys.readouterr().out


@pytest.mark.slow
def test_doctor_compiles_what_a_plan_needs() -> None:
    """Afterwards the kernels are in the cache."""
    assert run(["doctor", "--compile"]) == 0
    assert is_compiled()


def test_demo_makes_and_plans_a_county(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`demo` needs no input and says where its map lies."""
    monkeypatch.setattr("coldchain.cli.commands.DEMO_VILLAGES", 2)
    assert run(["demo", "--out", str(tmp_path / "demo"), "--quiet"]) == 0
    assert (tmp_path / "demo" / "run" / "map.html").is_file()
    assert "map.html" in capsys.readouterr().out


def test_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong option leaves with code 2 and names the option."""
    assert run(["plan", "somewhere", "--colour", "red"]) == 2
    assert "--colour" in capsys.readouterr().err
