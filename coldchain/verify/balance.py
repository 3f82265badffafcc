"""Both years by village, recomputed: a lot bears what is its own, the rest goes by tonnes, idle rooms by harvest."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from coldchain.model import MobileUnit
from coldchain.verify.bill import CheckedYear, handling_cny_t, modules_of, traced_gain_cny_t
from coldchain.verify.carbon import GWP, LEAK_KG_KW, lots_cny
from coldchain.verify.products import products_cny
from coldchain.verify.record import KG_PER_T, ON_THE_DOT_H, Record, rows
from coldchain.verify.restated import Figure, Restated, check_table

ByKey = dict[str, float]
OF_A_SHARE = ("village", "depot", "unit", "tonnes")


@dataclass(frozen=True)
class CheckedCosts:
    """A year by village, CNY: all costs with the value lost, of these capital, built once."""

    total: ByKey
    capital: ByKey
    invested: ByKey


def check_balance(record: Record, plan: CheckedYear, today: CheckedYear) -> None:
    """Hold the table of villages' years against the lots followed with the plan and without."""
    if "balance" not in record.tables:
        return
    before, after = _costs(record, today).total, _costs(record, plan)
    harvest, found = record.scenario.harvest_t.sum(axis=(1, 2)), []
    for v, village in enumerate(record.scenario.villages):
        was, now = before[village.id], after.total[village.id]
        capital, paid = after.capital[village.id], after.invested[village.id]
        size, earned = abs(was) + abs(now), was - now + capital
        tonnes, back = max(float(harvest[v]), 1e-9), Figure(math.nan, 1.0)
        if paid > 0 and earned > 0:
            back = Figure(paid / earned, paid / earned * size / earned)
        found.append(
            {
                "village": village.id, "name": village.name, "county": village.county,
                "harvest_t": float(harvest[v]), "today_cny": was, "plan_cny": now,
                "benefit_cny": Figure(was - now, size), "capital_cny": capital, "investment_cny": paid,
                "today_cny_t": was / tonnes, "plan_cny_t": now / tonnes, "payback_years": back,
            }
        )  # fmt: skip
    check_table(record, Restated("balance", ("village",), found))


def _costs(record: Record, year: CheckedYear) -> CheckedCosts:
    """Share a year between villages: modules by their depot, or by the kind of mobile unit."""
    running: ByKey = defaultdict(float)
    capital: ByKey = defaultdict(float)
    invested: ByKey = defaultdict(float)
    price = record.scenario.economics.carbon_cny_t / KG_PER_T
    for one in modules_of(record, year.built):
        key = _unit(one.kind.id) if isinstance(one.kind, MobileUnit) else one.site
        leaked_kg = one.power_kw * LEAK_KG_KW * GWP
        emitted_kg = one.standby_kwh * record.scenario.economics.grid_kg_kwh + leaked_kg
        running[key] += one.operation_cny + one.standby_cny + price * emitted_kg
        capital[key] += one.capital_cny
        invested[key] += one.invested_cny
    if year.moves_cny:
        for row in rows(record.tables["units"]):
            running[_unit(str(row.unit))] += float(row.moves_cny)
    own, owed = _own(record, year), _shared(record, year.lots, capital)
    shared = (_shared(record, year.lots, _joint(year, price), units=False), _shared(record, year.lots, running), owed)
    total = {key: cny + sum(part[key] for part in shared) for key, cny in own.items()}
    return CheckedCosts(total, owed, _shared(record, year.lots, invested))


def _unit(kind: str) -> str:
    """Return the key of a kind of mobile unit, which is no id of a depot."""
    return f"*{kind}"


def _joint(year: CheckedYear, carbon_cny_kg: float) -> ByKey:
    """Add up routes, line haul, what they emit, overflow and storage by depot."""
    joint: ByKey = defaultdict(float)
    for driven in (year.fetched.driven, year.hauled.driven):
        for depot, kg in driven.by_depot.items():
            joint[depot] += carbon_cny_kg * kg
    for costs in (year.fetched.cost_by_depot, year.hauled.cost_by_depot, year.overflow):
        for depot, cny in costs.items():
            joint[depot] += cny
    for (lane, _until), sums in year.stores.sums.items():
        joint[lane[0]] += sums["power_cny"] - sums["earned_cny"]
    return joint


def _own(record: Record, year: CheckedYear) -> ByKey:
    """Add up what each village's lots cost by themselves: loss, handling, haulage, electricity."""
    lots = year.lots
    late = (lots["delivery_h"] > record.scenario.chain.delivery_target_h + ON_THE_DOT_H).astype("float64")
    per_t = handling_cny_t(record, lots) - traced_gain_cny_t(record, lots)
    per_t += late * record.scenario.economics.late_cny_t
    hauled = lots["premium_cny"].where(lots["depot"] != "", lots["today_haul_cny"])
    spent = lots["lost_cny"] + hauled + lots["energy_cny"] + lots["tonnes"] * per_t + products_cny(record, lots)
    spent += lots_cny(record, lots)
    own = spent.groupby(lots["village"]).sum()
    return {v.id: float(own.get(v.id, 0.0)) for v in record.scenario.villages}


def _shared(record: Record, lots: pd.DataFrame, cny: Mapping[str, float], *, units: bool = True) -> ByKey:
    """Share costs by key between villages: by the tonnes under that key, by harvest where there are none.

    ``units``: lots in mobile units stand under the kind of the unit; else under their depot.
    """
    tonnes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for village, depot, unit, t in zip(*(lots[name].tolist() for name in OF_A_SHARE), strict=True):
        if depot:
            tonnes[_unit(unit) if units and unit else depot][village] += t
    grown = record.scenario.harvest_t.sum(axis=(1, 2)).tolist()
    harvest = {village.id: t for village, t in zip(record.scenario.villages, grown, strict=True)}
    found = dict.fromkeys(harvest, 0.0)
    for name, amount in cny.items():
        part = tonnes.get(name, harvest)
        whole = sum(part.values()) or math.nan
        for village, share in part.items():
            found[village] += amount * share / whole
    return found
