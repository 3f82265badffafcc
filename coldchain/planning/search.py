"""Siting by the aims in order of rank, first with valid underestimates, then with what a small depot really costs.

The first round gives the bound. Its coefficients know full trucks only, so it likes many small depots; the second
round charges every module with the daily trip of the smallest line-haul truck that its zone needs whatever the load.
Both decisions are worked out with real routes afterwards and the better one is kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Ints
from coldchain.errors import InfeasibleError, LimitError
from coldchain.language import _
from coldchain.model import Limit, Objective, Status
from coldchain.model.ending import Ending
from coldchain.planning.arcs import Arcs, built_cny, existing_modules
from coldchain.planning.basis import Basis
from coldchain.planning.former import FormerDays
from coldchain.planning.limits import stated
from coldchain.planning.met import Met
from coldchain.planning.money import standing_opex_cny
from coldchain.progress import Event, Say, Stage, silent
from coldchain.routing import price_trip
from coldchain.runs import schema
from coldchain.siting import (
    DiagnosisNames,
    Relaxation,
    SitingProblem,
    SitingResult,
    diagnose_siting,
    side_relaxations,
    solve_siting,
    widened,
)
from coldchain.work import Meter

NEXT_BUDGET = 1.1
NEXT_GAP = 1e-4
ROUGH_GAP, FINE_ARCS = 0.1, 50_000
"""Gap of a first, rough siting, and arcs up to which a quick plan goes on from it: measured, that takes no longer."""
SMALL_ARCS, SMALL_WORK = 10_000, 60.0
"""Arcs up to which siting takes seconds, and the units of work left to it whatever the effort, so that no limit makes a
plan worse than a quick one."""
QUICK_WORK, QUICK_SHARES = 1e5, (0.5, 0.0, 0.5, 0.0)
QUICK_TRIES = 24
"""Work of the joint search of a quick plan where there are more arcs than few, in decisions worked out with routes."""
WARM_SHARES, WARM_TRIES = (0.4, 0.6, 0.0, 0.0), 8
NORMAL_WORK, DEEP_WORK, DEEP_GAP = 120.0, 600.0, 0.2
DEEP_SHARES, DEEP_JOINT = (0.12, 0.0, 0.05, 0.03), 0.65
PACE = 0.6
"""Units of work for a second of a time limit: fewer than most machines do, so that work ends a plan, not the clock."""
PLANNED: tuple[Status, ...] = ("optimal", "feasible")
Starts = tuple[Ints, ...]
NO_FURTHER = schema.frame("next_budget", [])


@dataclass(frozen=True)
class Options:
    """How to plan: units of work for the whole run; ``say`` hears progress; ``stop`` is asked for an early end.

    Equal inputs, seed and work give equal plans on any machine (see :mod:`coldchain.work`). ``time_limit_s`` only
    stops: the clock starts when the options are made; once it has run out, depots not yet routed get quick routes.
    ``shares`` of the work go to siting by underestimates (the bound), with daily trips among the modules of plans close
    by, with daily trips among all, and for a tenth more budget; a share of 0 leaves a step out. ``joint`` is the share
    for the search over depots and routes together.

    ``thorough`` judges every move of the joint search by full routes instead of quick ones.
    ``quick`` ends siting of large scenarios at a gap of ``ROUGH_GAP`` and routing after its iterations.
    ``tries`` ends the joint search after the work of so many decisions worked out with routes.
    ``rough`` ends siting at that gap whatever the scenario.
    ``threads`` work side by side where steps do not depend on each other: they change the time, never the plan.
    ``former`` are the routes of the run that this plan starts from; ``near`` says that its modules stand as they were:
    the few decisions that are routed leave most as it is.
    ``cuts`` gathers what cut a part of the search short, ``met`` the modules worked out; options made from these by
    ``replace`` share them.
    """

    work: float = NORMAL_WORK
    seed: int = 0
    shares: tuple[float, float, float, float] = (0.25, 0.0, 0.1, 0.05)
    joint: float = 0.55
    say: Say = field(default=silent)
    stop: Callable[[], bool] = field(default=lambda: False)
    quick: bool = False
    thorough: bool = False
    rough: bool = False
    tries: float = math.inf
    threads: int = 1
    former: FormerDays = field(default_factory=FormerDays)
    near: bool = False
    cuts: set[Ending] = field(default_factory=set, compare=False)
    met: Met = field(default_factory=Met, compare=False)
    time_limit_s: float = math.inf
    began: float = field(default_factory=time.monotonic)
    meter: Meter = field(default_factory=Meter)

    @classmethod
    def of(
        cls,
        effort: str,
        time_limit_s: float | None = None,
        seed: int = 0,
        say: Say = silent,
        stop: Callable[[], bool] = lambda: False,
    ) -> Options:
        """Return the options of effort ``normal``, or ``deep``: five times the work, most of it for the joint search.

        A time limit below what that takes lowers the work beforehand, so that no plan hangs on the clock.
        """
        deep, limit = effort == "deep", math.inf if time_limit_s is None else time_limit_s
        work = min(DEEP_WORK if deep else NORMAL_WORK, PACE * limit)
        if deep:
            return cls(work, seed, DEEP_SHARES, DEEP_JOINT, say, stop, thorough=True, time_limit_s=limit)
        return cls(work, seed, say=say, stop=stop, time_limit_s=limit)

    @classmethod
    def quickly(
        cls, seed: int = 0, say: Say = silent, stop: Callable[[], bool] = lambda: False, tries: int = 0
    ) -> Options:
        """Return the options of a quick plan, with a joint search of so many tries; 0: corrections and moves alone."""
        return cls(QUICK_WORK, seed, QUICK_SHARES, 1.0 if tries else 0.0, say, stop, quick=True, tries=tries)

    @classmethod
    def warm(
        cls,
        effort: str | None = None,
        time_limit_s: float | None = None,
        seed: int = 0,
        say: Say = silent,
        stop: Callable[[], bool] = lambda: False,
    ) -> Options:
        """Return the options of a plan that starts from another.

        Without an effort: a rough bound, and a few decisions with routes.
        """
        if effort in ("normal", "deep"):
            return cls.of(effort, time_limit_s, seed, say, stop)
        shares, limit = WARM_SHARES, math.inf if time_limit_s is None else time_limit_s
        return replace(
            cls.quickly(seed, say, stop, WARM_TRIES), shares=shares, rough=effort is None, time_limit_s=limit
        )

    def gap(self, wanted: float) -> float:
        """Return the gap at which siting ends; smaller in a deep plan, whose bound is that of siting."""
        return max(wanted, ROUGH_GAP) if self.rough else wanted * DEEP_GAP if self.thorough else wanted

    def with_share(self, share: float) -> Options:
        """Return the options with that share of the work for siting."""
        first, narrow, wide, further = self.shares
        return replace(self, shares=(first * share, narrow * share, wide * share, further))

    def late(self) -> bool:
        """Tell whether the time limit has passed."""
        return time.monotonic() - self.began > self.time_limit_s

    def halted(self) -> bool:
        """Tell whether to end now whatever is left to do: asked to, or out of time."""
        return self.stop() or self.late()

    def over(self) -> bool:
        """Tell whether to end now: halted, or the work is done."""
        return self.left() < 0.0 or self.halted()

    def cut_short(self) -> set[Ending]:
        """Return what has cut the search short so far."""
        asked = {Ending.INTERRUPTED} if self.stop() else set()
        spent = {Ending.WORK} if self.left() < 0.0 else set()
        return self.cuts | asked | spent | ({Ending.TIME} if self.late() else set())

    def left(self) -> float:
        """Return the share of the work that is left."""
        return 1.0 - self.meter.spent / self.work

    def room(self) -> float:
        """Return the units of work that are left."""
        return self.work - self.meter.spent


@dataclass(frozen=True)
class Sited:
    """Decisions worth working out, the proven bound of the first aim, the number of depot types, and aims held."""

    results: tuple[SitingResult, ...]
    bound: float
    types: int
    held: tuple[tuple[Objective, float], ...] = ()

    @property
    def starts(self) -> Starts:
        """New modules of each decision, shape (sites, types): first by underestimates, last with daily trips."""
        return tuple(result.count[:, : self.types] for result in self.results)


def aims_of(basis: Basis) -> tuple[Objective, ...]:
    """Return the aims in order of rank; total cost decides between what they leave open."""
    aims = basis.scenario.siting.objective
    return aims if "total_cost_cny" in aims else (*aims, "total_cost_cny")


def tolerance_of(basis: Basis, rank: int) -> float:
    """Return the tolerance of an aim by its rank."""
    siting = basis.scenario.siting
    return siting.tolerances[rank] if rank < len(siting.tolerances) else siting.tolerance


def site(
    basis: Basis, arcs: Arcs, options: Options, starts: Starts = (), more: Mapping[Limit, float] | None = None
) -> Sited:
    """Site by every aim in turn; each holds the aims before it to their tolerance.

    Without plans close by it is done roughly first, as a quick plan of a large scenario does it, then again from what
    that found: decisions of both are worked out, so that more effort never knows less.

    Parameters
    ----------
    starts : the modules that siting of plans close by ended with (:attr:`Sited.starts`): the first begins the first
        aim, the last the decision with daily trips, which is sought among the modules of all of them first
    more : what to ask beyond the limits because routing took it away; the bound is then not the scenario's

    Raises
    ------
    InfeasibleError
        Proved that no plan keeps every limit; names the smallest relaxations.
    LimitError
        When time or work ended before any plan was found.
    """
    rough = replace(options, rough=True)
    if options.quick and len(arcs.demand) > FINE_ARCS:
        return _sited(basis, arcs, rough, starts, more)
    if starts:
        return _sited(basis, arcs, options, starts, more)
    left = options.left()
    try:
        first = _sited(basis, arcs, rough.with_share(0.5), starts, more)
    except LimitError:
        return _sited(basis, arcs, options.with_share(0.5), starts, more)
    spent = (left - options.left()) / sum(options.shares[:3])
    second = _sited(basis, arcs, options.with_share(max(1.0 - spent, 0.5)), first.starts, more)
    results = (second.results[0], *first.results, *second.results[1:])
    return replace(second, results=_different(results), bound=max(first.bound, second.bound))


def _different(results: Sequence[SitingResult]) -> tuple[SitingResult, ...]:
    """Leave out decisions that repeat an earlier one; the first and the last stay at their ends."""
    kept: dict[bytes, SitingResult] = {}
    for result in (results[0], results[-1], *results[1:-1]):
        kept.setdefault(result.count.tobytes() + np.round(result.arc_share, 9).tobytes(), result)
    first, *others = kept.values()
    return (first, *others[1:], *others[:1])


def _sited(basis: Basis, arcs: Arcs, options: Options, starts: Starts, more: Mapping[Limit, float] | None) -> Sited:
    """Site once, at the gap of the options."""
    aims = aims_of(basis)
    share = options.shares[0] / len(aims)
    found: list[SitingResult] = []
    held: list[tuple[Objective, float]] = []
    for rank, aim in enumerate(aims):
        problem = stated(basis, arcs, aim, held, more)
        begin = found[-1].count if found else starts[0] if starts else None
        result = _solve(problem, aim, share, basis, options, begin)
        if not found and result.status == "infeasible":
            raise InfeasibleError(_relaxations(basis, problem))
        if not found and result.status not in PLANNED:
            raise LimitError(
                _("no plan was found within {time_limit_s:g} s; allow more with --time-limit").format(
                    time_limit_s=options.time_limit_s
                )
                if options.late()
                else _("no plan was found with the work of this effort; try --effort deep")
            )
        if result.status not in PLANNED:
            break
        found.append(result)
        if aim != aims[-1]:
            held.append((aim, result.value + abs(result.value) * tolerance_of(basis, rank) + 1e-6))
    mine = found[-1].count[:, : len(basis.scenario.depot_types)]
    practical = _site_practically(basis, arcs, (held, more), starts or (mine,), options)
    constant = standing_opex_cny(basis) if aims[0] == "total_cost_cny" else 0.0
    if basis.earns and aims[0] == "total_cost_cny":
        bound = found[0].bound + constant - float((existing_modules(basis) @ arcs.room_cny).sum())
    else:
        bound = max(found[0].bound, 0.0) + constant
    return Sited((found[-1], *practical), bound, len(basis.scenario.depot_types), tuple(held))


def _solve(
    problem: SitingProblem, aim: str, share: float, basis: Basis, options: Options, start: Ints | None
) -> SitingResult:
    last: list[Event] = []

    def progress(value: float, bound: float) -> None:
        event = Event(Stage.SITING, aim, value=value, bound=bound if np.isfinite(bound) else None)
        if last != [event]:
            options.say(event)
        last[:] = [event]

    result = solve_siting(
        problem,
        work=max(options.work * share, SMALL_WORK if len(problem.arc_cost) <= SMALL_ARCS else 0.0),
        gap=options.gap(basis.scenario.siting.gap),
        seed=options.seed,
        start=None if start is None else widened(start, problem.max_count.shape[1]),
        progress=progress,
        stop=options.halted,
        meter=options.meter,
    )
    if result.status in ("feasible", "limit"):
        options.cuts.add(Ending.TIME if options.late() else Ending.WORK)
    return result


def _site_practically(
    basis: Basis,
    arcs: Arcs,
    limits: tuple[list[tuple[Objective, float]], Mapping[Limit, float] | None],
    starts: Starts,
    options: Options,
) -> tuple[SitingResult, ...]:
    if options.halted():
        return ()
    trips, stays = daily_trips_cny(basis)
    dear = replace(
        arcs,
        module=replace(arcs.module, money_cny=arcs.module.money_cny + trips),
        stay_cny=arcs.stay_cny + stays,
    )
    problem = stated(basis, dear, "total_cost_cny", *limits)
    narrow, wide = options.shares[1:3]
    found: tuple[SitingResult, ...] = ()
    if narrow > 0:
        known, top = np.maximum.reduce(starts), problem.max_count.copy()
        top[:, : known.shape[1]] = np.minimum(top[:, : known.shape[1]], known)
        few = replace(problem, max_count=top)
        result = _solve(few, "daily_trips_known", narrow, basis, options, starts[-1])
        found = (result,) if result.status in PLANNED else ()
    if wide > 0 or not found:
        begin = found[0].count if found else starts[-1]
        result = _solve(problem, "daily_trips", wide or narrow, basis, options, begin)
        found = (result,) if result.status in PLANNED else found
    return found


def daily_trips_cny(basis: Basis) -> tuple[Floats, Floats]:
    """CNY a year of the smallest daily line-haul trip of each module's zone, and of the stays of mobile units.

    Returns
    -------
    (shape (sites, types), 0 for units bought; shape (sites, units, periods))
    """
    scenario = basis.scenario
    length = np.array([period.days for period in scenario.periods])
    trips = np.array(
        [
            min((price_trip(v, 0.0, h, km, basis.haul_rule).cost_cny for v in basis.line_haul_of(j)), default=0.0)
            if np.isfinite(h)
            else 0.0
            for j, (h, km) in enumerate(zip(basis.haul_h, basis.haul_km, strict=True))
        ]
    )
    days = []
    for kind in scenario.depot_types:
        suited = [c for c, crop in enumerate(scenario.commodities) if crop.zone == kind.zone]
        active = scenario.harvest_t[:, suited].sum(axis=(0, 1)) > 0
        days.append(length * active)
    worked = np.array(days).reshape(len(scenario.depot_types), len(length))
    fixed = scenario.fixed_types
    stays = trips[:, None, None] * worked[fixed:][None, :, :]
    worked[fixed:] = 0.0
    return np.outer(trips, worked.sum(axis=1)), stays


def site_names(basis: Basis) -> DiagnosisNames:
    """Return the ids of the sites and the counties, as a diagnosis of the siting problem calls them."""
    sites = basis.scenario.sites
    return DiagnosisNames([site.id for site in sites], list(dict.fromkeys(site.county for site in sites)))


def _short_by(item: Relaxation) -> str:
    digits = 1 if item.amount < 100 else 0
    return _("{name}: short by {amount} {unit}").format(
        name=item.limit, amount=f"{item.amount:,.{digits}f}", unit=_(item.limit.unit)
    )


def _relaxations(basis: Basis, problem: SitingProblem) -> str:
    bare = replace(problem, sides=(), single_source=False)
    found = diagnose_siting(bare, names=site_names(basis))
    lines = [str(item) for item in found]
    if not lines and problem.sides:
        lines = [_short_by(item) for item in side_relaxations(problem)]
    return "\n  ".join([_("no plan keeps every limit; the smallest changes that allow one:"), *lines])


def next_budget(basis: Basis, arcs: Arcs, sited: SitingResult, options: Options) -> pd.DataFrame:
    """Estimate what a tenth more budget buys: site again, compare both by the figures of siting."""
    budget = basis.scenario.siting.budget_cny
    rows = [(budget, *_figures(arcs, sited))]
    if budget > 0 and not options.halted():
        problem = replace(stated(basis, arcs, "total_cost_cny"), budget=budget * NEXT_BUDGET)
        more = solve_siting(
            problem,
            work=options.work * options.shares[3],
            gap=NEXT_GAP,
            seed=options.seed,
            start=sited.count,
            stop=options.halted,
            meter=options.meter,
        )
        if more.status in PLANNED:
            rows.append((budget * NEXT_BUDGET, *_figures(arcs, more)))
    return schema.frame("next_budget", rows)


def _figures(arcs: Arcs, sited: SitingResult) -> tuple[float, float, float, int]:
    """Total cost, loss in t and CNY, and sites with new modules, by the coefficients of siting."""

    def total(name: str) -> float:
        inside, outside = getattr(arcs.inside, name), getattr(arcs.outside, name)
        return float(inside @ sited.arc_share + outside @ sited.outside_share)

    bought = sited.count[:, : arcs.module.money_cny.shape[1]]
    cost = total("loss_cny") + total("money_cny") + built_cny(arcs, sited.count)
    return cost, total("loss_t"), total("loss_cny"), int(np.count_nonzero(bought.sum(axis=1)))
