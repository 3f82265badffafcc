"""Depots and routes together: a search over decisions, each judged by its real routes.

1. *Correction*: siting with what the best course shows of real costs (:mod:`coldchain.planning.estimates`), with every
   module at its cost, then dearer by shares of it: sets of different sizes, between which single moves do not lead.
2. *Moves* of single depots (:mod:`coldchain.planning.moves`): all are bounded by the prices of the present assignment,
   the hopeful ones judged by their own best assignment under corrected costs, then by routes (quick ones; full ones in
   a deep plan), the most promising first. What moves of a kind (that open sites, close some) cost beyond their floors
   and estimates is learned on the way. A depot that grows may save what its lots lose queueing for the coolers, which
   siting does not know of. Then one depot after the other may seem a little cheaper or dearer, so that it fills its
   trucks or gives up detours. Quick routes begin with those of the best course (:mod:`coldchain.planning.near_days`).
3. *Master problem*: depots of all courses met, each with its year's routes, chosen together anew under the limits on
   modules and money (:func:`coldchain.siting.choose_columns`); its answer starts the next round.
4. *Shaking*: where none of these helps, all depots at once seem cheaper or dearer at random, after up to two random
   moves; what that finds starts the next round.

What comes out is never worse than what went in. Quick plans of small counties end when the master problem finds nothing
better. Where villages may not be split, or go elsewhere in each season, the search ends after the moves; those that may
not be split are assigned whole before routing, and a move is hopeful that, splitting them, costs less than the best.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from coldchain.arrays import Floats, Indices, Ints
from coldchain.model.ending import Ending
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.course import Course, ranked, work_out
from coldchain.planning.days import Decision, Effort, Memo
from coldchain.planning.depotyears import DepotYears
from coldchain.planning.estimates import Estimates, queue_cny
from coldchain.planning.limits import stated
from coldchain.planning.moves import near_sites, neighbours, rebased
from coldchain.planning.near_days import NearDays
from coldchain.planning.search import PLANNED, SMALL_ARCS, SMALL_WORK, Options, Sited, aims_of
from coldchain.progress import Event, Stage
from coldchain.siting import Assigned, FixedModules, SitingProblem, choose_columns, solve_siting
from coldchain.work import UNLIMITED, Meter

CHARGES = (0.0, 0.45, 0.2, 0.0)  # shares of its cost by which each module is dearer in the rounds of siting anew
POLISHED = 2  # times that villages choose anew between the depots of a decision of siting
CORRECTION_SHARE = 0.1  # of the work left, for each of them
CORRECTION_MOST = 2.0  # units of work for each: more only proves what is to be corrected again
SLACK, FAR = 0.006, 0.02  # shares by which a move, or a random one, may look worse and still be routed
TILTS = (-40.0, 40.0, -120.0, 120.0)  # CNY/t by which a depot may seem cheaper or dearer than its estimate
SHAKEN, SHAKES = (20.0, 50.0, 120.0), 30  # CNY/t, spread of how dear all depots seem at once; fruitless times a depot
STAYS_CNY_T = 10.0  # by which present ways seem cheaper to a search that routes few decisions
GAP = 3e-3  # at which siting with corrected costs ends: finer than the corrections themselves
PRIOR, KEPT = 2.0, 0.9  # weight of nought in what is learned of moves; share kept of earlier figures at each new one
MASTER = 5.0  # units of work for the master problem
NO_COUNT: Ints = np.zeros((0, 0), dtype=np.int64)


@dataclass(frozen=True)
class Task:
    """What the search stands on: basis, arcs, what siting found, and the memo of routed days."""

    basis: Basis
    arcs: Arcs
    sited: Sited
    memo: Memo


def joint_search(task: Task, start: Sequence[Course], options: Options) -> Course:
    """Search from the best of some courses; returns the best course met, by the ranked aims.

    Parameters
    ----------
    start : courses that keep every limit; at least one
    options : ``joint`` is the share of the work the search may take, ``tries`` the decisions it may route
    """
    return _Search(task, start, options).run()


class Kind(NamedTuple):
    """What a move does: whether it opens sites, whether it closes some."""

    opens: bool
    closes: bool


@dataclass
class Mean:
    """Mean of some figures in CNY, of which the last count most; as long as there are few, one of nought counts too."""

    weight: float = PRIOR
    total: float = 0.0
    squares: float = 0.0

    def add(self, cny: float) -> None:
        """Take in one more figure."""
        self.weight, self.total = KEPT * self.weight + 1.0, KEPT * self.total + cny
        self.squares = KEPT * self.squares + cny * cny

    @property
    def mean(self) -> float:
        """The mean."""
        return self.total / self.weight

    @property
    def low(self) -> float:
        """What one in six figures is below."""
        return self.mean - math.sqrt(max(self.squares / self.weight - self.mean**2, 0.0))


@dataclass
class Learned:
    """What moves of one kind have shown: by how much estimates rise above floors, and real costs above estimates."""

    rise: Mean = field(default_factory=Mean)
    surprise: Mean = field(default_factory=Mean)


@dataclass(eq=False)
class Hope:
    """A move to try.

    Attributes
    ----------
    way : modules after the move from the decision that moves were listed for
    kind : what it does to sites
    floor : least it can cost by estimates
    count : modules after the same move from the best decision
    plan, value : who goes where then, and what it costs by estimates, once looked at
    """

    way: Ints
    kind: Kind
    floor: float
    count: Ints = field(default_factory=lambda: NO_COUNT)
    plan: Assigned | None = None
    value: float = math.inf

    def __post_init__(self) -> None:
        """From the decision itself both are the same."""
        if self.count is NO_COUNT:
            self.count = self.way


@dataclass
class _Search:
    task: Task
    start: Sequence[Course]
    options: Options
    years: DepotYears = field(init=False)
    estimates: Estimates = field(init=False)
    near: Indices = field(init=False)
    best: Course = field(init=False)
    last: Course = field(init=False)
    queue_cny: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the best course known."""
        self.tried, self.meter = 0, Meter((self.options.joint or 1.0) * self.options.work, self.options.meter)
        self.years = DepotYears(self.task.basis, self.task.arcs)
        self.estimates, self.near = Estimates(self.task.basis, self.task.arcs), near_sites(self.task.basis)
        options, memo = self.options, self.task.memo
        self.effort = Effort(
            not options.thorough, options.seed, self.over, memo, self.meter, options.threads, self.room, options.former
        )
        self.learned: dict[Kind, Learned] = defaultdict(Learned)
        self.lean = np.zeros((len(self.task.basis.scenario.sites), len(self.task.basis.classes)))
        self.random = np.random.default_rng(self.options.seed)
        scenario = self.task.basis.scenario
        self.opening = len(self.task.arcs.demand) <= SMALL_ARCS
        self.mastered = not (scenario.seasonal or scenario.siting.single_source)
        self.mastered &= self.options.tries > 0 or self.opening
        self.whole = self.mastered and self.options.tries > 0
        for course in self.start if self.mastered else ():
            self.years.add(course)
        self._take(ranked(self.task.basis, list(self.start)))

    def _take(self, course: Course) -> None:
        """Go on from a course."""
        self.best, self.queue_cny = course, queue_cny(self.task.basis, course)
        if self.effort.quick:
            self.effort = replace(self.effort, near=NearDays.of(course.decision, course.days.collection))

    def over(self) -> bool:
        """Tell whether to end now; what a quick plan of a small county does is done whatever the work."""
        worked = self.tried >= (self.options.tries or math.inf)
        worked |= not self.opening and (self.meter.left() < 0.0 or self.options.left() < 0.0)
        self.options.cuts.update({Ending.WORK} if worked else ())
        return worked or self.options.halted()

    def room(self) -> float:
        """Units of work before the search is over; what is done whatever the work has no end."""
        return UNLIMITED if self.opening else min(self.meter.left(), self.options.room())

    def left(self) -> float:
        """Units of work left for the search."""
        return max(self.meter.left(), SMALL_WORK if self.opening else 0.1)

    def run(self) -> Course:
        """Correct, then move and put together anew until nothing improves or the work is done.

        A search near a plan whose modules stand spends no decision on corrections: they change everything at once.
        """
        for charge in () if self.options.near else CHARGES:
            if self.over():
                break
            self._correct(charge)
        moved = self._move()
        self.opening = False
        while self._goes_on(moved):
            moved = self._move()
        return self.best

    def _goes_on(self, moved: bool) -> bool:
        """Put depots together anew, else shake them; tells whether to try moves again."""
        if not self.mastered or self.over():
            return False
        return self._put_together() or (self.whole and (moved or self._shake()))

    def _correct(self, charge: float) -> bool:
        """Site anew with the costs that the best course shows, every module dearer by a share of what one costs."""
        problem = self._problem()
        count = self.best.decision.modules()
        built = max(int(count.sum()), 1)
        more = charge * float((problem.module_cost * count).sum()) / built
        found = solve_siting(
            replace(problem, module_cost=problem.module_cost + more),
            work=min(CORRECTION_SHARE * self.left(), CORRECTION_MOST),
            gap=GAP,
            seed=self.options.seed,
            start=count,
            stop=self.options.halted,
            meter=self.meter,
        )
        if found.status not in PLANNED:
            return False
        course = self._work_out(Decision.of(self.task.arcs, found.count, found.arc_share))
        return self._offer(self._polished(course))

    def _polished(self, course: Course) -> Course:
        """Let the villages of a course choose anew between its depots, by the costs it shows, while that is cheaper.

        A course of other depots than the best is judged by what becomes of it, not by routes that are not its own yet.
        """
        if course.missing or not self.effort.quick or self.task.basis.scenario.siting.single_source:
            return course
        for _round in range(POLISHED):
            if self.over():
                break
            problem = self._problem(course)
            with FixedModules(problem, self.options.halted, self.meter, self.options.seed) as fixed:
                plan = fixed.assign(course.decision.modules())
            if plan is None:
                break
            near = NearDays.of(course.decision, course.days.collection)
            other = self._work_out(Decision.of(self.task.arcs, plan.count, plan.arc_share), near)
            if ranked(self.task.basis, [course, other]) is course:
                break
            course = other
        return course

    def _problem(self, course: Course | None = None) -> SitingProblem:
        """State siting with the costs that a course, the best one if none is given, shows."""
        task = self.task
        dear = self.estimates.corrected(course or self.best)
        money = dear.inside.money_cny + self._leaning_cny(self.lean)
        if self.options.near:  # few decisions will be routed: those that leave most as it is
            stays = self.best.decision.arc_share(task.arcs) * task.arcs.yearly_t[task.arcs.demand]
            money = money - STAYS_CNY_T * stays
        inside = replace(dear.inside, money_cny=money)
        return stated(task.basis, replace(dear, inside=inside), "total_cost_cny", task.sited.held)

    def _try(self, decision: Decision) -> bool:
        """Work a decision out with its routes; tells whether it is the best now."""
        return self._offer(self._work_out(decision))

    def _work_out(self, decision: Decision, near: NearDays | None = None) -> Course:
        """Work a decision out with its routes; quick ones begin with those of the best course, or with others."""
        task, effort = self.task, self.effort if near is None else replace(self.effort, near=near)
        self.tried += 1
        self.last = course = work_out(task.basis, task.arcs, decision, effort)
        if course.missing:
            return course
        course.remember(task.basis, self.options)
        if self.mastered:
            self.years.add(course)
        return course

    def _offer(self, course: Course) -> bool:
        """Tell whether a course is the best now, and take it then."""
        if course.missing or ranked(self.task.basis, [self.best, course]) is self.best:
            return False
        self._take(course)
        self._report()
        return True

    def _report(self) -> None:
        aim = aims_of(self.task.basis)[0]
        self.options.say(Event(Stage.JOINT, aim, value=self.best.value(aim), bound=self.task.sited.bound))

    def _move(self) -> bool:
        """Try the moves of single depots from the best decision on, again and again while that pays."""
        improved = False
        while not self.over() and self._step():
            improved = True
        return improved

    def _step(self) -> bool:
        """Try the moves of the best decision, those of the lowest floor first; tells whether any made it better."""
        problem, count = self._problem(), self.best.decision.modules()
        with FixedModules(problem, self.options.halted, self.meter, self.options.seed) as fixed:
            now = fixed.assign(count, keep=True)
            if now is None:
                return False
            most = self._most(problem, now)
            improved = self._try_plan(problem, now)
            ways = neighbours(problem, count, self.near)
            hopes = [Hope(way, self._kind(way), fixed.floor(way) - self._relief_cny(way)) for way in ways]
            hopes = [hope for hope in hopes if hope.floor < most]
            while hopes and not self.over():
                hope = min(hopes, key=self._likely_cny)
                if hope.plan is None:
                    self._look(fixed, hope)
                if hope.plan is None or self._likely_cny(hope) >= most:
                    hopes.remove(hope)
                elif hope is min(hopes, key=self._likely_cny):
                    hopes.remove(hope)
                    if self._try_move(problem, now, hope):
                        improved = True
                        now = fixed.assign(self.best.decision.modules()) or now
                        most = self._most(problem, now)
                        hopes = self._rebased(problem, count, hopes)
            return improved or (self.whole and not self.opening and self._lean(fixed))

    def _lean(self, fixed: FixedModules) -> bool:
        """Let one depot after the other seem cheaper or dearer, so that it fills its trucks or gives up detours."""
        arcs, decision, improved = self.task.arcs, self.best.decision, False
        before = self.lean
        for j, o in sorted(set(zip(decision.site.tolist(), decision.cooling.tolist(), strict=True))):
            for tilt in TILTS:
                if self.over():
                    return improved
                lean = self.lean.copy()
                lean[j, o] += tilt
                plan = fixed.assign(decision.count, more=self._leaning_cny(lean - before))
                if plan is not None and self._try(Decision.of(arcs, plan.count, plan.arc_share)):
                    self.lean, improved = lean, True
        return improved

    def _shake(self) -> bool:
        """Make up to two random moves while all depots at once seem cheaper or dearer at random, until that pays."""
        problem, decision, arcs = self._problem(), self.best.decision, self.task.arcs
        with FixedModules(problem, self.options.halted, self.meter, self.options.seed) as fixed:
            now = fixed.assign(decision.count, keep=True)
            if now is None:
                return False
            ways = neighbours(problem, decision.count, self.near)
            ways = [way for way in ways if fixed.floor(way) < above(now.value, SLACK)]
            for n in range(SHAKES * max(int(decision.count.any(axis=1).sum()), 2)):
                if self.over():
                    return False
                tilt = self.random.choice(SHAKEN) * self.random.standard_normal(self.lean.shape)
                count = self._moved(problem, ways, n % 3)
                plan = fixed.assign(count, more=self._leaning_cny(tilt))
                hopeful = plan is not None and plan.value < above(now.value, FAR)
                if plan is not None and hopeful and self._try(Decision.of(arcs, plan.count, plan.arc_share)):
                    return True
        return False

    def _moved(self, problem: SitingProblem, ways: Sequence[Ints], moves: int) -> Ints:
        """Make random moves from the best decision."""
        count = self.best.decision.count
        for _move in range(moves if ways else 0):
            way = ways[int(self.random.integers(len(ways)))]
            moved = rebased(problem, (self.best.decision.count, count), way)
            count = count if moved is None else moved
        return count

    def _leaning_cny(self, lean: Floats) -> Floats:
        """CNY a year by which arcs shall seem dearer, shape (arcs,)."""
        arcs = self.task.arcs
        return np.asarray(lean[arcs.site, arcs.cooling] * arcs.yearly_t[arcs.demand], dtype=np.float64)

    def _look(self, fixed: FixedModules, hope: Hope) -> None:
        """Assign villages to the modules of a move, and learn by how much that costs more than its floor."""
        hope.plan = fixed.assign(hope.count)
        if hope.plan is not None:
            value = hope.plan.value - self._relief_cny(hope.count)
            self.learned[hope.kind].rise.add(value - hope.floor)
            hope.value = value

    def _rebased(self, problem: SitingProblem, before: Ints, hopes: Sequence[Hope]) -> list[Hope]:
        """Make the same moves from the best decision; those that cannot be are left out."""
        found = []
        for hope in hopes:
            count = rebased(problem, (before, self.best.decision.modules()), hope.way)
            if count is not None:
                found.append(Hope(hope.way, self._kind(count), hope.floor, count))
        return found

    def _try_move(self, problem: SitingProblem, now: Assigned, hope: Hope) -> bool:
        """Try a move, and learn by how much it costs more on the road than its estimate says."""
        before, tried = self.best.yearly.total, self.tried
        better = hope.plan is not None and self._try_plan(problem, hope.plan)
        if self.tried > tried:
            self.learned[hope.kind].surprise.add(self.last.yearly.total - before - (hope.value - now.value))
        return better

    def _kind(self, count: Ints) -> Kind:
        """Return what a move from the best decision does."""
        before, after = self.best.decision.modules().any(axis=1), count.any(axis=1)
        return Kind(bool((after & ~before).any()), bool((before & ~after).any()))

    def _likely_cny(self, hope: Hope) -> float:
        """Return what a move is likely to cost, by what is known of it and what moves of its kind have shown."""
        known = self.learned[hope.kind]
        return known.surprise.mean + (hope.floor + max(known.rise.low, 0.0) if hope.plan is None else hope.value)

    def _relief_cny(self, way: Ints) -> float:
        """Return the most that more modules where lots of the best course queue for the coolers can save."""
        kinds = self.task.basis.class_of_type
        site, kind = np.nonzero(way[:, : len(kinds)] > self.best.decision.count)
        cells = np.unique(np.stack([site, kinds[kind]]), axis=1)
        return float(self.queue_cny[cells[0], cells[1]].sum())

    def _most(self, problem: SitingProblem, now: Assigned) -> float:
        """Return the cost by estimates from which a move is not hopeful."""
        hopeful = above(now.value, SLACK)
        return max(hopeful, self.best.yearly.total) if problem.single_source else hopeful

    def _try_plan(self, problem: SitingProblem, plan: Assigned) -> bool:
        """Try the modules of a plan with its assignment; assigned anew where no village may be split."""
        share = plan.arc_share
        if problem.single_source:
            built = replace(problem, existing=problem.existing + plan.count, max_count=np.zeros_like(problem.max_count))
            work = CORRECTION_SHARE * self.left()
            found = solve_siting(built, work=work, gap=GAP, stop=self.options.halted, meter=self.meter)
            if found.status not in PLANNED:
                return False
            share = found.arc_share
        return self._try(Decision.of(self.task.arcs, plan.count, share))

    def _put_together(self) -> bool:
        """Choose among the depots of all courses anew."""
        columns = self.years.columns()
        if self.over() or not columns:
            return False
        problem = stated(self.task.basis, self.task.arcs, "total_cost_cny")
        meter = Meter(min(MASTER, self.left()), self.meter)
        chosen = choose_columns(problem, columns, meter, self.options.halted, self.options.seed)
        return chosen is not None and self._try(self.years.decision([columns[c] for c in chosen]))


def above(value: float, share: float) -> float:
    """Return what lies above a cost by a share of its size; earnings make costs negative.

    Examples
    --------
    >>> above(100.0, 0.25), above(-100.0, 0.25)
    (125.0, -75.0)
    """
    return value + share * abs(value)
