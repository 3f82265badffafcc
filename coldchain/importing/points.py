"""A scenario from a table of points: levels say which are villages, sites and hubs; odd coordinates are reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault
from coldchain.importing.draft import KM_PER_DEG, Import, Places, account_of, assemble
from coldchain.importing.rules import read_rules
from coldchain.language import _
from coldchain.model import Assumption
from coldchain.network import read_roads
from coldchain.scenario import DATUMS, read_raw, to_wgs84

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "code", "编号", "代码", "序号"),
    "name": ("name", "名称", "村名", "地名", "村"),
    "level": ("level", "级别", "类型", "kind", "type"),
    "county": ("county", "县", "县区", "区县", "县市"),
    "town": ("town", "township", "乡镇", "镇"),
    "cooperative": ("cooperative", "合作社"),
    "tonnes": ("tonnes", "产量", "产量(吨)", "harvest_t"),
}
LON = ("lon", "lng", "longitude", "x", "经度")
LAT = ("lat", "latitude", "y", "纬度")
LEVELS: dict[str, str] = {
    "village": "village", "村": "village", "行政村": "village", "hamlet": "village", "farm": "village",
    "town": "site", "township": "site", "乡镇": "site", "镇": "site", "乡": "site", "site": "site", "候选点": "site",
    "county": "hub", "hub": "hub", "city": "hub", "县": "hub", "县城": "hub", "枢纽": "hub",
}  # fmt: skip
SAME_SPOT_DECIMALS = 5
TOWN_OUTLIER_FACTOR = 4.0
MOST_NOTED = 60


def draft_from_points(file: Path, *, datum: str, rules: Path | None = None, roads: Path | None = None) -> Import:
    """Draft a scenario from a CSV or GeoPackage of points.

    Columns are recognised by their usual names in English and Chinese; coordinates may carry the datum as a suffix
    (``lon_gcj02``). Points on the same spot and villages far from their own town are reported, not dropped.

    Raises
    ------
    BadInputError
        When the datum is unknown, a column is missing, or a coordinate is not a number; all faults together.
    """
    if datum not in DATUMS:
        message = _("must be one of {names}").format(names=", ".join(DATUMS))
        raise BadInputError([Fault("--datum", None, "", datum, message, "unknown-datum")])
    rule = read_rules(rules)
    points = _read(file, datum)
    faults = _odd(file.name, points, datum, rule.far_from_town_km)
    by_role = {role: points[points["role"] == role] for role in ("village", "site", "hub")}
    villages = by_role["village"].assign(kind="village")
    sites = by_role["site"] if len(by_role["site"]) else by_role["hub"]
    hubs = by_role["hub"] if len(by_role["hub"]) else sites.head(1)
    places = Places(villages, sites, hubs)
    network = None if roads is None else read_roads(roads)
    text = _("villages produce, towns are candidate sites, county seats are hubs; datum {datum}").format(datum=datum)
    origin = Assumption(what="places", figure=text, source=file.name)
    draft = assemble(file.stem, places, rule, network, datum, assumptions=(origin,), notes=_noted(faults))
    return Import(draft, network, tuple(faults), account_of(draft))


def _noted(faults: list[Fault]) -> tuple[str, ...]:
    """Write what looks wrong into the notes, since a later check no longer knows the towns."""
    if not faults:
        return ()
    listed = "; ".join(
        _("row {row}: {message}").format(row=fault.row, message=fault.message) for fault in faults[:MOST_NOTED]
    )
    rest = _("; and {count} more").format(count=len(faults) - MOST_NOTED) if len(faults) > MOST_NOTED else ""
    return (_("Points of the source that look wrong and were kept: {listed}{rest}.").format(listed=listed, rest=rest),)


def _read(file: Path, datum: str) -> pd.DataFrame:
    raw = read_raw(file)
    if any(not fault.warning for fault in raw.faults):
        raise BadInputError(raw.faults)
    if not raw.rows:
        raise BadInputError([Fault(file.name, None, "", "", _("holds no points"), "no-rows")])
    header = list(raw.rows[0][1])
    chosen, faults = _columns(file.name, header, datum)
    if faults:
        raise BadInputError(faults)
    frame = pd.DataFrame([cells for _line, cells in raw.rows])
    table = pd.DataFrame({key: frame[column] for key, column in chosen.items()})
    table = table.assign(line=[line for line, _cells in raw.rows])
    for key in ("name", "county", "town"):
        if key not in table:
            table[key] = ""
    return _checked(file.name, table)


def _columns(file: str, header: Sequence[str], datum: str) -> tuple[dict[str, str], list[Fault]]:
    """Match the header with the usual names; a coordinate column with the datum as suffix goes first."""
    lower = {name.lower(): name for name in header}
    chosen = {key: lower[name] for key, names in COLUMNS.items() for name in names[::-1] if name in lower}
    for key, names in (("lon", LON), ("lat", LAT)):
        wanted = [f"{name}_{datum}" for name in names] + list(names)
        match = next((lower[name] for name in wanted if name in lower), None)
        if match is not None:
            chosen[key] = match
    needed: Mapping[str, Sequence[str]] = {"id": COLUMNS["id"], "level": COLUMNS["level"], "lon": LON, "lat": LAT}
    faults = [
        Fault(
            file,
            1,
            key,
            "",
            _("no such column; it may be called {names}").format(names=", ".join(names)),
            "missing-column",
        )
        for key, names in needed.items()
        if key not in chosen
    ]
    return chosen, faults


def _checked(file: str, table: pd.DataFrame) -> pd.DataFrame:
    """Turn coordinates into numbers and levels into roles; name every cell that cannot be."""
    faults = []
    for key, limit in (("lon", 180.0), ("lat", 90.0)):
        numbers = pd.to_numeric(table[key], errors="coerce").to_numpy(dtype=np.float64)
        for row in np.flatnonzero(~np.isfinite(numbers) | (np.abs(numbers) > limit)):
            message = _("must be a finite number within ±{limit:g}").format(limit=limit)
            value = str(table[key].iloc[row])
            faults.append(Fault(file, int(table["line"].iloc[row]), key, value, message, "not-a-number"))
        table = table.assign(**{key: numbers})
    role = table["level"].str.lower().map(LEVELS)
    for row in np.flatnonzero(role.isna()):
        message = _("is not a level; known are {names}").format(names=", ".join(LEVELS))
        value = str(table["level"].iloc[row])
        faults.append(Fault(file, int(table["line"].iloc[row]), "level", value, message, "bad-choice"))
    if faults:
        raise BadInputError(faults)
    return table.assign(role=role)


def _odd(file: str, points: pd.DataFrame, datum: str, far_km: float) -> list[Fault]:
    """Report points of one role on the same spot, and villages far from the town they belong to."""
    faults = []
    spot = points[["role", "lon", "lat"]].round({"lon": SAME_SPOT_DECIMALS, "lat": SAME_SPOT_DECIMALS})
    for keys, group in points.groupby([spot["role"], spot["lon"], spot["lat"]]):
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
