"""Duties of vehicles: several trips, time windows, driving hours, cargo regimes, temperatures that do not mix.

A duty is one list of stops; `FLAG` marks where a new trip begins. Each trip arrives at the depot as early as it can,
and, that being so, leaves every stop as late as it can. No other timetable is cheaper: spoilage and paid hours never
fall when a trip arrives later, nor does any later trip gain by it.
"""

from __future__ import annotations

from coldchain.routing.kernel import data as c
from coldchain.routing.kernel.data import INF, Data, State, access, free, hot, inner, leg, leg_into, load_fits


@hot
def lay_out(s: State, r: int, i: int, after: int, mode: int) -> int:
    """Write route r to the scratch order, with stop i put in after a node; returns the number of stops.

    Parameters
    ----------
    mode : 0 into the trip of ``after``, 1 first in the trip that follows it, 2 a trip of its own
    """
    count, j = 0, s.ints_of[r, c.FIRST] if s.ints_of[r, c.SIZE] > 0 else -1
    lead = False
    if after < s.depot_load.shape[0]:
        s.order[0, 0], s.order[0, 1] = i, 0
        count, lead = 1, mode == 2
    while j >= 0:
        s.order[count, 0], s.order[count, 1] = j, 1 if lead else s.link[j, c.FLAG]
        lead = False
        if count > 0 and mode == 1 and s.order[count - 1, 0] == i:
            s.order[count, 1] = 0
        count += 1
        if j == after:
            s.order[count, 0], s.order[count, 1] = i, 1 if mode > 0 else 0
            count, lead = count + 1, mode == 2
        j = s.link[j, c.NEXT]
    return count


@hot
def exceeds(p: Data, s: State, at: int, end: int, kind: int) -> bool:
    """Whether a trip of the scratch order has more of a further quantity than the vehicle type may."""
    for q in range(p.most.shape[1]):
        amount = 0.0
        for place in range(at, end):
            amount += p.amounts[s.order[place, 0], q]
        if amount > p.most[kind, q]:
            return True
    return False


@hot
def forth(
    p: Data, s: State, at: int, count: int, depot: int, kind: int, ready: float
) -> tuple[int, float, float, float]:
    """Drive the trip that begins at a place of the scratch order as early as can be.

    Returns
    -------
    place after its last stop (-1 when a window, payload, space or temperature forbids it), hour of arrival at the
    depot, km and driving hours
    """
    pace = p.types[kind, c.PACE]
    zone = int(p.types[kind, c.REGIMES])
    load = volume = km = drive = 0.0
    now, before, first = ready, depot, at
    while at < count and (before == depot or s.order[at, 1] == 0):
        i = s.order[at, 0]
        way_km, way_h = leg(p, before, i)
        s.clock[at, c.DRIVEN] = way_h * pace
        km, drive = km + way_km, drive + way_h * pace
        now = max(now + way_h * pace, p.window[i, 0])
        zone &= p.regimes[i]
        load, volume = load + p.stop[i, c.LOAD], volume + p.stop[i, c.VOLUME]
        if now > p.window[i, 1] or zone == 0:
            return -1, 0.0, 0.0, 0.0
        now += p.stop[i, c.HALT]
        before, at = i, at + 1
    way_km, way_h = leg(p, before, depot)
    now += way_h * pace
    if now > p.window[depot, 1] or not load_fits(p, kind, load, volume) or exceeds(p, s, first, at, kind):
        return -1, 0.0, 0.0, 0.0
    return at, now, km + way_km, drive + way_h * pace


