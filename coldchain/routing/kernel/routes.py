"""What one route costs and what a stop would add to it, whichever way routes are judged."""

from __future__ import annotations

from coldchain.routing.kernel import data as c
from coldchain.routing.kernel.data import INF, Data, State, access, compiled, hot, toll
from coldchain.routing.kernel.duty import alone_duty, gain_by_modes, survey_duty
from coldchain.routing.kernel.plain import alone, gain_at, hold, survey


@compiled
def refresh(p: Data, s: State, r: int) -> bool:
    """Bring every sum of route r up to date, and the totals of the plan with it.

    Its vehicle type is chosen anew unless types are HELD. Returns False, with the route out of all totals, when no
    vehicle can drive it: without the triangle inequality leaving a stop out may do that.
    """
    route, sums = s.ints_of[r], s.sums_of[r]
    depot, kept = route[c.DEPOT], route[c.KIND]
    if kept >= 0:
        s.used[kept] -= 1
        s.depot_load[depot] -= sums[c.R_LOAD]
        s.depot_routes[depot] -= 1
        s.sums[c.TOTAL] -= sums[c.R_COST]
        if s.depot_routes[depot] == 0:
            s.sums[c.TOTAL] -= p.depots[depot, 1]
    sums[:] = 0.0
    if route[c.SIZE] == 0:
        route[c.KIND] = -1
        s.marks[c.LOW] = min(s.marks[c.LOW], r)
        while s.marks[c.TOP] > 0 and s.ints_of[s.marks[c.TOP] - 1, c.SIZE] == 0:
            s.marks[c.TOP] -= 1
        return True
    kind = survey_duty(p, s, r, kept) if p.rules[c.DUTIES] > 0.0 else survey(p, s, r, kept)
    if sums[c.R_COST] == INF:
        kind = -1
    route[c.KIND] = kind
    if kind < 0:
        return False
    cost, load = sums[c.R_COST], sums[c.R_LOAD]
    hold(p, s, r, kind)
    s.depot_load[depot] += load
    s.sums[c.TOTAL] += cost
    return True


@hot
def fits(p: Data, s: State, i: int, r: int) -> bool:
    """Whether the depot, and any vehicle, could take stop i's load into route r."""
    depot = s.ints_of[r, c.DEPOT]
    if s.sums[c.TOLL] == 0.0 and s.depot_load[depot] + p.stop[i, c.LOAD] > p.depots[depot, 0]:
        return False
    load, volume = s.sums_of[r, c.R_LOAD] + p.stop[i, c.LOAD], s.sums_of[r, c.R_VOLUME] + p.stop[i, c.VOLUME]
    for kind in range(p.types.shape[0]):
        trips = p.types[kind, c.TRIPS]
        if load <= trips * p.types[kind, c.PAYLOAD] and volume <= trips * p.types[kind, c.SPACE]:
            return True
    return False


@hot
def offer(p: Data, s: State, i: int, r: int, spot: tuple[int, int], best: float) -> tuple[float, int]:
    """CNY added by putting stop i between two nodes (-1 for none after) of route r, and how: see `duty.lay_out`."""
    a, b = spot
    depot = s.ints_of[r, c.DEPOT]
    extra = access(p, i, depot) + toll(p, s, i, depot)
    if p.rules[c.DUTIES] > 0.0:
        more, mode = gain_by_modes(p, s, i, r, spot, best - extra)
        return more + extra, mode
    return gain_at(p, s, i, r, a, b if b >= 0 else depot) + extra, 0


@hot
def new_route(p: Data, s: State, i: int) -> tuple[float, int]:
    """CNY of fetching stop i with a vehicle of its own, and the depot it starts from."""
    best, chosen = INF, -1
    row = i - p.depots.shape[0]
    for k in range(p.home.shape[1]):
        if p.home_cost[row, k] >= best:
            break
        d = p.home[row, k]
        over = toll(p, s, i, d)
        if over == INF:
            continue
        cost = alone_duty(p, s, i, d) if p.rules[c.DUTIES] > 0.0 else alone(p, s, i, d)
        cost += access(p, i, d) + over
        if s.depot_routes[d] == 0:
            cost += p.depots[d, 1]
        if cost < best:
            best, chosen = cost, d
    return best, chosen
