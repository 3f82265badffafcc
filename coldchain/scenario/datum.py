"""Coordinates as they come in: GCJ-02 and BD-09 moved to WGS-84; CGCS2000 taken as it is.

GCJ-02 shifts every point in China by 300-600 m through a published series of sines over the Krasovsky ellipsoid;
BD-09 turns and shifts GCJ-02 once more. CGCS2000 (EPSG:4490) differs from WGS-84 by centimetres. The way back is
by fixed-point iteration and is exact to a millimetre.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from coldchain.arrays import Floats
from coldchain.language import _

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
DATUMS: tuple[str, ...] = get_args(Datum)
SPOKEN: dict[str, Datum] = {
    **dict.fromkeys(("高德", "高德地图", "腾讯", "腾讯地图", "火星坐标", "火星坐标系", "国测局", "amap"), "gcj02"),
    **dict.fromkeys(("百度", "百度地图", "百度坐标", "baidu"), "bd09"),
    **dict.fromkeys(
        ("国家2000", "大地2000", "2000坐标系", "国家大地坐标系", "2000国家大地坐标系", "天地图"), "cgcs2000"
    ),
    **dict.fromkeys(("gps", "gps坐标", "wgs1984", "epsg4326"), "wgs84"),
}
CHINA_BOX = (72.004, 0.8293, 137.8347, 55.8271)
_AXIS_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0


def datum_of(text: str) -> str:
    """Return the datum that a name stands for: 高德 for ``gcj02``, GPS for ``wgs84``; another text as it is.

    Examples
    --------
    >>> datum_of("高德"), datum_of("WGS-84"), datum_of("百度地图坐标"), datum_of("pz90")
    ('gcj02', 'wgs84', 'bd09', 'pz90')
    """
    plain = re.sub(r"[\s_:()-]|坐标系?$", "", unicodedata.normalize("NFKC", text).lower())
    folded = {re.sub(r"坐标系?$", "", name): datum for name, datum in SPOKEN.items()}
    return plain if plain in DATUMS else folded.get(plain, text)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Convert coordinates of any supported datum to WGS-84.

    Parameters
    ----------
    lon, lat : degrees, same shape
    datum : ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``

    Raises
    ------
    ValueError
        For another datum; the message lists those known.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum in ("wgs84", "cgcs2000"):
        return x, y
    if datum == "bd09":
        x, y = _bd09_to_gcj02(x, y)
    elif datum != "gcj02":
        raise ValueError(_('datum must be one of {names}; got "{datum}"').format(names=", ".join(DATUMS), datum=datum))
    return _gcj02_to_wgs84(x, y)


def in_china(lon: float, lat: float) -> bool:
    """Tell whether a place lies in the box in which GCJ-02 is put on: China and its neighbours."""
    west, south, east, north = CHINA_BOX
    return west <= lon <= east and south <= lat <= north


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift WGS-84 to GCJ-02; points outside China's bounding box stay where they are."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    east, north = _shift_m(x - 105.0, y - 35.0)
    radians = np.radians(y)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(radians) ** 2
    root = np.sqrt(magic)
    d_lat = north * 180.0 / (_AXIS_M * (1.0 - _ECCENTRICITY2) / (magic * root) * np.pi)
    d_lon = east * 180.0 / (_AXIS_M / root * np.cos(radians) * np.pi)
    west, south, e_edge, n_edge = CHINA_BOX
    inside = (x >= west) & (x <= e_edge) & (y >= south) & (y <= n_edge)
    return np.where(inside, x + d_lon, x), np.where(inside, y + d_lat, y)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Turn and shift GCJ-02 to BD-09."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _shift_m(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the GCJ-02 offset east and north in metres at degrees from 105° E, 35° N."""
    wave = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + wave
    north = north + (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north = north + (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + wave
    east = east + (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east = east + (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    return east, north


def _gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon.copy(), lat.copy()
    for _rest in range(6):
        forth_x, forth_y = wgs84_to_gcj02(x, y)
        x, y = x + lon - forth_x, y + lat - forth_y
    return x, y


def _bd09_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 0.0065, lat - 0.006
    for _rest in range(6):
        forth_x, forth_y = gcj02_to_bd09(x, y)
        x, y = x + lon - forth_x, y + lat - forth_y
    return x, y
