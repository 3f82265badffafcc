"""Who went where in an earlier run, to the last share, and an assignment that leaves everything there that may stay.

A demand that was split is cut into the pieces that went different ways; each piece stays on its way where that is open
and has room, and goes where it costs least otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.siting import SitingProblem
from coldchain.siting.problem import bincount

STAYS_CNY_T = 1e6
"""CNY/t by which a way of the earlier run seems cheaper: more than any other difference between two ways."""
CRUMB = 1e-9


def former_share(basis: Basis, arcs: Arcs, table: pd.DataFrame) -> Floats:
    """Return the share of its demand that each arc took in an assignment, shape (arcs,).

    Parameters
    ----------
    table : columns village, commodity, depot, zone, method, unit, period (empty: all) and share
    """
    scenario = basis.scenario
    names = ("village", "commodity", "depot", "zone", "method", "unit", "period")
    before: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for *way, period, share in zip(
        *(table[name].fillna("").astype(str) for name in names), table["share"].astype(float), strict=True
    ):
        before[tuple(way)][period] = share
    periods = [period.id for period in scenario.periods]
    share = np.zeros(len(arcs.demand))
    for n, (d, j, o) in enumerate(zip(arcs.demand, arcs.site, arcs.cooling, strict=True)):
        kind, village = basis.classes[o], scenario.villages[arcs.village[d]].id
        for c in arcs.members[arcs.group[d]]:
            crop = scenario.commodities[c].id
            parts = before.get((village, crop, scenario.sites[j].id, kind.zone, kind.method, kind.unit))
            if parts is not None:
                p = arcs.period[d]
                share[n] = parts.get("", parts.get(periods[p], 0.0) if p >= 0 else max(parts.values()))
                break
    total = np.bincount(arcs.demand, share, minlength=len(arcs.village))
    return np.asarray(share / np.maximum(total, 1.0)[arcs.demand], dtype=np.float64)


@dataclass(frozen=True)
class Pieces:
    """Pieces of demands: which demand, what share of it, and the arc it went by, -1 for today's chain.

    ``arc`` are the arcs of the problem that pieces may go by, each with its ``piece``.
    """

    demand: Indices
    share: Floats
    went: Indices
    arc: Indices
    piece: Indices

    @classmethod
    def of(cls, problem: SitingProblem, share: Floats) -> Pieces:
        """Cut the demands of a problem by the shares of its arcs; pieces may go by arcs to what stands there."""
        used = np.flatnonzero(share > CRUMB)
        rest = 1.0 - np.bincount(problem.arc_demand[used], share[used], minlength=len(problem.outside_cost))
        left = np.flatnonzero(rest > CRUMB)
        demand = np.concatenate([problem.arc_demand[used], left])
        went = np.concatenate([used, np.full(len(left), -1)])
        standing = np.zeros((len(problem.max_modules), problem.classes), dtype=np.bool_)
        for k, o in enumerate(problem.module_class):
            standing[:, o] |= problem.existing[:, k] > 0
        open_arcs = np.flatnonzero(standing[problem.arc_site, problem.arc_class])
        piece, n = np.nonzero(demand[:, None] == problem.arc_demand[open_arcs][None, :])
        return cls(demand, np.concatenate([share[used], rest[left]]), went, open_arcs[n], piece)

    def problem(self, whole: SitingProblem, weight_t: Floats, stays: Floats) -> SitingProblem:
        """State the siting problem of the pieces.

        Parameters
        ----------
        weight_t : t a year of each demand
        stays : 1 for each demand that was there in the earlier run and may stay in today's chain, else 0
        """
        cheap = STAYS_CNY_T * self.share * weight_t[self.demand]
        stay = self.went < 0
        return replace(
            whole,
            outside_cost=self.share * whole.outside_cost[self.demand] - cheap * stay * stays[self.demand],
            arc_demand=self.piece,
            arc_site=whole.arc_site[self.arc],
            arc_class=whole.arc_class[self.arc],
            arc_cost=self.share[self.piece] * whole.arc_cost[self.arc]
            - cheap[self.piece] * (self.went[self.piece] == self.arc),
            load=self.share[:, None] * whole.load[self.demand],
        )

    def shares(self, found: Floats, arcs: int) -> Floats:
        """Return the share of its demand that each arc takes, from those of the pieces."""
        return bincount(self.arc, self.share[self.piece] * found, arcs)
