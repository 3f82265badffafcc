"""Classical location: hand-checked cases, brute force as the referee for plan, bound and what is fixed."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coldchain.errors import BadInputError
from coldchain.siting.classical import LocationProblem, location_value, location_violations, solve_location
from coldchain.siting.classical.interchange import interchange
from coldchain.siting.classical.lagrange import Ascent, need
from coldchain.siting.classical.proof import arcs_to_keep, reduced_model, useful_arcs
from coldchain.siting.classical.serve import serve
from coldchain.siting.engine import Engine
from coldchain.work import Meter

KINDS = ["capacitated", "alike", "free", "median"]


def random_problem(seed, kind):
    """Make a tiny problem; figures are whole for p-medians, capacities all alike or not."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(2, 7)), int(rng.integers(1, 8))
    cost = rng.integers(0, 40, (m, n)) if kind == "median" else rng.uniform(0, 40, (m, n))
    fixed = np.zeros(m) if kind == "median" else rng.uniform(0, 60, m)
    load = rng.integers(1, 9, n).astype(float)
    capacity = np.full(m, np.inf)
    if kind == "capacitated":
        capacity = rng.uniform(0.2, 1.1, m) * load.sum()
    elif kind == "alike":
        capacity = np.full(m, np.ceil(rng.uniform(0.25, 0.9) * load.sum()))
    return LocationProblem(cost, fixed, load, capacity, int(rng.integers(1, m + 1)) if kind == "median" else None)


def every_plan(problem):
    """Cost of each set of sites, by the transportation problem alone."""
    costs = {}
    with Engine(Meter(), lambda: False, 0) as engine:
        for picked in itertools.product([False, True], repeat=problem.sites):
            opened = np.array(picked)
            if problem.count is None or opened.sum() == problem.count:
                plan = serve(engine, problem, opened)
                costs[picked] = math.inf if plan is None else plan.value
    return costs


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(KINDS))
@example(seed=127, kind="capacitated")  # the best plan breaks what the proof fixed
def test_value_and_bound_equal_brute_force(seed, kind):
    """The plan is the best of all, it keeps every limit, and its bound does not pass it."""
    problem = random_problem(seed, kind)
    best = min(every_plan(problem).values())
    r = solve_location(problem, time_limit_s=600.0)
    if math.isinf(best):
        assert r.status == "infeasible"
        return
    plan = r.opened, r.site, r.customer, r.share
    assert r.status == "optimal"
    assert location_violations(problem, *plan) == []
    assert r.value == pytest.approx(location_value(problem, *plan))
    assert r.value == pytest.approx(best, abs=1e-5 * (1 + abs(best)))
    assert r.bound <= best + 1e-5 * (1 + abs(best))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(KINDS))
def test_fixing_keeps_every_better_plan(seed, kind):
    """Sites fixed and arcs dropped under a cutoff leave each plan under it as it was, and the bound is one."""
    problem = random_problem(seed, kind)
    costs = every_plan(problem)
    best = min(costs.values())
    if math.isinf(best):
        return
    ascent = Ascent(problem)
    for _ in range(20):
        ascent.climb(best)
    dual = ascent.dual()
    assert dual.bound == pytest.approx(ascent.bound)
    assert dual.bound <= best + 1e-6 * (1 + best)
    cutoff = best + 0.3 * max(best - dual.bound, 1e-3)
    arcs = useful_arcs(dual, cutoff)
    ascent.shrink(dual, cutoff)
    for picked, value in costs.items():
        if value < cutoff - 1e-6:
            opened = np.array(picked)
            assert set(np.flatnonzero(opened)) <= set(ascent.live)
            assert set(np.flatnonzero(ascent.opened)) <= set(np.flatnonzero(opened))
            if not problem.capacitated:
                nearest = np.flatnonzero(opened)[problem.cost[opened].argmin(axis=0)]
                assert arcs[nearest, np.arange(problem.customers)].all()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["capacitated", "alike"]), columns=st.integers(0, 2))
