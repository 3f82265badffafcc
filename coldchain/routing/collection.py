"""Collection routes of one depot and one day, from splitting of large loads to the checked result."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Literal

import numpy as np

from coldchain.arrays import Floats
from coldchain.language import _
from coldchain.model import Status
from coldchain.routing.duties import DutyTrip, fits, put_together, waits_h
from coldchain.routing.exact import enumerate_routes
from coldchain.routing.exact_duties import enumerate_duties
from coldchain.routing.overflow import NO_SPREAD, Overflow
from coldchain.routing.problem import (
    CollectionProblem,
    CollectionResult,
    Route,
    Unserved,
    evaluate_route,
    overflow_of,
    violations,
)
from coldchain.routing.savings import RouteDraft, savings
from coldchain.routing.segment import Kernel
from coldchain.routing.split import Split, split_loads
from coldchain.routing.split_pickup import Fetch, day_of, fitting, improved, split_pickups

ENUMERATED = 6  # up to this many stops all orders are tried, in less time than the library needs
SHARED_A_STOP, SHARED_LEAST, SHARED_MOST = 50, 1000, 4000  # iterations that share loads, by stops
SMALL = 20  # stops up to which a descent after every ruin pays
Engine = Literal["ruin-recreate", "ortools"]
Start = Literal["savings", "direct"]
Ends = tuple[float, Callable[[], bool] | None]  # seconds left, and the wish to stop
ROUND_SMALL, ROUND_LARGE = 50, 500  # solutions explored from one start


def default_solution_limit(n: int) -> int:
    """Solutions the library explores for n stops before it stops; measured to be near the knee of cost over time."""
    return 2 * ROUND_SMALL if n <= SMALL else ROUND_LARGE


def solve_collection(
    problem: CollectionProblem,
    *,
    engine: Engine = "ruin-recreate",
    solution_limit: int | None = None,
    start: Start = "savings",
    seed: int = 0,
    time_limit_s: float = float("inf"),
    stop: Callable[[], bool] | None = None,
) -> CollectionResult:
    """Find routes of low cost that fetch every load that can be fetched.

    Loads above one truck lose full-truck direct trips first, then up to six stops are solved by enumeration, more by
    savings improved by ruin and recreate, or by the iterated local search of OR-Tools. Where pick-ups may be split, a
    second search shares loads between vehicles. Where vehicles may go again, routes are looked for twice, with the
    whole day of a vehicle on each and with its least part, and put together into duties
    (:mod:`coldchain.routing.duties`); with up to six stops both at once. The result is never worse than that of its
    start, nor than direct routes. Equal inputs and seed give equal routes as long as the clock does not interfere.

    Parameters
    ----------
    problem : depot, stops and vehicles
    engine : ``ruin-recreate`` (our own) or ``ortools``
    solution_limit : solutions the engine explores; None for its default, 0 for its start only
    start : ``savings``, or ``direct`` routes: for short searches, which find better ones in less time than savings take
    seed : of the random choices
    time_limit_s : s, backstop for the engine; meant never to be reached
    stop : asked again and again; True ends the search with the best so far; sharing loads is not cut

    Returns
    -------
    CollectionResult
        Every route respects every limit; all figures are recomputed by `evaluate_route`.

    Examples
    --------
    Two villages in a row, 1 h apart, share a truck: 10 CNY a day and 1 CNY per km.

    >>> from coldchain.model import VehicleType
    >>> truck = VehicleType(id="t", payload_kg=1000, volume_m3=9, cargo="ambient",
    ...                     cost_cny_day=10, cost_cny_km=1, cost_cny_h=0)
    >>> line = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]])
    >>> day = CollectionProblem(line, 30 * line, [400, 500], [1, 1], [0, 8], (truck,))
    >>> result = solve_collection(day)
    >>> result.routes[0].stops, result.cost_cny, result.spoilage_cny  # 10 + 120 km; 2 h · 8
    ((0, 1), 130.0, 16.0)
    """
    began = time.monotonic()
    again = _goes_again(problem) and not _counted(problem)
    priced = [problem, _by_trips(problem)] if again else [problem]
    found = [
        _solve(one, engine, (start, solution_limit), seed, (time_limit_s - time.monotonic() + began, stop))
        for one in priced
    ]
    made = [_made(problem, one) for one in found]
    best = min(made, key=lambda one: (sum(u.load_kg for u in one.unserved), one.total_cny))
    return replace(best, seconds=time.monotonic() - began)


def drive(problem: CollectionProblem, routes: Sequence[Route], duties: tuple[tuple[int, ...], ...]) -> CollectionResult:
    """Return the day on which exactly these routes are driven, priced for the problem.

    Parameters
    ----------
    routes : that respect every limit and fetch every load; only vehicle, stops and loads count
    duties : the routes of each vehicle, in order; put together anew where one does not fit into its hours
    """
    kinds = {kind.id: kind for kind in problem.vehicles}
    trips = [replace(trip_of(problem, route), most_wait_h=math.inf) for route in routes]
    fitting = all(
        len(duty) == 1 or fits(kinds[routes[duty[0]].vehicle_id], [trips[n] for n in duty]) for duty in duties
    )
    return _made(problem, _SolvedDay("feasible", tuple(routes), ()), duties if fitting else ())


def solve_near(
    problem: CollectionProblem, known: Sequence[Fetch], *, iterations: int, seed: int = 0
) -> CollectionResult | None:
    """Find routes from those of days much like this one, where vehicles may share loads and are not counted.

    The known routes are driven as far as they fit, what they leave behind is fetched directly, and all is improved.

    Parameters
    ----------
    known : stops and kg of routes, in order of preference; they may fetch more or less than there is
    iterations : of sharing loads

    Returns
    -------
    None where a load cannot be fetched, or the day is of another kind.
    """
    if not problem.split_pickups or _counted(problem) or not problem.n:
        return None
    priced = _by_trips(problem) if _goes_again(problem) else problem
    day = day_of(priced)
    start, rest_kg = fitting(day, priced.load_kg, known)
    direct = _directly(priced, rest_kg)
    if direct is None:
        return None
    found = improved(day, [*start, *direct], iterations, seed)
    routes = (evaluate_route(problem, problem.vehicles[kind], stops, kg) for kind, stops, kg in found)
    return _made(problem, _SolvedDay("feasible", tuple(routes), ()))


def _directly(problem: CollectionProblem, rest_kg: Floats) -> list[Fetch] | None:
    """Return direct trips that fetch what is left at each stop; None where a trip cannot."""
    behind = np.flatnonzero(rest_kg > 0).tolist()
    if not behind:
        return []
    split = split_loads(_restrict(problem, behind, rest_kg[behind], problem.available))
    if split.unserved:
        return None
    full = [Fetch((behind[trip.stops[0]],), trip.load_kg) for trip in split.trips]
    return full + [Fetch((i,), (kg,)) for i, kg in zip(behind, split.rest_kg, strict=True) if kg > 0]


@dataclass(frozen=True)
class _SolvedDay:
    status: Status
    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]


def _solve(
    problem: CollectionProblem, engine: Engine, begin: tuple[Start, int | None], seed: int, ends: Ends
) -> _SolvedDay:
    """Find routes, each with a vehicle of its own."""
    split = split_loads(problem)
    (start, solution_limit), stop = begin, ends[1]
    active = [i for i, kg in enumerate(split.rest_kg) if kg > 0]
    rest = _restrict(problem, active, np.array([split.rest_kg[i] for i in active]), split.left)
    cut = False
    enumerated = len(active) <= ENUMERATED
    if enumerated and _goes_again(problem) and solution_limit is None and not _counted(problem):
        draft = enumerate_duties(rest)
    elif enumerated:
        draft = enumerate_routes(Kernel(rest))
    else:
        first = _direct(Kernel(rest)) if start == "direct" and not _counted(rest) else savings(Kernel(rest))
        draft, cut = _search(rest, engine, (first, solution_limit), seed, ends)
    routes = (*split.trips, *(_route(problem, active, split, kind, stops) for kind, stops in draft.routes))
    if problem.split_pickups and not _counted(problem) and solution_limit != 0 and not (cut or (stop and stop())):
        routes = _shared(problem, routes, solution_limit, seed)
    behind = [_left_behind(active[i], split) for i in draft.dropped]
    unserved = tuple(sorted([*split.unserved, *behind], key=lambda u: u.stop))
    calm = problem.spread == NO_SPREAD
    proved = enumerated and calm and not (split.trips or problem.split_pickups)
    status = _status(routes, unserved, cut=cut, proved=proved)
    return _SolvedDay(status, routes, unserved)


def _goes_again(problem: CollectionProblem) -> bool:
    """Tell whether any vehicle may make several trips a day."""
    return any(kind.trips_day > 1 for kind in problem.vehicles)


def _by_trips(problem: CollectionProblem) -> CollectionProblem:
    """Let each trip bear the least part of a vehicle's day that any trip can have."""
    kinds = (kind.model_copy(update={"cost_cny_day": kind.cost_cny_day / kind.trips_day}) for kind in problem.vehicles)
    return replace(problem, vehicles=tuple(kinds))


