"""The sections of ``scenario.toml``: the chain's hours, money, siting, subsidy, roads and routing."""

from __future__ import annotations

from typing import Literal

from coldchain.language import N_
from coldchain.model.base import Noun, Spread, figure

Engine = Literal["ruin-recreate", "ortools"]
Programme = Literal["grant", "loan_interest"]
Objective = Literal["total_cost_cny", "loss_cny", "loss_t"]


class Chain(Noun):
    """Hours of the chain from field to market, for today's chain and for the planned one."""

    today_wait_h: float = figure(
        "h",
        "harvest until a trader's truck leaves the village, today",
        8.0,
        ge=0,
        le=240,
        usual=(0.1, 72),
        band=Spread(N_("hours until today's trader calls"), 0.5, 1.5),
    )
    planned_wait_h: float = figure(
        "h",
        "harvest until the collection truck calls, planned",
        1.5,
        ge=0,
        le=240,
        usual=(0.05, 24),
        band=Spread(N_("hours until the planned truck calls"), 0.5, 2.0),
    )
    dock_batch_h: float = figure(
        "h", "pre-coolers are loaded at every multiple of this clock time", 0.25, ge=0.05, le=4
    )
    depot_dwell_h: float = figure(
        "h",
        "from the end of pre-cooling until the line haul leaves",
        8.0,
        ge=0,
        le=2000,
        band=Spread(N_("hours in the depot after pre-cooling"), 0.5, 1.5),
    )
    unload_h: float = figure("h", "unloading at the depot, in the warm", 0.25, ge=0, le=12)
    walls_w_m3_k: float = figure(
        "W/(m³·K)", "heat through walls and doors of a depot, for each m³ and K of difference", 0.3, ge=0, le=5,
        usual=(0.1, 1), band=Spread(N_("heat through walls and doors"), 0.5, 2.0))  # fmt: skip
    cooling_h_day: float = figure(
        "h/day", "hours a day that refrigeration may run at full power", 20.0, gt=0, le=24, usual=(12, 24)
    )
    today_transfers: int = figure(
        "-",
        "times a lot is handled in today's chain",
        3,
        ge=0,
        le=20,
        band=Spread(N_("transfers in today's chain"), -1.0, 1.0, by="difference"),
    )
    planned_transfers: int = figure("-", "times a lot is handled through a depot, in crates", 2, ge=0, le=20)
    room_humidity: float = figure(
        "share",
        "relative humidity in depots",
        0.92,
        ge=0,
        le=1,
        band=Spread(N_("humidity of rooms, reefers and halls"), -0.05, 0.05, by="difference"),
    )
    reefer_humidity: float = figure(
        "share",
        "relative humidity in reefers and chilled docks",
        0.88,
        ge=0,
        le=1,
        band=Spread(N_("humidity of rooms, reefers and halls"), -0.05, 0.05, by="difference"),
    )
    hall_humidity: float = figure(
        "share",
        "relative humidity in a chilled market hall",
        0.85,
        ge=0,
        le=1,
        band=Spread(N_("humidity of rooms, reefers and halls"), -0.05, 0.05, by="difference"),
    )
    reefer_above_c: float = figure(
        "°C",
        "by how much the air of reefers and chilled docks is above the zone's temperature",
        1.0,
        ge=0,
        le=20,
        band=Spread(N_("reefers and halls above their set point"), 0.0, 3.0),
    )
    hall_above_c: float = figure(
        "°C",
        "by how much a chilled market hall is above market_temp_c",
        2.0,
        ge=0,
        le=20,
        band=Spread(N_("reefers and halls above their set point"), 0.0, 3.0),
    )
    air_season_c: float = figure(
        "°C", "spread (standard deviation) of a season's mean temperature from year to year", 1.0, ge=0, le=10,
        usual=(0, 3), band=Spread(N_("spread of temperatures"), 0.5, 1.5))  # fmt: skip
    air_day_c: float = figure(
        "°C",
        "the same of a day's temperature within its season: day-to-day changes in China average 1.5-1.8 °C (doi "
        "10.1029/2022EA002587), at an assumed correlation of 0.7 from day to day",
        2.5, ge=0, le=15, usual=(0, 6), band=Spread(N_("spread of temperatures"), 0.5, 1.5),
    )  # fmt: skip
    delivery_target_h: float = figure(
        "h", "harvest to market, the target reported", 48.0, gt=0, le=1000, usual=(4, 240)
    )


