"""A report as an Excel workbook: sheets to filter and sort, sheets to read, all set up for printing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, PieChart, Reference, ScatterChart, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from coldchain.cells import guarded
from coldchain.language import _
from coldchain.reports.columns import Form
from coldchain.reports.document import SHEETS, Section
from coldchain.reports.figures import Shown
from coldchain.reports.strokes import PLAN, TODAY

FORMATS: dict[Form, str] = {
    "text": "@", "count": "#,##0", "tonnes": "#,##0.0", "cny": "#,##0", "share": "0.0%", "hours": "0.00",
    "years": "0.0", "km": "#,##0.0",
}  # fmt: skip
HEAD, TITLE = PatternFill("solid", fgColor="DCEBE6"), Font(name="Calibri", bold=True, size=14, color="12536F")
BOLD, PART = Font(name="Calibri", bold=True, size=11), Font(name="Calibri", bold=True, size=12, color="12536F")
LINE = Border(bottom=Side("thin", "DDDDDD"))
LEAST, MOST = 8, 38  # characters of a column's width
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
LONGEST_NAME, ROW_PT, CHART_ROWS = 31, 15.0, 15


def write_book(path: Path, name: str, sections: Sequence[Section]) -> None:
    """Write sections to a workbook; text that looks like a formula stays text."""
    book = Workbook()
    book.remove(book.active)
    order = [_(title) for title in SHEETS]
    ordered = sorted(sections, key=lambda one: order.index(one.sheet))
    for title, held in groupby(ordered, key=lambda one: one.sheet):
        sheet, parts = book.create_sheet(FORBIDDEN.sub(" ", title)[:LONGEST_NAME]), list(held)
        if len(parts) == 1 and parts[0].title == title:
            _table_sheet(sheet, parts[0])
        else:
            _stacked_sheet(sheet, name if title == _("Summary") else title, parts)
    book.save(path)


def _stacked_sheet(sheet: Worksheet, title: str, parts: Sequence[Section]) -> None:
    """Write sections below each other, each with its title, its note and its chart."""
    sheet["A1"], sheet["A1"].font = title, TITLE
    sheet["A1"].data_type = "s"
    most, row = max(len(part.columns) for part in parts), 3
    _widths(sheet, parts)
    for part in parts:
        sheet.cell(row, 1, part.title).font = PART
        if part.note:
            row += 1
            _note(sheet, row, part.note, max(most, 3))
        first = row + 1
        row = _put(sheet, part, first)
        if part.chart is not None:
            row = _draw(sheet, part, first, row) + CHART_ROWS
        row += 1
    _for_printing(sheet, landscape=most > 8)


def _table_sheet(sheet: Worksheet, part: Section) -> None:
    """Write one table from the first row on, to be sorted and filtered; its note stands below."""
    end = _put(sheet, part, 1)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(part.columns))}{end - 1}"
    _widths(sheet, [part])
    if part.note:
        sheet.cell(end + 1, 1, part.note)
    sheet.print_title_rows = "1:1"
    _for_printing(sheet, landscape=True)


def _note(sheet: Worksheet, row: int, words: str, columns: int) -> None:
    """Write sentences over the whole width of a sheet, as many lines as they need."""
    sheet.cell(row, 1, words).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=columns)
    room = sum(sheet.column_dimensions[get_column_letter(place)].width for place in range(1, columns + 1))
    sheet.row_dimensions[row].height = ROW_PT * (1 + int(_wide(words) * 1.1 / room))


def _widths(sheet: Worksheet, parts: Sequence[Section]) -> None:
    """Make each column as wide as what stands in it; a heading may take two lines."""
    for place in range(max(len(part.columns) for part in parts)):
        most = LEAST
        for part in parts:
            if place < len(part.columns):
                key, _heading, form = part.columns[place]
                shown = (_shown(value, form) for value in part.rows[key].head(200)) if key in part.rows else ()
                most = max([most, (_wide(part.headings[place]) + 1) // 2 + 3, *map(_wide, shown)])
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(most + 3, MOST + 2)


def _put(sheet: Worksheet, section: Section, row: int) -> int:
    """Write headings and rows from a row on; return the row after them."""
    for place, heading in enumerate(section.headings, start=1):
        cell = sheet.cell(row, place, heading)
        cell.font, cell.fill = BOLD, HEAD
        side = "left" if section.columns[place - 1][2] == "text" else "right"
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal=side, indent=int(side == "left"))
    sheet.row_dimensions[row].height = 2 * ROW_PT + 2
    values = section.rows.reindex(columns=[key for key, _heading, _form in section.columns])
    for record in values.itertuples(index=False):
        row += 1
        for place, (value, (_key, _heading, form)) in enumerate(zip(record, section.columns, strict=True), start=1):
            _cell(sheet.cell(row, place), value, form)
        lines = max(1 + int(_wide(_text(value)) * 1.15 / MOST) for value in record)
        if lines > 1:
            sheet.row_dimensions[row].height = ROW_PT * lines
    return row + 1


def _cell(cell: Any, value: Any, form: Form) -> None:
    """Write a value: text as text, whatever it looks like, figures as figures."""
    if isinstance(value, Shown):
        form, unit = value.form, _unit(value.form)
        cell.value, cell.number_format = value.number, FORMATS[form] + (f' "{unit}"' if unit else "")
        cell.alignment, cell.border = Alignment("right", "top"), LINE
        return
    if form == "text":
        cell.value, cell.data_type = guarded(_text(value)), "s"
        cell.alignment = Alignment("left", "top", wrap_text=_wide(cell.value) > MOST, indent=1)
    elif not pd.isna(value):
        cell.value = float(value)
        cell.alignment = Alignment(vertical="top")
    cell.number_format, cell.border = FORMATS[form], LINE


def _unit(form: Form) -> str:
    """Return the unit behind a figure that no heading names."""
    units = {"tonnes": _("t"), "cny": _("CNY"), "hours": _("h"), "years": _("years"), "km": _("km")}
    return units.get(form, "")


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)


def _shown(value: Any, form: Form) -> str:
    if form == "text":
        return _text(value)
    return (
        "" if pd.isna(value) else f"{float(value):,.{1 if form in ('tonnes', 'km') else 2 if form == 'hours' else 0}f}"
    )


def _wide(text: str) -> int:
    """Width of a text in characters, those of Chinese counted twice."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)


