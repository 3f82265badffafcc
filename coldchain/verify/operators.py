"""Owners that build, recomputed: their year, their cash flow, and the programme years in which they build."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from coldchain.language import _
from coldchain.model import MobileUnit
from coldchain.verify.bill import handling_cny_t, modules_of, traced_gain_cny_t
from coldchain.verify.depots import Built, repayment
from coldchain.verify.haul import Hauled
from coldchain.verify.limits import cooled_in_time, working
from coldchain.verify.products import products_cny
from coldchain.verify.record import TOLERANCE, Record, rows
from coldchain.verify.restated import Figure, Restated, check_table, sentence
from coldchain.verify.subsidy import CENT, CheckedAwards
from coldchain.verify.transport import CheckedFetching

POOLED = ("tonnes", "energy_cny", "worth_cny")


@dataclass
class Owner:
    """A year of an owner that builds.

    Attributes
    ----------
    tonnes, energy_cny : of all its depots; running_cny, capital_cny : of its new modules
    worth_cny : value and haulage that cooling saves its villages, less the onward premium
    fetching_cny : collection and line haul of its depots
    award_cny_year : the award as a yearly payment over the longest life of a module
    """

    capex_cny: float
    award_cny: float
    award_cny_year: float
    tonnes: float = 0.0
    energy_cny: float = 0.0
    running_cny: float = 0.0
    capital_cny: float = 0.0
    worth_cny: float = 0.0
    fetching_cny: float = 0.0

    @property
    def spent_cny(self) -> float:
        """All that the owner pays in a year."""
        return self.energy_cny + self.running_cny + self.capital_cny

    def net(self, fee: float) -> float:
        """Return what is left of fees and award."""
        return fee * self.tonnes + self.award_cny_year - self.spent_cny

    @property
    def saved_cny(self) -> float:
        """What its villages gain, less fetching and hauling."""
        return self.worth_cny - self.fetching_cny

    @property
    def gross_cny(self) -> float:
        """Size of the sums of which the figures are differences."""
        return abs(self.worth_cny) + self.fetching_cny + self.spent_cny + self.award_cny_year


@dataclass
class Operation:
    """What the year of owners is reckoned from."""

    record: Record
    built: Built
    awards: CheckedAwards
    lots: pd.DataFrame
    fetched: CheckedFetching
    hauled: Hauled
    overflow: Mapping[str, float]
    of: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.of = {site.id: site.owner or site.id for site in self.record.scenario.sites}

    @property
    def fee(self) -> float:
        """CNY a tonne that depots charge."""
        return self.record.scenario.economics.fee_cny_t or 0.0

    @property
    def rate(self) -> float:
        """Interest that owners ask of their own money."""
        economics = self.record.scenario.economics
        return economics.interest_rate if economics.own_rate is None else economics.own_rate

    @property
    def worth(self) -> float:
        """Yearly payment that one CNY of award is worth: paid late, spread over the longest life."""
        longest, rule = max(kind.life_years for kind in self.record.scenario.depot_types), self.record.scenario.subsidy
        delay = 1.0 / (1.0 + self.rate) ** rule.paid_after_years
        if rule.kind == "loan_interest":
            delay /= rule.loan_years * repayment(self.rate, rule.loan_years)
        return float(repayment(self.rate, longest) * delay)

    @property
    def starts(self) -> dict[str, int]:
        """Programme year in which each owner builds; none without programme years."""
        return {str(row.owner): int(row.year) for row in rows(self.record.tables["rollout"])}


def check_operators(operation: Operation) -> None:
    """Check the tables of operators, order of building, cash flow and programme years."""
    owners = _owners(operation)
    _check_ledger(operation, owners)
    with operation.record.at("rollout"):
        _check_order(operation, owners)
        check_table(operation.record, Restated("rollout", ("owner",), list(_order(operation, owners))))
    check_table(operation.record, Restated("cash_flow", ("owner", "year"), list(_flows(operation, owners))))
    check_table(operation.record, Restated("programme_years", ("year",), list(_years(operation, owners))))


def _owners(operation: Operation) -> dict[str, Owner]:
    record, of, awards = operation.record, operation.of, operation.awards
    owners = {
        name: Owner(awards.capex_of(name), award, award * operation.worth) for name, award in awards.award.items()
    }
    for one in modules_of(record, operation.built, standing=False):
        if one.invested_cny or one.operation_cny or one.standby_cny:
            mine = owners[of[one.site]]
            mine.running_cny += one.operation_cny + one.standby_cny
            mine.capital_cny += one.invested_cny * repayment(operation.rate, one.kind.life_years)
    cold = _cold(record, operation.lots)
    solid = cold[cold["unit"] == ""]
    sums = solid.groupby(solid["depot"].map(of))[list(POOLED)].sum()
    for name, mine in owners.items():
        if name in sums.index:
            mine.tonnes, mine.energy_cny, mine.worth_cny = (float(sums[column][name]) for column in POOLED)
    _pool(operation, owners, cold)
    for costs in (operation.fetched.cost_by_depot, operation.hauled.cost_by_depot, operation.overflow):
        for depot, cost in costs.items():
            if of[depot] in owners:
                owners[of[depot]].fetching_cny += cost
    return owners


def _cold(record: Record, lots: pd.DataFrame) -> pd.DataFrame:
    """Lots of depots with what cooling each is worth to its village: value, the trader's truck and handling spared."""
    cold = lots[lots["depot"] != ""]
    kept = cold["today_lost_cny"] - cold["lost_cny"]
    traced = traced_gain_cny_t(record, cold)
    handled = handling_cny_t(record, cold.assign(depot="")) - handling_cny_t(record, cold)
    spared = kept + cold["today_haul_cny"] + cold["tonnes"] * (handled + traced) - cold["premium_cny"]
    return cold.assign(worth_cny=spared - products_cny(record, cold))


