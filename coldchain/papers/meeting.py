"""The paper for a meeting: advice on page one, four parts, tables in annexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from coldchain.language import _, plural
from coldchain.language.amounts import in_millions
from coldchain.language.ids import word
from coldchain.model import badges
from coldchain.papers.advice import Advice, payback
from coldchain.papers.annex import grid
from coldchain.papers.behind import annex_head, behind, unserved_in_words
from coldchain.papers.case import PaperCase
from coldchain.papers.contents import archive_line, places_of
from coldchain.papers.notice import award_table
from coldchain.papers.paper import (
    Block,
    Break,
    Drawing,
    Listing,
    Paper,
    PaperTable,
    Signature,
    Text,
    part,
    running,
    section,
    written_day,
    written_month,
)
from coldchain.reports import certainty, figures
from coldchain.reports.document import Section, crop_names, sections
from coldchain.reports.figures import money, percent, tonnes
from coldchain.reports.wholechain import aim_in_words

MOST_CROPS, MOST_NAMED, NEAREST_COUNTS = 3, 5, 2


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


def meeting_paper(case: PaperCase) -> Paper:
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


def _advice(case: PaperCase, numbers: Numbers) -> Iterator[Block]:
    advice = case.advice
    yield Text(advice.recommendation(), "key", _("Recommendation."))
    for label, texts in ((_("Reasons."), advice.reasons()), (_("Doubts."), advice.doubts())):
        listed = [_("({number}) {text}").format(number=n, text=text) for n, text in enumerate(texts, start=1)]
        yield Text(running(listed), "key", label)
    marks = badges(case.told.summary.get("assumptions", ()))
    if marks:
        text = _("{marks}; annex 2 says more.").format(marks=_("; ").join(marks))
        yield Text(text, "mark", _("Provisional."))
    yield PaperTable(
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


def _standing(case: PaperCase) -> Iterator[Block]:
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


def _proposal(case: PaperCase, numbers: Numbers) -> Iterator[Block]:
    """Yield part two: where to build, who pays, what it brings, how awards are reckoned."""
    yield part(2, _("What is proposed"))
    yield section(1, _("Where to build"))
    yield _depots(case, numbers)
    if case.plan_map is not None:
        yield Drawing(numbers.figure(case.plan_map.caption), case.plan_map.svg)
    yield section(2, _("Who pays"))
    yield Text(running(filter(None, (_sources(case), case.advice.unspent()))))
    yield section(3, _("What it brings"))
    yield Text(running(_brings(case)))
    yield section(4, _("How awards are reckoned"))
    yield Text(_awards(case))


def _depots(case: PaperCase, numbers: Numbers) -> PaperTable:
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
    return PaperTable(
        numbers.table(_("Depots")), headings, (*rows, total), (False, False, False, False, True, True, True, True),
        unit=_("money in CNY M"), total=True,
    )  # fmt: skip


def _sources(case: PaperCase) -> str:
    paid, own = case.told.summary["investment"], case.advice.own_cny
    whole = paid["total_cny"] or 1.0
    text = _("Of an investment of {total} subsidies pay {subsidy} ({share}), the builders {own} ({own_share}).")
    return text.format(
        total=money(paid["total_cny"]), subsidy=money(paid["subsidy_cny"]), share=percent(paid["subsidy_cny"] / whole),
        own=money(own), own_share=percent(own / whole),
    )  # fmt: skip


def _brings(case: PaperCase) -> Iterator[str]:
    """Yield where the saving comes from, what a year costs, whether the aim is reached, what random years say."""
    summary = case.told.summary
    if parts := [one for one in figures.waterfall(summary) if round(one[1])]:
        largest = sorted(parts, key=lambda one: -one[1])[:MOST_CROPS]
        named = _(", ").join(_("{label} {t}").format(label=label, t=tonnes(t)) for label, t, _cny in largest)
        text = _("Of the {saved} saved a year most comes from: {parts}.")
        yield text.format(saved=tonnes(sum(t for _label, t, _cny in parts)), parts=named)
    yield from costs_in_words(summary)
    yield from aim_in_words(summary)
    if case.told.replay is not None:
        yield from certainty.usual_in_words(case.told.replay)


def costs_in_words(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a year costs, and what storing and products earn towards it."""
    costs = sorted(figures.yearly_costs(summary), key=lambda one: -one[1])
    named = _(", ").join(_("{label} {cny}").format(label=label, cny=money(cny)) for label, cny in costs[:MOST_CROPS])
    text = _("A year costs {total} with the plan, above all: {costs}; Annex 2 has each item beside today's.")
    yield text.format(total=money(summary["annual_cny"]["total"]), costs=named)
    if earned := [f"{label} {money(cny)}" for label, cny in costs if round(cny) < 0]:
        yield _("What is earned is taken off already: {costs}.").format(costs=_(", ").join(earned))


