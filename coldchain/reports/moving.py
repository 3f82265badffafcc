"""What moves the answer of a plan, and how far it may be off: for terminals and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rich.box import ASCII2
from rich.table import Table

from coldchain.language import N_, _
from coldchain.language.amounts import in_millions
from coldchain.reports.columns import Columns
from coldchain.reports.figures import UNKNOWN, money, percent

TOTAL = "total_cost_cny"
MOVED: Columns = (
    ("what", N_("Uncertain figure"), "text"), ("low", N_("Low end"), "text"), ("high", N_("High end"), "text"),
    ("today_t", N_("Moves the loss today by, t"), "tonnes"),
    ("plan_t", N_("Moves the loss of the plan by, t"), "tonnes"),
    ("saving_t_low", N_("Saved at the low end, t"), "tonnes"),
    ("saving_t_high", N_("Saved at the high end, t"), "tonnes"),
    ("benefit_cny_low", N_("Net benefit at the low end, CNY"), "cny"),
    ("benefit_cny_high", N_("Net benefit at the high end, CNY"), "cny"), ("source", N_("Source of the band"), "text"),
)  # fmt: skip
MOVED_PAGE = ("what", "low", "high", "plan_t", "benefit_cny_low", "benefit_cny_high")
DOUBT: Columns = (
    ("fact", N_("Figure"), "text"), ("low", N_("1 of 20 is lower (P5)"), "text"), ("middle", N_("Median"), "text"),
    ("high", N_("1 of 20 is higher (P95)"), "text"),
)  # fmt: skip
FIRM: Columns = (
    ("depot", N_("Depot"), "text"), ("name", N_("Name"), "text"), ("in_plan", N_("In the plan"), "text"),
    ("within_1_percent", N_("In plans within 1 %"), "share"), ("other_years", N_("In other years' harvests"), "share"),
    ("pays_in", N_("Draws in which it pays for itself"), "share"),
)  # fmt: skip
COUNTS: Columns = (
    ("count", N_("Sites with new modules"), "count"),
    ("value", N_("Best plan met, CNY a year"), "cny"),
    ("more", N_("More than this plan, CNY"), "cny"),
)


def moved_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a sensitivity table with the columns of :data:`MOVED`."""
    moved = {part: (table[f"loss_{part}_t_high"] - table[f"loss_{part}_t_low"]).abs() for part in ("today", "plan")}
    return table.assign(today_t=moved["today"], plan_t=moved["plan"])


def flips_table(rows: pd.DataFrame) -> Table:
    """Return what would be decided elsewhere in a band as a table of the terminal, what saves most first."""
    shown = Table(box=ASCII2, show_edge=False, pad_edge=False, title_justify="left")
    for heading in (_("Uncertain figure"), _("where it lies"), _("depots that come"), _("depots that go")):
        shown.add_column(heading)
    shown.add_column(_("deciding by it saves a year"), justify="right")
    for row in rows.to_dict("records"):
        came, went = (str(row[name]).replace(";", _(", ")) or "-" for name in ("opens", "closes"))
        shown.add_row(str(row["what"]), str(row["at"]), came, went, str(money(float(row["worth_cny"]))))
    return shown


def moving_table(table: pd.DataFrame) -> Table:
    """Return the figures as a table of the terminal: saved tonnes and net benefit at both ends."""
    shown = Table(box=ASCII2, show_edge=False, pad_edge=False, title_justify="left")
    shown.add_column(_("Uncertain figure"))
    for heading in (
        _("low"),
        _("high"),
        _("lost today, t"),
        _("lost with plan, t"),
        _("saving, t"),
        _("benefit, CNY M"),
    ):
        shown.add_column(heading, justify="right")
    for row in table.to_dict("records"):
        ends = [_ends(row, name, lambda t: f"{t:,.0f}") for name in ("loss_today_t", "loss_plan_t", "saving_t")]
        shown.add_row(row["what"], row["low"], row["high"], *ends, _ends(row, "benefit_cny", in_millions))
    return shown


def _ends(row: Mapping[Any, Any], name: str, write: Any) -> str:
    low, high = (write(float(row[f"{name}_{end}"])) for end in ("low", "high"))
    return low if low == high else f"{low} … {high}"


def doubt_rows(summary: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return loss today, loss with the plan, value saved and payback: 5th, 50th and 95th percentile of the draws."""
    doubt = summary.get("doubt")
    if doubt is None:
        return []
    forms = (
        (_("Lost today"), "loss_today", percent), (_("Lost with the plan"), "loss_plan", percent),
        (_("Value saved a year"), "saving_cny", money), (_("Payback"), "payback_years", _years),
    )  # fmt: skip
    rows = []
    for label, name, write in forms:
        if name != "payback_years" or summary["investment"]["total_cny"] > 0:
            low, middle, high = (str(write(value)) for value in doubt[name])
            rows.append((label, low, middle, high))
    return rows


def _years(years: float | None) -> str:
    return _("never") if years is None else _("{years:.1f} years").format(years=years)


def doubt_note(summary: Mapping[str, Any]) -> str:
    """Say what was drawn."""
    text = _(
        "{draws} draws of all uncertain figures within their bands, depots, assignment and routes as planned; weather "
        "of single years not counted."
    )
    return text.format(draws=summary["doubt"]["draws"]) if "doubt" in summary else UNKNOWN


def doubt_facts(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the doubt of each figure in a line: from the 5th to the 95th percentile."""
    return [
        (_("{figure}, P5-P95").format(figure=label), _("{low} to {high}").format(low=low, high=high))
        for label, low, _middle, high in doubt_rows(summary)
    ]


def firm_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the depots of a plan and those of its rivals, the firmest first."""
    ranks = ["planned", "within_1_percent", "pays_in"]
    rows = table.sort_values([*ranks, "depot"], ascending=[False, False, False, True], kind="stable")
    return rows.assign(in_plan=np.where(rows["planned"], _("yes"), _("no")))


def count_rows(summary: Mapping[str, Any]) -> pd.DataFrame:
    """Return the best plan met for each number of depots, where the plan is for total cost."""
    value = float(summary["objective"]["value"])
    best = summary.get("firmness", {}).get("best_by_count", {}) if summary["objective"]["name"] == TOTAL else {}
    rows = [(int(number), cost, cost - value) for number, cost in best.items()]
    return pd.DataFrame(rows, columns=[key for key, _heading, _form in COUNTS])
