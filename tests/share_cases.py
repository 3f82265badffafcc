"""Vehicles of a day as those who find shares read them, and all routes of a few stops."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from coldchain.routing import CollectionProblem, Trucks


def closure(matrix: np.ndarray) -> np.ndarray:
    """Shortest ways (Floyd)."""
    shortest = matrix.copy()
    for k in range(len(shortest)):
        np.minimum(shortest, shortest[:, k : k + 1] + shortest[k : k + 1, :], out=shortest)
    return shortest


def trucks_of(problem: CollectionProblem) -> Trucks:
    """Return the vehicles of a day as share finding reads them."""
    kinds = problem.vehicles
    per_h = np.array([kind.cost_cny_h for kind in kinds])
    legs_h = np.array([closure(problem.time_h) / kind.speed_factor for kind in kinds])
    km = closure(problem.km)
    return Trucks(
        np.array([kind.cost_cny_km * km for kind in kinds]) + per_h[:, None, None] * legs_h,
        legs_h,
        np.array([kind.payload_kg / 1000 for kind in kinds]),
        np.array([kind.cost_cny_day for kind in kinds]) + per_h * problem.unload_h,
        per_h * problem.stop_h,
        per_h * problem.load_h_t,
        np.array([kind.shift_h for kind in kinds]) - problem.unload_h,
        np.full(len(kinds), math.inf),
        problem.stop_h,
        problem.load_h_t,
        problem.max_aboard_h,
    )


def routes(problem: CollectionProblem, rng: np.random.Generator) -> Iterator[tuple[int, tuple[int, ...], np.ndarray]]:
    """Every subset of the stops by every type, in every order, loaded full by every priority and at random."""
    for t, kind in enumerate(problem.vehicles):
        for size in range(1, problem.n + 1):
            for order in itertools.permutations(range(problem.n), size):
                loads = []
                for first in itertools.permutations(range(size)):
                    room, kg = kind.payload_kg, np.zeros(size)
                    for k in first:
                        kg[k] = min(problem.load_kg[order[k]], room)
                        room -= kg[k]
                    loads.append(kg)
                mix = rng.dirichlet(np.ones(len(loads)))
                for kg in (*loads, mix @ np.array(loads), loads[0] * rng.random(size)):
                    yield t, order, kg
