"""A routed day as a folder: written complete under another name first, then renamed."""

from __future__ import annotations

import hashlib
import platform
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from coldchain.cells import csv_text
from coldchain.dispatch.dispatch import Dispatch, DispatchRequest
from coldchain.dispatch.lines import TripLine, trip_lines
from coldchain.dispatch.recheck import hash_of_drivers, plan_hash
from coldchain.dispatch.sheets import sheet, sheet_page
from coldchain.dispatch.summary import SCHEMA, summarise
from coldchain.dispatch.tables import Tables, by_tour, tables_of
from coldchain.dispatch.tracks import geojson_text, gpx_text
from coldchain.errors import UsageError
from coldchain.inputs import way_to
from coldchain.language import _
from coldchain.runs import check_target, write_folder, write_tables
from coldchain.runs.record import SCHEMA as RUN_SCHEMA
from coldchain.runs.record import file_hashes, plain_values, versions

SUMMARY, FAMILY = "routes.json", SCHEMA.rsplit("/", 1)[0] + "/"
INPUTS = ("orders", "fleet", "locked", "start_from")


def check_routes_target(folder: Path, wish: DispatchRequest) -> None:
    """Refuse a folder that may not be written to, or that holds one of the inputs.

    Raises
    ------
    UsageError
        When it holds something other than an earlier day, or inputs, or cannot be written.
    """
    target = folder.resolve()
    given = [(name, getattr(wish, name)) for name in ("source", *INPUTS)]
    for name, path in (*given, *(("driven", folder) for folder in wish.driven)):
        if path is not None and (path.resolve() == target or target in path.resolve().parents):
            option = _("the plan or scenario") if name == "source" else f"--{name.replace('_', '-')}"
            raise UsageError(
                _("{folder} holds {option}: inputs are never overwritten; choose another folder for --out").format(
                    folder=folder, option=option
                )
            )
    check_target(folder, SUMMARY, FAMILY)


@dataclass(frozen=True)
class DayFigures:
    """Tables of a routed day and the object of its key figures, as they are written."""

    tables: Tables
    summary: dict[str, Any]

    @classmethod
    def of(cls, made: Dispatch) -> DayFigures:
        """Work them out."""
        tables = tables_of(made)
        return cls(tables, plain_values(summarise(made, tables)))


def write_day(
    made: Dispatch, folder: Path, arguments: Mapping[str, Any], more: Tables | None = None
) -> tuple[dict[str, Any], Tables]:
    """Write a routed day.

    Parameters
    ----------
    folder : new, empty, or an earlier day, which is replaced whole
    arguments : of the command as given
    more : tables to write beside those of the day

    Returns
    -------
    (summary, tables)
        As written.
    """
    found = DayFigures.of(made)
    found = DayFigures({**found.tables, **(more or {})}, found.summary)
    write_figures(made, found, folder, arguments)
    return found.summary, found.tables


def write_figures(
    made: Dispatch, found: DayFigures, folder: Path, arguments: Mapping[str, Any], *, with_map: bool = True
) -> None:
    """Write a routed day whose figures are known, its map only where asked for."""
    check_routes_target(folder, made.wish)
    record = run_information(made, folder, arguments)

    def fill(partial: Path) -> None:
        write_tables(found.tables, partial, SUMMARY, found.summary, record)
        lines = _write_sheets(made, partial, found.tables)
        if with_map:
            from coldchain.dispatch.map import write_day_map

            write_day_map(made, partial / "map.html", found.tables, found.summary, lines)

    write_folder(folder, fill, SUMMARY, FAMILY)


def _write_sheets(made: Dispatch, folder: Path, tables: Tables) -> list[TripLine]:
    """Write what drivers take along; return the lines of their trips."""
    lines = trip_lines(made)
    scenario = made.day.source.scenario
    (folder / "sheets").mkdir()
    period = scenario.periods[made.day.period]
    day = made.wish.day or period.name or period.id
    drawn: dict[str, list[TripLine]] = defaultdict(list)
    for line in lines:
        drawn[line.tour].append(line)
    for own, stem in zip(by_tour(tables), _stems(tables), strict=True):
        listed = sheet(own, scenario)
        path = folder / "sheets" / stem
        Path(f"{path}.csv").write_text(csv_text(listed, float_format="%.1f"), encoding="utf-8-sig")
        Path(f"{path}.html").write_text(sheet_page(own.tour, listed, scenario, day), encoding="utf-8")
        Path(f"{path}.gpx").write_text(gpx_text(own, drawn[own.tour["tour"]]), encoding="utf-8")
    (folder / "routes.geojson").write_text(geojson_text(tables, lines), encoding="utf-8")
    return lines


def _stems(tables: Tables) -> list[str]:
    """Return file names for the tours: their names without what some systems refuse, each once."""
    stems: list[str] = []
    for key in tables["tours"]["tour"]:
        stem = re.sub(r'[\\/:*?"<>|\s]+', "_", str(key)).strip("._") or "tour"
        while stem in stems:
            stem += "_"
        stems.append(stem)
    return stems


def run_information(made: Dispatch, folder: Path, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the object of ``run.json``: arguments, where the scenario lies, hashes of all inputs, versions, times."""
    wish, source = made.wish, made.day.source
    stopped = datetime.now(UTC)
    files = {name: path for name in INPUTS if (path := getattr(wish, name)) is not None}
    found = {
        "source": str(wish.source),
        **{name: str(path) for name, path in files.items()},
        "driven": [str(path) for path in wish.driven],
        "scenario": str(source.folder),
        "scenario_from_run": way_to(source.folder, folder),
        "variant": source.variant,
    }
    record: dict[str, Any] = plain_values(
        {
            "schema": RUN_SCHEMA,
            "arguments": {**arguments, **found},
            "scenario": {"folder": str(source.folder), "name": source.scenario.name, "variant": source.variant},
            "sha256": {
                "scenario": source.scenario.sha256,
                "plan": plan_hash(source.path),
                "files": file_hashes(source.scenario),
                **{name: _hash(path) for name, path in files.items()},
                "driven": [hash_of_drivers(path) for path in wish.driven],
            },
            "roads": {"kind": source.placed.network.kind, "source": source.placed.network.source},
            "limits": {"time_limit_s": wish.time_limit_s, "iterations": wish.iterations, "patience": wish.patience},
            "seed": wish.seed,
            "status": made.result.status,
            "interrupted": made.interrupted,
            "ended": str(made.ending),
            "started_utc": (stopped - timedelta(seconds=made.seconds["total"])).isoformat(timespec="seconds"),
            "stopped_utc": stopped.isoformat(timespec="seconds"),
            "versions": versions(),
            "platform": platform.platform(),
        }
    )
    return record


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of the table of halts of a folder of routes."""
    file = path / "tables" / "stops.csv" if path.is_dir() else path
    return hashlib.sha256(file.read_bytes()).hexdigest()
