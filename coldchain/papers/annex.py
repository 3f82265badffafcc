"""The tables and charts of a report as annexes of a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from coldchain.language import _, plural
from coldchain.papers.paper import Block, Drawing, Head, PaperTable, Text
from coldchain.reports.columns import Form
from coldchain.reports.document import Section, SectionChart
from coldchain.reports.figures import money, percent, tonnes
from coldchain.reports.strokes import Bars, Swing, bars_chart, curve, divided_bar, tornado, years_chart

MOST_ROWS, MOST_BARS, MANY_COLUMNS = 60, 20, 6
WRITE: dict[Form, str] = {
    "count": "{:,.0f}", "tonnes": "{:,.1f}", "cny": "{:,.0f}", "share": "{:.1f}%", "hours": "{:.2f}", "km": "{:,.1f}",
    "years": "{:.1f}",
}  # fmt: skip


def annexes(sections: Iterable[Section]) -> Iterator[Block]:
    """Yield title, note, chart and table of each section that a page has room for."""
    for section in sections:
        if section.page is None:
            continue
        yield Head(section.title, 3)
        if section.note:
            yield Text(section.note, "note")
        if drawn := _drawn(section):
            yield Drawing("", drawn)
        if section.page:
            yield grid(section)
        left = len(section.rows) - most_rows(section)
        if section.page and left > 0:
            told = plural("{left:,} more row is in the workbook.", "{left:,} more rows are in the workbook.", left)
            yield Text(told.format(left=left), "note")


def most_rows(section: Section) -> int:
    """Return how many rows a page has room for: of factors as many as their chart has bars."""
    return MOST_BARS if section.chart is not None and section.chart.kind == "tornado" else MOST_ROWS


def grid(section: Section, caption: str = "") -> PaperTable:
    """Return the rows of a section as a table of a paper, its columns those that a page has room for."""
    known = {key: (_(heading), form) for key, heading, form in section.columns}
    keys = [key for key in section.page or () if key in known]
    rows = section.rows.reindex(columns=keys).iloc[: most_rows(section)]
    forms = [known[key][1] for key in keys]
    return PaperTable(
        caption,
        tuple(known[key][0] for key in keys),
        tuple(tuple(_written(cell, form) for cell, form in zip(row, forms, strict=True))
              for row in rows.itertuples(index=False)),
        tuple(form != "text" for form in forms),
        wide=len(keys) > MANY_COLUMNS,
    )  # fmt: skip


def _written(value: Any, form: Form) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if form == "text":
        return str(value)
    return WRITE[form].format(100.0 * float(value) if form == "share" else float(value))


def _drawn(section: Section) -> str:
    """Draw the chart of a section, if it has one."""
    if section.chart is None:
        return ""
    chart, rows = section.chart, section.rows
    labels, figures = rows[chart.label].tolist(), [rows[key].astype(float).tolist() for key in chart.values]
    names = (_("today"), _("with the plan"))
    if chart.kind in ("pairs", "shares"):
        return _bars(section, chart)
    if chart.kind == "tornado":
        swings = [Swing(str(label), low, high, money(low), money(high))
                  for label, low, high in zip(labels, *figures, strict=True)]  # fmt: skip
        ends = _("at the low end of the band"), _("at the high end")
        return tornado(swings[:MOST_BARS], float(rows.attrs["base"]), ends)
    if chart.kind == "years":
        return years_chart(figures[0], figures[1], names, percent)
    if chart.kind == "parts":
        return divided_bar([*zip(map(str, labels), figures[0], strict=True)], money, section.title)
    return curve([float(label) for label in labels], figures[0], _("Loss rate against budget"), (money, percent))


def _bars(section: Section, chart: SectionChart) -> str:
    """Draw two bars a row: tonnes today and with the plan, or two shares by their headings."""
    first, second = chart.values
    bars = section.rows.fillna({first: 0.0, second: 0.0})
    rows = [Bars(str(row[chart.label]), (float(row[first]), float(row[second]))) for row in bars.to_dict("records")]
    if chart.kind == "pairs":
        return bars_chart(rows[:MOST_BARS], (_("today"), _("with the plan")), tonnes)
    named = {key: _(heading) for key, heading, _form in section.columns}
    return bars_chart(rows[:MOST_BARS], (named[first], named[second]), percent)
