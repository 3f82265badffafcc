"""``coldchain kept``: what a season's days promised and kept, and what that says of the scenario's figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coldchain.cli.commands import variant_option
from coldchain.cli.manners import json_option, path_argument
from coldchain.errors import UsageError, system_reason
from coldchain.language import _, plural

if TYPE_CHECKING:
    from coldchain.telemetry.season import MeasuredSeason

SHOWN = 20


@click.command(epilog="Example: coldchain kept county lanes/*.csv --page promised.html --out proposals.csv")
@click.argument("scenario", type=path_argument)
@click.argument("lanes", nargs=-1, required=True, type=path_argument)
@click.option("--out", type=path_argument, help="Table of the figures proposed, with their evidence (CSV).")
@click.option("--page", type=path_argument, help="Page to write: promised and kept, lane by lane (HTML, one file).")
@variant_option
@json_option
def kept(
    scenario: Path, lanes: tuple[Path, ...], out: Path | None, page: Path | None, variant: str, *, as_json: bool
) -> None:
    """Compare the days of a season with their plans: LANES are the tables that `coldchain watch --lanes` writes.

    Proposes figures of SCENARIO that measured days contradict, with their evidence; SCENARIO itself is never changed.
    """
    from coldchain.scenario import load
    from coldchain.telemetry.season import read_lanes, season_of
    from coldchain.telemetry.seasonpage import write_season_page

    found = season_of(read_lanes(lanes), load(scenario, variant)[0])
    try:
        if out is not None:
            found.write_proposals(out)
        if page is not None:
            write_season_page(found, page)
    except OSError as error:
        told = _("{path} cannot be written: {strerror}").format(path=error.filename, strerror=system_reason(error))
        raise UsageError(told) from error
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
        return
    _show(found)


def _show(found: MeasuredSeason) -> None:
    lanes = found.lanes
    told = plural("{count} day, {lanes} lanes measured", "{count} days, {lanes} lanes measured", len(found.days))
    click.echo(told.format(count=len(found.days), lanes=len(lanes)))
    if len(lanes):
        promised, lost, kg = (float(lanes[name].sum()) for name in ("kg_lost_planned", "kg_lost_measured", "kg"))
        told = _("promised {promised:.2%} lost, kept {lost:.2%}, of {kg:,.0f} kg")
        click.echo(told.format(promised=promised / kg, lost=lost / kg, kg=kg))
    for one in found.proposed[:SHOWN]:
        told = _("  {table} {id} {column}: {stated:g}, measured {proposed:.3g} ({low:.3g} to {high:.3g}); {evidence}")
        click.echo(told.format(**vars(one)))
    if not found.proposed:
        click.echo(_("  no figure of the scenario is contradicted"))
