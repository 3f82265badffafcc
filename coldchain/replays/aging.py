"""What is lost of a day's parcels, with the physics of :mod:`coldchain.spoilage`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Indices
from coldchain.economy import is_on_time, sold_at_market, value_cny_t
from coldchain.model.bands import Figures
from coldchain.planning.fates import boxed
from coldchain.replays.chances import DayDraw
from coldchain.replays.day import DayOutcome, Parcels
from coldchain.replays.layout import TypicalDay
from coldchain.spoilage import Fate, harvest_clock_h, hourly_air_c, loading_slot, today_cargo_stages, today_wait_h
from coldchain.spoilage.kernels import STAGE_COLUMNS, WEAR, follow_lots
from coldchain.spoilage.kinetics import pack
from coldchain.spoilage.stages import stage_array

LINE_HAUL, ONWARD = 1, 3  # among the stages of a cold lane


@dataclass(frozen=True)
class Trader:
    """Today's way to the buyer: hub of each village and hours to it, shape (villages,)."""

    hub: Indices
    ride_h: Floats


@dataclass(frozen=True)
class DayLoss:
    """A day: harvested, lost today and with the plan, t and CNY; pre-cooled, passed through warm, left behind, t.

    ``in_time_t`` of what was pre-cooled is so within the deadline of its commodity.
    """

    harvest_t: float
    today_t: float
    plan_t: float
    today_cny: float
    plan_cny: float
    cooled_t: float
    warm_t: float
    left_t: float
    in_time_t: float


@dataclass(frozen=True)
class RoadFactors:
    """Factors of a day on the hours of each village's trader, each depot's line haul, each hub's onward road."""

    trader: Floats
    haul: Floats
    onward: Floats


