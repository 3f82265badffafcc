"""Forecasts as they would have been made at past origins: what backtest and intervals are computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import UsageError
from coldchain.forecasts.boosted import boosted
from coldchain.forecasts.models import COMBINED, MEMBERS, MODELS, Model
from coldchain.forecasts.panel import SEASONS_NEEDED, Panel
from coldchain.language import _

BOOSTED = "lightgbm"
MOST_ORIGINS = 40
"""Past origins at most, evenly over time: long series in short steps would cost more and tell no more."""
LEAST_MOVE = 1e-4
"""Mean move of a step, in logarithms, below which a series counts as moving that much: its price has four digits."""
SHARE_INSIDE = 0.8
"""Share of values to come that an interval is meant to hold."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Forecasts of every model from past origins.

    Attributes
    ----------
    y : float64[steps, series], logarithms of the values
    ahead : model -> origin -> float64[horizon, series], logarithms; an origin is the number of steps known
    """

    y: Floats
    season: int
    horizon: int
    ahead: Mapping[str, Mapping[int, Floats]]

    @property
    def origins(self) -> list[int]:
        """Origins from which every series has two seasons behind and the whole horizon before it."""
        made = next(iter(self.ahead.values()))
        steps = len(self.y)
        return [o for o in made if o >= SEASONS_NEEDED * self.season and o + self.horizon <= steps]

    def half_width(self, model: str, origin: int) -> Floats:
        """Return half the width of intervals from an origin, in logarithms: float64[horizon, series].

        Split-conformal: the quantile of past absolute errors, each over the volatility of its series (half its own,
        half that of all), at the share ``0.8·(1 + 1/k)`` of the k past origins: within one month errors of many
        series go together, so origins count, not series. Only origins whose outcome was known are used. NaN when
        there is none.
        """
        volatility = self._volatility(origin)
        width = np.full((self.horizon, self.y.shape[1]), np.nan)
        for h in range(self.horizon):
            past = [o for o in self.ahead[model] if o + h < origin]
            missed = [np.abs(self.y[o + h] - self.ahead[model][o][h]) for o in past]
            errors = np.array(missed).reshape(len(past), len(volatility)) / volatility
            if np.isfinite(errors).any():
                share = min(1.0, SHARE_INSIDE * (1.0 + 1.0 / len(past)))
                width[h] = np.nanquantile(errors, share) * volatility
        return width

    def _volatility(self, origin: int) -> Floats:
        """Return the mean absolute move of each series, half-way in logarithms to that of all."""
        moves = np.abs(np.diff(self.y[:origin], axis=0))
        mean = max(float(np.nanmean(moves)), LEAST_MOVE)
        own = np.nansum(moves, axis=0) / np.maximum(np.isfinite(moves).sum(axis=0), 1)
        return np.asarray(np.sqrt(np.maximum(own, LEAST_MOVE) * mean))


def models_of(*, trees: bool) -> dict[str, Model]:
    """Return the models that are fitted, by name; `combined` is their members' mean."""
    return {**MODELS, BOOSTED: boosted} if trees else dict(MODELS)


def forecasts(y: Floats, season: int, horizon: int, *, trees: bool) -> dict[str, Floats]:
    """Return the forecast of every model in logarithms, the combined one last."""
    found = {name: model(y, season, horizon) for name, model in models_of(trees=trees).items()}
    members = (*MEMBERS, BOOSTED) if trees else MEMBERS
    return {**found, COMBINED: np.mean([found[name] for name in members], axis=0)}


def try_out(panel: Panel, horizon: int, *, trees: bool = False) -> Trials:
    """Forecast from past origins with what was known then.

    Raises
    ------
    UsageError
        When the horizon is longer than a season.
    """
    season = panel.step.season
    if not 1 <= horizon <= season:
        message = _("the horizon must be from 1 to {season} steps, one season; got {horizon}")
        raise UsageError(message.format(season=season, horizon=horizon))
    y = np.log(panel.values)
    first, steps = season + 1 + horizon, len(y)
    stride = max(1, ceil((steps - first) / MOST_ORIGINS))
    origins = sorted(range(steps - 1, first - 1, -stride))
    made = {origin: forecasts(y[:origin], season, horizon, trees=trees) for origin in origins}
    names = (*models_of(trees=trees), COMBINED)
    return Trials(y, season, horizon, {name: {origin: made[origin][name] for origin in origins} for name in names})
