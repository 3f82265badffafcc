"""A scenario in which the figures of crops are those a county has measured: always a new folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coldchain.calibration.fit import Calibration
from coldchain.language import plural
from coldchain.model import Commodity, Scenario
from coldchain.scenario.amend import Amendment, write_amended
from coldchain.spoilage import steady

ENDS = {
    "life_d": ("life_min_d", "life_max_d", "life_source"),
    "warm_life_d": ("warm_min_d", "warm_max_d", "warm_source"),
    "loss_at_life": ("loss_at_life_min", "loss_at_life_max", "decay_source"),
}
DIGITS = 4
LEAST = 0.02
"""Share of a band that must be gone for a figure to be written."""


def write_calibrated(path: Path, folder: Path, scenario: Scenario, found: Calibration) -> Path:
    """Copy a scenario to a new folder and put the narrowed figures into it; return the folder.

    Raises
    ------
    UsageError
        When the folder exists and is not empty, or cannot be written.
    """
    return write_amended(path, folder, Amendment(settings=settings_of(scenario, found)))


def settings_of(scenario: Scenario, found: Calibration) -> dict[str, Any]:
    """Return the settings ``commodity.ID.figure`` of what was narrowed; a curve from decay data is stated as it was."""
    crops = {crop.id: crop for crop in scenario.commodities}
    settings: dict[str, Any] = {}
    for one in found.narrowed:
        if one.narrower < LEAST:
            continue
        low, high, source = ENDS[one.figure]
        value, least, most = (float(f"{figure:.{DIGITS}g}") for figure in one.after)
        told = plural("measured here, {count} weighing", "measured here, {count} weighings", one.weighings)
        named = {one.figure: value, low: least, high: most, source: told.format(count=one.weighings)}
        settings |= {f"commodity.{one.crop}.{name}": figure for name, figure in named.items()}
        if crops[one.crop].decay:
            settings |= {f"commodity.{one.crop}.{name}": figure for name, figure in _curve(crops[one.crop]).items()}
    return settings


def _curve(crop: Commodity) -> dict[str, Any]:
    own = steady(crop)
    return {"decay": [], "loss_shape": float(f"{own.loss_shape:.6g}"), "loss_at_life": float(f"{own.loss_at_life:.6g}")}
