"""A week of a county from Python: what ``coldchain roll`` does, and a made-up year of such weeks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coldchain.inputs import path_if_given
from coldchain.weeks import MOST_CHANGED, Asked, roll_week
from coldchain.weeks import year as room
from coldchain.weeks.year import Year

__all__ = ["Year", "roll", "simulate_year"]


def roll(
    county: Path | str,
    week: str,
    *,
    deliveries: Path | str | None = None,
    held: Path | str | None = None,
    weather: Path | str | None = None,
    markets: Path | str | None = None,
    prices: Path | str | None = None,
    most_changed: float = MOST_CHANGED,
    scenario: Path | str | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Plan a week anew into ``county/rolls/WEEK``, and return the object of its ``roll.json`` (docs/roll.md).

    Parameters
    ----------
    county : run of a plan, or a folder with one in ``plan`` and tables beside it
    week : like ``2026-W31``, or a day in it
    deliveries, held, weather, markets, prices : tables; those in the folder when left out
    most_changed : share of the villages that may change their depot
    scenario : where that of the plan lies now

    Raises
    ------
    BadInputError
        With every fault of all tables; nothing is written.
    UsageError
        When the week is none, or a later one stands already and would rest on another.
    """
    given = {"deliveries": deliveries, "held": held, "weather": weather, "markets": markets, "prices": prices}
    tables = {name: Path(path) for name, path in given.items() if path is not None}
    return roll_week(Asked(Path(county), week, tables, most_changed, path_if_given(scenario), seed))


def simulate_year(
    county: Path | str, first: str = "2026-W01", last: str = "2026-W52", *, seed: int = 1, every: int = 1
) -> Year:
    """Live through a made-up year in a planned county, each week rolled: figures and pictures (docs/roll.md).

    Parameters
    ----------
    county : folder with a run in ``plan``; every week is written into its ``rolls``
    first, last : weeks like ``2026-W01``; those outside all seasons are left out
    seed : of the harvests drawn
    every : live through each so many weeks

    Raises
    ------
    BadInputError
        When there is no plan in the folder, no depot stands by it, or nothing is harvested in these weeks.
    """
    return room.simulate_year(Path(county), first, last, seed, every)
