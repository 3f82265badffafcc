"""Files as people have them: how large one may be, and what a library says of a bad one turned into a fault.

Every reader opens its files here, or under `reading`, so that no content of any file ends as a bug, hangs or fills the
memory. The limits are far above any county's tables and far below what a machine holds.
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError, ColdchainError, Fault, system_reason, toml_reason
from coldchain.language import _

MIB = 1 << 20
MOST_TEXT_BYTES = 64 * MIB  # of a game, a summary, a table
MOST_SETTINGS_BYTES = 4 * MIB
MOST_UNPACKED_BYTES = 128 * MIB  # of all parts of a zipped workbook
MOST_CELL_CHARACTERS = 32_767  # as many as a spreadsheet takes
MOST_NESTING = 100  # levels of lists and tables in one another
MOST_DIGITS = 400  # of a whole number
DIGITS_REFUSED = "integer string conversion"  # in what Python says of them
PACKAGE = Path(__file__).parent
OF_CODE = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError)  # never of a bad file
WIDE_ANSWER = 200  # characters of a library's message


def way_to(path: Path, folder: Path) -> str:
    """Return the way from a folder to a path; the whole path where there is none, as between drives of Windows.

    Examples
    --------
    >>> Path(way_to(Path("a/county"), Path("a/runs/one"))).as_posix()
    '../../county'
    """
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        return str(path.resolve())


def plain_file(path: Path) -> Fault | None:
    """Return what keeps a path from being read as a file: it is missing, a folder, a pipe or a device."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        return _fault(path, _("cannot be read: {strerror}").format(strerror=system_reason(error)), "unreadable")
    if stat.S_ISDIR(mode):
        return _fault(path, _("is a folder; a file is needed"), "folder")
    if not stat.S_ISREG(mode):
        return _fault(path, _("is a pipe, socket or device; a file is needed"), "not-a-file")
    return None


def read_bytes(path: Path, most: int = MOST_TEXT_BYTES) -> bytes:
    """Return the content of a file of at most so many bytes.

    Raises
    ------
    BadInputError
        When it is missing, no plain file, cannot be read, or is larger.
    """
    fault = plain_file(path)
    if fault is not None:
        raise BadInputError([fault])
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        text = _("cannot be read: {strerror}").format(strerror=system_reason(error))
        raise BadInputError([_fault(path, text, "unreadable")]) from error
    if len(content) > most:
        raise BadInputError([too_much(path.name, _("MB"), most / MIB)])
    return content


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tree of a TOML file.

    Raises
    ------
    BadInputError
        When it cannot be read, is no TOML, nests too deeply or holds a number of too many digits.
    """
    return parse_toml(path.name, read_bytes(path, MOST_SETTINGS_BYTES).decode("utf-8-sig", errors="surrogateescape"))


def parse_toml(file: str, text: str) -> dict[str, Any]:
    """Return the tree of a TOML text; as `read_toml`."""
    with reading(file, _not_toml, "not-toml"):
        text.encode("utf-8")
        tree = tomllib.loads(text)
        _within_depth(tree)
        return tree


def read_json(path: Path, hook: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Return the content of a JSON file; ``hook`` makes the objects.

    Raises
    ------
    BadInputError
        When it cannot be read, is no JSON, nests too deeply or holds a number of too many digits.
    """
    content = read_bytes(path)
    with reading(path.name, _not_json, "not-json"):
        tree = json.loads(content.decode("utf-8-sig"), object_pairs_hook=hook)
        _within_depth(tree)
        return tree


def check_archive(path: Path, most: int = MOST_UNPACKED_BYTES) -> None:
    """Refuse a zip file whose parts are too large, before any of them is unpacked.

    Raises
    ------
    BadInputError
        When it is no zip file, or its parts hold more than so many bytes.
    """
    fault = plain_file(path)
    if fault is not None:
        raise BadInputError([fault])
    with reading(path.name, _not_zip), zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > most:
        raise BadInputError([too_much(path.name, _("MB unpacked"), most / MIB)])


def too_much(file: str, unit: str, most: float, sheet: str = "", cell: str = "") -> Fault:
    """Return the fault of a file, or a sheet, that holds more than is read."""
    message = _("is too large: at most {most:,.0f} {unit} are read; leave out what does not belong to the plan")
    text = message.format(most=most, unit=unit)
    return Fault(file, None, "", "", text, "too-large", sheet=sheet, cell=cell)


@contextmanager
def reading(file: str, tell: Callable[[Exception], str] | None = None, code: str = "unreadable") -> Iterator[None]:
    """Turn whatever a library raises while it reads a file into the fault that the file cannot be read.

    Parameters
    ----------
    tell : makes the message; by default ``cannot be read: `` and the library's own words

    Raises
    ------
    BadInputError
        From the library's exception; errors of our own, faults of our own code, and an exhausted memory, pass as
        they are.
    """
    try:
        yield
    except (ColdchainError, MemoryError):
        raise
    except Exception as error:  # libraries document few of the exceptions that a damaged file raises
        if _of_our_code(error):
            raise
        message = (tell or _unreadable)(error)
        raise BadInputError([Fault(file, None, "", "", message, code)]) from error


def _of_our_code(error: Exception) -> bool:
    """Tell whether code of this package went wrong, rather than a library at a damaged file."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    ours = last is not None and Path(last.tb_frame.f_code.co_filename).is_relative_to(PACKAGE)
    return ours and isinstance(error, OF_CODE)


def reason(error: Exception) -> str:
    """Return what an exception says, in one short line."""
    if isinstance(error, RecursionError):
        return _("it nests more than {most} levels deep").format(most=MOST_NESTING)
    if isinstance(error, UnicodeError):
        return _("it is not UTF-8 text")
    first = (system_reason(error).strip().splitlines() or [""])[0]
    if DIGITS_REFUSED in first:
        return _too_many_digits()
    return first[:WIDE_ANSWER] or type(error).__name__


def _too_many_digits() -> str:
    return _("it holds a whole number of more than {most} digits").format(most=MOST_DIGITS)


def _unreadable(error: Exception) -> str:
    return _("cannot be read: {error}").format(error=reason(error))


def _not_zip(error: Exception) -> str:
    return _("must be a zip file: {error}").format(error=reason(error))


def _not_json(error: Exception) -> str:
    return _("is not JSON: {error}").format(error=reason(error))


def _not_toml(error: Exception) -> str:
    told = toml_reason(error) if isinstance(error, tomllib.TOMLDecodeError) else reason(error)
    return _("is not valid TOML, perhaps half-written: {error}").format(error=told)


def _within_depth(tree: Any) -> None:
    """Walk a tree level by level; raise as the libraries do when it is too deep, or a whole number too long."""
    level = [tree]
    for _depth in range(MOST_NESTING + 1):
        if any(isinstance(item, int) and abs(item) >= 10**MOST_DIGITS for item in level):
            raise ValueError(_too_many_digits())
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, (dict, list))]
        level = [item for items in inner for item in items]
        if not level:
            return
    raise RecursionError


def _fault(path: Path, message: str, code: str) -> Fault:
    return Fault(str(path), None, "", "", message, code)


def path_if_given(given: Path | str | None) -> Path | None:
    """Return a path; None where none is given."""
    return None if given is None else Path(given)
