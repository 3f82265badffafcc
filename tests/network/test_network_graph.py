"""The network noun, its component, speeds, networkx and the proximity stand-in."""

from __future__ import annotations

import math
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.network import (
    CutOff,
    cut_off_fault,
    from_networkx,
    largest_strong_component,
    proximity_network,
    roads_used,
    snap_places,
    to_networkx,
)
from coldchain.network.access import directions, open_to
from coldchain.network.geometry import great_circle_m, morton
from coldchain.network.graph import LinkTable, build_network
from coldchain.network.speeds import road_kmh, speeds


def island_roads() -> nx.DiGraph:
    """Make a triangle of two-way roads, a one-way spur out of it, and an island of two nodes."""
    graph = nx.DiGraph()
    for node, (x, y) in enumerate([(0, 0), (0.1, 0), (0, 0.1), (0.2, 0), (1, 1), (1.1, 1)]):
        graph.add_node(node, x=x, y=y)
    for u, v in [(0, 1), (1, 2), (2, 0), (4, 5)]:
        graph.add_edge(u, v, time_h=0.25, length_m=1000.0, road_class="primary")
        graph.add_edge(v, u, time_h=0.5, length_m=1000.0, road_class="primary")
    graph.add_edge(1, 3, time_h=0.1, length_m=500.0)
    return graph


def two_links(**changes: object) -> LinkTable:
    """Make two parallel links from node 0 to node 1, the second slower."""
    table = LinkTable(
        start=np.array([0, 0]),
        end=np.array([1, 1]),
        xy=np.array([[0, 0], [0.01, 0], [0, 0], [0.005, 0.002], [0.01, 0]]),
        xy_start=np.array([0, 2, 5]),
        forward_kmh=np.array([60.0, 30.0]),
        backward_kmh=np.array([np.nan, 30.0]),
        road_class=np.array(["primary", "track"]),
    )
    return replace(table, **changes)


def test_largest_component_leaves_islands_and_dead_ends_out() -> None:
    """Of a triangle, a one-way spur and an island, the triangle stays, with its three links and six arcs."""
    network = largest_strong_component(from_networkx(island_roads()))
    assert (network.nodes, network.arcs, network.links) == (3, 6, 3)
    assert sorted(map(sorted, network.link_ends.tolist())) == [[0, 1], [0, 2], [1, 2]]


def test_roads_cut_off_are_accounted_for() -> None:
    """A triangle of 3 km is used; an island of 1 km and a one-way spur of 0.5 km are named with place and reason."""
    network = largest_strong_component(from_networkx(island_roads()))
    used = network.used
    assert used is not None
    assert (used.km_given, used.km_used, used.arcs_given, used.arcs_used) == (4.5, 3.0, 9, 6)
    assert used.cut_off == (CutOff(1.0, 2, 1.0, 1.0, "island"), CutOff(0.5, 1, 0.1, 0.0, "one-way"))
    assert used.share_cut_off == pytest.approx(1 / 3)
    assert used.record()["parts_cut_off"] == 2
    fault = cut_off_fault(used, "roads.gpkg")
    assert fault is not None
    assert "1.50 of 4.50 km of the given roads (33.3%; 3 of 9 arcs)" in fault.message
    assert "1.00 km near 1.0000, 1.0000 (no road to the rest)" in fault.message
    assert roads_used(network) == used == roads_used(from_networkx(island_roads()))


def test_a_network_in_one_piece_has_nothing_cut_off() -> None:
    """All kilometres of a connected network are in use, and there is nothing to warn of."""
    used = roads_used(proximity_network(np.array([0, 0.1, 0.2]), np.zeros(3)))
    assert used.km_given == used.km_used > 0
    assert cut_off_fault(used, "roads.gpkg") is None


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=25))
def test_cut_off_parts_against_networkx(edges: list[tuple[int, int]]) -> None:
    """Length in use is that of networkx's largest strong component; the parts cut off add up to the rest."""
    graph = nx.DiGraph()
    graph.add_nodes_from((n, {"x": n / 100, "y": (n * n % 7) / 100}) for n in range(10))
    graph.add_edges_from((u, v, {"time_h": 1.0, "length_m": 1000.0}) for u, v in edges if u != v)
    network = from_networkx(graph)
    used = roads_used(network)
    largest = max(map(len, nx.strongly_connected_components(graph)))
    assert len({*largest_strong_component(network).tail}) == (largest if largest > 1 else 0)
    assert used.km_used + sum(part.km for part in used.cut_off) == pytest.approx(used.km_given)
    assert used.arcs_used + sum(part.arcs for part in used.cut_off) == used.arcs_given == graph.number_of_edges()
    assert [part.km for part in used.cut_off] == sorted((part.km for part in used.cut_off), reverse=True)


