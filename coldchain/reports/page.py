"""A report as one HTML page that needs no network and prints on A4."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from coldchain.language import _, language, plural
from coldchain.reports.columns import Form
from coldchain.reports.document import Section, Told, better_known
from coldchain.reports.figures import money, percent, tonnes
from coldchain.reports.sketch import two_maps
from coldchain.reports.strokes import curve, divided_bar, pairs_chart, years_chart

STYLE = """
body { font: 14px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", system-ui, sans-serif; color: #22303c;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 1.8rem 0 .4rem; color: #12536f; }
p.lead { font-size: 1.1rem; margin: .3rem 0 1rem; }
p.warning { border-left: 4px solid #b45309; padding-left: .6rem; } p.note { color: #44515d; margin: .4rem 0; }
div.tiles { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1rem 0; }
div.tile { flex: 1 1 9rem; border: 1px solid #cfd8dc; border-radius: .4rem; padding: .5rem .8rem; }
div.tile b { display: block; font-size: 1.35rem; color: #12536f; white-space: nowrap; }
div.tile span { color: #66727f; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .25rem .5rem; border-bottom: 1px solid #ddd;
  text-align: left; vertical-align: top; } th { background: #dcebe6; font-weight: 600; vertical-align: bottom; }
tbody tr:nth-child(even) { background: #f7faf9; }
td.n, th.n { text-align: right; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; } table.wide { font-size: .78rem; }
figure { margin: .8rem 0; } svg { width: 100%; height: auto; }
figcaption { color: #44515d; font-size: .9rem; } footer { margin-top: 2rem; color: #66727f; font-size: .85rem; }
@page { size: A4; margin: 14mm 13mm; }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 11px; } h2, p.note { break-after: avoid; }
  tr, table.short, figure, div.tiles, p { break-inside: avoid; } thead { display: table-header-group; }
  a { color: inherit; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
MOST_ROWS, MOST_BARS = 60, 20
NARROW = '<meta name="viewport" content="width=device-width">'  # a telephone shows the page at its own width
SHORT_ROWS = 12
"""Rows up to which a table is kept on one sheet of paper."""
WRITE: dict[Form, str] = {
    "count": "{:,.0f}", "tonnes": "{:,.1f}", "cny": "{:,.0f}", "share": "{:.1f}%", "hours": "{:.2f}", "km": "{:,.1f}",
}  # fmt: skip


def report_page(name: str, told: Told, sections: list[Section], link: str) -> str:
    """Return the page.

    Parameters
    ----------
    link : of the interactive map beside the page; nothing when there is none
    """
    loss = told.summary["loss"]
    lead = _("Of the harvest {today} is lost today and {plan} with the plan.").format(
        today=percent(loss["baseline_rate"]), plan=percent(loss["plan_rate"])
    )
    shown = [section for section in sections if section.page is not None]
    body = [
        f"<h1>{escape(name)}</h1>",
        f'<p class="lead">{escape(lead)}</p>',
        *([f'<p class="lead warning">{escape(better)}</p>'] if (better := better_known(told)) else []),
        _tiles(told),
        _map(told, link),
        *(_section(section) for section in shown),
        f"<footer>{escape(_foot(told))}</footer>",
    ]
    head = f'<meta charset="utf-8">{NARROW}<title>{escape(name)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="{language()}"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _tiles(told: Told) -> str:
    """Show the handful of figures that are asked for first."""
    loss, paid, depots = told.summary["loss"], told.summary["investment"], told.summary["depots"]
    tiles = [
        (f"{percent(loss['baseline_rate'])} → {percent(loss['plan_rate'])}", _("lost, today and with the plan")),
        (tonnes(loss["baseline_t"] - loss["plan_t"]), _("saved a year")),
        (money(loss["baseline_cny"] - loss["plan_cny"]), _("value saved a year")),
        (f"{depots['built']:,}", _("depots to build")),
        (money(paid["total_cny"]), _("investment")),
        (money(paid["subsidy_cny"]), _("of it subsidy")),
        (percent(told.summary["objective"]["gap"]), _("at most from the best possible")),
    ]
    if told.replay is not None:
        tiles.insert(1, (percent(told.replay["rate"]["p95"]), _("lost in the worst year of twenty")))
    cells = (f'<div class="tile"><b>{escape(figure)}</b><span>{escape(words)}</span></div>' for figure, words in tiles)
    return f'<div class="tiles">{"".join(cells)}</div>'


def _map(told: Told, link: str) -> str:
    words = _("Each dot is a village, its size what it harvests, its colour the share of it that is lost.")
    more = f' <a href="{escape(link)}">{escape(_("The map to click on"))}</a>' if link else ""
    drawn = two_maps(told.tables, (_("Today"), _("With the plan")))
    return f"<h2>{escape(_('The map'))}</h2><figure>{drawn}<figcaption>{escape(words)}{more}</figcaption></figure>"


def _foot(told: Told) -> str:
    facts = told.summary["scenario"]
    words = _(
        "Scenario {name}, variant {variant}, {sha}; coldchain {version}. An independent check has recomputed the plan."
    )
    return words.format(
        name=facts["name"], variant=facts["variant"], sha=facts["sha256"][:12], version=told.summary["version"]
    )


def _section(section: Section) -> str:
    note = f'<p class="note">{escape(section.note)}</p>' if section.note else ""
    table, left = _table(section) if section.page else ("", 0)
    if left > 0:
        told = plural("{left:,} more row is in the workbook.", "{left:,} more rows are in the workbook.", left)
        note += f'<p class="note">{escape(told.format(left=left))}</p>'
    drawn = _drawn(section)
    figure = f"<figure>{drawn}</figure>" if drawn else ""
    return f"<h2>{escape(section.title)}</h2>{note}{figure}{table}"


def _table(section: Section) -> tuple[str, int]:
    """Return the table, and how many rows it leaves out."""
    known = {key: (_(heading), form) for key, heading, form in section.columns}
    known.setdefault("modules", (_("Modules"), "text"))
    keys = [key for key in section.page or () if key in known]
    kinds = ["" if known[key][1] == "text" else ' class="n"' for key in keys]
    head = "".join(f"<th{kind}>{escape(known[key][0])}</th>" for kind, key in zip(kinds, keys, strict=True))
    shown = section.rows.reindex(columns=keys).iloc[:MOST_ROWS]
    rows = "".join(
        "<tr>"
        + "".join(f"<td{k}>{_value(v, known[c][1])}</td>" for v, k, c in zip(row, kinds, keys, strict=True))
        + "</tr>"
        for row in shown.itertuples(index=False)
    )
    kind = " ".join([*(["wide"] if len(keys) > 6 else []), *(["short"] if len(shown) <= SHORT_ROWS else [])])
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>', len(
        section.rows
    ) - len(shown)


def _value(value: Any, form: Form) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if form == "text":
        return escape(str(value))
    return WRITE[form].format(100.0 * float(value) if form == "share" else float(value))


def _drawn(section: Section) -> str:
    """Draw the chart of a section, if it has one."""
    if section.chart is None:
        return ""
    chart, rows = section.chart, section.rows
    labels, figures = rows[chart.label].tolist(), [rows[key].astype(float).tolist() for key in chart.values]
    names = (_("today"), _("with the plan"))
    if chart.kind == "pairs":
        triples = [(str(label), a, b) for label, a, b in zip(labels, *figures, strict=True)]
        return pairs_chart(triples[:MOST_BARS], names, tonnes)
    if chart.kind == "years":
        return years_chart(figures[0], figures[1], names, percent)
    if chart.kind == "parts":
        return divided_bar([*zip(map(str, labels), figures[0], strict=True)], money, section.title)
    return curve([float(label) for label in labels], figures[0], _("Loss rate against budget"), (money, percent))
