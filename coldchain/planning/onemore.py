"""What one more depot would save and cost beside a decided plan, by siting's figures, and which limit forbids it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldchain.arrays import ROUNDING, Floats
from coldchain.planning.arcs import Arcs, existing_modules, siting_problem
from coldchain.planning.awards import Awards, grant, module_awards, total_pot_cny
from coldchain.planning.basis import Basis
from coldchain.planning.decision import Decision
from coldchain.siting import SitingProblem


@dataclass(frozen=True)
class Need:
    """What new modules need of something that is limited, and what is left of it.

    Attributes
    ----------
    limit : ``budget``, ``pot`` (of the county), ``power`` or ``staff``
    """

    limit: str
    need: float
    left: float


@dataclass(frozen=True)
class OneMore:
    """New modules of one type at one site: what they cost a year beyond what they save, and what is short for them."""

    kind: int
    net_cny: float
    short: tuple[Need, ...]


@dataclass(frozen=True)
class Beside:
    """A decided plan, and what could stand beside it.

    Every figure is a coefficient of siting: direct rides, full trucks. They are those of ``explain --unserved``.
    """

    basis: Basis
    arcs: Arcs
    decision: Decision

    @cached_property
    def problem(self) -> SitingProblem:
        """The siting problem of least cost without mobile units."""
        return siting_problem(self.basis, self.arcs, "total_cost_cny", units=False)

    @cached_property
    def saves_cny_t(self) -> Floats:
        """What an arc saves against today's chain, CNY/t, shape (arcs,)."""
        arcs = self.arcs
        saved = arcs.outside.of("total_cost_cny")[arcs.demand] - arcs.arc_cost("total_cost_cny")
        return np.asarray(saved / arcs.yearly_t[arcs.demand])

    @cached_property
    def share(self) -> Floats:
        """Share of its demand that each arc takes in the plan, shape (arcs,)."""
        return self.decision.arc_share(self.arcs)

    @cached_property
    def room_t_day(self) -> Floats:
        """Capacity of all that is open, mobile units where they stand, shape (sites, classes, periods)."""
        basis, made, types = self.basis, self.decision, self.basis.class_of_type
        fixed = basis.scenario.fixed_types
        room = np.zeros((len(basis.scenario.sites), len(basis.classes), len(basis.scenario.periods)))
        whole = (existing_modules(basis) + made.count)[:, :fixed] * self.problem.capacity[:fixed]
        for k in range(fixed):
            room[:, types[k]] += whole[:, k, None]
        for m, k in enumerate(range(fixed, len(types))):
            room[:, types[k]] += made.standing[:, m] * self.problem.capacity[k]
        return room

    @cached_property
    def each_cny(self) -> Floats:
        """Award of one new module, shape (sites, types)."""
        return module_awards(self.basis.scenario)

    @cached_property
    def granted(self) -> Awards:
        """Awards of the plan."""
        return grant(self.basis.scenario, self.decision.count, self.each_cny)

    @cached_property
    def spare_t_day(self) -> Floats:
        """Capacity less the load of the plan, shape (sites, classes, periods)."""
        arcs, spare = self.arcs, self.room_t_day.copy()
        np.subtract.at(spare, (arcs.site, arcs.cooling), self.share[:, None] * arcs.load_t_day[arcs.demand])
        return spare

    @cached_property
    def cost_cny(self) -> Floats:
        """Cost of each demand in the plan, CNY a year, shape (demands,)."""
        arcs = self.arcs
        outside = arcs.outside.of("total_cost_cny")
        taken = np.bincount(arcs.demand, self.share, minlength=len(outside))
        inside = np.bincount(arcs.demand, self.share * arcs.arc_cost("total_cost_cny"), minlength=len(outside))
        return np.asarray(inside + (1.0 - taken) * outside)

    def at(self, site: int, cooling: int) -> list[OneMore]:
        """List what may be added at a site for one class of cooling, cheapest first; nothing where none may be."""
        problem, count = self.problem, self.decision.count
        fixed, found = self.basis.scenario.fixed_types, []
        free = problem.max_modules[site] - count[site, :fixed].sum()
        for k in np.flatnonzero(self.basis.class_of_type[:fixed] == cooling):
            number = self._number(site, int(k))
            if count[site, k] + number <= problem.max_count[site, k] and number <= free:
                saved = self._saved_cny(site, cooling, number * problem.capacity[k])
                net = number * float(problem.module_cost[site, k]) - saved
                found.append(OneMore(int(k), net, tuple(self._short(site, int(k), number))))
        return sorted(found, key=lambda one: one.net_cny)

    def _number(self, site: int, k: int) -> int:
        """Least number of modules of a type to add: one, or what a new site must have in sum."""
        least = self.basis.scenario.subsidy.least_m3
        size = self.basis.scenario.depot_types[k].net_m3
        if least <= 0 or size <= 0 or self.decision.count[site].any():
            return 1
        return max(1, int(np.ceil(least / size - ROUNDING)))

    def _saved_cny(self, site: int, cooling: int, capacity: float) -> float:
        """Return the most that some more t/day there can save a year; as much of each demand as fits."""
        arcs = self.arcs
        mine = np.flatnonzero((arcs.site == site) & (arcs.cooling == cooling))
        gain = self.cost_cny[arcs.demand[mine]] - arcs.arc_cost("total_cost_cny")[mine]
        worth = gain > 0
        gain, load = gain[worth], arcs.load_t_day[arcs.demand[mine[worth]]]
        return min((_filled(gain, load[:, p], capacity) for p in range(load.shape[1])), default=0.0)

    def _short(self, site: int, k: int, number: int) -> list[Need]:
        """List the limits that forbid some more modules."""
        scenario, problem = self.basis.scenario, self.problem
        more = self.decision.count.copy()
        more[site, k] += number
        before, after = self.granted, grant(scenario, more, self.each_cny)
        county = problem.owner_county == problem.owner_county[problem.owner[site]]
        award, spent = after.award.sum() - before.award.sum(), before.award
        needs = [
            Need("budget", award, total_pot_cny(scenario) - spent.sum()),
            Need("pot", award, problem.pot[problem.owner_county[problem.owner[site]]] - spent[county].sum()),
        ]
        new = self.decision.count[site][: scenario.fixed_types]
        for limit, need, room in problem.site_limits:
            needs.append(Need(limit, number * need[k], float(room[site] - need[: len(new)] @ new)))
        return [one for one in needs if one.need > one.left * (1 + ROUNDING) + ROUNDING]


def _filled(gain: Floats, load: Floats, capacity: float) -> float:
    """Fill a capacity with what gains most for its load, the last in part.

    Examples
    --------
    >>> _filled(np.array([6.0, 10.0, 3.0]), np.array([2.0, 5.0, 0.0]), 4.5)
    14.0
    """
    order = np.argsort(-gain / np.maximum(load, ROUNDING))
    before = np.cumsum(load[order]) - load[order]
    part = np.clip((capacity - before) / np.maximum(load[order], ROUNDING), 0.0, 1.0)
    return float((gain[order] * np.where(load[order] > 0, part, 1.0)).sum())
