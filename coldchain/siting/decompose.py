"""Plans and fixing along the ascent of the split, where no money joins the sites: no linear relaxation is needed.

The prices climb from a guess; the choices that each piece of ascent likes best are plans to try; choices that no better
plan can hold are dropped, and the climb goes on with what is left. Plans one or two choices away from the best are
tried in the order of what the prices say they cost.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from coldchain.arrays import Ints
from coldchain.siting.search import Search
from coldchain.siting.space import build_space
from coldchain.siting.split import SplitRelaxation, split

TRIES = 12  # choices of an ascent that are assigned by a linear program
NEIGHBOURS = 40  # plans next to the best one that are assigned
CLOSE = 60  # changes of one unit from which pairs are made
RESTART = 0.5  # step factor after choices were dropped
WORTH = 0.1  # share of the free choices that must be dropped for another climb


def settle(search: Search, part: SplitRelaxation) -> SplitRelaxation:
    """Climb and drop choices in turn while that settles much; the part that is left."""
    while not search.done and search.engine.left() > 0.1:
        _climb(search, part)
        before = _free(part)
        part.keep(part.under(search.cutoff))
        search.note(f"ascent: {_free(part)} choices are open")
        if _free(part) >= (1.0 - WORTH) * before:
            break
        part = _narrowed(search, part)
        part.again(RESTART)
    return part


def _free(part: SplitRelaxation) -> int:
    return int(np.isfinite(part.choices.cost).sum()) - len(part.choices.owner)


def _climb(search: Search, part: SplitRelaxation) -> None:
    tried, loose = search.tried, part.loose
    while not part.tired and not search.done and search.engine.left() > 0.05:
        search.engine.check()
        part.climb(search.value if search.plan is not None else 1.1 * max(abs(search.bound), 1.0))
        search.raise_under(part.bound)
        if loose or search.tried - tried < TRIES:
            search.try_count(part.improved_count())
    if not loose and not search.done:
        search.round(part.linear(), (0.5,))


def _narrowed(search: Search, part: SplitRelaxation) -> SplitRelaxation:
    """Leave out the sites and types that no choice left has."""
    problem = search.space.problem
    most = np.minimum(part.spans(search.cutoff)[1], problem.max_count)
    if most.sum() > 0.97 * problem.max_count.sum():
        return part
    space = build_space(replace(problem, max_count=most))
    smaller = split(space, part.allowance)
    if smaller is None:
        return part
    search.space = space
    smaller.at.best[:] = part.at.best
    smaller.keep(smaller.under(search.cutoff))
    return smaller


def polish(search: Search, part: SplitRelaxation, units: float) -> bool:
    """Try plans next to the best one until none is better, or the work is done; True when one was better."""
    end, start = search.engine.left() - units, search.value
    better = True
    while better and not search.done and search.engine.left() > end:
        better, tried = False, search.tried
        for count in _neighbours(search, part):
            search.engine.check()
            if search.tried - tried >= NEIGHBOURS or search.engine.left() < end:
                break
            if search.try_count(count):
                better = True
                break
    search.note("neighbours tried")
    return search.value < start


def _neighbours(search: Search, part: SplitRelaxation) -> list[Ints]:
    """Modules with one or two units changed, the cheapest by the prices first."""
    if search.plan is None:
        return []
    units, now = part.units, part.evaluate(part.at.best)
    value = np.where(np.isfinite(part.choices.cost), now.counted - now.pick.low * part.choices.weight, np.inf)
    here = _current(part, search.plan.count)
    unit = np.repeat(np.arange(len(here)), np.diff(units.begin))
    base = np.where(np.isfinite(value[here]), value[here], np.minimum.reduceat(value, units.begin[:-1]))[unit]
    other = (here[unit] >= 0) & (here[unit] != np.arange(len(unit))) & np.isfinite(value)
    rise = np.full(len(unit), np.inf)
    rise[other] = value[other] - base[other]
    close = np.argsort(rise, kind="stable")[:CLOSE]
    close = close[np.isfinite(rise[close])]
    pairs = [(h,) for h in close] + [p for p in itertools.combinations(close, 2) if unit[p[0]] != unit[p[1]]]
    pairs.sort(key=lambda changed: sum(rise[h] for h in changed))
    return [_changed(part, search.plan.count, here, unit, changed) for changed in pairs[: 10 * NEIGHBOURS]]


def _current(part: SplitRelaxation, count: Ints) -> Ints:
    """Choice of each unit in a plan, -1 where it is none of those listed."""
    units = part.units
    here = np.full(len(units.owner), -1)
    for unit, (a, b) in enumerate(itertools.pairwise(units.begin)):
        kinds = units.count[a:b].any(axis=0)
        same = (units.count[a:b][:, kinds] == count[units.site[a], kinds]).all(axis=1)
        if same.any():
            here[unit] = a + int(same.argmax())
    return here


def _changed(part: SplitRelaxation, count: Ints, here: Ints, unit: Ints, changed: tuple[int, ...]) -> Ints:
    result = count.copy()
    for h in changed:
        result[part.units.site[h]] += part.units.count[h] - part.units.count[here[unit[h]]]
    return result
