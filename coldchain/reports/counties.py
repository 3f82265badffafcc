"""Counties as the map shows them: each point belongs to the county of the village nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from coldchain.arrays import Floats

REACH_SHARE = 0.06
"""How far past its outermost villages the area goes, as a share of its width."""


@dataclass(frozen=True)
class Counties:
    """Borders and names.

    Attributes
    ----------
    borders : lines float64[k, 2] in metres between counties, and around them all
    names, spots : of each county, and a point inside its area, float64[counties, 2]
    """

    borders: tuple[Floats, ...]
    names: tuple[str, ...]
    spots: Floats


def counties_of(xy: Floats, county: list[str], tolerance_m: float) -> Counties:
    """Draw the areas of the counties from their villages.

    Scenarios name the county of each village and hold no borders, so these are the Voronoi cells of the villages joined
    by county, cut off a little outside the outermost villages. One county has no border to draw.

    Parameters
    ----------
    xy : float64[villages, 2], metres
    tolerance_m : detail that may be lost
    """
    names = sorted({name for name in county if name})
    if len(names) < 2 or len(xy) < 3:
        return Counties((), (), np.empty((0, 2)))
    places, first = np.unique(xy, axis=0, return_index=True)
    hull = shapely.MultiPoint(places).convex_hull
    area = hull.buffer(REACH_SHARE * max(np.ptp(places, axis=0)))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(places), extend_to=area))
    owner = shapely.STRtree(cells).nearest(shapely.points(places))
    named = np.array(county)[first]
    parts = [shapely.intersection(shapely.union_all(cells[owner[named == name]]), area) for name in names]
    edges = shapely.line_merge(shapely.union_all(shapely.boundary(parts)))
    drawn = shapely.simplify(shapely.get_parts(edges), tolerance_m)
    spots = shapely.get_coordinates(shapely.point_on_surface(parts))
    return Counties(tuple(shapely.get_coordinates(line) for line in drawn), tuple(names), spots)