@example(seed=1498, kind="alike", columns=0)  # capacities that cannot bind
def test_pricing_arcs_out_never_lifts_the_bound_past_the_optimum(seed, kind, columns):
    """However few arcs the integer model keeps, its optimum is at most the best plan and at least the ascent."""
    problem = random_problem(seed, kind)
    best = min(every_plan(problem).values())
    if math.isinf(best):
        return
    ascent = Ascent(problem)
    for _ in range(10):
        ascent.climb(best)
    dual = ascent.dual()
    kept = arcs_to_keep(problem, dual, columns, best + 1e-6 * (1 + best))
    model = reduced_model(problem, dual, kept, ascent.opened, ascent.rule[1]).model
    with Engine(Meter(), lambda: False, 0) as engine:
        bound = engine.solve(model, 20.0).bound
    assert bound <= best + 1e-5 * (1 + best)
    assert bound >= dual.bound - 1e-5 * (1 + abs(best))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["free", "median"]))
def test_interchange_ends_where_no_single_move_pays(seed, kind):
    """Opening, closing and swapping are checked one by one against what local search returns."""
    problem = random_problem(seed, kind)
    opened = np.arange(problem.sites) < (problem.count or 1)
    sites = opened.astype(np.int64)
    interchange(problem.cost, problem.fixed, sites, problem.count is not None, 1000)
    costs = every_plan(problem)
    assert sites.sum() == problem.count or problem.count is None
    now = costs[tuple((sites > 0).tolist())]
    for picked, value in costs.items():
        change = np.array(picked).astype(int) - sites
        single = (change > 0).sum() <= 1 and (change < 0).sum() <= 1
        if single and not (sites.sum() == 1 and (change < 0).any()):
            assert value >= now - 1e-6


def test_need_is_the_next_sum_of_capacities():
    """A load of 10 over sites of 4 and 6 needs 10, of 4 alone 12; capacities of 4.5 are not summed up."""
    cost, fixed, load = np.ones((3, 10)), np.ones(3), np.ones(10)
    assert need(LocationProblem(cost, fixed, load, [4, 4, 6])) == 10.0
    assert need(LocationProblem(cost, fixed, load, [4, 4, 4])) == 12.0
    assert need(LocationProblem(cost, fixed, load, [4.5, 4.5, 4.5])) == 10.0


def test_limits_and_stops():
    """Too little capacity is proved infeasible; a stop asked for before the start gives no plan, and says so."""
    short = LocationProblem(np.ones((2, 3)), [1, 1], [1, 1, 1], [1, 1])
    r = solve_location(short)
    assert (r.status, r.bound, r.gap) == ("infeasible", math.inf, math.inf)
    problem = random_problem(3, "alike")
    assert solve_location(problem, stop=lambda: True).status in {"limit", "feasible"}


def test_a_split_customer():
    """Two sites of 1.5 serve three customers of 1: the second is halved, 10 + 10 + 1 + (1 + 3) / 2 + 1 = 24."""
    r = solve_location(LocationProblem([[1, 1, 9], [9, 3, 1]], [10, 10], [1, 1, 1], [1.5, 1.5]))
    assert r.value == pytest.approx(24.0)
    assert r.share.sum() == pytest.approx(3.0)


def test_bad_arrays_are_all_listed():
    """Each wrong array with its value."""
    with pytest.raises(BadInputError, match=r"3 faults(.|\n)*cost(.|\n)*load(.|\n)*count"):
        LocationProblem(cost=[[1.0, np.nan]], fixed=[1.0], load=[1.0, -2.0], capacity=[1.0], count=2)
    with pytest.raises(BadInputError, match=r"cost.*must have shape"):
        LocationProblem(cost=[[1.0]], fixed=[], load=[1.0], capacity=[1.0])
