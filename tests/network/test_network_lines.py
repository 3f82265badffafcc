"""Road lines as agencies publish them: not cut at junctions, with gaps, with columns in Chinese, on bridges."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.network import RoadNetwork, read_lines, read_roads, roads_used, travel, with_slope, write_lines
from coldchain.network.geometry import polyline_lengths
from coldchain.network.junctions import CutLines, cut_lines

KM = 1000 / 111_195.0802
Line = list[tuple[float, float]]


def save(path: Path, lines: list[Line], **columns: list[object]) -> Path:
    """Write lines given in km east and north of 0, 0 and their columns."""
    shapes = [shapely.LineString(np.array(line) * KM) for line in lines]
    frame = gpd.GeoDataFrame(columns or {"fclass": ["tertiary"] * len(lines)}, geometry=shapes, crs=4326)
    frame.to_file(path, layer="roads", driver="GPKG")
    return path


def trip(network: RoadNetwork, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Return km and minutes between two nodes, given in km."""
    at = [int(np.hypot(network.lon - x * KM, network.lat - y * KM).argmin()) for x, y in (start, end)]
    way = travel(network, np.array(at[:1]), np.array(at[1:]))
    return float(way.km[0, 0]), float(way.time_h[0, 0] * 60)


def cut(*lines: Line, snap_m: float = 1.0) -> CutLines:
    """Cut lines given in km."""
    start = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    return cut_lines(np.array([point for line in lines for point in line]) * KM, start, snap_m)


def codes(network: RoadNetwork) -> list[str]:
    """Return the codes of a network's warnings."""
    return [fault.code for fault in network.warnings]


def test_lines_meet_where_they_share_a_vertex(tmp_path: Path) -> None:
    """A main road of 10 km and a side road of 4 km from its middle: 9 km and 15 min by 36 km/h, nothing left out."""
    network = read_lines(save(tmp_path / "t.gpkg", [[(0, 0), (5, 0), (10, 0)], [(5, 0), (5, 4)]]))
    assert trip(network, (0, 0), (5, 4)) == pytest.approx((9.0, 15.0), abs=0.01)
    assert roads_used(network).cut_off == ()
    assert network.warnings == ()
    assert (network.nodes, network.links) == (4, 3)


def test_lines_that_cross_without_a_vertex_are_a_bridge(tmp_path: Path) -> None:
    """A crossing without a common vertex is no junction: the second road is cut off, and that is named."""
    network = read_lines(save(tmp_path / "x.gpkg", [[(0, 0), (10, 0)], [(5, -2), (5, 4)]]))
    assert roads_used(network).km_given == pytest.approx(16, abs=0.01)
    assert [round(part.km, 2) for part in roads_used(network).cut_off] == [6.0]


@pytest.mark.parametrize("off_m", [0.0, 0.5, 0.9])
def test_an_end_on_another_line_is_joined_and_named(tmp_path: Path, off_m: float) -> None:
    """A side road that ends on the middle of a stretch, or within a metre of it, meets the main road there."""
    network = read_lines(save(tmp_path / "t.gpkg", [[(0, 0), (10, 0)], [(5, off_m / 1000), (5, 4)]]))
    assert trip(network, (0, 0), (5, 4)) == pytest.approx((9.0, 15.0), abs=0.01)
    assert codes(network) == ["ends-joined"]
    assert f"{off_m:.1f} m at 0.04497, 0.0000" in network.warnings[0].message


