"""What if it fails: a depot out in the peak week of a season, a road cut, an owner who withdraws.

Nothing new is built. Whoever is not touched goes where he went; the others go to depots that have room, or stay in
today's chain. Both sides, before and after, are routed alike, so that the difference is that of the failure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from coldchain.arrays import Ints
from coldchain.economy import ModuleCosts
from coldchain.errors import UsageError
from coldchain.network import RoadNetwork, arcs_between
from coldchain.planning import Course, Ground, kept
from coldchain.planning.arcs import build_arcs, existing_modules
from coldchain.planning.basis import Basis, prepare
from coldchain.progress import Event, Stage
from coldchain.sweeps import words
from coldchain.sweeps.explain import ExplainedRun
from coldchain.sweeps.solving import PointEffort

Kind = Literal["depot", "road", "owner"]
WEEK_D, YEAR_D = 7.0, 365.0
CUT_MS = 48 * 3_600_000
"""What a road that is cut takes: more than any way around; a place all of whose ways take as long is cut off."""
CUT_H = CUT_MS / 3_600_000
ACCESS = "access"
"""Class of the links from a place to its road."""


@dataclass(frozen=True)
class Failure:
    """What one failure does.

    Attributes
    ----------
    what : id of the depot or owner, or longitude and latitude of the cut
    name : what people call it
    period, days : when, and for how long; no period: every year
    villages : that then go elsewhere, or nowhere
    cut_off : of these without any way to a hub; their harvest of these days counts as lost
    lost_t, lost_cny : more lost than without the failure
    cost_cny : more spent in all, what is lost included; of an owner who withdraws, less what he would have built
    """

    kind: Kind
    what: str
    name: str
    period: str
    days: float
    villages: int
    cut_off: int
    lost_t: float
    lost_cny: float
    cost_cny: float


@dataclass(frozen=True)
class Failures:
    """What each failure does, by kind, the dearest first."""

    found: tuple[Failure, ...]

    def table(self) -> pd.DataFrame:
        """Return one row a failure, columns as the attributes of :class:`Failure`."""
        return pd.DataFrame([asdict(one) for one in self.found], columns=list(Failure.__annotations__))

    def lines(self) -> list[str]:
        """Say the worst of each kind in a sentence."""
        worst: dict[str, Failure] = {}
        for one in self.found:
            worst.setdefault(one.kind, one)
        return [words.failure_line(one) for one in worst.values()]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, plain values."""
        return {
            "schema": "coldchain.failures/1",
            "failures": [asdict(one) for one in self.found],
            "says": self.lines(),
        }


def failures(case: ExplainedRun, effort: PointEffort, cut: tuple[float, float] | None = None) -> Failures:
    """Let every depot of a run fail in the peak week of its busiest season, every owner withdraw, and a road be cut.

    Parameters
    ----------
    cut : longitude and latitude near the road to be cut; the busiest one when left out
    """
    trial = _Trial(case, effort)
    found = [*trial.depots(), *trial.road(cut), *trial.owners()]
    order: dict[Kind, int] = {"depot": 0, "road": 1, "owner": 2}
    return Failures(tuple(sorted(found, key=lambda one: (order[one.kind], -one.cost_cny, one.what))))


def parse_place(text: str) -> tuple[float, float]:
    """Read ``LON,LAT``.

    Raises
    ------
    UsageError
        When it is not two numbers on the globe.

    Examples
    --------
    >>> parse_place("109.7,28.3")
    (109.7, 28.3)
    """
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise UsageError(words.bad_place(text)) from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise UsageError(words.bad_place(text))
    return lon, lat


