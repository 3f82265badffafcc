"""The one tree of errors, and the exit code of each.

Bad input carries *every* fault found, each with its file, row, column and value, so that a
planner mends a table once and not once per fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from coldchain.language import N_, _, plural

MOST_PLACES, MOST_VALUES, MOST_LISTED = 8, 3, 200
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


MOST_SHOWN = 200  # characters of a value that messages show
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Line breaks, control characters and marks of writing direction."""


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
    guess : what was probably meant, as a phrase such as ``did you mean "V03"?``
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
    guess: str = ""

    def __post_init__(self) -> None:
        """Make the value fit to be shown: short, and marks that are not seen as their codes."""
        value = UNSEEN.sub(lambda mark: mark[0].encode("unicode_escape").decode(), self.value[: MOST_SHOWN + 1])
        if len(self.value) > MOST_SHOWN:
            value = f"{value[:MOST_SHOWN]}…"
        object.__setattr__(self, "value", value)

    @property
    def table(self) -> str:
        """The file, and of a workbook its sheet."""
        return f"{self.file} › {self.sheet}" if self.sheet else self.file

    @property
    def place(self) -> str:
        """The cells in which it stands, else the row; empty when it is about the table as a whole."""
        return self.cell or ("" if self.row is None else str(self.row))

    @property
    def text(self) -> str:
        """The message, and the guess when there is one."""
        return _("{message}; {guess}").format(message=self.message, guess=self.guess) if self.guess else self.message

    def __str__(self) -> str:
        """Render as ``villages.csv row 7, lon = "abc": must be a number``."""
        where = self.table
        if self.row is not None:
            where += _(" row {row}").format(row=self.row)
        if self.column:
            where += _(", {column}").format(column=self.column)
        if self.value:
            where += _(' = "{value}"').format(value=self.value)
        return _("{where}: {message}").format(where=where, message=self.text)


@dataclass(frozen=True)
class FaultGroup:
    """Faults of one kind, in one column of one table: what a person corrects in one go."""

    faults: tuple[Fault, ...]

    @property
    def first(self) -> Fault:
        """The first of them; the others share its file, sheet, column and code."""
        return self.faults[0]

    @property
    def warning(self) -> bool:
        """True when a plan can still be made."""
        return self.first.warning

    @property
    def texts(self) -> tuple[str, ...]:
        """Every different message."""
        return tuple(dict.fromkeys(fault.text for fault in self.faults))

    def where(self, most: int = MOST_PLACES) -> str:
        """Return table, column and at most so many cells or rows.

        Examples
        --------
        >>> FaultGroup(tuple(Fault("v.csv", row, "lon", "", "must be given", "missing") for row in (7, 9))).where()
        'v.csv, lon, rows 7, 9'
        """
        places = tuple(dict.fromkeys(fault.place for fault in self.faults if fault.place))
        head = self.first.table
        if self.first.column:
            head += _(", {column}").format(column=self.first.column)
        if not places:
            return head
        listed = shortened(places, most)
        if self.first.cell:
            return head + plural(", cell {places}", ", cells {places}", len(places)).format(places=listed)
        return head + plural(", row {places}", ", rows {places}", len(places)).format(places=listed)

    def as_dict(self) -> dict[str, object]:
        """Return the object that ``--json`` prints of a kind of fault."""
        return {
            "code": self.first.code,
            "count": len(self.faults),
            "where": self.where(MOST_LISTED),
            "message": "; ".join(dict.fromkeys(fault.message for fault in self.faults)),
            "guess": "; ".join(dict.fromkeys(fault.guess for fault in self.faults if fault.guess)),
            "warning": self.warning,
            "values": list(dict.fromkeys(fault.value for fault in self.faults if fault.value))[:MOST_LISTED],
        }

    def __str__(self) -> str:
        """Render one fault as itself; of several each place and value is named once, behind their number.

        Examples
        --------
        >>> str(FaultGroup(tuple(Fault("v.csv", row, "lon", "x", "must be a number", "odd") for row in (7, 9))))
        'v.csv, lon: 2 rows (7, 9; "x"): must be a number'
        """
        if len(self.faults) == 1:
            return str(self.first)
        head = self.first.table
        if self.first.column:
            head += _(", {column}").format(column=self.first.column)
        head = _("{where}: {message}").format(where=head, message=self._counted(self.faults))
        texts, messages = self.texts, {fault.message for fault in self.faults}
        if len(texts) == 1:
            return _("{where}: {message}").format(where=head + self._listed(self.faults), message=texts[0])
        if len(messages) == 1:
            silent = [fault for fault in self.faults if not fault.guess]
            places = self._listed(self.faults, {fault.value for fault in silent})
            message = _("{message}; {guess}").format(message=self.first.message, guess=self._guesses())
            return _("{where}: {message}").format(where=head + places, message=message)
        return _("{where}: {message}").format(where=head, message=self._by_text())

    @property
    def brief(self) -> str:
        """What is wrong and how often, without the places: for notes that outlive the file."""
        if len(self.faults) == 1:
            return self.first.text
        messages = tuple(dict.fromkeys(fault.message for fault in self.faults))
        return f"{shortened(messages, MOST_VALUES, '; ')} ({self._counted(self.faults)})"

    def _counted(self, faults: Sequence[Fault]) -> str:
        """Say how many cells or rows there are; of faults without a place how many of them."""
        places = len({fault.place for fault in faults if fault.place})
        if not places:
            return plural("{count} case", "{count} cases", len(faults)).format(count=len(faults))
        if self.first.cell:
            return plural("{count} cell", "{count} cells", places).format(count=places)
        return plural("{count} row", "{count} rows", places).format(count=places)

    @staticmethod
    def _listed(faults: Sequence[Fault], values: Iterable[str] | None = None) -> str:
        """Return the places and values in brackets."""
        places = tuple(dict.fromkeys(fault.place for fault in faults if fault.place))
        told = dict.fromkeys(fault.value for fault in faults if values is None or fault.value in set(values))
        quoted = tuple(f'"{value}"' for value in told if value)
        parts = [shortened(places, MOST_PLACES), shortened(quoted, MOST_VALUES)]
        inside = "; ".join(filter(None, parts))
        return _(" ({listed})").format(listed=inside) if inside else ""

    def _guesses(self) -> str:
        """Return every guess with the values it is for."""
        values: dict[str, dict[str, None]] = {}
        for fault in self.faults:
            values.setdefault(fault.guess, {})[f'"{fault.value}"'] = None
        told = tuple(
            _("{values}: {guess}").format(values=shortened(tuple(own), MOST_VALUES), guess=guess)
            for guess, own in values.items()
            if guess
        )
        return shortened(told, MOST_PLACES, "; ")

    def _by_text(self) -> str:
        """Return the first messages, each with its own places and values."""
        own: dict[str, list[Fault]] = {}
        for fault in self.faults:
            own.setdefault(fault.text, []).append(fault)
        return shortened([text + self._listed(faults) for text, faults in own.items()], MOST_VALUES, "; ")


