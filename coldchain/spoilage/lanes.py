"""The two lanes a lot can take: today's chain straight to the hub, or through a pre-cooling depot.

Today: wait for a trader's truck, ride to the hub, wait there, ride on to the market, lie there until sold: as warm as
the air, in an insulated load, or on ice, as each commodity travels. Through a depot: a shorter wait, the first mile,
the dock, pre-cooling and storage at the zone's temperature, the line haul, the hub, the onward leg and the market's
chilled hall. Every lot of a period begins at the middle of the harvest window. Pre-coolers are loaded at every multiple
of ``dock_batch_h``, so the loss through a depot is a step function of the hours aboard and one table per season holds
it exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats, Indices
from coldchain.model import Chain, Commodity, CoolingClass, Hub, Period, Scenario
from coldchain.model.packaging import packed
from coldchain.spoilage.fate import Fate
from coldchain.spoilage.kernels import STAGE_COLUMNS, WEAR, fill_lanes, follow_lots
from coldchain.spoilage.kinetics import pack, worn_slope
from coldchain.spoilage.stages import LaneStage, hourly_air_c, loading_slot, stage_array
from coldchain.spoilage.weather import air_days

HALF_WARMING_H = {"ambient": 3.0, "insulated": 12.0, "reefer": None}
HALL_HALF_H = 3.0
REEFER_HALF_H = 12.0
"""A stacked load in a reefer's air takes on half the difference in this time (10-24 h: estimate)."""
VACUUM_DRY_PER_K = 0.01 / 6.0
"""Weight lost in vacuum cooling: 1 % for every 6 K (UC ANR 21567)."""
ICE_C, ICE_HALF_H = 1.0, 1.5
"""Goods packed in ice in a foam box: what they come to, and in which time they take on half the difference."""


def harvest_clock_h(period: Period) -> float:
    """Middle of the harvest window: the clock time at which a lot's life begins."""
    return (period.harvest_start_h + period.harvest_end_h) / 2.0


def batch_clock_h(chain: Chain, period: Period, aboard_h: float) -> float:
    """Clock time at which a lot that was ``aboard_h`` on the first mile goes into the pre-cooler."""
    ready = harvest_clock_h(period) + chain.planned_wait_h + aboard_h + chain.unload_h
    return float(loading_slot(ready, chain.dock_batch_h)) * chain.dock_batch_h


def today_wait_h(chain: Chain, commodity: Commodity) -> float:
    """Hours from harvest until a trader's truck leaves with a commodity."""
    return chain.today_wait_h if commodity.today_wait_h is None else commodity.today_wait_h


def today_stages(chain: Chain, commodity: Commodity, hub: Hub, haul_h: float) -> tuple[LaneStage, ...]:
    """Return the stages of today's chain: wait, ride, and for what is sold at the market hub, onward leg and hall.

    Three stages: in the village, on the way (ride, hub and onward leg), at the market. Open goods are as warm as the
    air; in an insulated load they drift towards it once loaded; on ice they are cooled from harvest on.
    """
    onward = (hub.dwell_h + hub.onward_h, hub.market_h) if commodity.sold_at == "market" else (0.0, 0.0)
    return today_cargo_stages(commodity, today_wait_h(chain, commodity), haul_h + onward[0], onward[1])


def today_cargo_stages(commodity: Commodity, wait_h: float, way_h: float, market_h: float) -> tuple[LaneStage, ...]:
    """Return today's stages from their hours."""
    if commodity.today_cargo == "ice":
        return (
            LaneStage("ambient", 0.0),
            LaneStage("cool", wait_h + way_h + market_h, ICE_C, ICE_HALF_H),
            LaneStage("hold", 0.0),
        )
    if commodity.today_cargo == "insulated":
        insulated, market = HALF_WARMING_H["insulated"] or 1.0, HALF_WARMING_H["ambient"] or 1.0
        return (
            LaneStage("ambient", wait_h),
            LaneStage("drift", way_h, half_h=insulated),
            LaneStage("drift", market_h, half_h=market),
        )
    return LaneStage("ambient", wait_h + way_h + market_h), LaneStage("hold", 0.0), LaneStage("hold", 0.0)


def cold_stages(
    chain: Chain, cooling: CoolingClass, hub: Hub, haul: tuple[float, float | None], commodity: Commodity
) -> tuple[LaneStage, ...]:
    """Return the stages after the pre-cooler is loaded: cool and store, line haul, hub, onward leg, market hall.

    In a plant produce is as warm as the air until it is worked up, and that is all.

    Parameters
    ----------
    haul : hours of the line haul and half-warming time of its truck (None: a reefer)
    """
    if cooling.is_plant:
        return LaneStage("ambient", cooling.precool_h), *(LaneStage("hold", 0.0) for _rest in range(4))
    onward = 1.0 if commodity.sold_at == "market" else 0.0
    room, reefer, hall = chain.room_humidity, chain.reefer_humidity, chain.hall_humidity
    dry = VACUUM_DRY_PER_K if cooling.method == "vacuum" else 0.0
    cooled_h = cooling.precool_h + chain.depot_dwell_h
    held = LaneStage("reefer", 0.0, cooling.temp_c + chain.reefer_above_c, REEFER_HALF_H, reefer)
    hall_c = max(hub.market_temp_c + chain.hall_above_c, cooling.temp_c)
    return (
        LaneStage("cool", cooled_h, cooling.temp_c, cooling.half_cooling_h, room, dry),
        _ride(*haul, held),
        replace(held, hours=onward * hub.dwell_h),
        _ride(onward * hub.onward_h, HALF_WARMING_H[hub.onward_cargo], held),
        LaneStage("hall", onward * hub.market_h, hall_c, HALL_HALF_H, hall),
    )


