"""Plans from the linear relaxation: rounding, a small integer model around it, and neighbourhoods of sites."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.assign import Assigned, assign, nearest
from coldchain.siting.engine import Engine, Model, StoppedError
from coldchain.siting.integer import Choice, integer_model
from coldchain.siting.relax import Relaxed, cheapest
from coldchain.siting.result import award_of_owner, count_violations
from coldchain.siting.sides import side_violations
from coldchain.siting.space import Space
from coldchain.work import Clock

WHOLE = 1e-4  # share of a step of cost that is rounding
MISSED = 10.0  # costs of the dearest demand outside, the price of missing a side by its typical coefficient


class Search:
    """The best plan and bound so far, and the steps that improve them.

    Parameters
    ----------
    engine, space : the solver and the prepared problem
    gap : wanted relative gap
    progress : hears ``(value, bound)`` whenever one of them improves
    step : every plan that is worth it costs a multiple of it, 0 where any cost may be
    """

    def __init__(
        self,
        engine: Engine,
        space: Space,
        gap: float,
        progress: Callable[[float, float], None] | None,
        step: float = 0.0,
    ):
        self.engine = engine
        self.space = space
        self.gap = gap
        self.step = step
        self.progress = progress
        self.plan: Assigned | None = None
        self.bound = -np.inf
        self.log: list[str] = []
        self.kept = len(space.arc)
        self._begin = time.monotonic()
        self._seen: set[bytes] = set()

    @property
    def value(self) -> float:
        """Cost of the best plan, inf without one."""
        return self.plan.value if self.plan is not None else float("inf")

    @property
    def done(self) -> bool:
        """Whether the wanted gap is reached, or that no plan exists is proved."""
        if self.plan is None:
            return bool(np.isposinf(self.bound))
        return self.value - self.bound <= self.gap * max(abs(self.value), 1e-9)

    def note(self, what: str) -> None:
        """Add a line to the log."""
        seconds = time.monotonic() - self._begin
        self.log.append(f"{seconds:7.1f} s  value {self.value:.6g}  bound {self.bound:.6g}  {what}")

    @property
    def cutoff(self) -> float:
        """Cost of a plan above which none need be looked at: it is no better, or not by as much as is wanted."""
        if self.step > 0:
            return self.value - (1.0 - WHOLE) * self.step
        return self.value - 0.95 * self.gap * abs(self.value) if self.plan is not None else float("inf")

    def raise_bound(self, bound: float) -> None:
        """Take a bound of the full problem; it never passes the value of a plan."""
        if self.step > 0 and np.isfinite(bound):
            bound = self.step * float(np.ceil(bound / self.step - 0.5 * WHOLE))
        bound = min(bound, self.value)
        if bound > self.bound:
            self.bound = bound
            self._tell()

    def raise_under(self, bound: float) -> None:
        """Take a bound of every plan under the cutoff, found where others were left out."""
        self.raise_bound(bound if self.step > 0 else min(bound, self.cutoff))

    @property
    def tried(self) -> int:
        """How many choices of modules were tried."""
        return len(self._seen)

    def offer(self, plan: Assigned | None) -> bool:
        """Take a plan when it is better; True if so."""
        if plan is None or plan.value >= self.value:
            return False
        problem, shares = self.space.problem, (plan.arc_share, plan.outside_share)
        if side_violations(problem, plan.count, shares, award_of_owner(problem, plan.count)):
            return False
        self.plan = plan
        self._tell()
        return True

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.value, self.bound)

    def try_count(self, count: Ints, near: Ints | None = None) -> bool:
        """Assign for the given modules and keep the plan when it is better."""
        key = count.tobytes()
        if key in self._seen or count_violations(self.space.problem, count):
            return False
        self._seen.add(key)
        if nearest(self.space, count).value >= self.value:
            return False
        return self.offer(assign(self.engine, self.space, count, max(self.engine.left(), 1.0), near, self.value))

    def least_modules(self) -> bool:
        """Return False when no choice of modules meets the limits; otherwise try the cheapest such choice."""
        frame = self.space.frame
        cost = frame.cost.copy()
        cost[: frame.pairs] += 1e-6 * (1 + np.abs(cost[: frame.pairs]))
        model = Model(cost, frame.lower, frame.upper, frame.integer, frame.rows)
        outcome = self.engine.solve(model, max(self.engine.left(), 5.0), gap=1e-4)
        if outcome.status == "infeasible":
            return False
        if outcome.values is not None:
            self.try_count(frame.count(self.space.problem, outcome.values))
        return True

    def round(self, relaxed: Relaxed, boosts: tuple[float, ...] = (0.5, 0.25, 0.75)) -> None:
        """Round the linear counts to whole modules that meet every limit."""
        frame = self.space.frame
        part = relaxed.modules - np.floor(relaxed.modules + 1e-7)
        for boost in boosts:
            lower, upper, cost = frame.lower.copy(), frame.upper.copy(), np.zeros(len(frame.cost))
            upper[: frame.pairs] = np.minimum(np.ceil(relaxed.modules - 1e-6), upper[: frame.pairs])
            lower[: frame.pairs] = np.minimum(np.floor(relaxed.modules + 1e-6), upper[: frame.pairs])
            weight = self.space.problem.capacity[frame.module] + 1e-6
            cost[: frame.pairs] = (boost - part) * weight
            outcome = self.engine.solve(Model(cost, lower, upper, frame.integer, frame.rows), 2.0, gap=1e-3)
            if outcome.values is not None:
                self.try_count(frame.count(self.space.problem, outcome.values), relaxed.kept)

    def around(self, relaxed: Relaxed, units: float) -> None:
        """Solve the integer model over the modules the linear plan uses and its few best arcs a demand.

        Until a plan is known sides may be missed at a price, so that there is always one to improve.
        """
        upper = np.where(relaxed.modules > 1e-5, np.ceil(relaxed.modules + 0.5), 0.0)
        if self.plan is not None:
            frame = self.space.frame
            upper = np.maximum(upper, frame.split(self.plan.count))
        self._inside(relaxed, np.zeros(len(upper)), upper, units, "around the linear plan")

    def neighbourhood(self, relaxed: Relaxed, rng: np.random.Generator, sites: int, units: float) -> bool:
        """Free a random cluster of competing sites, keep the others as they are; True when it helps."""
        if self.plan is None:
            return False
        frame = self.space.frame
        free = self._cluster(rng, sites) if rng.random() < 0.6 else self._owners(rng, sites)
        now = frame.split(self.plan.count)
        hit = np.isin(frame.site, free)
        gap = max(self.value - self.bound, 0.0)
        hopeless = relaxed.prices.module_reduced[: frame.pairs] > gap
        top = np.where(hopeless, now, np.maximum(frame.upper[: frame.pairs], now))
        return self._inside(relaxed, np.where(hit, 0.0, now), np.where(hit, top, now), units, f"{sites} sites freed")

    def _cluster(self, rng: np.random.Generator, number: int) -> Ints:
        """Random site and the sites that serve the same demands well."""
        space = self.space
        site = space.problem.arc_site[space.arc]
        total = space.problem.sizes["J"]
        centre = rng.choice(np.unique(site))
        near = np.zeros(space.problem.sizes["D"], bool)
        mine = np.flatnonzero(site == centre)
        near[space.demand[mine[np.argsort(space.cost[mine])[: max(len(mine) // 4, 1)]]]] = True
        gain = np.maximum(space.problem.outside_cost[space.demand] - space.cost, 0.0) * near[space.demand]
        score = np.bincount(site, gain, minlength=total) * rng.uniform(0.6, 1.4, total)
        score[centre] = np.inf
        return np.asarray(np.argsort(-score)[:number])

    def _owners(self, rng: np.random.Generator, number: int) -> Ints:
        """All sites of random owners, those that build first in line, so that who is capped can change."""
        if self.plan is None:
            return np.zeros(0, dtype=np.int64)
        owner = self.space.problem.owner
        draw = rng.random(len(self.space.problem.owner_cap))
        built = np.bincount(owner, self.plan.count.sum(axis=1), minlength=len(draw)) > 0
        order = np.argsort((draw * np.where(built, 0.5, 1.0))[owner], kind="stable")
        return np.asarray(order[:number])

    def _inside(self, relaxed: Relaxed, lower: Floats, upper: Floats, units: float, what: str) -> bool:
        space, frame = self.space, self.space.frame
        upper = np.minimum(upper, frame.upper[: frame.pairs])
        live = np.zeros(space.cells, bool)
        pair = (space.pair_cell >= 0) & (upper > 0)
        live[space.pair_cell[pair]] = True
        live |= space.stood > 0
        reduced = relaxed.prices.reduced(space)
        arcs = cheapest(space, np.where(live[space.cell], reduced, np.inf), 6)
        used = relaxed.kept if len(space.sides.least) else np.zeros(0, np.int64)
        if self.plan is not None:
            used = np.union1d(used, np.flatnonzero(self.plan.arc_share[space.arc] > 0))
        arcs = np.union1d(arcs, used[live[space.cell[used]]])
        missed = np.inf if self.plan is not None else MISSED * max(float(np.abs(space.problem.outside_cost).max()), 1.0)
        choice = Choice(np.minimum(lower, upper), upper, arcs, relaxed.links, missed=missed)
        better = self.integer(choice, units, max(self.gap / 4, 1e-5))[1]
        self.note(f"{what}: {len(arcs)} arcs{', better' if better else ''}")
        return better

    def integer(
        self, choice: Choice, units: float, gap: float, seen: Callable[[float], None] | None = None
    ) -> tuple[float, bool]:
        """Solve the integer model of a choice; its bound (inf when empty) and whether it gave a better plan."""
        space, frame = self.space, self.space.frame
        model = integer_model(space, choice)
        try:
            outcome = self.engine.solve(model, units, gap=gap, hint=self._hint(), seen=seen)
        except StoppedError:
            self._rescue(model)
            raise
        if outcome.status == "infeasible":
            return float("inf"), False
        if outcome.values is None:
            return outcome.bound, False
        return outcome.bound, self.try_count(frame.count(space.problem, outcome.values), choice.arcs)

    def _hint(self) -> tuple[Ints, Floats] | None:
        if self.plan is None:
            return None
        frame = self.space.frame
        problem = self.space.problem
        raw = np.bincount(problem.owner, (problem.award * self.plan.count).sum(axis=1), len(problem.owner_cap))
        capped = frame.capped
        whole = np.arange(frame.pairs + len(capped))
        whole[frame.pairs :] += len(capped)
        full = (raw > problem.owner_cap)[capped].astype(float)
        return whole, np.concatenate([frame.split(self.plan.count), full])

    def _rescue(self, model: Model) -> None:
        """After a stop: build a plan from the last solution the solver wrote, when it is whole and better."""
        values = self.engine.recover(len(model.cost))
        problem, frame = self.space.problem, self.space.frame
        if values is None or self.plan is None:
            return
        count = frame.count(problem, values)
        if count_violations(problem, count):
            return
        engine = Engine(Clock(1.0), lambda: False, self.engine.seed)
        with engine:
            near = np.flatnonzero(self.plan.arc_share[self.space.arc] > 0)
            self.offer(assign(engine, self.space, count, 0.5, near))
