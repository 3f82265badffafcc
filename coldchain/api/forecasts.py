"""Forecasts from Python: of a table or a file of series or deliveries, and their backtests."""

from __future__ import annotations

from coldchain import forecasts as room
from coldchain.forecasts import BASE_C, Backtest, HarvestBacktest, Outlook, Table


def forecast(table: Table, horizon: int = 3, *, trees: bool = False) -> Outlook:
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
    series = room.read_series(table)
    panel = room.panel_of(series)
    return room.forecast(panel, horizon, file=series.file, trees=trees, faults=series.faults)


def backtest(table: Table, horizon: int = 3, *, trees: bool = False) -> Backtest:
    """Say how well each model would have forecast from past dates; arguments and errors as :func:`forecast`."""
    series = room.read_series(table)
    panel = room.panel_of(series)
    return room.backtest(panel, horizon, file=series.file, trees=trees, faults=series.faults)


def forecast_harvest(deliveries: Table, weather: Table, horizon: int = 3, *, base_c: float = BASE_C) -> Outlook:
    """Forecast the harvest of each crop by week, from past deliveries and the warmth of the season so far.

    Parameters
    ----------
    deliveries : series (the crop), date and value in t, or a file that holds them
    weather : date and temp_c, the mean of a day, of the same years and up to now
    horizon : weeks after the last delivery
    base_c : temperature of a day below which crops do not develop

    Raises
    ------
    BadInputError
        Listing every row that cannot be read; or when no crop has three whole seasons.
    """
    return room.forecast_harvest(room.read_deliveries(deliveries), room.read_weather(weather), horizon, base_c=base_c)


def backtest_harvest(deliveries: Table, weather: Table, horizon: int = 3, *, base_c: float = BASE_C) -> HarvestBacktest:
    """Forecast every past season from the others; arguments and errors as :func:`forecast_harvest`."""
    return room.backtest_harvest(room.read_deliveries(deliveries), room.read_weather(weather), horizon, base_c=base_c)
