"""Siting: hand-checked cases for each rule, and brute force as the referee."""

from __future__ import annotations

import itertools
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_cases import at_most, brute_force, hand_case, random_case, total_award

from coldchain.errors import BadInputError
from coldchain.model import Limit
from coldchain.siting import diagnose_siting, plan_value, plan_violations, solve_siting, units
from coldchain.siting.divide import divide
from coldchain.siting.engine import Engine
from coldchain.siting.integer import Choice, integer_model
from coldchain.siting.relax import cheapest, relax
from coldchain.siting.space import build_space
from coldchain.siting.split import split
from coldchain.work import Meter

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.siting import county


def check(problem, **options):
    """Solve, check the plan against every limit and the value against the decisions."""
    r = solve_siting(problem, **({"work": 600.0, "gap": 1e-7} | options))
    if np.isfinite(r.value):
        assert plan_violations(problem, r.count, r.arc_share, r.outside_share) == []
        assert r.value == pytest.approx(plan_value(problem, r.count, r.arc_share, r.outside_share), abs=1e-6)
        assert r.bound <= r.value
    return r


def test_each_village_gets_its_own_module():
    """Two modules cost 80 and two arcs 20: cheaper than 200 outside."""
    r = check(hand_case())
    assert (r.status, r.value, r.count.tolist()) == ("optimal", pytest.approx(100.0), [[1], [1]])


def test_budget_zero_uses_only_what_stands():
    """A standing module of 3 t/day takes 2 t of the near and 1 t of the far village."""
    r = check(hand_case(budget=0.0, existing=[[1], [0]]))
    assert r.count.sum() == 0
    assert r.value == pytest.approx(10 + 0.5 * 30 + 0.5 * 100)
    assert check(hand_case(budget=0.0)).value == pytest.approx(200.0)


def test_cap_makes_the_second_module_free_of_budget():
    """One owner, cap 100: two modules draw 100 and fit a budget of 100; without the cap only one fits."""
    one_owner = {"owner": [0, 0], "budget": 100.0}
    assert check(hand_case(**one_owner, owner_cap=[100.0])).count.sum() == 2
    assert check(hand_case(**one_owner, owner_cap=[np.inf])).count.sum() == 1


def test_award_cannot_be_refused_to_dodge_the_budget():
    """A module draws its whole award: with a budget of 99 an award of 100 forbids it, with a cap of 99 it does not."""
    assert check(hand_case(budget=99.0)).count.sum() == 0
    r = check(hand_case(budget=99.0, owner_cap=[99.0, 99.0]))
    assert r.count.sum() == 1
    assert r.owner_award.sum() == pytest.approx(99.0)


def test_floor_share_binds_through_the_cap():
    """Awards of 100 on 400 are 25 %: a floor of 25 % allows both, and a cap of 90 then forbids building."""
    assert check(hand_case(floor_share=0.25)).count.sum() == 2
    assert check(hand_case(floor_share=0.25, owner_cap=[90.0, 90.0])).count.sum() == 0


def test_pot_follows_the_county_of_the_first_site():
    """Owner 0 has its first site in county 0, so the pot of county 1 does not limit its site there."""
    pots = {"county": [0, 1], "pot": [np.inf, 0.0]}
    assert check(hand_case(**pots)).count.ravel().tolist() != [1, 1]
    assert check(hand_case(**pots, owner=[0, 0])).count.ravel().tolist() == [1, 1]


def test_forced_and_forbidden_sites():
    """A forced site is built even when dear; a forbidden one stays empty."""
    r = check(hand_case(forced=[True, False], module_cost=[[500.0], [40.0]], max_count=[[1], [2]]))
    assert r.count[0, 0] == 1
    assert check(hand_case(max_count=[[0], [2]])).count[0, 0] == 0


def test_power_limit_stops_the_second_module():
    """20 kW of modules at one site need 20 kW; at 19 kW one module is left and a quarter of the load stays out."""
    only = {"max_count": [[2], [0]], "module_cost": [[30.0], [30.0]]}
    assert check(hand_case(**only, power_limit=[20.0, 0.0])).count[0, 0] == 2
    r = check(hand_case(**only, power_limit=[19.0, 0.0]))
    assert r.count[0, 0] == 1
    assert r.outside_share.sum() == pytest.approx(0.5)


def test_infeasible_is_proved_and_diagnosed():
    """Two forced sites draw 200; a budget of 157 lacks 43."""
    problem = hand_case(forced=[True, True], budget=157.0)
    assert check(problem).status == "infeasible"
    found = diagnose_siting(problem)
    assert [(f.limit, f.limit.unit) for f in found] == [(Limit("budget"), "CNY")]
    assert found[0].amount == pytest.approx(43.0)
    assert str(found[0]) == "budget: at least 43 CNY more"
    assert diagnose_siting(hand_case()) == []


@pytest.mark.parametrize(
    ("changes", "what", "amount"),
    [
        ({"pot": [130.0], "forced": [True, True]}, "pot of county 0", 70.0),
        ({"power_limit": [4.0, np.inf], "forced": [True, False]}, "power limit of site 0", 6.0),
        ({"max_modules": [0, 2], "forced": [True, False]}, "most modules of site 0", 1.0),
        ({"floor_share": 0.5, "forced": [True, False]}, "awards under the floor share", 100.0),
        ({"max_count": [[0], [2]], "forced": [True, False]}, "forced site 0 cannot hold any module", 1.0),
    ],
)
def test_each_relaxation_is_named_with_its_amount(changes, what, amount):
    """One limit at a time is made impossible."""
    problem = hand_case(**changes)
    assert check(problem).status == "infeasible"
    found = diagnose_siting(problem)
    assert [(str(f.limit), pytest.approx(f.amount)) for f in found] == [(what, amount)]


