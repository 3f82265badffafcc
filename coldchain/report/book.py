"""A report as an Excel workbook, one sheet a section, set up for printing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from coldchain.language import _
from coldchain.report.document import Form, Section

FORMATS: dict[Form, str] = {
    "text": "@", "count": "#,##0", "tonnes": "#,##0.0", "cny": "#,##0", "share": "0.0%", "hours": "0.00",
    "km": "#,##0.0",
}  # fmt: skip
HEAD, TITLE = PatternFill("solid", fgColor="DCEBE6"), Font(bold=True, size=13)
LEAST, MOST = 8, 60  # characters of a column's width
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def write_book(path: Path, name: str, sections: Sequence[Section]) -> None:
    """Write sections to a workbook; text that looks like a formula stays text."""
    book = Workbook()
    book.remove(book.active)
    facts = [section for section in sections if len(section.columns) <= 3 and section.page]
    _facts_sheet(book.create_sheet(_("Summary")), name, facts)
    for section in sections:
        if section not in facts:
            _table_sheet(book.create_sheet(FORBIDDEN.sub(" ", section.title)[:31]), section)
    book.save(path)


def _facts_sheet(sheet: Worksheet, name: str, facts: Sequence[Section]) -> None:
    sheet["A1"], sheet["A1"].font = name, TITLE
    row = 3
    for section in facts:
        sheet.cell(row, 1, section.title).font = Font(bold=True)
        row = _put(sheet, section, row + 1) + 1
        if section.note:
            sheet.cell(row - 1, 1, section.note).alignment = Alignment(wrap_text=True, vertical="top")
            sheet.merge_cells(start_row=row - 1, start_column=1, end_row=row - 1, end_column=3)
            sheet.row_dimensions[row - 1].height = 32
            row += 1
    for column, width in zip("ABC", (38, 30, 24), strict=True):
        sheet.column_dimensions[column].width = width
    _for_printing(sheet, landscape=False)


def _table_sheet(sheet: Worksheet, section: Section) -> None:
    end = _put(sheet, section, 1)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(section.columns))}{end - 1}"
    for place in range(1, len(section.columns) + 1):
        shown = [_wide(sheet.cell(row, place).value) for row in range(1, min(end, 200))]
        sheet.column_dimensions[get_column_letter(place)].width = min(max([LEAST, *shown]) + 2, MOST)
    sheet.print_title_rows = "1:1"
    _for_printing(sheet, landscape=len(section.columns) > 5)


def _put(sheet: Worksheet, section: Section, row: int) -> int:
    """Write headings and rows from a row on; return the row after them."""
    for place, heading in enumerate(section.headings, start=1):
        cell = sheet.cell(row, place, heading)
        cell.font, cell.fill = Font(bold=True), HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    values = section.rows.reindex(columns=[key for key, _heading, _form in section.columns])
    for record in values.itertuples(index=False):
        row += 1
        for place, (value, (_key, _heading, form)) in enumerate(zip(record, section.columns, strict=True), start=1):
            cell = sheet.cell(row, place)
            if form == "text":
                cell.value, cell.data_type = _text(value), "s"
            elif not pd.isna(value):
                cell.value = float(value)
            cell.number_format = FORMATS[form]
    return row + 1


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def _wide(value: Any) -> int:
    """Width of a value in characters, those of Chinese counted twice."""
    text = f"{value:,.0f}" if isinstance(value, float) else str(value or "")
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)


def _for_printing(sheet: Worksheet, *, landscape: bool) -> None:
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&A  &P / &N"
