"""Duties with windows, trips, regimes, cargoes: random cases, a slow referee, a linear programme for timetables."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.optimize import linprog

from coldchain.routing.instance import Instance

ANY = 1e18
SIMPLE = {"per_h": 0.0, "per_km": 1.0}


def types_of(*rows):
    """Return vehicle types, each row a dict; any figure not named is without effect."""
    names = ("payload", "space", "day", "per_km", "per_h", "pace", "shift", "count", "drive", "trips", "air", "regimes")
    plain = dict(zip(names, (ANY, ANY, 0.0, 1.0, 0.0, 1.0, ANY, ANY, ANY, 1.0, 0.0, -1.0), strict=True))
    return np.array([[{**plain, **row}[name] for name in names] for row in rows], dtype=float)


def random_duties(n, seed, m=1, *, simple=False):
    """Return n stops with windows, two regimes and two cargoes, vehicles that go twice; everything by chance."""
    r = np.random.default_rng(seed)
    xy = r.uniform(0, 3, (m + n, 2))
    far = np.hypot(*(np.subtract.outer(xy[:, k], xy[:, k]) for k in range(2)))
    opens = r.uniform(0, 10, n)
    types = types_of(
        {"payload": 60.0, "space": 50.0, "day": 9.0, "per_h": 3.0, "trips": 2, "shift": 14, "drive": 12, "count": 2},
        {"payload": 100.0, "day": 14.0, "pace": 1.25, "per_h": 4.0, "air": 1, "regimes": 3, "trips": 2, "count": 2},
    )
    if simple:
        types = types_of({"payload": 60.0, "trips": 2, "count": n})
    return Instance(
        legs=np.stack([far * 30, far], axis=2),
        load=r.integers(10, 40, n).astype(float),
        volume=r.integers(1, 25, n).astype(float),
        weight=np.column_stack([r.uniform(0, 9, n), r.uniform(0, 3, n)]) * (0.0 if simple else 1.0),
        halt_h=r.uniform(0.1, 0.5, n),
        depots=np.array([[ANY, 0.0]] + [[70.0, 5.0]] * (m - 1)),
        types=types,
        value=np.where(r.random(n) < 0.2, r.uniform(20, 60, n), np.inf) if not simple else np.full(n, np.inf),
        unload_h=0.25,
        max_aboard_h=np.where(r.random(n) < 0.3, 4.0, np.inf) if not simple else math.inf,
        window_h=np.column_stack([opens, opens + r.uniform(1, 6, n)]),
        depot_window_h=np.tile([1.0, 20.0], (m, 1)),
        regimes=r.choice([1, 2, 3], n),
        access_cny=r.uniform(0, 3, (m, n)),
        since_ready=seed % 2 == 1,
    )


def trip_of(instance, depot, kind, stops, ready):
    """Drive a trip as early as can be, timed back from its arrival; (cost, leaving, arrival, slack), or None."""
    m, row = instance.m, instance.full_types[kind]
    payload, space, pace, air = row[0], row[1], row[5], int(row[10])
    if instance.load[stops].sum() > payload or instance.volume[stops].sum() > space:
        return None
    if np.bitwise_and.reduce(np.array([int(row[11]), *instance.regimes[stops]])) == 0:
        return None
    path = [depot, *(m + i for i in stops), depot]
    hours = [instance.legs[a, b, 1] * pace for a, b in itertools.pairwise(path)]
    now = ready
    for i, h in zip(stops, hours, strict=False):
        now = max(now + h, instance.window_h[i, 0])
        if now > instance.window_h[i, 1]:
            return None
        now += instance.halt_h[i]
    arrival = now + hours[-1]
    if arrival > instance.depot_window_h[depot, 1]:
        return None
    cost = row[3] * sum(instance.legs[a, b, 0] for a, b in itertools.pairwise(path))
    leave, slack = arrival - hours[-1], 0.0 if instance.since_ready else math.inf
    limit = np.broadcast_to(instance.max_aboard_h, instance.n)
    for i, h in zip(stops[::-1], hours[-2::-1], strict=True):
        start = min(leave - instance.halt_h[i], instance.window_h[i, 1])
        aboard = arrival - start - instance.halt_h[i]
        if aboard > limit[i]:
            return None
        since = arrival - instance.window_h[i, 0] if instance.since_ready else aboard
        cost += instance.weight[i, air] * since + instance.access_cny[depot, i]
        slack, leave = min(slack, instance.window_h[i, 1] - start), start - h
    return cost + row[4] * (arrival - leave + instance.unload_h), leave, arrival, slack, sum(hours)


def duty_cost(instance, depot, kind, trips):
    """CNY of a duty from its trips alone, inf when it cannot be driven."""
    row = instance.full_types[kind]
    ready, cost, driven = instance.depot_window_h[depot, 0], row[2], 0.0
    if len(trips) > row[9]:
        return math.inf
    times = []
    for stops in trips:
        found = trip_of(instance, depot, kind, list(stops), ready)
        if found is None:
            return math.inf
        cost, driven, ready = cost + found[0], driven + found[4], found[2] + instance.unload_h
        times.append(found[1:4])
    leave = times[-1][0]
    for left, arrived, slack in times[-2::-1]:
        later = min(leave - instance.unload_h - arrived, slack, instance.depot_window_h[depot, 1] - arrived)
        leave = left + max(later, 0.0)
    return cost if driven <= row[8] and times[-1][1] - leave <= row[6] else math.inf


def plan_cost(instance, duties):
    """CNY of duties with the opening of depots and the values of what is left; asserts every limit."""
    taken = [i for duty in duties for i in duty.stops]
    assert len(taken) == len(set(taken))
    total = sum(instance.value[i] for i in range(instance.n) if i not in taken)
    for depot in {duty.depot for duty in duties}:
        total += instance.depots[depot, 1]
        assert sum(instance.load[list(d.stops)].sum() for d in duties if d.depot == depot) <= instance.depots[depot, 0]
    for kind, row in enumerate(instance.full_types):
        assert sum(duty.kind == kind for duty in duties) <= row[7]
    return total + sum(duty_cost(instance, *duty) for duty in duties)


def best_by_enumeration(instance):
    """Least cost over all sets of duties of one depot: every order, every cutting into trips, every vehicle."""
    best = {}
    for size in range(1, instance.n + 1):
        for order in itertools.permutations(range(instance.n), size):
            for trips, kind in itertools.product(_cuttings(order, 2), range(len(instance.types))):
                key = (frozenset(order), kind)
                best[key] = min(best.get(key, math.inf), duty_cost(instance, 0, kind, trips))
    return _fill(instance, best, frozenset(range(instance.n)), tuple(instance.full_types[:, 7]))


def _fill(instance, best, left, counts):
    if not left:
        return 0.0
    first = min(left)
    least = instance.value[first] + _fill(instance, best, left - {first}, counts)
    for (part, kind), cost in best.items():
        if first in part and part <= left and counts[kind] > 0 and cost < least:
            fewer = tuple(count - (k == kind) for k, count in enumerate(counts))
            least = min(least, cost + _fill(instance, best, left - part, fewer))
    return least


def _cuttings(order, most):
    yield (order,)
    if most > 1:
        for k in range(1, len(order)):
            yield (order[:k], order[k:])


def timetable_by_programme(instance, depot, kind, trips):
    """Least CNY of a duty over all timetables, by linear programming; vehicle money without km left out."""
    m, row = instance.m, instance.full_types[kind]
    pace, per_h, air = row[5], row[4], int(row[10])
    stops = [i for trip in trips for i in trip]
    column = {("at", i): k for k, i in enumerate(stops)}
    for k in range(len(trips)):
        column["leave", k], column["arrive", k] = len(stops) + 2 * k, len(stops) + 2 * k + 1
    money, fixed = np.zeros(len(column)), 0.0
    less, most = [], []

    def later(first, second, hours):
        line = np.zeros(len(column))
        line[column[first]], line[column[second]] = 1.0, -1.0
        less.append(line)
        most.append(-hours)

    for k, trip in enumerate(trips):
        path = [("leave", k), *(("at", i) for i in trip), ("arrive", k)]
        nodes = [depot, *(m + i for i in trip), depot]
        for (a, b), (u, v) in zip(itertools.pairwise(path), itertools.pairwise(nodes), strict=True):
            halt = instance.halt_h[a[1]] if a[0] == "at" else 0.0
            later(a, b, halt + instance.legs[u, v, 1] * pace)
        money[column["arrive", k]] += per_h
        money[column["leave", k]] -= per_h
        fixed += per_h * instance.unload_h
        for i in trip:
            money[column["arrive", k]] += instance.weight[i, air]
            money[column["at", i]] -= instance.weight[i, air]
            fixed -= instance.weight[i, air] * instance.halt_h[i]
        if k:
            later(("arrive", k - 1), ("leave", k), instance.unload_h)
    opens, closes = instance.depot_window_h[depot]
    bounds = [tuple(instance.window_h[i]) for i in stops] + [(opens, closes)] * (2 * len(trips))
    result = linprog(money, A_ub=np.array(less), b_ub=np.array(most), bounds=bounds)
    return result.fun + fixed if result.status == 0 else math.inf
