"""The run itself, and the inputs it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.errors import Fault, UsageError
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.runs.folder import SUMMARY, read_run, scenario_folder
from coldchain.runs.names import check_names
from coldchain.runs.older import brought_up
from coldchain.runs.roads import PlacedNetwork, place_on_roads
from coldchain.scenario import load
from coldchain.scenario.edits import Edits


@dataclass(frozen=True)
class Inputs:
    """Scenario and roads of a run: held in memory, or read from where they lie when they are asked for.

    Attributes
    ----------
    held, laid : scenario and roads, where they are known already
    variant : of the scenario, where it is read: from ``source``, or where ``arguments`` of ``run`` say
    warned : warnings about what is held
    """

    held: Scenario | None = None
    laid: PlacedNetwork | None = None
    run: Path = Path()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    source: Path | None = None
    variant: str = "base"
    warned: tuple[Fault, ...] = ()

    @cached_property
    def path(self) -> Path:
        """Where the scenario is read from."""
        return self.source or scenario_folder(self.run, self.arguments)

    @cached_property
    def _read(self) -> tuple[Scenario, tuple[Fault, ...]]:
        if self.held is not None:
            return self.held, self.warned
        return load(self.path, self.variant)

    @cached_property
    def _placed(self) -> tuple[PlacedNetwork, tuple[Fault, ...]]:
        return (self.laid, ()) if self.laid is not None else place_on_roads(self.scenario)

    @property
    def scenario(self) -> Scenario:
        """The scenario.

        Raises
        ------
        BadInputError
            Naming what is missing or garbled.
        """
        return self._read[0]

    @property
    def placed(self) -> PlacedNetwork:
        """Roads with every place of the scenario on them."""
        return self._placed[0]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Warnings about scenario and roads."""
        return (*self._read[1], *self._placed[1])


@dataclass(frozen=True)
class Run:
    """A plan, as it was made or as a folder holds it.

    Attributes
    ----------
    summary : the object of ``summary.json`` (docs/results.md)
    tables : name -> frame, as written to ``tables/``; columns in :mod:`coldchain.runs.schema`
    name : by which it is spoken of
    folder, information : where it was read, and the object of ``run.json``
    """

    summary: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    inputs: Inputs = field(default_factory=Inputs)
    name: str = ""
    folder: Path | None = None
    information: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path | str, scenario: Path | None = None, *, summary: str = SUMMARY) -> Run:
        """Read a run folder, or an archive of one; its scenario and roads are read when they are asked for.

        Parameters
        ----------
        scenario : where the scenario lies now; found by itself when it has not moved
        summary : name of the file that holds the summary

        Raises
        ------
        BadInputError
            Naming every part of the folder that is missing or garbled, or what a run of another version lacks.
        """
        from coldchain.runs.archive import place_of  # archives are made of runs

        place = place_of(folder, scenario)
        root, scenario = place.folder, place.scenario
        information, found, tables = read_run(root, summary)
        if summary == SUMMARY:
            tables = brought_up(root, information, tables)
        variant = str(found["scenario"]["variant"])
        inputs = Inputs(run=root, arguments=information["arguments"], source=scenario, variant=variant)
        return Run(found, tables, inputs, str(folder), root, information)

    @property
    def scenario(self) -> Scenario:
        """The scenario as its files hold it."""
        return self.inputs.scenario

    @property
    def planned(self) -> Scenario:
        """The scenario under the budget that the plan was made with, and with the sites it closed or forced."""
        budget = float(self.summary["investment"]["budget_cny"])
        return Edits.of(self.information.get("arguments", {}), budget).on(self.scenario)

    @property
    def placed(self) -> PlacedNetwork:
        """Roads with every place on them."""
        return self.inputs.placed

    @property
    def unchanged(self) -> bool:
        """Whether the scenario is still the one that was planned."""
        return self.scenario.sha256 == str(self.summary["scenario"]["sha256"])

    def as_planned(self) -> Run:
        """Return the run as :meth:`checked`, once its scenario is still the one that was planned.

        Raises
        ------
        UsageError
            When the scenario has changed.
        BadInputError
            As :meth:`checked`.
        """
        if not self.unchanged:
            raise UsageError(_("the scenario has changed since this plan was made (its hash differs); plan it again"))
        return self.checked()

    def checked(self) -> Run:
        """Return the run, once all its tables are there and name only what the scenario has.

        Raises
        ------
        BadInputError
            Naming every table and column that is missing, and the first row of each column with an unknown name.
        """
        check_names(self.folder or Path(self.name), self.scenario, self.tables)
        return self
