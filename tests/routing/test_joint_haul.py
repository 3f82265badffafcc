"""Line haul over several depots: hand-checked figures, brute force over all partitions, and what must never happen."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.model import VehicleType
from coldchain.routing import (
    RIDE_NODES,
    RIDE_STEP_H,
    HaulRule,
    JointProblem,
    price_trip,
    solve_joint_haul,
    solve_line_haul,
)
from coldchain.routing.joint_haul import FEW, choose_by_program, depot_sets


def reefer(tonnes: float, day: float, km: float, **more: float) -> VehicleType:
    """Return a reefer of some tonnes."""
    figures = {"cost_cny_h": 0.0, "speed_factor": 1.0, "shift_h": 10.0} | more
    return VehicleType(
        id=f"r{tonnes:g}", payload_kg=tonnes * 1000, volume_m3=999, cargo="reefer", cost_cny_day=day, cost_cny_km=km,
        **figures,
    )  # fmt: skip


NO_RULE = HaulRule()
SMALL, LARGE = reefer(4, 300, 3.0, cost_cny_h=20.0), reefer(10, 500, 5.0, cost_cny_h=30.0, speed_factor=0.9)


def problem(
    xy: np.ndarray, load: list[float], vehicles: tuple[VehicleType, ...], rule: HaulRule = NO_RULE, **more: object
) -> JointProblem:
    """Lay depots on a plane around a hub at 0, 0; km as the crow flies, 40 km an hour."""
    n = len(load)
    km, out = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)), np.hypot(*xy.T)
    given = {"ride_cny_t": np.zeros((n, RIDE_NODES)), "late_cny_t": np.zeros((n, RIDE_NODES))} | more
    allowed = given.pop("allowed", np.ones((n, len(vehicles)), dtype=bool))
    return JointProblem(np.array(load), out / 40, out, km / 40, km, vehicles, allowed, rule=rule, **given)  # type: ignore[arg-type]


TWO = np.array([[40.0, 0.0], [40.0, 10.0]])


def test_two_part_loads_share_a_truck() -> None:
    """Two loads of 4.5 t, 10 km apart: one truck of 10 t by way of both, its hours and rides by hand."""
    made = problem(TWO, [4.5, 4.5], (LARGE,), HaulRule(dock_h=1.0, load_h_t=0.1))
    day = solve_joint_haul(made)
    (tour,) = day.tours
    assert tour.stops in ((0, 1), (1, 0))
    assert [haul.trips_day for haul in day.direct] == [0, 0]
    back = math.hypot(40, 10)
    km = 40 + 10 + back
    hours = km / 40 / 0.9 + 0.5 + 2 * 0.5 + 0.1 * 9
    assert (tour.trip.km, tour.trip.hours) == pytest.approx((km, hours))
    assert day.cost_cny_day == pytest.approx(500 + 5 * km + 30 * hours)
    first, last = tour.ride_h
    way = {0: 40.0, 1: back}
    assert last == pytest.approx(way[tour.stops[1]] / 40)
    assert first == pytest.approx(last + 10 / 40 + 0.5 + 0.1 * 4.5)


def test_the_dearer_load_is_fetched_last() -> None:
    """Where riding costs more for one depot, the tour calls there last; where it costs too much, there is no tour."""
    hourly = np.arange(RIDE_NODES) * RIDE_STEP_H
    for dear in (0, 1):
        rides = np.outer([10.0 if i == dear else 1.0 for i in range(2)], hourly)
        day = solve_joint_haul(problem(TWO, [4.5, 4.5], (LARGE,), ride_cny_t=rides))
        assert [tour.stops for tour in day.tours] == [(1 - dear, dear)]
    ruin = np.outer([1e4, 1e4], hourly)
    assert solve_joint_haul(problem(TWO, [4.5, 4.5], (LARGE,), ride_cny_t=ruin)).tours == ()


def test_a_full_truck_goes_straight_and_the_rest_rides_along() -> None:
    """Of 13 t and 4 t with trucks of 10 t: a full truck from the first, 3 t + 4 t on a tour: two trucks, not three."""
    day = solve_joint_haul(problem(TWO, [13.0, 4.0], (LARGE,)))
    (tour,) = day.tours
    assert dict(zip(tour.stops, tour.load_t, strict=True)) == pytest.approx({0: 3.0, 1: 4.0})
    assert [haul.load_t_day for haul in day.direct] == pytest.approx([10.0, 0.0])
    assert [haul.trips_day for haul in day.direct] == [1, 0]


def test_what_a_tour_must_not_do() -> None:
    """No truck comes where the road does not bear it, a limit of one depot holds, lateness can forbid riding along."""
    narrow = np.array([[True, True], [True, False]])
    apart = solve_joint_haul(problem(TWO, [4.5, 4.5], (SMALL, LARGE), allowed=narrow))
    assert all(tour.trip.vehicle_id == "r4" for tour in apart.tours)
    assert solve_joint_haul(problem(TWO, [4.5, 4.5], (LARGE,), most=1)).tours == ()
    late = np.full((2, RIDE_NODES), math.inf)
    late[:, 0] = 0.0
    assert solve_joint_haul(problem(TWO, [4.5, 4.5], (LARGE,), late_cny_t=late)).tours == ()


def ride(made: JointProblem, i: int, hours: float) -> float:
    """CNY/t of a longer ride, as the problem's tables say."""
    at = hours / RIDE_STEP_H
    if at > RIDE_NODES - 1:
        return math.inf
    whole = round(at) if abs(at - round(at)) < 1e-9 else math.ceil(at)
    return float(np.interp(at, np.arange(RIDE_NODES), made.ride_cny_t[i]) + made.late_cny_t[i, whole])


