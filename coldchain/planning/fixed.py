"""A plan whose depots, assignment and routes stay as they are, judged by other figures: what is lost, what it costs.

Lots keep their routes and their cooler; hours, temperatures, kinetics, packaging and prices are those of the figures
given. Lots queue for the pre-coolers anew, as far as the power installed allows. Lorries cost what their hours and
kilometres cost, whatever is loaded. Money is what the plan states plus what its terms change by, so that the plan's own
figures give its own answer to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, Floats, Indices
from coldchain.economy import ChilledLots, ModuleCosts, TodaysLots, money_cny_t
from coldchain.model import Scenario, cooling_class
from coldchain.model.bands import Figures
from coldchain.planning.basis import Basis, energy_kwh_t
from coldchain.planning.cooling import Arrivals, Refrigeration, put_in
from coldchain.planning.fates import HOURS, depot_ways, ready_slots, shares_lost, today_ways
from coldchain.planning.written import (
    ChilledLoads,
    Tables,
    Trips,
    chilled_loads,
    kept_cny,
    new_modules,
    spared,
    standing_units,
)
from coldchain.spoilage import harvest_clock_h, steady

CRUMB = 1e-9
"""Share of a harvest below which what stays in today's chain is rounding."""


@dataclass(frozen=True)
class FixedYear:
    """What a year comes to.

    Attributes
    ----------
    harvest_t, today_t, plan_t, today_cny, plan_cny : harvested; lost today and with the plan, t and value
    before_cny, after_cny : yearly totals of today's chain and of the plan, value lost included
    capital_cny, investment_cny : of what is built, a year and once
    net_cny : what each depot that is built brings a year beyond all it costs, shape (depots,)
    """

    harvest_t: float
    today_t: float
    plan_t: float
    today_cny: float
    plan_cny: float
    before_cny: float
    after_cny: float
    capital_cny: float
    investment_cny: float
    net_cny: Floats

    @property
    def benefit_cny(self) -> float:
        """What a year costs less than today's, capital paid."""
        return self.before_cny - self.after_cny

    @property
    def payback_years(self) -> float:
        """Investment over the yearly benefit before capital; infinite where nothing comes back, NaN if none is made."""
        if self.investment_cny <= 0:
            return float("nan")
        yearly = self.benefit_cny + self.capital_cny
        return self.investment_cny / yearly if yearly > 0 else float("inf")


