"""Losses and energy recomputed lot by lot, with the loss law of `coldchain.verify.ageing`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.model import Chain, Commodity, DepotType, Hub, Keeping, MobileUnit, Period, Plant
from coldchain.verify.ageing import (
    DOCK_AND_HALL_HALF_H,
    DRY_PER_K,
    HALF_WARMING_H,
    AgeingLots,
    Floats,
    Wear,
    air_at,
    air_c,
    batch_h,
    fate_of,
    mean_over_days,
    middle_h,
    respiration_w_t,
    trade,
)
from coldchain.verify.cooling import Cell, Plants
from coldchain.verify.record import KG_PER_T, PROCESS, TOLERANCE, Record, rows
from coldchain.verify.storage import Stores
from coldchain.verify.transport import CheckedFetching

LOT_COLUMNS = (
    "village", "commodity", "period", "depot", "zone", "method", "unit", "until", "tonnes", "aboard_h", "wait_h",
    "loss_t", "cooled_h", "delivery_h", "energy_cny", "energy_kwh", "trader_tkm",
    "today_loss_t", "today_haul_cny", "premium_cny",
    "water_t", "lost_cny", "today_lost_cny",
)  # fmt: skip


@dataclass(frozen=True)
class CheckedLane:
    """A way through a depot: cooling class as (zone, method, unit), hours aboard and of the line haul.

    ``put_in_h`` is the clock time at which the pre-cooler is loaded with it.
    """

    depot: str
    cooling: tuple[str, str, str]
    aboard_h: float
    haul_h: float
    put_in_h: float
    wait_h: float = 0.0


@dataclass(frozen=True)
class CheckedWay:
    """A commodity and a period, by index, on a lane; ``kept_d`` in store beside the stay in any depot."""

    c: int
    p: int
    lane: CheckedLane
    kept_d: float = 0.0


@dataclass(frozen=True)
class CheckedLosses:
    """Totals of a year, CNY and t; ``arriving_t``: (depot, period, zone) -> t/day fetched by the routes."""

    loss_t: float
    loss_cny: float
    energy_cny: float
    premium_cny: float
    today_haul_cny: float
    arriving_t: dict[tuple[str, str, str], float]
    lots: pd.DataFrame


def check_losses(
    record: Record,
    fetched: CheckedFetching,
    rides: Mapping[tuple[str, str, str], Sequence[tuple[float, float]]],
    stores: Stores,
    plants: Plants,
) -> CheckedLosses:
    """Follow every lot through its lane and add up what is lost and spent on the way.

    Parameters
    ----------
    rides : (depot, period, zone) -> [(t/day, hours of the line haul)]; every lot of a depot splits over them alike
    stores : what is kept of each lot; its sums are filled
    plants : refrigeration of the depots, which decides when a lot is cooled
    """
    chains = Chains(record)
    book = _Book(record, chains, stores)
    assigned = _assigned_kg(record)
    _check_fetched(record, fetched, assigned)
    pieces = list(_pieces(record, chains, fetched, assigned))
    for piece in pieces:
        plants.bring(piece.cell, piece.row.commodity, piece.tonnes / piece.period.days, piece.ready_h)
    parts = []
    for piece in pieces:
        hauls = chains.shares_of(rides.get((piece.row.depot, piece.period.id, piece.row.zone), ()), piece.row.depot)
        for (put_in_h, part), (share, haul_h) in product(plants.starts(piece.cell, piece.ready_h), hauls):
            lane = CheckedLane(piece.cell[0], piece.cell[1:4], piece.aboard_h, haul_h, put_in_h, piece.wait_h)
            parts.append((piece, piece.tonnes * part * share, lane))
    chains.follow(way for piece, _tonnes, lane in parts for way, _share, _rule in book.ways(piece, lane))
    for piece, tonnes, lane in parts:
        book.add_cold(piece, tonnes, lane)
    left = record.scenario.harvest_t - book.cooled
    if (left < -TOLERANCE * np.maximum(record.scenario.harvest_t, 1.0)).any():
        record.wrong(_("lots: more is cooled than harvested"))
    for v, c, p in zip(*np.nonzero(left > 1e-9 * np.maximum(record.scenario.harvest_t, 1e-9)), strict=True):
        book.add_today((int(v), int(c), int(p)), float(left[v, c, p]))
    frame = pd.DataFrame(book.lots, columns=list(LOT_COLUMNS))
    loss_t = float(frame["loss_t"].sum())
    return CheckedLosses(
        loss_t,
        book.loss_cny,
        float(frame["energy_cny"].sum()),
        book.premium,
        book.today_haul,
        dict(book.arriving),
        frame,
    )


@dataclass(frozen=True)
class Piece:
    """What one route brings of a row of the assignment in a period: tonnes a year, and when it is there.

    ``at`` are the indices of village, commodity and period; ``cell`` is depot, zone, method, unit and period.
    """

    row: Any
    at: tuple[int, int, int]
    period: Period
    tonnes: float
    aboard_h: float
    ready_h: float
    wait_h: float = 0.0

    @property
    def cell(self) -> Cell:
        """Cooling class, depot and period it is cooled in."""
        return (self.row.depot, self.row.zone, self.row.method, self.row.unit, self.period.id)


def _pieces(
    record: Record, chains: Chains, fetched: CheckedFetching, assigned: Mapping[tuple[str, str, str], float]
) -> Iterator[Piece]:
    """Yield what the routes bring."""
    for row in rows(record.tables["assignment"]):
        v, c = record.villages[row.village][0], record.crops[row.commodity][0]
        for p, period in record.periods_of(row):
            key = (row.village, row.depot, period.id)
            tonnes = float(record.scenario.harvest_t[v, c, p]) * row.share
            for kg, aboard_h, wait_h in fetched.loads.get(key, ()) if tonnes > 0 else ():
                ready_h = chains.ready_h(period, aboard_h + wait_h)
                yield Piece(row, (v, c, p), period, tonnes * kg / assigned[key], aboard_h, ready_h, wait_h)


class _Book:
    """What following the lots one by one adds up to."""

    def __init__(self, record: Record, chains: Chains, stores: Stores):
        self.record, self.chains, self.stores = record, chains, stores
        self.loss_cny = self.premium = self.today_haul = 0.0
        self.arriving: dict[tuple[str, str, str], float] = defaultdict(float)
        self.cooled = np.zeros_like(record.scenario.harvest_t)
        self.lots: list[tuple[str | float, ...]] = []

    def ways(self, piece: Piece, lane: CheckedLane) -> Iterator[tuple[CheckedWay, float, Keeping | None]]:
        """Yield the ways of a lane, the share that takes each and its rule of storage; what is kept goes straight."""
        (_v, c, p), row = piece.at, piece.row
        if row.unit or row.method == PROCESS:
            yield CheckedWay(c, p, lane), 1.0, None
            return
        for share, rule in self.stores.parts((row.depot, row.zone, row.method, row.commodity, piece.period.id)):
            if rule is None:
                yield CheckedWay(c, p, lane), share, None
            else:
                yield CheckedWay(c, p, replace(lane, haul_h=self.record.haul_h(row.depot)), rule.days), share, rule

    def add_cold(self, piece: Piece, part: float, way: CheckedLane) -> None:
        """Add ``part`` tonnes of a lane: some are sold at once, some are kept and go straight."""
        (v, c, p), row, chains = piece.at, piece.row, self.chains
        crop, period = self.record.scenario.commodities[c], self.record.scenario.periods[p]
        cooling = (row.zone, row.method, row.unit)
        made = row.method == PROCESS
        onward_cny_t = chains.hub_of(row.depot).chilled_onward_cny_t if crop.sold_at == "market" and not made else 0.0
        self.premium += part * onward_cny_t
        before, trader_cny_t = chains.today(v, c, p)
        if not made:
            self.arriving[row.depot, period.id, row.zone] += part / period.days
        self.cooled[v, c, p] += part
        lane = (row.depot, row.zone, row.method, row.commodity, period.id)
        if not (row.unit or made):
            self.stores.arrived_t[lane] += part
        for taken, share, rule in self.ways(piece, way):
            tonnes = part * share
            if tonnes <= 0:
                continue
            lost, water, value = (tonnes * one for one in chains.fates[taken])
            lost_cny = value * KG_PER_T * crop.price_cny_kg
            self.loss_cny += lost_cny
            kwh = tonnes * chains.energy_kwh_t(c, p, cooling)
            power = kwh * self.record.scenario.economics.power_cny_kwh
            hours = chains.depot_hours(c, p, way)
            until = "" if rule is None else rule.until
            names = (row.village, row.commodity, period.id, row.depot, *cooling, until)
            kept_kwh = 0.0 if rule is None else tonnes * chains.keep_kwh_t_day(c, cooling) * rule.days
            spared = (tonnes * float(before[0]), tonnes * trader_cny_t, tonnes * onward_cny_t)
            worth = water, lost_cny, tonnes * float(before[2]) * KG_PER_T * crop.price_cny_kg
            self.lots.append(
                (*names, tonnes, way.aboard_h, way.wait_h, lost, *hours, power, kwh + kept_kwh, 0.0, *spared, *worth)
            )
            if rule is not None:
                sums = self.stores.sums[lane, rule.until]
                sums["tonnes"] += tonnes
                sums["lost_t"] += lost
                sums["power_cny"] += kept_kwh * self.record.scenario.economics.power_cny_kwh
                sums["earned_cny"] += (tonnes - value) * (rule.price_cny_kg - crop.price_cny_kg) * KG_PER_T

    def add_today(self, at: tuple[int, int, int], tonnes: float) -> None:
        """Add tonnes that keep today's chain."""
        v, c, p = at
        fate, haul = self.chains.today(v, c, p)
        lost, water, value = (tonnes * float(share) for share in fate)
        lost_cny = value * KG_PER_T * self.record.scenario.commodities[c].price_cny_kg
        self.loss_cny += lost_cny
        self.today_haul += tonnes * haul
        scenario = self.record.scenario
        names = (scenario.villages[v].id, scenario.commodities[c].id, scenario.periods[p].id, "", "", "", "", "")
        tkm = tonnes * self.chains.trader(v)[2]
        hours = np.nan, np.nan, lost, np.inf, self.chains.today_hours(v, c)
        self.lots.append((*names, tonnes, *hours, 0.0, 0.0, tkm, lost, tonnes * haul, 0.0, water, lost_cny, lost_cny))


