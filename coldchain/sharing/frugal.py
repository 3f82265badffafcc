r"""The core test with few group costs, certified by bounds.

Costs of best joint plans are monotone (more members never cost less) and subadditive (two groups together never cost
more than apart). So a group that was never costed lies between

    ``c(S) ≥ c(U) - upper(U \ S)`` for every group U that was, ``upper(S)`` the least cost of covering S by such
    groups.

The next group to be costed is the one that could still gain most. When no group could gain more than epsilon,
none does. With more members than a table can hold, a mixed-integer programme looks for that group with ``upper(R)
= Σ c({i})``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from coldchain.arrays import ROUNDING, Floats, Ints
from coldchain.compiled import njit
from coldchain.language import _
from coldchain.sharing.game import indicator, sums
from coldchain.sharing.within import equal_profit_goals, lexicographic

Cost = Callable[[int], float]
LARGEST_ENUMERATED = 20
LARGEST_CLOSED = 13
CANDIDATES = 200
GUESSED = 0.7  # where between its bounds the cost of a group is expected


@dataclass(frozen=True)
class Verdict:
    """What is known about a division.

    Attributes
    ----------
    amounts : what each member pays, shape (n,)
    holds : no group gains more than epsilon by leaving, certified
    mask : the group found that gains most, 0 when none was costed
    gain : what it gains
    epsilon : no group whatever gains more than this
    costed : groups whose cost was asked for
    groups : groups in all
    """

    amounts: Floats
    holds: bool
    mask: int
    gain: float
    epsilon: float
    costed: int
    groups: int


@njit(cache=True)
def _tighten(mask: int, cost: float, lower: Floats, upper: Floats, monotone: bool) -> None:  # pragma: no cover
    for s in range(len(lower)):
        if s & mask == s and monotone:
            upper[s] = min(upper[s], cost)
        if s & mask == mask:
            upper[s] = min(upper[s], upper[s ^ mask] + cost)
    for s in range(len(lower)):
        if monotone or s & mask == s:
            lower[s] = max(lower[s], cost - upper[mask & ~s])


@njit(cache=True)
def _close(upper: Floats) -> None:  # pragma: no cover - compiled
    for s in range(1, len(upper)):
        part = (s - 1) & s
        while part:
            upper[s] = min(upper[s], upper[part] + upper[s ^ part])
            part = (part - 1) & s


@njit(cache=True)
def _refresh(masks: Ints, costs: Floats, lower: Floats, upper: Floats, monotone: bool) -> None:  # pragma: no cover
    for k in range(len(masks)):
        for s in range(len(lower)):
            if monotone or s & masks[k] == s:
                lower[s] = max(lower[s], costs[k] - upper[masks[k] & ~s])


@njit(cache=True)
def _most_telling(
    masks: Ints, guess: Floats, hope: Floats, room: Floats, upper: Floats, monotone: bool
) -> int:  # pragma: no cover - compiled
    """Return the group whose cost, guessed, would settle most others: ``room`` is the cost at which each is settled."""
    best, chosen = -1, masks[0]
    for k in range(len(masks)):
        count = 0
        for s in range(1, len(room) - 1):
            covers = monotone or s & masks[k] == s
            if hope[s] > 0 and (s == masks[k] or (covers and guess[k] - upper[masks[k] & ~s] >= room[s])):
                count += 1
        if count > best:
            best, chosen = count, masks[k]
    return int(chosen)


@dataclass
class AskedCosts:
    """Group costs asked for so far, and what they say about the others.

    Parameters
    ----------
    cost : of a group given as a mask
    n : members
    given : lower bounds of the planner on the cost of a group; none known: 0
    monotone : more members never cost less; False where members bring assets of their own
    floor : least cost of each member in whatever group, shape (n,); a group costs no less than its floors together
    """

    cost: Cost
    n: int
    given: Cost | None = None
    monotone: bool = True
    floor: Floats | None = None
    known: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.everyone = (1 << self.n) - 1
        self._random = np.random.default_rng(self.n)
        self.tabled = self.n <= LARGEST_ENUMERATED
        size = 1 << self.n if self.tabled else 1
        self.lower, self.upper = np.zeros(size), np.full(size, np.inf)
        self.upper[0] = 0.0
        if self.given is not None and self.tabled:
            self.lower[1:] = [self.given(mask) for mask in range(1, size)]
        if self.floor is not None and self.tabled:
            np.maximum(self.lower, sums(self.floor), out=self.lower)
        singles = [1 << i for i in range(self.n)]
        for mask in (*singles, self.everyone, *(self.everyone ^ single for single in singles)):
            if mask:
                self.ask(mask)

    @property
    def alone(self) -> Floats:
        """Cost of each member alone, shape (n,)."""
        return np.array([self.known[1 << i] for i in range(self.n)])

    @property
    def total(self) -> float:
        """Cost of all together."""
        return self.known[self.everyone]

    @property
    def slack(self) -> float:
        """Difference below which two amounts are equal."""
        return ROUNDING * max(abs(self.total), float(np.abs(self.alone).max()), 1e-300)

    def ask(self, mask: int) -> float:
        """Return the cost of a group; remember it and what follows from it."""
        if mask not in self.known:
            self.known[mask] = float(self.cost(mask))
            if self.tabled:
                _tighten(mask, self.known[mask], self.lower, self.upper, self.monotone)
                self.lower[mask] = self.upper[mask] = self.known[mask]
        return self.known[mask]

    def _refresh(self) -> None:
        masks = np.fromiter(self.known, dtype=np.int64)
        costs = np.fromiter(self.known.values(), dtype=np.float64)
        if self.n <= LARGEST_CLOSED:
            _close(self.upper)
        _refresh(masks, costs, self.lower, self.upper, self.monotone)

    def worst_known(self, amounts: Floats) -> tuple[int, float]:
        """Return the costed group that gains most, and its gain."""
        gain = {m: float(indicator(m, self.n) @ amounts) - c for m, c in self.known.items() if m != self.everyone}
        worst = max(gain, key=lambda mask: gain[mask], default=0)
        return worst, gain.get(worst, 0.0)

    def hopeful(self, amounts: Floats, target: float) -> tuple[int, float]:
        """Return the group to cost next, and the most that any group could gain by what is known.

        Parameters
        ----------
        target : what a group must be able to gain to matter
        """
        if not self.tabled:
            return self._search(amounts)
        self._refresh()
        given = sums(amounts)
        hope = given - self.lower
        hope[[0, -1]] = -np.inf
        top = int(hope.argmax())
        if hope[top] <= target or top in self.known:
            return top, float(hope[top])
        matter = hope - target
        matter[list(self.known)] = -np.inf
        return self._next(matter, given - target), float(hope[top])

    def _next(self, matter: Floats, room: Floats) -> int:
        """Choose a group that probably gains, or else the one whose cost would settle most others."""
        masks = np.flatnonzero(matter > 0)
        guess = self.lower[masks] + GUESSED * (self.upper[masks] - self.lower[masks])
        likely = room[masks] - guess
        if likely.max() > 0:
            return int(masks[likely.argmax()])
        if len(masks) > CANDIDATES:
            few = np.argsort(-matter[masks])[: CANDIDATES // 2]
            masks_kept = np.unique(np.r_[few, self._random.choice(len(masks), CANDIDATES // 2, replace=False)])
            masks, guess = masks[masks_kept], guess[masks_kept]
        return int(_most_telling(masks, guess, matter, room, self.upper, self.monotone))

    def _search(self, amounts: Floats) -> tuple[int, float]:
        """Maximise the hope over all groups by mixed-integer programming: one row for each group costed."""
        n, alone = self.n, self.alone
        inside = np.array([indicator(mask, n) for mask in self.known], dtype=np.float64)
        costs = np.fromiter(self.known.values(), dtype=np.float64)
        if not self.monotone and self.floor is None:
            message = _(
                "more than {largest_enumerated} members need floors, or costs that never fall with more members"
            ).format(largest_enumerated=LARGEST_ENUMERATED)
            raise ValueError(message)
        # hope ≤ y·s - c(U) + Σ_{i in U} c_i (1 - s_i), without monotony only for S within U
        apart = 0.0 if self.monotone else float(np.abs(amounts).sum() + np.abs(alone).sum() + np.abs(costs).max())
        rows = np.hstack([inside * alone - amounts - apart * (1.0 - inside), np.ones((len(costs), 1))])
        limits = inside @ alone - costs
        if self.floor is not None:  # hope ≤ (y - floor)·s
            rows, limits = np.vstack([rows, np.r_[self.floor - amounts, 1.0]]), np.r_[limits, 0.0]
        size = LinearConstraint(np.r_[np.ones(n), 0.0][None], 1, n - 1)
        answer = milp(
            np.r_[np.zeros(n), -1.0],
            integrality=np.r_[np.ones(n), 0.0],
            bounds=Bounds(np.r_[np.zeros(n), -np.inf], np.r_[np.ones(n), np.inf]),
            constraints=[LinearConstraint(rows, -np.inf, limits), size],
            options={"mip_rel_gap": 1e-6, "time_limit": 60.0},
        )
        if answer.x is None:
            return 0, float(np.maximum(alone - amounts, 0.0).sum())
        mask = sum(1 << i for i in range(n) if answer.x[i] > 0.5)
        return mask, float(-answer.mip_dual_bound)


def core_test(
    ledger: AskedCosts, amounts: Floats, *, epsilon: float = 0.0, worst: bool = False, most: int = 0
) -> Verdict:
    """Test a division, asking for as few group costs as the bounds allow.

    Parameters
    ----------
    amounts : what each member pays; they add up to the cost of all
    epsilon : what leaving costs a group
    worst : go on until the group that gains most is known, not only whether one gains
    most : most groups to cost in all, 0 for no limit; past it the verdict states the epsilon reached
    """
    target = epsilon + ledger.slack
    while True:
        mask, gain = ledger.worst_known(amounts)
        aim = gain + ledger.slack if worst else target
        hopeful, hope = ledger.hopeful(amounts, aim)
        hope = max(hope, gain)
        enough = hope <= max(aim, gain)
        found = gain > target and not worst
        if enough or found or hopeful in ledger.known or (most and len(ledger.known) >= most):
            bound = max(hope, 0.0) if hope > ledger.slack else 0.0
            groups = (1 << ledger.n) - 1
            return Verdict(amounts, hope <= target, mask, gain, bound, len(ledger.known), groups)
        ledger.ask(hopeful)


def equal_profit_of(ledger: AskedCosts, *, epsilon: float = 0.0, most: int = 0) -> Verdict:
    """Find the equal-profit amounts inside the core and certify them, costing groups only as needed.

    Parameters
    ----------
    epsilon : what leaving costs a group
    most : most groups to cost in all, 0 for no limit; past it the verdict states the epsilon reached

    Raises
    ------
    LimitError
        When the groups costed leave no division: the core is empty at this epsilon.
    """
    alone = ledger.alone
    scale = 2.0 ** np.ceil(np.log2(max(float(alone.max(initial=0.0)), 1e-300)))
    weighed = [i for i in range(ledger.n) if alone[i] > ledger.slack]

    def separate(gains: Floats) -> list[tuple[int, float]]:
        verdict = core_test(ledger, alone - scale * gains, epsilon=epsilon, most=most)
        if verdict.gain <= epsilon + ledger.slack:
            return []
        group = indicator(verdict.mask, ledger.n)
        return [(verdict.mask, float(group @ alone - ledger.known[verdict.mask] - epsilon) / scale)]

    phases = equal_profit_goals(alone, weighed)
    start = {1 << i: -epsilon / scale for i in range(ledger.n) if ledger.n > 1}
    gains = lexicographic(ledger.n, float(alone.sum() - ledger.total) / scale, phases, separate, start)
    return core_test(ledger, alone - scale * gains, epsilon=epsilon, most=most)


def equal_profit_known(known: Mapping[int, float], n: int, epsilon: float = 0.0) -> Floats:
    """Return the equal-profit amounts that no group of known cost gains more than epsilon by leaving, shape (n,)."""
    alone = np.array([known[1 << i] for i in range(n)])
    total = known[(1 << n) - 1]
    scale = 2.0 ** np.ceil(np.log2(max(float(np.abs(alone).max(initial=0.0)), 1e-300)))
    slack = ROUNDING * max(abs(total), scale)
    weighed = [i for i in range(n) if alone[i] > slack]
    least = {m: (float(indicator(m, n) @ alone) - c - epsilon) / scale for m, c in known.items() if m != (1 << n) - 1}
    gains = lexicographic(
        n, float(alone.sum() - total) / scale, equal_profit_goals(alone, weighed), lambda _rest: (), least
    )
    return np.asarray(alone - scale * gains, dtype=np.float64)


def least_epsilon_known(known: Mapping[int, float], n: int) -> float:
    """Return the least that some group of known cost gains by leaving, whatever the division; 0: the core may exist."""
    everyone = (1 << n) - 1
    groups = [mask for mask in known if mask != everyone]
    rows = np.array([[*indicator(mask, n), -1.0] for mask in groups])
    total = np.r_[np.ones(n), 0.0][None]
    free = [(None, None)] * n + [(0.0, None)]
    limits = [known[mask] for mask in groups]
    answer: Any = linprog(np.r_[np.zeros(n), 1.0], rows, limits, total, [known[everyone]], free, method="highs-ds")
    return float(answer.x[-1])
