"""The annealing loop."""

from __future__ import annotations

import math

from coldchain.routing.kernel import data as c
from coldchain.routing.kernel.data import Data, State, compiled, excess, hot, uniform
from coldchain.routing.kernel.moves import recreate, restore, ruin

EVEN = 1e-9  # kg, less than which is rounding
RANGE, DEARER = 1000.0, 1.001  # the toll moves between FIRM over and times RANGE, by so much in one iteration


@compiled
def left_behind(p: Data, s: State) -> tuple[float, float]:
    """CNY for what is left in the pool, and how often the stops there that must be served were left before."""
    money = pressure = 0.0
    for k in range(s.marks[c.POOL]):
        i = s.pool[k]
        money += p.stop[i, c.VALUE]
        pressure += p.stop[i, c.MUST] * (1.0 + s.missed[i])
    return money, pressure


@compiled
def overfull(p: Data, s: State) -> float:
    """Kg above what the depots take, summed."""
    over = 0.0
    if s.sums[c.TOLL] > 0.0:
        for depot in range(p.depots.shape[0]):
            over += excess(p, s, depot, 0.0)
    return over


@hot
def better(s: State, value: float, above: float) -> bool:
    """Whether routes are better than the best so far: no depot overfull comes first, then money."""
    if (above <= EVEN) != (s.sums[c.OVER] <= EVEN):
        return above <= EVEN
    return bool(value + s.sums[c.FIRM] * above < s.sums[c.BEST] - 1e-9 * abs(value))


@compiled
def keep_best(s: State, at: int) -> None:
    """Copy the present routes aside."""
    top = s.marks[c.TOP]
    for i in range(s.link.shape[0]):
        s.best_next[i] = 2 * s.link[i, c.NEXT] + s.link[i, c.FLAG]
    for r in range(top):
        s.best_route[r, 0] = s.ints_of[r, c.FIRST] if s.ints_of[r, c.SIZE] > 0 else -1
        s.best_route[r, 1], s.best_route[r, 2] = s.ints_of[r, c.DEPOT], s.ints_of[r, c.KIND]
    s.marks[c.BEST_TOP], s.marks[c.BEST_AT] = top, at


@hot
def accept(s: State, value: float, now: float, pressure: float, heat: float) -> bool:
    """Whether to go on from the new routes.

    While stops that must be served are left behind, those are placed first that were left behind most often
    (Christiaens & Vanden Berghe 2020, fleet minimisation); else simulated annealing decides.
    """
    before = s.sums[c.PRESSURE]
    if pressure > 0.0 and before > 0.0:
        for k in range(s.marks[c.POOL]):
            s.missed[s.pool[k]] += 1.0
        if pressure != before:
            return bool(pressure < before)
    return bool(value < now - heat * math.log(1.0 - uniform(s)))


@compiled
def run(p: Data, s: State, steps: int, first: int, cooling: tuple[float, float, float, float], wide: bool) -> None:
    """Do ``steps`` iterations.

    Parameters
    ----------
    first : number of the first of them, from 0 over all calls
    cooling : temperature at the start and the logarithm of end over start; progress (0..1) at the first, and per step
    wide : try all positions, or only those beside near stops
    """
    money, s.sums[c.PRESSURE] = left_behind(p, s)
    now, over = s.sums[c.TOTAL] + money, overfull(p, s)
    low, high = s.sums[c.FIRM] / RANGE, s.sums[c.FIRM] * RANGE
    for step in range(first, first + steps):
        s.marks[c.STAMP] += 1
        s.marks[c.SAVED] = 0
        total, left = s.sums[c.TOTAL], s.marks[c.POOL]
        for k in range(left):
            s.undo[s.undo.shape[0] - 1 - k] = s.pool[k]
        ruin(p, s)
        recreate(p, s, wide)
        money, pressure = left_behind(p, s)
        value = s.sums[c.TOTAL] + money
        heat = cooling[0] * math.exp(cooling[1] * (cooling[2] + cooling[3] * (step - first)))
        above = overfull(p, s)
        if better(s, value, above):
            s.sums[c.BEST], s.sums[c.OVER] = value + s.sums[c.FIRM] * above, above
            keep_best(s, step)
        toll = s.sums[c.TOLL]
        if accept(s, value + toll * above, now + toll * over, pressure, heat):
            now, over = value, above
            s.sums[c.PRESSURE] = left_behind(p, s)[1]
        else:
            restore(p, s)
            for k in range(left):
                s.pool[k] = s.undo[s.undo.shape[0] - 1 - k]
                s.link[s.pool[k], c.ROUTE] = -1
            s.marks[c.POOL] = left
            s.sums[c.TOTAL] = total
            if s.sums[c.PRESSURE] > 0.0:
                s.sums[c.PRESSURE] = left_behind(p, s)[1]
        if toll > 0.0:
            s.sums[c.TOLL] = min(high, toll * DEARER) if over > EVEN else max(low, toll / DEARER)
