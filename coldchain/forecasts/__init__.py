"""Prices, demand and harvests to come, with intervals, always beside what a person would write down without a model."""

from coldchain.forecasts.backtest import Backtest, backtest
from coldchain.forecasts.deliveries import Deliveries, read_deliveries
from coldchain.forecasts.harvest import HarvestBacktest, backtest_harvest, forecast_harvest
from coldchain.forecasts.outlook import Outlook, forecast
from coldchain.forecasts.panel import Panel, Unmodelled, panel_of
from coldchain.forecasts.reading import DatedSeries, Table, read_series
from coldchain.forecasts.weather import BASE_C, Weather, read_weather

__all__ = [
    "BASE_C", "Backtest", "DatedSeries", "Deliveries", "HarvestBacktest", "Outlook", "Panel", "Table", "Unmodelled",
    "Weather", "backtest", "backtest_harvest", "forecast", "forecast_harvest", "panel_of", "read_deliveries",
    "read_series", "read_weather",
]  # fmt: skip
