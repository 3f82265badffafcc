"""OpenStreetMap files of a few lines: a direct road of 10 km, the way round of 15.62 km, a town and a village."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from coldchain.network import RoadNetwork, read_osm, travel

DIRECT, ROUND = 16.67, 26.03
"""Minutes of a truck between the ends at 36 km/h: by the direct road, and by the way round."""

A, B, FAR = "110.0", "110.1018543", "110.611126"
TOWN = f'<node id="901" lat="28.0" lon="{A}"><tag k="place" v="town"/><tag k="name" v="甲镇"/></node>'
VILLAGE = f'<node id="902" lat="28.0" lon="{B}"><tag k="place" v="village"/><tag k="name" v="乙村"/></node>'
NODE_1 = f'<node id="1" lat="28.0" lon="{A}"/>'
NODE_2 = '<node id="2" lat="28.0" lon="110.0509272"/>'
NODE_3 = f'<node id="3" lat="28.0" lon="{B}"/>'
NODE_4 = '<node id="4" lat="28.0539592" lon="110.0509272"/>'
NODES = NODE_1 + NODE_2 + NODE_3 + NODE_4


def tags(**given: str) -> str:
    """Return tag elements; in keys two underscores stand for a colon."""
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in given.items())


def tagged(pairs: dict[str, str]) -> str:
    """Return tag elements of keys as they stand."""
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs.items())


def way(number: int, refs: tuple[int, ...], inner: str = "", attributes: str = "", highway: str = "tertiary") -> str:
    """Return a way."""
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    kind = tagged({"highway": highway}) if highway else ""
    return f'<way id="{number}"{attributes and " " + attributes}>{nodes}{kind}{inner}</way>'


def square(first: int, lon: float, side: float = 0.005) -> str:
    """Return four nodes of a square, numbered from ``first``."""
    corners = ((0, 0), (side, 0), (side, side), (0, side))
    return "".join(f'<node id="{first + n}" lat="{28.0 + y}" lon="{lon + x}"/>' for n, (x, y) in enumerate(corners))


LONG_WAY = way(12, (1, 4, 3))


def osm_file(folder: Path, *parts: str, name: str = "map.osm") -> Path:
    """Write a file of elements."""
    path = folder / name
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{"".join(parts)}</osm>', "utf-8")
    return path


def minutes(path: Path) -> tuple[float, float]:
    """Return the minutes of a truck from one end of the direct road to the other, there and back."""
    return minutes_on(read_osm(path).network)


def minutes_on(network: RoadNetwork) -> tuple[float, float]:
    """Return the minutes between the ends on a network."""
    ends = [int(np.argmin(np.hypot(network.lon - float(lon), network.lat - 28.0))) for lon in (A, B)]
    hours = travel(network, np.array(ends), np.array(ends)).time_h
    return round(float(hours[0, 1]) * 60, 2), round(float(hours[1, 0]) * 60, 2)
