"""The map of the planning page: villages in the colour of their depot, sites shaped by what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, TapTool

from coldchain.language import N_, _
from coldchain.model import Scenario
from coldchain.model.naming import labelled
from coldchain.model.places import Place
from coldchain.pages.states import State
from coldchain.reports import palette
from coldchain.reports.background import background
from coldchain.reports.canvas import stretched
from coldchain.reports.map import ASPECT, MANY_VILLAGES, VILLAGE_PX, VILLAGE_PX_MANY, broken
from coldchain.reports.mapdata import Columns, hub_columns, line_columns, modules_words, window_around
from coldchain.runs import PlacedNetwork

STATED, FORBIDDEN, FORCED = "stated", "forbidden", "forced"
CHOICES: dict[str, str] = {STATED: N_("as stated"), FORBIDDEN: N_("forbidden"), FORCED: N_("forced")}
STATUSES: dict[str, str] = {
    "candidate": N_("candidate"), "existing": N_("existing"), "forced": N_("forced"), "forbidden": N_("forbidden"),
}  # fmt: skip
MARKS = {STATED: "square", FORBIDDEN: "x", FORCED: "star"}
SITE_PX, DEPOT_PX = 11.0, 19.0
OPEN, BUILT, STANDING, CLOSED = palette.PAPER, palette.DEPOTS["built"], palette.DEPOTS["existing"], "#8a331f"


class SiteMap:
    """The map, and the columns of the sites, which the table of the page shows too.

    Attributes
    ----------
    plot : the map
    sites : a row for each site in order of the scenario: key, label, county, stated, choice, modules and its mark
    """

    def __init__(self, scenario: Scenario, placed: PlacedNetwork) -> None:
        self.scenario = scenario
        places = (*scenario.villages, *scenario.sites, *scenario.hubs)
        self.window = window_around(_lonlat(places), ASPECT)
        self.plot = stretched(self.window)
        self.plot.sizing_mode, self.plot.aspect_ratio = "scale_width", ASPECT
        self._xy = {kind: self.window.metres(_lonlat(found)) for kind, found in self._places().items()}
        self.villages = ColumnDataSource(self._village_columns())
        self.sites = ColumnDataSource(self._site_columns(), name="sites")
        self.spokes = ColumnDataSource({"xs": [], "ys": []})
        self._draw(placed)

    def _places(self) -> dict[str, Sequence[Place]]:
        return {"villages": self.scenario.villages, "sites": self.scenario.sites}

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
                (_("Site"), "@label"), (_("Asked for"), "@choice"), (_("Modules"), "@modules")]),
        )  # fmt: skip

    def _village_columns(self) -> Columns:
        villages, xy = self.scenario.villages, self._xy["villages"].round()
        none = [figure_unknown() for _one in villages]
        return {
            "x": xy[:, 0].tolist(), "y": xy[:, 1].tolist(), "label": [labelled(one.id, one.name) for one in villages],
            "depot": none, "loss": none, "colour": [palette.PAPER for _one in villages],
        }  # fmt: skip

    def _site_columns(self) -> Columns:
        sites, xy = self.scenario.sites, self._xy["sites"].round()
        stated = {site.id: STATED for site in sites}
        return {
            "x": xy[:, 0].tolist(), "y": xy[:, 1].tolist(), "key": [site.id for site in sites],
            "label": [labelled(site.id, site.name) for site in sites], "county": [site.county for site in sites],
            "stated": [_(STATUSES.get(site.status, site.status)) for site in sites],
            **self.marks(stated, None),
        }  # fmt: skip

    def marks(self, choices: Mapping[str, str], state: State | None) -> Columns:
        """Return the columns of the sites that depend on what is asked for and what is planned."""
        modules = [self._modules(site.id, state) for site in self.scenario.sites]
        chosen = [choices[site.id] for site in self.scenario.sites]
        filled = [BUILT if new else STANDING if old else OPEN for new, old in modules]
        return {
            "choice": [_(CHOICES[choice]) for choice in chosen],
            "modules": [modules_words(self.scenario, new, old) if new or old else "" for new, old in modules],
            "marker": [MARKS[choice] for choice in chosen],
            "size": [DEPOT_PX if new or old else SITE_PX for new, old in modules],
            "fill": filled,
            "line": [CLOSED if choice == FORBIDDEN else palette.INK for choice in chosen],
        }  # fmt: skip

    def _modules(self, site: str, state: State | None) -> tuple[str, str]:
        return ("", "") if state is None else state.modules.get(site, ("", ""))

    def show(self, choices: Mapping[str, str], state: State | None) -> None:
        """Draw what is asked for and what is planned."""
        marks = self.marks(choices, state)
        new = {name: cells for name, cells in marks.items() if list(self.sites.data[name]) != cells}
        if new:  # patched, since this may answer an edit of the same columns, which Bokeh does not let be replaced then
            self.sites.patch({name: [(slice(0, len(cells)), cells)] for name, cells in new.items()})
        if state is None:
            return
        rows = {site.id: n for n, site in enumerate(self.scenario.sites)}
        at = {lot.id: lot for lot in state.villages}
        lots = [at.get(village.id) for village in self.scenario.villages]
        goes = [rows.get(lot.depot, -1) if lot is not None else -1 for lot in lots]
        labels = self.sites.data["label"]
        self.villages.data = {
            **self.villages.data,
            "depot": [labels[n] if n >= 0 else figure_unknown() for n in goes],
            "loss": [f"{lot.loss_t:,.2f}" if lot is not None else figure_unknown() for lot in lots],
            "colour": [palette.of_depot(n) if n >= 0 else palette.PAPER for n in goes],
        }
        ends = [(v, n) for v, n in enumerate(goes) if n >= 0]
        drawn = [np.vstack([self._xy["villages"][v], self._xy["sites"][n]]) for v, n in ends]
        self.spokes.data = line_columns(drawn)


def figure_unknown() -> str:
    """Return what stands where nothing is known."""
    return "–"


def _lonlat(places: Sequence[Any]) -> Any:
    return np.array([(one.lon, one.lat) for one in places], dtype=np.float64).reshape(-1, 2)
