"""Hold a week's changes, days and bill against its plan, the week before and what may not move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coldchain.language import _
from coldchain.model import Crew, MobileUnit, Scenario
from coldchain.verify.depots import takes_t_day
from coldchain.verify.people import people_problems
from coldchain.verify.record import standing_modules

RELATIVE = 1e-6
KG_PER_T, LEAST_KG, DAYS = 1000.0, 0.5, 7
SLACK_H = 2e-3
LEFT = ("full", "unpaid")
"""Why somebody who went to a depot is left out of a week."""
UNCHANGED = ("operation", "capital")
"""Headings of a year's bill that a week leaves out."""
Tables = Mapping[str, pd.DataFrame]
Way = tuple[str, str, str, str]


@dataclass(frozen=True)
class Week:
    """A week as it was written.

    Attributes
    ----------
    tables : of the week; plan, stay : assignment and fleet of what is planned, and if nobody changed
    before : who went where; most_changed : share of the villages that may change
    bill, stay_bill : CNY by heading, recomputed
    stood : unit, depot and count of the week before
    crews : people at hand, as the scenario states them
    delivery_h : hours to the buyer and share in time, of today's chain and of both plans, recomputed
    """

    scenario: Scenario
    tables: Tables
    plan: Tables
    before: pd.DataFrame
    summary: Mapping[str, Any]
    most_changed: float
    bill: Mapping[str, float]
    stay_bill: Mapping[str, float]
    stood: pd.DataFrame
    delivery_h: Mapping[str, Mapping[str, float]]
    crews: Sequence[Crew] = ()


def week_problems(week: Week) -> list[str]:
    """Return what is wrong with a week."""
    return [*_changes(week), *_left(week), *_held(week), *_days(week), *_money(week), *_delivery(week), *_people(week),
            *_crews(week)]  # fmt: skip


def _group(week: Week) -> dict[str, tuple[str, tuple[str, ...], str]]:
    """Return commodity -> zone and methods: crops with the same go together, those held by name go alone."""
    alone = set(week.tables["held"]["commodity"])
    return {
        crop.id: (crop.zone, crop.methods, crop.id if crop.id in alone else "") for crop in week.scenario.commodities
    }


def _ways(week: Week, frame: pd.DataFrame) -> dict[tuple[str, Any], set[Way]]:
    """Return (village, group of crops) -> depot, zone, method and unit it goes to."""
    group, found = _group(week), dict[tuple[str, Any], set[Way]]()
    for row in frame.to_dict("records"):
        way = (str(row["depot"]), str(row["zone"]), str(row["method"]), str(row["unit"]))
        found.setdefault((str(row["village"]), group[str(row["commodity"])]), set()).add(way)
    return found


def _new(week: Week) -> dict[tuple[str, Any], set[Way]]:
    """Return the ways of the plan that were none before."""
    before = _ways(week, week.before)
    new = {key: ways - before.get(key, set()) for key, ways in _ways(week, week.plan["assignment"]).items()}
    return {key: ways for key, ways in new.items() if ways}


def _changes(week: Week) -> Iterator[str]:
    held = _held_keys(week)
    moved = {village for (village, group), ways in _new(week).items() if not _goes_as_held(held, village, group, ways)}
    table = week.tables["changes"]
    listed = set(table["village"][~table["why"].isin(LEFT)])
    for village in sorted(moved ^ listed):
        yield _("changes.csv: {village} is listed or goes elsewhere, but not both").format(village=village)
    limit = int(week.most_changed * len(week.scenario.villages))
    if len(moved) > limit:
        yield _("{count} villages change their depot; {limit} may").format(count=len(moved), limit=limit)
    for name, stated, found in (("changed", week.summary["villages"]["changed"], len(moved)),
                                ("limit", week.summary["villages"]["limit"], limit)):  # fmt: skip
        if stated != found:
            yield _("villages.{name}: {stated} stated, {found} found").format(name=name, stated=stated, found=found)


