"""In which programme year each owner builds: the most worth saved over the years within the pots as they fill up.

max   Σ_{e,t} saved[e]·(T − t)·x[e,t]          saved: a year's bill spared by the depots of owner e, CNY
      Σ_t x[e,t] = 1                            each owner builds once, in years t = 0 … T−1, and works from t + 1
      Σ_{s<=t} Σ_e a[e]·x[e,s] <= Σ_{s<=t} pot[s]    what a year leaves over moves to the next
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from coldchain.arrays import CENT_CNY, Floats, Indices
from coldchain.model import Scenario
from coldchain.planning.awards import Awards, owners_of
from coldchain.planning.basis import Basis
from coldchain.planning.lots import TODAY
from coldchain.runs import schema


def order(award: Floats, saved: Floats, pots: Floats) -> Indices:
    """Choose the year of each owner, exactly.

    Parameters
    ----------
    award, saved : shape (owners,); pots : shape (years,)

    Returns
    -------
    shape (owners,), index of the year

    Examples
    --------
    A pot of 100 a year: the owner that saves more goes first, the other waits; a third needs what both years leave.

    >>> order(np.array([80.0, 80.0, 40.0]), np.array([10.0, 30.0, 5.0]), np.array([100.0, 60.0, 40.0])).tolist()
    [1, 0, 2]
    """
    owners, years = len(award), len(pots)
    if not owners:
        return np.zeros(0, dtype=np.intp)
    worth = np.maximum(saved, 0.0)[:, None] * (years - np.arange(years))[None, :]
    worth = worth - 1e-9 * max(worth.max(), 1.0) * np.arange(years)[None, :]
    once = csr_array(np.kron(np.eye(owners), np.ones(years)))
    until = np.tril(np.ones((years, years)))
    spent = csr_array(np.hstack([a * until for a in award]))
    limits = [
        LinearConstraint(once, 1, 1),
        LinearConstraint(spent, -np.inf, np.cumsum(pots) * (1 + 1e-9) + CENT_CNY / 2),
    ]
    found = milp(
        -worth.ravel(), constraints=limits, integrality=np.ones(owners * years, dtype=np.int64), bounds=Bounds(0, 1)
    )
    if found.x is None:  # the awards fit the pots together, so that building in the last year is always possible
        return np.full(owners, years - 1, dtype=np.intp)
    return np.asarray(np.argmax(found.x.reshape(owners, years), axis=1), dtype=np.intp)


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
    chosen = order(granted.award[builders], saved[builders], pots)
    year = {granted.owners[e]: rule.years[t] for e, t in zip(builders, chosen, strict=True)}
    rows = [
        (granted.owners[e], rule.years[t], granted.capex[e], granted.award[e],
         rule.years[t] + rule.paid_after_years, saved[e])
        for e, t in zip(builders, chosen, strict=True)
    ]  # fmt: skip
    owners = schema.frame("rollout", rows).sort_values(["year", "owner"], kind="stable")
    return owners.reset_index(drop=True), _years(basis, lots, owners, pots), year


def pots_cny(scenario: Scenario) -> Floats:
    """Pot of each programme year, none of them letting the years together pass the budget, shape (years,)."""
    rule = scenario.subsidy
    filled = np.cumsum([rule.pot_by_year_cny.get(str(year), 0.0) for year in rule.years])
    return np.diff(np.minimum(filled, scenario.siting.budget_cny), prepend=0.0)


def _years(basis: Basis, lots: pd.DataFrame, owners: pd.DataFrame, pots: Floats) -> pd.DataFrame:
    """Losses of each year: a lot whose depot does not work yet keeps today's chain."""
    scenario = basis.scenario
    names, owner = owners_of(scenario)
    starts = dict(zip(owners["owner"], owners["year"], strict=True))
    works_from = np.array([starts.get(name, -1) for name in names])[owner]
    site = lots["site"].to_numpy()
    begin = np.where(site == TODAY, -1, works_from[site])
    before = basis.today.loss[lots["village"], lots["commodity"], lots["period"]]
    rows, left = [], 0.0
    for year, pot in zip(scenario.subsidy.years, pots, strict=True):
        now = owners[owners["year"] == year]
        share = np.where(begin < year, lots["loss_share"], before)
        lost = float((lots["tonnes"] * share).sum())
        spent = float(now["award_cny"].sum())
        carried, left = left, left + float(pot) - spent
        rows.append((year, float(pot), carried, spent, left, float(now["investment_cny"].sum()), len(now), lost,
                     lost / max(float(lots["tonnes"].sum()), 1e-9)))  # fmt: skip
    return schema.frame("programme_years", rows)
