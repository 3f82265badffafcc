"""How many vehicles of a type to own and on how many days to hire more, for the work of a year.

A vehicle that is owned costs its year whether it is driven or not, and takes one duty a day, up to its driver's hours
of the week and of the year; every other duty hires one for the day. Owned vehicles take the shortest duties of a day
first, so that their hours go farthest: with n of them the days they spare are a linear programme whose limits grow with
n, so what a further one spares never grows, and the first that does not pay ends the search. Where no more than so many
can be hired on a day, every number is tried, and those with which the work can be done go first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coldchain.arrays import ROUNDING
from coldchain.model import VehicleType

DAYS_A_WEEK, ALWAYS_H = 7.0, 168.0


@dataclass(frozen=True)
class Work:
    """Duties of one vehicle type on every day of a period: its days, hours of each duty, and trips of all."""

    days: float
    hours: tuple[float, ...]
    trips: int


@dataclass(frozen=True)
class TypeFleet:
    """Vehicles of one type in a year.

    Attributes
    ----------
    owned : number to own
    owned_days, hired_days : days on which an owned vehicle, a hired one is driven, added up over vehicles
    most_day : duties of the busiest day; trips : of the year
    own_cny, hire_cny : CNY a year
    lacking : vehicles a day that the work of each period needs beyond those owned and those that can be hired
    """

    vehicle_id: str
    owner: str
    owned: int
    owned_days: float
    hired_days: float
    most_day: int
    trips: float
    own_cny: float
    hire_cny: float
    lacking: tuple[float, ...] = ()

    @property
    def days(self) -> float:
        """Days of all vehicles."""
        return self.owned_days + self.hired_days

    @property
    def rate_cny_day(self) -> float:
        """What a vehicle's day costs on the mean of the year."""
        return (self.own_cny + self.hire_cny) / self.days if self.days > 0 else 0.0

    @property
    def trips_day(self) -> float:
        """Trips of a vehicle on a day it is driven."""
        return self.trips / self.days if self.days > 0 else 0.0


def choose_fleet(kind: VehicleType, work: Sequence[Work], week_h: float = ALWAYS_H) -> TypeFleet:
    """Return the number of vehicles to own at which the year costs least.

    Parameters
    ----------
    week_h : most hours of a driver in a week

    Examples
    --------
    Two duties a day in 100 days of season, one in the other 200: a vehicle of 12,000 CNY a year is worth owning at 60
    CNY a day of hire, a second one is not.

    >>> truck = VehicleType(id="t", payload_kg=1500, volume_m3=9, cargo="ambient", cost_cny_day=60, cost_cny_km=1,
    ...                     cost_cny_h=2, own_cny_year=12000)
    >>> fleet = choose_fleet(truck, [Work(100, (8.0, 6.0), 4), Work(200, (5.0,), 2)])
    >>> fleet.owned, fleet.owned_days, fleet.hired_days, fleet.own_cny + fleet.hire_cny, round(fleet.trips_day, 2)
    (1, 300.0, 100.0, 18000.0, 2.0)
    """
    most = max((len(one.hours) for one in work), default=0)
    limit = 0 if kind.own_cny_year is None else most if kind.own_most is None else min(kind.own_most, most)
    if kind.hire_most is not None:
        fleets = [fleet_of(kind, work, owned, week_h) for owned in range(limit + 1)]
        return min(fleets, key=lambda one: (sum(one.lacking), one.own_cny + one.hire_cny))
    best = fleet_of(kind, work, 0, week_h)
    for owned in range(1, limit + 1):
        found = fleet_of(kind, work, owned, week_h)
        if found.own_cny + found.hire_cny >= best.own_cny + best.hire_cny:
            break
        best = found
    return best


def fleet_of(kind: VehicleType, work: Sequence[Work], owned: int, week_h: float = ALWAYS_H) -> TypeFleet:
    """Return what the year costs with so many vehicles owned."""
    every = sum(one.days * len(one.hours) for one in work)
    of_period = _driven_days(kind, work, owned, week_h)
    driven, most = sum(of_period), float("inf") if kind.hire_most is None else kind.hire_most
    hired = [len(one.hours) - days / one.days for one, days in zip(work, of_period, strict=True)]
    return TypeFleet(
        vehicle_id=kind.id,
        owner=kind.owner,
        owned=owned,
        owned_days=driven,
        hired_days=every - driven,
        most_day=max((len(one.hours) for one in work), default=0),
        trips=sum(one.days * one.trips for one in work),
        own_cny=owned * (kind.own_cny_year or 0.0),
        hire_cny=(every - driven) * kind.cost_cny_day,
        lacking=tuple(max(vehicles - most, 0.0) if vehicles > most + ROUNDING else 0.0 for vehicles in hired),
    )


def _driven_days(kind: VehicleType, work: Sequence[Work], owned: int, week_h: float) -> list[float]:
    """Return the days of each period on which owned vehicles are driven.

    The shortest duties are taken, as far as number and hours go: the days within h hours of a period are a concave
    function of h, whose steepest pieces are the shortest duties, and the periods share the hours of the year.
    """
    left_h = float("inf") if kind.own_h_year is None else kind.own_h_year * owned
    week = [week_h / DAYS_A_WEEK * one.days * owned for one in work]
    driven = [0.0] * len(work)
    for hours, p in sorted((hours, p) for p, one in enumerate(work) for hours in sorted(one.hours)[:owned]):
        taken = min(work[p].days, left_h / hours, week[p] / hours) if hours > ROUNDING else work[p].days
        driven[p] += taken
        left_h -= taken * hours
        week[p] -= taken * hours
    return driven


def least_day_cny(kind: VehicleType, days: float) -> float:
    """Return the least that a vehicle's day can cost in a year with so many days: hired, or owned and driven daily."""
    return kind.cost_cny_day if kind.own_cny_year is None else min(kind.cost_cny_day, kind.own_cny_year / days)
