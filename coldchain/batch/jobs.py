"""Jobs: which scenarios a list or a folder names, and the hash that names the run of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from coldchain import __version__
from coldchain.errors import BadInputError, Fault, UsageError, bad_file
from coldchain.language import _
from coldchain.scenario import BASE, FILE, RawTable, input_files, is_book, is_scenario, read_raw
from coldchain.scenario.workbook import is_marked

Command = Literal["plan", "routes", "sweep", "roll"]
COMMANDS: tuple[Command, ...] = ("plan", "routes", "sweep", "roll")
SOLVERS = ("numba", "numpy", "ortools", "scipy")
OWN = ("name", "scenario", "variant", "budget_cny", "orders", "day")
ROADS = (".pbf", ".osm", ".gz", ".bz2", ".hgt", ".zip", ".shp", ".shx", ".dbf", ".prj", ".cpg")
KEY_LENGTH = 16
LIST, RUN = "counties.csv", "summary.json"
EARLIER, PLAN, ROLLS = "earlier", "plan", "rolls"


@dataclass(frozen=True)
class BatchSettings:
    """What is asked of every job.

    Attributes
    ----------
    quick : least work; otherwise units of work of each plan, about a second each, are ``time_limit_s``
    iterations : of the routes; None for those that a day of its size needs
    budgets : CNY, of the sweeps
    maps : whether map and layers are written too
    week, most_changed : of the weeks planned anew, like 2026-W31, and the share of villages that may change
    """

    command: Command = "plan"
    quick: bool = True
    time_limit_s: float = 120.0
    seed: int = 0
    iterations: int | None = None
    budgets: tuple[float, ...] = ()
    maps: bool = False
    week: str = ""
    most_changed: float = 0.1

    def deciding(self) -> dict[str, Any]:
        """Return what the answer depends on."""
        own: dict[str, dict[str, Any]] = {
            "plan": {"maps": self.maps},
            "routes": {"iterations": self.iterations, "maps": self.maps},
            "sweep": {"budgets": list(self.budgets)},
            "roll": {"week": self.week, "most_changed": self.most_changed},
        }
        limit = {} if self.quick or self.command in {"routes", "roll"} else {"time_limit_s": self.time_limit_s}
        return {"command": self.command, "quick": self.quick, "seed": self.seed, **limit, **own[self.command]}


@dataclass(frozen=True)
class BatchJob:
    """One scenario of a batch.

    Attributes
    ----------
    name : unique in the batch
    given : the scenario's place as the list says it; ``folder`` is where it lies
    budget_cny : instead of the scenario's own
    orders, day : of routes; driven : routes of earlier days of the week
    more : other columns of the list, handed on to the result table
    """

    name: str
    given: str
    folder: Path
    variant: str = BASE
    budget_cny: float | None = None
    orders: Path | None = None
    day: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    driven: tuple[Path, ...] = ()

    def key(self, settings: BatchSettings) -> str:
        """Return the hash of all that decides the run: input files, variant, settings and versions."""
        facts = {
            "files": _rests_on(self.folder, settings) if settings.command == "roll" else _hashes(self.folder),
            "variant": self.variant,
            "budget_cny": self.budget_cny,
            "orders": _hash(self.orders) if self.orders is not None else "",
            "day": self.day,
            "driven": [_hash(folder / "tables" / "drivers.csv") for folder in self.driven],
            "settings": settings.deciding(),
            "versions": {"coldchain": __version__, **_versions()},
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:KEY_LENGTH]


def read_jobs(source: Path, command: Command = "plan") -> tuple[BatchJob, ...]:
    """Read a table of scenarios, or look for scenario folders in a folder.

    Parameters
    ----------
    source : table with a column ``scenario`` (a folder, from where the table lies) and any of name, variant,
        budget_cny, orders, day; or a folder, whose own ``counties.csv`` counts, else all folders in it with a
        ``scenario.toml`` and all workbooks (for routes: runs of plans, if there are any; for roll:
        counties with a plan)

    Raises
    ------
    BadInputError
        Naming every row that is wrong. A scenario that is missing or broken is no fault of the list: it fails alone.
    UsageError
        When there is no such path.
    """
    if source.is_dir():
        listed = source / LIST
        if listed.is_file():
            return _from_table(listed, command)
        if command == "roll":
            return _counties(source)
        marks = (RUN, FILE) if command == "routes" else (FILE,)
        for mark in marks:
            if jobs := (*_from_folder(source, mark), *(_workbooks(source) if mark == FILE else ())):
                return jobs
        message = _("holds no workbook and no folder with a {names}").format(names=_(" or a ").join(reversed(marks)))
        raise bad_file(source, message, "no-scenarios")
    if not source.is_file():
        raise UsageError(_("{source} is neither a table nor a folder").format(source=source))
    return _from_table(source, command)


def _from_folder(source: Path, mark: str) -> Iterator[BatchJob]:
    for path in sorted(source.rglob(mark)):
        inside = path.parent.relative_to(source)
        if not any(part.startswith(".") for part in inside.parts):
            name = "-".join(inside.parts) or source.resolve().name
            yield BatchJob(name, inside.as_posix(), path.parent)


def _counties(source: Path) -> tuple[BatchJob, ...]:
    """Find runs of plans, and folders with one in ``plan``; weeks and what a batch put aside are none."""
    jobs = []
    for path in sorted(source.rglob(RUN)):
        folder = path.parent.parent if path.parent.name == PLAN and path.parent != source else path.parent
        inside = folder.relative_to(source)
        if ROLLS not in inside.parts and not any(part.startswith(".") or part == EARLIER for part in inside.parts):
            jobs.append(BatchJob("-".join(inside.parts) or source.resolve().name, inside.as_posix(), folder))
    if not jobs:
        message = _("holds no county with a plan: no run, and no folder with one in plan")
        raise bad_file(source, message, "no-scenarios")
    return tuple(jobs)


def _workbooks(source: Path) -> Iterator[BatchJob]:
    """Find workbooks; those in a scenario's or a run's folder, marked copies and what Excel keeps open are none."""
    for path in sorted(source.rglob("*")):
        inside, beside = path.relative_to(source).parts, {FILE, RUN}
        left_out = is_marked(path) or any(part.startswith((".", "~$")) for part in inside)
        if is_book(path) and not left_out and not any((path.parent / name).exists() for name in beside):
            names = [*inside[:-1], *([] if inside[:-1] and inside[-2] == path.stem else [path.stem])]
            yield BatchJob("-".join(names), path.relative_to(source).as_posix(), path)


def _from_table(path: Path, command: Command) -> tuple[BatchJob, ...]:
    raw = read_raw(path)
    faults = [fault for fault in raw.faults if not fault.warning]
    if raw.rows and "scenario" not in raw.rows[0][1]:
        faults.append(Fault(raw.file, 1, "scenario", "", _("there is no such column; it is needed"), "missing"))
    elif not raw.rows and not faults:
        faults.append(Fault(raw.file, None, "", "", _("holds no scenario; at least one row is needed"), "no-rows"))
    else:
        jobs = tuple(_row(path, line, cells, faults) for line, cells in raw.rows)
        own_name = _("stands on line {value} already; give each row a name of its own in the column name")
        faults += _twice(raw, jobs, "name", own_name, lambda job: job.name)
        if command == "roll":
            once = _("stands on line {value} already; a week of a county is planned once")
            faults += _twice(raw, jobs, "scenario", once, lambda job: job.folder.resolve())
            faults += _not_of_a_week(raw)
    if faults:
        raise BadInputError(faults)
    return jobs


def _row(path: Path, line: int, cells: dict[str, str], faults: list[Fault]) -> BatchJob:
    given = cells["scenario"]
    if not given:
        faults.append(Fault(path.name, line, "scenario", "", _("must name a scenario folder"), "missing"))
    name = cells.get("name") or "-".join(part for part in Path(given).parts if part not in ("/", "..", "."))
    if wrong := sorted(set(name) & set('/\\:*?"<>|')):
        message = _("must be fit for a folder's name; it holds {names}").format(names=" ".join(wrong))
        faults.append(Fault(path.name, line, "name", name, message, "bad-name"))
    budget: float | None = None
    text = cells.get("budget_cny", "")
    try:
        budget = float(text) if text else None
    except ValueError:
        faults.append(Fault(path.name, line, "budget_cny", text, _("must be a number of CNY"), "not-a-number"))
    if budget is not None and not 0 <= budget < float("inf"):
        faults.append(Fault(path.name, line, "budget_cny", text, _("must be 0 or more"), "out-of-range"))
    orders = path.parent / cells["orders"] if cells.get("orders") else None
    more = {key: value for key, value in cells.items() if key not in OWN}
    variant = cells.get("variant") or BASE
    return BatchJob(name, given, path.parent / given, variant, budget, orders, cells.get("day", ""), more)


def _not_of_a_week(raw: RawTable) -> Iterator[Fault]:
    """Name what a week cannot follow: its county was planned with a variant and a budget already."""
    for line, cells in raw.rows:
        for column in ("variant", "budget_cny", "orders", "day"):
            value = cells.get(column, "")
            if value and (column, value) != ("variant", BASE):
                message = _("does not go with --command roll: a week follows the plan as it was made; leave it empty")
                yield Fault(raw.file, line, column, value, message, "unused")


def _twice(
    raw: RawTable, jobs: tuple[BatchJob, ...], column: str, text: str, of: Callable[[BatchJob], Hashable]
) -> list[Fault]:
    seen: dict[Hashable, int] = {}
    faults = []
    for (line, cells), job in zip(raw.rows, jobs, strict=True):
        if of(job) in seen:
            value = cells.get(column) or job.name
            faults.append(Fault(raw.file, line, column, value, text.format(value=seen[of(job)]), "duplicate-id"))
        seen.setdefault(of(job), line)
    return faults


def files_of(folder: Path) -> tuple[Path, ...]:
    """Return the input files of a scenario, roads of other formats included, or tables of a run; of nothing, none."""
    if is_scenario(folder) and not folder.is_dir():
        return input_files(folder)
    if not folder.is_dir():
        return ()
    roads = (path for path in folder.rglob("*") if path.suffix.lower() in ROADS)
    tables = folder.glob("tables/*.csv") if (folder / RUN).is_file() else ()
    return tuple(sorted({*input_files(folder), *(path for path in (*roads, *tables) if path.is_file())}))


def _hashes(folder: Path) -> dict[str, str]:
    """Hash the inputs; of a run its tables and the scenario it was made from, not when it was made."""
    root = folder if folder.is_dir() else folder.parent
    found = {path.relative_to(root).as_posix(): _hash(path) for path in files_of(folder)}
    try:
        scenario = json.loads((folder / RUN).read_text(encoding="utf-8"))["scenario"]
    except (OSError, ValueError, KeyError):
        return found
    return {**found, "scenario": f"{scenario.get('sha256')} {scenario.get('variant')}"}


def _rests_on(county: Path, settings: BatchSettings) -> dict[str, str]:
    """Return what a week rests on; of a county without a plan, nothing."""
    from coldchain.weeks import Asked, marks_of

    try:
        return marks_of(Asked(county, settings.week, {}, settings.most_changed, seed=settings.seed))
    except OSError:
        return {}


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _versions() -> dict[str, str]:
    found = {}
    for name in SOLVERS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found
