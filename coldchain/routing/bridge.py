"""Between the nouns of collection routing and the arrays of the ruin-and-recreate engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from coldchain.arrays import HOURS_TOLERANCE, LOAD_TOLERANCE, Floats
from coldchain.model import VehicleType
from coldchain.routing.instance import ANY, ORDINARY, Instance
from coldchain.routing.problem import CollectionProblem
from coldchain.routing.quantities import amounts_of, most_of
from coldchain.routing.ruin import RuinEffort, VehicleTrips, ruin_recreate
from coldchain.routing.savings import RouteDraft


def default_iterations(n: int) -> int:
    """Return iterations of ruin and recreate for n stops, measured to be past the knee of cost over time."""
    return min(max(200 * n, 3000), 200_000)


def types_of(vehicles: Sequence[VehicleType], unload_h: float, available: Sequence[int | None]) -> Floats:
    """Return the vehicle types in the columns of the compiled loops, limits with half their tolerance, (types, 12).

    Parameters
    ----------
    unload_h : h, at the end of each route
    available : vehicles of each type, None without limit
    """
    slack = 1 + LOAD_TOLERANCE / 2
    rows = [
        (
            v.payload_kg * slack,
            v.volume_m3 * slack,
            v.cost_cny_day,
            v.cost_cny_km,
            v.cost_cny_h,
            1.0 / v.speed_factor,
            v.shift_h - unload_h + HOURS_TOLERANCE / 2,
            ANY if count is None else count,
            ANY if v.max_drive_h is None else v.max_drive_h + HOURS_TOLERANCE / 2,
            *ORDINARY[1:],
        )
        for v, count in zip(vehicles, available, strict=True)
    ]
    return np.array(rows)


def instance_of(problem: CollectionProblem) -> Instance:
    """Return the day as arrays; every stop must be feasible on its own."""
    return Instance(
        legs=np.stack([problem.km, problem.time_h], axis=2),
        load=problem.load_kg,
        volume=problem.volume_m3,
        weight=problem.weight_cny_h,
        halt_h=np.array([problem.halt_h(float(kg)) for kg in problem.load_kg]),
        depots=np.array([[ANY, 0.0]]),
        types=types_of(problem.vehicles, problem.unload_h, problem.available),
        value=np.full(problem.n, np.inf),
        unload_h=problem.unload_h,
        max_aboard_h=problem.max_aboard_h + HOURS_TOLERANCE / 2,
        amounts=amounts_of(problem.vehicles, problem.load_kg),
        most=most_of(problem.vehicles),
    )


def explore(
    problem: CollectionProblem,
    start: RouteDraft,
    iterations: float,
    seed: int,
    ends: tuple[float, Callable[[], bool] | None],
) -> tuple[RouteDraft, bool]:
    """Improve the start; returns the routes and whether the clock or the wish to stop cut the search short."""
    effort = RuinEffort(iterations=iterations, seconds=ends[0], stop=ends[1])
    begin = [VehicleTrips(0, kind, (tuple(stops),)) for kind, stops in start.routes]
    found = ruin_recreate(instance_of(problem), effort, seed=seed, start=begin)
    return RouteDraft([(duty.kind, duty.stops) for duty in found.routes], list(found.absent)), found.cut
