"""The rules of a fund, the division that loses least, and what simpler divisions would have done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from coldchain.arrays import CENT_CNY, Bools, Floats, Indices
from coldchain.errors import UsageError
from coldchain.funds.curves import Curves
from coldchain.funds.knapsack import ChosenPoints, Favour, FundProblem, divide
from coldchain.language import _

Figure = Literal["loss_t", "loss_cny", "annual_cny"]
MORE, MILLION = 0.1, 1e6


@dataclass(frozen=True)
class FundRules:
    """How the fund may be divided.

    Attributes
    ----------
    minimise : total over the counties
    floor_cny : each county is awarded at least this, or the most it can use
    cap_cny, max_share : no county gets more of the fund than this, or this share of it
    coverage : each county reaches this share of its harvest pre-cooled in time, or the most it can reach
    matching : share of each award that the county pays itself; ``matching_of``: of single counties by name
    own_money : column with what a county can pay itself at most, CNY
    favoured : share of all awards that goes to a group at least, by the group's name in the column ``groups``
    """

    fund_cny: float
    minimise: Figure = "loss_t"
    floor_cny: float = 0.0
    cap_cny: float = float("inf")
    max_share: float = 1.0
    coverage: float = 0.0
    matching: float = 0.0
    matching_of: Mapping[str, float] = field(default_factory=dict)
    own_money: str = ""
    groups: str = ""
    favoured: Mapping[str, float] = field(default_factory=dict)
    population: str = ""
    time_limit_s: float = 60.0


@dataclass(frozen=True)
class Allocation:
    """A divided fund.

    Attributes
    ----------
    counties : one row a county: award, what the fund and the county pay, losses before and after, what was saved,
        what the next step would save for how much, and the fund's share under the simpler divisions
    compared : one row a division: spent, saved, tonnes saved per million of the fund
    facts : fund, value, bound, gap, marginal counties, what a tenth more fund would do, what floors, caps and favours
        cost (``rules_cost``), all in units of what is minimised
    """

    counties: pd.DataFrame
    compared: pd.DataFrame
    facts: dict[str, Any]


def allocate(curves: Curves, rules: FundRules) -> Allocation:
    """Divide a fund between counties.

    Raises
    ------
    UsageError
        When a rule names a column or a county that is not there.
    InfeasibleError, LimitError
        As :func:`coldchain.funds.knapsack.divide`.
    """
    table = _Table(curves, rules)
    problem = table.problem(rules.fund_cny)
    best = divide(problem, time_limit_s=rules.time_limit_s)
    more = divide(table.problem(rules.fund_cny * (1 + MORE)), time_limit_s=rules.time_limit_s)
    splits = _splits(curves, rules)
    choices = {name: table.within(share * rules.fund_cny) for name, share in splits.items()}
    free = divide(_Table(curves, without_rules(rules)).problem(rules.fund_cny), time_limit_s=rules.time_limit_s)
    rows = {"best": table.rows[best.choice], **choices}
    compared = pd.DataFrame([table.summed(name, chosen, rules) for name, chosen in rows.items()])
    counties = table.told(table.rows[best.choice], choices)
    facts = {
        "fund_cny": rules.fund_cny, "minimise": rules.minimise, "counties": len(counties), "points": len(table.points),
        "value": best.value, "bound": best.bound, "gap": best.gap, "proved": best.gap <= 1e-9,
        "spent_cny": float(counties["fund_cny"].sum()), "saved_t": float(counties["saved_t"].sum()),
        "rules_cost": best.value - free.value,
        "last_million": best.price * MILLION, **_margin(table, best), "tenth_more": _tenth(table, best, more),
    }  # fmt: skip
    return Allocation(counties, compared, facts)


class _Table:
    """The points with what the fund pays for each, and which of them the rules allow."""

    def __init__(self, curves: Curves, rules: FundRules) -> None:
        if rules.minimise not in curves.points or curves.points[rules.minimise].isna().any():
            message = _("--minimise {name}: the sweeps do not hold this figure for every point")
            raise UsageError(message.format(name=rules.minimise))
        self.curves, self.rules, self.points = curves, rules, curves.points
        self.owner = self.points["county"].to_numpy(dtype=np.intp)
        self.award = self.points["award_cny"].to_numpy(dtype=np.float64)
        self.matching = self._matching()
        self.money = self.award * (1.0 - self.matching[self.owner])
        self.loss = self.points[rules.minimise].to_numpy(dtype=np.float64)
        payable = self.award * self.matching[self.owner] <= self._own_money()[self.owner] + CENT_CNY
        self.payable = payable | self._least(self.money)
        self.rows = np.flatnonzero(self._allowed())

    def problem(self, fund: float) -> FundProblem:
        """State the division of a fund."""
        rows = self.rows
        return FundProblem(self.owner[rows], self.money[rows], self.award[rows], self.loss[rows], fund, self._favours())

    def within(self, most: Floats) -> Indices:
        """Return each county's best payable point within what it is given, whatever the other rules."""
        fits = self.payable & (self.money <= most[self.owner] + CENT_CNY)
        fits |= self._least(self.money)
        order = np.lexsort((self.money, np.where(fits, self.loss, np.inf), self.owner))
        return np.asarray(order[np.searchsorted(self.owner, np.arange(len(self.curves.counties)))])

    def summed(self, name: str, chosen: Indices, rules: FundRules) -> dict[str, Any]:
        """Sum up a division."""
        before = self.curves.counties["before_loss_t"].to_numpy()
        saved = float((before - self.points["loss_t"].to_numpy()[chosen]).sum())
        spent = float(self.money[chosen].sum())
        return {
            "division": name, "fund_cny": rules.fund_cny, "spent_cny": spent,
            "counties_awarded": int((self.award[chosen] > 0).sum()), rules.minimise: float(self.loss[chosen].sum()),
            "saved_t": saved, "saved_t_per_million": saved / (spent / MILLION) if spent else 0.0,
            "saved_t_per_million_of_fund": saved / (rules.fund_cny / MILLION) if rules.fund_cny else 0.0,
        }  # fmt: skip

    def told(self, chosen: Indices, choices: Mapping[str, Indices]) -> pd.DataFrame:
        """Return one row a county."""
        counties = self.curves.counties.copy()
        picked = self.points.iloc[chosen].reset_index(drop=True)
        counties["award_cny"] = picked["award_cny"]
        counties["fund_cny"] = self.money[chosen]
        counties["own_cny"] = picked["award_cny"] - counties["fund_cny"]
        counties["budget_cny"] = picked["budget_cny"]
        for name in ("loss_t", "loss_cny", "annual_cny", "loss_rate", "coverage"):
            if name in picked:
                counties[name] = picked[name]
        counties["saved_t"] = counties["before_loss_t"] - counties["loss_t"]
        paid = counties["fund_cny"].where(counties["fund_cny"] > 0)
        counties["saved_t_per_million"] = counties["saved_t"] / (paid / MILLION)
        steps = [self._next(int(row)) for row in chosen]
        counties["next_step_cny"] = [step[0] for step in steps]
        counties["next_step_saves"] = [step[1] for step in steps]
        for name, other in choices.items():
            counties[f"{name}_cny"] = self.money[other]
            counties[f"{name}_saved_t"] = counties["before_loss_t"] - self.points["loss_t"].to_numpy()[other]
        return counties

    def _next(self, row: int) -> tuple[float, float]:
        """Return the step up that saves most for its money: CNY, and units of what is minimised; NaN at the top."""
        above = self.rows[(self.owner[self.rows] == self.owner[row]) & (self.loss[self.rows] < self.loss[row])]
        above = above[self.money[above] > self.money[row]]
        if not len(above):
            return float("nan"), float("nan")
        worth = (self.loss[row] - self.loss[above]) / (self.money[above] - self.money[row])
        best = above[int(np.argmax(worth))]
        return float(self.money[best] - self.money[row]), float(self.loss[row] - self.loss[best])

    def last_step(self, row: int) -> float:
        """Return what the cheapest way down from a point would lose a million, at least; inf at the bottom."""
        below = self.rows[(self.owner[self.rows] == self.owner[row]) & (self.money[self.rows] < self.money[row])]
        if not len(below):
            return float("inf")
        return float(((self.loss[below] - self.loss[row]) / (self.money[row] - self.money[below])).min() * MILLION)

    def _allowed(self) -> Bools:
        rules, top = self.rules, self._most(self.award, self.payable)
        allowed = self.payable & (self.award >= np.minimum(rules.floor_cny, top)[self.owner] - CENT_CNY)
        cap = min(rules.cap_cny, rules.max_share * rules.fund_cny)
        allowed &= self.money <= cap + CENT_CNY
        if rules.coverage > 0:
            coverage = self.points["coverage"].to_numpy(dtype=np.float64)
            if np.isnan(coverage).any():
                raise UsageError(_("--coverage: the sweeps do not hold the coverage of every point"))
            reach = self._most(coverage, self.payable & (self.money <= cap + CENT_CNY))
            allowed &= coverage >= np.minimum(rules.coverage, reach)[self.owner] - 1e-9
        lost = sorted(set(range(len(self.curves.counties))) - set(self.owner[allowed].tolist()))
        if lost:
            name = self.curves.counties["name"].iloc[lost[0]]
            message = _("no budget of {name} keeps floor, cap and coverage together (counties like it: {count})")
            raise UsageError(message.format(name=name, count=len(lost)))
        return np.asarray(allowed)

    def _least(self, values: Floats) -> Bools:
        first = np.full(len(self.curves.counties), np.inf)
        np.minimum.at(first, self.owner, values)
        return np.asarray(values <= first[self.owner])

    def _most(self, values: Floats, among: Bools) -> Floats:
        top = np.full(len(self.curves.counties), -np.inf)
        np.maximum.at(top, self.owner[among], values[among])
        return top

    def _matching(self) -> Floats:
        names = self.curves.counties["name"]
        if unknown := sorted(set(self.rules.matching_of) - set(names)):
            raise UsageError(_("matching money of {name}: there is no such county").format(name=unknown[0]))
        return np.array([self.rules.matching_of.get(name, self.rules.matching) for name in names], dtype=np.float64)

    def _own_money(self) -> Floats:
        if not self.rules.own_money:
            return np.full(len(self.curves.counties), np.inf)
        return column(self.curves, self.rules.own_money, "--own-money")

    def _favours(self) -> tuple[Favour, ...]:
        if not self.rules.favoured:
            return ()
        if self.rules.groups not in self.curves.counties:
            message = _("{option} {name}: the table has no such column")
            raise UsageError(message.format(option="--groups", name=self.rules.groups))
        group = self.curves.counties[self.rules.groups].astype(str)
        if unknown := sorted(set(self.rules.favoured) - set(group)):
            message = _("--favour {name}: no county has this in the column {column}")
            raise UsageError(message.format(name=unknown[0], column=self.rules.groups))
        return tuple(
            Favour(name, np.flatnonzero((group == name).to_numpy()), share)
            for name, share in self.rules.favoured.items()
        )


