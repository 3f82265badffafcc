"""Travel matrices and routes against networkx, and places snapped to roads."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.network import (
    RoadNetwork,
    from_networkx,
    matrix,
    paths,
    proximity_network,
    snap_places,
    to_networkx,
    travel,
)
from coldchain.network.geometry import great_circle_m
from coldchain.network.graph import MS_PER_H, LinkTable, build_network

DEGREE_M = 111_195.0802


def random_network(seed: int, nodes: int = 30, arcs: int = 70) -> RoadNetwork:
    """Make a random directed graph with small whole times, so that ties and parallel arcs abound."""
    rng = np.random.default_rng(seed)
    graph = nx.DiGraph()
    for node in range(nodes):
        graph.add_node(node, x=rng.random(), y=rng.random())
    for u, v in rng.integers(0, nodes, (arcs, 2)):
        graph.add_edge(int(u), int(v), time_h=rng.integers(1, 6) / MS_PER_H, length_m=float(rng.integers(0, 9)))
    return from_networkx(graph)


def straight_road(forward: float = 36.0, backward: float = 36.0) -> RoadNetwork:
    """Make a road of 1,000 m east along the equator, with a bend-free vertex at 250 m."""
    x = np.array([0.0, 250.0, 1000.0]) / DEGREE_M
    one = LinkTable(
        np.array([0]), np.array([1]), np.column_stack([x, np.zeros(3)]), np.array([0, 3]), np.array([forward]),
        np.array([backward]), np.array(["tertiary"]),
    )  # fmt: skip
    return build_network(x[[0, 2]], np.zeros(2), one)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(15, 90), st.integers(1, 12), st.integers(1, 12))
def test_travel_equals_networkx(seed: int, arcs: int, sources: int, targets: int) -> None:
    """Times are those of networkx to the millisecond; kilometres are the least among equally fast routes."""
    network = random_network(seed, arcs=arcs)
    rng = np.random.default_rng(seed)
    start, end = rng.integers(0, 30, sources), rng.integers(0, 30, targets)
    result = travel(network, start, end)
    graph = to_networkx(network)
    for _, _, data in graph.edges(data=True):
        data["rank"] = round(data["time_h"] * MS_PER_H) * 10**6 + int(data["length_m"])
    for i, u in enumerate(start):
        best = nx.single_source_dijkstra_path_length(graph, int(u), weight="rank")
        for j, v in enumerate(end):
            want = divmod(best[int(v)], 10**6) if int(v) in best else (np.inf, np.inf)
            assert result.time_h[i, j] * MS_PER_H == pytest.approx(want[0], abs=1e-6)
            assert result.km[i, j] * 1000 == pytest.approx(want[1], abs=1e-6)


def test_travel_is_the_same_from_either_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """More sources than targets, or fewer, in one batch or one root at a time: the pairs they share are identical."""
    network = random_network(3, 60, 200)
    whole = travel(network, np.arange(20), np.arange(20, 50))
    monkeypatch.setattr(matrix, "CHUNK_BYTES", 1)
    part = travel(network, np.arange(20), np.arange(20, 25))
    np.testing.assert_array_equal(part.time_h, whole.time_h[:, :5])
    np.testing.assert_array_equal(part.km, whole.km[:, :5])


def test_one_way_roads_and_unreachable_places() -> None:
    """Along a one-way road the drive takes 100 s for 1 km; against it the time is infinite, not zero."""
    network = straight_road(36.0, np.nan)
    ends = np.array([int(np.argmin(network.lon)), int(np.argmax(network.lon))])
    result = travel(network, ends, ends)
    np.testing.assert_allclose(result.time_h * 3600, [[0, 100], [np.inf, 0]], atol=1e-3)
    np.testing.assert_allclose(result.km, [[0, 1], [np.inf, 0]], atol=1e-5)
    there, back = paths(network, np.array([ends, ends[::-1]]))
    np.testing.assert_allclose(there, network.xy)
    assert back.shape == (0, 2)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 20))
def test_cutoff_only_takes_far_pairs_away(seed: int, cutoff: int) -> None:
    """With a cut-off, pairs within it are unchanged and all others infinite."""
    network = random_network(seed)
    nodes = np.arange(30)
    full, near = travel(network, nodes, nodes[:10]), travel(network, nodes, nodes[:10], cutoff / MS_PER_H)
    inside = full.time_h * MS_PER_H <= cutoff + 1e-6
    np.testing.assert_array_equal(near.time_h, np.where(inside, full.time_h, np.inf))
    np.testing.assert_array_equal(near.km, np.where(inside, full.km, np.inf))


def test_dead_ends_and_chains_are_passed_through_exactly() -> None:
    """On a ring of 12 nodes with tails, drives between any two nodes are what they are between all nodes at once."""
    graph = nx.cycle_graph(12)
    graph.add_edges_from([(0, 12), (12, 13), (5, 14), (14, 15), (14, 16)])
    directed = graph.to_directed()
    for k, (u, v) in enumerate(directed.edges):
        directed.edges[u, v].update(time_h=(k * 7 % 11 + 1) / 60, length_m=float(k * 13 % 17))
    for node in directed:
        directed.nodes[node].update(x=np.cos(node), y=np.sin(node))
    network = from_networkx(directed)
    everything = np.arange(network.nodes)
    whole = travel(network, everything, everything)
    for u in everything:
        for v in everything:
            pair = travel(network, np.array([u]), np.array([v]))
            assert (pair.time_h[0, 0], pair.km[0, 0]) == (whole.time_h[u, v], whole.km[u, v])


def test_travel_between_no_places() -> None:
    """No sources, or no targets, give an empty table of the right shape."""
    network = straight_road()
    none, both = np.zeros(0, dtype=np.int64), np.array([0, 1])
    assert travel(network, none, both).km.shape == (0, 2)
    assert travel(network, both, none).time_h.shape == (2, 0)
    assert paths(network, np.zeros((0, 2), dtype=np.int64)) == []


def test_travel_refuses_nodes_that_are_not_there() -> None:
    """A node beyond the last, and a cut-off of nothing, are errors that show the value."""
    network = straight_road()
    with pytest.raises(ValueError, match=r"nodes must lie in 0..1; got 2"):
        travel(network, np.array([0]), np.array([2]))
    with pytest.raises(ValueError, match="cutoff_h must be above 0; got 0"):
        travel(network, np.array([0]), np.array([1]), 0)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_route_lines_run_from_source_to_target(seed: int) -> None:
    """On straight roads as long as drawn, a route's line starts and ends at its places and measures its km."""
    rng = np.random.default_rng(seed)
    network = proximity_network(rng.random(25) / 10, rng.random(25) / 10, 30.0, 1.0)
    pairs = rng.integers(0, network.nodes, (12, 2))
    result = travel(network, pairs[:, 0], pairs[:, 1])
    for leg, (u, v), line in zip(range(12), pairs, paths(network, pairs), strict=True):
        ends = np.column_stack([network.lon[[u, v]], network.lat[[u, v]]])
        np.testing.assert_allclose(line[[0, -1]], ends)
        drawn = great_circle_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]).sum()
        assert drawn / 1000 == pytest.approx(result.km[leg, leg], abs=2e-4)


