"""The command ``coldchain roll``: a week of a county planned anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from coldchain.cli.commands import EXIT_BUG
from coldchain.cli.manners import json_option, next_step, path_argument, quiet_option, quoted
from coldchain.language import _, plural
from coldchain.language.amounts import exact_cny
from coldchain.language.ids import word


@click.command(epilog="Example: coldchain roll county --week 2026-W31")
@click.argument("county", type=path_argument)
@click.option("--week", required=True, help="Week to plan, like 2026-W31, or a day in it.")
@click.option("--deliveries", type=path_argument, help="Table of what came: village, commodity, date, kg or t.")
@click.option("--held", type=path_argument, help="Table of what stays: village, commodity, depot, through, reason.")
@click.option("--weather", type=path_argument, help="Mean temperature of each day: date, temp_c.")
@click.option("--markets", type=path_argument, help="Markets behind the hubs: market, hub, onward_h, freight_cny_t.")
@click.option("--prices", type=path_argument, help="What a kilogram fetched: market, commodity, date, price_cny_kg.")
@click.option("--changes", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="Share of the villages that may change their depot.")  # fmt: skip
@click.option("--scenario", type=path_argument, help="Where the scenario of the plan lies now.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result.")
@json_option
@quiet_option
def roll(county: Path, week: str, as_json: bool, quiet: bool, **given: Any) -> int:
    """Plan a week of a COUNTY anew: the depots stay, who goes where on which days is decided again.

    COUNTY is a run of a plan, or a folder with one in plan/ and tables beside it: deliveries.csv, held.csv,
    weather.csv, markets.csv, prices.csv. What is loaded, contracted or frozen stays, and only a share of the villages
    may change. Writes COUNTY/rolls/WEEK with the plan of the week, orders for each day, sheets for depots and a notice
    of change; a week that was planned from the same inputs is left as it is.
    """
    from coldchain.weeks import INPUTS, Asked, roll_week

    tables = {name: given[name] for name in INPUTS if given[name] is not None}
    asked = Asked(county, week, tables, given["changes"], given["scenario"], given["seed"])
    found = roll_week(asked)
    if not quiet:
        for text in found["warnings"]:
            click.echo(_("warning: {text}").format(text=text), err=True)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found, asked.target)
    return 0 if found["verified"]["ok"] else EXIT_BUG


def _show(found: dict[str, Any], folder: Path) -> None:
    from coldchain.model.naming import labelled
    from coldchain.weeks.tables import LEFT

    villages, cny = found["villages"], found["cny"]
    told = _("{week} ({period}): {t:,.1f} t expected, {planned:,.1f} t planned for the season")
    click.echo(told.format(week=found["week"], period=word(found["period"]), **_tonnes(found)))
    text = plural("{n} of {total} villages goes to another depot ({limit} may), saving {cny} this week",
                  "{n} of {total} villages go to another depot ({limit} may), saving {cny} this week",
                  villages["changed"])  # fmt: skip
    figures = {"n": villages["changed"], "total": villages["total"], "limit": villages["limit"]}
    click.echo(text.format(**figures, cny=exact_cny(cny["gain"])))
    left = _("left to the trader this week: {t:,.1f} t")
    for row in found["changes"]:
        stays = row["why"] in LEFT
        way = left.format(t=row["left_out_t"]) if stays else f"{row['from'] or '—'} → {row['to'] or '—'}"
        click.echo(f"  {labelled(row['village'], row['name'])}: {way}")
    _show_sales(found)
    click.echo(_("written to {folder}").format(folder=folder))
    planned = Path(os.path.normpath(folder / found["run"]))
    next_step(f"coldchain routes {quoted(planned)} --orders {quoted(folder / 'orders')}/DAY.csv")


def _show_sales(found: dict[str, Any]) -> None:
    sales = found.get("sales")
    if sales is None:
        return
    if sales["markets"]:
        _show_earned(found)
    stored = sales["stored_t"]
    if stored["before"] or stored["in"]:
        text = _("store: {before:,.1f} t before, {came:,.1f} t in, {out:,.1f} t out, {after:,.1f} t after")
        click.echo(text.format(before=stored["before"], came=stored["in"], out=stored["out"], after=stored["after"]))


def _show_earned(found: dict[str, Any]) -> None:
    sales = found["sales"]
    text = _("sold for {cny}, {more} more than at the nearest market; {share:.0%} within {target:g} h")
    if sales["stored_t"]["in"] or sales["stored_t"]["out"]:  # then the nearest market would sell other goods
        text = _("sold for {cny}; {share:.0%} of what is fresh within {target:g} h")
    more = exact_cny(sales["earned_cny"] - sales["nearest_cny"])
    click.echo(text.format(cny=exact_cny(sales["earned_cny"]), more=more,
                           share=sales["in_time_share"], target=found["delivery_h"]["week"]["target"]))  # fmt: skip


def _tonnes(found: dict[str, Any]) -> dict[str, float]:
    return {"t": found["expected"]["t"], "planned": found["expected"]["planned_t"]}