class Ager:
    """Losses of a scenario's days.

    ``standing`` is by how much the depots that stand already lessen each village's loss today, shape (villages,);
    ``today_lanes`` today's stages of each crop for an hour of wait, of way, of market, shape (commodities, 3, 3, 6).
    """

    def __init__(self, figures: Figures, trader: Trader) -> None:
        scenario = figures.scenario
        self.figures, self.scenario, self.trader = figures, scenario, trader
        self.standing = np.ones(len(scenario.villages))
        self.price_t = value_cny_t(scenario)
        self.deadline_h = np.array([crop.precool_deadline_h for crop in scenario.commodities])
        self.sold_on = sold_at_market(scenario)
        self.today_wait_h = np.array([today_wait_h(scenario.chain, one) for one in scenario.commodities])
        self.today_lanes = np.array(
            [[stage_array(today_cargo_stages(one, *hour)) for hour in np.eye(3)] for one in scenario.commodities]
        ).reshape(len(scenario.commodities), 3, 3, STAGE_COLUMNS)
        self.dwell_h = np.array([hub.dwell_h for hub in scenario.hubs])
        self.onward_h = np.array([hub.onward_h for hub in scenario.hubs])
        self.market_h = np.array([hub.market_h for hub in scenario.hubs])

    def loss(self, season: TypicalDay, outcome: DayOutcome, draw: DayDraw) -> DayLoss:
        """Add up a day."""
        depots = 1 + int(season.lots.depot.max(initial=-1))
        villages, hubs = len(self.scenario.villages), len(self.scenario.hubs)
        roads = RoadFactors(draw.roads(villages), draw.roads(depots), draw.roads(hubs))
        daily = self.scenario.daily_t[:, :, season.period] * draw.harvest
        rates = self._today_rates(season, draw, roads)
        today = daily[..., None] * rates * self.standing[:, None, None]
        plan = (season.kept_t * draw.harvest)[..., None] * rates
        self._add(plan, season, outcome.left, lambda at: rates[season.lots.village[at], season.lots.crop[at]])
        self._add(plan, season, outcome.cooled, lambda at: self._cooled_rates(season, outcome.cooled, at, draw, roads))
        self._add(plan, season, outcome.warm, lambda at: self._warm_rates(season, outcome.warm, at, draw, roads))
        return DayLoss(
            harvest_t=float(daily.sum()),
            today_t=float(today[..., 0].sum()),
            plan_t=float(plan[..., 0].sum()),
            today_cny=float((today[..., 1] * self.price_t).sum()),
            plan_cny=float((plan[..., 1] * self.price_t).sum()),
            cooled_t=math.fsum(outcome.cooled.tonnes),
            warm_t=math.fsum(outcome.warm.tonnes),
            left_t=math.fsum(outcome.left.tonnes),
            in_time_t=self._in_time_t(season, outcome.cooled),
        )

    def without_depots_t(self, season: TypicalDay, draw: DayDraw) -> Floats:
        """Return what each village loses in the whole season when all goes by the traders, shape (villages,)."""
        here, hubs = np.ones(len(self.scenario.villages)), np.ones(len(self.scenario.hubs))
        rates = self._today_rates(season, draw, RoadFactors(here, here, hubs))
        lost: Floats = (self.scenario.harvest_t[:, :, season.period] * rates[..., 0]).sum(axis=1)
        return lost

    @staticmethod
    def _add(
        plan: Floats,
        season: TypicalDay,
        parcels: Parcels,
        rates: Callable[[Indices], Floats],
    ) -> None:
        at = np.array(parcels.lot, dtype=np.intp)
        if len(at):
            np.add.at(
                plan, (season.lots.village[at], season.lots.crop[at]), np.array(parcels.tonnes)[:, None] * rates(at)
            )

    def _shares(self, season: TypicalDay, draw: DayDraw, crop: Indices, stages: Floats, *, planned: bool) -> Floats:
        """Shares lost, of weight and value, of lots that pass through stages of shape (lots, stages, 6); (lots, 2)."""
        period, chain = self.scenario.periods[season.period], self.scenario.chain
        air = hourly_air_c(period) + draw.air_c
        own = [boxed(self.figures, one, planned=planned) for one in self.scenario.commodities]
        params = np.array([pack(one, period.humidity) for one in own])
        like = np.lexsort((*stages[:, :2, 1].T, crop))
        worn = np.empty((len(crop), WEAR))
        worn[like] = follow_lots(params, crop[like], air, harvest_clock_h(period), stages[like])
        transfers = chain.planned_transfers if planned else chain.today_transfers
        share = np.empty((len(crop), 2))
        for c in np.unique(crop).tolist():
            fate = Fate.of(own[c], worn[crop == c], transfers, self.scenario.economics)
            share[crop == c] = np.column_stack([fate.loss, fate.value])
        return share

    def _in_the_warm(self, hours: Floats) -> Floats:
        stages = np.zeros((len(hours), 1, STAGE_COLUMNS))
        stages[:, 0, 1], stages[:, 0, 3] = hours, 1.0
        return stages

    def _today_rates(self, season: TypicalDay, draw: DayDraw, roads: RoadFactors) -> Floats:
        """Shares lost in today's chain, of weight and value, (villages, commodities, 2); 0 where nothing grows."""
        v, c = np.nonzero(self.scenario.daily_t[:, :, season.period] > 0)
        hub = self.trader.hub[v]
        beyond = self.dwell_h[hub] + self.onward_h[hub] * roads.onward[hub]
        way_h = self.trader.ride_h[v] * roads.trader[v] + self.sold_on[c] * beyond
        market_h = self.sold_on[c] * self.market_h[hub]
        rates = np.zeros((len(self.scenario.villages), len(self.scenario.commodities), 2))
        rates[v, c] = self._shares(season, draw, c, self._today_stages(c, way_h, market_h), planned=False)
        return rates

    def _today_stages(self, crop: Indices, way_h: Floats, market_h: Floats) -> Floats:
        """Stages of today's chain, shape (lots, 3, 6)."""
        lanes: Floats = self.today_lanes[crop]
        stages: Floats = lanes[:, 0].copy()
        hours = (self.today_wait_h[crop], way_h, market_h)
        stages[:, :, 1] = sum(own[:, None] * lanes[:, part, :, 1] for part, own in enumerate(hours))
        return stages

    def _cooled_rates(
        self, season: TypicalDay, parcels: Parcels, at: Indices, draw: DayDraw, roads: RoadFactors
    ) -> Floats:
        """Share lost of parcels that were pre-cooled: warm until the next batch, then the cold stages."""
        lots = season.lots
        cold = lots.cold[at].copy()
        cold[:, LINE_HAUL, 1] *= roads.haul[lots.depot[at]]
        cold[:, ONWARD, 1] *= roads.onward[lots.hub[at]]
        stages = np.concatenate([self._in_the_warm(self._docked_h(season, parcels)), cold], axis=1)
        return self._shares(season, draw, lots.crop[at], stages, planned=True)

    def _docked_h(self, season: TypicalDay, parcels: Parcels) -> Floats:
        """Hours from harvest until parcels go into the pre-cooler: with the next batch."""
        start, batch_h = harvest_clock_h(self.scenario.periods[season.period]), self.scenario.chain.dock_batch_h
        docked = loading_slot(start + np.array(parcels.warm_h), batch_h) * batch_h
        return np.asarray(np.maximum(docked - start, 0.0))

    def _in_time_t(self, season: TypicalDay, parcels: Parcels) -> float:
        """Tonnes pre-cooled within the deadline of their commodity."""
        at = np.array(parcels.lot, dtype=np.intp)
        hours = self._docked_h(season, parcels) + season.precool_h[season.lots.cooler[at]]
        return float(np.array(parcels.tonnes) @ is_on_time(hours, self.deadline_h[season.lots.crop[at]]))

    def _warm_rates(
        self, season: TypicalDay, parcels: Parcels, at: Indices, draw: DayDraw, roads: RoadFactors
    ) -> Floats:
        """Share lost of parcels that found the pre-cooler full: on to the hub and its market as warm as the air."""
        lots = season.lots
        hub, haul_h = lots.hub[at], lots.cold[at, LINE_HAUL, 1] * roads.haul[lots.depot[at]]
        beyond = self.dwell_h[hub] + self.onward_h[hub] * roads.onward[hub] + self.market_h[hub]
        hours = np.array(parcels.warm_h) + haul_h + self.sold_on[lots.crop[at]] * beyond
        return self._shares(season, draw, lots.crop[at], self._in_the_warm(hours), planned=True)
