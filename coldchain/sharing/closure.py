"""Costs made consistent: no group costs more than its parts apart, nor than with members who bring only produce."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.compiled import njit
from coldchain.language import _
from coldchain.sharing.game import mask_of

LARGEST_CLOSED = 14


@dataclass(frozen=True)
class Closure:
    """Consistent costs and what was corrected.

    Attributes
    ----------
    costs : shape (2^n,)
    split : groups whose parts apart were cheaper than their joint plan
    shrunk : groups whose plan was dearer than that of the group with members who bring only produce
    largest : largest correction, a share of the cost found
    """

    costs: Floats
    split: int
    shrunk: int
    largest: float


def consistent(costs: Floats, bare: tuple[int, ...] = ()) -> Closure:
    """Lower costs until they are subadditive, and monotone in the members who bring nothing to share.

    A joint plan may always run the parts apart, so a dearer one is noise of the planner. A group may also copy the plan
    of a larger one when those who join bring produce only: no site, no claim. Members who bring sites or claims may
    well lower the cost, so nothing is corrected for them.

    Parameters
    ----------
    costs : as planned, shape (2^n,)
    bare : members who bring produce only
    """
    n = len(costs).bit_length() - 1
    if n > LARGEST_CLOSED:
        raise ValueError(
            _("costs of at most {largest_closed} members can be made consistent; got {n}").format(
                largest_closed=LARGEST_CLOSED, n=n
            )
        )
    closed = costs.copy()
    split, shrunk = np.zeros(len(costs), dtype=np.bool_), np.zeros(len(costs), dtype=np.bool_)
    slack = 1e-12 * max(float(np.abs(costs).max()), 1e-300)
    while _lower(closed, split, shrunk, mask_of(bare), slack):
        pass
    size = np.maximum(np.abs(costs), 1e-300)
    return Closure(closed, int(split.sum()), int(shrunk.sum()), float(((costs - closed) / size).max(initial=0.0)))


@njit(cache=True)
def _lower(costs, split, shrunk, bare, slack):  # type: ignore[no-untyped-def]  # pragma: no cover
    changed = False
    for s in range(1, len(costs)):
        part = (s - 1) & s
        while part > 0:
            apart = costs[part] + costs[s ^ part]
            if apart < costs[s] - slack:
                costs[s], split[s], changed = apart, True, True
            part = (part - 1) & s
    for s in range(len(costs) - 1, 0, -1):
        rest = bare & s
        while rest:
            one = rest & -rest
            if s != one and costs[s] < costs[s ^ one] - slack:
                costs[s ^ one], shrunk[s ^ one], changed = costs[s], True, True
            rest ^= one
    return changed