def _assigned_kg(record: Record) -> dict[tuple[str, str, str], float]:
    """Kg a day that each village is assigned to send to each depot in each period."""
    kg: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in rows(record.tables["assignment"]):
        v, c = record.villages[row.village][0], record.crops[row.commodity][0]
        for p, period in record.periods_of(row):
            kg[row.village, row.depot, period.id] += float(record.daily_t[v, c, p]) * row.share * KG_PER_T
    return kg


def _check_fetched(record: Record, fetched: CheckedFetching, assigned: dict[tuple[str, str, str], float]) -> None:
    for key, pieces in fetched.loads.items():
        total = sum(kg for kg, *_rest in pieces)
        if total > assigned.get(key, 0.0) * (1 + TOLERANCE) + 1e-6:
            record.wrong(
                _(
                    "stops: {total:,.2f} kg/day are fetched from {village} to {depot} in {period}; "
                    "{assigned:,.2f} are assigned"
                ).format(total=total, village=key[0], depot=key[1], period=key[2], assigned=assigned.get(key, 0.0))
            )


class Chains:
    """Lanes of a plan, each evaluated once."""

    def __init__(self, record: Record):
        self.record = record
        self.scenario = record.scenario
        self.half_h = haul_half_h(record)
        self.trader = lru_cache(maxsize=None)(self._trader)
        self.fates: dict[CheckedWay, list[float]] = {}
        self.energy_kwh_t = lru_cache(maxsize=None)(self._energy_kwh_t)
        self._todays = lru_cache(maxsize=None)(self._fates_today)

    def hub_of(self, depot: str) -> Hub:
        """Hub a depot delivers to."""
        return self.record.hubs[self.record.hub_of[depot]][1]

    def kind(self, cooling: tuple[str, str, str]) -> DepotType:
        """Return a type of a zone and method, or the mobile unit that is named."""
        if cooling[2]:
            return self.record.kinds[cooling[2]]
        solid = [kind for kind in self.scenario.depot_types if not isinstance(kind, MobileUnit)]
        return next(kind for kind in solid if (kind.zone, kind.method) == cooling[:2])

    def ready_h(self, period: Period, aboard_h: float) -> float:
        """Clock time at which what was so long aboard could go into the pre-cooler."""
        chain = self.scenario.chain
        return batch_h(middle_h(period) + chain.planned_wait_h + aboard_h + chain.unload_h, chain.dock_batch_h)

    def shares_of(self, rides: Sequence[tuple[float, float]], depot: str) -> list[tuple[float, float]]:
        """Shares of a depot's load by hours of the line haul; all rides directly where nothing is written."""
        total = sum(t for t, _rest in rides)
        return [(t / total, hours) for t, hours in rides] if total > 0 else [(1.0, self.record.haul_h(depot))]

    def follow(self, ways: Iterable[CheckedWay]) -> None:
        """Follow the lots of many ways, those at once that share commodity, period, cooler, hub and days in store."""
        alike: dict[tuple[Any, ...], dict[CheckedWay, None]] = defaultdict(dict)
        for way in ways:
            alike[way.c, way.p, way.lane.cooling, self.record.hub_of[way.lane.depot], way.kept_d][way] = None
        for group in alike.values():
            self.fates.update(zip(group, self._fates(list(group)).T.tolist(), strict=True))

    def _fates(self, ways: Sequence[CheckedWay]) -> Floats:
        """Return what lots alike lose, shape (3, ways); a longer haul than the direct one never counts less."""
        one, scenario = ways[0], self.scenario
        crop, period, cooler = scenario.commodities[one.c], scenario.periods[one.p], self.kind(one.lane.cooling)
        dwell_h = scenario.chain.depot_dwell_h + 24.0 * one.kept_d
        chain = scenario.chain.model_copy(update={"depot_dwell_h": dwell_h})
        put_in_h, loaded = np.unique([way.lane.put_in_h for way in ways], return_inverse=True)
        haul_h = np.array([(way.lane.haul_h, self.record.haul_h(way.lane.depot)) for way in ways]).T
        hub, start_h = self.hub_of(one.lane.depot), np.full(len(put_in_h), middle_h(period))

        def lost(warmer_c: float) -> Floats:
            lot = AgeingLots.begin(crop, period, start_h, crop.packaging, warmer_c=warmer_c)
            lot = through_depot(lot.in_air(put_in_h - lot.clock_h), chain, cooler).take(np.stack([loaded, loaded]))
            to_buyer(lot, chain, cooler, hub, crop, haul_h=haul_h, half_h=self.half_h)
            return fate_of(crop, lot, chain.planned_transfers, crop.packaging, scenario.economics)

        return np.asarray(mean_over_days(chain, lost).max(axis=1))

    def depot_hours(self, c: int, p: int, lane: CheckedLane) -> tuple[float, float]:
        """Hours from harvest until seven eighths cooled, and until the buyer is reached; in a plant until processed."""
        period, chain, hub = self.scenario.periods[p], self.scenario.chain, self.hub_of(lane.depot)
        kind, put_in_h = self.kind(lane.cooling), lane.put_in_h - middle_h(period)
        if isinstance(kind, Plant):
            return put_in_h + kind.process_h, put_in_h + kind.process_h
        cooled = put_in_h + 3.0 * kind.half_cooling_h
        onward = hub.dwell_h + hub.onward_h if self.scenario.commodities[c].sold_at == "market" else 0.0
        return cooled, cooled + chain.depot_dwell_h + lane.haul_h + onward

    def today_hours(self, v: int, c: int) -> float:
        """Hours from harvest until the buyer is reached in today's chain."""
        hub, ride_h, _km = self.trader(v)
        crop = self.scenario.commodities[c]
        farther = hub.dwell_h + hub.onward_h if crop.sold_at == "market" else 0.0
        return self.today_wait_h(crop) + ride_h + farther

    def today_wait_h(self, crop: Commodity) -> float:
        """Hours from harvest until a trader's truck leaves."""
        return self.scenario.chain.today_wait_h if crop.today_wait_h is None else crop.today_wait_h

    def _trader(self, v: int) -> tuple[Hub, float, float]:
        """Hub through which a village reaches the market soonest today, and the hours and kilometres to it."""
        start = self.record.village_node(self.scenario.villages[v].id)
        ways = [(hub, *self.record.to_hub(start, hub.id)) for hub in self.scenario.hubs]
        return min(ways, key=lambda way: way[1] + way[0].dwell_h + way[0].onward_h)

    def energy_cny_t(self, c: int, p: int, cooling: tuple[str, str, str]) -> float:
        """Electricity of pre-cooling and keeping cold, or of processing, CNY/t."""
        return self.energy_kwh_t(c, p, cooling) * self.scenario.economics.power_cny_kwh

    def _energy_kwh_t(self, c: int, p: int, cooling: tuple[str, str, str]) -> float:
        crop, period, chain = self.scenario.commodities[c], self.scenario.periods[p], self.scenario.chain
        kind = self.kind(cooling)
        if isinstance(kind, Plant):
            return kind.process_kwh_t
        air = float(air_at(air_c(period), middle_h(period) + chain.planned_wait_h + chain.unload_h))
        heat_kwh = crop.heat_kj_kg_k * max(air - kind.temp_c, 0.0) / 3.6
        return heat_kwh / kind.energy_ratio + self.keep_kwh_t_day(c, cooling) / 24.0 * chain.depot_dwell_h

    def keep_kwh_t_day(self, c: int, cooling: tuple[str, str, str]) -> float:
        """Electricity of a day in store: that of the type, or what the produce's own heat takes where it is more."""
        crop, kind = self.scenario.commodities[c], self.kind(cooling)
        breath_kwh = respiration_w_t(crop, kind.temp_c) / kind.energy_ratio * 24.0 / 1000.0
        return max(kind.store_kwh_t_day, breath_kwh)

    def today(self, v: int, c: int, p: int) -> tuple[Floats, float]:
        """Return what is lost in today's chain, and the trader's CNY/t."""
        return self._todays(c, p)[:, v], self.scenario.economics.today_haul_cny_t_km * self.trader(v)[2]

    def _fates_today(self, c: int, p: int) -> Floats:
        """Return what a commodity loses in today's chain in a period, shape (3, villages)."""
        crop, period, chain = self.scenario.commodities[c], self.scenario.periods[p], self.scenario.chain
        on = float(crop.sold_at == "market")
        traders = [self.trader(v) for v in range(len(self.scenario.villages))]
        way_h = np.array([ride_h + on * (hub.dwell_h + hub.onward_h) for hub, ride_h, _km in traders])
        market_h = np.array([on * hub.market_h for hub, *_way in traders])
        start_h = np.full(len(traders), middle_h(period))

        def lost(warmer_c: float) -> Floats:
            lot = AgeingLots.begin(crop, period, start_h, crop.today_packaging, warmer_c=warmer_c)
            lot = trade(lot, crop, wait_h=self.today_wait_h(crop), way_h=way_h, market_h=market_h)
            return fate_of(crop, lot, chain.today_transfers, crop.today_packaging, self.scenario.economics)

        return mean_over_days(chain, lost)


