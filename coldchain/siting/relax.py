"""Linear relaxation by exact column and row generation, and a bound that holds whatever the solver returned.

For multipliers ``mu >= 0`` (capacity of a cell in a period), ``lam >= 0`` (strong links), ``nu >= 0`` (sides) and
``g`` (module rows, sign by the side that binds) the Lagrangian function

    L = sum_d min(outside_d, min_a cost_a + load_d · mu_cell(a) + lam_a)
        + min over the boxes of the reduced cost of the module columns + constants

is a lower bound of the full problem (Geoffrion 1974, doi 10.1007/BFb0120690). It is evaluated here over *every*
arc in numpy, so that it stays true when columns are missing or the solver was cut short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.engine import Engine, Model, Rows
from coldchain.siting.space import Space

FIRST = 8  # columns a demand starts with
MORE = 6  # columns a demand may gain in a round
TOL = 1e-7
PRICED = 1e-7  # units of work to price an arc of a period
TAIL = 5e-4  # relative gain of the bound in a round under which a nearly closed gap goes to the integer model


@dataclass(frozen=True)
class Prices:
    """Multipliers and what follows from them.

    Attributes
    ----------
    mu : float[Z, Q]; nu : float[S]; link, lam : arcs with a strong link and their multipliers
    bound : L, inf where no plan exists; arc_price : float[N], ``cost - nu side + load mu`` (without lam)
    demand_price : float[D], the inner minimum; module_reduced : float[frame columns]; rows : float[frame rows]
    """

    mu: Floats
    nu: Floats
    link: Ints
    lam: Floats
    bound: float
    arc_price: Floats
    demand_price: Floats
    module_reduced: Floats
    rows: Floats

    def reduced(self, space: Space) -> Floats:
        """Reduced cost of each useful arc, float[N], not negative."""
        full = self.arc_price.copy()
        full[self.link] += self.lam
        return full - self.demand_price[space.demand]


@dataclass(frozen=True)
class Relaxed:
    """Result of :func:`relax`: best prices, the counts of the last linear plan, and the columns and links kept."""

    prices: Prices
    modules: Floats
    value: float
    kept: Ints
    links: Ints
    rounds: int


def price(space: Space, *, mu: Floats, nu: Floats, link: Ints, lam: Floats, g: Floats) -> Prices:
    """Evaluate L for any multipliers; wrong signs are clipped."""
    problem, frame, sides = space.problem, space.frame, space.sides
    mu, nu, lam = np.maximum(mu, 0.0), np.maximum(nu, 0.0), np.maximum(lam, 0.0)
    lower, upper = frame.rows.limits()
    g = np.where(((g > 0) & ~np.isfinite(lower)) | ((g < 0) & ~np.isfinite(upper)), 0.0, g)
    side = np.where(g > 0, lower, upper)
    constant = float(g[g != 0] @ side[g != 0] + nu @ sides.least)
    arc_price, outside = space.cost - nu @ sides.arc, problem.outside_cost - nu @ sides.outside
    reduced = frame.cost - nu @ sides.frame
    for q in range(space.periods):
        arc_price += space.load[space.demand, q] * mu[space.cell, q]
    inner, full = outside.copy(), arc_price.copy()
    full[link] += lam
    if len(full):
        inner[space.group] = np.minimum(inner[space.group], np.minimum.reduceat(full, space.begin))
    cell_link = np.bincount(space.cell[link], lam, minlength=space.cells)
    row, col, val = frame.rows.entries(len(frame.cost))
    reduced -= np.bincount(col, g[row] * val, minlength=len(reduced))
    live = np.flatnonzero(space.pair_cell >= 0)
    cell = space.pair_cell[live]
    reduced[live] -= problem.capacity[frame.module[live]] * mu.sum(axis=1)[cell] + cell_link[cell] * frame.first[live]
    constant -= float(mu.sum(axis=1) @ space.stood_cap + cell_link @ space.stood)
    bound = float(inner.sum() + np.minimum(reduced * frame.lower, reduced * frame.upper).sum() + constant)
    return Prices(mu, nu, link, lam, bound, arc_price, inner, reduced, g)


def cheapest(space: Space, key: Floats, number: int) -> Ints:
    """Up to ``number`` arcs of each demand with the least finite ``key``, sorted."""
    order = np.lexsort((key, space.demand))
    rank = np.arange(len(order)) - np.repeat(space.begin, np.diff(np.append(space.begin, len(order))))
    chosen = order[(rank < number) & np.isfinite(key[order])]
    return np.sort(chosen)


def relax(engine: Engine, space: Space, units: float, start: Ints, links: Ints | None = None) -> Relaxed:
    """Solve the linear relaxation until no arc prices out and no link is broken, or the work is done.

    ``start`` and ``links`` are arcs to begin with as columns and with strong links (links must be columns). Where sides
    cannot be kept with few columns there are twice as many, in the end all of them.
    """
    end = engine.left() - units
    kept = np.union1d(cheapest(space, space.cost + first_guess(space), FIRST if links is None else 1), start)
    links = np.zeros(0, dtype=np.int64) if links is None else links
    none = np.zeros((space.cells, space.periods))
    free = np.zeros(len(space.sides.least))
    prices = price(space, mu=none, nu=free, link=links, lam=np.zeros(len(links)), g=np.zeros(space.frame.rows.size))
    best = Relaxed(prices, np.zeros(space.frame.pairs), np.inf, kept, links, 0)
    before = prices.bound
    while engine.left() > end or not best.rounds:
        engine.allowance.add(PRICED * len(space.arc) * space.periods)
        solved = _master(engine, space, kept, links, max(engine.left() - end, 1.0))
        if solved is None and len(kept) < len(space.arc):
            kept = np.union1d(kept, cheapest(space, space.cost, 2 * max(len(kept) // max(len(space.group), 1), FIRST)))
            continue
        if solved is None:
            return replace(best, prices=replace(prices, bound=np.inf))
        now, value = solved.prices, solved.value
        if now is None:
            break
        if now.bound > best.prices.bound:
            best = replace(best, prices=now)
        best = replace(best, modules=solved.modules, value=value, kept=kept, links=links, rounds=best.rounds + 1)
        full = now.arc_price.copy()
        full[links] += now.lam
        worth = full < solved.paid[space.demand] - TOL * (1 + np.abs(space.cost))
        worth[kept] = False
        new = cheapest(space, np.where(worth, full, np.inf), MORE)
        broken = _broken_links(space, kept, links, solved.share, solved.modules)
        open_gap = (value - best.prices.bound) / max(abs(value), 1e-9)
        if (open_gap <= 1e-6 or not len(new)) and not len(broken):
            break
        if open_gap <= 1e-3 and now.bound - before <= TAIL * max(abs(value), 1e-9) and best.rounds > 1:
            break
        before = best.prices.bound
        kept, links = np.union1d(kept, new), np.concatenate([links, broken])
    return best


def first_guess(space: Space) -> Floats:
    """Rough cost of the capacity an arc uses: the cheapest module of its cell per t/day."""
    problem, frame = space.problem, space.frame
    live = np.flatnonzero((space.pair_cell >= 0) & (problem.capacity[frame.module] > 0))
    unit = np.full(space.cells, np.inf)
    np.minimum.at(unit, space.pair_cell[live], frame.cost[live] / problem.capacity[frame.module[live]])
    unit[(space.stood > 0) | ~np.isfinite(unit)] = 0.0
    peak = space.load.max(axis=1, initial=0.0)
    return np.asarray(peak[space.demand] * np.maximum(unit, 0.0)[space.cell])


@dataclass(frozen=True)
class Laid:
    """Rows of a model over columns ``[frame | outside | arcs]``, and where the kinds of them are.

    Attributes
    ----------
    assign : int[D]; cells : int[Z, Q]; sides : int[S]; links : one of each arc with a strong link
    """

    rows: Rows
    assign: Ints
    cells: Ints
    sides: Ints
    links: Ints


def lay_rows(space: Space, arcs: Ints, links: Ints) -> Laid:
    """Write the rows over the columns of the frame, outside and some arcs, with strong links of some of these."""
    problem = space.problem
    size, demands = len(space.frame.cost), problem.sizes["D"]
    rows = space.frame.rows.copy()
    assign = rows.new(1.0, 1.0, demands)
    column = size + demands + np.arange(len(arcs))
    rows.put(assign, size + np.arange(demands), 1.0)
    rows.put(assign[space.demand[arcs]], column, 1.0)
    cells = space.add_cells(rows, arcs, size + demands)
    sides = space.sides.put(rows, arcs)
    return Laid(rows, assign, cells, sides, space.add_links(rows, links, size + demands + np.searchsorted(arcs, links)))


@dataclass(frozen=True)
class _Solved:
    """What one linear model gave: counts, cost, prices (None where it was cut short), shares of arcs, demand prices."""

    modules: Floats
    value: float
    prices: Prices | None
    share: Floats
    paid: Floats


def _master(engine: Engine, space: Space, kept: Ints, links: Ints, units: float) -> _Solved | None:
    """Solve the linear model over some arcs; None when it is infeasible."""
    problem, frame, sides = space.problem, space.frame, space.sides
    laid = lay_rows(space, kept, links)
    size, demands = len(frame.cost), problem.sizes["D"]
    served = demands + len(kept)
    model = Model(
        cost=np.concatenate([frame.cost, problem.outside_cost, space.cost[kept]]),
        lower=np.concatenate([frame.lower, np.zeros(served)]),
        upper=np.concatenate([frame.upper, np.ones(served)]),
        integer=np.zeros(size + served, bool),
        rows=laid.rows,
    )
    outcome = engine.solve(model, units)
    if outcome.status == "infeasible":
        return None
    if outcome.values is None or outcome.duals is None:
        return _Solved(np.zeros(0), np.inf, None, np.zeros(0), np.zeros(0))
    dual = outcome.duals
    prices = price(
        space,
        mu=-dual[laid.cells],
        nu=dual[laid.sides] / sides.size,
        link=links,
        lam=-dual[laid.links],
        g=dual[: frame.rows.size],
    )
    value = float(model.cost @ outcome.values)
    return _Solved(outcome.values[: frame.pairs], value, prices, outcome.values[size + demands :], dual[laid.assign])


def _broken_links(space: Space, kept: Ints, links: Ints, share: Floats, modules: Floats) -> Ints:
    live = (space.pair_cell >= 0) & space.frame.first
    number = space.stood + np.bincount(space.pair_cell[live], modules[live], minlength=space.cells)
    broken = kept[share > number[space.cell[kept]] + 1e-5]
    return np.setdiff1d(broken, links)
