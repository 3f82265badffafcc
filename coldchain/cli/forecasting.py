"""The command ``coldchain forecast``: prices and demand to come, and how well they would have been forecast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import SHOWN_WARNINGS, print_faults
from coldchain.cli.manners import json_option, next_step, path_argument, quiet_option, quoted
from coldchain.errors import UsageError
from coldchain.language import N_, _, plural

if TYPE_CHECKING:
    from coldchain.forecasts import Backtest, HarvestBacktest, Outlook, Unmodelled

HORIZON = 3
SHOWN_UNMODELLED = 12
CLOCKS = {"degree_days": N_("degree-days"), "calendar": N_("the calendar")}


@click.command(epilog="Example: coldchain forecast prices.csv --horizon 3 --out outlook.csv")
@click.argument("file", type=path_argument)
@click.option("--horizon", type=click.IntRange(1, 52), default=HORIZON, show_default=True,
              help="Steps ahead: days, weeks or months, as the dates of the file are.")  # fmt: skip
@click.option("--backtest", is_flag=True, help="Forecast from past dates instead, and compare with what came.")
@click.option("--trees", is_flag=True, help="Try boosted trees too; needs coldchain[forecast].")
@click.option(
    "--weather",
    type=path_argument,
    help="FILE holds deliveries in t by crop; forecast harvests with these temperatures (date, temp_c).",
)
@click.option(
    "--base",
    "base_c",
    type=click.FloatRange(-5, 30),
    help="With --weather: °C below which a crop does not develop; 10.",
)
@click.option("--out", type=path_argument, help="CSV file to write; stdout when left out.")
@json_option
@quiet_option
def forecast(file: Path, horizon: int, as_json: bool, quiet: bool, **given: Any) -> None:
    """Forecast the series of a FILE with the columns series, date and value, with 80 % intervals.

    All series are learned from together; beside each figure stand the last value and that of a year ago. A series with
    fewer than two seasons in a row is named and not forecast.

    With --weather the values are deliveries, and the harvest of each crop is forecast by week from the warmth of the
    season so far; a crop needs three whole seasons.
    """
    from coldchain.forecasts import Outlook

    out, weather = given["out"], given["weather"]
    if given["backtest"] and out is not None:
        raise UsageError(_("--out goes with a forecast; a backtest prints its scores"))
    if weather is not None and given["trees"]:
        raise UsageError(_("--trees does not go with --weather"))
    if weather is None and given["base_c"] is not None:
        raise UsageError(_("--base goes with --weather"))
    found = _harvest(file, weather, horizon, given) if weather is not None else _series(file, horizon, given)
    if not quiet:
        print_faults(found.faults, most=SHOWN_WARNINGS)
    if not isinstance(found, Outlook):
        _show_backtest(found, horizon, as_json=as_json)
        return
    _show_outlook(found, out, as_json=as_json, quiet=quiet)
    if not as_json:
        with_weather = "" if weather is None else f" --weather {quoted(weather)}"
        next_step(f"coldchain forecast {quoted(file)}{with_weather} --horizon {horizon} --backtest")


def _series(file: Path, horizon: int, given: dict[str, Any]) -> Outlook | Backtest:
    from coldchain.forecasts import backtest, forecast, panel_of, read_series

    series = read_series(file)
    panel, options = panel_of(series), {"file": series.file, "trees": given["trees"], "faults": series.faults}
    return backtest(panel, horizon, **options) if given["backtest"] else forecast(panel, horizon, **options)


def _harvest(file: Path, weather: Path, horizon: int, given: dict[str, Any]) -> Outlook | HarvestBacktest:
    from coldchain.forecasts import BASE_C, backtest_harvest, forecast_harvest, read_deliveries, read_weather

    base_c = BASE_C if given["base_c"] is None else given["base_c"]
    parts = read_deliveries(file), read_weather(weather), horizon
    return backtest_harvest(*parts, base_c=base_c) if given["backtest"] else forecast_harvest(*parts, base_c=base_c)


def _show_backtest(found: Backtest | HarvestBacktest, horizon: int, *, as_json: bool) -> None:
    printed = found.as_dict()
    if as_json:
        click.echo(json.dumps(printed, ensure_ascii=False))
        return
    text = plural("{series} series, {origins} past date, {horizon} steps ahead each",
                  "{series} series, {origins} past dates, {horizon} steps ahead each", printed["origins"])  # fmt: skip
    click.echo(text.format(series=printed["series"], origins=printed["origins"], horizon=horizon))
    judged = printed.get("judged_on", {}).get("mase", {})
    for name, score in printed["mase"].items():
        line = _("  {name}: MASE mean {mean:.2f}, median {median:.2f}").format(name=name, **score)
        if name in judged:
            line += _("; on the later half {mean:.2f}, {median:.2f}").format(**judged[name])
        click.echo(line)
    line = _("default: {name}; its 80 % intervals held {share:.0%} of the values")
    click.echo(line.format(name=printed["default"], share=printed["coverage_80"]))
    for name, clock in printed.get("clocks", {}).items():
        click.echo(_("  {name} follows {clock}").format(name=name, clock=_(CLOCKS[clock])))
    _show_unmodelled(found.unmodelled)


def _show_outlook(found: Outlook, out: Path | None, *, as_json: bool, quiet: bool) -> None:
    from coldchain.cells import csv_text
    from coldchain.runs import write_in_place
    from coldchain.runs.folder import csv_bytes

    if out is not None:
        write_in_place(out, lambda path: path.write_bytes(csv_bytes(found.table)))
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    elif out is None:
        click.echo(csv_text(found.table), nl=False)
    else:
        click.echo(str(out))
    if not (quiet or as_json):
        _show_unmodelled(found.unmodelled)


def _show_unmodelled(unmodelled: tuple[Unmodelled, ...]) -> None:
    """Name on stderr the series that are not forecast, with the reason."""
    if not unmodelled:
        return
    text = plural("{count} series has too little data and is not forecast:",
                  "{count} series have too little data and are not forecast:", len(unmodelled))  # fmt: skip
    click.echo(text.format(count=len(unmodelled)), err=True)
    for one in unmodelled[:SHOWN_UNMODELLED]:
        click.echo(_("  {series}: {reason}").format(series=one.series, reason=one.reason), err=True)
    if len(unmodelled) > SHOWN_UNMODELLED:
        click.echo(_("  and {count} more; --json lists all").format(count=len(unmodelled) - SHOWN_UNMODELLED), err=True)
