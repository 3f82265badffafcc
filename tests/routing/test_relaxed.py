"""Shares of large days by column generation: below every route there is, near the best routes, and of use by parts."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import LARGE, SMALL, days, random_day
from scipy.optimize import linprog
from share_cases import routes, trucks_of

from coldchain.routing import CollectionProblem, evaluate_route
from coldchain.routing import relaxed as r
from coldchain.routing.relaxed import DayLoads, RelaxedFinder

derandomised = settings(derandomize=True, deadline=None, max_examples=25)


def halves(problem: CollectionProblem) -> DayLoads:
    """Two loads at every stop, of a third and two thirds."""
    tonnes = problem.load_kg / 1000
    return DayLoads(np.repeat(np.arange(problem.n), 2), np.stack([tonnes / 3, tonnes * 2 / 3], axis=1).ravel())


def violation(problem: CollectionProblem, parcels: DayLoads, share: np.ndarray) -> float:
    """By how much shares exceed the cost of a route at most, over all routes that keep the limits.

    What a route takes of a stop is worth most when it is what the stop's dearest loads allow.
    """
    worst = -math.inf
    for t, order, kg in routes(problem, np.random.default_rng(1)):
        kind = problem.vehicles[t]
        route = evaluate_route(problem, kind, order, kg)
        if route.hours > kind.shift_h or max(route.aboard_h) > problem.max_aboard_h:
            continue
        paid = 0.0
        for stop, left in zip(order, kg / 1000, strict=True):
            mine = np.flatnonzero(parcels.place == stop)
            mine = mine[np.argsort(-share[mine])]
            taken = np.diff(np.minimum(np.cumsum(parcels.most_t[mine]), left), prepend=0.0)
            paid += float(share[mine] @ taken)
        worst = max(worst, paid - route.cost_cny)
    return worst


@derandomised
@given(days(most=3), st.integers(0, 99))
def test_shares_are_below_every_route(problem: CollectionProblem, seed: int) -> None:
    """Whatever is fetched, no route of any type, order and load costs less than the shares of its loads."""
    rng, parcels, trucks = np.random.default_rng(seed), halves(problem), trucks_of(problem)
    assert violation(problem, parcels, parcels.radial_cny_t(trucks)) <= 1e-6
    known = None
    for core in (np.arange(2 * problem.n), np.sort(rng.permutation(2 * problem.n)[: problem.n])):
        finder = RelaxedFinder(trucks, parcels, core, known)
        share = finder.best(parcels.most_t * rng.random(2 * problem.n).round())
        known = finder.routes()
        if share is not None:  # some days have stops that nobody can reach in time
            assert violation(problem, parcels, share) <= 1e-6


def most_paid(problem: CollectionProblem, order: tuple[int, ...], share: np.ndarray) -> float:
    """Return the most that a route of one type in some order can be paid above its cost, whatever it fetches.

    A linear programme over the loads: the vehicle, the shift, and the hours aboard of each stop bound them.
    """
    kind, stops = problem.vehicles[0], list(order)
    empty = evaluate_route(problem, kind, order, np.zeros(len(stops)))
    later = np.triu(np.ones((len(stops), len(stops))), 1) * problem.load_h_t  # hours that later loads add to each
    rows = np.vstack([np.ones(len(stops)), np.full(len(stops), problem.load_h_t), later])
    room = [kind.payload_kg / 1000, kind.shift_h - empty.hours, *(problem.max_aboard_h - np.array(empty.aboard_h))]
    if min(room) < 0:
        return -math.inf
    gain = share[stops] - kind.cost_cny_h * problem.load_h_t
    solved = linprog(-gain, A_ub=rows, b_ub=room, bounds=[(0, q / 1000) for q in problem.load_kg[stops]])
    return float(-solved.fun - empty.cost_cny)


@pytest.mark.parametrize("seed", range(12))
def test_loads_cut_short_by_hours_and_by_room_are_below_their_routes(seed: int) -> None:
    """Where loading takes so long that hours aboard bind, too, two loads of a route may be fetched in part."""
    problem = random_day(4, seed, load=(300, 900), weight=0.0, radius=15.0, load_h_t=1.5, max_aboard_h=1.6)
    parcels = DayLoads(np.arange(4), problem.load_kg / 1000)
    part = np.random.default_rng(seed).random(4)
    share = RelaxedFinder(trucks_of(problem), parcels, np.arange(4)).best(parcels.most_t * part)
    assert share is not None
    every = [order for size in range(1, 5) for order in itertools.permutations(range(4), size)]
    assert max(most_paid(problem, order, share) for order in every) <= 1e-6


def cheapest(problem: CollectionProblem) -> float:
    """Cost of the best partition of a few stops into tours without split loads."""
    best = {frozenset[int](): 0.0}
    for size in range(1, problem.n + 1):
        for stops in itertools.combinations(range(problem.n), size):
            some = frozenset(stops)
            best[some] = math.inf
            for part in (set(c) for k in range(1, size + 1) for c in itertools.combinations(stops, k)):
                if stops[0] not in part or problem.load_kg[list(part)].sum() > problem.vehicles[0].payload_kg:
                    continue
                for order in itertools.permutations(sorted(part)):
                    route = evaluate_route(problem, problem.vehicles[0], order, problem.load_kg[list(order)])
                    if max(route.aboard_h) <= problem.max_aboard_h:
                        best[some] = min(best[some], route.cost_cny + best[some - part])
    return best[frozenset(range(problem.n))]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shares_come_near_the_best_routes(seed: int) -> None:
    """Of six stops, their shares are worth at least 90 % of the best routes, and no more; radial ones far less."""
    problem = random_day(6, seed, load=(200, 500), weight=0.0)
    parcels = DayLoads(np.arange(6), problem.load_kg / 1000)
    share = RelaxedFinder(trucks_of(problem), parcels, np.arange(6)).best(parcels.most_t)
    best = cheapest(problem)
    assert share is not None
    assert 0.9 * best <= share @ parcels.most_t <= best + 1e-6
    assert parcels.radial_cny_t(trucks_of(problem)) @ parcels.most_t < 0.75 * best


def test_loads_left_behind_do_not_make_the_others_cheaper() -> None:
    """A village of which a third is fetched pays for its own tour, not for a third of one."""
    problem = random_day(1, 5, load=(300, 301))
    both = halves(problem)
    finder = RelaxedFinder(trucks_of(problem), both, np.arange(2))
    third = np.array([both.most_t[0], 0.0])
    share = finder.best(third)
    tour = evaluate_route(problem, SMALL, (0,), third[:1] * 1000)
    assert share is not None
    assert share @ third == pytest.approx(tour.cost_cny, rel=0.02)


def test_further_days_find_the_same_shares_with_fewer_searches() -> None:
    """Routes found for one day spare another most of the search."""
    problem = random_day(30, 7, vehicles=(SMALL, LARGE))
    parcels = DayLoads(np.arange(30), problem.load_kg / 1000)
    first = RelaxedFinder(trucks_of(problem), parcels, np.arange(30))
    worth = first.best(parcels.most_t) @ parcels.most_t
    again = RelaxedFinder(trucks_of(problem), parcels, np.arange(30), first.routes())
    assert again.best(parcels.most_t) @ parcels.most_t == pytest.approx(worth, rel=0.02)
    assert again.searches < 0.5 * first.searches


def test_too_many_routes_give_no_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that cannot be ended proves nothing."""
    problem = random_day(12, 3, load=(10, 30))
    monkeypatch.setattr(r, "LABELS", 40)
    parcels = DayLoads(np.arange(12), problem.load_kg / 1000)
    assert RelaxedFinder(trucks_of(problem), parcels, np.arange(12)).best(parcels.most_t) is None
