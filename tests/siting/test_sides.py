"""Limits that join assignment, modules and awards, and single sourcing: brute force is the referee."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from siting_cases import hand_case, random_case

from coldchain.model import Limit
from coldchain.siting import (
    FixedModules,
    Relaxation,
    SideRow,
    SitingProblem,
    award_of_owner,
    plan_value,
    plan_violations,
    relax,
    side_relaxations,
    solve,
    solve_siting,
)
from coldchain.siting.frame import build_frame
from coldchain.siting.result import cell_modules, count_violations


def side(problem: SitingProblem, least: float, **parts: object) -> SideRow:
    """Make a side row from the parts that are not zero; ``arc`` has a coefficient for every arc."""
    sizes = problem.sizes
    arc = np.asarray(parts.get("arc", np.zeros(sizes["A"])), dtype=float)
    return SideRow(
        Limit("on_time"), np.arange(sizes["A"]), arc,
        np.asarray(parts.get("outside", np.zeros(sizes["D"])), dtype=float),
        np.asarray(parts.get("module", np.zeros((sizes["J"], sizes["K"]))), dtype=float),
        np.asarray(parts.get("award", np.zeros(sizes["E"])), dtype=float), least,
    )  # fmt: skip


def random_sides(seed: int, *, single: bool) -> SitingProblem:
    """Draw a tiny problem with one or two sides whose coefficients are of either sign."""
    rng = np.random.default_rng(seed)
    problem = random_case(seed, limit=bool(seed % 3 == 0))
    sizes = problem.sizes
    rows = []
    for _ in range(int(rng.integers(1, 3))):
        arc = rng.uniform(-2, 8, sizes["A"]).round(1)
        most = float(np.maximum(arc, 0).sum())
        rows.append(
            side(problem, most * float(rng.choice([-0.1, 0.05, 0.2, 0.6])), arc=arc,
                 outside=rng.choice([0.0, 1.0], sizes["D"]), module=-rng.uniform(0, 3, (sizes["J"], sizes["K"])),
                 award=rng.choice([0.0, 0.1, -0.05], sizes["E"]))
        )  # fmt: skip
    return replace(problem, sides=(*problem.sides, *rows), single_source=single)


def brute_force(problem: SitingProblem) -> float:
    """Least cost over every choice of modules, each served by a linear program, or by every whole assignment."""
    best = np.inf
    for choice in itertools.product(*(range(int(n) + 1) for n in problem.max_count.ravel())):
        count = np.array(choice, dtype=np.int64).reshape(problem.max_count.shape)
        if not count_violations(problem, count):
            served = _whole(problem, count) if problem.single_source else _shares(problem, count)
            best = min(best, served + float((problem.module_cost * count).sum()))
    return best


def _shares(problem: SitingProblem, count: np.ndarray) -> float:
    demands, arcs, periods = (problem.sizes[k] for k in "DAP")
    modules, capacity = cell_modules(problem, count)
    award = award_of_owner(problem, count)
    rows, limits = [], []
    for cell, p in itertools.product(np.unique(problem.arc_cell), range(periods)):
        rows.append(np.r_[np.zeros(demands), (problem.arc_cell == cell) * problem.load[problem.arc_demand, p]])
        limits.append(capacity[cell])
    for row in problem.sides:
        rows.append(-np.r_[row.outside, row.value])
        limits.append((row.module * count).sum() + row.award @ award - row.least)
    equal = np.hstack([np.eye(demands), (problem.arc_demand == np.arange(demands)[:, None]).astype(float)])
    found = linprog(
        np.r_[problem.outside_cost, problem.arc_cost],
        A_ub=np.array(rows).reshape(-1, demands + arcs), b_ub=limits, A_eq=equal, b_eq=np.ones(demands),
        bounds=np.c_[np.zeros(demands + arcs), np.r_[np.ones(demands), modules[problem.arc_cell] > 0]],
    )  # fmt: skip
    return float(found.fun) if found.status == 0 else np.inf


def _whole(problem: SitingProblem, count: np.ndarray) -> float:
    best = np.inf
    modules = cell_modules(problem, count)[0][problem.arc_cell] > 0
    choices = [[None, *np.flatnonzero((problem.arc_demand == d) & modules)] for d in range(problem.sizes["D"])]
    for choice in itertools.product(*choices):
        share, outside = np.zeros(problem.sizes["A"]), np.ones(problem.sizes["D"])
        for d, arc in enumerate(choice):
            if arc is not None:
                share[arc], outside[d] = 1.0, 0.0
        if not plan_violations(problem, count, share, outside, tol=1e-9):
            best = min(best, plan_value(problem, np.zeros_like(count), share, outside))
    return best


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
@example(seed=1577)  # a site without power for a module
def test_modules_given_are_assigned_within_the_sides(seed: int) -> None:
    """For every choice of modules: the cost is that of a linear program, nothing where none exists, no floor above."""
    problem = random_sides(seed, single=False)
    frame = build_frame(problem)
    most = frame.count(problem, frame.upper)  # that power and people of a site allow
    choices = [np.reshape(c, most.shape) for c in itertools.product(*(range(int(n) + 1) for n in most.ravel()))]
    costs = [_shares(problem, count) + float((problem.module_cost * count).sum()) for count in choices[:30]]
    with FixedModules(problem) as fixed:
        kept = next((count for count, cost in zip(choices, costs, strict=False) if np.isfinite(cost)), None)
        if kept is not None:
            assert fixed.assign(kept, keep=True) is not None
        for count, cost in zip(choices, costs, strict=False):
            plan = fixed.assign(count)
            assert (plan is not None) == np.isfinite(cost), (count, cost)
            if plan is not None and kept is not None:
                assert plan.value == pytest.approx(cost, rel=1e-5, abs=1e-5)
                assert fixed.floor(count) <= cost + 1e-5 * (1 + abs(cost))


@settings(max_examples=14, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_value_equals_brute_force(seed: int) -> None:
    """With sides of any sign the plan is the best of all, and infeasible means that none exists."""
    check(random_sides(seed, single=False))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_single_sourcing_equals_brute_force(seed: int) -> None:
    """With every demand whole, too."""
    problem = random_sides(seed, single=True)
    if problem.sizes["A"] <= 12:
        check(problem)


def check(problem: SitingProblem) -> None:
    best = brute_force(problem)
    r = solve_siting(problem, work=600.0, gap=1e-7)
    if not np.isfinite(best):
        assert r.status == "infeasible"
        return
    assert r.status == "optimal"
    assert plan_violations(problem, r.count, r.arc_share, r.outside_share) == []
    assert r.value == pytest.approx(best, abs=1e-5 * (1 + abs(best)))
    assert r.bound <= best + 1e-5 * (1 + abs(best))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_bounds_with_few_columns_hold(seed: int) -> None:
    """Solved as a large county is, with one arc a demand to begin with, bound and value enclose the optimum."""
    problem = random_sides(seed, single=False)
    best = brute_force(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve, "LARGE", 0)
        patch.setattr(solve, "DIVIDED", 0)
        patch.setattr(solve, "WIDEST", 1)
        patch.setattr(relax, "FIRST", 1)
        patch.setattr(relax, "MORE", 1)
        r = solve_siting(problem, work=600.0, gap=1e-7)
    assert (r.status == "infeasible") <= (not np.isfinite(best))
    if np.isfinite(best):
        assert r.bound <= best + 1e-5 * (1 + abs(best))
        assert r.value >= best - 1e-5 * (1 + abs(best))


def test_coverage_forces_a_dear_service() -> None:
    """Two villages of 2 t for which cooling never pays: asked for 3 t, one module of 3 t is built."""
    dear = hand_case(outside_cost=[5.0, 5.0])
    assert solve_siting(dear).count.sum() == 0
    asked = replace(dear, sides=(side(dear, 3.0, arc=[2.0] * 4),))
    r = solve_siting(asked, gap=1e-7)
    assert r.count.sum() == 1
    assert r.value == pytest.approx(40 + 10 + 0.5 * 30 + 0.5 * 5)
    assert side_relaxations(asked) == []


def test_a_whole_demand_fits_or_stays() -> None:
    """One module of 3 t takes one village of 2 t whole and none of the other, which could have used the third tonne."""
    one = hand_case(max_count=[[1], [0]], outside_cost=[100.0, 300.0])
    assert solve_siting(one, gap=1e-7).outside_share.sum() == pytest.approx(0.5)
    r = solve_siting(replace(one, single_source=True), gap=1e-7)
    assert sorted(r.outside_share.tolist()) == [0.0, 1.0]
    assert r.value == pytest.approx(40 + 30 + 100)


def test_what_cannot_be_met_is_measured() -> None:
    """Sites that hold one module of 3 t each cannot take 8 t: two tonnes too many."""
    problem = hand_case(max_count=[[1], [1]], load=[[4.0], [4.0]])
    asked = replace(problem, sides=(side(problem, 8.0, arc=[4.0] * 4),))
    assert solve_siting(asked).status == "infeasible"
    assert side_relaxations(asked) == [Relaxation(Limit("on_time"), pytest.approx(2.0, abs=1e-6))]


def test_an_award_can_make_an_owner_viable() -> None:
    """Owners earn 30 of the 40 that a module costs a year; a tenth of an award of 100 is just enough, of 99 not."""
    base = hand_case()
    for award, built in ((100.0, 2), (99.0, 0)):
        problem = hand_case(award=[[award], [award]])
        rows = []
        for e in (0, 1):
            arc = np.where(base.arc_site == e, [30.0, 0, 0, 30.0], 0.0)
            pays = np.zeros(2)
            pays[e] = 0.1
            rows.append(side(base, 0.0, arc=arc, module=-40.0 * np.eye(2)[:, [e]], award=pays))
        r = solve_siting(replace(problem, sides=tuple(rows)), gap=1e-7)
        assert r.count.sum() == built
