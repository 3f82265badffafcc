"""Nucleolus, prenucleolus and per-capita nucleolus by a sequence of linear programmes with row generation.

Stage k minimises the largest excess ``t`` of the groups not yet settled. Rows come from a full scan of the table.
A row with a positive dual price is tight on the *whole* optimal face, so it becomes an equation; a row that is
merely tight at the vertex found does not (Guajardo & Jörnsten 2015, doi 10.1016/j.ejor.2014.10.037). Groups in
the span of the equations are settled and leave the search (exactly, see :mod:`coldchain.sharing.span`). Every
stage raises the rank, so there are fewer stages than members.

References: Schmeidler 1969, doi 10.1137/0117107; Kohlberg 1971, doi 10.1137/0120009.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from coldchain.arrays import Floats, Ints
from coldchain.errors import InfeasibleError, LimitError
from coldchain.language import _
from coldchain.sharing.game import indicator, sizes, sums, tolerance
from coldchain.sharing.scan import SETTLED, close_settled, worst_of_blocks
from coldchain.sharing.span import Span

GROUPS_A_SCAN = 20
GROUPS_A_STAGE = 12
VIOLATED = 1e-10
BOUND_SLACK = 1e-11
PRICED = 1e-8
MOST_SOLVES_A_STAGE = 500
PARAMETERS = (
    "use_dual_simplex: false use_preprocessing: false "
    "primal_feasibility_tolerance: 1e-11 dual_feasibility_tolerance: 1e-11"
)


@dataclass(frozen=True)
class SettledGroup:
    """One equation of the answer: a group has the excess of its level; level None: a member gets its worth alone."""

    mask: int
    level: int | None


@dataclass(frozen=True)
class Nucleolus:
    """A (pre)nucleolus.

    Attributes
    ----------
    payoff : worth given to each member, shape (n,)
    levels : excess of each stage, falling
    settled : the equations that determine it
    solves : linear programmes solved
    """

    payoff: Floats
    levels: tuple[float, ...]
    settled: tuple[SettledGroup, ...]
    solves: int


def nucleolus(worth: Floats, *, rational: bool = True, per_capita: bool = False) -> Nucleolus:
    """Return the division whose excesses, sorted from the largest, are lexicographically least.

    Parameters
    ----------
    worth : of every group, shape (2^n,)
    rational : only divisions that give nobody less than its worth alone; False: the prenucleolus
    per_capita : count the excess of a group per head

    Raises
    ------
    InfeasibleError
        When ``rational`` and the parts are worth more than the whole.

    Examples
    --------
    Lemaire's insurance game is in the tests; here three share 10, pairs can get 6, 4 and 2:

    >>> np.round(nucleolus(np.array([0.0, 0, 0, 6, 0, 4, 2, 10])).payoff, 9).tolist()
    [5.0, 3.0, 2.0]
    """
    n = len(worth).bit_length() - 1
    alone = worth[1 << np.arange(n)]
    surplus = worth - sums(alone)
    if rational and surplus[-1] < -tolerance(worth):
        raise InfeasibleError(
            _("apart the members do better by {amount:,.6g} than together: no division satisfies each of them").format(
                amount=-surplus[-1]
            )
        )
    largest = float(np.abs(surplus).max())
    if n == 1 or largest <= tolerance(worth) * 1e-3:
        return Nucleolus(alone + surplus[-1] / n, (0.0,), tuple(SettledGroup(1 << i, 0) for i in range(n)), 0)
    if rational and surplus[-1] <= tolerance(worth) * 1e-3:
        return Nucleolus(alone + surplus[-1] / n, (), tuple(SettledGroup(1 << i, None) for i in range(n)), 0)
    scale = 2.0 ** np.ceil(np.log2(largest))
    search = _Nucleolus(n, np.asarray(surplus / scale, dtype=np.float64), rational=rational, per_capita=per_capita)
    payoff, levels = search.run()
    settled = tuple(search.settled)
    return Nucleolus(alone + scale * payoff, tuple(scale * level for level in levels), settled, search.master.solves)


class _DualMaster:
    """The dual of: min t subject to x(S) + w(S)·t ≥ v(S) for the groups so far, and the equations.

    It has one row for each member and one for t, so its basis stays small whatever the number of groups, and a new
    group is a new column that leaves the basis feasible. Its row prices are x and t.
    """

    def __init__(self, n: int, total: float, *, rational: bool) -> None:
        self.n, self.solves = n, 0
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        self.solver.SetSolverSpecificParametersAsString(PARAMETERS)
        self.ever = self.solver.infinity()
        self.rows = [self.solver.Constraint(0.0, 0.0) for _member in range(n)]
        self.heads = self.solver.Constraint(1.0, 1.0)
        self.objective = self.solver.Objective()
        self.objective.SetMaximization()
        self.columns: dict[int, pywraplp.Variable] = {}
        self.equations: set[int] = set()
        self.bounds = {i: self._bound(i) for i in range(n)} if rational else {}
        self.add((1 << n) - 1, total, 0.0)
        self.equate((1 << n) - 1, total)

    def _bound(self, i: int) -> pywraplp.Variable:
        """Add the price of x ≥ -slack; the slack keeps rounding from emptying a face that is a single point."""
        price = self.solver.NumVar(0.0, self.ever, "")
        self.rows[i].SetCoefficient(price, 1.0)
        self.objective.SetCoefficient(price, -BOUND_SLACK)
        return price

    def add(self, mask: int, worth: float, heads: float) -> None:
        """Add the column of a group."""
        column = self.solver.NumVar(0.0, self.ever, "")
        for i, row in enumerate(self.rows):
            if mask >> i & 1:
                row.SetCoefficient(column, 1.0)
        if heads:
            self.heads.SetCoefficient(column, heads)
        self.objective.SetCoefficient(column, worth)
        self.columns[mask] = column

    def equate(self, mask: int, value: float) -> None:
        """Settle x(S) = value: the price of the group becomes free."""
        column = self.columns[mask]
        self.heads.SetCoefficient(column, 0.0)
        self.objective.SetCoefficient(column, value)
        column.SetBounds(-self.ever, self.ever)
        self.equations.add(mask)

    def drop(self, mask: int) -> None:
        """Let a group go."""
        self.columns.pop(mask).SetBounds(0.0, 0.0)

    def fix_at_zero(self, i: int) -> None:
        """Settle x of a member at 0: the price of its bound becomes free."""
        price = self.bounds.pop(i)
        price.SetBounds(-self.ever, self.ever)
        self.objective.SetCoefficient(price, 0.0)

    def unbind(self, i: int) -> None:
        """Let the bound of a member go: the equations settle its x."""
        if i in self.bounds:
            self.bounds.pop(i).SetBounds(0.0, 0.0)

    def solve(self) -> tuple[Floats, float]:
        """Return x and t.

        Raises
        ------
        LimitError
            When the solver gave up.
        """
        status = self.solver.Solve()
        self.solves += 1
        if status != pywraplp.Solver.OPTIMAL:
            raise LimitError(
                _("the linear solver left a stage of the nucleolus with status {status}; expected optimal").format(
                    status=status
                )
            )
        return np.array([row.dual_value() for row in self.rows]), self.heads.dual_value()

    def prices(self) -> dict[int, float]:
        """Return the positive prices of the groups that are not settled."""
        found = {mask: column.solution_value() for mask, column in self.columns.items() if mask not in self.equations}
        return {mask: price for mask, price in found.items() if price > PRICED}

    def bounds_priced(self) -> list[int]:
        """Return the members whose bound x ≥ 0 has a positive price."""
        return [i for i, price in self.bounds.items() if price.solution_value() > PRICED]


class _Nucleolus:
    """One run over the stages, on a game whose members alone are worth 0 and whose largest figure is about 1."""

    def __init__(self, n: int, worth: Floats, *, rational: bool, per_capita: bool) -> None:
        self.n, self.worth = n, worth
        self.heads = sizes(n) if per_capita else None
        self.span = Span(n)
        self.span.add([1] * n)
        self.open_worth = worth.copy() if self.heads is None else _per_head(worth, self.heads)
        self.open_worth[[0, -1]] = SETTLED
        self.master = _DualMaster(n, float(worth[-1]), rational=rational)
        self.settled: list[SettledGroup] = []
        self.levels = 0
        self.payoff = np.full(n, worth[-1] / n)

    def run(self) -> tuple[Floats, Floats]:
        """Settle level after level; return the payoff and the levels."""
        known: Floats = np.zeros(0)
        while self.span.rank < self.n:
            self._seed()
            self._optimise()
            self._settle()
            self.payoff, known = self._polish()
            self._equations(known)
        return self.payoff, known

    def _of(self, mask: int) -> float:
        return 1.0 if self.heads is None else float(self.heads[mask])

    def _worst(self, x: Floats, above: float, most: int) -> list[int]:
        if self.heads is None:
            return worst_of_blocks(self.open_worth, x, above, most)
        excess = self.open_worth.copy()
        excess[1:] -= sums(x)[1:] / self.heads[1:]
        return worst_of_blocks(excess, np.zeros(self.n), above, most)

    def _add(self, mask: int) -> None:
        if mask not in self.master.columns:
            self.master.add(mask, float(self.worth[mask]), self._of(mask))

    def _seed(self) -> None:
        """Start with the worst groups and their complements: the pairs bound t from below."""
        for mask in self._worst(self.payoff, SETTLED / 2, GROUPS_A_STAGE):
            self._add(mask)
            self._add(len(self.worth) - 1 - mask)

    def _optimise(self) -> None:
        """Solve and scan until no group exceeds t."""
        for _solve in range(MOST_SOLVES_A_STAGE):
            self.payoff, t = self.master.solve()
            worst = self._worst(self.payoff, t + VIOLATED, GROUPS_A_SCAN)
            fresh = [mask for mask in worst if mask not in self.master.columns]
            if not fresh:
                return
            for mask in fresh:
                self._add(mask)
        raise LimitError(
            _("a stage of the nucleolus did not end within {most_solves_a_stage} linear programmes").format(
                most_solves_a_stage=MOST_SOLVES_A_STAGE
            )
        )

    def _settle(self) -> None:
        """Record the rows and the bounds that are tight on the whole optimal face; t falls no further for them."""
        self.fresh = []
        priced, zero = self.master.prices(), self.master.bounds_priced()
        for mask in priced:
            self.settled.append(SettledGroup(mask, self.levels))
            if self.span.add(indicator(mask, self.n).tolist()):
                self.fresh.append(mask)
        for i in zero:
            self.settled.append(SettledGroup(1 << i, None))
            if self.span.add(indicator(1 << i, self.n).tolist()):
                self.master.fix_at_zero(i)
        self.levels += 1

    def _polish(self) -> tuple[Floats, Floats]:
        """Solve the equations so far for x and the levels by least squares, nearest to the solver's own figures."""
        left = np.zeros((len(self.settled) + 1, self.n + self.levels))
        right = np.zeros(len(left))
        left[0, : self.n], right[0] = 1.0, self.worth[-1]
        for r, item in enumerate(self.settled, start=1):
            left[r, : self.n] = indicator(item.mask, self.n)
            if item.level is not None:
                left[r, self.n + item.level] = self._of(item.mask)
                right[r] = self.worth[item.mask]
        near = np.concatenate([self.payoff, np.zeros(self.levels)])
        answer = near + np.linalg.lstsq(left, right - left @ near, rcond=1e-12)[0]
        return answer[: self.n], answer[self.n :]

    def _equations(self, known: Floats) -> None:
        """Turn the settled rows into equations and let go what they settle besides."""
        for mask in self.fresh:
            self.master.equate(mask, float(self.worth[mask] - self._of(mask) * known[-1]))
        close_settled(self.open_worth, self.span.normal())
        columns = [mask for mask in self.master.columns if mask not in self.master.equations]
        for mask in columns:
            if self.open_worth[mask] == SETTLED:
                self.master.drop(mask)
        for i in np.flatnonzero(self.open_worth[1 << np.arange(self.n)] == SETTLED):
            self.master.unbind(int(i))


def _per_head(worth: Floats, heads: Ints) -> Floats:
    return np.asarray(worth / np.maximum(heads, 1), dtype=np.float64)


def excesses(worth: Floats, payoff: Floats, heads: Ints | None = None) -> Floats:
    """Return what each group could have above what it is given, shape (2^n,); per head where heads are given."""
    excess = np.asarray(worth - sums(payoff), dtype=np.float64)
    if heads is not None:
        excess[1:] /= heads[1:]
    return excess
