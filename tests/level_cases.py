"""Sweeps made up for tests: two sites of two classes of owners, each worth a depot from some budget on."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import coldchain as cc
from coldchain.model.places import Site
from coldchain.scenario.rules import Rule
from coldchain.sweeps import DecidedRules, Point, Sweep

RULES = (Rule(rate=0.2), Rule(rate=0.4), Rule(rate=0.2, programme="plan_40"))
BUDGETS = (0.0, 1e6, 2e6)
NET_CNY = {"S1": [3e5, 1e5, 5e5], "S2": [1e5, -1e5, 2e5]}
"""Of each depot: as planned, then in two draws."""
AWARD_CNY = {"S1": 8e5, "S2": 5e5}
SITES = (
    Site(id="S1", name="One", county="A", lon=109.0, lat=28.0, owner_kind="cooperative"),
    Site(id="S2", name="Two", county="A", lon=109.1, lat=28.0, owner_kind="company"),
)


def point(budget_cny: float, depots: tuple[str, ...], share: float = 1.0) -> Point:
    """Make up the plan with these depots; awards are that share of :data:`AWARD_CNY`."""
    net = {site: NET_CNY[site] for site in depots}
    benefit = [sum(row) for row in zip([0.0, 0.0, 0.0], *net.values(), strict=True)]
    awards = {site: share * AWARD_CNY[site] for site in depots}
    lost = 0.2 - 0.05 * len(depots)
    return Point(
        budget_cny, "feasible", -benefit[0], -9e9, loss_rate=lost, loss_t=1000 * lost, annual_cny=5e6 - benefit[0],
        saving_cny=benefit[0] + 1e5, benefit_cny=benefit[0], payback_years=4.0 if depots else float("nan"),
        subsidy_cny=sum(awards.values()), investment_cny=3e6 * len(depots), depots=depots, of_budget_cny=budget_cny,
        drawn={"depots": {site: [f"room:{n}", "", 100.0, 5, 3e6, awards[site]] for n, site in enumerate(depots, 1)}},
        draws={"loss_rate": [lost - 0.01, lost + 0.02], "saving_cny": benefit[1:], "benefit_cny": benefit[1:],
               "payback_years": [3.0, None] if depots else [None, None]},
        net_cny=net,
    )  # fmt: skip


def frontier(name: str = "hill · base", rules: tuple[Rule, ...] = (), own_cny: float = 1e6) -> cc.Frontier:
    """Make up a sweep: a million buys S1, two million S2 as well; other rules pay that share of the awards."""
    own = [point(budget, depots) for budget, depots in zip(BUDGETS, [(), ("S1",), ("S1", "S2")], strict=True)]
    swept = Sweep("total_cost_cny", tuple(own), BUDGETS, (), None, 3, 0, interrupted=False)
    rows = [(Rule(), one) for one in own]
    rows += [(rule, point(one.budget_cny, one.depots, rule.rate or 1.0)) for rule, one in product(rules, own)]
    return cc.Frontier(swept, name, own_cny, DecidedRules(tuple(rows), own_cny), SITES)


def without_draws(found: cc.Frontier) -> cc.Frontier:
    """Return the sweep as an earlier version kept its points."""
    points = tuple(replace(one, draws={}, net_cny={}, benefit_cny=float("nan")) for one in found.sweep.points)
    return replace(found, sweep=replace(found.sweep, points=points))
