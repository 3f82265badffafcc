"""Split pick-ups: a load that one vehicle could take may ride on several, where that saves a vehicle or a detour.

The vehicle routing problem with split deliveries (Dror & Trudeau 1989, doi 10.1287/trsc.23.2.141), searched by ruin and
recreate: a route or a neighbourhood is torn out, and each stop goes where it is cheapest: to one route whole, to two
that share it, or, where neither has room, to the route with the least cost per kg (after the k-split of Boudia, Prins &
Reghioui 2007, doi 10.1007/978-3-540-75514-2_6).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, Bools, Floats, Ints
from coldchain.routing.bridge import types_of
from coldchain.routing.kernel import shared as k
from coldchain.routing.problem import CollectionProblem, Route
from coldchain.routing.quantities import most_of, rates_of

NEAR = 12  # stops known to each stop
SPARE_ROUTES, SPARE_VISITS = 6, 4  # beyond those of the start
SPARE_FILL = 3  # one more route to so many, where vehicles may be filled less
LEAST_KG = 1e-6  # less than which is rounding
HOT, COLD = 0.2, 0.005  # temperatures, in shares of what a visit costs
Visits = tuple[int, tuple[int, ...], tuple[float, ...]]


class Fetch(NamedTuple):
    """Stops of a route in order, and kg taken at each."""

    stops: tuple[int, ...]
    load_kg: tuple[float, ...]


def split_pickups(problem: CollectionProblem, start: Sequence[Route], iterations: int, seed: int = 0) -> list[Visits]:
    """Improve routes by sharing loads between vehicles; returns vehicle type, stops and kg of each route.

    Never dearer than the start, but for rounding. Vehicles may not be limited in number.

    Parameters
    ----------
    start : routes that respect every limit and fetch what is to be fetched
    iterations : of ruin and recreate
    """
    if not start or iterations <= 0:
        return [_visits(problem, route) for route in start]
    return improved(day_of(problem), [Fetch(route.stops, route.load_kg) for route in start], iterations, seed)


def improved(day: k.Day, start: Sequence[Fetch], iterations: int, seed: int) -> list[Visits]:
    """Improve routes of a compiled day, as :func:`split_pickups`."""
    plan = _plan(day, start)
    kept, best = _empty(*plan.stops.shape), _empty(*plan.stops.shape)
    level = float(plan.cost.sum()) / sum(len(stops) for stops, _kg in start)
    cooling = HOT * level, (COLD / HOT) ** (1.0 / iterations)
    k.anneal(day, (plan, kept, best), iterations, cooling, np.array([2 * seed + 0x9E3779B97F4A7C15], dtype=np.uint64))
    return [
        (int(best.kind[r]), tuple(best.stops[r, :size].tolist()), tuple(best.kg[r, :size].tolist()))
        for r, size in enumerate(best.size)
        if size > 0
    ]


def fitting(day: k.Day, load_kg: Floats, known: Sequence[Fetch]) -> tuple[list[Fetch], Floats]:
    """Return the routes that can still be driven, with at most the loads that are left, and what they leave behind.

    Parameters
    ----------
    load_kg : of each stop, shape (n,)
    known : in order of preference
    """
    rest, kept = load_kg.copy(), []
    for stops, kg in known:
        fetched = [(i, min(some, rest[i])) for i, some in zip(stops, kg, strict=True) if min(some, rest[i]) > LEAST_KG]
        if not fetched:
            continue
        called, taken = np.array([i for i, _kg in fetched]), np.array([some for _i, some in fetched])
        if math.isfinite(k.cheapest(day, called, taken, len(fetched))[0]):
            kept.append(Fetch(tuple(called.tolist()), tuple(taken.tolist())))
            rest[called] -= taken
    return kept, np.where(rest > LEAST_KG, rest, 0.0)


def _visits(problem: CollectionProblem, route: Route) -> Visits:
    return [vehicle.id for vehicle in problem.vehicles].index(route.vehicle_id), route.stops, route.load_kg


def day_of(problem: CollectionProblem) -> k.Day:
    """Return a day as the compiled loops read it."""
    kg = np.maximum(problem.load_kg, 1e-12)
    rules = problem.stop_h, problem.load_h_t / KG_PER_T, problem.unload_h, problem.max_aboard_h + HOURS_TOLERANCE / 2
    apart = problem.time_h[1:, 1:] + problem.time_h[1:, 1:].T
    near, close = neighbours_of(apart)
    return k.Day(
        np.ascontiguousarray(problem.time_h),
        np.ascontiguousarray(problem.km),
        problem.volume_m3 / kg,
        problem.weight_cny_h / kg,
        types_of(problem.vehicles, problem.unload_h, problem.available),
        rates_of(problem.vehicles),
        most_of(problem.vehicles),
        np.array(rules),
        near,
        close,
        _stray(problem, kg),
        depot=0,
        first=1,
    )


def neighbours_of(apart_h: Floats) -> tuple[Ints, Bools]:
    """Return the stops nearest to each, the stop itself first, and which are near to each other, either way.

    Parameters
    ----------
    apart_h : hours there and back between stops, shape (n, n)
    """
    apart = apart_h.copy()
    np.fill_diagonal(apart, -math.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :NEAR]
    close = np.zeros(apart.shape, dtype=np.bool_)
    np.put_along_axis(close, near, True, axis=1)
    return np.ascontiguousarray(near), close | close.T


def _stray(problem: CollectionProblem, kg: Floats) -> Floats:
    """Relative spread of each stop's load by itself, and in common with all loads of its crops."""
    spread = problem.spread
    if not (spread.crop_cv or spread.own_cv):
        return np.zeros((0, 2))
    mixed = np.sqrt((problem.by_crop_kg**2).sum(axis=1)) / kg
    own = spread.own_cv * np.sqrt(1.0 + (spread.crop_cv * mixed) ** 2)
    return np.ascontiguousarray(np.stack([own, spread.crop_cv * mixed], axis=1))


def _plan(day: k.Day, start: Sequence[Fetch]) -> k.RouteRows:
    rows = len(start) + SPARE_ROUTES + (len(start) // SPARE_FILL if len(day.stray) else 0)
    width = max(len(stops) for stops, _kg in start) + SPARE_VISITS
    plan = _empty(rows, width)
    for r, (stops, kg) in enumerate(start):
        size = plan.size[r] = len(stops)
        plan.stops[r, :size], plan.kg[r, :size] = stops, kg
        plan.cost[r], plan.kind[r] = k.cheapest(day, plan.stops[r], plan.kg[r], size)
    return plan


def _empty(rows: int, width: int) -> k.RouteRows:
    return k.RouteRows(
        np.zeros((rows, width), np.int64),
        np.zeros((rows, width)),
        np.zeros(rows, np.int64),
        np.zeros(rows, np.int64),
        np.zeros(rows),
    )
