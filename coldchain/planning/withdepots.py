"""What any plan with given depots costs at least, whoever goes where and on which routes: a proof.

Siting's coefficients know straight trips in full vehicles. With the depots given, the model of the whole has few
enough arcs to know more: collection pays valid shares of real routes, those of :mod:`coldchain.routing.relaxed`, found
anew for what the model sends to each depot, and the line haul whole lorries (:mod:`coldchain.planning.lorries`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats, Indices
from coldchain.model import VehicleType
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis, least_types
from coldchain.planning.course import Course
from coldchain.planning.limits import stated
from coldchain.planning.lorries import DrivingColumns, between_villages, first_mile, undriven
from coldchain.planning.money import standing_opex_cny
from coldchain.planning.overflow import spread_of
from coldchain.routing import Trucks
from coldchain.routing.relaxed import DayLoads, RelaxedFinder, RelaxedRoutes
from coldchain.siting import ExtendedEffort, Extension, ExtraRow, cell_modules, solve_extended
from coldchain.threads import mapped

CORE, FURTHER = 160, 10  # nearest loads that get shares of routes: so many at least, and so many beside those fetched
CLOSE = 1e-3  # share of a day's cost by which a cut must be broken to be added
FETCHED = 1e-6  # t/day, and share of a load, that count as nought and as all of it
SEARCH_WORK = 1e-4  # units of work of one search for routes, by load


def least_with(
    basis: Basis, arcs: Arcs, course: Course, effort: ExtendedEffort, *, rounds: int, threads: int = 1
) -> float:
    """Return what every plan with these modules costs at least, CNY a year; -inf when there was no work for any.

    Parameters
    ----------
    course : with these modules; for who goes where in it shares of routes are sought first
    rounds : how often shares of routes are found for what the model sends to the depots
    threads : find them side by side
    """
    count = course.decision.modules()
    problem = stated(basis, undriven(arcs), "total_cost_cny")
    fixed = replace(problem, existing=problem.existing + count, max_count=np.zeros_like(problem.max_count))
    used = cell_modules(problem, count)[1][problem.arc_cell] > 0
    columns = DrivingColumns(basis, arcs, np.asarray(used))
    collection = _Collection(columns, _least_prices(basis, course), rounds + 1, threads, effort)
    columns.rows += collection.cuts(course.decision.arc_share(arcs), np.zeros(len(columns.cost)))
    columns.add_line_haul()
    extension = Extension(np.array(columns.cost), np.array(columns.integer, np.bool_), columns.rows, collection.cuts)
    found = solve_extended(fixed, extension, effort)
    return found.bound + float((problem.module_cost * count).sum()) + standing_opex_cny(basis)


def _least_prices(basis: Basis, course: Course) -> tuple[VehicleType, ...]:
    """Return types of the first mile at prices that no trip undercuts: a day's cost by trip, or by hour.

    Of the two whichever asks more of the mean route of the course.
    """
    hours: dict[str, list[float]] = defaultdict(list)
    for day in course.days.collection:
        for route in day.result.routes:
            hours[route.vehicle_id].append(route.hours)
    scenario, found = basis.scenario, list[VehicleType]()
    for kind, least in zip(basis.collection, basis.collection_least, strict=True):
        driven = np.array(hours[kind.id]) * kind.speed_factor
        found += least_types(scenario, (kind,), driven, 0.0) if len(driven) else (least,)
    return tuple(found)


def _waiting(basis: Basis, trucks: Trucks) -> Trucks:
    """Add what a vehicle that waits for loads is paid for at least: hours on all roads of a day stray together.

    Of the hours to the stops, ``road_cv / sqrt(2π)`` on the mean (:func:`coldchain.routing.overflow.waiting_h`).
    """
    paid = min((kind.cost_cny_h for kind in basis.collection), default=0.0)
    legs = trucks.legs_cny.copy()
    legs[:, :, 1:] += paid * spread_of(basis.scenario).road_cv / math.sqrt(2.0 * math.pi) * trucks.legs_h[:, :, 1:]
    return replace(trucks, legs_cny=legs)


@dataclass(frozen=True)
class _Day:
    """Collection of one depot in one period.

    Attributes
    ----------
    arcs, row : that bring something, and the load each brings, shape (arcs,)
    load_t : t/day of each arc
    most_t, place : the most of each load, t/day; its village among those of the day, ascending
    trucks, paid : vehicles by these villages; the column that pays
    """

    arcs: Indices
    row: Indices
    load_t: Floats
    most_t: Floats
    place: Indices
    trucks: Trucks
    paid: int

    def cut(self, share_cny_t: Floats) -> ExtraRow:
        """Write that collection pays at least these shares of the loads."""
        return ExtraRow(self.arcs, -share_cny_t[self.row] * self.load_t, np.array([self.paid]), np.ones(1))


class _Collection:
    """The columns that pay for collection, and cuts for them."""

    def __init__(
        self, columns: DrivingColumns, kinds: Sequence[VehicleType], rounds: int, threads: int, effort: ExtendedEffort
    ) -> None:
        self.rounds, self.threads, self.effort = rounds, threads, effort
        basis, arcs, between = columns.basis, columns.arcs, between_villages(columns.basis)
        self.days: list[_Day] = []
        self.known: dict[int, RelaxedRoutes] = {}
        for site in np.unique(arcs.site[columns.used]):
            here = np.flatnonzero((arcs.site == site) & columns.used)
            for p, period in enumerate(basis.scenario.periods):
                mine = here[columns.load_t[here, p] > 0]
                if len(mine):
                    demand, row = np.unique(arcs.demand[mine], return_inverse=True)
                    villages, place = np.unique(arcs.village[demand], return_inverse=True)
                    load = columns.load_t[mine, p]
                    most = np.zeros(len(demand))
                    most[row] = load
                    trucks = _waiting(basis, first_mile(basis, kinds, int(site), villages, between))
                    self.days.append(_Day(mine, row, load, most, place, trucks, columns.add(float(period.days))))
        columns.rows += [day.cut(DayLoads(day.place, day.most_t).radial_cny_t(day.trucks)) for day in self.days]

    def cuts(self, share: Floats, column: Floats) -> list[ExtraRow]:
        """Find for every depot and period the shares that a solution pays too little by, a few times in all."""
        self.rounds -= 1
        if self.rounds < 0 or self.effort.stop():
            return []
        parts = [_summed(day.row, share[day.arcs], len(day.most_t)).clip(0.0, 1.0) for day in self.days]
        busy = [n for n, day in enumerate(self.days) if (parts[n] * day.most_t).max(initial=0.0) > FETCHED]
        found = []
        for n, cny_t in zip(busy, mapped(lambda n: self._shares(n, parts[n]), busy, self.threads), strict=True):
            day = self.days[n]
            if cny_t is not None and cny_t @ (parts[n] * day.most_t) > column[day.paid] * (1 + CLOSE) + FETCHED:
                found.append(day.cut(cny_t))
        return found

    def _shares(self, number: int, part: Floats) -> Floats | None:
        """Find shares for the loads of a day, of which a part each is fetched; None where there are too many routes.

        Loads of a village that are all fetched, all left, or all fetched in part pay the same share.
        """
        day, known = self.days[number], self.known.get(number)
        kind = np.where(part < FETCHED, 0, np.where(part > 1.0 - FETCHED, 1, 2))
        joint, of = np.unique(3 * day.place + kind, return_inverse=True)
        most, load = (_summed(of, value, len(joint)) for value in (day.most_t, part * day.most_t))
        if known is not None:
            together = np.zeros((len(of), len(most)))
            together[np.arange(len(of)), of] = 1.0
            known = known._replace(load_t=known.load_t @ together)
        parcels = DayLoads(joint // 3, most)
        fetched = load > FETCHED
        nearest = np.argsort(np.where(fetched, -1.0, parcels.radial_cny_t(day.trucks)), kind="stable")
        core = np.sort(nearest[: max(CORE, int(fetched.sum()) + FURTHER)])
        finder = RelaxedFinder(day.trucks, parcels, core, known)
        shares, found = finder.best(load), finder.routes()
        self.known[number] = found._replace(load_t=found.load_t[:, of] * (day.most_t / most[of]))
        if self.effort.meter is not None:
            self.effort.meter.add(SEARCH_WORK * len(core) * finder.searches)
        return None if shares is None else shares[of]


def _summed(of: Indices, value: Floats, size: int) -> Floats:
    """Add values up by what they are of."""
    return np.asarray(np.bincount(of, value, size), dtype=np.float64)
