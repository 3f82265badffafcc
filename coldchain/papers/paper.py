"""The parts a paper is made of, whatever it is written to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from coldchain.language import _, language
from coldchain.model import day_of

Voice = Literal["body", "key", "lead", "note", "mark"]
CHINESE = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Head:
    """A heading; its number stands in its text. Level 1 to 3."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes
    ----------
    voice : ``body`` text; ``key`` in the frame on page one; ``lead`` in front of it; ``note`` in small print under a
        table; ``mark``: a reservation that the paper must not be read without
    label : words in bold before it
    """

    text: str
    voice: Voice = "body"
    label: str = ""


@dataclass(frozen=True)
class Listing:
    """Sentences below each other, numbered ``1.`` where their order is spoken of."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class PaperTable:
    """A table.

    Attributes
    ----------
    unit : of its figures, at the right above it; empty where the headings have theirs
    figures : which columns are figures, and stand at the right
    total : whether the last row is the sum
    wide : whether it needs a page in landscape
    """

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[bool, ...]
    unit: str = ""
    total: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Drawing:
    """A picture."""

    caption: str
    svg: str


@dataclass(frozen=True)
class Signature:
    """Who signs, and when; both are left blank to be filled in by hand where they are not known."""

    unit: str
    day: str


@dataclass(frozen=True)
class Break:
    """The next part begins a new page: an annex, in landscape where its table needs it."""

    landscape: bool = False


Block = Head | Text | Listing | PaperTable | Drawing | Signature | Break


@dataclass(frozen=True)
class Paper:
    """A paper as a whole.

    Attributes
    ----------
    under : lines under the title: who issues it, and when
    foot : one line at the very end, for those who keep archives
    landscape : whether its first page is
    """

    title: str
    blocks: tuple[Block, ...]
    under: tuple[str, ...] = ()
    foot: str = ""
    landscape: bool = False
    lang: str = field(default_factory=language)


def numeral(number: int) -> str:
    """Return the number of a part as papers write it: ``一``, in English ``1``.

    Examples
    --------
    >>> from coldchain.language import speaking
    >>> with speaking("zh"):
    ...     numeral(3), numeral(11), numeral(20), numeral(25)
    ('三', '十一', '二十', '二十五')
    """
    if language() != "zh":
        return str(number)
    tens, ones = divmod(number, 10)
    head = ("" if tens < 2 else CHINESE[tens]) + ("十" if tens else "")
    return head + (CHINESE[ones] if ones or not tens else "")


def part(number: int, text: str) -> Head:
    """Return the heading of a part: ``一、基本情况``, in English ``1. Where the county stands``."""
    return Head(_("{number}. {text}").format(number=numeral(number), text=text), 1)


def section(number: int, text: str) -> Head:
    """Return the heading of a section of a part: ``（一）建设布局``, in English ``(1) Where to build``."""
    return Head(_("({number}) {text}").format(number=numeral(number), text=text), 2)


def running(texts: Iterable[str]) -> str:
    """Return sentences as one paragraph."""
    return ("" if language() == "zh" else " ").join(texts)


def written_day(text: str) -> str:
    """Write a day in full, a blank where none is given.

    Examples
    --------
    >>> written_day("2026-03-08")
    '8 March 2026'
    """
    if not text:
        return _("____ (day, month, year)")
    day = day_of(text)
    if language() == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_month(day)} {day.year}"


def written_month(text: str) -> str:
    """Write the month of a day, a blank where none is given."""
    if not text:
        return _("____ (month, year)")
    day = day_of(text)
    return f"（{day.year}年{day.month}月）" if language() == "zh" else f"{_month(day)} {day.year}"


def _month(day: date) -> str:
    return MONTHS[day.month - 1]


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
