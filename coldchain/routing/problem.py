"""The nouns of collection routing, and the one function that says what a route costs.

Engine-neutral: any solver that reads a `CollectionProblem` and returns routes is judged by `evaluate_route`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, LOAD_TOLERANCE, Floats
from coldchain.model import Status, VehicleType
from coldchain.routing.overflow import NO_SPREAD, LoadSpread, Overflow, Rates, Ways, expected_overflow
from coldchain.routing.quantities import over

Reason = Literal["hours_aboard", "shift", "payload", "volume", "unreachable", "no_vehicle"]


@dataclass(frozen=True)
class CollectionProblem:
    """One depot on one typical day: what lies where, and which vehicles may fetch it.

    A vehicle leaves the depot empty, halts at villages and returns. Driving hours are ``time_h / speed_factor``.
    A halt at stop i takes ``stop_h + load_h_t · tonnes loaded``. A lot is aboard from the end of its own loading
    until the vehicle is back, through all later halts. Stops are numbered 0..n-1; row ``i + 1`` of the matrices is
    stop i, row 0 the depot.

    Attributes
    ----------
    time_h, km : (n+1, n+1) hours and kilometres at reference speed; may be asymmetric; inf where there is no way
    load_kg : (n,) kg; stops without load need no visit
    volume_m3 : (n,) m³ of the whole load
    weight_cny_h : (n,) CNY of spoilage for each hour the whole load of the stop is aboard
    vehicles : types on offer
    stop_h : h, halt at each stop
    load_h_t : h/t, loading
    unload_h : h at the depot's end; counts in the shift and the hours paid, not in the hours aboard
    max_aboard_h : h, most that any lot may be aboard
    max_wait_h : (n,) h, longest that the load of a stop may wait for a later trip of a vehicle; empty: any time
    available : vehicles of each type per day, one route each; None for any number; empty for any number of all
    split_pickups : whether several vehicles may share a load that one could take; they do only where none is counted
    by_crop_kg : (n, crops) kg of the load by crop; all of one crop where empty
    spread : how far loads and hours stray; without any, no load overflows
    """

    time_h: Floats
    km: Floats
    load_kg: Floats
    volume_m3: Floats
    weight_cny_h: Floats
    vehicles: tuple[VehicleType, ...]
    stop_h: float = 0.0
    load_h_t: float = 0.0
    unload_h: float = 0.0
    max_aboard_h: float = float("inf")
    max_wait_h: Floats = field(default_factory=lambda: np.zeros(0))
    available: tuple[int | None, ...] = ()
    split_pickups: bool = False
    by_crop_kg: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    spread: LoadSpread = NO_SPREAD

    def __post_init__(self) -> None:
        """Bring the arrays to float64, fill `available` and refuse what has no meaning.

        Raises
        ------
        ValueError
            When shapes do not fit, or a figure is negative or not a number.
        """
        for name in ("time_h", "km", "load_kg", "volume_m3", "weight_cny_h"):
            object.__setattr__(self, name, np.array(getattr(self, name), dtype=np.float64))
        object.__setattr__(self, "vehicles", tuple(self.vehicles))
        object.__setattr__(self, "available", tuple(self.available) or (None,) * len(self.vehicles))
        n = len(self.load_kg)
        if not len(self.by_crop_kg):
            object.__setattr__(self, "by_crop_kg", self.load_kg[:, None])
        wait = np.asarray(self.max_wait_h, dtype=np.float64)
        object.__setattr__(self, "max_wait_h", wait if len(wait) else np.full(n, np.inf))
        _check("max_wait_h", self.max_wait_h, (n,))
        for name in ("time_h", "km"):
            _check(name, getattr(self, name), (n + 1, n + 1))
        for name in ("load_kg", "volume_m3", "weight_cny_h"):
            _check(name, getattr(self, name), (n,), finite=True)
        for name in ("stop_h", "load_h_t", "unload_h"):
            _check(name, np.asarray(getattr(self, name)), (), finite=True)
        _check("max_aboard_h", np.asarray(self.max_aboard_h), ())
        if len(self.available) != len(self.vehicles) or any(k is not None and k < 0 for k in self.available):
            msg = f"available must be one count per vehicle type ({len(self.vehicles)}); got {self.available}"
            raise ValueError(msg)

    @property
    def n(self) -> int:
        """Number of stops."""
        return len(self.load_kg)

    def halt_h(self, load_kg: float) -> float:
        """Hours of a halt at which `load_kg` is loaded."""
        return float(self.stop_h + self.load_h_t * load_kg / KG_PER_T)


def _check(name: str, value: Floats, shape: tuple[int, ...], *, finite: bool = False) -> None:
    if value.shape != shape:
        msg = f"{name} must have shape {shape}; got {value.shape}"
        raise ValueError(msg)
    bad = ~(value >= 0)
    if finite:
        bad |= np.isinf(value)
    if bad.any():
        msg = f"{name} must be {'finite and ' if finite else ''}at least 0; got {np.atleast_1d(value)[bad].flat[0]}"
        raise ValueError(msg)


@dataclass(frozen=True)
class Route:
    """One vehicle's round of one day, and what it costs.

    Attributes
    ----------
    vehicle_id : id of the vehicle type
    stops : stop numbers (0-based) in order of visit; a stop may recur in other routes when its load is split
    load_kg, aboard_h : for each stop, kg taken and hours from the end of its loading to arrival at the depot
    km, hours, drive_h : whole round; hours = drive_h + halts + unloading
    cost_cny : CNY for vehicle, kilometres and hours, spoilage not included
    spoilage_cny : CNY, Σ weight · hours aboard
    """

    vehicle_id: str
    stops: tuple[int, ...]
    load_kg: tuple[float, ...]
    aboard_h: tuple[float, ...]
    km: float
    hours: float
    drive_h: float
    cost_cny: float
    spoilage_cny: float

    @property
    def total_cny(self) -> float:
        """What the solvers minimise: vehicle money and spoilage."""
        return self.cost_cny + self.spoilage_cny


@dataclass(frozen=True)
class Unserved:
    """Load left behind at a stop: how much, a machine's reason and a person's, with the figures."""

    stop: int
    load_kg: float
    reason: Reason
    detail: str


@dataclass(frozen=True)
class CollectionResult:
    """Routes of one day.

    Attributes
    ----------
    status : ``optimal`` (all orders enumerated), ``feasible``, ``limit`` (cut short by `stop` or the clock; routes are
        feasible), ``infeasible`` (there is load and none of it can be fetched)
    routes : every route driven
    unserved : load that stays behind
    cost_cny, spoilage_cny : sums over the routes, the day of a vehicle counted once for all its trips, waiting counted
    seconds : s, wall clock
    duties : the routes of each vehicle, in order
    wait_h : hours that the load of each route waits for its vehicle to come back from earlier trips
    overflow : what each route costs beyond its usual day, where loads or hours stray
    """

    status: Status
    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost_cny: float
    spoilage_cny: float
    seconds: float
    duties: tuple[tuple[int, ...], ...] = ()
    wait_h: tuple[float, ...] = ()
    overflow: tuple[Overflow, ...] = ()

    @property
    def total_cny(self) -> float:
        """Vehicle money, spoilage and what days beyond the usual one cost."""
        return self.cost_cny + self.spoilage_cny + sum(one.cost_cny for one in self.overflow)


def evaluate_route(
    problem: CollectionProblem, vehicle: VehicleType, stops: tuple[int, ...], load_kg: ArrayLike
) -> Route:
    """Return the route with hours, kilometres and cost recomputed from the matrices.

    Cost is ``cost_cny_day + cost_cny_km·km + cost_cny_h·hours``, spoilage ``Σ weight·share·aboard`` with the share of
    the stop's load that this route takes. Limits are not enforced here, see `violations`.

    Parameters
    ----------
    problem : the day
    vehicle : type driven
    stops : stop numbers in order of visit, at least one
    load_kg : kg taken at each of them

    Examples
    --------
    >>> truck = VehicleType(id="t", payload_kg=1000, volume_m3=9, cargo="ambient",
    ...                     cost_cny_day=10, cost_cny_km=1, cost_cny_h=2)
    >>> day = CollectionProblem([[0, 1], [1, 0]], [[0, 30], [30, 0]], [500], [1], [4], (truck,), stop_h=0.5)
    >>> route = evaluate_route(day, truck, (0,), [500])
    >>> route.cost_cny, route.hours, route.spoilage_cny  # 10 + 60·1 + 2.5·2; 1 + 0.5 + 1 h; 1 h · 4
    (75.0, 2.5, 4.0)
    """
    chosen = np.asarray(stops, dtype=np.intp)
    load = np.asarray(load_kg, dtype=np.float64)
    path = np.concatenate([[0], chosen + 1, [0]])
    legs = problem.time_h[path[:-1], path[1:]] / vehicle.speed_factor
    halts = problem.stop_h + problem.load_h_t * load / KG_PER_T
    after = legs[1:].copy()
    after[:-1] += halts[1:]
    aboard = np.cumsum(after[::-1])[::-1]
    whole = problem.load_kg[chosen]
    share = np.divide(load, whole, out=np.zeros_like(load), where=whole > 0)
    km = float(problem.km[path[:-1], path[1:]].sum())
    drive = float(legs.sum())
    hours = drive + float(halts.sum()) + problem.unload_h
    return Route(
        vehicle_id=vehicle.id,
        stops=tuple(int(i) for i in chosen),
        load_kg=tuple(load.tolist()),
        aboard_h=tuple(aboard.tolist()),
        km=km,
        hours=hours,
        drive_h=drive,
        cost_cny=vehicle.cost_cny_day + vehicle.cost_cny_km * km + vehicle.cost_cny_h * hours,
        spoilage_cny=float((problem.weight_cny_h[chosen] * share * aboard).sum()),
    )


def overflow_of(problem: CollectionProblem, route: Route, duty_h: float) -> Overflow:
    """Return what a route costs beyond its usual day.

    Parameters
    ----------
    duty_h : hours of all trips of its vehicle
    """
    vehicle = next(one for one in problem.vehicles if one.id == route.vehicle_id)
    stops, load = np.array(route.stops, dtype=np.intp), np.array(route.load_kg)
    share = load / problem.load_kg[stops]
    m3, kg = float((problem.volume_m3[stops] * share).sum()), float(load.sum())
    room = min(vehicle.payload_kg, vehicle.volume_m3 * kg / m3 if m3 > 0 else math.inf)
    around_h, around_km = (way[0, stops + 1] + way[stops + 1, 0] for way in (problem.time_h, problem.km))
    ways = Ways(
        by_crop=problem.by_crop_kg[stops] * share[:, None],
        legs_h=problem.time_h[np.append(0, stops[:-1] + 1), stops + 1] / vehicle.speed_factor,
        longer_h=around_h / vehicle.speed_factor + problem.unload_h + problem.stop_h,
        longer_km=around_km,
        room=max(room, kg),
        spare_h=vehicle.shift_h - duty_h,
    )
    return expected_overflow(ways, Rates(vehicle.cost_cny_day, vehicle.cost_cny_km, vehicle.cost_cny_h), problem.spread)


def drive_limit_h(vehicle: VehicleType) -> float:
    """Most hours of driving on a day; inf when nothing but the shift limits it."""
    return float("inf") if vehicle.max_drive_h is None else vehicle.max_drive_h


def violations(problem: CollectionProblem, route: Route) -> tuple[str, ...]:
    """Name every limit the route breaks, with figures; empty when it can be driven."""
    vehicle = next(v for v in problem.vehicles if v.id == route.vehicle_id)
    kg = sum(route.load_kg)
    whole = problem.load_kg[list(route.stops)]
    m3 = float((problem.volume_m3[list(route.stops)] * np.array(route.load_kg) / np.where(whole > 0, whole, 1.0)).sum())
    longest = max(route.aboard_h, default=0.0)
    found = [
        (kg > vehicle.payload_kg * (1 + LOAD_TOLERANCE), f"{kg:.1f} kg > {vehicle.payload_kg:g} kg payload"),
        (m3 > vehicle.volume_m3 * (1 + LOAD_TOLERANCE), f"{m3:.2f} m³ > {vehicle.volume_m3:g} m³ space"),
        (not route.hours <= vehicle.shift_h + HOURS_TOLERANCE, f"{route.hours:.2f} h > {vehicle.shift_h:g} h shift"),
        (not route.drive_h <= drive_limit_h(vehicle) + HOURS_TOLERANCE, f"{route.drive_h:.2f} h of driving"),
        (not longest <= problem.max_aboard_h + HOURS_TOLERANCE, f"{longest:.2f} h > {problem.max_aboard_h:g} h aboard"),
    ]
    return (*(text for broken, text in found if broken), *over(vehicle, route.load_kg))
