"""What a week will bring, by village and crop: the plan's season, scaled by what came of it so far.

With ``P`` the plan's tonnes of a village and crop in a week of its season and ``D`` what came, the level of a crop is
``L = (A·P + Σ w·D) / (A·P + Σ w·P)``, sums over villages and past weeks, each weighing ``DECAY`` of the next; a
village's own level stands on that of the crop in the same way, with ``B`` weeks in place of ``A``. Both are means of a
gamma prior and what was seen: the plan's figure stands without deliveries, and for villages and crops without a row.
Where the room of forecasts can forecast a
crop from three seasons and the weather, its total stands in place of ``L``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.errors import BadInputError
from coldchain.forecasts import Weather, forecast_harvest
from coldchain.forecasts.deliveries import Deliveries
from coldchain.model import Scenario
from coldchain.weeks.calendar import periods_in, span_of
from coldchain.weeks.deliveries import Past

CROP_WEEKS, VILLAGE_WEEKS = 1.0, 3.0
"""Weeks of the plan that the past of a crop, and of a village, is weighed against."""
DECAY = 0.7
"""Weight of a week against the next: the share by which a gap to the season lasts (see docs/forecast.md)."""
FEWEST = 1e-9
Basis = Literal["plan", "deliveries", "seasons"]


@dataclass(frozen=True, eq=False)
class Expected:
    """Tonnes of a week.

    Attributes
    ----------
    tonnes : float64[villages, commodities]; planned : the same of the plan's season
    basis : of each commodity, what the figure rests on
    low_t, high_t : 80 % intervals of the crop's total, NaN where none can be given
    """

    tonnes: Floats
    planned: Floats
    basis: tuple[Basis, ...]
    low_t: Floats
    high_t: Floats


def planned_t(scenario: Scenario, week: int) -> Floats:
    """Return what the plan's season brings in a week, float64[villages, commodities]; nothing outside all seasons."""
    if not periods_in(scenario.periods, week):
        return np.zeros(scenario.harvest_t.shape[:2])
    span = span_of(scenario.periods, week)
    return np.asarray(scenario.harvest_t[:, :, span.period] * span.share(), dtype=np.float64)


def expected(scenario: Scenario, past: Past, week: int, weather: Weather | None = None) -> Expected:
    """Return what a week will bring."""
    plan = planned_t(scenario, week)
    crops = plan.shape[1]
    low, high = np.full(crops, np.nan), np.full(crops, np.nan)
    basis: list[Basis] = ["plan"] * crops
    if not past.weeks:
        return Expected(plan, plan, tuple(basis), low, high)
    known = np.outer(past.recorded.any(axis=1), past.recorded.any(axis=0)) if past.recorded.size else np.True_
    before = np.array([planned_t(scenario, one) * known for one in past.weeks])
    weight = DECAY ** (week - 1 - np.array(past.weeks))
    came, meant = (np.einsum("w,wvc->vc", weight, one) for one in (past.tonnes, before))
    level = _level(came.sum(axis=0), meant.sum(axis=0), CROP_WEEKS * plan.sum(axis=0))
    tonnes = plan * level * _level(came, meant * level, VILLAGE_WEEKS * plan * level)
    new = (plan <= FEWEST) & (came > 0.0)
    tonnes = np.where(new, came / (VILLAGE_WEEKS + weight.sum()), tonnes)
    basis = ["deliveries" if one else "plan" for one in _seen(came, meant)]
    for crop, (total, least, most) in _by_season(scenario, past, week, weather).items():
        if tonnes[:, crop].sum() > FEWEST:
            tonnes[:, crop] *= total / tonnes[:, crop].sum()
            basis[crop], low[crop], high[crop] = "seasons", least, most
    return Expected(tonnes, plan, tuple(basis), low, high)


def _level(came: Floats, meant: Floats, prior: Floats) -> Floats:
    """Return the ratio of what came to what was meant, drawn to 1 by so many tonnes of the plan."""
    below = prior + meant
    return np.where(below > FEWEST, (prior + came) / np.where(below > FEWEST, below, 1.0), 1.0)


def _seen(came: Floats, meant: Floats) -> Bools:
    return np.asarray(came.sum(axis=0) + meant.sum(axis=0) > FEWEST)


def _by_season(scenario: Scenario, past: Past, week: int, weather: Weather | None) -> dict[int, Floats]:
    """Return total, low and high of the crops that can be forecast from their seasons."""
    if weather is None:
        return {}
    names = tuple(crop.id for crop in scenario.commodities)
    totals = np.zeros((past.weeks[-1] - past.weeks[0] + 1, len(names)))
    totals[np.array(past.weeks) - past.weeks[0]] = past.tonnes.sum(axis=1)
    try:
        outlook = forecast_harvest(Deliveries("", past.weeks[0], names, totals), weather, week - past.weeks[-1])
    except BadInputError:
        return {}  # too few seasons, or other years: the level so far stands
    last = outlook.table.groupby("series").last()[["value", "low_80", "high_80"]]
    return {names.index(str(crop)): row.to_numpy(dtype=np.float64) for crop, row in last.iterrows()}


def day_shares(past: Past, village: int, days: int) -> Sequence[float]:
    """Return the share of a village's week on each day from Monday: as in the past, evenly where that is not known."""
    row = past.by_day[village] if len(past.by_day) else np.zeros(days)
    return list(row / row.sum()) if row.sum() > 0.0 else [1.0 / days] * days
