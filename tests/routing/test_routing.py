"""Collection routes: hand-checked days, a brute-force referee, properties, reasons, limits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import LARGE, SMALL, brute_force, check, day, days, random_day, vehicle

from coldchain.routing import collection, evaluate_route, solve_collection, violations
from coldchain.routing.iterated import _fleet, _Model
from coldchain.routing.savings import savings
from coldchain.routing.segment import Kernel

derandomised = settings(derandomize=True, deadline=None, max_examples=60)
few = settings(derandomize=True, deadline=None, max_examples=20)
LINE = np.abs(np.subtract.outer([0, 10, 20, 30], [0, 10, 20, 30]))  # km: depot and three villages in a row


@pytest.fixture
def library(monkeypatch):
    """Send even tiny problems through savings and an engine."""
    monkeypatch.setattr(collection, "ENUMERATED", 0)


# --- hand-checked ---------------------------------------------------------------------------------------------------


def test_three_villages_in_a_row_share_one_truck():
    """One round of 60 km in 2 h: 60 + 60·1.3 + 2·30 = 198 CNY, far below three rounds."""
    result = solve_collection(day(LINE, [300, 300, 300]))
    assert result.status == "optimal"
    assert len(result.routes) == 1
    assert result.cost_cny == pytest.approx(198.0, abs=1e-9)
    assert result.routes[0].km == 60
    assert result.routes[0].hours == pytest.approx(2.0)


def test_hours_aboard_run_from_the_end_of_loading_through_later_halts():
    """Stop 2 then 0: aboard 20/30 + halt of 0 (0.2 + 0.3·0.3) + 10/30 h for stop 2, 10/30 h for stop 0."""
    problem = day(LINE, [300, 300, 600], [0, 0, 10], stop_h=0.2, load_h_t=0.3, unload_h=0.5)
    route = evaluate_route(problem, SMALL, (2, 0), [600, 300])
    assert route.aboard_h == pytest.approx((20 / 30 + 0.29 + 10 / 30, 10 / 30))
    assert route.hours == pytest.approx(60 / 30 + 0.2 + 0.18 + 0.29 + 0.5)
    assert route.drive_h == pytest.approx(2.0)
    assert route.spoilage_cny == pytest.approx(10 * route.aboard_h[0])


def test_slower_truck_stretches_driving_but_not_halts():
    """At speed factor 0.5 the drive doubles and the halt stays."""
    problem = day(LINE, [300, 300, 300], stop_h=0.2)
    route = evaluate_route(problem, vehicle(speed_factor=0.5), (0,), [300])
    assert route.hours == pytest.approx(2 * 20 / 30 + 0.2)


def test_heavy_spoiler_is_visited_last():
    """On a ring both directions cost the same, so the village that spoils is loaded last, on either side."""
    ring = [[0, 10, 20, 10], [10, 0, 10, 20], [20, 10, 0, 10], [10, 20, 10, 0]]
    for spoiler in (0, 2):
        weight = np.zeros(3)
        weight[spoiler] = 50
        result = solve_collection(day(ring, [300, 300, 300], weight))
        assert result.routes[0].stops[-1] == spoiler
        assert result.spoilage_cny == pytest.approx(50 * 10 / 30)


def test_very_heavy_spoilage_buys_direct_trips():
    """At 10,000 CNY an hour every lot goes straight to the depot; at 0 they share a truck."""
    assert len(solve_collection(day(LINE, [300, 300, 300], [1e4] * 3, stop_h=0.1)).routes) == 3
    assert len(solve_collection(day(LINE, [300, 300, 300], [0] * 3, stop_h=0.1)).routes) == 1


def test_asymmetric_roads_decide_the_direction():
    """One-way hours: 0 -> 1 -> 2 -> 0 is 30 km, the other way 150 km."""
    km = [[0, 10, 50], [50, 0, 10], [10, 50, 0]]
    assert solve_collection(day(km, [300, 300])).routes[0].stops == (0, 1)


def test_small_load_takes_the_small_truck_and_large_load_the_large():
    """Each route drives the type that costs least for it."""
    one_stop = [[0, 10], [10, 0]]
    assert solve_collection(day(one_stop, [500], vehicles=(LARGE, SMALL))).routes[0].vehicle_id == "small"
    assert solve_collection(day(one_stop, [2000], vehicles=(SMALL, LARGE))).routes[0].vehicle_id == "large"


# --- referee --------------------------------------------------------------------------------------------------------


@derandomised
@given(days())
def test_enumeration_equals_brute_force(problem):
    """Up to five stops the answer is the optimum over all partitions, orders and vehicle types."""
    result = solve_collection(problem)
    check(problem, result)
    if any(len(r.stops) == 1 and r.load_kg[0] < problem.load_kg[r.stops[0]] - 1e-9 for r in result.routes):
        return  # split loads are not in the referee
    served = [i for i in range(problem.n) if i not in {u.stop for u in result.unserved}]
    assert result.total_cny == pytest.approx(brute_force(problem, served) if served else 0.0, abs=1e-6)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("vehicles", [(SMALL,), (SMALL, LARGE)])
@pytest.mark.parametrize(("engine", "limit"), [("ruin-recreate", 300), ("ortools", 20)])
def test_engines_are_near_brute_force(vehicles, engine, limit):
    """Through each engine, 20 days of five stops: never below the optimum, and in the mean within half a percent."""
    gaps = []
    for seed in range(20):
        problem = random_day(5, seed, vehicles)
        result = solve_collection(problem, engine=engine, solution_limit=limit)
        check(problem, result)
        best = brute_force(problem, range(5))
        assert result.total_cny >= best - 1e-6
        gaps.append(result.total_cny / best - 1)
    assert np.mean(gaps) < 0.005


@few
@given(days(), st.floats(1.0, 3.0))
def test_larger_trucks_never_cost_more(problem, factor):
    """Relaxing payload and volume cannot raise the optimum, nor leave more behind."""
    tight = solve_collection(problem)
    roomy = tuple(
        v.model_copy(update={"payload_kg": v.payload_kg * factor, "volume_m3": v.volume_m3 * factor})
        for v in problem.vehicles
    )
    if len(tight.routes) and all(len(r.stops) > 1 or r.load_kg[0] == problem.load_kg[r.stops[0]] for r in tight.routes):
        relaxed = solve_collection(replace(problem, vehicles=roomy))
        assert relaxed.total_cny <= tight.total_cny + 1e-6


# --- properties -----------------------------------------------------------------------------------------------------


@few
@pytest.mark.parametrize("engine", ["ruin-recreate", "ortools"])
@given(st.integers(0, 10_000), st.integers(7, 12), st.sampled_from([(SMALL,), (SMALL, LARGE)]))
def test_results_are_sound(engine, seed, n, vehicles):
    """Each load once, limits kept, costs recomputed, never worse than savings."""
    problem = random_day(n, seed, vehicles, load=(50, 1400))
    result = solve_collection(problem, engine=engine, solution_limit=10)
    check(problem, result)
    assert not result.unserved
    assert not any(violations(problem, r) for r in result.routes)
    assert result.total_cny <= solve_collection(problem, solution_limit=0).total_cny + 1e-6


def test_savings_never_cost_more_than_direct_routes():
    """The fallback itself starts from one route per stop."""
    for seed in range(10):
        problem = random_day(25, seed, (SMALL, LARGE))
        direct = sum(Kernel(problem).cheapest(Kernel(problem).single(i))[0] for i in range(25))
        assert solve_collection(problem, solution_limit=0).total_cny <= direct + 1e-9


def test_kernel_prices_equal_the_cost_function():
    """The O(1) joins of segments and `evaluate_route` say the same of any order."""
    problem = random_day(8, 3, (SMALL, LARGE), load=(10, 60), max_aboard_h=99.0)
    truck = LARGE.model_copy(update={"shift_h": 24.0})
    problem = replace(problem, vehicles=(SMALL, truck))
    order = tuple(np.random.default_rng(1).permutation(8).tolist())
    route = evaluate_route(problem, truck, order, problem.load_kg[list(order)])
    assert Kernel(problem).price(Kernel(problem).chain(order), 1) == pytest.approx(route.total_cny, rel=1e-12)


def test_path_energy_is_the_load_after_the_tail_times_the_hours_of_the_arc():
    """The library's own objective equals the recomputed cost within 1e-4: its energy is weight aboard x hours."""
    problem = random_day(6, 5, (SMALL, LARGE), weight=80.0)
    start = savings(Kernel(problem))
    cost = sum(Kernel(problem).price(Kernel(problem).chain(s), k) for k, s in start.routes)
    model = _Model(problem, _fleet(problem, start), cost)
    found = model.routing.Solve()
    kernel, draft = Kernel(problem), model.draft(found)
    recomputed = sum(kernel.price(kernel.chain(s), k) for k, s in draft.routes)
    spoilage = sum(
        evaluate_route(problem, problem.vehicles[k], s, problem.load_kg[list(s)]).spoilage_cny for k, s in draft.routes
    )
    assert spoilage > 0.05 * recomputed
    assert found.ObjectiveValue() / model._per_cny == pytest.approx(recomputed, rel=1e-6)


