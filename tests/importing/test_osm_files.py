"""OpenStreetMap files as people have them: any order and version, broken downloads, tags, barriers, places."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from osm_cases import (
    DIRECT,
    LONG_WAY,
    NODE_1,
    NODE_2,
    NODE_3,
    NODE_4,
    NODES,
    ROUND,
    TOWN,
    VILLAGE,
    minutes,
    minutes_on,
    osm_file,
    square,
    tagged,
    way,
)

from coldchain.errors import BadInputError
from coldchain.network import read_lines, read_osm, write_lines
from coldchain.network.lorries import lorry_range

ROAD = way(11, (1, 2, 3))
SHORT_LINK = 17.0


def codes(path: Path) -> list[str]:
    """Return the codes of the warnings of a file."""
    return [fault.code for fault in read_osm(path).network.warnings]


@pytest.mark.parametrize(
    "parts",
    [
        (TOWN, VILLAGE, NODES, ROAD),
        (ROAD, TOWN, VILLAGE, NODES),
        (NODE_1, NODE_2, ROAD, NODE_3, TOWN, VILLAGE),
        tuple(part.replace('id="', 'id="-').replace('ref="', 'ref="-') for part in (TOWN, VILLAGE, NODES, ROAD)),
    ],
    ids=["nodes first", "ways first", "half and half", "negative ids"],
)
def test_the_order_of_elements_does_not_matter(tmp_path: Path, parts: tuple[str, ...]) -> None:
    """Servers and editors write nodes, ways and ids in any order and sign: the road is the same."""
    path = osm_file(tmp_path, *parts)
    assert minutes(path) == (DIRECT, DIRECT)
    assert len(read_osm(path).places) == 2
    assert codes(path) == []


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((way(12, (1, 2, 3), attributes='action="delete" version="3"'),), ROUND),
        ((way(12, (1, 2, 3), attributes='visible="false" version="3"'),), ROUND),
        ((ROAD.replace('"11"', '"12"'), way(12, (), attributes='version="2" visible="false"', highway="")), ROUND),
        ((way(12, (), attributes='version="2" visible="false"', highway=""), way(12, (1, 2, 3))), ROUND),
        ((way(12, (1, 2, 3), attributes='version="1"'), way(12, (1, 2), attributes='version="2"', highway="")), ROUND),
        ((way(12, (1, 4, 3), attributes='version="1"'), way(12, (1, 2, 3), attributes='version="2"')), DIRECT),
        (('<node id="-5" lat="28.0089932" lon="110.0509272"/>', way(-12, (1, -5, 3), attributes='action="modify"')),
         SHORT_LINK),
        (("<delete>", way(12, (1, 2, 3)), "</delete>"), ROUND),
    ],
    ids=["deleted in the editor", "deleted on the server", "deleted later", "deleted later, newest first",
         "no road any more", "drawn anew", "drawn in the editor", "change file"],
)  # fmt: skip
def test_the_newest_visible_version_counts(tmp_path: Path, parts: tuple[str, ...], expected: float) -> None:
    """What was deleted is not there; of several versions the newest decides, in whatever order they stand."""
    path = osm_file(tmp_path, TOWN, VILLAGE, NODES, way(11, (1, 4, 3)), *parts)
    assert minutes(path) == (expected, expected)


def test_versions_of_nodes(tmp_path: Path) -> None:
    """A node that moved lies where its newest version has it; a place whose tags went is no place any more."""
    moved = '<node id="2" version="2" lat="28.0539592" lon="110.0509272"/>'
    former = VILLAGE.replace('id="902"', 'id="902" version="1"')
    path = osm_file(tmp_path, TOWN, former, moved, NODE_1, NODE_2.replace('id="2"', 'id="2" version="1"'), NODE_3, ROAD,
                    '<node id="902" version="2" lat="28.0" lon="110.1018543"/>')  # fmt: skip
    assert minutes(path) == (ROUND, ROUND)
    assert read_osm(path).places["name"].to_list() == ["甲镇"]


def test_ways_that_carry_their_places(tmp_path: Path) -> None:
    """A way with coordinates of its own (Overpass: out geom) needs no nodes."""
    text = ROAD.replace('ref="1"', 'ref="1" lat="28" lon="110"')
    text = text.replace('ref="2"', 'ref="2" lat="28" lon="110.0509272"')
    path = osm_file(tmp_path, text.replace('ref="3"', 'ref="3" lat="28" lon="110.1018543"'))
    assert minutes(path) == (DIRECT, DIRECT)


def pbf_file(folder: Path, sign: int = 1, *, history: bool = False) -> Path:
    """Write the direct road as PBF; with history a primary road beside it that was deleted."""
    import osmium

    kind = osmium.io.File(str(folder / "map.osm.pbf"))
    kind.has_multiple_object_versions = history
    writer = osmium.SimpleWriter(kind)
    mutable = osmium.osm.mutable
    for number, lon in ((1, 110.0), (2, 110.0509272), (3, 110.1018543)):
        writer.add_node(mutable.Node(id=sign * number, version=1, visible=True, location=(lon, 28.0)))
    nodes = [sign * number for number in (1, 2, 3)]
    writer.add_way(mutable.Way(id=sign * 11, version=1, visible=True, nodes=nodes, tags={"highway": "tertiary"}))
    for version, visible in ((1, True), (2, False)) if history else ():
        faster = mutable.Way(id=12, version=version, visible=visible, nodes=nodes, tags={"highway": "primary"})
        writer.add_way(faster)
    writer.close()
    return folder / "map.osm.pbf"


@pytest.mark.parametrize(("sign", "history"), [(1, False), (-1, False), (1, True)])
def test_pbf_with_ids_below_zero_and_versions(tmp_path: Path, sign: int, history: bool) -> None:
    """A PBF of an editor or an archive gives the roads of the plain one."""
    assert minutes(pbf_file(tmp_path, sign, history=history)) == (DIRECT, DIRECT)


def test_pbf_whose_ways_carry_their_places(tmp_path: Path) -> None:
    """A PBF without nodes, with locations on its ways, gives the same roads."""
    import osmium

    plain = pbf_file(tmp_path)
    located = tmp_path / "located.osm.pbf"
    writer = osmium.SimpleWriter(osmium.io.File(str(located), "pbf,locations_on_ways=true"))
    for item in osmium.FileProcessor(str(plain)).with_locations():
        if item.is_way():
            writer.add_way(item)
    writer.close()
    assert minutes(located) == (DIRECT, DIRECT)


def test_nodes_that_are_not_in_the_file_are_counted(tmp_path: Path) -> None:
    """A road with a node that is missing is interrupted there, and the warning says how many nodes and roads."""
    path = osm_file(tmp_path, NODES, way(11, (1, 2, 99, 3)), LONG_WAY)
    (fault,) = read_osm(path).network.warnings
    assert (fault.code, fault.warning) == ("missing-nodes", True)
    assert "1 node of 1 roads is not in the file" in fault.message
    assert minutes(path) == (ROUND, ROUND)


def test_roads_without_any_node(tmp_path: Path) -> None:
    """Ways alone, as a download without nodes has them, are refused with what to do."""
    with pytest.raises(BadInputError, match="holds roads but not the nodes they run through"):
        read_osm(osm_file(tmp_path, ROAD))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_cut_file_is_refused(tmp_path: Path, pack: type[bytes]) -> None:
    """Plain or packed, a file that ends too soon is refused, not read as far as it goes."""
    whole = osm_file(tmp_path, NODES, ROAD).read_bytes()
    for content in (whole[:-8], whole[:-40], pack(whole)[:-12]):
        (tmp_path / "cut.osm").write_bytes(content)
        with pytest.raises(BadInputError, match="the file ends too soon"):
            read_osm(tmp_path / "cut.osm")
    (tmp_path / "packed.osm").write_bytes(pack(whole))
    assert minutes(tmp_path / "packed.osm") == (DIRECT, DIRECT)


def test_a_cut_pbf_is_refused(tmp_path: Path) -> None:
    """A PBF that ends within a block is refused with the same words."""
    path = pbf_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BadInputError, match="the file ends too soon"):
        read_osm(tmp_path / "map.osm.pbf")


def test_a_download_that_timed_out_is_refused(tmp_path: Path) -> None:
    """Overpass says so in a remark at the end; the line and the remark are given."""
    remark = '<remark> runtime error: Query timed out in "query" at line 5 after 181 seconds. </remark>'
    with pytest.raises(BadInputError, match=r"row 2, remark = .runtime error.*the server broke the download off"):
        read_osm(osm_file(tmp_path, NODES, ROAD, remark))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><body>429 Too Many Requests</body></html>", "its outermost element is <html>"),
        (b'{"version": 0.6, "elements": []}', "must be OpenStreetMap data"),
        (b'<!DOCTYPE osm [<!ENTITY a "x">]><osm/>', "it declares entities"),
        (b'<osm><node id="1" lat="999" lon="110"/></osm>', r'row 1, lat = "999": must be a number within ±90 degrees'),
        (b'<osm><node id="1" lat="28" lon="nan"/></osm>', r'lon = "nan": must be a number within ±180 degrees'),
        (b'<osm><node id="1e3" lat="28" lon="110"/></osm>', r'id = "1e3": must be a whole number'),
        (b'<osm><way id="1"><nd/></way></osm>', "ref: must be a whole number"),
    ],
)
def test_what_is_no_map_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """Error pages, other formats, entities and coordinates that are none are bad input, with line and value."""
    (tmp_path / "map.osm").write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        read_osm(tmp_path / "map.osm")


def test_files_that_unpack_beyond_measure_are_refused(tmp_path: Path) -> None:
    """A few KiB that unpack to hundreds of MiB are not read to their end."""
    with gzip.open(tmp_path / "map.osm.gz", "wb") as file:
        file.write(b"<osm>")
        for _n in range(80):
            file.write(b" " * (1 << 20))
    with pytest.raises(BadInputError, match="unpacks to more than 200 times its size"):
        read_osm(tmp_path / "map.osm.gz")


BOTH, THERE, BACK, NEITHER = (DIRECT, DIRECT), (DIRECT, ROUND), (ROUND, DIRECT), (ROUND, ROUND)
TAGS = [
    ({}, BOTH),
    ({"oneway": "yes"}, THERE),
    ({"oneway": "-1"}, BACK),
    ({"oneway": "yes", "oneway:motor_vehicle": "no"}, THERE),
    ({"oneway:hgv": "yes"}, THERE),
    ({"oneway:motor_vehicle": "-1"}, BACK),
    ({"oneway:bicycle": "yes"}, BOTH),
    ({"hgv": "delivery"}, BOTH),
    ({"access": "no", "psv": "yes"}, NEITHER),
    ({"access": "no;private"}, NEITHER),
    ({"access": "no;destination"}, BOTH),
    ({"motor_vehicle:backward": "no"}, THERE),
    ({"vehicle:forward": "no"}, BACK),
    ({"hgv:forward": "no"}, BACK),
    ({"access:backward": "private"}, THERE),
    ({"access": "no", "hgv:forward": "yes"}, THERE),
    ({"access:hgv": "no"}, NEITHER),
    ({"vehicle": "no", "hgv": "yes"}, BOTH),
    ({"maxweight": "2"}, NEITHER),
    ({"maxweight": "3.5 t"}, NEITHER),
    ({"maxweight": "2000 kg"}, NEITHER),
    ({"maxweight": "10;3,5"}, NEITHER),
    ({"maxweight": "7.5"}, BOTH),
    ({"maxweight": "none"}, BOTH),
    ({"maxweight:backward": "3.5"}, THERE),
    ({"maxweightrating:hgv": "3.5"}, NEITHER),
    ({"maxheight": "1.9"}, NEITHER),
    ({"maxheight": "7'6&quot;"}, NEITHER),
    ({"maxheight": "default"}, BOTH),
    ({"maxheight:physical": "2.5"}, NEITHER),
    ({"maxwidth": "2 m"}, NEITHER),
    ({"maxlength": "5"}, NEITHER),
    ({"maxaxleload": "2"}, NEITHER),
    ({"smoothness": "impassable"}, NEITHER),
    ({"maxspeed": "80", "maxspeed:hgv": "20"}, NEITHER),
    ({"maxspeed:forward": "20", "maxspeed:backward": "10"}, NEITHER),
    ({"maxspeed:forward": "20"}, BACK),
    ({"maxspeed:hgv:backward": "20"}, THERE),
    ({"maxspeed": "20;30"}, NEITHER),
    ({"maxspeed": "10 mph"}, NEITHER),
]


@pytest.mark.parametrize(("given", "expected"), TAGS, ids=str)
def test_tags_say_where_a_lorry_may_drive(tmp_path: Path, given: dict[str, str], expected: tuple[float, float]) -> None:
    """Where the direct road is closed or slow, in one direction or both, the truck drives the way round."""
    assert minutes(osm_file(tmp_path, NODES, way(11, (1, 2, 3), tagged(given)), LONG_WAY)) == expected


BARRIERS = [
    ({"barrier": "bollard"}, NEITHER),
    ({"barrier": "block"}, NEITHER),
    ({"barrier": "gate"}, BOTH),
    ({"barrier": "gate", "access": "private"}, NEITHER),
    ({"barrier": "gate", "motor_vehicle": "no"}, NEITHER),
    ({"barrier": "gate", "access": "no", "hgv": "yes"}, BOTH),
    ({"barrier": "gate", "locked": "yes"}, NEITHER),
    ({"barrier": "bollard", "bollard": "rising"}, BOTH),
    ({"barrier": "height_restrictor", "maxheight": "2"}, NEITHER),
    ({"barrier": "height_restrictor", "maxheight": "3.5"}, BOTH),
    ({"barrier": "toll_booth"}, BOTH),
    ({"maxheight": "2.2"}, NEITHER),
]


@pytest.mark.parametrize(("given", "expected"), BARRIERS, ids=str)
def test_barriers_on_the_road(tmp_path: Path, given: dict[str, str], expected: tuple[float, float]) -> None:
    """A node that stops the lorry cuts the road; written as lines and read again it is still cut there."""
    barrier = NODE_2.replace("/>", f">{tagged(given)}</node>")
    path = osm_file(tmp_path, NODE_1, barrier, NODE_3, NODE_4, way(11, (1, 2, 3)), LONG_WAY)
    network = read_osm(path).network
    assert minutes_on(network) == expected
    write_lines(network, tmp_path / "roads.gpkg")
    assert minutes_on(read_lines(tmp_path / "roads.gpkg")) == pytest.approx(expected, abs=0.01)
    assert ("barriers" in codes(path)) == (expected == NEITHER)


def test_a_barrier_at_a_crossing_closes_every_arm(tmp_path: Path) -> None:
    """Where roads meet at a bollard none leads on, yet each is driven up to it."""
    barrier = NODE_2.replace("/>", f"{tagged({'barrier': 'bollard'})}</node>".join((">", "")))
    path = osm_file(
        tmp_path, NODE_1, barrier, NODE_3, NODE_4, way(11, (1, 2)), way(13, (2, 3)), way(14, (2, 4)), LONG_WAY
    )
    network = read_osm(path).network
    assert minutes_on(network) == NEITHER
    assert (network.nodes, network.links) == (6, 5)


def test_limits_are_held_against_the_lorries_on_offer(tmp_path: Path) -> None:
    """3.5 t stop the light truck of 4.5 t, not the mini truck; 10 t are told of where a heavy truck is on offer."""
    limited = osm_file(tmp_path, NODES, way(11, (1, 2, 3), tagged({"maxweight": "3.5"})), LONG_WAY)
    light, mini = lorry_range([1500.0]), lorry_range([800.0, 800.0])
    assert minutes_on(read_osm(limited, lorries=light).network) == NEITHER
    assert minutes_on(read_osm(limited, lorries=mini).network) == BOTH
    bridge = osm_file(tmp_path, NODES, way(11, (1, 2, 3), tagged({"maxweight": "10"})), LONG_WAY)
    assert read_osm(bridge, lorries=light).network.warnings == ()
    (fault,) = read_osm(bridge, lorries=lorry_range([11_000.0, 1500.0])).network.warnings
    assert fault.code == "closed-to-heaviest"
    assert "10.00 km are planned as open to all" in fault.message


def test_what_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    """Turn restrictions, ferries, unreadable limits and rules for certain hours each give one warning."""
    turn = (
        '<relation id="1"><member type="way" ref="11" role="from"/><member type="node" ref="2" role="via"/>'
        f'<member type="way" ref="13" role="to"/>{tagged({"type": "restriction", "restriction": "no_straight_on"})}'
        "</relation>"
    )
    ferry = way(21, (3, 4), tagged({"route": "ferry", "name": "沅江渡口"}), highway="")
    rules = tagged({"maxweight": "see sign", "hgv:conditional": "no @ (22:00-06:00)"})
    path = osm_file(tmp_path, NODES, way(11, (1, 2)), way(13, (2, 3), rules), turn, ferry)
    messages = {fault.code: fault.message for fault in read_osm(path).network.warnings}
    assert messages["turn-restrictions"].startswith("1 turn restriction is left out")
    assert "沅江渡口 (w21)" in messages["ferries"]
    assert "maxweight=see sign" in messages["unread-limits"]
    assert messages["conditional"].startswith("1 road has rules for certain hours")
    assert minutes(path) == BOTH


def area(number: int, first: int, **given: str) -> str:
    """Return a closed way around the square that begins at a node."""
    return way(number, (first, first + 1, first + 2, first + 3, first), tagged(given), highway="")


def relation(number: int, members: str, **given: str) -> str:
    """Return a relation."""
    return f'<relation id="{number}">{members}{tagged({"type": "multipolygon", **given})}</relation>'


OUTER = '<member type="way" ref="31" role="outer"/>'
INSIDE = '<node id="903" lat="28.002" lon="110.1038914"><tag k="place" v="village"/><tag k="name" v="新民村"/></node>'
HERE, THERE_60 = 110.1018543, 110.611126
PLACED = [
    ("twins", (INSIDE, square(21, THERE_60), area(31, 21, place="village", name="新民村")), ["n903", "w31"], 0),
    ("same place", (INSIDE, square(21, HERE), area(31, 21, place="village", name="新民村")), ["n903"], 1),
    ("two areas", (square(21, HERE), square(41, 110.5), area(31, 21, place="village", name="新民村"),
                   area(32, 41, place="village", name="新民村")), ["w31", "w32"], 0),
    ("suburb of the name", (INSIDE, square(21, HERE), area(31, 21, place="suburb", name="新民村")), ["n903", "w31"], 0),
    ("hamlet in a village area", (INSIDE, square(21, HERE), area(31, 21, place="hamlet", name="新民村")), ["n903"], 1),
    ("relation", (square(21, HERE), area(31, 21), relation(1, OUTER, place="village", name="丙村")), ["r1"], 0),
    ("relation before its way", (relation(1, OUTER, place="village", name="丙村"), square(21, HERE), area(31, 21)),
     ["r1"], 0),
    ("relation and its centre", (INSIDE, square(21, THERE_60), area(31, 21),
      relation(1, OUTER + '<member type="node" ref="903" role="admin_centre"/>', place="village", name="Xinmin")),
     ["n903"], 1),
    ("relation of a way", (square(21, HERE), area(31, 21, place="village", name="丙村"),
                           relation(1, OUTER, place="village", name="丙村")), ["w31"], 1),
]  # fmt: skip


@pytest.mark.parametrize(("_kind", "parts", "ids", "merged"), PLACED, ids=[row[0] for row in PLACED])
def test_distance_and_kind_decide_what_is_one_place(
    tmp_path: Path, _kind: str, parts: tuple[str, ...], ids: list[str], merged: int
) -> None:
    """Elements of one name are one place only where one lies in the other and both are of a kind."""
    extract = read_osm(osm_file(tmp_path, NODES, ROAD, *parts))
    assert extract.places["id"].to_list() == ids
    assert [place.kept for place in extract.merged] == ids[:1] * merged


def test_a_place_without_its_outline_is_named(tmp_path: Path) -> None:
    """A relation whose ways are not in the file cannot be placed; it is named, not dropped."""
    path = osm_file(tmp_path, NODES, ROAD, relation(7, OUTER, place="village", name="丙村"))
    (fault,) = read_osm(path).network.warnings
    assert fault.code == "unplaced"
    assert "丙村 (r7)" in fault.message
