"""The integer model that ends a proof: live sites, arcs that may matter, and a price for the rest.

Without capacities every customer is served whole, so an arc is dropped when the bound with it passes the best plan.
With capacities customers may be split and no reduced cost proves an arc unused. The arcs left out, R, are priced in
instead. With ``room`` the prices of capacities and s_n the share customer n takes on R, any plan has

    sum_R cost x  >=  sum_n s_n · min_R(cost + load room)  -  sum_m room_m w_m,      sum_m w_m  =  sum_n load_n s_n,

``w`` the capacity R uses. A column a customer and one a site stand for R; the model stays a relaxation of the full
problem, and where its optimum leaves them at zero it is the optimum of the full problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.siting.classical.lagrange import Dual
from coldchain.siting.classical.problem import LocationProblem
from coldchain.siting.engine import Model, Rows


@dataclass(frozen=True, eq=False)
class Reduced:
    """Integer model with columns ``[y (live) | x (arcs) | s | w]``.

    Attributes
    ----------
    model : the model; live : int[L]; site, customer : int[A], ends of the arcs (site counted among the live)
    rest : where ``s`` begins
    """

    model: Model
    live: Ints
    site: Ints
    customer: Ints
    rest: int


def useful_arcs(dual: Dual, cutoff: float) -> Bools:
    """Arcs that a plan under ``cutoff`` without capacities may use, bool[L, N]."""
    return np.asarray(dual.bound + np.maximum(dual.reduced, 0.0)[:, None] + dual.dear <= cutoff)


def near_arcs(dual: Dual, columns: int) -> Bools:
    """Take the ``columns`` arcs of each customer with the least reduced cost and all with a priced link, bool[L, N]."""
    kept = dual.gained > 0
    best = np.argsort(dual.dear, axis=0)[:columns]
    kept[best, np.arange(kept.shape[1])] = True
    return kept


def arcs_to_keep(problem: LocationProblem, dual: Dual, columns: int, cutoff: float) -> Bools:
    """Choose the arcs of the integer model, bool[L, N]: near ones where the rest is priced in, else all of use."""
    return near_arcs(dual, columns) if problem.capacitated else useful_arcs(dual, cutoff)


def reduced_model(problem: LocationProblem, dual: Dual, kept: Bools, opened: Bools, need: float) -> Reduced:
    """Build the model over the arcs ``kept`` of `arcs_to_keep`; the others are priced in if capacities can bind."""
    live, (site, customer) = dual.live, np.nonzero(kept)
    sites, arcs, n = len(live), len(site), problem.customers
    rows = Rows()
    x = sites + np.arange(arcs)
    assign = rows.new(1.0, 1.0, n)
    rows.put(assign[customer], x, 1.0)
    links = rows.new(-np.inf, 0.0, arcs)
    rows.put(links, x, 1.0)
    rows.put(links, site, -1.0)
    if problem.count is not None:
        rows.put(rows.new(problem.count, problem.count), np.arange(sites), 1.0)
    cost = [problem.fixed[live], problem.cost[live[site], customer]]
    if problem.capacitated:
        cost.append(_rooms(rows, problem, dual, kept, (assign, need)))
    whole = np.concatenate(cost)
    upper = np.ones(len(whole))
    upper[sites + arcs + n :] = problem.load.sum()
    lower = np.zeros(len(whole))
    lower[:sites] = opened[live]
    integer = np.arange(len(whole)) < sites
    return Reduced(Model(whole, lower, upper, integer, rows), live, site, customer, sites + arcs)


def whole_model(problem: LocationProblem) -> Model:
    """Build the textbook model of the full problem: every site, every arc, every strong link."""
    m, shape = problem.sites, problem.cost.shape
    everything = np.ones(shape, bool)
    none = np.zeros(m), np.zeros(shape)
    dual = Dual(-np.inf, np.arange(m), np.zeros(shape[1]), none[0], none[0], none[1], none[0], none[1])
    return reduced_model(problem, dual, everything, np.zeros(m, bool), float(problem.load.sum())).model


def _rooms(rows: Rows, problem: LocationProblem, dual: Dual, kept: Bools, given: tuple[Ints, float]) -> Floats:
    """Add capacities, the need for capacity, and the columns for arcs left out; returns the costs of these."""
    live, (site, customer) = dual.live, np.nonzero(kept)
    sites, arcs, n = len(live), len(site), problem.customers
    assign, need = given
    capacity = np.minimum(problem.capacity[live], need)
    s, w = sites + arcs + np.arange(n), sites + arcs + n + np.arange(sites)
    room = rows.new(-np.inf, 0.0, sites)
    rows.put(room[site], sites + np.arange(arcs), problem.load[customer])
    rows.put(room, np.arange(sites), -capacity)
    rows.put(room, w, 1.0)
    rows.put(rows.new(need, np.inf), np.arange(sites), capacity)
    rows.put(assign, s, 1.0)
    balance = rows.new(0.0, 0.0)
    rows.put(balance, w, 1.0)
    rows.put(balance, s, -problem.load)
    price = problem.cost[live] + dual.room[:, None] * problem.load
    least = np.where(kept, np.inf, price).min(axis=0)
    none = ~np.isfinite(least)
    least[none] = 10.0 * np.abs(price).max() + 1.0
    return np.concatenate([least, -dual.room])
