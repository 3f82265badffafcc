"""The bound of a plan holds for every plan, not only for the one that was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coldchain.planning import Options, Plan
from coldchain.planning.arcs import Arcs, build_arcs, siting_problem
from coldchain.planning.basis import Basis
from coldchain.planning.days import Decision, Effort, work_out_days
from coldchain.planning.lots import lots_of, outcome
from coldchain.planning.money import standing_opex_cny, yearly
from coldchain.planning.search import site
from coldchain.siting import SitingResult, solve_siting


@pytest.fixture(scope="module")
def basis(small_plan: Plan) -> Basis:
    """Return what the twelve-village plan was computed from."""
    return small_plan.basis


@pytest.fixture(scope="module")
def arcs(basis: Basis) -> Arcs:
    """Return its siting model."""
    return build_arcs(basis)


@pytest.fixture(scope="module")
def bound(basis: Basis, arcs: Arcs) -> float:
    """Return the bound of siting."""
    return site(basis, arcs, Options.quickly()).bound


def other_decision(basis: Basis, arcs: Arcs, seed: int) -> SitingResult:
    """Site with all costs scaled at random between a fifth and five times: a feasible, different decision."""
    rng = np.random.default_rng(seed)

    def shaken(costs: np.ndarray) -> np.ndarray:
        return costs * np.exp(rng.uniform(-1.6, 1.6, costs.shape))

    problem = siting_problem(basis, arcs, "total_cost_cny")
    return solve_siting(
        replace(
            problem,
            arc_cost=shaken(problem.arc_cost),
            outside_cost=shaken(problem.outside_cost),
            module_cost=shaken(problem.module_cost),
        ),
        work=600.0,
        gap=0.05,
    )


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
def test_no_other_plan_undercuts_the_bound(basis: Basis, arcs: Arcs, bound: float, seed: int) -> None:
    """Eight feasible plans far from the best one, worked out with real routes, all cost at least the bound."""
    result = other_decision(basis, arcs, seed)
    decision = Decision.of(arcs, result.count, result.arc_share)
    days = work_out_days(basis, arcs, decision, Effort())
    lots = lots_of(basis, arcs, decision, days)
    bill = yearly(basis, decision, days, lots)
    assert bill.total >= bound
    stated = float(arcs.inside.of("total_cost_cny") @ result.arc_share)
    stated += float(arcs.outside.of("total_cost_cny") @ result.outside_share)
    stated += float((result.count * arcs.module.money_cny).sum()) + standing_opex_cny(basis)
    assert bill.total >= stated * (1 - 1e-9)
    assert outcome(basis, lots).loss_t >= float(
        arcs.inside.loss_t @ result.arc_share + arcs.outside.loss_t @ result.outside_share
    ) * (1 - 1e-9)
