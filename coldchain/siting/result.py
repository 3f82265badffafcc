"""The answer, and the exact figures of a decision recomputed from the problem alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.model.base import Status
from coldchain.progress import relative_gap
from coldchain.siting.problem import SitingProblem, bincount
from coldchain.siting.sides import side_violations


@dataclass(frozen=True, eq=False)
class SitingResult:
    """A plan with a proven bound.

    Attributes
    ----------
    status : ``optimal`` (gap within the wanted gap), ``feasible``, ``infeasible`` (proved) or ``limit`` (no plan yet)
    value : CNY/yr, recomputed from the decisions; inf without a plan
    bound : CNY/yr, no plan of the full problem is cheaper; inf when infeasible
    count : int[J, K], new modules
    arc_share : float[A], share of the demand on the arc
    outside_share : float[D]
    owner_award : float[E], CNY
    seconds, work : wall time, and units of work (see :mod:`coldchain.work`)
    interrupted : True when ``stop`` ended the search
    log : what happened, one line a step, with seconds
    arcs_all, arcs_kept : arcs of the problem, and arcs in the last integer model (the others are priced in one
        column a demand, so that the bound stays true)
    """

    status: Status
    value: float
    bound: float
    count: Ints
    arc_share: Floats
    outside_share: Floats
    owner_award: Floats
    seconds: float
    work: float = 0.0
    interrupted: bool = False
    log: tuple[str, ...] = ()
    arcs_all: int = 0
    arcs_kept: int = 0

    @property
    def gap(self) -> float:
        """|value - bound| / max(|value|, 1e-9); inf without a plan."""
        if not np.isfinite(self.value):
            return float("inf")
        return relative_gap(self.value, self.bound)


def award_of_owner(problem: SitingProblem, count: Ints) -> Floats:
    """Award per owner, exactly ``min(sum of the awards of its modules, cap)``, float[E] in CNY."""
    site = (problem.award * count).sum(axis=1)
    raw = np.bincount(problem.owner, weights=site, minlength=len(problem.owner_cap))
    return np.minimum(raw, problem.owner_cap)


def plan_value(problem: SitingProblem, count: Ints, arc_share: Floats, outside_share: Floats) -> float:
    """Annual cost of a decision in CNY."""
    money = problem.arc_cost @ arc_share + problem.outside_cost @ outside_share
    return float(money + (problem.module_cost * count).sum())


def count_violations(problem: SitingProblem, count: Ints, rtol: float = 1e-6) -> list[str]:
    """Every limit on modules and money that ``count`` breaks, in words; empty when it keeps them all."""
    award = award_of_owner(problem, count)
    total = float(award.sum())
    capex = float((problem.module_capex * count).sum())
    pots = bincount(problem.owner_county, award, len(problem.pot))
    size = np.zeros(len(count)) if problem.size is None else count @ (problem.size * problem.heavy)
    solid = count[:, problem.heavy]
    empty = problem.forced & (solid.sum(axis=1) + problem.existing.sum(axis=1) < 1)
    missing = np.zeros(0)
    if problem.couplings is not None:
        missing = problem.couplings.least - problem.couplings.totals(count)

    def over(amount: Floats | float, limit: Floats | float) -> bool:
        return bool(np.any(np.asarray(amount) > np.asarray(limit) + rtol * (1.0 + np.abs(np.nan_to_num(limit)))))

    checks = {
        "count above max_count": bool((count > problem.max_count).any() or (count < 0).any()),
        "modules of a site above max_modules": bool((solid.sum(axis=1) > problem.max_modules).any()),
        "new modules of a site below least_size": over(problem.least_size * (solid.sum(axis=1) > 0), size),
        **{f"{kind} above {kind}_limit": over(count @ need, room) for kind, need, room in problem.site_limits},
        "forced site left empty": bool(empty.any()),
        "coupled modules out of step": bool((missing > rtol).any()),
        "awards above budget": over(total, problem.budget),
        "awards above a pot": over(pots, problem.pot),
        "awards under floor_share": over(problem.floor_share * capex, total),
    }
    return [what for what, broken in checks.items() if broken]


def plan_violations(
    problem: SitingProblem, count: Ints, arc_share: Floats, outside_share: Floats, tol: float = 1e-6
) -> list[str]:
    """Every limit a whole decision breaks, in words; empty when it is feasible."""
    found = count_violations(problem, count)
    sizes = problem.sizes
    served = np.bincount(problem.arc_demand, weights=arc_share, minlength=sizes["D"]) + outside_share
    if (
        np.abs(served - 1.0).max(initial=0.0) > tol
        or min(arc_share.min(initial=0.0), outside_share.min(initial=0.0)) < 0
    ):
        found.append("shares do not add up to one")
    cells = sizes["J"] * problem.classes
    modules, capacity = cell_modules(problem, count)
    if (arc_share > modules[problem.arc_cell] + tol).any():
        found.append("arc to a cell without a module")
    for p in range(sizes["P"]):
        used = np.bincount(problem.arc_cell, arc_share * problem.load[problem.arc_demand, p], minlength=cells)
        if (used > capacity * (1 + tol) + tol).any():
            found.append(f"capacity exceeded in period {p}")
    return found + side_violations(problem, count, (arc_share, outside_share), award_of_owner(problem, count), tol)


def cell_modules(problem: SitingProblem, count: Ints) -> tuple[Floats, Floats]:
    """Modules and t/day of each cell, standing ones included; both float[J * O]."""
    size = problem.sizes["J"] * problem.classes
    everything = (problem.existing + count).astype(float)
    sites = np.arange(len(everything))[:, None] * problem.classes
    cell = (sites + problem.module_class[None, :]).ravel()
    modules = bincount(cell, everything.ravel(), size)
    return modules, bincount(cell, (everything * problem.capacity).ravel(), size)
