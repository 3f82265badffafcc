"""Roads in files: lines, GMNS tables, elevation tiles, and what happens when they are wrong."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from coldchain.errors import BadInputError
from coldchain.network import (
    RoadNetwork,
    proximity_network,
    read_gmns,
    read_lines,
    read_roads,
    snap_places,
    travel,
    with_slope,
    write_gmns,
    write_lines,
)
from coldchain.network.slope import elevation, read_hgt

METRE = 1 / 111_195.0802
LINE = shapely.LineString([(0, 0), (1, 1)])


def web(kind: str = "roads") -> RoadNetwork:
    """Make a proximity network of 30 points near Jishou with some places snapped, so that access legs occur."""
    rng = np.random.default_rng(5)
    network = proximity_network(109.7 + rng.random(30) / 10, 28.3 + rng.random(30) / 10)
    if kind == "proximity":
        return network
    return snap_places(network, 109.7 + rng.random(9) / 10, 28.3 + rng.random(9) / 10, 10.0).network


def assert_same_travel(one: RoadNetwork, two: RoadNetwork) -> None:
    """Match nodes by coordinates; all drives must take the same ms and km."""
    assert (one.nodes, one.arcs, one.kind) == (two.nodes, two.arcs, two.kind)
    first, second = np.lexsort((one.lat, one.lon)), np.lexsort((two.lat, two.lon))
    np.testing.assert_allclose(one.lon[first], two.lon[second], atol=1e-12)
    a, b = travel(one, first, first), travel(two, second, second)
    np.testing.assert_array_equal(a.time_h, b.time_h)
    np.testing.assert_allclose(a.km, b.km, atol=1e-3)


def save(path: Path, rows: list[dict[str, object]], lines: list[object], crs: int | None = 4326) -> Path:
    """Write features to layer ``roads``."""
    gpd.GeoDataFrame(rows, geometry=lines, crs=crs).to_file(path, layer="roads", driver="GPKG")
    return path


@pytest.mark.parametrize("kind", ["roads", "proximity"])
def test_lines_round_trip(tmp_path: Path, kind: str) -> None:
    """A network written as GeoPackage lines and read back gives the same times, kilometres and label."""
    network = web(kind)
    write_lines(network, tmp_path / "roads.gpkg")
    assert_same_travel(network, read_roads(tmp_path / "roads.gpkg"))
    assert [file.name for file in tmp_path.iterdir()] == ["roads.gpkg"]


@pytest.mark.parametrize("kind", ["roads", "proximity"])
def test_gmns_round_trip(tmp_path: Path, kind: str) -> None:
    """A network written as GMNS tables and read back gives the same times, kilometres and label."""
    network = web(kind)
    write_gmns(network, tmp_path / "net")
    assert_same_travel(network, read_roads(tmp_path / "net"))
    assert sorted(file.name for file in (tmp_path / "net").iterdir()) == ["config.csv", "link.csv", "node.csv"]


def test_slower_one_way_survives_both_formats(tmp_path: Path) -> None:
    """Asymmetric times and one-way roads come back as they were."""
    rows = [
        {"class": "primary", "speed_fwd_kmh": 60.0, "speed_bwd_kmh": 30.0},
        {"class": "track", "speed_fwd_kmh": None, "speed_bwd_kmh": 20.0},
    ]
    lines = [shapely.LineString([(0, 0), (0.01, 0)]), shapely.LineString([(0.01, 0), (0.01, 0.01), (0, 0)])]
    network = read_lines(save(tmp_path / "a.gpkg", rows, lines))
    assert sorted(np.rint(network.length_m / network.time_ms * 3600)) == [20, 30, 60]
    write_lines(network, tmp_path / "b.gpkg")
    write_gmns(network, tmp_path / "net")
    assert_same_travel(network, read_lines(tmp_path / "b.gpkg"))
    assert_same_travel(network, read_gmns(tmp_path / "net"))


def test_lines_from_a_metric_system_with_loose_ends(tmp_path: Path) -> None:
    """Lines in UTM are brought to WGS-84; ends 0.5 m apart meet, ends 3 m apart do not."""
    lines = [
        shapely.LineString([(500000, 3e6), (500100, 3e6)]),
        shapely.LineString([(500100.5, 3e6), (500200, 3e6)]),
        shapely.MultiLineString([[(500203, 3e6), (500300, 3e6)], [(500203, 3e6), (500203, 3000050)]]),
    ]
    rows = [{"fclass": "track_grade2"}, {"fclass": "primary", "oneway": "F", "maxspeed": 0}, {"fclass": "service"}]
    network = read_lines(save(tmp_path / "utm.gpkg", rows, lines, 32649))
    assert (network.nodes, network.links, network.arcs) == (6, 4, 7)
    kmh = dict(zip(network.road_class[network.link], network.length_m / network.time_ms * 3600, strict=True))
    assert {name: round(speed, 1) for name, speed in kmh.items()} == {"track": 15.3, "primary": 58.5, "service": 13.5}
    assert network.lon.min() == pytest.approx(111.0, abs=1e-6)


def test_lines_without_any_column_are_unclassified(tmp_path: Path) -> None:
    """Bare lines drive at the truck speed of an unclassified road, 22.5 km/h, both ways; footways are left out."""
    bare = save(tmp_path / "bare.gpkg", [{"x": 1}], [shapely.LineString([(0, 0), (1000 * METRE, 0)])])
    network = read_lines(bare)
    assert network.time_ms.tolist() == [160_000, 160_000]
    lines = [LINE, shapely.LineString([(1, 1), (2, 1)])]
    rows = [{"highway": "footway", "speed_kmh": None}, {"highway": "黄土路", "speed_kmh": 12.0}]
    assert read_lines(save(tmp_path / "own.gpkg", rows, lines)).links == 1


def test_every_fault_of_a_line_file_is_listed(tmp_path: Path) -> None:
    """Unknown classes, speeds that are no speeds, and missing geometry come in one error with row and value."""
    rows = [
        {"class": "highway!", "speed_kmh": None},
        {"class": "primary", "speed_kmh": -5.0},
        {"class": "", "speed_kmh": None},
    ]
    path = save(tmp_path / "bad.gpkg", rows, [LINE, LINE, None])
    with pytest.raises(BadInputError, match="3 faults in the input") as caught:
        read_lines(path)
    assert [(f.code, f.row, f.value) for f in caught.value.faults] == [
        ("no-geometry", 3, ""), ("bad-number", 2, "-5.0"), ("unknown-class", 1, "highway!"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path, "file not found"),
        (lambda path: path.write_bytes(b""), "must be a GeoPackage or another file of lines"),
        (lambda path: path.write_bytes(bytes(range(256)) * 9), "must be a GeoPackage or another file of lines"),
        (lambda path: save(path, [{"a": 1}], [shapely.Point(0, 0)]), "layer roads must hold lines; got Point"),
        (
            lambda path: save(path, [{"a": 1}], [shapely.LineString([(0, 0), (1, 1)])], None),
            "must state its coordinate",
        ),
        (lambda path: save(path, [{"class": "path"}], [shapely.LineString([(0, 0), (1, 1)])]), "none found"),
        (lambda path: save(path, [], []), "must hold lines; got no geometry"),
    ],
)
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_files_that_are_no_roads(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    """Missing, empty, binary, point, unplaced and roadless files each say what is wrong with them."""
    path = tmp_path / "roads.gpkg"
    make(path)
    with pytest.raises(BadInputError, match=message):
        read_lines(path)


def test_a_layer_that_is_not_there(tmp_path: Path) -> None:
    """The error names the layer asked for and those there are."""
    write_lines(web(), tmp_path / "a.gpkg")
    with pytest.raises(BadInputError, match='"tracks": has no such layer; it has roads'):
        read_lines(tmp_path / "a.gpkg", layer="tracks")


def gmns(folder: Path, link: str, config: str = "") -> Path:
    """Write a folder with two nodes 1,000 m apart and one link row."""
    folder.mkdir()
    (folder / "node.csv").write_text(f"node_id,x_coord,y_coord\nA,0,0\nB,{1000 * METRE},0\n")
    (folder / "link.csv").write_text(link)
    if config:
        (folder / "config.csv").write_text(config)
    return folder


@pytest.mark.parametrize(
    ("length", "config", "metres", "ms"),
    [
        ("1.2", "", 1200, 144_000),
        ("1200", "", 1200, 144_000),
        ("", "", 1000, 120_000),
        ("1", "long_length,speed\nmiles,mph\n", 1609.344, 120_000),
        ("3000", "long_length\nft\n", 914.4, 109_728),
    ],
)
def test_gmns_units(tmp_path: Path, length: str, config: str, metres: float, ms: int) -> None:
    """Lengths are km or m as fits the map, or what config.csv says, whose speed unit holds too."""
    head = "link_id,from_node_id,to_node_id,directed,length,free_speed\n"
    network = read_gmns(gmns(tmp_path / "n", f"{head}1,A,B,1,{length},30\n", config))
    assert network.length_m.tolist() == [pytest.approx(metres, abs=1e-3)]
    assert network.time_ms.tolist() == [pytest.approx(ms, abs=1)]


def test_gmns_reversed_geometry_and_default_speed(tmp_path: Path) -> None:
    """With dir_flag -1 the drawing runs from B to A; without free_speed the facility type's truck speed holds."""
    link = (
        "link_id,from_node_id,to_node_id,directed,dir_flag,facility_type,geometry\n"
        f'1,A,B,false,-1,primary,"LINESTRING ({1000 * METRE} 0, {500 * METRE} 0, 0 0)"\n'
    )
    network = read_gmns(gmns(tmp_path / "n", link))
    assert network.xy[:, 0].tolist() == [0, pytest.approx(500 * METRE), pytest.approx(1000 * METRE)]
    assert network.time_ms.tolist() == [round(1000 / 58.5 * 3600)] * 2