def test_relabelling_stops_changes_little():
    """The same day with its villages renumbered costs the same within 2 %."""
    problem = random_day(14, 8)
    order = np.random.default_rng(0).permutation(14)
    rows = np.array([0, *(order + 1)])
    renamed = replace(
        problem,
        time_h=problem.time_h[np.ix_(rows, rows)],
        km=problem.km[np.ix_(rows, rows)],
        load_kg=problem.load_kg[order],
        volume_m3=problem.volume_m3[order],
        weight_cny_h=problem.weight_cny_h[order],
    )
    assert solve_collection(renamed).total_cny == pytest.approx(solve_collection(problem).total_cny, rel=0.02)


def test_same_seed_same_routes():
    """Twice the same call gives the same routes, to the last digit, for small and large rounds."""
    for n in (12, 35):
        problem = random_day(n, 2, (SMALL, LARGE))
        for engine in ("ruin-recreate", "ortools"):
            first, second = (solve_collection(problem, engine=engine, seed=7, solution_limit=60) for _ in range(2))
            assert first.routes == second.routes


def test_plain_vehicle_routing_without_weights():
    """Without weights there is no spoilage and the order of a symmetric route does not matter."""
    problem = random_day(10, 4, weight=0.0)
    result = solve_collection(problem, solution_limit=20)
    assert result.spoilage_cny == 0
    check(problem, result)


