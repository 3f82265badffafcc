"""Slower trucks on slopes, from SRTM elevation tiles."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import check_archive, read_bytes, reading
from coldchain.language import _
from coldchain.network.geometry import Floats, Ints, great_circle_m
from coldchain.network.graph import RoadNetwork

VOID = -32768
MOST_TILE_BYTES = 3601 * 3601 * 2
BASE_M = 90.0
"""Grades are measured over at least this road length: elevation is known every 30 or 90 m only."""
LEVEL_UP, LEVEL_DOWN = 0.03, 0.06
"""Grades that slow nobody, up and down."""
SLOWER_UP, SLOWER_DOWN = 5.0, 2.5
"""Extra time per unit of grade beyond the level: climbing 8 % takes 1.25 times as long, descending 10 % 1.1 times."""
STEEPEST = 0.20
"""Steeper figures are noise of the elevation model (tunnels, cliffs) and count as this."""


@dataclass(frozen=True, eq=False)
class Tile:
    """Elevation of one degree square: float64[s, s] in m, north row first, and its south-west corner in degrees."""

    metres: Floats
    west: float
    south: float


def with_slope(network: RoadNetwork, hgt_path: str | Path) -> RoadNetwork:
    """Lengthen times by grade; up and down differ, so that the two directions of a road do too.

    Each stretch between vertices takes ``1 + 5·max(0, g - 3 %)`` times as long when climbing at grade ``g`` and
    ``1 + 2.5·max(0, |g| - 6 %)`` times when descending; grades are cut at 20 % and measured over at least 90 m.
    SRTM is noisy in valleys and blind to tunnels and bridges, so this overstates slopes.

    Parameters
    ----------
    hgt_path : tile ``N42E001.hgt`` or ``.hgt.zip``, or a folder of them; roads outside all tiles stay as they are

    Raises
    ------
    BadInputError
        When a tile is missing or unreadable, or none touches the network.
    """
    path = Path(hgt_path)
    files = sorted(f for f in path.glob("*.hgt*") if f.is_file()) if path.is_dir() else [path]
    tiles = [read_hgt(file) for file in files]
    height = np.full(len(network.xy), np.nan)
    for tile in tiles:
        height = np.where(np.isnan(height), elevation(tile, network.xy), height)
    if not np.isfinite(height).any():
        raise _bad(path, _("must cover part of the road network; it covers none"), "no-overlap")
    along, against = slowdown(network.xy, network.xy_start, height)
    factor = np.where(network.forward, along[network.link], against[network.link])
    return replace(network, given=None, time_ms=np.rint(network.time_ms * factor).astype(np.int64))


def _bad(path: Path, message: str, code: str) -> BadInputError:
    return BadInputError([Fault(str(path), None, "", "", message, code)])


def read_hgt(path: str | Path) -> Tile:
    """Read a tile of 1201 x 1201 or 3601 x 3601 big-endian int16; voids take the value of the nearest cell."""
    path = Path(path)
    name = re.match(r"([NS])(\d{2})([EW])(\d{3})", path.name.upper())
    if not name:
        raise _bad(path, _("must be named after its south-west corner, as in N42E001.hgt"), "bad-tile-name")
    with reading(str(path)):
        raw = _content(path)
    side = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}.get(len(raw))
    if side is None:
        raise _bad(
            path,
            _("must hold 1201 x 1201 or 3601 x 3601 heights of 2 bytes; got {count} bytes").format(count=len(raw)),
            "not-hgt",
        )
    metres = np.frombuffer(raw, dtype=">i2").reshape(side, side).astype(np.float64)
    south = float(name[2]) * (1 if name[1] == "N" else -1)
    west = float(name[4]) * (1 if name[3] == "E" else -1)
    return Tile(_filled(metres), west, south)


def _content(path: Path) -> bytes:
    if path.suffix.lower() != ".zip":
        return read_bytes(path, MOST_TILE_BYTES)
    check_archive(path, MOST_TILE_BYTES)
    with zipfile.ZipFile(path) as archive:
        inside = [name for name in archive.namelist() if name.lower().endswith(".hgt")]
        return archive.read(inside[0]) if inside else b""


def _filled(metres: Floats) -> Floats:
    void = metres == VOID
    if not void.any() or void.all():
        return np.where(void, 0.0, metres)
    nearest = distance_transform_edt(void, return_distances=False, return_indices=True)
    return np.asarray(metres[tuple(nearest)], dtype=np.float64)


def elevation(tile: Tile, xy: Floats) -> Floats:
    """Height in m at points float64[k, 2] in degrees, between the four cells around; NaN outside the tile."""
    last = len(tile.metres) - 1
    column, row = (xy[:, 0] - tile.west) * last, (tile.south + 1.0 - xy[:, 1]) * last
    inside = (column >= 0) & (column <= last) & (row >= 0) & (row <= last)
    c = np.clip(column.astype(np.int64), 0, last - 1)
    r = np.clip(row.astype(np.int64), 0, last - 1)
    u, v = column - c, row - r
    top = tile.metres[r, c] * (1 - u) + tile.metres[r, c + 1] * u
    bottom = tile.metres[r + 1, c] * (1 - u) + tile.metres[r + 1, c + 1] * u
    return np.where(inside, top * (1 - v) + bottom * v, np.nan)


def slowdown(xy: Floats, xy_start: Ints, height: Floats) -> tuple[Floats, Floats]:
    """Time against level road for each polyline, along and against its drawing, float64[l] each."""
    metres, grade = stretches(xy, xy_start, height)
    line = np.repeat(np.arange(len(xy_start) - 1), np.diff(xy_start))
    total = np.bincount(line, metres, len(xy_start) - 1)
    factors = []
    for signed in (grade, -grade):
        extra = SLOWER_UP * np.maximum(0, signed - LEVEL_UP) + SLOWER_DOWN * np.maximum(0, -signed - LEVEL_DOWN)
        added = np.bincount(line, metres * extra, len(total))
        factors.append(1.0 + np.divide(added, total, out=np.zeros(len(total)), where=total > 0))
    return factors[0], factors[1]


def stretches(xy: Floats, xy_start: Ints, height: Floats) -> tuple[Floats, Floats]:
    """Length in m and grade of the stretch before each vertex, float64[k]; 0 at the first of a line.

    Heights are averaged along the line over a window of ``BASE_M``, as the grade of a short stretch says nothing.
    """
    metres = np.zeros(len(xy))
    metres[1:] = great_circle_m(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    metres[xy_start[:-1]] = 0.0
    line = np.repeat(np.arange(len(xy_start) - 1), np.diff(xy_start))
    run = np.cumsum(metres) + line  # a metre between lines keeps them apart
    low, high = run[xy_start[:-1]][line], run[xy_start[1:] - 1][line]
    middle = run - metres / 2
    before = _height_at(run, height, np.maximum(middle - BASE_M / 2, low))
    after = _height_at(run, height, np.minimum(middle + BASE_M / 2, high))
    rise = np.nan_to_num(after - before)
    base = np.maximum(BASE_M, metres)
    long = metres > BASE_M
    rise[long] = np.nan_to_num(np.diff(height, prepend=np.nan))[long]
    return metres, np.clip(rise / base, -STEEPEST, STEEPEST)


def _height_at(run: Floats, height: Floats, at: Floats) -> Floats:
    return np.asarray(np.interp(at, run, height), dtype=np.float64)
