"""A plan as a workbook and as papers, from a result or a run folder: what ``coldchain report`` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.api.replays import DAYS, DRAWS, Replay, Say, fingerprint, lived, stored, unsaid
from coldchain.api.results import SENSITIVITY, Doubts, Frontier, Result
from coldchain.errors import ColdchainError, MissingExtraError, UsageError, system_reason
from coldchain.language import _
from coldchain.papers import write_paper
from coldchain.papers.case import case_of
from coldchain.papers.meeting import meeting_paper
from coldchain.papers.proposal import proposal_paper
from coldchain.replays import ReplayEffort
from coldchain.reports import printing
from coldchain.reports.book import write_book
from coldchain.reports.document import Told, sections
from coldchain.reports.sweeping import OBJECT, TABLE
from coldchain.runs import Run, write_in_place
from coldchain.runs.archive import output_folder, place_of
from coldchain.runs.folder import TABLES
from coldchain.sweeps import of_plan, sensitivity

YEARS = 40


def report(
    planned: Result | Path | str,
    folder: Path | str | None = None,
    *,
    pdf: bool = False,
    docx: bool = False,
    notice: bool = False,
    years: int = YEARS,
    sweep: Frontier | Path | str | None = None,
    scenario: Path | str | None = None,
    say: Say = unsaid,
) -> list[Path]:
    """Write a plan, or that of a run folder, as a workbook, a paper for a meeting and a list of builders.

    Returns the paths of what was written.

    Parameters
    ----------
    folder : to write to; that of the run when left out. A replay that lies in it, or in the run, is used again
    pdf : print the papers, too; needs Chromium, Chrome or Edge
    docx : write the papers as documents of Word, too; needs python-docx
    notice : write the list of proposed builders and reckoned awards, ``notice.html``, too
    years : to replay when there is no replay yet, kept as ``replay.json``; 0 leaves them out
    sweep : what every budget buys, instead of the next one
    scenario : where the scenario of a run folder lies now, when it was moved
    say : hears the number of each year replayed

    Raises
    ------
    UsageError
        When a result comes without a folder, or a file cannot be written.
    MissingExtraError
        When a PDF is wanted and there is no browser to print it.
    BadInputError
        When the run folder cannot be read.
    """
    if pdf and printing.browser() is None:
        raise MissingExtraError(
            _("a PDF needs Chromium, Chrome or Edge; do without, open the page in any browser and print it")
        )
    target = _target(planned, folder)
    if not isinstance(planned, Result):
        place = place_of(planned, None if scenario is None else Path(scenario))
        planned, scenario = place.folder, place.scenario
    run = _run_of(planned, scenario)
    budgets = None if sweep is None else _points(sweep)
    replayed, silence = _years(run, planned, target, years, say) if years else (None, "")
    same = sweep is None or _same_inputs(sweep, run.summary)
    moved = _moved(run, planned)
    told = Told(run.summary, run.tables, None if replayed is None else replayed.facts, budgets, silence, same, moved)
    name = str(run.summary["scenario"]["name"])
    written = [write_in_place(target / "report.xlsx", lambda path: write_book(path, name, sections(told)))]
    written += write_paper(meeting_paper(case_of(run, told)), target, "report", pdf=pdf, docx=docx)
    if notice:
        written += write_paper(proposal_paper(run), target, "notice", pdf=pdf, docx=docx)
    return written


def _target(planned: Result | Path | str, folder: Path | str | None) -> Path:
    if folder is not None:
        return Path(folder)
    if isinstance(planned, Result):
        raise UsageError(_("a result has no folder of its own: say where the report is to be written"))
    return output_folder(Path(planned))


def _run_of(planned: Result | Path | str, scenario: Path | str | None) -> Run:
    if isinstance(planned, Result):
        return planned.plan
    return Run.open(planned, None if scenario is None else Path(scenario))


def _years(run: Run, planned: Result | Path | str, target: Path, years: int, say: Say) -> tuple[Replay | None, str]:
    """Return the replay there is, or a new one, kept; one that cannot be made is left out, and the report says why."""
    places = [target] if isinstance(planned, Result) else [Path(planned), target]
    kept = next(filter(None, (stored(planned, place) for place in places)), None)
    if kept is not None:
        return kept, ""
    try:
        asked = run if isinstance(planned, Result) else run.as_planned()
        made = lived(asked, ReplayEffort(years, DAYS, draws=DRAWS), fingerprint(planned), say=say)
    except ColdchainError as error:
        return None, _("not made: {why}").format(why=error.short)
    made.save(target)
    return made, ""


def _moved(run: Run, planned: Result | Path | str) -> pd.DataFrame | None:
    """Return what each uncertain figure moves: as the run holds it, or worked out; None where it cannot be."""
    if not isinstance(planned, Result) and (path := Path(planned) / TABLES / SENSITIVITY).is_file():
        kept = of_plan(pd.read_csv(path, keep_default_na=False), run.summary)
        if kept is not None:
            return kept
    try:
        return Doubts(sensitivity(run if isinstance(planned, Result) else run.as_planned())).table()
    except ColdchainError:
        return None


def _points(sweep: Frontier | Path | str) -> pd.DataFrame:
    """Return the points of a sweep that were asked for and have a plan, the smallest budget first."""
    rows = sweep.table() if isinstance(sweep, Frontier) else _read_points(Path(sweep))
    return rows[rows["loss_t"].notna()].sort_values("budget_cny").reset_index(drop=True)


def _same_inputs(sweep: Frontier | Path | str, summary: Mapping[str, Any]) -> bool:
    """Tell whether a sweep is of the scenario of a run; one of the same program is taken to be."""
    if isinstance(sweep, Frontier):
        return True
    try:
        found = json.loads((Path(sweep) / OBJECT).read_text(encoding="utf-8"))
        return bool(found["scenario"]["sha256"] == summary["scenario"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _read_points(folder: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(folder / TABLE)
    except (OSError, ValueError) as error:
        told = _("{folder} is no folder of a sweep: {why}")
        raise UsageError(told.format(folder=folder, why=system_reason(error))) from error
