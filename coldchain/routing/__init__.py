"""Spoilage-aware collection routes and line haul; engine-neutral nouns, one cost function."""

from coldchain.routing.bounds import Halts, Reach, least_aboard_h, radial_bound_cny_t
from coldchain.routing.collection import default_solution_limit, drive, solve_collection, solve_near
from coldchain.routing.joint_haul import (
    MOST_DEPOTS,
    RIDE_NODES,
    RIDE_STEP_H,
    HaulTour,
    JointHaul,
    JointProblem,
    solve_joint_haul,
)
from coldchain.routing.line_haul import HaulRule, LineHaul, Trip, lower_bound_cny_t, price_trip, solve_line_haul
from coldchain.routing.problem import (
    CollectionProblem,
    CollectionResult,
    Reason,
    Route,
    Unserved,
    drive_limit_h,
    evaluate_route,
    violations,
)
from coldchain.routing.shares import FetchedDay, RouteShares, ShareFinder, Trucks, radial_shares
from coldchain.routing.split_pickup import Fetch

__all__ = [
    "MOST_DEPOTS",
    "RIDE_NODES",
    "RIDE_STEP_H",
    "CollectionProblem",
    "CollectionResult",
    "Fetch",
    "FetchedDay",
    "Halts",
    "HaulRule",
    "HaulTour",
    "JointHaul",
    "JointProblem",
    "LineHaul",
    "Reach",
    "Reason",
    "Route",
    "RouteShares",
    "ShareFinder",
    "Trip",
    "Trucks",
    "Unserved",
    "default_solution_limit",
    "drive",
    "drive_limit_h",
    "evaluate_route",
    "least_aboard_h",
    "lower_bound_cny_t",
    "price_trip",
    "radial_bound_cny_t",
    "radial_shares",
    "solve_collection",
    "solve_joint_haul",
    "solve_line_haul",
    "solve_near",
    "violations",
]  # fmt: skip
