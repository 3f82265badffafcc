"""The way of every lot of a routed day: when it is where, how many grams set out and how many are sold."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.errors import BadInputError, Fault, UsageError
from coldchain.language import _
from coldchain.model import CoolingClass, Landmark, Scenario, Site, cooling_class
from coldchain.model.seasons import months_of
from coldchain.network import travel
from coldchain.runs import Run

ROUTES = "routes.json"
NEEDED = {
    "lots": ("order", "village", "commodity", "kg", "tour", "trip", "depot", "zone", "method", "harvest_h", "leave_h",
             "back_h", "loss_kg"),
    "tours": ("tour", "vehicle"),
    "depots": ("depot", "modules", "hub"),
}  # fmt: skip
GRAMS = 1000.0
LOT_CHARACTERS, DIGEST_CHARACTERS = 13, 12
PLAIN = re.compile(r"[A-Za-z0-9._-]+")
OFFSET = re.compile(r"[+-](\d\d):(\d\d)")


@dataclass(frozen=True)
class Journey:
    """A lot from harvest to the buyer at the hub.

    Attributes
    ----------
    lot : its number, 20 characters of the plain set at most
    order : as the day's tables call it
    grams, lost_grams : harvested, and expected to be unsaleable at the buyer
    cooled, sent : pre-cooled to seven eighths; leaves the depot
    arrives : at the hub; None where no road leads there
    landmark : the landmark product whose name it carries; None for none
    """

    lot: str
    order: str
    village: str
    commodity: str
    grams: int
    lost_grams: int
    tour: str
    vehicle: str
    depot: str
    hub: str
    cooling: CoolingClass
    harvest: datetime
    load: datetime
    unload: datetime
    cooled: datetime
    sent: datetime
    arrives: datetime | None
    landmark: Landmark | None = None


@dataclass(frozen=True)
class TracedDay:
    """The lots of a day, with the scenario they belong to and when it was computed."""

    scenario: Scenario
    period: int
    made: str
    journeys: tuple[Journey, ...]
    notes: tuple[str, ...] = ()


def traced_day(folder: Path, moved: Path | None, day: date | None, offset: str) -> TracedDay:
    """Read a folder of routes as journeys.

    Parameters
    ----------
    moved : where the scenario lies now
    day : of the harvest; without it the date given to ``routes``, else one assumed within the period, with a note
    offset : from UTC, as ``+08:00``

    Raises
    ------
    BadInputError
        When the folder is none of routes, or its tables do not fit its scenario.
    UsageError
        When the offset is none.
    """
    if not (folder / ROUTES).is_file() and (folder / "summary.json").is_file():
        told = _("is a plan; lots are traced through a day: run `coldchain routes {folder}` and name its folder")
        raise BadInputError([Fault(str(folder), None, "", "", told.format(folder=folder), "not-routes")])
    run = Run.open(folder, moved, summary=ROUTES)
    _check(run, folder)
    found, note = _date_of(run, day)
    midnight = datetime(found.year, found.month, found.day, tzinfo=zone_of(offset))
    stopped = str(run.information.get("stopped_utc", "")) or midnight.astimezone(UTC).isoformat()
    return TracedDay(run.scenario, _period(run), stopped, _journeys(run, midnight), (note,) if note else ())


def zone_of(offset: str) -> timezone:
    """Return the time zone of an offset such as ``+08:00``."""
    found = OFFSET.fullmatch(offset)
    if found is None or int(found[1]) * 60 + int(found[2]) > 14 * 60 or int(found[2]) > 59:
        raise UsageError(_('--utc-offset must be as +08:00; got "{offset}"').format(offset=offset))
    minutes = int(found[1]) * 60 + int(found[2])
    return timezone(timedelta(minutes=-minutes if offset.startswith("-") else minutes))


def lot_number(day: date, order: str, part: int) -> str:
    """Return the number of a lot: the day and the order; of an order with other characters, or too long, its digest.

    Examples
    --------
    >>> lot_number(date(2026, 7, 15), "V07-tomato", 1), lot_number(date(2026, 7, 15), "V07-tomato", 2)
    ('260715-V07-tomato', '260715-V07-tomato.2')
    >>> len(lot_number(date(2026, 7, 15), "官庄村 7/15", 1))
    19
    """
    name = order if part == 1 else f"{order}.{part}"
    if not PLAIN.fullmatch(name) or len(name) > LOT_CHARACTERS:
        name = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()[:DIGEST_CHARACTERS]
    return f"{day:%y%m%d}-{name}"


def _check(run: Run, folder: Path) -> None:
    """Refuse tables that lack columns or name what the scenario does not have."""
    faults = []
    for table, columns in NEEDED.items():
        path = str(folder / "tables" / f"{table}.csv")
        have = run.tables[table].columns if table in run.tables else ()
        lacking = [column for column in columns if column not in have]
        faults += [Fault(path, 1, column, "", _("the column is missing"), "missing-column") for column in lacking]
    if faults:
        raise BadInputError(faults)
    known = {
        "village": {one.id for one in run.scenario.villages},
        "commodity": {one.id for one in run.scenario.commodities},
        "depot": set(run.tables["depots"]["depot"]) & {one.id for one in run.scenario.sites},
        "tour": set(run.tables["tours"]["tour"]),
    }
    path = str(folder / "tables" / "lots.csv")
    for column, ids in known.items():
        for row, value in enumerate(run.tables["lots"][column], start=2):
            if value not in ids:
                faults.append(Fault(path, row, column, str(value), _("is not one of the scenario"), "unknown-id"))
    for row, lot in enumerate(run.tables["lots"].to_dict("records"), start=2):
        figures = [float(lot[name]) for name in ("kg", "harvest_h", "leave_h", "back_h", "loss_kg")]
        kg, harvest, leave, back, lost = figures
        if not all(map(math.isfinite, figures)) or not (kg > 0 <= lost <= kg and harvest <= leave <= back):
            told = _("kg, loss and hours of this lot do not fit together; route the day again")
            faults.append(Fault(path, row, "", str(lot["order"]), told, "garbled"))
    if faults:
        raise BadInputError(faults)


def _period(run: Run) -> int:
    wanted = str(run.summary["day"]["period"])
    return next((n for n, period in enumerate(run.scenario.periods) if period.id == wanted), 0)


def _date_of(run: Run, day: date | None) -> tuple[date, str]:
    """Return the date of the harvest, and what was assumed for it."""
    if day is not None:
        return day, ""
    given = str(run.summary["day"]["given"])
    try:
        return date.fromisoformat(given), ""
    except ValueError:
        pass
    months = months_of(run.scenario.periods[_period(run)])
    stopped = str(run.information.get("stopped_utc", ""))
    year = int(stopped[:4]) if stopped[:4].isdigit() else date.min.year + 1999
    found = date(year, months[len(months) // 2] if months else 7, 15)
    told = _("no date of harvest is known: {day} is taken; give it with --date")
    return found, told.format(day=found.isoformat())


def _journeys(run: Run, midnight: datetime) -> tuple[Journey, ...]:
    scenario = run.scenario
    vehicles = dict(zip(run.tables["tours"]["tour"], run.tables["tours"]["vehicle"], strict=True))
    depots = {row["depot"]: row for row in run.tables["depots"].to_dict("records")}
    haul_h = _haul_hours(run, depots)
    parts: dict[str, int] = {}
    made = []
    for row in run.tables["lots"].to_dict("records"):
        grams = round(float(row["kg"]) * GRAMS)
        if grams <= 0:
            continue
        order = str(row["order"])
        parts[order] = parts.get(order, 0) + 1
        cooling = _cooling(scenario, str(depots[row["depot"]]["modules"]), str(row["zone"]), str(row["method"]))
        hours = _hours(row, cooling.precool_h, scenario.chain.depot_dwell_h, haul_h[str(row["depot"])])
        times = [None if math.isinf(hour) else midnight + timedelta(seconds=round(hour * 3600)) for hour in hours]
        harvest, load, unload, cooled, sent = (midnight if time is None else time for time in times[:5])
        made.append(
            Journey(
                lot=lot_number(midnight.date(), order, parts[order]),
                order=order,
                village=str(row["village"]),
                commodity=str(row["commodity"]),
                grams=grams,
                lost_grams=min(round(float(row["loss_kg"]) * GRAMS), grams),
                tour=str(row["tour"]),
                vehicle=str(vehicles[row["tour"]]),
                depot=str(row["depot"]),
                hub=str(depots[row["depot"]]["hub"]),
                cooling=cooling,
                harvest=harvest,
                load=load,
                unload=unload,
                cooled=cooled,
                sent=sent,
                arrives=times[5],
                landmark=claimed(scenario.landmarks, str(row["village"]), str(row["commodity"]), harvest.month),
            )
        )
    return tuple(made)


def _hours(row: Mapping[Any, Any], precool_h: float, dwell_h: float, haul_h: float) -> tuple[float, ...]:
    """Return the hours of harvest, loading, unloading, cooled, sent and arrived."""
    back = float(row["back_h"])
    cooled = back + precool_h
    sent = cooled + dwell_h
    return float(row["harvest_h"]), float(row["leave_h"]), back, cooled, sent, sent + haul_h


def claimed(register: Sequence[Landmark], village: str, commodity: str, month: int) -> Landmark | None:
    """Return the landmark product whose name a harvest may carry; of several the first of the register."""
    return next((one for one in register if one.covers(village, commodity, month)), None)


def _cooling(scenario: Scenario, modules: str, zone: str, method: str) -> CoolingClass:
    """Return the cooling class of a depot that a lot goes into; where nothing stands yet, of all that is on offer."""
    standing = Site(id="x", lon=0.0, lat=0.0, existing=modules).modules()
    types = [kind for kind in scenario.depot_types if not standing or kind.id in standing]
    classes = [cooling_class(kind) for kind in types if kind.zone == zone and kind.method == method]
    if not classes:
        told = _("no module cools to zone {zone} by {method}; the scenario has changed since the day was routed")
        message = told.format(zone=zone, method=method)
        raise BadInputError([Fault("depots.csv", None, "modules", modules, message, "changed")])
    return min(classes, key=lambda one: (one.half_cooling_h, one))


def _haul_hours(run: Run, depots: Mapping[str, Any]) -> dict[str, float]:
    """Return depot -> hours of the line haul to its hub with the slowest of its trucks; inf where no road leads."""
    scenario, placed = run.scenario, run.placed
    sites = {site.id: n for n, site in enumerate(scenario.sites)}
    hubs = {hub.id: n for n, hub in enumerate(scenario.hubs)}
    names = [key for key in depots if key in sites and str(depots[key]["hub"]) in hubs]
    if not names:
        return dict.fromkeys(map(str, depots), math.inf)
    nodes = np.array([placed.site_node[sites[key]] for key in names], dtype=np.int64)
    ends = np.array([placed.hub_node[hubs[str(depots[key]["hub"])]] for key in names], dtype=np.int64)
    hours = travel(placed.network, nodes, ends).time_h.diagonal()
    slowest = min(scenario.vehicle(key).speed_factor for key in scenario.routing.line_haul_vehicles)
    known = {str(key): float(hour) / slowest for key, hour in zip(names, hours, strict=True)}
    return {str(key): known.get(str(key), math.inf) for key in depots}
