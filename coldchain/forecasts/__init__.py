"""Prices, demand and harvests to come, with intervals, always beside what a person would write down without a model."""

from coldchain.forecasts.backtest import Backtest, backtest
from coldchain.forecasts.outlook import Outlook, forecast
from coldchain.forecasts.panel import Panel, Unmodelled, panel_of
from coldchain.forecasts.reading import Series, read_series, series_of

__all__ = [
    "Backtest",
    "Outlook",
    "Panel",
    "Series",
    "Unmodelled",
    "backtest",
    "forecast",
    "panel_of",
    "read_series",
    "series_of",
]