def test_no_demand_and_no_site():
    """Empty problems cost nothing, or everything outside."""
    none = hand_case(outside_cost=[], arc_demand=[], arc_site=[], arc_class=[], arc_cost=[], load=np.zeros((0, 1)))
    assert check(none).value == 0.0
    wide = dict.fromkeys(["module_cost", "module_capex", "award", "max_count", "existing"], np.zeros((0, 1)))
    flat = dict.fromkeys(["max_modules", "power_limit", "forced", "owner", "county"], np.zeros(0))
    arcs = dict.fromkeys(["arc_demand", "arc_site", "arc_class", "arc_cost"], np.zeros(0))
    r = check(hand_case(**wide, **flat, **arcs))
    assert (r.status, r.value) == ("optimal", 200.0)


def test_second_objective_is_respected():
    """Serving at site 1 is forced by a limit that only its arcs meet; a limit below every plan is infeasible."""
    second = ([9.0, 9.0], [5.0, 1.0, 5.0, 1.0], np.zeros((2, 1)), 2)
    r = check(hand_case(sides=(at_most(2.0, *second),)))
    assert r.count.ravel().tolist() == [0, 2]
    assert r.value == pytest.approx(120.0)
    assert check(hand_case(sides=(at_most(1.9, *second),))).status == "infeasible"


def test_bad_shapes_and_figures_are_all_listed():
    """Every fault comes in one error, with its value."""
    with pytest.raises(BadInputError, match=r"2 faults(.|\n)*arc_cost(.|\n)*capacity"):
        hand_case(arc_cost=[1.0, np.nan, 1.0, 1.0], capacity=[-3.0])
    with pytest.raises(BadInputError, match=r'owner_cap = "\(3,\)": must have shape \(2,\)|owner'):
        hand_case(owner=[0, 7])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), limit=st.booleans())
def test_value_equals_brute_force(seed, limit):
    """On tiny problems the plan is the best of all, and infeasible means that none exists."""
    problem = random_case(seed, limit=limit)
    best = brute_force(problem)
    r = check(problem)
    if np.isfinite(best):
        assert r.status == "optimal"
        assert r.value == pytest.approx(best, abs=1e-5 * (1 + abs(best)))
        assert r.bound <= best + 1e-5 * (1 + abs(best))
    else:
        assert r.status == "infeasible"
        assert limit or diagnose_siting(problem)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), number=st.integers(0, 2), limit=st.booleans())
def test_bound_of_a_pruned_model_never_passes_the_optimum(seed, number, limit):
    """With most arcs left out and priced in, the integer model stays a relaxation of the full problem."""
    problem = random_case(seed, limit=limit)
    best = brute_force(problem)
    space = build_space(problem)
    with Engine(Meter(), lambda: False, 0) as engine:
        relaxed = relax(engine, space, 20.0, np.zeros(0, np.int64)) if np.isfinite(best) else None
        if relaxed is None:
            return
        arcs = cheapest(space, relaxed.prices.reduced(space), number)
        arcs = np.union1d(arcs, relaxed.prices.link[relaxed.prices.lam > 0])
        frame = space.frame
        choice = Choice(frame.lower[: frame.pairs], frame.upper[: frame.pairs], arcs, relaxed.links, relaxed.prices)
        outcome = engine.solve(integer_model(space, choice), 20.0)
    assert relaxed.prices.bound <= best + 1e-6 * (1 + abs(best))
    assert outcome.bound <= best + 1e-5 * (1 + abs(best))
    assert outcome.bound >= relaxed.prices.bound - 1e-5 * (1 + abs(best))


def test_time_limit_gives_a_plan_with_a_gap():
    """No time at all still gives a plan: status feasible, an honest gap, progress that only improves."""
    heard = []
    r = check(county(40, 2, 12, 5, 1), work=0.0, gap=0.0, progress=lambda v, b: heard.append((v, b)))
    assert r.status == "feasible"
    assert 0 < r.gap < 1
    assert all(b[0] <= a[0] + 1e-6 and b[1] >= a[1] - 1e-6 for a, b in itertools.pairwise(heard))


def test_stop_returns_the_best_so_far():
    """A flag set when the first bound is heard ends the search, which would go on, and keeps the plan."""
    flag, heard = threading.Event(), []

    def progress(value, bound):
        heard.append((value, bound))
        if np.isfinite(value) and np.isfinite(bound):
            flag.set()

    r = check(county(60, 2, 15, 5, 1), gap=0.0, progress=progress, stop=flag)
    assert r.interrupted
    assert r.status == "feasible"
    assert r.value <= heard[0][0] + 1e-6


def test_start_is_used_and_total_award_keeps_to_the_budget():
    """A known plan is never made worse."""
    problem = hand_case(budget=150.0)
    r = check(problem, start=np.array([[1], [0]]))
    assert r.value <= 40 + 10 + 15 + 50 + 1e-9
    assert total_award(problem, r.count) <= 150.0


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_sites_with_too_many_choices_are_divided_class_by_class(seed):
    """Where each class of a site is a unit of its own, as where a catalogue is long, no branch loses the best plan."""
    problem = random_case(seed)
    best = brute_force(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "MOST", 3)
        part = split(build_space(problem), Meter())
    if part is None or not np.isfinite(best):
        return
    heard = itertools.count()
    bound, _nodes = divide(part, lambda: best + 1.0, lambda _part, _bound: next(heard) < 60)
    assert bound <= best + 1e-6 * (1 + abs(best))
