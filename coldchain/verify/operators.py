"""Owners' years, cash flows and the order of building, recomputed from modules, lots and the programme."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from coldchain.language import _
from coldchain.model import MobileUnit
from coldchain.verify.record import TOLERANCE, Record, rows

Built = Mapping[str, Mapping[str, int]]
CENT = 0.01


@dataclass(frozen=True)
class Owner:
    """Figures of a year of one owner that builds, CNY and t."""

    tonnes: float
    energy: float
    running: float
    capital: float
    award: float
    award_year: float
    capex: float

    def net(self, fee: float) -> float:
        """Return what is left of fees and award."""
        return fee * self.tonnes + self.award_year - self.energy - self.running - self.capital


def check_operators(record: Record, built: Built, lots: pd.DataFrame) -> None:
    """Check the tables of operators, cash flow, order of building and programme years."""
    owners = _owners(record, built, lots)
    _check_ledger(record, owners)
    _check_flow(record, owners)
    if record.scenario.subsidy.years:
        _check_order(record, owners)
        _check_years(record, owners, lots)


def _repay(rate: float, years: float) -> float:
    return rate / (1.0 - (1.0 + rate) ** -years) if rate else 1.0 / years


def _rate(record: Record) -> float:
    economics = record.scenario.economics
    return economics.interest_rate if economics.own_rate is None else economics.own_rate


def _owners(record: Record, built: Built, lots: pd.DataFrame) -> dict[str, Owner]:
    rate = _rate(record)
    longest = max(kind.life_years for kind in record.scenario.depot_types)
    worth = _repay(rate, longest) / (1.0 + rate) ** record.scenario.subsidy.paid_after_years
    of = {site.id: site.owner or site.id for site in record.scenario.sites}
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for depot, modules in built.items():
        for key, count in modules.items():
            kind, book = record.kinds[key], sums[of[depot]]
            book["running"] += count * kind.opex_cny_year
            book["capital"] += count * kind.capex_cny * _repay(rate, kind.life_years)
            book["capex"] += count * kind.capex_cny
    notice = record.tables["subsidies"]
    awards = pd.to_numeric(notice["award_cny"]).groupby(notice["owner"]).sum()
    cold = lots[(lots["depot"] != "") & (lots["unit"] == "")]
    served = cold.groupby(cold["depot"].map(of))[["tonnes", "energy_cny"]].sum()
    pooled = _pooled(record, built, of, lots)
    found = {}
    for owner, book in sums.items():
        share = pooled.get(owner, {})
        tonnes, energy = (
            float(served[name].get(owner, 0.0)) + share.get(name, 0.0) for name in ("tonnes", "energy_cny")
        )
        book["running"] += share.get("moves_cny", 0.0)
        award = float(awards.get(owner, 0.0))
        figures = (book["running"], book["capital"], award, award * worth, book["capex"])
        found[owner] = Owner(tonnes, energy, *figures)
    return found


def _pooled(record: Record, built: Built, of: Mapping[str, str], lots: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Share out what mobile units cool, use and cost in moves between their owners, by the units each has of a kind."""
    moves = pd.to_numeric(record.tables["units"]["moves_cny"]).groupby(record.tables["units"]["unit"]).sum()
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for unit in (key for key, kind in record.kinds.items() if isinstance(kind, MobileUnit)):
        mine = {depot: modules[unit] for depot, modules in built.items() if modules.get(unit)}
        inside = lots[lots["unit"] == unit]
        whole = {name: float(inside[name].sum()) for name in ("tonnes", "energy_cny")}
        whole["moves_cny"] = float(moves.get(unit, 0.0))
        for depot, number in mine.items():
            for name, amount in whole.items():
                found[of[depot]][name] += amount * number / sum(mine.values())
    return found


