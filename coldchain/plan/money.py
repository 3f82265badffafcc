"""What a plan costs: investment and awards once, and the yearly bill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coldchain.plan.arcs import KG_PER_T, existing_modules
from coldchain.plan.basis import Basis, annuity
from coldchain.plan.days import Days
from coldchain.plan.lots import TODAY, to_market


@dataclass(frozen=True)
class Yearly:
    """CNY a year; ``total`` adds them up."""

    collection: float
    line_haul: float
    operation: float
    energy: float
    capital: float
    loss: float

    @property
    def total(self) -> float:
        """The whole bill, losses included."""
        return self.collection + self.line_haul + self.operation + self.energy + self.capital + self.loss


def yearly(basis: Basis, count: NDArray[np.int64], days: Days, lots: pd.DataFrame) -> Yearly:
    """Add up the bill of a year."""
    scenario = basis.scenario
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
    return Yearly(
        collection=sum(day.result.cost_cny * length[day.period] for day in days.collection),
        line_haul=sum(day.haul.cost_cny_day * length[day.period] for day in days.hauls)
        + float((cold["tonnes"] * premium[cold["site"]] * to_market(scenario)[cold["commodity"]]).sum())
        + float((today["tonnes"] * trader[today["village"]]).sum()),
        operation=float(((count + existing_modules(basis)) * opex).sum()),
        energy=float((cold["tonnes"] * energy).sum()),
        capital=float((count * repay).sum()),
        loss=float((lots["tonnes"] * lots["loss_share"] * price).sum()),
    )


def standing_opex_cny(basis: Basis) -> float:
    """Staff and upkeep of what stands already: the same in every plan, so siting leaves it out."""
    opex = np.array([kind.opex_cny_year for kind in basis.scenario.depot_types])
    return float((existing_modules(basis) * opex).sum())
