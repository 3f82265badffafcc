"""Losses and energy recomputed lot by lot, with the physics of `spoilage` stage by stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import pandas as pd

from coldchain.model import DepotType, Hub, MobileUnit, cooling_class
from coldchain.network import travel
from coldchain.spoilage import (
    age,
    batch_clock_h,
    cold_stages,
    depot_stages,
    harvest_clock_h,
    hourly_air_c,
    line_haul_half_h,
    loss_share,
    respiration_w_t,
    today_stages,
)
from coldchain.verify.record import TOLERANCE, Record, rows
from coldchain.verify.transport import Fetched

KG_PER_T = 1000.0
Lane = tuple[str, tuple[str, str, str], float, float]  # depot, (zone, method, unit), hours aboard, of the line haul
LOT_COLUMNS = (
    "village", "commodity", "depot", "tonnes", "loss_t", "cooled_h", "delivery_h", "energy_cny", "today_loss_t",
    "unit",
)  # fmt: skip


@dataclass(frozen=True)
class Losses:
    """Totals of a year, CNY and t; ``arriving_t``: (depot, period, zone) -> t/day fetched by the routes."""

    loss_t: float
    loss_cny: float
    energy_cny: float
    premium_cny: float
    today_haul_cny: float
    arriving_t: dict[tuple[str, str, str], float]
    lots: pd.DataFrame


def check_losses(
    record: Record, fetched: Fetched, rides: Mapping[tuple[str, str, str], Sequence[tuple[float, float]]]
) -> Losses:
    """Follow every lot through its lane and add up what is lost and spent on the way.

    Parameters
    ----------
    rides : (depot, period, zone) -> [(t/day, hours of the line haul)]; every lot of a depot splits over them alike
    """
    chains = _Chains(record)
    loss_t = loss_cny = energy = premium = today_haul = 0.0
    arriving: dict[tuple[str, str, str], float] = defaultdict(float)
    cooled = np.zeros_like(record.scenario.harvest_t)
    lots: list[tuple[str, str, str, float, float, float, float, float, float, str]] = []
    yearly = bool(record.scenario.subsidy.years)
    assigned = _assigned_kg(record)
    _check_fetched(record, fetched, assigned)
    for row in rows(record.tables["assignment"]):
        v, c = record.villages[row.village][0], record.crops[row.commodity][0]
        for p, period in record.periods_of(row):
            key = (row.village, row.depot, period.id)
            tonnes = float(record.scenario.harvest_t[v, c, p]) * row.share
            pieces = fetched.loads.get(key, ()) if tonnes > 0 else ()
            hauls = chains.shares_of(rides.get((row.depot, period.id, row.zone), ()), row.depot)
            for (kg, aboard_h), (share, haul_h) in product(pieces, hauls):
                part = tonnes * kg / assigned[key] * share
                lane = (row.depot, (row.zone, row.method, row.unit), aboard_h, haul_h)
                lost = part * chains.depot_loss(c, p, lane)
                loss_t += lost
                loss_cny += lost * KG_PER_T * record.scenario.commodities[c].price_cny_kg
                power = part * chains.energy_cny_t(c, p, (row.zone, row.method, row.unit))
                energy += power
                if record.scenario.commodities[c].sold_at == "market":
                    premium += part * chains.hub_of(row.depot).chilled_onward_cny_t
                arriving[row.depot, period.id, row.zone] += part / period.days
                cooled[v, c, p] += part
                hours = chains.depot_hours(c, p, lane)
                warm = part * chains.today(v, c, p)[0] if yearly else 0.0
                lots.append((row.village, row.commodity, row.depot, part, lost, *hours, power, warm, row.unit))
    left = record.scenario.harvest_t - cooled
    if (left < -TOLERANCE * np.maximum(record.scenario.harvest_t, 1.0)).any():
        record.wrong("lots: more is cooled than harvested")
    for v, c, p in zip(*np.nonzero(left > 1e-9 * np.maximum(record.scenario.harvest_t, 1e-9)), strict=True):
        share, haul = chains.today(int(v), int(c), int(p))
        lost = float(left[v, c, p]) * share
        loss_t += lost
        loss_cny += lost * KG_PER_T * record.scenario.commodities[c].price_cny_kg
        today_haul += float(left[v, c, p]) * haul
        names = (record.scenario.villages[v].id, record.scenario.commodities[c].id, "")
        lots.append((*names, float(left[v, c, p]), lost, np.inf, chains.today_hours(int(v), int(c)), 0.0, lost, ""))
    frame = pd.DataFrame(lots, columns=list(LOT_COLUMNS))
    return Losses(loss_t, loss_cny, energy, premium, today_haul, dict(arriving), frame)


def _assigned_kg(record: Record) -> dict[tuple[str, str, str], float]:
    """Kg a day that each village is assigned to send to each depot in each period."""
    daily = record.scenario.daily_t
    kg: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in rows(record.tables["assignment"]):
        v, c = record.villages[row.village][0], record.crops[row.commodity][0]
        for p, period in record.periods_of(row):
            kg[row.village, row.depot, period.id] += float(daily[v, c, p]) * row.share * KG_PER_T
    return kg


def _check_fetched(record: Record, fetched: Fetched, assigned: dict[tuple[str, str, str], float]) -> None:
    for key, pieces in fetched.loads.items():
        total = sum(kg for kg, _ in pieces)
        if total > assigned.get(key, 0.0) * (1 + TOLERANCE) + 1e-6:
            record.wrong(
                f"stops: {total:,.2f} kg/day are fetched from {key[0]} to {key[1]} in {key[2]}; "
                f"{assigned.get(key, 0.0):,.2f} are assigned"
            )


class _Chains:
    """Lanes of a plan, each evaluated once."""

    def __init__(self, record: Record):
        self.record = record
        self.scenario = record.scenario
        self.half_h = line_haul_half_h(record.scenario)
        self.slowest = min(record.vehicles[key].speed_factor for key in record.scenario.routing.line_haul_vehicles)
        self.depot_hub = {row.depot: row.hub for row in rows(record.tables["depots"])}
        villages = record.node[: len(record.scenario.villages)]
        hubs = record.node[len(record.scenario.villages) + len(record.scenario.sites) :]
        self.trader = travel(record.network, villages, hubs)
        self.depot_loss = lru_cache(maxsize=None)(self._depot_loss)
        self.energy_cny_t = lru_cache(maxsize=None)(self._energy_cny_t)
        self.today = lru_cache(maxsize=None)(self._today)
        self.haul_h = lru_cache(maxsize=None)(self._haul_h)

    def hub_of(self, depot: str) -> Hub:
        """Hub a depot delivers to."""
        return self.record.hubs[self.depot_hub[depot]][1]

    def _haul_h(self, depot: str) -> float:
        start = self.record.site_node(self.record.sites[depot][0])
        end = self.record.hub_node(self.record.hubs[self.depot_hub[depot]][0])
        way = travel(self.record.network, np.array([start]), np.array([end]))
        return float(way.time_h[0, 0]) / self.slowest

    def _kind(self, cooling: tuple[str, str, str]) -> DepotType:
        if cooling[2]:
            return self.record.kinds[cooling[2]]
        solid = [kind for kind in self.scenario.depot_types if not isinstance(kind, MobileUnit)]
        return next(kind for kind in solid if (kind.zone, kind.method) == cooling[:2])

    def shares_of(self, rides: Sequence[tuple[float, float]], depot: str) -> list[tuple[float, float]]:
        """Shares of a depot's load by hours of the line haul; all rides directly where nothing is written."""
        total = sum(t for t, _ in rides)
        return [(t / total, hours) for t, hours in rides] if total > 0 else [(1.0, self.haul_h(depot))]

    def _depot_loss(self, c: int, p: int, lane: Lane) -> float:
        """Share lost; a longer haul than the direct one never counts less."""
        crop, period, chain = self.scenario.commodities[c], self.scenario.periods[p], self.scenario.chain
        depot, cooling, aboard_h, haul_h = lane
        found = []
        for hours in {haul_h, self.haul_h(depot)}:
            haul = (hours, self.half_h)
            cold = cold_stages(chain, cooling_class(self._kind(cooling)), self.hub_of(depot), haul, crop)
            start, stages = depot_stages(chain, period, aboard_h, cold)
            used = age(crop, period, start, stages).used[-1]
            found.append(float(loss_share(crop, used, chain.planned_transfers)))
        return max(found)

    def depot_hours(self, c: int, p: int, lane: Lane) -> tuple[float, float]:
        """Hours from harvest until seven eighths cooled, and until the buyer is reached."""
        depot, cooling, aboard_h, haul_h = lane
        period, chain, hub = self.scenario.periods[p], self.scenario.chain, self.hub_of(depot)
        docked = batch_clock_h(chain, period, aboard_h) - harvest_clock_h(period)
        cooled = docked + 3.0 * self._kind(cooling).half_cooling_h
        onward = hub.dwell_h + hub.onward_h if self.scenario.commodities[c].sold_at == "market" else 0.0
        return cooled, cooled + chain.depot_dwell_h + haul_h + onward

    def today_hours(self, v: int, c: int) -> float:
        """Hours from harvest until the buyer is reached in today's chain."""
        onward = np.array([hub.dwell_h + hub.onward_h for hub in self.scenario.hubs])
        hub = int(np.argmin(self.trader.time_h[v] + onward))
        farther = float(onward[hub]) if self.scenario.commodities[c].sold_at == "market" else 0.0
        return self.scenario.chain.today_wait_h + float(self.trader.time_h[v, hub]) + farther

    def _energy_cny_t(self, c: int, p: int, cooling: tuple[str, str, str]) -> float:
        crop, period, chain = self.scenario.commodities[c], self.scenario.periods[p], self.scenario.chain
        kind = self._kind(cooling)
        clock = harvest_clock_h(period) + chain.planned_wait_h + chain.unload_h
        air = np.interp(clock % 24.0, np.arange(25.0), np.append(hourly_air_c(period), hourly_air_c(period)[0]))
        heat_kwh = crop.heat_kj_kg_k * max(float(air) - kind.temp_c, 0.0) / 3.6
        breath_w_t = respiration_w_t(crop, kind.temp_c) / kind.energy_ratio
        keep_kwh = max(kind.store_kwh_t_day / 24.0, breath_w_t / 1000.0) * chain.depot_dwell_h
        return (heat_kwh / kind.energy_ratio + keep_kwh) * self.scenario.economics.power_cny_kwh

    def _today(self, v: int, c: int, p: int) -> tuple[float, float]:
        """Share lost in today's chain, and the trader's CNY/t."""
        crop, period, chain = self.scenario.commodities[c], self.scenario.periods[p], self.scenario.chain
        onward = [hub.dwell_h + hub.onward_h for hub in self.scenario.hubs]
        hub = int(np.argmin(self.trader.time_h[v] + np.array(onward)))
        stages = today_stages(chain, crop, self.scenario.hubs[hub], float(self.trader.time_h[v, hub]))
        used = age(crop, period, harvest_clock_h(period), stages).used[-1]
        share = float(loss_share(crop, used, chain.today_transfers))
        return share, self.scenario.economics.today_haul_cny_t_km * float(self.trader.km[v, hub])
