"""A plan as a run folder: tables, layers for QGIS and the map, written complete or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldchain.reports.lines import plan_lines
from coldchain.runs import Run, write_folder, write_tables
from coldchain.runs.folder import SCENARIO, SUMMARY
from coldchain.scenario import write_memory

GEOPACKAGE, MAP = "plan.gpkg", "map.html"


def write_run(plan: Run, folder: Path | str, run_info: Mapping[str, Any]) -> Path:
    """Write a run: summary, tables, layers for QGIS, the map, and how it came about.

    Parameters
    ----------
    folder : new, empty, or an earlier run, which is replaced whole
    run_info : from :func:`coldchain.runs.run_information`; the kinds of the table columns are added to it

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        When the folder holds something other than a run, or cannot be written; nothing is left behind.
    """
    return write_folder(Path(folder), lambda partial: _write_all(plan, partial, run_info))


def _write_all(plan: Run, folder: Path, run_info: Mapping[str, Any]) -> None:
    from coldchain.reports.geopackage import write_geopackage
    from coldchain.reports.map import write_map

    if plan.scenario.folder is None:
        write_memory(plan.scenario, folder / SCENARIO)
    write_tables(plan.tables, folder, SUMMARY, plan.summary, run_info)
    lines = plan_lines(plan)
    write_geopackage(plan, folder / GEOPACKAGE, lines)
    write_map(plan, folder / MAP, lines)
