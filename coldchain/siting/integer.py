"""The integer model over some arcs; the other arcs are priced in, so that its bound holds for the full problem.

Let R be the arcs left out and ``mu`` the capacity prices. For any plan, with ``u`` the capacity that R uses,

    sum_R cost x  >=  sum_d s_d · min_R(cost + load mu)  -  sum mu u,      s_d = sum_R x,
    sum over cells of u  =  sum_d load s,                                  load of the kept arcs + u <= capacity.

Putting the right side in place of R relaxes the model whatever R is, costs one column a demand and one a priced
cell, and leaves the linear bound where it was. A column ``s`` costs at least the least reduced cost of R more than
the linear plan, so an improving plan uses little of it once R holds only arcs dearer than the gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.engine import Model, Rows
from coldchain.siting.relax import Prices, base_rows
from coldchain.siting.space import Space


@dataclass(frozen=True)
class Choice:
    """What the integer model may decide: boxes of the pairs, the arcs, the strong links among them."""

    lower: Floats
    upper: Floats
    arcs: Ints
    links: Ints
    priced: bool


def integer_model(space: Space, prices: Prices, choice: Choice) -> Model:
    """Build the model of ``choice``; with ``priced`` the arcs left out are absorbed as above."""
    problem, frame = space.problem, space.frame
    idle = space.load[space.demand[choice.arcs]].max(axis=1, initial=0.0) <= 0
    links = np.union1d(np.intersect1d(choice.links, choice.arcs), choice.arcs[idle])
    rows, assign, cells, second, _ = base_rows(space, choice.arcs, links)
    served = problem.sizes["D"] + len(choice.arcs)
    size = len(frame.cost)
    cost = [frame.cost, problem.outside_cost, space.cost[choice.arcs]]
    top = [choice.upper, frame.upper[frame.pairs :], np.ones(served)]
    if choice.priced:
        extra_cost, extra_top = _absorb(rows, space, prices, choice.arcs, (assign, cells, second, size + served))
        cost.append(extra_cost)
        top.append(extra_top)
    upper = np.concatenate(top)
    lower = np.zeros(len(upper))
    lower[: frame.pairs] = choice.lower
    integer = np.zeros(len(upper), bool)
    integer[:size] = frame.integer
    return Model(np.concatenate(cost), lower, upper, integer, rows)


def _absorb(
    rows: Rows, space: Space, prices: Prices, arcs: Ints, place: tuple[Ints, Ints, Ints, int]
) -> tuple[Floats, Floats]:
    assign, cells, second, first = place
    problem = space.problem
    out = np.ones(len(space.arc), bool)
    out[arcs] = False
    rest = np.flatnonzero(out)
    # the second objective keeps its own row, so its price must not count twice
    price = prices.arc_price[rest].copy()
    if problem.limit_arc is not None:
        price -= prices.nu * problem.limit_arc[space.arc[rest]]
    demand, begin = np.unique(space.demand[rest], return_index=True)
    least = np.minimum.reduceat(price, begin) if len(rest) else np.zeros(0)
    column = first + np.arange(len(demand))
    rows.put(assign[demand], column, 1.0)
    if problem.limit_arc is not None and len(rest):
        rows.put(second, column, np.minimum.reduceat(problem.limit_arc[space.arc[rest]], begin))
    cell, period = np.nonzero(prices.mu > 0)
    use = first + len(demand) + np.arange(len(cell))
    rows.put(cells[cell, period], use, 1.0)
    balance = rows.new(-np.inf, 0.0, space.periods)
    rows.put(balance[period], use, 1.0)
    rows.put(balance[None, :], column[:, None], -space.load[demand])
    cost = np.concatenate([least, -prices.mu[cell, period]])
    room = np.full(len(cell), float(space.load.sum(axis=0).max(initial=0.0)))
    return cost, np.concatenate([np.ones(len(demand)), room])
