"""The best service of all customers once the open sites are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.siting.classical.problem import LocationProblem, location_value
from coldchain.siting.engine import Engine, Model, Rows

START = 3  # columns a customer begins with
MORE = 2  # columns a customer may gain in a round


@dataclass(frozen=True, eq=False)
class Service:
    """A plan of a :class:`LocationProblem` and its exact cost."""

    value: float
    opened: Bools
    site: Ints
    customer: Ints
    share: Floats


def serve(engine: Engine, problem: LocationProblem, opened: Bools) -> Service | None:
    """Serve at least cost: by the cheapest open site, or by a transportation problem when capacities can bind."""
    sites = np.flatnonzero(opened)
    if not problem.customers:
        return _service(problem, opened, np.zeros((2, 0), np.int64), np.zeros(0))
    if not len(sites) or problem.capacity[sites].sum() < problem.load.sum() * (1 - 1e-12):
        return None
    everyone = np.arange(problem.customers)
    nearest = sites[problem.cost[sites].argmin(axis=0)]
    used = np.bincount(nearest, problem.load, problem.sites)
    if (used <= problem.capacity).all():
        return _service(problem, opened, np.stack([nearest, everyone]), np.ones(problem.customers))
    return _transport(engine, problem, opened, sites)


def _service(problem: LocationProblem, opened: Bools, ends: Ints, share: Floats) -> Service:
    value = location_value(problem, opened, ends[0], ends[1], share)
    return Service(value, opened.copy(), ends[0], ends[1], share)


def _transport(engine: Engine, problem: LocationProblem, opened: Bools, sites: Ints) -> Service | None:
    """Solve by column generation; a dear column a customer keeps the first rounds feasible."""
    cost, load, capacity = problem.cost[sites], problem.load, problem.capacity[sites]
    kept = np.zeros(cost.shape, bool)
    _cheapest(kept, cost, START)
    dear = 10.0 * float(np.abs(cost).max()) + 1.0
    while True:
        row, col = np.nonzero(kept)
        answer = _solve(engine, (cost[row, col], row, col), load, capacity, dear)
        if answer is None:
            return None
        share, missing, price, room = answer
        reduced = cost - price + load * room[:, None]
        reduced[kept] = np.inf
        new = np.where(reduced < -1e-9 * (1 + np.abs(cost)), reduced, np.inf)
        if not np.isfinite(new).any():
            break
        _cheapest(kept, new, MORE)
    if missing > 1e-7:
        return None
    used = share > 1e-12
    total = np.bincount(col[used], share[used], len(load))
    return _service(problem, opened, np.stack([sites[row[used]], col[used]]), share[used] / total[col[used]])


def _cheapest(kept: Bools, key: Floats, number: int) -> None:
    """Keep, in place, the ``number`` sites of each customer with the least finite key."""
    best = np.argsort(key, axis=0)[:number]
    everyone = np.arange(key.shape[1])
    kept[best, everyone] |= np.isfinite(key[best, everyone])


def _solve(
    engine: Engine, arcs: tuple[Floats, Ints, Ints], load: Floats, capacity: Floats, dear: float
) -> tuple[Floats, float, Floats, Floats] | None:
    """Shares, what is missing, prices of customers and of capacities."""
    cost, site, customer = arcs
    n, size = len(load), len(cost) + len(load)
    rows = Rows()
    assign = rows.new(1.0, 1.0, n)
    rows.put(assign[customer], np.arange(len(cost)), 1.0)
    rows.put(assign, len(cost) + np.arange(n), 1.0)
    room = rows.new(-np.inf, capacity, len(capacity))
    rows.put(room[site], np.arange(len(cost)), load[customer])
    model = Model(np.append(cost, np.full(n, dear)), np.zeros(size), np.ones(size), np.zeros(size, bool), rows)
    outcome = engine.solve(model, max(engine.left(), 5.0))
    if outcome.status != "optimal" or outcome.values is None or outcome.duals is None:
        return None
    missing = float(outcome.values[len(cost) :].sum())
    return outcome.values[: len(cost)], missing, outcome.duals[assign], np.maximum(-outcome.duals[room], 0.0)