@pytest.mark.parametrize("gap_m", [1.5, 3.0, 30.0])
def test_gaps_are_named_and_joined_on_request(tmp_path: Path, gap_m: float) -> None:
    """A gap between two ends is named with its place and left; snapped on request, it is driven like a road."""
    path = save(tmp_path / "g.gpkg", [[(0, 0), (5, 0)], [(5 + gap_m / 1000, 0), (10, 0)]])
    network = read_lines(path)
    assert codes(network) == ["road-gaps"]
    assert f"1 end of a line stops short of another line: {gap_m:.1f} m at 0.0449" in network.warnings[0].message
    assert roads_used(network).share_cut_off == pytest.approx(0.5, abs=0.01)
    network = read_roads(path, snap_m=gap_m + 0.1)
    assert codes(network) == ["ends-joined"]
    assert roads_used(network).cut_off == ()
    assert trip(network, (0, 0), (10, 0))[0] == pytest.approx(10.0, abs=1e-3)


def test_a_dead_end_beside_a_road_of_the_same_network_is_none_of_our_business(tmp_path: Path) -> None:
    """A spur that ends 20 m from the road it left is no gap; 4 m from it, it is named; a stub of 10 m is not."""
    road: Line = [(0, 0), (5, 0), (10, 0)]
    for end, named in ((0.020, []), (0.004, ["road-gaps"])):
        spur: Line = [(5, 0), (5, 1), (7, 1), (7, end)]
        assert codes(read_lines(save(tmp_path / f"{end}.gpkg", [road, spur]))) == named
    assert codes(read_lines(save(tmp_path / "stub.gpkg", [road, [(5, 0), (5, 0.004)]]))) == []


def test_ends_of_three_lines_close_together_become_one_junction() -> None:
    """Three ends within a metre of each other are joined; the way from any to any other is open."""
    made = cut([(0, 0), (5, 0)], [(5, 0.0005), (5, 4)], [(5.0005, 0), (10, 0)])
    graph = nx.Graph(made.ends.T.tolist())
    assert nx.number_connected_components(graph) == 1
    assert made.joined.metres.max() < 1.0


def test_a_line_that_crosses_itself_at_a_vertex_is_cut_there() -> None:
    """A lollipop is a stick and a ring; a repeated vertex is no junction."""
    made = cut([(0, 0), (1, 0), (1, 0), (2, 0), (2, 1), (1, 1), (1, 0)])
    assert made.line.tolist() == [0, 0]
    assert made.ends[0].tolist() != made.ends[1].tolist()
    assert made.ends[0, 1] == made.ends[1, 1] == made.ends[1, 0]


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=6), min_size=1, max_size=6
    )
)  # fmt: skip
def test_cut_lines_against_the_graph_of_their_steps(lines: list[list[tuple[int, int]]]) -> None:
    """On a coarse grid the parts of the cut network are those of the graph of all steps, and no length is lost."""
    steps = [[pair for pair in pairwise(line) if pair[0] != pair[1]] for line in lines]
    kept: list[Line] = [[one[0][0], *(end for _start, end in one)] for one in steps if one]
    made = cut(*kept) if kept else None
    if made is None:
        return
    graph = nx.Graph([(tuple(u), tuple(v)) for one in steps for u, v in one])
    nodes = nx.Graph(made.ends.T.tolist())
    crossing = len(made.joined.metres)
    assert nx.number_connected_components(nodes) <= nx.number_connected_components(graph)
    assert crossing or nx.number_connected_components(nodes) == nx.number_connected_components(graph)
    whole = sum(float(np.hypot(u[0] - v[0], u[1] - v[1])) for one in steps for u, v in one)
    drawn = polyline_lengths(made.xy, made.xy_start).sum() / 1000
    assert drawn == pytest.approx(whole, rel=1e-4)
    assert set(map(tuple, np.rint(made.where / KM).astype(int).tolist())) <= {p for line in kept for p in line} | set(
        map(tuple, np.rint(made.joined.where / KM).astype(int).tolist())
    )


def test_what_is_cut_is_read_back_alike(tmp_path: Path) -> None:
    """A network made of uncut lines, written and read again, has the same nodes, links and times, and no warning."""
    network = read_lines(save(tmp_path / "a.gpkg", [[(0, 0), (5, 0), (10, 0)], [(5, 0), (5, 4)], [(7, 3), (7, 0)]]))
    write_lines(network, tmp_path / "b.gpkg")
    back = read_lines(tmp_path / "b.gpkg")
    assert back.warnings == ()
    assert sorted(back.time_ms) == sorted(network.time_ms)


