"""Sets of depots to start from: facility location in which every stop pays its share of a straight trip.

    minimise    Σ_d open_d·y_d + Σ_d Σ_i trip_di·share_i·x_di       share_i = part of a vehicle that stop i fills
    subject to  Σ_d x_di = 1,  Σ_i load_i·x_di ≤ capacity_d·y_d,  Σ_d y_d = k,  x ≥ 0,  y in {0, 1}

Whether many small depots or few large ones serve best is not told by moves of one depot where capacities are tight, so
there is a start for every number of depots k that suffices.
"""

from __future__ import annotations

import numpy as np

from coldchain.arrays import Floats
from coldchain.routing.instance import Instance
from coldchain.routing.kernel import data as c

NODES = 50  # of branch and bound, for one number of depots


def starting_sets(instance: Instance, least: int = 1) -> list[tuple[int, ...]]:
    """Return the cheapest set of k depots by straight trips, for every k from ``least`` that can take all."""
    found = []
    cost = _straight(instance)
    counts = range(least, instance.m + 1)
    for count in counts:
        chosen = _cheapest(instance, cost, count)
        if chosen:
            found.append(chosen)
    return found


def _straight(instance: Instance) -> Floats:
    """(m, n) CNY of a stop's share of a trip for it alone, in the vehicle that does it cheapest."""
    m = instance.m
    kinds = instance.full_types
    if instance.legs.ndim == 3:
        there_and_back = instance.legs[:m, m:] + instance.legs[m:, :m].transpose(1, 0, 2)
    else:
        far = np.hypot(*(np.subtract.outer(instance.legs[:m, k], instance.legs[m:, k]) for k in range(2)))
        there_and_back = 2.0 * far[..., None] * np.array(instance.metric[:2])
    costs = []
    for kind in kinds:
        share = np.maximum(instance.load / kind[c.PAYLOAD], instance.volume / kind[c.SPACE])
        trip = kind[c.DAY] + kind[c.PER_KM] * there_and_back[..., 0]
        trip += kind[c.PER_H] * kind[c.PACE] * there_and_back[..., 1]
        ride = instance.by_cargo[:, int(kind[c.AIR])] * kind[c.PACE] * there_and_back[..., 1] / 2.0
        costs.append(trip * np.minimum(share, 1.0) + ride)
    least: Floats = np.min(costs, axis=0)
    return least if instance.access_cny is None else least + instance.access_cny


def _cheapest(instance: Instance, cost: Floats, count: int) -> tuple[int, ...]:
    from ortools.math_opt.python import mathopt

    m, n = instance.m, instance.n
    if np.sort(instance.depots[:, 0])[-count:].sum() < instance.load.sum() * (1.0 - 1e-12):
        return ()
    model = mathopt.Model()
    opened = [model.add_binary_variable() for _ in range(m)]
    reach = np.isfinite(cost)
    part = {(d, i): model.add_variable(lb=0.0) for d in range(m) for i in range(n) if reach[d, i]}
    for i in range(n):
        model.add_linear_constraint(mathopt.fast_sum(part[d, i] for d in range(m) if reach[d, i]) == 1.0)
    for d in range(m):
        brought = [float(instance.load[i]) * part[d, i] for i in range(n) if reach[d, i]]
        takes = min(float(instance.depots[d, 0]), float(instance.load.sum()))
        model.add_linear_constraint(mathopt.fast_sum(brought) <= takes * opened[d])
    model.add_linear_constraint(mathopt.fast_sum(opened) == float(count))
    opening = [float(instance.depots[d, 1]) * opened[d] for d in range(m)]
    model.minimize(mathopt.fast_sum([*(float(cost[key]) * share for key, share in part.items()), *opening]))
    limit = mathopt.SolveParameters(node_limit=NODES, relative_gap_tolerance=1e-3)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limit)
    if not result.has_primal_feasible_solution():
        return ()
    return tuple(d for d, share in enumerate(result.variable_values(opened)) if share > 0.5)
