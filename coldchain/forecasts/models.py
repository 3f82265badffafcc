"""Models of many series at once: two that need no fitting, three that learn from all series together, and their mean.

All work on logarithms ``y``; ``m`` is the season, ``i`` the last step known, ``h`` the steps ahead::

    naive            y[i]
    seasonal_naive   y[i-m+h]
    gap              y[i-m+h] + φ^h · (y[i] - y[i-m])
    mean_season      a[i-m+h] + φ^h · (y[i] - a[i-m]),   a[j] the mean of y[j], y[j-m], y[j-2m] …
    pooled           y[i] + b1·(y[i] - y[i-m]) + b2·(y[i-m+h] - y[i-m]) + b3·(y[i] - y[i-1]) + b4
    combined         mean of gap, mean_season and pooled, and of boosted trees where they are asked for

``φ`` and the ``b`` of each ``h`` are those with the least absolute error over all series and past steps, each series
weighted by its level over its own error of the seasonal naive: errors count as the score, MASE (Hyndman & Koehler 2006,
doi 10.1016/j.ijforecast.2006.03.001), counts them. Why the mean: Bates & Granger 1969, doi 10.1057/jors.1969.103.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coldchain.arrays import Floats, Indices

Model = Callable[[Floats, int, int], Floats]
"""Logarithms float64[steps, series] up to an origin, season and horizon to logarithms float64[horizon, series]."""
DECAYS = np.linspace(0.0, 1.0, 21)
"""Values of φ that are tried."""
SWEEPS = 20
"""Weighted least squares in a row that turn squares into absolute errors; more change no third digit."""
LEAST_RESIDUAL = 0.01
"""Residuals, in logarithms, below which a row does not weigh more: 1 %."""
RIDGE = 1.0
"""Weight of coefficients of zero: as much as one row; it decides only where there are hardly any rows."""
HEAVIEST = 5.0
"""Weight of a series at most, in means of all: one that hardly moves must not decide for the others."""


def naive(y: Floats, season: int, horizon: int) -> Floats:
    """Return the last value."""
    del season
    return np.repeat(y[-1:], horizon, axis=0)


def seasonal_naive(y: Floats, season: int, horizon: int) -> Floats:
    """Return the values of a season ago."""
    return last_season(y, season, horizon)


def last_season(y: Floats, season: int, horizon: int) -> Floats:
    """Return the values of the steps ahead, as they were a season ago."""
    ahead = np.arange(horizon) % season
    return np.asarray(y[len(y) - season + ahead])


def gap(y: Floats, season: int, horizon: int) -> Floats:
    """Return the last season and a shrinking part of what the last value lies above it."""
    return _above(y, y, season, horizon)


def mean_season(y: Floats, season: int, horizon: int) -> Floats:
    """Return the mean of all seasons and a shrinking part of what the last value lies above it."""
    return _above(y, means_of_seasons(y, season), season, horizon)


def means_of_seasons(y: Floats, season: int) -> Floats:
    """Return the mean of each step and of the steps whole seasons before it, of those that are known.

    Examples
    --------
    >>> means_of_seasons(np.array([[1.0], [2.0], [3.0], [6.0], [8.0]]), 2).ravel().tolist()
    [1.0, 2.0, 2.0, 4.0, 4.0]
    """
    total, count = np.nan_to_num(y), np.isfinite(y) * 1.0
    for at in range(season, len(y)):
        total[at] += total[at - season]
        count[at] += count[at - season]
    return np.where(count > 0.0, total / np.maximum(count, 1.0), np.nan)


def _above(y: Floats, usual: Floats, season: int, horizon: int) -> Floats:
    """Return what is usual a season before and a shrinking part, learned from all series, of what lies above it."""
    weights = series_weights(y, season)
    cost = np.zeros(len(DECAYS))
    level = np.exp(y)
    for h in range(1, horizon + 1):
        at = np.arange(season, len(y) - h)
        above = y[at] - usual[at - season]
        for n, decay in enumerate(DECAYS):
            error = np.abs(np.exp(usual[at - season + h] + decay**h * above) - level[at + h]) / level[at + h]
            cost[n] += np.nansum(error * weights)
    powers = DECAYS[int(np.argmin(cost))] ** np.arange(1, horizon + 1)
    return np.asarray(last_season(usual, season, horizon) + powers[:, None] * (y[-1] - usual[-1 - season]))


def pooled(y: Floats, season: int, horizon: int) -> Floats:
    """Return the forecast of one regression for each step ahead, fitted on all series."""
    weights = series_weights(y, season)
    ahead = np.empty((horizon, y.shape[1]))
    for h in range(1, horizon + 1):
        terms, change, weight = rows_of(y, season, h, weights)
        found = least_absolute(terms, change, weight)
        ahead[h - 1] = y[-1] + terms_at(y, np.array([len(y) - 1]), season, h)[0] @ found
    return ahead


def terms_at(y: Floats, at: Indices, season: int, h: int) -> Floats:
    """Return float64[at, series, 4]: above last season, its move over h steps, the last move, and one."""
    last = y[at - season]
    return np.stack([y[at] - last, y[at - season + h] - last, y[at] - y[at - 1], np.ones_like(last)], axis=2)


def rows_of(y: Floats, season: int, h: int, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return terms float64[rows, 4], change over h steps and weight of every step of every series that is known."""
    at = np.arange(season, len(y) - h)
    terms, change = terms_at(y, at, season, h), y[at + h] - y[at]
    known = np.isfinite(terms).all(axis=2) & np.isfinite(change)
    return terms[known], change[known], np.broadcast_to(weights, change.shape)[known]