def test_columns_of_a_chinese_road_table(tmp_path: Path) -> None:
    """Class, limit, one-way and surface are read: 省道 at 49.5 km/h or its limit of 40; 县道 on gravel, one way."""
    path = save(
        tmp_path / "cn.gpkg", [[(0, 0), (1, 0)], [(1, 0), (2, 0)], [(2, 0), (3, 0)]],
        **{
            "道路等级": ["省道", "省道", "县道"], "限速（km/h）": ["60公里/小时", "40", None],
            "单行": ["否", "双向", "是"], "路面类型": ["沥青", "水泥", "砂石"],
            "路名": ["a", "b", "c"], "管养单位": ["甲", "乙", "丙"],
        },
    )  # fmt: skip
    network = read_lines(path)
    kmh = sorted((network.length_m / network.time_ms * 3600).round(1).tolist())
    assert kmh == [27.0, 40.0, 40.0, 49.5, 49.5]
    assert [(f.code, f.message) for f in network.warnings] == [("unused-columns", "columns not used: 管养单位")]


@pytest.mark.parametrize(
    ("words", "kmh"),
    [("国道", 58.5), ("乡道", 22.5), ("四级公路", 22.5), ("机耕路", 9.0), ("track_grade1", 18.0), ("等外", 18.0)],
)
def test_classes_of_chinese_road_tables(tmp_path: Path, words: str, kmh: float) -> None:
    """Roads are as fast as the class that their keeper or their build stands for."""
    network = read_lines(save(tmp_path / "c.gpkg", [[(0, 0), (1, 0)]], 等级=[words]))
    assert (network.length_m / network.time_ms * 3600).round(1).tolist() == [kmh, kmh]


def test_a_general_column_without_known_words_is_named(tmp_path: Path) -> None:
    """A column 类型 that holds no road class is not taken for one, but named; a limit that cannot be read too."""
    path = save(tmp_path / "c.gpkg", [[(0, 0), (1, 0)]], 类型=["甲类"], 限速=["见标志"])
    said = {fault.code: fault.message for fault in read_lines(path).warnings}
    assert said == {
        "unused-columns": "columns not used: 类型",
        "unread-limit": "limits of speed that cannot be read set none: 见标志",
    }


def test_lines_that_are_no_roads_are_counted(tmp_path: Path) -> None:
    """Footways, railways and closed roads are left out, with their number and length."""
    lines: list[Line] = [[(n, 0), (n + 1, 0)] for n in range(4)]
    path = save(
        tmp_path / "c.gpkg", lines, highway=["primary", "footway", "铁路", "service"], access=[None] * 3 + ["no"]
    )
    network = read_lines(path)
    assert (network.links, codes(network)) == (1, ["links-closed"])
    assert network.warnings[0].message.startswith(
        "3 of 4 lines (3.00 km) are not open to lorries and not used: footway"
    )


@pytest.mark.parametrize("bad", [np.inf, -np.inf, 1e5])
def test_coordinates_off_the_earth_are_named_with_their_row(tmp_path: Path, bad: float) -> None:
    """An infinite or impossible coordinate is a fault with row and value."""
    lines = [shapely.LineString([(0, 0), (1, 1)]), shapely.LineString([(0, 0), (bad, 1)])]
    frame = gpd.GeoDataFrame({"class": ["primary", "primary"]}, geometry=lines, crs=4326)
    frame.to_file(tmp_path / "i.gpkg", layer="roads", driver="GPKG")
    with pytest.raises(
        BadInputError, match=rf'i\.gpkg row 2, geometry = "{bad:g} 1": leaves the Earth'.replace("+", r"\+")
    ):
        read_lines(tmp_path / "i.gpkg")


