"""The integer model over some arcs; the other arcs are priced in, so that its bound holds for the full problem.

Let R be the arcs left out, ``mu`` the capacity prices and ``nu`` those of the sides. For any plan, with ``u`` the
capacity that R uses and ``t`` what R adds to each side,

    sum_R cost x  >=  sum_d s_d · min_R(cost + load mu - nu side)  -  sum mu u  +  sum nu t,      s_d = sum_R x,
    sum over cells of u  =  sum_d load s,                                  load of the kept arcs + u <= capacity,
    sum_d s_d · min_R side  <=  t  <=  sum_d s_d · max_R side,             side of the kept arcs + t >= least.

Putting the right side in place of R relaxes the model whatever R is, costs one column a demand, one a priced
cell and one a side, and leaves the linear bound where it was. A column ``s`` costs at least the least reduced cost of
R more than the linear plan, so an improving plan uses little of it once R holds only arcs dearer than the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.engine import Model, Rows
from coldchain.siting.relax import Laid, Prices, lay_rows
from coldchain.siting.space import Space

WHOLE = 2000  # arcs up to which shares may be whole in the integer model itself


@dataclass(frozen=True)
class Choice:
    """What the integer model may decide: boxes of the pairs, the arcs, the strong links among them.

    ``absorb`` are the prices at which the arcs left out are absorbed, None where they are left out altogether;
    ``missed`` is what missing a side by its typical coefficient costs, inf where none may be missed.
    """

    lower: Floats
    upper: Floats
    arcs: Ints
    links: Ints
    absorb: Prices | None = None
    missed: float = np.inf


def everything(space: Space, missed: float = np.inf) -> Choice:
    """Return the choice of all modules and arcs, with all links."""
    frame, arcs = space.frame, np.arange(len(space.arc))
    return Choice(frame.lower[: frame.pairs], frame.upper[: frame.pairs], arcs, arcs, missed=missed)


def integer_model(space: Space, choice: Choice) -> Model:
    """Build the model of ``choice``; the slacks of sides that may be missed are its last columns."""
    problem, frame = space.problem, space.frame
    idle = space.load[space.demand[choice.arcs]].max(axis=1, initial=0.0) <= 0
    links = np.union1d(np.intersect1d(choice.links, choice.arcs), choice.arcs[idle])
    laid = lay_rows(space, choice.arcs, links)
    size, demands = len(frame.cost), problem.sizes["D"]
    served = demands + len(choice.arcs)
    integer = np.zeros(size + served, bool)
    integer[:size] = frame.integer
    integer[size + demands :] = problem.single_source and len(choice.arcs) <= WHOLE
    model = Model(
        cost=np.concatenate([frame.cost, problem.outside_cost, space.cost[choice.arcs]]),
        lower=np.concatenate([choice.lower, frame.lower[frame.pairs :], np.zeros(served)]),
        upper=np.concatenate([choice.upper, frame.upper[frame.pairs :], np.ones(served)]),
        integer=integer,
        rows=laid.rows,
    )
    if choice.absorb is not None:
        model = _absorbed(model, laid, space, choice.absorb, choice.arcs)
    return model if np.isinf(choice.missed) else _elastic(model, laid.sides, choice.missed)


def _elastic(model: Model, sides: Ints, missed: float) -> Model:
    """Let each side be missed at a price."""
    model.rows.put(sides, len(model.cost) + np.arange(len(sides)), 1.0)
    return _with(model, np.full(len(sides), missed), np.zeros(len(sides)), np.full(len(sides), np.inf))


def _with(model: Model, cost: Floats, lower: Floats, upper: Floats) -> Model:
    """Append columns that need not be whole."""
    return replace(
        model,
        cost=np.concatenate([model.cost, cost]),
        lower=np.concatenate([model.lower, lower]),
        upper=np.concatenate([model.upper, upper]),
        integer=np.append(model.integer, np.zeros(len(cost), bool)),
    )


def _absorbed(model: Model, laid: Laid, space: Space, prices: Prices, arcs: Ints) -> Model:
    """Put the right side above in place of the arcs left out."""
    out = np.ones(len(space.arc), bool)
    out[arcs] = False
    rest = np.flatnonzero(out)
    if not len(rest):
        return model
    rows, first = laid.rows, len(model.cost)
    demand, begin = np.unique(space.demand[rest], return_index=True)
    column = first + np.arange(len(demand))
    rows.put(laid.assign[demand], column, 1.0)
    cell, period = np.nonzero(prices.mu > 0)
    use = first + len(demand) + np.arange(len(cell))
    rows.put(laid.cells[cell, period], use, 1.0)
    balance = rows.new(-np.inf, 0.0, space.periods)
    rows.put(balance[period], use, 1.0)
    rows.put(balance[None, :], column[:, None], -space.load[demand])
    value = space.sides.arc[:, rest] / space.sides.size[:, None]
    added = first + len(demand) + len(cell) + np.arange(len(value))
    rows.put(laid.sides, added, 1.0)
    _put_between(
        rows, added, column, np.minimum.reduceat(value, begin, axis=1), np.maximum.reduceat(value, begin, axis=1)
    )
    least = np.minimum.reduceat(prices.arc_price[rest], begin)
    room = np.full(len(cell), float(space.load.sum(axis=0).max(initial=0.0)))
    sides = np.full(len(value), np.inf)
    return _with(
        model,
        np.concatenate([least, -prices.mu[cell, period], prices.nu * space.sides.size]),
        np.concatenate([np.zeros(len(demand) + len(cell)), -sides]),
        np.concatenate([np.ones(len(demand)), room, sides]),
    )


def _put_between(rows: Rows, added: Ints, column: Ints, low: Floats, high: Floats) -> None:
    """Hold what the arcs left out add to each side between the least and the most that their demands allow."""
    for sign, value in ((1.0, low), (-1.0, high)):
        index = rows.new(0.0, np.inf, len(added))
        rows.put(index, added, sign)
        rows.put(index[:, None], column[None, :], -sign * value)