class Economics(Noun):
    """Prices that are not tied to one asset."""

    interest_rate: float = figure(
        "share/year",
        "interest for the annuity of investments",
        0.05,
        ge=0,
        le=0.5,
        usual=(0.001, 0.25),
        band=Spread(N_("interest"), -0.02, 0.03, by="difference"),
    )
    power_cny_kwh: float = figure(
        "CNY/kWh",
        "electricity at the agricultural tariff",
        0.55,
        ge=0,
        le=10,
        usual=(0.05, 3),
        band=Spread(N_("price of electricity"), 0.7, 1.5),
    )
    today_haul_cny_t_km: float = figure(
        "CNY/(t·km)",
        "trader's truck, per tonne and loaded kilometre",
        1.2,
        ge=0,
        le=100,
        usual=(0.05, 15),
        band=Spread(N_("today's haulage"), 0.7, 1.4),
    )
    bulk_cny_t: float = figure(
        "CNY/t",
        "packing in bulk: sacks, liners and filling",
        10.0,
        ge=0,
        le=5000,
        band=Spread(N_("cost of packaging"), 0.5, 2.0),
    )
    basket_cny_t: float = figure(
        "CNY/t", "packing in baskets, one trip", 60.0, ge=0, le=5000, band=Spread(N_("cost of packaging"), 0.5, 2.0)
    )
    crate_cny_t: float = figure(
        "CNY/t",
        "packing in plastic crates: wear of one trip",
        30.0,
        ge=0,
        le=5000,
        band=Spread(N_("cost of packaging"), 0.5, 2.0),
    )
    foam_ice_cny_t: float = figure(
        "CNY/t",
        "packing in foam boxes with ice, one trip",
        400.0,
        ge=0,
        le=5000,
        band=Spread(N_("cost of packaging"), 0.5, 2.0),
    )
    crate_return_cny_t: float = figure(
        "CNY/t",
        "bringing empty crates back from the buyer",
        20.0,
        ge=0,
        le=5000,
        band=Spread(N_("cost of packaging"), 0.5, 2.0),
    )
    sorting_cny_t: float = figure(
        "CNY/t",
        "sorting and grading at the depot",
        30.0,
        ge=0,
        le=5000,
        band=Spread(N_("cost of sorting and loading"), 0.5, 2.0),
    )
    today_sorting_cny_t: float = figure(
        "CNY/t",
        "sorting by traders in today's chain",
        15.0,
        ge=0,
        le=5000,
        band=Spread(N_("cost of sorting and loading"), 0.5, 2.0),
    )
    loading_cny_t: float = figure(
        "CNY/t", "loading or unloading by hand, each time a lot is handled (chain.today_transfers, planned_transfers)",
        12.0, ge=0, le=1000, band=Spread(N_("cost of sorting and loading"), 0.5, 2.0))  # fmt: skip
    discount_at_life: float = figure(
        "share", "of the price that buyers take off what is sold at the end of its life", 0.3, ge=0, le=1,
        band=Spread(N_("discount for quality"), 0.0, 2.0))  # fmt: skip
    discount_below_quality: float = figure(
        "-", "quality of 100 below which they begin to take something off; 20 is the end of life", 40.0, gt=20, le=100,
        band=Spread(N_("quality below which buyers take something off"), -10.0, 20.0, by="difference"))  # fmt: skip
    standby_share: float = figure(
        "share", "of a module's connected power that it draws when nothing is cooled, on all days of the periods", 0.02,
        ge=0, le=1, band=Spread(N_("standby power"), 0.5, 3.0))  # fmt: skip
    demand_cny_kw_year: float = figure(
        "CNY/(kW·year)", "demand charge on the connected power of modules; none at the agricultural tariff", 0.0, ge=0,
        le=5000,
    )  # fmt: skip
    traced_lot_cny: float = figure(
        "CNY",
        "a lot sold traced: labels, records and its page; of crops with a traced_premium_cny_kg",
        0.0,
        ge=0,
        le=1e5,
    )
    traced_lot_t: float = figure("t", "tonnes in one lot sold traced", 1.0, gt=0, le=1000)
    late_cny_t: float = figure(
        "CNY/t",
        "what buyers deduct for a tonne that reaches them after chain.delivery_target_h",
        0.0,
        ge=0,
        le=1e6,
        usual=(1, 10000),
    )
    carbon_cny_t: float = figure(
        "CNY/t", "price of a tonne CO2e in the decision, on fuel, electricity and leaks of refrigerant", 0.0, ge=0,
        le=1e5, usual=(5, 5000))  # fmt: skip
    grid_kg_kwh: float = figure(
        "kg/kWh", "CO2e of electricity; China's average of 2022, by province 0.1 to 0.7", 0.5366, ge=0, le=2
    )
    fee_cny_t: float | None = figure(
        "CNY/t",
        "what depots charge for a tonne cooled; none: operators are not looked at",
        None,
        ge=0,
        le=1e5,
        usual=(2, 5000),
    )
    own_rate: float | None = figure(
        "share/year", "interest operators ask of their own money; none: interest_rate", None, ge=0, le=0.5
    )
    must_return: bool = figure("-", "whether an owner builds only if fees and award return its own money", False)


