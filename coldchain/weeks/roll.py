"""A week planned anew: what is expected, who goes where, on which days, with which vehicles, and what that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Bools, Floats, Ints
from coldchain.errors import Fault
from coldchain.forecasts import Weather
from coldchain.model import Scenario
from coldchain.planning import Course, Ground, Options, Plan, lay_part, plan_of, used_arcs
from coldchain.planning.course import work_out
from coldchain.planning.days import Effort
from coldchain.runs import Run
from coldchain.weeks.assign import Former, WeekAssignment, assign, decision_of, moves_cny, pays_cny
from coldchain.weeks.calendar import PeriodDays, span_of
from coldchain.weeks.county import kept_cny, owned_units, week_of
from coldchain.weeks.deliveries import Hold, Past
from coldchain.weeks.expected import Expected, expected
from coldchain.weeks.hands import Hand, asked_less, hands_of, needed_h, one_more
from coldchain.weeks.markets import Outlets
from coldchain.weeks.sales import LastWeek, Sold, sell

WAYS = ("village", "commodity", "depot", "zone", "method", "unit")
"""Columns of who goes where: what one week hands to the next."""
MOST_CHANGED = 0.1
"""Share of the villages that may change their depot in a week."""
MOST_AGAIN = 8
"""Times a way to run a week is chosen anew because its routes took more drivers than there are."""
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
    last : what lay in store, and where everything was sold
    """

    ways: pd.DataFrame
    units: pd.DataFrame
    source: str
    last: LastWeek = field(default_factory=LastWeek.none)


@dataclass(frozen=True, eq=False)
class WeekInputs:
    """What a week is planned from, besides the plan."""

    week: int
    past: Past = field(default_factory=Past)
    holds: Sequence[Hold] = ()
    weather: Weather | None = None
    most_changed: float = MOST_CHANGED
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    outlets: Outlets | None = None


@dataclass(frozen=True, eq=False)
class Priced:
    """People of a skill in a place: hours a day that the week takes of them, and what one more would save in it."""

    hand: Hand
    needed_h_day: float
    worth_cny: float


@dataclass(frozen=True, eq=False)
class Rolled:
    """A week as it was planned.

    Attributes
    ----------
    plan : of the week, verified; stay : if everybody went where they went before
    choice, former : of the arcs of ``plan.ground``
    limit : villages that may change
    whole : the scenario of the county
    hands : people at hand, by skill and place
    sold : markets and store; None where neither markets nor a table of storage are stated
    """

    given: WeekInputs
    before: Before
    expected: Expected
    plan: Plan
    stay: Plan
    choice: WeekAssignment
    stay_choice: WeekAssignment
    former: Former
    limit: int
    whole: Scenario
    hands: tuple[Priced, ...] = ()
    sold: Sold | None = None

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


def roll(run: Run, before: Before, given: WeekInputs, options: Options | None = None) -> Rolled:
    """Plan a week: forecast, then the cheapest assignment within the limit of changes, worked out and verified.

    Of all that would change, half of them, half of these … that number counts whose routed bill is least, none
    included: a change that does not pay once lorries are routed is not asked of anybody. Going back to the plan counts
    among them, for what paid in one season may not in the next. What the plan keeps in store counts with what that
    earns, for who is fetched and among ways whose bill is no dearer than if nobody changed.
    """
    options = options or Options.quickly(given.seed)
    scenario = run.scenario
    outlook = expected(scenario, given.past, given.week, given.weather)
    span = span_of(scenario.periods, given.week)
    holds = [*given.holds, *_loaded(given.past)]
    ground = lay_week(run, span, outlook.tonnes, holds, options)
    former, home = (former_of(ground, run, way, holds) for way in (before, before_of(run, given.week)))
    limit = int(given.most_changed * len(scenario.villages))
    hands = hands_of(ground, scenario.people)
    tried = weighed(ground, former, limit, options, home, hands)
    stay, pays = tried[0], pays_cny(ground)

    def bill_cny(way: Weighed) -> float:
        return way.course.yearly.total + moves_cny(ground, former, way.choice)

    def weight_cny(way: Weighed) -> float:
        kept = float(way.choice.share @ ground.arcs.storage_cny)
        return bill_cny(way) + float(pays[way.choice.changed].sum()) - kept

    best = min((way for way in tried if bill_cny(way) <= bill_cny(stay)), key=weight_cny)
    plans = {id(way): plan_of(ground, way.course, options) for way in (stay, best)}
    priced, plan = tuple(_priced(ground, former, limit, best)), plans[id(best)]
    sold = None if given.outlets is None else sell(plan, scenario, given.week, given.outlets, before.last)
    return Rolled(given, before, outlook, plan, plans[id(stay)], best.choice, stay.choice, former, limit, scenario,
                  priced, sold)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Weighed:
    """A way to run a week, worked out; ``hands`` as its model kept them, so that its routes keep to who is there."""

    choice: WeekAssignment
    course: Course
    hands: tuple[Hand, ...] = ()


