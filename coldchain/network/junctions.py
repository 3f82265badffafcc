"""Lines cut where they meet: at vertices they share, and at ends that lie on, or nearly on, another line.

Where lines cross without a common vertex there is no junction: one is a bridge. An end farther from the next road
than the distance asked for stays a dead end, and is named where a road seems to be missed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from coldchain.arrays import Bools, Floats, Ints
from coldchain.network.geometry import to_degrees, to_metres

SNAP_M = 1.0
"""Ends this near to another line are joined to it unless another distance is asked for: digitising is not better."""
SAME_DEG = 1e-8
"""Vertices in one cell of this size (1 mm) are one point."""
SURELY_GAP_M, MOST_GAP_M = 5.0, 50.0
"""Gaps that are always named, and gaps that are named where they part the network."""
STUB = 3.0
"""A line shorter than this many times its gap is a stub of the road beside it, and misses nothing."""


@dataclass(frozen=True, eq=False)
class Gap:
    """Ends of lines and how far they are from the road they seem to miss, the narrowest first.

    Attributes
    ----------
    metres : float64[g]
    where : float64[g, 2], the ends in degrees
    """

    metres: Floats
    where: Floats


@dataclass(frozen=True, eq=False)
class CutLines:
    """Lines cut at their junctions.

    Attributes
    ----------
    xy, xy_start : packed pieces, degrees
    line : int64[p], line that each piece was cut from
    ends : int64[2, p], node at the first and last vertex of each piece
    where : float64[n, 2], nodes in degrees
    cuts : number of junctions inside lines
    joined : ends that were joined to a line near by, and how far they were moved
    open : ends that seem to miss a road and were left
    """

    xy: Floats
    xy_start: Ints
    line: Ints
    ends: Ints
    where: Floats
    cuts: int
    joined: Gap
    open: Gap


@dataclass(frozen=True, eq=False)
class _Lines:
    """Packed lines, and the line of each vertex."""

    xy: Floats
    line: Ints

    @property
    def first(self) -> Ints:
        """First vertex of each line."""
        return np.flatnonzero(np.diff(self.line, prepend=-1)).astype(np.int64)

    @property
    def last(self) -> Ints:
        """Last vertex of each line."""
        return np.flatnonzero(np.diff(self.line, append=-1)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Miss:
    """Loose ends beside another line.

    Attributes
    ----------
    end : float64[m, 2], the ends in degrees
    line, other : int64[m], lines of the end and of the point missed
    vertex : int64[m], the end among the vertices
    metres : float64[m], how far it is from the line missed
    where : float64[m, 2], the nearest point of that line in degrees
    at_vertex : int64[m], the vertex of that line that this point is; -1 when it lies between two
    after : int64[m], the vertex of that line after the point
    along : float64[m], metres along that line up to the point
    """

    end: Floats
    line: Ints
    other: Ints
    vertex: Ints
    metres: Floats
    where: Floats
    at_vertex: Ints
    after: Ints
    along: Floats

    def take(self, rows: Bools) -> _Miss:
        """Keep some rows."""
        return _Miss(**{name: getattr(self, name)[rows] for name in _Miss.__dataclass_fields__})


def cut_lines(xy: Floats, xy_start: Ints, snap_m: float = SNAP_M) -> CutLines:
    """Cut lines at shared vertices, after joining ends that lie within ``snap_m`` of another line.

    Parameters
    ----------
    xy, xy_start : packed lines of two vertices or more, degrees

    Examples
    --------
    >>> cross = np.array([[0, 0], [0.01, 0], [0.02, 0], [0.01, 0], [0.01, 0.01]])
    >>> cut = cut_lines(cross, np.array([0, 3, 5]))
    >>> cut.line.tolist(), cut.ends.tolist(), cut.cuts
    ([0, 0, 1], [[0, 1, 1], [1, 3, 2]], 1)
    """
    lines = _without_repeats(_Lines(xy, np.repeat(np.arange(len(xy_start) - 1), np.diff(xy_start))))
    misses = _misses(lines, max(snap_m, MOST_GAP_M))
    near = misses.metres <= snap_m
    joined = misses.take(near & ~_answered(misses, near))
    lines = _without_repeats(_with_joins(lines, joined))
    cut = _cut(lines)
    left = misses.take(~near & ~_answered(misses, ~near))
    return replace(cut, joined=_gap(joined), open=_gap(_open(cut, left)))


def _without_repeats(lines: _Lines) -> _Lines:
    """Leave out vertices that repeat the one before, and lines of which nothing else is left."""
    point = _points(lines.xy)
    kept = np.ones(len(point), dtype=np.bool_)
    kept[1:] = (point[1:] != point[:-1]) | (lines.line[1:] != lines.line[:-1])
    kept &= np.bincount(lines.line[kept])[lines.line] > 1
    return _Lines(lines.xy[kept], lines.line[kept])


def _points(xy: Floats) -> Ints:
    """Give the same number to vertices at the same point, int64[k]."""
    column, row = (np.unique(np.rint(values / SAME_DEG), return_inverse=True)[1].reshape(-1) for values in xy.T)
    return np.asarray(np.unique(column * (row.max(initial=0) + 1) + row, return_inverse=True)[1].reshape(-1))


def _misses(lines: _Lines, most_m: float) -> _Miss:
    """Find the ends that no other vertex shares, and the nearest other line within ``most_m`` of each."""
    point = _points(lines.xy)
    ends = np.concatenate([lines.first, lines.last])
    loose = np.sort(ends[np.bincount(point)[point[ends]] == 1])
    lat0 = float(lines.xy[:, 1].mean())
    flat = to_metres(lines.xy[:, 0], lines.xy[:, 1], lat0)
    rows = np.cumsum(np.diff(lines.line, prepend=lines.line[:1]) != 0)  # lines left out leave no hole here
    shapes = shapely.linestrings(flat, indices=rows)
    spots = shapely.points(flat[loose])
    end, row = shapely.STRtree(shapes).query(spots, predicate="dwithin", distance=most_m)
    metres = shapely.distance(spots[end], shapes[row])
    other = (row != rows[loose[end]]) & (shapely.length(shapes)[rows[loose[end]]] > STUB * metres)
    end, row, metres = end[other], row[other], metres[other]
    order = np.lexsort((row, metres, end))
    order = order[np.unique(end[order], return_index=True)[1]]
    end, row, metres = end[order], row[order], metres[order]
    along = shapely.line_locate_point(shapes[row], spots[end])
    spot = shapely.get_coordinates(shapely.line_interpolate_point(shapes[row], along)).reshape(-1, 2)
    after = _vertex_after(flat, lines.first[row], rows, along)
    nearest = np.where(_apart(flat[after - 1], spot) <= _apart(flat[after], spot), after - 1, after)
    at_vertex = np.where(_apart(flat[nearest], spot) <= SNAP_M, nearest, -1)
    where = np.where((at_vertex >= 0)[:, None], lines.xy[at_vertex], to_degrees(spot, lat0))
    return _Miss(
        end=lines.xy[loose[end]], line=lines.line[loose[end]], other=lines.line[after], vertex=loose[end],
        metres=metres, where=where, at_vertex=at_vertex, after=after, along=along,
    )  # fmt: skip


def _vertex_after(flat: Floats, first: Ints, rows: Ints, along: Floats) -> Ints:
    """Vertex that ends the stretch of a line in which a point lies so many metres along it."""
    step = np.zeros(len(flat))
    step[1:] = np.where(np.diff(rows) == 0, np.hypot(*np.diff(flat, axis=0).T), 0.0)
    ran = np.cumsum(step) + rows  # a metre between lines keeps them apart
    last = np.searchsorted(rows, rows[first], side="right") - 1
    found = np.searchsorted(ran, ran[first] + along, side="right")
    return np.clip(found, first + 1, last)


def _apart(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.hypot(*(one - other).T), dtype=np.float64)


def _answered(misses: _Miss, near: Bools) -> Bools:
    """Whether an end is joined already by the end that it would be joined to."""
    row = np.searchsorted(misses.vertex, misses.at_vertex).clip(0, max(len(near) - 1, 0))
    mutual = (misses.vertex[row] == misses.at_vertex) & (misses.at_vertex[row] == misses.vertex)
    return np.asarray(mutual & near[row] & (misses.at_vertex < misses.vertex), dtype=np.bool_)


def _with_joins(lines: _Lines, joins: _Miss) -> _Lines:
    """Lead each end to the point that it missed, and make that point a vertex of the line it lies on."""
    at_start = np.isin(joins.vertex, lines.first)
    between = joins.at_vertex < 0
    position = np.concatenate([joins.vertex + ~at_start, joins.after[between]])
    line = np.concatenate([lines.line[joins.vertex], lines.line[joins.after[between]]])
    point = np.concatenate([joins.where, joins.where[between]])
    along = np.concatenate([np.zeros(len(at_start)), joins.along[between]])
    order = np.lexsort((along, line, position))
    return _Lines(
        np.insert(lines.xy, position[order], point[order], axis=0),
        np.insert(lines.line, position[order], line[order]),
    )


def _cut(lines: _Lines) -> CutLines:
    """Cut lines at every vertex that is met again, and number the nodes."""
    point = _points(lines.xy)
    inner = np.ones(len(point), dtype=np.bool_)
    inner[lines.first] = inner[lines.last] = False
    cut = inner & (np.bincount(point)[point] > 1)
    vertex = np.repeat(np.arange(len(point)), 1 + cut)
    opens = np.zeros(len(vertex), dtype=np.bool_)
    at = np.cumsum(1 + cut)
    opens[at[cut] - 1] = True
    opens[at[lines.first] - 1] = True
    start = np.flatnonzero(opens)
    xy_start = np.append(start, len(vertex)).astype(np.int64)
    ends = np.stack([vertex[start], vertex[xy_start[1:] - 1]])
    _node, met, node = np.unique(point[ends], return_index=True, return_inverse=True)
    nothing = Gap(np.zeros(0), np.zeros((0, 2)))
    return CutLines(
        xy=lines.xy[vertex], xy_start=xy_start, line=lines.line[vertex[start]], ends=node.reshape(2, -1),
        where=lines.xy[ends.ravel()[met]], cuts=int(cut.sum()), joined=nothing, open=nothing,
    )  # fmt: skip


def _open(cut: CutLines, misses: _Miss) -> _Miss:
    """Keep the gaps that are narrow, or that part the network."""
    nodes = len(cut.where)
    graph = csr_array((np.ones(cut.ends.shape[1]), (cut.ends[0], cut.ends[1])), shape=(nodes, nodes))
    label = connected_components(graph, directed=False)[1][cut.ends[0]]
    part = np.zeros(int(cut.line.max(initial=0)) + 1, dtype=np.int64)
    part[cut.line] = label
    parting = part[misses.line] != part[misses.other]
    return misses.take((misses.metres <= SURELY_GAP_M) | parting)


def _gap(misses: _Miss) -> Gap:
    order = np.argsort(misses.metres, kind="stable")
    return Gap(misses.metres[order], misses.end[order])
