"""The whole method: cheapest modules, linear bound, plans, safe fixing, integer model, exact assignment."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.model.base import Status
from coldchain.siting.assign import Assigned
from coldchain.siting.decompose import polish, settle
from coldchain.siting.divide import divide
from coldchain.siting.engine import Engine, StoppedError
from coldchain.siting.integer import Choice
from coldchain.siting.problem import SitingProblem
from coldchain.siting.relax import Relaxed, cheapest, relax
from coldchain.siting.result import SitingResult, award_of_owner, plan_value
from coldchain.siting.search import Search
from coldchain.siting.sides import priced
from coldchain.siting.space import Space, build_space
from coldchain.siting.split import SplitRelaxation, prepare, split
from coldchain.work import Allowance, Clock, Meter

LINEAR, SPLIT = 0.25, 0.25  # shares of the work left for the linear relaxation and for its split by owners
EVERY = 6  # divisions between two roundings
LARGE = 5000  # arcs from which plans are sought before the proof
DIVIDED = 1000  # arcs from which the bound is split by owners
WIDEST = 4  # arcs a demand in the first integer model of a large problem
COLUMNS, POLISH = 6, 0.15  # arcs a demand in the first proof after an ascent; share of the work left for neighbours
CHARGED, TRIED = 0.4, 0.2  # shares of the work left in which sides are charged instead of kept: once, and in each try
DEARER, TRIES = 1.25, 5  # by how much more they are charged until a plan keeps them, and how often anything is tried
PROOF = 0.25  # share of the work left in which the integer model may close a problem of less than LARGE arcs first


def solve_siting(
    problem: SitingProblem,
    *,
    work: float = 60.0,
    gap: float = 1e-4,
    start: Ints | None = None,
    progress: Callable[[float, float], None] | None = None,
    stop: Callable[[], bool] | threading.Event | None = None,
    seed: int = 0,
    meter: Allowance | None = None,
) -> SitingResult:
    """Choose modules and assign demands at least cost.

    Parameters
    ----------
    problem : the arrays
    work : units after which the search ends (see :mod:`coldchain.work`); a little more is used to finish what has begun
    gap : wanted relative gap; the status is ``optimal`` once it is proved
    start : int[J, K] counts of a known plan, used when they meet every limit
    progress : hears ``(value, bound)`` in CNY whenever one of them improves
    stop : polled ten times a second; once true, the best plan so far comes back with status ``feasible``
    seed : of HiGHS and of the neighbourhood search
    meter : of what this is part of, charged with the work; a clock goes by its seconds instead

    Returns
    -------
    SitingResult
        ``bound`` holds for the full problem. Status ``infeasible`` means no choice of modules meets the limits
        (ask :func:`diagnose_siting` what to relax) or none keeps the sides (:func:`side_relaxations`).

    Examples
    --------
    One demand of 2 t/day, one site, one module type: outside costs 100, the arc 10, the module 50.

    >>> one = np.ones((1, 1))
    >>> p = SitingProblem(
    ...     outside_cost=[100], arc_demand=[0], arc_site=[0], arc_class=[0], arc_cost=[10], load=2 * one,
    ...     module_class=[0], capacity=[5], module_cost=50 * one, module_capex=400 * one, award=100 * one,
    ...     max_count=one, existing=0 * one, max_modules=[3], power_kw=[9], power_limit=[np.inf], forced=[False],
    ...     owner=[0], owner_cap=[80], county=[0], pot=[np.inf], budget=90)
    >>> r = solve_siting(p)
    >>> r.status, round(r.value, 6), r.count.tolist(), r.owner_award.tolist()
    ('optimal', 60.0, [[1]], [80.0])
    """
    if len(problem.arc_cost) > DIVIDED:
        prepare()
    begin, own = time.monotonic(), meter if isinstance(meter, Clock) else Meter(work, meter)
    asked = stop.is_set if isinstance(stop, threading.Event) else stop or (lambda: False)
    scale = _scale(problem)
    space = build_space(_scaled(problem, scale))
    tell = None if progress is None else lambda v, b: progress(v * scale, b * scale)
    status: Status = "limit"
    interrupted = False
    with Engine(own, asked, seed) as engine:
        search = Search(engine, space, gap, tell, 1.0 / scale if problem.whole else 0.0)
        search.offer(_nothing(space))
        try:
            if not _run(search, start, seed):
                status = "infeasible"
        except StoppedError:
            interrupted = True
            search.note("stopped by the caller")
    if search.plan is not None:
        status = "optimal" if search.done else "feasible"
    elif status == "infeasible":
        search.bound = np.inf
    result = _result(problem, search, status, scale)
    return replace(result, seconds=time.monotonic() - begin, work=_spent(own), interrupted=interrupted)


def _spent(own: Meter | Clock) -> float:
    return own.spent if isinstance(own, Meter) else 0.0


def _run(search: Search, start: Ints | None, seed: int, *, proving: bool = True) -> bool:
    """Improve plan and bound until the gap is reached or the work is done; False when proved infeasible."""
    engine, space = search.engine, search.space
    if start is not None:
        search.try_count(np.asarray(start, dtype=np.int64))
    if not search.least_modules():
        return False
    search.note("cheapest modules")
    part = split(space, engine.allowance) if len(space.arc) > DIVIDED else None
    if part is not None and not part.paid:
        _decompose(search, part)
        return True
    begin = np.flatnonzero(search.plan.arc_share[space.arc] > 0) if search.plan else np.zeros(0, np.int64)
    relaxed = relax(engine, space, LINEAR * engine.left(), begin)
    if np.isposinf(relaxed.prices.bound):
        return False
    search.raise_bound(relaxed.prices.bound)
    search.note(f"linear bound: {relaxed.rounds} rounds, {len(relaxed.kept)} arcs, {len(relaxed.links)} links")
    if relaxed.rounds and not search.done:
        search.round(relaxed)
        search.note("rounded")
        if part is not None and not search.done:
            part.learn(relaxed)
            relaxed = _split(search, relaxed, part)
        if space.problem.sides and len(space.arc) > DIVIDED and not search.done:
            _charge(search, relaxed, seed)
        _improve_and_prove(search, relaxed, part, seed, proving=proving)
    return search.plan is not None or not np.isposinf(search.bound)


def _decompose(search: Search, part: SplitRelaxation) -> None:
    """Climb from a guess; branch where no capacity binds, else prove by integer models with ever more arcs."""
    engine, columns = search.engine, COLUMNS
    part = settle(search, part)
    if not search.done and part.loose:
        _divide(search, None, part)
    elif not search.done and polish(search, part, POLISH * engine.left()):
        part = settle(search, part)
    while not search.done and engine.left() > 0.2:
        before = search.value
        if _prove(search, part.linear(), columns, engine.left(), part):
            break
        columns *= 2
        if search.value < before:
            part = settle(search, part)


def _split(search: Search, relaxed: Relaxed, part: SplitRelaxation) -> Relaxed:
    """Raise the bound owner by owner, round its mean choices, and drop modules that no better plan has."""
    engine = search.engine
    end = (1 - SPLIT) * engine.left()
    while not part.tired and engine.left() > end and not search.done:
        engine.check()
        part.climb(search.value)
        search.raise_bound(part.bound)
    search.note("split by owners")
    mean = _mean(search, relaxed, part)
    search.round(mean)
    search.note("its mean choices rounded")
    return _narrowed(search, mean, part.spans(search.value)[1])


def _mean(search: Search, relaxed: Relaxed, part: SplitRelaxation) -> Relaxed:
    """Return the linear relaxation with the mean choices of the split in place of its modules."""
    return replace(relaxed, modules=search.space.frame.split(part.mean_count()))


def _divide(search: Search, relaxed: Relaxed | None, part: SplitRelaxation) -> None:
    """Branch on owners and modules until the gap is reached or the work is done, with plans on the way.

    ``relaxed`` is what mean choices are rounded with; None where no capacity binds, so that choices are plans at once.
    """
    seen = 0

    def heard(node: SplitRelaxation, bound: float) -> bool:
        nonlocal seen
        search.engine.check()
        search.raise_bound(bound)
        if relaxed is not None and seen % EVERY == 0:
            search.round(_mean(search, relaxed, node), (0.5,))
        seen += 1
        return not search.done and search.engine.left() > 0.2

    def attempt(node: SplitRelaxation) -> bool:
        if relaxed is None:
            search.try_count(node.improved_count())
        return relaxed is None

    bound, nodes = divide(part, lambda: search.cutoff, heard, attempt)
    search.raise_bound(bound)
    search.note(f"{nodes} nodes of the split bounded")


def _improve_and_prove(
    search: Search, relaxed: Relaxed, part: SplitRelaxation | None, seed: int, *, proving: bool
) -> None:
    engine = search.engine
    large = len(search.space.arc) > LARGE
    columns = WIDEST if large else len(search.space.arc)
    if part is not None and not large and not search.done:
        _prove(search, relaxed, columns, PROOF * engine.left())
    whole = engine.left()
    rng = np.random.default_rng(seed)
    if large or part is not None:
        if proving:  # the root of its model may take more than all that is granted here
            search.around(relaxed, 0.2 * whole)
        relaxed = _tighten(search, relaxed)
        misses = 0
        while engine.left() > 0.6 * whole and not search.done and misses < 9:
            better = search.neighbourhood(relaxed, rng, (8, 12, 16)[misses % 3], 0.05 * whole)
            misses = 0 if better else misses + 1
    relaxed = _tighten(search, relaxed)
    if part is not None and not search.done:
        _divide(search, relaxed, part)
    while proving and not search.done and engine.left() > 0.2:
        if _prove(search, relaxed, columns, engine.left()):
            break
        columns *= 2


def _tighten(search: Search, relaxed: Relaxed) -> Relaxed:
    """Shrink the counts by reduced cost, which shortens the awards owners can reach, and relax again."""
    engine = search.engine
    for _ in range(4):
        if search.done or engine.left() < 0.2:
            break
        space, frame = search.space, search.space.frame
        _, upper = _fixed(space, relaxed, search.value - relaxed.prices.bound)
        if upper.sum() > 0.97 * frame.upper[: frame.pairs].sum():
            break
        before = relaxed.prices.bound
        top = np.zeros_like(space.problem.max_count)
        follow = np.zeros(top.shape, bool)
        follow[frame.site[frame.first], frame.module[frame.first]] = upper[frame.first] > 0.5
        np.add.at(top, (frame.site, frame.module), np.rint(upper).astype(np.int64))
        top[~follow] = 0
        relaxed = _narrowed(search, relaxed, top)
        if relaxed.prices.bound - before < 0.02 * (search.value - before):
            break
    return relaxed


def _narrowed(search: Search, relaxed: Relaxed, top: Ints) -> Relaxed:
    """Go on with at most ``top`` modules of each site and type, and relax again when that drops any."""
    original, before = search.space.arc, search.space.frame.upper[: search.space.frame.pairs].sum()
    space = build_space(replace(search.space.problem, max_count=np.minimum(top, search.space.problem.max_count)))
    if space.frame.upper[: space.frame.pairs].sum() > 0.97 * before:
        return relaxed
    search.space = space
    kept = np.flatnonzero(np.isin(space.arc, original[relaxed.kept]))
    links = np.flatnonzero(np.isin(space.arc, original[relaxed.links]))
    relaxed = relax(search.engine, space, 0.3 * search.engine.left(), kept, links)
    search.raise_bound(relaxed.prices.bound)
    search.note(f"tightened to {top.sum()} modules at most: {relaxed.rounds} rounds, {len(relaxed.kept)} arcs")
    return relaxed


def _prove(search: Search, relaxed: Relaxed, columns: int, units: float, part: SplitRelaxation | None = None) -> bool:
    """One integer model with that many arcs a demand; True when all arcs were in it.

    With a ``part`` the modules that every plan under the cutoff has are in it from the start.
    """
    space, frame = search.space, search.space.frame
    lower, upper = _fixed(space, relaxed, search.value - relaxed.prices.bound)
    take = search.raise_bound
    if part is not None:
        lower = np.maximum(lower, np.minimum(frame.split(part.spans(search.cutoff)[0]), upper))
        take = search.raise_under
    arcs = _arcs(space, relaxed, search.plan, columns)
    search.kept = len(arcs)
    choice = Choice(lower, upper, arcs, relaxed.links, relaxed.prices if len(arcs) < len(space.arc) else None)
    search.note(f"{len(arcs)} of {len(space.arc)} arcs, {int((upper > lower).sum())} of {frame.pairs} pairs open")
    aim = max(0.5 * search.gap, 1e-9)
    bound, better = search.integer(choice, max(units, 0.2), aim, take)
    take(bound)
    search.note("integer model" + (", better" if better else ""))
    return choice.absorb is None


def _arcs(space: Space, relaxed: Relaxed, plan: Assigned | None, columns: int) -> Ints:
    """Arcs near the linear optimum, those of the plan, and every arc with a priced link (they must stay)."""
    keep = np.zeros(len(space.arc), bool)
    keep[cheapest(space, relaxed.prices.reduced(space), columns)] = True
    keep[relaxed.prices.link[relaxed.prices.lam > 0]] = True
    if plan is not None:
        keep |= plan.arc_share[space.arc] > 0
    return np.flatnonzero(keep)


def _fixed(space: Space, relaxed: Relaxed, slack: float) -> tuple[Floats, Floats]:
    """Boxes that every plan better than the best one respects, by reduced cost of the whole-number columns."""
    frame = space.frame
    lower, upper = frame.lower[: frame.pairs].copy(), frame.upper[: frame.pairs].copy()
    reduced = relaxed.prices.module_reduced[: frame.pairs]
    if not math.isfinite(slack):
        return lower, upper
    steps = np.full(frame.pairs, np.inf)
    np.divide(slack * (1 + 1e-6) + 1e-9, np.abs(reduced), out=steps, where=np.abs(reduced) > 1e-9)
    steps = np.floor(steps)
    dear, cheap = reduced > 1e-9, reduced < -1e-9
    upper[dear] = np.minimum(upper[dear], steps[dear])
    lower[cheap] = np.maximum(lower[cheap], upper[cheap] - steps[cheap])
    return lower, upper


def _charge(search: Search, relaxed: Relaxed, seed: int) -> None:
    """Bound by charging the sides their prices instead of keeping them; its modules are a plan to try.

    Where rounding found no plan they are charged more until the modules keep them, then something between, for a plan
    that does not keep them by more than is asked.
    """
    low, high, prices = 0.0, np.inf, relaxed.prices.nu
    if search.plan is not None:
        _charged(search, prices, CHARGED, seed, proving=True)
        search.note("sides charged")
        return
    for _ in range(TRIES):
        times = 1.0 if low < 1.0 else (low + high) / 2 if high < np.inf else DEARER * low
        if _charged(search, times * prices, TRIED, seed, proving=False):
            high = times
        else:
            low = times
        search.note(f"sides charged {times:g} times their prices")
        if search.done or high <= 1.0:
            return


def _charged(search: Search, nu: Floats, share: float, seed: int, *, proving: bool) -> bool:
    """Try what the search finds with prices instead of sides, in a share of the work left; True if it is better."""
    engine = search.engine
    bare, constant = priced(search.space.problem, nu)
    units, start = share * engine.left(), None if search.plan is None else search.plan.count
    allowance = Clock(units) if isinstance(engine.allowance, Clock) else Meter(units, engine.allowance)
    with Engine(allowance, engine.stop, engine.seed) as own:
        inner = Search(own, build_space(bare), search.gap / 2, None)
        inner.offer(_nothing(inner.space))
        _run(inner, start, seed, proving=proving)
    search.raise_bound(inner.bound + constant)
    return inner.plan is not None and search.try_count(inner.plan.count)


def _nothing(space: Space) -> Assigned | None:
    """Build the plan of no new module and everyone outside, when it meets every limit."""
    from coldchain.siting.result import plan_violations

    problem = space.problem
    count = np.zeros_like(problem.max_count)
    shares = np.zeros(len(problem.arc_cost)), np.ones(problem.sizes["D"])
    if plan_violations(problem, count, *shares):
        return None
    return Assigned(plan_value(problem, count, *shares), count, *shares)


def _scale(problem: SitingProblem) -> float:
    """CNY of one cost unit in the models: a typical demand costs some hundreds."""
    size = np.abs(problem.outside_cost)
    return float(size[size > 0].mean()) / 100.0 if (size > 0).any() else 1.0


def _scaled(problem: SitingProblem, scale: float) -> SitingProblem:
    return replace(
        problem,
        outside_cost=problem.outside_cost / scale,
        arc_cost=problem.arc_cost / scale,
        module_cost=problem.module_cost / scale,
    )


def _result(problem: SitingProblem, search: Search, status: Status, scale: float) -> SitingResult:
    plan = search.plan
    sizes = problem.sizes
    count = plan.count if plan else np.zeros_like(problem.max_count)
    arcs = plan.arc_share if plan else np.zeros(sizes["A"])
    outside = plan.outside_share if plan else np.ones(sizes["D"])
    value = plan_value(problem, count, arcs, outside) if plan else float("inf")
    return SitingResult(
        status=status,
        value=value,
        bound=min(search.bound * scale, value),
        count=count,
        arc_share=arcs,
        outside_share=outside,
        owner_award=award_of_owner(problem, count),
        seconds=0.0,
        log=tuple(search.log),
        arcs_all=sizes["A"],
        arcs_kept=search.kept,
    )
