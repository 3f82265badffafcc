"""The planner from Python: load or make a scenario, plan it, look at the result as tables, layers, picture and map.

``import coldchain as cc`` offers all of it as ``cc.load``, ``cc.plan`` and so on; the rooms below (``coldchain.plan``,
``coldchain.exploring`` …) stay there for finer questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldchain.errors import Fault
from coldchain.model import Scenario
from coldchain.plan import Options, Plan, place_on_roads
from coldchain.plan import plan as make_plan
from coldchain.report import run_information, write_run
from coldchain.report.geopackage import plan_layers
from coldchain.report.lines import PlanLines, plan_lines
from coldchain.scenario import inspect, upland, write_scenario
from coldchain.scenario import load as read

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    from matplotlib.figure import Figure

    from coldchain.exploring import Sweep


def load(folder: Path | str, variant: str = "base") -> Scenario:
    """Read a scenario folder.

    Raises
    ------
    BadInputError
        Listing every fault; :func:`check` lists the warnings too.
    """
    return read(Path(folder), variant)[0]


def check(folder: Path | str, variant: str = "base") -> tuple[Fault, ...]:
    """Return every fault and warning of a scenario folder, its roads included; empty when there is none."""
    scenario, faults = inspect(Path(folder), variant)
    return faults if scenario is None else (*faults, *place_on_roads(scenario)[1])


def example(folder: Path | str, villages: int = 30, seed: int = 7) -> Scenario:
    """Write the synthetic upland county with so many villages to a new folder, and load it.

    Raises
    ------
    UsageError
        When the folder holds something already.
    """
    write_scenario(upland(villages, seed), Path(folder))
    return load(folder)


def plan(scenario: Scenario, *, budget_cny: float | None = None, time_limit_s: float = 120.0, seed: int = 0) -> Result:
    """Plan a scenario.

    Parameters
    ----------
    budget_cny : subsidy budget instead of the scenario's

    Raises
    ------
    InfeasibleError
        Proved: no plan keeps every limit; the message says what to loosen.
    LimitError
        No plan was found in the time given.
    """
    if budget_cny is not None:
        scenario = replace(scenario, siting=scenario.siting.model_copy(update={"budget_cny": budget_cny}))
    return Result(make_plan(scenario, Options(time_limit_s=time_limit_s, seed=seed)))


def sweep(scenario: Scenario, budgets_cny: Sequence[float], folder: Path | str, *, time_limit_s: float = 30.0) -> Sweep:
    """Plan for many budgets, at most so many seconds each; points are kept in the folder and never computed twice.

    Returns
    -------
    Sweep
        ``.table()`` has one row for each budget, ``.lines()`` the least budgets and what the next million buys.
    """
    from coldchain.exploring import Effort, Target, run_sweep

    targets = (Target("loss_rate", 0.08), Target("coverage", 0.6))
    effort = Effort(time_limit_s, 0, 1, lambda _text: None, lambda: False)
    Path(folder).mkdir(parents=True, exist_ok=True)
    return run_sweep(scenario, tuple(budgets_cny), Path(folder), effort, targets, ())


@dataclass(frozen=True)
class Result:
    """A finished plan, to look at.

    Attributes
    ----------
    plan : the plan with everything it was computed from
    """

    plan: Plan

    @property
    def summary(self) -> dict[str, Any]:
        """The object of ``summary.json``."""
        return self.plan.summary

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Name -> frame, as written to ``tables/``."""
        return self.plan.tables

    @property
    def loss_rate(self) -> float:
        """Share of the harvest lost under the plan."""
        return float(self.summary["loss"]["plan_rate"])

    @property
    def gap(self) -> float:
        """How far from the best possible the plan can be at most, as a share."""
        return float(self.summary["objective"]["gap"])

    @cached_property
    def layers(self) -> dict[str, geopandas.GeoDataFrame]:
        """Name -> layer, WGS-84: depots, hubs, villages, assignment, routes, roads."""
        return plan_layers(self.plan, self._lines)

    @cached_property
    def _lines(self) -> PlanLines:
        return plan_lines(self.plan)

    @property
    def depots(self) -> geopandas.GeoDataFrame:
        """One point for each depot; columns as in ``tables/depots.csv``."""
        return self.layers["depots"]

    @property
    def villages(self) -> geopandas.GeoDataFrame:
        """One point for each village, with its loss before and after."""
        return self.layers["villages"]

    @property
    def routes(self) -> geopandas.GeoDataFrame:
        """One line along the roads for each collection route."""
        return self.layers["routes"]

    def plot(self) -> Figure:
        """Draw map and key figures as a figure of matplotlib; needs the extra ``report``."""
        from coldchain.report.picture import draw_picture

        return draw_picture(self.plan, self._lines)

    def explore(self, path: Path | str = "map.html") -> Path:
        """Write the interactive map, one file that needs no network, and return its path."""
        from coldchain.report.map import write_map

        write_map(self.plan, Path(path), self._lines)
        return Path(path)

    def save(self, folder: Path | str) -> Path:
        """Write the run folder that ``coldchain plan`` writes, and return it."""
        return write_run(self.plan, Path(folder), run_information(self.plan, {}))
