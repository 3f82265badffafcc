"""Bound of a whole plan of a small county: depots, collection routes and line haul in one model.

Siting's coefficients know full trucks only. Where villages and sites are few, one integer model knows more of what
every plan pays (docs/model.md, Bound): whole vehicles and valid shares of real tours on the first mile, whole trucks
from the depots to their hub, each calling at one depot or several.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.decision import Decision
from coldchain.planning.limits import stated
from coldchain.planning.lorries import DrivingColumns, between_villages, first_mile, undriven
from coldchain.planning.money import standing_opex_cny
from coldchain.planning.search import Options, aims_of
from coldchain.progress import Event, Stage
from coldchain.routing import FetchedDay, RouteShares, ShareFinder, radial_shares
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
    problem = stated(basis, undriven(arcs), "total_cost_cny")
    columns = DrivingColumns(basis, arcs, np.ones(len(arcs.demand), dtype=np.bool_))
    model = _WholeModel(columns)
    extension = Extension(np.array(columns.cost), np.array(columns.integer, np.bool_), columns.rows, model.cuts)
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
class _WholeModel:
    """Columns and rows beyond siting's: vehicles and cost of collection, and line-haul lorries."""

    columns: DrivingColumns
    groups: list[_Group] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write columns and first rows."""
        self._collection()
        self.columns.add_line_haul()

    def _collection(self) -> None:
        columns = self.columns
        basis, arcs = columns.basis, columns.arcs
        daily = basis.scenario.daily_t.sum(axis=1)
        between = between_villages(basis)
        for site in np.unique(arcs.site):
            here = np.flatnonzero(arcs.site == site)
            for p, period in enumerate(basis.scenario.periods):
                mine = here[columns.load_t[here, p] > 0]
                if not len(mine):
                    continue
                villages, row = np.unique(arcs.village[arcs.demand[mine]], return_inverse=True)
                trucks = first_mile(basis, basis.collection_least, int(site), villages, between)
                vehicles = np.array([columns.add(0.0, whole=True) for _kind in basis.collection])
                paid = columns.add(float(period.days))
                group = _Group(int(site), period.days, villages, mine, row, columns.load_t[mine, p],
                               daily[villages, p], ShareFinder(trucks, daily[villages, p]), vehicles, paid)  # fmt: skip
                self.groups.append(group)
                columns.rows.append(ExtraRow(mine, -group.load_t, vehicles, trucks.payload_t))
                columns.rows += [ExtraRow(np.array([a]), -np.ones(1), vehicles, np.ones(len(vehicles))) for a in mine]
                columns.rows.append(_cut(group, radial_shares(trucks, group.all_t), np.zeros(0, np.int64)))

    def cuts(self, share: Floats, column: Floats) -> list[ExtraRow]:
        """Find for every depot and period the shares that a solution pays too little by."""
        found = []
        for group in self.groups:
            x = np.maximum(share[group.arcs], 0.0)
            if x.max(initial=0.0) <= USED:
                continue
            load = np.asarray(np.bincount(group.row, x * group.load_t, len(group.villages)), dtype=np.float64)
            most = np.array([np.flatnonzero(group.row == v)[np.argmax(x[group.row == v])] for v in range(len(load))])
            day = FetchedDay(load, np.asarray(x[most], dtype=np.float64), np.maximum(column[group.vehicles], 0.0))
            shares = group.finder.best(day)
            worth = shares.load_cny_t @ load + shares.stop_cny @ day.called + shares.route_cny @ day.routes
            if worth > column[group.paid] * (1 + CLOSE) + 1e-6:
                found.append(_cut(group, shares, most))
        return found


def _cut(group: _Group, shares: RouteShares, called: Ints) -> ExtraRow:
    """Write ``paid ≥ Σ c·load + Σ g·x + Σ f·vehicles``; ``called``: the arc of each village that g counts."""
    value = -shares.load_cny_t[group.row] * group.load_t
    if len(called):
        np.subtract.at(value, called, shares.stop_cny)
    columns = np.append(group.vehicles, group.paid)
    return ExtraRow(group.arcs, value, columns, np.append(-shares.route_cny, 1.0))
