"""Depots and routes together: never worse than siting then routing; its parts against brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from frame_cases import tables
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_cases import brute_force, hand_case, random_case

import coldchain as cc
from coldchain.planning import Options, Plan, course_with, plan_quickly
from coldchain.planning.arcs import build_arcs, siting_problem
from coldchain.planning.course import Course, work_out
from coldchain.planning.days import Decision, Effort
from coldchain.planning.depotyears import DepotYears
from coldchain.planning.estimates import Estimates, collection_factors, queue_cny
from coldchain.planning.joint import Task, _Search, joint_search
from coldchain.planning.limits import stated
from coldchain.planning.moves import near_sites, neighbours, rebased
from coldchain.planning.search import site
from coldchain.siting import DepotColumn, FixedModules, SitingProblem, choose_columns, count_violations, solve_siting
from coldchain.work import Meter


@pytest.fixture(scope="module")
def task(small_plan: Plan) -> tuple[Task, list[Course]]:
    """Return the twelve-village county, sited, with the courses that siting then routing gives."""
    basis = small_plan.basis
    arcs = build_arcs(basis)
    task = Task(basis, arcs, site(basis, arcs, Options.quickly()), {})
    decisions = [Decision.of(arcs, result.count, result.arc_share) for result in task.sited.results]
    return task, [work_out(basis, arcs, decision, Effort(quick=True)) for decision in decisions]


# --- the search -----------------------------------------------------------------------------------------------------


def test_the_search_never_ends_above_its_start(task: tuple[Task, list[Course]]) -> None:
    """Forty tries on a small county: at most the cost of siting then routing, and above the bound."""
    found = joint_search(task[0], task[1], Options.quickly(tries=40))
    assert found.yearly.total <= min(course.yearly.total for course in task[1])
    assert found.yearly.total >= task[0].sited.bound
    problem = stated(task[0].basis, task[0].arcs, "total_cost_cny")
    assert count_violations(problem, found.decision.count) == []


def test_a_search_with_no_time_returns_its_start(task: tuple[Task, list[Course]]) -> None:
    """With a stop asked for at once the best start comes back as it is."""
    found = joint_search(task[0], task[1], Options.quickly(stop=lambda: True, tries=40))
    assert found is min(task[1], key=lambda course: course.yearly.total)


def test_a_search_by_work_ends_after_its_tries(task: tuple[Task, list[Course]]) -> None:
    """Five decisions are routed, one more at most where a step is under way; twice the same gives the same year."""
    first, again = (_Search(task[0], task[1], Options.quickly(tries=5)) for _time in range(2))
    assert first.run().yearly == again.run().yearly
    assert 5 <= first.tried == again.tried <= 6


def test_shaking_finds_a_better_assignment(task: tuple[Task, list[Course]]) -> None:
    """From modules that serve nobody, random leanings lead to an assignment that costs less."""
    count, arcs = task[1][0].decision.count, task[0].arcs
    idle = work_out(task[0].basis, arcs, Decision.of(arcs, count, np.zeros(len(arcs.demand))), Effort(quick=True))
    search = _Search(task[0], [idle], Options.quickly(tries=40))
    assert search._shake()
    assert search.best.yearly.total < idle.yearly.total
    assert not _Search(task[0], [idle], Options.quickly(stop=lambda: True, tries=40))._shake()


# --- estimates ------------------------------------------------------------------------------------------------------


def test_factors_share_out_what_collection_really_costs(task: tuple[Task, list[Course]]) -> None:
    """Underestimates of the villages served, times their factors, add up to the routes' cost where none is clipped."""
    basis, arcs = task[0].basis, task[0].arcs
    course = task[1][0]
    factor = collection_factors(basis, arcs, course)
    decision, least = course.decision, 0.0
    arc_of = {key: a for a, key in enumerate(zip(arcs.demand, arcs.site, arcs.cooling, strict=True))}
    demand_of = {key: d for d, key in enumerate(zip(arcs.village, arcs.group, strict=True))}
    for v, g, j, o, share in zip(
        decision.village, decision.group, decision.site, decision.cooling, decision.share.max(axis=1), strict=True
    ):
        least += factor[v] * share * arcs.collection_cny[arc_of[demand_of[v, g], j, o]]
    assert (factor > 1.0).any()
    assert least == pytest.approx(course.yearly.collection, rel=1e-6)


