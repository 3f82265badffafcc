"""The planning page in a real browser with all but loopback cut: it is drawn whole, and asks for nothing elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Page
from page_cases import served
from page_scripts import ALARMED, BUDGET, CLICK_GO, GO, MODE, PLACE, ROW, SECOND_MODE, SPOT, STATUS, TABLE, visit
from perishable import write_perishable


def test_the_page_is_drawn_and_a_site_dragged(page: Page, tmp_path: Path) -> None:
    """The first site stands in the table with its place, and with another one, north-east, when it was dragged there.

    Nothing is asked of other computers or complained of, and a server that ends while a tab is at work says nothing.
    """
    write_perishable(12, 3, tmp_path / "county")
    with served(tmp_path / "county") as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        visit(page, url)
        row, place = page.run(ROW), page.run(PLACE)
        page.click(*page.run(SECOND_MODE))
        page.until(f"{MODE}.model.active == 1")
        x, y = page.run(SPOT)
        page.drag(x, y, x + 60.0, y - 30.0)
        page.until(f"{PLACE}[0] > {place[0]} && {PLACE}[1] > {place[1]}")
        page.until(f"{ROW}.includes({PLACE}[0].toFixed(6)) && {ROW}.includes({PLACE}[1].toFixed(6))")
        assert page.run(SPOT) == pytest.approx([x + 60.0, y - 30.0], abs=1.5)
        assert page.errors == []
        server.terminate()
        assert "Traceback" not in server.communicate()[1]
        assert server.returncode == 0
    assert f"{place[0]:.6f}" in row
    own = url.partition("://")[2].partition("/")[0]
    assert {one.partition("://")[2].partition("/")[0] for one in page.requests} == {own}
    assert any(one.startswith("ws://") for one in page.requests)


def test_two_tabs_of_one_server_share_nothing(page: Page, tmp_path: Path) -> None:
    """Each has edits of its own; a plan that fails in one says why there, frees it, and leaves the other alone."""
    write_perishable(6, 3, tmp_path / "county")
    with served(tmp_path / "county") as server, page.tab() as other:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        for tab in (page, other):
            visit(tab, url)
        stated = page.run(f"{BUDGET}.value")
        page.run(f"{BUDGET}.value = 36")
        other.run(f"{TABLE}.model.source.patch({{choice: [[0, 'forbidden']]}})")
        other.until(f"{TABLE}.model.source.data.marker[0] == 'x'")
        page.run(CLICK_GO)
        page.until(f"{STATUS}.includes('if 万元 was meant')")
        assert page.run(ALARMED) == "rgb(138, 51, 31)"
        assert not page.run(f"{GO}.model.disabled")
        assert page.run(f"{TABLE}.model.source.data.marker[0]") == "square"
        assert other.run(f"{BUDGET}.value") == stated
        assert "万元" not in other.run(STATUS)
        page.run(f"{BUDGET}.value = {stated}")
        page.run(CLICK_GO)
        page.until(f"{STATUS}.includes('Planning') || {GO}.model.disabled")
        assert not other.run(f"{GO}.model.disabled")
        assert (page.errors, other.errors) == ([], [])


KEYS = {"Tab": 9, "ArrowDown": 40, " ": 32}
FOCUSED = """(() => { let one = document.activeElement
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement
  return one ? one.closest(".slick-viewport, .bk-input-group")?.innerText || one.innerText || one.className : "" })()"""


def press(page: Page, key: str) -> None:
    """Press a key."""
    told = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": KEYS[key]}
    page.call("Input.dispatchKeyEvent", type="keyDown", text=" " if key == " " else "", **told)
    page.call("Input.dispatchKeyEvent", type="keyUp", **told)


def tab_to(page: Page, text: str, most: int = 60) -> None:
    """Press Tab until what has the focus says so."""
    for _n in range(most):
        press(page, "Tab")
        if text in str(page.run(FOCUSED)):
            return
    raise AssertionError(f"Tab never comes to {text}")


def test_a_county_is_edited_and_planned_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    """Without the mouse: a budget typed, a site chosen and forbidden, another added, planning begun and ended."""
    write_perishable(6, 3, tmp_path / "county")
    with served(tmp_path / "county") as server:
        assert server.stdout is not None
        visit(page, server.stdout.readline().strip())
        tab_to(page, "Subsidy budget")
        page.call("Input.insertText", text="90000")
        tab_to(page, "choose a site")
        press(page, "ArrowDown")
        page.until("!Bokeh.index.query_one((view) => view.model.title == 'Asked for').model.disabled")
        assert "choose a site" in page.run(FOCUSED)
        tab_to(page, "Asked for", 1)
        press(page, "ArrowDown")
        page.until(f"{TABLE}.model.source.data.marker[0] == 'x'")
        assert page.run(f"{BUDGET}.value") == 90000
        tab_to(page, "Name of a new site")
        page.call("Input.insertText", text="Ford")
        tab_to(page, "Add there")
        press(page, " ")
        page.until(f"{TABLE}.model.source.data.label.some((one) => one.includes('Ford'))")
        page.until(f"{TABLE}.shadow_el.querySelector('.slick-viewport').innerText.includes('Ford')")
        tab_to(page, "Plan now")
        press(page, " ")
        page.until(f"{GO}.model.disabled")
        tab_to(page, "Cancel")
        press(page, " ")
        page.until(f"!{GO}.model.disabled")
        assert page.errors == []
