"""GeoTIFF in degrees: the part that covers a box, read block by block, so that a raster of the world may be given."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.atlas.lzw import is_sound
from coldchain.errors import BadInputError, Fault, MissingExtraError
from coldchain.inputs import plain_file, reading
from coldchain.language import _, plural

if TYPE_CHECKING:
    import tifffile

MOST_PIXELS = 16_000_000
"""Of the part that is read: a province at 100 m, 128 MB."""
LARGEST = 1e30
"""No figure of any layer comes near it: a mark of gaps, however it was rounded."""
MOST_SIDE = 1 << 31
"""Rows of a strip; files that are one strip may say any number."""
SCALE, TIE, KEYS, NO_DATA = 33550, 33922, 34735, 42113
"""Tags of GeoTIFF 1.1 (OGC 19-008r4) and of GDAL."""
MODEL, RASTER, GEOGRAPHIC, PROJECTED = 1024, 1025, 2048, 3072
"""Keys of the directory of GeoTIFF."""
LZW, COMPRESSIONS = 5, (1, 5, 8, 32946, 50000)
"""Plain, LZW, deflate by two numbers, Zstandard."""
IN_DEGREES, PIXEL_IS_POINT = 2, 2
WGS84_LIKE = (4326, 4490, 4979, 32767)
"""WGS 84, CGCS2000 (centimetres away), and "user-defined" as some writers leave it."""


@dataclass(frozen=True)
class Box:
    """A rectangle in degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, lon: Floats, lat: Floats, margin_km: float) -> Box:
        """Return the box of some points, so many kilometres wider on each side."""
        rise = margin_km / 111.195
        run = rise / max(math.cos(math.radians(float(np.abs(lat).max()))), 0.05)
        return cls(lon.min() - run, lat.min() - rise, lon.max() + run, lat.max() + rise)

    def __str__(self) -> str:
        """Render as ``109.20-110.10 E, 28.00-28.60 N``."""
        text = _("{west:.2f}-{east:.2f} E, {south:.2f}-{north:.2f} N")
        return text.format(west=self.west, east=self.east, south=self.south, north=self.north)


@dataclass(frozen=True, eq=False)
class Raster:
    """Part of a raster.

    Attributes
    ----------
    values : float64[rows, columns], north row first; NaN where there are no data
    west, north : corner of the first pixel in degrees
    dx, dy : size of a pixel in degrees
    faults : warnings
    """

    values: Floats
    west: float
    north: float
    dx: float
    dy: float
    faults: tuple[Fault, ...] = field(default=())

    def centres(self) -> tuple[Floats, Floats]:
        """Return longitude and latitude of all pixels, float64[rows·columns] each."""
        rows, columns = self.values.shape
        lon = self.west + (np.arange(columns) + 0.5) * self.dx
        lat = self.north - (np.arange(rows) + 0.5) * self.dy
        return np.tile(lon, rows), np.repeat(lat, columns)

    def at(self, lon: Floats, lat: Floats) -> Floats:
        """Return the values of the pixels in which points lie; NaN outside."""
        rows, columns = self.values.shape
        column = np.floor((lon - self.west) / self.dx).astype(np.int64)
        row = np.floor((self.north - lat) / self.dy).astype(np.int64)
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        found = np.full(len(lon), np.nan)
        found[inside] = self.values[row[inside], column[inside]]
        return found


def read_raster(path: Path, box: Box, *, negative: bool = False) -> Raster:
    """Read the pixels of the first band that touch a box.

    Parameters
    ----------
    negative : whether values below zero are data; else they are taken for missing, with a warning

    Raises
    ------
    BadInputError
        When it is no GeoTIFF in degrees, covers another place, holds no data in the box, or too many pixels.
    MissingExtraError
        When its compression needs imagecodecs.
    """
    fault = plain_file(path)
    if fault is not None:
        raise BadInputError([fault])
    import tifffile

    with reading(path.name, _not_tiff, "not-geotiff"), _hushed("tifffile"), tifffile.TiffFile(path) as file:
        page: Any = file.pages[0]
        found = _window(path.name, page, box)
        try:
            values = _blocks(page, file.filehandle, *found.span)
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            message = _("{file} is compressed as {kind}: pip install 'coldchain[rasters]'")
            raise MissingExtraError(message.format(file=path.name, kind=page.compression.name)) from None
        missing = page.tags.get(NO_DATA)
    return _clean(path.name, found, values, None if missing is None else str(missing.value), negative=negative)


@contextmanager
def _hushed(name: str) -> Iterator[None]:
    """Keep a library from logging what is said here in our own words, such as a mark of gaps beyond 32 bits."""
    logger = logging.getLogger(name)
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _not_tiff(error: Exception) -> str:
    return _("is no GeoTIFF: {error}").format(error=str(error).splitlines()[0][:200] if str(error) else type(error))


@dataclass(frozen=True)
class _Found:
    """Corner and pixels of a raster, and the rows and columns that touch the box."""

    west: float
    north: float
    dx: float
    dy: float
    span: tuple[int, int, int, int]
    box: Box


