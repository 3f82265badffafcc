"""Coordinates of Chinese datums: known points, round trips, and the published conversion of Xiangxi."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.network.geometry import great_circle_m
from coldchain.scenario import gcj02_to_bd09, to_wgs84, wgs84_to_gcj02

LON = st.floats(72.1, 137.7)
LAT = st.floats(0.9, 55.7)


def test_known_point() -> None:
    """Tian'anmen: 116.397, 39.909 in WGS-84 is 116.40324, 39.91040 in GCJ-02."""
    lon, lat = wgs84_to_gcj02(116.397, 39.909)
    assert float(lon) == pytest.approx(116.40324, abs=2e-5)
    assert float(lat) == pytest.approx(39.91040, abs=2e-5)


def test_known_point_bd09() -> None:
    """The published example of BD-09: 116.404, 39.915 in GCJ-02 is 116.41036949, 39.92133699 there."""
    lon, lat = gcj02_to_bd09(116.404, 39.915)
    assert (float(lon), float(lat)) == pytest.approx((116.41036949371029, 39.92133699351022), abs=1e-9)


@settings(derandomize=True, deadline=None)
@given(lon=LON, lat=LAT)
def test_gcj02_round_trip(lon: float, lat: float) -> None:
    """Anywhere inside China's box GCJ-02 and back is the same point to a millimetre (1e-8°)."""
    back = to_wgs84(*wgs84_to_gcj02(lon, lat), "gcj02")
    assert (float(back[0]), float(back[1])) == pytest.approx((lon, lat), abs=1e-8)


@settings(derandomize=True, deadline=None)
@given(lon=LON, lat=LAT)
def test_bd09_round_trip(lon: float, lat: float) -> None:
    """Anywhere inside China's box BD-09 and back is the same point to a millimetre (1e-8°)."""
    back = to_wgs84(*gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)), "bd09")
    assert (float(back[0]), float(back[1])) == pytest.approx((lon, lat), abs=1e-8)


@settings(derandomize=True, deadline=None)
@given(lon=st.floats(100.0, 120.0), lat=st.floats(20.0, 40.0))
def test_gcj02_shifts_by_hundreds_of_metres(lon: float, lat: float) -> None:
    """Inland, the shift lies between 100 m and 1 km: what a wrongly stated datum costs."""
    there = wgs84_to_gcj02(lon, lat)
    assert 100.0 < float(great_circle_m(np.array(lon), np.array(lat), *there)) < 1000.0


@pytest.mark.parametrize(("lon", "lat"), [(1.52, 42.51), (-70.0, -30.0), (138.0, 36.0), (100.0, 0.5), (60.0, 40.0)])
def test_outside_china_nothing_moves(lon: float, lat: float) -> None:
    """Points outside China's box are the same in GCJ-02 and in WGS-84, both ways."""
    assert [float(v) for v in wgs84_to_gcj02(lon, lat)] == [lon, lat]
    assert [float(v) for v in to_wgs84(lon, lat, "gcj02")] == [lon, lat]


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_cgcs2000_is_taken_as_it_is(datum: str) -> None:
    """CGCS2000 differs from WGS-84 by centimetres and is not moved; nor is the caller's array changed."""
    given = np.array([109.6, 110.2])
    lon, lat = to_wgs84(given, [28.5, 28.6], datum)
    assert lon.tolist() == [109.6, 110.2]
    assert lat.tolist() == [28.5, 28.6]


def test_conversion_leaves_its_input_alone() -> None:
    """The arrays handed in are not changed in place."""
    lon, lat = np.array([109.6, 110.2]), np.array([28.5, 28.6])
    to_wgs84(lon, lat, "bd09")
    assert (lon.tolist(), lat.tolist()) == ([109.6, 110.2], [28.5, 28.6])


def test_unknown_datum_is_named_with_the_known_ones() -> None:
    """Another datum is refused with its name and the list of those known."""
    with pytest.raises(ValueError, match=r'wgs84, cgcs2000, gcj02, bd09; got "beijing54"'):
        to_wgs84(109.6, 28.5, "beijing54")


def test_xiangxi_agrees_with_the_published_conversion(shared: Path) -> None:
    """All 1,513 points of Xiangxi converted from GCJ-02 lie within 3 m of the file's own WGS-84 columns."""
    points = pd.read_csv(shared / "data" / "villages" / "xiangxi_prefecture_points.csv")
    lon, lat = to_wgs84(points["lon_gcj02"].to_numpy(), points["lat_gcj02"].to_numpy(), "gcj02")
    off_m = great_circle_m(lon, lat, points["lon_wgs84"].to_numpy(), points["lat_wgs84"].to_numpy())
    assert len(off_m) == 1513
    assert off_m.max() < 3.0
