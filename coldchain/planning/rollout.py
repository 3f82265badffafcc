"""In which programme year each owner builds: the most worth saved over the years within the pots as they fill up.

max   Σ_{e,t} saved[e]·(T − t)·x[e,t]          saved: a year's bill spared by the depots of owner e, CNY
      Σ_t x[e,t] = 1                            each owner builds once, in years t = 0 … T−1, and works from t + 1
      Σ_{s<=t} Σ_e a[e]·x[e,s] <= Σ_{s<=t} pot[s]    what a year leaves over moves to the next
      Σ_{s<t} Σ_e b[e]·x[e,s] >= least[t]            tonnes to be cooled in time in year t, where the scenario asks it
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from coldchain.arrays import CENT_CNY, Floats, Indices
from coldchain.model import Limit, Scenario
from coldchain.planning.awards import Awards
from coldchain.planning.basis import Basis
from coldchain.planning.coolers import Coolers
from coldchain.planning.lots import cooled_in_time
from coldchain.planning.milestones import Milestone, milestones
from coldchain.runs import schema

SLACK_T = 1e-6


def order(award: Floats, saved: Floats, pots: Floats, asked: Sequence[Milestone] = ()) -> Indices:
    """Choose the year of each owner, exactly; where not all that is asked can be had, the least of it is missed.

    Parameters
    ----------
    award, saved : shape (owners,); pots : shape (years,)
    asked : coverage to be reached in single years

    Returns
    -------
    shape (owners,), index of the year

    Examples
    --------
    A pot of 100 a year: the owner that saves more goes first, the other waits; a third needs what both years leave.

    >>> order(np.array([80.0, 80.0, 40.0]), np.array([10.0, 30.0, 5.0]), np.array([100.0, 60.0, 40.0])).tolist()
    [1, 0, 2]

    Asked for coverage in the second year that only the first owner brings, it goes first.

    >>> asked = Milestone(Limit("coverage_year", "", "2026"), 1, 5.0, 0.0, np.array([9.0, 3.0, 0.0]))
    >>> pots = np.array([100.0, 60.0, 40.0])
    >>> order(np.array([80.0, 80.0, 40.0]), np.array([10.0, 30.0, 5.0]), pots, [asked]).tolist()
    [0, 1, 2]
    """
    owners, years = len(award), len(pots)
    if not owners:
        return np.zeros(0, dtype=np.intp)
    worth = np.maximum(saved, 0.0)[:, None] * (years - np.arange(years))[None, :]
    worth = worth - 1e-9 * max(worth.max(), 1.0) * np.arange(years)[None, :]
    until = np.tril(np.ones((years, years)))
    limits = [
        LinearConstraint(np.kron(np.eye(owners), np.ones(years)), 1, 1),
        LinearConstraint(np.hstack([a * until for a in award]), -np.inf, np.cumsum(pots) * (1 + 1e-9) + CENT_CNY / 2),
    ]
    if asked:
        limits.append(_reached(limits, asked, years))
    found = milp(
        -worth.ravel(), constraints=limits, integrality=np.ones(owners * years, dtype=np.int64), bounds=Bounds(0, 1)
    )
    if found.x is None:  # the awards fit the pots together, so that building in the last year is always possible
        return np.full(owners, years - 1, dtype=np.intp)
    return np.asarray(np.argmax(found.x.reshape(owners, years), axis=1), dtype=np.intp)


def _reached(limits: Sequence[LinearConstraint], asked: Sequence[Milestone], years: int) -> LinearConstraint:
    """Return what is asked as a limit, less the least that has to be missed of it under the other limits."""
    by_then = np.array([np.outer(one.builders_t, np.arange(years) < one.early).ravel() for one in asked])
    least = np.array([one.least_t - one.standing_t for one in asked])
    count, width = by_then.shape
    wide = [LinearConstraint(np.pad(np.asarray(row.A), ((0, 0), (0, count))), row.lb, row.ub) for row in limits]
    whole = np.repeat([1, 0], [width, count])
    found = milp(
        (1 - whole).astype(np.float64),
        constraints=[*wide, LinearConstraint(np.hstack([by_then, np.eye(count)]), least, np.inf)],
        integrality=whole,
        bounds=Bounds(0, np.where(whole > 0, 1.0, np.inf)),
    )
    missed = np.maximum(least, 0.0) if found.x is None else found.x[width:]
    return LinearConstraint(by_then, least - missed - SLACK_T, np.inf)


def late_coverage(basis: Basis, lots: pd.DataFrame, granted: Awards) -> dict[Limit, float]:
    """Return the tonnes by which coverage asked in single years is missed in the best order of building."""
    asked = milestones(basis, lots, granted)
    if not asked:
        return {}
    award = granted.award[granted.builders]
    built = order(award, np.zeros(len(award)), pots_cny(basis.scenario), asked)
    return {one.limit: one.short_t(built) for one in asked}


def rollout(
    basis: Basis, lots: pd.DataFrame, granted: Awards, saved: Floats
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Return the owners with their years, the years with their pots and losses, and owner -> year.

    Parameters
    ----------
    saved : CNY a year spared by each owner's depots, shape (owners,)
    """
    scenario, rule = basis.scenario, basis.scenario.subsidy
    if not rule.years:
        return schema.frame("rollout", []), schema.frame("programme_years", []), {}
    pots = pots_cny(scenario)
    builders = granted.builders
    chosen = order(granted.award[builders], saved[builders], pots, milestones(basis, lots, granted))
    year = {granted.owners[e]: rule.years[t] for e, t in zip(builders, chosen, strict=True)}
    rows = [
        (granted.owners[e], rule.years[t], granted.capex[e], granted.award[e],
         rule.years[t] + rule.paid_after_years + rule.loan_years * (rule.kind == "loan_interest"), saved[e])
        for e, t in zip(builders, chosen, strict=True)
    ]  # fmt: skip
    owners = schema.frame("rollout", rows).sort_values(["year", "owner"], kind="stable")
    return owners.reset_index(drop=True), _years(basis, lots, owners, pots, granted), year


