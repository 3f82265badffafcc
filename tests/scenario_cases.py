"""A small scenario that tests write, spoil and read."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from coldchain.errors import Fault
from coldchain.scenario import inspect, upland, write_scenario

Row = dict[str, str]


def small_county(folder: Path, villages: int = 8, seed: int = 3) -> Path:
    """Write an upland county and return its folder."""
    write_scenario(upland(villages, seed), folder)
    return folder


def rows_of(path: Path) -> list[Row]:
    """Read a table as rows of text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[Row], encoding: str = "utf-8") -> None:
    """Write rows of text as a table."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def change(folder: Path, table: str, line: int, **cells: str) -> None:
    """Overwrite cells of the row that stands on a line of a table (2 is the first row)."""
    path = folder / f"{table}.csv"
    rows = rows_of(path)
    rows[line - 2].update(cells)
    write_rows(path, rows)


def change_all(folder: Path, table: str, edit: Callable[[Row], Row]) -> None:
    """Rewrite every row of a table."""
    path = folder / f"{table}.csv"
    write_rows(path, [edit(row) for row in rows_of(path)])


def append(folder: Path, text: str) -> None:
    """Add lines to the end of ``scenario.toml``."""
    with (folder / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def replace_in_toml(folder: Path, old: str, new: str) -> None:
    """Replace a text that stands exactly once in ``scenario.toml``."""
    path = folder / "scenario.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def faults_of(folder: Path, variant: str = "base") -> list[Fault]:
    """Return all faults of a scenario folder."""
    return list(inspect(folder, variant)[1])


def set_in_toml(folder: Path, key: str, value: str) -> None:
    """Set a key of the base, which stands once with its comment in ``scenario.toml``."""
    path = folder / "scenario.toml"
    text, count = re.subn(rf"(?m)^{key} = .*?(?=  # )", f"{key} = {value}", path.read_text(encoding="utf-8"))
    assert count == 1, (key, count)
    path.write_text(text, encoding="utf-8")


Mark = tuple[str, int | None, str, str, str]


def marks(faults: list[Fault]) -> set[Mark]:
    """Return file, row, column, value and code of each fault."""
    return {(f.file, f.row, f.column, f.value, f.code) for f in faults}
