"""Greenhouse gases of a plan, kg CO2e a year by leg and by lot, after ISO 14083:2023 and the GLEC Framework v3.

Transport legs are counted well to wheel, empty legs included, and charged to the tonnes they serve; depots as hub
operations by the tonnes that pass through; leaks of refrigerant besides. What happens before collection and beyond
the hub is not counted, nor is building, nor what days beyond the usual one drive more. With a price of a tonne
(``economics.carbon_cny_t``) every kilometre, hour, kWh and kW costs as much more as it emits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from coldchain.arrays import KG_PER_T
from coldchain.model import Economics, Scenario, VehicleType, modules_of

Tables = Mapping[str, pd.DataFrame]
LITRES_PER = 100.0  # km
COLUMNS = ["leg", "source", "depot", "co2e_kg"]
LEGS = ("collection", "depot", "line_haul", "trader")
EVERY = ""
"""Depot or period of what belongs to none alone."""


@dataclass(frozen=True)
class CarbonFactors:
    """Factors, each with where it is from and how far it may be off.

    Attributes
    ----------
    diesel_kg_l : kg CO2e/l well to wheel: 2.571 burnt + 0.627 made (DEFRA 2025, B7); 3.0 to 3.5 by blend and source
    grid_kg_kwh : kg CO2/kWh, China's average of 2022 (Ministry of Ecology and Environment, 2024-12-20); 0.1 to 0.7 by
        province
    empty_l_100km, l_100km_t : l/100 km of a truck, and for each t of payload; a line through the limits of
        GB 30510-2018 for 4.5, 12 and 18 t gross (recalled); 25 % either way
    reefer_share : more fuel for cooling the cargo (SmartWay 2025, van against reefer); 0.1 to 0.3
    charge_kg_kw : kg of refrigerant for each kW of a module (assumption); 1 to 4
    leak_share, reefer_leak_share : lost a year of cold stores, of trucks (IPCC 2006, vol. 3, table 7.9: 0.07 to 0.25,
        0.15 to 0.5)
    reefer_charge_kg, reefer_h : in a truck (the same: 3 to 8), hours a year it is on its way (assumption: 250 days of
        8 h); 1000 to 3000
    gwp : kg CO2e/kg of R404A over 100 years (IPCC 2007); R448A 1387, CO2 1
    trader_payload_t : t on the trader's truck, full one way and empty back (assumption); 1 to 4
    """

    diesel_kg_l: float = 3.198
    grid_kg_kwh: float = 0.5366
    empty_l_100km: float = 9.1
    l_100km_t: float = 1.65
    reefer_share: float = 0.158
    charge_kg_kw: float = 2.0
    leak_share: float = 0.15
    reefer_leak_share: float = 0.25
    reefer_charge_kg: float = 5.0
    reefer_h: float = 2000.0
    gwp: float = 3922.0
    trader_payload_t: float = 1.5

    @classmethod
    def of(cls, economics: Economics) -> CarbonFactors:
        """Return the factors with the electricity of a scenario."""
        return cls(grid_kg_kwh=economics.grid_kg_kwh)

    def drive_kg_km(self, vehicle: VehicleType) -> float:
        """Return kg CO2e/km of driving a truck.

        Examples
        --------
        >>> truck = VehicleType(id="t", payload_kg=1500, volume_m3=9, cargo="ambient", cost_cny_day=1, cost_cny_km=1,
        ...                     cost_cny_h=2)
        >>> round(CarbonFactors().drive_kg_km(truck), 4)  # (9.1 + 1.65 · 1.5) l/100 km · 3.198 kg/l
        0.3702
        """
        return self._drive_kg_km(vehicle.payload_kg / KG_PER_T) * self._cooled(vehicle)

    def leak_kg_h(self, vehicle: VehicleType) -> float:
        """Return kg CO2e of refrigerant that a truck loses for each hour it is on its way."""
        lost = self.reefer_charge_kg * self.reefer_leak_share * self.gwp / self.reefer_h
        return lost if vehicle.cargo == "reefer" else 0.0

    @property
    def leak_kg_kw(self) -> float:
        """Kg CO2e of refrigerant that modules lose a year for each kW."""
        return self.charge_kg_kw * self.leak_share * self.gwp

    @property
    def trader_kg_tkm(self) -> float:
        """Kg CO2e for a tonne and a loaded kilometre of the trader's truck, the empty way counted."""
        return 2.0 * self._drive_kg_km(self.trader_payload_t) / self.trader_payload_t

    def trip_kg(self, vehicle: VehicleType, km: float, hours: float) -> float:
        """Return kg CO2e of a trip."""
        return self.drive_kg_km(vehicle) * km + self.leak_kg_h(vehicle) * hours

    def _drive_kg_km(self, payload_t: float) -> float:
        return (self.empty_l_100km + self.l_100km_t * payload_t) / LITRES_PER * self.diesel_kg_l

    def _cooled(self, vehicle: VehicleType) -> float:
        return 1.0 + (self.reefer_share if vehicle.cargo == "reefer" else 0.0)


