"""Units on wheels in siting: hand-checked moves, and an enumeration that knows nothing of columns as the referee."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from coldchain.errors import BadInputError
from coldchain.siting import Fleet, SitingProblem, add_units, solve_siting, split_units
from coldchain.siting.coupling import Coupling


def seasons(**changes):
    """Two sites, two periods: village 0 near site 0 harvests in period 0, village 1 near site 1 in period 1."""
    base = {
        "outside_cost": [100.0, 100.0],
        "arc_demand": [0, 0, 1, 1],
        "arc_site": [0, 1, 0, 1],
        "arc_class": [0, 0, 0, 0],
        "arc_cost": [10.0, 60.0, 60.0, 10.0],
        "load": [[2.0, 0.0], [0.0, 2.0]],
        "module_class": [],
        "capacity": [],
        **{name: np.zeros((2, 0)) for name in ("module_cost", "module_capex", "award", "max_count", "existing")},
        "max_modules": [0, 0],
        "power_kw": [],
        "power_limit": [np.inf, np.inf],
        "forced": [False, False],
        "owner": [0, 1],
        "owner_cap": [np.inf, np.inf],
        "county": [0, 0],
        "pot": [np.inf],
    }
    return SitingProblem(**(base | changes))


def fleet(**changes):
    """One unit type of 3 t/day that costs 30 a year and 5 a move; its award is 40."""
    base = {
        "first_class": 0,
        "capacity": np.array([3.0]),
        "power_kw": np.array([10.0]),
        "staff": np.zeros(1),
        "most": np.array([[2], [2]]),
        "stands": np.array([True, True]),
        "capex": np.full((2, 1), 100.0),
        "award": np.full((2, 1), 40.0),
        "cost": np.full((2, 1), 30.0),
        "stay": np.zeros((2, 1, 2)),
        "move": np.array([5.0]),
        "period": np.array([0, 1]),
    }
    return Fleet(**(base | changes))


def test_one_unit_follows_the_harvest():
    """One unit, two moves a year: 10 + 10 + 30 + 2·5 = 60, less than a unit for each village or a long ride."""
    r = solve_siting(add_units(seasons(), fleet()))
    bought, standing = split_units(r.count, 0, 2)
    assert (r.status, r.value, r.bound) == ("optimal", pytest.approx(60.0), pytest.approx(60.0))
    assert bought.sum() == 1
    assert standing[:, 0].tolist() == [[1, 0], [0, 1]]


def test_dear_moves_keep_it_where_it_is():
    """At 40 a move one unit stays, a village drives far: 10 + 60 + 30; two need no move: 10 + 10 + 60."""
    dear = fleet(move=np.array([40.0]), most=np.array([[1], [0]]))
    r = solve_siting(add_units(seasons(), dear))
    assert r.value == pytest.approx(100.0)
    assert solve_siting(add_units(seasons(), fleet(move=np.array([40.0])))).value == pytest.approx(80.0)
    assert (np.diff(split_units(r.count, 0, 2)[1], axis=2) == 0).all()


def test_the_award_counts_by_budget_cap_and_floor():
    """Nothing is bought below the award; at the owner's cap the second unit is free of budget."""
    assert solve_siting(add_units(seasons(budget=39.0), fleet())).value == pytest.approx(200.0)
    dear = fleet(move=np.array([500.0]), most=np.array([[2], [0]]))
    capped = seasons(budget=50.0, owner_cap=[50.0, np.inf], arc_cost=[10.0, 99.0, 99.0, 10.0])
    r = solve_siting(add_units(capped, dear))
    assert r.value == pytest.approx(10.0 + 10.0 + 60.0)
    assert r.owner_award.tolist() == pytest.approx([50.0, 0.0])
    assert solve_siting(add_units(seasons(floor_share=0.41), fleet())).value == pytest.approx(200.0)


