"""A copy of a scenario in which some settings and cells are others; all else stays as its author wrote it."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.cells import csv_text, guarded
from coldchain.errors import BadInputError, demand_right
from coldchain.inputs import parse_toml
from coldchain.language import language
from coldchain.leftovers import new_folder
from coldchain.scenario.decoding import decode
from coldchain.scenario.headings import Heading, Origin
from coldchain.scenario.headings import title as heading_of
from coldchain.scenario.load import named_files
from coldchain.scenario.source import FILE, BookSource, Source, open_source
from coldchain.scenario.tables import find_table
from coldchain.scenario.write import toml_value

SECTION = re.compile(r"\s*\[\[?[\w.\"'-]+\]\]?\s*(#.*)?$")
PLAIN = ("", "-", "CNY", "元")
Tree = Mapping[str, Any]
Cells = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Amendment:
    """What is to be different in the copy.

    Attributes
    ----------
    settings : dotted key, of a variant with ``variants.NAME.`` in front -> value; lists and tables are replaced whole
    notes : put behind those of the scenario
    sites : id -> column -> cell
    """

    settings: Tree = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sites: Cells = field(default_factory=dict)


def settings_of(path: Path) -> dict[str, Any]:
    """Return the settings of a scenario as its author wrote them, variants and all.

    Raises
    ------
    BadInputError
        When they cannot be read.
    """
    tree, faults = open_source(path).settings()
    demand_right(faults)
    return tree


def write_amended(path: Path, folder: Path, change: Amendment) -> Path:
    """Copy a scenario, a folder or a workbook, to a new folder and change it there; return the folder.

    Raises
    ------
    UsageError
        When the folder exists and is not empty (inputs are never overwritten) or cannot be written.
    """
    with new_folder(folder) as partial:
        for name, file in files_of(path).items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, partial / name)
        _amend(partial, change)
    return folder


def files_of(path: Path) -> dict[str, Path]:
    """Return the files of a scenario by their names in it; of a shapefile all its parts."""
    found = named_files(path)
    shapes = {name: file for name, file in found.items() if file.suffix.lower() == ".shp"}
    beside = {
        str(Path(name).with_name(one.name)): one
        for name, file in shapes.items()
        for one in file.parent.glob(f"{file.stem}.*")
        if one.is_file()
    }
    return {**found, **beside}


def _amend(folder: Path, change: Amendment) -> None:
    source = open_source(folder)
    if isinstance(source, BookSource):
        _amend_book(source, change)
        return
    _amend_toml(source, change)
    _amend_sites(source, change.sites)


def _amend_sites(source: Source, sites: Cells) -> None:
    """Write the table of sites with the headings it has; columns it lacks are added."""
    raw, path = source.raw("sites"), find_table(source.path, "sites")
    source.table("sites")
    if raw is None or path is None or not sites:
        return
    origin = source.origins[raw.file]
    named = {column: _text_of(origin, column) for row in sites.values() for column in row}
    of_line = {line: sites[key] for key, line in origin.ids.items() if key in sites}
    rows = [{**cells, **{named[c]: text for c, text in of_line.get(line, {}).items()}} for line, cells in raw.rows]
    header = [name for name in dict.fromkeys([*raw.header, *named.values()]) if name]
    path.unlink()
    frame = pd.DataFrame(rows, columns=header).fillna("")
    (source.path / "sites.csv").write_bytes(csv_text(frame).encode("utf-8-sig"))


def _text_of(origin: Origin, column: str) -> str:
    return origin.columns[column].text if column in origin.columns else column


def _amend_toml(source: Source, change: Amendment) -> None:
    """Change single lines where that gives what is wanted; else write every setting anew, without its comments."""
    path = source.path / FILE
    text, _fault = decode(path)
    wanted = amended(parse_toml(FILE, text), change)
    for key in _changed_keys(parse_toml(FILE, text), wanted):
        text = _with_line(text, key, _at(wanted, key))
    try:
        kept = parse_toml(FILE, text) == wanted
    except BadInputError:
        kept = False
    path.write_text(text if kept else whole_toml(wanted), encoding="utf-8")


def amended(tree: Tree, change: Amendment) -> dict[str, Any]:
    """Return a tree of settings with the changes laid over it.

    Examples
    --------
    >>> amended({"siting": {"gap": 0.1}}, Amendment({"siting.budget_cny": 5.0}, ("so",)))
    {'siting': {'gap': 0.1, 'budget_cny': 5.0}, 'notes': ['so']}
    """
    result = _copied(tree)
    for key, value in change.settings.items():
        *above, last = key.split(".")
        inner = result
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = value
    if change.notes:
        result["notes"] = [*result.get("notes", []), *change.notes]
    return result


def _copied(tree: Tree) -> dict[str, Any]:
    return {key: _copied(value) if isinstance(value, Mapping) else value for key, value in tree.items()}


def _changed_keys(old: Tree, new: Tree) -> Iterator[tuple[str, ...]]:
    """Yield the path of each section's key whose value differs; tables within a section are one value."""
    for name in new:
        depth = 3 if name == "variants" else 1
        yield from _differing(old.get(name), new[name], (name,), depth)


