"""A paper as one page that asks nothing of the network, reads on a phone and prints on A4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain

from jinja2 import Environment, FunctionLoader, Template, select_autoescape
from markupsafe import Markup, escape

from coldchain.papers.paper import Block, Break, Paper, PaperTable
from coldchain.papers.setting import column_widths, length

MOST_SHORT_ROWS, MOST_SHORT_EN = 9, 450.0
WORDS = re.compile("(县|市(?!场)|区(?!域)|农产品|设施|项目|主体|资金|方案的)(?=.)")


@dataclass(frozen=True)
class PageSheet:
    """What lies between two breaks: its parts, each with the name of its kind."""

    landscape: bool
    blocks: tuple[tuple[Block, str], ...]


def page_text(paper: Paper) -> str:
    """Return the page as HTML."""
    return _template().render(paper=paper, pages=sheets(paper), style=_asset("paper.css"))


def sheets(paper: Paper) -> list[PageSheet]:
    """Part a paper at its breaks.

    Examples
    --------
    >>> from coldchain.papers.paper import Text
    >>> parted = sheets(Paper("List", (Text("a"), Break(landscape=True), Text("b"))))
    >>> [(one.landscape, len(one.blocks)) for one in parted]
    [(False, 1), (True, 1)]
    """
    found: list[tuple[bool, list[tuple[Block, str]]]] = [(paper.landscape, [])]
    for block in paper.blocks:
        if isinstance(block, Break):
            found.append((block.landscape, []))
        else:
            found[-1][1].append((block, type(block).__name__))
    return [PageSheet(landscape, tuple(blocks)) for landscape, blocks in found]


def parted(title: str) -> Markup:
    """Let a Chinese title break between its words alone, of which a browser knows nothing.

    Examples
    --------
    >>> print(parted("关于某县农产品产地冷链设施布局方案的汇报"))
    关于某县<wbr>农产品<wbr>产地冷链设施<wbr>布局方案的<wbr>汇报
    """
    return Markup(WORDS.sub(r"\1<wbr>", str(escape(title))))  # noqa: S704 - escaped


def is_short(grid: PaperTable) -> bool:
    """Whether a table is so short that it goes to the next page whole."""
    return len(grid.rows) <= MOST_SHORT_ROWS and sum(map(length, chain(*grid.rows))) <= MOST_SHORT_EN


@cache
def _template() -> Template:
    made = Environment(loader=FunctionLoader(_asset), autoescape=select_autoescape(default=True), trim_blocks=True)
    made.filters["parted"], made.filters["shares"], made.filters["short"] = parted, column_widths, is_short
    return made.get_template("paper.html")


def _asset(name: str) -> str:
    return (resources.files("coldchain.papers") / "assets" / name).read_text(encoding="utf-8")