@dataclass
class _Trial:
    """One run put to the test; what it comes to without a failure is worked out once a season."""

    case: ExplainedRun
    effort: PointEffort
    _known: dict[int, tuple[Ground, Course]] = field(default_factory=dict)

    def depots(self) -> Iterator[Failure]:
        """Yield what each depot that works is worth in the peak week of the season it works most in."""
        scenario, lots = self.case.scenario, self.case.run.tables["lots"]
        periods = [period.id for period in scenario.periods]
        loads = lots[lots["depot"] != ""].groupby(["depot", "period"])["tonnes"].sum().unstack(fill_value=0)
        daily = loads.reindex(columns=periods, fill_value=0.0) / [period.days for period in scenario.periods]
        for j, site in enumerate(scenario.sites):
            if site.id in daily.index and not self.effort.stop():
                self.effort.say(Event(Stage.WHAT_IF, site.id, facts={"action": "closed", "fixed": True}))
                p = int(np.argmax(daily.loc[site.id].to_numpy()))
                ground, before = self._usual(p)
                after = _Year.of(self._course(ground, out=(j,)))
                yield self._told(p, before, after, kind="depot", what=site.id, name=site.name)

    def road(self, at: tuple[float, float] | None) -> Iterator[Failure]:
        """Yield what a road cut in the peak week of the busiest season does."""
        scenario = self.case.scenario
        p = int(np.argmax(scenario.daily_t.sum(axis=(0, 1))))
        ground, before = self._usual(p)
        network = ground.basis.placed.network
        link = _busiest(ground.basis, before) if at is None else _nearest(network, at)
        if link is None or self.effort.stop():
            return
        without = _without(ground.basis, link)
        lost = without.today.hours.min(axis=1) >= CUT_H
        harvest = without.scenario.harvest_t
        basis = _harvesting(without, np.where(lost[:, None, None], 0.0, harvest))
        if not basis.scenario.harvest_t.any():
            after = _Year(0.0, 0.0, _paid_cny(basis, before), {})
        else:
            unreachable = tuple(np.flatnonzero(basis.haul_h >= CUT_H).tolist())
            after = _Year.of(self._course(_on(ground, basis), out=unreachable))
        gone = harvest[lost].sum(axis=(0, 2))
        worth = float(gone @ basis.prices.value_cny_t)
        after = replace(
            after, lost_t=after.lost_t + gone.sum(), lost_cny=after.lost_cny + worth, cost_cny=after.cost_cny + worth
        )
        lon, lat = network.polyline(link).mean(axis=0)
        told = self._told(p, before, after, kind="road", what=f"{lon:.5f},{lat:.5f}", name=network.road_class[link])
        yield replace(told, cut_off=int(lost.sum()))

    def owners(self) -> Iterator[Failure]:
        """Yield what every owner who is to build is worth: none of his modules is built, and none in their place."""
        by_owner = defaultdict(list)
        for j in np.flatnonzero(self.case.count.any(axis=1)):
            by_owner[self.case.scenario.sites[j].owner].append(int(j))
        before = self._course(self.case.ground) if by_owner else None
        for owner, sites in sorted(by_owner.items()):
            if before is None or self.effort.stop():
                return
            self.effort.say(Event(Stage.WHAT_IF, owner, facts={"action": "closed", "fixed": True}))
            besides = replace(self.case, count=self.case.count.copy(), standing=self.case.standing.copy())
            besides.count[sites] = 0
            after = self._course(self.case.ground, modules=besides.whole)
            yield self._told(None, before, _Year.of(after), kind="owner", what=owner, name=owner)

    def _usual(self, p: int) -> tuple[Ground, Course]:
        """Return the ground of one season, harvest of the others left out, and its course without a failure."""
        if p not in self._known:
            ground = self.case.ground
            alone = np.arange(len(ground.scenario.periods)) == p
            ground = _on(ground, _harvesting(ground.basis, ground.scenario.harvest_t * alone))
            self._known[p] = ground, self._course(ground)
        return self._known[p]

    def _course(self, ground: Ground, modules: Ints | None = None, out: Sequence[int] = ()) -> Course:
        count = self.case.whole if modules is None else modules
        return kept(ground, count, self.case.run, self.effort.options(), out=out)

    def _told(self, p: int | None, before: Course, after: _Year, *, kind: Kind, what: str, name: str) -> Failure:
        period, was = None if p is None else self.case.scenario.periods[p], _Year.of(before)
        share = 1.0 if period is None else WEEK_D / period.days
        return Failure(
            kind=kind,
            what=what,
            name=name,
            period="" if period is None else period.id,
            days=YEAR_D if period is None else WEEK_D,
            villages=sum(was.ways.get(v) != after.ways.get(v) for v in was.ways | after.ways),
            cut_off=0,
            lost_t=share * (after.lost_t - was.lost_t),
            lost_cny=share * (after.lost_cny - was.lost_cny),
            cost_cny=share * (after.cost_cny - was.cost_cny),
        )


