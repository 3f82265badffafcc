"""Promised and kept over a season: the lanes of many days together, and what their figures say of the scenario's.

A figure is proposed where days enough show another one than the scenario states, by more than twice the standard error
of the days' mean. Nothing is applied: what is proposed is a table with its evidence, for a person to take over.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats
from coldchain.cells import csv_text
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import Scenario, cooling_class
from coldchain.scenario import decode
from coldchain.telemetry.kept import COLUMNS

LEAST_DAYS, LEAST_SHARE = 5, 0.5
"""Days that must speak, and share of a lane's hours that must be measured for it to count."""
SURE = 2.0
LEAST_C, LEAST_RATIO = 0.3, 0.03
KEYS = ["village", "room", "commodity"]
TEXTS = ("date", *KEYS, "vehicle")
PROPOSED = ["table", "id", "column", "unit", "stated", "proposed", "low", "high", "days", "rows", "evidence"]


@dataclass(frozen=True)
class Proposed:
    """A figure of the scenario that measured days contradict.

    Attributes
    ----------
    table, id, column : where it stands in the scenario
    low, high : twice the standard error of the days' mean on either side
    days, rows : that speak for it
    """

    table: str
    id: str
    column: str
    unit: str
    stated: float
    proposed: float
    low: float
    high: float
    days: int
    rows: int
    evidence: str


@dataclass(frozen=True)
class MeasuredSeason:
    """The lanes of a season.

    Attributes
    ----------
    days : dates
    lanes : a row for each village, room and commodity, over all days
    """

    days: tuple[str, ...]
    lanes: pd.DataFrame
    proposed: tuple[Proposed, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        lanes = self.lanes.astype(object).where(self.lanes.notna(), None).to_dict("records")
        return {"days": len(self.days), "lanes": lanes, "proposals": [asdict(one) for one in self.proposed]}

    def write_proposals(self, path: Path) -> None:
        """Write the proposals as CSV for a spreadsheet."""
        frame = pd.DataFrame([asdict(one) for one in self.proposed], columns=PROPOSED)
        path.write_text(csv_text(frame, float_format="%.6g"), encoding="utf-8-sig")


def read_lanes(paths: Sequence[Path]) -> pd.DataFrame:
    """Read tables of lanes as ``watch --lanes`` writes them; the same lane and day twice counts once, the last.

    Raises
    ------
    BadInputError
        Naming each file that is none, each column that is missing and each cell that is no number.
    """
    frames: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for path in paths:
        text, fault = decode(path)
        if fault is not None:
            faults.append(fault)
            continue
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        missing = [column for column in COLUMNS if column not in frame.columns]
        faults += [Fault(path.name, None, column, "", _("is missing"), "missing-column") for column in missing]
        if not missing:
            faults += _numbers(path.name, frame)
            frames.append(frame[COLUMNS])
    if faults:
        raise BadInputError(faults)
    whole = pd.concat(frames, ignore_index=True)
    return whole.drop_duplicates(["date", *KEYS, "vehicle"], keep="last").reset_index(drop=True)


def _numbers(file: str, frame: pd.DataFrame) -> list[Fault]:
    """Turn the cells of figures into numbers, in place; return those that are none."""
    faults = []
    for column in (name for name in COLUMNS if name not in TEXTS):
        read = pd.to_numeric(frame[column].replace("", "nan"), errors="coerce")
        odd = read.isna() & ~frame[column].str.lower().isin(("", "nan"))
        faults += [
            Fault(file, int(row) + 2, column, str(frame[column].iloc[row]), _("is not a number"), "bad-number")
            for row in np.flatnonzero(odd)
        ]
        frame[column] = read
    return faults


def season_of(table: pd.DataFrame, scenario: Scenario) -> MeasuredSeason:
    """Return what a season's lanes show together."""
    days = tuple(sorted(set(table["date"])))
    fit = table[table["measured_share"] >= LEAST_SHARE]
    rows = [_lane(key, own) for key, own in fit.groupby(KEYS, sort=True)]
    return MeasuredSeason(days, pd.DataFrame(rows), (*_rooms(fit, scenario), *_vehicles(fit, scenario)))


def _lane(key: Any, own: pd.DataFrame) -> dict[str, Any]:
    kg = own["kg"].to_numpy(dtype=np.float64)

    def mean(column: str) -> float:
        values = own[column].to_numpy(dtype=np.float64)
        known = np.isfinite(values)
        return float(np.average(values[known], weights=kg[known])) if known.any() else float("nan")

    names = ("drive_h", "drive_h_measured", "room_set_c", "room_mean_c", "loss_planned", "loss_measured")
    lost = {name: float(own[name].sum()) for name in ("kg_lost_planned", "kg_lost_measured")}
    told = {name: mean(name) for name in names}
    return {**dict(zip(KEYS, key, strict=True)), "days": own["date"].nunique(), "kg": float(kg.sum()), **told, **lost}


def _by_day(own: pd.DataFrame, values: Floats) -> Floats:
    """Return the mean of each day."""
    return np.asarray(pd.Series(values).groupby(own["date"].to_numpy()).mean(), dtype=np.float64)


def _sure(days: Floats, least: float) -> tuple[float, float] | None:
    """Return the mean over days and twice its standard error; None where they do not show anything but none."""
    if days.size < LEAST_DAYS:
        return None
    mean, doubt = float(days.mean()), SURE * float(days.std(ddof=1)) / float(np.sqrt(days.size))
    return (mean, doubt) if abs(mean) > max(least, doubt) else None


def _rooms(fit: pd.DataFrame, scenario: Scenario) -> list[Proposed]:
    """Propose temperatures of rooms by zone and method."""
    made = []
    fit = fit[np.isfinite(fit["room_mean_c"])]
    kinds = fit["room"].str.split("/").str[2:4].str.join("/")
    for kind in scenario.depot_types:
        cooling = cooling_class(kind)
        own = fit[kinds == f"{cooling.zone}/{cooling.method}"]
        found = _sure(_by_day(own, (own["room_mean_c"] - own["room_set_c"]).to_numpy()), LEAST_C)
        if found is None:
            continue
        mean, doubt = found
        text = _("rooms measured {mean:+.1f} K from their set temperature on the mean of {days} days").format(
            mean=mean, days=own["date"].nunique()
        )
        at = cooling.temp_c + mean
        made.append(Proposed("depot_types", kind.id, "temp_c", "°C", cooling.temp_c, at, at - doubt, at + doubt,
                             own["date"].nunique(), len(own), text))  # fmt: skip
    return made


def _vehicles(fit: pd.DataFrame, scenario: Scenario) -> list[Proposed]:
    """Propose speed factors of vehicles by the hours they drove."""
    made = []
    fit = fit[np.isfinite(fit["drive_h_measured"]) & (fit["drive_h"] > 0)]
    for kind in scenario.vehicles:
        own = fit[fit["vehicle"] == kind.id]
        ratio = _by_day(own, (own["drive_h_measured"] / own["drive_h"]).to_numpy())
        found = _sure(ratio - 1.0, LEAST_RATIO)
        if found is None:
            continue
        longer, doubt = 1.0 + found[0], found[1]
        text = _("drove {ratio:.2f} times the planned hours on the mean of {days} days").format(
            ratio=longer, days=own["date"].nunique()
        )
        stated = kind.speed_factor
        low, high = stated / (longer + doubt), stated / max(longer - doubt, 0.1)
        made.append(Proposed("vehicles", kind.id, "speed_factor", "-", stated, stated / longer, low, high,
                             own["date"].nunique(), len(own), text))  # fmt: skip
    return made