def test_snapping_to_a_straight_road_is_exact() -> None:
    """Places 300 m and 800 m along a road, one of them 50 m off, are 500 m of road and 50 m of access apart."""
    lon, lat = np.array([300.0, 800.0]) / DEGREE_M, np.array([50.0, 0.0]) / DEGREE_M
    snap = snap_places(straight_road(36.0, 18.0), lon, lat, access_kmh=3.6)
    np.testing.assert_allclose(snap.offset_m, [50, 0], atol=1e-3)
    result = travel(snap.network, snap.node, snap.node)
    np.testing.assert_allclose(result.time_h * 3600, [[0, 50 + 50], [100 + 50, 0]], atol=2e-3)
    np.testing.assert_allclose(result.km, [[0, 0.55], [0.55, 0]], atol=1e-5)
    np.testing.assert_allclose(snap.network.lon[snap.node], lon)
    (line,) = paths(snap.network, snap.node.reshape(1, 2))
    np.testing.assert_allclose(line[:, 0] * DEGREE_M, [300, 300, 800], atol=1e-2)
    assert snap.network.links == 4
    assert sorted(snap.network.road_class) == ["access", "tertiary", "tertiary", "tertiary"]


def test_a_split_link_keeps_its_time_and_line() -> None:
    """However many places cut a link, the drive from end to end takes as many ms as before, over the same line."""
    road = straight_road(37.7, 21.3)
    spots = np.sort(np.random.default_rng(0).random(40)) * 1000 / DEGREE_M
    snap = snap_places(road, spots, np.full(40, 5 / DEGREE_M), 10.0)
    ends = np.array([0, 1])
    before, after = travel(road, ends, ends), travel(snap.network, ends, ends)
    np.testing.assert_array_equal(before.time_h, after.time_h)
    np.testing.assert_allclose(before.km, after.km, atol=5e-4)
    (line,) = paths(snap.network, np.array([[np.argmin(road.lon), np.argmax(road.lon)]]))
    assert len(line) == 3 + 40
    assert (np.diff(line[:, 0]) > 0).all()


