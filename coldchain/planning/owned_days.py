"""Routes at the price of owned vehicles: which depots' days are driven with more of them than hire would pay for.

Routes are looked for at the price of hiring a vehicle for the day. One that is owned costs its year whether it is
driven or not, so a further duty costs less, nothing where it stands still anyway: a day may go better with more
vehicles and less waiting. So days of few stops are routed at lower prices besides, all those at which another answer is
best, and of the answers of all days those are taken that cost least together with the fleet they need: all combinations
are looked at where they are few; else from the best of all alike, day by day, as long as one change saves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from coldchain.model import Scenario, VehicleType
from coldchain.planning.decision import CollectionDay
from coldchain.planning.duties import collecting, fleet_of
from coldchain.routing import CollectionProblem, CollectionResult, drive

FEW_STOPS = 6
"""Up to so many stops routes and duties are enumerated, in no time. Longer days routed twice cost a third more work and
changed the bill of a county of 60 villages by 0.01 %."""
ALL_CHOICES = 500
"""Up to so many combinations of the days' answers are all looked at: a county of one depot has a few dozen."""
LEAST_SAVING_CNY = 1.0
"""A year; below it no answer is changed for another."""
SAME_CNY = 1e-6
Solve = Callable[[CollectionProblem], CollectionResult]


def at_own_prices(
    scenario: Scenario, problem: CollectionProblem, hired: CollectionResult, solve: Solve
) -> tuple[CollectionResult, ...]:
    """Return other answers to a day of few stops than ``hired``, found at lower prices of a vehicle's day.

    They are priced as hired ones. Answers that leave something behind are left out.
    """
    if hired.unserved or all(kind.own_cny_year is None for kind in problem.vehicles):
        return ()

    def at(kinds: tuple[VehicleType, ...]) -> list[CollectionResult]:
        made = solve(replace(problem, vehicles=kinds))
        return [] if made.unserved else [drive(problem, made.routes, made.duties)]

    found = [one for kinds in _priced(scenario, problem) for one in at(kinds)]
    for free in found[-1:]:
        found += _between(lambda part: at(_cheaper(problem, part)), _Split.of(problem, hired), _Split.of(problem, free))
    distinct: dict[tuple[object, object], CollectionResult] = {}
    for one in found:
        distinct.setdefault((one.routes, one.duties), one)
    distinct.pop((hired.routes, hired.duties), None)
    return tuple(distinct.values())


@dataclass(frozen=True)
class _Split:
    """An answer's cost in two parts: the day of vehicles that can be owned, at the price of hire, and all the rest."""

    problem: CollectionProblem
    days_cny: float
    rest_cny: float

    @classmethod
    def of(cls, problem: CollectionProblem, made: CollectionResult) -> _Split:
        """Return the parts of an answer."""
        hire = {kind.id: kind.cost_cny_day for kind in problem.vehicles if kind.own_cny_year is not None}
        days = sum(hire.get(made.routes[duty[0]].vehicle_id, 0.0) for duty in made.duties)
        return cls(problem, days, float(made.total_cny) - days)

    def at(self, part: float) -> float:
        """Return the cost where a day costs so much of its hire."""
        return part * self.days_cny + self.rest_cny


def _between(
    solve: Callable[[float], list[CollectionResult]], dear: _Split, cheap: _Split
) -> Iterator[CollectionResult]:
    """Yield the answers that are best at prices between those of two: where both cost the same, and so on from there.

    So all answers are found that are best at any price (Aneja & Nair 1979, doi 10.1287/mnsc.25.1.73).
    """
    more = cheap.days_cny - dear.days_cny
    if more <= SAME_CNY:
        return
    part = (dear.rest_cny - cheap.rest_cny) / more
    for made in solve(part):
        middle = _Split.of(dear.problem, made)
        if middle.at(part) < dear.at(part) - SAME_CNY:
            yield made
            yield from _between(solve, dear, middle)
            yield from _between(solve, middle, cheap)


def _cheaper(problem: CollectionProblem, part: float) -> tuple[VehicleType, ...]:
    """Return vehicles of which those that can be owned cost a part of their hire."""
    return tuple(
        kind if kind.own_cny_year is None else kind.model_copy(update={"cost_cny_day": part * kind.cost_cny_day})
        for kind in problem.vehicles
    )


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
    if math.prod(max(len(some), 1) for some in choices) <= ALL_CHOICES:
        every = itertools.product(*(some or (0,) for some in choices))
        best = min(every, key=lambda taken: _year_cny(scenario, days, taken))
    else:
        best = _found(scenario, days, choices)
    return [_taking(day, n) for day, n in zip(days, best, strict=True)]


def _found(scenario: Scenario, days: Sequence[CollectionDay], choices: Sequence[range]) -> tuple[int, ...]:
    """Return the answers taken from the best of all alike on, day by day, as long as one change saves."""
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
    return best


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
