"""The one tree of errors, and the exit code of each.

Bad input carries *every* fault found, each with its file, row, column and value, so that a
planner mends a table once and not once per fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from coldchain.language import N_, _, plural

OF_THE_SYSTEM = (
    N_("No such file or directory"), N_("Permission denied"), N_("Is a directory"), N_("Not a directory"),
    N_("No space left on device"), N_("Read-only file system"), N_("File exists"), N_("File name too long"),
    N_("Operation not permitted"), N_("Directory not empty"),
)  # fmt: skip
OF_TOML = (
    N_("Cannot overwrite a value"), N_("Invalid value"), N_("Invalid statement"), N_("Unclosed array"),
    N_("Unterminated string"), N_("Expected '=' after a key in a key/value pair"), N_("Duplicate inline table key"),
    N_("Expected newline or end of document after a statement"), N_("Invalid initial character for a key part"),
    N_("Expected ']' at the end of a table declaration"), N_("Invalid date or datetime"),
)  # fmt: skip


def system_reason(error: Exception) -> str:
    """Return what the operating system says about a file, in the language spoken where it is a usual thing.

    Another error is told by its own text.

    Examples
    --------
    >>> import errno
    >>> system_reason(FileNotFoundError(errno.ENOENT, "No such file or directory"))
    'No such file or directory'
    """
    text = getattr(error, "strerror", None) or str(error)
    return _(text) if text in OF_THE_SYSTEM else text


def toml_reason(error: Exception) -> str:
    """Return what the reader of TOML says, in the language spoken where it is a usual thing, and always the place.

    Examples
    --------
    >>> toml_reason(ValueError("Cannot overwrite a value (at line 45, column 15)"))
    'Cannot overwrite a value (at line 45, column 15)'
    """
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
    if found is None:
        return str(error)
    what = _(found[1]) if found[1] in OF_TOML else found[1]
    return _("{what} (at line {line}, column {column})").format(what=what, line=found[2], column=found[3])


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
            where += _(", {column}").format(column=self.column)
        if self.value:
            where += _(' = "{value}"').format(value=self.value)
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