def test_every_fault_of_gmns_tables_is_listed(tmp_path: Path) -> None:
    """Unknown nodes, bad truth values, numbers and shapes are all in one error, each with its row."""
    link = (
        "link_id,from_node_id,to_node_id,directed,length,free_speed,geometry\n"
        '1,A,Z,maybe,-1,fast,"POINT (0 0)"\n'
    )  # fmt: skip
    folder = gmns(tmp_path / "n", link)
    with (folder / "node.csv").open("a") as file:
        file.write("A,abc,95\n")
    with pytest.raises(BadInputError, match=r'link.csv row 2, to_node_id = "Z": must be a node_id') as caught:
        read_gmns(folder)
    found = {(f.row, f.column, f.code) for f in caught.value.faults}
    assert found == {
        (4, "x_coord", "bad-number"), (4, "y_coord", "bad-number"), (4, "node_id", "duplicate-id"),
        (2, "to_node_id", "unknown-node"), (2, "directed", "bad-truth"), (2, "free_speed", "bad-number"),
        (2, "length", "bad-number"), (2, "geometry", "bad-geometry"),
    }  # fmt: skip


def test_gmns_tables_missing_or_short_of_columns(tmp_path: Path) -> None:
    """A folder without node.csv, a table without a needed column, and units nobody knows are named."""
    with pytest.raises(BadInputError, match=r"node\.csv: file not found"):
        read_gmns(tmp_path)
    with pytest.raises(BadInputError, match=r"link\.csv row 1, to_node_id: column is missing"):
        read_gmns(gmns(tmp_path / "a", "link_id,from_node_id\n1,A\n"))
    link = "link_id,from_node_id,to_node_id,directed\n1,A,B,1\n"
    with pytest.raises(BadInputError, match=r'config\.csv row 2, long_length = "li": must be one of m,'):
        read_gmns(gmns(tmp_path / "b", link, "long_length\nli\n"))
    with pytest.raises(BadInputError, match="must hold links; none found"):
        read_gmns(gmns(tmp_path / "c", "link_id,from_node_id,to_node_id,directed\n"))


