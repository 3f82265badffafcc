"""Which points a mast reaches: line of sight over an elevation grid, with the curve of the earth and the Fresnel zone.

A point is seen when the ground between stays below the ray by six tenths of the first Fresnel zone, yet by no more than
half of what the ray stands above level ground: a telephone is held so low that level ground always reaches into its
zone. The last 200 m at either end, within the error of the grid, are not asked. The earth counts as four thirds of its
radius, for the air bends the ray (ITU-R P.526). Woods and buildings are not in the grid.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.errors import bad_file
from coldchain.language import _
from coldchain.model import Mast
from coldchain.network.geometry import great_circle_m
from coldchain.network.slope import Tile, elevation, read_hgt

EARTH_M = 6_371_000.0
BENT = 4.0 / 3.0
CLEARANCE = 0.6
LIGHT_M_S = 299_792_458.0
LOW = 0.5
ENDS_M = 200.0
STEP_M = 60.0  # along a ray: finer than the cells of SRTM, 90 m
MOST_SAMPLES = 4_000_000  # heights looked up at once


@dataclass(frozen=True)
class Radio:
    """What the ray depends on beside the ground.

    Attributes
    ----------
    radius_km : beyond which the signal is too weak
    receiver_m : height of the antenna of a truck or telephone
    """

    radius_km: float = 8.0
    ghz: float = 0.8
    receiver_m: float = 1.5


def read_tiles(path: Path) -> tuple[Tile, ...]:
    """Read one elevation tile (``N27E109.hgt`` or ``.hgt.zip``), or all of a folder.

    Raises
    ------
    BadInputError
        When there is none, or one cannot be read.
    """
    files = sorted(one for one in path.glob("*.hgt*") if one.is_file()) if path.is_dir() else [path]
    if not files or not all(re.search(r"\.hgt(\.zip)?$", file.name.lower()) for file in files):
        told = _("must be an elevation tile such as N27E109.hgt or .hgt.zip, or a folder of them")
        raise bad_file(path, told, "no-tile")
    return tuple(read_hgt(file) for file in files)


def ground_m(tiles: Sequence[Tile], lonlat: Floats) -> Floats:
    """Return the height of the ground at points float64[k, 2], NaN outside all tiles."""
    height = np.full(len(lonlat), np.nan)
    for tile in tiles:
        height = np.where(np.isnan(height), elevation(tile, lonlat), height)
    return height


def seen(tiles: Sequence[Tile], masts: Sequence[Mast], lonlat: Floats, radio: Radio) -> Bools:
    """Return which points each mast reaches, bool[masts, k]; points and masts outside the tiles are not reached."""
    reached = np.zeros((len(masts), len(lonlat)), dtype=bool)
    foot = ground_m(tiles, lonlat)
    for number, mast in enumerate(masts):
        far_m = great_circle_m(np.array([mast.lon]), np.array([mast.lat]), lonlat[:, 0], lonlat[:, 1])
        near = np.flatnonzero((far_m <= radio.radius_km * 1000.0) & np.isfinite(foot))
        base = ground_m(tiles, np.array([[mast.lon, mast.lat]]))[0]
        if not len(near) or not np.isfinite(base):
            continue
        steps = max(2, int(np.ceil(far_m[near].max() / STEP_M)))
        for part in np.array_split(near, max(1, len(near) * steps // MOST_SAMPLES)):
            ends = np.column_stack([foot[part] + radio.receiver_m, far_m[part]])
            feet = np.column_stack([np.full(len(part), base), foot[part]])
            rays = Rays(np.array([mast.lon, mast.lat]), float(base) + mast.height_m, lonlat[part], ends, feet, steps)
            reached[number, part] = rays.clear(tiles, radio)
    return reached


@dataclass(frozen=True, eq=False)
class Rays:
    """Rays from one antenna to points: heights above the sea of antenna and receivers, and lengths, in m.

    Attributes
    ----------
    ends : float64[k, 2], height of the receiver and length of the ray
    feet : float64[k, 2], ground under the antenna and under the receiver
    steps : parts into which a ray is cut
    """

    start: Floats
    antenna_m: float
    lonlat: Floats
    ends: Floats
    feet: Floats
    steps: int

    def clear(self, tiles: Sequence[Tile], radio: Radio) -> Bools:
        """Return which rays nothing stands in; a ray over ground that no tile knows is not clear."""
        share = np.arange(1, self.steps) / self.steps
        way = self.start + (self.lonlat - self.start)[:, None, :] * share[None, :, None]
        ground = ground_m(tiles, way.reshape(-1, 2)).reshape(len(self.lonlat), -1)
        receiver, length = self.ends[:, :1], self.ends[:, 1:]
        there, back = length * share, length * (1.0 - share)
        ray = self.antenna_m + (receiver - self.antenna_m) * share
        bulge = there * back / (2.0 * BENT * EARTH_M)
        wave_m = LIGHT_M_S / (radio.ghz * 1e9)
        zone = CLEARANCE * np.sqrt(wave_m * there * back / np.maximum(length, 1e-9))
        level = self.feet[:, :1] + (self.feet[:, 1:] - self.feet[:, :1]) * share + bulge
        needed = np.minimum(zone, LOW * np.maximum(ray - level, 0.0))
        asked = np.minimum(there, back) > ENDS_M
        return np.asarray((~asked | (ground + bulge <= ray - needed)).all(axis=1), dtype=bool)
