"""What a run leaves behind about itself: arguments, resolved settings, hashes of the inputs, versions and times."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coldchain import __version__
from coldchain.model import Scenario
from coldchain.scenario import hashed_files

if TYPE_CHECKING:
    from coldchain.runs.run import Run

SCHEMA = "coldchain.run/5"
SECTIONS = ("chain", "economics", "siting", "subsidy", "roads", "routing")


def run_information(plan: Run, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the object of ``run.json``.

    Parameters
    ----------
    arguments : of the command as given; ``time_limit`` (s) is repeated among the limits

    Returns
    -------
    dict
        Plain values only; times are UTC, the start is taken back from now by the seconds the plan took.
    """
    scenario, summary = plan.planned, plan.summary
    stopped = datetime.now(UTC)
    started = stopped - timedelta(seconds=float(summary["seconds"]["total"]))
    limits = {key: value for key, value in arguments.items() if key.startswith("time_limit")}
    information: dict[str, Any] = plain_values(
        {
            "schema": SCHEMA,
            "arguments": dict(arguments),
            "scenario": {"folder": str(scenario.folder or ""), "name": scenario.name, "variant": scenario.variant},
            "sha256": {"scenario": scenario.sha256, "files": file_hashes(scenario)},
            "settings": settings_of_run(scenario),
            "roads": {"kind": plan.placed.network.kind, "source": plan.placed.network.source},
            "limits": limits,
            "seed": summary["seed"],
            "status": summary["status"],
            "interrupted": summary["interrupted"],
            "ended": summary["ended"],
            "started_utc": started.isoformat(timespec="seconds"),
            "stopped_utc": stopped.isoformat(timespec="seconds"),
            "versions": versions(),
            "platform": platform.platform(),
        }
    )
    return information


def file_hashes(scenario: Scenario) -> dict[str, str]:
    """Return the SHA-256 of every input file, by its path inside the scenario folder."""
    contents = (
        (name, one if isinstance(one, bytes) else one.read_bytes()) for name, one in hashed_files(scenario).items()
    )
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents}


def settings_of_run(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Return the resolved settings of a scenario by section, plain values, as ``run.json`` has them."""
    return {name: _settings(scenario, name) for name in SECTIONS}


def _settings(scenario: Scenario, section: str) -> dict[str, Any]:
    """Return the settings of a section; roads of a scenario in memory as they are named once it is written."""
    settings: dict[str, Any] = getattr(scenario, section).model_dump(mode="json")
    if section == "roads" and scenario.folder is None:
        settings["file"] = Path(settings["file"]).name
    return settings


def versions() -> dict[str, str]:
    """Return the versions of python, of coldchain and of every package it depends on."""
    try:
        wanted = metadata.requires("coldchain") or []
    except metadata.PackageNotFoundError:
        wanted = []
    names = sorted(re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line)
    found = {"python": platform.python_version(), "coldchain": __version__}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def plain_values(value: Any) -> Any:
    """Turn numpy numbers, paths and tuples into what JSON knows; NaN and infinity become None.

    Examples
    --------
    >>> plain_values({"a": (np.float64(1.5), np.int64(2), float("nan")), 3: Path("x")})
    {'a': [1.5, 2, None], '3': 'x'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [plain_values(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
