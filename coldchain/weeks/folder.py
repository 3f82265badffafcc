"""The weeks of a county on disk: one folder a week, written under another name and renamed; inputs stay as they are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldchain import __version__
from coldchain.errors import BadInputError, Fault, UsageError, demand_right
from coldchain.forecasts import read_weather
from coldchain.inputs import read_json, way_to
from coldchain.language import _
from coldchain.planning import Plan
from coldchain.runs import Run
from coldchain.runs.folder import SUMMARY, csv_bytes, read_tables, write_folder, write_tables
from coldchain.scenario.tables import find_table
from coldchain.weeks.calendar import iso_week, week_number
from coldchain.weeks.county import open_depots
from coldchain.weeks.deliveries import Hold, Past, read_held, read_past
from coldchain.weeks.markets import outlets_of
from coldchain.weeks.notice import depot_sheets, notice_page
from coldchain.weeks.roll import MOST_CHANGED, WAYS, Before, Rolled, WeekInputs, before_of, roll
from coldchain.weeks.sales import LastWeek
from coldchain.weeks.tables import SCHEMA, onward_of, orders_of, summary_of, tables_of

ROLL, ROLLS, PLAN = "roll.json", "rolls", "plan"
WEEK = re.compile(r"\d{4}-W\d{2}")
INPUTS = ("deliveries", "held", "weather", "markets", "prices")
"""Tables looked for in the folder of the county; the first is all that most counties have."""


@dataclass(frozen=True)
class Asked:
    """What is asked for: a county, a week, and where its tables lie.

    Attributes
    ----------
    county : a run of a plan, or a folder with one in ``plan``
    tables : name of `INPUTS` -> file; those not named are looked for in the county's folder
    scenario : where that of the plan lies now
    """

    county: Path
    week: str
    tables: Mapping[str, Path]
    most_changed: float = MOST_CHANGED
    scenario: Path | None = None
    seed: int = 0

    @property
    def run(self) -> Path:
        """Folder of the plan."""
        return self.county if (self.county / SUMMARY).is_file() else self.county / PLAN

    @property
    def target(self) -> Path:
        """Folder of the week."""
        return self.county / ROLLS / iso_week(week_number(self.week))

    def files(self) -> dict[str, Path]:
        """Return name -> file of the tables there are."""
        found = {name: self.tables.get(name) or find_table(self.county, name) for name in INPUTS}
        return {name: path for name, path in found.items() if path is not None}


def roll_week(asked: Asked) -> dict[str, Any]:
    """Plan a week into its folder, or find it there planned from the same; return the object of ``roll.json``.

    Raises
    ------
    BadInputError
        With every fault of all tables; nothing is written.
    UsageError
        When the week is none, or a later one stands already and would rest on another.
    """
    week = week_number(asked.week)
    run = _run(asked)
    marks = marks_of(asked)
    kept = _kept(asked.target, marks)
    if kept is not None:
        return kept
    later = [one.name for one in weeks_in(asked.county) if one.name > asked.target.name]
    if later:
        text = _("{week} comes before {later}, which rests on it; remove the later weeks first")
        raise UsageError(text.format(week=asked.target.name, later=later[-1]))
    given = _read(asked, run, week)
    rolled = roll(run, before_in(asked, run, week), given)
    return write_week(rolled, asked, marks)


def _run(asked: Asked) -> Run:
    if not (asked.run / SUMMARY).is_file():
        text = _("is no county to roll: neither it nor its folder plan holds a summary.json; plan it first")
        raise BadInputError([Fault(str(asked.county), None, "", "", text, "not-a-plan")])
    run = Run.open(asked.run, asked.scenario).checked()
    if not open_depots(run):
        text = _("by this plan no depot stands, so there is nothing to roll; plan with depots first")
        raise BadInputError([Fault(str(asked.run), None, "", "", text, "no-depots")])
    return run


def weeks_in(county: Path) -> list[Path]:
    """Return the folders of the weeks planned so far, in order."""
    folder = county / ROLLS
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if WEEK.fullmatch(path.name) and (path / ROLL).is_file())


def before_in(asked: Asked, run: Run, week: int) -> Before:
    """Return where everybody stood when the week began: the last week planned, else the plan."""
    former = [path for path in weeks_in(asked.county) if path.name < iso_week(week)]
    return (former_week(former[-1]) if former else None) or before_of(run, week)


def former_week(folder: Path) -> Before | None:
    """Return where everybody stood after a week; None where it is no week."""
    if not folder.is_dir():
        return None
    tables = read_tables(folder)
    units = tables["units"]
    return Before(tables["ways"][list(WAYS)], units[units["count"] > 0][["unit", "depot", "count"]], folder.name,
                  LastWeek.of(tables))  # fmt: skip


def _read(asked: Asked, run: Run, week: int) -> WeekInputs:
    """Read every table; all their faults together."""
    files, faults = asked.files(), []
    depots = open_depots(run)
    past, weather = Past(), None
    holds: list[Hold] = []
    if "deliveries" in files:
        past, found = read_past(files["deliveries"], run.scenario, week, depots)
        faults += found
    if "held" in files:
        holds, found = read_held(files["held"], run.scenario, week, depots)
        faults += found
    if "weather" in files:
        try:
            weather = read_weather(files["weather"])
        except BadInputError as error:
            faults += error.faults
    outlets = None
    if "markets" in files or "prices" in files or run.scenario.storage:
        outlets, found = outlets_of(run.scenario, week, files.get("markets"), files.get("prices"))
        faults += found
    return WeekInputs(week, past, holds, weather, asked.most_changed, demand_right(faults), asked.seed, outlets)


def marks_of(asked: Asked) -> dict[str, str]:
    """Return what a week rests on: hashes of its inputs, of the plan and of the week before, settings and version."""
    former = [path for path in weeks_in(asked.county) if path.name < asked.target.name]
    files = {**asked.files(), "plan": asked.run / SUMMARY, **({"before": former[-1] / ROLL} if former else {})}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    return {**hashes, "most_changed": repr(asked.most_changed), "seed": str(asked.seed), "version": __version__}


def _kept(folder: Path, marks: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the week as it stands, if it was planned from the same."""
    if not (folder / ROLL).is_file():
        return None
    found = read_json(folder / ROLL)
    same = isinstance(found, dict) and found.get("rests_on") == dict(marks)
    return dict(found) if same else None


