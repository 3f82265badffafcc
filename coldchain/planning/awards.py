"""Who applies for the subsidy, what their modules would be awarded, and what each is granted and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Bools, Floats, Indices, Ints
from coldchain.model import Scenario, award_cny, cap_cny, eligible_owner, eligible_type


@dataclass(frozen=True)
class Awards:
    """Awards by owner: before the cap, after it, and the new investment, arrays of shape (owners,), CNY.

    ``modules`` counts new modules and units bought, shape (owners,); ``units`` those bought of each kind, shape
    (owners, kinds).
    """

    owners: tuple[str, ...]
    uncapped: Floats
    award: Floats
    capex: Floats
    modules: Ints
    units: Ints

    @property
    def builders(self) -> Indices:
        """Owners that build: those with a new module or unit, whatever it costs."""
        return np.flatnonzero(self.modules > 0)


def owners_of(scenario: Scenario) -> tuple[tuple[str, ...], Indices]:
    """Return the owners (a site without one is its own) and the owner of each site."""
    names = [site.owner or site.id for site in scenario.sites]
    distinct = tuple(dict.fromkeys(names))
    return distinct, np.array([distinct.index(name) for name in names], dtype=np.intp)


def eligible_modules(scenario: Scenario) -> Bools:
    """Tell which modules may be subsidised where, shape (sites, types)."""
    rule = scenario.subsidy
    types = np.array([eligible_type(rule, kind) for kind in scenario.depot_types], dtype=np.bool_)
    sites = np.array([eligible_owner(rule, site) for site in scenario.sites], dtype=np.bool_)
    return np.asarray(sites[:, None] & types[None, :], dtype=np.bool_)


def module_awards(scenario: Scenario) -> Floats:
    """Award of one new module before the owner's cap, shape (sites, types), CNY; 0 where it is not eligible."""
    rule, kinds = scenario.subsidy, scenario.depot_types
    by_county = {site.county: [award_cny(rule, kind, site.county) for kind in kinds] for site in scenario.sites}
    awards = np.array([by_county[site.county] for site in scenario.sites], dtype=np.float64)
    return np.where(eligible_modules(scenario), awards.reshape(len(scenario.sites), len(kinds)), 0.0)


def total_pot_cny(scenario: Scenario) -> float:
    """Return the most that may be awarded in all: the budget, or the pots of the programme years if they hold less."""
    rule, budget = scenario.subsidy, scenario.siting.budget_cny
    return min(budget, sum(rule.pot_by_year_cny.get(str(year), 0.0) for year in rule.years)) if rule.years else budget


def grant(scenario: Scenario, count: Ints, each_cny: Floats | None = None) -> Awards:
    """Compute each owner's award: the sum over its modules, at most what its cap leaves.

    Parameters
    ----------
    each_cny : from :func:`module_awards`, for callers who ask about many choices of modules
    """
    each_cny = module_awards(scenario) if each_cny is None else each_cny
    names, owner = owners_of(scenario)
    cap = np.array([cap_cny(scenario.subsidy, name) for name in names])
    capex = np.array([kind.capex_cny for kind in scenario.depot_types])
    uncapped, spent, modules = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names), dtype=np.int64)
    np.add.at(uncapped, owner, (each_cny * count).sum(axis=1))
    np.add.at(spent, owner, (count * capex).sum(axis=1))
    np.add.at(modules, owner, count.sum(axis=1))
    bought = count[:, scenario.fixed_types :]
    units = np.zeros((len(names), bought.shape[1]), dtype=np.int64)
    np.add.at(units, owner, bought)
    return Awards(names, uncapped, np.minimum(uncapped, cap), spent, modules, units)