def least_absolute(terms: Floats, change: Floats, weight: Floats) -> Floats:
    """Return coefficients of least weighted absolute error, by iterated weighted least squares.

    Examples
    --------
    >>> line = np.column_stack([np.arange(101.0), np.ones(101)])
    >>> target = 3.0 * np.arange(101.0)
    >>> target[50] = 1e6
    >>> bool(abs(least_absolute(line, target, np.ones(101))[0] - 3.0) < 0.01)
    True
    """
    held = RIDGE * np.eye(terms.shape[1])
    row_weight = weight
    found: Floats = np.zeros(terms.shape[1])
    for _sweep in range(SWEEPS):
        heavy = terms * row_weight[:, None]
        found = np.asarray(np.linalg.solve(heavy.T @ terms + held, heavy.T @ change), dtype=np.float64)
        row_weight = weight / np.maximum(np.abs(change - terms @ found), LEAST_RESIDUAL)
    return found


def seasonal_error(level: Floats, season: int) -> Floats:
    """Return the mean absolute change over a season of each series: the unit of MASE; NaN where there is none."""
    change = np.abs(level[season:] - level[:-season])
    count = np.isfinite(change).sum(axis=0)
    total = np.nansum(change, axis=0)
    unit = total / np.maximum(count, 1)
    return np.where((count > 0) & (unit > 0.0), unit, np.nan)


def series_weights(y: Floats, season: int) -> Floats:
    """Return how much a relative error of each series counts: its level over its seasonal error, of mean one."""
    level = np.exp(y)
    known = np.isfinite(level)
    mean = np.where(known, level, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    ratio = mean / seasonal_error(level, season)
    sound = np.isfinite(ratio)
    if not sound.any():
        return np.ones(y.shape[1])
    weights = np.where(sound, ratio / ratio[sound].mean(), 0.0)
    return np.minimum(weights, HEAVIEST)


MODELS: dict[str, Model] = {
    "naive": naive, "seasonal_naive": seasonal_naive, "gap": gap, "mean_season": mean_season, "pooled": pooled,
}  # fmt: skip
MEMBERS = ("gap", "mean_season", "pooled")
"""The models whose mean is `combined`."""
COMBINED = "combined"