def write_week(rolled: Rolled, asked: Asked, marks: Mapping[str, str]) -> dict[str, Any]:
    """Write a week whole and return the object of its ``roll.json``; equal inputs give equal bytes."""
    tables = tables_of(rolled)
    orders = orders_of(tables["days"])
    target = asked.target
    about = {"run": Path(way_to(asked.run, target)).as_posix(), "rests_on": dict(marks)}
    summary = {**summary_of(rolled, tables), **about}
    pages = {"notice.html": notice_page(rolled, tables, summary)}
    pages |= {f"sheets/{depot}.html": page for depot, page in depot_sheets(rolled, tables, summary).items()}
    onward = onward_of(tables, rolled.given.week)
    made = {**{f"orders/{day}.csv": csv_bytes(frame) for day, frame in orders.items()},
            **{f"onward/{day}.csv": csv_bytes(frame) for day, frame in onward.items()},
            **{name: page.encode() for name, page in pages.items()}}  # fmt: skip
    summary["files"] = [*(f"tables/{name}.csv" for name in tables), *made]

    def fill(folder: Path) -> None:
        write_tables(tables, folder, ROLL, summary, {})
        for name, one in (("week", rolled.plan), ("stay", rolled.stay)):
            (folder / name).mkdir()
            write_tables(one.tables, folder / name, SUMMARY, _timeless(one), {})
        for name, content in made.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)

    write_folder(target, fill, ROLL, SCHEMA.partition("/")[0])
    return dict(json.loads((target / ROLL).read_text(encoding="utf-8")))


def _timeless(plan: Plan) -> dict[str, Any]:
    """Return a summary without seconds, which differ from one time to the next."""
    return {**plan.summary, "seconds": dict.fromkeys(plan.summary["seconds"], 0.0)}
