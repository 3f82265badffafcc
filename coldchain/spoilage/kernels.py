"""The compiled loops: wear of a lot along one stage, along the table of all lanes.

They stand in one file because numba's cache on disk looks at the file of a function alone: a kernel that called one
in another file would keep running its old code after a change there, as :mod:`coldchain.spoilage.measured` does until
its own results are deleted. ``params`` are the numbers of :func:`coldchain.spoilage.kinetics.pack`; a stage is
``(kind code, hours, target °C, half-time h, humidity, weight lost per K)``. Wear is three numbers that add up along a
way: share of life used, chilling dose in K·h, weight lost as water as ``-ln(kept)``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from coldchain.arrays import Bools, Floats, Indices
from coldchain.compiled import njit

BAND_Q10 = (3.0, 2.5, 2.0, 1.5)
LN_BANDS = np.log(np.array(BAND_Q10))
CHILL_Q10 = 8.0
FROZEN_RATE_PER_H = 1.0 / 24.0
_NODES = np.array([-0.8611363115940526, -0.3399810435848563, 0.3399810435848563, 0.8611363115940526])
_WEIGHTS = np.array([0.34785484513745385, 0.6521451548625461, 0.6521451548625461, 0.34785484513745385])
_SHORTEST_H = 1e-9
_TAILS = np.cos(np.linspace(0.0, math.pi, 8))
"""Places between the coldest and the warmest batch at which what comes after cooling is integrated."""
_ALIKE_K, _TAIL_ERROR = 1e-10, 1e-9
WEAR = 3
STAGE_COLUMNS = 6
AMBIENT, DRIFT, COOL, HOLD, HALL, REEFER = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0
REEFER_COOLS_H = 48.0
"""Hours in which a reefer would halve what a stacked load is warmer than its air, without the load's breath."""


class _Batches(NamedTuple):
    """Batches of all days: temperature at the end of cooling, wear, whether it is whole; shape (days, batches, ...)."""

    temps: Floats
    worn: Floats
    known: Bools


@njit(cache=True)
def log_relative(kind: float, strength: float, temp_c: float) -> float:
    """Logarithm of the relative rate; 0 at 0 °C for the band law."""
    if kind == 0.0:
        return float(-strength / (temp_c + 273.15))
    if kind == 2.0:
        return float(2.0 * math.log(max(1.0 + strength * temp_c, 0.05)))
    if temp_c <= 0.0:
        return float(strength * temp_c * LN_BANDS[0] / 10.0)
    total = 0.0
    for band in range(4):
        low = 10.0 * band
        high = low + 10.0 if band < 3 else 1e9
        if temp_c > low:
            total += (min(temp_c, high) - low) * LN_BANDS[band] / 10.0
    return float(strength * total)


@njit(cache=True)
def rate_of(params: Floats, temp_c: float) -> float:
    """Share of life used per hour at ``temp_c``; ``params`` from :func:`pack`."""
    if temp_c < params[5]:
        return FROZEN_RATE_PER_H
    kinetic_c = max(temp_c, params[6])
    chilled = params[7] == 0.0 and params[4] < temp_c < params[3]
    if chilled:
        kinetic_c = params[3]
    rate = math.exp(params[2] + log_relative(params[0], params[1], kinetic_c))
    if chilled:
        rate *= CHILL_Q10 ** ((params[3] - temp_c) / 10.0)
    return float(rate)


@njit(cache=True)
def vapour_kpa(temp_c: float) -> float:
    """Pressure of saturated vapour (Magnus, as in the WMO guide)."""
    return float(0.61094 * math.exp(17.625 * temp_c / (temp_c + 243.04)))


@njit(cache=True)
def add_wear(params: Floats, temp: float, around: float, humidity: float, hours: float, wear: Floats) -> None:
    """Add what ``hours`` at a temperature do to a lot in air of a temperature and humidity."""
    wear[0] += hours * rate_of(params, temp)
    if params[7] > 0.0 and params[4] < temp < params[3]:
        wear[1] += hours * (params[3] - temp)
    if params[9] > 0.0:
        wear[2] += hours * params[9] * (vapour_kpa(temp) - humidity * vapour_kpa(around))


@njit(cache=True)
def air_at(hourly_c: Floats, clock_h: float) -> float:
    """Air temperature at any clock time, linear between full hours."""
    clock = clock_h % 24.0
    hour = int(clock)
    share = clock - hour
    return float(hourly_c[hour % 24] * (1.0 - share) + hourly_c[(hour + 1) % 24] * share)