def _draw(sheet: Worksheet, part: Section, first: int, end: int) -> int:
    """Draw the chart of a section below its rows; return the row it begins at."""
    assert part.chart is not None
    place = {key: n for n, (key, _heading, _form) in enumerate(part.columns, start=1)}
    chart = _chart(part.chart.kind)
    labels = Reference(sheet, min_col=place[part.chart.label], min_row=first + 1, max_row=end - 1)
    for key, colour in zip(part.chart.values, (TODAY, PLAN), strict=False):
        values = Reference(sheet, min_col=place[key], min_row=first, max_row=end - 1)
        series = Series(values, labels if part.chart.kind == "curve" else None, title_from_data=True)
        if part.chart.kind in ("pairs", "years", "tornado", "shares"):
            series.graphicalProperties.solidFill = series.graphicalProperties.line.solidFill = colour.lstrip("#")
        series.smooth = False
        chart.series.append(series)
    if part.chart.kind != "curve":
        chart.set_categories(labels)
    chart.title, chart.width, chart.height = part.title, 22.0, 7.2
    sheet.add_chart(chart, f"A{end + 1}")
    return end + 1


def _chart(kind: str) -> Any:
    """Return an empty chart; axes are asked for by name, as Excel leaves them out otherwise."""
    if kind == "parts":
        pie = PieChart()
        pie.dataLabels = DataLabelList(showPercent=True, showVal=False, showSerName=False, showCatName=False)
        return pie
    kinds = {"years": LineChart, "curve": ScatterChart}
    chart: Any = kinds.get(kind, BarChart)()
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.legend.position = "b"
    chart.y_axis.number_format = "#,##0" if kind in ("pairs", "tornado") else "0%"
    if kind == "tornado":
        chart.type = "bar"
    if kind == "curve":
        chart.style, chart.legend = 13, None
    return chart


def _for_printing(sheet: Worksheet, *, landscape: bool) -> None:
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.oddFooter.center.text = "&A  &P / &N"