def _made(problem: CollectionProblem, solved: _SolvedDay, duties: tuple[tuple[int, ...], ...] = ()) -> CollectionResult:
    """Put the trips together into duties, unless they are given, and add up what all costs."""
    kinds = {kind.id: kind for kind in problem.vehicles}
    routes = tuple(evaluate_route(problem, kinds[r.vehicle_id], r.stops, r.load_kg) for r in solved.routes)
    duties = duties or _duties(problem, routes)
    trips = [trip_of(problem, route) for route in routes]
    wait_h = np.zeros(len(routes))
    for duty in duties:
        wait_h[list(duty)] = waits_h([trips[n] for n in duty])
    spared = sum(kinds[routes[duty[0]].vehicle_id].cost_cny_day * (len(duty) - 1) for duty in duties)
    waiting = sum(trip.wait_cny_h * float(wait) for trip, wait in zip(trips, wait_h, strict=True))
    return CollectionResult(
        status=solved.status,
        routes=routes,
        unserved=solved.unserved,
        cost_cny=float(sum(r.cost_cny for r in routes) - spared),
        spoilage_cny=float(sum(r.spoilage_cny for r in routes) + waiting),
        seconds=0.0,
        duties=duties,
        wait_h=tuple(wait_h.tolist()),
        overflow=_overflow(problem, routes, duties),
    )