def test_places_at_nodes_and_at_one_spot_share_them() -> None:
    """A place at a junction is that junction; two places at one spot are 0 h apart; no link is cut for them."""
    road = straight_road()
    snap = snap_places(road, road.lon[[0, 1, 1]], np.array([0.0, 9e-4, 9e-4]), 10.0)
    assert snap.node[0] == 0
    assert snap.node[1] == snap.node[2]
    assert snap.network.links == 2
    np.testing.assert_allclose(snap.offset_m, [0, 100.08, 100.08], atol=0.01)


def test_snapping_passes_over_islands_of_roads() -> None:
    """A place on a cut-off road is joined to the main roads, farther away, so that no pair is unreachable."""
    x = np.array([0, 0.01, 0.02, 0.0, 0.001])
    y = np.array([0, 0, 0, 0.005, 0.005])
    pair = np.array([[0, 1], [1, 2], [3, 4]])
    kmh = np.full(3, 30.0)
    links = LinkTable(
        pair[:, 0], pair[:, 1], np.column_stack([x[pair.ravel()], y[pair.ravel()]]), np.array([0, 2, 4, 6]), kmh, kmh,
        np.full(3, "tertiary"),
    )  # fmt: skip
    snap = snap_places(build_network(x, y, links), np.array([0.0005, 0.02]), np.array([0.005, 0.0]), 10.0)
    assert snap.offset_m[0] == pytest.approx(0.005 * DEGREE_M, abs=0.1)
    assert np.isfinite(travel(snap.network, snap.node, snap.node).time_h).all()


def test_a_loop_road_can_be_cut() -> None:
    """A road from a junction back to itself is cut like any other, and both ways round lead back."""
    loop = np.array([[0, 0], [0.01, 0], [0.01, 0.01], [0, 0]])
    kmh = np.full(1, 30.0)
    zero = np.zeros(1, dtype=np.int64)
    road = build_network(
        np.zeros(1), np.zeros(1), LinkTable(zero, zero, loop, np.array([0, 4]), kmh, kmh, np.array(["track"]))
    )
    snap = snap_places(road, np.array([0.01, 0.0]), np.array([0.002, 0.0]), 10.0)
    result = travel(snap.network, snap.node, snap.node)
    assert result.km[0, 1] == pytest.approx(0.012 * DEGREE_M / 1000, abs=1e-3)
    assert result.time_h[0, 1] == result.time_h[1, 0]


def test_snapping_to_a_network_of_one_place() -> None:
    """Where the network is a single node, places are joined to it directly; no places at all are fine too."""
    alone = proximity_network(np.zeros(1), np.zeros(1))
    snap = snap_places(alone, np.array([0.0, 0.01]), np.zeros(2), 10.0)
    assert travel(snap.network, snap.node, snap.node).km[0, 1] == pytest.approx(1.112, abs=1e-3)
    assert len(snap_places(alone, np.zeros(0), np.zeros(0), 10.0).node) == 0
    with pytest.raises(ValueError, match="a speed above 0; got 0 km/h"):
        snap_places(alone, np.zeros(1), np.zeros(1), 0)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_snapping_never_changes_travel_between_old_nodes(seed: int) -> None:
    """Places are dead ends: drives between the nodes that were there before stay within rounding of a ms a cut."""
    rng = np.random.default_rng(seed)
    road = proximity_network(rng.random(20) / 50, rng.random(20) / 50)
    snap = snap_places(road, rng.random(30) / 50, rng.random(30) / 50, 10.0)
    old = np.arange(road.nodes)
    before, after = travel(road, old, old), travel(snap.network, old, old)
    np.testing.assert_allclose(after.time_h, before.time_h, atol=30 / MS_PER_H)
    assert np.isfinite(travel(snap.network, snap.node, snap.node).time_h).all()
