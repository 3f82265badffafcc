"""A day's tours: lots cut into truckloads, the search, and the result driven again before anyone sees it."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, LOAD_TOLERANCE, Floats
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Status, VehicleType
from coldchain.routing.causes import cause_of
from coldchain.routing.collection import Engine, solve_collection
from coldchain.routing.day import CARGOES, DayProblem, DayResult, Left, Locked, Tour
from coldchain.routing.fuse import fuse
from coldchain.routing.instance import ANY, Instance
from coldchain.routing.problem import CollectionProblem
from coldchain.routing.quantities import amounts_of, most_of
from coldchain.routing.ruin import Found, RuinEffort, VehicleTrips, multi_start
from coldchain.routing.timetable import drive, violations

MOST_PIECES = 1000  # truckloads of one lot on one day; more is an error in the data, not a plan


def solve_day(
    problem: DayProblem,
    *,
    effort: RuinEffort,
    engine: Engine = "ruin-recreate",
    seed: int = 0,
    threads: int = 1,
    start: Sequence[Locked] = (),
) -> DayResult:
    """Plan the tours of a day.

    Lots larger than the roomiest vehicle are cut into full truckloads and a rest. Locked tours are driven as they
    stand; the others are searched from ``start``, as far as it can be driven, and never end worse than it.

    Parameters
    ----------
    problem : the day
    effort : when to stop
    engine : ``ruin-recreate``, or ``ortools``: one trip a vehicle, one depot a lot, no windows, regimes or cargoes
    seed : of the random choices; equal seeds and iterations give equal tours
    threads : searches side by side, the best of which is taken
    start : tours to begin with, such as yesterday's

    Returns
    -------
    DayResult
        Every tour is driven again by `timetable.drive` and keeps every limit; every kilogram is on a tour or in
        ``left`` with its cause.

    Raises
    ------
    UsageError
        When the engine cannot express the day.
    """
    began = time.monotonic()
    pieces = pieces_of(problem)
    if engine == "ortools":
        found, iterations, cut = _library(problem, pieces, seed, effort)
    else:
        found, iterations, cut = _search(problem, pieces, effort, (seed, threads), start)
    tours = [drive(problem, given, 1, locked=True) for given in problem.locked]
    tours += [drive(problem, given) for given in found]
    _demand_valid(problem, tours[len(problem.locked) :])
    left = _left(problem, pieces, tours)
    return DayResult(
        status=_status(tours, left, cut),
        tours=_numbered(tours),
        left=left,
        iterations=iterations,
        seconds=time.monotonic() - began,
        value_cny=_worth(problem, left),
    )


@dataclass(frozen=True)
class Truckloads:
    """Truckloads: stop and kg of each, those of one stop one after the other; locked load is no piece."""

    stop: np.ndarray
    kg: Floats

    def share(self, problem: DayProblem) -> Floats:
        """Part of its stop's whole load that each piece is."""
        whole = problem.load_kg[self.stop]
        share: Floats = np.divide(self.kg, whole, out=np.ones(len(self.kg)), where=whole > 0)
        return share


def pieces_of(problem: DayProblem) -> Truckloads:
    """Cut every lot into full truckloads of the roomiest vehicle and a rest."""
    stops, kg = [], []
    locked: dict[int, float] = defaultdict(float)
    for given in problem.locked:
        for stop, load in (visit for trip in given.rounds for visit in trip):
            locked[stop] += load
    for stop, load in enumerate(problem.load_kg):
        rest = float(load) - locked[stop]
        if rest <= LOAD_TOLERANCE * max(float(load), 1.0):
            continue
        full = _truckload(problem, stop, float(load))
        count = max(1, math.ceil(rest / full - LOAD_TOLERANCE)) if full > 0 else 1
        count = count if count <= MOST_PIECES else 1
        sizes = [full] * (count - 1) + [rest - full * (count - 1)]
        stops += [stop] * count
        kg += sizes
    return Truckloads(np.array(stops, dtype=np.intp), np.array(kg))


def _truckload(problem: DayProblem, stop: int, load: float) -> float:
    """Most kg of this lot that any vehicle on offer takes at once."""
    density = load / float(problem.volume_m3[stop]) if problem.volume_m3[stop] > 0 else math.inf
    offered = [v for v, count in zip(problem.vehicles, problem.available, strict=True) if count != 0]
    return max((min(v.payload_kg, v.volume_m3 * density) for v in offered), default=0.0)


def _free(problem: DayProblem) -> tuple[int | None, ...]:
    """Vehicles of each type that locked tours leave."""
    taken = [sum(given.vehicle_id == v.id for given in problem.locked) for v in problem.vehicles]
    return tuple(
        None if count is None else max(count - used, 0) for count, used in zip(problem.available, taken, strict=True)
    )


