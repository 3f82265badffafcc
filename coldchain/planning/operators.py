"""Who gets their own money back: what each owner that builds earns and spends, and the fee or subsidy it would need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices
from coldchain.economy import ChilledLots, ModuleCosts, award_a_year, own_rate
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.planning.awards import Awards, owners_of
from coldchain.planning.basis import Basis
from coldchain.planning.coolers import Coolers
from coldchain.planning.days import Days, Decision
from coldchain.planning.lots import TODAY
from coldchain.planning.money import moves_cny
from coldchain.runs import schema


@dataclass(frozen=True)
class Ledger:
    """Figures of a year by owner, shape (owners,).

    Attributes
    ----------
    cooled_t, energy_cny : of all its depots; running_cny, capital_cny : of its new modules
    saved_cny : value and trader's haulage that cooling saves the villages, less collection, line haul and premium; what
        a truck over several depots costs is shared by tonnes
    """

    cooled_t: Floats
    energy_cny: Floats
    running_cny: Floats
    capital_cny: Floats
    saved_cny: Floats


def ledger(basis: Basis, decision: Decision, days: Days, lots: pd.DataFrame, granted: Awards) -> Ledger:
    """Add up a routed year by owner; owners of mobile units of a kind pool what these cool, and their moves."""
    scenario, count = basis.scenario, decision.count
    names, owner = owners_of(scenario)
    cold = lots[lots["site"] != TODAY]
    tonnes = cold["tonnes"].to_numpy()
    energy = basis.energy_cny_t[cold["commodity"], cold["period"], cold["cooling"]]
    modules = ModuleCosts.to_operator(scenario)
    coolers = Coolers.of(basis, cold, granted.units)

    def per_owner(weight: Floats, index: Indices) -> Floats:
        return np.asarray(np.bincount(index, weight, minlength=len(names)), dtype=np.float64)

    saved = coolers.per_owner(tonnes * _saved_cny_t(basis, cold))[:-1]
    length = np.array([period.days for period in scenario.periods])
    for site, period, cost in days.all_shares():
        saved[owner[site]] -= cost * length[period]
    for _heading, site, period, cost in days.carbon_shares(scenario):
        saved[owner[site]] += cost * length[period]
    return Ledger(
        coolers.per_owner(tonnes)[:-1],
        coolers.per_owner(tonnes * energy)[:-1],
        per_owner((count * modules.running_cny).sum(axis=1), owner) + coolers.pool @ moves_cny(basis, decision),
        per_owner((count * modules.capital_cny).sum(axis=1), owner),
        saved,
    )


def _saved_cny_t(basis: Basis, cold: pd.DataFrame) -> Floats:
    """Return what lots of depots gain on today's chain: value, haulage, handling, tracing, products; less the premium.

    CNY/t, shape (lots,).
    """
    prices, commodity = basis.prices, cold["commodity"].to_numpy()
    before = basis.today.fate.value[cold["village"], commodity, cold["period"]]
    spared = (before - cold["value_share"].to_numpy()) * prices.value_cny_t[commodity]
    handled = prices.today_handling.total_cny_t[commodity] - prices.handling.total_cny_t[commodity]
    cost = prices.chilled(ChilledLots.of(cold))
    premium = prices.onward_cny_t[cold["site"], commodity] * prices.fresh[cold["cooling"]]
    hauled = prices.trader_cny_t[cold["village"]] - premium
    return np.asarray(spared + handled + hauled - cost["tracing"] - cost["products"])


def operators(scenario: Scenario, book: Ledger, granted: Awards) -> pd.DataFrame:
    """One row for each owner that builds: its year, the fee and subsidy it needs, the most its villages could pay."""
    fee, worth = scenario.economics.fee_cny_t or 0.0, award_a_year(scenario)
    rows = []
    for e in granted.builders:
        tonnes = float(book.cooled_t[e])
        spent = float(book.energy_cny[e] + book.running_cny[e] + book.capital_cny[e])
        award = worth * float(granted.award[e])
        per_t = max(tonnes, 1e-9)
        row: dict[str, float | str] = {
            "owner": granted.owners[e],
            "cooled_t": tonnes,
            "fee_income_cny": fee * tonnes,
            "energy_cny": float(book.energy_cny[e]),
            "running_cny": float(book.running_cny[e]),
            "capital_cny": float(book.capital_cny[e]),
            "award_cny_year": award,
            "net_cny": fee * tonnes - spent + award,
            "fee_needed_cny_t": max(spent - award, 0.0) / per_t,
            "fee_without_award_cny_t": spent / per_t,
            "subsidy_needed_cny": max(spent - fee * tonnes, 0.0) / worth,
            "most_fee_cny_t": float(book.saved_cny[e]) / per_t,
        }
        rows.append(row | {"verdict": verdict(row, float(granted.capex[e]), fee)})
    return schema.frame("operators", rows)


def verdict(row: dict[str, float | str], capex_cny: float, fee: float) -> str:
    """Say whether an owner's money comes back, or what it would take."""
    net, needed, most = float(row["net_cny"]), float(row["fee_needed_cny_t"]), float(row["most_fee_cny_t"])
    bare = float(row["fee_without_award_cny_t"])
    if fee > 0 and net >= -1e-6:
        return _("returns its money") if fee >= bare else _("returns its money with the award")
    if needed <= most:
        return _(
            "would return its money at a fee of {needed:,.0f} CNY/t, which its villages gain {most:,.0f} from"
        ).format(needed=needed, most=most)
    if float(row["subsidy_needed_cny"]) <= capex_cny:
        return _("would return its money with a subsidy of {subsidy:,.0f} CNY").format(
            subsidy=float(row["subsidy_needed_cny"])
        )
    return _("never: cooling saves its villages less than it costs, and no subsidy up to the investment closes the gap")