def grouped(faults: Iterable[Fault]) -> tuple[FaultGroup, ...]:
    """Put faults of one kind together: same table, column, code and severity; the order is that of the first of each.

    Examples
    --------
    >>> rows = [Fault("v.csv", row, "lat", "", "must be given", "missing") for row in (2, 3)]
    >>> [str(group) for group in grouped([*rows, Fault("v.csv", 4, "id", "A", "is used twice", "duplicate-id")])]
    ['v.csv, lat: 2 rows (2, 3): must be given', 'v.csv row 4, id = "A": is used twice']
    """
    kinds: dict[tuple[str, str, str, str, bool], list[Fault]] = {}
    for fault in faults:
        kinds.setdefault((fault.file, fault.sheet, fault.column, fault.code, fault.warning), []).append(fault)
    return tuple(FaultGroup(tuple(members)) for members in kinds.values())


def shortened(texts: Sequence[str], most: int, sign: str = "") -> str:
    """Join texts; past ``most`` only their number.

    Examples
    --------
    >>> shortened(("A", "B", "C", "D"), 2), shortened(("A", "B", "C"), 2)
    ('A, B and 2 more', 'A, B, C')
    """
    sign = sign or _(", ")
    if len(texts) <= most + 1:
        return sign.join(texts)
    return _("{listed} and {count} more").format(listed=sign.join(texts[:most]), count=len(texts) - most)


class ColdchainError(Exception):
    """Any failure that is not a bug; ``exit_code`` is what the command line returns."""

    exit_code: ClassVar[int] = 1

    @property
    def short(self) -> str:
        """The first line of the message."""
        return str(self).split("\n", maxsplit=1)[0]


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
        super().__init__("\n".join([head.format(count=len(errors)), *map(str, grouped(errors))]))

    @property
    def short(self) -> str:
        """The first fault, in a line."""
        return next((str(one).splitlines()[0] for one in self.faults if not one.warning), super().short)


def bad_file(path: Path | str | None, message: str, code: str, value: str = "") -> BadInputError:
    """Return what a file as a whole is refused with."""
    return BadInputError([Fault(str(path), None, "", value, message, code)])


def demand_right(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return warnings.

    Raises
    ------
    BadInputError
        When there is more than warnings.
    """
    found = tuple(faults)
    if any(not fault.warning for fault in found):
        raise BadInputError(found)
    return found


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
