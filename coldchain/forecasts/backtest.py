"""How well each model would have forecast: rolling origins, chosen on the first half of them, judged on the second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault, grouped
from coldchain.forecasts.models import COMBINED, seasonal_error
from coldchain.forecasts.panel import SEASONS_NEEDED, Panel, Unmodelled
from coldchain.forecasts.trials import Trials, try_out
from coldchain.language import _

SCHEMA = "coldchain.forecast-backtest/1"
BEYOND_CHANCE = 2.0
"""Standard errors over origins by which one model must beat the combined one to be the default in its place."""
FEWEST_ORIGINS = 3
"""Origins below which nothing is chosen: the combined model is the default."""


@dataclass(frozen=True)
class Score:
    """MASE over series and origins: the absolute error in units of the seasonal naive's error in the past."""

    mean: float
    median: float


@dataclass(frozen=True)
class Part:
    """Scores over some origins.

    Attributes
    ----------
    coverage_80 : share of values that lay inside the 80 % intervals of the default
    """

    origins: int
    mase: Mapping[str, Score]
    coverage_80: float

    def as_dict(self) -> dict[str, Any]:
        """Return the part as printed."""
        scores = {name: {"mean": _short(one.mean), "median": _short(one.median)} for name, one in self.mase.items()}
        return {"origins": self.origins, "mase": scores, "coverage_80": _short(self.coverage_80)}


@dataclass(frozen=True)
class Backtest:
    """A backtest by rolling origin.

    Attributes
    ----------
    whole, chosen_on, judged_on : scores over all origins, over the first half on which the default was chosen, and
        over the second half
    default : the model that forecasts are made with
    """

    series: int
    step: str
    horizon: int
    default: str
    whole: Part
    chosen_on: Part
    judged_on: Part
    unmodelled: tuple[Unmodelled, ...]
    faults: tuple[Fault, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        return {
            "schema": SCHEMA,
            "series": self.series,
            **self.whole.as_dict(),
            "step": self.step,
            "horizon": self.horizon,
            "default": self.default,
            "chosen_on": self.chosen_on.as_dict(),
            "judged_on": self.judged_on.as_dict(),
            "unmodelled": [vars(one) for one in self.unmodelled],
            "warnings": [str(group) for group in grouped(self.faults)],
        }


def _short(value: float) -> float:
    return round(value, 6)


def backtest(
    panel: Panel, horizon: int, *, file: str = "", trees: bool = False, faults: Sequence[Fault] = ()
) -> Backtest:
    """Forecast from every past origin with what was known then, and compare with what came.

    Parameters
    ----------
    horizon : steps ahead, each counted
    file : named in faults
    trees : try boosted trees too, and count them among the combined
    faults : warnings found before, to be listed with the others

    Raises
    ------
    BadInputError
        When no series is long enough: two seasons and the horizon.
    """
    needed = SEASONS_NEEDED * panel.step.season + horizon
    if not panel.names or len(panel.values) < needed:
        raise BadInputError([*_too_short(panel, file, needed), *faults])
    trials = try_out(panel, horizon, trees=trees)
    origins = trials.origins
    default = chosen(trials, origins[: len(origins) // 2])
    half = len(origins) // 2
    whole, earlier, later = (_part(trials, default, some) for some in (origins, origins[:half], origins[half:]))
    return Backtest(
        len(panel.names),
        panel.step,
        horizon,
        default,
        whole,
        earlier,
        later,
        panel.unmodelled,
        (*faults, *panel.faults),
    )


def _too_short(panel: Panel, file: str, needed: int) -> list[Fault]:
    message = _("no series has {needed} values in a row up to the last date; a backtest needs them")
    short = Fault(file, None, "", "", message.format(needed=needed), "too-little-data")
    return [short, *(Fault(file, None, "series", one.series, one.reason, "unmodelled") for one in panel.unmodelled)]


def errors_at(trials: Trials, model: str, origin: int) -> Floats:
    """Return MASE of each series from one origin; NaN where a series is too short then, or never changed."""
    level, ahead = np.exp(trials.y), np.exp(trials.ahead[model][origin])
    unit = seasonal_error(level[:origin], trials.season)
    enough = np.isfinite(level[:origin]).sum(axis=0) >= SEASONS_NEEDED * trials.season
    error = np.abs(ahead - level[origin : origin + trials.horizon]).mean(axis=0)
    return np.where(enough, error / unit, np.nan)


def chosen(trials: Trials, origins: Sequence[int]) -> str:
    """Return the default: the combined model, unless one beat it at these origins beyond chance."""
    if len(origins) < FEWEST_ORIGINS:
        return COMBINED
    by_origin = {name: np.array([_mean(errors_at(trials, name, o)) for o in origins]) for name in trials.ahead}
    margin = {}
    for name, errors in by_origin.items():
        better = by_origin[COMBINED] - errors
        margin[name] = better.mean() - BEYOND_CHANCE * better.std(ddof=1) / np.sqrt(len(origins))
    best = max(margin, key=lambda name: (margin[name], name == COMBINED))
    return best if margin[best] > 0.0 else COMBINED


def _part(trials: Trials, default: str, origins: Sequence[int]) -> Part:
    errors = {name: np.array([errors_at(trials, name, o) for o in origins]) for name in trials.ahead}
    scores = {name: Score(_mean(one), _median(one)) for name, one in errors.items()}
    return Part(len(origins), scores, coverage(trials, default, origins))


def coverage(trials: Trials, model: str, origins: Sequence[int]) -> float:
    """Return the share of values that lay inside the intervals given before they came."""
    inside = []
    for origin in origins:
        width = trials.half_width(model, origin)
        miss = np.abs(trials.y[origin : origin + trials.horizon] - trials.ahead[model][origin])
        known = np.isfinite(width) & np.isfinite(miss)
        inside += (miss <= width)[known].tolist()
    return _mean(np.array(inside, dtype=np.float64))


def _mean(values: Floats) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _median(values: Floats) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")
