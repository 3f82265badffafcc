"""``coldchain logger``: what a file of a temperature logger says, and the life a crop used up beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from coldchain.cli.manners import json_option, path_argument
from coldchain.language import _

SHOWN_ALARMS = 12


@click.command(epilog="Example: coldchain logger truck7.txt --crop strawberry")
@click.argument("file", type=path_argument)
@click.option("--crop", help="Crop of the catalogue that travelled with the logger.")
@click.option("--map", "mapping", type=path_argument, help="Mapping file (TOML) of the columns of another brand.")
@json_option
def logger(file: Path, crop: str | None, mapping: Path | None, as_json: bool) -> int:
    """Read a FILE of a temperature logger: means, extremes, alarms, and the life a crop used up beside it."""
    from coldchain.cli.shelving import commodity_of
    from coldchain.telemetry.logger import figures_of, read_logger

    commodity = None if crop is None else commodity_of(crop)
    figures = figures_of(read_logger(file, mapping), commodity)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        _show(figures)
    return 0


def _show(figures: dict[str, Any]) -> None:
    click.echo(_("{device} {serial}: {start} to {end}, {readings} readings").format(**figures))
    click.echo(
        _("  mean {mean_c:.2f} °C, coldest {min_c:.1f} °C, warmest {max_c:.1f} °C").format(
            mean_c=figures["mean_c"], min_c=figures["min_c"], max_c=figures["max_c"]
        )
    )
    band = figures["mkt_band"]
    if band is None:
        click.echo(_("  mean kinetic temperature {mkt_c:.2f} °C (83.144 kJ/mol)").format(mkt_c=figures["mkt_c"]))
    else:
        told = _("  mean kinetic temperature from {low:.1f} to {high:.1f} °C: the file holds figures of days only")
        click.echo(told.format(**band))
    for alarm in figures["alarms"][:SHOWN_ALARMS]:
        above = _("  alarm {start}: {minutes} min above {limit_c:g} °C")
        below = _("  alarm {start}: {minutes} min below {limit_c:g} °C")
        click.echo((above if alarm["side"] == "high" else below).format(**alarm))
    more = len(figures["alarms"]) - SHOWN_ALARMS
    if more > 0:
        click.echo(_("  and {more} more alarms").format(more=more))
    if figures["life_used"] is not None:
        told = _("  life used {likely:.1%} (from {low:.1%} to {high:.1%})")
        click.echo(told.format(**figures["life_used"]))
