"""What a run's tables say of its lots, trips and modules, in the indices of its scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.arrays import KG_PER_T, Floats, Indices, Ints
from coldchain.economy import CarbonPrice
from coldchain.model import Scenario, VehicleType, modules_of
from coldchain.planning.basis import Basis

Tables = Mapping[str, pd.DataFrame]
PLACED = ["village", "commodity", "period", "site", "cooling", "aboard_h", "haul_h", "kept_d"]


@dataclass(frozen=True)
class ChilledLoads:
    """What comes to depots in a year, a row for what has village, crop, period, cooler and hours in common.

    Attributes
    ----------
    village, commodity, period, site, cooling : indices
    aboard_h, haul_h, kept_d : hours on the first mile (waiting for a vehicle's later trip too) and on the line haul,
        days kept for another period
    """

    village: Indices
    commodity: Indices
    period: Indices
    site: Indices
    cooling: Indices
    aboard_h: Floats
    haul_h: Floats
    kept_d: Floats
    tonnes: Floats

    def take(self, rows: Indices, tonnes: Floats) -> ChilledLoads:
        """Return parts of them."""
        return ChilledLoads(**{name: values[rows] for name, values in vars(self).items()} | {"tonnes": tonnes})


@dataclass(frozen=True)
class Trips:
    """Collection and line-haul trips of a year.

    Attributes
    ----------
    site : of each row; vehicle : its type's index
    stated_cny : a year; shares of it go by days driven, kilometres and hours: amounts of each, shape (rows, 3)
    """

    site: Indices
    vehicle: Indices
    stated_cny: Floats
    amounts: Floats
    own: tuple[VehicleType, ...]

    @classmethod
    def of(cls, scenario: Scenario, tables: Tables) -> Trips:
        """Read routes, line haul and overflow (as stated); a tour's cost is shared by what it loads at each depot."""
        sites = {site.id: j for j, site in enumerate(scenario.sites)}
        kinds = {one.id: n for n, one in enumerate(scenario.vehicles)}
        rows: list[tuple[float, ...]] = []
        for row in tables["routes"].to_dict("records"):
            head = sites[row["depot"]], kinds[row["vehicle"]], row["cost_cny_day"] * row["days"]
            rows.append((*head, row["days"], row["days"] * row["km"], row["days"] * row["hours"]))
        for row in tables["line_haul"].to_dict("records"):
            days, stops = (
                row["days"],
                [part.rsplit(":", 2) for part in str(row["tour"] or "").split(";") if ":" in part],
            )
            loads = {name: float(load) for name, load, _h in stops} or {row["depot"]: 1.0}
            for name, load in loads.items():
                part = days * load / sum(loads.values())
                driven = (row["trips_day"], row["km_day"], row["hours_day"])
                rows.append(
                    (sites[name], kinds[row["vehicle"]], part * row["cost_cny_day"], *(part * x for x in driven))
                )
        days = {period.id: period.days for period in scenario.periods}
        rows += [
            (sites[row["depot"]], 0, row["overflow_cny_day"] * days[row["period"]], 0.0, 0.0, 0.0)
            for row in tables["overflow"].to_dict("records")
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 6)
        whole = table[:, 0].astype(np.intp), table[:, 1].astype(np.intp)
        return cls(*whole, table[:, 2], table[:, 3:], scenario.vehicles)

    def cost_cny(self, scenario: Scenario) -> Floats:
        """Return what they cost a year by site at a scenario's prices, what they emit too, shape (sites,)."""
        before, after = (
            (self.amounts * np.array([(k.cost_cny_day, k.cost_cny_km, k.cost_cny_h) for k in kinds])[self.vehicle])
            .sum(axis=1)
            for kinds in (self.own, scenario.vehicles)
        )  # fmt: skip
        ratio = np.divide(after, before, out=np.ones(len(before)), where=before > 0)
        price = CarbonPrice.of(scenario)
        rates = [(price.factors.drive_kg_km(kind), price.factors.leak_kg_h(kind)) for kind in scenario.vehicles]
        emitted = price.cny_t / KG_PER_T * (self.amounts[:, 1:] * np.array(rates)[self.vehicle]).sum(axis=1)
        return np.asarray(np.bincount(self.site, self.stated_cny * ratio + emitted, minlength=len(scenario.sites)))


def new_modules(scenario: Scenario, depots: pd.DataFrame) -> Ints:
    """Count new modules and units bought, shape (sites, types)."""
    sites = {site.id: j for j, site in enumerate(scenario.sites)}
    kinds = {kind.id: k for k, kind in enumerate(scenario.depot_types)}
    count = np.zeros((len(sites), len(kinds)), dtype=np.int64)
    for row in depots.to_dict("records"):
        for text in (row["new_modules"], row["units_bought"]):
            for key, number in modules_of(str(text or "")).items():
                count[sites[row["depot"]], kinds[key]] += number
    return count


def standing_units(scenario: Scenario, units: pd.DataFrame) -> Ints:
    """Count the mobile units that stand at each site in each period, shape (sites, units, periods)."""
    fixed = scenario.fixed_types
    places = {
        "depot": {site.id: j for j, site in enumerate(scenario.sites)},
        "unit": {kind.id: m for m, kind in enumerate(scenario.depot_types[fixed:])},
        "period": {period.id: p for p, period in enumerate(scenario.periods)},
    }
    standing = np.zeros(tuple(len(names) for names in places.values()), dtype=np.int64)
    for row in units.to_dict("records"):
        standing[tuple(places[name][row[name]] for name in places)] += int(row["standing"])
    return standing


def chilled_loads(basis: Basis, tables: Tables) -> ChilledLoads:
    """Return what comes to each depot, one row for what shares village, crop, period, class, ride and hours aboard."""
    scenario, lots = basis.scenario, tables["lots"]
    lots = lots[lots["depot"].astype(str) != ""].fillna({"until": ""})
    unit = units_of(lots, tables["assignment"])
    classes = {(kind.zone, kind.method, kind.unit): o for o, kind in enumerate(basis.classes)}
    zones = zip(lots["zone"], lots["method"], unit, strict=True)
    kept = {(row.commodity, row.period, row.until): row.days for row in scenario.storage}
    keys = zip(lots["commodity"], lots["period"], lots["until"], strict=True)
    found = pd.DataFrame(
        {
            "village": lots["village"].map({one.id: n for n, one in enumerate(scenario.villages)}),
            "commodity": lots["commodity"].map({one.id: n for n, one in enumerate(scenario.commodities)}),
            "period": lots["period"].map({one.id: n for n, one in enumerate(scenario.periods)}),
            "site": lots["depot"].map({one.id: n for n, one in enumerate(scenario.sites)}),
            "cooling": [classes[key] for key in zones],
            "aboard_h": lots["aboard_h"] + lots["wait_h"],
            "kept_d": [float(kept.get(key, 0.0)) for key in keys],
            "tonnes": lots["tonnes"],
        }
    )
    beyond = basis.timing.delivery_h(
        found["commodity"], found["cooling"], found["site"], lots["cooled_h"].to_numpy(), np.zeros(len(lots))
    )
    found = found.assign(haul_h=np.round(lots["delivery_h"].to_numpy() - beyond, 9))
    whole = found.groupby(PLACED, sort=True, as_index=False)["tonnes"].sum()
    indices = (whole[name].to_numpy(dtype=np.intp) for name in PLACED[:5])
    return ChilledLoads(*indices, *(whole[name].to_numpy(dtype=np.float64) for name in (*PLACED[5:], "tonnes")))


def units_of(lots: pd.DataFrame, assignment: pd.DataFrame) -> list[str]:
    """Name the mobile unit that cools each lot; empty where a module does."""
    key = ["village", "commodity", "depot", "zone", "method", "period"]
    of = {tuple(row[name] for name in key): row["unit"] for row in assignment.to_dict("records") if row["unit"]}
    if not of:
        return [""] * len(lots)
    rows = lots[key].itertuples(index=False, name=None)
    return [str(of.get(row, of.get((*row[:-1], ""), ""))) for row in rows]


def spared(scenario: Scenario, lots: pd.DataFrame, rates: Floats) -> Floats:
    """Return what standing depots leave of the loss of today's chain, as a factor of it; shape of ``rates``."""
    names = (
        ("village", {one.id: n for n, one in enumerate(scenario.villages)}),
        ("commodity", {one.id: n for n, one in enumerate(scenario.commodities)}),
        ("period", {one.id: n for n, one in enumerate(scenario.periods)}),
    )
    at = tuple(lots[name].map(index).to_numpy(dtype=np.intp) for name, index in names)
    factor = np.ones(rates.shape)
    known = rates[at] > 0
    factor[tuple(one[known] for one in at)] = lots["today_share"].to_numpy()[known] / rates[at][known]
    return factor


def kept_cny(scenario: Scenario, storage: pd.DataFrame) -> Floats:
    """Return what keeping for another period earns at each site beyond its electricity, shape (sites,)."""
    sites = {site.id: j for j, site in enumerate(scenario.sites)}
    earned = (storage["earned_cny"] - storage["power_cny"]).to_numpy(dtype=np.float64)
    at = storage["depot"].map(sites).to_numpy(dtype=np.intp) if len(storage) else np.zeros(0, dtype=np.intp)
    return np.asarray(np.bincount(at, earned, minlength=len(sites)), dtype=np.float64)