def _overflow(
    problem: CollectionProblem, routes: tuple[Route, ...], duties: tuple[tuple[int, ...], ...]
) -> tuple[Overflow, ...]:
    """Return what each route costs beyond its usual day; nothing where none strays."""
    if problem.spread == NO_SPREAD:
        return ()
    duty_h = {n: sum(routes[k].hours for k in duty) for duty in duties for n in duty}
    return tuple(overflow_of(problem, route, duty_h[n]) for n, route in enumerate(routes))


def _duties(problem: CollectionProblem, routes: tuple[Route, ...]) -> tuple[tuple[int, ...], ...]:
    """Return which routes each vehicle drives; where vehicles are counted, each has one."""
    if _counted(problem):
        return tuple((n,) for n in range(len(routes)))
    found: list[tuple[int, ...]] = []
    for kind in problem.vehicles:
        mine = [n for n, route in enumerate(routes) if route.vehicle_id == kind.id]
        orders = put_together(kind, [trip_of(problem, routes[n]) for n in mine])
        found += [tuple(mine[n] for n in order) for order in orders]
    return tuple(sorted(found))


def trip_of(problem: CollectionProblem, route: Route) -> DutyTrip:
    """Return a route as a trip of a duty."""
    stops = list(route.stops)
    whole = problem.load_kg[stops]
    share = np.divide(np.array(route.load_kg), whole, out=np.zeros(len(stops)), where=whole > 0)
    return DutyTrip(
        hours=route.hours,
        drive_h=route.drive_h,
        lead_h=route.hours - problem.unload_h - route.aboard_h[0],
        wait_cny_h=float(problem.weight_cny_h[stops] @ share),
        most_wait_h=float(problem.max_wait_h[stops].min()),
    )


