"""The master problem of location-routing: the best choice among depots whose whole year is known, routes included.

A column is a depot as some plan ran it: its modules, who it serves, what its year costs with real routes. Columns of
different plans are put together anew:

    minimise    Σ_c cost_c·z_c + Σ_d outside_d·o_d
    subject to  Σ_c share_cd·z_c + o_d ≥ 1        each demand; who is served twice is left to one later
                Σ_{c at j} z_c ≤ 1                each site; = 1 where forced and nothing stands
                a_e = min(Σ award·modules, cap)   each owner, by a binary where the cap can bind
                Σ a ≤ budget, Σ a ≤ pot of each county, Σ a ≥ floor_share·Σ capex,   z in {0, 1}

Set partitioning over columns met in a search: Balinski & Quandt 1964, doi 10.1287/opre.12.2.300.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.engine import Engine, Model, Rows, StoppedError
from coldchain.siting.problem import SitingProblem
from coldchain.work import Meter


@dataclass(frozen=True, eq=False)
class DepotColumn:
    """A depot of some plan: new modules int[K], demands served and their shares, CNY a year with its routes."""

    site: int
    modules: Ints
    demand: Ints
    share: Floats
    cost_cny: float


def choose_columns(
    problem: SitingProblem,
    columns: Sequence[DepotColumn],
    meter: Meter,
    stop: Callable[[], bool] = lambda: False,
    seed: int = 0,
) -> tuple[int, ...] | None:
    """Choose columns that together cost least under the limits on modules and money.

    Limits that join service and money (`SitingProblem.sides`) are not asked for.

    Parameters
    ----------
    columns : at least one, each within the limits of its own site
    meter : what is left of it ends the solve; the best choice found by then counts

    Returns
    -------
    indices of the chosen columns, or None when none was found
    """
    model = _Master(problem, columns).model()
    with Engine(meter, stop, seed) as engine:
        try:
            outcome = engine.solve(model, engine.left(), gap=1e-6)
        except StoppedError:
            return None
    if outcome.values is None:
        return None
    return tuple(int(c) for c in np.flatnonzero(outcome.values[: len(columns)] > 0.5))


class _Master:
    """Columns of the model: ``[z (columns) | o (demands) | a (owners) | b (owners: 1 where the cap binds)]``."""

    def __init__(self, problem: SitingProblem, columns: Sequence[DepotColumn]) -> None:
        self.problem, self.columns = problem, columns
        self.sizes = problem.sizes
        n, demands, owners = len(columns), self.sizes["D"], self.sizes["E"]
        self.award_at = n + demands + np.arange(owners)
        self.capped_at = self.award_at + owners
        self.width = n + demands + 2 * owners
        self.site = np.array([c.site for c in columns])
        self.raw = np.array([problem.award[c.site] @ c.modules for c in columns])
        self.capex = np.array([problem.module_capex[c.site] @ c.modules for c in columns])
        self.rows = Rows()

    def model(self) -> Model:
        """State the whole model."""
        problem, n = self.problem, len(self.columns)
        self._service()
        self._awards()
        self._money()
        cost = np.concatenate([[c.cost_cny for c in self.columns], problem.outside_cost, np.zeros(2 * self.sizes["E"])])
        upper = np.ones(self.width)
        upper[self.award_at] = np.minimum(problem.owner_cap, self.raw.sum() + 1.0)
        integer = np.zeros(self.width, bool)
        integer[:n], integer[self.capped_at] = True, True
        return Model(cost, np.zeros(self.width), upper, integer, self.rows)

    def _service(self) -> None:
        rows, problem, n = self.rows, self.problem, len(self.columns)
        served = rows.new(1.0, np.inf, self.sizes["D"])
        rows.put(served, n + np.arange(self.sizes["D"]), 1.0)
        for c, column in enumerate(self.columns):
            rows.put(served[column.demand], c, column.share)
        must = problem.forced & (problem.existing.sum(axis=1) == 0)
        once = rows.new(must.astype(float), 1.0, self.sizes["J"])
        rows.put(once[self.site], np.arange(n), 1.0)

    def _awards(self) -> None:
        """Award an owner the sum over its modules, or its cap where that is less."""
        rows, problem, n = self.rows, self.problem, len(self.columns)
        owners = self.sizes["E"]
        most = np.bincount(problem.owner[self.site], self.raw, minlength=owners)
        cap = np.minimum(problem.owner_cap, most)
        under = rows.new(0.0, np.inf, owners)  # raw - a >= 0
        rows.put(under[problem.owner[self.site]], np.arange(n), self.raw)
        rows.put(under, self.award_at, -1.0)
        full = rows.new(-np.inf, 0.0, owners)  # raw - a <= (most - cap)·b
        rows.put(full[problem.owner[self.site]], np.arange(n), self.raw)
        rows.put(full, self.award_at, -1.0)
        rows.put(full, self.capped_at, -(most - cap))
        reached = rows.new(0.0, np.inf, owners)  # a >= cap·b
        rows.put(reached, self.award_at, 1.0)
        rows.put(reached, self.capped_at, -cap)

    def _money(self) -> None:
        rows, problem = self.rows, self.problem
        rows.put(rows.new(-np.inf, problem.budget), self.award_at, 1.0)
        pots = rows.new(-np.inf, problem.pot, self.sizes["C"])
        rows.put(pots[problem.owner_county], self.award_at, 1.0)
        if problem.floor_share > 0:
            floor = rows.new(0.0, np.inf)
            rows.put(floor, self.award_at, 1.0)
            rows.put(floor, np.arange(len(self.columns)), -problem.floor_share * self.capex)
