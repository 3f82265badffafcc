"""What the map draws: columns in metres east and north of its own origin, for every layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.language import N_, _
from coldchain.language.ids import word
from coldchain.model import Scenario
from coldchain.model.naming import labelled
from coldchain.reports.background import SCREEN_STEPS, background, drawn_lines, plane
from coldchain.reports.counties import Counties, counties_of
from coldchain.reports.lines import PlanLines, haul_names
from coldchain.runs import Run

Columns = dict[str, Any]
MARGIN = 0.03
LEAST_WIDTH_M = 2000.0
DEPOT_PX, DEPOT_PX_MANY, MANY_DEPOTS = (10.0, 25.0), (8.0, 17.0), 50
ZONES = (N_("cold"), N_("cool"), N_("mild"), N_("several zones"))
METHODS = (N_("room"), N_("forced air"), N_("vacuum"))
SEVERAL = ZONES[-1]
MOST_ROUTE_POINTS, MOST_HAUL_POINTS = 40_000, 6_000


@dataclass(frozen=True)
class Window:
    """The part of the plane that is shown.

    Attributes
    ----------
    origin : longitude and latitude of (0, 0)
    x, y : west and east, south and north end in metres
    """

    origin: tuple[float, float]
    x: tuple[float, float]
    y: tuple[float, float]

    def metres(self, lonlat: Floats) -> Floats:
        """Project longitude and latitude."""
        return plane(lonlat - np.array(self.origin), self.origin[1])

    @property
    def tolerance_m(self) -> float:
        """Detail below which nothing is seen."""
        return (self.x[1] - self.x[0]) / SCREEN_STEPS


@dataclass(frozen=True)
class MapData:
    """Columns of each layer; lines are lists of whole metres under ``xs`` and ``ys``."""

    window: Window
    roads_major: Columns
    roads_minor: Columns
    counties: Counties
    villages: Columns
    depots: Columns
    hubs: Columns
    routes: Columns
    hauls: Columns
    spokes: Columns


def map_data(plan: Run, lines: PlanLines, aspect: float, window: Window | None = None) -> MapData:
    """Prepare every layer.

    Parameters
    ----------
    aspect : width over height of the frame that will show it
    window : to show; without it all places and all ways driven
    """
    window = window or plan_window(plan, lines, aspect)
    network = plan.placed.network
    tables = plan.tables
    yearly = tables["depots"].groupby("hub")["tonnes_year"].sum()
    through = {str(hub): float(tonnes) for hub, tonnes in yearly.items()}
    roads = background(network, window.metres(network.xy), window.x, window.y)
    major, minor = (line_columns(part) for part in roads)
    return MapData(
        window=window,
        roads_major=major,
        roads_minor=minor,
        counties=village_counties(plan.scenario, window),
        villages=_villages(tables["villages"], window),
        depots=_depots(plan, window),
        hubs=hub_columns(plan.scenario, through, window),
        routes=_routes(plan, lines, window),
        hauls=_hauls(tables["line_haul"], lines, window),
        spokes=_spokes(plan, window),
    )


def plan_window(plan: Run, lines: PlanLines, aspect: float) -> Window:
    """Fit all places and all ways driven."""
    places = (*plan.scenario.villages, *plan.scenario.sites, *plan.scenario.hubs)
    lonlat = np.concatenate([[(place.lon, place.lat) for place in places], *lines.routes, *lines.hauls.values()])
    return window_around(lonlat, aspect)


def window_around(lonlat: Floats, aspect: float) -> Window:
    """Return the window that shows all of some points, with a margin, at equal scale both ways."""
    middle = (lonlat.min(axis=0) + lonlat.max(axis=0)) / 2
    origin = (float(middle[0]), float(middle[1]))
    half = np.abs(plane(lonlat - middle, origin[1])).max(axis=0) * (1 + 2 * MARGIN)
    width = max(half[0], half[1] * aspect, LEAST_WIDTH_M / 2)
    return Window(origin, (-float(width), float(width)), (-float(width / aspect), float(width / aspect)))


def labels(ids: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return name and id, or the id alone where the name adds nothing."""
    return [labelled(key, name) for key, name in zip(ids, names, strict=True)]


