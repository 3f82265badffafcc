"""A week planned anew: what is expected, who goes where, on which days, with which vehicles, and what that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Bools, Ints
from coldchain.errors import Fault
from coldchain.forecasts import Weather
from coldchain.planning import Course, Ground, Options, Plan, lay_part, plan_of, used_arcs
from coldchain.planning.course import work_out
from coldchain.planning.days import Effort
from coldchain.runs import Run
from coldchain.weeks.assign import Choice, Former, assign, decision_of, moves_cny, pays_cny
from coldchain.weeks.calendar import span_of
from coldchain.weeks.county import owned_units, week_of
from coldchain.weeks.deliveries import Hold, Past
from coldchain.weeks.expected import Expected, expected

WAYS = ("village", "commodity", "depot", "zone", "method", "unit")
"""Columns of who goes where: what one week hands to the next."""
MOST_CHANGED = 0.1
"""Share of the villages that may change their depot in a week."""
FIXED_HEADINGS = ("operation", "capital")
"""Headings of a year's bill that no week changes; they are left out of a week's."""


@dataclass(frozen=True, eq=False)
class Before:
    """Where a county stood when the week began.

    Attributes
    ----------
    ways : frame of `WAYS`
    units : frame of unit, depot and count
    source : the week, or the plan, it is from
    """

    ways: pd.DataFrame
    units: pd.DataFrame
    source: str


@dataclass(frozen=True, eq=False)
class Given:
    """What a week is planned from, besides the plan."""

    week: int
    past: Past = field(default_factory=Past)
    holds: Sequence[Hold] = ()
    weather: Weather | None = None
    most_changed: float = MOST_CHANGED
    faults: tuple[Fault, ...] = ()
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Rolled:
    """A week as it was planned.

    Attributes
    ----------
    plan : of the week, verified; stay : if everybody went where they went before
    choice, former : of the arcs of ``plan.ground``
    limit : villages that may change
    """

    given: Given
    before: Before
    expected: Expected
    plan: Plan
    stay: Plan
    choice: Choice
    stay_choice: Choice
    former: Former
    limit: int

    @cached_property
    def ways(self) -> pd.DataFrame:
        """Who goes where after this week: what brings nothing this week goes where it went."""
        return ways_after(self.plan.tables["assignment"], self.before.ways)

    @property
    def problems(self) -> tuple[str, ...]:
        """What the independent check of both plans found."""
        return (*self.plan.report.problems, *self.stay.report.problems)

    @property
    def gain_cny(self) -> float:
        """What the changes of the week save."""
        return week_cny(self.stay.summary["annual_cny"]) - self.cost_cny

    @property
    def cost_cny(self) -> float:
        """What the week costs, moves of mobile units from where they stood the week before included."""
        return week_cny(self.plan.summary["annual_cny"]) + self.moves_cny

    @property
    def moves_cny(self) -> float:
        """What moving mobile units costs."""
        return moves_cny(self.plan.ground, self.former, self.choice)


def ways_after(assignment: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return who goes where after a week: as assigned; what brought nothing goes where it went before."""
    now = assignment[list(WAYS)]
    busy = set(zip(now["village"], now["commodity"], strict=True))
    idle = [key not in busy for key in zip(before["village"], before["commodity"], strict=True)]
    return pd.concat([now, before[idle]], ignore_index=True).sort_values(list(WAYS), ignore_index=True)


def week_cny(bill: dict[str, Any]) -> float:
    """Return what of a bill of the week a week decides, CNY."""
    return float(bill["total"]) - sum(float(bill.get(name, 0.0)) for name in FIXED_HEADINGS)


def before_of(run: Run, week: int) -> Before:
    """Return where a plan sends everybody in the period of a week."""
    period = run.scenario.periods[span_of(run.scenario.periods, week).period].id
    ways, units = run.tables["assignment"], run.tables["units"]
    ways = ways[ways["period"].isin(["", period])][list(WAYS)]
    stood = units[units["period"] == period].rename(columns={"standing": "count"})[["unit", "depot", "count"]]
    return Before(ways.sort_values(list(WAYS), ignore_index=True), stood.reset_index(drop=True), "plan")


