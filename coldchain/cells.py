"""Text in the cells of tables that people open in a spreadsheet: none may begin a formula.

What begins with ``= + - @``, a tab or a carriage return and is no number is written with an apostrophe in front, as a
spreadsheet marks text; every reader of ours takes it off again.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

FORMULA = re.compile(r"'*[=+\-@\t\r]")
GUARD = re.compile(r"'(?='*[=+\-@\t\r])")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def guarded(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; figures stay figures.

    Examples
    --------
    >>> guarded("=1+1"), guarded("-5.5"), guarded("- none"), guarded(-5.5), guarded("'=x")
    ("'=1+1", '-5.5', "'- none", -5.5, "''=x")
    """
    text = isinstance(value, str) and FORMULA.match(value) is not None and NUMBER.fullmatch(value) is None
    return f"'{value}" if text else value


def unguarded(text: str) -> str:
    """Return the text of a cell as it was before `guarded`.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("''=x"), unguarded("'s"), unguarded("-5"), unguarded("5'-7'")
    ('=1+1', "'=x", "'s", '-5', "5'-7'")
    """
    return GUARD.sub("", text, count=1) if text.startswith("'") else text


def csv_text(frame: pd.DataFrame, **options: Any) -> str:
    """Return a table as CSV, its text guarded; ``options`` are those of pandas.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"name": ["=A1", "B"], "t": [-1.5, 2.0]})).split()
    ['name,t', "'=A1,-1.5", 'B,2.0']
    """
    risky = {}
    for name, column in frame.items() if frame.columns.is_unique else ():
        if not pd.api.types.is_numeric_dtype(column.dtype):
            cells = column.tolist()
            safe_cells = list(map(guarded, cells))
            if any(one is not other for one, other in zip(cells, safe_cells, strict=True)):
                risky[str(name)] = safe_cells
    safe = frame.assign(**risky) if risky else frame
    text: str = safe.rename(columns=guarded).to_csv(index=False, lineterminator="\n", **options)
    return text
