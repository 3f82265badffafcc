"""A county of two villages as tables, and a street as osmnx makes it."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pandas as pd
import shapely


def tables() -> dict[str, pd.DataFrame]:
    """Return a county of two villages on a line along 28° N."""
    place = {"lat": [28.0, 28.0], "county": ["A", "A"]}
    return {
        "villages": pd.DataFrame({"id": ["V1", "V2"], "lon": [109.0, 109.05], **place}),
        "sites": pd.DataFrame({"id": ["S1"], "lon": [109.01], "lat": [28.0], "county": ["A"]}),
        "hubs": pd.DataFrame({"id": ["H1"], "lon": [109.1], "lat": [28.0]}),
        "periods": pd.DataFrame({"id": ["p"], "days": [60], "temp_min_c": [20], "temp_max_c": [30]}),
        "harvest": pd.DataFrame(
            {"village": ["V1", "V2"], "commodity": ["tomato"] * 2, "period": ["p"] * 2, "tonnes": [300.25, 0.1]}
        ),
    }


def road() -> nx.MultiDiGraph[Any]:
    """Return a street of two pieces as osmnx makes it, driven both ways, and a one-way way round."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for name, lon in (("west", 108.99), ("middle", 109.05), ("east", 109.11)):
        graph.add_node(name, x=lon, y=28.0)
    curve = shapely.LineString([(108.99, 28.0), (109.02, 28.01), (109.05, 28.0)])
    graph.add_edge("west", "middle", highway="tertiary", geometry=curve, length=7000.0, oneway=False)
    graph.add_edge("middle", "west", highway="tertiary", geometry=curve.reverse(), length=7000.0, oneway=False)
    for one, other in (("middle", "east"), ("east", "middle")):
        graph.add_edge(one, other, highway=["tertiary", "residential"], maxspeed=["40", "20"], length=6000.0)
    graph.add_edge("east", "west", highway="footway", length=13000.0)
    return graph
