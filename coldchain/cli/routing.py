"""The command ``coldchain routes``: the day's tours for real orders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from coldchain.cli.commands import (
    EXIT_INFEASIBLE,
    SHOWN_WARNINGS,
    interruptible,
    print_faults,
    variant_option,
)
from coldchain.cli.manners import json_option, next_step, path_argument, quiet_option, quoted
from coldchain.cli.telling import progress
from coldchain.errors import BrokenOffError, ColdchainError, UsageError
from coldchain.language import _, plural


@click.command(epilog="Example: coldchain routes runs/upland-base --orders today.csv --day summer --out runs/today")
@click.argument("source", metavar="RUN_OR_SCENARIO", type=path_argument)
@click.option("--orders", type=path_argument, help="Table of orders; the typical day of the period when left out.")
@click.option("--day", help="A period (summer), a gathering day (1 is the first) or a date (2026-07-15).")
@click.option("--start-from", type=path_argument, help="Earlier routes (folder or stops.csv) to begin with.")
@click.option("--engine", type=click.Choice(["ruin-recreate", "ortools"]), default="ruin-recreate", show_default=True,
              help="What searches the tours.")  # fmt: skip
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(0, min_open=True), help="Seconds of search.")
@click.option("--iterations", type=click.IntRange(0), help="Iterations; equal seed and iterations, equal tours.")
@click.option("--patience", type=click.IntRange(1), help="Stop after so many iterations without a better day.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Searches side by side.")
@click.option("--fleet", type=path_argument, help="Table of the vehicles at hand: vehicle, depot, count.")
@click.option("--driven", type=path_argument, multiple=True,
              help="Earlier days of the week: folders of routes, or one that holds them.")  # fmt: skip
@click.option("--locked", type=path_argument, help="Table of tours to drive as they stand, and halts kept together.")
@click.option("--depots", "choice", type=click.Choice(["planned", "any"]), help="Depots a lot may go to.")
@click.option("--depot-hours", "opening", help="Vehicles leave and come back between, e.g. 06:00-22:00.")
@click.option("--scenario", "moved", type=path_argument, help="Where the scenario of a run lies now.")
@click.option(
    "--write-orders", "template", type=path_argument, help="Write the typical day as orders to fill in; stop."
)
@click.option("--out", "folder", type=path_argument, help="Folder to write; an earlier one of routes is replaced.")
@variant_option
@json_option
@quiet_option
def routes(folder: Path | None, template: Path | None, as_json: bool, quiet: bool, **given: Any) -> int:
    """Route the day's orders: who fetches what when; sheets, GPX and a map. Ctrl-C keeps the best so far."""
    from coldchain.dispatch.dispatch import DispatchRequest, dispatch
    from coldchain.dispatch.drivers import earlier_days
    from coldchain.dispatch.folder import check_routes_target, write_day
    from coldchain.dispatch.summary import nothing_fetched, stays_behind

    if template is not None:
        _write_template(template, given)
        return 0
    if folder is None:
        raise UsageError(_("--out DIR must be given: the folder to write the routes to"))
    given["driven"] = earlier_days(given["driven"], given["day"], folder)
    wish = DispatchRequest(**_wishes(given), say=progress(quiet=quiet))
    check_routes_target(folder, wish)
    with interruptible() as stopped:
        try:
            made = dispatch(_with_stop(wish, stopped))
        except ColdchainError:
            if stopped():
                raise BrokenOffError(_("interrupted before any routes were found")) from None
            raise
    if not quiet:
        known = set(made.day.source.known_faults)
        print_faults([fault for fault in made.faults if fault not in known], most=SHOWN_WARNINGS)
    summary, tables = write_day(made, folder, _plain(given))
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        _show(summary, tables, folder, made.notes)
    for text in stays_behind(made, tables):
        click.echo(_("warning: {text}").format(text=text), err=True)
    if not nothing_fetched(made, tables):
        return 0
    told = _("error: nothing that must be fetched can be fetched; tables/unserved.csv says why")
    click.echo(told, err=True)
    return EXIT_INFEASIBLE


def _wishes(given: dict[str, Any]) -> dict[str, Any]:
    """Turn the options into what the dispatch asks for."""
    from coldchain.dispatch.clock import parse_span

    wishes = {key: value for key, value in given.items() if key not in ("choice", "opening")}
    try:
        opening = None if given["opening"] is None else parse_span(given["opening"])
    except ValueError as error:
        raise UsageError(_("--depot-hours {error}").format(error=error)) from None
    anywhere = None if given["choice"] is None else given["choice"] == "any"
    return {**wishes, "opening": opening, "anywhere": anywhere}


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    names = {"choice": "depots", "opening": "depot_hours"}
    return {names.get(key, key): str(value) if isinstance(value, Path) else value for key, value in given.items()}


def _with_stop(wish: Any, stopped: Any) -> Any:
    from dataclasses import replace

    return replace(wish, stop=stopped)


def _write_template(path: Path, given: dict[str, Any]) -> None:
    from coldchain.dispatch.dispatch import DispatchRequest, choose_period, typical_orders
    from coldchain.dispatch.lots import clock_of
    from coldchain.dispatch.orders import write_template
    from coldchain.dispatch.source import read_source

    wish = DispatchRequest(**_wishes({**given, "driven": ()}))
    source = read_source(wish.source, wish.variant, wish.moved)
    period, note = choose_period(source, wish.day)
    orders = typical_orders(source, period, anywhere=bool(wish.anywhere))
    ready_h = clock_of(source, period, since_ready=True).ready_h
    write_template(orders, source.scenario, path, ready_h)
    told = plural(
        "wrote {path}: {count} order of a typical day of {period}",
        "wrote {path}: {count} orders of a typical day of {period}",
        len(orders),
    )
    click.echo(told.format(path=path, count=len(orders), period=source.scenario.periods[period].id))
    if note:
        click.echo(note)
    day = f" --day {wish.day}" if wish.day else ""
    command = f"coldchain routes {quoted(wish.source)}{day} --orders {quoted(path)} --out DIR"
    next_step(_("change it, then {command}").format(command=command))


def _show(summary: dict[str, Any], tables: Any, folder: Path, notes: tuple[str, ...]) -> None:
    from rich.console import Console

    from coldchain.dispatch.terminal import WIDTH, print_day

    console = Console()
    print_day(summary, tables, console if console.is_terminal else Console(width=WIDTH), folder)
    for note in notes:
        click.echo(_("note: {text}").format(text=note))
    next_step(f"coldchain verify {quoted(folder)}")
