"""Split pick-ups: hand-checked, against an enumeration in small units, and as properties."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perishable import write_perishable
from planned import decided
from routing_cases import SMALL, check, day, random_day, vehicle

from coldchain.routing import collection, evaluate_route, solve_collection, solve_near
from coldchain.routing.exact import enumerate_routes
from coldchain.routing.segment import Kernel
from coldchain.scenario import load
from coldchain.verify import verify_tables

derandomised = settings(derandomize=True, deadline=None, max_examples=40)
FAR = [[0, 30, 30, 30], [30, 0, 0, 0], [30, 0, 0, 0], [30, 0, 0, 0]]  # km: three villages at one place


def split(problem):
    """Let vehicles share loads."""
    return replace(problem, split_pickups=True)


def test_two_trucks_share_three_loads_of_two_thirds():
    """Three loads of 600 kg, trucks of 900: two rounds of 60 + 60 km · 1.3 + 2 h · 30 = 198 CNY, not three."""
    problem = day(FAR, [600, 600, 600], vehicles=(vehicle(payload_kg=900),))
    assert solve_collection(problem).cost_cny == pytest.approx(3 * 198)
    shared = solve_collection(split(problem))
    assert shared.cost_cny == pytest.approx(2 * 198)
    assert sorted(sum(route.load_kg) for route in shared.routes) == pytest.approx([900, 900])
    assert shared.status == "feasible"


def test_counted_vehicles_do_not_share():
    """Where vehicles are counted, loads stay whole."""
    problem = replace(day(FAR, [600, 600, 600], vehicles=(vehicle(payload_kg=900),)), available=(3,))
    assert solve_collection(split(problem)).routes == solve_collection(problem).routes


@derandomised
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_as_good_as_an_enumeration_in_units(seed, n):
    """With loads in thirds of a truck and no halts some best plan takes whole units: all their orders are tried."""
    rng = np.random.default_rng(seed)
    units = rng.integers(1, 3, n)
    xy = rng.uniform(-30, 30, (n + 1, 2))
    km = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    truck = vehicle(payload_kg=900)
    shared = solve_collection(split(day(km, 300.0 * units, vehicles=(truck,))))
    each = np.concatenate([[0], np.repeat(np.arange(1, n + 1), units)])
    single = day(km[np.ix_(each, each)], [300.0] * int(units.sum()), vehicles=(truck,))
    kernel = Kernel(single)
    best = sum(kernel.price(kernel.chain(stops), kind) for kind, stops in enumerate_routes(kernel).routes)
    assert shared.cost_cny >= best - 1e-6
    assert shared.cost_cny <= best * 1.001


@derandomised
@given(st.integers(0, 10_000), st.integers(2, 25))
def test_everything_is_fetched_within_limits_and_never_dearer(seed, n):
    """Sharing keeps payload, space, shift and hours aboard; kg add up; the cost is no greater than without."""
    problem = random_day(n, seed, vehicles=(SMALL, vehicle("tricycle", payload_kg=400, cost_cny_day=25)), stop_h=0.1)
    whole, shared = solve_collection(problem, solution_limit=300), solve_collection(split(problem), solution_limit=300)
    check(problem, shared)
    assert shared.total_cny <= whole.total_cny + 1e-6
    assert all(len(set(route.stops)) == len(route.stops) for route in shared.routes)
    assert solve_collection(split(problem), solution_limit=300).routes == shared.routes


def test_a_limit_to_the_last_digit_is_kept(monkeypatch):
    """Shares that fill a truck are within its payload by the tolerance of the check."""
    problem = split(day(FAR, [700, 700, 700], vehicles=(vehicle(payload_kg=1050),)))
    checked = []
    monkeypatch.setattr(
        collection, "evaluate_route", lambda *args: checked.append(evaluate_route(*args)) or checked[-1]
    )
    assert len(solve_collection(problem).routes) == 2
    assert max(sum(route.load_kg) for route in checked) <= 1050 * (1 + 1e-7)


@pytest.mark.slow
def test_plans_share_only_where_the_scenario_lets_them(tmp_path):
    """With ``routing.split_pickups`` false no village's rest is shared, and verify names a plan that shares it."""
    write_perishable(12, 9, tmp_path / "county")
    scenario = load(tmp_path / "county")[0]
    whole = replace(scenario, routing=scenario.routing.model_copy(update={"split_pickups": False}))
    done = {name: decided(one) for name, one in (("shared", scenario), ("whole", whole))}
    assert done["shared"].report.ok
    assert done["whole"].report.ok
    placed = done["shared"].basis.placed
    for tables in (done["shared"].tables, halved(done["whole"].tables)):
        found = verify_tables(whole, placed.network.given, tables, done["whole"].summary)
        assert any("share the load of" in problem for problem in found.problems)


def halved(tables):
    """Send two vehicles, each for half of the load, where one went for one village."""
    routes, stops = tables["routes"], tables["stops"].copy()
    lone = routes[routes["stops"] == 1].iloc[[0]].assign(route="again")
    half = stops["route"] == routes.loc[lone.index[0], "route"]
    stops.loc[half, "load_kg"] /= 2.0
    more = stops[half].assign(route="again")
    return tables | {"routes": pd.concat([routes, lone]), "stops": pd.concat([stops, more])}


def test_a_day_near_another_drives_its_routes():
    """Known routes of the best plan come back; loads that grew, and stops nobody knew, are fetched, too."""
    problem = split(day(FAR, [600, 600, 600], vehicles=(vehicle(payload_kg=900),)))
    known = [(route.stops, route.load_kg) for route in solve_collection(problem).routes]
    assert solve_near(problem, known, iterations=1).cost_cny == pytest.approx(2 * 198)
    grown = replace(problem, load_kg=np.array([700.0, 600.0, 600.0]))
    found = solve_near(grown, known[:1], iterations=200)
    check(grown, found)
    assert sum(sum(route.load_kg) for route in found.routes) == pytest.approx(1900)


def test_a_day_near_another_leaves_what_cannot_be_driven():
    """A route too long is no start; none is found where a load cannot be fetched, or is not to be shared."""
    problem = split(day(FAR, [600, 600, 600], vehicles=(vehicle(payload_kg=900),)))
    late = replace(problem, max_aboard_h=1.2)
    found = solve_near(late, [((0, 1, 2), (300.0, 300.0, 300.0))], iterations=50)
    check(late, found)
    assert solve_near(replace(problem, max_aboard_h=0.5), [], iterations=50) is None
    assert solve_near(replace(problem, split_pickups=False), [], iterations=50) is None


@derandomised
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_a_day_near_another_fetches_everything(seed, n):
    """Whatever routes are known, all loads are fetched within all limits."""
    rng = np.random.default_rng(seed)
    problem = split(random_day(n, seed))
    known = [
        (tuple(rng.permutation(n)[: rng.integers(1, n + 1)].tolist()), tuple(rng.uniform(0, 600, n).tolist()))
        for _route in range(rng.integers(0, 5))
    ]
    known = [(stops, kg[: len(stops)]) for stops, kg in known]
    found = solve_near(problem, known, iterations=60, seed=seed)
    check(problem, found)
    fetched = np.zeros(n)
    for route in found.routes:
        np.add.at(fetched, list(route.stops), route.load_kg)
    assert fetched == pytest.approx(problem.load_kg, rel=1e-6)