def driven(made: JointProblem, order: tuple[int, ...], loads: dict[int, float], truck: VehicleType) -> float:
    """Cost of one tour, rides included."""
    legs = list(itertools.pairwise(order))
    drive = (made.hub_h[order[0]] + sum(made.between_h[a, b] for a, b in legs) + made.hub_h[order[-1]]).item()
    km = made.hub_km[order[0]] + sum(made.between_km[a, b] for a, b in legs) + made.hub_km[order[-1]]
    hours = drive / truck.speed_factor + made.rule.dock_h * (1 + len(order)) / 2
    hours += made.rule.load_h_t * sum(loads[i] for i in order)
    crews = max(1, math.ceil((hours - 1e-6) / truck.shift_h))
    cost = crews * truck.cost_cny_day + truck.cost_cny_km * km + truck.cost_cny_h * hours
    for k, i in enumerate(order[:-1]):
        way = sum(made.between_h[a, b] for a, b in legs[k:]) + made.hub_h[order[-1]] - made.hub_h[i]
        halts = sum(made.rule.dock_h / 2 + made.rule.load_h_t * loads[j] for j in order[k + 1 :])
        cost += loads[i] * ride(made, i, way / made.slowest + halts)
    return float(cost)


def full_loads(made: JointProblem, i: int) -> list[tuple[float, float]]:
    """All numbers of full trucks that carry less than a depot's load: t carried, and what they cost."""
    mixes = [(0.0, 0.0)]
    for truck in made.vehicles_of(i):
        trip = price_trip(truck, math.inf, made.hub_h[i], made.hub_km[i], made.rule)
        grown = [(t + k * trip.capacity_t, cny + k * trip.cost_cny) for t, cny in mixes for k in range(20)]
        mixes = [mix for mix in grown if mix[0] < made.load_t[i] - 1e-9]
    return mixes


def straight(made: JointProblem, i: int, load: float) -> float:
    """Cost of straight trips."""
    return solve_line_haul(load, made.hub_h[i], made.hub_km[i], made.vehicles_of(i), made.rule).cost_cny_day


def cheapest_tour(made: JointProblem, group: tuple[int, ...]) -> float:
    """Cheapest way of a group on one tour, with full trucks before it."""
    best = math.inf
    for fulls in itertools.product(*(full_loads(made, i) for i in group)):
        loads = {i: float(made.load_t[i]) - full for i, (full, _) in zip(group, fulls, strict=True)}
        before = sum(cost for _, cost in fulls)
        for v, truck in enumerate(made.vehicles):
            if made.allowed[list(group), v].all() and sum(loads.values()) <= truck.payload_kg / 1000 + 1e-9:
                ways = (driven(made, order, loads, truck) for order in itertools.permutations(group))
                best = min(best, before + min(ways))
    return best


def partitions(items: list[int]) -> list[list[tuple[int, ...]]]:
    """All partitions of a list."""
    if not items:
        return [[]]
    head, found = items[0], []
    for size in range(len(items)):
        for others in itertools.combinations(items[1:], size):
            rest = [i for i in items[1:] if i not in others]
            found += [[(head, *others), *more] for more in partitions(rest)]
    return found


