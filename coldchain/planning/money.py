"""What a plan costs: investment and awards once, and the yearly bill."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.economy import HEADINGS, Bill, ChilledLots, Heading, ModuleCosts, TodaysLots
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
    cny["overflow"] += sum(cost * length[period] for _site, period, cost in days.overflow_shares())
    cny["capital"] += float((count * modules.capital_cny).sum())
    working = count + existing_modules(basis)
    cny["operation"] += float((working * modules.operation_cny).sum())
    cny["energy"] += float((working * modules.standby_cny).sum())
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


def moves_cny(basis: Basis, decision: Decision) -> Floats:
    """Cost of the moves of each mobile unit type, shape (units,), CNY a year."""
    kinds = basis.scenario.depot_types[basis.scenario.fixed_types :]
    move = np.array([kind.move_cny for kind in kinds if isinstance(kind, MobileUnit)], dtype=np.float64)
    return np.asarray(decision.arriving().sum(axis=(0, 2)) * move, dtype=np.float64)


def standing_opex_cny(basis: Basis) -> float:
    """Staff, upkeep and standby of what stands already: the same in every plan, so siting leaves it out."""
    return float((existing_modules(basis) * ModuleCosts.of(basis.scenario).running_cny).sum())
