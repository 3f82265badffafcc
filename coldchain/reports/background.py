"""The road network as a quiet background: few features, simplified to what a screen can show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from coldchain.arrays import Floats
from coldchain.network import RoadNetwork

MOST_FEATURES = 5000
SCREEN_STEPS = 2500.0
COARSER = (2.0, 4.0, 8.0)
MAJOR = ("motorway", "trunk", "primary", "secondary")
RANKS = (*MAJOR, "tertiary", "unclassified", "road", "residential", "living_street", "service", "track", "access")


def background(
    network: RoadNetwork, xy: Floats, x: tuple[float, float], y: tuple[float, float], most: int = MOST_FEATURES
) -> tuple[list[Floats], list[Floats]]:
    """Return lines in metres for drawing: major roads, and all others.

    Only links that touch the window count. Those of a class are joined end to end and simplified to a 2,500th of the
    window's width; when there are still more than ``most``, the lower classes and the shorter pieces are left out.

    Parameters
    ----------
    xy : float64[k, 2], the network's vertices in metres
    x, y : west and east, south and north end of the window in metres
    """
    if not network.links:
        return [], []
    tolerance = (x[1] - x[0]) / SCREEN_STEPS
    window = shapely.box(x[0], y[0], x[1], y[1])
    major: list[Floats] = []
    minor: list[Floats] = []
    for name, parts in _by_class(network, xy, window):
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


def drawn_lines(lines: Sequence[Floats], tolerance: float, most: int) -> list[Floats]:
    """Simplify lines in metres, the more the more points they have in all.

    Parameters
    ----------
    tolerance : detail that may be lost in any case
    most : points in all above which twice, four and at last eight times as much may be lost
    """
    drawn = [thinned(line, tolerance) for line in lines]
    for coarser in COARSER:
        if sum(map(len, drawn)) <= most:
            break
        drawn = [thinned(line, coarser * tolerance) for line in drawn]
    return drawn


def _by_class(network: RoadNetwork, xy: Floats, window: shapely.Polygon) -> Iterator[tuple[str, list[object]]]:
    """Yield the classes in order of importance, each with its lines; unknown classes come before tracks."""
    link = np.repeat(np.arange(network.links), np.diff(network.xy_start))
    lines = shapely.linestrings(xy, indices=link)
    seen = shapely.intersects(lines, window)
    names, lines = np.char.replace(network.road_class, "_link", "")[seen], lines[seen]
    order = {name: n for n, name in enumerate(RANKS)}
    for name in sorted(set(names.tolist()), key=lambda key: (order.get(key, RANKS.index("service")), key)):
        yield name, list(lines[names == name])
