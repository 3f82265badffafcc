"""Why a lot stays behind: the first limit that forbids even a trip for it alone, or what the fleet or its worth say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from coldchain.arrays import HOURS_TOLERANCE, LOAD_TOLERANCE
from coldchain.language import _
from coldchain.model import VehicleType
from coldchain.routing.day import Cause, DayProblem, Locked, Tour
from coldchain.routing.timetable import drive, violations

Reason = tuple[Cause, str]
ORDER: tuple[Cause, ...] = (
    "unreachable", "depot", "regime", "payload", "volume", "hours_aboard", "window", "driving", "shift",
)  # fmt: skip


def cause_of(problem: DayProblem, stop: int, kg: float, tours: Sequence[Tour]) -> Reason:
    """Return why ``kg`` of a stop stay behind, in words with figures.

    Of the limits that forbid a trip for this lot alone, the one is named that the most permissive vehicle and depot
    meet last; where a trip is possible, it is the fleet, the depot's day, or the worth of the lot.
    """
    offered = [v for v, count in zip(problem.vehicles, problem.available, strict=True) if count != 0]
    if not offered:
        return "fleet", _("no vehicle on offer")
    ways = [(v, d) for v in offered for d in range(problem.m)]
    reasons = [_forbidden(problem, vehicle, depot, stop, kg) for vehicle, depot in ways]
    possible = [way for way, reason in zip(ways, reasons, strict=True) if reason is None]
    if not possible:
        return max((r for r in reasons if r is not None), key=lambda r: ORDER.index(r[0]))
    if any(stop in chain for chain in problem.sequences):
        return "sequence", _("alone it could be fetched, but no vehicle has room and time for its whole sequence")
    return _could_go(problem, stop, kg, possible, tours)


def _forbidden(problem: DayProblem, vehicle: VehicleType, depot: int, stop: int, kg: float) -> Reason | None:
    """First limit that forbids the trip for this lot alone, in the order above."""
    for test in (_no_way, _not_taken, _too_big, _too_slow):
        reason = test(problem, vehicle, depot, stop, kg)
        if reason is not None:
            return reason
    return None


def _no_way(problem: DayProblem, vehicle: VehicleType, depot: int, stop: int, kg: float) -> Reason | None:
    del vehicle, kg
    there, back = problem.time_h[depot, problem.m + stop], problem.time_h[problem.m + stop, depot]
    return None if math.isfinite(there + back) else ("unreachable", _("no road from any depot to the stop and back"))


def _not_taken(problem: DayProblem, vehicle: VehicleType, depot: int, stop: int, kg: float) -> Reason | None:
    del vehicle, kg
    if not math.isfinite(problem.access_cny[depot, stop]):
        return "depot", _("no depot that can be reached takes this lot")
    return None if problem.regimes[stop] else ("regime", _("the lot may ride in no temperature regime"))


def _too_big(problem: DayProblem, vehicle: VehicleType, depot: int, stop: int, kg: float) -> Reason | None:
    del depot
    m3 = float(problem.volume_m3[stop]) * kg / max(float(problem.load_kg[stop]), 1e-12)
    if kg > vehicle.payload_kg * (1 + LOAD_TOLERANCE):
        return "payload", _("{kg:,.0f} kg > {payload_kg:,.0f} kg payload of {vehicle}").format(
            kg=kg, payload_kg=vehicle.payload_kg, vehicle=vehicle.id
        )
    if m3 > vehicle.volume_m3 * (1 + LOAD_TOLERANCE):
        return "volume", _("{m3:,.1f} m³ > {volume_m3:,.1f} m³ space of {vehicle}").format(
            m3=m3, volume_m3=vehicle.volume_m3, vehicle=vehicle.id
        )
    return None


def _too_slow(problem: DayProblem, vehicle: VehicleType, depot: int, stop: int, kg: float) -> Reason | None:
    tour = drive(problem, Locked(vehicle.id, depot, (((stop, kg),),)))
    trip, visit = tour.rounds[0], tour.rounds[0].visits[0]
    aboard, closes = float(problem.max_aboard_h[stop]), float(problem.depot_window_h[depot, 1])
    latest, most = float(problem.window_h[stop, 1]), vehicle.max_drive_h or math.inf
    checks: Iterator[tuple[float, float, Cause, Callable[[], str]]] = iter(
        (
            (visit.aboard_h, aboard, "hours_aboard", lambda: _over(visit.aboard_h, aboard, _("aboard"))),
            (
                visit.arrive_h,
                latest,
                "window",
                lambda: _("there at {arrive}, window ends {latest}").format(
                    arrive=clock(visit.arrive_h), latest=clock(latest)
                ),
            ),
            (
                trip.back_h,
                closes,
                "window",
                lambda: _("back at {back}, depot closes {closes}").format(
                    back=clock(trip.back_h), closes=clock(closes)
                ),
            ),
            (
                tour.drive_h,
                most,
                "driving",
                lambda: _over(tour.drive_h, most, _("driving of {vehicle}").format(vehicle=vehicle.id)),
            ),
            (
                tour.shift_h,
                vehicle.shift_h,
                "shift",
                lambda: _over(tour.shift_h, vehicle.shift_h, _("shift of {vehicle}").format(vehicle=vehicle.id)),
            ),
        )
    )
    return next(((cause, text()) for value, limit, cause, text in checks if value > limit + HOURS_TOLERANCE), None)


def _could_go(
    problem: DayProblem, stop: int, kg: float, ways: Sequence[tuple[VehicleType, int]], tours: Sequence[Tour]
) -> Reason:
    brought = [sum(t.load_kg for tour in tours if tour.depot == d for t in tour.rounds) for d in range(problem.m)]
    room = [way for way in ways if brought[way[1]] + kg <= problem.depot_kg[way[1]] * (1 + LOAD_TOLERANCE)]
    if not room:
        most = max(problem.depot_kg[d] - brought[d] for _rest, d in ways)
        return "depot", _("{kg:,.0f} kg, but the depots that take it have room for {most:,.0f} kg more today").format(
            kg=kg, most=max(most, 0.0)
        )
    used = {v.id: sum(tour.vehicle_id == v.id for tour in tours) for v in problem.vehicles}
    counts = {v.id: count for v, count in zip(problem.vehicles, problem.available, strict=True)}
    worth = float(problem.value_cny[stop]) * kg / max(float(problem.load_kg[stop]), 1e-12)
    beside = _cheapest_beside(problem, stop, kg, tours) if math.isfinite(worth) else math.inf
    free = [(v, d) for v, d in room if counts[v.id] is None or used[v.id] < (counts[v.id] or 0)]
    if not free and math.isfinite(beside):
        return "not_worth", _(
            "fetching it on a tour of the day costs {beside:,.0f} CNY, leaving it {worth:,.0f} CNY"
        ).format(beside=beside, worth=worth)
    if not free:
        out = ", ".join(f"{used[key]} × {key}" for key in sorted({v.id for v, _rest in room}))
        return "fleet", _(
            "all vehicles that could fetch it are out ({out}) and none has room or time left for it"
        ).format(out=out)
    alone = min(_money(problem, v, d, stop, kg) for v, d in free)
    how = _("alone") if alone <= beside else _("on a tour of the day")
    return "not_worth", _("fetching it {how} costs {cost:,.0f} CNY, leaving it {worth:,.0f} CNY").format(
        how=how, cost=min(alone, beside), worth=worth
    )


def _cheapest_beside(problem: DayProblem, stop: int, kg: float, tours: Sequence[Tour]) -> float:
    """CNY more of the cheapest tour of the day with this lot on one of its trips, inf where it fits on none."""
    best = math.inf
    for tour in (t for t in tours if not t.locked and math.isfinite(problem.access_cny[t.depot, stop])):
        rounds = [tuple((v.stop, v.load_kg) for v in trip.visits) for trip in tour.rounds]
        for r, place in ((r, place) for r, trip in enumerate(rounds) for place in range(len(trip) + 1)):
            longer = (*rounds[r][:place], (stop, kg), *rounds[r][place:])
            tried = drive(problem, Locked(tour.vehicle_id, tour.depot, (*rounds[:r], longer, *rounds[r + 1 :])))
            if not violations(problem, tried):
                best = min(best, _total(tried) - _total(tour))
    return best


def _total(tour: Tour) -> float:
    return tour.cost_cny + tour.spoilage_cny + tour.access_cny


def _money(problem: DayProblem, vehicle: VehicleType, depot: int, stop: int, kg: float) -> float:
    return _total(drive(problem, Locked(vehicle.id, depot, (((stop, kg),),))))


def clock(hour: float) -> str:
    """Write an hour of the day as a person does.

    Examples
    --------
    >>> clock(8.5), clock(26.25)
    ('08:30', '02:15 next day')
    """
    minutes = round(hour * 60)
    text = f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
    return text if minutes < 24 * 60 else _("{text} next day").format(text=text)


def _over(value: float, limit: float, what: str) -> str:
    places = next((d for d in range(1, 7) if f"{value:.{d}f}" != f"{limit:.{d}f}"), 7)
    return _("{value} h > {limit} h {what}").format(value=f"{value:.{places}f}", limit=f"{limit:.{places}f}", what=what)
