"""Line haul of the depots of one hub together: full trucks straight there, part loads on tours over several depots.

    minimise    Σ_i apart_i·y_i + Σ_c cost_c·x_c           c: a tour, with the full trucks of its depots before it
    subject to  y_i + Σ_{c ∋ i} x_c = 1                    each depot i
                x, y in {0, 1}

A depot either sends all by its own trips (:func:`coldchain.routing.solve_line_haul`), or full trucks, none or several,
and the rest on one tour hub - A - B - hub. All sets of up to ``most`` depots are listed, each with its cheapest
truck, order and full trucks, so that the choice is exact, and never dearer than the separate trips, which are columns
too. Beyond ``SUBSETS`` depots the choice is among the ``CLOSEST`` sets by the relaxation's prices; beyond ``FEW`` a set
must lie among the ``NEAR`` depots nearest to one of its own.

Hours of a tour over k depots: ``drive/speed + dock_h·(1 + k)/2 + load_h_t·t``. The hours at docks are those of hub and
depot together, so each further depot adds half of them. The way out to the first depot counts as long as the way back
from it, as on a straight trip. What is loaded first waits at the later docks and rides along: CNY/t by hours beyond
the direct ride come from the caller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np

from coldchain.arrays import LOAD_TOLERANCE_T, Bools, Floats, Ints
from coldchain.model import VehicleType
from coldchain.routing.haul_kernel import LEAST_CNY, best_choice, best_tours
from coldchain.routing.line_haul import (
    HaulRule,
    LineHaul,
    Trip,
    capacity_t,
    crews_of,
    price_trip,
    solve_line_haul,
)
from coldchain.routing.problem import drive_limit_h

RIDE_STEP_H, RIDE_NODES = 0.25, 33  # a lot rides at most 8 h longer than directly
MOST_DEPOTS, OPTIONS = 4, 8
FEW, NEAR = 20, 10
SUBSETS = 15  # up to this many depots dynamic programming over their subsets chooses, with more HiGHS
CLOSEST = 200


@dataclass(frozen=True)
class JointProblem:
    """Depots of one hub with one zone's load of a typical day.

    Attributes
    ----------
    load_t : t/day of each depot, shape (n,)
    hub_h, hub_km : depot to hub at reference speed, shape (n,); between_h, between_km : depot to depot, shape (n, n)
    vehicles : types on offer; allowed : which may come to which depot, shape (n, types)
    ride_cny_t : value a tonne loses on a ride 0, RIDE_STEP_H, 2·RIDE_STEP_H ... h longer than the direct one, linear
        between, shape (n, RIDE_NODES); late_cny_t : the same in steps, up to the next node
    slowest : speed factor that rides count with
    most : most depots of one tour, up to MOST_DEPOTS; 1 leaves each depot by itself
    """

    load_t: Floats
    hub_h: Floats
    hub_km: Floats
    between_h: Floats
    between_km: Floats
    vehicles: tuple[VehicleType, ...]
    allowed: Bools
    ride_cny_t: Floats
    late_cny_t: Floats
    rule: HaulRule = field(default_factory=HaulRule)
    slowest: float = 1.0
    most: int = MOST_DEPOTS

    @property
    def n(self) -> int:
        """Number of depots."""
        return len(self.load_t)

    def vehicles_of(self, i: int) -> tuple[VehicleType, ...]:
        """Vehicle types that may come to a depot."""
        return tuple(kind for kind, fit in zip(self.vehicles, self.allowed[i], strict=True) if fit)


@dataclass(frozen=True)
class HaulTour:
    """One truck over several depots: depots in order of loading, t of each, hours from leaving each to the hub."""

    stops: tuple[int, ...]
    load_t: tuple[float, ...]
    ride_h: tuple[float, ...]
    trip: Trip


@dataclass(frozen=True)
class JointHaul:
    """Straight trips of each depot (none where all rides along) and the tours; cost_cny_day without rides."""

    direct: tuple[LineHaul, ...]
    tours: tuple[HaulTour, ...]

    @property
    def cost_cny_day(self) -> float:
        """CNY/day of all trips."""
        return sum(haul.cost_cny_day for haul in self.direct) + sum(tour.trip.cost_cny for tour in self.tours)


def apart(problem: JointProblem, i: int) -> LineHaul:
    """Return the cheapest straight trips of one depot by itself."""
    way = float(problem.hub_h[i]), float(problem.hub_km[i])
    return solve_line_haul(float(problem.load_t[i]), *way, problem.vehicles_of(i), problem.rule)


def solve_joint_haul(problem: JointProblem) -> JointHaul:
    """Choose straight trips and tours at least cost, rides included.

    Examples
    --------
    Two depots an hour from the hub and half an hour apart send 4 t each; a truck of 8 t costs 100 CNY a day and 10 a
    km. Apart that is 2·(100 + 10·80) = 1800, together 100 + 10·(40 + 20 + 40) = 1100.

    >>> truck = VehicleType(id="r8", payload_kg=8000, volume_m3=99, cargo="reefer", cost_cny_day=100, cost_cny_km=10,
    ...                     cost_cny_h=0)
    >>> day = solve_joint_haul(JointProblem(
    ...     load_t=np.array([4.0, 4.0]), hub_h=np.ones(2), hub_km=np.full(2, 40.0),
    ...     between_h=np.array([[0, 0.5], [0.5, 0]]), between_km=np.array([[0, 20.0], [20.0, 0]]), vehicles=(truck,),
    ...     allowed=np.ones((2, 1), dtype=bool), ride_cny_t=np.zeros((2, RIDE_NODES)),
    ...     late_cny_t=np.zeros((2, RIDE_NODES))))
    >>> day.cost_cny_day, [tour.stops for tour in day.tours]
    (1100.0, [(0, 1)])
    """
    alone = [apart(problem, i) for i in range(problem.n)]
    sets = depot_sets(problem)
    if not len(sets):
        return JointHaul(tuple(alone), ())
    options = [_options(problem, i, alone[i].cost_cny_day) for i in range(problem.n)]
    apart_cny = np.array([haul.cost_cny_day for haul in alone])
    cost, trucks, orders, chosen = _columns(problem, sets, options, apart_cny)
    sizes = (sets >= 0).sum(axis=1)
    worth = np.where(sets >= 0, apart_cny[sets], 0.0).sum(axis=1) - cost
    keep = _undominated(sets, worth)
    picked = keep[_choose(problem.n, sets[keep], worth[keep])]
    direct, tours = list(alone), []
    for s in sorted(picked.tolist()):
        order = _orders()[sizes[s] - 2, orders[s], : sizes[s]]
        stops = tuple(int(i) for i in sets[s][order])
        taken = dict(zip(stops, chosen[s][order].tolist(), strict=True))
        rest = [options[i].rest_t[k] for i, k in taken.items()]
        tours.append(price_tour(problem, stops, rest, problem.vehicles[trucks[s]]))
        for i, k in taken.items():
            direct[i] = options[i].full[k]
    return JointHaul(tuple(direct), tuple(tours))


def price_tour(problem: JointProblem, stops: Sequence[int], load_t: Sequence[float], vehicle: VehicleType) -> HaulTour:
    """Drive a tour: its trip, and how long the load of each depot rides."""
    legs = list(pairwise(stops))
    out, back = problem.hub_h[stops[0]], problem.hub_h[stops[-1]]
    drive_h = float(out + sum(problem.between_h[leg] for leg in legs) + back) / vehicle.speed_factor
    km = float(problem.hub_km[stops[0]] + sum(problem.between_km[leg] for leg in legs) + problem.hub_km[stops[-1]])
    dock_h = problem.rule.dock_h / 2.0
    hours = drive_h + dock_h * (1 + len(stops)) + problem.rule.load_h_t * sum(load_t)
    crews = crews_of(hours, drive_h, vehicle)
    cost = crews * vehicle.cost_cny_day + vehicle.cost_cny_km * km + vehicle.cost_cny_h * hours
    rides = [float(back) / problem.slowest]
    for (here, following), t in zip(reversed(legs), reversed(load_t), strict=False):
        halt_h = dock_h + problem.rule.load_h_t * t
        rides.append(rides[-1] + float(problem.between_h[here, following]) / problem.slowest + halt_h)
    trip = Trip(vehicle.id, capacity_t(vehicle, problem.rule), km, hours, crews, cost)
    return HaulTour(tuple(stops), tuple(map(float, load_t)), tuple(reversed(rides)), trip)


@dataclass(frozen=True)
class _Options:
    """Ways of a depot to go on a tour: t left for it after full trucks, and those trucks with their number."""

    rest_t: list[float]
    full: list[LineHaul]


def _options(problem: JointProblem, i: int, apart_cny: float) -> _Options:
    """List full trucks before a tour: none, or a mix that leaves no more than the largest truck; dominated ones go.

    A mix that costs as much as the separate trips is of no use, since a tour is no dearer with a depot less.
    """
    load = float(problem.load_t[i])
    if load <= 0 or not math.isfinite(apart_cny):
        return _Options([], [])
    way = float(problem.hub_h[i]), float(problem.hub_km[i])
    trips = [price_trip(kind, math.inf, *way, problem.rule) for kind in problem.vehicles_of(i)]
    mixes: list[tuple[float, float, tuple[int, ...]]] = [(load, 0.0, ())]
    for trip in trips:
        most = [max(math.ceil((rest - LOAD_TOLERANCE_T) / trip.capacity_t) - 1, 0) for rest, _, _ in mixes]
        mixes = [
            (rest - n * trip.capacity_t, cost + n * trip.cost_cny, (*counts, n))
            for (rest, cost, counts), top in zip(mixes, most, strict=True)
            for n in range(top + 1)
            if n == 0 or cost + n * trip.cost_cny < apart_cny
        ]
    largest = max(trip.capacity_t for trip in trips)
    kept: list[tuple[float, float, tuple[int, ...]]] = []
    for mix in sorted(mixes):
        if mix[0] <= largest + LOAD_TOLERANCE_T and all(mix[1] < other[1] for other in kept):
            kept.append(mix)
    kept = kept[-OPTIONS:]
    full = [_as_haul(load - rest, trips, counts) for rest, _, counts in kept]
    return _Options([rest for rest, _, _ in kept], full)


def _as_haul(load_t: float, trips: Sequence[Trip], counts: Sequence[int]) -> LineHaul:
    """Return a number of full trucks as the straight trips of a day."""
    mix = [(trip, n) for trip, n in zip(trips, counts, strict=True) if n]
    sums = [sum(n * getattr(trip, name) for trip, n in mix) for name in ("km", "hours", "cost_cny")]
    return LineHaul(load_t if mix else 0.0, tuple(mix), *sums)


def depot_sets(problem: JointProblem) -> Ints:
    """List the sets of depots that a tour may call at, shape (sets, MOST_DEPOTS), padded with -1."""
    able = [int(i) for i in np.flatnonzero((problem.load_t > 0) & np.isfinite(problem.hub_h))]
    able = [i for i in able if problem.allowed[i].any()]
    sizes = range(2, min(problem.most, MOST_DEPOTS, len(able)) + 1)
    if len(able) <= FEW:
        found = [chosen for size in sizes for chosen in combinations(able, size)]
    else:
        found = sorted({chosen for i in able for chosen in _near_sets(problem, i, able, sizes)})
    rows = np.full((len(found), MOST_DEPOTS), -1, dtype=np.int64)
    for n, chosen in enumerate(found):
        rows[n, : len(chosen)] = chosen
    return rows


def _near_sets(problem: JointProblem, i: int, able: list[int], sizes: range) -> list[tuple[int, ...]]:
    """Return the sets of a depot and some of those nearest to it."""
    others = sorted((other for other in able if other != i), key=lambda other: (problem.between_h[i, other], other))
    return [tuple(sorted((i, *chosen))) for size in sizes for chosen in combinations(others[:NEAR], size - 1)]


@lru_cache(maxsize=1)
def _orders() -> Ints:
    """All orders of 2, 3 and 4 places, shape (3, 24, 4), padded with 0."""
    table = np.zeros((MOST_DEPOTS - 1, math.factorial(MOST_DEPOTS), MOST_DEPOTS), dtype=np.int64)
    for size in range(2, MOST_DEPOTS + 1):
        for n, order in enumerate(permutations(range(size))):
            table[size - 2, n, :size] = order
    return table


def _columns(
    problem: JointProblem, sets: Ints, options: list[_Options], apart_cny: Floats
) -> tuple[Floats, Ints, Ints, Ints]:
    """Price the best tour of every set: cost (inf where nothing is gained), truck, order, options."""
    width = max(1, *(len(option.rest_t) for option in options))
    rest, direct = np.full((problem.n, width), math.inf), np.full((problem.n, width), math.inf)
    for i, option in enumerate(options):
        rest[i, : len(option.rest_t)] = option.rest_t
        direct[i, : len(option.rest_t)] = [haul.cost_cny_day for haul in option.full]
    trucks = np.array(
        [
            (capacity_t(v, problem.rule), v.speed_factor, v.cost_cny_day, v.cost_cny_km, v.cost_cny_h, v.shift_h,
             drive_limit_h(v)) for v in problem.vehicles
        ],
        dtype=np.float64,
    )  # fmt: skip
    counts = np.array([max(len(option.rest_t), 1) for option in options], dtype=np.int64)
    rule = np.array([problem.rule.dock_h / 2.0, problem.rule.load_h_t, problem.slowest, RIDE_STEP_H])
    ways = (problem.between_h, problem.between_km, problem.hub_h, problem.hub_km)
    found: tuple[Floats, Ints, Ints, Ints] = best_tours(
        sets, _orders(), ways, (rest, direct, counts, apart_cny), (trucks, problem.allowed),
        (rule, problem.ride_cny_t, problem.late_cny_t),
    )  # fmt: skip
    return found


def _undominated(sets: Ints, worth: Floats) -> Ints:
    """Positions of the sets that gain more than any two disjoint parts of theirs do, and more than nothing."""
    gain = {frozenset(row[row >= 0].tolist()): value for row, value in zip(sets, worth, strict=True)}
    kept = []
    for c, (held, value) in enumerate(gain.items()):
        parts = [frozenset(part) for size in range(2, len(held)) for part in combinations(held, size)]
        split = max((gain.get(part, 0.0) + max(gain.get(held - part, 0.0), 0.0) for part in parts), default=0.0)
        if value > max(split, 0.0) + LEAST_CNY:
            kept.append(c)
    return np.array(kept, dtype=np.int64)


def _choose(n: int, sets: Ints, gains: Floats) -> Ints:
    """Choose disjoint sets of most gain; positions in ``sets``."""
    if not len(sets):
        return np.empty(0, dtype=np.int64)
    used = np.unique(sets[sets >= 0])
    if len(used) > SUBSETS:
        return choose_by_program(n, sets, gains)
    place = np.full(n, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    members = np.array([sum(1 << int(place[i]) for i in row if i >= 0) for row in sets], dtype=np.int64)
    lowest = np.array([int(mask & -mask).bit_length() - 1 for mask in members.tolist()])
    ranked = np.lexsort((members, lowest))
    first = np.searchsorted(lowest[ranked], np.arange(len(used) + 1)).astype(np.int64)
    chosen = best_choice(len(used), members[ranked], gains[ranked], first)
    return np.asarray(ranked[chosen], dtype=np.int64)


def choose_by_program(n: int, sets: Ints, gains: Floats) -> Ints:
    """Choose disjoint sets of most gain as a whole-number program, by HiGHS; positions in ``sets``.

    Of more than ``CLOSEST`` sets those count whose gain falls least short of the relaxation's prices of their depots.
    """
    price = _relaxed(n, sets, gains)
    short = np.where(sets >= 0, price[sets], 0.0).sum(axis=1) - gains
    near = np.sort(np.lexsort((-gains, short))[:CLOSEST])
    return np.asarray(near[_programmed(n, sets[near], gains[near])], dtype=np.int64)


def _relaxed(n: int, sets: Ints, gains: Floats) -> Floats:
    """Price of each depot in the linear relaxation, shape (n,)."""
    from scipy.optimize import linprog

    row, place = np.nonzero(sets >= 0)
    holding = np.zeros((n, len(sets)))
    holding[sets[row, place], row] = 1.0
    answer: Any = linprog(-gains, A_ub=holding, b_ub=np.ones(n), method="highs")
    return np.asarray(-answer.ineqlin.marginals, dtype=np.float64)


def _programmed(n: int, sets: Ints, gains: Floats) -> Ints:
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    taken = [model.add_binary_variable() for _ in sets]
    for i in range(n):
        holding = [taken[c] for c in np.flatnonzero((sets == i).any(axis=1))]
        if len(holding) > 1:
            model.add_linear_constraint(mathopt.fast_sum(holding) <= 1.0)
    model.maximize(mathopt.fast_sum(float(gain) * one for gain, one in zip(gains, taken, strict=True)))
    limit = mathopt.SolveParameters(relative_gap_tolerance=1e-6)
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limit)
    values = result.variable_values(taken) if result.has_primal_feasible_solution() else [0.0] * len(taken)
    return np.flatnonzero(np.array(values) > 0.5)
