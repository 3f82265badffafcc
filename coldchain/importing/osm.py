"""A scenario from an OpenStreetMap file: producing places, candidate sites and hubs from the place tags."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coldchain.importing.draft import Import, Places, account_of, assemble, nearest_km
from coldchain.importing.rules import read_rules
from coldchain.language import N_, _
from coldchain.model import Assumption
from coldchain.network import read_osm, with_slope

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
    extract = read_osm(file)
    roads = extract.network if elevation is None else with_slope(extract.network, elevation)
    named_here = extract.places["name"].where(extract.places["name"] != "", extract.places["name_zh"])
    places = extract.places.assign(name=named_here)[named_here != ""]
    towns = places[places["kind"].isin(TOWNS)]
    if len(towns) < FEWEST_TOWNS:
        towns = places[places["kind"] == "village"].head(FEWEST_TOWNS)
    ranked = towns.sort_values(["population", "id"], ascending=[False, True], na_position="last")
    villages = _with_county(places[places["kind"].isin(PRODUCING)], towns)
    sites = _with_county(places[places["kind"].isin(SITE_KINDS)], towns)
    hubs = _with_county(ranked.head(HUBS_AT_MOST), towns)
    named = Places(villages, sites.assign(id="site-" + sites["id"]), hubs.assign(id="hub-" + hubs["id"]))
    name = file.name.split(".")[0]
    origin = (
        Assumption(what="licence", figure=LICENCE, source="OpenStreetMap"),
        Assumption(what="places", figure=_(PLACES_RULE), source="OpenStreetMap"),
    )
    draft = assemble(name, named, rule, roads, "wgs84", assumptions=origin)
    return Import(draft, roads, (), account_of(draft))


def _with_county(places: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """Give each place the name of the nearest town as its county."""
    if places.empty or towns.empty:
        return places.assign(county="")
    _km, row = nearest_km(places, towns)
    return places.assign(county=towns["name"].to_numpy()[row])
