"""A planner for rural cold chains: depots, routes, losses, subsidies, and how far from the best possible.

>>> import coldchain as cc
>>> plan = cc.plan(cc.load("scenarios/upland"))  # doctest: +SKIP
>>> plan.loss_rate, plan.depots  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coldchain.api import (
        Backtest,
        Bookings,
        CarbonFactors,
        Chances,
        Doubts,
        Explanation,
        Frontier,
        HarvestBacktest,
        Levels,
        MeasuredDay,
        Outlook,
        Replay,
        Result,
        RoutedDay,
        Scenario,
        ServedPage,
        Shares,
        backtest,
        backtest_harvest,
        bookings,
        check,
        compare,
        example,
        example_osm,
        explain,
        explain_alternatives,
        explain_depot,
        explain_failures,
        explain_unserved,
        explain_village,
        explain_visits,
        forecast,
        forecast_harvest,
        import_atlas,
        import_osm,
        import_points,
        kept,
        levels,
        load,
        masts,
        open,  # noqa: A004 - as one opens a run
        plan,
        replan,
        replay,
        report,
        roll,
        routes,
        sensitivity,
        serve,
        share,
        simulate_year,
        speak,
        sweep,
        trace,
        watch,
    )

__version__: str
__all__ = [
    "Backtest",
    "Bookings",
    "CarbonFactors",
    "Chances",
    "Doubts",
    "Explanation",
    "Frontier",
    "HarvestBacktest",
    "Levels",
    "MeasuredDay",
    "Outlook",
    "Replay",
    "Result",
    "RoutedDay",
    "Scenario",
    "ServedPage",
    "Shares",
    "Year",
    "__version__",
    "backtest",
    "backtest_harvest",
    "bookings",
    "check",
    "compare",
    "example",
    "example_osm",
    "explain",
    "explain_alternatives",
    "explain_depot",
    "explain_failures",
    "explain_unserved",
    "explain_village",
    "explain_visits",
    "forecast",
    "forecast_harvest",
    "import_atlas",
    "import_osm",
    "import_points",
    "kept",
    "levels",
    "load",
    "masts",
    "open",
    "plan",
    "replan",
    "replay",
    "report",
    "roll",
    "routes",
    "sensitivity",
    "serve",
    "share",
    "simulate_year",
    "speak",
    "sweep",
    "trace",
    "watch",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for, so that the package itself imports at once."""
    if name == "__version__":
        from importlib.metadata import version  # brings in the parsers of e-mail: 60 ms

        return version("coldchain")
    if name in __all__:
        return getattr(import_module("coldchain.api"), name)
    raise AttributeError(f"module coldchain has no attribute {name}")
