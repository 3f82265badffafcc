"""The published location problems, warehouses with or without capacities and p-medians, as siting problems."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.language import _
from coldchain.siting import Coupling, SitingProblem, SitingResult

LARGEST = 2_000_000  # total load up to which sums of capacities are listed
DEAR = 10.0  # what a customer left out costs, in costs of its dearest site: more than any way to make room for it


@dataclass(frozen=True, eq=False)
class Warehouses:
    """Open sites and serve every customer at least cost; a customer may be split between sites.

    Attributes
    ----------
    cost : float[M, N], cost of serving the whole of customer n from site m
    fixed : float[M], cost of opening
    load : float[N], what a customer takes of a capacity
    capacity : float[M], inf allowed
    count : exactly so many sites are opened (p-median); None leaves the number free
    """

    cost: Floats
    fixed: Floats
    load: Floats
    capacity: Floats
    count: int | None = None

    @cached_property
    def room(self) -> Floats:
        """float[M], capacity that can be used at most."""
        return np.minimum(self.capacity, self.need)

    @cached_property
    def need(self) -> float:
        """Least sum of capacities of some sites that reaches the whole load, or the load itself.

        Sums of whole capacities take few values when many are alike, and the next one above the load is what any plan
        opens.

        Examples
        --------
        >>> Warehouses(np.ones((3, 5)), np.ones(3), np.ones(5), np.array([4.0, 4, 4])).need
        8.0
        """
        total, capacity = float(self.load.sum()), self.capacity
        if total > LARGEST or np.isinf(capacity).any() or (capacity != np.floor(capacity)).any():
            return total
        least, sums = int(np.ceil(total * (1 - 1e-12))), 1
        for one in capacity.astype(int).tolist():
            sums |= sums << min(one, LARGEST)
        above = sums >> least
        return float(least + (above & -above).bit_length() - 1) if above else total


@dataclass(frozen=True, eq=False)
class WarehousePlan:
    """Who serves how much of whom: the sites opened bool[M], and by share site, customer int[S], share float[S]."""

    opened: Bools
    site: Ints
    customer: Ints
    share: Floats

    def cost(self, given: Warehouses) -> float:
        """Cost from the decisions alone."""
        return float(given.fixed[self.opened].sum() + given.cost[self.site, self.customer] @ self.share)

    def violations(self, given: Warehouses, tol: float = 1e-6) -> list[str]:
        """Every limit that is broken, in words; empty when none is."""
        used = np.bincount(self.site, self.share * given.load[self.customer], minlength=len(given.fixed))
        served = np.bincount(self.customer, self.share, minlength=len(given.load))
        checks = {
            _("shares do not add up to one"): bool((np.abs(served - 1.0) > tol).any() or (self.share < 0).any()),
            _("a closed site serves"): not self.opened[self.site].all(),
            _("capacity exceeded"): bool((used > given.capacity * (1 + tol) + tol).any()),
            _("wrong number of sites"): given.count is not None and int(self.opened.sum()) != given.count,
        }
        return [what for what, broken in checks.items() if broken]


def siting_problem(given: Warehouses) -> SitingProblem:
    """State it as the siting of a county: at most one module a site, a type for each capacity, no money joins them.

    All opened sites together hold the need, or are as many as asked for.
    """
    sites, customers = given.cost.shape
    capacity, kind = np.unique(given.room, return_inverse=True)
    place = np.arange(sites)
    top = np.zeros((sites, len(capacity)), np.int64)
    top[place, kind] = 1
    none, free = np.zeros(top.shape), np.full(sites, np.inf)
    joined = Coupling(np.zeros(sites, np.int64), place, kind, given.room, np.array([given.need]))
    if given.count is not None:
        rows = np.repeat([0, 1], sites)
        joined = Coupling(
            rows, np.tile(place, 2), np.tile(kind, 2), 1.0 - 2.0 * rows, np.array([1.0, -1.0]) * given.count
        )
    return SitingProblem(
        outside_cost=DEAR * np.abs(given.cost).max(axis=0, initial=0.0) + 1.0,
        arc_demand=np.repeat(np.arange(customers), sites),
        arc_site=np.tile(place, customers),
        arc_class=np.zeros(sites * customers, np.int64),
        arc_cost=given.cost.T.ravel(),
        load=given.load[:, None],
        module_class=np.zeros(len(capacity), np.int64),
        capacity=capacity,
        module_cost=given.fixed[:, None] * top,
        module_capex=none,
        award=none,
        max_count=top,
        existing=np.zeros_like(top),
        max_modules=np.ones(sites, np.int64),
        power_kw=np.zeros(len(capacity)),
        power_limit=free,
        forced=np.zeros(sites, bool),
        owner=place,
        owner_cap=free,
        county=np.zeros(sites, np.int64),
        pot=np.array([np.inf]),
        couplings=joined,
    )


def service(given: Warehouses, found: SitingResult) -> WarehousePlan:
    """Return the decision of a result of :func:`siting_problem`."""
    arc = np.flatnonzero(found.arc_share > 0)
    customer, site = np.divmod(arc, len(given.fixed))
    return WarehousePlan(found.count.sum(axis=1) > 0, site, customer, found.arc_share[arc])