def test_places_on_roads_cut_off_are_known() -> None:
    """A place on the island belongs to part 0, one on the spur to part 1, one between road and spur to none."""
    network = from_networkx(island_roads())
    snap = snap_places(network, np.array([1.05, 0.19, 0.05, 0.1001]), np.array([1.0, 0.0, 0.0, 0.0]), 10.0)
    assert snap.part.tolist() == [0, 1, -1, -1]
    assert snap.network.used == roads_used(network)


def test_networkx_round_trip() -> None:
    """Times, lengths, classes and coordinates survive the way to networkx and back."""
    graph = island_roads()
    back = to_networkx(from_networkx(graph))
    assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
    for u, v, data in graph.edges(data=True):
        assert back.edges[u, v]["time_h"] == pytest.approx(data["time_h"], abs=1e-9)
        assert back.edges[u, v]["length_m"] == data["length_m"]
        assert back.edges[u, v]["road_class"] == data.get("road_class", "unclassified")
    assert len(back.edges) == len(graph.edges)


def test_networkx_graph_without_time_is_refused() -> None:
    """An edge without a time is named in the error."""
    graph = nx.DiGraph()
    graph.add_node("a", x=0, y=0)
    graph.add_node("b", x=1, y=0)
    graph.add_edge("a", "b", length_m=3.0)
    with pytest.raises(ValueError, match=r"\('a', 'b'\) must carry a finite time_h; got None"):
        from_networkx(graph)


def test_parallel_roads_stay_and_searches_take_the_fastest() -> None:
    """Both parallel links are kept to snap on; the search table holds the faster arc, once and not added up."""
    network = build_network(np.array([0, 0.01]), np.array([0.0, 0.0]), two_links())
    assert (network.links, network.arcs) == (2, 3)
    assert network.outward.weights.nnz == 2
    assert int(network.outward.weights.max()) == network.time_ms[~network.forward].item()
    fastest = network.outward.arc[network.outward.weights.indptr[network.tail[0]]]
    assert network.time_ms[fastest] == network.time_ms.min() == round(great_circle_m(0, 0, 0.01, 0) / 60 * 3600)


def test_no_time_is_below_one_millisecond() -> None:
    """A link of no length still costs 1 ms, since scipy takes a stored 0 for no arc."""
    table = two_links(xy=np.zeros((5, 2)))
    assert build_network(np.zeros(2), np.zeros(2), table).time_ms.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tail": np.array([0, 0, 9])}, r"tail must lie in 0..1; got 0..9"),
        ({"link": np.array([0, 0, 2])}, r"link must lie in 0..1"),
        ({"time_ms": np.array([0, 1, 1])}, r"time_ms must be at least 1; got 0"),
        ({"head": np.array([1])}, r"head must have shape \(3,\); got \(1,\)"),
        ({"length_m": np.array([1, 2, np.nan])}, "length_m must be finite"),
        ({"xy_start": np.array([0, 1, 5])}, "xy_start must rise"),
    ],
)
def test_a_network_that_does_not_fit_together_is_refused(changes: dict[str, object], message: str) -> None:
    """Shapes, indices and times are checked when a network is made."""
    network = build_network(np.array([0, 0.01]), np.array([0.0, 0.0]), two_links())
    with pytest.raises(ValueError, match=message):
        replace(network, **changes)