@njit(cache=True)
def _end_c(hourly_c: Floats, clock: float, temp: float, stage: Floats) -> float:
    """Temperature at the end of one short piece of ``stage[1]`` hours."""
    kind, hours, target, half = stage[0], stage[1], stage[2], stage[3]
    decay = math.log(2.0) / half
    if kind == COOL:
        return float(target + (temp - target) * math.exp(-decay * hours))
    start = air_at(hourly_c, clock)
    slope = (air_at(hourly_c, clock + hours) - start) / hours
    if kind == AMBIENT:
        return float(start + slope * hours)
    lag = slope / decay
    return float(start + slope * hours - lag + (temp - start + lag) * math.exp(-decay * hours))


@njit(cache=True)
def _piece(params: Floats, hourly_c: Floats, clock: float, temp: float, stage: Floats, wear: Floats) -> float:
    """Integrate one short piece of ``stage[1]`` hours; add to ``wear`` and return the temperature at its end.

    The air around is as warm as the lot, but in a cooler, where it has the target's temperature.
    """
    kind, hours, target, half, humidity = stage[0], stage[1], stage[2], stage[3], stage[4]
    start = air_at(hourly_c, clock)
    slope = (air_at(hourly_c, clock + hours) - start) / hours
    decay = math.log(2.0) / half
    lag = slope / decay
    for node in range(4):
        t = 0.5 * hours * (1.0 + _NODES[node])
        if kind == AMBIENT:
            now = start + slope * t
        elif kind == DRIFT:
            now = start + slope * t - lag + (temp - start + lag) * math.exp(-decay * t)
        else:
            now = target + (temp - target) * math.exp(-decay * t)
        around = min(target, now) if kind == COOL else now
        add_wear(params, now, around, humidity, 0.5 * hours * _WEIGHTS[node], wear)
    return float(_end_c(hourly_c, clock, temp, stage))


@njit(cache=True)
def _crosses(params: Floats, n: int, temp: float, end: float) -> bool:
    """Tell whether a temperature on its way from ``temp`` to ``end`` passes the ``n``-th kink of the rate."""
    level = _kink_c(params, n)
    return bool((temp - level) * (level - end) > 0.0)


@njit(cache=True)
def _kink_c(params: Floats, n: int) -> float:
    """Return the ``n``-th temperature at which the rate has a kink or a jump."""
    return float(params[3 + n]) if n < 4 else 10.0 * (n - 4)


@njit(cache=True)
def _cooling_step(params: Floats, temp: float, target: float, half: float, step: float) -> float:
    """Hours of cooling until the next kink of the rate, at most ``step``."""
    soonest = step
    end = target + (temp - target) * 0.5 ** (step / half)
    for n in range(8 if params[0] == 1.0 else 4):
        if _crosses(params, n, temp, end):
            hours = half * math.log2((temp - target) / (_kink_c(params, n) - target))
            if hours > _SHORTEST_H:
                soonest = min(soonest, hours)
    return soonest


@njit(cache=True)
def _even_step(gap_k: float, half: float) -> float:
    """Hours of cooling that one piece integrates to about 1e-8: the longer, the nearer the target."""
    if gap_k > 3.0:
        return 0.5 * half
    if gap_k > 0.3:
        return half
    if gap_k > 0.005:
        return 2.0 * half
    return 4.0 * half if gap_k > 1e-7 else math.inf


@njit(cache=True)
def _turn_h(hourly_c: Floats, clock: float, temp: float, piece: Floats) -> float:
    """Hours until a drifting cargo turns from cooling to warming or back; the whole piece where it does not."""
    start = air_at(hourly_c, clock)
    slope = (air_at(hourly_c, clock + piece[1]) - start) / piece[1]
    decay = math.log(2.0) / piece[3]
    gap = (temp - start) * decay + slope
    if slope == 0.0 or gap / slope <= 1.0:
        return float(piece[1])
    turn = math.log(gap / slope) / decay
    return float(turn) if _SHORTEST_H < turn < piece[1] else float(piece[1])