class Siting(Noun):
    """Limits and aim of the choice of depots."""

    objective: tuple[Objective, ...] = figure("-", "aims in order of rank", ("total_cost_cny",), min_length=1)
    tolerance: float = figure("share", "how much an earlier aim may be worsened for a later one", 0.01, ge=0, le=1)
    tolerances: tuple[float, ...] = figure("share", "the same of each aim in order, instead of tolerance", ())
    budget_cny: float = figure("CNY", "most subsidy that may be awarded in all", 0.0, ge=0, le=1e12)
    max_first_mile_h: float = figure("h", "most hours aboard on the first mile", 3.0, gt=0, le=48, usual=(0.1, 12))
    peak_factor: float = figure(
        "-", "peak day against the period's mean day, for capacities", 1.2, ge=1, le=10, usual=(1, 5)
    )
    depot_types: tuple[str, ...] = figure("-", "depot types on offer; all of the catalogue if empty", ())
    mobile_units: tuple[str, ...] = figure(
        "-", "mobile units on offer; each owner may buy them, and they may stand at any site that is not forbidden", ()
    )
    units_per_owner: int = figure("-", "most mobile units of one kind that an owner buys", 2, ge=1, le=20)
    plants: tuple[str, ...] = figure("-", "processing plants on offer, as modules of a depot; none if empty", ())
    seasonal: bool = figure(
        "-", "whether a village may be served elsewhere in each period; always so with mobile units or plants", False
    )
    gap: float = figure("share", "stop when the proven gap is this small", 0.005, ge=0, le=1)
    coverage: float = figure("share", "least share of all harvest pre-cooled within its deadline", 0.0, ge=0, le=1)
    county_coverage: float = figure("share", "the same in every county by itself", 0.0, ge=0, le=1)
    coverage_by_class: dict[str, float] = figure(
        "share", "the same in every county of a class of subsidy.class_of_county, instead", {}
    )
    coverage_by_county: dict[str, float] = figure("share", "the same in single counties, instead", {})
    coverage_by_year: dict[str, float] = figure(
        "share",
        "part of these targets to be reached in single years, by what was built in programme years before",
        {},
    )
    award_share_by_county: dict[str, float] = figure(
        "share", "least share of all awards that goes to owners in single counties", {}
    )
    on_time: float = figure(
        "share", "least share of all harvest that reaches its buyer within chain.delivery_target_h", 0.0, ge=0, le=1
    )
    single_source: bool = figure(
        "-", "whether what a village harvests for one temperature zone goes to one depot whole, or not at all", False
    )


class Subsidy(Noun):
    """A subsidy programme: what one module is awarded, who is eligible, caps, pots by county and year, a policy floor.

    The award of a module is the least of ``rate·capex``, ``rate·unit_price·net_m3`` and ``award_price·net_m3``, of
    those that are given; an owner is awarded the sum over its modules, at most the cap. Of a loan, the rate is what is
    paid of its interest each year: ``rate·loan_share·loan_years`` stands in place of ``rate``.
    """

    programme: str = figure(
        "-", "a shipped programme, see docs/programmes.md; the other keys replace single figures of it", ""
    )
    kind: Programme = figure(
        "-", "what is paid: grant, a share of the cost; loan_interest, points of the interest on a loan", "grant"
    )
    rate: float = figure(
        "share", "share of the eligible cost that is paid; of loan_interest: of the loan, each year", 0.4, ge=0, le=1
    )
    loan_share: float = figure("share", "loan_interest: share of the cost that is lent", 0.7, ge=0, le=1)
    loan_years: int = figure(
        "years", "loan_interest: years for which interest is paid; the loan is returned at their end", 3, ge=1, le=20
    )
    rate_by_class: dict[str, float] = figure("share", "rate of each class of counties, instead of rate", {})
    class_of_county: dict[str, str] = figure("-", "class of single counties, for rate_by_class", {})
    rate_by_county: dict[str, float] = figure("share", "rate of single counties, instead of both", {})
    unit_price_cny_m3: float | None = figure(
        "CNY/m³", "eligible cost per net m³; none: the actual cost alone", None, ge=0, usual=(30, 20000)
    )
    unit_price_by_type_cny_m3: dict[str, float] = figure(
        "CNY/m³", "the same of single depot types or constructions, instead", {}
    )
    award_by_type_cny_m3: dict[str, float] = figure(
        "CNY/m³", "most paid per net m³ of single depot types or constructions; others are not eligible; empty: all", {}
    )
    cap_per_owner_cny: float | None = figure(
        "CNY", "most one owner is awarded; none: no cap", None, ge=0, usual=(10000, 100000000)
    )
    awarded_by_owner_cny: dict[str, float] = figure(
        "CNY", "awarded to single owners before, in earlier years of the programme; counts against the cap", {}
    )
    floor_share: float = figure(
        "share", "least share of all new investment that the awards must reach", 0.0, ge=0, le=1
    )
    least_m3: float = figure("m³", "smallest net volume of new modules that one depot may apply with", 0.0, ge=0)
    owner_kinds: tuple[str, ...] = figure("-", "eligible kinds of owners, as in sites.owner_kind; empty: all", ())
    constructions: tuple[str, ...] = figure("-", "eligible constructions of depot types; empty: all", ())
    own_money: bool = figure(
        "-", "whether those who are not eligible may build with their own money; otherwise they build nothing", False
    )
    pot_by_county_cny: dict[str, float] = figure("CNY", "most that may be awarded in single counties", {})
    years: tuple[int, ...] = figure("-", "programme years, in order; empty: all is awarded at once", ())
    pot_by_year_cny: dict[str, float] = figure(
        "CNY", "most that is awarded in each programme year; what is left over moves to the next year", {}
    )
    paid_after_years: float = figure(
        "years", "from the investment to the payment: build first, then paid", 0.0, ge=0, le=20
    )
    source: str = figure("-", "the notice the rule is taken from", "")


