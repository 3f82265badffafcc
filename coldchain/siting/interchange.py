"""Compiled local search without capacities: open, close or swap units while it pays.

Gains of all swaps at once, as in Whitaker 1983 (doi 10.1080/03155986.1983.11731889) and Resende & Werneck 2007
(doi 10.1016/j.ejor.2005.10.067).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.siting.ascent import CellArcs, compiled

LEAST = 1e-7  # gain under which a move is not worth it


class Sites(NamedTuple):
    """What may be opened: cells of each unit int[U, O], -1 for none, cost float[U]; cost outside float[D]."""

    cells: Ints
    fixed: Floats
    outside: Floats


class NearestUnits(NamedTuple):
    """Of each demand the nearest open unit (-1 outside), its cost, and that of the nearest other one or outside."""

    unit: Ints
    first: Floats
    second: Floats


@compiled
def interchange(arcs: CellArcs, sites: Sites, opened: Bools, keep_number: bool, rounds: int) -> int:
    """Improve ``opened`` in place, each demand whole at its cheapest open unit or outside; returns the moves made."""
    moves = 0
    while moves < rounds:
        close, enter = _best_move(arcs, sites, opened, keep_number)
        if close < 0 and enter < 0:
            break
        if close >= 0:
            opened[close] = False
        if enter >= 0:
            opened[enter] = True
        moves += 1
    return moves


@compiled
def _best_move(arcs: CellArcs, sites: Sites, opened: Bools, keep_number: bool) -> tuple[int, int]:
    """Find the unit to close and the unit to open, -1 for none."""
    near = _nearest(arcs, sites, opened)
    inside = np.flatnonzero(opened)
    loss = _losses(near, sites.fixed)
    best, close, enter = LEAST, -1, -1
    if not keep_number and len(inside) > 0:
        place = inside[np.argmin(loss[inside])]
        if -loss[place] > best:
            best, close = float(-loss[place]), int(place)
    extra, worst = np.zeros(len(sites.fixed)), near.second.max()
    for i in np.flatnonzero(~opened):
        extra[inside] = 0.0
        gain = _gain(arcs, sites.cells[i], near, worst, extra) - sites.fixed[i]
        if not keep_number and gain > best:
            best, close, enter = gain, -1, int(i)
        if len(inside) > 0:
            swap = gain - loss[inside] + extra[inside]
            place = np.argmax(swap)
            if swap[place] > best:
                best, close, enter = float(swap[place]), int(inside[place]), int(i)
    return close, enter


@compiled
def _nearest(arcs: CellArcs, sites: Sites, opened: Bools) -> NearestUnits:
    unit, first, second = np.full(len(sites.outside), -1), sites.outside.copy(), sites.outside.copy()
    for i in np.flatnonzero(opened):
        for z in sites.cells[i]:
            if z < 0:
                continue
            for a in range(arcs.begin[z], arcs.begin[z + 1]):
                j, cost = arcs.demand[a], arcs.cost[a]
                if cost < first[j]:
                    if unit[j] != i:
                        second[j] = first[j]
                    unit[j], first[j] = i, cost
                elif cost < second[j] and unit[j] != i:
                    second[j] = cost
    return NearestUnits(unit, first, second)


@compiled
def _losses(near: NearestUnits, fixed: Floats) -> Floats:
    """Cost of closing each open unit."""
    loss = -fixed
    for j in range(len(near.unit)):
        if near.unit[j] >= 0:
            loss[near.unit[j]] += near.second[j] - near.first[j]
    return loss


@compiled
def _gain(arcs: CellArcs, cells: Ints, near: NearestUnits, worst: float, extra: Floats) -> float:
    """Return what opening cells saves; ``extra[k]`` receives what it saves beside that when unit k closes.

    A demand with arcs to several of the cells counts each of them, so that a move is worth at most what is said.
    """
    gain = 0.0
    for z in cells:
        if z < 0:
            continue
        for a in range(arcs.begin[z], arcs.begin[z + 1]):
            j = arcs.demand[a]
            if arcs.cost[a] >= worst:
                break
            if arcs.cost[a] >= near.second[j]:
                continue
            less = near.first[j] - arcs.cost[a]
            gain += max(less, 0.0)
            if near.unit[j] >= 0:
                extra[near.unit[j]] += near.second[j] - max(near.first[j], arcs.cost[a])
    return gain
