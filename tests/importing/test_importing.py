"""Imports of points and of OpenStreetMap, with their rules, and what is odd about the sources."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osm_cases import LONG_WAY, NODES, TOWN, VILLAGE, B, osm_file, square, tagged, way

from coldchain.errors import BadInputError
from coldchain.importing import Import, ImportRules, draft_from_osm, draft_from_points, read_rules, write_import
from coldchain.importing.rules import harvest, periods
from coldchain.runs import place_on_roads
from coldchain.scenario import load

HEADER = ("code", "name", "level", "county", "town", "lon", "lat")
POINTS = (
    ("c1", "县城", "county", "甲县", "", "109.60", "28.60"),
    ("t1", "东镇", "town", "甲县", "东镇", "109.65", "28.62"),
    ("v1", "一村", "village", "甲县", "东镇", "109.66", "28.63"),
    ("v2", "二村", "village", "甲县", "东镇", "109.67", "28.61"),
)


def points_file(folder: Path, rows: tuple[tuple[str, ...], ...] = POINTS, header: tuple[str, ...] = HEADER) -> Path:
    """Write a table of points."""
    path = folder / "points.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def faults(error: pytest.ExceptionInfo[BadInputError]) -> list[tuple[int | None, str, str, str]]:
    """Return row, column, value and code of each fault of an error."""
    return [(f.row, f.column, f.value, f.code) for f in error.value.faults]


@pytest.fixture(scope="module")
def xiangxi(shared: Path) -> Import:
    """Draft Xiangxi Prefecture."""
    return draft_from_points(shared / "data" / "villages" / "xiangxi_prefecture_points.csv", datum="gcj02")


def test_xiangxi_is_read_whole(xiangxi: Import) -> None:
    """1,405 villages, 100 sites and 8 hubs, in the file's own GCJ-02 columns; all harvest and climate by the rule."""
    tables = xiangxi.draft.tables
    assert [len(tables[stem]) for stem in ("villages", "sites", "hubs", "periods")] == [1405, 100, 8, 4]
    assert xiangxi.draft.datum == "gcj02"
    assert set(tables["harvest"]["village"]) == set(tables["villages"]["id"])
    assert tables["harvest"]["tonnes"].sum() == pytest.approx(1405 * 300.0, rel=0.03)
    harvest = next(one for one in xiangxi.draft.assumptions if one.what == "harvest")
    assert "rule" in harvest.source
    assert "300" in harvest.figure


def test_xiangxi_duplicates_and_misplaced_points_are_reported(xiangxi: Import) -> None:
    """The 23 duplicate points and a few villages up to 60 km from their town are warnings with row and coordinates."""
    codes = Counter(fault.code for fault in xiangxi.faults)
    assert codes["duplicate-point"] == 23
    assert 1 <= codes["far-from-town"] <= 40
    assert codes.keys() == {"duplicate-point", "far-from-town", "unused-columns"}
    wild = [fault for fault in xiangxi.faults if fault.code != "unused-columns"]
    assert all(fault.warning and fault.row and fault.row > 1 and "," in fault.value for fault in wild)


def test_xiangxi_loads_in_wgs84(xiangxi: Import, shared: Path, tmp_path: Path) -> None:
    """Written and loaded, the villages lie within 3 m of the file's own WGS-84 columns; the file has no error."""
    write_import(xiangxi, tmp_path / "xiangxi")
    made, warnings = load(tmp_path / "xiangxi")
    assert all(fault.warning for fault in warnings)
    with (shared / "data" / "villages" / "xiangxi_prefecture_points.csv").open(encoding="utf-8-sig") as file:
        published = {row["code"]: (float(row["lon_wgs84"]), float(row["lat_wgs84"])) for row in csv.DictReader(file)}
    off = [np.hypot(v.lon - published[v.id][0], v.lat - published[v.id][1]) * 111_195 for v in made.villages]
    assert max(off) < 3.0
    assert made.roads.file == ""
    assert {one.what for one in made.assumptions} == {"places", "harvest", "temperatures"}


def test_points_become_a_scenario_without_errors(tmp_path: Path) -> None:
    """Four points make a scenario of two villages, one site and one hub that loads without a fault."""
    assert write_import(draft_from_points(points_file(tmp_path), datum="wgs84"), tmp_path / "county") == ()
    made, warnings = load(tmp_path / "county")
    assert warnings == ()
    assert ([v.id for v in made.villages], [s.id for s in made.sites], [h.id for h in made.hubs]) == (
        ["v1", "v2"], ["t1"], ["c1"],
    )  # fmt: skip
    assert made.villages[0].name == "一村"