def _check_ledger(record: Record, owners: Mapping[str, Owner]) -> None:
    economics = record.scenario.economics
    fee = economics.fee_cny_t or 0.0
    stated = {row.owner: row for row in rows(record.tables["operators"])}
    for name in sorted({*owners, *stated}):
        if name not in stated or name not in owners:
            record.wrong(
                _("operators: {name} builds but is missing").format(name=name)
                if name in owners
                else _("operators: {name} builds nothing").format(name=name)
            )
            continue
        mine, row = owners[name], stated[name]
        spent = mine.energy + mine.running + mine.capital
        worth = mine.award_year / mine.award if mine.award else None
        figures = {
            "cooled_t": mine.tonnes,
            "fee_income_cny": fee * mine.tonnes,
            "energy_cny": mine.energy,
            "running_cny": mine.running,
            "capital_cny": mine.capital,
            "award_cny_year": mine.award_year,
            "net_cny": mine.net(fee),
            "fee_needed_cny_t": max(spent - mine.award_year, 0.0) / max(mine.tonnes, 1e-9),
            "fee_without_award_cny_t": spent / max(mine.tonnes, 1e-9),
        }
        if worth is not None:
            figures["subsidy_needed_cny"] = max(spent - fee * mine.tonnes, 0.0) / worth
        for column, value in figures.items():
            record.differs(
                _("operators: {column} of {name}").format(column=column, name=name),
                float(getattr(row, column)),
                value,
                1.0,
            )
        if economics.must_return and mine.net(fee) < -1.0 - TOLERANCE * spent:
            record.wrong(
                _("operators: the money of {name} does not return: {net:,.0f} CNY a year are missing").format(
                    name=name, net=mine.net(fee)
                )
            )


def _check_flow(record: Record, owners: Mapping[str, Owner]) -> None:
    """Follow each owner's balance year by year."""
    rule, fee, rate = record.scenario.subsidy, record.scenario.economics.fee_cny_t or 0.0, _rate(record)
    begins = {row.owner: int(row.year) for row in rows(record.tables["rollout"])}
    for name, flows in record.tables["cash_flow"].groupby("owner"):
        mine = owners.get(str(name))
        if mine is None:
            record.wrong(_("cash_flow: {name} builds nothing").format(name=name))
            continue
        balance, start = 0.0, begins.get(str(name), 0)
        for row in rows(flows.sort_values("year")):
            age = int(row.year) - start
            income = (fee * mine.tonnes - mine.energy - mine.running) * (age >= 1)
            net = income - mine.capex * (age == 0) + mine.award * (age == math.ceil(rule.paid_after_years))
            balance = balance * (1.0 + rate) + net
            record.differs(
                _("cash_flow: net_cny of {name} in {year}").format(name=name, year=row.year),
                float(row.net_cny),
                net,
                1.0,
            )
            record.differs(
                _("cash_flow: balance_cny of {name} in {year}").format(name=name, year=row.year),
                float(row.balance_cny),
                balance,
                10.0,
            )
    for name in sorted(owners.keys() - set(record.tables["cash_flow"]["owner"])):
        record.wrong(_("cash_flow: {name} builds but is missing").format(name=name))


def _check_order(record: Record, owners: Mapping[str, Owner]) -> None:
    """Check that everybody builds once, in a programme year, within the pots as they fill up."""
    rule, budget = record.scenario.subsidy, record.scenario.siting.budget_cny
    table = record.tables["rollout"]
    for name in sorted(set(owners) ^ set(table["owner"])):
        record.wrong(
            _("rollout: {name} builds but has no year").format(name=name)
            if name in owners
            else _("rollout: {name} builds nothing").format(name=name)
        )
    for name in sorted(set(table["owner"][table["owner"].duplicated()])):
        record.wrong(_("rollout: {name} stands twice").format(name=name))
    spent: dict[int, float] = defaultdict(float)
    for row in rows(table):
        if int(row.year) not in rule.years:
            record.wrong(_("rollout: {year} of {owner} is not a programme year").format(year=row.year, owner=row.owner))
        if row.owner in owners:
            record.differs(
                _("rollout: award_cny of {owner}").format(owner=row.owner),
                float(row.award_cny),
                owners[row.owner].award,
                1.0,
            )
            spent[int(row.year)] += owners[row.owner].award
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


def _check_years(record: Record, owners: Mapping[str, Owner], lots: pd.DataFrame) -> None:
    """Recompute the losses of each year: depots not built yet leave their lots in today's chain."""
    of = {site.id: site.owner or site.id for site in record.scenario.sites}
    begins = {row.owner: int(row.year) for row in rows(record.tables["rollout"])}
    stated = {int(row.year): row for row in rows(record.tables["programme_years"])}
    owner = lots["depot"].map(of)
    works_from = owner.map(begins).fillna(-1)
    for year in record.scenario.subsidy.years:
        if year not in stated:
            record.wrong(_("programme_years: {year} is missing").format(year=year))
            continue
        lost = float(lots["loss_t"].where(works_from < year, lots["today_loss_t"]).sum())
        spent = sum(mine.award for name, mine in owners.items() if begins.get(name) == year)
        record.differs(f"programme_years: loss_t of {year}", float(stated[year].loss_t), lost, 1e-3)
        record.differs(f"programme_years: awarded_cny of {year}", float(stated[year].awarded_cny), spent, 1.0)