def _left(week: Week) -> Iterator[str]:
    """Hold who went to a depot and is not fetched, and with how much, against what is expected and assigned."""
    group, going = _group(week), {*_ways(week, week.before), *(key for key, depot in _held_keys(week).items() if depot)}
    kg: dict[tuple[str, Any], float] = defaultdict(float)
    for name, frame, sign in (("tonnes", week.tables["expected"], 1.0), ("tonnes_year", week.plan["assignment"], -1.0)):
        for village, crop, t in zip(frame["village"], frame["commodity"], frame[name], strict=True):
            kg[str(village), group[str(crop)]] += sign * float(t) * KG_PER_T
    found: dict[str, float] = defaultdict(float)
    for (village, of), left in kg.items():
        found[village] += left if (village, of) in going and left > LEAST_KG else 0.0
    table = week.tables["changes"]
    stated = table[table["why"].isin(LEFT)].groupby("village")["left_out_t"].sum() * KG_PER_T
    for village in sorted({*stated.index, *found}):
        given, meant = float(stated.get(village, 0.0)), found.get(village, 0.0)
        if abs(given - meant) > LEAST_KG + RELATIVE * meant:
            text = _("changes.csv: {village}: {stated:,.0f} kg are said to be left out, {found:,.0f} are")
            yield text.format(village=village, stated=given, found=meant)


def _held_keys(week: Week) -> dict[tuple[str, Any], str]:
    """Return (village, group) -> depot that is named, empty where it stays."""
    group, found = _group(week), dict[tuple[str, Any], str]()
    for row in week.tables["held"].to_dict("records"):
        crops = [row["commodity"]] if row["commodity"] else list(group)
        found |= {(str(row["village"]), group[crop]): str(row["depot"]) for crop in crops}
    return found


def _goes_as_held(held: Mapping[tuple[str, Any], str], village: str, group: Any, ways: set[Way]) -> bool:
    return {depot for depot, *_rest in ways} == {held.get((village, group))}


def _held(week: Week) -> Iterator[str]:
    """Say what moves although it is loaded, contracted or frozen."""
    held, ways, new = _held_keys(week), _ways(week, week.plan["assignment"]), _new(week)
    for (village, group), depot in held.items():
        going = {one for one, *_rest in ways.get((village, group), set())}
        elsewhere = going - {depot} if depot else {one for one, *_rest in new.get((village, group), set())}
        for one in sorted(elsewhere):
            yield _("{village} is held, but goes to {depot}").format(village=village, depot=one)


def _days(week: Week) -> Iterator[str]:
    """Hold the orders of all days against the assignment."""
    keys = ["village", "commodity", "depot"]
    ordered = week.tables["days"].groupby(keys)["kg"].sum()
    planned = week.plan["assignment"].groupby(keys)["tonnes_year"].sum() * KG_PER_T
    both = pd.concat([ordered, planned], axis=1).fillna(0.0)
    for key, (kg, meant) in zip(both.index, both.to_numpy(), strict=True):
        if abs(kg - meant) > 2 * DAYS * LEAST_KG + RELATIVE * meant:
            told = _("days.csv: {village}, {commodity}, {depot}: {kg:,.0f} kg ordered, {meant:,.0f} planned")
            yield told.format(village=key[0], commodity=key[1], depot=key[2], kg=kg, meant=meant)
    most = _takes_kg(week)
    for row in week.tables["days"].groupby(["depot", "date"])["kg"].sum().reset_index().to_dict("records"):
        room = most.get(str(row["depot"]), 0.0)
        if float(row["kg"]) > room * (1 + RELATIVE) + LEAST_KG:
            told = _("days.csv: {depot}, {day}: {kg:,.0f} kg are ordered; it takes in {most:,.0f}")
            yield told.format(depot=row["depot"], day=row["date"], kg=float(row["kg"]), most=room)


def _takes_kg(week: Week) -> dict[str, float]:
    """Return what each depot takes in on a day, all its rooms and units together."""
    scenario, found = week.scenario, dict[str, float]()
    kinds = {kind.id: KG_PER_T * takes_t_day(kind, scenario.chain.depot_dwell_h) for kind in scenario.depot_types}
    for site in scenario.sites:
        found[site.id] = sum(n * kinds[kind] for kind, n in standing_modules(site).items() if kind in kinds)
    for row in week.plan["units"].to_dict("records"):
        found[str(row["depot"])] += float(row["standing"]) * kinds[str(row["unit"])]
    return found


