"""Members of a scenario, and the scenario of a group of them.

A member owns villages by a column of theirs. A site belongs to the member of its owner's name, or else to the member of
the nearest village. A member's subsidy claim is its share of the harvest, in tonnes, of the budget and of each
county's pot. A group plans with the villages, sites and claims of its members; hubs and roads are for all.

Where owners are members too, those of standing depots and of vehicles join although they have no village; a group then
has the vehicles for hire and those of its members.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats, Indices
from coldchain.errors import BadInputError, Fault
from coldchain.language import _, plural
from coldchain.model import Scenario, Village
from coldchain.model.naming import of_ids

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
    vehicles : vehicle type -> member who owns it; none of those for hire
    unions : members by the larger body they belong to; empty when not asked for
    """

    names: tuple[str, ...]
    column: str
    village: Indices
    site: Indices
    tonnes: Floats
    claim_cny: Floats
    vehicles: tuple[tuple[str, int], ...] = ()
    unions: tuple[tuple[int, ...], ...] = ()

    @property
    def bare(self) -> tuple[int, ...]:
        """Members who bring neither a site nor a claim nor a vehicle."""
        owners = np.r_[self.site, [member for _vehicle, member in self.vehicles]]
        owns = np.isin(np.arange(len(self.names)), owners)
        return tuple(int(i) for i in np.flatnonzero(~owns & (self.claim_cny <= 0)))


def members_of(
    scenario: Scenario, column: str = "cooperative", *, owners: bool = False, unions: str | None = None
) -> Members:
    """Read the members.

    Parameters
    ----------
    column : of the villages, that names the member
    owners : owners of standing depots and of vehicles are members too, with or without a village
    unions : column of the villages that names the larger body each member belongs to

    Raises
    ------
    BadInputError
        When there is no such column, villages are left without a member, or a member lies in several unions.
    """
    given = _column(scenario, column)
    carriers = _carriers(scenario) if owners else {}
    extra = {*(s.owner for s in scenario.sites if s.modules() and s.owner), *carriers.values()} if owners else set()
    names = tuple(sorted({*given, *extra}, key=_natural))
    village = np.array([names.index(name) for name in given], dtype=np.intp)
    tonnes = np.bincount(village, scenario.harvest_t.sum(axis=(1, 2)), len(names)).astype(np.float64)
    claim = np.asarray(scenario.siting.budget_cny * tonnes / max(float(tonnes.sum()), 1e-300), dtype=np.float64)
    return Members(
        names,
        column,
        village,
        _site_members(scenario, names, village),
        tonnes,
        claim,
        tuple((vehicle, names.index(carrier)) for vehicle, carrier in carriers.items()),
        _unions(names, village, unions, _column(scenario, unions)) if unions else (),
    )


def _column(scenario: Scenario, column: str) -> list[str]:
    """Return a column of the villages without gaps."""
    told = [name for name, info in Village.model_fields.items() if info.annotation is str]
    if column not in told:
        message = _("the members must be named by a column of the villages: {names}").format(names=", ".join(told))
        guess = of_ids(told).find(column).guess
        raise BadInputError([Fault("--members", None, "", column, message, "unknown-column", guess=guess)])
    given = [str(getattr(village, column)).strip() for village in scenario.villages]
    blank = [v.id for v, name in zip(scenario.villages, given, strict=True) if not name]
    if blank:
        message = plural(
            "{count} village has no {column}; every village must name its member",
            "{count} villages have no {column}; every village must name its member",
            len(blank),
        ).format(count=len(blank), column=column)
        faults = [Fault("villages.csv", None, column, v, message, "no-member") for v in blank[:SHOWN]]
        raise BadInputError(faults)
    return given


def _carriers(scenario: Scenario) -> dict[str, str]:
    """Return who owns each vehicle type in use; those for hire are left out."""
    used = (*scenario.collection, *scenario.line_haul)
    return {kind.id: owner for kind in used if (owner := kind.owner.strip())}


def _unions(names: Sequence[str], village: Indices, column: str, given: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Group the members by the union of their villages; a member without villages is a union of its own."""
    bodies: list[set[str]] = [set() for _name in names]
    for member, body in zip(village, given, strict=True):
        bodies[member].add(body)
    told = _("lies in several unions: {names}")
    faults = [
        Fault("villages.csv", None, column, name, told.format(names=", ".join(sorted(body))), "split-member")
        for name, body in zip(names, bodies, strict=True)
        if len(body) > 1
    ]
    if faults:
        raise BadInputError(faults[:SHOWN])
    bodies_of = [min(body) if body else f"\0{i}" for i, body in enumerate(bodies)]
    return tuple(tuple(i for i, body in enumerate(bodies_of) if body == one) for one in dict.fromkeys(bodies_of))


def _natural(name: str) -> tuple[object, ...]:
    """Sort ``member 10`` after ``member 9``."""
    return tuple((1, int(p), "") if p.isdecimal() else (0, 0, p) for p in re.split(r"(\d+)", name) if p)


def _site_members(scenario: Scenario, names: Sequence[str], village: Indices) -> Indices:
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
    """Return the scenario in which a group of members plans alone.

    A group without a vehicle for one of the legs can use no depot: its sites are closed.
    """
    mine = np.flatnonzero(np.isin(members.village, group))
    own = [s for s, m in zip(scenario.sites, members.site, strict=True) if m in group]
    first, last = legs(scenario, members, group)
    if not own or not first or not last:
        own = [s.model_copy(update={"status": "forbidden", "existing": ""}) for s in own or scenario.sites[:1]]
    routing = scenario.routing
    if first and last:
        routing = routing.model_copy(update={"collection_vehicles": first, "line_haul_vehicles": last})
    budget = float(members.claim_cny[list(group)].sum())
    pots = {county: pot * share for county, pot, share in _pots(scenario, mine)}
    return replace(
        scenario,
        villages=tuple(scenario.villages[i] for i in mine),
        harvest_t=scenario.harvest_t[mine],
        sites=tuple(own),
        routing=routing,
        siting=scenario.siting.model_copy(update={"budget_cny": budget}),
        subsidy=scenario.subsidy.model_copy(update={"pot_by_county_cny": pots}),
    )


def legs(scenario: Scenario, members: Members, group: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the vehicles a group may use on the first mile and on the line haul."""
    others = {vehicle for vehicle, owner in members.vehicles if owner not in group}
    routing = scenario.routing
    first = tuple(key for key in routing.collection_vehicles if key not in others)
    return first, tuple(key for key in routing.line_haul_vehicles if key not in others)


def _pots(scenario: Scenario, mine: Indices) -> list[tuple[str, float, float]]:
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
