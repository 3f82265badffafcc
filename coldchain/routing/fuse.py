"""Sequences of stops that stay together: made single stops for the search, and taken apart afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from coldchain.arrays import Floats
from coldchain.routing.instance import Instance


def fuse(
    instance: Instance, chains: Sequence[Sequence[int]], paces: tuple[float, float]
) -> tuple[Instance, list[tuple[int, ...]]]:
    """Make one stop of each chain.

    It is entered at its first stop and left at its last; its load, volume, weights and value are sums. The drive
    inside belongs to the leg into it, halts and waits inside are its halt. Its window is that of its end, narrow enough
    for the slowest and the fastest vehicle, so that what fits in the search fits in truth. What its lots lose inside is
    priced as in an ambient vehicle at reference speed; the tour is priced exactly when it is driven.

    Parameters
    ----------
    instance : with a matrix of legs
    chains : stops from 0 in order of visit, each in one chain at most
    paces : hours per reference hour of the fastest and of the slowest vehicle

    Returns
    -------
    the smaller instance, and the stops of each of its stops
    """
    chained = {stop for chain in chains for stop in chain}
    groups = [(i,) for i in range(instance.n) if i not in chained] + [tuple(chain) for chain in chains]
    if not chains:
        return instance, groups
    m = instance.m
    enter = np.array([*range(m), *(m + group[0] for group in groups)])
    leave = np.array([*range(m), *(m + group[-1] for group in groups)])
    inside = np.array([_inside(instance, group) for group in groups]).reshape(-1, 2)
    legs = instance.legs[np.ix_(leave, enter)]
    legs[:, m:] += inside
    halts, windows = zip(*(_timing(instance, group, paces) for group in groups), strict=True)
    access = np.zeros((m, instance.n)) if instance.access_cny is None else instance.access_cny
    lost = np.array([_lost_inside(instance, group) for group in groups])
    smaller = replace(
        instance,
        legs=legs,
        load=_sums(instance.load, groups),
        volume=_sums(instance.volume, groups),
        weight=_sums(instance.weight, groups),
        halt_h=np.array(halts),
        value=_sums(instance.value, groups),
        max_aboard_h=np.array([_aboard(instance, group, paces[1]) for group in groups]),
        window_h=np.array(windows),
        regimes=_common(instance, groups),
        access_cny=_sums(access.T, groups).T + lost,
        amounts=None if instance.amounts is None else _sums(instance.amounts, groups),
    )
    return smaller, groups


def _sums(values: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    return np.array([values[list(group)].sum(axis=0) for group in groups])


def _common(instance: Instance, groups: Sequence[Sequence[int]]) -> np.ndarray | None:
    if instance.regimes is None:
        return None
    return np.array([np.bitwise_and.reduce(instance.regimes[list(group)]) for group in groups])


def _inside(instance: Instance, group: Sequence[int]) -> Floats:
    """Kilometres and reference hours from the first to the last stop, shape (2,)."""
    m = instance.m
    legs = [instance.legs[m + a, m + b] for a, b in itertools.pairwise(group)]
    total: Floats = np.sum(legs, axis=0) if legs else np.zeros(2)
    return total


def _lost_inside(instance: Instance, group: Sequence[int]) -> float:
    """CNY that the lots lose between their own loading and the end of the chain, ambient at reference speed."""
    lost = ridden = 0.0
    for b, a in itertools.pairwise(group[::-1]):
        ridden += float(instance.legs[instance.m + a, instance.m + b, 1]) + float(instance.halt_h[b])
        lost += float(instance.by_cargo[a, 0]) * ridden
    return lost


def _timing(instance: Instance, group: Sequence[int], paces: tuple[float, float]) -> tuple[float, tuple[float, float]]:
    """Hours of all halts and waits, and the window of beginning them once the drive inside is done.

    Time windows are joined as by Vidal et al. (2013, doi 10.1016/j.cor.2012.07.018), for the slowest vehicle.
    """
    m = instance.m
    window = np.tile([0.0, np.inf], (instance.n, 1)) if instance.window_h is None else instance.window_h
    halts, drive, waits = float(instance.halt_h[group[0]]), 0.0, 0.0
    early, late = (float(x) for x in window[group[0]])
    for a, b in itertools.pairwise(group):
        drive += float(instance.legs[m + a, m + b, 1])
        way = halts + drive * paces[1] + waits
        opens, closes = (float(x) for x in window[b])
        wait = max(opens - way - late, 0.0)
        early, late = max(early, opens - way - wait), min(late, closes - way)
        halts, waits = halts + float(instance.halt_h[b]), waits + wait
    return halts + waits, (early + drive * paces[1], late + drive * paces[0])


def _aboard(instance: Instance, group: Sequence[int], pace: float) -> float:
    """Hours that the chain may be aboard from its end: each lot's own limit less what it rides inside."""
    limit = np.broadcast_to(np.asarray(instance.max_aboard_h, dtype=np.float64), instance.load.shape)
    least, ridden = float(limit[group[-1]]), 0.0
    for a, b in itertools.pairwise(group[::-1]):
        ridden += float(instance.legs[instance.m + b, instance.m + a, 1]) * pace + float(instance.halt_h[a])
        least = min(least, float(limit[b]) - ridden)
    return least
