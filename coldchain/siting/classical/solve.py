"""The method: Lagrangian ascent with plans on the way, safe fixing, and an integer model for the proof."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.model.base import Status
from coldchain.siting.classical.branch import branch
from coldchain.siting.classical.interchange import interchange
from coldchain.siting.classical.lagrange import Ascent, Dual
from coldchain.siting.classical.problem import LocationProblem, LocationResult
from coldchain.siting.classical.proof import Reduced, arcs_to_keep, reduced_model
from coldchain.siting.classical.serve import Service, serve
from coldchain.siting.engine import Engine, StoppedError
from coldchain.work import Clock

ROUNDS = 400  # interchanges in one local search
TRIES = 12  # open sets of the ascent for which a transportation problem is solved
NEIGHBOURS = 40  # sets next to the best one for which a transportation problem is solved
COLUMNS = 6  # arcs a customer has in the first integer model with capacities


def solve_location(
    problem: LocationProblem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-6,
    stop: Callable[[], bool] | threading.Event | None = None,
    seed: int = 0,
) -> LocationResult:
    """Choose sites and serve every customer at least cost.

    Parameters
    ----------
    problem : the arrays
    time_limit_s : seconds of wall time
    gap : wanted relative gap; the status is ``optimal`` once it is proved
    stop : polled often; once true, the best plan so far comes back
    seed : of HiGHS and of the local search

    Returns
    -------
    LocationResult
        ``bound`` holds for the full problem, whatever was fixed or left out on the way.

    Examples
    --------
    Two sites of 2, three customers: one site cannot serve all, both cost 20 and the cheap arcs 1 + 1 + 2.

    >>> p = LocationProblem(cost=[[1, 1, 9], [9, 3, 2]], fixed=[10, 10], load=[1, 1, 1], capacity=[2, 2])
    >>> r = solve_location(p)
    >>> r.status, round(r.value, 6), r.opened.tolist()
    ('optimal', 24.0, [True, True])
    """
    begin = time.monotonic()
    asked = stop.is_set if isinstance(stop, threading.Event) else stop or (lambda: False)
    if not problem.served:
        return _result(problem, None, math.inf, "infeasible", (begin, ()))
    with Engine(Clock(time_limit_s), asked, seed) as engine:
        search = _Search(problem, engine, gap, seed)
        try:
            search.run()
        except StoppedError:
            search.note("stopped by the caller")
    status: Status = "optimal" if search.done else "feasible" if search.best else "limit"
    return _result(problem, search.best, search.bound, status, (begin, tuple(search.log)))


class _Search:
    """Best plan, best bound of the full problem, and the steps that improve them."""

    def __init__(self, problem: LocationProblem, engine: Engine, gap: float, seed: int):
        self.problem, self.engine, self.gap = problem, engine, gap
        self.best: Service | None = None
        self.bound = -math.inf
        self.log: list[str] = []
        self._begin = time.monotonic()
        self._random = np.random.default_rng(seed)
        self._seen: set[bytes] = set()

    @property
    def value(self) -> float:
        return self.best.value if self.best else math.inf

    @property
    def cutoff(self) -> float:
        """Plans above it need not be looked at: they are no better than the best, or not by half the wanted gap."""
        if self.problem.integral:
            return self.value - 1.0 + 1e-6
        return self.value - 0.5 * self.gap * abs(self.value) if self.best else math.inf

    @property
    def done(self) -> bool:
        return self.best is not None and self.value - self.bound <= self.gap * max(abs(self.value), 1e-9)

    def note(self, what: str) -> None:
        seconds = time.monotonic() - self._begin
        self.log.append(f"{seconds:7.1f} s  value {self.value:.8g}  bound {self.bound:.8g}  {what}")

    def raise_bound(self, bound: float) -> None:
        """Take a bound on every plan under the cutoff; beyond it only whole costs tell that none is left."""
        if self.problem.integral and math.isfinite(bound):
            bound = float(math.ceil(bound - 1e-6 * max(1.0, abs(bound) * 1e-3)))
        self.bound = max(self.bound, min(bound, self.value if self.problem.integral else self.cutoff))

    def run(self) -> None:
        self.attempt(np.ones(self.problem.sites, bool))
        self._single()
        ascent = Ascent(self.problem)
        self._settle(ascent)
        if not self.problem.capacitated:
            self._branch(ascent)
        elif self._polish(ascent, 0.15 * self.engine.left()):
            self._settle(ascent)
        self._prove(ascent)

    def _settle(self, ascent: Ascent) -> None:
        """Climb and fix in turn while fixing settles much."""
        settled = ascent.problem.sites
        while settled > 0.1 * len(ascent.live) and not self.done and self.engine.left() > 0.1:
            self._climb(ascent)
            dual = ascent.dual()
            self.raise_bound(dual.bound)
            settled = ascent.shrink(dual, self.cutoff)
            self.note(f"ascent: {len(ascent.live)} sites live, {int(ascent.opened.sum())} open for good")

    def attempt(self, opened: Bools) -> bool:
        """Serve with these sites, or with what local search makes of them; True when that is better."""
        opened = self._improved(self._counted(opened))
        key = opened.tobytes()
        if key in self._seen:
            return False
        self._seen.add(key)
        plan = serve(self.engine, self.problem, opened)
        if plan is None or plan.value >= self.value or not self._fits(plan):
            return False
        self.best = plan
        return True

    def _fits(self, plan: Service) -> bool:
        return self.problem.count is None or int(plan.opened.sum()) == self.problem.count

    def _counted(self, opened: Bools) -> Bools:
        """Open or close sites at random until their number is right."""
        opened = opened.copy()
        excess = int(opened.sum()) - (self.problem.count or int(opened.sum()))
        if excess:
            pool = np.flatnonzero(opened if excess > 0 else ~opened)
            opened[self._random.choice(pool, abs(excess), replace=False)] = excess < 0
        return opened

    def _improved(self, opened: Bools) -> Bools:
        problem = self.problem
        if problem.capacitated or not opened.any():
            return opened
        sites = opened.astype(np.int64)
        interchange(problem.cost, problem.fixed, sites, problem.count is not None, ROUNDS)
        return sites > 0

    def _single(self) -> None:
        """Try the best site alone, which no interchange reaches when it is the only one."""
        total = np.where(self.problem.capacity >= self.problem.load.sum(), self.problem.fixed, np.inf)
        total = total + self.problem.cost.sum(axis=1)
        if self.problem.count in {None, 1} and np.isfinite(total).any():
            self.attempt(np.arange(self.problem.sites) == total.argmin())

    def _climb(self, ascent: Ascent) -> None:
        tries = 0
        while not ascent.tired and not self.done and self.engine.left() > 0.05:
            self.engine.check()
            before = ascent.bound
            goal = self.value if math.isfinite(self.value) else abs(before) * 1.1 + 1.0
            chosen = ascent.climb(goal)
            self.raise_bound(ascent.bound)
            if not self.problem.capacitated or tries < TRIES:
                known = len(self._seen)
                self.attempt(_reaching(self.problem, ascent, chosen))
                tries += len(self._seen) - known

    def _polish(self, ascent: Ascent, seconds: float) -> bool:
        """Try the sets next to the best one in the order of their Lagrangian values; True when one was better."""
        end, start = self.engine.left() - seconds, self.value
        better = True
        while better and not self.done:
            better = False
            for opened in _neighbours(self.problem, ascent.dual(), self.best)[:NEIGHBOURS]:
                self.engine.check()
                if self.engine.left() < end:
                    break
                if self.attempt(opened):
                    better = True
                    break
        self.note("neighbours tried")
        return self.value < start

    def _branch(self, ascent: Ascent) -> None:
        """Split on the sites; what is left open at the time limit stays with its bound."""

        def more() -> bool:
            self.engine.check()
            return self.engine.left() > 0.05 and not self.done

        bound, nodes = branch(ascent, self, more, self.raise_bound)
        self.raise_bound(bound)
        self.note(f"{nodes} nodes bounded")

    def _prove(self, ascent: Ascent) -> None:
        columns = COLUMNS
        while not self.done and self.engine.left() > 0.1:
            dual = ascent.dual()
            kept = arcs_to_keep(self.problem, dual, columns, self.cutoff)
            model = reduced_model(self.problem, dual, kept, ascent.opened, ascent.rule[1])
            self.note(f"integer model: {len(dual.live)} sites, {int(kept.sum())} of {self.problem.cost.size} arcs")
            before = self.value
            if self._integer(model) or not self.problem.capacitated or kept.all():
                break
            columns *= 2
            if self.value < before:
                self._settle(ascent)

    def _integer(self, reduced: Reduced) -> bool:
        """Solve it; True when its optimum uses no priced column."""
        seconds = max(self.engine.left(), 0.1)
        aim = max(self.gap / 2, 1e-9)
        out = self.engine.solve(reduced.model, seconds, gap=aim, hint=self._hint(reduced), seen=self.raise_bound)
        if out.status == "infeasible":
            self.raise_bound(math.inf)
            return True
        self.raise_bound(out.bound)
        if out.values is None:
            return False
        opened = np.zeros(self.problem.sites, bool)
        opened[reduced.live] = out.values[: len(reduced.live)] > 0.5
        self.attempt(opened)
        rest = float(out.values[reduced.rest : reduced.rest + self.problem.customers].sum())
        self.note(f"integer model solved: {rest:.3g} customers on arcs left out")
        self.raise_bound(out.bound)
        return out.status == "optimal" and rest < 1e-9

    def _hint(self, reduced: Reduced) -> tuple[np.ndarray, Floats] | None:
        if self.best is None or self.best.opened.sum() != self.best.opened[reduced.live].sum():
            return None
        return np.arange(len(reduced.live)), self.best.opened[reduced.live].astype(float)


def _reaching(problem: LocationProblem, ascent: Ascent, chosen: Bools) -> Bools:
    """Add to the chosen sites the most often chosen others until the load is reached."""
    if not problem.capacitated:
        return chosen
    opened = chosen.copy()
    for place in np.argsort(-ascent.mean, kind="stable"):
        if problem.capacity[opened].sum() >= problem.load.sum():
            break
        opened[ascent.live[place]] = True
    return opened


def _neighbours(problem: LocationProblem, dual: Dual, plan: Service | None) -> list[Bools]:
    """List the sets one site or one swap away that reach the load, those of the least Lagrangian value first."""
    if plan is None:
        return []
    inside = [-1, *np.flatnonzero(plan.opened[dual.live]).tolist()]
    outside = [-1, *np.flatnonzero(~plan.opened[dual.live]).tolist()]
    price = np.append(dual.reduced, 0.0)  # the last entry stands for no site
    found = []
    for leave, enter in sorted(itertools.product(inside, outside), key=lambda ends: price[ends[1]] - price[ends[0]]):
        opened = plan.opened.copy()
        opened[dual.live[[k for k in (leave, enter) if k >= 0]]] ^= True
        right = problem.count is None or opened.sum() == problem.count
        if right and problem.capacity[opened].sum() >= problem.load.sum():
            found.append(opened)
    return found


def _result(
    problem: LocationProblem, plan: Service | None, bound: float, status: Status, facts: tuple[float, tuple[str, ...]]
) -> LocationResult:
    seconds = time.monotonic() - facts[0]
    if plan is None:
        none = np.zeros(0, np.int64)
        closed = np.zeros(problem.sites, bool)
        return LocationResult(status, math.inf, bound, closed, none, none, np.zeros(0), seconds, facts[1])
    return LocationResult(
        status, plan.value, bound, plan.opened, plan.site, plan.customer, plan.share, seconds, facts[1]
    )
