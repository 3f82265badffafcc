"""A scenario from a list of places: levels say which are villages, sites and hubs; harvests are read where given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault, grouped
from coldchain.importing.account import Merged, Skipped
from coldchain.importing.columns import Columns, columns_of, score
from coldchain.importing.coordinates import Spot, doubts, outlying, spot_of
from coldchain.importing.crops import Crops
from coldchain.importing.draft import KM_PER_DEG, Import, Places, Rows, account_of, assemble
from coldchain.importing.harvests import Harvests, assumed_crops, not_used, read_harvests
from coldchain.importing.rules import Rules, read_rules
from coldchain.language import N_, _
from coldchain.model import Assumption
from coldchain.network import read_roads, roads_used
from coldchain.scenario import DATUMS, RawTable, read_raw, to_wgs84
from coldchain.scenario.datum import datum_of

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
SHOWN_LEVELS = "村 village, 社区, 自然村; 乡镇 town, 街道; 县 county, 枢纽 hub"
SERIAL = ("序号", "序號")
CUT_CODE = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
SAME_SPOT_DECIMALS = 5
TOWN_OUTLIER_FACTOR = 4.0
MOST_NOTED = 60
LEFT_OUT = ("gap", "not-a-number", "metres", "outside-china", "outlier")
STILL_IN_FILE = "road-gaps"
"""A warning of the road file that the check of the roads written repeats."""
WAY_ON = N_("fill them in, or go on with --skip-missing (leaves them out) or --missing township (their town's place)")


@dataclass(frozen=True)
class _Source:
    """What is known of the list as a whole."""

    file: str
    datum: str
    missing: Missing
    columns: Columns
    header_line: int


def draft_from_points(
    file: Path,
    *,
    datum: str,
    rules: Path | None = None,
    roads: Path | None = None,
    missing: Missing = "refuse",
) -> Import:
    """Draft a scenario from a list of places: a table as text, a workbook, or a file of a map.

    Columns are recognised by their usual names in English and Chinese, with units in brackets; coordinates may carry
    the datum as a suffix (``lon_gcj02``), minutes and seconds, or stand in one cell. Points on the same spot and
    villages far from their own town are reported, not dropped.

    Parameters
    ----------
    missing : what becomes of places without usable coordinates: all is refused, they are left out with a warning, or
        villages are placed at their township and marked so in their name

    Raises
    ------
    BadInputError
        When the datum is unknown, a column is missing, or a cell cannot be read; all faults together.
    """
    given, datum = datum, datum_of(datum)
    if datum not in DATUMS:
        message = _("must be one of {names}").format(names=", ".join(DATUMS))
        raise BadInputError([Fault("--datum", None, "", given, message, "unknown-datum")])
    if missing not in get_args(Missing):
        message = _("must be one of {names}").format(names=", ".join(get_args(Missing)))
        raise BadInputError([Fault("--missing", None, "", missing, message, "bad-choice")])
    rule = read_rules(rules)
    crops = Crops.known()
    raw = _raw(file, datum)
    columns, faults = columns_of(raw, datum, crops)
    if any(not fault.warning for fault in faults):
        raise BadInputError(faults)
    source = _Source(file.name, datum, missing, columns, raw.header_line)
    harvests = read_harvests(file.name, raw.rows, columns, crops)
    points, more, skipped, merged = _places(source, raw)
    faults += [*more, *harvests.faults, *assumed_crops(file.name, raw.header_line, columns, crops)]
    if any(not fault.warning for fault in faults):
        raise BadInputError(faults)
    return _drafted(file, source, rule, roads, _Read(points, harvests, raw, faults, skipped, merged))


@dataclass(frozen=True)
class _Read:
    """A list that was read without an error."""

    points: pd.DataFrame
    harvests: Harvests
    raw: RawTable
    faults: list[Fault]
    skipped: list[Skipped]
    merged: list[Merged]


def _drafted(file: Path, source: _Source, rule: Rules, roads: Path | None, read: _Read) -> Import:
    points = read.points
    network = None if roads is None else read_roads(roads)
    unused = not_used(source.columns, read.harvests, read.raw.rows)
    known = _known_tonnes(points, read.harvests)
    faults = [
        *read.faults,
        *_unused(source, unused, known is not None),
        *_harvest_elsewhere(source, points, read.harvests),
        *_without_harvest(source, points, known),
        *_odd(file.name, points, source.datum, rule.far_from_town_km),
        *(() if network is None else (fault for fault in network.warnings if fault.code != STILL_IN_FILE)),
    ]
    by_role = {role: points[points["role"] == role] for role in ("village", "site", "hub")}
    villages = by_role["village"].assign(kind="village")
    sites = by_role["site"] if len(by_role["site"]) else by_role["hub"]
    hubs = by_role["hub"] if len(by_role["hub"]) else sites.head(1)
    places = Places(villages, sites, hubs, known)
    text = _("villages produce, towns are candidate sites, county seats are hubs; datum {datum}").format(
        datum=source.datum
    )
    origin = Assumption(what="places", figure=text, source=file.name)
    draft = assemble(file.name, places, rule, network, source.datum, assumptions=(origin,), notes=_noted(faults))
    rows = Rows(file.name, {stem: tuple(vars(places)[stem]["line"]) for stem in ("villages", "sites", "hubs")})
    account = account_of(
        draft,
        unused_columns=unused,
        skipped=tuple(read.skipped),
        merged=tuple(read.merged),
        **({} if network is None else {"roads": roads_used(network)}),
    )
    return Import(draft, network, tuple(faults), account, rows)


def _raw(file: Path, datum: str) -> RawTable:
    raw = read_raw(file, score(datum))
    if not raw.header:
        raise BadInputError(raw.faults)
    if not raw.rows and all(fault.warning for fault in raw.faults):
        raise BadInputError([Fault(file.name, None, "", "", _("holds no points"), "no-rows")])
    return raw


def _places(source: _Source, raw: RawTable) -> tuple[pd.DataFrame, list[Fault], list[Skipped], list[Merged]]:
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


def _levels(source: _Source, table: pd.DataFrame) -> Iterator[Fault]:
    message = _("is not a level; known are {names}").format(names=SHOWN_LEVELS)
    for level, line in zip(table["level"], table["line"], strict=True):
        if level.lower() not in LEVELS:
            yield Fault(source.file, int(line), source.columns.plain["level"], level, message, "bad-choice")


def _codes(source: _Source, table: pd.DataFrame) -> Iterator[Fault]:
    """Name codes that a spreadsheet cut to a few digits: many places would share one."""
    message = _("a spreadsheet cut this code; format the column as text and paste the codes again")
    for code, line in zip(table["id"], table["line"], strict=True):
        if CUT_CODE.fullmatch(code):
            yield Fault(source.file, int(line), source.columns.plain["id"], code, message, "id-cut")


def _ids(source: _Source, table: pd.DataFrame) -> list[str]:
    """Return the ids; serial numbers that begin anew, and blanks, give way to the row they stand on."""
    given = list(table["id"])
    serial = source.columns.plain.get("id") in SERIAL and len(set(given)) < len(given)
    return [f"R{line}" if serial or not code else code for code, line in zip(given, table["line"], strict=True)]


def _merged(source: _Source, table: pd.DataFrame) -> tuple[pd.DataFrame, list[Merged]]:
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


def _doubled_ids(source: _Source, table: pd.DataFrame) -> Iterator[Fault]:
    first: dict[tuple[str, str], int] = {}
    for code, role, line in zip(table["id"], table["role"], table["line"], strict=True):
        if (code, role) in first and not CUT_CODE.fullmatch(code):
            message = _("is used twice; first on row {value}").format(value=first[code, role])
            yield Fault(source.file, int(line), source.columns.plain.get("id", "id"), code, message, "duplicate-id")
        first.setdefault((code, role), int(line))


def _located(
    source: _Source, table: pd.DataFrame, told: Mapping[str, object]
) -> tuple[pd.DataFrame, list[Fault], list[Skipped]]:
    """Refuse, leave out or place at their town the rows without usable coordinates."""
    faults: list[Fault] = []
    skipped: list[Skipped] = []
    centres = _centres(table) if source.missing == "township" else {}
    keep = np.ones(len(table), dtype=bool)
    for n, row in enumerate(table.to_dict("records")):
        spot: Spot = row["spot"]
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


def _known_tonnes(points: pd.DataFrame, harvests: Harvests) -> dict[str, dict[str, float]] | None:
    """Return village -> crop -> tonnes; None when the list gives no harvest at all."""
    if not harvests.tonnes:
        return None
    known: dict[str, dict[str, float]] = {}
    for row in points[points["role"] == "village"].to_dict("records"):
        of_village = known.setdefault(str(row["id"]), {})
        for line in row.get("lines") or (row["line"],):
            for crop, tonnes in harvests.tonnes.get(line, {}).items():
                of_village[crop] = of_village.get(crop, 0.0) + tonnes
    return known


def _unused(source: _Source, unused: Sequence[str], harvest_known: bool) -> Iterator[Fault]:
    """Name the columns that were not used, and what is assumed instead, in one line."""
    if not unused:
        return
    message = _("these columns are not used: {names}").format(names=", ".join(unused))
    strange = [name for name in unused if name in source.columns.strange]
    if strange:
        message += _("; no crop of the catalogue is called so: {names}").format(names=", ".join(strange))
    if not harvest_known:
        message += _("; the harvest follows the rule of --rules")
    yield Fault(source.file, source.header_line, "", "", message, "unused-columns", warning=True)


def _harvest_elsewhere(source: _Source, points: pd.DataFrame, harvests: Harvests) -> Iterator[Fault]:
    """Warn of harvests of towns and county seats: only villages produce."""
    message = _("is a candidate site or a hub: its harvest is not used; only villages produce")
    for row in points[points["role"] != "village"].to_dict("records"):
        tonnes = sum(harvests.tonnes.get(row["line"], {}).values())
        if tonnes > 0:
            yield Fault(source.file, int(row["line"]), "", str(row["name"]), message,
                        "harvest-not-used", warning=True)  # fmt: skip


def _without_harvest(
    source: _Source, points: pd.DataFrame, known: Mapping[str, Mapping[str, float]] | None
) -> Iterator[Fault]:
    if known is None:
        return
    message = _("has no harvest in the list; none is assumed")
    for row in points[points["role"] == "village"].to_dict("records"):
        if not known.get(str(row["id"])):
            yield Fault(source.file, int(row["line"]), "", str(row["name"]), message, "no-harvest-given", warning=True)


def _noted(faults: list[Fault]) -> tuple[str, ...]:
    """Write what looks wrong into the notes, since a later check no longer knows the source."""
    lines = [str(group) for group in grouped(faults)]
    if not lines:
        return ()
    rest = _("; and {count} more").format(count=len(lines) - MOST_NOTED) if len(lines) > MOST_NOTED else ""
    listed = "; ".join(lines[:MOST_NOTED])
    return (_("What was odd about the source: {listed}{rest}.").format(listed=listed, rest=rest),)


def _odd(file: str, points: pd.DataFrame, datum: str, far_km: float) -> list[Fault]:
    """Report points of one role on the same spot, and villages far from the town they belong to."""
    faults = []
    placed = points[~points["name"].str.endswith(_("{name} (placed at its township)").format(name=""))]
    spot = placed[["role", "lon", "lat"]].round({"lon": SAME_SPOT_DECIMALS, "lat": SAME_SPOT_DECIMALS})
    for keys, group in placed.groupby([spot["role"], spot["lon"], spot["lat"]]):
        first = group.iloc[0]
        for row in group.iloc[1:].to_dict("records"):
            message = _("{name} lies on the same spot as {name_2} on row {line}").format(
                name=row["name"], name_2=first["name"], line=first["line"]
            )
            value = f"{keys[1]}, {keys[2]}"
            faults.append(Fault(file, int(row["line"]), "lon, lat", value, message, "duplicate-point", warning=True))
    return faults + _misplaced(file, points, datum, far_km)


def _misplaced(file: str, points: pd.DataFrame, datum: str, far_km: float) -> list[Fault]:
    towns = points[(points["role"] == "site") & (points["town"] != "")].drop_duplicates(["county", "town"])
    villages = points[(points["role"] == "village") & (points["town"] != "")]
    joined = villages.merge(towns[["county", "town", "lon", "lat"]], on=["county", "town"], suffixes=("", "_town"))
    if joined.empty:
        return []
    x, y = to_wgs84(joined["lon"], joined["lat"], datum)
    x_town, y_town = to_wgs84(joined["lon_town"], joined["lat_town"], datum)
    km = np.hypot((x - x_town) * np.cos(np.radians(y)), y - y_town) * KM_PER_DEG
    limit = max(far_km, TOWN_OUTLIER_FACTOR * float(np.median(km)))
    faults = []
    for row in np.flatnonzero(km > limit):
        place = joined.iloc[row]
        message = _("{name} lies {value:.0f} km from its town {town}; the median is {median:.1f} km").format(
            name=place["name"], value=km[row], town=place["town"], median=np.median(km)
        )
        value = f"{place['lon']}, {place['lat']}"
        faults.append(Fault(file, int(place["line"]), "lon, lat", value, message, "far-from-town", warning=True))
    return faults
