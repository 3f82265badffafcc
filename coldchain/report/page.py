"""A report as one HTML page that needs no network and prints on A4."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _, language
from coldchain.report.document import Form, Section

STYLE = """
body { font: 14px/1.45 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", system-ui, sans-serif; color: #222;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
p.lead { font-size: 1.1rem; } p.note { color: #555; margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .25rem .5rem; border-bottom: 1px solid #ddd;
  text-align: left; vertical-align: top; } th { background: #dcebe6; font-weight: 600; }
td.n, th.n { text-align: right; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; } table.wide { font-size: .78rem; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; max-height: 24cm; border: 1px solid #ddd; }
figcaption { color: #555; }
@page { size: A4; margin: 14mm; }
@media print { svg { max-height: 13cm; } body { margin: 0; max-width: none; padding: 0; font-size: 11px; }
  h2 { break-after: avoid; } tr, figure { break-inside: avoid; } thead { display: table-header-group; } }
"""
WIDTH, MARGIN, MOST_ROWS = 900.0, 30.0, 60
Projection = Callable[[float, float], tuple[float, float]]
WRITE: dict[Form, str] = {
    "count": "{:,.0f}", "tonnes": "{:,.1f}", "cny": "{:,.0f}", "share": "{:.1%}", "hours": "{:.2f}", "km": "{:,.1f}",
}  # fmt: skip


def report_page(
    name: str, summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], sections: Sequence[Section], link: str
) -> str:
    """Return the page.

    Parameters
    ----------
    link : of the interactive map beside the page; nothing when there is none
    """
    loss = summary["loss"]
    lead = _("Of the harvest {today:.1%} is lost today and {plan:.1%} with the plan.")
    body = [
        f"<h1>{escape(name)}</h1>",
        f'<p class="lead">{escape(lead.format(today=loss["baseline_rate"], plan=loss["plan_rate"]))}</p>',
        *(_section(section) for section in sections[:3]),
        _map(tables, link),
        *(_section(section) for section in sections[3:] if section.page),
    ]
    head = f'<meta charset="utf-8"><title>{escape(name)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="{language()}"><head>{head}</head><body>{"".join(body)}</body></html>\n'


def _section(section: Section) -> str:
    note = f'<p class="note">{escape(section.note)}</p>' if section.note else ""
    forms = [form for _key, _heading, form in section.columns]
    kinds = ["" if form == "text" else ' class="n"' for form in forms]
    head = "".join(f"<th{kind}>{escape(text)}</th>" for kind, text in zip(kinds, section.headings, strict=True))
    shown = section.rows.reindex(columns=[key for key, _heading, _form in section.columns]).iloc[:MOST_ROWS]
    rows = "".join(
        "<tr>" + "".join(f"<td{k}>{_value(v, f)}</td>" for v, k, f in zip(row, kinds, forms, strict=True)) + "</tr>"
        for row in shown.itertuples(index=False)
    )
    left = len(section.rows) - len(shown)
    if left > 0:
        note += f'<p class="note">{escape(_("{left:,} more rows are in the workbook.").format(left=left))}</p>'
    wide = ' class="wide"' if len(section.columns) > 6 else ""
    table = f"<table{wide}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h2>{escape(section.title)}</h2>{table}{note}"


def _value(value: Any, form: Form) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return escape(str(value)) if form == "text" else WRITE[form].format(float(value))


def _map(tables: Mapping[str, pd.DataFrame], link: str) -> str:
    """Draw villages, shaded by what is still lost, and depots with lines to the villages they serve."""
    villages, depots = tables["villages"], tables["depots"]
    place = _projection(pd.concat([villages[["lon", "lat"]], depots[["lon", "lat"]]]))
    at, to = _places(villages, "village", place), _places(depots, "depot", place)
    pairs = tables["assignment"][["village", "depot"]].drop_duplicates().itertuples(index=False, name=None)
    lines = "".join(
        f'<path d="M{at[v][0]:.0f} {at[v][1]:.0f}L{to[d][0]:.0f} {to[d][1]:.0f}"/>'
        for v, d in pairs
        if v in at and d in to
    )
    rates = villages["plan_rate"].to_numpy(dtype=float)
    worst = max(float(villages["baseline_rate"].max()), 1e-9)
    dots = "".join(
        _village(spot, name, rate, rate / worst)
        for spot, name, rate in zip(at.values(), villages["name"], rates.tolist(), strict=True)
    )
    cooled = depots["tonnes_year"].to_numpy(dtype=float)
    sizes = (cooled / max(float(cooled.max(initial=0.0)), 1e-9)).tolist()
    marks = "".join(_depot(*mark) for mark in zip(to.values(), depots["name"], sizes, strict=True))
    height = max((y for _x, y in [*at.values(), *to.values()]), default=0.0) + MARGIN
    told = _("Villages, the darker the more is still lost; squares are depots, their size what they cool in a year.")
    more = f' <a href="{escape(link)}">{escape(_("The map to click on"))}</a>' if link else ""
    return (
        f'<figure><svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img">'
        f'<g stroke="#2a7f9e" stroke-opacity=".35">{lines}</g>{dots}{marks}</svg>'
        f"<figcaption>{escape(told)}{more}</figcaption></figure>"
    )


def _places(rows: pd.DataFrame, key: str, place: Projection) -> dict[str, tuple[float, float]]:
    degrees = rows[["lon", "lat"]].to_numpy(dtype=float).tolist()
    return {str(name): place(lon, lat) for name, (lon, lat) in zip(rows[key], degrees, strict=True)}


def _projection(places: pd.DataFrame) -> Projection:
    """Return the function from degrees to the drawing, north up, distances alike in both directions."""
    west, north = float(places["lon"].min()), float(places["lat"].max())
    narrow = float(np.cos(np.radians(places["lat"].mean())))
    wide = max((float(places["lon"].max()) - west) * narrow, (north - float(places["lat"].min())) * 0.9, 1e-6)
    scale = (WIDTH - 2 * MARGIN) / wide
    return lambda lon, lat: (MARGIN + (lon - west) * narrow * scale, MARGIN + (north - lat) * scale)


def _shade(share: float) -> str:
    """Return a colour from green, little lost, to red."""
    part = float(np.clip(share, 0.0, 1.0))
    low, high = (42, 127, 90), (199, 82, 42)
    return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in zip(low, high, strict=True))


def _village(place: tuple[float, float], name: str, rate: float, share: float) -> str:
    return (
        f'<circle cx="{place[0]:.0f}" cy="{place[1]:.0f}" r="4" fill="{_shade(share)}">'
        f"<title>{escape(str(name))}: {rate:.1%}</title></circle>"
    )


def _depot(place: tuple[float, float], name: str, share: float) -> str:
    half = 5.0 + 7.0 * float(np.sqrt(max(share, 0.0)))
    x, y = place[0] - half, place[1] - half
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{2 * half:.0f}" height="{2 * half:.0f}" fill="#1f4e79" stroke="#fff"/>'
        f'<text x="{place[0] + half + 3:.0f}" y="{place[1] + 4:.0f}" font-size="13" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke">{escape(str(name))}</text>'
    )
