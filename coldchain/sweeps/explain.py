"""Why a depot: plan again with it closed, or forced open, and see what changes, for whom, in tonnes and CNY."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from coldchain.errors import InfeasibleError, UsageError
from coldchain.model import Scenario, Site, modules_of
from coldchain.model.naming import asked_for, labelled, of_places
from coldchain.planning import Ground, Near, Plan, lay_ground, plan_on, plan_with
from coldchain.progress import Event, Stage
from coldchain.runs import Run
from coldchain.sweeps import words
from coldchain.sweeps.compare import Comparison, compare
from coldchain.sweeps.points import Modules, count_of
from coldchain.sweeps.solving import PointEffort

Action = Literal["closed", "forced"]


@dataclass(frozen=True)
class ExplainedRun:
    """A run opened to ask about.

    Attributes
    ----------
    ground : laid again
    count : new modules and mobile units bought, int[sites, types]; standing : mobile units, int[sites, units, periods]
    """

    run: Run
    ground: Ground
    count: Any
    standing: Any

    @property
    def whole(self) -> Any:
        """Counts in all columns of the siting problem: modules, units bought, units standing, none arriving."""
        stays = self.standing.reshape(len(self.count), -1)
        return np.hstack([self.count, stays, np.zeros_like(stays)])

    @property
    def scenario(self) -> Scenario:
        """The scenario under the run's budget."""
        return self.ground.scenario

    @property
    def aim(self) -> str:
        """The first aim."""
        return str(self.run.summary["objective"]["name"])

    @property
    def value(self) -> float:
        """The value of the first aim in the run."""
        return float(self.run.summary["objective"]["value"])


def open_case(run: Run, effort: PointEffort) -> ExplainedRun:
    """Lay the ground of a run again.

    Raises
    ------
    UsageError
        When the inputs are not those of the run any more.
    """
    if not run.unchanged:
        raise UsageError(words.changed_inputs(run.name))
    scenario = run.planned
    ground = lay_ground(scenario, replace(effort.options(), say=effort.say), run.inputs.faults)
    depots = run.tables["depots"]
    count = sum(count_of(scenario, modules_named(depots, column)) for column in ("new_modules", "units_bought"))
    return ExplainedRun(run, ground, count, _standing(scenario, run.tables.get("units")))


def modules_named(depots: pd.DataFrame, column: str) -> Modules:
    """Modules of each depot, read from a column of the table of depots."""
    read = (modules_of(str(text)) for text in depots[column])
    return dict(zip(map(str, depots["depot"]), read, strict=True))


def _standing(scenario: Scenario, units: pd.DataFrame | None) -> Any:
    """Mobile units that stand at each site in each period, int[sites, units, periods]."""
    places, periods = ([one.id for one in nouns] for nouns in (scenario.sites, scenario.periods))
    kinds = [kind.id for kind in scenario.depot_types[scenario.fixed_types :]]
    standing = np.zeros((len(places), len(kinds), len(periods)), dtype=np.int64)
    for row in () if units is None else units.to_dict("records"):
        place = places.index(str(row["depot"])), kinds.index(str(row["unit"])), periods.index(str(row["period"]))
        standing[place] += int(row["standing"])
    return standing


