"""What a sweep of budgets buys, as a chart: loss, coverage, cost and sites against the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from coldchain.language import _
from coldchain.language.amounts import MILLION, per_million
from coldchain.reports import palette
from coldchain.reports.fonts import chart_style, drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_IN, DPI = (10.0, 6.6), 160
TREAD = 1.3
LINE, TARGET, OWN = palette.VILLAGES[5], palette.DEPOTS["built"], palette.DEPOTS["expanded"]


@dataclass(frozen=True)
class CurvePanel:
    """One figure against the budget: column, title, divisor, and the column of a bound drawn below it."""

    column: str
    title: str
    per: float
    bound: str = ""


def panels(aim: str) -> tuple[CurvePanel, ...]:
    """Return the four panels; the bound stands in the panel of the aim it is of."""
    return (
        CurvePanel("loss_rate", _("Loss, % of the harvest"), 0.01),
        CurvePanel("coverage", _("Pre-cooled in time, % of the harvest"), 0.01),
        CurvePanel(
            "annual_cny",
            _("Yearly cost, losses included, CNY M"),
            per_million(),
            "bound" if aim == "total_cost_cny" else "",
        ),
        CurvePanel("sites_built", _("Sites with new modules"), 1.0),
    )


@dataclass(frozen=True)
class Marks:
    """What is marked on the chart: targets by column, the budget each needs, CNY, and the scenario's own budget."""

    targets: Mapping[str, float]
    needed_cny: Mapping[str, float]
    own_cny: float


def stairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each step of the curve, with the budget from which its plan can be had: the awards it takes.

    The last row repeats the last step a little further, so that its tread is seen.
    """
    known = frame[frame["annual_cny"].notna()].sort_values("subsidy_cny", kind="stable")
    better = known["objective"] < known["objective"].cummin().shift(fill_value=float("inf"))
    steps = known[better].assign(budget_cny=known["subsidy_cny"][better])
    further = min(float(frame["budget_cny"].max()), TREAD * float(steps["budget_cny"].max()) or MILLION)
    return pd.concat([steps, steps.tail(1).assign(budget_cny=further)], ignore_index=True)


def bounds_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return budgets and bounds; the bound of a budget holds from the next smaller one on, up to it."""
    return frame[frame["annual_cny"].notna()].sort_values("budget_cny", kind="stable")[["budget_cny", "bound"]]


