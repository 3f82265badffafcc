"""Text tables with commas, tabs, semicolons or Chinese punctuation between their cells."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.scenario.parsing import clean

MOST_ROWS = 500_000
MOST_COLUMNS = 2_000
MOST_CELLS = 4_000_000
SEPARATORS = (",", "\t", ";", "，", "；", "|")
TRIED_RECORDS = 30
TRIED_CHARACTERS = 100_000
MIXED = str.maketrans({"，": ",", "；": ";"})


class Reader(Protocol):
    """What is used of :func:`csv.reader`."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Return the records."""


@dataclass(frozen=True)
class Grid:
    """A table as cleaned text before its header is known: (line, cells); rows may differ in width."""

    file: str
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    faults: tuple[Fault, ...] = ()


def read_delimited(file: str, text: str) -> Grid:
    """Part a text into rows and cells; blank rows are left out."""
    text, separator = _separated(text)
    reader: Reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[tuple[int, tuple[str, ...]]] = []
    line, cells_read = 1, 0
    try:
        for record in reader:
            cells = tuple(map(clean, record))
            cells_read += len(cells)
            if len(rows) >= MOST_ROWS or len(cells) > MOST_COLUMNS or cells_read > MOST_CELLS:
                return Grid(file, (), (_too_large(file, line),))
            if any(cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        message = _("is not a CSV table: {error}").format(error=_reason(error))
        return Grid(file, (), (Fault(file, reader.line_num, "", "", message, "not-csv"),))
    return Grid(file, tuple(rows))


def _reason(error: csv.Error) -> str:
    if "limit" in str(error):
        return _("a cell has more than {most:,} characters; is a quotation mark missing?").format(
            most=csv.field_size_limit()
        )
    return str(error)


def _too_large(file: str, line: int) -> Fault:
    message = _("is larger than any table that is read: at most {rows:,} rows, {columns:,} columns, {cells:,} cells")
    told = message.format(rows=MOST_ROWS, columns=MOST_COLUMNS, cells=MOST_CELLS)
    return Fault(file, line, "", "", told, "too-large")


def _separated(text: str) -> tuple[str, str]:
    """Return the text and what separates its cells: what parts most rows into the same number of cells."""
    first = text[:40].partition("\n")[0]
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # a line of the spreadsheet's own
        return text[text.index("\n") :], first.strip()[4]
    start = text[:TRIED_CHARACTERS]
    plain = {sign: _evenness(start, sign) for sign in SEPARATORS}
    best = max(plain, key=lambda sign: plain[sign])
    mixed = _evenness(start.translate(MIXED), ",")
    return (text.translate(MIXED), ",") if mixed > plain[best] and mixed[0] > plain[best][0] else (text, best)


def _evenness(text: str, sign: str) -> tuple[int, int]:
    """Return how many of the first records have the commonest width above 1, and that width."""
    if sign not in text:
        return 0, 0
    widths: Counter[int] = Counter()
    try:
        for record, _n in zip(
            csv.reader(io.StringIO(text, newline=""), delimiter=sign), range(TRIED_RECORDS), strict=False
        ):
            if any(record):
                widths[len(record)] += 1
    except csv.Error:
        return 0, 0
    del widths[1]
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return count, width


def padded(cells: Sequence[str], width: int) -> tuple[str, ...] | None:
    """Return the cells cut to a width where only blanks lie beyond it; None when the number of cells is another."""
    if len(cells) > width and not any(cells[width:]):
        return tuple(cells[:width])
    return tuple(cells) if len(cells) == width else None
