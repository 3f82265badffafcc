"""The road network as a quiet background: few features, simplified to what a screen can show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from coldchain.network import RoadNetwork

Floats = NDArray[np.float64]
MOST_FEATURES = 5000
SCREEN_STEPS = 2500.0
MAJOR = ("motorway", "trunk", "primary", "secondary")
RANKS = (*MAJOR, "tertiary", "unclassified", "road", "residential", "living_street", "service", "track", "access")


def background(network: RoadNetwork, lat0: float, most: int = MOST_FEATURES) -> tuple[list[Floats], list[Floats]]:
    """Return lines in metres for drawing: major roads, and all others.

    Roads of a class are joined end to end and simplified to a 2,500th of the map's width; when there are still more
    than ``most``, the lower classes and the shorter pieces are left out.

    Parameters
    ----------
    lat0 : latitude at which the metres are true
    """
    xy = plane(network.xy, lat0)
    if not len(xy):
        return [], []
    tolerance = float(np.ptp(xy, axis=0).max()) / SCREEN_STEPS
    major: list[Floats] = []
    minor: list[Floats] = []
    for name, parts in _by_class(network, xy):
        left = most - len(major) - len(minor)
        if left <= 0:
            break
        drawn = shapely.simplify(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts))), tolerance)
        longest = np.argsort(-shapely.length(drawn), kind="stable")[:left]
        (major if name in MAJOR else minor).extend(shapely.get_coordinates(line) for line in drawn[longest])
    return major, minor


def plane(lonlat: Floats, lat0: float) -> Floats:
    """Project to metres east and north, true to scale at ``lat0``: a degree of latitude is 111.195 km."""
    metres = np.radians(lonlat) * 6_371_008.8
    return np.asarray(metres * np.array([np.cos(np.radians(lat0)), 1.0]))


def thinned(line: Floats, tolerance: float) -> Floats:
    """Simplify one line in metres."""
    return np.asarray(shapely.get_coordinates(shapely.simplify(shapely.LineString(line), tolerance)))


def _by_class(network: RoadNetwork, xy: Floats) -> Iterator[tuple[str, list[object]]]:
    """Yield the classes in order of importance, each with its lines; unknown classes come before tracks."""
    names = np.char.replace(network.road_class, "_link", "") if network.links else network.road_class
    link = np.repeat(np.arange(network.links), np.diff(network.xy_start))
    lines = shapely.linestrings(xy, indices=link)
    order = {name: n for n, name in enumerate(RANKS)}
    for name in sorted(set(names.tolist()), key=lambda key: (order.get(key, RANKS.index("service")), key)):
        yield name, list(lines[names == name])