def depot_stages(
    chain: Chain, period: Period, aboard_h: float, cold: tuple[LaneStage, ...]
) -> tuple[float, tuple[LaneStage, ...]]:
    """Return the clock at harvest and all stages of the lane through a depot."""
    start = harvest_clock_h(period)
    return start, (LaneStage("ambient", max(batch_clock_h(chain, period, aboard_h) - start, 0.0)), *cold)


def _ride(hours: float, half_h: float | None, held: LaneStage) -> LaneStage:
    return replace(held, hours=hours) if half_h is None else LaneStage("drift", hours, half_h=half_h)


@dataclass(frozen=True)
class DepotLanes:
    """Loss through a depot for every commodity, period, cooling class, site and hour aboard.

    Attributes
    ----------
    fate : shares lost, shape (commodities, periods, classes, sites, batches), handling included; the mean of the days
        of a season
    first_batch_h : clock of batch 0 in each period, shape (periods,)
    longest_wait_h : hours of waiting beyond the longest ride that the table holds
    """

    fate: Fate
    first_batch_h: Floats
    batch_h: float
    ready_h: Floats
    longest_wait_h: float = 0.0

    @property
    def loss(self) -> Floats:
        """Share of the weight lost."""
        return self.fate.loss

    def batch(self, aboard_h: Floats) -> Indices:
        """Index of the batch a lot with these hours aboard goes into, shape (periods, *aboard_h.shape)."""
        ready = self.ready_h.reshape(-1, *[1] * aboard_h.ndim) + aboard_h[None]
        first = self.first_batch_h.reshape(-1, *[1] * aboard_h.ndim)
        steps = loading_slot(ready, self.batch_h) - np.round(first / self.batch_h)
        return np.clip(steps, 0, self.loss.shape[-1] - 1).astype(np.intp)

    def value_per_hour(self, c: int, period: int, o: int, site: int, batch: int) -> float:
        """Share of the value that one more hour aboard loses, by the step of the table from a batch to the next."""
        now = min(batch, self.loss.shape[-1] - 2)
        value = self.fate.value[c, period, o, site]
        return max(float(value[now + 1] - value[now]), 0.0) / self.batch_h


def depot_lanes(
    scenario: Scenario,
    classes: tuple[CoolingClass, ...],
    site_hub: Indices,
    haul_h: Floats,
    most_aboard_h: float,
) -> DepotLanes:
    """Tabulate the loss of every lane through a depot.

    Parameters
    ----------
    site_hub : index of the hub each site delivers to, shape (sites,)
    haul_h : hours from each site to its hub, shape (sites,); infinite where there is no road
    most_aboard_h : the table reaches up to this many hours aboard, and further by the longest wait

    Returns
    -------
    DepotLanes; loss is 1 where the site cannot reach its hub
    """
    chain, batch_h = scenario.chain, scenario.chain.dock_batch_h
    first = np.array([batch_clock_h(chain, period, 0.0) for period in scenario.periods])
    wait_h = longest_wait_h(scenario)
    count = math.ceil((most_aboard_h + wait_h) / batch_h) + 2
    shape = (len(scenario.commodities), len(scenario.periods), len(classes), len(site_hub), count)
    fate = Fate(np.ones(shape), np.zeros(shape), np.ones(shape))
    for c, commodity in enumerate(scenario.commodities):
        own = packed(commodity, planned=True)
        stages = _stages(scenario, classes, site_hub, haul_h, commodity)
        for p, period in enumerate(scenario.periods):
            clocks = first[p] + batch_h * np.arange(count)
            fate.put((c, p), _lane_fate(scenario, own, period, clocks, stages))
    nowhere = ~np.isfinite(haul_h)
    fate.loss[:, :, :, nowhere], fate.water[:, :, :, nowhere], fate.value[:, :, :, nowhere] = 1.0, 0.0, 1.0
    ready = np.array([harvest_clock_h(p) + chain.planned_wait_h + chain.unload_h for p in scenario.periods])
    return DepotLanes(fate, first, batch_h, ready, wait_h)


