"""A still picture of the plan, for documents and messages; needs the optional extra ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldchain.language import _
from coldchain.reports import figures, palette
from coldchain.reports.fonts import chart_style, drawable
from coldchain.reports.lines import PlanLines
from coldchain.reports.panel import badges_of
from coldchain.reports.planmap import plan_map
from coldchain.reports.raster import aspect_of, draw_on
from coldchain.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_PX, DPI = (1600, 1000), 160
BADGE = {"facecolor": "#fdf0d5", "edgecolor": "#e3c37b", "boxstyle": "round,pad=0.35"}
LEFT, MAP_HIGH = 0.715, 0.885
ROW, GAP, FOOT = 0.0272, 0.043, 0.06
"""Heights of a row of figures, of the gap before a heading, of what stands below them, as shares of the picture."""


def write_picture(plan: Run, path: Path | str, lines: PlanLines | None = None) -> None:
    """Write the plan as a PNG, 1,600 pixels wide: the map on the left, the figures on the right.

    Parameters
    ----------
    lines : from :func:`coldchain.reports.lines.plan_lines`, when already traced

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    draw_picture(plan, lines).savefig(path, dpi=DPI)


def draw_picture(plan: Run, lines: PlanLines | None = None) -> Figure:
    """Draw the plan as a figure of matplotlib, map on the left, figures on the right.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    with chart_style():
        from coldchain.reports.chart import Chart

        drawing, svg = Chart((SIZE_PX[0] / DPI, SIZE_PX[1] / DPI), DPI), plan_map(plan, lines, drawable)
        wide = MAP_HIGH * aspect_of(svg) * SIZE_PX[1] / SIZE_PX[0]
        draw_on(drawing.add_axes((0.015, 0.035, wide, MAP_HIGH)), svg)
        _write_words(drawing, plan)
        drawing.draw_without_rendering()
    return drawing


def _write_words(drawing: Any, plan: Run) -> None:
    """Write title and figures down the right side."""
    summary = plan.summary
    named = f"{drawable(summary['scenario']['name'], '?')} · {drawable(summary['scenario']['variant'], '?')}"
    title = _("Cold chain plan: {scenario}").format(scenario=named)
    drawing.text(0.015, 0.95, title, fontsize=13, fontweight="bold", color=palette.INK)
    if marks := badges_of(plan):
        drawing.text(0.985, 0.955, _("; ").join(marks), fontsize=8, ha="right", color=palette.INK, bbox=BADGE)
    licences = [one["figure"] for one in summary.get("assumptions", ()) if one["what"] == "licence"]
    drawing.text(0.015, 0.012, "; ".join(licences), fontsize=6, color=palette.MUTED)
    loss = summary["loss"]
    y = 0.875
    drawing.text(LEFT, y, f"{figures.percent(loss['baseline_rate'])} →", fontsize=13, color=palette.MUTED)
    drawing.text(0.825, y, figures.percent(loss["plan_rate"]), fontsize=20, fontweight="bold", color="#12536f")
    drawing.text(LEFT, y - 0.035, _("of the harvest lost, today and with the plan"), fontsize=7.5, color=palette.MUTED)
    change = [(label, f"{before} → {after}") for label, before, after in figures.before_and_after(summary)[1:4]]
    costs: list[tuple[str, str]] = [(label, figures.money(cny)) for label, cny in figures.yearly_costs(summary)]
    parts = [
        (_("LOSSES"), change),
        (_("INVESTMENT"), figures.investment_facts(summary)),
        (_("COST A YEAR"), costs),
        (_("SERVICE"), figures.service_facts(summary)[:3]),
        (_("AGAINST THE BEST POSSIBLE"), figures.proof(summary)[:3]),
    ]
    y -= 0.082
    needed = ROW * sum(len(rows) for _heading, rows in parts) + GAP * (len(parts) - 1)
    closer = min(1.0, (y - FOOT) / needed)
    for heading, rows in parts:
        drawing.text(LEFT, y, heading, fontsize=6.5, fontweight="bold", color=palette.MUTED)
        for label, text in rows:
            y -= ROW * closer
            drawing.text(LEFT, y, label, fontsize=7.2, color=palette.MUTED)
            drawing.text(0.985, y, text, fontsize=7.0, color=palette.INK, ha="right", fontweight="bold")
        y -= GAP * closer
