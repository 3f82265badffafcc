"""The map: one HTML file that opens without a network, drawn by Bokeh with everything inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bokeh.core.properties import value
from bokeh.embed import file_html
from bokeh.layouts import column, row
from bokeh.models import (
    BooleanFilter,
    CDSView,
    ColorBar,
    ColumnDataSource,
    CustomJS,
    Div,
    HoverTool,
    InlineStyleSheet,
    LabelSet,
    Legend,
    LegendItem,
    LinearColorMapper,
    MetricLength,
    NumeralTickFormatter,
    Range1d,
    ScaleBar,
    Select,
    WheelZoomTool,
)
from bokeh.plotting import figure
from bokeh.resources import INLINE

from coldchain.plan import Plan
from coldchain.report import palette, panel, tips
from coldchain.report.lines import PlanLines, plan_lines
from coldchain.report.mapdata import MapData, Window, map_data
from coldchain.report.twin import tables_below

FRAME_PX = (800, 640)
PANEL_PX = 330
ALL_PERIODS = "all seasons"
MANY_VILLAGES = 600
FADED = 0.4
"""Opacity of what is not chosen while something is."""
FONT = ", ".join(palette.FONTS)
Sources = dict[str, Any]


def write_map(plan: Plan, path: Path | str, lines: PlanLines | None = None) -> None:
    """Write the map.

    Parameters
    ----------
    lines : from :func:`coldchain.report.lines.plan_lines`, when already traced
    """
    data = map_data(plan, lines or plan_lines(plan), FRAME_PX[0] / FRAME_PX[1])
    sources = {name: ColumnDataSource(getattr(data, name)) for name in tips.LAYERS}
    season = BooleanFilter()
    plot = frame(data.window)
    items = _draw(plot, data, sources, season)
    add_legend(plot, items)
    page = column(
        div(panel.heading(plan), margin=(14, 0, 6, 0)),
        row(
            column(_season_select(plan, sources["routes"], season), plot, spacing=2),
            div(panel.panel(plan), width=PANEL_PX, margin=(6, 0, 0, 18)),
        ),
        tables_below(sources["depots"], sources["villages"], plan.tables["commodities"]),
        styles={"margin": "0 auto", "width": "fit-content"},
    )
    scenario = plan.summary["scenario"]
    title = f"Cold chain plan: {scenario['name']} · {scenario['variant']}"
    Path(path).write_text(file_html(page, INLINE, title), encoding="utf-8")


def frame(window: Window) -> Any:
    """Return an empty map of a part of the plane, with a scale."""
    wheel = WheelZoomTool()
    plot = figure(
        frame_width=FRAME_PX[0],
        frame_height=FRAME_PX[1],
        x_range=Range1d(*window.x),
        y_range=Range1d(*window.y),
        tools=["pan", wheel, "reset", "save", "tap"],
        active_scroll=wheel,
        toolbar_location="right",
        outline_line_color="#dfe3e7",
        background_fill_color="#fbfbf9",
    )
    plot.toolbar.logo = None
    plot.axis.visible = False
    plot.grid.visible = False
    _add_scale(plot)
    return plot


def _draw(plot: Any, data: MapData, sources: Sources, season: BooleanFilter) -> list[LegendItem]:
    """Draw the layers from the ground up; return what the legend lists."""
    minor = plot.multi_line("xs", "ys", source=sources["roads_minor"], color=palette.ROAD, line_width=0.8)
    major = plot.multi_line("xs", "ys", source=sources["roads_major"], color=palette.ROAD_MAJOR, line_width=1.8)
    lit = {"hover_line_color": palette.INK, "hover_line_alpha": 1.0, "nonselection_line_alpha": FADED}
    spokes = plot.multi_line(
        "xs", "ys", source=sources["spokes"], color=palette.ASSIGNMENT, line_width=0.9, visible=False, **lit
    )
    hauls = plot.multi_line(
        "xs", "ys", source=sources["hauls"], color=palette.HAUL, line_width=4.0, alpha=0.28, **lit
    )  # fmt: skip
    routes = plot.multi_line(
        "xs", "ys", source=sources["routes"], view=CDSView(filter=season), color=palette.ROUTE, line_width=1.4,
        alpha=0.75, **lit,
    )  # fmt: skip
    villages, unserved = _draw_villages(plot, data, sources["villages"])
    depots = _draw_depots(plot, data, sources["depots"])
    hubs = _draw_hubs(plot, sources["hubs"])
    drawn = {"spokes": [spokes], "hauls": [hauls], "routes": [routes], "villages": [villages, unserved]}
    for name, renderers in {**drawn, "depots": list(depots.values()), "hubs": [hubs]}.items():
        plot.add_tools(HoverTool(renderers=renderers, tooltips=tips.TIPS[name], visible=False))
    served = data.villages["served"]
    listed = [
        ("village served", [villages], any(served)),
        ("village not served", [unserved], not all(served)),
        *((f"depot, {status}", [square], True) for status, square in depots.items()),
        ("hub", [hubs], True),
        ("collection routes", [routes], bool(data.routes["xs"])),
        ("line haul to hub", [hauls], bool(data.hauls["xs"])),
        ("village to its depot", [spokes], bool(data.spokes["xs"])),
        ("roads", [minor, major], True),
    ]
    return [LegendItem(label=label, renderers=renderers) for label, renderers, shown in listed if shown]


def _draw_villages(plot: Any, data: MapData, source: ColumnDataSource) -> tuple[Any, Any]:
    """Draw served villages by the loss avoided, with a colour bar, and the others hollow."""
    served = data.villages["served"]
    avoided = [t for t, shown in zip(data.villages["avoided_t"], served, strict=True) if shown]
    low, high = min([0.0, *avoided]), max([1.0, *avoided])
    mapper = LinearColorMapper(palette=list(palette.VILLAGES), low=low, high=high)
    size = 5.5 if len(served) > MANY_VILLAGES else 8.5
    full = plot.scatter(
        "x", "y", source=source, view=CDSView(filter=BooleanFilter(booleans=served)), size=size,
        fill_color={"field": "avoided_t", "transform": mapper}, line_color="#4f6a6b", line_width=0.6,
        nonselection_alpha=FADED,
    )  # fmt: skip
    hollow = plot.scatter(
        "x", "y", source=source, view=CDSView(filter=BooleanFilter(booleans=[not shown for shown in served])),
        size=size, fill_color=palette.PAPER, line_color=palette.UNSERVED, line_width=1.6,
        nonselection_alpha=FADED,
    )  # fmt: skip
    if avoided:
        plot.add_layout(_colour_bar(mapper), "below")
    return full, hollow


def _colour_bar(mapper: LinearColorMapper) -> ColorBar:
    return ColorBar(
        color_mapper=mapper, title="loss avoided, t a year", orientation="horizontal", width=260, height=9,
        location="bottom_left", formatter=NumeralTickFormatter(format="0,0.[00]"), title_text_font=FONT,
        title_text_font_style="normal", title_text_font_size="12px", title_text_color=palette.INK, padding=6,
        major_label_text_font=FONT, major_label_text_font_size="11px", background_fill_alpha=0.0,
        bar_line_color=None, major_tick_line_color=None,
    )  # fmt: skip


def _draw_depots(plot: Any, data: MapData, source: ColumnDataSource) -> dict[str, Any]:
    """Draw a square for each depot, as large as what passes through it; one renderer for each status that occurs."""
    status = data.depots["status"]
    return {
        name: plot.scatter(
            "x", "y", source=source, view=CDSView(filter=BooleanFilter(booleans=[s == name for s in status])),
            marker="square", size="size", fill_color=colour, line_color=palette.PAPER, line_width=1.2, fill_alpha=0.92,
            nonselection_alpha=FADED,
        )
        for name, colour in palette.DEPOTS.items()
        if name in status
    }  # fmt: skip


def _draw_hubs(plot: Any, source: ColumnDataSource) -> Any:
    star = plot.scatter(
        "x", "y", source=source, marker="star", size=21, fill_color=palette.HUB, line_color=palette.INK, line_width=1.1,
        nonselection_alpha=FADED,
    )  # fmt: skip
    names = LabelSet(
        x="x", y="y", text="title", source=source, x_offset=14, y_offset=6, text_font=value(FONT),
        text_font_size="13px", text_font_style="bold", text_color=palette.INK, background_fill_color=palette.PAPER,
        background_fill_alpha=0.75,
    )  # fmt: skip
    plot.add_layout(names)
    return star


def _add_scale(plot: Any) -> None:
    """Add a scale bar of round kilometres below the frame."""
    bar = ScaleBar(
        range=plot.x_range, unit="m", dimensional=MetricLength(), location="bottom_left", margin=0, bar_length=0.2,
        label="@{value} @{unit}", border_line_color=None, background_fill_color=palette.PAPER,
        background_fill_alpha=0.0, bar_line_color=palette.INK, label_text_color=palette.INK, label_text_font=FONT,
        label_text_font_size="12px", padding=6,
    )  # fmt: skip
    plot.add_layout(bar, "below")


def add_legend(plot: Any, items: list[LegendItem]) -> None:
    """Add a legend below the frame, where it hides nothing."""
    legend = Legend(
        items=items, click_policy="hide", orientation="horizontal", ncols=5, location="bottom_left", padding=2,
        margin=2, border_line_color=None, label_text_font=FONT, label_text_font_size="12px", label_standoff=4,
        label_text_color=palette.INK, glyph_width=22, glyph_height=22, spacing=10, inactive_fill_color="#eef0f2",
        inactive_fill_alpha=0.8,
    )  # fmt: skip
    plot.add_layout(legend, "below")


def _season_select(plan: Plan, source: ColumnDataSource, season: BooleanFilter) -> Select:
    """Choose the season whose routes are shown; the one with the largest loads at first."""
    names = {period.id: period.name or period.id for period in plan.scenario.periods}
    loads = plan.tables["routes"].groupby("period")["load_kg"].sum()
    first = str(loads.idxmax()) if len(loads) else ""
    season.booleans = [period == first for period in source.data["period"]]
    select = Select(
        title="Collection routes of a typical day in", value=first, width=260,
        options=[*((key, name) for key, name in names.items()), ("", ALL_PERIODS)],
        stylesheets=[InlineStyleSheet(css=f":host {{ font-family: {FONT}; color: {palette.INK}; }}")],
    )  # fmt: skip
    code = """
        const chosen = select.value
        season.booleans = chosen == "" ? null : Array.from(source.data.period, (period) => period == chosen)
        source.change.emit()
    """
    select.js_on_change("value", CustomJS(args={"select": select, "season": season, "source": source}, code=code))
    return select


def div(html: str, **options: Any) -> Div:
    """Return words in the style of the panel."""
    return Div(text=html, stylesheets=[InlineStyleSheet(css=panel.STYLE)], **options)
