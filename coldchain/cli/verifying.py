"""Read a run folder and its scenario, and verify the one against the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from coldchain.language import _
from coldchain.runs import Run
from coldchain.runs.archive import place_of
from coldchain.scenario.edits import Edits
from coldchain.verify import Report, Written, verify_written
from coldchain.verify.unchecked import UNCHECKED, Unchecked

ROUTES, ROLL = "routes.json", "roll.json"


def verify_folder(folder: Path, moved: Path | None = None) -> Report:
    """Verify a run folder, of a plan, of a day's routes or of a week, or an archive of a plan.

    Parameters
    ----------
    moved : where the scenario lies now; by default where ``run.json`` says

    Raises
    ------
    BadInputError
        When the folder is not a run, or the scenario cannot be read.
    """
    place = place_of(folder, moved)
    folder, moved = place.folder, place.scenario
    if (folder / ROUTES).is_file():
        return _verify_routes(folder, moved)
    if (folder / ROLL).is_file():
        from coldchain.weeks.recheck import verify_week

        return verify_week(folder, moved)
    run = Run.open(folder, moved)
    budget = run.information["settings"]["siting"]["budget_cny"]
    scenario = Edits.of(run.information["arguments"], budget).on(run.scenario)
    written = Written(folder, run.tables, run.summary, run.information)
    return verify_written(scenario, run.placed.network.given, written)


def _verify_routes(folder: Path, moved: Path | None) -> Report:
    from coldchain.dispatch.recheck import hours_before, input_problems
    from coldchain.verify.day import Permits, verify_day

    run = Run.open(folder, moved, summary=ROUTES)
    arguments = run.information["arguments"]
    permits = Permits(
        own_fleet=arguments.get("fleet") is not None,
        locked=arguments.get("locked") is not None,
        before_h=hours_before(run.information),
    )
    report = verify_day(run.scenario, run.placed.network.given, run.tables, run.summary, permits)
    more = [] if report.total_cny != report.total_cny else input_problems(run.information, run.tables, moved)
    if not run.unchanged:
        more.append(_("the scenario has changed since these routes were made (its hash differs)"))
    return replace(report, problems=(*more, *report.problems))


def unchecked(folder: Path) -> tuple[Unchecked, ...]:
    """Return what is not recomputed of a plan; of a day's routes nothing is listed."""
    return () if (folder / ROUTES).is_file() else UNCHECKED


def report_object(folder: Path, report: Report) -> dict[str, Any]:
    """Return the object that ``coldchain verify --json`` prints."""
    names = ("ok", "problems", "consequences", "loss_rate", "total_cny", "subsidy_cny")
    figures = {name: getattr(report, name) for name in names}
    figures["unchecked"] = [{"place": one.place, "reason": _(one.reason)} for one in unchecked(folder)]
    return {name: None if value != value else value for name, value in figures.items()}  # noqa: PLR0124 - NaN


def archived(folder: Path) -> dict[str, Any] | None:
    """Return what an archive says of itself, None of a folder."""
    archive = place_of(folder).archive
    if archive is None:
        return None
    told = {"fingerprint": archive.fingerprint, "version": archive.versions.get("coldchain", "")}
    return {**told, "ok": bool(archive.report.get("ok"))}


def figures_of(folder: Path, report: Report) -> str:
    """Return the recomputed figures in words."""
    if report.total_cny != report.total_cny:
        return _("the figures can be checked when these are put right")
    if (folder / ROUTES).is_file():
        told = _("loss {loss:.2%}, {cny:,.0f} CNY for vehicles and loss")
        return told.format(loss=report.loss_rate, cny=report.total_cny)
    if (folder / ROLL).is_file():
        told = _("loss {loss:.2%}, {cny:,.0f} CNY of the week, depots included")
        return told.format(loss=report.loss_rate, cny=report.total_cny)
    told = _("loss {loss:.2%}, {cny:,.0f} CNY a year, subsidy {subsidy:,.0f} CNY")
    return told.format(loss=report.loss_rate, cny=report.total_cny, subsidy=report.subsidy_cny)
