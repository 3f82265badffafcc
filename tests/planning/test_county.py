"""The county at a glance: who goes where and all routes in compiled loops, against brute force and its own books."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.arrays import KG_PER_T
from coldchain.planning import Plan
from coldchain.planning.arcs import Arcs, build_arcs
from coldchain.planning.county import County, CountyPlan, Loads, suits
from coldchain.planning.estimates import Estimates
from coldchain.planning.limits import stated
from coldchain.routing.kernel import county as kernel
from coldchain.siting import cell_modules


def county_of(plan: Plan) -> tuple[County, Arcs]:
    """Return the county near a plan."""
    basis, course = plan.basis, plan.course
    arcs = build_arcs(basis)
    shown = Estimates(basis, arcs).corrected(course)
    county = County(basis, arcs, 0)
    county.settle(course, stated(basis, shown, "total_cost_cny"), shown)
    return county, arcs


@pytest.fixture(scope="module")
def seen(small_plan: Plan) -> tuple[County, Arcs]:
    """Return the twelve-village county, near its plan."""
    return county_of(small_plan)


def fetched_kg(county: County, plan: CountyPlan) -> np.ndarray:
    """Return what the routes of a glance fetch, kg by depot, period and village."""
    driven = plan.driven
    scenario = county.basis.scenario
    kg = np.zeros((len(scenario.sites), len(scenario.periods), len(scenario.villages)))
    each = np.repeat(driven.site, driven.visits), np.repeat(driven.period, driven.visits), driven.village
    np.add.at(kg, each, driven.kg)
    return kg


def sent_kg(county: County, arcs: Arcs, plan: CountyPlan) -> np.ndarray:
    """Return what the loads of a glance come to, of the same shape."""
    kg = np.zeros_like(fetched_kg(county, plan))
    for d, share, a in zip(*plan.loads, strict=True):
        if a >= 0:
            kg[arcs.site[a], :, arcs.village[d]] += share * county.ground.kg[d]
    return kg


NOWHERE = np.zeros(0, dtype=np.intp)


@pytest.mark.parametrize("steps", [0, 1, 400])
def test_everything_sent_is_fetched_within_the_rooms(small_plan: Plan, seen: tuple[County, Arcs], steps: int) -> None:
    """Routes bring each depot what is sent there, all of every harvest goes somewhere, no room holds too much."""
    county, arcs = seen
    decision = small_plan.course.decision
    found = county.search(decision.modules(), county.laden(decision.arc_share(arcs)), steps, NOWHERE)
    assert fetched_kg(county, found) == pytest.approx(sent_kg(county, arcs, found), rel=1e-6, abs=1e-3)
    whole = np.bincount(found.loads.demand, found.loads.share, len(arcs.village))
    assert whole == pytest.approx(np.ones(len(whole)))
    capacity = cell_modules(county.problem, found.count)[1]
    used = np.zeros((len(capacity), arcs.load_t_day.shape[1]))
    for d, share, a in zip(*found.loads, strict=True):
        if a >= 0:
            used[county.problem.arc_cell[a]] += share * arcs.load_t_day[d]
    assert (used <= capacity[:, None] * (1.0 + 1e-6) + 1e-9).all()


def test_the_running_total_is_that_of_a_fresh_count(small_plan: Plan, seen: tuple[County, Arcs]) -> None:
    """After hundreds of steps, most of them undone, loads and routes laid out anew cost what the search says."""
    county, arcs = seen
    decision = small_plan.course.decision
    found = county.search(decision.modules(), county.laden(decision.arc_share(arcs)), 600, NOWHERE)
    again = county.search(found.count, found.loads, 0, NOWHERE, found.driven)
    assert again.value == pytest.approx(found.value, rel=1e-9)
    assert len(again.driven.site) == len(found.driven.site)


def test_more_steps_are_never_dearer_and_a_seed_repeats(small_plan: Plan, seen: tuple[County, Arcs]) -> None:
    """The best met is kept: no steps, then three hundred; two counties of one seed agree to the last bit."""
    county, arcs = seen
    decision = small_plan.course.decision
    loads = county.laden(decision.arc_share(arcs))
    start = county.search(decision.modules(), loads, 0, NOWHERE)
    twice = [county_of(small_plan)[0].search(decision.modules(), loads, 300, NOWHERE) for _time in range(2)]
    assert twice[0].value == twice[1].value <= start.value
    assert all((a == b).all() for a, b in zip(twice[0].driven, twice[1].driven, strict=True))


def test_a_glance_finds_what_brute_force_finds(seen: tuple[County, Arcs]) -> None:
    """Five demands alone, their three best ways to two depots: no combination costs less than the search's answer."""
    county, arcs = seen
    count = np.zeros_like(county.problem.max_count)
    count[np.flatnonzero(county.problem.max_count.any(axis=1))[:2]] = 1
    count = np.minimum(count, county.problem.max_count)
    open_arc = cell_modules(county.problem, count)[1][county.problem.arc_cell] > 0
    ways = [np.flatnonzero((arcs.demand == d) & open_arc) for d in range(len(arcs.village))]
    demand = np.array([d for d, some in enumerate(ways) if len(set(arcs.site[some])) == 2][:5])
    choices = [[-1, *ways[d][np.argsort(county.problem.arc_cost[ways[d]])][:3].tolist()] for d in demand]
    assert len(demand) == 5
    values = [
        county.search(count, Loads(demand, np.ones(5), np.array(some)), 0, NOWHERE).value
        for some in itertools.product(*choices)
    ]
    idle = Loads(demand, np.ones(5), np.full(5, -1))
    found = county.search(count, idle, 800, NOWHERE)
    assert max(values) > min(values)
    assert found.value <= min(values) + 1e-6 * abs(min(values))


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_moved_assignment_follows_the_plan_where_modules_change(seen: tuple[County, Arcs], seed: int) -> None:
    """At changed depots it is the plan's, elsewhere what is left of today's; never more than all, or less than none."""
    county, arcs = seen
    random = np.random.default_rng(seed)

    def assignment() -> np.ndarray:
        share = random.random(len(arcs.demand)) * (random.random(len(arcs.demand)) < 0.05)
        whole = np.bincount(arcs.demand, share, len(arcs.village))
        return share / np.maximum(whole, 1.0)[arcs.demand]

    now, planned = assignment(), assignment()
    changed = random.choice(len(county.basis.scenario.sites), 2, replace=False)
    made = county.moved(now, planned, changed)
    there = np.isin(arcs.site, changed)
    assert made[there] == pytest.approx(planned[there])
    assert (made >= 0.0).all()
    assert np.bincount(arcs.demand, made, len(arcs.village)).max() <= 1.0 + 1e-9
    same = county.moved(now, now, changed)
    assert same == pytest.approx(now)


def test_the_line_haul_lies_on_straight_lines_between_steps(seen: tuple[County, Arcs]) -> None:
    """Steps of 2 t at 10, 20, 40 CNY: nothing costs nothing, 1 t 15, 3 t 30, 6 t goes on at the last slope to 60."""
    data = seen[0].data._replace(haul_t=2.0, haul_cny=np.array([[10.0, 20.0, 40.0]]))
    assert [kernel.hauling(data, 0, t) for t in (0.0, 1.0, 3.0, 6.0)] == [0.0, 15.0, 30.0, 60.0]


def test_loads_are_those_of_a_typical_day(seen: tuple[County, Arcs]) -> None:
    """Kilograms of all demands are the scenario's daily tonnes."""
    county, _arcs = seen
    assert county.ground.kg.sum() == pytest.approx(county.basis.scenario.daily_t.sum() * KG_PER_T)


def test_where_villages_stay_whole_the_county_is_not_looked_at(small_plan: Plan) -> None:
    """Loads of a glance may be parted: where that is forbidden siting alone assigns."""
    basis = small_plan.basis
    assert suits(basis)
    siting = basis.scenario.siting.model_copy(update={"single_source": True})
    assert not suits(replace(basis, scenario=replace(basis.scenario, siting=siting)))
