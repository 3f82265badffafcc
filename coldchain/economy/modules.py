"""What a module costs a year: annuity of the investment, staff and upkeep; and what an award is worth a year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.model import Scenario


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
    """Of one module of each depot type, CNY a year, shape (types,): ``capital`` repays it, ``running`` keeps it up."""

    capital_cny: Floats
    running_cny: Floats

    @classmethod
    def of(cls, scenario: Scenario, rate: float | None = None) -> ModuleCosts:
        """Work out the costs at an interest rate; at the scenario's where none is named."""
        interest = scenario.economics.interest_rate if rate is None else rate
        kinds = scenario.depot_types
        capital = [kind.capex_cny * annuity(kind.life_years, interest) for kind in kinds]
        return cls(np.array(capital, dtype=np.float64), np.array([kind.opex_cny_year for kind in kinds], np.float64))

    @classmethod
    def to_operator(cls, scenario: Scenario) -> ModuleCosts:
        """Work out the costs at the interest that operators ask of their own money."""
        return cls.of(scenario, own_rate(scenario))

    @property
    def total_cny(self) -> Floats:
        """Capital and running cost together, shape (types,)."""
        return self.capital_cny + self.running_cny


def own_rate(scenario: Scenario) -> float:
    """Return the interest that operators ask of their own money."""
    given = scenario.economics.own_rate
    return scenario.economics.interest_rate if given is None else given


def award_a_year(scenario: Scenario) -> float:
    """Return what a CNY of award, paid as late as the programme does, is worth to an operator a year.

    It is spread over the longest life of the types on offer, which understates it where lives differ.
    """
    rate = own_rate(scenario)
    life = max(kind.life_years for kind in scenario.depot_types)
    return float(annuity(life, rate) / (1.0 + rate) ** scenario.subsidy.paid_after_years)
