"""The bound of small counties: valid shares of tours, and no decision of a tiny county, with real routes, below it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import LARGE, SMALL, day, days
from scenario_cases import small_county
from share_cases import routes, trucks_of

from coldchain.planning import Options, lay_ground, lorries
from coldchain.planning.arcs import siting_problem
from coldchain.planning.course import Course, work_out
from coldchain.planning.days import Decision, Effort
from coldchain.planning.pipeline import Ground, _rivalled
from coldchain.planning.search import site
from coldchain.planning.whole import solve_whole, tightened
from coldchain.planning.withdepots import least_with
from coldchain.routing import CollectionProblem, RouteShares, ShareFinder, evaluate_route
from coldchain.routing.shares import FetchedDay, radial_shares
from coldchain.scenario import load
from coldchain.siting import ExtendedEffort, plan_violations

derandomised = settings(derandomize=True, deadline=None, max_examples=25)
UNREACHED = 1e5
"""A time limit that no model of these sizes comes near: each ends at its gap."""


def violation(problem: CollectionProblem, shares: RouteShares) -> float:
    """By how much shares exceed the cost of a route at most, over all routes that keep the shift."""
    worst = -math.inf
    for t, order, kg in routes(problem, np.random.default_rng(1)):
        route = evaluate_route(problem, problem.vehicles[t], order, kg)
        if route.hours <= problem.vehicles[t].shift_h:
            paid = shares.load_cny_t[list(order)] @ kg / 1000 + shares.stop_cny[list(order)].sum()
            worst = max(worst, paid + shares.route_cny[t] - route.cost_cny)
    return worst


@derandomised
@given(days(most=3), st.integers(0, 99))
def test_shares_are_below_every_route(problem: CollectionProblem, seed: int) -> None:
    """Whatever day they are found for, no route of any type, order and load costs less than its shares."""
    rng = np.random.default_rng(seed)
    part, types = rng.random(problem.n), len(problem.vehicles)
    tonnes = problem.load_kg / 1000
    finder = ShareFinder(trucks_of(problem), tonnes)
    for _ in range(2):
        found = finder.best(FetchedDay(tonnes * part, rng.random(problem.n), rng.integers(0, 4, types).astype(float)))
        assert violation(problem, found) <= 1e-6
        assert (found.stop_cny >= 0).all()
    assert violation(problem, radial_shares(trucks_of(problem), tonnes)) <= 1e-6


def test_shares_reach_the_cost_of_a_tour() -> None:
    """Three villages that one truck fetches in one tour pay just that tour; radial shares pay much less."""
    problem = day([[0, 20, 20, 25], [20, 0, 9, 9], [20, 9, 0, 9], [25, 9, 9, 0]], [300, 300, 300], stop_h=0.1)
    finder = ShareFinder(trucks_of(problem), problem.load_kg / 1000)
    one = FetchedDay(problem.load_kg / 1000, np.ones(3), np.ones(1))
    shares = finder.best(one)
    worth = shares.load_cny_t @ one.load_t + shares.stop_cny.sum() + shares.route_cny[0]
    tour = evaluate_route(problem, SMALL, (0, 2, 1), problem.load_kg)
    assert worth == pytest.approx(tour.cost_cny, abs=0.5)
    radial = radial_shares(trucks_of(problem), problem.load_kg / 1000)
    assert radial.load_cny_t @ one.load_t + radial.route_cny[0] < 0.9 * worth


def test_stops_beyond_the_listed_ones_still_hold() -> None:
    """With more stops than subsets are listed for, routes through any of them cost at least their shares."""
    rng = np.random.default_rng(3)
    xy = rng.uniform(-20, 20, (18, 2))
    km = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    problem = day(km, rng.uniform(30, 700, 17), stop_h=0.1, load_h_t=0.2, vehicles=(SMALL, LARGE))
    tonnes = problem.load_kg / 1000
    shares = ShareFinder(trucks_of(problem), tonnes).best(FetchedDay(tonnes, np.ones(17), np.array([3.0, 2.0])))
    for _ in range(3000):
        order = tuple(rng.choice(17, rng.integers(1, 6), replace=False).tolist())
        t = int(rng.integers(2))
        room, kg = problem.vehicles[t].payload_kg, np.zeros(len(order))
        for k in rng.permutation(len(order)):
            kg[k] = min(problem.load_kg[order[k]], room)
            room -= kg[k]
        paid = shares.load_cny_t[list(order)] @ kg / 1000 + shares.stop_cny[list(order)].sum() + shares.route_cny[t]
        assert paid <= evaluate_route(problem, problem.vehicles[t], order, kg).cost_cny + 1e-6


def tiny(folder: Path, villages: list[int], types: tuple[str, ...]) -> Ground:
    """Lay the ground of some villages, and the two sites, of an upland county; two types may be built, one each."""
    scenario, _ = load(small_county(folder, 12, 3))
    sites = tuple(s.model_copy(update={"max_modules": 1, "status": "candidate"}) for s in scenario.sites[:2])
    small = replace(
        scenario,
        villages=tuple(scenario.villages[i] for i in villages),
        harvest_t=scenario.harvest_t[villages],
        sites=sites,
        siting=scenario.siting.model_copy(update={"depot_types": types, "budget_cny": 400000.0}),
    )
    return lay_ground(small, Options.quickly())


def decisions(ground: Ground) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every choice of modules, each demand today's way, to one site, or in halves to two; all that keep the limits."""
    problem = siting_problem(ground.basis, ground.arcs, "total_cost_cny")
    options = [np.flatnonzero(problem.max_count[j] > 0) for j in range(len(problem.max_count))]
    for built in itertools.product(*[(-1, *mine) for mine in options]):
        count = np.zeros_like(problem.max_count)
        for j, k in enumerate(built):
            if k >= 0:
                count[j, k] = 1
        live = {(j, int(problem.module_class[k])) for j, k in enumerate(built) if k >= 0}
        usable = np.array([(int(j), int(o)) in live for j, o in zip(problem.arc_site, problem.arc_class, strict=True)])
        ways = []
        for d in range(len(problem.outside_cost)):
            arcs = np.flatnonzero(usable & (problem.arc_demand == d)).tolist()
            ways.append([(), *((a,) for a in arcs), *itertools.combinations(arcs, 2)])
        for chosen in itertools.product(*ways):
            share, left = np.zeros(len(problem.arc_cost)), np.ones(len(ways))
            for d, arcs in enumerate(chosen):
                for a in arcs:
                    share[a] = 1.0 / len(arcs)
                    left[d] = 0.0
            if not plan_violations(problem, count, share, left):
                yield count, share


