"""Where the next million is best spent: two plans of each county, what they build more for whom, and what that brings.

The benefit of a depot is what it brings a year beyond all it costs. Both plans are judged by the same draws of the
uncertain figures, so a difference has ends of its own, which are closer than those of the two plans would tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from coldchain.arrays import CENT_CNY, Floats
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model.places import Site
from coldchain.planning.doubt import ends_of
from coldchain.sweeps.points import Point
from coldchain.sweeps.sweep import MILLION

By = Literal["county", "owner_kind", "both"]
SPENT = [
    "county", "owner_kind", "opens", "closes", "more_award_cny", "more_cooled_t", "more_benefit_cny",
    "benefit_per_million_cny", "benefit_per_million_cny_p5", "benefit_per_million_cny_p95", "gains_in",
]  # fmt: skip
AWARD, COOLED = 5, 2
"""Places in what a point keeps of a depot."""


@dataclass(frozen=True)
class Curve:
    """The points of one sweep, by budget.

    Attributes
    ----------
    name : of the scenario; stands in for the county of sites that name none
    own_cny : the scenario's own budget
    """

    name: str
    own_cny: float
    points: Sequence[Point]
    sites: Sequence[Site]

    def best(self, budget_cny: float) -> Point | None:
        """Return the plan of the largest budget within this one."""
        within = [one for one in self.points if one.planned and one.budget_cny <= budget_cny + CENT_CNY]
        return max(within, key=lambda one: one.budget_cny, default=None)


@dataclass
class _OwnerGroup:
    """What changes for the sites of a county or a class of owners; ``net_cny`` as planned, then in each draw."""

    opens: list[str] = field(default_factory=list)
    closes: list[str] = field(default_factory=list)
    award_cny: float = 0.0
    cooled_t: float = 0.0
    net_cny: Floats | float = 0.0


def next_million(curves: Iterable[Curve], by: By = "both", more_cny: float = MILLION) -> pd.DataFrame:
    """Return what so much more budget would decide in each county, for each class of owner, and what it brings.

    Returns
    -------
    DataFrame
        One row for each county and class of owner (or one of both, the other empty), the best first: ``opens`` and
        ``closes``, sites with new modules; awards, tonnes cooled and net benefit a year more; the benefit for each
        million of awards with its 5th and 95th percentile; ``gains_in``, the share of draws in which it is a gain.
        Per million is empty where no award goes.

    Raises
    ------
    UsageError
        When the points of a sweep hold no benefit of their depots.
    """
    groups: dict[tuple[str, str], _OwnerGroup] = defaultdict(_OwnerGroup)
    curves = list(curves)
    known = Counter(county for curve in curves for county in {site.county for site in curve.sites})
    for curve in curves:
        now, then = curve.best(curve.own_cny), curve.best(curve.own_cny + more_cny)
        if now is None or then is None:
            continue
        _know_their_depots(curve.name, now, then)
        for site in curve.sites:
            county, kind = site.county or curve.name, site.owner_kind
            if known[county] > 1:  # another county of that name
                county = f"{county} ({curve.name})"
            key = (county if by != "owner_kind" else "", kind if by != "county" else "")
            _add(groups[key], site.id, now, then)
    table = pd.DataFrame([_row(key, group) for key, group in groups.items()], columns=SPENT)
    return table.sort_values("benefit_per_million_cny", ascending=False, kind="stable", ignore_index=True)


def _know_their_depots(name: str, *points: Point) -> None:
    if any(not point.draws for point in points):
        told = _("the points of {name} were kept by an earlier version and hold no benefits; sweep into a new folder")
        raise UsageError(told.format(name=name))


def _add(group: _OwnerGroup, site: str, now: Point, then: Point) -> None:
    """Add what changes at a site."""
    before, after = (one.drawn["depots"].get(site) for one in (now, then))
    group.award_cny += _figure(after, AWARD) - _figure(before, AWARD)
    group.cooled_t += _figure(after, COOLED) - _figure(before, COOLED)
    group.opens += [site] if site in then.depots and site not in now.depots else []
    group.closes += [site] if site in now.depots and site not in then.depots else []
    group.net_cny = group.net_cny + _net(then.net_cny, site) - _net(now.net_cny, site)


def _figure(depot: Sequence[float] | None, place: int) -> float:
    return 0.0 if depot is None else float(depot[place])


def _net(known: Mapping[str, Sequence[float]], site: str) -> Floats | float:
    return np.array(known[site], dtype=np.float64) if site in known else 0.0


def _row(key: tuple[str, str], group: _OwnerGroup) -> tuple[object, ...]:
    net = np.atleast_1d(np.asarray(group.net_cny, dtype=np.float64))
    draws = net[1:] if len(net) > 1 else net
    head = (*key, ";".join(group.opens), ";".join(group.closes), group.award_cny, group.cooled_t, float(net[0]))
    if group.award_cny <= CENT_CNY:
        return (*head, np.nan, np.nan, np.nan, np.nan)
    low, _middle, high = ends_of(draws * MILLION / group.award_cny)
    return (*head, float(net[0]) * MILLION / group.award_cny, low, high, float((draws > 0).mean()))
