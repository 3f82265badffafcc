"""The planner from Python: load or make a scenario, plan it, ask about it, look at tables, layers, pictures and map.

``import coldchain as cc`` offers all of it as ``cc.load``, ``cc.plan`` and so on; the rooms below
(``coldchain.planning``, ``coldchain.sweeps`` …) stay there for finer questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from coldchain.api.days import RoutedDay, routes
from coldchain.api.effort import EffortName, checked
from coldchain.api.forecasts import backtest, backtest_harvest, forecast, forecast_harvest
from coldchain.api.grids import Levels, levels
from coldchain.api.measured import MeasuredDay, kept, masts, trace, watch
from coldchain.api.platform import Bookings, bookings
from coldchain.api.questions import (
    compare,
    explain,
    explain_alternatives,
    explain_depot,
    explain_failures,
    explain_unserved,
    explain_village,
    explain_visits,
    sensitivity,
    share,
    sweep,
)
from coldchain.api.replays import Replay, replay
from coldchain.api.reports import report
from coldchain.api.results import Doubts, Explanation, Frontier, Result, Shares
from coldchain.api.scenarios import Scenario
from coldchain.api.served import ServedPage, serve
from coldchain.api.weeks import Year, roll, simulate_year
from coldchain.economy import CarbonFactors
from coldchain.errors import Fault
from coldchain.forecasts import Backtest, HarvestBacktest, Outlook
from coldchain.inputs import path_if_given
from coldchain.language import use
from coldchain.planning import Options, Plan, lay_ground, plan_quickly
from coldchain.planning import plan as make_plan
from coldchain.planning import replan as warm_plan
from coldchain.progress import Say, silent
from coldchain.replays import Chances
from coldchain.runs import Run, place_on_roads
from coldchain.scenario import inspect, upland, write_scenario
from coldchain.scenario import load as read
from coldchain.scenario.edits import Edits

__all__ = [
    "Backtest", "Bookings", "CarbonFactors", "Chances", "Doubts", "Explanation", "Frontier", "HarvestBacktest",
    "Levels", "MeasuredDay", "Outlook", "Replay", "Result", "RoutedDay", "Scenario", "ServedPage", "Shares",
    "Year", "backtest", "backtest_harvest", "bookings", "check", "compare", "example", "example_osm", "explain",
    "explain_alternatives", "explain_depot", "explain_failures", "explain_unserved", "explain_village",
    "explain_visits", "forecast", "forecast_harvest", "import_atlas", "import_osm", "import_points",
    "kept", "levels", "load", "masts", "open", "plan", "replan", "replay", "report", "roll", "routes",
    "sensitivity", "serve", "share", "simulate_year", "speak", "sweep", "trace", "watch",
]  # fmt: skip


def speak(language: str) -> None:
    """Speak English (``en``) or Chinese (``zh``) from now on: messages, headings, charts and maps.

    Raises
    ------
    ValueError
        When it is neither.
    """
    use(language)


def load(folder: Path | str, variant: str = "base") -> Scenario:
    """Read a scenario: a folder, or an Excel workbook.

    Raises
    ------
    BadInputError
        Listing every fault; :func:`check` lists the warnings too.
    """
    return Scenario.of(read(Path(folder), variant)[0])


def check(folder: Path | str, variant: str = "base") -> tuple[Fault, ...]:
    """Return every fault and warning of a scenario, its roads included; empty when there is none."""
    scenario, faults = inspect(Path(folder), variant)
    return faults if scenario is None else (*faults, *place_on_roads(scenario)[1])


def example(folder: Path | str, villages: int = 30, seed: int = 7) -> Scenario:
    """Write the synthetic upland county with so many villages to a new folder, and load it.

    Raises
    ------
    UsageError
        When the folder holds something already.
    """
    write_scenario(upland(villages, seed), Path(folder))
    return load(folder)


def example_osm(file: Path | str, villages: int = 12, seed: int = 7) -> Path:
    """Write an invented valley as an OpenStreetMap file, to try :func:`import_osm` on; return its path.

    Raises
    ------
    UsageError
        When the file exists already.
    """
    from coldchain.importing import write_valley

    return write_valley(Path(file), villages, seed)


def import_osm(
    file: Path | str, folder: Path | str, *, rules: Path | str | None = None, elevation: Path | str | None = None
) -> Scenario:
    """Make a scenario from an OpenStreetMap file, write it to a new folder, and load it; what is assumed: its notes.

    Parameters
    ----------
    file : PBF or XML
    rules : harvest rules in TOML, docs/import.md
    elevation : SRTM tile, to slow trucks on slopes

    Raises
    ------
    BadInputError
        When the file cannot be read or holds no roads or no places.
    UsageError
        When the folder holds something already.
    """
    from coldchain.importing import draft_from_osm, write_import

    write_import(draft_from_osm(Path(file), path_if_given(rules), path_if_given(elevation)), Path(folder))
    return load(folder)


def import_atlas(
    file: Path | str,
    folder: Path | str,
    crops: Sequence[Path | str],
    *,
    people: Path | str | None = None,
    climate: Sequence[Path | str] = (),
    elevation: Path | str | None = None,
    datum: str | None = None,
    roads: Path | str | None = None,
    rules: Path | str | None = None,
) -> Scenario:
    """Make a scenario of open data, write it to a new folder, and load it; sources and spreads: its folder ``atlas``.

    Parameters
    ----------
    file : OpenStreetMap file; with ``datum`` a list of places
    crops, people, climate, elevation, roads, rules : as ``coldchain import atlas`` takes them, docs/atlas.md

    Raises
    ------
    BadInputError
        Naming what is wrong with a layer: another place, nothing but gaps, another measure.
    UsageError
        When the folder holds something already.
    """
    from coldchain.atlas import Layers, draft_from_atlas
    from coldchain.importing import write_import

    layers = Layers(tuple(map(Path, crops)), path_if_given(people), tuple(map(Path, climate)), path_if_given(elevation))
    drafted = draft_from_atlas(Path(file), layers, rules=path_if_given(rules), datum=datum, roads=path_if_given(roads))
    write_import(drafted, Path(folder))
    return load(folder)


def import_points(
    file: Path | str,
    folder: Path | str,
    datum: str,
    *,
    rules: Path | str | None = None,
    roads: Path | str | None = None,
    missing: Literal["refuse", "skip", "township"] = "refuse",
) -> Scenario:
    """Make a scenario from a list of places with a level column, write it to a new folder, and load it.

    Parameters
    ----------
    datum : of its coordinates: wgs84, cgcs2000, gcj02 or bd09
    rules, roads, missing : as ``coldchain import points`` takes them, docs/import.md

    Raises
    ------
    BadInputError
        Listing every fault of the list.
    UsageError
        When the folder holds something already.
    """
    from coldchain.importing import draft_from_points, write_import

    drafted = draft_from_points(
        Path(file), datum=datum, rules=path_if_given(rules), roads=path_if_given(roads), missing=missing
    )
    write_import(drafted, Path(folder))
    return load(folder)


def plan(
    scenario: Scenario,
    *,
    budget_cny: float | None = None,
    time_limit_s: float | None = None,
    effort: EffortName = "normal",
    seed: int = 0,
    threads: int = 1,
    progress: Say = silent,
) -> Result:
    """Plan a scenario.

    Parameters
    ----------
    budget_cny : subsidy budget instead of the scenario's
    time_limit_s : after which the plan ends with the best so far; no limit when left out
    effort : work: ``quick`` the least, ``normal`` about two minutes, ``deep`` ten, every move judged by full routes
    seed : the same seed, effort and inputs give the same plan as long as no time limit cuts the search
    threads : steps worked on side by side; they change the time, never the plan
    progress : hears a :class:`coldchain.progress.Event` at every step

    Raises
    ------
    InfeasibleError
        Proved: no plan keeps every limit; the message says what to loosen.
    LimitError
        No plan was found in the time given.
    UsageError
        For another effort.
    """
    checked(effort)
    asked = Edits(budget_cny).on(scenario)
    if effort == "quick":
        return Result(plan_quickly(asked, seed, say=progress, threads=threads))
    options = replace(Options.of(effort, time_limit_s, seed, progress), threads=threads)
    return Result(make_plan(asked, options))


def replan(
    planned: Result | Path | str,
    scenario: Scenario | None = None,
    *,
    budget_cny: float | None = None,
    forbid: Iterable[str] = (),
    force: Iterable[str] = (),
    effort: EffortName | None = None,
    time_limit_s: float | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Say = silent,
) -> Result:
    """Plan again from a plan: seconds instead of minutes, never dearer than that plan repaired.

    Parameters
    ----------
    planned : the plan to start from, or its folder
    scenario : the inputs as they are now (``scenario.with_(…)``); those of the plan when left out
    budget_cny : subsidy budget instead of the scenario's
    forbid, force : sites at which nothing may stand, or a depot must
    effort, time_limit_s, seed, threads, progress : as in :func:`plan`; a short search from the plan when no effort is
        named

    Raises
    ------
    InfeasibleError, LimitError
        As :func:`plan`.
    UsageError
        For a site that is unknown, or both closed and forced.
    """
    former = planned.plan if isinstance(planned, Result) else Run.open(planned).checked()
    given = former.planned if scenario is None else scenario
    changed = Edits.asked(given, budget_cny, forbid, force).on(given)
    options = replace(Options.warm(effort, time_limit_s, seed, progress), threads=threads)
    if scenario is None and isinstance(former, Plan):
        ground = former.ground.asked(changed, options)
    else:
        ground = lay_ground(changed, options)
    return Result(warm_plan(ground, former, options))


def open(folder: Path | str, scenario: Path | str | None = None) -> Result:  # noqa: A001 - as one opens a run
    """Open a run folder: the same result as the plan it was written from.

    Parameters
    ----------
    scenario : where its scenario lies now, when it was moved

    Raises
    ------
    BadInputError
        Naming what is missing or garbled, in the run or in the scenario.
    """
    return Result(Run.open(folder, path_if_given(scenario)).checked())
