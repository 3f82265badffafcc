"""Members of a scenario, and the scenario of a group of them.

A member owns villages by a column of theirs. A site belongs to the member of its owner's name, or else to the member of
the nearest village. A member's subsidy claim is its share of the harvest, in tonnes, of the budget and of each
county's pot. A group plans with the villages, sites and claims of its members; hubs and roads are for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from coldchain.errors import BadInputError, Fault
from coldchain.model import Scenario, Village

Floats = NDArray[np.float64]
SHOWN = 20


@dataclass(frozen=True)
class Members:
    """Who brings what.

    Attributes
    ----------
    names : sorted; member i is bit i of a group
    column : of the villages, that names the member
    village, site : member of each, shape (villages,) and (sites,)
    tonnes : harvest a year, shape (n,)
    claim_cny : share of the subsidy budget, shape (n,)
    """

    names: tuple[str, ...]
    column: str
    village: NDArray[np.intp]
    site: NDArray[np.intp]
    tonnes: Floats
    claim_cny: Floats

    @property
    def bare(self) -> tuple[int, ...]:
        """Members who bring neither a site nor a claim."""
        has_site = np.isin(np.arange(len(self.names)), self.site)
        return tuple(int(i) for i in np.flatnonzero(~has_site & (self.claim_cny <= 0)))


def members_of(scenario: Scenario, column: str = "cooperative") -> Members:
    """Read the members.

    Raises
    ------
    BadInputError
        When there is no such column, or villages are left without a member.
    """
    told = [name for name, info in Village.model_fields.items() if info.annotation is str]
    if column not in told:
        message = f"the members must be named by a column of the villages: {', '.join(told)}"
        raise BadInputError([Fault("--members", None, "", column, message, "unknown-column")])
    given = [str(getattr(village, column)).strip() for village in scenario.villages]
    blank = [v.id for v, name in zip(scenario.villages, given, strict=True) if not name]
    if blank:
        message = f"{len(blank)} villages have no {column}; every village must name its member"
        faults = [Fault("villages.csv", None, column, v, message, "no-member") for v in blank[:SHOWN]]
        raise BadInputError(faults)
    names = tuple(sorted(set(given), key=_natural))
    village = np.array([names.index(name) for name in given], dtype=np.intp)
    tonnes = np.bincount(village, scenario.harvest_t.sum(axis=(1, 2)), len(names)).astype(np.float64)
    claim = np.asarray(scenario.siting.budget_cny * tonnes / max(float(tonnes.sum()), 1e-300), dtype=np.float64)
    return Members(names, column, village, _site_members(scenario, names, village), tonnes, claim)


def _natural(name: str) -> tuple[object, ...]:
    """Sort ``member 10`` after ``member 9``."""
    import re

    return tuple((1, int(p), "") if p.isdigit() else (0, 0, p) for p in re.split(r"(\d+)", name) if p)


def _site_members(scenario: Scenario, names: Sequence[str], village: NDArray[np.intp]) -> NDArray[np.intp]:
    at = np.array([(v.lon, v.lat) for v in scenario.villages])
    chosen = np.empty(len(scenario.sites), dtype=np.intp)
    for j, site in enumerate(scenario.sites):
        if site.owner in names:
            chosen[j] = names.index(site.owner)
        else:
            east = (at[:, 0] - site.lon) * np.cos(np.radians(site.lat))
            chosen[j] = village[int(np.hypot(east, at[:, 1] - site.lat).argmin())]
    return chosen


def group_scenario(scenario: Scenario, members: Members, group: Sequence[int]) -> Scenario:
    """Return the scenario in which a group of members plans alone."""
    mine = np.flatnonzero(np.isin(members.village, group))
    own = [s for s, m in zip(scenario.sites, members.site, strict=True) if m in group]
    kept = own or [scenario.sites[0].model_copy(update={"status": "forbidden", "existing": ""})]
    budget = float(members.claim_cny[list(group)].sum())
    siting = scenario.siting.model_copy(update={"budget_cny": budget})
    pots = {county: pot * share for county, pot, share in _pots(scenario, mine)}
    return replace(
        scenario,
        villages=tuple(scenario.villages[i] for i in mine),
        harvest_t=scenario.harvest_t[mine],
        sites=tuple(kept),
        siting=siting,
        subsidy=scenario.subsidy.model_copy(update={"pot_by_county_cny": pots}),
    )


def _pots(scenario: Scenario, mine: NDArray[np.intp]) -> list[tuple[str, float, float]]:
    """Return county, pot and the group's share of the county's harvest."""
    tonnes = scenario.harvest_t.sum(axis=(1, 2))
    county = np.array([v.county for v in scenario.villages], dtype=object)
    ours = np.zeros(len(tonnes), dtype=np.bool_)
    ours[mine] = True
    rows = []
    for name, pot in scenario.subsidy.pot_by_county_cny.items():
        whole = float(tonnes[county == name].sum())
        rows.append((name, pot, float(tonnes[(county == name) & ours].sum()) / whole if whole else 0.0))
    return rows
