"""What a module costs a year: annuity, staff, upkeep, standby and demand charge; and what an award is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, Floats
from coldchain.economy.carbon import CarbonPrice
from coldchain.model import DepotType, Scenario


def annuity(years: float, rate: float) -> float:
    """Return the yearly payment that repays 1 over its life: ``r / (1 - (1+r)^-n)``.

    Examples
    --------
    >>> round(annuity(15, 0.06), 4)
    0.103
    """
    return 1.0 / years if rate == 0 else rate / (1.0 - (1.0 + rate) ** -years)


@dataclass(frozen=True)
class ModuleCosts:
    """Of one module of each depot type, CNY a year, shape (types,).

    Attributes
    ----------
    capital_cny : repays the investment
    operation_cny : staff, upkeep and the demand charge on its connected power
    standby_cny : electricity of fans and controls while nothing is cooled
    carbon_cny : price of what that electricity and leaks of refrigerant emit
    """

    capital_cny: Floats
    operation_cny: Floats
    standby_cny: Floats
    carbon_cny: Floats

    @classmethod
    def of(cls, scenario: Scenario, rate: float | None = None) -> ModuleCosts:
        """Work out the costs at an interest rate; at the scenario's where none is named."""
        interest = scenario.economics.interest_rate if rate is None else rate
        kinds = scenario.depot_types
        capital = [kind.capex_cny * annuity(kind.life_years, interest) for kind in kinds]
        upkeep = [kind.opex_cny_year + scenario.economics.demand_cny_kw_year * kind.power_kw for kind in kinds]
        standby = [standby_kwh(scenario, kind) * scenario.economics.power_cny_kwh for kind in kinds]
        price = CarbonPrice.of(scenario)
        leak_cny_kw = price.cny(price.factors.leak_kg_kw)
        carbon = [standby_kwh(scenario, kind) * price.kwh_cny + kind.power_kw * leak_cny_kw for kind in kinds]
        return cls(*(np.array(figures, dtype=np.float64) for figures in (capital, upkeep, standby, carbon)))

    @classmethod
    def to_operator(cls, scenario: Scenario) -> ModuleCosts:
        """Work out the costs at the interest that operators ask of their own money; they do not pay what they emit."""
        made = cls.of(scenario, own_rate(scenario))
        return replace(made, carbon_cny=np.zeros_like(made.carbon_cny))

    @property
    def running_cny(self) -> Floats:
        """All that keeps it up, shape (types,)."""
        return self.operation_cny + self.standby_cny + self.carbon_cny

    @property
    def total_cny(self) -> Floats:
        """Capital and running cost together, shape (types,)."""
        return self.capital_cny + self.running_cny


def standby_kwh(scenario: Scenario, kind: DepotType) -> float:
    """Electricity that a module draws in a year while nothing is cooled, on all days of the periods."""
    days = sum(period.days for period in scenario.periods)
    return scenario.economics.standby_share * kind.power_kw * HOURS_PER_DAY * days


def standing_cny(scenario: Scenario) -> dict[str, float]:
    """Return what one module that stands already costs a year, by depot type: all but capital."""
    running = ModuleCosts.of(scenario).running_cny
    return {kind.id: float(cny) for kind, cny in zip(scenario.depot_types, running, strict=True)}


def own_rate(scenario: Scenario) -> float:
    """Return the interest that operators ask of their own money."""
    given = scenario.economics.own_rate
    return scenario.economics.interest_rate if given is None else given


def award_a_year(scenario: Scenario) -> float:
    """Return what a CNY of award, paid as late as the programme does, is worth to an operator a year.

    It is spread over the longest life of the types on offer, which understates it where lives differ. Interest is paid
    in equal parts at the end of each year of the loan.
    """
    rate, rule = own_rate(scenario), scenario.subsidy
    life = max(kind.life_years for kind in scenario.depot_types)
    years = range(1, rule.loan_years + 1) if rule.kind == "loan_interest" else range(1)
    now = sum((1.0 + rate) ** -year for year in years) / len(years)
    return float(annuity(life, rate) * now / (1.0 + rate) ** rule.paid_after_years)
