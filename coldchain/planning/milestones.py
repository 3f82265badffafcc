"""Targets of coverage, and what of them must be reached in which year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices
from coldchain.model import Limit, Scenario
from coldchain.planning.awards import Awards
from coldchain.planning.basis import Basis
from coldchain.planning.coolers import Coolers
from coldchain.planning.lots import cooled_in_time


def county_targets(scenario: Scenario) -> dict[str, float]:
    """Return the least coverage of each county with a harvest that has one: its own, its class's or the general."""
    siting, classes = scenario.siting, scenario.subsidy.class_of_county
    counties = dict.fromkeys(village.county for village in scenario.villages)
    by_class = {name: siting.coverage_by_class.get(classes.get(name, ""), siting.county_coverage) for name in counties}
    own = {name: share for name, share in siting.coverage_by_county.items() if name in counties}
    targets = by_class | own
    return {name: share for name, share in targets.items() if share > 0}


def targets(scenario: Scenario) -> dict[str, float]:
    """Return the least coverage in all, under "", and of each county that has one."""
    return ({"": scenario.siting.coverage} if scenario.siting.coverage > 0 else {}) | county_targets(scenario)


@dataclass(frozen=True)
class Milestone:
    """Tonnes to be cooled in time in one year, in all or in a county.

    Attributes
    ----------
    early : programme years before it
    standing_t : cooled by owners that build nothing; builders_t : by each that builds, once it works, float[builders]
    """

    limit: Limit
    early: int
    least_t: float
    standing_t: float
    builders_t: Floats

    def short_t(self, built: Indices) -> float:
        """Return what is missing when each builder builds in the programme year of this index."""
        return self.least_t - self.standing_t - float(self.builders_t[built < self.early].sum())


def milestones(basis: Basis, lots: pd.DataFrame, granted: Awards) -> list[Milestone]:
    """Return what must be reached in each year of ``siting.coverage_by_year``, by those who build."""
    scenario = basis.scenario
    if not scenario.siting.coverage_by_year:
        return []
    coolers, builders = Coolers.of(basis, lots, granted.units), granted.builders
    in_time = lots["tonnes"].to_numpy() * cooled_in_time(basis, lots)
    county = np.array([village.county for village in scenario.villages])[lots["village"]]
    found = []
    for place, share in targets(scenario).items():
        inside = (county == place) if place else np.ones(len(lots), dtype=np.bool_)
        cooled = coolers.per_owner(in_time * inside)
        harvest = float(lots["tonnes"].to_numpy()[inside].sum())
        for year, part in scenario.siting.coverage_by_year.items():
            early = sum(before < int(year) for before in scenario.subsidy.years)
            mine = np.asarray(cooled[builders], dtype=np.float64)
            limit = Limit("coverage_year", place, year)
            found.append(Milestone(limit, early, part * share * harvest, float(cooled.sum() - mine.sum()), mine))
    return found
