"""Bad input at the command line: exit code and words; what cannot be met is measured, and stdout holds data alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from scenario_cases import append, change, rows_of, set_in_toml, small_county, write_rows

from coldchain.cli import run

Edit = Callable[[Path], object]


def _twice(folder: Path) -> None:
    rows = rows_of(folder / "sites.csv")
    write_rows(folder / "sites.csv", [*rows, {**rows[0], "owner": "another"}])


REFUSED: dict[str, tuple[Edit, str]] = {
    "a forced site without power": (
        lambda folder: change(folder, "sites", 2, status="forced", power_kw="0.5"),
        'sites.csv row 2, power_kw = "0.5": the site is forced, but the smallest module needs 15 kW',
    ),
    "a coverage in per cent": (
        lambda folder: append(folder, "\n[variants.base2.siting]\ncoverage = 60\n"),
        'siting.coverage = "60": must be at most 1 share; if 60 % was meant, write 0.6',
    ),
    "a throughput of zero": (
        lambda folder: append(folder, "\n[depot_type.cold_room_200]\nthroughput_t_day = 0\n"),
        'depot_type.cold_room_200.throughput_t_day = "0": must be more than 0 t/day',
    ),
    "a storage of zero": (
        lambda folder: append(folder, "\n[depot_type.cold_room_200]\nstorage_t = 0\n"),
        'depot_type.cold_room_200.storage_t = "0": must be more than 0 t',
    ),
    "two rows with an owner each": (_twice, 'id = "T001": is used twice; first on row 2'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_contradictions_are_refused_with_their_value(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`coldchain check` ends with 3 and says what is wrong and, where it can, what to write instead."""
    folder = small_county(tmp_path / "county", 12)
    edit, message = REFUSED[case]
    edit(folder)
    variant = ["--variant", "base2"] if "base2" in (folder / "scenario.toml").read_text(encoding="utf-8") else []
    assert run(["check", str(folder), *variant]) == 3
    told = capsys.readouterr()
    assert message in told.out + told.err


IMPOSSIBLE: dict[str, tuple[Edit, str]] = {
    "a forced site without a budget": (
        lambda folder: (set_in_toml(folder, "budget_cny", "0.0"), change(folder, "sites", 2, status="forced")),
        r"budget: at least ",
    ),
    "a coverage beyond the budget": (
        lambda folder: (
            set_in_toml(folder, "budget_cny", "50000.0"),
            append(folder, "\n[variants.base2.siting]\ncoverage = 0.99\n"),
        ),
        "pre-cooled in time: short by ",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_met_is_proved_and_measured(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`coldchain plan` ends with 4 and the smallest change that would allow a plan, in its own unit."""
    folder = small_county(tmp_path / "county", 12)
    edit, message = IMPOSSIBLE[case]
    edit(folder)
    variant = ["--variant", "base2"] if "base2" in (folder / "scenario.toml").read_text(encoding="utf-8") else []
    assert run(["plan", str(folder), "--out", str(tmp_path / "out"), "--effort", "quick", *variant]) == 4
    told = capsys.readouterr().err
    assert message in told
    assert "the smallest changes that allow one" in told
    assert "e+" not in told


def test_what_libraries_print_never_reaches_the_data() -> None:
    """A line written on file 1 past Python goes to stderr; what commands print stays on stdout."""
    code = "import os; from coldchain.cli import guard_stdout; guard_stdout(); os.write(1, b'noise\\n'); print('{}')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{}\n", "noise\n")
