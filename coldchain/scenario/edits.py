"""What a planner asks for beside the files of a county: budget, rule, vehicles, sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Scenario, Site
from coldchain.model.naming import asked_for, labelled, of_places
from coldchain.scenario.ordering import in_order
from coldchain.scenario.rules import Rule


@dataclass(frozen=True)
class Spot:
    """A site that stands elsewhere than stated, or that the scenario does not have; WGS-84."""

    id: str
    lon: float
    lat: float
    name: str = ""


@dataclass(frozen=True)
class Owned:
    """Most vehicles of a type that can be owned; None: no limit."""

    vehicle: str
    most: int | None


@dataclass(frozen=True)
class Vehicles:
    """Vehicle types on offer and how many of each can be owned; empty: as the scenario states."""

    collection: tuple[str, ...] = ()
    line_haul: tuple[str, ...] = ()
    owned: tuple[Owned, ...] = ()

    def on(self, scenario: Scenario) -> Scenario:
        """Return the scenario with these vehicles."""
        offered = {"collection_vehicles": self.collection, "line_haul_vehicles": self.line_haul}
        routing = scenario.routing.model_copy(update={key: ids for key, ids in offered.items() if ids})
        most = {one.vehicle: {"own_most": one.most} for one in self.owned}
        kinds = tuple(kind.model_copy(update=most.get(kind.id, {})) for kind in scenario.vehicles)
        catalogue = {**scenario.catalogue, "vehicle": kinds} if scenario.catalogue else scenario.catalogue
        return replace(scenario, routing=routing, vehicles=kinds, catalogue=catalogue)


@dataclass(frozen=True)
class Edits:
    """Changes of a scenario that need no new file.

    Attributes
    ----------
    budget_cny : subsidy budget instead of the scenario's; None leaves it
    forbid : ids of sites at which nothing may stand, not even what stands there today
    force : ids of sites that must have a depot
    rule : rate, cap, kind or programme of the subsidy
    moved, added : sites that stand elsewhere, and new ones, each in the county of the village nearest to it
    """

    budget_cny: float | None = None
    forbid: tuple[str, ...] = ()
    force: tuple[str, ...] = ()
    rule: Rule = field(default_factory=Rule)
    vehicles: Vehicles = field(default_factory=Vehicles)
    moved: tuple[Spot, ...] = ()
    added: tuple[Spot, ...] = ()

    @classmethod
    def asked(cls, scenario: Scenario, budget_cny: float | None, forbid: Iterable[str], force: Iterable[str]) -> Edits:
        """Find the sites that are named.

        Raises
        ------
        UsageError
            When there is no such site, or one is both closed and forced.
        """
        places = of_places(scenario.sites)
        closed = tuple(dict.fromkeys(asked_for("--forbid", text, places, "site") for text in forbid))
        forced = tuple(dict.fromkeys(asked_for("--force", text, places, "site") for text in force))
        if both := set(closed) & set(forced):
            names = {site.id: labelled(site.id, site.name) for site in scenario.sites}
            told = _("--forbid and --force both name {site}")
            raise UsageError(told.format(site=_(", ").join(names[one] for one in sorted(both))))
        return cls(budget_cny, closed, forced)

    @classmethod
    def of(cls, arguments: Mapping[str, Any], budget_cny: float | None) -> Edits:
        """Read those of a run from its arguments; the budget is what it was planned with."""
        return cls(budget_cny, tuple(arguments.get("forbid") or ()), tuple(arguments.get("force") or ()))

    @property
    def by_options(self) -> bool:
        """Whether options of ``coldchain plan`` say all of it; the rest takes files of its own."""
        return self == Edits(self.budget_cny, self.forbid, self.force)

    @property
    def new_ground(self) -> bool:
        """Whether roads, ways or vehicles differ, so that what was computed from them does not hold."""
        return bool(self.moved or self.added or self.vehicles != Vehicles())

    def on(self, scenario: Scenario) -> Scenario:
        """Return the scenario so changed; what is assumed of new sites is put to its notes."""
        if self.rule != Rule():
            scenario = self.rule.on(scenario)
        if self.rule.rate is not None and scenario.subsidy.programme:  # whose own rates would come back from a file
            scenario = replace(scenario, subsidy=scenario.subsidy.model_copy(update={"programme": ""}))
        if self.vehicles != Vehicles():
            scenario = self.vehicles.on(scenario)
        if self.budget_cny is not None:
            siting = scenario.siting.model_copy(update={"budget_cny": self.budget_cny})
            scenario = replace(scenario, siting=siting)
        return self._with_sites(scenario) if self.moved or self.added or self.forbid or self.force else scenario

    def _with_sites(self, scenario: Scenario) -> Scenario:
        added = tuple(_new_site(spot, scenario) for spot in self.added)
        changes: dict[str, dict[str, Any]] = {spot.id: {"lon": spot.lon, "lat": spot.lat} for spot in self.moved}
        states = {key: {"status": "forced"} for key in self.force}
        states |= {key: {"status": "forbidden", "existing": ""} for key in self.forbid}
        sites = tuple(
            site.model_copy(update={**changes.get(site.id, {}), **states.get(site.id, {})})
            for site in (*scenario.sites, *added)
        )
        changed = replace(scenario, sites=sites, notes=(*scenario.notes, *map(_note, added)))
        return in_order(changed) if self.moved or added else changed


def _new_site(spot: Spot, scenario: Scenario) -> Site:
    """Return a new site; nothing is known of it but where it is."""
    lonlat = np.array([(village.lon, village.lat) for village in scenario.villages]) - (spot.lon, spot.lat)
    squeezed = lonlat * (np.cos(np.radians(spot.lat)), 1.0)
    county = scenario.villages[int(np.argmin((squeezed**2).sum(axis=1)))].county
    return Site(id=spot.id, name=spot.name, lon=spot.lon, lat=spot.lat, county=county)


def _note(site: Site) -> str:
    told = _(
        "site {site} was added at {lon:.5f}, {lat:.5f}: county of the nearest village ({county}), its own owner, "
        "at most {most} modules, power and staff not limited"
    )
    return told.format(site=labelled(site.id, site.name), lon=site.lon, lat=site.lat, county=site.county or "–",
                       most=site.max_modules)  # fmt: skip
