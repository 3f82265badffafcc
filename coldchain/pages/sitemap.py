"""The map of the planning page: villages in the colour of their depot, sites shaped by what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from bokeh.events import Pan, PanEnd, PanStart
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, PanTool, RadioButtonGroup, TapTool

from coldchain.language import N_, _
from coldchain.model import Scenario
from coldchain.model.naming import labelled
from coldchain.pages.asked import CHOICES, FORBIDDEN, FORCED, PLACES, STATED, SiteRow
from coldchain.pages.shell import asset, patch
from coldchain.pages.states import PlanState
from coldchain.reports import palette
from coldchain.reports.background import background, plane
from coldchain.reports.canvas import ASPECT, MANY_VILLAGES, VILLAGE_PX, VILLAGE_PX_MANY, stretched
from coldchain.reports.mapdata import Columns, broken, hub_columns, line_columns, modules_words, window_around
from coldchain.runs import PlacedNetwork

MARKS = {STATED: "square", FORBIDDEN: "x", FORCED: "triangle"}
SITE_PX, DEPOT_PX, REACH_PX = 11.0, 19.0, 16.0
LOOK, DRAG, ADD = range(3)
MODES = (N_("Move the map"), N_("Drag a site"), N_("Add a site"))
OPEN, BUILT, STANDING, CLOSED = palette.PAPER, palette.DEPOTS["built"], palette.DEPOTS["existing"], "#8a331f"


class SiteMap:
    """The map, and the columns of the sites, which the table of the page shows too.

    Attributes
    ----------
    plot : the map
    sites : a row for each site: key, label, county, stated, choice, place, modules and its mark
    mode : what a drag or a click on the map does: LOOK, DRAG or ADD
    """

    def __init__(self, scenario: Scenario, placed: PlacedNetwork) -> None:
        self.scenario = scenario
        places = (*scenario.villages, *scenario.sites, *scenario.hubs)
        self.window = window_around(_lonlat(places), ASPECT)
        self.plot = stretched(self.window)
        self.plot.sizing_mode, self.plot.aspect_ratio = "scale_width", ASPECT
        self._villages = self.window.metres(_lonlat(scenario.villages))
        self.villages = ColumnDataSource(self._village_columns())
        self.sites = ColumnDataSource(self._site_columns((), None), name="sites")
        self.mode = RadioButtonGroup(labels=[_(text) for text in MODES], active=LOOK, name="mode")
        self.spokes = ColumnDataSource({"xs": [], "ys": []})
        self._draw(placed)
        self._let_drag()

    def _let_drag(self) -> None:
        """Let sites be dragged while that is chosen; where one is dropped its place is edited, as in the table."""
        given = {"mode": self.mode, "sites": self.sites, "plot": self.plot, "reach": REACH_PX,
                 "origin": list(self.window.origin), "degree": list(self._degree_m), "places": PLACES}  # fmt: skip
        drag = CustomJS(args=given, code=asset("drag.js"))
        for event in (PanStart, Pan, PanEnd):
            self.plot.js_on_event(event, drag)
        pan = self.plot.select_one(PanTool)
        self.mode.js_on_change("active", CustomJS(args={"pan": pan}, code=f"pan.active = cb_obj.active != {DRAG}"))

    def lonlat(self, x: float, y: float) -> tuple[float, float]:
        """Return the place at a point of the map."""
        (east_m, north_m), (lon, lat) = self._degree_m, self.window.origin
        return lon + x / east_m, lat + y / north_m

    @property
    def _degree_m(self) -> tuple[float, float]:
        """Metres of a degree of longitude and of latitude."""
        east_m, north_m = plane(np.array([[1.0, 1.0]]), self.window.origin[1])[0]
        return float(east_m), float(north_m)

    def _draw(self, placed: PlacedNetwork) -> None:
        plot, network = self.plot, placed.network
        roads = background(network, self.window.metres(network.xy), self.window.x, self.window.y)
        for lines, colour, width in zip(
            reversed(roads), (palette.ROAD, palette.ROAD_MAJOR), (0.8, 1.9), strict=True
        ):  # minor ones below
            columns = line_columns(lines)
            plot.line("x", "y", source=ColumnDataSource(broken(columns["xs"], columns["ys"])), color=colour,
                      line_width=width)  # fmt: skip
        plot.multi_line("xs", "ys", source=self.spokes, color=palette.ASSIGNMENT, line_width=1.1)
        many = len(self.scenario.villages) > MANY_VILLAGES
        villages = plot.scatter(
            "x", "y", source=self.villages, size=VILLAGE_PX_MANY if many else VILLAGE_PX, fill_color="colour",
            line_color="#3d4f58", line_width=0.7,
        )  # fmt: skip
        hubs = hub_columns(self.scenario, {}, self.window)
        plot.scatter("x", "y", source=ColumnDataSource(hubs), marker="star", size=21, fill_color=palette.HUB,
                     line_color=palette.INK)  # fmt: skip
        sites = plot.scatter(
            "x", "y", source=self.sites, marker={"field": "marker"}, size={"field": "size"}, fill_color="fill",
            line_color="line", line_width=2, nonselection_fill_alpha=1.0, nonselection_line_alpha=1.0,
            selection_line_width=4,
        )  # fmt: skip
        plot.select_one(TapTool).renderers = [sites]
        plot.add_tools(
            HoverTool(renderers=[villages], visible=False, tooltips=[
                (_("Village"), "@label"), (_("Depot"), "@depot"), (_("Loss, t a year"), "@loss")]),
            HoverTool(renderers=[sites], visible=False, tooltips=[
                (_("Site"), "@label"), (_("Asked for"), "@choice"), (_("Modules"), "@modules"),
                (_("From a road, m"), "@road")]),
        )  # fmt: skip

    def _village_columns(self) -> Columns:
        villages, xy = self.scenario.villages, self._villages.round()
        none = [figure_unknown() for _one in villages]
        return {
            "x": xy[:, 0].tolist(), "y": xy[:, 1].tolist(), "label": [labelled(one.id, one.name) for one in villages],
            "depot": none, "loss": none, "colour": [palette.PAPER for _one in villages],
        }  # fmt: skip

    def _site_columns(self, rows: Sequence[SiteRow], state: PlanState | None) -> Columns:
        xy = self.window.metres(_lonlat(rows)).round(1)
        modules = [("", "") if state is None else state.modules.get(row.id, ("", "")) for row in rows]
        return {
            "x": xy[:, 0].tolist(), "y": xy[:, 1].tolist(), "key": [row.id for row in rows],
            "label": [row.label for row in rows], "county": [row.county for row in rows],
            "stated": [row.stated for row in rows], "choice": [_(CHOICES[row.choice]) for row in rows],
            "lon": [row.lon for row in rows], "lat": [row.lat for row in rows],
            "road": [figure_unknown() if row.road_m is None else f"{row.road_m:,.0f}" for row in rows],
            "modules": [modules_words(self.scenario, new, old) if new or old else "" for new, old in modules],
            "marker": [MARKS[row.choice] for row in rows],
            "size": [DEPOT_PX if new or old else SITE_PX for new, old in modules],
            "fill": [BUILT if new else STANDING if old else OPEN for new, old in modules],
            "line": [CLOSED if row.choice == FORBIDDEN else palette.INK for row in rows],
        }  # fmt: skip

    def show_sites(self, rows: Sequence[SiteRow], state: PlanState | None) -> None:
        """Draw what is asked for."""
        wanted, shown = self._site_columns(rows, state), self.sites.data
        if list(shown["key"]) != wanted["key"]:
            self.sites.selected.indices = []
            self.sites.data = wanted
            return
        patch(self.sites, wanted)

    def show_plan(self, rows: Sequence[SiteRow], state: PlanState | None) -> None:
        """Draw which village goes where."""
        if state is None:
            return
        number, names = {row.id: n for n, row in enumerate(rows)}, {row.id: row.label for row in rows}
        at = {lot.id: lot for lot in state.villages}
        lots = [at.get(village.id) for village in self.scenario.villages]
        depots = [lot.depot if lot is not None else "" for lot in lots]
        goes = [number.get(depot, -1) for depot in depots]
        self.villages.data = {
            **self.villages.data,
            "depot": [names.get(depot, depot) or figure_unknown() for depot in depots],
            "loss": [f"{lot.loss_t:,.2f}" if lot is not None else figure_unknown() for lot in lots],
            "colour": [palette.of_depot(n) if n >= 0 else palette.PAPER for n in goes],
        }
        ends = [(v, n) for v, n in enumerate(goes) if n >= 0]
        xy = self.window.metres(_lonlat(rows))
        drawn = [np.vstack([self._villages[v], xy[n]]) for v, n in ends]
        self.spokes.data = line_columns(drawn)


def legend_html() -> str:
    """Say what the signs of the map mean."""
    signs = (
        ("○", palette.INK, _("village, in the colour of its depot")), ("□", palette.INK, _("site")),
        ("■", BUILT, _("new depot")), ("■", STANDING, _("standing depot")), ("▲", palette.INK, _("forced")),
        ("✕", CLOSED, _("forbidden")), ("★", palette.HUB, _("hub")),
    )  # fmt: skip
    shown = (f'<span style="white-space:nowrap"><span aria-hidden="true" style="color:{colour}">{sign}</span> '
             f"{escape(text)}</span>" for sign, colour, text in signs)  # fmt: skip
    return f'<p class="note">{" &nbsp; ".join(shown)}</p>'


def figure_unknown() -> str:
    """Return what stands where nothing is known."""
    return "–"


def _lonlat(places: Sequence[Any]) -> Any:
    return np.array([(one.lon, one.lat) for one in places], dtype=np.float64).reshape(-1, 2)
