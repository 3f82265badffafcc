"""What a route costs beyond its usual day: loads that stray above what its vehicle holds, hours on roads that stray.

The load fetched up to stop i is taken as lognormal with the mean and variance of the loads that make it up. With room Q
the vehicle is full at stop i for the l-th time when the load up to i is above l·Q and that up to the stop before is
not, so with P_i(l) = P(load up to i > l·Q) it returns

    Σ_l Σ_i (P_i(l) - P_{i-1}(l)) · (way to the depot and back to i, unloading, a second halt)

(the detour to the depot of Dror, Laporte & Trudeau 1989, doi 10.1287/trsc.23.3.166). Where the shift does not leave the
hours for it, a vehicle hired for the day comes instead, with the same ways.

A vehicle that is early waits until the load is ready, one that is late stays late: with the deviations of the legs as a
random walk the hours by which it comes home later are the mean of the walk's maximum, by Spitzer's identity the sum of
E(S_j⁺) / j over its first j = 1..n steps (Spitzer 1956, doi 10.1090/S0002-9947-1956-0079851-X), S_j being near normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, LOAD_TOLERANCE, Floats
from coldchain.compiled import njit

compiled = njit(cache=True, nogil=True)
FULL = 3  # times that a vehicle may be full on one route; beyond that the chance is nought in any county
ROOT_2PI = math.sqrt(2.0 * math.pi)


class LoadSpread(NamedTuple):
    """How far a day strays from the usual one; coefficients of variation.

    Attributes
    ----------
    crop_cv : of a crop in all villages at once
    own_cv : of a village's load by itself, season and day together
    road_cv, leg_cv : of hours on all roads of a day, on a single leg
    """

    crop_cv: float = 0.0
    own_cv: float = 0.0
    road_cv: float = 0.0
    leg_cv: float = 0.0


NO_SPREAD = LoadSpread()


@dataclass(frozen=True)
class Overflow:
    """Means of a day.

    Attributes
    ----------
    over_share : chance that the load is more than the vehicle holds
    returns, hires : times that it goes back to a stop after unloading; that a hired vehicle does
    wait_h : hours paid while waiting for loads
    cost_cny : CNY of all that
    """

    over_share: float = 0.0
    returns: float = 0.0
    hires: float = 0.0
    wait_h: float = 0.0
    cost_cny: float = 0.0


class Rates(NamedTuple):
    """Prices of a vehicle: CNY for hiring it for a day, by the km, by the hour."""

    day: float
    km: float
    h: float


def load_variance(by_crop: Floats, spread: LoadSpread) -> Floats:
    """Return the variance of the load up to each stop.

    A load q of village v and crop c is q·C_c·V_v with independent factors of mean one, so that two loads have the
    covariance q·q'·(E C_c C_c' · E V_v V_v' - 1).

    Parameters
    ----------
    by_crop : load of each stop by crop, shape (stops, crops); no two stops are one village

    Examples
    --------
    Loads of 100 and 200 of one crop: 10 % that they share, 20 % of each by itself.

    >>> load_variance(np.array([[100.0], [200.0]]), LoadSpread(crop_cv=0.1, own_cv=0.2)).round(6).tolist()
    [504.0, 2920.0]
    """
    return np.asarray(_variances(by_crop, spread), dtype=np.float64)


@compiled
def _variances(by_crop: Floats, spread: LoadSpread) -> Floats:
    """Variance of the load up to each stop."""
    found, alone, one = np.zeros(by_crop.shape[0]), 0.0, spread.crop_cv**2
    upto = np.zeros(by_crop.shape[1])
    for i in range(by_crop.shape[0]):
        load = squares = together = 0.0
        for c in range(by_crop.shape[1]):
            load += by_crop[i, c]
            squares += by_crop[i, c] ** 2
            upto[c] += by_crop[i, c]
            together += upto[c] ** 2
        alone += load**2 + one * squares
        found[i] = one * together + spread.own_cv**2 * alone
    return found


@compiled
def above(mean: float, variance: float, level: float) -> float:
    """Chance that a lognormal load is above a level.

    Examples
    --------
    >>> above(1.0, 0.0, 0.5), above(1.0, 0.0, 1.0), above(1.0, 0.0, 1.5)
    (1.0, 0.0, 0.0)
    >>> round(above(100.0, 400.0, 100.0), 3)
    0.461
    """
    part = variance / (mean * mean) if mean > 0.0 else 0.0
    if part <= 0.0:
        return 1.0 if mean > level * (1.0 + LOAD_TOLERANCE) else 0.0
    spread = math.log1p(part)
    return 0.5 * math.erfc((math.log(level / mean) + 0.5 * spread) / math.sqrt(2.0 * spread))


@compiled
def waiting_h(legs_h: Floats, spread: LoadSpread) -> float:
    """Return the mean hours by which a vehicle comes home later than planned.

    Parameters
    ----------
    legs_h : to each stop, shape (stops,)

    Examples
    --------
    One leg of an hour that varies by a tenth: half the mean deviation.

    >>> round(waiting_h(np.array([1.0]), LoadSpread(leg_cv=0.1)), 4)
    0.0399
    """
    steps, total, squares, wait = len(legs_h), 0.0, 0.0, 0.0
    for leg in legs_h:
        total += leg
        squares += leg * leg
    common = (spread.road_cv * total / steps) ** 2
    own = spread.leg_cv**2 * (1.0 + spread.road_cv**2) * squares / steps
    for step in range(1, steps + 1):
        wait += math.sqrt(common + own / step)
    return wait / ROOT_2PI


class Ways(NamedTuple):
    """A route as far as its overflow is concerned.

    Attributes
    ----------
    by_crop : load of each stop by crop, (stops, crops)
    legs_h : hours to each stop from the one before
    longer_h, longer_km : hours and km of going back to each stop after unloading
    room : what the vehicle holds
    spare_h : hours of the shift that all trips of its vehicle leave
    """

    by_crop: Floats
    legs_h: Floats
    longer_h: Floats
    longer_km: Floats
    room: float
    spare_h: float


def expected_overflow(ways: Ways, rates: Rates, spread: LoadSpread) -> Overflow:
    """Return what a route costs beyond its usual day, on the mean.

    Examples
    --------
    A vehicle of 1,000 kg, full on the usual day, with 300 CNY for going back:

    >>> ways = Ways(np.array([[1000.0]]), np.array([1.0]), np.array([2.0]), np.array([60.0]), 1000.0, spare_h=5.0)
    >>> found = expected_overflow(ways, Rates(80.0, 5.0, 0.0), LoadSpread(own_cv=0.2))
    >>> round(found.over_share, 3), round(found.hires, 3), round(found.cost_cny / 300.0, 3)
    (0.461, 0.0, 0.461)
    """
    return Overflow(*_expected(ways, rates, spread))


@compiled
def _expected(ways: Ways, rates: Rates, spread: LoadSpread) -> tuple[float, float, float, float, float]:
    """Figures of :class:`Overflow`."""
    variances = _variances(ways.by_crop, spread)
    over = returns = hires = driven = 0.0
    for times in range(1, FULL + 1):
        mean = before = 0.0
        for i in range(len(variances)):
            mean += ways.by_crop[i].sum()
            chance = max(above(mean, variances[i], times * ways.room), before)
            more, before = chance - before, chance
            returns += more
            driven += more * (rates.km * ways.longer_km[i] + rates.h * ways.longer_h[i])
            if times * ways.longer_h[i] > ways.spare_h + HOURS_TOLERANCE:
                hires += more
        if times == 1:
            over = before
    wait = waiting_h(ways.legs_h, spread)
    return over, returns, hires, wait, driven + rates.day * hires + rates.h * wait
