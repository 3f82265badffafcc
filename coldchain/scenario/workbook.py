"""Excel workbooks as people keep them: titles above the header, merged cells, formulas, codes with leading zeros."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from coldchain.errors import BadInputError, Fault, system_reason
from coldchain.inputs import MOST_CELL_CHARACTERS, check_archive, too_much
from coldchain.language import _, language
from coldchain.scenario.delimited import MOST_COLUMNS
from coldchain.scenario.headings import fold, score
from coldchain.scenario.listing import (
    MOST_TITLE_ROWS,
    column_letter,
    doubled,
    header_row,
    headless,
    joined_header,
    left_out,
)
from coldchain.scenario.parsing import clean
from coldchain.scenario.tables import RawTable

SUFFIXES = (".xlsx", ".xlsm")
RULES, FAULTS, LISTS, GUIDE = "rules", "faults", "lists", "guide"
MARKED = {"en": "checked", "zh": "检查"}
ODD = ("formula-without-value", "formula-error", "date")
UNREAD = (FAULTS, LISTS, GUIDE)
SHEETS: Mapping[str, tuple[str, ...]] = {
    "villages": ("村", "村庄", "产地"),
    "harvest": ("产量", "采收"),
    "sites": ("候选点", "站点", "选址"),
    "hubs": ("集配中心", "枢纽", "集散中心"),
    "periods": ("时段", "季节"),
    "vehicles": ("车辆", "车型"),
    RULES: ("规则", "设置", "参数", "settings"),
    "commodities": ("品种", "作物", "农产品"),
    "depot_types": ("库型",),
    "mobile_units": ("移动设备",),
    "plants": ("加工线", "加工厂"),
    "storage": ("储存", "贮藏"),
    "people": ("人员", "人员配备", "班次"),
    "masts": ("基站", "铁塔", "通信基站"),
    "landmarks": ("地理标志", "地标产品", "地理标志产品"),
    LISTS: ("列表", "选项"),
    FAULTS: ("数据问题",),
    GUIDE: ("说明",),
}
MOST_ROWS = 200_000
MOST_BOOK_CELLS = 600_000  # with a value, of all sheets; or places of one sheet
MOST_CELL_BYTES = 6 * 32_767  # of a text in its file; a cell takes 32,767 characters, written in up to 6 bytes
CHUNK_BYTES = 1 << 20
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


def is_marked(book: Path) -> bool:
    """Tell whether a workbook is named like a marked copy, in any language."""
    return Path(book.stem).suffix.removeprefix(".") in MARKED.values()


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
            _check_size(path)
            return _sorted(path, _open(path))
    except Exception as error:  # noqa: BLE001 - openpyxl raises many kinds for files that are no workbooks
        if isinstance(error, BadInputError) and error.faults[0].code == "too-large":
            return Book(path, faults=tuple(replace(fault, file=path.name, code="unreadable") for fault in error.faults))
        error = error.__cause__ if isinstance(error.__cause__, Exception) else error
        message = _(
            "cannot be read as an Excel workbook ({kind}: {error}); save it as .xlsx without a password"
        ).format(kind=type(error).__name__, error=str(error).splitlines()[0] if str(error) else "")
        return Book(path, faults=(Fault(path.name, None, "", "", message, "unreadable"),))


def _open(path: Path, *, values: bool = False) -> Any:
    from openpyxl import load_workbook

    return load_workbook(path, data_only=values)


def _check_size(path: Path) -> None:
    """Refuse a workbook that is too large, by the text of its parts, before a cell of it is made.

    Raises
    ------
    BadInputError
        When it unpacks to too much, a sheet has too many cells that hold something, or a text is too long for a cell.
    """
    check_archive(path)
    cells = 0
    with ZipFile(path) as archive:
        for part in archive.infolist():
            if part.filename.startswith("xl/worksheets/") or part.filename.endswith("sharedStrings.xml"):
                with archive.open(part) as text:
                    held, longest = _scanned(text)
                cells += held
                if longest > MOST_CELL_BYTES:
                    fault = too_much(path.name, _("characters in a cell"), MOST_CELL_CHARACTERS)
                    raise BadInputError([replace(fault, sheet=_sheet_of(part.filename))])
    if cells > MOST_BOOK_CELLS:
        raise BadInputError([too_much(path.name, _("cells"), MOST_BOOK_CELLS)])


def _scanned(text: IO[bytes]) -> tuple[int, int]:
    """Count the values of cells in a part of a workbook, and the longest run of bytes without a tag."""
    held = longest = run = 0
    tail = b""
    while block := text.read(CHUNK_BYTES):
        joined = tail + block
        held += joined.count(b"<v>") + joined.count(b"<is>") + joined.count(b"<f")
        tail = joined[-3:] if not joined.endswith((b"<v>", b"<is>")) else b""
        pieces = block.split(b"<")
        run += len(pieces[0])
        for piece in pieces[1:]:
            longest, run = max(longest, run), len(piece)
        longest = max(longest, run)
    return held, longest


def _sheet_of(part: str) -> str:
    return part.rsplit("/", 1)[-1].removesuffix(".xml")


def _sorted(path: Path, book: Any) -> Book:
    names = {fold(name): stem for stem, more in SHEETS.items() for name in (stem, *more)}
    values: Any = None
    sheets: dict[str, Sheet] = {}
    lists, faults = [], []
    for place, sheet in enumerate(book.worksheets):
        stem = names.get(fold(sheet.title))
        if stem in UNREAD:
            continue
        last, widest = _extent(sheet)
        if last > MOST_ROWS or widest > MOST_COLUMNS or last * widest > MOST_BOOK_CELLS:
            return Book(path, faults=(_too_far(path.name, sheet.title, last, widest),))
        if values is None and _has_formulas(sheet):
            values = _open(path, values=True)
        computed = values[sheet.title] if values is not None else None
        read = replace(_as_text(sheet, computed, last, widest), place=place)
        if stem is None:
            lists.append(read)
        elif stem in sheets:
            message = _("holds the same as the sheet {other}; keep one of them").format(other=sheets[stem].title)
            faults.append(Fault(path.name, None, "", "", message, "duplicate-sheet", sheet=sheet.title))
        else:
            sheets[stem] = read
    return Book(path, sheets, tuple(lists), tuple(faults))


def cells_of(sheet: Any) -> dict[tuple[int, int], Any]:
    """Return the cells that are there, by row and column; to walk over all places would make those between."""
    cells: dict[tuple[int, int], Any] = sheet._cells  # noqa: SLF001
    return cells


def _extent(sheet: Any) -> tuple[int, int]:
    """Return the last row and the last column in which something stands; what is only coloured does not count."""
    filled = [place for place, cell in cells_of(sheet).items() if not _blank(cell.value)]
    return max((row for row, _column in filled), default=0), max((column for _row, column in filled), default=0)


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _too_far(file: str, title: str, last: int, widest: int) -> Fault:
    message = _("has cells as far as row {row} and column {column}, beyond any table: delete what lies there")
    text = message.format(row=last, column=column_letter(widest))
    return Fault(file, None, "", "", text, "unreadable", sheet=title, cell=f"{column_letter(widest)}{last}")


def _has_formulas(sheet: Any) -> bool:
    return any(cell.data_type == "f" for cell in cells_of(sheet).values())


def _as_text(sheet: Any, values: Any, last: int, widest: int) -> Sheet:
    """Turn a sheet into text as far as its last row and column; what is merged downwards holds in each of its rows."""
    held: dict[tuple[int, int], tuple[int, int]] = {}
    for span in sheet.merged_cells.ranges:
        if span.min_col == span.max_col:
            end = min(span.max_row, last)
            held |= {(row, span.min_col): (span.min_row, span.min_col) for row in range(span.min_row, end + 1)}
    by_row: dict[int, list[str]] = {}
    odd = []
    for (row, column), cell in sorted(cells_of(sheet).items()):
        if row > last or column > widest:
            continue
        place = held.get((row, column), (row, column))
        source = sheet.cell(*place) if place != (row, column) else cell
        text, wrong = _text(source, None if values is None else values.cell(*place).value)
        by_row.setdefault(row, [""] * widest)[column - 1] = text
        if wrong:
            odd.append((row, column, text, *wrong))
    rows = [(row, tuple(texts)) for row, texts in by_row.items() if any(texts)]
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
