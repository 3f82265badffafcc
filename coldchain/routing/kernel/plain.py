"""Routes of one trip without clocks: every insertion priced exactly in constant time."""

from __future__ import annotations

from coldchain.routing.kernel import data as c
from coldchain.routing.kernel.data import (
    INF,
    Data,
    State,
    Sums,
    access,
    compiled,
    free,
    hot,
    leg,
    leg_into,
    load_fits,
)


@hot
def price(p: Data, kind: int, total: Sums) -> float:
    """CNY of a route with these sums driven by vehicle type ``kind``; inf when it breaks a limit.

    Sums: km, driving h, halts h, spoilage by driving, by halts, kg, m³, then driving and halts after the first stop.
    """
    km, drive, halt, spoil, spoil_halt, load, volume, tail, tail_halt = total
    if not load_fits(p, kind, load, volume):
        return INF
    pace = p.types[kind, c.PACE]
    hours = drive * pace + halt
    if hours > p.types[kind, c.SHIFT] or tail * pace + tail_halt > p.rules[c.ABOARD_H]:
        return INF
    money = p.types[kind, c.DAY] + p.types[kind, c.PER_KM] * km + p.types[kind, c.PER_H] * (hours + p.rules[c.UNLOAD_H])
    return float(money + spoil * pace + spoil_halt)


@hot
def cheapest(p: Data, s: State, kept: int, total: Sums) -> tuple[float, int]:
    """Least price over the types of which a vehicle is free, ``kept`` being held already; ``(inf, -1)`` for none."""
    best, chosen = INF, -1
    for kind in range(p.types.shape[0]):
        if free(p, s, kept, kind):
            cost = price(p, kind, total)
            if cost < best:
                best, chosen = cost, kind
    return best, chosen


@compiled
def hold(p: Data, s: State, r: int, kind: int) -> None:
    """Give route r a vehicle before its sums are known."""
    depot = s.ints_of[r, c.DEPOT]
    s.ints_of[r, c.KIND] = kind
    s.used[kind] += 1
    if s.depot_routes[depot] == 0:
        s.sums[c.TOTAL] += p.depots[depot, 1]
    s.depot_routes[depot] += 1


@hot
def walk_back(p: Data, s: State, last: int, back_h: float) -> tuple[float, float]:
    """Note the hours to the depot after each stop, from the last; spoilage by driving and by halts."""
    node = s.node
    tail, tail_halt, spoil, spoil_halt, i = back_h, 0.0, 0.0, 0.0, last
    while i >= 0:
        node[i, c.TAIL], node[i, c.TAIL_HALT] = tail, tail_halt
        spoil += p.stop[i, c.WEIGHT] * tail
        spoil_halt += p.stop[i, c.WEIGHT] * tail_halt
        tail += node[i, c.H_IN]
        tail_halt += p.stop[i, c.HALT]
        i = s.link[i, c.BEFORE]
    return spoil, spoil_halt


