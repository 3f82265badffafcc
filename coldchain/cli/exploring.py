"""The commands around a plan: ``sweep``, ``explain``, ``compare``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import (
    EXIT_BUG,
    EXIT_INFEASIBLE,
    SHOWN_WARNINGS,
    interruptible,
    print_faults,
    variant_option,
)
from coldchain.cli.manners import Money, json_option, next_step, of_a_run, path_argument, quiet_option, quoted
from coldchain.cli.sizing import dry_run_option, show_size
from coldchain.cli.telling import progress
from coldchain.errors import UsageError
from coldchain.language import N_, _
from coldchain.progress import Say

if TYPE_CHECKING:
    import pandas as pd

    from coldchain.model import Scenario
    from coldchain.sweeps import ExplainedRun, PointEffort, Sweep

ACTIONS = (N_("closed"), N_("forced"))
EXIT_LIMIT, EXIT_INTERRUPTED = 5, 130
POINT_SECONDS = 30.0

jobs_option = click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result."
)
share = click.FloatRange(0, 1)


@click.command(epilog="Example: coldchain sweep scenarios/upland --budget 0:4e7:2e6 --out sweeps/upland")
@click.argument("scenario", type=path_argument)
@click.option("--budget", "budgets", required=True, help="FROM:TO:STEP in CNY, or single budgets with commas.")
@click.option("--rate", "rates", type=share, multiple=True, help="Another rate of subsidy; may be repeated.")
@click.option("--cap", "caps", type=Money(), multiple=True, help="Another cap on each owner, CNY; may be repeated.")
@click.option("--programme", "programmes", multiple=True, help="Another shipped programme; may be repeated.")
@click.option("--out", "folder", type=path_argument, help="Folder to write; sweeps/NAME-VARIANT when left out.")
@variant_option
@jobs_option
@click.option(
    "--time-limit",
    type=click.FloatRange(1),
    default=POINT_SECONDS,
    show_default=True,
    help="Work for each, about so many seconds.",
)
@click.option("--effort", type=click.Choice(["quick", "normal"]), default="normal", show_default=True,
              help="quick: least work.")  # fmt: skip
@seed_option
@click.option("--loss", type=share, default=0.08, show_default=True, help="Loss rate whose least budget is sought.")
@click.option("--coverage", type=share, default=0.6, show_default=True, help="Coverage whose least budget is sought.")
@dry_run_option
@json_option
@quiet_option
def sweep(scenario: Path, folder: Path | None, variant: str, as_json: bool, quiet: bool, **given: Any) -> int:
    """Plan a SCENARIO for many budgets: loss, coverage, cost and sites against the budget.

    A larger budget is never worse, and finished budgets are never repeated: after Ctrl-C the same command goes on.
    With --rate, --cap or --programme every rule they make is planned for every budget, warm from the scenario's own.
    """
    from coldchain.reports.sweeping import check_sweep_folder, write_sweep
    from coldchain.scenario import load
    from coldchain.sweeps import PointEffort, Target, decide_rules, parse_budgets, rules_of, run_sweep

    rules = rules_of(given["rates"], given["caps"], given["programmes"])
    budgets = parse_budgets(given["budgets"])
    loaded, faults = load(scenario, variant)
    if given["dry_run"]:
        _size_sweep(loaded, len(budgets), given, as_json=as_json)
        return 0
    if not quiet:
        print_faults(faults, most=SHOWN_WARNINGS)
    target = folder or Path("sweeps") / f"{loaded.name}-{variant}"
    check_sweep_folder(target)
    targets = (Target("loss_rate", given["loss"]), Target("coverage", given["coverage"]))
    with interruptible() as stopped:
        say = progress(quiet=quiet)
        quick = given["effort"] == "quick"
        effort = PointEffort(given["time_limit"], given["seed"], given["jobs"], say, stopped, quick=quick)
        result = run_sweep(loaded, budgets, target, effort, targets, faults)
        decided = decide_rules(loaded, rules, result, target, effort, faults)
    if not result.points:
        click.echo(_("interrupted before any budget was finished"), err=True)
        return EXIT_INTERRUPTED
    facts = {"name": loaded.name, "variant": variant, "sha256": loaded.sha256}
    object_, frame = result.as_dict(facts, loaded.siting.budget_cny), result.table()
    table = decided.table() if rules else None
    written = write_sweep(object_, frame, target, lambda path: _draw_sweep(loaded, result, path), table)
    if as_json:
        click.echo(json.dumps(written, ensure_ascii=False, allow_nan=False))
    else:
        _show_sweep(result, target, scenario, table)
    problems = (*result.problems, *decided.problems)
    for problem in problems[:SHOWN_WARNINGS]:
        click.echo(_("bug: a plan of the sweep does not verify: {problem}").format(problem=problem), err=True)
    return EXIT_BUG if problems else _code(result.statuses)


def _draw_sweep(scenario: Scenario, result: Sweep, path: Path) -> bool:
    from coldchain.reports.mapsweep import write_sweep_map
    from coldchain.runs import place_on_roads

    placed, _faults = place_on_roads(scenario)
    return write_sweep_map(scenario, placed, result.points, path)


def _size_sweep(scenario: Scenario, budgets: int, given: dict[str, Any], *, as_json: bool) -> None:
    """Say what a sweep takes: the budgets asked for, the scenario's own and a million more, and the search for two."""
    from coldchain.planning import size_of
    from coldchain.sweeps import MOST_PROBES

    plans, jobs = budgets + 2 + 2 * MOST_PROBES, given["jobs"]
    size, quick = size_of(scenario), given["effort"] == "quick"
    seconds = plans * (size.quick_s if quick else given["time_limit"]) / jobs
    show_size(size, seconds, processes=jobs, at_most=not quick, plans=plans, as_json=as_json)


