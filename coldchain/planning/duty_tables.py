"""Tables of the vehicles: what each does on a typical day, and the fleet they make; columns as in the runs' schema."""

from __future__ import annotations

from collections import Counter, defaultdict

import pandas as pd

from coldchain.planning.basis import Basis
from coldchain.planning.days import CollectionDay, Days, TourDay
from coldchain.planning.duties import Job
from coldchain.runs import schema


def vehicles(days: Days) -> int:
    """Vehicles on the road on the busiest day."""
    per_period: Counter[int] = Counter()
    for duty in days.running.duties:
        per_period[duty.period] += duty.crews
    return max(per_period.values(), default=0)


def duties(basis: Basis, days: Days) -> pd.DataFrame:
    """One row for each trip of each vehicle on a typical day, in the order in which it makes them.

    ``route`` names a collection route; ``zone``, and ``tour`` as in the table of the line haul, a trip to the hub.
    """
    scenario, rows = basis.scenario, []
    number: Counter[tuple[str, int]] = Counter()
    for duty in days.running.duties:
        number[duty.vehicle_id, duty.period] += 1
        period = scenario.periods[duty.period]
        key = f"{duty.vehicle_id}-{period.id}-{number[duty.vehicle_id, duty.period]}"
        for order, job in enumerate(duty.jobs, start=1):
            head = (key, order, period.id, duty.vehicle_id, scenario.sites[job.site].id)
            rows.append((*head, *_job_texts(basis, days, job), job.hours, job.wait_h))
    return schema.frame("duties", rows)


def _job_texts(basis: Basis, days: Days, job: Job) -> tuple[str, str, str]:
    """Route, zone and tour of a trip."""
    if job.kind == "collection":
        return route_id(basis, days.collection[job.day], job.trip), "", ""
    if job.kind == "tour":
        shared = days.tours[job.day]
        return "", shared.zone, tour_text(basis, shared)
    return "", days.hauls[job.day].zone, ""


def route_id(basis: Basis, day: CollectionDay, n: int) -> str:
    """Return the name of a route of a day."""
    return f"{basis.scenario.sites[day.site].id}-{basis.scenario.periods[day.period].id}-{n + 1}"


def tour_text(basis: Basis, shared: TourDay) -> str:
    """Write depots, loads and rides of a tour."""
    stops = zip(shared.sites, shared.tour.load_t, shared.tour.ride_h, strict=True)
    return ";".join(f"{basis.scenario.sites[j].id}:{t!r}:{h!r}" for j, t, h in stops)


def fleet(basis: Basis, days: Days) -> pd.DataFrame:
    """One row for each vehicle type in use: how many to own, on how many days to hire, what that costs, where."""
    rows = [
        (
            one.vehicle_id, one.owner, one.owned, one.owned_days, one.hired_days, one.most_day, one.trips,
            one.own_cny, one.hire_cny, _where(basis, days, one.vehicle_id),
        )
        for one in days.running.fleet
    ]  # fmt: skip
    return schema.frame("fleet", rows)


def _where(basis: Basis, days: Days, vehicle_id: str) -> str:
    """Vehicles of a type that set out from each depot on the busiest day."""
    by_period: dict[int, Counter[int]] = defaultdict(Counter)
    for duty in days.running.duties:
        if duty.vehicle_id == vehicle_id:
            by_period[duty.period][duty.jobs[0].site] += duty.crews
    _most, _later, busiest = max((sum(sites.values()), -p, p) for p, sites in by_period.items())
    return ";".join(f"{basis.scenario.sites[j].id}:{count}" for j, count in sorted(by_period[busiest].items()))
