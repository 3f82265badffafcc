"""The module side of the model: counts, the capped award of each owner, budget, pots, floor, power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.siting.engine import Rows
from coldchain.siting.problem import Bools, Floats, Ints, SitingProblem


@dataclass(frozen=True)
class Frame:
    """Columns ``[y (pairs) | w (capped owners) | z (capped owners)]`` and their rows.

    ``y`` counts new modules of a pair (site, type); ``w`` is the award of an owner that can reach its cap, in
    units of ``money``; ``z`` is 1 when it does. The rows force ``w = min(sum of awards, cap)``:
    ``w <= sum``, ``w <= cap``, ``w >= cap z``, ``w >= sum - (most - cap) z``.

    Attributes
    ----------
    site, module : int[Y] of each pair
    cost, lower, upper : float[columns]
    integer : bool[columns]
    rows : the rows; ``groups`` names (kind, row, index) of those that may be relaxed
    money : CNY per unit of the money rows
    """

    site: Ints
    module: Ints
    cost: Floats
    lower: Floats
    upper: Floats
    integer: Bools
    rows: Rows
    groups: tuple[tuple[str, int, int], ...]
    money: float

    @property
    def pairs(self) -> int:
        """Number of pairs Y."""
        return len(self.site)

    def count(self, problem: SitingProblem, values: Floats) -> Ints:
        """int[J, K] of the first Y values, rounded."""
        result = np.zeros_like(problem.max_count)
        result[self.site, self.module] = np.rint(values[: self.pairs]).astype(np.int64)
        return result


def build_frame(problem: SitingProblem, *, loose: bool = False) -> Frame:
    """Build the module side; ``loose`` keeps power and site counts out of the boxes (for the elastic model)."""
    room = np.maximum(problem.power_limit - problem.existing @ problem.power_kw, 0.0)
    top = problem.max_count.astype(float)
    if not loose:
        top = np.minimum(top, problem.max_modules[:, None])
        fits = np.full(top.shape, np.inf)
        np.divide(room[:, None] * (1 + 1e-9), problem.power_kw, out=fits, where=problem.power_kw > 0)
        top = np.minimum(top, np.floor(fits))
    site, module = np.nonzero(top > 0)
    y_top = top[site, module]
    capex = problem.module_capex[site, module]
    money = float(capex[capex > 0].mean()) if (capex > 0).any() else 1.0
    award = problem.award[site, module]
    owner = problem.owner[site]
    most = np.bincount(owner, award * y_top, minlength=len(problem.owner_cap))
    capped = np.flatnonzero(most > problem.owner_cap)
    number, width = len(site), len(capped)
    cap = problem.owner_cap[capped] / money
    rows, groups = Rows(), []
    groups += _site_rows(rows, problem, site, module, room)
    slot = np.full(len(problem.owner_cap), -1)
    slot[capped] = np.arange(width)
    _cap_rows(rows, (slot[owner], award / money), (cap, most[capped] / money), number)
    groups += _money_rows(rows, problem, (site, capex / money, award / money, slot[owner]), capped, money)
    return Frame(
        site=site,
        module=module,
        cost=np.concatenate([problem.module_cost[site, module], np.zeros(2 * width)]),
        lower=np.zeros(number + 2 * width),
        upper=np.concatenate([y_top, cap, np.ones(width)]),
        integer=np.concatenate([np.ones(number, bool), np.zeros(width, bool), np.ones(width, bool)]),
        rows=rows,
        groups=tuple(groups),
        money=money,
    )


def _site_rows(
    rows: Rows, problem: SitingProblem, site: Ints, module: Ints, room: Floats
) -> list[tuple[str, int, int]]:
    pairs = np.arange(len(site))
    groups = []
    for kind, weight, limit in (
        ("modules", np.ones(len(site)), problem.max_modules.astype(float)),
        ("power", problem.power_kw[module], room),
    ):
        index = rows.new(-np.inf, limit, len(limit))
        rows.put(index[site], pairs, weight)
        groups += [(kind, int(r), j) for j, r in enumerate(index) if np.isfinite(limit[j])]
    need = np.flatnonzero(problem.forced & (problem.existing.sum(axis=1) < 1))
    index = rows.new(1.0, np.inf, len(need))
    where = np.full(len(problem.forced), -1)
    where[need] = index
    hit = where[site] >= 0
    rows.put(where[site[hit]], pairs[hit], 1.0)
    return groups + [("forced", int(r), int(j)) for r, j in zip(index, need, strict=True)]


def _cap_rows(rows: Rows, pair: tuple[Ints, Floats], owner: tuple[Floats, Floats], number: int) -> None:
    slot, award = pair
    cap, most = owner
    width = len(cap)
    w, z = number + np.arange(width), number + width + np.arange(width)
    hit = np.flatnonzero(slot >= 0)
    under = rows.new(-np.inf, 0.0, width)  # w <= sum
    rows.put(under, w, 1.0)
    rows.put(under[slot[hit]], hit, -award[hit])
    full = rows.new(0.0, np.inf, width)  # w >= cap z
    rows.put(full, w, 1.0)
    rows.put(full, z, -cap)
    least = rows.new(0.0, np.inf, width)  # w >= sum - (most - cap) z
    rows.put(least, w, 1.0)
    rows.put(least, z, most - cap)
    rows.put(least[slot[hit]], hit, -award[hit])


def _money_rows(
    rows: Rows, problem: SitingProblem, pair: tuple[Ints, Floats, Floats, Ints], capped: Ints, money: float
) -> list[tuple[str, int, int]]:
    site, capex, award, slot = pair
    free = np.flatnonzero(slot < 0)
    w = len(site) + np.arange(len(capped))
    groups = []
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
