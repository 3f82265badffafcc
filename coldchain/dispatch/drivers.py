"""Drivers' hours over a week: what vehicles drove on its earlier days is taken off what they may drive today.

Each vehicle that is counted (owned, or in a fleet table) has one driver, named by vehicle and number. Vehicles whose
drivers have less than a shift left are rows of the fleet of their own, with a shorter shift; those with less than an
hour left are used up. Vehicles hired by the day bring drivers of their own, whose week is not known.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from coldchain.dispatch.fleet import VehiclesAtHand
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.routing.day import Tour
from coldchain.runs.folder import read_run

ROUTES = "routes.json"
SHORT = "@"  # between the name of a vehicle and the hours its driver has left
STEP_H = 0.5
LEAST_H = 1.0
"""Drivers with less than this left are not sent out."""


@dataclass(frozen=True)
class Driver:
    """The driver of a counted vehicle, and hours on duty on earlier days of the week."""

    name: str
    vehicle: str
    base: str
    depot: str
    before_h: float


def driver_name(vehicle: str, number: int, depot: str) -> str:
    """Name a driver by the vehicle.

    Examples
    --------
    >>> driver_name("light_truck-own", 2, ""), driver_name("truck", 1, "D")
    ('light_truck-own #2', 'truck #1 (D)')
    """
    return f"{vehicle} #{number}" + (f" ({depot})" if depot else "")


def vehicle_of(key: str) -> str:
    """Return the name of a vehicle without the hours left.

    Examples
    --------
    >>> vehicle_of("light_truck-own@7.5h"), vehicle_of("light_truck")
    ('light_truck-own', 'light_truck')
    """
    return key.partition(SHORT)[0]


def iso_date(text: str | None) -> date | None:
    """Return the date that a day was asked for by; None where it was a period or a number."""
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None


def earlier_days(places: Sequence[Path], day: str | None, out: Path | None = None) -> tuple[Path, ...]:
    """Return the folders of routes in places that are earlier days of the same week.

    Of two dated days the earlier one of the same calendar week counts; where one has no date, it does.

    Parameters
    ----------
    places : folders of routes, or folders that hold some
    out : folder that is to be written, which is no earlier day

    Raises
    ------
    BadInputError
        Where a place holds no routes, or two folders are of one date.
    """
    today, faults, found = iso_date(day), [], dict[Path, date | None]()
    for place in places:
        folders = sorted(path.parent for path in place.rglob(ROUTES) if not path.parent.name.startswith("."))
        if not folders:
            text = _("holds no day of routes; name folders of `coldchain routes`")
            faults.append(Fault(str(place), None, "", "", text, "not-a-day"))
        found |= {folder: date_of(folder) for folder in folders if out is None or folder.resolve() != out.resolve()}
    week = {folder: when for folder, when in found.items() if is_earlier_in_week(when, today)}
    first: dict[date, Path] = {}
    for folder, when in week.items():
        if when is not None and first.setdefault(when, folder).resolve() != folder.resolve():
            text = _("is of {date}, as {folder} is: name one of them").format(date=when, folder=first[when])
            faults.append(Fault(str(folder), None, "", "", text, "duplicate-day"))
    if faults:
        raise BadInputError(faults)
    return tuple(sorted({folder.resolve(): folder for folder in week}.values()))


def is_earlier_in_week(when: date | None, today: date | None) -> bool:
    """Tell whether a day is before another in the same calendar week; so is one of which either has no date."""
    if when is None or today is None:
        return True
    return when < today and when.isocalendar()[:2] == today.isocalendar()[:2]


def date_of(folder: Path) -> date | None:
    """Return the date of a day of routes; None where it has none."""
    try:
        return iso_date(json.loads((folder / ROUTES).read_text(encoding="utf-8"))["day"]["given"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def hours_before(folders: Sequence[Path], county: str) -> tuple[dict[str, float], list[Fault]]:
    """Return hours on duty by driver, added up over days of routes of a county, and what is wrong with these."""
    hours: dict[str, float] = defaultdict(float)
    faults = []
    for folder in folders:
        _about, summary, tables = read_run(folder, ROUTES)
        if "drivers" not in tables:
            text = _("was routed without drivers; route that day anew")
            faults.append(Fault(str(folder), None, "", "", text, "not-a-day"))
        elif summary["scenario"]["name"] != county:
            text = _("is a day of {name}, not of {county}").format(name=summary["scenario"]["name"], county=county)
            faults.append(Fault(str(folder), None, "", "", text, "other-county"))
        else:
            for row in tables["drivers"].to_dict("records"):
                hours[str(row["driver"])] += float(row["today_h"])
    return dict(hours), faults


def drivers_of(fleet: Sequence[VehiclesAtHand], before: Mapping[str, float]) -> tuple[Driver, ...]:
    """Return the drivers of all counted vehicles of a fleet."""
    found = [
        (driver_name(made.kind.id, number, made.depot), made)
        for made in fleet
        if not made.for_hire
        for number in range(1, (made.count or 0) + 1)
    ]
    return tuple(Driver(name, one.kind.id, one.base, one.depot, before.get(name, 0.0)) for name, one in found)


def within_week(fleet: Sequence[VehiclesAtHand], before: Mapping[str, float], most_h: float) -> list[VehiclesAtHand]:
    """Return the fleet of today: vehicles by what their drivers may still do, the shortest last, none used up.

    Parameters
    ----------
    before : hours on duty on earlier days, by driver; most_h : of a week
    """
    today = []
    for made in fleet:
        if made.for_hire:
            today.append(made)
            continue
        shifts: dict[float, list[str]] = defaultdict(list)
        for one in drivers_of([made], before):
            left = most_h - one.before_h
            shift = made.kind.shift_h if left >= made.kind.shift_h else math.floor(left / STEP_H) * STEP_H
            if left >= LEAST_H:
                shifts[shift].append(one.name)
        today += [_of_shift(made, shift, names) for shift, names in sorted(shifts.items(), reverse=True)]
    return today


def _of_shift(made: VehiclesAtHand, shift_h: float, drivers: Sequence[str]) -> VehiclesAtHand:
    kind = made.kind
    if shift_h < kind.shift_h:
        kind = kind.model_copy(update={"id": f"{kind.id}{SHORT}{shift_h:g}h", "shift_h": shift_h})
    return replace(made, kind=kind, count=len(drivers), drivers=tuple(drivers))


def driven_by(tours: Sequence[Tour], fleet: Sequence[VehiclesAtHand], depots: Sequence[str],
              before: Mapping[str, float]) -> list[str]:  # fmt: skip
    """Return who drives each tour, the longest by who has driven least so far; "" for hired vehicles.

    Parameters
    ----------
    depots : ids, as the tours number them
    """
    found = [""] * len(tours)
    for made in fleet:
        mine = [
            n for n, tour in enumerate(tours)
            if tour.vehicle_id == made.kind.id and made.depot in {"", depots[tour.depot]}
        ]  # fmt: skip
        mine.sort(key=lambda n: -tours[n].shift_h)
        rested = sorted(made.drivers, key=lambda name: before.get(name, 0.0))
        for n, name in zip(mine, rested, strict=False):
            found[n] = name
    return found


def used_up(drivers: Sequence[Driver], scenario: Scenario) -> list[dict[str, Any]]:
    """Return the drivers whose week is used up before today, each with what a vehicle of the type costs to hire."""
    most_h = scenario.routing.driver_h_week
    return [
        {"driver": one.name, "before_h": one.before_h, "type": one.base,
         "hire_cny_day": scenario.vehicle(one.base).cost_cny_day}
        for one in drivers if most_h - one.before_h < LEAST_H
    ]  # fmt: skip
