"""Bound of a whole plan of a small county: depots, collection routes and line haul in one model.

Siting's coefficients know full trucks only. Where villages and sites are few, one integer model knows more of what
every plan pays (docs/model.md, Bound): whole vehicles and valid shares of real tours on the first mile, whole trucks
from the depots to their hub, each calling at one depot or several.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise, permutations

import numpy as np

from coldchain.arrays import KG_PER_T, Floats, Ints
from coldchain.network import travel
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis, by_distance
from coldchain.planning.decision import Decision
from coldchain.planning.limits import stated
from coldchain.planning.money import standing_opex_cny
from coldchain.planning.search import Options, aims_of
from coldchain.progress import Event, Stage
from coldchain.routing import (
    Day,
    ShareFinder,
    Shares,
    Trucks,
    drive_limit_h,
    price_trip,
    radial_shares,
)
from coldchain.siting import ExtendedEffort, Extension, ExtraRow, solve_extended

VILLAGES, SITES, ARCS = 24, 5, 2000  # up to which the model is small
CLOSE = 1e-3  # share of a day's cost by which a cut must be broken to be added
USED = 1e-7
SHARE, SPARE, LEAST = 0.3, 0.05, 0.05  # of a plan's work: for the model, left for what follows, at least
GAP = 2e-3  # relative, at which an integer model ends


def tightened(
    basis: Basis, arcs: Arcs, options: Options, bound: float, value: float
) -> tuple[float, tuple[Decision, ...]]:
    """Return the bound of the first aim, raised by the model of the whole, and the decisions of that model.

    Only where the county is small and the aim total cost; quick plans keep their bound.

    Parameters
    ----------
    value : total cost of the plan; a bound within the wanted gap of it will do
    """
    enough = value - basis.scenario.siting.gap * abs(value)
    if options.over() or bound >= enough or not is_used(options, basis, arcs):
        return bound, ()
    effort = ExtendedEffort(
        gap=GAP,
        enough=enough - standing_opex_cny(basis),
        work=min(SHARE, max(options.left() - SPARE, LEAST)) * options.work,
        stop=options.halted,
        seed=options.seed,
        meter=options.meter,
    )
    found, decisions = solve_whole(basis, arcs, effort)
    found = max(bound, found)
    options.say(Event(Stage.WHOLE_BOUND, "total_cost_cny", bound=found))
    return found, decisions


def leaving_room(options: Options, basis: Basis, arcs: Arcs) -> Options:
    """Return the options of a joint search that leaves the model of the whole its share of work, where it is used."""
    if not is_used(options, basis, arcs):
        return options
    return replace(options, joint=max(options.joint - SHARE, 0.0))


def is_used(options: Options, basis: Basis, arcs: Arcs) -> bool:
    """Tell whether a plan asks the model of the whole: not a quick one, for total cost first, of a small county."""
    return not options.quick and aims_of(basis)[0] == "total_cost_cny" and small_enough(basis, arcs)


def small_enough(basis: Basis, arcs: Arcs) -> bool:
    """Tell whether the model of this module is worth its time."""
    scenario = basis.scenario
    return len(scenario.villages) <= VILLAGES and len(scenario.sites) <= SITES and len(arcs.demand) <= ARCS


def solve_whole(basis: Basis, arcs: Arcs, effort: ExtendedEffort) -> tuple[float, tuple[Decision, ...]]:
    """Bound the total cost of every plan, CNY a year, -inf when there was no work for any; and decide by the model."""
    inside = replace(arcs.inside, money_cny=arcs.inside.money_cny - arcs.collection_cny - arcs.haul_cny)
    problem = stated(basis, replace(arcs, inside=inside), "total_cost_cny")
    model = _Model(basis, arcs)
    extension = Extension(np.array(model.cost), np.array(model.integer, dtype=np.bool_), model.rows, model.cuts)
    found = solve_extended(problem, extension, effort)
    decisions = tuple(Decision.of(arcs, count, share) for count, share in found.decisions)
    return found.bound + standing_opex_cny(basis), decisions


@dataclass
class _Group:
    """One depot on the typical day of one period: its villages, arcs, and columns."""

    site: int
    days: float
    villages: Ints
    arcs: Ints
    row: Ints
    load_t: Floats
    all_t: Floats
    finder: ShareFinder
    vehicles: Ints
    paid: int


@dataclass
class _Model:
    """Columns and rows beyond siting's: vehicles and cost of collection, and line-haul trucks."""

    basis: Basis
    arcs: Arcs
    cost: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    rows: list[ExtraRow] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write columns and first rows."""
        scenario = self.basis.scenario
        self.load = (self.arcs.load_t_day / scenario.siting.peak_factor)[self.arcs.demand]
        self._collection()
        self._line_haul()

    def _column(self, cost: float, whole: bool) -> int:
        self.cost.append(cost)
        self.integer.append(whole)
        return len(self.cost) - 1

    def _collection(self) -> None:
        basis, arcs = self.basis, self.arcs
        daily = basis.scenario.daily_t.sum(axis=1)
        between = _between(basis)
        for site in np.unique(arcs.site):
            here = np.flatnonzero(arcs.site == site)
            for p, period in enumerate(basis.scenario.periods):
                mine = here[self.load[here, p] > 0]
                if not len(mine):
                    continue
                villages, row = np.unique(arcs.village[arcs.demand[mine]], return_inverse=True)
                trucks = _trucks(basis, int(site), villages, between)
                vehicles = np.array([self._column(0.0, True) for _kind in basis.collection])
                paid = self._column(float(period.days), False)
                group = _Group(int(site), period.days, villages, mine, row, self.load[mine, p], daily[villages, p],
                               ShareFinder(trucks, daily[villages, p]), vehicles, paid)  # fmt: skip
                self.groups.append(group)
                self.rows.append(ExtraRow(mine, -group.load_t, vehicles, trucks.payload_t))
                self.rows += [ExtraRow(np.array([a]), -np.ones(1), vehicles, np.ones(len(vehicles))) for a in mine]
                self.rows.append(_cut(group, radial_shares(trucks, group.all_t), np.zeros(0, np.int64)))

    def cuts(self, share: Floats, column: Floats) -> list[ExtraRow]:
        """Find for every depot and period the shares that a solution pays too little by."""
        found = []
        for group in self.groups:
            x = np.maximum(share[group.arcs], 0.0)
            if x.max(initial=0.0) <= USED:
                continue
            load = np.asarray(np.bincount(group.row, x * group.load_t, len(group.villages)), dtype=np.float64)
            most = np.array([np.flatnonzero(group.row == v)[np.argmax(x[group.row == v])] for v in range(len(load))])
            day = Day(load, np.asarray(x[most], dtype=np.float64), np.maximum(column[group.vehicles], 0.0))
            shares = group.finder.best(day)
            worth = shares.load_cny_t @ load + shares.stop_cny @ day.called + shares.route_cny @ day.routes
            if worth > column[group.paid] * (1 + CLOSE) + 1e-6:
                found.append(_cut(group, shares, most))
        return found

    def _line_haul(self) -> None:
        basis, arcs = self.basis, self.arcs
        zones = np.array([kind.zone for kind in basis.classes])[arcs.cooling]
        sent = basis.timing.fresh[arcs.cooling] > 0
        least = min(kind.cost_cny_h for kind in basis.line_haul_least) * basis.haul_rule.load_h_t
        for hub in np.unique(basis.site_hub[arcs.site]):
            for zone in np.unique(zones):
                here = np.flatnonzero((basis.site_hub[arcs.site] == hub) & (zones == zone) & sent)
                for p, period in enumerate(basis.scenario.periods):
                    mine = here[self.load[here, p] > 0]
                    if len(mine):
                        self._trucks_of(mine, p, (period.days, least))

    def _trucks_of(self, mine: Ints, p: int, figures: tuple[float, float]) -> None:
        """Whole trucks of one hub, zone and period: enough for every set of depots, one at least for every one used."""
        days, least = figures
        sites = np.unique(self.arcs.site[mine])
        load = self.load[mine, p]
        calls, capacity, column = [], [], []
        most = self.basis.scenario.routing.haul_depots
        for size in range(1, min(len(sites), most) + 1):
            for stops in combinations(sites.tolist(), size):
                for cost, holds in _trips(self.basis, stops):
                    calls.append(set(stops))
                    capacity.append(holds)
                    column.append(self._column(cost * days, True))
        paid = self._column(least * days, False)
        self.rows.append(ExtraRow(mine, -load, np.array([paid]), np.ones(1)))
        for size in range(1, len(sites) + 1):
            for part in combinations(sites.tolist(), size):
                some = np.isin(self.arcs.site[mine], part)
                use = np.array([n for n, stops in enumerate(calls) if stops & set(part)], dtype=np.int64)
                self.rows.append(ExtraRow(mine[some], -load[some], np.array(column)[use], np.array(capacity)[use]))
        for site in sites:
            use = np.array([column[n] for n, stops in enumerate(calls) if site in stops], dtype=np.int64)
            for arc in mine[self.arcs.site[mine] == site]:
                self.rows.append(ExtraRow(np.array([arc]), -np.ones(1), use, np.ones(len(use))))


def _cut(group: _Group, shares: Shares, called: Ints) -> ExtraRow:
    """Write ``paid ≥ Σ c·load + Σ g·x + Σ f·vehicles``; ``called``: the arc of each village that g counts."""
    value = -shares.load_cny_t[group.row] * group.load_t
    if len(called):
        np.subtract.at(value, called, shares.stop_cny)
    columns = np.append(group.vehicles, group.paid)
    return ExtraRow(group.arcs, value, columns, np.append(-shares.route_cny, 1.0))


def _between(basis: Basis) -> tuple[Floats, Floats]:
    """Least hours and, separately, least km between villages."""
    nodes = basis.placed.village_node
    fast = travel(basis.placed.network, nodes, nodes)
    return fast.time_h, travel(by_distance(basis.placed.network), nodes, nodes).km


def _trucks(basis: Basis, site: int, villages: Ints, between: tuple[Floats, Floats]) -> Trucks:
    reach, routing, chain = basis.reach, basis.scenario.routing, basis.scenario.chain
    kinds = basis.collection_least

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
    )


def _trips(basis: Basis, stops: tuple[int, ...]) -> Iterator[tuple[float, float]]:
    """Least cost and capacity (t) of a trip without load that calls at depots, of each type that their roads bear."""
    rule = replace(basis.haul_rule, dock_h=basis.haul_rule.dock_h * (1 + len(stops)) / 2.0)
    ways = [
        (_round(stops, basis.haul_h, basis.between_h), _round(stops, basis.haul_km, basis.between_km))
        for stops in permutations(stops)
    ]
    for kind in basis.line_haul_least:
        if all(kind in basis.line_haul_least_of(j) for j in stops):
            trips = [price_trip(kind, 0.0, h / 2.0, km / 2.0, rule) for h, km in ways]
            yield min(trip.cost_cny for trip in trips), trips[0].capacity_t * (1 + 1e-9) + 1e-9


def _round(stops: tuple[int, ...], to_hub: Floats, between: Floats) -> float:
    """Length from the hub through depots and back, to the first as far as back from it."""
    return float(to_hub[stops[0]] + to_hub[stops[-1]] + sum(between[a, b] for a, b in pairwise(stops)))
