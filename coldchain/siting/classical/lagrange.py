"""The Lagrangian bound of a location problem, its plans, and the sites and arcs it proves useless."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.siting.classical.kernel import ascend, choose, evaluate
from coldchain.siting.classical.problem import LocationProblem

STEPS = 50  # subgradient steps between two looks at the plan
RESTART = 0.5  # step factor after sites were fixed
LARGEST = 2_000_000  # total load up to which sums of capacities are listed


@dataclass(frozen=True, eq=False)
class Dual:
    """What prices ``u`` prove over the sites still live.

    Attributes
    ----------
    bound : no plan that uses live sites only is cheaper
    live : int[L]; u : float[N]; mean : float[L], running mean of the choices
    reduced : float[L], how much the bound rises at least when a site is opened (positive) or closed (negative)
    dear : float[L, N], how much it rises at least, beside that, when an arc is used whole
    room : float[L], price of a capacity; gained : float[L, N], price of the strong link of an arc
    """

    bound: float
    live: Ints
    u: Floats
    mean: Floats
    reduced: Floats
    dear: Floats
    room: Floats
    gained: Floats


def need(problem: LocationProblem) -> float:
    """Return the least sum of capacities of some sites that reaches the whole load, or the load itself.

    Sums of whole capacities take few values when many are alike, and the next one above the load is what any plan
    opens.

    Examples
    --------
    >>> alike = LocationProblem(cost=np.ones((3, 5)), fixed=np.ones(3), load=np.ones(5), capacity=[4, 4, 4])
    >>> need(alike)
    8.0
    """
    total, finite = float(problem.load.sum()), problem.capacity[np.isfinite(problem.capacity)]
    if len(finite) < problem.sites or total > LARGEST or (finite != np.floor(finite)).any():
        return total
    least = int(np.ceil(total * (1 - 1e-12)))
    sums = 1
    for capacity in finite.astype(int).tolist():
        sums |= sums << min(capacity, LARGEST)
    above = sums >> least
    return float(least + (above & -above).bit_length() - 1) if above else total


class Ascent:
    """Subgradient ascent over the live sites, in pieces, so that plans and stops come between."""

    def __init__(self, problem: LocationProblem):
        self.problem = problem
        self.live = np.arange(problem.sites)
        self.opened = np.zeros(problem.sites, bool)  # proved to be open in every better plan
        self.rule = (problem.count or 0, need(problem))
        near = np.sort(problem.cost, axis=0)
        self.best: Floats = near[min(3, problem.sites - 1)].copy()
        self.mean = np.zeros(problem.sites)
        self.memory = np.array([1.5, 0.0, -np.inf, 0.0])

    @property
    def bound(self) -> float:
        """Best bound so far over the live sites."""
        return float(self.memory[2])

    @property
    def tired(self) -> bool:
        """Whether further steps would gain next to nothing."""
        return bool(self.memory[0] < 1e-4)

    @property
    def settled(self) -> bool:
        """Whether the sites open for good are as many as the count asks for, so that no choice is left."""
        return bool(self.rule[0]) and int(self.opened.sum()) >= self.rule[0]

    def fixed(self, place: int, *, opened: bool) -> Ascent:
        """Return a copy with the live site at ``place`` open, or closed, for good."""
        child = copy(self)
        child.opened, child.best = self.opened.copy(), self.best.copy()
        child.memory = np.array([RESTART, 0.0, -np.inf, 0.0])
        if opened:
            child.opened[self.live[place]] = True
            child.mean = self.mean.copy()
        else:
            child.live, child.mean = np.delete(self.live, place), np.delete(self.mean, place)
        return child

    def climb(self, goal: float) -> Bools:
        """Do some steps towards ``goal``; returns the sites of the best choice, bool[M]."""
        self.memory[3] = goal
        self.best, y = ascend(self._data(), self.rule, self._state(), self.best, self.memory, self.mean, STEPS)
        chosen = np.zeros(self.problem.sites, bool)
        chosen[self.live[y > 0.5]] = True
        return chosen

    def dual(self) -> Dual:
        """Evaluate the best prices with everything that follows from them."""
        data, state = self._data(), self._state()
        value, room, part = evaluate(data, self.best)
        total, y, price = choose(value, data[3], state, self.rule)
        reduced = self._reduced(value, price, y, state)
        full = data[0] - self.best + room[:, None] * data[2]
        gained = np.where(part > 0, np.maximum(-full, 0.0), 0.0)
        bound = float(total + self.best.sum())
        return Dual(bound, self.live, self.best, self.mean, reduced, np.maximum(full, 0.0), room, gained)

    def shrink(self, dual: Dual, cutoff: float) -> int:
        """Close and open for good what every plan under ``cutoff`` must; returns how many sites that settles."""
        before = self.opened.sum() - len(self.live)
        self.opened[dual.live[dual.bound - dual.reduced > cutoff]] = True
        keep = (dual.bound + dual.reduced <= cutoff) | self.opened[dual.live]
        self.live, self.mean = self.live[keep], self.mean[keep]
        self.memory[:2] = RESTART, 0.0
        return int(self.opened.sum() - len(self.live) - before)

    def _reduced(self, value: Floats, price: float, y: Floats, state: Ints) -> Floats:
        """Change of the bound by forcing a free site against the choice; 0 for sites proved open."""
        if self.rule[0]:
            inside = value[(y > 0.5) & (state == 0)]
            outside = value[(y < 0.5) & (state == 0)]
            last = inside.max() if len(inside) else -np.inf
            following = outside.min() if len(outside) else np.inf
            result = np.where(y > 0.5, value - following, value - last)
        else:
            result = value - price * self._data()[3]
        return np.where(state == 0, result, 0.0)

    def _data(self) -> tuple[Floats, Floats, Floats, Floats]:
        problem, live = self.problem, self.live
        whole = len(live) == problem.sites
        cost = problem.cost if whole else np.ascontiguousarray(problem.cost[live])
        capacity = np.minimum(problem.capacity[live], max(self.rule[1], 1e-9))
        return cost, problem.fixed[live], problem.load, capacity

    def _state(self) -> Ints:
        return self.opened[self.live].astype(np.int64)