@hot
def back(p: Data, s: State, at: int, end: int, depot: int, kind: int, arrival: float) -> tuple[float, float, float]:
    """Time the trip backwards from its arrival, every stop left as late as can be.

    Returns
    -------
    spoilage in CNY (inf when a lot is aboard too long), hour of leaving the depot, hours by which all may be later at
    no cost
    """
    air = int(p.types[kind, c.AIR])
    spoil, slack = 0.0, INF if p.rules[c.SINCE_READY] == 0.0 else 0.0
    leave = arrival - leg(p, s.order[end - 1, 0], depot)[1] * p.types[kind, c.PACE]
    for place in range(end - 1, at - 1, -1):
        i = s.order[place, 0]
        start = min(leave - p.stop[i, c.HALT], p.window[i, 1])
        aboard = arrival - start - p.stop[i, c.HALT]
        if aboard > p.stop[i, c.ABOARD]:
            return INF, 0.0, 0.0
        spoil += p.air[i, air] * (aboard if p.rules[c.SINCE_READY] == 0.0 else arrival - p.window[i, 0])
        slack = min(slack, p.window[i, 1] - start)
        leave = start - s.clock[place, c.DRIVEN]
    return spoil, leave, slack


@inner
def drive_through(p: Data, s: State, count: int, depot: int, kind: int) -> float:
    """CNY of the scratch order as the duty of one vehicle, inf when it breaks a limit."""
    money, ready, driven = p.types[kind, c.DAY], p.window[depot, 0], 0.0
    at = s.order[0, 1]  # 0, but no literal: numba would compile `forth` once more for one
    trips = 0
    while at < count:
        end, arrival, km, drive = forth(p, s, at, count, depot, kind, ready)
        if end < 0:
            return INF
        spoil, leave, slack = back(p, s, at, end, depot, kind, arrival)
        s.clock[trips, c.LEFT], s.clock[trips, c.ARRIVED], s.clock[trips, c.SLACK] = leave, arrival, slack
        money += p.types[kind, c.PER_KM] * km + spoil
        money += p.types[kind, c.PER_H] * (arrival - leave + p.rules[c.UNLOAD_H])
        driven, ready = driven + drive, arrival + p.rules[c.UNLOAD_H]
        at, trips = end, trips + 1
    if trips > p.types[kind, c.TRIPS] or driven > p.types[kind, c.DRIVE]:
        return INF
    if shortest_shift(p, s, trips, depot) > p.types[kind, c.SHIFT]:
        return INF
    return float(money)


@hot
def shortest_shift(p: Data, s: State, trips: int, depot: int) -> float:
    """Hours from leaving the depot first to arriving last, earlier trips moved towards later ones at no cost."""
    leave = s.clock[trips - 1, c.LEFT]
    for k in range(trips - 2, -1, -1):
        arrival = s.clock[k, c.ARRIVED]
        later = min(leave - p.rules[c.UNLOAD_H] - arrival, s.clock[k, c.SLACK], p.window[depot, 1] - arrival)
        leave = s.clock[k, c.LEFT] + max(later, 0.0)
    return float(s.clock[trips - 1, c.ARRIVED] - leave)


@inner
def cheapest_duty(p: Data, s: State, kept: int, count: int, depot: int) -> tuple[float, int]:
    """Least cost of the scratch order over the types of which a vehicle is free; ``(inf, -1)`` for none."""
    best, chosen = INF, -1
    for kind in range(p.types.shape[0]):
        if free(p, s, kept, kind):
            cost = drive_through(p, s, count, depot, kind)
            if cost < best:
                best, chosen = cost, kind
    return best, chosen


@hot
def close_trip(p: Data, s: State, r: int, last: int, back_h: float) -> None:
    """Note what every stop of a trip needs to know of it, from its last, and add up what spoils without waiting."""
    node, link, sums = s.node, s.link, s.sums_of[r]
    load = volume = tail_halt = 0.0
    tail, zone, i = back_h, p.regimes[last], last
    while i >= 0:
        node[i, c.TAIL], node[i, c.TAIL_HALT] = tail, tail_halt
        for air in range(p.air.shape[1]):
            sums[c.S_AIR + 2 * air] += p.air[i, air] * tail
            sums[c.S_AIR + 2 * air + 1] += p.air[i, air] * tail_halt
        tail, tail_halt = tail + node[i, c.H_IN], tail_halt + p.stop[i, c.HALT]
        load, volume = load + p.stop[i, c.LOAD], volume + p.stop[i, c.VOLUME]
        zone &= p.regimes[i]
        first, i = i, link[i, c.BEFORE] if link[i, c.FLAG] == 0 else -1
    i = first
    while i >= 0:
        node[i, c.TRIP_LOAD], node[i, c.TRIP_VOLUME], link[i, c.ZONE] = load, volume, zone
        i = link[i, c.NEXT] if i != last else -1
    sums[c.R_PEAK], sums[c.R_PEAK_VOLUME] = max(sums[c.R_PEAK], load), max(sums[c.R_PEAK_VOLUME], volume)
    sums[c.R_LOAD], sums[c.R_VOLUME] = sums[c.R_LOAD] + load, sums[c.R_VOLUME] + volume


