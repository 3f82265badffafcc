"""Workbooks of Excel 97 (.xls), as WPS and many offices still save them: the first sheet that holds something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.scenario.decoding import content, decode, markup_of
from coldchain.scenario.delimited import MOST_CELLS, Grid
from coldchain.scenario.parsing import clean

OLE = b"\xd0\xcf\x11\xe0"


def read_old_book(path: Path) -> Grid:
    """Read the first sheet with content as a grid; what only calls itself .xls is named by its kind."""
    data, fault = content(path)
    if fault is None and not data.startswith(OLE):
        fault = _pretender(path)
    if fault is not None:
        return Grid(path.name, (), (fault,))
    try:
        import xlrd
    except ImportError:
        message = _("is an Excel 97 workbook: save it as .xlsx, or install the extra that reads it: coldchain[xls]")
        return Grid(path.name, (), (Fault(path.name, None, "", "", message, "other-kind"),))
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=False, on_demand=True, logfile=_Silent())
        sheets = (book.sheet_by_index(n) for n in range(book.nsheets))
        sheet = next((one for one in sheets if one.nrows and one.ncols), None)
        if sheet is not None and sheet.nrows * sheet.ncols > MOST_CELLS:
            message = _("has more than {most:,} cells; delete the rows and columns beyond the table")
            told = message.format(most=MOST_CELLS)
            return Grid(path.name, (), (Fault(path.name, None, "", "", told, "too-large", sheet=sheet.name),))
        return Grid(path.name, () if sheet is None else tuple(_rows(sheet)))
    except Exception as error:  # noqa: BLE001 - xlrd raises many kinds for files that are damaged or locked
        message = _("cannot be read as an Excel 97 workbook ({error}); save it as .xlsx without a password")
        told = message.format(error=next(iter(str(error).splitlines()), type(error).__name__))
        return Grid(path.name, (), (Fault(path.name, None, "", "", told, "unreadable"),))


class _Silent:
    """Takes what the library prints."""

    def write(self, text: str) -> int:
        """Drop a text."""
        return len(text)


def _pretender(path: Path) -> Fault | None:
    """Name what a file called .xls is instead: often a web page or a text table."""
    text, fault = decode(path)
    if fault is None:
        fault = markup_of(path, text)
    told = _("is a text table in spite of its name; give it the ending .csv")
    return fault or Fault(path.name, None, "", "", told, "other-kind")


def _rows(sheet: Any) -> list[tuple[int, tuple[str, ...]]]:
    rows = []
    for n in range(sheet.nrows):
        cells = tuple(_cell(sheet.cell(n, column)) for column in range(sheet.ncols))
        if any(cells):
            rows.append((n + 1, cells))
    return rows


def _cell(cell: Any) -> str:
    """Return a cell as text; xlrd tells kinds by number: 2 a figure, 4 a truth value, 5 an error."""
    if cell.ctype == 2:
        value = float(cell.value)
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    if cell.ctype in (0, 6):
        return ""
    return "#N/A" if cell.ctype == 5 else clean(str(cell.value))