def cash_flow(scenario: Scenario, book: Ledger, granted: Awards, built: dict[str, int]) -> pd.DataFrame:
    """One row for each owner that builds and each year of its modules' life: build first, then paid.

    A loan whose interest is subsidised costs the owner's own rate, is returned at its end, and its award comes in equal
    parts with the interest.

    Parameters
    ----------
    built : year in which each owner builds, 0 without programme years; its depots work from the year after
    """
    fee, rate = scenario.economics.fee_cny_t or 0.0, own_rate(scenario)
    life = int(max(kind.life_years for kind in scenario.depot_types))
    rule, rows = scenario.subsidy, []
    lent = rule.loan_years if rule.kind == "loan_interest" else 0
    late = int(np.ceil(rule.paid_after_years))
    paid = range(late + 1, late + lent + 1) if lent else range(late, late + 1)
    for e in granted.builders:
        balance, name = 0.0, granted.owners[e]
        loan = rule.loan_share * float(granted.capex[e]) if lent else 0.0
        for year in range(max(life, *paid) + 1):
            works = float(1 <= year <= life)
            flow = {
                "investment_cny": float(granted.capex[e]) * (year == 0),
                "award_cny": float(granted.award[e]) / len(paid) * (year in paid),
                "loan_cny": loan * ((year == 0) - float(year == lent)),
                "interest_cny": rate * loan * (1 <= year <= lent),
                "fee_income_cny": works * fee * float(book.cooled_t[e]),
                "energy_cny": works * float(book.energy_cny[e]),
                "running_cny": works * float(book.running_cny[e]),
            }
            net = flow["award_cny"] + flow["fee_income_cny"] - flow["investment_cny"] - flow["energy_cny"]
            net += flow["loan_cny"] - flow["interest_cny"] - flow["running_cny"]
            balance = balance * (1.0 + rate) + net
            start = built.get(name, 0)
            rows.append({"owner": name, "year": start + year, **flow, "net_cny": net, "balance_cny": balance})
    return schema.frame("cash_flow", rows)
