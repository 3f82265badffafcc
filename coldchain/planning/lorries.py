"""What driving costs at least, for models of a whole plan: vehicles of the first mile, whole lorries to the hubs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise, permutations

import numpy as np

from coldchain.arrays import KG_PER_T, Bools, Floats, Indices, Ints
from coldchain.model import VehicleType
from coldchain.network import travel
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis, by_distance, least_round
from coldchain.routing import Trucks, drive_limit_h, price_trip
from coldchain.siting import ExtraRow

LISTED = 6  # depots of a hub up to which all tours and sets of depots are listed


@dataclass
class DrivingColumns:
    """Further columns of a model of siting, and rows over arcs and them.

    Attributes
    ----------
    basis, arcs : the county
    used : arcs that may be used, shape (arcs,)
    load_t : t/day of each arc on a typical day, shape (arcs, periods)
    cost, integer, rows : of the columns, and what binds them
    """

    basis: Basis
    arcs: Arcs
    used: Bools
    cost: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    rows: list[ExtraRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Work the loads out."""
        self.load_t = (self.arcs.load_t_day / self.basis.scenario.siting.peak_factor)[self.arcs.demand]

    def add(self, cost: float, *, whole: bool = False) -> int:
        """Add a column, at least nought; returns its number."""
        self.cost.append(cost)
        self.integer.append(whole)
        return len(self.cost) - 1

    def add_line_haul(self) -> None:
        """Add whole lorries for every hub, zone and period, which all arcs pay instead of their share of full ones."""
        basis, arcs = self.basis, self.arcs
        zones = np.array([kind.zone for kind in basis.classes])[arcs.cooling]
        sent = (basis.timing.fresh[arcs.cooling] > 0) & self.used
        for hub in np.unique(basis.site_hub[arcs.site[sent]]):
            for zone in np.unique(zones[sent]):
                here = np.flatnonzero((basis.site_hub[arcs.site] == hub) & (zones == zone) & sent)
                for p in range(len(basis.scenario.periods)):
                    mine = here[self.load_t[here, p] > 0]
                    if len(mine):
                        self._add_lorries(mine, p)

    def _add_lorries(self, mine: Indices, p: int) -> None:
        """Add the lorries of one hub, zone and period: enough for the loads, one at least for every depot used."""
        sites, load = np.unique(self.arcs.site[mine]), self.load_t[mine, p]
        days = self.basis.scenario.periods[p].days
        least = min(kind.cost_cny_h for kind in self.basis.line_haul_least) * self.basis.haul_rule.load_h_t
        paid = self.add(least * days)
        self.rows.append(ExtraRow(mine, -load, np.array([paid]), np.ones(1)))
        calling = self._listed(mine, p) if len(sites) <= LISTED else self._nested(mine, p)
        for site in sites.tolist():
            for arc in mine[self.arcs.site[mine] == site]:
                self.rows.append(ExtraRow(np.array([arc]), -np.ones(1), calling[site], np.ones(len(calling[site]))))

    def _listed(self, mine: Indices, p: int) -> dict[int, Ints]:
        """Add a column for each type and set of depots a tour may call at, and a row for each set of depots.

        Returns
        -------
        The columns that call at each depot.
        """
        sites, load = np.unique(self.arcs.site[mine]).tolist(), self.load_t[mine, p]
        days, routing = self.basis.scenario.periods[p].days, self.basis.scenario.routing
        calls, capacity, column = list[set[int]](), list[float](), list[int]()
        for stops in _sets(sites, routing.haul_depots):
            for trip in _trips(self.basis, stops):
                calls.append(set(stops))
                capacity.append(trip.capacity_t)
                column.append(self.add(trip.cost_cny * days, whole=True))
        holds, number = np.array(capacity), np.array(column, dtype=np.int64)
        for part in _sets(sites, len(sites)):
            some = np.isin(self.arcs.site[mine], part)
            use = np.array([n for n, stops in enumerate(calls) if stops & set(part)], dtype=np.int64)
            self.rows.append(ExtraRow(mine[some], -load[some], number[use], holds[use]))
        return {site: number[[n for n, stops in enumerate(calls) if site in stops]] for site in sites}

    def _nested(self, mine: Indices, p: int) -> dict[int, Ints]:
        """Add columns that count the lorries whose dearest depot is among the first so many, dearest first.

        A tour costs at least what its dearest depot asks by itself, the least of any tour that calls there. So lorries
        that call at one of the first i depots have their dearest among these, and hold what these send.

        Returns
        -------
        The columns of lorries that can call at each depot.
        """
        basis, at, load = self.basis, self.arcs.site[mine], self.load_t[mine, p]
        days, sites = basis.scenario.periods[p].days, np.unique(at)
        h, km = (least_round(basis, way, between)[sites] / 2.0 for way, between in
                 ((basis.haul_h, basis.between_h), (basis.haul_km, basis.between_km)))  # fmt: skip
        kinds = basis.line_haul_least
        trips = [[price_trip(kind, 0.0, float(a), float(b), basis.haul_rule) for a, b in zip(h, km, strict=True)]
                 for kind in kinds]  # fmt: skip
        cost = np.array([[trip.cost_cny for trip in some] for some in trips])
        order = np.argsort(-cost.max(axis=0), kind="stable")
        cost = np.minimum.accumulate(cost[:, order], axis=1)
        step = (cost - np.append(cost[:, 1:], np.zeros((len(kinds), 1)), axis=1)) * days
        number = np.array([[self.add(float(more), whole=True) for more in row] for row in step])
        holds = np.array([some[0].capacity_t * (1 + 1e-9) + 1e-9 for some in trips])
        for i in range(len(sites)):
            some = np.isin(at, sites[order[: i + 1]])
            self.rows.append(ExtraRow(mine[some], -load[some], number[:, i], holds))
            for row in number if i else ():
                self.rows.append(ExtraRow(np.zeros(0, np.int64), np.zeros(0), row[[i, i - 1]], np.array([1.0, -1.0])))
        return {int(sites[j]): number[:, i] for i, j in enumerate(order.tolist())}