@njit(cache=True)
def _air_step(params: Floats, hourly_c: Floats, clock: float, temp: float, piece: Floats) -> float:
    """Hours of a stretch in the air or towards it until the next kink of the rate, at most ``piece[1]``.

    The air goes straight within a piece; a drifting cargo is followed up to its turn, and its moments are bisected.
    """
    most = float(piece[1])
    if piece[0] == DRIFT:
        piece[1] = most = _turn_h(hourly_c, clock, temp, piece)
    start = air_at(hourly_c, clock) if piece[0] == AMBIENT else temp
    end = _end_c(hourly_c, clock, temp, piece)
    soonest = most
    for n in range(8 if params[0] == 1.0 else 4):
        if not _crosses(params, n, start, end):
            continue
        level = _kink_c(params, n)
        hours = most * (start - level) / (start - end)
        if piece[0] == DRIFT:
            low, high = 0.0, most
            for _halving in range(48):
                hours = piece[1] = 0.5 * (low + high)
                if (_end_c(hourly_c, clock, temp, piece) - level) * (start - level) > 0.0:
                    low = hours
                else:
                    high = hours
            piece[1] = most
        if hours > _SHORTEST_H:
            soonest = min(soonest, hours)
    return soonest


@njit(cache=True)
def breath_growth(per_k: float, temp_c: float) -> float:
    """Return the logarithm of the breath at a temperature over that at 0 °C, which grows by ``per_k`` up to 20 °C.

    Beyond 20 and 30 °C it grows no faster than the bands of Q10, whatever it does in the cold.
    """
    total = per_k * min(temp_c, 20.0)
    if temp_c > 20.0:
        total += min(per_k, LN_BANDS[2] / 10.0) * (min(temp_c, 30.0) - 20.0)
    if temp_c > 30.0:
        total += min(per_k, LN_BANDS[3] / 10.0) * (temp_c - 30.0)
    return float(total)


@njit(cache=True)
def breath_growths(per_k: float, temp_c: Floats) -> Floats:
    """Return :func:`breath_growth` at many temperatures, shape of ``temp_c``."""
    return np.array([breath_growth(per_k, temp) for temp in temp_c])


@njit(cache=True)
def _reefer_c(params: Floats, temp: float, air_c: float, half: float) -> float:
    """Temperature that a load approaches in a reefer: its air; where it is warmer, its own, or what breath comes to.

    A reefer takes the breath of a load at its air's temperature, and slowly the heat of a warmer one; it does not cool.
    What a warmer load breathes more than that warms it: ``params[11]`` K/h at 0 °C, growth as :func:`breath_growth`.
    """
    if temp <= air_c:
        return air_c
    cold, warm = breath_growth(params[12], air_c), breath_growth(params[12], temp)
    breath = params[11] * (math.exp(warm) - math.exp(cold))
    taken = (temp - air_c) * math.log(2.0) / REEFER_COOLS_H
    return float(temp + max(breath - taken, 0.0) * half / math.log(2.0))


@njit(cache=True)
def run_stage(params: Floats, hourly_c: Floats, clock: float, temp: float, stage: Floats, wear: Floats) -> float:
    """Integrate one stage; add what it does to the lot to ``wear`` and return the temperature at its end.

    In the open and in a body that is not cooled the air has the humidity of the season. A cooler lets what is colder
    than its target stay so (but for a crop by the older law), a market hall does not.
    """
    kind, hours, target, half = stage[0], stage[1], stage[2], stage[3]
    if hours <= 0.0:
        return temp
    if kind == HOLD:
        add_wear(params, temp, temp, stage[4], hours, wear)
        return temp
    piece = stage.copy()
    if kind >= COOL:
        piece[0] = COOL
        if kind == REEFER:
            piece[2] = target = _reefer_c(params, temp, target, half)
        elif kind == COOL and params[8] > 0.0:
            piece[2] = target = min(target, temp)
            wear[2] += stage[5] * (temp - target) * (1.0 - 0.5 ** (hours / half))
    else:
        piece[4] = params[10]
    done = 0.0
    while done < hours - 1e-12:
        now = clock + done
        if piece[0] == COOL:
            step = min(_even_step(abs(temp - target), half), hours - done)
            piece[1] = _cooling_step(params, temp, target, half, step)
        else:
            piece[1] = min(0.5 * (math.floor(2.0 * now + 1e-9) + 1.0) - now, hours - done)
            piece[1] = _air_step(params, hourly_c, now, temp, piece)
        temp = _piece(params, hourly_c, now, temp, piece, wear)
        done += piece[1]
    return temp


