"""The result tables of a plan, in the names people use; :mod:`coldchain.runs.schema` has their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices, Ints
from coldchain.economy import emissions
from coldchain.model import DepotType, MobileUnit
from coldchain.planning.arcs import existing_modules
from coldchain.planning.awards import Awards, module_awards, owners_of
from coldchain.planning.basis import Basis
from coldchain.planning.days import Days, Decision
from coldchain.planning.duty_tables import route_id, tour_text
from coldchain.planning.lots import TODAY
from coldchain.planning.money import activity
from coldchain.runs import schema

if TYPE_CHECKING:
    from coldchain.planning.course import Course

CRUMB_DIGITS = 9  # decimals to which means of a day are written: a chance of once in a million years is none


def modules_text(kinds: tuple[DepotType, ...], row: Ints) -> str:
    """Write a row of counts the way a scenario does: ``cold_room_200:1;cool_room_500:2``."""
    return ";".join(f"{kind.id}:{int(n)}" for kind, n in zip(kinds, row, strict=True) if n)


def depots(basis: Basis, decision: Decision, lots: pd.DataFrame, granted: Awards) -> pd.DataFrame:
    """One row for each site with modules: what stands, what is built, what it cools, what it costs."""
    scenario, kinds = basis.scenario, basis.scenario.depot_types
    standing = existing_modules(basis)
    placed = decision.standing.sum(axis=(1, 2))
    open_sites = np.flatnonzero((standing + decision.count).sum(axis=1) + placed > 0)
    fixed = scenario.fixed_types
    cold = lots[lots["site"] != TODAY]
    tonnes = cold.groupby("site")["tonnes"].sum().reindex(open_sites, fill_value=0.0)
    villages = cold.groupby("site")["village"].nunique().reindex(open_sites, fill_value=0)
    capex = np.array([kind.capex_cny for kind in kinds])
    net_m3 = np.array([kind.net_m3 for kind in kinds])[:fixed]
    capacity = np.array([kind.throughput_t_day for kind in kinds])[:fixed]
    share = _site_awards(basis, decision.count, granted)
    rows = []
    for site in open_sites:
        place, hub = scenario.sites[site], scenario.hubs[basis.site_hub[site]]
        new, old = decision.count[site][:fixed], standing[site][:fixed]
        status = "built" if new.any() and not old.any() else "expanded" if new.any() else "existing"
        rows.append(
            {
                "depot": place.id,
                "name": place.name,
                "county": place.county,
                "owner": place.owner or place.id,
                "lon": place.lon,
                "lat": place.lat,
                "status": status if new.any() or old.any() else "mobile",
                "new_modules": modules_text(kinds[:fixed], new),
                "standing_modules": modules_text(kinds[:fixed], old),
                "net_m3": float(((new + old) * net_m3).sum()),
                "throughput_t_day": float(((new + old) * capacity).sum()),
                "tonnes_year": float(tonnes[site]),
                "villages": int(villages[site]),
                "capex_cny": float((decision.count[site] * capex).sum()),
                "subsidy_cny": float(share[site]),
                "hub": hub.id,
                "haul_h": float(basis.haul_h[site]),
                "haul_km": float(basis.haul_km[site]),
                "units_bought": modules_text(kinds[fixed:], decision.count[site][fixed:]),
            }
        )
    return schema.frame("depots", rows)


def hubs_of(basis: Basis, decision: Decision) -> pd.DataFrame:
    """One row for each depot in use: the hub it delivers to."""
    scenario = basis.scenario
    rows = [(scenario.sites[j].id, scenario.hubs[basis.site_hub[j]].id) for j in np.unique(decision.site)]
    return schema.frame("today_depots", rows)


def _site_awards(basis: Basis, count: Ints, granted: Awards) -> Floats:
    """Split each owner's award over its sites in proportion to what they would get uncapped."""
    _, owner = owners_of(basis.scenario)
    uncapped = (module_awards(basis.scenario) * count).sum(axis=1)
    whole = np.where(granted.uncapped > 0, granted.uncapped, 1.0)[owner]
    return np.asarray(uncapped / whole * granted.award[owner], dtype=np.float64)


