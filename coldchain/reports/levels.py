"""Subsidy levels as one page with sliders: frontiers and surfaces of a grid of plans, rules of subsidy side by side.

A frontier shows what each budget buys under one rule, with the band in which 9 of 10 draws of the uncertain figures
lie; a surface the same for budgets against rates, or caps. Figures are those of the plans, nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from bokeh.core.properties import value
from bokeh.document import Document
from bokeh.models import ColumnDataSource, FactorRange, LinearColorMapper, NumeralTickFormatter, Range1d, Span
from bokeh.plotting import figure

from coldchain.language import N_, _, plural
from coldchain.language.amounts import in_millions, per_million, write_cny
from coldchain.language.ids import word
from coldchain.reports import palette
from coldchain.reports.canvas import FONT
from coldchain.reports.figures import percent
from coldchain.reports.onepage import one_page

FIGURES = {
    "benefit_cny": N_("Net benefit, CNY M a year"),
    "loss_rate": N_("Loss, % of the harvest"),
    "saving_cny": N_("Worth of the produce saved, CNY M a year"),
    "payback_years": N_("Years until the investment is earned back"),
}
WORDS = {
    "figure": N_("Figure"), "budget": N_("Subsidy budget"), "rate": N_("Rate of subsidy"),
    "cap": N_("Cap on each owner"), "stated": N_("as the scenario states"),
    "endless": N_("without end"), "none": N_("no plan"),
    "frontier": N_(
        "What each budget buys; the band holds 9 of 10 draws of the uncertain figures; pale: other rates and caps"
    ),
    "surface": N_("Budget against rate or cap: the figure, and below it the 5th and 95th percentile"),
    "axis": N_("subsidy budget, CNY M"),
}  # fmt: skip
RULE = ("rate", "cap_cny")
HEIGHT_PX, ROW_PX = 250, 46
LINE, MARK = palette.VILLAGES[5], palette.DEPOTS["built"]


def levels_html(grid: pd.DataFrame, title: str, panel: str = "") -> str:
    """Return the page as one HTML text that asks the network for nothing.

    Parameters
    ----------
    grid : one row for each county, rule and budget: ``county`` and the columns of ``decided.csv``
    panel : HTML below the pictures, escaped
    """
    parts = enumerate(grid.groupby(["county", "programme"], sort=False))
    panels = [_panel(f"p{n}", str(county), str(programme), rows) for n, ((county, programme), rows) in parts]
    several = grid["county"].nunique() > 1
    told: dict[str, Any] = {
        "panels": panels, "budgets": _steps(grid["budget_cny"]),
        "rates": _choices(grid["rate"], percent), "caps": _choices(grid["cap_cny"], write_cny),
        "figures": [_figure(grid, name) for name in FIGURES], "words": {key: _(text) for key, text in WORDS.items()},
        "better": palette.VILLAGES, "worse": palette.LOSSES,
    }  # fmt: skip
    document = Document()
    mapper = LinearColorMapper(palette=list(palette.VILLAGES), low=0.0, high=1.0, name="mapper")
    shared = (Range1d(0.0, 1.0, name="across"), Range1d(0.0, 1.0, name="up"))
    rows_of_surface = _rows(told)
    sections = []
    for one in panels:
        plots = [_frontier(one["key"], *shared)]
        if len(rows_of_surface) > 1:
            plots.append(_surface(one["key"], [step["label"] for step in told["budgets"]], rows_of_surface, mapper))
        for plot in plots:
            document.add_root(plot)
        head = f"{one['county']} · {one['title']}" if several else one["title"]
        sections.append({"title": head, "roots": [plot.name for plot in plots], "key": one["key"]})
    variables = {
        "heading": title, "sections": sections, "font": FONT, "panel": panel, **told,
        "surface": len(rows_of_surface) > 1,
    }  # fmt: skip
    return one_page(document, title, "levels", told, variables)


def _steps(budgets: pd.Series[float]) -> list[dict[str, Any]]:
    """Return the budgets from little to much: amount in the unit of the axis, label of the axis, in words."""
    return [{"at": cny / per_million(), "label": in_millions(cny), "words": write_cny(cny)}
            for cny in sorted(set(budgets.tolist()))]  # fmt: skip


def _choices(values: pd.Series[float], write: Any) -> list[dict[str, Any]]:
    """Return the positions of a slider: what the scenario states first, where any rule leaves it at that."""
    stated = [{"at": None, "label": _(WORDS["stated"])}] if values.isna().any() else []
    return [*stated, *({"at": value, "label": write(value)} for value in sorted(set(values.dropna().tolist())))]


def _rows(told: Mapping[str, Any]) -> list[str]:
    """Return the labels of the rows of a surface: rates, or caps where there is one rate alone."""
    rates, caps = told["rates"], told["caps"]
    return [one["label"] for one in (rates if len(rates) > 1 else caps)]


def _per(name: str) -> float:
    """Return what a figure is divided by."""
    return per_million() if name.endswith("_cny") else 0.01 if name.endswith("_rate") else 1.0


def _figure(grid: pd.DataFrame, name: str) -> dict[str, Any]:
    """Return name, label, digits and the range of a figure over all plans, ends of the band included."""
    values = grid[[name, f"{name}_p5", f"{name}_p95"]].to_numpy(dtype=np.float64) / _per(name)
    known = values[np.isfinite(values)]
    low, high = min(float(known.min(initial=0.0)), 0.0), float(known.max(initial=0.0)) or 1.0
    room = 0.05 * (high - low)
    planned = values[np.isfinite(values[:, 0]), 0]
    return {
        "name": name, "label": _(FIGURES[name]), "digits": 1 if high - low > 20 else 2,
        "low": low - room if low < 0 else low, "high": high + room,
        "least": float(planned.min(initial=np.inf)) if len(planned) else 0.0,
        "most": float(planned.max(initial=-np.inf)) if len(planned) else 1.0,
        "worse": name in {"loss_rate", "payback_years"},
    }  # fmt: skip


def _panel(key: str, county: str, programme: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Return what is drawn of one county and programme: a curve for each rate and cap."""
    curves = [_curve(curve.sort_values("budget_cny", kind="stable"))
              for _rule, curve in rows.groupby(list(RULE), sort=False, dropna=False)]  # fmt: skip
    return {"key": key, "county": county, "title": programme or _(WORDS["stated"]), "curves": curves}


