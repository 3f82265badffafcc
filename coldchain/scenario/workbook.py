"""Excel workbooks as people keep them: titles above the header, merged cells, formulas, codes with leading zeros."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from coldchain.errors import Fault, system_reason
from coldchain.language import _, language
from coldchain.scenario.headings import fold, score
from coldchain.scenario.listing import MOST_TITLE_ROWS, doubled, header_row, headless, joined_header, left_out
from coldchain.scenario.parsing import clean
from coldchain.scenario.tables import RawTable

SUFFIXES = (".xlsx", ".xlsm")
RULES, FAULTS, LISTS, GUIDE = "rules", "faults", "lists", "guide"
ODD = ("formula-without-value", "formula-error", "date")
UNREAD = (FAULTS, LISTS, GUIDE)
SHEETS: Mapping[str, tuple[str, ...]] = {
    "villages": ("村", "村庄", "产地"),
    "harvest": ("产量", "采收"),
    "sites": ("候选点", "站点", "选址"),
    "hubs": ("枢纽", "集散中心"),
    "periods": ("时段", "季节"),
    "vehicles": ("车辆", "车型"),
    RULES: ("规则", "设置", "参数", "settings"),
    "commodities": ("品种", "作物", "农产品"),
    "depot_types": ("库型",),
    "mobile_units": ("移动设备",),
    "storage": ("储存", "贮藏"),
    LISTS: ("列表", "选项"),
    FAULTS: ("数据问题",),
    GUIDE: ("说明",),
}
MOST_ROWS = 200_000
ZEROS = re.compile(r"0{2,}")


@dataclass(frozen=True)
class Sheet:
    """A sheet as text: (row, cells), and what is wrong with single cells as (row, column, value, message, code)."""

    title: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    odd: tuple[tuple[int, int, str, str, str], ...] = ()
    place: int = 0


@dataclass(frozen=True)
class Book:
    """A workbook as text: sheets by what they hold, all other sheets, what kept it from being read."""

    path: Path
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    lists: tuple[Sheet, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """Titles of the sheets that are no part of a scenario."""
        return tuple(sheet.title for sheet in self.lists)


def is_book(path: Path) -> bool:
    """Tell whether a path is named like a workbook."""
    return path.suffix.lower() in SUFFIXES


def sheet_title(stem: str, lang: str) -> str:
    """Return what a sheet of the template is called.

    Examples
    --------
    >>> sheet_title("harvest", "zh"), sheet_title("harvest", "en")
    ('产量', 'harvest')
    """
    return SHEETS[stem][0] if lang == "zh" else stem


def read_book(path: Path) -> Book:
    """Read a workbook; of an unchanged file the same answer is given again."""
    try:
        about = path.stat()
    except OSError as error:
        message = _("cannot be read: {strerror}").format(strerror=system_reason(error))
        return Book(path, faults=(Fault(path.name, None, "", "", message, "unreadable"),))
    return _read(path, about.st_mtime_ns, about.st_size, language())


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int, _spoken: str) -> Book:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are of no account here
            return _sorted(path, _open(path))
    except Exception as error:  # noqa: BLE001 - openpyxl raises many kinds for files that are no workbooks
        message = _(
            "cannot be read as an Excel workbook ({kind}: {error}); save it as .xlsx without a password"
        ).format(kind=type(error).__name__, error=str(error).splitlines()[0] if str(error) else "")
        return Book(path, faults=(Fault(path.name, None, "", "", message, "unreadable"),))


def _open(path: Path, *, values: bool = False) -> Any:
    from openpyxl import load_workbook

    return load_workbook(path, data_only=values)


def _sorted(path: Path, book: Any) -> Book:
    names = {fold(name): stem for stem, more in SHEETS.items() for name in (stem, *more)}
    values: Any = None
    sheets: dict[str, Sheet] = {}
    lists, faults = [], []
    for place, sheet in enumerate(book.worksheets):
        stem = names.get(fold(sheet.title))
        if stem in UNREAD:
            continue
        if sheet.max_row > MOST_ROWS:
            return Book(path, faults=(_too_long(path.name, sheet),))
        if values is None and _has_formulas(sheet):
            values = _open(path, values=True)
        read = replace(_as_text(sheet, values[sheet.title] if values is not None else None), place=place)
        if stem is None:
            lists.append(read)
        elif stem in sheets:
            message = _("holds the same as the sheet {other}; keep one of them").format(other=sheets[stem].title)
            faults.append(Fault(path.name, None, "", "", message, "duplicate-sheet", sheet=sheet.title))
        else:
            sheets[stem] = read
    return Book(path, sheets, tuple(lists), tuple(faults))


def _too_long(file: str, sheet: Any) -> Fault:
    message = _("has a cell on row {row}, far below any table: delete the rows below the last one that counts")
    return Fault(file, None, "", "", message.format(row=sheet.max_row), "unreadable", sheet=sheet.title)


def _has_formulas(sheet: Any) -> bool:
    return any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def _as_text(sheet: Any, values: Any) -> Sheet:
    """Turn a sheet into text; what is merged downwards holds in each of its rows."""
    held: dict[tuple[int, int], tuple[int, int]] = {}
    for span in sheet.merged_cells.ranges:
        if span.min_col == span.max_col:
            held |= {(row, span.min_col): (span.min_row, span.min_col) for row in range(span.min_row, span.max_row + 1)}
    rows, odd = [], []
    for cells in sheet.iter_rows():
        texts = []
        for cell in cells:
            place = held.get((cell.row, cell.column), (cell.row, cell.column))
            source = sheet.cell(*place) if place != (cell.row, cell.column) else cell
            text, wrong = _text(source, None if values is None else values.cell(*place).value)
            texts.append(text)
            if wrong:
                odd.append((cell.row, cell.column, text, *wrong))
        if any(texts):
            rows.append((cells[0].row, tuple(texts)))
    return Sheet(sheet.title, tuple(rows), tuple(odd))


def _text(cell: Any, computed: Any) -> tuple[str, tuple[str, str] | None]:
    """Return a cell as text, with message and code when it cannot be what the planner meant."""
    value = cell.value
    if cell.data_type == "f":
        value = computed
        if value is None:
            message = _("is a formula without a stored result: open the workbook in Excel, save it and try again")
            return str(getattr(cell.value, "text", cell.value)), (message, "formula-without-value")
    if value is None:
        return "", None
    text = _number(value, str(cell.number_format)) if isinstance(value, (int, float)) else clean(str(value))
    if isinstance(value, str) and text.startswith("#") and text.endswith(("!", "?", "A")):
        return text, (_("is the error of a formula"), "formula-error")
    if isinstance(value, (date, datetime)):
        written = value.strftime("%Y-%m-%d")
        return written, (_("is a date; Excel may have made it of something else: write it as text"), "date")
    return text, None


def _number(value: float, layout: str) -> str:
    """Write a number as it looks in its cell, as far as zeros in front and per cent go.

    Examples
    --------
    >>> _number(512, "000000"), _number(0.3, "0.0%"), _number(12.0, "General"), _number(0.1, "0.00")
    ('000512', '30%', '12', '0.1')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if "%" in layout:
        return f"{value * 100:.12g}%"
    whole = f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    return whole.zfill(len(layout)) if ZEROS.fullmatch(layout) and whole.isdigit() else whole


