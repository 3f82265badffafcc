"""Places of a list: their level, id and coordinates; rows joined, left out, or put at their township."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from coldchain.errors import Fault
from coldchain.importing.account import Merged, Skipped
from coldchain.importing.columns import Columns
from coldchain.importing.coordinates import RowCoordinates, doubts, outlying, spot_of
from coldchain.language import N_, _
from coldchain.scenario import RawTable

Missing = Literal["refuse", "skip", "township"]
LEVELS: Mapping[str, str] = {
    name: role
    for role, names in {
        "village": (
            "village", "hamlet", "farm", "村", "行政村", "自然村", "建制村", "社区", "居委会", "村委会", "村民委员会",
            "居民委员会", "村庄", "村民小组", "村小组", "组", "屯", "寨", "嘎查", "产地", "基地", "农场", "林场",
            "果园", "合作社", "家庭农场", "community",
        ),
        "site": (
            "town", "township", "site", "subdistrict", "乡镇", "鄉鎮", "镇", "鎮", "乡", "鄉", "街道", "街道办",
            "街道办事处", "办事处", "民族乡", "苏木", "建制镇", "乡级", "集镇", "候选点", "站点", "预冷库", "冷库",
        ),
        "hub": (
            "county", "hub", "city", "district", "县", "縣", "县城", "縣城", "县级", "县级市", "自治县", "旗", "区",
            "市辖区", "市", "城区", "枢纽", "集配中心", "集散中心", "批发市场", "市场",
        ),
    }.items()
    for name in names
}  # fmt: skip
SHOWN_LEVELS = "村 village, 社区, 自然村; 乡镇 town, 街道; 县 county, 集配中心 hub"
SERIAL = ("序号", "序號")
CUT_CODE = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
LEFT_OUT = ("gap", "not-a-number", "metres", "outside-china", "outlier")
WAY_ON = N_("fill them in, or go on with --skip-missing (leaves them out) or --missing township (their town's place)")


@dataclass(frozen=True)
class ListSource:
    """What is known of the list as a whole."""

    file: str
    datum: str
    missing: Missing
    columns: Columns
    header_line: int


def places_of(source: ListSource, raw: RawTable) -> tuple[pd.DataFrame, list[Fault], list[Skipped], list[Merged]]:
    """Return the places with role and coordinates in the source's datum; faults, and what was left out or joined."""
    plain = source.columns.plain
    table = pd.DataFrame({key: [cells.get(name, "") for _line, cells in raw.rows] for key, name in plain.items()})
    for key in ("id", "name", "level", "county", "town", "cooperative", "lon", "lat", "both"):
        if key not in table:
            table[key] = ""
    table["line"] = [line for line, _cells in raw.rows]
    faults = [*_levels(source, table), *_codes(source, table)]
    table["role"] = [LEVELS.get(level.lower(), "") for level in table["level"]]
    table["id"] = _ids(source, table)
    table["name"] = table["name"].where(table["name"] != "", table["id"])
    cells = zip(table["lon"], table["lat"], table["both"], strict=True)
    spots, told = outlying([spot_of(lon, lat, both, source.datum) for lon, lat, both in cells])
    table["lon"], table["lat"] = [spot.lon for spot in spots], [spot.lat for spot in spots]
    table, merged = _merged(source, table.assign(spot=pd.Series(spots, index=table.index, dtype=object)))
    faults += _doubled_ids(source, table)
    faults += doubts(source.file, list(zip(table["line"], table["spot"], strict=True)), source.datum)
    table, more, skipped = _located(source, table, {**told, "datum": source.datum})
    return table.drop(columns="spot"), [*faults, *more], skipped, merged


def _levels(source: ListSource, table: pd.DataFrame) -> Iterator[Fault]:
    message = _("is not a level; known are {names}").format(names=SHOWN_LEVELS)
    for level, line in zip(table["level"], table["line"], strict=True):
        if level.lower() not in LEVELS:
            yield Fault(source.file, int(line), source.columns.plain["level"], level, message, "bad-choice")


