"""Greenhouse gases of a year recomputed, kg CO2e: trips by km and hours, depots by kWh and kW, traders by t·km."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coldchain.model import VehicleType
from coldchain.verify.record import KG_PER_T, Record
from coldchain.verify.restated import Restated, check_table

if TYPE_CHECKING:
    from coldchain.verify.bill import BilledModules, CheckedYear

DIESEL_KG_L = 2.571 + 0.627
"""Burnt and made: DEFRA 2025."""
EMPTY_L_KM, L_KM_T = 0.091, 0.0165
"""GB 30510-2018, as a line."""
COOLING = 1.158
"""Fuel of a reefer for each of a van: SmartWay 2025."""
GWP, LEAK_KG_KW, LEAK_KG_H = 3922.0, 2.0 * 0.15, 5.0 * 0.25 / 2000.0
"""Of R404A (IPCC 2007); kg lost a year for each kW, kg lost by a reefer in an hour (IPCC 2006, vol. 3, table 7.9)."""
TRADER_T = 1.5
"""On the trader's truck, empty one way."""
FUEL, POWER, GAS = "fuel", "electricity", "refrigerant"


def fuel_kg_km(payload_t: float) -> float:
    """Return what a truck of that payload emits on a kilometre."""
    return (EMPTY_L_KM + L_KM_T * payload_t) * DIESEL_KG_L


def rates_kg(vehicle: VehicleType) -> tuple[float, float]:
    """Return what a vehicle emits by the kilometre, and by the hour."""
    cools = vehicle.cargo == "reefer"
    return fuel_kg_km(vehicle.payload_kg / KG_PER_T) * (COOLING if cools else 1.0), LEAK_KG_H * GWP * cools


def dear(record: Record, vehicle: VehicleType) -> VehicleType:
    """Return a vehicle that pays for what it emits."""
    price = record.scenario.economics.carbon_cny_t / KG_PER_T
    km, hour = rates_kg(vehicle)
    rates = {"cost_cny_km": vehicle.cost_cny_km + price * km, "cost_cny_h": vehicle.cost_cny_h + price * hour}
    return vehicle.model_copy(update=rates)


@dataclass
class Driven:
    """What trips emit a year, kg CO2e by depot: fuel, and refrigerant."""

    fuel: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    gas: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, vehicle: VehicleType, km: float, hours: float, shares: Mapping[str, float]) -> None:
        """Count kilometres and hours of a year, shared by depots."""
        by_km, by_h = rates_kg(vehicle)
        for depot, share in shares.items():
            self.fuel[depot] += share * by_km * km
            if by_h * hours:
                self.gas[depot] += share * by_h * hours

    @property
    def by_depot(self) -> dict[str, float]:
        """Both together."""
        return {depot: self.fuel.get(depot, 0.0) + self.gas.get(depot, 0.0) for depot in {**self.fuel, **self.gas}}


@dataclass(frozen=True)
class Carbon:
    """What a year emits, kg CO2e: by leg, source and depot; kWh of depots and t·km of traders."""

    kg: Mapping[tuple[str, str, str], float]
    power_kwh: float
    trader_tkm: float

    @classmethod
    def of(cls, record: Record, year: CheckedYear, modules: Sequence[BilledModules]) -> Carbon:
        """Add up trips, electricity, leaks and what traders drive."""
        lots, kg = year.lots, defaultdict[tuple[str, str, str], float](float)
        for leg, driven in (("collection", year.fetched.driven), ("line_haul", year.hauled.driven)):
            for source, by_depot in ((FUEL, driven.fuel), (GAS, driven.gas)):
                for depot, amount in by_depot.items():
                    kg[leg, source, depot] += amount
        for one in modules:
            if one.power_kw:
                kg["depot", GAS, one.site] += one.power_kw * LEAK_KG_KW * GWP
        power = float(lots["energy_kwh"].sum()) + sum(one.standby_kwh for one in modules)
        tkm = float(lots["trader_tkm"].sum())
        kg["depot", POWER, ""] = power * record.scenario.economics.grid_kg_kwh
        kg["trader", FUEL, ""] = tkm * trader_kg_tkm()
        return cls(kg, power, tkm)

    @property
    def whole_kg(self) -> float:
        """Kilograms in all."""
        return sum(self.kg.values())

    def leg_kg(self, leg: str) -> float:
        """Kilograms of a leg."""
        return sum(amount for key, amount in self.kg.items() if key[0] == leg)


def trader_kg_tkm() -> float:
    """Return what a tonne and a loaded kilometre emit on the trader's truck, which comes empty."""
    return 2.0 * fuel_kg_km(TRADER_T) / TRADER_T


def lots_cny(record: Record, lots: Any) -> Any:
    """Return the price of what each lot emits by itself: electricity, the trader's truck."""
    price = record.scenario.economics.carbon_cny_t / KG_PER_T
    return price * (lots["energy_kwh"] * record.scenario.economics.grid_kg_kwh + lots["trader_tkm"] * trader_kg_tkm())


def check_emissions(record: Record, plan: Carbon) -> None:
    """Hold the table of emissions against the year."""
    if "emissions" in record.tables:
        key = ("leg", "source", "depot")
        found = [{**dict(zip(key, place, strict=True)), "co2e_kg": kg} for place, kg in plan.kg.items()]
        check_table(record, Restated("emissions", key, found))


def summary_of(plan: Carbon, today: Carbon) -> dict[str, float]:
    """Return the leaves of the summary."""
    legs = {f"{leg}_kg": plan.leg_kg(leg) for leg in ("collection", "depot", "line_haul", "trader")}
    amounts = {"power_kwh": plan.power_kwh, "trader_tkm": plan.trader_tkm}
    return {"today_kg": today.whole_kg, "plan_kg": plan.whole_kg, **legs, **amounts}
