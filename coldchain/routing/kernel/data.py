"""Arrays the loops work on, the names of their columns, and the smallest functions on them."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coldchain.arrays import Floats, Ints
from coldchain.compiled import njit

INF = np.inf
Sums = tuple[float, float, float, float, float, float, float, float, float]
# Without reference counts on every array handed on, which would cost thirty times the arithmetic.
compiled = njit(cache=True, nogil=True, _nrt=False)
inner = njit(cache=True, nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)

# For what the innermost loops call: the arrays make a call of three hundred words, dearer than the arithmetic inside.
hot = njit(cache=True, nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)

LOAD, VOLUME, WEIGHT, HALT, VALUE, ABOARD, MUST = range(7)  # columns of Data.stop; MUST = 1 unless optional
# Of Data.types; PACE = hours per reference hour, SHIFT without the last unloading, AIR = column of Data.air.
PAYLOAD, SPACE, DAY, PER_KM, PER_H, PACE, SHIFT, COUNT, DRIVE, TRIPS, AIR, REGIMES = range(12)
# Of State.node; EARLY = soonest end of the halt, LATE = latest start of it, W_AIR = first of the weights by cargo.
WPRE, TAIL, TAIL_HALT, KM_IN, H_IN, EARLY, LATE, TRIP_LOAD, TRIP_VOLUME, W_AIR = range(10)
NEXT, BEFORE, ROUTE, FLAG, ZONE = range(5)  # of State.link; FLAG = 1 where a trip begins after the first
# Of State.sums_of; S_AIR = first of the spoilage by driving and by halts for each cargo.
(
    R_KM, R_DRIVE, R_HALT, R_SPOIL, R_SPOIL_HALT, R_LOAD, R_VOLUME, R_COST, R_HOURS, R_ABOARD, R_KM_BACK, R_H_BACK,
    R_ACCESS, R_PEAK, R_PEAK_VOLUME, S_AIR,
) = range(16)  # fmt: skip
FIRST, LAST, SIZE, KIND, DEPOT, PARTS = range(6)  # of State.ints_of; PARTS = trips
# Of State.sums; PRESSURE = absences of what is left behind, summed; TOLL = CNY per kg above what a depot takes,
# 0 = never; FIRM = the same where the best is judged; OVER = kg above in the best.
TOTAL, BEST, PRESSURE, TOLL, FIRM, OVER = range(6)
TOP, LOW, POOL, STAMP, SAVED, BLINK, BEST_AT, BEST_TOP, HELD = range(9)  # of State.marks; HELD = 1 while types are kept
# Of Data.rules; EXACT = 1 where the cost of a duty is known without driving it through.
UNLOAD_H, ABOARD_H, REMOVED, LONGEST, SPLIT, SKIP, BLINKS, DUTIES, EXACT, MOST_TRIPS, SINCE_READY = range(11)
DRIVEN, LEFT, ARRIVED, SLACK = range(4)  # of State.clock: hours into a node; departure, arrival, slack of a trip


class Data(NamedTuple):
    """What does not change.

    Attributes
    ----------
    out, into : (N, N, 2) km and hours from row to column, and their transpose; or empty
    xy, metric : (N, 2) coordinates, and km and hours per unit of them, 1 when rounded
    stop : (N, 7) by the columns above
    air : (N, cargoes) CNY/h aboard by cargo
    window : (N, 2) earliest and latest start of the halt, of depots opening and closing, h
    regimes : (N,) bits of the temperature regimes a lot may ride in
    depots : (m, 2) kg, CNY for opening
    access : (m, N) CNY for bringing a stop's lot to a depot, inf when forbidden; or empty
    home, home_cost : (N, h) depots by what a trip for the stop alone costs at least, and that cost
    types : (k, 12) by the columns above
    amounts, most : (N, q) what a halt adds of further quantities, (k, q) most of them on a trip
    rules : by the names above
    near : (n, k) nearest other stops
    keys, odds : orders of insertion
    """

    out: Floats
    into: Floats
    xy: Floats
    metric: Floats
    stop: Floats
    air: Floats
    window: Floats
    regimes: Ints
    depots: Floats
    access: Floats
    home: Ints
    home_cost: Floats
    types: Floats
    amounts: Floats
    most: Floats
    rules: Floats
    near: Ints
    keys: Floats
    odds: Floats


class State(NamedTuple):
    """Routes as linked lists with their sums, what is left out, and the memory for undoing and for the best."""

    node: Floats
    link: Ints
    sums_of: Floats
    ints_of: Ints
    used: Ints
    depot_load: Floats
    depot_routes: Ints
    sums: Floats
    marks: Ints
    pool: Ints
    rank: Floats
    missed: Floats
    touched: Ints
    undo: Ints
    best_next: Ints
    best_route: Ints
    order: Ints
    clock: Floats
    random: NDArray[np.uint64]


def drop_stale_caches(folder: Path) -> None:
    """Delete what numba keeps of these loops when any of their files is newer.

    Its cache looks at the file of a function alone, and these functions call each other across files.
    """
    newest = max(file.stat().st_mtime for file in folder.glob("*.py"))
    for kept in (folder / "__pycache__").glob("*.nb[ic]"):
        with contextlib.suppress(OSError):
            if kept.stat().st_mtime < newest:
                kept.unlink()


drop_stale_caches(Path(__file__).parent)


@hot
def drawn(random: NDArray[np.uint64]) -> float:
    """Next number in [0, 1): xorshift64* (Marsaglia 2003, Vigna 2016)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) * 1.1102230246251565e-16


