"""Fair points inside the core: equal profit and Lorenz-maximal, both made unique lexicographically.

Both minimise the largest of some linear figures of the gains over standing alone, fix those that cannot fall further on
the whole optimal face, minimise the largest of the rest, and so on. The rows of the core are generated as violated.

*Equal profit* (Frisk, Göthe-Lundgren, Jörnsten & Rönnqvist 2010, doi 10.1016/j.ejor.2010.01.015): the figures are the
differences of relative savings of all pairs. *Lorenz-maximal*: the figures are minus the gains, so the poorest is
raised first; a point that is best in this order is Lorenz-undominated in the core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog

from coldchain.arrays import Floats
from coldchain.errors import LimitError
from coldchain.language import _
from coldchain.sharing.game import Game, indicator, sums, tolerance
from coldchain.sharing.scan import SETTLED, worst_of_blocks

Separate = Callable[[Floats], Iterable[tuple[int, float]]]
PRICED = 1e-7
ROWS_A_SCAN = 30
VIOLATED = 1e-10
ROUNDING = 4e-15  # of the largest worth: what a table of costs is uncertain by
SLACK = 1e-11
MOST_ROUNDS = 2000
TOLERANCES: Any = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def equal_profit(game: Game, epsilon: float = 0.0) -> Floats:
    """Return the amounts whose relative savings differ least, inside the core, shape (n,).

    Members that are worth nothing alone have no relative saving: their gains are made least after the others.

    Parameters
    ----------
    epsilon : what leaving costs a group; at least :func:`coldchain.sharing.stability.least_epsilon`
    """
    size = np.abs(game.alone)
    weighed = [i for i in range(game.n) if size[i] > tolerance(game.values)]
    return _in_core(game, equal_profit_goals(size, weighed), epsilon)


def equal_profit_goals(size: Floats, weighed: list[int]) -> list[Floats]:
    """Return the figures of equal profit, phase by phase: pairs of those weighed, then the gains of the rest."""
    n, scale = len(size), float(size.max(initial=0.0)) or 1.0
    unit = np.eye(n) * np.divide(scale, size, out=np.zeros(n), where=size > 0)[:, None]
    pairs = [unit[i] - unit[j] for i in weighed for j in weighed if i != j]
    rest = [np.eye(n)[i] for i in range(n) if i not in weighed]
    return [np.array(phase) for phase in (pairs, rest) if phase]


def lorenz(game: Game, epsilon: float = 0.0) -> Floats:
    """Return the Lorenz-maximal amounts of the core: the least gain is greatest, then the next, shape (n,)."""
    return _in_core(game, [-np.eye(game.n)], epsilon)


def _in_core(game: Game, phases: list[Floats], epsilon: float) -> Floats:
    worth = game.worth
    alone = worth[1 << np.arange(game.n)]
    surplus = worth - sums(alone)
    largest = float(np.abs(surplus).max())
    if largest <= tolerance(worth):
        return np.asarray(game.sign * (alone + surplus[-1] / game.n), dtype=np.float64)
    scale = 2.0 ** np.ceil(np.log2(largest))
    noise = ROUNDING * float(np.abs(worth).max()) / scale
    needed = np.asarray(surplus / scale - epsilon / scale - noise, dtype=np.float64)
    total = float(surplus[-1] / scale)
    needed[[0, -1]] = SETTLED

    def separate(gains: Floats) -> list[tuple[int, float]]:
        masks = worst_of_blocks(needed, gains, VIOLATED, ROWS_A_SCAN)
        return [(mask, float(needed[mask])) for mask in masks]

    start = {mask: float(needed[mask]) for i in range(game.n) if (mask := 1 << i) != game.everyone}
    gains = lexicographic(game.n, total, phases, separate, start)
    return np.asarray(game.sign * (alone + scale * gains), dtype=np.float64)


def lexicographic(n: int, total: float, phases: list[Floats], separate: Separate, start: Mapping[int, float]) -> Floats:
    """Minimise the largest figure, then the next, and so on, over the gains that add up and satisfy all groups.

    Parameters
    ----------
    total : what the gains add up to
    phases : figures as rows, each of shape (figures, n); a later phase counts when the earlier ones are settled
    start : least gains of some groups; those of single members keep the programmes bounded
    separate : returns groups and their least gains that a division violates; none when it is in the core

    Raises
    ------
    LimitError
        When the linear solver gave up, for example because the core is empty.
    """
    search = _Lexicographic(n, total, separate, dict(start))
    for goals in phases:
        search.minimise(goals)
    return search.polished()


@dataclass
class _Lexicographic:
    n: int
    total: float
    separate: Separate
    core: dict[int, float]
    capped: list[tuple[Floats, int]] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    tight: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gains = np.full(self.n, self.total / self.n)

    def minimise(self, goals: Floats) -> None:
        """Settle one phase of figures, level by level."""
        while len(goals := self._undetermined(goals)):
            price, row_price, level = self._optimum(goals)
            self.tight |= {mask for mask, p in zip(self.core, row_price, strict=True) if p > PRICED}
            chosen = price > PRICED
            self.capped += [(goal, len(self.levels)) for goal in goals[chosen]]
            self.levels.append(level)
            goals = goals[~chosen]

    def _undetermined(self, goals: Floats) -> Floats:
        """Drop the figures that the equations so far settle."""
        basis = self._equations()[0][:, : self.n]
        _rest, values, right = np.linalg.svd(basis, full_matrices=False)
        kept = right[values > 1e-9 * values[0]]
        rest = goals - goals @ kept.T @ kept
        kept_rows = np.linalg.norm(rest, axis=1) > 1e-8 * np.linalg.norm(goals, axis=1)
        return np.asarray(goals[kept_rows], dtype=np.float64)

    def _optimum(self, goals: Floats) -> tuple[Floats, Floats, float]:
        """Solve with generated rows; return the prices of goals and of core rows, and the level."""
        for _rest in range(MOST_ROUNDS):
            answer = self._solve(goals)
            self.gains, level = answer.x[: self.n], float(answer.x[-1])
            fresh = [(mask, least) for mask, least in self.separate(self.gains) if mask not in self.core]
            if not fresh:
                price = -np.asarray(answer.ineqlin.marginals, dtype=np.float64)
                last = len(goals) + len(self.core)
                return price[: len(goals)], price[len(goals) : last], level
            self.core.update(fresh)
        raise LimitError(
            _("the core was not closed within {most_rounds} linear programmes").format(most_rounds=MOST_ROUNDS)
        )

    def _solve(self, goals: Floats) -> Any:
        n = self.n
        groups = np.array([indicator(mask, n) for mask in self.core], dtype=np.float64).reshape(-1, n)
        capped = np.array([goal for goal, _rest in self.capped]).reshape(-1, n)
        left = np.zeros((len(goals) + len(groups) + len(capped), n + 1))
        left[:, :n] = np.vstack([goals, -groups, capped])
        left[: len(goals), n] = -1.0
        caps = [self.levels[level] + SLACK for _rest, level in self.capped]
        right = np.r_[np.zeros(len(goals)), [SLACK - least for least in self.core.values()], caps]
        answer: Any = linprog(
            np.r_[np.zeros(n), 1.0],
            A_ub=left,
            b_ub=right,
            A_eq=np.r_[np.ones(n), 0.0][None],
            b_eq=[self.total],
            bounds=(None, None),
            method="highs-ds",
            options=TOLERANCES,
        )
        if answer.status != 0:
            raise LimitError(
                _("no division satisfies every group within the given epsilon: {message}").format(
                    message=answer.message
                )
            )
        return answer

    def _equations(self) -> tuple[Floats, Floats]:
        """Return what is settled as equations in the gains and the levels."""
        rows = np.zeros((1 + len(self.tight) + len(self.capped), self.n + len(self.levels)))
        right = np.zeros(len(rows))
        rows[0, : self.n], right[0] = 1.0, self.total
        at = 1
        for mask in sorted(self.tight):
            rows[at, : self.n], right[at] = indicator(mask, self.n), self.core[mask]
            at += 1
        for goal, level in self.capped:
            rows[at, : self.n], rows[at, self.n + level] = goal, -1.0
            at += 1
        return rows, right

    def polished(self) -> Floats:
        """Solve the equations, nearest to the solver's figures."""
        rows, right = self._equations()
        near = np.r_[self.gains, self.levels]
        answer = near + np.linalg.lstsq(rows, right - rows @ near, rcond=1e-12)[0]
        return np.asarray(answer[: self.n], dtype=np.float64)
