"""Scenarios in memory: the same nouns, plans, hashes and faults as from files."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from frame_cases import road, tables
from tiny_cases import tiny_county

import coldchain as cc
from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.model import Scenario
from coldchain.network import read_graph
from coldchain.runs import place_on_roads

KM_DEG = 111.19508


def differing(first: Scenario, second: Scenario, *left_out: str) -> list[str]:
    """Return the fields in which two scenarios differ."""
    pairs = {one.name: (getattr(first, one.name), getattr(second, one.name)) for one in fields(Scenario)}
    return [
        name
        for name, (a, b) in pairs.items()
        if name not in left_out and not (np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b)
    ]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> cc.Scenario:
    """Return a small county of a folder, with GMNS roads."""
    return cc.example(tmp_path_factory.mktemp("frames") / "county", villages=5, seed=3)


def test_to_frames_and_back(county: cc.Scenario) -> None:
    """Every noun, setting and figure comes back exactly; a second time the hash as well."""
    again = cc.Scenario.from_frames(**county.to_frames())
    assert differing(county, again, "folder", "sha256", "roads") == []
    assert again.folder is None
    assert again.roads.model_copy(update={"file": county.roads.file}) == county.roads
    assert differing(again, cc.Scenario.from_frames(**again.to_frames())) == []


def test_saved_it_reads_back_the_same(county: cc.Scenario, tmp_path: Path) -> None:
    """A scenario in memory has the hash of the files it is written to."""
    memory = county.with_(budget_cny=4e5)
    assert memory.sha256 != county.sha256
    read = cc.load(memory.save(tmp_path / "saved"))
    assert read.sha256 == memory.sha256
    assert differing(memory, read, "folder", "roads") == []


def test_a_variant_keeps_its_name(tmp_path: Path) -> None:
    """A changed variant is saved under its own name."""
    folder = tiny_county(tmp_path / "county", "[variants.dry.siting]\nbudget_cny = 500000\n")
    memory = cc.load(folder, "dry").with_(peak_factor=1.5)
    read = cc.load(memory.save(tmp_path / "saved"), "dry")
    assert (read.sha256, read.siting.budget_cny, read.siting.peak_factor) == (memory.sha256, 5e5, 1.5)


def test_a_plan_without_a_folder(tmp_path: Path) -> None:
    """The plan is that of the folder; its run can be verified and replayed."""
    memory = cc.Scenario.from_frames(**tables(), budget_cny=1e6)
    made = [cc.plan(one, effort="quick") for one in (memory, cc.load(memory.save(tmp_path / "county")))]
    assert made[0].summary["objective"] == made[1].summary["objective"]
    assert run(["verify", str(made[0].save(tmp_path / "run"))]) == 0
    assert cc.replay(made[0], years=1, days=1).facts == cc.replay(tmp_path / "run", years=1, days=1).facts
    assert cc.explain(made[0], village="V1").lines[0].startswith("V1")


def test_sweeps_and_shares_without_a_folder() -> None:
    """Neither needs a place for what it computes."""
    frames = tables()
    frames["villages"] = frames["villages"].assign(cooperative=["one", "other"])
    scenario = cc.Scenario.from_frames(**frames)
    assert 0.0 in set(cc.sweep(scenario, [0.0], effort="quick").table()["budget_cny"])
    assert list(cc.share(scenario, effort="quick").table()["member"]) == ["one", "other"]


@pytest.mark.parametrize("crs", [4326, 3857, 32649])
def test_any_coordinate_system(crs: int) -> None:
    """Points in another system are the same places."""
    frames = tables()
    for stem in ("villages", "sites", "hubs"):
        frame = frames[stem]
        shapes = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
        frames[stem] = gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=shapes).to_crs(crs)
    made = cc.Scenario.from_frames(**frames)
    assert [place.lon for place in made.villages] == pytest.approx([109.0, 109.05], abs=1e-9)
    assert [place.lat for place in made.villages] == pytest.approx([28.0, 28.0], abs=1e-9)


def test_headings_units_and_datum_as_in_files() -> None:
    """Chinese headings with units, a datum, names instead of ids."""
    frames = tables()
    frames["harvest"] = pd.DataFrame({"村": ["甲村"], "作物": ["tomato"], "时段": ["p"], "产量（斤）": [600_000]})
    frames["villages"] = frames["villages"].assign(name=["甲村", "乙村"])
    made = cc.Scenario.from_frames(**frames, datum="高德")
    assert made.harvest_t.sum() == pytest.approx(300.0)
    assert abs(made.villages[0].lon - 109.0) > 0.001


def test_changes_by_name() -> None:
    """Settings by their name, by section or dotted, of one vehicle too; tables whole; None is the default."""
    base = cc.Scenario.from_frames(**tables(), budget_cny=1e6, chain={"unload_h": 0.5})
    assert (base.siting.budget_cny, base.chain.unload_h) == (1e6, 0.5)
    other = base.with_(name="other", unload_h=None, villages=tables()["villages"].assign(town="T"),
                       **{"routing.stop_h": 0.2, "vehicle.light_truck.payload_kg": 1200})  # fmt: skip
    assert (other.name, other.chain.unload_h, other.routing.stop_h) == ("other", 0.25, 0.2)
    assert (other.vehicle("light_truck").payload_kg, other.villages[1].town) == (1200.0, "T")
    assert base.vehicle("light_truck").payload_kg != 1200.0


def test_another_programme_brings_its_own_figures() -> None:
    """What the former programme set does not stay when another is named."""
    base = cc.Scenario.from_frames(**tables(), programme="hunan_2021")
    bare = base.with_(programme=None)
    assert base.subsidy.unit_price_cny_m3 is not None
    assert bare.subsidy == cc.Scenario.from_frames(**tables()).subsidy


FAULTY: dict[str, tuple[dict[str, Any], str]] = {
    "cell": (
        {"harvest": tables()["harvest"].astype({"tonnes": object}).assign(tonnes=["many", 1.0])},
        'harvest row 0, tonnes = "many": must be a number of t',
    ),
    "labelled row": (
        {"villages": tables()["villages"].set_axis([70, 80]).assign(lat=[28.0, 95.0])},
        "villages row 80",
    ),
    "named row": (
        {"villages": tables()["villages"].set_axis(["a", "b"]).assign(id=["V1", "V1"])},
        'villages row 1, id = "V1": is used twice; first on row 0',
    ),
    "no column": ({"periods": tables()["periods"].drop(columns="days")}, "periods, days: there is no such column"),
    "odd column": ({"hubs": tables()["hubs"].assign(odd=1)}, "hubs, odd: this column is not known"),
    "no system": (
        {"hubs": gpd.GeoDataFrame({"id": ["H1"]}, geometry=gpd.points_from_xy([5e5], [3e6]))},
        "hubs, geometry: the points have no coordinate system; state it with set_crs",
    ),
    "setting": ({"buget_cny": 3}, r'settings, buget_cny = "3": there is no such setting.*did you mean budget_cny'),
    "of two sections": ({"source": "x", "file": 3}, "settings, roads.file"),
    "figure": ({"peak_factor": 0.5}, r'settings, siting.peak_factor = "0.5": must be at least 1'),
    "roads": ({"roads": 3}, 'roads = "int": must be a graph of networkx'),
    "lines without system": (
        {"roads": gpd.GeoDataFrame({"class": ["primary"]}, geometry=[shapely.LineString([(0, 0), (1, 1)])])},
        "roads, geometry: the lines have no coordinate system",
    ),
    "points as roads": (
        {"roads": gpd.GeoDataFrame(geometry=gpd.points_from_xy([109.0], [28.0], crs=4326))},
        "roads: layer .* must hold lines",
    ),
    "node": (
        {"roads": nx.path_graph(2)},
        r'roads, x: 2 cases \("0", "1"\): the node must carry its coordinates as x and y',
    ),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_faults_name_frame_row_column_and_value(kind: str) -> None:
    """As the readers of files do."""
    changes, message = FAULTY[kind]
    with pytest.raises(BadInputError, match=message):
        cc.Scenario.from_frames(**{**tables(), **changes})


def test_all_faults_at_once() -> None:
    """Those of every frame, of roads and of settings together."""
    changes = {name: value for kind in ("cell", "no column", "odd column", "setting", "figure", "roads")
               for name, value in FAULTY[kind][0].items()}  # fmt: skip
    with pytest.raises(BadInputError) as raised:
        cc.Scenario.from_frames(**{**tables(), **changes})
    assert {fault.file for fault in raised.value.faults} == {"harvest", "periods", "hubs", "settings", "roads"}
    with pytest.raises(BadInputError, match="did you mean budget_cny"):
        cc.Scenario.from_frames(**tables()).with_(buget_cny=3)


def test_a_graph_becomes_roads() -> None:
    """Both directions of a street are one road; class, list of classes and posted limit give a lorry's speed."""
    network = read_graph(road())
    assert (network.links, network.arcs) == (2, 4)
    hours = dict(zip(network.length_m.round(), network.time_ms / 3.6e6, strict=True))
    assert hours[7000.0] == pytest.approx(7.0 / 36.0, rel=1e-6)
    assert hours[6000.0] == pytest.approx(6.0 / 20.0, rel=1e-6)
    assert [fault.message for fault in network.warnings] == ["1 edge is not open to lorries and not used"]


