"""A paper as one page that asks nothing of the network, reads on a phone and prints on A4."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, Template, select_autoescape

from coldchain.papers.paper import Block, Break, Paper


@dataclass(frozen=True)
class Sheet:
    """What lies between two breaks: its parts, each with the name of its kind."""

    landscape: bool
    blocks: tuple[tuple[Block, str], ...]


def page_text(paper: Paper) -> str:
    """Return the page as HTML."""
    return _template().render(paper=paper, pages=sheets(paper), style=_asset("paper.css"))


def sheets(paper: Paper) -> list[Sheet]:
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
    return [Sheet(landscape, tuple(blocks)) for landscape, blocks in found]


@cache
def _template() -> Template:
    made = Environment(loader=FunctionLoader(_asset), autoescape=select_autoescape(default=True), trim_blocks=True)
    return made.get_template("paper.html")


def _asset(name: str) -> str:
    return (resources.files("coldchain.papers") / "assets" / name).read_text(encoding="utf-8")
