"""The siting problem as arrays, checked on creation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coldchain.arrays import Bools, Floats, Ints
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import LimitKind
from coldchain.siting.coupling import Coupling
from coldchain.siting.side import SideRow


def bincount(index: Ints, weight: Floats | Ints, size: int) -> Floats:
    """Sum of the weights per index as float[size]."""
    return np.asarray(np.bincount(index, weight, minlength=size), dtype=np.float64)


_SHAPES = {
    "outside_cost": "D",
    "arc_demand": "A",
    "arc_site": "A",
    "arc_class": "A",
    "arc_cost": "A",
    "load": "DP",
    "module_class": "K",
    "capacity": "K",
    "module_cost": "JK",
    "module_capex": "JK",
    "award": "JK",
    "max_count": "JK",
    "existing": "JK",
    "max_modules": "J",
    "power_kw": "K",
    "power_limit": "J",
    "forced": "J",
    "owner": "J",
    "owner_cap": "E",
    "county": "J",
    "pot": "C",
    "staff": "K",
    "staff_limit": "J",
    "size": "K",
    "light": "K",
}
_INTS = {"arc_demand", "arc_site", "arc_class", "module_class", "max_count", "existing", "max_modules"} | {
    "owner",
    "county",
}
_BOOLS = {"forced", "light"}
_INF = {"power_limit", "staff_limit", "owner_cap", "pot"}
_SIGNED = {"outside_cost", "arc_cost", "module_cost"}


@dataclass(frozen=True, eq=False)
class SitingProblem:
    """Facility location with modules, a capped subsidy and an outside option.

    Sizes: D demands, A arcs, J sites, K module types, P periods, E owners, C counties; O cooling classes are
    the distinct values of ``module_class``. Money is one currency (CNY) per year, capex and awards in CNY.
    An owner belongs to the county of its first site (lowest index): all its award is drawn from that pot.

    Attributes
    ----------
    outside_cost : float[D], CNY/yr, cost when the whole demand keeps today's chain; always allowed
    arc_demand, arc_site, arc_class : int[A], the ends and the class of an arc; only impossible arcs are absent
    arc_cost : float[A], CNY/yr, cost of serving the whole demand by the arc
    load : float[D, P], t/day of the demand in each period, peak factor included
    module_class : int[K], class a module serves
    capacity : float[K], t/day of one module
    module_cost : float[J, K], CNY/yr of one new module
    module_capex : float[J, K], CNY of one new module
    award : float[J, K], CNY subsidy of one new module before the owner's cap
    max_count : int[J, K], most new modules; 0 forbids
    existing : int[J, K], modules that stand
    max_modules : int[J], most new modules of a site in sum
    power_kw : float[K]; power_limit : float[J], kW, inf allowed
    forced : bool[J], at least one module, new or standing
    owner : int[J]; owner_cap : float[E], CNY, inf allowed
    county : int[J]; pot : float[C], CNY, inf allowed
    budget : CNY for the sum of all awards, inf allowed
    floor_share : awards must be at least this share of the capex of new modules
    staff : float[K]; staff_limit : float[J], persons, inf allowed; like power, standing modules need theirs too
    size : float[K]; least_size : a site gets new modules of at least that size in sum, or none
    light : bool[K], modules that take no place: ``max_modules``, ``least_size`` and ``forced`` do not count them
    couplings : rows that join the counts of modules, or None
    sides : limits that join assignment, modules and awards; single_source : no demand is split
    """

    outside_cost: Floats
    arc_demand: Ints
    arc_site: Ints
    arc_class: Ints
    arc_cost: Floats
    load: Floats
    module_class: Ints
    capacity: Floats
    module_cost: Floats
    module_capex: Floats
    award: Floats
    max_count: Ints
    existing: Ints
    max_modules: Ints
    power_kw: Floats
    power_limit: Floats
    forced: Bools
    owner: Ints
    owner_cap: Floats
    county: Ints
    pot: Floats
    budget: float = np.inf
    floor_share: float = 0.0
    staff: Floats | None = None
    staff_limit: Floats | None = None
    size: Floats | None = None
    least_size: float = 0.0
    light: Bools | None = None
    couplings: Coupling | None = None
    sides: tuple[SideRow, ...] = ()
    single_source: bool = False

    def __post_init__(self) -> None:
        """Convert every array, check shapes, ranges and indices, and make them read-only."""
        for name in _SHAPES:
            value = getattr(self, name)
            if value is None:
                continue
            kind = np.int64 if name in _INTS else np.bool_ if name in _BOOLS else np.float64
            array: NDArray[Any] = np.array(value, dtype=kind)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        faults = [*_shape_faults(self)]
        faults = faults or [*_range_faults(self), *_index_faults(self)]
        if faults:
            raise BadInputError(faults)

    @property
    def sizes(self) -> dict[str, int]:
        """Letter of each dimension to its length."""
        demands, periods = self.load.shape
        letters = {"D": demands, "P": periods, "A": len(self.arc_cost), "J": len(self.max_modules)}
        return letters | {"K": len(self.capacity), "E": len(self.owner_cap), "C": len(self.pot)}

    @cached_property
    def classes(self) -> int:
        """Number of cooling classes O."""
        both = [self.module_class, self.arc_class]
        return 1 + max((int(a.max()) for a in both if len(a)), default=-1)

    @cached_property
    def arc_cell(self) -> Ints:
        """int[A], the cell (site, class) of an arc as ``site * O + class``."""
        return self.arc_site * self.classes + self.arc_class

    @cached_property
    def heavy(self) -> Bools:
        """bool[K], modules that take a place at their site."""
        return np.ones(len(self.capacity), bool) if self.light is None else ~self.light

    @cached_property
    def owner_county(self) -> Ints:
        """int[E], the county of the first site of an owner, 0 for an owner without a site."""
        result = np.zeros(len(self.owner_cap), dtype=np.int64)
        owners, first = np.unique(self.owner, return_index=True)
        result[owners] = self.county[first]
        return result

    @cached_property
    def site_limits(self) -> tuple[tuple[LimitKind, Floats, Floats], ...]:
        """What modules of a site share besides places: kind, need of a module float[K], room for new ones float[J]."""
        pairs: list[tuple[LimitKind, Floats, Floats]] = [("power", self.power_kw, self.power_limit)]
        if self.staff is not None and self.staff_limit is not None and np.isfinite(self.staff_limit).any():
            pairs.append(("staff", self.staff, self.staff_limit))
        return tuple((kind, need, np.maximum(limit - self.existing @ need, 0.0)) for kind, need, limit in pairs)

    @cached_property
    def whole(self) -> bool:
        """Whether every plan that is worth it costs a whole number: whole costs, and no capacity or limit can bind."""
        if self.sides or (self.capacity[None, :] < self.load.sum(axis=0)[:, None]).any():
            return False
        return all((np.floor(part) == part).all() for part in (self.outside_cost, self.arc_cost, self.module_cost))


def _fault(name: str, value: object, message: str, code: str) -> Fault:
    return Fault(_("siting problem"), None, name, str(value), message, code)


def _shape_faults(problem: SitingProblem) -> list[Fault]:
    if problem.load.ndim != 2:
        return [_fault("load", problem.load.shape, _("must have two dimensions, demands by periods"), "shape")]
    sizes = problem.sizes
    found = []
    if (problem.staff is None) != (problem.staff_limit is None) or (problem.size is None and problem.least_size > 0):
        return [_fault("staff", "", _("staff goes with staff_limit, least_size with size"), "limit-parts")]
    for field in fields(problem):
        value = getattr(problem, field.name)
        if field.name not in _SHAPES or value is None:
            continue
        want = tuple(sizes[letter] for letter in _SHAPES[field.name])
        if value.shape != want:
            found.append(_fault(field.name, value.shape, _("must have shape {want}").format(want=want), "shape"))
    return found


def _range_faults(problem: SitingProblem) -> list[Fault]:
    found = []
    for name in _SHAPES:
        value = getattr(problem, name)
        if value is None or name in _BOOLS or not value.size:
            continue
        if np.isnan(value).any() or (name not in _INF and np.isinf(value).any()):
            found.append(_fault(name, value[~np.isfinite(value)][0], _("must be finite"), "not-finite"))
        elif name not in _SIGNED and value.min() < 0:
            found.append(_fault(name, value.min(), _("must not be negative"), "negative"))
    for name in ("budget", "floor_share", "least_size"):
        number = getattr(problem, name)
        if not number >= 0:
            found.append(_fault(name, number, _("must not be negative"), "negative"))
    return found


_ENDS = {"arc_demand": "D", "arc_site": "J", "owner": "E", "county": "C"}


def _index_faults(problem: SitingProblem) -> list[Fault]:
    sizes = problem.sizes
    found = []
    checked = {name: (getattr(problem, name), letter) for name, letter in _ENDS.items()}
    if problem.couplings is not None:
        checked |= {
            "couplings.site": (problem.couplings.site, "J"),
            "couplings.module": (problem.couplings.module, "K"),
        }
    for name, (value, letter) in checked.items():
        if value.size and value.max() >= sizes[letter]:
            found.append(_fault(name, value.max(), _("must be under {most}").format(most=sizes[letter]), "index"))
    return found
