"""A year lived through week by week: rolled from the deliveries so far, then priced on the harvest that really came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.errors import bad_file
from coldchain.language import _
from coldchain.planning import Course, Ground, Options
from coldchain.runs import Run
from coldchain.runs.folder import read_tables
from coldchain.weeks.calendar import iso_week, monday, span_of
from coldchain.weeks.deliveries import Hold, read_held
from coldchain.weeks.folder import ROLLS, Asked, roll_week
from coldchain.weeks.roll import Before, before_of, former_of, lay_week, week_cny, weighed
from coldchain.weeks.world import World, weeks_in_season

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARE_INSIDE, FEWEST_ERRORS = 0.8, 5
"""Share of weeks an interval is meant to hold, and weeks it is learned from at least."""
THURSDAY = timedelta(days=3)
"""A week belongs to the month of its Thursday, as it belongs to the year (ISO 8601)."""
Picture = Literal["harvest", "gain", "loss", "hours", "people"]


@dataclass(frozen=True, eq=False)
class Lived:
    """A week as it was rolled, on the ground of the harvest that really came.

    Attributes
    ----------
    found : the object of its ``roll.json``
    static, rolled : where the plan, and the rolled week, send everybody
    """

    run: Run
    week: int
    found: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    ground: Ground
    static: Before
    rolled: Before
    holds: list[Hold]
    options: Options

    def courses(self, way: Before, most: int = 0) -> list[Course]:
        """Return ways to run the week on the true harvest, at most so many villages elsewhere than before."""
        home, former = (former_of(self.ground, self.run, one, self.holds) for one in (self.static, way))
        return [one.course for one in weighed(self.ground, former, most, self.options, home)]


def live(world: World, folder: Path, week: int) -> Lived:
    """Hand in what a week knows, roll it, and lay the ground of its true harvest."""
    run, options = world.run, Options.quickly()
    world.hand_in(folder, week)
    found = roll_week(Asked(folder, iso_week(week), {}))
    tables = read_tables(folder / ROLLS / iso_week(week))
    holds, _faults = read_held(folder / "held.csv", run.scenario, week)
    ground = lay_week(run, span_of(run.scenario.periods, week), world.harvest[week], holds, options)
    static = before_of(run, week)
    rolled = replace(static, ways=_as_decided(folder / ROLLS / iso_week(week), tables))
    return Lived(run, week, found, tables, ground, static, rolled, holds, options)


def _as_decided(folder: Path, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return who goes where in a week: what was expected as decided, what was not where it went before."""
    keys = ["village", "commodity"]
    now = pd.MultiIndex.from_frame(read_tables(folder / "week")["assignment"][keys])
    meant = pd.MultiIndex.from_frame(tables["expected"].query("tonnes > 0")[keys])
    ways = pd.MultiIndex.from_frame(tables["ways"][keys])
    return tables["ways"][ways.isin(now) | ~ways.isin(meant)]


def true_cny(course: Course) -> float:
    """Return what a week really cost, without what no week decides."""
    return week_cny(course.yearly.written(frozenset()))


@dataclass(frozen=True, eq=False)
class Year:
    """A simulated year.

    Attributes
    ----------
    weeks : a row a week: what was planned, expected and came in t, what the plan as it is and the rolled week cost,
        what is lost today and by the rolled week in t, villages that changed, hours to the buyer, share in time
    people : a row a week, depot and skill
    """

    weeks: pd.DataFrame
    people: pd.DataFrame

    @cached_property
    def months(self) -> pd.DataFrame:
        """Harvest and losses in t by month."""
        return self.weeks.groupby("month")[["came_t", "today_lost_t", "rolled_lost_t"]].sum()

    def totals(self) -> pd.DataFrame:
        """Return the year in a few figures, in words."""
        from coldchain.reports.figures import money, percent, tonnes

        weeks = self.weeks
        came = weeks["came_t"].sum()
        rows = [
            (_("Weeks"), str(len(weeks))),
            (_("Harvest that came"), tonnes(came)),
            (_("Expected, week by week"), tonnes(weeks["expected_t"].sum())),
            (_("Lost in today's chain"), percent(weeks["today_lost_t"].sum() / came)),
            (_("Lost by the rolled plan"), percent(weeks["rolled_lost_t"].sum() / came)),
            (_("Cost of the plan as it is"), money(weeks["static_cny"].sum())),
            (_("Saved by rolling it"), money((weeks["static_cny"] - weeks["rolled_cny"]).sum())),
            (_("Villages that changed, a week on the mean"), f"{weeks['changed'].mean():.2f}"),
            (_("At the buyer within 48 h, today"), percent((weeks["today_in_time"] * weeks["came_t"]).sum() / came)),
            (_("At the buyer within 48 h, rolled"), percent((weeks["in_time"] * weeks["came_t"]).sum() / came)),
        ]
        return pd.DataFrame(rows, columns=[_("Figure"), _("Value")]).set_index(_("Figure"))

    def plot(self, what: Picture) -> Figure:
        """Draw the harvest, what rolling gains, losses by month, hours to the buyer, or people by week."""
        from coldchain.weeks.pictures import DRAWN

        return DRAWN[what](self)