def test_gmns_in_a_projected_system(tmp_path: Path) -> None:
    """Coordinates in UTM zone 49 north, as config.csv states, come out in degrees."""
    folder = gmns(tmp_path / "n", "link_id,from_node_id,to_node_id,directed\n1,A,B,0\n", "crs\nEPSG:32649\n")
    pd.DataFrame({"node_id": ["A", "B"], "x_coord": [5e5, 5e5], "y_coord": [0, 1e5]}).to_csv(folder / "node.csv")
    network = read_gmns(folder)
    np.testing.assert_allclose(network.lon, 111.0, atol=1e-9)
    assert network.lat[1] == pytest.approx(0.9047, abs=1e-3)


def hgt(path: Path, metres: np.ndarray) -> Path:
    """Write a tile, zipped when the name says so."""
    raw = metres.astype(">i2").tobytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(path.stem, raw)
    else:
        path.write_bytes(raw)
    return path


def test_elevation_between_cells_and_over_voids(tmp_path: Path) -> None:
    """On a plane rising 1 m a cell to the east, heights are exact between cells; a void takes its neighbour's."""
    plane = np.tile(np.arange(1201), (1201, 1))
    plane[600, 700] = -32768
    tile = read_hgt(hgt(tmp_path / "N28E109.hgt.zip", plane))
    heights = elevation(tile, np.array([[109 + 0.25 / 1200, 28.3], [109.5, 28.7], [110.2, 28.5]]))
    np.testing.assert_allclose(heights, [0.25, 600, np.nan], atol=1e-6)
    assert abs(tile.metres[600, 700] - 700) <= 1


def test_climbing_is_slower_than_descending(tmp_path: Path) -> None:
    """At a 10 % grade the climb takes 1.35 times and the descent 1.1 times as long; beside the tile nothing changes."""
    cell_m = 1 / METRE / 1200
    hgt(tmp_path / "N00E000.hgt", np.tile(np.rint(np.arange(1201) * cell_m * 0.1), (1201, 1)))
    lines = [shapely.LineString([(x, 0.5) for x in np.linspace(0.1, 0.2, 9)])]
    network = read_lines(save(tmp_path / "a.gpkg", [{"class": "primary"}], lines))
    factor = with_slope(network, tmp_path).time_ms / network.time_ms
    np.testing.assert_allclose(np.sort(factor), [1.1, 1.35], atol=0.003)
    assert network.lon[network.tail[np.argmax(factor)]] == network.lon.min()
    with pytest.raises(BadInputError, match="must cover part of the road network"):
        with_slope(web(), tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("N42E001.hgt", b"123", "must hold 1201 x 1201 or 3601 x 3601 heights of 2 bytes; got 3 bytes"),
        ("N42E001.hgt.zip", b"123", "must be a zip file"),
        ("tile.hgt", b"", "must be named after its south-west corner"),
        ("N42E001.hgt", None, "cannot be read: No such file"),
    ],
)
def test_tiles_that_are_none(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    """Short, unzippable, unnamed and missing tiles each say what is wrong with them."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        read_hgt(tmp_path / name)