def _lane_fate(scenario: Scenario, own: Commodity, period: Period, clocks: Floats, stages: Floats) -> Fate:
    """Return what a crop as packed loses through each class, site and batch, the mean of the season's days.

    Parameters
    ----------
    clocks : at which each batch goes in
    """
    days = air_days(scenario.chain)
    airs = np.array([hourly_air_c(period) + day.warmer_c for day in days])
    worn = np.zeros((len(days), *stages.shape[:2], len(clocks), WEAR))
    fill_lanes(pack(own, period.humidity), airs, harvest_clock_h(period), clocks, stages, worn)
    return Fate.of_season(own, scenario, worn, scenario.chain.planned_transfers)


def longest_wait_h(scenario: Scenario) -> float:
    """Return the longest that a load can wait for a later trip of the vehicle that fetches it."""
    return max((kind.shift_h for kind in scenario.collection if kind.trips_day > 1), default=0.0)


def _stages(
    scenario: Scenario,
    classes: tuple[CoolingClass, ...],
    site_hub: Indices,
    haul_h: Floats,
    commodity: Commodity,
) -> Floats:
    """Pack the cold stages of every class and site, shape (classes, sites, 5, 6)."""
    half_h = line_haul_half_h(scenario)
    hours = np.where(np.isfinite(haul_h), haul_h, 0.0)
    packed = [
        stage_array(cold_stages(scenario.chain, cooling, scenario.hubs[hub], (float(h), half_h), commodity))
        for cooling in classes
        for hub, h in zip(site_hub, hours, strict=True)
    ]
    return np.array(packed).reshape(len(classes), len(site_hub), 5, STAGE_COLUMNS)


def longer_haul_losses(
    scenario: Scenario,
    lot: tuple[Commodity, Period, CoolingClass],
    hub: Hub,
    haul_h: Floats,
    batches: int,
) -> Fate:
    """Return what a lot loses by hours of its line haul and the batch it was cooled in, shape (haul_h.size, batches).

    Parameters
    ----------
    haul_h : in any order; shorter and longer hauls each by themselves
    """
    chain, (commodity, period, cooling) = scenario.chain, lot
    half_h = line_haul_half_h(scenario)
    stages = np.array([stage_array(cold_stages(chain, cooling, hub, (float(h), half_h), commodity)) for h in haul_h])
    first_h = np.array([batch_clock_h(chain, period, 0.0)])
    clocks = first_h + chain.dock_batch_h * np.arange(batches)
    return _lane_fate(scenario, packed(commodity, planned=True), period, clocks, stages[None])[0]


def line_haul_half_h(scenario: Scenario) -> float | None:
    """Half-warming time of the worst vehicle offered for line haul; None when all are reefers."""
    warming = (kind for kind in scenario.line_haul if kind.cargo != "reefer")
    return min((kind.half_warming_h or HALF_WARMING_H[kind.cargo] or math.inf for kind in warming), default=None)


@dataclass(frozen=True)
class TodayLanes:
    """Today's chain: shares lost (villages, commodities, periods); hours to the buyer (villages, commodities)."""

    fate: Fate
    hours: Floats

    @property
    def loss(self) -> Floats:
        """Share of the weight lost."""
        return self.fate.loss


def today_lanes(scenario: Scenario, village_hub: Indices, haul_h: Floats) -> TodayLanes:
    """Evaluate today's chain for every lot.

    Parameters
    ----------
    village_hub : index of the hub each village's trader drives to, shape (villages,)
    haul_h : hours of that ride, shape (villages,)
    """
    chain, hubs = scenario.chain, scenario.hubs
    shape = scenario.harvest_t.shape
    fate, hours = Fate(np.zeros(shape), np.zeros(shape), np.zeros(shape)), np.zeros(shape[:2])
    everyone = np.zeros(len(village_hub), dtype=np.intp)
    for c, commodity in enumerate(scenario.commodities):
        lanes = [
            today_stages(chain, commodity, hubs[h], float(ride)) for h, ride in zip(village_hub, haul_h, strict=True)
        ]
        totals = np.array([sum(stage.hours for stage in lane) for lane in lanes])
        market = np.array([hubs[h].market_h for h in village_hub]) if commodity.sold_at == "market" else 0.0
        hours[:, c] = totals - market
        own = packed(commodity, planned=False)
        packed_lanes = np.array([stage_array(lane) for lane in lanes]).reshape(len(lanes), 3, -1)
        for p, period in enumerate(scenario.periods):
            params = pack(own, period.humidity)[None]
            airs = (hourly_air_c(period) + day.warmer_c for day in air_days(chain))
            worn = (follow_lots(params, everyone, air, harvest_clock_h(period), packed_lanes) for air in airs)
            fate.put(np.s_[:, c, p], Fate.of_season(own, scenario, worn, chain.today_transfers))
    return TodayLanes(fate, hours)


def loss_per_hour(commodity: Commodity, worn: Floats, dock_rate: Floats, transfers: int) -> float:
    """Share of a lot lost per further hour aboard: what the wear of that hour adds at the lane's own wear, 1/h."""
    return worn_slope(packed(commodity, planned=True), worn, dock_rate, transfers)
