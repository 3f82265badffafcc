"""The command ``coldchain bench``: published instances, solved and judged."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import click

DEFAULT_SECONDS = 10.0


@click.command(epilog="Example: coldchain bench ccvrp cmt/vrpnc1.txt cmt/vrpnc2.txt --time-limit 10 --seed 1 --json")
@click.argument("kind", type=click.Choice(["ccvrp", "cvrp"]))
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(0), help="Seconds for each file; 10 by default.")
@click.option("--iterations", type=click.IntRange(0), help="Iterations for each file, instead of seconds.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--engine", type=click.Choice(["ruin-recreate", "ortools"]), default="ruin-recreate", show_default=True)
@click.option("--vehicles", type=click.IntRange(1), help="Vehicles of ccvrp, instead of those of best_known.csv.")
@click.option("--rounding", type=click.Choice(["none", "nearest", "up"]), help="Of distances; else the format's own.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Searches side by side.")
@click.option("--solutions", type=click.Path(path_type=Path), help="Folder to write the routes to, FILE.sol.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list on stdout.")
def bench(
    kind: Literal["ccvrp", "cvrp"], files: tuple[Path, ...], solutions: Path | None, as_json: bool, **given: Any
) -> None:
    """Solve published instances FILES: sum of arrival times (ccvrp) or distance (cvrp)."""
    from coldchain.benching import Settings, run_file, solution_text

    if given["time_limit_s"] is None and given["iterations"] is None:
        given["time_limit_s"] = DEFAULT_SECONDS
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    rows = []
    for file in files:
        row, routes = run_file(kind, file, settings)
        rows.append(asdict(row))
        if solutions is not None and row.cost is not None:
            solutions.mkdir(parents=True, exist_ok=True)
            (solutions / f"{file.stem}.sol").write_text(solution_text(routes), encoding="utf-8")
        if not as_json:
            cost = "none" if row.cost is None else f"{row.cost:,.2f}"
            gap = "" if row.gap is None else f"  {row.gap:.3%} above the best known"
            click.echo(f"{row.instance:20} {cost:>14}{gap}  {row.status}  {row.seconds:.1f} s")
    if as_json:
        click.echo(json.dumps(rows))
