"""The module side of the model: counts, the capped award of each owner, budget, pots, floor, power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.model import LimitKind
from coldchain.siting.engine import Rows
from coldchain.siting.problem import SitingProblem, bincount


@dataclass(frozen=True)
class Frame:
    """Columns ``[y (pairs) | w, z (capped owners) | v (pairs of capped owners)]`` and their rows.

    ``y`` counts new modules of a pair: the *first* module of a type at a site is a column of its own, since only
    first modules carry strong links, and the rest follow it (``rest <= (top - 1) first``). ``w`` is the award of
    an owner that can reach its cap, in units of ``money``; ``z`` is 1 when it does, and then ``v = y``, else 0
    (``v <= y``, ``v <= top z``, ``y - v <= top (1 - z)``). The rows ``w <= sum award y``, ``w <= cap`` and
    ``w >= cap z + sum award (y - v)`` force ``w = min(sum award y, cap)``. Two copies of each count, one a state
    (Balas 1998, doi 10.1016/S0166-218X(98)00136-X), make the linear bound much tighter than ``most - cap``.

    Attributes
    ----------
    site, module : int[Y] of each pair; first : bool[Y]
    cost, lower, upper : float[columns]
    integer : bool[columns]
    rows : the rows; ``groups`` names (kind, row, index) of those that may be relaxed
    money : CNY per unit of the money rows
    capped : int[W], owners that can reach their cap; coupled : int[R], the rows of the couplings
    """

    site: Ints
    module: Ints
    first: Bools
    cost: Floats
    lower: Floats
    upper: Floats
    integer: Bools
    rows: Rows
    groups: tuple[tuple[LimitKind, int, int], ...]
    money: float
    capped: Ints
    coupled: Ints

    @property
    def pairs(self) -> int:
        """Number of pairs Y."""
        return len(self.site)

    def count(self, problem: SitingProblem, values: Floats) -> Ints:
        """int[J, K] of the first Y values, rounded."""
        result = np.zeros_like(problem.max_count)
        np.add.at(result, (self.site, self.module), np.rint(values[: self.pairs]).astype(np.int64))
        return result

    def split(self, count: Ints | Floats) -> Floats:
        """float[Y] of counts int[J, K]: one to the first column of a pair, the rest to its other column."""
        number = count[self.site, self.module].astype(float)
        return np.where(self.first, np.minimum(number, 1.0), np.maximum(number - 1.0, 0.0))


def build_frame(problem: SitingProblem, *, loose: bool = False) -> Frame:
    """Build the module side; ``loose`` keeps power and site counts out of the boxes (for the elastic model)."""
    top = problem.max_count.astype(float)
    if not loose:
        top = np.where(problem.heavy, np.minimum(top, problem.max_modules[:, None]), top)
        for _, need, room in problem.site_limits:
            fits = np.full(top.shape, np.inf)
            np.divide(room[:, None] * (1 + 1e-9), need, out=fits, where=need > 0)
            top = np.minimum(top, np.floor(fits))
    site, module, first, y_top = _pairs(top)
    capex = problem.module_capex[site, module]
    money = float(capex[capex > 0].mean()) if (capex > 0).any() else 1.0
    award = problem.award[site, module]
    owner = problem.owner[site]
    most = owner_most(problem, site, module, y_top)
    capped = np.flatnonzero(most > problem.owner_cap)
    number, width = len(site), len(capped)
    cap = problem.owner_cap[capped] / money
    rows, groups = Rows(), []
    groups += _site_rows(rows, problem, site, module)
    groups += _size_rows(rows, problem, site, module, first)
    slot = np.full(len(problem.owner_cap), -1)
    slot[capped] = np.arange(width)
    rest = np.flatnonzero(~first)
    rows.put(rows.new(-np.inf, 0.0, len(rest)), rest, 1.0)
    lead = np.searchsorted(site[first] * top.shape[1] + module[first], site[rest] * top.shape[1] + module[rest])
    rows.put(np.arange(rows.size - len(rest), rows.size), np.flatnonzero(first)[lead], -y_top[rest])
    _cap_rows(rows, (slot[owner], award / money, y_top), cap)
    coupled = np.zeros(0, np.int64)
    if not loose:
        _cover_rows(rows, problem, capped, number + width + np.arange(width))
        if problem.couplings is not None:
            coupled = problem.couplings.put(rows, site, module, first, top.shape)
    _site_cap_rows(rows, site, (slot[owner], problem.heavy[module]), width, problem.max_modules)
    twin = np.flatnonzero(slot[owner] >= 0)
    groups += _money_rows(rows, problem, (site, capex / money, award / money, slot[owner]), capped, money)
    return Frame(
        site=site,
        module=module,
        first=first,
        cost=np.concatenate([problem.module_cost[site, module], np.zeros(2 * width + len(twin))]),
        lower=np.zeros(number + 2 * width + len(twin)),
        upper=np.concatenate([y_top, cap, np.ones(width), y_top[twin]]),
        integer=np.concatenate(
            [np.ones(number, bool), np.zeros(width, bool), np.ones(width, bool), np.zeros(len(twin), bool)]
        ),
        rows=rows,
        groups=tuple(groups),
        money=money,
        capped=capped,
        coupled=coupled,
    )


def _pairs(top: Floats) -> tuple[Ints, Ints, Bools, Floats]:
    """Columns of the counts up to ``top``: all first modules, then the rest of those that allow more than one."""
    site, module = np.nonzero(top > 0)
    more_site, more_module = np.nonzero(top > 1)
    first = np.arange(len(site) + len(more_site)) < len(site)
    number = np.concatenate([np.ones(len(site)), top[more_site, more_module] - 1.0])
    return np.concatenate([site, more_site]), np.concatenate([module, more_module]), first, number


def owner_most(problem: SitingProblem, site: Ints, module: Ints, top: Floats) -> Floats:
    """Most award before the cap an owner can reach under counts, modules a site and power, float[E] in CNY."""
    award, power = problem.award[site, module], problem.power_kw[module]
    light = bincount(problem.owner[site], award * top * ~problem.heavy[module], len(problem.owner_cap))
    award = award * problem.heavy[module]
    best, rate = np.zeros(len(problem.owner)), np.zeros(len(problem.owner))
    np.maximum.at(best, site, np.where(top > 0, award, 0.0))
    per_kw = np.full(len(site), np.inf)
    np.divide(award, power, out=per_kw, where=power > 0)
    np.maximum.at(rate, site, np.where((top > 0) & (award > 0), per_kw, 0.0))
    room = problem.site_limits[0][2]
    boxes = np.bincount(site, award * top, minlength=len(best))
    with np.errstate(invalid="ignore"):
        by_power = np.nan_to_num(room * (1 + 1e-9) * rate, nan=np.inf, posinf=np.inf)
    of_site = np.minimum(np.minimum(boxes, problem.max_modules * best), by_power)
    return light + bincount(problem.owner, of_site, len(problem.owner_cap))


def _site_rows(rows: Rows, problem: SitingProblem, site: Ints, module: Ints) -> list[tuple[LimitKind, int, int]]:
    pairs = np.arange(len(site))
    groups: list[tuple[LimitKind, int, int]] = []
    shared = [(kind, need[module], room) for kind, need, room in problem.site_limits]
    places: tuple[LimitKind, Floats, Floats] = (
        "modules", problem.heavy[module].astype(float), problem.max_modules.astype(float),
    )  # fmt: skip
    for kind, weight, limit in (places, *shared):
        index = rows.new(-np.inf, limit, len(limit))
        rows.put(index[site], pairs, weight)
        groups += [(kind, int(r), j) for j, r in enumerate(index) if np.isfinite(limit[j])]
    need = np.flatnonzero(problem.forced & (problem.existing.sum(axis=1) < 1))
    index = rows.new(1.0, np.inf, len(need))
    where = np.full(len(problem.forced), -1)
    where[need] = index
    hit = (where[site] >= 0) & problem.heavy[module]
    rows.put(where[site[hit]], pairs[hit], 1.0)
    return groups + [("forced", int(r), int(j)) for r, j in zip(index, need, strict=True)]


def _size_rows(
    rows: Rows, problem: SitingProblem, site: Ints, module: Ints, first: Bools
) -> list[tuple[LimitKind, int, int]]:
    """Make a site that builds reach the least size: ``least first <= sum size y`` for types smaller than that."""
    if problem.size is None or problem.least_size <= 0:
        return []
    size = problem.size[module] * problem.heavy[module]
    small = np.flatnonzero(first & problem.heavy[module] & (size < problem.least_size))
    index = rows.new(-np.inf, 0.0, len(small))
    rows.put(index, small, problem.least_size)
    mine, column = np.nonzero(site[small][:, None] == site[None, :])
    rows.put(index[mine], column, -size[column])
    return [("size", int(r), int(site[n])) for r, n in zip(index, small, strict=True)]


def _cap_rows(rows: Rows, pair: tuple[Ints, Floats, Floats], cap: Floats) -> None:
    slot, award, top = pair
    width, number = len(cap), len(slot)
    w, z = number + np.arange(width), number + width + np.arange(width)
    hit = np.flatnonzero(slot >= 0)
    v = number + 2 * width + np.arange(len(hit))
    under = rows.new(-np.inf, 0.0, width)  # w <= sum award y
    rows.put(under, w, 1.0)
    rows.put(under[slot[hit]], hit, -award[hit])
    least = rows.new(0.0, np.inf, width)  # w >= cap z + sum award (y - v)
    rows.put(least, w, 1.0)
    rows.put(least, z, -cap)
    rows.put(least[slot[hit]], hit, -award[hit])
    rows.put(least[slot[hit]], v, award[hit])
    inside = rows.new(-np.inf, 0.0, len(hit))  # v <= y
    rows.put(inside, v, 1.0)
    rows.put(inside, hit, -1.0)
    on = rows.new(-np.inf, 0.0, len(hit))  # v <= top z
    rows.put(on, v, 1.0)
    rows.put(on, z[slot[hit]], -top[hit])
    off = rows.new(-np.inf, top[hit], len(hit))  # y - v <= top (1 - z)
    rows.put(off, hit, 1.0)
    rows.put(off, v, -1.0)
    rows.put(off, z[slot[hit]], top[hit])


def _cover_rows(rows: Rows, problem: SitingProblem, capped: Ints, z: Ints) -> None:
    """Only so many owners can reach their caps within the budget, or within a pot: the least caps added up."""
    county = problem.owner_county[capped]
    groups = [(np.ones(len(capped), bool), problem.budget)]
    groups += [(county == c, float(problem.pot[c])) for c in np.flatnonzero(np.isfinite(problem.pot))]
    for inside, money in groups:
        if inside.any() and np.isfinite(money):
            caps = np.sort(problem.owner_cap[capped[inside]])
            most = int((np.cumsum(caps) <= money * (1 + 1e-9) + 1e-9).sum())
            if most < inside.sum():
                rows.put(rows.new(-np.inf, float(most)), z[inside], 1.0)


def _site_cap_rows(rows: Rows, site: Ints, pair: tuple[Ints, Bools], width: int, most: Ints) -> None:
    """Modules of a site in the capped state that take a place: ``sum v <= most z``."""
    slot, heavy = pair
    hit = np.flatnonzero(slot >= 0)
    twin, solid = len(site) + 2 * width + np.arange(len(hit)), heavy[hit]
    hit, twin = hit[solid], twin[solid]
    places, begin, where = np.unique(site[hit], return_index=True, return_inverse=True)
    row = rows.new(-np.inf, 0.0, len(places))
    rows.put(row[where], twin, 1.0)
    rows.put(row, len(site) + width + slot[hit][begin], -most[places].astype(float))


def _money_rows(
    rows: Rows, problem: SitingProblem, pair: tuple[Ints, Floats, Floats, Ints], capped: Ints, money: float
) -> list[tuple[LimitKind, int, int]]:
    site, capex, award, slot = pair
    free = np.flatnonzero(slot < 0)
    w = len(site) + np.arange(len(capped))
    groups: list[tuple[LimitKind, int, int]] = []
    if np.isfinite(problem.budget):
        index = rows.new(-np.inf, problem.budget / money)
        rows.put(index, free, award[free])
        rows.put(index, w, 1.0)
        groups.append(("budget", int(index[0]), 0))
    tight = np.flatnonzero(np.isfinite(problem.pot))
    place = np.full(len(problem.pot), -1)
    place[tight] = index = rows.new(-np.inf, problem.pot[tight] / money, len(tight))
    county = place[problem.owner_county[problem.owner[site]]]
    some = free[county[free] >= 0]
    rows.put(county[some], some, award[some])
    of_owner = place[problem.owner_county[capped]]
    rows.put(of_owner[of_owner >= 0], w[of_owner >= 0], 1.0)
    groups += [("pot", int(r), int(c)) for r, c in zip(index, tight, strict=True)]
    if problem.floor_share > 0:
        index = rows.new(0.0, np.inf)
        rows.put(index, np.arange(len(site)), -problem.floor_share * capex)
        rows.put(index, free, award[free])
        rows.put(index, w, 1.0)
        groups.append(("floor", int(index[0]), 0))
    return groups
