"""The best assignment over all arcs once the modules are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.compiled import njit
from coldchain.siting.engine import Engine, Model, Rows
from coldchain.siting.problem import bincount
from coldchain.siting.relax import cheapest
from coldchain.siting.result import award_of_owner, cell_modules, limit_value, plan_value
from coldchain.siting.space import Space


@dataclass(frozen=True)
class Plan:
    """A feasible decision and its exact cost."""

    value: float
    count: Ints
    arc_share: Floats
    outside_share: Floats


@dataclass(frozen=True)
class AssignmentPrices:
    """Dual prices of an assignment: of demands float[D], of cells and periods float[Z, Q], of sides float[S]."""

    demand: Floats
    rent: Floats
    sides: Floats

    def reduced(self, space: Space) -> Floats:
        """Return what each arc of the space costs beyond what these prices pay for it, float[N]."""
        cost = space.cost - self.demand[space.demand] - self.sides @ space.sides
        for q in range(space.periods):
            cost += space.load[space.demand, q] * self.rent[space.cell, q]
        return cost


@dataclass(frozen=True, eq=False)
class Nearest:
    """Every demand whole by its cheapest open arc, or outside: a bound of any assignment, and a plan where it ``fits``.

    ``cost`` is float[D], of each demand; ``arc`` int[D], among those of the space, -1 outside.
    """

    value: float
    cost: Floats
    arc: Ints
    fits: bool


@njit(cache=True, nogil=True)
def _cheapest_open(begin: Ints, demand: Ints, cost: Floats, cells: Ints, least: Floats) -> Ints:
    """Place of the cheapest arc of each demand among those of the cells; ``least``, its cost, is changed in place."""
    place = np.full(len(least), -1, np.int64)
    for z in cells:
        for a in range(begin[z], begin[z + 1]):
            if cost[a] < least[demand[a]]:
                least[demand[a]], place[demand[a]] = cost[a], a
    return place


def nearest(space: Space, count: Ints) -> Nearest:
    """Serve by the cheapest open arcs, whatever capacities and sides say."""
    problem = space.problem
    modules, capacity = (cells[space.cell_place] for cells in cell_modules(problem, count))
    order, begin, demand, cost = space.by_cell
    least = problem.outside_cost.copy()
    place = _cheapest_open(begin, demand, cost, np.flatnonzero(modules > 0), least)
    served = np.flatnonzero(place >= 0)
    arc = np.full(len(place), -1, np.int64)
    arc[served] = order[place[served]]
    fits = not (problem.sides or problem.has_limit)
    for q in range(space.periods if fits else 0):
        used = bincount(space.cell[arc[served]], space.load[served, q], space.cells)
        fits = fits and bool((used <= capacity).all())
    return Nearest(float(least.sum() + (problem.module_cost * count).sum()), least, arc, fits)


def assign(engine: Engine, space: Space, count: Ints, units: float, near: Ints | None = None) -> Plan | None:
    """Solve the assignment exactly by column generation; None when the limits cannot be kept."""
    found = assign_priced(engine, space, count, units, near)
    return None if found is None else found[0]


def assign_priced(
    engine: Engine, space: Space, count: Ints, units: float, near: Ints | None = None
) -> tuple[Plan, AssignmentPrices] | None:
    """Assign as :func:`assign`, with the prices."""
    problem = space.problem
    best = nearest(space, count)
    if best.fits:
        none = AssignmentPrices(best.cost, np.zeros((space.cells, space.periods)), np.zeros(0))
        return _whole(space, count, best), none
    modules, capacity = cell_modules(problem, count)
    used = problem.arc_cell[space.arc]
    open_arc = modules[used] > 0
    room = np.zeros(space.cells)
    room[space.cell] = capacity[used]
    kept = cheapest(space, np.where(open_arc, space.cost, np.inf), 6)
    for side in space.sides:
        kept = np.union1d(kept, cheapest(space, np.where(open_arc & (side > 0), space.cost, np.inf), 6))
    if near is not None:
        kept = np.union1d(kept, near[open_arc[near]])
    if problem.has_limit:
        kept = np.flatnonzero(open_arc)
    shares: tuple[Ints, Floats, Floats] | None = None
    prices: AssignmentPrices | None = None
    end = engine.left() - units
    while shares is None or engine.left() > end:
        answer = _solve(engine, space, kept, room, count, max(engine.left() - end, 1.0))
        if answer is None and shares is None and len(kept) < open_arc.sum() and problem.sides:
            kept = np.flatnonzero(open_arc)
            continue
        if answer is None:
            break
        shares, prices = (kept, *answer[:2]), answer[2]
        reduced = np.where(open_arc, prices.reduced(space), np.inf)
        reduced[kept] = np.inf
        new = cheapest(space, np.where(reduced < -1e-9 * (1 + np.abs(space.cost)), reduced, np.inf), 4)
        if not len(new) or problem.has_limit:
            break
        kept = np.union1d(kept, new)
    return None if shares is None or prices is None else (_plan(space, count, room, shares), prices)


def _whole(space: Space, count: Ints, best: Nearest) -> Plan:
    share = np.zeros(len(space.problem.arc_cost))
    share[space.arc[best.arc[best.arc >= 0]]] = 1.0
    return Plan(best.value, count, share, (best.arc < 0).astype(float))


def _solve(
    engine: Engine, space: Space, kept: Ints, room: Floats, count: Ints, units: float
) -> tuple[Floats, Floats, AssignmentPrices] | None:
    """Shares of the kept arcs and outside, and prices."""
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
    scale = np.array([side.size for side in problem.sides])
    sides = _put_sides(rows, space, kept, count, scale)
    size = demands + len(kept)
    cost = np.concatenate([problem.outside_cost, space.cost[kept]])
    outcome = engine.solve(Model(cost, np.zeros(size), np.ones(size), np.zeros(size, bool), rows), units)
    if outcome.status != "optimal" or outcome.values is None or outcome.duals is None:
        return None
    values, dual = outcome.values, outcome.duals
    charged = np.maximum(dual[sides], 0.0) / scale if len(scale) else np.zeros(0)
    prices = AssignmentPrices(dual[row], np.maximum(-dual[cells], 0.0), charged)
    return values[demands:], values[:demands], prices


def _put_sides(rows: Rows, space: Space, kept: Ints, count: Ints, scale: Floats) -> Ints:
    """Ask of the assignment what modules and awards leave to it of each side, divided by its scale."""
    problem = space.problem
    award = award_of_owner(problem, count) if problem.sides else np.zeros(0)
    index = rows.new(0.0, np.inf, 0)
    demands = problem.sizes["D"]
    for n, side in enumerate(problem.sides):
        built = (side.module * count).sum() + side.award @ award
        one = rows.new((side.least - built) / scale[n], np.inf)
        rows.put(one, np.arange(demands), side.outside / scale[n])
        rows.put(one, demands + np.arange(len(kept)), space.sides[n, kept] / scale[n])
        index = np.append(index, one)
    return index


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
    if not (problem.has_limit or problem.sides):
        value = value * worst[space.cell[kept]]
    total = np.bincount(space.demand[kept], value, minlength=len(outside))
    value = value / np.maximum(total, 1.0)[space.demand[kept]]
    outside = np.maximum(1.0 - bincount(space.demand[kept], value, len(outside)), 0.0)
    share[space.arc[kept]] = value
    return Plan(plan_value(problem, count, share, outside), count, share, outside)
