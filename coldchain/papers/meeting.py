"""The paper for a meeting: advice on page one, four parts, tables in annexes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from coldchain.economy import HEADINGS
from coldchain.language import N_, _, plural
from coldchain.language.amounts import in_millions
from coldchain.language.ids import word
from coldchain.model import badges
from coldchain.papers.advice import Advice, payback
from coldchain.papers.annex import annexes, grid
from coldchain.papers.case import Case
from coldchain.papers.contents import archive_line, places_of
from coldchain.papers.notice import award_table
from coldchain.papers.paper import (
    Block,
    Break,
    Drawing,
    Grid,
    Head,
    Listing,
    Paper,
    Signature,
    Text,
    part,
    running,
    section,
    written_day,
    written_month,
)
from coldchain.reports import certainty, figures
from coldchain.reports.document import crop_names, sections
from coldchain.reports.figures import money, percent, tonnes
from coldchain.reports.sketch import two_maps
from coldchain.reports.wholechain import STAGES, stage_note, stage_rows

MOST_CROPS, MOST_UNSERVED, MOST_SITES = 3, 12, 12
CHOICES = (
    N_("What each budget buys"), N_("What the next million buys"), N_("Best plan for each number of depots"),
)  # fmt: skip
IN_THE_BODY = (
    N_("Before and after"), N_("Depots"), N_("Award notice"), N_("Assumptions and sources"), N_("Data problems"),
    N_("If a whole year is worse"), *CHOICES,
)  # fmt: skip
"""Titles of sections that the body of the paper tells itself."""


@dataclass
class Numbers:
    """Numbers of tables and figures, in the order they come."""

    count: dict[str, int] = field(default_factory=dict)

    def table(self, title: str) -> str:
        """Return the caption of the next table."""
        return _("Table {number}. {title}").format(number=self._next("table"), title=title)

    def figure(self, title: str) -> str:
        """Return the caption of the next figure."""
        return _("Figure {number}. {title}").format(number=self._next("figure"), title=title)

    def _next(self, kind: str) -> int:
        self.count[kind] = self.count.get(kind, 0) + 1
        return self.count[kind]


def meeting_paper(case: Case) -> Paper:
    """Return the paper of a plan."""
    numbers, papers = Numbers(), case.papers
    blocks = (
        *_advice(case, numbers),
        *_standing(case),
        *_proposal(case, numbers),
        *_open_questions(case, numbers),
        part(4, _("What the meeting is asked to decide")),
        Listing(tuple(case.advice.asked()), numbered=True),
        Signature(papers.issuer or _("(unit in full, seal)"), written_day(papers.date)),
        *_annexes(case),
    )
    title = _("Pre-cooling depots for {county}: a plan for decision").format(county=case.county)
    under = (papers.issuer or _("(unit in full)"), written_month(papers.date))
    return Paper(title, blocks, under, archive_line(case.told.summary))


def _advice(case: Case, numbers: Numbers) -> Iterator[Block]:
    advice = case.advice
    yield Text(advice.recommendation(), "key", _("Recommendation."))
    for label, texts in ((_("Reasons."), advice.reasons()), (_("Doubts."), advice.doubts())):
        listed = [_("({number}) {text}").format(number=n, text=text) for n, text in enumerate(texts, start=1)]
        yield Text(running(listed), "key", label)
    marks = badges(case.told.summary.get("assumptions", ()))
    if marks:
        text = _("{marks}; part 3 says more.").format(marks=_("; ").join(marks))
        yield Text(text, "mark", _("Provisional."))
    yield Grid(
        numbers.table(_("Before and after")), (_("Figure"), _("Today"), _("With the plan")), tuple(_overview(advice)),
        (False, True, True),
    )  # fmt: skip


def _overview(advice: Advice) -> Iterator[tuple[str, str, str]]:
    summary = advice.summary
    yield from figures.before_and_after(summary)
    paid, net = summary["investment"], summary.get("net")
    yield (_("Investment"), "", money(paid["total_cny"]))
    yield (_("Subsidy"), "", money(paid["subsidy_cny"]))
    yield (_("Own money"), "", money(advice.own_cny))
    yield (_("Left of the budget"), "", money(advice.left_cny))
    if net:
        yield (_("Net benefit a year"), "", money(net["benefit_cny"]))
        yield (_("Payback"), "", payback(summary))


def _standing(case: Case) -> Iterator[Block]:
    """Yield part one: what is harvested and lost today, what stands, on what the paper rests."""
    tables, summary = case.told.tables, case.told.summary
    crops = tables["commodities"].sort_values("harvest_t", ascending=False, kind="stable")
    names = crop_names(crops)
    largest = crops.head(MOST_CROPS).to_dict("records")
    main = [f"{names[row['commodity']]} {tonnes(row['harvest_t'])}" for row in largest]
    loss = summary["loss"]
    yield part(1, _("Where the county stands"))
    text = _(
        "{villages} villages harvest {harvest} a year, above all {crops}. Of this {rate} is lost between harvest and "
        "buyer today: {lost}, worth {value}. {cooled} of the harvest is pre-cooled in time; {existing} depots stand."
    )
    yield Text(
        text.format(
            villages=f"{summary['villages']['total']:,}", harvest=tonnes(float(crops["harvest_t"].sum())),
            crops=_(", ").join(main), rate=percent(loss["baseline_rate"]), lost=tonnes(loss["baseline_t"]),
            value=money(loss["baseline_cny"]), cooled=percent(summary["coverage"]["baseline"]),
            existing=summary["depots"]["existing"],
        )
    )  # fmt: skip
    if case.papers.basis:
        yield Text(_("The plan rests on {basis}.").format(basis=_(", ").join(case.papers.basis)))


def _proposal(case: Case, numbers: Numbers) -> Iterator[Block]:
    """Yield part two: where to build, who pays, what it brings, how awards are reckoned."""
    yield part(2, _("What is proposed"))
    yield section(1, _("Where to build"))
    yield _depots(case, numbers)
    if case.plan_map is not None:
        yield Drawing(numbers.figure(case.plan_map.caption), case.plan_map.svg)
    yield section(2, _("Who pays"))
    yield _sources(case, numbers)
    if unspent := case.advice.unspent():
        yield Text(unspent)
    yield section(3, _("What it brings"))
    yield _bill(case, numbers)
    yield from _saving(case, numbers)
    if case.told.replay is not None:
        yield Text(running(certainty.in_words(case.told.replay)))
    yield section(4, _("How awards are reckoned"))
    yield Text(_awards(case))


def _depots(case: Case, numbers: Numbers) -> Grid:
    table = case.told.tables["depots"]
    places = places_of(table, case.told.tables["villages"])
    rows = []
    for number, (row, place) in enumerate(zip(table.to_dict("records"), places, strict=True), start=1):
        new = case.kinds.words(str(row["new_modules"]), str(row["units_bought"]))
        standing = case.kinds.words(str(row["standing_modules"]))
        told = _("; ").join(filter(None, (new, _("standing: {modules}").format(modules=standing) if standing else "")))
        name = str(row["name"]) or str(row["depot"])
        rows.append(
            (
                str(number), name, place, told or word(str(row["status"])), f"{row['tonnes_year']:,.0f}",
                f"{row['villages']:,}", in_millions(row["capex_cny"]), in_millions(row["subsidy_cny"]),
            )
        )  # fmt: skip
    sums = [table[key].sum() for key in ("tonnes_year", "capex_cny", "subsidy_cny")]
    total = ("", _("Total"), "", "", f"{sums[0]:,.0f}", "", in_millions(sums[1]), in_millions(sums[2]))
    headings = (
        _("No."), _("Depot"), _("Place"), _("What it holds"), _("Cooled, t/year"), _("Villages"), _("Investment"),
        _("Subsidy"),
    )  # fmt: skip
    return Grid(
        numbers.table(_("Depots")), headings, (*rows, total), (False, False, False, False, True, True, True, True),
        unit=_("money in CNY M"), total=True,
    )  # fmt: skip


def _sources(case: Case, numbers: Numbers) -> Grid:
    paid = case.told.summary["investment"]
    whole = paid["total_cny"] or 1.0
    rows = [(_("Subsidy"), paid["subsidy_cny"]), (_("Owners' own money"), case.advice.own_cny)]
    shown = [(name, in_millions(cny), percent(cny / whole)) for name, cny in rows]
    total = (_("Total"), in_millions(paid["total_cny"]), percent(1.0))
    return Grid(
        numbers.table(_("Sources of the investment")), (_("Source"), _("Amount"), _("Share")), (*shown, total),
        (False, True, True), unit=_("money in CNY M"), total=True,
    )  # fmt: skip


def _bill(case: Case, numbers: Numbers) -> Grid:
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
    return Grid(
        numbers.table(_("Costs of a year, losses included")), (_("Item"), _("Today"), _("With the plan")),
        (*rows, (_("Total"), *totals)), (False, True, True), unit=_("money in CNY M"), total=True,
    )  # fmt: skip


def _saving(case: Case, numbers: Numbers) -> Iterator[Block]:
    stages = stage_rows(case.told.summary)
    if stages:
        heads = tuple(_(heading) for _key, heading, _form in STAGES)
        yield Grid(numbers.table(_("Loss by stage")), heads, tuple(stages), (False, True, True, True))
        yield Text(stage_note(case.told.summary))
    parts = figures.waterfall(case.told.summary)
    if parts:
        rows = [(label, f"{t:,.0f}", in_millions(cny)) for label, t, cny in parts]
        total = (_("Total"), f"{sum(t for _l, t, _c in parts):,.0f}", in_millions(sum(cny for *_lt, cny in parts)))
        yield Grid(
            numbers.table(_("Where the saving comes from")), (_("Change of the chain"), _("t a year"), _("CNY M")),
            (*rows, total), (False, True, True), total=True,
        )  # fmt: skip


def _awards(case: Case) -> str:
    table = case.told.tables["subsidies"]
    text = plural("{count} builder applies for {awards}", "{count} builders apply for {awards}", len(table))
    told = text.format(count=len(table), awards=money(float(table["award_cny"].sum())))
    capped = int(table["capped"].astype(bool).sum())
    if capped:
        text = plural("; {count} would get more but for the cap", "; {count} would get more but for the cap", capped)
        told += text.format(count=capped)
    return _("{text}. Annex 1 lists each with the limit that set its award.").format(text=told)


def _open_questions(case: Case, numbers: Numbers) -> Iterator[Block]:
    """Yield part three: other budgets, risks, villages left out, data and what was assumed."""
    found = {one.title: one for one in sections(case.told)}
    yield part(3, _("Open questions"))
    yield section(1, _("Other choices"))
    for title in map(_, CHOICES):
        if title in found:
            one = found[title]
            if one.note or len(one.rows) == 1:
                label, text = map(str, one.rows.iloc[0, :2])
                yield Text(one.note or _("{label}: {text}").format(label=label, text=text))
            if len(one.rows) > 1:
                yield grid(one, numbers.table(title))
    if second := case.told.summary.get("firmness", {}).get("runner_up"):
        names = dict(case.told.tables["depots"][["depot", "name"]].itertuples(index=False, name=None))
        yield Text(_("{label}: {text}").format(label=_("Runner-up"), text=figures.runner_up(second, names)))
    yield section(2, _("Risks"))
    stresses = found.get(_("If a whole year is worse"))
    if stresses is None:
        yield Text(case.told.silence or _("No years were replayed for this paper."))
    else:
        yield grid(stresses, numbers.table(_("The same plan in other years")))
    yield section(3, _("Villages not served"))
    yield from _unserved(case.told.tables["villages"], numbers)
    yield section(4, _("Sites left out"))
    yield from _left_out(case, numbers)
    yield section(5, _("Data and assumptions"))
    texts = [*figures.assumed(case.told.summary), *map(str, case.told.summary["warnings"])]
    yield Listing(tuple(texts), numbered=True) if texts else Text(_("Nothing was assumed and no problem was found."))


def _unserved(villages: pd.DataFrame, numbers: Numbers) -> Iterator[Block]:
    out = villages[villages["reason"].astype(str) != ""].sort_values("harvest_t", ascending=False, kind="stable")
    if out.empty:
        yield Text(_("Every village is served."))
        return
    text = plural(
        "{count} village with a harvest of {t} stays with today's chain.",
        "{count} villages with a harvest of {t} stay with today's chain.",
        len(out),
    ).format(count=len(out), t=tonnes(float(out["harvest_t"].sum())))
    left = len(out) - MOST_UNSERVED
    more = _(" The {count} largest are listed; the workbook has all.").format(count=MOST_UNSERVED) if left > 0 else ""
    yield Text(text + more)
    rows = [
        (
            str(row["name"] or row["village"]),
            str(row["town"] or row["county"]),
            f"{row['harvest_t']:,.0f}",
            str(row["reason"]),
        )
        for row in out.head(MOST_UNSERVED).to_dict("records")
    ]
    headings = (_("Village"), _("Township"), _("Harvest, t"), _("Why not"))
    yield Grid(
        numbers.table(_("Villages not served")),
        headings,
        tuple(rows),
        (False, False, True, False),
    )


def _left_out(case: Case, numbers: Numbers) -> Iterator[Block]:
    """Yield the sites without a depot that come nearest to one, each with the number that decides."""
    table = case.told.tables.get("sites_left_out")
    if table is None or table.empty:
        yield Text(_("There is a depot at every candidate site."))
        return
    left = len(table) - MOST_SITES
    if left > 0:
        told = _("Of {count} sites the {shown} that come nearest to a depot are listed; the workbook has all.")
        yield Text(told.format(count=len(table), shown=MOST_SITES))
    rows = [
        (str(row["name"] or row["site"]), str(row["county"]),
         f"{row['beyond_cny_year']:,.0f}" if row["possible"] else figures.UNKNOWN, str(row["reason"]))
        for row in table.head(MOST_SITES).to_dict("records")
    ]  # fmt: skip
    headings = (_("Site"), _("County"), _("Cost beyond what it would save, CNY/year"), _("Why not"))
    yield Grid(
        numbers.table(_("Sites left out")),
        headings,
        tuple(rows),
        (False, False, True, False),
    )


def _annexes(case: Case) -> Iterator[Block]:
    if case.builders is not None and len(case.told.tables["subsidies"]):
        rows = [case.builders.row(row) for row in case.told.tables["subsidies"].to_dict("records")]
        yield Break(landscape=True)
        yield Head(_("Annex {number}. {title}").format(number=1, title=_("Proposed builders and reckoned awards")), 1)
        yield award_table(rows, case.papers)
    yield Break()
    yield Head(_("Annex {number}. {title}").format(number=2, title=_("Losses today and with the plan")), 1)
    words = _("Each dot is a village, its size what it harvests, its colour the share of it that is lost.")
    yield Drawing(words, two_maps(case.told.tables, (_("Today"), _("With the plan"))))
    yield Head(_("Annex {number}. {title}").format(number=3, title=_("Tables")), 1)
    told_already = {_(title) for title in IN_THE_BODY}
    yield from annexes(one for one in sections(case.told) if one.title not in told_already)
