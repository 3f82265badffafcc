"""The two lists that a county publishes: the reckoning for proposed builders, and the awards after acceptance.

Both have one layout. Rows are rounded first and added up then, so that a reader who adds them finds the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from coldchain.language import N_, _, language
from coldchain.model import Papers, Subsidy, rate_of
from coldchain.papers.paper import Block, Break, Listing, Paper, PaperTable, Signature, Text, part, written_day
from coldchain.papers.persons import masked, without_numbers

Stage = Literal["proposed", "awarded"]
WAN, CENTS, WHOLE = Decimal(10_000), Decimal("0.01"), Decimal(1)
HEADINGS = (
    N_("No."), N_("Builder"), N_("Place"), N_("What is built"), N_("Volume, m³"), N_("Investment"),
    N_("How it is reckoned"), N_("What sets it"), N_("Award"), N_("Own money"), N_("Remarks"),
)  # fmt: skip
FIGURES = (False, False, False, False, True, True, False, False, True, True, False)


@dataclass(frozen=True)
class NoticeRow:
    """One builder.

    Attributes
    ----------
    content : what is built, in words
    depots, modules : how many
    net_m3, investment_cny : as planned; after acceptance as measured and as verified
    reckoning, limit : how the award comes about, and which limit set it
    """

    owner: str
    owner_kind: str
    place: str
    content: str
    depots: int
    modules: int
    net_m3: float
    investment_cny: float
    award_cny: float
    reckoning: str
    limit: str
    remark: str = ""


@dataclass(frozen=True)
class Occasion:
    """What a notice says beside its list.

    Attributes
    ----------
    stage : ``proposed`` from a plan, ``awarded`` after acceptance
    county : as the title names it
    counties : in which builders build: their rates are told
    name : of the scenario
    foot : one line at the end, for the archive
    """

    stage: Stage
    papers: Papers
    rule: Subsidy
    county: str
    counties: tuple[str, ...]
    name: str
    foot: str = ""


def in_unit(cny: float) -> Decimal:
    """Return an amount as a list shows it: in 万元 with two decimals, in English in whole yuan.

    Examples
    --------
    >>> in_unit(42_000.5)
    Decimal('42001')
    """
    amount = Decimal(repr(float(cny)))
    zh = language() == "zh"
    return (amount / WAN).quantize(CENTS, ROUND_HALF_UP) if zh else amount.quantize(WHOLE, ROUND_HALF_UP)


def plain(cny: float) -> str:
    """Write an amount of a rule in the unit of the list, without decimals that say nothing.

    Examples
    --------
    >>> plain(1_000_000)
    '1,000,000'
    """
    text = f"{in_unit(cny):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def notice(rows: Sequence[NoticeRow], occasion: Occasion) -> Paper:
    """Lay out a notice: who, on what basis, how it was reckoned, in sum; the list on a page of its own."""
    table = award_table(rows, occasion.papers, measured=occasion.stage == "awarded")
    body = _proposed(rows, occasion) if occasion.stage == "proposed" else _awarded(rows, occasion)
    signed = Signature(occasion.papers.issuer or _("(unit in full, seal)"), written_day(occasion.papers.date))
    note = Text(_("The total is the sum of the rows as rounded here."), "note")
    annex = (Break(landscape=True), Text(_("Annex"), "lead"), table, note)
    return Paper(_title(occasion), (*body, signed, *annex), foot=occasion.foot)


def award_table(rows: Sequence[NoticeRow], papers: Papers, *, measured: bool = False) -> PaperTable:
    """Return the list of builders with its total."""
    shown = [_row(number, row, papers) for number, row in enumerate(rows, start=1)]
    invested, awarded = (sum((in_unit(getattr(row, key)) for row in rows), Decimal(0)) for key in
                         ("investment_cny", "award_cny"))  # fmt: skip
    volume = sum((_volume(row.net_m3) for row in rows), Decimal(0))
    sums = (f"{volume:,}", f"{invested:,}", "", "", f"{awarded:,}", f"{invested - awarded:,}", "")
    total = ("", _("Total"), "", "", *sums)
    caption = _("Awards by accepted volume and cost") if measured else _("Proposed builders and reckoned awards")
    return PaperTable(
        caption, tuple(map(_, HEADINGS)), (*shown, total), FIGURES, unit=_("money in CNY; volume in m³"),
        total=True, wide=True,
    )  # fmt: skip


def _row(number: int, row: NoticeRow, papers: Papers) -> tuple[str, ...]:
    invested, awarded = in_unit(row.investment_cny), in_unit(row.award_cny)
    owner = masked(row.owner, row.owner_kind) if papers.mask_names else row.owner
    return (
        str(number), owner, row.place, row.content, f"{_volume(row.net_m3):,}", f"{invested:,}", row.reckoning,
        row.limit, f"{awarded:,}", f"{invested - awarded:,}", without_numbers(row.remark),
    )  # fmt: skip


def _volume(net_m3: float) -> Decimal:
    """Return a volume as the list shows it: whole where it is, else to the hundredth."""
    exact = Decimal(repr(float(net_m3))).quantize(CENTS, ROUND_HALF_UP)
    return exact.quantize(WHOLE) if exact == exact.to_integral_value() else exact


def _title(occasion: Occasion) -> str:
    text = {
        "proposed": _("{county}: proposed builders and reckoned awards, {project}"),
        "awarded": _("Notice of proposed awards: {project}, {county}"),
    }[occasion.stage]
    return text.format(county=occasion.county, project=project_of(occasion.papers))


def project_of(papers: Papers) -> str:
    """Return the project as titles name it."""
    return papers.project or _("pre-cooling depots at the place of production")


def _facts(rows: Sequence[NoticeRow], occasion: Occasion) -> dict[str, object]:
    invested, awarded = (sum((in_unit(getattr(row, key)) for row in rows), Decimal(0)) for key in
                         ("investment_cny", "award_cny"))  # fmt: skip
    return {
        "owners": len(rows), "depots": sum(row.depots for row in rows), "modules": sum(row.modules for row in rows),
        "volume": f"{sum((_volume(row.net_m3) for row in rows), Decimal(0)):,}", "invested": f"{invested:,}",
        "awarded": f"{awarded:,}", "own": f"{invested - awarded:,}", "name": occasion.name,
        "basis": basis_of(occasion.papers), "standard": standard(occasion.rule, occasion.counties),
    }  # fmt: skip


def _proposed(rows: Sequence[NoticeRow], occasion: Occasion) -> tuple[Block, ...]:
    facts = _facts(rows, occasion)
    text = _(
        "On the basis of {basis}, the plan “{name}” proposes {depots} depots by {owners} builders: {modules} modules "
        "of {volume} m³ in all, an investment of CNY {invested}. Rule of the awards: {standard}. Reckoned awards come "
        "to CNY {awarded}, own money to CNY {own}."
    )
    caution = _(
        "This list is reckoned from a plan for those who decide; it is no public notice and promises nobody an award. "
        "Awards follow the volume measured and the cost verified at acceptance."
    )
    return Text(text.format(**facts)), Text(caution, "mark"), Text(_("Annex: list of proposed builders"))


def _awarded(rows: Sequence[NoticeRow], occasion: Occasion) -> tuple[Block, ...]:
    papers, facts = occasion.papers, _facts(rows, occasion)
    text = _(
        "On the basis of {basis}, {process} {depots} depots by {owners} builders were accepted: {modules} modules of "
        "{volume} m³ in all, a verified investment of CNY {invested}. Rule of the awards: {standard}. The proposed "
        "awards come to CNY {awarded}. They are made public here for objections."
    )
    process = papers.process or _("after application, examination and acceptance on site,")
    days = _(" ({count} working days)").format(count=papers.objections_days) if papers.objections_days else ""
    span = _("From {first} to {last}{days}.").format(
        first=written_day(papers.objections_from), last=written_day(papers.objections_until), days=days
    )
    how = _(
        "Objections are made in writing: by bodies under their seal, by persons under their real name with a way to "
        "reach them. Those without name or facts are not heard."
    )
    return (
        Text(text.format(process=process, **facts)),
        part(1, _("Period of objections")), Text(span),
        part(2, _("Where to object")), Text(how), Listing(contacts(papers)),
        Text(_("Annex: list of proposed awards")),
    )  # fmt: skip


def contacts(papers: Papers) -> tuple[str, ...]:
    """Return whom to turn to, a blank for what is not known."""
    blank = "____________"
    rows = (
        (_("Contact"), papers.contact), (_("Telephone"), papers.phone), (_("Oversight"), papers.oversight_phone),
        (_("E-mail"), papers.email), (_("Address"), papers.address),
    )  # fmt: skip
    return tuple(_("{label}: {text}").format(label=label, text=text or blank) for label, text in rows)


def basis_of(papers: Papers) -> str:
    """Return what a project rests on, a blank where it is not known."""
    return _(", ").join(papers.basis) or _("____ (plan or notice, with its number)")


def standard(rule: Subsidy, counties: Sequence[str]) -> str:
    """Say the rule of the awards in words, with the rates of some counties."""
    rates = sorted({rate_of(rule, county) for county in counties} or {rule.rate})
    low, high = (f"{100 * rate:.4g}%" for rate in (rates[0], rates[-1]))
    share = low if low == high else _("{low} to {high}").format(low=low, high=high)
    parts = [_("at most {share} of the cost").format(share=share)]
    if rule.kind == "loan_interest":
        text = _("{share} a year of a loan of at most {loan:.0%} of the cost, for {years} years")
        parts = [text.format(share=share, loan=rule.loan_share, years=rule.loan_years)]
    if rule.unit_price_cny_m3 is not None:
        parts.append(_("cost counted up to {price:,.0f} CNY/m³").format(price=rule.unit_price_cny_m3))
    if rule.award_by_type_cny_m3:
        paid = sorted(rule.award_by_type_cny_m3.values())
        parts.append(_("at most {low:,.0f} to {high:,.0f} CNY/m³ by type").format(low=paid[0], high=paid[-1]))
    if rule.cap_per_owner_cny is not None:
        parts.append(_("at most CNY {cap} for each builder").format(cap=plain(rule.cap_per_owner_cny)))
    return _(", ").join(parts)