def _pool(operation: Operation, owners: Mapping[str, Owner], cold: pd.DataFrame) -> None:
    """Share what mobile units cool, use and cost in moves between their owners, by the units each has of a kind."""
    moves: dict[str, float] = defaultdict(float)
    for row in rows(operation.record.tables["units"]):
        moves[str(row.unit)] += float(row.moves_cny)
    for unit in (key for key, kind in operation.record.kinds.items() if isinstance(kind, MobileUnit)):
        bought = {depot: modules[unit] for depot, modules in operation.built.items() if modules.get(unit)}
        inside = cold[cold["unit"] == unit]
        for depot, number in bought.items():
            mine, share = owners[operation.of[depot]], number / sum(bought.values())
            mine.tonnes += share * float(inside["tonnes"].sum())
            mine.energy_cny += share * float(inside["energy_cny"].sum())
            mine.worth_cny += share * float(inside["worth_cny"].sum())
            mine.running_cny += share * moves[unit]


def _check_ledger(operation: Operation, owners: Mapping[str, Owner]) -> None:
    record, fee = operation.record, operation.fee
    ledger = []
    for name, mine in owners.items():
        per_t, spent, short = max(mine.tonnes, 1e-9), mine.spent_cny, _short(operation, mine)
        figures = {
            "cooled_t": mine.tonnes,
            "fee_income_cny": fee * mine.tonnes,
            "energy_cny": mine.energy_cny,
            "running_cny": mine.running_cny,
            "capital_cny": mine.capital_cny,
            "award_cny_year": mine.award_cny_year,
            "net_cny": Figure(mine.net(fee), mine.gross_cny),
            "fee_needed_cny_t": Figure(max(spent - mine.award_cny_year, 0.0) / per_t, spent / per_t),
            "fee_without_award_cny_t": spent / per_t,
            "subsidy_needed_cny": Figure(short, spent / operation.worth) if short else 0.0,
            "most_fee_cny_t": Figure(mine.saved_cny / per_t, mine.gross_cny / per_t),
        }
        ledger.append({"owner": name, **figures, "verdict": sentence(partial(_verdict, operation, mine))})
        if record.scenario.economics.must_return and mine.net(fee) < -1.0 - TOLERANCE * spent:
            record.wrong(
                _("operators: the money of {name} does not return: {net:,.0f} CNY a year are missing").format(
                    name=name, net=mine.net(fee)
                )
            )
    check_table(record, Restated("operators", ("owner",), ledger))


def _verdict(operation: Operation, mine: Owner) -> str:
    """Say whether an owner's money comes back, or what it would take."""
    fee, per_t = operation.fee, max(mine.tonnes, 1e-9)
    needed, most = max(mine.spent_cny - mine.award_cny_year, 0.0) / per_t, mine.saved_cny / per_t
    if fee > 0 and mine.net(fee) >= -1e-6:
        bare = mine.spent_cny / per_t
        return _("returns its money") if fee >= bare else _("returns its money with the award")
    if needed <= most:
        return _(
            "would return its money at a fee of {needed:,.0f} CNY/t, which its villages gain {most:,.0f} from"
        ).format(needed=needed, most=most)
    subsidy = _short(operation, mine)
    if subsidy <= mine.capex_cny:
        return _("would return its money with a subsidy of {subsidy:,.0f} CNY").format(subsidy=subsidy)
    return _("never: cooling saves its villages less than it costs, and no subsidy up to the investment closes the gap")


def _short(operation: Operation, mine: Owner) -> float:
    """Return the award with which fees would cover what the owner spends."""
    return max(mine.spent_cny - operation.fee * mine.tonnes, 0.0) / operation.worth


