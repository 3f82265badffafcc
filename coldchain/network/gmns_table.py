"""A csv table of a GMNS folder: text, numbers and truth values of its columns, with the faults found in them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coldchain.arrays import Bools, Floats
from coldchain.errors import BadInputError, Fault, bad_file, system_reason
from coldchain.language import _

MISSING = frozenset({"", "nan", "null", "none", "n/a"})
"""Texts of an empty cell, in lower case; the specification itself names the empty text and NaN."""
TRUTH: Mapping[str, bool] = {
    "true": True, "1": True, "1.0": True, "t": True, "yes": True, "y": True,
    "false": False, "0": False, "0.0": False, "f": False, "no": False, "n": False,
}  # fmt: skip
MOST_NAMED = 12
"""Rows, words or columns that one message names."""


class Table:
    """A csv as text, with the faults found in it.

    Attributes
    ----------
    path : the file
    faults : errors and warnings so far
    frame : cells as stripped text, "" where empty; column names in lower case
    """

    def __init__(self, path: Path, needed: tuple[str, ...] = ()) -> None:
        self.path = path
        self.faults: list[Fault] = []
        try:
            frame = _frame(_decoded(path.read_bytes()))
        except FileNotFoundError:
            raise bad_file(path, _("file not found"), "missing-file") from None
        except OSError as error:
            told = _("cannot be read: {reason}").format(reason=system_reason(error))
            raise bad_file(path, told, "unreadable") from error
        except (ValueError, pd.errors.ParserWarning) as error:
            raise bad_file(path, _("must be a csv table; {error}").format(error=error), "not-csv") from error
        frame.columns = [str(name).strip().lower() for name in frame.columns]
        self.frame = frame.reset_index(drop=True).apply(_stripped)
        missing = [name for name in needed if name not in self.frame]
        if missing:
            raise BadInputError(
                [Fault(str(path), 1, name, "", _("column is missing"), "missing-column") for name in missing]
            )

    def text(self, name: str) -> npt.NDArray[np.str_]:
        """Column as text; empty when the file lacks it."""
        return np.asarray(self.frame[name] if name in self.frame else [""] * len(self.frame), dtype=np.str_)

    def number(self, name: str, low: float, high: float, unless: Bools | None = None) -> Floats:
        """Column as float64, NaN for empty cells; text and values outside low..high become faults."""
        text = self.text(name)
        value = pd.to_numeric(pd.Series(text), errors="coerce").to_numpy(dtype=np.float64)
        wrong = (text != "") & ~((value >= low) & (value <= high))
        wrong &= True if unless is None else ~unless
        self.reject(wrong, name, _("must be a number in {low:g}..{high:g}").format(low=low, high=high), "bad-number")
        return np.where(wrong, np.nan, value)

    def truth(self, name: str) -> Floats:
        """Column as 1 and 0, NaN for empty cells; other words become faults."""
        text = np.char.lower(self.text(name))
        self.reject((text != "") & ~np.isin(text, list(TRUTH)), name, _("must be true or false"), "bad-truth")
        return np.array([TRUTH.get(str(word), np.nan) for word in text], dtype=np.float64)

    def reject(self, wrong: Bools, column: str, message: str, code: str) -> None:
        """Add a fault for each row marked."""
        text = self.text(column)
        self.faults += [
            Fault(str(self.path), int(row) + 2, column, str(text[row]), message, code) for row in np.flatnonzero(wrong)
        ]

    def warn(self, column: str, message: str, code: str, row: int | None = None) -> None:
        """Add one warning about the whole table, or about the first of the rows concerned."""
        self.faults.append(Fault(str(self.path), row, column, "", message, code, warning=True))


def listed(words: Iterable[object]) -> str:
    """Name the first of some words or numbers, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b"]), listed(range(2, 16))
    ('a, b', '2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 2 more')
    """
    texts = [str(word) for word in words]
    named = _(", ").join(texts[:MOST_NAMED])
    more = len(texts) - MOST_NAMED
    return named if more <= 0 else _("{named} and {n} more").format(named=named, n=more)


def _decoded(content: bytes) -> str:
    """Read UTF-8, UTF-16 with its mark, or GB18030, the three that spreadsheets save."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _frame(text: str) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header would be lost
        return pd.read_csv(io.StringIO(text), sep=_separator(text), dtype=str, keep_default_na=False, index_col=False)


def _separator(text: str) -> str:
    header = text.partition("\n")[0]
    return max((",", ";", "\t"), key=header.count)


def _stripped(column: pd.Series[str]) -> pd.Series[str]:
    text = column.astype(str).str.strip()
    return text.mask(text.str.lower().isin(MISSING), "")
