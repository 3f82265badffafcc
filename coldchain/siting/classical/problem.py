"""The classical location problems as arrays: warehouse location with or without capacities, p-median."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model.base import Status


@dataclass(frozen=True, eq=False)
class LocationProblem:
    """Open sites and serve every customer at least cost; a customer may be split between sites.

    Attributes
    ----------
    cost : float[M, N], cost of serving the whole of customer n from site m
    fixed : float[M], cost of opening
    load : float[N], what a customer takes of a capacity
    capacity : float[M], inf allowed
    count : exactly so many sites are opened (p-median); None leaves the number free

    Examples
    --------
    >>> p = LocationProblem(cost=[[1, 5], [4, 2]], fixed=[3, 3], load=[1, 1], capacity=[np.inf, np.inf])
    >>> p.integral, p.capacitated
    (True, False)
    """

    cost: Floats
    fixed: Floats
    load: Floats
    capacity: Floats
    count: int | None = None

    def __post_init__(self) -> None:
        """Convert, check shapes and ranges, make the arrays read-only."""
        for name in ("cost", "fixed", "load", "capacity"):
            array = np.ascontiguousarray(np.array(getattr(self, name), dtype=np.float64))
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        faults = [_fault(name, value, message) for name, value, message in _wrong(self)]
        if faults:
            raise BadInputError(faults)

    @property
    def sites(self) -> int:
        """Number of sites M."""
        return len(self.fixed)

    @property
    def customers(self) -> int:
        """Number of customers N."""
        return len(self.load)

    @cached_property
    def capacitated(self) -> bool:
        """Whether any capacity can bind; without, each customer is served whole by its cheapest open site."""
        return bool((self.capacity < self.load.sum()).any())

    @cached_property
    def integral(self) -> bool:
        """Whether every plan costs a whole number, so that a bound may be rounded up."""
        whole = (np.floor(self.cost) == self.cost).all() and (np.floor(self.fixed) == self.fixed).all()
        return bool(whole) and not self.capacitated

    @property
    def served(self) -> bool:
        """Whether all sites together, or the ``count`` largest, can serve every customer."""
        largest = np.sort(self.capacity)[::-1][: self.count]
        return bool(largest.sum() >= self.load.sum() * (1 - 1e-12)) and (self.customers == 0 or self.sites > 0)


@dataclass(frozen=True, eq=False)
class LocationResult:
    """A plan with a proven bound of the full problem.

    Attributes
    ----------
    status : ``optimal`` (gap within the wanted gap), ``feasible``, ``infeasible`` (proved) or ``limit`` (no plan yet)
    value, bound : inf without a plan; bound inf when infeasible
    opened : bool[M]
    site, customer, share : int[S], int[S], float[S], who serves how much of whom
    seconds, log : wall time, and what happened
    """

    status: Status
    value: float
    bound: float
    opened: Bools
    site: Ints
    customer: Ints
    share: Floats
    seconds: float
    log: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """|value - bound| / max(|value|, 1e-9); inf without a plan."""
        if not np.isfinite(self.value):
            return float("inf")
        return abs(self.value - self.bound) / max(abs(self.value), 1e-9)


def _wrong(problem: LocationProblem) -> list[tuple[str, object, str]]:
    m, n = len(problem.fixed), len(problem.load)
    found: list[tuple[str, object, str]] = []
    for name, shape in {"cost": (m, n), "fixed": (m,), "load": (n,), "capacity": (m,)}.items():
        array = getattr(problem, name)
        if array.shape != shape:
            found.append((name, array.shape, _("must have shape {shape}").format(shape=shape)))
        elif array.size and (np.isnan(array).any() or (name != "capacity" and np.isinf(array).any())):
            found.append((name, array[~np.isfinite(array)][0], _("must be finite")))
        elif array.size and name not in {"fixed", "cost"} and array.min() < 0:
            found.append((name, array.min(), _("must not be negative")))
    if problem.count is not None and not 1 <= problem.count <= m:
        found.append(("count", problem.count, _("must be from 1 to the number of sites, {m}").format(m=m)))
    return found


def _fault(name: str, value: object, message: str) -> Fault:
    return Fault(_("location problem"), None, name, str(value), message, "location")


def location_value(problem: LocationProblem, opened: Bools, site: Ints, customer: Ints, share: Floats) -> float:
    """Cost of a plan, from its decisions alone."""
    return float(problem.fixed[opened].sum() + problem.cost[site, customer] @ share)


def location_violations(
    problem: LocationProblem, opened: Bools, site: Ints, customer: Ints, share: Floats, tol: float = 1e-6
) -> list[str]:
    """Every limit a plan breaks, in words; empty when it is feasible."""
    used = np.bincount(site, share * problem.load[customer], minlength=problem.sites)
    served = np.bincount(customer, share, minlength=problem.customers)
    checks = {
        _("shares do not add up to one"): bool((np.abs(served - 1.0) > tol).any() or (share < 0).any()),
        _("a closed site serves"): not opened[site].all(),
        _("capacity exceeded"): bool((used > problem.capacity * (1 + tol) + tol).any()),
        _("wrong number of sites"): problem.count is not None and int(opened.sum()) != problem.count,
    }
    return [what for what, broken in checks.items() if broken]