def _points(frame: pd.DataFrame, key: str, window: Window) -> Columns:
    columns: Columns = {name: frame[name].tolist() for name in frame.columns}
    xy = window.metres(frame[["lon", "lat"]].to_numpy(dtype=np.float64)).round()
    columns |= {"x": xy[:, 0].tolist(), "y": xy[:, 1].tolist()}
    columns["label"] = labels(columns[key], columns["name"])
    return columns


def village_counties(scenario: Scenario, window: Window) -> Counties:
    """Draw the counties of a scenario's villages."""
    lonlat = np.array([(place.lon, place.lat) for place in scenario.villages], dtype=np.float64).reshape(-1, 2)
    return counties_of(window.metres(lonlat), [place.county for place in scenario.villages], window.tolerance_m)


def _villages(frame: pd.DataFrame, window: Window) -> Columns:
    columns = _points(frame, "village", window)
    columns["served"] = [not reason for reason in columns["reason"]]
    columns["note"] = [_(reason) if reason else _("served") for reason in columns["reason"]]
    harvest = frame["harvest_t"].to_numpy(dtype=np.float64)
    columns["cooled_share"] = (frame["cooled_t"] / np.where(harvest > 0, harvest, 1.0)).tolist()
    return columns


def _depots(plan: Run, window: Window) -> Columns:
    frame, scenario = plan.tables["depots"], plan.scenario
    columns = _points(frame, "depot", window)
    columns["size"] = depot_sizes(frame["tonnes_year"].to_numpy(dtype=np.float64))
    modules = list(zip(columns["new_modules"], columns["standing_modules"], strict=True))
    columns["modules"] = [modules_words(scenario, new, old) for new, old in modules]
    columns["zone"] = [zone_of(scenario, f"{new};{old}") for new, old in modules]
    return columns


def depot_sizes(tonnes: Floats, most: float | None = None, many: int | None = None) -> list[float]:
    """Return the size of each depot's mark in pixels: its area grows with the tonnes.

    Parameters
    ----------
    most : tonnes of the largest mark; the most of these when left out
    many : depots on the map, which sets how large marks may be
    """
    most = float(tonnes.max(initial=0.0)) if most is None else most
    share = np.sqrt(np.clip(tonnes / most, 0, 1)) if most > 0 else np.zeros(len(tonnes))
    small, large = DEPOT_PX_MANY if (many or len(tonnes)) > MANY_DEPOTS else DEPOT_PX
    sizes: list[float] = (small + (large - small) * share).round(1).tolist()
    return sizes


def modules_words(scenario: Scenario, new: str, standing: str) -> str:
    """Write modules for people: ``1 × cold, vacuum, 500 m³; standing: 1 × cool, room, 200 m³``."""
    kinds = {kind.id: kind for kind in scenario.depot_types}

    def words(text: str) -> str:
        pairs = (part.rpartition(":") for part in text.split(";") if part)
        return ", ".join(f"{count} × {one(kind)}" for kind, _colon, count in pairs)

    def one(kind: str) -> str:
        found = kinds.get(kind)
        if found is None:
            return kind.replace("_", " ")
        method = _(found.method.replace("_", " "))
        return _("{zone} {method} {net_m3:,.0f} m³").format(zone=word(found.zone), method=method, net_m3=found.net_m3)

    parts = [words(new), _("standing: {modules}").format(modules=words(standing)) if standing else ""]
    return "; ".join(filter(None, parts))


def zone_of(scenario: Scenario, modules: str) -> str:
    """Return the temperature zone of a depot's modules, or that it has several.

    A place without modules has mobile units: their zone is not told.
    """
    kinds = {kind.id: kind.zone for kind in scenario.depot_types}
    zones = {kinds.get(part.rpartition(":")[0], "") for part in modules.split(";") if part} - {""}
    return next(iter(zones), "") if len(zones) < 2 else SEVERAL


