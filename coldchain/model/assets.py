"""What can be built, placed or driven: depot modules, mobile units and vehicles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pydantic import model_validator

from coldchain.language import N_, _
from coldchain.model.base import Method, Noun, Spread, figure
from coldchain.model.goods import Commodity
from coldchain.model.places import Cargo


class Cooler(Noun):
    """What depot modules and mobile units have in common."""

    id: str = figure("-", "short name", min_length=1)
    name: str = figure("-", "name shown to people", "")
    zone: str = figure("-", "temperature zone: cold, cool or mild, or one of your own")
    temp_c: float = figure("°C", "temperature of the zone", ge=-5, le=25)
    method: Method = figure("-", "pre-cooling method")
    half_cooling_h: float = figure(
        "h",
        "half-cooling time of the method",
        gt=0,
        le=48,
        usual=(0.1, 24),
        band=Spread(N_("half-cooling times"), 0.7, 1.5),
    )
    energy_ratio: float = figure(
        "-",
        "heat removed per electricity while pre-cooling",
        gt=0,
        le=6,
        band=Spread(N_("cold from each kWh"), 0.7, 1.3),
    )
    throughput_t_day: float = figure("t/day", "most that can be pre-cooled in a day", gt=0, usual=(0.2, 1000))
    capex_cny: float = figure(
        "CNY",
        "investment, built and connected",
        ge=0,
        usual=(5000, 50000000),
        band=Spread(N_("cost of building"), 0.8, 1.3),
    )
    opex_cny_year: float = figure(
        "CNY/year",
        "staff and upkeep, without energy",
        ge=0,
        usual=(500, 5000000),
        band=Spread(N_("staff and upkeep of depots"), 0.7, 1.5),
    )
    life_years: float = figure(
        "years", "life over which the investment is written off", 15.0, gt=0, le=100, usual=(3, 50)
    )
    power_kw: float = figure("kW", "connected electric power", 0.0, ge=0, usual=(0.5, 2000))
    cooling_kw: float | None = figure(
        "kW",
        "heat its refrigeration takes; none: it cools all that comes at once",
        None,
        gt=0,
        usual=(1, 2000),
        band=Spread(N_("refrigeration of the modules"), 0.7, 1.4, source="share of compressors and kW of cold per kW"),
    )
    batch_t: float | None = figure(
        "t", "most that cools in its tunnels or chamber at once; none: its power alone limits it", None, gt=0,
        usual=(0.2, 200), band=Spread(N_("batches of the modules"), 0.5, 2.0))  # fmt: skip
    cycle_h: float | None = figure(
        "h", "hours for which a batch takes its place: loading, cooling, unloading", None, gt=0, le=48,
        usual=(0.3, 12))  # fmt: skip
    capex_cny_kw: float = figure(
        "CNY/kW", "price of a kW of refrigeration; moves the investment where another cooling_kw alone is stated",
        0.0, ge=0, le=100000)  # fmt: skip
    source: str = figure("-", "where the figures are from", "")

    @model_validator(mode="after")
    def _whole_batches(self) -> Self:
        if (self.batch_t is None) != (self.cycle_h is None) or (self.batch_t is not None and self.cooling_kw is None):
            raise ValueError(_("{id}: batch_t, cycle_h and cooling_kw go together; state all three").format(id=self.id))
        return self


class DepotType(Cooler):
    """One module of a pre-cooling depot: a size, a temperature zone and a method."""

    net_m3: float = figure("m³", "net volume, the measure of the subsidy", gt=0, usual=(5, 50000))
    construction: str = figure(
        "-", "how it is built, as subsidy notices name it: mechanical, ventilated, controlled_atmosphere", "mechanical"
    )
    staff: float = figure("persons", "people needed to run one module in the season", 0.0, ge=0, le=100)
    storage_t: float = figure("t", "most that can lie in it at once", gt=0, usual=(0.5, 10000))
    store_kwh_t_day: float = figure(
        "kWh/(t·day)",
        "electricity for keeping cold",
        0.64,
        ge=0,
        usual=(0.02, 20),
        band=Spread(N_("electricity of keeping cold"), 0.7, 1.5),
    )


class MobileUnit(DepotType):
    """A pre-cooling unit on wheels that may stand somewhere else in each period."""

    construction: str = figure("-", "as subsidy rules name it", "mobile")
    move_cny: float = figure("CNY", "cost of one move", 0.0, ge=0, usual=(20, 50000))


class Plant(DepotType):
    """One line of a processing plant: it takes raw produce in place of rooms and sells what it makes at its gate."""

    zone: str = figure("-", "kind of plant; those of one kind at a site run as one, so their figures below agree")
    temp_c: float = figure("°C", "not used by plants", 20.0, ge=-5, le=25)
    method: Method = figure("-", "process, for plants", "process")
    half_cooling_h: float = figure("h", "not used by plants", 1.0, gt=0, le=48)
    energy_ratio: float = figure("-", "not used by plants", 1.0, gt=0, le=6)
    throughput_t_day: float = figure("t/day", "most raw produce it works up in a day", gt=0, usual=(0.2, 1000))
    net_m3: float = figure("m³", "net volume, where the subsidy goes by it", gt=0, usual=(5, 50000))
    construction: str = figure("-", "as subsidy rules name it", "plant")
    storage_t: float = figure("t", "raw produce that its yard holds at once", 10_000.0, gt=0, le=100_000)
    takes: tuple[str, ...] = figure("-", "commodities it takes", min_length=1)
    process_h: float = figure("h", "from unloading until raw produce is safe: waiting and working up", gt=0, le=72)
    yield_t_t: float = figure(
        "t/t", "product from a tonne of raw produce", gt=0, le=2, usual=(0.02, 1),
        band=Spread(N_("yield of plants"), 0.9, 1.1))  # fmt: skip
    product_cny_t: float = figure(
        "CNY/t", "price of the product at the plant's gate", ge=0, usual=(500, 500000),
        band=Spread(N_("prices of products"), 0.7, 1.3))  # fmt: skip
    process_cny_t: float = figure(
        "CNY/t", "hands, fuel and packing for each tonne of raw produce, without electricity", 0.0, ge=0,
        usual=(10, 5000), band=Spread(N_("cost of processing"), 0.7, 1.5))  # fmt: skip
    process_kwh_t: float = figure("kWh/t", "electricity for each tonne of raw produce", 0.0, ge=0, le=5000)


class VehicleType(Noun):
    """A kind of truck with its driver: owned by the year, or hired by the day."""

    id: str = figure("-", "short name", min_length=1)
    name: str = figure("-", "name shown to people", "")
    owner: str = figure("-", "carrier or co-operative whose vehicle it is when costs are shared; empty: for hire", "")
    payload_kg: float = figure("kg", "most it may carry", gt=0, usual=(100, 45000))
    volume_m3: float = figure("m³", "loading space", gt=0, usual=(0.5, 150))
    cargo: Cargo = figure("-", "ambient, insulated or reefer; a reefer holds a temperature, it does not cool")
    cost_cny_day: float = figure(
        "CNY/day",
        "price of hiring one for a day, all its trips together",
        ge=0,
        usual=(5, 5000),
        band=Spread(N_("cost of vehicles"), 0.8, 1.3),
    )
    cost_cny_km: float = figure(
        "CNY/km", "fuel, wear and tolls", ge=0, usual=(0.1, 30), band=Spread(N_("cost of vehicles"), 0.8, 1.3)
    )
    cost_cny_h: float = figure(
        "CNY/h", "driver and machine by the hour", ge=0, usual=(3, 300), band=Spread(N_("cost of vehicles"), 0.8, 1.3)
    )
    speed_factor: float = figure("-", "speed against the road network's figures", 1.0, gt=0, le=2, usual=(0.2, 1.5))
    shift_h: float = figure("h", "longest day of a driver: all trips, loading and unloading", 10.0, gt=0, le=24)
    max_drive_h: float | None = figure("h", "most driving a day; none: the shift alone limits it", None, gt=0, le=24)
    trips_day: int = figure("-", "most trips of one vehicle on a day, within its shift", 1, ge=1, le=20)
    own_cny_year: float | None = figure(
        "CNY/year",
        "owning one: write-off, insurance, basic pay; none: only hired",
        None,
        ge=0,
        usual=(500, 500000),
        band=Spread(N_("cost of vehicles"), 0.8, 1.3),
    )
    own_h_year: float | None = figure(
        "h/year",
        "most hours on duty of an owned one; none: no limit",
        None,
        gt=0,
        le=8784,
        usual=(300, 6000),
    )
    own_most: int | None = figure("-", "most that can be owned; none: no limit", None, ge=0, le=10000)
    hire_most: int | None = figure("-", "most that can be hired on a day; none: no limit", None, ge=0, le=10000)
    max_stops: int | None = figure("-", "most stops of one collection trip; none: no limit", None, ge=1, le=1000)
    half_warming_h: float | None = figure(
        "h", "time in which chilled cargo loses half its cold; none: it holds", None, gt=0
    )
    source: str = figure("-", "where the figures are from", "")


VEHICLE_FIGURES = tuple(name for name in VehicleType.model_fields if name not in {"id", "name", "owner", "source"})
"""What a vehicle can do and costs, in the order of the catalogue."""


@dataclass(frozen=True, order=True)
class CoolingClass:
    """What decides how a lot fares in a depot: the zone's temperature and how fast it is reached.

    Modules of one class differ in size and cost only, so siting assigns produce to classes. A mobile unit is a class
    of its own, named in ``unit``. A line of a plant is one as well: what it takes stands in ``takes``.
    """

    zone: str
    method: Method
    temp_c: float
    half_cooling_h: float
    energy_ratio: float
    store_kwh_t_day: float
    unit: str = ""
    takes: tuple[str, ...] = ()
    process_h: float = 0.0
    yield_t_t: float = 0.0
    product_cny_t: float = 0.0
    process_cny_t: float = 0.0
    process_kwh_t: float = 0.0

    @property
    def precool_h(self) -> float:
        """Hours until seven eighths of the field heat are gone: three half-cooling times; of a plant, all its hours."""
        return self.process_h or 3.0 * self.half_cooling_h

    @property
    def is_plant(self) -> bool:
        """Whether it makes products, so that nothing rides on to a hub."""
        return bool(self.takes)

    def fits(self, crop: Commodity) -> bool:
        """Tell whether a crop may be brought: to rooms by its zone and methods, to a plant that takes it."""
        return crop.id in self.takes if self.takes else (crop.zone == self.zone and self.method in crop.methods)


PROCESS = ("takes", "process_h", "yield_t_t", "product_cny_t", "process_cny_t", "process_kwh_t")
"""What decides how a lot fares in a plant."""


def cooling_class(kind: DepotType) -> CoolingClass:
    """Return the cooling class of a depot type."""
    figures = kind.temp_c, kind.half_cooling_h, kind.energy_ratio, kind.store_kwh_t_day
    process = {name: getattr(kind, name) for name in PROCESS} if isinstance(kind, Plant) else {}
    return CoolingClass(kind.zone, kind.method, *figures, kind.id if isinstance(kind, MobileUnit) else "", **process)


def cooling_classes(depot_types: Iterable[DepotType]) -> tuple[CoolingClass, ...]:
    """Return the distinct classes of the depot types, sorted, then one for each mobile unit, in their order."""
    known = [cooling_class(kind) for kind in depot_types]
    return (*sorted({kind for kind in known if not kind.unit}), *dict.fromkeys(kind for kind in known if kind.unit))
