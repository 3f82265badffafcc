"""Forecasts from Python: of a table or a file of series, and their backtest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coldchain import forecasts as room
from coldchain.forecasts import Backtest, Outlook, Series


def forecast(table: pd.DataFrame | Path | str, horizon: int = 3, *, trees: bool = False) -> Outlook:
    """Forecast every series with two seasons of values in a row; ``.table`` has a row for each series and step.

    Parameters
    ----------
    table : series, date and value, or a file that holds them
    horizon : days, weeks or months ahead, as the dates are
    trees : boosted trees too; needs ``coldchain[forecast]``

    Raises
    ------
    BadInputError
        Listing every row that cannot be read; or when every series is too short.
    """
    series = _series(table)
    panel = room.panel_of(series)
    return room.forecast(panel, horizon, file=series.file, trees=trees, faults=series.faults)


def backtest(table: pd.DataFrame | Path | str, horizon: int = 3, *, trees: bool = False) -> Backtest:
    """Say how well each model would have forecast from past dates; arguments and errors as :func:`forecast`."""
    series = _series(table)
    panel = room.panel_of(series)
    return room.backtest(panel, horizon, file=series.file, trees=trees, faults=series.faults)


def _series(table: pd.DataFrame | Path | str) -> Series:
    if isinstance(table, pd.DataFrame):
        return room.series_of(table)
    return room.read_series(Path(table))
