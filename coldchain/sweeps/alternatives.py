"""The best plans with other sites, and the sites that none of them can spare: found by closing, proved by bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from coldchain.errors import InfeasibleError
from coldchain.planning import Near, plan_on
from coldchain.progress import Event, Stage
from coldchain.runs import Run
from coldchain.sweeps import words
from coldchain.sweeps.explain import ExplainedRun, with_site
from coldchain.sweeps.solving import PointEffort

State = Literal["proved", "not spared", "spared"]


@dataclass(frozen=True)
class Alternative:
    """A plan close to the best: the sites with new modules, its figures, what was closed to find it."""

    sites: tuple[str, ...]
    value: float
    annual_cny: float
    loss_rate: float
    coverage: float
    subsidy_cny: float
    closed: tuple[str, ...]


@dataclass(frozen=True)
class SiteNeed:
    """Whether a site can be spared within the tolerance.

    ``state`` is ``proved``: the bound of all plans without it lies above the tolerance; ``not spared``: no plan found
    without it lies within, which is no proof; ``spared``: there is one. ``without`` is the best value found without it.
    """

    site: str
    state: State
    without: float
    bound: float


@dataclass(frozen=True)
class Alternatives:
    """The best different choices of sites by the first aim, and which sites of the run all plans within tolerance need.

    ``best`` is the best value found, ``own`` that of the run; ``tried`` counts the plans made with sites closed;
    ``names`` holds what the sites are called, by id.
    """

    aim: str
    tolerance: float
    best: float
    own: float
    found: tuple[Alternative, ...]
    needs: tuple[SiteNeed, ...]
    tried: int
    names: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Say it in sentences."""
        return words.alternative_lines(self)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, plain values."""
        facts = {key: value for key, value in asdict(self).items() if key != "names"}
        return {"schema": "coldchain.alternatives/1", **facts, "says": self.lines()}


def alternatives(case: ExplainedRun, number: int, tolerance: float, effort: PointEffort) -> Alternatives:
    """Look for the best plans with other sites: each site of a plan closed in turn, the rest decided anew.

    Closing is repeated on the alternatives found, best first, until there are ``number`` within the tolerance or every
    pair of the run's sites was tried. Plans that differ in modules only count as one.
    """
    return _Hunt(case, tolerance, effort).run(number)


class _Hunt:
    def __init__(self, case: ExplainedRun, tolerance: float, effort: PointEffort) -> None:
        self.case, self.tolerance, self.effort = case, tolerance, effort
        own = alternative_of(case.run, ())
        self.found: dict[tuple[str, ...], Alternative] = {own.sites: own}
        self.bounds: dict[tuple[str, ...], tuple[float, float]] = {}
        self.own = own

    def run(self, number: int) -> Alternatives:
        for site in self.own.sites:
            self._close((site,))
        for closed in self._pairs():
            if len(self.within()) >= number or self.effort.stop():
                break
            self._close(closed)
        kept = tuple(self.within()[: max(number, 1)])
        needs = tuple(self._need(site) for site in self.own.sites if (site,) in self.bounds)
        names = {site.id: site.name for site in self.case.scenario.sites}
        values = (self.best, self.own.value)
        return Alternatives(self.case.aim, self.tolerance, *values, kept, needs, len(self.bounds), names)

    @property
    def best(self) -> float:
        return min(one.value for one in self.found.values())

    def within(self) -> list[Alternative]:
        """Alternatives within the tolerance, best first."""
        most = self.best + abs(self.best) * self.tolerance
        return sorted((one for one in self.found.values() if one.value <= most), key=lambda one: one.value)

    def _pairs(self) -> Iterator[tuple[str, ...]]:
        singles = sorted((pair[0], closed[0]) for closed, pair in self.bounds.items() if np.isfinite(pair[0]))
        for n, (_, one) in enumerate(singles):
            for _, other in singles[:n]:
                yield tuple(sorted((one, other)))

    def _close(self, closed: tuple[str, ...]) -> None:
        if self.effort.stop() or closed in self.bounds:
            return
        ground, count = self.case.ground, self.case.count.copy()
        for n, site in enumerate(self.case.scenario.sites):
            if site.id in closed:
                ground = with_site(ground, site, self.effort, status="existing" if site.modules() else "forbidden")
                count[n, : self.case.scenario.fixed_types] = 0
        try:
            plan = plan_on(ground, self.effort.options(), Near(starts=(count,), further=False, doubt=False))
        except InfeasibleError:
            self.bounds[closed] = (float("inf"), float("inf"))
            return
        one = alternative_of(plan, closed)
        self.bounds[closed] = (one.value, float(plan.summary["objective"]["bound"]))
        if one.sites not in self.found or one.value < self.found[one.sites].value:
            self.found[one.sites] = one
        self.effort.say(Event(Stage.CLOSING, value=one.value, facts={"sites": closed, "best": self.best}))

    def _need(self, site: str) -> SiteNeed:
        most = self.best + abs(self.best) * self.tolerance
        without = min((one.value for one in self.found.values() if site not in one.sites), default=float("inf"))
        bound = self.bounds[(site,)][1]
        state: State = "spared" if without <= most else "not spared"
        return SiteNeed(site, "proved" if bound > most else state, without, bound)


def alternative_of(run: Run, closed: tuple[str, ...]) -> Alternative:
    """Read an alternative from a plan."""
    summary, depots = run.summary, run.tables["depots"]
    return Alternative(
        tuple(sorted(map(str, depots["depot"][depots["new_modules"] != ""]))),
        float(summary["objective"]["value"]),
        float(summary["annual_cny"]["total"]),
        float(summary["loss"]["plan_rate"]),
        float(summary["coverage"]["plan"]),
        float(summary["investment"]["subsidy_cny"]),
        closed,
    )
