"""What a report holds, whatever it is written to: sections of facts and tables, in the language spoken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from coldchain.language import N_, _
from coldchain.report import figures

Form = Literal["text", "count", "tonnes", "cny", "share", "hours", "km"]
Tables = Mapping[str, pd.DataFrame]
Columns = tuple[tuple[str, str, Form], ...]

LOSS: Columns = (
    ("harvest_t", N_("Harvest, t"), "tonnes"), ("baseline_loss_t", N_("Lost today, t"), "tonnes"),
    ("plan_loss_t", N_("Lost with the plan, t"), "tonnes"), ("baseline_rate", N_("Lost today"), "share"),
    ("plan_rate", N_("Lost with the plan"), "share"),
)  # fmt: skip
DEPOTS: Columns = (
    ("depot", N_("Depot"), "text"), ("name", N_("Name"), "text"), ("county", N_("County"), "text"),
    ("owner", N_("Owner"), "text"), ("status", N_("Status"), "text"), ("new_modules", N_("New modules"), "text"),
    ("net_m3", N_("Net m³"), "count"), ("throughput_t_day", N_("Throughput, t/day"), "tonnes"),
    ("tonnes_year", N_("Cooled, t/year"), "tonnes"), ("villages", N_("Villages"), "count"),
    ("capex_cny", N_("Investment, CNY"), "cny"), ("subsidy_cny", N_("Subsidy, CNY"), "cny"), ("hub", N_("Hub"), "text"),
    ("haul_km", N_("To the hub, km"), "km"),
)  # fmt: skip
ASSIGNMENT: Columns = (
    ("village", N_("Village"), "text"), ("commodity", N_("Crop"), "text"), ("depot", N_("Depot"), "text"),
    ("zone", N_("Zone"), "text"), ("method", N_("Pre-cooling"), "text"), ("share", N_("Share"), "share"),
    ("tonnes_year", N_("Cooled, t/year"), "tonnes"), ("direct_h", N_("Straight to the depot, h"), "hours"),
    ("period", N_("Period"), "text"),
)  # fmt: skip
ROUTES: Columns = (
    ("route", N_("Route"), "text"), ("depot", N_("Depot"), "text"), ("period", N_("Period"), "text"),
    ("vehicle", N_("Vehicle"), "text"), ("days", N_("Days"), "count"), ("villages", N_("Villages in order"), "text"),
    ("load_kg", N_("Load, kg"), "count"), ("km", N_("km"), "km"), ("hours", N_("Hours"), "hours"),
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
UNSERVED: Columns = (
    ("village", N_("Village"), "text"), ("name", N_("Name"), "text"), ("harvest_t", N_("Harvest, t"), "tonnes"),
    ("plan_loss_t", N_("Lost with the plan, t"), "tonnes"), ("reason", N_("Why it is not served"), "text"),
)  # fmt: skip
FACTS: Columns = (("fact", N_("Figure"), "text"), ("value", N_("Value"), "text"))
PAIRS: Columns = (("fact", N_("Figure"), "text"), ("today", N_("Today"), "text"), ("plan", N_("With the plan"), "text"))
MONEY: Columns = (("fact", N_("Source or use"), "text"), ("cny", N_("CNY"), "cny"))


@dataclass(frozen=True)
class Section:
    """A table with a title, and a sentence on how to read it."""

    title: str
    columns: Columns
    rows: pd.DataFrame
    note: str = ""
    page: bool = True

    @property
    def headings(self) -> list[str]:
        """Headings in the language spoken."""
        return [_(heading) for _key, heading, _form in self.columns]


def sections(summary: Mapping[str, Any], tables: Tables) -> list[Section]:
    """Return the sections of a report on a plan, the most asked for first; ``page`` is False where a page is too small.

    Parameters
    ----------
    summary, tables : of a run, from :func:`coldchain.report.read_run`
    """
    villages = tables["villages"]
    unserved = villages[villages["reason"].astype(str).str.len() > 0]
    found = [
        Section(_("Before and after"), PAIRS, _frame(PAIRS, figures.before_and_after(summary))),
        Section(_("What is built, who is served"), FACTS, _frame(FACTS, _facts(summary))),
        Section(_("How sure is it"), FACTS, _frame(FACTS, figures.proof(summary)), _meaning(summary)),
        Section(_("Money by source and use"), MONEY, _frame(MONEY, _money(summary))),
        Section(_("Loss by crop"), (("crop", N_("Crop"), "text"), *LOSS), _by_crop(tables["commodities"])),
        Section(_("Loss by county"), (("county", N_("County"), "text"), *LOSS), _by(villages, "county")),
        Section(
            _("Loss by co-operative"),
            (("cooperative", N_("Co-operative"), "text"), *LOSS),
            _by(villages, "cooperative"),
        ),
        Section(_("Depots"), DEPOTS, tables["depots"]),
        Section(
            _("Award notice"), AWARDS, tables["subsidies"], _("As a public notice lists it, applicant by applicant.")
        ),
        Section(_("What the next million buys"), BUDGETS, tables["next_budget"], _next(tables["next_budget"])),
        Section(_("Assignment"), ASSIGNMENT, tables["assignment"], page=False),
        Section(_("Collection routes"), ROUTES, _routes(tables), page=False),
        Section(_("Villages not served"), UNSERVED, unserved, page=False),
        Section(_("Data problems"), FACTS[:1], _frame(FACTS[:1], [(str(text),) for text in summary["warnings"]])),
    ]
    return [section for section in found if len(section.rows)]


def _frame(columns: Columns, rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=[key for key, _heading, _form in columns])


def _facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [*figures.investment_facts(summary), *figures.service_facts(summary)]


def _meaning(summary: Mapping[str, Any]) -> str:
    told = _("No plan whatever, under the same rules and figures, is better by more than {gap}: proved, not estimated.")
    return told.format(gap=figures.percent(summary["objective"]["gap"]))


def _money(summary: Mapping[str, Any]) -> list[tuple[str, float]]:
    invested = summary["investment"]
    own = invested["total_cny"] - invested["subsidy_cny"]
    yearly = [(_("a year: {item}").format(item=item), cny) for item, cny in figures.yearly_costs(summary)]
    return [
        (_("Investment: subsidy"), invested["subsidy_cny"]),
        (_("Investment: owners' own money"), own),
        *yearly,
        (_("a year: all"), summary["annual_cny"]["total"]),
    ]


def _by_crop(crops: pd.DataFrame) -> pd.DataFrame:
    from coldchain.language import language

    names = crops["name_zh"] if language() == "zh" else crops["name"]
    return crops.assign(crop=names.where(names.astype(str) != "", crops["commodity"]))


def _by(villages: pd.DataFrame, column: str) -> pd.DataFrame:
    if column not in villages or villages[column].astype(str).nunique() < 2:
        return villages.iloc[:0]
    whole = villages.groupby(column, sort=True)[["harvest_t", "baseline_loss_t", "plan_loss_t"]].sum().reset_index()
    harvest = whole["harvest_t"].where(whole["harvest_t"] > 0)
    return whole.assign(
        baseline_rate=(whole["baseline_loss_t"] / harvest).fillna(0.0),
        plan_rate=(whole["plan_loss_t"] / harvest).fillna(0.0),
    )


def _routes(tables: Tables) -> pd.DataFrame:
    called = (
        tables["stops"].groupby("route")["village"].agg(" → ".join) if len(tables["stops"]) else pd.Series(dtype=str)
    )
    return tables["routes"].assign(villages=tables["routes"]["route"].map(called).fillna(""))


def _next(budgets: pd.DataFrame) -> str:
    if len(budgets) < 2:
        return ""
    first, last = budgets.iloc[0], budgets.iloc[-1]
    more, saved = last["budget_cny"] - first["budget_cny"], first["loss_t"] - last["loss_t"]
    told = _("{more} more of budget saves {saved} a year, siting alone.")
    return told.format(more=figures.money(more), saved=figures.tonnes(max(saved, 0.0)))