@hot
def survey_duty(p: Data, s: State, r: int, kept: int) -> int:
    """Work out all sums of a duty; return the vehicle type that drives it, -1 when none can."""
    route, sums, node, link = s.ints_of[r], s.sums_of[r], s.node, s.link
    depot, i, before = route[c.DEPOT], route[c.FIRST], route[c.DEPOT]
    link[i, c.FLAG] = 0
    route[c.PARTS] = 1
    count = 0
    while i >= 0:
        s.order[count, 0], s.order[count, 1] = i, link[i, c.FLAG]
        count += 1
        if link[i, c.FLAG] > 0:
            way_km, way_h = leg(p, before, depot)
            sums[c.R_KM], sums[c.R_DRIVE] = sums[c.R_KM] + way_km, sums[c.R_DRIVE] + way_h
            close_trip(p, s, r, before, way_h)
            before = depot
            route[c.PARTS] += 1
        node[i, c.KM_IN], node[i, c.H_IN] = leg(p, before, i)
        for air in range(p.air.shape[1]):
            node[i, c.W_AIR + air] = node[before, c.W_AIR + air] + p.air[i, air]
        sums[c.R_KM], sums[c.R_DRIVE] = sums[c.R_KM] + node[i, c.KM_IN], sums[c.R_DRIVE] + node[i, c.H_IN]
        sums[c.R_HALT] += p.stop[i, c.HALT]
        sums[c.R_ACCESS] += access(p, i, depot)
        before, i = i, link[i, c.NEXT]
    way_km, way_h = leg(p, before, depot)
    sums[c.R_KM], sums[c.R_DRIVE] = sums[c.R_KM] + way_km, sums[c.R_DRIVE] + way_h
    close_trip(p, s, r, before, way_h)
    if s.marks[c.HELD] > 0:
        cost, kind = drive_through(p, s, count, depot, kept), kept
    else:
        cost, kind = cheapest_duty(p, s, kept, count, depot)
    sums[c.R_COST] = cost + sums[c.R_ACCESS]
    if kind >= 0:
        note_clocks(p, s, r, kind)
    return kind


@hot
def note_clocks(p: Data, s: State, r: int, kind: int) -> None:
    """Note the soonest end and the latest start of every halt of a duty that can be driven."""
    depot, node, link = s.ints_of[r, c.DEPOT], s.node, s.link
    pace = p.types[kind, c.PACE]
    now, i, before = p.window[depot, 0], s.ints_of[r, c.FIRST], -1
    while i >= 0:
        if link[i, c.FLAG] > 0:
            now += leg(p, before, depot)[1] * pace + p.rules[c.UNLOAD_H]
        now = max(now + node[i, c.H_IN] * pace, p.window[i, 0]) + p.stop[i, c.HALT]
        node[i, c.EARLY] = now
        before, i = i, link[i, c.NEXT]
    i = before
    now = p.window[depot, 1] - leg(p, i, depot)[1] * pace
    while i >= 0:
        start = min(now - p.stop[i, c.HALT], p.window[i, 1])
        node[i, c.LATE] = start
        now = start - node[i, c.H_IN] * pace
        before, i = i, link[i, c.BEFORE]
        if link[before, c.FLAG] > 0:
            now = min(now - p.rules[c.UNLOAD_H], p.window[depot, 1]) - leg(p, i, depot)[1] * pace


