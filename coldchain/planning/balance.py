"""What each village's year costs today and with the plan, what is built for it, and how soon that is earned back.

A lot bears its own loss, handling, haulage and electricity. What a depot costs beside (routes, line haul, overflow,
storage, modules) is shared by the tonnes that go through it in a year, what mobile units of a kind cost by the tonnes
they cool, and what stands idle by harvest; so that villages add up to the bill of the county.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.economy import ModuleCosts
from coldchain.planning.arcs import existing_modules
from coldchain.planning.basis import Basis
from coldchain.planning.course import Course
from coldchain.planning.lots import TODAY
from coldchain.planning.money import moves_cny, priced_lots
from coldchain.planning.net import Net
from coldchain.runs import schema


@dataclass(frozen=True)
class Costs:
    """A year by village, shape (villages,), CNY: all costs with the value lost, of these capital, built once."""

    total_cny: Floats
    capital_cny: Floats
    invested_cny: Floats


def balance(basis: Basis, course: Course, today: Course) -> pd.DataFrame:
    """Tabulate both years by village."""
    before, after = _costs(basis, today), _costs(basis, course)
    harvest_t = basis.scenario.harvest_t.sum(axis=(1, 2))
    rows = []
    for v, village in enumerate(basis.scenario.villages):
        years = (before.total_cny, after.total_cny, after.capital_cny, after.invested_cny)
        net = Net(*(float(figures[v]) for figures in years))
        per_t = max(float(harvest_t[v]), 1e-9)
        rows.append(
            {
                "village": village.id,
                "name": village.name,
                "county": village.county,
                "harvest_t": float(harvest_t[v]),
                "today_cny": net.today_cny,
                "plan_cny": net.plan_cny,
                "capital_cny": net.capital_cny,
                "benefit_cny": net.benefit_cny,
                "investment_cny": net.investment_cny,
                "payback_years": np.nan if net.payback_years is None else net.payback_years,
                "today_cny_t": net.today_cny / per_t,
                "plan_cny_t": net.plan_cny / per_t,
            }
        )
    return schema.frame("balance", rows)


def _costs(basis: Basis, course: Course) -> Costs:
    scenario, solid = basis.scenario, basis.scenario.fixed_types
    length = [period.days for period in scenario.periods]
    own, joint = np.zeros(len(scenario.villages)), np.zeros(len(scenario.sites))
    for part, heading, cny in priced_lots(basis, course.lots):
        if heading == "storage":
            np.add.at(joint, part["site"].to_numpy(), cny)
        else:
            np.add.at(own, part["village"].to_numpy(), cny)
    for site, period, cost in course.days.all_shares():
        joint[site] += cost * length[period]
    kinds, modules = _Keys.of(basis, course.lots), ModuleCosts.of(scenario)
    capex = np.array([kind.capex_cny for kind in scenario.depot_types], dtype=np.float64)
    count, working = course.decision.count, course.decision.count + existing_modules(basis)

    def shared(by_type: Floats) -> Floats:
        """Share what modules cost, shape (sites, types)."""
        return kinds.fixed(by_type[:, :solid].sum(axis=1)) + kinds.mobile(by_type[:, solid:].sum(axis=0))

    capital = shared(count * modules.capital_cny)
    running = shared(working * modules.running_cny) + kinds.mobile(moves_cny(basis, course.decision))
    return Costs(own + kinds.all_lots(joint) + running + capital, capital, shared(count * capex))


@dataclass(frozen=True)
class _Keys:
    """By what costs are shared: tonnes a year by village and site, all and in fixed rooms; by unit kind; harvest."""

    through_t: Floats
    solid_t: Floats
    unit_t: Floats
    harvest_t: Floats

    @classmethod
    def of(cls, basis: Basis, lots: pd.DataFrame) -> _Keys:
        cold, fixed = lots[lots["site"] != TODAY], basis.scenario.fixed_types
        harvest = basis.scenario.harvest_t.sum(axis=(1, 2))
        unit = np.full(len(basis.classes), -1)
        unit[basis.class_of_type[fixed:]] = np.arange(len(basis.scenario.depot_types) - fixed)
        inside = unit[cold["cooling"].to_numpy(dtype=np.intp)]
        village, site, tonnes = (cold[name].to_numpy() for name in ("village", "site", "tonnes"))
        through, solid = np.zeros((2, len(harvest), len(basis.scenario.sites)))
        units = np.zeros((len(harvest), len(basis.scenario.depot_types) - fixed))
        np.add.at(through, (village, site), tonnes)
        np.add.at(solid, (village, site), tonnes * (inside < 0))
        np.add.at(units, (village[inside >= 0], inside[inside >= 0]), tonnes[inside >= 0])
        return cls(through, solid, units, harvest)

    def all_lots(self, cny: Floats) -> Floats:
        return _spread(cny, self.through_t, self.harvest_t)

    def fixed(self, cny: Floats) -> Floats:
        return _spread(cny, self.solid_t, self.harvest_t)

    def mobile(self, cny: Floats) -> Floats:
        return _spread(cny, self.unit_t, self.harvest_t)


def _spread(cny: Floats, tonnes: Floats, harvest_t: Floats) -> Floats:
    """Share each cost by the tonnes of its column; by harvest where there are none."""
    key = np.where(tonnes.sum(axis=0) > 0, tonnes, harvest_t[:, None])
    return np.asarray((key / np.maximum(key.sum(axis=0), 1e-300)) @ cny, dtype=np.float64)
