"""Harvest by crop and week: how far the season has come, by degree-days or by the calendar, and what is in already.

Of each past season the clock (degree-days or weeks since the turn of the harvest year) at which each share of its
harvest was in is noted; their mean is the curve ``F(clock)``. With ``n`` t in so far at share ``F`` of the season, and
``P`` the mean harvest of past seasons, a season is expected to bring ``T = (1 - F)·P + n``, and a week
``T·(F(end) - F(begin))``. Weather to come is that of a normal year. The clock of each crop is the one that would have
done better, each season forecast from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Ints
from coldchain.errors import BadInputError, Fault, grouped
from coldchain.forecasts.deliveries import Deliveries, HarvestSeason, seasons_of
from coldchain.forecasts.outlook import SIGNIFICANT, Outlook
from coldchain.forecasts.panel import Unmodelled
from coldchain.forecasts.weather import BASE_C, WEEKS, Weather, week_label, week_of_year
from coldchain.language import _, plural

SCHEMA = "coldchain.harvest-backtest/1"
FEWEST_SEASONS = 3
"""Past seasons below which a crop is not forecast: two to learn from when the third is tried."""
SHARES = np.linspace(0.0, 1.0, 41)
INSIDE = 0.8
LEAST_SIZE = 0.05
"""Share of the peak week of a mean season by which every forecast counts as larger where its error is judged."""
CLOCKS = ("degree_days", "calendar")
NAIVE = ("naive", "seasonal_naive")


@dataclass(frozen=True, eq=False)
class CropHistory:
    """A crop with enough past.

    Attributes
    ----------
    weekly : float64[weeks], t
    past : seasons that are over
    seasons : those, and the ones that follow
    heat : float64[weeks + ahead], degree-days of weeks as they were, NaN where no day is known
    normal : float64[seasons past + 1, weeks + ahead], those of normal years, without each past season, and of all
    """

    name: str
    weekly: Floats
    past: tuple[HarvestSeason, ...]
    seasons: tuple[HarvestSeason, ...]
    heat: Floats
    normal: Floats

    def clock(self, kind: str, now: int, without: int) -> Floats:
        """Return the clock at the begin of each week, float64[weeks + ahead + 1], as it is expected in week ``now``."""
        if kind == "calendar":
            return np.arange(len(self.heat) + 1, dtype=np.float64)
        known = np.where(np.arange(len(self.heat)) < now, self.heat, np.nan)
        return np.insert(np.cumsum(np.where(np.isfinite(known), known, self.normal[without])), 0, 0.0)


def curve(crop: CropHistory, past: Sequence[HarvestSeason], kind: str) -> Floats:
    """Return the clock at which each share of `SHARES` is in: the mean over past seasons."""
    clock = crop.clock(kind, len(crop.weekly), -1)
    found = []
    for season in past:
        share = np.insert(np.cumsum(crop.weekly[season.start : season.end]), 0, 0.0)
        picked = np.flatnonzero(np.diff(share) > 0.0)
        edges = np.append(picked, picked[-1] + 1)
        at = clock[season.start : season.end + 1] - clock[season.start] + _late(season, kind)
        found.append(np.interp(SHARES, share[edges] / share[-1], at[edges]))
    return np.asarray(np.mean(found, axis=0))


def ahead(
    crop: CropHistory, past: Sequence[HarvestSeason], kind: str, now: int, horizon: int, without: int = -1
) -> Floats:
    """Return the tonnes of the weeks from ``now`` on, float64[horizon]."""
    reached, clock = curve(crop, past, kind), crop.clock(kind, now, without)
    prior = float(np.mean([crop.weekly[one.start : one.end].sum() for one in past]))
    found = np.zeros(horizon)
    for h in range(horizon):
        week = now + h
        season = next(one for one in crop.seasons if one.start <= week < one.end)
        start, late = max(season.start, 0), _late(season, kind)

        def share(at: int, begun: float = clock[start] - late) -> float:
            return float(np.interp(clock[at] - begun, reached, SHARES, left=0.0, right=1.0))

        done = crop.weekly[start:now].sum() if start < now else 0.0
        total = (1.0 - (share(now) if start < now else 0.0)) * prior + done
        found[h] = total * (share(week + 1) - share(week))
    return found


def _late(season: HarvestSeason, kind: str) -> float:
    """Return what the clock of a season shows on its first Monday."""
    return season.late if kind == "calendar" else 0.0


@dataclass(frozen=True, eq=False)
class Tried:
    """Each past season forecast from the others, week by week.

    Attributes
    ----------
    error : model -> absolute errors in t, float64[origins, horizon]
    relative : clock -> the same over the size of the forecast, ``value + 5 % of the peak week``
    season : the season of each origin
    least_t : those 5 %
    """

    error: dict[str, Floats]
    relative: dict[str, Floats]
    season: Ints
    least_t: float

    @property
    def kind(self) -> str:
        """The clock that did better; degree-days where both did the same."""
        return min(CLOCKS, key=lambda kind: float(self.error[kind].mean()))

    def width(self, without: int | None = None) -> Floats:
        """Return half the width of 80 % intervals over the size of a forecast, float64[horizon]; without one season.

        The quantile of 80 %, where seasons kept out of it are held by it; else of ``0.8·(1 + 1/k)`` of k seasons.
        """
        kept = [one for one in dict.fromkeys(self.season.tolist()) if one != without]
        plain = [self._quantile([one for one in kept if one != out], INSIDE) for out in kept if len(kept) > 1]
        inside = [self._of([out]) <= width for out, width in zip(kept, plain, strict=False)]
        enough = bool(inside) and np.concatenate(inside).mean() >= INSIDE
        return self._quantile(kept, INSIDE if enough else min(1.0, INSIDE * (1 + 1 / len(kept))))

    def _quantile(self, seasons: Sequence[int], share: float) -> Floats:
        return np.asarray(np.quantile(self._of(seasons), share, axis=0))

    def _of(self, seasons: Sequence[int]) -> Floats:
        return self.relative[self.kind][np.isin(self.season, seasons)]


def tried(crop: CropHistory, horizon: int) -> Tried:
    """Forecast every week of every past season in which something was harvested, or the week before."""
    errors: dict[str, list[Floats]] = {name: [] for name in (*CLOCKS, *NAIVE)}
    relative: dict[str, list[Floats]] = {kind: [] for kind in CLOCKS}
    least_t = LEAST_SIZE * float(np.mean([crop.weekly[one.start : one.end].max() for one in crop.past]))
    origin_of: list[int] = []
    weekly = crop.weekly
    for number, season in enumerate(crop.past):
        others = [one for one in crop.past if one is not season]
        for now in range(max(season.start, WEEKS), min(season.end, len(weekly) - horizon + 1)):
            came = weekly[now : now + horizon]
            if not came.any():
                continue
            for kind in CLOCKS:
                value = ahead(crop, others, kind, now, horizon, number)
                errors[kind].append(np.abs(value - came))
                relative[kind].append(errors[kind][-1] / (value + least_t))
            errors["naive"].append(np.abs(weekly[now - 1] - came))
            errors["seasonal_naive"].append(np.abs(weekly[now - WEEKS : now - WEEKS + horizon] - came))
            origin_of.append(number)
    return Tried(
        {name: np.array(one) for name, one in errors.items()},
        {kind: np.array(one) for kind, one in relative.items()},
        np.array(origin_of), least_t,
    )  # fmt: skip


def led_in(deliveries: Deliveries, weather: Weather) -> Deliveries:
    """Return deliveries with the bare weeks before the first one, up to a year as far as the weather goes back."""
    lead = min(max(deliveries.first - weather.first, 0), WEEKS)
    bare = np.zeros((lead, len(deliveries.names)))
    return replace(deliveries, first=deliveries.first - lead, tonnes=np.vstack([bare, deliveries.tonnes]))


def crops_of(
    deliveries: Deliveries, weather: Weather, horizon: int, base_c: float = BASE_C
) -> tuple[list[CropHistory], tuple[Unmodelled, ...], tuple[Fault, ...]]:
    """Return the crops that can be forecast, the others with the reason, and what was filled in of the weather.

    Raises
    ------
    BadInputError
        When the weather covers other years.
    """
    weeks = len(deliveries.tonnes)
    heat = weather.degree_days(deliveries.first, deliveries.first + weeks + horizon, base_c)
    gaps = int(np.isnan(heat[:weeks]).sum())
    if gaps > weeks // 2:
        message = _("covers too few of the weeks of the deliveries, {first} to {last}")
        told = message.format(first=week_label(deliveries.first), last=week_label(deliveries.first + weeks - 1))
        raise BadInputError([Fault(weather.file, None, "date", "", told, "no-overlap")])
    message = plural("{n} week has no temperature; that of a normal year stands in",
                     "{n} weeks have no temperature; those of a normal year stand in", gaps)  # fmt: skip
    faults = (
        (Fault(weather.file, None, "date", "", message.format(n=gaps), "missing-date", warning=True),) if gaps else ()
    )
    crops, left = [], []
    for name, weekly in zip(deliveries.names, deliveries.tonnes.T, strict=True):
        found = seasons_of(weekly, deliveries.first, weeks + horizon - 1)
        past = tuple(one for one in found if one.start >= 0 and one.end <= weeks and weekly[one.start : one.end].any())
        if not found:
            left.append(Unmodelled(name, _("is harvested all year round; forecast it without --weather")))
        elif len(past) < FEWEST_SEASONS:
            told = plural("has {n} whole season; {needed} are needed", "has {n} whole seasons; {needed} are needed",
                          len(past))  # fmt: skip
            left.append(Unmodelled(name, told.format(n=len(past), needed=FEWEST_SEASONS)))
        else:
            crops.append(CropHistory(name, weekly, past, tuple(found), heat, _normals(heat, deliveries.first, past)))
    return crops, tuple(left), faults


def _normals(heat: Floats, first: int, past: Sequence[HarvestSeason]) -> Floats:
    """Return the degree-days of normal years: without each past season, and of all weeks."""
    place = week_of_year(np.arange(first, first + len(heat)))
    rows = []
    for season in (*past, None):
        kept = np.isfinite(heat)
        if season is not None:
            kept[season.start : season.end] = False
        count = np.bincount(place[kept], minlength=WEEKS)
        total = np.bincount(place[kept], heat[kept], minlength=WEEKS)
        known = np.flatnonzero(count)
        mean = np.interp(np.arange(WEEKS), known, total[known] / count[known], period=WEEKS)
        rows.append(mean[place])
    return np.array(rows)


def forecast_harvest(deliveries: Deliveries, weather: Weather, horizon: int, *, base_c: float = BASE_C) -> Outlook:
    """Forecast the weeks after the last delivery of the file.

    Raises
    ------
    BadInputError
        When no crop has three whole seasons, or the weather covers other years.
    """
    deliveries = led_in(deliveries, weather)
    crops, left, faults = crops_of(deliveries, weather, horizon, base_c)
    _some(crops, left, deliveries.file)
    rows = []
    now = len(deliveries.tonnes)
    for crop in crops:
        trial = tried(crop, horizon)
        value = ahead(crop, crop.past, trial.kind, now, horizon)
        half = trial.width() * (value + trial.least_t)
        active = value > 0.0
        year_ago = crop.weekly[now - WEEKS : now - WEEKS + horizon]
        for h in range(horizon):
            low, high = max(value[h] - half[h], 0.0), value[h] + half[h] * active[h]
            figures = (value[h], low, high, crop.weekly[-1], year_ago[h])
            rows.append((crop.name, week_label(deliveries.first + now + h), *(_figure(one) for one in figures)))
    columns = ["series", "date", "value", "low_80", "high_80", "naive", "seasonal_naive"]
    return Outlook(pd.DataFrame(rows, columns=columns), "harvest", "week", horizon, left, (*deliveries.faults, *faults))


def _some(crops: Sequence[CropHistory], left: Sequence[Unmodelled], file: str) -> None:
    if not crops:
        message = _("no crop has enough past to forecast its harvest")
        faults = [Fault(file, None, "", "", message, "too-little-data")]
        raise BadInputError([*faults, *(Fault(file, None, "series", o.series, o.reason, "unmodelled") for o in left)])


def _figure(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT}g}")


@dataclass(frozen=True)
class HarvestBacktest:
    """Every past season forecast from the others.

    Attributes
    ----------
    origins : weeks from which forecasts were made, over all crops
    mase : model -> mean and median error over crops and origins, in units of the seasonal naive's error
    coverage_80 : share inside the 80 % intervals, each calibrated without the season it is tried on
    clocks : crop -> the clock it is forecast by
    """

    origins: int
    mase: dict[str, dict[str, float]]
    coverage_80: float
    clocks: dict[str, str]
    unmodelled: tuple[Unmodelled, ...]
    faults: tuple[Fault, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        return {
            "schema": SCHEMA, "series": len(self.clocks), "origins": self.origins, "mase": self.mase,
            "coverage_80": self.coverage_80, "default": "harvest", "clocks": self.clocks,
            "unmodelled": [vars(one) for one in self.unmodelled],
            "warnings": [str(group) for group in grouped(self.faults)],
        }  # fmt: skip


def backtest_harvest(
    deliveries: Deliveries, weather: Weather, horizon: int, *, base_c: float = BASE_C
) -> HarvestBacktest:
    """Forecast every past season from the others; raises as `forecast_harvest`."""
    deliveries = led_in(deliveries, weather)
    crops, left, faults = crops_of(deliveries, weather, horizon, base_c)
    _some(crops, left, deliveries.file)
    trials = {crop.name: tried(crop, horizon) for crop in crops}
    errors: dict[str, list[Floats]] = {"harvest": []}
    inside: list[Floats] = []
    for trial in trials.values():
        unit = float(trial.error["seasonal_naive"].mean()) or 1.0
        for name, error in trial.error.items():
            errors.setdefault(name, []).append(error.mean(axis=1) / unit)
        errors["harvest"].append(trial.error[trial.kind].mean(axis=1) / unit)
        for season in sorted(set(trial.season.tolist())):
            own = trial.relative[trial.kind][trial.season == season]
            inside.append((own <= trial.width(season)).ravel())
    joined = {name: np.concatenate(one) for name, one in errors.items()}
    scores = {name: {"mean": round(float(one.mean()), 6), "median": round(float(np.median(one)), 6)}
              for name, one in joined.items()}  # fmt: skip
    clocks = {name: trial.kind for name, trial in trials.items()}
    held = round(float(np.concatenate(inside).mean()), 6)
    return HarvestBacktest(len(joined["harvest"]), scores, held, clocks, left, (*deliveries.faults, *faults))
