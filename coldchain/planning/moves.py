"""Neighbours of a choice of modules: close a depot, open one, move one, make it larger, smaller or of another zone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from coldchain.arrays import Indices, Ints
from coldchain.planning.basis import Basis
from coldchain.siting import SitingProblem, count_violations

SAMPLE = 400  # villages by which sites are compared
NEAR = 6  # sites a depot may move to, or exchange modules with


def neighbours(problem: SitingProblem, count: Ints, near: Indices) -> list[Ints]:
    """Return every allowed choice of new modules one move away, none twice.

    Parameters
    ----------
    count : new modules, shape (sites, columns of the problem)
    near : from :func:`near_sites`
    """
    found: dict[bytes, Ints] = {count.tobytes(): count}
    for other in _moved(problem, count, near):
        key = other.tobytes()
        if key not in found and not count_violations(problem, other):
            found[key] = other
    return list(found.values())[1:]


def rebased(problem: SitingProblem, counts: tuple[Ints, Ints], way: Ints) -> Ints | None:
    """Make the move that leads from the first of two choices to ``way`` from the second; None where it cannot be."""
    before, now = counts
    rows = changed_sites(before, way)
    if (now[rows] != before[rows]).any():
        return None
    other = now.copy()
    other[rows] = way[rows]
    return None if count_violations(problem, other) else other


def changed_sites(before: Ints, after: Ints) -> Indices:
    """Return the sites at which two choices of modules differ."""
    return np.flatnonzero((before != after).any(axis=1))


def near_sites(basis: Basis) -> Indices:
    """Return the sites that reach the same villages soonest, nearest first, shape (sites, sites - 1)."""
    step = 1 + len(basis.reach.back_h) // SAMPLE
    reach = np.nan_to_num(basis.reach.back_h[::step], posinf=1e3)
    apart = np.stack([np.abs(reach - reach[:, [j]]).mean(axis=0) for j in range(reach.shape[1])])
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1, kind="stable")[:, :-1]


def _moved(problem: SitingProblem, count: Ints, near: Indices) -> Iterator[Ints]:
    empty = np.zeros_like(count[0])
    for j in map(int, np.flatnonzero(count.any(axis=1))):
        yield _with(count, {j: empty})
        for i in map(int, near[j, :NEAR]):
            yield _with(count, {i: count[i] + count[j], j: empty})
            yield _with(count, {i: count[j], j: count[i]})
    for site in np.flatnonzero(problem.max_modules > 0):
        yield from _resized(problem, count, int(site))


def _resized(problem: SitingProblem, count: Ints, j: int) -> Iterator[Ints]:
    """One module more, one less, or one for another, at a site; mobile units stay as they are."""
    for k in np.flatnonzero((problem.max_count[j] > 0) & problem.heavy):
        one = np.zeros_like(count[j])
        one[k] = 1
        yield _with(count, {j: count[j] + one})
        for standing in np.flatnonzero((count[j] > 0) & problem.heavy):
            less = count[j].copy()
            less[standing] -= 1
            yield _with(count, {j: less})
            yield _with(count, {j: less + one})


def _with(count: Ints, rows: dict[int, Ints]) -> Ints:
    other = count.copy()
    for site, row in rows.items():
        other[site] = row
    return other
