"""The page of subsidy levels in a real browser with the network cut, alone and as a cell of an exported notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Page
from level_cases import RULES, frontier

import coldchain as cc

SLIDE = """(() => {{ const s = {within}document.getElementById("{name}"); s.value = {value};
  s.dispatchEvent(new Event("input")) }})()"""
FRAME = "document.querySelector('iframe').contentWindow."


@pytest.mark.parametrize("within", ["", FRAME], ids=["page", "notebook"])
def test_sliders_move_frontier_and_surface(page: Page, tmp_path: Path, within: str) -> None:
    """Budget: the mark and what is decided; rate: whose curve; figure: what is drawn. Nothing is asked for."""
    found = cc.levels(frontier(rules=RULES), frontier("dale · base"))
    path = found.explore(tmp_path / "levels.html")
    if within:
        path = tmp_path / "notebook.html"
        path.write_text(f'<body class="ready">{found._repr_html_()}</body>', encoding="utf-8")
    page.open(path)
    page.until(f"{within}document.body && {within}document.body.classList.contains('ready')")

    def read(name: str) -> object:
        return page.run(f"Array.from({within}Bokeh.documents[0].get_model_by_name('{name}').data.y)")

    page.run(SLIDE.format(within=within, name="budget", value=2))
    assert "2 depots built, awards CNY 1.30 M; opens S2" in page.run(
        f"{within}document.getElementById('p0-told').innerText"
    )
    assert read("p0:chosen") == pytest.approx([0.4])
    page.run(SLIDE.format(within=within, name="rate", value=1))
    assert "awards CNY 0.26 M" in page.run(f"{within}document.getElementById('p0-told').innerText")
    page.run(SLIDE.format(within=within, name="figure", value=1))
    assert read("p2:dots") == pytest.approx([20.0, 15.0, 10.0])
    assert len(read("p0:cells")) == 9  # type: ignore[arg-type]
    shown = page.run(f"{within}document.body.scrollHeight")
    assert not within or page.run("document.querySelector('iframe').clientHeight") >= shown
    assert page.requests[0] == path.as_uri()
    assert [one for one in page.requests[1:] if not one.startswith(("about:srcdoc", "blob:"))] == []
    assert page.errors == []
