"""Masts under a budget by the siting of depots, and the split of their cost between carriers by the rules of sharing.

A village is a demand whose outside cost is what stays without a signal; a mast is a module without a limit of
capacity whose investment counts against the budget. With a budget most tonnes get a signal; without one all villages
that any mast reaches, at least cost. The bound is that of the siting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.model import Mast
from coldchain.sharing import Divisions, Game, divide, members, whole_fen
from coldchain.siting import SitingProblem, SitingResult, solve_siting

TIE = 1e-6
"""Part of the least weight that all candidates together cost in the objective: of equal coverage the cheapest."""
RULES = ("shapley", "nucleolus", "proportional")


@dataclass(frozen=True, eq=False)
class Joint:
    """The masts built together.

    Attributes
    ----------
    built : indices of the candidates
    weight : what gets a signal, of what was without one; bound: no choice within the budget reaches more
    """

    built: Ints
    cost_cny: float
    weight: float
    bound: float
    status: str


def site_masts(masts: Sequence[Mast], reach: Bools, weight: Floats, carriers: int, budget_cny: float) -> Joint:
    """Choose masts.

    Parameters
    ----------
    masts : candidates
    reach : bool[masts, villages]
    weight : what a village counts while it is blind; 0 for those with a signal
    carriers : how many put their equipment on each mast
    budget_cny : for towers and equipment; inf: all villages that can be reached, at least cost
    """
    cost = np.array([one.tower_cny + carriers * one.equipment_cny for one in masts])
    wanted = np.flatnonzero((weight > 0) & reach.any(axis=0))
    if not len(wanted) or not len(masts):
        return Joint(np.zeros(0, dtype=np.int64), 0.0, 0.0, 0.0, "optimal")
    if np.isinf(budget_cny):
        found = _solved(reach[:, wanted], np.full(len(wanted), cost.sum() + 1.0), cost, cost, np.inf)
    else:
        own = weight[wanted]
        tie = TIE * own.min() * cost / max(float(cost.sum()), 1.0)
        found = _solved(reach[:, wanted], own, tie, cost, budget_cny)
    built = np.flatnonzero(found.count[:, 0] > 0)
    got = reach[built].any(axis=0)
    best = weight[wanted].sum()
    bound = best if np.isinf(budget_cny) else min(best, float(best - found.bound))
    value = float(weight[got].sum())
    return Joint(built, float(cost[built].sum()), value, max(bound, value), found.status)


def _solved(reach: Bools, outside: Floats, module: Floats, capex: Floats, budget_cny: float) -> SitingResult:
    """Solve the siting problem of masts: one type, capacity for everybody, the whole investment awarded."""
    sites, demands = reach.shape
    site, demand = np.nonzero(reach)
    ones = np.ones((sites, 1), dtype=np.int64)
    problem = SitingProblem(
        outside_cost=outside,
        arc_demand=demand,
        arc_site=site,
        arc_class=np.zeros(len(site), dtype=np.int64),
        arc_cost=np.zeros(len(site)),
        load=np.ones((demands, 1)),
        module_class=np.zeros(1, dtype=np.int64),
        capacity=np.array([float(demands)]),
        module_cost=module[:, None],
        module_capex=capex[:, None],
        award=capex[:, None],
        max_count=ones,
        existing=0 * ones,
        max_modules=ones[:, 0],
        power_kw=np.zeros(1),
        power_limit=np.full(sites, np.inf),
        forced=np.zeros(sites, dtype=bool),
        owner=np.arange(sites),
        owner_cap=np.full(sites, np.inf),
        county=np.zeros(sites, dtype=np.int64),
        pot=np.array([np.inf]),
        budget=budget_cny,
    )
    return solve_siting(problem, gap=1e-9)


@dataclass(frozen=True, eq=False)
class Split:
    """The cost of the masts between carriers.

    Attributes
    ----------
    built : masts of all carriers together, at least cost for what the joint plan reaches
    fen : rule -> whole fen of each carrier; they add up to the cost of all together
    """

    game: Game
    built: Ints
    divisions: Divisions
    fen: dict[str, list[int]]


def split_masts(masts: Sequence[Mast], reach: Bools, needs: Bools, names: Sequence[str]) -> Split:
    """Divide the cost of masts between carriers.

    A group builds the masts that give a signal wherever one of its members needs it, at least cost: a tower once, the
    equipment of every member on it.

    Parameters
    ----------
    reach : bool[masts, villages]
    needs : bool[carriers, villages], where the joint plan gives a carrier a signal it has not got
    """
    values = np.zeros(1 << len(names))
    built = np.zeros(0, dtype=np.int64)
    for mask in range(1, len(values)):
        group = members(mask)
        cost = np.array([one.tower_cny + len(group) * one.equipment_cny for one in masts])
        wanted = np.flatnonzero(needs[group].any(axis=0))
        if len(wanted):
            found = _solved(reach[:, wanted], np.full(len(wanted), cost.sum() + 1.0), cost, cost, np.inf)
            built = np.flatnonzero(found.count[:, 0] > 0)
            values[mask] = float(cost[built].sum())
    game = Game(tuple(names), "cost", values)
    divisions = divide(game, RULES, certified=False) if values[-1] > 0 else Divisions(game, {}, {}, 0.0)
    fen = {rule: whole_fen(found.amounts) for rule, found in divisions.divisions.items()}
    return Split(game, built, divisions, fen)
