"""What siting decided, the lots that follow from it, and the routes of a depot's typical day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Indices, Ints
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.routing import CollectionResult
from coldchain.siting import split_units

SHARE_KEPT = 1e-6


@dataclass(frozen=True)
class Decision:
    """What siting decided: new modules, mobile units and the assignment.

    Attributes
    ----------
    count : new modules, and units bought by the owner of a site, shape (sites, depot types)
    standing : mobile units, shape (sites, units, periods)
    village, group, site, cooling : one entry for each village, group, site and class in use
    share : of the harvest of each period, shape (entries, periods)
    """

    count: Ints
    standing: Ints
    village: Indices
    group: Indices
    site: Indices
    cooling: Indices
    share: Floats

    @classmethod
    def of(cls, arcs: Arcs, count: Ints, arc_share: Floats) -> Decision:
        """Keep the arcs in use; crumbs below a millionth stay in today's chain."""
        sites, units, periods = arcs.stay_cny.shape
        types = arcs.module.money_cny.shape[1]
        standing = np.zeros((sites, units, periods), dtype=np.int64)
        if units and count.shape[1] > types:
            bought, standing = split_units(count, types - units, periods)
            standing = staying(standing, bought.sum(axis=0), arcs.open_ground)
        used = np.flatnonzero(arc_share > SHARE_KEPT)
        demand = arcs.demand[used]
        ends = np.stack([arcs.village[demand], arcs.group[demand], arcs.site[used], arcs.cooling[used]])
        entries, place = np.unique(ends, axis=1, return_inverse=True)
        share = np.zeros((entries.shape[1], periods))
        for p in range(periods):
            mine = arcs.counts_in(p)[demand]
            np.add.at(share[:, p], place[mine], arc_share[used][mine])
        village, group, site, cooling = entries
        return cls(count[:, :types], standing, village, group, site, cooling, share)

    def arc_share(self, arcs: Arcs) -> Floats:
        """Return the share of its demand that each arc takes, shape (arcs,)."""
        demand = arcs.demand
        entries = _keys(arcs, self.village, self.group, self.site, self.cooling)
        if not len(entries):
            return np.zeros(len(demand))
        order = np.argsort(entries)
        mine = _keys(arcs, arcs.village[demand], arcs.group[demand], arcs.site, arcs.cooling)
        place = order[np.minimum(np.searchsorted(entries, mine, sorter=order), len(order) - 1)]
        period = arcs.period[demand]
        share = np.where(period < 0, self.share[place].max(axis=1), self.share[place, np.maximum(period, 0)])
        return np.where(entries[place] == mine, share, 0.0)

    def modules(self) -> Ints:
        """Return counts in all columns of the siting problem: modules and units bought, standing and arriving."""
        sites = len(self.count)
        moved = (self.standing.reshape(sites, -1), self.arriving().reshape(sites, -1))
        return np.hstack([self.count, *moved])

    def arriving(self) -> Ints:
        """Units that come from elsewhere, shape (sites, units, periods); the last period comes before the first."""
        arriving: Ints = np.maximum(self.standing - np.roll(self.standing, 1, axis=2), 0)
        return arriving


def _keys(arcs: Arcs, village: Indices, group: Indices, site: Indices, cooling: Indices) -> Indices:
    """Return a number for each way of a village, the same for the same way."""
    sites, classes = len(arcs.stay_cny), int(arcs.cooling.max(initial=0)) + 1
    return np.asarray(((village * len(arcs.members) + group) * sites + site) * classes + cooling)


def staying(standing: Ints, bought: Ints, ground: Bools) -> Ints:
    """Let units that nobody needs in a period wait where they stand in the next one, so that they need not move.

    Parameters
    ----------
    standing : shape (sites, units, periods); bought : shape (units,); ground : sites where they may, shape (sites,)
    """
    kept = standing.copy()
    periods = kept.shape[2]
    for step in range(2 * periods):
        p = (-step) % periods
        before = (p - 1) % periods
        for m, spare in enumerate(bought - kept[:, :, before].sum(axis=0)):
            wanted = np.where(ground, np.maximum(kept[:, m, p] - kept[:, m, before], 0), 0)
            kept[:, m, before] += np.minimum(wanted, np.maximum(spare - (np.cumsum(wanted) - wanted), 0))
    return kept


@dataclass(frozen=True)
class PricedDay:
    """Routes of a day, and what they cost: hired vehicles, overflow and the exact value lost, CNY."""

    result: CollectionResult
    day_cny: float


@dataclass(frozen=True)
class CollectionDay:
    """Routes of one depot on a typical day of one period; stop n of the result is village ``villages[n]``.

    ``answers`` are those found at the price of hired and of owned vehicles, where the latter differ.
    """

    site: int
    period: int
    villages: Indices
    result: CollectionResult
    answers: tuple[PricedDay, ...] = ()


@dataclass(frozen=True)
class SiteLots:
    """Assigned lots: village, commodity, class, site, share of the harvest and t/day in each period."""

    village: Indices
    commodity: Indices
    cooling: Indices
    site: Indices
    share: Floats
    t_day: Floats


def site_lots(basis: Basis, arcs: Arcs, decision: Decision, rows: Indices) -> SiteLots:
    """Spread assignment rows over the commodities of their groups."""
    sizes = np.array([len(arcs.members[g]) for g in decision.group[rows]], dtype=np.intp)
    row = np.repeat(rows, sizes)
    commodity = np.concatenate([np.empty(0, np.intp), *(arcs.members[g] for g in decision.group[rows])])
    village, share = decision.village[row], decision.share[row]
    t_day = basis.scenario.daily_t[village, commodity] * share
    kept = t_day.sum(axis=1) > 0
    lots = SiteLots(village, commodity, decision.cooling[row], decision.site[row], share, t_day)
    return SiteLots(*(getattr(lots, name)[kept] for name in SiteLots.__annotations__))


def day_pieces(day: CollectionDay) -> list[tuple[int, int, int, float, float, float]]:
    """List what the routes of a day fetch: village, site, period, share of the village's load, hours aboard, waited."""
    left = {u.stop: u.load_kg for u in day.result.unserved}
    fetched: dict[int, float] = {}
    for route in day.result.routes:
        for stop, kg in zip(route.stops, route.load_kg, strict=True):
            fetched[stop] = fetched.get(stop, 0.0) + kg
    return [
        (int(day.villages[s]), day.site, day.period, kg / (fetched[s] + left.get(s, 0.0)), aboard, wait)
        for route, wait in zip(day.result.routes, day.result.wait_h, strict=True)
        for s, kg, aboard in zip(route.stops, route.load_kg, route.aboard_h, strict=True)
    ]
