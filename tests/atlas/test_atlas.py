"""A county of open data: rasters read right or refused, tonnes kept, temperatures, sites, visits, command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from atlas_cases import MINUTES_5, NORTH, WEST, climate, county_map, geotiff, spam

import coldchain as cc
from coldchain.atlas import Box, Layers, draft_from_atlas, read_raster
from coldchain.atlas.climate import read_climate
from coldchain.atlas.mix import GROUPS
from coldchain.atlas.production import ProductionGrid, read_production
from coldchain.atlas.raster import Raster
from coldchain.atlas.spreading import share_out
from coldchain.atlas.terrain import power_km, slopes
from coldchain.atlas.visits import ranked
from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.importing import write_import
from coldchain.scenario import load

Capture = pytest.CaptureFixture[str]
HERE = Box(WEST, NORTH - 1.0, WEST + 1.0, NORTH)
SMALL = np.arange(36, dtype=np.float32).reshape(6, 6)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"compression": "deflate"}, {"compression": "lzw", "predictor": True}, {"compression": "zstd"},
        {"compression": "deflate", "predictor": True}, {"tile": (16, 16), "compression": "lzw"},
        {"tile": (16, 16)}, {"tile": (16, 16), "compression": "deflate"}, {"rowsperstrip": 1}, {"byteorder": ">"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["float32", "int16"])
def test_every_usual_way_of_writing_a_raster_is_read(tmp_path: Path, options: dict[str, Any], kind: str) -> None:
    """Strips and tiles, compressed or not, floats and whole numbers: each pixel of a window where it belongs."""
    values = np.arange(40 * 50).reshape(40, 50).astype(kind)
    file = geotiff(tmp_path / "a.tif", values, size=0.01, **options)
    window = Box(WEST + 0.105, NORTH - 0.205, WEST + 0.295, NORTH - 0.105)
    raster = read_raster(file, window)
    assert np.array_equal(raster.values, values[10:21, 10:30])
    assert (raster.west, raster.north) == pytest.approx((WEST + 0.10, NORTH - 0.10))
    lon, lat = raster.centres()
    assert raster.at(lon, lat).tolist() == raster.values.ravel().tolist()


def test_pixels_that_are_points_lie_half_a_pixel_off(tmp_path: Path) -> None:
    """With GTRasterType 2 the tie point is the centre of the first pixel."""
    file = geotiff(tmp_path / "a.tif", SMALL, keys={1024: 2, 1025: 2, 2048: 4326})
    assert read_raster(file, HERE).west == pytest.approx(WEST - MINUTES_5 / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"west": 10.0},
            r"is a raster of another place: it covers 10\.00-10\.50 E, 28\.00-28\.50 N, the places lie in",
        ),
        ({"keys": {1024: 1, 3072: 32649}}, r"is in another coordinate system \(EPSG:32649\); bring it to EPSG:4326"),
        ({"keys": {1024: 2, 2048: 4610}}, r"is in another coordinate system \(EPSG:4610\)"),
    ],
)
def test_rasters_of_another_place_or_system_are_named(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    """What the raster covers, and where the places lie; or the code of its system and what to do."""
    with pytest.raises(BadInputError, match=message):
        read_raster(geotiff(tmp_path / "a.tif", SMALL, **options), HERE)


def test_rasters_without_data_are_named(tmp_path: Path) -> None:
    """The marked value, NaN and unmarked negatives are no data; nothing but that is an error."""
    nothing = geotiff(tmp_path / "nothing.tif", np.full((6, 6), -9999.0, np.float32), nodata=-9999)
    with pytest.raises(BadInputError, match=r"nothing\.tif: has no data around the places"):
        read_raster(nothing, HERE)
    mixed = SMALL.copy()
    mixed[0, :3] = (-3.0, np.nan, -9999.0)
    raster = read_raster(geotiff(tmp_path / "mixed.tif", mixed, nodata=-9999), HERE)
    assert np.isnan(raster.values[0, :3]).all()
    assert [fault.code for fault in raster.faults] == ["negative-pixels"]
    assert "1 pixel is" in raster.faults[0].message


def test_a_mark_of_gaps_beyond_32_bits_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """WorldClim marks the sea by -3.4e+38, which no float of 32 bits is; nothing is logged about it."""
    values = SMALL.copy()
    values[2:] = np.finfo(np.float32).min
    with caplog.at_level("DEBUG"):
        raster = read_raster(geotiff(tmp_path / "tmin.tif", values, nodata=-3.4028234663852886e38), HERE, negative=True)
    assert (np.isfinite(raster.values).sum(), caplog.records) == (12, [])


@pytest.mark.parametrize("compression", [None, "deflate", "lzw", "zstd"])
def test_damaged_rasters_are_named(tmp_path: Path, compression: str | None) -> None:
    """Bytes changed or cut anywhere: the raster is read, or refused as bad input, and nothing else happens."""
    rng = np.random.default_rng(5)
    values = np.arange(1600, dtype=np.float32).reshape(40, 40)
    whole = geotiff(tmp_path / "whole.tif", values, size=0.02, nodata=-9, compression=compression).read_bytes()
    file = tmp_path / "damaged.tif"
    refused: list[str] = []
    for n in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole) if n % 2 else 600, 4):
            damaged[at] = rng.integers(0, 256)
        file.write_bytes(damaged[: rng.integers(1, len(damaged))] if n % 7 == 0 else damaged)
        try:
            read_raster(file, HERE)
        except BadInputError as error:
            refused += [fault.message for fault in error.faults]
    assert len(refused) > 10
    assert all(refused)


@pytest.mark.parametrize("content", [b"", b"II*\x00\x08\x00\x00\x00\xff\xff", b"no raster at all", b"\x89PNG\r\n"])
def test_what_is_no_geotiff_is_named(tmp_path: Path, content: bytes) -> None:
    """Empty, cut off, text, a picture."""
    path = tmp_path / "people.tif"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"people\.tif: "):
        read_raster(path, HERE)


def test_a_raster_that_does_not_say_where_it_lies(tmp_path: Path) -> None:
    """A plain picture in TIFF."""
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", SMALL)
    with pytest.raises(BadInputError, match="says nowhere where it lies"):
        read_raster(tmp_path / "a.tif", HERE)


def test_a_codec_that_is_missing_is_an_extra(tmp_path: Path) -> None:
    """Without imagecodecs a raster compressed by LZW is refused with what to install; deflate is still read."""
    lzw = geotiff(tmp_path / "lzw.tif", SMALL, compression="lzw")
    plain = geotiff(tmp_path / "deflate.tif", SMALL, compression="deflate")
    program = (
        "import sys; sys.modules['imagecodecs'] = None\n"
        "from pathlib import Path\nfrom coldchain.atlas.raster import Box, read_raster\n"
        "from coldchain.errors import MissingExtraError\n"
        f"box = Box({WEST}, {NORTH - 1}, {WEST + 1}, {NORTH})\n"
        f"print(read_raster(Path({str(plain)!r}), box).values.sum())\n"
        f"try:\n    read_raster(Path({str(lzw)!r}), box)\nexcept MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["630.0", "lzw.tif is compressed as LZW: pip install 'coldchain[rasters]'"]


def grid_of(tonnes: Any, size: float = MINUTES_5) -> ProductionGrid:
    """Return the cells of a raster from the corner."""
    values = np.asarray(tonnes, dtype=float)
    lon, lat = Raster(values, WEST, NORTH, size, size).centres()
    return ProductionGrid("a", lon, lat, size, size, ("POTA",), values.reshape(-1, 1))


def test_a_cell_is_split_by_people_by_hand() -> None:
    """One cell of 100 t, two villages, three people near one and one near the other: 75 and 25 t."""
    people = np.zeros((10, 10))
    people[5, 2], people[5, 7] = 3.0, 1.0
    raster = Raster(people, WEST, NORTH, MINUTES_5 / 10, MINUTES_5 / 10)
    lon = WEST + MINUTES_5 * np.array([0.25, 0.75])
    shared = share_out(grid_of([[100.0]]), raster, lon, np.full(2, NORTH - MINUTES_5 / 2))
    assert shared.tonnes.ravel() == pytest.approx([75.0, 25.0])
    even = share_out(grid_of([[100.0]]), None, lon, np.full(2, NORTH - MINUTES_5 / 2))
    assert even.tonnes.ravel() == pytest.approx([50.0, 50.0])
    assert even.beyond == pytest.approx([0.0])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("with_people", [False, True])
def test_tonnes_are_kept(seed: int, with_people: bool) -> None:
    """Villages and what lies beyond their reach add up to the cells, whatever the people raster covers."""
    rng = np.random.default_rng(seed)
    grid = grid_of(rng.gamma(0.5, 300.0, (12, 12)))
    raster = Raster(rng.gamma(0.3, 50.0, (90, 70)) * (rng.random((90, 70)) < 0.3), WEST + 0.1, NORTH - 0.1, 0.01, 0.01)
    lon, lat = WEST + rng.random(40), NORTH - rng.random(40)
    shared = share_out(grid, raster if with_people else None, lon, lat)
    assert shared.tonnes.sum() + shared.beyond.sum() == pytest.approx(grid.tonnes.sum(), rel=1e-12)
    assert (shared.tonnes >= 0.0).all()
    far = share_out(grid, raster if with_people else None, lon[:1] + 50.0, lat[:1])
    assert far.beyond.sum() == pytest.approx(grid.tonnes.sum())


def test_tables_and_rasters_of_crops_agree(tmp_path: Path) -> None:
    """The same tonnes as a table of MapSPAM and as a GeoTIFF; grain is not read."""
    tonnes = np.arange(36.0).reshape(6, 6)
    table = spam(tmp_path / "P_TA.csv", {"POTA": tonnes, "WHEA": tonnes})
    raster = geotiff(tmp_path / "spam2020_V1r0_global_P_POTA_A.tif", tonnes.astype("float32"))
    of_table, of_raster = (read_production([path], HERE, GROUPS)[0] for path in (table, raster))
    assert of_table.codes == of_raster.codes == ("POTA",)
    assert of_table.tonnes.sum() == of_raster.tonnes.sum() == tonnes.sum()
    lon = WEST + MINUTES_5 * np.array([1.5, 4.5])
    lat = np.full(2, NORTH - 0.2)
    one, other = (share_out(grid, None, lon, lat).tonnes for grid in (of_table, of_raster))
    assert one == pytest.approx(other)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.drop(columns="x"), "lon: there is no such column; it may be called x, lon, longitude"),
        (lambda t: t.assign(unit="ha"), r"unit = \"ha\": the table is of harvested area"),
        (lambda t: t.assign(pota_a="many"), r"pota_a: 3 rows \(2, 3, 4; \"many\"\): must be a number"),
        (lambda t: t.assign(pota_a=-1), r"must not be negative"),
        (lambda t: t.assign(x=t["x"] + 30), r"is a table of another place: it covers 139\.54-139\.96 E"),
        (lambda t: pd.concat([t, t]), r"row 38, x, y = .*: the cell has a second row"),
        (lambda t: t.drop(columns="pota_a"), "has no column of a crop that is planned with"),
    ],
)
def test_tables_that_do_not_fit_are_named(
    tmp_path: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    """Columns, measures, figures, place and doubled cells."""
    path = spam(tmp_path / "P_TA.csv", {"POTA": SMALL.astype(float)})
    spoil(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(BadInputError, match=message):
        read_production([path], HERE, GROUPS)


def test_a_raster_needs_the_name_of_a_crop_and_each_crop_once(tmp_path: Path) -> None:
    """All files are looked at before anything is said."""
    table = spam(tmp_path / "P_TA.csv", {"POTA": SMALL.astype(float)})
    odd = geotiff(tmp_path / "harvest.tif", SMALL)
    with pytest.raises(BadInputError, match=r'harvest\.tif = "harvest": is named after no crop'):
        read_production([odd, table], HERE, GROUPS)
    twice = geotiff(tmp_path / "x_POTA_A.tif", SMALL)
    with pytest.raises(BadInputError, match=r"POTA is in P_TA\.csv already; give each crop once"):
        read_production([table, twice], HERE, GROUPS)


def test_seasons_of_a_table_of_normals(tmp_path: Path) -> None:
    """Summer is June to August north of the equator, December to February south of it."""
    file, here = climate(tmp_path / "normals.csv"), np.array([28.0])
    periods = read_climate([file], here, here, np.ones(1)).periods.set_index("id")
    months = pd.read_csv(file).set_index("month")
    assert periods.loc["summer", "temp_max_c"] == pytest.approx(months.loc[[6, 7, 8], "temp_max_c"].mean(), abs=0.05)
    south = read_climate([file], here, -here, np.ones(1)).periods.set_index("id")
    assert south.loc["winter", "temp_max_c"] == periods.loc["summer", "temp_max_c"]


def test_rasters_of_normals_weigh_villages_by_their_tonnes(tmp_path: Path) -> None:
    """A warm and a cold half: the county is as warm as where it grows."""
    for month in range(1, 13):
        for name, at in (("tmin", 0.0), ("tmax", 8.0)):
            values = np.where(np.arange(12) < 6, 10.0, 20.0)[None, :].repeat(12, axis=0) + at
            geotiff(tmp_path / f"wc2.1_5m_{name}_{month:02d}.tif", values.astype("float32"))
    geotiff(tmp_path / "people.tif", SMALL)
    lon, lat = WEST + np.array([0.1, 0.9]), np.full(2, NORTH - 0.1)
    found = read_climate([tmp_path], lon, lat, np.array([3.0, 1.0]))
    assert found.periods["temp_min_c"].tolist() == [12.5] * 4
    assert found.spread_c == pytest.approx((15.0, 23.0))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t[t["month"] != 5], "month: these months are missing: 5"),
        (lambda t: pd.concat([t, t.tail(1)]), r"row 14, month = \"12\": the month is given twice"),
        (lambda t: t.assign(temp_max_c=90), r"must be a temperature between -50 and 55 °C"),
        (lambda t: t.assign(temp_min_c=40), r"is above the highest temperature of the month"),
        (lambda t: t.assign(month=13), r"must be a month, 1 to 12"),
        (lambda t: t.drop(columns="temp_min_c"), r"there is no such column; it may be called temp_min_c"),
    ],
)
def test_normals_that_do_not_fit_are_named(
    tmp_path: Path, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    """Months, figures, columns."""
    path = climate(tmp_path / "normals.csv")
    spoil(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(BadInputError, match=message):
        read_climate([path], np.array([WEST]), np.array([NORTH]), np.ones(1))


def write_tile(path: Path, rise_m: float) -> Path:
    """Write a tile that rises to the east by so much for each of its cells."""
    metres = np.arange(1201) * rise_m
    path.write_bytes(np.tile(metres, (1201, 1)).astype(">i2").tobytes())
    return path


def test_slope_and_power_by_hand(tmp_path: Path) -> None:
    """9 m for each cell of 81.9 m at 28° N is 11 %; a line from the first town passes 4.9 km west of village 2."""
    lon, lat = np.array([109.6]), np.array([28.0 + 0.5])
    slope = slopes(write_tile(tmp_path / "N28E109.hgt", 9.0), lon, lat)[0]
    assert slope == pytest.approx(9.0 / (111_195 / 1200 * np.cos(np.radians(28.5))), rel=0.02)
    assert np.isnan(slopes(tmp_path / "N28E109.hgt", lon + 3, lat)).all()
    mapped = county_map(tmp_path / "map.osm")
    place = np.array([WEST + 0.12]), np.array([NORTH - 0.12])
    assert power_km(mapped, *place)[0] == pytest.approx(0.05 * 111.195 * np.cos(np.radians(28.38)), rel=0.01)
    assert np.isnan(power_km(county_map(tmp_path / "dark.osm", power=False), *place)).all()


def test_visits_by_hand() -> None:
    """Tonnes x spread x price: 10 t at 4 CNY before 30 t at 1."""
    villages = pd.DataFrame({"id": ["a", "b"], "name": ["A", "B"]})
    harvest = pd.DataFrame({"village": ["a", "b"], "commodity": ["x", "y"], "tonnes": [30.0, 10.0]})
    found = ranked(villages, harvest, {"x": 1.0, "y": 4.0})
    assert [(one.name, one.spread_cny) for one in found] == [("B", 20_000.0), ("A", 15_000.0)]


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write all layers of a small county."""
    folder = tmp_path_factory.mktemp("layers")
    rng = np.random.default_rng(2)
    county_map(folder / "map.osm")
    spam(folder / "P_TA.csv", {code: rng.gamma(1.0, 400.0, (6, 6)) for code in ("POTA", "VEGE", "CITR", "WHEA")})
    geotiff(folder / "people.tif", rng.gamma(0.3, 80.0, (60, 60)).astype("float32"), size=1 / 120, compression="lzw")
    geotiff(folder / "kiwifruit.tif", rng.gamma(1.0, 50.0, (6, 6)).astype("float32"))
    climate(folder / "normals.csv")
    write_tile(folder / "N28E109.hgt", 1.0)
    return folder


