"""Tables as people keep them: text in any encoding, sheets, layers of maps; every cell read as text first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model import Noun
from coldchain.scenario.decoding import decode, markup_of
from coldchain.scenario.delimited import Grid, padded, read_delimited
from coldchain.scenario.listing import doubled, header_row, headless, joined_header, left_out
from coldchain.scenario.parsing import parse
from coldchain.scenario.placefiles import is_place_file, read_places

N = TypeVar("N", bound=Noun)
SUFFIXES = (".csv", ".gpkg")


@dataclass(frozen=True)
class Row(Generic[N]):
    """A noun and the line of the file it was read from."""

    line: int
    noun: N


@dataclass(frozen=True)
class RawTable:
    """Cleaned text cells with the line each row stands on; faults that stopped or maimed the reading.

    ``maimed`` holds what could be read of rows with too few or too many cells, ``header`` the headings in their order,
    ``header_line`` the line they stand on and ``units`` the unit that the heading of a column names.
    """

    file: str
    rows: tuple[tuple[int, dict[str, str]], ...]
    faults: tuple[Fault, ...] = ()
    maimed: tuple[dict[str, str], ...] = ()
    header: tuple[str, ...] = ()
    header_line: int = 1
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def ids(self) -> set[str]:
        """Every id that is named, on good rows and on bad ones."""
        cells = (*(cells for _line, cells in self.rows), *self.maimed)
        return {row["id"] for row in cells if row.get("id")}


def find_table(folder: Path, stem: str) -> Path | None:
    """Return ``folder/stem.csv`` or ``folder/stem.gpkg``, whichever exists."""
    return next((path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").is_file()), None)


def read_raw(path: Path, score: Callable[[Sequence[str]], int] | None = None) -> RawTable:
    """Read a table as text cells, with the fault that prevents it when it cannot be read.

    Parameters
    ----------
    score : number of known headings in a row, to find the header by; without it the shape of the table tells
    """
    if is_place_file(path):
        return table_of_grid(read_places(path), lambda _cells: 0)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        from coldchain.scenario.workbook import read_list

        return read_list(path, score)
    if path.suffix.lower() in (".xls", ".et"):
        from coldchain.scenario.oldbook import read_old_book

        return table_of_grid(read_old_book(path), score)
    text, fault = decode(path)
    fault = fault or markup_of(path, text)
    if fault is not None:
        return RawTable(path.name, (), (fault,))
    return table_of_grid(read_delimited(path.name, text), score)


def table_of_grid(grid: Grid, score: Callable[[Sequence[str]], int] | None = None) -> RawTable:
    """Find the header of a grid and name the cells below it; totals and notes are left out with a warning each."""
    if grid.faults or not grid.rows:
        empty = Fault(grid.file, None, "", "", _("is empty; a header row is needed"), "empty-file")
        return RawTable(grid.file, (), grid.faults or (empty,))
    at = header_row([cells for _line, cells in grid.rows], score)
    line, header = grid.rows[at]
    below = grid.rows[at + 1 :]
    joined = joined_header(header, below[0][1]) if below else None
    if joined is not None:
        header, below = joined, below[1:]
    kept, faults = left_out(grid.file, below)
    faults = [*doubled(grid.file, line, header), *headless(grid.file, header, kept), *faults]
    rows: list[tuple[int, dict[str, str]]] = []
    maimed: list[dict[str, str]] = []
    for number, cells in kept:
        fitting = padded(cells, len(header))
        if fitting is not None:
            rows.append((number, {name: text for name, text in zip(header, fitting, strict=True) if name}))
            continue
        message = _("has {count} cells where the header has {count_2}")
        told = message.format(count=len(cells), count_2=len(header))
        faults.append(Fault(grid.file, number, "", "", told, "ragged-row"))
        maimed.append(dict(zip(header, cells, strict=False)))
    return RawTable(grid.file, tuple(rows), tuple(faults), tuple(maimed), header, line)


def read_nouns(path: Path, noun: type[N]) -> tuple[list[Row[N]], list[Fault]]:
    """Read a table into nouns; all faults of all rows are returned together."""
    return parse_rows(read_raw(path), noun)


def parse_rows(raw: RawTable, noun: type[N]) -> tuple[list[Row[N]], list[Fault]]:
    """Turn text cells into nouns; all faults of all rows are returned together.

    A row whose faults lie in columns that may stay empty gives a noun without these, so that whatever else is wrong
    with it is found in the same go.
    """
    faults = list(raw.faults)
    rows: list[Row[N]] = []
    for line, cells in raw.rows:
        made, wrong = parse(noun, cells, raw.file, line, raw.units)
        if made is None:
            made = _without(noun, cells, wrong)
            wrong = _no_place(wrong, cells)
        faults += [_swapped(fault, cells) for fault in wrong]
        if made is not None:
            rows.append(Row(line, made))
    header = raw.rows[0][1].keys() if raw.rows else ()
    return rows, _once_per_column(faults, header, raw.header_line)


def _without(noun: type[N], cells: Mapping[str, str], faults: Iterable[Fault]) -> N | None:
    """Build a noun from the cells that are right, None when those that are not are needed."""
    wrong = {fault.column.partition(".")[0] for fault in faults}
    return None if "" in wrong else parse(noun, {k: v for k, v in cells.items() if k not in wrong}, "", None)[0]


def _no_place(faults: list[Fault], cells: Mapping[str, str]) -> list[Fault]:
    """Say once of a place with neither coordinate that it has none, and name it."""
    missing = [fault for fault in faults if fault.code == "missing" and fault.column in ("lon", "lat")]
    if len(missing) != len(("lon", "lat")) or not {"lon", "lat"} <= cells.keys():
        return faults
    value = cells.get("name") or cells.get("id", "")
    message = _("has no coordinates; look them up on a map, or delete the row")
    rest = [fault for fault in faults if fault not in missing]
    return [*rest, Fault(missing[0].file, missing[0].row, "lon, lat", value, message, "no-coordinates")]


def _swapped(fault: Fault, cells: Mapping[str, str]) -> Fault:
    """Say of a latitude beyond the pole that it looks like a longitude, when the longitude could be a latitude."""
    if (fault.column, fault.code) != ("lat", "out-of-range"):
        return fault
    try:
        lon, lat = float(cells["lon"]), float(cells["lat"])
    except (KeyError, ValueError):
        return fault
    if not (abs(lon) <= 90.0 < abs(lat) <= 180.0):
        return fault
    message = _("longitude and latitude look swapped: a latitude must be within ±90° north")
    return Fault(fault.file, fault.row, "lon, lat", f"{lon:g}, {lat:g}", message, "swapped")


def _once_per_column(faults: Iterable[Fault], header: Collection[str], line: int) -> list[Fault]:
    """Report an unknown or a missing column once, at the header, rather than on every row."""
    unknown = _("this column is not known; see docs/dictionary.md for the names")
    kept: list[Fault] = []
    for fault in faults:
        if fault.code == "unknown-key" and fault.row is not None:
            kept.append(Fault(fault.file, line, fault.column, "", unknown, fault.code))
        elif fault.code == "missing" and fault.column not in header:
            message = _("there is no such column; it is needed")
            kept.append(Fault(fault.file, line, fault.column, "", message, fault.code))
        else:
            kept.append(fault)
    return list(dict.fromkeys(kept))
