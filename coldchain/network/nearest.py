"""How far a point is from the nearest road: asked one by one, while a place is being moved."""

from __future__ import annotations

import numpy as np
import shapely

from coldchain.arrays import Floats
from coldchain.network.geometry import great_circle_m, take_polylines, to_degrees, to_metres
from coldchain.network.graph import RoadNetwork

ACCESS = "access"


class NearestRoad:
    """The roads of a network, the legs to places on it left out, indexed by where they lie.

    Examples
    --------
    >>> from coldchain.network import proximity_network
    >>> lines = proximity_network(np.array([0.0, 0.1]), np.array([0.0, 0.0]), 30.0, 1.4)
    >>> round(NearestRoad(lines).offset_m(0.05, 0.01))
    1112
    """

    def __init__(self, network: RoadNetwork) -> None:
        rows = np.flatnonzero(network.road_class != ACCESS)
        xy, start = take_polylines(network.xy, network.xy_start, rows)
        self._lat0 = float(xy[:, 1].mean())
        flat = to_metres(xy[:, 0], xy[:, 1], self._lat0)
        lines = shapely.linestrings(flat, indices=np.repeat(np.arange(len(rows)), np.diff(start)))
        self._tree = shapely.STRtree(lines)

    def offset_m(self, lon: float, lat: float) -> float:
        """Return the metres from a point to the nearest road."""
        spot = shapely.Point(self._flat(lon, lat)[0])
        line = self._tree.geometries[int(self._tree.nearest(spot))]
        on: Floats = shapely.get_coordinates(
            shapely.line_interpolate_point(line, shapely.line_locate_point(line, spot))
        )
        at = to_degrees(on, self._lat0)
        return float(great_circle_m(np.array([lon]), np.array([lat]), at[:, 0], at[:, 1])[0])

    def _flat(self, lon: float, lat: float) -> Floats:
        return to_metres(np.array([lon]), np.array([lat]), self._lat0)
