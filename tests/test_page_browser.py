"""The planning page in a real browser with all but loopback cut: it is drawn whole, and asks for nothing elsewhere."""

from __future__ import annotations

from pathlib import Path

from browser import Page
from perishable import write_perishable
from test_map_browser import page
from test_pages import served

__all__ = ["page"]
READY = "window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].is_idle"
TABLE = "Bokeh.index.query_one((view) => view.model.type == 'DataTable' && 'lon' in view.model.source.data)"
ROW = f"[...{TABLE}.shadow_el.querySelector('.slick-row').children].map((cell) => cell.innerText)"


def test_the_page_is_drawn_with_its_tables(page: Page, tmp_path: Path) -> None:
    """The first site stands in the table with its place; nothing is asked of other computers or complained of."""
    write_perishable(12, 3, tmp_path / "county")
    with served(tmp_path / "county") as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        page.requests.clear()
        page.call("Page.navigate", url=url)
        page.until(READY)
        row, lon = page.run(ROW), page.run(f"{TABLE}.model.source.data.lon[0]")
    assert f"{lon:.6f}" in row
    own = url.partition("://")[2].partition("/")[0]
    assert {one.partition("://")[2].partition("/")[0] for one in page.requests} == {own}
    assert any(one.startswith("ws://") for one in page.requests)
    assert page.errors == []
