"""Charts of one message each, for people who do not read tables: crops, bills, what moves the answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coldchain.language import _, language
from coldchain.language.amounts import MILLION, per_million
from coldchain.reports import palette
from coldchain.reports.fonts import chart_style, drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, ROW_IN, DPI = 8.0, 0.42, 130
CRUMB = 0.5
TODAY, PLAN = "#c9a08c", "#1c7684"


@contextmanager
def _sheet(rows: int, title: str) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure of matplotlib with one calm panel high enough for so many rows, and finish it."""
    from coldchain.reports.chart import Chart

    drawing = Chart((WIDTH_IN, 1.6 + ROW_IN * max(rows, 3)), DPI, "constrained")
    axes = drawing.subplots()
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=palette.INK, pad=14)
    yield drawing, axes
    axes.grid(axis="x", color="#e6e9ec", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, colors=palette.INK, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    drawing.draw_without_rendering()


def _pairs(
    sheet: tuple[Figure, Axes], labels: Sequence[str], bars: tuple[Any, Any], names: tuple[str, str], form: str
) -> None:
    """Draw two bars a row, first row on top, each with its figure behind it."""
    drawing, axes = sheet
    at = np.arange(len(labels))[::-1]
    for offset, values, name, colour in zip((0.19, -0.19), bars, names, (TODAY, PLAN), strict=True):
        drawn = axes.barh(at + offset, values, height=0.36, color=colour, label=name)
        axes.bar_label(drawn, [form.format(value) for value in values], padding=3, fontsize=8, color=palette.INK)
    axes.set_yticks(at, labels)
    axes.margins(x=0.12)
    _rows(axes, len(at))
    handles, texts = axes.get_legend_handles_labels()
    drawing.legend(handles, texts, loc="outside lower center", ncols=2, frameon=False, fontsize=9,
                   labelcolor=palette.INK)  # fmt: skip


def _rows(axes: Axes, rows: int) -> None:
    """Leave the room of three rows at least, so that a single bar does not fill the sheet."""
    axes.set_ylim(-0.6 - max(3 - rows, 0), rows - 0.4)


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
        with _sheet(len(rows), _("Lost between field and market, % of the harvest")) as sheet:
            shares = (100 * rows["baseline_rate"], 100 * rows["plan_rate"])
            _pairs(sheet, labels, shares, (_("today"), _("with the plan")), "{:.0f}")
    return sheet[0]


def draw_bills(members: pd.DataFrame) -> Figure:
    """Draw what each member pays alone and together.

    Parameters
    ----------
    members : columns member, alone_cny, bill_cny
    """
    with chart_style():
        labels = [drawable(str(name), str(n + 1)) for n, name in enumerate(members["member"])]
        with _sheet(len(members), _("Cost a year, losses included, CNY M")) as sheet:
            bars = (members["alone_cny"] / per_million(), members["bill_cny"] / per_million())
            form = "{:,.1f}" if per_million() < MILLION else "{:,.2f}"
            _pairs(sheet, labels, bars, (_("everyone alone"), _("together, by the bill")), form)
    return sheet[0]


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
        at = np.arange(len(rows))[::-1]
        with _sheet(len(rows), title()) as (drawing, axes):
            for end, colour in (("low", TODAY), ("high", PLAN)):
                axes.barh(at, rows[f"at_{end}"] - base, left=base, height=0.55, color=colour)
            for y, row in zip(at, rows.to_dict("records"), strict=True):
                _ends(axes, row, base, float(y))
            _rows(axes, len(rows))
            axes.axvline(base, color=palette.INK, linewidth=1.0)
            axes.set_yticks(at, [drawable(_(str(name)), str(n + 1)) for n, name in enumerate(rows["figure"])])
            axes.margins(x=0.22)
    return drawing


def _ends(axes: Axes, row: Mapping[Any, Any], base: float, y: float) -> None:
    """Write the value tried at the end of its bar; both at the longer one when they lie on one side."""
    order = ("low", "high") if row["at_low"] <= row["at_high"] else ("high", "low")
    left, right = (float(row[f"at_{end}"]) for end in order)
    words = [str(row[end]) for end in order]
    if left > base:
        _beside(axes, ", ".join(words), (right, y), "left")
    elif right < base:
        _beside(axes, ", ".join(words), (left, y), "right")
    else:
        _beside(axes, words[0], (left, y), "right")
        _beside(axes, words[1], (right, y), "left")


def _beside(axes: Axes, text: str, at: tuple[float, float], side: str) -> None:
    shift = -4 if side == "right" else 4
    axes.annotate(text, at, xytext=(shift, 0), textcoords="offset points", ha=side, va="center", fontsize=8,
                  color=palette.MUTED)  # fmt: skip


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
        with _sheet(len(labels), _("Tonnes a year that a million more of budget saves")) as (drawing, axes):
            at = np.arange(len(labels))[::-1]
            drawn = axes.barh(at, saved[:shown], height=0.6, color=PLAN)
            axes.bar_label(drawn, [f"{value:,.0f}" for value in saved[:shown]], padding=3, fontsize=8)
            axes.set_yticks(at, labels)
            axes.margins(x=0.1)
            _rows(axes, len(labels))
    return drawing
