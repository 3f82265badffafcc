"""What a trip adds up at its halts beside kilograms and cubic metres, and how much of it a vehicle may have.

Every search and every judge of routes reads this list, so a restriction of this kind is stated here alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import LOAD_TOLERANCE, Floats
from coldchain.language import N_, _
from coldchain.model import VehicleType

Vehicles = Sequence[VehicleType]


@dataclass(frozen=True)
class Quantity:
    """One quantity: a halt at which ``kg`` are loaded adds ``each + per_kg · kg``.

    Attributes
    ----------
    name : a key
    most : most of it on one trip of a vehicle type; None where that is not limited
    words : says by how much a trip breaks the limit, of ``amount`` and ``most``
    """

    name: str
    each: float
    per_kg: float
    most: Callable[[VehicleType], float | None]
    words: str


QUANTITIES = (Quantity("stops", 1.0, 0.0, lambda kind: kind.max_stops, N_("{amount:g} stops > {most:g} stops a trip")),)


def limited(vehicles: Vehicles) -> tuple[Quantity, ...]:
    """Return the quantities that any of the vehicle types limits."""
    return tuple(one for one in QUANTITIES if any(one.most(kind) is not None for kind in vehicles))


def most_of(vehicles: Vehicles) -> Floats:
    """Return the most of each limited quantity on a trip, half the tolerance added; (types, quantities), or inf."""
    rows = [[one.most(kind) for one in limited(vehicles)] for kind in vehicles]
    table = np.array([[math.inf if most is None else most for most in row] for row in rows], dtype=np.float64)
    return table.reshape(len(vehicles), len(limited(vehicles))) * (1.0 + LOAD_TOLERANCE / 2)


def rates_of(vehicles: Vehicles) -> Floats:
    """Return what a halt adds of each limited quantity, and what each kg adds; (quantities, 2)."""
    return np.array([[one.each, one.per_kg] for one in limited(vehicles)], dtype=np.float64).reshape(-1, 2)


def amounts_of(vehicles: Vehicles, load_kg: Floats) -> Floats:
    """Return what each stop adds of each limited quantity when its load is taken whole; (stops, quantities)."""
    rates = rates_of(vehicles)
    amounts: Floats = rates[:, 0] + rates[:, 1] * np.asarray(load_kg)[:, None]
    return amounts


def over(vehicle: VehicleType, load_kg: Sequence[float]) -> tuple[str, ...]:
    """Say which quantities a trip with halts of so many kg has too much of.

    Examples
    --------
    >>> truck = VehicleType(id="t", payload_kg=1000, volume_m3=9, cargo="ambient", max_stops=2,
    ...                     cost_cny_day=10, cost_cny_km=1, cost_cny_h=2)
    >>> over(truck, [300, 200, 100]), over(truck, [300, 200])
    (('3 stops > 2 stops a trip',), ())
    """
    found = []
    for one in QUANTITIES:
        most, amount = one.most(vehicle), one.each * len(load_kg) + one.per_kg * sum(load_kg)
        if most is not None and amount > most * (1.0 + LOAD_TOLERANCE):
            found.append(_(one.words).format(amount=amount, most=most))
    return tuple(found)
