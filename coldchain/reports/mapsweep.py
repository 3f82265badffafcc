"""The map of a sweep: one page with a slider over its budgets.

Routes are drawn from stop to stop, not along the roads, so that twenty plans fit into one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from coldchain.language import _
from coldchain.model import Scenario
from coldchain.reports import figures
from coldchain.reports.background import background
from coldchain.reports.canvas import ASPECT
from coldchain.reports.map import draw_pane
from coldchain.reports.mapdata import (
    Columns,
    MapData,
    hub_columns,
    labels,
    line_columns,
    modules_words,
    village_counties,
    window_around,
    zone_of,
)
from coldchain.reports.mappage import Page, measures_of, page_html
from coldchain.reports.mapwords import STATUSES
from coldchain.reports.palette import MARKERS, OTHER_ZONE, ZONES
from coldchain.runs import PlacedNetwork

MOST_ROUTES = 40_000
"""Routes of all budgets together that a page holds, about 3 MB; with more it shows none."""
ROUTE = ("route", "depot", "vehicle", "period", "days", "load_kg", "km", "hours", "cost_cny_day", "calls")


class Budget(Protocol):
    """One point of a sweep."""

    @property
    def budget_cny(self) -> float:
        """The most that may be awarded."""

    @property
    def planned(self) -> bool:
        """Whether there is a plan."""

    @property
    def loss_rate(self) -> float:
        """Share of the harvest lost."""

    @property
    def coverage(self) -> float:
        """Share of the harvest pre-cooled in time."""

    @property
    def annual_cny(self) -> float:
        """Cost a year, losses included."""

    @property
    def subsidy_cny(self) -> float:
        """What is awarded."""

    @property
    def investment_cny(self) -> float:
        """What is invested."""

    @property
    def depots(self) -> tuple[str, ...]:
        """Sites with new modules."""

    @property
    def drawn(self) -> Mapping[str, Any]:
        """What the map shows of it."""


def write_sweep_map(scenario: Scenario, placed: PlacedNetwork, points: Iterable[Budget], path: Path | str) -> bool:
    """Write the page; budgets without a plan are left out.

    Returns
    -------
    bool
        False, and nothing is written, when no point holds what a map needs: those of sweeps made by earlier versions.
    """
    shown = sorted((one for one in points if one.planned and one.drawn), key=lambda one: one.budget_cny)
    if not shown:
        return False
    drawn_too = _few_enough(shown)
    frames = tuple(_frame(scenario, one, routes=drawn_too) for one in shown)
    data = _data(scenario, placed, frames)
    more = {name: [cell for frame in frames for cell in frame["villages"][name]] for name in ("plan_rate", "avoided_t")}
    measures = measures_of([data], more)
    pane = draw_pane("a", "", data, None, measures, scenario)
    title = _("What a budget buys: {scenario}").format(scenario=f"{scenario.name} · {scenario.variant}")
    page = Page(
        title, f"<h1>{escape(title)}</h1>", _panel(shown), (pane,), measures,
        periods=scenario.periods if all("seasons" in one.drawn for one in shown) else (),
        first_season=_fullest(frames[-1]), frames=frames,
    )  # fmt: skip
    Path(path).write_text(page_html(page), encoding="utf-8")
    return True


def _few_enough(points: Sequence[Budget]) -> bool:
    """Tell whether all routes of all budgets fit into one file."""
    return sum(len(one.drawn.get("routes", ())) for one in points) <= MOST_ROUTES


def _fullest(frame: Mapping[str, Any]) -> int:
    """Return the number of the season in which most is cooled, -1 when that is not told."""
    tonnes = [sum(season) for season in frame["seasons"]]
    return int(np.argmax(tonnes)) if tonnes else -1


def _panel(points: Sequence[Budget]) -> str:
    """List what each budget buys."""
    heads = (_("Budget"), _("Loss rate"), _("Pre-cooled in time"), _("Depots built"))
    rows = [
        (figures.money(one.budget_cny), figures.percent(one.loss_rate), figures.percent(one.coverage),
         f"{len(one.depots):,}")
        for one in points
    ]  # fmt: skip
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    note = _(
        "Move the slider: each position is a plan of its own, the best found with that budget. Routes are drawn "
        "straight from stop to stop."
    )
    title = _("What each budget buys")
    table = f'<table class="budgets"><tr>{head}</tr>{body}</table>'
    return f'<h2>{escape(title)}</h2>{table}<p class="note">{escape(note)}</p>'


def _frame(scenario: Scenario, point: Budget, *, routes: bool) -> dict[str, Any]:
    """Return what one position of the slider shows: columns of all sites and villages, routes, and the key figures."""
    drawn = point.drawn
    nothing = ["", "", 0.0, 0, 0, 0]
    rows = [drawn["depots"].get(site.id, nothing) for site in scenario.sites]
    number = {site.id: n for n, site in enumerate(scenario.sites)}
    zones = [zone_of(scenario, f"{new};{old}") for new, old, *_rest in rows]
    statuses = [_status(new, old, t) for new, old, t, *_rest in rows]
    harvest = scenario.harvest_t.sum(axis=(1, 2))
    loss, today = (np.array(drawn[name], dtype=np.float64) for name in ("loss", "today"))
    avoided = ((today - loss) * harvest).round(2)
    facts = [
        (_("Awarded"), figures.money(point.subsidy_cny)), (_("Investment"), figures.money(point.investment_cny)),
        (_("Depots built"), f"{len(point.depots):,}"), (_("Loss rate"), figures.percent(point.loss_rate)),
        (_("Pre-cooled in time"), figures.percent(point.coverage)), (_("Cost a year"), figures.money(point.annual_cny)),
    ]  # fmt: skip
    return {
        "title": _("Budget {money}").format(money=figures.money(point.budget_cny)),
        "facts": facts,
        "depots": {
            "tonnes_year": [float(row[2]) for row in rows], "villages": [int(row[3]) for row in rows],
            "capex_cny": [float(row[4]) for row in rows], "subsidy_cny": [float(row[5]) for row in rows],
            "modules": [modules_words(scenario, row[0], row[1]) for row in rows], "zone": zones,
            "colour": [ZONES.get(zone, OTHER_ZONE) for zone in zones], "status": statuses,
            "marker": [MARKERS[status] for status in statuses],
            "status_text": [_(STATUSES[status]) for status in statuses],
        },
        "villages": {
            "plan_rate": loss.tolist(), "cooled_share": list(drawn["cooled"]), "avoided_t": avoided.tolist(),
            "depot": [number.get(site, -1) for site in drawn["to"]],
        },
        "seasons": _season_tonnes(scenario, drawn),
        "routes": [[name, number[depot], *more] for name, depot, *more in drawn.get("routes", ()) if routes],
    }  # fmt: skip


def _season_tonnes(scenario: Scenario, drawn: Mapping[str, Any]) -> list[list[float]]:
    """Return t that each site cools, one row for each season; no rows when the point does not tell."""
    if "seasons" not in drawn:
        return []
    nothing = [0.0 for _period in scenario.periods]
    rows = [drawn["seasons"].get(site.id, nothing) for site in scenario.sites]
    return [list(season) for season in zip(*rows, strict=True)]


def _status(new: str, standing: str, tonnes: float) -> str:
    if new:
        return "expanded" if standing else "built"
    return "existing" if standing else "mobile" if tonnes else "candidate"


def _data(scenario: Scenario, placed: PlacedNetwork, frames: Sequence[Mapping[str, Any]]) -> MapData:
    """Prepare the layers: the ground, all sites, all villages, a first route of each vehicle."""
    frame = frames[-1]
    places = (*scenario.villages, *scenario.sites, *scenario.hubs)
    window = window_around(np.array([(one.lon, one.lat) for one in places]), ASPECT)
    roads = background(placed.network, window.metres(placed.network.xy), window.x, window.y)
    major, minor = (line_columns(part) for part in roads)
    nothing: Columns = {"xs": [], "ys": []}
    return MapData(
        window=window, roads_major=major, roads_minor=minor, counties=village_counties(scenario, window),
        villages=_villages(scenario, frame, window.metres), depots=_sites(scenario, frame, window.metres),
        hubs=hub_columns(scenario, {}, window), routes=_routes(frames), hauls=nothing, spokes=nothing,
    )  # fmt: skip


def _routes(frames: Sequence[Mapping[str, Any]]) -> Columns:
    """Return a route of each type of vehicle that any budget uses; the page puts those of its budget in their place."""
    first = {row[ROUTE.index("vehicle")]: row for frame in frames for row in frame["routes"]}
    columns: Columns = {name: [row[n] for row in first.values()] for n, name in enumerate(ROUTE)}
    del columns["calls"]
    return {**columns, "stops": [0 for _row in first], "load_t": [0.0 for _row in first],
            "xs": [[] for _row in first], "ys": [[] for _row in first]}  # fmt: skip


def _spots(places: Sequence[Any], metres: Any) -> Columns:
    xy = metres(np.array([(one.lon, one.lat) for one in places], dtype=np.float64).reshape(-1, 2)).round()
    ids, names = [one.id for one in places], [one.name for one in places]
    return {
        "x": xy[:, 0].tolist(), "y": xy[:, 1].tolist(), "name": names, "label": labels(ids, names),
        "county": [one.county for one in places],
    }  # fmt: skip


def _villages(scenario: Scenario, frame: Mapping[str, Any], metres: Any) -> Columns:
    own = frame["villages"]
    harvest = scenario.harvest_t.sum(axis=(1, 2))
    today = np.array(own["plan_rate"]) + np.array(own["avoided_t"]) / np.where(harvest > 0, harvest, 1.0)
    return {
        **_spots(scenario.villages, metres), **own, "village": [one.id for one in scenario.villages],
        "town": [one.town for one in scenario.villages],
        "cooperative": [one.cooperative for one in scenario.villages], "harvest_t": harvest.tolist(),
        "baseline_rate": today.tolist(), "served": [True for _one in scenario.villages],
    }  # fmt: skip


def _sites(scenario: Scenario, frame: Mapping[str, Any], metres: Any) -> Columns:
    own = frame["depots"]
    return {
        **_spots(scenario.sites, metres), **own, "depot": [one.id for one in scenario.sites],
        "size": [0.0 for _one in scenario.sites],
    }  # fmt: skip