def hub_columns(scenario: Scenario, tonnes: Mapping[str, float], window: Window) -> Columns:
    """Return the columns of the hubs.

    Parameters
    ----------
    tonnes : a year through each hub, by id
    """
    hubs = scenario.hubs
    frame = pd.DataFrame(
        {
            "hub": [hub.id for hub in hubs],
            "name": [hub.name for hub in hubs],
            "county": [hub.county for hub in hubs],
            "lon": [hub.lon for hub in hubs],
            "lat": [hub.lat for hub in hubs],
            "onward_h": [hub.onward_h for hub in hubs],
            "tonnes_year": [float(tonnes.get(hub.id, 0.0)) for hub in hubs],
        }
    )
    columns = _points(frame, "hub", window)
    columns["title"] = [name or key for key, name in zip(columns["hub"], columns["name"], strict=True)]
    return columns


def line_columns(lines: Sequence[Floats]) -> Columns:
    """Return lines in whole metres as lists under ``xs`` and ``ys``."""
    whole = [line.round().astype(int) for line in lines]
    return {"xs": [line[:, 0].tolist() for line in whole], "ys": [line[:, 1].tolist() for line in whole]}


def _routes(plan: Run, lines: PlanLines, window: Window) -> Columns:
    frame = plan.tables["routes"]
    drawn = drawn_lines([window.metres(line) for line in lines.routes], window.tolerance_m, MOST_ROUTE_POINTS)
    columns: Columns = {name: frame[name].tolist() for name in frame.columns}
    columns["load_t"] = [kg / 1000.0 for kg in columns["load_kg"]]
    return columns | line_columns(drawn)


def _hauls(frame: pd.DataFrame, lines: PlanLines, window: Window) -> Columns:
    """One line for each depot and hub and for each tour, with the trips of a year."""
    per_day = ["trips_day", "km_day", "cost_cny_day"]
    yearly = frame[per_day].mul(frame["days"], axis=0)
    totals = yearly.groupby([haul_names(frame), frame["hub"]], sort=False).sum().reindex(list(lines.hauls))
    drawn = drawn_lines([window.metres(line) for line in lines.hauls.values()], window.tolerance_m, MOST_HAUL_POINTS)
    columns: Columns = {
        "depot": [depot for depot, _hub in lines.hauls],
        "hub": [hub for _depot, hub in lines.hauls],
        "trips_year": [float(value) for value in totals["trips_day"]],
        "km_year": [float(value) for value in totals["km_day"]],
        "cost_cny_year": [float(value) for value in totals["cost_cny_day"]],
    }
    return columns | line_columns(drawn)


def _spokes(plan: Run, window: Window) -> Columns:
    """Straight lines from village to depot, one for each pair."""
    tables = plan.tables
    pairs = tables["assignment"].groupby(["village", "depot"], sort=False)["tonnes_year"].sum().reset_index()
    ends = [
        tables[name].set_index(key)[["lon", "lat"]].reindex(pairs[key]).to_numpy(dtype=np.float64)
        for name, key in (("villages", "village"), ("depots", "depot"))
    ]
    drawn = [np.vstack(pair) for pair in zip(*(window.metres(end) for end in ends), strict=True)]
    columns: Columns = {name: pairs[name].tolist() for name in ("village", "depot", "tonnes_year")}
    return columns | line_columns(drawn)


def broken(xs: Sequence[Sequence[float]], ys: Sequence[Sequence[float]]) -> Columns:
    """Join lines into one that is broken between them, as arrays of 32 bits."""

    def joined(parts: Sequence[Sequence[float]]) -> Any:
        return np.concatenate([[*part, np.nan] for part in parts] or [[]]).astype(np.float32)

    return {"x": joined(xs), "y": joined(ys)}
