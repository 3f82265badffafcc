"""Roads as verification measures them: by hand, against networkx, and against the planner's own network."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import networkx as nx
import numpy as np
import pytest

from coldchain.network import LinkTable, build_network, proximity_network, snap_places, travel
from coldchain.runs import place_on_roads
from coldchain.scenario import load, upland, write_scenario
from coldchain.verify.roads import CM_BITS, CheckedWays

KM = 1000.0 / 111_195.08
"""Degrees of a kilometre along a meridian."""


def scenario_of(points: np.ndarray, file: str = "roads") -> Any:
    """Return what `CheckedWays` asks of a scenario: places and settings of roads."""
    places = tuple(SimpleNamespace(lon=float(lon), lat=float(lat)) for lon, lat in points)
    settings = SimpleNamespace(file=file, access_kmh=10.0, proximity_kmh=30.0, circuity=1.4)
    return SimpleNamespace(villages=places, sites=(), hubs=(), roads=settings)


def random_links(rng: np.random.Generator, nodes: int) -> tuple[np.ndarray, LinkTable]:
    """Return nodes near the equator and roads between them: some one-way, some with a bend, some parallel."""
    where = rng.uniform(0.0, 0.2, (nodes, 2))
    ends = np.array([(a, b) for a, b in rng.integers(0, nodes, (4 * nodes, 2)) if a != b])
    lines = [[where[a], *rng.uniform(0.0, 0.2, (int(rng.integers(0, 3)), 2)), where[b]] for a, b in ends]
    start = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    kmh = rng.choice([22.5, 36.0, 58.5], (len(ends), 2))
    kmh[rng.random(len(ends)) < 0.3, 1] = np.nan
    detour = rng.uniform(1.0, 1.3, len(ends))
    xy = np.array([vertex for line in lines for vertex in line])
    classes = np.full(len(ends), "tertiary")
    return where, LinkTable(ends[:, 0], ends[:, 1], xy, start, kmh[:, 0], kmh[:, 1], classes, detour)


def test_a_place_beside_a_road_by_hand() -> None:
    """1 km of path at 10 km/h to the middle of 10 km of road at 60 km/h, then 5 km: 6 + 5 minutes."""
    links = LinkTable(
        np.array([0]), np.array([1]), np.array([[0.0, 0.0], [0.0, 10 * KM]]), np.array([0, 2]), np.array([60.0]),
        np.array([60.0]), np.array(["primary"]),
    )  # fmt: skip
    network = build_network(np.array([0.0, 0.0]), np.array([0.0, 10 * KM]), links)
    roads = CheckedWays(scenario_of(np.array([[KM, 5 * KM], [0.0, 10 * KM]])), network.given)
    hours, km = roads.leg(roads.node[0], roads.node[1])
    assert hours * 60 == pytest.approx(11.0, abs=1e-3)
    assert km == pytest.approx(6.0, abs=1e-4)
    assert roads.way_to(roads.node[0], roads.node[1]) == (hours, km)
    assert roads.leg(roads.node[0], 99) == (np.inf, np.inf)


@pytest.mark.parametrize("seed", range(12))
def test_the_planner_measures_the_same(seed: int) -> None:
    """Random roads and places, some on nodes and some at one point: hours and kilometres of all pairs are equal."""
    rng = np.random.default_rng(seed)
    where, links = random_links(rng, 12)
    network = build_network(where[:, 0], where[:, 1], links)
    points = np.concatenate([rng.uniform(0.0, 0.2, (7, 2)), where[:2], where[:1]])
    roads = CheckedWays(scenario_of(points), network.given)
    snapped = snap_places(network, points[:, 0], points[:, 1], 10.0)
    found = travel(snapped.network, snapped.node, snapped.node)
    for a, start in enumerate(roads.node):
        for b, end in enumerate(roads.node):
            assert roads.leg(start, end) == (found.time_h[a, b], found.km[a, b])
            assert roads.way_to(start, end) == (found.time_h[a, b], found.km[a, b])


@pytest.mark.parametrize("seed", range(3))
def test_networkx_finds_the_same_ways(seed: int) -> None:
    """Dijkstra's algorithm of networkx on the same stretches, its weights whole numbers, agrees to the last digit."""
    rng = np.random.default_rng(seed)
    where, links = random_links(rng, 15)
    roads = CheckedWays(
        scenario_of(rng.uniform(0.0, 0.2, (8, 2))), build_network(where[:, 0], where[:, 1], links).given
    )
    graph = nx.DiGraph()
    for start, end, cost in sorted(roads.stretches, key=lambda stretch: -stretch[2]):
        graph.add_edge(start, end, weight=cost)
    for start in roads.node:
        cost = nx.single_source_dijkstra_path_length(graph, start)
        for end in roads.node:
            hours, km = roads.leg(start, end)
            assert round(hours * 3.6e6) << CM_BITS | round(km * 1e5) == cost[end]


GRID = np.array([(x, y) for x in range(4) for y in range(4)]) * 0.03
LINE = np.column_stack([np.zeros(6), np.arange(6) * 0.02])


@pytest.mark.parametrize(
    "points",
    [GRID, LINE, GRID[:1], GRID[:2], np.concatenate([GRID[:3], GRID[:3]])]
    + [np.random.default_rng(seed).uniform(0.0, 1.0, (40, 2)) for seed in range(4)],
)
def test_without_roads_both_guess_the_same(points: np.ndarray) -> None:
    """On a grid, in a line, alone, doubled or anywhere: the Gabriel graph gives the same hours and kilometres."""
    network = proximity_network(points[:, 0], points[:, 1], 30.0, 1.4)
    snapped = snap_places(network, points[:, 0], points[:, 1], 10.0)
    found = travel(snapped.network, snapped.node, snapped.node)
    roads = CheckedWays(scenario_of(points, file=""), None)
    for a, start in enumerate(roads.node):
        for b, end in enumerate(roads.node):
            assert roads.leg(start, end) == (found.time_h[a, b], found.km[a, b])


def test_upland_from_its_own_files(tmp_path: Any) -> None:
    """The shipped kind of county, with GMNS tables of roads: every trip to a hub is measured alike."""
    write_scenario(upland(30, 6), tmp_path / "upland")
    scenario, _faults = load(tmp_path / "upland")
    placed, _odd = place_on_roads(scenario)
    found = travel(placed.network, placed.node, placed.hub_node)
    roads = CheckedWays(scenario, placed.network.given)
    hubs = roads.node[-len(scenario.hubs) :]
    for a, start in enumerate(roads.node):
        for b, hub in enumerate(hubs):
            assert roads.way_to(start, hub) == (found.time_h[a, b], found.km[a, b])
