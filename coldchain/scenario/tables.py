"""Tables as people keep them: CSV in UTF-8 or GB18030, a GeoPackage layer, a sheet; every cell read as text first."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import pandas as pd

from coldchain.errors import Fault, system_reason
from coldchain.language import _
from coldchain.model import Noun
from coldchain.scenario.parsing import clean, parse

N = TypeVar("N", bound=Noun)
SUFFIXES = (".csv", ".gpkg")


class Reader(Protocol):
    """What is used of :func:`csv.reader`."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Return the records."""


@dataclass(frozen=True)
class Row(Generic[N]):
    """A noun and the line of the file it was read from."""

    line: int
    noun: N


@dataclass(frozen=True)
class RawTable:
    """Cleaned text cells with the line each row stands on; faults that stopped or maimed the reading.

    ``maimed`` holds what could be read of rows with too few or too many cells, ``header`` the headings in their order
    and ``header_line`` the line they stand on.
    """

    file: str
    rows: tuple[tuple[int, dict[str, str]], ...]
    faults: tuple[Fault, ...] = ()
    maimed: tuple[dict[str, str], ...] = ()
    header: tuple[str, ...] = ()
    header_line: int = 1

    @property
    def ids(self) -> set[str]:
        """Every id that is named, on good rows and on bad ones."""
        cells = (*(cells for _line, cells in self.rows), *self.maimed)
        return {row["id"] for row in cells if row.get("id")}


def find_table(folder: Path, stem: str) -> Path | None:
    """Return ``folder/stem.csv`` or ``folder/stem.gpkg``, whichever exists."""
    return next((path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").is_file()), None)


def read_raw(path: Path) -> RawTable:
    """Read a table as text cells, with the fault that prevents it when it cannot be read."""
    if path.suffix.lower() == ".gpkg":
        return _read_geopackage(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        from coldchain.scenario.workbook import read_list

        return read_list(path)
    text, fault = decode(path)
    if fault is not None:
        return RawTable(path.name, (), (fault,))
    return _read_csv(path.name, text)


def decode(path: Path) -> tuple[str, Fault | None]:
    """Read a text file as UTF-8 (with or without mark) or GB18030; name what is wrong otherwise."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return "", Fault(
            path.name, None, "", "", _("cannot be read: {strerror}").format(strerror=system_reason(error)), "unreadable"
        )
    if not data.strip():
        return "", Fault(path.name, None, "", "", _("is empty; a header row is needed"), "empty-file")
    if b"\x00" in data:
        return "", Fault(path.name, None, "", "", _("is not a text table (binary content)"), "binary-file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), None
        except UnicodeDecodeError:
            continue
    return "", Fault(path.name, None, "", "", _("is neither UTF-8 nor GB18030 text"), "bad-encoding")


def read_nouns(path: Path, noun: type[N]) -> tuple[list[Row[N]], list[Fault]]:
    """Read a table into nouns; all faults of all rows are returned together."""
    return parse_rows(read_raw(path), noun)


def parse_rows(raw: RawTable, noun: type[N]) -> tuple[list[Row[N]], list[Fault]]:
    """Turn text cells into nouns; all faults of all rows are returned together."""
    faults = list(raw.faults)
    rows: list[Row[N]] = []
    for line, cells in raw.rows:
        made, wrong = parse(noun, cells, raw.file, line)
        faults += [_swapped(fault, cells) for fault in wrong]
        if made is not None:
            rows.append(Row(line, made))
    header = raw.rows[0][1].keys() if raw.rows else ()
    return rows, _once_per_column(faults, header, raw.header_line)


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


def _read_csv(file: str, text: str) -> RawTable:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [clean(cell) for cell in next(reader)]
        table = _rows(file, header, reader)
    except csv.Error as error:
        return RawTable(
            file,
            (),
            (Fault(file, reader.line_num, "", "", _("is not a CSV table: {error}").format(error=error), "not-csv"),),
        )
    doubled = sorted({name for name in header if header.count(name) > 1})
    faults = [Fault(file, 1, name, "", _("stands twice in the header"), "duplicate-column") for name in doubled]
    return RawTable(file, table.rows, (*faults, *table.faults), table.maimed, tuple(header))


def _rows(file: str, header: Sequence[str], reader: Reader) -> RawTable:
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    maimed: list[dict[str, str]] = []
    line = reader.line_num + 1
    for record in reader:
        cells = [clean(cell) for cell in record]
        if any(cells) and len(cells) != len(header):
            message = _("has {count} cells where the header has {count_2}").format(
                count=len(cells), count_2=len(header)
            )
            faults.append(Fault(file, line, "", "", message, "ragged-row"))
            maimed.append(dict(zip(header, cells, strict=False)))
        elif any(cells):
            rows.append((line, dict(zip(header, cells, strict=True))))
        line = reader.line_num + 1
    return RawTable(file, tuple(rows), tuple(faults), tuple(maimed))


def _read_geopackage(path: Path) -> RawTable:
    import geopandas

    try:
        frame = geopandas.read_file(path)
    except Exception as error:  # noqa: BLE001 - pyogrio raises many kinds for unreadable files
        first = str(error).splitlines()[0]
        return RawTable(
            path.name,
            (),
            (Fault(path.name, None, "", "", _("cannot be read: {first}").format(first=first), "unreadable"),),
        )
    columns = [clean(str(name)) for name in frame.columns]
    if isinstance(frame, geopandas.GeoDataFrame) and frame.crs is not None:
        points = frame.geometry.to_crs(4326).representative_point()
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name)).assign(lon=points.x, lat=points.y)
        columns = [clean(str(name)) for name in frame.columns]
    rows = []
    for number, record in enumerate(frame.itertuples(index=False), start=2):
        cells = ["" if pd.isna(value) else clean(str(value)) for value in record]
        rows.append((number, {k: v for k, v in zip(columns, cells, strict=True) if k != "fid"}))
    return RawTable(path.name, tuple(rows), header=tuple(name for name in columns if name != "fid"))