def between_villages(basis: Basis) -> tuple[Floats, Floats]:
    """Least hours and, separately, least km between villages."""
    nodes = basis.placed.village_node
    fast = travel(basis.placed.network, nodes, nodes)
    return fast.time_h, travel(by_distance(basis.placed.network), nodes, nodes).km


def first_mile(
    basis: Basis,
    kinds: Sequence[VehicleType],
    site: int,
    villages: Indices,
    between: tuple[Floats, Floats],
) -> Trucks:
    """Return what vehicles of the first mile cost at least between a depot and some villages.

    Parameters
    ----------
    kinds : types of the first mile at prices that no trip undercuts
    between : of :func:`between_villages`
    """
    reach, routing, chain = basis.reach, basis.scenario.routing, basis.scenario.chain

    def square(out: Floats, back: Floats, among: Floats) -> Floats:
        legs = np.zeros((len(villages) + 1, len(villages) + 1))
        legs[0, 1:], legs[1:, 0] = out[villages, site], back[villages, site]
        legs[1:, 1:] = among[np.ix_(villages, villages)]
        return legs

    hours, km = square(reach.out_h, reach.back_h, between[0]), square(reach.out_km, reach.back_km, between[1])
    per_h = np.array([kind.cost_cny_h for kind in kinds])
    legs_h = np.array([hours / kind.speed_factor for kind in kinds])
    per_km = np.array([kind.cost_cny_km for kind in kinds])
    return Trucks(
        legs_cny=per_km[:, None, None] * km + per_h[:, None, None] * legs_h,
        legs_h=legs_h,
        payload_t=np.array([kind.payload_kg / KG_PER_T for kind in kinds]) * (1 + 1e-6),
        fixed_cny=np.array([kind.cost_cny_day for kind in kinds]) + per_h * chain.unload_h,
        halt_cny=per_h * routing.stop_h,
        load_cny_t=per_h * routing.load_h_t,
        shift_h=np.array([kind.shift_h for kind in kinds]) - chain.unload_h,
        drive_h=np.array([drive_limit_h(kind) for kind in kinds]),
        halt_h=routing.stop_h,
        load_h_t=routing.load_h_t,
        aboard_h=basis.scenario.siting.max_first_mile_h,
    )


def _sets(sites: list[int], most: int) -> Iterator[tuple[int, ...]]:
    """Yield all sets of depots, of so many at most."""
    for size in range(1, min(len(sites), most) + 1):
        yield from combinations(sites, size)


@dataclass(frozen=True)
class _Tour:
    """Least cost of a trip without load, CNY, and what it holds, t."""

    cost_cny: float
    capacity_t: float


def _trips(basis: Basis, stops: tuple[int, ...]) -> Iterator[_Tour]:
    """Yield the least trip that calls at depots, of each type that their roads bear."""
    rule = replace(basis.haul_rule, dock_h=basis.haul_rule.dock_h * (1 + len(stops)) / 2.0)
    ways = [
        (_round(stops, basis.haul_h, basis.between_h), _round(stops, basis.haul_km, basis.between_km))
        for stops in permutations(stops)
    ]
    for kind in basis.line_haul_least:
        if all(kind in basis.line_haul_least_of(j) for j in stops):
            trips = [price_trip(kind, 0.0, h / 2.0, km / 2.0, rule) for h, km in ways]
            yield _Tour(min(trip.cost_cny for trip in trips), trips[0].capacity_t * (1 + 1e-9) + 1e-9)


def _round(stops: tuple[int, ...], to_hub: Floats, between: Floats) -> float:
    """Length from the hub through depots and back, to the first as far as back from it."""
    return float(to_hub[stops[0]] + to_hub[stops[-1]] + sum(between[a, b] for a, b in pairwise(stops)))


def undriven(arcs: Arcs) -> Arcs:
    """Return the arcs without what they pay for driving."""
    inside = replace(arcs.inside, money_cny=arcs.inside.money_cny - arcs.collection_cny - arcs.haul_cny)
    return replace(arcs, inside=inside)
