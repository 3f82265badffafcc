"""A plan laid out for replaying: one typical day of each season, tour by tour, lot by lot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import HOURS_PER_DAY, KG_PER_T, Floats, Indices
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import CoolingClass, DepotType, Scenario, cooling_class
from coldchain.runs import schema
from coldchain.spoilage import CoolerPlaces, cold_stages, harvest_clock_h, line_haul_half_h
from coldchain.spoilage.kernels import STAGE_COLUMNS
from coldchain.spoilage.stages import stage_array

READ = ("depots", "assignment", "routes", "stops", "duties", "units", "line_haul", "storage")
Cooler = tuple[str, str, str, str]  # depot, zone, method, unit
Piece = tuple[str, str, str]  # village, depot, period
Lane = tuple[str, str, str, str, str]  # depot, zone, method, commodity, period


@dataclass(frozen=True)
class DailyRound:
    """A vehicle's round on a day of the season.

    Attributes
    ----------
    depot : id
    vehicle : id of its type
    legs_h : hours of the legs in order, the last one back to the depot: one more than stops
    stops : indices of the season's stops, in order
    room_t : what the vehicle holds of its load's mixture
    shift_h : longest day of its driver
    hours : of the tour as planned; spare_h : of the shift that all tours of its vehicle leave
    speed : factor of its type
    wait_h : hours by which its load waits for the vehicle to come back from earlier tours; 0 for the first
    again : whether its vehicle has driven another tour before
    """

    depot: str
    vehicle: str
    legs_h: tuple[float, ...]
    stops: tuple[int, ...]
    room_t: float
    shift_h: float
    hours: float = 0.0
    spare_h: float = 0.0
    speed: float = 1.0
    wait_h: float = 0.0
    again: bool = False


@dataclass(frozen=True)
class Lots:
    """What is fetched on a typical day, one row for each lot; a stop's lots stand together.

    Attributes
    ----------
    village, crop : indices
    tonnes : of the typical day
    cooler : index of :attr:`TypicalDay.coolers`
    depot, hub : index of :attr:`Layout.depots`; of the scenario's hubs
    cold : stages after the pre-cooler is loaded, shape (lots, 5, STAGE_COLUMNS)
    """

    village: Indices
    crop: Indices
    tonnes: Floats
    cooler: Indices
    depot: Indices
    hub: Indices
    cold: Floats


@dataclass(frozen=True)
class CoolerPlant:
    """Refrigeration of one cooler: its class, kW, the room it cools, its places."""

    kind: CoolingClass
    cooling_kw: float
    net_m3: float
    places: CoolerPlaces

    @classmethod
    def of(cls, modules: list[tuple[DepotType, float]], slot_h: float) -> CoolerPlant | None:
        """Add up modules of one class; None where there is none, or one does not state its refrigeration."""
        if not modules or any(kind.cooling_kw is None for kind, _number in modules):
            return None
        power = sum(number * (kind.cooling_kw or 0.0) for kind, number in modules)
        volume = sum(number * kind.net_m3 for kind, number in modules)
        return cls(cooling_class(modules[0][0]), power, volume, CoolerPlaces.of(modules, slot_h))


@dataclass(frozen=True)
class TypicalDay:
    """One period: tours and lots of a typical day.

    Attributes
    ----------
    ready_h : clock at which the first stop of a tour is loaded as planned
    planned_h, planned_t : of each stop, end of loading as planned, after ``ready_h``; load of the typical day
    direct_h : from each stop's village straight to its depot
    first_lot : of each stop; one more at the end, so that lots ``first_lot[s]:first_lot[s + 1]`` are stop s
    coolers, room_t : cooling classes of the depots, and the t/day that each takes
    plants : refrigeration of each cooler; None where a module does not state its own
    precool_h : hours that each cooler takes
    kept_t : what keeps today's chain on a typical day, shape (villages, commodities)
    """

    period: int
    ready_h: float
    tours: tuple[DailyRound, ...]
    planned_h: tuple[float, ...]
    planned_t: tuple[float, ...]
    direct_h: tuple[float, ...]
    first_lot: Indices
    lots: Lots
    coolers: tuple[Cooler, ...]
    room_t: Floats
    kept_t: Floats
    plants: tuple[CoolerPlant | None, ...]
    precool_h: Floats


@dataclass(frozen=True)
class Layout:
    """A plan's seasons, and the ids of its depots."""

    scenario: Scenario
    seasons: tuple[TypicalDay, ...]
    depots: tuple[str, ...]


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples())


