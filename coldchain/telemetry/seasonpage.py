"""Promised and kept as a page: one file without a network, a row for each lane, the worst first."""

from __future__ import annotations

from pathlib import Path

from coldchain.language import _
from coldchain.telemetry.page import page_of, section, table_of, text_of
from coldchain.telemetry.season import MeasuredSeason


def write_season_page(found: MeasuredSeason, path: Path) -> None:
    """Write the page."""
    path.write_text(season_text(found), encoding="utf-8")


def season_text(found: MeasuredSeason) -> str:
    """Return the page."""
    title = _("Promised and kept: {first} to {last}").format(first=found.days[0], last=found.days[-1])
    parts = (section(_("By lane, most kilograms lost beyond the plan first"), _lanes(found)),
             section(_("Figures of the scenario that the days contradict; nothing is changed by this page"),
                     _proposed(found)))  # fmt: skip
    return page_of(title, (f"<h1>{text_of(title)}</h1>", *parts))


def _lanes(found: MeasuredSeason) -> str:
    heads = [(_("village"), False), (_("cold room"), False), (_("crop"), False), (_("days"), True), ("kg", True),
             (_("drive h"), True), (_("as measured"), True), (_("set"), True), (_("as measured"), True),
             (_("loss promised"), True), (_("loss kept"), True), (_("kg beyond"), True)]  # fmt: skip
    rows = []
    ranked = sorted(found.lanes.to_dict("records"), key=lambda one: one["kg_lost_planned"] - one["kg_lost_measured"])
    for one in ranked:
        beyond = one["kg_lost_measured"] - one["kg_lost_planned"]
        cells = (
            text_of(one["village"]), text_of(one["room"]), text_of(one["commodity"]), f"{one['days']}",
            f"{one['kg']:,.0f}", _figure(one["drive_h"], 1), _figure(one["drive_h_measured"], 1),
            _figure(one["room_set_c"], 1), _figure(one["room_mean_c"], 1), f"{one['loss_planned']:.1%}",
            f"{one['loss_measured']:.1%}", f"{beyond:+,.0f}",
        )  # fmt: skip
        rows.append(("open" if beyond > 0.03 * one["kg"] else "", cells))
    return table_of(heads, rows)


def _proposed(found: MeasuredSeason) -> str:
    if not found.proposed:
        return f"<p>{text_of(_('none'))}</p>"
    heads = [(_("table"), False), ("id", False), (_("column"), False), (_("stated"), True), (_("as measured"), True),
             (_("low end"), True), (_("high end"), True), (_("evidence"), False)]  # fmt: skip
    rows = [
        ("", (text_of(one.table), text_of(one.id), text_of(one.column), f"{one.stated:g}", f"{one.proposed:.3g}",
              f"{one.low:.3g}", f"{one.high:.3g}", text_of(one.evidence)))
        for one in found.proposed
    ]  # fmt: skip
    return table_of(heads, rows)


def _figure(value: float, digits: int) -> str:
    return "" if value != value else f"{value:.{digits}f}"  # noqa: PLR0124 - NaN
