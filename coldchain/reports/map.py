"""The map: one HTML page that opens without a network, drawn by Bokeh with everything inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import (
    BooleanFilter,
    CDSView,
    ColumnDataSource,
    HoverTool,
    LabelSet,
    LinearColorMapper,
    Range1d,
    TapTool,
)

from coldchain.language import _
from coldchain.model import Scenario
from coldchain.reports import palette, panel, tips
from coldchain.reports.canvas import ASPECT, FONT, MANY_VILLAGES, VILLAGE_PX, VILLAGE_PX_MANY, stretched
from coldchain.reports.lines import PlanLines, plan_lines
from coldchain.reports.mapcards import cards
from coldchain.reports.mapdata import Columns, MapData, Window, broken, map_data, plan_window
from coldchain.reports.mappage import Measure, Page, measures_of, page_html
from coldchain.reports.mapwords import STATUSES
from coldchain.runs import Run

FADED = 0.45
"""Opacity of what is not chosen while something is."""
Sources = dict[str, ColumnDataSource]


@dataclass(frozen=True)
class Pane:
    """One map of the page.

    Attributes
    ----------
    key : beginning of the names of its models
    title : shown above it; empty for a single map
    sources : what can be clicked, by kind; columns ``key`` and ``label`` tell what it is
    """

    key: str
    title: str
    data: MapData
    cards: dict[str, Any] | None
    sources: Sources
    plot: Any


def write_map(plan: Run, path: Path | str, lines: PlanLines | None = None) -> None:
    """Write the map of a plan.

    Parameters
    ----------
    lines : from :func:`coldchain.reports.lines.plan_lines`, when already traced
    """
    data = map_data(plan, lines or plan_lines(plan), ASPECT)
    measures = measures_of([data])
    pane = draw_pane("a", "", data, cards(plan), measures, plan.scenario)
    scenario = plan.summary["scenario"]
    page = Page(
        title=_("Cold chain plan: {name}").format(name=f"{scenario['name']} · {scenario['variant']}"),
        heading=panel.heading(plan),
        panel=panel.panel(plan),
        panes=(pane,),
        measures=measures,
        periods=plan.scenario.periods,
        first_season=fullest_season(plan),
        crops=plan.tables["commodities"],
    )
    Path(path).write_text(page_html(page), encoding="utf-8")


def write_comparison_map(plans: Sequence[tuple[str, Run]], path: Path | str) -> None:
    """Write two plans side by side; moving or choosing in one moves and chooses in the other.

    Parameters
    ----------
    plans : (name, plan) twice
    """
    lines = [plan_lines(plan) for _name, plan in plans]
    windows = [plan_window(plan, line, ASPECT) for (_name, plan), line in zip(plans, lines, strict=True)]
    window = _around(windows)
    drawn = [map_data(plan, line, ASPECT, window) for (_name, plan), line in zip(plans, lines, strict=True)]
    measures = measures_of(drawn)
    panes: list[Pane] = []
    for key, (name, plan), data in zip("ab", plans, drawn, strict=True):
        ranges = (panes[0].plot.x_range, panes[0].plot.y_range) if panes else None
        panes.append(draw_pane(key, name, data, cards(plan), measures, plan.scenario, ranges))
    first = plans[0][1]
    names = " | ".join(name for name, _plan in plans)
    page = Page(
        title=_("Two plans: {names}").format(names=names),
        heading=panel.heading_of_two([(name, plan.summary) for name, plan in plans]),
        panel=panel.panel_of_two([(name, plan.summary) for name, plan in plans]),
        panes=tuple(panes),
        measures=measures,
        periods=first.scenario.periods,
        first_season=fullest_season(first),
    )
    Path(path).write_text(page_html(page), encoding="utf-8")


def _around(windows: Sequence[Window]) -> Window:
    """Return the window of the first plan, widened until the others fit."""
    first = windows[0]
    corners = [first.metres(np.array([window.origin])) for window in windows]
    west = min(float(at[0, 0]) + window.x[0] for at, window in zip(corners, windows, strict=True))
    east = max(float(at[0, 0]) + window.x[1] for at, window in zip(corners, windows, strict=True))
    south = min(float(at[0, 1]) + window.y[0] for at, window in zip(corners, windows, strict=True))
    north = max(float(at[0, 1]) + window.y[1] for at, window in zip(corners, windows, strict=True))
    return Window(first.origin, (west, east), (south, north))


def fullest_season(plan: Run) -> int:
    """Return the number of the season whose routes carry most, -1 without routes."""
    loads = plan.tables["routes"].groupby("period")["load_kg"].sum()
    ids = [period.id for period in plan.scenario.periods]
    return ids.index(str(loads.idxmax())) if len(loads) else -1


def draw_pane(
    key: str,
    title: str,
    data: MapData,
    told: dict[str, Any] | None,
    measures: Mapping[str, Measure],
    scenario: Scenario,
    ranges: tuple[Range1d, Range1d] | None = None,
) -> Pane:
    """Draw the layers of one map from the ground up.

    Parameters
    ----------
    key, title : of the pane
    told : its cards
    ranges : of another map that moves with it
    """
    plot = stretched(data.window, ranges)
    plot.name = f"map_{key}"
    _draw_ground(plot, key, data)
    sources = _draw_ways(plot, key, data, scenario)
    sources["villages"] = _draw_villages(plot, key, data, measures["avoided_t"].mapper)
    sources["depots"] = _draw_depots(plot, key, data.depots)
    sources["hubs"] = _draw_hubs(plot, key, data.hubs)
    for renderer in plot.renderers:
        kind = str(renderer.name).partition(":")[2].partition("_")[0]
        if kind in tips.TIPS:
            plot.add_tools(HoverTool(renderers=[renderer], tooltips=tips.spoken(kind), visible=False))
    plot.multi_line("xs", "ys", source=ColumnDataSource({"xs": [], "ys": []}), color=palette.INK, line_width=1.2,
                    alpha=0.75, level="glyph", name=f"{key}:reach")  # fmt: skip
    clicked = [one for one in plot.renderers if getattr(one, "data_source", None) in sources.values()]
    plot.select_one(TapTool).renderers = clicked
    _draw_labels(plot, key, data)
    return Pane(key, title, data, told, sources, plot)


def _source(key: str, name: str, columns: Columns) -> ColumnDataSource:
    return ColumnDataSource(columns, name=f"{key}:data:{name}")


def _draw_ground(plot: Any, key: str, data: MapData) -> None:
    """Draw roads and borders: one line each, broken between the pieces, which is quickest to draw."""
    for name, columns, colour, width in (
        ("roads_minor", data.roads_minor, palette.ROAD, 0.8), ("roads_major", data.roads_major, palette.ROAD_MAJOR, 1.9)
    ):  # fmt: skip
        plot.line("x", "y", source=ColumnDataSource(broken(columns["xs"], columns["ys"])), color=colour,
                  line_width=width, name=f"{key}:{name}")  # fmt: skip
    xs, ys = ([line[:, n].tolist() for line in data.counties.borders] for n in (0, 1))
    plot.line("x", "y", source=ColumnDataSource(broken(xs, ys)), color=palette.COUNTY, line_width=1.6,
              line_dash="9 4 2 4", alpha=0.8, name=f"{key}:counties")  # fmt: skip


def _draw_ways(plot: Any, key: str, data: MapData, scenario: Scenario) -> Sources:
    """Draw line haul, assignment and the routes of each vehicle type, dashed by type, in the colour of their depot."""
    lit = {"hover_line_color": palette.INK, "hover_line_alpha": 1.0, "nonselection_line_alpha": FADED}
    plot.multi_line("xs", "ys", source=ColumnDataSource(data.hauls), color=palette.HAUL, line_width=4.5, alpha=0.28,
                    name=f"{key}:hauls", **lit)  # fmt: skip
    plot.multi_line("xs", "ys", source=ColumnDataSource(data.spokes), color=palette.ASSIGNMENT, line_width=0.9,
                    visible=not data.routes["xs"], name=f"{key}:spokes", **lit)  # fmt: skip
    sources: Sources = {}
    rows = {str(key): n for n, key in enumerate(data.depots["depot"])}
    seasons = {period.id: _(period.name) or period.id for period in scenario.periods}
    names = {vehicle.id: _(vehicle.name) or vehicle.id for vehicle in scenario.vehicles}
    for n, (vehicle, columns) in enumerate(routes_by_vehicle(data.routes).items()):
        columns |= {"key": columns["route"], "label": columns["route"]}
        columns["period_name"] = [seasons.get(period, period) for period in columns["period"]]
        columns["vehicle_name"] = [names.get(vehicle, vehicle) for _route in columns["route"]]
        columns["colour"] = [palette.of_depot(rows.get(depot, -1)) for depot in columns["depot"]]
        season = BooleanFilter(name=f"{key}:filter:routes_{vehicle}")
        sources[f"routes_{vehicle}"] = source = _source(key, f"routes_{vehicle}", columns)
        plot.multi_line(
            "xs", "ys", source=source, view=CDSView(filter=season), color={"field": "colour"},
            line_dash=palette.DASHES[n % len(palette.DASHES)], line_width=1.5, alpha=0.8,
            name=f"{key}:routes_{vehicle}", **lit,
        )  # fmt: skip
    return sources


def routes_by_vehicle(routes: Columns) -> dict[str, Columns]:
    """Part the columns of the routes by vehicle type, in the order of their ids."""
    vehicles = routes["vehicle"]
    return {
        vehicle: {name: [cell for cell, own in zip(column, vehicles, strict=True) if own == vehicle]
                  for name, column in routes.items()}
        for vehicle in sorted(set(vehicles))
    }  # fmt: skip


def _draw_villages(plot: Any, key: str, data: MapData, mapper: LinearColorMapper) -> ColumnDataSource:
    """Draw served villages by their loss, and the others hollow with a cross."""
    columns = {**data.villages, "key": data.villages["village"]}
    served = [bool(shown) for shown in columns["served"]]
    columns["served"] = [int(shown) for shown in served]
    source = _source(key, "villages", columns)
    size = VILLAGE_PX_MANY if len(served) > MANY_VILLAGES else VILLAGE_PX
    shared = {"line_width": 0.7, "nonselection_fill_alpha": FADED, "nonselection_line_alpha": FADED}
    plot.scatter(
        "x", "y", source=source, view=CDSView(filter=BooleanFilter(booleans=served)), size=size,
        fill_color={"field": "avoided_t", "transform": mapper}, line_color="#3d4f58", name=f"{key}:villages",
        selection_line_width=2.5, selection_line_color=palette.INK, **shared,
    )  # fmt: skip
    if not all(served):
        plot.scatter(
            "x", "y", source=source, view=CDSView(filter=BooleanFilter(booleans=[not shown for shown in served])),
            size=size, marker="circle_x", fill_color=palette.PAPER, line_color=palette.UNSERVED,
            name=f"{key}:villages_unserved", **shared,
        )  # fmt: skip
    return source


def _draw_depots(plot: Any, key: str, depots: Columns) -> ColumnDataSource:
    """Draw depots as large as what passes through them, shaped by status, coloured by zone."""
    columns = {**depots, "key": depots["depot"]}
    columns["marker"] = [palette.MARKERS.get(status, "square") for status in columns["status"]]
    columns["colour"] = [palette.ZONES.get(zone, palette.OTHER_ZONE) for zone in columns["zone"]]
    columns["status_text"] = [_(STATUSES[status]) if status in STATUSES else status for status in columns["status"]]
    source = _source(key, "depots", columns)
    plot.scatter(
        "x", "y", source=source, marker={"field": "marker"}, size={"field": "size"}, fill_color={"field": "colour"},
        line_color=palette.INK, line_width=1.3, name=f"{key}:depots", nonselection_fill_alpha=FADED,
        nonselection_line_alpha=FADED, selection_line_width=3,
    )  # fmt: skip
    return source


def _draw_hubs(plot: Any, key: str, hubs: Columns) -> ColumnDataSource:
    source = _source(key, "hubs", {**hubs, "key": hubs["hub"]})
    plot.scatter(
        "x", "y", source=source, marker="star", size=23, fill_color=palette.HUB, line_color=palette.INK, line_width=1.2,
        nonselection_alpha=FADED, name=f"{key}:hubs",
    )  # fmt: skip
    return source


def _draw_labels(plot: Any, key: str, data: MapData) -> None:
    """Lay out names of hubs, depots, counties and villages; the page shows those that fit, the first of these first.

    Villages are named from a zoom on, the one that was found always.
    """
    depots, hubs, counties, villages = data.depots, data.hubs, data.counties, data.villages
    order = np.argsort(-np.array(depots["tonnes_year"], dtype=np.float64), kind="stable").tolist()
    called = [str(name or key) for name, key in zip(villages["name"], villages["village"], strict=True)]
    names = [*hubs["title"], *(depots["name"][n] or depots["depot"][n] for n in order), *counties.names, *called]
    count = (len(hubs["title"]), len(order), len(counties.names), len(called))

    def each(*values: Any) -> list[Any]:
        return [one for one, number in zip(values, count, strict=True) for _each in range(number)]

    columns = {
        "x": [*hubs["x"], *(depots["x"][n] for n in order), *counties.spots[:, 0].tolist(), *villages["x"]],
        "y": [*hubs["y"], *(depots["y"][n] for n in order), *counties.spots[:, 1].tolist(), *villages["y"]],
        "name": names, "full": names, "text": ["" for _name in names], "dx": [0.0 for _name in names],
        "dy": [0.0 for _name in names], "site": [*[-1] * count[0], *order, *[-1] * (count[2] + count[3])],
        "village": [*[-1] * sum(count[:3]), *range(count[3])],
        "gap": each(12, 9, 0, 6), "font": each("13px", "12px", "14px", "11px"),
        "style": each("bold", "normal", "italic", "normal"),
        "colour": each(palette.INK, palette.INK, palette.COUNTY, palette.MUTED),
    }  # fmt: skip
    shown = LabelSet(
        x="x", y="y", text="text", x_offset={"field": "dx"}, y_offset={"field": "dy"},
        source=_source(key, "labels", columns), text_font=value(FONT), text_font_size={"field": "font"},
        text_font_style={"field": "style"}, text_color={"field": "colour"}, background_fill_color=palette.PAPER,
        background_fill_alpha=0.72, name=f"{key}:labels",
    )  # fmt: skip
    plot.add_layout(shown)
