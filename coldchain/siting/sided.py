"""Solve a siting problem with sides or single sourcing: columns for the linear model, an integer model, assignment.

Two bounds hold for the full problem, whatever arcs the models held: the Lagrangian function at the linear duals, over
all arcs; and the proven bound of the problem that charges the sides their linear prices instead of keeping them, which
:func:`coldchain.siting.solve_siting` gives. The integer model's own bound joins them when it held every arc.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.model.base import Status
from coldchain.siting.elastic import Relaxation
from coldchain.siting.engine import Engine, Model, StoppedError
from coldchain.siting.frame import Frame, build_frame
from coldchain.siting.problem import SitingProblem
from coldchain.siting.result import SitingResult, award_of_owner, cell_modules, plan_value, plan_violations
from coldchain.siting.sides import Layout, direct_model, lagrangian, lay_out, limit_as_side, priced
from coldchain.work import Meter

FULL = 4000  # arcs up to which the integer model holds all of them
NEAR = 4  # arcs a demand begins with, and may gain in a round
WHOLE = 2000  # arcs up to which shares may be whole in the integer model itself
ROUNDS = 30
LINEAR = 0.35  # share of the work the linear model may take
TAIL = 3e-4  # relative gain of the bound in a round under which the linear model is good enough
USED = 1e-5  # modules of a linear plan that count
Solve = Callable[..., SitingResult]


@dataclass
class _State:
    """Best decision and bound so far."""

    problem: SitingProblem
    frame: Frame
    progress: Callable[[float, float], None] | None
    stood: tuple[Floats, Floats]
    value: float = np.inf
    bound: float = -np.inf
    best: tuple[Ints, Floats, Floats] | None = None
    log: list[str] = field(default_factory=list)

    def offer(self, count: Ints, shares: tuple[Floats, Floats] | None) -> None:
        if shares is None or plan_violations(self.problem, count, *shares):
            return
        value = plan_value(self.problem, count, *shares)
        if value < self.value:
            self.value, self.best = value, (count, *shares)
            self.tell()

    def raise_bound(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = bound
            self.tell()

    def tell(self) -> None:
        if self.progress is not None:
            self.progress(self.value, min(self.bound, self.value))

    def done(self, gap: float) -> bool:
        return np.isfinite(self.value) and self.value - self.bound <= gap * max(abs(self.value), 1e-9)


@dataclass(frozen=True)
class Wish:
    """How to solve: as the arguments of :func:`coldchain.siting.solve_siting`."""

    meter: Meter
    gap: float
    seed: int
    stop: Callable[[], bool]
    start: Ints | None = None
    progress: Callable[[float, float], None] | None = None


def solve_sided(given: SitingProblem, solve: Solve, wish: Wish) -> SitingResult:
    """Choose modules and assignment under sides; ``solve`` is the solver of problems without any."""
    begin = time.monotonic()
    problem = limit_as_side(given)
    stood = cell_modules(problem, np.zeros_like(problem.max_count))
    state = _State(problem, build_frame(problem), wish.progress, stood)
    status: Status = "limit"
    interrupted = False
    with Engine(wish.meter, wish.stop, wish.seed) as engine:
        try:
            if not _run(engine, state, solve, wish):
                status = "infeasible"
        except StoppedError:
            interrupted = True
            state.log.append("stopped by the caller")
    if state.best is not None:
        status = "optimal" if state.done(wish.gap) else "feasible"
    result = _result(given, state, status)
    return replace(result, seconds=time.monotonic() - begin, work=wish.meter.spent, interrupted=interrupted)


def _run(engine: Engine, state: _State, solve: Solve, wish: Wish) -> bool:
    """Improve plan and bound; False when proved infeasible."""
    problem = state.problem
    for count in (np.zeros_like(problem.max_count), wish.start):
        if count is not None:
            state.offer(count, _assign(engine, state, count, engine.left() / 10))
    linear = _linear(engine, state)
    if linear is None:
        return False
    arcs, nu, modules = linear
    if len(arcs) < len(problem.arc_cost):
        _around(engine, state, arcs, (modules, 0.5), wish.gap)
        _priced_bound(engine, state, solve, (nu, 0.5), wish)
        wide = np.where((modules.sum(axis=1) > USED)[:, None], np.maximum(modules, 0.4), modules)
        _around(engine, state, arcs, (wide, 0.9), wish.gap)
        if state.best is not None:
            return True
    return _integer(engine, state, arcs, wish.gap)


def _around(engine: Engine, state: _State, arcs: Ints, near: tuple[Floats, float], gap: float) -> None:
    """Seek a plan among the modules that the linear plan uses, half a one more of each.

    Few modules reach few caps, and whole modules with capacity imply the links, so that this model is small. Sides may
    be missed at a price, so that it always has a plan to improve. ``near`` holds the linear modules float[J, K] and the
    share of the work left.
    """
    if state.done(gap) or engine.left() < 0.5:
        return
    top = np.where(near[0] > USED, np.ceil(near[0] + 0.5), 0.0).astype(np.int64)
    if state.best is not None:
        top = np.maximum(top, state.best[0])
    top[state.problem.forced & (top.sum(axis=1) < 1)] = 1
    problem = replace(state.problem, max_count=np.minimum(top, state.problem.max_count))
    frame = build_frame(problem)
    layout = lay_out(problem, frame, arcs, state.stood, tight=False)
    model = _elastic(problem, layout, direct_model(problem, frame, layout, arcs, (True, False)))
    hint = None if state.best is None else (np.arange(frame.pairs), frame.split(state.best[0]))
    answer = engine.solve(model, near[1] * engine.left(), gap=max(gap / 2, 1e-4), hint=hint)
    state.log.append(f"around the linear plan, {frame.pairs} pairs: {answer.status}")
    if answer.values is not None:
        count = frame.count(problem, answer.values)
        state.offer(count, _assign(engine, state, count, max(engine.left() / 2, 2.0)))


def _elastic(problem: SitingProblem, layout: Layout, model: Model) -> Model:
    """Let each side be missed at the price of everything else, in costs of some hundreds a demand."""
    scale = max(float(np.abs(problem.outside_cost).mean()) / 100.0, 1e-9)
    size, extra = len(model.cost), len(problem.sides)
    model.rows.put(layout.sides, size + np.arange(extra), 1.0)
    price = 10.0 * max(float(np.abs(problem.outside_cost).max(initial=0.0)), 1.0) / scale
    return replace(
        model,
        cost=np.concatenate([model.cost / scale, np.full(extra, price)]),
        lower=np.concatenate([model.lower, np.zeros(extra)]),
        upper=np.concatenate([model.upper, np.full(extra, np.inf)]),
        integer=np.concatenate([model.integer, np.zeros(extra, bool)]),
    )


def _linear(engine: Engine, state: _State) -> tuple[Ints, Floats, Floats] | None:
    """Solve the linear relaxation by columns; None when it is infeasible.

    Returns
    -------
    (arcs worth keeping, prices of the sides, modules of the linear plan float[J, K])
    """
    problem, frame = state.problem, state.frame
    everything = np.arange(len(problem.arc_cost))
    arcs = everything if len(everything) <= FULL else _least(problem, problem.arc_cost, NEAR)
    nu, whole = np.zeros(len(problem.sides)), engine.left()
    modules = np.zeros(problem.max_count.shape)
    for _ in range(ROUNDS):
        layout = lay_out(problem, frame, arcs, state.stood)
        answer = engine.solve(direct_model(problem, frame, layout, arcs, (False, False)), max(engine.left() / 3, 1.0))
        if answer.status == "infeasible":
            if len(arcs) == len(everything):
                return None
            arcs = everything if len(arcs) > len(everything) / 3 else _more(problem, arcs)
            continue
        if answer.values is None or answer.duals is None:
            break
        before = state.bound
        bound, price = lagrangian(problem, frame, layout, arcs, answer.duals)
        paid = answer.duals[layout.assign][problem.arc_demand]
        state.raise_bound(bound)
        nu = np.maximum(answer.duals[layout.sides], 0.0) / layout.scale if len(nu) else nu
        worth = np.where(price < paid - 1e-7 * (1 + np.abs(price)), price - paid, np.inf)
        worth[arcs] = np.inf
        modules[:] = 0.0
        np.add.at(modules, (frame.site, frame.module), answer.values[: frame.pairs])
        new = _least(problem, worth, NEAR)
        slow = state.bound - before <= TAIL * abs(state.bound)
        state.log.append(f"linear bound {bound:.6g} with {len(arcs)} arcs")
        if not len(new) or slow or engine.left() <= (1 - LINEAR) * whole:
            break
        arcs = np.union1d(arcs, new)
    return arcs, nu, modules


def _more(problem: SitingProblem, arcs: Ints) -> Ints:
    """Twice as many arcs a demand as now, the cheapest."""
    demands = max(problem.sizes["D"], 1)
    return np.union1d(arcs, _least(problem, problem.arc_cost, 2 * max(len(arcs) // demands, NEAR)))


def _least(problem: SitingProblem, key: Floats, number: int) -> Ints:
    """Up to ``number`` arcs of each demand with the least finite key, sorted."""
    order = np.lexsort((key, problem.arc_demand))
    demand = problem.arc_demand[order]
    rank = np.arange(len(order)) - np.searchsorted(demand, demand, side="left")
    return np.sort(order[(rank < number) & np.isfinite(key[order])])


def _priced_bound(engine: Engine, state: _State, solve: Solve, charge: tuple[Floats, float], wish: Wish) -> None:
    """Bound by charging the sides, with whole modules; its modules are a plan to try.

    ``charge`` holds the prices and the share of the work left.
    """
    bare, constant = priced(state.problem, charge[0])
    units = charge[1] * engine.left()
    if units < 0.2 or state.done(wish.gap):
        return
    found = solve(bare, work=units, gap=wish.gap / 2, seed=wish.seed, stop=engine.stop, meter=wish.meter)
    engine.check()
    if np.isfinite(found.bound):
        state.raise_bound(found.bound + constant)
    if np.isfinite(found.value):
        state.offer(found.count, _assign(engine, state, found.count, engine.left() / 5))
    state.log.append(f"sides charged: bound {found.bound + constant:.6g}")


def _integer(engine: Engine, state: _State, arcs: Ints, gap: float) -> bool:
    """Solve with whole modules over the arcs, more of them while no plan is found; False when proved infeasible."""
    problem, frame = state.problem, state.frame
    while not state.done(gap) and engine.left() > 0.2:
        full = len(arcs) == len(problem.arc_cost)
        whole = problem.single_source and len(arcs) <= WHOLE
        layout = lay_out(problem, frame, arcs, state.stood)
        model = direct_model(problem, frame, layout, arcs, (True, whole))
        answer = engine.solve(model, engine.left(), gap=max(gap / 2, 1e-9), hint=_hint(state))
        state.log.append(f"integer model with {len(arcs)} of {len(problem.arc_cost)} arcs: {answer.status}")
        if answer.status == "infeasible" and full:
            return False
        if full and np.isfinite(answer.bound):
            state.raise_bound(answer.bound)
        if answer.values is not None:
            count = frame.count(problem, answer.values)
            state.offer(count, _assign(engine, state, count, max(engine.left(), 2.0)))
        if full or state.best is not None:
            break
        arcs = _more(problem, arcs)
    return True


def _hint(state: _State) -> tuple[Ints, Floats] | None:
    if state.best is None:
        return None
    return np.arange(state.frame.pairs), state.frame.split(state.best[0])


def _assign(engine: Engine, state: _State, count: Ints, units: float) -> tuple[Floats, Floats] | None:
    """Shares of arcs and outside that cost least with the modules given; None when the sides cannot be kept."""
    problem, frame = state.problem, state.frame
    modules = cell_modules(problem, count)[0]
    open_arc = modules[problem.arc_cell] > 0
    arcs = np.flatnonzero(open_arc)
    if problem.single_source and len(arcs) > WHOLE:
        arcs = _least(problem, np.where(open_arc, problem.arc_cost, np.inf), 2 * NEAR)
    layout = lay_out(problem, frame, arcs, state.stood)
    model = direct_model(problem, frame, layout, arcs, (True, problem.single_source))
    fixed = frame.split(count)
    lower, upper = model.lower.copy(), model.upper.copy()
    lower[: frame.pairs] = upper[: frame.pairs] = fixed
    answer = engine.solve(
        replace(model, lower=lower, upper=upper), max(units, 1.0), gap=1e-3 if len(arcs) > WHOLE else 1e-6
    )
    if answer.values is None:
        return None
    return _clean(problem, arcs, answer.values[len(frame.cost) :])


def _clean(problem: SitingProblem, arcs: Ints, values: Floats) -> tuple[Floats, Floats]:
    """Take the rounding of the solver off the shares."""
    demands = problem.sizes["D"]
    share = np.zeros(len(problem.arc_cost))
    value = np.clip(values[demands:], 0.0, 1.0)
    value[value < 1e-9] = 0.0
    if problem.single_source:
        value = np.rint(value)
    share[arcs] = value
    total = np.bincount(problem.arc_demand, share, minlength=demands)
    share /= np.maximum(total, 1.0)[problem.arc_demand]
    served = np.bincount(problem.arc_demand, share, minlength=demands)
    return share, np.maximum(1.0 - served, 0.0)


def _result(problem: SitingProblem, state: _State, status: Status) -> SitingResult:
    none = np.zeros_like(problem.max_count), np.zeros(len(problem.arc_cost)), np.ones(problem.sizes["D"])
    count, arcs, outside = state.best or none
    infeasible = status == "infeasible"
    return SitingResult(
        status=status,
        value=state.value,
        bound=np.inf if infeasible else min(state.bound, state.value),
        count=count,
        arc_share=arcs,
        outside_share=outside,
        owner_award=award_of_owner(problem, count),
        seconds=0.0,
        log=tuple(state.log),
        arcs_all=len(problem.arc_cost),
        arcs_kept=len(problem.arc_cost),
    )


def side_relaxations(problem: SitingProblem, *, work: float = 20.0) -> list[Relaxation]:
    """Find the smallest changes of the sides that allow a plan; empty when they can be kept."""
    problem = replace(problem, limit_outside=None, limit_arc=None, limit_module=None, limit_rhs=None)
    frame = build_frame(problem)
    arcs = np.arange(len(problem.arc_cost))
    layout: Layout = lay_out(problem, frame, arcs, cell_modules(problem, np.zeros_like(problem.max_count)))
    model = direct_model(problem, frame, layout, arcs, (len(arcs) <= FULL, False))
    size, extra = len(model.cost), len(problem.sides)
    model.rows.put(layout.sides, size + np.arange(extra), 1.0)
    free = np.zeros(extra)
    elastic = replace(
        model,
        cost=np.concatenate([np.zeros(size), np.ones(extra)]),
        lower=np.concatenate([model.lower, free]),
        upper=np.concatenate([model.upper, free + np.inf]),
        integer=np.concatenate([model.integer, np.zeros(extra, bool)]),
    )
    with Engine(Meter(work), lambda: False, 0) as engine:
        answer = engine.solve(elastic, work, gap=1e-4)
    if answer.values is None:
        return []
    slack = answer.values[size:] * layout.scale
    return [Relaxation(r.limit, float(s)) for r, s in zip(problem.sides, slack, strict=True) if s > 1e-6 * r.size]