def _shared(
    problem: CollectionProblem, routes: tuple[Route, ...], iterations: int | None, seed: int
) -> tuple[Route, ...]:
    """Let vehicles share loads where that costs less."""
    if len(routes) < 2 and problem.spread == NO_SPREAD:
        return routes
    most = min(max(SHARED_A_STOP * problem.n, SHARED_LEAST), SHARED_MOST)
    iterations = most if iterations is None else min(iterations // 2, most)
    found = tuple(
        _checked(problem, evaluate_route(problem, problem.vehicles[kind], stops, kg))
        for kind, stops, kg in split_pickups(problem, routes, iterations, seed)
    )
    return min((routes, found), key=lambda some: sum(_alone_cny(problem, route) for route in some))


def _alone_cny(problem: CollectionProblem, route: Route) -> float:
    """CNY of a route with a vehicle of its own."""
    return route.total_cny + sum(one.cost_cny for one in _overflow(problem, (route,), ((0,),)))


def _restrict(
    problem: CollectionProblem, active: list[int], rest: Floats, left: Sequence[int | None]
) -> CollectionProblem:
    """Keep the stops with load left, and the vehicles left."""
    rows = np.array([0, *(i + 1 for i in active)], dtype=np.intp)
    share = rest / problem.load_kg[active] if active else rest
    return replace(
        problem,
        time_h=problem.time_h[np.ix_(rows, rows)],
        km=problem.km[np.ix_(rows, rows)],
        load_kg=rest,
        by_crop_kg=problem.by_crop_kg[active] * np.asarray(share)[:, None],
        volume_m3=problem.volume_m3[active] * share,
        weight_cny_h=problem.weight_cny_h[active] * share,
        max_wait_h=problem.max_wait_h[active],
        available=tuple(left),
    )


def _counted(problem: CollectionProblem) -> bool:
    """Tell whether any vehicles are limited in number."""
    return any(count is not None for count in problem.available)


def _search(
    problem: CollectionProblem, engine: Engine, begin: tuple[RouteDraft, int | None], seed: int, ends: Ends
) -> tuple[RouteDraft, bool]:
    """Run the engine from a start for so many solutions; return also whether `stop` or the clock cut it short."""
    kernel = Kernel(problem)
    best, limit = begin
    if limit == 0 or ends[0] <= 0 or (ends[1] is not None and ends[1]()):
        return best, limit != 0 or ends[0] <= 0
    if engine == "ortools":
        limit = default_solution_limit(problem.n) if limit is None else limit
        return _rounds(kernel, best, limit, seed, ends)
    from coldchain.routing.bridge import default_iterations, explore

    limit = default_iterations(problem.n) if limit is None else limit
    found, cut = explore(problem, best, limit, seed, ends)
    return min((best, found), key=lambda draft: _value(kernel, draft)), cut


def _direct(kernel: Kernel) -> RouteDraft:
    """Serve every stop by itself."""
    return RouteDraft([(kernel.cheapest(kernel.single(i))[1], (i,)) for i in range(kernel.problem.n)], [])


def _rounds(kernel: Kernel, best: RouteDraft, limit: int, seed: int, ends: Ends) -> tuple[RouteDraft, bool]:
    """Improve the draft by rounds of the library's iterated local search."""
    problem, end, stop = kernel.problem, time.monotonic() + ends[0], ends[1]
    value = _value(kernel, best)
    random = np.random.default_rng(seed)
    small = problem.n <= SMALL
    size = ROUND_SMALL if small else ROUND_LARGE
    for todo in range(limit, -size if limit > 0 else 0, -size):
        seconds = end - time.monotonic()
        if seconds <= 0 or (stop is not None and stop()):
            return best, True
        from coldchain.routing.iterated import Limits, descend, improve

        if todo > 0:
            order = random.permutation(problem.n).tolist()
            found = improve(problem, best, value[1], Limits(min(todo, size), small, seconds, stop), order)
        else:
            found = descend(problem, best, value[1], seconds)
        found = _best_vehicles(kernel, found)
        best, value = min((best, value), (found, _value(kernel, found)), key=itemgetter(1))
    return best, time.monotonic() >= end


def _best_vehicles(kernel: Kernel, draft: RouteDraft) -> RouteDraft:
    """Drive each route with its cheapest vehicle type, where numbers are not counted; drop no route."""
    if _counted(kernel.problem):
        return draft
    return RouteDraft(
        [(kernel.cheapest(kernel.chain(stops))[1], stops) for _rest, stops in draft.routes], draft.dropped
    )


def _value(kernel: Kernel, draft: RouteDraft) -> tuple[float, float]:
    """Kg left behind, then CNY of the routes; inf for a route that breaks a limit."""
    behind = float(sum(kernel.problem.load_kg[i] for i in draft.dropped))
    return behind, sum(kernel.price(kernel.chain(stops), kind) if kind >= 0 else np.inf for kind, stops in draft.routes)


def _route(problem: CollectionProblem, active: list[int], split: Split, kind: int, stops: tuple[int, ...]) -> Route:
    chosen = tuple(active[i] for i in stops)
    return _checked(
        problem, evaluate_route(problem, problem.vehicles[kind], chosen, [split.rest_kg[i] for i in chosen])
    )


def _checked(problem: CollectionProblem, route: Route) -> Route:
    broken = violations(problem, route)
    if broken:
        msg = f"route {route.stops} breaks a limit: {'; '.join(broken)}"
        raise AssertionError(msg)
    return route


def _left_behind(stop: int, split: Split) -> Unserved:
    kg = split.rest_kg[stop]
    return Unserved(stop, kg, "no_vehicle", _("all vehicles are in use; {kg:.1f} kg stay behind").format(kg=kg))


def _status(routes: tuple[Route, ...], unserved: tuple[Unserved, ...], *, cut: bool, proved: bool) -> Status:
    if unserved and not routes:
        return "infeasible"
    if cut:
        return "limit"
    return "optimal" if proved else "feasible"