def villages(basis: Basis, lots: pd.DataFrame, baseline: pd.DataFrame, reasons: dict[int, str]) -> pd.DataFrame:
    """One row for each village: harvest, what is cooled, what is lost before and after; why not if it is not served."""
    scenario = basis.scenario
    index = range(len(scenario.villages))
    cold = lots[lots["site"] != TODAY]

    def per_village(frame: pd.DataFrame, figure: pd.Series) -> Floats:
        return figure.groupby(frame["village"]).sum().reindex(index, fill_value=0.0).to_numpy(dtype=np.float64)

    harvest = scenario.harvest_t.sum(axis=(1, 2))

    def worth(frame: pd.DataFrame) -> Floats:
        price = basis.prices.value_cny_t[frame["commodity"]]
        return per_village(frame, frame["tonnes"] * frame["value_share"] * price)

    before = per_village(baseline, baseline["tonnes"] * baseline["loss_share"])
    after = per_village(lots, lots["tonnes"] * lots["loss_share"])
    divisor = np.where(harvest > 0, harvest, 1.0)
    return schema.frame(
        "villages",
        {
            "village": [village.id for village in scenario.villages],
            "name": [village.name for village in scenario.villages],
            "county": [village.county for village in scenario.villages],
            "town": [village.town for village in scenario.villages],
            "cooperative": [village.cooperative for village in scenario.villages],
            "lon": [village.lon for village in scenario.villages],
            "lat": [village.lat for village in scenario.villages],
            "harvest_t": harvest,
            "cooled_t": per_village(cold, cold["tonnes"]),
            "baseline_loss_t": before,
            "plan_loss_t": after,
            "avoided_t": before - after,
            "baseline_rate": before / divisor,
            "plan_rate": after / divisor,
            "baseline_water_t": per_village(baseline, baseline["tonnes"] * baseline["water_share"]),
            "plan_water_t": per_village(lots, lots["tonnes"] * lots["water_share"]),
            "baseline_loss_cny": worth(baseline),
            "plan_loss_cny": worth(lots),
            "reason": [reasons.get(v, "") for v in index],
        },
    )


def assignment(basis: Basis, decision: Decision, arcs_members: tuple[Indices, ...]) -> pd.DataFrame:
    """One row for each village, commodity, depot and cooling class in use: the share of the lot that goes there.

    The period is empty where the share is the same in all; else there is a row for each.
    """
    scenario = basis.scenario
    back_h = basis.reach.back_h
    rows = []
    for v, g, j, o, share in zip(
        decision.village, decision.group, decision.site, decision.cooling, decision.share, strict=True
    ):
        kind = basis.classes[o]
        for c in arcs_members[g]:
            head = (scenario.villages[v].id, scenario.commodities[c].id, scenario.sites[j].id, kind.zone, kind.method)
            rows += [
                (*head, part, tonnes, float(back_h[v, j]), kind.unit, period)
                for period, part, tonnes in _shares(basis, scenario.harvest_t[v, c], share)
            ]
    return schema.frame("assignment", rows)


def _shares(basis: Basis, harvest_t: Floats, share: Floats) -> list[tuple[str, float, float]]:
    """Return period, share and tonnes: once, without a period, where the share is the same in all with a harvest."""
    grown = np.flatnonzero(harvest_t > 0)
    if not len(grown) or not share[grown].any():
        return []
    if np.ptp(share[grown]) <= 0:
        return [("", float(share[grown[0]]), float(harvest_t.sum() * share[grown[0]]))]
    return [
        (basis.scenario.periods[p].id, float(share[p]), float(harvest_t[p] * share[p])) for p in grown if share[p] > 0
    ]


def units(basis: Basis, decision: Decision) -> pd.DataFrame:
    """One row for each mobile unit type, period and site where it stands: how many, and how many of them arrive."""
    scenario = basis.scenario
    arriving, rows = decision.arriving(), []
    for m, kind in enumerate(scenario.depot_types[scenario.fixed_types :]):
        move = kind.move_cny if isinstance(kind, MobileUnit) else 0.0
        for p, period in enumerate(scenario.periods):
            for j in np.flatnonzero(decision.standing[:, m, p]):
                here, new = int(decision.standing[j, m, p]), int(arriving[j, m, p])
                rows.append((kind.id, period.id, scenario.sites[j].id, here, new, new * move))
    return schema.frame("units", rows)