def simulate_year(county: Path, first: str, last: str, seed: int = 1, every: int = 1) -> Year:
    """Live through the weeks of a made-up year in a county that is planned; each is written as ``roll`` writes it.

    Parameters
    ----------
    county : folder with a run in ``plan``
    first, last : weeks like ``2026-W01``; those outside all seasons are left out
    every : live through each so many weeks

    Raises
    ------
    BadInputError
        When there is no plan in the folder, or nothing is harvested in these weeks.
    """
    run = Run.open(county / "plan")
    weeks = weeks_in_season(run, first, last)
    if not weeks:
        message = _("nothing is harvested from {first} to {last}").format(first=first, last=last)
        raise bad_file(county, message, "no-harvest")
    world = World(run, seed, weeks)
    lived = [(one, world.harvest[one.week].sum()) for one in (live(world, county, w) for w in weeks[::every])]
    table = pd.DataFrame([_row(one, float(came)) for one, came in lived])
    expected, came = table["expected_t"].to_numpy(), table["came_t"].to_numpy()
    table["low_80_t"], table["high_80_t"] = intervals(expected, came)
    people = [one.tables["people"].assign(week=iso_week(one.week)) for one, _came in lived]
    return Year(table, pd.concat(people, ignore_index=True))


def _row(lived: Lived, came_t: float) -> dict[str, Any]:
    """Return a week's figures, on what came."""
    found = lived.found
    static, rolled = (lived.courses(way)[0] for way in (lived.static, lived.rolled))
    hours = found["delivery_h"]
    return {
        "week": found["week"], "month": (monday(lived.week) + THURSDAY).month,
        "planned_t": found["expected"]["planned_t"], "expected_t": found["expected"]["t"],
        "came_t": came_t, "changed": found["villages"]["changed"],
        "static_cny": true_cny(static), "rolled_cny": true_cny(rolled),
        "today_lost_t": lived.ground.today.outcome.loss_t, "rolled_lost_t": rolled.outcome.loss_t,
        "today_h": hours["today"]["p50"], "rolled_h": hours["week"]["p50"], "rolled_p95_h": hours["week"]["p95"],
        "today_in_time": hours["today"]["share_within_target"], "in_time": hours["week"]["share_within_target"],
        "target_h": hours["week"]["target"], "units": sum(one["count"] for one in found["units"]),
    }  # fmt: skip


def intervals(expected: Floats, came: Floats) -> tuple[Floats, Floats]:
    """Return 80 % intervals of what was expected each week, from how far off the weeks before it were.

    Split-conformal on logarithms; NaN for the first weeks.

    Examples
    --------
    >>> low, high = intervals(np.full(7, 10.0), np.array([10.0, 20.0, 5.0, 10.0, 10.0, 10.0, 10.0]))
    >>> low.round(1).tolist()[5:], high.round(1).tolist()[5:]
    ([5.0, 5.0], [20.0, 20.0])
    """
    off = np.abs(np.log(came / expected))
    low, high = np.full((2, len(off)), np.nan)
    for at in range(FEWEST_ERRORS, len(off)):
        share = min(1.0, SHARE_INSIDE * (1.0 + 1.0 / at))
        width = np.exp(np.quantile(off[:at], share, method="higher"))
        low[at], high[at] = expected[at] / width, expected[at] * width
    return low, high
