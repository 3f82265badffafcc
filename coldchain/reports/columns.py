"""Columns of the tables of a report: key, heading with its unit, and how figures are written."""

from __future__ import annotations

from typing import Literal

from coldchain.language import N_

Form = Literal["text", "count", "tonnes", "cny", "share", "hours", "km"]
Columns = tuple[tuple[str, str, Form], ...]

LOSS: Columns = (
    ("harvest_t", N_("Harvest, t"), "tonnes"), ("baseline_loss_t", N_("Lost today, t"), "tonnes"),
    ("plan_loss_t", N_("Lost with the plan, t"), "tonnes"), ("saved_t", N_("Saved, t"), "tonnes"),
    ("baseline_rate", N_("Lost today"), "share"), ("plan_rate", N_("Lost with the plan"), "share"),
)  # fmt: skip
DEPOTS: Columns = (
    ("depot", N_("Depot"), "text"), ("name", N_("Name"), "text"), ("county", N_("County"), "text"),
    ("owner", N_("Owner"), "text"), ("status", N_("Status"), "text"), ("new_modules", N_("New modules"), "text"),
    ("standing_modules", N_("Modules that stand"), "text"), ("net_m3", N_("Net m³"), "count"),
    ("throughput_t_day", N_("Throughput, t/day"), "tonnes"), ("tonnes_year", N_("Cooled, t/year"), "tonnes"),
    ("villages", N_("Villages"), "count"), ("capex_cny", N_("Investment, CNY"), "cny"),
    ("subsidy_cny", N_("Subsidy, CNY"), "cny"), ("hub", N_("Hub"), "text"), ("haul_km", N_("To the hub, km"), "km"),
)  # fmt: skip
DEPOTS_PAGE = ("depot", "name", "county", "status", "modules", "tonnes_year", "villages", "capex_cny", "subsidy_cny")
ASSIGNMENT: Columns = (
    ("village", N_("Village"), "text"), ("village_name", N_("Name"), "text"), ("commodity", N_("Crop"), "text"),
    ("depot", N_("Depot"), "text"), ("depot_name", N_("Name of the depot"), "text"), ("zone", N_("Zone"), "text"),
    ("method", N_("Pre-cooling"), "text"), ("share", N_("Share"), "share"),
    ("tonnes_year", N_("Cooled, t/year"), "tonnes"), ("direct_h", N_("Straight to the depot, h"), "hours"),
    ("period", N_("Period"), "text"),
)  # fmt: skip
ROUTES: Columns = (
    ("route", N_("Route"), "text"), ("depot", N_("Depot"), "text"), ("period", N_("Period"), "text"),
    ("vehicle", N_("Vehicle"), "text"), ("days", N_("Days"), "count"), ("villages", N_("Villages in order"), "text"),
    ("load_kg", N_("Load, kg"), "count"), ("km", N_("Distance, km"), "km"), ("hours", N_("Hours"), "hours"),
    ("cost_cny_day", N_("CNY/day"), "cny"),
)  # fmt: skip
AWARDS: Columns = (
    ("no", N_("No."), "count"), ("owner", N_("Applicant"), "text"), ("county", N_("County"), "text"),
    ("depots", N_("Depots"), "text"), ("net_m3", N_("Net m³"), "count"),
    ("investment_cny", N_("Investment, CNY"), "cny"), ("reckoning", N_("Reckoning"), "text"),
    ("award_cny", N_("Award, CNY"), "cny"), ("own_money_cny", N_("Own money, CNY"), "cny"),
    ("award_share", N_("Award of investment"), "share"),
)  # fmt: skip
BUDGETS: Columns = (
    ("budget_cny", N_("Budget, CNY"), "cny"), ("siting_cost_cny", N_("Yearly cost, siting alone, CNY"), "cny"),
    ("loss_t", N_("Lost, t"), "tonnes"), ("depots_with_new_modules", N_("Depots built"), "count"),
)  # fmt: skip
SWEEP: Columns = (
    ("budget_cny", N_("Budget, CNY"), "cny"), ("subsidy_cny", N_("Subsidy, CNY"), "cny"),
    ("loss_rate", N_("Lost"), "share"), ("loss_t", N_("Lost, t"), "tonnes"),
    ("sites_built", N_("Depots built"), "count"),
    ("next_million_saves_t", N_("The next million saves, t"), "tonnes"),
    ("next_million_saves_cny", N_("The next million saves, CNY a year"), "cny"),
)  # fmt: skip
UNSERVED: Columns = (
    ("village", N_("Village"), "text"), ("name", N_("Name"), "text"), ("harvest_t", N_("Harvest, t"), "tonnes"),
    ("plan_loss_t", N_("Lost with the plan, t"), "tonnes"), ("reason", N_("Why it is not served"), "text"),
)  # fmt: skip
ASSUMED: Columns = (("text", N_("What was assumed, and whose data it is"), "text"),)
FACTS: Columns = (("fact", N_("Figure"), "text"), ("value", N_("Value"), "text"))
PAIRS: Columns = (("fact", N_("Figure"), "text"), ("today", N_("Today"), "text"), ("plan", N_("With the plan"), "text"))
SPREADS: Columns = (
    ("fact", N_("Figure"), "text"), ("good", N_("Good year (1 of 20 is better)"), "text"),
    ("usual", N_("Usual year"), "text"), ("bad", N_("Bad year (1 of 20 is worse)"), "text"),
)  # fmt: skip
MONEY: Columns = (
    ("use", N_("For what"), "text"), ("fact", N_("Source or use"), "text"), ("cny", N_("CNY"), "cny"),
    ("share", N_("Share"), "share"),
)  # fmt: skip
SAVINGS: Columns = (
    ("part", N_("Change of the chain"), "text"), ("t", N_("Saved, t"), "tonnes"), ("share", N_("Share"), "share"),
    ("cny", N_("Value saved, CNY"), "cny"),
)  # fmt: skip
STRESSES: Columns = (
    ("change", N_("If"), "text"), ("today_rate", N_("Lost today"), "share"),
    ("rate", N_("Lost with the plan"), "share"), ("loss_t", N_("Lost with the plan, t"), "tonnes"),
    ("refused", N_("Not cooled for want of room"), "share"), ("again", N_("Second trips for each tour"), "share"),
)  # fmt: skip
FULL: Columns = (
    ("depot", N_("Depot"), "text"), ("name", N_("Name"), "text"), ("cooled_t", N_("Cooled, t/year"), "tonnes"),
    ("warm_t", N_("Passed on warm, t/year"), "tonnes"), ("warm_share", N_("Share of what comes in"), "share"),
)  # fmt: skip
YEARS: Columns = (
    ("year", N_("Year replayed"), "count"), ("harvest_t", N_("Harvest, t"), "tonnes"),
    ("today_t", N_("Lost today, t"), "tonnes"), ("plan_t", N_("Lost with the plan, t"), "tonnes"),
    ("today_rate", N_("Lost today"), "share"), ("plan_rate", N_("Lost with the plan"), "share"),
)  # fmt: skip
PROBLEMS: Columns = (("text", N_("What to look at"), "text"),)
