"""Measured chains from Python: a day watched, its lots traced, a season kept against its plans, masts for a signal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.api.scenarios import Scenario
from coldchain.coverage.sight import Radio
from coldchain.coverage.study import CARRIERS, Study, study
from coldchain.coverage.study import MastRequest as Asked
from coldchain.diversions.desk import DayDispatcher
from coldchain.diversions.proposals import Proposal, ProposalTerms, proposals
from coldchain.inputs import path_if_given
from coldchain.telemetry.dayplan import read_day
from coldchain.telemetry.kept import lanes_of
from coldchain.telemetry.page import write_page
from coldchain.telemetry.readings import CHINA_H, MessageReader
from coldchain.telemetry.replay import read_sensors, replay
from coldchain.telemetry.rules import AlarmRules, read_rules
from coldchain.telemetry.season import MeasuredSeason, read_lanes, season_of
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.watch import Setup, Watched, watched
from coldchain.traceability.issue import EventsRequest as Issue
from coldchain.traceability.issue import Issued, issue_day


@dataclass(frozen=True)
class MeasuredDay:
    """A day of routes as its sensors show it.

    Attributes
    ----------
    found : the day itself
    folder, moved : of its routes, and where its scenario lies now
    """

    found: Watched
    folder: Path
    moved: Path | None = None

    def lots(self) -> pd.DataFrame:
        """Return life used, quality and loss of each lot."""
        return pd.DataFrame(self.found.as_dict()["lots"])

    def alarms(self) -> pd.DataFrame:
        """Return the alarms in order of their start."""
        return pd.DataFrame(self.found.as_dict()["alarms"])

    def lanes(self) -> pd.DataFrame:
        """Return planned against measured, by village, room and crop."""
        return lanes_of(self.found)

    def proposals(self, repair_h: float = 4.0, notice_h: float = 0.5, discount: float | None = None) -> pd.DataFrame:
        """Return what can be done for lots in danger and pays, the best first."""
        made: Sequence[Proposal] = proposals(
            DayDispatcher(self.folder, self.moved), self.found, ProposalTerms(repair_h, notice_h, discount)
        )
        return pd.DataFrame([one.as_dict(self.found) for one in made])

    def save_page(self, file: Path | str) -> Path:
        """Write the page of the day, and return its path."""
        write_page(self.found, Path(file))
        return Path(file)


def watch(
    run: Path | str,
    readings: Path | str | None = None,
    *,
    store: Path | str | None = None,
    sensors: Path | str | None = None,
    rules: Path | str | None = None,
    date: str = "",
    offset_h: float = CHINA_H,
    scenario: Path | str | None = None,
) -> MeasuredDay:
    """Work out a day of routes from the readings of its sensors.

    Parameters
    ----------
    run : folder of ``coldchain routes``
    readings : file of messages, a line each, in any order
    store : SQLite file that keeps them, with those that it holds already; in memory when left out
    sensors : table of devices and the places they stand in, where they are not named after them
    rules : thresholds of the alarms (TOML)
    date, offset_h : ISO date, and hours by which the county's clock is ahead of UTC
    scenario : where the scenario lies now, when it was moved

    Raises
    ------
    BadInputError
        When the folder, the file or a table cannot be read.
    """
    day = read_day(Path(run), path_if_given(scenario))
    known = {} if sensors is None else read_sensors(Path(sensors), day)
    thresholds = AlarmRules() if rules is None else read_rules(Path(rules))
    with ReadingStore(path_if_given(store)) as kept_in:
        if readings is not None:
            replay(Path(readings), MessageReader(offset_h=offset_h), kept_in)
        found = watched(kept_in, day, Setup(known, date, offset_h, thresholds))
    return MeasuredDay(found, Path(run), path_if_given(scenario))


def kept(scenario: Scenario, lanes: Iterable[Path | str]) -> MeasuredSeason:
    """Compare the days of a season with their plans, and propose figures that they contradict; nothing is changed.

    Parameters
    ----------
    lanes : tables that ``coldchain watch --lanes`` writes

    Raises
    ------
    BadInputError
        Naming each file, column and cell that cannot be read.
    """
    return season_of(read_lanes([Path(one) for one in lanes]), scenario)


def trace(run: Path | str, file: Path | str, *, date: str = "", **more: Any) -> Issued:
    """Write every lot of a day of routes as EPCIS 2.0 events; ``.printed()`` tells how many, and what the check found.

    Parameters
    ----------
    run : folder of ``coldchain routes``
    file : to write, JSON-LD
    date : ISO date of the harvest; that of the routes when left out
    more : ``prefix``, ``offset_h``, ``readings``, ``sensors``, ``others``, ``pages``, ``url``, as of the command

    Raises
    ------
    BadInputError
        When the folder cannot be read, or its lots do not fit together.
    """
    return issue_day(Issue(run=Path(run), file=Path(file), day=date, **more))


def masts(
    source: Path | str,
    elevation: Path | str,
    *,
    coverage: Path | str | None = None,
    budget_cny: float = math.inf,
    carriers: Sequence[str] = CARRIERS,
    radius_km: float = 8.0,
    ghz: float = 0.8,
) -> Study:
    """Find villages and lanes without a signal, site masts, and split their cost: all in tables, and ``.printed()``.

    Parameters
    ----------
    source : scenario, or run of a plan, whose lanes then count
    elevation : tile or folder of tiles
    coverage : areas with a signal today
    budget_cny : for towers and equipment; without it every village that can be reached

    Raises
    ------
    BadInputError
        When scenario, elevation or layer cannot be read, or no village lies on the elevation.
    """
    wish = Asked(
        Path(source), Path(elevation), path_if_given(coverage), budget_cny, tuple(carriers), Radio(radius_km, ghz)
    )
    return study(wish)
