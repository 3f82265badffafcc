"""Routes at the price of owned vehicles: which depots' days are driven with more of them than hire would pay for.

Routes are looked for at the price of hiring a vehicle for the day. One that is owned costs its year whether it is
driven or not, so a further duty costs less, nothing where it stands still anyway: a day may go better with more
vehicles and less waiting. So each day is routed at lower prices besides, and of the answers of all days those are taken
that cost least together with the fleet they need: from the best of all alike, day by day, as long as one change saves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from coldchain.model import Scenario, VehicleType
from coldchain.planning.decision import CollectionDay
from coldchain.planning.duties import collecting, fleet_of
from coldchain.routing import CollectionProblem, CollectionResult, drive

FEW_STOPS = 6
"""Up to so many stops routes are enumerated in no time: they are tried at every price, others at the least."""
LEAST_SAVING_CNY = 1.0
"""A year; below it no answer is changed for another."""
Solve = Callable[[CollectionProblem], CollectionResult]


def at_own_prices(
    scenario: Scenario, problem: CollectionProblem, hired: CollectionResult, solve: Solve
) -> tuple[CollectionResult, ...]:
    """Return other answers to a day than ``hired``, found at lower prices of a vehicle's day, priced as hired ones.

    Answers that leave something behind are left out.
    """
    if hired.unserved or all(kind.own_cny_year is None for kind in problem.vehicles):
        return ()
    found: list[CollectionResult] = []
    for kinds in _priced(scenario, problem):
        made = solve(replace(problem, vehicles=kinds))
        if not made.unserved:
            found.append(drive(problem, made.routes, made.duties))
    return tuple(one for one in found if one.routes != hired.routes or one.duties != hired.duties)


def _priced(scenario: Scenario, problem: CollectionProblem) -> Iterator[tuple[VehicleType, ...]]:
    """Yield vehicles at the prices of a day of those owned: driven all year; in one season alone; standing still."""
    seasons = [period.days for period in scenario.periods]
    for days in (sum(seasons), *sorted(set(seasons)), 0) if problem.n <= FEW_STOPS else (sum(seasons),):
        yield tuple(
            kind
            if kind.own_cny_year is None
            else kind.model_copy(
                update={"cost_cny_day": min(kind.cost_cny_day, kind.own_cny_year / days) if days else 0.0}
            )
            for kind in problem.vehicles
        )


def cheapest_with_fleet(scenario: Scenario, days: Sequence[CollectionDay]) -> list[CollectionDay]:
    """Return the days with the answers that cost least together with the fleet."""
    if not any(day.others for day in days):
        return list(days)
    most = max(len(day.others) for day in days)
    alike = [[_with(day, n) for day in days] for n in range(most + 1)]
    best = min(alike, key=lambda some: _year_cny(scenario, some))
    cost, saved = _year_cny(scenario, best), True
    while saved:
        saved = False
        for d, day in enumerate(days):
            for n in range(len(day.others) + 1):
                tried = [*best[:d], _with(day, n), *best[d + 1 :]]
                value = _year_cny(scenario, tried)
                if value < cost - LEAST_SAVING_CNY:
                    best, cost, saved = tried, value, True
    return best


def _with(day: CollectionDay, n: int) -> CollectionDay:
    """Return a day with its n-th other answer; its own for 0, and where it has fewer."""
    return replace(day, result=day.others[n - 1]) if 0 < n <= len(day.others) else day


def _year_cny(scenario: Scenario, days: Sequence[CollectionDay]) -> float:
    """CNY a year of the collection: ways, waiting at the weight of the loads, overflow, and the fleet of all duties."""
    hire = {kind.id: kind.cost_cny_day for kind in scenario.vehicles}
    total = sum(one.own_cny + one.hire_cny for one in fleet_of(scenario, tuple(collecting(days))))
    for day in days:
        made = day.result
        hired = sum(hire[made.routes[duty[0]].vehicle_id] for duty in made.duties)
        daily = made.total_cny - hired + sum(one.cost_cny for one in made.overflow)
        total += scenario.periods[day.period].days * daily
    return total
