"""Which villages to visit before building, and what knowing their harvests is worth to the depots of a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from coldchain.language import _, plural
from coldchain.language.amounts import write_cny
from coldchain.planning import course_with
from coldchain.planning.visits import worth_visiting
from coldchain.sweeps.explain import ExplainedRun
from coldchain.sweeps.solving import PointEffort


@dataclass(frozen=True)
class VisitWorth:
    """A village to visit, its tonnes by the plan, and what knowing it adds to those before, CNY a year on the mean."""

    id: str
    name: str
    tonnes: float
    worth_cny: float


@dataclass(frozen=True)
class Visits:
    """Villages in the order in which to visit them; ``spread`` is the coefficient of variation of each figure."""

    found: tuple[VisitWorth, ...]
    spread: float

    def lines(self) -> list[str]:
        """Say it in sentences."""
        if not self.found:
            return [_("no visit is worth anything: whatever the harvests are, no depots tried are better")]
        text = plural("to know the harvest of this village before building is worth {cny} a year on the mean",
                      "to know the harvests of these {n} villages before building is worth {cny} a year on the mean",
                      len(self.found))  # fmt: skip
        worth = write_cny(sum(one.worth_cny for one in self.found))
        return [text.format(n=len(self.found), cny=worth)]

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        villages = [asdict(one) for one in self.found]
        return {"schema": "coldchain.explanation/1", "says": self.lines(), "spread": self.spread, "villages": villages}


def visits(case: ExplainedRun, most: int, spread: float, effort: PointEffort) -> Visits:
    """Name at most so many villages whose harvest, once known, may lead to other depots (``planning/visits.py``).

    Parameters
    ----------
    spread : coefficient of variation of a village's tonnes of a crop
    """
    options = effort.options()
    course = course_with(case.ground, case.whole, options)
    harvest = case.scenario.harvest_t.sum(axis=2)
    picked = worth_visiting(case.ground, course, options, np.full(harvest.shape, spread), most)
    places, tonnes = case.scenario.villages, harvest.sum(axis=1)
    found = [VisitWorth(places[one.village].id, places[one.village].name, float(tonnes[one.village]), one.cny)
             for one in picked]  # fmt: skip
    return Visits(tuple(found), spread)
