"""A course: one decision worked out to the last lot, with what it costs and which limits it misses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from coldchain.economy import Bill
from coldchain.model import Limit, Objective
from coldchain.planning.arcs import Arcs
from coldchain.planning.awards import Awards, grant
from coldchain.planning.basis import Basis
from coldchain.planning.days import Days, Decision, Effort, work_out_days
from coldchain.planning.fleet_limits import lacking
from coldchain.planning.limits import owner_cost_cny, shortfalls
from coldchain.planning.lots import Outcome, lots_of, outcome
from coldchain.planning.money import yearly
from coldchain.planning.people import missing_people
from coldchain.planning.search import Options, aims_of, tolerance_of
from coldchain.progress import Event, Stage

ROUTES_GAIN = 0.01  # share of a course's cost beyond which full routes never gain on quick ones


@dataclass(frozen=True)
class Course:
    """One way to run the year: a decision worked out to the last lot; ``missing`` names the limits it fails."""

    decision: Decision
    days: Days
    lots: pd.DataFrame
    outcome: Outcome
    yearly: Bill
    awards: Awards
    missing: dict[Limit, float]

    def value(self, aim: Objective) -> float:
        """Return the figure an aim counts."""
        if aim == "loss_t":
            return self.outcome.loss_t
        return self.outcome.loss_cny if aim == "loss_cny" else self.yearly.total

    def under(self, basis: Basis) -> Course:
        """Return the same course with what it misses of the limits of other settings."""
        return replace(self, missing=_missing(basis, self.decision, self.days, self.lots, self.awards))

    def remember(self, basis: Basis, options: Options) -> None:
        """Note modules and value of the first aim among what the search has met."""
        options.met.add(self.decision.count, self.value(aims_of(basis)[0]))


def ranked(basis: Basis, courses: list[Course]) -> Course:
    """Return the best course by the ranked aims, each within its tolerance but the last."""
    aims = aims_of(basis)
    courses = [course for course in courses if not course.missing] or courses
    for rank, aim in enumerate(aims):
        best = min(course.value(aim) for course in courses)
        tolerance = 0.0 if aim == aims[-1] else tolerance_of(basis, rank)
        courses = [course for course in courses if course.value(aim) <= best + abs(best) * tolerance]
    return courses[0]


def may_win(basis: Basis, quick: Course, found: list[Course]) -> bool:
    """Tell whether a course with quick routes might be the best with full ones."""
    aim = aims_of(basis)[0]
    best = min(course.value(aim) for course in found)
    return quick.value(aim) <= best + max(ROUTES_GAIN, tolerance_of(basis, 0)) * abs(best)


def work_out(basis: Basis, arcs: Arcs, decision: Decision, effort: Effort, options: Options | None = None) -> Course:
    """Work a decision out to the last lot; ``options`` hear of the depots routed."""

    def progress(done: int, of: int) -> None:
        if options is not None and (done == of or done % 10 == 0):
            options.say(Event(Stage.ROUTING, done=done, of=of))

    days = work_out_days(basis, arcs, decision, effort, progress)
    lots = lots_of(basis, arcs, decision, days)
    granted = grant(basis.scenario, decision.count)
    missing = _missing(basis, decision, days, lots, granted)
    return Course(
        decision, days, lots, outcome(basis, lots), yearly(basis, decision, days, lots), granted, missing
    )  # fmt: skip


def _missing(basis: Basis, decision: Decision, days: Days, lots: pd.DataFrame, granted: Awards) -> dict[Limit, float]:
    people = missing_people(basis, decision, days.running, lots)
    return shortfalls(basis, lots, owner_cost_cny(basis.scenario, decision.count), granted, people) | lacking(
        basis, days.running
    )