@dataclass(frozen=True)
class WhatIf:
    """What a depot closed or forced does to a run.

    Attributes
    ----------
    fixed : the other modules as they are, only who goes where is decided anew; None for a depot forced open
    free : everything decided anew; None when proved that no plan keeps every limit then
    against : the same against the run planned anew from there, when that plan is better than the run; else None
    bound : of the first aim: no plan with the depot closed (or forced) is better
    reason : why there is no plan
    name : of the depot
    """

    depot: str
    action: Action
    aim: str
    value: float
    fixed: Comparison | None
    free: Comparison | None
    bound: float
    against: Comparison | None = None
    reason: str = ""
    name: str = ""

    def lines(self) -> list[str]:
        """Say it in sentences."""
        return words.what_if_lines(self)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, plain values."""
        parts = {name: getattr(self, name) for name in ("fixed", "free", "against")}
        return {
            "schema": "coldchain.explanation/1",
            "depot": self.depot,
            "action": self.action,
            "aim": self.aim,
            "value": self.value,
            "bound": self.bound,
            "says": self.lines(),
            **{name: None if found is None else found.as_dict() for name, found in parts.items()},
            "reason": self.reason,
        }


def what_if_depot(case: ExplainedRun, depot: str, effort: PointEffort) -> WhatIf:
    """Plan the run again with a depot closed when it has modules, forced open when it has none.

    Raises
    ------
    UsageError
        When there is no such site, or nothing may be built there.
    """
    site = _site(case, depot)
    index = case.scenario.sites.index(site)
    if case.count[index, : case.scenario.fixed_types].any() or case.standing[index].any() or site.modules():
        return _closed(case, site, index, effort)
    if site.status == "forbidden" or site.max_modules < 1:
        raise UsageError(words.nothing_may_be_built(labelled(site.id, site.name)))
    return _forced(case, site, index, effort)


def _site(case: ExplainedRun, depot: str) -> Site:
    key = asked_for("--depot", depot, of_places(case.scenario.sites), "site")
    return next(site for site in case.scenario.sites if site.id == key)


def with_site(ground: Ground, site: Site, effort: PointEffort, **changes: object) -> Ground:
    """Return the ground with the status or the standing modules of one site changed."""
    changed = site.model_copy(update=changes)
    sites = tuple(changed if one.id == site.id else one for one in ground.scenario.sites)
    return ground.under(replace(ground.scenario, sites=sites), effort.options())


def _asked(site: Site, action: Action, *, fixed: bool) -> Event:
    return Event(Stage.WHAT_IF, site.id, facts={"action": action, "fixed": fixed})


def _closed(case: ExplainedRun, site: Site, index: int, effort: PointEffort) -> WhatIf:
    ground = with_site(case.ground, site, effort, status="forbidden", existing="")
    besides = replace(case, count=case.count.copy(), standing=case.standing.copy())
    besides.count[index, : case.scenario.fixed_types] = 0
    besides.standing[index] = 0
    effort.say(_asked(site, "closed", fixed=True))
    fixed = plan_with(ground, besides.whole, effort.options())
    effort.say(_asked(site, "closed", fixed=False))
    return _again(case, site, "closed", (ground, (besides.count,), fixed), effort)


def _forced(case: ExplainedRun, site: Site, index: int, effort: PointEffort) -> WhatIf:
    ground = with_site(case.ground, site, effort, status="forced")
    besides = case.count.copy()
    besides[index, : case.scenario.fixed_types] = site.max_modules
    effort.say(_asked(site, "forced", fixed=False))
    return _again(case, site, "forced", (ground, (besides, case.count), None), effort)


def _again(
    case: ExplainedRun,
    site: Site,
    action: Action,
    begin: tuple[Ground, tuple[Any, ...], Plan | None],
    effort: PointEffort,
) -> WhatIf:
    ground, starts, fixed = begin
    courses = () if fixed is None or fixed.report.problems else (fixed.course,)
    bare = None if fixed is None else compare(case.run, replace(fixed, name=site.id))
    near = Near(starts=starts, courses=courses, further=False)
    try:
        found = plan_on(ground, replace(effort.options(), say=effort.say), near)
    except InfeasibleError as error:
        return WhatIf(site.id, action, case.aim, case.value, bare, None, float("inf"), None, str(error), site.name)
    changed = replace(found, name=site.id)
    free = compare(case.run, changed)
    bound = float(found.summary["objective"]["bound"])
    against = compare(_renewed(case, site, found, effort), changed) if free.figure("objective.value") < 0 else None
    return WhatIf(site.id, action, case.aim, case.value, bare, free, bound, against, name=site.name)


def _renewed(case: ExplainedRun, site: Site, found: Plan, effort: PointEffort) -> Run:
    """Plan the run's own question again, from a better plan; without it the change of a depot would be blurred."""
    effort.say(Event(Stage.RENEWAL))
    courses = () if site.modules() or found.report.problems else (found.course,)
    near = Near(starts=(case.count, *found.starts), courses=courses, further=False)
    plan = plan_on(case.ground, replace(effort.options(), say=effort.say), near)
    return replace(plan, name=words.RENEWED)