def test_a_detour_that_no_road_has_is_refused(tmp_path: Path) -> None:
    """A hairpin of eight times its line is a road; 40 times a line of a kilometre is not."""
    assert (
        read_lines(save(tmp_path / "a.gpkg", [[(0, 0), (1, 0)]], detour=[8.0])).length_m.round(2).tolist() == [8000] * 2
    )
    with pytest.raises(BadInputError, match=r'row 1, detour = "40": makes a road more than 20 times as long'):
        read_lines(save(tmp_path / "b.gpkg", [[(0, 0), (1, 0)]], detour=[40.0]))


def tile(folder: Path, heights: np.ndarray) -> Path:
    """Write the tile of 0-1 E, 0-1 N with heights in m by column, west to east."""
    (folder / "N00E000.hgt").write_bytes(np.tile(np.rint(heights), (1201, 1)).astype(">i2").tobytes())
    return folder


@pytest.mark.parametrize(
    "columns", [{"bridge": "viaduct"}, {"tunnel": "T"}, {"layer": "1"}, {"隧道": "是"}, {"covered": "yes"}]
)
@pytest.mark.parametrize("pieces", [1, 3])
def test_what_leaves_the_ground_is_level_between_its_ends(tmp_path: Path, columns: dict[str, str], pieces: int) -> None:
    """Under a ridge of 1,000 m, or over a gorge, 10 km take 16.67 min both ways, in one piece or in several."""
    east = np.arange(1201) / 1200 / KM
    ridge = 1000 * np.clip(1 - np.abs(east - 15) / 2.5, 0, 1)
    at = np.linspace(12.4, 17.6, pieces + 1)
    lines: list[Line] = [[(10, 50), (12.4, 50)], [(17.6, 50), (20, 50)]]
    lines += [[(x, 50) for x in np.linspace(a, b, 9)] for a, b in pairwise(at)]
    tags = {key: ["", ""] + [value] * pieces for key, value in columns.items()}
    path = save(tmp_path / "r.gpkg", lines, fclass=["tertiary"] * len(lines), **tags)
    network = with_slope(read_lines(path), tile(tmp_path, ridge))
    for start, end in (((10, 50), (20, 50)), ((20, 50), (10, 50))):
        assert trip(network, start, end)[1] == pytest.approx(10 / 36 * 60, abs=0.02)
    flat = save(tmp_path / "s.gpkg", lines, fclass=["tertiary"] * len(lines))
    assert trip(with_slope(read_lines(flat), tmp_path), (10, 50), (20, 50))[1] > 20.0


def test_a_bridge_between_unequal_banks_climbs_evenly(tmp_path: Path) -> None:
    """From 0 m to 500 m over 5 km of bridge in two unequal pieces the grade is 10 % throughout: 1.35 times up."""
    east = np.arange(1201) / 1200 / KM
    banks = np.where(east < 12.5, 0.0, np.where(east > 17.2, 500.0, -800.0))
    lines: list[Line] = [
        [(12.4, 50), (13.3, 50)],
        [(13.3, 50), (17.4, 50)],
        [(10, 50), (12.4, 50)],
        [(17.4, 50), (20, 50)],
    ]
    path = save(tmp_path / "r.gpkg", lines, fclass=["tertiary"] * 4, bridge=["yes", "yes", "no", ""])
    flat = read_lines(path)
    steep = with_slope(flat, tile(tmp_path, banks))
    up = trip(steep, (12.4, 50), (17.4, 50))[1] / trip(flat, (12.4, 50), (17.4, 50))[1]
    down = trip(steep, (17.4, 50), (12.4, 50))[1] / trip(flat, (17.4, 50), (12.4, 50))[1]
    assert (up, down) == (pytest.approx(1.35, abs=0.01), pytest.approx(1.1, abs=0.01))


