"""A plan opened again, on a graph, in a notebook; the same arguments everywhere."""

from __future__ import annotations

import inspect
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest
from frame_cases import road, tables

import coldchain as cc
from coldchain.errors import UsageError
from coldchain.network import read_graph
from coldchain.progress import Event

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made() -> cc.Result:
    """Return a plan of two villages on a road in memory; a depot must be there."""
    frames = tables()
    frames["villages"] = frames["villages"].assign(name=["A <b>&", "B"])
    frames["harvest"] = frames["harvest"].assign(tonnes=[300.0, 25.0])
    scenario = cc.Scenario.from_frames(
        **{**frames, "sites": frames["sites"].assign(status="forced")}, roads=road(), budget_cny=1e6
    )
    return cc.plan(scenario, effort="quick")


@pytest.fixture(scope="module")
def opened(made: cc.Result, tmp_path_factory: pytest.TempPathFactory) -> cc.Result:
    """Return the same, saved and opened again."""
    return cc.open(made.save(tmp_path_factory.mktemp("run") / "run"))


def test_a_run_opens_to_the_same_result(made: cc.Result, opened: cc.Result, tmp_path: Path) -> None:
    """Tables, figures, layers and answers are those of the plan; it can be saved again and verifies."""
    assert opened.summary == made.summary
    for name, table in made.tables.items():
        assert list(opened.tables[name].columns) == list(table.columns)
        assert len(opened.tables[name]) == len(table)
    assert opened.loss_rate == made.loss_rate
    assert {name: len(layer) for name, layer in opened.layers.items()} == {
        name: len(layer) for name, layer in made.layers.items()
    }
    assert str(cc.explain_village(opened, "V1")) == str(cc.explain_village(made, "V1"))
    assert opened.verify().problems == made.verify().problems == ()
    again = cc.open(opened.save(tmp_path / "again"))
    assert again.summary == made.summary


def test_doubts_of_an_opened_run(made: cc.Result, opened: cc.Result) -> None:
    """All that decides is read from the tables, so that a run answers as its plan does."""
    pd.testing.assert_frame_equal(*(cc.sensitivity(one).table() for one in (made, opened)))


def flow(graph: nx.MultiDiGraph[Any], node: int, name: str) -> float:
    """Return what comes to a node on its edges, less what leaves it."""
    came = sum(data[name] for *_, data in graph.in_edges(node, data=True))
    return float(came - sum(data[name] for *_, data in graph.out_edges(node, data=True)))


def test_the_plan_on_the_roads(made: cc.Result) -> None:
    """What reaches depots and hubs on the edges is what the tables say; vehicles that come to a node leave it."""
    graph = made.road_graph()
    at = {kind: [n for n, data in graph.nodes(data=True) if kind in data] for kind in ("villages", "depots", "hubs")}
    assert sorted(key for n in at["villages"] for key in graph.nodes[n]["villages"]) == ["V1", "V2"]
    cooled = made.tables["depots"]["tonnes_year"].sum()
    assert sum(flow(graph, n, "collection_t") for n in at["depots"]) == pytest.approx(cooled, rel=1e-6)
    assert sum(flow(graph, n, "line_haul_t") for n in at["hubs"]) == pytest.approx(cooled, rel=0.2)
    assert max(abs(flow(graph, n, "vehicles")) for n in graph) == pytest.approx(0.0, abs=1e-6)
    assert nx.is_strongly_connected(graph)


def test_the_graph_reads_back_as_roads(made: cc.Result) -> None:
    """Times and lengths of the graph are those of the roads it was made from."""
    graph = made.road_graph()
    network = read_graph(graph)
    assert network.arcs == graph.number_of_edges()
    assert sorted(network.length_m) == pytest.approx(sorted(d["length"] for *_, d in graph.edges(data=True)))
    hours = sorted(d["travel_time"] / 3600.0 for *_, d in graph.edges(data=True))
    assert sorted(network.time_ms / 3.6e6) == pytest.approx(hours, abs=1e-6)


class Tags(HTMLParser):
    """Collects tags and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


def test_notebooks_show_plan_and_scenario(made: cc.Result, opened: cc.Result) -> None:
    """Figures, depots and a drawing; names are escaped."""
    shown = Tags(made._repr_html_())
    assert {"table", "svg"} <= set(shown.tags)
    assert "b" not in shown.tags
    assert any("A <b>&" in text for text in shown.texts)
    assert "S1" in shown.texts
    assert opened._repr_html_() == made._repr_html_()
    assert "Villages" in Tags(made.plan.scenario._repr_html_()).texts  # type: ignore[attr-defined]


EFFORTS = ("effort", "time_limit_s", "seed", "progress")


@pytest.mark.parametrize("name", ["plan", "sweep", "share", "explain", "explain_depot", "explain_alternatives"])
def test_effort_is_said_alike(name: str) -> None:
    """Every function that plans takes the same four arguments with the same defaults."""
    given = inspect.signature(getattr(cc, name)).parameters
    assert [given[one].default for one in EFFORTS[:3]] == ["normal", None, 0]
    assert "progress" in given


def test_progress_is_heard_and_another_effort_refused() -> None:
    """Events reach the listener; an effort that there is none of is named."""
    heard: list[Event] = []
    cc.plan(cc.Scenario.from_frames(**tables()), effort="quick", progress=heard.append)
    assert {event.stage for event in heard} >= {"county", "roads"}
    with pytest.raises(UsageError, match="effort must be quick, normal or deep; got fast"):
        cc.sweep(cc.Scenario.from_frames(**tables()), [0.0], effort="fast")  # type: ignore[arg-type]


def test_the_page_of_the_api_names_everything() -> None:
    """docs/api.md has every name with its signature as it is."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in cc.__all__:
        if name != "__version__":
            assert re.search(rf"^### `{name}\b", text, re.MULTILINE), name
    from coldchain.api.page import markdown

    assert text == markdown(), "make docs writes it anew"
