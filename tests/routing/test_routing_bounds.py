"""Bounds and line haul: hand-checked figures, brute force, and proofs tried out on random days."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import LARGE, SMALL, brute_force, day, days, vehicle

from coldchain.routing import (
    Halts,
    HaulRule,
    Reach,
    least_aboard_h,
    lower_bound_cny_t,
    price_trip,
    radial_bound_cny_t,
    solve_collection,
    solve_line_haul,
)

derandomised = settings(derandomize=True, deadline=None, max_examples=80)
REEFERS = (
    vehicle("r2", payload_kg=2000, volume_m3=12, cost_cny_day=250, cost_cny_km=2.0, cost_cny_h=40),
    vehicle("r5", payload_kg=5000, volume_m3=25, cost_cny_day=380, cost_cny_km=2.9, cost_cny_h=40, speed_factor=0.95),
    vehicle("r9", payload_kg=9000, volume_m3=50, cost_cny_day=600, cost_cny_km=4.1, cost_cny_h=45, shift_h=12),
)


def bounds_of(problem):
    halts = Halts(problem.stop_h, problem.load_h_t, problem.unload_h, problem.max_aboard_h)
    reach = Reach.of(problem.time_h, problem.km)
    return radial_bound_cny_t(reach, problem.vehicles, halts, problem.load_kg / 1000)


@derandomised
@given(days(), st.sampled_from([1.0, 3.0]))
def test_radial_bound_is_below_every_plan(problem, factor):
    """Σ q·bound ≤ vehicle money of the plan, for asymmetric roads, several types, and loads above a truck."""
    problem = replace(problem, load_kg=problem.load_kg * factor)
    result = solve_collection(problem)
    served = problem.load_kg.copy()
    for left in result.unserved:
        served[left.stop] -= left.load_kg
    bound = bounds_of(problem)
    total = sum(q / 1000 * b for q, b in zip(served, bound, strict=True) if q > 1e-9)
    assert total <= result.cost_cny * (1 + 1e-6) + 1e-6


@derandomised
@given(days(most=4))
def test_radial_bound_is_below_the_optimum_without_spoilage(problem):
    """Against the brute-force optimum of the day with weights at zero."""
    problem = replace(problem, weight_cny_h=np.zeros(problem.n))
    best = brute_force(problem, range(problem.n))
    if math.isfinite(best):
        assert float((problem.load_kg / 1000 * bounds_of(problem)).sum()) <= best + 1e-6


def test_radial_bound_is_tight_for_full_trucks():
    """A village with exactly one truckload costs exactly the bound."""
    problem = day([[0, 20], [30, 0]], [1000], stop_h=0.2, load_h_t=0.3, unload_h=0.25)
    problem = replace(problem, volume_m3=np.array([1.0]))
    assert bounds_of(problem)[0] * 1.0 == pytest.approx(solve_collection(problem).cost_cny, rel=1e-9)


def test_radial_bound_drops_types_that_cannot_serve():
    """A type too slow for the hours aboard is no cheaper bound; with none left the bound is infinite."""
    reach = Reach(np.array([3.0]), np.array([3.0]), np.array([90.0]), np.array([90.0]))
    both = radial_bound_cny_t(reach, (SMALL, LARGE), Halts(max_aboard_h=3.0))
    assert both == pytest.approx(radial_bound_cny_t(reach, (SMALL,), Halts()))
    assert both > radial_bound_cny_t(reach, (LARGE,), Halts())
    assert np.isinf(radial_bound_cny_t(reach, (SMALL, LARGE), Halts(max_aboard_h=2.0)))[0]
    nowhere = Reach(np.array([np.inf]), np.array([1.0]), np.array([np.inf]), np.array([9.0]))
    assert np.isinf(radial_bound_cny_t(nowhere, (SMALL,), Halts()))[0]


def test_reach_takes_the_detour_that_is_shorter():
    """100 km directly, 30 km over the neighbour."""
    km = [[0, 10, 100], [10, 0, 20], [100, 20, 0]]
    assert Reach.of(km, km).out_km.tolist() == [10, 30]


def test_least_hours_aboard_use_the_fastest_type():
    """2 h at reference speed are 1.6 h at factor 1.25, and endless without vehicles."""
    fast = vehicle(speed_factor=1.25)
    assert least_aboard_h([2.0, 1.0], (SMALL, fast)).tolist() == [1.6, 0.8]
    assert np.isinf(least_aboard_h([2.0], ())).all()


def brute_haul(load, trips):
    best = math.inf
    for counts in itertools.product(*(range(math.ceil(load / t.capacity_t) + 1) for t in trips)):
        if sum(n * t.capacity_t for n, t in zip(counts, trips, strict=True)) >= load - 1e-9:
            best = min(best, sum(n * t.cost_cny for n, t in zip(counts, trips, strict=True)))
    return best


@derandomised
@given(
    st.floats(0.05, 40), st.floats(0.2, 9), st.floats(5, 400), st.sampled_from([0.0, 0.15]), st.sampled_from([0.0, 4.0])
)
def test_line_haul_is_the_cheapest_cover(load, hours, km, load_h_t, m3_t):
    """Equal to brute force over all counts, never below the bound per tonne, and enough capacity."""
    rule = HaulRule(dock_h=1.0, load_h_t=load_h_t, m3_t=m3_t)
    result = solve_line_haul(load, hours, km, REEFERS, rule)
    trips = [price_trip(v, load, hours, km, rule) for v in REEFERS]
    assert result.cost_cny_day == pytest.approx(brute_haul(load, trips), rel=1e-9)
    assert result.cost_cny_day >= load * lower_bound_cny_t(hours, km, REEFERS, rule) * (1 - 1e-9)
    assert sum(t.capacity_t * n for t, n in result.trips) >= load - 1e-6
    assert result.km == pytest.approx(2 * km * result.trips_day)


def test_one_trip_by_hand():
    """2 t over 40 km in 1 h: 3 h with the docks, 250 + 80·2 + 3·40 = 530 CNY; half a tonne goes daily all the same."""
    assert solve_line_haul(2.0, 1.0, 40.0, REEFERS[:1]).cost_cny_day == pytest.approx(530.0)
    assert solve_line_haul(0.5, 1.0, 40.0, REEFERS[:1]).cost_cny_day == pytest.approx(530.0)
    assert solve_line_haul(0.5, 1.0, 40.0, REEFERS[:1]).trips_day == 1


def test_long_round_takes_a_second_driver():
    """2·6 + 1 = 13 h exceed a shift of 10 h: two vehicle days."""
    trip = price_trip(REEFERS[0], 1.0, 6.0, 300.0)
    assert trip.crews == 2
    assert trip.cost_cny == pytest.approx(2 * 250 + 600 * 2 + 13 * 40)
    assert price_trip(REEFERS[0], 1.0, 4.5, 300.0).crews == 1


def test_line_haul_edges():
    """No load costs nothing; no truck or no road costs infinitely much; many trips are found at once."""
    assert solve_line_haul(0.0, 1.0, 40.0, REEFERS).cost_cny_day == 0
    assert math.isinf(solve_line_haul(1.0, 1.0, 40.0, ()).cost_cny_day)
    assert math.isinf(solve_line_haul(1.0, math.inf, math.inf, REEFERS).cost_cny_day)
    assert math.isinf(lower_bound_cny_t(1.0, 40.0, ()))
    assert solve_line_haul(5000.0, 1.0, 40.0, REEFERS).trips_day > 100
