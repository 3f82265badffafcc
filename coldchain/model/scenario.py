"""The scenario: everything a plan is computed from, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from coldchain.arrays import Floats
from coldchain.model.assets import DepotType, MobileUnit, Plant, VehicleType
from coldchain.model.assumption import Assumption
from coldchain.model.base import Noun
from coldchain.model.bookings import BookingRules
from coldchain.model.goods import Commodity, Keeping, Landmark, Period
from coldchain.model.papers import Papers
from coldchain.model.people import Crew
from coldchain.model.places import Hub, Mast, Site, Village
from coldchain.model.settings import Chain, Economics, Roads, Routing, Siting, Subsidy


@dataclass(frozen=True)
class Scenario:
    """One county or region, ready to plan; coordinates are WGS-84.

    Attributes
    ----------
    folder : it was read from; or the workbook; None for a scenario in memory, whose roads are named by their full path
    harvest_t : shape (villages, commodities, periods), tonnes in the period
    commodities : only those harvested, in the order of the harvest array
    depot_types : only those on offer or standing; the mobile units on offer come last
    notes, assumptions : what the scenario says of itself
    storage : what depots may keep for another period, of commodities that are harvested
    people : operators and drivers by place and shift; no limit where a skill has no row
    landmarks : the register of landmark products
    masts : of mobile telephony, standing or possible
    apart : ids of commodities that go on ways of their own, where others of one zone and its methods go together
    sha256 : hash of every input file and of the variant; in memory, of the files it would be written to
    catalogue : kind -> all that is known of it, on offer or not: commodity, depot_type, mobile_unit, plant, vehicle
    """

    name: str
    variant: str
    folder: Path | None
    sha256: str
    villages: tuple[Village, ...]
    sites: tuple[Site, ...]
    hubs: tuple[Hub, ...]
    periods: tuple[Period, ...]
    commodities: tuple[Commodity, ...]
    harvest_t: Floats
    depot_types: tuple[DepotType, ...]
    mobile_units: tuple[MobileUnit, ...]
    vehicles: tuple[VehicleType, ...]
    chain: Chain
    economics: Economics
    siting: Siting
    subsidy: Subsidy
    roads: Roads
    routing: Routing
    notes: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    storage: tuple[Keeping, ...] = ()
    people: tuple[Crew, ...] = ()
    papers: Papers = field(default_factory=Papers)
    bookings: BookingRules = field(default_factory=BookingRules)
    landmarks: tuple[Landmark, ...] = ()
    masts: tuple[Mast, ...] = ()
    apart: frozenset[str] = frozenset()
    catalogue: Mapping[str, tuple[Noun, ...]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Folder from which the scenario names its roads: its own, or the one its workbook lies in."""
        if self.folder is None:
            return Path()
        return self.folder.parent if self.folder.is_file() else self.folder

    @property
    def daily_t(self) -> Floats:
        """Mean harvest per gathering day, shape (villages, commodities, periods), t/day."""
        days = np.array([period.days for period in self.periods], dtype=np.float64)
        return np.divide(self.harvest_t, days)

    @property
    def fixed_types(self) -> int:
        """How many of the depot types are no mobile units; they come first."""
        return sum(not isinstance(kind, MobileUnit) for kind in self.depot_types)

    @property
    def seasonal(self) -> bool:
        """Whether a village may be served elsewhere in each period."""
        plants = any(isinstance(kind, Plant) for kind in self.depot_types)
        return self.siting.seasonal or self.fixed_types < len(self.depot_types) or plants

    def offers(self, kind: DepotType) -> bool:
        """Tell whether modules of a type may be built new at a site; mobile units are bought otherwise."""
        if isinstance(kind, (MobileUnit, Plant)):
            return kind.id in self.siting.plants
        return not self.siting.depot_types or kind.id in self.siting.depot_types

    @property
    def collection(self) -> tuple[VehicleType, ...]:
        """Vehicle types of the first mile, in the order of the catalogue."""
        return tuple(kind for kind in self.vehicles if kind.id in self.routing.collection_vehicles)

    @property
    def line_haul(self) -> tuple[VehicleType, ...]:
        """Vehicle types from depot to hub, in the order of the catalogue."""
        return tuple(kind for kind in self.vehicles if kind.id in self.routing.line_haul_vehicles)

    def vehicle(self, vehicle_id: str) -> VehicleType:
        """Return the vehicle type of that id."""
        return next(vehicle for vehicle in self.vehicles if vehicle.id == vehicle_id)
