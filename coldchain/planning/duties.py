"""Vehicles of a plan: what each does on a typical day, how many of a type to own or hire, what every trip bears of it.

A vehicle's day costs what the year's mean is for its type (:func:`coldchain.economy.choose_fleet`); the trips of a duty
share it by their hours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coldchain.economy import TypeFleet, Work, choose_fleet
from coldchain.model import Scenario
from coldchain.planning.decision import CollectionDay
from coldchain.planning.hauls import Hauls


@dataclass(frozen=True)
class Job:
    """One trip of a duty.

    Attributes
    ----------
    kind : ``collection``, ``haul`` (straight) or ``tour``
    day, trip : which of the plan's days of that kind, and which of its routes or kinds of trips; 0 for tours
    site : depot it starts from, or loads at first
    hours : on duty
    wait_h : that its load waits for the vehicle
    """

    kind: str
    day: int
    trip: int
    site: int
    hours: float
    wait_h: float = 0.0


@dataclass(frozen=True)
class Duty:
    """What one vehicle does on every day of a period; ``crews`` are the vehicle's days that a long trip takes."""

    vehicle_id: str
    period: int
    jobs: tuple[Job, ...]
    crews: int = 1

    @property
    def hours(self) -> float:
        """Hours of all its trips."""
        return sum(job.hours for job in self.jobs)


@dataclass(frozen=True)
class Running:
    """Duties of all vehicles, the fleet they make, and CNY a day of every trip.

    Attributes
    ----------
    route_cny : of each route, by collection day
    haul_cny : of all straight trips of a kind, by day of line haul; tour_cny : of each tour
    """

    duties: tuple[Duty, ...]
    fleet: tuple[TypeFleet, ...]
    route_cny: tuple[tuple[float, ...], ...]
    haul_cny: tuple[tuple[float, ...], ...]
    tour_cny: tuple[float, ...]


def run(scenario: Scenario, collection: Sequence[CollectionDay], hauls: Hauls) -> Running:
    """Give every trip a vehicle, choose the fleet and price all trips."""
    duties = (*collecting(collection), *_hauling(hauls))
    fleet = fleet_of(scenario, duties)
    rate = {one.vehicle_id: one.rate_cny_day for one in fleet}
    share: dict[tuple[str, int, int], float] = defaultdict(float)
    for duty in duties:
        whole = duty.hours
        for job in duty.jobs:
            part = job.hours / whole if whole > 0 else 1.0 / len(duty.jobs)
            share[job.kind, job.day, job.trip] += part * duty.crews * rate[duty.vehicle_id]
    hired = {kind.id: kind.cost_cny_day for kind in scenario.vehicles}
    return Running(
        duties,
        fleet,
        tuple(
            tuple(
                route.cost_cny - hired[route.vehicle_id] + share["collection", d, n]
                for n, route in enumerate(day.result.routes)
            )
            for d, day in enumerate(collection)
        ),
        tuple(
            tuple(
                count * (trip.cost_cny - trip.crews * hired[trip.vehicle_id]) + share["haul", d, n]
                for n, (trip, count) in enumerate(day.haul.trips)
            )
            for d, day in enumerate(hauls.hauls)
        ),
        tuple(
            day.tour.trip.cost_cny - day.tour.trip.crews * hired[day.tour.trip.vehicle_id] + share["tour", d, 0]
            for d, day in enumerate(hauls.tours)
        ),
    )


def collecting(collection: Sequence[CollectionDay]) -> Iterator[Duty]:
    """Yield what the vehicles of the collection do."""
    for d, day in enumerate(collection):
        made = day.result
        for duty in made.duties:
            jobs = tuple(Job("collection", d, n, day.site, made.routes[n].hours, made.wait_h[n]) for n in duty)
            yield Duty(made.routes[duty[0]].vehicle_id, day.period, jobs)


def _hauling(hauls: Hauls) -> Iterator[Duty]:
    straight = {(day.site, day.period, day.zone): d for d, day in enumerate(hauls.hauls)}
    tours = {(day.sites, day.period, day.zone): d for d, day in enumerate(hauls.tours)}
    shared_by: Counter[tuple[str, int, int]] = Counter()
    for duty in hauls.duties:
        jobs = []
        for leg in duty.legs:
            if leg.trip < 0:
                job = Job("tour", tours[leg.sites, duty.period, leg.zone], 0, leg.sites[0], leg.hours, leg.wait_h)
            else:
                d = straight[leg.sites[0], duty.period, leg.zone]
                job = Job("haul", d, leg.trip, leg.sites[0], leg.hours, leg.wait_h)
            jobs.append(job)
            shared_by[job.kind, job.day, job.trip] += 1
        yield Duty(duty.vehicle_id, duty.period, tuple(jobs))
    for d, day in enumerate(hauls.hauls):
        for n, (trip, count) in enumerate(day.haul.trips):
            job = Job("haul", d, n, day.site, trip.hours)
            alone = count - shared_by["haul", d, n]
            yield from (Duty(trip.vehicle_id, day.period, (job,), trip.crews) for _one in range(alone))
    for d, shared in enumerate(hauls.tours):
        trip = shared.tour.trip
        if shared_by["tour", d, 0]:
            continue
        yield Duty(trip.vehicle_id, shared.period, (Job("tour", d, 0, shared.sites[0], trip.hours),), trip.crews)


def fleet_of(scenario: Scenario, duties: Sequence[Duty]) -> tuple[TypeFleet, ...]:
    """Choose how many vehicles of each type in use to own, in the order of the scenario's types."""
    hours: dict[tuple[str, int], list[float]] = defaultdict(list)
    trips: Counter[tuple[str, int]] = Counter()
    for duty in duties:
        hours[duty.vehicle_id, duty.period] += [duty.hours / duty.crews] * duty.crews
        trips[duty.vehicle_id, duty.period] += len(duty.jobs)
    found = []
    for kind in scenario.vehicles:
        work = [
            Work(period.days, tuple(hours[kind.id, p]), trips[kind.id, p]) for p, period in enumerate(scenario.periods)
        ]
        if any(one.hours for one in work):
            found.append(choose_fleet(kind, work, scenario.routing.driver_h_week))
    return tuple(found)
