"""What one direct trip can fetch from a stop: reasons why none can, and the splitting of loads above one truck."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T
from coldchain.language import _
from coldchain.model import VehicleType
from coldchain.routing.problem import CollectionProblem, Reason, Route, Unserved, drive_limit_h, evaluate_route

INF = float("inf")
SAME = 1 + 1e-9  # loads this near to a limit are at it
MAX_TRIPS = 1000  # a village that needs more trips a day is an error in the data, not a plan


@dataclass
class Split:
    """Full-truck trips, the load left for routes, and what cannot be fetched."""

    rest_kg: list[float]
    left: list[int | None]
    trips: list[Route] = field(default_factory=list)
    unserved: list[Unserved] = field(default_factory=list)


def split_loads(problem: CollectionProblem) -> Split:
    """Take full-truck direct trips out of every load that is larger than any one trip.

    The trips of a stop use the vehicle type with the least total cost per kg that respects all limits. What remains
    (at most one trip's load, possibly nothing) is left for routes, so every stop has at most one piece there.
    """
    split = Split([0.0] * problem.n, list(problem.available))
    for stop in range(problem.n):
        if problem.load_kg[stop] > 0:
            _split_stop(problem, stop, split)
    return split


def trip_limits(problem: CollectionProblem, vehicle: VehicleType, stop: int) -> dict[Reason, float]:
    """Return the kg of one direct trip that each limit allows: unreachable, hours_aboard, shift, payload, volume."""
    out, back = problem.time_h[0, stop + 1], problem.time_h[stop + 1, 0]
    ways = out + back + problem.km[0, stop + 1] + problem.km[stop + 1, 0]
    late = not back / vehicle.speed_factor <= problem.max_aboard_h + HOURS_TOLERANCE / 2
    limits: dict[Reason, float] = {
        "unreachable": INF if math.isfinite(ways) else 0.0,
        "hours_aboard": 0.0 if late else INF,
        "shift": _shift_kg(problem, vehicle, float(out + back)),
        "payload": vehicle.payload_kg,
    }
    volume = float(problem.volume_m3[stop])
    limits["volume"] = float(problem.load_kg[stop]) * vehicle.volume_m3 / volume if volume > 0 else INF
    return limits


def _shift_kg(problem: CollectionProblem, vehicle: VehicleType, way_h: float) -> float:
    drive_h = way_h / vehicle.speed_factor
    spare = vehicle.shift_h - problem.unload_h - problem.stop_h - drive_h
    if not drive_h <= drive_limit_h(vehicle) + HOURS_TOLERANCE / 2:
        return 0.0
    if not spare >= -HOURS_TOLERANCE / 8:
        return 0.0
    if problem.load_h_t == 0:
        return INF
    return (max(spare, 0.0) + HOURS_TOLERANCE / 8) * KG_PER_T / problem.load_h_t


def trip_kg(problem: CollectionProblem, vehicle: VehicleType, stop: int) -> float:
    """Most kg that one direct trip fetches within all limits; at most the whole load."""
    limit = min(trip_limits(problem, vehicle, stop).values())
    load = float(problem.load_kg[stop])
    return load if load <= limit * SAME else limit


def _split_stop(problem: CollectionProblem, stop: int, split: Split) -> None:
    rest = float(problem.load_kg[stop])
    most = [trip_kg(problem, v, stop) for v in problem.vehicles]
    problem_reason = _impossible(problem, stop, most)
    if problem_reason is not None:
        split.unserved.append(Unserved(stop, rest, *problem_reason))
        return
    while True:
        open_types = [k for k, kg in enumerate(most) if kg > 0 and split.left[k] != 0]
        if not open_types:
            detail = _("no vehicle left for {rest:.1f} kg of {load:.1f} kg").format(
                rest=rest, load=problem.load_kg[stop]
            )
            split.unserved.append(Unserved(stop, rest, "no_vehicle", detail))
            return
        if rest <= max(most[k] for k in open_types) * SAME:
            split.rest_kg[stop] = rest
            return
        trips = {k: evaluate_route(problem, problem.vehicles[k], (stop,), [most[k]]) for k in open_types}
        best = min(open_types, key=lambda k: (trips[k].total_cny / most[k], k))
        split.trips.append(trips[best])
        rest -= most[best]
        count = split.left[best]
        split.left[best] = None if count is None else count - 1


def _impossible(problem: CollectionProblem, stop: int, most: list[float]) -> tuple[Reason, str] | None:
    """Why no trip can fetch from this stop, or None when one can."""
    offered = [v for v, k in zip(problem.vehicles, problem.available, strict=True) if k != 0]
    if not offered:
        return "no_vehicle", _("no vehicle on offer")
    load = float(problem.load_kg[stop])
    best = max(kg for kg, k in zip(most, problem.available, strict=True) if k != 0)
    if best > 0 and load <= MAX_TRIPS * best:
        return None
    out, back = float(problem.time_h[0, stop + 1]), float(problem.time_h[stop + 1, 0])
    reasons: list[Reason] = ["unreachable", "hours_aboard", "shift", "payload", "volume"]
    limits = [trip_limits(problem, v, stop) for v in offered]
    reason = next(r for r in reasons if all(min(kg[s] for s in _up_to(reasons, r)) <= best for kg in limits))
    if reason == "unreachable":
        return reason, _("no road from the depot to the stop and back")
    if reason == "hours_aboard":
        return reason, _("direct drive {over}").format(
            over=_over(min(back / v.speed_factor for v in offered), problem.max_aboard_h)
        )
    if best <= 0:
        return "shift", _short(problem, offered, out, back)
    return reason, _("{load:.1f} kg at {best:.3g} kg a trip would need more than {max_trips} trips a day").format(
        load=load, best=best, max_trips=MAX_TRIPS
    )


def _up_to(reasons: list[Reason], last: Reason) -> list[Reason]:
    return reasons[: reasons.index(last) + 1]


def _short(problem: CollectionProblem, offered: list[VehicleType], out: float, back: float) -> str:
    """Say how far the vehicle nearest to serving the stop misses its shift."""
    fast = [v for v in offered if back / v.speed_factor <= problem.max_aboard_h + HOURS_TOLERANCE / 2]
    drive = (out + back) / max(v.speed_factor for v in fast)
    if all(not (out + back) / v.speed_factor <= drive_limit_h(v) + HOURS_TOLERANCE / 2 for v in fast):
        return _("direct drive out and back {over} of driving").format(
            over=_over(drive, max(drive_limit_h(v) for v in fast))
        )
    nearest = min(fast, key=lambda v: (out + back) / v.speed_factor - v.shift_h)
    needed = (out + back) / nearest.speed_factor + problem.stop_h + problem.unload_h
    return _("shortest round {over} shift of {vehicle}").format(over=_over(needed, nearest.shift_h), vehicle=nearest.id)


def _over(value: float, limit: float) -> str:
    """Write ``3.4 h > 3.0 h`` with as many decimals as the two need to differ."""
    places = next((d for d in range(1, 7) if f"{value:.{d}f}" != f"{limit:.{d}f}"), 7)
    return _("{value} h > {limit} h").format(value=f"{value:.{places}f}", limit=f"{limit:.{places}f}")