def _curve(rows: pd.DataFrame) -> dict[str, Any]:
    """Return one rule: budgets, every figure with its ends, and in words what each budget would decide."""
    figures = {
        name: {end: (rows[f"{name}{suffix}"] / _per(name)).tolist()
               for end, suffix in (("at", ""), ("low", "_p5"), ("high", "_p95"))}
        for name in FIGURES
    }  # fmt: skip
    first = {name: None if pd.isna(rows[name].iloc[0]) else float(rows[name].iloc[0]) for name in RULE}
    return {
        "rate": first["rate"], "cap": first["cap_cny"], "budget": (rows["budget_cny"] / per_million()).tolist(),
        "figures": figures, "told": [_decided(row) for row in rows.to_dict("records")],
    }  # fmt: skip


def _decided(row: Mapping[Any, Any]) -> str:
    """Say what would be decided."""
    if pd.isna(row["loss_rate"]):
        return _("no plan keeps every limit") if row["status"] == "infeasible" else _("no plan yet")
    count = int(row["sites_built"])
    text = plural("{count} depot built, awards {awards}", "{count} depots built, awards {awards}", count)
    parts = [text.format(count=count, awards=write_cny(row["subsidy_cny"]))]
    parts += [_("opens {sites}").format(sites=_listed(row["opens"]))] if row["opens"] else []
    parts += [_("closes {sites}").format(sites=_listed(row["closes"]))] if row["closes"] else []
    return _("; ").join(parts)


def _listed(sites: str) -> str:
    return _(", ").join(sites.split(";"))


