"""Change one cell, leaf or row of a written run at a time, and list every change that verification does not find.

``python tests/tampering.py SCENARIO RUN`` tries all of them and prints NOT FOUND, BUG and FALSE ALARM (rows shuffled).
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError
from coldchain.runs import PlacedNetwork, place_on_roads
from coldchain.runs.folder import read_run
from coldchain.scenario import load
from coldchain.verify import Written, verify_written
from coldchain.verify.unchecked import summary_reason, table_reason

Rows = list[list[str]]
SHUFFLED = "rows shuffled"


@dataclass(frozen=True)
class Change:
    """One change: what is changed, how, and what does it to a run folder."""

    place: str
    how: str
    apply: Callable[[Path], None]

    @property
    def listed(self) -> bool:
        """Whether the closed list of what is not recomputed has it."""
        file, _dot, inside = self.place.partition(".")
        if file == "summary":
            return summary_reason(inside.split(".")) is not None
        return file == "tables" and table_reason(*inside.partition(".")[::2]) is not None


def read_rows(path: Path) -> Rows:
    """Read a table with its header."""
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def write_rows(path: Path, rows: Rows) -> None:
    """Write a table with its header."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig")


def changes(run: Path, seed: int = 1) -> Iterator[Change]:
    """Yield changes of one cell of every column, of one row of every table, of every leaf of the summary."""
    random = np.random.default_rng(seed)
    for path in sorted((run / "tables").glob("*.csv")):
        header, *rows = read_rows(path)
        yield Change(f"tables.{path.stem}", "a column more", partial(_edit, path.name, _wider))
        if rows:
            for n in range(len(header)):
                yield from _cells(path, n, header[n], rows, random)
            yield from _rows(path, int(random.integers(len(rows))), len(rows))
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    for leaf, old in _leaves(summary):
        for new in _others(old):
            yield Change(f"summary.{'.'.join(leaf)}", f"{old} -> {new}", partial(_set_leaf, leaf, new))
        yield Change(f"summary.{'.'.join(leaf)}", "taken out", partial(_drop_leaf, leaf))


def _cells(path: Path, n: int, column: str, rows: Rows, random: np.random.Generator) -> Iterator[Change]:
    filled = [i for i, row in enumerate(rows) if row[n] not in ("", "0", "0.0")] or [0]
    i = int(random.choice(filled))
    old = rows[i][n]
    for new in _texts(old, sorted({row[n] for row in rows} - {old})):
        place = f"tables.{path.stem}.{column}"
        yield Change(place, f"row {i + 2}: {old} -> {new}", partial(_edit, path.name, partial(_put, i + 1, n, new)))


def _texts(old: str, others: list[str]) -> list[str]:
    """Return other texts for a cell: five per cent more of a number, another one of the column, nonsense, nothing."""
    try:
        return [repr(float(old) * 1.05 if float(old) else 1.0), *(["nan"] if old != "nan" else [])]
    except ValueError:
        return [*others[:1], "XX", *([""] if old else [])]


def _rows(path: Path, i: int, count: int) -> Iterator[Change]:
    place = f"tables.{path.stem}"
    yield Change(place, f"row {i + 2} dropped", partial(_edit, path.name, lambda rows: rows.pop(i + 1)))
    yield Change(place, f"row {i + 2} doubled", partial(_edit, path.name, lambda rows: rows.append(list(rows[i + 1]))))
    yield Change(place, "cut to its header", partial(_edit, path.name, lambda rows: rows.__delitem__(slice(1, None))))
    if count > 1:
        yield Change(place, SHUFFLED, partial(_edit, path.name, _reverse))


def _put(i: int, n: int, new: str, rows: Rows) -> None:
    rows[i][n] = new


def _wider(rows: Rows) -> None:
    for i, row in enumerate(rows):
        row.append("remark" if i == 0 else "x")


def _reverse(rows: Rows) -> None:
    rows[1:] = rows[:0:-1]


