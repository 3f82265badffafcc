"""Boosted trees over all series, the extra ``coldchain[forecast]``: LightGBM on the terms of the pooled regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import MissingExtraError
from coldchain.forecasts.models import rows_of, series_weights, terms_at
from coldchain.language import _

ROUNDS = 100
SETTINGS: dict[str, Any] = {
    "objective": "l1", "learning_rate": 0.07, "num_leaves": 7, "min_data_in_leaf": 30, "num_threads": 1, "seed": 0,
    "deterministic": True, "force_row_wise": True, "verbosity": -1,
}  # fmt: skip
"""Small trees: a county has thousands of rows, not millions."""


def boosted(y: Floats, season: int, horizon: int) -> Floats:
    """Return the forecast of boosted trees, a forest for each step ahead.

    Raises
    ------
    MissingExtraError
        When LightGBM is not installed.
    """
    try:
        import lightgbm
    except ImportError:
        raise MissingExtraError(_("boosted trees need LightGBM: pip install 'coldchain[forecast]'")) from None
    weights = series_weights(y, season)
    ahead = np.empty((horizon, y.shape[1]))
    last = np.array([len(y) - 1])
    for h in range(1, horizon + 1):
        terms, change, weight = rows_of(y, season, h, weights)
        rows = lightgbm.Dataset(terms[:, :-1], change, weight=weight)
        forest = lightgbm.train(SETTINGS, rows, ROUNDS)
        ahead[h - 1] = y[-1] + forest.predict(terms_at(y, last, season, h)[0][:, :-1])
    return ahead
