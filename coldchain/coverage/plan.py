"""Masts under a budget by the siting of depots, and the split of their cost between carriers by the rules of sharing.

A village that a carrier does not reach is a demand whose outside cost is what stays without a signal. At a mast stand
two kinds of modules: the tower, once, and the equipment of each carrier, which needs the tower; both count against the
budget. With a budget most tonnes get a signal; without one all that any mast reaches, at least cost. The bound is that
of the siting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.model import Mast
from coldchain.sharing import Divisions, Game, divide, members, whole_fen
from coldchain.siting import SitingProblem, solve_siting
from coldchain.siting.coupling import Coupling

TIE = 1e-6
"""Part of the least weight that all candidates together cost in the objective: of equal coverage the cheapest."""
RULES = ("shapley", "nucleolus", "proportional")


@dataclass(frozen=True, eq=False)
class SharedMasts:
    """The masts built together.

    Attributes
    ----------
    equipped : bool[masts, carriers], whose equipment stands where
    weight : tonnes that get a signal, by the share of carriers; bound: no choice within the budget reaches more
    """

    equipped: Bools
    cost_cny: float
    weight: float
    bound: float
    status: str

    @property
    def built(self) -> Ints:
        """Indices of the masts with a tower."""
        return np.flatnonzero(self.equipped.any(axis=1))

    def reached(self, reach: Bools) -> Bools:
        """Return where the masts give each carrier a signal, bool[carriers, k], of what each mast reaches."""
        return np.asarray((self.equipped[:, :, None] & reach[:, None, :]).any(axis=0), dtype=bool)


def site_masts(masts: Sequence[Mast], reach: Bools, needs: Bools, tonnes: Floats, budget_cny: float) -> SharedMasts:
    """Choose masts and equipment.

    Parameters
    ----------
    masts : candidates
    reach : bool[masts, villages]
    needs : bool[carriers, villages], where a carrier has no signal
    tonnes : what a village counts, divided between the carriers
    budget_cny : for towers and equipment; inf: all that can be reached, at least cost
    """
    reached: Bools = np.asarray(reach.any(axis=0))
    carrier, village = np.nonzero(needs & reached)
    own = tonnes[village] / max(len(needs), 1)
    carrier, village, own = carrier[own > 0], village[own > 0], own[own > 0]
    equipped = np.zeros((len(masts), len(needs)), dtype=bool)
    if not len(carrier):
        return SharedMasts(equipped, 0.0, 0.0, 0.0, "optimal")
    cost = _cost(masts, len(needs))
    free = np.isinf(budget_cny)
    outside = np.full(len(own), cost.sum() + 1.0) if free else own
    money = cost if free else TIE * own.min() * cost / max(float(cost.sum()), 1.0)
    problem = _problem(reach[:, village], carrier, outside, _MastPrices(money, cost, budget_cny))
    found = solve_siting(problem, gap=1e-9)
    equipped = found.count[:, 1:] > 0
    value = float(own[(equipped[:, carrier] & reach[:, village]).any(axis=0)].sum())
    best = float(own.sum())
    bound = best if free else min(best, best - found.bound)
    spent = float((cost * _counts(equipped)).sum())
    return SharedMasts(equipped, spent, value, max(bound, value), found.status)


def _cost(masts: Sequence[Mast], carriers: int) -> Floats:
    """Return the investment in tower and equipment, float[masts, 1 + carriers]."""
    return np.array([[one.tower_cny, *[one.equipment_cny] * carriers] for one in masts], dtype=np.float64)


def _counts(equipped: Bools) -> Ints:
    """Return towers and equipment as counts: a tower wherever there is equipment."""
    return np.column_stack([equipped.any(axis=1), equipped]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _MastPrices:
    """What modules cost in the objective, float[masts, modules], what of the budget they take, and the budget."""

    objective: Floats
    capex: Floats
    budget_cny: float


def _problem(reach: Bools, carrier: Ints, outside: Floats, prices: _MastPrices) -> SitingProblem:
    """State the siting of masts: demands are pairs of carrier and village, modules the tower and each equipment."""
    sites, modules = prices.capex.shape
    site, demand = np.nonzero(reach)
    ones = np.ones((sites, modules), dtype=np.int64)
    rows = sites * (modules - 1)
    tower, own = np.repeat(np.arange(sites), modules - 1), np.tile(np.arange(1, modules), sites)
    hung = Coupling(
        row=np.tile(np.arange(rows), 2),
        site=np.tile(tower, 2),
        module=np.concatenate([np.zeros(rows, dtype=np.int64), own]),
        value=np.repeat([1.0, -1.0], rows),
        least=np.zeros(rows),
    )
    return SitingProblem(
        outside_cost=outside,
        arc_demand=demand,
        arc_site=site,
        arc_class=carrier[demand],
        arc_cost=np.zeros(len(site)),
        load=np.ones((len(outside), 1)),
        module_class=np.array([modules - 1, *range(modules - 1)]),
        capacity=np.full(modules, float(len(outside))),
        module_cost=prices.objective,
        module_capex=prices.capex,
        award=prices.capex,
        max_count=ones,
        existing=0 * ones,
        max_modules=ones.sum(axis=1),
        power_kw=np.zeros(modules),
        power_limit=np.full(sites, np.inf),
        forced=np.zeros(sites, dtype=bool),
        owner=np.arange(sites),
        owner_cap=np.full(sites, np.inf),
        county=np.zeros(sites, dtype=np.int64),
        pot=np.array([np.inf]),
        budget=prices.budget_cny,
        couplings=hung,
    )


def _least_cny(masts: Sequence[Mast], reach: Bools, needs: Bools) -> float:
    """Return what it costs at least to give some carriers a signal wherever they need it."""
    carrier, village = np.nonzero(needs)
    if not len(carrier):
        return 0.0
    cost = _cost(masts, len(needs))
    outside = np.full(len(carrier), cost.sum() + 1.0)
    found = solve_siting(_problem(reach[:, village], carrier, outside, _MastPrices(cost, cost, np.inf)), gap=1e-9)
    return float((cost * _counts(found.count[:, 1:] > 0)).sum())


@dataclass(frozen=True, eq=False)
class CarrierShares:
    """The cost of the masts between carriers.

    Attributes
    ----------
    game : what each group of carriers pays when it builds by itself
    fen : rule -> whole fen of each carrier; they add up to the cost of all together
    """

    game: Game
    divisions: Divisions
    fen: dict[str, list[int]]


def split_masts(masts: Sequence[Mast], reach: Bools, needs: Bools, names: Sequence[str]) -> CarrierShares:
    """Divide the cost of masts between carriers.

    A group builds what gives a signal wherever one of its members needs it, at least cost: a tower once, the equipment
    of those members on it who need it there. A carrier that needs nothing costs a group nothing.

    Parameters
    ----------
    reach : bool[masts, villages]
    needs : bool[carriers, villages], where the joint plan gives a carrier a signal it has not got
    """
    values = np.array([0.0, *(_least_cny(masts, reach, needs[members(mask)]) for mask in range(1, 1 << len(names)))])
    game = Game(tuple(names), "cost", values)
    divisions = divide(game, RULES, certified=False) if values[-1] > 0 else Divisions(game, {}, {}, 0.0)
    fen = {rule: whole_fen(found.amounts) for rule, found in divisions.divisions.items()}
    return CarrierShares(game, divisions, fen)