def _edit(name: str, change: Callable[[Rows], object], run: Path) -> None:
    rows = read_rows(run / "tables" / name)
    change(rows)
    write_rows(run / "tables" / name, rows)


def _leaves(tree: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _others(old: Any) -> list[Any]:
    if isinstance(old, bool):
        return [not old, "XX"]
    if isinstance(old, int | float):
        return [old * 1.05 + 1, "XX", None]
    return ["XX", 7] if isinstance(old, str) else [["XX"], 7]


def _set_leaf(leaf: tuple[str, ...], new: Any, run: Path) -> None:
    _leaf(run, leaf, lambda place: place.__setitem__(leaf[-1], new))


def _drop_leaf(leaf: tuple[str, ...], run: Path) -> None:
    _leaf(run, leaf, lambda place: place.pop(leaf[-1]))


def _leaf(run: Path, leaf: tuple[str, ...], change: Callable[[dict[str, Any]], object]) -> None:
    path = run / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    place = summary
    for key in leaf[:-1]:
        place = place[key]
    change(place)
    path.write_text(json.dumps(summary), encoding="utf-8")


class Trial:
    """A run to change: every change is made to a copy of its tables and JSON files, then verified."""

    def __init__(self, scenario: Path, run: Path, scratch: Path) -> None:
        self.run, self.scratch = run, scratch
        self.scenario, _faults = load(scenario)
        self.placed: PlacedNetwork = place_on_roads(self.scenario)[0]
        self.sound = read_run(run)

    def problems(self, change: Change | None) -> tuple[str, ...]:
        """Return what verification says of the run with a change; faults of reading count, too."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        shutil.copytree(self.run, self.scratch, ignore=shutil.ignore_patterns("map.html", "plan.gpkg", "report.*"))
        if change is not None:
            change.apply(self.scratch)
        try:
            run, summary, tables = self._read()
        except BadInputError as error:
            return tuple(map(str, error.faults))
        budget = run["settings"]["siting"]["budget_cny"]
        scenario = replace(self.scenario, siting=self.scenario.siting.model_copy(update={"budget_cny": budget}))
        written = Written(self.scratch, tables, summary, run)
        return verify_written(scenario, self.placed.network.given, written).problems

    def _read(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, pd.DataFrame]]:
        """Read the changed copy; tables that are as before are not read again."""
        run, _summary, tables = self.sound
        changed = [stem for stem in tables if not self._same(f"tables/{stem}.csv")]
        kept = {stem: frame for stem, frame in tables.items() if stem not in changed}
        part = {**run, "columns": {stem: run["columns"][stem] for stem in changed}}
        (self.scratch / "run.json").write_text(json.dumps(part), encoding="utf-8")
        _part, summary, read = read_run(self.scratch)
        return run, summary, {stem: (kept | read)[stem] for stem in tables}

    def _same(self, name: str) -> bool:
        return (self.run / name).read_bytes() == (self.scratch / name).read_bytes()

    def verdict(self, change: Change) -> str:
        """Return what is wrong with how a change is dealt with; empty when nothing is."""
        try:
            found = self.problems(change)
        except Exception as error:  # noqa: BLE001 - a change that ends in an exception is what is looked for
            return f"BUG {change.place} {change.how}: {type(error).__name__}: {error}"
        if change.how == SHUFFLED:
            return f"FALSE ALARM {change.place} {change.how}: {found[0]}" if found else ""
        return "" if found or change.listed else f"NOT FOUND {change.place} {change.how}"


def main(scenario: str, run: str) -> None:
    """Try all changes."""
    trial = Trial(Path(scenario), Path(run), Path(run).with_name(f".{Path(run).name}.tampered"))
    if found := trial.problems(None):
        sys.exit(f"the run must verify before it is changed: {found[0]}")
    every = list(changes(Path(run)))
    for change in every:
        if verdict := trial.verdict(change):
            print(verdict, flush=True)  # noqa: T201 - its purpose
    shutil.rmtree(trial.scratch, ignore_errors=True)
    print(f"{len(every)} changes tried")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main(*sys.argv[1:])
