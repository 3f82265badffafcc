"""OpenStreetMap files: a hand-drawn one, real extracts of Andorra and of farm country, and broken ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from coldchain.errors import BadInputError
from coldchain.network import (
    OsmExtract,
    largest_strong_component,
    read_lines,
    read_osm,
    read_roads,
    snap_places,
    to_networkx,
    travel,
    with_slope,
    write_lines,
)
from coldchain.network.graph import MS_PER_H

DRAWN = """<osm version="0.6">
 <node id="1" lat="0.00" lon="0.00"/><node id="2" lat="0.00" lon="0.01"/><node id="3" lat="0.00" lon="0.02"/>
 <node id="4" lat="0.01" lon="0.01"/><node id="5" lat="-0.01" lon="0.01"/>
 <node id="6" lat="0.01" lon="0.02"><tag k="place" v="village"/><tag k="name" v="Pingxi"/><tag k="name:zh" v="平溪"/>
  <tag k="population" v="1,200"/></node>
 <node id="7" lat="0.03" lon="0.02"><tag k="place" v="country"/></node>
 <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
 <way id="11"><nd ref="4"/><nd ref="2"/><nd ref="5"/><nd ref="99"/><tag k="highway" v="track"/>
  <tag k="oneway" v="yes"/></way>
 <way id="12"><nd ref="3"/><nd ref="4"/><tag k="highway" v="footway"/></way>
 <way id="13"><nd ref="3"/><nd ref="4"/><tag k="highway" v="service"/><tag k="access" v="no"/></way>
 <way id="14"><nd ref="1"/><nd ref="4"/><nd ref="5"/><nd ref="1"/><tag k="place" v="hamlet"/></way>