def weighed(
    ground: Ground, former: Former, limit: int, options: Options, home: Former | None = None,
    hands: tuple[Hand, ...] = (),
) -> list[Weighed]:  # fmt: skip
    """Return ways to run a week, each worked out: first that nobody changes, then with fewer and fewer changes.

    Parameters
    ----------
    home : where the plan sends everybody, to be gone back to
    hands : people at hand, whose hours are a limit
    """

    def within(choose: Callable[[tuple[Hand, ...]], WeekAssignment]) -> Weighed:
        """Choose again, with fewer hours of drivers, until the routes keep to who is there."""
        asked = hands
        for _again in range(MOST_AGAIN):
            choice = choose(asked)
            found = Weighed(choice, course_of(ground, former, choice, options), asked)
            less = asked_less(ground, hands, choice.share, found.course)
            if less is None:
                break
            asked = less
        return found

    found, among, most = [within(lambda hands: assign(ground, former, 0, None, hands))], None, limit
    while most > 0:
        found.append(within(partial(assign, ground, former, most, among)))
        among = found[-1].choice.changed
        most = len(among) // 2
    back = None if home is None or limit == 0 else _back(ground, former, home)
    if back is not None:
        choice = within(lambda hands: _changed(ground, former, assign(ground, back, 0, None, hands)))
        found += [choice] if len(choice.choice.changed) <= limit else []
    return found


def _back(ground: Ground, former: Former, home: Former) -> Former | None:
    """Return that all who are not held go as planned, if that is another way."""
    went = np.where(former.held[ground.arcs.demand], former.went, home.went)
    return None if np.array_equal(went, former.went) else replace(former, went=went)


def _changed(ground: Ground, former: Former, choice: WeekAssignment) -> WeekAssignment:
    village = ground.arcs.village[ground.arcs.demand]
    return replace(choice, changed=np.unique(village[(choice.share > 0.0) & ~former.went]))


def _priced(ground: Ground, former: Former, limit: int, way: Weighed) -> Iterator[Priced]:
    """Yield the people at hand, what the week takes of them, and what one more would save in it by direct rides."""
    if not way.hands:
        return
    now = assign(ground, former, limit, None, way.hands).worth_cny
    for n, hand in enumerate(way.hands):
        more, people = one_more(ground, way.hands, n)
        gain = assign(ground, former, limit, None, more).worth_cny - now
        yield Priced(hand, needed_h(ground, hand, way.course), max(gain, 0.0) / people)


def lay_week(run: Run, span: PeriodDays, tonnes: Floats, holds: Sequence[Hold], options: Options) -> Ground:
    """Lay the ground of a week with this harvest, float64[villages, commodities]; what is held by name goes alone."""
    week = week_of(run.scenario, run, span, tonnes, held_apart(run.scenario, holds))
    ground = lay_part(run, week, options)
    return replace(ground, arcs=replace(ground.arcs, storage_cny=kept_cny(run, ground)))


def course_of(ground: Ground, former: Former, choice: WeekAssignment, options: Options) -> Course:
    """Work a week out, with quick routes."""
    effort = Effort(quick=True, seed=options.seed, stop=options.halted, memo=ground.memo, meter=options.meter)
    return work_out(ground.basis, ground.arcs, decision_of(ground, choice, former.owned), effort)


def held_apart(scenario: Scenario, holds: Sequence[Hold]) -> frozenset[str]:
    """Return the commodities that are held by name: they stay alone, whatever else of their zone moves."""
    return frozenset(scenario.commodities[one.commodity].id for one in holds if one.commodity >= 0)


def _loaded(past: Past) -> list[Hold]:
    return [Hold(village, crop, depot, "loaded") for (village, crop), depot in past.loaded.items()]


def former_of(ground: Ground, run: Run, before: Before, holds: Sequence[Hold]) -> Former:
    """Return where everybody went, as arcs; a hold that names a depot goes there, one that went nowhere stays."""
    went, held = used_arcs(ground, before.ways), np.zeros(len(ground.arcs.village), dtype=np.bool_)
    sites = {site.id: j for j, site in enumerate(ground.scenario.sites)}
    for hold in holds:
        mine = (ground.arcs.village == hold.village) & _of_crop(ground, hold.commodity)
        arcs = mine[ground.arcs.demand]
        if hold.depot:
            there = arcs & (ground.arcs.site == sites[hold.depot])
            went = np.where(arcs, there, went)
        held |= mine if not hold.depot else mine & np.isin(np.arange(len(mine)), ground.arcs.demand[arcs & went])
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
