"""The annexes of the paper for a meeting: what its sentences rest on."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from coldchain.economy import HEADINGS
from coldchain.language import N_, _, plural
from coldchain.language.amounts import in_millions
from coldchain.papers.annex import annexes
from coldchain.papers.case import PaperCase
from coldchain.papers.paper import Block, Drawing, Head, Listing, PaperTable, Text
from coldchain.reports import figures
from coldchain.reports.document import sections
from coldchain.reports.figures import tonnes
from coldchain.reports.sketch import two_maps

MOST_NAMED, MOST_UNSERVED, MOST_SITES = 3, 40, 40
TOLD_ALREADY = (
    N_("Before and after"), N_("Depots"), N_("Award notice"), N_("Investment, once"), N_("Cost of a year"),
    N_("Assumptions and sources"), N_("Data problems"),
)  # fmt: skip
"""Titles of sections that body and annexes 1 and 2 show themselves."""


def annex_head(number: int, title: str) -> Head:
    """Return the heading of an annex."""
    return Head(_("Annex {number}. {title}").format(number=number, title=title), 1)


def behind(case: PaperCase) -> Iterator[Block]:
    """Yield annex 2, what the paper rests on, and annex 3, losses on the map and all tables."""
    yield annex_head(2, _("Costs, villages, sites and data in full"))
    yield _bill(case)
    yield from _unserved(case.told.tables["villages"])
    yield from _left_out(case)
    yield Head(_("Data and assumptions"), 3)
    texts = [*figures.assumed(case.told.summary), *map(str, case.told.summary["warnings"])]
    yield Listing(tuple(texts), numbered=True) if texts else Text(_("Nothing was assumed and no problem was found."))
    yield annex_head(3, _("Losses today and with the plan; tables"))
    words = _("Each dot is a village, its size what it harvests, its colour the share of it that is lost.")
    yield Drawing(words, two_maps(case.told.tables, (_("Today"), _("With the plan"))))
    told_already = {_(title) for title in TOLD_ALREADY}
    yield from annexes(one for one in sections(case.told) if one.title not in told_already)


def _bill(case: PaperCase) -> PaperTable:
    """Return the costs of a year: all of today's beside all of the plan's."""
    summary = case.told.summary
    costs, loss, net = figures.yearly_costs(summary), summary["loss"], summary.get("net")
    lost = _(HEADINGS["loss"])
    today = net["today_cny"] if net else None
    rows = [(lost, in_millions(loss["baseline_cny"]), in_millions(loss["plan_cny"]))]
    rest = figures.UNKNOWN if today is None else in_millions(today - loss["baseline_cny"])
    rows.append((_("Traders' haulage and what stands"), rest, figures.UNKNOWN))
    rows += [(label, figures.UNKNOWN, in_millions(cny)) for label, cny in costs if label != lost]
    totals = (figures.UNKNOWN if today is None else in_millions(today), in_millions(summary["annual_cny"]["total"]))
    return PaperTable(
        _("Costs of a year, losses included"), (_("Item"), _("Today"), _("With the plan")),
        (*rows, (_("Total"), *totals)), (False, True, True), unit=_("money in CNY M"), total=True,
    )  # fmt: skip


def _not_served(villages: pd.DataFrame) -> pd.DataFrame:
    """Return the villages with a reason, the largest harvest first."""
    out = villages[villages["reason"].astype(str) != ""]
    return out.sort_values("harvest_t", ascending=False, kind="stable")


def unserved_in_words(villages: pd.DataFrame) -> str:
    """Say how many villages stay with today's chain, with what harvest, and name the largest."""
    out = _not_served(villages)
    if out.empty:
        return _("Every village is served.")
    text = plural(
        "{count} village with a harvest of {t} stays with today's chain: {names}. Annex 2 says why.",
        "{count} villages with a harvest of {t} stay with today's chain, the largest {names}. Annex 2 says why.",
        len(out),
    )
    first = out.head(MOST_NAMED).to_dict("records")
    names = _(", ").join(f"{row['name'] or row['village']} ({tonnes(row['harvest_t'])})" for row in first)
    return text.format(count=len(out), t=tonnes(float(out["harvest_t"].sum())), names=names)


def _unserved(villages: pd.DataFrame) -> Iterator[Block]:
    out = _not_served(villages)
    if out.empty:
        return
    rows = tuple(
        (str(row["name"] or row["village"]), str(row["town"] or row["county"]), f"{row['harvest_t']:,.0f}",
         str(row["reason"]))
        for row in out.head(MOST_UNSERVED).to_dict("records")
    )  # fmt: skip
    headings = (_("Village"), _("Township"), _("Harvest, t"), _("Why not"))
    yield PaperTable(_("Villages not served"), headings, rows, (False, False, True, False))
    yield from _more(len(out) - MOST_UNSERVED)


def _left_out(case: PaperCase) -> Iterator[Block]:
    """Yield the sites without a depot, the nearest to one first, each with the number that decides."""
    table = case.told.tables.get("sites_left_out")
    if table is None or table.empty:
        return
    rows = tuple(
        (str(row["name"] or row["site"]), str(row["county"]),
         f"{row['beyond_cny_year']:,.0f}" if row["possible"] else figures.UNKNOWN, str(row["reason"]))
        for row in table.head(MOST_SITES).to_dict("records")
    )  # fmt: skip
    headings = (_("Site"), _("County"), _("Cost beyond what it would save, CNY/year"), _("Why not"))
    yield PaperTable(_("Sites left out"), headings, rows, (False, False, True, False))
    yield from _more(len(table) - MOST_SITES)


def _more(left: int) -> Iterator[Block]:
    """Say how many rows the workbook has beside those shown."""
    if left > 0:
        told = plural("{left:,} more row is in the workbook.", "{left:,} more rows are in the workbook.", left)
        yield Text(told.format(left=left), "note")