def _code(statuses: set[str]) -> int:
    """Return 0 when any budget has a plan."""
    if statuses & {"optimal", "feasible"}:
        return 0
    return EXIT_LIMIT if "limit" in statuses else EXIT_INFEASIBLE


def _show_sweep(result: Sweep, folder: Path, scenario: Path, decided: pd.DataFrame | None) -> None:
    from rich.console import Console

    from coldchain.reports.sweeping import print_decided, print_sweep

    print_sweep(result.table(), Console())
    if decided is not None:
        print_decided(decided, Console())
    for line in result.lines():
        click.echo(line)
    click.echo(_("written to {folder}").format(folder=folder))
    _after_sweep(result, scenario)


def _after_sweep(result: Sweep, scenario: Path) -> None:
    """Suggest to plan with the least budget that reaches the wanted loss, when one does."""
    enough = next((found.reached_cny for found in result.thresholds if found.reached_cny is not None), None)
    next_step(f"coldchain plan {quoted(scenario)}" + (f" --budget {enough:.0f}" if enough is not None else ""))


@click.command(epilog="Example: coldchain compare runs/upland-base runs/upland-half")
@click.argument("first", type=path_argument)
@click.argument("second", type=path_argument)
@click.option("--map", "page", type=path_argument, help="HTML file to write: both runs side by side on linked maps.")
@json_option
@of_a_run
def compare(first: Path, second: Path, page: Path | None, as_json: bool) -> None:
    """Say what differs between two run folders FIRST and SECOND: figures with units, depots, villages that move."""
    from rich.console import Console

    from coldchain.reports.comparing import print_comparison
    from coldchain.runs import Run
    from coldchain.runs.record import plain_values
    from coldchain.sweeps import compare as between

    found = between(Run.open(first), Run.open(second))
    if page is not None:
        _write_pair(first, second, page)
    if as_json:
        click.echo(json.dumps(plain_values(found.as_dict()), ensure_ascii=False, allow_nan=False))
        return
    for note in found.notes:
        click.echo(_("note: {text}").format(text=note))
    print_comparison(found, (first.name, second.name), Console())
    next_step(f"coldchain explain {quoted(second)} --unserved")


def _write_pair(first: Path, second: Path, page: Path) -> None:
    """Write the map of both runs."""
    from coldchain.reports.map import write_comparison_map
    from coldchain.runs import Run, write_in_place

    names = (first.name, second.name) if first.name != second.name else (str(first), str(second))
    pair = list(zip(names, (Run.open(folder).checked() for folder in (first, second)), strict=True))
    write_in_place(page, lambda path: write_comparison_map(pair, path))
    click.echo(_("wrote {path}").format(path=page), err=True)


