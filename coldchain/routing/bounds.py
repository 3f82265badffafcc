"""Valid underestimates of collection cost, for the bounds of siting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, Floats
from coldchain.model import VehicleType


@dataclass(frozen=True)
class Reach:
    """Least hours (reference speed) and least km from a depot to places and back, by any way; arrays of one shape.

    The least km need not be those of the fastest way. Where only one matrix of fastest ways is at hand, use `of`.
    """

    out_h: Floats
    back_h: Floats
    out_km: Floats
    back_km: Floats

    @classmethod
    def of(cls, time_h: ArrayLike, km: ArrayLike) -> Self:
        """Read the reach of row 0 from full (n+1, n+1) matrices, allowing for detours that are shorter (Floyd)."""
        t, d = _closure(time_h), _closure(km)
        return cls(t[0, 1:], t[1:, 0], d[0, 1:], d[1:, 0])


def _closure(matrix: ArrayLike) -> Floats:
    m = np.array(matrix, dtype=np.float64)
    for k in range(len(m)):
        np.minimum(m, m[:, k : k + 1] + m[k : k + 1, :], out=m)
    return m


def least_aboard_h(back_h: ArrayLike, vehicles: tuple[VehicleType, ...]) -> Floats:
    """Fewest hours a lot can be aboard: the direct drive with the fastest vehicle; inf without vehicles."""
    fastest = max((v.speed_factor for v in vehicles), default=0.0)
    back = np.asarray(back_h, dtype=np.float64)
    return back / fastest if fastest else np.full(back.shape, np.inf)


@dataclass(frozen=True)
class Halts:
    """Hours of halts and the limit on hours aboard, as in `CollectionProblem`."""

    stop_h: float = 0.0
    load_h_t: float = 0.0
    unload_h: float = 0.0
    max_aboard_h: float = float("inf")


def radial_bound_cny_t(
    reach: Reach, vehicles: tuple[VehicleType, ...], halts: Halts, load_t: ArrayLike = np.inf
) -> Floats:
    r"""Underestimate the collection cost, without spoilage, of each tonne of a stop; inf where no vehicle can serve it.

    For a vehicle type of payload Q (t), with T and D the least hours and km out and back, and q the stop's load (t)::

        [cost_day + cost_km·D + cost_h·(T/speed + unload_h)] / Q + cost_h·(load_h_t + stop_h / min(q, Q))

    and the least of it over the types that can serve the stop in time.

    Proof that Σ q·bound is at most the cost of any routes. Take a route of type v that fetches x_i t at its stops, Σ
    x_i ≤ Q. It passes each of its stops, so its km are at least max D_i and its driving hours at least max T_i /
    speed. As Σ x_i/Q ≤ 1, Σ (x_i/Q)·D_i ≤ max D_i, likewise for hours, and Σ (x_i/Q)·c ≤ c for the fixed part c =
    cost_day + cost_h·unload_h. Its halts are Σ (stop_h + load_h_t·x_i) and x_i ≤ min(q_i, Q), so stop_h ≥
    x_i·stop_h/min(q_i, Q). So the route costs at least Σ x_i·bound_i(v) ≥ Σ x_i·bound_i; sum over routes. A type is
    left out only when its direct drive alone breaks a limit, so it serves the stop in no route. Nothing here needs
    symmetry or direct ways to be shortest, only that D and T are least (see `Reach`). Radial bound: Haimovich &
    Rinnooy Kan 1985, doi 10.1287/moor.10.4.527.

    Parameters
    ----------
    reach : arrays of any one shape
    vehicles : types on offer
    halts : hours of halts and the limit on hours aboard
    load_t : t at each stop on the day, broadcast; inf when unknown

    Returns
    -------
    array of the shape of `reach`, CNY/t

    Examples
    --------
    >>> truck = VehicleType(id="t", payload_kg=2000, volume_m3=9, cargo="ambient",
    ...                     cost_cny_day=100, cost_cny_km=2, cost_cny_h=0)
    >>> reach = Reach(np.array([1.0]), np.array([1.0]), np.array([30.0]), np.array([30.0]))
    >>> radial_bound_cny_t(reach, (truck,), Halts()).tolist()  # (100 + 2·60) / 2 t
    [110.0]
    """
    load = np.maximum(np.asarray(load_t, dtype=np.float64), 1e-12)
    way_h, way_km = reach.out_h + reach.back_h, reach.out_km + reach.back_km
    best = np.full(np.shape(way_h), np.inf)
    for v in vehicles:
        payload = v.payload_kg / KG_PER_T
        drive = way_h / v.speed_factor
        fixed = v.cost_cny_day + v.cost_cny_h * halts.unload_h
        with np.errstate(invalid="ignore"):
            trip = fixed + v.cost_cny_km * way_km + v.cost_cny_h * drive
        stay = halts.load_h_t + halts.stop_h / np.minimum(load, payload)
        late = ~(reach.back_h / v.speed_factor <= halts.max_aboard_h + HOURS_TOLERANCE)
        late |= ~(drive + halts.stop_h + halts.unload_h <= v.shift_h + HOURS_TOLERANCE) | ~np.isfinite(way_km)
        best = np.minimum(best, np.where(late, np.inf, trip / payload + v.cost_cny_h * stay))
    return best