def test_power_is_shared_in_each_period_and_forbidden_ground_stays_empty():
    """Where 9 kW are at hand a unit of 10 kW cannot stand; both periods at one site need no more than one does."""
    r = solve_siting(add_units(seasons(power_limit=[9.0, np.inf]), fleet()))
    assert split_units(r.count, 0, 2)[1][0].sum() == 0
    assert r.value == pytest.approx(60.0 + 10.0 + 30.0)
    r = solve_siting(add_units(seasons(power_limit=[10.0, np.inf]), fleet(stands=np.array([True, False]))))
    assert r.value == pytest.approx(10.0 + 60.0 + 30.0)


def test_indices_of_couplings_are_checked():
    """A row that speaks of a module that is not there is named."""
    with pytest.raises(BadInputError, match=r"couplings.module.*must be under 0"):
        seasons(couplings=Coupling([0], [0], [3], [1.0], [0.0]))


def random_case(seed):
    """Draw a county of two periods with up to four demands, two or three sites, a fixed type and one or two units."""
    rng = np.random.default_rng(seed)
    sites, units, demands, periods = int(rng.integers(2, 4)), int(rng.integers(1, 3)), int(rng.integers(2, 5)), 2
    if sites == 3:
        units = 1
    period = rng.integers(0, periods, demands)
    load = np.zeros((demands, periods))
    load[np.arange(demands), period] = rng.uniform(0.5, 3.0, demands).round(2)
    d, j, o = (index.ravel() for index in np.indices((demands, sites, 1 + units)))
    keep = rng.random(len(d)) < 0.85
    owners = int(rng.integers(1, sites + 1))
    problem = SitingProblem(
        outside_cost=rng.uniform(40, 120, demands),
        arc_demand=d[keep],
        arc_site=j[keep],
        arc_class=o[keep],
        arc_cost=rng.uniform(0, 70, int(keep.sum())),
        load=load,
        module_class=[0],
        capacity=[rng.uniform(2, 4)],
        module_cost=rng.uniform(20, 60, (sites, 1)),
        module_capex=np.full((sites, 1), 100.0),
        award=np.full((sites, 1), 30.0),
        max_count=np.ones((sites, 1)),
        existing=np.zeros((sites, 1)),
        max_modules=np.ones(sites),
        power_kw=[10.0],
        power_limit=rng.choice([10.0, 20.0, np.inf], sites),
        forced=rng.random(sites) < 0.2,
        owner=np.r_[np.arange(owners), rng.integers(0, owners, sites - owners)],
        owner_cap=rng.choice([35.0, np.inf], owners),
        county=np.zeros(sites),
        pot=[np.inf],
        budget=float(rng.choice([45.0, 70.0, np.inf])),
        floor_share=float(rng.choice([0.0, 0.25])),
        size=[3.0],
        least_size=float(rng.choice([0.0, 2.0])),
    )
    first = [int(np.flatnonzero(problem.owner == e)[0]) for e in range(owners)]
    most = np.zeros((sites, units), int)
    most[first] = 1
    return problem, Fleet(
        first_class=1,
        capacity=rng.uniform(1, 3, units),
        power_kw=rng.choice([5.0, 12.0], units),
        staff=np.zeros(units),
        most=most,
        stands=rng.random(sites) < 0.8,
        capex=np.tile(rng.uniform(40, 90, units), (sites, 1)),
        award=np.tile(rng.uniform(5, 30, units), (sites, 1)),
        cost=np.tile(rng.uniform(5, 25, units), (sites, 1)),
        stay=rng.uniform(0, 3, (sites, units, periods)),
        move=rng.uniform(0, 12, units),
        period=period,
    )


def enumerated(problem, given):
    """Least cost over all modules, purchases and places, by plain loops."""
    sites, units, periods = given.shape
    best = np.inf
    homes = [(int(j), int(m)) for j, m in zip(*np.nonzero(given.most), strict=True)]
    for built in itertools.product([0, 1], repeat=sites):
        if any(must and not b for must, b in zip(problem.forced, built, strict=True)):
            continue
        for bought in itertools.product([0, 1], repeat=len(homes)):
            money = _money(problem, given, built, [home for home, b in zip(homes, bought, strict=True) if b])
            if money is None:
                continue
            owned = [sum(b for (_, m), b in zip(homes, bought, strict=True) if m == unit) for unit in range(units)]
            for places in itertools.product(*(_places(sites, owned[m], periods) for m in range(units))):
                best = min(best, money + _year(problem, given, built, places))
    return best