def roll(run: Run, before: Before, given: Given, options: Options | None = None) -> Rolled:
    """Plan a week: forecast, then the cheapest assignment within the limit of changes, worked out and verified.

    Of all that would change, half of them, half of these … that number counts whose routed bill is least, none
    included: a change that does not pay once lorries are routed is not asked of anybody. Going back to the plan counts
    among them, for what paid in one season may not in the next.
    """
    options = options or Options.quickly(given.seed)
    scenario = run.scenario
    outlook = expected(scenario, given.past, given.week, given.weather)
    span = span_of(scenario.periods, given.week)
    ground = lay_part(run, week_of(scenario, run, span, outlook.tonnes), options)
    holds = [*given.holds, *_loaded(given.past)]
    former, home = (former_of(ground, run, way, holds) for way in (before, before_of(run, given.week)))
    limit = int(given.most_changed * len(scenario.villages))
    tried = weighed(ground, former, limit, options, home)
    stay, pays = tried[0], pays_cny(ground)

    def weight_cny(way: Weighed) -> float:
        moves = moves_cny(ground, former, way.choice)
        return way.course.yearly.total + moves + float(pays[way.choice.changed].sum())

    best = min(tried, key=weight_cny)
    plans = {id(way): plan_of(ground, way.course, options) for way in (stay, best)}
    return Rolled(given, before, outlook, plans[id(best)], plans[id(stay)], best.choice, stay.choice, former, limit)


@dataclass(frozen=True, eq=False)
class Weighed:
    """A way to run a week, worked out."""

    choice: Choice
    course: Course


def weighed(ground: Ground, former: Former, limit: int, options: Options, home: Former | None = None) -> list[Weighed]:
    """Return ways to run a week, each worked out: first that nobody changes, then with fewer and fewer changes.

    Parameters
    ----------
    home : where the plan sends everybody, to be gone back to
    """
    choices = [*_choices(ground, former, limit), *([] if home is None else _back(ground, former, home, limit))]
    return [Weighed(choice, course_of(ground, former, choice, options)) for choice in choices]


def _choices(ground: Ground, former: Former, limit: int) -> list[Choice]:
    """Return the best assignment with no change, with the limit, and then with half of the villages that change."""
    found = [assign(ground, former, 0)]
    among = None
    while limit > 0:
        found.append(assign(ground, former, limit, among))
        among = found[-1].changed
        limit = len(among) // 2
    return found


def _back(ground: Ground, former: Former, home: Former, limit: int) -> list[Choice]:
    """Return that all who are not held go as planned, if that is another way and few enough change by it."""
    held = former.held[ground.arcs.demand]
    went = np.where(held, former.went, home.went)
    if limit == 0 or np.array_equal(went, former.went):
        return []
    choice = assign(ground, replace(former, went=went), 0)
    village = ground.arcs.village[ground.arcs.demand]
    changed = np.unique(village[(choice.share > 0.0) & ~former.went])
    return [replace(choice, changed=changed)] if len(changed) <= limit else []


def course_of(ground: Ground, former: Former, choice: Choice, options: Options) -> Course:
    """Work a week out, with quick routes."""
    effort = Effort(quick=True, seed=options.seed, stop=options.halted, memo=ground.memo, meter=options.meter)
    return work_out(ground.basis, ground.arcs, decision_of(ground, choice, former.owned), effort)


def _loaded(past: Past) -> list[Hold]:
    return [Hold(village, crop, depot, "loaded") for (village, crop), depot in past.loaded.items()]


def former_of(ground: Ground, run: Run, before: Before, holds: Sequence[Hold]) -> Former:
    """Return where everybody went, as arcs; a hold that names a depot goes there."""
    went, held = used_arcs(ground, before.ways), np.zeros(len(ground.arcs.village), dtype=np.bool_)
    sites = {site.id: j for j, site in enumerate(ground.scenario.sites)}
    for hold in holds:
        mine = (ground.arcs.village == hold.village) & _of_crop(ground, hold.commodity)
        arcs = mine[ground.arcs.demand]
        if hold.depot:
            there = arcs & (ground.arcs.site == sites[hold.depot])
            went = np.where(arcs, there, went)
        held |= mine & np.isin(np.arange(len(mine)), ground.arcs.demand[arcs & went])
    stood, owned = _units(ground, run, before)
    return Former(went, held, stood, owned)


def _of_crop(ground: Ground, crop: int) -> Bools:
    """Tell which demands hold a crop; -1: any."""
    of_group = np.array([crop < 0 or crop in members for members in ground.arcs.members], dtype=np.bool_)
    return np.asarray(of_group[ground.arcs.group])


def _units(ground: Ground, run: Run, before: Before) -> tuple[Ints, Ints]:
    """Return where mobile units stood, int[sites, units], and how many are owned, int[units]."""
    scenario = ground.scenario
    kinds = [kind.id for kind in scenario.depot_types[scenario.fixed_types :]]
    sites = [site.id for site in scenario.sites]
    stood, owned = np.zeros((len(sites), len(kinds)), dtype=np.int64), np.zeros(len(kinds), dtype=np.int64)
    for row in before.units.to_dict("records"):
        stood[sites.index(row["depot"]), kinds.index(row["unit"])] += int(row["count"])
    for kind, number in owned_units(run).items():
        owned[kinds.index(kind)] = number
    return stood, owned