def test_chinese_headers_and_levels(tmp_path: Path) -> None:
    """编号, 名称, 级别, 县, 乡镇, 经度, 纬度 with 县城, 乡镇 and 行政村 read the same as the English names."""
    levels = {"county": "县城", "town": "乡镇", "village": "行政村"}
    rows = tuple((*row[:2], levels[row[2]], *row[3:]) for row in POINTS)
    english = draft_from_points(points_file(tmp_path), datum="bd09").draft
    header = ("编号", "名称", "级别", "县", "乡镇", "经度", "纬度")
    chinese = draft_from_points(points_file(tmp_path, rows, header), datum="bd09").draft
    for stem, frame in english.tables.items():
        assert frame.equals(chinese.tables[stem]), stem


def test_a_suffix_with_the_datum_goes_first(tmp_path: Path) -> None:
    """Of lon and lon_bd09 the column that carries the stated datum is taken."""
    header = (*HEADER, "lon_bd09", "lat_bd09")
    path = points_file(tmp_path, tuple((*row, "110.0", "29.0") for row in POINTS), header)
    assert set(draft_from_points(path, datum="bd09").draft.tables["villages"]["lon"]) == {110.0}
    assert set(draft_from_points(path, datum="gcj02").draft.tables["villages"]["lon"]) == {109.66, 109.67}


def test_missing_columns_are_named_together(tmp_path: Path) -> None:
    """Without level and latitude there are two faults at the header, with the names they may have."""
    rows = tuple((row[0], row[1], row[5]) for row in POINTS)
    with pytest.raises(BadInputError, match=r"lat: no such column; it may be called lat, latitude, y, 纬度") as caught:
        draft_from_points(points_file(tmp_path, rows, ("code", "name", "lon")), datum="wgs84")
    assert faults(caught) == [(1, "level", "", "missing-column"), (1, "lat", "", "missing-column")]


def test_unknown_datum_lists_the_known_ones(tmp_path: Path) -> None:
    """A datum that is none is refused with those there are."""
    with pytest.raises(BadInputError, match="must be one of wgs84, cgcs2000, gcj02, bd09") as caught:
        draft_from_points(points_file(tmp_path), datum="beijing54")
    assert faults(caught) == [(None, "", "beijing54", "unknown-datum")]


def test_bad_cells_are_named_together(tmp_path: Path) -> None:
    """Text, NaN, infinity, a latitude beyond the pole and an unknown level are five faults with row and value."""
    rows = (
        *POINTS,
        ("v3", "", "village", "甲县", "", "east", "28.6"),
        ("v4", "", "village", "甲县", "", "109.6", "nan"),
        ("v5", "", "village", "甲县", "", "inf", "28.6"),
        ("v6", "", "village", "甲县", "", "28.6", "109.6"),
        ("v7", "", "planet", "甲县", "", "109.6", "28.6"),
    )
    with pytest.raises(BadInputError, match="5 faults in the input") as caught:
        draft_from_points(points_file(tmp_path, rows), datum="wgs84")
    assert sorted(faults(caught)) == [
        (6, "lon", "east", "not-a-number"),
        (7, "lat", "nan", "not-a-number"),
        (8, "lon", "inf", "not-a-number"),
        (9, "lon, lat", "28.6, 109.6", "swapped"),
        (10, "level", "planet", "bad-choice"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty; a header row is needed"), (b"a,b\n", "holds no points"), (b"\x00\x01", "binary content")],
)
def test_a_file_without_points(tmp_path: Path, content: bytes, message: str) -> None:
    """An empty file, a header alone and a binary file each say what they are."""
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        draft_from_points(path, datum="wgs84")


def test_no_villages_no_import(tmp_path: Path) -> None:
    """Towns and county seats alone cannot be planned: nothing is harvested."""
    with pytest.raises(BadInputError, match="no villages were found in the source"):
        draft_from_points(points_file(tmp_path, POINTS[:2]), datum="wgs84")


def test_two_codes_alike_are_found(tmp_path: Path) -> None:
    """The same code twice is refused at import, with both rows of the list."""
    twin = ("v1", "又一村", "village", "甲县", "东镇", "109.68", "28.61")
    with pytest.raises(BadInputError, match=r'points.csv row 6, code = "v1": is used twice; first on row 4'):
        draft_from_points(points_file(tmp_path, (*POINTS, twin)), datum="wgs84")


def test_andorra_comes_out_plannable(shared: Path, tmp_path: Path) -> None:
    """From the OSM file with no other flag: it loads without an error, every place meets a road, three hubs."""
    drafted = draft_from_osm(shared / "data" / "roads" / "andorra-2023-05.osm.pbf")
    write_import(drafted, tmp_path / "andorra")
    made, warnings = load(tmp_path / "andorra")
    assert all(fault.warning for fault in warnings)
    assert (len(made.hubs), made.roads.file) == (3, "roads.gpkg")
    assert len(made.villages) >= 50
    assert len(made.sites) >= 20
    assert made.harvest_t.sum() > 1000.0
    placed, odd = place_on_roads(made)
    assert placed.network.kind != "proximity"
    assert all(fault.warning for fault in odd)
    assert float(np.median(placed.offset_m)) < 100.0


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """An import into a folder that holds something is refused, and the folder is left alone."""
    from coldchain.errors import UsageError

    target = tmp_path / "county"
    target.mkdir()
    (target / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists already and is not empty"):
        write_import(draft_from_points(points_file(tmp_path), datum="wgs84"), target)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["county", "points.csv"]


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        ("[crops.kiwi]\nshare = 1", "crops.kiwi", "unknown-commodity"),
        ("[crops.tomato]\nshare = -1", "crops.tomato.share", "out-of-range"),
        ("[crops.tomato]\nshare = 1\nseasons = {monsoon = 1.0}", "crops.tomato.seasons", "unknown-period"),
        ("[sections.sitting]\nbudget_cny = 1", "sections.sitting", "unknown-key"),
        ("sprad = 0.1", "sprad", "unknown-key"),
        ("spread = 9", "spread", "out-of-range"),
    ],
)
def test_faults_of_a_rules_file(tmp_path: Path, text: str, column: str, code: str) -> None:
    """Unknown crops, seasons, sections and keys, and figures out of range, are named with the file."""
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"rules\.toml") as caught:
        read_rules(path)
    assert (column, code) in [(f.column, f.code) for f in caught.value.faults]


