"""First level of two: trips from one main depot that supply several depots, a depot by several trips when it pays.

    minimise    Σ_S (trip + tour_S)·v_S                         S = set of depots that one trip calls at
    subject to  Σ_{S ∋ d} q_Sd = load_d,  Σ_{d in S} q_Sd ≤ payload·v_S,  v_S whole, q ≥ 0

Where the supply of a depot must not be split, the sets are parted instead, each depot in one, and carry all its load:

    minimise    Σ_S (trip + tour_S)·v_S         S = set of depots whose loads fill one vehicle at most
    subject to  Σ_{S ∋ d} v_S = 1,  v_S in {0, 1}

Exact as long as every set of depots is listed, which is so up to `WHOLE` depots; with more, a trip calls at `FEW` at
most.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from coldchain.arrays import Floats

Depots = tuple[int, ...]
Trips = list[list[tuple[int, float]]]  # depot and kg, in order of call
WHOLE, FEW = 6, 3
CLOSE, NODES = 1e-4, 2000  # relative gap and nodes of branch and bound at which a solve ends


@dataclass
class Trunk:
    """Trips between the main depot and the others.

    Attributes
    ----------
    far : (m + 1, m + 1) cost from place to place; the main depot comes first
    payload : of a vehicle, kg
    trip : cost of a trip besides its legs
    split : whether several trips may share the supply of a depot; else a load above the payload cannot be brought
    """

    far: Floats
    payload: float
    trip: float
    split: bool = True
    kept: dict[tuple[tuple[int, float], ...], float] = field(default_factory=dict)
    tours: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = field(default_factory=dict)

    def least(self, loads: Sequence[float] | Floats) -> float:
        """Cost of as many trips as all fills, and of the farthest leg or every load's share of a straight way."""
        radial = self.far[0, 1:] + self.far[1:, 0]
        straight = sum(float(load * way) for load, way in zip(loads, radial, strict=True)) / self.payload
        farthest = max((float(way) for load, way in zip(loads, radial, strict=True) if load > 0.0), default=0.0)
        return self.trip * _at_least(float(sum(loads)), self.payload) + max(straight, farthest)

    def cost(self, loads: Sequence[float] | Floats) -> float:
        """Cost of the cheapest trips that bring these loads, kg, to the depots; inf when none do."""
        key = tuple((d, round(load, 6)) for d, load in enumerate(loads) if load > 0.0)
        if key not in self.kept:
            self.kept[key] = self.solve(loads)[1] if key else 0.0
        return self.kept[key]

    def solve(self, loads: Sequence[float] | Floats) -> tuple[Trips, float]:
        """Return trips as (depot, kg) in order of call, and their cost; none and inf when no trips do."""
        asked = [d for d, load in enumerate(loads) if load > 0.0]
        sizes = range(1, (len(asked) if len(asked) <= WHOLE else FEW) + 1)
        sets = [chosen for size in sizes for chosen in itertools.combinations(asked, size)]
        return self._shared(loads, asked, sets) if self.split else self._parted(loads, asked, sets)

    def _parted(self, loads: Sequence[float] | Floats, asked: list[int], sets: list[Depots]) -> tuple[Trips, float]:
        """Part the depots into sets of one trip each."""
        from ortools.math_opt.python import mathopt

        sets = [chosen for chosen in sets if sum(float(loads[d]) for d in chosen) <= self.payload * (1.0 + 1e-12)]
        if {d for chosen in sets for d in chosen} != set(asked):
            return [], math.inf
        model = mathopt.Model()
        taken = [model.add_binary_variable() for _ in sets]
        for d in asked:
            called = [one for one, chosen in zip(taken, sets, strict=True) if d in chosen]
            model.add_linear_constraint(mathopt.fast_sum(called) == 1.0)
        costs = [self.trip + self.tour(chosen)[0] for chosen in sets]
        model.minimize(mathopt.fast_sum(cost * one for cost, one in zip(costs, taken, strict=True)))
        limit = mathopt.SolveParameters(node_limit=NODES, relative_gap_tolerance=CLOSE)
        result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limit)
        if not result.has_primal_feasible_solution():
            return [], math.inf
        chosen_sets = [s for s, one in enumerate(taken) if result.variable_values(one) > 0.5]
        trips = [[(d, float(loads[d])) for d in self.tour(sets[s])[1]] for s in chosen_sets]
        return trips, float(sum(costs[s] for s in chosen_sets))

    def _shared(self, loads: Sequence[float] | Floats, asked: list[int], sets: list[Depots]) -> tuple[Trips, float]:
        """Bring the loads, each by as many trips as pays."""
        from ortools.math_opt.python import mathopt

        tours = [self.tour(chosen) for chosen in sets]
        model = mathopt.Model()
        trips = [model.add_integer_variable(lb=0.0) for _ in sets]
        carried: dict[tuple[int, int], Any] = {
            (s, d): model.add_variable(lb=0.0) for s, chosen in enumerate(sets) for d in chosen
        }
        for d in asked:
            brought = [carried[s, d] for s, chosen in enumerate(sets) if d in chosen]
            model.add_linear_constraint(mathopt.fast_sum(brought) == float(loads[d]))
        for s, chosen in enumerate(sets):
            held = mathopt.fast_sum(carried[s, d] for d in chosen)
            model.add_linear_constraint(held <= self.payload * trips[s])
        whole = sum(float(loads[d]) for d in asked)
        model.add_linear_constraint(mathopt.fast_sum(trips) >= float(_at_least(whole, self.payload)))
        model.minimize(mathopt.fast_sum((self.trip + tour[0]) * n for tour, n in zip(tours, trips, strict=True)))
        limit = mathopt.SolveParameters(node_limit=NODES, relative_gap_tolerance=CLOSE)
        result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limit)
        amounts = {key: result.variable_values(share) for key, share in carried.items()}
        found: Trips = []
        for s, (tour, number) in enumerate(zip(tours, trips, strict=True)):
            found += _split(
                tour[1], [amounts[s, d] for d in tour[1]], round(result.variable_values(number)), self.payload
            )
        return found, float(sum(self.trip + self.tour(tuple(sorted(d for d, _ in trip)))[0] for trip in found))

    def tour(self, chosen: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        """Return the shortest round trip by way of some depots, and their order; every order is tried."""
        if chosen not in self.tours:
            ways = itertools.permutations(chosen)
            self.tours[chosen] = min((self.length(way), way) for way in ways if way[0] <= way[-1] or self.one_way)
        return self.tours[chosen]

    def length(self, way: Sequence[int]) -> float:
        """Cost of the legs of a round trip."""
        nodes = [0, *(d + 1 for d in way), 0]
        return float(sum(self.far[a, b] for a, b in itertools.pairwise(nodes)))

    @property
    def one_way(self) -> bool:
        """Whether some leg costs more in one direction."""
        return bool((self.far != self.far.T).any())


def _at_least(load: float, payload: float) -> int:
    return int(-(-(load * (1.0 - 1e-9)) // payload))


def _split(way: Sequence[int], amounts: Sequence[float], number: int, payload: float) -> Trips:
    """Fill that many vehicles one after the other in order of call."""
    trips: Trips = []
    left = dict(zip(way, amounts, strict=True))
    for _ in range(number):
        room, trip = payload, []
        for d in way:
            taken = min(room, left[d])
            if taken > 1e-9:
                trip.append((d, taken))
                left[d] -= taken
                room -= taken
        if trip:
            trips.append(trip)
    return trips
