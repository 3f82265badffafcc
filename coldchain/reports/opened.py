"""A plan as it was made, or a run folder opened again: what maps and pictures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from coldchain.model import Scenario
from coldchain.planning import PlacedNetwork, place_on_roads
from coldchain.reports.folder import read_run, scenario_folder
from coldchain.reports.names import check_names
from coldchain.scenario import load


class Laid(Protocol):
    """What holds the places on the roads."""

    @property
    def placed(self) -> PlacedNetwork:
        """The roads with all places on them."""


class Drawable(Protocol):
    """A plan, or what was read back of one."""

    @property
    def scenario(self) -> Scenario:
        """The inputs."""

    @property
    def summary(self) -> dict[str, Any]:
        """The object of ``summary.json``."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Name -> frame, as in ``tables/``."""

    @property
    def basis(self) -> Laid:
        """Holds the roads."""


@dataclass(frozen=True)
class Ways:
    """The roads of a run opened again."""

    placed: PlacedNetwork


@dataclass(frozen=True)
class OpenedRun:
    """A run folder with its scenario and roads; see :class:`Drawable`."""

    scenario: Scenario
    summary: dict[str, Any]
    tables: Mapping[str, pd.DataFrame]
    basis: Ways


def open_run(folder: Path, scenario: Path | None = None) -> OpenedRun:
    """Open a run folder and lay its roads again.

    Parameters
    ----------
    scenario : where the scenario lies now; found by itself when it has not moved

    Raises
    ------
    BadInputError
        Naming what is missing or garbled, in the run or in the scenario.
    """
    information, summary, tables = read_run(folder)
    source = scenario or scenario_folder(folder, information["arguments"])
    loaded, _faults = load(source, summary["scenario"]["variant"])
    check_names(folder, loaded, tables)
    placed, _more = place_on_roads(loaded)
    return OpenedRun(loaded, summary, tables, Ways(placed))
