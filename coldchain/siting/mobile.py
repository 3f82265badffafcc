"""Units on wheels in a siting problem: bought once by an owner, standing at one site in each period.

Columns of the counts become ``[types | bought | standing | arriving]``; a unit that is bought (m, at the first site of
its owner) pays and is awarded, one that stands (m, p) gives its capacity in period p to a class of its own, and one
that arrives in p, because fewer of its kind stood there the period before, is moved. The last period comes before the
first.

    Σ_j standing[j,m,p]  <=  Σ_j bought[j,m]                                      each unit type m and period p
    arriving[j,m,p]  >=  standing[j,m,p] - standing[j,m,p-1]                       each site j
    Σ need·types[j]  +  Σ_m need[m]·standing[j,m,p]  <=  room[j]                   power and people, each period
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.siting.coupling import Coupling
from coldchain.siting.problem import SitingProblem


@dataclass(frozen=True, eq=False)
class Fleet:
    """Unit types on offer; sizes J sites, M unit types, P periods, D demands.

    Attributes
    ----------
    first_class : class of the arcs to the first unit type; those of the others follow
    capacity : float[M], t/day of one unit; power_kw, staff : float[M]
    most : int[J, M], most units bought there; stands : bool[J], where units may stand
    capex, award : float[J, M], CNY of a unit bought there
    cost : float[J, M], CNY/yr of a unit; stay : float[J, M, P], CNY/yr of standing; move : float[M], CNY of a move
    period : int[D], the one period in which a demand has a load
    """

    first_class: int
    capacity: Floats
    power_kw: Floats
    staff: Floats
    most: Ints
    stands: Ints
    capex: Floats
    award: Floats
    cost: Floats
    stay: Floats
    move: Floats
    period: Ints

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of sites, unit types and periods."""
        return int(self.stay.shape[0]), int(self.stay.shape[1]), int(self.stay.shape[2])

    def columns(self) -> int:
        """Columns beside those of the types: bought, standing, arriving."""
        _, units, periods = self.shape
        return units * (1 + 2 * periods)


def add_units(problem: SitingProblem, fleet: Fleet) -> SitingProblem:
    """Return the problem with the units; its arcs to unit types have classes from ``first_class`` on."""
    sites, units, periods = fleet.shape
    types, stays = len(problem.capacity), units * periods
    none, nothing = np.zeros((sites, 2 * stays)), np.zeros(units)
    wheels = problem.arc_class >= fleet.first_class
    unit = problem.arc_class - fleet.first_class
    own = fleet.first_class + unit * periods + fleet.period[problem.arc_demand]
    idle = fleet.first_class + stays  # a class that no arc uses
    stand = np.where(fleet.stands[:, None], np.minimum(fleet.most.sum(axis=0), MOST)[None, :], 0)
    stand = np.repeat(stand, periods, axis=1)
    return replace(
        problem,
        arc_class=np.where(wheels, own, problem.arc_class),
        module_class=np.concatenate(
            [problem.module_class, np.full(units, idle), fleet.first_class + np.arange(stays), np.full(stays, idle)]
        ),
        capacity=np.concatenate([problem.capacity, nothing, np.repeat(fleet.capacity, periods), np.zeros(stays)]),
        module_cost=np.hstack([problem.module_cost, unit_costs(fleet.cost, fleet.stay, fleet.move)]),
        module_capex=np.hstack([problem.module_capex, fleet.capex, none]),
        award=np.hstack([problem.award, fleet.award, none]),
        max_count=np.hstack([problem.max_count, fleet.most, stand, stand]),
        existing=np.hstack([problem.existing, np.zeros((sites, fleet.columns()))]),
        power_kw=np.append(problem.power_kw, np.zeros(fleet.columns())),
        staff=None if problem.staff is None else np.append(problem.staff, np.zeros(fleet.columns())),
        size=None if problem.size is None else np.append(problem.size, np.zeros(fleet.columns())),
        light=np.arange(types + fleet.columns()) >= types,
        couplings=_couplings(problem, fleet),
    )


MOST = 4  # units of one type that may stand at a site at once


def unit_costs(cost: Floats, stay: Floats, move: Floats) -> Floats:
    """Return the coefficients of the columns of units: bought float[J, M], standing float[J, M, P], a move float[M]."""
    sites, _, periods = stay.shape
    return np.hstack([cost, stay.reshape(sites, -1), np.tile(np.repeat(move, periods), (sites, 1))])


def _couplings(problem: SitingProblem, fleet: Fleet) -> Coupling:
    """Write the three kinds of rows above."""
    sites, units, periods = fleet.shape
    types = len(problem.capacity)
    j, m, p = (index.ravel() for index in np.indices((sites, units, periods)))
    standing, arriving = types + units + m * periods + p, types + units + units * periods + m * periods + p
    before = types + units + m * periods + (p - 1) % periods
    row = m * periods + p  # as many units as bought
    home, kind, when = j, types + m, row
    parts = [(row, j, standing, -np.ones(len(j))), (when, home, kind, np.ones(len(j)))]
    least = [np.zeros(units * periods)]
    number = units * periods
    move = number + np.arange(len(j))
    parts += [(move, j, arriving, np.ones(len(j))), (move, j, standing, -np.ones(len(j)))]
    parts += [(move, j, before, np.ones(len(j)))]
    least.append(np.zeros(len(j)))
    number += len(j)
    needs = {"power": fleet.power_kw, "staff": fleet.staff}
    for what, need, room in problem.site_limits:
        tight = np.flatnonzero(np.isfinite(room))
        place = np.full(sites, -1)
        place[tight] = np.arange(len(tight))
        inside = place[j] >= 0
        of = number + place[j] * periods + p
        parts.append((of[inside], j[inside], standing[inside], -needs[what][m[inside]]))
        site, season, k = (index.ravel() for index in np.indices((len(tight), periods, types)))
        parts.append((number + site * periods + season, tight[site], k, -need[k]))
        least.append(np.repeat(-room[tight], periods))
        number += len(tight) * periods
    row, site, module, value = (np.concatenate([part[n] for part in parts]) for n in range(4))
    return Coupling(row, site, module, value, np.concatenate(least))


def widened(count: Ints, width: int) -> Ints:
    """Add columns of zeros up to a width: counts of types and units bought, none of which stands."""
    return np.hstack([count, np.zeros((len(count), width - count.shape[1]), dtype=np.int64)])


def split_units(count: Ints, types: int, periods: int) -> tuple[Ints, Ints]:
    """Return of counts int[J, K] the units bought int[J, M] and standing int[J, M, P]."""
    units = (count.shape[1] - types) // (1 + 2 * periods)
    standing = count[:, types + units : types + units * (1 + periods)]
    return count[:, types : types + units], standing.reshape(len(count), units, periods)
