"""Every choice of modules that a site may hold, listed; where a site has too many, each of its classes by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.siting.space import Space

MOST = 2000  # choices of a site, above which its classes are listed one by one, and then of a class


@dataclass(frozen=True, eq=False)
class Units:
    """The choices of every unit, a unit being a site, or a class of a site when the site has too many.

    Attributes
    ----------
    owner : int[U], of each unit; begin : int[U + 1], where its choices begin
    count : int[H, K], modules of each choice; site : int[H]
    cost, capex, award : float[H], of the modules, CNY of a year and CNY
    option : int[H, O], option of each class of the choice, -1 where it offers no capacity to any arc
    option_cell, option_cap : int[X], float[X], cell and t/day of an option, standing modules included
    """

    owner: Ints
    begin: Ints
    count: Ints
    site: Ints
    cost: Floats
    capex: Floats
    award: Floats
    option: Ints
    option_cell: Ints
    option_cap: Floats

    @cached_property
    def decides(self) -> Bools:
        """Whether the unit of a choice has any choice with the module type, bool[H, K]."""
        most = np.maximum.reduceat(self.count, self.begin[:-1], axis=0)
        return np.repeat(most > 0, np.diff(self.begin), axis=0)


def list_units(space: Space, weight: Floats | None = None) -> Units | None:
    """List the choices that keep the limits of their own site; None where even a class has too many.

    With a weight of each module, float[J, K], those of a unit come in the order of their sum.
    """
    problem = space.problem
    top = np.minimum(problem.max_count, problem.max_modules[:, None])
    everything = np.ones(problem.sizes["K"], bool)
    found: list[tuple[int, Ints]] = []
    for site in range(problem.sizes["J"]):
        whole = _choices(space, site, top[site], everything)
        if whole is not None:
            found.append((site, _ordered(whole, site, weight)))
            continue
        for group in np.unique(problem.module_class):
            part = _choices(space, site, top[site], problem.module_class == group)
            if part is None:
                return None
            found.append((site, _ordered(part, site, weight)))
    return _joined(space, found)


def _ordered(choices: Ints, site: int, weight: Floats | None) -> Ints:
    return choices if weight is None else choices[np.argsort(choices @ weight[site], kind="stable")]


def _choices(space: Space, site: int, top: Ints, kinds: np.ndarray) -> Ints | None:
    """List the counts of the module types ``kinds`` within the limits of the site, int[H, K]."""
    problem = space.problem
    found = np.zeros((1, len(top)), np.int64)
    for kind in np.flatnonzero(kinds & (top > 0)):
        more = np.repeat(found, top[kind] + 1, axis=0)
        more[:, kind] = np.tile(np.arange(top[kind] + 1), len(found))
        fits = more.sum(axis=1) <= problem.max_modules[site]
        for _, need, room in problem.site_limits:
            fits &= more @ need <= room[site] * (1 + 1e-9)
        found = more[fits]
        if len(found) > MOST:
            return None
    if kinds.all() and problem.forced[site] and not problem.existing[site].any():
        found = found[found.sum(axis=1) > 0]
    return found


def _joined(space: Space, found: list[tuple[int, Ints]]) -> Units:
    problem = space.problem
    size = np.array([len(choices) for _, choices in found], dtype=np.int64)
    unit_site = np.array([site for site, _ in found], dtype=np.int64)
    site = np.repeat(unit_site, size)
    count = np.concatenate([np.zeros((0, problem.sizes["K"]), np.int64), *(choices for _, choices in found)])
    option, cell, capacity = _options(space, count, site, _serving(problem.module_class, found, size))
    return Units(
        owner=problem.owner[unit_site],
        begin=np.append(0, np.cumsum(size)),
        count=count,
        site=site,
        cost=(count * problem.module_cost[site]).sum(axis=1),
        capex=(count * problem.module_capex[site]).sum(axis=1),
        award=(count * problem.award[site]).sum(axis=1),
        option=option,
        option_cell=cell,
        option_cap=capacity,
    )


def _serving(module_class: Ints, found: list[tuple[int, Ints]], size: Ints) -> np.ndarray:
    """Classes that each choice decides on, bool[H, O]: those of a divided site belong to one unit each."""
    classes = int(module_class.max(initial=-1)) + 1
    times: dict[int, int] = {}
    for site, _ in found:
        times[site] = times.get(site, 0) + 1
    groups = np.unique(module_class)
    rows, seen = [], dict.fromkeys(times, 0)
    for site, _ in found:
        row = np.ones(classes, bool)
        if times[site] > 1:
            row[:] = False
            row[groups[seen[site]]] = True
            seen[site] += 1
        rows.append(row)
    return np.repeat(np.array(rows).reshape(len(found), classes), size, axis=0)


def _options(space: Space, count: Ints, site: Ints, serving: np.ndarray) -> tuple[Ints, Ints, Floats]:
    """Option of each choice and class, and the cell and capacity of each option."""
    problem = space.problem
    classes = serving.shape[1]
    kept = np.unique(problem.arc_cell[space.arc])
    number = np.full(problem.sizes["J"] * problem.classes + 1, -1)
    number[kept] = np.arange(len(kept))
    standing = count + problem.existing[site]
    option = np.full((len(count), classes), -1)
    pairs: list[Floats] = []
    for group in range(classes):
        kinds = problem.module_class == group
        capacity = standing[:, kinds] @ problem.capacity[kinds]
        cell = number[site * problem.classes + group]
        used = np.flatnonzero(serving[:, group] & (cell >= 0) & (capacity > 0))
        both, place = np.unique(np.stack([cell[used].astype(float), capacity[used]]), axis=1, return_inverse=True)
        option[used, group] = place.ravel() + sum(pair.shape[1] for pair in pairs)
        pairs.append(both)
    every = np.concatenate([np.zeros((2, 0)), *pairs], axis=1)
    return option, every[0].astype(np.int64), every[1]