def lay_out(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Layout:
    """Read the written tables of a plan, as they were when the plan was verified.

    Parameters
    ----------
    tables : as written to ``tables/``; depots, assignment, routes, stops, duties, units, line_haul and storage are used

    Raises
    ------
    UsageError
        When tables or columns are missing.
    """
    lacking = [f"{table}.{column}" for table in READ for column in schema.TABLES[table]
               if column not in tables.get(table, pd.DataFrame())]  # fmt: skip
    if lacking:
        told = _("this run lacks {columns}: another version wrote it; plan it again")
        raise UsageError(told.format(columns=", ".join(lacking)))
    depots = _Depots(scenario, tables)
    seasons = tuple(_season(scenario, tables, depots, p) for p in range(len(scenario.periods)))
    return Layout(scenario, seasons, tuple(depots.row))


class _Depots:
    """Depots of a plan: hub, hours to it, and what their modules take."""

    def __init__(self, scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> None:
        self.scenario, self.units = scenario, tables["units"]
        self.kinds = {kind.id: kind for kind in scenario.depot_types}
        self.row = {str(row.depot): row for row in _rows(tables["depots"])}
        self.number = {depot: n for n, depot in enumerate(self.row)}
        self.hubs = {hub.id: n for n, hub in enumerate(scenario.hubs)}
        slowest = min(kind.speed_factor for kind in scenario.line_haul)
        self.haul_h = {depot: float(row.haul_h) / slowest for depot, row in self.row.items()}
        self.half_h = line_haul_half_h(scenario)
        self.rides = _rides(tables, self.haul_h)
        self.kept = _kept(scenario, tables["storage"])
        self.cold = lru_cache(maxsize=None)(self._cold)

    def kind(self, cooler: Cooler) -> DepotType:
        """Return a depot type of the cooling class."""
        _depot, zone, method, unit = cooler
        if unit:
            return self.kinds[unit]
        solid = self.scenario.depot_types[: self.scenario.fixed_types]
        return next(kind for kind in solid if (kind.zone, kind.method) == (zone, method))

    def hub(self, depot: str) -> int:
        """Return the index of the hub a depot delivers to."""
        return self.hubs[str(self.row[depot].hub)]

    def hauls(self, cooler: Cooler, period: str) -> list[tuple[float, float]]:
        """Return the shares of what leaves a depot that ride some hours to the hub: straight, or by way of others."""
        rides = self.rides.get((cooler[0], period, cooler[1])) or [(1.0, self.haul_h[cooler[0]])]
        whole = sum(tonnes for tonnes, _hours in rides)
        return [(tonnes / whole, hours) for tonnes, hours in rides]

    def ways(self, cooler: Cooler, crop: int, period: str) -> list[tuple[float, float, float]]:
        """Return the shares of a lot, hours of their line haul, and the days they are kept for a later price."""
        depot, zone, method, unit = cooler
        kept = [] if unit else self.kept.get((depot, zone, method, self.scenario.commodities[crop].id, period), [])
        at_once = max(1.0 - sum(share for share, _days in kept), 0.0)
        straight = [(share, self.haul_h[depot], days) for share, days in kept]
        return [(at_once * share, hours, 0.0) for share, hours in self.hauls(cooler, period)] + straight

    def _cold(self, cooler: Cooler, crop: int, haul_h: float, kept_d: float) -> Floats:
        """Return the stages of a lot from the pre-cooler on, shape (5, STAGE_COLUMNS)."""
        depot, scenario = cooler[0], self.scenario
        chain = scenario.chain.model_copy(
            update={"depot_dwell_h": scenario.chain.depot_dwell_h + HOURS_PER_DAY * kept_d}
        )
        haul = (haul_h, self.half_h)
        hub = scenario.hubs[self.hub(depot)]
        kind = cooling_class(self.kind(cooler))
        return stage_array(cold_stages(chain, kind, hub, haul, scenario.commodities[crop]))

    def takes(self, kind: DepotType) -> float:
        """Return the t/day of one module: throughput, or storage over the stay."""
        stay_h = 3.0 * kind.half_cooling_h + self.scenario.chain.depot_dwell_h
        return min(kind.throughput_t_day, kind.storage_t * 24.0 / stay_h)

    def room(self, period: str) -> dict[Cooler, float]:
        """Return the t/day that each cooling class of each depot takes in a period."""
        room: dict[Cooler, float] = defaultdict(float)
        for cooler, kind, number in self._modules(period):
            room[cooler] += number * self.takes(kind)
        return room

    def plants(self, period: str, coolers: tuple[Cooler, ...]) -> tuple[CoolerPlant | None, ...]:
        """Return the refrigeration of each cooler; None where a module does not state its own."""
        stand: dict[Cooler, list[tuple[DepotType, float]]] = defaultdict(list)
        for cooler, kind, number in self._modules(period):
            stand[cooler].append((kind, number))
        return tuple(CoolerPlant.of(stand[cooler], self.scenario.chain.dock_batch_h) for cooler in coolers)

    def _modules(self, period: str) -> Iterator[tuple[Cooler, DepotType, float]]:
        """Yield what stands at each depot in a period: modules, and units on wheels."""
        for depot, row in self.row.items():
            for part in filter(None, f"{row.new_modules};{row.standing_modules}".split(";")):
                name, _sign, count = part.partition(":")
                kind = self.kinds[name]
                yield (depot, kind.zone, kind.method, ""), kind, float(int(count))
        for row in _rows(self.units[self.units["period"] == period]):
            kind = self.kinds[str(row.unit)]
            yield (str(row.depot), kind.zone, kind.method, kind.id), kind, float(row.standing)


def _kept(scenario: Scenario, storage: pd.DataFrame) -> dict[Lane, list[tuple[float, float]]]:
    """Return what is kept of each lane: its shares, and their days in store."""
    days = {(rule.commodity, rule.period, rule.until): rule.days for rule in scenario.storage}
    kept: dict[Lane, list[tuple[float, float]]] = defaultdict(list)
    for row in _rows(storage):
        lane = (str(row.depot), str(row.zone), str(row.method), str(row.commodity), str(row.period))
        kept[lane].append((float(row.share), days[lane[3], lane[4], str(row.until)]))
    return kept


def _rides(tables: Mapping[str, pd.DataFrame], direct_h: Mapping[str, float]) -> dict[Piece, list[tuple[float, float]]]:
    """Return for each depot, period and zone the t/day that ride some hours to the hub."""
    straight: dict[Piece, float] = {}
    holds: dict[tuple[str, str, str, str], float] = {}
    rides: dict[Piece, list[tuple[float, float]]] = defaultdict(list)
    for row in _rows(tables["line_haul"]):
        period, zone = str(row.period), str(row.zone)
        if not row.tour:
            straight[str(row.depot), period, zone] = float(row.load_t_day)
            holds[str(row.depot), period, zone, str(row.vehicle)] = float(row.capacity_t)
        for part in filter(None, str(row.tour).split(";")):
            depot, tonnes, hours = part.rsplit(":", 2)
            rides[depot, period, zone].append((float(tonnes), float(hours)))
    trips: dict[Piece, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for job in _rows(tables["duties"]):
        if not job.route and not job.tour:
            key = str(job.depot), str(job.period), str(job.zone)
            trips[key][round(float(job.wait_h), 9)] += holds[*key, str(job.vehicle)]
    for key, load in straight.items():
        room = sum(trips[key].values())
        rides[key] += [(load * held / room, direct_h[key[0]] + wait) for wait, held in trips[key].items()]
    return rides


def _season(scenario: Scenario, tables: Mapping[str, pd.DataFrame], depots: _Depots, p: int) -> TypicalDay:
    """Lay out a typical day of a period."""
    period = scenario.periods[p]
    building = _Building(scenario, depots, p, tables["assignment"])
    driven = {str(job.route): job for job in _rows(tables["duties"]) if job.route}
    duty_h = tables["duties"].groupby("duty")["hours"].sum().to_dict()
    halts = {str(route): group for route, group in tables["stops"].sort_values("order").groupby("route")}
    for head in tables["routes"][tables["routes"]["period"] == period.id].itertuples():
        job = driven[str(head.route)]
        building.add(head, halts[str(head.route)], job, float(duty_h[job.duty]))
    kept = scenario.daily_t[:, :, p].copy()
    lots = building.lots()
    np.subtract.at(kept, (lots.village, lots.crop), lots.tonnes)
    kept[kept < 1e-9 * scenario.daily_t[:, :, p]] = 0.0
    return TypicalDay(
        p, harvest_clock_h(period) + scenario.chain.planned_wait_h, tuple(building.tours),
        tuple(building.planned_h), tuple(building.planned_t), tuple(building.direct_h),
        np.array(building.first, dtype=np.intp), lots, building.coolers,
        np.array([building.room[key] for key in building.coolers]), kept, depots.plants(period.id, building.coolers),
        np.array([cooling_class(depots.kind(key)).precool_h for key in building.coolers]),
    )  # fmt: skip


class _Building:
    """Tours and lots of a period, added route by route."""

    def __init__(self, scenario: Scenario, depots: _Depots, p: int, assignment: pd.DataFrame) -> None:
        self.scenario, self.depots, self.period = scenario, depots, scenario.periods[p].id
        self.parts, self.direct = _parts(scenario, assignment, p)
        self.room = depots.room(self.period)
        self.coolers = tuple(sorted(self.room))
        self.place = {cooler: n for n, cooler in enumerate(self.coolers)}
        self.tours: list[DailyRound] = []
        self.planned_h: list[float] = []
        self.planned_t: list[float] = []
        self.direct_h: list[float] = []
        self.first = [0]
        self.rows: list[tuple[int, int, float, int, int, int]] = []
        self.cold: list[Floats] = []

    def add(self, head: Any, calls: pd.DataFrame, job: Any, duty_h: float) -> None:
        """Add a route with its stops in order, its place in its vehicle's duty, and the hours of that."""
        aboard = calls["aboard_h"].to_numpy(dtype=np.float64)
        stops = tuple(range(len(self.planned_h), len(self.planned_h) + len(calls)))
        self.planned_h += (aboard[0] - aboard).tolist()
        self.planned_t += (calls["load_kg"].to_numpy(dtype=np.float64) / KG_PER_T).tolist()
        loads = zip(calls["village"], calls["load_kg"], strict=True)
        m3 = sum((self._stop(str(village), str(head.depot), float(kg)) for village, kg in loads), 0.0)
        tour = _tour(self.scenario, head, calls, m3, stops)
        self.tours.append(
            replace(tour, spare_h=tour.shift_h - duty_h, wait_h=float(job.wait_h), again=int(job.order) > 1)
        )

    def _stop(self, village: str, depot: str, load_kg: float) -> float:
        """Add the lots of a stop; return their space in m³."""
        key, m3 = (village, depot, self.period), 0.0
        whole = sum(tonnes for _v, _c, tonnes, _cooler in self.parts[key])
        self.direct_h.append(self.direct[key])
        for v, c, tonnes, cooler in self.parts[key]:
            part = tonnes * load_kg / KG_PER_T / whole
            m3 += part * KG_PER_T / self.scenario.commodities[c].density_kg_m3
            where = (self.place[cooler], self.depots.number[depot], self.depots.hub(depot))
            for share, haul_h, kept_d in self.depots.ways(cooler, c, self.period):
                if share > 0.0:
                    self.rows.append((v, c, part * share, *where))
                    self.cold.append(self.depots.cold(cooler, c, haul_h, kept_d))
        self.first.append(len(self.rows))
        return m3

    def lots(self) -> Lots:
        """Return the lots of all stops as arrays."""
        table = np.array(self.rows, dtype=np.float64).reshape(len(self.rows), 6)
        v, c, cooler, depot, hub = (table[:, n].astype(np.intp) for n in (0, 1, 3, 4, 5))
        return Lots(
            v, c, table[:, 2], cooler, depot, hub, np.array(self.cold).reshape(len(self.rows), 5, STAGE_COLUMNS)
        )


def _parts(
    scenario: Scenario, assignment: pd.DataFrame, p: int
) -> tuple[dict[Piece, list[tuple[int, int, float, Cooler]]], dict[Piece, float]]:
    """Return what each village sends to each depot on a typical day, and the hours of the straight way."""
    villages = {village.id: n for n, village in enumerate(scenario.villages)}
    crops = {crop.id: n for n, crop in enumerate(scenario.commodities)}
    period, daily = scenario.periods[p].id, scenario.daily_t[:, :, p]
    parts: dict[Piece, list[tuple[int, int, float, Cooler]]] = defaultdict(list)
    direct: dict[Piece, float] = {}
    for row in _rows(assignment[assignment["period"].isin(["", period])]):
        v, c = villages[str(row.village)], crops[str(row.commodity)]
        key = (str(row.village), str(row.depot), period)
        tonnes = float(daily[v, c]) * float(row.share)
        direct[key] = float(row.direct_h)
        if tonnes > 0:
            parts[key].append((v, c, tonnes, (str(row.depot), str(row.zone), str(row.method), str(row.unit))))
    return parts, direct


def _tour(scenario: Scenario, head: Any, calls: pd.DataFrame, m3: float, stops: tuple[int, ...]) -> DailyRound:
    """Take the legs of a route from its hours: those aboard, less the halts between."""
    vehicle, routing = scenario.vehicle(str(head.vehicle)), scenario.routing
    tonnes = calls["load_kg"].to_numpy(dtype=np.float64) / KG_PER_T
    aboard = calls["aboard_h"].to_numpy(dtype=np.float64)
    halts = routing.stop_h + routing.load_h_t * tonnes
    between = aboard[:-1] - aboard[1:] - halts[1:]
    out = float(head.drive_h) - float(between.sum()) - aboard[-1]
    legs = np.maximum(np.concatenate([[out], between, aboard[-1:]]), 0.0)
    load = float(tonnes.sum())
    by_volume = vehicle.volume_m3 * load / m3 if m3 > 0 else np.inf
    room = max(min(vehicle.payload_kg / KG_PER_T, by_volume), load)
    hours, speed = float(head.hours), vehicle.speed_factor
    return DailyRound(
        str(head.depot), vehicle.id, tuple(legs.tolist()), stops, room, vehicle.shift_h, hours=hours, speed=speed
    )
