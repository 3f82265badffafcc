"""Tearing stops out of routes and putting them back, with the memory to undo it."""

from __future__ import annotations

import math

from coldchain.arrays import Ints
from coldchain.routing.kernel import data as c
from coldchain.routing.kernel.data import Data, State, compiled, hot, inner, uniform
from coldchain.routing.kernel.plain import hold
from coldchain.routing.kernel.routes import fits, new_route, offer, refresh

TRIED = 40  # nearest stops beside which an insertion is tried in large problems


@hot
def best_everywhere(p: Data, s: State, i: int, best: float) -> tuple[float, int, int, int]:
    """Least CNY for stop i over all positions of all routes, the route, the node it goes after, and how."""
    at, after, way, blink = -1, -1, 0, s.marks[c.BLINK]
    for r in range(s.marks[c.TOP]):
        if s.ints_of[r, c.SIZE] == 0 or not fits(p, s, i, r):
            continue
        a, b = s.ints_of[r, c.DEPOT], s.ints_of[r, c.FIRST]
        while a >= 0:
            blink -= 1
            if blink < 0:
                blink = int(math.log(1.0 - uniform(s)) * p.rules[c.BLINKS])
            else:
                more, mode = offer(p, s, i, r, (a, b), best)
                if more < best:
                    best, at, after, way = more, r, a, mode
            a = b
            if b >= 0:
                b = s.link[b, c.NEXT]
    s.marks[c.BLINK] = blink
    return best, at, after, way


@hot
def best_nearby(p: Data, s: State, i: int, best: float) -> tuple[float, int, int, int]:
    """Like `best_everywhere`, only beside the stops near to i."""
    at, after, way, blink = -1, -1, 0, s.marks[c.BLINK]
    m = p.depots.shape[0]
    for k in range(min(TRIED, p.near.shape[1])):
        j = p.near[i - m, k]
        r = s.link[j, c.ROUTE]
        if r < 0 or not fits(p, s, i, r):
            continue
        blink -= 1
        if blink < 0:
            blink = int(math.log(1.0 - uniform(s)) * p.rules[c.BLINKS])
            continue
        a = s.link[j, c.BEFORE] if s.link[j, c.BEFORE] >= 0 else s.ints_of[r, c.DEPOT]
        more, mode = offer(p, s, i, r, (a, j), best)
        if more < best:
            best, at, after, way = more, r, a, mode
        more, mode = offer(p, s, i, r, (j, s.link[j, c.NEXT]), best)
        if more < best:
            best, at, after, way = more, r, j, mode
    s.marks[c.BLINK] = blink
    return best, at, after, way


@hot
def save(s: State, r: int) -> None:
    """Remember route r as it was before this iteration, once; the flag of a trip is the lowest bit of a stop."""
    if s.touched[r] == s.marks[c.STAMP]:
        return
    s.touched[r] = s.marks[c.STAMP]
    at = s.marks[c.SAVED]
    s.undo[at], s.undo[at + 1] = r, s.ints_of[r, c.SIZE]
    s.undo[at + 2], s.undo[at + 3] = s.ints_of[r, c.DEPOT], s.ints_of[r, c.KIND]
    at += 4
    i = s.ints_of[r, c.FIRST] if s.ints_of[r, c.SIZE] > 0 else -1
    while i >= 0:
        s.undo[at] = 2 * i + s.link[i, c.FLAG]
        at, i = at + 1, s.link[i, c.NEXT]
    s.marks[c.SAVED] = at


@hot
def put(p: Data, s: State, i: int, r: int, after: int, mode: int) -> None:
    """Link stop i into route r after a node (a depot means at the front), in the way of `duty.lay_out`."""
    save(s, r)
    link, route = s.link, s.ints_of[r]
    front = after < p.depots.shape[0]
    following = -1 if route[c.SIZE] == 0 else route[c.FIRST] if front else link[after, c.NEXT]
    link[i, c.BEFORE], link[i, c.NEXT], link[i, c.ROUTE] = -1 if front else after, following, r
    link[i, c.FLAG] = 1 if mode > 0 and not front else 0
    if front:
        route[c.FIRST] = i
    else:
        link[after, c.NEXT] = i
    if following >= 0:
        link[following, c.BEFORE] = i
        if mode > 0:
            link[following, c.FLAG] = mode - 1
    else:
        route[c.LAST] = i
    route[c.SIZE] += 1


@hot
def take(s: State, i: int) -> None:
    """Unlink stop i from its route into the pool; the route's sums are left for `refresh`."""
    link = s.link
    route = s.ints_of[link[i, c.ROUTE]]
    a, b = link[i, c.BEFORE], link[i, c.NEXT]
    if a >= 0:
        link[a, c.NEXT] = b
    else:
        route[c.FIRST] = b
    if b >= 0:
        link[b, c.BEFORE] = a
        link[b, c.FLAG] = 0 if a < 0 else max(link[b, c.FLAG], link[i, c.FLAG])
    else:
        route[c.LAST] = a
    route[c.SIZE] -= 1
    link[i, c.ROUTE], link[i, c.FLAG] = -1, 0
    s.pool[s.marks[c.POOL]] = i
    s.marks[c.POOL] += 1


@inner
def tear_route(p: Data, s: State, r: int) -> None:
    """Take the whole of route r apart."""
    save(s, r)
    while s.ints_of[r, c.SIZE] > 0:
        take(s, s.ints_of[r, c.FIRST])
    refresh(p, s, r)


