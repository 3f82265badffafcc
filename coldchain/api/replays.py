"""A plan lived through for many random years, from a result or a run folder: what ``coldchain replay`` does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.api.results import Result
from coldchain.replays import Chances, ReplayEffort, Replayer
from coldchain.replays import replay as live
from coldchain.reports.certainty import in_words
from coldchain.runs import Run
from coldchain.runs.folder import TABLES, csv_bytes, write_in_place

REPLAY = "replay.json"
USED = ("depots", "assignment", "routes", "stops", "units", "line_haul", "storage", "villages")
YEARS, DAYS, DRAWS = 60, 3, 8
Say = Callable[[int], None]


def unsaid(_year: int) -> None:
    """Tell nobody how far a replay is."""


@dataclass(frozen=True)
class Replay:
    """A plan lived through: what is lost in usual years and in bad ones. Printing it prints the sentences.

    Attributes
    ----------
    facts : the object of ``replay.json``
    """

    facts: dict[str, Any]

    @property
    def lines(self) -> list[str]:
        """The sentences a meeting can read out, in the language spoken."""
        return in_words(self.facts)

    def table(self) -> pd.DataFrame:
        """Return mean, p5, p50, p95 over the years, a row for each figure; rates are shares, money CNY."""
        names = ("rate", "today_rate", "day_rate", "loss_t", "today_t", "saved_t", "saved_cny")
        return pd.DataFrame({name: self.facts[name] for name in names}).T.rename_axis("figure")

    def years(self) -> pd.DataFrame:
        """Return one row for each year: t and CNY lost today and with the plan, tours, waiting."""
        return pd.DataFrame(self.facts["years"])

    def depots(self) -> pd.DataFrame:
        """Return t that each depot cools and passes on warm in a mean year, those full most often first."""
        return pd.DataFrame(self.facts["depots"])

    def stresses(self) -> pd.DataFrame:
        """Return what is lost in a year that is warmer, richer or slower throughout, a row each."""
        return pd.DataFrame({"undisturbed": self.facts["undisturbed"], **self.facts["stresses"]}).T

    def save(self, folder: Path | str) -> Path:
        """Write ``replay.json`` into a folder, where a report on the same plan finds it; return its path."""
        text = json.dumps(self.facts, ensure_ascii=False, indent=1) + "\n"
        path = Path(folder) / REPLAY
        return write_in_place(path, lambda partial: partial.write_text(text, encoding="utf-8"))

    def __str__(self) -> str:
        """Return the sentences, one a line."""
        return "\n".join(self.lines)


def replay(
    planned: Result | Path | str,
    *,
    years: int = YEARS,
    days: int = DAYS,
    seed: int = 0,
    draws: int = DRAWS,
    chances: Chances | None = None,
    scenario: Path | str | None = None,
    say: Say = unsaid,
) -> Replay:
    """Live through a plan, or the plan of a run folder, for many years of random weather, harvests and roads.

    Parameters
    ----------
    days : looked at in each season of each year
    seed : the same seed gives the same years
    draws : of the uncertain figures, each lived through for two of the years; 0 leaves them out
    chances : spreads of temperature, harvest and travel; ``cc.Chances()`` says the usual ones
    scenario : where the scenario of a run folder lies now, when it was moved
    say : hears the number of each year that has passed

    Raises
    ------
    UsageError
        When the scenario is no longer the one that was planned.
    BadInputError
        When the run folder, or its scenario, cannot be read.
    """
    if isinstance(planned, Result):
        run = planned.plan
    else:
        run = Run.open(Path(planned), None if scenario is None else Path(scenario)).as_planned()
    return lived(run, ReplayEffort(years, days, seed, draws), fingerprint(planned), chances, say)


def lived(
    run: Run, effort: ReplayEffort, plan_sha256: str, chances: Chances | None = None, say: Say = unsaid
) -> Replay:
    """Live through a run that was opened."""
    replayer = Replayer(run.scenario, run.placed, run.tables)
    found = live(replayer, chances or Chances(), effort, run.summary, say)
    return Replay({**found, "plan_sha256": plan_sha256})


def fingerprint(planned: Result | Path | str) -> str:
    """Return the hash of the tables that a replay is made from; that of a result is that of its folder."""
    whole = hashlib.sha256()
    for name in USED:
        whole.update(_of_result(planned.tables, name) if isinstance(planned, Result) else _of_folder(planned, name))
    return whole.hexdigest()


def _of_result(tables: Mapping[str, pd.DataFrame], name: str) -> bytes:
    return csv_bytes(tables[name]) if name in tables else b""


def _of_folder(folder: Path | str, name: str) -> bytes:
    path = Path(folder) / TABLES / f"{name}.csv"
    return path.read_bytes() if path.is_file() else b""


def stored(planned: Result | Path | str, folder: Path) -> Replay | None:
    """Return the replay that lies in a folder, if it is one of this plan."""
    try:
        found = json.loads((folder / REPLAY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(found, dict) and str(found.get("schema", "")).startswith("coldchain.replay/")
    return Replay(found) if known and found.get("plan_sha256") == fingerprint(planned) else None
