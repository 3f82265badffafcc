"""Duties: windows, trips, driving hours, cargoes and regimes, against referees that share no code with the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from duty_cases import best_by_enumeration, duty_cost, plan_cost, random_duties, timetable_by_programme, types_of
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.routing.ruin import Effort, ruin_recreate

few = settings(derandomize=True, deadline=None, max_examples=40)


@few
@given(st.integers(0, 10_000), st.integers(1, 20), st.integers(1, 3), st.booleans())
def test_cost_is_the_cost_of_the_duties(seed, n, m, simple):
    """The cost told is that recomputed from the trips, and every limit holds."""
    instance = random_duties(n, seed, m, simple=simple)
    found = ruin_recreate(instance, Effort(iterations=300), seed=seed)
    absent = sum(instance.value[i] == np.inf for i in found.absent)
    if not absent:
        assert found.cost == pytest.approx(plan_cost(instance, found.routes), rel=1e-9, abs=1e-6)
    assert np.isfinite([duty_cost(instance, *duty) for duty in found.routes]).all()


@pytest.mark.parametrize("seed", range(8))
def test_equals_enumeration(seed):
    """Five stops, two types, two trips, optional stops: the optimum over everything."""
    instance = replace(random_duties(5, seed), value=np.full(5, 300.0))
    found = ruin_recreate(instance, Effort(iterations=4000), seed=seed)
    assert found.cost == pytest.approx(best_by_enumeration(instance), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_equals_enumeration_of_seven(seed):
    """Seven stops."""
    instance = replace(random_duties(7, 100 + seed), value=np.full(7, 300.0))
    found = ruin_recreate(instance, Effort(iterations=20_000), seed=seed)
    assert found.cost == pytest.approx(best_by_enumeration(instance), abs=1e-6)


def timeless(n, seed):
    """Return duties without windows or limits of hours aboard, and the same with windows that never bind."""
    instance = replace(random_duties(n, seed), max_aboard_h=np.inf, since_ready=False, value=np.full(n, 300.0))
    same = replace(instance, window_h=np.tile([0.0, 1e6], (n, 1)), depot_window_h=np.array([[0.0, 1e6]]))
    return replace(instance, window_h=None, depot_window_h=None), same


@few
@given(st.integers(0, 10_000), st.integers(1, 25))
def test_without_windows_every_limit_holds(seed, n):
    """Duties priced without driving them through cost what they cost driven through, within shift and driving hours."""
    instance, same = timeless(n, seed)
    found = ruin_recreate(instance, Effort(iterations=300), seed=seed)
    assert found.cost == pytest.approx(plan_cost(same, found.routes), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_without_windows_equals_enumeration(seed):
    """Five stops without windows: the optimum over everything."""
    instance, same = timeless(5, seed)
    found = ruin_recreate(instance, Effort(iterations=4000), seed=seed)
    assert found.cost == pytest.approx(best_by_enumeration(same), abs=1e-6)


@few
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(0, 5))
def test_no_timetable_is_cheaper(seed, n, cut):
    """The trips timed by rule cost what the best timetable of a linear programme costs."""
    instance = replace(random_duties(n, seed), max_aboard_h=np.full(n, np.inf), regimes=None)
    instance = replace(instance, types=types_of({"per_h": 3.0, "trips": 2, "per_km": 0.0}), access_cny=np.zeros((1, n)))
    instance = replace(instance, regimes=np.full(n, 1), since_ready=False)
    order = list(np.random.default_rng(seed).permutation(n))
    cut %= n
    trips = [trip for trip in (order[:cut], order[cut:]) if trip]
    assert duty_cost(instance, 0, 0, trips) == pytest.approx(timetable_by_programme(instance, 0, 0, trips), abs=1e-6)
