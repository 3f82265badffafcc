"""GMNS networks as they are published: units told by the drawn lines, uses, directions, geometry in its own table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from coldchain.errors import BadInputError
from coldchain.network import (
    RoadNetwork,
    largest_strong_component,
    read_gmns,
    read_lines,
    travel,
    write_gmns,
    write_lines,
)
from coldchain.network.lengths import METRES

KM = 1000 / 111_195.0802
NODES = f"node_id,x_coord,y_coord\nA,0,0\nB,{KM},0\nC,{2 * KM},0\n"
PAIRS = (("A", "B"), ("B", "A"), ("B", "C"), ("C", "B"))


def folder_of(
    path: Path, header: str, rows: Iterable[str], *, config: str = "", nodes: str = NODES, **tables: str
) -> Path:
    """Write a GMNS folder: three nodes 1 km apart in a row, and the links given after their two ends."""
    path.mkdir()
    (path / "node.csv").write_text(nodes, encoding="utf-8")
    lines = [f"link_id,from_node_id,to_node_id,{header}".rstrip(","), *rows]
    (path / "link.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, text in {"config": config, **tables}.items():
        if text:
            (path / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def both_ways(cells: str | Sequence[str]) -> list[str]:
    """Return the rows of both roads in both directions, one row each; ``cells`` follow the two ends."""
    texts = [cells] * len(PAIRS) if isinstance(cells, str) else cells
    return [f"{i},{u},{v},{text}".rstrip(",") for i, ((u, v), text) in enumerate(zip(PAIRS, texts, strict=True))]


def km_between(network: RoadNetwork, start: str, end: str) -> float:
    """Return the kilometres of the fastest drive between two of the nodes A, B, C; infinite when there is none."""
    at = [int(np.argmin(np.abs(network.lon - "ABC".index(name) * KM))) for name in (start, end)]
    return float(travel(network, np.array(at[:1]), np.array(at[1:])).km[0, 0])


@pytest.mark.parametrize("unit", ["m", "km", "mile", "ft"])
@pytest.mark.parametrize("stated", [True, False])
def test_lengths_in_any_unit(tmp_path: Path, unit: str, *, stated: bool) -> None:
    """Roads of 1 km are 1 km long whatever their unit, stated in config.csv or told by the drawn lines."""
    rows = both_ways(f"1,{1000 / METRES[unit]:.6g}")
    folder = folder_of(tmp_path / "n", "directed,length", rows, config=f"long_length\n{unit}\n" if stated else "")
    network = read_gmns(folder)
    np.testing.assert_allclose(network.length_m, 1000.0, atol=0.01)
    assumed = [fault.code for fault in network.warnings]
    assert assumed == ([] if stated else ["unit-assumed"])


@pytest.mark.parametrize("unit", ["m", "km", "mile", "ft"])
@pytest.mark.parametrize("called", ["m", "km", "mile", "ft"])
def test_a_unit_that_the_lines_contradict_is_refused(tmp_path: Path, unit: str, called: str) -> None:
    """Whatever unit the lengths are in, config.csv may not call it another; the message names the likely one."""
    rows = both_ways(f"1,{1000 / METRES[unit]:.6g}")
    folder = folder_of(tmp_path / "n", "directed,length", rows, config=f"long_length\n{called}\n")
    if unit == called:
        np.testing.assert_allclose(read_gmns(folder).length_m, 1000.0, atol=0.01)
        return
    with pytest.raises(BadInputError, match=rf"link\.csv row 2, length = .* but the drawn lines say {unit}:"):
        read_gmns(folder)


def test_one_row_in_another_unit_is_named(tmp_path: Path) -> None:
    """In a file in km the row of 1200 is refused, and metres are guessed; the other rows stand."""
    rows = both_ways(["1,1.2", "1,1200", "1,1.1", "1,1.1"])
    folder = folder_of(tmp_path / "n", "directed,length", rows, config="long_length\nkm\n")
    with pytest.raises(BadInputError, match=r'row 3, length = "1200": 1200 km contradicts.*was m meant') as caught:
        read_gmns(folder)
    assert [(f.row, f.code) for f in caught.value.faults] == [(3, "bad-length")]


@pytest.mark.parametrize("metres", [0, 300, 700, 21_000])
def test_a_length_that_no_road_has_is_refused(tmp_path: Path, metres: int) -> None:
    """Between ends 1 km apart a road is neither shorter than the straight line nor twenty times as long."""
    folder = folder_of(tmp_path / "n", "directed,length_m", both_ways(["1,1000", f"1,{metres}", "1,1000", "1,1000"]))
    with pytest.raises(BadInputError, match=rf'row 3, length_m = "{metres}": {metres} m contradicts the line'):
        read_gmns(folder)


def test_a_hairpin_is_no_fault_and_survives_our_own_files(tmp_path: Path) -> None:
    """A road of 8 km between ends 1 km apart is read, and read back from both formats that we write."""
    rows = [*both_ways(["1,8", "1,8", "1,1.1", "1,1.1"])]
    network = read_gmns(folder_of(tmp_path / "n", "directed,length", rows, config="long_length\nkm\n"))
    write_gmns(network, tmp_path / "again")
    write_lines(network, tmp_path / "roads.gpkg")
    for back in (network, read_gmns(tmp_path / "again"), read_lines(tmp_path / "roads.gpkg")):
        assert km_between(back, "A", "C") == pytest.approx(9.1, abs=1e-6)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("allowed_uses", "walk;bike"),
        ("allowed_uses", '"WALK, BIKE"'),
        ("allowed_uses", "bus"),
        ("allowed_uses", "nonmotor"),
        ("facility_type", "SIDEWALK"),
        ("facility_type", "Crosswalk"),
        ("facility_type", "BIKEWAY"),
        ("facility_type", "off-street path"),
        ("facility_type", "footway"),
        ("lanes", "0"),
    ],
)
def test_links_that_no_lorry_may_use(tmp_path: Path, header: str, cells: str) -> None:
    """Walks, bikeways and links without a motor lane are not driven, and a warning counts them by their words."""
    folder = folder_of(
        tmp_path / "n", f"directed,length_m,{header}",
        both_ways(["1,1000,2" if header == "lanes" else "1,1000,"] * 2 + [f"1,1000,{cells}"] * 2),
        use_group="use_group,uses\nnonmotor,\"walk, bike\"\n",
    )  # fmt: skip
    network = read_gmns(folder)
    assert largest_strong_component(network).lon.max() == pytest.approx(KM)
    assert [(f.code, f.column) for f in network.warnings] == [("links-closed", header)]
    assert "2 of 4 links" in network.warnings[0].message


@pytest.mark.parametrize("uses", ["", "ALL", '"AUTO, BIKE"', "auto;truck", "motor_vehicle", "everyone", "sedan"])
def test_links_that_a_lorry_may_use(tmp_path: Path, uses: str) -> None:
    """No uses, motor uses, groups of them, and words that nobody knows leave a road open; the last with a warning."""
    folder = folder_of(
        tmp_path / "n", "directed,length_m,allowed_uses", both_ways(f"1,1000,{uses}"),
        use_group="use_group,uses\neveryone,\"walk, car\"\n",
    )  # fmt: skip
    network = read_gmns(folder)
    assert km_between(network, "A", "C") == pytest.approx(2.0)
    assert [f.code for f in network.warnings] == (["unknown-use"] if uses == "sedan" else [])


def test_where_some_rows_name_lorries_cars_alone_do_not_let_them_in(tmp_path: Path) -> None:
    """A network with car and truck as two uses closes its car roads to lorries."""
    rows = both_ways(["1,1000,car;truck", "1,1000,car;truck", "1,1000,car", "1,1000,car"])
    network = read_gmns(folder_of(tmp_path / "n", "directed,length_m,allowed_uses", rows))
    assert largest_strong_component(network).lon.max() == pytest.approx(KM)


@pytest.mark.parametrize(
    ("header", "cell", "two_way"),
    [
        ("", "", False),
        ("directed", "", False),
        ("dir_flag", "1", False),
        ("dir_flag", "-1", False),
        ("dir_flag", "0", True),
        ("directed", "true", False),
        ("directed", "FALSE", True),
        ("directed,dir_flag", "1,0", False),
        ("directed,dir_flag", "0,1", True),
    ],
)
def test_directions(tmp_path: Path, header: str, cell: str, *, two_way: bool) -> None:
    """Without ``directed`` each row is one way, unless dir_flag is 0; ``directed`` decides where it is given."""
    network = read_gmns(folder_of(tmp_path / "n", header, [f"1,A,B,{cell}".rstrip(",")]))
    assert (network.arcs, network.links) == (2 if two_way else 1, 1)
    assert network.lon[network.tail[network.forward]].tolist() == [0.0]


@pytest.mark.parametrize("flag", ["1", "-1", "0", ""])
def test_lines_run_from_the_first_node_whatever_the_flag_says(tmp_path: Path, flag: str) -> None:
    """A line drawn from B to A is turned round for the link from A to B, and is as long as it is drawn."""
    wkt = f'"LINESTRING ({KM} 0, {KM / 2} {KM}, 0 0)"'
    network = read_gmns(folder_of(tmp_path / "n", "directed,dir_flag,geometry", [f"1,A,B,1,{flag},{wkt}"]))
    assert network.xy[:, 0].tolist() == [0.0, KM / 2, KM]
    assert network.length_m.sum() == pytest.approx(2 * np.hypot(500, 1000), rel=1e-4)


def test_geometry_in_a_table_of_its_own(tmp_path: Path) -> None:
    """Lines of geometry.csv are followed, both ways along one line; a link without one is straight."""
    rows = ["1,A,B,1,g1", "2,B,A,1,g1", "3,B,C,0,"]
    table = f'geometry_id,geometry\ng1,"LINESTRING (0 0, {KM / 2} {KM}, {KM} 0)"\n'
    network = read_gmns(folder_of(tmp_path / "n", "directed,geometry_id", rows, geometry=table))
    assert km_between(network, "A", "C") == pytest.approx(2 * np.hypot(0.5, 1) + 1, rel=1e-4)
    assert km_between(network, "C", "A") == pytest.approx(2 * np.hypot(0.5, 1) + 1, rel=1e-4)
    with pytest.raises(BadInputError, match=r'row 2, geometry_id = "g2": must be a geometry_id of geometry'):
        read_gmns(folder_of(tmp_path / "m", "directed,geometry_id", ["1,A,B,1,g2"], geometry=table))
    network = read_gmns(folder_of(tmp_path / "o", "directed,geometry_id", ["1,A,B,1,g2"]))
    assert [f.code for f in network.warnings] == ["missing-file"]


def test_only_ends_are_needed(tmp_path: Path) -> None:
    """Everything that the specification leaves optional may be left out; NaN and NULL are empty cells."""
    network = read_gmns(folder_of(tmp_path / "n", "", both_ways("")))
    assert network.time_ms.tolist() == [160_000] * 4
    assert network.warnings == ()
    names = ("directed", "length", "free_speed", "facility_type", "allowed_uses", "lanes", "dir_flag", "geometry")
    rows = both_ways("NaN,NULL,nan,,None,,NaN,null")
    assert read_gmns(folder_of(tmp_path / "m", ",".join(names), rows)).time_ms.tolist() == [160_000] * 4


def test_columns_and_facility_types_not_understood_are_named(tmp_path: Path) -> None:
    """A toll and a capacity are named as not used; a facility type nobody knows drives at 22.5 km/h, said so."""
    rows = both_ways("1,arterial,3,1800")[:2] + both_ways("1,HOT,,")[2:]
    network = read_gmns(folder_of(tmp_path / "n", "directed,facility_type,toll,capacity", rows))
    said = {fault.code: fault.message for fault in network.warnings}
    assert said["unused-columns"] == "columns not used: toll, capacity"
    assert said["unknown-class"].startswith("2 links have no free_speed")
    assert sorted(set((network.length_m / network.time_ms * 3600).round(1))) == [22.5, 58.5]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_as_spreadsheets_save_them(tmp_path: Path, encoding: str, separator: str) -> None:
    """Names of roads in Chinese are read in the three encodings and with the three separators of spreadsheets."""
    folder = folder_of(tmp_path / "n", "directed,NAME", both_ways("1,省道"))
    text = (folder / "link.csv").read_text(encoding="utf-8").replace(",", separator)
    (folder / "link.csv").write_bytes(text.encode(encoding))
    assert read_gmns(folder).links == 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("node.csv", None, r"node\.csv: cannot be read: Is a directory"),
        ("config.csv", "crs\nEPSG:999999\n", r'config\.csv row 2, crs = "EPSG:999999": is not a known coordinate'),
        ("config.csv", "speed\nknots\n", r'row 2, speed = "knots": must be one of'),
        ("link.csv", "link_id,from_node_id,to_node_id,geometry\n1,A,B,LINESTRING EMPTY\n", "at least two points"),
        ("link.csv", 'link_id,from_node_id,to_node_id,geometry\n1,A,B,"LINESTRING (0 0, inf 0)"\n', "row 2, geometry"),
        ("link.csv", 'link_id,from_node_id,to_node_id,geometry\n1,A,B,"LINESTRING (0 0, 1 0)"\n', "more than 500 m"),
        ("link.csv", "link_id,from_node_id,to_node_id,dir_flag\n1,A,B,2\n", 'row 2, dir_flag = "2": must be 1'),
        ("link.csv", "link_id,from_node_id,to_node_id\n1,A,B,surplus\n", "must be a csv table"),
        ("link.csv", "link_id,from_node_id,to_node_id,facility_type\n1,A,B,footway\n", "open to lorries; none found"),
        ("link.csv", "", "must be a csv table"),
        ("node.csv", "node_id,x_coord,y_coord\nA,inf,0\nB,1,\n", r'row 2, x_coord = "inf".*\n.*row 3, y_coord: must'),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_read(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    """Folders for files, unknown systems, empty, infinite and misplaced lines are faults with file, row and value."""
    folder = folder_of(tmp_path / "n", "", both_ways(""))
    (folder / name).unlink(missing_ok=True)
    if content is None:
        (folder / name).mkdir()
    else:
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError, match=message):
        read_gmns(folder)


def test_a_projected_system_with_lines(tmp_path: Path) -> None:
    """Nodes and lines in UTM zone 49 north come to the same places; a node off the Earth is named."""
    nodes = "node_id,x_coord,y_coord\nA,500000,3000000\nB,501000,3000000\nC,502000,3000000\n"
    wkt = '"LINESTRING (500000 3000000, 500500 3000200, 501000 3000000)"'
    folder = folder_of(
        tmp_path / "n", "geometry,length", [f"1,A,B,{wkt},1077", "2,B,A,,1000", "3,B,C,,1000"],
        config="crs,long_length\nEPSG:32649,m\n", nodes=nodes,
    )  # fmt: skip
    network = read_gmns(folder)
    assert network.lon.min() == pytest.approx(111.0, abs=1e-9)
    assert sorted(network.length_m.round()) == [1000, 1000, 1077]
    nodes = nodes.replace("501000,3000000", "900000000,3000000")
    folder = folder_of(tmp_path / "m", "", both_ways(""), config="crs\nEPSG:32649\n", nodes=nodes)
    with pytest.raises(BadInputError, match=r"row 3, x_coord = .*lies nowhere on Earth in EPSG:32649"):
        read_gmns(folder)