def _window(file: str, page: tifffile.TiffPage, box: Box) -> _Found:
    """Return what of the raster touches the box; raise what keeps it from being read."""
    if page.compression not in COMPRESSIONS or page.dtype is None:
        message = _(
            "holds pixels in a way that is not read ({kind}); rewrite it with gdal_translate -co COMPRESS=DEFLATE"
        )
        raise _bad(file, message.format(kind=getattr(page.compression, "name", page.compression)), "other-kind")
    _check_layout(page)
    keys = _keys(page)
    scale, tie = page.tags.get(SCALE), page.tags.get(TIE)
    if scale is None or tie is None:
        raise _bad(
            file, _("says nowhere where it lies; a GeoTIFF with pixel scale and tie point is needed"), "no-place"
        )
    code = keys.get(GEOGRAPHIC, 4326)
    if keys.get(MODEL, IN_DEGREES) != IN_DEGREES or code not in WGS84_LIKE:
        message = _(
            "is in another coordinate system (EPSG:{code}); bring it to EPSG:4326 with gdalwarp -t_srs EPSG:4326"
        )
        raise _bad(file, message.format(code=keys.get(PROJECTED, code)), "projected")
    dx, dy = float(scale.value[0]), float(scale.value[1])
    half = 0.5 if keys.get(RASTER) == PIXEL_IS_POINT else 0.0
    west = float(tie.value[3]) - (float(tie.value[0]) + half) * dx
    north = float(tie.value[4]) + (float(tie.value[1]) + half) * dy
    height, width = page.imagelength, page.imagewidth
    first_row, last_row = math.floor((north - box.north) / dy), math.ceil((north - box.south) / dy)
    first_column, last_column = math.floor((box.west - west) / dx), math.ceil((box.east - west) / dx)
    rows = max(first_row, 0), min(last_row, height)
    columns = max(first_column, 0), min(last_column, width)
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        message = _("is a raster of another place: it covers {covers}, the places lie in {box}")
        covers = Box(west, north - height * dy, west + width * dx, north)
        raise _bad(file, message.format(covers=covers, box=box), "no-overlap")
    pixels = (rows[1] - rows[0]) * (columns[1] - columns[0])
    if pixels > MOST_PIXELS:
        message = _("has {pixels:,} pixels around the places; at most {most:,} are read: use a coarser raster")
        raise _bad(file, message.format(pixels=pixels, most=MOST_PIXELS), "too-large")
    return _Found(west, north, dx, dy, (*rows, *columns), box)


def _check_layout(page: Any) -> None:
    """Raise ValueError where the blocks of a file cannot be what its head says of them."""
    sides = (page.imagelength, page.imagewidth, page.samplesperpixel)
    block = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    if not all(isinstance(side, int) and side > 0 for side in (*sides, *block)):
        raise ValueError(_("its head is damaged"))
    high, wide = min(block[0], MOST_SIDE), block[1]
    blocks = math.ceil(sides[0] / high) * math.ceil(sides[1] / wide)
    if len(page.databytecounts) < blocks or len(page.dataoffsets) < blocks:
        raise ValueError(_("its head is damaged"))
    if min(high, sides[0]) * wide * sides[2] > MOST_PIXELS * 4:
        raise ValueError(_("its blocks are too large to be read"))


def _keys(page: tifffile.TiffPage) -> dict[int, int]:
    """Return the short keys of the directory."""
    tag = page.tags.get(KEYS)
    numbers = [] if tag is None else [int(number) for number in tag.value]
    return {numbers[at]: numbers[at + 3] for at in range(4, len(numbers) - 3, 4) if numbers[at + 1] == 0}


def _blocks(page: Any, handle: Any, top: int, bottom: int, left: int, right: int) -> Floats:
    """Return the pixels of some rows and columns from the strips or tiles they lie in."""
    high = page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
    wide = page.tilewidth if page.is_tiled else page.imagewidth
    across = math.ceil(page.imagewidth / wide)
    values = np.full((bottom - top, right - left), np.nan)
    for row in range(top // high, (bottom - 1) // high + 1):
        for column in range(left // wide, (right - 1) // wide + 1):
            index = row * across + column
            if not page.databytecounts[index]:
                continue
            handle.seek(page.dataoffsets[index])
            data = handle.read(page.databytecounts[index])
            if page.compression == LZW and not is_sound(data, high * wide * page.samplesperpixel * page.dtype.itemsize):
                raise ValueError(_("a block of it is damaged"))
            block, _place, shape = page.decode(data, index)
            if block is None:
                continue
            pixels = block[0, : shape[1], : shape[2], 0]
            first_row, first_column = row * high, column * wide
            rows = slice(max(top, first_row), min(bottom, first_row + pixels.shape[0]))
            columns = slice(max(left, first_column), min(right, first_column + pixels.shape[1]))
            values[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = pixels[
                rows.start - first_row : rows.stop - first_row,
                columns.start - first_column : columns.stop - first_column,
            ]
    return values


def _clean(file: str, found: _Found, values: Floats, missing: str | None, *, negative: bool) -> Raster:
    """Turn pixels without data into NaN; a box without any data is an error."""
    values = np.where(np.abs(values) < LARGEST, values, np.nan)
    if missing is not None:
        try:
            mark = float(missing.strip("\x00 "))
        except ValueError:
            mark = math.nan
        values = np.where(np.isclose(values, mark, rtol=1e-6), np.nan, values)
    faults: list[Fault] = []
    below = values < 0.0
    if below.any() and not negative:
        message = plural("{n:,} pixel is negative and no marked gap; it counts as missing",
                         "{n:,} pixels are negative and no marked gaps; they count as missing",
                         int(below.sum()))  # fmt: skip
        faults.append(Fault(file, None, "", "", message.format(n=int(below.sum())), "negative-pixels", warning=True))
        values = np.where(below, np.nan, values)
    if not np.isfinite(values).any():
        message = _("has no data around the places ({box}): every pixel there is missing or negative")
        raise _bad(file, message.format(box=found.box), "no-data")
    top, _bottom, left, _right = found.span
    return Raster(values, found.west + left * found.dx, found.north - top * found.dy, found.dx, found.dy, tuple(faults))


def _bad(file: str, message: str, code: str) -> BadInputError:
    return BadInputError([Fault(file, None, "", "", message, code)])
