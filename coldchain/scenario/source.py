"""Where a scenario comes from: a folder with ``scenario.toml`` and tables, or one workbook."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import parse_toml
from coldchain.language import _, language
from coldchain.scenario.decoding import decode
from coldchain.scenario.headings import NOTHING, Origin, References, understood
from coldchain.scenario.headings import title as heading_of
from coldchain.scenario.rulesheet import Rules, keys_of, read_rules
from coldchain.scenario.tables import RawTable, find_table, read_raw
from coldchain.scenario.workbook import ODD, RULES, SHEETS, UNREAD, is_book, is_marked, read_book, table_of_sheet

FILE, RUN = "scenario.toml", "run.json"


@dataclass
class Source:
    """A scenario folder. ``origins`` tells of every table read so far where its cells come from."""

    path: Path
    origins: dict[str, Origin] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the scenario when it gives none."""
        return self.path.resolve().name

    @property
    def folder(self) -> Path | None:
        """Where its files are, None when it has none."""
        return self.path

    @property
    def usable(self) -> bool:
        """Whether tables can be looked for at all."""
        return self.path.is_dir()

    def settings(self) -> tuple[dict[str, Any], tuple[Fault, ...]]:
        """Return the tree of settings, and what keeps it from being read."""
        if not (self.path / FILE).is_file():
            return {}, (_missing(self.path),)
        text, fault = decode(self.path / FILE)
        if fault is not None:
            return {}, (fault,)
        try:
            return parse_toml(FILE, text), ()
        except BadInputError as error:
            return {}, error.faults

    def raw(self, stem: str) -> RawTable | None:
        """Return a table as text, None when there is no such table."""
        path = find_table(self.path, stem)
        return None if path is None else read_raw(path)

    def table(self, stem: str, references: References = NOTHING) -> RawTable | None:
        """Return a table with the columns, units and ids of the model."""
        raw = self.raw(stem)
        if raw is None:
            return None
        table, self.origins[raw.file] = understood(raw, stem, references)
        return table

    def label(self, stem: str) -> str:
        """Return how faults name a table that is missing."""
        return f"{stem}.csv"

    def missing(self, stem: str) -> Fault:
        """Return the fault that a table is missing."""
        return Fault(self.label(stem), None, "", "", _("the table is missing (.csv or .gpkg)"), "missing-file")

    def located(self, faults: Iterable[Fault]) -> tuple[Fault, ...]:
        """Name in each fault the heading and the text that the planner sees."""
        return tuple(self._seen(fault) for fault in faults)

    def _seen(self, fault: Fault) -> Fault:
        origin = self.origins.get(fault.file, Origin())
        headings = [origin.columns.get(name) for name in fault.column.split(", ")]
        texts = [heading.text for heading in headings if heading is not None]
        if not texts or len(texts) < len(headings):
            return fault
        written = origin.written.get(fault.row or 0, {}).get(texts[0], "") if len(texts) == 1 else ""
        return replace(fault, column=", ".join(texts), value=written if fault.value and written else fault.value)


