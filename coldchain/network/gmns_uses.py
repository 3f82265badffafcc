"""Which links of a GMNS network are roads open to lorries, and how fast they are by their facility type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.language import _
from coldchain.network.gmns_table import Table, listed
from coldchain.network.speeds import CLASS_KMH, FACTOR, NOT_ROADS

NO_ROADS = NOT_ROADS | {
    "sidewalk", "crosswalk", "bikeway", "bikepath", "bike_path", "cycletrack", "cycle_track", "walkway", "trail",
    "off_street_path", "shared_use_path", "multi_use_path", "greenway", "pedestrian_way", "stairs", "rail", "railway",
    "heavy_rail", "light_rail", "subway", "metro", "tram", "transit", "transit_only", "bus_only", "waterway",
    "runway", "taxiway", "airport",
}  # fmt: skip
"""Facility types that no lorry drives on; case, blanks and hyphens do not matter."""
AS_CLASS: Mapping[str, str] = MappingProxyType({
    "freeway": "motorway", "interstate": "motorway", "expressway": "trunk", "highway": "trunk", "hov": "motorway",
    "principal_arterial": "primary", "major_arterial": "primary", "arterial": "primary", "minor_arterial": "secondary",
    "major_collector": "tertiary", "collector": "tertiary", "minor_collector": "unclassified", "local": "residential",
    "local_road": "residential", "local_street": "residential", "ramp": "motorway_link", "on_ramp": "motorway_link",
    "off_ramp": "motorway_link", "alley": "service", "driveway": "service", "connector": "unclassified",
})  # fmt: skip
"""Facility types of American practice by the OpenStreetMap class whose speed they have."""
LORRY = frozenset({"truck", "trucks", "hgv", "lorry", "lorries", "freight", "goods", "heavy_truck", "mut", "sut"})
MOTOR = LORRY | {
    "all", "any", "auto", "autos", "automobile", "car", "cars", "motor_vehicle", "motor_vehicles", "vehicle",
    "vehicles", "mv", "general", "gp", "sov", "general_purpose", "motor", "drive", "driving",
}  # fmt: skip
"""Uses that let a lorry in."""
EVERY = frozenset({"all", "any", "general", "general_purpose", "gp", "motor_vehicle", "motor_vehicles", "vehicle",
                   "vehicles", "mv", "motor", "drive", "driving"})  # fmt: skip
"""Those that let it in even where other rows name lorries."""
NO_MOTOR = frozenset({
    "walk", "walking", "ped", "peds", "pedestrian", "pedestrians", "foot", "wheelchair", "bike", "bikes", "bicycle",
    "bicycles", "cycle", "cycling", "scooter", "bus", "buses", "transit", "brt", "psv", "taxi", "rail", "train", "tram",
    "streetcar", "subway", "metro", "ferry", "boat", "plane", "none", "no", "hov", "hov2", "hov3", "hot", "carpool",
    "horse", "emergency", "parking",
})  # fmt: skip


def open_links(folder: Path, table: Table) -> Bools:
    """Whether a lorry may use each link, bool[l]: by facility type, allowed uses and lanes for motor vehicles.

    An empty cell closes nothing. Words of ``allowed_uses`` that are neither known nor grouped in ``use_group.csv``
    close nothing either, with a warning that names them. Where some rows name lorries, the others must too.
    """
    kinds = np.array([word_of(kind) in NO_ROADS for kind in table.text("facility_type")], dtype=np.bool_)
    by_use = _by_use(folder, table)
    lanes = table.number("lanes", 0.0, 100.0)
    bare = (lanes == 0) if (lanes > 0).any() else np.zeros(len(lanes), dtype=np.bool_)
    closed = {"facility_type": kinds, "allowed_uses": ~by_use & ~kinds, "lanes": bare & by_use & ~kinds}
    for column, rows in closed.items():
        if rows.any():
            words = sorted({str(word) for word in table.text(column)[rows]})
            message = _("{n} of {all} links are not open to lorries and not used: {words}").format(
                n=int(rows.sum()), all=len(rows), words=listed(words)
            )
            table.warn(column, message, "links-closed")
    return np.asarray(~np.logical_or.reduce(list(closed.values())), dtype=np.bool_)


def class_kmh(table: Table, unless: Bools) -> Floats:
    """Truck speed of each link's facility type in km/h, float64[l]; the types not known are named in a warning.

    Parameters
    ----------
    unless : links whose speed is not needed
    """
    names = [word_of(kind) for kind in table.text("facility_type")]
    classes = [AS_CLASS.get(name, name) or "unclassified" for name in names]
    kmh = np.array([CLASS_KMH.get(name, np.nan) for name in classes]) * FACTOR["truck"]
    usual = CLASS_KMH["unclassified"] * FACTOR["truck"]
    strange = np.isnan(kmh) & ~unless
    if strange.any():
        words = sorted({str(word) for word in table.text("facility_type")[strange]})
        message = _("{n} links have no free_speed and an unknown facility type; they drive at {kmh:g} km/h: {words}")
        table.warn(
            "facility_type", message.format(n=int(strange.sum()), kmh=usual, words=listed(words)), "unknown-class"
        )
    return np.where(np.isnan(kmh), usual, kmh)


def word_of(text: str) -> str:
    """Write a word as the tables here do: lower case, underscores for blanks and hyphens.

    Examples
    --------
    >>> word_of(" Off-street path")
    'off_street_path'
    """
    return re.sub(r"[\s\-]+", "_", text.strip().lower())


def _by_use(folder: Path, table: Table) -> Bools:
    groups = _groups(folder / "use_group.csv")
    texts, row = np.unique(table.text("allowed_uses"), return_inverse=True)
    uses = [_expanded(_uses(str(text)), groups) for text in texts]
    named = set().union(*uses) if uses else set()
    strange = named - MOTOR - NO_MOTOR
    if strange:
        message = _("uses that are not known close no road: {words}").format(words=listed(sorted(strange)))
        table.warn("allowed_uses", message, "unknown-use")
    letting = (EVERY | LORRY if named & LORRY else MOTOR) | strange
    allowed = np.array([not words or bool(words & letting) for words in uses], dtype=np.bool_)
    return np.asarray(allowed[row.reshape(-1)], dtype=np.bool_)


def _uses(text: str) -> set[str]:
    return {word_of(word) for word in re.split(r"[,;|/+]", text) if word.strip()}


def _groups(path: Path) -> Mapping[str, set[str]]:
    """Return the uses of each group in ``use_group.csv``; none without that file."""
    if not path.is_file():
        return {}
    table = Table(path, ("use_group", "uses"))
    rows = zip(table.text("use_group"), table.text("uses"), strict=True)
    return {word_of(str(name)): _uses(str(uses)) for name, uses in rows}


def _expanded(words: set[str], groups: Mapping[str, set[str]]) -> set[str]:
    """Replace groups by their uses; a group may hold groups."""
    found, left = set(), set(words)
    while left:
        word = left.pop()
        if word not in found:
            found.add(word)
            left |= groups.get(word, set())
    return {word for word in found if word not in groups}
