"""Depots and routes together: a search over decisions, each judged by its real routes.

1. *Correction*: siting with what the best course shows of real costs (:mod:`coldchain.planning.estimates`), with every
   module at its cost, then dearer by shares of it: sets of different sizes, between which single moves do not lead.
2. *The county at a glance* (:mod:`coldchain.planning.county`): who goes where and all routes are searched together in
   compiled loops, for the modules of each of these, and again and again for those of the best.
3. *Moves* of single depots (:mod:`coldchain.planning.moves`): all are bounded by the prices of the present assignment,
   the hopeful ones judged by their own best assignment under corrected costs, then by the county at a glance, then
   worked out (with quick routes; full ones in a deep plan), always the most promising first. What moves of a kind (that
   open rooms, close some) cost more at each closer look is learned on the way (:mod:`coldchain.planning.hopes`). A
   depot that grows may save what its lots lose queueing for the coolers, which siting does not know of.
4. *Master problem*: depots of all courses met, each with its year's routes, chosen together anew under the limits on
   modules and money (:func:`coldchain.siting.choose_columns`); its answer starts the next round.
5. *Elsewhere*: where none of these helps, siting with modules dearer by other shares begins from sets of modules not
   met yet; moves go on from each, and what comes out better than the best starts the next round.
6. *Shaking*: where that does not help either, all depots at once seem cheaper or dearer at random, after up to two
   random moves; what that finds starts the next round.

What comes out is never worse than what went in. Quick plans of small counties end when the master problem finds nothing
better. Where villages may not be split, or go elsewhere in each season, the search ends after the moves; those that may
not be split are assigned whole before routing, and a move is hopeful that, splitting them, costs less than the best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from coldchain.arrays import Floats, Indices, Ints
from coldchain.model.ending import Ending
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.county import County, CountyPlan, suits
from coldchain.planning.course import Course, ranked, work_out
from coldchain.planning.days import Decision, Effort, Memo
from coldchain.planning.decision import SHARE_KEPT
from coldchain.planning.depotyears import DepotYears
from coldchain.planning.estimates import Estimates, queue_cny
from coldchain.planning.hopes import Hope, Kind, Learned, Look
from coldchain.planning.limits import stated
from coldchain.planning.moves import changed_sites, near_sites, neighbours, rebased
from coldchain.planning.near_days import NearDays
from coldchain.planning.search import PLANNED, SMALL_ARCS, SMALL_WORK, Options, Sited, aims_of
from coldchain.progress import Event, Stage
from coldchain.siting import Assigned, FixedModules, SitingProblem, cell_modules, choose_columns, solve_siting
from coldchain.work import UNLIMITED, Meter

CHARGES = (0.0, 0.5, 0.8, 0.6)  # shares of its cost by which each module is dearer in the rounds of siting anew
ELSEWHERE = (0.3, 0.7, 0.1, 0.9, 0.4, 0.65, 0.2, 0.55)  # the same of further starts, once moves find nothing more
FRUITLESS = 8  # work of so many decisions without a better one after which moves end
CORRECTION_SHARE = 0.1  # of the work left, for each of them
CORRECTION_MOST = 1.0  # units of work for each: more only proves what is to be corrected again
SLACK, FAR, FINE = 0.006, 0.02, 0.0005  # shares by which a move, a random one, one well known, may look worse
SETTLED, GLANCED, SEARCHED = 3000, 300, 900  # steps in the county: of a decision of siting and the best one; moves
GLANCE, STEP_WORK = 2.5e-4, 2e-4  # what a step in the county counts in decisions, and in units of work
SHAKEN, SHAKES = (20.0, 50.0, 120.0), 30  # CNY/t, spread of how dear all depots seem at once; fruitless times a depot
STAYS_CNY_T = 10.0  # by which present ways seem cheaper to a search that routes few decisions
GAP = 3e-3  # at which siting with corrected costs ends: finer than the corrections themselves
MASTER = 5.0  # units of work for the master problem


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


@dataclass
class _Search:
    """The search at one point.

    Attributes
    ----------
    best, shown, last : the best course; the one whose routes show what places cost; the one worked out last
    queue_cny : what the best course loses in the queues of each class at each site, CNY a year
    """

    task: Task
    start: Sequence[Course]
    options: Options
    years: DepotYears = field(init=False)
    estimates: Estimates = field(init=False)
    near: Indices = field(init=False)
    best: Course = field(init=False)
    shown: Course = field(init=False)
    last: Course = field(init=False)
    queue_cny: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the best course known."""
        basis, arcs, options = self.task.basis, self.task.arcs, self.options
        self.tried, self.meter = 0.0, Meter((options.joint or 1.0) * options.work, options.meter)
        self.years = DepotYears(basis, arcs)
        self.estimates, self.near = Estimates(basis, arcs), near_sites(basis)
        self.effort = Effort(
            not options.thorough, options.seed, self.over, self.task.memo, self.meter, options.threads, self.room,
            options.former,
        )  # fmt: skip
        self.county = County(basis, arcs, options.seed) if suits(basis) else None
        self.begun: frozenset[bytes] = frozenset()
        self.learned = Learned(Look.ASSIGNED if self.county is None else Look.SEARCHED)
        self.random = np.random.default_rng(options.seed)
        scenario = basis.scenario
        self.opening = len(arcs.demand) <= SMALL_ARCS
        self.mastered = not (scenario.seasonal or scenario.siting.single_source)
        self.mastered &= options.tries > 0 or self.opening
        self.whole = self.mastered and options.tries > 0
        for course in self.start if self.mastered else ():
            self.years.add(course)
        self._take(ranked(basis, list(self.start)))
        driven = [course for course in self.start if course.days.collection]
        self.shown = self.best if self.best.days.collection or not driven else ranked(basis, driven)
        self.last = self.shown

    def _take(self, course: Course) -> None:
        """Go on from a course."""
        self.best, self.queue_cny = course, queue_cny(self.task.basis, course)
        self.shown = course
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
            self.shown = self.last if self.last.days.collection else self.shown
        self.shown = self.best if self.best.days.collection else self.shown
        self._move()
        self.opening = False
        while self._goes_on():
            self._move()
        return self.best

    def _goes_on(self) -> bool:
        """Put depots together anew, else begin elsewhere or shake them; tells whether to try moves again."""
        if not self.mastered or self.over():
            return False
        return self._put_together() or (self.whole and (self._elsewhere() or self._shake()))

    def _elsewhere(self) -> bool:
        """Search from other sets of modules, those that siting finds with modules dearer by shares not tried yet.

        Tells whether that led to a better course.
        """
        known, charges = self.best, iter(ELSEWHERE)
        while self.best is known and not self.over():
            charge = next(charges, None)
            if charge is None:
                return False
            self.shown = known
            self._correct(charge)
            begun = self.last
            if self.best is known and begun.days.collection and not begun.missing and self._is_new(begun):
                self._take(begun)
                self._move()
                self._take(ranked(self.task.basis, [known, self.best]))
        return self.best is not known

    def _is_new(self, course: Course) -> bool:
        """Tell whether moves were never begun from the modules of a course."""
        key = course.decision.modules().tobytes()
        new, self.begun = key not in self.begun, self.begun | {key}
        return new

    def _correct(self, charge: float) -> bool:
        """Site anew with the costs that a course shows, every module dearer by a share of what one costs there.

        Tells whether the county at a glance, or the decision where it does not suit, led to the best course now.
        """
        problem = self._problem()
        count = self.shown.decision.modules()
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
        glance = self._glance(found.count, found.arc_share, SETTLED)
        if glance is None:
            return self._try(Decision.of(self.task.arcs, found.count, found.arc_share))
        return self._try_glance(glance)

    def _settle(self, steps: int) -> float:
        """Search who goes where in the county of the best course until that shows nothing better.

        Returns
        -------
        CNY a year of the best course at a glance, once searched.
        """
        while True:
            decision = self.best.decision
            share = decision.arc_share(self.task.arcs)
            before, glance = (self._glance(decision.modules(), share, most) for most in (0, steps))
            if before is None or glance is None:
                return 0.0
            gain = before.value - glance.value
            if gain < FINE * abs(before.value) or self.over() or not self._try_glance(glance):
                return glance.value

    def _glance(self, count: Ints, arc_share: Floats, steps: int) -> CountyPlan | None:
        """Search the county of the best course with some modules; None where it does not suit."""
        if self.county is None:
            return None
        if self.county.course is not self.shown:
            problem = self._problem()
            if problem.sides:
                with FixedModules(problem, self.options.halted, self.meter, self.options.seed) as fixed:
                    if fixed.assign(self.shown.decision.modules(), keep=True) is None:
                        return None
                    problem = fixed.charged
            self.county.settle(self.shown, problem, self.estimates.corrected(self.shown))
        self._count_steps(steps)
        return self.county.search(count, self.county.laden(arc_share), steps, self._moving(arc_share))

    def _moved_share(self, plan: Assigned) -> Floats:
        """Return the ways of the best course, but for villages that a plan of other modules moves to or from these."""
        decision = self.best.decision
        changed, share = changed_sites(decision.modules(), plan.count), decision.arc_share(self.task.arcs)
        return plan.arc_share if self.county is None else self.county.moved(share, plan.arc_share, changed)

    def _search_on(self, glance: CountyPlan, steps: int) -> CountyPlan | None:
        """Search the county further from a glance; None where it does not suit."""
        if self.county is None:
            return None
        self._count_steps(steps)
        focus = self._moving(glance.loads.arc_share(len(self.task.arcs.demand)))
        return self.county.search(glance.count, glance.loads, steps, focus, glance.driven)

    def _count_steps(self, steps: int) -> None:
        """Count what looking at the county takes."""
        self.tried += GLANCE * steps
        self.meter.add(STEP_WORK * steps)

    def _moving(self, arc_share: Floats) -> Indices:
        """Return the villages whose ways differ from those of the best course."""
        arcs = self.task.arcs
        changed = np.abs(arc_share - self.best.decision.arc_share(arcs)) > SHARE_KEPT
        return np.unique(arcs.village[arcs.demand[changed]])

    def _problem(self) -> SitingProblem:
        """State siting with the costs that the best course shows, or the best of those with depots."""
        task = self.task
        dear = self.estimates.corrected(self.shown)
        if self.options.near:  # few decisions will be routed: those that leave most as it is
            stays = self.best.decision.arc_share(task.arcs) * task.arcs.yearly_t[task.arcs.demand]
            dear = replace(dear, inside=replace(dear.inside, money_cny=dear.inside.money_cny - STAYS_CNY_T * stays))
        return stated(task.basis, dear, "total_cost_cny", task.sited.held)

    def _try_glance(self, glance: CountyPlan) -> bool:
        """Work out what the county showed at a glance; tells whether it is the best now."""
        share = glance.loads.arc_share(len(self.task.arcs.demand))
        near = None if self.county is None else self.county.near_days(glance.driven)
        return self._try(Decision.of(self.task.arcs, glance.count, share), near)

    def _try(self, decision: Decision, near: NearDays | None = None) -> bool:
        """Work a decision out, quick routes from those given or of the best course; tells whether it is the best."""
        task, effort = self.task, self.effort
        if near is not None and effort.quick:
            effort = replace(effort, near=near)
        self.tried += 1.0
        self.last = course = work_out(task.basis, task.arcs, decision, effort)
        if course.missing:
            return False
        course.remember(task.basis, self.options)
        if self.mastered:
            self.years.add(course)
        if ranked(task.basis, [self.best, course]) is self.best:
            return False
        self._take(course)
        self._report()
        return True

    def _report(self) -> None:
        aim = aims_of(self.task.basis)[0]
        self.options.say(Event(Stage.JOINT, aim, value=self.best.value(aim), bound=self.task.sited.bound))

    def _move(self) -> None:
        """Try the moves of single depots from the best decision on, again and again while that pays."""
        while not self.over() and self._step():
            pass

    def _step(self) -> bool:
        """Try the moves of the best decision, the likeliest first; tells whether any made it better."""
        level = self._settle(SETTLED)
        problem, count = self._problem(), self.best.decision.modules()
        with FixedModules(problem, self.options.halted, self.meter, self.options.seed) as fixed:
            now = fixed.assign(count, keep=True)
            if now is None:
                return False
            improved = self.county is None and self._try_plan(problem, now)
            present = now.value
            ways = neighbours(problem, count, self.near)
            hopes = [
                Hope(count, way, self._kind(problem, way), fixed.floor(way) - self._relief_cny(way) - present)
                for way in ways
            ]
            hopes = [hope for hope in hopes if hope.more_cny < self._most_cny(problem, present, hope.look)]
            begun = self.tried
            while hopes and self.tried - begun < FRUITLESS and not self.over():
                hope = min(hopes, key=self.learned.likely_cny)
                if hope.look < self.learned.last:
                    self._look(fixed, hope, present if hope.look is Look.FLOOR else level)
                    if self.learned.likely_cny(hope) >= self._most_cny(problem, present, hope.look):
                        hopes.remove(hope)
                    continue
                hopes.remove(hope)
                if self._try_move(problem, hope):
                    improved, level, begun = True, self._settle(SEARCHED), self.tried
                    again = fixed.assign(self.best.decision.modules())
                    present = present if again is None else again.value
                    for other in hopes:
                        other.start_anew()
            return improved

    def _look(self, fixed: FixedModules, hope: Hope, level: float) -> None:
        """Look at a move more closely, and learn by how much it costs more then.

        Parameters
        ----------
        level : what the best course costs by such a look
        """
        before, value = hope.more_cny, None
        if hope.look is Look.FLOOR:
            hope.look, count = Look.ASSIGNED, self._made(fixed.problem, hope)
            hope.plan = None if count is None else fixed.assign(count)
            value = None if hope.plan is None else hope.plan.value
        elif hope.glance is None and hope.plan is not None:
            hope.look = Look.GLANCED
            hope.glance = self._glance(hope.plan.count, self._moved_share(hope.plan), GLANCED)
            value = None if hope.glance is None else hope.glance.value
        elif hope.glance is not None:
            hope.look, hope.glance = Look.SEARCHED, self._search_on(hope.glance, SEARCHED)
            value = None if hope.glance is None else hope.glance.value
        if value is None or hope.plan is None:
            hope.more_cny = math.inf
        elif not hope.known or hope.look is not Look.ASSIGNED:
            hope.more_cny = value - self._relief_cny(hope.plan.count) - level
            if not hope.known:
                self.learned.rise[hope.kind, hope.look].add(hope.more_cny - before)
            hope.known = False

    def _made(self, problem: SitingProblem, hope: Hope) -> Ints | None:
        """Return the modules after a move from the best decision; None where it cannot be made from there."""
        return rebased(problem, (hope.origin, self.best.decision.modules()), hope.way)

    def _shake(self) -> bool:
        """Make up to two random moves while all depots at once seem cheaper or dearer at random, until that pays."""
        level = self._settle(SETTLED)
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
                tilt_cny_t = self.random.choice(SHAKEN) * self.random.standard_normal((len(self.near), self._classes))
                tilt = tilt_cny_t[arcs.site, arcs.cooling] * arcs.yearly_t[arcs.demand]
                plan = fixed.assign(self._moved(problem, ways, n % 3), more=tilt)
                if plan is None or plan.value >= above(now.value, FAR):
                    continue
                glance = self._glance(plan.count, plan.arc_share, SETTLED)
                if glance is None and self._try(Decision.of(arcs, plan.count, plan.arc_share)):
                    return True
                if glance and glance.value < above(level, FINE) and self._try_glance(glance):
                    return True
        return False

    @property
    def _classes(self) -> int:
        return len(self.task.basis.classes)

    def _moved(self, problem: SitingProblem, ways: Sequence[Ints], moves: int) -> Ints:
        """Make random moves from the best decision."""
        count = self.best.decision.count
        for _move in range(moves if ways else 0):
            way = ways[int(self.random.integers(len(ways)))]
            moved = rebased(problem, (self.best.decision.count, count), way)
            count = count if moved is None else moved
        return count

    def _try_move(self, problem: SitingProblem, hope: Hope) -> bool:
        """Try a move, and learn by how much it costs more on the road than at the closest look before."""
        before, tried = self.best.yearly.total, self.tried
        if hope.glance is not None:
            better = self._try_glance(hope.glance)
        else:
            better = hope.plan is not None and self._try_plan(problem, hope.plan)
        if self.tried > tried:
            self.learned.surprise[hope.kind].add(self.last.yearly.total - before - hope.more_cny)
        return better

    def _kind(self, problem: SitingProblem, count: Ints) -> Kind:
        """Return what a move from the best decision does."""
        before, after = (cell_modules(problem, some)[0] > 0 for some in (self.best.decision.modules(), count))
        return Kind(bool((after & ~before).any()), bool((before & ~after).any()))

    def _relief_cny(self, way: Ints) -> float:
        """Return the most that more modules where lots of the best course queue for the coolers can save."""
        kinds = self.task.basis.class_of_type
        site, kind = np.nonzero(way[:, : len(kinds)] > self.best.decision.count)
        cells = np.unique(np.stack([site, kinds[kind]]), axis=1)
        return float(self.queue_cny[cells[0], cells[1]].sum())

    def _most_cny(self, problem: SitingProblem, present: float, look: Look = Look.FLOOR) -> float:
        """Return what a move may cost beyond the best course, by such a look, to be hopeful."""
        if problem.single_source:
            return max(SLACK * abs(present), self.best.yearly.total - present)
        return (FINE if look is Look.SEARCHED else SLACK) * abs(present)

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
