"""Values as a clerk writes them are read as a clerk would read them; what is ambiguous is refused."""

from __future__ import annotations

import pytest

from coldchain.scenario.choices import chosen
from coldchain.scenario.datum import datum_of
from coldchain.scenario.headings import understood
from coldchain.scenario.listing import is_note, is_total
from coldchain.scenario.parsing import parse
from coldchain.scenario.tables import RawTable, parse_rows
from coldchain.scenario.units import figure_in


def read(table: str, **cells: str) -> dict[str, str]:
    """Return one row as the model reads it; ``lon__°`` style headings are given by their text."""
    raw = RawTable("t.csv", ((2, cells),), header=tuple(cells))
    return understood(raw, table)[0].rows[0][1]


@pytest.mark.parametrize(
    ("text", "wanted", "given", "figure"),
    [
        ("约220吨", "t", "", "220"),
        ("年产约220吨左右", "t", "", "220"),
        ("12万斤(其中合作社6万斤)", "t", "", "60"),
        ("12 万斤", "t", "吨", "60"),
        ("220吨/年", "t", "", "220"),
        ("3千斤", "t", "", "1.5"),
        ("1,600", "kg", "", "1600"),
        ("1 600", "kg", "", "1600"),
        ("3000斤", "t/ha", "公斤/亩", "22.5"),
        ("3000斤/亩", "t/ha", "公斤/亩", "22.5"),
        ("1500", "t/ha", "公斤/亩", "22.5"),
        ("50千瓦", "kW", "", "50"),
        ("8点半", "h", "", "8.5"),
        ("下午2点15分", "h", "", "14.25"),
        ("6:30:00", "h", "", "6.5"),
    ],
)
def test_figures(text: str, wanted: str, given: str, figure: str) -> None:
    """About, asides, thousands, units of the heading, clock times."""
    assert figure_in(text, wanted, given) == figure


@pytest.mark.parametrize("text", ["十吨", "200-220吨", "1,23", "50kVA", "12千瓦", "若干", "3000斤/株", ""])
def test_figures_that_are_not_clear_stay_as_they_are(text: str) -> None:
    """Ranges, other kinds of unit and words are left for the planner to correct."""
    assert figure_in(text, "t") == text


@pytest.mark.parametrize(
    ("field", "text", "meant"),
    [("status", "拟建", "candidate"), ("status", "现有", "existing"), ("method", "差压预冷", "forced_air")],
)
def test_choices(field: str, text: str, meant: str) -> None:
    """Words of county offices for a choice."""
    assert chosen(field, text) == meant


@pytest.mark.parametrize(
    ("text", "datum"),
    [("高德", "gcj02"), ("百度坐标系", "bd09"), ("国家2000", "cgcs2000"), ("WGS-84", "wgs84"), ("GCJ-02", "gcj02")],
)
def test_datums(text: str, datum: str) -> None:
    """A datum by the map it comes from."""
    assert datum_of(text) == datum


@pytest.mark.parametrize(
    "cells",
    [
        {"经度 (°)": "109.65", "纬度 (°)": "27.5"},
        {"经度": "109°39′0″", "纬度": "27°30′"},
        {"经度": "109.65,27.5", "纬度": ""},
        {"经度": "109.65，27.5", "纬度": "27.5"},
        {"经纬度": "109.65,27.5"},
        {"坐标": "27.5, 109.65"},
        {"东经": "东经109.65", "北纬": "27度30分"},
    ],
)
def test_coordinates(cells: dict[str, str]) -> None:
    """Degrees with minutes and seconds; both in one cell."""
    row = read("villages", **cells)
    assert (float(row["lon"]), float(row["lat"])) == (109.65, 27.5)
    assert "lon_lat" not in row


def test_a_pair_that_differs_from_the_other_cell_is_said() -> None:
    """The pair that was copied counts; the figure beside it is named as not used."""
    raw = RawTable("v.csv", ((2, {"lon": "109.65,27.5", "lat": "27.1"}),), header=("lon", "lat"))
    table, _origin = understood(raw, "villages")
    assert (table.rows[0][1]["lat"], [(f.column, f.value, f.code, f.warning) for f in table.faults]) == (
        "27.5",
        [("lat", "27.1", "two-coordinates", True)],
    )


@pytest.mark.parametrize("lon", ["109，6", "109 36", "109.6F"])
def test_figures_mistyped_are_no_pair(lon: str) -> None:
    """A comma for a point is refused, not taken for a pair."""
    assert read("villages", lon=lon, lat="27.5") == {"lon": lon.replace("，", "，"), "lat": "27.5"}


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("锦和镇小计", "", "120"), "total-row"),
        (("3", "全县合计", "1200"), "total-row"),
        (("合 计：", "5"), "total-row"),
        (("", "", "=SUM(D2:D125)"), "total-row"),
        (("Grand total", "7"), "total-row"),
        (("注：产量为上年数", "", ""), "note-row"),
        (("填报人：张三", "审核人：李四", "", ""), "note-row"),
        (("合计村", "A", "3"), ""),
        (("V1", "总坪村", "3"), ""),
        (("Summit", "3"), ""),
        (("=D2*2", "A"), ""),
    ],
)
def test_rows_that_are_no_records(cells: tuple[str, ...], code: str) -> None:
    """Totals at any level and notes below a list are seen; villages with such names are not."""
    assert ("total-row" if is_total(cells) else "note-row" if is_note(cells) else "") == code


def test_everything_wrong_with_a_row_is_found_at_once() -> None:
    """A fault in a column that may stay empty does not hide what later checks find in the same row."""
    from coldchain.model import Site, Village

    cells = {"id": "S1", "lon": "110", "lat": "27", "power_kw": "50kVA", "existing": "a:b"}
    rows, faults = parse_rows(RawTable("sites.csv", ((2, cells),)), Site)
    assert ([row.noun.existing for row in rows], [fault.column for fault in faults]) == (["a:b"], ["power_kw"])
    rows2, faults = parse_rows(RawTable("v.csv", ((2, {"id": "V1", "name": "甲", "lon": "", "lat": ""}),)), Village)
    assert rows2 == []
    assert [(fault.code, fault.value) for fault in faults] == [("no-coordinates", "甲")]


def test_a_message_names_the_unit_of_the_heading() -> None:
    """Of a column headed in jin a message asks for jin."""
    from coldchain.model import Harvest

    cells = {"village": "V", "commodity": "plum", "period": "P", "tonnes": "若干"}
    _noun, faults = parse(Harvest, cells, "h.csv", 2, {"tonnes": "斤"})
    assert [fault.message for fault in faults] == ["must be a number of 斤"]
