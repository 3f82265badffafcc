"""The best assignment over all arcs once the modules are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.engine import Engine, Model, Rows
from coldchain.siting.problem import bincount
from coldchain.siting.relax import cheapest
from coldchain.siting.result import cell_modules, limit_value, plan_value
from coldchain.siting.space import Space


@dataclass(frozen=True)
class Plan:
    """A feasible decision and its exact cost."""

    value: float
    count: Ints
    arc_share: Floats
    outside_share: Floats


def assign(engine: Engine, space: Space, count: Ints, units: float, near: Ints | None = None) -> Plan | None:
    """Solve the assignment exactly by column generation; None when the second objective cannot be met."""
    found = assign_priced(engine, space, count, units, near)
    return None if found is None else found[0]


def assign_priced(
    engine: Engine, space: Space, count: Ints, units: float, near: Ints | None = None
) -> tuple[Plan, Floats, Floats] | None:
    """Assign as :func:`assign`, with the prices of demands float[D] and of cells and periods float[Z, Q]."""
    problem = space.problem
    modules, capacity = cell_modules(problem, count)
    used = problem.arc_cell[space.arc]
    open_arc = modules[used] > 0
    room = np.zeros(space.cells)
    room[space.cell] = capacity[used]
    kept = cheapest(space, np.where(open_arc, space.cost, np.inf), 6)
    if near is not None:
        kept = np.union1d(kept, near[open_arc[near]])
    if problem.has_limit:
        kept = np.flatnonzero(open_arc)
    shares = None
    end = engine.left() - units
    while shares is None or engine.left() > end:
        answer = _solve(engine, space, kept, room, count, max(engine.left() - end, 1.0))
        if answer is None:
            break
        shares, prices = (kept, *answer[:2]), answer[2:]
        reduced = np.where(open_arc, space.cost - answer[2][space.demand], np.inf)
        for q in range(space.periods):
            reduced += space.load[space.demand, q] * answer[3][space.cell, q]
        reduced[kept] = np.inf
        new = cheapest(space, np.where(reduced < -1e-9 * (1 + np.abs(space.cost)), reduced, np.inf), 4)
        if not len(new) or problem.has_limit:
            break
        kept = np.union1d(kept, new)
    return None if shares is None else (_plan(space, count, room, shares), *prices)


def _solve(
    engine: Engine, space: Space, kept: Ints, room: Floats, count: Ints, units: float
) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Shares of the kept arcs and outside, prices of demands and cells."""
    problem = space.problem
    demands = problem.sizes["D"]
    rows = Rows()
    row = rows.new(1.0, 1.0, demands)
    rows.put(row, np.arange(demands), 1.0)
    rows.put(row[space.demand[kept]], demands + np.arange(len(kept)), 1.0)
    cells = rows.new(-np.inf, np.repeat(room, space.periods), space.cells * space.periods)
    cells = cells.reshape(space.cells, space.periods)
    rows.put(cells[space.cell[kept]], demands + np.arange(len(kept))[:, None], space.load[space.demand[kept]])
    if problem.limit_rhs is not None and problem.limit_arc is not None and problem.limit_outside is not None:
        spent = limit_value(problem, count, np.zeros(len(problem.arc_cost)), np.zeros(demands))
        second = rows.new(-np.inf, problem.limit_rhs - spent)
        rows.put(second, np.arange(demands), problem.limit_outside)
        rows.put(second, demands + np.arange(len(kept)), problem.limit_arc[space.arc[kept]])
    size = demands + len(kept)
    cost = np.concatenate([problem.outside_cost, space.cost[kept]])
    outcome = engine.solve(Model(cost, np.zeros(size), np.ones(size), np.zeros(size, bool), rows), units)
    if outcome.status != "optimal" or outcome.values is None or outcome.duals is None:
        return None
    values, dual = outcome.values, outcome.duals
    return values[demands:], values[:demands], dual[row], np.maximum(-dual[cells], 0.0)


def _plan(space: Space, count: Ints, room: Floats, shares: tuple[Ints, Floats, Floats]) -> Plan:
    """Clean the solver's rounding: no negative share, no cell above its capacity, shares adding up to one."""
    problem = space.problem
    kept, value, outside = shares
    share = np.zeros(len(problem.arc_cost))
    value = np.where(value < 1e-9, 0.0, np.minimum(value, 1.0))
    worst = np.ones(space.cells)
    for q in range(space.periods):
        used = np.bincount(space.cell[kept], value * space.load[space.demand[kept], q], minlength=space.cells)
        over = used > room
        worst[over] = np.minimum(worst[over], room[over] / used[over])
    if not problem.has_limit:
        value = value * worst[space.cell[kept]]
    total = np.bincount(space.demand[kept], value, minlength=len(outside))
    value = value / np.maximum(total, 1.0)[space.demand[kept]]
    outside = np.maximum(1.0 - bincount(space.demand[kept], value, len(outside)), 0.0)
    share[space.arc[kept]] = value
    return Plan(plan_value(problem, count, share, outside), count, share, outside)
