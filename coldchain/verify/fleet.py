"""Duties of vehicles and the fleet recomputed: who drives what in which order, how long loads wait, what days cost."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coldchain.language import _
from coldchain.model import Period, VehicleType
from coldchain.verify.record import ON_THE_DOT_H, Record, calls_of, rows
from coldchain.verify.restated import Restated, check_table

Trip = tuple[str, str, str, str, str]  # depot, period, zone, vehicle, tour of a trip to the hub
WAIT_FLOOR_H = 1e-3


@dataclass
class CheckedFleet:
    """What vehicles cost.

    Attributes
    ----------
    route_cny : of each collection route, its part of its vehicle's day
    trip_cny : of all trips of a row of the line haul, the same
    wait_h : that the load of each route waits
    haul_wait_h : (depot, period, zone) -> vehicle type, and hours that the load waits, of each straight trip
    busiest : most vehicles on the road on one day
    fleet : rows of the table of the fleet
    """

    route_cny: dict[str, float] = field(default_factory=dict)
    trip_cny: dict[Trip, float] = field(default_factory=lambda: defaultdict(float))
    wait_h: dict[str, float] = field(default_factory=dict)
    haul_wait_h: dict[tuple[str, str, str], list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))
    busiest: int = 0
    fleet: list[dict[str, Any]] = field(default_factory=list)

    def summary(self) -> list[dict[str, Any]]:
        """Return the fleet as a summary lists it."""
        return [
            {
                "type": row["vehicle"],
                "owned": row["owned"],
                "hired_days": row["hired_days"],
                "trips_day": row["trips_year"] / (row["owned_days"] + row["hired_days"]),
            }
            for row in self.fleet
        ]


@dataclass(frozen=True)
class _Duty:
    """What one vehicle does: rows of the table in order; ``crews`` are the days of a vehicle it takes."""

    key: str
    vehicle: VehicleType
    period: str
    jobs: Sequence[Any]
    crews: int

    @property
    def hours(self) -> float:
        return sum(float(job.hours) for job in self.jobs)


def check_fleet(record: Record) -> CheckedFleet:
    """Check duties and fleet; return what trips bear of their vehicles' days, and how long loads wait."""
    found = CheckedFleet()
    routes = {str(row.route): row for row in rows(record.tables["routes"])}
    first = {str(row.route): float(row.aboard_h) for row in rows(record.tables["stops"]) if int(row.order) == 1}
    hauls = {_trip_of(row): row for row in rows(record.tables["line_haul"])}
    duties = list(_duties(record, hauls))
    _check_names(record, duties)
    for duty in duties:
        _check_duty(record, duty, routes, hauls)
        _check_waits(record, duty, (routes, first), found)
    _check_complete(record, duties, routes)
    rates = _fleet(record, duties, found)
    for duty in duties:
        day_cny, whole = duty.crews * rates[duty.vehicle.id], duty.hours
        for job in duty.jobs:
            part = day_cny * (float(job.hours) / whole if whole > 0 else 1.0 / len(duty.jobs))
            if job.route:
                found.route_cny[str(job.route)] = part
            else:
                found.trip_cny[_trip_of(job)] += part
    busy: Counter[str] = Counter()
    for duty in duties:
        busy[duty.period] += duty.crews
    found.busiest = max(busy.values(), default=0)
    return found


def _check_names(record: Record, duties: Sequence[_Duty]) -> None:
    """Check that duties are named by vehicle type, period and number."""
    count = Counter((duty.vehicle.id, duty.period) for duty in duties)
    known = {f"{vehicle}-{period}-{n + 1}" for (vehicle, period), most in count.items() for n in range(most)}
    for key in sorted({duty.key for duty in duties} - known):
        record.odd(_('duties: "{duty}" is not a vehicle type, period and number').format(duty=key))


def _trip_of(row: Any) -> Trip:
    return str(row.depot), str(row.period), str(row.zone), str(row.vehicle), str(row.tour)


def _duties(record: Record, hauls: Mapping[Trip, Any]) -> Iterator[_Duty]:
    by_key: dict[str, list[Any]] = defaultdict(list)
    for row in rows(record.tables["duties"]):
        by_key[str(row.duty)].append(row)
    for key, jobs in by_key.items():
        jobs.sort(key=lambda row: float(row.order))
        vehicle = record.vehicles[str(jobs[0].vehicle)]
        hours = sum(float(job.hours) for job in jobs)
        driving = hours if len(jobs) > 1 or jobs[0].route else _driving_h(record, jobs[0], hauls)
        shifts = max(hours / vehicle.shift_h, driving / (vehicle.max_drive_h or math.inf))
        crews = 1 if jobs[0].route else max(1, math.ceil(shifts - ON_THE_DOT_H))
        yield _Duty(key, vehicle, str(jobs[0].period), jobs, crews)


