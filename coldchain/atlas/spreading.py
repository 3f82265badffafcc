"""Tonnes of cells shared out over villages by the people who live near each: nothing is lost, nothing doubled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from coldchain.arrays import Floats, Indices
from coldchain.atlas.production import ProductionGrid
from coldchain.atlas.raster import Raster

REACH_KM = 10.0
"""Farther from every village than this, land belongs to none of them."""
POINT_DEG, MOST_ACROSS = 1.0 / 120.0, 10
"""Points about 1 km apart, at most 10 by 10, stand for the area of a cell where nobody is known to live."""
KM_PER_DEG = 111.195


@dataclass(frozen=True, eq=False)
class Shared:
    """What the cells of a grid give to each village.

    Attributes
    ----------
    tonnes : float64[villages, codes]
    beyond : float64[codes], t of the cells that lie beyond the reach of all villages
    """

    tonnes: Floats
    beyond: Floats


def share_out(grid: ProductionGrid, people: Raster | None, lon: Floats, lat: Floats) -> Shared:
    """Share the tonnes of each cell out over the villages at ``lon``, ``lat``.

    A cell is split over its pixels by people, evenly where nobody lives; a pixel belongs to the nearest village, or to
    none beyond 10 km. The tonnes of villages and ``beyond`` add up to those of the grid.
    """
    points = _points(grid, people)
    village, km = _nearest(points.lon, points.lat, lon, lat)
    whole = np.bincount(points.cell, points.weight, minlength=len(grid.lon))
    share = points.weight / whole[points.cell]
    near = km <= REACH_KM
    shape = (len(lon), len(grid.lon))
    taken = csr_array(coo_array((share[near], (village[near], points.cell[near])), shape=shape))
    tonnes = np.asarray(taken @ grid.tonnes)
    left = np.bincount(points.cell, share * ~near, minlength=len(grid.lon))
    return Shared(tonnes, left @ grid.tonnes)


@dataclass(frozen=True, eq=False)
class _Points:
    """Places that stand for the area of cells: the cell each lies in and its weight."""

    lon: Floats
    lat: Floats
    cell: Indices
    weight: Floats


def _points(grid: ProductionGrid, people: Raster | None) -> _Points:
    """Return the inhabited pixels of each cell, and evenly spread points for cells without any."""
    cells = np.arange(len(grid.lon))
    if people is None:
        return _even(grid, cells)
    lon, lat = people.centres()
    count = np.nan_to_num(people.values.ravel())
    lived_in = count > 0.0
    lon, lat, count = lon[lived_in], lat[lived_in], count[lived_in]
    cell = _cell_of(grid, lon, lat)
    inside = cell >= 0
    found = _Points(lon[inside], lat[inside], cell[inside], count[inside])
    rest = _even(grid, np.setdiff1d(cells, found.cell))
    return _Points(
        np.concatenate([found.lon, rest.lon]), np.concatenate([found.lat, rest.lat]),
        np.concatenate([found.cell, rest.cell]), np.concatenate([found.weight, rest.weight]),
    )  # fmt: skip


def _even(grid: ProductionGrid, cells: Indices) -> _Points:
    side = min(max(round(max(grid.dx, grid.dy) / POINT_DEG), 1), MOST_ACROSS)
    offset = (np.arange(side) + 0.5) / side - 0.5
    across, down = (part.ravel() for part in np.meshgrid(offset * grid.dx, offset * grid.dy))
    lon = (grid.lon[cells][:, None] + across).ravel()
    lat = (grid.lat[cells][:, None] + down).ravel()
    return _Points(lon, lat, np.repeat(cells, len(across)), np.ones(len(lon)))


def _cell_of(grid: ProductionGrid, lon: Floats, lat: Floats) -> Indices:
    """Return the cell each point lies in, -1 for none."""
    west, north = grid.lon.min() - grid.dx / 2, grid.lat.max() + grid.dy / 2
    width = round(float(np.ptp(grid.lon)) / grid.dx) + 1
    height = round(float(np.ptp(grid.lat)) / grid.dy) + 1
    place = np.full(width * height, -1, dtype=np.intp)
    own_row, own_column = np.rint((grid.lat.max() - grid.lat) / grid.dy), np.rint((grid.lon - grid.lon.min()) / grid.dx)
    place[(own_row * width + own_column).astype(np.intp)] = np.arange(len(grid.lon))
    column = np.floor((lon - west) / grid.dx).astype(np.intp)
    row = np.floor((north - lat) / grid.dy).astype(np.intp)
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    found = np.full(len(lon), -1, dtype=np.intp)
    found[inside] = place[row[inside] * width + column[inside]]
    return found


def _nearest(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> tuple[Indices, Floats]:
    """Return the nearest village of each point and the straight km to it."""
    from scipy.spatial import cKDTree

    shrink = np.cos(np.radians(np.median(to_lat)))
    tree = cKDTree(np.column_stack([to_lon * shrink, to_lat]) * KM_PER_DEG)
    km, village = tree.query(np.column_stack([lon * shrink, lat]) * KM_PER_DEG)
    return np.asarray(village, dtype=np.intp), np.asarray(km)
