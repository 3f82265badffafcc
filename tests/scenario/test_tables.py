"""Tables as people save them: encodings, separators, kinds of file, titles, totals and notes."""

from __future__ import annotations

import io
import re
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from coldchain.scenario import RawTable, decoding, delimited, read_raw

NAMES = ("锦和镇", "江口墟镇", "岩门镇", "黄家团村", "兰家坪村", "柑子园村", "十八岩村")
ROWS = [("编号", "名称", "级别"), *((str(n), name, "村") for n, name in enumerate(NAMES, start=1))]
TRADITIONAL = [("編號", "名稱", "級別"), ("1", "甲鎮", "鄉鎮"), ("2", "柑子園村", "村"), ("3", "蘭家坪村", "村")]


def table(rows: list[tuple[str, ...]], sign: str = ",") -> str:
    """Return rows as text."""
    return "".join(sign.join(row) + "\r\n" for row in rows)


def cells(raw: RawTable) -> list[tuple[str, ...]]:
    """Return header and rows."""
    return [raw.header, *(tuple(row.values()) for _line, row in raw.rows)]


def saved(folder: Path, data: bytes, name: str = "t.csv") -> RawTable:
    """Write bytes and read them as a table."""
    path = folder / name
    path.write_bytes(data)
    return read_raw(path)


def codes(raw: RawTable) -> list[tuple[int | None, str]]:
    """Return line and code of each fault."""
    return [(fault.row, fault.code) for fault in raw.faults]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312"]
)
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """The same table comes out of every encoding, with a mark or without."""
    assert cells(saved(tmp_path, table(ROWS).encode(encoding))) == ROWS


def test_big5_is_told_from_gb18030(tmp_path: Path) -> None:
    """Traditional characters of Big5 are read as such, and in GB18030 as well."""
    for encoding in ("big5", "gb18030"):
        assert cells(saved(tmp_path, table(TRADITIONAL).encode(encoding))) == TRADITIONAL


@pytest.mark.parametrize("sign", [",", "\t", ";", "，", "；", "|"])
def test_separators(tmp_path: Path, sign: str) -> None:
    """Whatever parts the cells evenly is their separator."""
    assert cells(saved(tmp_path, table(ROWS, sign).encode())) == ROWS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("编号，名称\n1,甲\n2，乙\n3,丙\n", [("编号", "名称"), ("1", "甲"), ("2", "乙"), ("3", "丙")]),
        ('id,methods\na,"room;vacuum"\nb,room\n', [("id", "methods"), ("a", "room;vacuum"), ("b", "room")]),
        ("id;x\na;1,5\nb;2,5\n", [("id", "x"), ("a", "1,5"), ("b", "2,5")]),
        ("sep=;\nid;x\na;1\n", [("id", "x"), ("a", "1")]),
        ('id,name\n1,"甲，乙"\n2,丙\n', [("id", "name"), ("1", "甲,乙"), ("2", "丙")]),
        ("id\n1\n2\n", [("id",), ("1",), ("2",)]),
    ],
)
def test_mixed_separators(tmp_path: Path, text: str, expected: list[tuple[str, ...]]) -> None:
    """Chinese and plain commas in one file; commas and semicolons inside cells stay there."""
    assert cells(saved(tmp_path, text.encode())) == expected


def test_titles_totals_and_notes(tmp_path: Path) -> None:
    """The header is found under titles; totals and notes are left out, each with its line, and nothing else."""
    text = (
        "麻阳县产地名单,,\n单位：吨,,\n编号,名称,产量\n1,甲村,3\n2,合计村,4\n,锦和镇小计,7\n3,注溪村,5\n"
        "合计：,,12\n全县合计,,12\n注：产量为估计,,\n填表人：张三,审核：李四,\n"
    )
    raw = saved(tmp_path, text.encode())
    assert (raw.header, raw.header_line) == (("编号", "名称", "产量"), 3)
    assert [(line, row["名称"]) for line, row in raw.rows] == [(4, "甲村"), (5, "合计村"), (7, "注溪村")]
    expected = [(6, "total-row"), (8, "total-row"), (9, "total-row"), (10, "note-row"), (11, "note-row")]
    assert codes(raw) == expected
    assert all(fault.warning for fault in raw.faults)


def test_a_heading_of_two_lines(tmp_path: Path) -> None:
    """坐标 above 经度 and 纬度, 产量（吨） above two crops: text and workbook alike."""
    top, below = ("村", "坐标", "", "产量（吨）", ""), ("", "经度", "纬度", "柑橘", "梨")
    rows = [top, below, ("甲村", "109.6", "28.6", "3", "4"), ("乙村", "109.7", "28.7", "5", "6")]
    book = Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.active.merge_cells("B1:C1")
    book.active.merge_cells("D1:E1")
    book.save(tmp_path / "t.xlsx")
    for raw in (saved(tmp_path, table(rows).encode()), read_raw(tmp_path / "t.xlsx")):
        assert raw.header == ("村", "经度", "纬度", "柑橘产量(吨)", "梨产量(吨)")
        assert [row["梨产量(吨)"] for _line, row in raw.rows] == ["4", "6"]
        assert raw.faults == ()


def test_doubled_missing_and_surplus_columns(tmp_path: Path) -> None:
    """A heading twice is a fault, a column without one a warning; blank cells beyond the header are no matter."""
    raw = saved(tmp_path, b"id,x,x,\n1,2,3,4\n2,3,4,\n3,4,5,,,\n4,5\n")
    assert codes(raw) == [(1, "duplicate-column"), (2, "no-heading"), (5, "ragged-row")]
    assert len(raw.rows) == 3


