"""What one more operator or driver would be worth, by place: siting under the limits on people, and a little beyond."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import ceil

import numpy as np
import pandas as pd

from coldchain.model import Limit
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.course import Course
from coldchain.planning.limits import stated
from coldchain.planning.people import (
    LIMITS,
    SHIFT_H,
    Post,
    hours_at_hand,
    hours_needed,
    least_driven_h,
    staff_of,
)  # fmt: skip
from coldchain.planning.search import NEXT_GAP, PLANNED, Options
from coldchain.runs import schema
from coldchain.siting import SitingProblem, SitingResult, solve_siting

LEAST_WORK = 1.0
"""Units of work for each question."""
MOST_POSTS = 12
"""Skills and places for which one more person is priced, those nearest to their limit first."""


def crews(basis: Basis, arcs: Arcs, course: Course, options: Options, *, priced: bool) -> dict[str, pd.DataFrame]:
    """Return the table of hours at hand and needed, and of what one more person would be worth; none without limits.

    Siting is asked twice from the plan's modules, with the hours of the plan's routes in place of the least possible
    ones, the second time with one person more (operators: as many as the smallest module needs): what that saves a year
    is the price of the limit for each person.

    Parameters
    ----------
    priced : whether to ask; NaN otherwise
    """
    scenario = basis.scenario
    hands = hours_at_hand(scenario)
    if not hands:
        return {}
    needed = {post: float(hours_needed(basis, course.decision, course.days.running, post)[1].max()) for post in hands}
    close = sorted(hands, key=lambda post: hands[post] - needed[post])[:MOST_POSTS]
    tight = [post for post in close if priced and _tight(basis, post, needed[post])]
    worth = _worths(basis, arcs, course, options, tight)
    persons: dict[Post, float] = defaultdict(float)
    for crew in scenario.people:
        persons[Post(crew.skill, crew.place)] += crew.persons
    rows = [
        (post.skill, post.place, persons[post], hours, needed[post],
         worth.get(post, 0.0 if post in close else np.nan) if priced else np.nan)
        for post, hours in sorted(hands.items())
    ]  # fmt: skip
    return {"crews": schema.frame("crews", rows)}


def _tight(basis: Basis, post: Post, needed_h: float) -> bool:
    """Tell whether more people could change anything: no room for the largest module, or for a day's work."""
    hands = [one for one in basis.scenario.people if Post(one.skill, one.place) == post]
    most = SHIFT_H * float(staff_of(basis.scenario).max(initial=0.0)) if post.skill == "operator" else 0.0
    spare = max(most, *(one.hours_day for one in hands))
    return needed_h + spare > hours_at_hand(basis.scenario)[post]


def _worths(basis: Basis, arcs: Arcs, course: Course, options: Options, posts: list[Post]) -> dict[Post, float]:
    """Return CNY a year for each person more."""
    if not posts or options.halted():
        return {}
    problem = _calibrated(basis, course, stated(basis, arcs, "total_cost_cny"))
    now = _solved(problem, course.decision.modules(), options)
    found = {}
    for post in posts:
        people, more_h = _step(basis, post)
        kind, hours = LIMITS[post.skill], hours_at_hand(basis.scenario)[post]
        stood_h, _rest = hours_needed(basis, course.decision, course.days.running, post)
        more_h = max(hours + more_h - stood_h, 0.0) - max(hours - stood_h, 0.0)
        sides = tuple(
            replace(row, least=row.least - more_h * (row.limit.kind == kind and row.limit.place == post.place))
            for row in problem.sides
        )
        more = _solved(replace(problem, sides=sides), now.count, options)
        if now.status in PLANNED and more.status in PLANNED:
            found[post] = max(now.value - more.value, 0.0) / people
    return found


def _step(basis: Basis, post: Post) -> tuple[int, float]:
    """Return how many people more to try, and their hours a day."""
    hours = max(one.hours_day for one in basis.scenario.people if Post(one.skill, one.place) == post)
    staff = [SHIFT_H * kind.staff for kind in basis.scenario.depot_types if kind.staff and basis.scenario.offers(kind)]
    people = ceil(min(staff) / hours - 1e-9) if staff and post.skill == "operator" else 1
    return people, people * hours


def _solved(problem: SitingProblem, start: np.ndarray, options: Options) -> SitingResult:
    work = max(options.work * options.shares[3], LEAST_WORK)
    return solve_siting(problem, work=work, gap=NEXT_GAP, seed=options.seed, start=start, stop=options.halted,
                        meter=options.meter)  # fmt: skip


def _calibrated(basis: Basis, course: Course, problem: SitingProblem) -> SitingProblem:
    """Let a tonne take the drivers' hours that the plan's routes take of it."""
    ratio: dict[Limit, float] = {}
    for post in hours_at_hand(basis.scenario):
        if post.skill == "driver":
            least = least_driven_h(basis, course.lots, post)
            _stood, needed = hours_needed(basis, course.decision, course.days.running, post)
            for p, period in enumerate(basis.scenario.periods):
                ratio[Limit("drivers", post.place, period.id)] = float(needed[p] / least[p]) if least[p] > 0.0 else 1.0
    return replace(
        problem, sides=tuple(replace(row, value=row.value * ratio.get(row.limit, 1.0)) for row in problem.sides)
    )
