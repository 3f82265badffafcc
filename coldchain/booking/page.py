"""The page of the bookings: one file without a network, for a phone: free room and lorries by day, own bookings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.booking.desk import BookingDesk
from coldchain.booking.export import seen_bills
from coldchain.booking.platform import OPERATOR
from coldchain.booking.record import BOOKED, CANCELLED, GAVE_WAY, LORRY, ROOM, Booking
from coldchain.language import N_, _, plural
from coldchain.language.ids import word
from coldchain.model.naming import crop_names, labelled
from coldchain.runs.folder import write_in_place
from coldchain.telemetry.page import page_of, section, table_of, text_of

DAYS, MOST_LOTS = 14, 200
STATES = {BOOKED: N_("booked"), CANCELLED: N_("cancelled"), GAVE_WAY: N_("gave way")}
STANDINGS = {"owner": N_("owner"), "member": N_("member"), "other": N_("other")}
SIGHTS = {"own": N_("nothing"), "pooled": N_("totals"), "all": N_("everything")}
SHADES = ("#f6d5cd", "#fff3c4", "#d9efd6")
"""Nothing free, less than half of what is there, more."""
STYLE = """
.g td,.g th{text-align:right;font-variant-numeric:tabular-nums}.g th:first-child{text-align:left}
.g caption{text-align:left;padding:.4rem 0;font-weight:600}
.days{display:grid;grid-template-columns:repeat(auto-fill,minmax(5.2rem,1fr));gap:.25rem;margin:.2rem 0 .8rem}
.days div{padding:.25rem .4rem;border-radius:.25rem;color:#1b1b1b}.days small{display:block;color:#444}
.days b{font-variant-numeric:tabular-nums}h3{font-size:1rem;margin:.7rem 0 .1rem}p.k{color:#555;margin:.1rem 0}
@media(prefers-color-scheme:dark){p.k{color:#aaa}}
"""


def write_page(
    desk: BookingDesk, path: Path, member: str = OPERATOR, first: date | None = None, days: int = DAYS
) -> Path:
    """Write the page of a member, or of the platform's staff, and return its path."""
    text = page_text(desk, member, first or desk.today, days)
    return write_in_place(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def page_text(desk: BookingDesk, member: str, first: date, days: int) -> str:
    """Return the page."""
    title = _("{name}: free room and lorries").format(name=desk.offer.scenario.name)
    said = _("as seen by {who} on {today}").format(who=member or _("the platform's staff"), today=desk.today)
    parts = (
        f"<h1>{text_of(title)}</h1><p>{text_of(said)}</p>",
        free_html(desk, member, first, days),
        section(_("Bookings"), bookings_html(desk, member)),
        section(_("Rules"), rules_html(desk, member)),
    )
    return page_of(title, parts, f"<style>{STYLE}</style>")


def free_html(desk: BookingDesk, member: str, first: date, days: int, depots: Sequence[str] | None = None) -> str:
    """Return what is free, a tile a day under each depot and room; of all depots, or of these."""
    table, parts = desk.free(first, days, member), []
    names = {site.id: site for site in desk.offer.scenario.sites}
    for depot in desk.offer.depots if depots is None else depots:
        rows = table[table["depot"] == depot]
        body = "".join(_thing(str(what), one) for (_kind, what), one in rows.groupby(["kind", "what"], sort=False))
        parts.append(section(labelled(depot, names[depot].name), body))
    key = _("t free to lie that day; in brackets t that may still come in. Red: nothing free; yellow: less than half.")
    return f'<p class="k">{text_of(key)}</p>{"".join(parts)}'


def _thing(what: str, rows: pd.DataFrame) -> str:
    one = rows.iloc[0]
    unit = _("CNY a lorry and day") if one["kind"] == LORRY else _("CNY a t and day")
    head = f"{thing_words(one['kind'], what)} · {one['price_cny_day']:,.2f} {unit}"
    tiles = "".join(_tile(row) for row in rows.to_dict("records"))
    return f'<h3>{text_of(head)}</h3><div class="days">{tiles}</div>'


def _tile(row: dict[Any, Any]) -> str:
    room = row["kind"] == ROOM
    able = min(row["free"], row["intake_free"]) if room else row["free"]
    shade = SHADES[0] if able <= 0 else SHADES[1] if row["free"] < row["limit"] / 2 else SHADES[2]
    figure = f"<b>{row['free']:,.1f}</b> ({row['intake_free']:,.1f})" if room else f"<b>{row['free']:,.0f}</b>"
    return f'<div style="background:{shade}"><small>{row["day"][5:]}</small>{figure}</div>'


def thing_words(kind: str, what: str) -> str:
    """Return what is booked, in words: the room of a zone with its way of cooling, or the type of lorry."""
    if kind == LORRY:
        return _("lorry {type}").format(type=word(what))
    zone, _sign, method = what.partition("/")
    return _("{zone} room, {method}").format(zone=word(zone), method=word(method))


def booked_lines(made: Sequence[Booking], moved: Sequence[Booking]) -> list[str]:
    """Say what was booked, and what gives way to it."""
    lines = []
    for one in made:
        told = plural(
            "booked number {no}: {what} at {depot} from {first} for {n} day, {cny:,.2f} CNY",
            "booked number {no}: {what} at {depot} from {first} for {n} days, {cny:,.2f} CNY", one.days,
        )  # fmt: skip
        what, cny = thing_words(one.kind, one.what), one.fen / 100
        lines.append(told.format(no=one.no, what=what, depot=one.depot, first=one.first, n=one.days, cny=cny))
    told = _("number {no} of {member} gives way to number {other}")
    return lines + [told.format(no=one.no, member=one.member, other=one.way_to) for one in moved]


def bookings_html(desk: BookingDesk, member: str) -> str:
    """Return the bookings that a member sees, the newest on top."""
    rows = desk.seen(member)
    if rows.empty:
        return f"<p>{text_of(_('none'))}</p>"
    heads = [(_("number"), True), (_("member"), False), (_("first day"), False), (_("days"), True),
             (_("depot"), False), (_("room or lorry"), False), (_("amount"), True), (_("lot"), False), (_("CNY"), True),
             (_("state"), False)]  # fmt: skip
    body, crops = [], _crops(desk)
    for row in rows.sort_values("no", ascending=False, na_position="last").to_dict("records"):
        own = not pd.isna(row["no"])
        lot = " ".join(filter(None, (str(row["village"]), crops.get(row["commodity"], "")))) if own else ""
        unit = "" if row["kind"] == LORRY else f" {_('t')}"
        cells = (
            f"{row['no']:.0f}" if own else "", row["member"], row["first"], f"{row['days']:.0f}" if own else "",
            row["depot"], thing_words(row["kind"], row["what"]), f"{row['amount']:,.6g}{unit}", lot,
            f"{row['price_cny']:,.2f}" if own else "", state_words(row),
        )  # fmt: skip
        body.append(("" if row["state"] == BOOKED else "done", [text_of(cell) for cell in cells]))
    return table_of(heads, body)


def bills_html(desk: BookingDesk, member: str, first: date, last: date) -> str:
    """Return what is owed for the days of a stretch, as far as a member sees it."""
    owed = seen_bills(desk, member, first, last)
    heads = [(_("member"), False), (_("owed to"), False), (_("t · days"), True), (_("lorries · days"), True),
             (_("CNY"), True)]  # fmt: skip
    body = [
        ("", [text_of(cell) for cell in (one["member"], one["to"] or _("nobody named"), f"{one['t_days']:,.6g}",
                                         f"{one['lorry_days']:,.0f}", f"{one['cny']:,.2f}")])
        for one in owed.to_dict("records")
    ]  # fmt: skip
    return table_of(heads, body) if body else f"<p>{text_of(_('none'))}</p>"


def lots_html(desk: BookingDesk, member: str) -> str:
    """Return the lots of the plan that a member sees, tonnes a year by member, crop and depot."""
    rows, crops = desk.lots(desk.planned_lots, member), _crops(desk)
    sums = rows.groupby(["member", "commodity", "depot"], sort=True, as_index=False).agg({"tonnes": "sum"})
    heads = [(_("member"), False), (_("crop"), False), (_("depot"), False), (_("t a year"), True)]
    body = [
        ("", [text_of(cell) for cell in (one["member"] or _("nobody named"), crops.get(one["commodity"], ""),
                                         one["depot"] or "–", f"{one['tonnes']:,.1f}")])
        for one in sums.head(MOST_LOTS).to_dict("records")
    ]  # fmt: skip
    more = len(sums) - MOST_LOTS
    rest = f"<p class=k>{text_of(_('and {n} more').format(n=more))}</p>" if more > 0 else ""
    return (table_of(heads, body) if body else f"<p>{text_of(_('none'))}</p>") + rest


def _crops(desk: BookingDesk) -> dict[str, str]:
    return {one.id: crop_names(one)[0] or one.id for one in desk.offer.scenario.commodities}


def state_words(row: dict[Any, Any]) -> str:
    """Return the state of a booking, and to which other it gave way."""
    said = _(STATES[row["state"]])
    return said if row["state"] != GAVE_WAY else _("{state} to number {no:.0f}").format(state=said, no=row["way_to"])


def rules_html(desk: BookingDesk, member: str) -> str:
    """Return the rules that a member books by."""
    rules, platform = desk.platform.rules, desk.platform
    order = _(", ").join(_(STANDINGS[one]) for one in rules.priority)
    said = [
        _("who goes before: {order}; a booking is firm from {days:g} days before its first day").format(
            order=order, days=rules.firm_days
        ),
        _("cancel until {days:g} days before the first day").format(days=rules.cancel_days),
    ]
    for standing in rules.priority:
        told = _("{standing}: at most {days:g} days ahead, {factor:g} times the price")
        factor = rules.price_by_class.get(standing, 1.0)
        days = platform.ahead_days(standing)
        said.append(told.format(standing=_(STANDINGS[standing]), days=days, factor=factor))
    said.append(_("what is seen of others: {sight}").format(sight=_(SIGHTS[platform.sight(member)])))
    return f"<ul>{''.join(f'<li>{text_of(one)}</li>' for one in said)}</ul>"