def zipped(name: str) -> bytes:
    """Return a zip archive with one file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr(name, "x")
    return data.getvalue()


def database(folder: Path) -> bytes:
    """Return an empty database."""
    with sqlite3.connect(folder / "d.db") as made:
        made.execute("create table t (x)")
    made.close()
    return (folder / "d.db").read_bytes()


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (lambda _f: zipped("xl/workbook.xml"), r"an Excel workbook \(.xlsx\), not a text table; give it the ending"),
        (lambda _f: zipped("word/document.xml"), "a Word document"),
        (lambda _f: zipped("content.xml"), "an OpenDocument file"),
        (lambda _f: zipped("v.shp"), "a compressed file, not a text table; unpack it first"),
        (lambda _f: b"PK\x03\x04broken", "a compressed file"),
        (lambda _f: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"an Excel 97 workbook \(.xls\)"),
        (lambda _f: b"%PDF-1.7\n", "a PDF document"),
        (lambda _f: b"\x89PNG\r\n\x1a\n", "a picture"),
        (database, "a GeoPackage or another database"),
        (lambda _f: b"<html><table><tr><td>1</td></tr></table></html>", "a web page, not a text table; open it in"),
        (lambda _f: b'{"type": "FeatureCollection", "features": []}', "JSON, not a text table; give it the ending"),
        (lambda _f: b'<?xml version="1.0"?>\n<kml xmlns="x"></kml>', "a map of places"),
        (lambda _f: b"<?xml version='1.0'?>\n<osm></osm>", "an OpenStreetMap file"),
        (lambda _f: b'<?xml version="1.0"?><?mso x?><Workbook/>', "an Excel workbook saved as XML"),
    ],
)
def test_what_calls_itself_csv(tmp_path: Path, made: Callable[[Path], bytes], kind: str) -> None:
    """A file of another kind is named by its kind, with what to do."""
    raw = saved(tmp_path, made(tmp_path))
    assert [(fault.code, fault.warning) for fault in raw.faults] == [("other-kind", False)]
    assert re.search(kind, raw.faults[0].message)


def test_limits_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, rows, columns, cells and characters of a cell beyond the limits are each one fault."""
    monkeypatch.setattr(delimited, "MOST_ROWS", 5)
    assert codes(saved(tmp_path, b"a,b\n" * 9)) == [(6, "too-large")]
    monkeypatch.setattr(delimited, "MOST_COLUMNS", 3)
    assert codes(saved(tmp_path, b"a,b,c,d\n")) == [(1, "too-large")]
    assert codes(saved(tmp_path, b'a,b\n1,"' + b"x" * 200_000)) == [(2, "not-csv")]
    monkeypatch.setattr(decoding, "MOST_BYTES", 10)
    assert codes(saved(tmp_path, b"a,b\n1,2\n3,4\n")) == [(None, "too-large")]


def test_places_of_maps(tmp_path: Path) -> None:
    """GeoJSON, KML, GeoPackage and a shapefile in GB18030 without its .cpg give the same names and coordinates."""
    import geopandas
    import pyogrio

    points = geopandas.points_from_xy([110.0, 110.02], [28.0, 28.01])
    frame = geopandas.GeoDataFrame({"name": ["甲镇", "乙村"], "level": ["town", "村"]}, geometry=points, crs=4326)
    for name, driver in (("v.geojson", "GeoJSON"), ("v.kml", "LIBKML"), ("v.gpkg", "GPKG")):
        pyogrio.write_dataframe(frame, tmp_path / name, driver=driver)
    pyogrio.write_dataframe(frame, tmp_path / "v.shp", encoding="gb18030")
    (tmp_path / "v.cpg").unlink()
    for name in ("v.geojson", "v.kml", "v.gpkg", "v.shp"):
        raw = read_raw(tmp_path / name)
        read = [{key.lower(): cell for key, cell in row.items()} for _line, row in raw.rows]
        wanted = [{key: row[key] for key in ("name", "level", "lon", "lat")} for row in read]
        assert wanted == [
            {"name": "甲镇", "level": "town", "lon": "110", "lat": "28"},
            {"name": "乙村", "level": "村", "lon": "110.02", "lat": "28.01"},
        ], name
    (tmp_path / "v.shx").unlink()
    assert [fault.code for fault in read_raw(tmp_path / "v.shp").faults] == ["missing-file"]


def test_a_workbook_of_excel_97(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read like its twin; without the optional library it is refused with what to do; a pretender is named."""
    pytest.importorskip("xlrd")
    folder = shared / "faults" / "import-points"
    old, new = read_raw(folder / "wide.xls"), read_raw(folder / "wide_with_harvest.xlsx")
    assert old.header[:2] == new.header[:2]
    assert len(old.rows) > 10
    monkeypatch.setitem(sys.modules, "xlrd", None)
    assert "save it as .xlsx, or install" in read_raw(folder / "wide.xls").faults[0].message
    assert "a web page" in saved(tmp_path, b"<html><table>", "t.xls").faults[0].message
    assert "is a text table in spite of its name" in saved(tmp_path, b"a,b\n1,2\n", "t.xls").faults[0].message


def test_the_files_people_sent(shared: Path) -> None:
    """Tab, semicolon, Chinese commas, Big5, UTF-16: each is the table it says it is."""
    folder = shared / "faults" / "import-points"
    plain = cells(read_raw(folder / "plain.csv"))
    for name in ("tab.csv", "semicolon.csv", "cn_punct.csv", "utf16_tab.csv"):
        assert cells(read_raw(folder / name)) == plain, name
    big5 = cells(read_raw(folder / "big5.csv"))
    assert (big5[0][1], big5[1][1:3], big5[2][3:]) == ("名稱", ("甲鎮", "鄉鎮"), ("某縣", "甲鎮", "110.02", "28.01"))
