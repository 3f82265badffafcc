"""The map of the day: trips in the colours of their depots, halts, depots; one file that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.embed import file_html
from bokeh.layouts import column, row
from bokeh.models import (
    BooleanFilter,
    CDSView,
    ColumnDataSource,
    CustomJS,
    HoverTool,
    InlineStyleSheet,
    LabelSet,
    LegendItem,
    Select,
)
from bokeh.resources import INLINE

from coldchain.dispatch.clock import span
from coldchain.dispatch.dispatch import Dispatch
from coldchain.dispatch.lines import TripLine
from coldchain.dispatch.tables import Tables, records
from coldchain.language import N_, _
from coldchain.language.ids import word
from coldchain.reports import palette
from coldchain.reports.background import background, thinned
from coldchain.reports.canvas import FRAME_PX, PANEL_PX, add_legend, div, frame
from coldchain.reports.figures import percent
from coldchain.reports.mapdata import Window, line_columns, window_around

COLOURS = (
    "#1c7684", "#c8803a", "#6d4a7c", "#7b9e5e", "#b55b6f", "#5b7fb5", "#8a6d3b", "#3f8f6b", "#a34f8b", "#4b5261",
    "#c4a02c", "#2f5d9c",
)  # fmt: skip
EVERY = N_("all tours")
FONT = ", ".join(palette.FONTS)
MOST_LISTED = 60
STOP_PX, STOP_PX_MANY, MANY_STOPS = (5.0, 7.0), (2.5, 4.0), 400
TRIP_TIPS = [
    (N_("tour"), N_("@tour, trip @trip")), (N_("vehicle"), "@vehicle"), (N_("leaves, back"), "@leave, @back"),
    (N_("load"), N_("@load_kg{0,0} kg at @stops stops")), (N_("way"), N_("@km{0,0} km")),
]  # fmt: skip
STOP_TIPS = [
    (N_("stop"), "@label"), (N_("tour"), N_("@tour, trip @trip, stop @order")),
    (N_("there"), N_("@arrive, leaves @leave")), (N_("load"), N_("@kg{0,0} kg")), (N_("aboard"), "@aboard"),
    (N_("orders"), "@lots"),
]  # fmt: skip


DEPOT_TIPS = [(N_("depot"), "@label"), (N_("received"), N_("@received_kg{0,0} kg"))]
BEHIND_TIPS = [(N_("stays behind"), "@label"), (N_("load"), N_("@kg{0,0} kg")), (N_("why"), "@detail")]


def write_day_map(
    made: Dispatch, path: Path, tables: Tables, summary: dict[str, Any], lines: Sequence[TripLine]
) -> None:
    """Write the map of the day."""
    window = _window(made, lines)
    plot = frame(window)
    shade = {depot: COLOURS[n % len(COLOURS)] for n, depot in enumerate(_in_use(tables))}
    trips = ColumnDataSource(_trip_columns(tables, lines, window, shade))
    stops = ColumnDataSource(_stop_columns(tables, window, shade))
    views = BooleanFilter(), BooleanFilter()
    items = _draw(plot, made, tables, window, (trips, stops), views)
    add_legend(plot, items)
    page = column(
        div(_heading(made, summary), margin=(14, 0, 6, 0)),
        row(
            column(_select(tables, (trips, stops), views), plot, spacing=2),
            div(_panel(summary, tables), width=PANEL_PX + 60, margin=(6, 0, 0, 18)),
        ),
        styles={"margin": "0 auto", "width": "fit-content"},
    )
    path.write_text(
        file_html(page, INLINE, _("Routes: {name}").format(name=summary["scenario"]["name"])), encoding="utf-8"
    )


def _window(made: Dispatch, lines: Sequence[TripLine]) -> Window:
    source = made.day.source
    spots = [(depot.place.lon, depot.place.lat) for depot in source.depots]
    spots += [
        (source.scenario.villages[order.village].lon, source.scenario.villages[order.village].lat)
        for order in made.orders
    ]
    return window_around(np.concatenate([spots, *(line.line for line in lines)]), FRAME_PX[0] / FRAME_PX[1])


def _in_use(tables: Tables) -> list[str]:
    return list(dict.fromkeys(tables["tours"]["depot"]))


def _trip_columns(tables: Tables, lines: Sequence[TripLine], window: Window, shade: dict[str, str]) -> dict[str, Any]:
    trips = tables["trips"].merge(tables["tours"][["tour", "vehicle", "depot"]], on="tour", how="left")
    columns: dict[str, Any] = {name: trips[name].tolist() for name in trips.columns}
    columns["colour"] = [shade[depot] for depot in columns["depot"]]
    columns["vehicle"] = [word(str(one)) for one in columns["vehicle"]]
    return columns | line_columns([thinned(window.metres(line.line), window.tolerance_m) for line in lines])


def _stop_columns(tables: Tables, window: Window, shade: dict[str, str]) -> dict[str, Any]:
    stops = tables["stops"]
    kept = ["tour", "trip", "order", "kg", "arrive", "leave", "lots"]
    columns: dict[str, Any] = {name: stops[name].tolist() for name in kept}
    xy = window.metres(stops[["lon", "lat"]].to_numpy(dtype=np.float64)).round()
    columns |= {"x": xy[:, 0].tolist(), "y": xy[:, 1].tolist()}
    columns["label"] = [
        key if name in ("", key) else f"{name} ({key})"
        for key, name in zip(stops["village"], stops["name"], strict=True)
    ]
    columns["aboard"] = [span(hours) for hours in stops["aboard_h"]]
    columns["number"] = [f"{trip}.{order}" for trip, order in zip(stops["trip"], stops["order"], strict=True)]
    columns["colour"] = [shade[depot] for depot in stops["depot"]]
    most = float(stops["kg"].max()) if len(stops) else 1.0
    least, more = STOP_PX_MANY if len(stops) > MANY_STOPS else STOP_PX
    columns["size"] = (least + more * np.sqrt(stops["kg"].to_numpy(dtype=np.float64) / most)).round(1).tolist()
    return columns


def _draw(
    plot: Any,
    made: Dispatch,
    tables: Tables,
    window: Window,
    sources: tuple[ColumnDataSource, ColumnDataSource],
    views: tuple[BooleanFilter, BooleanFilter],
) -> list[LegendItem]:
    network = made.day.source.placed.network
    roads = [line_columns(part) for part in background(network, window.metres(network.xy), window.x, window.y)]
    major = plot.multi_line("xs", "ys", source=ColumnDataSource(roads[0]), color=palette.ROAD_MAJOR, line_width=1.8)
    minor = plot.multi_line("xs", "ys", source=ColumnDataSource(roads[1]), color=palette.ROAD, line_width=0.8)
    lit = {"hover_line_color": palette.INK, "hover_line_alpha": 1.0}
    trips = plot.multi_line(
        "xs", "ys", source=sources[0], view=CDSView(filter=views[0]), color="colour", line_width=2.0, alpha=0.7, **lit
    )
    stops = plot.scatter(
        "x", "y", source=sources[1], view=CDSView(filter=views[1]), size="size", fill_color="colour",
        line_color=palette.PAPER, line_width=0.8,
    )  # fmt: skip
    behind = plot.scatter(
        "x", "y", source=ColumnDataSource(_behind_columns(made, tables, window)), size=10, fill_color=palette.PAPER,
        line_color="#b3372f", line_width=2.0,
    )  # fmt: skip
    depots = _draw_depots(plot, tables, window)
    tips = ((trips, TRIP_TIPS), (stops, STOP_TIPS), (depots, DEPOT_TIPS), (behind, BEHIND_TIPS))
    for renderer, tooltips in tips:
        spoken = [(_(label), _(text)) for label, text in tooltips]
        plot.add_tools(HoverTool(renderers=[renderer], tooltips=spoken, visible=False))
    listed = [
        (_("trip, in the colour of its depot"), [trips], len(tables["trips"])),
        (_("stop, by its load"), [stops], len(tables["stops"])),
        (_("depot"), [depots], len(tables["depots"])),
        (_("stays behind"), [behind], len(tables["unserved"])),
        (_("roads"), [minor, major], 1),
    ]
    return [LegendItem(label=label, renderers=renderers) for label, renderers, shown in listed if shown]


def _draw_depots(plot: Any, tables: Tables, window: Window) -> Any:
    depots = tables["depots"]
    xy = window.metres(depots[["lon", "lat"]].to_numpy(dtype=np.float64)).round()
    names = [key if name in ("", key) else name for key, name in zip(depots["depot"], depots["name"], strict=True)]
    shade = {depot: COLOURS[n % len(COLOURS)] for n, depot in enumerate(_in_use(tables))}
    source = ColumnDataSource(
        {
            "x": xy[:, 0].tolist(), "y": xy[:, 1].tolist(), "label": names,
            "received_kg": depots["received_kg"].tolist(),
            "colour": [shade.get(depot, palette.UNSERVED) for depot in depots["depot"]],
        }
    )  # fmt: skip
    squares = plot.scatter(
        "x", "y", source=source, marker="square", size=15, fill_color="colour", line_color=palette.INK, line_width=1.4
    )
    labels = LabelSet(
        x="x", y="y", text="label", source=source, x_offset=10, y_offset=6, text_font=value(FONT),
        text_font_size="12px", text_font_style="bold", text_color=palette.INK,
        background_fill_color=palette.PAPER, background_fill_alpha=0.75,
    )  # fmt: skip
    plot.add_layout(labels)
    return squares


def _behind_columns(made: Dispatch, tables: Tables, window: Window) -> dict[str, Any]:
    unserved = tables["unserved"]
    spot = {village.id: (village.lon, village.lat) for village in made.day.source.scenario.villages}
    lonlat = np.array([spot[key] for key in unserved["village"]], dtype=np.float64).reshape(-1, 2)
    xy = window.metres(lonlat).round()
    label = [
        _("{order} at {village}").format(order=order, village=village)
        for order, village in zip(unserved["order"], unserved["village"], strict=True)
    ]
    figures = {"label": label, "kg": unserved["kg"].tolist(), "detail": unserved["detail"].tolist()}
    return {"x": xy[:, 0].tolist(), "y": xy[:, 1].tolist(), **figures}


def _select(
    tables: Tables, sources: tuple[ColumnDataSource, ColumnDataSource], views: tuple[BooleanFilter, BooleanFilter]
) -> Select:
    """Choose a depot or one tour to look at."""
    options, told = [("", _(EVERY))], _("{tour}: {vehicle}, {leave} to {back}")
    options += [(f"depot {key}", _("depot {key}").format(key=key)) for key in _in_use(tables)]
    options += [
        (f"tour {row['tour']}", told.format(**(row | {"vehicle": word(str(row["vehicle"]))})))
        for row in records(tables["tours"])
    ]
    select = Select(
        title=_("Show"), value="", width=330, options=options,
        stylesheets=[InlineStyleSheet(css=f":host {{ font-family: {FONT}; color: {palette.INK}; }}")],
    )  # fmt: skip
    code = """
        const at = select.value.indexOf(" ")
        const [kind, key] = [select.value.slice(0, at), select.value.slice(at + 1)]
        sources.forEach((source, n) => {
            const names = Array.from(source.data[kind == "depot" ? "depot" : "tour"])
            filters[n].booleans = select.value == "" ? null : names.map((name) => name == key)
            source.change.emit()
        })
    """
    sources[1].data["depot"] = tables["stops"]["depot"].tolist()
    select.js_on_change(
        "value", CustomJS(args={"select": select, "sources": list(sources), "filters": list(views)}, code=code)
    )
    return select


def _heading(made: Dispatch, summary: dict[str, Any]) -> str:
    day = summary["day"]
    period = made.day.source.scenario.periods[made.day.period]
    badge = ""
    if made.day.source.placed.network.kind == "proximity":
        badge = f'<span class="badge">{_("proximity network, no road data")}</span>'
    name = day["given"] or period.name or period.id
    small = f"{_(day['orders'])} · coldchain {summary['version']}"
    title = _("Routes: {name}").format(name=summary["scenario"]["name"])
    return f"<h1>{escape(title)} · {escape(name)}<small>{escape(small)}</small>{badge}</h1>"


def _panel(summary: dict[str, Any], tables: Tables) -> str:
    orders, loss, cost, aboard = summary["orders"], summary["loss"], summary["cost_cny"], summary["aboard_h"]
    facts = [
        (_("Fetched"), _("{kg:,.0f} kg").format(kg=orders["served_kg"])),
        (_("Stays behind"), _("{kg:,.0f} kg").format(kg=orders["unserved_kg"])),
        (_("Vehicles"), f"{summary['vehicles']:,}"),
        (_("Trips"), f"{summary['trips']:,}"),
        (_("Way"), _("{km:,.0f} km, {hours:,.1f} h").format(**summary)),
        (_("Aboard"), _("{half} median, {most} at most").format(half=span(aboard["p50"]), most=span(aboard["max"]))),
        (_("Expected loss"), _("{kg:,.0f} kg, {share}").format(kg=loss["kg"], share=percent(loss["rate"]))),
        (_("Value of the loss"), _("CNY {cny:,.0f}").format(cny=loss["cny"])),
        (_("Vehicles cost"), _("CNY {cny:,.0f}").format(cny=cost["vehicles"])),
        (_("Together"), _("CNY {cny:,.0f}").format(cny=cost["total"])),
    ]
    rows = "".join(f'<tr><td>{escape(label)}</td><td class="after">{escape(text)}</td></tr>' for label, text in facts)
    tours = tables["tours"]
    lines = "".join(
        f"<tr><td>{escape(str(r['tour']))}</td><td>{r['leave']}</td><td>{r['back']}</td><td>{r['load_kg']:,.0f}</td>"
        f"<td>{r['km']:,.0f}</td><td>{span(r['aboard_max_h'])}</td></tr>"
        for r in records(tours.head(MOST_LISTED))
    )
    more = (
        f'<p class="note">{_("and {count} more in tables/tours.csv").format(count=len(tours) - MOST_LISTED)}</p>'
        if len(tours) > MOST_LISTED
        else ""
    )
    heads = (_("tour"), _("leaves"), _("back"), _("kg"), _("km"), _("aboard"))
    head = f"<tr>{''.join(f'<th>{escape(text)}</th>' for text in heads)}</tr>"
    box = f'<div style="max-height:370px;overflow-y:auto"><table>{head}{lines}</table></div>{more}'
    return f"<h2>{_('Day')}</h2><table>{rows}</table><h2>{_('Tours')}</h2>{box}"