@pytest.mark.parametrize(("content", "message"), [(b"spread = ", "is not valid TOML"), (None, "cannot be read")])
def test_a_rules_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    """A broken or missing rules file is bad input, not a bug."""
    path = tmp_path / "rules.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        read_rules(path)


def test_rules_are_obeyed(tmp_path: Path) -> None:
    """A crop of one county grows there alone, its seasons share its tonnes, and without spread all are alike."""
    path = tmp_path / "rules.toml"
    path.write_text(
        "spread = 0\n[tonnes]\nvillage = 100\n[crops.tomato]\nshare = 3\nseasons = {summer = 0.75, autumn = 0.25}\n"
        '[crops.kiwifruit]\nshare = 1\ncounties = ["乙县"]\nseasons = {autumn = 1}\n'
        "[sections.siting]\nbudget_cny = 70000\n",
        encoding="utf-8",
    )
    rows = (*POINTS, ("v3", "三村", "village", "乙县", "", "109.7", "28.6"))
    drafted = draft_from_points(points_file(tmp_path, rows), datum="wgs84", rules=path).draft
    table = {(r.village, r.commodity, r.period): r.tonnes for r in drafted.tables["harvest"].itertuples()}
    assert table == {
        ("v1", "tomato", "summer"): 75.0, ("v1", "tomato", "autumn"): 25.0,
        ("v2", "tomato", "summer"): 75.0, ("v2", "tomato", "autumn"): 25.0,
        ("v3", "tomato", "summer"): 56.25, ("v3", "tomato", "autumn"): 18.75, ("v3", "kiwifruit", "autumn"): 25.0,
    }  # fmt: skip
    assert drafted.sections["siting"] == {"budget_cny": 70000}


def test_the_spread_keeps_the_mean() -> None:
    """The log-normal spread between places keeps the mean of the rule, and the seed decides it."""
    import pandas as pd

    places = pd.DataFrame({"id": [f"v{n}" for n in range(4000)], "kind": "village", "county": ""})
    tonnes = harvest(ImportRules(), places)
    per_place = tonnes.groupby("village")["tonnes"].sum()
    assert per_place.mean() == pytest.approx(300.0, rel=0.02)
    assert per_place.std() / per_place.mean() == pytest.approx(0.307, abs=0.02)
    assert tonnes.equals(harvest(ImportRules(), places))


def test_climate_follows_the_latitude() -> None:
    """At 28° N January has about 5 °C and July 27 °C, as in Jishou; at 28° S the seasons are turned."""
    north, south = periods(28.0).set_index("id"), periods(-28.0).set_index("id")
    mean = (north["temp_min_c"] + north["temp_max_c"]) / 2
    assert (mean["winter"], mean["summer"]) == (pytest.approx(5.0, abs=0.5), pytest.approx(27.0, abs=0.5))
    assert south.loc["winter", "temp_max_c"] == north.loc["summer", "temp_max_c"]


