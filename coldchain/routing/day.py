"""The nouns of a day's dispatch: orders at stops, depots, a fleet with its limits; tours with their timetable.

Richer than `CollectionProblem`, which is one depot's typical day for planning: several depots, several trips a vehicle,
time windows, driving hours, cargoes, temperature regimes that do not mix, lots that may be left, locked tours and
sequences. Engine-neutral: whatever plans the day is judged by `timetable.drive`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from coldchain.arrays import KG_PER_T, Floats, Ints
from coldchain.model import Status, VehicleType

CARGOES = ("ambient", "insulated", "reefer")
DAY_END_H = 48.0  # a vehicle back by the end of the next day; where no window says less
Cause = Literal[
    "unreachable", "payload", "volume", "regime", "hours_aboard", "window", "shift", "driving", "depot", "not_worth",
    "sequence", "fleet",
]  # fmt: skip


@dataclass(frozen=True)
class Locked:
    """A tour that is to be driven as it stands: vehicle type, depot, and the stops of each trip with their kg."""

    vehicle_id: str
    depot: int
    rounds: tuple[tuple[tuple[int, float], ...], ...]


@dataclass(frozen=True)
class DayProblem:
    """One day: what waits where, which vehicles may fetch it, which depots may take it.

    A vehicle leaves its depot empty, halts, returns, unloads, and may go again. A halt at stop i takes
    ``stop_h + load_h_t · tonnes``. A lot is aboard from the end of its own loading until the vehicle is back at the
    depot. Row d < m of the matrices is depot d, row m + i stop i. Clock times are hours from midnight of the day.

    Attributes
    ----------
    time_h, km : (m+n, m+n) hours and kilometres at reference speed; inf where there is no way
    load_kg, volume_m3 : (n,) of the whole lot
    weight_cny_h : (n, 3) CNY of spoilage for each hour the whole lot is aboard, by `CARGOES`
    vehicles, available : types on offer; vehicles of each per day and depot alike, None for any number
    value_cny : (n,) CNY lost when the lot stays behind; inf when it must be fetched
    window_h : (n, 2) earliest and latest start of the halt
    depot_window_h : (m, 2) earliest leaving and latest return
    depot_kg : (m,) most kg a depot takes on the day
    access_cny : (m, n) CNY of bringing the whole lot to a depot, beside the ride; inf where it may not go
    regimes : (n,) bits of the temperature regimes the lot may ride in; lots of one trip need one in common
    max_aboard_h : (n,) h
    stop_h, load_h_t, unload_h : h, h/t, h
    since_ready : spoilage counts from the opening of the window, waiting at the stop included, not from the loading
    locked : tours driven as they stand
    sequences : stops that one vehicle visits one right after the other, in this order
    """

    time_h: Floats
    km: Floats
    load_kg: Floats
    volume_m3: Floats
    weight_cny_h: Floats
    vehicles: tuple[VehicleType, ...]
    available: tuple[int | None, ...]
    value_cny: Floats
    window_h: Floats
    depot_window_h: Floats
    depot_kg: Floats
    access_cny: Floats
    regimes: Ints
    max_aboard_h: Floats
    stop_h: float = 0.0
    load_h_t: float = 0.0
    unload_h: float = 0.0
    since_ready: bool = False
    locked: tuple[Locked, ...] = ()
    sequences: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises
        ------
        ValueError
            When shapes do not fit, or a figure is negative or not a number.
        """
        m, n = len(self.depot_kg), len(self.load_kg)
        shapes = {
            "time_h": (m + n, m + n), "km": (m + n, m + n), "volume_m3": (n,), "weight_cny_h": (n, len(CARGOES)),
            "value_cny": (n,), "window_h": (n, 2), "depot_window_h": (m, 2), "access_cny": (m, n), "max_aboard_h": (n,),
            "load_kg": (n,), "depot_kg": (m,),
        }  # fmt: skip
        for name, shape in shapes.items():
            value = np.asarray(getattr(self, name), dtype=np.float64)
            object.__setattr__(self, name, value)
            if value.shape != shape:
                raise ValueError(f"{name} must have shape {shape}; got {value.shape}")
            if not (value >= 0).all():
                raise ValueError(f"{name} must be at least 0; got {value[~(value >= 0)].flat[0]}")
        if len(self.available) != len(self.vehicles):
            raise ValueError(f"available must be one per vehicle type ({len(self.vehicles)}); got {self.available}")

    @property
    def m(self) -> int:
        """Number of depots."""
        return len(self.depot_kg)

    @property
    def n(self) -> int:
        """Number of stops."""
        return len(self.load_kg)

    def halt_h(self, load_kg: float) -> float:
        """Hours of a halt at which `load_kg` is loaded."""
        return float(self.stop_h + self.load_h_t * load_kg / KG_PER_T)


@dataclass(frozen=True)
class Visit:
    """One halt: kg taken; clock hours of arriving, starting to load and leaving; hours aboard and money of the lot.

    ``spoilage_cny`` counts from leaving the stop, or from the opening of its window (`DayProblem.since_ready`).
    """

    stop: int
    load_kg: float
    arrive_h: float
    start_h: float
    leave_h: float
    aboard_h: float
    spoilage_cny: float


@dataclass(frozen=True)
class Round:
    """One trip: clock hours of leaving the depot and being back, and the halts between."""

    leave_h: float
    back_h: float
    visits: tuple[Visit, ...]
    km: float
    drive_h: float

    @property
    def load_kg(self) -> float:
        """Load brought in."""
        return sum(visit.load_kg for visit in self.visits)


@dataclass(frozen=True)
class Tour:
    """What one vehicle does on the day.

    Attributes
    ----------
    vehicle_id, number : type, and which of the type, from 1
    depot : where it starts and ends
    rounds : its trips in order
    hours : paid: from leaving to the end of unloading, summed over the trips
    shift_h : from leaving first to the end of the last unloading
    cost_cny, spoilage_cny, access_cny : vehicle money, spoilage, and what depots cost beside the ride
    """

    vehicle_id: str
    number: int
    depot: int
    rounds: tuple[Round, ...]
    hours: float
    shift_h: float
    cost_cny: float
    spoilage_cny: float
    access_cny: float
    locked: bool = False

    @property
    def km(self) -> float:
        """Kilometres of all trips."""
        return sum(trip.km for trip in self.rounds)

    @property
    def drive_h(self) -> float:
        """Driving hours of all trips."""
        return sum(trip.drive_h for trip in self.rounds)


@dataclass(frozen=True)
class Left:
    """Load left behind at a stop: kg, the cause, and what a dispatcher should read, with the figures."""

    stop: int
    load_kg: float
    cause: Cause
    detail: str


@dataclass(frozen=True)
class DayResult:
    """Tours of one day, what stays behind, and what it costs.

    ``status``: ``feasible``; ``limit`` when the clock or a wish to stop ended the search; ``infeasible`` when there is
    load and none can be fetched. ``value_cny`` is the worth of what stays behind, as far as it was optional.
    """

    status: Status
    tours: tuple[Tour, ...]
    left: tuple[Left, ...]
    iterations: int
    seconds: float
    value_cny: float = field(default=0.0)

    @property
    def total_cny(self) -> float:
        """Vehicles, spoilage, access and the worth of what stays behind."""
        return self.value_cny + sum(t.cost_cny + t.spoilage_cny + t.access_cny for t in self.tours)