@hot
def in_time(p: Data, s: State, i: int, r: int, spot: tuple[int, int], behind: int, ahead: int) -> bool:
    """Whether the vehicle that drives duty r now can call at stop i within all windows.

    Parameters
    ----------
    spot : nodes between which the stop is put
    behind, ahead : nodes it comes from and goes to, each one of those or the depot
    """
    a, b = spot
    m, depot = p.depots.shape[0], s.ints_of[r, c.DEPOT]
    pace, unload = p.types[s.ints_of[r, c.KIND], c.PACE], p.rules[c.UNLOAD_H]
    now = p.window[depot, 0] if a < m else s.node[a, c.EARLY]
    if a >= m and behind == depot:
        now += leg(p, a, depot)[1] * pace + unload
    now = max(now + leg_into(p, i, behind)[1] * pace, p.window[i, 0])
    if now > p.window[i, 1]:
        return False
    now += p.stop[i, c.HALT] + leg(p, i, ahead)[1] * pace
    if ahead != depot:
        return bool(now <= s.node[b, c.LATE])
    if now > p.window[depot, 1]:
        return False
    return bool(b < m or now + unload + s.node[b, c.H_IN] * pace <= s.node[b, c.LATE])


@hot
def detour(p: Data, s: State, i: int, r: int, behind: int, ahead: int) -> tuple[float, float, float, float]:
    """Kilometres and reference hours more, and the hours of driving and of halts from stop i to the depot."""
    depot = s.ints_of[r, c.DEPOT]
    in_km, in_h = leg_into(p, i, behind)
    out_km, out_h = leg(p, i, ahead)
    was_km = was_h = 0.0
    if ahead != depot:
        was_km, was_h = s.node[ahead, c.KM_IN], s.node[ahead, c.H_IN]
    elif behind != depot:
        was_km, was_h = leg(p, behind, depot)
    tail, tail_halt = out_h + s.node[ahead, c.TAIL], p.stop[ahead, c.HALT] + s.node[ahead, c.TAIL_HALT]
    return float(in_km + out_km - was_km), float(in_h + out_h - was_h), float(tail), float(tail_halt)


@hot
def without_waiting(
    p: Data, s: State, i: int, r: int, kind: int, how: tuple[int, int], way: tuple[float, float, float, float]
) -> float:
    """CNY that stop i adds to the duty were there never a wait; no more than what it adds in truth.

    Parameters
    ----------
    how : node behind the stop, trips of the duty with it
    way : as from `detour`
    """
    behind, parts = how
    more_km, more_h, tail, tail_halt = way
    sums, air, halt = s.sums_of[r], int(p.types[kind, c.AIR]), p.stop[i, c.HALT]
    pace, aboard = p.types[kind, c.PACE], s.node[behind, c.W_AIR + air]
    hours = (sums[c.R_DRIVE] + more_h) * pace + sums[c.R_HALT] + halt + parts * p.rules[c.UNLOAD_H]
    cost = p.types[kind, c.DAY] + p.types[kind, c.PER_KM] * (sums[c.R_KM] + more_km) + p.types[kind, c.PER_H] * hours
    spoil = sums[c.S_AIR + 2 * air] + aboard * more_h + p.air[i, air] * tail
    spoil_halt = sums[c.S_AIR + 2 * air + 1] + aboard * halt + p.air[i, air] * tail_halt
    return float(cost + spoil * pace + spoil_halt + sums[c.R_ACCESS] - sums[c.R_COST])


@hot
def can_carry(p: Data, s: State, i: int, r: int, kind: int, mate: int) -> bool:
    """Whether vehicle type ``kind`` could take stop i into the trip of ``mate``, and the other trips of the duty."""
    load, volume, zone = p.stop[i, c.LOAD], p.stop[i, c.VOLUME], p.regimes[i] & int(p.types[kind, c.REGIMES])
    if mate >= p.depots.shape[0]:
        load, volume = load + s.node[mate, c.TRIP_LOAD], volume + s.node[mate, c.TRIP_VOLUME]
        zone &= s.link[mate, c.ZONE]
    if zone == 0 or not load_fits(p, kind, load, volume):
        return False
    sums = s.sums_of[r]
    return bool(kind == s.ints_of[r, c.KIND] or load_fits(p, kind, sums[c.R_PEAK], sums[c.R_PEAK_VOLUME]))


