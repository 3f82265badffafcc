"""The map in a real browser with the network cut: it draws, asks for nothing, complains of nothing, and answers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from browser import Page

from coldchain.language import speaking
from coldchain.planning import Plan
from coldchain.reports import mapsweep
from coldchain.reports.map import write_comparison_map, write_map
from coldchain.reports.mapsweep import write_sweep_map
from coldchain.sweeps.points import point_of

CHINESE = "望鱼镇"
CARD = "document.getElementById('card').innerText"
CENTRE = """(() => {
  const { plot, sources } = coldchainMap.panes[0]
  const view = Bokeh.index.find_one(plot)
  const box = view.el.getBoundingClientRect()
  const frame = view.frame.bbox
  const d = sources.KIND.data
  const { x_range, y_range } = plot
  const x = (d.x[N] - x_range.start) / (x_range.end - x_range.start) * frame.width + frame.left + box.left
  const y = (y_range.end - d.y[N]) / (y_range.end - y_range.start) * frame.height + frame.top + box.top
  return [x, y]
})()"""


OF_ROUTES = "Object.entries(coldchainMap.panes[0].sources).filter(([name]) => name.startsWith('routes_'))"
ROUTES = f"{OF_ROUTES}.reduce((sum, [, source]) => sum + source.data.xs.length, 0)"
SHOWN = (
    f"{OF_ROUTES}.reduce((sum, [name]) => sum + Bokeh.documents[0].get_model_by_name('a:filter:' + name)"
    ".booleans.filter(Boolean).length, 0)"
)


@pytest.fixture(scope="module")
def named(small_plan: Plan) -> Plan:
    """Give the first depot of the small county a Chinese name."""
    depots = small_plan.tables["depots"].copy()
    depots.loc[depots.index[0], "name"] = CHINESE
    return replace(small_plan, tables={**small_plan.tables, "depots": depots})


def _quiet(page: Page, path: Path) -> None:
    """Nothing but the file itself was asked for, and the console holds neither error nor warning."""
    assert page.requests == [path.resolve().as_uri()]
    assert page.errors == []


def _spot(page: Page, kind: str, n: int) -> tuple[float, float]:
    x, y = page.run(CENTRE.replace("KIND", kind).replace("[N]", f"[{n}]"))
    return float(x), float(y)


def test_a_click_opens_the_depots_card(page: Page, named: Plan, tmp_path: Path) -> None:
    """And the table marks the same depot; a click on nothing closes the card."""
    write_map(named, tmp_path / "map.html")
    page.open(tmp_path / "map.html")
    page.click(*_spot(page, "depots", 0))
    card = page.until(CARD)
    depot = named.tables["depots"].iloc[0]
    assert f"{CHINESE} ({depot['depot']})" in card
    for words in ("Modules", "Investment", "Why", "Use by season", f"villages served: {depot['villages']}"):
        assert words in card
    assert page.run("coldchainMap.panes[0].sources.depots.selected.indices") == [0]
    page.run("(() => { const { x_range: x, y_range: y } = coldchainMap.panes[0].plot; "
             "for (const r of [x, y]) r.setv({ start: 3 * r.start, end: 3 * r.end }) })()")  # fmt: skip
    page.run("new Promise((done) => setTimeout(done, 500))")
    page.click(*page.run("(() => { const b = document.querySelector('.map').getBoundingClientRect(); "
                         "return [b.right - 12, b.bottom - 12] })()"))  # fmt: skip
    page.until("!document.body.classList.contains('chosen')")
    _quiet(page, tmp_path / "map.html")


def test_a_village_is_found_by_name_and_says_why(page: Page, named: Plan, tmp_path: Path) -> None:
    """The search takes ids and Chinese names; a row of the table opens the card, too."""
    write_map(named, tmp_path / "map.html")
    page.open(tmp_path / "map.html")
    village = named.tables["villages"].iloc[3]
    find = (
        "(() => {{ const s = document.getElementById('search'); s.value = '{text}'; "
        "s.dispatchEvent(new Event('change')) }})()"
    )
    page.run(find.format(text=village["village"].lower()))
    card = page.until(CARD)
    for words in (village["village"], "Loss today", "Loss with the plan", "Crops", "h to market"):
        assert words in card
    own = named.tables["lots"].query("village == @village.village and depot != ''")
    crop = own[own["commodity"] == own["commodity"].iloc[0]]
    today = (crop["today_share"] * crop["tonnes"]).sum() / crop["tonnes"].sum()
    planned = crop["loss_t"].sum() / crop["tonnes"].sum()
    assert f"\t{100 * today:.1f}%\t{100 * planned:.1f}%\t" in card
    page.run(find.format(text=CHINESE[:2]))
    page.until(f"{CARD}.includes('{CHINESE}')")
    page.run("coldchainMap.panes[0].sources.villages.selected.indices = [5]")
    page.until(f"{CARD}.includes('{named.tables['villages'].iloc[5]['village']}')")
    _quiet(page, tmp_path / "map.html")


def test_layers_and_seasons_switch(page: Page, named: Plan, tmp_path: Path) -> None:
    """Each box hides its layer; a season without loads leaves no route; depots are sized by the season."""
    write_map(named, tmp_path / "map.html")
    page.open(tmp_path / "map.html")
    shown = "Bokeh.documents[0].get_model_by_name('a:{}').visible"
    for layer in ("villages", "depots", "hubs", "roads_minor", "hauls"):
        assert page.run(shown.format(layer)) is True
        page.run(f"document.getElementById('layer-{layer}').click()")
        assert page.run(shown.format(layer)) is False
    page.run("coldchainMap.season(-1)")
    routes = page.run("Object.keys(coldchainMap.panes[0].sources).filter((name) => name.startsWith('routes'))")
    assert routes
    assert page.run(f"Bokeh.documents[0].get_model_by_name('a:filter:{routes[0]}').booleans") is None
    page.run("coldchainMap.season(0)")
    first = named.scenario.periods[0].id
    kept = page.run(f"Bokeh.documents[0].get_model_by_name('a:filter:{routes[0]}').booleans")
    vehicle = routes[0].removeprefix("routes_")
    frame = named.tables["routes"]
    assert kept == (frame["period"][frame["vehicle"] == vehicle] == first).tolist()
    _quiet(page, tmp_path / "map.html")


def test_labels_do_not_overlap_in_either_language(page: Page, named: Plan, tmp_path: Path) -> None:
    """On a desktop and on a phone; the page has no sideways scroll, and speaks Chinese when asked."""
    with speaking("zh"):
        write_map(named, tmp_path / "map.html")
    overlaps = """(() => {
      const { labels, plot } = coldchainMap.panes[0], d = labels.data, r = plot.x_range, q = plot.y_range
      const pen = document.createElement("canvas").getContext("2d")
      const boxes = []
      for (let n = 0; n < d.text.length; n++) {
        if (!d.text[n]) continue
        pen.font = `${d.style[n]} ${d.font[n]} sans-serif`
        const x = (d.x[n] - r.start) / (r.end - r.start) * plot.inner_width + d.dx[n]
        const y = (q.end - d.y[n]) / (q.end - q.start) * plot.inner_height - d.dy[n]
        boxes.push([x, y - 11, x + pen.measureText(d.text[n]).width, y])
      }
      const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
      return [boxes.length, boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b))).length]
    })()"""
    for width, height, phone in ((1400, 900, False), (400, 800, True)):
        page.size(width, height, phone=phone)
        page.open(tmp_path / "map.html")
        count, overlapping = page.run(overlaps)
        assert count >= 2
        assert overlapping == 0
        assert page.run("document.documentElement.scrollWidth") <= width
    assert "图例" in page.run("document.body.innerText")
    assert page.run("document.documentElement.lang") == "zh"
    page.size(1400, 900)
    _quiet(page, tmp_path / "map.html")


def test_two_runs_move_together(page: Page, named: Plan, tmp_path: Path) -> None:
    """The second map shows the part of the first, and a place chosen is chosen in both."""
    write_comparison_map([("one", named), ("two", named)], tmp_path / "both.html")
    page.open(tmp_path / "both.html")
    key = named.tables["villages"].iloc[2]["village"]
    page.run(f"coldchainMap.choose('villages', '{key}', true)")
    assert page.run("coldchainMap.panes.map((pane) => pane.plot.x_range.start)[1]") == page.run(
        "coldchainMap.panes[0].plot.x_range.start"
    )
    assert page.run("coldchainMap.panes.map((pane) => pane.sources.villages.selected.indices[0])") == [2, 2]
    assert page.run(CARD).count(key) >= 2
    _quiet(page, tmp_path / "both.html")


def test_the_slider_shows_what_each_budget_buys(page: Page, small_plan: Plan, tmp_path: Path) -> None:
    """The first position builds nothing, the last is the plan; depots and losses follow the slider."""
    full = point_of(small_plan, 9e6, 1.0)
    none = [0.0 for _village in small_plan.scenario.villages]
    bare = {**full.drawn, "depots": {}, "loss": full.drawn["today"], "cooled": none, "to": ["" for _share in none],
            "seasons": {}, "routes": []}  # fmt: skip
    empty = replace(full, budget_cny=0.0, depots=(), drawn=bare)
    unplanned = replace(full, budget_cny=5e6, status="infeasible")
    placed = small_plan.basis.placed
    assert write_sweep_map(small_plan.scenario, placed, [full, unplanned, empty], tmp_path / "map.html")
    page.open(tmp_path / "map.html")
    open_now = "Array.from(coldchainMap.panes[0].sources.depots.data.size).filter((px) => px > 0).length"
    assert page.run("document.getElementById('budget').max") == "1"
    assert page.run(open_now) == len(small_plan.tables["depots"])
    assert page.run(ROUTES) == len(small_plan.tables["routes"])
    periods = small_plan.tables["routes"]["period"]
    page.run("coldchainMap.season(0)")
    assert page.run(SHOWN) == int((periods == small_plan.scenario.periods[0].id).sum())
    page.run("coldchainMap.season(-1)")
    page.run(
        "(() => { const s = document.getElementById('budget'); s.value = 0; s.dispatchEvent(new Event('input')) })()"
    )
    assert page.run(open_now) == 0
    assert page.run(ROUTES) == 0
    assert page.run("Array.from(coldchainMap.panes[0].sources.villages.data.avoided_t).every((t) => t == 0)")
    assert "CNY 0" in page.run("document.getElementById('budget-now').innerText")
    _quiet(page, tmp_path / "map.html")


def test_a_sweep_with_too_many_routes_shows_none(
    small_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the most routes that a page holds it has depots and villages by season, and no routes."""
    monkeypatch.setattr(mapsweep, "MOST_ROUTES", len(small_plan.tables["routes"]) - 1)
    assert write_sweep_map(
        small_plan.scenario, small_plan.basis.placed, [point_of(small_plan, 1e6, 1.0)], tmp_path / "m"
    )
    text = (tmp_path / "m").read_text(encoding="utf-8")
    assert '"routes":[]' in text
    assert "a:data:routes_" not in text
    assert '"seasons":[[' in text


