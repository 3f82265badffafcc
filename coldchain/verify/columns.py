"""The tables of a run as verification knows them: their columns, and which of them decide the plan."""

from __future__ import annotations

COLUMNS: dict[str, tuple[str, ...]] = {
    "depots": (
        "depot", "name", "county", "owner", "lon", "lat", "status", "new_modules", "standing_modules", "net_m3",
        "throughput_t_day", "tonnes_year", "villages", "capex_cny", "subsidy_cny", "hub", "haul_h", "haul_km",
        "units_bought",
    ),
    "villages": (
        "village", "name", "county", "town", "cooperative", "lon", "lat", "harvest_t", "cooled_t", "baseline_loss_t",
        "plan_loss_t", "avoided_t", "baseline_rate", "plan_rate", "baseline_water_t", "plan_water_t",
        "baseline_loss_cny", "plan_loss_cny", "reason",
    ),
    "assignment": (
        "village", "commodity", "depot", "zone", "method", "share", "tonnes_year", "direct_h", "unit", "period",
    ),
    "units": ("unit", "period", "depot", "standing", "arriving", "moves_cny"),
    "routes": (
        "route", "depot", "period", "vehicle", "days", "stops", "load_kg", "km", "drive_h", "hours", "cost_cny_day",
    ),
    "stops": ("route", "order", "village", "load_kg", "aboard_h"),
    "duties": ("duty", "order", "period", "vehicle", "depot", "route", "zone", "tour", "hours", "wait_h"),
    "fleet": (
        "vehicle", "owner", "owned", "owned_days", "hired_days", "most_day", "trips_year", "own_cny_year",
        "hire_cny_year", "depots",
    ),
    "line_haul": (
        "depot", "hub", "period", "zone", "days", "load_t_day", "vehicle", "trips_day", "capacity_t", "km_day",
        "hours_day", "cost_cny_day", "tour", "ride_h",
    ),
    "overflow": (
        "route", "depot", "period", "zone", "over_share", "returns_day", "hires_day", "paid_wait_h", "overflow_cny_day",
    ),
    "storage": (
        "depot", "zone", "method", "commodity", "period", "until", "days", "share", "tonnes", "lost_t", "power_cny",
        "earned_cny",
    ),
    "products": ("depot", "zone", "commodity", "period", "raw_t", "product_t", "revenue_cny", "process_cny"),
    "emissions": ("leg", "source", "depot", "co2e_kg"),
    "people": ("depot", "period", "skill", "people_day", "hours"),
    "crews": ("skill", "place", "persons", "hours_day", "needed_h_day", "worth_cny_person"),
    "subsidies": (
        "no", "owner", "owner_kind", "county", "county_class", "depots", "net_m3", "investment_cny", "rate",
        "reckoning", "before_cap_cny", "award_cny", "capped", "own_money_cny", "award_share",
    ),
    "operators": (
        "owner", "cooled_t", "fee_income_cny", "energy_cny", "running_cny", "capital_cny", "award_cny_year",
        "net_cny", "fee_needed_cny_t", "fee_without_award_cny_t", "subsidy_needed_cny", "most_fee_cny_t", "verdict",
    ),
    "cash_flow": (
        "owner", "year", "investment_cny", "award_cny", "loan_cny", "interest_cny", "fee_income_cny", "energy_cny",
        "running_cny", "net_cny", "balance_cny",
    ),
    "rollout": ("owner", "year", "investment_cny", "award_cny", "paid", "saved_cny_year"),
    "programme_years": (
        "year", "pot_cny", "carried_cny", "awarded_cny", "left_cny", "investment_cny", "owners", "loss_t",
        "loss_rate", "coverage",
    ),
    "commodities": (
        "commodity", "name", "name_zh", "harvest_t", "cooled_share", "baseline_loss_t", "plan_loss_t",
        "baseline_rate", "plan_rate",
    ),
    "lots": (
        "village", "commodity", "period", "depot", "zone", "method", "until", "tonnes", "aboard_h", "wait_h",
        "cooled_h", "delivery_h", "loss_share", "loss_t", "water_t", "loss_cny", "today_share",
    ),
    "next_budget": ("budget_cny", "siting_cost_cny", "loss_t", "loss_cny", "depots_with_new_modules"),
    "firmness": ("depot", "name", "planned", "within_1_percent", "other_years", "pays_in"),
    "balance": (
        "village", "name", "county", "harvest_t", "today_cny", "plan_cny", "capital_cny", "benefit_cny",
        "investment_cny", "payback_years", "today_cny_t", "plan_cny_t",
    ),
    "sites_left_out": ("site", "name", "county", "possible", "beyond_cny_year", "reason"),
    "prospects": (
        "site", "owner", "county", "new_modules", "cooled_t", "fee_needed_cny_t", "most_fee_cny_t",
        "subsidy_needed_cny", "gain_cny_year", "verdict",
    ),
}  # fmt: skip
TODAY = "today_"
TODAY_TABLES = tuple(
    f"{TODAY}{name}" for name in ("depots", "assignment", "routes", "stops", "duties", "fleet", "line_haul", "storage")
)
"""What depots that stand already do without the plan: written where any stand."""
COLUMNS |= {name: COLUMNS[name.removeprefix(TODAY)] for name in TODAY_TABLES} | {"today_depots": ("depot", "hub")}
OPTIONAL = frozenset(
    {
        *TODAY_TABLES,
        "balance",
        "firmness",
        "sites_left_out",
        "prospects",
        "next_budget",
        "products",
        "emissions",
        "people",
        "crews",
    }
)
DECIDED_PLACES: dict[str, tuple[str, ...]] = {
    "depots": ("depot", "hub"),
    "assignment": ("village", "commodity", "depot", "period"),
    "units": ("period", "depot"),
    "routes": ("depot", "period", "vehicle"),
    "stops": ("village",),
    "duties": ("depot", "period", "vehicle"),
    "fleet": ("vehicle",),
    "line_haul": ("depot", "hub", "period", "vehicle"),
    "storage": ("depot", "commodity", "period", "until"),
    "rollout": ("owner",),
}
"""Columns of ids that decide the plan: each must be one of the scenario's."""
DECIDED_NUMBERS: dict[str, tuple[str, ...]] = {
    "assignment": ("share",),
    "units": ("standing", "arriving", "moves_cny"),
    "routes": ("days", "stops", "load_kg", "km", "drive_h", "hours", "cost_cny_day"),
    "stops": ("order", "load_kg", "aboard_h"),
    "duties": ("order", "hours", "wait_h"),
    "fleet": ("owned",),
    "line_haul": ("load_t_day", "trips_day", "capacity_t", "km_day", "hours_day", "cost_cny_day", "ride_h"),
    "storage": ("share", "tonnes", "lost_t", "power_cny", "earned_cny"),
    "rollout": ("year",),
}