def instance_of_day(problem: DayProblem, pieces: Truckloads) -> Instance:
    """Return the truckloads of a day as arrays; a lot that no vehicle can ever fetch stays behind of itself."""
    m, stop, share = problem.m, pieces.stop, pieces.share(problem)
    rows = np.concatenate([np.arange(m), m + stop])
    return Instance(
        legs=np.stack([problem.km[np.ix_(rows, rows)], problem.time_h[np.ix_(rows, rows)]], axis=2),
        load=pieces.kg,
        volume=problem.volume_m3[stop] * share,
        weight=problem.weight_cny_h[stop] * share[:, None],
        halt_h=problem.stop_h + problem.load_h_t * pieces.kg / KG_PER_T,
        depots=np.column_stack([np.minimum(problem.depot_kg * (1 + LOAD_TOLERANCE), ANY), np.zeros(m)]),
        types=np.array([_type_row(problem, v, n) for v, n in zip(problem.vehicles, _free(problem), strict=True)]),
        value=problem.value_cny[stop] * share,
        unload_h=problem.unload_h,
        max_aboard_h=problem.max_aboard_h[stop] + HOURS_TOLERANCE / 2,
        window_h=problem.window_h[stop],
        depot_window_h=problem.depot_window_h,
        regimes=problem.regimes[stop],
        access_cny=problem.access_cny[:, stop] * share,
        since_ready=problem.since_ready,
        amounts=amounts_of(problem.vehicles, pieces.kg),
        most=most_of(problem.vehicles),
    )


def _type_row(problem: DayProblem, vehicle: VehicleType, count: int | None) -> tuple[float, ...]:
    slack = 1 + LOAD_TOLERANCE / 2
    return (
        vehicle.payload_kg * slack,
        vehicle.volume_m3 * slack,
        vehicle.cost_cny_day,
        vehicle.cost_cny_km,
        vehicle.cost_cny_h,
        1.0 / vehicle.speed_factor,
        vehicle.shift_h - problem.unload_h + HOURS_TOLERANCE / 2,
        ANY if count is None else float(count),
        ANY if vehicle.max_drive_h is None else vehicle.max_drive_h + HOURS_TOLERANCE / 2,
        float(vehicle.trips_day),
        float(CARGOES.index(vehicle.cargo)),
        -1.0,
    )


def _search(
    problem: DayProblem, pieces: Truckloads, effort: RuinEffort, chance: tuple[int, int], start: Sequence[Locked]
) -> tuple[list[Locked], int, bool]:
    """Search with our own engine (``chance``: seed and threads), sequences fused into single stops meanwhile."""
    instance = instance_of_day(problem, pieces)
    fused, groups = fuse(instance, _sequences(problem, pieces), _paces(problem))
    begin = _begin(problem, pieces, groups, start)
    found: Found = multi_start(fused, effort, chance[1], seed=chance[0], start=begin)
    tours = []
    for duty in found.routes:
        trips = [[k for group in trip for k in groups[group]] for trip in duty.trips]
        rounds = tuple(tuple((int(pieces.stop[k]), float(pieces.kg[k])) for k in trip) for trip in trips)
        tours.append(Locked(problem.vehicles[duty.kind].id, duty.depot, rounds))
    return tours, found.iterations, found.cut


def _paces(problem: DayProblem) -> tuple[float, float]:
    """Hours per reference hour of the fastest and of the slowest vehicle."""
    paces = [1.0 / v.speed_factor for v in problem.vehicles] or [1.0]
    return min(paces), max(paces)


def _sequences(problem: DayProblem, pieces: Truckloads) -> list[list[int]]:
    """Return the sequences in truckloads; a lot of several is taken by its last."""
    last = {int(stop): k for k, stop in enumerate(pieces.stop)}
    chains = [[last[stop] for stop in chain if stop in last] for chain in problem.sequences]
    return [chain for chain in chains if len(chain) > 1]


def _begin(
    problem: DayProblem, pieces: Truckloads, groups: Sequence[Sequence[int]], start: Sequence[Locked]
) -> list[VehicleTrips]:
    """Return the given tours as duties, each visit the truckload of its stop nearest in kg; others fall out."""
    waiting: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        waiting[int(pieces.stop[group[0]])].append(number)

    def nearest(stop: int, kg: float) -> int:
        number = min(waiting[stop], key=lambda g: abs(sum(float(pieces.kg[k]) for k in groups[g]) - kg))
        waiting[stop].remove(number)
        return number

    kinds = [v.id for v in problem.vehicles]
    duties = []
    for given in start:
        if given.vehicle_id not in kinds:
            continue
        trips = [[nearest(stop, kg) for stop, kg in trip if waiting[stop]] for trip in given.rounds]
        kept = tuple(tuple(trip) for trip in trips if trip)
        if kept:
            duties.append(VehicleTrips(given.depot, kinds.index(given.vehicle_id), kept))
    return duties