@dataclass(frozen=True)
class _Year:
    """What a course loses and costs, and village -> sites it is served by."""

    lost_t: float
    lost_cny: float
    cost_cny: float
    ways: dict[int, frozenset[int]]

    @classmethod
    def of(cls, course: Course) -> _Year:
        """Read a course."""
        served: dict[int, set[int]] = defaultdict(set)
        for v, j in zip(course.decision.village.tolist(), course.decision.site.tolist(), strict=True):
            served[v].add(j)
        ways = {v: frozenset(sites) for v, sites in served.items()}
        return cls(course.outcome.loss_t, course.outcome.loss_cny, course.yearly.total, ways)


def _paid_cny(basis: Basis, course: Course) -> float:
    """CNY a year of what stands, used or not."""
    working = course.decision.count + existing_modules(basis)
    standby = float((working * ModuleCosts.of(basis.scenario).standby_cny).sum())
    return course.yearly.capital + course.yearly.operation + standby


def _harvesting(basis: Basis, harvest_t: Any) -> Basis:
    """Return the basis with other harvests; travel, lanes and rates stay."""
    return replace(basis, scenario=replace(basis.scenario, harvest_t=harvest_t), late={})


def _on(ground: Ground, basis: Basis) -> Ground:
    """Return ground of another basis, nothing routed on it yet."""
    return replace(ground, basis=basis, arcs=build_arcs(basis), memo={})


def _without(basis: Basis, link: int) -> Basis:
    """Return the basis with a road cut: whoever needs it takes ``CUT_H`` more."""
    network = basis.placed.network
    slow = replace(network, time_ms=network.time_ms + CUT_MS * (network.link == link))
    return prepare(basis.scenario, replace(basis.placed, network=slow))


def _busiest(basis: Basis, course: Course) -> int | None:
    """Return the road with most tonnes on the straight ways of a course, of those that several places need."""
    placed, network, load = basis.placed, basis.placed.network, Counter[tuple[int, int]]()
    lots = course.lots[course.lots["site"] >= 0]
    for v, j, tonnes in zip(lots["village"], lots["site"], lots["tonnes"], strict=True):
        load[int(placed.village_node[v]), int(placed.site_node[j])] += tonnes
        load[int(placed.site_node[j]), int(placed.hub_node[basis.site_hub[j]])] += tonnes
    pairs = sorted(load)
    tonnes_on, users = np.zeros((2, network.links))
    for pair, arcs in zip(pairs, arcs_between(network, np.array(pairs, dtype=np.int64).reshape(-1, 2)), strict=True):
        links = np.unique(network.link[arcs])
        tonnes_on[links] += load[pair]
        users[links] += 1
    shared = np.where((users > 1) & (network.road_class != ACCESS), tonnes_on, 0.0)
    return int(np.argmax(shared)) if shared.any() else None


def _nearest(network: RoadNetwork, at: tuple[float, float]) -> int:
    """Return the link with the vertex nearest to a place."""
    lon, lat = at
    apart = ((network.xy[:, 0] - lon) * np.cos(np.radians(lat))) ** 2 + (network.xy[:, 1] - lat) ** 2
    return int(np.searchsorted(network.xy_start, int(np.argmin(apart)), side="right") - 1)
