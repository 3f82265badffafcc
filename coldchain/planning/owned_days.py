"""Routes at the price of owned vehicles: which depots' days are driven with more of them than hire would pay for.

Routes are looked for at the price of hiring a vehicle for the day. One that is owned costs its year whether it is
driven or not, so a further duty costs less, nothing where it stands still anyway: a day may go better with more
vehicles and less waiting. So days of few stops are routed at lower prices besides, and of the answers of all days those
are taken that cost least together with the fleet they need: from the best of all alike, day by day, as long as one
change saves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from coldchain.model import Scenario, VehicleType
from coldchain.planning.decision import CollectionDay
from coldchain.planning.duties import collecting, fleet_of
from coldchain.routing import CollectionProblem, CollectionResult, drive

FEW_STOPS = 6
"""Up to so many stops routes and duties are enumerated, in no time. Longer days routed twice cost a third more work and
changed the bill of a county of 60 villages by 0.01 %."""
LEAST_SAVING_CNY = 1.0
"""A year; below it no answer is changed for another."""
Solve = Callable[[CollectionProblem], CollectionResult]


def at_own_prices(
    scenario: Scenario, problem: CollectionProblem, hired: CollectionResult, solve: Solve
) -> tuple[CollectionResult, ...]:
    """Return other answers to a day than ``hired``, found at lower prices of a vehicle's day, priced as hired ones.

    Answers that leave something behind are left out.
    """
    nothing_owned = all(kind.own_cny_year is None for kind in problem.vehicles)
    if problem.n > FEW_STOPS or hired.unserved or nothing_owned:
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
    for days in (sum(seasons), *sorted(set(seasons)), 0):
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
    choices = [range(len(day.answers)) for day in days]
    if not any(choices):
        return list(days)
    alike = [
        tuple(min(n, len(some) - 1) if some else 0 for some in choices)
        for n in range(max(len(some) for some in choices))
    ]
    best = min(alike, key=lambda taken: _year_cny(scenario, days, taken))
    cost, saved = _year_cny(scenario, days, best), True
    while saved:
        saved = False
        for d, n in ((d, n) for d, some in enumerate(choices) for n in some):
            tried = (*best[:d], n, *best[d + 1 :])
            value = _year_cny(scenario, days, tried)
            if value < cost - LEAST_SAVING_CNY:
                best, cost, saved = tried, value, True
    return [_taking(day, n) for day, n in zip(days, best, strict=True)]


def _taking(day: CollectionDay, n: int) -> CollectionDay:
    """Return a day with its n-th answer."""
    return replace(day, result=day.answers[n].result) if day.answers else day


def _year_cny(scenario: Scenario, days: Sequence[CollectionDay], taken: Sequence[int]) -> float:
    """CNY a year that depends on the answers taken: ways, value lost and overflow, and the fleet of all duties."""
    hire = {kind.id: kind.cost_cny_day for kind in scenario.vehicles}
    made = [_taking(day, n) for day, n in zip(days, taken, strict=True)]
    total = sum(one.own_cny + one.hire_cny for one in fleet_of(scenario, tuple(collecting(made))))
    for day, n in zip(made, taken, strict=True):
        if day.answers:
            hired = sum(hire[day.result.routes[duty[0]].vehicle_id] for duty in day.result.duties)
            total += scenario.periods[day.period].days * (day.answers[n].day_cny - hired)
    return total
