"""A plan from a plan: what an earlier run decided, repaired to the inputs as they are now, and searched on from.

The modules of the earlier run are kept as far as the limits of today allow, its villages go where they went as far as
that is open and has room, on the routes of then wherever a depot fetches what it did; the year that follows competes
with whatever a short search from there finds, so that a new plan is never worse than the old one repaired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coldchain.arrays import Bools, Ints
from coldchain.model import Scenario, modules_of
from coldchain.planning.arcs import siting_problem
from coldchain.planning.course import Course, work_out
from coldchain.planning.days import Decision
from coldchain.planning.former import FormerDays
from coldchain.planning.limits import stated
from coldchain.planning.pieces import Pieces, former_share
from coldchain.planning.pipeline import Ground, Near, Plan, course_with, decide, effort_of, plan_on
from coldchain.planning.search import Options, aims_of
from coldchain.progress import Event, Stage
from coldchain.runs import Run
from coldchain.siting import FixedModules, SitingProblem, count_violations, solve_siting, widened

REPAIR_WORK = 20.0
MOST_REPAIRS = 200


def replan(ground: Ground, former: Run, options: Options) -> Plan:
    """Plan again from an earlier run, on ground laid for the inputs as they are now.

    Parameters
    ----------
    former : the run to start from; its scenario may have had other villages, sites, budgets or harvests
    options : from :meth:`coldchain.planning.Options.warm`, or any others

    Raises
    ------
    InfeasibleError
        Proved that no plan keeps every limit now.
    LimitError
        When time or work ended before any plan was found.
    """
    options, _course, near = _begun(ground, former, options)
    return plan_on(ground, options, near)


@dataclass(frozen=True)
class Redecided:
    """What an earlier decision costs now, repaired, and what would be decided instead.

    Attributes
    ----------
    before, after : modules at each site, shape (sites, types)
    kept_cny, cost_cny : CNY a year of both, value lost included
    """

    before: Ints
    after: Ints
    kept_cny: float
    cost_cny: float


def redecide(ground: Ground, former: Run, options: Options) -> Redecided:
    """Decide again as :func:`replan`, which raises the same, without writing the plan up."""
    options, course, near = _begun(ground, former, options)
    found = decide(ground, options, near).course
    kept_cny, cost_cny = course.yearly.total, found.yearly.total
    return Redecided(course.decision.count, found.decision.count, kept_cny, cost_cny)


def _begun(ground: Ground, former: Run, options: Options) -> tuple[Options, Course, Near]:
    """Repair the earlier decision: its year, and what it lends to a plan from there."""
    scenario = ground.scenario
    options = replace(options, former=FormerDays.of(scenario, former.tables))
    wanted = former_modules(scenario, former)
    problem = stated(ground.basis, ground.arcs, aims_of(ground.basis)[0])
    count = repaired(problem, widened(wanted, problem.max_count.shape[1]), options)
    options = replace(options, near=options.rough and np.array_equal(count[:, : wanted.shape[1]], wanted))
    course = kept(ground, count, former, options)
    options.say(Event(Stage.FORMER, former.name, value=course.yearly.total))
    starts, courses = (count[:, : len(scenario.depot_types)],), () if course.missing else (course,)
    return options, course, Near(starts=starts, courses=courses, further=False)


def near_to(ground: Ground, wanted: Ints, options: Options) -> Near:
    """Return what a plan close by lends: its new modules, shape (sites, types), repaired to the limits of this ground.

    Villages go where they cost least by the coefficients of siting.
    """
    problem = stated(ground.basis, ground.arcs, aims_of(ground.basis)[0])
    count = repaired(problem, widened(wanted, problem.max_count.shape[1]), options)
    course = course_with(ground, count, options)
    starts = (count[:, : len(ground.scenario.depot_types)],)
    return Near(starts=starts, courses=() if course.missing else (course,), further=False)


def former_modules(scenario: Scenario, former: Run) -> Ints:
    """Return the new modules of an earlier run at the sites and of the types there are now, shape (sites, types).

    What it built and now stands is not built again.
    """
    count = np.zeros((len(scenario.sites), len(scenario.depot_types)), dtype=np.int64)
    kinds = {kind.id: k for k, kind in enumerate(scenario.depot_types)}
    depots = former.tables["depots"].set_index("depot")
    for j, site in enumerate(scenario.sites):
        if site.id not in depots.index or site.status == "forbidden":
            continue
        row = depots.loc[site.id]
        before = modules_of(str(row["standing_modules"]))
        for column in ("new_modules", "units_bought"):
            for kind, number in modules_of(str(row[column])).items():
                if kind in kinds:
                    more = site.modules().get(kind, 0) - before.get(kind, 0)
                    count[j, kinds[kind]] += max(number - max(more, 0), 0)
    return count


def repaired(problem: SitingProblem, count: Ints, options: Options) -> Ints:
    """Return modules that keep every limit on modules and money, near those given; what costs least goes or comes.

    Where the limits cannot be met module by module, what was met so far is returned.
    """
    count = np.minimum(count, problem.max_count.astype(np.int64))
    if not count_violations(problem, count):
        return count
    with FixedModules(problem, options.halted, options.meter, options.seed) as fixed:
        if fixed.assign(count, keep=True) is None:
            return count
        for _step in range(MOST_REPAIRS):
            broken = count_violations(problem, count)
            if not broken:
                break
            ways = _ways(problem, count, empty=broken == ["forced site left empty"])
            if not ways:
                break
            count = min(ways, key=fixed.floor)
    return count


def _ways(problem: SitingProblem, count: Ints, *, empty: bool) -> list[Ints]:
    """List choices with one module less, the last of a forced site kept; where such a site is empty, one more there."""
    ways: list[Ints] = []
    solid = count[:, problem.heavy].sum(axis=1) + problem.existing.sum(axis=1)
    if empty:
        spots = np.argwhere((problem.max_count > 0) & problem.heavy & (problem.forced & (solid < 1))[:, None])
        step = 1
    else:
        spots, step = np.argwhere((count > 0) & ~(problem.forced & (solid <= 1))[:, None]), -1
    for j, k in spots:
        way = count.copy()
        way[j, k] += step
        ways.append(way)
    return ways


def kept(ground: Ground, count: Ints, former: Run, options: Options, *, out: Sequence[int] = ()) -> Course:
    """Work out the year with these modules in which villages go where they went, as far as they can.

    Parameters
    ----------
    count : new modules, in all columns of the siting problem
    out : sites that take nothing in, whatever stands there
    """
    basis, arcs = ground.basis, ground.arcs
    problem = siting_problem(basis, arcs, "total_cost_cny", build=False)
    existing = problem.existing + count
    existing[list(out)] = 0
    problem = replace(problem, existing=existing)
    pieces = Pieces.of(problem, former_share(basis, arcs, former.tables["assignment"]))
    known = set(former.tables["villages"]["village"].astype(str))
    stays = np.array([float(basis.scenario.villages[v].id in known) for v in arcs.village])
    found = solve_siting(
        pieces.problem(problem, arcs.yearly_t, stays),
        work=REPAIR_WORK,
        gap=1e-6,
        stop=options.halted,
        meter=options.meter,
    )
    share = pieces.shares(found.arc_share, len(arcs.demand))
    effort = replace(effort_of(options, ground.memo), quick=True, stop=options.halted)
    return work_out(basis, arcs, Decision.of(arcs, count, share), effort)


def used_arcs(ground: Ground, table: pd.DataFrame) -> Bools:
    """Tell which arcs an assignment uses, bool[arcs]; its columns are village, commodity, depot, zone, method, unit."""
    arcs, basis, scenario = ground.arcs, ground.basis, ground.scenario
    names = ("village", "commodity", "depot", "zone", "method", "unit")
    used = set(zip(*(table[name].astype(str) for name in names), strict=True))
    crops = [tuple(scenario.commodities[c].id for c in members) for members in arcs.members]
    classes = [(kind.zone, kind.method, kind.unit) for kind in basis.classes]
    villages, sites = ([one.id for one in nouns] for nouns in (scenario.villages, scenario.sites))
    return np.array(
        [
            any((villages[v], crop, sites[j], *classes[o]) in used for crop in crops[g])
            for v, g, j, o in zip(
                arcs.village[arcs.demand], arcs.group[arcs.demand], arcs.site, arcs.cooling, strict=True
            )
        ],
        dtype=np.bool_,
    )