def _frontier(key: str, across: Range1d, up: Range1d) -> Any:
    """Return the frontier of a panel; the script fills its sources."""
    plot = figure(
        name=f"{key}_frontier", x_range=across, y_range=up, height=HEIGHT_PX, sizing_mode="stretch_width",
        x_axis_label=_(WORDS["axis"]), tools="", toolbar_location=None, outline_line_color=None,
    )  # fmt: skip
    band = ColumnDataSource({"x": [], "low": [], "high": []}, name=f"{key}:band")
    others = ColumnDataSource({"xs": [], "ys": []}, name=f"{key}:others")
    line, dots = (ColumnDataSource({"x": [], "y": []}, name=f"{key}:{name}") for name in ("line", "dots"))
    chosen = ColumnDataSource({"x": [], "y": [], "low": [], "high": []}, name=f"{key}:chosen")
    plot.varea("x", "low", "high", source=band, fill_color=palette.VILLAGES[3], fill_alpha=0.28)
    plot.multi_line("xs", "ys", source=others, line_color=palette.MUTED, line_alpha=0.45, line_width=1)
    plot.line("x", "y", source=line, line_color=LINE, line_width=2.2)
    plot.scatter("x", "y", source=dots, color=LINE, size=5)
    plot.segment("x", "low", "x", "high", source=chosen, line_color=MARK, line_width=2)
    plot.scatter("x", "y", source=chosen, color=MARK, size=10)
    plot.add_layout(Span(location=0, dimension="width", line_color=palette.MUTED, line_width=1))
    plot.xaxis.formatter = plot.yaxis.formatter = NumeralTickFormatter(format="0,0.[00]")
    _calm(plot)
    return plot


def _surface(key: str, budgets: list[str], rows: list[str], mapper: LinearColorMapper) -> Any:
    """Return the surface of a panel; the script fills its source."""
    plot = figure(
        name=f"{key}_surface", x_range=FactorRange(*budgets), y_range=FactorRange(*rows), tools="",
        toolbar_location=None, height=60 + ROW_PX * len(rows), sizing_mode="stretch_width",
        x_axis_label=_(WORDS["axis"]), outline_line_color=None,
    )  # fmt: skip
    columns = ("x", "y", "value", "text", "ends", "ink", "edge")
    cells = ColumnDataSource({name: [] for name in columns}, name=f"{key}:cells")
    plot.rect("x", "y", 0.97, 0.94, source=cells, fill_color={"field": "value", "transform": mapper}, line_color="edge",
              line_width=3)  # fmt: skip
    words = {"source": cells, "text_color": "ink", "text_align": "center", "text_font": value(FONT)}
    plot.text("x", "y", "text", text_font_size="12px", text_baseline="bottom", y_offset=2, **words)
    plot.text("x", "y", "ends", text_font_size="10px", text_baseline="top", y_offset=3, **words)
    plot.grid.visible = False
    _calm(plot)
    return plot


def _calm(plot: Any) -> None:
    plot.axis.axis_line_color = plot.axis.major_tick_line_color = plot.axis.minor_tick_line_color = None
    for axis in plot.axis:
        axis.major_label_text_font = axis.axis_label_text_font = FONT
        axis.major_label_text_color = axis.axis_label_text_color = palette.INK
        axis.axis_label_text_font_style = "normal"


def million_html(spent: pd.DataFrame) -> str:
    """Return where the next million is best spent as a table, what changes nothing left out.

    Parameters
    ----------
    spent : county, owner_kind, opens, closes, more_award_cny, more_benefit_cny, benefit_per_million_cny with its ends,
        gains_in
    """
    heads = (_("County"), _("Owner"), _("opens"), _("closes"), _("Awards more"), _("Benefit a year more"),
             _("Benefit for a million of awards"), _("5th … 95th percentile"), _("Gains in"))  # fmt: skip
    rows = [_spent(row) for row in spent.to_dict("records") if row["opens"] or row["closes"] or row["more_award_cny"]]
    lines = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
    top = f"<tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>"
    nothing = "" if rows else f"<p>{escape(_('A million more changes nothing.'))}</p>"
    table = f'<div class="wide"><table>{top}{"".join(lines)}</table></div>' if rows else nothing
    note = _("On top of the scenario's budget, under its own rule. Both plans are judged by the same draws.")
    return f'<h2>{escape(_("Where the next million is best spent"))}</h2>{table}<p class="note">{escape(note)}</p>'


def _spent(row: Mapping[Any, Any]) -> tuple[str, ...]:
    per = "benefit_per_million_cny"
    known = not pd.isna(row[per])
    return (
        str(row["county"]), word(str(row["owner_kind"])), _listed(row["opens"]), _listed(row["closes"]),
        write_cny(row["more_award_cny"]), write_cny(row["more_benefit_cny"]), write_cny(row[per]) if known else "–",
        f"{write_cny(row[f'{per}_p5'])} … {write_cny(row[f'{per}_p95'])}" if known else "–",
        percent(row["gains_in"]) if known else "–",
    )  # fmt: skip