def _money(problem, given, built, homes):
    """Yearly cost of what is bought, None where a limit on money or power is broken."""
    award = np.zeros(len(problem.owner_cap))
    capex = cost = 0.0
    for j, b in enumerate(built):
        award[problem.owner[j]] += 30.0 * b
        capex, cost = capex + 100.0 * b, cost + problem.module_cost[j, 0] * b
        if 10.0 * b > problem.power_limit[j]:
            return None
    for j, m in homes:
        award[problem.owner[j]] += given.award[j, m]
        capex, cost = capex + given.capex[j, m], cost + given.cost[j, m]
    total = np.minimum(award, problem.owner_cap).sum()
    return None if total > problem.budget + 1e-9 or total < problem.floor_share * capex - 1e-9 else cost


def _places(sites, owned, periods):
    """Every way for the units of a type to stand: a count at each site in each period, at most those owned."""
    once = [c for c in itertools.product(range(owned + 1), repeat=sites) if sum(c) <= owned]
    return itertools.product(once, repeat=periods)


def _year(problem, given, built, places):
    """Return the cost of moves, stays and the cheapest service, inf where power or forbidden ground is broken."""
    sites, units, periods = given.shape
    count = np.array(places)  # units, periods, sites
    if (count * ~given.stands[None, None, :]).any():
        return np.inf
    power = np.array(built)[None, :] * 10.0 + (count * given.power_kw[:, None, None]).sum(axis=0)
    if (power > problem.power_limit + 1e-9).any():
        return np.inf
    moves = np.maximum(count - np.roll(count, 1, axis=1), 0).sum(axis=(1, 2)) @ given.move
    stays = (count * given.stay.transpose(1, 2, 0)).sum()
    demands = len(problem.outside_cost)
    cost = np.r_[problem.outside_cost, problem.arc_cost]
    equal = np.hstack([np.eye(demands), (problem.arc_demand == np.arange(demands)[:, None]).astype(float)])
    rows, room, top = [], [], np.ones(len(cost))
    for n, (d, j, o) in enumerate(zip(problem.arc_demand, problem.arc_site, problem.arc_class, strict=True)):
        here = built[j] if o == 0 else count[o - 1, given.period[d], j]
        top[demands + n] = float(here > 0)
    for j, o, p in itertools.product(range(sites), range(1 + units), range(periods)):
        inside = (problem.arc_site == j) & (problem.arc_class == o)
        rows.append(np.r_[np.zeros(demands), inside * problem.load[problem.arc_demand, p]])
        room.append(problem.capacity[0] * built[j] if o == 0 else given.capacity[o - 1] * count[o - 1, p, j])
    found = linprog(cost, rows, room, equal, np.ones(demands), np.c_[np.zeros(len(cost)), top])
    return float(moves + stays + found.fun)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_value_and_bound_equal_the_enumeration(seed):
    as_enumerated(seed)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_many_values_and_bounds_equal_the_enumeration(seed):
    as_enumerated(seed)


def as_enumerated(seed):
    """Check that the plan is the best of all purchases and places, its bound not above it, and its counts add up."""
    problem, given_fleet = random_case(seed)
    best = enumerated(problem, given_fleet)
    r = solve_siting(add_units(problem, given_fleet), work=600.0, gap=1e-7)
    if not np.isfinite(best):
        assert r.status == "infeasible"
        return
    bought, standing = split_units(r.count, 1, 2)
    assert r.value == pytest.approx(best, abs=1e-5 * (1 + best))
    assert r.bound <= best + 1e-5 * (1 + best)
    assert (standing.sum(axis=0) <= bought.sum(axis=0)[:, None]).all()
