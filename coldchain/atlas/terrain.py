"""What maps tell of a place for a depot: how steep it is, how far a mapped power line, how far the road."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from coldchain.arrays import Floats
from coldchain.inputs import reading
from coldchain.network.slope import elevation, read_hgt

STEP_M = 100.0
"""Slope is measured over twice this: elevation is known every 30 or 90 m."""
STEEPEST = 0.15
"""Slope beyond which no depot is put: a yard for lorries is levelled up to about this. An estimate."""
M_PER_DEG = 111_195.0
POWER = ("line", "minor_line", "cable", "substation")


def slopes(path: Path, lon: Floats, lat: Floats) -> Floats:
    """Return the slope at points as a share; NaN outside all tiles.

    Parameters
    ----------
    path : SRTM tile, or a folder of them
    """
    files = sorted(one for one in path.glob("*.hgt*") if one.is_file()) if path.is_dir() else [path]
    slope = np.full(len(lon), np.nan)
    step, run = STEP_M / M_PER_DEG, STEP_M / M_PER_DEG / np.cos(np.radians(lat))
    for file in files:
        tile = read_hgt(file)
        east, west, north, south = (
            elevation(tile, np.column_stack([x, y]))
            for x, y in ((lon + run, lat), (lon - run, lat), (lon, lat + step), (lon, lat - step))
        )
        found = np.hypot(east - west, north - south) / (2 * STEP_M)
        slope = np.where(np.isnan(slope), found, slope)
    return slope


def power_km(map_file: Path, lon: Floats, lat: Floats) -> Floats:
    """Return the straight km of points to the nearest mapped power line or substation; NaN where none is mapped."""
    lines = _power_points(map_file)
    if not len(lines):
        return np.full(len(lon), np.nan)
    from scipy.spatial import cKDTree

    flat = np.array([np.cos(np.radians(float(np.median(lat)))), 1.0]) * M_PER_DEG / 1000.0
    km, _row = cKDTree(lines * flat).query(np.column_stack([lon, lat]) * flat)
    return np.asarray(km)


def _power_points(map_file: Path) -> Floats:
    """Return the mapped points of power lines and substations, float64[k, 2] in degrees."""
    import osmium

    found: list[tuple[float, float]] = []
    with reading(map_file.name):
        elements = osmium.FileProcessor(str(map_file)).with_locations().with_filter(osmium.filter.KeyFilter("power"))
        for one in elements:
            if one.tags.get("power") in POWER:
                nodes = one.nodes if one.is_way() else [one] if one.is_node() else []
                found += [(node.location.lon, node.location.lat) for node in nodes if node.location.valid()]
    return np.array(found, dtype=np.float64).reshape(-1, 2)