@dataclass(frozen=True)
class CarbonPrice:
    """What emitting costs where a tonne has a price; nothing changes where it has none.

    Examples
    --------
    >>> price = CarbonPrice(100.0, CarbonFactors())
    >>> round(price.cny(1000 * CarbonFactors().grid_kg_kwh), 2)  # 1000 kWh, 0.5366 t
    53.66
    """

    cny_t: float
    factors: CarbonFactors

    @classmethod
    def of(cls, scenario: Scenario) -> CarbonPrice:
        """Return the price of a scenario."""
        return cls(scenario.economics.carbon_cny_t, CarbonFactors.of(scenario.economics))

    def cny(self, co2e_kg: float) -> float:
        """Return what kilograms cost."""
        return self.cny_t / KG_PER_T * co2e_kg

    @property
    def kwh_cny(self) -> float:
        """What electricity costs more."""
        return self.cny(self.factors.grid_kg_kwh)

    def trip_cny(self, vehicle: VehicleType, km: float, hours: float) -> float:
        """Return what a trip costs more."""
        return self.cny(self.factors.trip_kg(vehicle, km, hours))

    def on(self, vehicle: VehicleType) -> VehicleType:
        """Return a vehicle whose kilometres and hours cost as much more as they emit."""
        if not self.cny_t:
            return vehicle
        more = {"cost_cny_km": self.cny(self.factors.drive_kg_km(vehicle)),
                "cost_cny_h": self.cny(self.factors.leak_kg_h(vehicle))}  # fmt: skip
        return vehicle.model_copy(update={name: getattr(vehicle, name) + cny for name, cny in more.items()})


@dataclass(frozen=True)
class Activity:
    """What a year takes beside the trips and modules of its tables; kWh is NaN where it is not known.

    Attributes
    ----------
    power_kwh : electricity of depots; trader_tkm : tonnes times kilometres on traders' trucks
    """

    power_kwh: float
    trader_tkm: float

    @classmethod
    def stated(cls, scenario: Scenario, summary: Mapping[str, Any]) -> Activity:
        """Read it from a summary; of an earlier run only what its electricity was paid for is known."""
        if "emissions" in summary:
            return cls(float(summary["emissions"]["power_kwh"]), float(summary["emissions"]["trader_tkm"]))
        price, paid = scenario.economics.power_cny_kwh, float(summary["annual_cny"]["energy"])
        return cls(paid / price if price > 0 else math.nan, 0.0)


@dataclass(frozen=True)
class EmissionLeg:
    """What a leg emits a year at or for a depot in a period; empty names where it is for all."""

    leg: str
    source: str
    depot: str
    period: str
    co2e_kg: float


def emissions(
    scenario: Scenario, tables: Tables, activity: Activity, factors: CarbonFactors | None = None
) -> pd.DataFrame:
    """Return leg (of ``LEGS``), source (fuel, electricity, refrigerant), depot, kg CO2e a year."""
    frame = pd.DataFrame([asdict(leg) for leg in _legs(scenario, tables, activity, factors)])
    return frame.groupby(COLUMNS[:3], sort=False)[["co2e_kg"]].sum(min_count=1).reset_index()


def emissions_today(scenario: Scenario, tables: Tables, activity: Activity) -> pd.DataFrame:
    """Return the same of the year without the plan: traders, and depots that stand already."""
    sites, none = scenario.sites, pd.DataFrame()
    standing = {"depot": [site.id for site in sites], "standing_modules": [site.existing for site in sites]}
    depots = pd.DataFrame({**standing, "new_modules": "", "units_bought": ""})
    trips = {name: tables.get(f"today_{name}", none) for name in ("routes", "line_haul")}
    return emissions(scenario, {**trips, "depots": depots}, activity)


