"""A run folder that was edited or cut: every command on it names the folder and never ends as a bug."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
import pytest

from coldchain.cli.manners import of_a_run
from coldchain.errors import BadInputError, InfeasibleError
from coldchain.planning import Plan
from coldchain.reports import write_run
from coldchain.runs import run_information

ERRORS = [
    KeyError("plan_t"),
    TypeError("str"),
    ValueError("duplicate labels"),
    ZeroDivisionError(),
    AssertionError("x"),
]


@pytest.fixture(scope="module")
def written(small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a run whose scenario lies where it says."""
    given = run_information(small_plan, {"scenario": str(small_plan.scenario.folder)})
    return write_run(small_plan, tmp_path_factory.mktemp("damaged") / "x", given)


@pytest.fixture
def run_folder(written: Path, tmp_path: Path) -> Path:
    """Copy it, to be damaged."""
    return Path(shutil.copytree(written, tmp_path / "x"))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_does_not_fit_together_is_named(error: Exception, run_folder: Path) -> None:
    """In a folder that does not verify: with the folder, what was met, and what to do."""
    villages = run_folder / "tables" / "villages.csv"
    villages.write_text("\n".join(villages.read_text("utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")

    @of_a_run
    def command(run: Path) -> None:  # noqa: ARG001
        raise error

    with pytest.raises(BadInputError, match=r"x: does not fit together .*plan again"):
        command(run=run_folder)


def test_what_goes_wrong_with_a_sound_folder_is_a_bug(run_folder: Path) -> None:
    """The referee finds nothing wrong with it, so the fault is ours."""

    @of_a_run
    def command(run: Path) -> None:  # noqa: ARG001
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command(run=run_folder)


@pytest.mark.parametrize("error", [InfeasibleError("no"), click.Abort(), click.UsageError("no"), MemoryError()])
def test_answers_pass(error):
    """What is no damage stays what it is."""

    @of_a_run
    def command(folder):  # noqa: ARG001
        raise error

    with pytest.raises(type(error)):
        command(folder="runs/x")
