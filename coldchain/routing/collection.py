"""Collection routes of one depot and one day, from splitting of large loads to the checked result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from typing import Literal

import numpy as np

from coldchain.language import _
from coldchain.model import Status
from coldchain.routing.exact import enumerate_routes
from coldchain.routing.problem import (
    CollectionProblem,
    CollectionResult,
    Route,
    Unserved,
    evaluate_route,
    violations,
)
from coldchain.routing.savings import Draft, savings
from coldchain.routing.segment import Kernel
from coldchain.routing.split import Split, split_loads
from coldchain.routing.split_pickup import split_pickups

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
    second search shares loads between vehicles. The result is never worse than that of its start, nor than direct
    routes. Equal inputs and seed give equal routes as long as the clock does not interfere.

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
    split = split_loads(problem)
    active = [i for i, kg in enumerate(split.rest_kg) if kg > 0]
    rest = _restrict(problem, active, split)
    cut = False
    enumerated = len(active) <= ENUMERATED
    if enumerated:
        draft = enumerate_routes(Kernel(rest))
    else:
        begin = _direct(Kernel(rest)) if start == "direct" and not _counted(rest) else savings(Kernel(rest))
        draft, cut = _search(
            rest, engine, (begin, solution_limit), seed, (time_limit_s - time.monotonic() + began, stop)
        )
    routes = (*split.trips, *(_route(problem, active, split, kind, stops) for kind, stops in draft.routes))
    if problem.split_pickups and not _counted(problem) and solution_limit != 0 and not (cut or (stop and stop())):
        routes = _shared(problem, routes, solution_limit, seed)
    behind = [_left_behind(active[i], split) for i in draft.dropped]
    unserved = tuple(sorted([*split.unserved, *behind], key=lambda u: u.stop))
    status = _status(routes, unserved, cut=cut, proved=enumerated and not (split.trips or problem.split_pickups))
    return CollectionResult(
        status=status,
        routes=routes,
        unserved=unserved,
        cost_cny=float(sum(r.cost_cny for r in routes)),
        spoilage_cny=float(sum(r.spoilage_cny for r in routes)),
        seconds=time.monotonic() - began,
    )


def _shared(
    problem: CollectionProblem, routes: tuple[Route, ...], iterations: int | None, seed: int
) -> tuple[Route, ...]:
    """Let vehicles share loads where that costs less."""
    if len(routes) < 2:
        return routes
    most = min(max(SHARED_A_STOP * problem.n, SHARED_LEAST), SHARED_MOST)
    iterations = most if iterations is None else min(iterations // 2, most)
    found = tuple(
        _checked(problem, evaluate_route(problem, problem.vehicles[kind], stops, kg))
        for kind, stops, kg in split_pickups(problem, routes, iterations, seed)
    )
    return min((routes, found), key=lambda some: sum(route.total_cny for route in some))


def _restrict(problem: CollectionProblem, active: list[int], split: Split) -> CollectionProblem:
    """Keep the stops with load left, and the vehicles left."""
    rows = np.array([0, *(i + 1 for i in active)], dtype=np.intp)
    rest = np.array([split.rest_kg[i] for i in active])
    share = rest / problem.load_kg[active] if active else rest
    return replace(
        problem,
        time_h=problem.time_h[np.ix_(rows, rows)],
        km=problem.km[np.ix_(rows, rows)],
        load_kg=rest,
        volume_m3=problem.volume_m3[active] * share,
        weight_cny_h=problem.weight_cny_h[active] * share,
        available=tuple(split.left),
    )


def _counted(problem: CollectionProblem) -> bool:
    """Tell whether any vehicles are limited in number."""
    return any(count is not None for count in problem.available)


def _search(
    problem: CollectionProblem, engine: Engine, begin: tuple[Draft, int | None], seed: int, ends: Ends
) -> tuple[Draft, bool]:
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


def _direct(kernel: Kernel) -> Draft:
    """Serve every stop by itself."""
    return Draft([(kernel.cheapest(kernel.single(i))[1], (i,)) for i in range(kernel.problem.n)], [])


def _rounds(kernel: Kernel, best: Draft, limit: int, seed: int, ends: Ends) -> tuple[Draft, bool]:
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


def _best_vehicles(kernel: Kernel, draft: Draft) -> Draft:
    """Drive each route with its cheapest vehicle type, where numbers are not counted; drop no route."""
    if _counted(kernel.problem):
        return draft
    return Draft([(kernel.cheapest(kernel.chain(stops))[1], stops) for _rest, stops in draft.routes], draft.dropped)


def _value(kernel: Kernel, draft: Draft) -> tuple[float, float]:
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
