"""The split by owners: every choice listed, a bound that brute force never beats, branches that lose no plan."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_cases import brute_force, hand_case, random_case

from coldchain.siting import solve_siting
from coldchain.siting import units as listing
from coldchain.siting.divide import divide
from coldchain.siting.engine import Engine
from coldchain.siting.packed import put, varints
from coldchain.siting.relax import relax
from coldchain.siting.result import count_violations
from coldchain.siting.space import build_space
from coldchain.siting.split import split
from coldchain.siting.units import list_units
from coldchain.work import Meter


def prepared(problem):
    """Return the split of a problem at the prices of its linear relaxation, None where there is none."""
    space = build_space(problem)
    meter = Meter()
    with Engine(meter, lambda: False, 0) as engine:
        relaxed = relax(engine, space, 20.0, np.zeros(0, np.int64))
    part = split(space, meter)
    if part is not None:
        part.learn(relaxed)
    return part


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), parted=st.booleans(), noise=st.booleans())
def test_the_bound_never_passes_the_optimum(seed, parted, noise):
    """At any prices, with sites whole or parted into classes, the value is at most that of the best plan."""
    problem = random_case(seed)
    best = brute_force(problem)
    whole = listing.MOST
    try:
        listing.MOST = 3 if parted else whole
        part = prepared(problem) if np.isfinite(best) else None
    finally:
        listing.MOST = whole
    if part is None:
        return
    rng = np.random.default_rng(seed)
    for _ in range(6):
        prices = part.at.prices * rng.uniform(0.5, 1.5, len(part.at.prices)) if noise else part.at.prices
        assert part.evaluate(prices).bound <= best + 1e-6 * (1 + abs(best))
        part.climb(best)
    assert part.bound <= best + 1e-6 * (1 + abs(best))


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_dividing_proves_the_optimum_and_no_more(seed):
    """With a cutoff above the best plan the bound stays under that plan; nothing passes the cutoff."""
    problem = random_case(seed)
    best = brute_force(problem)
    part = prepared(problem) if np.isfinite(best) else None
    if part is None:
        return
    for _ in range(4):
        part.climb(best)
    cutoff = best + 0.1 * abs(best) + 1.0
    bound, _ = divide(part, lambda: cutoff, lambda _node, _bound: True)
    assert bound <= best + 1e-6 * (1 + abs(best))
    tight, _ = divide(part, lambda: best - 1e-6, lambda _node, _bound: True)
    assert tight <= best


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), steps=st.sampled_from([0, 8]))
def test_modules_dropped_are_in_no_better_plan(seed, steps):
    """The most modules under the optimum's cost leave it where it was, after eight pieces of ascent as after none."""
    problem = random_case(seed)
    best = brute_force(problem)
    part = prepared(problem) if np.isfinite(best) else None
    if part is None:
        return
    for _ in range(steps):
        part.climb(best)
    most = part.spans(best)[1]
    top = {"max_count": np.minimum(most, problem.max_count)}
    fields = {name: getattr(problem, name) for name in problem.__dataclass_fields__}
    assert brute_force(type(problem)(**(fields | top))) == pytest.approx(best, abs=1e-6 * (1 + abs(best)))


def test_every_choice_of_a_site_is_listed_once():
    """Two types, at most three modules, 20 kW with 10 each: (0,0) (1,0) (2,0) (0,1) (1,1) (0,2) fit, no other."""
    problem = random_case(5)
    units = list_units(build_space(problem))
    for site in range(problem.sizes["J"]):
        listed = {tuple(count) for count in units.count[units.site == site].tolist()}
        for count in itertools.product(*[range(top + 1) for top in problem.max_count[site]]):
            whole = np.zeros_like(problem.max_count)
            whole[site] = count
            wrong = count_violations(problem, whole)
            own = {"modules of a site above max_modules", "power above power_limit"} & set(wrong)
            empty = problem.forced[site] and not problem.existing[site].any() and not sum(count)
            assert (count in listed) == (not own and not empty)


def test_a_cap_beyond_the_budget_is_never_reached():
    """One owner, budget 100: at a cap of 100 both modules fit and cost 100, at a cap of 150 only one does, for 115."""
    bounds = []
    for cap, best in ((100.0, 100.0), (150.0, 115.0)):
        problem = hand_case(owner=[0, 0], budget=100.0, owner_cap=[cap])
        assert brute_force(problem) == pytest.approx(best)
        part = prepared(problem)
        for _ in range(20):
            part.climb(best)
        bounds.append(part.bound)
    assert bounds[0] <= 100.0 < bounds[1] <= 115.0 + 1e-6


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_whole_method_with_the_split_equals_brute_force(seed):
    """Small problems sent down the way of the large ones."""
    from coldchain.siting import solve

    problem = random_case(seed)
    best = brute_force(problem)
    large = solve.LARGE
    try:
        solve.LARGE = 0
        r = solve_siting(problem, work=600.0, gap=1e-6)
    finally:
        solve.LARGE = large
    if np.isfinite(best):
        assert r.value == pytest.approx(best, abs=1e-5 * (1 + abs(best)))
        assert r.bound <= best + 1e-6 * (1 + abs(best))
    else:
        assert r.status == "infeasible"


def test_packed_numbers_are_read_back():
    """Figures of every size come back from a message as they went in; a number under 0 is refused."""
    from ortools.math_opt import model_pb2

    figures = np.array([0, 1, 127, 128, 16383, 16384, 2**31, 2**62])
    message = model_pb2.VariablesProto()
    for name, values in {"ids": figures, "integers": figures > 100, "upper_bounds": figures / 3}.items():
        put(message, name, values)
        assert np.array_equal(getattr(message, name), values)
    with pytest.raises(ValueError, match="must be at least 0; got -2"):
        varints(np.array([3, -2]))