def test_a_sweep_without_drawings_has_no_map(small_plan: Plan, tmp_path: Path) -> None:
    """Points kept by earlier versions hold nothing to draw."""
    old = replace(point_of(small_plan, 1e6, 1.0), drawn={})
    assert not write_sweep_map(small_plan.scenario, small_plan.basis.placed, [old], tmp_path / "map.html")
    assert not (tmp_path / "map.html").exists()


def test_paper_holds_the_map_as_a_picture_on_one_page(page: Page, named: Plan, tmp_path: Path) -> None:
    """What is printed has the map as a still picture beside legend and figures."""
    write_map(named, tmp_path / "map.html")
    page.open(tmp_path / "map.html")
    page.run("coldchainMap.onPaper()")
    assert page.run("document.querySelector('#paper img').src.length") > 5000
    page.pdf(tmp_path / "map.pdf")
    printed = (tmp_path / "map.pdf").read_bytes()
    assert printed[:5] == b"%PDF-"
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    _quiet(page, tmp_path / "map.html")


def test_villages_are_named_from_a_zoom_on_and_the_found_one_always(page: Page, named: Plan, tmp_path: Path) -> None:
    """With few in view each that fits has its name; with many only the one that was chosen."""
    write_map(named, tmp_path / "map.html")
    page.open(tmp_path / "map.html")
    shown = """(() => { const d = coldchainMap.panes[0].labels.data
      return [...d.text].filter((text, n) => text && d.village[n] >= 0) })()"""
    assert page.until(f"{shown}.length && {shown}")
    own = named.tables["villages"].iloc[2]
    page.run("""(() => { const d = coldchainMap.panes[0].labels.data, many = 100 - d.name.length
      for (const key of Object.keys(d)) for (let n = 0; n < many; n++) d[key].push(d[key].at(-1)) })()""")
    page.run(f"coldchainMap.choose('villages', '{own['village']}', false)")
    assert page.until(f"{shown}.length == 1 && {shown}") == [own["name"] or own["village"]]


def test_routes_bear_the_colour_of_their_depot(page: Page, named: Plan, tmp_path: Path) -> None:
    """Two routes of one depot have one colour, those of neighbours in the list differ."""
    write_map(named, tmp_path / "map.html")
    page.open(tmp_path / "map.html")
    pairs = page.run("""Object.entries(coldchainMap.panes[0].sources).filter(([name]) => name.startsWith("routes_"))
      .flatMap(([, source]) => [...source.data.depot].map((depot, n) => [depot, source.data.colour[n]]))""")
    colours = dict(pairs)
    assert {tuple(pair) for pair in pairs} == set(colours.items())
    assert len(set(colours.values())) == len(colours)