def _driving_h(record: Record, job: Any, hauls: Mapping[Trip, Any]) -> float:
    """Hours of driving of a trip to the hub: all but docks and loading."""
    routing, row = record.scenario.routing, hauls.get(_trip_of(job))
    if row is None:
        return 0.0
    if row.tour:
        docks = routing.dock_h / 2 * (1 + len(calls_of(str(row.tour))))
        return float(job.hours) - docks - routing.load_h_t * float(row.load_t_day)
    return float(job.hours) - routing.dock_h - routing.load_h_t * min(float(row.capacity_t), float(row.load_t_day))


def _check_duty(record: Record, duty: _Duty, routes: Mapping[str, Any], hauls: Mapping[Trip, Any]) -> None:
    """Check that one vehicle can do it: type, period, depot, hours, driving, trips."""
    vehicle, jobs = duty.vehicle, duty.jobs
    if [float(job.order) for job in jobs] != list(range(1, len(jobs) + 1)):
        record.odd(_("duties: the trips of {duty} are not numbered from 1 on").format(duty=duty.key))
    if len({(job.vehicle, job.period) for job in jobs}) > 1:
        record.wrong(_("duties: {duty} names several vehicle types or periods").format(duty=duty.key))
    driving = 0.0
    for job in jobs:
        row = routes.get(str(job.route))
        if row is None:
            driving += _driving_h(record, job, hauls)
            continue
        driving += float(row.drive_h)
        if (row.depot, row.period, row.vehicle, "", "") != (job.depot, job.period, job.vehicle, job.zone, job.tour):
            record.wrong(_("duties: {duty} does not fit its route {route}").format(duty=duty.key, route=job.route))
        what = _("duties: hours of {route}").format(route=job.route)
        record.differs(what, float(job.hours), float(row.hours), WAIT_FLOOR_H)
    ends = {(str(job.depot) if job.route else "", record.hub_of.get(str(job.depot), "")) for job in jobs}
    if len(ends) > 1:
        record.wrong(_("duties: the trips of {duty} do not start from one place").format(duty=duty.key))
    if len(jobs) > vehicle.trips_day:
        text = _("duties: {duty} makes {count} trips; {vehicle} may make {most} a day")
        record.wrong(text.format(duty=duty.key, count=len(jobs), vehicle=vehicle.id, most=vehicle.trips_day))
    if len(jobs) > 1 and duty.hours > vehicle.shift_h + 10 * ON_THE_DOT_H:
        text = _("duties: {duty} takes {hours:.3f} h; the shift of {vehicle} is {shift_h:g} h")
        record.wrong(text.format(duty=duty.key, hours=duty.hours, vehicle=vehicle.id, shift_h=vehicle.shift_h))
    if len(jobs) > 1 and driving > (vehicle.max_drive_h or math.inf) + 10 * ON_THE_DOT_H:
        text = _("duties: {duty} drives {driving:.3f} h; {vehicle} may drive {most:g} h")
        record.wrong(text.format(duty=duty.key, driving=driving, vehicle=vehicle.id, most=vehicle.max_drive_h))


def _check_waits(
    record: Record, duty: _Duty, written: tuple[Mapping[str, Any], Mapping[str, float]], found: CheckedFleet
) -> None:
    """Work out how long the loads of later trips wait: until the vehicle is back, and there."""
    routes, first = written
    gone, lead = 0.0, 0.0
    for n, job in enumerate(duty.jobs):
        key = str(job.route)
        if key in routes and key in first:
            mine = float(routes[key].hours) - record.scenario.chain.unload_h - first[key]
            lead = mine if n == 0 else lead
            wait = max(gone + mine - lead, 0.0) if n else 0.0
            found.wait_h[key] = wait
        else:
            mine = _out_h(record, job)
            lead = mine if n == 0 else lead
            wait = max(gone + mine - lead, 0.0) if n else 0.0
            if not job.tour:
                found.haul_wait_h[str(job.depot), str(job.period), str(job.zone)].append((str(job.vehicle), wait))
            elif wait > WAIT_FLOOR_H:
                record.wrong(_("duties: the tour of {duty} must be its first trip").format(duty=duty.key))
        where = _("duties: wait_h of trip {order} of {duty}").format(order=n + 1, duty=duty.key)
        record.differs(where, float(job.wait_h), wait, WAIT_FLOOR_H)
        gone += float(job.hours)


def _out_h(record: Record, job: Any) -> float:
    """Hours from the hub to the (first) depot of a trip."""
    depot = str(job.depot)
    time_h, _km = record.to_hub(record.site_node(depot), record.hub_of[depot])
    return time_h / record.vehicles[str(job.vehicle)].speed_factor


