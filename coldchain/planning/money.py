"""What a plan costs: investment and awards once, and the yearly bill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.arrays import HOURS_TOLERANCE, KG_PER_T, Floats
from coldchain.model import MobileUnit
from coldchain.planning.arcs import existing_modules
from coldchain.planning.basis import Basis, annuity
from coldchain.planning.days import Days, Decision
from coldchain.planning.lots import TODAY, to_market


@dataclass(frozen=True)
class Yearly:
    """CNY a year; ``total`` adds them up. ``storage``: electricity of what is kept, less what it earns more."""

    collection: float
    line_haul: float
    operation: float
    energy: float
    capital: float
    loss: float
    storage: float = 0.0

    @property
    def total(self) -> float:
        """The whole bill, losses included."""
        spent = self.collection + self.line_haul + self.operation + self.energy + self.capital
        return spent + self.loss + self.storage


def yearly(basis: Basis, decision: Decision, days: Days, lots: pd.DataFrame) -> Yearly:
    """Add up the bill of a year; operation holds moves of mobile units, line haul what is deducted for late goods."""
    scenario, count = basis.scenario, decision.count
    length = [period.days for period in scenario.periods]
    kinds = scenario.depot_types
    opex = np.array([kind.opex_cny_year for kind in kinds])
    rate = scenario.economics.interest_rate
    repay = np.array([kind.capex_cny * annuity(kind.life_years, rate) for kind in kinds])
    cold = lots[lots["site"] != TODAY]
    today = lots[lots["site"] == TODAY]
    premium = np.array([hub.chilled_onward_cny_t for hub in scenario.hubs])[basis.site_hub]
    trader = scenario.economics.today_haul_cny_t_km * basis.today_km
    price = np.array([crop.price_cny_kg for crop in scenario.commodities])[lots["commodity"]] * KG_PER_T
    energy = basis.energy_cny_t[cold["commodity"], cold["period"], cold["cooling"]]
    late = lots["delivery_h"] > scenario.chain.delivery_target_h + HOURS_TOLERANCE
    return Yearly(
        collection=sum(day.result.cost_cny * length[day.period] for day in days.collection),
        line_haul=sum(cost * length[period] for _site, period, _load, cost in days.haul_shares())
        + float((cold["tonnes"] * premium[cold["site"]] * to_market(scenario)[cold["commodity"]]).sum())
        + float((today["tonnes"] * trader[today["village"]]).sum())
        + scenario.economics.late_cny_t * float(lots["tonnes"][late].sum()),
        operation=float(((count + existing_modules(basis)) * opex).sum() + moves_cny(basis, decision).sum()),
        energy=float((cold["tonnes"] * energy).sum()),
        capital=float((count * repay).sum()),
        loss=float((lots["tonnes"] * lots["loss_share"] * price).sum()),
        storage=float((lots["tonnes"] * lots["keep_cny_t"]).sum()),
    )


def moves_cny(basis: Basis, decision: Decision) -> Floats:
    """Cost of the moves of each mobile unit type, shape (units,), CNY a year."""
    kinds = basis.scenario.depot_types[basis.scenario.fixed_types :]
    move = np.array([kind.move_cny for kind in kinds if isinstance(kind, MobileUnit)], dtype=np.float64)
    return np.asarray(decision.arriving().sum(axis=(0, 2)) * move, dtype=np.float64)


def standing_opex_cny(basis: Basis) -> float:
    """Staff and upkeep of what stands already: the same in every plan, so siting leaves it out."""
    opex = np.array([kind.opex_cny_year for kind in basis.scenario.depot_types])
    return float((existing_modules(basis) * opex).sum())