@hot
def survey(p: Data, s: State, r: int, kept: int) -> int:
    """Work out all sums of a route; return the vehicle type that drives it, -1 when none can."""
    route, sums, node, link = s.ints_of[r], s.sums_of[r], s.node, s.link
    depot = route[c.DEPOT]
    weight = load = volume = km = drive = halt = extra = 0.0
    i, before = route[c.FIRST], depot
    while i >= 0:
        way_km, way_h = leg(p, before, i)
        weight += p.stop[i, c.WEIGHT]
        node[i, c.WPRE], node[i, c.KM_IN], node[i, c.H_IN] = weight, way_km, way_h
        km += way_km
        drive += way_h
        load += p.stop[i, c.LOAD]
        volume += p.stop[i, c.VOLUME]
        halt += p.stop[i, c.HALT]
        extra += access(p, i, depot)
        before, i = i, link[i, c.NEXT]
    back_km, back_h = leg(p, before, depot)
    spoil, spoil_halt = walk_back(p, s, before, back_h)
    first = route[c.FIRST]
    km, drive = km + back_km, drive + back_h
    rest, rest_halt = node[first, c.TAIL], node[first, c.TAIL_HALT]
    total = (km, drive, halt, spoil, spoil_halt, load, volume, rest, rest_halt)
    cost, kind = cheapest(p, s, kept, total) if s.marks[c.HELD] == 0 else (price(p, kept, total), kept)
    pace = p.types[kind, c.PACE]
    sums[c.R_KM], sums[c.R_DRIVE], sums[c.R_HALT], sums[c.R_SPOIL], sums[c.R_SPOIL_HALT] = (
        km,
        drive,
        halt,
        spoil,
        spoil_halt,
    )
    sums[c.R_LOAD], sums[c.R_VOLUME], sums[c.R_COST], sums[c.R_HOURS] = load, volume, cost + extra, drive * pace + halt
    sums[c.R_ABOARD], sums[c.R_KM_BACK], sums[c.R_H_BACK] = rest * pace + rest_halt, back_km, back_h
    sums[c.R_ACCESS] = extra
    return kind


@hot
def gain_at(p: Data, s: State, i: int, r: int, a: int, b: int) -> float:
    """CNY added by putting stop i between nodes a and b of route r; inf when a limit breaks."""
    m = p.depots.shape[0]
    in_km, in_h = leg_into(p, i, a)
    out_km, out_h = leg(p, i, b)
    if b >= m:
        more_km, more_h = in_km + out_km - s.node[b, c.KM_IN], in_h + out_h - s.node[b, c.H_IN]
    else:
        more_km, more_h = in_km + out_km - s.sums_of[r, c.R_KM_BACK], in_h + out_h - s.sums_of[r, c.R_H_BACK]
    tail, tail_halt = out_h + s.node[b, c.TAIL], p.stop[b, c.HALT] + s.node[b, c.TAIL_HALT]
    before, weight, halt = s.node[a, c.WPRE], p.stop[i, c.WEIGHT], p.stop[i, c.HALT]
    if p.types.shape[0] == 1:
        pace = p.types[0, c.PACE]
        hours, own = more_h * pace + halt, tail * pace + tail_halt
        aboard = own if a < m else s.sums_of[r, c.R_ABOARD] + hours
        if s.sums_of[r, c.R_HOURS] + hours > p.types[0, c.SHIFT] or aboard > p.rules[c.ABOARD_H]:
            return INF
        return float(p.types[0, c.PER_KM] * more_km + (p.types[0, c.PER_H] + before) * hours + weight * own)
    sums = s.sums_of[r]
    first = s.ints_of[r, c.FIRST]
    total = (
        sums[c.R_KM] + more_km, sums[c.R_DRIVE] + more_h, sums[c.R_HALT] + halt,
        sums[c.R_SPOIL] + before * more_h + weight * tail, sums[c.R_SPOIL_HALT] + before * halt + weight * tail_halt,
        sums[c.R_LOAD] + p.stop[i, c.LOAD], sums[c.R_VOLUME] + p.stop[i, c.VOLUME],
        tail if a < m else s.node[first, c.TAIL] + more_h, tail_halt if a < m else s.node[first, c.TAIL_HALT] + halt,
    )  # fmt: skip
    return float(cheapest(p, s, s.ints_of[r, c.KIND], total)[0] + sums[c.R_ACCESS] - sums[c.R_COST])


@hot
def alone(p: Data, s: State, i: int, d: int) -> float:
    """CNY of fetching stop i with a vehicle of its own from depot d."""
    out_km, out_h = leg_into(p, i, d)
    km, h = leg(p, i, d)
    weight = p.stop[i, c.WEIGHT]
    total = (
        km + out_km, h + out_h, p.stop[i, c.HALT], weight * h, 0.0, p.stop[i, c.LOAD], p.stop[i, c.VOLUME], h, 0.0,
    )  # fmt: skip
    return float(cheapest(p, s, -1, total)[0])