def _awards(case: PaperCase) -> str:
    table = case.told.tables["subsidies"]
    text = plural("{count} builder applies for {awards}", "{count} builders apply for {awards}", len(table))
    told = text.format(count=len(table), awards=money(float(table["award_cny"].sum())))
    capped = int(table["capped"].astype(bool).sum())
    if capped:
        text = plural("; {count} would get more but for the cap", "; {count} would get more but for the cap", capped)
        told += text.format(count=capped)
    return _("{text}. Annex 1 lists each with the limit that set its award.").format(text=told)


def _open_questions(case: PaperCase, numbers: Numbers) -> Iterator[Block]:
    """Yield part three: other budgets, risks, villages left out, data and what was assumed; annexes have the rest."""
    summary, found = case.told.summary, {one.title: one for one in sections(case.told)}
    yield part(3, _("Open questions"))
    yield section(1, _("Other choices"))
    yield from _choices(case, found, numbers)
    yield section(2, _("Risks"))
    if case.told.replay is None:
        yield Text(case.told.silence or _("No years were replayed for this paper."))
    else:
        rates = [_("{label}: {rate}").format(label=label, rate=percent(rate))
                 for label, _today, rate, *_rest in certainty.stresses(case.told.replay)]  # fmt: skip
        yield Text(_("Lost with the same plan: {rates}; Annex 3 has more.").format(rates=_("; ").join(rates)))
    yield section(3, _("Villages not served"))
    yield Text(unserved_in_words(case.told.tables["villages"]))
    yield section(4, _("Sites left out"))
    yield Text(_left_out(case))
    yield section(5, _("Data and assumptions"))
    yield Text(_assumed(summary))


def _choices(case: PaperCase, found: Mapping[str, Section], numbers: Numbers) -> Iterator[Block]:
    """Yield what another budget, another number of depots and the runner-up come to."""
    texts = []
    for title in (_("What each budget buys"), _("What the next million buys")):
        if (one := found.get(title)) is not None and (one.note or len(one.rows) == 1):
            label, text = map(str, one.rows.iloc[0, :2])
            texts.append(one.note or _("{label}: {text}.").format(label=label, text=text))
    if second := case.told.summary.get("firmness", {}).get("runner_up"):
        names = dict(case.told.tables["depots"][["depot", "name"]].itertuples(index=False, name=None))
        names = {**{one.id: one.name for one in case.advice.sites}, **names}
        texts.append(_("{label}: {text}.").format(label=_("Runner-up"), text=figures.runner_up(second, names)))
    if texts:
        yield Text(running(texts))
    if (counts := found.get(_("Best plan for each number of depots"))) is not None and len(counts.rows) > 1:
        rows, built = counts.rows, case.told.summary["depots"]["built"]
        near = rows[(rows.iloc[:, 0] - built).abs() <= NEAREST_COUNTS]
        yield grid(replace(counts, rows=near), numbers.table(counts.title))
    elif not texts:
        yield Text(_("No other plan was worked out; a sweep of budgets shows what more or less would buy."))


def _left_out(case: PaperCase) -> str:
    """Say how many sites have no depot, and which comes nearest to one."""
    table = case.told.tables.get("sites_left_out")
    if table is None or table.empty:
        return _("There is a depot at every candidate site.")
    first = table.iloc[0]
    text = plural(
        "{count} candidate site has no depot: {site} ({reason}).",
        "{count} candidate sites have no depot; {site} comes nearest to one ({reason}). Annex 2 has all, each with the "
        "number that decides.",
        len(table),
    )
    return text.format(count=len(table), site=first["name"] or first["site"], reason=first["reason"])


def _assumed(summary: Mapping[str, Any]) -> str:
    """Say what was assumed, and how many problems there are; the annex has each with its source."""
    made = list(dict.fromkeys(one.label for one in figures.assumptions(summary) if one.what != "note"))
    count = len(summary["warnings"])
    if not made and not count:
        return _("Nothing was assumed and no problem was found.")
    texts = [_("Assumed or taken over: {labels}.").format(labels=_(", ").join(made))] if made else []
    if count:
        text = plural("The data have {count} problem.", "The data have {count} problems.", count)
        texts.append(text.format(count=count))
    return running([*texts, _("Annex 2 lists each with its source.")])


def _annexes(case: PaperCase) -> Iterator[Block]:
    if case.builders is not None and len(case.told.tables["subsidies"]):
        rows = [case.builders.row(row) for row in case.told.tables["subsidies"].to_dict("records")]
        yield Break(landscape=True)
        yield annex_head(1, _("Proposed builders and reckoned awards"))
        yield award_table(rows, case.papers)
    yield Break()
    yield from behind(case)
