"""Both years by village, recomputed: a lot bears what is its own, the rest goes by tonnes, idle rooms by harvest."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from coldchain.model import MobileUnit
from coldchain.verify.bill import Year, handling_cny_t, running_of, traced_gain_cny_t
from coldchain.verify.depots import repayment
from coldchain.verify.products import products_cny
from coldchain.verify.record import ON_THE_DOT_H, Record, rows
from coldchain.verify.restated import Figure, Restated, check_table

ByKey = dict[str, float]


@dataclass(frozen=True)
class Modules:
    """What modules cost, by depot or by kind of mobile unit: a year beside capital, capital a year, and once."""

    running: ByKey
    capital: ByKey
    invested: ByKey


def check_balance(record: Record, plan: Year, today: Year) -> None:
    """Hold the table of villages' years against the lots followed with the plan and without."""
    if "balance" not in record.tables:
        return
    modules = _modules(record, plan)
    before = _total(record, today, _modules(record, today))
    after, capital = _total(record, plan, modules), _shared(record, plan.lots, modules.capital)
    invested = _shared(record, plan.lots, modules.invested)
    harvest, found = record.scenario.harvest_t.sum(axis=(1, 2)), []
    for v, village in enumerate(record.scenario.villages):
        was, now, paid = before[village.id], after[village.id], invested[village.id]
        size, earned = abs(was) + abs(now), was - now + capital[village.id]
        tonnes, back = max(float(harvest[v]), 1e-9), Figure(math.nan, 1.0)
        if paid > 0 and earned > 0:
            back = Figure(paid / earned, paid / earned * size / earned)
        found.append(
            {
                "village": village.id, "name": village.name, "county": village.county,
                "harvest_t": float(harvest[v]), "today_cny": was, "plan_cny": now,
                "benefit_cny": Figure(was - now, size),
                "capital_cny": capital[village.id], "investment_cny": paid,
                "today_cny_t": was / tonnes, "plan_cny_t": now / tonnes,
                "payback_years": back,
            }
        )  # fmt: skip
    check_table(record, Restated("balance", ("village",), found))


def _modules(record: Record, year: Year) -> Modules:
    """Add up modules under the key by which they are shared: their depot, or the kind of mobile unit."""
    sums = Modules(defaultdict(float), defaultdict(float), defaultdict(float))
    rate = record.scenario.economics.interest_rate
    for site in record.scenario.sites:
        for modules, new in ((record.standing[site.id], False), (year.built.get(site.id, {}), True)):
            for name, count in modules.items():
                kind = record.kinds[name]
                key = _unit(name) if isinstance(kind, MobileUnit) else site.id
                sums.running[key] += count * sum(running_of(record, kind))
                sums.capital[key] += count * kind.capex_cny * repayment(rate, kind.life_years) * new
                sums.invested[key] += count * kind.capex_cny * new
    if year.moves_cny:
        for row in rows(record.tables["units"]):
            sums.running[_unit(str(row.unit))] += float(row.moves_cny)
    return sums


def _unit(kind: str) -> str:
    """Return the key of a kind of mobile unit, which is no id of a depot."""
    return f"*{kind}"


def _total(record: Record, year: Year, modules: Modules) -> ByKey:
    """All costs of a year by village."""
    trips: ByKey = defaultdict(float)
    for costs in (year.fetched.cost_by_depot, year.hauled.cost_by_depot, year.overflow):
        for depot, cny in costs.items():
            trips[depot] += cny
    for (lane, _until), sums in year.stores.sums.items():
        trips[lane[0]] += sums["power_cny"] - sums["earned_cny"]
    lots = year.lots
    late = (lots["delivery_h"] > record.scenario.chain.delivery_target_h + ON_THE_DOT_H).astype("float64")
    per_t = handling_cny_t(record, lots) - traced_gain_cny_t(record, lots)
    per_t += late * record.scenario.economics.late_cny_t
    through = lots["depot"] != ""
    hauled = lots["premium_cny"].where(through, lots["today_haul_cny"])
    spent = lots["lost_cny"] + hauled + lots["energy_cny"] + lots["tonnes"] * per_t + products_cny(record, lots)
    own = spent.groupby(lots["village"]).sum()
    shared = (
        _shared(record, lots, trips, units=False),
        *(_shared(record, lots, m) for m in (modules.running, modules.capital)),
    )
    return {v.id: float(own.get(v.id, 0.0)) + sum(part[v.id] for part in shared) for v in record.scenario.villages}


def _shared(record: Record, lots: pd.DataFrame, cny: Mapping[str, float], *, units: bool = True) -> ByKey:
    """Share costs by key between villages: by the tonnes under that key, by harvest where there are none.

    ``units``: lots in mobile units stand under the kind of the unit; else under their depot.
    """
    cold = lots[lots["depot"] != ""]
    key = cold["depot"].where((cold["unit"] == "") | (not units), cold["unit"].map(_unit))
    tonnes = cold.groupby([key, "village"])["tonnes"].sum()
    harvest = pd.Series(record.scenario.harvest_t.sum(axis=(1, 2)), [v.id for v in record.scenario.villages])
    found = dict.fromkeys(harvest.index, 0.0)
    for name, amount in cny.items():
        part = tonnes[name] if name in tonnes.index.get_level_values(0) else harvest
        for village, share in (part / part.sum()).items():
            found[str(village)] += amount * float(share)
    return found