@pytest.mark.parametrize(
    ("villages", "types"),
    [
        ([0, 1, 2], ("cool_room_200",)),
        pytest.param([3, 4, 5], ("cool_room_500",), marks=pytest.mark.slow),
        pytest.param([6, 7, 8], ("cold_forced_air_200",), marks=pytest.mark.slow),
        pytest.param([1, 5, 9, 11], ("cool_forced_air_200",), marks=pytest.mark.slow),
    ],
)
def test_no_decision_of_a_tiny_county_undercuts_the_bound(
    villages: list[int], types: tuple[str, ...], tmp_path: Path
) -> None:
    """The best of all decisions with real routes is at least the bound, and near; so are those of the model."""
    ground = tiny(tmp_path / "county", villages, types)
    options = Options.quickly(tries=20)
    bound, proposed = solve_whole(ground.basis, ground.arcs, ExtendedEffort(gap=1e-4, work=UNREACHED))
    before = site(ground.basis, ground.arcs, options).bound

    def total(decision: Decision) -> float:
        return work_out(ground.basis, ground.arcs, decision, Effort(quick=True, memo=ground.memo)).yearly.total

    best = min(total(Decision.of(ground.arcs, count, share)) for count, share in decisions(ground))
    assert bound <= best * (1 + 1e-9)
    assert bound >= before * (1 - 1e-4)  # as near as the model was asked to be solved
    assert best - bound <= 0.03 * best
    assert min(total(decision) for decision in proposed) <= best * 1.01
    rivalled = _rivalled(ground, (ground.idle, site(ground.basis, ground.arcs, options)), proposed, options)
    assert rivalled.yearly.total <= min(total(decision) for decision in proposed)
    raised, _proposed = tightened(ground.basis, ground.arcs, Options(UNREACHED), before, best)
    assert max(before, bound * (1 - 6e-3)) <= raised <= best * (1 + 1e-9)
    assert tightened(ground.basis, ground.arcs, Options(UNREACHED), best, best) == (best, ())


@pytest.mark.parametrize("listed", [6, 0])
def test_no_decision_undercuts_the_bound_of_its_depots(
    listed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each choice of modules, the best of all who goes where with real routes is at least its bound, and near.

    Whether lorries of a hub are counted by all their tours or nested by their dearest depot.
    """
    monkeypatch.setattr(lorries, "LISTED", listed)
    ground = tiny(tmp_path / "county", [0, 1, 2], ("cool_room_200",))
    best: dict[bytes, Course] = {}
    for count, share in decisions(ground):
        decision = Decision.of(ground.arcs, count, share)
        course = work_out(ground.basis, ground.arcs, decision, Effort(quick=True, memo=ground.memo))
        known = best.get(count.tobytes(), course)
        best[count.tobytes()] = min(known, course, key=lambda one: one.yearly.total)
    assert len(best) == 4
    effort = ExtendedEffort(rounds=2, gap=1e-4, work=UNREACHED)
    for course in best.values():
        least = least_with(ground.basis, ground.arcs, course, effort, rounds=3)
        assert least <= course.yearly.total * (1 + 1e-9)
        assert course.yearly.total - least <= 0.03 * course.yearly.total