# --- splitting ------------------------------------------------------------------------------------------------------


def test_load_above_a_truck_is_split_and_adds_up():
    """2,350 kg with trucks of 1,000: two full direct trips, 350 kg ride with the neighbour."""
    problem = day(LINE, [2350, 100, 100])
    result = solve_collection(problem)
    check(problem, result)
    assert sorted(r.load_kg for r in result.routes if 0 in r.stops)[-2:] == [(1000.0,), (1000.0,)]
    assert len(result.routes) == 3
    assert result.status == "feasible"


def test_volume_splits_as_payload_does():
    """900 kg of 18 m³ need two trucks of 10 m³, whatever they weigh."""
    problem = replace(day([[0, 10], [10, 0]], [900]), volume_m3=np.array([18.0]))
    result = solve_collection(problem)
    check(problem, result)
    assert sorted(r.load_kg[0] for r in result.routes) == pytest.approx([400.0, 500.0])


def test_loading_time_splits_what_the_shift_cannot_load():
    """10 h for a tonne in a shift of 10 h with 1 h of driving: 900 kg go first, 100 kg in a second round."""
    problem = day([[0, 15], [15, 0]], [1000], load_h_t=10.0)
    result = solve_collection(problem)
    check(problem, result)
    assert sorted(r.load_kg[0] for r in result.routes) == pytest.approx([100.0, 900.0], abs=1e-3)


def test_full_trips_use_the_type_cheapest_per_kg():
    """For 7 t the large truck carries the full loads."""
    result = solve_collection(day([[0, 10], [10, 0]], [7000], vehicles=(SMALL, LARGE)))
    assert [r.vehicle_id for r in result.routes] == ["large", "large", "large"]
