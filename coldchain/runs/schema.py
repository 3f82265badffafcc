"""The tables of a run: their columns, each with its kind, unit and heading.

The writers of CSV, GeoPackage, workbook and page, and the readers of runs and of replays, take columns, kinds and
headings from here; a test holds docs/results.md and the list that verification keeps for itself against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from coldchain.language import N_, _

Kind = Literal["text", "number", "whole", "flag"]
TODAY = "today_"
_DTYPES: Mapping[Kind, str] = MappingProxyType({"text": "str", "number": "float64", "whole": "int64", "flag": "bool"})


@dataclass(frozen=True)
class Column:
    """A column of a table: what its cells hold, their unit (empty where they have none), and what people call it."""

    name: str
    kind: Kind
    unit: str
    heading: str


_DEFINED: tuple[Column, ...] = tuple(
    Column(*row)
    for row in (
        ("aboard_h", "number", "h", N_("Aboard, h")),
        ("arriving", "whole", "", N_("Units that arrive")),
        ("avoided_t", "number", "t", N_("Loss avoided, t")),
        ("award_cny", "number", "CNY", N_("Award, CNY")),
        ("award_cny_year", "number", "CNY/yr", N_("Award, CNY/year")),
        ("award_share", "number", "share", N_("Award of investment")),
        ("awarded_cny", "number", "CNY", N_("Awarded, CNY")),
        ("balance_cny", "number", "CNY", N_("Balance with interest, CNY")),
        ("baseline_loss_cny", "number", "CNY/yr", N_("Value lost today, CNY")),
        ("baseline_loss_t", "number", "t", N_("Lost today, t")),
        ("baseline_rate", "number", "share", N_("Lost today")),
        ("baseline_water_t", "number", "t", N_("Water lost today, t")),
        ("benefit_cny", "number", "CNY/yr", N_("Benefit, CNY/year")),
        ("before_cap_cny", "number", "CNY", N_("Award before the cap, CNY")),
        ("budget_cny", "number", "CNY", N_("Budget, CNY")),
        ("capacity_t", "number", "t", N_("Capacity, t")),
        ("beyond_cny_year", "number", "CNY/yr", N_("Cost beyond what it would save, CNY/year")),
        ("capex_cny", "number", "CNY", N_("Investment, CNY")),
        ("capital_cny", "number", "CNY/yr", N_("Capital, CNY/year")),
        ("capped", "flag", "", N_("Cut by the cap")),
        ("carried_cny", "number", "CNY", N_("Carried over, CNY")),
        ("co2e_kg", "number", "kg/yr", N_("CO2e, kg/year")),
        ("commodity", "text", "", N_("Crop")),
        ("cooled_h", "number", "h", N_("Harvest until pre-cooled, h")),
        ("cooled_share", "number", "share", N_("Share pre-cooled")),
        ("cooled_t", "number", "t", N_("Cooled, t/year")),
        ("cooperative", "text", "", N_("Co-operative")),
        ("cost_cny_day", "number", "CNY/day", N_("CNY/day")),
        ("county", "text", "", N_("County")),
        ("county_class", "text", "", N_("Class of county")),
        ("coverage", "number", "share", N_("Pre-cooled in time")),
        ("days", "number", "d", N_("Days")),
        ("delivery_h", "number", "h", N_("Harvest to buyer, h")),
        ("depot", "text", "", N_("Depot")),
        ("depots", "text", "", N_("Depots")),
        ("depots_with_new_modules", "whole", "", N_("Depots built")),
        ("direct_h", "number", "h", N_("Straight to the depot, h")),
        ("drive_h", "number", "h", N_("Driving, h")),
        ("duty", "text", "", N_("Vehicle of the day")),
        ("earned_cny", "number", "CNY/yr", N_("Earned by the later price, CNY")),
        ("energy_cny", "number", "CNY/yr", N_("Electricity, CNY/year")),
        ("fee_income_cny", "number", "CNY/yr", N_("Fees, CNY/year")),
        ("fee_needed_cny_t", "number", "CNY/t", N_("Fee needed, CNY/t")),
        ("fee_without_award_cny_t", "number", "CNY/t", N_("Fee needed without award, CNY/t")),
        ("gain_cny_year", "number", "CNY/yr", N_("Gain, CNY/year")),
        ("harvest_t", "number", "t", N_("Harvest, t")),
        ("haul_h", "number", "h", N_("To the hub, h")),
        ("haul_km", "number", "km", N_("To the hub, km")),
        ("hire_cny_year", "number", "CNY/yr", N_("Hire, CNY/year")),
        ("hired_days", "number", "d", N_("Days hired")),
        ("hires_day", "number", "1/day", N_("Hired for overflow, a day")),
        ("hours", "number", "h", N_("Hours")),
        ("hours_day", "number", "h/day", N_("Hours a day")),
        ("hub", "text", "", N_("Hub")),
        ("investment_cny", "number", "CNY", N_("Investment, CNY")),
        ("interest_cny", "number", "CNY/yr", N_("Interest, CNY")),
        ("km", "number", "km", N_("Distance, km")),
        ("km_day", "number", "km/day", N_("Distance, km/day")),
        ("lat", "number", "° north", N_("Latitude")),
        ("left_cny", "number", "CNY", N_("Left over, CNY")),
        ("leg", "text", "", N_("Leg")),
        ("load_kg", "number", "kg", N_("Load, kg")),
        ("load_t_day", "number", "t/day", N_("Load, t/day")),
        ("loan_cny", "number", "CNY", N_("Loan received less returned, CNY")),
        ("lon", "number", "° east", N_("Longitude")),
        ("loss_cny", "number", "CNY/yr", N_("Value lost, CNY")),
        ("loss_rate", "number", "share", N_("Lost")),
        ("loss_share", "number", "share", N_("Lost")),
        ("loss_t", "number", "t", N_("Lost, t")),
        ("lost_t", "number", "t", N_("Lost, t")),
        ("method", "text", "", N_("Pre-cooling")),
        ("most_day", "whole", "1/day", N_("Most on one day")),
        ("most_fee_cny_t", "number", "CNY/t", N_("Most the villages could pay, CNY/t")),
        ("moves_cny", "number", "CNY/yr", N_("Moves, CNY/year")),
        ("name", "text", "", N_("Name")),
        ("name_zh", "text", "", N_("Chinese name")),
        ("needed_h_day", "number", "h/day", N_("Needed on a day, h")),
        ("net_cny", "number", "CNY/yr", N_("Net, CNY/year")),
        ("net_m3", "number", "m³", N_("Net m³")),
        ("new_modules", "text", "", N_("New modules")),
        ("no", "whole", "", N_("No.")),
        ("order", "whole", "", N_("Order of the stop")),
        ("over_share", "number", "share", N_("Days on which it is too much")),
        ("overflow_cny_day", "number", "CNY/day", N_("Overflow and waiting, CNY/day")),
        ("own_cny_year", "number", "CNY/yr", N_("Owning, CNY/year")),
        ("own_money_cny", "number", "CNY", N_("Own money, CNY")),
        ("other_years", "number", "share", N_("In other years' harvests")),
        ("owned", "whole", "", N_("Vehicles owned")),
        ("owned_days", "number", "d", N_("Days driven by own vehicles")),
        ("owner", "text", "", N_("Owner")),
        ("owner_kind", "text", "", N_("Kind of owner")),
        ("owners", "whole", "", N_("Owners that build")),
        ("paid_wait_h", "number", "h/day", N_("Paid while waiting for loads, h/day")),
        ("paid", "number", "year", N_("Year of payment")),
        ("payback_years", "number", "yr", N_("Payback, years")),
        ("pays_in", "number", "share", N_("Draws in which it pays for itself")),
        ("people_day", "number", "1/day", N_("People on a day")),
        ("period", "text", "", N_("Period")),
        ("persons", "number", "persons", N_("Persons at hand")),
        ("place", "text", "", N_("Place of work")),
        ("plan_cny", "number", "CNY/yr", N_("All costs with the plan, CNY/year")),
        ("plan_cny_t", "number", "CNY/t", N_("With the plan, CNY/t")),
        ("plan_loss_cny", "number", "CNY/yr", N_("Value lost with the plan, CNY")),
        ("plan_loss_t", "number", "t", N_("Lost with the plan, t")),
        ("planned", "flag", "", N_("In the plan")),
        ("plan_rate", "number", "share", N_("Lost with the plan")),
        ("plan_water_t", "number", "t", N_("Water lost with the plan, t")),
        ("pot_cny", "number", "CNY", N_("Pot of the year, CNY")),
        ("possible", "flag", "", N_("May be built on")),
        ("power_cny", "number", "CNY/yr", N_("Electricity of storage, CNY/year")),
        ("process_cny", "number", "CNY/yr", N_("Processing, CNY/year")),
        ("product_t", "number", "t", N_("Product, t")),
        ("rate", "number", "share", N_("Rate of subsidy")),
        ("raw_t", "number", "t", N_("Processed, t")),
        ("reason", "text", "", N_("Why not")),
        ("reckoning", "text", "", N_("Reckoning")),
        ("returns_day", "number", "1/day", N_("Further trips for overflow, a day")),
        ("revenue_cny", "number", "CNY/yr", N_("Earned by products, CNY/year")),
        ("ride_h", "number", "h", N_("Ride to the hub, h")),
        ("route", "text", "", N_("Route")),
        ("running_cny", "number", "CNY/yr", N_("Running cost, CNY/year")),
        ("saved_cny_year", "number", "CNY/yr", N_("Saved, CNY/year")),
        ("share", "number", "share", N_("Share")),
        ("site", "text", "", N_("Site")),
        ("skill", "text", "", N_("Skill")),
        ("siting_cost_cny", "number", "CNY/yr", N_("Yearly cost, siting alone, CNY")),
        ("source", "text", "", N_("Emitted by")),
        ("standing", "whole", "", N_("Units that stand here")),
        ("standing_modules", "text", "", N_("Modules that stand")),
        ("status", "text", "", N_("Status")),
        ("stops", "whole", "", N_("Stops")),
        ("subsidy_cny", "number", "CNY", N_("Subsidy, CNY")),
        ("subsidy_needed_cny", "number", "CNY", N_("Subsidy needed, CNY")),
        ("throughput_t_day", "number", "t/day", N_("Throughput, t/day")),
        ("today_cny", "number", "CNY/yr", N_("All costs today, CNY/year")),
        ("today_cny_t", "number", "CNY/t", N_("Today, CNY/t")),
        ("today_share", "number", "share", N_("Lost today")),
        ("tonnes", "number", "t", N_("Tonnes")),
        ("tonnes_year", "number", "t/yr", N_("Cooled, t/year")),
        ("tour", "text", "", N_("Depots of the tour")),
        ("town", "text", "", N_("Township")),
        ("trips_day", "whole", "1/day", N_("Trips a day")),
        ("trips_year", "number", "1/yr", N_("Trips a year")),
        ("unit", "text", "", N_("Mobile unit")),
        ("units_bought", "text", "", N_("Mobile units bought")),
        ("until", "text", "", N_("Kept until")),
        ("vehicle", "text", "", N_("Vehicle")),
        ("verdict", "text", "", N_("Verdict")),
        ("water_t", "number", "t", N_("Of this as water, t")),
        ("village", "text", "", N_("Village")),
        ("villages", "whole", "", N_("Villages")),
        ("wait_h", "number", "h", N_("Waiting for the vehicle, h")),
        ("worth_cny_person", "number", "CNY/yr", N_("One more person is worth, CNY/year")),
        ("year", "whole", "", N_("Year")),
        ("within_1_percent", "number", "share", N_("In plans within 1 %")),
        ("zone", "text", "", N_("Zone")),
    )
)
COLUMNS: Mapping[str, Column] = MappingProxyType({column.name: column for column in _DEFINED})
"""Every column; one name means the same in all tables."""

_ROWS = {
    "depots": (
        "depot name county owner lon lat status new_modules standing_modules net_m3 throughput_t_day tonnes_year "
        "villages capex_cny subsidy_cny hub haul_h haul_km units_bought"
    ),
    "villages": (
        "village name county town cooperative lon lat harvest_t cooled_t baseline_loss_t plan_loss_t avoided_t "
        "baseline_rate plan_rate baseline_water_t plan_water_t baseline_loss_cny plan_loss_cny reason"
    ),
    "assignment": "village commodity depot zone method share tonnes_year direct_h unit period",
    "units": "unit period depot standing arriving moves_cny",
    "routes": "route depot period vehicle days stops load_kg km drive_h hours cost_cny_day",
    "stops": "route order village load_kg aboard_h",
    "duties": "duty order period vehicle depot route zone tour hours wait_h",
    "fleet": ("vehicle owner owned owned_days hired_days most_day trips_year own_cny_year hire_cny_year depots"),
    "line_haul": (
        "depot hub period zone days load_t_day vehicle trips_day capacity_t km_day hours_day cost_cny_day tour ride_h"
    ),
    "overflow": "route depot period zone over_share returns_day hires_day paid_wait_h overflow_cny_day",
    "storage": "depot zone method commodity period until days share tonnes lost_t power_cny earned_cny",
    "products": "depot zone commodity period raw_t product_t revenue_cny process_cny",
    "emissions": "leg source depot co2e_kg",
    "people": "depot period skill people_day hours",
    "crews": "skill place persons hours_day needed_h_day worth_cny_person",
    "subsidies": (
        "no owner owner_kind county county_class depots net_m3 investment_cny rate reckoning before_cap_cny award_cny "
        "capped own_money_cny award_share"
    ),
    "operators": (
        "owner cooled_t fee_income_cny energy_cny running_cny capital_cny award_cny_year net_cny fee_needed_cny_t "
        "fee_without_award_cny_t subsidy_needed_cny most_fee_cny_t verdict"
    ),
    "cash_flow": (
        "owner year investment_cny award_cny loan_cny interest_cny fee_income_cny energy_cny running_cny net_cny "
        "balance_cny"
    ),
    "rollout": "owner year investment_cny award_cny paid saved_cny_year",
    "programme_years": "year pot_cny carried_cny awarded_cny left_cny investment_cny owners loss_t loss_rate coverage",
    "commodities": (
        "commodity name name_zh harvest_t cooled_share baseline_loss_t plan_loss_t baseline_rate plan_rate"
    ),
    "lots": (
        "village commodity period depot zone method until tonnes aboard_h wait_h cooled_h delivery_h loss_share loss_t "
        "water_t loss_cny today_share"
    ),
    "next_budget": "budget_cny siting_cost_cny loss_t loss_cny depots_with_new_modules",
    "firmness": "depot name planned within_1_percent other_years pays_in",
    "balance": (
        "village name county harvest_t today_cny plan_cny capital_cny benefit_cny investment_cny payback_years "
        "today_cny_t plan_cny_t"
    ),
    "sites_left_out": "site name county possible beyond_cny_year reason",
    "prospects": (
        "site owner county new_modules cooled_t fee_needed_cny_t most_fee_cny_t subsidy_needed_cny gain_cny_year "
        "verdict"
    ),
}
_OF_TODAY = ("assignment", "routes", "stops", "duties", "fleet", "line_haul", "storage")
TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: tuple(row.split()) for name, row in _ROWS.items()}
    | {"today_depots": ("depot", "hub")}
    | {f"{TODAY}{name}": tuple(_ROWS[name].split()) for name in _OF_TODAY}
)
"""Every table with the names of its columns, in the order they are written."""
OPTIONAL = frozenset(
    {
        "balance",
        "firmness",
        "sites_left_out",
        "prospects",
        "next_budget",
        "products",
        "emissions",
        "people",
        "crews",
        "today_depots",
        *(f"{TODAY}{name}" for name in _OF_TODAY),
    }
)
"""Tables that are written only where there is something to say; a run without them is whole."""
PLACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "depots": ("depot", "hub"),
        "villages": ("village",),
        "balance": ("village",),
        "commodities": ("commodity",),
        "assignment": ("village", "commodity", "depot", "period", "zone", "method"),
        "units": ("period", "depot"),
        "routes": ("depot", "period", "vehicle"),
        "stops": ("village",),
        "duties": ("period", "vehicle", "depot"),
        "fleet": ("vehicle",),
        "line_haul": ("depot", "hub", "period", "vehicle"),
        "overflow": ("depot", "period"),
        "people": ("depot", "period"),
        "storage": ("depot", "commodity", "period", "until", "zone", "method"),
        "rollout": ("owner",),
        "lots": ("village", "commodity", "period", "depot", "zone", "method"),
    }
)
"""Columns that name something of the scenario."""


def kinds_of(table: str) -> dict[str, Kind]:
    """Return column -> kind of a table of a run; empty for any other table."""
    return {name: COLUMNS[name].kind for name in TABLES.get(table, ())}


def frame(table: str, rows: Any) -> pd.DataFrame:
    """Return a table of a run with its columns in order and of their kinds, with or without rows.

    Parameters
    ----------
    rows : tuples or dictionaries, one for each row; or column -> values
    """
    kinds = kinds_of(table)
    if isinstance(rows, list):
        by_name = rows and isinstance(rows[0], dict)
        columns = [[row.get(name) for row in rows] for name in kinds] if by_name else zip(*rows, strict=True)
        cells = columns if rows else [()] * len(kinds)
        return pd.DataFrame({name: _array(given, kinds[name]) for name, given in zip(kinds, cells, strict=True)})
    made = pd.DataFrame(rows, columns=list(kinds))
    is_of = dict(made.dtypes)
    wanted = {name: _DTYPES[kind] for name, kind in kinds.items()}
    return made.astype({name: dtype for name, dtype in wanted.items() if is_of[name] != dtype})


def _array(cells: Sequence[Any], kind: Kind) -> Any:
    return pd.array(cells, dtype="str") if kind == "text" else np.array(cells, dtype=_DTYPES[kind])


def heading(name: str) -> str:
    """Return what people call a column, in the language spoken; its name where it is none of a run."""
    return _(COLUMNS[name].heading) if name in COLUMNS else name