def _differing(old: Any, new: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
    if depth and isinstance(new, Mapping):
        for key, value in new.items():
            yield from _differing(old.get(key) if isinstance(old, Mapping) else None, value, (*path, key), depth - 1)
    elif old != new:
        yield path


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _with_line(text: str, path: tuple[str, ...], value: Any) -> str:
    """Return TOML with one key of a section set on a line of its own; its comment stays."""
    *above, key = path
    lines = text.splitlines()
    head = f"[{'.'.join(above)}]"
    starts = [n for n, line in enumerate(lines) if SECTION.match(line)]
    begin = next((n for n in starts if lines[n].split("#")[0].strip() == head), None) if above else -1
    if begin is None:
        return "\n".join([*lines, "", head, f"{key} = {toml_value(value)}", ""])
    end = next((n for n in starts if n > begin), len(lines))
    of_key = re.compile(rf"\s*{re.escape(key)}\s*=")
    at = next((n for n in range(begin + 1, end) if of_key.match(lines[n])), None)
    if at is None:
        lines.insert(begin + 1 if above else end, f"{key} = {toml_value(value)}")
    else:
        comment = re.search(r"\s+#[^\"']*$", lines[at])
        last = at + (lines[at].rstrip().endswith("[") and _closing(lines[at + 1 :]))
        lines[at : last + 1] = [f"{key} = {_rows_of(value)}{comment[0] if comment else ''}"]
    return "\n".join(lines) + "\n"


def _rows_of(value: Any) -> str:
    """Return a value as TOML, a list of several with a line for each."""
    if not isinstance(value, list) or len(value) < 2:
        return toml_value(value)
    return "\n".join(["[", *(f"  {toml_value(one)}," for one in value), "]"])


def _closing(lines: list[str]) -> int:
    """Count the lines to the bracket that closes a list."""
    return next((n for n, line in enumerate(lines, start=1) if line.strip() == "]"), 0)


def whole_toml(tree: Tree) -> str:
    """Return a tree of settings as TOML: single values, then sections, then variants.

    Examples
    --------
    >>> print(whole_toml({"name": "x", "siting": {"gap": 0.1}, "variants": {"half": {"siting": {"gap": 0.2}}}}))
    name = "x"
    <BLANKLINE>
    [siting]
    gap = 0.1
    <BLANKLINE>
    [variants.half.siting]
    gap = 0.2
    <BLANKLINE>
    """
    lines = [f"{key} = {toml_value(value)}" for key, value in tree.items() if not isinstance(value, Mapping)]
    for key, section in tree.items():
        if not isinstance(section, Mapping):
            continue
        for head, values in (_layers(section) if key == "variants" else {key: section}).items():
            lines += ["", f"[{head}]", *(f"{toml_key(name)} = {toml_value(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _layers(variants: Tree) -> dict[str, Tree]:
    """Return head of a table -> its values, of every section of every variant."""
    return {
        f"variants.{toml_key(name)}.{section}": values
        for name, layer in variants.items()
        for section, values in layer.items()
    }


def toml_key(text: str) -> str:
    """Return a key as TOML takes it: bare where it may be, else in quotes."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else toml_value(text)


def _amend_book(source: BookSource, change: Amendment) -> None:
    from openpyxl import load_workbook

    source.settings()
    source.table("sites")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that are of no account here
        book = load_workbook(source.path, keep_vba=source.path.suffix.lower() == ".xlsm")
    sheet = book[source.label("sites")]
    origin = source.origins[source.label("sites")]
    for column in {name for row in change.sites.values() for name in row}:
        place = _place_in(sheet, origin, column)
        for key, cells in change.sites.items():
            if column in cells and key in origin.ids:
                _put(sheet.cell(origin.ids[key], place), cells[column])
    _amend_rules(source, book[source.rules_title()], change)
    book.save(source.path)


def _place_in(sheet: Any, origin: Origin, column: str) -> int:
    """Return the place of a column of the sheet; one it lacks is added behind the last."""
    heading: Heading | None = origin.columns.get(column)
    if heading is not None:
        return heading.place
    place = int(sheet.max_column) + 1
    _put(sheet.cell(origin.header_line, place), heading_of("sites", column, language()))
    return place


def _amend_rules(source: BookSource, sheet: Any, change: Amendment) -> None:
    """Set rows of the sheet of rules; a setting it lacks gets a row below the last, a note one of its own."""
    rules = source.rules
    settings = [*change.settings.items(), *(("notes", note) for note in change.notes)]
    for dotted, value in settings:
        variant, key = dotted.split(".", 2)[1:] if dotted.startswith("variants.") else ("", dotted)
        row = rules.rows.get(key) if key != "notes" else None
        if row is None:
            row = int(sheet.max_row) + 1
            _put(sheet.cell(row, rules.named_in), key)
            rules.rows |= {} if key == "notes" else {key: row}
        _put(sheet.cell(row, rules.columns[variant]), _rule_text(value, rules.units.get(key, "")))


def _rule_text(value: Any, unit: str) -> Any:
    """Return a value as a cell of the sheet of rules holds it: lists at semicolons, tables of ``name = value``.

    Amounts are in CNY, and say so where their row has another unit.
    """
    if isinstance(value, Mapping):
        return "; ".join(f"{key} = {_rule_text(one, unit)}" for key, one in value.items())
    if isinstance(value, float):
        return value if unit in PLAIN else f"{value}元"
    return "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _put(cell: Any, value: Any) -> None:
    cell.value = guarded(value) if value != "" else None
