"""The bill of a replayed year: what was really driven, hauled, cooled and lost, at the prices that verification uses.

Vehicles and trips of the plan are paid whether a day is rich or poor. What a day asks for beyond them is overflow:
hours on the road and waiting for loads beyond those planned, returns to a stop after unloading, lorries hired for them,
and trucks hired where a depot's trips to the hub cannot take what was cooled or passed on. Electricity, onward premium,
deductions for lateness and traders' haulage follow the lots. What no chance touches (modules, staff) is as stated.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import ROUNDING, Floats
from coldchain.economy import CarbonPrice
from coldchain.model import Scenario
from coldchain.replays.chances import DayDraw
from coldchain.replays.day import DayOutcome
from coldchain.replays.layout import TypicalDay
from coldchain.runs import PlacedNetwork
from coldchain.spoilage import harvest_clock_h, loading_slot
from coldchain.verify.bill import handling_cny_t, running_of
from coldchain.verify.losses import Chains
from coldchain.verify.overflow import hires_of, rooms_t
from coldchain.verify.record import Record
from coldchain.verify.roads import CheckedWays

LIVED = ("line_haul", "overflow", "handling", "energy")
"""Headings of the bill that a replayed day prices; the value lost is the day's own."""
Bay = tuple[str, str]  # depot and zone
UNTIL_MARKET = 4  # stages of a cold lane before the market hall


@dataclass(frozen=True)
class _SeasonPrices:
    """Prices of a season's typical day.

    Attributes
    ----------
    hauls_cny : of the planned line haul
    room_t : of the trips of each depot and zone
    back_km : from the depot to each stop and back
    energy_cny_t, premium_cny_t, way_h : of each lot: cooling, the chilled onward leg, hours from pre-cooler to buyer
    trader_cny_t : of traders, late ones' deductions included, shape (villages, commodities)
    """

    hauls_cny: float
    room_t: Mapping[Bay, float]
    back_km: Floats
    energy_cny_t: Floats
    premium_cny_t: Floats
    way_h: Floats
    trader_cny_t: Floats


