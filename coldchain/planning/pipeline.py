"""From a scenario to a verified plan: roads, lanes, siting by rank of aims, routes, losses, money, checks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from coldchain import __version__
from coldchain.arrays import Ints
from coldchain.errors import Fault, InfeasibleError, LimitError, grouped
from coldchain.language import _
from coldchain.language.amounts import exact_cny
from coldchain.model import Limit, Scenario
from coldchain.planning import duty_tables
from coldchain.planning import tables as tabled
from coldchain.planning.arcs import Arcs, build_arcs, existing_modules, siting_problem
from coldchain.planning.awards import module_awards
from coldchain.planning.balance import balance
from coldchain.planning.basis import Basis, part_of, prepare
from coldchain.planning.course import Course, may_win, ranked, work_out
from coldchain.planning.days import Decision, Effort, Memo
from coldchain.planning.doubt import DRAWS, QUICK_DRAWS
from coldchain.planning.firmness import firmness, firmness_table
from coldchain.planning.joint import Task, joint_search
from coldchain.planning.limits import unasked
from coldchain.planning.notice import subsidies
from coldchain.planning.operators import cash_flow, ledger, operators
from coldchain.planning.people import people_of
from coldchain.planning.prospects import prospects
from coldchain.planning.reasons import sites_left_out, unserved_reasons
from coldchain.planning.rollout import rollout
from coldchain.planning.search import (
    NO_FURTHER,
    QUICK_TRIES,
    SMALL_ARCS,
    SMALL_WORK,
    Options,
    Sited,
    Starts,
    next_budget,
    site,
)
from coldchain.planning.summary import summarise
from coldchain.planning.training import crews
from coldchain.planning.whole import leaving_room, tightened
from coldchain.progress import Event, Say, Stage, silent
from coldchain.routing.kernel import is_compiled
from coldchain.runs import Inputs, Run, place_on_roads
from coldchain.siting import solve_siting, widened
from coldchain.threads import beside
from coldchain.verify import Report, verify_tables
from coldchain.work import Meter

MENDINGS, MENDING = 4, 1.1
PROSPECTS = 0.15


@dataclass(frozen=True, kw_only=True)
class Plan(Run):
    """A run just made, with everything it was computed from.

    Attributes
    ----------
    ground : what it was computed from, to plan close by without laying it again
    report : what the independent check found
    course : the year the tables tell of
    starts : the modules siting ended with, to start plans close by from
    """

    ground: Ground
    report: Report
    course: Course
    starts: Starts

    @property
    def basis(self) -> Basis:
        """Travel, lanes and rates."""
        return self.ground.basis


@dataclass(frozen=True)
class Near:
    """What plans close by lend to a plan: those of another budget, or with a site closed or forced.

    Attributes
    ----------
    starts : modules to start siting from
    courses : years that keep the limits of the plan too; they compete
    bound : no plan within these limits can be better, since none within more generous limits is
    further : whether to ask what a tenth more budget buys
    doubt : whether to draw the uncertain figures; not for a plan that only answers a question
    """

    starts: Starts = ()
    courses: tuple[Course, ...] = ()
    bound: float = 0.0
    further: bool = True
    doubt: bool = True


@dataclass(frozen=True)
class Ground:
    """What all plans of a scenario stand on, whatever their budget and the state of their sites: computed once.

    Attributes
    ----------
    today : today's chain, the baseline of every summary
    idle : the course of building nothing; differs from ``today`` once standing depots are closed
    faults : warnings about the inputs, those of the roads included
    seconds : it took
    memo : collection days already routed
    whole : the county whose roads they are, where only some of its sites stand here; no plan of such a part says where
        its saving comes from
    """

    basis: Basis
    arcs: Arcs
    today: Course
    idle: Course
    faults: tuple[Fault, ...]
    seconds: dict[str, float]
    memo: Memo
    whole: Scenario | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.basis.scenario

    def under(self, scenario: Scenario, options: Options | None = None) -> Ground:
        """Return the same ground under other settings of siting and subsidy, or another state of the same sites.

        Roads, lanes, arcs and routed days are kept: only the sections ``siting`` (but for ``max_first_mile_h`` and
        ``peak_factor``) and ``subsidy``, and the status and modules of sites, may differ.
        """
        basis = replace(self.basis, scenario=scenario)
        ground = replace(self, basis=basis, idle=self.idle.under(basis))
        if np.array_equal(existing_modules(basis), existing_modules(self.basis)):
            return ground
        return replace(ground, idle=_idle(basis, self.arcs, options or Options(), self.memo))

    def asked(self, scenario: Scenario, options: Options, faults: tuple[Fault, ...] = ()) -> Ground:
        """Return the ground of the same county as :meth:`under`, but laid anew where other depots stand today.

        Today's chain, the baseline, is another then; a question about a plan keeps it, a plan of its own may not.
        """
        if [site.modules() for site in scenario.sites] == [site.modules() for site in self.scenario.sites]:
            return self.under(scenario, options)
        return lay_ground(scenario, options, faults)

    def part(self, scenario: Scenario, options: Options | None = None) -> Ground:
        """Return the ground of a scenario with some of the villages and sites of this one.

        Roads, travel and lanes are kept; besides, only what :meth:`under` allows may differ.
        """
        options = options or Options()
        basis = part_of(self.basis, scenario)
        arcs = build_arcs(basis)
        memo: Memo = {}
        today = _idle(basis, arcs, options, memo)
        return replace(self, basis=basis, arcs=arcs, today=today, idle=today, memo=memo)


@dataclass(frozen=True)
class Decided:
    """What a plan decides, before it is written up.

    Attributes
    ----------
    bound : of the first aim
    starts : the modules siting ended with
    extra : tables of what lies beyond the plan
    """

    course: Course
    bound: float
    starts: Starts
    extra: dict[str, pd.DataFrame]


def lay_ground(scenario: Scenario, options: Options | None = None, faults: tuple[Fault, ...] = ()) -> Ground:
    """Compute roads, lanes, arcs and today's chain of a scenario.

    Parameters
    ----------
    faults : warnings of loading, carried into the summary
    """
    options = options or Options()
    clock = _Clock()
    counts = {"villages": len(scenario.villages), "sites": len(scenario.sites)}
    options.say(Event(Stage.COUNTY, scenario.name, facts=counts))
    placed, odd = place_on_roads(scenario)
    counts = {"nodes": len(placed.network.lon), "arcs": len(placed.network.tail)}
    options.say(Event(Stage.ROADS, placed.network.kind, facts=counts))
    basis = prepare(scenario, placed)
    arcs = build_arcs(basis)
    clock.lap("network")
    memo: Memo = {}
    today = _idle(basis, arcs, options, memo)
    lost = {"loss_rate": today.outcome.loss_rate, "harvest_t": today.outcome.harvest_t}
    options.say(Event(Stage.TODAY, facts=lost))
    clock.lap("siting")
    return Ground(basis, arcs, today, today, (*faults, *odd), clock.laps, memo)


def lay_part(whole: Run, scenario: Scenario, options: Options) -> Ground:
    """Lay the ground of a county with only some of its sites, on its own roads; the baseline uses no depot.

    Parameters
    ----------
    scenario : with the villages and hubs of the whole
    """
    clock = _Clock()
    kept = {site.id for site in scenario.sites}
    rows = [j for j, site in enumerate(whole.scenario.sites) if site.id in kept]
    basis = prepare(scenario, whole.placed.with_sites(rows))
    arcs = build_arcs(basis)
    clock.lap("network")
    memo: Memo = {}
    none = np.zeros((len(scenario.sites), len(scenario.depot_types)), dtype=np.int64)
    effort = Effort(quick=True, seed=options.seed, meter=options.meter)
    bare = work_out(basis, arcs, Decision.of(arcs, none, np.zeros(len(arcs.demand))), effort)
    clock.lap("siting")
    return Ground(basis, arcs, bare, bare, (), clock.laps, memo, whole.scenario)


def plan(scenario: Scenario, options: Options | None = None, faults: tuple[Fault, ...] = ()) -> Plan:
    """Plan a scenario and verify the result.

    Parameters
    ----------
    scenario : from :func:`coldchain.scenario.load`
    faults : warnings of loading, carried into the summary

    Raises
    ------
    InfeasibleError
        Proved that no plan keeps every limit; the message gives the smallest relaxations.
    LimitError
        When time or work ended before any plan was found.
    """
    options = options or Options()
    return plan_on(lay_ground(scenario, options, faults), options)


def plan_quickly(
    scenario: Scenario,
    seed: int = 0,
    faults: tuple[Fault, ...] = (),
    say: Say = silent,
    stop: Callable[[], bool] = lambda: False,
    *,
    threads: int = 1,
) -> Plan:
    """Plan without regard to the clock: equal inputs and seed give equal plans; no estimate of more budget.

    Raises as :func:`plan`.
    """
    options = replace(Options.quickly(seed, say, stop), threads=threads)
    return plan_on(lay_ground(scenario, options, faults), options, Near(further=False))


def plan_on(ground: Ground, options: Options, near: Near | None = None) -> Plan:
    """Plan on ground already laid; its seconds count as this plan's.

    Parameters
    ----------
    near : what is known from plans close by: decisions to start from and to compete, a bound
    """
    near = near or Near()
    clock = _Clock(ground.seconds)
    decided = decide(ground, options, near, clock.lap)
    return _finished(
        ground,
        decided.course,
        options,
        clock,
        extra=decided.extra,
        bound=decided.bound,
        starts=decided.starts,
        draws=_draws(options, near),
    )


def decide(ground: Ground, options: Options, near: Near, lap: Callable[[str], None] | None = None) -> Decided:
    """Plan without tables and without the check of them: what would be decided, for questions about many plans.

    Parameters
    ----------
    lap : told when siting and routing end
    """
    basis, arcs, lap = ground.basis, ground.arcs, lap or _unheard
    sited = site(basis, arcs, options, near.starts)
    bound = sited.bound
    aside = replace(options, meter=Meter())
    estimate = partial(next_budget, basis, arcs, sited.results[0], aside) if near.further else NO_FURTHER.copy
    with beside(estimate, options.threads) as further:
        lap("siting")
        if not is_compiled():
            options.say(Event(Stage.COMPILING))
        course = _best_course(ground, sited, near.courses, options)
        if course.missing:
            course, sited = _mended(ground, (course, sited), near, options)
        lap("routing")
        bound, decisions = tightened(basis, arcs, options, bound, course.yearly.total)
        course = _rivalled(ground, (course, sited), decisions, options)
        extra = {"next_budget": further()}
    lap("routing")
    options.meter.add(aside.meter.spent)
    extra |= crews(basis, arcs, course, options, priced=near.further)
    if near.further:
        units = max(PROSPECTS * options.work, SMALL_WORK if len(arcs.demand) <= SMALL_ARCS else 0.0)
        extra["prospects"] = prospects(basis, arcs, Meter(units, options.meter), options)
    return Decided(course, bound if near.bound <= 0 else max(bound, near.bound), sited.starts, extra)


def _unheard(_stage: str) -> None:
    """Say nothing of the seconds."""


def _draws(options: Options, near: Near) -> int:
    """Return how often the uncertain figures of a plan are drawn."""
    if not near.doubt:
        return 0
    return QUICK_DRAWS if options.quick or not near.further else DRAWS


def plan_with(ground: Ground, count: Ints, options: Options, bound: float = 0.0) -> Plan:
    """Plan with exactly these new modules: only who goes where, and on which routes, is decided.

    Nothing is asked of the modules: the report tells which limits they break.

    Parameters
    ----------
    count : new modules, shape (sites, types), or in all columns of the siting problem: mobile units stand then, too
    bound : of the first aim, where one is known
    """
    clock = _Clock(ground.seconds)
    course = course_with(ground, count, options)
    clock.lap("routing")
    starts = (course.decision.count,)
    return _finished(ground, course, options, clock, extra={"next_budget": NO_FURTHER}, bound=bound, starts=starts)


def plan_of(ground: Ground, course: Course, options: Options) -> Plan:
    """Write up and verify a course that was decided elsewhere; nothing is drawn, and no bound is known."""
    extra, starts = {"next_budget": NO_FURTHER}, (course.decision.count,)
    return _finished(ground, course, options, _Clock(ground.seconds), extra=extra, bound=0.0, starts=starts, draws=0)


def course_with(ground: Ground, count: Ints, options: Options) -> Course:
    """Work out the year with exactly these new modules, to compete with other plans of the same ground."""
    problem = siting_problem(ground.basis, ground.arcs, "total_cost_cny", build=False)
    result = solve_siting(
        replace(problem, existing=problem.existing + widened(count, problem.existing.shape[1])),
        work=options.work,
        gap=1e-6,
        stop=options.halted,
        meter=options.meter,
    )
    decision = Decision.of(ground.arcs, count, result.arc_share)
    return work_out(ground.basis, ground.arcs, decision, effort_of(options, ground.memo), options)


def _finished(
    ground: Ground,
    course: Course,
    options: Options,
    clock: _Clock,
    *,
    extra: dict[str, pd.DataFrame],
    bound: float,
    starts: Starts,
    draws: int = QUICK_DRAWS,
) -> Plan:
    """Tabulate, sum up and verify a course."""
    basis = ground.basis
    tables = tabled.with_emissions(basis, course, {**_tables(basis, ground.arcs, course, ground.today), **extra})
    tables["people"] = people_of(ground.scenario, tables)
    facts = {
        "seed": options.seed,
        "cuts": options.cut_short(),
        "bound": bound,
        "draft": options.quick,
        "draws": draws,
        "attributing": ground.whole is None,
        "warnings": [*map(str, grouped(ground.faults)), *_cautions(basis)],
    }
    summary = summarise(basis, ground.arcs, course, ground.today, tables, facts)
    course.remember(basis, options)
    summary["firmness"] = firmness(basis, ground.arcs, course, options, summary.get("doubt", {}).get("pays_in", {}))
    tables["firmness"] = firmness_table(summary["firmness"])
    report = verify_tables(ground.scenario, basis.placed.network.given, tables, summary, ground.whole)
    clock.lap("verify")
    summary["seconds"] = clock.seconds()
    summary["work"] = {"units": options.meter.spent}
    summary["version"] = __version__
    inputs = Inputs(ground.scenario, basis.placed, warned=ground.faults)
    return Plan(summary=summary, tables=tables, inputs=inputs, name="plan", ground=ground, report=report, course=course,
                starts=starts)  # fmt: skip


def _cautions(basis: Basis) -> list[str]:
    """Say what a reader of the figures must know: no road data, or a budget that buys nothing."""
    cautions = []
    if basis.placed.network.kind == "proximity":
        cautions.append(_("no road data: times and kilometres are those of a proximity network between the places"))
    award = module_awards(basis.scenario)
    least = float(award.min(initial=float("inf"), where=award > 0))
    if 0 < basis.scenario.siting.budget_cny < least:
        told = _("the budget of {budget} is below the smallest award of {least}: nothing can be built")
        cautions.append(told.format(budget=exact_cny(basis.scenario.siting.budget_cny), least=exact_cny(least)))
    return cautions


class _Clock:
    """Seconds by stage, on top of those of an earlier clock."""

    def __init__(self, before: dict[str, float] | None = None) -> None:
        self.last = time.monotonic()
        self.laps = dict(before or dict.fromkeys(("network", "siting", "routing", "verify"), 0.0))

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.laps[stage] += now - self.last
        self.last = now

    def seconds(self) -> dict[str, float]:
        return {"total": sum(self.laps.values()), **self.laps}


def effort_of(options: Options, memo: Memo) -> Effort:
    """Return the effort of routing in full, as long as there is work left."""
    effort = Effort(seed=options.seed, memo=memo, meter=options.meter, threads=options.threads, room=options.room)
    return replace(effort, stop=options.over, former=options.former)


def _idle(basis: Basis, arcs: Arcs, options: Options, memo: Memo) -> Course:
    """Work out the year with only what stands already."""
    problem = siting_problem(basis, arcs, "total_cost_cny", build=False)
    result = solve_siting(problem, work=options.work / 4, gap=1e-6, seed=options.seed, meter=options.meter)
    effort = effort_of(options, memo)
    return work_out(basis, arcs, Decision.of(arcs, result.count, result.arc_share), effort)


def _best_course(ground: Ground, sited: Sited, near: tuple[Course, ...], options: Options) -> Course:
    """Work out every decision, search on from the best, and keep the best by the ranked aims.

    Building nothing competes where it is allowed.
    """
    basis, arcs = ground.basis, ground.arcs
    rivals = [*([] if _must_build(basis) else [ground.idle]), *near]
    effort = effort_of(options, ground.memo)
    fresh = []
    settled = options.near and any(not course.missing for course in near)
    for n, result in enumerate(() if settled else sited.results, start=1):
        decision = Decision.of(arcs, result.count, result.arc_share)
        fresh.append(work_out(basis, arcs, decision, replace(effort, quick=True)))
        made = fresh[-1]
        options.say(Event(Stage.DECISION, value=made.yearly.total, done=n, facts={"loss_rate": made.outcome.loss_rate}))
    rivals = [course for course in rivals if not course.missing]
    kept = [course for course in [*rivals, *fresh] if not course.missing]
    for course in kept:
        course.remember(basis, options)
    best = first = ranked(basis, kept or fresh)
    small = len(arcs.demand) <= SMALL_ARCS  # where full routes take seconds, and no plan goes without them
    if kept and (options.joint > 0 or options.quick):
        few = options.quick and options.joint <= 0 and not small
        searching = replace(options, joint=1.0, tries=QUICK_TRIES) if few else leaving_room(options, basis, arcs)
        best = joint_search(Task(basis, arcs, sited, ground.memo), kept, searching)
    if best is ground.idle:
        return best
    effort = replace(effort, stop=options.halted) if small else effort
    found = [best, work_out(basis, arcs, best.decision, effort, options)]
    if first is not ground.idle and not options.rough and may_win(basis, first, found):
        found.append(work_out(basis, arcs, first.decision, replace(effort, stop=options.stop) if small else effort))
    return ranked(basis, [*rivals, *found])


def _rivalled(ground: Ground, first: tuple[Course, Sited], decisions: tuple[Decision, ...], options: Options) -> Course:
    """Let the decisions of the model of the whole compete; where one wins, search on from it."""
    course, sited = first
    effort = effort_of(options, ground.memo)
    made = [work_out(ground.basis, ground.arcs, decision, effort) for decision in decisions]
    rivals = [course, *(rival for rival in made if not rival.missing)]
    best = ranked(ground.basis, rivals)
    if best is course or options.joint <= 0:
        return best
    options.say(Event(Stage.WHOLE_PLAN, value=best.yearly.total))
    found = joint_search(Task(ground.basis, ground.arcs, sited, ground.memo), rivals, options)
    return ranked(ground.basis, [best, work_out(ground.basis, ground.arcs, found.decision, effort)])


def _mended(ground: Ground, first: tuple[Course, Sited], near: Near, options: Options) -> tuple[Course, Sited]:
    """Site again, asking for what routing took away, until a course keeps every limit.

    Raises
    ------
    LimitError
        When none did; the message says by how much the last one missed.
    """
    course, sited = first
    more: dict[Limit, float] = {}
    for number in range(1, MENDINGS + 1):
        for limit, amount in course.missing.items():
            more[limit] = more.get(limit, 0.0) + MENDING * amount
        options.say(Event(Stage.REPAIR, done=number, of=MENDINGS, facts={"missing": course.missing}))
        shorter = replace(options, work=options.work / MENDINGS, meter=Meter(above=options.meter))
        try:
            sited = site(ground.basis, ground.arcs, shorter, sited.starts, more)
        except InfeasibleError:
            break
        course = _best_course(ground, sited, near.courses, options)
        if not course.missing:
            return course, sited
    course = _unasked(ground, near, options).under(ground.basis)
    if not course.missing:
        return course, first[1]
    raise LimitError(
        _("siting can keep every limit, but no plan found does after routing; missed: {missed}").format(
            missed=_missed(course)
        )
    )


def _unasked(ground: Ground, near: Near, options: Options) -> Course:
    """Work out what would be decided if neither coverage nor punctuality were asked for: it may keep both."""
    free = ground.under(unasked(ground.scenario), options)
    alone = replace(options, meter=Meter(above=options.meter))
    return _best_course(free, site(free.basis, free.arcs, alone, near.starts), (), alone)


def _missed(course: Course) -> str:
    return _(", ").join(
        _("{name} by {amount:,.4g}").format(name=name, amount=amount) for name, amount in course.missing.items()
    )


def _must_build(basis: Basis) -> bool:
    """Tell whether a forced site has nothing standing, so that today's chain is no plan."""
    return any(site.status == "forced" and not site.modules() for site in basis.scenario.sites)


