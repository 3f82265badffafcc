"""The commands around a plan: ``sweep``, ``explain``, ``compare``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import (
    EXIT_BUG,
    SHOWN_WARNINGS,
    interruptible,
    json_option,
    path_argument,
    print_faults,
    progress,
    quiet_option,
    variant_option,
)

if TYPE_CHECKING:
    from coldchain.exploring import Run, Sweep

EXIT_INFEASIBLE, EXIT_LIMIT, EXIT_INTERRUPTED = 4, 5, 130
POINT_SECONDS = 30.0

jobs_option = click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
seed_option = click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
share = click.FloatRange(0, 1)


@click.command(epilog="Example: coldchain sweep scenarios/upland --budget 0:4e7:2e6 --out sweeps/upland")
@click.argument("scenario", type=path_argument)
@click.option("--budget", "budgets", required=True, help="FROM:TO:STEP in CNY, or single budgets with commas.")
@click.option("--out", "folder", type=path_argument, help="Folder to write; sweeps/NAME-VARIANT when left out.")
@variant_option
@jobs_option
@click.option("--time-limit", type=click.FloatRange(1), default=POINT_SECONDS, show_default=True, help="Seconds each.")
@seed_option
@click.option("--loss", type=share, default=0.08, show_default=True, help="Loss rate whose least budget is sought.")
@click.option("--coverage", type=share, default=0.6, show_default=True, help="Coverage whose least budget is sought.")
@json_option
@quiet_option
def sweep(scenario: Path, folder: Path | None, variant: str, as_json: bool, quiet: bool, **given: Any) -> int:
    """Plan a SCENARIO for many budgets: loss, coverage, cost and sites against the budget.

    A larger budget is never worse, and finished budgets are never repeated: after Ctrl-C the same command goes on.
    """
    from coldchain.exploring import Effort, Target, parse_budgets, run_sweep
    from coldchain.report.sweeping import check_sweep_folder, write_sweep
    from coldchain.scenario import load

    budgets = parse_budgets(given["budgets"])
    loaded, faults = load(scenario, variant)
    if not quiet:
        print_faults(faults, most=SHOWN_WARNINGS)
    target = folder or Path("sweeps") / f"{loaded.name}-{variant}"
    check_sweep_folder(target)
    targets = (Target("loss_rate", given["loss"]), Target("coverage", given["coverage"]))
    with interruptible() as stopped:
        say = (lambda _: None) if quiet else progress(time.monotonic())
        effort = Effort(given["time_limit"], given["seed"], given["jobs"], say, stopped)
        result = run_sweep(loaded, budgets, target, effort, targets, faults)
    if not result.points:
        click.echo("interrupted before any budget was finished", err=True)
        return EXIT_INTERRUPTED
    facts = {"name": loaded.name, "variant": variant, "sha256": loaded.sha256}
    written = write_sweep(result.as_dict(facts, loaded.siting.budget_cny), result.table(), target)
    if as_json:
        click.echo(json.dumps(written, ensure_ascii=False, allow_nan=False))
    else:
        _show_sweep(result, target)
    for problem in result.problems[:SHOWN_WARNINGS]:
        click.echo(f"bug: a plan of the sweep does not verify: {problem}", err=True)
    return EXIT_BUG if result.problems else _code(result.statuses)


def _code(statuses: set[str]) -> int:
    """Return 0 when any budget has a plan."""
    if statuses & {"optimal", "feasible"}:
        return 0
    return EXIT_LIMIT if "limit" in statuses else EXIT_INFEASIBLE


def _show_sweep(result: Sweep, folder: Path) -> None:
    from rich.console import Console

    from coldchain.report.sweeping import print_sweep

    print_sweep(result.table(), Console())
    for line in result.lines():
        click.echo(line)
    click.echo(f"written to {folder}")


@click.command(epilog="Example: coldchain compare runs/upland-base runs/upland-half")
@click.argument("first", type=path_argument)
@click.argument("second", type=path_argument)
@json_option
def compare(first: Path, second: Path, as_json: bool) -> None:
    """Say what differs between two run folders FIRST and SECOND: figures with units, depots, villages that move."""
    from rich.console import Console

    from coldchain.exploring import compare as between
    from coldchain.report.comparing import print_comparison
    from coldchain.report.record import plain_values

    found = between(_run(first), _run(second))
    if as_json:
        click.echo(json.dumps(plain_values(found.as_dict()), ensure_ascii=False, allow_nan=False))
        return
    for note in found.notes:
        click.echo(f"note: {note}")
    parts = {"figures": found.figures, "depots": found.depots, "villages": found.villages}
    print_comparison(parts, (first.name, second.name), Console())


def _run(folder: Path) -> Run:
    from coldchain.exploring import Run
    from coldchain.report import read_run

    _, summary, tables = read_run(folder)
    return Run(str(folder), summary, tables)