@njit(cache=True, nogil=True)
def fill_lanes(params: Floats, airs_c: Floats, start_h: float, clocks: Floats, stages: Floats, worn: Floats) -> None:
    """Fill ``worn[day, class, site, batch, 3]`` of a crop, on days whose air is ``airs_c[day, 24]``.

    A first stage like that of the site before is not integrated again: a class cools alike at most sites. What follows
    depends on the temperature after it alone, where no stage meets the air: it is integrated from a few temperatures
    and read between them where that agrees with integrating.
    """
    days, batches = airs_c.shape[0], clocks.size
    wait, cooled = np.zeros(STAGE_COLUMNS), np.zeros(STAGE_COLUMNS)
    wait[3] = 1.0
    arrival_c, warm = np.zeros((days, batches)), np.zeros((days, batches, WEAR))
    cooled_c, cooled_wear = np.zeros((days, batches)), np.zeros((days, batches, WEAR))
    known = np.zeros((days, batches), np.bool_)
    for d in range(days):
        for n in range(batches):
            wait[1] = max(clocks[n] - start_h, 0.0)
            arrival_c[d, n] = run_stage(params, airs_c[d], start_h, air_at(airs_c[d], start_h), wait, warm[d, n])
    for o in range(stages.shape[0]):
        cooled[0] = np.nan
        for j in range(stages.shape[1]):
            if not _is_alike(cooled, stages[o, j, 0]):
                cooled[:], cooled_wear[:] = stages[o, j, 0], warm
                for d in range(days):
                    for n in range(batches):
                        clock = max(clocks[n], start_h)
                        cooled_c[d, n] = run_stage(params, airs_c[d], clock, arrival_c[d, n], cooled, cooled_wear[d, n])
            worn[:, o, j] = cooled_wear
            rest = stages[o, j, 1:]
            known[:] = False
            if _is_indoors(rest):
                _read_tails(params, rest, cooled_c, worn[:, o, j], known)
            for d in range(days):
                for n in range(batches):
                    if not known[d, n]:
                        clock = max(clocks[n], start_h) + cooled[1]
                        _run_tail(params, airs_c[d], clock, cooled_c[d, n], rest, worn[d, o, j, n])


@njit(cache=True)
def _run_tail(params: Floats, hourly_c: Floats, clock: float, temp: float, rest: Floats, wear: Floats) -> None:
    """Integrate the stages after the first."""
    for s in range(rest.shape[0]):
        temp = run_stage(params, hourly_c, clock, temp, rest[s], wear)
        clock += rest[s, 1]


@njit(cache=True)
def _is_indoors(rest: Floats) -> bool:
    """Tell whether no air of the season touches any of some stages."""
    for s in range(rest.shape[0]):  # noqa: SIM110 - compiled
        if rest[s, 0] < COOL and rest[s, 1] > 0.0:
            return False
    return True


@njit(cache=True)
def _read_tails(params: Floats, rest: Floats, temps: Floats, worn: Floats, known: Bools) -> None:
    """Add the wear of the stages after the first, by the temperatures they begin with, and mark where that is done.

    From one kink of the rate, or temperature of a stage, to the next, where there are batches enough.
    """
    edges = np.empty(2 + 8 + rest.shape[0])
    edges[0], edges[1] = temps.min(), temps.max()
    for n in range(8):
        edges[2 + n] = min(max(_kink_c(params, n), edges[0]), edges[1])
    for s in range(rest.shape[0]):
        edges[10 + s] = min(max(rest[s, 2], edges[0]), edges[1])
    edges.sort()
    for e in range(len(edges) - 1):
        if e == 0 or edges[e + 1] > edges[e]:
            _read_between(params, rest, _Batches(temps, worn, known), edges[e], edges[e + 1])