def pots_cny(scenario: Scenario) -> Floats:
    """Pot of each programme year, none of them letting the years together pass the budget, shape (years,)."""
    rule = scenario.subsidy
    filled = np.cumsum([rule.pot_by_year_cny.get(str(year), 0.0) for year in rule.years])
    return np.diff(np.minimum(filled, scenario.siting.budget_cny), prepend=0.0)


def _years(basis: Basis, lots: pd.DataFrame, owners: pd.DataFrame, pots: Floats, granted: Awards) -> pd.DataFrame:
    """Losses of each year: what no depot or mobile unit works for yet keeps today's chain."""
    scenario = basis.scenario
    starts = dict(zip(owners["owner"], owners["year"], strict=True))
    works_from = np.array([starts.get(name, -1) for name in granted.owners])
    coolers = Coolers.of(basis, lots, granted.units)
    before = basis.today.loss[lots["village"], lots["commodity"], lots["period"]]
    in_time, harvest = lots["tonnes"] * cooled_in_time(basis, lots), max(float(lots["tonnes"].sum()), 1e-9)
    rows, left = [], 0.0
    for year, pot in zip(scenario.subsidy.years, pots, strict=True):
        now = owners[owners["year"] == year]
        working = coolers.working(works_from < year)
        share = before + working * (lots["loss_share"].to_numpy() - before)
        lost = float((lots["tonnes"] * share).sum())
        spent = float(now["award_cny"].sum())
        carried, left = left, left + float(pot) - spent
        rows.append((year, float(pot), carried, spent, left, float(now["investment_cny"].sum()), len(now), lost,
                     lost / harvest, float((in_time * working).sum()) / harvest))  # fmt: skip
    return schema.frame("programme_years", rows)
