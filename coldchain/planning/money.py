"""What a plan costs: investment and awards once, and the yearly bill."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.economy import (
    HEADINGS,
    Activity,
    Bill,
    ChilledLots,
    Heading,
    ModuleCosts,
    TodaysLots,
    standby_kwh,
)
from coldchain.model import MobileUnit
from coldchain.planning.arcs import existing_modules
from coldchain.planning.basis import Basis
from coldchain.planning.days import Days, Decision
from coldchain.planning.lots import TODAY


def yearly(basis: Basis, decision: Decision, days: Days, lots: pd.DataFrame) -> Bill:
    """Add up the bill of a year: routes, overflow, modules with the moves of mobile units, the terms of all lots."""
    count, length = decision.count, [period.days for period in basis.scenario.periods]
    modules = ModuleCosts.of(basis.scenario)
    cny: dict[Heading, float] = dict.fromkeys(HEADINGS, 0.0)
    for _part, heading, amounts in priced_lots(basis, lots):
        cny[heading] += float(amounts.sum())
    cny["collection"] += sum(cost * length[period] for _site, period, cost in days.collection_shares())
    cny["line_haul"] += sum(cost * length[period] for _site, period, _load, cost in days.haul_shares())
    for heading, _site, period, cost in days.carbon_shares(basis.scenario):
        cny[heading] -= cost * length[period]
        cny["carbon"] += cost * length[period]
    cny["overflow"] += sum(cost * length[period] for _site, period, cost in days.overflow_shares())
    cny["capital"] += float((count * modules.capital_cny).sum())
    working = count + existing_modules(basis)
    cny["operation"] += float((working * modules.operation_cny).sum())
    cny["energy"] += float((working * modules.standby_cny).sum())
    cny["carbon"] += float((working * modules.carbon_cny).sum())
    cny["operation"] += float(moves_cny(basis, decision).sum())
    return Bill(**{str(heading): amount for heading, amount in cny.items()})


def priced_lots(basis: Basis, lots: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, Heading, Floats]]:
    """Yield lots through depots and in today's chain, a heading, and the CNY a year of each lot under it."""
    today = lots["site"] == TODAY
    cold, warm = lots[~today], lots[today]
    priced = (cold, basis.prices.chilled(ChilledLots.of(cold))), (warm, basis.prices.todays(TodaysLots.of(warm)))
    for part, by_heading in priced:
        for heading, cny_t in by_heading.items():
            yield part, heading, np.asarray(part["tonnes"].to_numpy() * cny_t)
    if basis.keeps and basis.carbon.cny_t:
        yield cold, "carbon", basis.carbon.kwh_cny * kept_kwh(basis, cold)


def kept_kwh(basis: Basis, cold: pd.DataFrame) -> Floats:
    """Electricity of the days that lots through depots are kept for another period, kWh of each."""
    kwh_t = np.array([*(keep.kwh_t for keep in basis.keeps), np.zeros(len(basis.classes))])  # the last: not kept
    keep, cooling = (cold[name].to_numpy(dtype=np.intp) for name in ("keep", "cooling"))
    return np.asarray(cold["tonnes"].to_numpy() * kwh_t[keep, cooling], dtype=np.float64)


def activity(basis: Basis, decision: Decision, lots: pd.DataFrame) -> Activity:
    """Add up electricity of depots, kWh a year, and tonnes times kilometres on traders' trucks."""
    today = lots["site"] == TODAY
    cold, warm = lots[~today], lots[today]
    at = tuple(cold[name].to_numpy(dtype=np.intp) for name in ("commodity", "period", "cooling"))
    idle_kwh = np.array([standby_kwh(basis.scenario, kind) for kind in basis.scenario.depot_types])
    idle = (decision.count + existing_modules(basis)) @ idle_kwh
    cooled = cold["tonnes"].to_numpy() @ basis.energy_kwh_t[at]
    km = basis.today_km[warm["village"].to_numpy(dtype=np.intp)]
    return Activity(float(cooled + kept_kwh(basis, cold).sum() + idle.sum()), float(warm["tonnes"].to_numpy() @ km))


def moves_cny(basis: Basis, decision: Decision) -> Floats:
    """Cost of the moves of each mobile unit type, shape (units,), CNY a year."""
    kinds = basis.scenario.depot_types[basis.scenario.fixed_types :]
    move = np.array([kind.move_cny for kind in kinds if isinstance(kind, MobileUnit)], dtype=np.float64)
    return np.asarray(decision.arriving().sum(axis=(0, 2)) * move, dtype=np.float64)


def standing_opex_cny(basis: Basis) -> float:
    """Staff, upkeep and standby of what stands already: the same in every plan, so siting leaves it out."""
    return float((existing_modules(basis) * ModuleCosts.of(basis.scenario).running_cny).sum())
