"""The command ``coldchain bench``: published instances, solved and judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.errors import LimitError, UsageError
from coldchain.language import N_, _

if TYPE_CHECKING:
    from coldchain.benching import BenchRow

EXIT_LIMIT = LimitError.exit_code
LOCATION = ("cflp", "pmedian")
DEPOTS = ("clrp", "2elrp")
SEARCHED = ("iterations", "seed", "threads")
TAKES = {
    "ccvrp": ("time_limit", "engine", "vehicles", "rounding", *SEARCHED),
    "cvrp": ("time_limit", "engine", "vehicles", "rounding", *SEARCHED),
    "cflp": ("time_limit", "seed", "capacity", "uncapacitated"),
    "pmedian": ("time_limit", "seed"),
    "clrp": ("time_limit", *SEARCHED),
    "2elrp": ("time_limit", "split", *SEARCHED),
}


@click.command(epilog="Example: coldchain bench ccvrp cmt/vrpnc1.txt cmt/vrpnc2.txt --time-limit 10 --seed 1 --json")
@click.argument("kind", type=click.Choice(list(TAKES)))
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--time-limit", "time_limit_s", type=click.FloatRange(0),
    help="Seconds for each; without them work is counted, with the same result on any machine.",
)  # fmt: skip
@click.option("--iterations", type=click.IntRange(0), help="Iterations for each file, instead of seconds.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result.")
@click.option("--engine", type=click.Choice(["ruin-recreate", "ortools"]), help="Of routes; ruin-recreate by default.")
@click.option("--vehicles", type=click.IntRange(1), help="Vehicles of ccvrp, instead of those of best_known.csv.")
@click.option("--rounding", type=click.Choice(["none", "nearest", "up"]), help="Of distances; else the format's own.")
@click.option("--threads", type=click.IntRange(1), help="Searches of routes side by side; 1 by default.")
@click.option("--capacity", type=click.FloatRange(0), help="Capacity of every site of cflp, instead of the file's.")
@click.option("--uncapacitated", is_flag=True, default=None, help="Leave the capacities of cflp out.")
@click.option("--split/--no-split", "split", default=None,
              help="Whether several trips may supply a satellite of 2elrp; they may by default.")  # fmt: skip
@click.option("--solutions", type=click.Path(path_type=Path), help="Folder to write the plans to, FILE.sol.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list on stdout.")
def bench(kind: str, files: tuple[Path, ...], solutions: Path | None, as_json: bool, **given: Any) -> int:
    """Solve published instances FILES.

    ccvrp: sum of arrival times; cvrp: distance; cflp: warehouse location, customers may be split, a file without
    capacities is solved for each that optima.csv publishes; pmedian: p-median on a graph; clrp, 2elrp:
    location-routing.

    Each row is printed, and its plan written, when it is known. Exit code 5 when a file is left without a plan.
    """
    given = {name: value for name, value in given.items() if value is not None}
    _check_options(kind, given)
    rows = []
    for file in files:
        for row, text, suffix in _runner(kind)(kind, file, given):
            rows.append(asdict(row))
            if solutions is not None and row.cost is not None:
                solutions.mkdir(parents=True, exist_ok=True)
                (solutions / f"{file.stem}{suffix}.sol").write_text(text, encoding="utf-8")
            if not as_json:
                click.echo(_line(row))
    if as_json:
        click.echo(json.dumps(rows))
    return EXIT_LIMIT if any(row["cost"] is None for row in rows) else 0


def _check_options(kind: str, given: dict[str, Any]) -> None:
    options = {name.removesuffix("_s"): value for name, value in given.items()}
    named = [f"--{'no-' * (value is False)}{name.replace('_', '-')}" for name, value in options.items()
             if name not in TAKES[kind]]  # fmt: skip
    if named:
        raise UsageError(_("{kind} takes no {names}").format(kind=kind, names=", ".join(named)))
    if {"capacity", "uncapacitated"} <= given.keys():
        raise UsageError(_("--capacity and --uncapacitated exclude each other"))


def _runner(kind: str) -> Callable[[Any, Path, dict[str, Any]], Iterable[tuple[BenchRow, str, str]]]:
    if kind in DEPOTS:
        return _depots
    return _sites if kind in LOCATION else _routes


def _depots(kind: Any, file: Path, given: dict[str, Any]) -> list[tuple[BenchRow, str, str]]:
    from coldchain.benching import DepotSettings, run_depots

    row, text = run_depots(kind, file, DepotSettings(**given))
    return [(row, text, "")]


def _routes(kind: Any, file: Path, given: dict[str, Any]) -> list[tuple[BenchRow, str, str]]:
    from coldchain.benching import BenchSettings, run_file, solution_text

    row, routes = run_file(kind, file, BenchSettings(**given))
    return [(row, solution_text(routes), "")]


def _sites(kind: Any, file: Path, given: dict[str, Any]) -> Iterator[tuple[BenchRow, str, str]]:
    from coldchain.benching import LocationSettings, run_location

    for one in run_location(kind, file, LocationSettings(**given)):
        yield one.row, one.text, one.suffix


STATUS = {
    "optimal": N_("optimal"), "feasible": N_("feasible"), "infeasible": N_("infeasible"),
    "limit": N_("no plan found"),
}  # fmt: skip


def _line(row: BenchRow) -> str:
    from coldchain.model.ending import ending_text

    cost = _("none") if row.cost is None else f"{row.cost:,.2f}"
    beyond = _("above the best known") if row.bound is None else _("above the bound")
    if row.gap is not None and row.bound is None and row.gap < 0.0:
        beyond = _("below the best known")
    gap = "" if row.gap is None else f"  {abs(row.gap):.3%} {beyond}"
    supply = {None: "", True: _("  supply may be split"), False: _("  supply not split")}[row.split]
    spent = _("{seconds:.1f} s").format(seconds=row.seconds)
    return f"{row.instance:20} {cost:>14}{gap}{supply}  {_(STATUS[row.status])}  {spent}, {ending_text(row.ended)}"
