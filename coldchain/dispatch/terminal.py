"""The day on the terminal: what is fetched, by how many vehicles, at what cost, and what stays behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coldchain.dispatch.clock import span
from coldchain.dispatch.tables import Tables, records
from coldchain.errors import shortened
from coldchain.language import N_, _, plural
from coldchain.language.ids import word
from coldchain.model.ending import ending_text
from coldchain.model.naming import labelled
from coldchain.reports.figures import percent

WIDTH, LABEL, MOST_TOURS, MOST_LEFT, MOST_NAMED = 100, 24, 12, 8, 2
STATUS = {
    "feasible": N_("tours that keep every limit"),
    "limit": N_("tours that keep every limit, the best in the time given"),
    "infeasible": N_("nothing can be fetched"),
}
FILES = {
    "map.html": N_("the map, opens in any browser without a network"),
    "sheets/": N_("a route sheet for each vehicle: to print, as CSV and as GPX for the phone"),
    "routes.geojson": N_("all trips along the roads"),
    "tables/": N_("tours, stops, lots, unserved and more as CSV"),
    "routes.json": N_("these figures for programs"),
}


def print_day(summary: Mapping[str, Any], tables: Tables, console: Console, folder: Path) -> None:
    """Print a routed day in at most 100 columns."""
    plain = not console.is_terminal or console.no_color
    width = min(console.width, WIDTH)
    day = summary["day"]
    status = _(STATUS[summary["status"]])
    when = word(str(day["given"] or day["period"]))
    heading = _("{name}, {day}, {orders}: {status}").format(
        name=summary["scenario"]["name"], day=when, orders=_(day["orders"]), status=status
    )
    console.print(Text(heading, style="" if plain else "bold"), width=width)
    console.print()
    console.print(_facts(summary, plain), width=width)
    if len(tables["tours"]):
        console.print()
        console.print(_tours(tables, plain), width=width)
    if (more := len(tables["tours"]) - MOST_TOURS) > 0:
        console.print(Text(_("and {count} more in tables/tours.csv").format(count=more)), width=width)
    for line in _behind(tables["unserved"]):
        console.print(Text(line, style="" if plain else "yellow"), width=width)
    told = _("written to {folder}").format(folder=folder)
    console.print(Text(f"\n{told}", style="" if plain else "bold"), width=width)
    for name, meaning in FILES.items():
        console.print(Text(f"  {name:<16}{_(meaning)}"), width=width, soft_wrap=True)


def _trips(summary: Mapping[str, Any]) -> str:
    parts = (
        plural("{vehicles:,} vehicle", "{vehicles:,} vehicles", summary["vehicles"]),
        plural("{trips:,} trip", "{trips:,} trips", summary["trips"]),
        plural("to {depots:,} depot", "to {depots:,} depots", summary["depots"]),
    )
    return _(", ").join(part.format(**summary) for part in parts)


def _hired(hire: Sequence[Mapping[str, Any]]) -> str:
    """Say how many vehicles of which type must be hired for the day, and what that costs."""
    told = _(", ").join(f"{word(str(one['type']))} × {one['vehicles']}" for one in hire)
    return _("{vehicles}, CNY {cny:,.0f} for the day").format(vehicles=told, cny=sum(one["cny"] for one in hire))


def _used_up(drivers: Sequence[Mapping[str, Any]]) -> str:
    """Say whose week is used up, and what vehicles in their place cost for a day."""
    told = _("{drivers}; vehicles for hire in their place: CNY {cny:,.0f} a day")
    names = shortened(tuple(str(one["driver"]) for one in drivers), MOST_NAMED)
    return told.format(drivers=names, cny=sum(one["hire_cny_day"] for one in drivers))


def _facts(summary: Mapping[str, Any], plain: bool) -> Table:
    table = _table(plain, _("Day"), "")
    orders, loss, cost, aboard = summary["orders"], summary["loss"], summary["cost_cny"], summary["aboard_h"]
    half, share = span(aboard["p50"]), percent(loss["rate"])
    rows = [
        (_("Orders"), _("{count:,}, {kg:,.0f} kg").format(**orders)),
        (_("Fetched"), _("{served_kg:,.0f} kg; {unserved_kg:,.0f} kg stay behind").format(**orders)),
        (_("Vehicles"), _trips(summary)),
        *((_("To hire"), _hired(summary["hire"])) for _some in summary["hire"][:1]),
        *((_("Week used up"), _used_up(summary["used_up"])) for _some in summary["used_up"][:1]),
        (_("Way"), _("{km:,.0f} km, {hours:,.1f} vehicle hours").format(**summary)),
        (_("Aboard"), _("half within {half}, all within {most}").format(half=half, most=span(aboard["max"]))),
        (_("Expected loss"), _("{kg:,.0f} kg ({share}), CNY {cny:,.0f}, to the buyer").format(**loss, share=share)),
        (_("Vehicles cost"), _("CNY {cny:,.0f}").format(cny=cost["vehicles"])),
        (_("Vehicles and loss"), _("CNY {cny:,.0f}").format(cny=cost["total"])),
        (_("Search ended"), ending_text(summary["ended"])),
    ]
    for label, text in rows:
        table.add_row(label, text)
    return table


def _table(plain: bool, title: str, *columns: str) -> Table:
    box = ASCII2 if plain else SIMPLE_HEAD
    table = Table(box=box, show_edge=False, pad_edge=False, header_style="" if plain else "bold cyan")
    table.add_column(title, min_width=LABEL if len(columns) == 1 else 8, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right" if len(columns) > 1 else "left", no_wrap=len(columns) > 1)
    return table


def _tours(tables: Tables, plain: bool) -> Table:
    """List the first tours; vehicles and trips are told where they differ."""
    tours = tables["tours"]
    several = tours["vehicle"].nunique() > 1, bool((tours["trips"] > 1).any())
    told = [name for name, shown in zip((N_("vehicle"), N_("trips")), several, strict=True) if shown]
    heads = [_("hours"), _("stops"), _("kg"), _("km"), _("aboard"), _("loss kg"), _("CNY")]
    table = _table(plain, _("Tour"), *(_(name) for name in told), *heads)
    for row in records(tours.head(MOST_TOURS)):
        figures = (f"{row['load_kg']:,.0f}", f"{row['km']:,.0f}", _("{hours:.1f} h").format(hours=row["aboard_max_h"]))
        hours, lost, money_out = f"{row['leave']}-{row['back']}", f"{row['loss_kg']:,.0f}", f"{row['cost_cny']:,.0f}"
        more = [word(str(row[name])) for name in told]
        table.add_row(str(row["tour"]), *more, hours, str(row["stops"]), *figures, lost, money_out)
    return table


def _behind(unserved: pd.DataFrame) -> list[str]:
    """Say of which villages what stays behind and why, lots of one reason together."""
    left = records(unserved)
    if not left:
        return []
    reasons: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in left:
        reasons[row["detail"]].append(row)
    lines = [plural("{count} lot stays behind:", "{count} lots stay behind:", len(left)).format(count=len(left))]
    for detail, rows in sorted(reasons.items(), key=lambda item: -sum(row["kg"] for row in item[1]))[:MOST_LEFT]:
        villages = tuple(dict.fromkeys(labelled(row["village"], row["name"]) for row in rows))
        told = _("  {kg:,.0f} kg ({orders}): {reason}")
        kg = sum(row["kg"] for row in rows)
        lines.append(told.format(kg=kg, orders=shortened(villages, MOST_NAMED), reason=detail))
    more = len(reasons) - MOST_LEFT
    told = plural(
        "  and {count} more reason in tables/unserved.csv", "  and {count} more reasons in tables/unserved.csv", more
    )
    return [*lines, told.format(count=more)] if more > 0 else lines
