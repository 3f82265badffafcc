"""An import whose harvests, seasons and candidate sites come from open data instead of a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.atlas.climate import Climate, read_climate
from coldchain.atlas.mix import MIX_NOTE, Mix, mixes
from coldchain.atlas.production import ProductionGrid, read_production, unused_crops
from coldchain.atlas.raster import Box, read_raster
from coldchain.atlas.spreading import REACH_KM, Shared, share_out
from coldchain.atlas.terrain import STEEPEST, power_km, slopes
from coldchain.atlas.visits import SPREAD, VISIT_NOTE, VISITS, VillageToVisit, band, ranked
from coldchain.errors import BadInputError, Fault
from coldchain.importing import Import, draft_from_osm, draft_from_points, read_rules
from coldchain.importing.account import Skipped
from coldchain.importing.rules import ANNUAL_SHARES, USUAL_SEASONS, ImportRules
from coldchain.language import _, plural
from coldchain.model import Assumption, Commodity
from coldchain.model.naming import crop_names, labelled
from coldchain.scenario import catalogue_table
from coldchain.scenario.datum import to_wgs84

MARGIN_KM = REACH_KM + 10.0
"""Around the villages: their reach and a cell of 5 arc minutes."""
REPLACED = frozenset({"harvest", "figures"})
"""Assumptions of the rule that the crop raster takes the place of."""


@dataclass(frozen=True)
class Layers:
    """The user's files of open data.

    Attributes
    ----------
    crops : MapSPAM tables of production, or GeoTIFFs named after a crop
    people : GeoTIFF of inhabitants; without it cells are split evenly
    climate : a table of monthly normals, or GeoTIFFs of tmin and tmax; without it temperatures follow the latitude
    elevation : SRTM tile or folder of tiles
    """

    crops: tuple[Path, ...]
    people: Path | None = None
    climate: tuple[Path, ...] = ()
    elevation: Path | None = None


def draft_from_atlas(
    places: Path,
    layers: Layers,
    *,
    rules: Path | None = None,
    datum: str | None = None,
    roads: Path | None = None,
) -> Import:
    """Draft a county from open data.

    Parameters
    ----------
    places : OpenStreetMap file; with ``datum`` a list of places as `draft_from_points` reads it
    roads : with a list of places, their roads

    Raises
    ------
    BadInputError
        Listing what is wrong with places, or else with the layers.
    """
    rule = read_rules(rules)
    if datum is None:
        base = draft_from_osm(places, rules, layers.elevation)
    else:
        base = draft_from_points(places, datum=datum, rules=rules, roads=roads)
    villages = base.draft.tables["villages"]
    lon, lat = to_wgs84(villages["lon"], villages["lat"], base.draft.datum)
    mix = mixes(rule.atlas)
    box = Box.around(lon, lat, MARGIN_KM)
    grids = read_production(layers.crops, box, mix)
    people = None if layers.people is None else read_raster(layers.people, box)
    shared = [share_out(grid, people, lon, lat) for grid in grids]
    sown = _Sown(grids, shared, mix, villages["id"].to_list())
    if not sown.total > 0.0:
        message = _("none of the crops that are planned with grows within {km:g} km of the villages")
        raise BadInputError([Fault(grids[0].file, None, "", "", message.format(km=REACH_KM), "no-harvest")])
    weight = np.sum([one.tonnes.sum(axis=1) for one in shared], axis=0)
    climate = read_climate(layers.climate, lon, lat, weight) if layers.climate else None
    return _drafted(base, _Findings(sown, rule, layers, climate, () if people is None else people.faults), places)


@dataclass(frozen=True, eq=False)
class _Sown:
    """Harvests by village and crop of the catalogue."""

    grids: Sequence[ProductionGrid]
    shared: Sequence[Shared]
    mix: Mapping[str, Mix]
    villages: Sequence[str]

    @property
    def total(self) -> float:
        """Tonnes of all villages."""
        return float(sum(one.tonnes.sum() for one in self.shared))

    def table(self) -> pd.DataFrame:
        """Return village, commodity, tonnes and the file and code they come from."""
        parts = []
        for grid, shared in zip(self.grids, self.shared, strict=True):
            for at, code in enumerate(grid.codes):
                column = shared.tonnes[:, at]
                some = np.flatnonzero(column > 0.0)
                ids = np.array(self.villages, dtype=object)[some]
                parts += [
                    pd.DataFrame({"village": ids, "commodity": crop, "tonnes": column[some] * share,
                                  "source": grid.file, "code": code})
                    for crop, share in self.mix[code].items()
                ]  # fmt: skip
        return pd.concat(parts, ignore_index=True).sort_values(["village", "commodity", "source"], kind="stable")


@dataclass(frozen=True, eq=False)
class _Findings:
    """All that was read of the layers."""

    sown: _Sown
    rule: ImportRules
    layers: Layers
    climate: Climate | None
    faults: tuple[Fault, ...]


def _drafted(base: Import, found: _Findings, places: Path) -> Import:
    """Put the harvests, seasons and sites of the layers in the place of those of the rule."""
    tables = dict(base.draft.tables)
    sown = found.sown.table()
    harvest = sown.groupby(["village", "commodity"], sort=True)["tonnes"].sum().reset_index()
    tables["harvest"] = by_season(harvest, found.rule)
    if found.climate is not None:
        tables["periods"] = found.climate.periods
    site_facts, steep = _sites(tables["sites"], base, found.layers, places)
    tables["sites"] = tables["sites"][~tables["sites"]["id"].isin([one.name_id for one in steep])]
    villages = tables["villages"]
    empty = villages["name"][~villages["id"].isin(harvest["village"])].to_list()
    visits = ranked(villages, harvest, _prices())
    assumptions = (*_kept(base, found), *_assumed(found, steep))
    draft = replace(base.draft, tables=tables, assumptions=assumptions)
    grid_faults = [fault for grid in found.sown.grids for fault in grid.faults]
    faults = (*base.faults, *grid_faults, *found.faults, *_without(places.name, empty))
    account = replace(
        base.account,
        harvest_t=round(float(tables["harvest"]["tonnes"].sum()), 6),
        unused_columns=(*base.account.unused_columns, *unused_crops(found.layers.crops, found.sown.mix)),
        skipped=(*base.account.skipped, *(one.skipped for one in steep)),
        visit_first=visits[:VISITS],
        crops=_balance(found.sown),
    )
    beside = {"harvest": _sourced(sown), "visits": _visit_table(visits), "sites": site_facts}
    return replace(base, draft=draft, faults=faults, account=account, beside=beside)


def by_season(harvest: pd.DataFrame, rule: ImportRules) -> pd.DataFrame:
    """Split the tonnes of each village and crop over the seasons; they add up to the last digit a float has."""
    parts = []
    for crop, rows in harvest.groupby("commodity", sort=True):
        name = str(crop)
        seasons = rule.crops[name].seasons if name in rule.crops else USUAL_SEASONS.get(name, ANNUAL_SHARES)
        whole = sum(seasons.values())
        parts += [
            rows.assign(period=season, tonnes=rows["tonnes"] * share / whole)
            for season, share in seasons.items()
            if share > 0.0
        ]
    table = pd.concat(parts, ignore_index=True).sort_values(["village", "commodity"], kind="stable")
    return table[["village", "commodity", "period", "tonnes"]].reset_index(drop=True)


def _balance(sown: _Sown) -> tuple[dict[str, str | float], ...]:
    """Return of each crop of the sources the tonnes in the cells, in villages, and beyond their reach."""
    return tuple(
        {"code": code, "source": grid.file, "cells_t": float(grid.tonnes[:, at].sum()),
         "villages_t": float(shared.tonnes[:, at].sum()), "beyond_t": float(shared.beyond[at])}
        for grid, shared in zip(sown.grids, sown.shared, strict=True)
        for at, code in enumerate(grid.codes)
    )  # fmt: skip


def _sourced(sown: pd.DataFrame) -> pd.DataFrame:
    """Return each figure with its spread, its band and its source."""
    low, high = band(1.0)
    tonnes = sown["tonnes"]
    return sown.assign(cv=SPREAD, low_t=tonnes * low, high_t=tonnes * high)[
        ["village", "commodity", "tonnes", "cv", "low_t", "high_t", "source", "code"]
    ]


def _visit_table(visits: Sequence[VillageToVisit]) -> pd.DataFrame:
    table = pd.DataFrame([vars(one) for one in visits])
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


@dataclass(frozen=True)
class _Steep:
    """A candidate site that is too steep."""

    name_id: str
    skipped: Skipped


def _sites(sites: pd.DataFrame, base: Import, layers: Layers, places: Path) -> tuple[pd.DataFrame, tuple[_Steep, ...]]:
    """Return what maps tell of each candidate site, and those left out; the last one is never left out."""
    lon, lat = to_wgs84(sites["lon"], sites["lat"], base.draft.datum)
    slope = np.full(len(sites), np.nan) if layers.elevation is None else slopes(layers.elevation, lon, lat)
    power = (
        power_km(places, lon, lat) if base.draft.datum == "wgs84" and base.rows is None else np.full(len(sites), np.nan)
    )
    steep = slope > STEEPEST
    if steep.all():
        steep[int(np.argmin(slope))] = False
    facts = sites[["id", "name"]].assign(slope=np.round(slope, 3), power_line_km=np.round(power, 2), kept=~steep)
    reason = _("the ground is too steep for a depot: {slope:.0%}")
    left_out = [
        _Steep(str(row.id), Skipped(None, labelled(str(row.id), str(row.name)), reason.format(slope=row.slope)))
        for row in facts[steep].itertuples(index=False)
    ]
    return facts, tuple(left_out)


def _kept(base: Import, found: _Findings) -> list[Assumption]:
    """Return the assumptions of the rule that still hold."""
    gone = REPLACED | ({"temperatures"} if found.climate is not None else set())
    return [one for one in base.draft.assumptions if one.what not in gone]


def _assumed(found: _Findings, steep: Sequence[_Steep]) -> list[Assumption]:
    """Return what was assumed, each with its source."""
    files = _(", ").join(grid.file for grid in found.sown.grids)
    people = found.layers.people
    split = (
        _("cells are shared out over villages by the people within {km:g} km").format(km=REACH_KM)
        if people is not None
        else _("cells are shared out over the villages within {km:g} km by area").format(km=REACH_KM)
    )
    spread = _(
        "coefficient of variation {cv:g} of a village's tonnes of a crop: fixed beforehand, not measured"
    ).format(cv=SPREAD)
    beyond = sum(float(one["beyond_t"]) for one in _balance(found.sown))
    rest = _("{t:,.0f} t of the cells around lie beyond {km:g} km of every village and are in no plan").format(
        t=beyond, km=REACH_KM
    )
    lines = [
        Assumption(what="harvest", figure=split, source=files if people is None else files + _(", ") + people.name),
        Assumption(what="harvest", figure=spread),
        Assumption(what="harvest", figure=rest, source=files),
        Assumption(what="note", figure=_(VISIT_NOTE)),
    ]
    used = dict.fromkeys(code for grid in found.sown.grids for code in grid.codes)
    names = {one.id: crop_names(one)[0] or one.id for one in _catalogue()}
    for code in used:
        if len(found.sown.mix[code]) > 1:
            shares = _(", ").join(f"{names[crop]} {share:.0%}" for crop, share in found.sown.mix[code].items())
            lines.append(Assumption(what="harvest", figure=_(MIX_NOTE).format(code=code, shares=shares)))
    lines.append(Assumption(what="harvest", figure=_("seasons of each crop as in the rule, else the usual ones of "
                                                     "southern China")))  # fmt: skip
    if found.climate is not None:
        lines.append(_climate_note(found.climate))
    if steep:
        text = plural("{n} candidate site steeper than {limit:.0%} is left out",
                      "{n} candidate sites steeper than {limit:.0%} are left out", len(steep))  # fmt: skip
        lines.append(Assumption(what="places", figure=text.format(n=len(steep), limit=STEEPEST)))
    return lines


def _climate_note(climate: Climate) -> Assumption:
    figure = _("monthly normals, the mean of three months for each season")
    if climate.spread_c is not None:
        low, high = climate.spread_c
        figure += _("; the mean of the year ranges from {low:g} to {high:g} °C between villages").format(
            low=low, high=high
        )
    return Assumption(what="temperatures", figure=figure, source=climate.source)


def _without(file: str, names: Sequence[str]) -> list[Fault]:
    """Warn of villages to which no crop falls."""
    message = _("no crop of the raster falls to this village; it has no harvest")
    return [Fault(file, None, "place", name, message, "no-harvest-given", warning=True) for name in names]


def _prices() -> dict[str, float]:
    return {one.id: one.price_cny_kg for one in _catalogue()}


def _catalogue() -> list[Commodity]:
    return [one for one in catalogue_table("commodity") if isinstance(one, Commodity)]
