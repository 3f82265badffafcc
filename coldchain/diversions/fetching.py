"""Trucks that take lots from one place to another today, found by the engine that routes the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.dispatch.fleet import VehiclesAtHand
from coldchain.network import RoadNetwork, travel
from coldchain.routing.day import DayProblem, Tour
from coldchain.routing.dispatch import solve_day
from coldchain.routing.ruin import RuinEffort

ITERATIONS = 200
ANY_REGIME = -1


@dataclass(frozen=True)
class FetchLoad:
    """What is to be taken: kilograms, cubic metres, the node it stands at, and the hour from which it can be loaded."""

    kg: float
    m3: float
    node: int
    ready_h: float


@dataclass(frozen=True)
class Docks:
    """Hours of a halt, of loading a tonne, and of unloading a truck."""

    stop_h: float
    load_h_t: float
    unload_h: float


@dataclass(frozen=True)
class FetchTours:
    """Tours that fetch a load, by the nodes of their home and of the load.

    ``leave_h`` and ``arrive_h`` are the hours by which all of it has left and has arrived.
    """

    nodes: tuple[int, int]
    tours: tuple[Tour, ...]
    leave_h: float
    arrive_h: float

    @property
    def km(self) -> float:
        """Kilometres, there and back."""
        return sum(tour.km for tour in self.tours)

    @property
    def cost_cny(self) -> float:
        """Money for the trucks."""
        return sum(tour.cost_cny for tour in self.tours)


def fetched(
    network: RoadNetwork, load: FetchLoad, home: int, vehicles: Sequence[VehiclesAtHand], docks: Docks, start_h: float
) -> FetchTours | None:
    """Return the cheapest tours that fetch a load to the node their trucks start from; None where none can.

    Parameters
    ----------
    start_h : hour from which trucks can leave
    """
    if not vehicles:
        return None
    nodes = np.array([home, load.node], dtype=np.int64)
    way = travel(network, nodes, nodes)
    if not np.isfinite(way.time_h).all():
        return None
    problem = DayProblem(
        time_h=way.time_h,
        km=way.km,
        load_kg=np.array([load.kg]),
        volume_m3=np.array([load.m3]),
        weight_cny_h=np.zeros((1, 3)),
        vehicles=tuple(one.kind for one in vehicles),
        available=tuple(one.count for one in vehicles),
        value_cny=np.array([np.inf]),
        window_h=np.array([[load.ready_h, np.inf]]),
        depot_window_h=np.array([[start_h, np.inf]]),
        depot_kg=np.array([np.inf]),
        access_cny=np.zeros((1, 1)),
        regimes=np.array([ANY_REGIME]),
        max_aboard_h=np.array([np.inf]),
        stop_h=docks.stop_h,
        load_h_t=docks.load_h_t,
        unload_h=docks.unload_h,
    )
    result = solve_day(problem, effort=RuinEffort(iterations=ITERATIONS))
    if result.left or not result.tours:
        return None
    trips = [trip for tour in result.tours for trip in tour.rounds]
    leave_h = max(visit.leave_h for trip in trips for visit in trip.visits)
    return FetchTours((home, load.node), result.tours, leave_h, max(trip.back_h for trip in trips))
