"""Plans for tests that ask what is decided: without draws of uncertain figures and estimates of more budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from coldchain.model import Scenario
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, plan_on
from coldchain.planning.pipeline import course_with, plan_of
from coldchain.runs import Run, run_information, write_folder, write_tables
from coldchain.runs.folder import SUMMARY


def decided(scenario: Scenario, options: Options | None = None) -> Plan:
    """Plan with quick effort, or with these options, and verify."""
    options = options or Options.quickly()
    return plan_on(lay_ground(scenario, options), options, Near(further=False, doubt=False))


def with_modules(ground: Ground, count: np.ndarray, options: Options | None = None) -> Plan:
    """Plan with exactly these new modules and verify; nothing is drawn, and no bound is known."""
    options = options or Options.quickly()
    return plan_of(ground, course_with(ground, count, options), options)


def saved(made: Run, folder: Path, arguments: dict[str, Any]) -> Path:
    """Write the run without its map and layers, which take longer than all the rest; return its folder."""
    record = run_information(made, arguments)
    write_folder(folder, lambda at: write_tables(made.tables, at, SUMMARY, made.summary, record))
    return folder