def test_level_roads_stay_level_in_files_and_pieces(tmp_path: Path) -> None:
    """The mark of a bridge survives writing, reading and the largest component."""
    lines: list[Line] = [[(0, 0), (1, 0)], [(1, 0), (2, 0)], [(5, 5), (6, 5)]]
    network = read_lines(save(tmp_path / "a.gpkg", lines, bridge=["", "yes", ""], fclass=["primary"] * 3))
    write_lines(network, tmp_path / "b.gpkg")
    assert sorted(read_lines(tmp_path / "b.gpkg").level) == sorted(network.level) == [False, False, True]


def test_check_and_warnings_account_for_the_roads(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Of 16 km 6 are cut off: check says so in a line and in its object, and names the village that lies on them."""
    folder = tmp_path / "county"
    write_tiny(folder, "roads.gpkg")
    save(folder / "roads.gpkg", [[(0, 0), (10, 0)], [(5, -2), (5, 4)]])
    run(["check", str(folder)])
    said = capfd.readouterr()
    assert "roads: 16.0 km given, 10.0 km in use (62.5%), 1 part cut off" in said.out
    assert (
        "6.00 of 16.00 km of the given roads (37.5%; 2 of 4 arcs) are not joined to the rest and not used" in said.err
    )
    assert "V2" in said.err
    run(["check", str(folder), "--json"])
    found = json.loads(capfd.readouterr().out)
    assert found["roads"]["km_given"] == pytest.approx(16, abs=0.01)
    assert found["roads"]["parts_cut_off"] == 1
    assert {"roads-cut-off", "place-cut-off"} <= {row["code"] for row in found["faults"]}


def write_tiny(folder: Path, roads: str) -> None:
    """Write a scenario of two villages, the second beside the road from north to south."""
    folder.mkdir()
    tables = {
        "scenario.toml": (
            f'schema = "coldchain.scenario/1"\nname = "tiny"\ndatum = "wgs84"\n[roads]\nfile = "{roads}"\n'
        ),
        "villages.csv": f"id,name,county,lon,lat\nV1,A,C,{2 * KM},0\nV2,B,C,{5 * KM},{KM}\n",
        "sites.csv": f"id,name,county,lon,lat,status,max_modules\nS1,S,C,{8 * KM},0,candidate,4\n",
        "hubs.csv": f"id,county,lon,lat\nH1,C,{10 * KM},0\n",
        "periods.csv": "id,days,temp_min_c,temp_max_c\np,60,20,30\n",
        "harvest.csv": "village,commodity,period,tonnes\nV1,tomato,p,300\nV2,tomato,p,300\n",
    }
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")


def test_an_import_names_what_it_left_of_the_road_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Footways left out, columns not used and parts cut off are in the account of an import, each once."""
    lines: list[Line] = [[(0, 0), (5, 0)], [(5.003, 0), (10, 0)], [(0, 0), (0, 1)]]
    path = save(tmp_path / "r.gpkg", lines, highway=["tertiary", "tertiary", "footway"], 养护单位=["甲", "乙", "丙"])
    points = f"id,level,name,lon,lat\n1,town,A,{KM / 2},0\n2,village,B,{KM},0\n3,village,C,{4 * KM},0\n"
    (tmp_path / "pts.csv").write_text(points, encoding="utf-8")
    command = ["import", "points", str(tmp_path / "pts.csv"), "--datum", "wgs84", "--roads", str(path)]
    run([*command, "--out", str(tmp_path / "x"), "--json"])
    account = json.loads(capfd.readouterr().out)
    assert (account["roads"]["km_given"], account["roads"]["km_used"]) == pytest.approx((9.997, 5.0), abs=0.01)
    said = "\n".join(account["warnings"])
    for text in (
        "1 of 3 lines (1.00 km) is not open",
        "columns not used: 养护单位",
        "3.0 m at",
        "not joined to the rest",
    ):
        assert said.count(text) == 1
