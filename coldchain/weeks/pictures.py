"""Pictures of a simulated year for people who do not read tables, one message each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.language import N_, _
from coldchain.reports import palette
from coldchain.reports.charts import DPI, WIDTH_IN
from coldchain.reports.figures import money
from coldchain.reports.fonts import chart_style
from coldchain.reports.strokes import PLAN, TODAY
from coldchain.weeks.year import Year

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT_IN = 3.6
SKILLS = {"driver": N_("drivers"), "operator": N_("operators")}
THOUSAND = 1e3


@contextmanager
def _panel(title: str, unit: str) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure with one calm panel over time, and finish it with a legend below."""
    with chart_style():
        from coldchain.reports.chart import Chart, calm

        drawing = Chart((WIDTH_IN, HEIGHT_IN), DPI, "constrained")
        axes = drawing.subplots()
        axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=palette.INK, pad=14)
        axes.set_ylabel(unit, fontsize=9, color=palette.INK)
        yield drawing, axes
        calm(axes, "y", 9)
        handles, texts = axes.get_legend_handles_labels()
        if handles:
            drawing.legend(handles, texts, loc="outside lower center", ncols=4, frameon=False, fontsize=9,
                           labelcolor=palette.INK)  # fmt: skip
        drawing.draw_without_rendering()


def _over_weeks(axes: Axes, weeks: pd.DataFrame) -> Floats:
    """Name the months below the weeks, and return where each week stands."""
    at = np.arange(len(weeks), dtype=np.float64)
    month = weeks["month"].to_numpy()
    first = np.flatnonzero(np.diff(month, prepend=0))
    axes.set_xticks(at[first], [_month(int(month[n])) for n in first])
    axes.set_xlim(-0.6, len(weeks) - 0.4)
    return at


def _month(month: int) -> str:
    names = (N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"),
             N_("Oct"), N_("Nov"), N_("Dec"))  # fmt: skip
    return _(names[month - 1])


def draw_harvest(year: Year) -> Figure:
    """Draw what came each week over what was expected the week before, with its interval."""
    weeks = year.weeks
    with _panel(_("Harvest by week: expected the week before, and what came"), _("t a week")) as (drawing, axes):
        at = _over_weeks(axes, weeks)
        axes.bar(at, weeks["came_t"], color="#97c6a0", width=0.8, label=_("came"))
        if weeks["low_80_t"].notna().any():
            axes.fill_between(at, weeks["low_80_t"], weeks["high_80_t"], step="mid", color=PLAN, alpha=0.22,
                              linewidth=0, label=_("80 % interval"))  # fmt: skip
        axes.step(at, weeks["expected_t"], where="mid", color=PLAN, linewidth=1.8, label=_("expected"))
        axes.step(at, weeks["planned_t"], where="mid", color=palette.MUTED, linewidth=1.0, linestyle="--",
                  label=_("as planned for the year"))  # fmt: skip
    return drawing


def draw_gain(year: Year) -> Figure:
    """Draw what the rolled plan saved each week against the plan as it is, and villages that changed."""
    weeks = year.weeks
    saved = (weeks["static_cny"] - weeks["rolled_cny"]).to_numpy() / THOUSAND
    total = THOUSAND * float(saved.sum())
    told = _("Rolling the plan saved {saved} of {cost}")
    if total < 0.0:
        told = _("Rolling the plan cost {saved} more than {cost}")
    title = told.format(saved=money(abs(total)), cost=money(float(weeks["static_cny"].sum())))
    with _panel(title, _("CNY 1,000 a week")) as (drawing, axes):
        at = _over_weeks(axes, weeks)
        axes.bar(at, saved, color=np.where(saved >= 0.0, PLAN, TODAY), width=0.8)
        axes.axhline(0.0, color=palette.MUTED, linewidth=0.8)
        most = max(float(np.abs(saved).max()), 0.01)
        axes.set_ylim(-1.35 * most, 1.35 * most)
        for x in at[weeks["changed"].to_numpy() > 0]:
            number = int(weeks["changed"].iloc[int(x)])
            axes.annotate(str(number), (x, 1.2 * most), ha="center", fontsize=8, color=palette.INK)
        axes.plot([], [], " ", label=_("figures on top: villages that changed their depot"))
    return drawing


def draw_loss(year: Year) -> Figure:
    """Draw what is lost of each month's harvest, today and by the rolled plan."""
    months = year.months
    shares = [100.0 * months[name] / months["came_t"] for name in ("today_lost_t", "rolled_lost_t")]
    with _panel(_("Lost between field and market, by month"), _("% of the harvest")) as (drawing, axes):
        at = np.arange(len(months), dtype=np.float64)
        bars = zip(shares, (-0.2, 0.2), (TODAY, PLAN), (_("today"), _("with the plan")), strict=True)
        for share, offset, colour, name in bars:
            drawn = axes.bar(at + offset, share, width=0.38, color=colour, label=name)
            axes.bar_label(drawn, [f"{one:.0f}" for one in share], padding=2, fontsize=8, color=palette.INK)
        axes.set_xticks(at, [_month(int(month)) for month in months.index])
    return drawing


def draw_hours(year: Year) -> Figure:
    """Draw the hours from harvest to the buyer, today and by the rolled plan, and the 48 hours of the target."""
    weeks = year.weeks
    with _panel(_("From harvest to the buyer"), _("hours on the way")) as (drawing, axes):
        at = _over_weeks(axes, weeks)
        axes.plot(at, weeks["today_h"], color=TODAY, linewidth=6.0, label=_("today, half within"))
        axes.plot(at, weeks["rolled_h"], color=PLAN, linewidth=2.0, label=_("with the plan, half within"))
        axes.plot(at, weeks["rolled_p95_h"], color=PLAN, linewidth=1.0, linestyle="--",
                  label=_("with the plan, 95 % within"))  # fmt: skip
        axes.axhline(float(weeks["target_h"].max()), color=palette.DEPOTS["built"], linewidth=1.0, label=_("target"))
        axes.set_ylim(0.0, 1.15 * float(weeks[["today_h", "rolled_p95_h", "target_h"]].max().max()))
    return drawing


def draw_people(year: Year) -> Figure:
    """Draw how many people the depots need on a day of each week, and how many mobile units stand."""
    weeks = year.weeks
    table = year.people.pivot_table(index="week", columns="skill", values="people_day", aggfunc="sum")
    with _panel(_("People and mobile units by week"), _("number a day")) as (drawing, axes):
        at = _over_weeks(axes, weeks)
        below = np.zeros(len(weeks))
        for skill, colour in zip(SKILLS, ("#5b7fb5", "#e3a345"), strict=True):
            number = table.reindex(weeks["week"]).get(skill, pd.Series(0.0, weeks["week"])).fillna(0.0).to_numpy()
            axes.bar(at, number, bottom=below, color=colour, width=0.8, label=_(SKILLS[skill]))
            below = below + number
        if weeks["units"].any():
            axes.plot(at, weeks["units"], "D", color=palette.DEPOTS["mobile"], markersize=4, label=_("mobile units"))
    return drawing


DRAWN: Mapping[str, Callable[[Year], Figure]] = {
    "harvest": draw_harvest, "gain": draw_gain, "loss": draw_loss, "hours": draw_hours, "people": draw_people,
}  # fmt: skip