def _flows(operation: Operation, owners: Mapping[str, Owner]) -> Iterator[dict[str, Any]]:
    """Follow each owner's balance year by year: build first, be paid later, work from the next year on."""
    scenario, starts = operation.record.scenario, operation.starts
    life = int(max(kind.life_years for kind in scenario.depot_types))
    rule, paid = scenario.subsidy, math.ceil(scenario.subsidy.paid_after_years)
    borrows = rule.kind == "loan_interest"
    due = [paid + 1 + n for n in range(rule.loan_years)] if borrows else [paid]
    for name, mine in owners.items():
        balance, loan = 0.0, rule.loan_share * mine.capex_cny * borrows
        for age in range(max(life, due[-1]) + 1):
            works = 1.0 if 1 <= age <= life else 0.0
            flow: dict[str, Any] = {
                "investment_cny": mine.capex_cny if age == 0 else 0.0,
                "award_cny": mine.award_cny / len(due) if age in due else 0.0,
                "loan_cny": {0: loan, rule.loan_years: -loan}.get(age, 0.0),
                "interest_cny": loan * operation.rate if 0 < age <= rule.loan_years else 0.0,
                "fee_income_cny": works * operation.fee * mine.tonnes,
                "energy_cny": works * mine.energy_cny,
                "running_cny": works * mine.running_cny,
            }
            net = flow["award_cny"] + flow["fee_income_cny"] - flow["investment_cny"]
            net += flow["loan_cny"] - flow["interest_cny"] - flow["energy_cny"] - flow["running_cny"]
            balance = balance * (1.0 + operation.rate) + net
            year, size = starts.get(name, 0) + age, mine.capex_cny * 1e-3
            yield {
                "owner": name,
                "year": year,
                **flow,
                "net_cny": Figure(net, size),
                "balance_cny": Figure(balance, size),
            }


def _order(operation: Operation, owners: Mapping[str, Owner]) -> Iterator[dict[str, Any]]:
    """Restate what follows from the year in which each owner builds."""
    starts, rule = operation.starts, operation.record.scenario.subsidy
    for name, mine in owners.items():
        if rule.years:
            yield {
                "owner": name,
                "investment_cny": mine.capex_cny,
                "award_cny": mine.award_cny,
                "paid": starts.get(name, 0) + rule.paid_after_years + (rule.kind == "loan_interest") * rule.loan_years,
                "saved_cny_year": Figure(mine.saved_cny - mine.spent_cny, mine.gross_cny),
            }


def _check_order(operation: Operation, owners: Mapping[str, Owner]) -> None:
    """Check that everybody builds in a programme year, within the pots as they fill up."""
    record = operation.record
    rule, budget = record.scenario.subsidy, record.scenario.siting.budget_cny
    spent: dict[int, float] = defaultdict(float)
    for owner, year in operation.starts.items():
        if year not in rule.years:
            record.wrong(_("rollout: {year} of {owner} is not a programme year").format(year=year, owner=owner))
        if owner in owners:
            spent[year] += owners[owner].award_cny
    awarded = filled = 0.0
    for year in rule.years:
        awarded += spent[year]
        filled += rule.pot_by_year_cny.get(str(year), 0.0)
        if awarded > min(filled, budget) * (1 + TOLERANCE) + CENT:
            record.wrong(
                _("rollout: {awarded:,.0f} CNY are awarded by {year}; the pots hold {filled:,.0f}").format(
                    awarded=awarded, year=year, filled=min(filled, budget)
                )
            )


def _years(operation: Operation, owners: Mapping[str, Owner]) -> Iterator[dict[str, Any]]:
    """Recompute each year's pot, awards and losses: depots not built yet leave their lots in today's chain."""
    lots, starts = operation.lots, operation.starts
    rule, budget = operation.record.scenario.subsidy, operation.record.scenario.siting.budget_cny
    work, in_time = working(operation.record, lots), cooled_in_time(operation.record, lots)
    harvest = max(float(lots["tonnes"].sum()), 1e-9)
    filled = left = 0.0
    for year in rule.years:
        builders = [mine for name, mine in owners.items() if starts.get(name) == year]
        before, filled = min(filled, budget), filled + rule.pot_by_year_cny.get(str(year), 0.0)
        pot, awarded = min(filled, budget) - before, sum(mine.award_cny for mine in builders)
        carried, left = left, left + pot - awarded
        cooled = work(year)
        lost = float((lots["today_loss_t"] + cooled * (lots["loss_t"] - lots["today_loss_t"])).sum())
        yield {
            "year": year,
            "pot_cny": pot,
            "carried_cny": Figure(carried, filled),
            "awarded_cny": awarded,
            "left_cny": Figure(left, filled),
            "investment_cny": sum(mine.capex_cny for mine in builders),
            "owners": len(builders),
            "loss_t": lost,
            "loss_rate": lost / harvest,
            "coverage": float((lots["tonnes"] * in_time * cooled).sum()) / harvest,
        }
