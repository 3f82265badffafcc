"""The command ``coldchain forecast``: prices and demand to come, and how well they would have been forecast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coldchain.cli.commands import SHOWN_WARNINGS, print_faults
from coldchain.cli.manners import json_option, next_step, path_argument, quiet_option, quoted
from coldchain.errors import UsageError
from coldchain.language import _, plural

if TYPE_CHECKING:
    from coldchain.forecasts import Backtest, Outlook, Unmodelled

HORIZON = 3
SHOWN_UNMODELLED = 12


@click.command(epilog="Example: coldchain forecast prices.csv --horizon 3 --out outlook.csv")
@click.argument("file", type=path_argument)
@click.option("--horizon", type=click.IntRange(1, 52), default=HORIZON, show_default=True,
              help="Steps ahead: days, weeks or months, as the dates of the file are.")  # fmt: skip
@click.option("--backtest", is_flag=True, help="Forecast from past dates instead, and compare with what came.")
@click.option("--trees", is_flag=True, help="Try boosted trees too; needs coldchain[forecast].")
@click.option("--out", type=path_argument, help="CSV file to write; stdout when left out.")
@json_option
@quiet_option
def forecast(
    file: Path, horizon: int, backtest: bool, trees: bool, out: Path | None, as_json: bool, quiet: bool
) -> None:
    """Forecast the series of a FILE with the columns series, date and value, with 80 % intervals.

    All series are learned from together; beside each figure stand the last value and that of a year ago. A series with
    fewer than two seasons in a row is named and not forecast.
    """
    from coldchain.forecasts import backtest as try_out
    from coldchain.forecasts import forecast as look_out
    from coldchain.forecasts import panel_of, read_series

    if backtest and out is not None:
        raise UsageError(_("--out goes with a forecast; a backtest prints its scores"))
    series = read_series(file)
    panel = panel_of(series)
    if not quiet:
        print_faults((*series.faults, *panel.faults), most=SHOWN_WARNINGS)
    if backtest:
        _show_backtest(try_out(panel, horizon, file=series.file, trees=trees, faults=series.faults), as_json=as_json)
        return
    found = look_out(panel, horizon, file=series.file, trees=trees, faults=series.faults)
    _show_outlook(found, out, as_json=as_json, quiet=quiet)
    if not as_json:
        next_step(f"coldchain forecast {quoted(file)} --horizon {horizon} --backtest")


def _show_backtest(found: Backtest, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
        return
    text = plural("{series} series, {origins} past date, {horizon} steps ahead each",
                  "{series} series, {origins} past dates, {horizon} steps ahead each", found.whole.origins)  # fmt: skip
    click.echo(text.format(series=found.series, origins=found.whole.origins, horizon=found.horizon))
    for name, score in found.whole.mase.items():
        later = found.judged_on.mase[name]
        line = _("  {name}: MASE mean {mean:.2f}, median {median:.2f}; on the later half {mean_2:.2f}, {median_2:.2f}")
        click.echo(
            line.format(name=name, mean=score.mean, median=score.median, mean_2=later.mean, median_2=later.median)
        )
    line = _("default: {name}, chosen on the earlier half; its 80 % intervals held {share:.0%} of the values")
    click.echo(line.format(name=found.default, share=found.whole.coverage_80))
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