def _moves_cny(week: Week) -> float:
    """Return what moving mobile units costs: those that stand where fewer stood the week before."""
    kinds = {kind.id: kind for kind in week.scenario.depot_types}
    before = {(str(row["unit"]), str(row["depot"])): int(row["count"]) for row in week.stood.to_dict("records")}
    stands = week.plan["units"]
    there = zip(stands["unit"], stands["depot"], stands["standing"], strict=True)
    moved = ((kinds[unit], max(int(n) - before.get((unit, depot), 0), 0)) for unit, depot, n in there)
    return sum(n * kind.move_cny for kind, n in moved if isinstance(kind, MobileUnit))


def _delivery(week: Week) -> Iterator[str]:
    """Hold the hours from harvest to the buyer against both plans and today's chain."""
    stated = week.summary["delivery_h"]
    for name, right in week.delivery_h.items():
        for key, found in right.items():
            if abs(float(stated[name][key]) - found) > RELATIVE * max(abs(found), 1.0):
                text = _("delivery_h.{name}: {stated:,.2f} stated, {found:,.2f} found")
                yield text.format(name=f"{name}.{key}", stated=float(stated[name][key]), found=found)


def _people(week: Week) -> list[str]:
    """Hold people and their hours against duties, modules and units of the plan."""
    stated = week.tables["people"].assign(period=week.scenario.periods[0].id)
    return people_problems(week.scenario, {**week.plan, "people": stated})


def _crews(week: Week) -> Iterator[str]:
    """Hold the hours that the week takes of people against who is there, and both against the table of crews."""
    there: dict[tuple[str, str], float] = defaultdict(float)
    for crew in week.crews:
        there[crew.skill, crew.place] += crew.persons * crew.hours_day
    county = {site.id: site.county for site in week.scenario.sites}
    table, days = week.tables["people"], week.scenario.periods[0].days
    rows = week.tables["crews"].to_dict("records") if "crews" in week.tables else []
    stated = {(str(row["skill"]), str(row["place"])): row for row in rows}
    if stated.keys() != there.keys():
        yield _("crews: the rows are not the skills and places of the table of people")
        return
    for (skill, place), hours in there.items():
        here = [one for one, name in county.items() if place in ("", one, name)]
        mine = table[(table["skill"] == skill) & table["depot"].isin(here)]
        needed = float(mine["hours"].sum()) / days
        if needed > hours + SLACK_H + RELATIVE * hours:
            text = _("people: {skill}, {place}, {period}: {needed:,.1f} h a day are needed; {hours:,.1f} are there")
            yield text.format(skill=skill, place=place or week.scenario.name, period=week.summary["week"],
                              needed=needed, hours=hours)  # fmt: skip
        for name, found in (("hours_day", hours), ("needed_h_day", needed)):
            given = float(stated[skill, place][name])
            if abs(given - found) > RELATIVE * max(found, 1.0):
                text = _("crews.{name} of {skill} {place}: {stated:,.2f} stated, {found:,.2f} found")
                yield text.format(name=name, skill=skill, place=place, stated=given, found=found)


def _money(week: Week) -> Iterator[str]:
    """Hold what the week costs and what the changes save against both bills."""
    costs, stays = (
        bill["total"] - sum(bill.get(name, 0.0) for name in UNCHANGED) for bill in (week.bill, week.stay_bill)
    )
    moves = _moves_cny(week)
    costs += moves
    for name, found in (("week", costs), ("stay", stays), ("gain", stays - costs), ("moves", moves)):
        stated = float(week.summary["cny"][name])
        if abs(stated - found) > RELATIVE * max(abs(costs), abs(stays), 1.0):
            yield _("cny.{name}: {stated:,.2f} stated, {found:,.2f} found").format(
                name=name, stated=stated, found=found
            )
