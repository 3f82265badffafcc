"""What to loosen in a scenario that no plan can keep: each limit alone, in its own unit, and the cheapest mixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from coldchain.model import Limit, Scenario
from coldchain.planning import Ground, lay_ground
from coldchain.planning.awards import module_awards
from coldchain.planning.limits import stated
from coldchain.planning.search import aims_of, site_names
from coldchain.scenario.edits import Edits
from coldchain.siting import KINDS, SitingProblem, diagnose_siting, side_relaxations
from coldchain.sweeps import words
from coldchain.sweeps.solving import PointEffort

CLOSE = 0.01
MOST_HOURS, MOST_MODULES = 4.0, 20
HALVINGS = 12
BUDGET, FIRST_MILE, MODULES = Limit("budget"), Limit("first_mile"), Limit("modules")


@dataclass(frozen=True)
class Loosening:
    """One limit loosened by ``amount`` of ``unit`` more; ``rounded`` when found by halving, to one per cent.

    ``less`` tells a limit of service, of which that much less is asked.
    """

    limit: Limit
    amount: float
    unit: str
    rounded: bool = False
    less: bool = False

    @property
    def what(self) -> str:
        """Name what is loosened in the language spoken."""
        return words.less_of(self.limit) if self.less else str(self.limit)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"what": self.what, **asdict(self)}


@dataclass(frozen=True)
class Loosenings:
    """What to loosen.

    Attributes
    ----------
    feasible : whether siting can keep every limit as it is
    together : the cheapest mixture, all of it
    alone : ways that suffice each by itself, each a list of changes of one kind
    not_alone : kinds that do not suffice alone, however much they are loosened
    """

    feasible: bool
    together: tuple[Loosening, ...]
    alone: tuple[tuple[Loosening, ...], ...]
    not_alone: tuple[Limit, ...]

    def lines(self) -> list[str]:
        """Say it in sentences."""
        return words.loosening_lines(self)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, plain values."""
        return {
            "schema": "coldchain.loosenings/1",
            "feasible": self.feasible,
            "together": [one.as_dict() for one in self.together],
            "alone": [[one.as_dict() for one in way] for way in self.alone],
            "not_alone": [str(limit) for limit in self.not_alone],
            "says": self.lines(),
        }


def loosenings(scenario: Scenario, effort: PointEffort) -> Loosenings:
    """Find the smallest changes that let siting keep every limit.

    Limits on modules and money are loosened by exact elastic models, one kind at a time and all together. Where only
    limits of service cannot be kept (coverage, hours to the buyer, hubs, own money), budget, hours of the first mile
    and modules of a site are each raised by halving the interval, with the siting model as the judge.
    """
    ground = lay_ground(scenario, replace(effort.options(), say=effort.say))
    problem = _problem(ground)
    bare = replace(problem, sides=(), single_source=False)
    names = site_names(ground.basis)
    mixture = tuple(Loosening(r.limit, r.amount, r.limit.unit) for r in diagnose_siting(bare, names=names))
    if mixture:
        found = {kind: diagnose_siting(bare, only=kind, names=names) for kind in KINDS}
        alone = tuple(tuple(Loosening(r.limit, r.amount, r.limit.unit) for r in way) for way in found.values() if way)
        return Loosenings(False, mixture, alone, ())
    short = side_relaxations(problem) if problem.sides else []
    if not short:
        return Loosenings(True, (), (), ())
    ways = {name: search(scenario, effort) for name, search in KNOBS.items()}
    return Loosenings(
        False,
        tuple(Loosening(r.limit, r.amount, r.limit.unit, less=True) for r in short),
        tuple((way,) for way in ways.values() if way is not None),
        tuple(name for name, way in ways.items() if way is None),
    )


def _problem(ground: Ground) -> SitingProblem:
    return stated(ground.basis, ground.arcs, aims_of(ground.basis)[0])


def _kept(scenario: Scenario, effort: PointEffort) -> bool:
    problem = _problem(lay_ground(scenario, effort.options()))
    bare = replace(problem, sides=(), single_source=False)
    return not diagnose_siting(bare) and not side_relaxations(problem)


def least(kept: Callable[[float], bool], low: float, high: float) -> float | None:
    """Return the least value found in (low, high] that is kept, to one per cent of the change; None when none is.

    ``kept`` must turn true once and stay so; ``low`` is known not to be.

    Examples
    --------
    >>> round(least(lambda x: x >= 30, 10, 100), 1)
    30.0
    """
    if not kept(high):
        return None
    begin = low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if kept(middle) else (middle, high)
        if high - low <= CLOSE * (high - begin):
            break
    return high


def _budget(scenario: Scenario, effort: PointEffort) -> Loosening | None:
    """More budget, up to what all modules of all sites could be awarded."""
    most = [site.max_modules for site in scenario.sites]
    enough = float((module_awards(scenario).max(axis=1) * most).sum())
    now = scenario.siting.budget_cny

    def kept(budget: float) -> bool:
        return _kept(Edits(budget).on(scenario), effort)

    found = least(kept, now, enough) if enough > now else None
    return None if found is None else Loosening(BUDGET, found - now, "CNY", rounded=True)


def _hours(scenario: Scenario, effort: PointEffort) -> Loosening | None:
    """Longer first miles, up to four times the limit."""
    now = scenario.siting.max_first_mile_h

    def kept(hours: float) -> bool:
        siting = scenario.siting.model_copy(update={"max_first_mile_h": hours})
        return _kept(replace(scenario, siting=siting), effort)

    found = least(kept, now, MOST_HOURS * now)
    return None if found is None else Loosening(FIRST_MILE, found - now, "h", rounded=True)


def _modules(scenario: Scenario, effort: PointEffort) -> Loosening | None:
    """More modules at every site where any may be built."""
    for more in (1, 2, 4, 8, MOST_MODULES):
        sites = tuple(
            site.model_copy(update={"max_modules": site.max_modules + more * (site.max_modules > 0)})
            for site in scenario.sites
        )
        if _kept(replace(scenario, sites=sites), effort):
            return Loosening(MODULES, float(more), "modules")
    return None


KNOBS: dict[Limit, Callable[[Scenario, PointEffort], Loosening | None]] = {
    BUDGET: _budget,
    FIRST_MILE: _hours,
    MODULES: _modules,
}