ASKED = ("depot", "village", "unserved", "alternatives", "fails", "visits", "relaxations")


@click.command(epilog="Example: coldchain explain runs/upland-base --depot T013")
@click.argument("folder", type=path_argument, metavar="RUN")
@click.option("--depot", help="Plan again with this site closed, or forced open when nothing stands there.")
@click.option("--village", help="Why this village goes where it goes.")
@click.option("--unserved", is_flag=True, help="Every village that is not served whole, with the reasons.")
@click.option("--alternatives", type=click.IntRange(1, 50), help="So many different choices of sites.")
@click.option("--fails", is_flag=True, help="Each depot out in its peak week, a road cut, each owner withdrawing.")
@click.option("--visits", type=click.IntRange(1, 1000), help="So many villages whose harvest to find out first.")
@click.option("--spread", type=share, default=0.5, show_default=True, help="With --visits: how far figures may be off.")
@click.option("--cut", metavar="LON,LAT", help="With --fails: where the road is cut; the busiest one by default.")
@click.option("--relaxations", is_flag=True, help="RUN is a scenario folder: what to loosen when no plan is possible.")
@click.option("--variant", default="base", show_default=True, help="Of the scenario, with --relaxations.")
@click.option("--tolerance", type=share, default=0.01, show_default=True, help="Of the alternatives, against the best.")
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@click.option(
    "--time-limit",
    type=click.FloatRange(1),
    default=60.0,
    show_default=True,
    help="Work for each plan, about so many seconds.",
)
@seed_option
@json_option
@quiet_option
@of_a_run
def explain(folder: Path, as_json: bool, quiet: bool, **given: Any) -> None:
    """Explain a RUN: a depot by closing or forcing it, a village, the unserved, other choices of sites, failures."""
    asked = [name for name in ASKED if given[name]]
    if len(asked) != 1:
        raise UsageError(
            _(
                "ask for one of --depot ID, --village ID, --unserved, --alternatives N, --fails, --visits N,"
                " --relaxations"
            )
        )
    with interruptible() as stopped:
        say = progress(quiet=quiet)
        if given["relaxations"]:
            found = _explain_relaxations(folder, given, say, stopped)
        else:
            case, effort = _open(folder, given, say, stopped)
            found = EXPLAINERS[asked[0]](case, given, effort)
    if as_json:
        from coldchain.runs.record import plain_values

        click.echo(json.dumps(plain_values(found.as_dict()), ensure_ascii=False, allow_nan=False))
    else:
        found.show()
        next_step(*_after_explain(folder, asked[0]))


def _after_explain(folder: Path, asked: str) -> tuple[str, ...]:
    if asked == "relaxations":
        return (f"coldchain check {quoted(folder)}", f"coldchain plan {quoted(folder)}")
    other = {"unserved": "--village ID", "village": "--depot ID"}.get(asked, "--unserved")
    return (f"coldchain explain {quoted(folder)} {other}",)


def _open(
    folder: Path, given: dict[str, Any], say: Say, stopped: Callable[[], bool]
) -> tuple[ExplainedRun, PointEffort]:
    from coldchain.runs import Run
    from coldchain.sweeps import PointEffort, open_case

    effort = PointEffort(given["time_limit"], given["seed"], 1, say, stopped)
    return open_case(Run.open(folder, given["scenario"]).checked(), effort), effort