def test_corrected_costs_are_never_below_the_underestimates(task: tuple[Task, list[Course]]) -> None:
    """What a course shows only adds to arcs and modules."""
    dear = Estimates(task[0].basis, task[0].arcs).corrected(task[1][0])
    assert (dear.inside.money_cny >= task[0].arcs.inside.money_cny - 1e-9).all()
    assert (dear.module.money_cny >= task[0].arcs.module.money_cny - 1e-9).all()


def test_the_years_of_depots_add_up_to_the_bill(task: tuple[Task, list[Course]]) -> None:
    """Depots of a course and what stays in today's chain cost together what the course costs, standing upkeep aside."""
    basis, arcs = task[0].basis, task[0].arcs
    course = task[1][0]
    years = DepotYears(basis, arcs)
    years.add(course)
    columns = years.columns()
    left = np.ones(len(arcs.village))
    for column in columns:
        np.subtract.at(left, column.demand, column.share)
    outside = float(arcs.outside.of("total_cost_cny") @ left)
    standing = course.yearly.operation - float(
        (course.decision.count * [kind.opex_cny_year for kind in basis.scenario.depot_types]).sum()
    )
    assert sum(c.cost_cny for c in columns) + outside + standing == pytest.approx(course.yearly.total, rel=1e-9)
    again = years.decision(columns)
    np.testing.assert_array_equal(again.count, course.decision.count)
    assert again.share.sum() == pytest.approx(course.decision.share.sum())


# --- moves ----------------------------------------------------------------------------------------------------------


def test_moves_are_allowed_and_differ(task: tuple[Task, list[Course]]) -> None:
    """Closing, opening, moving and resizing are among them; none breaks a limit, none comes twice."""
    problem = siting_problem(task[0].basis, task[0].arcs, "total_cost_cny")
    count = task[1][0].decision.count
    ways = neighbours(problem, count, near_sites(task[0].basis))
    assert len({way.tobytes() for way in ways} | {count.tobytes()}) == len(ways) + 1
    assert not any(count_violations(problem, way) for way in ways)
    used = int(count.any(axis=1).sum())
    assert {int(way.any(axis=1).sum()) - used for way in ways} >= {-1, 0}


def test_a_move_is_made_from_another_choice(task: tuple[Task, list[Course]]) -> None:
    """Changes at different sites add up; a site that has changed meanwhile is left alone, a broken limit too."""
    problem = siting_problem(task[0].basis, task[0].arcs, "total_cost_cny")
    none = np.zeros_like(problem.max_count)
    first, second = np.flatnonzero(problem.max_count.any(axis=1))[:2]
    kinds = [int(np.flatnonzero(problem.max_count[j])[0]) for j in (first, second)]
    one, other = none.copy(), none.copy()
    one[first, kinds[0]] = other[second, kinds[1]] = 1
    free = replace(problem, budget=np.inf, owner_cap=problem.owner_cap * np.inf, pot=problem.pot * np.inf)
    both = rebased(free, (none, other), one)
    assert both is not None
    np.testing.assert_array_equal(both, one + other)
    assert rebased(free, (none, one), one * 2) is None
    assert rebased(replace(free, budget=0.0), (none, other), one) is None


# --- assignments with modules given ---------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_a_floor_is_never_above_the_assignment(seed: int) -> None:
    """For every whole choice of modules of a tiny problem: floor <= value = that of siting with exactly these."""
    problem = random_case(seed)
    ranges = [range(int(n) + 1) for n in problem.max_count.ravel()]
    choices = [np.array(c, dtype=np.int64).reshape(problem.max_count.shape) for c in itertools.product(*ranges)]
    with FixedModules(problem) as fixed:
        assert fixed.assign(choices[seed % len(choices)], keep=True) is not None
        for count in choices[:40]:
            plan = fixed.assign(count)
            assert plan is not None
            assert fixed.floor(count) <= plan.value + 1e-6 * (1 + abs(plan.value))
        values = [plan.value for c in choices if not count_violations(problem, c) and (plan := fixed.assign(c))]
    assert min(values, default=np.inf) == pytest.approx(brute_force(problem), rel=1e-6)


