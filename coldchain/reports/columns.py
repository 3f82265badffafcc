"""Columns of the tables of a report: key, heading with its unit, and how figures are written.

What a run's tables hold takes heading and form from :mod:`coldchain.runs.schema`; what a report adds is stated here.
"""

from __future__ import annotations

from typing import Literal

from coldchain.language import N_
from coldchain.runs import schema

Form = Literal["text", "count", "tonnes", "cny", "share", "hours", "years", "km"]
Columns = tuple[tuple[str, str, Form], ...]
FORMS: dict[str, Form] = {
    "t": "tonnes", "t/yr": "tonnes", "t/day": "tonnes", "CNY": "cny", "CNY/yr": "cny", "CNY/day": "cny",
    "share": "share", "h": "hours", "yr": "years", "km": "km",
}  # fmt: skip


def of_run(*names: str) -> Columns:
    """Return columns of a run's tables.

    Examples
    --------
    >>> of_run("depot", "capex_cny", "villages")
    (('depot', 'Depot', 'text'), ('capex_cny', 'Investment, CNY', 'cny'), ('villages', 'Villages', 'count'))
    """
    columns = (schema.COLUMNS[name] for name in names)
    return tuple(
        (one.name, one.heading, "text" if one.kind == "text" else FORMS.get(one.unit, "count")) for one in columns
    )


LOSS: Columns = (
    *of_run("harvest_t", "baseline_loss_t", "plan_loss_t"),
    ("saved_t", N_("Saved, t"), "tonnes"),
    *of_run("baseline_rate", "plan_rate"),
)
DEPOTS = of_run(
    "depot",
    "name",
    "county",
    "owner",
    "status",
    "new_modules",
    "standing_modules",
    "net_m3",
    "throughput_t_day",
    "tonnes_year",
    "villages",
    "capex_cny",
    "subsidy_cny",
    "hub",
    "haul_km",
)
DEPOTS_PAGE = ("depot", "name", "county", "status", "modules", "tonnes_year", "villages", "capex_cny", "subsidy_cny")
ASSIGNMENT: Columns = (
    *of_run("village"),
    ("village_name", N_("Name"), "text"),
    *of_run("commodity", "depot"),
    ("depot_name", N_("Name of the depot"), "text"),
    *of_run("zone", "method", "share", "tonnes_year", "direct_h", "period"),
)
ROUTES: Columns = (
    *of_run("route", "depot", "period", "vehicle", "days"),
    ("villages", N_("Villages in order"), "text"),
    *of_run("load_kg", "km", "hours", "cost_cny_day"),
)
AWARDS: Columns = (
    *of_run("no"),
    ("owner", N_("Applicant"), "text"),
    *of_run("county", "depots", "net_m3", "investment_cny", "reckoning", "award_cny", "own_money_cny", "award_share"),
)
PRODUCTS = of_run("depot", "zone", "commodity", "period", "raw_t", "product_t", "revenue_cny", "process_cny")
BUDGETS = of_run("budget_cny", "siting_cost_cny", "loss_t", "depots_with_new_modules")
SWEEP: Columns = (
    *of_run("budget_cny", "subsidy_cny", "loss_rate", "loss_t"),
    ("sites_built", N_("Depots built"), "count"),
    ("next_million_saves_t", N_("The next million saves, t"), "tonnes"),
    ("next_million_saves_cny", N_("The next million saves, CNY a year"), "cny"),
)
BALANCE = of_run(
    "village", "name", "county", "harvest_t", "today_cny", "plan_cny", "benefit_cny", "investment_cny",
    "payback_years", "today_cny_t", "plan_cny_t",
)  # fmt: skip
BALANCE_SUMS = ("harvest_t", "today_cny", "plan_cny", "capital_cny", "benefit_cny", "investment_cny")
"""What counties add up."""
FLEET = of_run(
    "vehicle", "owner", "owned", "owned_days", "hired_days", "most_day", "trips_year", "own_cny_year", "hire_cny_year",
    "depots",
)  # fmt: skip
PEOPLE = of_run("depot", "period", "skill", "people_day", "hours")
PEOPLE_PAGE = of_run("depot", "skill", "people_day", "hours")
CREWS = of_run("skill", "place", "persons", "hours_day", "needed_h_day", "worth_cny_person")
UNSERVED = of_run("village", "name", "harvest_t", "plan_loss_t", "reason")
LEFT_OUT = of_run("site", "name", "county", "beyond_cny_year", "reason")
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
    *of_run("depot", "name", "cooled_t"),
    ("warm_t", N_("Passed on warm, t/year"), "tonnes"),
    ("warm_share", N_("Share of what comes in"), "share"),
)
YEARS: Columns = (
    ("year", N_("Year replayed"), "count"),
    *of_run("harvest_t"),
    ("today_t", N_("Lost today, t"), "tonnes"),
    ("plan_t", N_("Lost with the plan, t"), "tonnes"),
    ("today_rate", N_("Lost today"), "share"),
    *of_run("plan_rate"),
)
PROBLEMS: Columns = (("text", N_("What to look at"), "text"),)
