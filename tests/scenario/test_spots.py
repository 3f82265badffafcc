"""Coordinates and amounts as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.scenario.spots import degrees, lon_lat
from coldchain.scenario.units import figure_in


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("109.65", 109.65), ("１０９．６５", 109.65), ("109.65°", 109.65), ("109.65°E", 109.65), ("E109.65", 109.65),
        ("东经109.65", 109.65), ("东经：109.65度", 109.65), ("-5.5", -5.5), ("5.5°S", -5.5), ("西经5.5", -5.5),
        ("109°39′36″", 109.66), ("109° 39' 36\"", 109.66), ("109°39’36”E", 109.66), ("109度39分36秒", 109.66),
        ("109º39'", 109.65), ("109°39.6′", 109.66), ("N 27°42′0″", 27.7),
        ("", None), ("甲村", None), ("109°61′", None), ("109.65,27.70", None), ("1" * 500, None), ("nan", None),
    ],
)  # fmt: skip
def test_one_coordinate(text: str, value: float | None) -> None:
    """Decimal degrees, degrees with minutes and seconds, hemispheres in front and behind; anything else is none."""
    assert degrees(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "109.65,27.70", "109.65，27.70", "109.65, 27.70", "27.70, 109.65", "(109.65, 27.70)", "109.65 27.70",
        "109.65;27.70", "北纬27°42′，东经109°39′", "109°39′0″E 27°42′0″N", "N27.70 E109.65", "lng:109.65,lat:27.70",
        "经度：109.65 纬度：27.70", "27°42'N, 109°39'E", "109.65/27.70", "109.65、27.70",
    ],
)  # fmt: skip
def test_both_coordinates_of_one_cell(text: str) -> None:
    """Longitude and latitude in either order, as map applications copy them."""
    assert lon_lat(text) == (109.65, 27.7)


@pytest.mark.parametrize("text", ["", "109.65", "109.65,", "109.65,27.70,300", "甲,乙", "a" * 100])
def test_cells_without_two_coordinates(text: str) -> None:
    """One figure, three, or words are no pair."""
    assert lon_lat(text) is None


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_pairs_come_back(lon: float, lat: float) -> None:
    """A pair of decimals with its hemisphere is read as written."""
    lon, lat = round(lon, 6), round(lat, 6)
    assert lon_lat(f"{lon:.6f}°E,{lat:.6f}°N") == pytest.approx((lon, lat), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "given", "tonnes"),
    [
        ("约220吨", "", "220"), ("大约 220", "", "220"), ("220余吨", "", "220"), ("220吨左右", "", "220"),
        ("12万斤（其中柑橘8万斤）", "", "60"), ("12万", "斤", "60"), ("3千", "公斤", "3"), ("1,600公斤", "", "1.6"),
        ("30（吨）", "", "30"), ("30(公斤)", "", "0.03"), ("近5万斤", "", "25"),
        ("200-220吨", "", "200-220吨"), ("十吨", "", "十吨"), ("约", "", "约"), ("3000斤/亩", "", "3000斤/亩"),
    ],
)  # fmt: skip
def test_amounts_as_a_clerk_reads_them(text: str, given: str, tonnes: str) -> None:
    """What is said around an amount does not matter; what is ambiguous stays as it is."""
    assert figure_in(text, "t", given) == tonnes
