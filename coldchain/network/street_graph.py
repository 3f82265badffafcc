"""Roads given as a graph of networkx: as osmnx makes them, or as `to_networkx` does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from coldchain.arrays import M_PER_KM, Floats
from coldchain.errors import BadInputError, Fault
from coldchain.language import _, plural
from coldchain.network.geometry import polyline_lengths
from coldchain.network.graph import LinkTable, RoadNetwork, build_network
from coldchain.network.road_words import TEXTS
from coldchain.network.speeds import speeds

GRAPH = "roads"
"""How faults name a graph that was handed over."""
DIRECTED = frozenset({"oneway", "junction"})
"""Tags of a street that its directed edges have obeyed already."""
ROAD_CLASSES = ("highway", "road_class")


@dataclass(frozen=True)
class Edge:
    """One directed edge: its nodes, its line in driving order, road metres, km/h (NaN: closed to lorries), class."""

    start: int
    end: int
    line: Floats
    metres: float
    kmh: float
    road_class: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Return what an edge the other way must equal for both to be one road."""
        return (self.start, self.end, self.road_class, round(self.metres, 3), self.line.tobytes())

    @property
    def back(self) -> tuple[Any, ...]:
        """Return the key of the same road the other way."""
        return (self.end, self.start, self.road_class, round(self.metres, 3), self.line[::-1].tobytes())


@dataclass
class _GraphReader:
    """Reads nodes and edges, and notes what is wrong with them."""

    graph: nx.Graph[Any]
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, where: object, column: str, value: object, message: str, code: str) -> None:
        text = str(where) if value is None else f"{where}: {value}"
        self.faults.append(Fault(GRAPH, None, column, text, message, code))

    def figure(self, data: Mapping[str, Any], names: tuple[str, ...], where: object) -> float:
        """Return the first of some attributes that is given, as a positive number; NaN when none is."""
        for name in names:
            value = _plain(data.get(name))
            if value in (None, ""):
                continue
            try:
                number = float(value)
            except (TypeError, ValueError):
                number = math.nan
            if not (number > 0 and math.isfinite(number)):
                self.wrong(where, name, value, _("must be a number above 0"), "bad-number")
            return number
        return math.nan

    def points(self) -> Floats:
        """Return the coordinates of the nodes, WGS-84, float64[n, 2]."""
        rows = []
        for name, data in self.graph.nodes(data=True):
            pair = [data.get(axis) for axis in ("x", "y")]
            try:
                rows.append([float(value) for value in pair])
            except (TypeError, ValueError):
                self.wrong(name, "x", None, _("the node must carry its coordinates as x and y"), "no-coordinates")
                rows.append([math.nan, math.nan])
        return self._degrees(gpd.points_from_xy(*np.array(rows).reshape(-1, 2).T))

    def _degrees(self, shapes: Any) -> Floats:
        crs = self.graph.graph.get("crs", 4326)
        return np.asarray(shapely.get_coordinates(gpd.GeoSeries(shapes, crs=crs).to_crs(4326).to_numpy()))

    def edges(self, where: Floats) -> Iterator[Edge]:
        """Yield every edge that drives."""
        number = {name: n for n, name in enumerate(self.graph.nodes)}
        directed = self.graph if self.graph.is_directed() else self.graph.to_directed()
        for u, v, data in directed.edges(data=True):
            line = self._line(data, where[number[u]], where[number[v]])
            drawn = float(polyline_lengths(line, np.array([0, len(line)]))[0])
            given = self.figure(data, ("length_m", "length"), (u, v))
            metres = drawn if math.isnan(given) else given
            tags = {key: _text(data, key) for key in TEXTS if key not in DIRECTED and _text(data, key)}
            kmh = self._speed(data, tags, metres, (u, v))
            name = tags.get("highway") or _text(data, "road_class") or "unclassified"
            yield Edge(number[u], number[v], line, metres, kmh, name)

    def _line(self, data: Mapping[str, Any], start: Floats, end: Floats) -> Floats:
        """Return the line of an edge, turned so that it begins at its first node."""
        if data.get("xy") is not None:
            line = np.asarray(data["xy"], dtype=np.float64)
        elif data.get("geometry") is not None:
            line = self._degrees([shapely.force_2d(data["geometry"])])
        else:
            return np.array([start, end])
        away = [np.abs(line[at] - place).sum() for at, place in ((0, start), (-1, end), (0, end), (-1, start))]
        return line[::-1] if away[2] + away[3] < away[0] + away[1] else line

    def _speed(self, data: Mapping[str, Any], tags: Mapping[str, str], metres: float, where: object) -> float:
        """Return the speed that is given, as hours or as km/h, else that of a lorry by the tags."""
        hours = self.figure(data, ("time_h",), where)
        if math.isnan(hours):
            hours = self.figure(data, ("travel_time",), where) / 3600.0
        if not math.isnan(hours):
            return metres / M_PER_KM / hours
        kmh = self.figure(data, ("speed_kph", "speed_kmh"), where)
        return speeds({"highway": "unclassified", **tags})[0] if math.isnan(kmh) else kmh


