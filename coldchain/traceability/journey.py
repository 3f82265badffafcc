"""The way of every lot of a routed day: when it is where, how many grams set out and how many are sold."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from coldchain.errors import BadInputError, Fault, UsageError
from coldchain.language import _
from coldchain.model import CoolingClass, Landmark, Scenario
from coldchain.model.seasons import months_of
from coldchain.runs.folder import read_run
from coldchain.telemetry.dayplan import ROUTES, DayPlan
from coldchain.telemetry.lotplan import LotPlan

GRAMS = 1000.0
LOT_CHARACTERS, DIGEST_CHARACTERS = 13, 12
PLAIN = re.compile(r"[A-Za-z0-9._-]+")
MINUTES = 60


@dataclass(frozen=True)
class Journey:
    """A lot from harvest to the buyer at the hub.

    Attributes
    ----------
    lot : its number, 20 characters of the plain set at most
    key, order : as the day's tables call it
    grams, lost_grams : harvested, and expected to be unsaleable at the buyer
    truck, room : where its sensors are; open_ride: the truck is as warm as the air
    cooled, sent : pre-cooled to seven eighths; leaves the depot
    arrives : at the hub; None where no road leads there
    landmark : the landmark product whose name it carries; None for none
    """

    lot: str
    key: str
    order: str
    village: str
    commodity: str
    grams: int
    lost_grams: int
    truck: str
    room: str
    open_ride: bool
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


def traced_day(folder: Path, plan: DayPlan, day: str, offset_h: float) -> TracedDay:
    """Return the journeys of a folder of routes.

    Parameters
    ----------
    plan : of the day, as the folder holds it
    day : ISO date of the harvest; empty: that of the routes, else one assumed within the period, with a note
    offset_h : of local time from UTC

    Raises
    ------
    BadInputError
        When a lot's figures do not fit together.
    UsageError
        When the offset is no whole number of minutes.
    """
    minutes = round(offset_h * MINUTES)
    if abs(minutes - offset_h * MINUTES) > 1e-6:
        told = _("--utc-offset must be a whole number of minutes, such as 8 or 5.5; got {offset:g}")
        raise UsageError(told.format(offset=offset_h))
    information, _summary, _tables = read_run(folder, ROUTES)
    stopped = str(information.get("stopped_utc", ""))
    found, note = _date_of(plan, day, stopped)
    midnight = datetime(found.year, found.month, found.day, tzinfo=timezone(timedelta(minutes=minutes)))
    journeys = _journeys(plan, midnight)
    made = stopped or midnight.astimezone(UTC).isoformat()
    return TracedDay(plan.scenario, plan.period, made, journeys, (note,) if note else ())


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


def _date_of(plan: DayPlan, day: str, stopped: str) -> tuple[date, str]:
    """Return the date of the harvest, and what was assumed for it."""
    if day or plan.date:
        return date.fromisoformat(day or plan.date), ""
    months = months_of(plan.scenario.periods[plan.period])
    year = int(stopped[:4]) if stopped[:4].isdigit() else 2000
    found = date(year, months[len(months) // 2] if months else 7, 15)
    told = _("no date of harvest is known: {day} is taken; give it with --date")
    return found, told.format(day=found.isoformat())


def _journeys(plan: DayPlan, midnight: datetime) -> tuple[Journey, ...]:
    faults = [fault for lot in plan.lots for fault in _faults(plan, lot)]
    if faults:
        raise BadInputError(dict.fromkeys(faults))
    parts: dict[str, int] = {}
    made = []
    for lot in plan.lots:
        parts[lot.order] = parts.get(lot.order, 0) + 1
        if round(lot.kg * GRAMS) > 0:
            made.append(_journey(plan, lot, midnight, parts[lot.order]))
    return tuple(made)


def _depot(lot: LotPlan) -> str:
    return lot.room.split("/")[1]


def _faults(plan: DayPlan, lot: LotPlan) -> Iterator[Fault]:
    """Yield what keeps a lot from being traced: names that the scenario does not have, figures that contradict."""
    unknown = _("is not one of the scenario")
    if lot.village not in {one.id for one in plan.scenario.villages}:
        yield Fault("lots.csv", None, "village", lot.village, unknown, "unknown-id")
    figures = (lot.kg, lot.loss, lot.harvest_h, lot.leave_h, lot.back_h)
    ordered = lot.harvest_h <= lot.leave_h <= lot.back_h and lot.kg > 0 and 0 <= lot.loss <= 1
    if not (all(map(math.isfinite, figures)) and ordered):
        told = _("kg, loss and hours of this lot do not fit together; route the day again")
        yield Fault("lots.csv", None, "", lot.key, told, "garbled")


def _journey(plan: DayPlan, lot: LotPlan, midnight: datetime, part: int) -> Journey:
    """Return the journey of a lot; one that loses all over no line haul has no road to its hub."""

    def at(hour: float) -> datetime:
        return midnight + timedelta(seconds=round(hour * 3600))

    harvest, grams = at(lot.harvest_h), round(lot.kg * GRAMS)
    reached = math.isfinite(lot.haul_h) and (lot.haul_h > 0 or lot.loss < 1)
    return Journey(
        lot=lot_number(midnight.date(), lot.order, part),
        key=lot.key,
        order=lot.order,
        village=lot.village,
        commodity=lot.crop.id,
        grams=grams,
        lost_grams=min(round(lot.kg * lot.loss * GRAMS), grams),
        truck=lot.truck,
        room=lot.room,
        open_ride=lot.cargo == "ambient",
        depot=_depot(lot),
        hub=lot.hub,
        cooling=lot.cooling,
        harvest=harvest,
        load=at(lot.leave_h),
        unload=at(lot.back_h),
        cooled=at(min(lot.docked_h + lot.cooling.precool_h, lot.depart_h)),
        sent=at(lot.depart_h),
        arrives=at(lot.depart_h + lot.haul_h) if reached else None,
        landmark=claimed(plan.scenario.landmarks, lot.village, lot.crop.id, harvest.month),
    )


def claimed(register: Sequence[Landmark], village: str, commodity: str, month: int) -> Landmark | None:
    """Return the landmark product whose name a harvest may carry; of several the first of the register."""
    return next((one for one in register if one.covers(village, commodity, month)), None)
