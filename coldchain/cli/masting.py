"""The command ``coldchain masts``: villages and lanes without a signal, masts under a budget, their cost by carrier."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import click

from coldchain.cli.commands import variant_option
from coldchain.cli.manners import Money, json_option, path_argument
from coldchain.errors import shortened
from coldchain.language import _

SHOWN = 12


@click.command("masts", epilog="Example: coldchain masts runs/county --elevation srtm --budget 300万元 --out masts")
@click.argument("source", metavar="SCENARIO_OR_RUN", type=path_argument)
@click.option("--elevation", type=path_argument, required=True,
              help="Elevation tile (.hgt, .hgt.zip) or a folder of them.")  # fmt: skip
@click.option("--coverage", "layer", type=path_argument,
              help="Layer of areas with a signal today; column carrier says whose.")  # fmt: skip
@click.option("--budget", type=Money(), help="For towers and equipment; without it every village that can be reached.")
@click.option("--carriers", default="mobile,unicom,telecom", show_default=True, help="Carriers that share the masts.")
@click.option("--radius", "radius_km", type=click.FloatRange(0.1, 60), default=8.0, show_default=True,
              help="Kilometres a signal carries.")  # fmt: skip
@click.option("--ghz", type=click.FloatRange(0.1, 6), default=0.8, show_default=True, help="Frequency in GHz.")
@click.option("--out", "folder", type=path_argument, help="Folder for the tables of villages, lanes and masts.")
@variant_option
@json_option
def masts(source: Path, elevation: Path, folder: Path | None, as_json: bool, **given: Any) -> None:
    """Find villages and lanes without a signal, site masts for all carriers together, and split their cost."""
    from coldchain.coverage.sight import Radio
    from coldchain.coverage.study import MastRequest, study, write_study

    names = tuple(name.strip() for name in re.split("[,，、]", given["carriers"]))
    budget = math.inf if given["budget"] is None else given["budget"]
    radio = Radio(given["radius_km"], given["ghz"])
    found = study(MastRequest(source, elevation, given["layer"], budget, names, radio, given["variant"]))
    written = [] if folder is None else write_study(found, folder)
    if as_json:
        click.echo(json.dumps(found.printed(), ensure_ascii=False))
        return
    _show(found.printed())
    for path in written:
        click.echo(str(path))


def _show(told: dict[str, Any]) -> None:
    """Print what was found."""
    blind, after = told["villages"]["blind"], told["villages"]["blind_after"]
    text = _("villages without a signal: {blind} of {all}; with the masts {after}")
    click.echo(text.format(blind=len(blind), all=told["villages"]["all"], after=len(after)))
    if after:
        click.echo(_("  still without: {names}").format(names=shortened(after, SHOWN)))
    text = _("lanes without a signal: {blind_km:,.1f} of {km:,.1f} km; with the masts {blind_km_after:,.1f} km")
    click.echo(text.format(**told["lanes_km"]))
    built = _(", ").join(told["built"]) or "-"
    click.echo(_("masts: {names}; {cost:,.0f} CNY").format(names=built, cost=told["cost_cny"]))
    text = _("  tonnes that get a signal: {t:,.1f}; no choice within the budget reaches more than {bound:,.1f}")
    click.echo(text.format(t=told["t_connected"], bound=told["t_bound"]))
    text = _("  {carrier}: alone {alone_cny:,.2f} CNY, Shapley {shapley:,.2f}, nucleolus {nucleolus:,.2f}")
    for share in told["shares"]:
        if "shapley" in share and "nucleolus" in share:
            click.echo(text.format(**share))