def read_graph(graph: nx.Graph[Any]) -> RoadNetwork:
    """Read roads from a graph; edges both ways between two nodes along one line become one road.

    Of an edge are read: its line (``geometry`` in the graph's ``crs``, or ``xy``; straight when neither is there), its
    length (``length_m`` or ``length``, m; else that of the line), the time (``time_h`` or ``travel_time``, s), the
    speed (``speed_kph``), else the tags of OpenStreetMap, from which the speed of a lorry follows. An undirected graph
    is driven both ways.

    Raises
    ------
    BadInputError
        Listing every node without ``x`` and ``y``, every length, time and speed that is no positive number, or that
        nothing may be driven.
    """
    reader = _GraphReader(graph)
    where = reader.points()
    edges = [] if reader.faults else list(reader.edges(where))
    if reader.faults:
        raise BadInputError(reader.faults)
    open_edges = [edge for edge in edges if not math.isnan(edge.kmh)]
    if not open_edges:
        message = _("must hold roads that may be driven; none found")
        raise BadInputError([Fault(GRAPH, None, "", "", message, "no-roads")])
    network = build_network(where[:, 0], where[:, 1], _links(open_edges), source=GRAPH)
    closed = len(edges) - len(open_edges)
    message = plural("{n} edge is not open to lorries and not used", "{n} edges are not open to lorries and not used",
                     closed).format(n=closed)  # fmt: skip
    warnings = (Fault(GRAPH, None, "", "", message, "links-closed", warning=True),) if closed else ()
    return replace(network, warnings=warnings)


def _links(edges: list[Edge]) -> LinkTable:
    rows: list[Edge] = []
    against: list[float] = []
    known: dict[tuple[Any, ...], int] = {}
    for edge in edges:
        twin = known.get(edge.back)
        if twin is not None and math.isnan(against[twin]):
            against[twin] = edge.kmh
            continue
        known[edge.key] = len(rows)
        rows.append(edge)
        against.append(math.nan)
    xy_start = np.concatenate([[0], np.cumsum([len(edge.line) for edge in rows])]).astype(np.int64)
    xy = np.concatenate([edge.line for edge in rows])
    drawn, metres = polyline_lengths(xy, xy_start), np.array([edge.metres for edge in rows])
    return LinkTable(
        start=np.array([edge.start for edge in rows]),
        end=np.array([edge.end for edge in rows]),
        xy=xy,
        xy_start=xy_start,
        forward_kmh=np.array([edge.kmh for edge in rows]),
        backward_kmh=np.array(against),
        road_class=np.array([edge.road_class for edge in rows], dtype=np.str_),
        detour=np.divide(metres, drawn, out=np.ones(len(rows)), where=drawn > 0),
    )


def _plain(value: Any) -> Any:
    """Return one value of a list that the simplifying of streets has made; the first of equal rank."""
    return value[0] if isinstance(value, (list, tuple)) and value else value


def _text(data: Mapping[str, Any], key: str) -> str:
    """Return a tag as text; of several classes of a joined street the slowest, of other tags the list."""
    value = data.get(key)
    parts = [str(one) for one in value] if isinstance(value, (list, tuple, set)) else [value]
    parts = [str(one).strip().lower() for one in parts if one is not None and one == one]  # noqa: PLR0124 - NaN
    if key in ROAD_CLASSES and len(parts) > 1:
        return min(parts, key=lambda one: (math.isnan(kmh := speeds({"highway": one})[0]), kmh))
    return ";".join(parts)