def routes(basis: Basis, days: Days) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the routes of the typical days and their stops."""
    scenario = basis.scenario
    price = basis.carbon
    heads, stops = [], []
    for day, costs in zip(days.collection, days.running.route_cny, strict=True):
        site, period = scenario.sites[day.site].id, scenario.periods[day.period]
        for n, (route, cost) in enumerate(zip(day.result.routes, costs, strict=True)):
            key = route_id(basis, day, n)
            paid = cost - price.trip_cny(scenario.vehicle(route.vehicle_id), route.km, route.hours)
            figures = (sum(route.load_kg), route.km, route.drive_h, route.hours, paid)
            heads.append((key, site, period.id, route.vehicle_id, period.days, len(route.stops), *figures))
            for order, (stop, kg, aboard) in enumerate(
                zip(route.stops, route.load_kg, route.aboard_h, strict=True), start=1
            ):
                stops.append((key, order, scenario.villages[day.villages[stop]].id, kg, aboard))
    return schema.frame("routes", heads), schema.frame("stops", stops)


def line_haul(basis: Basis, days: Days) -> pd.DataFrame:
    """One row for each depot, period, zone and vehicle type: straight trips of a typical day; one for each tour.

    ``tour`` lists the depots of a tour in order of loading with the t/day of each and its hours from leaving there to
    the hub, ``depot:t:h;depot:t:h``; it is empty for straight trips. ``ride_h`` are the hours from the first depot.
    """
    rows, price, vehicle = [], basis.carbon, basis.scenario.vehicle
    for day, costs in zip(days.hauls, days.running.haul_cny, strict=True):
        head = _haul_head(basis, day.site, day.period, day.zone)
        for (trip, count), cost in zip(day.haul.trips, costs, strict=True):
            paid = cost - count * price.trip_cny(vehicle(trip.vehicle_id), trip.km, trip.hours)
            figures = (count * trip.km, count * trip.hours, paid)
            rows.append((*head, day.haul.load_t_day, trip.vehicle_id, count, trip.capacity_t, *figures, "",
                         basis.lane_haul_h[day.site]))  # fmt: skip
    for shared, cost in zip(days.tours, days.running.tour_cny, strict=True):
        tour, trip = shared.tour, shared.tour.trip
        text = tour_text(basis, shared)
        paid = cost - price.trip_cny(vehicle(trip.vehicle_id), trip.km, trip.hours)
        head = _haul_head(basis, shared.sites[0], shared.period, shared.zone)
        rows.append((*head, sum(tour.load_t), trip.vehicle_id, 1, trip.capacity_t, trip.km, trip.hours, paid,
                     text, tour.ride_h[0]))  # fmt: skip
    return schema.frame("line_haul", rows)


def _haul_head(basis: Basis, site: int, period: int, zone: str) -> tuple[str, str, str, str, float]:
    """Depot, hub, period, zone and days of a line-haul trip."""
    scenario = basis.scenario
    hub, of = scenario.hubs[basis.site_hub[site]].id, scenario.periods[period]
    return scenario.sites[site].id, hub, of.id, zone, of.days


def overflow(basis: Basis, days: Days) -> pd.DataFrame:
    """One row for each route, and for the line haul of each depot, period and zone: what days beyond the usual cost."""
    sites, periods, rows = basis.scenario.sites, basis.scenario.periods, []
    for day in days.overflow:
        head = sites[day.site].id, periods[day.period].id
        route = f"{head[0]}-{head[1]}-{day.route + 1}" if day.route >= 0 else ""
        one = day.overflow
        times = (round(mean, CRUMB_DIGITS) for mean in (one.over_share, one.returns, one.hires, one.wait_h))
        rows.append((route, *head, day.zone, *times, round(one.cost_cny, CRUMB_DIGITS)))
    return schema.frame("overflow", rows)


def storage(basis: Basis, lots: pd.DataFrame) -> pd.DataFrame:
    """One row for what each depot keeps of a commodity and period for another period, and what that brings."""
    scenario = basis.scenario
    place = ["site", "cooling", "commodity", "period"]
    arrived = lots[lots["site"] != TODAY].groupby(place)["tonnes"].sum()
    kept = lots[lots["keep"] >= 0]
    kept = kept.assign(lost=kept["tonnes"] * kept["loss_share"], net=kept["tonnes"] * kept["keep_cny_t"])
    rows = []
    for sums in kept.groupby([*place, "keep"], as_index=False)[["tonnes", "lost", "net"]].sum().to_dict("records"):
        j, o, c, p, r = (int(sums[name]) for name in (*place, "keep"))
        one, kind = basis.keeps[r], basis.classes[o]
        power = float(sums["tonnes"] * one.power_cny_t[o])
        names = scenario.sites[j].id, kind.zone, kind.method, scenario.commodities[c].id, scenario.periods[p].id
        figures = sums["tonnes"] / arrived[j, o, c, p], sums["tonnes"], sums["lost"], power, power - sums["net"]
        rows.append((*names, scenario.periods[one.until].id, scenario.storage[r].days, *figures))
    return schema.frame("storage", rows)


def products(basis: Basis, lots: pd.DataFrame) -> pd.DataFrame:
    """One row for what each depot's plant makes of a commodity in a period; no rows where nothing is processed."""
    place = ["site", "cooling", "commodity", "period"]
    cold = lots[lots["site"] != TODAY]
    made = cold[basis.timing.fresh[cold["cooling"]] == 0]
    made = made.assign(kept=made["tonnes"] * (1.0 - made["value_share"]))
    rows = []
    for sums in made.groupby(place, as_index=False)[["tonnes", "kept"]].sum().to_dict("records"):
        j, o, c, p = (int(sums[name]) for name in place)
        kind, scenario = basis.classes[o], basis.scenario
        product_t = float(sums["kept"]) * kind.yield_t_t
        rows.append((scenario.sites[j].id, kind.zone, scenario.commodities[c].id, scenario.periods[p].id,
                     sums["tonnes"], product_t, product_t * kind.product_cny_t,
                     sums["tonnes"] * kind.process_cny_t))  # fmt: skip
    return schema.frame("products", rows)


