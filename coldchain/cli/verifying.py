"""Read a run folder and its scenario, and verify the one against the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from coldchain.plan import place_on_roads
from coldchain.report import read_run, scenario_folder
from coldchain.scenario import load
from coldchain.verify import Report, verify_tables


def verify_folder(folder: Path, moved: Path | None = None) -> Report:
    """Verify a run folder.

    Parameters
    ----------
    moved : where the scenario lies now; by default where ``run.json`` says

    Raises
    ------
    BadInputError
        When the folder is not a run, or the scenario cannot be read.
    """
    run, summary, tables = read_run(folder)
    source: Path = moved or scenario_folder(folder, run["arguments"])
    scenario, _ = load(source, summary["scenario"]["variant"])
    siting = scenario.siting.model_copy(update={"budget_cny": summary["investment"]["budget_cny"]})
    scenario = replace(scenario, siting=siting)
    placed, _ = place_on_roads(scenario)
    report = verify_tables(scenario, placed.network, placed.node, tables, summary)
    if scenario.sha256 != summary["scenario"]["sha256"]:
        changed = "the scenario has changed since this plan was made (its hash differs)"
        return replace(report, problems=(changed, *report.problems))
    return report
