"""The result on the terminal: what changes, what it costs, and where the files lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coldchain.language import N_, _, plural
from coldchain.language.amounts import in_millions
from coldchain.planning import Plan
from coldchain.reports import figures
from coldchain.reports.moving import doubt_facts

WIDTH = 100
LABEL = 24
SHOWN_WARNINGS = 5
FILES = {
    "map.html": N_("the map, opens in any browser without a network"),
    "plan.gpkg": N_("layers for QGIS, styled"),
    "tables/": N_("depots, villages, routes, awards and more as CSV"),
    "summary.json": N_("these figures for programs"),
    "run.json": N_("arguments, settings, hashes and versions"),
}
STATUS = {
    "optimal": N_("proved best within the wanted gap"),
    "feasible": N_("a plan that keeps every limit"),
}


def print_summary(plan: Plan | Mapping[str, Any], console: Console, folder: Path | None = None) -> None:
    """Print a plan or its summary in at most 100 columns; plain text when the console is no terminal.

    Parameters
    ----------
    folder : where the run was written, named at the end
    """
    summary = plan.summary if isinstance(plan, Plan) else plan
    plain = not console.is_terminal or console.no_color
    width = min(console.width, WIDTH)
    scenario = summary["scenario"]
    heading = _("{name} / {variant}: {status}").format(**scenario, status=_status(summary))
    console.print(Text(heading, style="" if plain else "bold"), width=width)
    for table in (_changes(summary, plain), _facts(summary, plain), _costs(summary, plain), _savings(summary, plain)):
        if table.row_count:
            console.print()
            console.print(table, width=width)
    console.print()
    for one in figures.assumptions(summary):
        text = _("note: {text}") if one.what in ("note", "licence") else _("assumed: {text}")
        console.print(Text(text.format(text=one)), width=width)
    for warning in summary["warnings"][:SHOWN_WARNINGS]:
        console.print(Text(_("warning: {text}").format(text=warning), style="" if plain else "yellow"), width=width)
    if len(summary["warnings"]) > SHOWN_WARNINGS:
        more = plural(
            "and {count} more warning in summary.json",
            "and {count} more warnings in summary.json",
            len(summary["warnings"]) - SHOWN_WARNINGS,
        ).format(count=len(summary["warnings"]) - SHOWN_WARNINGS)
        console.print(Text(more), width=width)
    if folder is not None:
        console.print(_places(folder, plain), width=width, soft_wrap=True)


def _status(summary: Mapping[str, Any]) -> str:
    return _(STATUS.get(summary["status"], str(summary["status"])))


def _table(plain: bool, title: str, *columns: str) -> Table:
    box = ASCII2 if plain else SIMPLE_HEAD
    table = Table(box=box, show_edge=False, pad_edge=False, expand=False, header_style="" if plain else "bold cyan")
    table.add_column(title, min_width=LABEL, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right" if len(columns) > 1 else "left")
    return table


def _changes(summary: Mapping[str, Any], plain: bool) -> Table:
    table = _table(plain, "", _("today"), _("with the plan"))
    for label, before, after in figures.before_and_after(summary):
        table.add_row(label, before, after)
    return table


def _facts(summary: Mapping[str, Any], plain: bool) -> Table:
    table = _table(plain, _("Plan"), "")
    parts = (figures.investment_facts, figures.net_facts, doubt_facts, figures.service_facts, figures.proof)
    for label, text in (row for part in parts for row in part(summary)):
        table.add_row(label, text)
    return table


def _costs(summary: Mapping[str, Any], plain: bool) -> Table:
    table = _table(plain, _("Cost a year"), _("CNY M"), _("share"))
    total = float(summary["annual_cny"]["total"])
    for label, cny in (*figures.yearly_costs(summary), (_("Total"), total)):
        table.add_row(label, in_millions(cny), figures.percent(cny / total if total else 0.0))
    return table


def _savings(summary: Mapping[str, Any], plain: bool) -> Table:
    table = _table(plain, _("Where the saving comes from"), _("t a year"), _("CNY M"))
    for label, t, cny in figures.waterfall(summary):
        table.add_row(label, f"{t:,.0f}", in_millions(cny))
    return table


def _places(folder: Path, plain: bool) -> Text:
    text = Text("\n" + _("written to {folder}").format(folder=folder) + "\n", style="" if plain else "bold")
    for name, meaning in FILES.items():
        text.append(f"  {name:<14}{_(meaning)}\n", style="not bold")
    text.rstrip()
    return text