def osm_draft(folder: Path, *parts: str) -> Import:
    """Draft a scenario from a few lines of OpenStreetMap."""
    return draft_from_osm(osm_file(folder, TOWN, NODES, way(11, (1, 2, 3)), *parts))


def test_two_towns_of_a_name_are_two_counties(tmp_path: Path) -> None:
    """Names are labels: two towns called alike give two counties, each with its id, and a village to each."""
    twin = TOWN.replace("901", "903").replace('lon="110.0"', f'lon="{B}"')
    near = '<node id="904" lat="28.0" lon="110.01"><tag k="place" v="village"/><tag k="name" v="丙村"/></node>'
    tables = osm_draft(tmp_path, twin, VILLAGE, near).draft.tables
    assert tables["villages"]["county"].to_list() == ["甲镇 (n903)", "甲镇 (n901)"]
    assert len(set(tables["hubs"]["id"])) == 2


def test_what_a_map_does_not_give_is_accounted_for(tmp_path: Path) -> None:
    """Places without a name, parts of towns and merged outlines stand in the account, the roads in km, all in notes."""
    nameless = '<node id="905" lat="28.0" lon="110.02"><tag k="place" v="hamlet"/></node>'
    suburb = '<node id="906" lat="28.0" lon="110.0"><tag k="place" v="suburb"/><tag k="name" v="东区"/></node>'
    outline = square(21, float(B)) + way(
        31, (21, 22, 23, 24, 21), tagged({"place": "village", "name": "乙村"}), highway=""
    )
    made = osm_draft(tmp_path, VILLAGE, nameless, suburb, outline)
    assert made.account.villages == 1
    assert {row.name for row in made.account.skipped} == {"n905", "东区 (n906)"}
    assert [(row.kept, row.dropped) for row in made.account.merged] == [("乙村 (n902)", "w31")]
    assert made.account.roads.km_given == pytest.approx(10.0, abs=0.01)
    assert made.account.roads.km_used == made.account.roads.km_given
    assert sorted(fault.code for fault in made.faults) == ["merged-places", "skipped-places"]
    assert sum("Of the map: " in note for note in made.draft.notes) == 2
    assert "© OpenStreetMap contributors, ODbL 1.0" in [one.figure for one in made.draft.assumptions]


def test_a_village_beyond_a_ferry_is_left_out_and_named(tmp_path: Path) -> None:
    """More than 5 km from the roads in use a village cannot be planned: it is named at import, with the ferry."""
    bank = '<node id="6" lat="28.0" lon="110.2"/><node id="7" lat="28.0" lon="110.21"/>'
    ferry = way(21, (3, 6), tagged({"route": "ferry", "name": "沅江渡口"}), highway="")
    beyond = '<node id="907" lat="28.0" lon="110.21"><tag k="place" v="village"/><tag k="name" v="对岸村"/></node>'
    made = osm_draft(tmp_path, VILLAGE, bank, ferry, way(22, (6, 7)), beyond)
    assert made.draft.tables["villages"]["name"].to_list() == ["乙村"]
    (fault,) = [fault for fault in made.faults if fault.code == "skipped-places"]
    assert "1 place lies more than 5,000 m from the roads in use and is left out: 对岸村 (n907)" in fault.message
    assert "沅江渡口 (w21)" in fault.message
    with pytest.raises(BadInputError, match="no villages were found in the source") as caught:
        osm_draft(tmp_path, bank, ferry, way(22, (6, 7)), beyond)
    assert "skipped-places" in [fault.code for fault in caught.value.faults]


def test_an_osm_road_file_is_read_for_the_scenarios_lorries(tmp_path: Path) -> None:
    """A bridge of 3.5 t is closed to the light truck and open to the mini truck that fetches the produce."""
    bridge = way(11, (1, 2, 3), tagged({"maxweight": "3.5"}))
    extract = osm_file(tmp_path, TOWN, VILLAGE, NODES, bridge, LONG_WAY)
    write_import(draft_from_osm(extract), tmp_path / "county")
    (tmp_path / "county" / "roads.osm").write_bytes(extract.read_bytes())
    made, _warnings = load(tmp_path / "county")
    light = replace(made, roads=made.roads.model_copy(update={"file": "roads.osm"}))
    routing = light.routing.model_copy(update={"collection_vehicles": ("farm_tricycle",)})
    for scenario, codes, km in (
        (light, {"closed-by-limit"}, 15.62),
        (replace(light, routing=routing), {"closed-to-heaviest"}, 25.62),
    ):
        placed, odd = place_on_roads(scenario)
        assert {fault.code for fault in odd} == codes
        assert placed.network.used is not None
        assert placed.network.used.km_given == pytest.approx(km, abs=0.01)
