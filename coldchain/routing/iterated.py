"""The routing library of OR-Tools as an engine: iterated local search, stopped by count, not by clock.

The model. Dimension ``hours``: driving plus the halt at the arrival, limit ``shift_h - unload_h``. Dimension
``aboard``: the same with the way to the first stop counted 0, limit ``max_aboard_h``; the lot loaded first is aboard
longest, so one limit at the end serves all. Dimension ``weight``: CNY/h loaded so far. Spoilage is the library's path
energy: with 9.15 the cost of an arc is ``force.cumul(head of the arc) · distance.transit``, and the cumul of a unary
dimension at the head already holds the load picked up at the tail (pinned by a test), so energy of ``weight`` over
``hours`` is exactly Σ weight · aboard. All transits are matrices or vectors known to the library: a Python callback
there swallows Ctrl-C and corrupts the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from coldchain.arrays import Floats
from coldchain.routing.problem import CollectionProblem, drive_limit_h
from coldchain.routing.quantities import amounts_of, limited, most_of
from coldchain.routing.savings import RouteDraft

PER_H = 1_000_000  # integer units per hour in limits: sums of 60 roundings stay below 0.3 s
PER_KG = 1_000_000
PER_M3 = 1_000_000
PER_AMOUNT, AMPLE = 1_000_000, 1e9  # of further quantities; what stands for no limit
COST_RANGE = 1e14  # integer cost of the routes at the start; 64 bits leave room for penalties
SPARE_VEHICLES = 2  # offered per type beyond what load or the first routes need


@dataclass(frozen=True)
class Limits:
    """Effort of a round: solutions explored, and whether each ends with a descent.

    It ends before when the wall clock (s, a backstop) says so, or `stop`, which is asked at solutions.
    """

    solutions: int
    descents: bool
    seconds: float
    stop: Callable[[], bool] | None = None


def improve(
    problem: CollectionProblem, start: RouteDraft, cost_cny: float, limits: Limits, order: Sequence[int]
) -> RouteDraft:
    """One round of iterated local search; returns the best routes it met, which may be worse than `start`.

    Parameters
    ----------
    problem : every stop feasible on its own
    start : known routes, which set the number of vehicles offered
    cost_cny : their cost, which sets the integer scale
    limits : when to stop
    order : permutation of the stops in which the library sees them. Its random numbers always start alike, so this is
        what makes rounds differ.
    """
    model = _Model(permuted(problem, order), _fleet(problem, start), cost_cny)
    routing = model.routing
    parameters = _parameters(limits)
    if limits.stop is not None:
        ask, asked = limits.stop, [False]

        def poll() -> None:
            # The library goes on to its next ruin, so every later descent is cut short too.
            asked[0] = asked[0] or ask()
            if asked[0]:
                routing.solver().FinishCurrentSearch()

        routing.AddAtSolutionCallback(poll)
    routing.CloseModelWithParameters(parameters)
    found = routing.SolveWithIteratedLocalSearch(parameters)
    return start if found is None else _renamed(model.draft(found), order)


def descend(problem: CollectionProblem, start: RouteDraft, cost_cny: float, seconds: float) -> RouteDraft:
    """Improve known routes until no move of the library's helps; never worse, but for its integer rounding."""
    model = _Model(problem, _fleet(problem, start), cost_cny)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    _set_clock(parameters, seconds)
    model.routing.CloseModelWithParameters(parameters)
    first = model.routing.ReadAssignmentFromRoutes(_by_vehicle(start, model.fleet), True)
    if first is None:  # at a limit to the last digit, and rounded over it
        return start
    found = model.routing.SolveFromAssignmentWithParameters(first, parameters)
    return start if found is None else model.draft(found)


def _renamed(draft: RouteDraft, order: Sequence[int]) -> RouteDraft:
    routes = [(kind, tuple(int(order[i]) for i in stops)) for kind, stops in draft.routes]
    return RouteDraft(routes, sorted(int(order[i]) for i in draft.dropped))


def _by_vehicle(draft: RouteDraft, fleet: Sequence[int]) -> list[list[int]]:
    """Nodes of each vehicle's route, vehicle by vehicle."""
    waiting = {kind: [stops for k, stops in draft.routes if k == kind] for kind in set(fleet)}
    return [[i + 1 for i in waiting[kind].pop()] if waiting[kind] else [] for kind in fleet]