@njit(cache=True)
def _read_between(params: Floats, rest: Floats, batches: _Batches, low: float, high: float) -> None:
    """Add the wear of batches of temperatures in a range, unless they are few or the wear is not smooth there.

    Polynomial through Chebyshev's points in barycentric form (Berrut & Trefethen 2004, doi 10.1137/S0036144502417715),
    checked in two places between them.
    """
    temps, worn, known = batches.temps, batches.worn, batches.known
    mine = (temps >= low) & (temps <= high) & ~known
    middle, far, points = 0.5 * (low + high), 0.5 * (high - low), len(_TAILS)
    if mine.sum() <= points + 2 and (far > _ALIKE_K or not mine.any()):
        return
    nowhere, tails, share = np.zeros(24), np.zeros((points, WEAR)), np.zeros(points)
    for i in range(points):
        _run_tail(params, nowhere, 0.0, middle + far * _TAILS[i], rest, tails[i])
    seen, read = np.zeros(WEAR), np.zeros(WEAR)
    for place in (-0.55, 0.25):
        seen[:] = 0.0
        _run_tail(params, nowhere, 0.0, middle + far * place, rest, seen)
        _weigh_tails(place, share)
        read[:] = share @ tails
        if np.abs(read - seen).max() > _TAIL_ERROR * (1.0 + np.abs(seen).max()):
            return
    for d in range(temps.shape[0]):
        for n in range(temps.shape[1]):
            if mine[d, n]:
                _weigh_tails((temps[d, n] - middle) / far if far > _ALIKE_K else 0.0, share)
                known[d, n] = True
                for i in range(points):
                    for w in range(WEAR):
                        worn[d, n, w] += share[i] * tails[i, w]


@njit(cache=True)
def _weigh_tails(place: float, share: Floats) -> None:
    """Set the shares of the points at a place between -1 and 1."""
    whole = 0.0
    for i in range(len(_TAILS)):
        gap = place - _TAILS[i]
        if abs(gap) < 1e-14:
            share[:] = 0.0
            share[i] = 1.0
            return
        ends = 0.5 if i in (0, len(_TAILS) - 1) else 1.0
        share[i] = (-ends if i % 2 else ends) / gap
        whole += share[i]
    share /= whole


@njit(cache=True)
def _is_alike(known: Floats, stage: Floats) -> bool:
    """Tell whether two stages are the same in all columns."""
    for column in range(STAGE_COLUMNS):  # noqa: SIM110 - compiled
        if known[column] != stage[column]:
            return False
    return True


@njit(cache=True)
def _air_table(params: Floats, hourly_c: Floats, start_h: float, first_h: float, most_h: float) -> Floats:
    """Wear from ``start_h`` to ``first_h`` and to each half hour after it, as warm as the air, past ``most_h``."""
    table = np.zeros((max(int(2.0 * (start_h + most_h - first_h)) + 2, 1), WEAR))
    stage = np.zeros(STAGE_COLUMNS)
    stage[1], stage[3] = first_h - start_h, 1.0
    run_stage(params, hourly_c, start_h, 0.0, stage, table[0])
    stage[1] = 0.5
    for n in range(1, len(table)):
        table[n] = table[n - 1]
        run_stage(params, hourly_c, first_h + 0.5 * (n - 1), 0.0, stage, table[n])
    return table


@njit(cache=True)
def _wear_until(params: Floats, hourly_c: Floats, table: Floats, begin: Floats, clock: float, wear: Floats) -> None:
    """Set the wear from the start to any clock time in the air; ``begin`` is the start and the table's first."""
    n = math.floor(2.0 * (clock - begin[1]) + 1e-9)
    now = begin[1] + 0.5 * n if n >= 0 else begin[0]
    rest = np.zeros(STAGE_COLUMNS)
    rest[1], rest[3] = clock - now, 1.0
    wear[:] = 0.0
    if n >= 0:
        wear[:] = table[n]
    run_stage(params, hourly_c, now, 0.0, rest, wear)


@njit(cache=True)
def _is_known(known: Floats, temp: float, stage: Floats) -> bool:
    """Tell whether no air of the season touches a stage, and ``known`` is of its like."""
    if stage[0] < COOL or known[0] != temp:
        return False
    for column in range(1, STAGE_COLUMNS):  # noqa: SIM110 - compiled
        if known[column] != stage[column]:
            return False
    return True


