"""What people get on paper, in both languages: a notice of change, and for each depot what comes on which day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import pandas as pd

from coldchain.dispatch.sheets import STYLE
from coldchain.language import LANGUAGES, N_, _, language, plural, speaking
from coldchain.language.amounts import exact_cny
from coldchain.language.ids import word
from coldchain.model import SKILLS, Scenario
from coldchain.model.naming import of_places
from coldchain.weeks.roll import Rolled
from coldchain.weeks.tables import LEFT

WHY = {
    "room": N_("{depot} cannot take in {left:,.1f} t of this week"),
    "cost": N_("transport and loss fall by about {cny} this week"),
    "new": N_("has gone to no depot so far; saves about {cny} this week"),
    "full": N_("room or people do not suffice"),
    "unpaid": N_("fetching costs more than it saves"),
}
BASES = {
    "forecast": N_("forecast"), "last": N_("last price"), "farm_gate": N_("farm-gate price"),
    "plan": N_("as planned; no price known"), "none": N_("no open market has room"),
}  # fmt: skip
"""What a price rests on."""
TRADE = ("sales", "stores")
WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
GAPS = "section + section{margin-top:3em}table{margin:.6em 0 1em}"
Tables = Mapping[str, pd.DataFrame]


def notice_page(rolled: Rolled, tables: Tables, summary: Mapping[str, Any]) -> str:
    """Return the notice of change: who changes, from where to where, why, with the number."""

    def content() -> tuple[str, str]:
        title = _("Notice of change, week {week}").format(week=summary["week"])
        return title, _notice(rolled, tables, summary)

    return _page(rolled, content)


def depot_sheets(rolled: Rolled, tables: Tables, summary: Mapping[str, Any]) -> dict[str, str]:
    """Return depot -> page: which villages bring how much on which day."""
    sites = of_places(rolled.plan.scenario.sites)

    def made(depot: str, rows: pd.DataFrame) -> str:
        def content() -> tuple[str, str]:
            title = _("{depot}: arrivals in week {week}").format(depot=sites.label(depot), week=summary["week"])
            people = tables["people"][tables["people"]["depot"] == depot]
            more = _people(people) + _trade(rolled, tables, summary, depot)
            return title, _arrivals(rolled, rows) + more

        return _page(rolled, content)

    days = tables["days"]
    lying = set(tables["stores"]["depot"]) if "stores" in tables else set()
    return {depot: made(depot, days[days["depot"] == depot]) for depot in sorted({*days["depot"], *lying})}


def _page(rolled: Rolled, made: Callable[[], tuple[str, str]]) -> str:
    """Return a page with the same content in every language, one below the other, first that of the villages."""
    parts, titles = [], []
    for name in sorted(LANGUAGES, reverse=True):
        with speaking(name):
            title, body = made()
        titles.append(title)
        parts.append(f'<section lang="{name}"><h1>{escape(title)}</h1>{body}</section>')
    foot = f"<footer>{escape(rolled.plan.scenario.name)} · coldchain</footer>"
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(" · ".join(titles))}</title>'
        f"<style>{STYLE}{GAPS}</style></head><body>{''.join(parts)}{foot}</body></html>\n"
    )


def _notice(rolled: Rolled, tables: Tables, summary: Mapping[str, Any]) -> str:
    changes, villages = tables["changes"], summary["villages"]
    told = plural("{n} of {total} villages goes to another depot; at most {limit} may.",
                  "{n} of {total} villages go to another depot; at most {limit} may.", villages["changed"])  # fmt: skip
    lines = [told.format(n=villages["changed"], total=villages["total"], limit=villages["limit"])]
    left = plural("{n} village is left out this week, wholly or in part.",
                  "{n} villages are left out this week, wholly or in part.", villages["left_out"])  # fmt: skip
    lines += [left.format(n=villages["left_out"])] if villages["left_out"] else []
    lines.append(_("Expected this week: {t:,.1f} t; planned for the season: {planned:,.1f} t.").format(
        t=summary["expected"]["t"], planned=summary["expected"]["planned_t"]))  # fmt: skip
    gain = _("The week costs {cny} less than if nobody changed.")
    lines += [gain.format(cny=exact_cny(rolled.gain_cny))] if villages["changed"] else []
    lines.append(_in_time(summary["delivery_h"]))
    lines += [_sold_for(summary)] if summary.get("sales", {}).get("markets") else []
    parts = [f"<p>{escape(line)}</p>" for line in lines]
    scenario, hire = rolled.plan.scenario, tables["hire"][tables["hire"]["hired_days"] > 0]
    out = changes["why"].isin(LEFT)
    heads: tuple[str, ...] = (_("Village"), _("Crops"), _("From"), _("To"), _("Delivers on"), _("Why"))
    parts.append(_table(heads, [_change(scenario, tables, row) for row in changes[~out].to_dict("records")]))
    parts.append(_left_out(scenario, changes[out]))
    heads = (_("Mobile unit"), _("Place"), _("Last week"), _("This week"))
    parts.append(_table(heads, [_unit(scenario, row) for row in tables["units"].to_dict("records")]))
    heads = (_("Vehicle for hire"), _("Days of hire this week"), _("Most on one day"), _("CNY"))
    parts.append(_table(heads, [_hired(row) for row in hire.to_dict("records")]))
    parts.append(_crews(tables))
    parts.append(_trade(rolled, tables, summary))
    return "".join(parts)


def _trade(rolled: Rolled, tables: Tables, summary: Mapping[str, Any], depot: str = "") -> str:
    """Return to which markets goods go and what lies in store, of all depots or of one."""
    if "sales" not in tables:
        return ""
    names, periods = _Names(rolled.plan.scenario), {one.id: word(one.name or one.id) for one in rolled.whole.periods}
    mine = {name: table[table["depot"] == depot] if depot else table for name, table in tables.items() if name in TRADE}
    place = () if depot else (_("Depot"),)
    heads: tuple[str, ...] = (*place, _("Crop"), _("Market"), _("t"), _("CNY/kg"), _("On what"), _("Within 48 h"),
                              _("Market last week"))  # fmt: skip
    heads = tuple(head.replace("48", f"{summary['delivery_h']['week']['target']:g}") for head in heads)
    sold = _table(heads, [names.sale(row, with_depot=not depot) for row in mine["sales"].to_dict("records")])
    heads = (*place, _("Crop"), _("In store since"), _("Before, t"), _("In, t"), _("Out, t"), _("Then, t"),
             _("For sale in"))  # fmt: skip
    lies = [names.store(row, periods, with_depot=not depot) for row in mine["stores"].to_dict("records")]
    return _section(_("Markets"), sold) + _section(_("Store"), _table(heads, lies))


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>{body}" if body else ""


@dataclass(frozen=True)
class _Names:
    """Says rows of sales and stores in the language spoken."""

    scenario: Scenario

    def crop(self, key: str) -> str:
        """Return the name of a crop."""
        crop = next(one for one in self.scenario.commodities if one.id == key)
        return (language() == "zh" and crop.name_zh) or crop.name

    def crops(self, keys: str) -> str:
        """Return the names of crops whose ids stand in a text, parted by semicolons."""
        return _(", ").join(self.crop(key) for key in keys.split(";") if key)

    def _place(self, row: Mapping[Any, Any], *, with_depot: bool) -> tuple[str, ...]:
        depot = (of_places(self.scenario.sites).label(row["depot"]),) if with_depot else ()
        return (*depot, self.crop(row["commodity"]))

    def sale(self, row: Mapping[Any, Any], *, with_depot: bool) -> Sequence[str]:
        """Return the cells of a sale."""
        place, market = self._place(row, with_depot=with_depot), row["market"]
        before = row["before"].replace(";", _(", "))
        if not market:
            return *place, _(BASES[row["basis"]]), f"{row['tonnes']:,.2f}", "", "", "", before
        since = f" ({row['from_week']})" if row["from_week"] else ""
        in_time = "" if row["from_week"] else f"{row['in_time_share']:.0%}"
        return (*place, f"{market}{since}", f"{row['tonnes']:,.2f}", f"{row['price_cny_kg']:,.2f}",
                _(BASES[row["basis"]]), in_time, before)  # fmt: skip

    def store(self, row: Mapping[Any, Any], periods: Mapping[str, str], *, with_depot: bool) -> Sequence[str]:
        """Return the cells of what lies in store."""
        amounts = (f"{row[name]:,.2f}" for name in ("before_t", "in_t", "out_t", "tonnes"))
        return *self._place(row, with_depot=with_depot), row["from_week"], *amounts, periods[row["until"]]


def _crews(tables: Tables) -> str:
    """Return the people at hand: hours on a day, those the week takes, what one more would be worth in it."""
    heads = (_("People"), _("Place of work"), _("At hand, h a day"), _("Needed, h a day"), _("One more is worth"))
    rows = tables["crews"].to_dict("records") if "crews" in tables else ()
    lines = [(_(SKILLS[row["skill"]]), row["place"] or _("the whole scenario"), f"{row['hours_day']:,.1f}",
              f"{row['needed_h_day']:,.1f}", exact_cny(row["worth_cny_person"])) for row in rows]  # fmt: skip
    return _table(heads, lines)


def _in_time(hours: Mapping[str, Mapping[str, float]]) -> str:
    """Say how long it takes from harvest to the buyer, today and this week."""
    text = _(
        "Harvest to buyer within {target:g} h: {week:.0%} of the week (today's chain: {today:.0%}); "
        "half of it within {h:.0f} h (today: {before:.0f} h)."
    )
    week, today = hours["week"], hours["today"]
    return text.format(target=week["target"], week=week["share_within_target"], today=today["share_within_target"],
                       h=week["p50"], before=today["p50"])  # fmt: skip


def _sold_for(summary: Mapping[str, Any]) -> str:
    sales, target = summary["sales"], summary["delivery_h"]["week"]["target"]
    if sales["stored_t"]["in"] or sales["stored_t"]["out"]:
        text = _("Sold for {cny}, fresh goods {share:.0%} within {target:g} h of harvest; {t:,.1f} t wait in store.")
    else:
        text = _("Sold for {cny}, {more} more than at the nearest market; {share:.0%} within {target:g} h of harvest.")
    earned, stored = sales["earned_cny"], sales["stored_t"]["after"]
    more = exact_cny(earned - sales["nearest_cny"])
    return text.format(cny=exact_cny(earned), more=more, share=sales["in_time_share"], target=target, t=stored)


def _hired(row: Mapping[Any, Any]) -> Sequence[str]:
    return word(row["vehicle"]), *(f"{row[name]:,.0f}" for name in ("hired_days", "most_day", "hire_cny"))


def _change(scenario: Scenario, tables: Tables, row: Mapping[Any, Any]) -> Sequence[str]:
    sites, names = of_places(scenario.sites), _Names(scenario)

    def named(text: str) -> str:
        return _(", ").join(sites.label(part) for part in text.split(";") if part) or _("none")

    mine = tables["days"][tables["days"]["village"] == row["village"]]
    days = mine["date"][mine["depot"].isin(row["to"].split(";"))].unique()
    why = _(WHY[row["why"]]).format(depot=named(row["from"]), left=row["left_out_t"], cny=exact_cny(row["cny"]))
    goods = names.crops(row["commodities"])
    village = of_places(scenario.villages).label(row["village"])
    return village, goods, named(row["from"]), named(row["to"]), _weekdays(days), why


def _left_out(scenario: Scenario, rows: pd.DataFrame) -> str:
    """Return who went to a depot and is not fetched this week, wholly or in part, how much of it stays, and why."""
    names, sites, villages = _Names(scenario), of_places(scenario.sites), of_places(scenario.villages)
    heads = (_("Village"), _("Crops"), _("Depot so far"), _("Not fetched, t"), _("Why"))
    lines = [(villages.label(row["village"]), names.crops(row["commodities"]),
              _(", ").join(sites.label(part) for part in row["from"].split(";") if part), f"{row['left_out_t']:,.1f}",
              _(WHY[row["why"]])) for row in rows.to_dict("records")]  # fmt: skip
    told = _("The trader takes these goods as before. The depot remains theirs for later weeks.")
    return _section(_("Not fetched this week"), f"<p>{escape(told)}</p>{_table(heads, lines)}" if lines else "")


def _weekdays(days: Sequence[str]) -> str:
    return _(", ").join(_(WEEKDAYS[date.fromisoformat(day).weekday()]) for day in sorted(days))


def _unit(scenario: Scenario, row: Mapping[Any, Any]) -> Sequence[str]:
    return word(row["unit"]), of_places(scenario.sites).label(row["depot"]), f"{row['before']}", f"{row['count']}"


def _arrivals(rolled: Rolled, rows: pd.DataFrame) -> str:
    scenario = rolled.plan.scenario
    villages = of_places(scenario.villages)
    wide = rows.pivot_table(index="village", columns="date", values="kg", aggfunc="sum", fill_value=0.0)
    days = [str(day) for day in wide.columns]
    heads = (
        _("Village"),
        *(f"{_(WEEKDAYS[date.fromisoformat(day).weekday()])} {day[5:]}" for day in days),
        _("Sum, kg"),
    )
    body = [
        (villages.label(str(village)), *(f"{kg:,.0f}" if kg else "" for kg in line), f"{line.sum():,.0f}")
        for village, line in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    total = (_("Sum, kg"), *(f"{kg:,.0f}" for kg in wide.sum()), f"{wide.to_numpy().sum():,.0f}")
    return _table(heads, [*body, total])


def _people(rows: pd.DataFrame) -> str:
    """Return who works at a depot: people on a day, hours in the week."""
    heads = (_("People"), _("On a day"), _("Hours this week"))
    lines = [(_(SKILLS[row["skill"]]), f"{row['people_day']:g}", f"{row['hours']:,.0f}") for row in
             rows.to_dict("records")]  # fmt: skip
    return _table(heads, lines)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, nothing without rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