def permuted(problem: CollectionProblem, order: Sequence[int]) -> CollectionProblem:
    """Return the same problem, or a part of it, with stop ``order[k]`` as stop k."""
    chosen = np.asarray(order, dtype=np.intp)
    rows = np.concatenate([[0], chosen + 1])
    return replace(
        problem,
        time_h=problem.time_h[np.ix_(rows, rows)],
        km=problem.km[np.ix_(rows, rows)],
        load_kg=problem.load_kg[chosen],
        volume_m3=problem.volume_m3[chosen],
        weight_cny_h=problem.weight_cny_h[chosen],
    )


def _parameters(limits: Limits) -> Any:
    """Ruin strings of neighbours (as in SISR), recreate by insertion, perhaps descend; accept by annealing."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    parameters.use_iterated_local_search = True
    iterated = parameters.iterated_local_search_parameters
    ruin = iterated.ruin_recreate_parameters.ruin_strategies.add().sisr
    ruin.max_removed_sequence_size, ruin.avg_num_removed_visits, ruin.bypass_factor = 10, 10, 0.01
    iterated.reference_solution_acceptance_strategy.simulated_annealing.automatic_temperatures = True
    iterated.improve_perturbed_solution = limits.descents
    parameters.solution_limit = limits.solutions
    _set_clock(parameters, limits.seconds)
    return parameters


def _set_clock(parameters: Any, seconds: float) -> None:
    if math.isfinite(seconds):
        parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))


def _fleet(problem: CollectionProblem, start: RouteDraft) -> list[int]:
    """Vehicle types of the vehicles offered, same types together."""
    fleet: list[int] = []
    total = float(problem.load_kg.sum())
    for kind, vehicle in enumerate(problem.vehicles):
        used = sum(1 for k, _ in start.routes if k == kind)
        enough = max(used, math.ceil(total / vehicle.payload_kg)) + SPARE_VEHICLES
        count = problem.available[kind]
        fleet += [kind] * min(max(problem.n, used), enough, problem.n if count is None else count)
    return fleet


class _Model:
    """A routing model with integer figures; limits are rounded against the plan, so what it finds is feasible."""

    def __init__(self, problem: CollectionProblem, fleet: list[int], cost_cny: float):
        self.problem, self.fleet = problem, fleet
        self.manager = pywrapcp.RoutingIndexManager(problem.n + 1, len(fleet), 0)
        self.routing = pywrapcp.RoutingModel(self.manager)
        halts = [problem.halt_h(float(kg)) for kg in problem.load_kg]
        self._halts = np.array([0.0, *halts])
        self._per_weight = max(1.0, COST_RANGE / PER_H / max(cost_cny, 1e-9))
        self._per_cny = self._per_weight * PER_H
        self._add_hours()
        self._add_cost()
        self._add_load("payload", problem.load_kg, [v.payload_kg for v in problem.vehicles], PER_KG)
        if self._volume_binds():
            self._add_load("volume", problem.volume_m3, [v.volume_m3 for v in problem.vehicles], PER_M3)
        amounts, most = amounts_of(problem.vehicles, problem.load_kg), most_of(problem.vehicles)
        for q, quantity in enumerate(limited(problem.vehicles)):
            self._add_load(quantity.name, amounts[:, q], np.minimum(most[:, q], AMPLE).tolist(), PER_AMOUNT)
        if problem.weight_cny_h.any():
            self._add_spoilage()
        if any(k is not None for k in problem.available):
            self._allow_dropping()

    def draft(self, found: Any) -> RouteDraft:
        """Read the routes of a solution of the library."""
        routes = []
        for v, kind in enumerate(self.fleet):
            stops = []
            index = found.Value(self.routing.NextVar(self.routing.Start(v)))
            while not self.routing.IsEnd(index):
                stops.append(self.manager.IndexToNode(index) - 1)
                index = found.Value(self.routing.NextVar(index))
            if stops:
                routes.append((kind, tuple(stops)))
        served = {i for _, stops in routes for i in stops}
        return RouteDraft(routes, [i for i in range(self.problem.n) if i not in served])

    def _leg_h(self, kind: int) -> Floats:
        """(n+1, n+1) h: drive, then the halt where one arrives."""
        legs: Floats = self.problem.time_h / self.problem.vehicles[kind].speed_factor + self._halts[None, :]
        np.fill_diagonal(legs, 0.0)
        return legs

    def _matrices(self, legs: Sequence[Floats], scale: float) -> list[int]:
        """Register one matrix per vehicle type, rounded up; no way becomes longer than any limit."""
        scaled = [np.where(np.isfinite(m), np.minimum(np.ceil(m * scale - 1e-3), 1e15), 1e15) for m in legs]
        return [self.routing.RegisterTransitMatrix(m.astype(np.int64).tolist()) for m in scaled]

    def _add_hours(self) -> None:
        p = self.problem
        kinds = range(len(p.vehicles))
        legs = [self._leg_h(k) for k in kinds]
        shifts = [_floor((v.shift_h - p.unload_h) * PER_H) for v in p.vehicles]
        self._dimension("hours", self._matrices(legs, PER_H), shifts)
        drives = [drive_limit_h(v) for v in p.vehicles]
        if min(drives) < max(v.shift_h for v in p.vehicles):
            driven = [p.time_h / v.speed_factor for v in p.vehicles]
            self._dimension("drive", self._matrices(driven, PER_H), [_floor(min(h, 1e6) * PER_H) for h in drives])
        if p.max_aboard_h < max(v.shift_h for v in p.vehicles):
            for m in legs:
                m[0] = 0.0
            self._dimension("aboard", self._matrices(legs, PER_H), [_floor(p.max_aboard_h * PER_H)] * len(legs))

    def _dimension(self, name: str, matrices: list[int], limits: list[int]) -> None:
        evaluators = [matrices[k] for k in self.fleet]
        capacities = [limits[k] for k in self.fleet]
        self.routing.AddDimensionWithVehicleTransitAndCapacity(evaluators, 0, capacities, True, name)

    def _add_cost(self) -> None:
        p = self.problem
        legs = [v.cost_cny_km * p.km + v.cost_cny_h * self._leg_h(k) for k, v in enumerate(p.vehicles)]
        matrices = self._matrices(legs, self._per_cny)
        for v, kind in enumerate(self.fleet):
            truck = p.vehicles[kind]
            self.routing.SetArcCostEvaluatorOfVehicle(matrices[kind], v)
            fixed = truck.cost_cny_day + truck.cost_cny_h * p.unload_h
            self.routing.SetFixedCostOfVehicle(round(fixed * self._per_cny), v)

    def _add_load(self, name: str, loads: Floats, limits: list[float], scale: int) -> None:
        units = [0, *np.ceil(loads * scale - 1e-3).astype(np.int64).tolist()]
        vector = self.routing.RegisterUnaryTransitVector(units)
        capacities = [_floor(limits[k] * scale) for k in self.fleet]
        self.routing.AddDimensionWithVehicleCapacity(vector, 0, capacities, True, name)

    def _volume_binds(self) -> bool:
        p = self.problem
        densest = float((p.volume_m3 / p.load_kg).max())  # m³ per kg
        return any(densest * v.payload_kg > v.volume_m3 for v in p.vehicles)

    def _add_spoilage(self) -> None:
        units = [0, *np.rint(self.problem.weight_cny_h * self._per_weight).astype(np.int64).tolist()]
        vector = self.routing.RegisterUnaryTransitVector(units)
        self.routing.AddDimension(vector, 0, sum(units), True, "weight")
        for v in range(len(self.fleet)):
            self.routing.SetPathEnergyCostOfVehicle("weight", "hours", 1, v)

    def _allow_dropping(self) -> None:
        kg = self.problem.load_kg
        for i, share in enumerate(kg / kg.sum()):
            self.routing.AddDisjunction([self.manager.NodeToIndex(i + 1)], int(COST_RANGE * (2 + 100 * share)))


def _floor(value: float) -> int:
    """Largest integer at most `value`, forgiving the rounding of floats."""
    return int(min(math.floor(value + 1e-3), 10**15))
