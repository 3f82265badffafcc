"""What leaves the depots in a week: to which market, what is put into store and what is taken out; a linear model.

    max  Σ_gm (e_gm - LATE·late_gm)·x_gm + Σ_gr e_gr·k_gr  +  the same of what lies in store  -  NOWHERE·Σ u
    Σ_m x_gm + Σ_r k_gr + u_g = t_g                    each group g: a crop of one depot and cooling class
    Σ_m y_sm + z_s + u_s = t_s                         each lot s in store; z_s = 0 once its days are over
    Σ_g x_gm + Σ_s y_sm <= most_m                      each market
    Σ_(g of j) k_gr + Σ_(s of j) z_s <= room_j         rooms of a depot and class, less what passes through

``e`` is price x (1 - share of the value lost until sold) - freight, of what is kept at the price of its period of sale
and less the power. The mean lot of a group stands for all. ``late`` is by how much less of the group is at the market
within the target than where most of it is: 48 hours come before the price, the price before the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coldchain.arrays import HOURS_PER_DAY, KG_PER_T, Floats
from coldchain.economy import is_on_time
from coldchain.model import Commodity, CoolingClass, Hub, Keeping, MobileUnit, Period, Scenario
from coldchain.model.packaging import packed
from coldchain.planning import Ground, Plan, existing_modules
from coldchain.planning.keeps import keep_kwh_t_day
from coldchain.planning.written import units_of
from coldchain.solvers import data_alone_on_stdout
from coldchain.spoilage import Fate, air_days, cold_stages, harvest_clock_h, line_haul_half_h
from coldchain.spoilage.stages import LaneStage, age
from coldchain.weeks.calendar import DAYS, iso_week, periods_in, week_number
from coldchain.weeks.markets import Outlets

LATE_CNY_T, NOWHERE_CNY_T = 1e5, 1e7
"""CNY/t: arriving in time comes before any price, going anywhere before both."""
LEAST_T = 1e-6


class Where(NamedTuple):
    """A crop at a depot, and what cools it there."""

    depot: str
    commodity: str
    zone: str
    method: str
    unit: str

    @property
    def goods(self) -> tuple[str, str]:
        """Depot and commodity."""
        return self.depot, self.commodity

    @property
    def cooling(self) -> tuple[str, str, str]:
        """Zone, method and mobile unit."""
        return self.zone, self.method, self.unit

    @property
    def room(self) -> tuple[str, str, str]:
        """Depot, zone and method."""
        return self.depot, self.zone, self.method


WHERE = Where._fields
SALES = (*WHERE, "from_week", "market", "hub", "tonnes", "price_cny_kg", "basis", "freight_cny_t", "lost_share",
         "in_time_share", "earned_cny", "before")  # fmt: skip
STORES = (*WHERE, "from_week", "until", "warm_h", "haul_h", "before_t", "in_t", "out_t", "tonnes")
MARKETS = ("market", "hub", "onward_h", "market_h", "market_temp_c", "freight_cny_t", "most_t", "open")


@dataclass(frozen=True, eq=False)
class Parcel:
    """What one decision is about: a crop of a depot and class, come this week or lying in store.

    Attributes
    ----------
    tonnes : of it; warm_h, haul_h : of its mean lot, until the pre-cooler is loaded and on the line haul
    week : it came in; until : period of sale of what is in store, empty for what is fresh
    soon : hours to the hub's departure of each lot and their tonnes; empty in store
    """

    where: Where
    tonnes: float
    warm_h: float
    haul_h: float
    week: int
    until: str = ""
    soon: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class Sold:
    """What becomes of a week's goods.

    Attributes
    ----------
    sales, stores, markets : frames of `SALES`, `STORES`, `MARKETS`
    nearest_cny : what all that is fresh would earn at the nearest open market of its hub
    nowhere : tonnes that no market and no room takes, by depot and crop
    """

    sales: pd.DataFrame
    stores: pd.DataFrame
    markets: pd.DataFrame
    nearest_cny: float
    nowhere: Mapping[tuple[str, str], float]

    @property
    def in_time_share(self) -> float:
        """Share of what is sold fresh, at a market that was chosen, that is there within the target."""
        fresh = self.sales[(self.sales["from_week"] == "") & (self.sales["market"] != "")]
        total = fresh["tonnes"].sum()
        return float((fresh["tonnes"] * fresh["in_time_share"]).sum() / total) if total else 0.0


def sell(plan: Plan, whole: Scenario, week: int, outlets: Outlets, before: LastWeek) -> Sold:
    """Choose markets and what is kept.

    Parameters
    ----------
    plan : of the week; whole : the scenario of the county, with all periods and its table of storage
    """
    return _Trade(plan, whole, week, outlets, before).solve()


@dataclass(frozen=True, eq=False)
class LastWeek:
    """What lies in store when a week begins, and where everything was sold the week before.

    Attributes
    ----------
    stores : frame of `STORES`; markets : (depot, commodity) -> names of markets
    """

    stores: pd.DataFrame
    markets: Mapping[tuple[str, str], str]

    @classmethod
    def none(cls) -> LastWeek:
        """Return that of a county without a week before."""
        return cls(pd.DataFrame(columns=list(STORES)), {})

    @classmethod
    def of(cls, tables: Mapping[str, pd.DataFrame]) -> LastWeek:
        """Read the tables of a week; one without sales left nothing in store."""
        if "stores" not in tables:
            return cls.none()
        sales = tables["sales"]
        sales = sales[(sales["from_week"] == "") & (sales["market"] != "")]
        names: dict[tuple[str, str], set[str]] = {}
        for row in sales.to_dict("records"):
            names.setdefault((str(row["depot"]), str(row["commodity"])), set()).add(str(row["market"]))
        stores = tables["stores"]
        return cls(
            stores[stores["tonnes"] > LEAST_T].reset_index(drop=True),
            {key: ";".join(sorted(one)) for key, one in names.items()},
        )


class _Trade:
    def __init__(self, plan: Plan, whole: Scenario, week: int, outlets: Outlets, before: LastWeek) -> None:
        self.ground: Ground = plan.ground
        self.whole, self.week, self.outlets, self.before = whole, week, outlets, before
        self.crops = {crop.id: crop for crop in whole.commodities}
        self.crop_at = {crop.id: c for c, crop in enumerate(whole.commodities)}
        basis = self.ground.basis
        self.classes: dict[tuple[str, str, str], CoolingClass] = {
            (kind.zone, kind.method, kind.unit): kind for kind in basis.classes
        }
        self.sites = {site.id: j for j, site in enumerate(self.ground.scenario.sites)}
        self.half_h = line_haul_half_h(whole)
        self.fresh = list(self._fresh(plan))
        self.lying = [_lying(row) for row in before.stores.to_dict("records")]

    def solve(self) -> Sold:
        from ortools.math_opt.python import mathopt

        model, sold, kept, goal = mathopt.Model(), dict[tuple[int, int], Any](), dict[int, Any](), []
        parcels = [*self.fresh, *self.lying]
        nowhere = [model.add_variable(lb=0.0) for _parcel in parcels]
        for n, parcel in enumerate(parcels):
            parts = [nowhere[n]]
            markets = self._markets(parcel)
            best = max((self.in_time(parcel, m) for m in markets), default=0.0)
            for m in markets:
                sold[n, m] = model.add_variable(lb=0.0)
                late = best - self.in_time(parcel, m)
                goal.append((self.earned_cny_t(parcel, m) - LATE_CNY_T * late) * sold[n, m])
                parts.append(sold[n, m])
            worth = self._keeping_cny_t(parcel)
            if worth is not None:
                kept[n] = model.add_variable(lb=0.0)
                goal.append(worth * kept[n])
                parts.append(kept[n])
            goal.append(-NOWHERE_CNY_T * nowhere[n])
            model.add_linear_constraint(mathopt.fast_sum(parts) == parcel.tonnes)
        self._limits(model, mathopt, parcels, sold, kept)
        model.maximize(mathopt.fast_sum(goal))
        with data_alone_on_stdout():
            result = mathopt.solve(model, mathopt.SolverType.GLOP)
        if not result.has_primal_feasible_solution():
            raise RuntimeError(result.termination)
        value = result.variable_values()
        return self._told(
            parcels, {key: value[one] for key, one in sold.items()}, {n: value[one] for n, one in kept.items()},
            [value[one] for one in nowhere],
        )  # fmt: skip

    def _limits(self, model: Any, math: Any, parcels: Sequence[Parcel], sold: Mapping[tuple[int, int], Any],
                kept: Mapping[int, Any]) -> None:  # fmt: skip
        for m, market in enumerate(self.outlets.markets):
            mine = [one for (_n, at), one in sold.items() if at == m]
            if market.most_t is not None and mine:
                model.add_linear_constraint(math.fast_sum(mine) <= market.most_t)
        rooms = {parcels[n].where.room for n in kept}
        for room in sorted(rooms):
            mine = [one for n, one in kept.items() if parcels[n].where.room == room]
            model.add_linear_constraint(math.fast_sum(mine) <= self._room_t(room))

    def _room_t(self, room: tuple[str, str, str]) -> float:
        """Return what a depot's modules of a class hold beside what passes through on a peak day."""
        scenario, (depot, zone, method) = self.ground.scenario, room
        there = existing_modules(self.ground.basis)[self.sites[depot]]
        holds = sum(n * kind.storage_t for n, kind in zip(there, scenario.depot_types, strict=True)
                    if (kind.zone, kind.method) == (zone, method) and not isinstance(kind, MobileUnit))  # fmt: skip
        stay_d = (self.classes[zone, method, ""].precool_h + scenario.chain.depot_dwell_h) / HOURS_PER_DAY
        comes = sum(one.tonnes for one in self.fresh if one.where.room == room and not one.where.unit)
        passing = comes / scenario.periods[0].days * scenario.siting.peak_factor * stay_d
        return max(float(holds) - passing, 0.0)

    def _fresh(self, plan: Plan) -> list[Parcel]:
        """Return what goes through the depots this week and on to a market: not through plants, not sold at the hub."""
        lots = plan.tables["lots"]
        lots = lots[lots["depot"].astype(str) != ""]
        lots = lots.assign(unit=units_of(lots, plan.tables["assignment"]))
        found, dwell_h = [], self.ground.scenario.chain.depot_dwell_h
        for key, rows in lots.groupby(list(WHERE), sort=True):
            where = Where(*map(str, key))
            kind = self.classes[where.cooling]
            if kind.is_plant or self.crops[where.commodity].sold_at != "market":
                continue
            hub, tonnes = self._hub(where.depot), rows["tonnes"].to_numpy(dtype=np.float64)
            cooled, there = (rows[name].to_numpy(dtype=np.float64) for name in ("cooled_h", "delivery_h"))
            soon = there - hub.onward_h
            warm, haul = cooled - kind.precool_h, soon - hub.dwell_h - dwell_h - cooled
            warm_h, haul_h = (float(np.average(one, weights=tonnes)) for one in (warm, haul))
            found.append(Parcel(where, float(tonnes.sum()), warm_h, haul_h, self.week, "", (soon, tonnes)))
        return found

    def _hub(self, depot: str) -> Hub:
        return self.whole.hubs[int(self.ground.basis.site_hub[self.sites[depot]])]

    def _markets(self, parcel: Parcel) -> list[int]:
        """Return the open markets in which a price of the crop is known."""
        return [m for m in self._later(parcel) if self.outlets.markets[m].open]

    def _later(self, parcel: Parcel) -> list[int]:
        """Return the markets in which a price of the crop is known: one that is closed now can be sold to later."""
        hub = int(self.ground.basis.site_hub[self.sites[parcel.where.depot]])
        crop = self.crop_at[parcel.where.commodity]
        return [m for m in self.outlets.behind(hub) if self.outlets.price(m, crop) is not None]

    def _is_offered(self, parcel: Parcel) -> bool:
        """Tell whether a market has a price of it, or none is open at all: then it goes nowhere."""
        hub = int(self.ground.basis.site_hub[self.sites[parcel.where.depot]])
        return bool(self._markets(parcel)) or not self.outlets.of_hub(hub)

    def in_time(self, parcel: Parcel, market: int) -> float:
        """Return the share of what is fresh that is at a market within the target; 1 of what was kept."""
        soon, tonnes = parcel.soon
        if not len(soon):
            return 1.0
        there = soon + self.outlets.markets[market].way.onward_h
        return min(float(tonnes @ is_on_time(there, self.whole.chain.delivery_target_h) / tonnes.sum()), 1.0)

    def lost(self, parcel: Parcel, market: int, kept_d: float) -> float:
        """Return the share of the value that a parcel's mean lot has lost when it is sold."""
        period = self.whole.periods[periods_in(self.whole.periods, parcel.week)[0]]
        crop, cooling = self.crops[parcel.where.commodity], self.classes[parcel.where.cooling]
        way = self.outlets.markets[market].way
        return value_lost(
            self.whole, MarketLane(crop, period, cooling, way), (parcel.warm_h, parcel.haul_h, self.half_h), kept_d
        )

    def _price(self, parcel: Parcel, market: int) -> float:
        price = self.outlets.price(market, self.crop_at[parcel.where.commodity])
        return 0.0 if price is None else price.cny_kg * KG_PER_T

    def _lies_d(self, parcel: Parcel) -> float:
        return float(DAYS * (self.week - parcel.week))

    def earned_cny_t(self, parcel: Parcel, market: int) -> float:
        """Return what a tonne earns that is sold now."""
        lost = self.lost(parcel, market, self._lies_d(parcel))
        return self._price(parcel, market) * (1.0 - lost) - self.outlets.markets[market].freight_cny_t

    def _rules(self, parcel: Parcel) -> list[Keeping]:
        """Return the rules by which a parcel may lie longer: until another period, for so many days."""
        period = self.whole.periods[periods_in(self.whole.periods, parcel.week)[0]].id
        solid = not parcel.where.unit
        mine = [one for one in self.whole.storage if (one.commodity, one.period) == (parcel.where.commodity, period)]
        due = self._lies_d(parcel)
        known = solid and bool(self._later(parcel))
        return [one for one in mine if known and due < one.days and parcel.until in ("", one.until)]

    def _rule(self, parcel: Parcel) -> tuple[Keeping | None, float]:
        """Return the rule that promises most, and what it promises for a tonne."""
        worth = [(self._later_cny_t(parcel, rule), rule) for rule in self._rules(parcel)]
        found = max(worth, key=lambda one: one[0], default=None)
        return (None, 0.0) if found is None else (found[1], found[0])

    def _keeping_cny_t(self, parcel: Parcel) -> float | None:
        rule, worth = self._rule(parcel)
        return None if rule is None else worth

    def _later_cny_t(self, parcel: Parcel, rule: Keeping) -> float:
        """Return what a tonne is expected to earn when its period of sale has come, less the power until then."""
        crop = self.crops[parcel.where.commodity]
        now = self.whole.periods[periods_in(self.whole.periods, self.week)[0]].id == rule.until
        lies_d = self._lies_d(parcel)
        days = lies_d + DAYS if now else max(rule.days, lies_d + DAYS)
        ratio = 1.0 if now else rule.price_cny_kg / crop.price_cny_kg
        power = keep_kwh_t_day(crop, self.classes[parcel.where.cooling]) * (days - lies_d)
        earned = [
            self._price(parcel, m) * ratio * (1.0 - self.lost(parcel, m, days)) - self.outlets.markets[m].freight_cny_t
            for m in self._later(parcel)
        ]
        return max(earned) - power * self.whole.economics.power_cny_kwh

    def _told(self, parcels: Sequence[Parcel], sold: Mapping[tuple[int, int], float], kept: Mapping[int, float],
              nowhere: Sequence[float]) -> Sold:  # fmt: skip
        sales, stores, left = [], [], dict[tuple[str, str], float]()
        for n, parcel in enumerate(parcels):
            parts = {m: sold[n, m] for m in self._markets(parcel) if sold[n, m] > LEAST_T}
            sales += [self._sale(parcel, m, tonnes) for m, tonnes in parts.items()]
            if nowhere[n] > LEAST_T and self._is_offered(parcel):
                left[parcel.where.goods] = left.get(parcel.where.goods, 0.0) + nowhere[n]
            if parcel.until:
                stores.append(self._stored(parcel, parcel.until, 0.0, sum(parts.values())))
            else:
                sales += [self._unsold(parcel, nowhere[n])] if nowhere[n] > LEAST_T else []
                rule, _worth = self._rule(parcel)
                if rule is not None and kept[n] > LEAST_T:
                    stores.append(self._stored(parcel, rule.until, kept[n], 0.0))
        nearest = sum(one.tonnes * self._nearest_cny_t(one) for one in self.fresh)
        return Sold(pd.DataFrame(sales, columns=list(SALES)), pd.DataFrame(stores, columns=list(STORES)),
                    self._ways(), float(nearest), left)  # fmt: skip

    def _stored(self, parcel: Parcel, until: str, came: float, out: float) -> tuple[Any, ...]:
        before = parcel.tonnes if parcel.until else 0.0
        stays = before + came - out
        return (*parcel.where, iso_week(parcel.week), until, parcel.warm_h, parcel.haul_h, before, came, out,
                stays if stays > LEAST_T else 0.0)  # fmt: skip

    def _unsold(self, parcel: Parcel, tonnes: float) -> tuple[Any, ...]:
        """Return the row of what no market takes, or whose price nobody knows: it goes on as the plan has it."""
        basis, before = "none" if self._is_offered(parcel) else "plan", self.before.markets.get(parcel.where.goods, "")
        return (*parcel.where, "", "", self._hub(parcel.where.depot).id, tonnes, 0.0, basis, 0.0, 0.0, 0.0, 0.0, before)

    def _sale(self, parcel: Parcel, m: int, tonnes: float) -> tuple[Any, ...]:
        market, price = self.outlets.markets[m], self.outlets.price(m, self.crop_at[parcel.where.commodity])
        assert price is not None
        lost, earned = self.lost(parcel, m, self._lies_d(parcel)), self.earned_cny_t(parcel, m)
        came = iso_week(parcel.week) if parcel.until else ""
        before = self.before.markets.get(parcel.where.goods, "")
        return (*parcel.where, came, market.name, market.way.id, tonnes, price.cny_kg, price.basis,
                market.freight_cny_t, lost, self.in_time(parcel, m), tonnes * earned, before)  # fmt: skip

    def _nearest_cny_t(self, parcel: Parcel) -> float:
        markets = self._markets(parcel)
        near = min(markets, key=lambda m: self.outlets.markets[m].way.onward_h, default=None)
        return 0.0 if near is None else self.earned_cny_t(parcel, near)

    def _ways(self) -> pd.DataFrame:
        rows = [
            (one.name, one.way.id, one.way.onward_h, one.way.market_h, one.way.market_temp_c, one.freight_cny_t,
             np.nan if one.most_t is None else one.most_t, int(one.open))
            for one in self.outlets.markets
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(MARKETS))


