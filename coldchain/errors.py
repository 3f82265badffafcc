"""The one tree of errors, and the exit code of each.

Bad input carries *every* fault found, each with its file, row, column and value, so that a
planner mends a table once and not once per fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from coldchain.language import _, plural


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, or questionable, with an input.

    Attributes
    ----------
    file : name of the file as the user gave it
    row : line of the file (1 is the header) or None
    column : column name or dotted key, or ""
    value : the offending text, as read
    message : what is wrong and what would be right
    code : stable machine name, for example ``duplicate-id``
    warning : True when a plan can still be made
    sheet : of a workbook, as it is called there
    cell : of a workbook, for example ``D7``; several are joined by blanks
    """

    file: str
    row: int | None
    column: str
    value: str
    message: str
    code: str
    warning: bool = False
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        """Render as ``villages.csv row 7, lon = "abc": must be a number``."""
        where = f"{self.file} › {self.sheet}" if self.sheet else self.file
        if self.row is not None:
            where += _(" row {row}").format(row=self.row)
        if self.column:
            where += f", {self.column}"
        if self.value:
            where += f' = "{self.value}"'
        return _("{where}: {message}").format(where=where, message=self.message)


class ColdchainError(Exception):
    """Any failure that is not a bug; ``exit_code`` is what the command line returns."""

    exit_code: ClassVar[int] = 1


class UsageError(ColdchainError):
    """The command was called with options that do not fit together."""

    exit_code = 2


class BadInputError(ColdchainError):
    """The inputs cannot be planned with; ``faults`` lists everything found."""

    exit_code = 3

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        errors = [f for f in self.faults if not f.warning]
        head = plural("{count} fault in the input", "{count} faults in the input", len(errors))
        super().__init__("\n".join([head.format(count=len(errors)), *map(str, errors)]))


class InfeasibleError(ColdchainError):
    """Proved: no plan satisfies every limit. The message says what to relax, and by how much."""

    exit_code = 4


class LimitError(ColdchainError):
    """The time or iteration limit passed before any plan was found."""

    exit_code = 5


class MissingExtraError(ColdchainError):
    """An optional package or solver that this call needs is not installed."""

    exit_code = 8


class BrokenOffError(ColdchainError):
    """Interrupted before any plan was found."""

    exit_code = 130