@dataclass(frozen=True)
class ExplanationText:
    """An explanation: the object for ``--json``, sentences, and tables with their heads for the terminal."""

    facts: dict[str, Any]
    lines: tuple[str, ...]
    tables: tuple[tuple[tuple[str, ...], list[tuple[str, ...]]], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the object."""
        return self.facts

    def show(self) -> None:
        """Print tables, then sentences."""
        from rich.console import Console

        from coldchain.reports.comparing import show

        for heads, rows in self.tables:
            show(Console(), heads, rows)
        for line in self.lines:
            click.echo(line)


def _explain_depot(case: ExplainedRun, given: dict[str, Any], effort: PointEffort) -> ExplanationText:
    from coldchain.model.naming import labelled
    from coldchain.reports.comparing import comparison_tables, moved_line
    from coldchain.sweeps import what_if_depot

    found = what_if_depot(case, given["depot"], effort)
    shown = found.against or found.free or found.fixed
    first = _("run anew") if found.against else _("run")
    tables = (
        comparison_tables(shown, (first, f"{labelled(found.depot, found.name)} {_(found.action)}")) if shown else ()
    )
    moved = (moved_line(shown.villages),) if shown else ()
    return ExplanationText(found.as_dict(), (*moved, *found.lines()), tables)


def _explain_village(case: ExplainedRun, given: dict[str, Any], _effort: PointEffort) -> ExplanationText:
    from coldchain.model.naming import of_places
    from coldchain.reports.comparing import OPTION_HEADS, option_rows, spoken
    from coldchain.sweeps import explain_village

    found = explain_village(case, given["village"])
    rows = option_rows(found.options, found.crops, of_places(case.scenario.sites))
    return ExplanationText(found.as_dict(), tuple(found.lines()), ((spoken(OPTION_HEADS), rows),))


def _explain_unserved(case: ExplainedRun, *_rest: object) -> ExplanationText:
    from coldchain.model.naming import of_places
    from coldchain.reports.comparing import UNSERVED_HEADS, spoken, unserved_rows
    from coldchain.sweeps import unserved
    from coldchain.sweeps.words import unserved_line

    found = unserved(case)
    line = unserved_line(found)
    facts = {"schema": "coldchain.explanation/1", "says": [line], "villages": found.to_dict("records")}
    return ExplanationText(
        facts, (line,), ((spoken(UNSERVED_HEADS), unserved_rows(found, of_places(case.scenario.sites))),)
    )


def _explain_alternatives(case: ExplainedRun, given: dict[str, Any], effort: PointEffort) -> ExplanationText:
    from coldchain.model.naming import of_places
    from coldchain.reports.comparing import ALTERNATIVE_HEADS, alternative_rows, spoken
    from coldchain.sweeps import alternatives

    found = alternatives(case, given["alternatives"], given["tolerance"], effort)
    rows = alternative_rows(found.as_dict()["found"], found.aim, of_places(case.scenario.sites))
    return ExplanationText(found.as_dict(), tuple(found.lines()), ((spoken(ALTERNATIVE_HEADS), rows),))


def _explain_failures(case: ExplainedRun, given: dict[str, Any], effort: PointEffort) -> ExplanationText:
    from coldchain.reports.comparing import FAILURE_HEADS, failure_rows, spoken
    from coldchain.sweeps import failures, parse_place

    found = failures(case, effort, parse_place(given["cut"]) if given["cut"] else None)
    facts = found.as_dict()
    return ExplanationText(facts, tuple(found.lines()), ((spoken(FAILURE_HEADS), failure_rows(facts["failures"])),))


def _explain_visits(case: ExplainedRun, given: dict[str, Any], effort: PointEffort) -> ExplanationText:
    from coldchain.reports.comparing import VISIT_HEADS, spoken, visit_rows
    from coldchain.sweeps import visits

    found = visits(case, given["visits"], given["spread"], effort)
    facts = found.as_dict()
    tables = ((spoken(VISIT_HEADS), visit_rows(facts["villages"])),) if found.found else ()
    return ExplanationText(facts, tuple(found.lines()), tables)


def _explain_relaxations(folder: Path, given: dict[str, Any], say: Say, stopped: Callable[[], bool]) -> ExplanationText:
    from coldchain.scenario import load
    from coldchain.sweeps import PointEffort, loosenings

    scenario, _faults = load(folder, given["variant"])
    found = loosenings(scenario, PointEffort(given["time_limit"], given["seed"], 1, say, stopped))
    return ExplanationText(found.as_dict(), tuple(found.lines()))


EXPLAINERS: dict[str, Callable[[ExplainedRun, dict[str, Any], PointEffort], ExplanationText]] = {
    "depot": _explain_depot,
    "village": _explain_village,
    "unserved": _explain_unserved,
    "alternatives": _explain_alternatives,
    "fails": _explain_failures,
    "visits": _explain_visits,
}
