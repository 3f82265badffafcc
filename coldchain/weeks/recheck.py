"""Verify a week that was written: both of its plans, then its changes against the week before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.inputs import read_json
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.runs import Run
from coldchain.runs.folder import SUMMARY, read_tables
from coldchain.verify import Report, verify_tables
from coldchain.verify.week import Week, week_problems
from coldchain.weeks.calendar import span_of, week_number
from coldchain.weeks.county import week_of
from coldchain.weeks.folder import ROLL
from coldchain.weeks.roll import WAYS, before_of


def verify_week(folder: Path, moved: Path | None = None) -> Report:
    """Verify the folder of a week; parameters and errors as those of a run."""
    summary, tables = read_json(folder / ROLL), read_tables(folder)
    run = Run.open(folder / summary["run"], moved)
    scenario = _scenario(run, tables["expected"], str(summary["week"]))
    given = run.placed.network.given
    reports, plans = {}, {}
    for name in ("week", "stay"):
        plans[name] = read_tables(folder / name)
        stated = read_json(folder / name / SUMMARY)
        reports[name] = verify_tables(scenario, given, plans[name], stated, run.scenario)
    former = folder.parent / str(summary["before"])
    before = read_tables(former)["ways"] if former.is_dir() else before_of(run, week_number(summary["week"])).ways
    more = [] if run.unchanged else [_("the scenario has changed since this plan was made (its hash differs)")]
    found = [*more, *(problem for report in reports.values() for problem in report.problems)]
    if not found:
        bills = {name: read_json(folder / name / SUMMARY)["annual_cny"] for name in reports}
        most = float(summary["rests_on"]["most_changed"])
        found = week_problems(
            Week(scenario, tables, plans["week"], before[list(WAYS)], summary, most, bills["week"], bills["stay"])
        )
    return replace(reports["week"], problems=tuple(found))


def _scenario(run: Run, table: pd.DataFrame, week: str) -> Scenario:
    """Return the county in the week, with the tonnes that were expected."""
    scenario = run.scenario
    villages = {one.id: n for n, one in enumerate(scenario.villages)}
    crops = {one.id: n for n, one in enumerate(scenario.commodities)}
    tonnes = np.zeros((len(villages), len(crops)))
    for row in table.to_dict("records"):
        tonnes[villages[row["village"]], crops[row["commodity"]]] = float(row["tonnes"])
    return week_of(scenario, run, span_of(scenario.periods, week_number(week)), tonnes)
