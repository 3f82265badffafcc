"""Depots of courses, each with its year: modules, who it serves, what that costs with real routes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.economy import ChilledLots
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.course import Course
from coldchain.planning.days import Decision
from coldchain.planning.lots import TODAY
from coldchain.siting import DepotColumn


class DepotYears:
    """The depots met so far: of those alike in modules and service, the cheapest."""

    def __init__(self, basis: Basis, arcs: Arcs) -> None:
        self.basis, self.arcs = basis, arcs
        self._known: dict[bytes, tuple[DepotColumn, Ints]] = {}
        self._arc = {key: a for a, key in enumerate(zip(arcs.demand, arcs.site, arcs.cooling, strict=True))}
        self._demand = {key: d for d, key in enumerate(zip(arcs.village, arcs.group, strict=True))}

    def add(self, course: Course) -> None:
        """Remember the depots of a course."""
        cost, decision = self._costs(course), course.decision
        short = {day.site for day in course.days.collection if day.result.unserved}
        places = list(zip(decision.village, decision.group, strict=True))
        demand = np.array([self._demand[place] for place in places], dtype=np.int64)
        ways = zip(demand, decision.site, decision.cooling, strict=True)
        arc = np.array([self._arc[way] for way in ways], dtype=np.int64)
        share = decision.share.max(axis=1)
        for j in set(np.unique(decision.site).tolist()) - short:
            rows = np.flatnonzero(decision.site == j)
            column = DepotColumn(j, decision.count[j], demand[rows], share[rows], float(cost[j]))
            key = np.concatenate([[j], column.modules, arc[rows], np.rint(column.share * 1e6)]).tobytes()
            if key not in self._known or column.cost_cny < self._known[key][0].cost_cny:
                self._known[key] = column, arc[rows]

    def columns(self) -> list[DepotColumn]:
        """Return all depots met."""
        return [entry[0] for entry in self._known.values()]

    def decision(self, chosen: Sequence[DepotColumn]) -> Decision:
        """Put depots together; who would be served more than whole is served less by the depot added last."""
        arcs_of = {id(column): arc for column, arc in self._known.values()}
        count = np.zeros((len(self.basis.scenario.sites), len(self.basis.scenario.depot_types)), dtype=np.int64)
        shares, served = np.zeros(len(self.arcs.demand)), np.zeros(len(self.arcs.village))
        for column in sorted(chosen, key=lambda one: one.cost_cny / max(one.share.sum(), 1e-9)):
            count[column.site] = column.modules
            taken = np.minimum(column.share, np.maximum(1.0 - served[column.demand], 0.0))
            shares[arcs_of[id(column)]] += taken
            np.add.at(served, column.demand, taken)
        return Decision.of(self.arcs, count, shares)

    def _costs(self, course: Course) -> Floats:
        """CNY a year of each site in a course: routes, trucks, losses, energy, what is deducted and its modules."""
        basis, scenario = self.basis, self.basis.scenario
        lots = course.lots[course.lots["site"] != TODAY]
        cost = np.zeros(len(scenario.sites))
        per_t = np.asarray(sum(basis.prices.chilled(ChilledLots.of(lots)).values()))
        np.add.at(cost, lots["site"].to_numpy(), lots["tonnes"].to_numpy() * per_t)
        cost += (course.decision.count * self.arcs.module.money_cny).sum(axis=1)
        length = [period.days for period in scenario.periods]
        for j, period, spent in course.days.collection_shares():
            cost[j] += spent * length[period]
        for j, period, spent in course.days.overflow_shares():
            cost[j] += spent * length[period]
        for j, period, _load, spent in course.days.haul_shares():
            cost[j] += spent * length[period]
        return np.asarray(cost, dtype=np.float64)