def _tables(basis: Basis, arcs: Arcs, course: Course, today: Course) -> dict[str, pd.DataFrame]:
    reasons = unserved_reasons(basis, arcs, course.decision, course.days, course.lots)
    routes, stops = tabled.routes(basis, course.days)
    count, granted = course.decision.count, course.awards
    book = ledger(basis, course.decision, course.days, course.lots, granted)
    net_saved = book.saved_cny - book.energy_cny - book.running_cny - book.capital_cny
    builders, years, built = rollout(basis, course.lots, granted, net_saved)
    return {
        "depots": tabled.depots(basis, course.decision, course.lots, course.awards),
        "villages": tabled.villages(basis, course.lots, today.lots, reasons),
        "assignment": tabled.assignment(basis, course.decision, arcs.members),
        "units": tabled.units(basis, course.decision),
        "routes": routes,
        "stops": stops,
        "duties": duty_tables.duties(basis, course.days),
        "fleet": duty_tables.fleet(basis, course.days),
        "line_haul": tabled.line_haul(basis, course.days),
        "overflow": tabled.overflow(basis, course.days),
        "storage": tabled.storage(basis, course.lots),
        "subsidies": subsidies(basis.scenario, count, granted),
        "operators": operators(basis.scenario, book, granted),
        "cash_flow": cash_flow(basis.scenario, book, granted, built),
        "rollout": builders,
        "programme_years": years,
        "commodities": tabled.by_commodity(basis, course.lots, today.lots),
        "lots": tabled.lots_table(basis, course.lots, today.lots),
        "balance": balance(basis, course, today),
        "sites_left_out": sites_left_out(basis, arcs, course.decision),
        **({"products": tabled.products(basis, course.lots)} if basis.has_plants else {}),
        **_tables_of_today(basis, arcs, today),
    }


def _tables_of_today(basis: Basis, arcs: Arcs, today: Course) -> dict[str, pd.DataFrame]:
    """Tabulate what depots that stand already do without the plan; no tables where none stand."""
    if not len(today.decision.site):
        return {}
    routes, stops = tabled.routes(basis, today.days)
    return {
        "today_depots": tabled.hubs_of(basis, today.decision),
        "today_assignment": tabled.assignment(basis, today.decision, arcs.members),
        "today_routes": routes,
        "today_stops": stops,
        "today_duties": duty_tables.duties(basis, today.days),
        "today_fleet": duty_tables.fleet(basis, today.days),
        "today_line_haul": tabled.line_haul(basis, today.days),
        "today_storage": tabled.storage(basis, today.lots),
    }
