"""What imported places harvest, by a stated rule: tonnes by kind of place, a crop mix, seasons from latitude.

Maps know where villages lie, not what they grow. The rule is written into the scenario's notes, and every figure of
it can be changed in a TOML file or afterwards in the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import read_toml
from coldchain.language import N_, _
from coldchain.model import Noun, figure
from coldchain.scenario import SECTIONS, catalogue_table
from coldchain.scenario.parsing import parse

SEASONS = ("spring", "summer", "autumn", "winter")
SEASON_DAYS = 80
ANNUAL_SHARES = dict.fromkeys(SEASONS, 0.25)
USUAL_SEASONS: Mapping[str, Mapping[str, float]] = {
    "bamboo_shoot": {"spring": 0.8, "winter": 0.2},
    "yangmei": {"summer": 1.0}, "litchi": {"summer": 1.0}, "mango": {"summer": 1.0}, "peach": {"summer": 1.0},
    "plum": {"summer": 1.0}, "cherry": {"spring": 0.6, "summer": 0.4}, "grape": {"summer": 0.7, "autumn": 0.3},
    "pear": {"summer": 0.5, "autumn": 0.5}, "kiwifruit": {"autumn": 1.0}, "apple": {"autumn": 1.0},
    "lily_bulb": {"autumn": 1.0}, "ponkan": {"autumn": 0.3, "winter": 0.7},
    "navel_orange": {"autumn": 0.3, "winter": 0.7}, "tea_leaf": {"spring": 0.7, "summer": 0.15, "autumn": 0.15},
    "tomato": {"summer": 0.7, "autumn": 0.3}, "strawberry": {"spring": 0.8, "summer": 0.2},
    "chilli": {"summer": 0.6, "autumn": 0.4}, "potato": {"summer": 0.4, "autumn": 0.6},
}  # fmt: skip
"""Assumption: seasons of the main harvest in southern China, for crops whose seasons neither list nor rules give."""
Known = Mapping[str, Mapping[str, float]]
Lot = tuple[str, str, float]
WARMEST_MEAN_C, COOLING_C_PER_DEG = 30.0, 0.5
SWING_C_PER_DEG, LARGEST_SWING_C = 0.4, 11.0
DAILY_HALF_RANGE_C = 5.0
SEASON_PHASE = {"spring": 0.0, "summer": 1.0, "autumn": 0.15, "winter": -1.0}


class Crop(Noun):
    """One crop of the mix."""

    share: float = figure("share", "share of the tonnes of a place that grows it, before the mix is scaled to 1", gt=0)
    seasons: dict[str, float] = figure("share", "share of its harvest in each season", ANNUAL_SHARES)
    grown_by: float = figure("share", "share of the places that grow it", 1.0, gt=0, le=1)
    counties: tuple[str, ...] = figure("-", "only in these counties; everywhere if empty", ())


class ImportRules(Noun):
    """Harvest rule of an import."""

    title: str = figure("-", "what the rule is, for the scenario's notes", N_("mixed farming, the same everywhere"))
    tonnes: dict[str, float] = figure(
        "t/year",
        "harvest of a place of each kind",
        {"village": 300.0, "hamlet": 80.0, "isolated_dwelling": 15.0, "farm": 30.0},
    )
    crops: dict[str, Crop] = figure(
        "-",
        "crop mix",
        {
            "pak_choi": Crop(share=0.30),
            "tomato": Crop(share=0.20, seasons={"summer": 0.7, "autumn": 0.3}),
            "snap_bean": Crop(share=0.15, seasons={"spring": 0.2, "summer": 0.6, "autumn": 0.2}),
            "chilli": Crop(share=0.10, seasons={"summer": 0.6, "autumn": 0.4}),
            "strawberry": Crop(share=0.10, seasons={"spring": 0.8, "summer": 0.2}),
            "potato": Crop(share=0.15, seasons={"summer": 0.4, "autumn": 0.6}),
        },
    )
    spread: float = figure("-", "log-normal spread of tonnes between places of one kind; 0: all alike", 0.3, ge=0, le=2)
    seed: int = figure("-", "of the random spread and of who grows what", 1, ge=0)
    budget_cny_per_village: float = figure("CNY", "subsidy budget per producing place", 15_000.0, ge=0)
    far_from_town_km: float = figure("km", "a village farther than this from its own town is reported", 25.0, gt=0)
    atlas: dict[str, dict[str, float]] = figure(
        "share", "crops that stand for a group of a crop raster, and their shares, e.g. VEGE; see docs/atlas.md", {}
    )
    sections: dict[str, dict[str, Any]] = figure("-", "settings of scenario.toml to write", {})


def read_rules(path: Path | None) -> ImportRules:
    """Read a rules file; the defaults when there is none.

    Raises
    ------
    BadInputError
        Naming every unknown key, crop, season or section.
    """
    if path is None:
        return ImportRules()
    rules, faults = parse(ImportRules, read_toml(path), path.name, None)
    if rules is not None:
        faults += _unknown(rules, path.name)
    if faults or rules is None:
        raise BadInputError(faults)
    return rules


def _unknown(rules: ImportRules, file: str) -> list[Fault]:
    known = {str(getattr(item, "id", "")) for item in catalogue_table("commodity")}
    faults = [
        Fault(file, None, f"crops.{crop}", crop, _("is not in the catalogue of commodities"), "unknown-commodity")
        for crop in rules.crops
        if crop not in known and crop not in rules.sections.get("commodity", {})
    ]
    message = _("is not in the catalogue of commodities")
    faults += [
        Fault(file, None, f"atlas.{code}", crop, message, "unknown-commodity")
        for code, mix in rules.atlas.items()
        for crop in mix
        if crop not in known
    ]
    message = _("shares must not be negative, and not all zero")
    faults += [
        Fault(file, None, f"atlas.{code}", "", message, "out-of-range")
        for code, mix in rules.atlas.items()
        if min(mix.values(), default=0.0) < 0.0 or not sum(mix.values()) > 0.0
    ]
    for name, crop in rules.crops.items():
        strange = [season for season in crop.seasons if season not in SEASONS]
        message = _("is not a season; these are {names}").format(names=", ".join(SEASONS))
        faults += [Fault(file, None, f"crops.{name}.seasons", s, message, "unknown-period") for s in strange]
    faults += [
        Fault(file, None, f"sections.{section}", section, _("is not a section of scenario.toml"), "unknown-key")
        for section in rules.sections
        if section not in SECTIONS
    ]
    return faults


def harvest(rules: ImportRules, places: pd.DataFrame, known: Known | None = None) -> pd.DataFrame:
    """Return the harvest table of places with columns id, kind and county: village, commodity, period, tonnes.

    Parameters
    ----------
    known : village -> crop -> tonnes; those of an empty crop are shared out by the mix. None: all follows the rule
    """
    rng = np.random.default_rng(rules.seed)
    size = rng.lognormal(-(rules.spread**2) / 2.0, rules.spread, len(places)) if rules.spread else np.ones(len(places))
    draws = rng.random((len(places), len(rules.crops)))
    rows = []
    for place, factor, draw in zip(places.itertuples(), size, draws, strict=True):
        ruled = {"": rules.tonnes.get(str(place.kind), 0.0) * factor}
        tonnes = ruled if known is None else known.get(str(place.id), {})
        grown = _grown(rules.crops, str(place.county), draw)
        rows += [(place.id, *row) for row in _lots(rules, grown, tonnes, exact=known is not None)]
    return pd.DataFrame(rows, columns=["village", "commodity", "period", "tonnes"])


def _lots(rules: ImportRules, grown: Mapping[str, Crop], tonnes: Mapping[str, float], *, exact: bool) -> list[Lot]:
    """Return crop, season and tonnes of one place; with ``exact`` the largest lot takes what rounding leaves."""
    whole = sum(crop.share for crop in grown.values())
    by_crop = {name: tonnes.get("", 0.0) * crop.share / whole for name, crop in grown.items()}
    for name, amount in tonnes.items():
        if name:
            by_crop[name] = by_crop.get(name, 0.0) + amount
    lots: dict[tuple[str, str], float] = {}
    for name, amount in by_crop.items():
        seasons = rules.crops[name].seasons if name in rules.crops else USUAL_SEASONS.get(name, ANNUAL_SHARES)
        total = sum(seasons.values()) or 1.0
        lots |= {(name, season): round(amount * share / total, 2) for season, share in seasons.items()}
    if exact and lots:
        largest = max(lots, key=lambda key: lots[key])
        lots[largest] = round(lots[largest] + sum(tonnes.values()) - sum(lots.values()), 6)
    return [(name, season, amount) for (name, season), amount in lots.items() if amount > 0]


def _grown(crops: Mapping[str, Crop], county: str, draw: np.ndarray) -> dict[str, Crop]:
    """Return the crops of one place; the first crop its county allows when chance gives it none."""
    allowed = {name: crop for name, crop in crops.items() if not crop.counties or county in crop.counties}
    order = list(crops)
    grown = {name: crop for name, crop in allowed.items() if draw[order.index(name)] < crop.grown_by}
    return grown or dict(list(allowed.items())[:1])


def periods(lat: float) -> pd.DataFrame:
    """Return four seasons with temperatures from the latitude alone.

    Mean of the year ``30 - 0.5·|lat|`` °C, seasonal swing ``0.4·|lat|`` up to 11 K, half a day's range 5 K. At 28° N
    this gives 16 °C, January 5 and July 27 °C, as in Jishou, Hunan; south of the equator the seasons are turned.
    """
    mean = WARMEST_MEAN_C - COOLING_C_PER_DEG * abs(lat)
    swing = min(SWING_C_PER_DEG * abs(lat), LARGEST_SWING_C)
    turned = dict(zip(SEASONS, ("autumn", "winter", "spring", "summer"), strict=True))
    rows = []
    for season in SEASONS:
        middle = mean + swing * SEASON_PHASE[season if lat >= 0 else turned[season]]
        low, high = round(middle - DAILY_HALF_RANGE_C, 1), round(middle + DAILY_HALF_RANGE_C, 1)
        rows.append((season, season, SEASON_DAYS, low, high))
    return pd.DataFrame(rows, columns=["id", "name", "days", "temp_min_c", "temp_max_c"])
