"""The best assignment over all arcs once the modules are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import ROUNDING, Bools, Floats, Ints
from coldchain.compiled import njit
from coldchain.siting.engine import Engine, Model, Rows
from coldchain.siting.problem import bincount
from coldchain.siting.relax import cheapest
from coldchain.siting.result import award_of_owner, cell_modules, plan_value
from coldchain.siting.space import Space

WHOLE, FEW = 2000, 8  # open arcs up to which all may be whole numbers; arcs a demand beyond that


@dataclass(frozen=True)
class Assigned:
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
        cost = space.cost - self.demand[space.demand] - self.sides @ space.sides.arc
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
    fits = not problem.sides
    for q in range(space.periods if fits else 0):
        used = bincount(space.cell[arc[served]], space.load[served, q], space.cells)
        fits = fits and bool((used <= capacity).all())
    return Nearest(float(least.sum() + (problem.module_cost * count).sum()), least, arc, fits)


def assign(
    engine: Engine, space: Space, count: Ints, units: float, near: Ints | None = None, most: float = np.inf
) -> Assigned | None:
    """Solve the assignment exactly by column generation; None when the limits cannot be kept.

    Where no demand may be split, the integer model follows, unless splitting them already costs ``most``.
    """
    found = assign_priced(engine, space, count, units, near)
    if found is None or found[0].value >= most or not space.problem.single_source:
        return None if found is None else found[0]
    share = found[0].arc_share
    return (
        found[0]
        if np.minimum(share, 1.0 - share).max(initial=0.0) < ROUNDING
        else _unsplit(engine, space, count, units)
    )


def assign_priced(
    engine: Engine, space: Space, count: Ints, units: float, near: Ints | None = None
) -> tuple[Assigned, AssignmentPrices] | None:
    """Assign as :func:`assign`, with the prices; demands may be split."""
    problem = space.problem
    best = nearest(space, count)
    if best.fits:
        none = AssignmentPrices(best.cost, np.zeros((space.cells, space.periods)), np.zeros(0))
        return _whole(space, count, best), none
    open_arc, room = _open(space, count)
    kept = cheapest(space, np.where(open_arc, space.cost, np.inf), 6)
    for side in space.sides.arc:
        kept = np.union1d(kept, cheapest(space, np.where(open_arc & (side > 0), space.cost, np.inf), 6))
    if near is not None:
        kept = np.union1d(kept, near[open_arc[near]])
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
        if not len(new):
            break
        kept = np.union1d(kept, new)
    return None if shares is None or prices is None else (_plan(space, count, room, shares), prices)


def _open(space: Space, count: Ints) -> tuple[Bools, Floats]:
    """Tell which arcs of the space lead to a cell with modules, bool[N], and the t/day of each cell, float[Z]."""
    modules, capacity = cell_modules(space.problem, count)
    used = space.problem.arc_cell[space.arc]
    room = np.zeros(space.cells)
    room[space.cell] = capacity[used]
    return modules[used] > 0, room


def _whole(space: Space, count: Ints, best: Nearest) -> Assigned:
    share = np.zeros(len(space.problem.arc_cost))
    share[space.arc[best.arc[best.arc >= 0]]] = 1.0
    return Assigned(best.value, count, share, (best.arc < 0).astype(float))


@dataclass(frozen=True)
class _Laid:
    """The model of an assignment over columns ``[outside | arcs]``, and where the kinds of its rows are."""

    model: Model
    demands: Ints
    cells: Ints
    sides: Ints


def _lay(space: Space, kept: Ints, room: Floats, count: Ints, *, whole: bool = False) -> _Laid:
    problem = space.problem
    demands = problem.sizes["D"]
    rows = Rows()
    row = rows.new(1.0, 1.0, demands)
    rows.put(row, np.arange(demands), 1.0)
    rows.put(row[space.demand[kept]], demands + np.arange(len(kept)), 1.0)
    cells = rows.new(-np.inf, np.repeat(room, space.periods), space.cells * space.periods)
    cells = cells.reshape(space.cells, space.periods)
    rows.put(cells[space.cell[kept]], demands + np.arange(len(kept))[:, None], space.load[space.demand[kept]])
    sides = _put_sides(rows, space, kept, count)
    size = demands + len(kept)
    cost = np.concatenate([problem.outside_cost, space.cost[kept]])
    return _Laid(Model(cost, np.zeros(size), np.ones(size), np.arange(size) >= (demands if whole else size), rows),
                 row, cells, sides)  # fmt: skip


def _solve(
    engine: Engine, space: Space, kept: Ints, room: Floats, count: Ints, units: float
) -> tuple[Floats, Floats, AssignmentPrices] | None:
    """Shares of the kept arcs and outside, and prices."""
    laid, demands = _lay(space, kept, room, count), space.problem.sizes["D"]
    outcome = engine.solve(laid.model, units)
    if outcome.status != "optimal" or outcome.values is None or outcome.duals is None:
        return None
    values, dual = outcome.values, outcome.duals
    charged = np.maximum(dual[laid.sides], 0.0) / space.sides.size
    prices = AssignmentPrices(dual[laid.demands], np.maximum(-dual[laid.cells], 0.0), charged)
    return values[demands:], values[:demands], prices


def _unsplit(engine: Engine, space: Space, count: Ints, units: float) -> Assigned | None:
    """Assign every demand whole, by its cheaper arcs where all would be too many; None when that was not found."""
    open_arc, room = _open(space, count)
    many = open_arc.sum() > WHOLE
    kept = cheapest(space, np.where(open_arc, space.cost, np.inf), FEW if many else len(open_arc))
    laid, demands = _lay(space, kept, room, count, whole=True), space.problem.sizes["D"]
    outcome = engine.solve(laid.model, max(units, 1.0), gap=1e-3 if many else 1e-6)
    if outcome.values is None:
        return None
    share, served = np.zeros(len(space.problem.arc_cost)), np.rint(outcome.values[demands:])
    share[space.arc[kept]] = served
    outside = 1.0 - bincount(space.demand[kept], served, demands)
    return Assigned(plan_value(space.problem, count, share, outside), count, share, outside)


def _put_sides(rows: Rows, space: Space, kept: Ints, count: Ints) -> Ints:
    """Ask of the assignment what modules and awards leave to it of each side, divided by its size."""
    problem, sides = space.problem, space.sides
    award = award_of_owner(problem, count)
    built = np.array([(side.module * count).sum() + side.award @ award for side in problem.sides])
    index = rows.new((sides.least - built) / sides.size, np.inf, len(sides.least))
    value = np.hstack([sides.outside, sides.arc[:, kept]]) / sides.size[:, None]
    rows.put(index[:, None], np.arange(value.shape[1])[None, :], value)
    return index


def _plan(space: Space, count: Ints, room: Floats, shares: tuple[Ints, Floats, Floats]) -> Assigned:
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
    if not problem.sides:
        value = value * worst[space.cell[kept]]
    total = np.bincount(space.demand[kept], value, minlength=len(outside))
    value = value / np.maximum(total, 1.0)[space.demand[kept]]
    outside = np.maximum(1.0 - bincount(space.demand[kept], value, len(outside)), 0.0)
    share[space.arc[kept]] = value
    return Assigned(plan_value(problem, count, share, outside), count, share, outside)