@hot
def uniform(s: State) -> float:
    """Next number in [0, 1) of a search."""
    return float(drawn(s.random))


@hot
def leg(p: Data, i: int, j: int) -> tuple[float, float]:
    """Kilometres and reference hours from node i to node j."""
    if p.xy.shape[0] == 0:
        return float(p.out[i, j, 0]), float(p.out[i, j, 1])
    x, y = p.xy[i, 0] - p.xy[j, 0], p.xy[i, 1] - p.xy[j, 1]
    far = math.sqrt(x * x + y * y)
    if p.metric[2] > 0.0:
        far = math.floor(far + 0.5)
    return float(far * p.metric[0]), float(far * p.metric[1])


@hot
def leg_into(p: Data, j: int, i: int) -> tuple[float, float]:
    """Like `leg` from i to j, read from the row of j."""
    km, hours = leg(p, i, j) if p.xy.shape[0] > 0 else (p.into[j, i, 0], p.into[j, i, 1])
    return float(km), float(hours)


@hot
def access(p: Data, i: int, depot: int) -> float:
    """CNY of bringing the lot of stop i to a depot, inf when it may not go there."""
    return float(p.access[depot, i]) if p.access.shape[0] > 0 else 0.0


@hot
def excess(p: Data, s: State, depot: int, more: float) -> float:
    """Kg above what a depot takes, with so many kg more."""
    return max(0.0, float(s.depot_load[depot] + more - p.depots[depot, 0]))


@hot
def toll(p: Data, s: State, i: int, depot: int) -> float:
    """CNY for bringing the lot of stop i to a depot that is, or gets, too full; inf when the limit is firm."""
    over = excess(p, s, depot, p.stop[i, LOAD])
    if over == 0.0:
        return 0.0
    return float(s.sums[TOLL] * (over - excess(p, s, depot, 0.0))) if s.sums[TOLL] > 0.0 else INF


@hot
def free(p: Data, s: State, kept: int, kind: int) -> bool:
    """Whether a vehicle of this type is there for a route that holds one of type ``kept``."""
    return bool(kind == kept or s.used[kind] < p.types[kind, COUNT])


@hot
def load_fits(p: Data, kind: int, load: float, volume: float) -> bool:
    """Whether one trip of this vehicle type takes it."""
    return bool(load <= p.types[kind, PAYLOAD] and volume <= p.types[kind, SPACE])