def _check_complete(record: Record, duties: Sequence[_Duty], routes: Mapping[str, Any]) -> None:
    """Check that every route and every trip to a hub has its vehicle, and one only."""
    driven: Counter[str] = Counter()
    hauled: Counter[Trip] = Counter()
    for duty in duties:
        for job in duty.jobs:
            if job.route:
                driven[str(job.route)] += 1
            else:
                hauled[_trip_of(job)] += 1
    for key in sorted({*driven, *routes}):
        if driven[key] != (1 if key in routes else 0):
            record.wrong(_("duties: {route} is driven {count} times").format(route=key, count=driven[key]))
    stated: Counter[Trip] = Counter()
    jobs: dict[Trip, list[Any]] = defaultdict(list)
    for job in (one for duty in duties for one in duty.jobs if not one.route):
        jobs[_trip_of(job)].append(job)
    for row in rows(record.tables["line_haul"]):
        stated[_trip_of(row)] += 1 if row.tour else int(row.trips_day)
        for job in jobs[_trip_of(row)]:
            each = float(row.hours_day) / (1 if row.tour else max(int(row.trips_day), 1))
            what = _("duties: hours of the trip from {depot}").format(depot=row.depot)
            record.differs(what, float(job.hours), each, WAIT_FLOOR_H)
    for trip in sorted({*stated, *hauled}):
        if stated[trip] != hauled[trip]:
            text = _("duties: {count} trips of {vehicle} from {depot} in {period} have a vehicle; there are {right}")
            record.wrong(
                text.format(count=hauled[trip], vehicle=trip[3], depot=trip[0], period=trip[1], right=stated[trip])
            )


def _fleet(record: Record, duties: Sequence[_Duty], found: CheckedFleet) -> dict[str, float]:
    """Recompute the fleet with the number of owned vehicles it states; return what a day of each type costs."""
    stated = {str(row.vehicle): row for row in rows(record.tables["fleet"])}
    rates: dict[str, float] = {}
    for key, vehicle in record.vehicles.items():
        mine = [duty for duty in duties if duty.vehicle.id == key]
        if not mine:
            continue
        owned = int(stated[key].owned) if key in stated else 0
        if owned and (
            vehicle.own_cny_year is None or owned > (math.inf if vehicle.own_most is None else vehicle.own_most)
        ):
            record.wrong(_("fleet: {count} {vehicle} are more than may be owned").format(count=owned, vehicle=key))
        every = sum(record.periods[duty.period][1].days * duty.crews for duty in mine)
        of_period = _own_days(record, mine, vehicle, owned)
        driven = sum(of_period.values())
        _check_hire(record, mine, vehicle, of_period)
        own, hire = owned * (vehicle.own_cny_year or 0.0), (every - driven) * vehicle.cost_cny_day
        most, depots = _busiest(record, mine)
        rates[key] = (own + hire) / every
        found.fleet.append(
            {
                "vehicle": key, "owner": vehicle.owner, "owned": owned, "owned_days": driven,
                "hired_days": every - driven, "most_day": most, "own_cny_year": own, "hire_cny_year": hire,
                "trips_year": sum(record.periods[duty.period][1].days * len(duty.jobs) for duty in mine),
                "depots": depots,
            }
        )  # fmt: skip
    check_table(record, Restated("fleet", ("vehicle",), found.fleet))
    return rates


def _own_days(record: Record, duties: Sequence[_Duty], vehicle: VehicleType, owned: int) -> dict[str, float]:
    """Days that owned vehicles drive, by period: the shortest duties, within hours of the week and the year."""
    offers: list[tuple[float, int, Period]] = []
    for n, period in enumerate(record.scenario.periods):
        hours = [duty.hours / duty.crews for duty in duties if duty.period == period.id for _n in range(duty.crews)]
        offers += [(h, n, period) for h in sorted(hours)[:owned]]
    budget = math.inf if vehicle.own_h_year is None else owned * vehicle.own_h_year
    weekly = owned * record.scenario.routing.driver_h_week
    left = {period.id: weekly * period.days / 7.0 for period in record.scenario.periods}
    days = dict.fromkeys(left, 0.0)
    for hours_day, _n, period in sorted(offers, key=lambda offer: offer[:2]):
        most = min(budget, left[period.id])
        part = period.days if hours_day * period.days <= most else most / hours_day
        days[period.id] += part
        budget, left[period.id] = budget - part * hours_day, left[period.id] - part * hours_day
    return days


def _check_hire(record: Record, duties: Sequence[_Duty], vehicle: VehicleType, driven: Mapping[str, float]) -> None:
    """Check that no more vehicles are hired on a day than can be."""
    for period in record.scenario.periods if vehicle.hire_most is not None else ():
        out = sum(duty.crews for duty in duties if duty.period == period.id)
        hired = out - driven[period.id] / period.days
        if vehicle.hire_most is not None and hired > vehicle.hire_most + WAIT_FLOOR_H:
            text = _("fleet: {hired:.3g} {vehicle} a day are hired in {period}; {most} can be")
            record.wrong(text.format(hired=hired, vehicle=vehicle.id, period=period.id, most=vehicle.hire_most))


def _busiest(record: Record, duties: Sequence[_Duty]) -> tuple[int, str]:
    """Return the vehicles of the busiest day, and how many of them set out from each depot."""
    most, where = 0, ""
    order = {site.id: n for n, site in enumerate(record.scenario.sites)}
    for period in record.scenario.periods:
        counts: Counter[str] = Counter()
        for duty in duties:
            if duty.period == period.id:
                counts[str(duty.jobs[0].depot)] += duty.crews
        if sum(counts.values()) > most:
            most = sum(counts.values())
            where = ";".join(f"{key}:{counts[key]}" for key in sorted(counts, key=lambda key: order[key]))
    return most, where
