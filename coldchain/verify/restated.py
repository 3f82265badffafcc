"""Tables recomputed, held against the written ones row by row and column by column."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coldchain.language import LANGUAGES, _, speaking
from coldchain.verify.record import Record, agree, shown

CNY_FLOOR, OTHER_FLOOR = 10.0, 1e-3
SHOWN_COLUMNS = 4
Key = tuple[str, ...]
Cell = Any
"""What a cell must hold: a number, a text, a truth, a :class:`Figure` or a :class:`Sentence`."""


@dataclass(frozen=True)
class Figure:
    """A number that is the difference of larger ones: ``scale`` is their size, by which it may be off."""

    value: float
    scale: float


@dataclass(frozen=True)
class Sentence:
    """A text that may be written in any language of the program."""

    texts: frozenset[str]


def sentence(say: Callable[[], str]) -> Sentence:
    """Return what is said, in all languages."""
    texts = []
    for language in LANGUAGES:
        with speaking(language):
            texts.append(say())
    return Sentence(frozenset(texts))


@dataclass(frozen=True)
class Restated:
    """A table recomputed.

    Attributes
    ----------
    key : columns by which a row is found; several rows may share one where ``order`` sorts them
    rows : what each row must hold, key columns included
    whole : whether these are all rows of the table; else only the cells of rows that are there are looked at
    order : columns that sort rows of one key
    """

    table: str
    key: Sequence[str]
    rows: Iterable[Mapping[str, Cell]]
    whole: bool = True
    order: Sequence[str] = ()


def check_table(record: Record, right: Restated) -> None:
    """Note rows that are missing, too many or not as recomputed."""
    stated = _by_key(right, _records(record.tables[right.table]))
    found = _by_key(right, right.rows)
    for key in sorted({*stated, *found} if right.whole else found):
        written, wanted = stated.get(key, []), found.get(key, [])
        where = {"table": right.table, "key": _(", ").join(part for part in key if part)}
        if not wanted:
            record.odd(_("{table}: the row of {key} does not belong to this plan").format(**where))
        elif not written and right.whole:
            record.odd(_("{table}: the row of {key} is missing").format(**where))
        elif len(written) != len(wanted) and right.whole:
            text = _("{table}: there are {count} rows of {key}; recomputed {right}")
            record.odd(text.format(count=len(written), right=len(wanted), **where))
        else:
            for row, cells in zip(written, wanted, strict=False):
                check_row(record, row, cells, where)


def _records(table: pd.DataFrame) -> Iterator[dict[str, Cell]]:
    """Yield the rows of a table; pandas would look at the type of every cell."""
    names = [str(name) for name in table.columns]
    cells = (column.tolist() for _name, column in table.items())
    return (dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True))


def _by_key(right: Restated, rows: Iterable[Mapping[Any, Cell]]) -> dict[Key, list[Mapping[Any, Cell]]]:
    grouped: dict[Key, list[Mapping[Any, Cell]]] = defaultdict(list)
    for row in rows:
        grouped[tuple(_name(row[column]) for column in right.key)].append(row)
    for same in grouped.values():
        if len(same) > 1 and right.order:
            same.sort(key=lambda row: [round(number_of(row[column]), 6) for column in right.order])
    return grouped


def _name(value: Cell) -> str:
    """Write a key; a whole number without its point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def check_row(record: Record, row: Mapping[Any, Cell], cells: Mapping[str, Cell], where: Mapping[str, str]) -> None:
    """Note the cells of a row that are not as recomputed, in one line.

    Parameters
    ----------
    where : ``table`` and ``key`` of the row
    """
    odd = []
    for column, cell in cells.items():
        told = difference(row[column], cell, CNY_FLOOR if "_cny" in column else OTHER_FLOOR)
        if told is not None:
            odd.append((column, *told))
    if len(odd) == 1:
        column, stated, found = odd[0]
        text = _("{table}: {column} of {key} is stated as {stated}; recomputed {found}")
        record.odd(text.format(column=column, stated=stated, found=found, **where))
    elif odd:
        pairs = [_("{column} {stated} (recomputed {found})").format(column=c, stated=s, found=f) for c, s, f in odd]
        if len(pairs) > SHOWN_COLUMNS:
            more = _("{count} more").format(count=len(pairs) - SHOWN_COLUMNS)
            pairs = [*pairs[:SHOWN_COLUMNS], more]
        text = _("{table}: the row of {key} is not as recomputed: {pairs}")
        record.odd(text.format(pairs=_(", ").join(pairs), **where))


def difference(stated: Cell, right: Cell, floor: float) -> tuple[str, str] | None:
    """Return both values as text where they differ; of figures by more than a millionth of ``floor``."""
    if type(stated) is type(right) and stated == right:
        return None
    if isinstance(right, Sentence):
        text = _text(stated)
        return None if text in right.texts else (f'"{text}"', f'"{min(right.texts, key=len)}"')
    if isinstance(right, (str, bool)):
        same = _text(stated) == str(right)
        return None if same else (f'"{_text(stated)}"', f'"{right}"')
    value, scale = (right.value, right.scale) if isinstance(right, Figure) else (float(right), floor)
    number = number_of(stated)
    if math.isnan(number) and _text(stated) not in ("", "nan"):
        return f'"{_text(stated)}"', shown(value, value)[0]
    return None if agree(number, value, max(scale, floor)) else shown(number, value)


def _text(value: Cell) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def number_of(value: Cell) -> float:
    """Return a number; NaN for what is none, a truth included."""
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return math.nan


def by_lot(lots: pd.DataFrame, keys: Sequence[str], column: str) -> dict[Any, float]:
    """Add up a column of lots by one key or several."""
    sums: dict[Any, float] = lots.groupby(list(keys) if len(keys) > 1 else keys[0])[column].sum().to_dict()
    return sums
