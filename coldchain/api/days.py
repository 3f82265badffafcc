"""A day of collection from Python: what ``coldchain routes`` does, as tables and lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from coldchain.dispatch.clock import parse_span
from coldchain.dispatch.dispatch import Dispatch, DispatchRequest, dispatch
from coldchain.dispatch.drivers import earlier_days
from coldchain.dispatch.folder import write_day
from coldchain.dispatch.lines import trip_lines
from coldchain.dispatch.solve import Engine
from coldchain.dispatch.summary import stays_behind, summarise
from coldchain.dispatch.tables import tables_of
from coldchain.dispatch.tracks import geojson_text
from coldchain.errors import UsageError
from coldchain.inputs import path_if_given
from coldchain.progress import Say, silent
from coldchain.runs.record import plain_values

if TYPE_CHECKING:
    import geopandas


@dataclass(frozen=True)
class RoutedDay:
    """The tours of a day, to look at.

    Attributes
    ----------
    made : the day as it was routed
    tables : name -> frame: tours, trips, stops, lots, unserved, depots
    """

    made: Dispatch
    tables: Mapping[str, pd.DataFrame]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The object of ``routes.json``."""
        plain: dict[str, Any] = plain_values(summarise(self.made, dict(self.tables)))
        return plain

    @property
    def notes(self) -> tuple[str, ...]:
        """Cautions, and what stays behind that must be fetched."""
        return (*self.made.notes, *stays_behind(self.made, dict(self.tables)))

    @cached_property
    def lines(self) -> geopandas.GeoDataFrame:
        """Trips as lines along the roads, halts and depots as points; WGS-84."""
        import geopandas

        features = json.loads(geojson_text(dict(self.tables), trip_lines(self.made)))["features"]
        return geopandas.GeoDataFrame.from_features(features, crs="EPSG:4326")

    def save(self, folder: Path | str) -> Path:
        """Write tables, map, route sheets and GPX as ``coldchain routes`` does, and return the folder.

        Raises
        ------
        UsageError
            When the folder holds something other than an earlier day, or an input.
        """
        write_day(self.made, Path(folder), {})
        return Path(folder)

    def _repr_html_(self) -> str:
        """Show the tours in a notebook."""
        return str(self.tables["tours"].to_html(index=False))


def routes(
    source: Path | str,
    orders: Path | str | None = None,
    *,
    day: str | None = None,
    fleet: Path | str | None = None,
    locked: Path | str | None = None,
    start_from: Path | str | None = None,
    driven: Sequence[Path | str] = (),
    any_depot: bool | None = None,
    depot_hours: str | None = None,
    engine: Engine = "ruin-recreate",
    iterations: int | None = None,
    time_limit_s: float | None = None,
    seed: int = 0,
    threads: int = 1,
    variant: str = "base",
    scenario: Path | str | None = None,
    progress: Say = silent,
) -> RoutedDay:
    """Route a day of orders: who fetches what when.

    Parameters
    ----------
    source : run folder of a plan, or a scenario with depots that stand
    orders : table of orders; the typical day of the period when left out
    day : a period, a gathering day (1 is the first) or an ISO date; the busiest period when left out
    fleet : table of the vehicles at hand; when left out those the plan owns, and any number for hire
    locked : table of tours to drive as they stand
    start_from : earlier routes to begin with
    driven : earlier days of the week, folders of routes or one that holds them: hours drivers have behind them
    any_depot : a lot may go to any depot that can take it, or to the planned one alone
    depot_hours : vehicles leave and come back between, like ``06:00-22:00``
    engine : ``ruin-recreate`` or ``ortools``
    iterations : of the search; equal seed and iterations give equal tours
    variant : of a scenario; scenario : where that of a run lies now, when it was moved
    progress : hears what is being done

    Raises
    ------
    BadInputError
        With every fault of orders, fleet and locked tours.
    UsageError
        When options do not fit together, or the engine cannot express the day.
    """
    wish = DispatchRequest(
        Path(source),
        orders=path_if_given(orders),
        day=day,
        start_from=path_if_given(start_from),
        fleet=path_if_given(fleet),
        locked=path_if_given(locked),
        driven=earlier_days([Path(one) for one in driven], day),
        variant=variant,
        moved=path_if_given(scenario),
        anywhere=any_depot,
        opening=None if depot_hours is None else _span(depot_hours),
        engine=engine,
        iterations=iterations,
        time_limit_s=time_limit_s,
        seed=seed,
        threads=threads,
        say=progress,
    )
    made = dispatch(wish)
    return RoutedDay(made, tables_of(made))


def _span(text: str) -> tuple[float, float]:
    try:
        return parse_span(text)
    except ValueError as error:
        raise UsageError(f"depot_hours {error}") from None