def with_emissions(basis: Basis, course: Course, made: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with one row for what each leg emits at each depot from each source."""
    year = activity(basis, course.decision, course.lots)
    return {**made, "emissions": emissions(basis.scenario, made, year)}


def lots_table(basis: Basis, lots: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Give the lots the names of their places, and the share lost today; the depot is empty in today's chain."""
    scenario = basis.scenario
    lost = lots["tonnes"] * lots["loss_share"]
    sites = np.array([*(site.id for site in scenario.sites), ""], dtype=object)
    zones = np.array([*(kind.zone for kind in basis.classes), ""], dtype=object)
    methods = np.array([*(kind.method for kind in basis.classes), ""], dtype=object)
    return schema.frame(
        "lots",
        {
            "village": np.array([v.id for v in scenario.villages], dtype=object)[lots["village"]],
            "commodity": np.array([c.id for c in scenario.commodities], dtype=object)[lots["commodity"]],
            "period": np.array([p.id for p in scenario.periods], dtype=object)[lots["period"]],
            "depot": sites[lots["site"]],
            "zone": zones[lots["cooling"]],
            "method": methods[lots["cooling"]],
            "until": np.array([*(row.until for row in scenario.storage), ""], dtype=object)[lots["keep"]],
            "tonnes": lots["tonnes"],
            "aboard_h": lots["aboard_h"],
            "wait_h": lots["wait_h"],
            "cooled_h": lots["cooled_h"].replace(np.inf, np.nan),
            "delivery_h": lots["delivery_h"],
            "loss_share": lots["loss_share"],
            "loss_t": lost,
            "water_t": lots["tonnes"] * lots["water_share"],
            "loss_cny": lots["tonnes"] * lots["value_share"] * basis.prices.value_cny_t[lots["commodity"]],
            "today_share": _today_share(lots, baseline),
        },
    )


def _today_share(lots: pd.DataFrame, baseline: pd.DataFrame) -> Floats:
    """Return what today's chain loses of the same produce of the same village and season, as a share, for each lot."""
    keys = ["village", "commodity", "period"]
    before = baseline.assign(lost=baseline["tonnes"] * baseline["loss_share"]).groupby(keys)[["lost", "tonnes"]].sum()
    share = before["lost"] / before["tonnes"].where(before["tonnes"] > 0, 1.0)
    return share.reindex(pd.MultiIndex.from_frame(lots[keys])).to_numpy(dtype=np.float64)


def by_commodity(basis: Basis, lots: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """One row for each commodity: harvest, loss before and after, share cooled."""
    crops = basis.scenario.commodities
    index = range(len(crops))
    lost = (lots["tonnes"] * lots["loss_share"]).groupby(lots["commodity"]).sum().reindex(index, fill_value=0.0)
    before = (baseline["tonnes"] * baseline["loss_share"]).groupby(baseline["commodity"]).sum()
    before = before.reindex(index, fill_value=0.0)
    cold = lots[lots["site"] != TODAY].groupby("commodity")["tonnes"].sum().reindex(index, fill_value=0.0)
    harvest = basis.scenario.harvest_t.sum(axis=(0, 2))
    divisor = np.where(harvest > 0, harvest, 1.0)
    return schema.frame(
        "commodities",
        {
            "commodity": [crop.id for crop in crops],
            "name": [crop.name for crop in crops],
            "name_zh": [crop.name_zh for crop in crops],
            "harvest_t": harvest,
            "cooled_share": cold.to_numpy() / divisor,
            "baseline_loss_t": before.to_numpy(),
            "plan_loss_t": lost.to_numpy(),
            "baseline_rate": before.to_numpy() / divisor,
            "plan_rate": lost.to_numpy() / divisor,
        },
    )
