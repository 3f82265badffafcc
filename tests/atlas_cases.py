"""Tiny layers of open data: rasters in degrees, a table as MapSPAM's, a map of a road, towns, villages, a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tifffile

from coldchain.arrays import Floats

WEST, NORTH = 109.5, 28.5
MINUTES_5 = 1.0 / 12.0


def geotiff(
    path: Path,
    values: Any,
    west: float = WEST,
    north: float = NORTH,
    size: float = MINUTES_5,
    *,
    nodata: float | None = None,
    keys: dict[int, int] | None = None,
    **options: Any,
) -> Path:
    """Write a GeoTIFF whose first pixel begins at a corner."""
    directory = {1024: 2, 1025: 1, 2048: 4326} if keys is None else keys
    entries = [number for key, value in sorted(directory.items()) for number in (key, 0, 1, value)]
    tags: list[Any] = [
        (33550, "d", 3, (size, size, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, west, north, 0.0), True),
        (34735, "H", 4 + len(entries), (1, 1, 0, len(directory), *entries), True),
    ]
    if nodata is not None:
        text = f"{nodata:g}"
        tags.append((42113, "s", len(text) + 1, text, True))
    tifffile.imwrite(path, np.asarray(values), extratags=tags, metadata=None, **options)
    return path


def spam(path: Path, tonnes: dict[str, Floats], *, unit: str = "mt", **more: Any) -> Path:
    """Write a table of cells from the corner eastwards and southwards, one column for each crop."""
    rows, columns = next(iter(tonnes.values())).shape
    lon = np.tile(WEST + (np.arange(columns) + 0.5) * MINUTES_5, rows)
    lat = np.repeat(NORTH - (np.arange(rows) + 0.5) * MINUTES_5, columns)
    table = pd.DataFrame({"iso3": "CHN", "x": lon, "y": lat, "rec_type": "P", "tech_type": "A", "unit": unit})
    for code, values in tonnes.items():
        table[f"{code.lower()}_a"] = values.ravel()
    table.assign(**more).to_csv(path, index=False)
    return path


def climate(path: Path, months: int = 12) -> Path:
    """Write monthly normals: 5 °C on average in January, 27 in July, half a day's range of 4 K."""
    at = np.arange(1, months + 1)
    middle = 16.0 - 11.0 * np.cos(2 * np.pi * (at - 1) / 12)
    table = pd.DataFrame({"month": at, "temp_min_c": middle - 4.0, "temp_max_c": middle + 4.0})
    table.round(2).to_csv(path, index=False)
    return path


def county_map(path: Path, villages: int = 6, *, power: bool = True) -> Path:
    """Write a straight road from west to east with a town at each end and villages along it, 0.05° apart."""
    lat = NORTH - 0.12
    lon = [WEST + 0.02 + 0.05 * n for n in range(villages + 2)]
    nodes = [f'<node id="{n + 1}" lat="{lat}" lon="{x:.6f}"/>' for n, x in enumerate(lon)]
    for n, x in enumerate(lon):
        kind, name = ("town", f"Town {n}") if n in (0, villages + 1) else ("village", f"Village {n}")
        nodes.append(
            f'<node id="{100 + n}" lat="{lat + 0.001}" lon="{x:.6f}"><tag k="place" v="{kind}"/>'
            f'<tag k="name" v="{name}"/></node>'
        )
    refs = "".join(f'<nd ref="{n + 1}"/>' for n in range(len(lon)))
    ways = [f'<way id="1">{refs}<tag k="highway" v="secondary"/></way>']
    if power:
        ways.append('<way id="2"><nd ref="1"/><nd ref="2"/><tag k="power" v="line"/></way>')
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>', encoding="utf-8")
    return path
