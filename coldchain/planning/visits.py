"""Which villages to visit before building: those whose harvest, once known, may lead to other depots.

With ``c_k`` the yearly cost of a choice ``k`` of modules, ``ε_d`` how far the harvest of demand ``d`` strays from what
was planned with and ``λ_kd`` what a little more of ``d`` costs under ``k`` (the price of the demand in the assignment)

    c_k(ε) ≈ c_k + Σ_d λ_kd·ε_d

To know the villages of a set ``S`` is worth what the best choice is then expected to save on the plan, ``k = 0``:

    worth(S) = E max_k max(0, c_0 - c_k + Σ_(d of S) (λ_0d - λ_kd)·ε_d)

which is the expected value of partial perfect information (Raiffa & Schlaifer 1961). Choices are those the search met
and all that are one module away from the plan. Villages are picked one after another, each for what it adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.planning.arcs import Arcs
from coldchain.planning.course import Course
from coldchain.planning.estimates import Estimates
from coldchain.planning.limits import stated
from coldchain.planning.pipeline import Ground
from coldchain.planning.search import Options
from coldchain.siting import FixedModules, SitingProblem
from coldchain.work import Meter

CHOICES, DRAWS = 40, 400
"""Rival choices that are weighed, those with the lowest floors, and draws of the harvest."""


@dataclass(frozen=True)
class VillageVisit:
    """A village and what knowing its harvest adds to what is known of those before it, CNY a year."""

    village: int
    cny: float


def worth_visiting(ground: Ground, course: Course, options: Options, cv: Floats, most: int) -> tuple[VillageVisit, ...]:
    """Return the villages worth a visit, in the order in which to go.

    Parameters
    ----------
    course : the plan
    cv : coefficient of variation of each village's tonnes of each crop, float64[villages, commodities]
    most : villages to name; fewer are, when more visits would change nothing
    """
    ahead, change = _rivals(ground, course, options)
    return _picked(ahead, change, _spread(ground, cv), ground.arcs, most, options.seed)


def _rivals(ground: Ground, course: Course, options: Options) -> tuple[Floats, Floats]:
    """Return how far each choice is ahead of the plan, [choices], and how that changes with ε, [choices, D]."""
    problem = stated(ground.basis, Estimates(ground.basis, ground.arcs).corrected(course), "total_cost_cny")
    own = course.decision.modules()
    with FixedModules(problem, options.halted, Meter(), options.seed) as fixed:
        base = fixed.assign(own, keep=True)
        if base is None:
            return np.zeros(0), np.zeros((0, len(ground.arcs.village)))
        price = fixed.demand_prices()
        ahead, change = [], []
        for count in _lowest(fixed, own, [*_neighbours(problem, own), *_met(options, own)]):
            plan = fixed.assign(count, keep=True)
            if plan is not None:
                ahead.append(base.value - plan.value)
                change.append(price - fixed.demand_prices())
    return np.minimum(ahead, 0.0), np.array(change).reshape(-1, len(price))


def _lowest(fixed: FixedModules, own: Ints, rivals: Sequence[Ints]) -> list[Ints]:
    """Return the rivals with the lowest floors."""
    found = {one.tobytes(): one for one in rivals if (one != own).any()}
    return sorted(found.values(), key=lambda one: (fixed.floor(one), one.tobytes()))[:CHOICES]


def _neighbours(problem: SitingProblem, own: Ints) -> Iterator[Ints]:
    """Yield the choices one module more, less, or elsewhere away, within what each site may have."""
    less = np.argwhere(own > 0)
    more = np.argwhere((own < problem.max_count) & (own.sum(axis=1) < problem.max_modules)[:, None])
    for j, k in less:
        yield _with(own, (j, k, -1))
    for j, k in more:
        yield _with(own, (j, k, 1))
    for j, k in less:
        for i, m in np.argwhere(problem.max_count > 0):
            if (i, m) != (j, k) and (i == j or own[i].sum() < problem.max_modules[i]) and own[i, m] == 0:
                yield _with(own, (j, k, -1), (i, m, 1))


def _with(own: Ints, *changes: tuple[int, int, int]) -> Ints:
    count = own.copy()
    for j, k, by in changes:
        count[j, k] += by
    return count


def _met(options: Options, own: Ints) -> Iterator[Ints]:
    """Yield the choices the search worked out, as wide as the siting problem."""
    for _value, count in options.met.choices():
        wide = np.zeros_like(own)
        wide[:, : count.shape[1]] = count
        yield wide


def _spread(ground: Ground, cv: Floats) -> Floats:
    """Return the coefficient of variation of each demand: its crops stray by themselves."""
    arcs, harvest = ground.arcs, ground.scenario.harvest_t.sum(axis=2)
    spread = np.zeros(len(arcs.village))
    for g, members in enumerate(arcs.members):
        rows = np.flatnonzero(arcs.group == g)
        tonnes = harvest[np.ix_(arcs.village[rows], members)]
        off = tonnes * cv[np.ix_(arcs.village[rows], members)]
        spread[rows] = np.sqrt((off**2).sum(axis=1)) / np.maximum(tonnes.sum(axis=1), 1e-12)
    return spread


def _picked(
    ahead: Floats, change: Floats, spread: Floats, arcs: Arcs, most: int, seed: int
) -> tuple[VillageVisit, ...]:
    """Pick villages one after another, each for what it adds."""
    random = np.random.default_rng([seed, 5])
    sigma = np.sqrt(np.log1p(spread**2))[:, None]
    strays = np.exp(sigma * random.standard_normal((len(spread), DRAWS)) - sigma**2 / 2) - 1.0
    left = {int(v): np.flatnonzero(arcs.village == v) for v in np.unique(arcs.village)}
    known, worth = np.repeat(ahead[:, None], DRAWS, axis=1), 0.0
    found: list[VillageVisit] = []
    while left and len(found) < most and len(ahead):
        tried = {v: _worth(known + change[:, rows] @ strays[rows]) for v, rows in left.items()}
        best = max(tried, key=lambda v: (tried[v], -v))
        if tried[best] <= worth:
            break
        rows = left.pop(best)
        known = known + change[:, rows] @ strays[rows]
        found.append(VillageVisit(best, tried[best] - worth))
        worth = tried[best]
    return tuple(found)


def _worth(saves: Floats) -> float:
    """Return what the best choice saves on the mean, the plan among them."""
    return float(np.maximum(saves.max(axis=0), 0.0).mean())