def table_of_sheet(sheet: Sheet, stem: str) -> RawTable:
    """Find the header of a sheet, under whatever title stands above it, and return the rows below."""
    if not sheet.rows:
        fault = Fault(sheet.title, None, "", "", _("is empty; a header row is needed"), "empty-file")
        return RawTable(sheet.title, (), (fault,))
    at = header_at(sheet, stem)
    line, header = sheet.rows[at]
    under = sheet.rows[at + 1 :]
    joined = joined_header(header, under[0][1]) if under and not stem else None
    if joined is not None:
        header, under = joined, under[1:]
    below, aside = left_out(sheet.title, under)
    totals = {fault.row for fault in aside}
    named = (
        (number, {name: text for name, text in zip(header, cells, strict=True) if name}) for number, cells in below
    )
    rows = tuple((number, cells) for number, cells in named if any(cells.values()))
    columns = (*doubled(sheet.title, line, header), *headless(sheet.title, header, below))
    faults = [
        replace(fault, cell=f"{fault.column}{fault.row}") if fault.code == "no-heading" else fault for fault in columns
    ]
    faults += aside
    faults += [
        Fault(sheet.title, row, header[column - 1], value, message, code)
        for row, column, value, message, code in sheet.odd
        if row >= line and header[column - 1] and row not in totals
    ]
    return RawTable(sheet.title, rows, tuple(faults), header=header, header_line=line)


def read_list(path: Path, score: Callable[[Sequence[str]], int] | None = None) -> RawTable:
    """Read a list of anything: the first sheet of a workbook that holds something, below its titles.

    Parameters
    ----------
    score : number of known headings in a row, to find the header by; without it the shape of the table tells
    """
    book = read_book(path)
    sheets = [sheet for sheet in (*book.sheets.values(), *book.lists) if sheet.rows]
    if book.faults or not sheets:
        empty = Fault(path.name, None, "", "", _("is empty; a header row is needed"), "empty-file")
        return RawTable(path.name, (), book.faults or (empty,))
    sheet = min(sheets, key=lambda one: one.place)
    at = header_row([cells for _row, cells in sheet.rows], score)
    raw = table_of_sheet(replace(sheet, rows=sheet.rows[at:]), "")
    faults = tuple(replace(fault, file=path.name, sheet=sheet.title) for fault in raw.faults)
    return replace(raw, file=path.name, faults=faults)


def header_at(sheet: Sheet, stem: str) -> int:
    """Return the place of the row, among the first ones, that holds most headings of a table."""
    first = sheet.rows[:MOST_TITLE_ROWS]
    return max(range(len(first)), key=lambda n: (score(stem, first[n][1]), -n))
