"""A scenario from a list of places: levels say which are villages, sites and hubs; harvests are read where given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault, demand_right, grouped
from coldchain.importing.account import Merged, Skipped
from coldchain.importing.columns import columns_of, score
from coldchain.importing.crops import Crops
from coldchain.importing.draft import KM_PER_DEG, Import, Places, RowOrigins, account_of, assemble
from coldchain.importing.harvests import Harvests, assumed_crops, not_used, read_harvests
from coldchain.importing.placing import ListSource, Missing, places_of
from coldchain.importing.rules import ImportRules, read_rules
from coldchain.language import _
from coldchain.model import Assumption
from coldchain.network import read_roads, roads_used
from coldchain.scenario import DATUMS, RawTable, read_raw, to_wgs84
from coldchain.scenario.datum import datum_of

SAME_SPOT_DECIMALS = 5
TOWN_OUTLIER_FACTOR = 4.0
MOST_NOTED = 60
STILL_IN_FILE = "road-gaps"
"""A warning of the road file that the check of the roads written repeats."""


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
    demand_right(faults)
    source = ListSource(file.name, datum, missing, columns, raw.header_line)
    harvests = read_harvests(file.name, raw.rows, columns, crops)
    points, more, skipped, merged = places_of(source, raw)
    faults += [*more, *harvests.faults, *assumed_crops(file.name, raw.header_line, columns, crops)]
    demand_right(faults)
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


def _drafted(file: Path, source: ListSource, rule: ImportRules, roads: Path | None, read: _Read) -> Import:
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
    rows = RowOrigins(file.name, {stem: tuple(vars(places)[stem]["line"]) for stem in ("villages", "sites", "hubs")})
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


def _unused(source: ListSource, unused: Sequence[str], harvest_known: bool) -> Iterator[Fault]:
    """Name the columns that were not used, and what is assumed instead, in one line."""
    if not unused:
        return
    message = _("these columns are not used: {names}").format(names=", ".join(unused))
    strange = [name for name in unused if name in source.columns.strange]
    if strange:
        message += _("; no crop of the catalogue is called so: {names}").format(names=", ".join(strange))
    if not harvest_known:
        message += _("; the harvest follows a rule")
    yield Fault(source.file, source.header_line, "", "", message, "unused-columns", warning=True)


def _harvest_elsewhere(source: ListSource, points: pd.DataFrame, harvests: Harvests) -> Iterator[Fault]:
    """Warn of harvests of towns and county seats: only villages produce."""
    message = _("is a candidate site or a hub: its harvest is not used; only villages produce")
    for row in points[points["role"] != "village"].to_dict("records"):
        tonnes = sum(harvests.tonnes.get(row["line"], {}).values())
        if tonnes > 0:
            yield Fault(source.file, int(row["line"]), "", str(row["name"]), message,
                        "harvest-not-used", warning=True)  # fmt: skip


def _without_harvest(
    source: ListSource, points: pd.DataFrame, known: Mapping[str, Mapping[str, float]] | None
) -> Iterator[Fault]:
    if known is None:
        return
    message = _("has no harvest in the list; none is assumed")
    for row in points[points["role"] == "village"].to_dict("records"):
        if not known.get(str(row["id"])):
            yield Fault(source.file, int(row["line"]), "", str(row["name"]), message, "no-harvest-given", warning=True)


def _noted(faults: list[Fault]) -> tuple[str, ...]:
    """Write what looks wrong into the notes, since a later check no longer knows the source."""
    lines = [group.brief for group in grouped(faults)]
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
