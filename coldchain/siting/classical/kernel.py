"""Compiled inner loops: the Lagrangian value of every site, the cheapest choice of sites, subgradient steps.

The assignment rows are relaxed with prices ``u``; every open site then keeps the customers it gains by, as far as
its capacity goes (a continuous knapsack), and the cheapest sites that can serve everybody are opened. The value is
a lower bound whatever ``u`` is, and its maximum is the linear bound with the strong links (Geoffrion & McBride
1978, doi 10.1080/05695557808975182).
"""

from __future__ import annotations

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.compiled import njit

compiled = njit(cache=True, nogil=True)
summing = njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
Data = tuple[Floats, Floats, Floats, Floats]  # cost [M, N], fixed [M], load [N], capacity [M]
FREE, OPEN = 0, 1  # state of a site
STALL, CUT = 20.0, 0.7  # steps without gain after which the step factor is cut, and by how much
TIRED = 1e-4  # step factor at which an ascent ends


@compiled
def site_value(reduced: Floats, load: Floats, capacity: float, part: Floats) -> tuple[float, float]:
    """Least ``reduced @ x`` within the capacity and its price; ``part`` receives x."""
    value, used = 0.0, 0.0
    for j in range(len(reduced)):
        part[j] = 0.0
        if reduced[j] < 0.0:
            part[j] = 1.0
            value += reduced[j]
            used += load[j]
    if used <= capacity:
        return value, 0.0
    value, price = _fill(reduced, load, capacity, part)
    return value, price


@compiled
def _fill(reduced: Floats, load: Floats, capacity: float, part: Floats) -> tuple[float, float]:
    """Fill a capacity that binds by gain per load."""
    places = np.flatnonzero(reduced < 0.0)
    gains = np.empty(len(places))
    for k in range(len(places)):
        j = places[k]
        gains[k] = reduced[j] / load[j] if load[j] > 0.0 else -np.inf
    value, left, price = 0.0, capacity, 0.0
    for k in np.argsort(gains):
        j = places[k]
        x = 1.0 if load[j] <= left else left / load[j]
        if x < 1.0 and price == 0.0:
            price = -gains[k]
        part[j] = x
        value += x * reduced[j]
        left = max(left - x * load[j], 0.0)
    return value, price


@compiled
def choose(value: Floats, capacity: Floats, state: Ints, rule: tuple[int, float]) -> tuple[float, Floats, float]:
    """Cheapest sites that reach the count, or without one the load: their value, y, and the price of a capacity.

    ``rule`` is the count, 0 for any number, and the load. The last site taken for the load may be taken in part,
    which keeps a lower bound.
    """
    count, need = rule
    y = np.where((state == OPEN) | ((state == FREE) & (count == 0) & (value < 0.0)), 1.0, 0.0)
    taken, room, price = y.sum(), 0.0, 0.0
    for i in np.flatnonzero(y):
        room += capacity[i]
    rank = np.where((state == FREE) & (y == 0.0), value, np.inf)
    if count == 0:
        rank /= np.maximum(capacity, 1e-12)
    for i in np.argsort(rank) if taken < count or (count == 0 and room < need) else np.zeros(0, np.int64):
        if rank[i] == np.inf or (taken >= count and (count > 0 or room >= need)):
            break
        y[i] = 1.0 if count > 0 else min(1.0, (need - room) / max(capacity[i], 1e-12))
        room += y[i] * capacity[i]
        taken += 1
        price = 0.0 if count > 0 else rank[i]
    if taken < count or (count == 0 and room < need * (1.0 - 1e-9)):
        return np.inf, y, price
    return (y * value).sum(), y, price


@compiled
def evaluate(data: Data, u: Floats) -> tuple[Floats, Floats, Floats]:
    """Value, capacity price and served shares of every site: float[M], float[M], float[M, N]."""
    cost, fixed, load, capacity = data
    value, price, part = fixed.copy(), np.zeros(len(fixed)), np.zeros(cost.shape)
    for i in range(len(fixed)):
        gain, price[i] = site_value(cost[i] - u, load, capacity[i], part[i])
        value[i] += gain
    return value, price, part


@summing
def _plain(cost: Floats, u: Floats) -> float:
    """Sum of the negative reduced costs."""
    total = 0.0
    for j in range(len(u)):
        total += min(cost[j] - u[j], 0.0)
    return total


@compiled
def _values(data: Data, need: float, u: Floats, part: Floats) -> Floats:
    """Value of every site; a capacity of ``need`` or more never binds."""
    cost, fixed, load, capacity = data
    value = fixed.copy()
    for i in range(len(fixed)):
        if capacity[i] >= need:
            value[i] += _plain(cost[i], u)
        else:
            value[i] += site_value(cost[i] - u, load, capacity[i], part)[0]
    return value


@compiled
def _gradient(data: Data, y: Floats, u: Floats, part: Floats) -> Floats:
    """Share of every customer that the chosen sites leave unserved, float[N]."""
    cost, _, load, capacity = data
    gradient = np.ones(len(u))
    for i in np.flatnonzero(y):
        site_value(cost[i] - u, load, capacity[i], part)
        gradient -= y[i] * part
    return gradient


@compiled
def ascend(
    data: Data, rule: tuple[int, float], state: Ints, u: Floats, memory: Floats, mean: Floats, steps: int
) -> tuple[Floats, Floats]:
    """Do subgradient steps from ``u`` (deflected, Polyak's length): the prices of the best value and its choice.

    ``memory`` holds [step factor, steps without gain, best value, value to aim at] and goes on from call to call,
    as ``mean`` does, the running mean of the choices.
    """
    best_u, best_y = u.copy(), np.zeros(len(mean))
    part, direction = np.zeros(len(u)), np.zeros(len(u))
    for _ in range(steps):
        total, y, _ = choose(_values(data, rule[1], u, part), data[3], state, rule)
        total += u.sum()
        mean += 0.05 * (y - mean)
        memory[1] = 0.0 if total > memory[2] + 1e-6 * abs(memory[2]) else memory[1] + 1.0
        if total > memory[2]:
            memory[2] = total
            best_u[:], best_y[:] = u, y
        if memory[1] >= STALL:
            memory[0], memory[1] = memory[0] * CUT, 0.0
            u, direction = best_u.copy(), np.zeros(len(u))
            continue
        gradient = _gradient(data, y, u, part)
        direction = 0.7 * direction + gradient if direction @ gradient >= 0.0 else gradient
        length = direction @ direction
        if total == np.inf or length < 1e-9 or memory[0] < TIRED:
            memory[0] = 0.0
            break
        u = u + memory[0] * max(memory[3] - total, 1e-6 * abs(memory[3])) / length * direction
    return best_u, best_y
