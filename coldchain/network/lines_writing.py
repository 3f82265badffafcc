"""A network written as a GeoPackage of lines that people can edit and `read_lines` reads back."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from coldchain.network.geometry import polyline_lengths
from coldchain.network.graph import RoadNetwork

LAYER = "roads"


def write_lines(network: RoadNetwork, path: str | Path) -> None:
    """Write a GeoPackage, layer ``roads``, one row a link, that `read_lines` reads back to the same times.

    Columns: class, speed_fwd_kmh, speed_bwd_kmh (null: not allowed), length_m (for people; not read back), detour.
    Where any link is level (bridge, tunnel), the column ``layer`` marks them with 1.
    The file appears under its name only when complete.
    """
    path = Path(path)
    kmh = np.full((network.links, 2), np.nan)
    metres = np.zeros(network.links)
    side = np.where(network.forward, 0, 1)
    kmh[network.link, side] = network.length_m / network.time_ms * 3600.0
    metres[network.link] = network.length_m
    drawn = polyline_lengths(network.xy, network.xy_start)
    columns = {
        "class": network.road_class.astype(object),
        "speed_fwd_kmh": kmh[:, 0],
        "speed_bwd_kmh": kmh[:, 1],
        "length_m": metres,
        "detour": np.divide(metres, drawn, out=np.ones(network.links), where=drawn > 0),
    }
    if network.level.any():
        columns["layer"] = network.level.astype(np.int64)
    row = np.repeat(np.arange(network.links), np.diff(network.xy_start))
    frame = gpd.GeoDataFrame(columns, geometry=shapely.linestrings(network.xy, indices=row), crs=4326)
    draft = path.with_name(f".{path.stem}.draft.gpkg")
    try:
        pyogrio.write_dataframe(frame, draft, layer=LAYER, driver="GPKG", geometry_type="LineString")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
