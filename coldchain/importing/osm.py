"""A scenario from an OpenStreetMap file: producing places, candidate sites and hubs from the place tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coldchain.errors import BadInputError, Fault, grouped
from coldchain.importing.account import Merged, Skipped
from coldchain.importing.draft import Import, Places, account_of, assemble, nearest_km
from coldchain.importing.rules import ImportRules, read_rules
from coldchain.inputs import reading
from coldchain.language import N_, _, plural
from coldchain.model import Assumption, Roads, VehicleType
from coldchain.model.naming import labelled
from coldchain.network import (
    LorryRange,
    OsmExtract,
    RoadNetwork,
    lorry_range,
    read_osm,
    roads_used,
    snap_places,
    with_slope,
)
from coldchain.network.osm_record import listed
from coldchain.scenario import catalogue_table, offered_types

PRODUCING = ("village", "hamlet", "isolated_dwelling", "farm")
TOWNS = ("city", "town")
SITE_KINDS = ("city", "town", "village")
FEWEST_TOWNS = 1
HUBS_AT_MOST = 3
LICENCE = "© OpenStreetMap contributors, ODbL 1.0"
PLACES_RULE = N_(
    "villages, hamlets, farms and dwellings produce; towns and villages are candidate sites; the largest towns are "
    "hubs; a place belongs to its nearest town"
)


@dataclass(frozen=True)
class _Sorted:
    """Places that can be planned with, the others with the reason, and one warning for each kind of reason."""

    places: pd.DataFrame
    skipped: tuple[Skipped, ...]
    faults: tuple[Fault, ...]


def draft_from_osm(file: Path, rules: Path | None = None, elevation: Path | None = None) -> Import:
    """Draft a scenario from an OSM file.

    Parameters
    ----------
    file : PBF or XML
    rules : harvest rules in TOML
    elevation : SRTM tile, to slow trucks on slopes

    Raises
    ------
    BadInputError
        When the file cannot be read or holds no roads or no places.
    """
    rule = read_rules(rules)
    with reading(str(file)):
        extract = read_osm(file, lorries=_lorries(rule))
    roads = extract.network if elevation is None else with_slope(extract.network, elevation)
    found = _sorted(file.name, extract, roads, _most_off_m(rule))
    merged = tuple(
        Merged(labelled(row.kept, row.name), row.dropped, _("outline of the same place")) for row in extract.merged
    )
    faults = (*extract.network.warnings, *found.faults, *_merged(file.name, merged))
    origin = (
        Assumption(what="licence", figure=LICENCE, source="OpenStreetMap"),
        Assumption(what="places", figure=_(PLACES_RULE), source="OpenStreetMap"),
    )
    notes = tuple(_("Of the map: {message}").format(message=group.brief) for group in grouped(faults))
    try:
        draft = assemble(file.name, _roles(found.places), rule, roads, "wgs84", assumptions=origin, notes=notes)
    except BadInputError as error:
        raise BadInputError([*error.faults, *faults]) from None
    unused = tuple(dict.fromkeys(fault.column for fault in extract.network.warnings))
    account = account_of(draft, unused_columns=unused, skipped=found.skipped, merged=merged, roads=roads_used(roads))
    return Import(draft, roads, faults, account)


def _lorries(rules: ImportRules) -> LorryRange:
    """Return the range of the vehicles that the scenario will have on offer."""
    payload = {item.id: item.payload_kg for item in catalogue_table("vehicle") if isinstance(item, VehicleType)}
    routing, usual = rules.sections.get("routing", {}), offered_types()

    def payloads(key: str) -> list[float]:
        given = routing.get(key)
        known = [name for name in given if name in payload] if isinstance(given, list) else []
        return [payload[name] for name in known or usual[key]]

    return lorry_range(payloads("collection_vehicles"), payloads("line_haul_vehicles"))


def _most_off_m(rules: ImportRules) -> float:
    """Return the distance from the roads beyond which a place is refused."""
    given = rules.sections.get("roads", {}).get("max_snap_m")
    return float(given) if isinstance(given, int | float) else Roads().max_snap_m


def _sorted(file: str, extract: OsmExtract, roads: RoadNetwork, most_off_m: float) -> _Sorted:
    """Take the places with a name, of a kind that is planned with, and within reach of the roads."""
    places = extract.places
    places = places.assign(name=places["name"].where(places["name"] != "", places["name_zh"]))
    offset = snap_places(roads, places["lon"].to_numpy(), places["lat"].to_numpy(), Roads().access_kmh).offset_m
    unnamed = places["name"] == ""
    other = ~unnamed & ~places["kind"].isin((*PRODUCING, *SITE_KINDS))
    off = ~unnamed & ~other & (offset > most_off_m)
    ferries = [ferry.called for ferry in extract.record.ferries]
    groups = (
        (unnamed, _("has no name"), _unnamed(places[unnamed])),
        (other, _("is part of a town: it neither produces nor may hold a depot"), ""),
        (off, _("lies off the roads in use"), _off_roads(places[off], most_off_m, ferries)),
    )
    skipped = tuple(
        Skipped(None, labelled(str(row.id), str(row.name)), reason)
        for chosen, reason, _message in groups
        for row in places[chosen].itertuples(index=False)
    )
    faults = tuple(
        Fault(file, None, "place", "", message, "skipped-places", warning=True)
        for _chosen, _reason, message in groups
        if message
    )
    return _Sorted(places[~(unnamed | other | off)], skipped, faults)


def _unnamed(places: pd.DataFrame) -> str:
    if places.empty:
        return ""
    message = plural(
        "{n:,} place without a name is left out: {names}",
        "{n:,} places without a name are left out: {names}",
        len(places),
    )
    return message.format(n=len(places), names=listed(places["id"].to_list()))


def _off_roads(places: pd.DataFrame, most_off_m: float, ferries: Sequence[str]) -> str:
    if places.empty:
        return ""
    message = plural(
        "{n:,} place lies more than {limit:,.0f} m from the roads in use and is left out: {names}",
        "{n:,} places lie more than {limit:,.0f} m from the roads in use and are left out: {names}",
        len(places),
    )
    names = [labelled(number, name) for name, number in zip(places["name"], places["id"], strict=True)]
    text = message.format(n=len(places), limit=most_off_m, names=listed(names))
    return text + (_("; ferries are not driven: {names}").format(names=listed(ferries)) if ferries else "")


def _merged(file: str, merged: Sequence[Merged]) -> list[Fault]:
    if not merged:
        return []
    message = plural(
        "{n:,} outline is a place that stands already: {names}",
        "{n:,} outlines are places that stand already: {names}",
        len(merged),
    )
    names = listed([f"{row.dropped} → {row.kept}" for row in merged])
    text = message.format(n=len(merged), names=names)
    return [Fault(file, None, "place", "", text, "merged-places", warning=True)]


def _roles(places: pd.DataFrame) -> Places:
    """Tell villages, candidate sites and hubs apart by kind."""
    towns = places[places["kind"].isin(TOWNS)]
    if len(towns) < FEWEST_TOWNS:
        towns = places[places["kind"] == "village"].head(FEWEST_TOWNS)
    ranked = towns.sort_values(["population", "id"], ascending=[False, True], na_position="last")
    villages = _with_county(places[places["kind"].isin(PRODUCING)], towns)
    sites = _with_county(places[places["kind"].isin(SITE_KINDS)], towns)
    hubs = _with_county(ranked.head(HUBS_AT_MOST), towns)
    return Places(villages, sites.assign(id="site-" + sites["id"]), hubs.assign(id="hub-" + hubs["id"]))


def _with_county(places: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """Give each place its nearest town as its county: by name, with the id where several towns are called so."""
    if places.empty or towns.empty:
        return places.assign(county="")
    _km, row = nearest_km(places, towns)
    twin = towns["name"].duplicated(keep=False)
    label = towns["name"].where(~twin, towns["name"] + " (" + towns["id"] + ")")
    return places.assign(county=label.to_numpy()[row])