def _demand_valid(problem: DayProblem, tours: Sequence[Tour]) -> None:
    for tour in tours:
        broken = violations(problem, tour)
        if broken:
            raise AssertionError(f"a tour of {tour.vehicle_id} breaks a limit: {'; '.join(broken)}")


def _left(problem: DayProblem, pieces: Truckloads, tours: Sequence[Tour]) -> tuple[Left, ...]:
    """Return what no tour brings in, with the cause."""
    rest = problem.load_kg.copy()
    for tour in tours:
        for visit in (v for trip in tour.rounds for v in trip.visits):
            rest[visit.stop] -= visit.load_kg
    left = []
    for stop in np.flatnonzero(rest > 2 * LOAD_TOLERANCE * np.maximum(problem.load_kg, 1.0)):
        own = pieces.kg[pieces.stop == stop]
        smallest = float(own.min()) if len(own) else float(rest[stop])
        cause, detail = cause_of(problem, int(stop), smallest, tours)
        left.append(Left(int(stop), float(rest[stop]), cause, detail))
    return tuple(left)


def _worth(problem: DayProblem, left: Sequence[Left]) -> float:
    worth = [float(problem.value_cny[x.stop]) * x.load_kg / float(problem.load_kg[x.stop]) for x in left]
    return float(sum(value for value in worth if math.isfinite(value)))


def _numbered(tours: Sequence[Tour]) -> tuple[Tour, ...]:
    """Give every tour the number of its vehicle within the type, by depot and hour of leaving."""
    seen: dict[str, int] = defaultdict(int)
    numbered = []
    for tour in sorted(tours, key=lambda t: (t.vehicle_id, t.depot, t.rounds[0].leave_h)):
        seen[tour.vehicle_id] += 1
        numbered.append(replace(tour, number=seen[tour.vehicle_id]))
    return tuple(numbered)


def _status(tours: Sequence[Tour], left: Sequence[Left], cut: bool) -> Status:
    if left and not tours:
        return "infeasible"
    return "limit" if cut else "feasible"


def _library(problem: DayProblem, pieces: Truckloads, seed: int, effort: RuinEffort) -> tuple[list[Locked], int, bool]:
    """Solve each depot's day with OR-Tools, which must be able to express it."""
    lacking = [name for name, needed in _beyond_library(problem).items() if needed]
    if lacking:
        raise UsageError(
            _("the engine ortools cannot express {names}; use ruin-recreate").format(names=_(", ").join(lacking))
        )
    tours: list[Locked] = []
    depot_of = np.isfinite(problem.access_cny).argmax(axis=0)
    used = np.unique(depot_of[pieces.stop])
    cut = False
    for depot in used:
        stops = np.unique(pieces.stop[depot_of[pieces.stop] == depot])
        rows = np.array([depot, *(problem.m + stops)])
        day = CollectionProblem(
            time_h=problem.time_h[np.ix_(rows, rows)],
            km=problem.km[np.ix_(rows, rows)],
            load_kg=problem.load_kg[stops],
            volume_m3=problem.volume_m3[stops],
            weight_cny_h=problem.weight_cny_h[stops, CARGOES.index(problem.vehicles[0].cargo)],
            vehicles=problem.vehicles,
            stop_h=problem.stop_h,
            load_h_t=problem.load_h_t,
            unload_h=problem.unload_h,
            max_aboard_h=float(problem.max_aboard_h.min(initial=math.inf)),
            available=problem.available if problem.m == 1 else (),
        )
        limit = None if math.isinf(effort.iterations) else int(effort.iterations)
        seconds = effort.seconds / len(used)
        result = solve_collection(
            day, engine="ortools", solution_limit=limit, seed=seed, time_limit_s=seconds, stop=effort.stop
        )
        cut |= result.status == "limit"
        for route in result.routes:
            visits = tuple((int(stops[i]), kg) for i, kg in zip(route.stops, route.load_kg, strict=True))
            tours.append(Locked(route.vehicle_id, int(depot), (visits,)))
    return tours, 0, cut


def _beyond_library(problem: DayProblem) -> dict[str, bool]:
    cargoes = {v.cargo for v in problem.vehicles}
    return {
        _("time windows"): bool((problem.window_h[:, 0] > 0).any() or np.isfinite(problem.window_h[:, 1]).any()),
        _("limited fleets of several depots"): problem.m > 1 and any(count is not None for count in problem.available),
        _("several cargoes"): len(cargoes) > 1,
        _("temperature regimes"): bool((problem.regimes != -1).any()),
        _("a choice of depots"): bool((np.isfinite(problem.access_cny).sum(axis=0) > 1).any()),
        _("depot capacities"): bool((problem.depot_kg < problem.load_kg.sum()).any()),
        _("optional lots"): bool(np.isfinite(problem.value_cny).any()),
        _("own limits of hours aboard"): bool(np.unique(problem.max_aboard_h).size > 1),
        _("locked tours"): bool(problem.locked or problem.sequences),
        _("spoilage since readiness"): problem.since_ready,
    }