def column(curves: Curves, name: str, option: str) -> Floats:
    """Return a column of numbers of the counties, not negative.

    Raises
    ------
    UsageError
        When it is not there, or a cell is none.
    """
    if name not in curves.counties:
        raise UsageError(_("{option} {name}: the table has no such column").format(option=option, name=name))
    values = pd.to_numeric(curves.counties[name], errors="coerce").to_numpy(dtype=np.float64)
    if not (values >= 0).all():
        county = curves.counties["name"].iloc[int(np.argmax(~(values >= 0)))]
        message = _("{option} {name}: must be a number of 0 or more for every county; it is not for {county}")
        raise UsageError(message.format(option=option, name=name, county=county))
    return values


def _splits(curves: Curves, rules: FundRules) -> dict[str, Floats]:
    """Return each county's share of the fund under the simple divisions."""
    weights = {"equal": np.ones(len(curves.counties)), "production": column(curves, "harvest_t", _("by production"))}
    if rules.population:
        weights["population"] = column(curves, rules.population, "--population")
    return {f"by_{name}" if name != "equal" else name: weight / max(weight.sum(), 1e-9)
            for name, weight in weights.items()}  # fmt: skip


def _margin(table: _Table, best: ChosenPoints) -> dict[str, Any]:
    """Name the county whose award saves least for its last step, and the one that would save most with the next."""
    names = table.curves.counties["name"]
    chosen = table.rows[best.choice]
    last = np.array([table.last_step(int(row)) for row in chosen])
    steps = np.array([table._next(int(row)) for row in chosen])  # noqa: SLF001
    worth = steps[:, 1] / steps[:, 0] * MILLION
    told: dict[str, Any] = {"last_in": None, "next_in": None}
    if np.isfinite(last).any():
        n = int(np.argmin(last))
        told["last_in"] = {"county": names.iloc[n], "saves_per_million": float(last[n])}
    if np.isfinite(worth).any():
        n = int(np.nanargmax(worth))
        told["next_in"] = {
            "county": names.iloc[n], "saves_per_million": float(worth[n]), "step_cny": float(steps[n, 0]),
        }  # fmt: skip
    return told


def _tenth(table: _Table, best: ChosenPoints, more: ChosenPoints) -> dict[str, Any]:
    """Say what a tenth more fund does."""
    before, after = table.rows[best.choice], table.rows[more.choice]
    loss_t = table.points["loss_t"].to_numpy()
    return {
        "fund_cny": table.rules.fund_cny * (1 + MORE),
        "spent_more_cny": float(table.money[after].sum() - table.money[before].sum()),
        "saves": float(best.value - more.value),
        "saves_t": float(loss_t[before].sum() - loss_t[after].sum()),
        "counties_changed": int((before != after).sum()),
    }


def without_rules(rules: FundRules) -> FundRules:
    """Return the same fund without floors, caps and favours, to see what they cost."""
    return replace(rules, floor_cny=0.0, cap_cny=float("inf"), max_share=1.0, coverage=0.0, favoured={})
