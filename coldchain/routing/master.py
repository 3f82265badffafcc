"""Set partitioning: the best choice among routes already known from a set of open depots.

    minimise    Σ_r cost_r·x_r
    subject to  Σ_{r ∋ i} x_r = 1                       each stop on one route
                Σ_{r from d} load_r·x_r ≤ capacity_d    each depot
                x in {0, 1}

The relaxation comes first: a route whose reduced cost lifts it to the cost that must be undercut is in no better choice
and is left out, which makes whole-number problems of a few hundred columns out of pools of thousands.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.routing.instance import Instance
from coldchain.routing.ruin import VehicleTrips

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

NODES = 300  # of branch and bound, after which the best choice found counts
LEAST = 1e-6  # share by which a choice must be better to count
Entry = tuple[float, VehicleTrips]


@dataclass
class RoutePool:
    """Routes met so far: the cheapest for each depot and set of stops."""

    known: dict[tuple[int, frozenset[int]], Entry] = field(default_factory=dict)

    def add(self, routes: Sequence[VehicleTrips], costs: Sequence[float]) -> None:
        """Remember routes with what each costs, its depot's opening left out."""
        for duty, cost in zip(routes, costs, strict=True):
            key = duty.depot, frozenset(duty.stops)
            if key not in self.known or cost < self.known[key][0] * (1.0 - 1e-12):
                self.known[key] = cost, duty


def choose(
    instance: Instance, pool: RoutePool, depots: Sequence[int], below: float
) -> tuple[tuple[VehicleTrips, ...], float] | None:
    """Choose routes from these depots that serve every stop once for less than ``below``.

    Parameters
    ----------
    below : cost to be undercut, the depots' opening left out; inf when none is known

    Returns
    -------
    routes and their cost, or None when there is no such choice, or none was found within `NODES`
    """
    entries = [entry for entry in pool.known.values() if entry[1].depot in depots]
    relaxed = _relax(instance, entries, depots)
    if relaxed is None or relaxed[0] >= below * (1.0 - LEAST):
        return None
    room = below * (1.0 - LEAST) - relaxed[0]
    entries = [entry for entry, price in zip(entries, relaxed[1], strict=True) if price <= room]
    chosen = _decide(instance, entries, depots)
    cost = float(sum(cost for cost, _ in chosen))
    return (tuple(duty for _, duty in chosen), cost) if chosen and cost < below * (1.0 - LEAST) else None


def _relax(instance: Instance, entries: Sequence[Entry], depots: Sequence[int]) -> tuple[float, Floats] | None:
    """Value of the relaxation and reduced cost of every route; None when it has no solution."""
    from ortools.math_opt.python import mathopt

    model, shares = _model(instance, entries, depots, whole=False)
    result = mathopt.solve(model, mathopt.SolverType.GLOP)
    if not result.has_primal_feasible_solution() or not result.has_dual_feasible_solution():
        return None
    return result.objective_value(), np.array(result.reduced_costs(shares))


def _decide(instance: Instance, entries: Sequence[Entry], depots: Sequence[int]) -> list[Entry]:
    """Return the routes chosen; none when no choice was found."""
    from ortools.math_opt.python import mathopt

    model, shares = _model(instance, entries, depots, whole=True)
    limit = mathopt.SolveParameters(node_limit=NODES, relative_gap_tolerance=LEAST)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limit)
    if not result.has_primal_feasible_solution():
        return []
    return [entry for entry, share in zip(entries, result.variable_values(shares), strict=True) if share > 0.5]


def _model(
    instance: Instance, entries: Sequence[Entry], depots: Sequence[int], whole: bool
) -> tuple[mathopt.Model, list[mathopt.Variable]]:
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    most = 1.0 if whole else np.inf  # a limit of 1 would hide part of the reduced costs
    shares = [model.add_variable(lb=0.0, ub=most, is_integer=whole) for _ in entries]
    serving: list[list[Any]] = [[] for _ in range(instance.n)]
    brought: dict[int, list[Any]] = {d: [] for d in depots}
    for share, (_, duty) in zip(shares, entries, strict=True):
        stops = list(itertools.chain(*duty.trips))
        for i in stops:
            serving[i].append(share)
        brought[duty.depot].append(float(instance.load[stops].sum()) * share)
    for routes in serving:
        model.add_linear_constraint(mathopt.fast_sum(routes) == 1.0)
    for d, loads in brought.items():
        model.add_linear_constraint(mathopt.fast_sum(loads) <= float(instance.depots[d, 0]))
    model.minimize(mathopt.fast_sum(cost * share for share, (cost, _) in zip(shares, entries, strict=True)))
    return model, shares
