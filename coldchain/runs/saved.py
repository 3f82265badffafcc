"""A planned state saved: a scenario folder that says how it was planned, with the run it was planned from inside.

``coldchain plan FOLDER`` reads ``plan.toml`` there and comes to the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import read_toml
from coldchain.language import _
from coldchain.leftovers import new_folder
from coldchain.model import Scenario
from coldchain.runs.folder import SCENARIO, SUMMARY, write_tables
from coldchain.runs.record import run_information
from coldchain.runs.run import Run
from coldchain.scenario import write_memory
from coldchain.scenario.write import toml_value

HOW, START = "plan.toml", "start"
EFFORTS = ("quick", "normal", "deep")


@dataclass(frozen=True)
class How:
    """How a scenario is planned where the command line says nothing: from a run, or with an effort."""

    start: Run | None = None
    effort: str = ""
    seed: int = 0


def save_planned(scenario: Scenario, how: How, folder: Path) -> Path:
    """Write a scenario, how it is planned and the run it is planned from to a new folder; return the folder.

    Raises
    ------
    UsageError
        When the folder exists (nothing is ever overwritten) or cannot be written.
    """
    with new_folder(folder) as partial:
        write_memory(scenario, partial)
        settings: dict[str, Any] = {"seed": how.seed} | ({"effort": how.effort} if how.effort else {})
        if how.start is not None:
            settings["after"] = START
            _write_start(how.start, partial / START)
        lines = (f"{key} = {toml_value(value)}\n" for key, value in settings.items())
        (partial / HOW).write_text("".join(lines), encoding="utf-8")
    return folder


def _write_start(run: Run, folder: Path) -> None:
    """Write a run with the scenario it was made from inside, so that both move together."""
    folder.mkdir()
    write_memory(run.scenario, folder / SCENARIO)
    arguments = {"scenario": SCENARIO, "scenario_from_run": SCENARIO, "variant": run.scenario.variant}
    write_tables(run.tables, folder, SUMMARY, run.summary, run_information(run, arguments))


def saved_options(scenario: Path) -> dict[str, Any]:
    """Return the options of ``coldchain plan`` that a scenario folder states for itself; none for most.

    Raises
    ------
    BadInputError
        Naming what ``plan.toml`` holds that is no such option.
    """
    path = scenario / HOW
    if not path.is_file():
        return {}
    found = read_toml(path)
    right = {
        "seed": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        "effort": lambda value: value in EFFORTS,
        "after": lambda value: isinstance(value, str) and bool(value),
    }
    message = _("must be seed, a number from 0; effort, one of {efforts}; or after, the folder of a run")
    said = message.format(efforts=_(", ").join(EFFORTS))
    wrong = [Fault(str(path), None, key, str(value), said, "plan-option") for key, value in found.items()
             if key not in right or not right[key](value)]  # fmt: skip
    if wrong:
        raise BadInputError(wrong)
    return {**found, "after": scenario / found["after"]} if "after" in found else found