@hot
def too_long(p: Data, s: State, i: int, r: int, parts: int, more_h: float) -> bool:
    """Whether duty r of so many trips, stop i and a detour would break the hours of its driver, if it never waits."""
    kind = s.ints_of[r, c.KIND]
    driven = (s.sums_of[r, c.R_DRIVE] + more_h) * p.types[kind, c.PACE]
    halts = s.sums_of[r, c.R_HALT] + p.stop[i, c.HALT] + (parts - 1) * p.rules[c.UNLOAD_H]
    return bool(driven > p.types[kind, c.DRIVE] or driven + halts > p.types[kind, c.SHIFT])


@hot
def gain_in_duty(p: Data, s: State, i: int, r: int, spot: tuple[int, int], mode: int, best: float) -> float:
    """CNY added by putting stop i into duty r, or inf when a limit breaks or it cannot beat ``best``.

    Parameters
    ----------
    spot : node before, the depot at the front; node after, -1 at the end
    mode : as in `lay_out`
    """
    a, b = spot
    m, depot, kept = p.depots.shape[0], s.ints_of[r, c.DEPOT], s.ints_of[r, c.KIND]
    behind = a if mode == 0 else depot
    ahead = b if b >= 0 and (mode == 1 or (mode == 0 and (a < m or s.link[b, c.FLAG] == 0))) else depot
    parts = s.ints_of[r, c.PARTS] + (mode == 2)
    way = detour(p, s, i, r, behind, ahead)
    least, laid = best, -1
    for kind in range(p.types.shape[0]):
        if parts > p.types[kind, c.TRIPS] or not free(p, s, kept, kind):
            continue
        gain = without_waiting(p, s, i, r, kind, (behind, parts), way)
        if not gain < least or not can_carry(p, s, i, r, kind, behind if behind >= m else ahead):
            continue
        if kind == kept and not in_time(p, s, i, r, spot, behind, ahead):
            continue
        if p.rules[c.EXACT] == 0.0 or kind != kept:
            if laid < 0:
                laid = lay_out(s, r, i, a, mode)
            gain = drive_through(p, s, laid, depot, kind) + s.sums_of[r, c.R_ACCESS] - s.sums_of[r, c.R_COST]
        elif too_long(p, s, i, r, parts, way[1]):
            continue
        least = min(least, gain)
    return least if least < best else INF


@hot
def hopeless(p: Data, s: State, i: int, a: int, b: int) -> bool:
    """Whether stop i cannot come between two nodes though the way there took no time; told for a single type only."""
    if p.types.shape[0] > 1:
        return False
    late = a >= p.depots.shape[0] and s.node[a, c.EARLY] > p.window[i, 1]
    return bool(late or (b >= 0 and p.window[i, 0] + p.stop[i, c.HALT] > s.node[b, c.LATE]))


@hot
def gain_by_modes(p: Data, s: State, i: int, r: int, spot: tuple[int, int], best: float) -> tuple[float, int]:
    """Least CNY of the ways to put stop i between two nodes of a duty, and that way."""
    a, b = spot
    if hopeless(p, s, i, a, b):
        return INF, 0
    front, end = a < p.depots.shape[0], b < 0
    boundary = front or end or s.link[b, c.FLAG] > 0
    more_trips = boundary and s.ints_of[r, c.PARTS] < p.rules[c.MOST_TRIPS]
    least, chosen = INF, 0
    for mode in range(3):
        if mode == 0 or (mode == 1 and boundary and not front and not end) or (mode == 2 and more_trips):
            gain = gain_in_duty(p, s, i, r, spot, mode, min(best, least))
            if gain < least:
                least, chosen = gain, mode
    return least, chosen


@hot
def alone_duty(p: Data, s: State, i: int, d: int) -> float:
    """CNY of fetching stop i with a vehicle of its own from depot d."""
    s.order[0, 0], s.order[0, 1] = i, 0
    none = s.order[0, 1]  # 0, but no literal: see `drive_through`
    return float(cheapest_duty(p, s, none - 1, none + 1, d)[0])
