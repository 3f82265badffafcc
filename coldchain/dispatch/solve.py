"""The search for the day's tours: all depots together, or one by one where the fleet is tied to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from coldchain.arrays import Ints
from coldchain.dispatch.build import PreparedDay
from coldchain.language import _
from coldchain.routing.day import DayProblem, DayResult, Left, Locked, Round, Tour
from coldchain.routing.dispatch import solve_day
from coldchain.routing.ruin import RuinEffort

Engine = Literal["ruin-recreate", "ortools"]


@dataclass(frozen=True)
class DaySearch:
    """How to search: engine, effort, seed and threads; the tours to begin with."""

    engine: Engine
    effort: RuinEffort
    seed: int = 0
    threads: int = 1
    start: tuple[Locked, ...] = ()


def solve(day: PreparedDay, search: DaySearch) -> DayResult:
    """Find the tours, and put them on the clock."""
    if not day.stops:
        return DayResult("feasible", (), (), 0, 0.0)
    homes = sorted({made.depot for made in day.fleet})
    result = _run(day.problem, search) if homes == [""] else _by_depot(day, search)
    tours = tuple(_on_the_clock(day, tour) for tour in result.tours)
    order = {key: n for n, key in enumerate(dict.fromkeys(made.kind.id for made in day.fleet))}
    ranked = sorted(
        tours, key=lambda t: (t.depot, order[t.vehicle_id], t.rounds[0].leave_h, t.rounds[0].visits[0].stop)
    )
    return replace(result, tours=tuple(ranked))


def _run(problem: DayProblem, search: DaySearch) -> DayResult:
    return solve_day(
        problem,
        engine=search.engine,
        effort=search.effort,
        seed=search.seed,
        threads=search.threads,
        start=search.start,
    )


def _by_depot(day: PreparedDay, search: DaySearch) -> DayResult:
    """Solve each depot with its own vehicles; lots that may go to several go to the one that is cheapest alone."""
    problem, ids = day.problem, [depot.id for depot in day.source.depots]
    with_fleet = [n for n, key in enumerate(ids) if any(made.depot == key for made in day.fleet)]
    home = _homes(day, with_fleet)
    parts: list[DayResult] = []
    behind = [
        Left(int(i), float(problem.load_kg[i]), "fleet", _no_vehicle(day, int(i))) for i in np.flatnonzero(home < 0)
    ]
    used = [n for n in with_fleet if (home == n).any()]
    for n in used:
        stops = np.flatnonzero(home == n)
        part = _subproblem(day, n, stops)
        effort = replace(search.effort, seconds=search.effort.seconds / len(used))
        result = _run(part, replace(search, effort=effort, start=_within(search.start, n, stops)))
        parts.append(_renumbered(result, n, stops))
    return DayResult(
        status=_joint_status(parts, behind),
        tours=tuple(tour for part in parts for tour in part.tours),
        left=tuple(sorted([*behind, *(left for part in parts for left in part.left)], key=lambda left: left.stop)),
        iterations=sum(part.iterations for part in parts),
        seconds=sum(part.seconds for part in parts),
        value_cny=sum(part.value_cny for part in parts) + sum(_worth(problem, left) for left in behind),
    )


def _worth(problem: DayProblem, left: Left) -> float:
    value = float(problem.value_cny[left.stop])
    return value if math.isfinite(value) else 0.0


def _joint_status(parts: Sequence[DayResult], behind: Sequence[Left]) -> Literal["feasible", "limit", "infeasible"]:
    if (behind or any(part.left for part in parts)) and not any(part.tours for part in parts):
        return "infeasible"
    return "limit" if any(part.status == "limit" for part in parts) else "feasible"


def _no_vehicle(day: PreparedDay, stop: int) -> str:
    ways = [day.source.depots[n].id for n in day.lots[day.stops[stop].lots[0]].ways]
    return _("no vehicle stands at {ways}").format(ways=" or ".join(ways))


def _homes(day: PreparedDay, depots: Sequence[int]) -> Ints:
    """Return the depot of each stop: where a locked tour or the money sends it; -1 where no vehicle stands."""
    problem, m = day.problem, day.problem.m
    km_cny = min(made.kind.cost_cny_km for made in day.fleet)
    ride = (problem.km[:m, m:] + problem.km[m:, :m].T) * km_cny + problem.time_h[m:, :m].T * problem.weight_cny_h[:, 0]
    cost = problem.access_cny + ride
    barred = [n for n in range(m) if n not in depots]
    cost[barred] = math.inf
    home = np.where(np.isfinite(cost).any(axis=0), cost.argmin(axis=0), -1)
    allowed = np.isfinite(problem.access_cny)
    for n in depots:
        home[(home < 0) & allowed[n]] = n
    for tour in problem.locked:
        for stop, _at in (halt for trip in tour.rounds for halt in trip):
            home[stop] = tour.depot
    for chain in problem.sequences:
        home[list(chain)] = home[chain[0]] if chain else -1
    return home.astype(np.int64)


def _subproblem(day: PreparedDay, depot: int, stops: Ints) -> DayProblem:
    """Keep one depot, its stops and its vehicles."""
    problem = day.problem
    rows = np.concatenate([[depot], problem.m + stops])
    own = [made for made in day.fleet if made.depot == day.source.depots[depot].id]
    number = {int(stop): n for n, stop in enumerate(stops)}
    return replace(
        problem,
        time_h=problem.time_h[np.ix_(rows, rows)],
        km=problem.km[np.ix_(rows, rows)],
        **{
            name: getattr(problem, name)[stops]
            for name in ("load_kg", "volume_m3", "weight_cny_h", "value_cny", "window_h", "regimes", "max_aboard_h")
        },
        vehicles=tuple(made.kind for made in own),
        available=tuple(made.count for made in own),
        depot_window_h=problem.depot_window_h[[depot]],
        depot_kg=problem.depot_kg[[depot]],
        access_cny=problem.access_cny[[depot]][:, stops],
        locked=_within(problem.locked, depot, stops),
        sequences=tuple(tuple(number[i] for i in chain) for chain in problem.sequences if chain and chain[0] in number),
    )


def _within(tours: Sequence[Locked], depot: int, stops: Ints) -> tuple[Locked, ...]:
    number = {int(stop): n for n, stop in enumerate(stops)}
    kept = []
    for tour in tours:
        rounds = [tuple((number[i], kg) for i, kg in trip if i in number) for trip in tour.rounds]
        if tour.depot == depot and any(rounds):
            kept.append(Locked(tour.vehicle_id, 0, tuple(trip for trip in rounds if trip)))
    return tuple(kept)


def _renumbered(result: DayResult, depot: int, stops: Ints) -> DayResult:
    """Give the stops of a part the numbers they have in the whole."""
    tours = []
    for tour in result.tours:
        rounds = [
            replace(trip, visits=tuple(replace(visit, stop=int(stops[visit.stop])) for visit in trip.visits))
            for trip in tour.rounds
        ]
        tours.append(replace(tour, depot=depot, rounds=tuple(rounds)))
    return replace(result, tours=tuple(tours), left=tuple(replace(x, stop=int(stops[x.stop])) for x in result.left))


def _on_the_clock(day: PreparedDay, tour: Tour) -> Tour:
    """Let the first halt of a tour that knows no hours begin when lots are usually ready."""
    if day.clock.since_ready or not tour.rounds:
        return tour
    return shifted(tour, day.clock.ready_h - tour.rounds[0].visits[0].start_h)


def shifted(tour: Tour, hours: float) -> Tour:
    """Return the tour so much later."""
    rounds = tuple(
        Round(
            trip.leave_h + hours,
            trip.back_h + hours,
            tuple(
                replace(v, arrive_h=v.arrive_h + hours, start_h=v.start_h + hours, leave_h=v.leave_h + hours)
                for v in trip.visits
            ),
            trip.km,
            trip.drive_h,
        )
        for trip in tour.rounds
    )
    return replace(tour, rounds=rounds)
