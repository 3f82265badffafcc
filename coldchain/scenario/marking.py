"""A copy of the planner's workbook in which every faulty cell is coloured and says what is wrong with it."""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from coldchain.cells import guarded
from coldchain.errors import Fault
from coldchain.language import _, language
from coldchain.leftovers import clear_half_written
from coldchain.scenario.workbook import FAULTS, MARKED, SHEETS, cells_of, sheet_title

AUTHOR = "coldchain check"
ERROR, WARNING, TAB = "FFFF9999", "FFFFE699", "FFC00000"
NOTE_WIDTH, NOTE_HEIGHT, LINE_HEIGHT = 320, 60, 18
BAR = "\n———\n"  # between what a note said before and what is wrong
MOST_LETTERS = 30_000  # a cell of Excel takes 32,767
WIDTHS = (9, 14, 12, 26, 24, 90)


def marked_path(book: Path) -> Path:
    """Return where the marked copy of a workbook goes: beside it.

    Examples
    --------
    >>> marked_path(Path("litchi/litchi.xlsx")).as_posix()
    'litchi/litchi.checked.xlsx'
    """
    word = MARKED[language()]
    return book.with_name(f"{book.stem}.{word}{book.suffix}")


def write_marked(book: Path, faults: Iterable[Fault]) -> Path:
    """Write the marked copy; the workbook itself is only read. An earlier copy of that name is replaced.

    Raises
    ------
    OSError
        When the copy cannot be written.
    """
    from openpyxl import load_workbook

    target = marked_path(book)
    clear_half_written(target)
    partial = target.with_name(f".{target.stem}.partial-{os.getpid()}{target.suffix}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that are of no account here
        opened = load_workbook(book, keep_vba=book.suffix.lower() == ".xlsm")
    _unmark(opened)
    told = tuple(faults)
    _mark(opened, told)
    _list(opened, sorted(told, key=lambda fault: fault.warning))
    try:
        opened.save(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _unmark(book: Any) -> None:
    """Take off the marks of an earlier check, and give the notes of headings their size back."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    for title in {FAULTS, *SHEETS[FAULTS]} & {*book.sheetnames}:
        del book[title]
    for sheet in book.worksheets:
        for cell in [cell for cell in cells_of(sheet).values() if cell.comment is not None]:
            cell.comment.width, cell.comment.height = NOTE_WIDTH, NOTE_HEIGHT + LINE_HEIGHT
            if cell.comment.author == AUTHOR:
                note, bar, _marks = cell.comment.text.rpartition(BAR)
                cell.comment = Comment(note, "", width=NOTE_WIDTH, height=2 * NOTE_HEIGHT) if bar else None
                cell.fill = PatternFill()


def _mark(book: Any, faults: Sequence[Fault]) -> None:
    of_cell: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in faults:
        for cell in fault.cell.split():
            of_cell[fault.sheet, cell].append(fault)
        if fault.sheet in book.sheetnames and not fault.warning:
            book[fault.sheet].sheet_properties.tabColor = TAB
    for (title, cell), found in of_cell.items():
        _colour(_head_of_merged(book[title], cell), found)


def _head_of_merged(sheet: Any, place: str) -> Any:
    """Return a cell, or the one that shows for it when it is merged."""
    span = next((span for span in sheet.merged_cells.ranges if place in span), None)
    return sheet[place] if span is None else sheet.cell(span.min_row, span.min_col)


def _colour(cell: Any, faults: Sequence[Fault]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    colour = WARNING if all(fault.warning for fault in faults) else ERROR
    before = "" if cell.comment is None else cell.comment.text + BAR
    lines = [*dict.fromkeys(_wording(fault) for fault in faults)]
    height = NOTE_HEIGHT + LINE_HEIGHT * sum(1 + len(line) // 45 for line in (before, *lines))
    cell.fill = PatternFill("solid", start_color=colour)
    cell.comment = Comment((before + "\n".join(lines))[:MOST_LETTERS], AUTHOR, width=NOTE_WIDTH, height=height)


def _wording(fault: Fault) -> str:
    told = _("warning: {text}") if fault.warning else _("error: {text}")
    return told.format(text=fault.text)


def _list(book: Any, faults: Sequence[Fault]) -> None:
    """Put a sheet in front that lists everything, each line a link to its cell."""
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.hyperlink import Hyperlink

    sheet = book.create_sheet(sheet_title(FAULTS, language()), 0)
    head = (_("kind"), _("sheet"), _("cell"), _("heading or setting"), _("as written"), _("what is wrong"))
    sheet.append(head)
    for line, fault in enumerate(faults, start=2):
        kind = _("warning") if fault.warning else _("error")
        texts = (kind, fault.sheet, fault.cell, fault.column, fault.value, fault.text)
        row = [sheet.cell(line, column, guarded(text)) for column, text in enumerate(texts, start=1)]
        for cell in row:
            cell.data_type = "s"  # what begins with = is no formula here
        row[0].fill = PatternFill("solid", start_color=WARNING if fault.warning else ERROR)
        if fault.cell:
            place = f"'{fault.sheet.replace(chr(39), chr(39) * 2)}'!{fault.cell.split()[0]}"
            row[2].hyperlink = Hyperlink(ref=row[2].coordinate, location=place)
            row[2].style = "Hyperlink"
    for cell, width in zip(sheet[1], WIDTHS, strict=True):
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = "A2"
    for other in book.worksheets:
        other.sheet_view.tabSelected = False
    book.active = 0