@njit(cache=True, nogil=True)
def follow_lots(params: Floats, crop: Indices, hourly_c: Floats, start_h: float, stages: Floats) -> Floats:
    """Wear of lots that begin at ``start_h`` as warm as the air, which their first stage is spent in.

    ``params[crop]`` are a lot's kinetics, one row a crop; ``stages`` has shape (lots, stages, 6), the first kind 0.
    All lots of a crop live through the same air, so it is integrated once, half hour by half hour, for all of them. A
    stage of cooling like that of the lot before is not integrated again: lots in order of crop and hours are quickest.

    Returns
    -------
    shape (lots, 3)
    """
    worn = np.zeros((crop.size, WEAR))
    known = np.empty((stages.shape[1], STAGE_COLUMNS + WEAR + 1))
    begin = np.array([start_h, 0.5 * (math.floor(2.0 * start_h + 1e-9) + 1.0)])
    for c in range(params.shape[0]):
        most_h = -1.0
        for i in range(crop.size):
            if crop[i] == c:
                most_h = max(most_h, stages[i, 0, 1])
        if most_h < 0.0:
            continue
        table = _air_table(params[c], hourly_c, start_h, begin[1], most_h)
        known[:] = np.nan
        for i in range(crop.size):
            if crop[i] != c:
                continue
            clock = start_h + stages[i, 0, 1]
            _wear_until(params[c], hourly_c, table, begin, clock, worn[i])
            temp = air_at(hourly_c, clock)
            for s in range(1, stages.shape[1]):
                if not _is_known(known[s], temp, stages[i, s]):
                    known[s, 0], known[s, 1:STAGE_COLUMNS] = temp, stages[i, s, 1:]
                    known[s, STAGE_COLUMNS + 1 :] = 0.0
                    known[s, STAGE_COLUMNS] = run_stage(
                        params[c], hourly_c, clock, temp, stages[i, s], known[s, STAGE_COLUMNS + 1 :]
                    )
                worn[i] += known[s, STAGE_COLUMNS + 1 :]
                temp = known[s, STAGE_COLUMNS]
                clock += stages[i, s, 1]
    return worn


@njit(cache=True, nogil=True)
def fork_lots(
    params: Floats,
    crop: Indices,
    hourly_c: Floats,
    start_h: float,
    stages: Floats,
    change: Indices,
    cooled: int,
    warming_half_h: float,
) -> Floats:
    """Wear of lots whose stages are each passed as today or as planned, in all combinations.

    ``stages`` has shape (lots, stages, 2, 6), today's version first; ``change[s]`` is the change that stage ``s``
    belongs to, in order. Combination ``m`` makes change ``n`` where bit ``n`` of ``m`` is set. Of combinations with the
    change ``cooled`` made, stages in the open air (kind 0) are drifts with a half-time: the lot came cold.

    Returns shape (lots, 2 ** changes, 3).
    """
    whole = 1 << (int(change.max()) + 1)
    total = np.zeros((crop.size, whole, WEAR))
    begin = np.array([start_h, 0.5 * (math.floor(2.0 * start_h + 1e-9) + 1.0)])
    for c in range(params.shape[0]):
        mine = np.flatnonzero(crop == c)
        most_h = 0.0
        for i in mine:
            most_h = max(most_h, np.maximum(stages[i, :, 0, 1], stages[i, :, 1, 1]).sum())
        table = _air_table(params[c], hourly_c, start_h, begin[1], most_h)
        for i in mine:
            _fork_lot(params[c], hourly_c, table, begin, stages[i], change, cooled, warming_half_h, total[i])
    return total


@njit(cache=True, nogil=True)
def _fork_lot(
    params: Floats,
    hourly_c: Floats,
    table: Floats,
    begin: Floats,
    stages: Floats,
    change: Indices,
    cooled: int,
    warming_half_h: float,
    total: Floats,
) -> None:
    """Fill ``total`` of one lot; what is as warm as the air is read off ``table``."""
    temp, clock = np.empty(len(total)), np.empty(len(total))
    temp[0], clock[0] = air_at(hourly_c, begin[0]), begin[0]
    many = 1
    here, until, since = np.empty(STAGE_COLUMNS), np.empty(WEAR), np.empty(WEAR)
    for s in range(change.size):
        bit = 1 << change[s]
        if bit == many:
            for m in range(many):
                total[m + many], temp[m + many], clock[m + many] = total[m], temp[m], clock[m]
            many *= 2
        for m in range(many):
            here[:] = stages[s, 1 if m & bit else 0]
            cold = (m >> cooled) & 1
            if here[0] == AMBIENT and here[1] > 0.0 and not (cold and s > 0):
                end = clock[m] + here[1]
                _wear_until(params, hourly_c, table, begin, end, until)
                _wear_until(params, hourly_c, table, begin, clock[m], since)
                total[m] += until - since
                temp[m] = air_at(hourly_c, end)
            else:
                if here[0] == AMBIENT:
                    here[0], here[3] = DRIFT, warming_half_h
                temp[m] = run_stage(params, hourly_c, clock[m], temp[m], here, total[m])
            clock[m] += here[1]
