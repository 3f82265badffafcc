"""The shell of the pages that answer: their one frame, and the kinds of folder that decide which page is opened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib import resources
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.models import ColumnDataSource, CustomJS, DataTable, Div, TableColumn
from jinja2 import Environment, FunctionLoader

from coldchain.language import language, speaking
from coldchain.reports.canvas import div

ROUTES = "routes.json"
PLAN, BOOKINGS = "/", "/bookings"
"""Where the pages of a server stand."""
REDRAW = "Bokeh.index.find_one(table)?.grid.invalidate()"
EXTRA = """
h3 { font-size: 12.5px; margin: 10px 0 2px; }
p { margin: 3px 0; }
.alarm { color: #8a331f; font-weight: 600; }
pre { font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f5f6; padding: 8px; }
"""


class Answering(ABC):
    """A page that answers: callbacks speak its language, and what goes wrong in one is said on it."""

    spoken: str

    @abstractmethod
    def _fail(self, error: Exception) -> None:
        """Say what went wrong."""

    def _guarded(self, act: Callable[[], None]) -> Callable[[], None]:
        """Let a callback speak the language of the page, and say on the page what went wrong in it."""

        @wraps(act)
        def guarded() -> None:
            with speaking(self.spoken):
                try:
                    act()
                except Exception as error:  # noqa: BLE001 - otherwise a line in a log, and a page that is dead
                    self._fail(error)

        return guarded

    def _heard(self, act: Callable[[], None]) -> Callable[[str, Any, Any], None]:
        """Let a callback answer a changed value."""
        guarded = self._guarded(act)
        return lambda _name, _old, _new: guarded()


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


def words_div(html: str = "", **options: Any) -> Div:
    """Return words of a page, as wide as their place."""
    made = div(html, sizing_mode="stretch_width", **options)
    made.stylesheets = [*made.stylesheets, EXTRA]
    return made


def said() -> Div:
    """Return where a page says what it did, or what went wrong; a screen reader speaks it."""
    return words_div(html_attributes={"role": "status", "aria-live": "polite"})


def sheet(source: ColumnDataSource, columns: Sequence[TableColumn], height: int) -> DataTable:
    """Return a table to edit; it draws cells anew that are patched, which Bokeh's by itself does for new data only."""
    table = DataTable(source=source, columns=list(columns), height=height, editable=True, index_position=None,
                      reorderable=False, sortable=False, autosize_mode="force_fit",
                      min_width=sum(one.width for one in columns), sizing_mode="stretch_width")  # fmt: skip
    source.js_on_change("patching", CustomJS(args={"table": table}, code=REDRAW))
    return table


def patch(source: ColumnDataSource, wanted: Mapping[str, Sequence[Any]]) -> None:
    """Patch the cells that differ: this may answer an edit of the same columns, which cannot be replaced then."""
    new = {
        name: [(n, cell) for n, (cell, old) in enumerate(zip(cells, source.data[name], strict=True)) if cell != old]
        for name, cells in wanted.items()
    }
    if any(new.values()):
        source.patch({name: cells for name, cells in new.items() if cells})