def test_a_graph_with_times_of_its_own() -> None:
    """Hours, seconds and km/h on an edge go before its class; an undirected edge runs both ways."""
    graph: nx.Graph[Any] = nx.Graph(crs="epsg:4326")
    graph.add_nodes_from([(0, {"x": 109.0, "y": 28.0}), (1, {"x": 109.01, "y": 28.0}), (2, {"x": 109.02, "y": 28.0})])
    graph.add_edge(0, 1, length=2000.0, travel_time=360.0)
    graph.add_edge(1, 2, length=3000.0, speed_kph=30.0)
    network = read_graph(graph)
    assert sorted(network.time_ms.tolist()) == [360_000] * 4
    graph.add_edge(0, 1, speed_kph="fast", travel_time=None)
    with pytest.raises(BadInputError, match=r'roads, speed_kph: 2 cases \("\(0, 1\): fast".*: must be a number'):
        read_graph(graph)


@pytest.mark.parametrize("kind", ["graph", "lines", "path"])
def test_roads_of_a_scenario_in_memory(kind: str, tmp_path: Path) -> None:
    """A graph, lines and a path give the same ways, before and after the scenario is saved."""
    way = shapely.LineString([(108.99, 28.0), (109.11, 28.0)])
    lines = gpd.GeoDataFrame({"highway": [["tertiary"]], "lanes": [1]}, geometry=[way], crs=4326).to_crs(3857)
    lines.to_crs(4326).drop(columns="highway").assign(highway="tertiary").to_file(tmp_path / "way.gpkg")
    given = {"graph": road(), "lines": lines, "path": tmp_path / "way.gpkg"}[kind]
    made = cc.Scenario.from_frames(**tables(), roads=given)
    read = cc.load(made.save(tmp_path / "saved"))
    assert read.sha256 == made.sha256
    networks = [place_on_roads(one)[0].network for one in (made, read)]
    assert networks[0].kind == "roads"
    for name in ("lon", "lat", "time_ms", "length_m"):
        assert np.array_equal(*(getattr(network, name) for network in networks))