</osm>
"""


@pytest.fixture(scope="module")
def andorra(shared: Path) -> OsmExtract:
    """Read the whole country once."""
    return read_osm(shared / "data/roads/andorra-2023-05.osm.pbf")


def test_a_hand_drawn_map(tmp_path: Path) -> None:
    """Two crossing ways become four links; the one-way track has one arc a link; closed ways and missing nodes go."""
    with gzip.open(tmp_path / "map.osm.gz", "wt", encoding="utf-8") as file:
        file.write(DRAWN)
    extract = read_osm(tmp_path / "map.osm.gz")
    assert (extract.network.nodes, extract.network.links, extract.network.arcs) == (5, 4, 6)
    assert sorted(extract.network.road_class) == ["primary", "primary", "track", "track"]
    kmh = extract.network.length_m / extract.network.time_ms * 3600
    np.testing.assert_allclose(np.sort(kmh), [9, 9, 58.5, 58.5, 58.5, 58.5], atol=0.01)
    village, hamlet = extract.places.iloc[0], extract.places.iloc[1]
    assert village.to_dict() == {
        "id": "n6", "name": "Pingxi", "name_zh": "平溪", "kind": "village", "lon": 0.02, "lat": 0.01,
        "population": 1200.0,
    }  # fmt: skip
    assert (hamlet["id"], hamlet["kind"]) == ("w14", "hamlet")
    assert (hamlet["lon"], hamlet["lat"]) == pytest.approx((0.02 / 3, 0.0), abs=1e-9)


def test_andorra_has_the_known_size(andorra: OsmExtract) -> None:
    """The graph has 5.4 thousand nodes, and 10.7 thousand arcs in its main part less 65 that barriers and limits close.

    The places are those counted by others.
    """
    main = largest_strong_component(andorra.network)
    assert andorra.network.nodes == pytest.approx(5_400, abs=50)
    assert main.arcs == pytest.approx(10_700 - 65, abs=50)
    mapped = andorra.places[andorra.places["id"].str.startswith("n")]
    assert mapped["kind"].value_counts()[["town", "village", "hamlet"]].to_list() == [7, 34, 27]


def test_andorran_places_all_reach_each_other(andorra: OsmExtract) -> None:
    """Snapped to edges of the main component, no pair is unreachable, and the median gap is about 19 m."""
    places = andorra.places
    snap = snap_places(andorra.network, places["lon"].to_numpy(), places["lat"].to_numpy(), 10.0)
    assert np.isfinite(travel(snap.network, snap.node, snap.node).time_h).all()
    assert np.median(snap.offset_m) == pytest.approx(19, abs=2)


def test_andorra_equals_networkx(andorra: OsmExtract) -> None:
    """From six nodes to 300 others, unreachable ones included, every time is that of networkx to the millisecond."""
    rng = np.random.default_rng(2)
    sources, targets = (rng.integers(0, andorra.network.nodes, n) for n in (6, 300))
    result = travel(andorra.network, sources, targets)
    graph = to_networkx(andorra.network)
    for row, source in enumerate(sources):
        best = nx.single_source_dijkstra_path_length(graph, int(source), weight=_milliseconds)
        want = [best.get(int(target), np.inf) / MS_PER_H for target in targets]
        np.testing.assert_array_equal(result.time_h[row], want)


def _milliseconds(_: int, __: int, data: dict[str, float]) -> int:
    return round(data["time_h"] * MS_PER_H)


def test_andorra_as_lines_is_the_same_network(andorra: OsmExtract, tmp_path: Path) -> None:
    """Written as GeoPackage and read back, the country keeps every node, arc and millisecond."""
    write_lines(andorra.network, tmp_path / "roads.gpkg")
    back = read_lines(tmp_path / "roads.gpkg")
    for name in ("lon", "lat"):
        np.testing.assert_array_equal(getattr(back, name), getattr(andorra.network, name))
    arcs = [np.sort(np.rec.fromarrays([n.tail, n.head, n.time_ms])) for n in (back, andorra.network)]
    np.testing.assert_array_equal(arcs[0], arcs[1])


def test_andorran_slopes_slow_trucks_unevenly(andorra: OsmExtract, shared: Path) -> None:
    """By SRTM, drives take a tenth longer in the median, bridges being level; directions differ more than before."""
    places = andorra.places
    snap = snap_places(andorra.network, places["lon"].to_numpy(), places["lat"].to_numpy(), 10.0)
    level = travel(snap.network, snap.node, snap.node).time_h
    steep = travel(with_slope(snap.network, shared / "data/roads/N42E001.hgt.zip"), snap.node, snap.node).time_h
    apart = level > 0
    assert np.median(steep[apart] / level[apart]) == pytest.approx(1.10, abs=0.02)
    uneven = [np.median(np.abs(h - h.T)[apart] / h[apart]) for h in (level, steep)]
    assert uneven[1] > 1.5 * uneven[0]


def test_farm_country(shared: Path) -> None:
    """The gzipped XML extract holds 22 villages, 48 hamlets, and tracks slower than its main roads."""
    extract = read_osm(shared / "data/roads/north-bayreuth.osm.gz")
    assert extract.places["kind"].value_counts()[["hamlet", "village"]].to_list() == [48, 22]
    kmh = extract.network.length_m / extract.network.time_ms * 3600
    road_class = extract.network.road_class[extract.network.link]
    assert np.median(kmh[road_class == "track"]) < 20 < np.median(kmh[road_class == "primary"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.osm.pbf", b"", "the file is empty"),
        ("a.osm.pbf", bytes(range(256)) * 20, "must be OpenStreetMap data"),
        ("a.osm", b"\x00\x01binary", "must be OpenStreetMap data"),
        ("a.osm.gz", b"not gzip", "must be OpenStreetMap data"),
        ("a.osm", b'<osm version="0.6"></osm>', "must hold roads open to a truck; none found"),
        ("a.osm", None, "cannot be read: No such file or directory"),
    ],
)
def test_broken_osm_files(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    """Empty, binary, unzippable, roadless and missing files each say what is wrong with them."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        read_roads(tmp_path / name)
