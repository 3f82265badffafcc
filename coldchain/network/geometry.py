"""Measures on the sphere and packed polylines: one array of vertices, and where each line starts in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coldchain.arrays import Floats, Ints

Nodes = npt.NDArray[np.int32]
Texts = npt.NDArray[np.str_]

EARTH_M = 6_371_008.8
"""Mean radius of the Earth in m (IUGG)."""


def polyline_lengths(xy: Floats, xy_start: Ints) -> Floats:
    """Great-circle length of each polyline in m, float64[l] (haversine on the mean sphere)."""
    steps = np.zeros(len(xy))
    if len(xy):
        steps[:-1] = great_circle_m(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
        steps[xy_start[1:] - 1] = 0.0
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(total[xy_start[1:]] - total[xy_start[:-1]], dtype=np.float64)


def great_circle_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Haversine distance in m between points in degrees; arrays broadcast."""
    a, b, c, d = (np.radians(v) for v in (lon1, lat1, lon2, lat2))
    h = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(h, 1.0))), dtype=np.float64)


def to_metres(lon: Floats, lat: Floats, lat0: float) -> Floats:
    """Equirectangular plane in m, true to scale at latitude ``lat0``; float64[n, 2]."""
    x = EARTH_M * np.cos(np.radians(lat0)) * np.radians(lon)
    return np.column_stack([x, EARTH_M * np.radians(lat)])


def whole(values: npt.ArrayLike) -> Ints:
    """Round to whole numbers; halves, and what rounding errors leave of them, go up.

    Examples
    --------
    >>> whole(np.array([0.5, 1.5, 12312.499999999998, 2.4])).tolist()
    [1, 2, 12313, 2]
    """
    return np.floor(np.asarray(values, dtype=np.float64) + (0.5 + 1e-6)).astype(np.int64)


def to_degrees(flat: Floats, lat0: float) -> Floats:
    """Undo `to_metres`."""
    unit = to_metres(np.ones(1), np.ones(1), lat0)
    return np.asarray(flat / unit, dtype=np.float64)


def take_polylines(xy: Floats, xy_start: Ints, rows: npt.NDArray[np.integer[Any]]) -> tuple[Floats, Ints]:
    """Vertices and starts of the polylines ``rows``, in that order."""
    count = xy_start[rows + 1] - xy_start[rows]
    starts = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    index = np.arange(starts[-1]) + np.repeat(xy_start[rows] - starts[:-1], count)
    return xy[index], starts


def morton(lon: Floats, lat: Floats) -> npt.NDArray[np.uint64]:
    """Interleave the bits of both coordinates, 32 each: near points get near codes."""
    return _spread((lon + 180.0) / 360.0) | (_spread((lat + 90.0) / 180.0) << np.uint64(1))


def _spread(unit: Floats) -> npt.NDArray[np.uint64]:
    """Put 32 bits of a number in [0, 1] on the even bits of 64."""
    bits = (np.clip(unit, 0.0, 1.0) * (2**32 - 1)).astype(np.uint64)
    for shift in (16, 8, 4, 2, 1):
        mask = np.uint64((2**64 - 1) // (2**shift + 1))
        bits = (bits | (bits << np.uint64(shift))) & mask
    return bits
