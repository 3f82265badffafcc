"""The shell of the pages that answer: their one frame, and the kinds of folder that decide which page is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.models import ColumnDataSource, CustomJS, DataTable, TableColumn
from jinja2 import Environment, FunctionLoader

from coldchain.language import language

ROUTES = "routes.json"
PLAN, BOOKINGS = "/", "/bookings"
"""Where the pages of a server stand."""


def is_day(folder: Path) -> bool:
    """Tell whether a folder holds routes of a day."""
    return (folder / ROUTES).is_file()


def frame(document: Document, title: str, name: str, width_px: int) -> None:
    """Put a document into the frame of all pages, by the template of that name, at most so wide."""
    document.title = title
    document.template = Environment(loader=FunctionLoader(asset), autoescape=False).get_template(f"{name}.html")  # noqa: S701 - Bokeh's parts are HTML
    document.template_variables.update(language=language(), width_px=width_px)


def asset(name: str) -> str:
    """Return a text that belongs to the pages."""
    return (resources.files("coldchain.pages") / "assets" / name).read_text("utf-8")


def sheet(source: ColumnDataSource, columns: Sequence[TableColumn], height: int) -> DataTable:
    """Return a table to edit; it draws cells anew that are patched, which Bokeh's by itself does for new data only."""
    table = DataTable(source=source, columns=list(columns), height=height, editable=True, index_position=None,
                      reorderable=False, sortable=False, autosize_mode="force_fit",
                      min_width=sum(one.width for one in columns), sizing_mode="stretch_width")  # fmt: skip
    source.js_on_change("patching", CustomJS(args={"view": table.view}, code="view.change.emit()"))
    return table


def patch(source: ColumnDataSource, wanted: Mapping[str, Sequence[Any]]) -> None:
    """Patch the cells that differ: this may answer an edit of the same columns, which cannot be replaced then."""
    new = {
        name: [(n, cell) for n, (cell, old) in enumerate(zip(cells, source.data[name], strict=True)) if cell != old]
        for name, cells in wanted.items()
    }
    if any(new.values()):
        source.patch({name: cells for name, cells in new.items() if cells})
