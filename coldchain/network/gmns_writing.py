"""A network written as GMNS tables that our own reader, and others, read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from coldchain.arrays import M_PER_KM
from coldchain.network.graph import RoadNetwork


def write_gmns(network: RoadNetwork, folder: str | Path) -> None:
    """Write ``node.csv``, ``link.csv`` and ``config.csv`` (km, km/h), which `read_gmns` reads back to the same times.

    A two-way link with equal times is one undirected row; other arcs are directed rows of their own. Each file
    appears under its name only when complete.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    nodes = pd.DataFrame({"node_id": np.arange(network.nodes), "x_coord": network.lon, "y_coord": network.lat})
    config = pd.DataFrame({
        "dataset_name": [network.source], "long_length": ["km"], "speed": ["km/h"], "crs": ["EPSG:4326"],
        "geometry_field_format": ["WKT"],
    })  # fmt: skip
    for name, table in (("node", nodes), ("link", _link_rows(network)), ("config", config)):
        draft = folder / f".{name}.draft"
        table.to_csv(draft, index=False, lineterminator="\n")
        draft.replace(folder / f"{name}.csv")


def _link_rows(network: RoadNetwork) -> pd.DataFrame:
    side = np.where(network.forward, 0, 1)
    arc = np.full((network.links, 2), -1)
    arc[network.link, side] = np.arange(network.arcs)
    two_way = (arc >= 0).all(axis=1)
    same = two_way & (network.time_ms[arc[:, 0]] == network.time_ms[arc[:, 1]])
    chosen = np.flatnonzero(~(same[network.link] & (side == 1)))
    vertex = np.repeat(np.arange(network.links), np.diff(network.xy_start))
    wkt = shapely.to_wkt(shapely.linestrings(network.xy, indices=vertex), rounding_precision=-1)
    link = network.link[chosen]
    undirected = same[link]
    return pd.DataFrame({
        "link_id": np.arange(len(chosen)),
        "from_node_id": network.tail[chosen],
        "to_node_id": network.head[chosen],
        "directed": np.where(undirected, "false", "true"),
        "dir_flag": np.where(network.forward[chosen], 1, -1),
        "length": network.length_m[chosen] / M_PER_KM,
        "length_m": network.length_m[chosen],
        "free_speed": network.length_m[chosen] / network.time_ms[chosen] * 3600.0,
        "facility_type": network.road_class[link],
        "geometry": np.asarray(wkt, dtype=object)[link] if network.links else [],
    })  # fmt: skip
