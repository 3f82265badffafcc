"""What scripts ask of the planning page in a browser."""

from __future__ import annotations

from browser import Page

READY = "window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].is_idle"
TABLE = "Bokeh.index.query_one((view) => view.model.type == 'DataTable' && 'lon' in view.model.source.data)"
ROW = f"[...{TABLE}.shadow_el.querySelector('.slick-row').children].map((cell) => cell.innerText)"
PLACE = f"[{TABLE}.model.source.data.lon[0], {TABLE}.model.source.data.lat[0]]"
MODE = "Bokeh.index.query_one((view) => view.model.name == 'mode')"
SECOND_MODE = f"""(() => {{
  const box = {MODE}.shadow_el.querySelectorAll(".bk-btn")[1].getBoundingClientRect()
  return [box.left + box.width / 2, box.top + box.height / 2]
}})()"""
SPOT = f"""(() => {{
  const view = Bokeh.index.query_one((view) => view.model.type == "Figure"), d = {TABLE}.model.source.data
  const box = view.el.getBoundingClientRect(), frame = view.frame.bbox, {{ x_range: x, y_range: y }} = view.model
  return [(d.x[0] - x.start) / (x.end - x.start) * frame.width + frame.left + box.left,
          (y.end - d.y[0]) / (y.end - y.start) * frame.height + frame.top + box.top]
}})()"""
SPOKEN = "Bokeh.index.query_one((view) => view.model.html_attributes?.role == 'status')"
STATUS = f"{SPOKEN}.model.text"
ALARMED = f"getComputedStyle({SPOKEN}.shadow_el.querySelector('.alarm')).color"
BUDGET = "Bokeh.index.query_one((view) => view.model.type == 'NumericInput').model"
GO = "Bokeh.index.query_one((view) => view.model.button_type == 'primary')"
CLICK_GO = f"{GO}.shadow_el.querySelector('button').click()"


def visit(page: Page, url: str) -> None:
    """Leave what was open, and open a page of a server."""
    page.call("Page.navigate", url="about:blank")
    page.until("location.href == 'about:blank'")
    page.requests.clear()
    page.errors.clear()
    page.call("Page.navigate", url=url)
    page.until(READY)