class BookSource(Source):
    """A workbook: one sheet for each table and one for the settings."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.book = read_book(path)
        self.rules = Rules()

    @property
    def name(self) -> str:
        """Name of the scenario when it gives none."""
        return self.path.stem

    @property
    def usable(self) -> bool:
        """Whether tables can be looked for at all."""
        return not any(fault.code == "unreadable" for fault in self.book.faults)

    def settings(self) -> tuple[dict[str, Any], tuple[Fault, ...]]:
        """Return the tree of settings, and what is wrong with the sheets and the rows of rules."""
        if not self.usable:
            return {}, self.book.faults
        if RULES not in self.book.sheets:
            return {}, (*self.book.faults, self.missing(RULES))
        self.rules = read_rules(self.book.sheets[RULES])
        return self.rules.data, (*self.book.faults, *self.rules.faults, *self._strange())

    def _strange(self) -> Iterable[Fault]:
        """Warn of sheets that are not read."""
        for title in self.book.others:
            message = _("this sheet is not read; sheets are {names}").format(names=self._known())
            yield Fault(self.path.name, None, "", "", message, "unknown-sheet", warning=True, sheet=title)

    @staticmethod
    def _known() -> str:
        return ", ".join(f"{stem} {names[0]}" for stem, names in SHEETS.items() if stem not in UNREAD)

    def raw(self, stem: str) -> RawTable | None:
        """Return a sheet as text, None when there is no such sheet."""
        sheet = self.book.sheets.get(stem)
        return None if sheet is None else table_of_sheet(sheet, stem)

    def label(self, stem: str) -> str:
        """Return how faults name a sheet before they are located."""
        sheet = self.book.sheets.get(stem)
        return stem if sheet is None else sheet.title

    def missing(self, stem: str) -> Fault:
        """Return the fault that a sheet is missing."""
        there = ", ".join([sheet.title for sheet in self.book.sheets.values()] + list(self.book.others))
        message = _("the sheet {stem} ({names}) is missing; there are {there}").format(
            stem=stem, names=SHEETS[stem][0], there=there
        )
        return Fault(self.path.name, None, "", "", message, "missing-sheet")

    def located(self, faults: Iterable[Fault]) -> tuple[Fault, ...]:
        """Name sheet, heading, cell and text; of a cell that was not meant so, nothing else is said."""
        seen = [self._seen(fault) for fault in faults]
        odd = {(fault.sheet, fault.cell) for fault in seen if fault.code in ODD}
        return tuple(f for f in seen if f.code in ODD or not f.cell or (f.sheet, f.cell) not in odd)

    def _seen(self, fault: Fault) -> Fault:
        if fault.file == FILE:
            return self._setting(fault)
        if fault.sheet or fault.file == self.path.name:
            return fault
        title = self.label(fault.file) if fault.file in SHEETS else fault.file
        origin = self.origins.get(title, Origin())
        seen = super()._seen(replace(fault, file=title))
        row, names = fault.row, [part.strip() for part in fault.column.split(",")]
        if row is None and fault.column in origin.ids:
            row, names = origin.ids[fault.column], ["lon", "lat"]
        cell = fault.cell or (_cells(origin, row, names) if row is not None else "")
        if fault.code == "missing" and row == origin.header_line and fault.column not in origin.columns:
            stem = next((stem for stem, sheet in self.book.sheets.items() if sheet.title == title), "")
            seen = replace(seen, column=heading_of(stem, fault.column, language()))
        if title == self.rules_title():
            cell = cell or self._rule_cell(fault)
        return replace(seen, file=self.path.name, sheet=title, row=row, cell=cell)

    def rules_title(self) -> str:
        """Return the title of the sheet of rules."""
        return self.label(RULES)

    def _rule_cell(self, fault: Fault) -> str:
        column = self.rules.columns.get("", 1)
        return f"{_letter(column)}{fault.row}" if fault.row is not None else ""

    def _setting(self, fault: Fault) -> Fault:
        """Find the row of a setting; what is set nowhere is named by its key alone."""
        seen = replace(fault, file=self.path.name, sheet=self.rules_title() if RULES in self.book.sheets else "")
        for variant, key in keys_of(fault.column):
            row = self.rules.rows.get(key)
            if row is not None:
                column = self.rules.columns.get(variant, self.rules.columns[""])
                written = self.rules.written.get((row, column), "")
                value = written if fault.value and written else fault.value
                told = f"{self.rules.titles[key]} ({fault.column})" if key in self.rules.titles else fault.column
                return replace(seen, row=row, column=told, value=value, cell=f"{_letter(column)}{row}")
        return seen


def open_source(path: Path) -> Source:
    """Return what a path holds: a workbook, or a folder of tables."""
    path = scenario_path(path)
    return BookSource(path) if is_book(path) and not path.is_dir() and path.exists() else Source(path)


def scenario_path(path: Path) -> Path:
    """Return the one workbook of a folder that holds no ``scenario.toml``; any other path as it is."""
    books = books_in(path)
    return books[0] if len(books) == 1 else path


def books_in(folder: Path) -> list[Path]:
    """Return the workbooks of a folder that is neither a scenario nor a run, whose workbook is its report.

    Marked copies and open files of Excel are none.
    """
    if not folder.is_dir() or any((folder / name).is_file() for name in (FILE, RUN)):
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if is_book(path) and path.is_file() and not path.name.startswith(("~$", ".")) and not is_marked(path)
    )


def is_scenario(path: Path) -> bool:
    """Tell whether a path is a scenario: a folder with ``scenario.toml``, or a workbook."""
    path = scenario_path(path)
    return (path / FILE).is_file() or (is_book(path) and path.is_file())


def located(path: Path | None, faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Name sheet, heading and cell in faults that were found after a scenario was read."""
    faults = tuple(faults)
    if path is None:
        return faults
    source = open_source(path)
    if not faults or not isinstance(source, BookSource):
        return faults
    source.settings()
    for stem in ("villages", "sites", "hubs"):
        source.table(stem)
    return source.located(faults)


def road_files(path: Path) -> tuple[Path, ...]:
    """Return the road files that a workbook or a folder names, of those that lie beside the book or in the folder."""
    source, home = open_source(path), path.parent if path.is_file() else path
    data, _faults = source.settings()
    variants = data.get("variants", {})
    layers = [data, *(variants.values() if isinstance(variants, dict) else ())]
    sections = [layer.get("roads") for layer in layers if isinstance(layer, dict)]
    named = {str(section.get("file", "")) for section in sections if isinstance(section, dict)} - {""}
    found: set[Path] = set()
    for name in named:
        place = home / name
        with contextlib.suppress(OSError, ValueError):  # a name that no file can have
            found |= {p for p in (place, *place.rglob("*")) if p.is_file()}
    return tuple(sorted(p for p in found if p.resolve().is_relative_to(home.resolve())))


def _missing(folder: Path) -> Fault:
    if not folder.exists():
        return Fault(str(folder), None, "", "", _("no such scenario folder"), "missing-file")
    if not folder.is_dir():
        message = _("is a file; a scenario is a folder that holds scenario.toml, or a workbook (.xlsx)")
        return Fault(str(folder), None, "", "", message, "no-folder")
    if books := books_in(folder):
        listed = _(", ").join(book.name for book in books)
        message = _("there is no {FILE} in this folder, but there are several workbooks; name one of {listed}")
        return Fault(str(folder), None, "", "", message.format(FILE=FILE, listed=listed), "several-workbooks")
    message = _(
        "there is no {FILE} in this folder; a scenario half-written by init or import has none: run it again"
    ).format(FILE=FILE)
    return Fault(str(folder), None, "", "", message, "missing-file")


def _cells(origin: Origin, row: int, names: Iterable[str]) -> str:
    """Return the cells of a row under some fields; of a whole row its first cell."""
    by_text = {heading.text: heading.place for heading in origin.columns.values()}
    places = [origin.columns[name].place if name in origin.columns else by_text.get(name) for name in names]
    found = [place for place in places if place is not None]
    if not found and row == origin.header_line:
        return ""
    return " ".join(f"{_letter(place)}{row}" for place in found or [min(by_text.values(), default=1)])


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(column))
