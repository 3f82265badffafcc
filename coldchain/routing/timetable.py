"""The judge of a day: what a tour costs when it is driven, hour by hour, and which limits it breaks.

Each trip arrives at the depot as early as it can, and, that being so, leaves every stop as late as it can. No
timetable is cheaper: neither spoilage nor paid hours ever fall when a trip arrives later. The first trips of a tour
are then moved towards the later ones as far as that costs nothing, which shortens the shift.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, LOAD_TOLERANCE
from coldchain.language import _
from coldchain.model import VehicleType
from coldchain.routing.day import CARGOES, DayProblem, Locked, Round, Tour, Visit
from coldchain.routing.quantities import over

Stops = Sequence[tuple[int, float]]  # stop and kg


def drive(problem: DayProblem, given: Locked, number: int = 1, *, locked: bool = False) -> Tour:
    """Return the tour with its timetable and money. Limits are not enforced, see `violations`.

    Parameters
    ----------
    given : vehicle type, depot, and the stops of each trip with their kg
    number : which vehicle of the type
    locked : mark the tour as given
    """
    vehicle = next(v for v in problem.vehicles if v.id == given.vehicle_id)
    ready, rounds = float(problem.depot_window_h[given.depot, 0]), []
    for stops in given.rounds:
        rounds.append(_round(problem, vehicle, given.depot, stops, ready))
        ready = rounds[-1].back_h + problem.unload_h
    rounds = _closer(problem, given.depot, rounds)
    hours = sum(trip.back_h - trip.leave_h + problem.unload_h for trip in rounds)
    km = sum(trip.km for trip in rounds)
    visits = [visit for trip in rounds for visit in trip.visits]
    access = sum(problem.access_cny[given.depot, v.stop] * _share(problem, v.stop, v.load_kg) for v in visits)
    return Tour(
        vehicle_id=vehicle.id,
        number=number,
        depot=given.depot,
        rounds=tuple(rounds),
        hours=hours,
        shift_h=rounds[-1].back_h + problem.unload_h - rounds[0].leave_h,
        cost_cny=vehicle.cost_cny_day + vehicle.cost_cny_km * km + vehicle.cost_cny_h * hours,
        spoilage_cny=sum(visit.spoilage_cny for visit in visits),
        access_cny=float(access),
        locked=locked,
    )


def _share(problem: DayProblem, stop: int, kg: float) -> float:
    whole = float(problem.load_kg[stop])
    return kg / whole if whole > 0 else 1.0


def _round(problem: DayProblem, vehicle: VehicleType, depot: int, stops: Stops, ready_h: float) -> Round:
    m = problem.m
    path = [depot, *(m + stop for stop, _rest in stops), depot]
    legs = [float(problem.time_h[a, b]) / vehicle.speed_factor for a, b in itertools.pairwise(path)]
    arrivals, now = [], ready_h
    for (stop, kg), leg in zip(stops, legs, strict=False):
        arrivals.append(now + leg)
        now = max(now + leg, float(problem.window_h[stop, 0])) + problem.halt_h(kg)
    back = now + legs[-1]
    leave = back - legs[-1]
    visits: list[Visit] = []
    for (stop, kg), leg in zip(reversed(stops), reversed(legs[:-1]), strict=True):
        latest = float(problem.window_h[stop, 1])
        start = max(min(leave - problem.halt_h(kg), latest), arrivals[len(stops) - 1 - len(visits)])
        gone = start + problem.halt_h(kg)
        since = float(problem.window_h[stop, 0]) if problem.since_ready else gone
        weight = float(problem.weight_cny_h[stop, CARGOES.index(vehicle.cargo)]) * _share(problem, stop, kg)
        visits.append(Visit(stop, kg, 0.0, start, gone, back - gone, weight * (back - since)))
        leave = start - leg
    timed = _arrive(visits[::-1], leave, legs)
    km = sum(float(problem.km[a, b]) for a, b in itertools.pairwise(path))
    return Round(leave, back, timed, km, sum(legs))


def _arrive(visits: Sequence[Visit], leave_h: float, legs: Sequence[float]) -> tuple[Visit, ...]:
    """Fill in when the vehicle is at each stop: as soon as the drive from the one before allows."""
    timed, gone = [], leave_h
    for visit, leg in zip(visits, legs, strict=False):
        timed.append(replace(visit, arrive_h=gone + leg))
        gone = visit.leave_h
    return tuple(timed)


def _closer(problem: DayProblem, depot: int, rounds: list[Round]) -> list[Round]:
    """Move trips before the last towards it, as far as that costs nothing."""
    if problem.since_ready:
        return rounds
    for k in range(len(rounds) - 2, -1, -1):
        trip = rounds[k]
        spare = min(float(problem.window_h[v.stop, 1]) - v.start_h for v in trip.visits)
        room = min(rounds[k + 1].leave_h - problem.unload_h, float(problem.depot_window_h[depot, 1])) - trip.back_h
        rounds[k] = _later(trip, max(min(spare, room), 0.0))
    return rounds


def _later(trip: Round, hours: float) -> Round:
    visits = tuple(
        replace(v, arrive_h=v.arrive_h + hours, start_h=v.start_h + hours, leave_h=v.leave_h + hours)
        for v in trip.visits
    )
    return replace(trip, leave_h=trip.leave_h + hours, back_h=trip.back_h + hours, visits=visits)


def violations(problem: DayProblem, tour: Tour) -> tuple[str, ...]:
    """Name every limit the tour breaks, with figures; empty when it can be driven."""
    vehicle = next(v for v in problem.vehicles if v.id == tour.vehicle_id)
    most = vehicle.max_drive_h or float("inf")
    opens, closes = problem.depot_window_h[tour.depot]
    found = [
        (
            tour.shift_h > vehicle.shift_h + HOURS_TOLERANCE,
            _("{shift_h:.2f} h > {limit:g} h shift").format(shift_h=tour.shift_h, limit=vehicle.shift_h),
        ),
        (
            tour.drive_h > most + HOURS_TOLERANCE,
            _("{drive_h:.2f} h > {most:g} h driving").format(drive_h=tour.drive_h, most=most),
        ),
        (
            len(tour.rounds) > vehicle.trips_day,
            _("{count} trips > {trips_day}").format(count=len(tour.rounds), trips_day=vehicle.trips_day),
        ),
        (
            tour.rounds[0].leave_h < opens - HOURS_TOLERANCE,
            _("leaves before the depot opens at {opens:g} h").format(opens=opens),
        ),
        (
            max(t.back_h for t in tour.rounds) > closes + HOURS_TOLERANCE,
            _("back after the depot closes at {closes:g} h").format(closes=closes),
        ),
    ]
    texts = [text for broken, text in found if broken]
    return tuple(
        texts + [text for trip in tour.rounds for text in _trip_violations(problem, vehicle, tour.depot, trip)]
    )


def _trip_violations(problem: DayProblem, vehicle: VehicleType, depot: int, trip: Round) -> list[str]:
    stops = [visit.stop for visit in trip.visits]
    listed = ", ".join(_("stop {number}").format(number=stop) for stop in stops)
    kg = trip.load_kg
    m3 = sum(float(problem.volume_m3[v.stop]) * _share(problem, v.stop, v.load_kg) for v in trip.visits)
    found = [
        (
            kg > vehicle.payload_kg * (1 + LOAD_TOLERANCE),
            _("{kg:.1f} kg > {payload_kg:g} kg payload").format(kg=kg, payload_kg=vehicle.payload_kg),
        ),
        (
            m3 > vehicle.volume_m3 * (1 + LOAD_TOLERANCE),
            _("{m3:.2f} m³ > {volume_m3:g} m³ space").format(m3=m3, volume_m3=vehicle.volume_m3),
        ),
        (
            not np.bitwise_and.reduce(problem.regimes[stops]),
            _("{stops} share no temperature regime").format(stops=listed),
        ),
        (
            not np.isfinite(problem.access_cny[depot, stops]).all(),
            _("its depot does not take all of {stops}").format(stops=listed),
        ),
    ]
    texts = [*(text for broken, text in found if broken), *over(vehicle, [v.load_kg for v in trip.visits])]
    for v in trip.visits:
        named = _("stop {number}").format(number=v.stop)
        latest, longest = float(problem.window_h[v.stop, 1]), float(problem.max_aboard_h[v.stop])
        if not v.start_h <= latest + HOURS_TOLERANCE:
            texts.append(
                _("{stop} at {start_h:.2f} h, after its window ends at {latest:g} h").format(
                    stop=named, start_h=v.start_h, latest=latest
                )
            )
        if not v.aboard_h <= longest + HOURS_TOLERANCE:
            texts.append(
                _("{stop} is aboard {aboard_h:.2f} h > {longest:g} h").format(
                    stop=named, aboard_h=v.aboard_h, longest=longest
                )
            )
    return texts
