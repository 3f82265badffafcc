"""Small siting problems, and a referee that enumerates every choice of modules."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from coldchain.model import Limit
from coldchain.siting import SideRow, SitingProblem, award_of_owner
from coldchain.siting.result import cell_modules, count_violations


def arrays(**changes: Any) -> dict[str, Any]:
    """Two villages of 2 t/day, two sites with an owner each, one module type of 3 t/day; ``changes`` override."""
    base: dict[str, Any] = {
        "outside_cost": [100.0, 100.0],
        "arc_demand": [0, 0, 1, 1],
        "arc_site": [0, 1, 0, 1],
        "arc_class": [0, 0, 0, 0],
        "arc_cost": [10.0, 30.0, 30.0, 10.0],
        "load": [[2.0], [2.0]],
        "module_class": [0],
        "capacity": [3.0],
        "module_cost": [[40.0], [40.0]],
        "module_capex": [[400.0], [400.0]],
        "award": [[100.0], [100.0]],
        "max_count": [[2], [2]],
        "existing": [[0], [0]],
        "max_modules": [2, 2],
        "power_kw": [10.0],
        "power_limit": [np.inf, np.inf],
        "forced": [False, False],
        "owner": [0, 1],
        "owner_cap": [np.inf, np.inf],
        "county": [0, 0],
        "pot": [np.inf],
        "budget": np.inf,
        "floor_share": 0.0,
    }
    return base | changes


def hand_case(**changes: Any) -> SitingProblem:
    """Make the two-village problem with some fields changed."""
    return SitingProblem(**arrays(**changes))


def random_case(seed: int, *, limit: bool = False) -> SitingProblem:
    """Draw up to five demands, three sites, three module types and tight limits of every kind."""
    rng = np.random.default_rng(seed)
    demands, sites, types, periods = rng.integers(1, 6), rng.integers(1, 4), rng.integers(1, 4), rng.integers(1, 3)
    owners, classes = int(rng.integers(1, sites + 1)), int(rng.integers(1, 3))
    keep = rng.random((demands, sites, classes)) < 0.8
    d, j, o = np.nonzero(keep)
    capex = rng.uniform(20, 80, (sites, types)).round(1)
    award = (capex * rng.uniform(0.2, 0.6)).round(2)
    inf = np.inf
    case: dict[str, Any] = {
        "outside_cost": rng.uniform(20, 120, demands).round(1),
        "arc_demand": d,
        "arc_site": j,
        "arc_class": o,
        "arc_cost": rng.uniform(0, 80, len(d)).round(1),
        "load": (rng.uniform(0, 4, (demands, periods)) * (rng.random((demands, 1)) < 0.9)).round(2),
        "module_class": rng.integers(0, classes, types),
        "capacity": rng.uniform(2, 6, types).round(1),
        "module_cost": rng.uniform(5, 40, (sites, types)).round(1),
        "module_capex": capex,
        "award": award,
        "max_count": rng.integers(0, 3, (sites, types)),
        "existing": (rng.random((sites, types)) < 0.15).astype(int),
        "max_modules": rng.integers(1, 4, sites),
        "power_kw": rng.uniform(0, 20, types).round(),
        "power_limit": rng.choice([15.0, 40.0, inf], sites),
        "forced": rng.random(sites) < 0.2,
        "owner": np.r_[rng.permutation(owners), rng.integers(0, owners, sites - owners)],
        "owner_cap": rng.choice([10.0, 25.0, inf], owners),
        "county": rng.integers(0, 2, sites),
        "pot": rng.choice([20.0, 40.0, inf], 2),
        "budget": float(rng.choice([15.0, 30.0, 60.0, inf])),
        "floor_share": float(rng.choice([0.0, 0.15, 0.4])),
        "staff": rng.choice([0.0, 0.5, 1.0, 2.0], types),
        "staff_limit": rng.choice([1.0, 2.0, inf], sites),
        "size": rng.uniform(1, 5, types).round(1),
        "least_size": float(rng.choice([0.0, 0.0, 4.0])),
    }
    if limit:
        outside, arc = rng.uniform(5, 10, demands), rng.uniform(0, 6, len(d))
        module, most = rng.uniform(0, 1, (sites, types)), float(outside.sum() * rng.uniform(0.4, 1.0))
        case["sides"] = (at_most(most, outside, arc, module, owners),)
    return SitingProblem(**case)


def at_most(most: float, outside: ArrayLike, arc: ArrayLike, module: ArrayLike, owners: int) -> SideRow:
    """Hold a second objective at or under a figure."""
    values = [-np.asarray(part, dtype=np.float64) for part in (arc, outside, module)]
    return SideRow(Limit("aim"), np.arange(len(values[0])), *values, np.zeros(owners), -most)


def brute_force(problem: SitingProblem) -> float:
    """Least cost over every whole choice of modules, inf when none is feasible."""
    best = np.inf
    ranges = [range(int(n) + 1) for n in problem.max_count.ravel()]
    for choice in itertools.product(*ranges):
        count = np.array(choice, dtype=np.int64).reshape(problem.max_count.shape)
        if not count_violations(problem, count):
            best = min(best, _served(problem, count) + float((problem.module_cost * count).sum()))
    return best


def _served(problem: SitingProblem, count: np.ndarray) -> float:
    demands, arcs, periods = (problem.sizes[k] for k in "DAP")
    modules, capacity = cell_modules(problem, count)
    equal = np.hstack([np.eye(demands), (problem.arc_demand == np.arange(demands)[:, None]).astype(float)])
    rows, limits = [], []
    for cell, p in itertools.product(np.unique(problem.arc_cell), range(periods)):
        used = (problem.arc_cell == cell) * problem.load[problem.arc_demand, p]
        rows.append(np.r_[np.zeros(demands), used])
        limits.append(capacity[cell])
    for side in problem.sides:
        value = np.zeros(arcs)
        np.add.at(value, side.index, side.value)
        rows.append(-np.r_[side.outside, value])
        limits.append(float((side.module * count).sum()) - side.least)
    top = np.r_[np.ones(demands), (modules[problem.arc_cell] > 0).astype(float)]
    found = linprog(
        np.r_[problem.outside_cost, problem.arc_cost],
        A_ub=np.array(rows).reshape(-1, demands + arcs) if rows else None,
        b_ub=limits or None,
        A_eq=equal,
        b_eq=np.ones(demands),
        bounds=np.c_[np.zeros(demands + arcs), top],
    )
    return float(found.fun) if found.status == 0 else np.inf


def total_award(problem: SitingProblem, count: np.ndarray) -> float:
    """Sum of the awards of a choice in CNY."""
    return float(award_of_owner(problem, count).sum())
