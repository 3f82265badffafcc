"""Charts of one message each, for people who do not read tables: crops, bills, what moves the answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coldchain.language import _, language
from coldchain.language.amounts import MILLION, per_million
from coldchain.reports import palette
from coldchain.reports.fonts import chart_style, drawable
from coldchain.reports.raster import aspect_of, draw_on
from coldchain.reports.strokes import Bars, Swing, bars_chart, tornado

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH_IN, TITLE_IN, DPI = 8.0, 0.45, 130
CRUMB = 0.5


def _chart(title: str, svg: str) -> Figure:
    """Return a drawing under its title as a figure of matplotlib."""
    from coldchain.reports.chart import Chart

    high = WIDTH_IN / aspect_of(svg)
    drawing = Chart((WIDTH_IN, high + TITLE_IN), DPI)
    drawing.text(0.02, 1.0 - 0.3 / (high + TITLE_IN), title, fontsize=12, fontweight="bold", color=palette.INK)
    draw_on(drawing.add_axes((0.0, 0.0, 1.0, high / (high + TITLE_IN))), svg)
    drawing.draw_without_rendering()
    return drawing


def draw_crops(commodities: pd.DataFrame) -> Figure:
    """Draw what is lost of each crop, today and with the plan, the largest loss on top.

    Parameters
    ----------
    commodities : the table of a plan; columns commodity, name, name_zh, baseline_rate, plan_rate
    """
    with chart_style():
        rows = commodities.sort_values("baseline_rate", ascending=False, kind="stable")
        spoken = rows["name_zh"] if language() == "zh" else rows["name"]
        labels = [drawable(str(name) or key, key) for name, key in zip(spoken, rows["commodity"], strict=True)]
        shares = zip(labels, 100 * rows["baseline_rate"], 100 * rows["plan_rate"], strict=True)
        bars = bars_chart(
            [Bars(label, tuple(both)) for label, *both in shares], (_("today"), _("with the plan")), "{:.0f}".format
        )
        return _chart(_("Lost between field and market, % of the harvest"), bars)


def draw_bills(members: pd.DataFrame) -> Figure:
    """Draw what each member pays alone and together.

    Parameters
    ----------
    members : columns member, alone_cny, bill_cny
    """
    with chart_style():
        labels = [drawable(str(name), str(n + 1)) for n, name in enumerate(members["member"])]
        paid = zip(labels, members["alone_cny"] / per_million(), members["bill_cny"] / per_million(), strict=True)
        form = "{:,.1f}" if per_million() < MILLION else "{:,.2f}"
        names = (_("everyone alone"), _("together, by the bill"))
        bars = bars_chart([Bars(label, tuple(both)) for label, *both in paid], names, form.format)
        return _chart(_("Cost a year, losses included, CNY M"), bars)


def draw_tornado(answers: pd.DataFrame, base: float, title: Callable[[], str], per: Callable[[], float]) -> Figure:
    """Draw how far each changed figure moves the answer, the one that moves it most on top.

    Parameters
    ----------
    answers : columns figure, low, high (as stated) and at_low, at_high (the answers), one row for each figure
    base : the answer without any change
    title, per : say what the answer is and by what it is divided, in the language of the chart
    """
    with chart_style():
        base, ends = base / per(), ["at_low", "at_high"]
        changes = answers.assign(**answers[ends] / per())
        spread = (changes[ends].max(axis=1) - changes[ends].min(axis=1)).to_numpy()
        rows = changes.iloc[np.argsort(-spread, kind="stable")]
        swings = [
            Swing(
                drawable(_(str(row["figure"])), str(n + 1)),
                row["at_low"],
                row["at_high"],
                str(row["low"]),
                str(row["high"]),
            )
            for n, row in enumerate(rows.to_dict("records"))
        ]
        return _chart(title(), tornado(swings, base, (_("at the low end of the band"), _("at the high end"))))


def draw_marginal(points: pd.DataFrame) -> Figure:
    """Draw what each step of the budget saves, in tonnes for a million more: bars that become shorter.

    Parameters
    ----------
    points : the table of a sweep; columns asked, budget_cny, loss_t; steps that change nothing are left out at the end
    """
    with chart_style():
        known = points[points["asked"] & points["loss_t"].notna()].sort_values("budget_cny", kind="stable")
        budget = known["budget_cny"].to_numpy(dtype=np.float64)
        saved = -np.diff(known["loss_t"].to_numpy(dtype=np.float64)) / np.diff(budget) * MILLION + 0.0
        shown = int(np.flatnonzero(np.abs(saved) > CRUMB).max(initial=0)) + 1
        edges = [f"{cny / per_million():,.{0 if per_million() < MILLION else 2}f}" for cny in budget]
        steps = list(itertools.pairwise(edges))[:shown]
        labels = [_("from {low} to {high} CNY M").format(low=low, high=high) for low, high in steps]
        rows = [Bars(label, (float(tonnes),)) for label, tonnes in zip(labels, saved[:shown], strict=True)]
        return _chart(_("Tonnes a year that a million more of budget saves"), bars_chart(rows, (), "{:,.0f}".format))