def emissions_of_lots(
    scenario: Scenario, tables: Tables, activity: Activity, factors: CarbonFactors | None = None
) -> pd.DataFrame:
    """Return the lots of the plan with kg CO2e a year of each leg.

    What belongs to a depot in a period is shared by the tonnes that pass through it then; what belongs to a depot by
    its tonnes of the year; what belongs to all depots by all cooled tonnes; what traders drive by the tonnes they
    take. The columns add up to :func:`emissions`.
    """
    lots = tables["lots"].copy()
    cooled = lots["depot"].isin([site.id for site in scenario.sites])
    by_leg = {leg: lots["tonnes"].where(cooled != (leg == "trader"), 0.0) for leg in LEGS}
    lots = lots.assign(**{f"{leg}_kg": 0.0 for leg in LEGS})
    for one in _legs(scenario, tables, activity, factors):
        mine = by_leg[one.leg].where(_serves(lots, "depot", one.depot) & _serves(lots, "period", one.period), 0.0)
        whole = float(mine.sum())
        if whole > 0:
            lots[f"{one.leg}_kg"] += one.co2e_kg * mine / whole
    return lots


def _serves(lots: pd.DataFrame, column: str, key: str) -> pd.Series[Any]:
    return lots[column].astype(str).eq(key) if key != EVERY else pd.Series(data=True, index=lots.index)


def _legs(
    scenario: Scenario, tables: Tables, activity: Activity, factors: CarbonFactors | None
) -> tuple[EmissionLeg, ...]:
    factors = factors or CarbonFactors.of(scenario.economics)
    return (
        *_collection(scenario, tables, factors),
        EmissionLeg("depot", "electricity", EVERY, EVERY, activity.power_kwh * factors.grid_kg_kwh),
        *_leaks(scenario, tables, factors),
        *_line_haul(scenario, tables, factors),
        EmissionLeg("trader", "fuel", EVERY, EVERY, activity.trader_tkm * factors.trader_kg_tkm),
    )


def _collection(scenario: Scenario, tables: Tables, factors: CarbonFactors) -> Iterator[EmissionLeg]:
    for row in tables["routes"].itertuples():
        vehicle, days = scenario.vehicle(str(row.vehicle)), float(str(row.days))
        fuel = factors.drive_kg_km(vehicle) * float(str(row.km)) * days
        yield EmissionLeg("collection", "fuel", str(row.depot), str(row.period), fuel)
        leak = factors.leak_kg_h(vehicle) * float(str(row.hours)) * days
        if leak:
            yield EmissionLeg("collection", "refrigerant", str(row.depot), str(row.period), leak)


def _leaks(scenario: Scenario, tables: Tables, factors: CarbonFactors) -> Iterator[EmissionLeg]:
    """Yield what modules lose, by the power of each depot's."""
    power_kw = {kind.id: kind.power_kw for kind in scenario.depot_types}
    for row in tables["depots"].itertuples():
        texts = (row.new_modules, row.standing_modules, row.units_bought)
        counts = [modules_of(text) for text in texts if isinstance(text, str)]
        kw = sum(power_kw[key] * count for modules in counts for key, count in modules.items())
        if kw:  # a place where units only stand loses nothing: they lose where they are bought
            yield EmissionLeg("depot", "refrigerant", str(row.depot), EVERY, kw * factors.leak_kg_kw)


def _line_haul(scenario: Scenario, tables: Tables, factors: CarbonFactors) -> Iterator[EmissionLeg]:
    """Yield the line haul; a truck that loads at several depots is charged to each by its load."""
    for row in tables["line_haul"].itertuples():
        vehicle, days = scenario.vehicle(str(row.vehicle)), float(str(row.days))
        parts = [part.rsplit(":", 2) for part in str(row.tour).split(";")] if isinstance(row.tour, str) else []
        loads = {name: float(load) for name, load, _hours in (part for part in parts if len(part) > 1)}
        loads = loads or {str(row.depot): 1.0}
        fuel = factors.drive_kg_km(vehicle) * float(str(row.km_day)) * days
        leak = factors.leak_kg_h(vehicle) * float(str(row.hours_day)) * days
        for depot, load in loads.items():
            share = load / sum(loads.values())
            yield EmissionLeg("line_haul", "fuel", depot, str(row.period), fuel * share)
            if leak:
                yield EmissionLeg("line_haul", "refrigerant", depot, str(row.period), leak * share)