def options(layers: Path) -> list[str]:
    """Return the options that name all layers."""
    given = {"crops": "P_TA.csv", "people": "people.tif", "climate": "normals.csv", "elevation": "N28E109.hgt"}
    return [part for name, file in given.items() for part in (f"--{name}", str(layers / file))] + [
        "--crops", str(layers / "kiwifruit.tif"),
    ]  # fmt: skip


def test_command_makes_a_county_that_checks(layers: Path, tmp_path: Path, capsys: Capture) -> None:
    """One object as of the other importers; tonnes of each crop kept; sources, spreads and visits beside."""
    out = tmp_path / "county"
    assert run(["import", "atlas", str(layers / "map.osm"), *options(layers), "--out", str(out), "--json", "-q"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["villages"], len(printed["visit_first"])) == (6, 6)
    assert "whea_a" in printed["unused_columns"]
    assert any("coefficient of variation 0.5" in line for line in printed["warnings"])
    assert run(["check", str(out), "--json"]) == 0
    harvest = pd.read_csv(out / "harvest.csv", encoding="utf-8-sig")
    by_crop = harvest.groupby("commodity")["tonnes"].sum()
    for crop in printed["crops"]:
        mix = GROUPS.get(crop["code"], {crop["code"]: 1.0})
        assert by_crop[list(mix)].sum() == pytest.approx(crop["villages_t"], rel=1e-6)
        assert crop["villages_t"] + crop["beyond_t"] == pytest.approx(crop["cells_t"], rel=1e-12)
    sources = pd.read_csv(out / "atlas" / "harvest.csv", encoding="utf-8-sig")
    assert set(sources["source"]) == {"P_TA.csv", "kiwifruit.tif"}
    assert (sources["low_t"] < sources["tonnes"]).all()
    assert (sources["tonnes"] < sources["high_t"]).all()
    visits = pd.read_csv(out / "atlas" / "visits.csv", encoding="utf-8-sig")
    assert visits["spread_cny"].is_monotonic_decreasing
    sites = pd.read_csv(out / "atlas" / "sites.csv", encoding="utf-8-sig")
    assert sites["power_line_km"].min() < 1.0
    assert sites["slope"].between(0.0, 0.05).all()
    scenario, _faults = load(out)
    assert scenario.periods[1].name == "summer"


def test_steep_sites_are_left_out(layers: Path, tmp_path: Path) -> None:
    """On ground of 25 % only the least steep site stays, and the others are named."""
    steep = write_tile(tmp_path / "N28E109.hgt", 20.0)
    draft = draft_from_atlas(layers / "map.osm", Layers((layers / "P_TA.csv",), elevation=steep))
    assert len(draft.draft.tables["sites"]) == 1
    left_out = [one for one in draft.account.skipped if "too steep" in one.reason]
    assert len(left_out) == len(draft.beside["sites"]) - 1


def test_a_list_of_places_in_gcj02_takes_the_place_of_the_map(layers: Path, tmp_path: Path) -> None:
    """The points are brought to WGS-84 before cells are split; the same villages get the same tonnes."""
    from coldchain.scenario.datum import wgs84_to_gcj02

    base = draft_from_atlas(layers / "map.osm", Layers((layers / "P_TA.csv",)))
    villages, sites = base.draft.tables["villages"], base.draft.tables["sites"]
    listed = pd.concat(
        [villages.assign(level="村"), sites.head(2).assign(level="乡镇"), sites.head(1).assign(level="县")]
    )
    listed["lon"], listed["lat"] = wgs84_to_gcj02(listed["lon"], listed["lat"])
    listed["id"] = [f"P{n}" for n in range(len(listed))]
    listed[["id", "name", "level", "county", "lon", "lat"]].to_csv(tmp_path / "places.csv", index=False)
    found = draft_from_atlas(tmp_path / "places.csv", Layers((layers / "P_TA.csv",)), datum="gcj02")
    one, other = (d.draft.tables["harvest"].groupby("commodity")["tonnes"].sum() for d in (base, found))
    pd.testing.assert_series_equal(one, other, rtol=1e-3)
    assert write_import(found, tmp_path / "county") is not None


def test_shares_of_a_group_are_the_users(layers: Path, tmp_path: Path, capsys: Capture) -> None:
    """[atlas.VEGE] in the rules replaces the estimate; a crop that is not known is named."""
    rules = tmp_path / "rules.toml"
    rules.write_text("[atlas.VEGE]\nchilli = 3\ntomato = 1\n", encoding="utf-8")
    found = draft_from_atlas(layers / "map.osm", Layers((layers / "P_TA.csv",)), rules=rules)
    sums = found.draft.tables["harvest"].groupby("commodity")["tonnes"].sum()
    assert sums["chilli"] == pytest.approx(3 * sums["tomato"])
    assert "pak_choi" not in sums
    rules.write_text("[atlas.VEGE]\nturnip = 1\n[atlas.POTA]\npotato = 0\n", encoding="utf-8")
    args = [
        "import",
        "atlas",
        str(layers / "map.osm"),
        "--crops",
        str(layers / "P_TA.csv"),
        "--out",
        str(tmp_path / "x"),
    ]
    assert run([*args, "--rules", str(rules)]) == 3
    said = capsys.readouterr().err
    assert 'atlas.VEGE = "turnip": is not in the catalogue' in said
    assert "shares must not be negative, and not all zero" in said


def test_the_command_in_words(layers: Path, tmp_path: Path, capsys: Capture) -> None:
    """Visits are listed in both languages; roads go with a list of places; a layer of another place is code 3."""
    args = ["import", "atlas", str(layers / "map.osm"), "--crops", str(layers / "P_TA.csv"), "--out"]
    assert run([*args, str(tmp_path / "a")]) == 0
    assert "visit 1: Village" in capsys.readouterr().out
    assert run([*args, str(tmp_path / "b"), "--lang", "zh"]) == 0
    assert "第 1 个走访" in capsys.readouterr().out
    assert run([*args, str(tmp_path / "c"), "--roads", "r.gpkg"]) == 2
    elsewhere = geotiff(tmp_path / "people.tif", SMALL, west=5.0)
    assert run([*args, str(tmp_path / "d"), "--people", str(elsewhere)]) == 3
    assert "is a raster of another place" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_what_a_raster_says_is_no_slip_of_the_unit(tmp_path: Path, capsys: Capture) -> None:
    """A village of a hundredfold harvest is not doubted as long as its tonnes are the raster's; typed in it is."""
    rng = np.random.default_rng(4)
    tonnes = rng.gamma(1.0, 20.0, (6, 12))
    tonnes[1, 1] = 90_000.0
    out, mapped = tmp_path / "county", county_map(tmp_path / "map.osm", 16)
    args = ["import", "atlas", str(mapped), "--crops", str(spam(tmp_path / "P_TA.csv", {"POTA": tonnes}))]
    assert run([*args, "--out", str(out), "--json", "-q"]) == 0
    imported = json.loads(capsys.readouterr().out)
    assert not any("median village" in line for line in imported["warnings"])
    _scenario, faults = load(out)
    assert "harvest-outlier" not in {one.code for one in faults}
    (out / "atlas" / "harvest.csv").unlink()
    _scenario, faults = load(out)
    assert "harvest-outlier" in {one.code for one in faults}


def test_an_atlas_from_python(layers: Path, tmp_path: Path) -> None:
    """The same county as the command's, loaded."""
    found = cc.import_atlas(
        layers / "map.osm", tmp_path / "county", [layers / "P_TA.csv"], climate=[layers / "normals.csv"]
    )
    assert len(found.villages) == 6
    assert found.harvest_t.sum() > 0.0
