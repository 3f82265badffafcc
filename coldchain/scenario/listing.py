"""Lists as people lay them out: titles above the header, headings of two lines, rows of totals and of notes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from coldchain.errors import Fault
from coldchain.language import _

Cells = Sequence[str]
MOST_TITLE_ROWS = 15
MOST_LABELS = 3
FILLED_DOWN = 3  # rows from which one text that stands alone was filled down
TOTAL = re.compile(r"(.{0,20}(合计|总计|小计|共计|总和|汇总)|(sub|grand)?total|sum)[::]?(\(.*\))?", re.IGNORECASE)
TOTAL_IN_LATIN = re.compile(r"total|sum", re.IGNORECASE)
TOTAL_OF = re.compile(r"(合计|总计|小计|共计)[::\d]")
NOTE = re.compile(
    r"(备?注|说明|附注|填表说明|填报说明|(数据|资料)?来源|填表人?|制表人?|填报(人|单位|日期)|审核人?|负责人|单位负责人|"
    r"联系(人|电话)|日期|notes?|sources?|remarks?)\s*[\d一二三四五六七八九]*\s*[::、.)]",
    re.IGNORECASE,
)
SUM = re.compile(r"=(SUM|SUBTOTAL)\(", re.IGNORECASE)
FIGURE = re.compile(r"[+-]?[\d.,]+%?")


def is_total(cells: Cells) -> bool:
    """Tell whether a row is one of totals: one of its first labels says so, or it holds nothing but sums.

    Examples
    --------
    >>> is_total(["", "锦和镇小计", "12"]), is_total(["合计：", "3"]), is_total(["1", "合计村", "村"])
    (True, True, False)
    """
    labels = list(islice((cell for cell in cells if cell and not FIGURE.fullmatch(cell)), MOST_LABELS))
    if all(label.isascii() and not TOTAL_IN_LATIN.search(label) for label in labels):
        return False
    folded = ["".join(unicodedata.normalize("NFKC", label).split()) for label in labels]
    if folded and all(SUM.match(label) for label in folded):
        return True
    return any(TOTAL.fullmatch(label) for label in folded) or bool(folded and TOTAL_OF.match(folded[0]))


def is_note(cells: Cells) -> bool:
    """Tell whether a row is a remark or a signature below a table.

    Examples
    --------
    >>> is_note(["注：产量为估计", "", ""]), is_note(["", "填表人：张三", "审核：李四"]), is_note(["1", "注溪村", "村"])
    (True, True, False)
    """
    filled = [cell for cell in cells if cell]
    few = bool(filled) and 2 * len(filled) <= len(cells) + 1
    return few and NOTE.match(unicodedata.normalize("NFKC", filled[0])) is not None


def left_out(file: str, rows: Sequence[tuple[int, Cells]]) -> tuple[list[tuple[int, Cells]], list[Fault]]:
    """Part the rows of a list from its totals, its notes and what was filled down below it; each is a warning."""
    rows, faults = _without_filled_down(file, rows)
    kept = []
    for line, cells in rows:
        total = is_total(cells)
        if not total and not is_note(cells):
            kept.append((line, cells))
            continue
        message = _("looks like a row of totals and is not read") if total else _("looks like a note and is not read")
        first = next(filter(None, cells), "")
        code = "total-row" if total else "note-row"
        faults.append(Fault(file, line, "", first, message, code, warning=True))
    return kept, faults


def _without_filled_down(
    file: str, rows: Sequence[tuple[int, Cells]]
) -> tuple[Sequence[tuple[int, Cells]], list[Fault]]:
    """Leave out rows at the end in which nothing stands but one text, the same in all: a column filled down too far."""
    only = [(place, cell) for place, cell in enumerate(rows[-1][1]) if cell] if rows else []
    at = len(rows)
    while at > 0 and [(place, cell) for place, cell in enumerate(rows[at - 1][1]) if cell] == only:
        at -= 1
    if len(only) != 1 or at == 0 or len(rows) - at < FILLED_DOWN:
        return rows, []
    message = _("rows {first} to {last} hold nothing but this text, filled down; they are not read")
    told = message.format(first=rows[at][0], last=rows[-1][0])
    return rows[:at], [Fault(file, rows[at][0], "", only[0][1], told, "filled-down", warning=True)]


def header_row(rows: Sequence[Cells], score: Callable[[Cells], int] | None = None) -> int:
    """Return the place of the header among the first rows.

    With a score, the row that holds most known headings; else the first row that fills half of the table's width.
    """
    first = rows[:MOST_TITLE_ROWS]
    if score is not None and first:
        best = max(range(len(first)), key=lambda n: (score(first[n]), -n))
        if score(first[best]) > 1:
            return best
    widest = max((len(cells) for cells in first), default=0)
    filled = (sum(map(bool, cells)) for cells in first)
    return next((n for n, count in enumerate(filled) if count > 1 and 2 * count >= widest), 0)


def joined_header(top: Cells, below: Cells) -> tuple[str, ...] | None:
    """Join a heading of two lines, 产量（吨） above 柑橘 and 猕猴桃; None when the second line is no heading.

    Examples
    --------
    >>> joined_header(["村", "坐标", "", "产量（吨）", ""], ["", "经度", "纬度", "柑橘", "梨"])
    ('村', '经度', '纬度', '柑橘产量（吨）', '梨产量（吨）')
    >>> joined_header(["村", "经度", ""], ["甲村", "109.6", "28.6"]) is None
    True
    """
    under = [n for n, cell in enumerate(below) if cell]
    blank = [n for n in under if n < len(top) and not top[n]]
    if not blank or any(FIGURE.fullmatch(below[n]) for n in under) or below[0]:
        return None
    joined, group = [], ""
    for n, name in enumerate(top):
        group = name or group
        sub = below[n] if n < len(below) else ""
        joined.append(_both(group, sub) if sub else name)
    return tuple(joined)


def _both(group: str, sub: str) -> str:
    """Return a heading and the group above it: a place or a figure of its own stands alone."""
    alone = re.search(r"坐标|位置|coordinates|location", group, re.IGNORECASE) is not None
    return sub if alone or not group else f"{sub}{group}" if re.search(r"[\u4e00-\u9fff]", group) else f"{sub} {group}"


def doubled(file: str, line: int, header: Cells) -> Iterator[Fault]:
    """Name headings that a table has twice."""
    for name in sorted({name for name in header if name and list(header).count(name) > 1}):
        message = _("the header has this column more than once; rename or remove one")
        yield Fault(file, line, name, "", message, "duplicate-column")


def headless(file: str, header: Cells, rows: Sequence[tuple[int, Cells]]) -> Iterator[Fault]:
    """Name columns with content and no heading, once each."""
    for place, name in enumerate(header):
        if name:
            continue
        filled = next(((line, cells[place]) for line, cells in rows if place < len(cells) and cells[place]), None)
        if filled is not None:
            letter = column_letter(place + 1)
            message = _("this column has no heading and is not read")
            yield Fault(file, filled[0], letter, filled[1], message, "no-heading", warning=True)


def column_letter(place: int) -> str:
    """Return what a spreadsheet calls a column, counted from 1.

    Examples
    --------
    >>> column_letter(1), column_letter(26), column_letter(28)
    ('A', 'Z', 'AB')
    """
    letters = ""
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
