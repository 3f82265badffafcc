"""Drivers of a day's tours recomputed: who drives what, within the hours that the week leaves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from coldchain.language import _
from coldchain.verify.record import ON_THE_DOT_H, Record, rows

LEAST_H = 1.0


def check_drivers(
    record: Record,
    summary: Mapping[str, Any],
    before_h: Mapping[str, float] | None,
    hired: Collection[str],
    *,
    locked: bool,
) -> None:
    """Check who drives each tour of a counted vehicle, hours of the week, and whose week is used up.

    Parameters
    ----------
    before_h : hours on earlier days by driver; None: as the table states them
    hired : vehicles that come with drivers of their own
    locked : whether locked tours may break limits
    """
    if "drivers" not in record.tables:
        if "driver" in record.tables["tours"].columns or "used_up" in summary:
            record.wrong(_("table {name} is missing").format(name="drivers"))
        return
    known = {str(row.driver): row for row in rows(record.tables["drivers"])}
    counted = [row for row in rows(record.tables["fleet"]) if row.vehicle not in hired]
    _check_names(record, counted)
    _check_tours(record, known, counted)
    most_h = record.scenario.routing.driver_h_week
    for name, row in known.items():
        tours = [tour for tour in rows(record.tables["tours"]) if tour.driver == name]
        if len(tours) > 1:
            record.wrong(_("drivers: {driver} drives {count} tours at once").format(driver=name, count=len(tours)))
        before = float(row.before_h) if before_h is None else before_h.get(name, 0.0)
        today = sum(float(tour.shift_h) for tour in tours)
        for column, right in (("before_h", before), ("today_h", today), ("left_h", most_h - before - today)):
            what = _("drivers: {column} of {driver}").format(column=column, driver=name)
            record.differs(what, float(getattr(row, column)), right, 1.0)
        if str(row.tour) != ";".join(str(tour.tour) for tour in tours):
            record.wrong(_("drivers: {driver} does not drive tour {tour}").format(driver=name, tour=row.tour))
        if before + today > most_h + ON_THE_DOT_H and not (locked and any(tour.locked for tour in tours)):
            text = _("drivers: {driver} is on duty {hours:.2f} h this week; the limit is {most:g} h")
            record.wrong(text.format(driver=name, hours=before + today, most=most_h))
    _check_used_up(record, summary, known)


def _check_names(record: Record, counted: Sequence[Any]) -> None:
    """Check that every counted vehicle has one driver: those of the fleet of today, and those used up."""
    most_h = record.scenario.routing.driver_h_week
    named: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows(record.tables["drivers"]):
        named[str(row.vehicle), str(row.depot)].append(str(row.driver))
    for (vehicle, depot), names in named.items():
        at = f" ({depot})" if depot else ""
        if names != [f"{vehicle} #{n + 1}{at}" for n in range(len(names))]:
            record.wrong(_("drivers: those of {vehicle} are not numbered from 1 on").format(vehicle=vehicle))
    today: Counter[tuple[str, str]] = Counter()
    for row in counted:
        today[str(row.vehicle).partition("@")[0], str(row.depot)] += int(row.count)
    for row in rows(record.tables["drivers"]):
        today[str(row.vehicle), str(row.depot)] += 1 if most_h - float(row.before_h) < LEAST_H else 0
    for key in sorted({*today, *named}):
        if today[key] != len(named.get(key, [])):
            text = _("drivers: {vehicle} has {count}; the fleet, and those whose week is used up, make {right}")
            record.wrong(text.format(vehicle=key[0], count=len(named.get(key, [])), right=today[key]))


def _check_tours(record: Record, known: Mapping[str, Any], counted: Sequence[Any]) -> None:
    """Check that tours of counted vehicles, and no others, name a driver of that vehicle."""
    at = {(str(row.vehicle), str(row.depot)) for row in counted}
    for tour in rows(record.tables["tours"]):
        homes = {depot for vehicle, depot in at if vehicle == tour.vehicle and depot in {"", tour.depot}}
        row = known.get(str(tour.driver))
        of = None if row is None else (str(row.vehicle), str(row.depot))
        right = {(str(tour.vehicle).partition("@")[0], home) for home in homes}
        if (of is not None or tour.driver != "" or right) and of not in right:
            text = _('tours: "{driver}" does not drive {vehicle}, the vehicle of {tour}')
            record.wrong(text.format(driver=tour.driver, vehicle=tour.vehicle, tour=tour.tour))


def _check_used_up(record: Record, summary: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    most_h = record.scenario.routing.driver_h_week
    right = [
        (name, float(row.before_h), str(row.base), record.vehicles[str(row.base)].cost_cny_day)
        for name, row in known.items()
        if most_h - float(row.before_h) < LEAST_H
    ]
    stated = [(one["driver"], one["before_h"], one["type"], one["hire_cny_day"]) for one in summary.get("used_up", [])]
    if sorted(stated, key=str) != sorted(right, key=str):
        record.wrong(_("routes.json: used_up does not list the drivers whose week is used up"))
