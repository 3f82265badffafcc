"""A still picture of the plan, for documents and messages; needs the optional extra ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coldchain.language import N_, _
from coldchain.reports import figures, palette
from coldchain.reports.fonts import chart_style, drawable
from coldchain.reports.lines import PlanLines, plan_lines
from coldchain.reports.mapdata import MapData, map_data
from coldchain.reports.panel import badges_of
from coldchain.reports.spots import Spot, free_spots
from coldchain.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_PX, DPI = (1600, 1000), 160
ASPECT = 1.18
BADGE = {"facecolor": "#fdf0d5", "edgecolor": "#e3c37b", "boxstyle": "round,pad=0.35"}
PT_PER_PX, LEFT = 0.75, 0.715
ROW, GAP, FOOT = 0.0272, 0.043, 0.1
"""Heights of a row of figures, of the gap before a heading, of what stands below them, as shares of the picture."""
NAME_PT = 7.0
STAR_PT = 9.0  # from the middle of a hub to its name
SHAPES = {"square": "s", "hex": "h", "diamond": "D", "triangle": "^"}
STATUS = {
    "built": N_("depot, built"), "expanded": N_("depot, expanded"), "existing": N_("depot, existing"),
    "mobile": N_("depot, mobile"),
}  # fmt: skip


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
    data = map_data(plan, lines or plan_lines(plan), ASPECT)
    with chart_style():
        from coldchain.reports.chart import Chart

        drawing = Chart((SIZE_PX[0] / DPI, SIZE_PX[1] / DPI), DPI)
        axes = drawing.add_axes((0.015, 0.118, 0.69, 0.802))
        _draw_map(axes, data)
        _colour_bar(drawing, data)
        _write_words(drawing, plan)
        drawing.draw_without_rendering()
    return drawing


def _draw_map(axes: Axes, data: MapData) -> None:
    from matplotlib.collections import PathCollection

    axes.set_xlim(data.window.x)
    axes.set_ylim(data.window.y)
    axes.set_aspect("equal", anchor="W")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#fbfbf9")
    for spine in axes.spines.values():
        spine.set_color("#dfe3e7")
    _lines(axes, data.roads_minor, palette.ROAD, 0.5, 1.0, "")
    _lines(axes, data.roads_major, palette.ROAD_MAJOR, 1.1, 1.0, _("roads"))
    _lines(axes, data.hauls, palette.HAUL, 2.6, 0.3, _("line haul to hub"))
    _lines(axes, data.routes, palette.ROUTE, 0.8, 0.6, _("collection routes"))
    _points(axes, data)
    _scale_bar(axes, data)
    legend = axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.01),
        ncols=4,
        columnspacing=1.2,
        frameon=False,
        fontsize=7.5,
        labelcolor=palette.INK,
    )
    for handle in legend.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([45])


def _lines(axes: Axes, columns: dict[str, Any], colour: str, width: float, alpha: float, label: str) -> None:
    from matplotlib.collections import LineCollection

    drawn = [np.column_stack(pair) for pair in zip(columns["xs"], columns["ys"], strict=True)]
    if drawn:
        axes.add_collection(
            LineCollection(drawn, colors=colour, linewidths=width, alpha=alpha, label=label or "_roads")
        )


def _points(axes: Axes, data: MapData) -> None:
    villages, depots, hubs = data.villages, data.depots, data.hubs
    x, y = (np.array(villages[name]) for name in ("x", "y"))
    served = np.array(villages["served"], dtype=bool)
    size = 14 if len(x) > 600 else 26
    axes.scatter(
        x[~served], y[~served], s=size, c=palette.PAPER, edgecolors=palette.UNSERVED, linewidths=0.9,
        label=_("village not served"), zorder=3,
    )  # fmt: skip
    axes.scatter(
        x[served], y[served], s=size, c=np.array(villages["avoided_t"])[served], cmap=_colours(),
        vmin=0.0, vmax=_most(data), edgecolors="#4f6a6b", linewidths=0.4, label=_("village served"), zorder=3,
    )  # fmt: skip
    _depots(axes, depots)
    axes.scatter(
        hubs["x"], hubs["y"], s=150, c=palette.HUB, marker="*", edgecolors=palette.INK, linewidths=0.7, zorder=5,
        label=_("hub"),
    )  # fmt: skip
    _names(axes, data)


def _depots(axes: Axes, depots: dict[str, Any]) -> None:
    """Draw depots: shape by status, colour by zone, area by tonnes; one entry of the legend for each."""
    told: set[str] = set()
    for n, (status, zone) in enumerate(zip(depots["status"], depots["zone"], strict=True)):
        label = (
            _("{depot}, {zone}").format(depot=_(STATUS.get(status, status)), zone=_(zone))
            if zone
            else _(STATUS.get(status, status))
        )
        axes.scatter(
            [depots["x"][n]], [depots["y"][n]], s=(depots["size"][n] * PT_PER_PX) ** 2,
            c=palette.ZONES.get(zone, palette.OTHER_ZONE), marker=SHAPES[palette.MARKERS.get(status, "square")],
            edgecolors=palette.INK, linewidths=0.9, zorder=4, label=f"_{label}" if label in told else label,
        )  # fmt: skip
        told.add(label)


def _names(axes: Axes, data: MapData) -> None:
    """Write the names of hubs and, the larger first, of depots: none over another or over a mark."""
    hubs, depots = data.hubs, data.depots
    (left, right), low = axes.get_xlim(), axes.get_ylim()[0]
    per_m = 72.0 * axes.get_window_extent().width / axes.figure.dpi / (right - left)
    half = np.array(depots["size"], dtype=np.float64) * PT_PER_PX / 2 + 1
    order = np.argsort(-np.array(depots["tonnes_year"], dtype=np.float64), kind="stable").tolist()
    places = [(x, y, drawable(title, hub), max(STAR_PT, _clear_of(depots, half / per_m, x, y) * per_m), "bold")
              for x, y, title, hub in zip(hubs["x"], hubs["y"], hubs["title"], hubs["hub"], strict=True)]  # fmt: skip
    places += [(depots["x"][n], depots["y"][n], drawable(depots["name"][n] or depots["depot"][n], depots["depot"][n]),
                half[n], "normal") for n in order]  # fmt: skip
    spots = [Spot((x - left) * per_m, (y - low) * per_m, name, gap) for x, y, name, gap, _weight in places]
    for (x, y, name, _gap, weight), offset in zip(places, free_spots(spots, NAME_PT), strict=True):
        if offset is not None:
            axes.annotate(
                name, (x, y), xytext=offset, textcoords="offset points", fontsize=NAME_PT, color=palette.INK,
                fontweight=weight, zorder=6, va="bottom",
                bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.6},
            )  # fmt: skip


def _clear_of(depots: dict[str, Any], half_m: np.ndarray, x: float, y: float) -> float:
    """Return half the width in m of the largest mark of a depot that stands at a hub, 0 where none does.

    >>> depots = {"x": [0.0, 900.0], "y": [0.0, 0.0]}
    >>> _clear_of(depots, np.array([500.0, 300.0]), 100.0, 0.0), _clear_of(depots, np.array([500.0, 300.0]), 0.0, 700.0)
    (500.0, 0.0)
    """
    inside = (np.abs(np.array(depots["x"]) - x) < half_m) & (np.abs(np.array(depots["y"]) - y) < half_m)
    return float(half_m[inside].max(initial=0.0))


def _most(data: MapData) -> float:
    return float(max([1.0, *data.villages["avoided_t"]]))


def _colours() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("villages", palette.VILLAGES)


def _colour_bar(drawing: Any, data: MapData) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    strip = drawing.add_axes((LEFT, 0.045, 0.985 - LEFT, 0.012))
    bar = drawing.colorbar(ScalarMappable(Normalize(0.0, _most(data)), _colours()), cax=strip, orientation="horizontal")
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=6.5, length=0, colors=palette.INK)
    bar.ax.set_title(_("loss avoided, t a year"), fontsize=7, color=palette.INK, loc="left", pad=3)


def round_length_m(width_m: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is at most a fifth of a width.

    Examples
    --------
    >>> round_length_m(130_000), round_length_m(2_000)
    (20000.0, 200.0)
    """
    power = 10.0 ** np.floor(np.log10(width_m / 5))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= width_m / 5))


def _scale_bar(axes: Axes, data: MapData) -> None:
    (left, right), (low, high) = data.window.x, data.window.y
    length = round_length_m(right - left)
    x, y = left + 0.02 * (right - left), low + 0.02 * (high - low)
    axes.plot([x, x + length], [y, y], color=palette.INK, linewidth=2, solid_capstyle="butt", zorder=6)
    far = length >= 1000
    text = _("{km:g} km").format(km=length / 1000) if far else _("{m:g} m").format(m=length)
    axes.annotate(
        text, (x + length / 2, y), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=7,
        color=palette.INK, zorder=6,
    )  # fmt: skip


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
