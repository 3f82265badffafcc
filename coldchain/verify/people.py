"""Who works at which depot and drives from it, and whether the people at hand are enough, from the tables alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

from coldchain.language import _
from coldchain.model import Scenario
from coldchain.verify.record import TOLERANCE, Record, agree, rows

SHIFT_H = 8.0
SLACK_H = 2e-3
Needs = dict[tuple[str, str, str], tuple[float, float]]
"""(depot, period, skill) -> people on a day, hours in the period."""


def check_people(record: Record, built: Mapping[str, Mapping[str, int]]) -> None:
    """Hold the table of people against duties and modules, and both against who is there.

    Parameters
    ----------
    built : new modules of each site
    """
    if "people" in record.tables:
        for text in people_problems(record.scenario, record.tables):
            record.odd(text)
    busiest: dict[tuple[str, str], float] = defaultdict(float)
    for (skill, place), hours in _at_hand(record.scenario).items():
        there = {site.id for site in record.scenario.sites if not place or place in (site.id, site.county)}
        for period in record.scenario.periods:
            stood = sum(_staff_h(record, record.standing[site]) for site in there)
            if skill == "operator":
                new = sum(_staff_h(record, built.get(site, {})) for site in there)
                needed, most = stood + new + _units_h(record, there, period.id), max(hours, stood)
            else:
                needed, most = _driven_h(record.tables, there, period.id), hours
            busiest[skill, place] = max(busiest[skill, place], needed)
            if needed > most + SLACK_H + TOLERANCE * most:
                where = place or record.scenario.name
                text = _("people: {skill}, {place}, {period}: {needed:,.1f} h a day are needed; {hours:,.1f} are there")
                record.wrong(text.format(skill=skill, place=where, period=period.id, needed=needed, hours=hours))

    if "crews" in record.tables:
        _check_crews(record, busiest)


def _check_crews(record: Record, busiest: Mapping[tuple[str, str], float]) -> None:
    """Hold hours at hand and needed against the inputs and the plan."""
    hands, persons = _at_hand(record.scenario), defaultdict[tuple[str, str], float](float)
    for crew in record.scenario.people:
        persons[crew.skill, crew.place] += crew.persons
    table = record.tables["crews"]
    if sorted(zip(table["skill"], table["place"], strict=True)) != sorted(hands):
        record.odd(_("crews: the rows are not the skills and places of the table of people"))
        return
    for row in rows(table):
        key = row.skill, row.place
        for name, found in (("persons", persons[key]), ("hours_day", hands[key]), ("needed_h_day", busiest[key])):
            record.differs(f"crews: {row.skill} {row.place} {name}", float(getattr(row, name)), found)


def people_problems(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return rows of the table of people that the plan does not bear out."""
    right, found = people_needed(scenario, tables), []
    stated = {(row.depot, row.period, row.skill): (row.people_day, row.hours) for row in rows(tables["people"])}
    for key in sorted(right.keys() | stated.keys()):
        given, meant = stated.get(key, (0.0, 0.0)), right.get(key, (0.0, 0.0))
        if not all(agree(float(one), other, 1.0) for one, other in zip(given, meant, strict=True)):
            found.append(
                _("people.csv: {depot}, {skill}: {stated:,.1f} h stated, {found:,.1f} h found").format(
                    depot=key[0], skill=key[2], stated=float(given[1]), found=meant[1]
                )
            )
    return found if len(stated) == len(tables["people"]) else [*found, _("people.csv: a row is listed twice")]


def people_needed(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Needs:
    """Return who is needed, from duties, depots, units and lots."""
    days = {period.id: period.days for period in scenario.periods}
    home: dict[str, tuple[str, str]] = {}
    for row in rows(tables["duties"].sort_values("order")):
        home.setdefault(row.duty, (row.depot, row.period))
    found: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for place in home.values():
        found[(*place, "driver")][0] += 1.0
    for row in rows(tables["duties"]):
        depot, period = home[row.duty]
        found[depot, period, "driver"][1] += (row.hours + row.wait_h) * days[period]
    staff = {kind.id: kind.staff for kind in scenario.depot_types}
    for depot, period in {(row.depot, row.period) for row in rows(tables["lots"]) if row.depot}:
        people = sum(
            staff.get(kind.strip(), 0.0) * int(n or 1)
            for row in rows(tables["depots"])
            if row.depot == depot
            for part in f"{row.new_modules};{row.standing_modules}".split(";")
            if part.strip()
            for kind, _colon, n in [part.partition(":")]
        )
        units = [row for row in rows(tables["units"]) if (row.depot, row.period) == (depot, period)]
        people += sum(staff.get(row.unit, 0.0) * int(row.standing) for row in units)
        if people > 0.0:
            found[depot, period, "operator"] = [people, people * SHIFT_H * days[period]]
    return {key: (people, hours) for key, (people, hours) in found.items()}


def _at_hand(scenario: Scenario) -> dict[tuple[str, str], float]:
    """Return hours a day by skill and place."""
    hours: dict[tuple[str, str], float] = defaultdict(float)
    for crew in scenario.people:
        hours[crew.skill, crew.place] += crew.persons * crew.hours_day
    return hours


def _staff_h(record: Record, modules: Mapping[str, int]) -> float:
    """Return the hours a day of those who run modules; modules that nobody offers are named elsewhere."""
    return float(sum(SHIFT_H * record.kinds[kind].staff * n for kind, n in modules.items() if kind in record.kinds))


def _units_h(record: Record, there: set[str], period: str) -> float:
    standing = (row for row in rows(record.tables["units"]) if row.depot in there and row.period == period)
    return float(sum(_staff_h(record, {row.unit: int(row.standing)}) for row in standing))


def _driven_h(tables: Mapping[str, pd.DataFrame], there: set[str], period: str) -> float:
    duties = tables["duties"]
    first = duties.sort_values("order").groupby("duty")["depot"].first()
    mine = (duties["period"] == period) & duties["duty"].map(first).isin(there)
    return float((duties["hours"] + duties["wait_h"])[mine].sum())
