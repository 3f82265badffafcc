"""What every stage of planning shares: travel times, hubs, loss tables and money per tonne.

Indices throughout: v village, c commodity, p period, j site, h hub, o cooling class, k depot type.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, KWH_PER_MJ, Floats, Indices
from coldchain.economy import CarbonPrice, LotPrices, Timing, least_day_cny, nearest_hub
from coldchain.model import CoolingClass, Scenario, VehicleType, cooling_class, cooling_classes
from coldchain.network import RoadNetwork, travel
from coldchain.planning.capacity import capacity_t_day
from coldchain.planning.keeps import Keep, keep_kwh_t_day, keeps_of
from coldchain.routing import Halts as HaltHours
from coldchain.routing import HaulRule, Reach, lower_bound_cny_t, radial_bound_cny_t
from coldchain.runs.roads import PlacedNetwork
from coldchain.spoilage import (
    DepotLanes,
    Fate,
    TodayLanes,
    air_at,
    depot_lanes,
    harvest_clock_h,
    hourly_air_c,
    today_lanes,
)

ROUNDED_SHIFT = 1e-5  # of a shift, by which rounding may let a duty be longer


@dataclass(frozen=True)
class Basis:
    """Everything derived from the inputs alone, before any decision.

    Attributes
    ----------
    reach : least hours and km from each site to each village and back, shape (villages, sites)
    site_hub, village_hub : hub each site delivers to, each village's trader drives to
    haul_h, haul_km : from each site to its hub at reference speed, shape (sites,)
    lane_haul_h : the same hours with the slowest vehicle on offer; the loss of a lane counts these
    between_h, between_km : from site to site at reference speed, shape (sites, sites)
    today_km : from each village to its hub, shape (villages,)
    keeps : what depots may keep for another period
    energy_kwh_t : electricity for pre-cooling and storage, shape (commodities, periods, classes), kWh/t
    late : losses of lanes that wait for the pre-cooler longer than the table of lanes reaches, as they are met
    """

    scenario: Scenario
    placed: PlacedNetwork
    classes: tuple[CoolingClass, ...]
    class_of_type: Indices
    reach: Reach
    site_hub: Indices
    village_hub: Indices
    haul_h: Floats
    lane_haul_h: Floats
    haul_km: Floats
    between_h: Floats
    between_km: Floats
    today_km: Floats
    today: TodayLanes
    lanes: DepotLanes
    energy_kwh_t: Floats
    keeps: tuple[Keep, ...] = ()
    late: dict[tuple[float, ...], Fate] = field(default_factory=dict, compare=False)

    @cached_property
    def timing(self) -> Timing:
        """Hours of lots through depots."""
        return Timing.of(
            self.scenario, self.lanes, classes=self.classes, site_hub=self.site_hub, haul_h=self.lane_haul_h
        )

    @cached_property
    def prices(self) -> LotPrices:
        """What a tonne costs on its way."""
        return LotPrices.of(
            self.scenario,
            self.timing,
            classes=self.classes,
            site_hub=self.site_hub,
            today_km=self.today_km,
            energy_kwh_t=self.energy_kwh_t,
        )

    @property
    def has_plants(self) -> bool:
        """Whether plants are on offer or stand somewhere."""
        return any(kind.is_plant for kind in self.classes)

    @property
    def earns(self) -> bool:
        """Whether depots may earn more than fresh sales today, so that a total cost below nought is possible."""
        return bool(self.keeps) or self.has_plants or bool(self.prices.traced_premium_cny_t.any())

    @cached_property
    def energy_cny_t(self) -> Floats:
        """Electricity at its price, shape (commodities, periods, classes)."""
        return np.asarray(self.energy_kwh_t * self.scenario.economics.power_cny_kwh)

    @cached_property
    def capacity_t_day(self) -> Floats:
        """What each depot type takes, shape (types,), t/day."""
        return capacity_t_day(self.scenario, self.classes, self.class_of_type)

    @cached_property
    def carbon(self) -> CarbonPrice:
        """What emitting costs."""
        return CarbonPrice.of(self.scenario)

    @cached_property
    def collection(self) -> tuple[VehicleType, ...]:
        """Vehicle types of the first mile; what they emit is in their prices."""
        return tuple(map(self.carbon.on, self.scenario.collection))

    @cached_property
    def line_haul(self) -> tuple[VehicleType, ...]:
        """Vehicle types from depot to hub; what they emit is in their prices."""
        return tuple(map(self.carbon.on, self.scenario.line_haul))

    def line_haul_of(self, site: int) -> tuple[VehicleType, ...]:
        """Vehicle types from depot to hub that the road to a site bears."""
        most = self.scenario.sites[site].haul_payload_kg
        return tuple(kind for kind in self.line_haul if most is None or kind.payload_kg <= most)

    @cached_property
    def collection_least(self) -> tuple[VehicleType, ...]:
        """Vehicle types of the first mile at prices that no trip undercuts, whatever duties and fleet."""
        routing = self.scenario.routing
        around = (self.reach.out_h + self.reach.back_h).min(axis=1, initial=np.inf)
        return least_types(self.scenario, self.collection, around, routing.stop_h + self.scenario.chain.unload_h)

    @cached_property
    def line_haul_least(self) -> tuple[VehicleType, ...]:
        """Vehicle types from depot to hub at prices that no trip undercuts, whatever duties and fleet."""
        return least_types(self.scenario, self.line_haul, 2.0 * self.haul_h, self.scenario.routing.dock_h)

    def line_haul_least_of(self, site: int) -> tuple[VehicleType, ...]:
        """Of these the types that the road to a site bears."""
        kept = {kind.id for kind in self.line_haul_of(site)}
        return tuple(kind for kind in self.line_haul_least if kind.id in kept)

    @property
    def slowest(self) -> float:
        """Least speed factor of the line haul: what rides count with, whichever truck goes."""
        return _slowest(self.scenario)

    @property
    def haul_rule(self) -> HaulRule:
        """Hours and space of a line-haul trip."""
        routing = self.scenario.routing
        return HaulRule(routing.dock_h, routing.load_h_t, routing.haul_m3_t)


def prepare(scenario: Scenario, placed: PlacedNetwork) -> Basis:
    """Compute travel, hubs, lanes and rates of a scenario."""
    classes = cooling_classes(scenario.depot_types)
    class_of_type = np.array([classes.index(cooling_class(kind)) for kind in scenario.depot_types], dtype=np.intp)
    to_hub = travel(placed.network, placed.site_node, placed.hub_node)
    between = travel(placed.network, placed.site_node, placed.site_node)
    from_village = travel(placed.network, placed.village_node, placed.hub_node)
    site_hub, village_hub = (nearest_hub(scenario.hubs, t) for t in (to_hub.time_h, from_village.time_h))
    rows, cols = np.arange(len(site_hub)), np.arange(len(village_hub))
    haul_h, haul_km = to_hub.time_h[rows, site_hub], to_hub.km[rows, site_hub]
    speed = _slowest(scenario)
    today_h, today_km = from_village.time_h[cols, village_hub], from_village.km[cols, village_hub]
    return Basis(
        scenario=scenario,
        placed=placed,
        classes=classes,
        class_of_type=class_of_type,
        reach=_reach(placed),
        site_hub=site_hub,
        village_hub=village_hub,
        haul_h=haul_h,
        lane_haul_h=haul_h / speed,
        haul_km=haul_km,
        between_h=between.time_h,
        between_km=between.km,
        today_km=today_km,
        today=today_lanes(scenario, village_hub, today_h),
        lanes=depot_lanes(scenario, classes, site_hub, haul_h / speed, scenario.siting.max_first_mile_h),
        energy_kwh_t=energy_kwh_t(scenario, classes),
        keeps=keeps_of(scenario, classes, site_hub, haul_h / speed),
    )


def part_of(basis: Basis, scenario: Scenario) -> Basis:
    """Return the basis of a scenario that has some villages, sites and vehicles of this one, and nothing else new.

    Travel, lanes and rates of each village and site do not depend on the others, so they are picked, not computed;
    lanes are worked out again only when the vehicles differ.
    """
    whole, placed = basis.scenario, basis.placed
    v = _rows([village.id for village in whole.villages], [village.id for village in scenario.villages])
    s = _rows([site.id for site in whole.sites], [site.id for site in scenario.sites])
    hubs = np.arange(placed.villages + placed.sites, len(placed.node))
    kept = np.concatenate([v, placed.villages + s, hubs])
    reach = (getattr(basis.reach, name)[np.ix_(v, s)] for name in Reach.__annotations__)
    lanes = replace(basis.lanes, fate=basis.lanes.fate[:, :, :, s])
    lane_haul_h, hubs_of = basis.lane_haul_h[s], basis.site_hub[s]
    if scenario.routing != whole.routing:
        lane_haul_h = basis.haul_h[s] / _slowest(scenario)
        lanes = depot_lanes(scenario, basis.classes, hubs_of, lane_haul_h, scenario.siting.max_first_mile_h)
    return replace(
        basis,
        scenario=scenario,
        placed=PlacedNetwork(placed.network, placed.node[kept], placed.offset_m[kept], len(v), len(s)),
        reach=Reach(*reach),
        site_hub=hubs_of,
        village_hub=basis.village_hub[v],
        haul_h=basis.haul_h[s],
        lane_haul_h=lane_haul_h,
        haul_km=basis.haul_km[s],
        between_h=basis.between_h[np.ix_(s, s)],
        between_km=basis.between_km[np.ix_(s, s)],
        today_km=basis.today_km[v],
        today=replace(basis.today, fate=basis.today.fate[v], hours=basis.today.hours[v]),
        lanes=lanes,
        keeps=keeps_of(scenario, basis.classes, hubs_of, lane_haul_h),
        late={},
    )


def _slowest(scenario: Scenario) -> float:
    """Return the least speed factor of the line haul."""
    return min(kind.speed_factor for kind in scenario.line_haul)


def _rows(whole: list[str], part: list[str]) -> Indices:
    at = {name: row for row, name in enumerate(whole)}
    return np.array([at[name] for name in part], dtype=np.intp)


def _reach(placed: PlacedNetwork) -> Reach:
    """Least hours and, separately, least kilometres between sites and villages, both ways."""
    by_length = by_distance(placed.network)
    sites, villages = placed.site_node, placed.village_node
    out, back = travel(placed.network, sites, villages), travel(placed.network, villages, sites)
    out_km, back_km = travel(by_length, sites, villages), travel(by_length, villages, sites)
    return Reach(out.time_h.T, back.time_h, out_km.km.T, back_km.km)


def by_distance(network: RoadNetwork) -> RoadNetwork:
    """Return the same network with centimetres in place of milliseconds, so that shortest is least km."""
    return replace(network, time_ms=np.maximum(np.rint(network.length_m * 100.0), 1.0).astype(np.int64))


def energy_kwh_t(scenario: Scenario, classes: tuple[CoolingClass, ...]) -> Floats:
    """Electricity per tonne: field heat at the nominal arrival over the energy ratio, and keeping cold; processing."""
    chain, crops = scenario.chain, scenario.commodities
    wait_h = chain.planned_wait_h + chain.unload_h
    arrival_c = np.array([air_at(hourly_air_c(one), harvest_clock_h(one) + wait_h) for one in scenario.periods])
    warmer_k = np.maximum(arrival_c[:, None] - np.array([kind.temp_c for kind in classes]), 0.0)
    heat_mj_t = np.array([crop.heat_kj_kg_k for crop in crops])[:, None, None] * warmer_k
    keep_kwh_t_d = np.array([[keep_kwh_t_day(crop, kind) for kind in classes] for crop in crops])
    ratio = np.array([kind.energy_ratio for kind in classes])
    kept = keep_kwh_t_d[:, None, :] * chain.depot_dwell_h / HOURS_PER_DAY
    made = np.array([kind.process_kwh_t if kind.is_plant else np.nan for kind in classes])
    return np.asarray(np.where(np.isnan(made), heat_mj_t * KWH_PER_MJ / ratio + kept, made), dtype=np.float64)


def least_types(
    scenario: Scenario, kinds: tuple[VehicleType, ...], drive_h: Floats, halts_h: float
) -> tuple[VehicleType, ...]:
    """Spread the least cost of a vehicle's day over its trips or over its hours, so that no duty costs less.

    A duty has at most ``trips_day`` trips and ``shift_h`` hours, so its trips bear no more than the whole day if each
    bears ``1 / trips_day`` of it, or if each hour bears ``1 / shift_h``; a trip of several crews has no more hours than
    their shifts. The day costs at least :func:`coldchain.economy.least_day_cny`. Of the two ways each type takes the
    one that asks more of the mean straight trip.

    Parameters
    ----------
    drive_h : of straight trips there and back at reference speed; halts_h : besides
    """
    days, found = sum(period.days for period in scenario.periods), []
    reached = drive_h[np.isfinite(drive_h)]
    for kind in kinds:
        day = least_day_cny(kind, days) * (1.0 - ROUNDED_SHIFT)
        hours = float(reached.mean()) / kind.speed_factor + halts_h if len(reached) else 0.0
        by_trip = hours / kind.shift_h <= 1.0 / kind.trips_day
        part = {"cost_cny_day": day / kind.trips_day} if by_trip else {
            "cost_cny_day": 0.0, "cost_cny_h": kind.cost_cny_h + day / kind.shift_h
        }  # fmt: skip
        same = kind.trips_day == 1 and kind.own_cny_year is None
        found.append(kind if same else kind.model_copy(update=part))
    return tuple(found)


def collection_bound_cny_t(basis: Basis, load_t: Floats) -> Floats:
    """Underestimate the collection cost per tonne of each village at each site, shape (villages, sites).

    Parameters
    ----------
    load_t : most a village loads on one day, shape (villages,)
    """
    routing, chain = basis.scenario.routing, basis.scenario.chain
    halts = HaltHours(routing.stop_h, routing.load_h_t, chain.unload_h, basis.scenario.siting.max_first_mile_h)
    bound = radial_bound_cny_t(basis.reach, basis.collection_least, halts, load_t[:, None])
    return np.asarray(bound, dtype=np.float64)


def haul_bound_cny_t(basis: Basis) -> Floats:
    """Underestimate the line haul per tonne from each site, whatever trucks and tours, shape (sites,).

    A truck of type v that loads l_i at the depots i of a tour, Σ l_i ≤ Q_v, drives at least from the hub to each of
    them and back by way of other depots, D_i; it is at docks for at least ``dock_h``, loads for ``load_h_t·Σ l_i``, and
    its crews do not fall with hours. So with fixed_v(D) the trip without loading it costs at least
    ``max_i fixed_v(D_i) + a·Σ l_i ≥ Σ_i l_i·(fixed_v(D_i)/Q_v + a)``, and every tonne at i at least the least of the
    brackets over the types that may come to i: the bound of a straight trip of length D_i
    (:func:`coldchain.routing.lower_bound_cny_t`). Straight trips have D_i or more.
    """
    (h, km) = (least_round(basis, way, between) / 2.0 for way, between in
               ((basis.haul_h, basis.between_h), (basis.haul_km, basis.between_km)))  # fmt: skip
    hauls = [
        lower_bound_cny_t(h[j], km[j], basis.line_haul_least_of(j), basis.haul_rule)
        if np.isfinite(h[j]) and basis.line_haul_of(j)
        else np.inf
        for j in range(len(h))
    ]
    return np.array(hauls, dtype=np.float64)


def least_round(basis: Basis, to_hub: Floats, between: Floats) -> Floats:
    """Least length of any line-haul trip that calls at each site, hours or kilometres, shape (sites,).

    Kilometres are those of the fastest ways, which a detour by another depot may undercut, and roads may be longer one
    way than the other; so the way from the hub (as long as the way back from the first depot) and the way to it are the
    least over chains of as many other depots of the hub as a tour may have.
    """
    rounds = np.full(len(to_hub), np.inf)
    for hub in np.unique(basis.site_hub):
        mine = np.flatnonzero(basis.site_hub == hub)
        legs = between[np.ix_(mine, mine)]
        back, out = to_hub[mine], to_hub[mine]
        for _further in range(basis.scenario.routing.haul_depots - 1):
            back = np.minimum(back, (legs + back[None, :]).min(axis=1))
            out = np.minimum(out, (out[:, None] + legs).min(axis=0))
        rounds[mine] = out + back
    return rounds
