"""Trucks of the line haul that go again: trips of one hub, period and type made one after the other in a shift.

All trips begin and end at the hub, so depots and zones share trucks without empty legs. What a later trip takes waits
in the cold store, and is counted as riding so much longer; nothing waits so long that it reaches its buyer late only
for that. Where the first aim is a loss no load waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coldchain.arrays import ROUNDING
from coldchain.model import VehicleType
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.decision import CollectionDay, Decision
from coldchain.planning.hauls import (
    HaulDay,
    HaulGroup,
    HaulLeg,
    Hauls,
    LongRide,
    Memo,
    TourDay,
    TruckDuty,
    hauls_of_hubs,
)
from coldchain.routing import RIDE_NODES, RIDE_STEP_H
from coldchain.routing.duties import DutyTrip, put_together, waits_h

PRICED = 8  # the step of longer rides at which an hour of waiting is priced


@dataclass(frozen=True)
class _Candidate:
    """A trip that may be part of a duty: where, t, as a trip, and the group it belongs to."""

    leg: HaulLeg
    load_t: float
    trip: DutyTrip
    group: HaulGroup


def work_out_hauls(
    basis: Basis, arcs: Arcs, decision: Decision, collection: Sequence[CollectionDay], memo: Memo | None
) -> Hauls:
    """Decide the line haul of what the routes bring in, and what each truck does."""
    found = [_together(parts, memo) for parts in hauls_of_hubs(basis, arcs, decision, collection, memo)]
    hauls = sorted((day for part in found for day in part.hauls), key=lambda day: (day.site, day.period, day.zone))
    tours = tuple(day for part in found for day in part.tours)
    rides = tuple(ride for part in found for ride in part.rides)
    return Hauls(tuple(hauls), tours, rides, tuple(duty for part in found for duty in part.duties))


def _together(parts: Sequence[tuple[HaulGroup, Hauls]], memo: Memo | None) -> Hauls:
    """Line haul of one hub and period with the duties of its trucks, or what the memo knows of it."""
    key = ("trucks", parts[0][0].period, *((group.zone, *(c.key() for c in group.cargoes)) for group, _part in parts))
    if memo is not None and key in memo:
        known: Hauls = memo[key][0]
        return known
    made = with_duties(parts)
    if memo is not None:
        memo[key] = (made,)
    return made


def with_duties(groups: Sequence[tuple[HaulGroup, Hauls]]) -> Hauls:
    """Join the line haul of groups of one hub and period, trucks going again where that pays."""
    hauls = tuple(day for _group, part in groups for day in part.hauls)
    tours = tuple(day for _group, part in groups for day in part.tours)
    rides = tuple(ride for _group, part in groups for ride in part.rides)
    duties, later = [], []
    basis, period = groups[0][0].basis, groups[0][0].period
    for kind in basis.line_haul:
        if kind.trips_day > 1 and basis.scenario.siting.objective[0] == "total_cost_cny":
            mine = [one for group, part in groups for one in _candidates(group, part, kind)]
            for order in put_together(kind, [one.trip for one in mine]):
                if len(order) > 1:
                    waits = waits_h([mine[n].trip for n in order])
                    made = [(mine[n], wait) for n, wait in zip(order, waits, strict=True)]
                    duties.append(TruckDuty(kind.id, period, tuple(_waiting(one.leg, wait) for one, wait in made)))
                    later += [(one, wait) for one, wait in made if wait > ROUNDING]
    return Hauls(hauls, tours, rides + tuple(_rides(later)), tuple(duties))


def _waiting(leg: HaulLeg, wait_h: float) -> HaulLeg:
    return HaulLeg(leg.sites, leg.zone, leg.trip, leg.hours, wait_h)


def _candidates(group: HaulGroup, part: Hauls, kind: VehicleType) -> Iterator[_Candidate]:
    """Yield the trips of a type in a group that one crew can drive."""
    for day in part.hauls:
        yield from _straight(group, day, kind)
    for shared in part.tours:
        trip = shared.tour.trip
        if trip.vehicle_id == kind.id and trip.crews == 1:
            out_h = float(group.basis.haul_h[shared.sites[0]]) / kind.speed_factor
            leg = HaulLeg(shared.sites, shared.zone, -1, trip.hours)
            driving = _tour_driving_h(group, shared, kind)
            yield _Candidate(leg, 0.0, DutyTrip(trip.hours, driving, out_h, most_wait_h=0.0), group)


def _tour_driving_h(group: HaulGroup, shared: TourDay, kind: VehicleType) -> float:
    between, hub = group.basis.between_h, group.basis.haul_h
    legs = [between[a, b] for a, b in zip(shared.sites, shared.sites[1:], strict=False)]
    return float(hub[shared.sites[0]] + sum(legs) + hub[shared.sites[-1]]) / kind.speed_factor


def _straight(group: HaulGroup, day: HaulDay, kind: VehicleType) -> Iterator[_Candidate]:
    basis, cargo = group.basis, group.of_site(day.site)
    room = sum(trip.capacity_t * count for trip, count in day.haul.trips)
    late = group.late_t(cargo, group.longer_h)
    timely = int((late <= 0.0).cumprod().sum())
    out_h = float(basis.haul_h[day.site]) / kind.speed_factor
    for n, (trip, count) in enumerate(day.haul.trips):
        if trip.vehicle_id != kind.id or trip.crews > 1:
            continue
        load = day.haul.load_t_day * trip.capacity_t / room
        hourly = float(group.ride_cny_t(cargo)[PRICED]) / (PRICED * RIDE_STEP_H)
        most = min(timely - 1, RIDE_NODES - 1) * RIDE_STEP_H if timely else 0.0
        made = DutyTrip(trip.hours, 2.0 * out_h, out_h, wait_cny_h=max(hourly, 0.0) * load, most_wait_h=most)
        for _one in range(count):
            yield _Candidate(HaulLeg((day.site,), day.zone, n, trip.hours), load, made, group)


def _rides(later: Sequence[tuple[_Candidate, float]]) -> Iterator[LongRide]:
    """Yield what rides later: one for all trips of a depot and zone that wait alike."""
    loads: dict[tuple[int, str, float], float] = defaultdict(float)
    groups = {}
    for one, wait in later:
        if one.leg.trip >= 0:
            key = one.leg.sites[0], one.leg.zone, round(wait, 9)
            loads[key] += one.load_t
            groups[one.leg.zone] = one.group
    for (site, zone, wait), load in sorted(loads.items()):
        group = groups[zone]
        cargo = group.of_site(site)
        yield group.ride(group.cargoes.index(cargo), load, float(group.basis.lane_haul_h[site]) + wait)