class Roads(Noun):
    """How places meet the road network."""

    file: str = figure(
        "-", "file of road lines, OpenStreetMap file, or folder of GMNS tables; empty: proximity network", ""
    )
    snap_m: float = figure("m", "ends of road lines this near to another line are joined to it", 1.0, ge=0, le=50)
    far_snap_m: float = figure("m", "places farther than this from any road are reported", 500.0, gt=0)
    max_snap_m: float = figure("m", "places farther than this from any road are refused", 5000.0, gt=0)
    access_kmh: float = figure("km/h", "speed between a place and the road it meets", 10.0, gt=0, le=120, usual=(2, 60))
    proximity_kmh: float = figure("km/h", "speed on a proximity network", 30.0, gt=0, le=120, usual=(5, 100))
    circuity: float = figure("-", "road length against straight line on a proximity network", 1.4, ge=1, le=5)


class Routing(Noun):
    """Vehicles on offer, the hours of a stop, and how far loads and hours stray from the usual day."""

    collection_vehicles: tuple[str, ...] = figure(
        "-", "vehicle types of the first mile", ("light_truck",), min_length=1
    )
    line_haul_vehicles: tuple[str, ...] = figure(
        "-", "vehicle types from depot to hub", ("reefer_4m2", "reefer_9m6"), min_length=1
    )
    engine: Engine = figure("-", "search of the collection routes: ruin-recreate (our own) or ortools", "ruin-recreate")
    split_pickups: bool = figure(
        "-", "whether several vehicles may share the load of a village that one could take, where that costs less", True
    )
    stop_h: float = figure("h", "halt at each village", 0.1, ge=0, le=12, usual=(0.01, 3))
    load_h_t: float = figure("h/t", "loading time per tonne", 0.15, ge=0, le=12, usual=(0.005, 3))
    dock_h: float = figure(
        "h", "at the docks of depot and hub together, each line-haul trip", 1.0, ge=0, le=12, usual=(0.05, 6)
    )
    haul_m3_t: float = figure(
        "m³/t", "space that crated produce takes in a line-haul truck", 4.0, gt=0, le=50, usual=(1, 20)
    )
    harvest_crop_cv: float = figure(
        "-", "spread (coefficient of variation) of a crop's season in the county", 0.15, ge=0, le=2
    )
    harvest_village_cv: float = figure("-", "the same of a village's season", 0.15, ge=0, le=2)
    harvest_day_cv: float = figure("-", "the same of what a village picks on one day of its season", 0.2, ge=0, le=2)
    travel_day_cv: float = figure("-", "spread of the hours on all roads of a day", 0.1, ge=0, le=2)
    travel_leg_cv: float = figure("-", "spread of the hours on one leg of a trip", 0.2, ge=0, le=2)
    driver_h_week: float = figure(
        "h",
        "most hours on duty in a week of who drives an owned vehicle; 168: no limit. 40 (State Council Decree 174 of "
        "1995) and overtime of 36 a month (Labour Law, article 41)",
        48.0, gt=0, le=168, usual=(20, 84),
    )  # fmt: skip
    haul_depots: int = figure(
        "-", "most depots of a hub at which one line-haul truck loads on its way; 1: each depot sends its own", 4, ge=1,
        le=4,
    )  # fmt: skip