def haul_half_h(record: Record) -> float | None:
    """Half-warming time of the worst truck offered for the line haul; None when all are reefers."""
    trucks = [record.vehicles[key] for key in record.scenario.routing.line_haul_vehicles]
    halves = [truck.half_warming_h or HALF_WARMING_H[truck.cargo] for truck in trucks if truck.cargo != "reefer"]
    return min((half for half in halves if half is not None), default=None)


def from_depot(
    lot: AgeingLots, chain: Chain, cooler: DepotType, hub: Hub, crop: Commodity, *, haul_h: float, half_h: float | None
) -> AgeingLots:
    """Take a lot from the loading of the pre-cooler to its buyer."""
    return to_buyer(through_depot(lot, chain, cooler), chain, cooler, hub, crop, haul_h=haul_h, half_h=half_h)


def through_depot(lot: AgeingLots, chain: Chain, cooler: DepotType) -> AgeingLots:
    """Cool and store lots; in a plant they lie in the air until they are processed."""
    if isinstance(cooler, Plant):
        return lot.in_air(cooler.process_h)
    dry_per_k = DRY_PER_K if cooler.method == "vacuum" else 0.0
    cooled_h = 3.0 * cooler.half_cooling_h + chain.depot_dwell_h
    return lot.cooled(cooled_h, cooler.temp_c, cooler.half_cooling_h, chain.room_humidity, dry_per_k)


def to_buyer(
    lot: AgeingLots, chain: Chain, cooler: DepotType, hub: Hub, crop: Commodity, *, haul_h: Wear, half_h: float | None
) -> AgeingLots:
    """Take cooled lots to their buyers: line haul, hub, onward leg, hall; what a plant has processed has its own."""
    if isinstance(cooler, Plant):
        return lot
    air = cooler.temp_c + chain.reefer_above_c

    def on(hours: Wear, warming_half_h: float | None) -> None:
        if warming_half_h is None:
            lot.reefer(hours, air, crop, chain.reefer_humidity)
        else:
            lot.ride(hours, warming_half_h)

    on(haul_h, half_h)
    if crop.sold_at != "market":
        return lot
    on(hub.dwell_h, None)
    on(hub.onward_h, HALF_WARMING_H[hub.onward_cargo])
    hall_c = max(hub.market_temp_c + chain.hall_above_c, cooler.temp_c)
    return lot.hall(hub.market_h, hall_c, DOCK_AND_HALL_HALF_H, chain.hall_humidity)