@hot
def tear_string(p: Data, s: State, seed: int, most: float) -> None:
    """Take a string of stops with the seed in it out of its route, perhaps sparing some in its midst."""
    r = s.link[seed, c.ROUTE]
    save(s, r)
    size = s.ints_of[r, c.SIZE]
    length = int(uniform(s) * min(float(size), most)) + 1
    spared = 0
    if length > 1 and length < size and uniform(s) < p.rules[c.SPLIT]:
        spared = 1
        while length + spared < size and uniform(s) < p.rules[c.SKIP]:
            spared += 1
    window = length + spared
    place, i = 0, s.link[seed, c.BEFORE]
    while i >= 0:
        place, i = place + 1, s.link[i, c.BEFORE]
    low, high = max(0, place - window + 1), min(place, size - window)
    back = place - (low + int(uniform(s) * (high - low + 1)))
    i = seed
    for _ in range(back):
        i = s.link[i, c.BEFORE]
    gap = 1 + int(uniform(s) * (length - 1)) if spared > 0 else window
    for k in range(window):
        following = s.link[i, c.NEXT]
        if k < gap or k >= gap + spared:
            take(s, i)
        i = following
    if not refresh(p, s, r):
        tear_route(p, s, r)


@hot
def ruin(p: Data, s: State) -> None:
    """Take strings out of routes near to a stop drawn by chance."""
    m = p.depots.shape[0]
    n = p.stop.shape[0] - m
    routes = max(1, s.depot_routes.sum())
    most = min(p.rules[c.LONGEST], (n - s.marks[c.POOL]) / routes)
    strings = int(uniform(s) * (4.0 * p.rules[c.REMOVED] / (1.0 + most) - 1.0)) + 1
    seed = m + int(uniform(s) * n)
    for k in range(-1, p.near.shape[1]):
        if strings <= 0:
            break
        j = p.near[seed - m, k] if k >= 0 else seed
        r = s.link[j, c.ROUTE]
        if r >= 0 and s.touched[r] != s.marks[c.STAMP]:
            tear_string(p, s, j, most)
            strings -= 1


@hot
def sort_pool(p: Data, s: State) -> None:
    """Put the pool in order of one key, drawn by the odds; the first key is chance."""
    draw, key = uniform(s) * p.odds[p.odds.shape[0] - 1], 0
    while p.odds[key] <= draw:
        key += 1
    count = s.marks[c.POOL]
    for k in range(count):
        i = s.pool[k]
        s.rank[k] = uniform(s) if key == 0 else p.keys[key, i]
    for k in range(1, count):
        i, value, at = s.pool[k], s.rank[k], k
        while at > 0 and s.rank[at - 1] > value:
            s.pool[at], s.rank[at] = s.pool[at - 1], s.rank[at - 1]
            at -= 1
        s.pool[at], s.rank[at] = i, value


@compiled
def recreate(p: Data, s: State, wide: bool) -> None:
    """Insert the pool greedily; what finds no place, or costs more than its value, stays."""
    sort_pool(p, s)
    count, s.marks[c.POOL] = s.marks[c.POOL], 0
    for k in range(count):
        i = s.pool[k]
        own, depot = new_route(p, s, i)
        worth = min(own, p.stop[i, c.VALUE])
        _, r, after, mode = best_everywhere(p, s, i, worth) if wide else best_nearby(p, s, i, worth)
        if r < 0 and own <= p.stop[i, c.VALUE] and depot >= 0:
            while s.ints_of[s.marks[c.LOW], c.SIZE] > 0:
                s.marks[c.LOW] += 1
            r, after = s.marks[c.LOW], depot
            s.marks[c.TOP] = max(s.marks[c.TOP], r + 1)
            save(s, r)
            s.ints_of[r, c.DEPOT] = depot
        if r >= 0:
            put(p, s, i, r, after, mode)
            if not refresh(p, s, r):  # by rounding alone
                take(s, i)
                refresh(p, s, r)
        else:
            s.pool[s.marks[c.POOL]] = i
            s.marks[c.POOL] += 1


@hot
def restore(p: Data, s: State) -> None:
    """Bring back the saved routes: first free what they hold now, then rebuild them."""
    at = 0
    while at < s.marks[c.SAVED]:
        s.ints_of[s.undo[at], c.SIZE] = 0
        refresh(p, s, s.undo[at])
        at += 4 + s.undo[at + 1]
    at, s.marks[c.HELD] = 0, 1
    while at < s.marks[c.SAVED]:
        r, size = s.undo[at], s.undo[at + 1]
        relink(s, r, s.undo[at + 2], s.undo[at + 4 : at + 4 + size])
        if size > 0:
            s.marks[c.TOP] = max(s.marks[c.TOP], r + 1)
            hold(p, s, r, s.undo[at + 3])
            refresh(p, s, r)
        at += 4 + size
    s.marks[c.HELD] = 0


@compiled
def relink(s: State, r: int, depot: int, stops: Ints) -> None:
    """Write the links of route r; each stop is twice its node, plus 1 where a further trip begins."""
    route, size = s.ints_of[r], len(stops)
    route[c.DEPOT], route[c.SIZE] = depot, size
    for k in range(size):
        i = stops[k] // 2
        s.link[i, c.BEFORE] = stops[k - 1] // 2 if k > 0 else -1
        s.link[i, c.NEXT] = stops[k + 1] // 2 if k + 1 < size else -1
        s.link[i, c.ROUTE], s.link[i, c.FLAG] = r, stops[k] % 2
    if size > 0:
        route[c.FIRST], route[c.LAST] = stops[0] // 2, stops[size - 1] // 2