def _codes(source: ListSource, table: pd.DataFrame) -> Iterator[Fault]:
    """Name codes that a spreadsheet cut to a few digits: many places would share one."""
    message = _("a spreadsheet cut this code; format the column as text and paste the codes again")
    for code, line in zip(table["id"], table["line"], strict=True):
        if CUT_CODE.fullmatch(code):
            yield Fault(source.file, int(line), source.columns.plain["id"], code, message, "id-cut")


def _ids(source: ListSource, table: pd.DataFrame) -> list[str]:
    """Return the ids; serial numbers that begin anew, and blanks, give way to the row they stand on."""
    given = list(table["id"])
    serial = source.columns.plain.get("id") in SERIAL and len(set(given)) < len(given)
    return [f"R{line}" if serial or not code else code for code, line in zip(given, table["line"], strict=True)]


def _merged(source: ListSource, table: pd.DataFrame) -> tuple[pd.DataFrame, list[Merged]]:
    """Join rows of one id, name and level: a village listed once for each of its crops, where a crop column says so."""
    if "crop" not in source.columns.plain:
        return table, []
    keys = ["id", "name", "level", "lon", "lat"]
    again = table.duplicated(keys)
    first = table.drop_duplicates(keys).set_index(keys)["line"]
    merged = [
        Merged(
            _("row {row}").format(row=first.loc[tuple(row[key] for key in keys)]),
            _("row {row}").format(row=row["line"]),
            _("the same place with another crop"),
        )
        for row in table[again].to_dict("records")
        if row["lon"] == row["lon"]
    ]
    lines = table.groupby(keys, dropna=False)["line"].transform(lambda group: [tuple(group)] * len(group))
    return table.assign(lines=lines)[~again], merged


def _doubled_ids(source: ListSource, table: pd.DataFrame) -> Iterator[Fault]:
    first: dict[tuple[str, str], int] = {}
    for code, role, line in zip(table["id"], table["role"], table["line"], strict=True):
        if (code, role) in first and not CUT_CODE.fullmatch(code):
            message = _("is used twice; first on row {value}").format(value=first[code, role])
            yield Fault(source.file, int(line), source.columns.plain.get("id", "id"), code, message, "duplicate-id")
        first.setdefault((code, role), int(line))


def _located(
    source: ListSource, table: pd.DataFrame, told: Mapping[str, object]
) -> tuple[pd.DataFrame, list[Fault], list[Skipped]]:
    """Refuse, leave out or place at their town the rows without usable coordinates."""
    faults: list[Fault] = []
    skipped: list[Skipped] = []
    centres = _centres(table) if source.missing == "township" else {}
    keep = np.ones(len(table), dtype=bool)
    for n, row in enumerate(table.to_dict("records")):
        spot: RowCoordinates = row["spot"]
        if not spot.judgement:
            continue
        name, line = str(row["name"]), int(row["line"])
        fault = spot.fault(source.file, line, told)
        reason = fault.message
        if spot.judgement == "gap":
            fault = replace(fault, value=name, guess=_(WAY_ON))
        centre = centres.get((row["county"], row["town"])) if row["role"] == "village" else None
        if source.missing == "refuse" or spot.judgement not in LEFT_OUT:
            faults.append(fault)
        elif centre is not None:
            table.loc[table.index[n], ["lon", "lat"]] = centre
            table.loc[table.index[n], "name"] = _("{name} (placed at its township)").format(name=name)
            message = _("has no usable coordinates and is placed at its township")
            faults.append(Fault(source.file, line, "lon, lat", name, message, "placed-at-township", warning=True))
        else:
            keep[n] = False
            skipped.append(Skipped(line, name, reason))
            message = _("{reason}; it is left out").format(reason=reason)
            faults.append(replace(fault, value=name, message=message, guess="", warning=True))
    return table[keep], faults, skipped


def _centres(table: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """Return county and town -> where the town lies, else the middle of its villages."""
    sound = table[table["spot"].map(lambda spot: not spot.judgement).astype(bool) & (table["town"] != "")]
    middles = sound.groupby(["county", "town"], as_index=False)[["lon", "lat"]].median()
    towns = sound[sound["role"] == "site"].drop_duplicates(["county", "town"])
    rows = [*middles.to_dict("records"), *towns.to_dict("records")]
    return {(row["county"], row["town"]): (float(row["lon"]), float(row["lat"])) for row in rows}