class FixedPlan:
    """Depots, assignment and routes of a plan, to be judged by other figures.

    ``depots`` are the ids of those with new modules or units.
    """

    def __init__(self, basis: Basis, tables: Tables, summary: Mapping[str, Any]) -> None:
        crops = tuple(steady(crop) for crop in basis.scenario.commodities)
        self.basis = replace(basis, scenario=replace(basis.scenario, commodities=crops), late={})
        self.stated = summary
        self.count = new_modules(self.scenario, tables["depots"])
        self.standing = standing_units(self.scenario, tables["units"])
        self.built: Indices = np.flatnonzero(self.count.sum(axis=1) > 0)
        self.depots = tuple(self.scenario.sites[j].id for j in self.built)
        self.loads = chilled_loads(self.basis, tables)
        self.trips = Trips.of(self.scenario, tables)
        self.kept_cny = kept_cny(self.scenario, tables["storage"])
        self.spared = np.ones(self.scenario.harvest_t.shape)
        self.spared = spared(self.scenario, tables["lots"], self._today_rates(self.figures)[..., 0])
        self.own = self._worked_out(self.figures)

    @property
    def scenario(self) -> Scenario:
        """The scenario, loss curves settled."""
        return self.basis.scenario

    @property
    def figures(self) -> Figures:
        """The plan's own figures, to be changed."""
        return Figures(self.scenario)

    def answer(self, figures: Figures) -> FixedYear:
        """Work the year out with other figures."""
        found, own, loss = self._worked_out(figures), self.own, self.stated["loss"]
        net, bill, invested = self.stated["net"], self.stated["annual_cny"], self.stated["investment"]
        return FixedYear(
            found.harvest_t,
            float(loss["baseline_t"]) + found.today_t - own.today_t,
            float(loss["plan_t"]) + found.plan_t - own.plan_t,
            float(loss["baseline_cny"]) + found.today_cny - own.today_cny,
            float(loss["plan_cny"]) + found.plan_cny - own.plan_cny,
            float(net["today_cny"]) + found.before_cny - own.before_cny,
            float(net["plan_cny"]) + found.after_cny - own.after_cny,
            float(bill["capital"]) + found.capital_cny - own.capital_cny,
            float(invested["total_cny"]) + found.investment_cny - own.investment_cny,
            found.net_cny,
        )

    def _worked_out(self, figures: Figures) -> FixedYear:
        scenario, basis = figures.scenario, self._basis(figures.scenario)
        harvest, today = scenario.harvest_t, self._today_rates(figures)
        cooled = self._cooled(basis, figures)
        lots, share, delivery_h = cooled.lots, cooled.share, cooled.delivery_h
        v, c, p, j, t = lots.village, lots.commodity, lots.period, lots.site, lots.tonnes
        kept = harvest.copy()
        np.subtract.at(kept, (v, c, p), t)
        kept = np.where(kept > CRUMB * harvest, kept, 0.0)
        price, haulage = basis.prices.value_cny_t, self._haulage(basis)
        money_t = money_cny_t(basis.prices.chilled(ChilledLots(c, p, lots.cooling, j, share[:, 1], delivery_h)))
        costs = self._costs(scenario)
        before = np.einsum("vcp,vcps->cs", harvest, today)
        after = np.einsum("vcp,vcps->cs", kept, today)
        np.add.at(after, c, t[:, None] * share)
        before_cny, after_cny = float(before[:, 1] @ price), float(after[:, 1] @ price)
        saved = t * ((today[v, c, p, 1] - share[:, 1]) * price[c] + haulage[v, c] - money_t)
        by_site = np.bincount(j, saved, minlength=len(scenario.sites)) + self.kept_cny
        return FixedYear(
            harvest_t=float(harvest.sum()),
            today_t=float(before[:, 0].sum()),
            plan_t=float(after[:, 0].sum()),
            today_cny=before_cny,
            plan_cny=after_cny,
            before_cny=before_cny + float((harvest.sum(axis=2) * haulage).sum()),
            after_cny=after_cny + float((kept.sum(axis=2) * haulage).sum() + t @ money_t + costs.year_cny.sum()),
            capital_cny=costs.capital_cny,
            investment_cny=costs.investment_cny,
            net_cny=(by_site - costs.year_cny)[self.built],
        )

    def _costs(self, scenario: Scenario) -> _Costs:
        modules = ModuleCosts.of(scenario)
        capex = np.array([kind.capex_cny for kind in scenario.depot_types])
        capital = self.count @ modules.capital_cny
        year = self.trips.cost_cny(scenario) + capital + self.count @ modules.running_cny
        return _Costs(np.asarray(year), float(capital.sum()), float((self.count @ capex).sum()))

    def _basis(self, scenario: Scenario) -> Basis:
        """Return the plan's ground with other figures: rates, prices and cooling classes; roads stay."""
        kinds = scenario.depot_types
        first = {int(o): kinds[k] for k, o in reversed(list(enumerate(self.basis.class_of_type)))}
        classes = tuple(cooling_class(first[o]) for o in range(len(self.basis.classes)))
        return replace(
            self.basis, scenario=scenario, classes=classes, energy_kwh_t=energy_kwh_t(scenario, classes), late={}
        )

    def _haulage(self, basis: Basis) -> Floats:
        """CNY a tonne of today's chain beside the value lost, shape (villages, commodities)."""
        shape = basis.today.hours.shape
        v, c = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
        lots = TodaysLots(v, c, np.zeros(shape), basis.today.hours)
        return np.broadcast_to(money_cny_t(basis.prices.todays(lots)), shape)

    def _cooled(self, basis: Basis, figures: Figures) -> _Cooled:
        """Return the lots of depots as they fare: parted by the slots in which they are cooled."""
        lots, scenario, lanes = self.loads, basis.scenario, basis.lanes
        whole = self.scenario.harvest_t.sum()
        tonnes = lots.tonnes * (scenario.harvest_t.sum() / whole if whole else 1.0)
        batch = ready_slots(basis, lots)
        if len(batch):
            come = Arrivals(lots.site, lots.cooling, lots.period, lots.commodity, batch, tonnes)
            parts = put_in(basis, Refrigeration(basis, self.count, self.standing), come)
            lots, batch = lots.take(parts.lot, parts.tonnes), parts.batch
        clock = np.array([harvest_clock_h(one) for one in scenario.periods])
        warm_h = (lanes.first_batch_h - clock)[lots.period] + batch * lanes.batch_h
        ways, share = depot_ways(basis, lots, warm_h), np.zeros((len(batch), 2))
        for p in np.unique(lots.period):
            at = lots.period == p
            share[at] = shares_lost(figures, int(p), lots.commodity[at], ways[at], planned=True)
        return _Cooled(lots, share, ways[:, :-1, HOURS].sum(axis=1) - HOURS_PER_DAY * lots.kept_d)

    def _today_rates(self, figures: Figures) -> Floats:
        """Shares of weight and value lost today, (villages, commodities, periods, 2); standing depots spare a part."""
        scenario = figures.scenario
        rates = np.zeros((*scenario.harvest_t.shape, 2))
        for p in range(len(scenario.periods)):
            v, c = np.nonzero(scenario.harvest_t[:, :, p] > 0)
            rates[v, c, p] = shares_lost(figures, p, c, today_ways(self.basis, scenario, v, c), planned=False)
        return rates * self.spared[..., None]


@dataclass(frozen=True)
class _Cooled:
    """Lots of depots, the shares of weight and value lost, (lots, 2), and hours from harvest to the buyer."""

    lots: ChilledLoads
    share: Floats
    delivery_h: Floats


@dataclass(frozen=True)
class _Costs:
    """Trips and new modules: CNY a year by site, shape (sites,); the capital in it; the investment, once."""

    year_cny: Floats
    capital_cny: float
    investment_cny: float