def write_curve(frame: pd.DataFrame, paths: Sequence[Path], scenario: str, aim: str, marks: Marks) -> None:
    """Draw the table of a sweep into files whose endings name the format, ``.png`` or ``.svg``.

    Parameters
    ----------
    frame : columns budget_cny and those of :func:`panels`; rows without a plan hold NaN
    scenario : its name, for the title

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    with chart_style():
        drawing = draw_curve(frame, scenario, aim, marks)
        for path in paths:
            drawing.savefig(path, dpi=DPI, metadata={"Date": None} if path.suffix == ".svg" else None)


def draw_curve(frame: pd.DataFrame, scenario: str, aim: str, marks: Marks) -> Figure:
    """Draw the table of a sweep as a figure of matplotlib; parameters and errors as :func:`write_curve`."""
    with chart_style():
        from coldchain.reports.chart import Chart

        drawing = Chart(SIZE_IN, DPI, "constrained")
        _fill(drawing, frame, title_of(drawable(scenario, "?")), aim, marks)
        drawing.draw_without_rendering()
    return drawing


def title_of(scenario: str) -> str:
    """Return the title of the chart."""
    return _("What a budget buys: {scenario}").format(scenario=scenario)


def _fill(drawing: Figure, frame: pd.DataFrame, title: str, aim: str, marks: Marks) -> None:
    drawing.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=palette.INK)
    known = stairs(frame)
    for axes, panel in zip(drawing.subplots(2, 2).ravel(), panels(aim), strict=True):
        _draw(axes, (known, bounds_of(frame)), panel, marks)


def _draw(axes: Axes, frames: tuple[pd.DataFrame, pd.DataFrame], panel: CurvePanel, marks: Marks) -> None:
    from matplotlib.ticker import MaxNLocator

    from coldchain.reports.chart import calm

    frame, bounds = frames
    budget, figure = frame["budget_cny"] / per_million(), frame[panel.column] / panel.per
    axes.step(budget, figure, where="post", color=LINE, linewidth=1.6)
    axes.plot(budget[:-1], figure[:-1], "o", color=LINE, markersize=3, clip_on=False)
    if panel.bound:
        axes.step(bounds["budget_cny"] / per_million(), bounds[panel.bound] / panel.per, where="pre",
                  color=palette.MUTED, linewidth=1.2, linestyle="-.")  # fmt: skip
    note = _("bound (dash-dotted): proved that no plan lies below it") if panel.bound else ""
    if panel.column == "coverage":
        note = _("no better plan found from CNY {cny:,.2f} M on").format(cny=budget.iloc[-2])
    axes.annotate(note, (0.98, 0.04), xycoords="axes fraction", ha="right", fontsize=7, color=palette.MUTED)
    axes.set_xlim(-0.02 * budget.iloc[-1], 1.02 * budget.iloc[-1])
    if panel.column in marks.targets:
        _target(axes, marks.targets[panel.column] / panel.per, marks.needed_cny.get(panel.column))
    axes.axvline(marks.own_cny / per_million(), color=OWN, linewidth=1.0, linestyle=":")
    axes.set_title(panel.title, fontsize=9, color=palette.INK, loc="left")
    axes.set_xlabel(_("subsidy spent, CNY M (dotted: the scenario's budget)"), fontsize=7.5, color=palette.MUTED)
    axes.set_ylim(bottom=0)
    if panel.per == 1.0:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    calm(axes, "both", 7.5)


def _target(axes: Axes, level: float, needed_cny: float | None) -> None:
    axes.axhline(level, color=TARGET, linewidth=0.9, linestyle="--")
    reached = _("reached with CNY {cny:,.2f} M").format(cny=(needed_cny or 0.0) / per_million())
    needed = _("not reached") if needed_cny is None else reached
    axes.annotate(f"{level:g}%: {needed}", (0.98, level), xycoords=("axes fraction", "data"), xytext=(0, 3),
                  textcoords="offset points", ha="right", fontsize=7.5, color=TARGET)  # fmt: skip


def write_curve_page(frame: pd.DataFrame, path: Path, scenario: str, aim: str, marks: Marks) -> None:
    """Draw the same as one HTML page that opens without a network, for where matplotlib is not installed."""
    from bokeh.embed import file_html
    from bokeh.layouts import gridplot
    from bokeh.models import Range1d, Span
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    known = stairs(frame)
    plots = []
    for panel in panels(aim):
        plot = figure(title=panel.title, width=520, height=340, x_axis_label=_("subsidy spent, CNY M"))
        plot.y_range = Range1d(0, 1.05 * float(known[panel.column].max() / panel.per) or 1)
        x, y = known["budget_cny"] / per_million(), known[panel.column] / panel.per
        plot.step(x, y, mode="after", line_color=LINE, line_width=2)
        plot.scatter(x[:-1], y[:-1], color=LINE, size=5)
        if panel.bound:
            proved = bounds_of(frame)
            at, level = proved["budget_cny"] / per_million(), proved[panel.bound] / panel.per
            plot.step(at, level, mode="before", line_color=palette.MUTED, line_dash="dotdash",
                      legend_label=_("bound: proved that no plan lies below it"))  # fmt: skip
            plot.legend.location = "bottom_right"
        if panel.column in marks.targets:
            goal = marks.targets[panel.column] / panel.per
            plot.add_layout(Span(location=goal, dimension="width", line_color=TARGET, line_dash="dashed"))
        plot.add_layout(
            Span(location=marks.own_cny / per_million(), dimension="height", line_color=OWN, line_dash="dotted")
        )
        plots.append(plot)
    path.write_text(file_html(gridplot(plots, ncols=2), INLINE, title_of(scenario)), encoding="utf-8")
