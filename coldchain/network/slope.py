"""Slower trucks on slopes, from SRTM elevation tiles."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from coldchain.arrays import Bools, Floats, Ints
from coldchain.errors import bad_file
from coldchain.inputs import check_archive, read_bytes, reading
from coldchain.language import _
from coldchain.network.geometry import great_circle_m, polyline_lengths, take_polylines
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
"""Steeper figures are noise of the elevation model (cliffs) and count as this."""


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
    Links that leave the ground (bridges, tunnels) run straight from one end to the other. SRTM is noisy in valleys, so
    this overstates slopes.

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
        raise bad_file(path, _("must cover part of the road network; it covers none"), "no-overlap")
    height = bridged(network, height)
    along, against = slowdown(network.xy, network.xy_start, height)
    factor = np.where(network.forward, along[network.link], against[network.link])
    return replace(network, given=None, time_ms=np.rint(network.time_ms * factor).astype(np.int64))


def read_hgt(path: str | Path) -> Tile:
    """Read a tile of 1201 x 1201 or 3601 x 3601 big-endian int16; voids take the value of the nearest cell."""
    path = Path(path)
    name = re.match(r"([NS])(\d{2})([EW])(\d{3})", path.name.upper())
    if not name:
        raise bad_file(path, _("must be named after its south-west corner, as in N42E001.hgt"), "bad-tile-name")
    with reading(str(path)):
        raw = _content(path)
    side = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}.get(len(raw))
    if side is None:
        raise bad_file(
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


def bridged(network: RoadNetwork, height: Floats) -> Floats:
    """Lead the links that leave the ground straight from ground to ground, whatever lies below or above.

    Where several follow one another, the nodes between them lie on the straight line too: heights there are those of
    a rope net hung up at its ends, the mean of the neighbours' weighted by one over the distance.

    Parameters
    ----------
    height : float64[k], ground at the vertices in m

    Returns
    -------
    float64[k]
        The ground, but for the vertices of level links.
    """
    level = np.flatnonzero(network.level)
    if not len(level):
        return height
    ends = network.link_ends[level].astype(np.int64)
    first, last = network.xy_start[level], network.xy_start[level + 1] - 1
    metres = np.maximum(polyline_lengths(network.xy, network.xy_start)[level], 1.0)
    deck = np.full(network.nodes, np.nan)
    deck[ends[:, 0]], deck[ends[:, 1]] = height[first], height[last]
    _hang(deck, ends, metres, _aloft(network, ends))
    height = height.copy()
    xy, xy_start = take_polylines(network.xy, network.xy_start, level)
    step = np.zeros(len(xy))
    step[1:] = great_circle_m(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    step[xy_start[:-1]] = 0.0
    row = np.repeat(np.arange(len(level)), np.diff(xy_start))
    ran = np.cumsum(step)
    share = (ran - ran[xy_start[:-1]][row]) / np.maximum(ran[xy_start[1:] - 1] - ran[xy_start[:-1]], 1e-9)[row]
    vertex = np.arange(len(xy)) + np.repeat(first - xy_start[:-1], np.diff(xy_start))
    height[vertex] = deck[ends[row, 0]] * (1.0 - share) + deck[ends[row, 1]] * share
    return height


def _aloft(network: RoadNetwork, ends: Ints) -> Bools:
    """Nodes between links that leave the ground: no other road touches them, bool[n]."""
    links = np.bincount(network.link_ends.ravel(), minlength=network.nodes)
    level = np.bincount(ends.ravel(), minlength=network.nodes)
    return np.asarray((level > 1) & (level == links), dtype=np.bool_)


def _hang(deck: Floats, ends: Ints, metres: Floats, aloft: Bools) -> None:
    """Set the heights of the nodes aloft; those that hang on no ground keep theirs."""
    nodes = len(deck)
    count, part = connected_components(
        csr_array((np.ones(len(ends)), (*ends.T,)), shape=(nodes, nodes)), directed=False
    )
    grounded = np.zeros(count, dtype=np.bool_)
    ground = ends[~aloft[ends]]
    grounded[part[ground]] = True
    grounded[part[ground[np.isnan(deck[ground])]]] = False  # ends outside all tiles say nothing
    free = np.flatnonzero(aloft & grounded[part])
    if not len(free):
        return
    weight = 1.0 / metres
    pull = csr_array((np.tile(weight, 2), (ends.T.ravel(), ends[:, ::-1].T.ravel())), shape=(nodes, nodes))
    held = np.where(aloft, 0.0, np.nan_to_num(deck))
    total: Floats = np.asarray(pull.sum(axis=1), dtype=np.float64)
    system = (diags_array(total[free]) - pull[free][:, free]).tocsc()
    deck[free] = spsolve(system, (pull @ held)[free])


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
