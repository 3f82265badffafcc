"""Lists of places as counties keep them: harvests, coordinates, levels, codes and gaps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coldchain.cli import run
from coldchain.errors import BadInputError, Fault
from coldchain.importing import Import, draft_from_points, write_import
from coldchain.importing.coordinates import spot_of
from coldchain.importing.crops import Crops
from coldchain.scenario import load

HEADER = "编号,名称,级别,县,乡镇,经度,纬度"
TOWN, SEAT = "1,甲镇,乡镇,某县,甲镇,110.00,28.00", "4,某县城,县城,某县,,110.10,28.05"
VILLAGES = ("2,乙村,村,某县,甲镇,110.02,28.01", "3,丙村,村,某县,甲镇,110.05,28.03")
Capture = pytest.CaptureFixture[str]


def listed(folder: Path, heading: str = "", cells: tuple[str, str] = ("", ""), **replaced: str) -> Path:
    """Write a list of a town, two villages and a county seat, with further columns for the villages."""
    more = heading.count(",") + 1 if heading else 0
    rows = [TOWN + "," * more, *(f"{row},{cell}" if more else row for row, cell in zip(VILLAGES, cells, strict=True))]
    text = "\n".join([HEADER + ("," + heading if heading else ""), *rows, SEAT + "," * more]) + "\n"
    for old, new in replaced.items():
        text = text.replace(old, new)
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def drafted(folder: Path, heading: str, *cells: str) -> Import:
    """Draft from a list with further columns."""
    return draft_from_points(listed(folder, heading, (cells[0], cells[1])), datum="gcj02")


@pytest.mark.parametrize(("spoken", "datum"), [("高德", "gcj02"), ("百度地图", "bd09"), ("WGS-84", "wgs84")])
def test_the_datum_by_its_usual_name(tmp_path: Path, spoken: str, datum: str) -> None:
    """It gives the coordinates that the short name gives."""
    path = listed(tmp_path, "产量(吨)", ("1", "2"))
    one, other = (draft_from_points(path, datum=name).draft.tables["villages"] for name in (spoken, datum))
    assert one[["lon", "lat"]].to_numpy().tolist() == other[["lon", "lat"]].to_numpy().tolist()


def tonnes(made: Import) -> dict[str, dict[str, float]]:
    """Return village -> crop -> tonnes of a draft."""
    table = made.draft.tables["harvest"].groupby(["village", "commodity"])["tonnes"].sum()
    found: dict[str, dict[str, float]] = {}
    for (village, crop), amount in table.items():  # type: ignore[misc]
        found.setdefault(str(village), {})[str(crop)] = round(float(amount), 6)
    return found


def codes(faults: tuple[Fault, ...]) -> list[str]:
    """Return the kinds of faults."""
    return [fault.code for fault in faults]


def refused(make: Callable[[], object]) -> list[tuple[int | None, str, str]]:
    """Return row, value and code of every error."""
    with pytest.raises(BadInputError, match="fault") as caught:
        make()
    return [(fault.row, fault.value, fault.code) for fault in caught.value.faults if not fault.warning]


def test_totals_are_kept_and_shared_out_by_the_mix(tmp_path: Path) -> None:
    """1000 and 20 t stay 1000 and 20 t exactly, however the crop mix rounds; nothing is odd about it."""
    made = drafted(tmp_path, "产量", "1000", "20")
    assert {village: sum(crops.values()) for village, crops in tonnes(made).items()} == {"2": 1000.0, "3": 20.0}
    assert len(tonnes(made)["2"]) > 1
    assert (made.faults, made.account.harvest_t, made.account.unused_columns) == ((), 1020.0, ())


@pytest.mark.parametrize(
    ("heading", "cells", "second"),
    [
        ("产量（吨）", ("220", "20"), 220.0),
        ("年产量(公斤)", ("220000", "20"), 220.0),
        ("产量(斤)", ("440000", "20"), 220.0),
        ("产量（万斤）", ("44", "2"), 220.0),
        ("产量(kg)", ("220000", "20"), 220.0),
        ("harvest (t)", ("220", "20"), 220.0),
        ("产量(吨/年)", ("220", "20"), 220.0),
        ("产量", ("约220吨", "20"), 220.0),
        ("产量", ("44万斤（其中柑橘40万斤）", "20"), 220.0),
        ("产量", ('"220,000公斤"', "20"), 220.0),
        ("面积（亩）,单产（公斤/亩）", ("100,2200", "10,100"), 220.0),
        ("面积,单产", ("100亩,4400斤/亩", "10亩,100公斤/亩"), 220.0),
        ("面积(公顷),产量(吨)", ("9,220", "9,20"), 220.0),
    ],
)
def test_amounts_and_units(tmp_path: Path, heading: str, cells: tuple[str, str], second: float) -> None:
    """Units stand in the heading or in the cell; area times yield is a harvest; tonnes go before it."""
    assert sum(tonnes(drafted(tmp_path, heading, *cells))["2"].values()) == pytest.approx(second)


@pytest.mark.parametrize(
    ("heading", "cells", "crops"),
    [
        ("柑橘产量（吨）,猕猴桃产量（吨）", ("150,48", ",6"), {"ponkan": 150.0, "kiwifruit": 48.0}),
        ("番茄(公斤),黄瓜(吨)", ("1500,2", "1,1"), {"tomato": 1.5, "cucumber": 2.0}),
        ("红心猕猴桃产量(斤)", ("2000", "2"), {"kiwifruit": 1.0}),
        ("tomato,cucumber", ("3,4", "1,1"), {"tomato": 3.0, "cucumber": 4.0}),
        ("猕猴桃面积(亩),猕猴桃单产(公斤/亩)", ("30,1000", "3,1000"), {"kiwifruit": 30.0}),
        ("品种,产量(吨)", ("脐橙,12", "番茄,1"), {"navel_orange": 12.0}),
        ("产量合计(吨),猕猴桃(吨)", ("10,10", "1,1"), {"kiwifruit": 10.0}),
    ],
)
def test_crops_as_columns_or_named(
    tmp_path: Path, heading: str, cells: tuple[str, str], crops: dict[str, float]
) -> None:
    """Wide columns by crop, a crop column beside the amount, a total beside its crops."""
    assert tonnes(drafted(tmp_path, heading, *cells))["2"] == crops


def test_what_the_crops_leave_of_a_total_follows_the_mix(tmp_path: Path) -> None:
    """Of 100 t in all, 30 of kiwifruit, 70 are of the mix; a total below its crops is doubted."""
    made = drafted(tmp_path, "总产量(吨),猕猴桃(吨)", "100,30", "5,8")
    assert sum(tonnes(made)["2"].values()) == pytest.approx(100.0)
    assert tonnes(made)["2"]["kiwifruit"] == 30.0
    assert tonnes(made)["3"] == {"kiwifruit": 8.0}
    assert codes(made.faults) == ["total-differs"]


def test_a_village_listed_once_for_each_crop(tmp_path: Path) -> None:
    """Rows of one code, name and place with a crop column are one village, and the account says so."""
    path = listed(tmp_path, "作物,产量(吨)", ("番茄,3", "黄瓜,4"))
    path.write_text(path.read_text(encoding="utf-8") + f"{VILLAGES[0]},黄瓜,5\n", encoding="utf-8")
    made = draft_from_points(path, datum="gcj02")
    assert tonnes(made)["2"] == {"tomato": 3.0, "cucumber": 5.0}
    assert [(one.kept, one.dropped) for one in made.account.merged] == [("row 3", "row 6")]


def test_columns_that_are_not_used_are_one_line(tmp_path: Path) -> None:
    """Area without yield, a crop that is not known, remarks: named together, with what is assumed instead."""
    made = drafted(tmp_path, "面积(亩),西瓜产量(吨),备注,空列", "40,7,好,", "40,7,,")
    assert made.account.unused_columns == ("面积(亩)", "西瓜产量(吨)", "备注")
    assert codes(made.faults) == ["unused-columns"]
    assert "no crop of the catalogue is called so: 西瓜产量(吨)" in made.faults[0].message
    assert "the harvest follows a rule" in made.faults[0].message


def test_harvests_that_are_missing_or_elsewhere(tmp_path: Path) -> None:
    """A village without a figure has none; a figure of a town is not used; both are said by name."""
    path = listed(tmp_path, "产量(吨)", ("7", ""))
    path.write_text(path.read_text(encoding="utf-8").replace(TOWN + ",", TOWN + ",9"), encoding="utf-8")
    made = draft_from_points(path, datum="gcj02")
    assert {village: sum(crops.values()) for village, crops in tonnes(made).items()} == {"2": 7.0}
    assert [(f.code, f.row, f.value) for f in made.faults] == [
        ("harvest-not-used", 2, "甲镇"), ("no-harvest-given", 4, "丙村"),
    ]  # fmt: skip


def test_amounts_that_cannot_be_read(tmp_path: Path) -> None:
    """Words, a negative figure, a unit of another kind and an unknown crop are faults with their row."""
    assert refused(lambda: drafted(tmp_path, "产量(吨)", "很多", "-3")) == [
        (3, "很多", "not-a-number"), (4, "-3", "out-of-range"),
    ]  # fmt: skip
    assert refused(lambda: drafted(tmp_path, "作物,产量", "猕候桃,12千瓦", "番茄,1")) == [
        (3, "猕候桃", "unknown-commodity"), (3, "12千瓦", "not-a-number"),
    ]  # fmt: skip


def test_crops_by_every_name() -> None:
    """Id, English, Chinese, one of two names, a word for a kind, a longer word; 核桃 is no peach."""
    crops = Crops.known()
    named = ("kiwifruit", "Kiwifruit", "猕猴桃", "豇豆", "柑桔", "红心猕猴桃", "葡萄", "西瓜", "核桃", "桃")
    assert [crops.find(name) for name in named] == [
        "kiwifruit", "kiwifruit", "kiwifruit", "snap_bean", "ponkan", "kiwifruit", "grape", None, None, "peach",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lon", "lat", "both"),
    [
        ("110.02", "28.01", ""), ("110°1′12″", "28°0′36″", ""), ("东经110.02", "北纬28.01", ""),
        ("", "", "110.02,28.01"),
        ("110.02，28.01", "", ""), ("", "", "28.01,110.02"), ("１１０.02", "28.01°", ""),
    ],
)  # fmt: skip
def test_coordinates_however_written(lon: str, lat: str, both: str) -> None:
    """Decimals, minutes and seconds, both in one cell in either order, full-width digits."""
    spot = spot_of(lon, lat, both, "gcj02")
    assert (spot.lon, spot.lat, spot.judgement) == (110.02, 28.01, "")


@pytest.mark.parametrize(
    ("lon", "lat", "datum", "judgement"),
    [
        ("39.47", "75.99", "gcj02", "swapped"), ("28", "110", "gcj02", "swapped"), ("28", "110", "wgs84", "swapped"),
        ("28", "110", "bd09", "swapped"), ("39.47", "75.99", "cgcs2000", "swapped"), ("75.99", "39.47", "gcj02", ""),
        ("1.5", "42.5", "gcj02", "outside-china"), ("1.5", "42.5", "cgcs2000", "outside-china"),
        ("1.5", "42.5", "wgs84", ""), ("105.85", "21.03", "gcj02", ""), ("106.9", "47.9", "gcj02", ""),
        ("0", "0", "gcj02", "gap"), ("0", "0", "wgs84", "gap"), ("", "28", "gcj02", "gap"),
        ("无", "暂无", "gcj02", "gap"),
        ("37541234.5", "3101234.5", "cgcs2000", "metres"), ("东边", "28", "gcj02", "not-a-number"),
        ("200", "10", "wgs84", "not-a-number"), ("110", "95", "wgs84", "not-a-number"),
    ],
)  # fmt: skip
def test_coordinates_are_judged(lon: str, lat: str, datum: str, judgement: str) -> None:
    """Swapped, outside China under a Chinese datum, nowhere, in metres, no figure; neighbours of China are right."""
    assert spot_of(lon, lat, "", datum).judgement == judgement


def test_outside_china_in_wgs84_is_a_warning(tmp_path: Path) -> None:
    """All four places in Andorra: one warning for each, one line in all; swapped Kashgar has the guess."""
    here = {"110.0": "1.5", "110.1": "1.6", "28.0": "42.5"}
    made = draft_from_points(listed(tmp_path, **here), datum="wgs84")
    assert codes(made.faults) == ["outside-china"] * 4
    there = {"110.0": "39.4", "110.1": "39.5", "28.0": "75.9"}
    made = draft_from_points(listed(tmp_path, **there), datum="wgs84")
    assert {fault.guess for fault in made.faults} == {"longitude and latitude look swapped"}


def test_swapped_columns_are_one_line(tmp_path: Path, capsys: Capture) -> None:
    """Headings exchanged: code 3, one line with all rows, nothing written."""
    path = listed(tmp_path, 经度="甲度", 纬度="经度")
    path.write_text(path.read_text(encoding="utf-8").replace("甲度", "纬度"), encoding="utf-8")
    assert run(["import", "points", str(path), "--datum", "gcj02", "--out", str(tmp_path / "out")]) == 3
    said = capsys.readouterr().err
    assert "4 rows (2, 3, 4, 5; " in said
    assert "look swapped" in said
    assert [name.name for name in tmp_path.iterdir()] == ["list.csv"]


@pytest.mark.parametrize("heading", [("东经", "北纬"), ("经度(°)", "纬度(°)"), ("longitude", "latitude"), ("X", "Y")])
def test_headings_of_coordinates(tmp_path: Path, heading: tuple[str, str]) -> None:
    """Hemispheres, a degree sign, English."""
    made = draft_from_points(listed(tmp_path, 经度=heading[0], 纬度=heading[1]), datum="gcj02")
    assert list(made.draft.tables["villages"]["lon"]) == [110.02, 110.05]


def test_one_column_of_coordinates(tmp_path: Path) -> None:
    """坐标 with both, longitude first or last."""
    text = '编号,名称,级别,坐标\n1,甲镇,乡镇,"110.0,28.0"\n2,乙村,村,"28.01,110.02"\n3,县,县,110.1 28.1\n'
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    villages = draft_from_points(tmp_path / "list.csv", datum="gcj02").draft.tables["villages"]
    assert villages[["lon", "lat"]].to_numpy().tolist() == [[110.02, 28.01]]


@pytest.mark.parametrize(
    ("level", "stem"),
    [
        ("自然村", "villages"), ("社区", "villages"), ("居委会", "villages"), ("行政村", "villages"),
        ("嘎查", "villages"),
        ("街道", "sites"), ("民族乡", "sites"), ("苏木", "sites"), ("自治县", "hubs"), ("集配中心", "hubs"),
    ],
)  # fmt: skip
def test_levels(tmp_path: Path, level: str, stem: str) -> None:
    """Words for a village, a township and a county."""
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADER}\n{TOWN}\n{VILLAGES[0]}\n{SEAT}\n9,某地,{level},某县,,110.03,28.02\n", encoding="utf-8")
    assert "9" in list(draft_from_points(path, datum="gcj02").draft.tables[stem]["id"])


def test_codes_that_a_spreadsheet_cut(tmp_path: Path) -> None:
    """Named at import with the rows of the list, once and not as doubled codes too."""
    path = listed(tmp_path, **{"\n2,": "\n4.33101E+11,", "\n3,": "\n4.33101E+11,"})
    assert refused(lambda: draft_from_points(path, datum="gcj02")) == [
        (3, "4.33101E+11", "id-cut"), (4, "4.33101E+11", "id-cut"),
    ]  # fmt: skip


def test_names_are_no_identities(tmp_path: Path) -> None:
    """Two villages of one name stay two; without codes, or with numbers that begin anew, each has its row as code."""
    assert len(draft_from_points(listed(tmp_path, 丙村="乙村"), datum="gcj02").draft.tables["villages"]) == 2
    made = draft_from_points(listed(tmp_path, 编号="序号", **{"\n3,": "\n2,"}), datum="gcj02")
    assert list(made.draft.tables["villages"]["id"]) == ["R3", "R4"]
    made = draft_from_points(listed(tmp_path, 编号="别的"), datum="gcj02")
    assert list(made.draft.tables["villages"]["id"]) == ["R3", "R4"]


def gaps(folder: Path) -> Path:
    """Write a list with a village without coordinates, one at 0, 0, one abroad and one far away."""
    more = (
        "5,丁村,村,某县,甲镇,,", "6,戊村,村,某县,甲镇,0,0", "7,己村,村,某县,乙镇,1.5,42.5",
        "8,庚村,村,某县,甲镇,88.00,44.00",
    )  # fmt: skip
    path = folder / "gaps.csv"
    path.write_text("\n".join([HEADER, TOWN, *VILLAGES, SEAT, *more]) + "\n", encoding="utf-8")
    return path


def test_gaps_are_one_line_with_a_way_on(tmp_path: Path, capsys: Capture) -> None:
    """Refused with names and the options that go on."""
    assert run(["import", "points", str(gaps(tmp_path)), "--datum", "gcj02", "--out", str(tmp_path / "c")]) == 3
    said = capsys.readouterr().err
    assert '"丁村", "戊村"): has no coordinates; fill them in, or go on with --skip-missing' in said
    assert not (tmp_path / "c").exists()


def test_gaps_left_out(tmp_path: Path, capsys: Capture) -> None:
    """``--skip-missing`` writes what is there; each kind of gap is one line and each place is in the account."""
    where = ["--out", str(tmp_path / "c"), "--datum", "gcj02"]
    assert run(["import", "points", str(gaps(tmp_path)), "--skip-missing", "--json", *where]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["villages", "harvest_t", "unused_columns", "skipped", "merged", "roads", "warnings"]
    assert [one["name"] for one in told["skipped"]] == ["丁村", "戊村", "己村", "庚村"]
    assert (told["villages"], len(told["warnings"]), told["roads"]["km_given"]) == (2, 6, 0.0)
    assert [text.split(":")[:2] for text in told["warnings"][3:]] == [
        ["assumed", " places"], ["assumed", " harvest"], ["assumed", " temperatures"],
    ]  # fmt: skip
    assert {village.id for village in load(tmp_path / "c")[0].villages} == {"2", "3"}


def test_gaps_placed_at_the_township(tmp_path: Path) -> None:
    """A village whose town is known lies there and says so in its name; one of an unknown town is left out."""
    made = draft_from_points(gaps(tmp_path), datum="gcj02", missing="township")
    villages = made.draft.tables["villages"].set_index("id")
    assert villages.loc[["5", "6", "8"], ["lon", "lat"]].to_numpy().tolist() == [[110.0, 28.0]] * 3
    assert villages.loc["5", "name"] == "丁村 (placed at its township)"
    assert [one.name for one in made.account.skipped] == ["己村"]
    assert codes(made.faults).count("placed-at-township") == 3


def test_what_is_written_is_checked_first(tmp_path: Path) -> None:
    """A village far off the roads given is named with its row of the list, and no folder is left behind."""
    import geopandas
    from shapely import LineString

    roads = geopandas.GeoDataFrame(
        {"class": ["tertiary"]}, geometry=[LineString([(110.0, 28.0), (110.02, 28.01)])], crs=4326
    )
    roads.to_file(tmp_path / "roads.gpkg")
    made = draft_from_points(listed(tmp_path, **{"110.05": "110.45"}), datum="wgs84", roads=tmp_path / "roads.gpkg")
    assert made.account.roads.km_given == made.account.roads.km_used == pytest.approx(2.25, abs=0.02)
    with pytest.raises(BadInputError, match=r"list.csv, lon, lat: 2 rows: lies .* \(4; .丙村.\)"):
        write_import(made, tmp_path / "c")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.csv", "roads.gpkg"]


def test_a_list_without_a_header(tmp_path: Path) -> None:
    """One fault that shows what a header looks like, whatever else the first row repeats."""
    (tmp_path / "list.csv").write_text(f"{TOWN}\n{VILLAGES[0]}\n{SEAT}\n", encoding="utf-8")
    assert [
        code for _row, _value, code in refused(lambda: draft_from_points(tmp_path / "list.csv", datum="gcj02"))
    ] == ["no-header"]


def test_a_real_list_with_gaps_becomes_a_scenario(shared: Path, tmp_path: Path, capsys: Capture) -> None:
    """221 villages, 56 without coordinates, wild points: with ``--skip-missing`` a scenario, one line for each kind."""
    path = str(shared / "faults" / "import-points" / "mayang_h.csv")
    where = ["--datum", "gcj02", "--out", str(tmp_path / "c")]
    assert run(["import", "points", path, *where]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert run(["import", "points", path, "--skip-missing", "--json", *where]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["villages"], len(told["skipped"])) == (165, 59)
    assert len([text for text in told["warnings"] if not text.startswith("assumed: ")]) == 4


@pytest.mark.parametrize(
    ("name", "rows"),
    [("swapped_west.csv", 3), ("swapped_east.csv", 3), ("excel_codes.csv", 3), ("blank_coord.csv", 3),
     ("mayang_headerless.csv", 3), ("tonnes.csv", 0), ("twin_names.csv", 0), ("wide_with_harvest.xlsx", 0),
     ("levels.csv", 0), ("dongjing.csv", 0), ("lon_unit.csv", 0), ("big5.csv", 0), ("utf16_tab.csv", 0)],
)  # fmt: skip
def test_lists_that_people_sent(shared: Path, tmp_path: Path, name: str, rows: int) -> None:
    """Each is imported, or refused as bad input; never a bug."""
    path = shared / "faults" / "import-points" / name
    assert run(["import", "points", str(path), "--datum", "gcj02", "--out", str(tmp_path / "c"), "--quiet"]) == rows


def test_the_wide_workbook_keeps_its_crops(shared: Path) -> None:
    """150 t of citrus and 48 t of kiwifruit in each village."""
    made = draft_from_points(shared / "faults" / "import-points" / "wide_with_harvest.xlsx", datum="gcj02")
    assert set(map(str, tonnes(made).values())) == {str({"kiwifruit": 48.0, "ponkan": 150.0})}
    assert made.account.unused_columns == ("面积(亩)",)
    table = made.draft.tables["harvest"]
    assert isinstance(table, pd.DataFrame)
    assert set(table[table["commodity"] == "kiwifruit"]["period"]) == {"autumn"}
