"""Line haul of a plan: for each hub, zone and period the depots' straight trips and the tours that join part loads.

A tour pays when its saving beats what is lost by riding longer: in the choice the loss lies on straight lines between
rides 0, 1, 3 and 8 h longer, worked out stage by stage; what is chosen is worked out exactly and dropped where it
does not save after all. Where the first aim is a loss, every depot sends its own trucks, since riding along never
lessens a loss; with ``siting.on_time`` no tour makes a lot late. The memo keeps all by what it follows from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coldchain.arrays import Floats, Indices
from coldchain.planning.arcs import Arcs
from coldchain.planning.basis import Basis
from coldchain.planning.decision import CollectionDay, Decision, day_pieces, site_lots
from coldchain.routing import (
    RIDE_NODES,
    RIDE_STEP_H,
    HaulTour,
    JointHaul,
    JointProblem,
    LineHaul,
    solve_joint_haul,
    solve_line_haul,
)
from coldchain.spoilage import Fate, longer_haul_losses

Memo = dict[tuple[object, ...], tuple[Any, ...]]
LONGER_H = np.array([0.0, 1.0, 3.0, 8.0])


@dataclass(frozen=True)
class HaulDay:
    """Straight trips of one temperature zone of one depot on a typical day of one period."""

    site: int
    period: int
    zone: str
    haul: LineHaul


@dataclass(frozen=True)
class TourDay:
    """One truck over several depots on a typical day of one period; ``sites`` in order of loading."""

    sites: tuple[int, ...]
    period: int
    zone: str
    tour: HaulTour


@dataclass(frozen=True)
class LongRide:
    """The part of a depot's chilled load that rides along on a tour, or waits for a truck's later trip.

    Attributes
    ----------
    share : of what the depot sends of this zone
    ride_h : from leaving the depot to the hub; waiting for the truck counts
    fate : (commodity, class) -> what is lost by batch, as far as there are lots
    """

    site: int
    period: int
    zone: str
    share: float
    ride_h: float
    fate: dict[tuple[int, int], Fate]


@dataclass(frozen=True)
class HaulLeg:
    """One trip of a truck's duty.

    Attributes
    ----------
    sites : the depot of a straight trip, the depots of a tour
    trip : which of the depot's kinds of straight trips; -1 for a tour
    hours : on duty
    wait_h : that the load waits for the truck
    """

    sites: tuple[int, ...]
    zone: str
    trip: int
    hours: float
    wait_h: float = 0.0


@dataclass(frozen=True)
class TruckDuty:
    """Trips that one truck makes one after the other on every day of a period."""

    vehicle_id: str
    period: int
    legs: tuple[HaulLeg, ...]


@dataclass(frozen=True)
class Hauls:
    """Line haul of a plan, or of one hub, zone and period; ``duties`` of the trucks that go again."""

    hauls: tuple[HaulDay, ...] = ()
    tours: tuple[TourDay, ...] = ()
    rides: tuple[LongRide, ...] = ()
    duties: tuple[TruckDuty, ...] = ()


@dataclass(frozen=True)
class _Cargo:
    """What one depot sends of one zone on a typical day: commodity, class, batch and t/day of each piece."""

    site: int
    commodity: Indices
    cooling: Indices
    batch: Indices
    t_day: Floats

    @property
    def load_t(self) -> float:
        return float(self.t_day.sum())

    def key(self) -> tuple[object, ...]:
        return (self.site, *(a.tobytes() for a in (self.commodity, self.cooling, self.batch, self.t_day)))


def hauls_of_hubs(
    basis: Basis, arcs: Arcs, decision: Decision, collection: Sequence[CollectionDay], memo: Memo | None
) -> list[list[tuple[HaulGroup, Hauls]]]:
    """Decide the line haul of what the routes bring in, each truck making one trip; by hub and period, then zone."""
    groups: dict[tuple[int, int, str], list[_Cargo]] = defaultdict(list)
    for day in collection:
        for zone, cargo in _cargoes(basis, arcs, decision, day):
            groups[int(basis.site_hub[day.site]), day.period, zone].append(cargo)
    by_hub: dict[tuple[int, int], list[tuple[HaulGroup, Hauls]]] = defaultdict(list)
    for key, cargoes in sorted(groups.items(), key=lambda item: item[0]):
        group = HaulGroup(basis, key[1], key[2], cargoes, {} if memo is None else memo)
        by_hub[key[:2]].append((group, _group(key, group, memo)))
    return list(by_hub.values())


def _cargoes(basis: Basis, arcs: Arcs, decision: Decision, day: CollectionDay) -> Iterator[tuple[str, _Cargo]]:
    """Split what arrives at a depot by zone."""
    lots = site_lots(basis, arcs, decision, np.flatnonzero(decision.site == day.site))
    pieces = day_pieces(day)
    village = np.array([piece[0] for piece in pieces], dtype=np.intp)
    part, aboard, waited = (np.array([piece[k] for piece in pieces], dtype=np.float64) for k in (3, 4, 5))
    sent = (lots.t_day[:, day.period] > 0) & (basis.timing.fresh[lots.cooling] > 0)
    lot, piece = np.nonzero((lots.village[:, None] == village[None, :]) & sent[:, None])
    batch = basis.lanes.batch(aboard + waited)[day.period]
    zones = np.array([kind.zone for kind in basis.classes], dtype=object)[lots.cooling[lot]]
    t_day = lots.t_day[lot, day.period] * part[piece]
    for zone in sorted(set(zones.tolist())):
        mine = np.flatnonzero((zones == zone) & (t_day > 0))
        if len(mine):
            what = (lots.commodity[lot[mine]], lots.cooling[lot[mine]], batch[piece[mine]])
            yield zone, _Cargo(day.site, *what, t_day[mine])


def _group(where: tuple[int, int, str], group: HaulGroup, memo: Memo | None) -> Hauls:
    """Line haul of one hub, period and zone, or what the memo knows of it."""
    basis, cargoes = group.basis, group.cargoes
    joined = basis.scenario.routing.haul_depots > 1 and basis.scenario.siting.objective[0] == "total_cost_cny"
    key = ("hauls", *where, joined, basis.scenario.siting.on_time > 0, *(cargo.key() for cargo in cargoes))
    if memo is not None and key in memo:
        found: Hauls = memo[key][0]
        return found
    found = group.joint() if joined and len(cargoes) > 1 else group.separate()
    if memo is not None:
        memo[key] = (found,)
    return found


@dataclass(frozen=True)
class HaulGroup:
    """Depots of one hub that send goods of one zone in one period."""

    basis: Basis
    period: int
    zone: str
    cargoes: list[_Cargo]
    memo: Memo

    @property
    def longer_h(self) -> Floats:
        """Hours that a ride may be longer, shape (RIDE_NODES,)."""
        return np.linspace(0.0, (RIDE_NODES - 1) * RIDE_STEP_H, RIDE_NODES)

    def of_site(self, site: int) -> _Cargo:
        """Return what a depot sends."""
        return next(cargo for cargo in self.cargoes if cargo.site == site)

    def separate(self) -> Hauls:
        """Every depot by itself."""
        return Hauls(tuple(HaulDay(c.site, self.period, self.zone, self.alone(c)) for c in self.cargoes))

    def alone(self, cargo: _Cargo) -> LineHaul:
        """Straight trips of one depot."""
        basis, j = self.basis, cargo.site
        way = float(basis.haul_h[j]), float(basis.haul_km[j])
        return solve_line_haul(cargo.load_t, *way, basis.line_haul_of(j), basis.haul_rule)

    def joint(self) -> Hauls:
        """Straight trips and tours; a tour that does not save once its rides are worked out exactly is dropped."""
        problem = self.problem()
        found = solve_joint_haul(problem)
        tours, rides = [], []
        hauls = dict(enumerate(found.direct))
        for tour in found.tours:
            mine = [self.ride(i, t, h) for i, t, h in zip(tour.stops, tour.load_t, tour.ride_h, strict=True)]
            if self.saves(found, tour, mine):
                sites = tuple(self.cargoes[i].site for i in tour.stops)
                tours.append(TourDay(sites, self.period, self.zone, tour))
                rides += mine
            else:
                hauls |= {i: self.alone(self.cargoes[i]) for i in tour.stops}
        days = [
            HaulDay(self.cargoes[i].site, self.period, self.zone, haul)
            for i, haul in hauls.items()
            if haul.load_t_day > 0
        ]
        return Hauls(tuple(days), tuple(tours), tuple(rides))

    def problem(self) -> JointProblem:
        """State the problem of the group for routing."""
        basis = self.basis
        sites = np.array([cargo.site for cargo in self.cargoes], dtype=np.intp)
        square = np.ix_(sites, sites)
        return JointProblem(
            load_t=np.array([cargo.load_t for cargo in self.cargoes]),
            hub_h=basis.haul_h[sites],
            hub_km=basis.haul_km[sites],
            between_h=basis.between_h[square],
            between_km=basis.between_km[square],
            vehicles=basis.line_haul,
            allowed=np.array([[kind in basis.line_haul_of(j) for kind in basis.line_haul] for j in sites.tolist()]),
            ride_cny_t=np.array([self.ride_cny_t(cargo) for cargo in self.cargoes]),
            late_cny_t=np.array([self.late_cny_t(cargo) for cargo in self.cargoes]),
            rule=basis.haul_rule,
            slowest=basis.slowest,
            most=basis.scenario.routing.haul_depots,
        )

    def ride_cny_t(self, cargo: _Cargo) -> Floats:
        """Value that a tonne loses by riding longer than directly, CNY/t, shape (RIDE_NODES,)."""
        lost = np.zeros(len(LONGER_H))
        for c, o in _kinds(cargo):
            mine = (cargo.commodity == c) & (cargo.cooling == o)
            loss = self.values(cargo.site, c, o)[:, cargo.batch[mine]]
            lost += self.basis.prices.value_cny_t[c] * (loss - loss[0]) @ cargo.t_day[mine]
        return np.asarray(np.interp(np.arange(RIDE_NODES) * RIDE_STEP_H, LONGER_H, lost / cargo.load_t))

    def values(self, site: int, c: int, o: int) -> Floats:
        """Share of the value lost on rides ``LONGER_H`` longer than the direct one, by batch."""
        key = ("rides", site, self.period, c, o)
        if key not in self.memo:
            direct = self.basis.lanes.fate.value[c, self.period, o, site]
            longer = self.fate_at(site, c, o, self.basis.lane_haul_h[site] + LONGER_H[1:]).value
            self.memo[key] = (np.concatenate([direct[None], longer]),)
        found: Floats = self.memo[key][0]
        return found

    def fate_at(self, site: int, c: int, o: int, haul_h: Floats, batches: int | None = None) -> Fate:
        """Return what is lost by hours of the line haul and batch, all or the first; never less than on the direct.

        A lot might reach an uncooled truck of the onward leg in a cooler hour: that is not counted.
        """
        basis, scenario = self.basis, self.basis.scenario
        lot = scenario.commodities[c], scenario.periods[self.period], basis.classes[o]
        direct = basis.lanes.fate[c, self.period, o, site, :batches]
        hub = scenario.hubs[basis.site_hub[site]]
        return longer_haul_losses(scenario, lot, hub, haul_h, len(direct.loss)).at_least(direct)

    def late_cny_t(self, cargo: _Cargo) -> Floats:
        """Deductions for what a longer ride makes late, CNY/t; inf where nothing may be late, shape (RIDE_NODES,)."""
        price, strict = self.basis.prices.late_cny_t, self.basis.scenario.siting.on_time > 0
        if not price and not strict:
            return np.zeros(RIDE_NODES)
        late_t = self.late_t(cargo, self.longer_h)
        return np.where(late_t > 0, np.inf, 0.0) if strict else price * late_t / cargo.load_t

    def late_t(self, cargo: _Cargo, longer_h: Floats) -> Floats:
        """T/day that reach their buyer after the target only because they ride ``longer_h`` longer, of its shape."""
        timing, hours = self.basis.timing, self.direct_h(cargo)
        late = timing.is_on_time(hours) & ~timing.is_on_time(hours + longer_h[:, None])
        return np.asarray(late @ cargo.t_day, dtype=np.float64)

    def direct_h(self, cargo: _Cargo) -> Floats:
        """Hours from harvest to the buyer of each piece on a straight trip."""
        timing = self.basis.timing
        return timing.delivery_h(
            cargo.commodity, cargo.cooling, cargo.site, timing.cooled_h(self.period, cargo.cooling, cargo.batch)
        )

    def ride(self, i: int, load_t: float, ride_h: float) -> LongRide:
        """Work a ride out exactly."""
        cargo = self.cargoes[i]
        direct_h = float(self.basis.lane_haul_h[cargo.site])
        ride_h = max(ride_h, direct_h)
        hours, batches = np.array([ride_h]), int(cargo.batch.max()) + 1
        fate = {(c, o): self.fate_at(cargo.site, c, o, hours, batches)[0] for c, o in _kinds(cargo)}
        return LongRide(cargo.site, self.period, self.zone, load_t / cargo.load_t, ride_h, fate)

    def saves(self, found: JointHaul, tour: HaulTour, rides: list[LongRide]) -> bool:
        """Tell whether a tour is cheaper than its depots' separate trips, exact losses and deductions included."""
        cost = tour.trip.cost_cny
        for i, ride in zip(tour.stops, rides, strict=True):
            cargo = self.cargoes[i]
            cost += found.direct[i].cost_cny_day - self.alone(cargo).cost_cny_day
            longer_h = ride.ride_h - float(self.basis.lane_haul_h[cargo.site])
            late = self.basis.prices.late_cny_t * float(self.late_t(cargo, np.array([longer_h]))[0])
            cost += ride.share * (self.added_cny(cargo, ride) + late)
        return cost < 0

    def added_cny(self, cargo: _Cargo, ride: LongRide) -> float:
        """Value lost a day when all of a cargo takes a ride instead of the direct one."""
        added = 0.0
        for (c, o), fate in ride.fate.items():
            mine = (cargo.commodity == c) & (cargo.cooling == o)
            direct = self.basis.lanes.fate.value[c, self.period, o, cargo.site, cargo.batch[mine]]
            more = fate.value[cargo.batch[mine]] - direct
            added += self.basis.prices.value_cny_t[c] * float(more @ cargo.t_day[mine])
        return added


def _kinds(cargo: _Cargo) -> list[tuple[int, int]]:
    """Commodities and classes of a cargo."""
    return sorted(set(zip(cargo.commodity.tolist(), cargo.cooling.tolist(), strict=True)))