class Pricer:
    """Prices days of a plan's seasons."""

    def __init__(
        self,
        scenario: Scenario,
        placed: PlacedNetwork,
        tables: Mapping[str, pd.DataFrame],
        seasons: tuple[TypicalDay, ...],
    ) -> None:
        self.scenario, self.tables = scenario, tables
        price = CarbonPrice.of(scenario)
        self.vehicles = {kind.id: price.on(kind) for kind in scenario.vehicles}
        self.record = Record(scenario, CheckedWays(scenario, placed.network.given), tables)
        self.chains = Chains(self.record)
        self.seasons = [self._prices(season) for season in seasons]
        self.through_cny_t, self.past_cny_t = (self._handling_cny_t(depot) for depot in ("depot", ""))
        self.standby_cny_day = self._standby_cny() / sum(period.days for period in scenario.periods)

    def day_cny(self, p: int, season: TypicalDay, outcome: DayOutcome, draw: DayDraw) -> dict[str, float]:
        """Return CNY of a day under the headings of ``LIVED``."""
        prices, late_cny_t = self.seasons[p], self.scenario.economics.late_cny_t
        at = np.array(outcome.cooled.lot, dtype=np.intp)
        cooled = np.array(outcome.cooled.tonnes)
        kept = season.kept_t * draw.harvest
        left = np.array(outcome.left.lot, dtype=np.intp)
        np.add.at(kept, (season.lots.village[left], season.lots.crop[left]), np.array(outcome.left.tonnes))
        start, batch = harvest_clock_h(self.scenario.periods[season.period]), self.scenario.chain.dock_batch_h
        put_in = loading_slot(start + np.array(outcome.cooled.warm_h), batch) * batch - start
        late = put_in + prices.way_h[at] > self.scenario.chain.delivery_target_h + 1e-6
        return {
            "overflow": self._overflow_cny(prices, outcome) + self._more_hauls_cny(prices, season, outcome),
            "line_haul": prices.hauls_cny
            + float(cooled @ (prices.premium_cny_t[at] + late_cny_t * late))
            + float((kept * prices.trader_cny_t).sum()),
            "handling": self._handling_cny(season, outcome, kept),
            "energy": self.standby_cny_day + float(cooled @ prices.energy_cny_t[at]),
        }

    def _handling_cny(self, season: TypicalDay, outcome: DayOutcome, kept: Floats) -> float:
        """CNY of packing, sorting and loading what went through depots, and what did not."""
        parcels = (
            (lot, t) for part in (outcome.cooled, outcome.warm) for lot, t in zip(part.lot, part.tonnes, strict=True)
        )
        through = sum(t * self.through_cny_t[season.lots.crop[lot]] for lot, t in parcels)
        return float(through + (kept @ self.past_cny_t).sum())

    def _handling_cny_t(self, depot: str) -> Floats:
        """CNY/t of packing, sorting and loading each crop, through a depot or past all, shape (commodities,)."""
        lots = pd.DataFrame({"commodity": [crop.id for crop in self.scenario.commodities], "depot": depot})
        return np.asarray(handling_cny_t(self.record, lots), dtype=np.float64)

    def _standby_cny(self) -> float:
        """CNY a year of electricity that all modules take while idle."""
        texts = self.tables["depots"][["new_modules", "standing_modules", "units_bought"]].to_numpy().ravel()
        parts = [part.partition(":") for text in texts for part in str(text).split(";") if part]
        kinds = self.record.kinds
        return sum(int(count) * running_of(self.record, kinds[key])[1] for key, _colon, count in parts)

    def _overflow_cny(self, prices: _SeasonPrices, outcome: DayOutcome) -> float:
        """CNY of collection beyond the plan: more hours, returns to stops, lorries hired."""
        hours = sum(self.vehicles[key].cost_cny_h * more_h for key, more_h in outcome.more_h)
        ways = sum(self.vehicles[key].cost_cny_km * float(prices.back_km[stop]) for key, stop in outcome.returned)
        return hours + ways + sum(self.vehicles[key].cost_cny_day for key in outcome.hires)

    def _more_hauls_cny(self, prices: _SeasonPrices, season: TypicalDay, outcome: DayOutcome) -> float:
        """CNY of trips hired beside the planned ones."""
        load: dict[Bay, float] = defaultdict(float)
        for parcels in (outcome.cooled, outcome.warm):
            for lot, tonnes in zip(parcels.lot, parcels.tonnes, strict=True):
                depot, zone, *_rest = season.coolers[season.lots.cooler[lot]]
                load[depot, zone] += tonnes
        return sum(self._hired_cny(bay, t, prices.room_t.get(bay, 0.0)) for bay, t in load.items())

    def _hired_cny(self, bay: Bay, load_t: float, room_t: float) -> float:
        """CNY of the cheapest trucks of one type that take what the planned trips do not."""
        over = load_t - room_t
        if over <= ROUNDING + 1e-6 * room_t:
            return 0.0
        return min(math.ceil(over / holds - 1e-6) * cny for holds, cny in hires_of(self.record, bay[0]))

    def _prices(self, season: TypicalDay) -> _SeasonPrices:
        period, lots = self.scenario.periods[season.period], season.lots
        hauls = self.tables["line_haul"][self.tables["line_haul"]["period"] == period.id]
        cold = [self._lot_prices(season, n) for n in range(len(lots.crop))]
        energy, premium, way = np.array(cold, dtype=np.float64).reshape(-1, 3).T
        return _SeasonPrices(
            float(hauls["cost_cny_day"].sum()), rooms_t(hauls), self._back_km(season), energy, premium, way,
            self._trader_cny_t(season.period),
        )  # fmt: skip

    def _back_km(self, season: TypicalDay) -> Floats:
        """Kilometres from the depot of each stop to it and back."""
        record, km = self.record, np.zeros(len(season.planned_h))
        for tour in season.tours:
            for stop in tour.stops:
                village = self.scenario.villages[season.lots.village[season.first_lot[stop]]].id
                km[stop] = record.round_of(tour.depot, [village])[1].sum()
        return km

    def _lot_prices(self, season: TypicalDay, n: int) -> tuple[float, float, float]:
        """Electricity and premium of a lot, CNY/t, and its hours from the pre-cooler to the buyer."""
        c = int(season.lots.crop[n])
        depot, *cooling = season.coolers[season.lots.cooler[n]]
        sold_on = self.scenario.commodities[c].sold_at == "market"
        premium = self.chains.hub_of(depot).chilled_onward_cny_t if sold_on else 0.0
        zone, method, unit = cooling
        energy = self.chains.energy_cny_t(c, season.period, (zone, method, unit))
        return energy, premium, float(season.lots.cold[n, :UNTIL_MARKET, 1].sum())

    def _trader_cny_t(self, p: int) -> Floats:
        """Return what traders take for the drive to the hub, and what buyers deduct where that is too late."""
        economics, target = self.scenario.economics, self.scenario.chain.delivery_target_h
        prices = np.zeros(self.scenario.daily_t.shape[:2])
        for v, c in zip(*np.nonzero(self.scenario.daily_t[:, :, p] > 0), strict=True):
            late = self.chains.today_hours(int(v), int(c)) > target + 1e-6
            prices[v, c] = self.chains.today(int(v), int(c), p)[1] + economics.late_cny_t * late
        return prices


def bill_of(frame: pd.DataFrame, stated: Mapping[str, float], spread: Any) -> dict[str, Any]:
    """Return the yearly bill of replayed years beside the stated one: mean, P50 and P95, in all and by heading.

    Parameters
    ----------
    frame : one row for each year with the value lost and the headings of ``LIVED`` (``collection_cny`` ...)
    stated : ``annual_cny`` of the plan's summary
    spread : returns mean and quantiles of values
    """
    terms = {
        name: frame["plan_cny" if name == "loss" else f"{name}_cny"].to_numpy(dtype=np.float64)
        if name == "loss" or name in LIVED
        else np.full(len(frame), cny)
        for name, cny in stated.items()
        if name != "total"
    }
    total = np.sum(list(terms.values()), axis=0)
    by_term = {name: _figures(stated[name], spread(values)) for name, values in terms.items()}
    return {**_figures(stated["total"], spread(total)), "by_term": by_term}


def _figures(stated_cny: float, found: Mapping[str, float]) -> dict[str, float]:
    return {"stated_cny": float(stated_cny), **{f"{name}_cny": found[name] for name in ("mean", "p50", "p95")}}
