"""The map is one file that asks nothing of a network; the picture is a small PNG."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from coldchain.errors import MissingExtraError
from coldchain.network import build_network
from coldchain.network.graph import LinkTable
from coldchain.planning import Plan
from coldchain.reports.background import background, plane
from coldchain.reports.lines import plan_lines
from coldchain.reports.map import write_map
from coldchain.reports.mapcards import cards
from coldchain.reports.mapdata import map_data
from coldchain.reports.picture import write_picture
from coldchain.runs import Inputs

STYLE_LOADS = re.compile(r"@import\s|url\(\s*[\"']?https?:", re.IGNORECASE)


class Loads(HTMLParser):
    """Collects what the elements of a page would fetch; data URIs are inside the page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an opening tag names."""
        loads = [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        self.found += [f"{tag} {value}" for value in loads if not value.startswith("data:")]


@pytest.fixture(scope="module")
def page(small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(small_plan, path)
    return path.read_text(encoding="utf-8")


def _named(plan: Plan, name: str, kind: str) -> Plan:
    """Give scenario, depots and hubs a name, and the network a kind."""
    network = replace(plan.basis.placed.network, kind=kind)
    hubs = tuple(hub.model_copy(update={"name": name}) for hub in plan.scenario.hubs)
    tables = {**plan.tables, "depots": plan.tables["depots"].assign(name=name)}
    summary = {**plan.summary, "scenario": {**plan.summary["scenario"], "name": name}}
    inputs = Inputs(replace(plan.scenario, hubs=hubs), replace(plan.placed, network=network))
    return replace(plan, inputs=inputs, tables=tables, summary=summary)


def test_the_map_loads_nothing(page: str) -> None:
    """No element fetches anything, no style sheet imports anything, and no web tiles are drawn."""
    loads = Loads()
    loads.feed(page)
    assert not loads.found
    assert not STYLE_LOADS.findall(page)
    assert "TileRenderer" not in page.rsplit('type="application/json"', 1)[1]
    assert "WMTSTileSource" not in page.rsplit('type="application/json"', 1)[1]


def test_the_map_names_depots_villages_and_figures(small_plan: Plan, page: str) -> None:
    drawn = page[page.index('id="told"') :]
    for key in [*small_plan.tables["depots"]["depot"], *small_plan.tables["villages"]["village"]]:
        assert f'"{key}"' in drawn or f"&#34;{key}&#34;" in drawn or f"&quot;{key}&quot;" in drawn
    left = ["villages not served"] if small_plan.summary["villages"]["unserved"] else []
    for words in ("loss avoided, t a year", "routes: light truck", "line haul to hub", "t/day", *left):
        assert words in drawn
    assert f"{100 * small_plan.summary['loss']['plan_rate']:.1f}%" in page
    assert "proximity network" not in page


def test_names_are_shown_as_they_are_and_never_run(small_plan: Plan, tmp_path: Path) -> None:
    write_map(_named(small_plan, "望鱼镇</script><script>alert(1)</script>", "proximity"), tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "望鱼镇" in page
    assert "proximity network, no road data" in page


def test_every_layer_lies_inside_the_window(small_plan: Plan) -> None:
    data = map_data(small_plan, plan_lines(small_plan), 1.25)
    (west, east), (south, north) = data.window.x, data.window.y
    assert (east - west) / (north - south) == pytest.approx(1.25)
    for layer in (data.routes, data.hauls, data.spokes):
        assert west <= min(map(min, layer["xs"])) <= max(map(max, layer["xs"])) <= east
        assert south <= min(map(min, layer["ys"])) <= max(map(max, layer["ys"])) <= north
    for layer in (data.villages, data.depots, data.hubs):
        assert west <= min(layer["x"]) <= max(layer["x"]) <= east


def test_the_background_is_capped_and_keeps_the_major_roads() -> None:
    """Of 1 primary and 50 tracks apart, 10 features are the primary and 9 tracks; those outside are not drawn."""
    n = 51
    lon = np.repeat(np.arange(n) * 0.01, 2)
    lat = np.tile([28.0, 28.01], n)
    links = LinkTable(
        start=np.arange(0, 2 * n, 2), end=np.arange(1, 2 * n, 2), xy=np.column_stack([lon, lat]),
        xy_start=np.arange(0, 2 * n + 1, 2), forward_kmh=np.full(n, 30.0), backward_kmh=np.full(n, 30.0),
        road_class=np.array(["primary_link", *["track"] * (n - 1)]),
    )  # fmt: skip
    network = build_network(lon, lat, links)
    xy = plane(network.xy, 28.0)
    major, minor = background(network, xy, (-1e5, 1e6), (0.0, 1e7), most=10)
    assert len(major) == 1
    assert len(minor) == 9
    assert np.ptp(major[0][:, 1]) == pytest.approx(1111.95, abs=0.01)
    _, near = background(network, xy, (-500.0, 2500.0), (0.0, 1e7))
    assert len(near) == 2, "a hundredth of a degree is 982 m there: of the tracks the first two lie inside"


def test_the_picture_is_small_and_1600_wide(small_plan: Plan, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "plan.png"
    write_picture(_named(small_plan, "upland", "proximity"), path)
    head = path.read_bytes()
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") == 1600
    assert len(head) < 400_000


def test_the_picture_says_which_extra_is_missing(
    small_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"coldchain\[report\]"):
        write_picture(small_plan, tmp_path / "plan.png")


def test_what_is_lost_today_adds_up(small_plan: Plan) -> None:
    """Shares lost today, lot by lot, add up to what each village and each crop loses today."""
    lots = small_plan.tables["lots"]
    today = lots["tonnes"] * lots["today_share"]
    for table, key in (("villages", "village"), ("commodities", "commodity")):
        stated = small_plan.tables[table].set_index(key)["baseline_loss_t"]
        found = today.groupby(lots[key]).sum().reindex(stated.index, fill_value=0.0)
        assert found.to_numpy() == pytest.approx(stated.to_numpy(), rel=1e-9, abs=1e-9)


def test_a_run_without_todays_shares_is_drawn(small_plan: Plan) -> None:
    """Runs of earlier versions do not tell what is lost of each lot today: their cards leave it out."""
    older = {**small_plan.tables, "lots": small_plan.tables["lots"].drop(columns="today_share")}
    found = cards(replace(small_plan, tables=older))["villages"]
    assert {crop[-1] for village in found for crop in village["crops"]} == {None}
