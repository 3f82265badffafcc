"""Storage in the coefficients of siting: most that each tonne can gain by being kept, beyond a rent for its room.

Whatever the rent, what is kept pays at most what all rooms take, so that

    gain of all that is kept  <=  Σ tonnes · (most gain - rent over its span)+  +  Σ rooms · rent

and siting, with the first sum on the arcs and the second on the modules, stays below every plan. The bound is best with
the rent that rooms are worth: what the cheapest new room costs a year, or, where the budget cannot buy enough of them,
what the last tonne that finds a place gains. It is charged in the period in which rooms are wanted most.
"""

from __future__ import annotations

import numpy as np

from coldchain.arrays import Floats, Indices
from coldchain.economy import ModuleCosts
from coldchain.planning.awards import module_awards, total_pot_cny
from coldchain.planning.basis import Basis


def most_gain_cny_t(
    basis: Basis, what: tuple[int, int, int], rent: Floats, where: tuple[Indices, Indices]
) -> Floats | float:
    """Most that keeping a tonne can gain beyond its rent, over all rides at least as long as the direct one.

    Mobile units have no rooms to keep anything in.

    Parameters
    ----------
    what : commodity, period and class
    rent : CNY/t for each period, float[periods]
    where : sites and batches of the direct rides; the answer has their shape
    """
    most: Floats | float = 0.0
    fixed = basis.class_of_type[: basis.scenario.fixed_types]
    for keep in basis.keeps if what[2] in fixed and not basis.classes[what[2]].is_plant else ():
        if (keep.commodity, keep.period) == what[:2]:
            now, value = basis.lanes.fate.value[what] * keep.price_now, keep.fate.value[what[2]]
            cost = keep.cost_cny_t(value, what[2]) + float(rent @ keep.spans)
            least_now, least = (np.minimum.accumulate(one[:, ::-1], axis=1)[:, ::-1] for one in (now, cost))
            most = np.maximum(most, least_now[where] - least[where])
    return most


def rents_cny(basis: Basis, rent: Floats) -> Floats:
    """Rent of the rooms of each type, CNY/yr, shape (types,); mobile units have none."""
    kinds, fixed = basis.scenario.depot_types, basis.scenario.fixed_types
    rooms = np.array([kind.storage_t if k < fixed else 0.0 for k, kind in enumerate(kinds)])
    return np.asarray(rooms * rent.sum(axis=1)[basis.class_of_type], dtype=np.float64)


def rent_cny_t(basis: Basis) -> Floats:
    """Rent of a tonne of room, float[classes, periods]."""
    rent = np.zeros((len(basis.classes), len(basis.scenario.periods)))
    for o in range(len(basis.classes)) if basis.keeps else ():
        gain = np.array([_best_gain(basis, r, o) for r in range(len(basis.keeps))])
        tonnes = np.array([basis.scenario.harvest_t[:, keep.commodity, keep.period].sum() for keep in basis.keeps])
        spans = np.array([keep.spans for keep in basis.keeps])
        wanted = (np.maximum(gain, 0.0) * tonnes) @ spans
        p = int(wanted.argmax())
        if wanted[p] > 0:
            rent[o, p] = _level(basis, o, gain[spans[:, p]], tonnes[spans[:, p]])
    return rent


def _best_gain(basis: Basis, r: int, o: int) -> float:
    keep = basis.keeps[r]
    now = basis.lanes.fate.value[keep.commodity, keep.period, o] * keep.price_now
    crop, kind = basis.scenario.commodities[keep.commodity], basis.classes[o]
    if crop.zone != kind.zone or kind.method not in crop.methods:
        return 0.0
    return float((now - keep.cost_cny_t(keep.fate.value[o], o)).max())


def _level(basis: Basis, o: int, gain: Floats, tonnes: Floats) -> float:
    scenario = basis.scenario
    offered = [
        (k, kind)
        for k, kind in enumerate(scenario.depot_types[: scenario.fixed_types])
        if basis.class_of_type[k] == o and scenario.offers(kind)
    ]
    if not offered:
        return 0.0
    yearly = ModuleCosts.of(scenario).total_cny
    cost = min(float(yearly[k]) / kind.storage_t for k, kind in offered)
    award = module_awards(scenario)
    paid = min(float(award[:, k].max(initial=0.0)) / kind.storage_t for k, kind in offered)
    bought = total_pot_cny(scenario) / paid if paid > 0 else np.inf
    order = np.argsort(-gain)
    beyond = np.flatnonzero(np.cumsum(tonnes[order]) > bought)
    return max(cost, float(gain[order][beyond[0]]) if len(beyond) else 0.0)
