"""The road network with the plan on it, as a graph of networkx."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from coldchain.arrays import KG_PER_T
from coldchain.network import arcs_between
from coldchain.reports.lines import calls_of
from coldchain.runs import Run

CARRIED = ("collection_t", "line_haul_t")
"""Tonnes a year on an edge: on the way to depots, and from there to hubs."""
MS_PER_S = 1000.0


@dataclass(frozen=True)
class Leg:
    """A drive from node to node: vehicles a year, and what they carry, t a year."""

    start: int
    end: int
    kind: str
    vehicles: float
    tonnes: float


def road_graph(plan: Run) -> nx.MultiDiGraph[Any]:
    """Return the roads as a directed graph: places on its nodes, what is driven and carried on its edges.

    Returns
    -------
    networkx.MultiDiGraph
        As osmnx makes it (``crs``; nodes with ``x`` and ``y``; edges with ``length`` m, ``travel_time`` s, ``highway``,
        ``geometry`` in driving order), and as :func:`coldchain.network.read_graph` takes it. Nodes of places have
        ``villages``, ``sites``, ``depots`` and ``hubs``, lists of ids; edges ``collection_t``, ``line_haul_t`` and
        ``vehicles`` a year, 0 where the plan does not drive.
    """
    network = plan.placed.network
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs="epsg:4326", kind=network.kind, source=network.source)
    places = np.column_stack([network.lon, network.lat]).tolist()
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in enumerate(places))
    for kind, node, key in _places(plan):
        graph.nodes[node].setdefault(kind, []).append(key)
    driven = _driven(plan)
    for arc in range(network.arcs):
        link = int(network.link[arc])
        line = network.polyline(link)[:: 1 if network.forward[arc] else -1]
        graph.add_edge(
            int(network.tail[arc]),
            int(network.head[arc]),
            length=float(network.length_m[arc]),
            travel_time=float(network.time_ms[arc]) / MS_PER_S,
            highway=str(network.road_class[link]),
            geometry=shapely.LineString(line),
            **driven.get(arc, dict.fromkeys((*CARRIED, "vehicles"), 0.0)),
        )
    return graph


def _places(plan: Run) -> Iterator[tuple[str, int, str]]:
    """Yield kind, node and id of every place; depots are those the plan has open."""
    placed, scenario = plan.placed, plan.scenario
    open_sites = set(plan.tables["depots"]["depot"].astype(str))
    for kind, places, nodes in (
        ("villages", scenario.villages, placed.village_node),
        ("sites", scenario.sites, placed.site_node),
        ("hubs", scenario.hubs, placed.hub_node),
    ):
        for place, node in zip(places, nodes.tolist(), strict=True):
            yield kind, int(node), place.id
            if kind == "sites" and place.id in open_sites:
                yield "depots", int(node), place.id


def _driven(plan: Run) -> dict[int, dict[str, float]]:
    """Add up vehicles and tonnes a year on each arc that the plan drives."""
    legs = [*_collection(plan), *_line_haul(plan)]
    found: dict[int, dict[str, float]] = defaultdict(lambda: dict.fromkeys((*CARRIED, "vehicles"), 0.0))
    ends = np.array([(leg.start, leg.end) for leg in legs], dtype=np.int64).reshape(-1, 2)
    pairs, which = np.unique(ends, axis=0, return_inverse=True)
    arcs = arcs_between(plan.placed.network, pairs)
    for leg, pair in zip(legs, which.ravel().tolist(), strict=True):
        for arc in arcs[pair].tolist():
            found[arc][leg.kind] += leg.tonnes
            found[arc]["vehicles"] += leg.vehicles
    return found


def _collection(plan: Run) -> Iterator[Leg]:
    """Yield the legs of all routes; what is aboard grows from stop to stop."""
    placed, scenario = plan.placed, plan.scenario
    villages = dict(zip((one.id for one in scenario.villages), placed.village_node.tolist(), strict=True))
    sites = dict(zip((one.id for one in scenario.sites), placed.site_node.tolist(), strict=True))
    calls: dict[str, pd.DataFrame] = {
        str(route): halts
        for route, halts in plan.tables["stops"].sort_values(["route", "order"], kind="stable").groupby("route")
    }
    for head in plan.tables["routes"].itertuples():
        stops, days, depot = calls[str(head.route)], float(str(head.days)), sites[str(head.depot)]
        nodes = [depot, *(villages[str(key)] for key in stops["village"]), depot]
        aboard = np.concatenate([[0.0], np.cumsum(stops["load_kg"].to_numpy(dtype=np.float64))]) / KG_PER_T * days
        for start, end, tonnes in zip(nodes[:-1], nodes[1:], aboard.tolist(), strict=True):
            yield Leg(start, end, CARRIED[0], days, tonnes)


def _line_haul(plan: Run) -> Iterator[Leg]:
    """Yield the legs of the line haul; a day's load is carried by its trips in proportion to their capacity."""
    placed, scenario = plan.placed, plan.scenario
    sites = dict(zip((one.id for one in scenario.sites), placed.site_node.tolist(), strict=True))
    hubs = dict(zip((one.id for one in scenario.hubs), placed.hub_node.tolist(), strict=True))
    table = plan.tables["line_haul"]
    capacity = table["trips_day"] * table["capacity_t"]
    straight = table["tour"].fillna("") == "" if "tour" in table else pd.Series(data=True, index=table.index)
    alone = capacity.where(straight, 0.0)
    share = alone / alone.groupby([table[name] for name in ("depot", "period", "zone")]).transform("sum")
    for row, part in zip(table.itertuples(), share.tolist(), strict=True):
        days, trips = float(str(row.days)), float(str(row.trips_day))
        loads = _loads(row, part)
        nodes = [*(sites[depot] for depot in calls_of(row)), hubs[str(row.hub)]]
        for start, end, tonnes in zip(nodes[:-1], nodes[1:], np.cumsum(loads).tolist(), strict=True):
            yield Leg(start, end, CARRIED[1], trips * days, tonnes * days)
        yield Leg(nodes[-1], nodes[0], CARRIED[1], trips * days, 0.0)


def _loads(row: Any, part: float) -> list[float]:
    """Return the t/day loaded at each depot of a row; ``part`` of the day's load on straight trips."""
    tour = str(getattr(row, "tour", "") or "")
    return [float(one.rsplit(":", 2)[1]) for one in tour.split(";")] if tour else [float(row.load_t_day) * part]
