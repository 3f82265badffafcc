"""Crops as the catalogue of 2026 stated them: half a lot lost when its life is over, so that small counties build."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from coldchain.model import Commodity, Scenario
from coldchain.scenario import upland, write_scenario
from coldchain.scenario.tables import read_nouns

TABLE = Path(__file__).parents[1] / "benchmarks" / "upland-2026" / "commodities.csv"


def as_of_2026(scenario: Scenario) -> Scenario:
    """Return the scenario with its crops as they were."""
    rows, faults = read_nouns(TABLE, Commodity)
    assert faults == []
    then = {row.noun.id: row.noun for row in rows}
    return replace(scenario, commodities=tuple(then[crop.id] for crop in scenario.commodities))


def write_perishable(villages: int, seed: int, folder: Path) -> None:
    """Write an upland county with those crops in a table of its own, and hired lorries that go once a day as then."""
    draft = upland(villages, seed)
    tables = {stem: table for stem, table in draft.tables.items() if stem != "vehicles"}
    sections = {key: values for key, values in draft.sections.items() if key != "routing"}
    write_scenario(replace(draft, tables=tables, sections=sections), folder)
    shutil.copyfile(TABLE, folder / TABLE.name)
