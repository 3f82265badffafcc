"""How a paper is set: widths of columns by what they hold, Chinese text without stray blanks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from coldchain.papers.paper import Block, Drawing, Head, Listing, Paper, PaperTable, Text

HAN = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef\u2103"
BETWEEN = re.compile(rf"(?<=[{HAN}])[ \u00a0]+(?=[{HAN}\d(\u201c])|(?<=[\d%)\u201d])[ \u00a0]+(?=[{HAN}])")
BRACKETS = re.compile(rf"\(([^()]*[{HAN}][^()]*)\)")
SEMICOLON = re.compile(rf"(?<=[{HAN}]);\s*")
DEGREE = re.compile(r"\s?°C")
WORD = re.compile(rf"[^\s{HAN}]+")
PORTRAIT_EN, LANDSCAPE_EN, MOST_EN, WHOLE_EN, PADDING_EN, LEAST_EN = 96.0, 165.0, 60.0, 16.0, 2.6, 6.0
BOLD = 1.15
"""Room of a page, the most that one column asks for, up to what a text stays whole, what a cell adds to its text, and
the least: in halves of a Chinese letter. Headings are bold, and wider by a seventh."""


def set_in_type(paper: Paper) -> Paper:
    """Return a paper whose Chinese is set as Chinese is: no blanks beside figures, brackets and ``℃`` of full width.

    Examples
    --------
    >>> chinese = Paper("", (Text("与第 62 行的 大塘村 相同 (3 行); 升高 2°C"),), lang="zh")
    >>> set_in_type(chinese).blocks[0].text
    '与第62行的大塘村相同（3行）；升高2℃'
    """
    if paper.lang != "zh":
        return paper
    return replace(paper, title=tight(paper.title), blocks=tuple(map(_set, paper.blocks)), foot=tight(paper.foot))


def tight(text: str) -> str:
    """Set a Chinese text; Latin words keep their blanks."""
    return BETWEEN.sub("", SEMICOLON.sub("；", BRACKETS.sub(r"（\1）", DEGREE.sub("℃", text))))


def _set(block: Block) -> Block:
    if isinstance(block, Head):
        return replace(block, text=tight(block.text))
    if isinstance(block, Text):
        return replace(block, text=tight(block.text), label=tight(block.label))
    if isinstance(block, Listing):
        return replace(block, items=_all(block.items))
    if isinstance(block, Drawing):
        return replace(block, caption=tight(block.caption))
    if isinstance(block, PaperTable):
        rows = tuple(map(_all, block.rows))
        return replace(block, caption=tight(block.caption), headings=_all(block.headings), rows=rows)
    return block


def _all(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(tight, texts))


def column_widths(grid: PaperTable) -> list[float]:
    """Return the share of each column: figures and words whole, the rest by how much text a column has.

    Examples
    --------
    >>> column_widths(PaperTable("", ("No.", "Place"), (("1", "a village far away"),), (False, False)))
    [0.2039, 0.7961]
    """
    room = LANDSCAPE_EN if grid.wide else PORTRAIT_EN
    columns = list(zip(grid.headings, *grid.rows, strict=True))
    least = [_least(cells, figures=figures) for cells, figures in zip(columns, grid.figures, strict=True)]
    if grid.total:
        sums = [BOLD * length(cells[-1]) + PADDING_EN for cells in columns]
        least = [max(low, whole) if figures else low
                 for low, whole, figures in zip(least, sums, grid.figures, strict=True)]  # fmt: skip
    asked = [max(low, min(_whole(cells), MOST_EN) + PADDING_EN) for low, cells in zip(least, columns, strict=True)]
    left, more = max(room - sum(least), 0.0), sum(asked) - sum(least)
    part = min(left / more, 1.0) if more > 0 else 0.0
    wide = [low + part * (high - low) for low, high in zip(least, asked, strict=True)]
    return [round(one / sum(wide), 4) for one in wide]


def _whole(cells: tuple[str, ...]) -> float:
    """Return the room in which nothing breaks but the heading."""
    return max([length(cells[0]) / 2, *map(length, cells[1:])])


def _least(cells: tuple[str, ...], *, figures: bool) -> float:
    """Return the room without which a figure or a word would break; a heading may take a few lines."""
    heading, *rest = cells
    words = max((length(word) for cell in rest for word in WORD.findall(cell)), default=0.0)
    whole, named = max(map(length, rest), default=0.0), length(heading)
    if not figures and whole > WHOLE_EN:
        whole = min(words, MOST_EN / 2)
    short = (
        named
        if named <= LEAST_EN
        else max([LEAST_EN, named / 3, *(BOLD * length(word) for word in WORD.findall(heading))])
    )
    return max(whole, short) + PADDING_EN


def length(text: str) -> float:
    """Return how wide a text is, in halves of a Chinese letter."""
    return sum(2.0 if sign > "\u2e80" else 1.2 for sign in text)