def test_a_floor_needs_prices() -> None:
    """Asking before any assignment was kept is an error that says what to do."""
    with FixedModules(hand_case()) as fixed, pytest.raises(ValueError, match="assign with keep=True first"):
        fixed.floor(np.zeros_like(hand_case().max_count))


# --- the master problem ---------------------------------------------------------------------------------------------


def all_columns(problem: SitingProblem) -> list[DepotColumn]:
    """Make a column of every site, choice of its modules, and demand or pair of demands they can serve whole."""
    found = []
    for j, per_site in enumerate(problem.max_count):
        for modules in itertools.product(*(range(int(n) + 1) for n in per_site)):
            alone = np.zeros_like(problem.max_count)
            alone[j] = modules
            if any("award" not in broken for broken in count_violations(problem, alone)):
                continue
            fixed = replace(problem, existing=problem.existing * 0 + alone, max_count=problem.max_count * 0,
                            forced=problem.forced & False, floor_share=0.0)  # fmt: skip
            result = solve_siting(fixed, work=600.0, gap=1e-9)
            demand, share = np.unique(problem.arc_demand[result.arc_share > 1e-9]), 1.0 - result.outside_share
            served = float(problem.arc_cost @ result.arc_share)
            cost = served + float((problem.module_cost * alone).sum())
            if len(demand):
                found.append(DepotColumn(j, np.array(modules), demand, share[demand], cost))
    return found


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_columns_are_chosen_as_well_as_by_trying_all(seed: int) -> None:
    """Against every subset of up to ten columns: the same cost, limits on modules and money kept."""
    problem = replace(random_case(seed), forced=np.zeros(random_case(seed).sizes["J"], bool))
    columns = all_columns(problem)[:10]
    if not columns:
        return
    best = np.inf
    for size in range(len(columns) + 1):
        for chosen in itertools.combinations(range(len(columns)), size):
            best = min(best, cost_of(problem, [columns[c] for c in chosen]))
    chosen = choose_columns(problem, columns, Meter(10.0))
    assert chosen is not None or np.isinf(best)
    if chosen is not None:
        assert cost_of(problem, [columns[c] for c in chosen]) == pytest.approx(best, rel=1e-6)


def cost_of(problem: SitingProblem, columns: list[DepotColumn]) -> float:
    """Cost of some columns and of what they leave outside; inf where they break a limit."""
    if len({c.site for c in columns}) < len(columns):
        return np.inf
    count, left = np.zeros_like(problem.max_count), np.ones(problem.sizes["D"])
    for column in columns:
        count[column.site] = column.modules
        np.subtract.at(left, column.demand, column.share)
    if count_violations(problem, count):
        return np.inf
    return sum(c.cost_cny for c in columns) + float(problem.outside_cost @ np.maximum(left, 0.0))


def test_rooms_are_added_where_lots_queue_for_the_coolers() -> None:
    """Siting knows nothing of the queue, for which more rooms pay here: all choices of up to three rooms a site."""
    frames = tables()
    frames["harvest"] = frames["harvest"].assign(tonnes=[600.0, 300.0], commodity="strawberry")
    frames["periods"] = frames["periods"].assign(temp_min_c=28.0, temp_max_c=38.0)
    frames["sites"] = pd.concat([frames["sites"], frames["sites"].assign(id="S2", lon=109.04)], ignore_index=True)
    given = {"siting.depot_types": ["cold_forced_air_200"], "commodity.strawberry.price_cny_kg": 3.0}
    county = cc.Scenario.from_frames(**frames, budget_cny=1e6, **given, today_wait_h=20.0)
    made = plan_quickly(county)
    best = min(
        course_with(made.ground, np.array(rooms)[:, None], Options()).yearly.total
        for rooms in itertools.product(range(4), repeat=2)
    )
    few = course_with(made.ground, np.array([[2], [1]]), Options())
    assert queue_cny(made.basis, few).max() > 0.0
    assert made.summary["annual_cny"]["total"] <= best * 1.002
    assert few.yearly.total > best * 1.1