def test_morton_order_keeps_quadrants_together() -> None:
    """South-west comes first, north-east last, and codes differ for points 1e-6 degrees apart."""
    codes = morton(np.array([10.0, -10, 10, -10, 10.000001]), np.array([10.0, -10, -10, 10, 10]))
    assert np.argsort(codes).tolist() == [1, 2, 3, 0, 4]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "trunk"}, (63.0, 63.0)),
        ({"highway": "tertiary", "surface": "gravel"}, (27.0, 27.0)),
        ({"highway": "track", "tracktype": "grade1"}, (18.0, 18.0)),
        ({"highway": "track", "tracktype": "grade5"}, (9.0, 9.0)),
        ({"highway": "secondary", "maxspeed": "30"}, (30.0, 30.0)),
        ({"highway": "secondary", "maxspeed": "none"}, (49.5, 49.5)),
        ({"highway": "tertiary", "junction": "roundabout"}, (36.0, math.nan)),
        ({"highway": "tertiary", "junction": "roundabout", "oneway": "no"}, (36.0, 36.0)),
        ({"highway": "motorway"}, (81.0, math.nan)),
        ({"highway": "service", "access": "private"}, (math.nan, math.nan)),
        ({"highway": "service", "access": "private", "motor_vehicle": "yes"}, (13.5, 13.5)),
        ({"highway": "footway"}, (math.nan, math.nan)),
        ({"highway": "service", "area": "yes"}, (math.nan, math.nan)),
        ({"highway": "primary", "route": "ferry"}, (math.nan, math.nan)),
    ],
)
def test_truck_speeds(tags: dict[str, str], expected: tuple[float, float]) -> None:
    """A truck drives 0.9 of class or surface speed, never above the posted limit, and only where it may."""
    np.testing.assert_allclose(speeds(tags), expected, atol=1e-9)


def test_cars_may_go_where_trucks_may_not() -> None:
    """``hgv=no`` closes a road to trucks only, and a car drives the full class speed."""
    tags = {"highway": "secondary", "hgv": "no", "oneway": "reverse"}
    assert (open_to(tags, "truck"), open_to(tags, "car")) == (False, True)
    assert (road_kmh(tags, "car"), directions(tags)) == (55.0, (False, True))


@pytest.mark.parametrize(
    ("points", "links"),
    [
        ([(0, 0)], 0),
        ([(0, 0), (1, 0)], 1),
        ([(0, 0), (0, 0), (1, 0)], 1),
        ([(0, 0), (1, 1), (2, 2), (3, 3)], 3),
        ([(0, 0), (4, 0), (2, 1)], 2),
        ([(0, 0), (1, 0), (0, 1)], 3),
    ],
)
def test_proximity_of_few_points(points: list[tuple[float, float]], links: int) -> None:
    """One, two, repeated, collinear and triangular points give the links counted by hand."""
    lon, lat = np.array(points, dtype=float).T / 100
    network = proximity_network(lon, lat)
    assert (network.kind, network.links, network.nodes) == ("proximity", links, len(set(points)))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=25))
def test_proximity_is_the_gabriel_graph(points: list[tuple[int, int]]) -> None:
    """Against brute force: no third point lies inside the circle of an edge, and every such pair is an edge."""
    xy = np.array(sorted(set(points)), dtype=float) / 1e4
    network = proximity_network(xy[:, 0], xy[:, 1], speed_kmh=20.0, circuity=1.5)
    assert largest_strong_component(network).nodes == network.nodes == len(xy)
    got = {frozenset(map(tuple, network.polyline(i).round(9))) for i in range(network.links)}
    lonely, empty = set(), set()
    for i in range(len(xy)):
        for j in range(i):
            dots = ((xy - xy[i]) * (xy - xy[j])).sum(axis=1)[[k for k in range(len(xy)) if k not in (i, j)]]
            pair = frozenset(map(tuple, xy[[i, j]].round(9)))
            if (dots > -1e-12).all():
                empty.add(pair)
            if (dots > 1e-12).all():
                lonely.add(pair)
    assert lonely <= got <= empty
    np.testing.assert_allclose(network.time_ms, network.length_m / 20 * 3600, atol=0.51)


def test_proximity_wants_sensible_figures() -> None:
    """A circuity below 1 would make roads shorter than straight lines."""
    with pytest.raises(ValueError, match=r"circuity at least 1; got 30 km/h and 0\.9"):
        proximity_network(np.zeros(2), np.arange(2.0), 30, 0.9)
    with pytest.raises(ValueError, match="at least one; got 0"):
        proximity_network(np.zeros(0), np.zeros(0))