@dataclass(frozen=True)
class MarketLane:
    """What decides how a lot ages on its way to a market."""

    crop: Commodity
    period: Period
    cooling: CoolingClass
    hub: Hub


def value_lost(scenario: Scenario, lane: MarketLane, hours: tuple[float, float, float | None], kept_d: float) -> float:
    """Return the share of the value that a lot has lost when it is sold.

    Parameters
    ----------
    hours : until the pre-cooler is loaded, on the line haul, and the half-warming time of its truck
    kept_d : in store, beyond the stay of what goes on at once
    """
    warm_h, haul_h, half_h = hours
    chain = scenario.chain.model_copy(update={"depot_dwell_h": scenario.chain.depot_dwell_h + HOURS_PER_DAY * kept_d})
    stages = (LaneStage("ambient", warm_h), *cold_stages(chain, lane.cooling, lane.hub, (haul_h, half_h), lane.crop))
    own, start = packed(lane.crop, planned=True), harvest_clock_h(lane.period)
    worn = (age(own, lane.period, start, stages, day.warmer_c).worn[-1] for day in air_days(chain))
    return float(Fate.of_season(own, scenario, worn, chain.planned_transfers).value)


def _lying(row: Mapping[Any, Any]) -> Parcel:
    where = Where(*(str(row[name]) for name in WHERE))
    return Parcel(where, float(row["tonnes"]), float(row["warm_h"]), float(row["haul_h"]),
                  week_number(str(row["from_week"])), str(row["until"]))  # fmt: skip
