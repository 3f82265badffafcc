"""Verify a week that was written: both of its plans, then its changes against the week before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.inputs import read_json
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.runs import Run
from coldchain.runs.folder import SUMMARY, read_tables
from coldchain.verify import Report, verify_tables
from coldchain.verify.losses import Chains
from coldchain.verify.record import ON_THE_DOT_H, Record
from coldchain.verify.roads import CheckedWays
from coldchain.verify.sales import Trade, trade_problems
from coldchain.verify.week import Week, week_problems
from coldchain.weeks.calendar import span_of, week_number
from coldchain.weeks.county import week_of
from coldchain.weeks.folder import ROLL, former_week
from coldchain.weeks.roll import WAYS, Before, before_of


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
    before = former_week(folder.parent / str(summary["before"])) or before_of(run, week_number(summary["week"]))
    more = [] if run.unchanged else [_("the scenario has changed since this plan was made (its hash differs)")]
    found = [*more, *(problem for report in reports.values() for problem in report.problems)]
    if not found:
        stated = {name: read_json(folder / name / SUMMARY) for name in reports}
        hours = {name: one["delivery_h"] for name, one in stated.items()}
        record = Record(scenario, CheckedWays(scenario, given, run.scenario), plans["week"])
        found = week_problems(
            Week(
                scenario,
                tables,
                plans["week"],
                before.ways[list(WAYS)],
                summary,
                float(summary["rests_on"]["most_changed"]),
                stated["week"]["annual_cny"],
                stated["stay"]["annual_cny"],
                before.units,
                {**hours, "today": _todays_hours(record)},
                run.scenario.people,
            )
        )
        if "sales" in tables:
            found += trade_problems(_trade(run, record, tables, before, summary))
    return replace(reports["week"], problems=tuple(found))


def _trade(
    run: Run, record: Record, tables: Mapping[str, pd.DataFrame], before: Before, summary: Mapping[str, Any]
) -> Trade:
    """Return sales and stores of a week, with the periods that its stores come from."""
    periods = run.scenario.periods
    weeks = {str(week) for week in tables["stores"]["from_week"]}
    came = {week: periods[span_of(periods, week_number(week)).period] for week in weeks}
    return Trade(run.scenario, record, tables, before.last.stores, summary["sales"], str(summary["week"]), came)


def _todays_hours(record: Record) -> dict[str, float]:
    """Return the longest way to the buyer in today's chain, and the share of the week's tonnes that is in time."""
    scenario, chains = record.scenario, Chains(record)
    tonnes = scenario.harvest_t[:, :, 0]
    hours = {(v, c): chains.today_hours(int(v), int(c)) for v, c in zip(*np.nonzero(tonnes), strict=True)}
    late_h = scenario.chain.delivery_target_h + ON_THE_DOT_H
    soon = sum(tonnes[key] for key, one in hours.items() if one <= late_h)
    return {"max": max(hours.values(), default=0.0), "share_within_target": float(soon / (tonnes.sum() or 1.0))}


def _scenario(run: Run, table: pd.DataFrame, week: str) -> Scenario:
    """Return the county in the week, with the tonnes that were expected."""
    scenario = run.scenario
    villages = {one.id: n for n, one in enumerate(scenario.villages)}
    crops = {one.id: n for n, one in enumerate(scenario.commodities)}
    tonnes = np.zeros((len(villages), len(crops)))
    for row in table.to_dict("records"):
        tonnes[villages[row["village"]], crops[row["commodity"]]] = float(row["tonnes"])
    return week_of(scenario, run, span_of(scenario.periods, week_number(week)), tonnes)