def brute(made: JointProblem) -> float:
    """Cheapest of all partitions into groups, each alone or on one tour."""
    cost = {
        group: straight(made, group[0], float(made.load_t[group[0]])) if len(group) == 1 else cheapest_tour(made, group)
        for size in range(1, made.most + 1)
        for group in itertools.combinations(range(made.n), size)
    }
    ways = partitions(list(range(made.n)))
    return min(sum(cost.get(group, math.inf) for group in way) for way in ways)


def with_rides(made: JointProblem) -> float:
    """Cost of the solution, driven again with its rides."""
    day = solve_joint_haul(made)
    total = sum(haul.cost_cny_day for haul in day.direct)
    trucks = {kind.id: kind for kind in made.vehicles}
    for tour in day.tours:
        loads = dict(zip(tour.stops, tour.load_t, strict=True))
        total += driven(made, tour.stops, loads, trucks[tour.trip.vehicle_id])
    return total


@st.composite
def problems(draw: st.DrawFn, most_depots: int = 4) -> JointProblem:
    """Draw a few depots around a hub, some with roads for small trucks only."""
    n = draw(st.integers(2, most_depots))
    xy = np.array(draw(st.lists(st.tuples(st.floats(5, 90), st.floats(-40, 40)), min_size=n, max_size=n)))
    load = draw(st.lists(st.floats(0.3, 15.0), min_size=n, max_size=n))
    hourly = np.array(draw(st.lists(st.floats(0.0, 60.0), min_size=n, max_size=n)))
    late = draw(st.lists(st.integers(1, RIDE_NODES), min_size=n, max_size=n))
    narrow = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    nodes = np.arange(RIDE_NODES)
    return problem(
        xy, load, (SMALL, LARGE), HaulRule(draw(st.floats(0, 2)), draw(st.floats(0, 0.3))),
        ride_cny_t=np.outer(hourly, nodes * RIDE_STEP_H), late_cny_t=(nodes >= np.array(late)[:, None]) * 40.0,
        allowed=np.column_stack([np.ones(n, dtype=bool), ~np.array(narrow)]), most=draw(st.integers(2, 4)),
    )  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems())
def test_no_partition_is_cheaper(made: JointProblem) -> None:
    """The plan costs what the best of all partitions, orders, trucks and full loads costs."""
    assert with_rides(made) == pytest.approx(brute(made), abs=1e-5)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems(9))
def test_tours_keep_their_promises(made: JointProblem) -> None:
    """All is carried, no truck is overloaded, and nothing is dearer than separate trips, rides included."""
    day = solve_joint_haul(made)
    carried = np.array([haul.load_t_day for haul in day.direct])
    for tour in day.tours:
        assert len(set(tour.stops)) == len(tour.stops) <= made.most
        assert sum(tour.load_t) <= tour.trip.capacity_t + 1e-6
        np.add.at(carried, list(tour.stops), tour.load_t)
    assert carried == pytest.approx(made.load_t, abs=1e-9)
    assert with_rides(made) <= sum(straight(made, i, float(made.load_t[i])) for i in range(made.n)) + 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_programme_and_subsets_choose_equally_well(seed: int) -> None:
    """HiGHS and the dynamic programme over subsets find choices of one worth."""
    from coldchain.routing.joint_haul import _choose

    rng = np.random.default_rng(seed)
    sets = np.array([[*c, *[-1] * (4 - len(c))] for k in (2, 3, 4) for c in itertools.combinations(range(9), k)])
    gains = rng.uniform(0, 100, len(sets)) * (rng.random(len(sets)) < 0.3)
    keep = gains > 0
    sets, gains = sets[keep], gains[keep]
    chosen = choose_by_program(9, sets, gains)
    taken = sets[chosen][sets[chosen] >= 0]
    assert len(set(taken.tolist())) == len(taken)
    assert gains[chosen].sum() == pytest.approx(gains[_choose(9, sets, gains)].sum())


def test_many_depots_look_near_only() -> None:
    """Beyond a few depots the sets lie close together; the plan still gains and is the same twice."""
    rng = np.random.default_rng(1)
    n = FEW + 10
    made = problem(rng.uniform(10, 90, (n, 2)), rng.uniform(0.5, 6.0, n).tolist(), (SMALL, LARGE))
    whole = sum(math.comb(n, size) for size in (2, 3, 4))
    assert 0 < len(depot_sets(made)) < whole / 3
    first, second = solve_joint_haul(made), solve_joint_haul(made)
    assert first.tours == second.tours
    assert first.cost_cny_day < 0.8 * sum(straight(made, i, float(made.load_t[i])) for i in range(n))
